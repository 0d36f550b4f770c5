"""The CUDA source of a plan's stages, without a GPU: what ``explain`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen.indexing import Layout
from lazyarr.codegen.lowering import Device, lower
from lazyarr.codegen.reach import computed
from lazyarr.ir import view as views

if TYPE_CHECKING:
    from lazyarr.codegen.lowering import Launch
    from lazyarr.plan.model import Plan, Stage, Value

KERNELS = ("source", "map", "reduce", "rowwise")
_PROCESSORS = 132  # texts do not depend on it; the number of blocks would


def machine_for(plan: Plan, stage: Stage, processors: int) -> Device:
    """Return what the launches of a stage depend on beside it."""
    return Device(
        processors, arithmetic=plan.arithmetic, backwards=_reads_again(plan, stage)
    )


def _reads_again(plan: Plan, stage: Stage) -> bool:
    """Whether a map reads, among the largest that it reads, what a fold before it read."""
    if not stage.id or stage.kind != "map":
        return False
    fold = plan.stages[stage.id - 1]
    if fold.kind != "reduce":
        return False
    sizes = {i.value: plan.values[i.value].nbytes for i in stage.inputs}
    before = {i.value for i in fold.inputs}
    return any(sizes[k] == max(sizes.values()) for k in before & set(sizes))


def plain_layout(value: Value) -> Layout | None:
    """Return how a value lies when nothing else is known; None for host scalars."""
    if value.role == "scalar":
        return None
    return Layout(views.contiguous_strides(value.shape), aligned=True)


def sources(plan: Plan) -> dict[int, str]:
    """Return the source of every kernel of a plan whose arrays are contiguous."""
    return {
        stage: "\n".join(launch.source for launch in found)
        for stage, found in _lowered(plan).items()
    }


def launches(plan: Plan) -> int:
    """Return how many kernels a plan launches if its arrays are contiguous.

    A function of a library counts as one, whatever it launches.
    """
    called = sum(
        s.kind == "library" and s.device.startswith("gpu") for s in plan.stages
    )
    return called + sum(map(len, _lowered(plan, "gpu").values()))


def _lowered(plan: Plan, device: str = "") -> dict[int, tuple[Launch, ...]]:
    """Return the launches of every stage on devices that are named like this."""
    host = plan.host_values
    layouts = {v.id: None if v.id in host else plain_layout(v) for v in plan.values}
    result = {}
    for stage in plan.stages:
        if stage.kind in KERNELS and stage.device.startswith(device):
            inner = computed(stage, plan.values)
            if inner.nbytes:
                machine = machine_for(plan, stage, _PROCESSORS)
                lowered = lower(inner.stage, inner.values, layouts, machine)
                result[stage.id] = lowered.launches
    return result
