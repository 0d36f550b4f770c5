"""What is done in a tile: calls that write into scratch, and which scratch is whose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazyarr.named import NamedTuple
from lazyarr.ops.row import Fold, Kind
from lazyarr.plan.model import LOOP, Instr, Stage, ramp_over_loop, stream_places
from lazyarr.plan.scratch import arranged
from lazyarr.runtime import floating
from lazyarr.runtime.columns import ByColumn, is_short, takes_columns
from lazyarr.runtime.ramps import counted

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.cut import Ranges
    from lazyarr.plan.geometry import Geometry
    from lazyarr.runtime.floating import Origin

# (form, function, up to three operands, result, place)
Step: TypeAlias = tuple[int, Callable[..., Any], Any, int, int, int, int]

MANY_INTO = 9  # form of calls with more operands; those with fewer are numbered by them
MANY = 10  # the result is a new array
_ALL = slice(None)
_COUNTS = (np.dtype(np.intp), np.dtype(np.float64))  # which add ones exactly
_TILES = 512  # of one program, kept ready


@floating.loop
def run_steps(steps: Sequence[Step], r: list[Any], places: Sequence[Origin]) -> None:
    """Run the calls of a tile over its registers."""
    at = 0
    try:
        for form, f, a, b, c, o, at in steps:  # noqa: B007 - Notes reads it
            if form == 2:
                f(r[a], r[b], r[o])
            elif form == 1:
                f(r[a], r[o])
            elif form == 3:
                f(r[a], r[b], r[c], r[o])
            elif form == MANY_INTO:
                f(*[r[k] for k in a], r[o])
            else:
                r[o] = f(*[r[k] for k in a])
    except Exception as error:
        raise floating.failure(error, places[at]) from error


class Folding(NamedTuple):
    """A reduction of a tile's register."""

    fold: Fold
    register: int
    result: int
    at: int


class Tile(NamedTuple):
    """A tile as it is used: where it begins and ends, and what to index with."""

    ranges: Ranges
    extents: Shape
    keys: dict[int, Any]
    """By the mask of an operand."""


