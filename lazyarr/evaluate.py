"""What evaluates graphs: the cache of plans, and the way around it.

A graph is planned once for each structure, by `lazyarr.planning`; afterwards a graph of
the same structure binds its leaves and runs. What plans and computes is loaded when the
first graph is evaluated, so that importing the package stays quick.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING, Any

from lazyarr.collector import kept_away, loading
from lazyarr.config import current
from lazyarr.errors import here
from lazyarr.ir import again, kept
from lazyarr.ir.leaves import far_leaf
from lazyarr.ir.node import Node, structure
from lazyarr.named import NamedTuple
from lazyarr.runtime import floating, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from lazyarr.ir.kept import Candidate
    from lazyarr.ir.node import Where
    from lazyarr.options import Options
    from lazyarr.plan.model import Plan

_DATA = "data"
_KEPT = "kept"
_LARGE = 10_000  # nodes
_OFTEN = 8  # times that a small graph is met before it is planned
_SIGHTINGS = 4096
_BESIDE = 16  # sets of nodes beside the roots of a plan
_PASSING = 1 << 20  # elements of all nodes, which NumPy computes while a plan is made


class _Ready(NamedTuple):
    plan: Plan
    executable: Any  # an `Executable`; those of a GPU can also keep results there
    keeps: bool
    worth: tuple[Candidate, ...]
    """Nodes whose elements may be worth keeping: see `ir.kept`."""
    beside: dict[tuple[int, ...], _Beside]
    """By the places of nodes that are kept: how they are computed with the roots."""
    wheres: tuple[Where, ...]
    """The user's lines of the nodes that the plan was made for."""
    direct: Any
    """The executable, if it may have a shorter way for what is kept: `straight`."""


class _Beside(NamedTuple):
    """The plan of a graph's roots and of nodes beside them, found by their places."""

    ready: _Ready
    order: list[int]
    """Of the plan's nodes, where they are among those of the graph."""
    layouts: kept.Layouts


_met: dict[int, int] = {}  # how often small graphs without a plan were met
_cache: OrderedDict[Hashable, _Ready] = OrderedDict()
_lock = threading.Lock()
if hasattr(os, "register_at_fork"):  # another thread may have held it
    os.register_at_fork(after_in_child=lambda: globals().update(_lock=threading.Lock()))

# By a number for a graph and options: the run of a plan of kernels alone, as
# `lazyarr/compiled/graphs.c` finds it, with no key of objects.
_runs: dict[int, tuple[Any, ...]] = {}
_busy: list[bool] = []  # while nodes that are kept are being computed
alone = threads.alone


@cache
def _planning() -> Any:
    """Return what plans; it is loaded now."""
    with loading():
        return importlib.import_module("lazyarr.planning")


@cache
def direct() -> Any:
    """Return what computes small graphs without a plan; it is loaded now."""
    return importlib.import_module("lazyarr.runtime.direct")


def __getattr__(name: str) -> Any:
    """Return a function of `lazyarr.planning`."""
    if name in ("make_plan", "plan_of", "prepare", "simplify", "study"):
        return getattr(_planning(), name)
    msg = f"module 'lazyarr.evaluate' has no attribute {name!r}"
    raise AttributeError(msg)


def compute(
    roots: tuple[Node, ...],
    device: str | None = None,
    reading: bool = False,
    lent: bool = False,
) -> list[Any]:
    """Return the roots' values as NumPy arrays; 0-d ones as NumPy scalars.

    `reading` says that nobody asked for the work by name. What is small then, and has
    seldom been met, is computed without a plan. `lent` says that nothing else shows what
    the only root is a view of: that is handed out with it, and not kept.
    """
    options = current()
    if reading and options.small_path and options.device in ("auto", "cpu"):
        part = direct().part(roots)
        if part is not None:
            return [part]
    key, nodes = structure(roots)
    ready = _cache.get((key, options, device))
    if ready is None:
        bounded = not options.small_bytes or options.memory_limit is not None
        whole = reading and not bounded and not kept.has_slices(nodes)
        if whole and _is_passing((key, options, device), nodes, options):
            return _unplanned(roots, nodes, options)
        ready = _prepare((key, options, device), roots, nodes, options, device)
        if reading and not kept.keeps(ready.worth):
            again.note_growth(roots[0], nodes)
    if ready.worth and (more := _held(ready, nodes, roots + lent * roots[0].args)):
        results = _keeping(ready, roots, nodes, more, (options, device))
    else:
        results = ready.executable.run([node.value for node in nodes])
    if ready.worth and not _busy and len(results) == 1 and alone():
        kept.keep_copies(ready.worth, nodes, results, _copied)
    return results


