"""Where a plan runs, and why: a choice between devices given as data."""

from __future__ import annotations

from typing import NamedTuple

from lazyarr.plan.cost import UNMEASURED_CPU, UNMEASURED_GPU, estimate, largest
from lazyarr.plan.model import DeviceProfile, Stage, Value


class Machine(NamedTuple):
    """What the planner may use.

    ``gpu`` is None without a usable GPU; ``missing`` then says why not.
    ``resident`` names the device on which inputs already lie, if one does.
    """

    gpu: DeviceProfile | None = None
    missing: str = "no GPU"
    cpu: DeviceProfile = UNMEASURED_CPU
    resident: str = ""


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
) -> Placement:
    """Return the stages placed on one device.

    Parameters
    ----------
    target : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``; anything but ``auto`` is obeyed.
    crossover : int
        Elements of the largest stage from which ``auto`` chooses the GPU.
    machine : Machine
    """
    device, reason = _choose(largest(stages, values), target, crossover, machine)
    profile = machine.cpu if device == "cpu" else machine.gpu or UNMEASURED_GPU
    placed = tuple(_on(s, device, values, profile) for s in stages)
    return Placement(device, reason, crossover, placed)


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
