"""Updates in place that read, around what they write, what they overwrite: stencils.

A thread goes through a band of the array, tile by tile, and stores a tile when the next
one has been computed: nobody reads by then what is overwritten. Only where two bands
meet might one thread read what another has stored. What is written there, the seams, is
computed before the first band begins, and stored when all have ended.

Where the operands are parts of the array itself, the calls of a tile run over one long
line of it instead of many short ones. The elements between the rows are computed, too,
and stored as they were; a tile in which floating-point errors are met is computed again
without them.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazyarr.named import NamedTuple
from lazyarr.ops.structural import Progression
from lazyarr.plan.cut import Cut
from lazyarr.plan.lag import stores
from lazyarr.plan.quantities import aligned
from lazyarr.plan.scratch import Scratch
from lazyarr.runtime import floating, threads
from lazyarr.runtime.lane import Lane, Run
from lazyarr.runtime.operands import longest_first
from lazyarr.runtime.tileprogram import MANY, MANY_INTO, run_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.geometry import Geometry
    from lazyarr.plan.lag import Lag
    from lazyarr.runtime.tileprogram import Step, Tile, TileProgram

# A register, where it lies, and the axes along which it goes.
_Held: TypeAlias = "tuple[int, int, DType, int]"
_BANDS = 4  # of each thread, so that one that is held up leaves some to the others
_SETS = 2  # of registers in a thread's scratch


class Strip(NamedTuple):
    """A tile, and the part of each operand's line that it reads."""

    tile: Tile
    line: slice


class Bands(NamedTuple):
    """A loop in bands, with a seam of so many steps behind each but the last."""

    steps: int
    seam: int
    strips: tuple[tuple[Strip, ...], ...]


