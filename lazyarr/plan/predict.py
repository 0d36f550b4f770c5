"""What a whole plan costs on a device, from the asking to the result where it must end.

A plan takes what its call costs, the copies of the operands that lie elsewhere, its
stages, and, if NumPy arrays are asked for, the way of its results to the host. Kernels
run beside the host that launches them; on the CPU nothing runs beside anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lazyarr.named import NamedTuple
from lazyarr.plan.cost import copied, on_device, seconds
from lazyarr.plan.work import Work, work_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lazyarr.plan.model import DeviceProfile, Stage, Value
    from lazyarr.plan.profile import HostProfile


class Task(NamedTuple):
    """A plan in numbers that grow with its arrays, for pricing it anywhere at any size.

    Attributes
    ----------
    stages : tuple of Work
    inputs : tuple of (bytes, on a GPU)
    results : tuple of int
        Bytes of every result.
    nodes : int
        Operations of the expression as the user wrote it.
    size : int
        Elements that the largest stage touches.
    keep : bool
        Whether results stay where they were computed.
    """

    stages: tuple[Work, ...]
    inputs: tuple[tuple[int, bool], ...]
    results: tuple[int, ...]
    nodes: int
    size: int
    keep: bool = False


class Asking(Protocol):
    """What `task_of` is told of a request: see `lazyarr.plan.place.Asked`."""

    @property
    def far(self) -> Mapping[int, str]:
        """The device of every input that lies on a GPU, by source."""
        ...  # pragma: no cover - a protocol

    @property
    def nodes(self) -> int:
        """Operations of the expression."""
        ...  # pragma: no cover - a protocol

    @property
    def keep(self) -> bool:
        """Whether results stay where they are computed."""
        ...  # pragma: no cover - a protocol


def task_of(
    stages: Sequence[Stage],
    values: tuple[Value, ...],
    outputs: Sequence[int],
    asked: Asking,
    size: int,
) -> Task:
    """Return a plan in numbers."""
    inputs = tuple(
        (v.nbytes, v.source in asked.far)
        for v in values
        if v.role == "input" and v.source >= 0
    )
    results = tuple(values[o].nbytes for o in dict.fromkeys(outputs))
    works = tuple(work_of(stage, values) for stage in stages)
    return Task(works, inputs, results, asked.nodes, size, asked.keep)


def on_cpu(task: Task, host: HostProfile, scale: float = 1.0) -> float:
    """Return the seconds of a plan on the CPU."""
    cpu = host.cpu
    total = cpu.dispatch + task.nodes * cpu.node
    total += sum(seconds(work, cpu, scale) for work in task.stages)
    gpu = host.gpu
    far = [nbytes * scale for nbytes, there in task.inputs if there]
    if gpu is not None and far:
        total += gpu.link_latency + sum(copied(gpu.download, n) for n in far)
    return total


def on_gpu(
    task: Task, gpu: DeviceProfile, scale: float = 1.0, compiling: float = 0.0
) -> float:
    """Return the seconds of a plan on a GPU.

    `compiling` is the share of the kernels' compilation that one run has to bear.
    """
    clock = gpu.dispatch + task.nodes * gpu.node + compiling
    clock += sum(
        copied(gpu.upload, nbytes * scale) for nbytes, there in task.inputs if not there
    )
    ready = _issued(task.stages, gpu, scale, clock)
    if task.keep:
        return ready + gpu.wait
    # A copy to the host waits for what it copies: its latency is in its curve.
    return ready + sum(copied(gpu.download, n * scale) for n in task.results)


def _issued(
    stages: Iterable[Work], gpu: DeviceProfile, scale: float, clock: float
) -> float:
    """Return when the last kernel ends: each is launched while others still run."""
    free = clock
    for work in stages:
        if work.kind in ("view", "scalar"):
            continue
        if (
            work.family
        ):  # what a library does on the host is not known: it is all waited for
            clock = free = max(clock, free) + seconds(work, gpu, scale)
            continue
        clock += gpu.launch
        free = max(clock, free) + on_device(work, gpu, scale)
    return max(clock, free)


# --- from how many elements a GPU wins ----------------------------------------------------

_LARGEST = 2.0**40
_STEP = 2.0
_PRECISE = 1.02


def crossover(
    task: Task, host: HostProfile, faster: Callable[[float], bool] | None = None
) -> int | None:
    """Return from how many elements a GPU is faster for this plan; None: from none.

    Every array is made larger or smaller alike. Where the GPU is the faster side, the
    size is the least from which it is so; where it is not, the next from which it will
    be. A side can win twice: copies of large results are slower than those of small.

    `faster` says of a scale whether a GPU is of use, if not as the faster side.
    """
    gpu = host.gpu
    if gpu is None or task.size <= 0:
        return None

    better = faster or (
        lambda scale: on_gpu(task, gpu, scale) < on_cpu(task, host, scale)
    )

    def wins(elements: float) -> bool:
        return better(elements / task.size)

    below = above = float(task.size)
    if wins(above):
        while wins(below):
            if below <= 1.0:
                return 1
            above, below = below, max(below / _STEP, 1.0)
    else:
        while not wins(above):
            if above > _LARGEST:
                return None
            below, above = above, above * _STEP
    while above / below > _PRECISE:
        middle = (above * below) ** 0.5
        if wins(middle):
            above = middle
        else:
            below = middle
    return max(round(above), 1)
