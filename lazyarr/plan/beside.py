"""What stages on the CPU need beside their arrays, as the executor will ask for it.

An upper bound that is near: tiles of all threads, partial results of a reduction, what
functions of a library work in, copies that a reshape has to make.
"""

from __future__ import annotations

from itertools import accumulate
from math import prod
from operator import add, sub
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.config import current, thread_count
from lazyarr.ops.row import Kind
from lazyarr.plan.cut import Cut
from lazyarr.plan.geometry import Geometry
from lazyarr.plan.joined import joined
from lazyarr.plan.lag import lag_of, narrow, stores
from lazyarr.plan.lives import Lives
from lazyarr.plan.model import LOOP
from lazyarr.plan.operands import operands_of
from lazyarr.plan.passing import AT_ONCE, passing_of
from lazyarr.plan.quantities import ALIGNMENT, BUFFERED, PAGE
from lazyarr.plan.scratch import arranged, tile_of
from lazyarr.plan.shared import (
    SHARES,
    crew,
    in_tiles,
    longest,
    parted,
    wanted_for,
)
from lazyarr.plan.spent import owners, spent, surely
from lazyarr.plan.unfilled import unfilled
from lazyarr.plan.whole import Arrays, dying_in_calls, in_runs, in_scratch, moved
from lazyarr.plan.workspace import workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Set

    from lazyarr.plan.model import Instr, Plan, Stage, Value

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
_STORING = 1 << 17  # bytes of a call that stores a tile, in every thread
_CALLS = ("library", "view", "scalar")
_FILTERS = ("interp", "convolve", "correlate")
_SORTS = ("sort", "argsort")
_SCANS = ("cumulative_sum", "cumulative_prod")
_HOST = "cpu"
_DOUBLE = np.dtype(np.float64)


def scratch_of(plan: Plan) -> int:
    """Return the bytes that a plan needs on the host beside what `Memory.need` counts.

    Of a plan of two devices that is everything on the host: its need is the GPU's.
    """
    if _HOST not in plan.devices:
        return 0
    long = in_tiles(plan.stages, plan.values, current().tile_elements)
    alone = _alone(plan, long)
    lives = Lives(plan, in_runs(plan, alone) if long else [plan.stages])
    beside = _beside(plan, alone, lives)
    objects = _OBJECTS
    if not long:  # what a list of calls holds is let go when something takes its place
        objects += max([_held(s, plan.values) for s in plan.stages], default=0)
    runners = [_EACH + _OP * len(s.body) if s.id in long else 0 for s in plan.stages]
    beside = list(map(add, beside, accumulate(runners)))
    if plan.passes:  # what is alive beside a window is not worked out here
        return max(beside, default=0) + objects
    most = max(map(add, _alive(plan, lives, _buffer), beside), default=0)
    if not long:
        most = max(most, _spare(plan, lives, beside))
    most += objects
    if plan.is_mixed:
        return most + _fetched(plan)
    return most - plan.peak_bytes


def _alone(plan: Plan, long: Set[int]) -> Set[int]:
    """Return the stages that are in no list of calls with others."""
    over = spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)
    joints = joined(plan.stages, plan.values, plan.last_use, over)
    blank = unfilled(plan.stages, plan.values, plan.outputs)
    tiled = {stage.id for stage in plan.stages if stage.kind not in _CALLS} & long
    return tiled | blank | {joint.stage for joint in joints.values()}


