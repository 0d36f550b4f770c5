"""Arrays taken apart along an axis; every part is a view."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import axes as axis_arguments
from lazyarr.api.interop import evaluated
from lazyarr.api.manipulation import array_like
from lazyarr.api.quick import quick

if TYPE_CHECKING:
    from lazyarr.api.array import Array


@quick(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Return parts of an array, so many or cut at indices; they may differ in length.

    Raises
    ------
    ValueError
        There are no sections.

    Examples
    --------
    >>> import lazyarr as la
    >>> [part.tolist() for part in la.array_split(la.arange(3), 2)]
    [[0, 1], [2]]
    """
    x = array_like(ary)
    place = axis_arguments.one(axis, x.ndim, "array_split")
    length = x.shape[place]
    cuts = np.asarray(evaluated(indices_or_sections))
    if cuts.ndim:
        points = [0, *cuts.tolist(), length]
    else:
        count = int(cuts)
        if count <= 0:
            msg = "number sections must be larger than 0."
            raise ValueError(msg)
        each, rest = divmod(length, count)
        points = [k * each + min(k, rest) for k in range(count + 1)]
    lead = (slice(None),) * place
    pairs = pairwise(points)
    return [x[(*lead, slice(start, stop))] for start, stop in pairs]


@quick(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Return parts of one length, or cut at indices.

    Raises
    ------
    ValueError
        The axis does not divide into so many parts.

    Examples
    --------
    >>> import lazyarr as la
    >>> [part.tolist() for part in la.split(la.arange(4), [1, 3])]
    [[0], [1, 2], [3]]
    """
    x = array_like(ary)
    if not np.ndim(indices_or_sections):
        place = axis_arguments.one(axis, x.ndim, "split")
        if x.shape[place] % int(indices_or_sections):
            msg = "array split does not result in an equal division"
            raise ValueError(msg)
    return array_split(x, indices_or_sections, axis)


def _along(name: str, ary: Any, sections: Any, axis: int, least: int) -> list[Array]:
    x = array_like(ary)
    if x.ndim < least:
        msg = f"{name} only works on arrays of {least} or more dimensions"
        raise ValueError(msg)
    return split(x, sections, axis if x.ndim > 1 else 0)


@quick(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """Return parts along the second axis, of a vector along its only one."""
    return _along("hsplit", ary, indices_or_sections, 1, 1)


@quick(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """Return parts along the first axis of at least two."""
    return _along("vsplit", ary, indices_or_sections, 0, 2)


@quick(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Array]:
    """Return parts along the third axis."""
    return _along("dsplit", ary, indices_or_sections, 2, 3)


__all__ = ["array_split", "dsplit", "hsplit", "split", "vsplit"]
