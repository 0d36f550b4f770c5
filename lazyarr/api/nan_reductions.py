"""Reductions of what is not NaN, composed of reductions that fuse.

Of a slice of nothing but NaN the result is NaN, and NumPy's warning is given when it is
computed: at the call for small arrays that are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import missing
from lazyarr.api.composed import on_known_arrays
from lazyarr.api.creation import dtype_of
from lazyarr.api.elementwise import divide, isnan, maximum
from lazyarr.api.handle import here, new, node_of
from lazyarr.api.interop import through_numpy
from lazyarr.api.moments import divisor_less, finished_by, mean, std, var
from lazyarr.api.quick import quick
from lazyarr.api.results import finished
from lazyarr.api.selection import where as chosen
from lazyarr.api.statistical import max as largest
from lazyarr.api.statistical import min
from lazyarr.api.templates import templated
from lazyarr.ir import infer

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ops.row import Op

_NONE = np._NoValue
smallest, plain_mean = min, mean


def _asked(**options: Any) -> dict[str, Any]:
    """Return the options that were given."""
    return {key: v for key, v in options.items() if v is not _NONE and v is not None}


def _extreme(
    name: str, a: Any, axis: Any, out: Any, keepdims: Any, rest: dict[str, Any]
) -> Array:
    fold, low = (largest, -np.inf) if name == "nanmax" else (smallest, np.inf)
    x = new(node_of(a))
    asked = _asked(keepdims=keepdims, **rest)
    if x.dtype.kind not in "fc":
        return fold(x, axis, out, **asked)
    if rest["where"] is not _NONE or x.dtype.kind == "c" or 0 in x.shape:
        asked |= {"axis": axis, "out": out}
        theirs = on_known_arrays(getattr(np, name))
        return through_numpy(theirs, (a,), asked, name)  # type: ignore[no-any-return]
    missing = isnan(x)
    made = fold(chosen(missing, x.dtype.type(low), x), axis, None, **asked)
    if "initial" not in asked:
        none = missing.all(axis=axis, keepdims=asked.get("keepdims", False))
        made = _nan(ops.ALL_NAN, none, made)
    return finished(made._current(), out, name, here(), "unsafe")


def _nan(row: Op, none: Array, made: Array) -> Array:
    """Return NaN where a slice has nothing to give, of which a warning tells."""
    nan = complex(np.nan, np.nan) if made.dtype.kind == "c" else np.nan
    args = (none._current(), infer.scalar(nan, made.dtype), made._current())
    return new(infer.map_node(row, args, here(3)))


def _mean(total: Array, count: Array) -> Array:
    """Return sums divided by counts; of nothing it is zero."""
    return divide(total, maximum(count, 1)).astype(total.dtype)


@quick(missing.reduction(np.nanmax))
def nanmax(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = _NONE,
    initial: Any = _NONE,
    where: Any = _NONE,
) -> Array:
    """Return the largest elements over axes that are not NaN; NaN if there are none.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> float(la.nanmax(la.asarray([1.0, np.nan])))
    1.0
    """
    rest = {"initial": initial, "where": where}
    return _extreme("nanmax", a, axis, out, keepdims, rest)


@quick(missing.reduction(np.nanmin))
def nanmin(
    a: Any,
    axis: Any = None,
    out: Any = None,
    keepdims: Any = _NONE,
    initial: Any = _NONE,
    where: Any = _NONE,
) -> Array:
    """Return the smallest elements over axes that are not NaN; NaN if there are none."""
    rest = {"initial": initial, "where": where}
    return _extreme("nanmin", a, axis, out, keepdims, rest)


def _may_be_nan(x: Array, dtype: Any, out: Any) -> bool:
    """Whether elements may be NaN; of these there are no means in a dtype without it."""
    if x.dtype.kind not in "fc":
        return False
    for name, kind in (("dtype", dtype), ("out", getattr(out, "dtype", None))):
        if kind is None:
            continue
        if np.dtype(kind).kind not in "fc":
            msg = f"If a is inexact, then {name} must be inexact"
            raise TypeError(msg)
        dtype_of(kind, "sum")
    return True


@quick(missing.reduction(np.nanmean))
@templated
def nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = _NONE,
    *,
    where: Any = _NONE,
) -> Array:
    """Return the means over axes of what is not NaN.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> float(la.nanmean(la.asarray([1.0, np.nan, 3.0])))
    2.0
    """
    x = new(node_of(a))
    asked = _asked(keepdims=keepdims, where=where)
    if not _may_be_nan(x, dtype, out):
        return plain_mean(x, axis, dtype, out, **asked)
    there = ~isnan(x)
    total = chosen(there, x, x.dtype.type(0)).sum(axis=axis, dtype=dtype, **asked)
    count = there.sum(axis=axis, dtype=np.intp, **asked)
    made = _nan(ops.EMPTY_MEAN, count == 0, _mean(total, count))
    options = {"axis": axis, "dtype": dtype, **asked}
    return finished_by("nanmean", (x,), options, made._current(), out)


@quick(missing.reduction(np.nanvar))
@templated
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = _NONE,
    *,
    where: Any = _NONE,
    mean: Any = _NONE,
    correction: Any = _NONE,
) -> Array:
    """Return the variances over axes of what is not NaN; parameters as for `var`."""
    x = new(node_of(a))
    less = divisor_less(ddof, correction)
    asked = _asked(keepdims=keepdims, where=where)
    if not _may_be_nan(x, dtype, out):
        return var(x, axis, dtype, out, less, **asked, **_asked(mean=mean))
    made = _variance(x, axis, dtype, less, asked, mean)
    options = {"axis": axis, "dtype": dtype, "ddof": less, **asked, **_asked(mean=mean)}
    return finished_by("nanvar", (x,), options, made._current(), out)


def _variance(
    x: Array, axis: Any, dtype: Any, less: float, asked: dict[str, Any], middle: Any
) -> Array:
    mask = _asked(where=asked.get("where", _NONE))
    there = ~isnan(x)
    zeroed = chosen(there, x, x.dtype.type(0))
    if middle is _NONE:
        total = zeroed.sum(axis=axis, dtype=dtype, keepdims=True, **mask)
        count = there.sum(axis=axis, dtype=np.intp, keepdims=True, **mask)
        middle = _mean(total, count)
    off = chosen(there, (zeroed - middle).astype(x.dtype), x.dtype.type(0))
    square = (off * off.conj()).real if x.dtype.kind == "c" else off * off
    total = square.sum(axis=axis, dtype=dtype, **asked)
    left = there.sum(axis=axis, dtype=np.intp, **asked) - less
    made = divide(total, chosen(left <= 0, 1, left)).astype(total.dtype)
    return _nan(ops.NO_FREEDOM, left <= 0, made)


@quick(missing.reduction(np.nanstd))
@templated
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = _NONE,
    *,
    where: Any = _NONE,
    mean: Any = _NONE,
    correction: Any = _NONE,
) -> Array:
    """Return the standard deviations of what is not NaN: the roots of `nanvar`."""
    x = new(node_of(a))
    if not _may_be_nan(x, dtype, out):
        less = divisor_less(ddof, correction)
        asked = _asked(keepdims=keepdims, where=where, mean=mean)
        return std(x, axis, dtype, out, less, **asked)
    given = {"where": where, "mean": mean, "correction": correction}
    variance = nanvar(x, axis, dtype, None, ddof, keepdims, **given)
    root = (variance**0.5).astype(variance.dtype)
    given |= {"axis": axis, "dtype": dtype, "ddof": ddof, "keepdims": keepdims}
    return finished_by("nanstd", (x,), given, root._current(), out)


__all__ = ["nanmax", "nanmean", "nanmin", "nanstd", "nanvar"]
