"""Operands that die with a stage, in whose memory its results may lie.

An elementwise stage reads an element before it writes the one in the same place. So
where it is the last to read an array of the plan's own, its result needs no memory of
its own: as with NumPy's in-place operators, half as much of it goes through the caches.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from lazyarr.config import current
from lazyarr.ir import view as views
from lazyarr.ops.standard import TAKES_OUT
from lazyarr.plan.model import LOOP
from lazyarr.plan.scratch import depends_on_layout
from lazyarr.plan.shared import is_long

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from lazyarr.plan.model import Input, Plan, Stage, Value

Pairs: TypeAlias = dict[int, dict[int, int]]
"""By stage and output: the input whose memory the output may have."""

_ELEMENTWISE = ("map", "rowwise")
_STRAIGHT = ("argsort", "repeat", "searchsorted", "take")
_AS_READ = ("concat", "cumulative_prod", "cumulative_sum", "setitem", "sort")


def owners(stages: Sequence[Stage]) -> dict[int, int]:
    """Return, for each value that lies in another one's memory, that other."""
    owner: dict[int, int] = {}
    for stage in stages:
        if stage.kind == "view":
            source = stage.inputs[0].value
        elif stage.region is not None and stage.region.in_place:
            source = stage.region.base
        else:
            continue
        owner[stage.outputs[0].value] = owner.get(source, source)
    return owner


def spent(
    stages: Sequence[Stage],
    values: Sequence[Value],
    outputs: Sequence[int],
    last_use: dict[int, int],
    owned: frozenset[int] = frozenset(),
) -> Pairs:
    """Return which results may lie in the memory of which operands.

    Only of stages that run in tiles. `owned` are the sources of inputs that nobody else
    holds.
    """
    if not any(s.kind in _ELEMENTWISE for s in stages):
        return {}
    gone = dying(stages, values, outputs, last_use, owned)
    least = current().tile_elements
    found: Pairs = {}

    def is_free(stage: Stage, entry: Input) -> bool:
        return (
            entry.value in gone[stage.id]
            and entry.space == LOOP
            and values[entry.value].shape == stage.loop
            and views.is_identity(entry.view, stage.loop)
        )

    for stage in stages:
        plain = stage.kind in _ELEMENTWISE and stage.region is None
        if not plain or not is_long(stage, tuple(values), least):
            continue
        free = [k for k, e in enumerate(stage.inputs) if is_free(stage, e)]
        pairs = _paired(stage, tuple(values), free) if free else {}
        if pairs:
            found[stage.id] = pairs
    return found


def dying(
    stages: Sequence[Stage],
    values: Sequence[Value],
    outputs: Sequence[int],
    last_use: dict[int, int],
    owned: frozenset[int] = frozenset(),
) -> dict[int, set[int]]:
    """Return by stage the values that it reads once, whose memory nobody needs then."""
    owner = owners(stages)
    results = {owner.get(number, number) for number in outputs}
    seen = {s.outputs[0].value for s in stages if s.kind == "view"}
    found: dict[int, set[int]] = {}
    for stage in stages:
        bases = [owner.get(number, number) for number in stage.reads]
        found[stage.id] = {
            number
            for number, base in zip(stage.reads, bases, strict=True)
            if last_use.get(base) == stage.id
            and (values[base].source < 0 or values[base].source in owned)
            and base not in results
            and number not in seen
            and bases.count(base) == 1
        }
    return found


def lapsing(plan: Plan) -> frozenset[int]:
    """Return the values of a plan's own, made in loops, that their last reader may have."""
    made = {
        output.value
        for stage in plan.stages
        if stage.kind in (*_ELEMENTWISE, "source")
        for output in stage.outputs
    }
    gone = dying(plan.stages, plan.values, plan.outputs, plan.last_use)
    return frozenset(made.intersection(chain.from_iterable(gone.values())))


def surely(
    stages: Sequence[Stage],
    values: Sequence[Value],
    pairs: Pairs,
    joins: Set[int] = frozenset(),
) -> Pairs:
    """Return those of the pairs whose operand is known to lie as the result would.

    That is what a plan computes in C order, as inputs are taken to lie, and of what a
    library gives the results of a few functions, or their vectors. `joins` are results
    whose parts are computed in their place, which lie in C order, too.
    """
    owner = owners(stages)
    straight = {*joins, *(v.id for v in values if v.source >= 0)}
    for stage in stages:
        if stage.kind in ("view", "scalar", "copy"):
            continue
        wide = [e for e in stage.inputs if len(_sides(e)) > 1]
        if stage.kind == "library":
            if not _gives_straight(stage, straight, values):
                continue
        elif stage.region is not None:
            base = owner.get(stage.region.base, stage.region.base)
            copied = not stage.region.in_place and values[base].source >= 0
            if base not in straight and not copied:
                continue
        elif wide and not any(_is_straight(e, straight, values) for e in wide):
            continue
        straight.update(output.value for output in stage.outputs)
    found = {}
    for number, ones in pairs.items():
        inputs = stages[number].inputs
        kept = {k: i for k, i in ones.items() if inputs[i].value in straight}
        if kept:
            found[number] = kept
    return found


def _gives_straight(stage: Stage, straight: Set[int], values: Sequence[Value]) -> bool:
    """Whether what a function of a library gives lies in C order."""
    (instr,) = stage.body
    name = instr.op.name
    if name == "getitem" and all(part[0] == "array" for part in instr.params[0]):
        wide = [e for e in stage.inputs[1:] if len(_sides(e)) > 1]
        return not wide or any(_is_straight(e, straight, values) for e in wide)
    if name in _AS_READ:  # but for what lies along one axis
        wide = [e for e in stage.inputs if sum(n > 1 for n in e.view.shape) > 1]
        return all(_is_straight(e, straight, values) for e in wide)
    return name in _STRAIGHT or (len(stage.loop) < 2 and name == "getitem")


def _sides(entry: Input) -> list[int]:
    """Return the axes of an operand that its elements differ along."""
    named = [a.axis for a in entry.view.axes if a.axis >= 0]
    return [axis for axis in named if entry.view.shape[axis] > 1]


def _is_straight(entry: Input, straight: Set[int], values: Sequence[Value]) -> bool:
    """Whether an operand keeps all axes of a loop in C order."""
    order = [a.axis for a in entry.view.axes]
    named = [k for k, n in enumerate(entry.view.shape) if n > 1]
    ahead = all(a.step > 0 for a in entry.view.axes)
    known = entry.value in straight
    return known and ahead and order == sorted(order) and set(named) <= set(order)


def _paired(stage: Stage, values: tuple[Value, ...], free: list[int]) -> dict[int, int]:
    """Return for outputs the input whose memory each may have."""
    if any(depends_on_layout(stage, values)) or stage.order is not None:
        return {}
    first = len(stage.inputs)
    last = dict.fromkeys(free, -1)
    for number, instr in enumerate(stage.body):
        last.update((arg, number) for arg in instr.args if arg in last)
    pairs: dict[int, int] = {}
    for k, output in enumerate(stage.outputs):
        number = output.register - first
        if number < 0 or stage.body[number].space != LOOP:
            continue
        dtype = stage.body[number].dtype
        for register in free:
            fits = dtype == values[stage.inputs[register].value].dtype
            early = last[register] < number or (
                last[register] == number
                and isinstance(stage.body[number].op.numpy, TAKES_OUT)
            )
            if fits and early:
                pairs[k] = register
                free.remove(register)
                break
    return pairs
