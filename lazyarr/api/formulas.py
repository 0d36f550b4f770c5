"""Functions that are a formula of others, of which templates are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import theirs
from lazyarr.api.calls import call
from lazyarr.api.elementwise import isnan, subtract
from lazyarr.api.handle import (
    OPS,
    Handle,
    here,
    new,
    node_of,
    refuse_cast,
    write,
)
from lazyarr.api.quick import quick
from lazyarr.api.selection import joined, where
from lazyarr.api.statistical import max, min
from lazyarr.api.templates import templated
from lazyarr.ir import copies, infer

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node


@quick(np.ptp)
@templated
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Array:
    """Return the range of values over axes: the maximum less the minimum.

    Examples
    --------
    >>> import lazyarr as la
    >>> int(la.ptp(la.asarray([3, 9, 2])))
    7
    """
    least = min(a, axis=axis, keepdims=keepdims)
    if out is None:
        return subtract(max(a, axis=axis, keepdims=keepdims), least)
    max(a, axis=axis, out=out, keepdims=keepdims)  # in the dtype of `out`, as NumPy's
    return subtract(out, least, out=out)


@quick(np.sinc)
@templated
def sinc(x: Any) -> Array:
    """Return ``sin(pi x) / (pi x)``, 1 at 0, by NumPy's formula.

    Examples
    --------
    >>> import lazyarr as la
    >>> float(la.sinc(0))
    1.0
    """
    node = node_of(x)
    if node.dtype.kind in "biu":
        node = infer.astype(node, np.dtype(np.float64), here())
    x = new(node)
    y = np.pi * where(x == 0, 1.0e-20, x) if node.dtype.char != "e" else _half_sinc(x)
    return call(
        OPS["divide"], (call(OPS["sin"], (y,), None, True, None), y), None, True, None
    )


def _half_sinc(x: Any) -> Any:
    """Return the argument in half precision, whose tiniest number is larger."""
    tiny = float(np.finfo(np.float16).eps)
    return np.pi * where(x == 0, tiny, x)


@quick(theirs.numbers)
@templated
def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Array:
    """Return NaN replaced by a number, infinities by the largest finite ones.

    Parameters
    ----------
    x : array_like
    copy : bool
        False writes into `x`, a lazyarr array.
    nan, posinf, neginf : scalar, optional

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> la.nan_to_num(la.asarray([np.nan, 1.0])).compute()
    array([0., 1.])
    """
    node = node_of(x)
    place = here()
    if node.dtype.kind in "fc":
        limits = np.finfo(node.dtype)
        high = float(limits.max) if posinf is None else posinf
        low = float(limits.min) if neginf is None else neginf
        if node.dtype.kind == "c":
            result = _complex_to_num(node, nan, high, low)
        else:
            result = _real_to_num(node, nan, high, low)
        if result.dtype != node.dtype:  # what is put in has a dtype of its own
            if not np.can_cast(result.dtype, node.dtype, "same_kind"):
                refuse_cast(result, node.dtype, "nan_to_num", "same_kind")
            result = infer.astype(result, node.dtype, place)
    else:
        result = node
    if copy or not isinstance(x, Handle):
        return new(copies.copied(result, "K", place, node))
    if result is not node:
        write(x, result, "nan_to_num", "same_kind", place)
    return x  # type: ignore[return-value]


def _real_to_num(node: Node, nan: Any, high: Any, low: Any) -> Node:
    x = new(node)
    result = where(isnan(x), nan, x)
    result = where(x == np.inf, high, result)
    return where(x == -np.inf, low, result)._current()  # type: ignore[no-any-return]


def _complex_to_num(node: Node, nan: Any, high: Any, low: Any) -> Node:
    parts = []
    for name in ("real", "imag"):
        part = infer.map_node(OPS[name], (node,))
        parts.append(new(_real_to_num(part, nan, high, low)))
    return joined(parts[0]._current(), parts[1]._current())
