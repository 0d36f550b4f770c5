"""Classes that say what functions mean, and know these as lazyarr's.

NumPy asks ``__array_ufunc__`` and ``__array_function__`` about functions of its own. A
program that imports lazyarr as ``np`` compares them with ``np.add``, which is lazyarr's, or
looks them up among such, and says `NotImplemented`. It is asked again, about lazyarr's.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Protocol = Callable[..., Any]

_PROTOCOLS = ("__array_ufunc__", "__array_function__")
_MARK = "asks_again"
_UNSAID = ("returned NotImplemented from", "no implementation found for")


def _ours(function: Any) -> Any:
    """Return lazyarr's function of the name of one of NumPy's; None for none."""
    home = (getattr(function, "__module__", None) or "").removeprefix("numpy")
    if home not in ("", ".linalg", ".fft"):
        return None
    module = importlib.import_module(f"lazyarr{home}")
    return getattr(module, function.__name__, None)


def retell(cls: type) -> None:
    """Let the protocols of a class, or of what it mixes in, be asked of lazyarr's, too."""
    for name in _PROTOCOLS:
        protocol = getattr(cls, name)
        if inspect.isfunction(protocol) and not hasattr(protocol, _MARK):
            setattr(cls, name, _asking_again(protocol))


def _asking_again(protocol: Protocol) -> Protocol:
    @functools.wraps(protocol)
    def asked(self: Any, function: Any, /, *args: Any, **options: Any) -> Any:
        made = protocol(self, function, *args, **options)
        if made is NotImplemented and (ours := _ours(function)) is not None:
            made = protocol(self, ours, *args, **options)
        return made

    setattr(asked, _MARK, True)
    return asked


def told(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return what a function of NumPy's gives, or what an operand says of lazyarr's.

    Examples
    --------
    >>> import lazyarr as la
    >>> class Unit:
    ...     def __array_function__(self, function, types, args, options):
    ...         return "a sum" if function is la.sum else NotImplemented
    ...
    ...     __array_ufunc__ = None
    >>> told(np.sum, (Unit(),), {})
    'a sum'
    """
    try:
        return function(*args, **options)
    except TypeError as error:
        ours = _ours(function)
        if ours is None or not any(text in str(error) for text in _UNSAID):
            raise
        made = _said(function, ours, args, options)
        if made is NotImplemented:
            raise
        return made


def _said(function: Any, ours: Any, args: tuple[Any, ...], options: Any) -> Any:
    """Return what the first operand that knows lazyarr's function says of it."""
    universal = isinstance(function, np.ufunc)
    name = _PROTOCOLS[not universal]
    unasked = (None, getattr(np.ndarray, name))
    operands = _operands((*args, *options.values()))
    asked = [x for x in operands if getattr(type(x), name, None) not in unasked]
    if universal and not isinstance(out := options.get("out", ()), tuple):
        options = {**options, "out": (out,)}
    for x in asked:
        if universal:
            made = x.__array_ufunc__(ours, "__call__", *args, **options)
        else:
            kinds = tuple(set(map(type, asked)))
            made = x.__array_function__(ours, kinds, args, options)
        if made is not NotImplemented:
            return made
    return NotImplemented


def _operands(values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _operands(value)
        else:
            yield value
