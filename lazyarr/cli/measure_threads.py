"""What `lazyarr calibrate` measures of threads: how they start, and wait for one another."""

from __future__ import annotations

import time
from math import log
from typing import TYPE_CHECKING, Any, NamedTuple

import lazyarr as la
from lazyarr import evaluate
from lazyarr.cli.stopwatch import between, elsewhere, limits, middle, while_time
from lazyarr.config import thread_count
from lazyarr.ir.node import structure
from lazyarr.plan.cost import TILE, passed, shared
from lazyarr.plan.cost import seconds as predicted
from lazyarr.plan.shared import together
from lazyarr.plan.work import work_of
from lazyarr.runtime.base import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lazyarr.plan.profile import DeviceProfile
    from lazyarr.plan.shared import Tiles
    from lazyarr.plan.work import Work

_OUTLIER = 0.7
"""An error counts as this much at most, on a logarithmic scale."""
_PRECISE = 1.02
_HINDERED = 2.0
"""Memory is taken to be so many times as fast as it seems, at most."""
_STEP = 2.0
_ONCE = (100e-6, 10e-12)  # of a thread to wake, of a byte that is passed on
_TURNS = (8e-6, 3e-6, 20e-6, 10e-6)
_RANGE = 16.0
"""What is found for `wake` and `turns` is at most so many times these, or its part."""
_LIKE = 1.0
_LONG = 0.02
"""Seconds of a run from which one run is enough to have all pages."""


def counts() -> Iterator[int]:
    """Yield the numbers of threads to measure: powers of two, and all."""
    most = thread_count()
    count = 1
    while count < most:
        yield count
        count *= 2
    yield most


def stage_seconds(
    made: Any, budget: float, least: int = 3, device: str = "cpu"
) -> tuple[Work, float]:
    """Return what the last stage of an expression does, and its median seconds."""
    roots = (made._current(),)
    plan = evaluate.plan_of(roots, device, keep=True)
    leaves = [node.value for node in structure(roots)[1]]
    executable: Any = evaluate.prepare(plan, leaves)
    keep = {} if device == "cpu" else {"keep": True}
    start = time.perf_counter()
    executable.run(leaves, **keep)  # the first run pays for pages
    if time.perf_counter() - start < _LONG:
        executable.run(leaves, **keep)
    last = plan.stages[-1]
    times: list[float] = []
    budget, least = limits(budget, least)
    end = time.perf_counter() + budget
    while len(times) < least or time.perf_counter() < end:
        trace = Trace()
        executable.run(leaves, trace, **keep)
        times.append(trace.seconds[last.id])
    return work_of(last, plan.values), middle(times)


def mixed(x: Any, y: Any, length: int) -> Any:
    """Return what so many operations of two arrays give, as programs have them."""
    z = x
    for k in range(length):
        z = z + y if k % 2 else z * x
    return z


def _rows(x: Any) -> Any:
    return x.reshape(-1, 1024)


# By name: a stage of two arrays, and its sizes in tiles for each thread; those of HALF are
# timed on elements of half the bytes as well.
STAGES: dict[str, tuple[Callable[[Any, Any], Any], tuple[int, ...]]] = {
    "move": (lambda x, y: x + y, (2, 5)),
    "four": (lambda x, y: mixed(x, y, 4), (1, 3)),
    "twelve": (lambda x, y: mixed(x, y, 12), (1, 3)),
    "sum": (lambda x, _: la.sum(x), (2, 4)),
    "folded": (lambda x, y: la.sum(mixed(x, y, 4)), (1, 5)),
    "rows": (lambda x, y: la.sum(_rows(x) * _rows(y), axis=1), (2, 5)),
    "columns": (lambda x, y: la.sum(_rows(x) * _rows(y), axis=0), (4,)),
    "means": (lambda x, _: la.std(x), (2,)),
    "sine": (lambda x, _: la.sin(x), (2,)),
}
HALF = ("move", "twelve", "sum", "rows")
CUT = ("four", "twelve")
"""Those that are timed in tiles of the `_PART`-th part, too, which lie in any cache."""
_PART = 4


class Timed(NamedTuple):
    """A stage that was timed with at most so many threads."""

    work: Work
    threads: int
    seconds: float


