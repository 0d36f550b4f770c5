"""Whether elements are close to others, and whether arrays are equal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import theirs
from lazyarr.api.elementwise import abs as absolute
from lazyarr.api.elementwise import bitwise_and, bitwise_or, equal, isfinite, isnan
from lazyarr.api.handle import cast_to, here, new, node_of, operand
from lazyarr.api.interop import through_numpy
from lazyarr.api.quick import quick
from lazyarr.api.selection import where as chosen
from lazyarr.api.subclasses import leave_to_theirs
from lazyarr.api.templates import templated
from lazyarr.ir import infer
from lazyarr.ir.node import Node
from lazyarr.ops.row import promote

if TYPE_CHECKING:
    from lazyarr.api.array import Array


@quick(np.isclose)
@templated
def isclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    """Return whether elements are equal within ``atol + rtol * abs(b)``.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.isclose(la.asarray([1.0, 2.0]), 1.0).compute()
    array([ True, False])
    """
    leave_to_theirs(a, b)
    if not (_is_finite(rtol) and _is_finite(atol)):  # NumPy warns of these
        return through_numpy(np.isclose, (a, b, rtol, atol, equal_nan), {}, "isclose")  # type: ignore[no-any-return]
    x, y = operand(a), operand(b)
    if isinstance(y, Node):
        kind = promote((y.dtype, float))
    else:  # Python's numbers are weak
        other = x.dtype if isinstance(x, Node) else type(x)
        kind = promote((other, complex if type(y) is complex else float))
    y = cast_to(y, kind, here())
    x = x if isinstance(x, Node) else cast_to(x, promote((type(x), kind)), here())
    left, right = new(x), new(y)
    # An infinite right side is close to nothing but itself, so its tolerance is unused.
    finite = isfinite(right)
    held = chosen(finite, right, 0)
    near = absolute(left - held) <= atol + rtol * absolute(held)
    result = (near & finite) | (left == right)
    if equal_nan:
        result = result | (isnan(left) & isnan(right))
    return result


def _is_finite(tolerance: Any) -> bool:
    """Whether a tolerance can be used, or is lazy, so that nobody knows yet."""
    if type(tolerance) is float:
        return math.isfinite(tolerance)
    return hasattr(type(tolerance), "_current") or bool(np.isfinite(tolerance).all())


@quick(theirs.are_close)
@templated
def allclose(
    a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Array:
    """Return whether all elements are close, as a 0-d array; see `isclose`.

    Examples
    --------
    >>> import lazyarr as la
    >>> bool(la.allclose([1.0, 2.0], [1.0, 2.0 + 1e-9]))
    True
    """
    return isclose(a, b, rtol, atol, equal_nan).all()


@quick(theirs.are_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Array:
    """Return whether two arrays have one shape and equal elements, as a 0-d array.

    Examples
    --------
    >>> import lazyarr as la
    >>> bool(la.array_equal([1, 2], [1, 2, 3]))
    False
    """
    x, y = node_of(a1), node_of(a2)
    if x.shape != y.shape:
        return new(infer.scalar(False, np.dtype(bool)))
    left, right = new(x), new(y)
    same = equal(left, right)
    if equal_nan:
        same = bitwise_or(same, bitwise_and(isnan(left), isnan(right)))
    return same.all()
