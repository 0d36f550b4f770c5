"""The CUDA source of a plan's stages, without a GPU: what ``explain`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen.indexing import Layout
from lazyarr.codegen.lowering import Device, lower
from lazyarr.ir import view as views

if TYPE_CHECKING:
    from lazyarr.plan.model import Plan, Value

KERNELS = ("source", "map", "reduce", "rowwise")
# The text does not depend on these; the number of blocks would.
_ANY = Device(processors=132)


def plain_layout(value: Value) -> Layout | None:
    """Return how a value lies when nothing else is known; None for host scalars."""
    if value.role == "scalar":
        return None
    return Layout(views.contiguous_strides(value.shape), aligned=True)


def host_values(plan: Plan) -> set[int]:
    """Return the values that stay on the host: scalars, and what comes of them."""
    found = {value.id for value in plan.values if value.role == "scalar"}
    for stage in plan.stages:
        if stage.kind == "scalar":
            found.update(output.value for output in stage.outputs)
    return found


def sources(plan: Plan) -> dict[int, str]:
    """Return the source of every kernel of a plan whose arrays are contiguous."""
    host = host_values(plan)
    layouts = {v.id: None if v.id in host else plain_layout(v) for v in plan.values}
    result = {}
    for stage in plan.stages:
        if stage.kind in KERNELS and stage.size:
            lowered = lower(stage, plan.values, layouts, _ANY)
            result[stage.id] = "\n".join(x.source for x in lowered.launches)
    return result
