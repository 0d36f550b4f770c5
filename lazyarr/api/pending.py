"""Writes that are not evaluated yet: how many there are, and when they are evaluated.

A write makes the graph of its base longer. Every base counts its writes and their
bytes; beyond the options ``pending_writes`` and ``pending_bytes`` it is evaluated,
together with the other written arrays that its graph contains, and holds the result.
A read evaluates and keeps them, too, where the next read would repeat the work, or where
they lie in memory on the way to what is read.

The result belongs to its base alone: its leaf is marked as `Owned`, and later writes go
right into it as long as no expression and no other array holds the leaf.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate, ops
from lazyarr.config import current
from lazyarr.ir import infer
from lazyarr.ir.kept import Owned, become, lying
from lazyarr.ir.lost import Lost
from lazyarr.ir.node import Node, Where, structure
from lazyarr.ops.row import Kind
from lazyarr.runtime import floating, interrupts, overwritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lazyarr.api.handle import Handle

alone = evaluate.alone

_UPDATE = ops.OPS["update"]
_DEEP = 24  # nodes of a graph that is not worth computing twice
_LITTLE = 1 << 19  # bytes of writes that are done at once when they were evaluated
_MANY = 16  # written arrays of which it is not looked up what they share
_WAITING = 8  # of them, in parts of an array, that are pending before an evaluation
_REMEMBERED = 256
"""Written arrays that are known to be pending, the latest; others are not looked for."""


class Entry:
    """What is pending of one base."""

    __slots__ = ("base", "due", "nbytes", "reads", "writes")

    def __init__(self, base: Handle) -> None:
        key = id(base)
        self.base = weakref.ref(base, lambda _: _gone(key))
        self.writes = 0
        self.nbytes = 0
        self.reads = 0
        self.due = False


written: dict[int, Entry] = {}  # by the base's identity
looped: dict[int, Entry] = {}  # bases whose pending writes were evaluated, alive
SETTLED: list[Callable[..., None]] = []  # what is done with evaluated bases
due: dict[int, Entry] = {}  # those to be evaluated when they are next indexed
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):  # another thread may have held it
    os.register_at_fork(
        after_in_child=lambda: globals().update(_lock=threading.RLock())
    )


def _gone(key: int) -> None:
    """Forget all of a base that nobody has any more."""
    looped.pop(key, None)
    _forget(key)


def _forget(key: int) -> None:
    written.pop(key, None)
    due.pop(key, None)


def forget(base: Handle) -> None:
    """Forget an array that nothing is pending of any more."""
    _gone(id(base))


def wrote(base: Handle, nbytes: int) -> None:
    """Note a write of so many bytes into a region of a base; 0 for all of it.

    Evaluates the base if its budget is used up. A base of which a part is written waits
    until it is indexed again: then the value of the last write is gone, which may have
    held what the write replaces, and nothing must be copied.
    """
    try:
        entry = base._pending
    except AttributeError:
        entry = base._pending = Entry(base)
    entry.writes += 1
    entry.nbytes += nbytes
    if entry.writes == 1:
        _remember(base, entry)
        return
    options = current()
    most = options.pending_writes
    if 0 < nbytes <= _LITTLE:
        most = min(most, _WAITING)
    if entry.writes < most and entry.nbytes < options.pending_bytes:
        return
    if nbytes and not entry.due:
        entry.due = True
        due[id(base)] = entry
        return
    settle(base)


def _remember(base: Handle, entry: Entry) -> None:
    written[id(base)] = entry
    if len(written) > _REMEMBERED:
        for key in list(written)[: _REMEMBERED // 2]:
            _forget(key)


def is_written(node: Node) -> bool:
    """Whether a later write goes into the array of a node, if nobody else holds it."""
    return type(node.params) is Owned or node.op is _UPDATE


def touch(x: Handle) -> bool:
    """Evaluate the base of an array that is indexed, if it waits for that; say so."""
    base = x if x._base is None else x._base
    entry = due.pop(id(base), None)
    if entry is None:
        return False
    entry.due = False
    settle(base, donate=alone())
    return True


def settle(base: Handle, *, donate: bool = False) -> None:
    """Evaluate a base, with the written arrays that its graph contains, and hold it.

    `donate` lets updates write into arrays that nobody else holds.
    """
    with _lock:
        bases = _inside((base._node,), base)
        roots = tuple(dict.fromkeys([one._node for one in bases]))
        if not roots:
            return
        free = _free(roots, bases) if donate else frozenset()
        with floating.deferred() as errors:
            if free:
                with interrupts.put_off(), overwritten.Guarded(free, roots):
                    results = evaluate.settle(roots, free)
                    _hold(bases, roots, results)
            else:
                _hold(bases, roots, evaluate.settle(roots, free))
    floating.replay(errors)


def settle_all(arrays: tuple[Handle, ...]) -> None:
    """Evaluate arrays that are no views, written or not, and hold what they are.

    With them, the written arrays that their graphs contain.
    """
    with _lock:
        wanted = [one for one in arrays if _is_open(one._node)]
        bases = _inside(tuple(one._node for one in wanted), None)
        bases += [one for one in wanted if all(one is not base for base in bases)]
        roots = tuple(dict.fromkeys([one._node for one in bases]))
        with floating.deferred() as errors:
            if roots:
                _hold(bases, roots, evaluate.settle(roots, frozenset()))
    floating.replay(errors)


def before_read(x: Handle) -> None:
    """Evaluate what was written into an array in its memory before it is read.

    A large array of which parts were written is copied either way: for the updates, if
    they must leave what is there, or for the reader; then the work is done once.
    """
    if x._base is None and id(x) in written and _lies_here(x._node):
        settle(x, donate=alone())


def _lies_here(node: Node) -> bool:
    """Whether a node is a large array of the host's with parts of it replaced."""
    if node.op.kind is not Kind.UPDATE or node.nbytes <= _LITTLE:
        return False
    inner = node.args[0]
    while inner.op.kind is Kind.UPDATE:
        inner = inner.args[0]
    return type(inner.params) is Owned and type(inner.value) is np.ndarray


