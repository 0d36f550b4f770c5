"""Sizes that depend on values: what they depend on is evaluated once, and kept."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import pending
from lazyarr.api.handle import Handle, here, new, node_of
from lazyarr.config import current
from lazyarr.ir import flat, infer, kept

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node
    from lazyarr.ops.evaluated import Entry


def settled(x: Any, why: str) -> Node:
    """Return the leaf of an operand whose values decide a shape.

    An expression is computed where it belongs, once: the array holds the result from
    then on, and plans name the place.

    Parameters
    ----------
    x : array_like
    why : str
        What needs the values, for the plan.
    """
    node = node_of(x)
    if node.op.name == "scalar":
        return node
    if not node.shape:  # a number is of most use on the host
        return infer.scalar(evaluate.compute((node,))[0], node.dtype)
    if not node.args and node.value is not None:
        return node
    (values,) = evaluate.persist((node,))
    if _is_to_keep(node, values) and not (
        isinstance(x, Handle) and id(x) in pending.written
    ):
        kept.become(node, values, why)  # for all expressions that are made of it
        return node
    leaf = flat.noted(infer.leaf(values, here()), why)
    if isinstance(x, Handle) and x._base is None:
        x._hold(leaf)
    return leaf


def _is_to_keep(node: Node, values: Any) -> bool:
    """Whether a node may stand for its values from now on."""
    if type(values) is not np.ndarray or not node.args:
        return False
    return node.nbytes <= current().kept_bytes and evaluate.alone()


def evaluated(x: Any, name: str) -> Any:
    """Return the values of an operand whose values decide a shape; see `settled`."""
    leaf = settled(x, f"by {name}, whose size depends on the values")
    return leaf.value if leaf.shape else leaf.value[()]


def found(values: Any, name: str) -> Array:
    """Return values whose size was found out as an array of known shape."""
    node = node_of(values)
    if node.op.name == "data":
        note = f"by {name}: its size depends on values"
        node = flat.noted(infer.leaf(node.value, here()), note)
    return new(node)


def highest_of(values: Any) -> int:
    """Return the largest of integers on a device, a negative one read as one without sign.

    It is below the number of places if all are, counted from the start: one number tells.
    """

    def function(xp: Any, read: Any, x: Any) -> Any:
        return read(x.view(f"u{x.itemsize}").max())

    number = values.data.device_id
    return int(evaluate.gpu_backend().called(function, (values,), (), {}, number))


def range_of(values: Any) -> tuple[int, int]:
    """Return the least and the largest of integers on a device: two numbers come home."""

    def function(xp: Any, read: Any, x: Any) -> Any:
        ends = x.min(), x.max()  # both are on their way before the first is waited for
        return [read(end) for end in ends]

    number = values.data.device_id
    low, high = evaluate.gpu_backend().called(function, (values,), (), {}, number)
    return int(low), int(high)


def entry_of(function: Any) -> Entry | None:
    """Return what stands on a device for a function of NumPy's; None if nothing does."""
    evaluated = importlib.import_module("lazyarr.ops.evaluated")
    found: Entry | None = evaluated.FUNCTIONS.get(function)
    return found


def called(name: str, values: Any, *rest: Any, **options: Any) -> Any:
    """Return what a function of NumPy's gives, or of what the values belong to.

    On the device where they are: it need not be the current one.
    """
    if issubclass(type(values), (np.ndarray, np.generic)):
        return getattr(np, name)(values, *rest, **options)
    backend = evaluate.gpu_backend()
    entry = entry_of(getattr(np, name))

    def theirs(xp: Any, read: Any, *operands: Any, **named: Any) -> Any:
        return getattr(xp, name)(*operands, **named)

    theirs.__name__ = name
    function = theirs if entry is None else entry.function
    number = values.data.device_id
    try:
        return backend.called(function, (values, *rest), (), options, number)
    except NotImplementedError:  # NumPy has it, and the host has memory
        near = [backend.fetched(x) if hasattr(x, "get") else x for x in (values, *rest)]
        return getattr(np, name)(*near, **options)
