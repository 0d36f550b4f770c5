"""NumPy's functions that pass over NaN, of small known arrays of which none warns.

What NumPy warns of goes the general way, which tells it at the user's line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.known import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable


class Told(Unknown, ValueError):  # noqa: N818 - not an error that anybody sees
    """NumPy warns of an operand: the general way does, and is gone at once."""


def reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return one of NumPy's functions that pass over nan, where it does not warn."""

    def reduced(a: Any, axis: Any = None, *args: Any, **options: Any) -> Any:
        if len(args) > 1 or "where" in options:
            raise Told
        _look(a, axis, options.get("ddof") or options.get("correction"))
        return function(a, axis, *args, **options)

    return reduced


def quantile(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return one of NumPy's quantiles that pass over nan, where it does not warn."""

    def quantiles(a: Any, q: Any, axis: Any = None, **options: Any) -> Any:
        _look(a, axis)
        return function(a, q, axis, **options)

    return quantiles


def _look(a: Any, axis: Any, less: Any = None) -> None:
    """Leave to the general way what NumPy warns of.

    Raises
    ------
    Told
        A slice may have no element, or too few.
    """
    if less or not a.size:
        raise Told
    if a.dtype.kind in "fc" and np.isnan(a).all(axis).any():
        raise Told


def average(a: Any, *args: Any, **options: Any) -> Any:
    """Return the averages of what is not empty."""
    if not np.size(a):
        raise Told
    return np.average(a, *args, **options)


def median(a: Any, axis: Any = None, *args: Any, **options: Any) -> Any:
    """Return the medians of what is not empty."""
    if not a.size:
        raise Told
    return np.median(a, axis, *args, **options)
