"""What a stage moves and computes, and how long a machine takes for it."""

from __future__ import annotations

from math import prod

from lazyarr.ops.row import Kind
from lazyarr.plan.model import (
    LOOP,
    DeviceProfile,
    Estimate,
    Input,
    Instr,
    Plan,
    Stage,
    Value,
)

# A machine nobody measured. The numbers are round on purpose.
UNMEASURED_CPU = DeviceProfile("unmeasured CPU", "cpu", 0, 10e9, 2e9, 1e-6)
UNMEASURED_GPU = DeviceProfile(
    "unmeasured GPU", "gpu", 0, 1e12, 1e12, 5e-6, link=1e10, link_latency=1e-5
)


def _read(entry: Input, value: Value) -> int:
    """Return the bytes of a value that a view touches, each counted once."""
    touched = prod(n for j, n in enumerate(entry.view.shape) if _moves(entry, j))
    return min(touched, prod(value.shape)) * value.dtype.itemsize


def _moves(entry: Input, axis: int) -> bool:
    return any(a.axis == axis for a in entry.view.axes)


def estimate(
    stage: Stage, values: tuple[Value, ...], profile: DeviceProfile
) -> Estimate:
    """Return the traffic, arithmetic and time of a stage on a device.

    The time is ``launch + max(bytes / bandwidth, flops / rate)``.
    """
    if stage.kind == "view":
        return Estimate()
    read = sum(_read(i, values[i.value]) for i in set(stage.inputs))
    written = sum(values[o.value].nbytes for o in stage.outputs)
    if stage.region is not None:
        written = stage.size * values[stage.outputs[0].value].dtype.itemsize
        if not stage.region.donated:
            base = values[stage.region.base].nbytes
            read, written = read + base, written + base
    size = prod(stage.loop)
    kept = prod(stage.kept)
    work = sum(
        instr.op.flops * (size if instr.space == LOOP or _folds(instr) else kept)
        for instr in stage.body
    )
    if stage.kind == "scalar":
        return Estimate(0, 0, work, 0.0)
    seconds = profile.launch + max(
        (read + written) / profile.bandwidth, work / profile.flops
    )
    return Estimate(read, written, work, seconds)


def _folds(instr: Instr) -> bool:
    return instr.op.kind is Kind.REDUCE


def largest(stages: tuple[Stage, ...], values: tuple[Value, ...]) -> int:
    """Return the elements that the largest stage touches."""
    sizes = [0]
    for stage in stages:
        if stage.kind in ("view", "scalar"):
            continue
        sizes.append(prod(stage.loop))
        if stage.kind == "library":
            sizes += [prod(values[i.value].shape) for i in stage.inputs]
    return max(sizes)


def touched(plan: Plan) -> int:
    """Return the bytes that a plan reads and writes in all."""
    return sum(s.estimate.bytes_read + s.estimate.bytes_written for s in plan.stages)
