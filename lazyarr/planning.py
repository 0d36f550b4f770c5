"""From a graph to a plan, and from a plan to what runs it.

``structure -> simplify -> fuse -> allocate -> place -> prepare``: nothing else knows
the order. It is loaded when the first graph is planned.
"""

from __future__ import annotations

import importlib
import time
from math import prod
from typing import TYPE_CHECKING, Any

from lazyarr.config import current
from lazyarr.errors import DeviceError
from lazyarr.ir import copies
from lazyarr.ir.node import Node, structure, where_text
from lazyarr.options import device_named
from lazyarr.plan import joined, shown, unfilled
from lazyarr.plan.delegate import delegate, revision
from lazyarr.plan.fit import refuse
from lazyarr.plan.fuse import fuse
from lazyarr.plan.group import ACROSS, Limits
from lazyarr.plan.memory import allocate
from lazyarr.plan.model import Decision, DeviceProfile, Plan
from lazyarr.plan.place import Asked, Machine, Placement, laid
from lazyarr.plan.profile import HostProfile
from lazyarr.plan.wrapped import wrapped
from lazyarr.profiles import learning
from lazyarr.routing import (
    Trial,
    Trying,
    asked_of,
    fitted_of,
    host_of,
    is_on_gpu,
    machine_for,
    trial,
    usable,
)
from lazyarr.rules import simplify
from lazyarr.runtime import numpy_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.options import Options
    from lazyarr.plan.model import Stage
    from lazyarr.runtime.base import Executable

_DATA = "data"
_KEPT = "kept"


class _Supplied:
    """A plan whose inputs are more than the leaves of the user's graph, or elsewhere.

    Its constants come behind them, and for the CPU those that are `far` are copied first.
    """

    __slots__ = ("constants", "executable", "far")

    def __init__(
        self, executable: Any, constants: tuple[Any, ...], far: list[int]
    ) -> None:
        self.executable = executable
        self.constants = constants
        self.far = far

    def run(self, leaves: Sequence[Any], *rest: Any, **keywords: Any) -> list[Any]:
        """Return the values of the plan's roots; see `Executable`."""
        complete = [*leaves, *self.constants]
        for k in self.far:
            cupy_backend = importlib.import_module("lazyarr.runtime.cupy_backend")
            complete[k] = cupy_backend.fetched(leaves[k])
        return self.executable.run(complete, *rest, **keywords)  # type: ignore[no-any-return]


class _Learning:
    """A plan that calls CuPy's functions: made anew when one proves to be missing."""

    __slots__ = ("executable", "forget")

    def __init__(self, executable: Any, forget: Callable[[], None]) -> None:
        self.executable = executable
        self.forget = forget

    def run(self, leaves: Sequence[Any], *rest: Any, **keywords: Any) -> list[Any]:
        """Return the values of the plan's roots; see `Executable`."""
        known = revision()
        results: list[Any] = self.executable.run(leaves, *rest, **keywords)
        if revision() != known:
            self.forget()
        return results


def ready(
    roots: tuple[Node, ...],
    nodes: list[Node],
    options: Options,
    device: str | None,
    key: tuple[Any, ...],
    owned: frozenset[int],
    forget: Callable[[], None],
) -> tuple[Plan, Any]:
    """Return the plan of a graph, and what runs it.

    `forget` is called when another one should be made: kernels were compiled while the
    CPU ran it, or its runs taught what sends it elsewhere.

    Raises
    ------
    MemoryLimitError
        The plan does not fit, not even in windows.
    """
    keep = key[-1] == _KEPT
    start = time.perf_counter()
    plan, first = planned(roots, nodes, options, device, keep, owned=owned)

    def remade(target: str) -> Plan:
        return _remade(target, roots, nodes, options, keep, owned)

    fitted = fitted_of(plan, nodes, options, device, remade)
    refuse(fitted)
    executable: Any = prepare(fitted.plan, [node.value for node in nodes])
    host = host_of(options) if options.learn else None
    if host is not None and not any(is_on_gpu(node.value) for node in nodes):
        free = device is None and options.device == "auto" and first is None
        again = forget if free and host.gpu is not None else None
        making = time.perf_counter() - start
        executable = learning.observed(executable, fitted.plan, host, again, making)
    if first is not None:
        executable = Trying(executable, first, forget)
    elif fitted.plan.device != "cpu" and _calls_library(fitted.plan):
        executable = _Learning(executable, forget)
    return fitted.plan, executable


def _calls_library(plan: Plan) -> bool:
    return any(s.kind == "library" and s.device != "cpu" for s in plan.stages)


