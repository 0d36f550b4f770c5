"""Generated kernels, executed on the CPU behind a shim."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from lazyarr.codegen import lowering, preamble
from lazyarr.codegen.indexing import Layout
from lazyarr.codegen.lowering import Device, Launch, lower
from lazyarr.codegen.structure import Held, Number, Pointer, Rounds
from lazyarr.ops.philox import ROUNDS
from lazyarr.runtime import (
    cuda_device,
    cupy_backend,
    device_memory,
    launch,
    straight,
)

SHIM = Path(__file__).parent / "shim.h"
FLAGS = ["-std=c++17", "-O1", "-w", "-fwrapv", "-ffp-contract=off", "-fPIC"]
# Two processors: even small arrays are cut among blocks.
DEVICE = Device(processors=2, resident=2)
# What a block gets of shared memory without asking.
MOST_SHARED = 48 << 10
_SHARED = "extern __shared__ __align__(16) char lz_shared[];"


class Job(NamedTuple):
    """A stage, the values of its plan, and the arrays that it reads, by value."""

    stage: object
    values: tuple
    arrays: dict


def layout_of(array):
    if not isinstance(array, np.ndarray):
        return None
    strides = tuple(s // array.itemsize for s in array.strides)
    return Layout(strides, array.ctypes.data % 16 == 0)


def aligned(shape, dtype):
    """Return an array that starts at 16 bytes, as device memory does."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + 16, np.uint8)
    start = -raw.ctypes.data % 16
    return raw[start : start + size].view(dtype).reshape(shape)


class Cpu:
    """Compiles kernels with the C++ compiler and runs them on NumPy's memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, jobs: list[Job], device: Device = DEVICE) -> list[dict]:
        """Return the output arrays of each job, by value."""
        lowered = []
        for job in jobs:
            layouts = {k: layout_of(a) for k, a in job.arrays.items()}
            lowered.append(lower(job.stage, job.values, layouts, device))
        launches = [launch for one in lowered for launch in one.launches]
        bodies = [(x.name, lowering.body(x.structure)) for x in launches]
        functions = iter(self.compile(bodies))
        result = []
        for job, one in zip(jobs, lowered, strict=True):
            arrays = dict(job.arrays)
            outputs = {o.value for o in job.stage.outputs}
            for value in (*job.values, *one.values):
                mine = value.id in outputs or value.id >= len(job.values)
                if mine and value.id not in arrays:
                    arrays[value.id] = aligned(value.shape, value.dtype)
            if job.stage.region is not None:
                (written,) = outputs
                arrays[written][...] = arrays[job.stage.region.base]
            for launch_ in one.launches:
                self._call(next(functions), launch_, arrays)
            result.append({k: arrays[k] for k in outputs})
        return result

    def compile(self, bodies: list[tuple[str, str]]) -> list:
        """Return a function for each kernel, given by name and text."""
        parts = ['#include "shim.h"']
        parts.append(preamble.sections("".join(body for _, body in bodies)))
        for k, (name, body) in enumerate(bodies):
            text = body.replace(_SHARED, "").replace('extern "C" ', "")
            parts.append(f"namespace k{k} {{\n{text}}}\n" + _runner(k, name, text))
        text = "\n".join(parts)
        name = hashlib.sha256(text.encode()).hexdigest()[:20]
        source = self.folder / f"{name}-{os.getpid()}.cpp"
        source.write_text(text, encoding="utf-8")
        # What the shim includes takes longer than a kernel: it is compiled once.
        self._made("shim.h.gch", "-x", "c++-header", str(SHIM))
        library = ctypes.CDLL(self._made(f"{name}.so", "-shared", str(source)))
        return [getattr(library, f"run{k}") for k in range(len(bodies))]

    def _made(self, name: str, *arguments: str) -> str:
        """Return the path of what the compiler makes of these, once for all workers."""
        target = self.folder / name
        if not target.exists():
            own = self.folder / f"{name}-{os.getpid()}"
            made = subprocess.run(
                ["g++", *FLAGS, f"-I{SHIM.parent}", *arguments, "-o", str(own)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert made.returncode == 0, made.stderr[:4000]
            own.replace(target)
        return str(target)

    def _call(self, function, launch_: Launch, arrays: dict) -> None:
        scratch = {
            "partial": aligned((launch_.scratch + 256,), np.uint8),
            "tickets": np.zeros(launch_.tickets + 1, np.uint32),
        }
        held = []
        for argument in launch_.arguments:
            match argument:
                case Pointer(value, nbytes):
                    place = arrays[value].ctypes.data + nbytes
                    held.append(np.array(place, np.uint64))
                case Held(value, dtype):
                    held.append(np.array(arrays[value], dtype))
                case Number(number, size):
                    held.append(np.array(number, np.int32 if size == 4 else np.int64))
                case Rounds(key0, key1):
                    rounds = [
                        r + arrays[k] for k, r in zip((key0, key1), ROUNDS, strict=True)
                    ]
                    held.append(np.concatenate(rounds))
                case _:
                    held.append(np.array(scratch[argument.what].ctypes.data, np.uint64))
        pointers = (ctypes.c_void_p * len(held))(*(a.ctypes.data for a in held))
        scratch["partial"][...] = 0xCD
        kept = function(pointers, launch_.grid, *launch_.block, launch_.shared)
        assert kept, "shared memory must be asked for"
        assert launch_.shared <= MOST_SHARED
        beyond = scratch["partial"][launch_.scratch :]
        assert (beyond == 0xCD).all(), "scratch memory must be asked for"
        assert not scratch["tickets"].any(), "counters must be zero for the next launch"


def _runner(k: int, name: str, text: str) -> str:
    """Return a function that takes a kernel's arguments as the driver does."""
    listed = re.search(rf"\b{name}\((.*?)\) {{", text).group(1)
    kinds = [re.sub(r"\s*\b\w+$", "", one) for one in listed.split(", ")]
    kinds = [c.replace("__restrict__", "").strip() for c in kinds]
    kinds = [f"k{k}::{c}" if c.startswith("lz_state") else c for c in kinds]
    values = ", ".join(f"*({c}*)args[{j}]" for j, c in enumerate(kinds))
    return (
        f'extern "C" bool run{k}(void** args, unsigned grid, unsigned x, unsigned y, '
        f"unsigned shared) {{\n  return shim_launch("
        f"[=] {{ k{k}::{name}({values}); }}, grid, x, y, shared);\n}}\n"
    )


