"""Rows of functions that are NumPy's or CuPy's as they stand.

``op.numpy(xp, *arrays, options)`` calls the function of the row's name; `options` is a
tuple of names and values. What CuPy does not have is computed by NumPy on the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.row import Kind, Op, no_rule, register

if TYPE_CHECKING:
    from collections.abc import Callable

Options = tuple[tuple[str, Any], ...]
NAMES = (
    *("median", "nanmedian", "quantile", "nanquantile", "percentile"),
    *("nanpercentile", "nanargmax", "nanargmin", "interp", "convolve", "correlate"),
    *("partition", "argpartition", "packbits", "unpackbits"),
)


def on_host(xp: Any, arrays: tuple[Any, ...]) -> list[Any]:
    """Return arrays as NumPy's, for what CuPy does not have."""
    return list(arrays) if xp is np else [xp.asnumpy(a) for a in arrays]


def _entered(name: str, function: Callable[..., Any], flops: int = 16) -> Op:
    row = Op(
        name=name,
        kind=Kind.LIBRARY,
        numpy=function,
        nin=1,
        flops=flops,
        dtypes=no_rule,
    )
    return register(row)


def called(xp: Any, name: str, arrays: tuple[Any, ...], options: Options) -> Any:
    """Return what a function of an array module gives, or NumPy's if it has none."""
    named = dict(options)
    if xp is not np:
        try:
            return xp.asarray(getattr(xp, name)(*arrays, **named))
        except (AttributeError, NotImplementedError, TypeError, ValueError):
            pass  # not there, or not for these options: NumPy has it, or the error
    return xp.asarray(getattr(np, name)(*on_host(xp, arrays), **named))


def _plain(name: str) -> Callable[..., Any]:
    def call(xp: Any, *rest: Any) -> Any:
        *arrays, options = rest
        return called(xp, name, tuple(arrays), options)

    return call


def _lexsort(xp: Any, *rest: Any) -> Any:
    *keys, axis = rest
    return xp.asarray(np.lexsort(on_host(xp, tuple(keys)), axis=axis))


def _histogram(xp: Any, *rest: Any) -> Any:
    """Return counts or edges: the arrays are the data, and its bins and weights."""
    *arrays, part, given, options = rest
    named = dict(options)
    named |= dict(zip(given, arrays[1:], strict=True))
    if xp is not np and part == 0 and "bins" in given:
        return xp.histogram(arrays[0], **named)[part]
    named |= dict(zip(given, on_host(xp, tuple(arrays[1:])), strict=True))
    (data,) = on_host(xp, (arrays[0],))
    return xp.asarray(np.histogram(data, **named)[part])


def _ufunc_part(xp: Any, *rest: Any) -> Any:
    """Return one result of a ufunc that the table has no row of."""
    *arrays, name, part = rest
    found = getattr(np, name)(*on_host(xp, tuple(arrays)))
    return xp.asarray(found[part] if isinstance(found, tuple) else found)


FUNCTIONS: tuple[Op, ...] = (
    *(_entered(name, _plain(name)) for name in NAMES),
    _entered("lexsort", _lexsort, flops=64),
    _entered("histogram", _histogram),
    _entered("ufunc_part", _ufunc_part),
)
