"""Decompositions of matrices: library stages with one result or several.

What a decomposition returns is lazy: asking for one part alone, or for all, runs it once.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lazyarr import ops
from lazyarr.api import theirs
from lazyarr.api.handle import here, new
from lazyarr.api.interop import through_numpy
from lazyarr.api.quick import quick
from lazyarr.api.stacks import matrix, real_dtype, result_of, singular_values
from lazyarr.ir.infer import library_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType

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


def _complex(dtype: DType) -> DType:
    return np.result_type(dtype, np.complex64)


def _parts(
    name: str, args: tuple[Node, ...], params: Any, parts: Sequence[tuple[Shape, DType]]
) -> list[Array]:
    """Return the results of an op that packs several into one array of bytes."""
    where = here()
    lengths = [prod(shape) * dtype.itemsize for shape, dtype in parts]
    whole = library_node(ops.OPS[name], args, params, (sum(lengths),), _BYTE, where)
    found = []
    first = 0
    for (shape, dtype), length in zip(parts, lengths, strict=True):
        place = (first, shape, dtype.name)
        node = library_node(ops.OPS["part"], (whole,), place, shape, dtype, where)
        found.append(new(node))
        first += length
    return found


@quick(np.linalg.cholesky)
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
    ShapeError
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


@quick(theirs.named(np.linalg.eigh, EighResult))
def eigh(a: Any, UPLO: str = "L") -> EighResult:  # noqa: N803 - NumPy's name
    """Return eigenvalues, ascending, and eigenvectors of Hermitian matrices.

    Parameters
    ----------
    a : array_like
    UPLO : {"L", "U"}
        The triangle that is read.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.eigh(la.asarray([[2.0, 0.0], [0.0, 1.0]])).eigenvalues.compute()
    array([1., 2.])
    """
    node = matrix("eigh", a, square=True)
    values = (node.shape[:-1], real_dtype(node.dtype))
    parts = [values, (node.shape, node.dtype)]
    return EighResult(*_parts("eigh", (node,), (_triangle(UPLO),), parts))


@quick(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Array:  # noqa: N803 - NumPy's name
    """Return the eigenvalues of Hermitian matrices, ascending; see `eigh`."""
    node = matrix("eigvalsh", a, square=True)
    params = (_triangle(UPLO),)
    dtype = real_dtype(node.dtype)
    return result_of("eigvalsh", (node,), params, node.shape[:-1], dtype)


def _triangle(name: str) -> str:
    if name.upper() not in ("L", "U"):
        msg = "UPLO argument must be 'L' or 'U'"
        raise ValueError(msg)
    return name.upper()


@quick(theirs.named(theirs.eig, EigResult))
def eig(a: Any) -> EigResult:
    """Return eigenvalues and eigenvectors of square matrices, always complex.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.linalg.eig(la.asarray([[2.0]])).eigenvalues.compute()
    array([2.+0.j])
    """
    node = matrix("eig", a, square=True)
    dtype = _complex(node.dtype)
    parts = [(node.shape[:-1], dtype), (node.shape, dtype)]
    return EigResult(*_parts("eig", (node,), (dtype.name,), parts))


@quick(theirs.eigvals)
def eigvals(a: Any) -> Array:
    """Return the eigenvalues of square matrices, always complex; see `eig`."""
    node = matrix("eigvals", a, square=True)
    dtype = _complex(node.dtype)
    return result_of("eigvals", (node,), (dtype.name,), node.shape[:-1], dtype)


@quick(theirs.named(np.linalg.qr, QRResult))
def qr(a: Any, mode: str = "reduced") -> Any:
    """Return the QR decomposition of matrices.

    Parameters
    ----------
    a : array_like
    mode : {"reduced", "complete", "r", "raw"}
        ``"complete"`` gives a square ``Q``; ``"r"`` gives ``R`` alone.

    Raises
    ------
    ShapeError
        `a` has fewer than two dimensions.

    Examples
    --------
    >>> import lazyarr as la
    >>> q, r = la.linalg.qr(la.ones((3, 2)))
    >>> q.shape, r.shape
    ((3, 2), (2, 2))
    """
    if mode == "raw":
        return through_numpy(np.linalg.qr, (a, mode), {}, "linalg.qr")
    if mode not in ("reduced", "complete", "r"):
        msg = f"Unrecognized mode '{mode}'"
        raise ValueError(msg)
    node = matrix("qr", a)
    *lead, rows, cols = node.shape
    inner = rows if mode == "complete" else min(rows, cols)
    lower: Shape = (*lead, inner, cols)
    if mode == "r":
        return result_of("triangular_factor", (node,), (), lower, node.dtype)
    parts = [((*lead, rows, inner), node.dtype), (lower, node.dtype)]
    return QRResult(*_parts("qr", (node,), (mode,), parts))


@quick(theirs.named(np.linalg.svd, SVDResult))
def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
) -> SVDResult | Array:
    """Return the singular value decomposition of matrices.

    Parameters
    ----------
    a : array_like
    full_matrices : bool
        Whether ``U`` and ``Vh`` are square.
    compute_uv : bool
        False: return the singular values alone.
    hermitian : bool
        The matrices are Hermitian, which NumPy finds faster; evaluated at the call.

    Examples
    --------
    >>> import lazyarr as la
    >>> u, s, vh = la.linalg.svd(la.ones((3, 2)), full_matrices=False)
    >>> u.shape, s.shape, vh.shape
    ((3, 2), (2,), (2, 2))
    """
    if hermitian:
        options = {"compute_uv": compute_uv, "hermitian": True}
        found: Any = through_numpy(np.linalg.svd, (a,), options, "linalg.svd")
        return SVDResult(*found) if compute_uv else found
    if not compute_uv:
        return svdvals(a)
    node = matrix("svd", a)
    *lead, rows, cols = node.shape
    inner = min(rows, cols)
    left, right = (rows, cols) if full_matrices else (inner, inner)
    parts = [
        ((*lead, rows, left), node.dtype),
        ((*lead, inner), real_dtype(node.dtype)),
        ((*lead, right, cols), node.dtype),
    ]
    return SVDResult(*_parts("svd", (node,), (bool(full_matrices),), parts))


@quick(np.linalg.svdvals)
def svdvals(x: Any, /) -> Array:
    """Return the singular values of matrices, descending."""
    return singular_values(matrix("svdvals", x))


@quick(theirs.named(np.linalg.slogdet, SlogdetResult))
def slogdet(a: Any) -> SlogdetResult:
    """Return signs and logarithms of the absolute values of determinants."""
    node = matrix("slogdet", a, square=True)
    shape = node.shape[:-2]
    parts = [(shape, node.dtype), (shape, real_dtype(node.dtype))]
    return SlogdetResult(*_parts("slogdet", (node,), (), parts))


@quick(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return least-squares solutions, as NumPy's; evaluated when it is called.

    How many residuals there are depends on the rank, and so on the values.
    """
    return through_numpy(np.linalg.lstsq, (a, b, rcond), {}, "linalg.lstsq")
