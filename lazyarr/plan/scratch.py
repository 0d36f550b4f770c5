"""Which memory each register of a tile lies in, so that few buffers serve many."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, TypeVar

from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.ops.standard import TAKES_OUT
from lazyarr.plan.geometry import geometry_of, planned, ramps
from lazyarr.plan.model import LOOP, ramp_over_loop, stream_places
from lazyarr.plan.quantities import aligned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType, Op
    from lazyarr.plan.cut import Cut
    from lazyarr.plan.geometry import Geometry
    from lazyarr.plan.model import Stage, Value

Made = TypeVar("Made")

_WIDER = 2  # times a tile, where only longer ones keep vectors together
MOST = 2 << 20
"""Bytes of a thread's scratch from which its tiles are made smaller."""
SMALLEST = 32_768
"""Elements that a tile then keeps: threads that take smaller ones wait for one another,
for only one of them at a time can be between two calls of NumPy."""


def applies_layout(op: Op, dtypes: Sequence[DType]) -> bool:
    """Whether NumPy's bits of an op depend on how its operands lie in memory."""
    return any(dtype.char in op.layout_bits for dtype in dtypes)


def depends_on_layout(stage: Stage, values: tuple[Value, ...]) -> list[bool]:
    """Return of every instruction whether its bits depend on how operands lie."""
    dtypes = [values[entry.value].dtype for entry in stage.inputs]
    dtypes += [instr.dtype for instr in stage.body]
    return [
        bool(i.op.layout_bits)
        and applies_layout(i.op, [i.dtype, *[dtypes[a] for a in i.args]])
        for i in stage.body
    ]


class Tiling(NamedTuple):
    """The tiles of a stage.

    Attributes
    ----------
    elements : int
        Of a tile, at most.
    cut : Cut
    scratch : int
        Bytes that a thread has for its registers.
    ramps : int
        Bytes of the index ramps that it makes for a tile.
    kept : bool
        Whether bits are those of whole arrays; if not, there are no tiles.
    """

    elements: int
    cut: Cut
    scratch: int
    ramps: int
    kept: bool


def tile_of(
    stage: Stage,
    values: tuple[Value, ...],
    elements: int,
    spent: frozenset[int] = frozenset(),
) -> Tiling:
    """Return the tiles of a stage as the executor makes them for arrays in C order."""
    laid = planned(stage, values)
    strides = [s for s in laid if s is not None] + ramps(stage)
    layout = [k for k, yes in enumerate(depends_on_layout(stage, values)) if yes]
    geometry = geometry_of(stage, strides, elements, straight=bool(layout))
    inputs = [
        0 if s is None else geometry.mask([k for k, step in enumerate(s) if step])
        for s in laid[: len(stage.inputs)]
    ]
    fussy = {len(inputs) + number for number in layout}
    masks, homes = arranged(stage, geometry, inputs, fussy, spent)
    whole = max(prod(geometry.cut.tile), 1)

    def tried(size: int) -> tuple[tuple[Geometry, int], int, bool]:
        made = geometry
        if size != elements:
            made = geometry_of(stage, strides, size, straight=bool(layout))
        # Of tiles that differ in their length alone.
        need = homes.nbytes * prod(made.cut.tile) // whole
        return (made, need), need, keeps_bits(stage, made, masks, layout)

    size, (found, need), kept = fitting(elements, layout, tried)
    streams = stream_places(stage)
    made = sum(
        prod(n for g, n in enumerate(found.cut.tile) if mask >> g & 1)
        * instr.dtype.itemsize
        for register, (instr, mask) in enumerate(
            zip(stage.body, masks[len(inputs) :], strict=True), len(inputs)
        )
        if instr.op.name == "iota" and mask and register not in streams
    )
    return Tiling(min(size, elements), found.cut, need, made, kept)


