"""NumPy's methods that fold an array, or run along it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import moments, places, scans, statistical

if TYPE_CHECKING:
    from lazyarr.api.array import Array

_NONE = np._NoValue  # an argument that is not given


class Reductions:
    """Sums, extremes, moments, truth, running sums; mixed into `Array`."""

    __slots__ = ()

    def sum(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = _NONE,
        where: Any = True,
    ) -> Array:
        """Return the sum over axes."""
        return statistical.sum(self, axis, dtype, out, keepdims, initial, where)

    def prod(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = _NONE,
        where: Any = True,
    ) -> Array:
        """Return the product over axes."""
        return statistical.prod(self, axis, dtype, out, keepdims, initial, where)

    def mean(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = True,
    ) -> Array:
        """Return the mean over axes."""
        return moments.mean(self, axis, dtype, out, keepdims, where=where)

    def var(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        *,
        where: Any = True,
        mean: Any = _NONE,
        correction: Any = 0.0,
    ) -> Array:
        """Return the variance over axes."""
        return moments.var(
            self,
            axis,
            dtype,
            out,
            ddof,
            keepdims,
            where=where,
            mean=mean,
            correction=correction,
        )

    def std(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        *,
        where: Any = True,
        mean: Any = _NONE,
        correction: Any = 0.0,
    ) -> Array:
        """Return the standard deviation over axes."""
        return moments.std(
            self,
            axis,
            dtype,
            out,
            ddof,
            keepdims,
            where=where,
            mean=mean,
            correction=correction,
        )

    def max(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = _NONE,
        where: Any = True,
    ) -> Array:
        """Return the largest elements over axes."""
        return statistical.max(self, axis, out, keepdims, initial, where)

    def min(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = _NONE,
        where: Any = True,
    ) -> Array:
        """Return the smallest elements over axes."""
        return statistical.min(self, axis, out, keepdims, initial, where)

    def any(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = True,
    ) -> Array:
        """Return whether any element over axes is true."""
        return statistical.any(self, axis, out, keepdims, where=where)

    def all(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = True,
    ) -> Array:
        """Return whether all elements over axes are true."""
        return statistical.all(self, axis, out, keepdims, where=where)

    def argmax(
        self,
        axis: Any = None,
        out: Any = None,
        *,
        keepdims: bool = False,
    ) -> Array:
        """Return the index of the first largest element."""
        return places.argmax(self, axis, out, keepdims=keepdims)

    def argmin(
        self,
        axis: Any = None,
        out: Any = None,
        *,
        keepdims: bool = False,
    ) -> Array:
        """Return the index of the first smallest element."""
        return places.argmin(self, axis, out, keepdims=keepdims)

    def cumsum(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
    ) -> Array:
        """Return running sums."""
        return scans.cumsum(self, axis, dtype, out)

    def cumprod(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
    ) -> Array:
        """Return running products."""
        return scans.cumprod(self, axis, dtype, out)
