"""Finding CuPy, a driver and devices; and what to do when one of them is missing."""

from __future__ import annotations

import ctypes
import importlib
import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from lazyarr.errors import DeviceError
from lazyarr.plan.model import DeviceProfile

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType

# Older ones lack pieces of the launch path, and NVRTC options that kernels need.
_OLDEST_CUPY = (13, 0)
_KNOWN_CUPY = 14  # the last major release whose inner constructor is known
_OLDEST_DRIVER = 12000
_NEW_DRIVER = 13000
# What packages raise that are not there, or were made for another NumPy or Python.
_BROKEN = (ImportError, AttributeError, OSError, RuntimeError, TypeError, ValueError)
# What a copy reaches of a card's rated memory bandwidth, as measured on an H200.
_REACHED = 0.87
_LAUNCH_S = 4.5e-6
_LINK = 50e9
_LINK_LATENCY_S = 1e-5
_CUDA_12 = "pip install 'lazyarr[gpu]'"
_CUDA_13 = "pip install 'lazyarr[gpu-cuda13]'"


@cache
def cupy() -> Any:
    """Return the CuPy module, loaded at the first use."""
    return importlib.import_module("cupy")


@cache
def cupyx() -> Any:
    """Return the module of what CuPy has and NumPy has not."""
    return importlib.import_module("cupyx")


class _Thread(threading.local):
    bound: bool
    """There once the thread has a context, without which it can launch no kernel."""


thread = _Thread()


def bind_thread() -> None:
    """Give the calling thread the context of its device."""
    runtime = cupy().cuda.runtime
    runtime.setDevice(runtime.getDevice())
    runtime.free(0)
    thread.bound = True


def array_maker() -> Callable[[Shape, DType, Any], Any]:
    """Return what puts an array around memory, given shape, dtype and pointer.

    It is ``cupy.ndarray``; for releases that are known, past what parses its arguments.
    """
    made: Any = cupy().ndarray
    if (
        not hasattr(made, "_init")
        or int(cupy().__version__.split(".")[0]) > _KNOWN_CUPY
    ):
        return made  # type: ignore[no-any-return]
    blank = made.__base__.__new__

    def make(shape: Shape, dtype: DType, memory: Any) -> Any:
        array = blank(made)
        array._init(shape, dtype, memory)
        return array

    return make


@cache
def missing() -> str:
    """Return why no GPU can be used and what to do about it; "" when one can."""
    try:
        module = cupy()
    except _BROKEN as error:
        return f"CuPy cannot be imported ({error}); {_remedy()}"
    release = getattr(module, "__version__", "")
    if not release:  # Python imports any folder of that name
        folders = ", ".join(map(str, getattr(module, "__path__", ()))) or "this module"
        return f"CuPy is not in {folders}, which has its name; {_remedy()}"
    version = tuple(int(n) for n in release.split(".")[:2] if n.isdigit())
    if version < _OLDEST_CUPY:
        wanted = ".".join(map(str, _OLDEST_CUPY))
        return f"CuPy {release} is older than {wanted}; {_remedy()}"
    return _missing_driver(module) or _missing_compiler(module)


def _missing_driver(module: Any) -> str:
    runtime = module.cuda.runtime
    try:
        driver = runtime.driverGetVersion()
        count = runtime.getDeviceCount() if driver else 0
    except runtime.CUDARuntimeError as error:
        return f"no usable CUDA driver ({error}); install or upgrade NVIDIA's driver"
    if not driver:
        return "there is no CUDA driver; install NVIDIA's driver"
    if driver < _OLDEST_DRIVER:
        needed = "12.0 or newer is needed; upgrade NVIDIA's driver"
        return f"the driver supports CUDA {_dotted(driver)}; {needed}"
    if not count:
        return "the driver is there, but no CUDA device; see CUDA_VISIBLE_DEVICES"
    return ""


def _missing_compiler(module: Any) -> str:
    try:
        module.cuda.nvrtc.getVersion()
    except (ImportError, OSError, RuntimeError) as error:
        text = str(error).strip().partition("\n")[0]
        series = 13 if driver() >= _NEW_DRIVER else 12
        remedy = f"install a CUDA toolkit, or pip install 'cupy-cuda{series}x[ctk]'"
        return f"CuPy finds no CUDA compiler, NVRTC ({text}); {remedy}"
    return _too_old(module)


