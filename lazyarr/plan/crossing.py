"""Plans of two devices: the copies between their stages, and their parts, each of one.

A *part* is a run of stages on one device: a plan of its own, whose leaves are the user's
leaves and what other parts made. What a part reads and another device made is copied
before it starts, by a stage of the kind ``copy``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.ir import view as views
from lazyarr.named import NamedTuple
from lazyarr.plan.cost import copied
from lazyarr.plan.model import (
    LOOP,
    Copy,
    Estimate,
    Input,
    Output,
    Plan,
    Stage,
    Value,
)
from lazyarr.plan.parts import plan_of_stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lazyarr.plan.model import DeviceProfile

_PAGEABLE = 1e10  # bytes per second of a copy that nobody measured
HOST = "cpu"


def copy_seconds(
    nbytes: int, gpu: DeviceProfile, target: str, source: str = HOST
) -> float:
    """Return how long a copy to a device, or from it to the host, is predicted to take.

    Between two GPUs, which nobody measured, it goes as fast as the link to the host.
    """
    curve = gpu.download if target == HOST else gpu.upload
    if curve and HOST in (source, target):
        return copied(curve, nbytes)
    return gpu.link_latency + nbytes / (gpu.link or _PAGEABLE)


# --- copies between stages ------------------------------------------------------------


class _Copier:
    """Puts a copy before the first part that needs a value of another device."""

    def __init__(
        self,
        values: Sequence[Value],
        outputs: Sequence[int],
        gpu: DeviceProfile,
        bound: Mapping[int, str],
    ) -> None:
        self.bound = bound
        self.values = list(values)
        self.outputs = list(outputs)  # to be handed out from the host
        self.gpu = gpu
        self.made: dict[int, Stage] = {}
        self.twins: dict[tuple[int, str], int] = {}
        self.stages: list[Stage] = []
        self.numbers: dict[int, int] = {}  # of stages: before and now

    def add(self, run: Sequence[Stage]) -> None:
        """Add the stages of a part, behind the copies that they need."""
        for stage in run:
            if stage.kind == "scalar":
                continue
            for value in stage.reads:
                maker = self.made.get(value)
                key = (value, stage.device)
                if maker is None or maker.device == stage.device or key in self.twins:
                    continue
                self.twins[key] = self._copy(value, maker, stage)
        for stage in run:
            self.numbers[stage.id] = len(self.stages)
            moved = _renamed(stage, len(self.stages), self._seen(stage))
            self.stages.append(moved)
            if stage.kind != "scalar":
                self.made.update((o.value, stage) for o in stage.outputs)

    def settled(self, number: int, device: str) -> int:
        """Return a result that is kept on a device: itself, or a copy there."""
        maker = self.made.get(number)
        if maker is None or maker.device == device:
            return number
        twin = self.twins.get((number, device))
        if twin is None:
            keeping = maker._replace(device=device)
            twin = self._copy(number, maker, keeping)
            reason = f"{_name(maker)} ran on {maker.device}, and its result is kept on {device}"
            self.stages[-1] = self.stages[-1]._replace(reason=reason)
        self.values[number] = self.values[number]._replace(role="temporary")
        self.values[twin] = self.values[twin]._replace(role="output")
        return twin

    def _seen(self, stage: Stage) -> dict[int, int]:
        """Return the values that a stage finds under another number."""
        if stage.kind == "scalar":
            return {}
        return {v: self.twins.get((v, stage.device), v) for v in stage.reads}

    def _copy(self, number: int, maker: Stage, reader: Stage) -> int:
        value = self.values[number]
        twin = len(self.values)
        role = "temporary"
        if reader.device == HOST and number in self.outputs:
            # A result that the host needs anyway is copied once.
            role = "output"
            self.outputs = [twin if n == number else n for n in self.outputs]
            self.values[number] = value._replace(role="temporary")
        self.values.append(
            Value(twin, value.shape, value.dtype, role, where=value.where)
        )
        took = copy_seconds(value.nbytes, self.gpu, reader.device)
        reason = (
            f"{_name(maker)} ran on {maker.device}, and {_name(reader)} runs on "
            f"{reader.device}"
        )
        why = self.bound.get(reader.id) or self.bound.get(maker.id)
        if why:
            reason += f": {why}"
        self.stages.append(
            Stage(
                len(self.stages),
                "copy",
                value.shape,
                (),
                (Input(number, views.identity(value.shape), LOOP),),
                (),
                (Output(0, twin),),
                reason,
                reader.device,
                None,
                Estimate(value.nbytes, value.nbytes, 0, took),
            )
        )
        return twin


def _name(stage: Stage) -> str:
    return stage.body[-1].op.name if stage.body else stage.kind


class Crossed(NamedTuple):
    """Stages with the copies between devices, and what they are numbered now."""

    stages: tuple[Stage, ...]
    values: tuple[Value, ...]
    outputs: tuple[int, ...]
    numbers: Mapping[int, int]
    """The place of each stage by what it was before."""


def crossed(
    stages: Sequence[Stage],
    values: Sequence[Value],
    outputs: tuple[int, ...],
    keep: bool,
    gpu: DeviceProfile,
    bound: Mapping[int, str],
    device: str = "",
) -> Crossed:
    """Return placed stages with the copies that they need.

    Where results are kept on their device, `keep`, they are not taken from copies.
    `bound` says why stages run on the host that the others do not run on. With `device`
    kept results end there, wherever they were computed.
    """
    copier = _Copier(values, () if keep else outputs, gpu, bound)
    for run in runs(stages):
        copier.add(run)
    found = outputs if keep else tuple(copier.outputs)
    if keep and device:
        found = tuple(copier.settled(number, device) for number in outputs)
    made, held = tuple(copier.stages), tuple(copier.values)
    return Crossed(made, held, found, copier.numbers)


def runs(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Return consecutive stages of one device together; copies each on their own.

    Scalars belong to whoever runs them.
    """
    found: list[list[Stage]] = []
    device = ""
    for stage in stages:
        if stage.kind == "copy":
            found.append([stage])
            device = ""
        elif found and device and stage.kind == "scalar":
            found[-1].append(stage)
        elif found and device in (stage.device, "any"):
            found[-1].append(stage)
            device = stage.device
        else:
            found.append([stage])
            device = "any" if stage.kind == "scalar" else stage.device
    return found


