"""The plan as data: values, stages and the reasons for both. Frozen, and all there is.

A stage is one loop nest. Its *registers* are numbered: first its inputs, then its
instructions, in order. Every register lives in one of two spaces: ``LOOP``, the
stage's full index space, or ``KEPT``, that space without the reduced axes. A map stage
has only ``LOOP`` registers. A reduce stage folds ``LOOP`` registers into ``KEPT`` ones
and may go on in ``KEPT`` (its epilogue). In a row-wise stage ``LOOP`` instructions
also read ``KEPT`` registers, stretched back over the reduced axes.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from lazyarr.ir.node import where_text
from lazyarr.named import NamedTuple
from lazyarr.plan.profile import DeviceProfile as DeviceProfile

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape, Where
    from lazyarr.ir.view import View
    from lazyarr.ops.row import DType, Op

LOOP = 0
KEPT = 1
_COUNTED = ("int64", "float64")  # which are counted on in their own arithmetic


class Value(NamedTuple):
    """An array (or host scalar) that exists between stages.

    ``role`` is ``input``, ``scalar``, ``temporary`` or ``output``. ``source`` is the
    leaf's place in the canonical node order for inputs and scalars, else -1.
    """

    id: int
    shape: Shape
    dtype: DType
    role: str
    source: int = -1
    where: Where = None

    def __reduce__(self) -> Any:  # code cannot be pickled: the text of the line stays
        return Value, (*self[:-1], where_text(self.where))

    @property
    def nbytes(self) -> int:
        """Bytes when stored."""
        return prod(self.shape) * self.dtype.itemsize


class Input(NamedTuple):
    """A register loaded from a value; the view maps the space's index to the value.

    A 0-d value has the view with no axes.
    """

    value: int
    view: View
    space: int


class Instr(NamedTuple):
    """A register computed from registers.

    ``op`` is a MAP row, a REDUCE row (LOOP operand, KEPT result) or ``iota`` (no
    operands; ``params`` is then ``(start, strides)``: the register is the start plus the
    index along each axis of its space times a stride).
    ``params`` of ``astype`` is empty: the target is ``dtype``.
    """

    op: Op
    args: tuple[int, ...]
    dtype: DType
    space: int
    params: Any = None
    where: Where = None

    def __reduce__(self) -> Any:  # as of a `Value`
        return Instr, (*self[:-1], where_text(self.where))


def ramp_over_loop(instr: Instr, axes: Shape, ndim: int) -> tuple[int, Shape]:
    """Return an index ramp's start and its strides along every axis of the loop.

    `axes` are the reduced ones, along which a KEPT ramp does not move.
    """
    start, strides = instr.params
    if instr.space == LOOP:
        return start, strides
    kept = iter(strides)
    return start, tuple([0 if k in axes else next(kept) for k in range(ndim)])


class Output(NamedTuple):
    """A register stored into a value of the register's space."""

    register: int
    value: int


class Region(NamedTuple):
    """Where an update stage writes: through `chain` into a copy of `base`.

    The stage's output value *is* the updated base. ``donated`` says that nothing
    else reads the base later, so that its buffer is written in place. ``last`` says
    that, too, but the stage itself reads what it overwrites; ``around`` that tiles on
    the CPU write it in place nonetheless, since they store late: see `plan.lag`.
    """

    base: int
    chain: tuple[Any, ...]
    donated: bool = False
    last: bool = False
    around: bool = False

    @property
    def in_place(self) -> bool:
        """Whether the base's own buffer is written."""
        return self.donated or self.around


class Decision(NamedTuple):
    """One choice of the planner: what about, what was chosen, why."""

    subject: str
    choice: str
    reason: str


class Estimate(NamedTuple):
    """What a stage is predicted to move and to cost.

    Bytes are read once per input and written once per output; ``flops`` counts
    multiplications' worth of arithmetic; ``seconds`` is on the stage's device. They are
    ``factor`` times what the profile says, as ``runs`` of its class, and of the stage
    itself, taught; ``key`` names both.
    """

    bytes_read: int = 0
    bytes_written: int = 0
    flops: int = 0
    seconds: float = 0.0
    key: str = ""
    factor: float = 1.0
    runs: int = 0


class Stage(NamedTuple):
    """One step of a plan.

    Attributes
    ----------
    id : int
        Position in the plan.
    kind : str
        ``source``, ``map``, ``reduce``, ``rowwise``, ``library``, ``copy``, ``view``
        or ``scalar``.
    loop : tuple of int
        The index space; for library, view and copy stages the result's shape.
    axes : tuple of int
        The reduced axes of the loop, sorted.
    inputs, body, outputs
        Registers loaded, computed and stored. Library stages have one `Instr`
        whose operands are the inputs, whole.
    region : Region or None
        Set when the single output is an update of a base.
    reason : str
        Why the stage ends where it does.
    device : str
        ``cpu`` or ``gpu:0`` ….
    """

    id: int
    kind: str
    loop: Shape
    axes: Shape
    inputs: tuple[Input, ...]
    body: tuple[Instr, ...]
    outputs: tuple[Output, ...]
    reason: str = ""
    device: str = "cpu"
    region: Region | None = None
    estimate: Estimate = Estimate()

    @property
    def kept(self) -> Shape:
        """Shape of the KEPT space."""
        return tuple(n for k, n in enumerate(self.loop) if k not in self.axes)

    @property
    def size(self) -> int:
        """Elements of the loop."""
        return prod(self.loop)

    @property
    def reads(self) -> list[int]:
        """Values that it reads; an update reads what it writes into."""
        read = [entry.value for entry in self.inputs]
        return read if self.region is None else [*read, self.region.base]

    @property
    def ops(self) -> tuple[str, ...]:
        """Names of the ops, in order."""
        return tuple(instr.op.name for instr in self.body)

    @property
    def order(self) -> Shape | None:
        """Axes of its only output, outermost in memory first, if that is asked for."""
        if self.region is not None or self.axes or len(self.outputs) != 1:
            return None
        last = self.body[-1]
        return last.params if last.op.name == "copy" else None


