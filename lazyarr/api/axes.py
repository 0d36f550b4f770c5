"""Axis arguments: checked, counted from the front, in order."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from lazyarr.api.handle import here
from lazyarr.errors import AxisError, DTypeError
from lazyarr.ir.node import Shape, where_text

if TYPE_CHECKING:
    from collections.abc import Callable


def listed(axes: Any) -> tuple[Any, ...] | list[Any]:
    """Return what names axes or sides as a sequence: an array, a number, a sequence."""
    if isinstance(axes, (tuple, list)):
        return axes
    if getattr(axes, "ndim", 0):
        return axes.tolist()  # type: ignore[no-any-return]
    return tuple(axes) if isinstance(axes, range) else (axes,)


def integer(number: Any, name: str) -> int:
    """Return a number as NumPy's C functions read axes and sides.

    Its Python functions, such as ``flip`` and ``moveaxis``, take booleans for integers.

    Raises
    ------
    DTypeError
        It is a boolean.
    """
    if type(number) is bool:
        what = f"an integer is required, found {number}"
        raise DTypeError.at(name, what, where_text(here()))
    return operator.index(number)


def strict(axis: Any, ndim: int, name: str) -> int:
    """Return one axis counted from the front, where a boolean is none.

    Raises
    ------
    AxisError
        The array has no such axis.
    DTypeError
        It is a boolean.
    """
    return one(integer(axis, name), ndim, name)


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


def several(
    axis: Any, ndim: int, name: str, each: Callable[[Any, int, str], int] = one
) -> Shape:
    """Return sorted axes for None (all), one axis, or a tuple of different ones.

    `each` counts one of them from the front.

    Raises
    ------
    AxisError
        An axis does not exist, or is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    found = [each(a, ndim, name) for a in listed(axis)]
    if len(set(found)) < len(found):
        what = f"axis {tuple(listed(axis))} names an axis twice"
        raise AxisError.at(name, what, where_text(here()))
    return tuple(sorted(found))


def chosen(axis: Any, ndim: int, name: str) -> Shape:
    """Return what `several` does, where a boolean is no axis.

    Raises
    ------
    AxisError
        An axis does not exist, or is named twice.
    DTypeError
        An axis is a boolean.
    """
    return several(axis, ndim, name, strict)


def folded(axis: Any, ndim: int, name: str) -> Shape:
    """Return the axes of a reduction; NumPy lets a 0-d array have an axis 0 here.

    Raises
    ------
    AxisError
        An axis does not exist, or is named twice.
    DTypeError
        An axis is a boolean.
    """
    if not ndim and hasattr(axis, "__index__") and integer(axis, name) in (0, -1):
        return ()
    return chosen(axis, ndim, name)