def _renamed(stage: Stage, number: int, seen: Mapping[int, int]) -> Stage:
    region = stage.region
    if region is not None:
        region = region._replace(base=seen.get(region.base, region.base))
    inputs = tuple(
        entry._replace(value=seen.get(entry.value, entry.value))
        for entry in stage.inputs
    )
    return stage._replace(id=number, inputs=inputs, region=region)


# --- copies of inputs and results -----------------------------------------------------


def copies_of(
    stages: Sequence[Stage],
    values: Sequence[Value],
    outputs: Iterable[int],
    far: Mapping[int, str],
    keep: bool,
    profile: DeviceProfile,
) -> tuple[Copy, ...]:
    """Return the copies of inputs that lie elsewhere, and of the results to the host.

    Parameters
    ----------
    far : mapping of int to str
        The device of every input that lies on a GPU, by source.
    keep : bool
        Whether results stay where they were computed.
    """
    found: dict[tuple[int, str], Copy] = {}
    made: dict[int, Stage] = {}
    for stage in stages:
        if stage.kind == "scalar":
            continue
        made.update((o.value, stage) for o in stage.outputs)
        for number in stage.reads:
            value = values[number]
            if value.role != "input" or value.source < 0:
                continue
            lies = far.get(value.source, HOST)
            if lies == stage.device or (number, stage.device) in found:
                continue
            took = copy_seconds(value.nbytes, profile, stage.device, lies)
            lying = "lies on the host" if lies == HOST else f"lies on {lies}"
            reason = f"it {lying}, and stage {stage.id} runs on {stage.device}"
            found[number, stage.device] = Copy(
                (number,), lies, stage.device, value.nbytes, took, reason
            )
    results = tuple(
        number
        for number in dict.fromkeys(outputs)
        if number in made and made[number].device != HOST
    )
    copies = tuple(found.values())
    if keep or not results:
        return copies
    nbytes = sum(values[number].nbytes for number in results)
    took = sum(copy_seconds(values[n].nbytes, profile, HOST) for n in results)
    source = made[results[0]].device
    reason = f"compute() returns NumPy arrays; persist() leaves them on {source}"
    return (*copies, Copy(results, source, HOST, nbytes, took, reason))


# --- parts ----------------------------------------------------------------------------


