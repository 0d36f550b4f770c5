"""What functions of a library read, and how it lies in memory."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir import view as views
from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Stage, Value


class Operand(NamedTuple):
    """What a function reads.

    ``order`` is "C" or "F" where its elements follow one another so, else empty; ``steps``
    are those along its axes, in elements, where they are not those of C order.
    """

    shape: Shape
    dtype: DType
    order: str
    steps: Shape | None = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of a copy."""
        return self.size * self.dtype.itemsize

    @property
    def apart(self) -> bool:
        """Whether its elements do not follow one another in C order."""
        return self.order != "C"

    @property
    def line(self) -> int:
        """Elements along the longest of several axes, whose lines may lie apart."""
        return max(self.shape) if len(self.shape) > 1 else 0

    def straight(self, axis: int) -> bool:
        """Whether elements along an axis follow one another."""
        steps = self.steps or views.contiguous_strides(self.shape)
        return not self.shape or self.shape[axis] < 2 or steps[axis] == 1

    def innermost(self, axis: int) -> bool:
        """Whether elements along an axis follow one another in a copy in its own order."""
        steps = self.steps or views.contiguous_strides(self.shape)
        others = [abs(s) for n, s in zip(self.shape, steps, strict=True) if n > 1]
        return not others or self.shape[axis] < 2 or abs(steps[axis]) == min(others)

    def cast(self, dtype: DType) -> int:
        """Return the bytes of what a function copies that takes another dtype in C order."""
        return self.size * dtype.itemsize if self.apart or self.dtype != dtype else 0

    def moved(self, axis: int) -> int:
        """Return the bytes of a copy whose last axis is another."""
        return 0 if axis % len(self.shape) == len(self.shape) - 1 else self.nbytes


def operands_of(stage: Stage, values: tuple[Value, ...]) -> list[Operand]:
    """Return what a stage reads."""
    found = []
    for entry in stage.inputs:
        shape = entry.view.shape
        _, steps = views.strides_of(entry.view, values[entry.value].shape)
        order = _order(shape, steps)
        found.append(Operand(shape, values[entry.value].dtype, order, tuple(steps)))
    return found


def _order(shape: Shape, steps: Sequence[int]) -> str:
    if _follow(shape, steps):
        return "C"
    return "F" if _follow(shape[::-1], steps[::-1]) else ""


def _follow(shape: Shape, steps: Sequence[int]) -> bool:
    sides = zip(shape, steps, views.contiguous_strides(shape), strict=True)
    return all(n == 1 or step == gap for n, step, gap in sides)
