"""Slices of an array, chosen by a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.handle import here, new, node_of
from lazyarr.api.indexing import take
from lazyarr.api.results import finished
from lazyarr.api.sizes import evaluated

if TYPE_CHECKING:
    from lazyarr.api.array import Array


def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Array:
    """Return the slices of an axis, or the elements, where a condition is true.

    The condition is evaluated: it decides the shape.

    Raises
    ------
    ValueError
        The condition is not 1-d.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.compress([False, True], la.asarray([[1, 2], [3, 4]]), axis=0).compute()
    array([[3, 4]])
    """
    held = evaluated(condition, "compress")
    held = held if hasattr(held, "get") else np.asarray(held)
    if held.ndim != 1:
        msg = "condition must be a 1-d array"
        raise ValueError(msg)
    chosen = take(new(node_of(a)), new(node_of(held.nonzero()[0])), axis)
    return finished(chosen._current(), out, "compress", here())


__all__ = ["compress"]
