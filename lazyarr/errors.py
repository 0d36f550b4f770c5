"""Every exception lazyarr raises on purpose, each with NumPy's or Python's as parent.

A message says what was asked, what was found, where, and what to do::

    [add] shapes (3,) and (4,) do not broadcast (demo.py:12). Hint: ...

``docs/errors.md`` has a section for each class.
"""

from __future__ import annotations

import sys
import types
import warnings
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import CodeType

__all__ = [
    "AxisError",
    "ConfigError",
    "DTypeError",
    "DeviceError",
    "ExecutionError",
    "IndexingError",
    "InternalError",
    "KernelError",
    "LazyarrError",
    "MemoryLimitError",
    "ShapeError",
    "TransferError",
    "UnsupportedError",
    "message",
]


def message(
    op: str, what: str, where: str | None = None, hint: str | None = None
) -> str:
    """Return the text of an error in the form that all of them share.

    Parameters
    ----------
    op : str
        The operation as the user called it, such as ``add`` or ``config``.
    what : str
        What was asked and what was found; no final full stop.
    where : str, optional
        The user's file and line, ``demo.py:12``.
    hint : str, optional
        What to do about it, a sentence.

    Examples
    --------
    >>> message("add", "shapes (3,) and (4,) do not broadcast", "demo.py:12")
    '[add] shapes (3,) and (4,) do not broadcast (demo.py:12)'
    """
    text = f"[{op}] {what}"
    if where:
        text = f"{text} ({where})"
    return f"{text}. Hint: {hint}" if hint else text


@cache
def is_ours(module: str) -> bool:
    """Whether a module is the library, or NumPy, whose functions call the library.

    The command line is a user of it.
    """
    ours = module.startswith(("lazyarr.", "numpy."))
    return ours and not module.startswith("lazyarr.cli")


theirs: set[str] = set()  # files of users, as far as they were met
_FILES = 4096


def here(depth: int = 1) -> tuple[CodeType, int] | None:
    """Return the place in the user's code that called into lazyarr.

    `depth` frames below the user's are certain to be the library's, this one included.
    """
    frame: Any = sys._getframe(depth)
    if frame.f_code.co_filename not in theirs:
        frame = outside(frame)
        if frame is None:
            return None
    return (frame.f_code, frame.f_lasti)


def outside(frame: Any) -> Any:
    """Return the innermost frame of the user's, from one on; None if there is none."""
    while frame.f_code.co_filename not in theirs:
        if not is_ours(frame.f_globals.get("__name__", "")):
            if len(theirs) >= _FILES:
                theirs.clear()
            theirs.add(frame.f_code.co_filename)
            break
        frame = frame.f_back
        if frame is None:
            return None
    return frame


def warn(text: str, category: type[Warning] = RuntimeWarning) -> None:
    """Warn at the line of the user's that called into the library."""
    level = 2
    frame: Any = sys._getframe(1)
    while frame is not None and is_ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
        level += 1
    warnings.warn(text, category, stacklevel=level)


_COMPLEX = (np.complex128, np.complex64)


class Listener:
    """What NumPy writes its floating-point errors to, and `tell` what else there is."""

    __slots__ = ()

    def write(self, text: str) -> None:
        """Take one error's text."""
        raise NotImplementedError


class _Teller(Listener):
    """Tells errors as warnings."""

    def write(self, text: str) -> None:
        warn(text.strip().removeprefix("Warning: "))


_teller = _Teller()


def at_users_line() -> AbstractContextManager[None]:
    """Let NumPy's warnings in a block name the user's line, not the library's.

    What the user's ``np.errstate`` asks for stays as it is.
    """
    modes: Any = np.geterr()
    if "call" in modes.values() or "log" in modes.values():
        return nullcontext()  # the user's callback is the only one that NumPy can have
    told: Any = {kind: "log" for kind, mode in modes.items() if mode == "warn"}
    return np.errstate(call=_teller, **told)


_CALL = (lambda function, args, options: function(*args, **options)).__code__


