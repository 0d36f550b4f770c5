"""The frequencies of Fourier transforms, and their order."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import axes as axis_arguments
from lazyarr.api.creation import dtype_of
from lazyarr.api.devices import placed
from lazyarr.api.fresh import fresh, of_shape
from lazyarr.api.handle import Handle, new, node_of
from lazyarr.api.joining import roll
from lazyarr.api.lines import located
from lazyarr.api.quick import quick
from lazyarr.api.ranges import arange
from lazyarr.api.selection import where as select
from lazyarr.api.templates import templated

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.array import Array


def _points(n: Any, d: Any) -> tuple[int, Any]:
    """Return the number of points and the frequency of the first of them."""
    try:
        count = index(n)
    except TypeError as error:
        msg = "n should be an integer"
        raise ValueError(msg) from error
    spacing = d._read() if isinstance(d, Handle) else d
    return count, 1.0 / (count * spacing)


def _frequencies(steps: Array, unit: Any, dtype: Any, device: Any) -> Array:
    result = steps * unit
    if dtype is not None:
        result = result.astype(dtype_of(dtype, "fftfreq"))
    return placed(result, device)


def theirs(name: str) -> Callable[..., Any]:
    """Return NumPy's function; its module is loaded when that is called."""

    def function(*args: Any, **options: Any) -> Any:
        return getattr(np.fft, name)(*args, **options)

    return function


@fresh(theirs("fftfreq"), of_shape)
@located
def fftfreq(n: int, d: Any = 1.0, *, dtype: Any = None, device: Any = None) -> Array:
    """Return the frequencies that `fft` gives, for a sample spacing.

    Parameters
    ----------
    n : int
        Points.
    d : float
        Spacing of the samples.
    dtype : dtype, optional
    device : str, optional

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.fftfreq(4).compute()
    array([ 0.  ,  0.25, -0.5 , -0.25])
    """
    count, unit = _points(n, d)
    place = arange(count)
    steps = select(place < (count - 1) // 2 + 1, place, place - count)
    return _frequencies(steps, unit, dtype, device)


@fresh(theirs("rfftfreq"), of_shape)
@located
def rfftfreq(n: int, d: Any = 1.0, *, dtype: Any = None, device: Any = None) -> Array:
    """Return the frequencies that `rfft` gives; parameters as for `fftfreq`."""
    count, unit = _points(n, d)
    return _frequencies(arange(count // 2 + 1), unit, dtype, device)


def _shifted(x: Any, axes: Any, sign: int) -> Array:
    node = node_of(x)
    places = axis_arguments.several(axes, len(node.shape), "fftshift")
    shifts = tuple(
        node.shape[k] // 2 if sign > 0 else -(node.shape[k] // 2) for k in places
    )
    return roll(new(node), shifts, places) if places else new(node)


@quick(theirs("fftshift"))
@templated
def fftshift(x: Any, axes: Any = None) -> Array:
    """Return the elements with the one of frequency zero moved to the middle.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fft.fftshift(la.arange(4)).compute()
    array([2, 3, 0, 1])
    """
    return _shifted(x, axes, 1)


@quick(theirs("ifftshift"))
@templated
def ifftshift(x: Any, axes: Any = None) -> Array:
    """Return the inverse of `fftshift`."""
    return _shifted(x, axes, -1)
