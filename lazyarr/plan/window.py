"""Which rows of which values the windows of a pass read and make."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple
from lazyarr.plan.model import (
    KEPT,
    LOOP,
    Input,
    Instr,
    Pass,
    Plan,
    Stage,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from lazyarr.ir.node import Shape
    from lazyarr.ir.view import Axis


class Walk(NamedTuple):
    """How windows move along an axis of an array: ``phase + step * (start ± row)``.

    ``low`` and ``high`` bound the starts of all that read it so.
    """

    axis: int
    step: int
    phase: int
    sign: int
    low: int = 0
    high: int = 0

    def slice(self, lo: int, hi: int) -> slice:
        """Return what rows `lo` to `hi` touch."""
        first, last = (lo, hi - 1) if self.sign > 0 else (1 - hi, -lo)
        start = self.phase + self.step * (self.low + first)
        return slice(start, self.phase + self.step * (self.high + last) + 1, self.step)

    def span(self, rows: int) -> int:
        """Return how many elements along the axis so many rows touch."""
        return self.high - self.low + rows


class Slot(NamedTuple):
    """A value that exists before a pass, and the walks along its axes; none: whole."""

    value: int
    walks: tuple[Walk, ...]

    def key(self, lo: int, hi: int, ndim: int) -> tuple[slice, ...]:
        """Return the index of what a window touches."""
        key = [slice(None)] * ndim
        for walk in self.walks:
            key[walk.axis] = walk.slice(lo, hi)
        return tuple(key)

    def shape(self, whole: Shape, rows: int) -> Shape:
        """Return the shape of what so many rows touch."""
        sides = list(whole)
        for walk in self.walks:
            sides[walk.axis] = walk.span(rows)
        return tuple(sides)


def _moves(entry: Input, axis: int) -> list[tuple[int, Axis]]:
    """Return the axes of an input's value along which an axis of its view goes."""
    if axis < 0:
        return []
    return [(k, a) for k, a in enumerate(entry.view.axes) if a.axis == axis]


def space_of(stage: Stage, register: int) -> int:
    """Return the space of a register of a stage."""
    first = len(stage.inputs)
    if register < first:
        return stage.inputs[register].space
    return stage.body[register - first].space


def space_axis(stage: Stage, axis: int, space: int) -> int:
    """Return which axis of a space is cut where one of the loop is; -1 for none."""
    if axis < 0 or space == LOOP:
        return axis
    if axis in stage.axes:
        return -1
    return axis - sum(k < axis for k in stage.axes)


def made_along(stage: Stage, axis: int) -> dict[int, int]:
    """Return the axis of each value that a stage makes that is cut with its loop's."""
    return {
        o.value: space_axis(stage, axis, space_of(stage, o.register))
        for o in stage.outputs
    }


def cutters(plan: Plan, passes: Sequence[Pass]) -> list[Cutter]:
    """Return what cuts the stages of each pass of a plan."""
    last: dict[int, int] = {}
    for stage in plan.stages:
        last.update(dict.fromkeys(stage.reads, stage.id))
    last.update(dict.fromkeys(plan.outputs, len(plan.stages)))
    host = plan.host_values
    return [Cutter(plan, one, host, last) for one in passes]


