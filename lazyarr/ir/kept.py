"""Nodes that become leaves: what was computed and is still held is not computed again.

An array that the user holds shows a node, and graphs that are evaluated later may
contain it. Once its elements are there, the node stands for them: it has no operands
any more, which also lets go of what it was made of.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from lazyarr.ir import layout, leaves
from lazyarr.ir.again import LARGE, note_computed
from lazyarr.ir.node import Node, topological
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from lazyarr.ir.node import Shape

LEAST = 100_000
"""Operations of a graph from which it is worth a look at who holds its nodes."""
LONG = 64
"""Nodes of a graph from which it is worth a look at who holds its numbers."""
STORE = 16
"""Operations on an element that cost at least twice what it costs to store and load it."""
COPY = 8
"""Operations on an element that cost at least what it costs to copy it: to and fro."""
DEAR = 48
"""Operations on an element of a map that is kept the first time: who holds it reads it."""
_BELOW = 8  # nodes in memory that are noted of what they are needed for
_LITTLE = 1 << 16  # bytes of memory that nobody misses
_NEAR = 1 << 21  # bytes that stay in a cache
_FEW = 4  # operations on an element that cost at least what it costs to store it there
_READER = 2  # references to what is read: of its array, and of the function that reads
_VIEWER = 2  # references to what a view shows: of its array, and of the view
_SMALLEST = 1024  # elements of a map that is worth an array of its own
_FOLDED = 3  # elements that a reduction makes one of: storing that one is little
_CALL = 8  # operations on an element of what library functions read and write
_LAYOUTS = 16  # of one graph
_SLICES = 4  # of a node, in a graph that writes: the loop will ask for further ones
_PART = 4  # a share of elements below which a slice is cheaper than the whole
_COMPLEX = 4  # real functions that a function of complex numbers is made of
_UNSEEN = frozenset((Kind.SOURCE, Kind.VIEW, Kind.UPDATE))


class Owned:
    """The remark on a leaf that its array is its own.

    Attributes
    ----------
    writes : int
        How many writes made it.
    kept : bool
        Whether it was computed with something else, because an array showed it.
    parts : int
        How many little writes at once there were into its memory.
    """

    __slots__ = ("kept", "parts", "writes")

    def __init__(self, writes: int = 0, *, kept: bool = False) -> None:
        self.writes = writes
        self.kept = kept
        self.parts = 0

    def __bool__(self) -> bool:
        return self.writes > 0 or self.kept

    def __str__(self) -> str:
        if self.kept:
            return "kept from an earlier evaluation"
        return f"{self.writes} pending operation{'s' * (self.writes != 1)}"


class Candidate(NamedTuple):
    """A node that may be worth keeping: its place, and how often its graph holds it.

    `stored` ones, which lie in memory anyway or were very dear, are kept the first time
    that they are computed; others the second time, `dear` ones also if what they are made of is
    computed again. `copied` ones are asked for themselves, and were dear. `below` are the
    places of what lies in memory anyway and is needed to compute the node again. What
    is `beyond` the bytes that may be kept is only counted: who computes it again and again
    is told.
    """

    place: int
    uses: int
    stored: bool
    dear: bool
    copied: bool
    below: tuple[int, ...] = ()
    beyond: bool = False


def candidates(
    roots: tuple[Node, ...], nodes: Sequence[Node], most: int
) -> tuple[Candidate, ...]:
    """Return the nodes of a graph, of at most so many bytes, that may be worth keeping.

    A result of a library function or of a reduction lies in memory anyway, or needs
    little of it, and so does a map that a library function or a view reads; what a view
    reads may be fused with it, if it was not dear. Another map is stored for this alone:
    it must have cost more, and be needed again, unless it stays in a cache. So must all
    of which a slice needs a small part, which alone is computed.
    """
    cost, bare = _costs(roots)
    if not cost:
        return (*looped(roots, nodes, most), *_numbers(roots, nodes))
    uses, sliced = _uses(roots, nodes), _sliced(nodes, most)
    read, parts, called = _read(nodes), _parts(roots), _called(nodes)
    lying: set[Node] = set()
    shown = _shown(roots)
    found = []
    for place, node in enumerate(nodes):
        kind, size = node.op.kind, node.size
        if kind is Kind.UPDATE and cost[node]:  # is written into; what is below is not
            found.append(Candidate(place, uses[node], False, False, False))
        if kind in _UNSEEN or not cost[node] or node.nbytes > most:
            continue
        dear = cost[node] >= STORE * size
        worth = dear or (node in called and cost[node] >= COPY * size)
        if kind is Kind.LIBRARY or (worth and node in read and node not in parts):
            lying.add(node)
        little = node not in parts and _costs_little(node, dear, bare[node])
        copied = bare[node] >= (_FEW if node.nbytes <= _NEAR else COPY) * size
        stored = node in lying or little or node in sliced
        if node in shown and not stored:
            uses[node] += _VIEWER
            stored = copied
        if stored or dear or size >= _SMALLEST:
            copied = copied and place < len(roots)
            found.append(Candidate(place, uses[node], stored, dear, copied))
    unseen = parts | _folded(roots)
    beyond = [
        Candidate(place, uses[node], False, False, False, beyond=True)
        for place, node in enumerate(nodes)
        if node.nbytes > most and node.nbytes >= LARGE and cost[node]
        if node.op.kind not in _UNSEEN and node not in unseen
    ]
    return (*_with_what_lies_below(found, nodes, lying), *beyond)


def looped(
    roots: tuple[Node, ...], nodes: Sequence[Node], most: int
) -> tuple[Candidate, ...]:
    """Return the nodes of which a loop that writes reads one slice after the other."""
    sliced = _sliced(nodes, most)
    uses = _uses(roots, nodes) if sliced else {}
    return tuple(
        Candidate(place, uses[node], True, False, False)
        for place, node in enumerate(nodes)
        if node in sliced
    )


def _numbers(roots: tuple[Node, ...], nodes: Sequence[Node]) -> tuple[Candidate, ...]:
    """Return the numbers that a long graph computes: those of a loop refer to the last."""
    if len(nodes) < LONG:
        return ()
    uses = _uses(roots, nodes)
    return tuple(
        Candidate(place, uses[node], True, False, False)
        for place, node in enumerate(nodes)
        if node.args and not node.shape
    )


def _uses(roots: tuple[Node, ...], nodes: Sequence[Node]) -> dict[Node, int]:
    """Return how often a graph holds each of its nodes."""
    uses = dict.fromkeys(nodes, 0)
    for node in nodes:
        for arg in node.args:
            uses[arg] += 1
    for root in roots:
        uses[root] += 1
    return uses


def has_slices(nodes: Iterable[Node]) -> bool:
    """Whether any node shows a small part of what has to be computed."""
    return any(
        node.op.kind is Kind.VIEW
        and node.args[0].args
        and _PART * node.size < node.args[0].size
        for node in nodes
    )


def keeps(found: Iterable[Candidate]) -> bool:
    """Whether any of the candidates may be kept."""
    return any(not one.beyond for one in found)


def _shown(roots: tuple[Node, ...]) -> set[Node]:
    """Return the nodes all of whose elements a root shows in another shape or order."""
    found: set[Node] = set()
    for root in roots:
        base = root
        while base.op.kind is Kind.VIEW:
            base = base.args[0]
        if base is not root and base.size == root.size:
            found.add(base)
    return found


def _costs_little(node: Node, dear: bool, bare: int) -> bool:
    """Whether storing a node is little beside what it took."""
    least = _FEW if node.nbytes <= _NEAR else DEAR
    if (dear and node.nbytes <= _LITTLE) or bare >= least * node.size:
        return True
    return node.op.kind is Kind.REDUCE and node.args[0].size >= _FOLDED * node.size


def _costs(roots: tuple[Node, ...]) -> tuple[dict[Node, int], dict[Node, int]]:
    """Return how many operations all nodes of a graph take; nothing if it is small.

    The second count leaves draws out, of which there may be more than memory.
    """
    cost: dict[Node, int] = {}
    bare: dict[Node, int] = {}
    total = 0
    for node in topological(roots):
        own = _own(node)
        total += own
        # Operands may share what is below them: no less than the dearest one.
        cost[node] = own + max([cost[arg] for arg in node.args], default=0)
        below = max([bare[arg] for arg in node.args], default=0)
        bare[node] = below if node.op.draws else own + below
    return (cost, bare) if total >= LEAST else ({}, {})


def _sliced(nodes: Sequence[Node], most: int) -> set[Node]:
    """Return the nodes of at most so many bytes that slices read, where updates are."""
    if all(node.op.kind is not Kind.UPDATE for node in nodes):
        return set()
    count: dict[Node, int] = {}
    for node in nodes:
        if node.op.kind is Kind.VIEW:
            source = node.args[0]
            count[source] = count.get(source, 0) + (_PART * node.size < source.size)
    return {
        node
        for node, slices in count.items()
        if slices >= _SLICES and node.nbytes <= most and node.op.kind not in _UNSEEN
    }


def lying(roots: tuple[Node, ...]) -> set[Node]:
    """Return the nodes all of which must lie in memory to compute the roots."""
    return _read(topological(roots)) - _parts(roots)


def _read(nodes: Sequence[Node]) -> set[Node]:
    """Return the nodes that must lie in memory because of how they are read."""
    found: set[Node] = set()
    for node in nodes:
        if node.op.kind in (Kind.LIBRARY, Kind.VIEW):
            found.update(node.args)
    return found


def _called(nodes: Sequence[Node]) -> set[Node]:
    """Return the nodes that library functions read, which lie in memory for them."""
    return {arg for node in nodes if node.op.kind is Kind.LIBRARY for arg in node.args}


def _parts(roots: tuple[Node, ...]) -> set[Node]:
    """Return the nodes of whose elements the roots need few: slices read them."""
    needed = {root: root.size for root in roots}
    for node in reversed(topological(roots)):
        kind, count = node.op.kind, needed[node]
        whole = kind not in (Kind.MAP, Kind.REDUCE) and node.op.name != "view"
        for arg in node.args:
            most = arg.size
            if kind is Kind.REDUCE:
                count = needed[node] * most // max(node.size, 1)
            needed[arg] = max(needed.get(arg, 0), most if whole else min(count, most))
    return {node for node, count in needed.items() if count * _PART < node.size}


def _folded(roots: Sequence[Node]) -> set[Node]:
    """Return the nodes whose elements are all the same: arithmetic on one number."""
    found: set[Node] = set()
    for node in topological(roots):
        known = not node.shape and not node.args
        alike = node.op.kind in (Kind.MAP, Kind.VIEW) and found.issuperset(node.args)
        if known or (node.args and alike):
            found.add(node)
    return found


def _with_what_lies_below(
    found: list[Candidate], nodes: Sequence[Node], lying: set[Node]
) -> tuple[Candidate, ...]:
    """Return the candidates, with what lies in memory below those that do not."""
    below: dict[Node, tuple[int, ...]] = {}
    places = {node: place for place, node in enumerate(nodes)} if lying else {}
    for node in topological(tuple([nodes[one.place] for one in found])):
        here: dict[int, None] = {}
        for arg in node.args if lying else ():
            if arg in lying:
                here[places[arg]] = None
            elif arg.op.kind in (Kind.MAP, Kind.VIEW, Kind.UPDATE):
                here.update(dict.fromkeys(below[arg]))
        below[node] = tuple(here)[:_BELOW]
    return tuple(
        [
            one if one.stored else one._replace(below=below[nodes[one.place]])
            for one in found
            if below[nodes[one.place]] or nodes[one.place].op.kind is not Kind.UPDATE
        ]
    )


def _own(node: Node) -> int:
    """Return how many operations a node takes, by and large."""
    kind = node.op.kind
    if kind is Kind.MAP:
        own = max(node.op.flops, 1) * node.size
        # Functions of complex numbers are several of real ones.
        return _COMPLEX * own if own > node.size and node.dtype.kind == "c" else own
    if kind is Kind.REDUCE:
        return max(node.op.flops, 1) * node.args[0].size
    if kind is Kind.LIBRARY:
        return _CALL * (node.size + sum([arg.size for arg in node.args]))
    return 0


def held(
    found: Iterable[Candidate], nodes: list[Node], roots: tuple[Node, ...]
) -> tuple[int, ...]:
    """Return the places of candidates that something outside of the graph refers to.

    They are shown by arrays, or operands of what has not been evaluated yet. Those
    that memory does not hold anyway are noted, and returned when they are met again, or
    when they are made of what was met before: a loop computes its history. In their
    stead, what they are made of is returned if memory holds it.
    """
    count = sys.getrefcount
    shown: list[Candidate] = []
    for one in found:
        node = nodes[one.place]
        if count(node) > one.uses + _BASE and node not in roots:
            shown.append(one)
    if not shown:  # as is usual
        return ()
    result: dict[int, None] = {}
    again = any(hasattr(nodes[one.place], "met") for one in found if not one.beyond)
    for place, _, stored, dear, _, below, beyond in shown:
        node = nodes[place]
        if beyond:
            note_computed(node)
        elif stored or hasattr(node, "met") or (dear and again):
            result[place] = None
        else:
            node.met = 1
            result.update((k, None) for k in below if nodes[k] not in roots)
    return tuple(result)


class Layouts:
    """The strides of some nodes of a graph, remembered by those of its leaves."""

    __slots__ = ("found", "leaves", "places")

    def __init__(self, nodes: Sequence[Node], places: Sequence[int]) -> None:
        self.places = [k for k in places if len(nodes[k].shape) > 1]
        data = [k for k, node in enumerate(nodes) if not node.args and node.shape]
        self.leaves = data if self.places else []
        self.found: dict[Hashable, list[Shape]] = {}

    def put(self, nodes: Sequence[Node]) -> None:
        """Let the nodes know their strides, which their operands decide."""
        if not self.places:
            return
        strides = layout.strides
        key = tuple([strides(nodes[k]) for k in self.leaves])
        found = self.found.get(key)
        if found is None:
            if len(self.found) >= _LAYOUTS:
                self.found.clear()
            self.found[key] = [strides(nodes[k]) for k in self.places]
            return
        for k, steps in zip(self.places, found, strict=True):
            if not hasattr(nodes[k], "steps"):  # some are told when they are made
                nodes[k].steps = steps


def keep_copies(
    found: Iterable[Candidate],
    nodes: list[Node],
    results: Sequence[Any],
    copied: Callable[[Any], Any],
) -> None:
    """Let roots that other expressions are made of hold a copy of what is handed out.

    Others stay expressions, so that `explain` still says how they are computed.
    """
    count = sys.getrefcount
    for place, uses, _, _, worth, _, _ in found:
        if worth:
            node = nodes[place]
            if count(node) > uses + _BASE + _READER:
                with contextlib.suppress(MemoryError):  # the result itself is there
                    become(node, copied(results[place]))


def become(node: Node, value: Any, note: str = "") -> None:
    """Let a node stand for its elements, which were computed into memory of its own.

    With a note for the plan, no array may write into that memory.
    """
    if node.shape or hasattr(value, "__cuda_array_interface__"):
        layout.strides(node)  # what its operands decide is asked of it later
        made = leaves.leaf(value, node.where)
        node.params = note or Owned(kept=True)
    else:
        made = leaves.element(value, node.dtype)
        node.params = None
    node.value = made.value
    node.op = made.op
    node.tag = (made.tag, note) if note else made.tag
    node.args = ()


def _alone(nodes: list[Any]) -> int:
    """Return how many references `held` sees to a node that only a list holds."""
    count = sys.getrefcount
    for place in range(len(nodes)):
        node = nodes[place]
        return count(node)
    return 0


_BASE = _alone([object()])
