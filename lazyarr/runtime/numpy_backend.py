"""Plans on the CPU: NumPy's loops over tiles that fit a cache, spread over threads."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import current
from lazyarr.plan.joined import joined
from lazyarr.plan.shared import in_tiles
from lazyarr.plan.spent import lapsing, spent
from lazyarr.plan.unfilled import unfilled
from lazyarr.plan.whole import in_runs
from lazyarr.runtime import floating, pool
from lazyarr.runtime.base import moved
from lazyarr.runtime.steps import run_steps
from lazyarr.runtime.tiled import TiledStage, is_tileable
from lazyarr.runtime.whole import Assembler
from lazyarr.runtime.whole_stages import WholeStages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Plan, Stage, Value
    from lazyarr.runtime.base import Executable, Trace
    from lazyarr.runtime.spare import Spare
    from lazyarr.runtime.steps import Step

_RESERVED = 1 << 24
"""Bytes that a plan needs from which it is asked beforehand whether they are there."""


class NumpyBackend:
    """Makes plans ready to run on the CPU."""

    def prepare(self, plan: Plan) -> Executable:
        """Return the plan ready to run under the options now in force."""
        tile = current().tile_elements
        if long := in_tiles(plan.stages, plan.values, tile):
            tiled = {s.id for s in plan.stages if s.id in long and is_tileable(s)}
            return _StagedPlan(plan, tiled, tile)
        small = _SmallPlan(plan)
        if len(small.steps) == 1 and small.steps[0][0] in (1, 2):
            return _OneCall(plan)
        spare = small.program.spare
        return small if spare is None else _SparingPlan(plan, small, spare)


def _sources(plan: Plan) -> dict[int, int]:
    return {value.id: value.source for value in plan.values if value.source >= 0}


class _SmallPlan:
    """All stages as one list of calls, for arrays of a tile at most."""

    def __init__(self, plan: Plan) -> None:
        owned = frozenset([v.id for v in plan.values if v.source in plan.owned])
        assembler = Assembler(plan.values, _sources(plan), owned, owned)
        blank = unfilled(plan.stages, plan.values, plan.outputs)
        for stage in plan.stages:
            (assembler.leave if stage.id in blank else assembler.add)(stage)
        self.plan = plan
        self.options = current()
        self.scenes = floating.at_rest(self.options)
        self.program = program = assembler.finish(plan.outputs)
        self.taken = program.taken
        self.blank = program.blank
        self.steps = program.steps
        self.outputs = program.outputs
        self.places = program.places
        self.one = program.outputs[0] if len(program.outputs) == 1 else -1

    def run(self, leaves: Sequence[Any], trace: Trace | None = None) -> list[Any]:
        """Return the values of the roots."""
        if trace is not None:
            return self._traced(leaves, trace)
        return self._run(self.steps, [*leaves[: self.taken], *self.blank])

    def _run(self, steps: Sequence[Step], r: list[Any]) -> list[Any]:
        """Return the values of the roots, from the registers."""
        try:
            scene = self.scenes.pop()
        except IndexError:
            scene = floating.Scene(self.options)
        try:
            scene.run(run_steps, steps, r, self.places)
        except BaseException:
            scene.notes.found = set()
            self.scenes.append(scene)
            raise
        if scene.notes.found:
            self._settle(scene)
        else:
            self.scenes.append(scene)
        if self.one >= 0:
            return [r[self.one]]
        return [r[k] for k in self.outputs]

    def _settle(self, scene: floating.Scene) -> None:
        """Let go of the scene of a run; report what was noted in it."""
        found = scene.notes.found
        if found:
            scene.notes.found = set()
        self.scenes.append(scene)
        if found:
            floating.report(found, self.places)

    def _traced(self, leaves: Sequence[Any], trace: Trace) -> list[Any]:
        program = self.program
        r = program.registers(leaves)
        self._timed(program.segments, r, trace)
        return program.results(r)

    def _timed(
        self, segments: Sequence[tuple[int, list[Step]]], r: list[Any], trace: Trace
    ) -> None:
        """Run the calls of every stage, and look at the clock."""
        program = self.program
        with floating.noted(program.places) as scene:
            for number, steps in segments:
                start = time.perf_counter()
                scene.run(run_steps, steps, r, program.places)
                trace.seconds[number] = time.perf_counter() - start
                trace.starts[number] = start
                trace.nbytes[number] = moved(self.plan, self.plan.stages[number])


class _SparingPlan(_SmallPlan):
    """Calls that write into memory that is used again."""

    def __init__(self, plan: Plan, other: _SmallPlan, spare: Spare) -> None:
        super().__init__(plan)
        self.other = other
        self.spare = spare
        self.segments = spare.segments
        self.steps = [step for _, part in spare.segments for step in part]
        self.outputs = spare.outputs
        self.one = spare.outputs[0] if len(spare.outputs) == 1 else -1

    def run(self, leaves: Sequence[Any], trace: Trace | None = None) -> list[Any]:
        """Return the values of the roots."""
        spare = self.spare
        if not spare.fits(leaves):
            return self.other.run(leaves, trace)
        r = [*leaves[: self.taken], *self.blank]
        memory = pool.scratch(spare.nbytes)
        try:
            for slot, offset, dtype, shape in spare.views:
                r[slot] = np.ndarray(shape, dtype, memory, offset)
            for slot, shape, dtype in spare.results:
                r[slot] = pool.empty(shape, dtype)
            if trace is None:
                return self._run(self.steps, r)
            self._timed(self.segments, r, trace)
            return [r[k] for k in self.outputs]
        finally:
            pool.release(memory)


class _OneCall(_SmallPlan):
    """One call of NumPy on leaves: what an operation on small arrays comes to."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        form, self.function, a, b, _, _, self.at = self.steps[0]
        self.binary = form == 2
        self.a, self.b = a, b
        # Constants of the program come behind the leaves.
        constant = max(a, b if self.binary else 0) >= self.taken
        self.plain = not constant and self.outputs == [self.steps[0][5]]

    @floating.loop
    def run(self, leaves: Sequence[Any], trace: Trace | None = None) -> list[Any]:
        """Return the value of the only root."""
        if trace is not None or not self.plain:
            return super().run(leaves, trace)
        try:
            scene = self.scenes.pop()
        except IndexError:
            scene = floating.Scene(self.options)
        at = self.at
        try:
            if self.binary:
                result = scene.run(self.function, leaves[self.a], leaves[self.b])
            else:
                result = scene.run(self.function, leaves[self.a])
        except Exception as error:
            raise floating.failure(error, self.places[at]) from error
        finally:
            self._settle(scene)
        return [result]


