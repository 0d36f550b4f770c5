"""Inputs as calls see them: views worked out beforehand, ramps, shapes that broadcast."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ir.view import FIXED, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.ir.node import Shape


def loader(
    view: View, base: Shape, full: bool = False
) -> tuple[Callable[[Any], Any] | None, Shape]:
    """Return what takes an array to a view of it, and the shape that comes out.

    Axes that are broadcast have one element, and are left out in front unless `full`
    says otherwise: ufuncs stretch them again. None stands for the array itself.
    """
    if 0 in view.shape:
        # Not one element may be computed: it could warn where NumPy has none.
        return partial(np.empty_like, shape=view.shape), view.shape
    named = [a.axis for a in view.axes if a.axis != FIXED]
    shape = tuple(n if j in named else 1 for j, n in enumerate(view.shape))
    lead = 0
    while not full and lead < len(shape) and lead not in named:
        lead += 1
    trimmed = shape[lead:]
    if len(set(named)) < len(named):
        return partial(views.apply, view=view), view.shape
    plain = all(
        a.axis != FIXED and a.start == 0 and a.step == 1 and view.shape[a.axis] == n
        for a, n in zip(view.axes, base, strict=True)
    )
    if not base:
        return None, ()
    if plain and named == list(range(lead, len(shape))):
        return None, trimmed
    return _Loader(view, base, named, lead), trimmed


class _Loader:
    """Index, transpose and index again, with everything worked out before."""

    __slots__ = ("key", "order", "spread")

    def __init__(self, view: View, base: Shape, named: list[int], lead: int) -> None:
        key = tuple(views._key(a, view.shape) for a in view.axes)
        whole = all(part == slice(0, n, 1) for part, n in zip(key, base, strict=True))
        self.key: Any = None if whole else (*key, Ellipsis)
        order = sorted(range(len(named)), key=named.__getitem__)
        self.order = None if order == list(range(len(order))) else order
        spread = tuple(
            slice(None) if j in named else None for j in range(lead, len(view.shape))
        )
        self.spread: Any = spread if None in spread else None

    def __call__(self, array: Any) -> Any:
        if self.key is not None:
            array = array[self.key]
        if self.order is not None:
            array = array.transpose(self.order)
        return array if self.spread is None else array[self.spread]


def keeps_order(function: Callable[..., Any]) -> bool:
    """Whether a call shows elements of an array by axes in the order that it has them."""
    if isinstance(function, _Loader):
        return function.order is None
    return isinstance(function, itemgetter)


def together(shapes: Sequence[Shape]) -> Shape:
    """Return the shape that these broadcast to."""
    joint: Shape = ()
    for shape in shapes:
        if shape and shape != joint:
            if joint:
                return np.broadcast_shapes(*set(shapes))
            joint = shape
    return joint


def longest_first(strides: Shape) -> Shape:
    """Return the axes of an array, the longest strides first."""
    return tuple(sorted(range(len(strides)), key=lambda k: -abs(strides[k])))
