"""Dtypes: promotion, casts, kinds and limits."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.handle import WEAK, Handle

if TYPE_CHECKING:
    from lazyarr.ops.row import DType


def _named(x: Any) -> Any:
    """Return the dtype of an array; anything else, which names one, as it is."""
    if isinstance(x, (Handle, np.ndarray, np.generic)):
        return x.dtype  # type: ignore[union-attr]
    return x


def _dtype(x: Any) -> DType:
    """Return the dtype of an array, or the dtype that is named."""
    found: DType = np.dtype(_named(x))
    return found


def isdtype(dtype: Any, kind: Any) -> bool:
    """Return whether a dtype is of a kind.

    Parameters
    ----------
    dtype : dtype
    kind : dtype, str or tuple of them
        ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``,
        ``"real floating"``, ``"complex floating"``, ``"numeric"``.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.isdtype(la.int8, "integral")
    True
    """
    return bool(np.isdtype(np.dtype(dtype), kind))


def result_type(*arrays_and_dtypes: Any) -> DType:
    """Return the dtype that arrays, dtypes and Python scalars are promoted to.

    Python scalars are weak: they take part with their kind alone.

    Raises
    ------
    ValueError
        There is nothing to promote.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.result_type(la.int8, la.asarray([1.0]), 2)
    dtype('float64')
    """
    operands = [x if type(x) in WEAK else _dtype(x) for x in arrays_and_dtypes]
    return np.result_type(*operands)


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Return whether a cast is allowed, by default one that keeps every value.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.can_cast(la.int8, la.int16), la.can_cast(la.float64, la.int8)
    (True, False)
    """
    if from_ is not None and to is not None:  # which NumPy refuses
        from_, to = _dtype(from_), _dtype(to)
    return bool(np.can_cast(from_, to, casting))


class FInfo:
    """Limits of a floating dtype, as Python floats; the attributes are NumPy's.

    Attributes
    ----------
    bits : int
    dtype : numpy.dtype
        Of the parts, if the dtype is complex.
    eps, max, min, smallest_normal : float
    """

    __slots__ = ("_limits",)

    def __init__(self, limits: np.finfo[Any]) -> None:
        self._limits = limits

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(self._limits, name)
        return float(value) if issubclass(type(value), np.floating) else value

    def __reduce__(self) -> tuple[Any, ...]:
        return finfo, (self._limits.dtype,)

    def __repr__(self) -> str:
        return repr(self._limits)

    def __str__(self) -> str:
        return str(self._limits)


def finfo(type: Any, /) -> FInfo:
    """Return the limits of a floating dtype, or of an array's or a number's.

    Of `longdouble`, they are NumPy's: no float of Python's holds them.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.finfo(la.float32).eps
    1.1920928955078125e-07
    """
    limits: Any = np.finfo(_named(type))
    return limits if limits.dtype.char == "g" else _shown(limits)


@functools.cache
def _shown(limits: np.finfo[Any]) -> FInfo:
    return FInfo(limits)  # one of each, as in NumPy: they are compared


def iinfo(type: Any, /) -> np.iinfo[Any]:
    """Return the limits of an integer dtype, or of an array's or a number's.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.iinfo(la.int8).max
    127
    """
    return np.iinfo(_named(type))


__all__ = ["can_cast", "finfo", "iinfo", "isdtype", "result_type"]
