"""Reductions: sums, extremes, moments, truth, places of extremes, counts."""

from __future__ import annotations

from math import prod as product
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import partial
from lazyarr.api.handle import here, node_of, warn
from lazyarr.api.interop import through_numpy
from lazyarr.api.results import finished
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
_FLOAT = np.dtype(np.float64)
_SINGLE = np.dtype(np.float32)
_HALF = np.dtype(np.float16)
_COMPLEX = np.dtype(np.complex128)
_SINGLE_COMPLEX = np.dtype(np.complex64)


def accumulator(dtype: DType, asked: Any) -> DType:
    """Return the dtype in which NumPy sums: small integers widen."""
    if asked is not None:
        return np.dtype(asked)  # type: ignore[no-any-return]
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
    where = here()
    node = node_of(x)
    wide = accumulator(node.dtype, dtype)
    operand = infer.astype(node, wide, where)
    if mask is not True and mask is not _NONE:
        operand = partial.kept(name, operand, mask, initial, where)
    axes = axis_arguments.folded(axis, len(operand.shape), name)
    folded = fold(ops.OPS[name], operand, axes, wide, where, alone=None)
    if initial is not _NONE:
        folded = partial.with_initial(name, folded, initial, where)
    return finished(keep(folded, axes, keepdims, where), out, name, where)


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
    where = here()
    node = node_of(x)
    if mask is not True and mask is not _NONE:
        node = partial.kept(name, node, mask, initial, where)
    axes = axis_arguments.folded(axis, len(node.shape), name)
    if initial is _NONE:
        folded = fold(ops.OPS[name], node, axes, node.dtype, where, alone=None)
    else:
        folded = partial.extreme_from(name, node, axes, initial, where)
    return finished(keep(folded, axes, keepdims, where), out, name, where)


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
    """
    return _extreme("min", a, axis, keepdims, out, initial, where)


def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Array:
    """Return the range of values over axes: the maximum less the minimum."""
    least = min(a, axis=axis, keepdims=keepdims)
    made = max(a, axis=axis, keepdims=keepdims) - least
    return finished(made._current(), out, "ptp", here())


def _truth(name: str, x: Any, axis: Any, keepdims: Any, out: Any, mask: Any) -> Array:
    where = here()
    node = node_of(x)
    truth = infer.astype(node, _BOOL, where)
    if mask is not True and mask is not _NONE:
        truth = partial.kept(name, truth, mask, _NONE, where)
    axes = axis_arguments.folded(axis, len(truth.shape), name)
    folded = fold(ops.OPS[name], truth, axes, _BOOL, where, alone=_BOOL)
    return finished(keep(folded, axes, keepdims, where), out, name, where)


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


def _mean_dtype(dtype: DType, asked: Any) -> DType:
    if asked is not None:
        return np.dtype(asked)  # type: ignore[no-any-return]
    return _FLOAT if dtype.kind in "biu" else dtype


def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """Return the arithmetic mean over axes, by NumPy's steps and in its dtypes.

    Integers are averaged as float64; float16 is summed in float32.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.mean(la.asarray([1, 2, 6])))
    3.0
    """
    if where is not True and where is not _NONE:
        return partial.mean(a, axis, dtype, out, keepdims, where)
    place = here()
    node = node_of(a)
    axes = axis_arguments.several(axis, len(node.shape), "mean")
    result = _mean_dtype(node.dtype, dtype)
    wide = _SINGLE if result == _HALF and dtype is None else result
    operand = infer.astype(node, wide, place)
    total = fold(ops.OPS["sum"], operand, axes, wide, place, alone=None)
    count = product(node.shape[k] for k in axes)
    if not count:
        warn("Mean of empty slice")
    if wide == _SINGLE_COMPLEX:  # NumPy divides by an integer, and so in double
        total = infer.astype(total, _COMPLEX, place)
    quotient = infer.map_node(ops.OPS["divide"], (total, float(count)), place)
    quotient = infer.astype(quotient, result, place)
    return finished(keep(quotient, axes, keepdims, place), out, "mean", place, "unsafe")


def _deviations(
    x: Any, axis: Any, dtype: Any, correction: float, name: str, where: Where
) -> tuple[Node, Shape, DType]:
    """Return the variance in its computing dtype, the axes, and the result's dtype."""
    node = node_of(x)
    axes = axis_arguments.several(axis, len(node.shape), name)
    wide = _mean_dtype(node.dtype, dtype)
    result = np.empty(0, wide).real.dtype
    if wide == _HALF and dtype is None:
        wide = _SINGLE
    operand = infer.astype(node, wide, where)
    real = np.empty(0, wide).real.dtype
    row = ops.OPS["sum_squared_deviations"]
    if axes:
        total = infer.reduce_node(row, operand, axes, real, where)
    else:  # each element alone deviates from itself by x - x
        flat = infer.view_node(operand, views.add_axes(node.shape, (len(node.shape),)))
        total = infer.reduce_node(row, flat, (len(node.shape),), real, where)
    count = product(node.shape[k] for k in axes)
    if count <= correction:
        warn("Degrees of freedom <= 0 for slice")
    left = float(count - correction) if count > correction else 0.0
    quotient = infer.map_node(ops.OPS["divide"], (total, left), where)
    return quotient, axes, result


