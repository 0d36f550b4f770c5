"""Keys and values of writes into known arrays, as NumPy takes them."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from lazyarr.api.known import Unknown, plain, run

_BASIC = frozenset((int, slice, type(None), type(Ellipsis)))
_INTEGERS = frozenset((int,))
_COMPLEX = (complex, np.complex64, np.complex128)
_setitem: Any = operator.setitem


def keyed(key: tuple[Any, ...]) -> Any:
    """Return an index with the known arrays in it as NumPy's.

    Raises
    ------
    Unknown
        There is something in it that is not known.
    """
    for part in key:
        kind = type(part)
        if kind is not int and kind is not slice and kind not in _BASIC:
            break
    else:
        return key
    parts = []
    for part in key:
        kind = type(part)
        if kind in _BASIC or (kind is list and _INTEGERS.issuperset(map(type, part))):
            parts.append(part)
        else:
            parts.append(plain(part))
    return tuple(parts)


def size_of(held: np.ndarray, key: Any) -> int:
    """Return how many elements an index leads to, none of which are taken for that."""
    taken, shapes = [], []
    for part in key if type(key) is tuple else (key,):
        if type(part) in _BASIC:
            taken.append(part)
            continue
        places = np.asarray(part)
        mask = places.dtype.kind == "b"
        taken += [slice(1)] * (places.ndim if mask else 1)
        shapes.append((np.count_nonzero(places),) if mask else places.shape)
    return int(held[tuple(taken)].size * math.prod(np.broadcast_shapes(*shapes)))


def cast(held: np.ndarray, key: Any, given: Any) -> None:
    """Write a value where NumPy may have something to say of it.

    Raises
    ------
    Unknown
        Imaginary parts would be lost, of which NumPy warns.
    """
    if _is_narrowed(held, given):
        raise Unknown
    run(_setitem, held, key, given)


def _is_narrowed(held: np.ndarray, given: Any) -> bool:
    """Whether a write would lose imaginary parts, of which NumPy warns."""
    kind = type(given)
    if kind is np.ndarray:
        return given.dtype.kind == "c" and held.dtype.kind != "c"
    return kind in _COMPLEX and held.dtype.kind != "c"


def is_there(value: Any, key: Any) -> bool:
    """Whether a part of an array is what a key shows of it, as in ``x[key] += 1``."""
    x, own = value._how
    held = x._value
    return own is key and value._chain is held and bool(held.flags.writeable)
