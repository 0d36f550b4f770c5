"""What NumPy's functions, and those in their place, work in beside operands and results.

Bytes at most, as counted by experiment: what depends on values is taken at its most.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import thread_count
from lazyarr.ops import distinct
from lazyarr.ops.functions import is_narrowed, room_of_key
from lazyarr.ops.library import LONG_LINE, TOGETHER
from lazyarr.ops.transforms import ALONG, OVER, steps_of
from lazyarr.plan import factored, summed
from lazyarr.plan.operands import Operand, operands_of
from lazyarr.plan.shared import SHARES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Stage, Value

_PLACE = 8  # bytes of a place
_DOUBLE = 16  # bytes of a complex double
_MANY = 4096  # elements from which the rows have ways of their own
_BLOCK = 1 << 16  # elements that a histogram takes at a time
_COUNTED = 1 << 15  # integers that are counted at a time
_SHORT = 600  # elements of a line whose NaNs are masked
_BUFFERED = 1 << 18  # NumPy's buffers of an iteration over several operands
_TIED = 10  # bytes of an element while the places of equal ones are sorted
_LOOKED_AT = 1 << 12  # places that are looked at at a time meanwhile
_DIGITS = "?bBhH"  # dtypes that a stable order is found of digit by digit
# From here on, NumPy tells of what it merges sorted parts in, or turns digits.
_BESIDE = np.lib.NumpyVersion(np.__version__) >= "2.5.0"
_AT_PLACES = ("lower", "higher", "nearest", "inverted_cdf", "closest_observation")
_FACTORS = ("factor", "spectrum", "singular")
_HALF = ("rfft", "ihfft")


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


def _lines(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return the same of functions that copy line by line."""
    return (seen[0].dtype.itemsize + _PLACE) * seen[0].line


