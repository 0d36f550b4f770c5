"""Discrete Fourier transforms: the standard's extension, as lazy library stages."""

from __future__ import annotations

import functools
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api.frequencies import (
    fftfreq,
    fftshift,
    ifftshift,
    rfftfreq,
    theirs,
)
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.quick import quick
from lazyarr.api.results import finished
from lazyarr.errors import AxisError, DTypeError, ShapeError, warn
from lazyarr.ir import infer
from lazyarr.ir.infer import library_node
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node
    from lazyarr.ops.row import DType

_NORMS = (None, "backward", "ortho", "forward")
# How many elements a transform makes of n, by name; the others make n.
_HALVED = ("rfft", "ihfft")
_DOUBLED = ("irfft", "hfft")


@functools.cache
def _result_dtype(name: str, dtype: DType) -> DType:
    """Return the dtype of NumPy's result: it is asked."""
    found: DType = getattr(np.fft, name)(np.ones(2, dtype)).dtype
    return found


def _dtype(name: str, node: Node) -> DType:
    # A transform over several axes has the dtype of one over a single axis.
    one = name.removesuffix("n")
    try:
        return _result_dtype(one, node.dtype)
    except TypeError as error:
        what = f"not defined for ({node.dtype})"
        raise DTypeError.at(name, what, where_text(here())) from error


def _length(name: str, n: Any, default: int) -> int:
    """Return how many points are transformed.

    Raises
    ------
    ShapeError
        None at all.
    """
    length = default if n is None else index(n)
    if length < 1:
        what = f"Invalid number of FFT data points ({length}) specified"
        raise ShapeError.at(name, what, where_text(here()))
    return length


def _norm(norm: Any) -> str:
    if norm not in _NORMS:
        msg = f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".'
        raise ValueError(msg)
    return norm or "backward"


def _transform(
    name: str, x: Any, n: Any, axis: int, norm: Any, out: Any = None
) -> Array:
    """Return a transform along one axis."""
    node = node_of(x)
    place = axis_arguments.one(axis, len(node.shape), name)
    side = node.shape[place]
    if name in _DOUBLED:
        length = _length(name, n, 2 * (side - 1))
    else:
        length = _length(name, n, side)
    sides = list(node.shape)
    if not side and name in _DOUBLED:  # NumPy would read what is not there
        sides[place] = 1
        node = infer.full_node(infer.scalar(0, node.dtype), tuple(sides), here())
    sides[place] = length // 2 + 1 if name in _HALVED else length
    params = (length, place, _norm(norm))
    return _made(name, node, params, tuple(sides), out)


def _made(
    name: str, node: Node, params: tuple[Any, ...], shape: tuple[int, ...], out: Any
) -> Array:
    where = here()
    dtype = _dtype(name, node)
    made = library_node(ops.OPS[name], (node,), params, shape, dtype, where)
    return finished(made, out, name, where)


def _points(
    name: str, node: Node, s: Any, axes: Any, places: tuple[int, ...]
) -> list[Any]:
    """Return how many points are transformed along each axis; None for the usual."""
    wanted: list[Any] = [node.shape[k] for k in places]
    if s is None:
        if name == "irfftn":
            wanted[-1] = 2 * (wanted[-1] - 1)
        return wanted
    if axes is None:
        msg = "`axes` should not be `None` if `s` is not `None`: give the last axes"
        warn(msg, DeprecationWarning)
    given = [None if n is None else index(n) for n in s]
    if len(given) != len(places):
        what = f"Shape and axes have different lengths: {s} and {axes}"
        raise ShapeError.at(name, what, where_text(here()))
    if None in given:
        msg = "Passing an array containing `None` values to `s` is deprecated: give -1"
        warn(msg, DeprecationWarning)
    return [m if n == -1 else n for n, m in zip(given, wanted, strict=True)]


def _one_by_one(
    name: str, x: Array, wanted: list[Any], places: tuple[int, ...], norm: Any, out: Any
) -> Array:
    """Return a transform over axes of which one may be there twice, in NumPy's order."""
    axes = list(zip(wanted, places, strict=True))
    inner = "ifft" if name in ("ifftn", "irfftn") else "fft"
    steps = [(inner, axis) for axis in axes[:-1]]
    last = (name.removesuffix("n"), axes[-1])
    for one, (n, place) in [*steps, last] if name == "irfftn" else [last, *steps[::-1]]:
        x = _transform(one, x, n, place, norm)
    return finished(x._current(), out, name, here())


def _transform_over(
    name: str, x: Any, s: Any, axes: Any, norm: Any, out: Any = None
) -> Array:
    """Return a transform over several axes; sides of -1 stay as they are."""
    node = node_of(x)
    ndim = len(node.shape)
    last = range(ndim) if s is None else range(-len(s), 0)
    listed = last if axes is None else axes
    places = tuple([axis_arguments.one(a, ndim, name) for a in listed])
    if not places:  # what there is, of any dtype, as NumPy's
        if name in ("rfftn", "irfftn"):
            what = "needs at least one axis"
            raise AxisError.at(name, what, where_text(here()))
        return new(node)
    wanted = _points(name, node, s, axes, places)
    if None in wanted or len(set(places)) < len(places):
        return _one_by_one(name, new(node), wanted, places, norm, out)
    sides = list(node.shape)
    for place, n in zip(places, wanted, strict=True):
        sides[place] = _length(name, n, n)
    if name == "rfftn":
        sides[places[-1]] = wanted[-1] // 2 + 1
    params = (tuple(wanted), places, _norm(norm))
    return _made(name, node, params, tuple(sides), out)


