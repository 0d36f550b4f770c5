"""A CuPy whose memory is NumPy's, and whose kernels run behind the shim.

As on a device, nothing is done when it is asked for: streams keep what they are told, and
do it when somebody waits for them. What reads too early so finds what was there before.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
import time
from contextlib import contextmanager
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from tests.codegen.conftest import Cpu

# What a block gets of shared memory without asking.
MOST_SHARED = 48 << 10
_PAGE, _FORBIDDEN = mmap.PAGESIZE, 0
_mprotect = ctypes.CDLL(None).mprotect


def aligned(nbytes):
    """Return bytes that start at 16, as device memory does, and end where all memory ends.

    Beyond the last 16 that belong to them, whoever reads or writes is stopped.
    """
    size = -(-max(nbytes, 1) // 16) * 16
    pages = -(-size // _PAGE) * _PAGE
    whole = np.frombuffer(mmap.mmap(-1, pages + _PAGE), np.uint8)
    end = ctypes.c_void_p(whole.ctypes.data + pages)
    assert _mprotect(end, ctypes.c_size_t(_PAGE), _FORBIDDEN) == 0
    return whole[pages - size : pages - size + nbytes]


class OutOfMemoryError(Exception):
    pass


class Stream:
    """What is to be done, in order; `current` has those that ``with`` names."""

    numbers = itertools.count(1000)
    known: ClassVar[dict[int, Stream]] = {}
    current: ClassVar[list[Stream]] = []

    def __init__(self, non_blocking=False) -> None:
        self.ptr = next(self.numbers)
        self.known[self.ptr] = self
        self.work: list = []
        self.done = 0

    def __enter__(self):
        self.current.append(self)
        return self

    def __exit__(self, *error) -> None:
        self.current.pop()

    def add(self, work) -> None:
        self.work.append(work)

    def finish(self, count) -> None:
        """Do the first so many things."""
        while self.done < count:
            work, self.work[self.done] = self.work[self.done], None
            self.done += 1
            work()

    def synchronize(self) -> None:
        self.finish(len(self.work))

    def record(self, event):
        event.record(self)
        return event

    def wait_event(self, event) -> None:
        self.add(event.moment())


class Event:
    """A moment on a stream; one that was never recorded is past."""

    def __init__(self, disable_timing=False) -> None:
        self.at, self.stream, self.count = 0.0, None, 0

    def record(self, stream=None) -> None:
        def note():
            self.at = time.perf_counter()

        self.stream = stream or now()
        self.stream.add(note)
        self.count = len(self.stream.work)

    def moment(self):
        """Return what brings the moment about that was recorded last."""
        stream, count = self.stream, self.count
        return lambda: stream and stream.finish(count)

    def synchronize(self) -> None:
        self.moment()()


def now() -> Stream:
    """Return the current stream: the device's own, unless ``with`` names another."""
    return Stream.current[-1] if Stream.current else Stream.known[Device.current]


def wait() -> None:
    """Wait for everything, as tests do that look into memory."""
    for stream in list(Stream.known.values()):
        stream.synchronize()


class Device:
    """A device; `current` is the one in use, whose number is its own stream's, too."""

    current = 0
    attributes = MappingProxyType({"MultiProcessorCount": 2, "ClockRate": 1000})

    def __init__(self, number=0) -> None:
        self.number = number
        self.before: list[int] = []

    def __enter__(self):
        self.before.append(Device.current)
        Device.current = self.number
        return self

    def __exit__(self, *error) -> None:
        Device.current = self.before.pop()


class Pointer:
    """Device memory: `fail` counts down to an allocation that fails."""

    fail = -1
    ahead = staticmethod(lambda: None)  # is called before each allocation
    allocations = 0
    memory: ClassVar[list] = []  # what streams may yet use

    def __init__(self, mem, ptr, device_id) -> None:
        self.mem, self.ptr, self.device_id = mem, ptr, device_id

    def __add__(self, nbytes):
        return Pointer(self.mem, self.ptr + nbytes, self.device_id)


def allocate(nbytes):
    Pointer.ahead()
    Pointer.allocations += 1
    Pointer.fail -= 1
    if Pointer.fail == 0:
        raise OutOfMemoryError
    raw = aligned(nbytes)
    raw[...] = 0xAB  # nobody may count on zeros
    Pointer.memory.append(raw)
    return Pointer(raw, raw.ctypes.data, Device.current)


