"""Stages run tile by tile: each thread takes parts, each part is worked on in tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lazyarr.config import thread_count
from lazyarr.ir.node import Shape
from lazyarr.ir.view import View
from lazyarr.ops.row import Kind
from lazyarr.plan.cut import Cut, Ranges
from lazyarr.plan.model import LOOP, Plan, Stage
from lazyarr.runtime import floating, pool, threads
from lazyarr.runtime.geometry import Geometry, effective, squeezed, work_out
from lazyarr.runtime.tileprogram import Folding, TileProgram, one_on, run_steps
from lazyarr.runtime.whole import applies_layout, loader, ramp_of
from lazyarr.runtime.write import copy_of, region

SECONDS_PER_OP = 0.25e-9
"""Of one cheap operation on one element; only its size matters, not its digits."""
WORTHWHILE = 60e-6
"""Seconds of work from which another thread is worth waking up."""
_GEOMETRIES = 64


def is_tileable(stage: Stage) -> bool:
    """Whether a stage can be run in tiles at all."""
    if stage.kind in ("library", "view", "scalar") or not stage.loop:
        return False
    for instr in stage.body:
        if instr.op.kind is Kind.REDUCE and (instr.op.fold is None or not stage.axes):
            return False
    return True


class _Bound(NamedTuple):
    """The operands of one run, collapsed, by register; and the outputs."""

    operands: list[Any]
    outputs: list[np.ndarray]


class TiledStage:
    """A stage, with everything known that does not depend on strides.

    Parameters
    ----------
    plan, stage
    tile : int
        Elements of a tile.
    whole : callable
        Runs the stage on whole arrays; for operands on which tiles would change bits.
    owned : bool
        Whether the base of an update may be written to, if it is donated.
    """

    def __init__(
        self,
        plan: Plan,
        stage: Stage,
        tile: int,
        whole: Callable[[list[Any]], None],
        owned: bool,
    ) -> None:
        self.plan = plan
        self.stage = stage
        self.tile = tile
        self.whole = whole
        self.rows = stage.kind == "rowwise"
        self.fixed_order = any(i.op.name in ("argmin", "argmax") for i in stage.body)
        self.layout = any(self._layout(k) for k in range(len(stage.body)))
        self.donated = stage.region is not None and stage.region.donated and owned
        self.scalar = [not plan.values[e.value].shape for e in stage.inputs]
        self.spread = [self._spread(k) for k in range(len(stage.inputs))]
        work = sum(max(1, i.op.flops) for i in stage.body) + len(stage.outputs)
        self.seconds = stage.size * work * SECONDS_PER_OP
        self.known: dict[Any, TileProgram | None] = {}

    def _layout(self, number: int) -> bool:
        stage = self.stage
        instr = stage.body[number]
        dtypes = [instr.dtype]
        for arg in instr.args:
            k = arg - len(stage.inputs)
            value = self.plan.values[stage.inputs[arg].value] if k < 0 else None
            dtypes.append(stage.body[k].dtype if value is None else value.dtype)
        return applies_layout(instr.op, dtypes)

    def _spread(self, number: int) -> tuple[Callable[[Any], Any] | None, Any]:
        """Return what makes an input an array with all axes of the loop."""
        stage = self.stage
        entry = stage.inputs[number]
        call, shape = loader(entry.view, self.plan.values[entry.value].shape)
        space = stage.loop if entry.space == LOOP else stage.kept
        axes = [
            k
            for k in range(len(stage.loop))
            if entry.space == LOOP or k not in stage.axes
        ]
        present = axes[len(space) - len(shape) :]
        if len(present) == len(stage.loop):
            return call, None
        key = tuple(
            slice(None) if k in present else None for k in range(len(stage.loop))
        )
        return call, key

    # --- a run ----------------------------------------------------------------

    def run(self, held: list[Any]) -> None:
        """Compute the stage's outputs into the list of held values."""
        arrays = [self._operand(k, held) for k in range(len(self.scalar))]
        target = self._target(held)
        if target is _UNVIEWABLE or self._overlaps(target):
            self.whole(held)
            return
        shaped = [a for a, s in zip(arrays, self.scalar, strict=True) if not s]
        if target is not None:
            shaped.append(target[1])
        key = tuple([(a.shape, a.strides) for a in shaped])
        try:
            program = self.known[key]
        except KeyError:
            program = self._program(arrays, shaped)
            if len(self.known) >= _GEOMETRIES:
                self.known.clear()
            self.known[key] = program
        if program is None:
            self.whole(held)
            return
        outputs = self._outputs(program.geometry, target)
        _Run(self, program, self._bind(program, arrays, outputs)).run()
        for k, output in enumerate(self.stage.outputs):
            result = outputs[k] if target is None else target[0]
            held[output.value] = result if result.ndim else result[()]

    def _operand(self, number: int, held: list[Any]) -> Any:
        array = held[self.stage.inputs[number].value]
        if self.scalar[number]:
            return array
        call, key = self.spread[number]
        if call is not None:
            array = call(array)
        return squeezed(array if key is None else array[key])

    def _target(self, held: list[Any]) -> Any:
        """Return an update's result and the region of it to write to."""
        update = self.stage.region
        if update is None:
            return None
        base = held[update.base]
        if region(np.asarray(base), update.chain) is None:
            return _UNVIEWABLE
        result = base if self.donated else copy_of(base)
        place = region(result, update.chain)
        if place is None or place.shape != self.stage.loop or 0 in place.strides:
            return _UNVIEWABLE
        return result, place

    def _overlaps(self, target: Any) -> bool:
        """Whether an operand is what is written to, seen through another view."""
        update = self.stage.region
        if target is None or update is None or not self.donated:
            return False
        chain = update.chain
        same = chain[0] if len(chain) == 1 and isinstance(chain[0], View) else None
        return any(
            entry.value == update.base and entry.view != same
            for entry in self.stage.inputs
        ) or (
            any(entry.value == update.base for entry in self.stage.inputs)
            and len(self.stage.outputs) > 1
        )

    def _program(self, arrays: list[Any], shaped: list[Any]) -> TileProgram | None:
        stage = self.stage
        ramps = [
            tuple(int(k == axis) for k in range(len(stage.loop)))
            for axis in self._ramp_axes()
        ]
        geometry = work_out(
            stage.loop,
            stage.axes,
            [effective(a) for a in shaped] + ramps,
            [a.itemsize for a in shaped] + [1] * len(ramps),
            self.tile,
            rows=self.rows,
            fixed_order=self.fixed_order,
        )
        if self.layout and not geometry.flat:
            return None
        masks = [
            0 if scalar else _mask(geometry, effective(array))
            for array, scalar in zip(arrays, self.scalar, strict=True)
        ]
        program = TileProgram(stage, geometry, masks)
        if self.rows and any(
            program.masks[f.register] != program.full for f in program.foldings
        ):
            return None
        return program

    def _ramp_axes(self) -> list[int]:
        kept = [k for k in range(len(self.stage.loop)) if k not in self.stage.axes]
        found = []
        for instr in self.stage.body:
            if instr.op.name == "iota" and instr.params[0] >= 0:
                axis = instr.params[0]
                found.append(axis if instr.space == LOOP else kept[axis])
        return found

    def _outputs(self, geometry: Geometry, target: Any) -> list[np.ndarray]:
        if target is not None:
            return [target[1]]
        stage = self.stage
        kept = [k for k in range(len(stage.loop)) if k not in stage.axes]
        result = []
        for output in stage.outputs:
            value = self.plan.values[output.value]
            axes: Sequence[int] = range(len(stage.loop))
            if self._space(output.register) != LOOP:
                axes = kept
            place = {axis: j for j, axis in enumerate(axes)}
            order = tuple(place[k] for k in geometry.order if k in place)
            result.append(pool.empty(value.shape, value.dtype, order))
        return result

    def _space(self, register: int) -> int:
        first = len(self.stage.inputs)
        if register < first:
            return self.stage.inputs[register].space
        return self.stage.body[register - first].space

    def _bind(
        self, program: TileProgram, arrays: list[Any], outputs: list[np.ndarray]
    ) -> _Bound:
        geometry = program.geometry
        operands = [
            array
            if scalar
            else geometry.collapsed(array, geometry.shape(effective(array)))
            for array, scalar in zip(arrays, self.scalar, strict=True)
        ]
        bound = []
        stage = self.stage
        for output, array in zip(stage.outputs, outputs, strict=True):
            if self._space(output.register) == LOOP:
                shape: Shape = geometry.cut.loop
            else:
                folded = [g for g, yes in enumerate(geometry.cut.folded) if yes]
                shape = one_on(geometry.cut.loop, folded)
                key = tuple(
                    None if k in stage.axes else slice(None)
                    for k in range(len(stage.loop))
                )
                array = array[key]  # noqa: PLW2901 - with the reduced axes
            bound.append(geometry.collapsed(array, shape))
        return _Bound(operands, bound)


