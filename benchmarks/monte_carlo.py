"""Monte-Carlo estimates: lazyarr's draws beside NumPy's, and CuPy's and JAX's on a GPU.

The estimate of pi draws two doubles a sample and counts. lazyarr computes the bits of
``numpy.random.Generator(numpy.random.Philox(seed))``; its count is compared with NumPy's
before anything is timed. "allocated" is the peak of a plan's temporaries and outputs.

"limit" is what the blocks of Philox alone need: their instructions, the difference of two
kernels that compute one block and two, disassembled, over the rate of the pipe that is
busiest. Wide multiplications have the rate that is measured here, other integer
instructions 64 a clock and processor, as NVIDIA states for compute capability 9.0.

    PYTHONPATH=. python benchmarks/monte_carlo.py --device cpu --threads 2
    PYTHONPATH=. python benchmarks/monte_carlo.py --device gpu --peers cupy,jax
"""

from __future__ import annotations

import argparse
import collections
import datetime
import importlib
import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import numpy as np

import lazyarr as la

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
SEED = 1
SAMPLES = 10**9
CHUNK = 1 << 16  # where NumPy is fastest: everything stays in a cache


# --- the programs -------------------------------------------------------------------


def inside(rng: Any, n: int) -> Any:
    x, y = rng.random(n), rng.random(n)
    return ((x * x + y * y) < 1).sum()


def lazy_inside(n: int, device: str) -> int:
    return int(inside(la.random.default_rng(SEED), n).compute(device=device))


def numpys(seed: int = SEED) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def numpy_inside(n: int) -> int:
    return int(inside(numpys(), n))


def numpy_inside_by_chunks(n: int) -> int:
    rng = numpys()
    return sum(int(inside(rng, min(CHUNK, n - k))) for k in range(0, n, CHUNK))


def lazy_normals(n: int) -> Any:
    return la.random.default_rng(SEED).standard_normal(n).mean().compute(device="cpu")


