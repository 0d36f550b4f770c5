"""Folds of many segments at once, on a GPU: what NumPy's ufuncs do beside being called.

``reduce``, ``accumulate``, ``reduceat`` and ``at`` of functions for which it does not
matter how what they fold is bracketed. Elements are folded in pairs, then pairs of these, and so on: the
same elements give the same bits each time, and a sum is as exact as one of NumPy's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lazyarr.ops.row import DType

_EXTREMES = ("maximum", "minimum", "fmax", "fmin")
_FOLDED = (
    *("add", "multiply", "gcd", *_EXTREMES),
    *("logical_and", "logical_or", "logical_xor"),
    *("bitwise_and", "bitwise_or", "bitwise_xor"),
)
_REPEATED = {"subtract": "add"}  # what folds that which is taken away
_KINDS = dict.fromkeys(("add", "multiply", *_EXTREMES), "biufc") | {"gcd": "iu"}
PIECE = 8  # elements that are folded at once
_WORDS = {4: np.dtype(np.uint32), 8: np.dtype(np.uint64)}


def is_folded(name: str, dtype: DType) -> bool:
    """Whether a ufunc of NumPy's in a dtype is folded here.

    Sums and products of halves are not: each step loses so much that only NumPy's order
    gives NumPy's numbers.
    """
    if dtype.char == "e" and name in ("add", "multiply"):
        return False
    return name in _FOLDED and dtype.kind in _KINDS.get(name, "biuf")


def is_applied(name: str, target: DType, value: DType) -> bool:
    """Whether ``ufunc.at`` is: it computes in the dtype of what it writes into."""
    ufunc = getattr(np, name)
    if ufunc.nin != 2 or not is_folded(_REPEATED.get(name, name), target):
        return False
    if name in _REPEATED and target.kind == "b":
        return False
    return set(ufunc.resolve_dtypes((target, value, None))) == {target}


def _function(xp: Any, name: str, dtype: DType) -> Callable[[Any, Any], Any]:
    """Return a ufunc in a dtype: CuPy's extremes of complex numbers lose parts of NaN."""
    if dtype.kind != "c" or name not in _EXTREMES:
        return getattr(xp, name)  # type: ignore[no-any-return]
    large = name in ("maximum", "fmax")

    def extreme(x: Any, y: Any) -> Any:
        first, second = (x, y) if large else (y, x)
        ahead = first.imag >= second.imag
        ahead &= first.real == second.real
        ahead |= first.real > second.real
        if name.startswith("f"):
            ahead &= ~xp.isnan(x)
            ahead |= xp.isnan(y)
        else:
            ahead &= ~xp.isnan(y)
            ahead |= xp.isnan(x)
        return xp.where(ahead, x, y)

    return extreme


def scanned(xp: Any, name: str, x: Any, offsets: Any, longest: int) -> Any:
    """Return running folds along the first axis of an array, which is written over.

    `offsets` says how far each element is from the first of its segment, which has up
    to `longest` elements; None: there is one segment.
    """
    function, step = _function(xp, name, x.dtype), 1
    while step < longest:
        made = function(x[:-step], x[step:])
        if offsets is None:
            x[step:] = made
        else:
            inside = _column(offsets[step:] >= step, made.ndim)
            xp.copyto(x[step:], made, where=inside)
            del inside
        del made  # before there is another one
        step *= 2
    return x


def accumulated(xp: Any, x: Any, name: str, axis: int) -> Any:
    """Return ``ufunc.accumulate`` of an array, in its dtype."""
    lines = xp.array(xp.moveaxis(x, axis, 0))
    made = scanned(xp, name, lines, None, lines.shape[0])
    return xp.moveaxis(made, 0, axis)


