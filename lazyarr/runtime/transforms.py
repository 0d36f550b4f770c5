"""Fourier transforms, whose lines are independent, spread over threads.

NumPy transforms one line after the other, each in the same way wherever the array is
cut. One that meets a floating-point error is made again at once, for the error to be
told as NumPy tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.transforms import OVER, steps_of
from lazyarr.plan.shared import SHARES
from lazyarr.plan.transformed import WORTHWHILE
from lazyarr.runtime import floating, pool, threads

if TYPE_CHECKING:
    from collections.abc import Callable


def transformed(name: str, wanted: int, params: tuple[Any, ...], x: Any) -> Any:
    """Return the transform of a name; None where threads gain nothing."""
    if x.ndim < 2 or x.size < WORTHWHILE or not x.flags.c_contiguous:
        return None
    length, axis, norm = params
    steps = steps_of(name, length, axis) if name in OVER else [(name, length, axis)]
    try:
        for one, n, place in steps:
            x = _along(getattr(np.fft, one), wanted, x, n, place, norm)
    except FloatingPointError:
        return None
    return x


def _along(
    function: Callable[..., Any], wanted: int, x: Any, n: int, axis: int, norm: str
) -> Any:
    """Return a transform along one axis, cut along the longest of the others."""
    place = axis % x.ndim
    sides = [0 if k == place else side for k, side in enumerate(x.shape)]
    across = sides.index(max(sides))
    count = min(SHARES, x.shape[across])
    lead = (slice(None),) * across
    bounds = [x.shape[across] * k // count for k in range(count + 1)]
    keys = [(*lead, slice(bounds[k], bounds[k + 1])) for k in range(count)]
    with np.errstate(all="raise"):
        first = function(x[keys[0]], n, axis, norm)
    sides = list(x.shape)
    sides[place] = first.shape[place]
    result = pool.empty(tuple(sides), first.dtype)
    result[keys[0]] = first
    del first  # before others are made

    def work(take: Callable[[], int | None]) -> None:
        with np.errstate(all="raise"):
            while (k := take()) is not None:
                function(x[keys[k + 1]], n, axis, norm, out=result[keys[k + 1]])

    if count > 1:
        threads.run(work, count - 1, wanted, floating.Notes())
    return result