_UNVIEWABLE = object()


def _mask(geometry: Geometry, strides: Shape) -> int:
    axes = [k for k, s in enumerate(strides) if s]
    return geometry.mask(axes)


class _Run:
    """One run of a stage: what its threads share."""

    def __init__(self, stage: TiledStage, program: TileProgram, bound: _Bound) -> None:
        self.stage = stage
        self.program = program
        self.cut: Cut = program.geometry.cut
        self.bound = bound
        self.axes = tuple(g for g, yes in enumerate(self.cut.folded) if yes)
        self.states: list[Any] = []
        if self.cut.combines:
            self.states = [None] * self.cut.count

    def run(self) -> None:
        program, cut = self.program, self.cut
        wanted = max(1, int(self.stage.seconds / WORTHWHILE))
        count = 1 if wanted == 1 else min(wanted, thread_count())
        with floating.noted(program.places) as scene:
            notes = scene.notes
            scene.run(threads.run, self._work, cut.count, count, notes)
            if cut.combines:
                scene.run(self._combine)

    def _work(self, take: Callable[[], int | None]) -> None:
        """Do parts until none is left; one call in every thread."""
        lane = _Lane(self)
        pieces = self.cut.pieces
        try:
            while (number := take()) is not None:
                block, piece = divmod(number, pieces)
                lane.part(self.cut.ranges(block, piece), number)
        finally:
            lane.close()

    def _combine(self) -> None:
        """Put the partial results of every block together, in their order."""
        pieces = self.cut.pieces
        lane = _Lane(self)
        try:
            for block in range(self.cut.blocks):
                states = self.states[block * pieces : (block + 1) * pieces]
                lane.complete(self.cut.ranges(block), tree(self.program, states))
        finally:
            lane.close()


