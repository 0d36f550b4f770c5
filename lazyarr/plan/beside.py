"""What stages on the CPU need beside their arrays, as the executor will ask for it.

An upper bound that is near: tiles of all threads, partial results of a reduction, what
functions of a library work in, copies that a reshape has to make.
"""

from __future__ import annotations

from itertools import accumulate
from math import prod
from operator import add
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.config import current, thread_count
from lazyarr.ir import view as views
from lazyarr.ops.row import Kind
from lazyarr.plan import factored
from lazyarr.plan.cut import cut
from lazyarr.plan.joined import joined
from lazyarr.plan.lag import lag_of, narrow, stores
from lazyarr.plan.model import LOOP
from lazyarr.plan.scratch import tile_of
from lazyarr.plan.shared import SHARES, crew, is_long, parted, wanted, weight_of
from lazyarr.plan.spent import spent, surely

if TYPE_CHECKING:
    from collections.abc import Container

    from lazyarr.ir.view import View
    from lazyarr.plan.model import Input, Instr, Plan, Stage, Value

_OBJECTS = 1 << 17
"""Bytes of what Python and NumPy make for a run: views, keys of tiles, small results."""
_EACH = 1 << 14  # bytes of the same for each stage, and of what runs it
_KEYS = 1 << 11  # bytes of what is kept to index with for a tile
_PLACE = 8  # bytes of a place
_TIED = 42  # bytes of an element, whose place among equal ones is found
_BUFFERED = 1 << 18  # NumPy's buffers of an iteration over several operands
_STORING = 1 << 17  # those of a call that stores a tile, in every thread
# Reductions that compare or subtract make arrays as large as a tile, so many of them.
_TILES = {"sum_squared_deviations": 2, "argmin": 1, "argmax": 1}
# Functions that work piece by piece, and the most bytes of arrays that they make of one.
_PIECED = frozenset(("normal_quantile", "high_word"))
_PIECES = 10 << 16
# Functions that copy their operands, before or while they work.
_COPYING = frozenset(("median", "partition", "argpartition", "quantile", "percentile"))
_FILTERS = ("interp", "convolve", "correlate")
_SORTS = ("sort", "argsort")
_SCANS = ("cumulative_sum", "cumulative_prod")
_FACTORS = ("factor", "spectrum")
_HOST = "cpu"
_DOUBLE = np.dtype(np.float64)


def scratch_of(plan: Plan) -> int:
    """Return the bytes that a plan needs on the host beside what `Memory.need` counts.

    Of a plan of two devices that is everything on the host: its need is the GPU's.
    """
    if _HOST not in plan.devices:
        return 0
    beside = _beside(plan)
    objects = _OBJECTS + _EACH * len(plan.stages)
    if plan.passes:  # what is alive beside a window is not worked out here
        return max(beside, default=0) + objects
    alive = _alive(plan)
    with_scratch = max(map(add, alive, beside), default=0) + objects
    if plan.is_mixed:
        return with_scratch + _fetched(plan)
    return with_scratch - max(alive, default=0)


def _fetched(plan: Plan) -> int:
    """Return the bytes of inputs that are copied to the host."""
    return sum(
        copy.nbytes
        for copy in plan.copies
        if copy.target == _HOST and plan.values[copy.values[0]].role == "input"
    )


def _beside(plan: Plan) -> list[int]:
    """Return for every stage the bytes that it needs beside arrays."""
    changes = [0] * (len(plan.stages) + 2)  # copies that live on
    tiles = [0] * len(plan.stages)
    kept = 0  # the tiles of a stage are kept for those behind it
    turned: set[int] = set()
    over = spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)
    for k, stage in enumerate(plan.stages):
        if stage.device != _HOST:
            continue
        if stage.kind == "view":
            copied = copied_by(stage, plan.values, turned)
            last = plan.last_use.get(stage.outputs[0].value, k)
            changes[k] += copied
            changes[min(last, len(plan.stages)) + 1] -= copied
        elif stage.kind == "library":
            tiles[k] = _workspace(stage, plan.values) + _parts(stage, plan.values)
        elif stage.kind not in ("scalar", "copy"):
            busy = frozenset(over.get(stage.id, ()))
            own, passing = _tiles(stage, plan.values, busy)
            kept = max(kept, own)
            tiles[k] = passing
            if _is_turned(stage, plan.values):
                turned.update(output.value for output in stage.outputs)
        tiles[k] += kept
    return list(map(add, accumulate(changes), tiles))


