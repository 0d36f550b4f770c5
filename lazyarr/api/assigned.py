"""What is assigned to elements of an array, as a node of its dtype."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.foreign import is_foreign
from lazyarr.api.handle import Handle, node_of
from lazyarr.api.known import Unknown, run
from lazyarr.api.nested import read_nested
from lazyarr.errors import at_users_line, warn_of_parts
from lazyarr.ir import infer

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Where
    from lazyarr.ops.row import DType

_CAST = (bool, int, float, complex, np.generic, list, tuple)
_COMPLEX = (complex, np.complex64, np.complex128)
_TEXTS = (str, bytes)
_WIDE = 8  # bytes of a dtype that no Python float is beyond
_setitem: Any = operator.setitem


def assigned(value: Any, dtype: DType, element: bool, where: Where) -> Node:
    """Return an assigned value as a node of the array's dtype.

    Python objects are converted here, by NumPy's own assignment: what cannot be
    converted is an error of this call. `element` says that one element is assigned.
    """
    if isinstance(value, Handle):
        node = value._current()
        if element and node.shape:
            np.empty(1, dtype)[0] = np.zeros(node.shape, node.dtype)
            node = infer.reshape_node(node, (), where)
        elif element and value._is_scalar() and _may_not_fit(node.dtype, dtype):
            number = _converted(value._read(), dtype, element)
            return infer.scalar(number, dtype)
        return infer.astype(node, dtype, where)
    value = in_numbers(value, dtype)
    if not element and _is_sequence(value):
        with at_users_line():
            array = np.array(read_nested(value), dtype=dtype)
        return node_of(array if array.shape else array[()])
    if not element and (getattr(value, "shape", None) or _gives_array(value)):
        if isinstance(value, np.ndarray):
            value = value.copy()  # the user may change it before anything runs
        return infer.astype(node_of(value), dtype, where)
    return infer.scalar(_converted(value, dtype, element), dtype)


def in_numbers(value: Any, dtype: DType) -> Any:
    """Return an array of texts, objects or the like as NumPy's assignment casts it."""
    if not (issubclass(type(value), np.ndarray) and is_foreign(value.dtype)):
        return value
    held = np.empty(value.shape, dtype)
    with at_users_line():
        held[...] = value
    return held


def _is_sequence(value: Any) -> bool:
    """Whether NumPy takes a value for a sequence of others; no array and no text."""
    kind = type(value)
    if hasattr(kind, "__len__") and hasattr(kind, "__getitem__"):
        return not (issubclass(kind, _TEXTS) or hasattr(kind, "__array__"))
    return isinstance(value, Sequence)


def _gives_array(value: Any) -> bool:
    """Whether a value is no array but an object that says of what elements it is."""
    known = issubclass(type(value), (np.generic, np.ndarray))
    return hasattr(type(value), "__array__") and not known


def _may_not_fit(given: DType, dtype: DType) -> bool:
    """Whether a number may be too large for an element, which is an error."""
    return dtype.kind in "iu" and given.kind in "iufc" and not np.can_cast(given, dtype)


def _converted(value: Any, dtype: DType, element: bool) -> Any:
    """Return a number as one of a dtype, as NumPy's assignment converts it."""
    held = np.empty(1, dtype)
    if issubclass(type(value), (np.generic, np.ndarray)):
        if value.dtype.kind == "c" and dtype.kind in "fiu":
            warn_of_parts()
            value = value.real
        if not element:  # arrays are cast, not converted
            with at_users_line():
                value = np.asarray(value).astype(dtype)
    if dtype.itemsize < _WIDE or dtype.char == "F" or dtype.kind == "u":
        with at_users_line():
            held[0] = value
    else:
        held[0] = value
    return held[0]


def for_parts(value: Any) -> Any:
    """Return what is assigned to the parts of numbers as this NumPy takes it.

    An array is cast where a number must fit.
    """
    numbers = issubclass(type(value), _CAST)
    return np.asarray(value) if numbers and _casts_parts() else value


@functools.cache
def _casts_parts() -> bool:
    """Whether NumPy casts numbers that become parts, as it does before release 2.5."""
    with suppress(OverflowError):
        np.zeros(1, np.int8).real = 300
        return True
    return False


def is_scalar(value: Any) -> bool:
    """Whether a value is a scalar of NumPy's, or one that is not computed yet."""
    if isinstance(value, Handle):
        return value._is_scalar()
    return issubclass(type(value), np.generic)


# --- to arrays that are known ----------------------------------------------------------


def cast(held: np.ndarray, key: Any, given: Any) -> None:
    """Write a value where NumPy may have something to say of it.

    Raises
    ------
    Unknown
        Imaginary parts would be lost, of which NumPy warns.
    """
    if is_narrowed(held, given):
        raise Unknown
    run(_setitem, held, key, given)


def is_narrowed(held: np.ndarray, given: Any) -> bool:
    """Whether a write would lose imaginary parts, of which NumPy warns."""
    kind = type(given)
    if kind is np.ndarray:
        return given.dtype.kind == "c" and held.dtype.kind != "c"
    return kind in _COMPLEX and held.dtype.kind != "c"