def _remade(
    target: str,
    roots: tuple[Node, ...],
    nodes: Sequence[Node],
    options: Options,
    keep: bool,
    owned: frozenset[int] = frozenset(),
    machine: Machine | None = None,
) -> Plan:
    """Return another plan of a graph: for the ``cpu``, or ``whole``, on either side."""
    asked = asked_of(nodes, keep)._replace(whole=True)
    if target == "cpu":
        return make_plan(roots, nodes, options, "cpu", Machine(), asked, owned)
    if machine is None:
        machine = machine_for(nodes, asked.far, "auto", options)
    return make_plan(roots, nodes, options, "auto", machine, asked, owned)


def planned(
    roots: tuple[Node, ...],
    nodes: Sequence[Node],
    options: Options,
    device: str | None,
    keep: bool = False,
    told: bool = False,
    owned: frozenset[int] = frozenset(),
) -> tuple[Plan, Trial | None]:
    """Return the plan of a graph on this machine, and until when it is that, if not for good."""
    if device is not None and device_named(device) is None:
        hint = "use 'cpu', 'gpu' or 'gpu:N'."
        raise DeviceError.at("compute", f"no device {device!r}", None, hint)
    target = device or options.device
    asked = asked_of(nodes, keep, told, options)
    machine = machine_for(nodes, asked.far, target, options)
    plan = make_plan(roots, nodes, options, target, machine, asked, owned)
    host = machine.host
    if host is None or plan.device == "cpu":
        return plan, None
    if not usable(host):
        machine = machine_for(nodes, asked.far, target, options)
        return make_plan(roots, nodes, options, target, machine, asked, owned), None
    first = trial(plan, asked, host)
    if first is None:
        return plan, None
    plan = make_plan(roots, nodes, options, target, machine, first.asked, owned)
    # What runs taught may keep it on the GPU, compilation counted.
    return plan, first if plan.device == "cpu" else None


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
    simple = tuple(map(copies.as_asked, roots, simple))
    limits = Limits(ops=options.max_ops_per_kernel, fusion=options.fusion)

    def laid_out(
        graph: tuple[Node, ...], device: str, across: int = limits.across
    ) -> tuple[Any, Any, Placement]:
        fused = fuse(graph, places, len(nodes), limits._replace(across=across))
        return fused, *laid(fused, owned, device, options.crossover, machine, asked)

    fused, layout, placed = _arranged(simple, target, laid_out, options.fusion)
    plan = Plan(
        placed.priced(fused.values),
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
    plan = _with_copies(plan, placed, asked or Asked())
    if plan.device == "cpu":
        return unfilled.told(joined.told(plan))
    return _with_kernels(plan, options.gpu_arithmetic)


def _arranged(
    simple: tuple[Node, ...],
    target: str,
    laid_out: Callable[..., tuple[Any, Any, Placement]],
    fusion: bool,
) -> tuple[Any, Any, Placement]:
    """Return a graph laid out for where it runs, in the form that suits the place."""
    fused, layout, placed = laid_out(simple, target)
    if placed.device != "cpu" and (delegated := delegate(simple)) is not simple:
        fused, layout, placed = laid_out(delegated, target)
        if placed.device == "cpu":  # what the host must do is too much of it
            fused, layout, near = laid_out(simple, "cpu")
            placed = placed._replace(stages=near.stages)
    near_by = fusion and all(s.device == "cpu" for s in placed.stages)
    bordered = shown.handed_out(wrapped(simple)) if near_by else simple
    across = near_by and any(map(_goes_across, placed.stages))
    if across or bordered is not simple:
        fused, layout, near = laid_out(bordered, "cpu", ACROSS)
        placed = placed._replace(stages=near.stages)
    return fused, layout, placed


def _goes_across(stage: Stage) -> bool:
    """Whether the rows of a row-wise stage are too long across memory for a CPU."""
    row = prod(stage.loop[k] for k in stage.axes)
    inner = len(stage.loop) - 1 in stage.axes
    return stage.kind == "rowwise" and not inner and row > ACROSS


def _with_kernels(plan: Plan, arithmetic: str) -> Plan:
    """Return a plan for a GPU with what is known of its kernels."""
    plan = plan._replace(arithmetic=arithmetic, launches=_launches(plan))
    if arithmetic == "exact":
        return plan
    what = "products and sums round once, together"
    if arithmetic == "fast":
        what += "; float32 functions and quotients are approximate"
    why = f"asked for by gpu_arithmetic: {what}"
    told = Decision("arithmetic", arithmetic, why)
    return plan._replace(decisions=(*plan.decisions, told))


def _with_copies(plan: Plan, placed: Placement, asked: Asked) -> Plan:
    """Return a placed plan with the copies that it makes."""
    if plan.device == "cpu" and not asked.far:
        return plan
    crossing = importlib.import_module("lazyarr.plan.crossing")
    if plan.is_mixed:
        plan = _mixed(plan, placed, asked.keep, crossing)
    facts = (plan.stages, plan.values, plan.outputs, asked.far, asked.keep)
    return plan._replace(copies=crossing.copies_of(*facts, placed.gpu))


def _mixed(plan: Plan, placed: Placement, keep: bool, crossing: Any) -> Plan:
    """Return a plan of two devices with the copies between its stages."""
    facts = (plan.stages, plan.values, plan.outputs, keep, placed.gpu)
    whole = all(
        s.device == plan.device or s.kind == "scalar" or s.id in placed.bound
        for s in plan.stages
    )
    # Of a GPU's plan, the host does but what it must: results end on the GPU.
    device = plan.device if whole else ""
    stages, values, outputs, numbers = crossing.crossed(*facts, placed.bound, device)
    layout = allocate(stages, values, outputs, plan.owned)
    subjects = {f"stage {before}": f"stage {now}" for before, now in numbers.items()}
    decisions = tuple(
        one._replace(subject=subjects.get(one.subject, one.subject))
        for one in plan.decisions
    )
    decisions += tuple(
        Decision(subjects[f"stage {number}"], "on cpu", why)
        for number, why in placed.bound.items()
    )
    return plan._replace(
        stages=layout.stages,
        values=values,
        outputs=outputs,
        buffers=layout.buffers,
        buffer_of=layout.buffer_of,
        last_use=layout.last_use,
        peak_bytes=layout.peak_bytes,
        decisions=decisions,
    )


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
    beside: int = 0,
) -> Plan:
    """Return the plan that `compute` would run, or the one for another machine.

    With `keep` it is the one of `persist`. The last roots, so many as are `beside`, are
    not asked for: `compute` keeps their values.
    """
    options = current()
    nodes = structure(roots)[1]
    machine: Machine | None = None

    def remade(target: str) -> Plan:
        return _remade(target, roots, nodes, options, keep, machine=machine)

    if profile is None:
        plan, _ = planned(roots, nodes, options, device, keep, told=True)
        plan = _besides(fitted_of(plan, nodes, options, device, remade).plan)
        return _told_of(plan, roots, beside)
    asked = asked_of(nodes, keep, True, options)
    if isinstance(profile, HostProfile):
        machine = Machine(profile.gpu, "no GPU", profile.cpu, host=profile)
    else:
        machine = Machine(gpu=profile if profile.kind == "gpu" else None)
    plan = make_plan(roots, nodes, options, device or options.device, machine, asked)
    room = machine.gpu.memory if machine.gpu else 0
    plan = _besides(fitted_of(plan, nodes, options, device, remade, room).plan)
    return _told_of(plan, roots, beside)


