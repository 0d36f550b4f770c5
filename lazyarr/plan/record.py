"""A plan as plain data: the dictionary that tools read. Its keys do not change."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from lazyarr.ir.node import where_text
from lazyarr.ir.text import type_text
from lazyarr.plan.naming import Names, viewed_text
from lazyarr.plan.text import limit_share

if TYPE_CHECKING:
    from lazyarr.plan.model import Copy, Pass, Plan, Stage, Value
    from lazyarr.plan.text import Request

FORMAT = 1


def plan_record(plan: Plan, request: Request) -> dict[str, Any]:
    """Return the plan, and what was measured, as dictionaries, lists and numbers."""
    names = Names(plan, request.scalars)
    trace = request.trace
    return {
        "format": FORMAT,
        "device": plan.device,
        "devices": list(plan.devices),
        "reason": plan.reason,
        "crossover": plan.crossover,
        "profile": None if request.profile is None else request.profile.name,
        "launches": plan.launches,
        "peak_bytes": plan.peak_bytes,
        "buffers": list(plan.buffers),
        "predicted_s": _finite(plan.predicted_s),
        "measured_s": None if trace is None else trace.stages_s,
        "wall_s": None if trace is None else trace.wall_s,
        "phases": {} if trace is None else dict(sorted(trace.phases.items())),
        "spans": [] if trace is None else [list(span) for span in trace.spans],
        "memory": plan.memory._asdict(),
        "passes": [_fields(one) | {"windows": one.windows} for one in plan.passes],
        "copies": [_fields(one) for one in plan.copies],
        "rules": dict(sorted(plan.rules.items())),
        "decisions": [decision._asdict() for decision in plan.decisions],
        "outputs": list(plan.outputs),
        "values": [_value(value, plan, names) for value in plan.values],
        "stages": [
            _stage(place, stage, names, request)
            for place, stage in enumerate(plan.stages)
        ],
        "kernels": {
            str(stage): source for stage, source in sorted(request.kernels.items())
        },
    }


def _fields(entry: Pass | Copy) -> dict[str, Any]:
    """Return the fields of an entry by name, tuples as lists."""
    fields = entry._asdict().items()
    return {k: list(v) if isinstance(v, tuple) else v for k, v in fields}


def _finite(seconds: float) -> float | None:
    """Return a prediction, or None when there is none: JSON has no infinity."""
    return seconds if isfinite(seconds) else None


def _value(value: Value, plan: Plan, names: Names) -> dict[str, Any]:
    return {
        "id": value.id,
        "name": names.of(value.id),
        "role": value.role,
        "shape": list(value.shape),
        "dtype": str(value.dtype),
        "type": type_text(value.dtype, value.shape),
        "bytes": value.nbytes,
        "buffer": plan.buffer_of.get(value.id),
        "last_use": plan.last_use.get(value.id),
        "where": where_text(value.where) or None,
    }


def _corrected(stage: Stage) -> dict[str, Any]:
    """Return what runs did to the predicted time, if anything."""
    guess = stage.estimate
    return {"corrected": [guess.factor, guess.runs]} if guess.runs else {}


def _stage(place: int, stage: Stage, names: Names, request: Request) -> dict[str, Any]:
    plan, trace = names.plan, request.trace
    lines = names.lines(place, 0, names.length(place), short=False)
    outputs = [plan.values[output.value] for output in stage.outputs]
    first = outputs[0] if outputs else None
    return {
        "id": stage.id,
        "kind": stage.kind,
        "device": stage.device,
        "ops": list(stage.ops),
        "inputs": [source.value for source in stage.inputs],
        "views": [viewed_text(s, plan.values[s.value]) for s in stage.inputs],
        "outputs": [value.id for value in outputs],
        "shape": None if first is None else list(first.shape),
        "dtype": None if first is None else str(first.dtype),
        "loop": list(stage.loop),
        "axes": list(stage.axes),
        "updates": None if stage.region is None else stage.region.base,
        "bytes_read": stage.estimate.bytes_read,
        "bytes_written": stage.estimate.bytes_written,
        "flops": stage.estimate.flops,
        "predicted_s": _finite(stage.estimate.seconds),
        **_corrected(stage),
        "measured_s": None if trace is None else trace.stage_s.get(stage.id),
        "limit_share": (
            None if trace is None else limit_share(stage, trace.stage_s.get(stage.id))
        ),
        "reason": stage.reason,
        "lines": [
            {
                "text": line.text,
                "stored": line.stored or None,
                "where": line.where or None,
            }
            for line in lines
        ],
    }
