"""Searching: where extremes and others are, or would go, and how many are not zero."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import theirs
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.manipulation import permute
from lazyarr.api.quick import quick
from lazyarr.api.results import finished, of_selection
from lazyarr.api.sizes import called, evaluated, found
from lazyarr.api.statistical import fold, keep
from lazyarr.errors import DTypeError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir.infer import library_node
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node, Where

_NONE = np._NoValue  # an argument that is not given
_BOOL = np.dtype(bool)
_INT = np.dtype(np.int64)


@quick(np.count_nonzero, chained=True)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Array:
    """Return how many elements over axes are not zero, as int64.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.count_nonzero(la.asarray([0, 3, 4])))
    2
    """
    made = of_selection(a, "count_nonzero", axis, keepdims, None)
    if made is not None:
        return made
    where = here()
    node = node_of(a)
    axes = axis_arguments.folded(axis, len(node.shape), "count_nonzero")
    if not axes:
        truth = infer.astype(node, _BOOL, where)
        return new(infer.astype(truth, _INT, where))
    folded = infer.reduce_node(ops.OPS["count_nonzero"], node, axes, _INT, where)
    return new(keep(folded, axes, keepdims, where))


def _place(name: str, x: Any, axis: Any, keepdims: Any, out: Any) -> Array:
    where = here()
    node = node_of(x)
    ndim = len(node.shape)
    if axis is None or not axis_arguments.folded(axis, ndim, name):
        node = infer.reshape_node(node, (node.size,), where)
        folded = fold(ops.OPS[name], node, (0,), _INT, where, alone=None)
        shape = (1,) * ndim if keepdims and keepdims is not _NONE else ()
        return places_into(out, infer.reshape_node(folded, shape, where), name, where)
    place = axis_arguments.one(axis, ndim, name)
    folded = fold(ops.OPS[name], node, (place,), _INT, where, alone=None)
    return places_into(out, keep(folded, (place,), keepdims, where), name, where)


def places_into(out: Any, result: Node, name: str, where: Where) -> Array:
    """Return places, in `out` if that is given: it must be of integers, as NumPy's."""
    fits = getattr(out, "shape", None) == result.shape  # of another: `finished` raises
    if fits and not np.can_cast(out.dtype, _INT, "safe"):
        what = f"out= of dtype {out.dtype} is not cast to {_INT} safely"
        raise DTypeError.at(name, what, where_text(where))
    return finished(result, out, name, where, "unsafe")


@quick(np.argmax, chained=True)
def argmax(
    a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False
) -> Array:
    """Return the index of the first largest element; a NaN counts as largest.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.argmax(la.asarray([3, 9, 9])))
    1
    """
    return _place("argmax", a, axis, keepdims, out)


@quick(np.argmin, chained=True)
def argmin(
    a: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False
) -> Array:
    """Return the index of the first smallest element; a NaN counts as smallest.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.argmin(la.asarray([3, 1, 1])))
    1
    """
    return _place("argmin", a, axis, keepdims, out)


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
    places = called("nonzero", values)
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
    return found(called("flatnonzero", values), "flatnonzero")


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
        return found(np.zeros((count, 0), _INT), "argwhere")
    joining = importlib.import_module("lazyarr.api.joining")
    return permute(joining.stack(nonzero(a)))


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
    return new(library_node(row, tuple(args), (side,), values.shape, _INT, where))


__all__ = [
    "argmax",
    "argmin",
    "argwhere",
    "count_nonzero",
    "flatnonzero",
    "nonzero",
    "searchsorted",
]