def _told_of(plan: Plan, roots: tuple[Node, ...], beside: int) -> Plan:
    """Return a plan that says which of its results nobody asked for."""
    told = []
    for k in range(len(roots) - beside, len(roots)):
        line = where_text(roots[k].where)
        why = "an array that was written is kept: other reads would write it again"
        told.append(
            Decision(f"output {k}", "kept", f"{why}, at {line}" if line else why)
        )
    return plan._replace(decisions=(*plan.decisions, *told))


def _besides(plan: Plan) -> Plan:
    """Return a plan to look at, with what it needs beside its arrays worked out."""
    scratch = importlib.import_module("lazyarr.plan.beside").scratch_of(plan)
    return plan._replace(memory=plan.memory._replace(scratch=scratch))


def study(plan: Plan, seconds: dict[int, float]) -> None:
    """Let an analysed run correct later predictions, unless the options say no."""
    options = current()
    host = host_of(options) if options.learn else None
    if host is not None:
        learning.study(plan, seconds, host)


def prepare(plan: Plan, leaves: Sequence[Any] = ()) -> Executable:
    """Return what runs a plan on the device that it names.

    `leaves` are the values of the canonical nodes, or others that lie where they do;
    without them, all lie on the host or where the plan runs.
    """
    executable: Executable
    if plan.is_mixed:
        executable = importlib.import_module("lazyarr.runtime.mixed").MixedPlan(
            plan, _prepared
        )
    elif plan.passes and plan.device == "cpu":
        stream = importlib.import_module("lazyarr.runtime.stream")
        executable = stream.StreamedPlan(plan)
    elif plan.passes:
        executable = importlib.import_module("lazyarr.runtime.ring").prepare(plan)
    else:
        executable = _prepared(plan)
    near = plan.device == "cpu"
    far = [k for k, leaf in enumerate(leaves) if near and is_on_gpu(leaf)]
    if not (plan.constants or far):
        return executable
    return _Supplied(executable, plan.constants, far)


def _prepared(plan: Plan) -> Executable:
    """Return what runs a plan of one device, whole."""
    backend: Any = numpy_backend.BACKEND
    if plan.device != "cpu":
        backend = importlib.import_module("lazyarr.runtime.cupy_backend")
    executable: Executable = backend.prepare(plan)
    return executable


def _launches(plan: Plan) -> int:
    count: int = importlib.import_module("lazyarr.codegen.source").launches(plan)
    return count