def read(roots: tuple[Node, ...], note: str) -> list[Any]:
    """Return the roots' values for a function of NumPy's that only reads them.

    Those that a CPU computed, the roots stand for from then on, as the plan will note.
    """
    options = current()
    key = structure(roots)[0], options, None
    results = compute(roots, reading=True)
    ready = _cache.get(key)
    far = ready is not None and ready.plan.device != "cpu"
    if far or _busy or not alone():
        return results
    for root, result in zip(roots, results, strict=True):
        if root.args and result.nbytes <= options.kept_bytes:
            kept.become(root, result, note)
    return results


def _copied(result: Any) -> Any:
    """Return a copy of a result, in memory that is used again."""
    return importlib.import_module("lazyarr.runtime.write").copied(result)


def persist(roots: tuple[Node, ...], device: str | None = None) -> list[Any]:
    """Return the roots' values as arrays of the device that computed them.

    An array that exists already is returned as it is, where it is, unless another
    device is asked for.
    """
    options = current()
    leaf, *others = roots
    if not (others or leaf.args) and _lies_there(leaf, device or options.device):
        return [_handed_out(leaf)]
    key, nodes = structure(roots)
    # Where a result must end bears on where it is computed.
    ready = _cache.get((key, options, device, _KEPT))
    if ready is None:
        ready = _prepare((key, options, device, _KEPT), roots, nodes, options, device)
    results: list[Any] | None = ready.direct and ready.direct.straight(nodes)
    if results is not None:
        return results
    if ready.worth and (more := _held(ready, nodes, roots)):
        return _keeping(ready, roots, nodes, more, (options, device, _KEPT))
    return _run(ready, nodes, (_KEPT,))


class Persisting(NamedTuple):
    """What persisting uses where it is compiled; `graphs.c` has it in this order."""

    runs: dict[int, tuple[Any, ...]]
    plans: OrderedDict[Hashable, _Ready]
    kept: str
    current: Any
    far_leaf: Any
    here: Any


PERSISTING = Persisting(_runs, _cache, _KEPT, current, far_leaf, here)


def _held(ready: _Ready, nodes: list[Node], roots: tuple[Node, ...]) -> tuple[int, ...]:
    """Return the places of nodes worth keeping that arrays show; none among threads.

    Another thread might be planning with one of them that becomes a leaf meanwhile.
    """
    if _busy:
        return ()
    return kept.held(ready.worth, nodes, roots) if alone() else ()


def _keeping(
    ready: _Ready,
    roots: tuple[Node, ...],
    nodes: list[Node],
    places: tuple[int, ...],
    rest: tuple[Any, ...],
) -> list[Any]:
    """Return the roots' values; let the nodes beside them become leaves.

    `rest` is what the key of a plan consists of besides the structure.
    """
    more = [nodes[k] for k in places]
    beside = ready.beside.get(places)
    _busy.append(True)
    try:
        try:
            if beside is None:
                results = _evaluated((*roots, *more), rest)
            else:
                results = _run(beside.ready, [nodes[k] for k in beside.order], rest)
        except MemoryError:  # or a limit of it: there is no room for what is kept
            return _evaluated(roots, rest)
    finally:
        _busy.clear()
    if beside is None:
        _note(ready, roots, nodes, places, rest)
    else:
        beside.layouts.put(nodes)
    first = len(roots)
    for node, value in zip(more, results[first:], strict=True):
        kept.become(node, value)
    return results[:first]


def _evaluated(roots: tuple[Node, ...], rest: tuple[Any, ...]) -> list[Any]:
    """Return the roots' values as whoever makes plans of such keys does."""
    if rest[-1] is not _KEPT:
        return compute(roots, rest[1])
    if type(rest[1]) is frozenset:
        return settle(roots, rest[1])
    return persist(roots, rest[1])


def _run(ready: _Ready, nodes: list[Node], rest: tuple[Any, ...]) -> list[Any]:
    keep = {"keep": True} if ready.keeps and rest[-1] is _KEPT else {}
    return ready.executable.run([node.value for node in nodes], **keep)  # type: ignore[no-any-return]