class Layout(NamedTuple):
    """How a stage writes around what it reads.

    Attributes
    ----------
    lag : Lag
    program : TileProgram
    first : int
        Of the first element that is written, from the beginning of the base.
    strides : tuple of int
        Of what is written, in elements.
    early, late : list of Step
        What computes a tile, and what stores it; without the latter, as where calls run
        over lines, it is copied.
    output : int
        The register that is stored.
    slots : tuple of Scratch
        Where registers lie in a set of scratch.
    nbytes : int
        Of a set of scratch.
    lines : tuple of tuple of int
        If calls run over lines: registers that read the base, and how many elements
        behind what is written. Else empty.
    cuts : dict
        Bands, by the number of threads.
    """

    lag: Lag
    program: TileProgram
    first: int
    strides: Shape
    early: list[Step]
    late: list[Step]
    output: int
    slots: tuple[Scratch, ...]
    nbytes: int
    lines: tuple[tuple[int, int], ...]
    cuts: dict[int, Bands]

    @property
    def most(self) -> int:
        """Bytes of the scratch of a thread."""
        return max(_SETS * self.nbytes, self.program.nbytes)

    def sets(self, threads: int) -> int:
        """Return how many threads' scratch is needed: seams have some of their own."""
        number = len(self.bands(threads).strips)
        return min(threads, number) + (number > 1)

    def bands(self, threads: int) -> Bands:
        """Return the bands for so many threads."""
        found = self.cuts.get(threads)
        if found is None:
            found = self.cuts[threads] = self._bands(threads)
        return found

    def _bands(self, threads: int) -> Bands:
        reach, tile = self.lag.reach, self.lag.tile
        n = self.program.geometry.cut.loop[0]
        most = min(_BANDS * threads, n // (reach + 1), tile // reach + 1)
        wanted = n // (2 * tile) // threads * threads  # that a band has some tiles
        count = 1 if threads < 2 else max(1, min(most, max(threads, wanted)))
        steps = -(-n // count)
        starts = range(0, n, steps)
        ends = [*[start - reach for start in starts[1:]], n]
        pairs = zip(starts, ends, strict=True)
        return Bands(steps, reach, tuple([self._strips(a, b) for a, b in pairs]))

    def _strips(self, begin: int, end: int) -> tuple[Strip, ...]:
        """Return the tiles from one step to another."""
        most, reach = self.lag.tile, self.lag.reach
        # Tiles of one length: registers get another shape seldom.
        tile = max(reach, -(-(end - begin) // -(-(end - begin) // most)))
        inner = [(0, n) for n in self.program.geometry.cut.loop[1:]]
        result = []
        for start in range(begin, end, tile):
            stop = min(start + tile, end)
            at = start * self.strides[0]
            line = slice(at, at + self.lag.length(stop - start))
            result.append(Strip(self.program.tile_at(((start, stop), *inner)), line))
        return tuple(result)

    def elements(self, mask: int) -> int:
        """Return the elements of a tile along the axes of a mask."""
        tile = self.program.geometry.cut.tile
        return prod([n for g, n in enumerate(tile) if mask >> g & 1])


def tiled(geometry: Geometry, lag: Lag) -> Geometry:
    """Return a geometry whose tiles go along the outermost axis as a lag says."""
    split = geometry.cut
    tile = (lag.tile, *split.loop[1:])
    return geometry._replace(cut=Cut(split.loop, split.folded, tile, tile))


def shifts(
    place: np.ndarray, operands: Sequence[tuple[int, np.ndarray]]
) -> dict[int, int] | None:
    """Return how many elements behind what is written each operand lies.

    `operands` are registers that read the base, and the views that they are, collapsed
    as the program's geometry says. None if one of them is no shifted `place`.
    """
    here = _address(place)
    result = {}
    for register, array in operands:
        if array.shape != place.shape or array.strides != place.strides:
            return None
        result[register] = (_address(array) - here) // place.itemsize
    return result


def _address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def flat(base: np.ndarray) -> np.ndarray | None:
    """Return an array's elements as they lie in memory; None if they have gaps."""
    if base.flags.c_contiguous:
        return base.reshape(-1)
    laid = base.transpose(longest_first(base.strides))
    return laid.reshape(-1) if laid.flags.c_contiguous else None


def layout(
    base: np.ndarray,
    place: np.ndarray,
    program: TileProgram,
    lag: Lag,
) -> Layout:
    """Return how a stage writes around what it reads.

    Parameters
    ----------
    base : ndarray
        What is updated.
    place : ndarray
        The region that is written, collapsed as the program's geometry says.
    program : TileProgram
    lag : Lag
    """
    strides = tuple([s // base.itemsize for s in place.strides])
    first = (_address(place) - _address(base)) // base.itemsize
    ((_, output, direct),) = program.loop_outputs
    early, late = program.steps, []
    held = [(k, at, dtype, mask) for k, at, dtype, mask in program.scratch]
    if direct and early[-1][5] == output and stores(program.stage, lag.shifts):
        early, late = early[:-1], early[-1:]
    elif direct:
        held.append((output, program.nbytes, program.dtype(output), program.full))
    elif output in lag.shifts:  # what is only read must not be read late
        early = [(1, _copied, output, 0, 0, program.count, 0)]
        output = program.count
        held.append((output, program.nbytes, base.dtype, program.full))
    lined = bool(late) and lag.dense and _takes_lines(program, lag.shifts)
    if lined:
        early, late = program.steps, []
        held.append(_last(program, held))
    made = Layout(lag, program, first, strides, early, late, output, (), 0, (), {})
    sizes: dict[int, int] = {}
    for _, at, dtype, mask in held:
        size = made.lag.length(lag.tile) if lined else made.elements(mask)
        sizes[at] = max(sizes.get(at, 0), size * dtype.itemsize)
    places, nbytes = {}, 0
    for at in sorted(sizes):
        places[at] = nbytes
        nbytes += aligned(sizes[at])
    slots = tuple([Scratch(k, places[at], dtype, mask) for k, at, dtype, mask in held])
    lines = tuple(lag.shifts.items()) if lined else ()
    return made._replace(slots=slots, nbytes=nbytes, lines=lines)


def _last(program: TileProgram, held: list[_Held]) -> _Held:
    """Return where the last call's result lies: on an operand, if one of its size is there."""
    _, _, *args, output, _ = program.steps[-1]
    dtype = program.dtype(output)
    there = {k: at for k, at, other, _ in held if other == dtype}
    at = next((there[k] for k in args if k in there), program.nbytes)
    return output, at, dtype, program.full


def _copied(array: np.ndarray, out: np.ndarray) -> None:
    np.copyto(out, array)


def _takes_lines(program: TileProgram, shifts: dict[int, int]) -> bool:
    """Whether all calls can run over lines."""
    moving = {k for k in range(program.first) if program.masks[k]}
    return (
        len(program.geometry.groups) > 1
        and moving == set(shifts)
        and not program.ramps
        and len(program.steps) > 1
        and all(step[0] not in (MANY, MANY_INTO) for step in program.steps)
        and all(mask == program.full for *_, mask in program.scratch)
    )


class AroundRun(Run):
    """One run of a stage that writes around what it reads."""

    __slots__ = ("bands", "between", "layout", "line", "lines")

    def __init__(
        self,
        made: Layout,
        base: np.ndarray,
        operands: list[Any],
        targets: list[np.ndarray],
    ) -> None:
        super().__init__(made.program, operands, targets, BandLane)
        self.layout = made
        elements: Any = flat(base)
        self.lines = [(k, elements[made.first + shift :]) for k, shift in made.lines]
        self.line = elements[made.first :]
        self.between = gaps(self.line, targets[0].shape, made.strides)
        self.bands = made.bands(1)

    def run(self, count: int) -> None:
        """Do all bands with so many threads, and then the seams."""
        self.bands = self.layout.bands(count)
        with floating.noted(self.program.places) as scene:
            scene.run(self._through, count, scene.notes)

    def _through(self, count: int, notes: floating.Notes) -> None:
        number = len(self.bands.strips)
        if number == 1:
            self._work(iter([0, None]).__next__)
            return
        seams = BandLane(self, sets=1)
        try:
            seams.open_seams()
            threads.run(self._work, number, count, notes)
            seams.store(seams.sets[0], seams.seams(self.targets[0]))
        finally:
            seams.close()


def gaps(line: np.ndarray, extents: Shape, strides: Shape) -> list[np.ndarray]:
    """Return the elements of a line that lie between those of an array, axis by axis."""
    result = []
    for axis, step in enumerate(strides):
        pairs = zip(extents[axis + 1 :], strides[axis + 1 :], strict=True)
        row = 1 + sum([(n - 1) * s for n, s in pairs])
        if step > row:
            shape = (*extents[:axis], extents[axis] - 1, step - row)
            steps = [s * line.itemsize for s in (*strides[: axis + 1], 1)]
            at = row * line.itemsize
            result.append(np.ndarray(shape, line.dtype, line, at, steps))
    return result


class BandLane(Lane):
    """One thread's registers: two sets of them, for a tile and the one before it."""

    __slots__ = ("between", "lines", "made", "notes", "run", "sets", "shaped")

    def __init__(self, run: Run, sets: int = _SETS) -> None:
        assert isinstance(run, AroundRun)
        self.run = run
        self.made = made = run.layout
        super().__init__(run, sets * made.nbytes)
        self.r.append(None)  # for what is copied
        self.sets = (self.r, [*self.r])
        self.lines = ([*self.r], [*self.r]) if made.lines else ()
        self.shaped: list[Shape] = [(), ()]
        self.between: list[list[np.ndarray]] = [[], []]
        self.notes: Any = np.geterrcall()

    def close(self) -> None:
        """Hand the scratch back."""
        self.sets = self.lines = ()  # type: ignore[assignment]
        self.between = []
        super().close()

    def part(self, number: int) -> None:
        """Do one band, tile by tile."""
        before, which = None, 0
        for strip in self.run.bands.strips[number]:
            self._compute(strip, which)
            which = 1 - which
            if before is not None:
                self._store_tile(before, which)
            before = strip
        if before is not None:
            self._store_tile(before, 1 - which)

    def _compute(self, strip: Strip, which: int) -> None:
        tile, program = strip.tile, self.program
        r = self.r = self.sets[which]
        if tile.extents != self.shaped[which]:
            self._shape(tile.extents, which)
        if self.lines and self._over_lines(self.lines[which], strip.line):
            return
        keys = tile.keys
        for k, array, mask in self.moving:
            r[k] = array[keys[mask]]
        if program.ramps:
            self._ramps(tile.ranges)
        run_steps(self.made.early, r, program.places)

    def _over_lines(self, lines: list[Any], part: slice) -> bool:
        """Compute a tile over lines of the base; say whether there were no errors."""
        for k, line in self.run.lines:
            lines[k] = line[part]
        notes = self.notes
        before = notes.found
        notes.found = set()
        run_steps(self.made.early, lines, self.program.places)
        found, notes.found = notes.found, before
        return not found

    def _store_tile(self, strip: Strip, which: int) -> None:
        tile, r = strip.tile, self.sets[which]
        if not self.lines:
            self.store(r, self.targets[0][tile.keys[self.program.full]])
            return
        start = tile.ranges[0][0]
        for here, there in zip(self.between[which], self.run.between, strict=True):
            # Between steps of the outermost axis there is one gap less than steps.
            np.copyto(here, there[start : start + len(here)])
        np.copyto(self.run.line[strip.line], self.lines[which][self.made.output])

    def store(self, r: list[Any], target: np.ndarray) -> None:
        """Store what has been computed in the registers."""
        made = self.made
        if made.late:
            r[made.output] = target
            run_steps(made.late, r, self.program.places)
        else:
            np.copyto(target, r[made.output])

    def _shape(self, extents: Shape, which: int) -> None:
        """Give a set of registers the shape of a tile, and of its line."""
        self.shaped[which] = extents
        made, r = self.made, self.sets[which]
        start = which * made.nbytes
        length = made.lag.length(extents[0])
        for register, offset, dtype, mask in made.slots:
            at = start + offset
            if not self.lines:
                shape = [n if mask >> g & 1 else 1 for g, n in enumerate(extents)]
                r[register] = np.ndarray(shape, dtype, self.scratch, at)
                continue
            line = np.ndarray((length,), dtype, self.scratch, at)
            self.lines[which][register] = line
            steps = [s * dtype.itemsize for s in made.strides]
            r[register] = np.ndarray(extents, dtype, line, 0, steps)
            if register == made.output:
                self.between[which] = gaps(line, extents, made.strides)

    # --- seams --------------------------------------------------------------

    def seams(self, array: np.ndarray) -> np.ndarray:
        """Return the parts of an operand in all seams, with an axis more in front."""
        if len(array) == 1:
            return array[None]
        steps, seam, strips = self.run.bands
        count = len(strips) - 1
        whole = array[: count * steps].reshape(count, steps, *array.shape[1:])
        return whole[:, steps - seam :]

    def open_seams(self) -> None:
        """Compute what the seams will hold."""
        program, r = self.program, self.sets[0]
        steps, seam, strips = self.run.bands
        for k, array, _ in self.moving:
            r[k] = self.seams(array)
        extents = (seam, *program.geometry.cut.loop[1:])
        for register, offset, dtype, mask in self.made.slots:
            shape = [n if mask >> g & 1 else 1 for g, n in enumerate(extents)]
            shape.insert(0, len(strips) - 1 if mask & 1 else 1)
            r[register] = np.ndarray(shape, dtype, self.scratch, offset)
        for register, start, along in program.ramps:
            shape = [n if step else 1 for n, step in zip(extents, along, strict=True)]
            shape.insert(0, len(strips) - 1 if along[0] else 1)
            first = start + along[0] * (steps - seam)
            ramp = Progression(first, (along[0] * steps, *along), tuple(shape))
            self._ramp(register, ramp)
        run_steps(self.made.early, r, program.places)
