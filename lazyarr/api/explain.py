"""Whole-graph calls: compute several arrays in one plan, keep them, explain them."""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any

from lazyarr import compiled, evaluate
from lazyarr.api import pending
from lazyarr.api.handle import FINAL, Handle, array_of, here, kept, new, shown
from lazyarr.api.history import expanded
from lazyarr.api.order import as_told
from lazyarr.errors import ConfigError
from lazyarr.ir.node import Node, structure

if TYPE_CHECKING:
    import os

    from lazyarr.plan.profile import DeviceProfile, HostProfile


def _measuring() -> Any:
    return importlib.import_module("lazyarr.api.measuring")


def _nodes(arrays: tuple[Any, ...]) -> tuple[Node, ...]:
    return tuple([shown(a) for a in arrays])


def _asked(arrays: tuple[Any, ...], device: str | None) -> tuple[Node, ...]:
    """Return the graphs to be computed; on another device all that is known, too."""
    roots = _nodes(arrays)
    return roots if device is None or device == "cpu" else expanded(roots)


def compute(*arrays: Any, device: str | None = None) -> tuple[Any, ...]:
    """Return the values of several arrays from one plan; shared work is done once.

    Parameters
    ----------
    *arrays : array_like
    device : {"auto", "cpu", "gpu", "gpu:N"}, optional

    Returns
    -------
    tuple
        NumPy arrays, and NumPy scalars for 0-d ones, in order.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.arange(4)
    >>> la.compute(x + 1, x.sum())
    (array([1, 2, 3, 4]), np.int64(6))
    """
    roots = _asked(arrays, device)
    read = pending.written and device is None
    results = _each_once(roots, _read if read else evaluate.compute, device)
    return tuple(
        as_told(x, result) if isinstance(x, Handle) else result
        for x, result in zip(arrays, results, strict=True)
    )


def _read(roots: tuple[Node, ...], _: str | None) -> list[Any]:
    """Return the values of nodes; keep what was written and reads would repeat."""
    return pending.read_all(roots)


def persist(*arrays: Any, device: str | None = None) -> tuple[Any, ...]:
    """Return arrays that hold the values where they were computed, from one plan.

    Examples
    --------
    >>> import lazyarr as la
    >>> [x] = la.persist(la.ones(3) * 2)
    >>> x.compute()
    array([2., 2., 2.])
    """
    usual = FINAL[0]
    roots = tuple(
        [a._node if type(a) is usual and a._base is None else shown(a) for a in arrays]
    )
    if device is not None and device != "cpu":
        roots = expanded(roots)
    results = _each_once(roots, evaluate.persist, device)
    where = here(2)  # a GPU is at work by now
    made = []
    for x, result, root in zip(arrays, results, roots, strict=True):
        leaf = kept(result, where, root)
        alone = leaf.shape or not isinstance(x, Handle) or x._is_scalar()
        made.append(new(leaf) if alone else array_of(leaf))
    return tuple(made)


persist = compiled.method("graph_persist", persist, other=evaluate.PERSISTING)


def _each_once(roots: tuple[Node, ...], run: Any, device: str | None) -> list[Any]:
    """Run each root once, and give every caller of it an array of its own."""
    if len(roots) == 1 or len(set(roots)) == len(roots):
        return run(roots, device) if roots else []
    unique = tuple(dict.fromkeys(roots))
    values: list[Any] = run(unique, device)
    found = dict(zip(unique, values, strict=True))
    handed: set[Node] = set()
    results = []
    for root in roots:
        value = found[root]
        results.append(value.copy() if root in handed else value)
        handed.add(root)
    return results


def explain(
    *arrays: Any,
    device: str | None = None,
    profile: DeviceProfile | HostProfile | str | os.PathLike[str] | None = None,
    analyze: bool = False,
    stage: str | None = None,
    kernels: bool = False,
) -> Any:
    """Return the plan that would compute the arrays, to print, draw or save.

    Parameters
    ----------
    *arrays : array_like
    device : {"auto", "cpu", "gpu", "gpu:N"}, optional
    profile : HostProfile, DeviceProfile, str or path, optional
        Plan for this machine instead of the present one: a profile, the name of one that
        ships (`lazyarr.profiles.names`), or the file that ``lazyarr calibrate`` wrote.
    analyze : bool
        Run the plan and show measured beside predicted times.
    stage : {"graph", "simplified"}, optional
        Stop there and return the text of the graph.
    kernels : bool
        Add the CUDA source of every stage that a GPU would run.

    Returns
    -------
    Explanation or str

    Examples
    --------
    >>> import lazyarr as la
    >>> plan = la.explain(la.ones(4) * 5)
    >>> plan.to_dict()["device"]
    'cpu'
    >>> x = la.arange(10**8) / 3
    >>> x.sum().explain(profile="h200").to_dict()["device"]
    'gpu:0'

    Raises
    ------
    ConfigError
        There is no such profile, or no such stage to stop at.
    DeviceError
        There is no such device.
    """
    shown = _nodes(arrays)
    if stage is not None:
        return _stopped(expanded(shown), stage)
    if profile is not None:
        profile = importlib.import_module("lazyarr.profiles").to_plan_for(profile)
    beside = pending.beside(shown) if pending.written and device is None else []
    explanation = _explained(shown, beside, device, profile, analyze)
    if kernels:
        explanation = explanation.with_kernels(evaluate.gpu_sources(explanation.plan))
    return explanation


def _explained(
    shown: tuple[Node, ...],
    beside: list[Node],
    device: Any,
    profile: Any,
    analyze: bool,
) -> Any:
    """Return the plan of nodes, and of pending writes beside them; measured if asked."""
    roots = expanded((*shown, *beside))
    start = time.perf_counter()
    structure(roots)
    built = time.perf_counter() - start
    start = time.perf_counter()
    plan = evaluate.plan_of(roots, device, profile, beside=len(beside))
    planned = time.perf_counter() - start
    _, nodes = structure(roots)
    leaves = [node.value for node in nodes]
    trace = None
    if analyze:
        trace = _measuring().measured(plan, leaves, built, planned)
        if profile is None:
            evaluate.study(plan, dict(trace.stage_s))
    # Pages and pictures are for those who ask: importing lazyarr does not load them.
    explanation = importlib.import_module("lazyarr.plan.explanation").Explanation
    return explanation.of(plan, leaves, trace, profile)


def _stopped(roots: tuple[Node, ...], stage: str) -> str:
    if stage == "simplified":
        roots, _ = evaluate.simplify(roots)
    if stage in ("graph", "simplified"):
        text: str = importlib.import_module("lazyarr.ir.text").show(roots)
        return text
    what = f"stage={stage!r} is not one of 'graph', 'simplified'"
    raise ConfigError.at("explain", what)


def is_lazy(x: Any) -> bool:
    """Return whether an object is a lazyarr array.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.is_lazy(la.ones(3)), la.is_lazy([1])
    (True, False)
    """
    return isinstance(x, Handle)


__all__ = ["compute", "explain", "is_lazy", "persist"]
