"""How long each value lives, which buffers they share, and the peak that follows."""

from __future__ import annotations

import bisect
from itertools import accumulate
from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple
from lazyarr.plan.joined import joined
from lazyarr.plan.lag import lag_of
from lazyarr.plan.overlap import meets
from lazyarr.plan.spent import owners, spent, surely

if TYPE_CHECKING:
    from lazyarr.plan.model import Stage, Value


class Layout(NamedTuple):
    """Buffers of a plan; the fields are those of `Plan`."""

    stages: tuple[Stage, ...]
    last_use: dict[int, int]
    buffers: tuple[int, ...]
    buffer_of: dict[int, int]
    peak_bytes: int


class _Life:
    """Of memory: how many bytes, and the first and the last stage that they are there."""

    __slots__ = ("first", "last", "nbytes")

    def __init__(self, nbytes: int, first: int, last: int) -> None:
        self.nbytes = nbytes
        self.first = first
        self.last = last


class _Buffers:
    """Memory for one value after the other.

    What is `near` is given back by a value that nobody reads any more, and not kept.
    """

    def __init__(self, near: bool) -> None:
        self.near = near
        self.sizes: list[int] = []
        self.lives: list[_Life] = []
        self.held: list[_Life] = []  # of each buffer: the last of its lives
        self.home: list[str] = []
        self.pools: dict[str, list[tuple[int, int]]] = {}  # bytes, buffer; sorted

    def take(self, stage: Stage, life: _Life) -> int:
        """Return the number of a buffer that is free, or of another one."""
        free = self.pools.setdefault(stage.device, [])
        place = bisect.bisect_left(free, (life.nbytes, -1))
        if place < len(free) and free[place][0] <= 2 * life.nbytes:
            _, buffer = free.pop(place)
            if not self.near:
                self.held[buffer].last = life.last
                return buffer
            self.held[buffer] = life
        else:
            buffer = len(self.sizes)
            self.sizes.append(life.nbytes)
            self.home.append(stage.device)
            self.held.append(life)
        self.lives.append(life)
        return buffer

    def give_back(self, buffer: int) -> None:
        """Let another value have a buffer."""
        free = self.pools.setdefault(self.home[buffer], [])
        bisect.insort(free, (self.sizes[buffer], buffer))


def allocate(
    stages: tuple[Stage, ...],
    values: tuple[Value, ...],
    outputs: tuple[int, ...],
    owned: frozenset[int] = frozenset(),
    near: bool = False,
) -> Layout:
    """Return liveness, buffer reuse, donations and the peak of a stage sequence.

    A reshape shares its operand's buffer; an update that is the last to read its base
    writes into it. Both make one *owner* of several values. `owned` are the sources of
    inputs that nobody else holds: an update may write into them, too. `near` says that
    the stages run on the CPU, where updates also write around what they read, results
    of elementwise stages lie where an operand did, and the parts of a join in its result.
    """
    owner = owners(stages)
    last_use = _last_uses(stages, values, outputs, owner)
    results = {owner.get(number, number) for number in outputs}
    stages = tuple(
        [_donating(s, values, results, owner, last_use, owned) for s in stages]
    )
    if near:
        stages = tuple([_around(s, values) for s in stages])
    shared = owners(stages)
    last_use = _last_uses(stages, values, outputs, shared)
    over: dict[int, int] = {}
    inside: dict[int, int] = {}
    if near:
        maybe = spent(stages, values, outputs, last_use, owned)
        joints = joined(stages, values, last_use, maybe).values()
        for joint in joints:
            inside.update(dict.fromkeys(joint.keys, joint.result))
        pairs = surely(stages, values, maybe, {joint.result for joint in joints})
        over = {
            stages[number].outputs[k].value: stages[number].inputs[register].value
            for number, ones in pairs.items()
            for k, register in ones.items()
        }
    return _assign(stages, values, outputs, shared, last_use, over, inside, near)


