"""NumPy's elementwise functions and products that the table and the standard lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api.elementwise import floor_divide, remainder
from lazyarr.api.foreign import called, holds_foreign
from lazyarr.api.handle import array_of, here, new, node_of, refuse_unfit
from lazyarr.api.interop import through_numpy
from lazyarr.api.manipulation import ravel
from lazyarr.api.products import matmul, tensordot
from lazyarr.api.products import vecdot as inner_products
from lazyarr.api.quick import quick
from lazyarr.api.results import finished
from lazyarr.api.subclasses import leave_to_theirs, or_numpys
from lazyarr.api.ufuncs import lend
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.infer import library_node as stage
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array


def _results(ufunc: np.ufunc, *operands: Any) -> tuple[Array, ...]:
    """Return the results of a ufunc that the table has no public row of."""
    weak = {int, float}
    if weak.issuperset(map(type, operands)):  # NumPy asks how large they are
        made = through_numpy(ufunc, operands, {}, ufunc.__name__)
        return made if isinstance(made, tuple) else (made,)
    raw = [x if type(x) in weak else node_of(x) for x in operands]
    kinds = tuple(type(x) if type(x) in weak else x.dtype for x in raw)
    loop = ufunc.resolve_dtypes((*kinds, *(None,) * ufunc.nout))
    nodes = [
        infer.scalar(x, dtype) if type(x) in weak else infer.astype(x, dtype, here())
        for x, dtype in zip(raw, loop, strict=False)
    ]
    shapes = tuple(node.shape for node in nodes)
    shape = infer.broadcast_shapes(ufunc.__name__, shapes, here())
    args = tuple(
        infer.view_node(n, views.broadcast(n.shape, shape), here())
        if n.shape and n.shape != shape
        else n
        for n in nodes
    )
    rows = ops.PARTS.get(ufunc)
    if rows is not None:
        return tuple([new(infer.map_node(row, args, here())) for row in rows])
    row, name = ops.OPS["ufunc_part"], ufunc.__name__
    return tuple(
        new(stage(row, args, (name, k), shape, loop[ufunc.nin + k], here()))
        for k in range(ufunc.nout)
    )


def _delivered(
    name: str, results: tuple[Array, ...], out: Any, outs: tuple[Any, ...] = ()
) -> tuple[Array, ...]:
    """Return results, each written into its place of ``out=`` if that is given.

    `outs` are those given by their places, some of which may be missing.
    """
    if outs:
        if any(one is Ellipsis for one in outs):
            msg = "out=... is only allowed as a keyword argument."
            raise TypeError(msg)
        if out is not None:
            msg = "cannot specify 'out' as both a positional and keyword argument"
            raise TypeError(msg)
        if len(outs) > len(results):
            msg = f"{name}() takes at most {len(results)} arrays to write into"
            raise TypeError(msg)
        out = (*outs, *(None,) * (len(results) - len(outs)))
    if out is None:
        return results
    targets = out if isinstance(out, tuple) else (out,)
    if targets is not out and len(results) > 1:
        msg = "'out' must be a tuple of arrays"
        raise TypeError(msg)
    if len(targets) != len(results):
        msg = "The 'out' tuple must have exactly one entry per ufunc output"
        raise ValueError(msg)
    for made, target in zip(results, targets, strict=True):  # before any is written
        if hasattr(target, "dtype"):
            refuse_unfit(made._current(), target, name, "same_kind", here())
    return tuple(
        finished(made._current(), target, name, here(), stretched=True)
        for made, target in zip(results, targets, strict=True)
    )


@or_numpys
def divmod(x1: Any, x2: Any, /, *outs: Any, out: Any = None) -> tuple[Array, Array]:
    """Return floors of quotients, and remainders.

    Examples
    --------
    >>> import lazyarr as la
    >>> [int(part) for part in la.divmod(7, 3)]
    [2, 1]
    """
    if any(map(holds_foreign, (x1, x2))):  # of which NumPy may have only one of the two
        return called(np.divmod, (x1, x2, *outs), {"out": out})  # type: ignore[no-any-return]
    made = floor_divide(x1, x2), remainder(x1, x2)
    quotient, rest = _delivered("divmod", made, out, outs)
    return quotient, rest


@quick(np.modf)
def modf(x: Any, /, *outs: Any, out: Any = None) -> tuple[Array, Array]:
    """Return the fractional and the integral parts of numbers.

    Examples
    --------
    >>> import lazyarr as la
    >>> [float(part) for part in la.modf(2.5)]
    [0.5, 2.0]
    """
    fraction, whole = _delivered("modf", _results(np.modf, x), out, outs)
    return fraction, whole


@quick(np.frexp)
def frexp(x: Any, /, *outs: Any, out: Any = None) -> tuple[Array, Array]:
    """Return numbers as mantissas and exponents of two.

    Examples
    --------
    >>> import lazyarr as la
    >>> [float(part) for part in la.frexp(8.0)]
    [0.5, 4.0]
    """
    mantissa, exponent = _delivered("frexp", _results(np.frexp, x), out, outs)
    return mantissa, exponent


@quick(np.ldexp)
def ldexp(x1: Any, x2: Any, /, *, out: Any = None, **options: Any) -> Array:
    """Return numbers times powers of two.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.ldexp(0.5, 4))
    8.0
    """
    if options:
        options["out"] = out
        return through_numpy(np.ldexp, (x1, x2), options, "ldexp")  # type: ignore[no-any-return]
    return _delivered("ldexp", _results(np.ldexp, x1, x2), out)[0]


@quick(np.spacing)
def spacing(x: Any, /, *, out: Any = None, **options: Any) -> Array:
    """Return the distances to the next numbers away from zero.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.spacing(1.0))
    2.220446049250313e-16
    """
    if options:
        options["out"] = out
        return through_numpy(np.spacing, (x,), options, "spacing")  # type: ignore[no-any-return]
    return _delivered("spacing", _results(np.spacing, x), out)[0]


@quick(np.i0)
def i0(x: Any) -> Array:
    """Return the modified Bessel function of the first kind, of order 0.

    Raises
    ------
    TypeError
        The numbers are complex.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.i0(0.0))
    1.0
    """
    node = node_of(x)
    dtype = np.i0(np.ones(1, node.dtype)).dtype
    row = ops.OPS["ufunc_part"]
    return array_of(stage(row, (node,), ("i0", 0), node.shape, dtype, here()))


@quick(np.inner)
def inner(a: Any, b: Any, /) -> Array:
    """Return sums of products over the last axes of two arrays.

    Raises
    ------
    ShapeError
        The last sides differ.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.inner([1, 2], [3, 4]))
    11
    """
    leave_to_theirs(a, b)
    x, y = new(node_of(a)), new(node_of(b))
    if not x.ndim or not y.ndim:
        return x * y
    made = tensordot(x, y, axes=(-1, -1))
    return made if made.ndim else new(made._current())


@quick(np.vdot)
def vdot(a: Any, b: Any, /) -> Array:
    """Return the inner product of the elements of two arrays, the first conjugated.

    Raises
    ------
    ShapeError
        They differ in size.

    Examples
    --------
    >>> import lazyarr as la
    >>> complex(la.vdot([1j], [2]))
    -2j
    """
    leave_to_theirs(a, b)
    return inner_products(ravel(a), ravel(b))


@or_numpys
def matvec(x1: Any, x2: Any, /, out: Any = None) -> Array:
    """Return products of matrices and vectors.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.matvec(la.eye(2) * 3, [1.0, 2.0]).compute()
    array([3., 6.])
    """
    x, y = new(node_of(x1)), new(node_of(x2))
    _check("matvec", x.ndim >= 2 and y.ndim >= 1, x, y)
    made = matmul(x, y[..., None])[..., 0]
    return finished(made._current(), out, "matvec", here(), stretched=True, core=1)


@or_numpys
def vecmat(x1: Any, x2: Any, /, out: Any = None) -> Array:
    """Return products of vectors, conjugated, and matrices.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.vecmat([1.0, 2.0], la.eye(2) * 3).compute()
    array([3., 6.])
    """
    x, y = new(node_of(x1)), new(node_of(x2))
    _check("vecmat", x.ndim >= 1 and y.ndim >= 2, x, y)
    made = matmul(x.conj()[..., None, :], y)[..., 0, :]
    return finished(made._current(), out, "vecmat", here(), stretched=True, core=1)


def _check(name: str, fits: bool, x: Array, y: Array) -> None:
    if not fits:
        what = f"shapes {x.shape} and {y.shape} are no matrices and vectors"
        raise ShapeError.at(name, what, where_text(here()))


lend(divmod, frexp, ldexp, matvec, modf, spacing, vecmat)

__all__ = [
    "divmod",
    "frexp",
    "i0",
    "inner",
    "ldexp",
    "matvec",
    "modf",
    "spacing",
    "vdot",
    "vecmat",
]
