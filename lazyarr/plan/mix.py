"""What plans of two devices cost: first stages on one side, the rest on the other.

Both whole-graph choices and every cut of the order of stages are priced in one walk over
the stages each way. A cut pays for the values that cross it, for both devices' calls, and
must win by a margin: a part of the time that the slower side takes for what it is given,
which is what the model can be wrong about.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple
from lazyarr.plan.cost import copied, on_device, seconds
from lazyarr.plan.predict import on_cpu, on_gpu

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from lazyarr.plan.model import DeviceProfile, Stage, Value
    from lazyarr.plan.predict import Task
    from lazyarr.plan.profile import HostProfile
    from lazyarr.plan.work import Work

MARGIN = 0.25
"""Share of the slower side's time by which a mixed plan must win."""
_FREE = ("view", "scalar")


class Flow(NamedTuple):
    """A value between stages, by the places of those that make and read it.

    ``made`` is -1 for an input. ``far`` says that an input lies on a GPU, ``result``
    that the value is asked for, ``grows`` that it is larger where all arrays are.
    """

    nbytes: int
    made: int
    first: int
    last: int
    far: bool = False
    result: bool = False
    grows: bool = True


class Cut(NamedTuple):
    """Where a mixed plan changes sides, and what it is predicted to take.

    ``near_first`` says that the stages before ``place`` run on the CPU; otherwise
    those behind do.
    """

    seconds: float
    margin: float
    place: int
    near_first: bool


class Offers(NamedTuple):
    """What a plan costs on the CPU, on the GPU, and mixed at its best."""

    cpu: float
    gpu: float
    mixed: Cut | None = None

    @property
    def is_mixed(self) -> bool:
        """Whether the mixed plan wins, by its margin."""
        mixed = self.mixed
        least = min(self.cpu, self.gpu)
        return mixed is not None and mixed.seconds + mixed.margin < least

    @property
    def best(self) -> float:
        """The seconds of what is chosen."""
        if self.mixed is not None and self.is_mixed:
            return self.mixed.seconds
        return min(self.cpu, self.gpu)


class Route(NamedTuple):
    """A plan as far as its cuts depend on it.

    ``bound`` are the stages that run on the host wherever the others do. ``whole``
    says that other cuts are not to be looked for.
    """

    task: Task
    flows: tuple[Flow, ...]
    bound: frozenset[int] = frozenset()
    whole: bool = False


def flows_of(
    stages: Sequence[Stage],
    values: Sequence[Value],
    outputs: Sequence[int],
    far: Container[int],
) -> tuple[Flow, ...]:
    """Return the values that flow between stages; scalars lie on the host for all."""
    made: dict[int, int] = {
        v.id: -1 for v in values if v.role == "input" and v.source >= 0
    }
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for k, stage in enumerate(stages):
        if stage.kind == "scalar":
            continue
        for number in stage.reads:
            first.setdefault(number, k)
            last[number] = k
        made.update((output.value, k) for output in stage.outputs)
    asked = set(outputs)
    return tuple(
        Flow(
            values[number].nbytes,
            place,
            first.get(number, len(stages)),
            last.get(number, -1),
            values[number].source in far,
            number in asked,
            bool(values[number].shape),
        )
        for number, place in made.items()
        if number in last or number in asked
    )


def offers(
    route: Route, host: HostProfile, scale: float = 1.0, compiling: float = 0.0
) -> Offers:
    """Return what a plan costs on either side and mixed, arrays `scale` times as large."""
    gpu = host.gpu
    assert gpu is not None
    task, bound = route.task, route.bound
    prices: _Prices | None = None
    here = on_cpu(task, host, scale)
    if bound:
        prices = _Prices(route, host, gpu, scale, compiling)
        there = prices.far_first(len(task.stages)).seconds
    else:
        there = on_gpu(task, gpu, scale, compiling)
    if route.whole or sum(w.kind not in _FREE for w in task.stages) < 2:
        return Offers(here, there)
    least = host.cpu.dispatch + gpu.dispatch + copied(gpu.download, 1.0)
    if min(here, there) <= least:
        return Offers(here, there)
    prices = prices or _Prices(route, host, gpu, scale, compiling)
    places = prices.places()
    priced = [prices.far_first(k) for k in places]
    priced += [prices.near_first(k) for k in places]
    cuts = [_cut(price, here <= there) for price in priced]
    best = min(cuts, key=lambda cut: cut.seconds + cut.margin, default=None)
    return Offers(here, there, best)


class _Price(NamedTuple):
    """What a plan takes that is cut at a place, and each side's part of that."""

    seconds: float
    near: float
    far: float
    place: int
    near_first: bool


def _cut(price: _Price, near_leads: bool) -> Cut:
    """Return a cut with its margin: a share of the time of the side that is slower with all.

    It does not depend on the other one, and what is won falls as that gets faster: so its
    plans stay with it.
    """
    margin = MARGIN * (price.far if near_leads else price.near)
    return Cut(price.seconds, margin, price.place, price.near_first)


