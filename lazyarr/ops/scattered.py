"""``ufunc.at`` by one index array and in one dtype, which NumPy does ten times as fast."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np

MANY = 512  # elements
SEVERAL = 4096  # of each of several index arrays, from which one is made


def at(ufunc: np.ufunc, x: Any, key: Any, *rest: Any) -> None:
    """Apply a function where the key says, repeated places repeatedly: ``ufunc.at``."""
    several = type(key) is tuple and len(key) == x.ndim > 1
    keys = key if several else (key,)
    least = SEVERAL if several else MANY
    if all(_is_index(one) for one in keys) and max(one.size for one in keys) >= least:
        rest = tuple([_cast(ufunc, x.dtype, value) for value in rest])
        if several and x.flags.c_contiguous:
            # A place that is negative or out of bounds is NumPy's to look at.
            with suppress(ValueError):
                key = np.ravel_multi_index(key, x.shape)
                x = x.reshape(-1)
    ufunc.at(x, key, *rest)


def _is_index(key: Any) -> bool:
    return type(key) is np.ndarray and key.dtype.kind in "iu"


def _cast(ufunc: np.ufunc, dtype: Any, value: Any) -> Any:
    """Return a value in the dtype of the array, if it is computed with in that."""
    value = np.asarray(value)
    if value.dtype == dtype:
        return value
    loop = ufunc.resolve_dtypes((dtype, value.dtype, None))
    return value.astype(dtype) if set(loop) == {dtype} else value
