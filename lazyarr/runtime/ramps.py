"""Index ramps as arrays: numbers in even steps along the axes of a shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lazyarr.config import thread_count
from lazyarr.runtime import copying, floating, pool, threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import DType
    from lazyarr.ops.structural import Progression

_BLOCK = 1 << 14  # numbers that are counted once, and then added to
_FIRST = 2000  # numbers of a part that are counted: as many again are found by adding
_EXACT = 1 << 53  # up to which floats of eight bytes are all the whole numbers


def ramp_of(ramp: Progression, dtype: DType) -> np.ndarray:
    """Return the numbers of an index ramp as an array."""
    start, strides, shape = ramp
    moving = [k for k, stride in enumerate(strides) if stride]
    if not moving:
        return np.full(shape, start, dtype)
    result: np.ndarray
    if len(moving) > 1 or not _is_exact(ramp):
        result = ramp.indices().astype(dtype, copy=False)
        return result
    n, step = shape[moving[0]], strides[moving[0]]
    result = np.arange(start, start + step * n, step, dtype=dtype)
    return result.reshape(shape)


def whole_ramp(ramp: Progression, dtype: DType) -> np.ndarray:
    """Return the same, in the memory that results have."""
    start, strides, shape = ramp
    moving = [k for k, stride in enumerate(strides) if stride]
    n = shape[moving[0]] if len(moving) == 1 and _is_exact(ramp) else 0
    if n < 2 * _BLOCK:
        return ramp_of(ramp, dtype)
    step = strides[moving[0]]
    first = np.arange(0, step * _BLOCK, step, dtype=dtype)
    result = pool.empty((n,), dtype)

    def work(take: Callable[[], int | None]) -> None:
        while (k := take()) is not None:
            part = result[k * _BLOCK : (k + 1) * _BLOCK]
            np.add(first[: len(part)], start + k * _BLOCK * step, out=part)

    wanted = thread_count() if result.nbytes >= copying.LARGE else 1
    threads.run(work, -(-n // _BLOCK), wanted, floating.Notes())
    return result.reshape(shape)


def counted(
    ramp: Progression, out: np.ndarray | None = None, *, dtype: DType
) -> np.ndarray:
    """Return the numbers of a ramp, written into `out` if that is given."""
    if out is None:
        return whole_ramp(ramp, dtype)
    moving = [k for k, stride in enumerate(ramp.strides) if stride]
    if len(moving) > 1 or not _is_exact(ramp):
        np.copyto(out, ramp.indices())
        return out
    line, step = out.reshape(-1), ramp.strides[moving[0]]
    done = min(len(line), _FIRST)
    line[:done] = np.arange(ramp.start, ramp.start + step * done, step)
    while done < len(line):
        more = min(done, len(line) - done)
        np.add(line[:more], done * step, out=line[done : done + more])
        done += more
    return out


def _is_exact(ramp: Progression) -> bool:
    """Whether all numbers of a ramp are floats of eight bytes, too."""
    pairs = zip(ramp.strides, ramp.shape, strict=True)
    ways = [step * (n - 1) for step, n in pairs]
    low = ramp.start + sum(min(way, 0) for way in ways)
    return low >= -_EXACT and ramp.start + sum(max(way, 0) for way in ways) <= _EXACT
