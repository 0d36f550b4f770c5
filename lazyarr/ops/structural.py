"""Rows of the graph's skeleton: leaves, views, reshapes and updates.

What these do with elements is said by their nodes' parameters, so executors handle
them by name; ``numpy`` is their meaning for one node at a time.
"""

from __future__ import annotations

import math
from types import EllipsisType
from typing import TypeAlias

import numpy as np

from lazyarr.named import NamedTuple
from lazyarr.ops.row import Array, DType, Kind, Op, Operand, register

Index: TypeAlias = EllipsisType | int | slice | tuple[int | slice | None, ...]


class Progression(NamedTuple):
    """Numbers known without computing them: ``start`` plus strides times index."""

    start: int
    strides: tuple[int, ...]
    shape: tuple[int, ...]

    def indices(self) -> Array:
        """Return the numbers as int64."""
        result = np.full((), self.start, np.int64)
        for axis, (n, step) in enumerate(zip(self.shape, self.strides, strict=True)):
            ramp = np.arange(n, dtype=np.int64) * step
            result = result + ramp.reshape(-1, *(1,) * (len(self.shape) - axis - 1))
        return np.broadcast_to(result, self.shape)


def _same(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    dtype = np.dtype(operands[0])
    return (dtype,) * (len(operands) + 1)


def _identity(value: Array) -> Array:
    return value


def _iota(shape: tuple[int, ...]) -> Array:
    """Return the int64 array of `shape` whose elements count on in C order."""
    return np.arange(math.prod(shape), dtype=np.int64).reshape(shape)


def _reshape(x: Array, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


def _update(base: Array, value: Array, key: Index = ...) -> Array:
    """Return a copy of `base` with the region of a basic index replaced."""
    result = base.copy()
    result[key] = value
    return result


def _int64(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    return (np.dtype(np.int64),)


DATA = register(
    Op(
        name="data",
        kind=Kind.SOURCE,
        numpy=_identity,
        dtypes=_same,
        nin=0,
        flops=0,
        summary="An array that exists before the plan runs.",
    )
)
SCALAR = register(
    Op(
        name="scalar",
        kind=Kind.SOURCE,
        numpy=_identity,
        dtypes=_same,
        nin=0,
        flops=0,
        summary="A 0-d value, bound when the plan runs.",
    )
)
IOTA = register(
    Op(
        name="iota",
        kind=Kind.SOURCE,
        numpy=_iota,
        dtypes=_int64,
        nin=0,
        flops=0,
        summary="Each element's place in C order, as int64.",
    )
)

VIEW = register(
    Op(
        name="view",
        kind=Kind.VIEW,
        numpy=_identity,
        dtypes=_same,
        flops=0,
        cuda="{0}",
        summary="The same elements under an affine index.",
    )
)
RESHAPE = register(
    Op(
        name="reshape",
        kind=Kind.VIEW,
        numpy=_reshape,
        dtypes=_same,
        flops=0,
        cuda="{0}",
        summary="The same elements in C order under another shape.",
    )
)
UPDATE = register(
    Op(
        name="update",
        kind=Kind.UPDATE,
        numpy=_update,
        nin=2,
        dtypes=_same,
        flops=0,
        summary="An array with one region replaced.",
    )
)
