"""Arrays of classes that change what operations mean: masked ones, matrices, units.

Operators leave the word to them; functions are NumPy's, called with lazy arrays computed.
NumPy asks ``__array_ufunc__`` and ``__array_function__`` about functions of its own. A
program that imports lazyarr as ``np`` compares them with ``np.add``, which is lazyarr's, or
looks them up among such, and says `NotImplemented`. It is asked again, about lazyarr's.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lazyarr.api import nested
from lazyarr.api.foreign import called, is_foreign, like, of_numpy
from lazyarr.api.handle import FINAL, SMALLS, WEAK, Handle
from lazyarr.api.nested import read_nested
from lazyarr.errors import at_users_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Protocol = Callable[..., Any]

_PROTOCOLS = ("__array_ufunc__", "__array_function__")
_MARK = "asks_again"
_UNSAID = ("returned NotImplemented from", "no implementation found for")

Function = TypeVar("Function", bound="Callable[..., Any]")


class Theirs(TypeError):  # noqa: N818 - not an error that anybody sees
    """An operand is for NumPy to say what it means."""


class Derived(np.ndarray):
    """What stands, in a class that a program derives from `ndarray`, for that class.

    It is NumPy's but for `view`, which a program asks for the class that it knows, and
    for the memory that it may be made in, which a lazy array's may be.
    """

    def __new__(
        cls, shape: Any, dtype: Any = float, buffer: Any = None, *args: Any, **more: Any
    ) -> Any:
        """Return a new array, as NumPy's: in the memory of `buffer`, if that is given."""
        if isinstance(buffer, Handle):
            buffer = importlib.import_module("lazyarr.api.memory").shared(buffer)
        return np.ndarray.__new__(cls, shape, dtype, buffer, *args, **more)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _retell(cls)

    def view(self, *args: Any, **options: Any) -> Any:
        """Return a view, as NumPy's; as `ndarray`: one of NumPy's arrays."""
        options = {key: _numpys(x) for key, x in options.items()}
        return np.ndarray.view(self, *map(_numpys, args), **options)


def _numpys(kind: Any) -> Any:
    ours = isinstance(kind, type) and kind == np.ndarray  # `ndarray` says that it is
    return np.ndarray if ours else kind


def is_subclass(x: Any) -> bool:
    """Whether an operand is of a class that changes what arithmetic means.

    Masked arrays, matrices, quantities and what a program derives from `ndarray` are;
    mapped files and records are not. So are pandas' series, xarray's arrays, and what
    else says itself what NumPy's functions give of it.
    """
    cls = type(x)
    if cls is np.ndarray or cls is FINAL[0]:
        return False
    if not isinstance(x, np.ndarray):
        kind: Any = cls
        return _has_meaning(kind)
    own = cls.__array_ufunc__ is not np.ndarray.__array_ufunc__
    own = own or cls.__array_function__ is not np.ndarray.__array_function__
    return own or issubclass(cls, Derived) or getattr(x, "__array_priority__", 0) > 0


def is_derived(x: Any) -> bool:
    """Whether an operand is an array of one of NumPy's classes that `is_subclass` tells."""
    return isinstance(x, np.ndarray) and is_subclass(x)


@functools.cache
def _has_meaning(cls: Any) -> bool:
    """Whether a class holds arrays and more: labels, units, or that most are zeros.

    Those of pandas and xarray do, and quantities that are no arrays. Such classes say
    what ufuncs do to them. So do lazy arrays, and those of CuPy and Dask, which are
    elements and nothing else: the latter say what other functions do, too. Of a class
    that speaks of these alone, ufuncs take the elements.
    """
    if issubclass(cls, Handle):
        return False
    if getattr(cls, "__array_ufunc__", None) is None:
        return hasattr(cls, "__array_function__") or nested.is_wrapping(cls)
    on_gpu = hasattr(cls, "__cuda_array_interface__")
    of_dask = (
        cls.__module__.partition(".")[0] == "dask"
    )  # Pint's have its protocol, too
    return not (hasattr(cls, "__array_function__") and (on_gpu or of_dask))


def is_meant(x: Any) -> bool:
    """Whether an operand is, or holds, what is for NumPy to say what it means."""
    if isinstance(x, (list, tuple)):
        return any(map(is_meant, x))
    return is_subclass(x) or (type(x) is np.ndarray and is_foreign(x.dtype))


