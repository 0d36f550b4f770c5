"""Integers of a small range, as what is counted and sorted by its digits."""

from __future__ import annotations

from typing import Any

import numpy as np

_INDEX = np.dtype(np.intp).itemsize
_NARROW = 1 << 16  # values that two bytes hold: NumPy sorts these digit by digit
_BLOCK = 1 << 15  # elements that are widened at a time, in a cache
FEW = _BLOCK
"""Values that are counted block by block: no more than a block has elements."""


def range_of(x: Any) -> tuple[int, int]:
    """Return the least of some integers, and how many there are from it to the largest."""
    low = int(x.min())
    return low, int(x.max()) - low + 1


def offsets(x: Any, low: int) -> Any:
    """Return how far integers are above the least of them, as what is an index.

    What does not fit the dtype on the way comes round to what it would be in a wider one.
    """
    above = np.subtract(x, x.dtype.type(low))
    return above.view(np.intp if x.itemsize == _INDEX else f"u{x.itemsize}")


def narrowed(x: Any, out: Any = None) -> Any:
    """Return integers as ones of two bytes in the same order; None where these are few."""
    low, span = range_of(x)
    if span > _NARROW:
        return None
    digits = np.empty(x.shape, np.uint16) if out is None else out
    lowest = x.dtype.type(low)
    return np.subtract(x, lowest, out=digits, dtype=x.dtype, casting="unsafe")


def tallied(x: Any, minlength: int = 0) -> Any:
    """Return ``numpy.bincount(x, minlength=minlength)``.

    NumPy widens all elements first, which takes longer than counting them.
    """
    narrow = x.dtype.kind in "iu" and x.itemsize < _INDEX and x.ndim == 1
    if narrow and len(x) > _BLOCK and type(minlength) is int:
        low, span = range_of(x)
        length = max(low + span, minlength)
        if min(low, minlength) >= 0 and length <= FEW:
            return occurrences(x, 0, length)
    return np.bincount(x, minlength=minlength)


def occurrences(x: Any, low: int, span: int) -> Any:
    """Return how many of some integers are `low`, how many one more, and so on.

    Examples
    --------
    >>> occurrences(np.array([4, 6, 4], np.uint64), 4, 3)
    array([2, 0, 1])
    """
    counts = np.zeros(span, np.intp)
    for start in range(0, len(x), _BLOCK):
        digits = offsets(x[start : start + _BLOCK], low)
        counts += np.bincount(digits, minlength=span)
    return counts
