"""lazyarr beside eager NumPy and numexpr on the CPU, in one process.

Wall time of one call, building of the lazy graph included. The contenders take turns,
so that whatever else the machine does meets all of them alike; results are compared
with NumPy's before anything is timed. Memory, import times and first calls are measured in
processes of their own.

    python benchmarks/cpu.py                 # everything, a few minutes
    python benchmarks/cpu.py --only poly     # one workload
    python benchmarks/cpu.py --smoke         # tiny sizes: does it run?
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
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import lazyarr as la
from lazyarr import compiled
from lazyarr.config import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
PACKAGES = ("lazyarr", "numpy", "numexpr")
SMALL, MIDDLE, LARGE = 1_000, 100_000, 20_000_000
DEEP = 100_000
MEBI = 1 << 20


class Workload(NamedTuple):
    """A function of two flat arrays over a namespace, and at which size it is run."""

    name: str
    size: int
    run: Callable[..., Any]
    text: str = ""  # for numexpr
    exact: bool = True
    target: float | None = None
    """How many times as fast as eager NumPy it must be."""


def poly(xp: Any, x: Any, y: Any) -> Any:
    return (x * 5) ** 2 + y * x - 3


def add(xp: Any, x: Any, y: Any) -> Any:
    return x + y


def sum_poly(xp: Any, x: Any, y: Any) -> Any:
    return xp.sum(poly(xp, x, y))


def trans(xp: Any, x: Any, y: Any) -> Any:
    return xp.exp(-x) * xp.sin(y) + xp.log1p(x)


def standardise(xp: Any, x: Any, y: Any) -> Any:
    return (x - xp.mean(x)) / xp.std(x)


def softmax(xp: Any, x: Any, y: Any) -> Any:
    rows = xp.reshape(x, (-1, 1000))
    e = xp.exp(rows - xp.max(rows, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def column_sums(xp: Any, x: Any, y: Any) -> Any:
    rows = xp.reshape(x, (-1, 1000))
    return xp.sum(rows * rows + 1, axis=0)


def stencil(xp: Any, x: Any, y: Any) -> Any:
    a = xp.reshape(x, (-1, 1000))
    inner = a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]
    return inner * 0.25 - a[1:-1, 1:-1]


POLY = "(x*5)**2 + y*x - 3"
WORKLOADS = (
    Workload("poly", SMALL, poly, POLY, target=1 / 3.5),
    Workload("add", SMALL, add, "x + y", target=1 / 8),
    Workload("poly", MIDDLE, poly, POLY, target=1 / 1.2),
    Workload("poly", 1_000_000, poly, POLY),
    Workload("poly", LARGE, poly, POLY, target=3),
    Workload("sum_poly", LARGE, sum_poly, f"sum({POLY})", exact=False, target=3),
    Workload("trans", LARGE, trans, "exp(-x)*sin(y) + log1p(x)", target=2.2),
    Workload("standardise", LARGE, standardise, exact=False),
    Workload("softmax", LARGE, softmax, exact=False),
    Workload("column_sums", LARGE, column_sums, exact=False),
    Workload("stencil", LARGE, stencil),
)


# --- time ---------------------------------------------------------------------------


def operands(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays of random numbers between 0 and 1."""
    generator = np.random.default_rng(7)
    return generator.random(size), generator.random(size)


def check(work: Workload, found: Any, expected: Any, contender: str) -> None:
    """Stop if a contender computes something else than NumPy."""
    if contender == "lazyarr" and work.exact:
        same = np.array_equal(found, expected)
    else:
        same = np.allclose(found, expected, rtol=1e-10, atol=1e-12)
    if not same:
        msg = f"{contender} computes another {work.name} than NumPy"
        raise AssertionError(msg)


def contenders(work: Workload, size: int) -> dict[str, Callable[[], Any]]:
    """Return what is timed, by name."""
    x, y = operands(size)
    lazy_x, lazy_y = la.asarray(x), la.asarray(y)
    calls: dict[str, Callable[[], Any]] = {
        "numpy": lambda: work.run(np, x, y),
        "lazyarr": lambda: work.run(la, lazy_x, lazy_y).compute(device="cpu"),
    }
    try:
        numexpr = importlib.import_module("numexpr")
    except ImportError:
        return calls
    if work.text:
        numexpr.set_num_threads(thread_count())
        names = {"x": x, "y": y}
        calls["numexpr"] = lambda: numexpr.evaluate(work.text, local_dict=names)
    return calls


