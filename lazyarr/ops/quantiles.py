"""NumPy's quantiles on a GPU, of what is not NaN as well.

CuPy's own take NaN for the largest number, and look beyond the end of a line.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lazyarr.errors import tell

_HUNDRED = 100
_PLACES = {"lower": "floor", "higher": "ceil", "nearest": "rint"}
# By Hyndman and Fan: where the first and the last element stand among the shares.
_ENDS = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "median_unbiased": (1 / 3.0, 1 / 3.0),
    "normal_unbiased": (3 / 8.0, 3 / 8.0),
}
_STEPS = {"inverted_cdf": 1, "averaged_inverted_cdf": 1, "closest_observation": 1.5}
# Of these NumPy computes with whole numbers where the shares are an array of such.
_WHOLE = ("interpolated_inverted_cdf", "weibull", "averaged_inverted_cdf")


def quantiles(xp: Any, name: str, x: Any, shares: Any, options: dict[str, Any]) -> Any:
    """Return quantiles by NumPy's steps, those of the first share first.

    Parameters
    ----------
    xp : module
    name : str
        ``quantile``, ``percentile``, or one of these that leaves out what is NaN.
    x : array
    shares : array, or a number of Python's
        Parts of one, or of a hundred.
    options : dict
        ``axis`` and ``method``, as of NumPy's functions.
    """
    lines = xp.sort(_lines(xp, x, options.get("axis")), axis=-1)
    length = lines.shape[-1]
    counts, lost = xp.full(lines.shape[:-1], length, np.int64), None
    if x.dtype.kind == "f":
        there = length - xp.isnan(lines).sum(axis=-1)
        lost = there < length
        if name.startswith("nan"):
            counts, lost = there, there == 0
            if bool(lost.any()):
                tell("All-NaN slice encountered")
    weak = type(shares) in (int, float)
    q = xp.asarray(shares)
    q = q / _HUNDRED if "percentile" in name else q
    made = _among(xp, lines, counts[..., None], q.reshape(-1), weak, options)
    if lost is not None:
        made = xp.where(lost[..., None], made.dtype.type(np.nan), made)
    return xp.moveaxis(made, -1, 0).reshape(q.shape + counts.shape)


def _lines(xp: Any, x: Any, axis: Any) -> Any:
    """Return an array with the axes that are folded as its last one."""
    if axis is None:
        return x.reshape(-1)
    given = axis if isinstance(axis, tuple) else (axis,)
    axes = sorted(k % x.ndim for k in given)
    rest = [k for k in range(x.ndim) if k not in axes]
    moved = xp.transpose(x, (*rest, *axes))
    return moved.reshape((*moved.shape[: len(rest)], -1))


def _among(
    xp: Any, lines: Any, counts: Any, q: Any, weak: bool, options: dict[str, Any]
) -> Any:
    """Return quantiles of the first elements of sorted lines, for each share in turn."""

    def at(places: Any) -> Any:
        inside = xp.clip(places, 0, xp.maximum(counts - 1, 0))
        return xp.take_along_axis(lines, inside.astype(np.int64), axis=-1)

    method, exact = options.get("method", "linear"), q.dtype.kind in "biu"
    if exact:  # the first or the last one, which large integers are only as such
        whole = method == "linear" or (not weak and method in _WHOLE)
        q = q.astype(np.int64 if whole else np.float64)
    place = _place(xp, counts, q, method)
    last = (counts - 1).astype(q.dtype)
    if method in _PLACES or (method == "linear" and q.dtype.kind == "i"):
        return at(place)
    before = xp.floor(place)
    if method in _STEPS and method != "averaged_inverted_cdf":
        there = place == before
        if method == "closest_observation":
            there &= before % 2 == 1
        return at(before + ~there)
    # Beyond an end both of the elements are its own; of how far, NumPy takes this number.
    above, below = place >= last, place < 0
    low = at(xp.where(above, last, before))
    high = at(xp.where(above, last, xp.where(below, 0, before + 1)))
    before[above] = -1
    before[below] = 0
    share = place - before
    if method == "averaged_inverted_cdf":  # NumPy's share is whole where `q` is
        share = xp.where(share == 0, share.dtype.type(0.0 if exact else 0.5), 1)
    elif method == "midpoint":
        share = xp.where(place % 1 == 0, share.dtype.type(0), 0.5)
    share = share.astype(place.dtype, copy=False)
    width, rest = high - low, 1 - share
    if weak:  # a number of Python's takes the dtype of what it is multiplied with
        dtype = low.dtype if low.dtype.kind == "f" else q.dtype
        upper = high - width * rest.astype(dtype)
        lower = low + width * share.astype(dtype)
    else:
        upper, lower = high - width * rest, low + width * share
    return xp.where(share >= 0.5, upper, lower)


def _place(xp: Any, counts: Any, q: Any, method: str) -> Any:
    """Return where a share lies among so many sorted elements, which need not be one's."""
    if method in _ENDS:
        first, last = _ENDS[method]
        return counts.astype(q.dtype) * q + (first + q * (1 - first - last)) - 1
    if method in _STEPS:
        whole, half = divmod(_STEPS[method], 1)
        return counts.astype(q.dtype) * q - int(whole) - half
    place = (counts - 1).astype(q.dtype) * q
    if method == "midpoint":
        return 0.5 * (xp.floor(place) + xp.ceil(place))
    return getattr(xp, _PLACES[method])(place) if method in _PLACES else place
