"""Linear algebra: the standard's extension, and NumPy's neighbours of it.

Decompositions and inverses are library stages; norms, powers and ranks are composed of
operations that fuse. What a decomposition returns is lazy too: asking for one part
alone, or for all, runs it once.
"""

from __future__ import annotations

from math import prod
from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import manipulation, products
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.interop import through_numpy
from lazyarr.api.norms import matrix_norm, norm, vector_norm
from lazyarr.api.products import matmul, tensordot, vecdot
from lazyarr.api.stacks import common_dtype, matrix, result_of, singular_values
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType

LinAlgError = np.linalg.LinAlgError
_BYTE = np.dtype(np.uint8)


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors as columns."""

    eigenvalues: Array
    eigenvectors: Array


class EigResult(NamedTuple):
    """Eigenvalues and eigenvectors as columns, complex."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """An orthonormal and an upper triangular factor."""

    Q: Array
    R: Array


class SlogdetResult(NamedTuple):
    """Sign, and logarithm of the absolute value, of a determinant."""

    sign: Array
    logabsdet: Array


class SVDResult(NamedTuple):
    """Left singular vectors, singular values descending, adjoint right vectors."""

    U: Array
    S: Array
    Vh: Array


def _real(dtype: DType) -> DType:
    return np.empty(0, dtype).real.dtype


def _complex(dtype: DType) -> DType:
    return np.result_type(dtype, np.complex64)


def _parts(
    name: str, args: tuple[Node, ...], params: Any, parts: Sequence[tuple[Shape, DType]]
) -> list[Array]:
    """Return the results of an op that packs several into one array of bytes."""
    where = here()
    lengths = [prod(shape) * dtype.itemsize for shape, dtype in parts]
    whole = infer.library_node(
        ops.OPS[name], args, params, (sum(lengths),), _BYTE, where
    )
    found = []
    first = 0
    for (shape, dtype), length in zip(parts, lengths, strict=True):
        place = (first, shape, dtype.name)
        node = infer.library_node(ops.OPS["part"], (whole,), place, shape, dtype, where)
        found.append(new(node))
        first += length
    return found


# --- decompositions ------------------------------------------------------------------


def cholesky(x: Any, /, *, upper: bool = False) -> Array:
    """Return the Cholesky factors of positive definite matrices.

    Parameters
    ----------
    x : array_like
        Stack of Hermitian matrices.
    upper : bool
        Return ``U`` with ``x = U^H U`` instead of ``L`` with ``x = L L^H``.

    Raises
    ------
    MatrixError
        `x` is not a stack of square matrices.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.cholesky(la.asarray([[4.0, 2.0], [2.0, 5.0]])).compute()
    array([[2., 0.],
           [1., 2.]])
    """
    node = matrix("cholesky", x, square=True)
    return result_of("cholesky", (node,), (bool(upper),), node.shape, node.dtype)


def eigh(x: Any, /, UPLO: str = "L") -> EighResult:  # noqa: N803 - NumPy's name
    """Return eigenvalues, ascending, and eigenvectors of Hermitian matrices.

    Parameters
    ----------
    x : array_like
    UPLO : {"L", "U"}
        The triangle that is read.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.eigh(la.asarray([[2.0, 0.0], [0.0, 1.0]])).eigenvalues.compute()
    array([1., 2.])
    """
    node = matrix("eigh", x, square=True)
    values = (node.shape[:-1], _real(node.dtype))
    parts = [values, (node.shape, node.dtype)]
    return EighResult(*_parts("eigh", (node,), (_triangle(UPLO),), parts))


def eigvalsh(x: Any, /, UPLO: str = "L") -> Array:  # noqa: N803 - NumPy's name
    """Return the eigenvalues of Hermitian matrices, ascending; see `eigh`."""
    node = matrix("eigvalsh", x, square=True)
    params = (_triangle(UPLO),)
    dtype = _real(node.dtype)
    return result_of("eigvalsh", (node,), params, node.shape[:-1], dtype)


def _triangle(name: str) -> str:
    if name.upper() not in ("L", "U"):
        msg = "UPLO argument must be 'L' or 'U'"
        raise ValueError(msg)
    return name.upper()


def eig(x: Any, /) -> EigResult:
    """Return eigenvalues and eigenvectors of square matrices, always complex.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.eig(la.asarray([[2.0]])).eigenvalues.compute()
    array([2.+0.j])
    """
    node = matrix("eig", x, square=True)
    dtype = _complex(node.dtype)
    parts = [(node.shape[:-1], dtype), (node.shape, dtype)]
    return EigResult(*_parts("eig", (node,), (dtype.name,), parts))


def eigvals(x: Any, /) -> Array:
    """Return the eigenvalues of square matrices, always complex; see `eig`."""
    node = matrix("eigvals", x, square=True)
    dtype = _complex(node.dtype)
    return result_of("eigvals", (node,), (dtype.name,), node.shape[:-1], dtype)


def qr(x: Any, /, mode: str = "reduced") -> Any:
    """Return the QR decomposition of matrices.

    Parameters
    ----------
    x : array_like
    mode : {"reduced", "complete", "r", "raw"}
        ``"complete"`` gives a square ``Q``; ``"r"`` gives ``R`` alone.

    Raises
    ------
    MatrixError
        `x` has fewer than two dimensions.

    Examples
    --------
    >>> import lazyarr as la
    >>> q, r = la.linalg.qr(la.ones((3, 2)))
    >>> q.shape, r.shape
    ((3, 2), (2, 2))
    """
    if mode == "raw":
        return through_numpy(np.linalg.qr, (x, mode), {}, "linalg.qr")
    if mode not in ("reduced", "complete", "r"):
        msg = f"Unrecognized mode '{mode}'"
        raise ValueError(msg)
    node = matrix("qr", x)
    *lead, rows, cols = node.shape
    inner = rows if mode == "complete" else min(rows, cols)
    lower: Shape = (*lead, inner, cols)
    if mode == "r":
        return result_of("triangular_factor", (node,), (), lower, node.dtype)
    parts = [((*lead, rows, inner), node.dtype), (lower, node.dtype)]
    return QRResult(*_parts("qr", (node,), (mode,), parts))


def svd(
    x: Any, /, full_matrices: bool = True, compute_uv: bool = True
) -> SVDResult | Array:
    """Return the singular value decomposition of matrices.

    Parameters
    ----------
    x : array_like
    full_matrices : bool
        Whether ``U`` and ``Vh`` are square.
    compute_uv : bool
        False: return the singular values alone.

    Examples
    --------
    >>> import lazyarr as la
    >>> u, s, vh = la.linalg.svd(la.ones((3, 2)), full_matrices=False)
    >>> u.shape, s.shape, vh.shape
    ((3, 2), (2,), (2, 2))
    """
    if not compute_uv:
        return svdvals(x)
    node = matrix("svd", x)
    *lead, rows, cols = node.shape
    inner = min(rows, cols)
    left, right = (rows, cols) if full_matrices else (inner, inner)
    parts = [
        ((*lead, rows, left), node.dtype),
        ((*lead, inner), _real(node.dtype)),
        ((*lead, right, cols), node.dtype),
    ]
    return SVDResult(*_parts("svd", (node,), (bool(full_matrices),), parts))


def svdvals(x: Any, /) -> Array:
    """Return the singular values of matrices, descending."""
    return singular_values(matrix("svdvals", x))


# --- numbers, inverses, powers -------------------------------------------------------


def det(x: Any, /) -> Array:
    """Return the determinants of square matrices.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.linalg.det(la.eye(3) * 2))
    8.0
    """
    node = matrix("det", x, square=True)
    return result_of("det", (node,), (), node.shape[:-2], node.dtype)


def slogdet(x: Any, /) -> SlogdetResult:
    """Return signs and logarithms of the absolute values of determinants."""
    node = matrix("slogdet", x, square=True)
    shape = node.shape[:-2]
    parts = [(shape, node.dtype), (shape, _real(node.dtype))]
    return SlogdetResult(*_parts("slogdet", (node,), (), parts))


def inv(x: Any, /) -> Array:
    """Return the inverses of square matrices.

    A singular matrix is found when the inverse is computed: that raises `LinAlgError`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.inv(la.eye(2) * 4).compute()
    array([[0.25, 0.  ],
           [0.  , 0.25]])
    """
    node = matrix("inv", x, square=True)
    return result_of("inv", (node,), (), node.shape, node.dtype)


def solve(x1: Any, x2: Any, /) -> Array:
    """Return the solutions of systems of linear equations.

    Parameters
    ----------
    x1 : array_like
        Stack of square matrices.
    x2 : array_like
        One right side if it is 1-d, else a stack of matrices of right sides.

    Raises
    ------
    MatrixError
        The shapes do not fit together.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.solve(la.eye(2) * 2, la.asarray([2.0, 6.0])).compute()
    array([1., 3.])
    """
    where = here()
    x = matrix("solve", x1, square=True)
    y = node_of(x2)
    dtype = common_dtype("solve", node_of(x1), y)
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


def pinv(
    x: Any,
    /,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    rtol: Any = None,
) -> Array:
    """Return the Moore-Penrose pseudoinverses of matrices.

    Parameters
    ----------
    x : array_like
    rtol, rcond : float or array_like, optional
        Singular values below this share of the largest are taken for zero; one for
        each matrix, or one for all. Default: the longer side times the dtype's epsilon.
    hermitian : bool
        The matrices are Hermitian, which is found faster.
    """
    node = matrix("pinv", x)
    bound = rtol if rtol is not None else rcond
    args: tuple[Node, ...] = (node,)
    if bound is not None:
        args = (node, infer.astype(node_of(bound), _real(node.dtype), here()))
    *lead, rows, cols = node.shape
    params = (bool(hermitian),)
    return result_of("pinv", args, params, (*lead, cols, rows), node.dtype)


def matrix_power(x: Any, n: int, /) -> Array:
    """Return square matrices raised to an integer power, by repeated squaring.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.matrix_power(la.asarray([[1, 1], [0, 1]]), 5).compute()
    array([[1, 5],
           [0, 1]])
    """
    node = matrix("matrix_power", x, square=True, keep=True)
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


def matrix_rank(
    x: Any, /, tol: Any = None, hermitian: bool = False, *, rtol: Any = None
) -> Array:
    """Return how many singular values of matrices count as not zero.

    Parameters
    ----------
    x : array_like
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
    given = node_of(x)
    if len(given.shape) < 2:
        return (new(given) != 0).any().astype(np.int64)  # type: ignore[no-any-return]
    node = matrix("matrix_rank", x)
    values = abs(eigvalsh(x)) if hermitian else singular_values(node)
    if not min(node.shape[-2:]):
        return new(infer.full_node(infer.scalar(0, np.dtype(int)), node.shape[:-2]))
    if tol is None:
        eps = float(np.finfo(node.dtype).eps) * max(node.shape[-2:])
        share = eps if rtol is None else _column(rtol)
        bound = values.max(axis=-1, keepdims=True) * share
    else:
        bound = _column(tol)
    return (values > bound).sum(axis=-1)  # type: ignore[no-any-return]


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
    where = here()
    x, y = node_of(x1), node_of(x2)
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
    >>> import lazyarr as la
    >>> float(la.linalg.trace(la.eye(3)))
    3.0
    """
    return diagonal(x, offset=offset).sum(axis=-1, dtype=dtype)


def matrix_transpose(x: Any, /) -> Array:
    """Return a view with the last two axes exchanged."""
    return manipulation.matrix_transpose(x)


def outer(x1: Any, x2: Any, /) -> Array:
    """Return all products of elements of two vectors.

    Raises
    ------
    ShapeError
        An operand is not 1-d.
    """
    x, y = node_of(x1), node_of(x2)
    if len(x.shape) != 1 or len(y.shape) != 1:
        what = f"shapes {x.shape} and {y.shape} are not both 1-d"
        raise ShapeError.at("outer", what, where_text(here()))
    return products.outer(x1, x2)


# --- NumPy's own, through NumPy --------------------------------------------------------


def cond(x: Any, p: Any = None) -> Any:
    """Return condition numbers of matrices, as NumPy's; evaluated when it is called."""
    return through_numpy(np.linalg.cond, (x, p), {}, "linalg.cond")


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return least-squares solutions, as NumPy's; evaluated when it is called.

    How many residuals there are depends on the rank, and so on the values.
    """
    return through_numpy(np.linalg.lstsq, (a, b, rcond), {}, "linalg.lstsq")


def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Array:
    """Return the product of matrices in the cheapest order; evaluated at the call."""
    options = {} if out is None else {"out": out}
    result: Array = through_numpy(
        np.linalg.multi_dot, (list(arrays),), options, "linalg.multi_dot"
    )
    return result


def tensorinv(a: Any, ind: int = 2) -> Array:
    """Return the inverse of a tensor under `tensordot`, as NumPy's.

    Raises
    ------
    MatrixError
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
    """Return the solution of a tensor equation, as NumPy's; evaluated at the call."""
    return through_numpy(np.linalg.tensorsolve, (a, b, axes), {}, "linalg.tensorsolve")


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
