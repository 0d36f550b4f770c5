"""How long something takes: the shortest or the median of many runs, in the time there is.

Whoever measures a machine has a deadline. It gives every step a part of the time, by
`within`; what is timed in a step takes shorter and fewer runs if that part is less than
the step would like to have, and `while_time` ends a series of growing sizes.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

_MOST = 2000
_FEWEST = 2


class Step(NamedTuple):
    """A measurement: its name, the seconds that it wants, and a call that makes it."""

    name: str
    wanted: float
    run: Callable[[], None]


class _Pace:
    """The part of its time that the present step has, and when that is over."""

    share = 1.0
    end = float("inf")


_pace = _Pace()


@contextmanager
def within(seconds: float, wanted: float) -> Iterator[None]:
    """Let what is timed inside take about so many seconds of those that it wants."""
    _pace.share = min(max(seconds, 0.0) / wanted, 1.0)
    _pace.end = time.perf_counter() + seconds
    try:
        yield
    finally:
        _pace.share, _pace.end = 1.0, float("inf")


def while_time(sizes: Iterable[T], least: int = 1) -> Iterator[T]:
    """Yield what there is to measure, smallest first, until the step's time is over.

    `least` of them are yielded in any case.

    Examples
    --------
    >>> with within(0.0, wanted=1.0):
    ...     list(while_time([10, 20, 30], least=2))
    [10, 20]
    """
    for number, size in enumerate(sizes):
        if number >= least and time.perf_counter() > _pace.end:
            return
        yield size


def limits(budget: float, least: int) -> tuple[float, int]:
    """Return the seconds and the fewest runs of a measurement at the present pace."""
    return budget * _pace.share, max(round(least * _pace.share), min(least, _FEWEST))


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
    """Return the median of times."""
    return sorted(times)[len(times) // 2]


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
