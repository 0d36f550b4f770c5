"""The order of the stages of planning, and the cache of plans: nothing else knows it.

``structure -> simplify -> fuse -> allocate -> place -> prepare``, once for each
structure; afterwards a graph of the same structure binds its leaves and runs.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from lazyarr.config import Options, current
from lazyarr.ir.node import Node, structure, where_text
from lazyarr.plan.delegate import delegate
from lazyarr.plan.fit import refuse
from lazyarr.plan.fuse import fuse
from lazyarr.plan.group import Limits
from lazyarr.plan.memory import allocate
from lazyarr.plan.model import Decision, DeviceProfile, Plan
from lazyarr.plan.place import Asked, Machine, place
from lazyarr.plan.profile import HostProfile
from lazyarr.routing import (
    Trying,
    asked_of,
    fitted_of,
    is_on_gpu,
    machine_for,
    trial,
    usable,
)
from lazyarr.rules import simplify
from lazyarr.runtime import direct, numpy_backend
from lazyarr.runtime.stream import StreamedPlan

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from lazyarr.runtime.base import Executable

_DATA = "data"
_KEPT = "kept"
_LARGE = 10_000  # nodes
_OFTEN = 8  # times that a small graph is met before it is planned
_SIGHTINGS = 4096
_PASSING = 1 << 20  # elements of all nodes, which NumPy computes while a plan is made


class _Complete:
    """A plan with constants, ready to run on the leaves of the user's graph alone."""

    __slots__ = ("constants", "executable")

    def __init__(self, executable: Any, constants: tuple[Any, ...]) -> None:
        self.executable = executable
        self.constants = constants

    def run(self, leaves: Sequence[Any], *rest: Any, **keywords: Any) -> list[Any]:
        """Return the values of the plan's roots; see `Executable`."""
        complete = [*leaves, *self.constants]
        results: list[Any] = self.executable.run(complete, *rest, **keywords)
        return results


class _Fetching:
    """A plan of the CPU, some of whose inputs are on a GPU: they are copied first."""

    __slots__ = ("executable", "places")

    def __init__(self, executable: Any, places: list[int]) -> None:
        self.executable = executable
        self.places = places

    def run(self, leaves: Sequence[Any], *rest: Any, **keywords: Any) -> list[Any]:
        """Return the values of the plan's roots; see `Executable`."""
        near = [*leaves]
        for k in self.places:
            near[k] = gpu_backend().fetched(leaves[k])
        results: list[Any] = self.executable.run(near, *rest, **keywords)
        return results


class _Ready(NamedTuple):
    plan: Plan
    executable: Any  # an `Executable`; those of a GPU can also keep results there
    keeps: bool


_met: dict[int, int] = {}  # how often small graphs without a plan were met
_cache: OrderedDict[Hashable, _Ready] = OrderedDict()
_tried: set[Hashable] = set()  # keys of plans whose kernels are worth compiling
_lock = threading.Lock()


def compute(roots: tuple[Node, ...], device: str | None = None) -> list[Any]:
    """Return the roots' values as NumPy arrays; 0-d ones as NumPy scalars."""
    options = current()
    key, nodes = structure(roots)
    ready = _cache.get((key, options, device))
    if ready is None:
        ready = _prepare((key, options, device), roots, nodes, options, device)
    results: list[Any] = ready.executable.run([node.value for node in nodes])
    return results


def persist(roots: tuple[Node, ...], device: str | None = None) -> list[Any]:
    """Return the roots' values as arrays of the device that computed them.

    An array that exists already is returned as it is, where it is, unless another
    device is asked for.
    """
    options = current()
    if (
        len(roots) == 1
        and not roots[0].args
        and _lies_there(roots[0], device or options.device)
    ):
        return [_handed_out(roots[0])]
    key, nodes = structure(roots)
    # Where a result must end bears on where it is computed.
    ready = _cache.get((key, options, device, _KEPT))
    if ready is None:
        ready = _prepare((key, options, device, _KEPT), roots, nodes, options, device)
    leaves = [node.value for node in nodes]
    results: list[Any]
    if ready.keeps:
        results = ready.executable.run(leaves, keep=True)
    else:
        results = ready.executable.run(leaves)
    return results


def _handed_out(leaf: Node) -> Any:
    """Return a leaf's array; a copy of what its array alone may write into."""
    return (
        leaf.value
        if leaf.params is None or type(leaf.params) is str
        else leaf.value.copy()
    )


