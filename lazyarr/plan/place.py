"""Where a plan runs, and why: a choice between devices given as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lazyarr.plan.cost import UNMEASURED_CPU, UNMEASURED_GPU, estimate, largest
from lazyarr.plan.learned import chosen
from lazyarr.plan.model import DeviceProfile, Stage, Value
from lazyarr.plan.predict import Task, crossover, on_cpu, on_gpu, task_of
from lazyarr.plan.profile import bare

if TYPE_CHECKING:
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
    far : frozenset of int
        Sources of the inputs that lie on a GPU.
    nodes : int
        Operations of the expression.
    keep : bool
        Whether results stay where they are computed.
    compiling : float
        Seconds of compilation that this run has to bear.
    told : bool
        Whether somebody will read the reason: the crossover is worked out then.
    """

    far: frozenset[int] = frozenset()
    nodes: int = 0
    keep: bool = False
    compiling: float = 0.0
    told: bool = False


class Placement(NamedTuple):
    """The chosen device, why it was chosen, and the stages with their estimates."""

    device: str
    reason: str
    crossover: int | None
    stages: tuple[Stage, ...]


def place(
    stages: tuple[Stage, ...],
    values: tuple[Value, ...],
    target: str,
    crossover: int,
    machine: Machine,
    outputs: tuple[int, ...] = (),
    asked: Asked | None = None,
) -> Placement:
    """Return the stages placed on one device.

    Parameters
    ----------
    target : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``; anything but ``auto`` is obeyed.
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
    decided: tuple[str, str, int | None]
    if target == "auto" and asked is not None and host is not None and host.gpu:
        task = task_of(stages, values, outputs, asked, size)
        decided = by_cost(task, host, machine.resident or "gpu:0", asked)
    else:
        decided = (*_choose(size, target, crossover, machine), crossover)
    device, reason, crossover_ = decided
    gpu = machine.gpu or (host.gpu if host is not None else None) or UNMEASURED_GPU
    cpu = machine.cpu if host is None else host.cpu
    profile = cpu if device == "cpu" else gpu
    placed = tuple(_on(s, device, values, profile) for s in stages)
    return Placement(device, reason, crossover_, placed)


def by_cost(
    task: Task, host: HostProfile, gpu: str, asked: Asked
) -> tuple[str, str, int | None]:
    """Return the device that the model predicts to be faster, why, and from where on.

    Parameters
    ----------
    gpu : str
        The name of the GPU to choose.
    """
    assert host.gpu is not None
    here = on_cpu(task, host)
    there = on_gpu(task, host.gpu, compiling=asked.compiling)
    goes = there < here
    if host.cpu.learned:  # it takes more than noise to change what was measured
        first = bare(host)
        assert first.gpu is not None
        bare_there = on_gpu(task, first.gpu, compiling=asked.compiling)
        goes = chosen(bare_there < on_cpu(task, first), here, there)
    if goes:
        reason = f"{gpu} {time_text(there)} against cpu {time_text(here)}"
        device = gpu
    else:
        reason = f"cpu {time_text(here)} against {gpu} {time_text(there)}"
        device = "cpu"
        if there - asked.compiling < here:
            reason += f", of which compiling is {time_text(asked.compiling)}"
    if not asked.told:
        return device, reason, None
    size = rounded(crossover(task, host))
    if size is None:
        return (
            device,
            f"{reason}; no larger size of this graph is faster on {gpu}",
            None,
        )
    what = f"crossover for this graph on this machine is about {size:,} elements"
    return device, f"{reason}; {what}", size


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


def _on(
    stage: Stage, device: str, values: tuple[Value, ...], profile: DeviceProfile
) -> Stage:
    where = "cpu" if stage.kind == "scalar" else device
    return Stage(
        stage.id,
        stage.kind,
        stage.loop,
        stage.axes,
        stage.inputs,
        stage.body,
        stage.outputs,
        stage.reason,
        where,
        stage.region,
        estimate(stage, values, profile),
    )