def timed(calls: dict[str, Callable[[], Any]], repeat: int) -> dict[str, list[float]]:
    """Return seconds of each call, called in turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeat):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return times


def allocated(n: int, device: str) -> dict[str, Any]:
    profile = la.explain(inside(la.random.default_rng(SEED), n)).to_dict()
    return {
        "stages": [stage["kind"] for stage in profile["stages"]],
        "peak_bytes": profile["peak_bytes"],
    }


# --- the CPU ------------------------------------------------------------------------


def on_cpu(samples: int, threads: int, repeat: int) -> dict[str, Any]:
    la.config(threads=threads)
    part = min(samples, 10**8)  # NumPy's arrays of 10**9 do not fit many machines
    assert lazy_inside(10**7, "cpu") == numpy_inside(10**7)
    calls: dict[str, Callable[[], Any]] = {
        "lazyarr": lambda: lazy_inside(samples, "cpu"),
        "numpy by chunks": lambda: numpy_inside_by_chunks(samples),
    }
    whole: dict[str, Callable[[], Any]] = {
        "lazyarr": lambda: lazy_inside(part, "cpu"),
        "numpy": lambda: numpy_inside(part),
    }
    normals: dict[str, Callable[[], Any]] = {
        "lazyarr": lambda: lazy_normals(part),
        "numpy": lambda: numpys().standard_normal(part).mean(),
    }
    return {
        "threads": threads,
        **allocated(samples, "cpu"),
        "pi": {"samples": samples, **best(timed(calls, repeat), "numpy by chunks")},
        "pi, as written": {"samples": part, **best(timed(whole, repeat), "numpy")},
        "mean of normals": {"samples": part, **best(timed(normals, repeat), "numpy")},
    }


def best(times: dict[str, list[float]], peer: str) -> dict[str, Any]:
    least = {name: min(some) for name, some in times.items()}
    return {"seconds": least, "ratio": least[peer] / least["lazyarr"]}


# --- a GPU --------------------------------------------------------------------------


def on_gpu(samples: int, peers: list[str], repeat: int, disassembler: str) -> Any:
    cupy = importlib.import_module("cupy")
    wait = cupy.cuda.get_current_stream().synchronize
    assert lazy_inside(10**7, "gpu") == numpy_inside(10**7)

    def persisted(make: Callable[[Any], Any]) -> Callable[[], None]:
        def call() -> None:
            make(la.random.default_rng(SEED)).persist(device="gpu")
            wait()

        return call

    ours = {
        "pi": persisted(lambda rng: inside(rng, samples)),
        "pi, 10 times the samples": persisted(lambda rng: inside(rng, 10 * samples)),
        "pi, places within a block": persisted(
            lambda rng: (rng.random(1), inside(rng, samples))[1]
        ),
        "mean of normals": persisted(lambda rng: rng.standard_normal(samples).mean()),
        "fill with doubles": persisted(lambda rng: rng.random(samples)),
        "fill with normals": persisted(lambda rng: rng.standard_normal(samples)),
        "fill with floats": persisted(lambda rng: rng.random(samples, np.float32)),
    }
    rows: dict[str, Any] = {}
    for name, call in ours.items():
        rows[name] = {"lazyarr": median_ms(call, repeat)}
    for peer in peers:
        for name, call in PEERS[peer](samples, wait).items():
            rows["pi"][name] = median_ms(call, min(repeat, 5))
            ratio = rows["pi"][name] / rows["pi"]["lazyarr"]
            rows["pi"][f"ratio to {name}"] = ratio
    name = cupy.cuda.runtime.getDeviceProperties(0)["name"]
    report = {
        "gpu": name.decode(),
        "samples": samples,
        **allocated(samples, "gpu"),
        "ms": rows,
    }
    if disassembler:
        report["limit"] = share(samples, rows["pi"]["lazyarr"], disassembler, cupy)
    return report


def median_ms(call: Callable[[], Any], repeat: int) -> float:
    call()
    times = timed({"it": call}, repeat)["it"]
    return statistics.median(times) * 1e3


def of_cupy(samples: int, wait: Callable[[], None]) -> dict[str, Callable[[], None]]:
    cupy = importlib.import_module("cupy")

    def by_generator() -> None:
        inside(cupy.random.default_rng(SEED), samples)
        wait()

    def by_global() -> None:
        inside(cupy.random, samples)
        wait()

    return {
        "cupy.random.default_rng": by_generator,
        "cupy.random.random": by_global,
    }


def of_jax(samples: int, wait: Callable[[], None]) -> dict[str, Callable[[], None]]:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)

    @jax.jit  # type: ignore[untyped-decorator]
    def count(key: Any) -> Any:
        one, other = jax.random.split(key)
        x = jax.random.uniform(one, (samples,), "float64")
        y = jax.random.uniform(other, (samples,), "float64")
        return ((x * x + y * y) < 1).sum()

    key = jax.random.key(SEED)
    return {"jax.random.uniform, jitted": lambda: count(key).block_until_ready()}


PEERS = {"cupy": of_cupy, "jax": of_jax}


# --- the limit ----------------------------------------------------------------------

_MULTIPLY = """
extern "C" __global__ void multiply(unsigned long long* q, unsigned by, int trips) {
  unsigned long long r[8];
#pragma unroll
  for (int k = 0; k < 8; ++k) r[k] = threadIdx.x * (k + 3ull);
  for (int trip = 0; trip < trips; ++trip)
#pragma unroll
    for (int k = 0; k < 32; ++k)
      r[k % 8] = (unsigned long long)(unsigned)r[k % 8] * by + r[k % 8];
  if (by == 0) *q = r[0] ^ r[1] ^ r[2] ^ r[3] ^ r[4] ^ r[5] ^ r[6] ^ r[7];
}
"""


def wide_rate(cupy: Any, clock: float, processors: int) -> float:
    """Return the wide multiplications of a processor in a clock, measured."""
    kernel = cupy.RawKernel(_MULTIPLY, "multiply")
    trips, blocks = 20_000, processors * 4
    held = cupy.zeros(1, np.uint64)

    def call() -> None:
        kernel((blocks,), (256,), (held, np.uint32(12345), np.int32(trips)))
        cupy.cuda.get_current_stream().synchronize()

    seconds = median_ms(call, 5) / 1e3
    return blocks * 256 * 32 * trips / (seconds * clock * processors)


def share(samples: int, ms: float, disassembler: str, cupy: Any) -> Any:
    """Return what the instructions of the blocks need, and the share of it reached."""
    properties = cupy.cuda.runtime.getDeviceProperties(0)
    processors, clock = properties["multiProcessorCount"], properties["clockRate"] * 1e3
    one, two = (pipes(blocks, disassembler) for blocks in (1, 2))
    block = {pipe: two[pipe] - one[pipe] for pipe in two}
    rate = wide_rate(cupy, clock, processors)
    clocks = {
        "multiplications": block["wide"] / rate + block["imad"] / 64,
        "other integer instructions": block["other"] / 64,
        "issue": sum(block.values()) / 128,
    }
    limit = max(clocks.values()) * (2 * samples / 4) / (processors * clock) * 1e3
    return {
        "instructions of a block": block,
        "wide multiplications a clock": rate,
        "clocks of a block": clocks,
        "ms": limit,
        "share": limit / ms,
    }


def pipes(blocks: int, disassembler: str) -> dict[str, int]:
    """Return the instructions of a kernel that computes blocks, by pipe."""
    codegen = importlib.import_module("lazyarr.codegen.preamble")
    compiler = importlib.import_module("cuda.core")
    more = "".join(
        f"lz_philox_block(b * {k + 3}, key, w); *q ^= w[0] ^ w[1] ^ w[2] ^ w[3];"
        for k in range(blocks)
    )
    text = (
        'extern "C" __global__ void f(unsigned long long* q, lz_philox_rounds key) {'
        "unsigned long long w[4]; unsigned long long b = blockIdx.x * 1024ull +"
        f" threadIdx.x; q += b; {more} }}"
    )
    options = compiler.ProgramOptions(arch="sm_90", std="c++17", fma=False)
    program = compiler.Program(codegen.sections(text) + text, "c++", options)
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(program.compile("cubin").code)
        file.flush()
        listing = subprocess.run(
            [disassembler, "-c", file.name], capture_output=True, text=True, check=True
        ).stdout
    found = collections.Counter({"wide": 0, "imad": 0, "other": 0})
    for op in re.findall(
        r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\d+\s+)?([A-Z0-9_.]+)", listing
    ):
        if op != "NOP":
            wide, imad = op.startswith("IMAD.WIDE"), op.startswith("IMAD")
            found["wide" if wide else "imad" if imad else "other"] += 1
    return dict(found)


# --- the report ---------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", default="cupy")
    parser.add_argument("--nvdisasm", default="", help="NVIDIA's disassembler")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.device == "cpu":
        found = on_cpu(arguments.samples, arguments.threads, arguments.repeat)
    else:
        peers = [peer for peer in arguments.peers.split(",") if peer]
        found = on_gpu(arguments.samples, peers, arguments.repeat, arguments.nvdisasm)
    report = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        **found,
    }
    text = json.dumps(report, indent=1)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
