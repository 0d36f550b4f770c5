"""How many elements NumPy puts into buffers where rows do not follow one another.

NumPy runs its inner loop along rows. Where an operand has gaps between them, and four
rows or so fit into one of its buffers, it copies operands there, so that its inner loop
has more elements to do; that costs more than the loops themselves as soon as rows are
long. Smaller buffers make it run the rows where they lie.

Sums add up what is in a buffer on its own: where there are any, buffers stay as they are.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.geometry import Geometry

_LONG = 2048  # bytes of a row from which its own loop costs less than copying it
_NARROW = 4  # bytes: of smaller elements, a copy costs next to nothing
_USUAL = 8192  # elements
_WORTHWHILE = 1 << 15  # elements of a call from which it pays to ask for other buffers


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
    return _of_rows(geometry.cut.tile[-1], itemsize) if len(geometry.groups) > 1 else 0


def _of_rows(row: int, itemsize: int) -> int:
    if itemsize < _NARROW or row * itemsize < _LONG:
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


class Unbuffered:
    """A ufunc of whole arrays whose long rows run where they lie."""

    __slots__ = ("count", "function")

    def __init__(self, function: Callable[..., Any], count: int) -> None:
        self.function = function
        self.count = count

    def __call__(self, *arrays: Any) -> Any:
        """Return the function's result."""
        with Buffers(self.count):
            return self.function(*arrays)


def unbuffered(
    function: Callable[..., Any], shape: Shape, operands: Sequence[tuple[DType, Shape]]
) -> Callable[..., Any]:
    """Return a ufunc as it is called for a result of this shape.

    Of operands, which are no scalars, it needs the dtypes, and the shapes of what lies in
    memory: where that is not the result's, there may be gaps between rows.

    Examples
    --------
    >>> double = np.dtype(float)
    >>> unbuffered(
    ...     np.add, (500, 600), [(double, (502, 602)), (double, (500, 600))]
    ... ).count
    1024
    >>> unbuffered(np.add, (500, 600), [(double, (500, 600))])
    <ufunc 'add'>
    """
    bases = [base for _, base in operands if base != shape]
    if len(shape) < 2 or prod(shape) < _WORTHWHILE or not bases:
        return function
    itemsize = min(dtype.itemsize for dtype, _ in operands)
    count = _of_rows(_row(shape, bases), itemsize)
    return Unbuffered(function, count) if count else function


def _row(shape: Shape, bases: Sequence[Shape]) -> int:
    """Return how many elements follow one another in parts, of this shape, of arrays."""
    row = 1
    for k in range(1, len(shape) + 1):
        row *= shape[-k]
        if any(base[-k:][:1] != shape[-k:][:1] for base in bases):
            break
    return row
