"""How near the predicted time of every stage is to the measured one.

Workloads of every kind of stage, at 10^5 to 10^8 elements, in three dtypes. They take
turns in rounds, in several passes over all of them: machines are fast or slow for seconds,
each core for itself, and a prediction is of what is usual. So a stage's time is the median
over its turns, a round's on another core than the last one's, and passes tens of seconds
apart; each turn is the median of traced runs after some that are not counted:
what the first runs pay for, kernels and the pages of results, is not part of a stage's
prediction. Stages of 50 µs and more count. ``near`` compares these times with those that
the profile of the machine predicts, measured anew before all or read from a file; nothing
that was measured here moves a prediction.

``repeats`` is the share of stages whose time in the first passes is within 25 % of that in
as many last ones (of three, in the first and the last): how well these very measurements
predict themselves. ``near_first`` and ``near_second`` are of either alone, ``near_turns`` of
every single turn: how near a prediction is to what a user sees at a moment. The workloads
of `HELD` were not looked at when the model was made (`benchmarks/stages.py`): their figures
stand apart.

Beside that stand the shares with learning on, as users have it: before a stage's turn in a
round it is predicted with what all runs until then have taught, and that is compared with
the median of the turn, whose runs teach when it is over. ``met first`` are the turns of
stages that others alone have taught about, ``met again`` all others. ``learned`` is what
``near`` is, as users have it: a stage is predicted before its turns of the last pass, which
is compared with their median.

    PYTHONPATH=. python benchmarks/predictions.py cpu --out benchmarks/results/predictions-cpu2.json
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import statistics
import time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import lazyarr as la
from benchmarks.cpu import commit
from benchmarks.stages import EVERY, HELD
from lazyarr import evaluate, profiles
from lazyarr.cli import calibrate
from lazyarr.cli.stopwatch import elsewhere
from lazyarr.ir.node import structure
from lazyarr.plan.learned import Correction, correction_of, learned
from lazyarr.plan.work import work_of
from lazyarr.profiles import learning
from lazyarr.runtime import base, pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazyarr.plan.model import Estimate

COMPARED = (
    "predicted_s: the profile's alone; measured_s: the median of {args.passes} passes of"
    " {args.rounds} turns, each the median of runs for {args.budget} s"
)
LEAST = 50e-6
NEAR = 0.25
RUNS = 15
DTYPES = ("f8", "f4", "i8")


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


class Lessons:
    """What runs have taught until now, beginning with nothing."""

    def __init__(self) -> None:
        self.known: dict[str, Correction] = {}

    def foretold(self, case: Case) -> dict[int, float]:
        """Return what is predicted of each stage before it runs."""
        return {s.id: predicted(s.estimate, self.known) for s in case.plan.stages}

    def learn(self, case: Case, seconds: dict[int, float]) -> None:
        """Learn from one run, of which every stage's time is known."""
        for stage in case.plan.stages:
            told, took = stage.estimate, seconds.get(stage.id, 0.0)
            if told.key and told.seconds >= learning.LEAST and took > 0.0:
                self.known |= learned(self.known, {told.key: told.seconds}, took)


def predicted(told: Estimate, known: dict[str, Correction]) -> float:
    """Return the seconds of a stage with corrections; `told` has none."""
    return told.seconds * correction_of(known, told.key).factor


def rounds(
    group: list[Case], args: argparse.Namespace, lessons: Lessons
) -> list[dict[int, list[tuple[float, float]]]]:
    """Return each case's seconds by stage: a median for every round, and its prediction.

    In a round all cases take turns, products last: the threads of a BLAS spin on when it
    has returned. Each is run uncounted until they have ended, a few times in any case,
    so that its pages are there and threads are awake; and then for `budget`.
    """
    found: list[dict[int, list[tuple[float, float]]]] = [{} for _ in group]
    for case in group:
        case.traced()
    quiet = time.perf_counter() + SPINNING
    for _ in range(args.rounds):
        elsewhere()
        for case, mine in zip(group, found, strict=True):
            runs = 0
            while runs < UNCOUNTED or time.perf_counter() < quiet:
                case.traced()
                runs += 1
            foretold = lessons.foretold(case)
            times: list[dict[int, float]] = []
            end = time.perf_counter() + args.budget
            while not times or (len(times) < RUNS and time.perf_counter() < end):
                times.append(case.traced())
            for run in times:
                lessons.learn(case, run)
            for stage in times[0]:
                took = statistics.median(run[stage] for run in times)
                mine.setdefault(stage, []).append((took, foretold[stage]))
            if case.name in PRODUCTS:
                quiet = time.perf_counter() + SPINNING
    return found


