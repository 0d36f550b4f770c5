"""Moments over axes: means, variances, standard deviations."""

from __future__ import annotations

from math import prod as product
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import direct, partial, theirs
from lazyarr.api.creation import dtype_of
from lazyarr.api.direct import NOT_GIVEN
from lazyarr.api.handle import SELECTED, Handle, here, shown
from lazyarr.api.interop import through_numpy
from lazyarr.api.quick import quick
from lazyarr.api.results import finished, of_selection
from lazyarr.api.statistical import fold, keep
from lazyarr.errors import at_users_line, warn
from lazyarr.ir import infer
from lazyarr.ir import view as views

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node, Shape, Where
    from lazyarr.ops.row import DType

_NONE = np._NoValue  # an argument that is not given
_FLOAT = np.dtype(np.float64)
_SINGLE = np.dtype(np.float32)
_HALF = np.dtype(np.float16)
_COMPLEX = np.dtype(np.complex128)
_SINGLE_COMPLEX = np.dtype(np.complex64)
_EXACT = 1 << 24  # the largest count up to which all are single-precision numbers


def _mean_dtype(dtype: DType, asked: Any) -> DType:
    if asked is not None:
        return dtype_of(asked, "mean")
    return _FLOAT if dtype.kind in "biu" else dtype


@quick(theirs.mean, chained=True)
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
    if out is not None and rounds_as(out, _mean_dtype(shown(a).dtype, dtype)):
        options = {"axis": axis, "dtype": dtype, "keepdims": keepdims, "where": where}
        return through_numpy(np.mean, (a,), options | {"out": out}, "mean")  # type: ignore[no-any-return]
    if where is not True and where is not _NONE:
        return partial.mean(a, axis, dtype, out, keepdims, where)
    place = here(2)
    if SELECTED:
        made = of_selection(a, "mean", axis, keepdims, out, dtype=dtype)
        if made is not None:
            return made
    node = shown(a)
    if 0 in node.shape:
        return _of_too_few("mean", a, axis, dtype, out=out, keepdims=keepdims)
    axes = axis_arguments.chosen(axis, len(node.shape), "mean")
    result = keep(_mean(node, axes, dtype, place), axes, keepdims, place)
    return finished(result, out, "mean", place, "unsafe")


def rounds_as(out: Any, dtype: DType) -> bool:
    """Whether NumPy rounds a result of a dtype to another on its way into ``out=``.

    It computes in both in turns, by steps that no expression follows, and halves in
    single precision.
    """
    if isinstance(out, tuple):
        (out,) = out
    taken = getattr(out, "dtype", dtype)
    return bool(taken != dtype or taken == _HALF)


def finished_by(
    name: str, args: tuple[Any, ...], options: dict[str, Any], result: Node, out: Any
) -> Array:
    """Return what a function of NumPy's gives, `result` unless ``out=`` changes it.

    It may round what is computed; and to which shapes NumPy stretches it differs by
    method and release.
    """
    other = getattr(out, "shape", result.shape) != result.shape
    if out is not None and (other or rounds_as(out, result.dtype)):
        options = options | {"out": out}
        return through_numpy(getattr(np, name), args, options, name)  # type: ignore[no-any-return]
    return finished(result, out, name, here())


def _of_too_few(name: str, x: Any, axis: Any, dtype: Any, **options: Any) -> Array:
    """Return what NumPy's method gives where nothing is left to divide by.

    It warns of each of its steps, and has words of its own for those of one number.
    """
    options |= {"axis": axis, "dtype": dtype}
    options = {key: one for key, one in options.items() if one is not _NONE}
    array = x if isinstance(x, Handle) else np.asarray(x)
    with at_users_line():
        return through_numpy(getattr(np.ndarray, name), (array,), options, name)  # type: ignore[no-any-return]


def _mean(node: Node, axes: Shape, dtype: Any, where: Where) -> Node:
    """Return the mean over axes, which are gone."""
    result = _mean_dtype(node.dtype, dtype)
    wide = _SINGLE if result == _HALF and dtype is None else result
    operand = infer.astype(node, wide, where)
    total = fold(ops.OPS["sum"], operand, axes, wide, where, alone=None)
    count = product(node.shape[k] for k in axes)
    return infer.astype(_divided(total, float(count), where), result, where)


def _divided(total: Node, count: float, where: Where) -> Node:
    """Return a sum divided by a count, in double precision where that may show.

    NumPy divides by an integer, and so always in double.
    """
    if total.dtype == _SINGLE_COMPLEX:
        total = infer.astype(total, _COMPLEX, where)
    elif total.dtype == _HALF or (total.dtype == _SINGLE and count > _EXACT):
        total = infer.astype(total, _FLOAT, where)
    return infer.map_node(ops.OPS["divide"], (total, count), where)


