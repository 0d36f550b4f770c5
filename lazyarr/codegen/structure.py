"""What a kernel's text depends on, taken from a stage; and the numbers it is called with.

`analyse` splits a stage in two: a hashable `Structure`, from which the text is written
once, and every argument's name with where its value comes from. Two
stages of one structure share a kernel, whatever their shapes and scalars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen import indexing
from lazyarr.codegen.indexing import Access, Layout, Space, Walk
from lazyarr.ir import view as views
from lazyarr.named import NamedTuple
from lazyarr.ops.row import DType, Kind, Op
from lazyarr.plan.model import KEPT, LOOP, Stage, Value, ramp_over_loop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lazyarr.ir.node import Shape

PLACE = -1
# Packs of a row from which its unaligned ends cost little.
_LONG = 16
PLACES = ("argmax", "argmin")


class Slot(NamedTuple):
    """An array operand: its register, type, and how a thread reaches its elements.

    Slots of one ``group`` have the same strides. A ``fixed`` one has the same elements in
    every row.
    """

    register: int
    dtype: DType
    access: Access
    group: int
    space: int
    fixed: bool = False


class Scalar(NamedTuple):
    """A register that is an argument."""

    register: int
    dtype: DType


class Ramp(NamedTuple):
    """A register that is an index; `PLACE` is the place among the folded elements."""

    register: int
    space: int


class Near(NamedTuple):
    """Where a register of a ``stencil`` kernel lies in its neighbourhood.

    ``family`` is the register of the neighbourhood's first view; ``row`` counts from
    there, ``column`` from where packs are aligned.
    """

    register: int
    family: int
    row: int
    column: int


class Step(NamedTuple):
    """An instruction without the line that asked for it."""

    op: Op
    args: tuple[int, ...]
    dtype: DType
    space: int


class Structure(NamedTuple):
    """Everything that the text of a kernel depends on.

    Attributes
    ----------
    kind : str
        The generator: ``map``, ``heavy``, ``stencil``, ``tile``, ``inner``, ``outer`` or
        ``rowwise``.
    folded : tuple of bool
        For each axis left after merging, whether it is folded.
    wide : bool
        Whether indices are 64 bits.
    width : int
        Neighbouring elements a thread takes at once.
    unroll : int
        How many times a thread takes them before it computes.
    threads : int
        The most threads of a block.
    aliased : bool
        Whether an output may be an input's memory.
    loads, stores, scalars, ramps
        Registers that come from, or go to, outside.
    dtypes : tuple of dtype
        Of the input registers.
    body : tuple of Step
    blocks : int
        Blocks that must fit a processor at once; 0 leaves it to the compiler.
    turned : tuple of int
        Registers of a ``tile`` kernel that go through shared memory.
    draws : tuple of int
        Registers of random draws that are made a pack at a time: they count on along
        the innermost axis.
    row : int
        Threads of a ``rowwise`` block that has one row; 0 when rows share blocks.
    near : tuple of Near
        Neighbourhoods of a ``stencil`` kernel.
    backwards : bool
        Whether a ``map`` kernel goes from the last element to the first.
    arithmetic : str
        How the compiler may round: ``exact``, ``contracted`` or ``fast``.
    """

    kind: str
    folded: tuple[bool, ...]
    wide: bool
    width: int
    unroll: int
    threads: int
    aliased: bool
    loads: tuple[Slot, ...]
    stores: tuple[Slot, ...]
    scalars: tuple[Scalar, ...]
    ramps: tuple[Ramp, ...]
    dtypes: tuple[DType, ...]
    body: tuple[Step, ...]
    blocks: int = 0
    turned: tuple[int, ...] = ()
    row: int = 0
    draws: tuple[int, ...] = ()
    near: tuple[Near, ...] = ()
    backwards: bool = False
    arithmetic: str = "exact"

    @property
    def index_type(self) -> str:
        """The C++ type of indices."""
        return "long long" if self.wide else "int"


class Pointer(NamedTuple):
    """The argument is the address of a value's element."""

    value: int
    nbytes: int


class Held(NamedTuple):
    """The argument is the value of a scalar."""

    value: int
    dtype: DType


class Number(NamedTuple):
    """The argument is this number; ``size`` is its bytes."""

    number: int
    size: int


class Rounds(NamedTuple):
    """The argument is what each round of Philox adds to its words, for a key."""

    key0: int
    key1: int


class Scratch(NamedTuple):
    """The argument is the address of zeroed counters, or of memory for partials."""

    what: str


Argument = Pointer | Held | Number | Rounds | Scratch


class Analysis(NamedTuple):
    """A structure, the shape it is called with, and every argument by name."""

    structure: Structure
    sizes: Shape
    binding: dict[str, Argument]
    walks: dict[str, Walk]