class _Prices:
    """Sums over the stages before and behind every place where a plan can be cut."""

    def __init__(
        self,
        route: Route,
        host: HostProfile,
        gpu: DeviceProfile,
        scale: float,
        compiling: float,
    ) -> None:
        self.keep = route.task.keep
        self.works = works = route.task.stages
        self.count = len(works)
        self.gpu = gpu
        near = [seconds(work, host.cpu, scale) for work in works]
        self.near = [0.0, *accumulate(near)]
        # Beside the calls, one side waits for the other.
        self.calls = host.cpu.dispatch + route.task.nodes * host.cpu.node
        self.calls += gpu.link_latency
        self.nodes = route.task.nodes * gpu.node
        self.start = gpu.dispatch + compiling
        detours = _detours(route, near, gpu, scale)
        steps = [_step(w, gpu, scale, detours.get(k)) for k, w in enumerate(works)]
        self.ready = _forwards(steps)
        self.rest = _backwards(steps)
        self._copies(route.flows, scale)

    def _copies(self, flows: Sequence[Flow], scale: float) -> None:
        """Add up what is copied if the plan is cut at each place."""
        gpu, size = self.gpu, self.count + 2
        self.down_crossing, self.up_crossing = [0.0] * size, [0.0] * size
        self.down_far_first, self.up_far_first = [0.0] * size, [0.0] * size
        self.down_near_first, self.up_near_first = [0.0] * size, [0.0] * size
        for flow in flows:
            nbytes = flow.nbytes * (scale if flow.grows else 1.0)
            down, up = copied(gpu.download, nbytes), copied(gpu.upload, nbytes)
            if flow.made < 0 and flow.far:
                # Read on the CPU behind a cut, or before it.
                _over(self.down_far_first, 0, flow.last, down)
                _over(self.down_near_first, flow.first + 1, self.count, down)
                continue
            if flow.made < 0:
                _over(self.up_far_first, flow.first + 1, self.count, up)
                _over(self.up_near_first, 0, flow.last, up)
                continue
            _over(self.up_crossing, flow.made + 1, flow.last, up)
            if flow.result and not self.keep:
                _over(self.down_crossing, flow.made + 1, self.count, down)
                _over(self.down_near_first, 0, flow.made, down)
            else:
                _over(self.down_crossing, flow.made + 1, flow.last, down)
        for name in ("down_crossing", "up_crossing", *_ENDS):
            setattr(self, name, list(accumulate(getattr(self, name))))

    def places(self) -> list[int]:
        """Return where to cut: both sides have work to do, not views alone."""
        works = self.works
        done = [0, *accumulate(work.kind not in _FREE for work in works)]
        return [
            k
            for k in range(1, self.count)
            if works[k - 1].kind != "scalar" and 0 < done[k] < done[-1]
        ]

    def far_first(self, place: int) -> _Price:
        """Return the price of a GPU before a place, and the CPU behind."""
        there = self.start + self.ready[place]
        here = self.near[-1] - self.near[place]
        total = there + self.up_far_first[place] + self.down_crossing[place]
        if place < self.count:
            total += self.calls + here + self.down_far_first[place]
        else:
            total += self.nodes + (self.gpu.wait if self.keep else 0.0)
        return _Price(total, here, there, place, near_first=False)

    def near_first(self, place: int) -> _Price:
        """Return the price of the CPU before a place, and a GPU behind."""
        there = self.start + self.rest[place]
        here = self.near[place]
        total = self.calls + here + there
        total += self.down_near_first[place]
        total += self.up_near_first[place] + self.up_crossing[place]
        if self.keep:
            total += self.gpu.wait
        return _Price(total, here, there, place, near_first=True)


_ENDS = ("down_far_first", "up_far_first", "down_near_first", "up_near_first")


def _over(changes: list[float], first: int, last: int, amount: float) -> None:
    """Enter an amount at the places `first` to `last`, as differences."""
    if first <= last:
        changes[first] += amount
        changes[last + 1] -= amount


class _Step(NamedTuple):
    """What a stage takes on a GPU: to launch, to run; or both, waited for."""

    launch: float
    busy: float
    waited: bool = False


def _step(work: Work, gpu: DeviceProfile, scale: float, detour: float | None) -> _Step:
    if detour is not None:
        return _Step(0.0, detour, waited=True)
    if work.kind in _FREE:
        return _Step(0.0, 0.0)
    if work.family:
        return _Step(0.0, seconds(work, gpu, scale), waited=True)
    return _Step(gpu.launch, on_device(work, gpu, scale))


def _detours(
    route: Route, near: Sequence[float], gpu: DeviceProfile, scale: float
) -> Mapping[int, float]:
    """Return what stages on the host cost amid a GPU's: there, the work, and back."""
    if not route.bound:
        return {}
    found = {k: near[k] for k in route.bound}
    for flow in route.flows:
        nbytes = flow.nbytes * (scale if flow.grows else 1.0)
        if flow.made in found and (flow.last >= 0 or route.task.keep):
            found[flow.made] += copied(gpu.upload, nbytes)
        for k in (flow.first, flow.last) if flow.first != flow.last else (flow.last,):
            if k in found and (flow.made >= 0 or flow.far):
                found[k] += copied(gpu.download, nbytes)
    return found


def _forwards(steps: Sequence[_Step]) -> list[float]:
    """Return when the stages before each place are done, launched one after another."""
    clock = free = 0.0
    done = [0.0]
    for launch, busy, waited in steps:
        if waited:
            clock = free = max(clock, free) + busy
        elif busy:
            clock += launch
            free = max(free, clock) + busy
        done.append(max(clock, free))
    return done


def _backwards(steps: Sequence[_Step]) -> list[float]:
    """Return how long the stages behind each place take, from a standing start."""
    # The end is the later of the host's clock plus `host`, the device's plus `device`.
    host = device = 0.0
    left = [0.0]
    for launch, busy, waited in reversed(steps):
        if waited:
            host = device = busy + max(host, device)
        elif busy:
            device += busy
            host = launch + max(host, device)
        left.append(max(host, device))
    return left[::-1]


def sides(offer: Offers, device: str, count: int, gpu: str) -> list[str]:
    """Return the device of every stage; `device` is that of a plan that is not mixed."""
    cut = offer.mixed
    if cut is None or not offer.is_mixed:
        return [device] * count
    first, second = ("cpu", gpu) if cut.near_first else (gpu, "cpu")
    return [first if k < cut.place else second for k in range(count)]
