"""Where a plan runs, and why: a choice between devices given as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple
from lazyarr.plan.cost import UNMEASURED_CPU, UNMEASURED_GPU, estimate, largest
from lazyarr.plan.delegate import absent
from lazyarr.plan.learned import MARGIN as LEARNED
from lazyarr.plan.learned import chosen
from lazyarr.plan.memory import Layout, allocate
from lazyarr.plan.mix import MARGIN, Offers, Route, flows_of, offers, sides
from lazyarr.plan.model import DeviceProfile, Estimate, Stage, Value
from lazyarr.plan.predict import crossover, task_of
from lazyarr.plan.profile import bare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lazyarr.plan.fuse import Fused
    from lazyarr.plan.profile import HostProfile


class Machine(NamedTuple):
    """What the planner may use.

    ``gpu`` is None without a usable GPU; ``missing`` then says why not.
    ``resident`` names the device on which inputs already lie, if one does.
    """

    gpu: DeviceProfile | None = None
    missing: str = "no GPU"
    cpu: DeviceProfile = UNMEASURED_CPU
    resident: str = ""
    host: HostProfile | None = None


class Asked(NamedTuple):
    """What is asked of a plan, as far as it bears on where it should run.

    Attributes
    ----------
    far : mapping of int to str
        The device of every input that lies on a GPU, by source.
    nodes : int
        Operations of the expression.
    keep : bool
        Whether results stay where they are computed.
    compiling : float
        Seconds of compilation that this run has to bear.
    told : bool
        Whether somebody will read the reason: the crossover is worked out then.
    whole : bool
        Whether the graph must not be split: nobody asked for copies amid it.
    """

    far: Mapping[int, str] = {}
    nodes: int = 0
    keep: bool = False
    compiling: float = 0.0
    told: bool = False
    whole: bool = False


class Placement(NamedTuple):
    """The chosen device, why it was chosen, and the stages with where they run.

    In a mixed plan stages say which device they run on; the GPU is the plan's. ``bound``
    are the stages that only the host can run, by number, and why.
    """

    device: str
    reason: str
    crossover: int | None
    stages: tuple[Stage, ...]
    cpu: DeviceProfile = UNMEASURED_CPU
    gpu: DeviceProfile = UNMEASURED_GPU
    bound: Mapping[int, str] = {}

    def priced(self, values: tuple[Value, ...]) -> tuple[Stage, ...]:
        """Return the stages with their estimates.

        Once they are settled: a graph may be laid out several times until then.
        """
        profiles = (self.gpu, self.cpu)
        return tuple(
            [
                _with(s, s.device, estimate(s, values, profiles[s.device == "cpu"]))
                for s in self.stages
            ]
        )


class Decided(NamedTuple):
    """A device, why, from how many elements on, and what the choice was between."""

    device: str
    reason: str
    crossover: int | None
    offer: Offers | None = None


def laid(
    fused: Fused,
    owned: frozenset[int],
    target: str,
    crossover: int,
    machine: Machine,
    asked: Asked | None = None,
) -> tuple[Layout, Placement]:
    """Return stages in buffers and on a device; on the CPU they do more in place.

    `owned` are the inputs that the plan may write into; see `place` for the others.
    """

    def spread(near: bool) -> tuple[Layout, Placement]:
        layout = allocate(fused.stages, fused.values, fused.outputs, owned, near)
        facts = (target, crossover, machine, fused.outputs, asked)
        return layout, place(layout.stages, fused.values, *facts)

    far = spread(near=False)
    regions = [s.region for s in far[0].stages if s.region is not None]
    if far[1].device != "cpu" or len(fused.stages) < 2:
        return far
    if not any(region.last for region in regions):
        again = allocate(fused.stages, fused.values, fused.outputs, owned, near=True)
        return again, far[1]
    near = spread(near=True)
    return near if near[1].device == "cpu" else far


def place(
    stages: tuple[Stage, ...],
    values: tuple[Value, ...],
    target: str,
    crossover: int,
    machine: Machine,
    outputs: tuple[int, ...] = (),
    asked: Asked | None = None,
) -> Placement:
    """Return the stages placed on one device, or the first on one and the rest on another.

    Parameters
    ----------
    target : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``; anything but ``auto`` is obeyed, but for
        functions that only the host has.
    crossover : int
        Elements of the largest stage from which ``auto`` chooses the GPU.
    machine : Machine
    outputs : tuple of int
        The values that are asked for.
    asked : Asked, optional
        What the predicted cost depends on; without it, and without a measured profile
        of the host and its GPU, the rule decides.
    """
    size = largest(stages, values)
    host = machine.host
    bound = {k: why for k, s in enumerate(stages) if (why := absent(s, values))}
    if target == "auto" and asked is not None and host is not None and host.gpu:
        task = task_of(stages, values, outputs, asked, size)
        flows = flows_of(stages, values, outputs, asked.far)
        route = Route(task, flows, frozenset(bound), asked.whole)
        decided = by_cost(route, host, machine.resident or "gpu:0", asked)
    else:
        decided = Decided(*_choose(size, target, crossover, machine), crossover)
    if bound and target == "auto" and asked is not None and asked.whole:
        decided = _at_home(decided, next(iter(bound.values())))
    device = decided.device
    gpu = machine.gpu or (host.gpu if host is not None else None) or UNMEASURED_GPU
    cpu = machine.cpu if host is None else host.cpu
    where = [device] * len(stages)
    if decided.offer is not None:
        where = sides(decided.offer, device, len(stages), device)
    if device != "cpu":
        where = ["cpu" if k in bound else side for k, side in enumerate(where)]
    placed = tuple(
        [
            _with(stage, "cpu" if stage.kind == "scalar" else side, stage.estimate)
            for stage, side in zip(stages, where, strict=True)
        ]
    )
    bound = {} if device == "cpu" else bound
    return Placement(device, decided.reason, decided.crossover, placed, cpu, gpu, bound)


def _at_home(decided: Decided, why: str) -> Decided:
    """Return the choice of the CPU, for a GPU would copy what nobody asked to be copied."""
    if decided.device == "cpu":
        return decided
    reason = f"{why}, and transfers='error' forbids the copies to NumPy and back"
    return Decided("cpu", reason, decided.crossover)


def by_cost(route: Route, host: HostProfile, gpu: str, asked: Asked) -> Decided:
    """Return the device that the model predicts to be faster, why, and from where on.

    Parameters
    ----------
    route : Route
    host : HostProfile
    gpu : str
        The name of the GPU to choose, or to choose for a part.
    asked : Asked
    """
    offer = offers(route, host, 1.0, asked.compiling)
    here, there = offer.cpu, offer.gpu
    goes = there < here
    if host.cpu.learned:  # it takes more than noise to change what was measured
        plain = offers(route, bare(host), 1.0, asked.compiling)
        goes = chosen(plain.gpu < plain.cpu, here, there)
    if offer.is_mixed:
        device, reason = gpu, _mixed_text(offer, gpu, len(route.task.stages))
    elif goes:
        device, reason = gpu, f"{gpu} {time_text(there)} against cpu {time_text(here)}"
    else:
        device, reason = "cpu", _stays_text(here, there, asked.compiling, gpu)
    if not asked.told:
        return Decided(device, reason, None, offer)
    if offer.mixed is not None and not offer.is_mixed:
        reason += f", mixed at best {time_text(offer.mixed.seconds)}"
        if offer.mixed.seconds < offer.best:
            reason += f", which must win by {time_text(offer.mixed.margin)}"

    def wins(scale: float) -> bool:
        found = offers(route, host, scale)
        return found.is_mixed or found.gpu < found.cpu

    size = rounded(crossover(route.task, host, wins))
    if size is None:
        reason += f"; no larger size of this graph is faster on {gpu}"
    else:
        where = f"about {size:,} elements" if size > 1 else "at any size"
        reason += f"; crossover for this graph on this machine is {where}"
    return Decided(device, reason, size, offer)


def _stays_text(here: float, there: float, compiling: float, gpu: str) -> str:
    """Return why a plan stays on the CPU."""
    reason = f"cpu {time_text(here)} against {gpu} {time_text(there)}"
    if there < here:
        return f"{reason}: corrected by runs, and less than {LEARNED - 1:.0%} apart"
    if there - compiling < here:
        reason += f", of which compiling is {time_text(compiling)}"
    return reason


def _mixed_text(offer: Offers, gpu: str, count: int) -> str:
    """Return where a mixed plan runs, and by how much it wins."""
    cut = offer.mixed
    assert cut is not None
    first, second = ("cpu", gpu) if cut.near_first else (gpu, "cpu")
    return (
        f"the first {cut.place} of {count} stages on {first}, the rest on {second}: "
        f"{time_text(cut.seconds)} against {gpu} alone {time_text(offer.gpu)} and cpu "
        f"alone {time_text(offer.cpu)}; it had to win by {time_text(cut.margin)}, "
        f"{MARGIN:.0%} of what changes sides"
    )


def rounded(size: int | None) -> int | None:
    """Return a size to two digits: more are not known."""
    return None if size is None else int(float(f"{size:.1e}"))


def time_text(seconds: float) -> str:
    """Return a time to two digits.

    Examples
    --------
    >>> time_text(0.00092), time_text(4.2e-05), time_text(0.064)
    ('0.92 ms', '42 µs', '64 ms')
    """
    for scale, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= 0.0995 * scale:
            return f"{float(f'{seconds / scale:.2g}'):g} {unit}"
    return f"{float(f'{seconds / 1e-6:.2g}'):g} µs"


def _choose(
    size: int, target: str, crossover: int, machine: Machine
) -> tuple[str, str]:
    if target != "auto":
        return ("gpu:0" if target == "gpu" else target), "asked for"
    if machine.resident:
        return machine.resident, "its inputs are already there"
    touches = f"the largest stage touches {size:,} elements"
    if size < crossover:
        return "cpu", f"{touches}, fewer than the crossover of {crossover:,}"
    if machine.gpu is None:
        at_least = f"{touches}, at least the crossover of {crossover:,}"
        return "cpu", f"{at_least}, but {machine.missing}"
    return "gpu:0", f"{touches}, at least the crossover of {crossover:,}"


def _with(stage: Stage, device: str, estimate: Estimate) -> Stage:
    """Return a stage as it is on a device."""
    return Stage(
        stage.id,
        stage.kind,
        stage.loop,
        stage.axes,
        stage.inputs,
        stage.body,
        stage.outputs,
        stage.reason,
        device,
        stage.region,
        estimate,
    )
