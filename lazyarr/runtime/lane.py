"""One run of a tiled stage: every thread has a lane, with registers of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.structural import Progression
from lazyarr.runtime import floating, pool, threads
from lazyarr.runtime.buffers import Buffers
from lazyarr.runtime.ramps import ramp_of
from lazyarr.runtime.tileprogram import Tile, TileProgram, one_on, run_steps
from lazyarr.runtime.write import stretch_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Shape
    from lazyarr.plan.cut import Ranges


class Run:
    """What the threads of one run share.

    Parameters
    ----------
    program : TileProgram
    operands, targets
        Inputs and outputs, collapsed as the program's geometry says.
    lane : callable, optional
        Makes the lane of a thread.
    """

    __slots__ = ("lane", "operands", "program", "states", "targets")

    def __init__(
        self,
        program: TileProgram,
        operands: list[Any],
        targets: list[np.ndarray],
        lane: Callable[[Run], Lane] | None = None,
    ) -> None:
        self.lane = lane or Lane
        self.program = program
        self.operands = operands
        self.targets = targets
        self.states: list[Any] = [None] * program.parts if program.pieces > 1 else []

    def run(self, count: int) -> None:
        """Do all parts with so many threads, and put partial results together."""
        program = self.program
        with floating.noted(program.places) as scene:
            if count > 1 and program.parts > 1:
                notes = scene.notes
                scene.run(threads.run, self._work, program.parts, count, notes)
            else:
                scene.run(self._work, iter([*range(program.parts), None]).__next__)
            if program.pieces > 1:
                scene.run(self._combine)

    def _work(self, take: Callable[[], int | None]) -> None:
        """Do parts until none is left; one call in every thread."""
        with Buffers(self.program.buffer):
            lane = self.lane(self)
            try:
                while (number := take()) is not None:
                    lane.part(number)
            finally:
                lane.close()

    def _combine(self) -> None:
        """Put the partial results of every block together, in their order."""
        program = self.program
        lane = Lane(self)
        try:
            for block in range(program.parts // program.pieces):
                start = block * program.pieces
                states = self.states[start : start + program.pieces]
                ranges = program.geometry.cut.ranges(block)
                lane.complete(ranges, tree(program, states))
        finally:
            lane.close()


def tree(program: TileProgram, states: list[Any]) -> list[Any]:
    """Return the states of all, neighbours merged first."""
    while len(states) > 1:
        pairs = zip(states[0::2], states[1::2], strict=False)
        merged = [merge(program, left, right) for left, right in pairs]
        if len(states) % 2:
            merged.append(states[-1])
        states = merged
    only: list[Any] = states[0]
    return only


@floating.loop
def merge(program: TileProgram, left: list[Any], right: list[Any]) -> list[Any]:
    """Return the states of all reductions of two neighbours."""
    result = []
    at = 0
    try:
        for k, folding in enumerate(program.foldings):
            at = folding.at
            result.append(folding.fold.merge(left[k], right[k]))
    except Exception as error:
        raise floating.failure(error, program.places[at]) from error
    return result


@floating.loop
def fold(program: TileProgram, r: list[Any], tile: Tile) -> list[Any]:
    """Return the states of a tile's reductions."""
    axes = program.axes
    start = tuple([tile.ranges[g][0] for g in axes])
    states = []
    at = 0
    try:
        for folding in program.foldings:
            at = folding.at
            x = r[folding.register]
            if np.shape(x) != tile.extents:
                x = np.broadcast_to(x, tile.extents)
            states.append(folding.fold.partial(x, axes, start, program.whole))
    except Exception as error:
        raise floating.failure(error, program.places[at]) from error
    return states


