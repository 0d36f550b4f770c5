"""Plans that run in windows: slices of the inputs in, parts of the results out.

What windows give is put side by side in one NumPy array, or merged as the states of a
reduction, in a fixed tree: the bits depend on the plan and on nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.plan.parts import Window, epilogue, window_plan
from lazyarr.plan.window import Cutter, cutters
from lazyarr.runtime import numpy_backend, pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.ops.row import Fold, Op
    from lazyarr.plan.model import Pass, Plan
    from lazyarr.runtime.base import Executable, Trace


class StreamedPlan:
    """A plan's passes, one after the other; what lies between them is on the host.

    Parameters
    ----------
    plan : Plan
        With passes.
    run_pass : callable
        Makes a pass on the plan's device ready to run.
    """

    def __init__(
        self, plan: Plan, run_pass: Callable[[Cutter], WindowedPass] | None = None
    ) -> None:
        self.plan = plan
        make = WindowedPass if run_pass is None else run_pass
        self.passes = [
            (HostPass if _on_host(plan, cutter.one) else make)(cutter)
            for cutter in cutters(plan, plan.passes)
        ]
        last: dict[int, int] = {}
        for k, one in enumerate(plan.passes):
            for number in one.stages:
                last.update(dict.fromkeys(plan.stages[number].reads, k))
        self.drops: list[list[int]] = [[] for _ in plan.passes]
        for number, k in last.items():
            if number not in plan.outputs:
                self.drops[k].append(number)

    def run(
        self, leaves: Sequence[Any], trace: Trace | None = None, keep: bool = False
    ) -> list[Any]:
        """Return the values of the roots, as NumPy arrays; see `Executable`.

        `keep` changes nothing: a device that cannot hold the plan holds no results.
        """
        held = {v.id: leaves[v.source] for v in self.plan.values if v.source >= 0}
        for one, drops in zip(self.passes, self.drops, strict=True):
            one.run(held, trace)
            for number in drops:
                held.pop(number, None)
        return [_settled(held[number]) for number in self.plan.outputs]


def _on_host(plan: Plan, one: Pass) -> bool:
    """Whether a pass costs nothing on the host: numbers, or another shape."""
    return not one.extent and plan.stages[one.stages[0]].kind in ("scalar", "view")


def _settled(result: Any) -> Any:
    if isinstance(result, np.ndarray) and not result.ndim:
        return result[()]
    return result


class WindowedPass:
    """One pass on the CPU; a pass that is not cut is one window of everything."""

    def __init__(self, cutter: Cutter) -> None:
        self.cutter = cutter
        self.one = cutter.one
        self.ready: dict[Any, tuple[Window, Executable]] = {}

    def run(self, held: dict[int, Any], trace: Trace | None) -> None:
        """Compute what the pass makes into the held values."""
        gather = Gather(self.cutter)
        extent, rows = self.one.extent, self.one.rows
        bounds = (
            [(lo, min(lo + rows, extent)) for lo in range(0, extent, rows)]
            if rows
            else [(0, 0)]
        )
        self.stream(bounds, held, gather, trace)
        gather.finish(held)

    def stream(
        self,
        bounds: list[tuple[int, int]],
        held: dict[int, Any],
        gather: Gather,
        trace: Trace | None,
    ) -> None:
        """Run the windows, one after the other."""
        for lo, hi in bounds:
            window, executable = self.window(lo, hi)
            leaves = [self.part(k, lo, hi, held) for k in range(len(self.cutter.slots))]
            gather.take(window, lo, hi, self._timed(executable, leaves, trace))

    def part(self, place: int, lo: int, hi: int, held: dict[int, Any]) -> Any:
        """Return what a window sees of a slot: a view."""
        slot = self.cutter.slots[place]
        array = held[slot.value]
        return array[slot.key(lo, hi, array.ndim)] if slot.walks else array

    def window(self, lo: int, hi: int) -> tuple[Window, Executable]:
        """Return the plan of a window, ready to run; alike ones are made once."""
        key = (lo, hi) if self.cutter.moving else hi - lo
        found = self.ready.get(key)
        if found is None:
            if self.cutter.moving:
                self.ready.clear()
            window = window_plan(self.cutter, lo, hi)
            found = self.ready[key] = (window, self.prepare(window.plan))
        return found

    def prepare(self, plan: Plan) -> Executable:
        """Return the plan of a window, ready to run."""
        return numpy_backend.BACKEND.prepare(plan)

    def _timed(
        self, executable: Executable, leaves: list[Any], trace: Trace | None
    ) -> list[Any]:
        if trace is None:
            return executable.run(leaves)
        inner = type(trace)()
        results = executable.run(leaves, inner)
        self.record(trace, inner)
        return results

    def record(self, trace: Trace, inner: Trace) -> None:
        """Add what the stages of a window took to those of the plan."""
        for k, number in enumerate(self.one.stages):
            seconds, nbytes = inner.seconds.get(k, 0.0), inner.nbytes.get(k, 0)
            if k in inner.starts:
                trace.starts.setdefault(number, inner.starts[k])
            trace.seconds[number] = trace.seconds.get(number, 0.0) + seconds
            trace.nbytes[number] = trace.nbytes.get(number, 0) + nbytes


class HostPass(WindowedPass):
    """A pass of scalars or of another shape: always on the CPU."""

    def prepare(self, plan: Plan) -> Executable:
        """Return the plan, ready to run on the host."""
        return numpy_backend.BACKEND.prepare(plan)


class Gather:
    """What the windows of a pass gave so far."""

    def __init__(self, cutter: Cutter) -> None:
        self.cutter = cutter
        self.whole: dict[int, Any] = {}
        self.states: dict[tuple[int, int], list[tuple[int, Any]]] = {}
        self.copy: Callable[[Any, Any], None] = np.copyto

    def take(self, window: Window, lo: int, hi: int, results: list[Any]) -> None:
        """Take the results of a window."""
        for place, number in enumerate(window.results):
            if number >= 0:
                target = self.target(number, lo, hi)
                if target is None:
                    self.whole[number] = np.array(results[place])
                else:
                    self.copy(target, results[place])
        self.fold(window, lo, hi, results)

    def target(self, number: int, lo: int, hi: int) -> np.ndarray | None:
        """Return where a window's part of a value belongs; None for all of it."""
        axis = self.cutter.made[number]
        if axis < 0 or self.cutter.one.rows == 0:
            return None
        value = self.cutter.plan.values[number]
        if number not in self.whole:
            self.whole[number] = pool.empty(value.shape, value.dtype)
        array: np.ndarray = self.whole[number]
        return array[(slice(None),) * axis + (slice(lo, hi),)]

    def fold(self, window: Window, lo: int, hi: int, results: list[Any]) -> None:
        """Merge the states of a window's reductions, neighbours first."""
        for folded in window.folded:
            stage = self.cutter.plan.stages[folded.stage]
            op = stage.body[folded.instr].op
            rows = self.cutter.axis_of[stage.id], lo, hi
            found = [np.array(results[k]) for k in folded.results]
            state = _state(op, found, stage.loop, stage.axes, rows)
            stack = self.states.setdefault((stage.id, folded.instr), [])
            level = 0
            fold = _fold(op)
            while stack and stack[-1][0] == level:
                state = _merged(fold, stack.pop()[1], state)
                level += 1
            stack.append((level, state))

    def finish(self, held: dict[int, Any]) -> None:
        """Put the values that the pass made among the held ones."""
        held.update(self.whole)
        for stage in self.cutter.stages:
            if stage.id not in self.cutter.folds:
                continue
            results: dict[int, Any] = {}
            for k, instr in enumerate(stage.body):
                stack = self.states.get((stage.id, k))
                if stack is None:
                    continue
                state = stack.pop()[1]
                while stack:
                    state = _merged(_fold(instr.op), stack.pop()[1], state)
                result = np.asarray(_fold(instr.op).finish(state), instr.dtype)
                results[k] = result.reshape(stage.kept)
            first = len(stage.inputs)
            for output in stage.outputs:
                if output.register - first in results:
                    held[output.value] = results[output.register - first]
            after, read, written = epilogue(self.cutter.plan, stage, self.cutter.host)
            if after is not None:
                given = [_host(held[number]) for number in read]
                leaves = [*given, *(_settled(r) for r in results.values())]
                made = numpy_backend.BACKEND.prepare(after).run(leaves)
                held.update(zip(written, made, strict=True))


def _host(array: Any) -> Any:
    """Return an array as NumPy's, from a device if it lies there."""
    return array.get() if hasattr(array, "__cuda_array_interface__") else array


def _fold(op: Op) -> Fold:
    assert op.fold is not None
    return op.fold


def _merged(fold: Fold, left: Any, right: Any) -> Any:
    with np.errstate(all="ignore"):  # the elements have warned where they are computed
        return fold.merge(left, right)


def _state(
    op: Op,
    found: list[np.ndarray],
    loop: tuple[int, ...],
    axes: tuple[int, ...],
    rows: tuple[int, int, int],
) -> Any:
    """Return the state of a window's reduction from what the window gave."""
    cut, lo, hi = rows
    sides = [hi - lo if axis == cut else loop[axis] for axis in axes]
    if op.name == "sum_squared_deviations":
        count = int(np.prod(sides))
        return count, np.divide(found[1], count, dtype=found[1].dtype), found[0]
    if op.name in ("argmin", "argmax"):
        place = list(np.unravel_index(found[0], sides))
        place[axes.index(cut)] = place[axes.index(cut)] + lo
        whole = np.ravel_multi_index(place, [loop[axis] for axis in axes])
        return np.asarray(whole, np.intp), found[1]
    return (found[0],)