class FakeArray:
    """What the executor uses of ``cupy.ndarray``."""

    __array_ufunc__ = None
    __cuda_array_interface__ = None
    base = None

    def __init__(self, shape, dtype, memptr=None, strides=None) -> None:
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        self._init(shape, dtype, allocate(size) if memptr is None else memptr, strides)

    def _init(self, shape, dtype, memptr, strides=None) -> None:
        self.dtype = np.dtype(dtype)
        self.data = memptr
        self.device = SimpleNamespace(id=memptr.device_id)
        raw = memptr.mem
        offset = memptr.ptr - raw.ctypes.data
        self.there = np.ndarray(shape, self.dtype, raw, offset, strides)
        self.shape, self.strides = self.there.shape, self.there.strides
        self.size, self.nbytes = self.there.size, self.there.nbytes
        self.ndim, self.itemsize = self.there.ndim, self.there.itemsize
        self._c_contiguous = self.there.flags.c_contiguous
        self.flags = SimpleNamespace(c_contiguous=self._c_contiguous)

    @classmethod
    def of(cls, array):
        array = np.asarray(array)
        result = cls(array.shape, array.dtype)
        result.set(array)
        return result

    @property
    def host(self):
        """The elements, once all is done."""
        wait()
        return self.there

    def later(self, shape, dtype, make):
        """Return a new array of what `make` gives when it is the stream's turn."""
        result = FakeArray(shape, dtype)
        now().add(lambda: np.copyto(result.there, make()))
        return result

    def reshape(self, shape):
        try:
            moved = self.there.reshape(shape, copy=False)
        except ValueError:
            like = np.broadcast_to(0, self.shape).reshape(shape)
            make = self.there.reshape
            return self.later(like.shape, self.dtype, lambda: make(shape))
        return self._part(moved)

    def _part(self, view):
        pointer = Pointer(self.data.mem, view.ctypes.data, self.data.device_id)
        return FakeArray(view.shape, self.dtype, pointer, view.strides)

    def copy(self, order="C"):
        return self.later(self.shape, self.dtype, lambda: self.there)

    def astype(self, dtype, copy=True):
        if not copy and self.dtype == dtype:
            return self
        return self.later(self.shape, dtype, lambda: self.there.astype(dtype))

    def get(self):
        now().synchronize()
        return self.there.copy()

    def set(self, array):
        self[...] = np.array(array)  # what the caller has may change

    def __getitem__(self, key):
        return self._part(self.there[key])

    def __setitem__(self, key, value):
        given = value.there if isinstance(value, FakeArray) else value
        now().add(lambda: self.there.__setitem__(key, given))


class FakeExtra:
    """What the executor uses of the module ``cupyx``."""

    linalg = "ignore"

    @contextmanager
    def errstate(self, linalg):
        before, self.linalg = self.linalg, linalg
        try:
            yield
        finally:
            self.linalg = before


class FakeCupy:
    """What the executor uses of the module ``cupy``."""

    __version__ = "14.0"
    ndarray = FakeArray

    def __init__(self, cpu: Cpu) -> None:
        self.functions: list = []
        self.arithmetic: list[str] = []
        self.launches: list[str] = []
        self.freed = 0
        self.cpu = cpu
        self.pointer = Pointer
        self.extra = FakeExtra()
        self.devices = 1
        Stream.known.clear()
        Pointer.memory.clear()
        for number in range(2):
            Stream.known[number] = Stream()
            Stream.known[number].ptr = number
        runtime = SimpleNamespace(
            CUDARuntimeError=RuntimeError,
            driverGetVersion=lambda: 13000,
            getDeviceCount=lambda: self.devices,
            getDevice=lambda: Device.current,
            setDevice=lambda number: None,
            free=lambda pointer: None,
            memGetInfo=lambda: (1 << 30, 1 << 30),
            memcpyAsync=lambda to, start, n, kind, ptr: self._copy(to, start, n, ptr),
            memcpyPeerAsync=lambda to, _, start, __, n, ptr: self._copy(
                to, start, n, ptr
            ),
            getDeviceProperties=lambda number: {
                "name": b"fake",
                "totalGlobalMem": 1 << 30,
            },
        )
        self.cuda = SimpleNamespace(
            runtime=runtime,
            driver=SimpleNamespace(launchKernel=self._launch),
            memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
            alloc=allocate,
            get_current_stream=now,
            alloc_pinned_memory=bytearray,
            Event=Event,
            get_elapsed_time=lambda a, b: 1e3 * (b.at - a.at),
            Device=Device,
            Stream=Stream,
        )

    def load(self, code, name, arithmetic="exact"):
        """Stand in for `lazyarr.runtime.compile.load`."""
        self.arithmetic.append(arithmetic)
        start = code.rfind("struct lz_state0_own {")
        if start < 0:
            start = code.rfind("struct lz_state_own {")
        if start < 0:
            start = code.index('extern "C"')
        function = self.cpu.compile(name, code[start:])
        self.functions.append((name, function))
        return len(self.functions) - 1, function

    def _copy(self, to, start, nbytes, number):
        stream = Stream.known.get(number) or Stream.known[0]
        stream.add(lambda: ctypes.memmove(to, start, nbytes))

    def _launch(self, pointer, grid, _, __, x, y, ___, shared, number, args, extra):
        """Remember a launch with the arguments as they are now, which the driver copies."""
        name, function = self.functions[pointer]
        self.launches.append(name)
        assert shared <= MOST_SHARED
        table = (ctypes.c_uint64 * function.count).from_address(args)
        places = np.array(table)
        kept = ctypes.string_at(table[0], table[-1] + 16 - table[0])

        def launch():
            memory = np.frombuffer(kept, np.uint8).copy()
            given = places - places[0] + np.uint64(memory.ctypes.data)
            wrong = function(ctypes.c_void_p(given.ctypes.data), grid, x, y, shared)
            assert wrong is None, f"{name} {wrong.decode()}"

        (Stream.known.get(number) or Stream.known[0]).add(launch)

    def get_default_memory_pool(self):
        def free():
            self.freed += 1

        return SimpleNamespace(free_all_blocks=free, free_bytes=lambda: 0)

    def asarray(self, array, dtype=None):
        if isinstance(array, FakeArray):
            return array if dtype in (None, array.dtype) else array.astype(dtype)
        return FakeArray.of(np.asarray(array, dtype))

    def ascontiguousarray(self, array):
        return array if array._c_contiguous else array.copy()

    def zeros(self, shape, dtype=float):
        return FakeArray.of(np.zeros(shape, dtype))

    def matmul(self, x, y):
        like = np.matmul(np.zeros(x.shape, x.dtype), np.zeros(y.shape, y.dtype))
        return x.later(like.shape, like.dtype, lambda: x.there @ y.there)
