"""Library functions of independent rows, or of independent values, spread over threads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import thread_count
from lazyarr.ops.library import FIRST, is_plain
from lazyarr.runtime import floating, pool, threads
from lazyarr.runtime.lines import TRANSFORMS, transformed

if TYPE_CHECKING:
    from collections.abc import Callable

_WORTHWHILE = 1 << 16  # elements from which another thread is worth waking up
_PARTS = 16
"""Parts at most: their borders depend on the shape alone, and so do the bits."""


def sharing(name: str, function: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return ``f(params, *arrays)``, which spreads a library function, where that can be.

    It returns None where that gains nothing. Options are those now in force.
    """
    wanted = thread_count()
    if wanted > 1 and name in ("sort", "argsort"):
        return partial(_by_rows, function, wanted)
    if wanted > 1 and name == "searchsorted":
        return partial(_by_values, function, wanted)
    if wanted > 1 and name in TRANSFORMS:
        return partial(transformed, name, wanted)
    if name == "getitem":
        return partial(_by_places, wanted)
    return None


def _by_rows(
    function: Callable[..., Any], wanted: int, params: tuple[Any, ...], x: Any
) -> Any:
    """Call a function of a last axis, ``f(np, x, axis, ...)``, on parts of the first."""
    last = x.ndim > 1 and params[0] in (-1, x.ndim - 1)
    if not last or x.size < _WORTHWHILE or not x.flags.c_contiguous:
        return None
    return _together(wanted, x, lambda part: function(np, part, *params))


def _by_values(
    function: Callable[..., Any],
    wanted: int,
    params: tuple[Any, ...],
    x: Any,
    values: Any,
    *rest: Any,
) -> Any:
    """Look values up in sorted ones, part by part."""
    if values.size < _WORTHWHILE or not values.flags.c_contiguous:
        return None
    return _together(wanted, values, lambda part: function(np, x, part, *rest, *params))


def _by_places(wanted: int, params: tuple[Any, ...], x: Any, *arrays: Any) -> Any:
    """Take the elements, or the rows, at the places of one array, part by part."""
    if params != (FIRST,) or arrays[0].size < _WORTHWHILE or not is_plain(x, arrays[0]):
        return None
    places = arrays[0].reshape(-1)
    result = pool.empty((*arrays[0].shape, *x.shape[1:]), x.dtype)
    flat = result.reshape(len(places), *x.shape[1:])

    def work(take: Callable[[], int | None]) -> None:
        while (k := take()) is not None:
            part = slice(len(places) * k // _PARTS, len(places) * (k + 1) // _PARTS)
            # In bounds they are: that was checked when the key was given.
            np.take(x, places[part], axis=0, out=flat[part], mode="wrap")

    threads.run(work, _PARTS, wanted, floating.Notes())
    return result


def _together(wanted: int, x: Any, function: Callable[[Any], Any]) -> Any:
    """Return the function's results of parts of an array, side by side."""
    count = min(_PARTS, len(x))
    if count < 2:
        return None
    bounds = [len(x) * k // count for k in range(count + 1)]
    first = function(x[: bounds[1]])
    result = pool.empty((len(x), *first.shape[1:]), first.dtype)
    result[: bounds[1]] = first

    def work(take: Callable[[], int | None]) -> None:
        while (k := take()) is not None:
            start, stop = bounds[k + 1], bounds[k + 2]
            result[start:stop] = function(x[start:stop])

    threads.run(work, count - 1, wanted, floating.Notes())
    return result
