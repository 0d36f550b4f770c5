"""Reductions: sums, products, extremes, truth."""

from __future__ import annotations

from math import prod as product
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import partial, theirs
from lazyarr.api.creation import dtype_of
from lazyarr.api.handle import SELECTED, here, shown
from lazyarr.api.quick import quick
from lazyarr.api.results import finished, folding_dtype, of_selection
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Shape, Where, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ops.row import DType, Op

_NONE = np._NoValue  # an argument that is not given
_BOOL = np.dtype(bool)
_INT = np.dtype(np.int64)
_UINT = np.dtype(np.uint64)


def accumulator(dtype: DType, asked: Any) -> DType:
    """Return the dtype in which NumPy sums: small integers widen."""
    if asked is not None:
        return dtype_of(asked, "sum")
    if dtype.kind in "bi":
        return _INT if dtype.itemsize <= 8 else dtype
    return _UINT if dtype.kind == "u" else dtype


def keep(node: Node, axes: Shape, keepdims: Any, where: Where) -> Node:
    """Return a fold with its axes put back as axes of one element, if asked."""
    if not keepdims or not axes or keepdims is _NONE:
        return node
    return infer.view_node(node, views.add_axes(node.shape, axes), where)


def fold(
    op: Op, node: Node, axes: Shape, dtype: DType, where: Where, *, alone: DType | None
) -> Node:
    """Return the fold of a node over axes; over no axes, each element is its own."""
    if axes:
        _check_empty(op, node, axes, where)
        return infer.reduce_node(op, node, axes, dtype, where)
    alone_node = infer.astype(node, alone or dtype, where)
    if op.name == "sum" and alone_node.dtype.kind in "fc":
        # NumPy starts from 0.0, and so a sum is never -0.0.
        return infer.map_node(ops.OPS["add"], (alone_node, 0.0), where)
    if op.name == "prod" and alone_node.dtype.kind == "c":
        # NumPy starts from 1+0j: the other part of an infinity is no number, then.
        last = (len(alone_node.shape),)
        line = views.add_axes(alone_node.shape, last)
        row = infer.view_node(alone_node, line, where)
        return infer.reduce_node(op, row, last, dtype, where)
    return alone_node


def _check_empty(op: Op, node: Node, axes: Shape, where: Where) -> None:
    folded = product(node.shape[k] for k in axes)
    if folded or op.start is not None:
        return
    names = {"max": "maximum", "min": "minimum"}
    what = (
        f"zero-size array to reduction operation {names.get(op.name, op.name)} "
        f"which has no identity: shape {node.shape}, axis {axes}"
    )
    raise ShapeError.at(op.name, what, where_text(where))


def _simple(
    name: str,
    x: Any,
    axis: Any,
    dtype: Any,
    keepdims: Any,
    out: Any,
    initial: Any,
    mask: Any,
) -> Array:
    where = here(3)
    if SELECTED and initial is _NONE and (mask is True or mask is _NONE):
        made = of_selection(x, name, axis, keepdims, out, dtype=dtype)
        if made is not None:
            return made
    node = shown(x)
    if out is not None and dtype is None:
        dtype = folding_dtype(node.dtype, out)
    wide = accumulator(node.dtype, dtype)
    operand = infer.astype(node, wide, where)
    if mask is not True and mask is not _NONE:
        operand = partial.kept(name, operand, mask, initial, where)
    axes = axis_arguments.folded(axis, len(operand.shape), name)
    folded = fold(ops.OPS[name], operand, axes, wide, where, alone=None)
    if initial is not _NONE:
        folded = partial.with_initial(name, folded, initial, where)
    result = keep(folded, axes, keepdims, where)
    return finished(result, out, name, where, "unsafe")


@quick(theirs.total, chained=True)
def sum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = _NONE,
    where: Any = True,
) -> Array:
    """Return the sum over axes; deterministic and as accurate as pairwise summation.

    Parameters
    ----------
    a : array_like
    axis : int or tuple of int, optional
        Default: all.
    dtype : dtype, optional
        Of accumulation and result. Default: that of `a`, small integers as 64-bit.
    out : Array, optional
        Where to store the result.
    keepdims : bool
        Keep folded axes with one element.
    initial : scalar, optional
        Is added to the sum.
    where : array_like of bool
        Which elements are added up.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.sum(la.arange(5)))
    10
    """
    return _simple("sum", a, axis, dtype, keepdims, out, initial, where)


@quick(theirs.product, chained=True)
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = _NONE,
    where: Any = True,
) -> Array:
    """Return the product over axes; parameters as for `sum`.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.prod(la.arange(1, 5)))
    24
    """
    return _simple("prod", a, axis, dtype, keepdims, out, initial, where)


def _extreme(
    name: str, x: Any, axis: Any, keepdims: Any, out: Any, initial: Any, mask: Any
) -> Array:
    where = here(3)
    if SELECTED and initial is _NONE and (mask is True or mask is _NONE):
        made = of_selection(x, name, axis, keepdims, out)
        if made is not None:
            return made
    node = shown(x)
    if mask is not True and mask is not _NONE:
        node = partial.kept(name, node, mask, initial, where)
    axes = axis_arguments.folded(axis, len(node.shape), name)
    if initial is _NONE:
        folded = fold(ops.OPS[name], node, axes, node.dtype, where, alone=None)
    else:
        folded = partial.extreme_from(name, node, axes, initial, where)
    result = keep(folded, axes, keepdims, where)
    return finished(result, out, name, where, "unsafe")


@quick(theirs.largest, chained=True)
def max(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = _NONE,
    where: Any = True,
) -> Array:
    """Return the largest elements over axes; a NaN is the largest of all.

    Raises
    ------
    ShapeError
        There is nothing to take the maximum of.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.max(la.asarray([3, 9, 2])))
    9
    """
    return _extreme("max", a, axis, keepdims, out, initial, where)


@quick(theirs.smallest, chained=True)
def min(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = _NONE,
    where: Any = True,
) -> Array:
    """Return the smallest elements over axes; a NaN is the smallest of all.

    Raises
    ------
    ShapeError
        There is nothing to take the minimum of.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.min(la.asarray([3, 9, 2])))
    2
    """
    return _extreme("min", a, axis, keepdims, out, initial, where)


def _truth(name: str, x: Any, axis: Any, keepdims: Any, out: Any, mask: Any) -> Array:
    where = here(3)
    if SELECTED and (mask is True or mask is _NONE):
        made = of_selection(x, name, axis, keepdims, out)
        if made is not None:
            return made
    node = shown(x)
    truth = infer.astype(node, _BOOL, where)
    if mask is not True and mask is not _NONE:
        truth = partial.kept(name, truth, mask, _NONE, where)
    axes = axis_arguments.folded(axis, len(truth.shape), name)
    folded = fold(ops.OPS[name], truth, axes, _BOOL, where, alone=_BOOL)
    result = keep(folded, axes, keepdims, where)
    return finished(result, out, name, where, "unsafe")


@quick(theirs.some, chained=True)
def any(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """Return whether any element over axes is true.

    Examples
    --------
    >>> import lazyarr as la
    >>> bool(la.any(la.asarray([0, 1])))
    True
    """
    return _truth("any", a, axis, keepdims, out, where)


@quick(theirs.every, chained=True)
def all(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """Return whether all elements over axes are true.

    Examples
    --------
    >>> import lazyarr as la
    >>> bool(la.all(la.asarray([0, 1])))
    False
    """
    return _truth("all", a, axis, keepdims, out, where)


amax, amin = max, min
__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "max",
    "min",
    "prod",
    "sum",
]
