"""Where extremes are, and how many elements are not zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.quick import quick
from lazyarr.api.results import finished, of_selection
from lazyarr.api.statistical import fold, keep
from lazyarr.errors import DTypeError
from lazyarr.ir import infer
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
        return _into(out, infer.reshape_node(folded, shape, where), name, where)
    place = axis_arguments.one(axis, ndim, name)
    folded = fold(ops.OPS[name], node, (place,), _INT, where, alone=None)
    return _into(out, keep(folded, (place,), keepdims, where), name, where)


def _into(out: Any, result: Node, name: str, where: Where) -> Array:
    """Return places, in `out` if that is given: it must be of integers, as NumPy's."""
    fits = (
        out is not None and out.shape == result.shape
    )  # of another: `finished` raises
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


__all__ = ["argmax", "argmin", "count_nonzero"]
