"""How near the predicted time of every stage is to the measured one.

Workloads of every kind of stage, at 10^5 to 10^8 elements, in three dtypes. They take
turns in several rounds, and a stage's time is the median of its rounds' medians, each of
traced runs after some that are not counted: what the first runs pay for, kernels and the
pages of results, is not part of a stage's prediction. Stages of 50 µs and more count.
Times are beside those that the profile of the machine predicts, measured anew or read
from a file.

All is measured in two passes, one after the other. By how much the second differs from
the first is the noise of the machine, which no model predicts; the share of stages that
both passes agree on within 25 % stands beside the share of near predictions, and so do
those of each pass alone. The workloads of `HELD` were not looked at when the model was
made: their figures stand apart.

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
from typing import TYPE_CHECKING, Any, NamedTuple

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
RUNS = 15
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


def alternating(x: Any, y: Any) -> Any:
    z = x * 3
    z[::2] = y[::2] - 1
    return z


@cache
def positions(n: int, device: str = "cpu") -> Any:
    places = np.random.default_rng(3).integers(0, n, n)
    if device == "cpu":
        return places
    return importlib.import_module("cupy").asarray(places)


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
    "clipped": (lambda x, y: la.clip(x * 3 - y, x, y), "map of memory", 8),
    "hypot": (lambda x, y: la.hypot(x, y) * 2 + 1, "map of arithmetic", 7),
    "norms": (lambda x, _: la.sqrt(la.sum(rows(x) ** 2, axis=1)), "reduction", 8),
    "argmin": (lambda x, y: la.argmin(x * y), "reduction", 8),
    "alternating": (alternating, "update", 8),
    "matmul": (lambda x, y: rows(x) @ rows(y), "library", 7),
    "matvec": (lambda x, y: rows(x) @ rows(y)[0], "library", 7),
    "sort": (lambda x, _: la.sort(x), "library", 7),
    "cumsum": (lambda x, _: la.cumulative_sum(x), "library", 7),
    "take": (
        lambda x, _: la.take(x, la.asarray(positions(x.size, str(x.device)))),
        "library",
        7,
    ),
    "fft": (lambda x, _: la.fft.fft(x * 1.0), "library", 7),
}


def _cube(x: Any) -> Any:
    side = int(x.size ** (1 / 3) + 1e-9)
    return x[: side**3].reshape(side, side, side)


def laplace(x: Any, _: Any) -> Any:
    c = _cube(x)
    inner = c[1:-1, 1:-1, 1:-1]
    across = c[2:, 1:-1, 1:-1] + c[:-2, 1:-1, 1:-1] + c[1:-1, 2:, 1:-1]
    return across + c[1:-1, :-2, 1:-1] + c[1:-1, 1:-1, 2:] + c[1:-1, 1:-1, :-2] - inner


def log_sum_exp(x: Any, _: Any) -> Any:
    m = rows(x)
    most = la.max(m, axis=1, keepdims=True)
    return la.log(la.sum(la.exp(m - most), axis=1, keepdims=True)) + most


def chain(x: Any, y: Any) -> Any:
    z = x
    for k in range(20):
        z = la.minimum(z + y, x) if k % 2 else z * y - x
    return z


HELD: dict[str, tuple[Callable[[Any, Any], Any], str, int]] = {
    "backwards": (lambda x, y: x[::-1] + y, "window", 8),
    "chain": (chain, "map of arithmetic", 7),
    "column max": (
        lambda x, y: la.max(rows(x) - rows(y), axis=0),
        "reduction",
        8,
    ),
    "log-sum-exp": (log_sum_exp, "row-wise", 8),
    "laplace": (laplace, "window", 8),
    "sorted rows": (lambda x, _: la.sort(rows(x), axis=1), "library", 7),
}
EVERY = WORKLOADS | HELD

PRODUCTS = ("matmul", "matvec")
SPINNING = 0.2
"""Seconds for which threads of a BLAS go on after a product, and more."""
UNCOUNTED = 2
FLOATING = (
    *("trans", "black-scholes", "softmax", "matmul", "fft"),
    *("hypot", "norms", "log-sum-exp", "matvec"),
)


def operands(dtype: str, size: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    if dtype[0] == "i":
        return tuple(rng.integers(1, 1 << 40, size, dtype) for _ in range(2))
    return tuple((rng.random(size, "f8") * 0.2 + 0.1).astype(dtype) for _ in range(2))


class Case(NamedTuple):
    """A workload made ready to run."""

    name: str
    elements: int
    dtype: str
    plan: Any
    executable: Any
    leaves: list[Any]

    def traced(self) -> dict[int, float]:
        """Return the seconds of every stage of one run."""
        trace = base.Trace()
        keep = {"keep": True} if hasattr(self.executable, "device") else {}
        self.executable.run(self.leaves, trace, **keep)
        return trace.seconds


def cases(args: argparse.Namespace) -> Iterator[list[Case]]:
    """Yield the workloads of each size and dtype, ready to run."""
    for power in args.sizes:
        for dtype in args.dtypes:
            x, y = operands(dtype, 10**power)
            if args.device != "cpu":
                cupy = importlib.import_module("cupy")
                cupy.get_default_memory_pool().free_all_blocks()
                x, y = cupy.asarray(x), cupy.asarray(y)
            pair = la.asarray(x), la.asarray(y)
            group = []
            for name in sorted(args.workloads, key=PRODUCTS.__contains__):
                make, _, most = EVERY[name]
                if power <= most and not (name in FLOATING and dtype == "i8"):
                    made = (name, 10**power, dtype, make(*pair))
                    group.append(ready(args.device, *made))
            yield group
            del group, x, y, pair
            pool.results.clear()


def ready(device: str, name: str, elements: int, dtype: str, made: Any) -> Case:
    roots = (made._current(),)
    plan = evaluate.plan_of(roots, device, keep=True)
    leaves = [node.value for node in structure(roots)[1]]
    executable = evaluate.prepare(plan, leaves)
    return Case(name, elements, dtype, plan, executable, leaves)


def rounds(group: list[Case], args: argparse.Namespace) -> list[dict[int, list[float]]]:
    """Return each case's seconds by stage: a median for every round.

    In a round all cases take turns, products last: the threads of a BLAS spin on when it
    has returned. Each is run uncounted until they have ended, a few times in any case,
    so that its pages are there and threads are awake; and then for `budget`.
    """
    found: list[dict[int, list[float]]] = [{} for _ in group]
    for case in group:
        case.traced()
    quiet = time.perf_counter() + SPINNING
    for _ in range(args.rounds):
        for case, mine in zip(group, found, strict=True):
            runs = 0
            while runs < UNCOUNTED or time.perf_counter() < quiet:
                case.traced()
                runs += 1
            times: dict[int, list[float]] = {}
            runs, end = 0, time.perf_counter() + args.budget
            while not runs or (runs < RUNS and time.perf_counter() < end):
                for stage, seconds in case.traced().items():
                    times.setdefault(stage, []).append(seconds)
                runs += 1
            for stage, each in times.items():
                mine.setdefault(stage, []).append(statistics.median(each))
            if case.name in PRODUCTS:
                quiet = time.perf_counter() + SPINNING
    return found


def stages(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield predicted and measured seconds of every stage."""
    for group in cases(args):
        for case, found in zip(group, rounds(group, args), strict=True):
            for stage in case.plan.stages:
                if stage.id not in found or stage.kind == "view":
                    continue
                work = work_of(stage, case.plan.values)
                yield {
                    "workload": case.name,
                    "held": case.name in HELD,
                    "class": EVERY[case.name][1],
                    "elements": case.elements,
                    "dtype": case.dtype,
                    "stage": stage.id,
                    "kind": stage.kind,
                    "ops": len(stage.ops),
                    "predicted_s": stage.estimate.seconds,
                    "rounds_s": [[float(f"{s:.4g}") for s in found[stage.id]]],
                    "work": work._asdict() if args.works else None,
                }
        del group, case


