"""What stages on the CPU need beside their arrays, as the executor will ask for it.

An upper bound that is near: tiles of all threads, partial results of a reduction, what
functions of a library work in, copies that a reshape has to make.
"""

from __future__ import annotations

from itertools import accumulate
from math import prod
from operator import add, attrgetter
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.config import current, thread_count
from lazyarr.ops.row import Kind
from lazyarr.ops.selection import ALL_NAN, EMPTY_MEAN, FEW_LEFT, NO_FREEDOM
from lazyarr.ops.short import FEW
from lazyarr.plan.cut import Cut
from lazyarr.plan.geometry import Geometry
from lazyarr.plan.joined import joined
from lazyarr.plan.lag import lag_of, narrow, stores
from lazyarr.plan.model import LOOP
from lazyarr.plan.operands import operands_of
from lazyarr.plan.quantities import ALIGNMENT, BUFFERED, PAGE
from lazyarr.plan.scratch import arranged, tile_of
from lazyarr.plan.shared import (
    SHARES,
    crew,
    in_tiles,
    longest,
    parted,
    wanted,
    weight_of,
)
from lazyarr.plan.spent import owners, spent, surely
from lazyarr.plan.unfilled import unfilled
from lazyarr.plan.whole import Arrays, dying_in_calls, moved
from lazyarr.plan.workspace import workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Input, Instr, Plan, Stage, Value

_OBJECTS = 5 << 15
"""Bytes of what Python and NumPy make for a run: views, keys of tiles, small results."""
_OP = 1 << 10  # bytes of the same for each operation in long stages
_EACH = 1 << 14  # bytes of the same for each long stage, and of what runs it
_SLOT = 1 << 12  # bytes of an array that is not let go at once, at most
_ARRAY = 1 << 8  # bytes of an array beside its elements
_LANE = 1 << 15  # bytes of the same for each thread
_SMALL = 256  # elements of arrays that count as such objects
_KEYS = 1 << 11  # bytes of what is kept to index with for a tile
_PLACE = 8  # bytes of a place
_CASTING = (
    1 << 5
)  # bytes of NumPy's buffers of a call that casts to complex numbers, ...
_AT_ONCE = 1 << 13  # ... of each of so many elements
_STORING = 1 << 17  # those of a call that stores a tile, in every thread
# Reductions that compare or subtract make arrays as large as a tile, so many of them.
_TILES = {"sum_squared_deviations": 2, "argmin": 1, "argmax": 1}
_TOLD = (EMPTY_MEAN, NO_FREEDOM, FEW_LEFT, ALL_NAN)
# Those that make an array of booleans, and calls that look at how a condition changes.
_ASKED = frozenset(("count_nonzero", "where", *(op.name for op in _TOLD)))
_LINED = ("argmin", "argmax")  # only where the axes are not the last
# Functions that work piece by piece, and the most bytes of arrays that they make of one.
_PIECED = frozenset(("normal_quantile", "high_word"))
_PIECES = 29 << 16
_CALLS = ("library", "view", "scalar")
_FILTERS = ("interp", "convolve", "correlate")
_SORTS = ("sort", "argsort")
_SUMS = ("sum", "prod")
_SCANS = ("cumulative_sum", "cumulative_prod")
_HOST = "cpu"
_DOUBLE = np.dtype(np.float64)


def scratch_of(plan: Plan) -> int:
    """Return the bytes that a plan needs on the host beside what `Memory.need` counts.

    Of a plan of two devices that is everything on the host: its need is the GPU's.
    """
    if _HOST not in plan.devices:
        return 0
    beside = _beside(plan)
    long = in_tiles(plan.stages, plan.values, current().tile_elements)
    objects = _OBJECTS
    if not long:  # what a list of calls holds is let go when something takes its place
        objects += max([_held(s, plan.values) for s in plan.stages], default=0)
    runners = [_EACH + _OP * len(s.body) if s.id in long else 0 for s in plan.stages]
    beside = list(map(add, beside, accumulate(runners)))
    if plan.passes:  # what is alive beside a window is not worked out here
        return max(beside, default=0) + objects
    alive = _alive(plan)
    with_scratch = max(map(add, _alive(plan, _buffer), beside), default=0)
    if not long:
        with_scratch = max(with_scratch, _spare(plan))
    with_scratch += objects
    if plan.is_mixed:
        return with_scratch + _fetched(plan)
    return with_scratch - max(alive, default=0)


