"""Norms of vectors and matrices: sums and extremes of magnitudes, which fuse."""

from __future__ import annotations

from math import inf, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import axes as axis_arguments
from lazyarr.api.elementwise import abs as absolute
from lazyarr.api.elementwise import conj, multiply, sqrt
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.quick import quick
from lazyarr.api.stacks import MatrixError, common_dtype, singular_values
from lazyarr.api.templates import templated
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Shape

_DOUBLE = np.dtype(np.float64)


def _inexact(x: Any) -> Array:
    node = node_of(x)
    if node.dtype.kind in "fc":
        return new(node)
    return new(infer.astype(node, _DOUBLE, here()))


def _squares(x: Array) -> Array:
    """Return the squared magnitudes."""
    if x.dtype.kind != "c":
        return multiply(x, x)
    return multiply(conj(x), x).real


def _largest(x: Array, axes: Shape) -> Array:
    """Return the maximum of magnitudes over axes; of none it is 0."""
    if prod(x.shape[k] for k in axes):
        return x.max(axis=axes)
    kept = tuple(n for k, n in enumerate(x.shape) if k not in axes)
    return new(infer.full_node(infer.scalar(0, x.dtype), kept, here()))


def _magnitude(x: Array, order: Any, axes: Shape) -> Array:
    """Return the norm of vectors that lie along axes."""
    if isinstance(order, str):
        msg = f"Invalid norm order '{order}' for vectors"
        raise ValueError(msg)  # noqa: TRY004 - NumPy's type
    if order is None or order == 2:
        return sqrt(_squares(x).sum(axis=axes))
    if order == inf:
        return _largest(absolute(x), axes)
    if order == -inf:
        return absolute(x).min(axis=axes)
    if order == 0:
        real = np.empty(0, x.dtype).real.dtype
        return (x != 0).astype(real).sum(axis=axes)
    if order == 1:
        return absolute(x).sum(axis=axes)
    total = (absolute(x) ** order).sum(axis=axes)
    return total ** total.dtype.type(1 / order)  # type: ignore[no-any-return]


def _kept(x: Array, axes: Shape, keepdims: bool) -> Array:
    if not keepdims or not axes:
        return x
    node = x._current()
    return new(infer.view_node(node, views.add_axes(node.shape, axes), here()))


@templated
def vector_norm(
    x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2
) -> Array:
    """Return norms of vectors.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        Where the vectors lie; None takes the whole array for one vector.
    keepdims : bool
        Keep those axes with one element.
    ord : float
        Order: 2 is the Euclidean norm; infinities are extremes; 0 counts.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.linalg.vector_norm(la.asarray([3.0, 4.0])))
    5.0
    """
    array = _inexact(x)
    axes = axis_arguments.several(axis, array.ndim, "vector_norm")
    return _kept(_magnitude(array, ord, axes), axes, keepdims)


@templated
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """Return norms of matrices.

    Parameters
    ----------
    x : array_like
    keepdims : bool
    ord : {"fro", "nuc", 1, -1, 2, -2, inf, -inf}
        Frobenius; sum, largest and smallest of the singular values (nuc, 2, -2);
        extreme sums of columns (1, -1) and rows (inf, -inf).

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.linalg.matrix_norm(la.ones((2, 2))))
    2.0
    """
    array = _inexact(x)
    if array.ndim < 2:
        what = f"shape {array.shape} is no stack of matrices"
        raise MatrixError.at("matrix_norm", what, where_text(here()))
    return _kept(_of_matrices(array, ord), (array.ndim - 2, array.ndim - 1), keepdims)


def _of_matrices(x: Array, order: Any) -> Array:
    rows, cols = x.ndim - 2, x.ndim - 1
    if order is None or order in ("fro", "f"):
        return sqrt(_squares(x).sum(axis=(rows, cols)))
    if order in (1, -1, inf, -inf):
        sums = absolute(x).sum(axis=rows if abs(order) == 1 else cols)
        return _largest(sums, (rows,)) if order > 0 else sums.min(axis=-1)
    if order not in (2, -2, "nuc"):
        msg = "Invalid norm order for matrices."
        raise ValueError(msg)
    node = x._current()
    values = singular_values(
        infer.astype(node, common_dtype("matrix_norm", node), here())
    )
    if order == "nuc":
        return values.sum(axis=-1)
    return _largest(values, (rows,)) if order > 0 else values.min(axis=-1)


@quick(np.linalg.norm)
@templated
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """Return NumPy's norm: of vectors along one axis, of matrices along two.

    Parameters
    ----------
    x : array_like
    ord : optional
        As for `vector_norm` and `matrix_norm`. None: the root of the sum of squares.
    axis : int or tuple of two int, optional
        Default: the whole array, which has one or two axes if `ord` is given.
    keepdims : bool

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.linalg.norm(la.ones((2, 2))))
    2.0
    """
    array = _inexact(x)
    if axis is None and ord is None:
        return vector_norm(array, keepdims=keepdims)
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    if axis is None:
        listed = tuple(range(array.ndim))
    places = tuple(axis_arguments.one(k, array.ndim, "norm") for k in listed)
    if len(places) == 1:
        return vector_norm(array, axis=places, keepdims=keepdims, ord=ord)
    if len(places) != 2:
        msg = "Improper number of dimensions to norm."
        raise ValueError(msg)
    if places[0] == places[1]:
        msg = "Duplicate axes given."
        raise ValueError(msg)
    rest = [k for k in range(array.ndim) if k not in places]
    turned = new(
        infer.view_node(
            array._current(), views.permute(array.shape, (*rest, *places)), here()
        )
    )
    return _kept(_of_matrices(turned, ord), tuple(sorted(places)), keepdims)
