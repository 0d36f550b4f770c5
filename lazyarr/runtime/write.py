"""Writing a value into a region of an array: what an update stage ends with."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.runtime import pool


def copy_of(array: Any) -> np.ndarray:
    """Return a copy that lies in memory as the array does."""
    array = np.asarray(array)
    order = sorted(range(array.ndim), key=lambda k: -abs(array.strides[k]))
    result = pool.empty(array.shape, array.dtype, tuple(order))
    np.copyto(result, array)
    return result


def region(array: np.ndarray, chain: tuple[Any, ...]) -> np.ndarray | None:
    """Return the view that `chain` leads to; None where a reshape needs a copy."""
    for link in chain:
        if isinstance(link, View):
            array = views.apply(array, link)
            continue
        try:
            array = array.reshape(link[1], copy=False)
        except ValueError:
            return None
    return array


def write(array: np.ndarray, chain: tuple[Any, ...], value: Any) -> None:
    """Write the value into the region of `array` that `chain` leads to."""
    for k, link in enumerate(chain):
        if isinstance(link, View):
            array = views.apply(array, link)
            continue
        reshaped = array.reshape(link[1])
        if np.may_share_memory(reshaped, array):
            array = reshaped
            continue
        # No view has this shape: write into a copy, and all of the copy back.
        write(reshaped, chain[k + 1 :], value)
        array[...] = reshaped.reshape(array.shape)
        return
    array[...] = value


def update(base: Any, value: Any, chain: tuple[Any, ...], donated: bool) -> np.ndarray:
    """Return `base` with the region replaced; `base` itself when it is donated."""
    result = base if donated and isinstance(base, np.ndarray) else copy_of(base)
    write(result, chain, value)
    return result
