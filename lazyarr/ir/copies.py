"""Copies that lie in memory in an order of their own.

Elements do not depend on it; what a reshape may alias does, and code in C that is handed
the result. So the node of such a copy has the order of its axes, and executors write the
results that they hand out in it; copies on the way to them are none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr import ops
from lazyarr.ir import infer, layout
from lazyarr.ir import view as views
from lazyarr.ir.node import Node

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape, Where

_COPY = ops.OPS["copy"]
_RESHAPE = ops.OPS["reshape"]


def copied(
    node: Node, order: str, where: Where = None, like: Node | None = None
) -> Node:
    """Return a copy in C or Fortran's order, or in that of what is copied: K.

    Or in that of what NumPy would copy, and write these elements into: `like`.
    """
    if order == "K":
        steps = layout.like_order(node.shape, layout.strides(like or node))
    elif order == "F":
        steps = views.contiguous_strides(node.shape[::-1])[::-1]
    else:
        steps = views.contiguous_strides(node.shape)
    return ordered(node, steps, where)


def ordered(node: Node, steps: Shape, where: Where = None) -> Node:
    """Return a node of the same elements that has these strides; it may have them."""
    if layout.alike(node.shape, layout.strides(node), steps):
        return node
    if infer.is_fill(node):  # of one value, in any order
        return laid(node, steps)
    made = in_order(node, layout.order_of(steps), where)
    made.steps = steps
    return made


def laid(node: Node, steps: Shape) -> Node:
    """Return the view that a node is, as one that says to have these strides."""
    made = Node.of(*[getattr(node, name) for name in _OF_VIEWS])
    made.steps = steps
    return made


_OF_VIEWS = ("op", "args", "params", "shape", "dtype", "tag", "where")


def in_order(node: Node, order: Shape, where: Where = None) -> Node:
    """Return a copy whose axes lie in memory in this order, outermost first."""
    if node.op is _COPY:
        (node,) = node.args
    tag = (_COPY.id, order)
    return Node.of(_COPY, (node,), order, node.shape, node.dtype, tag, where)


def as_asked(root: Node, simple: Node) -> Node:
    """Return what rules made of a root, in the order that it is to have.

    Of a root that has another shape, what has it is in the order: then it is a view.
    """
    if root.op is _RESHAPE and simple.op is _RESHAPE:
        (inner,) = simple.args
        if inner.shape == root.args[0].shape:
            return infer.rebuilt(simple, (as_asked(root.args[0], inner),))
        return simple
    if root.op is not _COPY or root.params is None or simple.op is _COPY:
        return simple
    return in_order(simple, root.params, root.where)
