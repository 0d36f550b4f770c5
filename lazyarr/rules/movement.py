"""Views move towards the sources, so that only what is looked at is computed.

A pass of its own and not a set of rules, because it must know every use of a node:
a node that two different views look at is computed once, whole, and not twice.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Shape, topological
from lazyarr.ir.view import FIXED, Axis, View
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

# Each node's looks: the views its users see it through; None is the whole.
Looks = dict[Node, dict[View | None, None]]


def push_views(roots: tuple[Node, ...], fired: Counter[str]) -> tuple[Node, ...]:
    """Return the roots with every view pushed through what it alone looks at."""
    order = topological(roots)
    if not any(node.op.kind is Kind.VIEW and node.params is not None for node in order):
        return roots
    chosen = _choose(order, roots)
    built: dict[Node, Node] = {}

    def resolve(node: Node, look: View | None) -> Node:
        base, look = _through(node, look)
        if look is None or chosen.get(base) == look:
            return built[base]
        return infer.view_node(built[base], look, node.where)

    for node in order:
        if _is_view(node):
            continue
        look = chosen.get(node)
        built[node] = _rebuild(node, look, resolve)
        fired[f"slice-{node.op.kind.value}"] += look is not None
    for name in [name for name, times in fired.items() if not times]:
        del fired[name]
    return tuple(resolve(root, None) for root in roots)


def _is_view(node: Node) -> bool:
    return type(node.params) is View


def _through(node: Node, look: View | None) -> tuple[Node, View | None]:
    """Return what is really looked at, and the view it is seen through."""
    if not _is_view(node):
        return node, look
    look = node.params if look is None else views.compose(look, node.params)
    base = node.args[0]
    return base, None if views.is_identity(look, base.shape) else look


def _choose(order: list[Node], roots: tuple[Node, ...]) -> dict[Node, View]:
    """Return the nodes that are computed only where one view looks, with that view."""
    looks: Looks = {node: {} for node in order}
    for root in roots:
        base, look = _through(root, None)
        looks[base][look] = None
        if base is root:
            looks[base][None] = None
    chosen: dict[Node, View] = {}
    for node in reversed(order):
        if _is_view(node):
            continue
        look = _only_look(node, looks[node])
        if look is not None:
            chosen[node] = look
        for arg in node.args:
            inner = _operand_look(node, arg, look)
            base, seen = _through(arg, inner)
            looks[base][seen] = None
    return chosen


def _only_look(node: Node, looks: dict[View | None, None]) -> View | None:
    """Return the one view that all users share, if pushing it saves work."""
    if len(looks) != 1 or not node.shape:
        return None
    (look,) = looks
    if look is None or prod(look.shape) > node.size:
        return None
    if node.op.kind is Kind.MAP:
        return look
    if node.op.kind is Kind.REDUCE and prod(look.shape) < node.size:
        named = {a.axis for a in look.axes if a.axis != FIXED}
        return look if len(named) == len(look.shape) else None
    return None


def _operand_look(node: Node, arg: Node, look: View | None) -> View | None:
    if look is None or not arg.shape:
        return None
    if node.op.kind is Kind.MAP:
        return look
    return reduced_look(look, arg.shape, node.params)


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


def _rebuild(
    node: Node, look: View | None, resolve: Callable[[Node, View | None], Node]
) -> Node:
    args = tuple(resolve(a, _operand_look(node, a, look)) for a in node.args)
    if look is None:
        return infer.rebuilt(node, args)
    if node.op.kind is Kind.REDUCE:
        first = len(look.shape)
        axes = tuple(range(first, first + len(node.params)))
        return infer.reduce_node(node.op, args[0], axes, node.dtype, node.where)
    return Node(
        node.op, args, node.params, look.shape, node.dtype, node.tag, node.where
    )
