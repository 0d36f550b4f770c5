"""Whether an update reads, of the array that it writes into, what it overwrites."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Any

from lazyarr.ir.view import View

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape
    from lazyarr.ir.view import Axis


def meets(view: View, chain: tuple[Any, ...]) -> bool:
    """Whether elements seen through a view may lie where a chain leads to.

    False also where both are one view: an element is then read just where it is
    written. Both are of the same base.

    Examples
    --------
    >>> from lazyarr.ir.view import index
    >>> row, below = index((4, 3), 1), index((4, 3), 2)
    >>> meets(row, (below,)), meets(row, (row,)), meets(row, (index((4, 3), ...),))
    (False, False, True)
    """
    if len(chain) != 1 or not isinstance(chain[0], View):
        return True
    region = chain[0]
    if region == view:
        return False
    return all(
        _crosses(a, view.shape, b, region.shape)
        for a, b in zip(view.axes, region.axes, strict=True)
    )


def _crosses(a: Axis, shape: Shape, b: Axis, region: Shape) -> bool:
    """Whether two index ranges along one axis have an index in common, perhaps."""
    first, last = _ends(a, shape)
    low, high = _ends(b, region)
    if first > high or low > last:
        return False
    stride = gcd(a.step, b.step)
    return stride < 2 or (a.start - b.start) % stride == 0


def _ends(a: Axis, shape: Shape) -> tuple[int, int]:
    """Return the smallest and the largest index of an axis."""
    length = shape[a.axis] if a.axis >= 0 else 1
    end = a.start + a.step * (length - 1)
    if length < 1:
        return (1, 0)
    return (a.start, end) if a.step >= 0 else (end, a.start)