def _spread(
    name: str, x: Any, axis: Any, dtype: Any, less: float, options: dict[str, Any]
) -> Array:
    """Return the variance, or its root for the name ``std``."""
    place = here(3)
    keepdims, out, mask = options["keepdims"], options["out"], options["where"]
    told = options["mean"] is not _NONE  # NumPy deviates from it in its own dtype
    unlike = dtype is not None and (
        told or not _deviates_in(np.dtype(dtype), shown(x).dtype)
    )
    if unlike or (
        out is not None and rounds_as(out, _spread_dtype(shown(x).dtype, dtype))
    ):
        options = options | {"axis": axis, "dtype": dtype, "ddof": less}
        return through_numpy(getattr(np, name), (x,), options, name)  # type: ignore[no-any-return]
    if told or (mask is not True and mask is not _NONE):
        return getattr(partial, name)(x, axis, dtype, less, options)  # type: ignore[no-any-return]
    if SELECTED:
        made = of_selection(x, name, axis, keepdims, out, dtype=dtype, less=less)
        if made is not None:
            return made
    node = shown(x)
    if node.shape and product(node.shape) <= max(less, 0):
        more = {"out": out, "keepdims": keepdims, "ddof": less}
        return _of_too_few(name, x, axis, dtype, **more)
    asked = node.dtype if dtype is None else np.dtype(dtype)
    if asked == _HALF:
        result, axes, kind = _of_halves(node, axis, less, name, place)
    else:
        result, axes, kind = _deviations(node, axis, dtype, less, name, place)
    if name == "std":
        result = infer.map_node(ops.OPS["sqrt"], (result,), place)
    result = keep(infer.astype(result, kind, place), axes, keepdims, place)
    # NumPy casts the variance as is, and asks its root's loop to.
    casting = "same_kind" if name == "std" else "unsafe"
    return finished(result, out, name, place, casting)


def _deviates_in(asked: DType, dtype: DType) -> bool:
    """Whether NumPy deviates from the mean in a dtype; in no real one of complex numbers."""
    return asked.kind == "f" and dtype.kind != "c"


def _spread_dtype(dtype: DType, asked: Any) -> DType:
    """Return the dtype of variances, which are real."""
    kind = _mean_dtype(dtype, asked)
    return np.dtype(kind.char.lower()) if kind.kind == "c" else kind


def _deviations(
    node: Node, axis: Any, dtype: Any, correction: float, name: str, where: Where
) -> tuple[Node, Shape, DType]:
    """Return the variance in its computing dtype, the axes, and the result's dtype."""
    axes = axis_arguments.chosen(axis, len(node.shape), name)
    wide = _mean_dtype(node.dtype, dtype)
    result = np.empty(0, wide).real.dtype
    operand = infer.astype(node, wide, where)
    real = np.empty(0, wide).real.dtype
    row = ops.OPS["sum_squared_deviations"]
    if axes:
        total = infer.reduce_node(row, operand, axes, real, where)
    else:  # each element alone deviates from itself by x - x
        flat = infer.view_node(operand, views.add_axes(node.shape, (len(node.shape),)))
        total = infer.reduce_node(row, flat, (len(node.shape),), real, where)
    quotient = _divided(total, _freedom(node, axes, correction), where)
    return quotient, axes, result


def _freedom(node: Node, axes: Shape, correction: float) -> float:
    """Return what sums of squares are divided by."""
    count = product(node.shape[k] for k in axes)
    if count <= correction:
        warn("Degrees of freedom <= 0 for slice")
        return 0.0
    return float(count - correction)


def _of_halves(
    node: Node, axis: Any, correction: float, name: str, where: Where
) -> tuple[Node, Shape, DType]:
    """Return what `_deviations` does, of halves: by NumPy's steps, each of which rounds."""
    axes = axis_arguments.chosen(axis, len(node.shape), name)
    row = ops.OPS["sum"]
    count = float(product(node.shape[k] for k in axes))
    operand = infer.astype(node, _HALF, where)
    total = fold(row, operand, axes, _HALF, where, alone=None)
    middle = infer.astype(_divided(total, count, where), _HALF, where)
    middle = keep(middle, axes, True, where)
    off = infer.map_node(ops.OPS["subtract"], (node, middle), where)
    square = infer.map_node(ops.OPS["square"], (off,), where)
    square = infer.astype(square, _HALF, where)
    total = fold(row, square, axes, _HALF, where, alone=None)
    quotient = _divided(total, _freedom(node, axes, correction), where)
    return infer.astype(quotient, _HALF, where), axes, _HALF


def divisor_less(ddof: Any, correction: Any) -> Any:
    """Return what the count is lessened by: it has two names, NumPy's and the standard's."""
    if correction is _NONE or correction is NOT_GIVEN:
        return ddof
    if ddof:
        msg = "ddof and correction can't be provided simultaneously."
        raise ValueError(msg)
    return correction


@quick(direct.var, chained=True)
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
    correction: Any = NOT_GIVEN,
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
    less = divisor_less(ddof, correction)
    options = {"out": out, "keepdims": keepdims, "where": where, "mean": mean}
    return _spread("var", a, axis, dtype, less, options)


@quick(direct.std, chained=True)
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
    correction: Any = NOT_GIVEN,
) -> Array:
    """Return the standard deviation over axes: the root of `var`, same parameters.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.std(la.asarray([1.0, 3.0])))
    1.0
    """
    less = divisor_less(ddof, correction)
    options = {"out": out, "keepdims": keepdims, "where": where, "mean": mean}
    return _spread("std", a, axis, dtype, less, options)
