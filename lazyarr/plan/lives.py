"""Which memory the values of a plan on the CPU have, and how long it is there.

A view has none, nor what is written in place; a reshape that has no view copies. Memory
is let go with the last stage that reads what lies in it, or with the list of calls that
this stage is one of, unless that has made it. Inputs are taken to lie in C order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lazyarr.ir import view as views
from lazyarr.plan.geometry import memory_order, ramps
from lazyarr.plan.model import LOOP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.plan.model import Input, Plan, Stage

_LAID = ("map", "rowwise", "reduce", "source")


class Lives:
    """The memory of values; `runs` are the stages that are one list of calls each.

    Attributes
    ----------
    last : dict of int to int
        The last stage at which memory is there, by the value that it was made for.
    copies : set of int
        Values of reshapes that have memory.
    """

    def __init__(self, plan: Plan, runs: Iterable[Sequence[Stage]]) -> None:
        self.last: dict[int, int] = {}
        self.copies: set[int] = set()
        self.values = plan.values
        self.place: dict[int, int] = {}  # of values in memory made for others
        self.strides: dict[int, Shape] = {}  # in elements, of those not in C order
        for run in runs:
            made: set[int] = set()
            for stage in run:
                for number in stage.reads:
                    place = self.place.get(number, number)
                    self.last[place] = stage.id if place in made else run[-1].id
                for register, number in stage.outputs:
                    place = self.place[number] = self._made(stage, number, register)
                    if place == number:
                        made.add(number)
                        self.last[number] = stage.id
        for number in plan.outputs:
            self.last[self.place.get(number, number)] = len(plan.stages)

    def _made(self, stage: Stage, number: int, register: int) -> int:
        """Return whose memory a stage's output lies in."""
        if stage.kind == "view":
            source = stage.inputs[0].value
            if self._is_copied(stage, number):
                self.copies.add(number)
                return number
            return self.place.get(source, source)
        region = stage.region
        if region is not None:
            if region.base in self.strides:
                self.strides[number] = self.strides[region.base]
            if region.in_place:
                return self.place.get(region.base, region.base)
        elif stage.kind in _LAID:
            self._lay(stage, number, register)
        return number

    def _is_copied(self, stage: Stage, number: int) -> bool:
        """Whether a reshape copies: NumPy is asked."""
        (entry,) = stage.inputs
        blank, steps = np.empty(1, np.uint8), self._steps(entry)
        seen = np.lib.stride_tricks.as_strided(blank, entry.view.shape, steps)
        try:
            self.strides[number] = seen.reshape(stage.loop, copy=False).strides
        except ValueError:
            return True
        return False

    def _steps(self, entry: Input) -> Shape:
        """Return the strides of an operand, in elements."""
        base = self.values[entry.value].shape
        own = self.strides.get(entry.value, views.contiguous_strides(base))
        steps = [0] * len(entry.view.shape)
        for (_, step, axis), stride in zip(entry.view.axes, own, strict=True):
            if axis != views.FIXED:
                steps[axis] += step * stride
        return tuple(steps)

    def _lay(self, stage: Stage, number: int, register: int) -> None:
        """Note how an output lies whose axes have another order in memory than C's."""
        ndim = len(stage.loop)
        order = stage.order
        if order is None:
            laid = [
                tuple(
                    0 if n == 1 else step
                    for n, step in zip(stage.loop, self._steps(entry), strict=True)
                )
                for entry in stage.inputs
                if entry.view.shape == stage.loop
            ]
            order = memory_order(ndim, laid + ramps(stage))
        instr = register - len(stage.inputs)
        kept = instr >= 0 and stage.body[instr].space != LOOP
        axes = [k for k in range(ndim) if not (kept and k in stage.axes)]
        inward = [k for k in reversed(order) if k in axes]
        if inward == axes[::-1]:
            return
        steps, length = dict.fromkeys(axes, 0), 1
        for axis in inward:
            steps[axis] = length
            length *= stage.loop[axis]
        self.strides[number] = tuple(steps.values())
