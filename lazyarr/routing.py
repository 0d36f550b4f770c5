"""Which devices a graph may run on, and whether a GPU's kernels are worth compiling.

The planner sees devices as data; here is where the data comes from. A GPU is looked
for, and CuPy loaded, only when the profile or the rule says that one can matter.
"""

from __future__ import annotations

import importlib
from math import ceil
from typing import TYPE_CHECKING, Any

from lazyarr import profiles
from lazyarr.errors import DeviceError
from lazyarr.named import NamedTuple
from lazyarr.plan.cost import UNMEASURED_CPU, largest
from lazyarr.plan.fit import Fitted, at_home, fit
from lazyarr.plan.place import Asked, Machine
from lazyarr.plan.predict import on_cpu, on_gpu, task_of
from lazyarr.profiles import learning
from lazyarr.runtime.room import on_host, room_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lazyarr.ir.node import Node
    from lazyarr.options import Options
    from lazyarr.plan.model import Plan
    from lazyarr.plan.profile import HostProfile
    from lazyarr.runtime.launch import Text

_DATA = "data"
# The run on the CPU at which a kernel is compiled in any case.
_MOST_RUNS = 10_000
_RISKED = 1 / 4  # of the time of compiling: what runs have lost when it begins
_usable: dict[int, bool] = {}  # by the identity of a profile


def backend() -> Any:
    """Return the CuPy backend; loading it loads CuPy."""
    return importlib.import_module("lazyarr.runtime.cupy_backend")


def is_on_gpu(value: Any) -> bool:
    """Whether a leaf's value lies on a GPU."""
    return hasattr(value, "__cuda_array_interface__")


def asked_of(
    nodes: Sequence[Node],
    keep: bool,
    told: bool = False,
    options: Options | None = None,
) -> Asked:
    """Return what bears on where a graph should run."""
    whole = options is not None and options.transfers == "error"
    far = {
        k: f"gpu:{node.value.device.id}"
        for k, node in enumerate(nodes)
        if node.op.name == _DATA and is_on_gpu(node.value)
    }
    return Asked(far, len(nodes), keep, 0.0, told, whole)


def host_of(options: Options) -> HostProfile | None:
    """Return the profile in force, with what runs taught about it."""
    host = profiles.found(options.profile)
    if host is None or not options.learn:
        return host
    return learning.lessons_of(host).host


def machine_for(
    nodes: Sequence[Node], far: Mapping[int, str], target: str, options: Options
) -> Machine:
    """Return the devices a graph may use; looks for a GPU only if one can matter.

    Raises
    ------
    DeviceError
        A GPU is asked for and none can be used.
    """
    host = host_of(options)
    cpu = UNMEASURED_CPU if host is None else host.cpu
    resident = far[min(far)] if far else ""
    if target == "cpu":
        return Machine(cpu=cpu)
    if target == "auto":
        if host is not None and host.gpu is not None and _usable.get(id(host), True):
            # The model may do without the GPU; whether it is there is asked later.
            return Machine(host.gpu, "", cpu, resident, host)
        if not resident and all(node.size < options.crossover for node in nodes):
            return Machine(cpu=cpu)
    missing: str = backend().missing()
    if missing and target.startswith("gpu"):
        raise DeviceError.at("compute", f"device={target!r}: {missing}")
    if missing:
        return Machine(missing=missing, cpu=cpu, resident=resident)
    known = host is not None and host.gpu is not None and usable(host)
    gpu = host.gpu if known and host is not None else backend().profile()
    return Machine(gpu, "", cpu, resident)


def usable(host: HostProfile) -> bool:
    """Whether the GPU of a profile is there, and is the one that was measured."""
    found = _usable.get(id(host))
    if found is None:
        there = not backend().missing()
        found = there and profiles.fits_gpu(host, backend().facts())
        _usable[id(host)] = found
    return found


class Trial(NamedTuple):
    """A plan for the CPU until the kernels of the one for a GPU are compiled.

    Attributes
    ----------
    asked : Asked
        What is asked of the plan, compilation counted.
    runs : int
        At which run it pays to begin to compile.
    texts : sequence of Text
        The kernels to be compiled,
    device : str
        and where for.
    """

    asked: Asked
    runs: int
    texts: Sequence[Text]
    device: str


