"""Arrays of dtypes that lazyarr does not carry: they are NumPy's, and stay so.

Strings, dates, objects, records and numbers of more than 64 bits a part have no nodes.
What meets one raises the error of `handle.no_numbers`; the few places that every call
passes catch it, and give what NumPy's function does. Nothing else looks for them.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.nested import read_nested
from lazyarr.errors import DTypeError
from lazyarr.ops.row import CHARS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def is_foreign(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype is one that lazyarr does not carry, whatever its byte order.

    Examples
    --------
    >>> import numpy as np
    >>> is_foreign(np.dtype("U5")), is_foreign(np.dtype(">f4"))
    (True, False)
    """
    return dtype.char not in CHARS


def is_theirs(dtype: Any) -> bool:
    """Whether an array that is asked for with a dtype can be NumPy's alone."""
    if dtype is None:
        return False
    found = np.dtype(dtype)
    return not found.isnative or is_foreign(found)


def like(ours: Callable[..., Any], name: str) -> Any:
    """Return NumPy's function of a name, of the module that has ours; None for none."""
    home = (getattr(ours, "__module__", None) or "").rpartition(".")[2]
    own = getattr(np, home) if home in ("fft", "linalg") else np
    for space in (own, np, np.fft, np.linalg, operator):
        found = getattr(space, name, None)
        if callable(found):
            return found
    return None


def of_numpy(
    ours: Callable[..., Any],
    error: TypeError,
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> Any:
    """Return what NumPy's function of the same name gives, lazy arrays evaluated.

    Its arrays of numbers are lazyarr's again.

    Raises
    ------
    TypeError
        The error itself: it is neither one of foreign arrays nor one of parameters that
        are NumPy's alone, or NumPy has no such function, or a device was asked for.
    """
    function = like(ours, ours.__name__)
    on_device = options.get("device") not in (None, "cpu")
    if on_device or function is None or not is_for_numpy(ours, error, args, options):
        raise error
    if isinstance(error, DTypeError) and error.swapped:
        options = {name: read_nested(value) for name, value in options.items()}
        made = function(*map(read_nested, args), **options)
        if isinstance(made, np.ndarray) and not made.dtype.isnative:
            return made
    return called(function, args, options)


def is_for_numpy(
    ours: Callable[..., Any],
    error: TypeError,
    args: tuple[Any, ...],
    options: Mapping[str, Any],
) -> bool:
    """Whether an error says that a call is for NumPy, and that nothing was computed.

    It is one of operands that are foreign, told when they are taken, or of parameters
    that are NumPy's alone. Others come from within the call, as those of a function of
    the user's do, which is not called again.
    """
    if not isinstance(error, DTypeError):
        return not takes(ours, args, options)
    given = (*args, *options.values())
    calls_back = any(map(_is_function, given))
    return error.foreign and (not calls_back or any(map(holds_foreign, given)))


def _is_function(x: Any) -> bool:
    if type(x) is list or type(x) is tuple:
        return any(map(_is_function, x))
    return callable(x) and not isinstance(x, type)


def holds_foreign(x: Any) -> bool:
    """Whether an argument is, or holds, an array whose elements are no numbers."""
    if type(x) is list or type(x) is tuple:
        return any(map(holds_foreign, x))
    return not callable(x) and is_foreign(
        getattr(x, "dtype", None) or np.asarray(x).dtype
    )


@functools.cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)


def takes(
    function: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]
) -> bool:
    """Whether a function of ours has all the parameters that NumPy's was given."""
    try:
        _signature(function).bind(*args, **options)
    except TypeError:
        return False
    return True


def called(
    function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """Return what a function of NumPy's gives, its arrays of numbers as lazyarr's."""
    interop = importlib.import_module("lazyarr.api.interop")
    return interop.through_numpy(function, args, dict(options), function.__name__)
