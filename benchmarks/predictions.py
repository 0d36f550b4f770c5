"""How near the predicted time of every stage is to the measured one.

Workloads of every kind of stage, at 10^5 to 10^8 elements, in three dtypes. A stage's
time is the median of several traced runs, after two that are not counted: what those pay
for, kernels and the pages of results, is not part of a stage's prediction. Stages of
50 µs and more count. Times are beside those that the profile of the machine predicts,
measured anew or read from a file.

All is measured twice, one pass after the other: by how much the second differs from the
first is the noise of the machine, which no model predicts. Shares of near predictions
are of the first pass, of the second, and of the mean of both.

    PYTHONPATH=. python benchmarks/predictions.py cpu --out benchmarks/results/predictions-cpu2.json
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import statistics
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from benchmarks.cpu import commit
from lazyarr import evaluate, profiles
from lazyarr.cli import calibrate
from lazyarr.ir.node import structure
from lazyarr.plan.work import work_of
from lazyarr.runtime import base, pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAST = 50e-6
NEAR = 0.25
DTYPES = ("f8", "f4", "i8")


def rows(x: Any) -> Any:
    side = int(x.size**0.5)
    return x[: side * side].reshape(side, side)


def poly(x: Any, y: Any) -> Any:
    return (x * 5) ** 2 + y * x - 3


def deep(x: Any, y: Any) -> Any:
    a, b = x * 0, y * 0
    for _ in range(10):
        a, b = a * a - b * b + x, 2 * a * b + y
    return a * a + b * b


def black_scholes(x: Any, y: Any) -> Any:
    def cdf(d: Any) -> Any:
        return 0.5 * (1 + la.tanh(0.7978845608 * (d + 0.044715 * d * d * d)))

    s, k = x * 50 + 50, y * 50 + 50
    d1 = (la.log(s / k) + 0.07) / 0.2
    return s * cdf(d1) - k * 0.95 * cdf(d1 - 0.2)


def softmax(x: Any, _: Any) -> Any:
    m = rows(x)
    e = la.exp(m - la.max(m, axis=1, keepdims=True))
    return e / la.sum(e, axis=1, keepdims=True)


def stencil(x: Any, _: Any) -> Any:
    m = rows(x)
    around = m[:-2, 1:-1] + m[2:, 1:-1] + m[1:-1, :-2] + m[1:-1, 2:]
    return around - 4 * m[1:-1, 1:-1]


def written(x: Any, y: Any) -> Any:
    z = x + y
    z[10:-10] = y[10:-10] * 2
    return z


@cache
def positions(n: int) -> Any:
    return np.random.default_rng(3).integers(0, n, n)


# By name: the function, its class, and the largest power of ten.
WORKLOADS: dict[str, tuple[Callable[[Any, Any], Any], str, int]] = {
    "add": (lambda x, y: x + y, "map of memory", 8),
    "copy": (lambda x, _: la.astype(x, "f4") + 1, "map of memory", 8),
    "poly": (poly, "map of memory", 8),
    "where": (lambda x, y: la.where(x > y, x, y * 2), "map of memory", 8),
    "deep": (deep, "map of arithmetic", 7),
    "trans": (
        lambda x, y: la.exp(-x) * la.sin(y) + la.log1p(x),
        "map of arithmetic",
        8,
    ),
    "black-scholes": (black_scholes, "map of arithmetic", 7),
    "sum": (lambda x, _: x.sum(), "reduction", 8),
    "max": (lambda x, _: x.max(), "reduction", 8),
    "sum(poly)": (lambda x, y: poly(x, y).sum(), "reduction", 8),
    "(x-mean)/std": (lambda x, _: (x - x.mean()) / la.std(x), "reduction", 8),
    "column sums": (
        lambda x, _: la.sum(rows(x) * rows(x) + 1, axis=0),
        "reduction",
        8,
    ),
    "row sums": (lambda x, _: la.sum(rows(x) * rows(x) + 1, axis=1), "reduction", 8),
    "softmax": (softmax, "row-wise", 8),
    "centred rows": (
        lambda x, _: rows(x) - rows(x).mean(axis=1, keepdims=True),
        "row-wise",
        8,
    ),
    "stencil": (stencil, "window", 8),
    "differences": (lambda x, _: (x[1:] - x[:-1]) * 2, "window", 8),
    "transposed": (lambda x, _: rows(x).T * 2 + rows(x), "window", 8),
    "written": (written, "update", 8),
    "matmul": (lambda x, y: rows(x) @ rows(y), "library", 7),
    "sort": (lambda x, _: la.sort(x), "library", 7),
    "cumsum": (lambda x, _: la.cumulative_sum(x), "library", 7),
    "take": (lambda x, _: la.take(x, la.asarray(positions(x.size))), "library", 7),
    "fft": (lambda x, _: la.fft.fft(x * 1.0), "library", 7),
}


FLOATING = ("trans", "black-scholes", "softmax", "matmul", "fft")


def operands(dtype: str, size: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    if dtype[0] == "i":
        return tuple(rng.integers(1, 1 << 40, size, dtype) for _ in range(2))
    return tuple((rng.random(size, "f8") * 0.2 + 0.1).astype(dtype) for _ in range(2))


def cases(args: argparse.Namespace) -> Iterator[tuple[str, int, str, Any]]:
    """Yield workload, power of ten, dtype and the expression."""
    for power in args.sizes:
        for dtype in args.dtypes:
            x, y = operands(dtype, 10**power)
            if args.device != "cpu":
                cupy = importlib.import_module("cupy")
                cupy.get_default_memory_pool().free_all_blocks()
                x, y = cupy.asarray(x), cupy.asarray(y)
            pair = la.asarray(x), la.asarray(y)
            for name in args.workloads:
                make, _, most = WORKLOADS[name]
                if power <= most and not (name in FLOATING and dtype == "i8"):
                    yield name, power, dtype, make(*pair)


def traced(executable: Any, leaves: list[Any], budget: float) -> list[base.Trace]:
    """Return the traces of several runs."""
    traces: list[base.Trace] = []
    keep = {"keep": True} if hasattr(executable, "device") else {}
    for _ in range(2):
        executable.run(leaves, **keep)
    end = time.perf_counter() + budget
    while len(traces) < 3 or (len(traces) < 25 and time.perf_counter() < end):
        trace = base.Trace()
        executable.run(leaves, trace, **keep)
        traces.append(trace)
    return traces


def stages(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield predicted and measured seconds of every stage that is long enough."""
    for name, power, dtype, made in cases(args):
        roots = (made._current(),)
        plan = evaluate.plan_of(roots, args.device, keep=True)
        leaves = [node.value for node in structure(roots)[1]]
        executable = evaluate.prepare(plan, leaves)
        traces = traced(executable, leaves, args.budget)
        for stage in plan.stages:
            times = [t.seconds[stage.id] for t in traces if stage.id in t.seconds]
            if not times or statistics.median(times) < LEAST:
                continue
            yield {
                "workload": name,
                "class": WORKLOADS[name][1],
                "elements": 10**power,
                "dtype": dtype,
                "stage": stage.id,
                "kind": stage.kind,
                "ops": len(stage.ops),
                "predicted_s": stage.estimate.seconds,
                "measured_s": statistics.median(times),
                "least_s": min(times),
                "runs": len(times),
                "work": work_of(stage, plan.values)._asdict() if args.works else None,
            }
        del executable, leaves
        pool.results.clear()


