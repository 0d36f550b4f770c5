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
from lazyarr.errors import DeviceError
from lazyarr.ir.node import Node, structure, where_text
from lazyarr.plan.delegate import delegate
from lazyarr.plan.fuse import fuse
from lazyarr.plan.group import Limits
from lazyarr.plan.memory import allocate, check_limit
from lazyarr.plan.model import Decision, DeviceProfile, Plan
from lazyarr.plan.place import Machine, place
from lazyarr.rules import simplify
from lazyarr.runtime import direct, numpy_backend

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from lazyarr.runtime.base import Executable

_DATA = "data"
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
    ready = _cache.get((key, options, device))
    if ready is None:
        ready = _prepare((key, options, device), roots, nodes, options, device)
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
    key = (structural, options, places)
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
    key: Hashable,
    roots: tuple[Node, ...],
    nodes: list[Node],
    options: Options,
    device: str | None,
    owned: frozenset[int] = frozenset(),
) -> _Ready:
    machine = _machine(nodes, device or options.device, options)
    with _uncollected(len(nodes)):
        target = device or options.device
        plan = make_plan(roots, nodes, options, target, machine, owned)
        check_limit(plan, options.memory_limit)
        executable = prepare(plan, [node.value for node in nodes])
        ready = _Ready(plan, executable, plan.device != "cpu")
    with _lock:
        _cache[key] = ready
        while len(_cache) > max(options.plan_cache_size, 1):
            _cache.popitem(last=False)
    return ready


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
    owned : frozenset of int
        Places of the leaves that the plan may write into.
    """
    places = {node: k for k, node in enumerate(nodes) if not node.args}
    fired: dict[str, int] = {}
    simple = roots
    if options.rules:
        simple, fired = simplify(roots)
    limits = Limits(ops=options.max_ops_per_kernel, fusion=options.fusion)
    fused = fuse(simple, places, len(nodes), limits)
    layout = allocate(fused.stages, fused.values, fused.outputs, owned)
    placed = place(layout.stages, fused.values, target, options.crossover, machine)
    if placed.device != "cpu" and (delegated := delegate(simple)) is not simple:
        fused = fuse(delegated, places, len(nodes), limits)
        layout = allocate(fused.stages, fused.values, fused.outputs, owned)
        placed = place(
            layout.stages, fused.values, placed.device, options.crossover, machine
        )._replace(reason=placed.reason)
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
    profile: DeviceProfile | None = None,
) -> Plan:
    """Return the plan that `compute` would run, or the one for another machine."""
    options = current()
    target = device or options.device
    _, nodes = structure(roots)
    if profile is not None:
        machine = Machine(gpu=profile if profile.kind == "gpu" else None)
    else:
        machine = _machine(nodes, target, options)
    return make_plan(roots, nodes, options, target, machine)


def prepare(plan: Plan, leaves: Sequence[Any] = ()) -> Executable:
    """Return what runs a plan on the device that it names.

    `leaves` are the values of the canonical nodes, or others that lie where they do;
    without them, all lie on the host or where the plan runs.
    """
    backend = numpy_backend.BACKEND if plan.device == "cpu" else gpu_backend()
    executable: Executable = backend.prepare(plan)
    if plan.device == "cpu":
        far = [k for k, leaf in enumerate(leaves) if _is_on_gpu(leaf)]
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


def cached_plans() -> int:
    """Return how many plans are held."""
    return len(_cache)


def _machine(nodes: Sequence[Node], target: str, options: Options) -> Machine:
    """Return the devices a graph may use; looks for a GPU only if one can matter."""
    resident = next(
        (f"gpu:{node.value.device.id}" for node in nodes if _on_gpu(node)), ""
    )
    if target == "cpu" or (
        target == "auto"
        and not resident
        and all(node.size < options.crossover for node in nodes)
    ):
        return Machine()
    missing = gpu_missing()
    if missing and target.startswith("gpu"):
        raise DeviceError.at("compute", f"device={target!r}: {missing}")
    return Machine(
        gpu=None if missing else gpu_backend().profile(),
        missing=missing,
        resident=resident,
    )


def _on_gpu(node: Node) -> bool:
    return node.op.name == _DATA and _is_on_gpu(node.value)


def _is_on_gpu(array: Any) -> bool:
    return hasattr(array, "__cuda_array_interface__")


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