def _held(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes of small arrays that a stage's operands may hold longer."""
    sizes = [values[entry.value].nbytes for entry in stage.inputs]
    return sum(_ARRAY + min(nbytes, _SLOT) for nbytes in sizes)


def _spare(plan: Plan) -> int:
    """Return the bytes of a plan whose calls write into memory that is there before."""
    scratch, made = moved(plan.stages, plan.values, plan.outputs, plan.last_use)
    if not scratch:
        return 0
    results = sum(_buffer(plan.values[k]) for k in made.intersection(plan.outputs))
    others = _alive(plan, lambda value: 0 if value.id in made else value.nbytes)
    return scratch + results + max(others, default=0)


def _buffer(value: Value) -> int:
    """Return the bytes of the buffer that a value lies in."""
    if value.nbytes < BUFFERED:
        return value.nbytes
    return -(-value.nbytes // PAGE) * PAGE + ALIGNMENT


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
    blank = unfilled(plan.stages, plan.values, plan.outputs)
    joints = joined(plan.stages, plan.values, plan.last_use, over)
    alone = in_tiles(plan.stages, plan.values, current().tile_elements)
    alone -= {stage.id for stage in plan.stages if stage.kind in _CALLS}
    alone |= blank | {joint.stage for joint in joints.values()}
    dying = dying_in_calls(plan, alone)
    for k, stage in enumerate(plan.stages):
        if stage.device != _HOST:
            continue
        if stage.kind == "view":
            copied = copied_by(stage, plan.values, turned)
            last = plan.last_use.get(stage.outputs[0].value, k)
            changes[k] += copied
            changes[min(last, len(plan.stages)) + 1] -= copied
        elif stage.kind == "library":
            tiles[k] = workspace(stage, plan.values) + _parts(stage, plan.values)
        elif stage.kind not in ("scalar", "copy"):
            busy = frozenset(over.get(stage.id, ()))
            own, passing = _tiles(stage, plan.values, busy, dying.get(k, {}))
            kept = max(kept, own)
            tiles[k] = passing
            if _is_turned(stage, plan.values):
                turned.update(output.value for output in stage.outputs)
        tiles[k] += kept
    return list(map(add, accumulate(changes), tiles))


def _alive(
    plan: Plan, size: Callable[[Value], int] = attrgetter("nbytes")
) -> list[int]:
    """Return for every stage the bytes of temporaries and results on the host."""
    changes = [0] * (len(plan.stages) + 2)
    over = spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)
    joints = joined(plan.stages, plan.values, plan.last_use, over)
    joins = {joint.result for joint in joints.values()}
    taken = surely(plan.stages, plan.values, over, joins)
    done = {joint.stage for joint in joints.values()}
    owner = owners(plan.stages)
    lent = {value.id for value in plan.values if value.source >= 0}
    for k, stage in enumerate(plan.stages):
        shares = stage.kind in ("view", "scalar") or (
            stage.region is not None and stage.region.in_place
        )
        shares |= stage.device != _HOST or stage.id in done
        joint = joints.get(stage.id)
        into = {
            stage.outputs[number].value: stage.inputs[register].value
            for number, register in taken.get(stage.id, {}).items()
        }
        for output in () if shares else stage.outputs:
            value = plan.values[output.value]
            before = into.get(value.id)
            if before is not None and owner.get(before, before) in lent:
                lent.add(value.id)  # there is memory for it among the inputs
                continue
            last = plan.last_use.get(joint.result if joint else value.id, k)
            nbytes = size(value)
            # What dies is let go at once.
            changes[k + (before is not None)] += nbytes
            changes[min(max(last, k), len(plan.stages)) + 1] -= nbytes
    return list(accumulate(changes))[: len(plan.stages)]


def _tiles(
    stage: Stage,
    values: tuple[Value, ...],
    busy: frozenset[int],
    dying: Mapping[int, bool],
) -> tuple[int, int]:
    """Return the bytes of all threads' tiles, and of what is gone with the stage.

    `busy` are outputs that may lie where an operand does, `dying` inputs that a list of
    calls lets go.
    """
    usual = current().tile_elements
    if not in_tiles((stage,), values, usual):
        return 0, _whole(stage, values, dying)
    if stage.region is not None and stage.region.around:
        return _around(stage, values), _threads(stage, values) * _STORING
    tiling = tile_of(stage, values, longest(stage, values, usual), busy)
    if not tiling.kept:
        return 0, _whole(stage, values)
    tile = prod(tiling.cut.tile)
    passing = _LANE + tiling.ramps + _passing(stage, values, tile)
    passing += _of_rows(stage, tile)
    count = _threads(stage, values)
    if stage.kind != "reduce":
        return count * tiling.scratch, count * passing
    return count * tiling.scratch, _folding(stage, tiling.cut, count, passing)


def _folding(stage: Stage, cut: Cut, count: int, passing: int) -> int:
    """Return the bytes of states of a reduction, and of what is gone with the stage.

    `passing` are those that each of so many threads needs for the calls on a tile.
    """
    folds = [i for i in stage.body if i.op.kind is Kind.REDUCE]
    width = sum(i.dtype.itemsize * (i.op.fold.width if i.op.fold else 1) for i in folds)
    after = [i for i in stage.body if i.space != LOOP and i.op.kind is not Kind.REDUCE]
    kept = sum(i.dtype.itemsize for i in after)  # what a fold gives is of its state
    results = -(-prod(stage.kept) // cut.blocks)
    # Of a part: states of tiles, which are merged as the digits of a binary number are
    # added, or what they come to, and what is made of that until it is stored.
    tiles = prod(-(-n // m) for n, m in zip(cut.part, cut.tile, strict=True))
    states = tiles.bit_length() + 1 if tiles > 1 else 1
    passing += results * max(states * width, width + kept)
    if cut.pieces == 1:
        return count * passing
    # Those of parts are merged in a tree, two of whose levels are there at once.
    merged = cut.pieces * results * width * 3 // 4
    return cut.pieces * prod(stage.kept) * width + max(count * passing, merged)


def _passing(stage: Stage, values: tuple[Value, ...], tile: int) -> int:
    """Return the bytes that calls make and let go of while they work on a tile."""
    most = max([_each(i, stage, values) for i in stage.body], default=0)
    passing = int(tile * most)
    passing += _PIECES if any(i.op.name in _PIECED for i in stage.body) else 0
    if any(_casts(i, stage, values) for i in stage.body):
        passing += _CASTING * min(tile, _AT_ONCE)
    return passing


def _of_rows(stage: Stage, tile: int) -> int:
    """Return the bytes of results of rows, each stretched over its own."""
    if stage.kind != "rowwise":
        return 0
    rows = -(-tile // max(prod(stage.loop[k] for k in stage.axes), 1))
    sizes = [i.dtype.itemsize for i in stage.body if i.space != LOOP]
    return rows * (sum(sizes) + max(sizes, default=0))


def _dtype(register: int, stage: Stage, values: tuple[Value, ...]) -> DType:
    first = len(stage.inputs)
    if register < first:
        return values[stage.inputs[register].value].dtype
    return stage.body[register - first].dtype


def _casts(instr: Instr, stage: Stage, values: tuple[Value, ...]) -> bool:
    """Whether a call makes complex numbers of others on the way."""
    kinds = {_dtype(arg, stage, values).kind for arg in instr.args}
    return instr.dtype.kind == "c" and bool(kinds - {"c"})


def _each(instr: Instr, stage: Stage, values: tuple[Value, ...]) -> float:
    """Return the bytes of the same for each element that a reduction folds."""
    if instr.op.name in _ASKED:
        return 1
    count = _TILES.get(instr.op.name, 0)
    if not count:
        return _folded(instr, stage)
    itemsize = _dtype(instr.args[0], stage, values).itemsize
    if instr.op.name in _LINED and stage.axes[0] == len(stage.loop) - len(stage.axes):
        # They lie in one line; of short ones the best so far, and where they are.
        length = prod(stage.loop[k] for k in stage.axes)
        return (itemsize + 3) / length if 1 < length <= FEW else 0
    return count * itemsize


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


def _whole(
    stage: Stage, values: tuple[Value, ...], dying: Mapping[int, bool] | None = None
) -> int:
    """Return the bytes of the same of a stage that is done on whole arrays."""
    if stage.size < _SMALL:
        return 0
    made = Arrays(stage, values, dying=dying).peak
    stored = sum(values[output.value].nbytes for output in stage.outputs)
    passing = _passing(stage, values, stage.size)
    if stage.region is None:
        return made - stored + passing
    # The value is complete before any of it is written, and what is not written to is
    # copied then.
    if stage.ops == ("copy",) and not any(values[e.value].shape for e in stage.inputs):
        return 0  # a number is written everywhere
    copied = 0 if stage.region.in_place else stored
    held = stage.size * values[stage.region.base].dtype.itemsize
    return max(made + passing - copied, held)


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
    flat = tuple(range(len(stage.loop)))
    split = Cut((tile,), (False,), (tile,), (tile,))
    inputs = [bool(values[entry.value].shape) for entry in stage.inputs]
    geometry = Geometry(flat, (flat,), split, ordered=True)
    each = arranged(stage, geometry, inputs, set(), frozenset())[1].nbytes
    if not stores(stage, found.shifts) or (found.dense and not _is_over(stage)):
        each += tile * result
    count = _threads(stage, values)
    keys = _KEYS * -(-stage.size // (found.tile * found.inner))
    # Two tiles of each thread, and as much for the seams.
    return 2 * each * (count + (count > 1)) + keys


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


def _parts(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes of parts of a result that threads hold, and of what these cast."""
    (instr,) = stage.body
    name, result = instr.op.name, values[stage.outputs[0].value]
    seen = [values[entry.value] for entry in stage.inputs]
    cast = 0
    if name in _FILTERS:
        loop = _DOUBLE if name == "interp" else result.dtype
        cast = sum(x.cast(loop) for x in operands_of(stage, values))
    if name == "interp":  # slopes, of fewer points than are asked for; places
        slopes = prod(seen[1].shape) * result.dtype.itemsize * thread_count()
        cast += slopes if prod(seen[1].shape) <= prod(result.shape) else 0
        periodic = dict(instr.params[0])["period"] is not None
        cast += _PLACE * prod(seen[0].shape) if periodic else 0
    shape = result.shape
    if thread_count() < 2 or not shape or not _is_shared(instr, len(shape)):
        return cast
    axis = parted(instr.params[0], len(shape)) if name in _SORTS else 0
    length = max(shape[axis], 1)
    held = min(thread_count(), max(min(SHARES, length) - 1, 1))
    held = 1 if name in _SCANS else held  # written where it belongs, but for the first
    return cast + held * (result.nbytes * -(-length // SHARES) // length)


def _is_shared(instr: Instr, ndim: int) -> bool:
    """Whether threads may compute parts of what a function of NumPy gives."""
    name = instr.op.name
    if name in _SORTS:
        return ndim > 1
    if name in _SCANS:
        return ndim > 1 and instr.params[0] in (-1, ndim - 1)
    return name in ("searchsorted", "einsum") or name in _FILTERS