def _doubled(name: str) -> Callable[..., Any]:
    """Return NumPy's function, but zeros of no points: it reads what is not there."""
    function = theirs(name)

    def known(a: Any, *rest: Any, **options: Any) -> Any:
        made = function(a, *rest, **options)
        return made if np.size(a) else np.zeros_like(made)

    return known


@quick(theirs("fft"))
def fft(
    a: Any,
    n: int | None = None,
    axis: int = -1,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the discrete Fourier transform along an axis.

    Parameters
    ----------
    a : array_like
    n : int, optional
        Points to transform: the axis is cut or filled up with zeros.
    axis : int
    norm : {"backward", "ortho", "forward"}
        Which direction is scaled.
    out : Array, optional

    Raises
    ------
    ShapeError
        There are no points.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.fft(la.ones(4)).compute()
    array([4.+0.j, 0.+0.j, 0.+0.j, 0.+0.j])
    """
    return _transform("fft", a, n, axis, norm, out)


@quick(theirs("ifft"))
def ifft(
    a: Any,
    n: int | None = None,
    axis: int = -1,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the inverse of `fft`; same parameters.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.ifft(la.asarray([2.0, 0.0])).compute().real
    array([1., 1.])
    """
    return _transform("ifft", a, n, axis, norm, out)


@quick(theirs("rfft"))
def rfft(
    a: Any,
    n: int | None = None,
    axis: int = -1,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the transform of real input, the half that determines the rest.

    Parameters and errors as for `fft`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.rfft(la.ones(4)).compute()
    array([4.+0.j, 0.+0.j, 0.+0.j])
    """
    return _transform("rfft", a, n, axis, norm, out)


@quick(_doubled("irfft"))
def irfft(
    a: Any,
    n: int | None = None,
    axis: int = -1,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the inverse of `rfft`: `n` real points, by default an even number.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.irfft(la.asarray([2.0, 0.0])).compute()
    array([1., 1.])
    """
    return _transform("irfft", a, n, axis, norm, out)


@quick(_doubled("hfft"))
def hfft(
    a: Any,
    n: int | None = None,
    axis: int = -1,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the transform, which is real, of a signal with Hermitian symmetry.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.hfft(la.asarray([1.0, 0.0])).compute()
    array([1., 1.])
    """
    return _transform("hfft", a, n, axis, norm, out)


@quick(theirs("ihfft"))
def ihfft(
    a: Any,
    n: int | None = None,
    axis: int = -1,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the inverse of `hfft`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.ihfft(la.asarray([1.0, 1.0])).compute().real
    array([1., 0.])
    """
    return _transform("ihfft", a, n, axis, norm, out)


@quick(theirs("fftn"))
def fftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the discrete Fourier transform over several axes.

    Parameters
    ----------
    a : array_like
    s : sequence of int, optional
        Points along each axis; -1 leaves an axis as it is.
    axes : sequence of int, optional
        Default: all, or the last ones if `s` is given.
    norm : {"backward", "ortho", "forward"}
    out : Array, optional

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.fftn(la.ones((2, 2))).compute()
    array([[4.+0.j, 0.+0.j],
           [0.+0.j, 0.+0.j]])
    """
    return _transform_over("fftn", a, s, axes, norm, out)


@quick(theirs("ifftn"))
def ifftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the inverse of `fftn`; same parameters."""
    return _transform_over("ifftn", a, s, axes, norm, out)


@quick(theirs("rfftn"))
def rfftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the transform of real input over several axes, halved along the last."""
    return _transform_over("rfftn", a, s, axes, norm, out)


@quick(theirs("irfftn"))
def irfftn(
    a: Any,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: Any = "backward",
    out: Any = None,
) -> Array:
    """Return the inverse of `rfftn`."""
    return _transform_over("irfftn", a, s, axes, norm, out)


@quick(theirs("fft2"))
def fft2(
    a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None
) -> Array:
    """Return `fftn` over two axes; NumPy's name.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.fft2(la.ones((2, 2))).compute().real.tolist()
    [[4.0, 0.0], [0.0, 0.0]]
    """
    return fftn(a, s=s, axes=axes, norm=norm, out=out)


@quick(theirs("ifft2"))
def ifft2(
    a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None
) -> Array:
    """Return `ifftn` over two axes; NumPy's name."""
    return ifftn(a, s=s, axes=axes, norm=norm, out=out)


@quick(theirs("rfft2"))
def rfft2(
    a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None
) -> Array:
    """Return `rfftn` over two axes; NumPy's name."""
    return rfftn(a, s=s, axes=axes, norm=norm, out=out)


@quick(theirs("irfft2"))
def irfft2(
    a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None
) -> Array:
    """Return `irfftn` over two axes; NumPy's name."""
    return irfftn(a, s=s, axes=axes, norm=norm, out=out)


__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]
