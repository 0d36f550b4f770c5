"""How long the first call of a new kernel takes: never compiled, and compiled before.

Two processes run one after the other on a kernel cache that begins empty. Each waits
for a kernel of its own first, so that the driver's context and CuPy are there, then times
the first call of each of seven chains of five operations, and the median of later calls,
which find their plan. Their difference is what being new costs: planning, generating the
text, compiling it with NVRTC, or finding it on disk, and loading it.

    PYTHONPATH=. python -m benchmarks.first_calls
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from benchmarks.cpu import machine

if TYPE_CHECKING:
    from collections.abc import Callable

CHAINS: dict[str, Callable[..., Any]] = {
    "poly": lambda np, x, y: (x * 5) ** 2 + y * x - 3,
    "roots": lambda np, x, y: np.sqrt(np.abs(x - y) + 2) * x,
    "waves": lambda np, x, y: np.sin(x) * np.cos(y) + x * 0.5,
    "choice": lambda np, x, y: np.where(x > y, x - y, y * 3) + 1,
    "decay": lambda np, x, y: np.exp(-x * y) / (x + 4),
    "bounds": lambda np, x, y: np.minimum(np.maximum(x, y), 0.75) * 2 - y,
    "log": lambda np, x, y: np.log(x * x + y * y + 1) - x,
}
LATER = 9


def calls() -> dict[str, dict[str, float]]:
    """Return milliseconds of the first and of later calls of each chain."""
    cupy = importlib.import_module("cupy")
    wait = cupy.cuda.get_current_stream().synchronize
    host = np.random.default_rng(0).random((2, 10_000))
    x, y = (la.asarray(cupy.asarray(a)) for a in host)
    (x + y).persist(device="gpu")
    wait()
    found = {}
    for name, chain in CHAINS.items():

        def call(chain: Callable[..., Any] = chain) -> Any:
            return chain(la, x, y).persist(device="gpu")

        times = []
        for _ in range(1 + LATER):
            start = time.perf_counter()
            call()
            wait()
            times.append((time.perf_counter() - start) * 1e3)
        np.testing.assert_allclose(
            call().compute(), chain(np, *host), rtol=1e-12, atol=1e-14
        )
        later = statistics.median(times[1:])
        found[name] = {"first_ms": times[0], "later_ms": later}
    return found


def in_a_process(cache: str) -> dict[str, dict[str, float]]:
    """Return what `calls` finds in a new process."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.first_calls", "--child"],
        env=os.environ | {"CUPY_CACHE_DIR": cache},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, dict[str, float]] = json.loads(ran.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--commit", default="", help="what is measured, for the record")
    parser.add_argument("--output", default="")
    options = parser.parse_args()
    if options.child:
        print(json.dumps(calls()))
        return
    record: dict[str, Any] = {"machine": machine(), "devices": la.devices()}
    if options.commit:
        record["machine"]["commit"] = options.commit
    with tempfile.TemporaryDirectory() as cache:
        for which in ("new", "stored"):
            found = in_a_process(cache)
            new = [t["first_ms"] - t["later_ms"] for t in found.values()]
            record[which] = {"chains": found, "median_ms": statistics.median(new)}
            print(f"{which}: {statistics.median(new):.1f} ms, at most {max(new):.1f}")
            for name, times in found.items():
                print(f"  {name:<8} {times['first_ms']:8.2f} {times['later_ms']:8.3f}")
    if options.output:
        text = json.dumps(record, indent=1) + "\n"
        Path(options.output).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