@pytest.fixture(autouse=True)
def _planned(planned):
    """Let no operation be evaluated on the spot: these tests look at kernels."""


@pytest.fixture(scope="session")
def cpu(tmp_path_factory) -> Cpu:
    if shutil.which("g++") is None:
        pytest.skip("kernels run on the CPU only where g++ is")
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which is all workers'
    (folder / "kernels").mkdir(exist_ok=True)
    return Cpu(folder / "kernels")


# --- a CuPy whose memory is NumPy's and whose kernels run behind the shim -------------


class OutOfMemoryError(Exception):
    pass


class _Pointer:
    """Device memory: `fail` counts down to an allocation that fails."""

    fail = -1
    ahead = staticmethod(lambda: None)  # is called before each allocation
    allocations = 0
    device_id = 0

    def __init__(self, mem, ptr) -> None:
        self.mem, self.ptr = mem, ptr

    def __add__(self, nbytes):
        return _Pointer(self.mem, self.ptr + nbytes)


def _allocate(nbytes):
    _Pointer.ahead()
    _Pointer.allocations += 1
    _Pointer.fail -= 1
    if _Pointer.fail == 0:
        raise OutOfMemoryError
    raw = aligned((max(nbytes, 1),), np.uint8)
    raw[...] = 0xAB  # nobody may count on zeros
    return _Pointer(raw, raw.ctypes.data)


class FakeArray:
    """What the executor uses of ``cupy.ndarray``."""

    __array_ufunc__ = None
    __cuda_array_interface__ = None
    device = SimpleNamespace(id=0)

    def __init__(self, shape, dtype, memptr=None, strides=None) -> None:
        self.dtype = np.dtype(dtype)
        size = int(np.prod(shape)) * self.dtype.itemsize
        self.data = _allocate(size) if memptr is None else memptr
        raw = self.data.mem
        offset = self.data.ptr - raw.ctypes.data
        self.host = np.ndarray(shape, self.dtype, raw, offset, strides)
        self.shape, self.strides = self.host.shape, self.host.strides
        self.size, self.nbytes = self.host.size, self.host.nbytes
        self.ndim, self.itemsize = self.host.ndim, self.host.itemsize
        self.flags = SimpleNamespace(c_contiguous=self.host.flags.c_contiguous)
        self._c_contiguous = self.host.flags.c_contiguous

    @classmethod
    def of(cls, array):
        array = np.asarray(array)
        result = cls(array.shape, array.dtype)
        result.host[...] = array
        return result

    def reshape(self, shape):
        try:
            moved = self.host.reshape(shape, copy=False)
        except ValueError:
            return FakeArray.of(self.host.reshape(shape))
        pointer = _Pointer(self.data.mem, moved.ctypes.data)
        return FakeArray(moved.shape, self.dtype, pointer, moved.strides)

    def copy(self, order="C"):
        return FakeArray.of(self.host)

    def get(self):
        return self.host.copy()

    def set(self, array):
        self.host[...] = array

    def __getitem__(self, key):
        part = self.host[key]
        pointer = _Pointer(self.data.mem, part.ctypes.data)
        return FakeArray(part.shape, self.dtype, pointer, part.strides)

    def __setitem__(self, key, value):
        self.host[key] = value.host if isinstance(value, FakeArray) else value