class _StagedPlan:
    """Stages one after the other, in tiles or on whole arrays."""

    def __init__(self, plan: Plan, tiled: set[int], tile: int) -> None:
        self.plan = plan
        # What runs, up to which stage, what is then let go, and whether it looks at the
        # clock itself.
        self.runs: list[tuple[Callable[..., None], Stage, list[int], bool]] = []
        aliases = _aliases(plan)
        only = _sharing(plan, plan.owned)
        over = spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)
        joints = joined(plan.stages, plan.values, plan.last_use, over)
        done = {joint.stage for joint in joints.values()}
        last = _last_reads(plan)
        free = lapsing(plan)
        drops: list[list[int]] = [[] for _ in plan.stages]
        for number, stage_id in last.items():
            if plan.values[number].role == "temporary":
                drops[stage_id].append(number)
        blank = unfilled(plan.stages, plan.values, plan.outputs)
        for stages in in_runs(plan, done | tiled | blank):
            stage = stages[-1]
            bases = [base for one in stages if (base := _base(one)) not in aliases]
            whole = WholeStages(plan, stages, frozenset(bases), only, last, free)
            gone = [number for one in stages for number in drops[one.id]]
            runner: Callable[..., None] = whole.run
            if stage.id in blank:
                runner = partial(_unfilled, plan.values[stage.outputs[0].value])
            elif stage.id in done:
                runner = partial(_unless_done, stage.outputs[0].value, whole.run)
            elif stage.id in tiled:
                ways = over.get(stage.id), joints.get(stage.id)
                owned = -1 < _base(stage) not in aliases
                runner = TiledStage(
                    plan, stage, tile, whole.run, owned, *ways, only=only
                ).run
            self.runs.append((runner, stage, gone, runner == whole.run))
        large = bool(only) and plan.peak_bytes >= _RESERVED
        self.reserve = plan.peak_bytes if large else 0

    def _ask(self) -> None:
        """See whether there is memory for all of the plan, before it changes an array.

        Raises
        ------
        MemoryError
            There is not. Later, the array that it was changing would be lost.
        """
        try:
            pool.reserve(self.reserve)
        except MemoryError as error:
            first = next(s for s in self.plan.stages if s.body)
            raise floating.failure(error, first.body[-1]) from error

    def run(self, leaves: Sequence[Any], trace: Trace | None = None) -> list[Any]:
        """Return the values of the roots."""
        plan = self.plan
        if self.reserve:
            self._ask()
        held = [leaves[v.source] if v.source >= 0 else None for v in plan.values]
        for runner, stage, drops, times in self.runs:
            if trace is None:
                runner(held)
            elif times:
                runner(held, trace)
            else:
                start = time.perf_counter()
                runner(held)
                trace.seconds[stage.id] = time.perf_counter() - start
                trace.starts[stage.id] = start
                trace.nbytes[stage.id] = moved(plan, stage)
            for number in drops:
                held[number] = None
        return [held[number] for number in plan.outputs]


def _last_reads(plan: Plan) -> dict[int, int]:
    """Return for each value the last stage that reads or makes it.

    Views of it hold its memory, not its number.
    """
    last: dict[int, int] = {}
    for stage in plan.stages:
        used = (*stage.reads, *[output.value for output in stage.outputs])
        last.update(dict.fromkeys(used, stage.id))
    return last


def _base(stage: Stage) -> int:
    """Return the value that a stage writes into, or shows; -1 for others."""
    if stage.kind == "view":
        return stage.inputs[0].value
    return -1 if stage.region is None else stage.region.base


def _unless_done(
    number: int, run: Callable[[list[Any]], None], held: list[Any]
) -> None:
    """Run a stage whose result those before it may have left where it belongs."""
    if held[number] is None:
        run(held)


def _unfilled(value: Value, held: list[Any]) -> None:
    """Hold memory for an array of which all is written by the next stages."""
    held[value.id] = pool.empty(value.shape, value.dtype)


def _aliases(plan: Plan) -> frozenset[int]:
    """Return the values that may share memory with an input that others hold."""
    sources = frozenset([v.source for v in plan.values if v.source >= 0])
    return _sharing(plan, sources - plan.owned)


def _sharing(plan: Plan, sources: frozenset[int]) -> frozenset[int]:
    """Return the values that may share memory with inputs."""
    found = {v.id for v in plan.values if v.source in sources}
    for stage in plan.stages:
        if stage.kind == "view" and stage.inputs[0].value in found:
            found.update(output.value for output in stage.outputs)
    return frozenset(found)


BACKEND = NumpyBackend()