def timed(x: Any, y: Any, done: int = 0) -> list[Timed]:
    """Return stages of several sizes with several threads, of arrays that are given.

    Each time goes on behind those that were `done` before, for there may not be time for
    all: the second one may not be of few threads alone. The first time all are timed.
    """
    most = max(max(sizes) for _, sizes in STAGES.values()) * thread_count() * TILE
    short = [z[:most].astype("f4").persist(device="cpu") for z in (x, y)]
    jobs = []
    for name, (make, sizes) in STAGES.items():
        some: list[Any] = [(TILE, size, x, y) for size in sizes]
        some += [(TILE, sizes[-1], *short)] * (name in HALF)
        some += [(TILE // _PART, sizes[-1], x, y)] * (name in CUT)
        jobs += [(make, n, *one) for one in some for n in counts() if n > 1]
    place = done % max(len(jobs), 1)
    jobs = jobs[place:] + jobs[:place]
    found = []
    for make, count, tile, size, *pair in while_time(jobs, 0 if done else len(jobs)):
        elsewhere()
        a, b = (z[: size * count * TILE].persist(device="cpu") for z in pair)
        with la.config(threads=count, tile_elements=tile):
            work, time_ = stage_seconds(make(a, b), 0.02, 5)
        if tile < TILE:
            work = work._replace(tile=tile, scratch=work.scratch * tile // work.tile)
        found.append(Timed(work, count, time_))
    return found


def usual(found: Sequence[Timed]) -> list[Timed]:
    """Return each stage once, with what it usually took at several moments."""
    times: dict[tuple[Work, int], list[float]] = {}
    for work, threads, seconds in found:
        times.setdefault((work, threads), []).append(seconds)
    return [Timed(*key, between(each)) for key, each in times.items()]


def fitted(found: Sequence[Timed], cpu: DeviceProfile) -> DeviceProfile:
    """Return a profile with `wake`, `through` and `turns` with which the model comes nearest.

    One figure after the other is made larger or smaller as long as that helps.
    """
    found = usual(found)
    numbers = sorted({each.threads for each in found})
    if not numbers:
        return cpu
    # What each of them does does not depend on what is looked for.
    crews = {n: cpu._replace(threads=((float(n), 0.0),)) for n in numbers}
    shares = [
        (*shared(t.work, crews[t.threads]), passed(t.work, cpu), t.seconds)
        for t in found
    ]
    first = list(_ONCE + len(numbers) * _TURNS)
    best, step = first, _STEP
    error = _error(best, numbers, shares, cpu)
    while step > _PRECISE:
        before = error
        for k, start in enumerate(first):
            for times in (step, 1 / step):
                figure = min(max(best[k] * times, start / _RANGE), start * _RANGE)
                tried = [*best[:k], figure, *best[k + 1 :]]
                off = _error(tried, numbers, shares, cpu)
                if off < error:
                    best, error = tried, off
        if error > before * 0.999:
            step **= 0.5
    return _waiting(best, numbers, cpu)


def unhindered(found: Sequence[Timed], cpu: DeviceProfile) -> DeviceProfile:
    """Return a profile with the rates at which memory moves once threads are at work.

    The stages that were timed took as long as they do with the time in which threads
    start, and end: `spread` is what the model needs to say so.
    """
    found = usual(found)
    curve = []
    for size, rate in cpu.spread:
        took = next((t for t in found if 24.0 * t.work.size == size), None)
        best = rate
        while (
            took is not None
            and best < _HINDERED * rate
            and predicted(took.work, cpu._replace(spread=((size, best),)))
            > took.seconds
        ):
            best *= _PRECISE
        curve.append((size, best))
    return cpu._replace(spread=tuple(curve))


def _waiting(
    figures: list[float], numbers: list[int], cpu: DeviceProfile
) -> DeviceProfile:
    size = len(_TURNS)
    rows = [figures[len(_ONCE) + k * size :][:size] for k in range(len(numbers))]
    turns = tuple((float(n), *row) for n, row in zip(numbers, rows, strict=True))
    return cpu._replace(wake=figures[0], through=1 / figures[1], turns=turns)


def _error(
    figures: list[float],
    numbers: list[int],
    shares: Sequence[tuple[Tiles, float, float, float]],
    cpu: DeviceProfile,
) -> float:
    host = _waiting(figures, numbers, cpu)
    errors = []
    for tiles, count, nbytes, took in shares:
        least = max(tiles.least, nbytes / host.through / tiles.number)
        time_ = together(tiles._replace(least=least), count, host)
        errors.append(log((host.launch + time_) / took))
    off = sum(min(abs(each), _OUTLIER) ** 2 for each in errors)
    # What the stages do not tell stays near to what other threads wait.
    size = len(_TURNS)
    some = figures[len(_ONCE) :]
    apart = zip(some, some[size:], strict=False)
    return off + _LIKE * sum(log(a / b) ** 2 for a, b in apart)