def _note(
    ready: _Ready,
    roots: tuple[Node, ...],
    nodes: list[Node],
    places: tuple[int, ...],
    rest: tuple[Any, ...],
) -> None:
    """Note the plan that computed nodes beside the roots, if there was one."""
    key, inner = structure((*roots, *[nodes[k] for k in places]))
    both = _cache.get((key, *rest))
    if both is None:
        return
    if len(ready.beside) >= _BESIDE:
        ready.beside.clear()
    at = {node: k for k, node in enumerate(nodes)}
    order = [at[node] for node in inner]
    ready.beside[places] = _Beside(both, order, kept.Layouts(nodes, places))


def _handed_out(leaf: Node) -> Any:
    """Return a leaf's array; a copy of what its array alone may write into."""
    return (
        leaf.value
        if leaf.params is None or type(leaf.params) is str
        else leaf.value.copy("K")
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
            return _unplanned(roots, nodes, options, owned)
        ready = _prepare(key, roots, nodes, options, None, places)
    if ready.worth and not owned and (more := _held(ready, nodes, roots)):
        return _keeping(ready, roots, nodes, more, (options, places, _KEPT))
    keep = {"keep": True} if ready.keeps else {}
    return ready.executable.run([node.value for node in nodes], **keep)  # type: ignore[no-any-return]


def _unplanned(
    roots: tuple[Node, ...],
    nodes: list[Node],
    options: Options,
    owned: frozenset[Node] = frozenset(),
) -> list[Any]:
    """Return the roots' values, computed op by op; keep what a plan would keep."""
    run: Callable[..., list[Any]] = direct().run
    if owned or _busy or not alone():
        return run(roots, owned)
    worth = kept.candidates(roots, nodes, options.kept_bytes)
    more = [nodes[k] for k in kept.held(worth, nodes, roots)]
    results = run((*roots, *more), owned)
    while more:
        kept.become(more.pop(), results.pop())
    if len(results) == 1:
        kept.keep_copies(worth, nodes, results, _copied)
    return results


floating.RUNNING += [f.__code__ for f in (compute, persist, settle, _run)]


def _is_passing(key: Hashable, nodes: list[Node], options: Options) -> bool:
    """Whether a graph is small, and has not been met so often that a plan pays."""
    if not options.small_path or options.device not in ("auto", "cpu"):
        return False
    if not direct().accepts(nodes, _PASSING):
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
    with kept_away() if len(nodes) >= _LARGE else contextlib.nullcontext():
        plan, executable = _planning().ready(
            roots, nodes, options, device, key, owned, lambda: _forget(key)
        )
        far = plan.device != "cpu"
        # What a GPU computes for the host is not brought there for later.
        asked = far or device or options.memory_limit is not None
        worth = () if asked else kept.candidates(roots, nodes, options.kept_bytes)
        wheres = tuple([node.where for node in nodes])
        direct = executable if hasattr(executable, "straight") else None
        ready = _Ready(plan, executable, far, worth, {}, wheres, direct)
    with _lock:
        _cache[key] = ready
        while len(_cache) > max(options.plan_cache_size, 1):
            _cache.popitem(last=False)
            _runs.clear()
    return ready


def _forget(key: Hashable) -> None:
    """Drop a plan: its kernels are compiled now, or runs said that it belongs elsewhere."""
    with _lock:
        _cache.pop(key, None)
        _runs.clear()
        for ready in _cache.values():
            ready.beside.clear()


def gpu_backend() -> Any:
    """Return the CuPy backend; loading it loads CuPy."""
    return importlib.import_module("lazyarr.runtime.cupy_backend")


def clear_cache() -> None:
    """Forget every plan."""
    with _lock:
        _cache.clear()
        _runs.clear()
        _met.clear()


def _on_gpu(node: Node) -> bool:
    return node.op.name == _DATA and hasattr(node.value, "__cuda_array_interface__")


def gpu_missing() -> str:
    """Return why no GPU can be used and what to do, or an empty string."""
    return str(gpu_backend().missing())


def gpu_driver() -> int:
    """Return the CUDA version that the driver supports, such as 12080; 0 without one."""
    return int(gpu_backend().driver())


def gpu_sources(plan: Plan) -> dict[int, str]:
    """Return the CUDA source of every stage that a GPU would run, by stage id."""
    return dict(importlib.import_module("lazyarr.codegen.source").sources(plan))