class FakeStream:
    """A stream on which everything is done at once."""

    ptr = 0

    def __init__(self, non_blocking=False) -> None:
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        pass

    def synchronize(self) -> None:
        pass

    def wait_event(self, event) -> None:
        pass


class FakeEvent:
    """A moment on a stream."""

    def __init__(self, disable_timing=False) -> None:
        self.at = 0.0

    def record(self, stream=None) -> None:
        self.at = time.perf_counter()

    def synchronize(self) -> None:
        pass


class _Device(contextlib.nullcontext):
    attributes = MappingProxyType({"MultiProcessorCount": 2, "ClockRate": 1000})


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
        stream = FakeStream()
        runtime = SimpleNamespace(
            CUDARuntimeError=RuntimeError,
            driverGetVersion=lambda: 13000,
            getDeviceCount=lambda: 1,
            getDevice=lambda: 0,
            setDevice=lambda number: None,
            free=lambda pointer: None,
            memGetInfo=lambda: (1 << 30, 1 << 30),
            memcpyAsync=lambda to, start, n, kind, stream: ctypes.memmove(to, start, n),
            getDeviceProperties=lambda number: {
                "name": b"fake",
                "totalGlobalMem": 1 << 30,
            },
        )
        self.cuda = SimpleNamespace(
            runtime=runtime,
            driver=SimpleNamespace(launchKernel=self._launch),
            memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
            alloc=_allocate,
            get_current_stream=lambda: stream,
            alloc_pinned_memory=bytearray,
            Event=FakeEvent,
            get_elapsed_time=lambda a, b: 1e3 * (b.at - a.at),
            Device=_Device,
            Stream=FakeStream,
        )

    def load(self, code, name, arithmetic="exact"):
        """Stand in for `lazyarr.runtime.compile.load`."""
        self.arithmetic.append(arithmetic)
        start = code.rfind("struct lz_state0_own {")
        if start < 0:
            start = code.rfind("struct lz_state_own {")
        if start < 0:
            start = code.index('extern "C"')
        (function,) = self.cpu.compile([(name, code[start:])])
        self.functions.append((name, function))
        return len(self.functions) - 1, function

    def _launch(self, pointer, grid, _, __, x, y, ___, shared, stream, args, extra):
        name, function = self.functions[pointer]
        self.launches.append(name)
        assert shared <= MOST_SHARED
        assert function(ctypes.c_void_p(args), grid, x, y, shared)

    def get_default_memory_pool(self):
        def free():
            self.freed += 1

        return SimpleNamespace(free_all_blocks=free, free_bytes=lambda: 0)

    def asarray(self, array, dtype=None):
        if isinstance(array, FakeArray):
            if dtype is None or array.dtype == dtype:
                return array
            return FakeArray.of(array.host.astype(dtype))
        return FakeArray.of(np.asarray(array, dtype))

    def ascontiguousarray(self, array):
        return FakeArray.of(array.host)

    def zeros(self, shape, dtype):
        return FakeArray.of(np.zeros(shape, dtype))

    def matmul(self, x, y):
        return FakeArray.of(x.host @ y.host)


@pytest.fixture
def cupy(cpu, monkeypatch):
    """Let the executor find a fake CuPy; yields it."""
    module = FakeCupy(cpu)
    for place in (cuda_device, device_memory, launch, cupy_backend, straight):
        monkeypatch.setattr(place, "cupy", lambda: module)
    monkeypatch.setattr("lazyarr.runtime.ring.cupy", lambda: module)
    monkeypatch.setattr(launch, "load", module.load)
    monkeypatch.setattr("lazyarr.runtime.device_stage.cupy", lambda: module)
    monkeypatch.setattr("lazyarr.runtime.device_stage.processors", lambda number: 2)
    monkeypatch.setattr(launch, "_kernels", {})
    monkeypatch.setattr(device_memory, "_scratch", {})
    monkeypatch.setattr(device_memory, "_staging", device_memory._Staging)
    monkeypatch.setattr(cuda_device, "missing", lambda: "")
    monkeypatch.setattr(cupy_backend, "missing", lambda: "")
    monkeypatch.setattr(_Pointer, "fail", -1)
    module.pointer = _Pointer
    return module
