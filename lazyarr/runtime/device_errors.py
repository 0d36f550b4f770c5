"""Errors of CuPy's and the driver's in the form of ours: operation, line, what to do."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from lazyarr.errors import ExecutionError, here
from lazyarr.ir.node import where_text
from lazyarr.runtime import floating

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.runtime.floating import Origin

P = ParamSpec("P")
T = TypeVar("T")

# What CUDA's libraries call it that there is no memory for what they work in.
_NO_MEMORY = ("ALLOC_FAILED", "MemoryAllocation", "OUT_OF_MEMORY")
# After these the driver refuses whatever the process asks for.
_LAST = (
    *("IllegalAddress", "ILLEGAL_ADDRESS", "MisalignedAddress", "MISALIGNED_ADDRESS"),
    *("IllegalInstruction", "ILLEGAL_INSTRUCTION", "LaunchFailure", "LAUNCH_FAILED"),
    *("LaunchTimeout", "LAUNCH_TIMEOUT", "HardwareStackError", "HARDWARE_STACK_ERROR"),
    *("ECCUncorrectable", "ECC_UNCORRECTABLE", "cudaErrorAssert", "ERROR_ASSERT"),
)
_AGAIN = (
    "The GPU is lost to this process, which has to be started again; the operation at "
    "fault may be an earlier one: CUDA_LAUNCH_BLOCKING=1 shows which."
)
_ELSEWHERE = "The host computes it: compute(device='cpu')."


def is_no_memory(error: Exception) -> bool:
    """Whether the pool, or a library of CUDA's, has no memory for what was asked."""
    # That of the pool, and what Thrust makes of it.
    if type(error).__name__ == "OutOfMemoryError" or type(error) is MemoryError:
        return True
    return is_of_device(error) and any(name in str(error) for name in _NO_MEMORY)


def is_of_device(error: Exception) -> bool:
    """Whether CUDA or one of its libraries raised an error, and not Python code."""
    module = type(error).__module__
    return isinstance(error, RuntimeError) and module.startswith("cupy")


def told(error: Exception, place: Origin) -> Exception:
    """Return what to raise for an error of an operation that a GPU was to compute.

    It is also an instance of NumPy's type of the error, if that is one of arguments.
    """
    if is_of_device(error):
        return refused(error, place.op.name, floating.line(place))
    return floating.failure(error, place)


def refused(error: Exception, name: str, where: str) -> ExecutionError:
    """Return what to raise for an error of CUDA's or of one of its libraries."""
    hint = _AGAIN if any(code in str(error) for code in _LAST) else _ELSEWHERE
    text = f"{type(error).__name__} on the GPU: {error}".rstrip(".")
    return ExecutionError.at(name, text, where, hint)


def waiting(what: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return what makes a function that copies or waits tell of errors of CUDA's.

    There errors show of kernels that were launched before, from any operation: the line
    is that of the user's call that waits.
    """

    def made(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*args: P.args, **options: P.kwargs) -> T:
            try:
                return function(*args, **options)
            except RuntimeError as error:
                if not is_of_device(error):
                    raise
                raise refused(error, what, where_text(here())) from error

        return call

    return made
