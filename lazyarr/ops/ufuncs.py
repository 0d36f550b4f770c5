"""Rows of the methods of NumPy's ufuncs that are no reductions of the table.

Each takes the ufunc's name as its first parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.library import key_of, library_op

if TYPE_CHECKING:
    from lazyarr.ops.row import Op


def on_host(xp: Any, arrays: tuple[Any, ...]) -> list[Any]:
    """Return arrays as NumPy's, for what CuPy does not have."""
    return list(arrays) if xp is np else [xp.asnumpy(a) for a in arrays]


def _fold(xp: Any, x: Any, name: str, axes: tuple[int, ...]) -> Any:
    (x,) = on_host(xp, (x,))
    ufunc = getattr(np, name)
    for axis in sorted(axes, reverse=True):
        x = ufunc.reduce(x, axis=axis, dtype=x.dtype)
    return xp.asarray(x)


def _accumulate(xp: Any, x: Any, name: str, axis: int) -> Any:
    (x,) = on_host(xp, (x,))
    return xp.asarray(getattr(np, name).accumulate(x, axis=axis, dtype=x.dtype))


def _reduceat(xp: Any, x: Any, indices: Any, name: str, axis: int) -> Any:
    x, indices = on_host(xp, (x, indices))
    return xp.asarray(getattr(np, name).reduceat(x, indices, axis, x.dtype))


def _at(xp: Any, x: Any, value: Any, *rest: Any) -> Any:
    *arrays, name, template = rest
    x, value, *arrays = on_host(xp, (x, value, *arrays))
    result = x.copy()
    getattr(np, name).at(result, key_of(template, tuple(arrays)), value)
    return xp.asarray(result)


UFUNCS: tuple[Op, ...] = (
    library_op("ufunc_reduce", _fold),
    library_op("ufunc_accumulate", _accumulate),
    library_op("ufunc_reduceat", _reduceat),
    library_op("ufunc_at", _at, flops=8),
)
