"""Linear algebra: the standard's extension, and NumPy's neighbours of it.

Decompositions and inverses are library stages; norms, powers and ranks are composed of
operations that fuse.
"""

from __future__ import annotations

from math import prod
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import lines, manipulation, products, stacks, theirs
from lazyarr.api.composed import on_lazy_arrays
from lazyarr.api.decompositions import (
    cholesky,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    lstsq,
    qr,
    slogdet,
    svd,
    svdvals,
)
from lazyarr.api.elementwise import isnan
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.interop import through_numpy
from lazyarr.api.norms import matrix_norm, norm, vector_norm
from lazyarr.api.products import vecdot
from lazyarr.api.quick import quick
from lazyarr.api.selection import where as select
from lazyarr.api.stacks import (
    common_dtype,
    matrix,
    real_dtype,
    result_of,
    singular_values,
)
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node

LinAlgError = np.linalg.LinAlgError


# --- numbers, inverses, powers -------------------------------------------------------


@quick(np.linalg.det)
def det(a: Any) -> Array:
    """Return the determinants of square matrices.

    Examples
    --------
    >>> import lazyarr as la
    >>> round(float(la.linalg.det(la.eye(3) * 2)), 6)
    8.0
    """
    node = matrix("det", a, square=True)
    return result_of("det", (node,), (), node.shape[:-2], node.dtype)


@quick(np.linalg.inv)
def inv(a: Any) -> Array:
    """Return the inverses of square matrices.

    A singular matrix is found when the inverse is computed: that raises `LinAlgError`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.inv(la.eye(2) * 4).compute()
    array([[0.25, 0.  ],
           [0.  , 0.25]])
    """
    node = matrix("inv", a, square=True)
    return result_of("inv", (node,), (), node.shape, node.dtype)


@quick(np.linalg.solve)
def solve(a: Any, b: Any) -> Array:
    """Return the solutions of systems of linear equations.

    Parameters
    ----------
    a : array_like
        Stack of square matrices.
    b : array_like
        One right side if it is 1-d, else a stack of matrices of right sides.

    Raises
    ------
    ShapeError
        The shapes do not fit together.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.solve(la.eye(2) * 2, la.asarray([2.0, 6.0])).compute()
    array([1., 3.])
    """
    where = here()
    x = matrix("solve", a, square=True)
    y = node_of(b)
    dtype = common_dtype("solve", node_of(a), y)
    x, y = infer.astype(x, dtype, where), infer.astype(y, dtype, where)
    vector = len(y.shape) == 1
    rows = y.shape[-1:] if vector else y.shape[-2:-1]
    if rows != x.shape[-1:]:
        what = f"shapes {x.shape} and {y.shape} are no system of equations"
        raise ShapeError.at("solve", what, where_text(where))
    if vector:
        shape = x.shape[:-1]
    else:
        lead = infer.broadcast_shapes("solve", (x.shape[:-2], y.shape[:-2]), where)
        shape = (*lead, *y.shape[-2:])
    return result_of("solve", (x, y), (), shape, dtype)


@quick(theirs.pseudoinverse)
def pinv(
    a: Any,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    rtol: Any = None,
) -> Array:
    """Return the Moore-Penrose pseudoinverses of matrices.

    Parameters
    ----------
    a : array_like
    rtol, rcond : float or array_like, optional
        Singular values below this share of the largest are taken for zero; one for
        each matrix, or one for all. Default: the longer side times the dtype's epsilon.
    hermitian : bool
        The matrices are Hermitian, which is found faster.
    """
    node = matrix("pinv", a)
    bound = stacks.one_bound(rtol=rtol, rcond=rcond)
    args: tuple[Node, ...] = (node,)
    if bound is not None:
        args = (node, infer.astype(node_of(bound), real_dtype(node.dtype), here()))
    *lead, rows, cols = node.shape
    return result_of("pinv", args, (bool(hermitian),), (*lead, cols, rows), node.dtype)


