"""Small graphs computed node by node, without a plan.

A plan pays when a graph comes again. What comes once, such as the steps of an
elimination, whose shapes shrink, is computed here by the calls that eager NumPy would
make, in NumPy's bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import current
from lazyarr.ir import view as views
from lazyarr.ir.node import topological
from lazyarr.ir.view import View
from lazyarr.ops.row import Kind
from lazyarr.ops.structural import Progression
from lazyarr.plan.shared import LEAST, PARTS
from lazyarr.runtime import floating
from lazyarr.runtime.whole import library
from lazyarr.runtime.write import update

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Node

_LITTLE = 1 << 17  # bytes that are copied while a plan is made


def run(roots: tuple[Node, ...], owned: frozenset[Node]) -> list[Any]:
    """Return the roots' values, each an array of its own or a NumPy scalar.

    Parameters
    ----------
    roots : tuple of Node
    owned : frozenset of Node
        Leaves that nobody else holds: updates may write into them.
    """
    order = topological(roots)
    walk = _Walk(order, roots, owned)
    with floating.noted(order) as scene:  # type: ignore[arg-type]
        scene.run(walk.run)
        return [walk.result(root) for root in roots]


def part(roots: tuple[Node, ...]) -> Any:
    """Return a copy of a little part of an array in memory; None if this is none.

    A loop takes part after part, and a plan of each would cost more than all copies.
    """
    root = roots[0]
    if len(roots) > 1 or type(root.params) is not View or not root.shape:
        return None
    source = root.args[0]
    if type(source.value) is not np.ndarray or source.op.name != "data":
        return None
    if root.nbytes > _LITTLE:
        return None
    return views.apply(source.value, root.params).copy("K")


class _Walk:
    """The values of a graph's nodes, and who still reads them."""

    def __init__(
        self, order: list[Node], roots: tuple[Node, ...], owned: frozenset[Node]
    ) -> None:
        self.order = order
        self.values: dict[Node, Any] = {}
        self.owner: dict[Node, Node] = {}
        self.last: dict[Node, int] = {}
        self.mine = set(owned)  # what updates may write into, once it has no reader
        owner, last = self.owner, self.last
        for at, node in enumerate(order):
            if node.op.kind is Kind.VIEW:
                arg = node.args[0]
                owner[node] = owner.get(arg, arg)
                continue
            for arg in node.args:
                last[owner.get(arg, arg)] = at
        for root in roots:
            last[owner.get(root, root)] = len(order)

    @floating.loop
    def run(self) -> None:
        """Compute every node, operands before their users."""
        at = 0
        try:
            for at, node in enumerate(self.order):
                self.values[node] = self._value(node, at)
        except Exception as error:
            raise floating.failure(error, self.order[at]) from error  # type: ignore[arg-type]

    def _value(self, node: Node, at: int) -> Any:
        values, kind, op = self.values, node.op.kind, node.op
        if kind is Kind.MAP:
            if op.name == "astype":
                return values[node.args[0]].astype(node.dtype)
            if op.name == "copy":
                return np.array(values[node.args[0]])
            args = node.args
            if op.draws:
                return op.numpy(_places(args[0]), *[values[arg] for arg in args[1:]])
            if len(args) == 2:
                return op.numpy(values[args[0]], values[args[1]])
            return op.numpy(*[values[arg] for arg in args])
        if kind is Kind.VIEW:
            return self._viewed(node)
        if kind is Kind.SOURCE:
            return node.value if op.name != "iota" else op.numpy(node.shape)
        if kind is Kind.REDUCE:
            return op.numpy(self._full(node.args[0]), node.params)
        if kind is Kind.UPDATE:
            return self._updated(node, at)
        arrays = [self._full(arg) for arg in node.args]
        params = node.params if isinstance(node.params, tuple) else ()
        return library(op.numpy, params, *arrays)

    def _viewed(self, node: Node) -> Any:
        base = self._full(node.args[0])
        if type(node.params) is View:
            return _seen(base, node.params)
        return np.reshape(base, node.shape)

    def _full(self, node: Node) -> Any:
        """Return a node's value in its shape: broadcast axes are stretched late."""
        value = self.values[node]
        if np.shape(value) == node.shape:
            return value
        return np.broadcast_to(value, node.shape)

    def _updated(self, node: Node, at: int) -> np.ndarray:
        base, value = node.args
        kind = base.op.kind
        fresh = base in self.mine or kind not in (Kind.VIEW, Kind.SOURCE)
        held = self._full(base)
        free = fresh and self.last[base] == at and held.flags.writeable
        only = free and base in self.mine
        return update(held, self.values[value], node.params, free, only)

    def result(self, root: Node) -> Any:
        """Return the value of a root in memory of its own."""
        value = self._full(root)
        if not root.shape:
            return value[()]
        if root.op.kind in (Kind.VIEW, Kind.SOURCE) or not value.flags.writeable:
            return np.array(value)
        return value


def _places(index: Node) -> Progression:
    """Return the places of a draw; its index is a ramp, or a view of one."""
    base, view = index, views.identity(index.shape)
    if type(index.params) is View:
        base, view = index.args[0], index.params
    return Progression(*views.strides_of(view, base.shape), view.shape)


def _seen(array: Any, view: View) -> Any:
    """Return a view of an array; axes that are broadcast have one element."""
    if not view.axes:
        return array
    way = views.way_of(view)
    return views.apply(array, view) if way is None else views.picked_along(array, way)


def accepts(nodes: Sequence[Node], most: int) -> bool:
    """Whether a graph is small, and its arrays are on the host.

    And no sum has the bits of other tiles, and threads, in a plan: an array has one sum.
    """
    total = 0
    for node in nodes:
        total += node.size
        if total > most or (node.op.kind is Kind.REDUCE and _is_cut(node)):
            return False
    return all(
        n.value is None or issubclass(type(n.value), (np.ndarray, np.generic))
        for n in nodes
    )


def _is_cut(node: Node) -> bool:
    """Whether a plan may fold floats part by part."""
    least = min(current().tile_elements, PARTS * LEAST)
    return node.dtype.kind in "fc" and node.args[0].size >= least