def _alive(plan: Plan) -> list[int]:
    """Return for every stage the bytes of temporaries and results on the host."""
    changes = [0] * (len(plan.stages) + 2)
    over = spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)
    taken = surely(plan.stages, plan.values, over)
    joints = joined(plan.stages, plan.values, plan.last_use, over)
    done = {joint.stage for joint in joints.values()}
    for k, stage in enumerate(plan.stages):
        shares = stage.kind in ("view", "scalar") or (
            stage.region is not None and stage.region.in_place
        )
        shares |= stage.device != _HOST or stage.id in done
        joint = joints.get(stage.id)
        for output in () if shares else stage.outputs:
            value = plan.values[output.value]
            last = plan.last_use.get(joint.result if joint else value.id, k)
            changes[k] += value.nbytes
            changes[min(max(last, k), len(plan.stages)) + 1] -= value.nbytes
        for number in taken.get(stage.id, ()):  # what dies is let go at once
            nbytes = plan.values[stage.outputs[number].value].nbytes
            changes[k] -= nbytes
            changes[k + 1] += nbytes
    return list(accumulate(changes))[: len(plan.stages)]


def _tiles(
    stage: Stage, values: tuple[Value, ...], busy: frozenset[int]
) -> tuple[int, int]:
    """Return the bytes of all threads' tiles, and of what is gone with the stage.

    `busy` are outputs that may lie where an operand does.
    """
    elements = current().tile_elements
    whole = stage.size <= elements or not is_long(stage, values, elements)
    size = stage.size if whole else min(elements * narrow(stage, values), stage.size)
    tile, each = tile_of(stage, values, max(size, 1), busy)
    folds = [i for i in stage.body if i.op.kind is Kind.REDUCE]
    passing = sum(tile * i.dtype.itemsize * _TILES.get(i.op.name, 0) for i in folds)
    passing += _PIECES if any(i.op.name in _PIECED for i in stage.body) else 0
    if stage.kind == "rowwise":  # results of rows, each stretched over its own
        rows = -(-tile // max(prod(stage.loop[k] for k in stage.axes), 1))
        passing += sum(rows * i.dtype.itemsize for i in stage.body if i.space != LOOP)
    if whole:  # arrays, not tiles
        if stage.region is None:
            return 0, each + passing
        # The value is complete before any of it is written.
        return 0, max(each, stage.size * values[stage.region.base].dtype.itemsize)
    if stage.region is not None and stage.region.around:
        return _around(stage, values), _threads(stage, values) * _STORING
    count = _threads(stage, values)
    if stage.kind == "reduce":
        folded = tuple(k in stage.axes for k in range(len(stage.loop)))
        split = cut(stage.loop, folded, tile)
        width = sum(
            i.dtype.itemsize * (i.op.fold.width if i.op.fold else 1) for i in folds
        )
        kept = sum(i.dtype.itemsize for i in stage.body if i.space != LOOP)
        # Of a part: what folds give, and what is made of that until it is stored.
        passing += -(-prod(stage.kept) * split.pieces // split.count) * (width + kept)
        partials = split.pieces * prod(stage.kept) * width if split.pieces > 1 else 0
        return count * each, count * passing + partials
    return count * each, count * passing


def _threads(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return how many threads work on a stage."""
    tile = current().tile_elements * narrow(stage, values)
    count = wanted(stage.size, weight_of(stage, values))
    return max(1, min(int(count), round(crew(stage, values, tile)), thread_count()))


def _around(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes of tiles that are stored when the next ones are computed."""
    result = values[stage.outputs[0].value].dtype.itemsize
    found = lag_of(stage, values)
    if found is None:  # of other options
        return 0
    tile = found.length(found.tile) if found.dense else found.tile * found.inner
    each = tile_of(stage, values, tile)[1]
    if not stores(stage, found.shifts) or (found.dense and not _is_over(stage)):
        each += tile * result
    count = _threads(stage, values)
    keys = _KEYS * -(-stage.size // (found.tile * found.inner))
    # Two tiles of each thread, and the seams.
    return each * (2 * count + (count > 1)) + keys


def _is_over(stage: Stage) -> bool:
    """Whether the last call's result may lie where another call has put an operand."""
    first, last = len(stage.inputs), stage.body[-1]
    made = [stage.body[a - first] for a in last.args if a >= first]
    return any(instr.space == LOOP and instr.dtype == last.dtype for instr in made)


def _is_turned(stage: Stage, values: tuple[Value, ...]) -> bool:
    """Whether all that a stage reads lies transposed: so will what it makes."""
    seen = [e for e in stage.inputs if sum(n > 1 for n in values[e.value].shape) > 1]
    return bool(seen) and all(map(_is_far, seen))


def _is_far(entry: Input) -> bool:
    order = [a.axis for a in entry.view.axes]
    return order != sorted(order)


def copied_by(
    stage: Stage, values: tuple[Value, ...], turned: Container[int] = ()
) -> int:
    """Return the bytes that a reshape copies: of what has no view of another shape.

    `turned` are values that lie in memory in another order than C's.
    """
    (entry,) = stage.inputs
    view = entry.view
    named = [a.axis for a in view.axes]
    stretched = len(named) < len([n for n in view.shape if n > 1])
    if stretched or entry.value in turned or named != sorted(named):
        return values[stage.outputs[0].value].nbytes
    return 0


def _workspace(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes that a function of NumPy works in."""
    (instr,) = stage.body
    operands = [values[entry.value] for entry in stage.inputs]
    name, pace = instr.op.name, instr.op.pace
    if pace in _FACTORS:
        seen = [(e.view.shape, values[e.value].dtype) for e in stage.inputs]
        result = values[stage.outputs[0].value]
        return factored.workspace(name, seen, result, instr.params or ())
    if name in _COPYING:
        line = max((max(v.shape, default=0) for v in operands), default=0)
        return sum(v.nbytes for v in operands) + 8 * line
    if name == "einsum":
        return _BUFFERED * thread_count()
    if name == "ufunc_at":  # places in one axis, and a value of the array's dtype
        width = _PLACE + operands[0].dtype.itemsize
        return width * max(prod(v.shape) for v in operands[1:])
    if name in ("fft", "ifft", "fftn", "ifftn"):
        real = [v for v in operands if v.dtype.kind != "c"]
        return sum(prod(v.shape) * max(16, 2 * v.dtype.itemsize) for v in real)
    if name in _SORTS:
        # A line that is not contiguous is sorted in a copy, with its order; a stable
        # algorithm works in places of a line.
        shape, axis = operands[0].shape, instr.params[0]
        inner = axis % len(shape) == len(shape) - 1
        if name == "argsort" and len(shape) == 1:  # the most, if many are equal
            return _TIED * shape[0]
        width = 0 if inner else 2 * operands[0].dtype.itemsize
        width += _PLACE if name == "argsort" else 0
        lines = thread_count() if len(shape) > 1 else 1
        return int(width * shape[axis]) * lines
    return 0


def _parts(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes of parts of a result that threads hold, and of what these cast."""
    (instr,) = stage.body
    name, result = instr.op.name, values[stage.outputs[0].value]
    operands = [values[entry.value] for entry in stage.inputs]
    cast = 0
    if name in _FILTERS:
        loop = _DOUBLE if name == "interp" else result.dtype
        seen = [(e.view, values[e.value]) for e in stage.inputs]
        own = [prod(w.shape) for w, v in seen if v.dtype != loop or _is_apart(w, v)]
        cast = sum(own) * loop.itemsize
    if name == "interp":  # slopes, of fewer points than are asked for; places
        slopes = prod(operands[1].shape) * result.dtype.itemsize * thread_count()
        cast += slopes if prod(operands[1].shape) <= prod(result.shape) else 0
        periodic = dict(instr.params[0])["period"] is not None
        cast += _PLACE * prod(operands[0].shape) if periodic else 0
    shape = result.shape
    if thread_count() < 2 or not shape or not _is_shared(instr, len(shape)):
        return cast
    axis = parted(instr.params[0], len(shape)) if name in _SORTS else 0
    length = max(shape[axis], 1)
    held = min(thread_count(), max(min(SHARES, length) - 1, 1))
    held = 1 if name in _SCANS else held  # written where it belongs, but for the first
    return cast + held * (result.nbytes * -(-length // SHARES) // length)


def _is_apart(view: View, value: Value) -> bool:
    """Whether a function that takes elements in C order without gaps copies a view."""
    _, steps = views.strides_of(view, value.shape)
    wanted = views.contiguous_strides(view.shape)
    sides = zip(view.shape, steps, wanted, strict=True)
    return any(n > 1 and step != gap for n, step, gap in sides)


def _is_shared(instr: Instr, ndim: int) -> bool:
    """Whether threads may compute parts of what a function of NumPy gives."""
    name = instr.op.name
    if name in _SORTS:
        return ndim > 1
    if name in _SCANS:
        return ndim > 1 and instr.params[0] in (-1, ndim - 1)
    return name in ("searchsorted", "einsum") or name in _FILTERS
