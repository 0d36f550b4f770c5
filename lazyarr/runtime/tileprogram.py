"""What is done in a tile: calls that write into scratch, and which scratch is whose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple, TypeAlias, TYPE_CHECKING

import numpy as np

from lazyarr.ops.row import Fold, Kind
from lazyarr.plan.model import LOOP, Stage
from lazyarr.runtime import floating
from lazyarr.runtime.floating import Place
from lazyarr.runtime.whole import applies_layout

if TYPE_CHECKING:
    from lazyarr.plan.cut import Ranges
    from lazyarr.ir.node import Shape
    from lazyarr.runtime.geometry import Geometry

# (form, function, up to three operands, result, place)
Step: TypeAlias = tuple[int, Callable[..., Any], Any, int, int, int, int]

MANY_INTO = 9  # form of calls with more operands; those with fewer are numbered by them
MANY = 10  # the result is a new array
_ALIGNMENT = 64
_ALL = slice(None)
_TILES = 512  # of one program, kept ready


@floating.loop
def run_steps(steps: Sequence[Step], r: list[Any], places: Sequence[Place]) -> None:
    """Run the calls of a tile over its registers."""
    at = 0
    try:
        for form, f, a, b, c, o, at in steps:
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


class Scratch(NamedTuple):
    """Where a register lies while a tile is worked on."""

    register: int
    offset: int
    dtype: np.dtype[Any]
    mask: int


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
    masks : list of int
        Of every register: one bit for each group of axes that it goes along.
    steps, foldings, after
        What is done in every tile; the reductions of a tile; and what is done on the
        kept axes when a part is complete.
    direct : set of int
        Outputs that a step writes itself; the others are copied.
    nbytes : int
        Of the scratch.
    """

    def __init__(
        self, stage: Stage, geometry: Geometry, input_masks: list[int]
    ) -> None:
        self.stage = stage
        self.geometry = geometry
        self.first = len(stage.inputs)
        self.count = self.first + len(stage.body)
        self.folded = sum(1 << g for g, fold in enumerate(geometry.cut.folded) if fold)
        self.full = (1 << len(geometry.groups)) - 1
        self.rowwise = stage.kind == "rowwise"
        self.masks = list(input_masks)
        self.places = [Place(i.op.name, i.where) for i in stage.body]
        self.steps: list[Step] = []
        self.after: list[Step] = []
        self.foldings: list[Folding] = []
        self.ramps: list[tuple[int, int, int, int]] = []
        self.scratch: list[Scratch] = []
        self.direct: set[int] = set()
        self.nbytes = 0
        self._spaces = [entry.space for entry in stage.inputs]
        self.late = {k for k, s in enumerate(self._spaces) if s != LOOP}
        for number, instr in enumerate(stage.body):
            self._spaces.append(instr.space)
            self.masks.append(self._mask(number))
        self.last = self._last_readers()
        self._lay_out()
        for number in range(len(stage.body)):
            self._step(number)
        self._derive()

    def _derive(self) -> None:
        """Work out what runs ask for again and again."""
        split = self.geometry.cut
        self.parts = split.count
        self.pieces = split.pieces
        self.axes = tuple(g for g, yes in enumerate(split.folded) if yes)
        self.whole = tuple(split.loop[g] for g in self.axes)
        # Of these stages a part is one tile.
        self.single = self.rowwise or not self.foldings
        self.loop_outputs = self._outputs(loop=True)
        self.kept_outputs = self._outputs(loop=False)
        self._used = {*self.masks[: self.first], self.full} - {0}
        self._tiles: dict[int, Tile] = {}

    def tile(self, number: int) -> Tile:
        """Return a part of a stage whose parts are tiles."""
        found = self._tiles.get(number)
        if found is None:
            found = self.tile_at(self.geometry.cut.ranges(number))
            if number < _TILES:
                self._tiles[number] = found
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

    def _mask(self, number: int) -> int:
        instr = self.stage.body[number]
        if instr.op.name == "iota":
            axis = instr.params[0]
            if axis < 0:
                return 0
            if instr.space != LOOP:
                kept = range(len(self.stage.loop))
                axis = [k for k in kept if k not in self.stage.axes][axis]
            return self.geometry.mask((axis,))
        if instr.op.kind is Kind.REDUCE:
            return self.full & ~self.folded
        mask = 0
        for arg in instr.args:
            mask |= self.masks[arg]
        return mask

    # --- scratch ------------------------------------------------------------

    def _last_readers(self) -> list[int]:
        """Return the last instruction that reads each register."""
        last = [-1] * self.count
        for number, instr in enumerate(self.stage.body):
            for arg in instr.args:
                last[arg] = number
        for output in self.stage.outputs:
            last[output.register] = len(self.stage.body)
        return last

    def _in_scratch(self, register: int) -> bool:
        number = register - self.first
        if number < 0:
            return False
        instr = self.stage.body[number]
        return self._spaces[register] == LOOP and instr.op.kind is Kind.MAP

    def _nbytes(self, register: int) -> int:
        tile = self.geometry.cut.tile
        mask = self.masks[register]
        elements = prod(n for g, n in enumerate(tile) if mask >> g & 1)
        itemsize = self.stage.body[register - self.first].dtype.itemsize
        return -(-elements * itemsize // _ALIGNMENT) * _ALIGNMENT

    def _lay_out(self) -> None:
        """Give every register of the loop its scratch, or an output to lie in."""
        stage = self.stage
        home: dict[int, int] = {}  # register: slot, or -1 - output
        sizes: list[int] = []
        free: list[int] = []
        guests = self._guests(home)
        self.guests = sorted(guests.items())
        for number, instr in enumerate(stage.body):
            register = self.first + number
            target = self._overwritten(number, home)
            for arg in set(instr.args):
                if (
                    arg != target
                    and self.last[arg] == number
                    and home.get(arg, -1) >= 0
                ):
                    free.append(home[arg])
            if not self._in_scratch(register) or register in home:
                if target is not None and home.get(target, -1) >= 0:
                    free.append(home[target])
                continue
            if register in guests:
                home[register] = -1 - guests[register]
                if target is not None and home[target] >= 0:
                    free.append(home[target])
                continue
            need = self._nbytes(register)
            if target is not None:
                home[register] = home[target]
            else:
                home[register] = self._slot(need, sizes, free, number, instr.args, home)
        offsets = [0]
        for size in sizes:
            offsets.append(offsets[-1] + size)
        self.nbytes = offsets[-1]
        self.home = home
        for register, slot in home.items():
            if slot >= 0:
                dtype = stage.body[register - self.first].dtype
                mask = self.masks[register]
                self.scratch.append(Scratch(register, offsets[slot], dtype, mask))

    def _slot(
        self,
        need: int,
        sizes: list[int],
        free: list[int],
        number: int,
        args: Sequence[int],
        home: dict[int, int],
    ) -> int:
        """Return a free slot that is large enough, or a new one.

        A slot whose register is read by this very instruction is not free yet.
        """
        busy = {home[a] for a in args if a in home}
        fitting = [s for s in free if sizes[s] >= need and s not in busy]
        if fitting:
            best = min(fitting, key=sizes.__getitem__)
            free.remove(best)
            return best
        sizes.append(need)
        return len(sizes) - 1

    def _guests(self, home: dict[int, int]) -> dict[int, int]:
        """Put what is an output into it; return who else may lie there before.

        The memory of an output is touched anyway, so that it serves as scratch until
        the output itself is computed.
        """
        stage = self.stage
        guests: dict[int, int] = {}
        for k, output in enumerate(stage.outputs):
            register = output.register
            if (
                register in home
                or not self._in_scratch(register)
                or self.masks[register] != self.full
            ):
                continue
            if stage.region is not None:
                home[register] = -1 - k
                self.direct.add(k)
                continue
            home[register] = -1 - k
            self.direct.add(k)
            self._find_guests(register, k, guests)
        return guests

    def _find_guests(self, register: int, k: int, guests: dict[int, int]) -> None:
        end = register - self.first
        itemsize = self.stage.body[end].dtype.itemsize
        busy_until = -1
        for number in range(end):
            guest = self.first + number
            instr = self.stage.body[number]
            if (
                guest not in guests
                and self._in_scratch(guest)
                and self.masks[guest] == self.full
                and instr.dtype.itemsize == itemsize
                and number > busy_until
                and self.last[guest] < end
                and all(output.register != guest for output in self.stage.outputs)
            ):
                guests[guest] = k
                busy_until = self.last[guest]

    def _overwritten(self, number: int, home: dict[int, int]) -> int | None:
        """Return an operand whose scratch the result may take over."""
        instr = self.stage.body[number]
        register = self.first + number
        if not isinstance(instr.op.numpy, np.ufunc) or not self._in_scratch(register):
            return None
        dtypes = [instr.dtype]
        for arg in instr.args:
            if arg >= self.first:
                dtypes.append(self.stage.body[arg - self.first].dtype)
        if applies_layout(instr.op, dtypes):
            return None
        for arg in instr.args:
            if (
                home.get(arg, -1) >= 0
                and self.last[arg] == number
                and self.masks[arg] == self.masks[register]
                and self.stage.body[arg - self.first].dtype == instr.dtype
            ):
                return arg
        return None

    def dtype(self, register: int) -> np.dtype[Any]:
        """Return the dtype of a register that an instruction computes."""
        return self.stage.body[register - self.first].dtype

    # --- steps --------------------------------------------------------------

    def _step(self, number: int) -> None:
        instr = self.stage.body[number]
        register = self.first + number
        if instr.op.kind is Kind.REDUCE:
            fold = instr.op.fold
            assert fold is not None
            self.foldings.append(Folding(fold, instr.args[0], register, number))
            if self.rowwise:
                axes = tuple(g for g, yes in enumerate(self.geometry.cut.folded) if yes)
                row = _RowFold(instr.op.numpy, axes)
                self.steps.append((MANY, row, instr.args, 0, 0, register, number))
            return
        if instr.op.name == "iota":
            _, start, step = instr.params
            self.ramps.append((register, start, step, self.masks[register]))
            return
        function: Callable[..., Any] = instr.op.numpy
        args = instr.args
        late = self._spaces[register] != LOOP
        if late:
            if instr.op.name == "astype":
                function = _Cast(instr.dtype)
            steps = self.steps if self.rowwise else self.after
            steps.append((MANY, function, args, 0, 0, register, number))
            return
        if len(args) <= 3:
            a, b, c = (*args, 0, 0)[:3]
            step: Step = (len(args), function, a, b, c, register, number)
        else:
            step = (MANY_INTO, function, args, 0, 0, register, number)
        self.steps.append(step)

    def _outputs(self, *, loop: bool) -> list[tuple[int, int, bool]]:
        """Return the outputs of a space: (number, register, whether it lies there)."""
        result = []
        for k, output in enumerate(self.stage.outputs):
            if (self._spaces[output.register] == LOOP) == loop:
                result.append((k, output.register, k in self.direct))
        return result


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
