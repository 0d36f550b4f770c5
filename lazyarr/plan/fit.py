"""Whether a plan fits its device's memory: whole, in windows, or not at all.

It is decided before anything is allocated, and the plan says what was decided and why.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.errors import MemoryLimitError
from lazyarr.ir import view as views
from lazyarr.ir.node import where_text
from lazyarr.ir.view import View
from lazyarr.named import NamedTuple
from lazyarr.plan import device_workspace
from lazyarr.plan.beside import scratch_of
from lazyarr.plan.model import Decision, Memory, Plan
from lazyarr.plan.passes import BLOCK, sized
from lazyarr.plan.phases import between
from lazyarr.plan.quantities import bytes_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.plan.device_transforms import Area
    from lazyarr.plan.model import Pass, Stage, Value
    from lazyarr.plan.passes import Sizes


class Room(NamedTuple):
    """Bytes that a plan may need on its device; None: as many as it likes."""

    bytes: int | None = None
    limit: str = ""


class Fitted(NamedTuple):
    """A plan that says how it uses memory; `refused` says why it cannot run, if so."""

    plan: Plan
    refused: str = ""


def needed(plan: Plan, resident: frozenset[int] = frozenset()) -> int:
    """Return the bytes that a plan needs on its device when it runs whole.

    Partial results of reductions are not among them: they lie in memory that stays, and
    that all plans share.
    """
    if plan.device == "cpu":
        return plan.peak_bytes
    there = plan.host_values | resident
    used = {
        v
        for s in plan.stages
        if s.device == plan.device and s.kind != "copy"
        for v in s.reads
    }
    arriving = sum(
        _rounded(v.nbytes)
        for v in plan.values
        if v.source >= 0 and v.id in used and v.id not in there
    )
    alive = peak = 0
    borrowed = borrowed_by(plan)
    kept: set[Area] = set()
    ends: dict[int, int] = {}
    for stage in plan.stages:
        for output in stage.outputs if stage.device == plan.device else ():
            value = plan.values[output.value]
            size = _rounded(_made(stage, value, plan.values, borrowed))
            alive += size
            last = plan.last_use.get(value.id, len(plan.stages))
            ends[last] = ends.get(last, 0) + size
        if stage.device == plan.device:
            peak = max(peak, alive + _beside(stage, plan.values, kept))
        alive -= ends.pop(stage.id, 0)
    return arriving + peak


def _beside(stage: Stage, values: tuple[Value, ...], kept: set[Area]) -> int:
    """Return the bytes that a stage on a device works in, and what functions have kept."""
    beside = sum(map(_rounded, between(stage, values)))
    beside += sum(map(_rounded, _aside(stage, values)))
    if stage.kind == "library":
        kept.update(device_workspace.staying(stage, values))
        beside = device_workspace.workspace(stage, values)
    return beside + sum(area.nbytes for area in kept)


def _aside(stage: Stage, values: tuple[Value, ...]) -> list[int]:
    """Return the bytes of what is written where no stride leads, and of a copy there."""
    region = stage.region
    if region is None:
        return []
    base = values[region.base]
    steps = views.contiguous_strides(base.shape)
    part = np.lib.stride_tricks.as_strided(np.empty(1, np.uint8), base.shape, steps)
    for link in region.chain:
        if isinstance(link, View):
            part = views.apply(part, link)
            continue
        try:
            part = part.reshape(link[1], copy=False)
        except ValueError:
            return [
                prod(stage.loop) * base.dtype.itemsize,
                part.size * base.dtype.itemsize,
            ]
    return []


def borrowed_by(plan: Plan) -> set[int]:
    """Return the leaves that no update may write into, and their views."""
    found = {v.id for v in plan.values if v.source >= 0 and v.source not in plan.owned}
    for stage in plan.stages:
        if stage.kind == "view" and stage.inputs[0].value in found:
            found.update(output.value for output in stage.outputs)
    return found


def _made(
    stage: Stage, value: Value, values: tuple[Value, ...], borrowed: set[int]
) -> int:
    """Return the bytes that a stage allocates on a device for one of its outputs."""
    if stage.kind == "scalar":
        return 0
    if stage.region is not None and stage.region.base not in borrowed:
        return 0 if stage.region.donated else value.nbytes
    if value.role != "output" and stage.kind == "view":
        return device_workspace.reshaped(stage, values)
    return value.nbytes


def _rounded(nbytes: int) -> int:
    return -(-nbytes // BLOCK) * BLOCK


def fit(
    plan: Plan,
    room_of: Callable[[int], Room],
    resident: frozenset[int] = frozenset(),
) -> Fitted:
    """Return the plan as it is to run in the memory there is.

    Parameters
    ----------
    plan : Plan
    room_of : callable
        Gives the room for a plan that needs so many bytes.
    resident : set of int
        Inputs that lie on the plan's device already.
    """
    need = needed(plan, resident)
    room = room_of(need)
    memory = Memory(need, room.bytes, room.limit)
    if room.bytes is None or need <= room.bytes:
        return Fitted(replace(plan, memory=memory))
    why = f"{_needs(plan, need)}, and {room.limit}"
    if plan.is_mixed:
        why += "; plans of two devices do not run in windows"
        return _refused(plan, memory, why)
    passes, most = sized(plan, room.bytes, resident)
    cut = [one for one in passes if one.windows > 1]
    if not cut or most.peak > room.bytes:
        return _refused(plan, memory, _refusal(plan, cut, most, why))
    said = tuple(
        Decision(
            "memory",
            f"{_stages(one.stages)} in {one.windows:,} windows of {one.rows:,} "
            f"{'row' if one.rows == 1 else 'rows'}",
            why,
        )
        for one in cut
    )
    memory = memory._replace(need=most.peak)
    return Fitted(
        replace(
            plan,
            memory=memory,
            passes=passes,
            peak_bytes=most.peak,
            decisions=(*plan.decisions, *said),
        )
    )


def at_home(fitted: Fitted, room_of: Callable[[int], Room]) -> Fitted:
    """Return a plan of windows on a GPU, or a mixed one; refused if the host is too small.

    It has to hold the results, and all that the stages of a mixed plan need there.
    """
    plan = fitted.plan
    need = sum(plan.values[number].nbytes for number in plan.outputs)
    what = "results take"
    if plan.is_mixed:
        need = max(need, scratch_of(plan))
        what = "results and the stages on the host take"
    room = room_of(need)
    if room.bytes is None or need <= room.bytes:
        return fitted
    why = f"its {what} {bytes_text(need)} on the host, and {room.limit}"
    return _refused(replace(plan, passes=()), plan.memory, why)


def _refused(plan: Plan, memory: Memory, why: str) -> Fitted:
    decisions = (*plan.decisions, Decision("memory", "refused", why))
    return Fitted(replace(plan, memory=memory, decisions=decisions), why)


def _stages(numbers: tuple[int, ...]) -> str:
    if len(numbers) == 1:
        return f"stage {numbers[0]} runs"
    return f"stages {numbers[0]} to {numbers[-1]} run"


def _name(stage: Stage) -> str:
    return f"stage {stage.id} ({stage.body[-1].op.name if stage.body else 'compute'})"


def _largest(plan: Plan) -> Stage:
    return max(
        plan.stages, key=lambda s: sum(plan.values[o.value].nbytes for o in s.outputs)
    )


def _needs(plan: Plan, need: int) -> str:
    most = f", most of it for {_name(_largest(plan))}" if plan.stages else ""
    return f"the plan needs {bytes_text(need)} at its peak{most}"


def _refusal(plan: Plan, cut: list[Pass], most: Sizes, why: str) -> str:
    peak, number = most
    stage = plan.stages[number]
    if not any(stage.id in one.stages for one in cut):
        return f"{why}; {_name(stage)} cannot run in windows"
    return f"{why}; in windows {_name(stage)} still needs {bytes_text(peak)}"


def refuse(fitted: Fitted) -> None:
    """Raise for a plan that does not fit.

    Raises
    ------
    MemoryLimitError
        It names the stage that holds most, the need, the limit and a remedy.
    """
    if not fitted.refused:
        return
    stage = _largest(fitted.plan)
    where = where_text(stage.body[-1].where) if stage.body else ""
    if fitted.plan.memory.limit.startswith("memory_limit"):
        hint = "raise la.config(memory_limit=...), or compute and reduce in parts."
    else:
        hint = "free arrays, compute and reduce in parts, or use another device."
    raise MemoryLimitError.at("compute", fitted.refused, where, hint)
