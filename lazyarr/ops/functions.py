"""Rows of functions that are NumPy's or CuPy's as they stand.

``op.numpy(xp, *arrays, options)`` calls the function of the row's name; `options` is a
tuple of names and values. What CuPy does not have raises `NotImplementedError`, and the
row says so beforehand (``op.absent``): the planner leaves it to NumPy on the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.errors import tell
from lazyarr.ops.bins import histogram
from lazyarr.ops.family import library_op, only_numpy
from lazyarr.ops.integers import FEW, narrowed, occurrences, range_of
from lazyarr.ops.ordering import argsorted, is_plain
from lazyarr.ops.quantiles import quantiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.ops.row import DType, Op

Options = tuple[tuple[str, Any], ...]
NAMES = (
    *("median", "nanargmax", "nanargmin"),
    *("interp", "convolve", "correlate"),
    *("partition", "argpartition", "packbits", "unpackbits"),
)
SHARES = ("quantile", "percentile", "nanquantile", "nanpercentile")


_DIGITS = 2  # bytes of an integer that NumPy sorts digit by digit
_MANY = 4096  # elements
_OFTEN = 4  # times that a value is there, from which those are counted first


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
                dtype = arrays[0].dtype
                if none.all():  # one number is as good as all of a slice
                    kept = np.zeros_like(none, dtype)
                else:
                    kept = np.where(none, dtype.type(0), arrays[0])
                made = called(xp, name, (kept, *arrays[1:]), options)
                # Where NumPy puts what is of a slice that has nothing, it says itself.
                marked = np.broadcast_to(none.astype(kept.dtype), kept.shape)
                del kept
                lost = called(xp, name, (marked, *arrays[1:]), options)
                return np.where(lost != 0, made.dtype.type(np.nan), made)
        return called(xp, name, tuple(arrays), options)

    return call


def _shares(name: str) -> Callable[..., Any]:
    """Return a function of shares that are an operand, or a number among the options."""
    theirs = (_numbered if name.startswith("nan") else _plain)(name)

    def call(xp: Any, *rest: Any) -> Any:
        if xp is np:
            return theirs(xp, *rest)
        x, *shares, options = rest
        named = dict(options)
        return quantiles(xp, name, x, shares[0] if shares else named["q"], named)

    return call


def _lexsort(xp: Any, *rest: Any) -> Any:
    *keys, axis = rest
    if xp is not np:  # CuPy's own takes vectors alone; its order of one key is stable
        order = xp.argsort(keys[0], axis=axis)
        for key in keys[1:]:
            sorted_key = xp.take_along_axis(key, order, axis=axis)
            then = xp.argsort(sorted_key, axis=axis)
            order = xp.take_along_axis(order, then, axis=axis)
        return order
    if is_placed(keys):
        return argsorted(np, keys[0], 0, "stable")
    rooms = [
        np.empty(room_of_key(key, not key.flags.c_contiguous), np.uint8) for key in keys
    ]
    return np.asarray(np.lexsort(list(map(_digits, keys, rooms)), axis=axis))


def is_placed(keys: Sequence[Any]) -> bool:
    """Whether keys are one line, whose order is found without NumPy's sort by keys."""
    first = keys[0]
    return len(keys) == len(first.shape) == 1 and is_plain(first.dtype, first.size)


def is_narrowed(dtype: DType, count: int) -> bool:
    """Whether so many elements are sorted digit by digit where their range is small."""
    return dtype.kind in "iu" and dtype.itemsize > _DIGITS and count >= _MANY


def room_of_key(key: Any, apart: bool) -> int:
    """Return the bytes of its digits, or of a copy of one that lies apart.

    Of such a one NumPy would sort a copy, and the places in another one.
    """
    copied = key.size * key.dtype.itemsize if apart and len(key.shape) < 2 else 0
    digits = _DIGITS * key.size if is_narrowed(key.dtype, key.size) else 0
    return int(max(copied, digits))


def _digits(key: Any, room: Any) -> Any:
    """Return a key that sorts as another, digit by digit where its range is small."""
    if is_narrowed(key.dtype, key.size):
        digits = room[: _DIGITS * key.size].view(np.uint16).reshape(key.shape)
        if narrowed(key, digits) is not None:
            return digits
    if len(room) < key.nbytes or key.flags.c_contiguous:
        return key
    copy = room[: key.nbytes].view(key.dtype)
    copy[...] = key
    return copy


def _histogram(xp: Any, *rest: Any) -> Any:
    """Return counts or edges: the arrays are the data, and its bins and weights."""
    *arrays, part, given, options = rest
    named = dict(options) | dict(zip(given, arrays[1:], strict=True))
    if (limits := named.get("range")) is not None:
        named["range"] = tuple([_limit(one) for one in limits])
    if xp is not np:
        return histogram(xp, arrays[0], part, named)
    if part:  # without a look at which elements are between them
        named.pop("density", None)
        return np.asarray(np.histogram_bin_edges(arrays[0], **named))
    x = arrays[0]
    if x.dtype.kind in "iu" and x.size >= _MANY and "weights" not in given:
        low, span = range_of(x)
        if span <= min(FEW, x.size // _OFTEN):  # the bins of the values that there are
            counts = occurrences(x.reshape(-1), low, span)
            x = np.arange(span).astype(x.dtype) + x.dtype.type(low)
            named["weights"] = counts
    return np.asarray(np.histogram(x, **named)[0])


def _limit(x: Any) -> Any:
    """Return a limit of bins; one of NumPy's numbers is given by its dtype."""
    return np.dtype(x[0]).type(x[1]) if isinstance(x, tuple) else x


def _histogram_absent(params: tuple[Any, ...], dtypes: tuple[DType, ...]) -> str:
    _, given, _ = params
    halves = "weights" in given and dtypes[-1].char == "e"  # of which NumPy loses much
    return "histogram" if halves or dtypes[0].kind == "c" else ""


def _ufunc_part(xp: Any, *rest: Any) -> Any:
    """Return one result of a ufunc that the table has no row of."""
    *arrays, name, part = rest
    only_numpy(xp, name)
    found = getattr(np, name)(*arrays)
    return np.asarray(found[part] if isinstance(found, tuple) else found)


FUNCTIONS: tuple[Op, ...] = (
    *(library_op(name, _plain(name), 16) for name in NAMES),
    library_op("nanmedian", _numbered("nanmedian"), 16),
    *(library_op(name, _shares(name), 16) for name in SHARES),
    library_op("lexsort", _lexsort, 64),
    library_op("histogram", _histogram, 16, _histogram_absent),
    library_op("ufunc_part", _ufunc_part, 16, lambda params, dtypes: params[0]),
)
