"""Functions that are called at once, on arrays of a device: see `lazyarr.ops.evaluated`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.errors import MemoryLimitError, here
from lazyarr.ir.node import where_text
from lazyarr.runtime import device_memory, ledger
from lazyarr.runtime.cuda_device import cupy
from lazyarr.runtime.device_errors import is_of_device, refused

if TYPE_CHECKING:
    from collections.abc import Callable

# What CuPy raises for what NumPy has and it has not.
_UNSUPPORTED = (TypeError, AttributeError)


def called(
    function: Callable[..., Any],
    operands: tuple[Any, ...],
    args: tuple[Any, ...],
    options: dict[str, Any],
    device: int,
) -> Any:
    """Return what an entry of the list gives; operands are copied to the device.

    Raises
    ------
    NotImplementedError
        NumPy has to be called; this says why.
    """
    module = cupy()
    with module.cuda.Device(device):
        near = _near(operands, device)
        try:
            return device_memory.allocating(
                lambda: function(module, _read, *near, *args, **options),
                sum(getattr(x, "nbytes", 0) for x in near),
                function.__name__,
            )
        except MemoryLimitError as error:
            msg = "the GPU has too little memory"
            raise NotImplementedError(msg) from error
        except _UNSUPPORTED as error:
            raise NotImplementedError(str(error)) from error
        except RuntimeError as error:
            if is_of_device(error):
                name = function.__name__.removeprefix("_")
                raise refused(error, name, where_text(here())) from error
            raise


def _near(value: Any, device: int) -> Any:
    """Return an operand with the arrays in it on the device."""
    if isinstance(value, (list, tuple)):
        return type(value)([_near(item, device) for item in value])
    if isinstance(value, np.ndarray) and value.ndim:
        return device_memory.upload(value, "an operand")
    if isinstance(value, cupy().ndarray) and value.data.device_id != device:
        return device_memory.from_other_device(value, "an operand")
    return value


def _read(array: Any) -> Any:
    """Return what a small array holds; it is recorded like a copy, and never refused."""
    with ledger.timed(ledger.DOWN, array.nbytes):
        return array.get()[()]
