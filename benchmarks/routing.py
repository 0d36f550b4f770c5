"""How often ``device="auto"`` picks the faster side, and how good the predictions are.

Every workload is timed on the CPU, on the GPU, with ``device="auto"`` and once more on the
side that was chosen, at sizes from 10^2 to 10^8, with its data on the host and on the
device, computed to NumPy and kept. The four take turns, and a time is the first quartile
of its runs: what disturbs a run only makes it longer. Cases that look worst, and those
whose sides are close, are timed for several times as long, all runs counted.

- *Regret* is the time of ``auto`` over that of the faster side.
- The *floor* is the same with the second timing of the chosen side in place of ``auto``:
  where it is the faster side, nothing but the noise of the machine.
- The regret of the *choice* is the time of the chosen side over that of the faster one:
  1 where the choice was right.
- The regret of the rule is that of the choice of an unmeasured machine.

    PYTHONPATH=. python benchmarks/routing.py --out benchmarks/results/routing-h200.json
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import platform
import random
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from benchmarks.cpu import commit
from benchmarks.gpu import quiet_core
from lazyarr import compiled, evaluate, profiles
from lazyarr.cli import calibrate
from lazyarr.config import current
from lazyarr.ir.node import structure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# --- workloads: of float64 arrays with n elements ---------------------------------------


def poly(x: Any, y: Any) -> Any:
    return (x * 5) ** 2 + y * x - 3


def trans(x: Any, y: Any) -> Any:
    return la.exp(-x) * la.sin(y) + la.log1p(x)


def sum_poly(x: Any, y: Any) -> Any:
    return la.sum(poly(x, y))


def norm(x: Any, _: Any) -> Any:
    return la.sqrt(la.sum(x * x))


def standardise(x: Any, _: Any) -> Any:
    return (x - la.mean(x)) / la.std(x)


def _cdf(d: Any) -> Any:
    return 0.5 * (1 + la.tanh(0.7978845608 * (d + 0.044715 * d * d * d)))


def black_scholes(x: Any, y: Any) -> Any:
    s, k = x * 50 + 50, y * 50 + 50
    d1 = (la.log(s / k) + 0.07) / 0.2
    return s * _cdf(d1) - k * 0.95 * _cdf(d1 - 0.2)


def rows(x: Any) -> Any:
    side = int(x.size**0.5)
    return x[: side * side].reshape(side, side)


def softmax(x: Any, _: Any) -> Any:
    m = rows(x)
    e = la.exp(m - la.max(m, axis=1, keepdims=True))
    return e / la.sum(e, axis=1, keepdims=True)


def column_sums(x: Any, _: Any) -> Any:
    m = rows(x)
    return la.sum(m * m + 1, axis=0)


def stencil(x: Any, _: Any) -> Any:
    m = rows(x)
    around = m[:-2, 1:-1] + m[2:, 1:-1] + m[1:-1, :-2] + m[1:-1, 2:]
    return 0.25 * around - m[1:-1, 1:-1]


def mandelbrot(x: Any, y: Any) -> Any:
    a, b = x * 0, y * 0
    for _ in range(20):
        a, b = a * a - b * b + x, 2 * a * b + y
    return a * a + b * b


def matmul(x: Any, y: Any) -> Any:
    return rows(x) @ rows(y)


def ordered(x: Any, _: Any) -> Any:
    return la.sort(x * 2)


WORKLOADS: dict[str, tuple[Callable[[Any, Any], Any], int]] = {
    "poly": (poly, 8),
    "trans": (trans, 8),
    "sum(poly)": (sum_poly, 8),
    "norm": (norm, 8),
    "(x-mean)/std": (standardise, 8),
    "black-scholes": (black_scholes, 8),
    "softmax": (softmax, 8),
    "column sums": (column_sums, 8),
    "stencil": (stencil, 8),
    "mandelbrot": (mandelbrot, 8),
    "matmul": (matmul, 7),
    "sort": (ordered, 7),
}


# --- timing -----------------------------------------------------------------------------

SIDES = ("cpu", "gpu", "auto", "again")
LEAST, MOST = 7, 120
DOUBTFUL = 1.1
"""Regret, or the ratio of both sides, from which or up to which more runs are made."""
MORE = 4
REGRETS = ("regret", "floor", "regret_of_choice", "regret_of_rule")
SLOW = 0.1
"""Seconds of a run from which three are enough."""


def runner(
    work: Callable[..., Any], x: Any, y: Any, device: str, keep: bool, wait: Any
) -> Callable[[], Any]:
    def call() -> Any:
        expression = work(x, y)
        if not keep:
            return expression.compute(device=device)
        result = expression.persist(device=device)
        wait()
        return result

    return call


class Timing:
    """Times of calls that take turns."""

    def __init__(self, calls: dict[str, Callable[[], Any]]) -> None:
        self.calls = calls
        self.times: dict[str, list[float]] = {name: [] for name in calls}
        self.slowest = 0.0
        for call in calls.values():
            for _ in range(2):  # kernels, plans and pages
                start = time.perf_counter()
                call()
                self.slowest = max(self.slowest, time.perf_counter() - start)

    def go_on(self, budget: float) -> None:
        """Time all, for so many seconds each and a few runs in any case."""
        end = time.perf_counter() + budget * len(self.calls)
        least = 3 if self.slowest > SLOW else LEAST
        runs = 0
        while runs < least or (time.perf_counter() < end and runs < MOST):
            turns = list(self.calls.items())
            random.shuffle(turns)  # whoever comes after a GPU finds cold caches
            for name, call in turns:
                start = time.perf_counter()
                result = call()
                self.times[name].append(time.perf_counter() - start)
                del result
            runs += 1

    def seconds(self) -> dict[str, float]:
        """Return the first quartile of each."""
        return {k: float(np.percentile(each, 25)) for k, each in self.times.items()}


def cases(cupy: Any, sizes: list[int], names: list[str]) -> Iterator[Any]:
    """Yield workload, power of ten, where the data lies, and the two operands."""
    rng = np.random.default_rng(1)
    for power in sizes:
        n = 10**power
        cupy.get_default_memory_pool().free_all_blocks()
        x, y = rng.random(n) * 0.2 + 0.1, rng.random(n) * 0.2 + 0.1
        there = [cupy.asarray(a) for a in (x, y)]
        for name in names:
            if power <= WORKLOADS[name][1]:
                yield name, power, "host", la.asarray(x), la.asarray(y)
                yield name, power, "device", *map(la.asarray, there)


def routes(cupy: Any, args: Any) -> list[dict[str, Any]]:
    """Return times of both sides and of the choice, and what each rule would choose."""
    wait = cupy.cuda.get_current_stream().synchronize
    found = []
    for name, power, where, x, y in cases(cupy, args.sizes, args.workloads):
        work = WORKLOADS[name][0]
        for keep in (False, True):
            root = (work(x, y)._current(),)
            with la.config(profile="none"):
                rule = evaluate.plan_of(root, keep=keep)
            # Compiled: what is measured is the choice between warm sides.
            runner(work, x, y, "gpu", keep, wait)()
            plan = evaluate.plan_of(root, keep=keep)
            chosen = (
                plan.device if plan.device == "cpu" or not plan.is_mixed else "auto"
            )
            sides = {side: side for side in SIDES} | {"again": chosen}
            timing = Timing(
                {k: runner(work, x, y, side, keep, wait) for k, side in sides.items()}
            )
            timing.go_on(args.budget)
            row = judged(timing, plan, rule.device[:3])
            if row["regret"] > DOUBTFUL or is_close(row["s"]):
                timing.go_on(MORE * args.budget)
                row = judged(timing, plan, rule.device[:3])
            case = {
                "workload": name,
                "elements": 10**power,
                "data": where,
                "result": "kept" if keep else "numpy",
            }
            found.append(case | row)
    return found


def judged(timing: Timing, plan: Any, rule: str) -> dict[str, Any]:
    """Return a case's times and regrets."""
    seconds = timing.seconds()
    best = min(seconds["cpu"], seconds["gpu"])
    chosen = "auto" if plan.is_mixed else plan.device[:3]
    return {
        "s": seconds,
        "runs": len(timing.times["auto"]),
        "chosen": plan.device,
        "reason": plan.reason,
        "rule_chosen": rule,
        "regret": seconds["auto"] / best,
        "floor": seconds["again"] / best,
        "regret_of_choice": seconds[chosen] / best,
        "regret_of_rule": seconds[rule] / best,
    }


