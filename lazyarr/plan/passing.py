"""What NumPy's calls on a tile make and let go of, and the buffers that they go through."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.ops.row import Kind
from lazyarr.ops.selection import ALL_NAN, EMPTY_MEAN, FEW_LEFT, NO_FREEDOM
from lazyarr.ops.short import FEW

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Instr, Stage, Value

# Bytes of the buffers of a call that casts to complex numbers, ...
_CASTING = 1 << 5
AT_ONCE = 1 << 13
"""... of each of so many elements."""
# Reductions that compare or subtract make arrays as large as a tile, so many of them.
_TILES = {"sum_squared_deviations": 2, "argmin": 1, "argmax": 1}
_TOLD = (EMPTY_MEAN, NO_FREEDOM, FEW_LEFT, ALL_NAN)
# Those that make an array of booleans, and calls that look at how a condition changes.
_ASKED = frozenset(("count_nonzero", "where", *(op.name for op in _TOLD)))
# Those that make some of special elements, which are mended, of such kinds.
_MENDED = {
    "expm1": ("c", 3),
    "floor_divide": ("f", 3),
    "sign": ("c", 1),
    "tanh": ("c", 3),
}
_REPAIRED = 1 << 16  # bytes of what these read of a part, if many are special
_LINED = ("argmin", "argmax")  # only where the axes are not the last
# Functions that work piece by piece, and the most bytes of arrays that they make of one.
_PIECED = frozenset(("normal_quantile", "high_word"))
_PIECES = 29 << 16
_BELOW_ONE = 13 << 16  # of integers that are all drawn below one number
_SUMS = ("sum", "prod")


def passing_of(
    stage: Stage, values: tuple[Value, ...], tile: int, strided: bool = False
) -> int:
    """Return the bytes that calls make and let go of while they work on a tile.

    It is `strided` where it has several axes, the last of which is short.
    """
    most = max([_each(i, stage, values) for i in stage.body], default=0)
    passing = int(tile * most)
    passing += max([_pieces(i, stage, values) for i in stage.body], default=0)
    passing += _REPAIRED if any(_is_mended(i) for i in stage.body) else 0
    buffered = [_buffered(i, stage, values, strided) for i in stage.body]
    return passing + max(buffered, default=0) * min(tile, AT_ONCE)


def _pieces(instr: Instr, stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes of what a call makes of one piece of its operands."""
    if instr.op.name not in _PIECED:
        return 0
    below = instr.args[-1]
    if instr.op.name != "high_word" or below >= len(stage.inputs):
        return _PIECES
    return _PIECES if values[stage.inputs[below].value].shape else _BELOW_ONE


def _dtype(register: int, stage: Stage, values: tuple[Value, ...]) -> DType:
    first = len(stage.inputs)
    if register < first:
        return values[stage.inputs[register].value].dtype
    return stage.body[register - first].dtype


def _buffered(
    instr: Instr, stage: Stage, values: tuple[Value, ...], strided: bool
) -> int:
    """Return the bytes of NumPy's buffers of a call, for each element.

    Of operands that have gaps, or repeat themselves, unless lines are long.
    """
    dtypes = [_dtype(arg, stage, values) for arg in instr.args]
    if instr.dtype.kind == "c" and any(dtype.kind != "c" for dtype in dtypes):
        return _CASTING
    if not strided or instr.op.kind is not Kind.MAP:
        return 0
    pairs = zip(instr.args, dtypes, strict=True)
    each = sum(d.itemsize for arg, d in pairs if _has_gaps(arg, stage, values, instr))
    written = stage.region is not None and instr is stage.body[-1]
    return each + (instr.dtype.itemsize if written else 0)


def _has_gaps(
    register: int, stage: Stage, values: tuple[Value, ...], instr: Instr
) -> bool:
    """Whether an operand is no array of all elements of the loop, nor a number."""
    number = register - len(stage.inputs)
    if number >= 0:  # results of a fold are stretched, if there are several
        folded = stage.body[number].space != instr.space
        return folded and len(stage.axes) < len(stage.loop)
    entry = stage.inputs[register]
    shape = values[entry.value].shape
    return bool(shape) and not (
        entry.view.shape == stage.loop and views.is_identity(entry.view, shape)
    )


def _skips(register: int, stage: Stage) -> bool:
    """Whether an operand's elements along the last axis do not follow one another."""
    if register >= len(stage.inputs):
        return False
    view = stage.inputs[register].view
    last = [a for a in view.axes if a.axis == len(view.shape) - 1]
    return bool(last) and (last[-1] is not view.axes[-1] or last[-1].step != 1)


def _each(instr: Instr, stage: Stage, values: tuple[Value, ...]) -> float:
    """Return the bytes of the same for each element that a reduction folds."""
    if instr.op.name in _ASKED:
        return 1
    if instr.op.name == "copy":
        return instr.dtype.itemsize if _is_within(instr, stage, values) else 0
    if _is_mended(instr):
        return _MENDED[instr.op.name][1]
    count = _TILES.get(instr.op.name, 0)
    if not count:
        return _folded(instr, stage)
    dtype = _dtype(instr.args[0], stage, values)
    itemsize = dtype.itemsize
    if instr.op.name in _LINED and stage.axes[0] == len(stage.loop) - len(stage.axes):
        # They lie in one line; of short ones the best so far, and where they are.
        several = len(stage.axes) > 1
        if several and _has_gaps(instr.args[0], stage, values, instr):
            return count * itemsize
        if not several and _skips(instr.args[0], stage):  # a line that NumPy copies
            return count * itemsize
        length = prod(stage.loop[k] for k in stage.axes)
        beside = 3 if dtype.kind == "f" else 2  # whether any is a NaN is looked up
        return (itemsize + beside) / length if 1 < length <= FEW else 0
    return count * itemsize


def _is_mended(instr: Instr) -> bool:
    kind, _ = _MENDED.get(instr.op.name, ("", 0))
    return instr.dtype.kind in kind


def _is_within(instr: Instr, stage: Stage, values: tuple[Value, ...]) -> bool:
    """Whether NumPy copies a part of an array aside, to write it near there."""
    region, (register,) = stage.region, instr.args
    if region is None or not region.in_place or register >= len(stage.inputs):
        return False
    entry = stage.inputs[register]
    if entry.value != region.base or (entry.view,) == region.chain:
        return False
    if len(region.chain) > 1 or not isinstance(region.chain[0], View):
        return True
    base = values[region.base].shape
    (first, last), (low, high) = (_ends(v, base) for v in (entry.view, *region.chain))
    return first <= high and low <= last


def _ends(view: View, base: Shape) -> tuple[int, int]:
    """Return the first and the last element of a view, as they lie in memory."""
    start, steps = views.strides_of(view, base)
    ways = [(n - 1) * step for n, step in zip(view.shape, steps, strict=True)]
    return start + sum(min(way, 0) for way in ways), start + sum(
        max(way, 0) for way in ways
    )


def _folded(instr: Instr, stage: Stage) -> float:
    """Return the same of a reduction that folds a short axis first, and then others.

    Not of one along all axes, nor of a sum of floats along axes side by side.
    """
    last = len(stage.loop) - 1
    several = instr.op.kind is Kind.REDUCE and 1 < len(stage.axes) <= last
    length = stage.loop[-1] if several and last in stage.axes else 0
    if not 1 < length <= FEW:
        return 0
    sums = instr.op.name in _SUMS and instr.dtype.kind in "fc"
    return 0 if sums and last - 1 in stage.axes else instr.dtype.itemsize / length