class Cutter:
    """Cuts the stages of a pass to windows.

    Parameters
    ----------
    plan : Plan
    one : Pass
    host : set of int
        Values that stay on the host.
    last : mapping of int to int
        The last stage that reads each value. No stage between those of a pass reads
        what they make.

    Attributes
    ----------
    slots : list of Slot
        What windows read.
    made : dict of int to int
        Values made in the pass: the axis that is cut, -1 where every window has all.
    wanted : list of int
        Those of them that are needed after it.
    folded : set of int
        Those of them that are states of a reduction until the last window is through.
    moving : bool
        Whether windows of the same number of rows differ in more than their inputs.
    """

    def __init__(
        self, plan: Plan, one: Pass, host: Set[int], last: Mapping[int, int]
    ) -> None:
        self.plan = plan
        self.one = one
        self.stages = [plan.stages[number] for number in one.stages]
        self.host = host
        self.axis_of = dict(zip(one.stages, one.axes, strict=True))
        self.made: dict[int, int] = {}
        for stage in self.stages:
            self.made.update(made_along(stage, self.axis_of[stage.id]))
        end = max(one.stages)
        self.wanted = [value for value in self.made if last.get(value, -1) > end]
        self.folds = {s.id for s in self.stages if self.axis_of[s.id] in s.axes}
        self.folded = {
            o.value
            for s in self.stages
            if s.id in self.folds
            for o in s.outputs
            if space_of(s, o.register) == KEPT
        }
        self.slots: list[Slot] = []
        self.slot_of: dict[tuple[int, int], int] = {}  # (stage, input): slot
        self._find_slots()
        self.moving = any(self._ramps(s) for s in self.stages)

    def space_axis(self, stage: Stage, space: int) -> int:
        """Return the axis of a space that is cut, -1 for none."""
        return space_axis(stage, self.axis_of[stage.id], space)

    def _ramps(self, stage: Stage) -> bool:
        return any(i.op.name == "iota" and self.ramp_step(stage, i) for i in stage.body)

    def ramp_step(self, stage: Stage, instr: Instr) -> int:
        """Return how much an index ramp grows from one row to the next."""
        axis = self.space_axis(stage, instr.space)
        step: int = instr.params[1][axis] if axis >= 0 else 0
        return step

    def _find_slots(self) -> None:
        found: dict[tuple[int, tuple[Walk, ...]], int] = {}
        for stage in self.stages:
            entries = list(stage.inputs)
            for k, entry in enumerate(entries):
                if entry.value in self.made:
                    continue
                axis = self.space_axis(stage, entry.space)
                walks = tuple(
                    Walk(j, abs(a.step), a.start % abs(a.step), 1 if a.step > 0 else -1)
                    for j, a in _moves(entry, axis)
                )
                number = found.setdefault((entry.value, walks), len(self.slots))
                starts = [a.start // abs(a.step) for _, a in _moves(entry, axis)]
                if number == len(self.slots):
                    lows = zip(walks, starts, strict=True)
                    fresh = tuple(w._replace(low=q, high=q) for w, q in lows)
                    self.slots.append(Slot(entry.value, fresh))
                else:
                    self.slots[number] = _widened(self.slots[number], starts)
                self.slot_of[stage.id, k] = number
            if stage.region is not None and stage.region.base not in self.made:
                key = (stage.region.base, ())
                number = found.setdefault(key, len(self.slots))
                if number == len(self.slots):
                    self.slots.append(Slot(*key))
                self.slot_of[stage.id, -1] = number

    # --- sizes ----------------------------------------------------------------

    def slot_bytes(self, slot: Slot, rows: int) -> int:
        """Return the bytes that a window of so many rows reads of a slot."""
        value = self.plan.values[slot.value]
        return prod(slot.shape(value.shape, rows)) * value.dtype.itemsize

    def made_shape(self, number: int, rows: int) -> Shape:
        """Return the shape of what a window makes of a value."""
        shape, axis = self.plan.values[number].shape, self.made[number]
        if axis < 0:
            return shape
        return (*shape[:axis], rows, *shape[axis + 1 :])

    def made_bytes(self, number: int, rows: int) -> int:
        """Return the bytes of what a window makes of a value."""
        itemsize = self.plan.values[number].dtype.itemsize
        return prod(self.made_shape(number, rows)) * itemsize


def _widened(slot: Slot, starts: list[int]) -> Slot:
    walks = tuple(
        w._replace(low=min(w.low, q), high=max(w.high, q))
        for w, q in zip(slot.walks, starts, strict=True)
    )
    return Slot(slot.value, walks)
