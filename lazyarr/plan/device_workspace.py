"""What CuPy's functions work in beside operands and results, on a GPU.

Bytes at most, from how CuPy 14 makes them of calls of Thrust, cuFFT and cuBLAS, and from
what an H200 was seen to need for 2,600 of them.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir import view as views
from lazyarr.plan.contraction import contraction_of
from lazyarr.plan.device_matrices import FACTORS
from lazyarr.plan.device_transforms import AREAS, TRANSFORMS
from lazyarr.plan.operands import Operand, operands_of
from lazyarr.plan.quantities import VECTOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lazyarr.plan.device_transforms import Area
    from lazyarr.plan.model import Stage, Value

_EACH = (
    16 << 10
)  # bytes of numbers, of addresses of matrices, and of what is rounded up
_PLACE = 8  # bytes of a place
_NARROW = 8  # bytes of what Thrust sorts digit by digit
_DIGITS = 40 << 10  # bytes of the counts of digits, and an element's share of them
_SHARE = 4
_BLOCK = 1 << 22  # elements of lines that are sorted at once
_SHORT, _WIDE, _LISTED, _SPLIT = 32, 1024, 4, 512  # of the selection of CuPy
_FOLDED = 5632  # partial results of a sum
_STEPS = 12  # arrays of places and shares, from which quantiles come


def workspace(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes that the function of a library stage works in."""
    (instr,) = stage.body
    rule = RULES.get(instr.op.name)
    if rule is None:
        return _EACH
    params = instr.params if isinstance(instr.params, tuple) else ()
    result = values[stage.outputs[0].value]
    return _EACH + int(rule(operands_of(stage, values), result, params))


def staying(stage: Stage, values: tuple[Value, ...]) -> tuple[Area, ...]:
    """Return what a library function leaves behind, for calls of its kind."""
    (instr,) = stage.body
    rule = AREAS.get(instr.op.name)
    if rule is None:
        return ()
    result = values[stage.outputs[0].value]
    return (rule(operands_of(stage, values), result, instr.params),)