def called_there(
    function: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]
) -> Any:
    """Return what a function of NumPy's does, called as if at the user's line.

    NumPy's warnings name the file of whoever calls it, and are filtered by that. This
    takes microseconds: for functions that evaluate.
    """
    frame = outside(sys._getframe(1))
    if frame is None:
        return function(*args, **options)
    code, line = frame.f_code, frame.f_lineno
    told = {"co_filename": code.co_filename, "co_name": code.co_name}
    place = _CALL.replace(**told, co_firstlineno=line)
    return types.FunctionType(place, frame.f_globals)(function, args, options)


def warn_of_parts() -> None:
    """Warn as NumPy does where complex numbers are cast to real ones."""
    text = "Casting complex values to real discards the imaginary part"
    warn(text, np.exceptions.ComplexWarning)


def real_of(scalar: Any) -> Any:
    """Return what Python makes a real number of, of a scalar; warn of a lost part."""
    if type(scalar) in _COMPLEX:
        warn_of_parts()
        return scalar.real
    return scalar


def tell(text: str) -> None:
    """Warn of elements that an operation meets: where it was asked for, if it runs late.

    A plan that runs has a listener; it knows the line that each operation comes from.
    """
    listener: Any = np.geterrcall()
    if isinstance(listener, Listener):
        listener.write(text)
    else:
        warn(text)


class LazyarrError(Exception):
    """Parent of every error that lazyarr raises on purpose."""

    @classmethod
    def at(
        cls, op: str, what: str, where: str | None = None, hint: str | None = None
    ) -> Self:
        """Return the error with its text put together by `message`."""
        return cls(message(op, what, where, hint))

    def __reduce__(self) -> tuple[Any, ...]:
        # Python's own is not that of a class with two parents in every program: packages
        # that pickle tracebacks put theirs in its place, which calls no `__init__`.
        return _again, (type(self), self.args, self.__dict__)


def _again(
    cls: type[LazyarrError], args: tuple[Any, ...], fields: dict[str, Any]
) -> LazyarrError:
    """Return an error that was pickled."""
    error = cls(*args)
    error.__dict__.update(fields)
    return error


class ShapeError(LazyarrError, ValueError):
    """Shapes that do not fit together, or a shape that cannot be."""


class DTypeError(LazyarrError, TypeError):
    """A dtype that the operation has no loop for, or a cast that is not allowed."""

    foreign = False  # whether it is a dtype that lazyarr does not carry
    swapped = False  # whether it is one whose bytes lie in the other order


class AxisError(LazyarrError, np.exceptions.AxisError):
    """An axis that the array does not have, or one named twice."""


class IndexingError(LazyarrError, IndexError):
    """An index out of bounds, of a wrong kind, or too many of them."""


class DeviceError(LazyarrError, RuntimeError):
    """A device that was asked for by name and is not there or not usable."""


class MemoryLimitError(LazyarrError, MemoryError):
    """A plan that needs more memory than it may use, refused before it runs."""


class ExecutionError(LazyarrError, RuntimeError):
    """A failure while a plan ran; the cause is chained to it."""


class KernelError(LazyarrError, ValueError):
    """A user's CUDA text that does not compile; the message marks the line."""


class ConfigError(LazyarrError, ValueError):
    """An option that does not exist, or a value that it does not take."""


class TransferError(LazyarrError, RuntimeError):
    """A copy between host and device that nobody asked for, where that is forbidden."""


class UnsupportedError(LazyarrError, TypeError):
    """Something that NumPy or the standard offers and lazyarr does not."""


class InternalError(LazyarrError, RuntimeError):
    """A broken promise inside lazyarr itself: never the user's mistake."""


class PerformanceWarning(UserWarning):
    """Something is computed more often than it need be; the text has the remedy."""


PerformanceWarning.__module__ = "lazyarr"

# The public path is the shorter one, and it is what a traceback should show.
for _name in __all__:
    if _name != "message":
        globals()[_name].__module__ = "lazyarr"
