"""Devices by name: what ``device=`` takes, and arrays held on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.api.handle import here
from lazyarr.errors import DeviceError
from lazyarr.ir.node import where_text
from lazyarr.options import device_named

if TYPE_CHECKING:
    from lazyarr.api.array import Array


def check_device(device: Any, name: str) -> None:
    """Refuse what is not the name of a device.

    Raises
    ------
    DeviceError
        It is neither None, ``"auto"``, ``"cpu"`` nor ``"gpu"`` or ``"gpu:N"``.
    """
    if device is None or device_named(device) is not None:
        return
    hint = "use 'cpu', 'gpu' or 'gpu:N'."
    raise DeviceError.at(name, f"no device {device!r}", where_text(here()), hint)


def placed(x: Array, device: Any) -> Array:
    """Return an array held where ``device=`` says; what may stay lazy stays so."""
    if device is None or device == "auto" or device == x.device:
        return x
    held: Array = x.to_device(device)
    return held
