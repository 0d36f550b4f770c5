"""Updates in place that read, around what they write, what they overwrite: stencils.

A tile reads its part of the array from a block of scratch, which is filled when the
tile's turn comes. Nobody but the tile itself writes there; what lies before and behind
it, where other tiles write, is saved for all tiles before the first one begins.

Blocks have no gaps, so that most calls of a tile can run over one long line of it
instead of many short ones. The elements between the lines are computed, too, and not
stored; a tile in which floating-point errors are met is computed again without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lazyarr.runtime.lane import Lane
from lazyarr.runtime.tileprogram import MANY, MANY_INTO, run_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.runtime.lane import Run
    from lazyarr.runtime.tileprogram import Step, Tile, TileProgram

ELEMENTS = 32_768
"""Of a tile at most: the block and the tile's results share a cache."""
_SPARSE = 2  # times what a tile reads that its block may hold
_FULL = 0.8  # share of a line that is not between the lines, at least
_ALIGNMENT = 64


class Layout(NamedTuple):
    """Where blocks lie in the base, in elements from its beginning.

    Attributes
    ----------
    operands : tuple of tuple of int
        Registers that read the base, and where their first element lies in a block.
    strides : tuple of int
        Of these operands, in elements.
    first : int
        Of the first element that is written.
    before, inside : int
        Elements of a block before the tile's own, and those of one step.
    row : int
        Elements that a step writes between, from the first to the last one.
    reach : int
        How far behind the tile's own the last operand begins.
    slots : tuple of tuple of int
        Where registers lie in the scratch as long lines: register, offset. Empty if
        calls do not run over long lines.
    nbytes : int
        Of this scratch.
    """

    operands: tuple[tuple[int, int], ...]
    strides: Shape
    first: int
    before: int
    inside: int
    row: int
    reach: int
    slots: tuple[tuple[int, int], ...] = ()
    nbytes: int = 0

    def elements(self, steps: int) -> int:
        """Return the elements of a block for so many steps along the outer axis."""
        return self.line(steps) + self.before + self.reach

    def line(self, steps: int) -> int:
        """Return the elements between the first and the last one that are written."""
        return (steps - 1) * self.inside + self.row


