"""Writing a value into a region of an array: what an update stage ends with."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.runtime import pool
from lazyarr.runtime.operands import longest_first


def copy_of(array: Any) -> np.ndarray:
    """Return a copy that lies in memory as the array does."""
    array = np.asarray(array)
    result = like(array)
    np.copyto(result, array)
    return result


def like(array: np.ndarray) -> np.ndarray:
    """Return an uninitialised array that lies in memory as another does."""
    return pool.empty(array.shape, array.dtype, longest_first(array.strides))


def copy_around(array: Any, chain: tuple[Any, ...]) -> np.ndarray:
    """Return a copy to be written where `chain` leads to; that part may be left out."""
    box = _box(chain, array) if array.nbytes >= pool.LARGE else None
    if box is None:
        return copy_of(array)
    result = like(array)
    inner: list[slice] = []
    for part, n in zip(box, array.shape, strict=True):
        for outer in (slice(0, part.start), slice(part.stop, n)):
            if outer.start < outer.stop:
                key = (*inner, outer)
                result[key] = array[key]
        inner.append(part)
    return result


def _box(chain: tuple[Any, ...], array: Any) -> list[slice] | None:
    """Return the indices along every axis that a chain leads to, if these are ranges."""
    if len(chain) != 1 or not isinstance(chain[0], View):
        return None
    shape, axes = chain[0]
    named = [a.axis for a in axes if a.axis != views.FIXED]
    if sorted(named) != list(range(len(shape))):
        return None
    box = []
    for start, step, axis in axes:
        length = 1 if axis == views.FIXED else shape[axis]
        if length > 1 and abs(step) != 1:
            return None
        first = start - length + 1 if step < 0 else start
        box.append(slice(first, first + length))
    return box


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
    """Return `base` with the region replaced; `base` itself when it is donated.

    A value that is a part of the base is copied first: NumPy 2.4 assigns some views of
    1-d arrays to others that overlap them, of another step, from elements that it has
    written already.
    """
    if not donated or not isinstance(base, np.ndarray):
        base = copy_around(base, chain)
    elif getattr(value, "base", None) is not None and np.may_share_memory(base, value):
        value = value.copy()
    write(base, chain, value)
    return base  # type: ignore[no-any-return]