def stages(args: argparse.Namespace, lessons: Lessons) -> Iterator[dict[str, Any]]:
    """Yield predicted and measured seconds of every stage."""
    for group in cases(args):
        for case, found in zip(group, rounds(group, args, lessons), strict=True):
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
                    "rounds_s": [[_short(s) for s, _ in found[stage.id]]],
                    "foretold_s": [[_short(s) for _, s in found[stage.id]]],
                    "work": work._asdict() if args.works else None,
                }
        del group, case


def _short(seconds: float) -> float:
    return float(f"{seconds:.4g}")


def is_near(row: dict[str, Any], what: str = "measured_s") -> bool:
    return bool(abs(row["predicted_s"] / row[what] - 1) <= NEAR)


def passes(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the stages that are long enough, with the times of both passes."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    lessons = Lessons()
    for _ in range(args.passes):
        for row in stages(args, lessons):
            known = found.setdefault(_key(row), row)
            if known is not row:
                known["rounds_s"] += row["rounds_s"]
                known["foretold_s"] += row["foretold_s"]
    for row in found.values():
        each = row["rounds_s"]
        row["measured_s"] = statistics.median(chain(*each))
        half = len(each) // 2 or 1
        for name, some in (("first_s", each[:half]), ("second_s", each[-half:])):
            row[name] = statistics.median(chain(*some))
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

    ``repeats`` is the share of stages whose first and last passes are as near to one another.
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
        turns = [
            (row["predicted_s"], s) for row in some for s in chain(*row["rounds_s"])
        ]
        result[name] = {
            "stages": len(some),
            "near": _share([is_near(row) for row in some]),
            "near_first": _share([is_near(row, "first_s") for row in some]),
            "near_second": _share([is_near(row, "second_s") for row in some]),
            "near_turns": _share([abs(t / s - 1) <= NEAR for t, s in turns]),
            "repeats": _share([abs(ratio - 1) <= NEAR for ratio in apart]),
            "met_first": _share([near for row in some for near in _foretold(row)[:1]]),
            "met_again": _share([near for row in some for near in _foretold(row)[1:]]),
            "learned": _share([_is_learned(row) for row in some]),
            "median_ratio": statistics.median(ratios) if ratios else None,
        }
    return result


def _foretold(row: dict[str, Any]) -> list[bool]:
    """Return of every turn whether what was predicted before it was near."""
    told, took = (chain(*row[key]) for key in ("foretold_s", "rounds_s"))
    return [abs(t / s - 1) <= NEAR for t, s in zip(told, took, strict=True)]


def _is_learned(row: dict[str, Any]) -> bool:
    """Return whether what the other passes taught is near the median of the last one."""
    told, took = row["foretold_s"][-1][0], statistics.median(row["rounds_s"][-1])
    return bool(abs(told / took - 1) <= NEAR)


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
    parser.add_argument("--rounds", type=int, default=2, help="turns in a pass")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--works", action="store_true", help="record what stages do")
    args = parser.parse_args()
    path, took = calibrated(args.profile)
    la.config(profile=str(path), learn=False)  # what is learned here is its own
    host = profiles.read(path)
    found = passes(args)
    print(*map(printed, found), sep="\n")
    record = {
        "commit": args.commit,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": dict(host.facts),
        "device": args.device,
        "calibration_s": took,
        "compared": COMPARED.format(args=args),
        "summary": summary(found),
        "stages": found,
    }
    args.out.write_text(json.dumps(record, indent=1) + "\n")
    print(
        f"{'':18}stages    near   first  second   turns repeats mt.1st mt.again learned  ratio"
    )
    for name, each in record["summary"].items():
        keys = (
            "near",
            "near_first",
            "near_second",
            "near_turns",
            "repeats",
            "met_first",
            "met_again",
            "learned",
        )
        shown = "".join(
            "       -" if each[k] is None else f"{each[k]:8.1%}" for k in keys
        )
        ratio = each["median_ratio"]
        print(f"{name:18}{each['stages']:5}{shown}{ratio or float('nan'):7.2f}")


if __name__ == "__main__":
    main()
