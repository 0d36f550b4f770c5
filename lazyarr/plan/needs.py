"""What a plan needs of the memory of a GPU when it runs whole there."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.plan import device_workspace
from lazyarr.plan.passes import BLOCK
from lazyarr.plan.phases import between

if TYPE_CHECKING:
    from lazyarr.plan.device_transforms import Area
    from lazyarr.plan.model import Plan, Stage, Value


def needed(plan: Plan, resident: frozenset[int]) -> int:
    """Return the bytes that a plan needs on its GPU.

    Partial results of reductions are not among them: they lie in memory that stays, and
    that all plans share.
    """
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