def settle(roots: tuple[Node, ...], owned: frozenset[Node]) -> list[Any]:
    """Return the roots' values where they were computed, each in memory of its own.

    What is small and has seldom been met is computed without a plan.

    Parameters
    ----------
    roots : tuple of Node
    owned : frozenset of Node
        Leaves that nobody else holds: updates may write into them.
    """
    options = current()
    structural, nodes = structure(roots)
    places = frozenset([k for k, node in enumerate(nodes) if node in owned])
    key = (structural, options, places, _KEPT)
    ready = _cache.get(key)
    if ready is None:
        if _is_passing(key, nodes, options):
            return direct.run(roots, owned)
        ready = _prepare(key, roots, nodes, options, None, places)
    keep = {"keep": True} if ready.keeps else {}
    results: list[Any] = ready.executable.run([node.value for node in nodes], **keep)
    return results


def _is_passing(key: Hashable, nodes: list[Node], options: Options) -> bool:
    """Whether a graph is small, and has not been met so often that a plan pays."""
    if not options.small_path or options.device not in ("auto", "cpu"):
        return False
    if not direct.accepts(nodes, _PASSING):
        return False
    number = hash(key)
    if len(_met) > _SIGHTINGS:
        _met.clear()
    met = _met[number] = _met.get(number, 0) + 1
    return met < _OFTEN


def _lies_there(root: Node, target: str) -> bool:
    if root.op.name != _DATA or root.value is None:
        return False
    if target == "auto" or not _on_gpu(root):
        return target in ("auto", "cpu")
    return target in ("gpu", f"gpu:{root.value.device.id}")


def _prepare(
    key: tuple[Any, ...],
    roots: tuple[Node, ...],
    nodes: list[Node],
    options: Options,
    device: str | None,
    owned: frozenset[int] = frozenset(),
) -> _Ready:
    keep = key[-1] == _KEPT
    with _uncollected(len(nodes)):
        plan, runs = _planned(roots, nodes, options, device, key, keep, owned=owned)
        fitted = fitted_of(
            plan,
            nodes,
            options,
            device,
            lambda: make_plan(roots, nodes, options, "cpu", Machine(), owned=owned),
        )
        refuse(fitted)
        plan = fitted.plan
        executable = prepare(plan, [node.value for node in nodes])
        if runs:
            executable = Trying(executable, runs, lambda: _forget(key))
        ready = _Ready(plan, executable, plan.device != "cpu")
    with _lock:
        _cache[key] = ready
        while len(_cache) > max(options.plan_cache_size, 1):
            _cache.popitem(last=False)
    return ready


def _planned(
    roots: tuple[Node, ...],
    nodes: Sequence[Node],
    options: Options,
    device: str | None,
    key: tuple[Any, ...] = (),
    keep: bool = False,
    told: bool = False,
    owned: frozenset[int] = frozenset(),
) -> tuple[Plan, int]:
    """Return the plan of a graph on this machine, and after how many runs it is tried anew."""
    target = device or options.device
    asked = asked_of(nodes, keep, told)
    machine = machine_for(nodes, asked.far, target, options)
    plan = make_plan(roots, nodes, options, target, machine, asked, owned)
    host = machine.host
    if host is None or plan.device == "cpu":
        return plan, 0
    if not usable(host):
        machine = machine_for(nodes, asked.far, target, options)
        return make_plan(roots, nodes, options, target, machine, asked, owned), 0
    first = trial(plan, asked, host) if key not in _tried else None
    if first is None:
        return plan, 0
    plan = make_plan(roots, nodes, options, target, machine, first.asked, owned)
    return plan, first.runs


def _forget(key: Hashable) -> None:
    """Drop a plan that was tried on the CPU: the next run compiles its kernels."""
    with _lock:
        _tried.add(key)
        _cache.pop(key, None)


@contextlib.contextmanager
def _uncollected(nodes: int) -> Iterator[None]:
    """Keep the garbage collector away while a large graph is planned.

    Planning makes many objects and no garbage; the collector would look through all
    of them again and again.
    """
    if nodes < _LARGE or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def make_plan(
    roots: tuple[Node, ...],
    nodes: Sequence[Node],
    options: Options,
    target: str,
    machine: Machine,
    asked: Asked | None = None,
    owned: frozenset[int] = frozenset(),
) -> Plan:
    """Return the plan of a graph; touches no device.

    Parameters
    ----------
    roots : tuple of Node
    nodes : sequence of Node
        All nodes in canonical order, as `structure` gives them.
    options : Options
    target : str
        ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.
    machine : Machine
        The devices to choose from.
    asked : Asked, optional
        What the predicted cost depends on besides the graph.
    owned : frozenset of int
        Places of the leaves that the plan may write into.
    """
    places = {node: k for k, node in enumerate(nodes) if not node.args}
    simple, fired = simplify(roots) if options.rules else (roots, {})
    limits = Limits(ops=options.max_ops_per_kernel, fusion=options.fusion)

    def laid_out(graph: tuple[Node, ...], device: str) -> tuple[Any, Any, Any]:
        fused = fuse(graph, places, len(nodes), limits)
        layout = allocate(fused.stages, fused.values, fused.outputs, owned)
        facts = (options.crossover, machine, fused.outputs, asked)
        return fused, layout, place(layout.stages, fused.values, device, *facts)

    fused, layout, placed = laid_out(simple, target)
    if placed.device != "cpu" and (delegated := delegate(simple)) is not simple:
        why = {"reason": placed.reason, "crossover": placed.crossover}
        fused, layout, placed = laid_out(delegated, placed.device)
        placed = placed._replace(**why)
    plan = Plan(
        placed.stages,
        fused.values,
        fused.outputs,
        placed.device,
        placed.reason,
        placed.crossover,
        layout.buffers,
        layout.buffer_of,
        layout.last_use,
        layout.peak_bytes,
        (*_evaluated(nodes), *fused.decisions),
        fired,
        fused.constants,
        owned,
    )
    return plan if plan.device == "cpu" else replace(plan, launches=_launches(plan))