def read(node: Node, x: Handle) -> Any:
    """Return the value of an array's node as NumPy; keep what reads would repeat.

    A base that is read for the second time since it was first written is kept, and any
    base in a deep graph: a loop that reads may write into other arrays each time.
    """
    if len(written) == 1:
        entry = getattr(x, "_pending", None)
        if entry is not None and not entry.reads and id(x) in written:
            entry.reads = 1
            return evaluate.compute((node,))[0]
    return read_all((node,))[0]


def read_all(nodes: tuple[Node, ...]) -> list[Any]:
    """Return the values of different nodes as NumPy; keep what reads would repeat."""
    bases = _repeated(nodes, noting=True)
    if not bases:
        return evaluate.compute(nodes, reading=len(nodes) == 1)
    roots = tuple(dict.fromkeys([*nodes, *(one._node for one in bases)]))
    kept = {one._node for one in bases}
    with floating.deferred() as errors:
        results = evaluate.settle(roots, frozenset())
        # What else is made of them, but has not been read, need not compute them again.
        _hold(bases, roots, results, shown=alone())
    floating.replay(errors)
    return [
        _handed_out(result, node in kept)
        for node, result in zip(nodes, results, strict=False)
    ]


def _handed_out(result: Any, kept: bool) -> Any:
    """Return a result as NumPy's, which nobody else may have kept."""
    if hasattr(result, "__cuda_array_interface__"):
        return result.get() if result.shape else result.get()[()]
    return result.copy("K") if kept and result.shape else result


def beside(nodes: tuple[Node, ...]) -> list[Node]:
    """Return what a read of nodes would compute beside them, to keep it."""
    found = dict.fromkeys(base._node for base in _repeated(nodes, noting=False))
    return [node for node in found if node not in nodes]


def _repeated(nodes: tuple[Node, ...], *, noting: bool) -> list[Handle]:
    """Return the pending bases in a graph whose work the next read would repeat.

    With `noting` this is a read: one more of each of them.
    """
    live = [entry.base() for entry in list(written.values())]
    waiting = [one for one in live if one is not None and _is_open(one._node)]
    if not waiting:
        return []
    found = []
    shown = set(structure(nodes)[1])
    deep = len(shown) > _DEEP
    for base in waiting:
        if base._node not in shown:
            continue
        entry = base._pending
        again = entry.reads > 0
        entry.reads += noting
        inner = base._node not in nodes and base._node.op.kind is Kind.UPDATE
        if again or inner or deep or _lies_anyway(base._node, nodes):
            found.append(base)
    # What is asked for would be computed from the beginning again, though the others are
    # there: its graph has them as they are written.
    largest = most() if found else 0
    asked = [one for one in waiting if one._node in nodes]
    asked = [one for one in asked if one._node.nbytes <= largest]
    return [*found, *[one for one in asked if all(one is not base for base in found)]]


def _lies_anyway(node: Node, roots: tuple[Node, ...]) -> bool:
    """Whether all of a large node is put into memory to compute what is read."""
    if node in roots or not _LITTLE < node.nbytes <= most():
        return False
    return node in lying(roots)


def most() -> int:
    """Return the bytes of an array that may be kept without being asked for."""
    options = current()
    return options.kept_bytes if options.memory_limit is None else 0


