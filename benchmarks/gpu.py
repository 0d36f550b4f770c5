"""lazyarr beside CuPy, cupy.fuse, JAX and torch.compile on one GPU, in one process.

Wall time of one call, building of the lazy graph included, synchronised; operands are
on the device and results stay there. Results are compared with CuPy's before anything
is timed, and each of a peer's times is taken on the core where a fixed loop of Python is
fastest just before: cores of a shared host are twice as slow as others for seconds.
The time of a call is the median over three such turns.

"share" is the time that the bytes need at the measured copy rate (operands read once,
results written once), over the time taken; "device" is the same share of lazyarr's time
between two events on the GPU, of one of eight calls in a row: what is left when nothing
waits for Python;
"issue" is the time in which a call returns while the GPU works, "launched" the part of it
until the first kernel has been launched, for which the GPU waits; "reachable" the share of
"device" and of a kernel that does nothing, which is launched and waited for: what a call
without Python would reach; "arithmetic" the same share
of the time that a workload's instructions need. "asked" are rows that arithmetic binds,
with products and sums contracted, and with fast maths: lazyarr.config(gpu_arithmetic=...).

Where lazyarr is not installed it is compiled beside its sources first, as users have it;
"compiled" in the record says whether it was.

    python hatch_build.py
    PYTHONPATH=. python benchmarks/gpu.py --peers cupy,fuse,jax,torch --budget 450
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import importlib.metadata
import json
import os
import platform
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import numpy as np

import lazyarr as la
from lazyarr import compiled, evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "lazyarr",
    "numpy",
    "cupy-cuda12x",
    "cupy-cuda13x",
    "jax",
    "torch",
    "triton",
)


class Workload(NamedTuple):
    """A function over a namespace, its operands, and arrays' worth of traffic."""

    run: Callable[..., Any]
    operands: str  # of "xyv": x and y of 10000 by 10000, v one row
    traffic: float  # arrays read and written
    fusable: bool = True  # whether cupy.fuse could take it


# --- the workloads, over a namespace ----------------------------------------------


def poly(xp: Any, x: Any, y: Any) -> Any:
    return (x * 5) ** 2 + y * x - 3


def trans(xp: Any, x: Any, y: Any) -> Any:
    return xp.exp(-x) * xp.sin(y) + xp.log1p(x)


def fill(xp: Any, x: Any) -> Any:
    return xp.full_like(x, 2.5)


def row_scale(xp: Any, x: Any, v: Any) -> Any:
    return x * v + 1


def mandelbrot(xp: Any, x: Any, y: Any) -> Any:
    a, b = x * 0, y * 0
    for _ in range(20):
        a, b = a * a - b * b + x, 2 * a * b + y
    return a * a + b * b


def _cdf(xp: Any, d: Any) -> Any:
    return 0.5 * (1 + xp.tanh(0.7978845608 * (d + 0.044715 * d * d * d)))


def black_scholes(xp: Any, x: Any, y: Any) -> Any:
    s, k = x * 50 + 50, y * 50 + 50
    d1 = (xp.log(s / k) + 0.07) / 0.2
    d2 = d1 - 0.2
    return s * _cdf(xp, d1) - k * 0.95 * _cdf(xp, d2)


def sum_poly(xp: Any, x: Any, y: Any) -> Any:
    return xp.sum(poly(xp, x, y))


def norm(xp: Any, x: Any) -> Any:
    return xp.sqrt(xp.sum(x * x))


def row_sums(xp: Any, x: Any) -> Any:
    return xp.sum(x * x + 1, axis=1)


def column_sums(xp: Any, x: Any) -> Any:
    return xp.sum(x * x + 1, axis=0)


def moments(xp: Any, x: Any) -> Any:
    z = x * 2 - 1
    return xp.mean(z), xp.var(z), xp.min(z), xp.max(z)