def fitting(
    elements: int,
    layout: Sequence[int],
    tried: Callable[[int], tuple[Made, int, bool]],
) -> tuple[int, Made, bool]:
    """Return the elements of a stage's tiles, what was made for them, whether bits keep.

    Smaller tiles, if there is too much in one; where bits depend on how operands lie,
    larger ones, if only these keep vectors together.

    Parameters
    ----------
    elements : int
        Of a tile, at most.
    layout : sequence of int
        Instructions whose bits depend on how operands lie.
    tried : callable
        Takes a number of elements; returns what is made for it, the bytes of a thread's
        scratch, and whether bits are those of whole arrays.
    """
    size, found = elements, tried(elements)
    if layout and not found[2]:
        size, found = _WIDER * elements, tried(_WIDER * elements)
    while found[1] > MOST and size > SMALLEST:
        smaller = tried(size // 2)
        if found[2] and not smaller[2]:
            break
        size, found = size // 2, smaller
    return size, found[0], found[2]


def keeps_bits(
    stage: Stage, geometry: Geometry, masks: Sequence[int], layout: Sequence[int]
) -> bool:
    """Whether NumPy's last bits of tiles would be those of whole arrays."""
    first, full = len(stage.inputs), (1 << len(geometry.groups)) - 1
    folded = [i.args[0] for i in stage.body if i.op.kind is Kind.REDUCE]
    if stage.kind == "rowwise" and any(masks[arg] != full for arg in folded):
        return False
    return not layout or (
        geometry.ordered and all(geometry.in_place(masks[first + k]) for k in layout)
    )


def arranged(
    stage: Stage,
    geometry: Geometry,
    inputs: Sequence[int],
    fussy: set[int],
    spent: frozenset[int],
) -> tuple[list[int], Homes]:
    """Return every register's mask, and the homes of those that are calculated.

    `inputs` are the masks of the operands; for `fussy` and `spent`, see `Homes`.
    """
    masks = list(inputs)
    full = (1 << len(geometry.groups)) - 1
    folded = sum(1 << g for g, fold in enumerate(geometry.cut.folded) if fold)
    calculated = set()
    for instr in stage.body:
        if instr.op.name == "iota":
            _, strides = ramp_over_loop(instr, stage.axes, len(stage.loop))
            mask = geometry.mask([k for k, s in enumerate(strides) if s])
        elif instr.op.kind is Kind.REDUCE:
            mask = full & ~folded
        else:
            mask = 0
            for arg in instr.args:
                mask |= masks[arg]
            if instr.space == LOOP and instr.op.kind is Kind.MAP:
                calculated.add(len(masks))
        masks.append(mask)
    tile = geometry.cut.tile
    return masks, Homes(stage, masks, tile, calculated, fussy, spent)


class Scratch(NamedTuple):
    """Where a register lies while a tile is worked on."""

    register: int
    offset: int
    dtype: np.dtype[Any]
    mask: int


class Homes:
    """Finds a home for every register of a stage's loop.

    A home is a *slot* of the scratch, which the next register takes over when nobody
    reads the one in it any more, or an output: the memory of an output is touched
    anyway, so that it serves others as *guests* until the output itself is computed.

    Parameters
    ----------
    stage : Stage
    masks : list of int
        Of every register: a bit for each axis that it goes along.
    extents : tuple of int
        Of a tile.
    calculated : set of int
        The registers that need a home.
    fussy : set of int
        Those that may not be computed where an update is to be stored, for there the
        memory has gaps.
    spent : set of int
        Outputs that may lie where an operand does: nothing else may.
    """

    def __init__(
        self,
        stage: Stage,
        masks: list[int],
        extents: Shape,
        calculated: set[int],
        fussy: set[int],
        spent: frozenset[int] = frozenset(),
    ) -> None:
        self.stage = stage
        self.masks = masks
        self.extents = extents
        self.calculated = calculated
        self.fussy = fussy if stage.region is not None else set()
        self.full = (1 << len(extents)) - 1
        self.first = len(stage.inputs)
        self.last = self._last_readers()
        self.home: dict[int, int] = {}  # register: slot, or -1 - output
        self.sizes: list[int] = []
        self.free: list[int] = []
        self.direct = self._place_outputs()
        self.guests: dict[int, int] = {}
        hosts = sorted(self.direct - spent)
        self.hosts = dict.fromkeys(hosts, -1)  # last reader of a guest
        for number in range(len(stage.body)):
            self._settle(number)

    @property
    def nbytes(self) -> int:
        """Bytes of all slots."""
        return sum(self.sizes)

    def slots(self) -> list[Scratch]:
        """Return the registers that lie in slots, and where."""
        offsets = [0]
        for size in self.sizes:
            offsets.append(offsets[-1] + size)
        return [
            Scratch(
                register, offsets[slot], self._dtype(register), self.masks[register]
            )
            for register, slot in self.home.items()
            if slot >= 0
        ]

    def _last_readers(self) -> list[int]:
        """Return the last instruction that reads each register, or else that writes it."""
        end = len(self.stage.body)
        last = [*[-1] * self.first, *range(end)]
        for number, instr in enumerate(self.stage.body):
            folds = instr.op.kind is Kind.REDUCE
            for arg in instr.args:
                # A tile is folded when all of its steps are done.
                last[arg] = max(last[arg], end if folds else number)
                if folds and self._casts(arg):  # those may be counted as they are
                    last[self.stage.body[arg - self.first].args[0]] = end
        for output in self.stage.outputs:
            last[output.register] = len(self.stage.body)
        return last

    def _dtype(self, register: int) -> DType:
        return self.stage.body[register - self.first].dtype

    def _casts(self, register: int) -> bool:
        """Whether a register is made of booleans, as numbers to be summed."""
        if register not in self.calculated:
            return False
        instr = self.stage.body[register - self.first]
        return instr.op.name == "astype" and (
            instr.args[0] >= self.first and self._dtype(instr.args[0]).kind == "b"
        )

    # --- outputs ------------------------------------------------------------

    def _place_outputs(self) -> set[int]:
        """Let outputs be computed right where they are stored, where that can be."""
        direct: set[int] = set()
        for k, output in enumerate(self.stage.outputs):
            register = output.register
            fits = register in self.calculated and self.masks[register] == self.full
            if fits and register not in self.home and register not in self.fussy:
                self.home[register] = -1 - k
                direct.add(k)
        return direct

    def _host(self, register: int) -> int | None:
        """Return an output that may hold a register before it is computed itself."""
        if self.stage.region is not None:  # may be what the stage still reads
            return None
        if self.masks[register] != self.full:
            return None
        number = register - self.first
        for k, busy_until in self.hosts.items():
            host = self.stage.outputs[k].register
            fits = self._dtype(register).itemsize == self._dtype(host).itemsize
            if fits and busy_until < number and self._leaves(register, k):
                return k
        return None

    def _leaves(self, register: int, k: int) -> bool:
        """Whether a guest is gone when the output that it lies in is written."""
        host = self.stage.outputs[k].register - self.first
        last = self.last[register]
        return last < host or (last == host and self._may_replace(register, host))

    def _invite(self, register: int, k: int) -> None:
        """Let a register lie where an output will."""
        self.guests[register] = k
        self.hosts[k] = self.last[register]

    # --- slots --------------------------------------------------------------

    def _settle(self, number: int) -> None:
        """Give the result of an instruction its home; free those of its operands."""
        instr = self.stage.body[number]
        register = self.first + number
        ending = {a for a in instr.args if self.last[a] == number and a in self.home}
        if register in self.calculated and register not in self.home:
            target = self._overwritten(number, ending)
            if target is None:
                # Those that end here are still read while the result is written.
                self.home[register] = self._place(register)
            else:
                self.home[register] = self.home[target]
                ending.discard(target)
                if target in self.guests:
                    self._invite(register, self.guests[target])
        self.free.extend(self.home[a] for a in ending if self.home[a] >= 0)

    def _place(self, register: int) -> int:
        """Return a free slot that is large enough, an output, or a new slot."""
        mask = self.masks[register]
        elements = prod(n for g, n in enumerate(self.extents) if mask >> g & 1)
        need = aligned(elements * self._dtype(register).itemsize)
        fitting = [slot for slot in self.free if self.sizes[slot] >= need]
        if fitting:
            best = min(fitting, key=self.sizes.__getitem__)
            self.free.remove(best)
            return best
        host = self._host(register)
        if host is not None:
            self._invite(register, host)
            return -1 - host
        self.sizes.append(need)
        return len(self.sizes) - 1

    def _overwritten(self, number: int, ending: set[int]) -> int | None:
        """Return an operand whose home the result may be written over."""
        register = self.first + number
        for arg in self.stage.body[number].args:
            if arg not in ending or not self._may_replace(arg, number):
                continue
            guest = self.guests.get(arg)
            if self.home[arg] >= 0 if guest is None else self._leaves(register, guest):
                return arg
        return None

    def _may_replace(self, arg: int, number: int) -> bool:
        """Whether an instruction may write its result over a register that it reads."""
        instr = self.stage.body[number]
        if not isinstance(instr.op.numpy, TAKES_OUT):
            return False
        dtypes = [self._dtype(a) for a in instr.args if a >= self.first]
        if applies_layout(instr.op, [*dtypes, instr.dtype]):
            return False
        alike = self.masks[arg] == self.masks[self.first + number]
        return alike and self._dtype(arg) == instr.dtype
