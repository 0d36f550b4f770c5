"""Calls in tiles whose innermost axis is short: one call for each place along it.

NumPy runs its inner loop along the axis whose elements are closest. Where that axis has
two or three elements, and the operands do not lie so that it could go on into the next
row, starting the loop costs several times what the elements do. Taken by columns, each
loop is as long as the tile has rows; every element sees the same operation.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.runtime import pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType, Op
    from lazyarr.plan.geometry import Geometry

_FEW = 3  # elements of a row; of more, as many walks through memory cost more than rows
_ROWS = 256  # of a tile, from which several calls pay
_OTHERS = frozenset(("astype", "copy"))


class ByColumn:
    """An elementwise function, called with operands and ``out``, column by column."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *arrays: Any) -> None:
        """Compute the last array from the others."""
        function, out = self.function, arrays[-1]
        count = out.shape[-1]
        if out.size < count * _ROWS:
            function(*arrays)
            return
        for k in range(count):
            function(*[_column(x, k) for x in arrays[:-1]], out[..., k])


class Columns:
    """A function of whole arrays, column by column: the result has a short last axis."""

    __slots__ = ("dtype", "function")

    def __init__(self, function: Callable[..., Any], dtype: DType) -> None:
        self.function = function
        self.dtype = dtype

    def __call__(self, *arrays: Any) -> Any:
        """Return a new array."""
        shape = np.broadcast_shapes(*[np.shape(x) for x in arrays])
        full = [x for x in arrays if np.shape(x) == shape]
        if not all(x.flags.c_contiguous for x in full):
            return self.function(*arrays)  # NumPy's result lies as they do
        out = pool.empty(shape, self.dtype)
        ByColumn(self.function)(*arrays, out)
        return out


def pays(shape: Shape, shapes: Sequence[Shape]) -> bool:
    """Whether a result of this shape is better computed column by column.

    Some operands, which have these shapes, are stretched.
    """
    if len(shape) < 2 or not 1 < shape[-1] <= _FEW or prod(shape[:-1]) < _ROWS:
        return False
    return any(s not in ((), shape) for s in shapes)


def _column(x: Any, k: int) -> Any:
    shape = np.shape(x)
    if not shape:
        return x
    return x[..., k if shape[-1] > 1 else 0]


def is_short(geometry: Geometry) -> bool:
    """Whether the innermost axis of the tiles has few elements."""
    tile = geometry.cut.tile
    return len(tile) > 1 and 1 < tile[-1] <= _FEW and tile[-1] == geometry.cut.loop[-1]


def scattered(geometry: Geometry, strides: Sequence[int], extent: int) -> bool:
    """Whether an operand's rows do not follow one another in memory.

    `strides` are its own along all axes of the loop; rows have `extent` elements.
    """
    inner, outer = geometry.groups[-1][-1], geometry.groups[-2][-1]
    return strides[outer] != strides[inner] * extent


def takes_columns(op: Op) -> bool:
    """Whether an op's function may be called with parts of its operands."""
    return isinstance(op.numpy, np.ufunc) or op.name in _OTHERS
