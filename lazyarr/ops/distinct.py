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
    from typing import TypeAlias

    _Find: TypeAlias = Callable[[Any, Any], None]

MANY = 4096
"""Elements from which NumPy is not asked."""
_LONG = 8  # bytes of an integer that no floating number holds
_KEYS = 1 << 62  # different rows that numbers can tell apart
_COMPARED = 10, 0.145  # times a power of the elements: NumPy compares with fewer
SPARSE = 6
"""Places of a table for each element that is looked up or found, at most."""
BLOCK = 1 << 15
"""Elements that are looked up at a time; half of them are searched for at a time."""


def unique(
    x: Any, wanted: tuple[str, ...], axis: int | None = None, equal_nan: bool = True
) -> tuple[Any, ...]:
    """Return the different elements, and what of "index", "inverse", "counts" is wanted."""
    made = None
    if x.size >= MANY and x.dtype.char in "bhilqBHILQfd":
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
    """Return for each element whether it is one of others: `numpy.isin`.

    What there is to look at decides whether others are put into a table or in order, but
    one room is for either: the memory that is needed is known by the sizes and dtypes.
    """
    loop = compared_as(x.dtype, among.dtype)
    if loop is None or not among.size or max(x.size, among.size) < MANY:
        return np.isin(x, among, invert=invert)
    found = np.empty(x.shape, bool)
    line, others, out = x.reshape(-1), among.reshape(-1), found.reshape(-1)
    if x.dtype.kind == among.dtype.kind == "b":
        line, others = line.view(loop), others.view(loop)
    room = np.empty(room_of(x.size, among.size, loop), np.uint8)
    find = _finding(others, x.size, loop, invert, room)
    for start in range(0, len(line), BLOCK):
        part = slice(start, start + BLOCK)
        find(np.ascontiguousarray(line[part], loop), out[part])
    return found


def compared_as(dtype: Any, other: Any) -> Any:
    """Return the dtype that elements are compared in; None if it does not hold them all.

    Such integers NumPy compares as they are or rounded, as they are near or far apart.
    """
    loop = np.result_type(dtype, other)
    wide = any(one.kind in "iu" and one.itemsize == _LONG for one in (dtype, other))
    if wide and loop.kind in "fc":
        return None
    return np.dtype(np.uint8) if loop.kind == "b" else loop


def room_of(count: int, others: int, loop: Any) -> int:
    """Return the bytes of a table or of others in order, and of those that are found."""
    size = int(loop.itemsize)
    table = min(SPARSE * (count + others), 1 << 8 * size) + 1
    block = min(BLOCK, count + 1)
    ordered = block if others < few(count) else (others + block) * size
    return max(table if loop.kind in "iu" else 0, ordered)


def few(count: int) -> float:
    """Return among how many others so many elements are sooner compared with each."""
    return float(_COMPARED[0] * count ** _COMPARED[1])


def _finding(others: Any, count: int, loop: Any, invert: bool, room: Any) -> _Find:
    """Return what tells of so many elements which are among others."""
    if loop.kind in "iu":
        low, span = range_of(others)
        if span < len(room):
            return _in_table(others, loop.type(low), room[: span + 1], invert)
    if len(others) < few(count):
        return _one_by_one(others.astype(loop), invert, room.view(bool))
    return _in_order(others, loop, invert, room)


def _in_table(others: Any, low: Any, room: Any, invert: bool) -> _Find:
    """Return what looks elements up in a table of all numbers of a range."""
    # The last place is for what is not in the range, as what is below it comes round to
    # above it.
    table, span = room.view(bool), len(room) - 1
    table.fill(invert)
    for start in range(0, len(others), BLOCK):
        part = np.ascontiguousarray(others[start : start + BLOCK], low.dtype)
        table[offsets(part, low)] = not invert

    def find(part: Any, out: Any) -> None:
        above = offsets(part, low)
        distance = above.view(f"u{above.itemsize}")
        if span <= np.iinfo(distance.dtype).max:
            np.minimum(distance, distance.dtype.type(span), out=distance)
        np.take(table, above, mode="wrap", out=out)

    return find


def _one_by_one(others: Any, invert: bool, room: Any) -> _Find:
    """Return what compares elements with each of a few others."""

    def find(part: Any, out: Any) -> None:
        same = room[: len(part)]
        out.fill(False)
        for one in others:
            np.equal(part, one, out=same)
            np.logical_or(out, same, out=out)
        if invert:
            np.logical_not(out, out=out)

    return find


def _in_order(others: Any, loop: Any, invert: bool, room: Any) -> _Find:
    """Return what searches elements, the least first, among those of an order."""
    made = room[: len(room) // loop.itemsize * loop.itemsize].view(loop)
    ordered, near = made[: len(others)], made[len(others) :]
    ordered[:] = others
    ordered.sort()
    differs = np.not_equal if invert else np.equal
    half = min(len(near), BLOCK) // 2

    def find(part: Any, out: Any) -> None:
        for start in range(0, len(part), half):
            here = part[start : start + half]
            order = np.argsort(here)
            wanted, there = near[: len(here)], near[half:][: len(here)]
            np.take(here, order, out=wanted, mode="clip")
            places = np.searchsorted(ordered, wanted)
            np.take(ordered, places, out=there, mode="clip")
            out[start : start + half][order] = differs(there, wanted)

    return find
