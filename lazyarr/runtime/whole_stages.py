"""Stages on whole arrays; those that follow one another are one list of calls.

A loop over data multiplies matrices by vectors, and does a little with the results: many
stages, each of which takes less time than it takes to start one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from lazyarr.runtime import floating
from lazyarr.runtime.base import moved
from lazyarr.runtime.spare import Spare, in_time
from lazyarr.runtime.steps import Program, Step, run_steps
from lazyarr.runtime.whole import Assembler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lazyarr.plan.model import Plan, Stage
    from lazyarr.runtime.base import Trace


class WholeStages:
    """Stages on whole arrays; `owned` are values whose memory is the plan's.

    `only` are those that are the only copy of the user's elements, if they are owned;
    `last` are the stages of the plan that are the last to read values; those of what is
    `dying` may write over it.
    """

    def __init__(
        self,
        plan: Plan,
        stages: Sequence[Stage],
        owned: frozenset[int],
        only: frozenset[int],
        last: Mapping[int, int],
        dying: frozenset[int],
    ) -> None:
        self.plan = plan
        made = {output.value for stage in stages for output in stage.outputs}
        used = {entry.value for stage in stages for entry in stage.inputs}
        used |= {stage.region.base for stage in stages if stage.region is not None}
        end, outputs = stages[-1].id, set(plan.outputs)
        self.reads = sorted(used - made)
        self.writes = [
            number for number in sorted(made) if number in outputs or last[number] > end
        ]
        if len(stages) == 1:
            self.writes = [output.value for output in stages[0].outputs]
        sources = {number: k for k, number in enumerate(self.reads)}
        self.spent = {k for k in self.reads if k in dying and last[k] <= end}
        assembler = Assembler(plan.values, sources, owned - made, only, self.spent)
        for stage in stages:
            assembler.add(stage)
        self.program: Program = assembler.finish(self.writes)
        spare = self.program.spare
        self.spare: Spare | None = None
        if spare is not None and not spare.nbytes:  # scratch would stay beside tiles
            self.spare = spare._replace(segments=in_time(spare))
            self.into = [step for _, part in self.spare.segments for step in part]

    def run(self, held: list[Any], trace: Trace | None = None) -> None:
        """Compute the stages' outputs into the list of held values."""
        program, spare = self.program, self.spare
        leaves = [held[number] for number in self.reads]
        r = program.registers(leaves)
        segments, steps, outputs = program.segments, program.steps, program.outputs
        if spare is not None and spare.fits(leaves):
            segments, steps, outputs = spare.segments, self.into, spare.outputs
        del leaves
        for number in self.spent:  # the calls let it go
            held[number] = None
        with floating.noted(program.places) as scene:
            if trace is None:
                scene.run(run_steps, steps, r, program.places)
            else:
                self._timed(scene, segments, r, trace)
        for number, k in zip(self.writes, outputs, strict=True):
            held[number] = r[k]

    def _timed(
        self,
        scene: floating.Scene,
        segments: Sequence[tuple[int, list[Step]]],
        r: list[Any],
        trace: Trace,
    ) -> None:
        """Run the calls of every stage, and look at the clock."""
        program = self.program
        for number, steps in segments:
            start = time.perf_counter()
            scene.run(run_steps, steps, r, program.places)
            trace.seconds[number] = time.perf_counter() - start
            trace.starts[number] = start
            trace.nbytes[number] = moved(self.plan, self.plan.stages[number])
