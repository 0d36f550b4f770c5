"""Array-likes as arrays of a memory order; what shares elements with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.chains import seen_along
from lazyarr.api.creation import asarray
from lazyarr.api.handle import SMALLS, Handle
from lazyarr.api.manipulation import copy
from lazyarr.api.nested import given
from lazyarr.api.order import ghost, lies_in, named
from lazyarr.api.subclasses import is_derived

if TYPE_CHECKING:
    from lazyarr.api.array import Array

_PARTS = ("real", "imag")


def asanyarray(
    a: Any,
    dtype: Any = None,
    order: Any = None,
    *,
    device: Any = None,
    copy: bool | None = None,
    like: Any = None,
) -> Array:
    """Return an array-like as a lazy array; masked ones and matrices stay NumPy's.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.asanyarray([1, 2]).compute()
    array([1, 2])
    """
    a = given(a, dtype, copy, subok=True)
    made: Any = a if is_derived(a) else asarray(a, dtype, device=device, copy=copy)
    if isinstance(made, np.ndarray):  # of a dtype that lazyarr does not carry
        return np.array(a, dtype, order=named(order) or "K", copy=copy, subok=True)  # type: ignore[no-any-return]
    return _ordered(made, named(order))  # type: ignore[no-any-return]


def ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> Array:
    """Return an array of at least one axis whose strides are those of C order.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.ascontiguousarray(la.ones((2, 3)).T).strides
    (16, 8)
    """
    made = asarray(a, dtype)
    return _ordered(made if made.ndim else made.reshape(1), "C")  # type: ignore[no-any-return]


def asfortranarray(a: Any, dtype: Any = None, *, like: Any = None) -> Array:
    """Return an array of at least one axis whose strides are those of Fortran's order.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.asfortranarray(la.ones((2, 3))).strides
    (8, 16)
    """
    made = asarray(a, dtype)
    return _ordered(made if made.ndim else made.reshape(1), "F")  # type: ignore[no-any-return]


def _ordered(x: Any, order: Any) -> Any:
    """Return an array itself, or a copy of it that lies in memory as asked for."""
    if order not in ("C", "F"):
        return x
    if isinstance(x, np.ndarray):
        return np.asarray(x, order=order)
    return x if lies_in(x, order) else copy(x, order)


def require(
    a: Any, dtype: Any = None, requirements: Any = None, *, like: Any = None
) -> Array:
    """Return an array of a dtype that meets requirements, NumPy's ``require``.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.require([1, 2], float, "C").dtype
    dtype('float64')
    """
    requirements = list(requirements or ())
    np.require(np.empty(0), None, requirements)  # NumPy's errors
    wanted = {str(one).upper()[:1] for one in requirements}
    a = given(a, dtype, subok=True)
    found: Any = a if is_derived(a) and "E" not in wanted else asarray(a, dtype)
    if isinstance(found, np.ndarray):
        theirs: Any = np.require(found, dtype, requirements)
        return theirs  # type: ignore[no-any-return]
    made: Array = _ordered(found, "C" if "C" in wanted else None)
    made = _ordered(made, "F" if "F" in wanted else None)
    flags = made.flags
    borrowed = "O" in wanted and made.ndim and not flags.owndata
    if borrowed or ("W" in wanted and not flags.writeable):
        return made.copy("F" if flags.fnc else "C")
    return made


def isfortran(a: Any) -> bool:
    """Return whether an array lies in Fortran's order and not in C's.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.isfortran(la.ones((2, 3)).T)
    True
    """
    return bool(a.flags.fnc)


def isscalar(element: Any) -> bool:
    """Return whether something is a scalar: what stands for one of NumPy's is.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.isscalar(la.ones(3).sum()), la.isscalar(la.asarray(1))
    (True, False)
    """
    if isinstance(element, Handle):
        return element._is_scalar()
    return np.isscalar(element)


def shares_memory(a: Any, b: Any, /, max_work: int = -1) -> bool:
    """Return whether a write to one array is seen in the other.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.zeros(6)
    >>> la.shares_memory(x[::2], x[1::2]), la.shares_memory(x[:3], x[2:])
    (False, True)
    """
    return _shared(a, b, max_work, np.shares_memory)


def may_share_memory(a: Any, b: Any, /, max_work: int = 0) -> bool:
    """Return whether the bounds of two arrays in memory overlap.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.zeros(6)
    >>> la.may_share_memory(x[::2], x[1::2])
    True
    """
    return _shared(a, b, max_work, np.may_share_memory)


def _shared(a: Any, b: Any, work: int, function: Any) -> bool:
    lazy = [x for x in (a, b) if isinstance(x, Handle)]
    if len(lazy) < 2:
        return bool(not lazy and function(a, b, max_work=work))
    x, y = lazy
    held = [_memory(one) for one in lazy]
    if held[0] is not None and held[1] is not None:
        return bool(function(*held, max_work=work))
    base = x if x._base is None else x._base
    if base is not (y if y._base is None else y._base) or not base._node.shape:
        return x is y
    parts = [step[0] for one in lazy for step in _chain(one) if step[0] in _PARTS]
    if {"real", "imag"} <= set(parts):
        return False
    whole = ghost(base)
    return bool(function(_region(x, whole), _region(y, whole), max_work=work))


def _memory(x: Handle) -> np.ndarray | None:
    """Return the memory of a small array that is known, or of a view of one."""
    base = x if x._base is None else x._base
    return _region(x, base._value) if type(base) in SMALLS else None


def _chain(x: Handle) -> tuple[Any, ...]:
    return () if x._base is None else x._chain


def _region(x: Handle, array: np.ndarray) -> np.ndarray:
    """Return the part of its base that an array shows."""
    return seen_along(array, _chain(x), copy=False)  # type: ignore[no-any-return]


__all__ = [
    "asanyarray",
    "ascontiguousarray",
    "asfortranarray",
    "isfortran",
    "isscalar",
    "may_share_memory",
    "require",
    "shares_memory",
]