def in_turns(
    calls: dict[str, Callable[[], Any]], seconds: float
) -> dict[str, list[float]]:
    """Return the times of each call, in seconds; the calls take turns."""
    clock = time.perf_counter
    start = clock()
    for call in calls.values():
        call()
    once = clock() - start
    rounds = max(5, min(5000, int(seconds / max(once, 1e-6))))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = clock()
            result = call()
            times[name].append(clock() - start)
            del result
    return times


def measure(work: Workload, size: int, seconds: float) -> dict[str, Any]:
    """Return the medians of one workload and how they compare."""
    calls = contenders(work, size)
    expected = calls["numpy"]()
    for name, call in calls.items():
        check(work, call(), expected, name)
    del expected
    times = in_turns(calls, seconds)
    medians = {name: statistics.median(found) for name, found in times.items()}
    row: dict[str, Any] = {
        "workload": work.name,
        "elements": size,
        "median_s": medians,
        "rounds": len(times["numpy"]),
        "speedup": medians["numpy"] / medians["lazyarr"],
        "target": work.target,
    }
    if "numexpr" in medians:
        row["speedup_over_numexpr"] = medians["numexpr"] / medians["lazyarr"]
    return row


# --- memory, planning, import -----------------------------------------------------

_MEMORY = """
import pathlib, resource, sys
import numpy as np, lazyarr as la
size, kind = int(sys.argv[1]), sys.argv[2]
x, y = np.empty(size), np.empty(size)
x[:] = 1.5
y[:] = 2.5
warm = la.asarray(np.ones(200_000))
lazy = lambda a, b: (a * 5) ** 2 + b * a - 3
lazy(warm, warm).compute(device="cpu")
del warm
status = pathlib.Path("/proc/self/status")

def peak():
    if status.exists():  # ru_maxrss would count what the parent had before exec
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before = peak()
result = lazy(la.asarray(x), la.asarray(y))
if kind == "sum":
    result = la.sum(result)
result = result.compute(device="cpu")
print(peak() - before - np.asarray(result).nbytes)
"""

_IMPORT = """
import sys, time
import numpy
start = time.perf_counter()
import lazyarr
taken = time.perf_counter() - start
heavy = [m for m in ("networkx", "rich", "cupy", "dask") if m in sys.modules]
print(taken, *heavy)
"""

_FIRST = """
import sys, time
import numpy
name, size, call = sys.argv[1], int(sys.argv[2]), sys.argv[3]
generator = numpy.random.default_rng(7)
x, y = generator.random(size), generator.random(size)
m, places = generator.random((300, 300)), numpy.arange(size)[::-3].copy()
xp = __import__(name)
x, y, m = xp.asarray(x), xp.asarray(y), xp.asarray(m)
start = time.perf_counter()
numpy.asarray(eval(call))
print(time.perf_counter() - start)
"""
FIRST_CALLS = {
    "sum": "x.sum()",
    "poly": "(x * 5) ** 2 + y * x - 3",
    "places": "x[places]",
    "matmul": "m @ m",
    "solve": "xp.linalg.solve(m, m[0])",
    "sort": "xp.sort(x)",
    "fft": "xp.fft.fft(x)",
    "normal": "xp.random.default_rng(7).normal(size=x.size)",
    "a matrix of 3 by 3": "xp.linalg.inv(m[:3, :3] + xp.eye(3))",
}


