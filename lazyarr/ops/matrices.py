"""Rows of linear algebra: decompositions, inverses and what is made of them.

As in `lazyarr.ops.library`, ``op.numpy(xp, *arrays, *params)`` computes a row. A
decomposition with several results gives them packed into one array of bytes, one
behind the other; the op ``part`` takes one of them out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.family import library_op

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazyarr.ops.row import Op


def packed(xp: Any, arrays: Iterable[Any]) -> Any:
    """Return arrays one behind the other, as bytes."""
    flat = [xp.ascontiguousarray(a).reshape(-1).view(np.uint8) for a in arrays]
    return xp.concatenate(flat)


def _part(xp: Any, whole: Any, first: int, shape: tuple[int, ...], dtype: str) -> Any:
    kind = np.dtype(dtype)
    stop = first + math.prod(shape) * kind.itemsize
    return xp.array(whole[first:stop].view(kind).reshape(shape))


def _turned(xp: Any, x: Any) -> Any:
    """Return the adjoint matrices."""
    return xp.conj(xp.swapaxes(x, -1, -2))


def _cholesky(xp: Any, x: Any, upper: bool) -> Any:
    if xp is np:
        return np.linalg.cholesky(x, upper=upper)
    return _turned(xp, xp.linalg.cholesky(x)) if upper else xp.linalg.cholesky(x)


def _cross(xp: Any, x: Any, y: Any, axis: int) -> Any:
    return xp.cross(x, y, axis=axis)


def _det(xp: Any, x: Any) -> Any:
    return xp.linalg.det(x)


def _inv(xp: Any, x: Any) -> Any:
    return xp.linalg.inv(x)


def _solve(xp: Any, x: Any, y: Any) -> Any:
    return xp.linalg.solve(x, y)


def _slogdet(xp: Any, x: Any) -> Any:
    sign, logarithm = xp.linalg.slogdet(x)
    return packed(xp, (xp.asarray(sign), xp.asarray(logarithm)))


def _eigh(xp: Any, x: Any, triangle: str) -> Any:
    return packed(xp, xp.linalg.eigh(x, UPLO=triangle))


def _eigvalsh(xp: Any, x: Any, triangle: str) -> Any:
    return xp.linalg.eigvalsh(x, UPLO=triangle)


def _eig(xp: Any, x: Any, dtype: str) -> Any:
    return packed(xp, [part.astype(dtype, copy=False) for part in xp.linalg.eig(x)])


def _eigvals(xp: Any, x: Any, dtype: str) -> Any:
    return xp.linalg.eigvals(x).astype(dtype, copy=False)


def _qr(xp: Any, x: Any, mode: str) -> Any:
    return packed(xp, xp.linalg.qr(x, mode=mode))


def _triangular(xp: Any, x: Any) -> Any:
    return xp.linalg.qr(x, mode="r")


def _svd(xp: Any, x: Any, full_matrices: bool) -> Any:
    return packed(xp, xp.linalg.svd(x, full_matrices=full_matrices))


def _svdvals(xp: Any, x: Any) -> Any:
    return xp.linalg.svd(x, compute_uv=False)


def _pinv(xp: Any, x: Any, *rest: Any) -> Any:
    *bounds, hermitian = rest  # a relative tolerance is there, or is not
    if xp is np:
        rtol: Any = bounds[0] if bounds else None
        return np.linalg.pinv(x, rtol=rtol, hermitian=hermitian)
    eps = float(np.finfo(x.dtype).eps) * max(x.shape[-2:])
    return xp.linalg.pinv(x, rcond=bounds[0] if bounds else eps)


# What NumPy says of matrices that these have no result for; CuPy has to be asked to look.
REFUSED = {
    **dict.fromkeys(("inv", "solve"), "Singular matrix"),
    "cholesky": "Matrix is not positive definite",
    **dict.fromkeys(("eigh", "eigvalsh"), "Eigenvalues did not converge"),
    **dict.fromkeys(("eig", "eigvals"), "Eigenvalues did not converge"),
    **dict.fromkeys(("svd", "svdvals", "pinv"), "SVD did not converge"),
}

PART = library_op("part", _part, flops=1)
MATRICES: tuple[Op, ...] = (
    PART,
    library_op("cholesky", _cholesky, flops=64),
    library_op("cross", _cross, flops=3),
    library_op("det", _det, flops=64),
    library_op("inv", _inv, flops=64),
    library_op("solve", _solve, flops=64),
    library_op("slogdet", _slogdet, flops=64),
    library_op("eigh", _eigh, flops=64),
    library_op("eigvalsh", _eigvalsh, flops=64),
    library_op("eig", _eig, flops=64),
    library_op("eigvals", _eigvals, flops=64),
    library_op("qr", _qr, flops=64),
    library_op("triangular_factor", _triangular, flops=64),
    library_op("svd", _svd, flops=64),
    library_op("svdvals", _svdvals, flops=64),
    library_op("pinv", _pinv, flops=64),
)
