"""Sequences of arrays as operands: one array, of nodes that are joined.

``np.max([a, b, c], axis=0)`` is as good as ``np.max(np.stack([a, b, c]), axis=0)``: what
is not computed yet need not be for it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import pending
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ops import OPS
from lazyarr.ops.row import WEAK, promote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Node


def stacked(items: Sequence[Any], known: tuple[type, ...]) -> Node | None:
    """Return arrays joined along a new first axis, if they are ours and of one shape.

    None if they are not, and if all are of the classes of what is known: NumPy joins
    those as quickly.
    """
    if not items or not all(hasattr(type(x), "_current") for x in items):
        return None
    if all(type(x) in known for x in items):
        return None
    nodes = [x._current() for x in items]
    shape = nodes[0].shape
    if not shape or any(node.shape != shape for node in nodes):
        return None
    view = views.add_axes(shape, (0,))
    dtype = promote(tuple([node.dtype for node in nodes]))
    wide = [infer.view_node(infer.astype(n, dtype), view) for n in nodes]
    made = (len(nodes), *shape)
    return infer.library_node(OPS["concat"], tuple(wide), (0,), made, dtype)


GIVES_LAZY = "__array__ method not producing"
"""What NumPy says of an object whose ``__array__`` returns a lazy array."""


def array_like(x: Any, dtype: Any = None, copy: bool | None = None) -> Any:
    """Return what ``np.array`` does, of objects that give lazy arrays as well.

    Their ``__array__`` returns what lazyarr's functions made, which NumPy refuses.
    """
    try:
        return np.array(x, dtype, copy=copy)
    except ValueError as error:
        if GIVES_LAZY not in str(error):
            raise  # of what an object raised itself it is not asked again
        if isinstance(x, (list, tuple)):
            return np.asarray([array_like(item) for item in x], dtype)
        made: Any = x.__array__() if hasattr(type(x), "__array__") else None
        if not hasattr(type(made), "_current"):
            raise
    return np.array(made._read(), dtype, copy=copy)


def given(
    x: Any, dtype: Any = None, copy: bool | None = None, *, subok: bool = False
) -> Any:
    """Return the array that an object's ``__array__`` returns, to write into, or it.

    Parameters
    ----------
    x : object
    dtype : dtype, optional
        What ``__array__`` is told.
    copy : bool, optional
        What ``__array__`` is told.
    subok : bool
        Whether that array may be of a class that is derived from NumPy's.
    """
    kind = type(x)
    if not hasattr(kind, "__array__") or hasattr(kind, "__cuda_array_interface__"):
        return x
    if hasattr(kind, "_current") or issubclass(kind, (np.ndarray, np.generic)):
        return x
    try:
        return np.array(x, dtype, copy=copy, subok=subok)
    except ValueError as error:
        if GIVES_LAZY not in str(error):
            raise
        return x.__array__()


def held(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return operands with the arrays of objects that are nothing else."""
    found = any(map(is_holder, map(type, operands)))
    return tuple(map(given, operands)) if found else operands


@functools.cache
def is_holder(kind: Any) -> bool:
    """Whether a class has no word on operators and functions but that it is an array.

    Of polynomials, functions make others.
    """
    protocols = ("__array_ufunc__", "__array_function__")
    words = (*protocols, "__array_priority__", "__array_wrap__")
    theirs: Any = hasattr(kind, "_current") or issubclass(
        kind, (np.ndarray, np.generic, np.poly1d)
    )
    on_gpu = hasattr(kind, "__cuda_array_interface__")
    if theirs or on_gpu or any(hasattr(kind, word) for word in words):
        return False
    return hasattr(kind, "__array__")


@functools.cache
def is_wrapping(kind: Any) -> bool:
    """Whether NumPy hands what it makes of a class's objects to their ``__array_wrap__``."""
    theirs: Any = hasattr(kind, "_current") or issubclass(
        kind, (np.ndarray, np.generic)
    )
    if theirs or hasattr(kind, "__array_ufunc__"):
        return False
    return hasattr(kind, "__array_wrap__") and hasattr(kind, "__array__")


def is_prior(x: Any) -> bool:
    """Whether operators leave the word to a class, as NumPy's to sparse matrices."""
    if hasattr(x, "__array_ufunc__") or hasattr(type(x), "_current"):
        return False
    return bool(getattr(x, "__array_priority__", 0) > 0)


def read_nested(value: Any) -> Any:
    """Return nested sequences with every lazy array in them read."""
    if hasattr(type(value), "_current"):
        return value._read()
    if isinstance(value, (list, tuple)):
        kinds = set(map(type, value))
        if kinds <= WEAK:
            return value
        if len(value) > 1 and any(hasattr(kind, "_current") for kind in kinds):
            _know(value)
        made = [read_nested(item) for item in value]
        return tuple(made) if isinstance(value, tuple) else made  # a record is one
    return value


def _know(values: Sequence[Any]) -> None:
    """Compute the numbers in a sequence that are not known yet: in one plan.

    One by one, what several are made of would be computed for each.
    """
    if pending.written:
        return  # what is read decides what is kept
    found = {}
    for x in values:
        known = hasattr(x, "_value") or hasattr(x, "_whole")
        if hasattr(type(x), "_current") and not known and x._base is None:
            node = x._node
            if node.args and not node.shape:
                found[node] = x
    if len(found) > 1:
        results = evaluate.compute(tuple(found), reading=True)
        for x, result in zip(found.values(), results, strict=True):
            x._keep(result)


def as_arrays(value: Any) -> Any:
    """Return nested sequences with every object in them that gives an array as that."""
    if isinstance(value, (list, tuple)):
        made = [as_arrays(item) for item in value]
        return tuple(made) if isinstance(value, tuple) else made
    if issubclass(type(value), (np.ndarray, np.generic)):
        return value
    return array_like(value) if hasattr(type(value), "__array__") else value