def _too_old(module: Any) -> str:
    """Return why no kernel can be compiled for the newest of the devices, or ""."""
    count = module.cuda.runtime.getDeviceCount()
    newest = max(int(module.cuda.Device(n).compute_capability) for n in range(count))
    oldest = min(int(n) for n in module.cuda.nvrtc.getSupportedArchs())
    if newest >= oldest:
        return ""
    have, need = (f"{n // 10}.{n % 10}" for n in (newest, oldest))
    return (
        f"the GPU's compute capability is {have}, and this CUDA compiler makes kernels "
        f"for {need} or newer; install a CuPy for an older CUDA, or use a newer GPU"
    )


def _dotted(version: int) -> str:
    return f"{version // 1000}.{version % 1000 // 10}"


@cache
def driver() -> int:
    """Return the CUDA version that the driver supports, such as 12080; 0 without one."""
    try:
        library = ctypes.CDLL("libcuda.so.1" if os.name == "posix" else "nvcuda.dll")
        version = ctypes.c_int()
        library.cuDriverGetVersion(ctypes.byref(version))
    except (OSError, AttributeError):
        return 0
    return version.value


def _remedy() -> str:
    """Return what to install: the CuPy that fits the driver, if there is one."""
    version = driver()
    if not version:
        return f"install NVIDIA's driver, then {_CUDA_12} or {_CUDA_13}"
    if version < _OLDEST_DRIVER:
        return f"upgrade NVIDIA's driver (CUDA {_dotted(version)}), then {_CUDA_12}"
    return f"install it: {_CUDA_13 if version >= _NEW_DRIVER else _CUDA_12}"


def imported(array: Any) -> Any:
    """Return another library's device array as one of CuPy's, without a copy.

    Raises
    ------
    DeviceError
        No GPU can be used.
    """
    if missing():
        raise DeviceError.at("asarray", f"the array is on a GPU: {missing()}")
    module = cupy()
    if isinstance(array, module.ndarray):
        return array
    if hasattr(array, "__dlpack__"):
        return module.from_dlpack(array)
    return module.asarray(array)


def available() -> tuple[str, ...]:
    """Return a line for each usable device, such as ``gpu:0 NVIDIA H200 140 GiB``."""
    if missing():
        return ()
    runtime = cupy().cuda.runtime
    lines = []
    for number in range(runtime.getDeviceCount()):
        properties = runtime.getDeviceProperties(number)
        memory = properties["totalGlobalMem"] / 2**30
        lines.append(f"gpu:{number} {properties['name'].decode()} {memory:.0f} GiB")
    return tuple(lines)


@cache
def profile(number: int = 0) -> DeviceProfile:
    """Return what is known of a device without measuring it."""
    device = cupy().cuda.Device(number)
    attributes = device.attributes
    properties = cupy().cuda.runtime.getDeviceProperties(number)
    # Kilohertz, two transfers a clock; and bits.
    clock = attributes.get("MemoryClockRate", 0) * 1e3
    bandwidth = 2 * clock * attributes.get("GlobalMemoryBusWidth", 0) / 8 * _REACHED
    rate = attributes.get("ClockRate", 0) * 1e3 * 64 * processors(number)
    return DeviceProfile(
        properties["name"].decode(),
        "gpu",
        properties["totalGlobalMem"],
        bandwidth or 1e12,
        rate or 1e12,
        _LAUNCH_S,
        _LINK,
        _LINK_LATENCY_S,
    )


def facts(number: int = 0) -> dict[str, str]:
    """Return what identifies a GPU, and the libraries that use it."""
    properties = cupy().cuda.runtime.getDeviceProperties(number)
    return {
        "gpu": properties["name"].decode(),
        "driver": _dotted(driver()),
        "cupy": str(cupy().__version__),
    }


@cache
def processors(number: int) -> int:
    """Return the number of multiprocessors of a device."""
    count: int = cupy().cuda.Device(number).attributes["MultiProcessorCount"]
    return count
