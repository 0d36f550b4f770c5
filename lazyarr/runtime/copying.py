"""Copies: of what is larger than caches, on several threads; of narrow rows, by columns.

One thread has half of the bandwidth. NumPy takes longer to start a row than to copy it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lazyarr.config import thread_count
from lazyarr.runtime import floating, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LARGE = 1 << 22  # bytes
_EACH = 2  # parts that every thread copies
PITCH = 64  # bytes from row to row at most of those that are copied by columns,
_NARROW = 4  # their elements,
_SHORT = 24  # and the bytes of these
_FEW = 1 << 10  # elements of which NumPy makes a copy in no time
_NEAR = 1 << 17  # bytes that stay in a cache from the first column to the last


def copy(target: np.ndarray, source: np.ndarray) -> None:
    """Copy an array of the same shape into one that shares no memory with it."""
    wanted = thread_count()
    if target.nbytes < LARGE or wanted < 2 or target.dtype != source.dtype:
        _at_once(target, source)
        return
    # The axis whose parts are far from each other.
    axis = max(
        range(target.ndim), key=lambda k: (target.shape[k] > 1) * abs(target.strides[k])
    )
    parts = min(_EACH * wanted, target.shape[axis])
    targets, sources = (np.array_split(x, parts, axis) for x in (target, source))

    def work(take: Callable[[], int | None]) -> None:
        while (k := take()) is not None:
            _at_once(targets[k], sources[k])

    threads.run(work, parts, wanted, floating.Notes())


def _at_once(target: np.ndarray, source: np.ndarray) -> None:
    """Copy an array in this thread; by columns, where NumPy would start at every row."""
    if target.size < _FEW or not _is_narrow(target):
        np.copyto(target, source)
        return
    each = target.nbytes // len(target)
    if each > _NEAR and target.ndim > 2:
        for part, of in zip(target, source, strict=True):
            _at_once(part, of)
        return
    rows = max(1, _NEAR // each)
    for start in range(0, len(target), rows):
        block = slice(start, start + rows)
        for k in range(target.shape[-1]):
            np.copyto(target[block, ..., k], source[block, ..., k])


def _is_narrow(target: np.ndarray) -> bool:
    """Whether rows are short, and others lie between them."""
    if target.ndim < 2 or not 1 < target.shape[-1] <= _NARROW:
        return False
    row = target.shape[-1] * target.itemsize
    return bool(row <= _SHORT and row < target.strides[-2] <= PITCH)


def join(target: np.ndarray, arrays: Sequence[np.ndarray], axis: int) -> None:
    """Copy arrays into one, side by side along an axis."""
    start, before = 0, (slice(None),) * axis
    for array in arrays:
        stop = start + array.shape[axis]
        copy(target[(*before, slice(start, stop))], array)
        start = stop
