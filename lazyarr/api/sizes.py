"""Sizes that depend on values: what they depend on is evaluated once, and kept."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lazyarr import evaluate
from lazyarr.api.handle import Handle, here, new, node_of
from lazyarr.ir import flat, infer

if TYPE_CHECKING:
    from types import ModuleType

    from lazyarr.api.array import Array


def evaluated(x: Any, name: str) -> Any:
    """Return the values of an operand whose values decide a shape.

    An expression is computed where it belongs, once: the array holds the result from
    then on, and plans name the place.

    Parameters
    ----------
    x : array_like
    name : str
        The function that needs the values.
    """
    node = node_of(x)
    if node.op.name == "scalar":
        return node.value[()]
    if not node.args and node.value is not None:
        return node.value
    (values,) = evaluate.persist((node,))
    if isinstance(x, Handle) and x._base is None and node.shape:
        note = f"{name} needs its values: they decide the size of a result"
        x._node = flat.noted(infer.leaf(values, here()), note)
    return values


def found(values: Any, name: str) -> Array:
    """Return values whose size was found out as an array of known shape."""
    node = node_of(values)
    if node.op.name == "data":
        note = f"{name} found it when it was called: its size depends on values"
        node = flat.noted(infer.leaf(node.value, here()), note)
    return new(node)


def module_of(values: Any) -> ModuleType:
    """Return the array module of values: NumPy, or the one of their device."""
    return importlib.import_module(type(values).__module__.partition(".")[0])
