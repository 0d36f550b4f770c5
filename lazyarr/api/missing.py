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


def cov(m: Any, y: Any = None, rowvar: Any = True, **options: Any) -> Any:
    """Return the covariance of what is observed more than once."""
    _look_at_count(m, rowvar, options)
    return np.cov(m, y, rowvar, **options)


def corrcoef(x: Any, y: Any = None, rowvar: Any = True, **options: Any) -> Any:
    """Return the correlation of what is observed more than once."""
    _look_at_count(x, rowvar, options)
    return np.corrcoef(x, y, rowvar, **options)


def _look_at_count(x: Any, rowvar: Any, options: dict[str, Any]) -> None:
    """Leave to the general way what has few observations, or may count them otherwise.

    Raises
    ------
    Told
        NumPy may warn.
    """
    sides = np.shape(x) or (1,)
    if sides[-1 if rowvar else 0] < 2 or options.keys() - {"bias", "dtype"}:
        raise Told
