"""Reductions of a constant are arithmetic; reductions of reductions are one.

How a sum is put together from parts is the executor's choice in any case, and the same
in every run; rules that leave the elements and their order as they are may fire on it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.ops.row import Kind
from lazyarr.rules.engine import Rule
from lazyarr.rules.known import known

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Shape

_HALF = np.dtype(np.float16)
_SINGLE = np.dtype(np.float32)
_BOOL = np.dtype(bool)
_ADD = ops.OPS["add"]
_MULTIPLY = ops.OPS["multiply"]
_RESHAPE = ops.OPS["reshape"]
_CONCAT = ops.OPS["concat"]
_CAST = ops.OPS["astype"]
_PAIRS = {
    ops.OPS[fold]: ops.OPS[op]
    for fold, op in (
        ("max", "maximum"),
        ("min", "minimum"),
        ("any", "bitwise_or"),
        ("all", "bitwise_and"),
    )
}
_STACKED = 64  # arrays of a stack, at most, that are folded one after the other


# --- of a fill ----------------------------------------------------------------------


def _filled(node: Node) -> tuple[Node, int] | None:
    """Return the value that a reduction folds and how often, if it is one value."""
    operand = node.args[0]
    if not operand.shape or not infer.is_fill(operand):
        return None
    if operand.args[0].op.kind not in (Kind.SOURCE, Kind.MAP):
        return None  # the result of another stage: leave it where it is
    count = prod(operand.shape[axis] for axis in node.params)
    return (operand.args[0], count) if count else None


def _result(node: Node, value: Node) -> Node:
    return infer.full_node(value, node.shape, node.where)


def _sum(node: Node) -> Node | None:
    """``sum(fill(c)) = c * n``; integers wrap as they do when added one by one."""
    found = _filled(node)
    if found is None or node.dtype.kind not in "iuf":
        return None
    value, count = found
    # Half precision cannot hold large counts: multiply in single, as NumPy adds.
    wide = _SINGLE if node.dtype == _HALF else node.dtype
    value = infer.astype(value, wide, node.where)
    number = known(count % 2**64 if wide.kind in "iu" else float(count), wide)
    total = infer.map_node(_MULTIPLY, (value, number), node.where)
    if wide.kind == "f":  # a sum of negative zeros is a positive one
        total = infer.map_node(_ADD, (total, known(0.0, wide)), node.where)
    return _result(node, infer.astype(total, node.dtype, node.where))


def _prod(node: Node) -> Node | None:
    """``prod(fill(c)) = c ** n``, where the power is as exact as the product."""
    found = _filled(node)
    if found is None or node.dtype.kind not in "iuf" or node.dtype == _HALF:
        return None
    value, count = found
    if node.dtype.kind in "iu" and count > np.iinfo(node.dtype).max:
        return None
    power = known(count, node.dtype)
    if int(power.value) != count:  # rounded, an odd power may become an even one
        return None
    return _result(node, infer.map_node(ops.OPS["pow"], (value, power), node.where))


def _same(node: Node) -> Node | None:
    """``max(fill(c)) = c``, and so for min, any and all."""
    found = _filled(node)
    if found is None:
        return None
    return _result(node, infer.astype(found[0], node.dtype, node.where))


def _first(node: Node) -> Node | None:
    """``argmax(fill(c)) = 0``: the first of equal elements."""
    found = _filled(node)
    return None if found is None else _result(node, known(0, node.dtype))


def _count(node: Node) -> Node | None:
    """``count_nonzero(fill(c)) = n * (c != 0)``."""
    found = _filled(node)
    if found is None:
        return None
    value, count = found
    some = infer.astype(value, _BOOL, node.where)
    some = infer.astype(some, node.dtype, node.where)
    number = known(count, node.dtype)
    return _result(node, infer.map_node(_MULTIPLY, (some, number), node.where))


# --- of a reduction, a broadcast, a reshape -----------------------------------------


def _twice(node: Node) -> Node | None:
    """``sum(sum(x)) = sum(x)`` over the axes of both, where order changes no bit."""
    inner = node.args[0]
    if inner.op is not node.op or node.dtype.kind not in "biu":
        return None
    x = inner.args[0]
    if not x.dtype == inner.dtype == node.dtype or not node.params:
        return None
    kept = [k for k in range(len(x.shape)) if k not in inner.params]
    axes = tuple(sorted((*inner.params, *(kept[k] for k in node.params))))
    return infer.reduce_node(node.op, x, axes, node.dtype, node.where)


def _stretched(node: Node) -> Node | None:
    """``max(stretch(x)) = max(x)`` along the axes that x is stretched over."""
    operand = node.args[0]
    if type(operand.params) is not View or not operand.args[0].shape:
        return None
    view: View = operand.params
    named = {a.axis for a in view.axes}
    loose = [k for k in node.params if k not in named]
    if not loose or 0 in view.shape:
        return None
    bare = infer.view_node(operand, views.index(view.shape, _first_of(loose, view)))
    if bare.dtype != node.dtype:
        return None
    place = {
        k: j for j, k in enumerate(k for k in range(len(view.shape)) if k not in loose)
    }
    axes = tuple(place[k] for k in node.params if k not in loose)
    return (
        infer.reduce_node(node.op, bare, axes, node.dtype, node.where) if axes else bare
    )


def _first_of(axes: list[int], view: View) -> tuple[int | slice, ...]:
    return tuple(0 if k in axes else slice(None) for k in range(len(view.shape)))


def _reshaped(node: Node) -> Node | None:
    """``sum(reshape(x)) = sum(x)``, where whole axes of x are what is folded."""
    operand = node.args[0]
    if operand.op is not _RESHAPE or not operand.size:
        return None
    x = operand.args[0]
    blocks = blocks_of(x.shape, operand.shape)
    axes: list[int] = []
    for old, new in blocks:
        folded = [k in node.params for k in new]
        if any(folded) and not all(folded):
            return None
        if folded and folded[0]:
            axes += old
    kept = [k for k in range(len(operand.shape)) if k not in node.params]
    if not axes or any(operand.shape[k] == 1 for k in node.params):
        return None
    result = infer.reduce_node(node.op, x, tuple(axes), node.dtype, node.where)
    shape = tuple(operand.shape[k] for k in kept)
    return infer.reshape_node(result, shape, node.where)


def _joined(node: Node) -> Node | None:
    """``max(stack(x, y)) = maximum(x, y)`` along the axis of a stack that is folded."""
    operand, cast = node.args[0], None
    if operand.op is _CAST and operand.args[0].op is _CONCAT:
        operand, cast = operand.args[0], operand.dtype
    if operand.op is not _CONCAT or operand.params != node.params:
        return None
    (axis,) = node.params
    parts = operand.args
    if len(parts) > _STACKED or any(part.shape[axis] != 1 for part in parts):
        return None
    if (cast or operand.dtype) != node.dtype:
        return None
    if axis and node.dtype.kind in "fc":
        return None  # NumPy chooses otherwise between two zeros, and between two NaNs
    view = views.index(operand.shape, (*(slice(None),) * axis, 0))
    made: Node | None = None
    for part in parts:
        one = infer.view_node(part, view, node.where)
        one = one if cast is None else infer.astype(one, cast, node.where)
        made = (
            one if made is None else infer.of(_PAIRS[node.op], (made, one), node.where)
        )
    return made


def blocks_of(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]]:
    """Return the axes of two shapes of one size in groups that hold the same elements.

    Examples
    --------
    >>> blocks_of((2, 3, 4), (6, 4))
    [([0, 1], [0]), ([2], [1])]
    """
    blocks: list[tuple[list[int], list[int]]] = []
    left, right = 0, 0
    while left < len(old) or right < len(new):
        ours: list[int] = []
        theirs: list[int] = []
        a = b = 1
        while a != b or not (ours or theirs):
            if (a <= b and left < len(old)) or right == len(new):
                a *= old[left]
                ours.append(left)
                left += 1
            else:
                b *= new[right]
                theirs.append(right)
                right += 1
        blocks.append((ours, theirs))
    return blocks


def _named(*names: str) -> tuple[ops.Op, ...]:
    return tuple(ops.OPS[name] for name in names)


_EXACT = _named("max", "min", "any", "all")
_FOLDS = tuple(op for op in ops.OPS.values() if op.kind is Kind.REDUCE)

RULES: tuple[Rule, ...] = (
    Rule("sum-of-fill", "sum(fill(c)) = c * n", _named("sum"), _sum),
    Rule("prod-of-fill", "prod(fill(c)) = c ** n", _named("prod"), _prod),
    Rule("extreme-of-fill", "max(fill(c)) = c", _named("max", "min"), _same),
    Rule("truth-of-fill", "all(fill(c)) = c", _named("any", "all"), _same),
    Rule("place-of-fill", "argmax(fill(c)) = 0", _named("argmax", "argmin"), _first),
    Rule("count-of-fill", "count(fill(c)) = n", _named("count_nonzero"), _count),
    Rule(
        "fold-of-fold",
        "sum(sum(x)) = sum(x)",
        (*_EXACT, *_named("sum", "prod")),
        _twice,
    ),
    Rule("fold-of-stretch", "max(stretch(x)) = max(x)", _EXACT, _stretched),
    Rule("fold-of-stack", "max(stack(x, y)) = maximum(x, y)", _EXACT, _joined),
    Rule("fold-of-reshape", "sum(reshape(x)) = sum(x)", _FOLDS, _reshaped),
)

__all__ = ["RULES", "blocks_of"]
