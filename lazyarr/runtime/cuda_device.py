"""Finding CuPy, a driver and devices; and what to do when one of them is missing."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from lazyarr.plan.model import DeviceProfile

# Older ones lack pieces of the launch path, and NVRTC options that kernels need.
_OLDEST_CUPY = (13, 0)
_OLDEST_DRIVER = 12000
# What a copy reaches of a card's rated memory bandwidth, as measured on an H200.
_REACHED = 0.87
_LAUNCH_S = 4.5e-6
_LINK = 50e9
_LINK_LATENCY_S = 1e-5
_INSTALL = "pip install 'lazyarr[gpu]' (CUDA 12) or 'lazyarr[gpu-cuda13]' (CUDA 13)"


@cache
def cupy() -> Any:
    """Return the CuPy module, loaded at the first use."""
    return importlib.import_module("cupy")


@cache
def missing() -> str:
    """Return why no GPU can be used and what to do about it; "" when one can."""
    try:
        module = cupy()
    except ImportError as error:
        return f"CuPy cannot be imported ({error}); install it with {_INSTALL}"
    version = tuple(int(n) for n in module.__version__.split(".")[:2] if n.isdigit())
    if version < _OLDEST_CUPY:
        wanted = ".".join(map(str, _OLDEST_CUPY))
        return (
            f"CuPy {module.__version__} is older than {wanted}; upgrade with {_INSTALL}"
        )
    runtime = module.cuda.runtime
    try:
        driver = runtime.driverGetVersion()
        count = runtime.getDeviceCount() if driver else 0
    except runtime.CUDARuntimeError as error:
        return f"no usable CUDA driver ({error}); install or upgrade NVIDIA's driver"
    if not driver:
        return "there is no CUDA driver; install NVIDIA's driver"
    if driver < _OLDEST_DRIVER:
        found = f"{driver // 1000}.{driver % 1000 // 10}"
        return f"the driver supports CUDA {found}; 12.0 or newer is needed"
    return "" if count else "the driver is there, but no CUDA device"


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


@cache
def processors(number: int) -> int:
    """Return the number of multiprocessors of a device."""
    count: int = cupy().cuda.Device(number).attributes["MultiProcessorCount"]
    return count