def softmax(xp: Any, x: Any) -> Any:
    e = xp.exp(x - xp.max(x, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def standardise_rows(xp: Any, x: Any) -> Any:
    mean = xp.mean(x, axis=1, keepdims=True)
    return (x - mean) / xp.std(x, axis=1, keepdims=True)


def standardise_columns(xp: Any, x: Any) -> Any:
    mean = xp.mean(x, axis=0, keepdims=True)
    return (x - mean) / xp.std(x, axis=0, keepdims=True)


def standardise(xp: Any, x: Any) -> Any:
    return (x - xp.mean(x)) / xp.std(x)


def stencil(xp: Any, x: Any) -> Any:
    inner = x[1:-1, 1:-1]
    around = x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:]
    return 0.25 * around - inner


def symmetric(xp: Any, x: Any) -> Any:
    return x + xp.transposed(x)


WORKLOADS = {
    "poly": Workload(poly, "xy", 3),
    "fill": Workload(fill, "x", 1, fusable=False),
    "x*v+1": Workload(row_scale, "xv", 2),
    "mandelbrot-20": Workload(mandelbrot, "xy", 3),
    "trans": Workload(trans, "xy", 3),
    "black-scholes": Workload(black_scholes, "xy", 3),
    "sum(poly)": Workload(sum_poly, "xy", 2, fusable=False),
    "norm": Workload(norm, "x", 1, fusable=False),
    "row sums": Workload(row_sums, "x", 1, fusable=False),
    "column sums": Workload(column_sums, "x", 1, fusable=False),
    "mean, var, min, max": Workload(moments, "x", 1, fusable=False),
    "softmax rows": Workload(softmax, "x", 2, fusable=False),
    "standardise rows": Workload(standardise_rows, "x", 2, fusable=False),
    "(x-mean)/std": Workload(standardise, "x", 3, fusable=False),
    "standardise columns": Workload(standardise_columns, "x", 3, fusable=False),
    "stencil": Workload(stencil, "x", 2, fusable=False),
    "x+x.T": Workload(symmetric, "x", 3, fusable=False),
}


# Instructions of one element that its arithmetic cannot do without, as compiled for
# sm_90, and how many elements' a multiprocessor starts in a clock; docs/gpu_limits.md.
ARITHMETIC = {
    ("mandelbrot-20", "float64"): (145, 64),
    ("mandelbrot-20", "float32"): (145, 128),
    ("black-scholes", "float64"): (114, 64),
    ("black-scholes", "float32"): (101, 128),
    ("trans", "float64"): (62, 64),
    ("trans", "float32"): (66, 128),
}


TURNS = 3  # each on the core that is fastest just then
IN_A_ROW = 8  # calls that are timed as one on the GPU

# What lazyarr does when it is asked to, beside what it does by itself.
ASKED = ("contracted", "fast")


# --- namespaces ---------------------------------------------------------------------


class Space:
    """A module's functions under NumPy's names."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.module, name)
        setattr(self, name, found)  # as fast to find as in the module
        return found

    def transposed(self, x: Any) -> Any:
        return x.T


class TorchSpace(Space):
    """NumPy's reductions in PyTorch."""

    def max(self, x: Any, axis: Any = None, keepdims: Any = False) -> Any:
        return self.module.amax(x, () if axis is None else axis, keepdims)

    def min(self, x: Any, axis: Any = None, keepdims: Any = False) -> Any:
        return self.module.amin(x, () if axis is None else axis, keepdims)

    def mean(self, x: Any, axis: Any = None, keepdims: Any = False) -> Any:
        return self.module.mean(x, axis, keepdims)

    def var(self, x: Any, axis: Any = None, keepdims: Any = False) -> Any:
        return self.module.var(x, axis, correction=0, keepdim=keepdims)

    def std(self, x: Any, axis: Any = None, keepdims: Any = False) -> Any:
        return self.module.std(x, axis, correction=0, keepdim=keepdims)


class LazySpace(Space):
    """lazyarr's names, which are the standard's."""

    def full_like(self, x: Any, value: Any) -> Any:
        return la.full(x.shape, value, dtype=x.dtype)


class Runner(NamedTuple):
    """How a peer is called: `prepare` makes the function, `sync` waits for it."""

    space: Any
    wrap: Callable[[Any], Any]
    compile: Callable[[Callable[..., Any]], Callable[..., Any]]
    sync: Callable[[Any], None]
    unwrap: Callable[[Any], Any]
    arithmetic: str = "exact"


def runners(names: list[str], cupy: Any) -> dict[str, Runner]:
    """Return the peers that are installed."""

    def wait(result: Any) -> None:
        cupy.cuda.get_current_stream().synchronize()

    def same(value: Any) -> Any:
        return value

    found = {
        "lazyarr": Runner(LazySpace(la), la.asarray, _persisted, wait, cupy.asarray)
    }
    for arithmetic in ASKED:
        found[arithmetic] = found["lazyarr"]._replace(arithmetic=arithmetic)
    if "cupy" in names:
        found["cupy"] = Runner(Space(cupy), same, same, wait, same)
    if "fuse" in names:
        found["fuse"] = Runner(Space(cupy), same, cupy.fuse, wait, same)
    for name, make in (("jax", _jax), ("torch", _torch)):
        if name in names:
            try:
                found[name] = make(cupy)
            except ImportError as error:
                print(f"{name}: {error}", file=sys.stderr)
    return found


def _persisted(f: Any) -> Any:
    def call(*args: Any) -> Any:
        result = f(*args)
        parts = result if isinstance(result, tuple) else (result,)
        kept = la.persist(*parts)
        return kept if isinstance(result, tuple) else kept[0]

    return call


def _jax(cupy: Any) -> Runner:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    space = Space(importlib.import_module("jax.numpy"))
    wrap = importlib.import_module("jax.dlpack").from_dlpack
    return Runner(space, wrap, jax.jit, jax.block_until_ready, cupy.from_dlpack)


def _torch(cupy: Any) -> Runner:
    torch = importlib.import_module("torch")

    def wait(result: Any) -> None:
        torch.cuda.synchronize()

    def fresh(f: Any) -> Any:
        # All workloads are calls of one function here: torch.compile would count them
        # as recompilations, assume changing shapes, and give up after eight.
        torch._dynamo.reset()
        return torch.compile(f)

    space = TorchSpace(torch)
    return Runner(space, torch.from_dlpack, fresh, wait, cupy.from_dlpack)


# --- timing -------------------------------------------------------------------------


def loop_us() -> float:
    """Return how long a fixed loop of Python takes on this core just now."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        sum(range(5000))
        times.append((time.perf_counter() - start) * 1e6)
    return min(times)


def loops_us() -> dict[int, float]:
    """Return the time of a fixed loop on every core, where the system can choose one."""
    if not hasattr(os, "sched_setaffinity"):
        return {}
    cores, taken = os.sched_getaffinity(0), {}
    try:
        for core in cores:
            os.sched_setaffinity(0, {core})
            taken[core] = loop_us()
    finally:
        os.sched_setaffinity(0, cores)
    return taken


@contextmanager
def quiet_core() -> Iterator[None]:
    """Keep this thread on the core that is fastest just now."""
    taken = loops_us()
    if not taken:
        yield
        return
    os.sched_setaffinity(0, {min(taken, key=taken.__getitem__)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, taken)


def median_ms(
    call: Callable[[], Any], sync: Callable[[Any], None], seconds: float
) -> float:
    """Return the median of single synchronised calls, in turns on cores that are quiet."""
    times: list[float] = []
    for _ in range(TURNS):
        with quiet_core():
            times += single_ms(call, sync, seconds / TURNS)
    return statistics.median(times)


def single_ms(
    call: Callable[[], Any], sync: Callable[[Any], None], seconds: float
) -> list[float]:
    """Return the times of single synchronised calls within a time limit."""
    sync(call())  # on another core: not counted
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 50):
        start = time.perf_counter()
        sync(call())
        times.append((time.perf_counter() - start) * 1e3)
    return times


@quiet_core()
def device_ms(call: Callable[[], Any], cupy: Any) -> float:
    """Return the median time on the GPU of one of several calls in a row.

    They are issued while it is still busy: none waits for Python. In a row, each finds in
    the cache what the one before has written and still goes to memory; a call alone would
    pay for what came before it, and not for its own.
    """
    busy = cupy.zeros(1 << 27)  # a few hundred microseconds each time
    start, stop = cupy.cuda.Event(), cupy.cuda.Event()
    times = []
    for _ in range(9):
        for _ in range(5):
            busy += 1
        call()
        start.record()
        for _ in range(IN_A_ROW):
            call()
        stop.record()
        stop.synchronize()
        times.append(cupy.cuda.get_elapsed_time(start, stop) / IN_A_ROW)
    return statistics.median(times)


def nothing_us(cupy: Any) -> float:
    """Return the median time of a kernel that does nothing, launched and waited for."""
    kernel = cupy.RawKernel('extern "C" __global__ void nothing() {}', "nothing")
    wait = cupy.cuda.get_current_stream().synchronize
    kernel((1,), (32,), ())
    wait()
    return median_ms(lambda: kernel((1,), (32,), ()), lambda _: wait(), 0.1) * 1e3


@quiet_core()
def issue_us(call: Callable[[], Any], sync: Callable[[Any], None]) -> float:
    """Return the median time until a call returns: what Python takes, not the GPU."""
    times = []
    for _ in range(30):
        start = time.perf_counter()
        result = call()
        times.append((time.perf_counter() - start) * 1e6)
        sync(result)
    return statistics.median(times)


@quiet_core()
def launched_us(
    call: Callable[[], Any], sync: Callable[[Any], None], cupy: Any
) -> float:
    """Return the median time until a call has launched its first kernel."""
    driver = cupy.cuda.driver
    launch, launched = driver.launchKernel, [0.0]

    def noted(*args: Any) -> None:
        launch(*args)
        launched[0] = launched[0] or time.perf_counter()

    times = []
    driver.launchKernel = noted
    try:
        evaluate.clear_cache()  # plans hold what launches
        for _ in range(3):
            sync(call())
        for _ in range(30):
            launched[0] = 0.0
            start = time.perf_counter()
            sync(call())
            times.append((launched[0] - start) * 1e6)
    finally:
        driver.launchKernel = launch
        evaluate.clear_cache()
    return statistics.median(times)


def copy_rate(cupy: Any) -> float:
    """Return bytes per second, read and written, of a large device copy."""
    source = cupy.zeros(100_000_000, np.float64)
    target = cupy.empty_like(source)

    def copy() -> Any:
        cupy.cuda.runtime.memcpyAsync(
            target.data.ptr,
            source.data.ptr,
            source.nbytes,
            3,
            cupy.cuda.get_current_stream().ptr,
        )

    wait = cupy.cuda.get_current_stream().synchronize
    ms = median_ms(copy, lambda _: wait(), 0.5)
    return 2 * source.nbytes / ms * 1e3


def arithmetic_ms(name: str, dtype: Any, size: int, cupy: Any) -> float | None:
    """Return the time that the arithmetic of a workload takes alone, where it is known."""
    if (name, np.dtype(dtype).name) not in ARITHMETIC:
        return None
    count, lanes = ARITHMETIC[name, np.dtype(dtype).name]
    attributes = cupy.cuda.Device().attributes
    clock = attributes["ClockRate"] * 1e3 * attributes["MultiProcessorCount"]
    return size * count / lanes / clock * 1e3


def check(got: Any, expected: Any, dtype: Any, cupy: Any) -> None:
    """Compare with CuPy's eager result."""
    got = got if isinstance(got, tuple) else (got,)
    expected = expected if isinstance(expected, tuple) else (expected,)
    tolerance = 1e-9 if dtype == np.float64 else 2e-3
    for a, b in zip(got, expected, strict=True):
        ok = cupy.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
        assert bool(ok), "results differ"


def takes_part(peer: str, name: str, dtype: str) -> bool:
    """Whether a peer, or lazyarr asked for something, can differ in a workload."""
    if peer in ASKED:
        return (name, dtype) in ARITHMETIC
    return peer != "fuse" or WORKLOADS[name].fusable


def measure(
    name: str,
    dtype: Any,
    peers: dict[str, Runner],
    cupy: Any,
    rate: float,
    end: float,
    nothing: float = 0.0,
) -> dict[str, Any]:
    """Return one row of the table."""
    work = WORKLOADS[name]
    rng = cupy.random.default_rng(1)
    side = 10_000
    data = {
        "x": rng.random((side, side), dtype),
        "y": rng.random((side, side), dtype),
        "v": rng.random(side, dtype),
    }
    if name == "mandelbrot-20":  # bounded orbits: no overflow to compare
        data = {k: a * dtype(0.2) for k, a in data.items()}
    operands = [data[k] for k in work.operands]
    nbytes = work.traffic * operands[0].nbytes
    limit = nbytes / rate * 1e3
    row = {
        "workload": name,
        "dtype": np.dtype(dtype).name,
        "bytes": nbytes,
        "limit_ms": limit,
        "ms": {},
        "asked": {},
        "failed": {},
    }
    expected = work.run(Space(cupy), *operands)
    for peer, runner in peers.items():
        if time.perf_counter() > end:
            row["failed"][peer] = "out of time"
            continue
        if not takes_part(peer, name, row["dtype"]):
            continue
        try:
            with la.config(gpu_arithmetic=runner.arithmetic):
                taken = _one(work, runner, operands, expected, dtype, cupy)
            if peer in ASKED:
                row["asked"][peer] = taken
                continue
            row["ms"][peer] = taken["ms"]
            if peer == "lazyarr":
                row.update({k: v for k, v in taken.items() if k != "ms"})
        except Exception as error:  # noqa: BLE001 - a peer's failure is a result
            row["failed"][peer] = f"{type(error).__name__}: {error}"[:300]
    if "lazyarr" in row["ms"]:
        row["share"] = limit / row["ms"]["lazyarr"]
        row["device_share"] = limit / row["device_ms"]
        row["reachable"] = limit / (row["device_ms"] + nothing / 1e3)
        row["arithmetic_ms"] = arithmetic_ms(name, dtype, operands[0].size, cupy)
        others = [ms for peer, ms in row["ms"].items() if peer != "lazyarr"]
        row["ratio"] = min(others) / row["ms"]["lazyarr"] if others else None
        for taken in row["asked"].values():
            taken["share"] = limit / taken["ms"]
            taken["ratio"] = min(others) / taken["ms"] if others else None
    return row


def _one(
    work: Any, runner: Any, operands: Any, expected: Any, dtype: Any, cupy: Any
) -> dict[str, float]:
    args = [runner.wrap(a) for a in operands]

    def call(*a: Any) -> Any:
        return work.run(runner.space, *a)

    call.__name__ = work.run.__name__  # cupy.fuse names its kernel after it
    function = runner.compile(call)
    if runner.compile is _persisted:  # compiled now: nothing is tried on the CPU first
        made = call(*args)
        la.persist(*(made if isinstance(made, tuple) else (made,)), device="gpu")
        del made
    result = function(*args)
    runner.sync(result)
    parts = result if isinstance(result, tuple | list) else (result,)
    check(tuple(runner.unwrap(p) for p in parts), expected, dtype, cupy)
    del result, parts
    taken = {"ms": median_ms(lambda: function(*args), runner.sync, 0.3)}
    if runner.compile is _persisted:
        taken["device_ms"] = device_ms(lambda: function(*args), cupy)
        taken["issue_us"] = issue_us(lambda: function(*args), runner.sync)
        taken["launched_us"] = launched_us(lambda: function(*args), runner.sync, cupy)
    return taken


def article(cupy: Any, rate: float) -> list[dict[str, Any]]:
    """Return the rows of the source article's program: 10**9 elements of float64."""
    size = 1_000_000_000
    wait = cupy.cuda.get_current_stream().synchronize

    def from_ones() -> Any:
        a = la.ones(size)
        a *= 5
        a += 1
        a *= a
        return a.persist(device="gpu")

    def eager_ones() -> Any:
        a = cupy.ones(size)
        a *= 5
        a += 1
        a *= a
        return a

    data = cupy.ones(size)
    rows = []
    given = la.asarray(data)
    cases = {
        "article, from ones": (from_ones, eager_ones, 8 * size),
        "article, from data": (
            lambda: ((given * 5 + 1) ** 2).persist(),
            lambda: (data * 5 + 1) ** 2,
            16 * size,
        ),
    }
    for name, (lazy, eager, nbytes) in cases.items():
        pool = cupy.get_default_memory_pool()
        first = cupy.asarray(lazy())
        assert float(first[7]) == 36.0
        del first
        ours = median_ms(lazy, lambda _: wait(), 0.3)
        theirs = median_ms(eager, lambda _: wait(), 0.3)
        pool.free_all_blocks()
        limit = nbytes / rate * 1e3
        rows.append(
            {
                "workload": name,
                "dtype": "float64",
                "bytes": nbytes,
                "limit_ms": limit,
                "ms": {"lazyarr": ours, "cupy": theirs},
                "failed": {},
                "share": limit / ours,
                "ratio": theirs / ours,
            }
        )
    return rows


@quiet_core()
def small(cupy: Any) -> dict[str, float]:
    """Return microseconds a call, issue side, of poly on 1000 elements."""
    x = la.asarray(cupy.ones(1000))
    y = la.asarray(cupy.ones(1000))

    def lazy() -> Any:
        return ((x * 5) ** 2 + y * x - 3).persist()

    # Compiled now: nothing is tried on the CPU first.
    ((x * 5) ** 2 + y * x - 3).persist(device="gpu")
    result = {}
    for name, call in {"persist": lazy}.items():
        for _ in range(200):
            call()
        times = []
        for _ in range(7):
            start = time.perf_counter()
            for _ in range(300):
                call()
            times.append((time.perf_counter() - start) / 300 * 1e6)
            cupy.cuda.get_current_stream().synchronize()
        result[f"{name}_us"] = min(times)
    return result


def versions() -> dict[str, str]:
    """Return the versions of what takes part."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def show(row: dict[str, Any]) -> None:
    times = "  ".join(f"{peer} {ms:.3f}" for peer, ms in row["ms"].items())
    share = f"{row.get('share', 0):.3f}"
    ratio = row.get("ratio")
    best = f"{ratio:.2f}x" if ratio else "-"
    alone = row.get("arithmetic_ms")
    alone = f"arithmetic {alone / row['device_ms']:.3f}  " if alone else ""
    print(
        f"{row['workload']:<22} {row['dtype']:<8} limit {row['limit_ms']:.3f}  "
        f"share {share} device {row.get('device_share', float('nan')):.3f}  "
        f"reachable {row.get('reachable', float('nan')):.3f}  "
        f"launched {row.get('launched_us', float('nan')):.0f} us  "
        f"issue {row.get('issue_us', float('nan')):.0f} us  "
        f"{alone}best peer {best}  {times}  {row['failed'] or ''}",
        flush=True,
    )

    for asked, taken in row.get("asked", {}).items():
        ratio = taken["ratio"]
        print(
            f"  {asked:<29} share {taken['share']:.3f} device_ms "
            f"{taken['device_ms']:.3f}  "
            + (f"best peer {ratio:.2f}x" if ratio else ""),
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", default="cupy,fuse,jax,torch")
    parser.add_argument("--only", default="", help="workloads, separated by ;")
    parser.add_argument("--dtypes", default="float64,float32")
    parser.add_argument("--budget", type=float, default=450.0, help="seconds")
    parser.add_argument("--output", default="")
    parser.add_argument("--commit", default="", help="what is measured, for the record")
    options = parser.parse_args()
    end = time.perf_counter() + options.budget
    cupy = importlib.import_module("cupy")
    names = [n for n in options.peers.split(",") if n]
    peers = runners(names, cupy)
    rate, nothing = copy_rate(cupy), nothing_us(cupy)
    properties = cupy.cuda.runtime.getDeviceProperties(0)
    record = {
        "date": datetime.date.today().isoformat(),
        "commit": options.commit,
        "machine": {
            "gpu": properties["name"].decode(),
            "driver": cupy.cuda.runtime.driverGetVersion(),
            "host": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "compiled": compiled.MODULE is not None,
        },
        "versions": versions(),
        "copy_rate": rate,
        "nothing_us": nothing,
        "loops_us": sorted(loops_us().values()),
        "small": small(cupy),
        "rows": [],
    }
    print(f"{record['machine']['gpu']}: copy {rate / 1e12:.3f} TB/s; {record['small']}")
    chosen = [n for n in options.only.split(";") if n] or [*WORKLOADS, "article"]
    for name in chosen:
        if time.perf_counter() > end:
            print(f"out of time before {name}")
            break
        if name == "article":
            rows = article(cupy, rate)
        else:
            types = [np.dtype(t).type for t in options.dtypes.split(",")]
            rows = [measure(name, t, peers, cupy, rate, end, nothing) for t in types]
        for row in rows:
            show(row)
        record["rows"] += rows
        cupy.get_default_memory_pool().free_all_blocks()
    if options.output:
        target = Path(options.output)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
