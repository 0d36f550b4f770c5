"""Memory of a device and of the host beside it: allocation, scratch, copies both ways."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lazyarr.errors import MemoryLimitError
from lazyarr.named import NamedTuple
from lazyarr.runtime import floating, ledger
from lazyarr.runtime.cuda_device import cupy
from lazyarr.runtime.device_errors import is_no_memory, waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.runtime.floating import Origin

# Copies up to this size go the driver's own way.
_SMALL = 1 << 20
# A larger result is copied in pieces, so that little memory of the host is pinned.
_LARGEST_PINNED = 1 << 30
_PIECE = 16 << 20
_COPIERS = 4
_UP, _DOWN = 1, 2
_FIRST_SCRATCH = 1 << 16
PER_THREAD = 2  # the number of the per-thread default stream

T = TypeVar("T")
_scratch: dict[tuple[int, int, int], _Scratch] = {}
_lock = threading.Lock()


def allocating(
    make: Callable[[], T], nbytes: int, what: str, place: Origin | None = None
) -> T:
    """Return what `make` allocates; on failure the pool is emptied, and it is tried again.

    Parameters
    ----------
    make : callable
    nbytes : int
        Of what is made, for the error.
    what : str
        What needs it.
    place : Instr, optional
        The operation that does, whose line the error names.

    Raises
    ------
    MemoryLimitError
        There is not enough memory even then.
    """
    try:
        return make()
    except Exception as error:
        if not is_no_memory(error):
            raise
    return emptied(make, nbytes, what, place)


def emptied(
    make: Callable[[], T], nbytes: int, what: str, place: Origin | None = None
) -> T:
    """Return what `make` allocates once the pool is emptied: it has failed before."""
    module = cupy()
    module.get_default_memory_pool().free_all_blocks()
    try:
        return make()
    except Exception as error:
        if not is_no_memory(error):
            raise
        free, total = module.cuda.runtime.memGetInfo()
        text = (
            f"needs {nbytes:,} bytes on the GPU, where {free:,} of {total:,} are free"
        )
        where = None if place is None else floating.line(place)
        hint = "Free arrays, compute in parts, or use device='cpu'."
        raise MemoryLimitError.at(what, text, where, hint) from error


class _Scratch(NamedTuple):
    """Memory that the kernels of one stream share."""

    partial: int  # bytes
    tickets: int
    addresses: tuple[int, int]
    keep: Any


def scratch(device: int, stream: int, partial: int, tickets: int) -> tuple[int, int]:
    """Return addresses of memory for partial results, and of zeroed counters.

    Kernels of one stream run one after the other and leave the counters at zero, so
    that they share both. The device is the current one.
    """
    # Every thread has a per-thread default stream of its own, all of one number.
    owner = threading.get_ident() if stream == PER_THREAD else 0
    found = _scratch.get((device, stream, owner))
    if found is None or found.partial < partial or found.tickets < tickets:
        found = _more_scratch((device, stream, owner), partial, tickets)
    return found.addresses


def _more_scratch(key: tuple[int, int, int], partial: int, tickets: int) -> _Scratch:
    """Return a stream's scratch, as large as asked for.

    What it replaces is kept: another thread may be about to launch a kernel with it.
    At least twice as large each time, all of it together stays within twice the last.
    """
    zeros = cupy().zeros
    with _lock:
        old = _scratch.get(key, _NO_SCRATCH)
        if old.partial >= partial and old.tickets >= tickets:
            return old
        nbytes = max(partial, 2 * old.partial, _FIRST_SCRATCH)
        count = max(tickets, 2 * old.tickets, _FIRST_SCRATCH // 4)
        # Zeroed for the gaps between a state's members: they are read too.
        states = allocating(lambda: zeros(nbytes, np.uint8), nbytes, "partial results")
        counters = allocating(lambda: zeros(count, np.uint32), 4 * count, "counters")
        addresses = (states.data.ptr, counters.data.ptr)
        found = _Scratch(nbytes, count, addresses, (states, counters, old.keep))
        _scratch[key] = found
    return found


_NO_SCRATCH = _Scratch(0, 0, (0, 0), None)


@cache
def _copiers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_COPIERS, thread_name_prefix="lazyarr-copy")


class _Staging(threading.local):
    """Two pinned pieces a thread copies through, and the events that free them."""

    def __init__(self) -> None:
        module = cupy()
        self.pieces = [
            np.frombuffer(module.cuda.alloc_pinned_memory(_PIECE), np.uint8, _PIECE)
            for _ in range(2)
        ]
        self.events = [module.cuda.Event(disable_timing=True) for _ in range(2)]


def _staging() -> _Staging:
    return _staging_of(cupy().cuda.runtime.getDevice())


@cache
def _staging_of(device: int) -> _Staging:
    """Return the staging of the current device, whose streams alone know its events."""
    return _Staging()


def copy_in_parts(target: Any, source: Any) -> None:
    """Copy an array on the host with several threads."""
    if source.nbytes < _SMALL or not source.ndim:
        np.copyto(target, source)
        return
    axis = max(range(source.ndim), key=source.shape.__getitem__)
    if source.shape[0] >= _COPIERS:
        axis = 0
    lead = (slice(None),) * axis
    step = -(-source.shape[axis] // _COPIERS)
    keys = [(*lead, slice(k, k + step)) for k in range(0, source.shape[axis], step)]
    list(_copiers().map(lambda key: np.copyto(target[key], source[key]), keys))


@waiting("to_device")
def upload(array: np.ndarray, what: str) -> Any:
    """Return a copy of a host array on the current device, in C order."""
    ledger.allowed(ledger.UP, array.nbytes)
    if not ledger.recording():
        return _uploaded(array, what)
    with ledger.timed(ledger.UP, array.nbytes, array.ctypes.data):
        target = _uploaded(array, what)
        cupy().cuda.get_current_stream().synchronize()
    return target


def _uploaded(array: np.ndarray, what: str) -> Any:
    module = cupy()
    dtype = array.dtype.newbyteorder("=")
    array = np.asarray(array, dtype, order="C")
    target = allocating(lambda: module.ndarray(array.shape, dtype), array.nbytes, what)
    if array.nbytes <= _SMALL:
        if array.size:
            target.set(array)
        return target
    stream = module.cuda.get_current_stream()
    data = array.reshape(-1).view(np.uint8)
    staging = _staging()
    for k, start in enumerate(range(0, array.nbytes, _PIECE)):
        piece, event = staging.pieces[k % 2], staging.events[k % 2]
        event.synchronize()  # until the copy before last has left this piece
        size = min(_PIECE, array.nbytes - start)
        copy_in_parts(piece[:size], data[start : start + size])
        module.cuda.runtime.memcpyAsync(
            target.data.ptr + start, piece.ctypes.data, size, _UP, stream.ptr
        )
        event.record(stream)
    return target


def from_other_device(array: Any, what: str) -> Any:
    """Return a copy of another device's array on the current one, in C order.

    It is made after what the other device is doing now, and nothing that this one does
    afterwards comes before it there: its memory may be used again at once.
    """
    module = cupy()
    cuda = module.cuda
    source, target = array.data.device_id, cuda.runtime.getDevice()
    here = cuda.get_current_stream()
    with cuda.Device(source):
        there = cuda.get_current_stream()
        array = module.ascontiguousarray(array)
        written = there.record(cuda.Event(disable_timing=True))
    copy = allocating(
        lambda: module.ndarray(array.shape, array.dtype), array.nbytes, what
    )
    here.wait_event(written)
    ends = (copy.data.ptr, target, array.data.ptr, source)
    cuda.runtime.memcpyPeerAsync(*ends, array.nbytes, here.ptr)
    read = here.record(cuda.Event(disable_timing=True))
    with cuda.Device(source):
        there.wait_event(read)
    return copy


@waiting("compute")
def download(arrays: list[Any]) -> list[Any]:
    """Return host copies of device arrays; 0-d ones as NumPy scalars."""
    module = cupy()
    nbytes = sum(a.nbytes for a in arrays if isinstance(a, module.ndarray))
    if nbytes:
        ledger.allowed(ledger.DOWN, nbytes)
    if not nbytes or not ledger.recording():
        return _downloaded(arrays)
    module.cuda.get_current_stream().synchronize()  # kernels are no copy's time
    with ledger.timed(ledger.DOWN, nbytes):
        return _downloaded(arrays)


def fetched(array: Any) -> np.ndarray:
    """Return an array of the host with the elements of a device's.

    Those that lie in one place, as the elements of windows do, lie in one there, too.
    """
    spans = [(n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)]
    low = sum(s for s in spans if s < 0)
    nbytes = sum(map(abs, spans)) + array.itemsize
    if nbytes >= array.nbytes:
        (copy,) = download([array])
        return np.asarray(copy)
    (copy,) = download([cupy().ndarray((nbytes,), np.uint8, array.data + low)])
    whole = np.ndarray(array.shape, array.dtype, copy, -low, array.strides)
    whole.flags.writeable = False
    return whole


def _downloaded(arrays: list[Any]) -> list[Any]:
    stream = cupy().cuda.get_current_stream()
    results = [_started(array, stream) for array in arrays]
    stream.synchronize()
    return [r[()] if isinstance(r, np.ndarray) and not r.ndim else r for r in results]


def _started(array: Any, stream: Any) -> Any:
    """Return the host array that a device array is being copied to."""
    module = cupy()
    if not isinstance(array, module.ndarray):
        return array
    if not array.size:
        return np.empty(array.shape, array.dtype)
    if not array._c_contiguous:
        array = module.ascontiguousarray(array)
    if array.nbytes > _LARGEST_PINNED:
        return _in_pieces(array, stream)
    # The result is pinned memory itself, and goes back to a pool when it is dropped.
    memory = module.cuda.alloc_pinned_memory(array.nbytes)
    result = np.frombuffer(memory, array.dtype, array.size).reshape(array.shape)
    module.cuda.runtime.memcpyAsync(
        result.ctypes.data, array.data.ptr, array.nbytes, _DOWN, stream.ptr
    )
    return result


def _in_pieces(array: Any, stream: Any) -> np.ndarray:
    module = cupy()
    result = np.empty(array.shape, array.dtype)
    data = result.reshape(-1).view(np.uint8)
    staging = _staging()
    starts = list(range(0, array.nbytes, _PIECE))
    for k, start in enumerate([*starts, -1]):
        if start >= 0:
            size = min(_PIECE, array.nbytes - start)
            # An upload on another stream may still be reading the piece.
            staging.events[k % 2].synchronize()
            module.cuda.runtime.memcpyAsync(
                staging.pieces[k % 2].ctypes.data,
                array.data.ptr + start,
                size,
                _DOWN,
                stream.ptr,
            )
            staging.events[k % 2].record(stream)
        if k:  # the piece before arrives while this one is on its way
            before = starts[k - 1]
            size = min(_PIECE, array.nbytes - before)
            staging.events[(k - 1) % 2].synchronize()
            piece = staging.pieces[(k - 1) % 2]
            copy_in_parts(data[before : before + size], piece[:size])
    return result
