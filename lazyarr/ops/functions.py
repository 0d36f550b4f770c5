"""Rows of functions that are NumPy's or CuPy's as they stand.

``op.numpy(xp, *arrays, options)`` calls the function of the row's name; `options` is a
tuple of names and values. What CuPy does not have raises `NotImplementedError`, and the
row says so beforehand (``op.absent``): the planner leaves it to NumPy on the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.errors import tell
from lazyarr.ops.family import library_op
from lazyarr.ops.integers import narrowed, offsets, range_of, tallied

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.family import Absent
    from lazyarr.ops.row import DType, Op

Options = tuple[tuple[str, Any], ...]
NAMES = (
    *("median", "quantile", "percentile", "nanargmax", "nanargmin"),
    *("interp", "convolve", "correlate"),
    *("partition", "argpartition", "packbits", "unpackbits"),
)
NUMBERED = ("nanmedian", "nanquantile", "nanpercentile")


_DIGITS = 2  # bytes of an integer that NumPy sorts digit by digit
_MANY = 4096  # elements
_OFTEN = 4  # times that a value is there, from which those are counted first
# What CuPy 14 has not; what another version lacks shows when it is called.
_ABSENT = ("nanquantile", "nanpercentile")
_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def only_numpy(xp: Any, name: str) -> None:
    """Refuse an array module other than NumPy.

    Raises
    ------
    NotImplementedError
    """
    if xp is not np:
        msg = f"{xp.__name__} has no {name}"
        raise NotImplementedError(msg)


def called(xp: Any, name: str, arrays: tuple[Any, ...], options: Options) -> Any:
    """Return what a function of an array module gives.

    Raises
    ------
    NotImplementedError
        A module other than NumPy has none, or not for these options or dtypes.
    """
    named = dict(options)
    if xp is np:
        if "kth" in named:
            named["kth"] = np.array(named["kth"], int)  # also where there is none
        return np.asarray(getattr(np, name)(*arrays, **named))
    try:
        return xp.asarray(getattr(xp, name)(*arrays, **named))
    except (AttributeError, TypeError, ValueError) as error:
        # Not there, or not for these: NumPy has it, or has the error to show.
        raise NotImplementedError(str(error)) from error


def _plain(name: str) -> Callable[..., Any]:
    def call(xp: Any, *rest: Any) -> Any:
        *arrays, options = rest
        return called(xp, name, tuple(arrays), options)

    return call


def _numbered(name: str) -> Callable[..., Any]:
    """Return a function of what is not NaN; it warns as NumPy's, at the user's line."""

    def call(xp: Any, *rest: Any) -> Any:
        *arrays, options = rest
        if xp is np:
            axis = dict(options).get("axis")
            none = np.isnan(arrays[0]).all(axis=axis, keepdims=True)
            if none.any():
                empty = not arrays[0].size
                tell("Mean of empty slice" if empty else "All-NaN slice encountered")
                kept = np.where(none, arrays[0].dtype.type(0), arrays[0])
                kept = np.zeros_like(none, kept.dtype) if empty else kept
                made = called(xp, name, (kept, *arrays[1:]), options)
                # Where NumPy puts what is of a slice that has nothing, it says itself.
                marked = np.broadcast_to(none.astype(kept.dtype), kept.shape)
                del kept
                lost = called(xp, name, (marked, *arrays[1:]), options)
                return np.where(lost != 0, made.dtype.type(np.nan), made)
        return called(xp, name, tuple(arrays), options)

    return call


def _plain_absent(name: str) -> Absent | None:
    """Return the rule that says what CuPy lacks of a function, if it lacks any of it."""
    if name in _ABSENT:
        return lambda params, dtypes: name

    def method(params: tuple[Any, ...], dtypes: tuple[DType, ...]) -> str:
        asked = dict(params[0]).get("method", "linear")
        return "" if asked in _METHODS else f"{name} by {asked!r}"

    return method if name in ("quantile", "percentile") else None


def _lexsort(xp: Any, *rest: Any) -> Any:
    only_numpy(xp, "lexsort of several arrays")
    *keys, axis = rest
    return np.asarray(np.lexsort([_digits(key) for key in keys], axis=axis))


def _digits(key: Any) -> Any:
    """Return a key that sorts as another, digit by digit where its range is small.

    Of one that lies apart NumPy would sort a copy, and the places in another one.
    """
    wide = key.dtype.kind in "iu" and key.itemsize > _DIGITS and key.size >= _MANY
    digits = narrowed(key) if wide else None
    if digits is None:
        return np.ascontiguousarray(key) if key.ndim == 1 else key
    return digits


def _histogram(xp: Any, *rest: Any) -> Any:
    """Return counts or edges: the arrays are the data, and its bins and weights."""
    *arrays, part, given, options = rest
    named = dict(options) | dict(zip(given, arrays[1:], strict=True))
    if (limits := named.get("range")) is not None:
        named["range"] = tuple([_limit(one) for one in limits])
    if xp is not np:
        if part or "bins" not in given:
            only_numpy(xp, "histogram with NumPy's edges")
        return xp.histogram(arrays[0], **named)[part]
    if part:  # without a look at which elements are between them
        named.pop("density", None)
        return np.asarray(np.histogram_bin_edges(arrays[0], **named))
    x = arrays[0]
    if x.dtype.kind in "iu" and x.size >= _MANY and "weights" not in given:
        low, span = range_of(x)
        if span * _OFTEN <= x.size:  # the bins of the values that there are
            counts = tallied(offsets(x.reshape(-1), low), span)
            x = np.arange(span).astype(x.dtype) + x.dtype.type(low)
            named["weights"] = counts
    return np.asarray(np.histogram(x, **named)[0])


def _limit(x: Any) -> Any:
    """Return a limit of bins; one of NumPy's numbers is given by its dtype."""
    return np.dtype(x[0]).type(x[1]) if isinstance(x, tuple) else x


def _histogram_absent(params: tuple[Any, ...], dtypes: tuple[DType, ...]) -> str:
    part, given, _ = params
    if part or "bins" not in given:
        return "histogram with NumPy's edges"
    return "histogram" if any(dtype.kind == "c" for dtype in dtypes) else ""


def _ufunc_part(xp: Any, *rest: Any) -> Any:
    """Return one result of a ufunc that the table has no row of."""
    *arrays, name, part = rest
    only_numpy(xp, name)
    found = getattr(np, name)(*arrays)
    return np.asarray(found[part] if isinstance(found, tuple) else found)


FUNCTIONS: tuple[Op, ...] = (
    *(library_op(name, _plain(name), 16, _plain_absent(name)) for name in NAMES),
    *(library_op(name, _numbered(name), 16, _plain_absent(name)) for name in NUMBERED),
    library_op("lexsort", _lexsort, 64, lambda params, dtypes: "lexsort"),
    library_op("histogram", _histogram, 16, _histogram_absent),
    library_op("ufunc_part", _ufunc_part, 16, lambda params, dtypes: params[0]),
)
