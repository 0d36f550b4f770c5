"""Axis arguments: checked, counted from the front, in order."""

from __future__ import annotations

import operator
from typing import Any

from lazyarr.api.handle import here
from lazyarr.errors import AxisError
from lazyarr.ir.node import Shape, where_text


def listed(axes: Any) -> tuple[Any, ...] | list[Any]:
    """Return what names axes or sides as a sequence: an array, a number, a sequence."""
    if isinstance(axes, (tuple, list)):
        return axes
    if getattr(axes, "ndim", 0):
        return axes.tolist()  # type: ignore[no-any-return]
    return tuple(axes) if isinstance(axes, range) else (axes,)


def one(axis: Any, ndim: int, name: str) -> int:
    """Return one axis counted from the front.

    Raises
    ------
    AxisError
        The array has no such axis.
    """
    number = operator.index(axis)
    if not -ndim <= number < ndim:
        what = f"axis {number} is out of bounds for array of dimension {ndim}"
        raise AxisError.at(name, what, where_text(here()))
    return number % ndim


def several(axis: Any, ndim: int, name: str) -> Shape:
    """Return sorted axes for None (all), one axis, or a tuple of different ones.

    Raises
    ------
    AxisError
        An axis does not exist, or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    found = [one(a, ndim, name) for a in listed(axis)]
    if len(set(found)) < len(found):
        what = f"axis {tuple(listed(axis))} names an axis twice"
        raise AxisError.at(name, what, where_text(here()))
    return tuple(sorted(found))


def folded(axis: Any, ndim: int, name: str) -> Shape:
    """Return the axes of a reduction; NumPy lets a 0-d array have an axis 0 here.

    Raises
    ------
    AxisError
        An axis does not exist, or is named twice.
    """
    if not ndim and hasattr(axis, "__index__") and axis.__index__() in (0, -1):
        return ()
    return several(axis, ndim, name)
