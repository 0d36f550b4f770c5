"""Which memory each register of a tile lies in, so that few buffers serve many."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from lazyarr.ir import view as views
from lazyarr.ops.row import Kind
from lazyarr.ops.standard import TAKES_OUT
from lazyarr.plan.model import LOOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType, Op
    from lazyarr.plan.model import Input, Stage, Value

_ALIGNMENT = 64
_MOST_AXES, _ALL_AXES = 1, 3
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
        applies_layout(i.op, [i.dtype, *[dtypes[a] for a in i.args]])
        for i in stage.body
    ]


def tile_of(
    stage: Stage,
    values: tuple[Value, ...],
    elements: int,
    spent: frozenset[int] = frozenset(),
) -> tuple[int, int]:
    """Return the elements of a stage's tiles, and the bytes of a thread's scratch.

    As the executor works it out when the stage runs, but that here every operand goes
    along the whole loop, along nothing of it, or along a part that is as long.
    """
    masks = [_mask(entry, values[entry.value], elements) for entry in stage.inputs]
    calculated = set()
    for instr in stage.body:
        inner = instr.space == LOOP
        if inner and instr.op.kind is Kind.MAP:
            calculated.add(len(masks))
        mask = _ALL_AXES if instr.op.name == "iota" else 0
        for arg in instr.args:
            mask |= masks[arg]
        masks.append(mask if inner else 0)
    need = Homes(stage, masks, (elements, 1), calculated, set(), spent).nbytes
    if any(depends_on_layout(stage, values)):
        return elements, need  # bits would differ at the ends of smaller tiles
    while need > MOST and elements > SMALLEST:
        elements //= 2
        need //= 2
    return elements, need


def _mask(entry: Input, value: Value, elements: int) -> int:
    """Return for two axes, which stand for most of a loop and the rest, what goes along."""
    if not value.shape:
        return 0
    view = entry.view
    _, steps = views.strides_of(view, value.shape)
    own = prod([n for n, step in zip(view.shape, steps, strict=True) if step])
    return _MOST_AXES if elements <= own < prod(view.shape) else _ALL_AXES


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
        if self.masks[register] != self.full or not self.sizes:
            return None
        number = register - self.first
        for k, busy_until in self.hosts.items():
            host = self.stage.outputs[k].register
            fits = self._dtype(register).itemsize == self._dtype(host).itemsize
            if fits and busy_until < number and self.last[register] < host - self.first:
                self.hosts[k] = self.last[register]
                return k
        return None

    # --- slots --------------------------------------------------------------

    def _settle(self, number: int) -> None:
        """Give the result of an instruction its home; free those of its operands."""
        instr = self.stage.body[number]
        register = self.first + number
        ending = {
            a
            for a in instr.args
            if self.last[a] == number and self.home.get(a, -1) >= 0
        }
        if register in self.calculated and register not in self.home:
            target = self._overwritten(number, ending)
            if target is None:
                # Those that end here are still read while the result is written.
                self.home[register] = self._place(register)
            else:
                self.home[register] = self.home[target]
                ending.discard(target)
        self.free.extend(self.home[a] for a in ending)

    def _place(self, register: int) -> int:
        """Return a free slot that is large enough, an output, or a new slot."""
        mask = self.masks[register]
        elements = prod(n for g, n in enumerate(self.extents) if mask >> g & 1)
        nbytes = elements * self._dtype(register).itemsize
        need = -(-nbytes // _ALIGNMENT) * _ALIGNMENT
        fitting = [slot for slot in self.free if self.sizes[slot] >= need]
        if fitting:
            best = min(fitting, key=self.sizes.__getitem__)
            self.free.remove(best)
            return best
        host = self._host(register)
        if host is not None:
            self.guests[register] = host
            return -1 - host
        self.sizes.append(need)
        return len(self.sizes) - 1

    def _overwritten(self, number: int, ending: set[int]) -> int | None:
        """Return an operand whose slot the result may be written over."""
        instr = self.stage.body[number]
        if not isinstance(instr.op.numpy, TAKES_OUT):
            return None
        dtypes = [self._dtype(a) for a in instr.args if a >= self.first]
        if applies_layout(instr.op, [*dtypes, instr.dtype]):
            return None
        for arg in instr.args:
            alike = self.masks[arg] == self.masks[self.first + number]
            if arg in ending and alike and self._dtype(arg) == instr.dtype:
                return arg
        return None