def totals(xp: Any, name: str, x: Any, starts: Any, lengths: Any) -> Any:
    """Return the folds of segments of an array's first axis, none of which is empty.

    Segments are cut into pieces of a few elements, of which pairs are folded, then pairs of
    these; pieces then are folded as elements are, with so much less to do.
    """
    function, longest = _function(xp, name, x.dtype), int(lengths.max())
    while longest > 1:
        width = min(PIECE, 1 << (longest - 1).bit_length())
        counts = -(-lengths // width)
        ends = xp.cumsum(counts)
        firsts = ends - counts
        at = xp.arange(int(ends[-1]))
        segment = xp.searchsorted(ends, at, side="right")
        del ends
        at -= firsts[segment]
        at *= width
        left = lengths[segment]
        left -= at  # elements of the segment from the piece on
        at += starts[segment]
        del segment
        x = _pieces(xp, function, x, at, left, 0, width)
        starts, lengths = firsts, counts
        longest = -(-longest // width)
    return xp.take(x, starts, axis=0)


def _pieces(
    xp: Any, function: Any, x: Any, at: Any, left: Any, first: int, width: int
) -> Any:
    """Return the folds of up to `width` elements of each piece from its `first` one on.

    What is beyond the end of a piece is of no consequence.
    """
    if width == 1:
        return xp.take(x, xp.minimum(at + first, x.shape[0] - 1), axis=0)
    half = width // 2
    made = _pieces(xp, function, x, at, left, first, half)
    more = _pieces(xp, function, x, at, left, first + half, half)
    more = function(made, more)
    xp.copyto(made, more, where=_column(left > first + half, made.ndim))
    return made


def whole(xp: Any, x: Any, name: str, axes: tuple[int, ...]) -> Any:
    """Return ``ufunc.reduce`` of an array, in its dtype, over axes none of which is empty."""
    function = _function(xp, name, x.dtype)
    for axis in sorted(axes, reverse=True):
        x = xp.moveaxis(x, axis, 0)
        while (half := len(x) // 2) > 0:
            made = function(x[: 2 * half : 2], x[1 : 2 * half : 2])
            if len(x) % 2:
                made[-1:] = function(made[-1:], x[-1:])
            x = made
        x = x[0]
    return x


def reduced(xp: Any, x: Any, indices: Any, name: str, axis: int) -> Any:
    """Return ``ufunc.reduceat`` of an array, in its dtype."""
    if not indices.size:
        return xp.take(x, indices, axis=axis)
    lines = xp.moveaxis(x, axis, 0)
    stops = xp.concatenate((indices[1:], xp.full(1, lines.shape[0], indices.dtype)))
    lengths = xp.maximum(stops - indices, 1)  # one that ends before it starts has one
    del stops
    if int(lengths.sum()) <= lines.shape[0]:
        return xp.moveaxis(totals(xp, name, lines, indices, lengths), 0, axis)
    made = xp.empty((indices.size, *lines.shape[1:]), x.dtype)
    for part in _parted(lengths.tolist(), lines.shape[0]):
        made[part] = totals(xp, name, lines, indices[part], lengths[part])
    return xp.moveaxis(made, 0, axis)


def _parted(lengths: Sequence[int], most: int) -> Iterator[slice]:
    """Yield runs of overlapping segments that come to no more than all elements."""
    start = total = 0
    for stop, length in enumerate(lengths):
        if total + length > most and stop > start:
            yield slice(start, stop)
            start, total = stop, 0
        total += length
    yield slice(start, len(lengths))


def applied(xp: Any, x: Any, value: Any, key: tuple[Any, ...], name: str) -> Any:
    """Return what ``ufunc.at`` makes of an array, which stays as it is."""
    result = xp.array(x, order="C")
    value = value.astype(result.dtype, copy=False)
    indices = all(hasattr(part, "dtype") for part in key)
    word = _WORDS.get(result.itemsize)
    if name == "add" and result.dtype.kind in "iu" and indices and word is not None:
        # Integers come to the same in any order, and in words without a sign.
        xp.add.at(result.view(word), key, value.view(word))
        return result
    if indices and len(key) == result.ndim == 1:
        places = key[0].astype(np.int64)
        places += len(result) * (places < 0)
    else:
        places = xp.arange(result.size).reshape(result.shape)[key]
    values = xp.broadcast_to(value, places.shape).reshape(-1)
    flat = result.reshape(-1)
    own = _REPEATED.get(name, name)
    found, folds = folded(xp, places.reshape(-1), values, own, result.size)
    flat[found] = _function(xp, name, flat.dtype)(flat[found], folds)
    return result


def folded(xp: Any, places: Any, values: Any, name: str, most: int) -> tuple[Any, Any]:
    """Return the different places, ascending, and the folds of all values of each.

    Places are below `most`: the fewer digits they have, the sooner they are sorted.
    """
    if not places.size:
        return places, values
    keys = places.astype(key_dtype(most))
    order = xp.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    del order
    first = xp.concatenate((xp.ones(1, bool), keys[1:] != keys[:-1]))
    starts = xp.flatnonzero(first)
    found = keys[starts].astype(np.int64)
    del first, keys
    stops = xp.concatenate((starts[1:], xp.full(1, values.size, starts.dtype)))
    lengths = stops - starts
    del stops
    return found, totals(xp, name, values, starts, lengths)


def key_dtype(most: int) -> DType:
    """Return the narrowest dtype of places below a number."""
    return np.min_scalar_type(max(most - 1, 0))


def summed(xp: Any, places: Any, values: Any, count: int) -> Any:
    """Return for each place below `count` the sum of its values: the same bits each time.

    Sums start with zero, as NumPy's do: of negative zeros they make positive ones.
    """
    result = xp.zeros(count, values.dtype)
    found, sums = folded(xp, places, values, "add", count)
    result[found] = sums + values.dtype.type(0)
    return result


def _column(x: Any, ndim: int) -> Any:
    return x.reshape(x.shape + (1,) * (ndim - x.ndim))