def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = _NONE,
    correction: Any = None,
) -> Array:
    """Return the variance over axes: the mean squared deviation from the mean.

    Parameters
    ----------
    a : array_like
    axis : int or tuple of int, optional
    dtype : dtype, optional
    out : Array, optional
    ddof, correction : float
        The divisor is the count less this; two names, NumPy's and the standard's.
    keepdims : bool

    Notes
    -----
    Partial results are merged by Chan, Golub and LeVeque's formula, "Updating formulae
    and a pairwise algorithm for computing sample variances" (1979).

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.var(la.asarray([1.0, 3.0])))
    1.0
    """
    less = ddof if correction is None or correction is _NONE else correction
    if (where is not True and where is not _NONE) or mean is not _NONE:
        options = {"out": out, "keepdims": keepdims, "where": where, "mean": mean}
        return partial.var(a, axis, dtype, less, options)
    place = here()
    if dtype is not None and np.dtype(dtype).kind != "f":
        options = {
            "axis": axis,
            "dtype": dtype,
            "ddof": less,
            "keepdims": keepdims is True,
        }
        return through_numpy(np.var, (a,), {**options, "out": out}, "var")  # type: ignore[no-any-return]
    node, axes, dtype = _deviations(a, axis, dtype, less, "var", place)
    node = infer.astype(node, dtype, place)
    return finished(keep(node, axes, keepdims, place), out, "var", place, "unsafe")


def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = _NONE,
    correction: Any = None,
) -> Array:
    """Return the standard deviation over axes: the root of `var`, same parameters.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.std(la.asarray([1.0, 3.0])))
    1.0
    """
    less = ddof if correction is None or correction is _NONE else correction
    if (where is not True and where is not _NONE) or mean is not _NONE:
        options = {"out": out, "keepdims": keepdims, "where": where, "mean": mean}
        return partial.std(a, axis, dtype, less, options)
    place = here()
    if dtype is not None and np.dtype(dtype).kind != "f":
        options = {
            "axis": axis,
            "dtype": dtype,
            "ddof": less,
            "keepdims": keepdims is True,
        }
        return through_numpy(np.std, (a,), {**options, "out": out}, "std")  # type: ignore[no-any-return]
    node, axes, dtype = _deviations(a, axis, dtype, less, "std", place)
    node = infer.map_node(ops.OPS["sqrt"], (node,), place)
    node = infer.astype(node, dtype, place)
    return finished(keep(node, axes, keepdims, place), out, "std", place, "unsafe")


amax, amin = max, min
__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
]
