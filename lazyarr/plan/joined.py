"""Arrays that are computed where they will be joined, so that joining copies nothing.

What one elementwise stage computes only for it to be put one behind the other can lie in
the result from the start: its stage then writes into parts of one array. That is half the
memory, and one pass through it less than the copy. Little that is there before, such as
the borders of what is computed, is copied into its parts first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lazyarr.config import current
from lazyarr.named import NamedTuple
from lazyarr.plan.model import LOOP
from lazyarr.plan.reason import idle
from lazyarr.plan.scratch import depends_on_layout
from lazyarr.plan.shared import is_long
from lazyarr.plan.spent import Pairs, owners, spent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.plan.model import Input, Plan, Stage, Value

_REASON = "what it joins was computed in its place: nothing is copied"
_BESIDE = "what it joins was computed in its place, beside copies of the rest"
_LITTLE = 8  # times as much is joined as what may be copied into it first

Key: TypeAlias = "tuple[int | slice, ...]"


class Joint(NamedTuple):
    """A result, the stage that joins it, and by value where in it the parts lie.

    Those `before` are there when the others are computed.
    """

    result: int
    stage: int
    keys: dict[int, Key]
    before: dict[int, Key]


def joined(
    stages: Sequence[Stage],
    values: Sequence[Value],
    last_use: dict[int, int],
    over: Pairs,
) -> dict[int, Joint]:
    """Return, by the stages that compute the parts of a join, what these belong to.

    Only of plans of the CPU alone, and of stages that surely run in tiles and write
    vectors, which lie in a row in the result. `over` are the results that lie in the
    memory of operands.
    """
    joins = [s for s in stages if s.kind == "library" and s.ops == ("concat",)]
    if not joins or any(s.device != "cpu" for s in stages):
        return {}
    least = current().tile_elements
    owner = owners(stages)
    home = {
        output.value: stage
        for stage in stages
        if _is_plain(stage)
        and is_long(stage, tuple(values), least)
        and stage.id not in over
        for output in stage.outputs
        if stage.body[output.register - len(stage.inputs)].space == LOOP
    }
    found: dict[int, Joint] = {}
    for join in joins:
        numbers = [entry.value for entry in join.inputs]
        first = home.get(max(numbers, key=lambda n: values[n].nbytes))
        if first is None or first.id in found or len(set(numbers)) < len(numbers):
            continue
        before = [n for n in numbers if home.get(n) is not first]
        if (
            any(
                values[n].role != "temporary" or n in owner or last_use[n] != join.id
                for n in numbers
                if n not in before
            )
            or not _are_there(before, first, join, stages, values)
            or any(depends_on_layout(first, tuple(values)))
        ):
            continue
        keys = _keys(join, values)
        if keys:
            early = {n: keys.pop(n) for n in before}
            found[first.id] = Joint(join.outputs[0].value, join.id, keys, early)
    return found


def _are_there(
    before: Sequence[int],
    first: Stage,
    join: Stage,
    stages: Sequence[Stage],
    values: Sequence[Value],
) -> bool:
    """Whether values are there before a stage is run, and little of what is joined."""
    result = values[join.outputs[0].value]
    later = {o.value for stage in stages if stage.id >= first.id for o in stage.outputs}
    nbytes = sum([values[n].nbytes for n in before])
    alike = all(values[n].dtype == result.dtype for n in before)
    return alike and later.isdisjoint(before) and nbytes * _LITTLE <= result.nbytes


def told(plan: Plan) -> Plan:
    """Return a plan of the CPU that says which of its joins are left nothing to do."""
    over = spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)
    joints = joined(plan.stages, plan.values, plan.last_use, over)
    for joint in joints.values():
        plan = idle(plan, {joint.stage}, _BESIDE if joint.before else _REASON)
    return plan


def _is_plain(stage: Stage) -> bool:
    kinds = stage.kind in ("map", "source") and stage.region is None
    return kinds and len(stage.loop) == 1


def _keys(join: Stage, values: Sequence[Value]) -> dict[int, Key]:
    """Return where in the result each part lies; none where one has gaps there."""
    axis, start = join.body[0].params[0], 0
    if any(n != 1 for n in join.loop[:axis]):
        return {}
    keys: dict[int, Key] = {}
    for entry in join.inputs:
        stop = start + entry.view.shape[axis]
        along = _only_axis(entry, values[entry.value])
        if along is None:
            return {}
        key: list[int | slice] = [0] * len(join.loop)
        key[axis] = start
        key[along] = slice(start, stop) if along == axis else slice(None)
        keys[entry.value] = tuple(key)
        start = stop
    return keys


def _only_axis(entry: Input, value: Value) -> int | None:
    """Return the axis that a vector goes along where others of length 1 were added."""
    if len(entry.view.axes) != 1:
        return None
    first, step, along = entry.view.axes[0]
    if first or step != 1 or along < 0:
        return None
    rest = [n for k, n in enumerate(entry.view.shape) if k != along]
    whole = entry.view.shape[along] == value.shape[0]
    return along if whole and all(n == 1 for n in rest) else None
