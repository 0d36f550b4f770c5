"""How long each value lives, which buffers they share, and the peak that follows."""

from __future__ import annotations

import bisect
from typing import NamedTuple

from lazyarr.plan.model import Stage, Value


class Layout(NamedTuple):
    """Buffers of a plan; the fields are those of `Plan`."""

    stages: tuple[Stage, ...]
    last_use: dict[int, int]
    buffers: tuple[int, ...]
    buffer_of: dict[int, int]
    peak_bytes: int


def allocate(
    stages: tuple[Stage, ...], values: tuple[Value, ...], outputs: tuple[int, ...]
) -> Layout:
    """Return liveness, buffer reuse, donations and the peak of a stage sequence.

    A reshape shares its operand's buffer; an update that is the last to read its base
    writes into it. Both make one *owner* of several values.
    """
    owner = _owners(stages)
    last_use = _last_uses(stages, values, outputs, owner)
    stages = tuple(_donating(s, values, outputs, owner, last_use) for s in stages)
    shared = dict(owner)
    for stage in stages:
        if stage.region is not None and stage.region.donated:
            _take_over(shared, stage.region.base, stage.outputs[0].value)
    last_use = _last_uses(stages, values, outputs, shared)
    return _assign(stages, values, outputs, shared, last_use)


def _owners(stages: tuple[Stage, ...]) -> dict[int, int]:
    """Return, for each value that is only another shape of one, that other."""
    owner: dict[int, int] = {}
    for stage in stages:
        if stage.kind == "view":
            source = stage.inputs[0].value
            owner[stage.outputs[0].value] = owner.get(source, source)
    return owner


def _take_over(owner: dict[int, int], base: int, updated: int) -> None:
    owner[updated] = owner.get(base, base)
    for value, old in owner.items():
        if old == updated:
            owner[value] = owner[updated]


def _last_uses(
    stages: tuple[Stage, ...],
    values: tuple[Value, ...],
    outputs: tuple[int, ...],
    owner: dict[int, int],
) -> dict[int, int]:
    last: dict[int, int] = {}
    for stage in stages:
        read = [i.value for i in stage.inputs] + [o.value for o in stage.outputs]
        if stage.region is not None:
            read.append(stage.region.base)
        for value in read:
            last[owner.get(value, value)] = stage.id
    for value in outputs:
        last[owner.get(value, value)] = len(stages)
    return {v.id: last.get(owner.get(v.id, v.id), -1) for v in values}


def _donating(
    stage: Stage,
    values: tuple[Value, ...],
    outputs: tuple[int, ...],
    owner: dict[int, int],
    last_use: dict[int, int],
) -> Stage:
    region = stage.region
    if region is None:
        return stage
    base = owner.get(region.base, region.base)
    # Read by this stage itself, the base is safe only where the fuser saw to it.
    free = last_use[base] == stage.id and values[base].role == "temporary"
    if not free or base in {owner.get(v, v) for v in outputs}:
        return stage
    return _with_region(stage, region._replace(donated=True))


def _with_region(stage: Stage, region: object) -> Stage:
    fields = {name: getattr(stage, name) for name in Stage.__slots__}
    return Stage(**{**fields, "region": region})


def _assign(
    stages: tuple[Stage, ...],
    values: tuple[Value, ...],
    outputs: tuple[int, ...],
    owner: dict[int, int],
    last_use: dict[int, int],
) -> Layout:
    results = {owner.get(v, v) for v in outputs}
    buffers: list[int] = []
    buffer_of: dict[int, int] = {}
    free: list[tuple[int, int]] = []  # bytes, buffer; sorted
    ends: dict[int, list[int]] = {}
    held = peak = 0
    for stage in stages:
        for out in stage.outputs:
            value = values[out.value]
            if owner.get(value.id, value.id) != value.id:
                continue
            if value.id in results:
                held += value.nbytes
                continue
            place = bisect.bisect_left(free, (value.nbytes, -1))
            if place < len(free) and free[place][0] <= 2 * value.nbytes:
                _, buffer = free.pop(place)
            else:
                buffer = len(buffers)
                buffers.append(value.nbytes)
                held += value.nbytes
            buffer_of[value.id] = buffer
            ends.setdefault(last_use[value.id], []).append(buffer)
        peak = max(peak, held)
        for buffer in ends.pop(stage.id, ()):
            bisect.insort(free, (buffers[buffer], buffer))
    return Layout(stages, last_use, tuple(buffers), buffer_of, peak)
