"""Rows of the graph's skeleton: leaves, views, reshapes and updates.

What these do with elements is said by their nodes' parameters, so executors handle
them by name; ``numpy`` is their meaning for one node at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lazyarr.ops.row import Array, DType, Kind, Op, Operand, register


def _same(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    dtype = np.dtype(operands[0])
    return (dtype,) * (len(operands) + 1)


def _identity(value: Any) -> Any:
    return value


def _iota(shape: tuple[int, ...], axis: int) -> Array:
    """Return the int64 array of `shape` whose elements are their index along `axis`."""
    ramp = np.arange(shape[axis], dtype=np.int64)
    column = ramp.reshape(-1, *(1,) * (len(shape) - axis - 1))
    return np.broadcast_to(column, shape)


def _reshape(x: Array, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


def _update(base: Array, value: Any, key: Any = ...) -> Array:
    """Return a copy of `base` with the region of a basic index replaced."""
    result = base.copy()
    result[key] = value
    return result


def _source(name: str, summary: str, numpy: Any = _identity) -> Op:
    row = Op(name=name, kind=Kind.SOURCE, numpy=numpy, nin=0, flops=0, summary=summary)
    return register(row)


DATA = _source("data", "An array that exists before the plan runs.")
SCALAR = _source("scalar", "A 0-d value, bound when the plan runs.")
IOTA = _source("iota", "Each element's index along one axis, as int64.", _iota)

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
