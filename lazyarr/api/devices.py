"""Devices: which can compute here, what ``device=`` takes, and arrays held on them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from lazyarr import evaluate
from lazyarr.api.handle import here
from lazyarr.config import thread_count
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


class Devices(tuple[str, ...]):
    """Names of devices that can be used now, with a line on each; see `devices`.

    Attributes
    ----------
    lines : tuple of str
        What each device is; the last one may say why there is no GPU.
    missing : str
        Why no GPU can be used, and what to install; empty if one can.
    """

    lines: tuple[str, ...]
    missing: str

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def devices() -> Devices:
    """Return the devices that can be used now; loads CuPy to look for GPUs.

    Returns
    -------
    Devices
        A tuple of names, each good for ``device=``. Its text says what each of them
        is or, if there is no GPU, why not and what to install.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.devices()[0]
    'cpu'
    >>> print(la.devices())  # doctest: +SKIP
    cpu     2 threads of 2 cores
    no GPU  CuPy cannot be imported (No module named 'cupy'); install it: pip install 'lazyarr[gpu]'
    """
    missing = evaluate.gpu_missing()
    found = () if missing else evaluate.gpu_backend().available()
    result = Devices(["cpu", *(line.split(" ", 1)[0] for line in found)])
    lines = [f"cpu     {thread_count()} threads of {os.cpu_count()} cores"]
    lines += [f"{name:7} {what}" for name, what in (x.split(" ", 1) for x in found)]
    if missing:
        lines.append(f"no GPU  {missing}")
    result.lines = tuple(lines)
    result.missing = missing
    return result
