"""Rows of whole-array functions: what is delegated to NumPy's and CuPy's libraries.

``op.numpy(xp, *arrays, *params)`` computes one: `xp` is the array module of the
operands, so that the same row serves NumPy and CuPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.errors import tell
from lazyarr.ops.distinct import isin
from lazyarr.ops.family import library_op
from lazyarr.ops.functions import FUNCTIONS
from lazyarr.ops.ordering import argsorted, ordered
from lazyarr.ops.running import is_running, running
from lazyarr.ops.scattered import at
from lazyarr.ops.segments import (
    accumulated,
    applied,
    is_applied,
    is_folded,
    reduced,
    whole,
)
from lazyarr.ops.short import scanned
from lazyarr.ops.thresholds import are_few, placed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import Op


def _matmul(xp: Any, x: Any, y: Any) -> Any:
    return xp.matmul(x, y)


def _dot(xp: Any, x: Any, y: Any) -> Any:
    return xp.dot(x, y)


def _tensordot(xp: Any, x: Any, y: Any, axes: Any) -> Any:
    return xp.tensordot(x, y, axes=axes)


def _vecdot(xp: Any, x: Any, y: Any) -> Any:
    if hasattr(xp, "vecdot"):
        return xp.vecdot(x, y)
    return xp.matmul(xp.conj(x)[..., None, :], y[..., None])[..., 0, 0]


def _einsum(xp: Any, *rest: Any) -> Any:
    *arrays, subscripts, optimize = rest
    if isinstance(optimize, tuple):  # a path, or an algorithm and its limit
        optimize = list(optimize) if optimize[0] == "einsum_path" else optimize
    return xp.einsum(subscripts, *arrays, optimize=optimize)


def _take(xp: Any, x: Any, indices: Any, axis: int) -> Any:
    return xp.take(x, indices, axis=axis)


def _take_along_axis(xp: Any, x: Any, indices: Any, axis: int) -> Any:
    return xp.take_along_axis(x, indices, axis=axis)


def _repeat(xp: Any, x: Any, counts: Any, axis: int) -> Any:
    if xp is np:
        return np.repeat(x, counts, axis=axis)
    # CuPy takes counts from the host alone: where each element comes from is looked up.
    ends, count = xp.cumsum(counts), int(counts.sum())
    places = xp.searchsorted(ends, xp.arange(count), side="right")
    del ends
    return xp.take(x, places, axis=axis)


def _cumulative_sum(xp: Any, x: Any, axis: int) -> Any:
    if xp is np and x.ndim > 1:
        return scanned(np.add, x, None, axis)
    return xp.cumsum(x, axis=axis, dtype=x.dtype)


def _cumulative_prod(xp: Any, x: Any, axis: int) -> Any:
    if xp is np and x.ndim > 1:
        return scanned(np.multiply, x, None, axis)
    return xp.cumprod(x, axis=axis, dtype=x.dtype)


def _join_parts(xp: Any, real: Any, imag: Any) -> Any:
    """Return complex numbers of these parts, bit for bit: no arithmetic is done."""
    result = xp.empty(real.shape, xp.result_type(real.dtype, xp.complex64))
    result.real = real
    result.imag = imag
    return result


def _searchsorted(xp: Any, x: Any, values: Any, *rest: Any) -> Any:
    *sorters, side = rest
    sorter = sorters[0] if sorters else None
    if xp is np and sorter is None and are_few(x, values):
        return placed(x, values, side)
    return xp.searchsorted(x, values, side=side, sorter=sorter)


def _isin(xp: Any, x: Any, among: Any, invert: bool) -> Any:
    return (isin if xp is np else xp.isin)(x, among, invert=invert)


def key_of(template: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an index key from its hashable form and its index arrays.

    The form has ``("slice", start, stop, step)``, ``("new",)``, ``("int", i)``,
    ``("array", k)`` and `APART` in the order of the key.
    """
    key: list[Any] = []
    for part in template:
        match part:
            case ("slice", start, stop, step):
                key.append(slice(start, stop, step))
            case ("new",):
                key.append(None)
            case ("apart",):
                key.append(Ellipsis)
            case ("array", k):
                key.append(arrays[k])
            case (_, number):
                key.append(number)
    return tuple(key)


FIRST = (("array", 0),)
"""The form of a key that is one index array."""
APART = ("apart",)
"""In the form of a key, an ellipsis of no axes between index arrays."""


def _key_absent(params: tuple[Any, ...], dtypes: tuple[Any, ...]) -> str:
    """Name a key that CuPy takes otherwise: it overlooks an ellipsis of no axes."""
    return "ellipsis between index arrays" if APART in params[0] else ""


