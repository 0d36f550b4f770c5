"""Nodes with their shape and dtype worked out and their operands checked.

Every node of a graph is made here. Errors are raised here too, while the user's call
that made the mistake is still on the stack.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from lazyarr import ops
from lazyarr.errors import DTypeError, LazyarrError, ShapeError, warn_of_parts
from lazyarr.ir import layout
from lazyarr.ir import view as views
from lazyarr.ir.leaves import (
    element,
    far_leaf,
    held_scalars,
    iota,
    known_value,
    leaf,
    number,
    places,
    scalar,
    view_tag,
    weak_scalars,
)
from lazyarr.ir.node import Node, Shape, Where, where_text
from lazyarr.ir.view import View
from lazyarr.named import NamedTuple
from lazyarr.ops.row import DOUBLES, DType, Op

__all__ = [
    "Raw",
    "astype",
    "binary_node",
    "broadcast_shapes",
    "element",
    "far_leaf",
    "full_node",
    "iota",
    "is_fill",
    "known_value",
    "leaf",
    "library_node",
    "map_node",
    "of",
    "places",
    "rebuilt",
    "reduce_node",
    "reshape_node",
    "scalar",
    "unary_node",
    "update_node",
    "view_node",
]

# What an op may be called with: a node, or a Python scalar, which is weak (NEP 50).
Raw: TypeAlias = Node | bool | int | float | complex

_ASTYPE = ops.OPS["astype"]
_REAL = ops.OPS["real"]
_RESHAPE = ops.OPS["reshape"]
_SCALAR = ops.OPS["scalar"]
_UPDATE = ops.OPS["update"]
_VIEW = ops.OPS["view"]
_BOOL = np.dtype(bool)
_held = held_scalars.get

_COMPARISONS = (
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
)


def broadcast_shapes(name: str, shapes: tuple[Shape, ...], where: Where) -> Shape:
    """Return the shape that arrays of these shapes broadcast to.

    Raises
    ------
    ShapeError
        They do not broadcast.
    """
    joint = joint_of(shapes)
    if joint is None:
        raise _no_shape(name, shapes, where)
    return joint.shape


def _no_shape(name: str, shapes: tuple[Shape, ...], where: Where) -> ShapeError:
    listed = " and ".join(map(str, shapes))
    what = f"shapes {listed} do not broadcast"
    return ShapeError.at(name, what, where_text(where))


class _Joint(NamedTuple):
    """What shapes broadcast to, and the view that stretches each to it, with its tag."""

    shape: Shape
    stretch: tuple[tuple[View, int] | None, ...]


@lru_cache(maxsize=4096)
def joint_of(shapes: tuple[Shape, ...]) -> _Joint | None:
    """Return how arrays of these shapes meet; None if they do not broadcast.

    What has no axes stays as it is: it meets every shape.
    """
    result: list[int] = []
    for k in range(max(map(len, shapes), default=0)):
        sides = {shape[-1 - k] for shape in shapes if len(shape) > k} - {1}
        if len(sides) > 1:
            return None
        result.append(sides.pop() if sides else 1)
    joint = tuple(reversed(result))
    stretch: list[tuple[View, int] | None] = []
    for shape in shapes:
        view = views.broadcast(shape, joint) if shape and shape != joint else None
        stretch.append(None if view is None else (view, view_tag(view)))
    return _Joint(joint, tuple(stretch))


def map_node(op: Op, operands: tuple[Raw, ...], where: Where = None) -> Node:
    """Return ``op`` of these operands, element by element.

    Casts to the loop's dtypes and broadcasts are put in as nodes of their own.

    Raises
    ------
    ShapeError
        The operands do not broadcast.
    DTypeError
        The op has no loop for their dtypes.
    OverflowError
        A Python integer does not fit the dtype of the array it meets.
    """
    kinds = tuple(
        [
            x.dtype if type(x) is Node else _BOOL if type(x) is bool else type(x)
            for x in operands
        ]
    )
    try:
        loop = op.resolve(kinds)  # type: ignore[arg-type]
    except LazyarrError:
        raise
    except TypeError as error:
        raise _no_loop(op, kinds, where, str(error)) from error
    shapes = tuple([x.shape if type(x) is Node else () for x in operands])
    joint = joint_of(shapes)
    if joint is None:
        shown = tuple([shape for shape in shapes if shape])
        raise _no_shape(op.name, shown, where)
    shape, stretch = joint
    args = []
    alone = Node not in map(type, operands)
    for x, dtype, view in zip(operands, loop, stretch, strict=False):
        if type(x) is not Node:
            try:
                x = number(x, dtype, alone)
            except OverflowError:
                if not _compares_integers(op, operands):
                    raise
                return _certain(op, operands, dtype, shape, where)
        elif x.dtype is not dtype and x.dtype != dtype:
            x = astype(x, dtype, where)
        if view is not None:
            x = view_node(x, view[0], where)
        args.append(x)
    return Node.of(op, tuple(args), None, shape, loop[-1], op.id, where)


def _compares_integers(op: Op, operands: tuple[Raw, ...]) -> bool:
    """Whether an integer that no dtype holds has a mathematical answer all the same."""
    kinds = {x.dtype.kind for x in operands if type(x) is Node}
    return op.name in _COMPARISONS and bool(kinds) and kinds <= {"i", "u"}


def _certain(
    op: Op, operands: tuple[Raw, ...], dtype: DType, shape: Shape, where: Where
) -> Node:
    """Return a comparison with an integer that no element can reach.

    All elements lie on one side of it: 0 stands for them, 1 or -1 for the integer.
    """
    places = [0, 0]
    for k, x in enumerate(operands):
        if type(x) is not Node:
            places[k] = 1 if x > np.iinfo(dtype).max else -1  # type: ignore[operator]
    result = bool(op.numpy(*places))
    return full_node(scalar(result, _BOOL), shape, where)


def unary_node(op: Op, x: Node, where: Where) -> Node:
    """Return ``op`` of a node: `map_node`, with the usual case ahead of it."""
    dtype = x.dtype
    loop = op._resolved.get((dtype,))
    if loop is not None and loop[0] is dtype:
        return Node.of(op, (x,), None, x.shape, loop[1], op.id, where)
    return map_node(op, (x,), where)


def of(op: Op, operands: tuple[Raw, ...], where: Where) -> Node:
    """Return ``op`` of operands: `map_node`, with the usual cases ahead of it."""
    if len(operands) == 1 and type(operands[0]) is Node:
        return unary_node(op, operands[0], where)
    if len(operands) == 2:
        return binary_node(op, *operands, where)
    return map_node(op, operands, where)


def binary_node(op: Op, x: Any, y: Any, where: Where) -> Node:
    """Return ``op`` of two operands: `map_node`, with the usual cases ahead of it."""
    if type(x) is not Node or type(y) is not Node:
        return _with_number(op, x, y, where)
    shape = x.shape
    loop = op._resolved.get((x.dtype, y.dtype))
    if loop is None:
        return map_node(op, (x, y), where)
    if y.shape != shape:
        joint = joint_of((shape, y.shape))
        if joint is None:
            return map_node(op, (x, y), where)
        shape, (of_x, of_y) = joint
    else:
        of_x = of_y = None
    if loop[0] is not x.dtype:
        x = astype(x, loop[0], where)
    if loop[1] is not y.dtype:
        y = astype(y, loop[1], where)
    if of_x is not None:
        x = _stretched(x, of_x, shape, where)
    if of_y is not None:
        y = _stretched(y, of_y, shape, where)
    node = Node()
    node.op = op
    node.args = (x, y)
    node.params = node.value = None
    node.shape = shape
    node.dtype = loop[2]
    node.tag = op.id
    node.where = where
    return node


def _with_number(op: Op, x: Any, y: Any, where: Where) -> Node:
    """Return ``op`` of a node and a Python number, on either side."""
    first = type(x) is Node
    node, number = (x, y) if first else (y, x)
    if type(node) is Node:
        kinds = (node.dtype, type(y)) if first else (type(x), node.dtype)
        loop = op._resolved.get(kinds)
        if loop is not None:
            key = (number if number else repr(number), type(number), loop[first])
            held = _held(key)
            if held is not None:
                if loop[not first] is not node.dtype:
                    node = astype(node, loop[not first], where)
                elif loop[0] is loop[1] is not _BOOL:  # what is true is no operand of +
                    weak_scalars[key] = held
                args = (node, held) if first else (held, node)
                return Node.of(op, args, None, node.shape, loop[2], op.id, where)
    return map_node(op, (x, y), where)


def _stretched(
    node: Node, stretch: tuple[View, int], shape: Shape, where: Where
) -> Node:
    """Return a node stretched to the larger shape that it meets others in."""
    view, tag = stretch
    if node.op is _VIEW:
        if not node.params.axes:
            return _part_of_fill(node, view, where)
        view = views.under(view, tag, node.params)
        node = node.args[0]
        if node.shape == shape:  # it may be the whole again
            return view_node(node, view, where)
        tag = view_tag(view)
    made = Node()
    made.op = _VIEW
    made.args = (node,)
    made.params = view
    made.shape = shape
    made.dtype = node.dtype
    made.tag = tag
    made.where = where
    made.value = None
    return made


def _no_loop(op: Op, kinds: tuple[Any, ...], where: Where, said: str) -> DTypeError:
    named = ", ".join(k.name if isinstance(k, np.dtype) else k.__name__ for k in kinds)
    what = f"not defined for ({named})"
    # NumPy says what to use in the place of some operators on booleans.
    _, use, instead = said.partition(", use ")
    return DTypeError.at(op.name, what, where_text(where), (use + instead)[2:] or None)


def astype(node: Node, dtype: DType, where: Where = None) -> Node:
    """Return the node cast to a dtype; the node itself when it has it."""
    if node.dtype == dtype:
        return node
    dtype = DOUBLES.get(dtype.char, dtype)
    if node.op is _SCALAR and known_value(node) is not None:
        return scalar(node.value.astype(dtype).item(), dtype)
    if node.dtype.kind == "c" and dtype.kind in "fiu":
        warn_of_parts()
        node = map_node(_REAL, (node,), where)
        if node.dtype == dtype:
            return node
    tag = (_ASTYPE.id, dtype)
    return Node.of(_ASTYPE, (node,), None, node.shape, dtype, tag, where)


def view_node(node: Node, view: View, where: Where = None) -> Node:
    """Return the node under an affine view; views in a row become one."""
    if node.op is _VIEW:
        if view.shape == node.shape and views.is_identity(view, node.shape):
            return node
        if not node.params.axes and len(view.shape) > 1:
            return _part_of_fill(node, view, where)
        view = views.under(view, view_tag(view), node.params)
        node = node.args[0]
    shape, _ = view
    if shape == node.shape and views.is_identity(view, shape):
        return node
    return Node.of(_VIEW, (node,), view, shape, node.dtype, view_tag(view), where)


def _part_of_fill(node: Node, view: View, where: Where) -> Node:
    """Return a view of a fill: a fill, too, whose strides are those of the view."""
    filled = View(view.shape, ())
    tag = view_tag(filled)
    made = Node.of(_VIEW, node.args, filled, view.shape, node.dtype, tag, where)
    made.steps = layout.seen(node.shape, layout.strides(node), view)
    return made


def full_node(value: Node, shape: Shape, where: Where = None) -> Node:
    """Return a 0-d node stretched to a shape."""
    return view_node(value, View(shape, ()), where) if shape else value


def reshape_node(node: Node, shape: Shape, where: Where = None) -> Node:
    """Return the elements in C order under another shape of the same size.

    Axes of one element that come or go make an affine view, which fuses.
    """
    if node.shape == shape:
        return node
    tag = (_RESHAPE.id, shape)
    if tuple(n for n in node.shape if n != 1) == tuple(n for n in shape if n != 1):
        ones = tuple(k for k, n in enumerate(node.shape) if n == 1)
        bare = view_node(node, views.drop_axes(node.shape, ones), where)
        places = tuple(k for k, n in enumerate(shape) if n == 1)
        return view_node(bare, views.add_axes(bare.shape, places), where)
    if node.op is _RESHAPE:
        steps = layout.reshaped(node.shape, layout.strides(node), shape)
        node = node.args[0]
        if node.shape == shape and layout.strides(node) == steps:
            return node
        made = Node.of(_RESHAPE, (node,), None, shape, node.dtype, tag, where)
        made.steps = steps
        return made
    if node.op is _VIEW and not node.params.axes:  # a fill has no order
        return view_node(node.args[0], View(shape, ()), where)
    return Node.of(_RESHAPE, (node,), None, shape, node.dtype, tag, where)


def reduce_node(
    op: Op, node: Node, axes: Shape, dtype: DType, where: Where = None
) -> Node:
    """Return the fold of a node, already of the accumulation dtype, over sorted axes.

    `dtype` is that of the result. With no axes at all every element is folded alone.
    """
    shape = tuple(n for k, n in enumerate(node.shape) if k not in axes)
    return Node.of(op, (node,), axes, shape, dtype, (op.id, axes), where)


def library_node(
    op: Op,
    args: tuple[Node, ...],
    params: Any,
    shape: Shape,
    dtype: DType,
    where: Where = None,
) -> Node:
    """Return a whole-array function of these nodes.

    `params` are further positional arguments, hashable.
    """
    # The number of operands keeps keys apart: they follow the tag without a mark.
    tag = (op.id, len(args), params)
    return Node.of(op, args, params, shape, dtype, tag, where)


def update_node(
    base: Node, value: Node, chain: tuple[Any, ...], where: Where = None
) -> Node:
    """Return `base` with the region that `chain` names replaced by `value`.

    `chain` is a sequence of views and of ``("reshape", shape)``, applied to the base
    in order; `value` has the region's shape, or is 0-d, and the base's dtype.
    """
    return Node.of(
        _UPDATE,
        (base, value),
        chain,
        base.shape,
        base.dtype,
        (_UPDATE.id, chain),
        where,
    )


def rebuilt(node: Node, args: tuple[Node, ...]) -> Node:
    """Return the node over other operands of the same shapes and dtypes."""
    if args == node.args:
        return node
    if node.op is _VIEW:
        return view_node(args[0], node.params, node.where)
    if node.op is _RESHAPE:
        return reshape_node(args[0], node.shape, node.where)
    return Node.of(
        node.op,
        args,
        node.params,
        node.shape,
        node.dtype,
        node.tag,
        node.where,
        node.value,
    )


def is_fill(node: Node) -> bool:
    """Whether every element is one and the same 0-d value."""
    return not node.shape or (node.op is _VIEW and not node.args[0].shape)
