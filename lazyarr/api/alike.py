"""New arrays with the shape and dtype of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import theirs
from lazyarr.api.creation import FILLING, dtype_of, full
from lazyarr.api.handle import node_of
from lazyarr.api.order import named
from lazyarr.api.quick import quick
from lazyarr.api.results import laid_out
from lazyarr.ir import layout

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.array import Array
    from lazyarr.api.known import Function


def _filling(value: Any) -> Callable[[Function], Function]:
    """Let a function that fills with a value, None if it is given, be compiled."""
    usual = (*FILLING, value, None)
    return lambda function: compiled.method("function_like", function, usual=usual)


@_filling(None)
@quick(theirs.like(np.full_like))
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return an array of one value with the shape and dtype of another.

    Parameters
    ----------
    a : array_like
    fill_value : scalar
    dtype : dtype, optional
    order : {"K", "A", "C", "F"}
        How NumPy's array would lie in memory; K: as the other array.
    subok : bool
        Has no meaning here: there are no subclasses.
    shape : int or tuple of int, optional
        Instead of the other's.
    device : str, optional

    Examples
    --------
    >>> import lazyarr as la
    >>> la.full_like(la.ones(2), 3).compute()
    array([3., 3.])
    """
    return _like(a, fill_value, dtype, order, shape, device)


def _like(
    a: Any, fill_value: Any, dtype: Any, order: Any, shape: Any, device: Any
) -> Array:
    node = node_of(a)
    sides = node.shape if shape is None else shape
    kind = node.dtype if dtype is None else dtype_of(dtype, "full_like")
    made = full(sides, fill_value, kind, device=device)
    if len(made.shape) > 1:
        order = named(order)
        if order == "A":
            order = "F" if layout.is_fortran(node) else "C"
        laid_out(made, order, node)
    return made


@_filling(1)
@quick(theirs.like(np.ones_like))
def ones_like(
    a: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return ones with the shape and dtype of another array."""
    return _like(a, 1, dtype, order, shape, device)


@_filling(0)
@quick(theirs.zeros_like)
def zeros_like(
    a: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return zeros with the shape and dtype of another array."""
    return _like(a, 0, dtype, order, shape, device)


@_filling(0)
@quick(theirs.zeros_like)
def empty_like(
    x: Any,
    /,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return an array of no promised values with another's shape and dtype."""
    return _like(x, 0, dtype, order, shape, device)