def _last_uses(
    stages: tuple[Stage, ...],
    values: tuple[Value, ...],
    outputs: tuple[int, ...],
    owner: dict[int, int],
) -> dict[int, int]:
    last: dict[int, int] = {}
    for stage in stages:
        for value in stage.reads:
            last[owner.get(value, value)] = stage.id
        for output in stage.outputs:
            last[owner.get(output.value, output.value)] = stage.id
    for value in outputs:
        last[owner.get(value, value)] = len(stages)
    return {v.id: last.get(owner.get(v.id, v.id), -1) for v in values}


def _donating(
    stage: Stage,
    values: tuple[Value, ...],
    results: set[int],
    owner: dict[int, int],
    last_use: dict[int, int],
    owned: frozenset[int],
) -> Stage:
    region = stage.region
    if region is None:
        return stage
    base = owner.get(region.base, region.base)
    mine = values[base].role == "temporary" or values[base].source in owned
    free = last_use[base] == stage.id and mine
    if not free or base in results:
        return stage
    same = [e for e in stage.inputs if owner.get(e.value, e.value) == base]
    if any(entry.value != region.base for entry in same):
        return stage
    if any(meets(entry.view, region.chain) for entry in same):
        return stage._replace(region=region._replace(last=True))
    return stage._replace(region=region._replace(donated=True))


def _around(stage: Stage, values: tuple[Value, ...]) -> Stage:
    """Return a stage that writes in place what it reads, if its tiles can."""
    region = stage.region
    if region is None or not region.last or lag_of(stage, values) is None:
        return stage
    return stage._replace(region=region._replace(around=True))


def _assign(
    stages: tuple[Stage, ...],
    values: tuple[Value, ...],
    outputs: tuple[int, ...],
    owner: dict[int, int],
    last_use: dict[int, int],
    over: dict[int, int],
    inside: dict[int, int],
    near: bool,
) -> Layout:
    """Return the buffers.

    `over` are values that lie where others did, `inside` those that are parts of later
    ones, whose memory therefore is there from the first of them on.
    """
    results = {owner.get(v, v) for v in outputs}
    needs = _needs(stages, values, owner, inside)
    buffers = _Buffers(near)
    buffer_of: dict[int, int] = {}
    ends: dict[int, list[int]] = {}
    changes = [0] * (len(stages) + 1)  # of the bytes alive, from one stage to the next
    for stage in stages:
        for value in needs[stage.id]:
            if value.id in over:
                before = owner.get(over[value.id], over[value.id])
                if before not in buffer_of:  # an input, or what lies in one
                    continue
                buffer = buffer_of[before]
                last = min(last_use[value.id], len(stages) - 1)
                buffers.held[buffer].last = last
                ends[stage.id].remove(buffer)
                if value.id not in results:
                    buffer_of[value.id] = buffer
                    ends.setdefault(last, []).append(buffer)
                continue
            if value.id in results:
                changes[stage.id] += value.nbytes
                continue
            last = last_use[value.id]
            buffer = buffers.take(stage, _Life(value.nbytes, stage.id, last))
            buffer_of[value.id] = buffer
            ends.setdefault(last, []).append(buffer)
        for buffer in ends.pop(stage.id, ()):
            buffers.give_back(buffer)
    buffer_of.update({k: buffer_of[w] for k, w in inside.items() if w in buffer_of})
    peak = _peak(changes, buffers.lives)
    return Layout(stages, last_use, tuple(buffers.sizes), buffer_of, peak)


def _needs(
    stages: tuple[Stage, ...],
    values: tuple[Value, ...],
    owner: dict[int, int],
    inside: dict[int, int],
) -> list[list[Value]]:
    """Return for every stage the values that there must be memory for from it on."""
    found = []
    seen = set(owner)
    for stage in stages:
        new = [] if stage.kind == "scalar" else [o.value for o in stage.outputs]
        wanted = dict.fromkeys([inside.get(number, number) for number in new])
        found.append([values[number] for number in wanted if number not in seen])
        seen.update(wanted)
    return found


def _peak(changes: list[int], lives: list[_Life]) -> int:
    """Return the most bytes alive, of buffers and what else changes their number."""
    for life in lives:
        changes[life.first] += life.nbytes
        changes[life.last + 1] -= life.nbytes
    return max(accumulate(changes), default=0)