class _Operand(NamedTuple):
    name: str
    register: int
    dtype: DType
    value: int
    walk: Walk
    aligned: bool
    space: int


def _operands(
    stage: Stage, values: tuple[Value, ...], layouts: Mapping[int, Layout | None]
) -> tuple[list[_Operand], list[_Operand], list[Scalar]]:
    """Return loads, stores and scalars; host values have no layout."""
    ndim = len(stage.loop)
    loads, stores, scalars = [], [], []
    for register, (number, view, space) in enumerate(stage.inputs):
        value = values[number]
        layout = layouts[number]
        if layout is None:
            scalars.append(Scalar(register, value.dtype))
            continue
        walk = indexing.walk_through(view, layout.strides)
        if space == KEPT:
            walk = indexing.stretched(walk, stage.axes, ndim)
        elif not view.shape:  # one element on the device, for all of the loop
            walk = Walk(walk.offset, (0,) * ndim)
        name = f"p{register}"
        loads.append(
            _Operand(name, register, value.dtype, number, walk, layout.aligned, space)
        )
    for place, (register, number) in enumerate(stage.outputs):
        value = values[number]
        space = LOOP
        if register >= len(stage.inputs):
            space = stage.body[register - len(stage.inputs)].space
        if stage.region is not None:
            walk = indexing.region_walk(stage.region, value.shape)
        else:
            walk = Walk(0, views.contiguous_strides(value.shape))
        if space == KEPT:
            walk = indexing.stretched(walk, stage.axes, ndim)
        stores.append(
            _Operand(f"q{place}", register, value.dtype, number, walk, True, space)
        )
    return loads, stores, scalars


def _ramps(stage: Stage) -> list[tuple[Ramp, Walk]]:
    """Return the index registers; the start of each is its walk's offset."""
    ndim = len(stage.loop)
    found = []
    for k, instr in enumerate(stage.body):
        if instr.op.name != "iota":
            continue
        walk = Walk(*ramp_over_loop(instr, stage.axes, ndim))
        found.append((Ramp(len(stage.inputs) + k, instr.space), walk))
    if any(instr.op.name in PLACES for instr in stage.body):
        folded = tuple(stage.loop[k] for k in stage.axes)
        strides = [0] * ndim
        for axis, stride in zip(
            stage.axes, views.contiguous_strides(folded), strict=True
        ):
            strides[axis] = stride
        found.append((Ramp(PLACE, LOOP), Walk(0, tuple(strides))))
    return found


def _merged(
    stage: Stage, arrays: list[_Operand], ramps: list[tuple[Ramp, Walk]]
) -> tuple[Space, list[Walk]]:
    """Return the loop with as few axes as possible, and all walks over it."""
    walks = [a.walk for a in arrays] + [walk for _, walk in ramps]
    space = Space(stage.loop, tuple(k in stage.axes for k in range(len(stage.loop))))
    if stage.axes:
        weights = [a.dtype.itemsize if a.space == LOOP else 0 for a in arrays]
        space, walks = indexing.reorder(space, walks, weights + [0] * len(ramps))
    space, walks = indexing.merge(space, walks)
    if not space.sizes:  # one element: any stride reaches it
        space = Space((1,), (bool(stage.axes),))
        walks = [Walk(walk.offset, (1,)) for walk in walks]
    return space, walks


def _draws(
    stage: Stage,
    ramps: list[tuple[Ramp, Walk]],
    walks: list[Walk],
    scalars: list[Scalar],
) -> tuple[int, ...]:
    """Return the registers of draws at places that count on along the innermost axis.

    `walks` are the ramps'. A draw's stream is known before the loop: it has a scalar's
    place and key.
    """
    on = {
        ramp.register
        for (ramp, _), walk in zip(ramps, walks, strict=True)
        if ramp.space == LOOP and walk.strides[-1] == 1
    }
    known = {scalar.register for scalar in scalars}
    return tuple(
        len(stage.inputs) + k
        for k, instr in enumerate(stage.body)
        if instr.op.draws and instr.args[0] in on and known.issuperset(instr.args[1:])
    )


def _together(stage: Stage, draws: tuple[int, ...], space: Space) -> int:
    """Return how many draws a thread makes at once: whole blocks of their streams.

    A fold along the axis takes two blocks: where a draw begins within a block, one
    more is computed, for eight words then and not for four.
    """
    dtypes = [stage.body[r - len(stage.inputs)].dtype for r in draws]
    words = 8 if space.folded[-1] else 4
    return max([words if dtype.itemsize == 8 else 8 for dtype in dtypes], default=1)


def _width(
    space: Space, arrays: list[_Operand], walks: list[Walk], most: int, least: int
) -> int:
    """Return how many neighbours a thread takes, `least` where rows are that long.

    In short rows all must be aligned; in long ones the ends that are not cost little.
    """
    least = min(least, most) if space.sizes[-1] >= least else 1
    return max(_width_of_accesses(space, arrays, walks, most), least)


