"""What CuPy's functions work in beside operands and results, on a GPU.

Bytes at most, from how CuPy 14 makes them of calls of Thrust, cuFFT and cuBLAS, and from
what an H200 was seen to need for 2,600 of them.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ops.segments import PIECE, key_dtype
from lazyarr.plan.contraction import contraction_of
from lazyarr.plan.device_matrices import FACTORS
from lazyarr.plan.device_order import ORDER, places_of
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
_FOLDED = 5632  # partial results of a sum


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


# --- folds ------------------------------------------------------------------------------


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
    weights = seen[-1]
    real = weights.dtype.kind in "fc"
    wide = np.result_type(weights.dtype, float) if real else weights.dtype
    plain = weights.dtype == wide and weights.order == "C"
    work += 0 if plain else x.size * wide.itemsize
    return work + _folded(x.size, wide.itemsize, prod(result.shape) + 2)


def _folded(size: int, item: int, most: int) -> int:
    """Return what values of a place each are folded in, of so many places at most."""
    key = key_dtype(most)
    keys, segments = size * key.itemsize, min(size, most)
    sorting = keys + size * _PLACE + places_of(Operand((size,), key, "C"))
    ordering = 2 * keys + size * (_PLACE + item)
    # The values in order; of each place its number, where it starts and its length.
    folding = size * item + 2 * _PLACE * segments + _pieced(size, item, segments)
    return max(sorting, ordering, folding)


def _pieced(size: int, item: int, segments: int) -> int:
    """Return what pieces of segments are folded in: the first time, with most of them.

    Of each piece where it is and how many elements are left from there, and of which segment
    it is; or one fold for each halving, with places of another element, or that as well, or
    with the fold of both.
    """
    halvings = min(PIECE.bit_length() - 1, max(size - segments, 0).bit_length())
    held = halvings * item + max(2 * _PLACE, item + _PLACE, 2 * item)
    each = 2 * _PLACE + max(2 * _PLACE, held)
    pieces = (size + (PIECE - 1) * segments) // PIECE
    return 3 * _PLACE * segments + pieces * each


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
    """Return what segments of lines are folded in: those that overlap some at a time."""
    length: int = max(seen[0].shape[params[1]], 1)
    pieced = _pieced(length, seen[0].nbytes // length, seen[1].size)
    return pieced - _bytes(result)  # which is made when they are done


def _whole(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
    """Return what halves of an array are folded in: those and theirs."""
    return max(seen[0].nbytes * 3 // 4 - _bytes(result), 0)


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
    **ORDER,
    **dict.fromkeys(("matmul", "dot"), _multiplied),
    **dict.fromkeys(("cumulative_sum", "cumulative_prod"), _running),
    **dict.fromkeys(("getitem", "take"), _picked),
    "einsum": _einsum,
    "histogram": _binned,
    "repeat": _repeated,
    "setitem": _put,
    "take_along_axis": _along_others,
    "tensordot": _contracted,
    "ufunc_accumulate": _accumulated,
    "ufunc_at": _applied,
    "ufunc_reduce": _whole,
    "ufunc_reduceat": _cut,
    "vecdot": _by_rows,
}
