"""Writing a value into a region of an array: what an update stage ends with."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.runtime import copying, overwritten, pool
from lazyarr.runtime.operands import longest_first

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape

_FEW = 1 << 12  # elements of which NumPy makes a copy in no time
_LONG = 128  # elements in a row from which NumPy copies as quickly as can be
_NARROW = 6  # elements of rows at most that are copied by columns
_REPEATED = 4  # times that elements are repeated at most, of which the same holds
_OFTEN = 16  # times that a pattern repeats from which it is copied from the copy
_BLOCK = 1 << 15  # elements that are copied at once, where it does
_ASIDE = 1 << 14  # elements of a part that is copied so where NumPy needs them twice


def reshaped(array: Any, shape: Shape) -> Any:
    """Return an array in another shape: a view where there is one, else a copy."""
    if not isinstance(array, np.ndarray):
        return array.reshape(shape)
    few = array.size < _FEW or 0 not in array.strides
    if few and array.nbytes < pool.LARGE:
        return array.reshape(shape)
    try:
        return array.reshape(shape, copy=False)
    except ValueError:
        result = pool.empty(array.shape, array.dtype)
        repeat_into(result, array)
        return result.reshape(shape)


def repeat_into(target: np.ndarray, source: np.ndarray) -> None:
    """Copy an array that may be stretched: what repeats is copied from the copy.

    Along a stretched axis, NumPy would go through all the inner ones again and again,
    which are short where a pattern is tiled.
    """
    for axis in range(source.ndim - 1) if _run(source) < _LONG else ():
        n = source.shape[axis]
        if source.strides[axis] or n < _OFTEN or prod(source.shape[axis + 1 :]) == 1:
            continue
        if axis and target.size > _ASIDE and len(target) > 1:
            # What is copied within one array, NumPy first copies aside: it shall be little.
            rows = max(1, _ASIDE * len(target) // target.size)
            for start in range(0, len(target), rows):
                part = slice(start, start + rows)
                repeat_into(target[part], source[part])
            return
        lead = (slice(None),) * axis
        first = (*lead, slice(0, 1))
        repeat_into(target[first], source[first])
        if not axis and _run(target[first]) >= _LONG:  # and apart from what follows
            np.copyto(target[1:], target[first])
            return
        done, most = 1, max(1, _BLOCK // max(1, target[first].size))
        while done < n:
            more = min(done, most, n - done)
            target[(*lead, slice(done, done + more))] = target[(*lead, slice(0, more))]
            done += more
        return
    if _lies_in_columns(source):
        for k in range(source.shape[-1]):
            np.copyto(target[..., k], source[..., k])
        return
    np.copyto(target, source)


def stretch_into(target: np.ndarray, source: Any) -> None:
    """Copy a number, or an array that may have to be stretched, into another one."""
    if np.ndim(source) and source.shape != target.shape:
        repeat_into(target, np.broadcast_to(source, target.shape))
    else:
        np.copyto(target, source)


def _lies_in_columns(array: np.ndarray) -> bool:
    """Whether rows are short, and neighbours in a column nearer than in a row, or alike."""
    if array.ndim < 2 or array.shape[-1] > _NARROW:
        return False
    down, along = map(abs, array.strides[-2:])
    return along > down > 0 if along else array.shape[-1] <= _REPEATED


def _run(array: np.ndarray) -> int:
    """Return how many elements of the inner axes NumPy goes through in one go."""
    run, stride = 1, array.itemsize
    for n, step in zip(array.shape[::-1], array.strides[::-1], strict=True):
        if step != stride:
            break
        run *= n
        stride *= n
    return run


def like(array: np.ndarray) -> np.ndarray:
    """Return an uninitialised array that lies in memory as another does."""
    return pool.empty(array.shape, array.dtype, longest_first(array.strides))


def copied(array: np.ndarray) -> np.ndarray:
    """Return a copy that lies in memory as the array does."""
    result = like(array)
    copying.copy(result, array)
    return result


def copy_around(array: Any, chain: tuple[Any, ...]) -> np.ndarray:
    """Return a copy to be written where `chain` leads to; that part may be left out."""
    box = _box(chain) if array.nbytes >= pool.LARGE else None
    if box is None:
        return copied(np.asarray(array))
    result = like(array)
    inner: list[slice] = []
    for part, n in zip(box, array.shape, strict=True):
        for outer in (slice(0, part.start), slice(part.stop, n)):
            if outer.start < outer.stop:
                key = (*inner, outer)
                result[key] = array[key]
        inner.append(part)
    return result


def _box(chain: tuple[Any, ...]) -> list[slice] | None:
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


def update(
    base: Any, value: Any, chain: tuple[Any, ...], donated: bool, only: bool = False
) -> np.ndarray:
    """Return `base` with the region replaced; `base` itself when it is donated.

    Of the `only` copy of an array it is noted that it changes: see `overwritten`.

    A value that is a part of the base is copied first: NumPy 2.4 assigns some views of
    1-d arrays to others that overlap them, of another step, from elements that it has
    written already.
    """
    if not donated or not isinstance(base, np.ndarray):
        base = copy_around(base, chain)
    elif getattr(value, "base", None) is not None and np.may_share_memory(base, value):
        value = value.copy()
    if only:
        overwritten.note(base)
    write(base, chain, value)
    return base  # type: ignore[no-any-return]
