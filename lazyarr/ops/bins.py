"""NumPy's histogram on a GPU: its edges, and what falls between them.

CuPy's own function takes another way, on which elements at the last edge get lost where
floats are far apart, and integers beyond it are counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lazyarr.ops.family import ElementsError
from lazyarr.ops.segments import summed

_STEPS = 4  # roundings of NumPy's on the way from an element to its bin, twice
_APART = 8  # the same of an edge


def histogram(xp: Any, x: Any, part: int, named: dict[str, Any]) -> Any:
    """Return NumPy's counts (0) or edges (1), of arrays of another module.

    Raises
    ------
    ElementsError
        Edges are so close that NumPy's rounding decides what is between them.
    """
    bins, weights = named.get("bins", 10), named.get("weights")
    x = x.reshape(-1)
    x = x.astype(np.uint8) if x.dtype.kind == "b" else x
    if hasattr(bins, "dtype") and bins.ndim:
        edges = bins
    else:
        found = _edges(xp, x, bins, named.get("range"))
        if not part and not _are_apart(found):
            msg = "histogram of bins as narrow as these"
            raise ElementsError(msg)
        edges = xp.asarray(found)
    if part:
        return edges
    counts = _counts(xp, x, edges, weights)
    if not named.get("density"):
        return counts
    return counts / xp.diff(edges).astype(np.float64) / counts.sum()


def _edges(xp: Any, x: Any, bins: Any, limits: Any) -> np.ndarray:
    """Return NumPy's edges, by which it finds the least and the largest element alone."""
    ends = np.zeros(x.size and 2, x.dtype)
    if limits is None and x.size:
        ends[:] = [x.min().item(), x.max().item()]
    return np.histogram_bin_edges(ends, bins, limits)


def _are_apart(edges: np.ndarray) -> bool:
    """Whether NumPy finds the bin of each element by these edges.

    It computes a bin, looks at its edges, and goes on by no more than one.
    """
    limits = np.finfo(edges.dtype)
    with np.errstate(all="ignore"):
        width = np.diff(edges).min()
        close = _STEPS * len(edges) * limits.eps
        close += _APART * np.spacing(np.abs(edges).max()) / width
    return bool(width > 0 and close < 1)


def _counts(xp: Any, x: Any, edges: Any, weights: Any) -> Any:
    """Return how many elements, or how much of the weights, there is in each bin.

    What is below the first edge or beyond the last one is counted apart, and left out.
    """
    count = edges.size - 1
    if {x.dtype.kind, edges.dtype.kind} == {"i", "u"}:  # C++ takes signs for digits
        common = np.result_type(x.dtype, edges.dtype)
        x, edges = x.astype(common), edges.astype(common)
    places = xp.searchsorted(edges, x, side="right")
    places -= x == edges[-1:]  # the last bin has both of its edges
    if weights is None:
        return xp.bincount(places, minlength=count + 2)[1 : count + 1]
    dtype = weights.dtype
    wide = np.result_type(dtype, np.float64) if dtype.kind in "fc" else dtype
    values = weights.reshape(-1).astype(wide, copy=False)
    sums = summed(xp, places, values, count + 2)[1 : count + 1]
    return sums.astype(dtype, copy=False)
