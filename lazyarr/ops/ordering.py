"""Sorting along an axis, and the places of what is sorted, in little more than a result.

Where a stable order is asked for, NumPy's fastest algorithm is taken all the same if equal
elements cannot be told apart, or are put right afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.integers import narrowed

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANY = 4096  # elements that the fastest algorithm sorts much faster
_SAMPLE = 256  # of them
BLOCK = 1 << 13
"""Elements that are put right, or made keys of, at a time."""
LONG_LINE = 64  # elements of lines that the fastest algorithm sorts faster
TOGETHER = 1 << 13  # elements of lines that are sorted at a time
_FEW = 8  # times as many lines as have equal elements: these alone are sorted again
_KEYED = 4  # bytes of an element that lies in one key with its place,
_KEYS = 1 << 30  # if there are no more of them than this
_LARGEST = 0x7FFFFFFF
_INFINITE = 0x7F800000  # the bits of a single infinity: those of a NaN are more


def ordered(xp: Any, x: Any, axis: int | None, kind: Any) -> Any:
    """Return the elements along an axis in ascending order."""
    if xp is not np:  # CuPy has one algorithm, which is stable
        return xp.sort(x, axis=axis)
    # Of equal elements only zeros and parts of complex numbers can be told apart, so
    # that the fastest algorithm is as good as a stable one, but for them.
    if kind != "stable" or x.dtype.kind == "c":
        return np.sort(x, axis=axis, kind=kind)
    if axis is None:
        x, axis = x.reshape(-1), 0
    if not _mixes_zeros(x):
        return np.sort(x, axis=axis)
    if x.shape[axis] < TOGETHER:
        return np.sort(x, axis=axis, kind=kind)
    found = np.sort(x, axis=axis)
    for line, made in zip(_lines(x, axis), _lines(found, axis), strict=True):
        _sign_zeros(line, made)
    return found


def _mixes_zeros(x: Any) -> bool:
    if x.dtype.kind != "f":
        return False
    zeros = x == 0
    zeros &= np.signbit(x)
    return bool(zeros.any())


def _lines(x: Any, axis: int) -> Iterator[Any]:
    turned = np.moveaxis(x, axis, -1)
    return (turned[place] for place in np.ndindex(turned.shape[:-1]))


def _sign_zeros(x: Any, found: Any) -> None:
    """Give the zeros of a sorted line the signs that they have in it, in their order."""
    place = int(np.searchsorted(found, found.dtype.type(0)))
    for start in range(0, len(x), BLOCK):
        part = x[start : start + BLOCK]
        negative = np.signbit(part[part == 0])
        zeros = found[place : place + len(negative)]
        zeros[...] = 0
        zeros[negative] = -0.0
        place += len(negative)


def is_keyed(dtype: Any, count: int) -> bool:
    """Whether so many elements lie in keys with their places."""
    return bool(dtype.itemsize == _KEYED) and count < _KEYS


def is_plain(dtype: Any, count: int) -> bool:
    """Whether the fastest algorithm finds the places of so many elements in order."""
    return dtype.kind in "iuf" and dtype.itemsize >= _KEYED and count >= _MANY


def argsorted(xp: Any, x: Any, axis: int, kind: Any) -> Any:
    """Return the places along an axis of the elements in ascending order."""
    if xp is not np:
        return xp.argsort(x, axis=axis)
    if kind == "stable" and is_plain(x.dtype, x.size):
        if x.ndim == 1:
            return _in_order(x)
        rows = axis in (-1, x.ndim - 1) and x.flags.c_contiguous
        if rows and x.shape[-1] >= LONG_LINE:
            return _lines_in_order(x.reshape(-1, x.shape[-1])).reshape(x.shape)
    return np.argsort(x, axis=axis, kind=kind)


def _lines_in_order(x: Any) -> Any:
    """Return the places of the elements of every line in ascending order.

    NumPy's fastest algorithm tells nothing about equal elements: lines that have some
    are sorted again, and all are if that is found of many early.
    """
    count, length = x.shape
    places = np.empty(x.shape, np.intp)
    if length >= TOGETHER:
        for line, place in zip(x, places, strict=True):
            place[...] = _in_order(line)
        return places
    rows = max(1, TOGETHER // length)
    again = 0
    for start in range(0, count, rows):
        part, place = x[start : start + rows], places[start : start + rows]
        if again * _FEW > start:
            place[...] = np.argsort(part, axis=1, kind="stable")
            continue
        place[...] = np.argsort(part, axis=1)
        found = np.take_along_axis(part, place, axis=1)
        tied = (found[:, 1:] == found[:, :-1]).any(axis=1)
        if x.dtype.kind == "f":  # NaNs are last
            tied |= np.isnan(found[:, -1])
        del found
        if tied.any():
            again += int(np.count_nonzero(tied))
            place[tied] = np.argsort(part[tied], axis=1, kind="stable")
    return places


def _ascends(x: Any) -> bool:
    return bool((x[1:] >= x[:-1]).all())


def _in_order(x: Any) -> Any:
    """Return the places of many elements in ascending order, those of equal ones as well.

    NumPy's fastest algorithm tells nothing about equal elements: their places are
    sorted afterwards, where there are any.
    """
    sample = x[:: len(x) // _SAMPLE]
    if _ascends(sample) and _ascends(x):
        return np.arange(len(x))
    if is_keyed(x.dtype, len(x)):
        return _by_keys(x)
    if np.isnan(sample).any():  # among NaNs the fastest algorithm is none
        return np.argsort(x, kind="stable")
    digits = narrowed(x) if x.dtype.kind != "f" else None
    if digits is not None:
        return np.argsort(digits, kind="stable")
    places = np.argsort(x)
    found = x.take(places, mode="clip")  # they are in bounds
    same = np.zeros(len(x) + 1, bool)  # as the one before, and the end as nothing
    np.equal(found[1:], found[:-1], out=same[1:-1])
    if x.dtype.kind == "f" and found[-1] != found[-1]:  # NaNs are last
        same[np.searchsorted(found, found[-1]) + 1 : -1] = True
    del found
    if same.any():
        _settle(places, same)
    return places


def _by_keys(x: Any) -> Any:
    """Return the places in order of elements of four bytes, from keys of both in one."""
    bits = len(x).bit_length()
    keys = np.empty(len(x), np.int64)
    for start in range(0, len(x), BLOCK):
        part = keys[start : start + BLOCK]
        part[...] = _rank(x[start : start + BLOCK])
        part <<= bits
        part += np.arange(start, start + len(part))
    keys.sort()
    keys &= (1 << bits) - 1
    return keys.astype(np.intp, copy=False)


def _rank(x: Any) -> Any:
    """Return integers that compare as elements do; NaNs are last, and equal."""
    if x.dtype.kind != "f":
        return x
    rank = np.ascontiguousarray(x).view(np.int32).copy()
    size = rank & _LARGEST
    rank[size == 0] = 0  # negative zeros are zeros
    np.bitwise_xor(rank, _LARGEST, out=rank, where=rank < 0)
    rank[size > _INFINITE] = _LARGEST
    return rank


def _settle(places: Any, same: Any) -> None:
    """Sort the places of equal elements, as many at a time as are in a block.

    An element may be the `same` as the one before, and the end is not.
    """
    start, bits = 0, len(places).bit_length()
    while start < len(places):
        stop = min(start + BLOCK, len(places))
        stop -= int(same[start + 1 : stop + 1][::-1].argmin())
        if same[stop]:  # all of them are equal, and some behind them
            stop += int(same[stop:].argmin())
            places[start:stop].sort()
        else:
            _settle_block(places[start:stop], same[start : stop + 1], bits)
        start = stop


def _settle_block(places: Any, same: Any, bits: int) -> None:
    member = same[1:] | same[:-1]
    if not member.any():
        return
    keys = np.cumsum(~same[:-1][member])  # of each run a number, and in it the places
    keys <<= bits
    keys += places[member]
    keys.sort()
    keys &= (1 << bits) - 1
    places[member] = keys