def layout(
    base: np.ndarray,
    place: np.ndarray,
    operands: Sequence[tuple[int, np.ndarray]],
    program: TileProgram,
) -> Layout | None:
    """Return where blocks lie; None if tiles cannot read from blocks.

    Parameters
    ----------
    base : ndarray
        What is updated.
    place : ndarray
        The region that is written, collapsed as the program's geometry says.
    operands : sequence of tuple
        Registers that read the base, and the views that they are, collapsed alike.
    program : TileProgram
    """
    split = program.geometry.cut
    whole = split.tile[1:] == split.loop[1:]
    if not (base.flags.c_contiguous and whole and split.loop) or min(split.loop) < 1:
        return None
    if place.shape != split.loop or min(place.strides) <= 0 or program.foldings:
        return None
    if any(a.shape != place.shape or a.strides != place.strides for _, a in operands):
        return None
    strides = tuple([s // base.itemsize for s in place.strides])
    pairs = zip(place.shape[1:], strides[1:], strict=True)
    row = 1 + sum([(n - 1) * s for n, s in pairs])
    if row > strides[0]:
        return None
    begin = _address(base)
    first = (_address(place) - begin) // base.itemsize
    shifts = [(k, (_address(a) - begin) // base.itemsize - first) for k, a in operands]
    low = min(0, *[shift for _, shift in shifts])
    high = max(0, *[shift for _, shift in shifts])
    reads = tuple([(k, shift - low) for k, shift in shifts])
    made = Layout(reads, strides, first, -low, strides[0], row, high)
    steps = split.tile[0]
    if made.elements(steps) > _SPARSE * max(steps * row, ELEMENTS):
        return None
    return _lined(made, program, steps)


def _address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def _lined(made: Layout, program: TileProgram, steps: int) -> Layout:
    """Return the layout with registers as long lines, if all calls can run over them."""
    length = made.line(steps)
    split = program.geometry.cut
    elements = steps
    for n in split.loop[1:]:
        elements *= n
    reads = {k for k, _ in made.operands}
    moving = {k for k in range(program.first) if program.masks[k]}
    calls = program.steps
    (output,) = program.loop_outputs or [(0, 0, False)]
    fits = (
        len(split.loop) > 1
        and elements > _FULL * length
        and moving == reads
        and not (program.ramps or program.guests or program.after)
        and len(calls) > 1
        and output[2]
        and calls[-1][5] == output[1]
        and all(call[0] not in (MANY, MANY_INTO) for call in calls)
        and all(mask == program.full for *_, mask in program.scratch)
    )
    if not fits:
        return made
    offsets: dict[int, int] = {}
    nbytes = 0
    for _, offset, _, _ in sorted(program.scratch, key=lambda entry: entry[1]):
        if offset not in offsets:
            widest = max(d.itemsize for _, o, d, _ in program.scratch if o == offset)
            offsets[offset] = nbytes
            nbytes += -(-length * widest // _ALIGNMENT) * _ALIGNMENT
    slots = tuple([(k, offsets[offset]) for k, offset, _, _ in program.scratch])
    return made._replace(slots=slots, nbytes=nbytes)


class Around:
    """What a run's tiles read of the base, saved where other tiles write."""

    __slots__ = ("after", "before", "flat", "layout", "size", "steps")

    def __init__(self, where: Layout, base: np.ndarray, program: TileProgram) -> None:
        self.layout = where
        self.flat = flat = base.reshape(-1)
        self.steps = steps = program.geometry.cut.tile[0]
        self.size = where.elements(steps)
        count, item = program.parts, base.itemsize
        own = steps * where.inside
        behind = self.size - where.before - own

        def saved(start: int, length: int, parts: int) -> Any:
            if length <= 0 or parts < 1:
                return None
            shape, strides = (parts, length), (own * item, item)
            seen = np.ndarray(shape, flat.dtype, flat, start * item, strides)
            return seen.copy()

        self.before = saved(where.first - where.before, where.before, count)
        self.after = saved(where.first + own, behind, count - 1)

    def load(self, block: np.ndarray, tile: Tile, number: int) -> None:
        """Fill a block for a tile."""
        where, flat = self.layout, self.flat
        begin, end = tile.ranges[0]
        at = where.before
        if at:
            block[:at] = self.before[number]
        start = where.first + begin * where.inside
        size = where.elements(end - begin)
        own = (end - begin) * where.inside
        if self.after is None or number >= len(self.after):
            block[at:size] = flat[start : start + size - at]
            return
        block[at : at + own] = flat[start : start + own]
        block[at + own : size] = self.after[number]


class BlockLane(Lane):
    """One thread's registers, scratch and block."""

    __slots__ = ("around", "block", "calls", "last", "lines", "notes")

    def __init__(self, run: Run, around: Around) -> None:
        self.around = around
        program, where = run.program, around.layout
        nbytes = max(program.nbytes, where.nbytes)
        dtype = around.flat.dtype
        super().__init__(run, nbytes + around.size * dtype.itemsize)
        end = nbytes + around.size * dtype.itemsize
        self.block: Any = self.scratch[nbytes:end].view(dtype)
        reads = {k for k, _ in where.operands}
        self.moving = [entry for entry in self.moving if entry[0] not in reads]
        self.lines: list[Any] = [*self.r] if where.slots else []
        self.calls: list[Step] = program.steps[:-1]
        self.last: list[Step] = program.steps[-1:]
        self.notes: Any = np.geterrcall()

    def close(self) -> None:
        """Hand the scratch back."""
        self.lines = []
        self.block = None
        super().close()

    def part(self, number: int) -> None:
        """Do one part, which is a tile."""
        tile = self.program.tile(number)
        self.around.load(self.block, tile, number)
        if not self.lines:
            self._tile(tile)
            return
        if tile.extents != self.extents:
            self._resize(tile.extents)
        notes = self.notes
        before = notes.found
        notes.found = set()
        program, r = self.program, self.r
        r[self.last[0][5]] = self.targets[0][tile.keys[program.full]]
        run_steps(self.calls, self.lines, program.places)
        if not notes.found:
            notes.found = before
            run_steps(self.last, r, program.places)
            return
        notes.found = before
        run_steps(program.steps, r, program.places)

    def _resize(self, extents: Shape) -> None:
        """Give registers the shape of a tile, and of its lines."""
        where, block = self.around.layout, self.block
        if not where.slots:
            super()._resize(extents)
        self.extents = extents
        length = where.line(extents[0])
        for register, start in where.operands:
            if self.lines:
                self.lines[register] = block[start : start + length]
            self.r[register] = self._seen(block, start, extents)
        for register, offset in where.slots:
            dtype = self.program.dtype(register)
            line = self.scratch[offset : offset + length * dtype.itemsize].view(dtype)
            self.lines[register] = line
            self.r[register] = self._seen(line, 0, extents)

    def _seen(self, line: np.ndarray, start: int, extents: Shape) -> np.ndarray:
        """Return the elements of a line that belong to a tile."""
        dtype = line.dtype
        steps = tuple([s * dtype.itemsize for s in self.around.layout.strides])
        return np.ndarray(extents, dtype, line, start * dtype.itemsize, steps)
