"""Searching: where elements are, or would go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import theirs
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.joining import stack
from lazyarr.api.manipulation import permute
from lazyarr.api.quick import quick
from lazyarr.api.sizes import evaluated, found, module_of
from lazyarr.errors import ShapeError
from lazyarr.ir.infer import library_node
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array

_INDEX = np.dtype(np.int64)


@quick(theirs.nonzero)
def nonzero(a: Any) -> tuple[Array, ...]:
    """Return the indices of the elements that are not zero, one array for each axis.

    How many there are depends on the values: `a` is evaluated when this is called.

    Raises
    ------
    ShapeError
        `a` has no axes.

    Examples
    --------
    >>> import lazyarr as la
    >>> [i.compute() for i in la.nonzero(la.asarray([0, 3, 4]))]
    [array([1, 2])]
    """
    if not node_of(a).shape:
        what = "an array without axes has no indices"
        hint = "take la.reshape(a, (1,)) first."
        raise ShapeError.at("nonzero", what, where_text(here()), hint)
    values = evaluated(a, "nonzero")
    places = module_of(values).nonzero(values)
    return tuple(found(place, "nonzero") for place in places)


@quick(np.flatnonzero)
def flatnonzero(a: Any) -> Array:
    """Return the indices of the elements of the flattened array that are not zero.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.flatnonzero(la.asarray([[0, 3], [4, 0]])).compute()
    array([1, 2])
    """
    values = evaluated(a, "flatnonzero")
    return found(module_of(values).flatnonzero(values), "flatnonzero")


@quick(np.argwhere)
def argwhere(a: Any) -> Array:
    """Return the indices of the elements that are not zero, one row for each.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.argwhere(la.asarray([[0, 1], [2, 0]])).compute()
    array([[0, 1],
           [1, 0]])
    """
    node = node_of(a)
    if not node.shape:
        count = int(bool(evaluated(a, "argwhere")))
        return found(np.zeros((count, 0), _INDEX), "argwhere")
    return permute(stack(nonzero(a)))


@quick(np.searchsorted)
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Array:
    """Return where values would go in a sorted vector so that it stays sorted.

    Parameters
    ----------
    a : array_like
        1-d and ascending, by itself or by `sorter`.
    v : array_like
        Values to place.
    side : {"left", "right"}
        Before or behind those that compare equal.
    sorter : array_like of int, optional
        Indices that sort `a`.

    Raises
    ------
    ShapeError
        `a` or `sorter` is not 1-d.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.searchsorted(la.asarray([1, 3, 5]), la.asarray([3, 9])).compute()
    array([1, 3])
    """
    if side not in ("left", "right"):
        msg = f"side must be 'left' or 'right' (got {side!r})"
        raise ValueError(msg)
    where = here()
    line, values = node_of(a), node_of(v)
    args = [line, values]
    if sorter is not None:
        args.append(node_of(sorter))
        if args[2].dtype.kind not in "iu":
            msg = "sorter must only contain integers"
            raise TypeError(msg)
    if any(len(n.shape) != 1 for n in (line, *args[2:])) or (
        args[2:] and args[2].shape != line.shape
    ):
        shapes = ", ".join(str(n.shape) for n in (line, *args[2:]))
        what = f"the sorted operand must be a vector, and its sorter too: {shapes}"
        raise ShapeError.at("searchsorted", what, where_text(where))
    row = ops.OPS["searchsorted"]
    return new(library_node(row, tuple(args), (side,), values.shape, _INDEX, where))


__all__ = ["argwhere", "flatnonzero", "nonzero", "searchsorted"]
