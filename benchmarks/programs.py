"""The programs of the corpus beside NumPy: what users feel, planning and all.

Wall time of one run of a program on inputs that are made anew before each run, reading
of its results included, and of those inputs that it writes into. NumPy and lazyarr take
turns; the fastest run of each counts.
Programs over arrays are run tiny (tens of elements), large (what takes NumPy a good part
of a second), and at the geometric mean of both; those that go through elements at two
small sizes.

    python -m benchmarks.programs                      # all of them
    python -m benchmarks.programs --only k_means       # one program
    python -m benchmarks.programs --profile k_means    # where the time of one goes
    python -m benchmarks.programs --smoke              # does it run?
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import functools
import json
import math
import pstats
import signal
import statistics
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from benchmarks.cpu import RESULTS, machine
from tests.corpus.registry import Program, given, load

if TYPE_CHECKING:
    from collections.abc import Iterator

# How many times NumPy's time a program may take: over elements, over small arrays,
# over large arrays.
LOOPS, SMALL, LARGE = 10.0, 1.5, 1.0
LONGEST = 10.0  # seconds that a program may take, all its runs together


def read(value: Any) -> Any:
    """Return nested results with every lazy array in them computed."""
    if isinstance(value, la.Array):
        return value.compute()
    if isinstance(value, (list, tuple)):
        return [read(item) for item in value]
    return value


@functools.cache
def written(program: Program, size: int) -> tuple[int, ...]:
    """Return which inputs a program writes into."""
    before = given(np, program.arguments(size))
    after = given(np, program.arguments(size))
    program.run(np, *after)
    return tuple(
        k
        for k, (x, y) in enumerate(zip(before, after, strict=True))
        if isinstance(x, np.ndarray) and x.tobytes() != y.tobytes()
    )


def timed(program: Program, module: Any, size: int) -> float:
    """Return the seconds of one run."""
    inputs = given(module, program.arguments(size))
    changed = written(program, size)
    start = time.perf_counter()
    result = read(program.run(module, *inputs))
    left = [read(inputs[k]) for k in changed]
    taken = time.perf_counter() - start
    del result, left
    return taken


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in a block that takes longer."""

    def late(number: int, frame: object) -> None:
        msg = f"longer than {seconds:g} s"
        raise TimeoutError(msg)

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def in_turns(program: Program, size: int, seconds: float) -> dict[str, float]:
    """Return the least seconds of both contenders, who take turns."""
    contenders = {"numpy": np, "lazyarr": la}
    least = {name: timed(program, xp, size) for name, xp in contenders.items()}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, xp in contenders.items():
            least[name] = min(least[name], timed(program, xp, size))
    return least


def measure(
    program: Program, size: int, target: float, seconds: float
) -> dict[str, Any]:
    """Return a row of the report."""
    row: dict[str, Any] = {
        "program": program.name,
        "kind": "loops" if program.loops else "arrays",
        "size": size,
        "target": target,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with limited(LONGEST):
                found = in_turns(program, size, seconds)
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            return row | {"error": f"{type(error).__name__}: {error}"}
    return row | {
        "numpy_s": found["numpy"],
        "lazyarr_s": found["lazyarr"],
        "ratio": found["lazyarr"] / found["numpy"],
    }


def line(row: dict[str, Any]) -> str:
    """Return one line of the report."""
    name = f"{row['program']} {row['size']:,}"
    if "error" in row:
        return f"{name:<42} {row['error'][:90]}"
    late = "" if row["ratio"] <= row["target"] else f"  (target {row['target']:g})"
    times = f"numpy {row['numpy_s'] * 1e3:9.3f} ms  lazyarr {row['lazyarr_s'] * 1e3:9.3f} ms"
    return f"{name:<42} {times}  x {row['ratio']:.2f}{late}"


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each target, how many programs keep it and the median ratio."""
    groups: dict[tuple[str, float], list[float]] = {}
    for row in rows:
        if "ratio" in row:
            groups.setdefault((row["kind"], row["target"]), []).append(row["ratio"])
    return [
        {
            "kind": kind,
            "target": target,
            "programs": len(ratios),
            "within": sum(ratio <= target for ratio in ratios),
            "median": statistics.median(ratios),
            "worst": max(ratios),
        }
        for (kind, target), ratios in groups.items()
    ]


def profile(program: Program, size: int) -> None:
    """Print where a run spends its time, planning left out."""
    timed(program, la, size)
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(3):
        timed(program, la, size)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def sizes(program: Program, *, small: bool) -> list[tuple[int, float]]:
    """Return what a program is run at, and by what ratios."""
    tiny, large = program.sizes[1], program.large
    if small:
        return [(tiny, LOOPS if program.loops else SMALL)]
    if program.loops:
        return [(tiny, LOOPS), (large, LOOPS)]
    middle = round(math.sqrt(tiny * large))
    # The transforms want powers of two, the seasons whole periods.
    middle += -middle % 16 if tiny % 16 == 0 else -middle % 24 if tiny % 24 == 0 else 0
    return [(tiny, SMALL), (middle, SMALL), (large, LARGE)]


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="small sizes, no file")
    parser.add_argument("--only", action="append", help="a program; may be repeated")
    parser.add_argument("--profile", help="a program to profile instead")
    parser.add_argument(
        "--small", action="store_true", help="small sizes only, no file"
    )
    parser.add_argument("--seconds", type=float, default=0.5, help="of each program")
    options = parser.parse_args()
    programs = load()
    if options.profile:
        chosen = programs[options.profile]
        profile(chosen, chosen.sizes[1] if options.small else chosen.large)
        return
    rows = []
    seconds = 0.0 if options.smoke else options.seconds
    for name in options.only or programs:
        for size, target in sizes(programs[name], small=options.smoke or options.small):
            rows.append(measure(programs[name], size, target, seconds))
            print(line(rows[-1]), flush=True)
    found = summary(rows)
    for group in found:
        print(group)
    if options.smoke or options.only or options.small:
        return
    text = json.dumps({"machine": machine(), "summary": found, "rows": rows}, indent=1)
    path = RESULTS / "programs-cpu.json"
    path.write_text(text + "\n", encoding="utf-8")
    print(f"written to {path}")


if __name__ == "__main__":
    main()
