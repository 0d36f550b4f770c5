"""NumPy's functions that NumPy writes in Python, run on lazy arrays.

Such a function is an ordinary program over arrays. Here its code runs with lazyarr's
functions in the place of NumPy's, so that the result is the expression that NumPy would
have computed: the algorithm, the checks and the errors are those of the NumPy at hand.
"""

from __future__ import annotations

import importlib
import inspect
import math
import sys
import warnings
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import errors
from lazyarr.api import namespace
from lazyarr.api.bounds import WIDE
from lazyarr.api.evaluating import description
from lazyarr.ops.row import WEAK

if TYPE_CHECKING:
    from collections.abc import Callable

_OURS = "lazyarr.api.composed"  # frames of this name are not the user's


class _Namespace:
    """What ``np`` stands for in NumPy's own code: lazyarr, then NumPy's private names."""

    def __init__(self, ours: ModuleType, theirs: ModuleType) -> None:
        self._ours = ours
        self._theirs = theirs

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._theirs, name, None)
        if not isinstance(found, np.ufunc):
            found = getattr(self._ours, name, None)
        if found is None or isinstance(found, np.ufunc):
            found = _rebound(getattr(self._theirs, name))
        setattr(self, name, found)
        return found


class _Ufunc:
    """One of NumPy's ufuncs; lazy arrays that it asks are not told of ``out=...``."""

    def __init__(self, theirs: np.ufunc) -> None:
        self._theirs = theirs

    def __call__(self, *args: Any, **options: Any) -> Any:
        if options.get("out") is Ellipsis:  # the result is an array, to be written into
            ours = getattr(importlib.import_module("lazyarr"), self._theirs.__name__)
            return ours(*args, **options)
        return self._theirs(*args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._theirs, name)


class _Converter:
    """NumPy's private ``_array_converter``: operands as arrays, and results of them."""

    def __init__(self, *operands: Any) -> None:
        asarray = importlib.import_module("lazyarr").asarray
        self._arrays = tuple(asarray(operand) for operand in operands)
        self._kinds = [
            operand if type(operand) in WEAK else array.dtype
            for operand, array in zip(operands, self._arrays, strict=True)
        ]

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, place: int) -> Any:
        return self._arrays[place]

    def as_arrays(self, **_: Any) -> tuple[Any, ...]:
        return self._arrays

    def result_type(
        self, extra_dtype: Any = None, ensure_inexact: bool = False
    ) -> np.dtype[Any]:
        kinds = [*self._kinds, *([] if extra_dtype is None else [extra_dtype])]
        return np.result_type(*kinds, *([0.0] if ensure_inexact else []))

    def wrap(self, result: Any, **_: Any) -> Any:
        return result


class _Warnings:
    """What ``warnings`` stands for: NumPy's code says how far away its user is."""

    @staticmethod
    def warn(
        message: Any, category: type[Warning] = UserWarning, *_: Any, **__: Any
    ) -> None:
        errors.warn(message, category)

    def __getattr__(self, name: str) -> Any:
        return getattr(warnings, name)


class _Globals(dict[str, Any]):
    """The global names of a module of NumPy's, each rebound when it is first used."""

    def __init__(self, module: str) -> None:
        package = module.rpartition(".")[0]  # that of ``from .module import`` in bodies
        super().__init__(__name__=_OURS, __package__=package, __builtins__=__builtins__)
        self._theirs = vars(importlib.import_module(module))

    def __missing__(self, name: str) -> Any:
        found = self[name] = _rebound(self._theirs[name])
        return found


_globals: dict[str, _Globals] = {}
_functions: dict[Any, Any] = {}
_namespaces: dict[str, _Namespace] = {}


def on_lazy_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy's that computes with lazyarr's functions.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> on_lazy_arrays(np.rot90)(la.asarray([[1, 2], [3, 4]])).compute()
    array([[2, 4],
           [1, 3]])
    """
    plain = inspect.unwrap(function)
    assert isinstance(plain, FunctionType)
    made = _copied(plain)
    made.__module__ = "lazyarr"
    return made


def on_known_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy's as it is, except that it warns at the user's line."""
    plain = inspect.unwrap(function)
    assert isinstance(plain, FunctionType)
    space = plain.__globals__
    if "warnings" in plain.__code__.co_names:
        space = {**space, "warnings": _Warnings(), "__name__": _OURS}
    made = FunctionType(
        plain.__code__, space, plain.__name__, plain.__defaults__, plain.__closure__
    )
    made.__kwdefaults__ = plain.__kwdefaults__
    made.__module__ = _OURS  # classes that say what functions give are asked NumPy's
    return made


def making_little(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy's that refuses arrays of which it may make much.

    What it makes has no more elements than the product of its arguments, or than the
    square of the only one.
    """

    def made(*arrays: Any) -> Any:
        sizes = [np.size(x) for x in (arrays if len(arrays) > 1 else arrays * 2)]
        if not all(map(np.ndim, arrays)) or math.prod(sizes) > WIDE:
            msg = "the result may not be small"
            raise TypeError(msg)
        result = function(*arrays)
        return result if result.base is None else result.copy()

    return made


def _copied(plain: FunctionType) -> FunctionType:
    """Return a function with its global names rebound."""
    found = _functions.get(plain)
    if found is None:
        module = plain.__module__
        if plain.__globals__.get("__name__") != module:
            module = plain.__globals__["__name__"]
        space = _globals.setdefault(module, _Globals(module))
        cells = plain.__closure__
        found = FunctionType(
            plain.__code__, space, plain.__name__, plain.__defaults__, cells
        )
        found.__kwdefaults__ = plain.__kwdefaults__
        found.__doc__ = description(plain)
        found.__module__ = _OURS
        _functions[plain] = found
    return found


def _rebound(value: Any) -> Any:
    """Return what stands for an object that NumPy's code refers to."""
    if isinstance(value, ModuleType):
        return _module(value)
    name = getattr(value, "__name__", "")
    home = getattr(value, "__module__", "") or ""
    if name == "_array_converter":
        return _Converter
    if isinstance(value, type):
        ours = getattr(np, name, None) is value and name in namespace.HOMES
        return getattr(importlib.import_module("lazyarr"), name) if ours else value
    if isinstance(value, np.ufunc):
        return _Ufunc(value)  # it asks lazy arrays itself, and is fast without them
    public = getattr(np, name, None) if callable(value) else None
    if public is not None and inspect.unwrap(public) is inspect.unwrap(value):
        return getattr(importlib.import_module("lazyarr"), name)
    if isinstance(value, FunctionType) and home.startswith("numpy"):
        return _copied(value)
    return value


def _module(module: ModuleType) -> Any:
    """Return lazyarr for NumPy's namespaces of functions, other modules as they are."""
    name = module.__name__
    if module is warnings:
        return _Warnings()
    if name not in _namespaces:
        ours = {
            "numpy.linalg": "lazyarr.linalg",
            "numpy.fft": "lazyarr.fft",
        }.get(name, "lazyarr")
        if name.partition(".")[0] != "numpy" or name.endswith("overrides"):
            return module
        _namespaces[name] = _Namespace(importlib.import_module(ours), sys.modules[name])
    return _namespaces[name]
