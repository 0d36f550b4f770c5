"""How many elements NumPy puts into buffers where rows do not follow one another.

NumPy runs its inner loop along rows. Where an operand has gaps between them, and four
rows or so fit into one of its buffers, it copies operands there, so that its inner loop
has more elements to do; that costs more than the loops themselves as soon as rows are
long. Smaller buffers make it run the rows where they lie.

Sums add up what is in a buffer on its own: where there are any, buffers stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from types import TracebackType

    from lazyarr.plan.geometry import Geometry

_LONG = 2048  # bytes of a row from which its own loop costs less than copying it
_NARROW = 4  # bytes: of smaller elements, a copy costs next to nothing
_USUAL = 8192  # elements


def elements(geometry: Geometry, itemsize: int) -> int:
    """Return for how many elements there should be buffers; 0: as many as usual.

    `itemsize` is that of the smallest elements of operands in the loop.

    Examples
    --------
    >>> from lazyarr.plan.cut import Cut
    >>> from lazyarr.plan.geometry import Geometry
    >>> cut = Cut((500, 600), (100, 600), (False, False), (100, 600))
    >>> elements(Geometry((0, 1), ((0,), (1,)), cut, True), 8)
    1024
    """
    if len(geometry.groups) < 2 or itemsize < _NARROW:
        return 0
    row = geometry.cut.tile[-1]
    if row * itemsize < _LONG:
        return 0
    most = 1 << row.bit_length()  # the power of two that is at most two rows
    return most if most < _USUAL else 0


class Buffers:
    """A block in which NumPy's buffers are for so many elements; 0 leaves them alone."""

    __slots__ = ("before", "count")

    def __init__(self, count: int) -> None:
        self.count = count

    def __enter__(self) -> None:
        if self.count:
            self.before = np.setbufsize(self.count)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.count:
            np.setbufsize(self.before)
