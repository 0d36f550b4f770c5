"""A stage as several launches: of rows that no block can hold, or of many reductions.

Every phase of a row-wise stage becomes a reduction, and what needs all of them a map:
each reads its operands again, and computes again what it needs of the elements. So do
the reductions of one stage when their states are more than threads have registers for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.ir import view as views
from lazyarr.ir.view import FIXED, Axis, View
from lazyarr.plan.model import (
    KEPT,
    LOOP,
    Input,
    Instr,
    Output,
    Stage,
    Value,
    ramp_over_loop,
)
from lazyarr.plan.phases import folds, phases, stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def apart(stage: Stage, sizes: Mapping[int, int], most: int) -> tuple[Stage, ...]:
    """Return reduce stages that do the same, each with states of at most so many bytes.

    `sizes` are those of the states, by the register of the fold. A result that needs
    more is a stage of its own.
    """
    needs: dict[int, set[int]] = {}
    for register, instr in enumerate(stage.body, len(stage.inputs)):
        needs[register] = set().union(*(needs.get(a, ()) for a in instr.args))
        if register in sizes:
            needs[register].add(register)
    found: list[tuple[set[int], list[Output]]] = []
    for output in stage.outputs:
        mine = needs.get(output.register, set())
        folds, outputs = found[-1] if found else (set(), [])
        if not found or sum(sizes[k] for k in folds | mine) > most:
            found.append((set(mine), [output]))
            continue
        folds |= mine
        outputs.append(output)
    if len(found) == 1:
        return (stage,)
    return tuple(_narrowed(stage, outputs) for _, outputs in found)


def _narrowed(stage: Stage, outputs: Sequence[Output]) -> Stage:
    """Return what a stage does for some of its outputs."""
    count = len(stage.inputs)
    needed = {output.register for output in outputs}
    for register in range(count + len(stage.body) - 1, count - 1, -1):
        if register in needed:
            needed.update(stage.body[register - count].args)
    place = {register: k for k, register in enumerate(sorted(needed))}
    body = [stage.body[r - count] for r in place if r >= count]
    return stage._replace(
        inputs=tuple([stage.inputs[r] for r in place if r < count]),
        body=tuple([i._replace(args=tuple([place[a] for a in i.args])) for i in body]),
        outputs=tuple([Output(place[o.register], o.value) for o in outputs]),
    )


def split(
    stage: Stage, values: tuple[Value, ...]
) -> tuple[tuple[Stage, ...], tuple[Value, ...]]:
    """Return reduce stages and a map that do the same, and the values between them."""
    splitter = _Splitter(stage, len(values))
    return splitter.stages(), tuple(splitter.values)


class _Splitter:
    def __init__(self, stage: Stage, first: int) -> None:
        self.stage = stage
        self.first = first
        self.values: list[Value] = []
        self.stored = {
            o.register: o.value
            for o in stage.outputs
            if self._space(o.register) == KEPT
        }
        self.phase = phases(stage)

    def stages(self) -> tuple[Stage, ...]:
        stage = self.stage
        result = []
        for phase in range(1, max(self.phase) + 1):
            wanted = stored(stage, self.phase, phase)
            for register in wanted:
                if register not in self.stored:
                    self.stored[register] = self._temporary(register)
            outputs = [(r, self.stored[r]) for r in wanted]
            result.append(_Part(self, phase).build("reduce", stage.axes, outputs))
        loop = [(o.register, o.value) for o in stage.outputs]
        loop = [(r, v) for r, v in loop if self._space(r) == LOOP]
        if loop:
            result.append(_Part(self, max(self.phase) + 1).build("map", (), loop))
        return tuple(result)

    def _space(self, register: int) -> int:
        count = len(self.stage.inputs)
        if register < count:
            return self.stage.inputs[register].space
        return self.stage.body[register - count].space

    def _temporary(self, register: int) -> int:
        instr = self.stage.body[register - len(self.stage.inputs)]
        number = self.first + len(self.values)
        kept = self.stage.kept
        self.values.append(Value(number, kept, instr.dtype, "temporary"))
        return number


class _Part:
    """One stage of a split: inputs first, registers found again by space."""

    def __init__(self, whole: _Splitter, phase: int) -> None:
        self.whole = whole
        self.phase = phase
        self.inputs: list[Input] = []
        self.body: list[Instr] = []
        # Registers of the body count from -1 down until all inputs are known.
        self.known: dict[tuple[int, int], int] = {}

    def build(
        self, kind: str, axes: tuple[int, ...], outputs: list[tuple[int, int]]
    ) -> Stage:
        space = KEPT if axes else LOOP
        chosen = [(self._register(r, space), value) for r, value in outputs]
        count = len(self.inputs)

        def final(register: int) -> int:
            return register if register >= 0 else count - 1 - register

        body = [i._replace(args=tuple(map(final, i.args))) for i in self.body]
        stage = self.whole.stage
        return Stage(
            stage.id,
            kind,
            stage.loop,
            axes,
            tuple(self.inputs),
            tuple(body),
            tuple(Output(final(r), value) for r, value in chosen),
            stage.reason,
            stage.device,
        )

    def _register(self, register: int, space: int) -> int:
        """Return this part's register for one of the whole stage, in a space."""
        stack = [(register, space)]
        while stack:
            key = stack[-1]
            waiting = () if key in self.known else self._operands(*key)
            missing = [other for other in waiting if other not in self.known]
            if missing:
                stack += reversed(missing)
                continue
            if key not in self.known:
                self.known[key] = self._define(*key)
            stack.pop()
        return self.known[register, space]

    def _is_stored(self, register: int) -> bool:
        """Whether an earlier part left the register in memory."""
        known = register in self.whole.stored
        return known and 0 < self.whole.phase[register] < self.phase

    def _operands(self, register: int, space: int) -> list[tuple[int, int]]:
        """Return what is read to compute a register here, and in which spaces."""
        count = len(self.whole.stage.inputs)
        if register < count or self._is_stored(register):
            return []
        instr = self.whole.stage.body[register - count]
        return [(a, LOOP if folds(instr) else space) for a in instr.args]

    def _define(self, register: int, space: int) -> int:
        """Load or compute a register, whose operands are known."""
        stage = self.whole.stage
        count = len(stage.inputs)
        if register < count:
            number, view, home = stage.inputs[register]
            if home == KEPT and space == LOOP:
                view = _stretched(view, stage)
            return self._input(Input(number, view, space))
        if self._is_stored(register):
            same = views.identity(stage.kept)
            view = _stretched(same, stage) if space == LOOP else same
            return self._input(Input(self.whole.stored[register], view, space))
        instr = stage.body[register - count]
        args = tuple(self.known[key] for key in self._operands(register, space))
        params = instr.params
        if instr.op.name == "iota" and instr.space == KEPT and space == LOOP:
            params = ramp_over_loop(instr, stage.axes, len(stage.loop))
        self.body.append(instr._replace(args=args, space=space, params=params))
        return -len(self.body)

    def _input(self, entry: Input) -> int:
        self.inputs.append(entry)
        return len(self.inputs) - 1


def _places(stage: Stage) -> list[int]:
    return [k for k in range(len(stage.loop)) if k not in stage.axes]


def _stretched(view: View, stage: Stage) -> View:
    """Return a view over the kept axes as one over the whole loop."""
    places = _places(stage)
    axes = tuple(
        a if a.axis == FIXED else Axis(a.start, a.step, places[a.axis])
        for a in view.axes
    )
    return View(stage.loop, axes)
