"""Running sums and products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.quick import quick
from lazyarr.api.results import finished, folding_dtype
from lazyarr.api.statistical import accumulator
from lazyarr.errors import ShapeError
from lazyarr.ir import infer
from lazyarr.ir.infer import library_node
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array


def _scan(
    name: str, x: Any, axis: Any, dtype: Any, initial: bool, out: Any = None
) -> Array:
    where = here()
    node = node_of(x)
    if not node.shape:
        node = infer.reshape_node(node, (1,), where)
    if axis is None:
        if len(node.shape) > 1:
            what = f"axis is needed for shape {node.shape}"
            raise ShapeError.at(name, what, where_text(where))
        axis = 0
    place = axis_arguments.strict(axis, len(node.shape), name)
    if out is not None and dtype is None:
        dtype = folding_dtype(node.dtype, out)
    wide = accumulator(node.dtype, dtype)
    operand = infer.astype(node, wide, where)
    result = library_node(ops.OPS[name], (operand,), (place,), node.shape, wide, where)
    if initial:
        shape = tuple(1 if k == place else n for k, n in enumerate(node.shape))
        start = infer.full_node(infer.scalar(int(name.endswith("prod")), wide), shape)
        shape = tuple(n + (k == place) for k, n in enumerate(node.shape))
        result = library_node(
            ops.OPS["concat"], (start, result), (place,), shape, wide, where
        )
    return finished(result, out, name, where, "unsafe")


@quick(np.cumulative_sum)
def cumulative_sum(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Array:
    """Return running sums along an axis.

    Raises
    ------
    ShapeError
        More than one axis and none named.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.cumulative_sum(la.asarray([1, 2, 3])).compute()
    array([1, 3, 6])
    """
    return _scan("cumulative_sum", x, axis, dtype, include_initial, out)


@quick(np.cumulative_prod)
def cumulative_prod(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Array:
    """Return running products along an axis; as `cumulative_sum`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.cumulative_prod(la.asarray([1, 2, 3])).compute()
    array([1, 2, 6])
    """
    return _scan("cumulative_prod", x, axis, dtype, include_initial, out)


def _flattened(x: Any, axis: Any) -> tuple[Any, Any]:
    node = node_of(x)
    if axis is None and len(node.shape) != 1:
        return new(infer.reshape_node(node, (node.size,), here())), 0
    return x, axis


@quick(np.cumsum)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
    """Return running sums along an axis, or of the flattened array; NumPy's name.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.cumsum(la.asarray([[1, 2], [3, 4]])).compute()
    array([ 1,  3,  6, 10])
    """
    a, axis = _flattened(a, axis)
    return _scan("cumulative_sum", a, axis, dtype, False, out)


@quick(np.cumprod)
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Array:
    """Return running products along an axis, or of the flattened array.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.cumprod(la.asarray([1, 2, 3])).compute()
    array([1, 2, 6])
    """
    a, axis = _flattened(a, axis)
    return _scan("cumulative_prod", a, axis, dtype, False, out)