class Part(NamedTuple):
    """Stages of one device as a plan of their own.

    Attributes
    ----------
    plan : Plan
    stages : tuple of int
        The number of each of its stages in the whole plan.
    leaves : tuple of int
        Values of the whole plan that are its leaves, by ``source``.
    results : tuple of int
        Values of the whole plan that it hands out, in order.
    """

    plan: Plan
    stages: tuple[int, ...]
    leaves: tuple[int, ...]
    results: tuple[int, ...]


def parts(plan: Plan) -> list[Part | Stage]:
    """Return what a plan of two devices does in turn: parts, and copies between them."""
    turns = runs(plan.stages)
    scalars = {o.value: s for s in plan.stages if s.kind == "scalar" for o in s.outputs}
    last: dict[int, int] = {}  # of each value: the last turn that reads it
    for k, run in enumerate(turns):
        for stage in run:
            if stage.kind != "scalar":
                last.update(dict.fromkeys(stage.reads, k))
    last.update(dict.fromkeys(plan.outputs, len(turns)))
    shared = {v for s in plan.stages if s.kind == "view" for v in _touches(s)}
    found: list[Part | Stage] = []
    wanted = {v for v in plan.outputs if v in scalars}
    for k, run in enumerate(turns):
        if run[0].kind == "copy":
            found.append(run[0])
            continue
        stages = [s for s in run if s.kind != "scalar"]
        if not stages:
            continue
        here = wanted if stages[0].device == HOST else set()
        wanted = wanted - here
        touched = {v for s in stages for v in _touches(s)} - scalars.keys()
        later = {v for v in touched if last.get(v, -1) > k}
        found.append(_part(plan, stages, scalars, later, here, shared))
    return found


def _part(
    plan: Plan,
    stages: list[Stage],
    scalars: Mapping[int, Stage],
    later: set[int],
    asked: set[int],
    shared: set[int],
) -> Part:
    """Return a part; `later` are values that others read, `asked` scalars asked for.

    `shared` are values that may lie in the memory of others: no update writes into them.
    """
    first = _scalars_of([v for s in stages for v in s.reads] + list(asked), scalars)
    mine = [*first, *stages]
    made = {o.value for s in mine for o in s.outputs}
    results = tuple(
        o.value
        for s in mine
        for o in s.outputs
        if o.value in asked or (s.kind != "scalar" and o.value in later)
    )
    used = list(dict.fromkeys(v for s in mine for v in _touches(s)))
    leaves = [v for v in used if v not in made]
    number = {v: k for k, v in enumerate(used)}
    place = {v: k for k, v in enumerate(leaves)}
    values = tuple(_local(plan.values[v], number[v], place, results) for v in used)
    own = frozenset(
        place[v]
        for v in leaves
        if v not in later
        and v not in shared
        and (plan.values[v].source < 0 or plan.values[v].source in plan.owned)
    )
    local = tuple(
        _renamed(s, k, number)._replace(
            outputs=tuple(o._replace(value=number[o.value]) for o in s.outputs),
        )
        for k, s in enumerate(mine)
    )
    outputs = tuple(number[v] for v in results)
    device = stages[0].device
    made_plan = plan_of_stages(plan, local, values, outputs, device, own)
    return Part(made_plan, tuple(s.id for s in mine), tuple(leaves), results)


def _touches(stage: Stage) -> list[int]:
    """Return the values that a stage reads or makes."""
    return [*stage.reads, *(output.value for output in stage.outputs)]


def _scalars_of(values: Iterable[int], scalars: Mapping[int, Stage]) -> list[Stage]:
    """Return the stages of scalars that values come of, in order."""
    found: dict[int, Stage] = {}
    todo = list(values)
    while todo:
        stage = scalars.get(todo.pop())
        if stage is not None and stage.id not in found:
            found[stage.id] = stage
            todo += stage.reads
    return [found[k] for k in sorted(found)]


def _local(
    value: Value, number: int, place: Mapping[int, int], results: tuple[int, ...]
) -> Value:
    """Return a value of the whole plan as one of a part."""
    if value.id in place:
        role = "scalar" if value.role == "scalar" else "input"
        return value._replace(id=number, role=role, source=place[value.id])
    role = "output" if value.id in results else "temporary"
    return value._replace(id=number, role=role, source=-1)