def is_near(row: dict[str, Any], what: str = "measured_s") -> bool:
    return bool(abs(row["predicted_s"] / row[what] - 1) <= NEAR)


def passes(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the stages that are long enough, with the times of both passes."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for _ in range(args.passes):
        for row in stages(args):
            known = found.setdefault(_key(row), row)
            if known is not row:
                known["rounds_s"] += row["rounds_s"]
    for row in found.values():
        each = row["rounds_s"]
        row["measured_s"] = statistics.median(s for one in each for s in one)
        row["first_s"], row["second_s"] = map(statistics.median, (each[0], each[-1]))
    return [row for row in found.values() if row["measured_s"] >= LEAST]


def printed(row: dict[str, Any]) -> str:
    ratio = row["predicted_s"] / row["measured_s"]
    return (
        f"{row['workload']:14}{row['dtype']:4}{row['elements']:>11,} {row['kind']:9}"
        f"{row['measured_s'] * 1e3:10.3f} ms, predicted {row['predicted_s'] * 1e3:10.3f}"
        f"{ratio:7.2f}{'' if is_near(row) else ' *'}"
    )


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["workload"], row["elements"], row["dtype"], row["stage"]


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the share of near predictions, and the typical ratio, by class.

    ``repeats`` is the share of stages whose two passes are as near to one another.
    """
    groups = {
        "all": found,
        "looked at": [row for row in found if not row["held"]],
        "held out": [row for row in found if row["held"]],
    }
    for row in found:
        groups.setdefault(row["class"], []).append(row)
    result = {}
    for name, some in groups.items():
        ratios = [row["predicted_s"] / row["measured_s"] for row in some]
        apart = [row["second_s"] / row["first_s"] for row in some]
        result[name] = {
            "stages": len(some),
            "near": _share([is_near(row) for row in some]),
            "near_first": _share([is_near(row, "first_s") for row in some]),
            "near_second": _share([is_near(row, "second_s") for row in some]),
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
    parser.add_argument("--workloads", nargs="*", default=list(EVERY))
    parser.add_argument("--budget", type=float, default=0.02, help="seconds of a turn")
    parser.add_argument("--rounds", type=int, default=5, help="turns in a pass")
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--works", action="store_true", help="record what stages do")
    args = parser.parse_args()
    path, took = calibrated(args.profile)
    la.config(profile=str(path))
    host = profiles.read(path)
    found = passes(args)
    print(*map(printed, found), sep="\n")
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
    print(f"{'':18}stages    near   first  second repeats  ratio")
    for name, each in record["summary"].items():
        keys = ("near", "near_first", "near_second", "repeats")
        shown = "".join(
            "       -" if each[k] is None else f"{each[k]:8.1%}" for k in keys
        )
        ratio = each["median_ratio"]
        print(f"{name:18}{each['stages']:5}{shown}{ratio or float('nan'):7.2f}")


if __name__ == "__main__":
    main()