def is_near(row: dict[str, Any], what: str = "measured_s") -> bool:
    return abs(row["predicted_s"] / row[what] - 1) <= NEAR


def passes(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the stages of the first pass, with the times of the second."""
    first = {}
    for row in stages(args):
        first[_key(row)] = row
        print(
            f"{row['workload']:14}{row['dtype']:4}{row['elements']:>11,} {row['kind']:9}"
            f"{row['measured_s'] * 1e3:10.3f} ms, predicted {row['predicted_s'] * 1e3:10.3f}"
            f"{row['predicted_s'] / row['measured_s']:7.2f}{'' if is_near(row) else ' *'}"
        )
    if not args.once:
        for row in stages(args):
            if _key(row) in first:
                first[_key(row)]["again_s"] = row["measured_s"]
    for row in first.values():
        row["mean_s"] = (
            row["measured_s"] * row.get("again_s", row["measured_s"])
        ) ** 0.5
    return list(first.values())


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["workload"], row["elements"], row["dtype"], row["stage"]


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the share of near predictions, and the typical ratio, by class.

    ``repeats`` is the share of stages whose two passes are as near to one another.
    """
    result = {}
    for name in ("all", *dict.fromkeys(row["class"] for row in found)):
        some = [row for row in found if name in ("all", row["class"])]
        twice = [row for row in some if "again_s" in row]
        ratios = [row["predicted_s"] / row["mean_s"] for row in some]
        apart = [row["again_s"] / row["measured_s"] for row in twice]
        result[name] = {
            "stages": len(some),
            "near": _share([is_near(row) for row in some]),
            "near_again": _share([is_near(row, "again_s") for row in twice]),
            "near_mean": _share([is_near(row, "mean_s") for row in some]),
            "repeats": _share([abs(ratio - 1) <= NEAR for ratio in apart]),
            "median_ratio": statistics.median(ratios) if ratios else None,
        }
    return result


def _share(truths: list[bool]) -> float | None:
    return sum(truths) / len(truths) if truths else None


def calibrated(path: Path | None) -> tuple[Path, float]:
    """Return where the profile is that predicts, and the seconds that measuring took."""
    if path is not None and path.exists():
        return path, 0.0
    start = time.perf_counter()
    calibration = calibrate.Calibration()
    with la.config(profile="none"):
        for _, step in calibration.steps:
            step()
    path = path or Path("profile.json")
    profiles.write(calibration.profile(), path)
    return path, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("device", choices=("cpu", "gpu"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--profile", type=Path, help="is made if it is not there")
    parser.add_argument("--commit", default=commit())
    parser.add_argument("--sizes", type=int, nargs="*", default=[5, 6, 7, 8])
    parser.add_argument("--dtypes", nargs="*", default=list(DTYPES))
    parser.add_argument("--workloads", nargs="*", default=list(WORKLOADS))
    parser.add_argument("--budget", type=float, default=0.3, help="seconds for a plan")
    parser.add_argument("--once", action="store_true", help="one pass")
    parser.add_argument("--works", action="store_true", help="record what stages do")
    args = parser.parse_args()
    path, took = calibrated(args.profile)
    la.config(profile=str(path))
    host = profiles.read(path)
    found = passes(args)
    record = {
        "commit": args.commit,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": dict(host.facts),
        "device": args.device,
        "calibration_s": took,
        "summary": summary(found),
        "stages": found,
    }
    args.out.write_text(json.dumps(record, indent=1) + "\n")
    print(f"{'':18}stages  first  second    mean  repeats  ratio")
    for name, each in record["summary"].items():
        shares = [each[k] for k in ("near", "near_again", "near_mean", "repeats")]
        shown = "".join("       -" if k is None else f"{k:8.1%}" for k in shares)
        print(f"{name:18}{each['stages']:5}{shown}{each['median_ratio']:7.2f}")


if __name__ == "__main__":
    main()
