"""Memory that is used again: large results, and the scratch of tiles.

Fresh memory of megabytes costs as much as the arithmetic that fills it, because the
system hands it out page by page. A large result therefore lies in a buffer that comes
back here when the user's array and all views of it are gone.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections import deque
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.config import current
from lazyarr.plan.quantities import ALIGNMENT, BUFFERED, PAGE, bytes_text

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType

LARGE = BUFFERED
_SCRATCHES = 64
_PRIVATE: dict[str, int] = (
    {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
    if hasattr(mmap, "MAP_ANONYMOUS")
    else {}
)


class _Buffer(np.ndarray):
    """Memory from the system, for one array after the other."""


class _Lease(np.ndarray):
    """A buffer for as long as an array, or a view of it, needs it: their ``base``.

    NumPy keeps the first ``base`` that is of another type than the array; hence two.
    """

    home: Buffers

    def __del__(self) -> None:
        if isinstance(self.base, _Buffer):  # not a view that somebody took
            self.home.give_back(self.base)


class Buffers:
    """Free buffers, bounded by the option ``result_pool_bytes``."""

    def __init__(self) -> None:
        # A finaliser may run in the middle of anything, `_take` included, so that it
        # may not wait for its own thread: what comes back is queued first.
        self._returned: deque[_Buffer] = deque()
        self._free: list[tuple[int, _Buffer]] = []  # with their bytes
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes of the buffers at rest."""
        with self._lock:
            self._collect(current().result_pool_bytes)
            return sum([size for size, _ in self._free])

    def array(self, shape: Shape, dtype: DType) -> np.ndarray:
        """Return an uninitialised array whose buffer comes back when it is dropped.

        Raises
        ------
        MemoryError
            There is no memory left, even with the buffers at rest given up.
        """
        nbytes = prod(shape) * dtype.itemsize
        buffer = self._take(nbytes)
        if buffer is None:
            rounded = -(-nbytes // PAGE) * PAGE
            try:
                raw = np.empty(rounded + ALIGNMENT, np.uint8)
            except MemoryError:
                self.clear()
                raw = np.empty(rounded + ALIGNMENT, np.uint8)
            # Stores across the lines of a cache take twice as long.
            start = -raw.__array_interface__["data"][0] % ALIGNMENT
            buffer = raw[start : start + rounded].view(_Buffer)
        lease = buffer.view(_Lease)
        lease.home = self
        return np.ndarray(shape, dtype, lease)

    def give_back(self, buffer: _Buffer) -> None:
        """Take a buffer that nobody uses any more; may be called from finalisers."""
        self._returned.append(buffer)
        if (
            not self._lock.locked()
        ):  # it may be by this thread, in the middle of `_take`
            with self._lock:  # which an interrupt never leaves locked, unlike `acquire`
                self._collect(current().result_pool_bytes)

    def clear(self) -> None:
        """Give all buffers at rest back to the system."""
        with self._lock:
            self._collect(0)

    def reserve(self, nbytes: int) -> None:
        """Find out whether there is so much memory; nothing of it is touched.

        Raises
        ------
        MemoryError
            There is not, even with the buffers at rest given up.
        """
        try:
            mmap.mmap(-1, nbytes, **_PRIVATE).close()
        except OSError:
            self.clear()
            try:
                mmap.mmap(-1, nbytes, **_PRIVATE).close()
            except OSError as error:
                msg = f"Unable to allocate {bytes_text(nbytes)}"
                raise MemoryError(msg) from error

    def _take(self, nbytes: int) -> _Buffer | None:
        with self._lock:
            if self._returned:
                self._collect(current().result_pool_bytes)
            best, least = -1, nbytes + nbytes // 8 + PAGE
            for k, (size, _) in enumerate(self._free):
                # A buffer with more than an eighth to spare waits for a better use.
                if nbytes <= size <= least:
                    best, least = k, size
            return self._free.pop(best)[1] if best >= 0 else None

    def _collect(self, limit: int) -> None:
        """Sort in what has come back, and let go what is too much, the oldest first."""
        while self._returned:
            buffer = self._returned.popleft()
            self._free.append((buffer.nbytes, buffer))
        total = sum([size for size, _ in self._free])
        while total > limit:
            total -= self._free.pop(0)[0]


results = Buffers()
reserve = results.reserve


def _reset() -> None:
    """Start anew in a forked process: another thread may have held the lock."""
    results._lock = threading.Lock()
    results._returned = deque()
    _scratches.clear()


def empty(shape: Shape, dtype: DType, order: Shape | None = None) -> np.ndarray:
    """Return an uninitialised array; `order` lists its axes, outermost in memory first."""
    nbytes = prod(shape) * dtype.itemsize
    if order is not None and order != tuple(range(len(shape))):
        laid = empty(tuple(shape[k] for k in order), dtype)
        place = {axis: k for k, axis in enumerate(order)}
        return laid.transpose([place[k] for k in range(len(shape))])
    if nbytes < LARGE or current().result_pool_bytes == 0:
        return np.empty(shape, dtype)
    return results.array(shape, dtype)


# --- scratch ------------------------------------------------------------------

_scratches: list[np.ndarray] = []


def scratch(nbytes: int) -> np.ndarray:
    """Return bytes to work in, aligned; to be handed to `release` after use."""
    try:
        buffer = _scratches.pop()
    except IndexError:
        pass
    else:
        if buffer.nbytes >= nbytes:
            return buffer
        del buffer  # before there is another one
    raw = np.empty(nbytes + ALIGNMENT, np.uint8)
    skip = -raw.ctypes.data % ALIGNMENT
    return raw[skip : skip + nbytes]


def provide(nbytes: int, count: int) -> None:
    """Let the next calls of `scratch`, so many, find what they need."""
    there = _scratches[-count:]
    if len(there) < count or min(map(len, there)) < nbytes:
        for buffer in [scratch(nbytes) for _ in range(count)]:
            release(buffer)


def release(buffer: np.ndarray) -> None:
    """Keep scratch for the next run."""
    if len(_scratches) < _SCRATCHES:
        _scratches.append(buffer)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset)
