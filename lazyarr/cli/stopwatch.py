"""The shortest of many runs: what a machine needs when nobody else is at work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 2000


def shortest(call: Callable[[], object], budget: float, least: int = 2) -> float:
    """Return the seconds of the fastest run, after one that is not counted.

    Parameters
    ----------
    call : callable
    budget : float
        Seconds to go on for; `least` runs are made in any case.
    least : int
    """
    call()
    best = float("inf")
    runs = 0
    end = time.perf_counter() + budget
    while runs < least or (time.perf_counter() < end and runs < _MOST):
        start = time.perf_counter()
        result = call()
        best = min(best, time.perf_counter() - start)
        del result  # freed before the next run needs the memory
        runs += 1
    return best


def typical(
    call: Callable[[], object],
    budget: float,
    least: int = 5,
    before: Callable[[], object] | None = None,
) -> float:
    """Return the median seconds of a run: for what is lucky at its shortest.

    With `before` every run is prepared; that is not timed.
    """
    call()
    times: list[float] = []
    end = time.perf_counter() + budget
    while len(times) < least or (time.perf_counter() < end and len(times) < _MOST):
        if before is not None:
            before()
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
        del result
    return sorted(times)[len(times) // 2]
