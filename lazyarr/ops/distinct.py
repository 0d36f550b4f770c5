"""The different elements of an array, as `numpy.unique` gives them.

NumPy finds them by their hashes, at random places in memory, or sorts the places of all.
Integers of a small range are counted instead, other numbers sorted, and rows of small
integers are the digits of one number.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.integers import offsets, range_of, tallied

if TYPE_CHECKING:
    from collections.abc import Callable

_MANY = 4096  # elements
_KEYS = 1 << 62  # different rows that numbers can tell apart
_COMPARED = 10, 0.145  # times a power of the elements: NumPy compares with fewer
SPARSE = 6
"""Places of a table for each element that is looked up or found, at most."""
BLOCK = 1 << 15
"""Elements that are looked up at a time."""


def unique(
    x: Any, wanted: tuple[str, ...], axis: int | None = None, equal_nan: bool = True
) -> tuple[Any, ...]:
    """Return the different elements, and what of "index", "inverse", "counts" is wanted."""
    made = None
    if x.size >= _MANY and x.dtype.char in "bhilqBHILQfd":
        if axis is None or x.ndim == 1:
            made = _of_one(x.reshape(-1), wanted)
        elif x.dtype.kind != "f":
            made = _of_rows(x, wanted, axis)
    if made is not None:
        return made
    asked: dict[str, Any] = {f"return_{part}": True for part in wanted}
    found = np.unique(x, axis=axis, equal_nan=equal_nan, **asked)
    return found if wanted else (found,)


def _of_one(x: Any, wanted: tuple[str, ...]) -> tuple[Any, ...] | None:
    """Return the same of one axis; None where NumPy's way is as good."""
    if x.dtype.kind != "f":
        low, span = range_of(x)
        if span <= len(x):
            return _counted(x, low, span, wanted)
    return None if wanted else _sorted(x)


def _counted(x: Any, low: int, span: int, wanted: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the same of integers that are this far apart."""
    digits = offsets(x, low)
    counts = tallied(digits, span)
    places = np.flatnonzero(counts)
    made = [places.astype(x.dtype) + x.dtype.type(low)]
    for part in wanted:
        table = np.empty(span, np.intp)
        if part == "counts":
            made.append(counts[places])
        elif part == "inverse":
            table[places] = np.arange(len(places))
            made.append(table[digits])
        else:  # of what is written to one place, the last stays
            table[digits[::-1]] = np.arange(len(x))[::-1]
            made.append(table[places])
    return tuple(made)


def _sorted(x: Any) -> tuple[Any, ...] | None:
    """Return the different elements; None if equal ones can be told apart."""
    found = np.sort(x)
    if x.dtype.kind == "f":
        zeros = found == 0
        if found[-1] != found[-1] or (zeros & np.signbit(found)).any():
            return None
    new = np.ones(len(x), bool)
    np.not_equal(found[1:], found[:-1], out=new[1:])
    return (found[new],)


def _of_rows(x: Any, wanted: tuple[str, ...], axis: int) -> tuple[Any, ...] | None:
    """Return the same of the parts along an axis; None where no number holds one."""
    parts = np.moveaxis(x, axis, 0)
    rows = parts.reshape(len(parts), -1)
    ranges = (
        [range_of(column) for column in rows.T] if len(rows) > rows.shape[1] else []
    )
    if not ranges or prod(span for _, span in ranges) > _KEYS:
        return None
    keys = np.zeros(len(rows), np.int64)
    for column, (low, span) in zip(rows.T, ranges, strict=True):
        keys *= span
        keys += offsets(column, low)
    found, *rest = unique(keys, wanted)
    made = np.empty((len(found), len(ranges)), x.dtype)
    for k, (low, span) in reversed(list(enumerate(ranges))):
        found, digits = np.divmod(found, span)
        made[:, k] = digits.astype(x.dtype) + x.dtype.type(low)
    shaped = made.reshape(len(made), *parts.shape[1:])
    return (np.moveaxis(shaped, 0, axis), *rest)


def isin(x: Any, among: Any, invert: bool) -> Any:
    """Return for each element whether it is one of others: `numpy.isin`."""
    many = max(x.size, among.size) >= _MANY and x.dtype == among.dtype
    if not many or not among.size or x.dtype.kind not in "iu":
        return np.isin(x, among, invert=invert)
    low, span = range_of(among)
    if span <= SPARSE * (x.size + among.size):
        find = _in_table(among, low, span, invert)
    elif among.size >= few(x.size):
        find = _in_order(among, invert)
    else:
        return np.isin(x, among, invert=invert)
    found = np.empty(x.shape, bool)
    for part, out in zip(_blocks(x), _blocks(found), strict=True):
        find(part, out)
    return found


def few(count: int) -> float:
    """Return among how many others so many elements are sooner compared with each."""
    return float(_COMPARED[0] * count ** _COMPARED[1])


def _blocks(x: Any) -> list[Any]:
    line = x.reshape(-1)
    return [line[start : start + BLOCK] for start in range(0, len(line), BLOCK)]


def _in_table(
    among: Any, low: int, span: int, invert: bool
) -> Callable[[Any, Any], None]:
    """Return what looks elements up in a table of all numbers of a range."""
    # One more is for what is not in the range, as what is below it comes round to
    # above it.
    table = np.full(span + 1, invert)
    for part in _blocks(among):
        table[offsets(part, low)] = not invert

    def find(part: Any, out: Any) -> None:
        above = offsets(part, low)
        distance = above.view(f"u{above.itemsize}")
        if span <= np.iinfo(distance.dtype).max:
            np.minimum(distance, distance.dtype.type(span), out=distance)
        np.take(table, above, mode="wrap", out=out)

    return find


def _in_order(among: Any, invert: bool) -> Callable[[Any, Any], None]:
    """Return what searches elements among those of an order."""
    ordered = np.sort(among, axis=None)
    differs = np.not_equal if invert else np.equal

    def find(part: Any, out: Any) -> None:
        places = np.searchsorted(ordered, part)
        np.minimum(places, len(ordered) - 1, out=places)
        differs(ordered[places], part, out=out)

    return find
