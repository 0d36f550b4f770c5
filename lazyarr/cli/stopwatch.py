"""How long something takes: the shortest or the median of many runs, in the time there is.

Whoever measures a machine has a deadline. It gives every step a part of the time, by
`within`; what is timed in a step takes shorter and fewer runs if that part is less than
the step would like to have, or is over, and `while_time` ends a series of growing sizes.

Cores of one machine are fast or slow by what else they do, or what others do on a core
that is theirs as well: Python can take twice as long. A thread stays where it is for
seconds, so that whoever measures what is usual goes on `elsewhere` now and then.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from itertools import count
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

_MOST = 2000
_FEWEST = 2
_DISTURBED = 2.0
"""From so many times another moment's time on, one was disturbed."""


class Step(NamedTuple):
    """A measurement: its name, the seconds that it wants, and a call that makes it."""

    name: str
    wanted: float
    run: Callable[[], None]


class _Pace:
    """The part of its time that the present step has, and when that is over.

    After `last` only what nothing can be said without is measured, once.
    """

    share = 1.0
    end = last = float("inf")


_pace = _Pace()


@contextmanager
def within(seconds: float, wanted: float, most: float | None = None) -> Iterator[None]:
    """Let what is timed inside take about so many seconds of those that it wants.

    After `most` seconds it ends as soon as there is a figure.
    """
    now = time.perf_counter()
    _pace.share = min(max(seconds, 0.0) / wanted, 1.0)
    _pace.end = now + seconds
    _pace.last = float("inf") if most is None else now + most
    try:
        yield
    finally:
        _pace.share, _pace.end, _pace.last = 1.0, float("inf"), float("inf")


def while_time(sizes: Iterable[T], least: int = 1) -> Iterator[T]:
    """Yield what there is to measure, smallest first, until the step's time is over.

    `least` of them are yielded in any case, or one if the step takes far too long.

    Examples
    --------
    >>> with within(0.0, wanted=1.0):
    ...     list(while_time([10, 20, 30], least=2))
    [10, 20]
    """
    for number, size in enumerate(sizes):
        now = time.perf_counter()
        if (number >= least and now > _pace.end) or (number and now > _pace.last):
            return
        yield size


_moves = count()


def elsewhere() -> None:
    """Let this thread go on on another core, each in its turn, where the system has a way.

    It may leave that again, and so may the threads that it starts.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    with suppress(OSError):
        cores = sorted(os.sched_getaffinity(0))
        try:
            os.sched_setaffinity(0, {cores[next(_moves) % len(cores)]})
        finally:
            os.sched_setaffinity(0, cores)


def limits(budget: float, least: int) -> tuple[float, int]:
    """Return the seconds and the fewest runs of a measurement at the present pace."""
    now = time.perf_counter()
    if now > _pace.last:
        return 0.0, 1
    share = _pace.share if now <= _pace.end else 0.0
    return budget * share, max(round(least * share), min(least, _FEWEST))


def shortest(call: Callable[[], object], budget: float, least: int = 2) -> float:
    """Return the seconds of the fastest run, after one that is not counted.

    Parameters
    ----------
    call : callable
    budget : float
        Seconds to go on for; `least` runs are made in any case.
    least : int
    """
    return min(_times(call, budget, least))


def typical(
    call: Callable[[], object],
    budget: float,
    least: int = 5,
    before: Callable[[], object] | None = None,
) -> float:
    """Return the median seconds of a run: for what is lucky at its shortest.

    With `before` every run is prepared; that is not timed.
    """
    return middle(_times(call, budget, least, before))


def middle(times: list[float]) -> float:
    """Return the median of times, of two in the middle the shorter: one may be a hiccup.

    Examples
    --------
    >>> middle([3.0, 1.0])
    1.0
    """
    return sorted(times)[(len(times) - 1) // 2]


def between(times: list[float]) -> float:
    """Return the median of what was timed at several moments, on a logarithmic scale.

    Cores are fast at one moment and slow at another: of two, what lies between is usual,
    and the shorter one is not. But nothing is twice as slow by that alone.

    Examples
    --------
    >>> between([2.0, 3.0, 9.0]), between([2.0, 2.88]), between([1.0, 30.0])
    (3.0, 2.4, 1.0)
    """
    times = sorted(times)
    low, high = times[(len(times) - 1) // 2], times[len(times) // 2]
    return low if low == high or high > _DISTURBED * low else sqrt(low * high)


def rising(times: Iterable[float]) -> list[float]:
    """Return times that grow, the nearest to those that were measured of more and more.

    Those that fall are replaced by their mean: with the shortest, all would seem faster than
    they are by what noise makes of it. One that is twice as long as a later one was disturbed.

    Examples
    --------
    >>> rising([1.0, 3.0, 2.0, 4.0]), rising([1.0, 30.0, 2.0, 4.0])
    ([1.0, 2.5, 2.5, 4.0], [1.0, 2.0, 2.0, 4.0])
    """
    pools: list[tuple[float, int]] = []  # (mean, how many)
    measured = list(times)
    for k, each in enumerate(measured):
        least = min(measured[k:])
        mean, many = least if each > _DISTURBED * least else each, 1
        while pools and pools[-1][0] > mean:
            before, few = pools.pop()
            mean, many = (before * few + mean * many) / (few + many), few + many
        pools.append((mean, many))
    return [mean for mean, many in pools for _ in range(many)]


def level(times: list[float]) -> float:
    """Return the mean of the middle half: what is usual of times at different moments.

    Examples
    --------
    >>> level([1.0, 9.0, 2.0, 4.0, 3.0])
    3.0
    """
    few = len(times) // 4
    half = sorted(times)[few : len(times) - few]
    return sum(half) / len(half)


def _times(
    call: Callable[[], object],
    budget: float,
    least: int,
    before: Callable[[], object] | None = None,
) -> list[float]:
    call()
    budget, least = limits(budget, least)
    times: list[float] = []
    end = time.perf_counter() + budget
    while len(times) < least or (time.perf_counter() < end and len(times) < _MOST):
        if before is not None:
            before()
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
        del result  # freed before the next run needs the memory
    return times