def is_plain(x: Any, index: Any) -> bool:
    """Whether ``x[index]`` lies in memory as what `numpy.take` gives."""
    straight: bool = x.flags.c_contiguous and index.flags.c_contiguous
    return straight and index.dtype.kind in "iu" and index.ndim > 0 and x.size > 0


def getitem(xp: Any, x: Any, *rest: Any) -> Any:
    """Return what index arrays select; the last of the rest is the form of the key."""
    *arrays, template = rest
    if xp is np and template == FIRST and is_plain(x, arrays[0]):
        # Places are known to be in bounds: what is not checked again is much faster.
        return np.take(x, arrays[0], axis=0, mode="wrap")
    result = x[key_of(template, tuple(arrays))]
    # NumPy turns the axes of what it has selected; that is no part of `x`.
    apart = result.base is None or (xp is np and not np.may_share_memory(result, x))
    return result if apart else xp.array(result)


def _setitem(xp: Any, x: Any, value: Any, *rest: Any) -> Any:
    *arrays, template = rest
    result = xp.array(x)
    result[key_of(template, tuple(arrays))] = value
    return result


# --- methods of NumPy's ufuncs; the ufunc's name is the first parameter -----------


def _unfolded(method: str) -> Callable[[tuple[Any, ...], Any], str]:
    """Return the rule of what no GPU folds; the ufunc's name is the first parameter."""

    def absent(params: tuple[Any, ...], dtypes: Any) -> str:
        return "" if is_folded(params[0], dtypes[0]) else f"{params[0]}.{method}"

    return absent


def _unapplied(params: tuple[Any, ...], dtypes: Any) -> str:
    name, template = params
    applied = is_applied(name, *dtypes[:2]) and APART not in template
    return "" if applied else f"{name}.at"


def _fold(xp: Any, x: Any, name: str, axes: tuple[int, ...]) -> Any:
    if xp is not np:
        return whole(xp, x, name, axes)
    ufunc = getattr(np, name)
    for axis in sorted(axes, reverse=True):
        x = ufunc.reduce(x, axis=axis, dtype=x.dtype)
    return np.asarray(x)


def _accumulate(xp: Any, x: Any, name: str, axis: int) -> Any:
    if xp is not np:
        return accumulated(xp, x, name, axis)
    ufunc = getattr(np, name)
    if is_running(ufunc, x, axis):
        return running(ufunc, x)
    return np.asarray(ufunc.accumulate(x, axis=axis, dtype=x.dtype))


def _reduceat(xp: Any, x: Any, indices: Any, name: str, axis: int) -> Any:
    if xp is not np:
        return reduced(xp, x, indices, name, axis)
    return np.asarray(getattr(np, name).reduceat(x, indices, axis, x.dtype))


def _at(xp: Any, x: Any, value: Any, *rest: Any) -> Any:
    *arrays, name, template = rest
    key = key_of(template, tuple(arrays))
    if xp is not np:
        return applied(xp, x, value, key, name)
    result = np.array(x)
    at(getattr(np, name), result, key[0] if len(key) == 1 else key, value)
    return result


def _unless_few(
    xp: Any, value: Any, count: Any, least: float, text: str, how: str
) -> Any:
    """Return the value; warn or raise if it was made of too few elements."""
    if int(count) <= least:
        if how == "raise":
            raise ValueError(text)
        tell(text)
    return value


LIBRARY: tuple[Op, ...] = (
    library_op("matmul", _matmul, flops=64),
    library_op("dot", _dot, flops=64),
    library_op("tensordot", _tensordot, flops=64),
    library_op("vecdot", _vecdot),
    library_op("einsum", _einsum, flops=64),
    library_op("take", _take),
    library_op("take_along_axis", _take_along_axis),
    library_op("repeat", _repeat),
    library_op("cumulative_sum", _cumulative_sum),
    library_op("cumulative_prod", _cumulative_prod),
    library_op("join_parts", _join_parts, flops=0),
    library_op("sort", ordered, flops=64),
    library_op("argsort", argsorted, flops=64),
    library_op("searchsorted", _searchsorted, flops=16),
    library_op("isin", _isin, flops=64),
    library_op("getitem", getitem, absent=_key_absent),
    library_op("setitem", _setitem, absent=_key_absent),
    library_op("ufunc_reduce", _fold, absent=_unfolded("reduce")),
    library_op("ufunc_accumulate", _accumulate, absent=_unfolded("accumulate")),
    library_op("ufunc_reduceat", _reduceat, absent=_unfolded("reduceat")),
    library_op("ufunc_at", _at, flops=8, absent=_unapplied),
    *FUNCTIONS,
    library_op("unless_few", _unless_few, flops=0, numbers=(1,)),
)
