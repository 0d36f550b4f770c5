"""NumPy's methods that fold an array, or run along it: the functions of these names."""

from __future__ import annotations

from lazyarr.api import moments, places, scans, statistical


class Reductions:
    """Sums, extremes, moments, truth, running sums; mixed into `Array`."""

    __slots__ = ()

    sum = statistical.sum
    prod = statistical.prod
    mean = moments.mean
    var = moments.var
    std = moments.std
    max = statistical.max
    min = statistical.min
    any = statistical.any
    all = statistical.all
    argmax = places.argmax
    argmin = places.argmin
    cumsum = scans.cumsum
    cumprod = scans.cumprod