def _width_of_accesses(
    space: Space, arrays: list[_Operand], walks: list[Walk], most: int
) -> int:
    inner = [
        (a, w)
        for a, w in zip(arrays, walks, strict=False)
        if w.strides[-1] == 1 and (a.space == LOOP or not space.folded[-1])
    ]
    sizes = [a.dtype.itemsize for a, _ in inner]
    width = min(indexing.lanes(sizes, space.sizes[-1]), most)
    if space.sizes[-1] >= _LONG * width:
        return width
    while width > 1:
        reached = [
            indexing.access(w, a.dtype.itemsize, width, aligned=a.aligned)
            for a, w in inner
        ]
        if all(r is Access.VECTOR for r in reached):
            return width
        width //= 2
    return 1


def _slots(
    arrays: list[_Operand],
    walks: list[Walk],
    width: int,
    binding: dict[str, Argument],
    size: int,
) -> list[Slot]:
    """Return how threads reach each array; binds pointers and strides."""
    groups: dict[Shape, int] = {}
    slots: list[Slot] = []
    for a, walk in zip(arrays, walks, strict=False):
        reach = indexing.access(walk, a.dtype.itemsize, width, aligned=a.aligned)
        if reach is Access.VECTOR and width == 1:
            reach = Access.UNIT
        group = groups.setdefault(walk.strides, len(groups))
        packed = reach not in (Access.SAME, Access.ONE)
        fixed = packed and len(walk.strides) > 1 and not any(walk.strides[:-1])
        slots.append(Slot(a.register, a.dtype, reach, group, a.space, fixed))
        binding[a.name] = Pointer(a.value, walk.offset * a.dtype.itemsize)
    for strides, group in groups.items():
        for k, stride in enumerate(strides):
            binding[f"g{group}s{k}"] = Number(stride, size)
    return slots


def analyse(
    stage: Stage,
    values: tuple[Value, ...],
    layouts: Mapping[int, Layout | None],
    most: int = 16,
) -> Analysis:
    """Return a stage's structure, of kind ``map`` for now, and its arguments.

    `layouts` says where each value lies, None for scalars of the host. `most` bounds
    how many neighbours a thread takes at once.
    """
    loads, stores, scalars = _operands(stage, values, layouts)
    ramps = _ramps(stage)
    arrays = loads + stores
    space, walks = _merged(stage, arrays, ramps)
    draws = _draws(stage, ramps, walks[len(arrays) :], scalars)
    width = _width(space, arrays, walks, most, _together(stage, draws, space))
    wide = indexing.is_wide(space, walks[: len(arrays)])
    binding: dict[str, Argument] = {}
    slots = _slots(arrays, walks, width, binding, 8 if wide else 4)
    for k, n in enumerate(space.sizes):
        binding[f"n{k}"] = Number(n, 8 if wide else 4)
    for (ramp, _), walk in zip(ramps, walks[len(arrays) :], strict=True):
        name = ramp_name(ramp)
        binding[name] = Number(walk.offset, 8)
        for k, stride in enumerate(walk.strides):
            binding[f"{name}s{k}"] = Number(stride, 8)
    for scalar in scalars:
        number = stage.inputs[scalar.register].value
        binding[f"v{scalar.register}"] = Held(number, scalar.dtype)
    for register in draws:
        _, _, *keys = stage.body[register - len(stage.inputs)].args
        values_of_key = (stage.inputs[k].value for k in keys)
        binding[rounds_name(keys)] = Rounds(*values_of_key)
    region = stage.region
    aliased = region is not None and any(i.value == region.base for i in stage.inputs)
    structure = Structure(
        "map",
        space.folded,
        wide,
        width,
        1,
        256,
        aliased,
        tuple(slots[: len(loads)]),
        tuple(slots[len(loads) :]),
        tuple(scalars),
        tuple(ramp for ramp, _ in ramps),
        tuple(values[i.value].dtype for i in stage.inputs),
        tuple(Step(i.op, i.args, i.dtype, i.space) for i in stage.body),
        draws=draws,
    )
    named = [a.name for a in arrays] + [ramp_name(ramp) for ramp, _ in ramps]
    return Analysis(
        structure, space.sizes, binding, dict(zip(named, walks, strict=True))
    )


def ramp_name(ramp: Ramp) -> str:
    """Return the name of the argument a ramp starts at."""
    return "place" if ramp.register == PLACE else f"t{ramp.register}"


def rounds_name(keys: Sequence[int]) -> str:
    """Return the name of the argument that holds the rounds of a key's registers."""
    return "w" + "_".join(map(str, keys))


def is_fold(step: Step) -> bool:
    """Whether the step folds the loop."""
    return step.op.kind is Kind.REDUCE
