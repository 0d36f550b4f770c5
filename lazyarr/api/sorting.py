"""Sorting: by library stages, with the standard's order and stability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import theirs
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.quick import quick
from lazyarr.ir import infer
from lazyarr.ir.infer import library_node

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node, Shape

_INDEX = np.dtype(np.int64)
_KINDS = {"q": "quicksort", "h": "heapsort", "m": "mergesort", "s": "stable"}
_NONE = np.empty(0)


def _kind(kind: str | bytes | None, stable: bool | None) -> str | None:
    """Return NumPy's name of the algorithm."""
    if kind is None:
        return "stable" if stable else None
    np.sort(_NONE, kind=kind)  # type: ignore[call-overload] # whether there is one
    name = kind.decode() if isinstance(kind, bytes) else kind
    return _KINDS[name[0].lower()]


def _turned(node: Node) -> Node:
    """Return elements that are in ascending order where the given ones descend.

    NaN stays the last, and equal ones stay equal. Turned again, they are what they were.
    """
    op = "negative" if node.dtype.kind in "fc" else "bitwise_invert"
    return infer.map_node(ops.OPS[op], (node,), here())


def _operand(x: Any, axis: int | None, name: str) -> tuple[Node, int]:
    """Return the node to sort, flattened for no axis, and the axis."""
    node = node_of(x)
    if axis is None:
        return infer.reshape_node(node, (node.size,), here()), 0
    return node, axis_arguments.one(axis, len(node.shape), name)


def _refuse_fields(order: Any) -> None:
    if order is not None:
        msg = "Cannot specify order when the array has no fields."
        raise ValueError(msg)


@quick(theirs.sort)
def sort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: Any = None,
    *,
    descending: bool = False,
    stable: bool = True,
) -> Array:
    """Return the elements of an array sorted along an axis.

    Parameters
    ----------
    a : array_like
    axis : int, optional
        None sorts the flattened array.
    kind : {"quicksort", "heapsort", "mergesort", "stable"}, optional
        NumPy's name of the algorithm; it has precedence over `stable`.
    order : None
        NumPy's argument for structured arrays, which lazyarr does not have.
    descending : bool
        Largest first. NaN is last all the same, as in NumPy since release 2.5.
    stable : bool
        Keep the order of what compares equal: zeros of either sign.

    Raises
    ------
    AxisError
        The array has no such axis.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.sort(la.asarray([2, 3, 1]), descending=True).compute()
    array([3, 2, 1])
    """
    _refuse_fields(order)
    node, place = _operand(a, axis, "sort")
    if descending:
        node = _turned(node)
    params = (place, _kind(kind, stable))
    where = here()
    node = library_node(ops.OPS["sort"], (node,), params, node.shape, node.dtype, where)
    return new(_turned(node) if descending else node)


@quick(theirs.argsort)
def argsort(
    a: Any,
    axis: int | None = -1,
    kind: str | None = None,
    order: Any = None,
    *,
    descending: bool = False,
    stable: bool = True,
) -> Array:
    """Return the indices that sort an array along an axis; parameters as for `sort`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.argsort(la.asarray([2, 3, 1])).compute()
    array([2, 0, 1])
    """
    _refuse_fields(order)
    node, place = _operand(
        a if node_of(a).shape else new(node_of(a)).reshape(1),
        None if axis is None else axis_arguments.integer(axis, "argsort"),
        "argsort",
    )
    where = here()
    if descending:
        node = _turned(node)
    params = (place, _kind(kind, stable))
    shape: Shape = node.shape
    return new(library_node(ops.OPS["argsort"], (node,), params, shape, _INDEX, where))


__all__ = ["argsort", "sort"]
