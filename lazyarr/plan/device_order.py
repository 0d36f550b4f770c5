"""What sorts, and functions of what is sorted, work in on a GPU.

By how CuPy 14 makes them of Thrust's: bytes beside operands and results, at most.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.plan.operands import Operand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Value

_PLACE = 8  # bytes of a place
_NARROW = 8  # bytes of what Thrust sorts digit by digit
_DIGITS = 40 << 10  # bytes of the counts of digits, and an element's share of them
_SHARE = 4
_BLOCK = 1 << 22  # elements of lines that are sorted at once
_SHORT, _WIDE, _LISTED, _SPLIT = 32, 1024, 4, 512  # of the selection of CuPy
_STEPS, _COUNTS = 10, 3  # arrays of places and shares, and of what lines are


def _in_place(x: Operand) -> int:
    """Return what Thrust sorts lines in: all of one, or the lines of a block at once."""
    item = x.dtype.itemsize
    if len(x.shape) < 2:
        counts = x.size // _SHARE + _DIGITS if item <= _NARROW else 0
        return x.nbytes + counts
    pair = 2 * _PLACE if item <= _NARROW else 4 * _PLACE  # a line's number and a key
    return (_PLACE + pair) * min(x.size, _BLOCK)


def _sorted(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    (x,) = seen
    return _in_place(x) + x.moved(params[0])


def places_of(x: Operand) -> int:
    """Return the same of the order of an array's lines, with its copy."""
    item = x.dtype.itemsize
    if len(x.shape) < 2:
        return (2 * item + _PLACE) * x.size + x.size // _SHARE + _DIGITS
    triple = 3 * _PLACE if item <= _NARROW else 5 * _PLACE
    return (_PLACE + item + triple) * x.size


def _argsorted(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    return places_of(seen[0])


def _parts_of(length: int, kth: Any) -> tuple[int, int]:
    """Return into how many parts CuPy divides a line, and how many elements it collects."""
    each = kth if isinstance(kth, tuple) else (kth,)
    most = max([k % length for k in each], default=0) if length else 0
    listed: int = max(_SHORT, 1 << most.bit_length())
    parts = _SPLIT
    while parts and length // parts < listed + _SHORT * _LISTED:
        parts //= 2
    return parts, listed


def _partitioned(
    seen: Sequence[Operand], result: Value, params: tuple[Any, ...]
) -> int:
    (x,), options = seen, dict(params[0])
    axis = options.get("axis", -1)
    length = x.shape[axis]
    parts, listed = _parts_of(length, options["kth"])
    parts *= x.size // max(length, 1)
    selects = length >= _SHORT and parts > _SHORT and listed < _WIDE
    return x.moved(axis) + (0 if selects else _in_place(x))


def _argpartitioned(
    seen: Sequence[Operand], result: Value, params: tuple[Any, ...]
) -> int:
    (x,), options = seen, dict(params[0])
    # The numbers of all elements, their places along each axis, and one on the way.
    numbers = 17 if len(x.shape) < 2 else _PLACE * (len(x.shape) + 2)
    moved = x.order != "C" or x.moved(options.get("axis", -1)) > 0
    length = x.shape[options.get("axis", -1)]
    parts, listed = _parts_of(length, options["kth"])
    if length < _SHORT or parts < 1 or listed >= _WIDE:
        numbers = max(numbers, places_of(x) // max(x.size, 1) + 1)
    return numbers * x.size + moved * x.nbytes


def _middle(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return what is needed for values at places of sorted lines, with their copies."""
    x = seen[0]
    axis = dict(params[-1]).get("axis")
    if axis is None or len(x.shape) < 2:
        copies = 1 if axis is None or x.order == "C" else 2
        flat = Operand((x.size,), x.dtype, "C")
        return copies * x.nbytes + _in_place(flat)
    along = 0 if x.order == "F" else len(x.shape) - 1
    axes = axis if isinstance(axis, tuple) else (axis,)
    inner = x.order != "" and [k % len(x.shape) for k in axes] == [along]
    return x.nbytes * (1 if inner else 2) + _in_place(x) + 2 * result.nbytes


def _numbered(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x = seen[0]
    if x.dtype.kind != "f":
        return _middle(seen, result, params)
    if len(x.shape) < 2 or dict(params[-1]).get("axis") is None:
        return 2 * x.nbytes + _in_place(Operand((x.size,), x.dtype, "C"))
    return 2 * x.nbytes + _in_place(x) + 4 * result.nbytes


def _quantiles(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return what lines are sorted in, with the sorted ones, and what is between places."""
    x = seen[0]
    axis = dict(params[-1]).get("axis")
    rank = len(x.shape)
    given = axis if isinstance(axis, tuple) else (axis,)
    axes = range(rank) if axis is None else sorted(k % rank for k in given)
    inner = x.order == "C" and [*axes] == [*range(rank - len(axes), rank)]
    length = prod(x.shape[k] for k in axes)
    lines = Operand((x.size // max(length, 1), length), x.dtype, "C")
    one = lines if lines.shape[0] > 1 else Operand((x.size,), x.dtype, "C")
    numbers: int = _PLACE * (_STEPS * prod(result.shape) + _COUNTS * lines.shape[0])
    # Several axes are made one in a copy; one that is not the last is sorted in its own.
    copied = x.nbytes if len(axes) > 1 and not inner else 0
    return x.nbytes + max(_in_place(one) + copied, x.size + numbers)


def _ordered(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return what places of several keys are found in, one key after the other."""
    wide = max(x.nbytes for x in seen)
    return wide + _PLACE * seen[0].size + max(map(places_of, seen))


def _among(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    others = seen[1]
    wide = others.nbytes if others.dtype.itemsize > _NARROW else 0
    return 2 * others.nbytes + wide + others.size // _SHARE + _DIGITS


def _looked_up(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x, asked, *sorter = seen
    common = np.result_type(x.dtype, asked.dtype)
    cast = 0
    if "c" in (x.dtype.kind, asked.dtype.kind):
        cast = sum(
            one.size * common.itemsize for one in (x, asked) if one.dtype != common
        )
    return cast + (x.nbytes if sorter else 0)


def _interpolated(
    seen: Sequence[Operand], result: Value, params: tuple[Any, ...]
) -> int:
    return _PLACE * seen[0].size


ORDER: dict[str, Callable[[Sequence[Operand], Value, tuple[Any, ...]], float]] = {
    **dict.fromkeys(("quantile", "percentile"), _quantiles),
    **dict.fromkeys(("nanquantile", "nanpercentile"), _quantiles),
    "argpartition": _argpartitioned,
    "argsort": _argsorted,
    "interp": _interpolated,
    "isin": _among,
    "lexsort": _ordered,
    "median": _middle,
    "nanmedian": _numbered,
    "partition": _partitioned,
    "searchsorted": _looked_up,
    "sort": _sorted,
}
