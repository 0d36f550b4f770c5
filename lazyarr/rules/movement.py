"""Views move towards the sources, so that only what is looked at is computed.

A pass of its own and not a set of rules, because it must know every use of a node:
what several users look at is computed once, over the part that they see together, and
never once for each.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Shape, topological
from lazyarr.ir.view import FIXED, Axis, View
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.rules.shape import depends_on_layout

if TYPE_CHECKING:
    from collections import Counter

# Each node's looks: the views its users see it through; None is the whole.
Looks = dict[View | None, None]
# The look of an update that writes just what the one before it wrote: beside that.
_OVER = View((-1,), ())


class Part(NamedTuple):
    """What is computed of a node, and how each look sees that part."""

    view: View
    looks: dict[View, View]


def push_views(roots: tuple[Node, ...], fired: Counter[str]) -> tuple[Node, ...]:
    """Return the roots with every view pushed through what it alone looks at."""
    if not _has_views(roots):
        return roots
    order = topological(roots)
    moves = _Moves(order, roots)
    built: dict[Node, Node] = {}
    for node in order:
        if _is_view(node) or node in moves.skipped:
            continue
        part = moves.parts.get(node)
        built[node] = moves.rebuilt(node, part, built)
        if part is not None:
            fired[f"slice-{node.op.kind.value}"] += 1
    if moves.skipped:
        fired["slice-update"] += len(moves.skipped)
    return tuple([moves.resolved(root, None, built) for root in roots])


def _has_views(roots: tuple[Node, ...]) -> bool:
    """Whether there is a view in the graph; cheaper than all of it in order."""
    known = set(roots)
    waiting = [*roots]
    for node in waiting:  # grows while it is walked
        if _is_view(node):
            return True
        for arg in node.args:
            if arg not in known:
                known.add(arg)
                waiting.append(arg)
    return False


def _is_view(node: Node) -> bool:
    return type(node.params) is View


def _through(node: Node, look: View | None) -> tuple[Node, View | None]:
    """Return what is really looked at, and the view it is seen through."""
    if not _is_view(node):
        return node, look
    look = node.params if look is None else views.compose(look, node.params)
    base = node.args[0]
    return base, None if views.is_identity(look, base.shape) else look


class _Moves:
    """Which part of each node is computed, found from the users down.

    Attributes
    ----------
    parts : dict of Node to Part
        Nodes of which not everything is looked at.
    skipped : set of Node
        Updates that nobody looks at but beside, or right at, what they write; or what
        is written over them, of which something is made of what they wrote.
    """

    def __init__(self, order: list[Node], roots: tuple[Node, ...]) -> None:
        self.parts: dict[Node, Part] = {}
        self.skipped: set[Node] = set()
        looks: dict[Node, Looks] = {node: {} for node in order}
        for root in roots:
            base, look = _through(root, None)
            looks[base][look] = None
        for node in reversed(order):
            if _is_view(node):
                continue
            seen = looks[node]
            if node.op.kind is Kind.UPDATE and _is_past(node, seen):
                self.skipped.add(node)
                for look in seen:
                    base, inner = _through(*_past(node, look))
                    looks[base][inner] = None
                continue
            part = _part(node, seen)
            if part is not None:
                self.parts[node] = part
            for arg in node.args:
                base, inner = _through(arg, _operand_look(node, arg, part))
                looks[base][inner] = None

    def resolved(self, node: Node, look: View | None, built: dict[Node, Node]) -> Node:
        """Return what now holds a look at a node."""
        asked = node
        base, look = _through(node, look)
        while base in self.skipped:
            base, look = _through(*_past(base, look))
        part = self.parts.get(base)
        if part is not None and look is not None:
            look = part.looks[look]
        held = built[base]
        if look is None or look is _OVER:
            return held
        if asked.params == look and asked.args[0] is held:
            return asked  # nothing moved
        return infer.view_node(held, look, asked.where)

    def rebuilt(self, node: Node, part: Part | None, built: dict[Node, Node]) -> Node:
        """Return the node, or what is computed of it, over the operands as they are now."""
        args = tuple(
            [self.resolved(a, _operand_look(node, a, part), built) for a in node.args]
        )
        if part is None:
            return infer.rebuilt(node, args)
        if node.op.kind is Kind.REDUCE:
            first = len(part.view.shape)
            axes = tuple(range(first, first + len(node.params)))
            return infer.reduce_node(node.op, args[0], axes, node.dtype, node.where)
        shape = part.view.shape
        return Node.of(
            node.op, args, node.params, shape, node.dtype, node.tag, node.where
        )


# --- which part ---------------------------------------------------------------------


def _part(node: Node, looks: Looks) -> Part | None:
    """Return the part of a node that covers all looks, if computing it saves work."""
    if node.op.kind not in (Kind.MAP, Kind.REDUCE) or not node.shape or not looks:
        return None
    seen = [look for look in looks if look is not None]
    if len(seen) < len(looks):
        return None
    cores = {_core(look) for look in seen}
    if len(cores) == 1:
        core = cores.pop()
        if _saves(node, core):
            return Part(core, {look: _spread(look) for look in seen})
    box = _box(seen, node.shape)
    if box is None or 2 * prod(box.shape) > node.size or _splits_runs(node, box):
        return None
    return Part(box, {look: _within(look, box) for look in seen})


def _saves(node: Node, core: View) -> bool:
    if views.is_identity(core, node.shape):
        return False
    size = prod(core.shape)
    if node.op.kind is Kind.REDUCE:
        return size < node.size
    return size <= node.size and not _splits_runs(node, core)


def _splits_runs(node: Node, part: View) -> bool:
    """Whether a part of a map that depends on layout has no runs of neighbours.

    NumPy's bits differ between these and elements that lie apart; one alone has the
    bits that it has in a run.
    """
    if prod(part.shape) < 2 or not depends_on_layout(node):
        return False
    named = [a.axis for a in part.axes if a.axis != FIXED]
    if len(set(named)) < len(named):
        return True  # a diagonal
    inner = [a for a, n in zip(part.axes, node.shape, strict=True) if n > 1][-1]
    if inner.axis == FIXED or part.shape[inner.axis] == 1:
        return True  # a column
    return any(
        a.step != 1 and part.shape[a.axis] > 1 for a in part.axes if a.axis != FIXED
    )


def _core(look: View) -> View:
    """Return a look without the axes that it is only stretched along."""
    places = _places(look)
    axes = tuple(
        a if a.axis == FIXED else a._replace(axis=places[a.axis]) for a in look.axes
    )
    return View(tuple(look.shape[k] for k in places), axes)


def _places(look: View) -> dict[int, int]:
    named = sorted({a.axis for a in look.axes if a.axis != FIXED})
    return {k: j for j, k in enumerate(named)}


def _spread(look: View) -> View:
    """Return the look at its own core."""
    return View(look.shape, tuple(Axis(0, 1, k) for k in _places(look)))


def _box(looks: list[View], shape: Shape) -> View | None:
    """Return the smallest box of neighbours that holds every element looked at."""
    sides: list[tuple[int, int]] = []
    for k in range(len(shape)):
        spans = [span(look, k) for look in looks]
        if None in spans:
            return None
        known = [s for s in spans if s is not None]
        sides.append((min(s[0] for s in known), max(s[1] for s in known)))
    axes = tuple(Axis(first, 1, k) for k, (first, _) in enumerate(sides))
    return View(tuple(last - first + 1 for first, last in sides), axes)


def span(look: View, k: int) -> tuple[int, int] | None:
    """Return the first and last index along base axis `k` that a view looks at."""
    start, step, axis = look.axes[k]
    if axis == FIXED:
        return start, start
    if not look.shape[axis]:
        return None
    end = start + step * (look.shape[axis] - 1)
    return min(start, end), max(start, end)


def _within(look: View, box: View) -> View:
    """Return a look at a box of its base, from what it is at the base."""
    pairs = zip(look.axes, box.axes, strict=True)
    return View(
        look.shape, tuple(a._replace(start=a.start - b.start) for a, b in pairs)
    )


def _operand_look(node: Node, arg: Node, part: Part | None) -> View | None:
    if _is_over(node, arg):
        return _OVER
    if part is None or not arg.shape:
        return None
    if node.op.kind is Kind.MAP:
        return part.view
    return reduced_look(part.view, arg.shape, node.params)


def reduced_look(look: View, shape: Shape, axes: Shape) -> View:
    """Return the view of an operand whose fold over its last axes is `look` of the fold.

    `shape` and `axes` are the operand's and those folded before.
    """
    kept = iter(look.axes)
    last = len(look.shape)
    result: list[Axis] = []
    tail: list[int] = []
    for k, n in enumerate(shape):
        if k in axes:
            result.append(Axis(0, 1, last + len(tail)))
            tail.append(n)
        else:
            result.append(next(kept))
    return View((*look.shape, *tail), tuple(result))


# --- past updates -------------------------------------------------------------------


def _is_past(node: Node, looks: Looks) -> bool:
    """Whether every look is at just what an update writes, or wholly beside it."""
    chain = node.params
    if len(chain) != 1 or type(chain[0]) is not View or not looks:
        return False
    region: View = chain[0]
    if _OVER in looks and region not in looks:
        return False  # what it writes would not be computed: errors may be told of it
    return all(
        look is _OVER
        or (look is not None and (look == region or _beside(look, region)))
        for look in looks
    )


def _is_over(node: Node, arg: Node) -> bool:
    """Whether an update writes just what its base, an update too, wrote before."""
    if node.op.kind is not Kind.UPDATE or arg.op.kind is not Kind.UPDATE:
        return False
    return arg is node.args[0] is not node.args[1] and arg.params == node.params


def _beside(look: View, region: View) -> bool:
    for k in range(len(region.axes)):
        mine, other = span(look, k), span(region, k)
        if mine is None or other is None:
            return True
        if mine[1] < other[0] or other[1] < mine[0]:
            return True
    return False


def _past(node: Node, look: View | None) -> tuple[Node, View | None]:
    """Return what a look at an update that is passed over really sees."""
    base, value = node.args
    region: View = node.params[0]
    if look is _OVER:
        return base, look if _is_over(node, base) else None
    if look != region:
        return base, look
    return value, None if value.shape else View(region.shape, ())