def child(program: str, *arguments: str) -> list[str]:
    """Return what a fresh interpreter prints for a program."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return done.stdout.split()


def memory(size: int) -> list[dict[str, Any]]:
    """Return the peak memory of the chain and its sum beyond inputs and output."""
    rows = []
    for kind, limit in (("chain", 16), ("sum", 32)):
        extra = int(child(_MEMORY, str(size), kind)[0])
        rows.append(
            {
                "what": f"extra peak memory, {kind}",
                "elements": size,
                "MiB": extra / MEBI,
                "target": limit,
            }
        )
    return rows


def planning(ops: int) -> list[dict[str, Any]]:
    """Return the seconds that a chain of operations takes to build, plan and run.

    What the first `compute` takes beyond the second is planning, and everything else
    that is done once for a structure.
    """
    rows = []
    for count in (ops // 10, ops):
        start = time.perf_counter()
        a = la.asarray(np.arange(1000.0))
        with la.config(small_bytes=0):  # or each operation would be evaluated at once
            for k in range(count):
                a = a * 1.0000001 if k % 2 else a + 0.5
        built = time.perf_counter()
        a.compute("cpu")
        first = time.perf_counter()
        a.compute("cpu")
        warm = time.perf_counter()
        rows.append(
            {
                "what": "planning",
                "ops": count,
                "build_s": built - start,
                "plan_s": (first - built) - (warm - first),
                "run_s": warm - first,
                "target": 2 if count == DEEP else None,
            }
        )
    return rows


def importing(times: int) -> list[dict[str, Any]]:
    """Return how long importing takes once NumPy is there, and what it should not load."""
    found = [child(_IMPORT) for _ in range(times)]
    return [
        {
            "what": "import",
            "ms": statistics.median(float(words[0]) for words in found) * 1e3,
            "loaded": found[0][1:],
            "target": 30,
        }
    ]


def first_calls(times: int, size: int) -> list[dict[str, Any]]:
    """Return how long the first call of each kind takes in a process of its own."""
    rows = []
    for name, call in FIRST_CALLS.items():
        found: dict[str, list[float]] = {"numpy": [], "lazyarr": []}
        for _ in range(times):
            for contender, seconds in found.items():
                seconds.append(float(child(_FIRST, contender, str(size), call)[0]))
        ms = {key: statistics.median(seconds) * 1e3 for key, seconds in found.items()}
        rows.append({"what": f"first call, {name}", "elements": size, **ms})
    return rows


# --- the report ---------------------------------------------------------------------


def commit() -> str:
    """Return the commit that is checked out, or an empty text."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def machine() -> dict[str, Any]:
    """Return what the numbers depend on."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "commit": commit(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "python": platform.python_version(),
        "processor": platform.processor() or platform.machine(),
        "threads": thread_count(),
        "compiled": compiled.MODULE is not None,
        "packages": versions,
    }


def line(row: dict[str, Any]) -> str:
    """Return one line of the report."""
    if "workload" not in row:
        shown = (
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in row.items()
            if key != "what"
        )
        return f"{row['what']:<28} " + "  ".join(shown)
    times = "  ".join(f"{k} {v * 1e6:.5g} us" for k, v in row["median_s"].items())
    wanted = f" (target {row['target']:.2f})" if row["target"] else ""
    rival = row.get("speedup_over_numexpr")
    over = f"; {rival:.2f} x numexpr" if rival else ""
    name = f"{row['workload']} {row['elements']:,}"
    return f"{name:<28} {times}  ->  {row['speedup']:.2f} x numpy{wanted}{over}"


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, no file")
    parser.add_argument("--only", action="append", help="a workload; may be repeated")
    parser.add_argument("--seconds", type=float, default=10, help="of each workload")
    parser.add_argument("--output", type=Path, default=RESULTS / "cpu.json")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []

    def keep(found: list[dict[str, Any]]) -> None:
        rows.extend(found)
        for row in found:
            print(line(row), flush=True)

    # What the C library does with arrays of some 100 KB depends on the largest that it
    # has given back so far: let it be at its best from the start.
    np.ones(3_000_000).sum()
    for work in WORKLOADS:
        if options.only and work.name not in options.only:
            continue
        size = min(work.size, 200_000) if options.smoke else work.size
        keep([measure(work, size, 0.05 if options.smoke else options.seconds)])
    if not options.only:
        keep(memory(500_000 if options.smoke else LARGE))
        keep(planning(1_000 if options.smoke else DEEP))
        keep(importing(1 if options.smoke else 9))
        keep(first_calls(1 if options.smoke else 9, 2_000_000))
    if not options.smoke:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"machine": machine(), "rows": rows}, indent=1)
        options.output.write_text(text + "\n", encoding="utf-8")
        print(f"written to {options.output}")


if __name__ == "__main__":
    main()
