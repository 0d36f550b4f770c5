"""Arrays rolled in several ways, as views of one array with wrapped borders.

A stencil on a torus reads its field rolled by one this way and that. Each roll would be
a copy of the field, and all of them are read beside one another. On the CPU, the field
is copied once, with as much of its other side around it as the rolls need; every roll is
then a part of that, read from the cache by the tiles that need it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, topological
from lazyarr.ir.view import Axis, View
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape

LEAST = 1 << 14
"""Elements from which arrays are worth it."""
_MOST = 1.25  # times as many elements that the borders may make of an array
_CONCAT = ops.OPS["concat"]
_WRAPPED = ops.OPS["wrapped"]


class _Roll(NamedTuple):
    """What a node shows: along each axis, `origin` from `offsets` on, and round."""

    origin: Node
    offsets: Shape


def wrapped(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return the graph with rolls of one array as views of it with borders.

    A graph that has none which that would help is returned as it is.
    """
    order = topological(roots)
    if sum(node.op is _CONCAT for node in order) < 2:
        return roots
    found = _worthwhile(_read_by_maps(_rolls(order), order, roots))
    if not found:
        return roots
    borders = _borders(found)
    settled: dict[Node, Node] = {}
    wide: dict[Node, Node] = {}
    for node in order:
        roll = found.get(node)
        if roll is None:
            args = tuple([settled[arg] for arg in node.args])
            settled[node] = infer.rebuilt(node, args)
            continue
        origin = roll.origin
        if origin not in wide:
            wide[origin] = _with_borders(settled[origin], *borders[origin])
        start = [a + b for a, b in zip(borders[origin][0], roll.offsets, strict=True)]
        axes = tuple([Axis(place, 1, k) for k, place in enumerate(start)])
        view = View(node.shape, axes)
        settled[node] = infer.view_node(wide[origin], view, node.where)
    return tuple([settled[root] for root in roots])


def _with_borders(node: Node, before: Shape, behind: Shape) -> Node:
    sides = zip(before, node.shape, behind, strict=True)
    shape = tuple([sum(side) for side in sides])
    params = (before, behind)
    return infer.library_node(_WRAPPED, (node,), params, shape, node.dtype, node.where)


def _rolls(order: list[Node]) -> dict[Node, _Roll]:
    """Return the nodes of a graph that show another one rolled."""
    found: dict[Node, _Roll] = {}
    for node in order:
        if node.op is not _CONCAT or len(node.args) != 2 or node.size < LEAST:
            continue
        axis = node.params[0]
        tail, head = node.args
        if type(tail.params) is not View or type(head.params) is not View:
            continue
        base, cut, length = tail.args[0], head.shape[axis], node.shape[axis]
        if (
            base is not head.args[0]
            or base.shape != node.shape
            or tail.params != views.stretch(base.shape, axis, cut, length)
            or head.params != views.stretch(base.shape, axis, 0, cut)
        ):
            continue
        origin, offsets = found.get(base, _Roll(base, (0,) * len(base.shape)))
        total = (offsets[axis] + cut) % length
        nearest = total if 2 * total <= length else total - length
        moved = (*offsets[:axis], nearest, *offsets[axis + 1 :])
        found[node] = _Roll(origin, moved)
    return found


def _read_by_maps(
    rolls: dict[Node, _Roll], order: list[Node], roots: tuple[Node, ...]
) -> dict[Node, _Roll]:
    """Return those that only maps read, beside parts of them that others roll further."""
    parts = {arg: node for node in rolls for arg in node.args}
    used: set[Node] = set()
    other: set[Node] = set(roots)
    for node in order:
        if node in rolls or node in parts:
            continue
        kind = used if node.op.kind is Kind.MAP else other
        kind.update(node.args)
    other.update(arg for part in parts if part in other for arg in part.args)
    return {
        node: roll for node, roll in rolls.items() if node in used and node not in other
    }


def _worthwhile(rolls: dict[Node, _Roll]) -> dict[Node, _Roll]:
    """Return those of arrays that are rolled in several ways, by little."""
    ways: dict[Node, int] = {}
    for roll in rolls.values():
        ways[roll.origin] = ways.get(roll.origin, 0) + 1
    borders = _borders(rolls)
    good = {
        origin
        for origin, count in ways.items()
        if count > 1
        and prod(map(sum, zip(origin.shape, *borders[origin], strict=True)))
        <= _MOST * origin.size
    }
    return {node: roll for node, roll in rolls.items() if roll.origin in good}


def _borders(rolls: dict[Node, _Roll]) -> dict[Node, tuple[Shape, Shape]]:
    """Return for every rolled array what it needs before and behind each axis."""
    found: dict[Node, tuple[Shape, Shape]] = {}
    for origin, offsets in rolls.values():
        none = (0,) * len(offsets)
        before, behind = found.get(origin, (none, none))
        found[origin] = (
            tuple([max(a, -k) for a, k in zip(before, offsets, strict=True)]),
            tuple([max(a, k) for a, k in zip(behind, offsets, strict=True)]),
        )
    return found