def reshaped(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes that a reshape makes: of what kernels would not take as it lies."""
    (entry,) = stage.inputs
    value = values[entry.value]
    first, _ = views.strides_of(entry.view, value.shape)
    (x,) = operands_of(stage, values)
    well = x.order == "C" and first * value.dtype.itemsize % VECTOR == 0
    return 0 if well else values[stage.outputs[0].value].nbytes


# --- order ------------------------------------------------------------------------------


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


def _places(x: Operand) -> int:
    """Return the same of the order of an array's lines, with its copy."""
    item = x.dtype.itemsize
    if len(x.shape) < 2:
        return (2 * item + _PLACE) * x.size + x.size // _SHARE + _DIGITS
    triple = 3 * _PLACE if item <= _NARROW else 5 * _PLACE
    return (_PLACE + item + triple) * x.size


def _argsorted(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    return _places(seen[0])


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
        numbers = max(numbers, _places(x) // max(x.size, 1) + 1)
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
    return x.nbytes * (1 if inner else 2) + _in_place(x) + 2 * _bytes(result)


def _numbered(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x = seen[0]
    if x.dtype.kind != "f":
        return _middle(seen, result, params)
    if len(x.shape) < 2 or dict(params[-1]).get("axis") is None:
        return 2 * x.nbytes + _in_place(Operand((x.size,), x.dtype, "C"))
    return 2 * x.nbytes + _in_place(x) + 4 * _bytes(result)


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
    numbers: int = _STEPS * _PLACE * prod(result.shape)
    # Several axes are made one in a copy; one that is not the last is sorted in its own.
    copied = x.nbytes if len(axes) > 1 and not inner else 0
    return x.nbytes + max(_in_place(one) + copied, x.size + numbers)


def _ordered(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return what places of several keys are found in, one key after the other."""
    wide = max(x.nbytes for x in seen)
    return wide + _PLACE * seen[0].size + max(map(_places, seen))


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


def _binned(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return what bins of elements are counted in; sums of weights are folded by them."""
    x, part, given = seen[0], *params[:2]
    if part:
        return _bytes(result)
    cast = _PLACE if {one.dtype.kind for one in seen[:2]} == {"i", "u"} else 0
    cast += x.dtype.itemsize if x.order != "C" else x.dtype.kind == "b"
    work = (cast + _PLACE) * x.size + 3 * _bytes(result)
    if "weights" not in given:
        return work + x.size
    wide = max(seen[-1].dtype.itemsize, _PLACE)
    return work + _folded(x.size, wide, prod(result.shape) + 2)


def _folded(size: int, item: int, most: int) -> int:
    """Return what values of a place each are folded in, of so many places at most."""
    # Places and values in order, which of them begin, and three lists of places on the
    # way to how far each is from its first; of each place its number and fold.
    return size * (4 * _PLACE + 1 + item) + min(size, most) * (2 * _PLACE + item)


# --- places -----------------------------------------------------------------------------


def _flattened(places: Sequence[Operand]) -> int:
    """Return the bytes of places in a flat array, of places along several axes."""
    if len(places) < 2:
        return 0
    return _PLACE * prod(np.broadcast_shapes(*[one.shape for one in places]))


def _picked(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    return _flattened(seen[1:])


def _put(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x, value, *places = seen
    cast = value.size * x.dtype.itemsize
    plain = value.dtype == x.dtype and value.order == "C"
    return _flattened(places) + (0 if plain else cast)


def _applied(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return what ``ufunc.at`` takes, which folds all but integers that it adds."""
    x, value, *places = seen
    name, template = params
    joint = np.broadcast_shapes(*[one.shape for one in places])
    whole = prod(joint) * prod(x.shape[len(places) :])
    item = x.dtype.itemsize
    cast = 0 if value.dtype == x.dtype else value.size * item
    if name == "add" and x.dtype.kind in "iu" and item >= _PLACE // 2:
        return cast + _flattened(places)
    all_places = 0 if len(template) == len(x.shape) == 1 else _PLACE * x.size
    stretched = whole * item if len(joint) > 1 and value.size < whole else 0
    folding = stretched + _folded(whole, item, x.size)
    return cast + _PLACE * whole + max(all_places, folding)


def _cut(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return what segments of lines are folded in, which do not overlap."""
    # Elements, with the folds on the way or the places that they come from; where
    # segments begin and end, and how long they are.
    length: int = seen[0].shape[params[1]]
    lines, numbers = seen[0].nbytes, _PLACE * length
    longer = max(2 * lines + 2 * numbers + length, lines + 3 * numbers)
    return longer + 3 * _PLACE * seen[1].size


def _accumulated(
    seen: Sequence[Operand], result: Value, params: tuple[Any, ...]
) -> int:
    """Return what is folded with each element: all but the first lines."""
    length: int = max(result.shape[params[1]], 1)
    return _bytes(result) // length * (length - 1)


def _along_others(
    seen: Sequence[Operand], result: Value, params: tuple[Any, ...]
) -> int:
    return _PLACE * prod(result.shape) if len(result.shape) > 1 else 0


def _repeated(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    counts, length = seen[1].size, int(result.shape[params[0]])
    # Where each comes from, found among the sums of counts before there is a result.
    looking = _PLACE * (counts + 2 * length) - _bytes(result)
    return max(_PLACE * length, looking)


def _running(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    axis = params[0] % max(len(result.shape), 1)
    return _bytes(result) if 0 < axis < len(result.shape) - 1 else 0


# --- products ---------------------------------------------------------------------------


def _is_fast(result: Value) -> bool:
    """Whether cuBLAS has products of a dtype."""
    return result.dtype.kind in "fc"


def _laid(x: Operand, fast: bool) -> int:
    """Return the bytes of a copy for a product, if it takes one."""
    well = x.order == "C" or (fast and x.order == "F" and len(x.shape) == 2)
    return 0 if well else x.nbytes


def _summed(x: Operand, item: int) -> int:
    """Return the bytes of all products of two vectors, and of their partial sums."""
    return x.size * item + min(x.size, _FOLDED) * item


def _multiplied(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x, y = seen
    fast = _is_fast(result)
    copies = _laid(x, fast) + _laid(y, fast)
    item = result.dtype.itemsize
    copies += sum(one.size * item for one in seen if one.dtype != result.dtype)
    if len(x.shape) == len(y.shape) == 1:
        return copies + _summed(x, item)
    if not fast and any(one.order == "" and len(one.shape) > 1 for one in seen):
        copies += _bytes(result)
    # The addresses of matrices, where one is multiplied with all of a stack.
    stacked = max(len(x.shape), len(y.shape)) > 2 and x.shape[:-2] != y.shape[:-2]
    many = prod(result.shape[: -2 if len(y.shape) > 1 else -1])
    return copies + (3 * _PLACE * many if stacked else 0)


def _by_rows(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    shape = np.broadcast_shapes(*[x.shape for x in seen])
    both = 2 if result.dtype.kind == "b" else 1
    return both * prod(shape) * result.dtype.itemsize + sum(
        x.nbytes for x in seen if x.dtype != result.dtype
    )


def _contracted(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    x, y = seen
    ((first, second),) = params
    fast, item = _is_fast(result), result.dtype.itemsize
    left = [*[k for k in range(len(x.shape)) if k not in first], *first]
    right = [*second, *[k for k in range(len(y.shape)) if k not in second]]
    copies = 0
    for one, order in ((x, left), (y, right)):
        plain = one.order == "C" and order == sorted(order)
        turned = fast and one.order != "" and len(one.shape) == 2
        copies += 0 if plain or turned else one.size * item
    return copies + (_summed(x, item) if not result.shape else 0)


def _einsum(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    text, optimize = params
    item = result.dtype.itemsize
    if len(seen) < 2:
        return 0
    if "." in text:
        return 2 * sum(x.size * item for x in seen) + _bytes(result)
    one = contraction_of(text, tuple(x.shape for x in seen), optimize)
    output = one.output
    terms = [(t, 0, x.order) for t, x in zip(one.terms, seen, strict=True)]
    peak = 0

    def bytes_of(labels: Iterable[str]) -> int:
        return item * one.size(labels)

    for step in one.steps:
        last, *others = sorted(step, reverse=True)
        taken = terms.pop(last)
        for place in others:  # a pair at a time, the last ones first
            other = terms.pop(place)
            rest = output + "".join(term for term, *_ in terms)
            found, copies = _paired(taken, other, rest, bytes_of)
            held = sum(made for _, made, _ in (*terms, taken, other))
            peak = max(peak, held + copies + bytes_of(found))
            taken = (found, bytes_of(found), "C")
        terms.append(taken)
    ((found, made, _),) = terms
    turned = made if found != output else 0
    return max(peak - _bytes(result), turned, 0)


def _paired(
    one: tuple[str, int, str],
    two: tuple[str, int, str],
    rest: str,
    bytes_of: Callable[[Iterable[str]], int],
) -> tuple[str, int]:
    """Return the labels of a product of two terms, and the bytes of copies for it.

    Axes that both have and the rest has are first, those that are summed lie side by side.
    """
    first, second = one[0], two[0]
    shared = [c for c in first if c in second]
    summed = [c for c in shared if c not in rest]
    stack = [c for c in shared if c in rest]
    left = [c for c in first if c not in shared]
    right = [c for c in second if c not in shared]
    found = "".join([*stack, *left, *right])
    if not summed:  # a product by elements, in the order that is asked for
        return rest if len(rest) == len(found) else found, 0
    wanted = ([*stack, *left, *summed], [*stack, *summed, *right])
    copies = 0
    for (term, _, order), labels in zip((one, two), wanted, strict=True):
        if order != "C" or [*term] != labels:
            copies += bytes_of(term)
    return found, copies


def _bytes(result: Value) -> int:
    return prod(result.shape) * int(result.dtype.itemsize)


RULES: dict[str, Callable[[Sequence[Operand], Value, tuple[Any, ...]], float]] = {
    **FACTORS,
    **TRANSFORMS,
    **dict.fromkeys(("quantile", "percentile"), _quantiles),
    **dict.fromkeys(("nanquantile", "nanpercentile"), _quantiles),
    **dict.fromkeys(("matmul", "dot"), _multiplied),
    **dict.fromkeys(("cumulative_sum", "cumulative_prod"), _running),
    **dict.fromkeys(("getitem", "take"), _picked),
    "argpartition": _argpartitioned,
    "argsort": _argsorted,
    "einsum": _einsum,
    "histogram": _binned,
    "interp": _interpolated,
    "isin": _among,
    "lexsort": _ordered,
    "median": _middle,
    "nanmedian": _numbered,
    "partition": _partitioned,
    "repeat": _repeated,
    "searchsorted": _looked_up,
    "setitem": _put,
    "sort": _sorted,
    "take_along_axis": _along_others,
    "tensordot": _contracted,
    "ufunc_accumulate": _accumulated,
    "ufunc_at": _applied,
    "ufunc_reduceat": _cut,
    "vecdot": _by_rows,
}