class TileProgram:
    """The steps of one stage under one geometry.

    Registers are the stage's own, followed by one for every output.

    Attributes
    ----------
    loose : frozenset of int
        Inputs whose rows along a short innermost axis do not follow one another.
    counted : dict of int to int
        Registers of ones and zeros that are only added, and of the booleans behind them.
    masks : list of int
        Of every register: one bit for each group of axes that it goes along.
    steps, foldings, after
        What is done in every tile; the reductions of a tile; and what is done on the
        kept axes when a part is complete.
    direct : set of int
        Outputs that a step writes itself; the others are copied.
    guests : list of (int, int, dtype or None)
        Registers that lie where a direct output will, the register of that, and their
        dtype if it is another one.
    nbytes : int
        Of the scratch.
    buffer : int
        Elements of NumPy's buffers; 0 for its own choice.
    """

    def __init__(
        self,
        stage: Stage,
        geometry: Geometry,
        input_masks: list[int],
        layout: Sequence[int] = (),
        loose: frozenset[int] = frozenset(),
        truths: frozenset[int] = frozenset(),
        spent: frozenset[int] = frozenset(),
        buffer: int = 0,
    ) -> None:
        self.buffer = buffer
        self.stage = stage
        self.geometry = geometry
        self.first = len(stage.inputs)
        self.count = self.first + len(stage.body)
        self.folded = sum(1 << g for g, fold in enumerate(geometry.cut.folded) if fold)
        self.full = (1 << len(geometry.groups)) - 1
        self.rowwise = stage.kind == "rowwise"
        # Where bits depend on how operands lie, calls must be NumPy's own.
        self.short = not layout and is_short(geometry)
        self.loose = loose
        self.places = stage.body
        self.steps: list[Step] = []
        self.after: list[Step] = []
        self.foldings: list[Folding] = []
        self.ramps: list[tuple[int, int, Shape]] = []
        self.streams = stream_places(stage)
        self._spaces = [entry.space for entry in stage.inputs]
        self.late = {k for k, s in enumerate(self._spaces) if s != LOOP}
        for instr in stage.body:
            self._spaces.append(instr.space)
        fussy = {self.first + number for number in layout}
        self.masks, homes = arranged(stage, geometry, input_masks, fussy, spent)
        self.scratch = homes.slots()
        self.guests = [self._guest(*pair) for pair in sorted(homes.guests.items())]
        self.direct = homes.direct
        self.nbytes = homes.nbytes
        self.counted = {} if self.rowwise else self._countable(truths)
        for number in range(len(stage.body)):
            self._step(number)
        self._derive()

    def _derive(self) -> None:
        """Work out what runs ask for again and again."""
        split = self.geometry.cut
        self.parts = split.parts
        self.pieces = split.pieces
        self.axes = tuple(g for g, yes in enumerate(split.folded) if yes)
        self.whole = tuple(split.loop[g] for g in self.axes)
        # Of these stages a part is one tile.
        self.single = self.rowwise or not self.foldings
        # And of those whose reductions a tile completes.
        self.lone = not self.single and split.part == split.tile and split.pieces == 1
        self.loop_outputs = self._outputs(loop=True)
        self.kept_outputs = self._outputs(loop=False)
        self._used = {*self.masks[: self.first], self.full} - {0}
        self._tiles: dict[int, Tile] = {}
        self._parts: dict[int, tuple[Ranges, list[Tile]]] = {}

    def tile(self, number: int) -> Tile:
        """Return a part of a stage whose parts are tiles."""
        found = self._tiles.get(number)
        if found is None:
            found = self.tile_at(self.geometry.cut.ranges(number))
            if number < _TILES:
                self._tiles[number] = found
        return found

    def part(self, number: int) -> tuple[Ranges, list[Tile]]:
        """Return where a part of a stage begins and ends, and its tiles."""
        found = self._parts.get(number)
        if found is None:
            split = self.geometry.cut
            ranges = split.ranges(*divmod(number, self.pieces))
            found = ranges, [self.tile_at(tile) for tile in split.tiles(ranges)]
            if (number + 1) * len(found[1]) <= _TILES:
                self._parts[number] = found
        return found

    def tile_at(self, ranges: Ranges) -> Tile:
        """Return the tile with these starts and stops."""
        slices = [slice(start, stop) for start, stop in ranges]
        extents = tuple([stop - start for start, stop in ranges])
        if len(slices) == 1:
            return Tile(ranges, extents, {1: slices[0]})
        keys = {
            mask: tuple([s if mask >> g & 1 else _ALL for g, s in enumerate(slices)])
            for mask in self._used
        }
        return Tile(ranges, extents, keys)

    def _ramp(self, instr: Instr) -> tuple[int, Shape]:
        return ramp_over_loop(instr, self.stage.axes, len(self.stage.loop))

    def dtype(self, register: int) -> np.dtype[Any]:
        """Return the dtype of a register that an instruction computes."""
        return self.stage.body[register - self.first].dtype

    def _guest(self, register: int, number: int) -> tuple[int, int, DType | None]:
        """Return a register, the output in whose memory it lies, and its dtype if another."""
        host = self.stage.outputs[number].register
        dtype = self.dtype(register)
        return register, host, None if dtype == self.dtype(host) else dtype

    def _countable(self, truths: frozenset[int]) -> dict[int, int]:
        """Return registers of ones and zeros, made of booleans for one sum over all.

        Of every one: the register of booleans. Counting them is ten times as fast as
        adding numbers, and as exact.
        """
        stage, first = self.stage, self.first
        if len(stage.axes) < len(stage.loop):
            return {}
        readers: dict[int, list[str]] = {o.register: [""] for o in stage.outputs}
        for instr in stage.body:
            for arg in instr.args:
                readers.setdefault(arg, []).append(instr.op.name)
        found = {}
        for register, instr in enumerate(stage.body, first):
            if instr.op.name != "astype" or instr.dtype not in _COUNTS:
                continue
            (arg,) = instr.args
            told = arg in truths or (arg >= first and self.dtype(arg) == np.bool_)
            if told and readers.get(register) == ["sum"]:
                found[register] = arg
        return found

    # --- steps --------------------------------------------------------------

    def _step(self, number: int) -> None:
        instr = self.stage.body[number]
        register = self.first + number
        if instr.op.kind is Kind.REDUCE:
            fold, arg = instr.op.fold, instr.args[0]
            assert fold is not None
            if arg in self.counted:
                arg, fold = self.counted[arg], _counts(fold, instr.dtype)
            self.foldings.append(Folding(fold, arg, register, number))
            if self.rowwise:
                axes = tuple(g for g, yes in enumerate(self.geometry.cut.folded) if yes)
                row = _RowFold(instr.op.numpy, axes)
                self.steps.append((MANY, row, instr.args, 0, 0, register, number))
            return
        if instr.op.name == "iota":
            start, strides = self._ramp(instr)
            # Axes of a group run as one: the innermost tells how far a step goes.
            along = tuple([strides[group[-1]] for group in self.geometry.groups])
            self.ramps.append((register, start, along))
            return
        if register in self.counted:
            return
        args, late = instr.args, self._spaces[register] != LOOP
        function = self._function(instr, late)
        if late:
            steps = self.steps if self.rowwise else self.after
            steps.append((MANY, function, args, 0, 0, register, number))
            return
        if self._by_column(instr, register):
            step: Step = (MANY_INTO, ByColumn(function), args, 0, 0, register, number)
        elif len(args) <= 3:
            a, b, c = (*args, 0, 0)[:3]
            step = (len(args), function, a, b, c, register, number)
        else:
            step = (MANY_INTO, function, args, 0, 0, register, number)
        self.steps.append(step)

    def _function(self, instr: Instr, late: bool) -> Callable[..., Any]:
        """Return what an instruction calls, `late` if for results of folds."""
        if late:
            return _Cast(instr.dtype) if instr.op.name == "astype" else instr.op.numpy
        if not instr.op.draws and not self.streams.isdisjoint(instr.args):
            return partial(counted, dtype=instr.dtype)
        return instr.op.numpy

    def _by_column(self, instr: Instr, register: int) -> bool:
        """Whether a call is better made for each place along a short innermost axis."""
        mask = self.masks[register]
        inner = 1 << len(self.geometry.groups) - 1
        if not self.short or not mask & inner or not mask & ~inner:
            return False
        args = [arg for arg in instr.args if self.masks[arg]]
        uneven = any(self.masks[a] != mask or a in self.loose for a in args)
        return uneven and takes_columns(instr.op) and self.streams.isdisjoint(args)

    def _outputs(self, *, loop: bool) -> list[tuple[int, int, bool]]:
        """Return the outputs of a space: (number, register, whether it lies there)."""
        result = []
        for k, output in enumerate(self.stage.outputs):
            if (self._spaces[output.register] == LOOP) == loop:
                result.append((k, output.register, k in self.direct))
        return result


def _counts(fold: Fold, dtype: np.dtype[Any]) -> Fold:
    """Return the fold of a sum of ones and zeros, over booleans."""

    def partial(tile: Any, *_: Any) -> tuple[Any]:
        return (dtype.type(np.count_nonzero(tile)),)

    return fold._replace(partial=partial)


class _Cast:
    """``astype`` into a new array."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def __call__(self, x: Any) -> Any:
        return np.asarray(x).astype(self.dtype)


class _RowFold:
    """A reduction of whole rows, which keeps the reduced axes with one element."""

    __slots__ = ("axes", "function")

    def __init__(self, function: Callable[..., Any], axes: Shape) -> None:
        self.function = function
        self.axes = axes

    def __call__(self, x: np.ndarray) -> Any:
        result = np.asarray(self.function(x, self.axes))
        return result.reshape(one_on(x.shape, self.axes))


def one_on(shape: Shape, axes: Sequence[int]) -> Shape:
    """Return the shape with one element on the given axes."""
    return tuple(1 if k in axes else n for k, n in enumerate(shape))
