"""Plans of parts: the stages of a pass cut to a window of rows, as plans of their own.

A window's plan is an ordinary plan over slices of the inputs. What it gives lies side
by side with what other windows give, or is the state of a reduction that they share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.ir import view as views
from lazyarr.ir.view import Axis, View
from lazyarr.named import NamedTuple
from lazyarr.ops import OPS
from lazyarr.ops.row import Kind
from lazyarr.plan.memory import allocate
from lazyarr.plan.model import KEPT, LOOP, Input, Instr, Output, Plan, Stage, Value

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.window import Cutter

# What the state of a reduction has beside its result: found by another reduction.
_BESIDE = {"sum_squared_deviations": "sum", "argmin": "min", "argmax": "max"}


class Folded(NamedTuple):
    """A reduction whose states windows give: which stage and instruction, which results.

    ``results`` are places among the results of a window.
    """

    stage: int
    instr: int
    results: tuple[int, ...]


class Window(NamedTuple):
    """The plan of one window; its leaves are the slots, in order.

    ``results`` names for every result the value that it is a part of, -1 for the state
    of a reduction.
    """

    plan: Plan
    results: tuple[int, ...]
    folded: tuple[Folded, ...]


def window_plan(cutter: Cutter, lo: int, hi: int) -> Window:
    """Return the plan of the rows from `lo` to `hi`; of everything for a whole pass."""
    return _Writer(cutter, lo, hi).window()


class _Writer:
    """Writes the plan of one window."""

    def __init__(self, cutter: Cutter, lo: int, hi: int) -> None:
        self.cutter = cutter
        self.lo, self.hi = lo, hi
        self.rows = hi - lo
        plan = cutter.plan
        self.values: list[Value] = []
        for k, slot in enumerate(cutter.slots):
            old = plan.values[slot.value]
            role = "scalar" if slot.value in cutter.host else "input"
            shape = slot.shape(old.shape, self.rows)
            self.values.append(Value(k, shape, old.dtype, role, k, old.where))
        self.number: dict[int, int] = {}
        for value in cutter.made:
            if value not in cutter.folded:
                role = "output" if value in cutter.wanted else "temporary"
                self.number[value] = self._new(value, role)
        self.results = [v for v in cutter.wanted if v in self.number]
        self.outputs = [self.number[v] for v in self.results]
        self.folded: list[Folded] = []

    def _new(self, value: int, role: str) -> int:
        old = self.cutter.plan.values[value]
        shape = self.cutter.made_shape(value, self.rows)
        self.values.append(
            Value(len(self.values), shape, old.dtype, role, -1, old.where)
        )
        return len(self.values) - 1

    def window(self) -> Window:
        stages: list[Stage] = []
        for stage in self.cutter.stages:
            write = self._partial if stage.id in self.cutter.folds else self._stage
            stages.append(write(stage, len(stages)))
        plan = self.cutter.plan
        made = plan_of_stages(plan, tuple(stages), self.values, tuple(self.outputs))
        return Window(made, tuple(self.results), tuple(self.folded))

    def _loop(self, stage: Stage) -> Shape:
        axis = self.cutter.axis_of[stage.id]
        if axis < 0:
            return stage.loop
        return (*stage.loop[:axis], self.rows, *stage.loop[axis + 1 :])

    def _input(self, stage: Stage, place: int) -> Input:
        cutter = self.cutter
        entry = stage.inputs[place]
        axis = cutter.space_axis(stage, entry.space)
        shape = list(entry.view.shape)
        if 0 <= axis < len(shape):  # one element has no rows
            shape[axis] = self.rows
        slot = cutter.slot_of.get((stage.id, place))
        if slot is None:  # made in this pass, and read row by row
            view = View(tuple(shape), entry.view.axes)
            return Input(self.number[entry.value], view, entry.space)
        axes = list(entry.view.axes)
        for walk in cutter.slots[slot].walks:
            old = axes[walk.axis]
            start = old.start // walk.step - walk.low
            start += self.rows - 1 if walk.sign < 0 else 0
            axes[walk.axis] = Axis(start, walk.sign, old.axis)
        return Input(slot, View(tuple(shape), tuple(axes)), entry.space)

    def _instr(self, stage: Stage, instr: Instr) -> Instr:
        if instr.op.name != "iota":
            return instr
        start, strides = instr.params
        start += self.cutter.ramp_step(stage, instr) * self.lo
        return instr._replace(params=(start, strides))

    def _stage(self, stage: Stage, number: int) -> Stage:
        inputs = tuple(self._input(stage, k) for k in range(len(stage.inputs)))
        body = tuple(self._instr(stage, i) for i in stage.body)
        outputs = tuple(Output(o.register, self.number[o.value]) for o in stage.outputs)
        region = stage.region
        if region is not None:
            base = self.cutter.slot_of.get((stage.id, -1))
            place = self.number[region.base] if base is None else base
            region = region._replace(
                base=place, donated=False, last=False, around=False
            )
        return stage._replace(
            id=number,
            loop=self._loop(stage),
            inputs=inputs,
            body=body,
            outputs=outputs,
            region=region,
        )

    def _partial(self, stage: Stage, number: int) -> Stage:
        """Return a reduction that ends in states: nothing follows on the kept axes."""
        first = len(stage.inputs)
        kept = [k for k, e in enumerate(stage.inputs) if e.space == LOOP]
        place = {k: j for j, k in enumerate(kept)}
        inputs = tuple(self._input(stage, k) for k in kept)
        body: list[Instr] = []
        for k, instr in enumerate(stage.body):
            if instr.space == LOOP or instr.op.kind is Kind.REDUCE:
                place[first + k] = len(inputs) + len(body)
                args = tuple(place[a] for a in instr.args)
                body.append(self._instr(stage, instr)._replace(args=args))
        outputs = [
            Output(place[o.register], self.number[o.value])
            for o in stage.outputs
            if o.value in self.number
        ]
        for k, instr in enumerate(stage.body):
            if instr.op.kind is not Kind.REDUCE:
                continue
            states = [place[first + k]]
            if instr.op.name in _BESIDE:
                op = OPS[_BESIDE[instr.op.name]]
                (arg,) = body[states[0] - len(inputs)].args
                dtype = self._dtype(stage, instr.args[0])
                states.append(len(inputs) + len(body))
                body.append(Instr(op, (arg,), dtype, KEPT, None, instr.where))
            self._fold(stage, k, states, [body[s - len(inputs)] for s in states])
            outputs += [
                Output(s, v)
                for s, v in zip(states, self.outputs[-len(states) :], strict=True)
            ]
        return stage._replace(
            id=number,
            loop=self._loop(stage),
            inputs=inputs,
            body=tuple(body),
            outputs=tuple(outputs),
        )

    def _dtype(self, stage: Stage, register: int) -> DType:
        first = len(stage.inputs)
        if register >= first:
            return stage.body[register - first].dtype
        return self.cutter.plan.values[stage.inputs[register].value].dtype

    def _fold(
        self, stage: Stage, instr: int, states: list[int], made: Iterable[Instr]
    ) -> None:
        """Enter the values that hold the states of a reduction."""
        places = range(len(self.outputs), len(self.outputs) + len(states))
        self.folded.append(Folded(stage.id, instr, tuple(places)))
        for one in made:
            number = len(self.values)
            self.values.append(Value(number, stage.kept, one.dtype, "output"))
            self.outputs.append(number)
            self.results.append(-1)


def plan_of_stages(
    plan: Plan,
    stages: tuple[Stage, ...],
    values: Sequence[Value],
    outputs: tuple[int, ...],
    device: str = "",
    owned: frozenset[int] = frozenset(),
) -> Plan:
    """Return a plan of stages of another one, with memory laid out anew."""
    near = (device or plan.device) == "cpu" and not any(s.region for s in stages)
    layout = allocate(stages, tuple(values), outputs, owned, near)
    return Plan(
        layout.stages,
        tuple(values),
        outputs,
        device or plan.device,
        plan.reason,
        None,
        layout.buffers,
        layout.buffer_of,
        layout.last_use,
        layout.peak_bytes,
        (),
        {},
        owned=owned,
        arithmetic=plan.arithmetic,
    )


def epilogue(
    plan: Plan, stage: Stage, host: Container[int]
) -> tuple[Plan | None, list[int], list[int]]:
    """Return what follows a stage's reductions, as a plan of the kept axes on the CPU.

    Its leaves are the kept inputs and then the results of the reductions, in order.
    `host` are the values that are scalars.

    Returns
    -------
    plan : Plan or None
        None where nothing follows.
    reads : list of int
        Values of the kept inputs.
    writes : list of int
        Values of the plan's outputs.
    """
    first = len(stage.inputs)
    kept = [k for k, e in enumerate(stage.inputs) if e.space == KEPT]
    folds = [k for k, i in enumerate(stage.body) if i.op.kind is Kind.REDUCE]
    shape = stage.kept
    values: list[Value] = []
    inputs: list[Input] = []
    place: dict[int, int] = {}
    for k in kept:
        old = plan.values[stage.inputs[k].value]
        role = "scalar" if old.id in host else "input"
        place[k] = len(values)
        inputs.append(Input(len(values), stage.inputs[k].view, LOOP))
        values.append(Value(len(values), old.shape, old.dtype, role, len(values)))
    for k in folds:
        place[first + k] = len(values)
        inputs.append(Input(len(values), views.identity(shape), LOOP))
        dtype = stage.body[k].dtype
        values.append(Value(len(values), shape, dtype, "input", len(values)))
    body: list[Instr] = []
    for k, instr in enumerate(stage.body):
        if instr.space == KEPT and k not in folds:
            place[first + k] = len(inputs) + len(body)
            args = tuple(place[a] for a in instr.args)
            body.append(instr._replace(args=args, space=LOOP))
    after = [o for o in stage.outputs if _follows(stage, o.register, folds)]
    read = [stage.inputs[k].value for k in kept]
    if not after:
        return None, read, []
    outputs = []
    for output in after:
        old = plan.values[output.value]
        number = len(values)
        values.append(Value(number, old.shape, old.dtype, "output"))
        outputs.append(Output(place[output.register], number))
    made = Stage(0, "map", shape, (), tuple(inputs), tuple(body), tuple(outputs))
    numbers = tuple(o.value for o in outputs)
    found = plan_of_stages(plan, (made,), values, numbers, "cpu")
    return found, read, [o.value for o in after]


def _follows(stage: Stage, register: int, folds: list[int]) -> bool:
    """Whether a stored register is computed on the kept axes, after the folds."""
    number = register - len(stage.inputs)
    if number < 0:
        return stage.inputs[register].space == KEPT
    return stage.body[number].space == KEPT and number not in folds