def is_close(seconds: dict[str, float]) -> bool:
    """Whether both sides take about as long."""
    low, high = sorted((seconds["cpu"], seconds["gpu"]))
    return high <= DOUBTFUL * low


def stages(cupy: Any, args: Any) -> list[dict[str, Any]]:
    """Return predicted and measured seconds of the stages that take 50 µs or more."""
    found = []
    sizes = [power for power in args.sizes if power >= 4]
    for name, power, where, x, y in cases(cupy, sizes, args.workloads):
        device = "cpu" if where == "host" else "gpu"
        runs = [
            la.explain(WORKLOADS[name][0](x, y), device=device, analyze=True).to_dict()
            for _ in range(5 if power < 8 else 2)
        ]
        for k, stage in enumerate(runs[0]["stages"]):
            measured = [run["stages"][k]["measured_s"] for run in runs]
            if None in measured or statistics.median(measured) < 50e-6:
                continue
            found.append(
                {
                    "workload": name,
                    "elements": 10**power,
                    "device": device,
                    "kind": stage["kind"],
                    "ops": len(stage["ops"]),
                    "predicted_s": stage["predicted_s"],
                    "measured_s": statistics.median(measured),
                }
            )
    return found


def decision_us() -> float:
    """Return microseconds from a graph to its plan, when the plan is known.

    On the core that is fastest just then: others may be half as fast for seconds.
    """
    x = la.asarray(np.ones(1000))
    expression = poly(x, x)
    expression.compute()
    root = (expression._current(),)
    options = current()
    times = []
    with quiet_core():
        for _ in range(2000):
            start = time.perf_counter()
            key, _ = structure(root)
            ready = evaluate._cache.get((key, options, None))
            times.append(time.perf_counter() - start)
            assert ready is not None
    return statistics.median(times) * 1e6


