"""Library functions that write large results into memory that is used again."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import current
from lazyarr.ops import library
from lazyarr.runtime import copying, pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType


def pooled(
    name: str, params: tuple[Any, ...], shape: Shape, dtype: DType
) -> Callable[..., Any] | None:
    """Return ``f(*arrays)``, a function of this name into a buffer of the pool.

    None for others, for what is not large, and where there is no pool. Fresh memory
    would cost a product of matrices half of its own time, and a copy several times that.
    """
    small = prod(shape) * dtype.itemsize < pool.LARGE
    if small or not current().result_pool_bytes:
        return None
    if name in _PRODUCTS and len(shape) <= 2:
        return partial(_product, _PRODUCTS[name], shape, dtype)
    if name == "concat":
        return partial(_joined, shape, dtype, params[0])
    if name == "getitem" and params == (library.FIRST,):
        return partial(_taken, shape, dtype)
    return None


_PRODUCTS: dict[str, Callable[..., Any]] = {"matmul": np.matmul, "dot": np.dot}


def _product(
    function: Callable[..., Any], shape: Shape, dtype: DType, x: Any, y: Any
) -> Any:
    return function(x, y, out=pool.empty(shape, dtype))


def _joined(shape: Shape, dtype: DType, axis: int, *arrays: Any) -> Any:
    if all(map(_is_straight, arrays)):
        result = pool.empty(shape, dtype)
        near = len(shape) > 1 and result.strides[-2] <= copying.PITCH
        if result.nbytes < copying.LARGE and not near:
            return np.concatenate(arrays, axis=axis, out=result)
        copying.join(result, arrays, axis % len(shape))
        return result
    return np.concatenate(arrays, axis=axis)  # its axes may lie in another order


def _taken(shape: Shape, dtype: DType, x: Any, places: Any) -> Any:
    if not library.is_plain(x, places):
        return library.getitem(np, x, places, library.FIRST)
    return np.take(x, places, axis=0, out=pool.empty(shape, dtype), mode="wrap")


def _is_straight(x: Any) -> bool:
    """Whether steps along the outer axes are the longer ones."""
    steps = [abs(step) for step in x.strides if step]
    return steps == sorted(steps, reverse=True)