@quick(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Array:
    """Return square matrices raised to an integer power, by repeated squaring.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.matrix_power(la.asarray([[1, 1], [0, 1]]), 5).compute()
    array([[1, 5],
           [0, 1]])
    """
    node = matrix("matrix_power", a, square=True, keep=True)
    power = index(n)
    base = new(node)
    if power == 0:
        side = node.shape[-1]
        unit = infer.astype(node_of(np.eye(side)), node.dtype, here())
        return new(infer.view_node(unit, views.broadcast(unit.shape, node.shape)))
    if power < 0:
        base, power = inv(base), -power
    if power == 3:
        return matmul(matmul(base, base), base)
    square = result = None
    while power > 0:
        square = base if square is None else matmul(square, square)
        power, bit = divmod(power, 2)
        if bit:
            result = square if result is None else matmul(result, square)
    assert result is not None
    return result


@lines.located
@quick(np.linalg.matrix_rank)
def matrix_rank(
    A: Any,  # noqa: N803 - NumPy's name
    tol: Any = None,
    hermitian: bool = False,
    *,
    rtol: Any = None,
) -> Array:
    """Return how many singular values of matrices count as not zero.

    Parameters
    ----------
    A : array_like
    tol : float or array_like, optional
        Absolute bound below which a singular value counts as zero.
    hermitian : bool
        The matrices are Hermitian.
    rtol : float or array_like, optional
        Bound as a share of the largest singular value. Default: the longer side times
        the dtype's epsilon.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.linalg.matrix_rank(la.ones((3, 3))))
    1
    """
    stacks.one_bound(tol=tol, rtol=rtol)
    given = node_of(A)
    if len(given.shape) < 2:
        return (new(given) != 0).any().astype(np.int64)
    node = matrix("matrix_rank", A)
    values = abs(eigvalsh(A)) if hermitian else singular_values(node)
    if not min(node.shape[-2:]):
        return new(infer.full_node(infer.scalar(0, np.dtype(int)), node.shape[:-2]))
    if tol is None:
        eps = float(np.finfo(node.dtype).eps) * max(node.shape[-2:])
        share = eps if rtol is None else _column(rtol)
        bound = values.max(axis=-1, keepdims=True) * share
    else:
        bound = _column(tol)
    return (values > bound).sum(axis=-1)


def _column(bound: Any) -> Any:
    """Return bounds, one for each matrix, beside the matrix's singular values."""
    node = node_of(bound)
    return new(infer.view_node(node, views.add_axes(node.shape, (len(node.shape),))))


# --- products and views ----------------------------------------------------------------


def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Array:
    """Return the cross products of vectors of three elements along an axis.

    Raises
    ------
    ShapeError
        The axis is not three elements long.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.cross(la.asarray([1, 0, 0]), la.asarray([0, 1, 0])).compute()
    array([0, 0, 1])
    """
    x, y, where = node_of(x1), node_of(x2), here()
    places = [axis_arguments.one(axis, len(n.shape), "cross") for n in (x, y)]
    if [n.shape[k] for n, k in zip((x, y), places, strict=True)] != [3, 3]:
        what = f"axis {axis} of shapes {x.shape} and {y.shape} is not 3 long in both"
        raise ShapeError.at("cross", what, where_text(where))
    shape = infer.broadcast_shapes("cross", (x.shape, y.shape), where)
    # The dtype, and the error for booleans, are those of the difference of products.
    product = infer.map_node(ops.OPS["multiply"], (x, y), where)
    dtype = infer.map_node(ops.OPS["subtract"], (product, product), where).dtype
    return result_of("cross", (x, y), (axis,), shape, dtype)


def diagonal(x: Any, /, *, offset: int = 0) -> Array:
    """Return a view of the diagonals of matrices.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.diagonal(la.eye(2)).compute()
    array([1., 1.])
    """
    return manipulation.diagonal(x, offset, -2, -1)


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """Return the sums of the diagonals of matrices.

    Examples
    --------
    >>> float(trace(np.eye(3)))
    3.0
    """
    return diagonal(x, offset=offset).sum(axis=-1, dtype=dtype)


matrix_transpose = manipulation.matrix_transpose


def matmul(x1: Any, x2: Any, /) -> Array:
    """Return the matrix product."""
    return products.matmul(x1, x2)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Array:
    """Return the sum of products over named axes, or over the last and first few."""
    return products.tensordot(x1, x2, axes)


def outer(x1: Any, x2: Any, /) -> Array:
    """Return all products of elements of two vectors.

    Raises
    ------
    ShapeError
        An operand is not 1-d.
    """
    x, y = node_of(x1), node_of(x2)
    if (len(x.shape), len(y.shape)) != (1, 1):
        what = f"Input arrays must be one-dimensional, found {x.shape} and {y.shape}"
        raise ShapeError.at("outer", what, where_text(here()))
    return products.outer(x1, x2)


# --- NumPy's own, through NumPy --------------------------------------------------------


@lines.located
@quick(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """Return condition numbers of matrices in a norm, as NumPy's.

    In the 2-norm, the default, they are lazy; others are evaluated at the call.

    Raises
    ------
    ShapeError
        `x` is no stack of matrices.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.linalg.cond(la.eye(2) * 3))
    1.0
    """
    if p not in (None, 2, -2) or 0 in np.shape(x):
        return through_numpy(np.linalg.cond, (x, p), {}, "linalg.cond")
    node = matrix("cond", x)
    values = singular_values(node)
    first, last = values[..., 0], values[..., -1]
    ratio = last / first if p == -2 else first / last
    # What is NaN though the matrix has none is 0 / 0, of a matrix of zeros.
    known = ~isnan(new(node)).any(axis=(-2, -1))
    return select(isnan(ratio) & known, ratio.dtype.type(np.inf), ratio)


@quick(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Array:
    """Return the product of matrices in the cheapest order, as NumPy finds it.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.multi_dot([la.ones((1, 2)), la.eye(2), la.ones(2)]).compute()
    array([2.])
    """
    result: Array = on_lazy_arrays(np.linalg.multi_dot)(list(arrays), out=out)
    return result


def tensorinv(a: Any, ind: int = 2) -> Array:
    """Return the inverse of a tensor under `tensordot`, as NumPy's.

    Raises
    ------
    ShapeError
        The tensor is not square over its first `ind` axes.
    """
    node = node_of(a)
    if ind <= 0:
        msg = "Invalid ind argument."
        raise ValueError(msg)
    first, last = node.shape[:ind], node.shape[ind:]
    flat = infer.reshape_node(node, (prod(first), prod(last)), here())
    return inv(new(flat)).reshape((*last, *first))


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """Return the solution of a tensor equation, as NumPy's.

    Raises
    ------
    LinAlgError
        The tensor is not square over the axes of `b` and the others.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.tensorsolve(la.eye(4).reshape(2, 2, 4), la.ones((2, 2))).shape
    (4,)
    """
    x, y = new(node_of(a)), new(node_of(b))
    if axes is not None:
        last = tuple(axis_arguments.one(k, x.ndim, "tensorsolve") for k in axes)
        order = [k for k in range(x.ndim) if k not in last]
        x = x.transpose((*order, *last))
    shape = x.shape[-(x.ndim - y.ndim) :]
    size = prod(shape)
    if x.size != size**2:
        msg = (
            "Input arrays must satisfy the requirement "
            "prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])"
        )
        raise LinAlgError(msg)
    return solve(x.reshape(size, size), y.ravel()).reshape(shape)


__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]