def summary(values: list[float]) -> dict[str, float]:
    return {
        "count": len(values),
        "geometric_mean": float(np.exp(np.mean(np.log(values)))),
        "p95": float(np.percentile(values, 95)),
        "worst": max(values),
    }


def within(rows: list[dict[str, Any]], device: str) -> dict[str, float]:
    ratios = [r["predicted_s"] / r["measured_s"] for r in rows if r["device"] == device]
    good = [r for r in ratios if 0.75 <= r <= 1.25]
    return {"count": len(ratios), "within_25_percent": len(good) / max(len(ratios), 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--profile", type=Path, help="where to write the profile")
    parser.add_argument("--commit", default=commit())
    parser.add_argument("--sizes", type=int, nargs="*", default=[2, 3, 4, 5, 6, 7, 8])
    parser.add_argument("--workloads", nargs="*", default=list(WORKLOADS))
    parser.add_argument("--budget", type=float, default=0.02)
    args = parser.parse_args()
    cupy = importlib.import_module("cupy")
    path = args.profile or args.out.with_name("profile.json")
    start = time.perf_counter()
    calibration = calibrate.Calibration()
    for _, step in calibration.steps:
        step()
    host = calibration.profile()
    profiles.write(host, path)
    took = time.perf_counter() - start
    # Operations on small arrays are planned, too: routing is what is looked at.
    la.config(profile=str(path), small_bytes=0)
    record: dict[str, Any] = {
        "commit": args.commit,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": dict(host.facts)
        | {
            "python": platform.python_version(),
            "compiled": compiled.MODULE is not None,
        },
        "calibration_s": took,
        "decision_us": decision_us(),
    }
    rows = routes(cupy, args)
    for what in REGRETS:
        record[what] = summary([r[what] for r in rows])
    record["rows"] = rows
    args.out.write_text(json.dumps(record, indent=1) + "\n")
    seen = stages(cupy, args)
    record["predictions"] = {side: within(seen, side) for side in ("cpu", "gpu")}
    record["stages"] = seen
    args.out.write_text(json.dumps(record, indent=1) + "\n")
    for name in (*REGRETS, "predictions"):
        print(name, record[name])
    print("calibration", took, "decision", record["decision_us"], "µs")


if __name__ == "__main__":
    main()