def leave_to_theirs(*operands: Any) -> None:
    """Leave a call to NumPy if an operand says what it means; for what `quick` wraps.

    Raises
    ------
    Theirs
        There is such an operand.
    """
    if any(map(is_subclass, operands)):
        raise Theirs


@functools.cache
def _speechless() -> frozenset[type]:
    """Return the types of most arguments, which never say what a function means."""
    return frozenset([*WEAK, *SMALLS, *FINAL, np.ndarray, type(None)])


def _holds_subclass(x: Any) -> bool:
    if not isinstance(x, (list, tuple)):
        return is_subclass(x)
    if WEAK.issuperset(map(type, x)):  # a list may be long
        return False
    return any(map(_holds_subclass, x)) or is_subclass(x)


def is_said(args: Any, options: Any) -> bool:
    """Whether an argument, by place or by name, is or holds what says what it means."""
    if not options and _speechless().issuperset(map(type, args)):
        return False
    return any(map(_holds_subclass, (*args, *options.values())))


def meant(theirs: Callable[..., Any], name: str, args: Any, options: Any) -> Any:
    """Return what NumPy's function gives, lazy arrays among the operands computed.

    Parameters
    ----------
    theirs : callable
        What computes the function of plain arrays.
    name : str
        NumPy's name of it, for where that is one of ours.
    args : tuple
    options : dict

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> masked = np.ma.array([1.0, 4.0], mask=[False, True])
    >>> la.sqrt(masked)
    masked_array(data=[1.0, --],
                 mask=[False,  True],
           fill_value=1e+20)
    """
    ours = (getattr(theirs, "__module__", None) or "").startswith("lazyarr")
    function = (like(theirs, name) if ours else None) or theirs
    if not is_said(args, options):
        return called(function, args, options)
    if options.get("out") is not None:
        return into(function, args, options)
    options = {name: read_nested(value) for name, value in options.items()}
    try:
        return _told(function, tuple(map(read_nested, args)), options)
    except ValueError as error:
        if nested.GIVES_LAZY not in str(error):
            raise
    return called(function, nested.as_arrays(args), options)


def into(function: Callable[..., Any], args: Any, options: Any) -> Any:
    """Return what a call with ``out=`` gives; lazy arrays take what it has written."""
    given = options["out"]
    places = given if type(given) is tuple else (given,)
    held = [np.array(x._read()) if isinstance(x, Handle) else x for x in places]
    options = {name: read_nested(x) for name, x in options.items() if name != "out"}
    options["out"] = tuple(held) if type(given) is tuple else held[0]
    with at_users_line():
        made = _told(function, tuple(map(read_nested, args)), options)
    for place, written in zip(places, held, strict=True):
        if isinstance(place, Handle):
            place[...] = written  # type: ignore[index]
    back = dict(zip(map(id, held), places, strict=True))
    if type(made) is tuple:
        return tuple([back.get(id(one), one) for one in made])
    return back.get(id(made), made)


def or_numpys(ours: Function) -> Function:
    """Let a function that nothing else wraps be NumPy's, where an operand asks for it.

    It says what it means, or is of a dtype that lazyarr does not carry.
    """

    @functools.wraps(ours)
    def function(*args: Any, **options: Any) -> Any:
        if is_said(args, options):
            return meant(ours, ours.__name__, args, options)
        try:
            return ours(*args, **options)
        except TypeError as error:
            return of_numpy(ours, error, args, options)

    return function  # type: ignore[return-value]


# --- asking about functions of lazyarr ---------------------------------------------------


def _ours(function: Any) -> Any:
    """Return lazyarr's function of the name of one of NumPy's; None for none."""
    home = (getattr(function, "__module__", None) or "").removeprefix("numpy")
    if home not in ("", ".linalg", ".fft"):
        return None
    module = importlib.import_module(f"lazyarr{home}")
    return getattr(module, function.__name__, None)


def _retell(cls: type) -> None:
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


def _told(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return what a function of NumPy's gives, or what an operand says of lazyarr's.

    Examples
    --------
    >>> import lazyarr as la
    >>> class Unit:
    ...     def __array_function__(self, function, types, args, options):
    ...         return "a sum" if function is la.sum else NotImplemented
    ...
    ...     __array_ufunc__ = None
    >>> _told(np.sum, (Unit(),), {})
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
