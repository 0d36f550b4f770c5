"""Reductions of some of the elements (``where=``), or from a value on (``initial=``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api.creation import dtype_of
from lazyarr.api.elementwise import divide
from lazyarr.api.handle import here, new, node_of, operand
from lazyarr.api.results import finished
from lazyarr.errors import DTypeError, ShapeError, at_users_line, warn
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Where, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import Op

_NONE = np._NoValue
_BOOL = np.dtype(bool)
_NEUTRAL = {"sum": 0, "prod": 1, "any": False, "all": True}
_COMBINE = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum"}


def _mask(name: str, mask: Any, where: Where) -> Node:
    node = node_of(mask)
    if isinstance(mask, (list, tuple)):  # what is no array may be of any dtype
        node = infer.astype(node, _BOOL, where)
    if node.dtype != _BOOL:
        what = f"where= takes booleans, found dtype {node.dtype}"
        raise DTypeError.at(name, what, where_text(where))
    return node


def kept(name: str, node: Node, mask: Any, initial: Any, where: Where) -> Node:
    """Return a node with what changes no result wherever a mask is false.

    Raises
    ------
    ValueError
        The reduction has no such value, and no initial one is given.
    """
    if name in _NEUTRAL:
        neutral: Any = infer.scalar(_NEUTRAL[name], node.dtype)
    elif initial is _NONE:
        msg = (
            f"reduction operation '{_COMBINE[name]}' does not have an identity, so to "
            "use a where mask one has to specify 'initial'"
        )
        raise ValueError(msg)
    else:
        neutral = _start(initial, node)
    chosen = _mask(name, mask, where)
    if infer.broadcast_shapes(name, (chosen.shape, node.shape), where) != node.shape:
        what = f"where= of shape {chosen.shape} does not broadcast to {node.shape}"
        raise ShapeError.at(name, what, where_text(where))
    args = (chosen, node, neutral)
    return infer.map_node(ops.OPS["where"], args, where)


def _start(initial: Any, node: Node) -> Node:
    raw = operand(initial)
    if isinstance(raw, Node):
        return infer.astype(raw, node.dtype)
    with at_users_line():
        return infer.scalar(node.dtype.type(raw), node.dtype)


def with_initial(name: str, folded: Node, initial: Any, where: Where) -> Node:
    """Return a fold with a value put to it."""
    args = (_start(initial, folded), folded)
    return infer.map_node(ops.OPS[_COMBINE[name]], args, where)


def extreme_from(
    name: str, node: Node, axes: Shape, initial: Any, where: Where
) -> Node:
    """Return the extremes of a node and of an initial value, of no elements too."""
    shape = tuple(n for k, n in enumerate(node.shape) if k not in axes)
    if 0 in node.shape:
        return infer.full_node(_start(initial, node), shape, where)
    folded = infer.reduce_node(ops.OPS[name], node, axes, node.dtype, where)
    return with_initial(name, folded if axes else node, initial, where)


def _count(shape: Shape, mask: Any, axes: Any, keepdims: bool) -> Array:
    """Return how many elements a mask leaves."""
    where = here()
    sides = infer.broadcast_shapes("where", (shape, node_of(mask).shape), where)
    node = _mask("where", mask, where)
    if node.shape != sides:
        node = infer.view_node(node, views.broadcast(node.shape, sides), where)
    return new(node).sum(axis=axes, keepdims=keepdims, dtype=np.intp)


def _told(row: Op, none: Array, count: Array) -> Array:
    """Return counts; that one of them is of nothing is told when they are computed."""
    node = count._current()
    args = (none._current(), infer.scalar(0, node.dtype), node)
    return new(infer.map_node(row, args, here()))


def mean(a: Any, axis: Any, dtype: Any, out: Any, keepdims: Any, where: Any) -> Array:
    """Return the mean of the elements where a mask is true."""
    keep = keepdims is not _NONE and bool(keepdims)
    x = new(node_of(a))
    half = x.dtype.char == "e" and dtype is None
    if dtype is not None:
        dtype = dtype_of(dtype, "mean")
    elif x.dtype.kind in "biu":
        dtype = np.float64
    wide = np.float32 if half else dtype
    total = x.sum(axis=axis, dtype=wide, keepdims=keep, where=where)
    count = _count(x.shape, where, axis, keep)
    count = _told(ops.EMPTY_MEAN, count == 0, count)
    made = divide(total, count).astype(np.float16 if half else total.dtype)
    return finished(made._current(), out, "mean", here(), "unsafe")


def var(a: Any, axis: Any, dtype: Any, less: float, options: dict[str, Any]) -> Array:
    """Return the variance about a given mean, or of elements where a mask is true."""
    mask = options["where"]
    mask = True if mask is _NONE else mask
    keep = options["keepdims"] is not _NONE and bool(options["keepdims"])
    x = new(node_of(a))
    if dtype is not None or x.dtype.kind in "biu":
        x = x.astype(np.float64 if dtype is None else dtype_of(dtype, "var"))
    middle = options["mean"]
    if middle is _NONE:  # of halves every step of NumPy's rounds
        total = x.sum(axis=axis, keepdims=True, where=mask)
        middle = divide(total, _count(x.shape, mask, axis, True)).astype(x.dtype)
    else:
        middle = new(node_of(middle))
    off = x - middle
    square = off * off if off.dtype.kind != "c" else (off * off.conj()).real
    axes = axis_arguments.chosen(axis, x.ndim, "var")
    total = square.sum(axis=axes, keepdims=keep, where=mask)
    if mask is True:
        count: Any = 1
        for k in axes:
            count *= x.shape[k]
        if count <= less:
            warn("Degrees of freedom <= 0 for slice")
        made = divide(total, float(max(count - less, 0)))
    else:
        left = new(node_of(_count(x.shape, mask, axes, keep) - less)).clip(0, None)
        left = _told(ops.FEW_LEFT, left == 0, left)
        made = divide(total, left)
    made = made.astype(total.dtype)
    return finished(made._current(), options["out"], "var", here(), "unsafe")


def std(a: Any, axis: Any, dtype: Any, less: float, options: dict[str, Any]) -> Array:
    """Return the root of `var`."""
    made = var(a, axis, dtype, less, {**options, "out": None})
    root = infer.map_node(ops.OPS["sqrt"], (made._current(),), here())
    root = infer.astype(root, made.dtype, here())
    return finished(root, options["out"], "std", here(), "unsafe")
