"""What indices take along an axis, in C order as `numpy.take` gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.ir import layout
from lazyarr.ir import view as views
from lazyarr.ir.infer import library_node
from lazyarr.ops import OPS

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Where


def is_as_selected(node: Node, axis: int) -> bool:
    """Whether ``x[..., indices]`` lies so, too: NumPy turns the axes of what it selects."""
    if 0 in node.shape:
        return True
    return axis == 0 and layout.strides(node) == views.contiguous_strides(node.shape)


def taken(node: Node, index: Node, axis: int, where: Where) -> Node:
    """Return what indices in bounds take along an axis."""
    shape = (*node.shape[:axis], *index.shape, *node.shape[axis + 1 :])
    return library_node(OPS["take"], (node, index), (axis,), shape, node.dtype, where)
