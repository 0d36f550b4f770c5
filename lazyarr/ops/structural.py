"""Rows of the graph's skeleton: leaves, views, reshapes and updates.

What these do with elements is said by their nodes' parameters, so executors handle
them by name; ``numpy`` is their meaning for one node at a time.
"""

from __future__ import annotations

from types import EllipsisType
from typing import TypeAlias

import numpy as np

from lazyarr.ops.row import Array, DType, Kind, Op, Operand, register

Index: TypeAlias = EllipsisType | int | slice | tuple[int | slice | None, ...]


def _same(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    dtype = np.dtype(operands[0])
    return (dtype,) * (len(operands) + 1)


def _identity(value: Array) -> Array:
    return value


def _iota(shape: tuple[int, ...], axis: int) -> Array:
    """Return the int64 array of `shape` whose elements are their index along `axis`."""
    ramp = np.arange(shape[axis], dtype=np.int64)
    column = ramp.reshape(-1, *(1,) * (len(shape) - axis - 1))
    return np.broadcast_to(column, shape)


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
        summary="Each element's index along one axis, as int64.",
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
