"""What NumPy's functions, and those in their place, work in beside operands and results.

Bytes at most, as counted by experiment: what depends on values is taken at its most.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import thread_count
from lazyarr.ops import distinct
from lazyarr.ops.functions import is_narrowed, is_placed, room_of_key
from lazyarr.ops.ordering import BLOCK, LONG_LINE, TOGETHER, is_keyed, is_plain
from lazyarr.ops.transforms import ALONG, OVER
from lazyarr.plan import factored, summed
from lazyarr.plan.operands import operands_of
from lazyarr.plan.transformed import transformed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Stage, Value
    from lazyarr.plan.operands import Operand

_PLACE = 8  # bytes of a place
_MANY = 4096  # elements from which the rows have ways of their own
_BLOCK = 1 << 16  # elements that a histogram takes at a time
_COUNTED = 1 << 15  # integers that are counted at a time
_SHORT = 600  # elements of a line whose NaNs are masked
_BUFFERED = 1 << 18  # NumPy's buffers of an iteration over several operands
_TURNED = 10  # bytes of an element's digits, and of its place while these are turned
_SETTLED = 28  # bytes of an element of a block that is put right, or made keys of
_DIGITS = "?bBhH"  # dtypes that a stable order is found of digit by digit
_AT_PLACES = ("lower", "higher", "nearest", "inverted_cdf", "closest_observation")
_FACTORS = ("factor", "spectrum", "singular")


def workspace(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes that the function of a library stage works in."""
    (instr,) = stage.body
    name = instr.op.name
    params = instr.params if isinstance(instr.params, tuple) else ()
    result = values[stage.outputs[0].value]
    seen = operands_of(stage, values)
    if instr.op.pace in _FACTORS:
        pairs = [(x.shape, x.dtype) for x in seen]
        return factored.workspace(name, pairs, result, params)
    found = _FOUND.get(name)
    return 0 if found is None else found(seen, result, params)