def _argsorted(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    (x,) = seen
    turned = _turned(x, _PLACE, params)
    size, kind = x.dtype.itemsize, x.dtype.kind
    plain = kind in "iuf" and size >= 4 and params[1] == "stable" and x.size >= _MANY
    if len(x.shape) > 1:
        along = _along(x, params)
        if plain and along >= LONG_LINE and not x.apart and _is_last(x, params):
            # Places of some lines, the elements in order, and which are equal; or
            # these lines and their places once more.
            long = along >= TOGETHER
            each = max(size + 1, _TIED) if long else size + turned
            return (_PLACE + each) * max(along, TOGETHER) * thread_count()
        places = _PLACE if x.apart or not _is_last(x, params) else 0
        lines = (places + turned) * along * thread_count()
        return _sorted(x, params) + lines
    copied = size if x.apart else 0
    if not plain:
        return (copied + turned) * x.size
    # The elements in order, and which are equal; or the places of those that are.
    compared = copied + size + 1
    return max(compared * x.size, _TIED * x.size + _PLACE * _LOOKED_AT)


def _turned(x: Operand, item: int, params: tuple[Any, ...]) -> int:
    """Return the bytes for each item that NumPy's stable algorithms work in."""
    if not _BESIDE or params[1] != "stable":
        return 0
    return item if x.dtype.char in _DIGITS else item // 2


def _ordered_values(
    seen: Sequence[Operand], result: Value, params: tuple[Any, ...]
) -> int:
    (x,) = seen
    if x.dtype.kind == "c":  # the only ones of which equal elements can be told apart
        turned = _turned(x, x.dtype.itemsize, params)
        own = x.size if len(x.shape) < 2 else _along(x, params) * thread_count()
        return turned * own + _sorted(x, params)
    return _sorted(x, params)


def _sorted(x: Operand, params: tuple[Any, ...]) -> int:
    # A line that is not contiguous is sorted in a copy, with its order.
    length = _along(x, params)
    if len(x.shape) < 2 or _is_last(x, params):
        return 0
    return 2 * x.dtype.itemsize * length * thread_count()


def _is_last(x: Operand, params: tuple[Any, ...]) -> bool:
    return bool(params[0] % len(x.shape) == len(x.shape) - 1)


def _along(x: Operand, params: tuple[Any, ...]) -> int:
    return x.shape[params[0]] if x.shape else 1


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
    shape, work = seen[0].shape, sum(room_of_key(x, x.apart) for x in seen)
    length = _along(seen[0], params[-1:])
    beside = params[-1] != len(shape) - 1 or any(x.apart for x in seen)
    if len(shape) > 1 and beside:  # lines are sorted in a copy, with their order
        work += (max(x.dtype.itemsize for x in seen) + _PLACE) * length
    # Places are turned digit by digit, or half of them merged with the others.
    digits = any(is_narrowed(x.dtype, x.size) or x.dtype.char in _DIGITS for x in seen)
    turned = _PLACE * length if digits else _PLACE * length // 2
    return work + (turned if _BESIDE else 0)


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


def _transformed(
    name: str,
) -> Callable[[Sequence[Operand], Value, tuple[Any, ...]], int]:
    """Return the rule of a Fourier transform: of its steps along one axis, the most."""

    def work(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
        (x,), (length, axis, norm) = seen, params
        steps = steps_of(name, length, axis) if name in OVER else [(name, length, axis)]
        peak, held, now = 0, 0, x
        for one, n, k in steps:
            beside, then = _step(one, now, n, k, norm)
            first = 0 if thread_count() < 2 else _first(now, then, k)
            peak = max(peak, held + max(beside, first) + then.nbytes)
            held, now = then.nbytes, then
        return max(peak - result.nbytes, 0)

    return work


def _first(x: Operand, then: Operand, axis: int) -> int:
    """Return the bytes of the part of a transform that shows threads what it will be."""
    across = max(
        [n for k, n in enumerate(x.shape) if k != axis % len(x.shape)], default=0
    )
    parts = min(SHARES, across)
    return then.nbytes * -(-across // parts) // across if parts else 0


def _step(name: str, x: Operand, n: int, axis: int, norm: str) -> tuple[int, Operand]:
    """Return what a transform along one axis copies, and what it gives."""
    sides = list(x.shape)
    sides[axis] = n // 2 + 1 if name in _HALF else n
    single = x.dtype.char in "efF"
    real = name in ("irfft", "hfft")
    out = np.dtype(("f" if single else "d") if real else ("F" if single else "D"))
    if real and x.dtype.char == "e":
        out = x.dtype
    then = Operand(tuple(sides), out, "C")
    exact = ("f", "d") if name in _HALF else ("F", "D")
    # A factor that is 1 makes NumPy take doubles, but where single ones are exact.
    unscaled = (norm == "forward") == (name in ("ifft", "irfft", "ihfft"))
    native = x.dtype.char == exact[1] or (x.dtype.char == exact[0] and not unscaled)
    copied = x.nbytes if name == "hfft" else 0
    if native:
        return copied, then
    copied += x.size * (_DOUBLE // 2 if name in _HALF else _DOUBLE)
    wide = _DOUBLE // 2 if real else _DOUBLE
    return copied + (wide * then.size if out.itemsize < wide else 0), then


_FOUND: dict[str, Callable[[Sequence[Operand], Value, tuple[Any, ...]], int]] = {
    **{name: _ranked(name) for name in ("median", "quantile", "percentile")},
    **dict.fromkeys(("partition", "argpartition"), _lines),
    **dict.fromkeys(("nanmedian", "nanquantile", "nanpercentile"), _numbered),
    **dict.fromkeys(("nanargmax", "nanargmin"), _extreme),
    **{name: _transformed(name) for name in (*ALONG, *OVER)},
    "argsort": _argsorted,
    "einsum": _summed,
    "getitem": _picked,
    "histogram": _binned,
    "isin": _among,
    "lexsort": _ordered,
    "searchsorted": _looked_up,
    "sort": _ordered_values,
    "take": _picked,
    "take_along_axis": _along_others,
    "tensordot": _contracted,
    "ufunc_at": _added,
    "ufunc_part": _parted,
}
