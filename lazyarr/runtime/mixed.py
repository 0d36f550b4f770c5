"""Plans of two devices: each part runs on its own, and values are copied between them."""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from lazyarr.ir.node import where_text
from lazyarr.plan.crossing import HOST, Part, parts
from lazyarr.runtime import ledger
from lazyarr.runtime.base import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Plan, Stage
    from lazyarr.runtime.base import Executable

    Turn = Callable[[list[Any], Trace | None], None]


class MixedPlan:
    """A plan of two devices, its parts made ready to run.

    Parameters
    ----------
    plan : Plan
    prepare : callable
        Gives what runs a plan of one device.
    """

    def __init__(self, plan: Plan, prepare: Callable[[Plan], Executable]) -> None:
        self.plan = plan
        self.gpu = importlib.import_module("lazyarr.runtime.cupy_backend")
        self.slots: dict[tuple[int, str], int] = {}  # of inputs, by where they are read
        self.turns: list[Turn] = []
        read: list[set[int]] = []
        for turn in parts(plan):
            if isinstance(turn, Part):
                one = _Run(plan, turn, prepare(turn.plan), self.gpu, self.slots)
                self.turns.append(one.run)
                read.append({*turn.leaves, *(slot for _, _, slot in one.inputs)})
            else:
                self.turns.append(_Crossing(plan, turn, self.gpu).run)
                read.append({turn.inputs[0].value})
        self.drops: list[list[int]] = []
        later = set(plan.outputs)
        for values in reversed(read):
            self.drops.append(sorted(values - later))
            later |= values
        self.drops.reverse()
        self.blank: list[Any] = [None] * len(self.slots)

    def run(
        self, leaves: Sequence[Any], trace: Trace | None = None, keep: bool = False
    ) -> list[Any]:
        """Return the values of the roots; with `keep`, where they were computed."""
        held: list[Any] = [
            leaves[v.source] if v.source >= 0 else None for v in self.plan.values
        ]
        held += self.blank
        for turn, drops in zip(self.turns, self.drops, strict=True):
            turn(held, trace)
            for number in drops:
                held[number] = None
        results = [held[number] for number in self.plan.outputs]
        if keep:
            return results
        start = time.perf_counter()
        home: list[Any] = self.gpu.at_home(results, self.plan.device)
        if (
            trace is not None
            and self.plan.copies
            and self.plan.copies[-1].values[0] in self.plan.outputs
        ):
            trace.copies.append((ledger.DOWN, start, time.perf_counter() - start))
        return home


class _Crossing:
    """A copy of what one part made to the device of another."""

    def __init__(self, plan: Plan, stage: Stage, gpu: Any) -> None:
        self.stage = stage
        self.gpu = gpu
        self.source = stage.inputs[0].value
        self.target = stage.outputs[0].value
        value = plan.values[self.source]
        self.nbytes = value.nbytes
        self.where = where_text(value.where)

    def run(self, held: list[Any], trace: Trace | None) -> None:
        """Put the copy where the stages of the other device look for it."""
        stage = self.stage
        if trace is not None and stage.device == HOST:
            self.gpu.finish(held[self.source])  # kernels are no copy's time
        start = time.perf_counter()
        with ledger.within(self.where):
            if stage.device == HOST:
                made = self.gpu.fetched(held[self.source])
            else:
                made = self.gpu.sent(
                    held[self.source], stage.device, f"stage {stage.id}"
                )
        held[self.target] = made
        if trace is not None:
            if stage.device != HOST:
                self.gpu.finish(made)
            trace.seconds[stage.id] = time.perf_counter() - start
            trace.starts[stage.id] = start
            trace.nbytes[stage.id] = 2 * self.nbytes


class _Run:
    """A part: its inputs brought to its device, and its results left there."""

    def __init__(
        self,
        plan: Plan,
        part: Part,
        executable: Any,
        gpu: Any,
        slots: dict[tuple[int, str], int],
    ) -> None:
        self.part = part
        self.executable = executable
        self.gpu = gpu
        self.device = part.plan.device
        # Of each input: its place among the leaves, its value, and where it is held here.
        self.inputs: list[tuple[int, int, int]] = []
        for local in part.plan.values:
            if local.role != "input":
                continue
            number = part.leaves[local.source]
            if plan.values[number].source >= 0:
                key = (number, self.device)
                slot = slots.setdefault(key, len(plan.values) + len(slots))
                self.inputs.append((local.source, number, slot))

    def run(self, held: list[Any], trace: Trace | None) -> None:
        """Compute the part's results into the list of held values."""
        near = [held[number] for number in self.part.leaves]
        for place, number, slot in self.inputs:
            if held[slot] is None:
                held[slot] = self._brought(near[place], number, trace)
            near[place] = held[slot]
        inner = None if trace is None else Trace()
        if self.device == HOST:
            results = self.executable.run(near, inner)
        else:
            results = self.executable.run(near, inner, keep=True)
        for number, result in zip(self.part.results, results, strict=True):
            held[number] = result
        if trace is not None and inner is not None:
            self._entered(inner, trace)

    def _brought(self, leaf: Any, number: int, trace: Trace | None) -> Any:
        """Return an input on this part's device, copied if it lies elsewhere."""
        far = hasattr(leaf, "__cuda_array_interface__")
        if far is (self.device != HOST):
            return leaf
        start = time.perf_counter()
        if far:
            made = self.gpu.fetched(leaf)
        else:
            made = self.gpu.sent(leaf, self.device, f"input {number}")
        if trace is not None:
            if not far:
                self.gpu.finish(made)
            what = ledger.DOWN if far else ledger.UP
            trace.copies.append((what, start, time.perf_counter() - start))
        return made

    def _entered(self, inner: Trace, trace: Trace) -> None:
        """Enter what the part's stages took under the whole plan's numbers."""
        for local, stage in enumerate(self.part.stages):
            if local in inner.seconds:
                before = trace.seconds.get(stage, 0.0)
                trace.seconds[stage] = before + inner.seconds[local]
                trace.starts.setdefault(stage, inner.starts[local])
                trace.nbytes[stage] = inner.nbytes[local]
        trace.copies += inner.copies