def _evaluated(nodes: Sequence[Node]) -> list[Decision]:
    """Return a decision for every input that NumPy had to compute beforehand."""
    return [
        Decision(f"input {k}", "evaluated", _told(node))
        for k, node in enumerate(nodes)
        if node.op.name == _DATA and node.params
    ]


def _told(leaf: Node) -> str:
    """Return a leaf's remark with the line that it is about."""
    line = where_text(leaf.where)
    return f"{leaf.params}, at {line}" if line else str(leaf.params)


def plan_of(
    roots: tuple[Node, ...],
    device: str | None = None,
    profile: DeviceProfile | HostProfile | None = None,
    keep: bool = False,
) -> Plan:
    """Return the plan that `compute` would run, or the one for another machine.

    With `keep` it is the one of `persist`.
    """
    options = current()
    key, nodes = structure(roots)

    def on_cpu() -> Plan:
        return make_plan(roots, nodes, options, "cpu", Machine())

    if profile is None:
        place = (key, options, device, _KEPT) if keep else (key, options, device)
        plan, _ = _planned(roots, nodes, options, device, place, keep, told=True)
        return fitted_of(plan, nodes, options, device, on_cpu).plan
    asked = asked_of(nodes, keep, told=True)
    if isinstance(profile, HostProfile):
        machine = Machine(profile.gpu, "no GPU", profile.cpu, host=profile)
    else:
        machine = Machine(gpu=profile if profile.kind == "gpu" else None)
    plan = make_plan(roots, nodes, options, device or options.device, machine, asked)
    room = machine.gpu.memory if machine.gpu else 0
    return fitted_of(plan, nodes, options, device, on_cpu, room).plan


def prepare(plan: Plan, leaves: Sequence[Any] = ()) -> Executable:
    """Return what runs a plan on the device that it names.

    `leaves` are the values of the canonical nodes, or others that lie where they do;
    without them, all lie on the host or where the plan runs.
    """
    executable: Executable
    if plan.passes and plan.device == "cpu":
        executable = StreamedPlan(plan)
    elif plan.passes:
        executable = importlib.import_module("lazyarr.runtime.ring").prepare(plan)
    else:
        backend = numpy_backend.BACKEND if plan.device == "cpu" else gpu_backend()
        executable = backend.prepare(plan)
    if plan.device == "cpu":
        far = [k for k, leaf in enumerate(leaves) if is_on_gpu(leaf)]
        if far:
            executable = _Fetching(executable, far)
    return _Complete(executable, plan.constants) if plan.constants else executable


def simplified(roots: tuple[Node, ...]) -> tuple[tuple[Node, ...], dict[str, int]]:
    """Return the graph after the rules, and how often each fired."""
    return simplify(roots)


def gpu_backend() -> Any:
    """Return the CuPy backend; loading it loads CuPy."""
    return importlib.import_module("lazyarr.runtime.cupy_backend")


def clear_cache() -> None:
    """Forget every plan."""
    with _lock:
        _cache.clear()
        _met.clear()
        _tried.clear()


def cached_plans() -> int:
    """Return how many plans are held."""
    return len(_cache)


def _on_gpu(node: Node) -> bool:
    return node.op.name == _DATA and is_on_gpu(node.value)


def gpu_missing() -> str:
    """Return why no GPU can be used and what to do, or an empty string."""
    reason: str = gpu_backend().missing()
    return reason


def gpu_driver() -> int:
    """Return the CUDA version that the driver supports, such as 12080; 0 without one."""
    version: int = gpu_backend().driver()
    return version


def _launches(plan: Plan) -> int:
    count: int = importlib.import_module("lazyarr.codegen.source").launches(plan)
    return count


def gpu_sources(plan: Plan) -> dict[int, str]:
    """Return the CUDA source of every stage that a GPU would run, by stage id."""
    sources: dict[int, str] = importlib.import_module("lazyarr.codegen.source").sources(
        plan
    )
    return sources
