"""Arrays that need no first value: all of their elements are written before they are read.

Functions that make an array and write it part by part, as many of NumPy's do, fill it
with zeros here, since what `empty` holds must not depend on memory. Where a plan shows that
the parts are all of it, the filling is left out.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir.view import View
from lazyarr.plan.overlap import meets
from lazyarr.plan.reason import idle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.plan.model import Plan, Stage, Value

_REASON = "not filled: all of it is written before it is read"
_PARTS = 32  # that are compared with one another


def unfilled(
    stages: Sequence[Stage], values: Sequence[Value], outputs: Sequence[int]
) -> frozenset[int]:
    """Return the stages that fill an array of which nothing is left when it is read."""
    fills = [s for s in stages if _fills(s)]
    if not fills or not any(s.region is not None for s in stages):
        return frozenset()
    readers: dict[int, list[Stage]] = {number: [] for number in outputs}
    for stage in stages:
        for number in stage.reads:
            if number not in outputs:
                readers.setdefault(number, []).append(stage)
    return frozenset([s.id for s in fills if _is_written(s, values, readers)])


def told(plan: Plan) -> Plan:
    """Return a plan of the CPU that says what it leaves unfilled."""
    found = unfilled(plan.stages, plan.values, plan.outputs)
    return idle(plan, found, _REASON)


def _fills(stage: Stage) -> bool:
    """Whether a stage does nothing but fill an array with a number."""
    plain = stage.kind == "source" and stage.ops == ("copy",)
    return plain and len(stage.outputs) == 1 and stage.region is None


def _is_written(
    stage: Stage, values: Sequence[Value], readers: dict[int, list[Stage]]
) -> bool:
    """Whether the next stages write all of what a stage makes, and do not read it."""
    number, parts = stage.outputs[0].value, list[View]()
    left = prod(values[number].shape)
    while left and len(parts) < _PARTS:
        users = readers.get(number, [])
        region = users[0].region if len(users) == 1 else None
        if region is None or region.base != number or len(region.chain) != 1:
            return False
        part = region.chain[0]
        if number in [e.value for e in users[0].inputs] or type(part) is not View:
            return False
        if any(part == one or meets(part, (one,)) for one in parts):
            return False
        parts.append(part)
        left -= prod(part.shape)
        number = users[0].outputs[0].value
    return not left and bool(parts)