class Copy(NamedTuple):
    """What a plan copies of its inputs before it runs, or of its results behind.

    What crosses between two stages is a stage of the kind ``copy``.
    """

    values: tuple[int, ...]
    source: str
    target: str
    nbytes: int
    seconds: float
    reason: str


class Pass(NamedTuple):
    """Stages that go through memory together: window by window, or one of them whole.

    ``axes`` holds for every stage the axis of its loop that is cut, -1 where none is.
    ``extent`` is how long that axis is, the same for all, and ``rows`` how much of it
    a window takes; both are 0 for a stage that runs whole.
    """

    stages: tuple[int, ...]
    axes: tuple[int, ...]
    extent: int = 0
    rows: int = 0

    @property
    def windows(self) -> int:
        """Number of windows."""
        return -(-self.extent // self.rows) if self.rows else 1


class Memory(NamedTuple):
    """What a plan needs on its device, and what there is.

    ``need`` counts arrays at the moment when they are most; on a GPU also inputs that
    are copied there. ``room`` is None where nothing limits the plan, else the bytes
    that ``limit`` tells of. ``scratch`` is what the host needs beside, at most: tiles of
    all threads, partial results, what functions of a library work in, and copies that a
    reshape makes of what lies otherwise in memory. Of a plan of two devices ``need`` is
    the GPU's, and ``scratch`` all that is on the host for its stages there.
    """

    need: int = 0
    room: int | None = None
    limit: str = ""
    scratch: int = 0


class Plan(NamedTuple):
    """Everything that will happen, in order, and why.

    Attributes
    ----------
    stages : tuple of Stage
    values : tuple of Value
        By id.
    outputs : tuple of int
        Values of the roots, in the order they were asked for.
    device, reason : str
        Where the plan runs, and why there.
    crossover : int or None
        Elements from which the other device is chosen.
    buffers : tuple of int
        Bytes of every temporary buffer.
    buffer_of : dict of int to int
        The buffer of each temporary value; two values share one when they never
        live at once.
    last_use : dict of int to int
        The last stage that reads each value.
    peak_bytes : int
        Most bytes alive at once: temporaries and outputs, inputs not counted.
    decisions : tuple of Decision
    rules : dict of str to int
        How often each rewrite rule fired.
    constants : tuple
        Scalars that rules worked out; bound behind the leaves of the graph.
    owned : frozenset of int
        Sources of the inputs that nobody else holds: updates may write into them.
    launches : int
        Kernels that a GPU is asked to run if inputs are contiguous; a function of a
        library counts as one. 0 on the CPU.
    memory : Memory
        What it needs on its device beside what there is.
    passes : tuple of Pass
        How it runs in windows; empty if it runs whole.
    arithmetic : str
        How the kernels of a GPU round: ``exact``, ``contracted`` or ``fast``.
    copies : tuple of Copy
        Inputs and results that lie elsewhere than they are needed.
    """

    stages: tuple[Stage, ...]
    values: tuple[Value, ...]
    outputs: tuple[int, ...]
    device: str
    reason: str
    crossover: int | None
    buffers: tuple[int, ...]
    buffer_of: dict[int, int]
    last_use: dict[int, int]
    peak_bytes: int
    decisions: tuple[Decision, ...]
    rules: dict[str, int]
    constants: tuple[Any, ...] = ()
    owned: frozenset[int] = frozenset()
    launches: int = 0
    memory: Memory = Memory()
    passes: tuple[Pass, ...] = ()
    arithmetic: str = "exact"
    copies: tuple[Copy, ...] = ()

    @property
    def predicted_s(self) -> float:
        """Predicted seconds of all stages."""
        return sum(s.estimate.seconds for s in self.stages)

    @property
    def host_values(self) -> set[int]:
        """Values that stay on the host: scalars, and what comes of them."""
        found = {value.id for value in self.values if value.role == "scalar"}
        for stage in self.stages:
            if stage.kind == "scalar":
                found.update(output.value for output in stage.outputs)
        return found

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that stages run on, the plan's own first; scalars not counted."""
        found = {self.device: None}
        found.update((s.device, None) for s in self.stages if s.kind != "scalar")
        return tuple(found)

    @property
    def is_mixed(self) -> bool:
        """Whether its stages run on more than one device."""
        device = self.device
        return any(s.device != device for s in self.stages if s.kind != "scalar")


def stream_places(stage: Stage) -> set[int]:
    """Return the registers of ramps whose numbers nobody needs as an array.

    They say where in a random stream to draw, or are only counted into another array.
    """
    first = len(stage.inputs)
    ramps = {k: i for k, i in enumerate(stage.body, first) if i.op.name == "iota"}
    if not ramps:
        return set()
    found = {i.args[0] for i in stage.body if i.op.draws}.intersection(ramps)
    needed = {arg for i in stage.body for arg in i.args if not _counts(i)}
    needed.update([output.register for output in stage.outputs])
    for register, ramp in ramps.items():
        if ramp.space == LOOP and any(ramp.params[1]) and register not in needed:
            found.add(register)
    return found


def _counts(instr: Instr) -> bool:
    """Whether an instruction does no more with a ramp than to write its numbers down."""
    name, own_order = instr.op.name, instr.params if instr.op.name == "copy" else None
    writes = name in ("astype", "copy") and instr.dtype.name in _COUNTED
    return writes and instr.space == LOOP and not own_order
