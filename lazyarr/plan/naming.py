"""Names of a plan's values and registers, and one line of text for each instruction.

Numbers are given in the order in which things come to be, so they are the same in
every process. Naming a plan costs one step per stage, not per instruction: a stage's
registers are numbered in a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.ir.node import where_text
from lazyarr.ir.text import (
    chain_text,
    param_text,
    params_text,
    scalar_text,
    type_text,
    view_text,
)
from lazyarr.ir.view import expand
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.plan.model import KEPT, LOOP, Input, Instr, Plan, Stage, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

# Operands beyond this many are counted, not listed, where a text must be short.
_OPERANDS = 8


class Line(NamedTuple):
    """One line of a stage: the instruction, where its result goes, the user's line."""

    text: str
    stored: str
    where: str


class Names:
    """The name of every value and register of a plan.

    Attributes
    ----------
    values : dict of int to str
        ``%3`` by value id; of a scalar its value, or ``s0`` when it is not known.
    """

    __slots__ = ("_first", "_own", "plan", "values")

    def __init__(self, plan: Plan, scalars: Mapping[int, Any]) -> None:
        self.plan = plan
        self.values: dict[int, str] = {}
        self._first: list[int] = []
        self._own: dict[tuple[int, int], str] = {}
        count = unknown = 0
        for value in plan.values:
            if value.id in scalars:
                self.values[value.id] = scalar_text(scalars[value.id])
            elif value.role == "scalar":
                self.values[value.id] = f"s{unknown}"
                unknown += 1
            elif value.role == "input":
                self.values[value.id] = f"%{count}"
                count += 1
        for stage in plan.stages:
            self._first.append(count - len(stage.inputs))
            count += len(stage.body)
            for output in stage.outputs:
                if _passed_on(stage, output.register):
                    self.values[output.value] = f"%{count}"
                    count += 1
                else:
                    name = f"%{self._first[-1] + output.register}"
                    self.values[output.value] = name

    def of(self, value: int) -> str:
        """Return the name of a value."""
        return self.values.get(value, f"%?{value}")

    def register(self, place: int, stage: Stage, register: int, space: int) -> str:
        """Return a register as an operand of an instruction in a space."""
        inputs = len(stage.inputs)
        if register < inputs:
            source = stage.inputs[register]
            value = self.plan.values[source.value]
            name = self.of(source.value) + viewed_text(source, value)
            held = source.space
        else:
            name = f"%{self._first[place] + register}"
            held = stage.body[register - inputs].space
        if held == KEPT and space == LOOP and stage.kept:
            return name + view_text(
                expand(stage.kept, stage.axes, stage.loop), stage.kept
            )
        return name

    def lines(self, place: int, start: int, stop: int, *, short: bool) -> list[Line]:
        """Return lines `start` to `stop` of the stage at a place in the plan."""
        stage = self.plan.stages[place]
        body = _told(stage)
        stored: dict[int, list[int]] = {}
        for output in stage.outputs:
            if not _passed_on(stage, output.register):
                stored.setdefault(output.register, []).append(output.value)
        inputs = len(stage.inputs)
        lines = []
        for k in range(start, min(stop, body)):
            text = self._instr(place, stage, k, short)
            values = stored.get(inputs + k, ())
            goes = " ".join(f"-> {self._place(v)}" for v in values)
            lines.append(Line(text, goes, where_text(stage.body[k].where)))
        if stop > body:
            lines += self._moves(place, stage)[max(0, start - body) : stop - body]
        return lines

    def length(self, place: int) -> int:
        """Return how many lines the stage at a place in the plan has."""
        stage = self.plan.stages[place]
        moved = sum(_passed_on(stage, output.register) for output in stage.outputs)
        return _told(stage) + moved

    def _instr(self, place: int, stage: Stage, k: int, short: bool) -> str:
        instr = stage.body[k]
        shape = stage.kept if instr.space == KEPT else stage.loop
        reads = LOOP if instr.op.kind is Kind.REDUCE else instr.space
        args = instr.args
        words = []
        if short and len(args) > _OPERANDS + 1:
            words = [f"… {len(args) - _OPERANDS} more …"]
            args = (*args[: _OPERANDS - 1], args[-1])
        operands = [self.register(place, stage, arg, reads) for arg in args]
        operands[-1:-1] = words
        made = type_text(instr.dtype, shape)
        name = f"%{self._first[place] + len(stage.inputs) + k}"
        tail = _params(instr, stage)
        return f"{name}: {made} = {' '.join([instr.op.name, *operands, *tail])}"

    def _moves(self, place: int, stage: Stage) -> list[Line]:
        """Return a line for every output that is an input passed on, or an update."""
        lines = []
        for output in stage.outputs:
            if not _passed_on(stage, output.register):
                continue
            value = self.plan.values[output.value]
            text = f"{self.of(value.id)}: {type_text(value.dtype, value.shape)} = "
            told = _told(stage) == len(stage.body)
            number = output.register if told else stage.body[-1].args[0]
            operand = self.register(place, stage, number, LOOP)
            if stage.region is not None:
                base = self.of(stage.region.base)
                target = base + chain_text(stage.region.chain, value.shape)
                text += f"update {target} {operand}"
                if stage.region.in_place:
                    text += " in-place"
            else:
                text += f"{_verb(stage, output.register, self.plan)} {operand}"
            goes = f"-> {self._place(value.id)}"
            lines.append(Line(text, goes, where_text(value.where)))
        return lines

    def _place(self, value: int) -> str:
        if self.plan.values[value].role == "output":
            return "out"
        if value in self.plan.buffer_of:
            return f"buffer {self.plan.buffer_of[value]}"
        return "kept" if self.plan.values[value].shape else "host"


def viewed_text(source: Input, value: Value) -> str:
    """Return the view of a loaded value; a scalar stretches without saying so."""
    return view_text(source.view, value.shape) if value.shape else ""


def _params(instr: Instr, stage: Stage) -> list[str]:
    if instr.op.kind is Kind.REDUCE:
        return params_text(Kind.REDUCE, stage.axes)
    if instr.op.name == "iota" and instr.params is not None:
        start, strides = instr.params
        axes = [k for k, step in enumerate(strides) if step]
        if not axes:
            return [f"start={start}"]
        if len(axes) > 1:
            return [f"start={start}", f"steps={param_text(strides)}"]
        words = [f"axis={axes[0]}"]
        if (start, strides[axes[0]]) != (0, 1):
            words += [f"start={start}", f"step={strides[axes[0]]}"]
        return words
    return params_text(instr.op.kind, instr.params)


def _told(stage: Stage) -> int:
    """Return how many instructions have a line: the copy of an update is part of it."""
    if stage.region is not None and stage.body and stage.body[-1].op.name == "copy":
        return len(stage.body) - 1
    return len(stage.body)


def _passed_on(stage: Stage, register: int) -> bool:
    """Whether a stored register makes a value that no instruction is the name of."""
    return stage.region is not None or register < len(stage.inputs)


def _verb(stage: Stage, register: int, plan: Plan) -> str:
    if stage.kind in ("view", "copy"):
        return stage.kind
    source = plan.values[stage.inputs[register].value]
    return "copy" if source.shape or not stage.loop else "fill"
