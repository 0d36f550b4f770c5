"""Copies of what is larger than caches, on several threads: one has half of the bandwidth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lazyarr.config import thread_count
from lazyarr.runtime import floating, threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LARGE = 1 << 22  # bytes
_EACH = 2  # parts that every thread copies


def copy(target: np.ndarray, source: np.ndarray) -> None:
    """Copy an array of the same shape into one that shares no memory with it."""
    wanted = thread_count()
    if target.nbytes < LARGE or wanted < 2 or target.dtype != source.dtype:
        np.copyto(target, source)
        return
    # The axis whose parts are far from each other.
    axis = max(
        range(target.ndim), key=lambda k: (target.shape[k] > 1) * abs(target.strides[k])
    )
    parts = min(_EACH * wanted, target.shape[axis])
    targets, sources = (np.array_split(x, parts, axis) for x in (target, source))

    def work(take: Callable[[], int | None]) -> None:
        while (k := take()) is not None:
            np.copyto(targets[k], sources[k])

    threads.run(work, parts, wanted, floating.Notes())


def join(target: np.ndarray, arrays: Sequence[np.ndarray], axis: int) -> None:
    """Copy arrays into one, side by side along an axis."""
    start, before = 0, (slice(None),) * axis
    for array in arrays:
        stop = start + array.shape[axis]
        copy(target[(*before, slice(start, stop))], array)
        start = stop