def _held(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return the bytes of small arrays that a stage's operands may hold longer."""
    sizes = [values[entry.value].nbytes for entry in stage.inputs]
    return sum(_ARRAY + min(nbytes, _SLOT) for nbytes in sizes)


def _spare(plan: Plan, lives: Lives, beside: list[int]) -> int:
    """Return the bytes of a plan whose calls write into memory that is there before.

    Casts, copies and functions of a library do not, `beside` all arrays.
    """
    scratch, made = moved(plan)
    if not scratch and not made:
        return 0
    results = sum(_buffer(plan.values[k]) for k in made.intersection(plan.outputs))
    others = _alive(plan, lives, lambda v: 0 if v.id in made else v.nbytes)
    moving = [in_scratch(stage, plan.values, made) for stage in plan.stages]
    rest = map(sub, beside, moving)
    return scratch + results + max(map(add, others, rest), default=0)


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


def _beside(plan: Plan, alone: Set[int], lives: Lives) -> list[int]:
    """Return for every stage the bytes that it needs beside arrays.

    Those `alone` are in no list of calls.
    """
    changes = [0] * (len(plan.stages) + 2)  # copies that live on
    tiles = [0] * len(plan.stages)
    kept = 0  # the tiles of a stage are kept for those behind it
    over = spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)
    dying = dying_in_calls(plan, alone)
    for k, stage in enumerate(plan.stages):
        if stage.device != _HOST:
            continue
        if stage.kind == "view":
            number = stage.outputs[0].value
            if number in lives.copies:
                changes[k] += plan.values[number].nbytes
                changes[lives.last[number] + 1] -= plan.values[number].nbytes
        elif stage.kind == "library":
            tiles[k] = workspace(stage, plan.values) + _parts(stage, plan.values)
        elif stage.kind not in ("scalar", "copy"):
            busy = frozenset(over.get(stage.id, ()))
            own, passing = _tiles(stage, plan.values, busy, dying.get(k, {}))
            kept = max(kept, own)
            tiles[k] = passing
        tiles[k] += kept
    return list(map(add, accumulate(changes), tiles))


def _alive(plan: Plan, lives: Lives, size: Callable[[Value], int]) -> list[int]:
    """Return for every stage the bytes of temporaries and results on the host.

    Without what reshapes copy.
    """
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
            last = lives.last[joint.result if joint else value.id]
            nbytes = size(value)
            # What dies is let go at once.
            changes[k + (before is not None)] += nbytes
            changes[max(last, k) + 1] -= nbytes
        if joint is not None and joint.before:
            nbytes = sum([size(plan.values[n]) for n in joint.before])
            changes[k] += nbytes
            changes[lives.last[joint.result] + 1] -= nbytes
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
    strided = len(tiling.cut.loop) > 1 and 2 * tiling.cut.tile[-1] <= AT_ONCE
    passing = _LANE + tiling.ramps + passing_of(stage, values, tile, strided)
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
    kept = [i for i in stage.body if i.space != LOOP]
    after = [i.dtype.itemsize for i in kept if i.op.kind is not Kind.REDUCE]
    results = -(-prod(stage.kept) // cut.blocks)
    # Of a part: states of tiles, which are merged as the digits of a binary number are
    # added, or what they come to, of which results are a part, and what is made of that.
    # Registers hold the same of the part before.
    tiles = prod(-(-n // m) for n, m in zip(cut.part, cut.tile, strict=True))
    states = tiles.bit_length() + 1 if tiles > 1 else 1
    before = sum(i.dtype.itemsize for i in kept) if cut.blocks > 1 else 0
    made = sum(after) + (max(after, default=0) if before else 0)
    passing += results * max(states * width + before, width + made)
    if cut.pieces == 1:
        return count * passing
    # Those of parts are merged in a tree, two of whose levels are there at once.
    merged = results * (cut.pieces * width * 3 // 4 + before)
    return cut.pieces * prod(stage.kept) * width + max(count * passing, merged)


def _of_rows(stage: Stage, tile: int) -> int:
    """Return the bytes of results of rows, each stretched over its own."""
    if stage.kind != "rowwise":
        return 0
    rows = -(-tile // max(prod(stage.loop[k] for k in stage.axes), 1))
    sizes = [i.dtype.itemsize for i in stage.body if i.space != LOOP]
    return rows * (sum(sizes) + max(sizes, default=0))


def _whole(
    stage: Stage, values: tuple[Value, ...], dying: Mapping[int, bool] | None = None
) -> int:
    """Return the bytes of the same of a stage that is done on whole arrays."""
    if stage.size < _SMALL:
        return 0
    made = Arrays(stage, values, dying=dying).peak
    stored = sum(values[output.value].nbytes for output in stage.outputs)
    short = len(stage.loop) > 1 and 2 * stage.loop[-1] <= AT_ONCE
    strided = short and stage.region is None
    passing = passing_of(stage, values, stage.size, strided)
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
    count = wanted_for(stage, values)
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
    if name in (*_SORTS, *_SCANS) and operands_of(stage, values)[0].apart:
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
