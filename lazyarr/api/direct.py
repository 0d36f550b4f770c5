"""NumPy's functions of its own arrays, without what they do for the sake of others.

Many are a method, or a few ufuncs, behind looks at what they were given, each of which
takes as long as the work on a small array. The ufuncs and their order are NumPy's, and
so are the bits.
"""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.bounds import is_wide
from lazyarr.api.known import Unknown, alone
from lazyarr.api.theirs import nonzero

if TYPE_CHECKING:
    from collections.abc import Callable

_NONE = np._NoValue
NOT_GIVEN = float("0")  # the standard's default of correction=, told by its identity
_SAME = """
argmax argmin argpartition cumprod cumsum diagonal ravel searchsorted squeeze swapaxes
take trace
"""
_METHODS = {getattr(np, name): getattr(np.ndarray, name) for name in _SAME.split()}
_roll, _empty = alone(np.roll), alone(np.empty_like)
_clip = getattr(importlib.import_module("numpy._core.umath"), "clip", np.clip)
_concatenate, _where = alone(np.concatenate), alone(np.where)
_ndarray = np.ndarray
_add: Any = np.add.reduce
_OWN = frozenset((_ndarray,))


def of_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what one of NumPy's functions is for arrays: the method, or itself."""
    return _METHODS.get(function) or alone(function)  # type: ignore[no-any-return]


def _moment(name: str) -> Callable[..., Any]:
    root = name == "std"

    def moment(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: Any = 0,
        keepdims: Any = False,
        where: Any = True,
        mean: Any = _NONE,
        correction: Any = NOT_GIVEN,
    ) -> Any:
        if where is not True or correction is not NOT_GIVEN:
            raise Unknown
        axes = axis if type(axis) is tuple else (axis,)
        count = a.size if axis is None else math.prod([a.shape[k] for k in axes])
        if count <= ddof:
            raise Unknown
        plain = a.dtype.char == "d" and dtype is None and keepdims is False
        kept = keepdims is not _NONE and bool(keepdims)
        if mean is not _NONE:
            return getattr(np, name)(a, axis, dtype, None, ddof, kept, mean=mean)
        if not (plain and a.ndim):
            return getattr(a, name)(axis, dtype, None, ddof, kept)
        middle = _add(a, axis, None, None, True)
        rest = np.subtract(a, np.true_divide(middle, count, middle))
        squares = _add(np.multiply(rest, rest, rest), axis)
        return np.sqrt(squares / (count - ddof)) if root else squares / (count - ddof)

    return moment


var = _moment("var")
std = _moment("std")


def difference(
    a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None
) -> Any:
    """Return differences of neighbours, and of what is put before and behind them."""
    if prepend is None and append is None:
        usual = type(n) is type(axis) is int and n == 1 and axis == -1
        if usual and a.ndim == 1 and a.dtype.char != "?":
            return np.subtract(a[1:], a[:-1])
        return np.diff(a, n, axis)
    before = _NONE if prepend is None else prepend
    return np.diff(a, n, axis, before, _NONE if append is None else append)


def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Return elements moved round along one axis, or as NumPy does."""
    if axis is None and a.ndim == 1:
        axis = 0
    if type(shift) is not int or type(axis) is not int or not a.size:
        return _roll(a, shift, axis)
    count = a.shape[axis]
    shift %= count
    made, lead = _empty(a), (slice(None),) * (axis % a.ndim)
    made[(*lead, slice(shift, None))] = a[(*lead, slice(None, count - shift))]
    made[(*lead, slice(None, shift))] = a[(*lead, slice(count - shift, None))]
    return made


def clip(a: Any, *bounds: Any, **options: Any) -> Any:
    """Return elements between bounds; of integers, NumPy looks at the bounds first."""
    if len(bounds) == 2 and not options and a.dtype.kind == "f":
        low, high = bounds
        if low is not None and high is not None:
            return _clip(a, low, high)
    return np.clip(a, *bounds, **options)


def stack(arrays: Any, axis: Any = 0, **options: Any) -> Any:
    """Return arrays joined along a new axis."""
    first = arrays[0]
    usual = type(axis) is int and not options
    if not usual or not _OWN.issuperset(map(type, arrays)):
        return np.stack(arrays, axis, **options)
    place = axis if axis >= 0 else axis + first.ndim + 1
    if not 0 <= place <= first.ndim:
        return np.stack(arrays, axis)
    key = (slice(None),) * place + (None,)
    return _concatenate([x[key] for x in arrays], place)


def chosen(condition: Any, x: Any = _NONE, y: Any = _NONE, /) -> Any:
    """Return elements of one of two arrays, or the places of what is true."""
    if y is _NONE:
        if x is not _NONE:
            raise Unknown
        return nonzero(condition)
    axes = condition.ndim  # between vectors nothing broadcasts to more than there is
    if (
        (type(x) is _ndarray and x.ndim + axes > 2 and not _is_row(x, condition.shape))
        or (
            type(y) is _ndarray
            and y.ndim + axes > 2
            and not _is_row(y, condition.shape)
        )
    ) and is_wide((condition, x, y)):
        raise Unknown
    return _where(condition, x, y)


def _is_row(x: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether an array has the sides that another ends with."""
    return bool(x.shape == shape[len(shape) - x.ndim :])