def trial(plan: Plan, asked: Asked, host: HostProfile) -> Trial | None:
    """Return what to do first with a plan for a GPU that was never compiled.

    Kernels are compiled beside the runs, from when these have lost a quarter of the time
    that it takes: nobody knows how many will follow, in this process and in later ones,
    which find the kernels on disk. None: run it on the GPU, for this very run would lose
    more than it takes to compile.
    """
    assert host.gpu is not None
    texts = backend().uncompiled(plan)
    if not texts:
        return None
    cost = host.gpu.compile * sum(effort(text.source) for text in texts)
    size = largest(plan.stages, plan.values)
    stages = [stage for stage in plan.stages if stage.kind != "copy"]
    task = task_of(stages, plan.values, plan.outputs, asked, size)
    took = on_gpu(task, host.gpu)
    if plan.is_mixed:
        took = plan.predicted_s + sum(copy.seconds for copy in plan.copies)
    gain = on_cpu(task, host) - took
    if gain >= cost:
        return None
    runs = 1  # corrections may keep a plan on the GPU that gains nothing there
    if gain > 0:
        runs = min(ceil(cost * _RISKED / gain), _MOST_RUNS)
    return Trial(asked._replace(compiling=cost), runs, texts, plan.device)


# NVRTC takes as long for nothing as for this many letters, and longer with their square;
# the kernel that calibration compiles has the second number of them.
_LETTERS, _TYPICAL = 6000, 8700


def effort(source: str) -> float:
    """Return how many times as long as calibration's a kernel takes to compile.

    Fitted to 573 kernels of programs, of 700 to 38,000 letters, on one machine: from
    0.03 to 1.8 s, the median of each half octave within a factor of 1.6.
    """
    return (1 + (len(source) / _LETTERS) ** 2) / (1 + (_TYPICAL / _LETTERS) ** 2)


class Trying:
    """A plan that the CPU runs until its kernels are compiled, and which is then made anew."""

    __slots__ = ("compilation", "executable", "first", "forget", "left")

    def __init__(
        self, executable: Any, first: Trial, forget: Callable[[], None]
    ) -> None:
        self.executable = executable
        self.first = first
        self.left = first.runs
        self.forget = forget
        self.compilation: Any = None

    def run(self, leaves: Sequence[Any], *rest: Any, **keywords: Any) -> list[Any]:
        """Return the values of the plan's roots; see `Executable`."""
        self.left -= 1
        if self.left <= 0 and self.compilation is None:
            first = self.first
            self.compilation = backend().compile_ahead(first.texts, first.device)
        compilation = self.compilation
        if compilation is not None and compilation.error is not None:
            self.forget()
            compilation.tell()  # before anything is written
        results: list[Any] = self.executable.run(leaves, *rest, **keywords)
        if compilation is not None and compilation.done and compilation.error is None:
            self.forget()
        return results


def fitted_of(
    plan: Plan,
    nodes: Sequence[Node],
    options: Options,
    device: str | None,
    remade: Callable[[str], Plan],
    memory: int | None = None,
) -> Fitted:
    """Return a plan as it runs in the memory there is.

    Where a GPU that was not asked for has not enough, even for windows, the CPU runs
    the plan that `remade` makes for it. A mixed plan for which either side has not
    enough is made anew for one device. `memory` is that of a GPU which is not there.
    """
    limit = options.memory_limit
    there = frozenset(
        v.id
        for v in plan.values
        if 0 <= v.source < len(nodes) and is_on_gpu(nodes[v.source].value)
    )
    found = fit(plan, lambda need: room_of(plan, need, limit, memory), there)
    asked = device or options.device
    if plan.is_mixed and not found.refused and limit is None:
        found = at_home(found, on_host)
    if plan.is_mixed and found.refused and asked == "auto":
        other = remade("whole")
        why = f"on {' and '.join(plan.devices)} {found.refused}"
        other = other._replace(reason=f"{other.reason}; {why}")
        return fitted_of(other, nodes, options, device, remade, memory)
    if plan.device != "cpu" and found.plan.passes and not found.refused:
        found = at_home(found, on_host)  # where results of windows end
    if not found.refused or plan.device == "cpu" or asked != "auto":
        return found
    reason = f"{plan.device} has not enough memory, even in windows: {found.refused}"
    other = remade("cpu")._replace(reason=reason)
    return fit(other, lambda need: room_of(other, need, limit, memory))
