"""Devices by name: what ``device=`` takes, and which there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lazyarr import evaluate
from lazyarr.api.handle import unsupported

if TYPE_CHECKING:
    from lazyarr.api.array import Array


def check_device(device: Any, name: str) -> None:
    """Refuse what is not the name of a device.

    Raises
    ------
    UnsupportedError
        It is neither None, ``"auto"``, ``"cpu"`` nor ``"gpu"`` or ``"gpu:N"``.
    """
    if device is None or device in ("cpu", "auto"):
        return
    if isinstance(device, str) and re.fullmatch(r"gpu(:[0-9]+)?", device):
        return
    raise unsupported(name, f"no device {device!r}", "use 'cpu', 'gpu' or 'gpu:N'.")


def placed(x: Array, device: Any) -> Array:
    """Return an array held where ``device=`` says; what may stay lazy stays so."""
    if device is None:
        return x
    check_device(device, "device")
    if not device.startswith("gpu"):
        return x
    held: Array = x.to_device(device)
    return held


def devices() -> tuple[str, ...]:
    """Return the devices that can be used now; looks for GPUs, and so loads CuPy."""
    if evaluate.gpu_missing():
        return ("cpu",)
    count = len(evaluate.gpu_backend().devices())
    return ("cpu", *(f"gpu:{k}" for k in range(count)))