def _hold(
    bases: list[Handle],
    roots: tuple[Node, ...],
    results: list[Any],
    *,
    shown: bool = False,
) -> None:
    """Let bases show the leaves of what was computed of them.

    If they are `shown`, these are the nodes that they show already.
    """
    leaves: dict[Node, Node] = {}
    found = dict(zip(roots, results, strict=True))
    settled = []
    for base in bases:
        node = base._node
        if node not in found:  # written by another thread meanwhile
            continue
        entry = getattr(base, "_pending", None)
        if node not in leaves:
            writes = 0 if entry is None else entry.writes
            leaves[node] = node
            if shown and node.args and node.shape:
                become(node, found[node])
                node.params = Owned(writes)
            else:
                leaves[node] = owned(found[node], writes, node.where)
        base._hold(leaves[node])
        if entry is None:
            continue  # was never written
        if entry.writes:
            looped[id(base)] = entry
        entry.writes = entry.nbytes = 0
        entry.due = False
        _forget(id(base))
        settled.append(base)
    for function in SETTLED:  # which may want memory, when all hold what they are
        for base in settled:
            function(base)


def owned(array: Any, writes: int = 0, where: Where = None) -> Node:
    """Return the leaf of an array that nobody else has."""
    if not array.shape:
        if hasattr(array, "get"):
            array = array.get()
        return infer.element(array[()], array.dtype)
    leaf = infer.leaf(array, where)
    leaf.params = Owned(writes)
    return leaf


def _inside(roots: tuple[Node, ...], base: Handle | None) -> list[Handle]:
    """Return the pending bases whose node is in a graph; and those that share its work.

    The latter for the graph of a base.
    """
    live = [entry.base() for entry in list(written.values())]
    if base is not None and len(live) == 1 and live[0] is base:
        return [base] if _is_open(base._node) else []
    nodes = set(structure(roots)[1])
    found = [
        one
        for one in live
        if one is not None and one._node in nodes and _is_open(one._node)
    ]
    if base is None:
        return found
    if not found and _is_open(base._node):
        found = [base]
    return [*found, *_further(live, found, nodes)]


def _further(
    live: list[Handle | None], found: list[Handle], nodes: set[Node]
) -> list[Handle]:
    """Return further pending bases: of what a graph computes on the way.

    That would be computed again for them: arrays that a loop writes in turn are made
    of each other. None if an operation may raise an error, which would be theirs.
    """
    if not 1 < len(live) <= _MANY:
        return []
    more = []
    for one in live:
        if one is None or any(one is other for other in found):
            continue
        graph = structure((one._node,))[1]
        if any(node.op.kind is Kind.UPDATE and node in nodes for node in graph):
            if any(map(_may_fail, graph)):
                return []
            more.append(one)
    return more


def _is_open(node: Node) -> bool:
    """Whether there is something to evaluate."""
    return bool(node.args) and not infer.is_fill(node)


def _free(roots: tuple[Node, ...], bases: Iterable[Handle]) -> frozenset[Node]:
    """Return the owned leaves of a graph that nothing outside of it refers to.

    Nor may anything refer to what is computed from them: it would be computed again.
    So would all of it after an error, hence none if an operation may raise one.
    """
    nodes = structure(roots)[1]
    if not any(type(node.params) is Owned for node in nodes):
        return frozenset()
    if any(_may_fail(node) for node in nodes):
        return frozenset()
    uses = _uses(roots, nodes, bases)
    count = sys.getrefcount
    inner = [node for node in nodes if node.args or type(node.params) is Owned]
    # One reference each: `nodes`, `inner`, a key of `uses`, the loop, and perhaps the
    # argument: see `_own`.
    if any(count(node) > uses[node] + _OWN for node in inner):
        return frozenset()
    return frozenset([n for n in inner if not n.args])


def _own() -> int:
    """Return how many references `_free` itself has to a node; Pythons differ."""
    nodes = [object()]
    uses = dict.fromkeys(nodes, 0)
    inner = [node for node in nodes if node in uses]
    return max(sys.getrefcount(node) for node in inner)


_OWN = _own()
_SAFE = ("matmul", "dot", "join_parts")


def _may_fail(node: Node) -> bool:
    """Whether an operation raises an error for some values of its operands."""
    op = node.op
    if type(node.value) is Lost:
        return True
    if op.kind is Kind.MAP:
        integers = op.name == "pow" and node.dtype.kind in "iu"
        return integers or ops.OPS.get(op.name) is not op
    return op.kind is Kind.LIBRARY and op.name not in _SAFE


def _uses(
    roots: tuple[Node, ...], nodes: list[Node], bases: Iterable[Handle]
) -> dict[Node, int]:
    """Return how often each node is held by the graph and by the bases that show it."""
    uses = dict.fromkeys(nodes, 0)
    for root in roots:
        uses[root] += 1
    for node in nodes:
        for arg in node.args:
            uses[arg] += 1
    for base in bases:
        uses[base._node] += 1
    return uses
