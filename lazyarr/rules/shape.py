"""Reshapes move towards the results, slices past what only joins or overwrites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.ir.node import Node
from lazyarr.ir.view import FIXED, View
from lazyarr.ops.row import Kind
from lazyarr.rules.engine import Rule

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape

_MAPS = tuple(op for op in ops.OPS.values() if op.kind is Kind.MAP)
_CONCAT = ops.OPS["concat"]
_RESHAPE = ops.OPS["reshape"]
_VIEW = ops.OPS["view"]


def depends_on_layout(node: Node) -> bool:
    """Whether NumPy's last bit of a map depends on how its operands lie in memory."""
    bits = node.op.layout_bits
    return bool(bits) and any(a.dtype.char in bits for a in (node, *node.args))


def _map_of_reshape(node: Node) -> Node | None:
    """``op(reshape(x)) = reshape(op(x))`` where x is a map too: then they are one."""
    shape = _common_shape(node)
    if shape is None:
        return None
    args = []
    for arg in node.args:
        if arg.op is _RESHAPE:
            args.append(arg.args[0])
        else:
            args.append(arg.args[0] if arg.shape else arg)
    inner = Node.of(
        node.op, tuple(args), node.params, shape, node.dtype, node.tag, node.where
    )
    return infer.reshape_node(inner, node.shape, node.where)


def _common_shape(node: Node) -> Shape | None:
    """Return the shape that all operands had before they were reshaped."""
    for arg in node.args:
        if arg.op is _RESHAPE:
            break
    else:
        return None
    before = {arg.args[0].shape for arg in node.args if arg.op is _RESHAPE}
    if len(before) > 1:
        return None
    fresh = False
    for arg in node.args:
        if arg.op is _RESHAPE:
            computed = arg.args[0].op.kind is Kind.MAP
            # Of an array in memory a reshape can be a copy that lies otherwise.
            if not computed and depends_on_layout(node):
                return None
            fresh |= computed
        elif arg.shape and not infer.is_fill(arg):
            return None
    return before.pop() if fresh else None


def _slice_of_concat(node: Node) -> Node | None:
    """``concat(x, y)[part of x] = x[part]``."""
    joined = node.args[0]
    if joined.op is not _CONCAT:
        return None
    (axis,) = joined.params
    view: View = node.params
    start, step, out = view.axes[axis]
    length = 1 if out == FIXED else view.shape[out]
    if not length:
        return None
    ends = (start, start + step * (length - 1))
    first = 0
    for part in joined.args:
        extent = part.shape[axis]
        if first <= min(ends) and max(ends) < first + extent:
            moved = view.axes[axis]._replace(start=start - first)
            axes = (*view.axes[:axis], moved, *view.axes[axis + 1 :])
            same = part.dtype == node.dtype
            seen = View(view.shape, axes)
            return infer.view_node(part, seen, node.where) if same else None
        first += extent
    return None


RULES: tuple[Rule, ...] = (
    Rule("map-of-reshape", "op(reshape(x)) = reshape(op(x))", _MAPS, _map_of_reshape),
    Rule(
        "slice-of-concat",
        "concat(x, y)[part of x] = x[part]",
        (_VIEW,),
        _slice_of_concat,
    ),
)