class Lane:
    """One thread's registers and scratch, of so many bytes at least."""

    __slots__ = ("extents", "moving", "program", "r", "scratch", "states", "targets")

    def __init__(self, run: Run, nbytes: int = 0) -> None:
        self.program = program = run.program
        self.states = run.states
        self.targets = run.targets
        self.r: list[Any] = [None] * program.count
        self.extents: Shape = ()
        self.scratch = pool.scratch(max(nbytes, program.nbytes))
        self.moving: list[tuple[int, Any, int]] = []
        for k, array in enumerate(run.operands):
            if program.masks[k]:
                self.moving.append((k, array, program.masks[k]))
            else:
                self.r[k] = array

    def close(self) -> None:
        """Hand the scratch back."""
        self.r = []
        pool.release(self.scratch)

    def part(self, number: int) -> None:
        """Do one part, tile by tile."""
        program = self.program
        if program.single:
            self._tile(program.tile(number))
            if program.rowwise:
                self._store(program.tile(number).ranges)
            return
        if program.lone:
            tile = program.tile(number)
            self._tile(tile)
            self._complete(tile, fold(program, self.r, tile))
            return
        ranges, tiles = program.part(number)
        stack: list[tuple[int, Any]] = []  # (level, states): a binary counter
        for tile in tiles:
            self._tile(tile)
            level, state = 0, fold(program, self.r, tile)
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

    def _tile(self, tile: Tile) -> None:
        r, program = self.r, self.program
        keys = tile.keys
        for k, array, mask in self.moving:
            r[k] = array[keys[mask]]
        if tile.extents != self.extents:
            self._resize(tile.extents)
        if program.ramps:
            self._ramps(tile.ranges)
        full = keys[program.full]
        for k, register, direct in program.loop_outputs:
            if direct:
                r[register] = self.targets[k][full]
        for register, host, dtype in program.guests:
            r[register] = r[host] if dtype is None else r[host].view(dtype)
        run_steps(program.steps, r, program.places)
        for k, register, direct in program.loop_outputs:
            if not direct:
                stretch_into(self.targets[k][full], r[register])

    def _resize(self, extents: Shape) -> None:
        """Give the scratch registers the shape of a tile."""
        self.extents = extents
        for register, offset, dtype, mask in self.program.scratch:
            shape = tuple([n if mask >> g & 1 else 1 for g, n in enumerate(extents)])
            nbytes = dtype.itemsize
            for n in shape:
                nbytes *= n
            part = self.scratch[offset : offset + nbytes].view(dtype)
            self.r[register] = part if len(shape) == 1 else part.reshape(shape)

    def _ramps(self, ranges: Ranges) -> None:
        program = self.program
        for register, start, steps in program.ramps:
            first = start
            shape = []
            for step, (begin, end) in zip(steps, ranges, strict=True):
                first += step * begin
                shape.append(end - begin if step else 1)
            self._ramp(register, Progression(first, steps, tuple(shape)))

    def _ramp(self, register: int, ramp: Progression) -> None:
        program = self.program
        self.r[register] = None  # the last tile's is let go first
        if register in program.streams:
            self.r[register] = ramp
        elif any(ramp.strides):
            self.r[register] = ramp_of(ramp, program.dtype(register))
        else:
            self.r[register] = program.dtype(register).type(ramp.start)

    def complete(self, ranges: Ranges, states: list[Any]) -> None:
        """Finish the reductions of a part, and what follows on the kept axes."""
        self._complete(self.program.tile_at(ranges), states)

    def _complete(self, tile: Tile, states: list[Any]) -> None:
        program, r = self.program, self.r
        shape = one_on(tile.extents, program.axes)
        for k, array, mask in self.moving:
            if k in program.late:
                r[k] = array[tile.keys[mask]]
        if program.ramps:
            self._ramps(tile.ranges)
        for folding, state in zip(program.foldings, states, strict=True):
            result = np.asarray(folding.fold.finish(state))
            r[folding.result] = result.reshape(shape)
        if program.after:
            run_steps(program.after, r, program.places)
        self._store(tile.ranges)

    def _store(self, ranges: Ranges) -> None:
        program = self.program
        key = tuple(
            [
                slice(None) if g in program.axes else slice(start, stop)
                for g, (start, stop) in enumerate(ranges)
            ]
        )
        for k, register, _ in program.kept_outputs:
            np.copyto(self.targets[k][key], self.r[register])