def tree(program: TileProgram, states: list[Any]) -> Any:
    """Return the state of all, neighbours merged first."""
    while len(states) > 1:
        merged = [merge(program, a, b) for a, b in pairwise_of_two(states)]
        if len(states) % 2:
            merged.append(states[-1])
        states = merged
    return states[0]


def pairwise_of_two(states: list[Any]) -> list[tuple[Any, Any]]:
    """Return the first with the second, the third with the fourth, …"""
    return list(zip(states[0::2], states[1::2], strict=False))


@floating.loop
def merge(program: TileProgram, left: list[Any], right: list[Any]) -> list[Any]:
    """Return the states of all reductions of two neighbours."""
    result = []
    for k, folding in enumerate(program.foldings):
        at = folding.at
        try:
            result.append(folding.fold.merge(left[k], right[k]))
        except Exception as error:
            raise floating.failure(error, program.places[at]) from error
    return result


class _Lane:
    """One thread's registers and scratch."""

    def __init__(self, run: _Run) -> None:
        self.program = program = run.program
        self.cut = run.cut
        self.axes = run.axes
        self.states = run.states
        self.operands = run.bound.operands
        self.targets = run.bound.outputs
        self.r: list[Any] = [None] * program.count
        self.extents: Shape = ()
        self.scratch = pool.scratch(program.nbytes)
        self.moving: list[tuple[int, Any, int]] = []
        for k, array in enumerate(self.operands):
            if program.masks[k]:
                self.moving.append((k, array, program.masks[k]))
            else:
                self.r[k] = array
        self.loop_outputs = program.outputs(loop=True)
        self.kept_outputs = program.outputs(loop=False)
        self.masks = {m for _, _, m in self.moving} | {program.full}

    def close(self) -> None:
        """Hand the scratch back."""
        self.r = []
        pool.release(self.scratch)

    def part(self, ranges: Ranges, number: int) -> None:
        """Do one part, tile by tile."""
        program = self.program
        if not program.foldings or program.rowwise:
            self._tile(ranges)
            if program.rowwise:
                self._store(self.kept_outputs, ranges)
            return
        stack: list[tuple[int, Any]] = []  # (tiles in it, states): a binary counter
        for tile in self.cut.tiles(ranges):
            self._tile(tile)
            level, state = 0, self._fold(tile)
            while stack and stack[-1][0] == level:
                state = merge(program, stack.pop()[1], state)
                level += 1
            stack.append((level, state))
        state = stack.pop()[1]
        while stack:
            state = merge(program, stack.pop()[1], state)
        if self.states:
            self.states[number] = state
        else:
            self.complete(ranges, state)

    def _tile(self, ranges: Ranges) -> None:
        r = self.r
        keys = self._keys(ranges)
        for k, array, mask in self.moving:
            r[k] = array[keys[mask]]
        extents = tuple([stop - start for start, stop in ranges])
        if extents != self.extents:
            self._resize(extents)
        program = self.program
        full = keys[program.full]
        for k, register, direct in self.loop_outputs:
            if direct:
                r[register] = self.targets[k][full]
        if program.ramps:
            self._ramps(ranges)
        for register, k in program.guests:
            r[register] = self._guest(register, self.targets[k][full])
        run_steps(program.steps, r, program.places)
        for k, register, direct in self.loop_outputs:
            if not direct:
                np.copyto(self.targets[k][full], r[register])

    def _guest(self, register: int, target: np.ndarray) -> np.ndarray:
        dtype = self.program.dtype(register)
        return target if target.dtype == dtype else target.view(dtype)

    def _keys(self, ranges: Ranges) -> dict[int, Any]:
        slices = [slice(start, stop) for start, stop in ranges]
        if len(slices) == 1:
            return {1: slices[0]}
        whole = slice(None)
        return {
            mask: tuple([s if mask >> g & 1 else whole for g, s in enumerate(slices)])
            for mask in self.masks
        }

    def _resize(self, extents: Shape) -> None:
        """Give the scratch registers the shape of a tile."""
        self.extents = extents
        for register, offset, dtype, mask in self.program.scratch:
            shape = tuple(n if mask >> g & 1 else 1 for g, n in enumerate(extents))
            nbytes = dtype.itemsize
            for n in shape:
                nbytes *= n
            part = self.scratch[offset : offset + nbytes]
            self.r[register] = part.view(dtype).reshape(shape)

    def _ramps(self, ranges: Ranges) -> None:
        for register, start, step, mask in self.program.ramps:
            dtype = self.program.dtype(register)
            if not mask:
                self.r[register] = dtype.type(start)
                continue
            axis = mask.bit_length() - 1
            first, stop = ranges[axis]
            shape = one_on((1,) * len(ranges), ())
            shape = (*shape[:axis], stop - first, *shape[axis + 1 :])
            self.r[register] = ramp_of(
                start + step * first, step, stop - first, dtype, shape
            )

    def _fold(self, ranges: Ranges) -> list[Any]:
        """Return the states of a tile's reductions."""
        return fold(self.program, self.r, self.axes, ranges, self.extents)

    def complete(self, ranges: Ranges, states: list[Any]) -> None:
        """Finish the reductions of a part, and what follows on the kept axes."""
        program, r = self.program, self.r
        extents = tuple([stop - start for start, stop in ranges])
        shape = one_on(extents, self.axes)
        keys = self._keys(ranges)
        for k, array, mask in self.moving:
            if k in program.late:
                r[k] = array[keys[mask]]
        if program.ramps:
            self._ramps(ranges)
        for folding, state in zip(program.foldings, states, strict=True):
            result = np.asarray(folding.fold.finish(state))
            r[folding.result] = result.reshape(shape)
        run_steps(program.after, r, program.places)
        self._store(self.kept_outputs, ranges)

    def _store(self, outputs: list[tuple[int, int, bool]], ranges: Ranges) -> None:
        folded = self.axes
        key = tuple(
            slice(None) if g in folded else slice(start, stop)
            for g, (start, stop) in enumerate(ranges)
        )
        for k, register, _ in outputs:
            np.copyto(self.targets[k][key], self.r[register])


@floating.loop
def fold(
    program: TileProgram, r: list[Any], axes: Shape, ranges: Ranges, extents: Shape
) -> list[Any]:
    """Return the states of a tile's reductions."""
    start = tuple([ranges[g][0] for g in axes])
    whole = tuple([program.geometry.cut.loop[g] for g in axes])
    states = []
    for folding in program.foldings:
        at = folding.at
        tile = r[folding.register]
        if np.shape(tile) != extents:
            tile = np.broadcast_to(tile, extents)
        try:
            states.append(folding.fold.partial(tile, axes, start, whole))
        except Exception as error:
            raise floating.failure(error, program.places[at]) from error
    return states


__all__ = ["Folding", "TiledStage", "is_tileable"]