def _ranked(
    name: str,
) -> Callable[[Sequence[Operand], Value, tuple[Any, ...]], int]:
    """Return the rule of a function that finds elements of some rank in a copy."""

    def work(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
        x, options = seen[0], dict(params[-1])
        size = x.dtype.itemsize
        places = options.get("method") in _AT_PLACES
        floats = x.dtype.kind in "fc"
        own = name == "median" or places  # or between others
        each = size * floats if own else 4 * result.dtype.itemsize
        folded = (each + 2) * prod(result.shape)
        axis, ndim = options.get("axis"), len(x.shape)
        if axis in (None, ()) or ndim < 2:
            return x.nbytes + folded
        axes = sorted(
            {k % ndim for k in (axis if isinstance(axis, tuple) else (axis,))}
        )
        several, last = len(axes) > 1, axes[-1] == ndim - 1
        gaps = axes[-1] - axes[0] >= len(axes)
        apart = x.apart or (several and not last)
        # Several axes are made one, in a copy if they do not follow one another.
        copies = 2 if several and (gaps or x.apart) else 1
        # Elements at places are taken from what is in C order, else from a copy: of a
        # median the last ones of lines, which are NaN if any is, of others the results.
        if name == "median":
            taken = floats and apart and copies == 1
        else:
            taken = places and (several or axes[0] > 0 or x.apart)
        whole = last or gaps or (several and name != "median")
        line = 0 if whole and not x.apart else size * prod(x.shape[k] for k in axes)
        return (copies + taken) * x.nbytes + line + folded

    return work


def _lines(
    item: int,
) -> Callable[[Sequence[Operand], Value, tuple[Any, ...]], int]:
    """Return the rule of a function that copies lines, and so many bytes for an element."""

    def work(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
        (x,), axis = seen, dict(params[-1])["axis"]
        if item:  # places are found of the operand itself, elements in a copy of it
            return _copied(x, axis, item) if axis is not None else x.nbytes * x.apart
        return _copied_again(x, axis) if axis is not None else 0

    return work


def _copied(x: Operand, axis: int, item: int = 0) -> int:
    """Return the bytes of a line that is none in memory, and of its places in the result.

    `item` are those of a place; the result is in C order.
    """
    if not x.shape:
        return 0
    last = axis % len(x.shape) == len(x.shape) - 1
    each = (0 if x.straight(axis) else x.dtype.itemsize) + (0 if last else item)
    return each * x.shape[axis]


def _copied_again(x: Operand, axis: int) -> int:
    """Return the same of a line of what was copied, and lies as the operand does."""
    return 0 if x.innermost(axis) else x.dtype.itemsize * x.shape[axis]


def _argsorted(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    (x,) = seen
    size, axis = x.dtype.itemsize, params[0] or 0
    if params[1] != "stable" or not is_plain(x.dtype, x.size):
        lines = _copied(x, axis, _PLACE)
        return _each_thread(x, lines + _turned(x, _PLACE, params) * _along(x, params))
    if len(x.shape) < 2:
        return _placed(x, x.size, 0 if x.straight(0) else size)
    along = _along(x, params)
    if along >= LONG_LINE and not x.apart and _is_last(x, params):
        # Places of some lines, the elements in order, and which are equal; or these
        # lines and their places once more.
        if along >= TOGETHER:
            return (_PLACE * along + _placed(x, along, 0)) * thread_count()
        return (_PLACE + size + _turned(x, _PLACE, params)) * TOGETHER * thread_count()
    lines = _copied(x, axis, _PLACE)
    return _each_thread(x, lines + _turned(x, _PLACE, params) * along)


def _placed(x: Operand, count: int, copied: int) -> int:
    """Return the bytes of finding the places of so many elements, all of them in a line.

    `copied` are those of an element, where they do not follow one another.
    """
    block = _SETTLED * min(count, BLOCK)
    if is_keyed(x.dtype, count):
        return block
    # The elements in order, and which are equal; of integers their digits.
    each = copied + x.dtype.itemsize + 1
    return max((max(each, _TURNED) if x.dtype.kind in "iu" else each) * count, block)


def _each_thread(x: Operand, nbytes: int) -> int:
    return nbytes * (thread_count() if len(x.shape) > 1 and not x.apart else 1)


def _turned(x: Operand, item: int, params: tuple[Any, ...]) -> int:
    """Return the bytes for each item that NumPy's stable algorithms work in.

    Digits are turned with all of them, sorted parts merged with half of them.
    """
    if params[1] != "stable":
        return 0
    return item if x.dtype.char in _DIGITS else item // 2


def _ordered_values(
    seen: Sequence[Operand], result: Value, params: tuple[Any, ...]
) -> int:
    (x,) = seen
    size, line = x.dtype.itemsize, _copied_again(x, params[0] or 0)
    if x.dtype.kind == "c":  # the only ones of which equal elements can be told apart
        line += _turned(x, size, params) * _along(x, params)
    elif x.dtype.kind == "f" and params[1] == "stable":  # but for zeros
        line += max(size * min(_along(x, params), TOGETHER) // 2, _SETTLED * BLOCK // 4)
    return _each_thread(x, line)


def _is_last(x: Operand, params: tuple[Any, ...]) -> bool:
    return bool(params[0] % len(x.shape) == len(x.shape) - 1)


def _along(x: Operand, params: tuple[Any, ...]) -> int:
    return x.shape[params[0] or 0] if x.shape else 1


def _among(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x, others = seen
    n, m = x.size, others.size
    loop = distinct.compared_as(x.dtype, others.dtype)
    if loop is not None and m and max(n, m) >= distinct.MANY:
        copied = sum(one.nbytes for one in seen if one.apart and one.line)
        whole = loop.kind in "iu"  # those that are looked up may be put into a table
        block = min(max(n, m) if whole else n, distinct.BLOCK)
        plain = x.dtype == others.dtype and not any(one.apart for one in seen)
        cast = 0 if plain else loop.itemsize
        # Distances and places, or of half of them the order and places.
        work = _PLACE + (loop.itemsize if loop.itemsize < _PLACE else 1)
        alone = not whole and m < distinct.few(n)
        room = distinct.room_of(n, m, loop)
        return copied + room + (cast + (0 if alone else work)) * block
    size = int(np.result_type(x.dtype, others.dtype).itemsize)
    among_few = m < distinct.few(n)
    if among_few:
        whole = all(one.dtype.kind in "iub" for one in seen)
        return (18 if whole else 1) * n + m * size
    # The places of all different ones, and then of these and of the others.
    first, then = (24 + 3 * size) * n, (19 + 3 * size) * n + (11 + 3 * size) * m
    return max(first, then)


def _ordered(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return the same of a function that sorts by several keys."""
    if is_placed(seen):
        return _argsorted(seen, result, (0, "stable"))
    shape, work = seen[0].shape, sum(room_of_key(x, x.apart) for x in seen)
    axis, length = params[-1], _along(seen[0], params[-1:])
    last = axis % max(len(shape), 1) == len(shape) - 1
    if len(shape) > 1 and not (last and all(x.straight(axis) for x in seen)):
        # Lines are sorted in a copy, with their order.
        work += (max(x.dtype.itemsize for x in seen) + _PLACE) * length
    # Places are turned digit by digit, or half of them merged with the others.
    digits = any(is_narrowed(x.dtype, x.size) or x.dtype.char in _DIGITS for x in seen)
    return work + (_PLACE * length if digits else _PLACE * length // 2)


def _binned(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    part, given, options = params
    x, rest = seen[0], dict(zip(given, seen[1:], strict=True))
    copied = sum(one.nbytes for one in seen if one.apart)
    if x.dtype.kind == "b":  # NumPy makes integers of all
        copied += x.size
    if part:
        return copied
    block = min(x.size, _BLOCK)
    weights = rest.get("weights")
    if "bins" not in rest:
        size, within = x.dtype.itemsize, dict(options).get("range") is not None
        each = 43 if x.dtype.kind in "biu" else 19 + size + (9 if within else size)
    else:
        each = (8 if weights is None else 40) + x.dtype.itemsize
    if weights is not None and weights.dtype.kind == "c":
        each += 130
    bins = rest.get("bins")
    work = each * block + (3 * _PLACE * bins.size if bins else 0)
    bytes_alone = x.dtype.kind in "iu" and x.dtype.itemsize == 1 and weights is None
    if bytes_alone and x.size >= _MANY:  # these few values are counted first
        work = (1 + _PLACE) * min(x.size, _COUNTED)
    return copied + work


def _numbered(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    # Numbers in place of slices that have none, and what is found in lines: those that
    # are short are masked, others copied.
    x = seen[0]
    size, axis = x.dtype.itemsize, dict(params[-1]).get("axis")
    if axis is None:
        return (10 + size) * x.size + x.nbytes * x.apart
    kept = (1 + size) * x.size
    axes = axis if isinstance(axis, tuple) else (axis,)
    length = prod(x.shape[k] for k in axes)
    small = length < _SHORT and x.size > 0
    moved = x.nbytes if len(axes) > 1 else 0
    masked = (11 + 2 * size) * x.size if small else (10 + size) * length
    each = 64 if x.dtype.kind in "fc" else 80  # whose middle ones become floats
    return kept + moved + masked + each * prod(result.shape)


def _extreme(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x = seen[0]
    axis = dict(params[-1]).get("axis")
    last = axis is None or axis % len(x.shape) == len(x.shape) - 1
    if x.dtype.kind not in "fc":
        return 0 if last else x.nbytes
    return x.nbytes + (x.size if last else x.nbytes)


def _looked_up(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x, asked = seen[0], seen[1]
    loop = np.result_type(x.dtype, asked.dtype)
    own = 0 if x.dtype == loop and asked.size <= x.size else x.cast(loop)
    sorter = sum(one.cast(np.dtype(np.intp)) for one in seen[2:])
    return (own + sorter) * thread_count() + asked.cast(loop)


def _picked(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    wide = np.dtype(np.intp)
    return sum(_PLACE * one.size for one in seen[1:] if one.dtype != wide)


def _taken(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    return _picked(seen, result, params) + seen[0].nbytes * seen[0].apart


def _along_others(
    seen: Sequence[Operand], result: Value, params: tuple[Any, ...]
) -> int:
    """Return the same of a function that counts along all axes but one."""
    others = [
        n for k, n in enumerate(result.shape) if k != params[0] % len(result.shape)
    ]
    return _PLACE * sum(others)


def _added(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x, value, *places = seen
    most = max(one.size for one in places) if places else 0
    narrow = sum(_PLACE * one.size for one in places if one.dtype != np.dtype(np.intp))
    cast = x.dtype.itemsize * value.size if value.dtype != x.dtype else 0
    return cast + max(narrow, _PLACE * most if len(places) > 1 else 0)


def _contracted(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x, y = seen
    ((first, second),) = params
    left = [*[k for k in range(len(x.shape)) if k not in first], *first]
    right = [*second, *[k for k in range(len(y.shape)) if k not in second]]
    pairs = ((x, left), (y, right))
    return sum(
        one.nbytes for one, order in pairs if one.apart or order != sorted(order)
    )


def _summed(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    cast = any(x.dtype != result.dtype for x in seen)
    buffers = _BUFFERED * thread_count() if cast else 0
    return buffers + summed.workspace(seen, result, params)


def _parted(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    name, part = params
    if name == "i0":
        return 12 * prod(result.shape) + 7 * result.nbytes
    loop = getattr(np, name)
    kinds = loop.resolve_dtypes((*[x.dtype for x in seen], *(None,) * loop.nout))
    others = [k for k in range(loop.nout) if k != part]
    each = sum(int(kinds[loop.nin + k].itemsize) for k in others)
    return each * prod(result.shape)


_FOUND: dict[str, Callable[[Sequence[Operand], Value, tuple[Any, ...]], int]] = {
    **{name: _ranked(name) for name in ("median", "quantile", "percentile")},
    "argpartition": _lines(_PLACE),
    "partition": _lines(0),
    **dict.fromkeys(("nanmedian", "nanquantile", "nanpercentile"), _numbered),
    **dict.fromkeys(("nanargmax", "nanargmin"), _extreme),
    **{name: transformed(name) for name in (*ALONG, *OVER)},
    "argsort": _argsorted,
    "einsum": _summed,
    "getitem": _picked,
    "histogram": _binned,
    "isin": _among,
    "lexsort": _ordered,
    "searchsorted": _looked_up,
    "sort": _ordered_values,
    "take": _taken,
    "take_along_axis": _along_others,
    "tensordot": _contracted,
    "ufunc_at": _added,
    "ufunc_part": _parted,
}
