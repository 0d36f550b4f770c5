"""Nodes without operands: arrays that are there, scalars, and ramps of indices."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled, ops
from lazyarr.errors import at_users_line
from lazyarr.ir.node import Node, Where
from lazyarr.ops.row import DOUBLES

if TYPE_CHECKING:
    from collections.abc import Hashable

    from lazyarr.ir.node import Shape
    from lazyarr.ir.view import View
    from lazyarr.ops.row import DType

_DATA = ops.OPS["data"]
_IOTA = ops.OPS["iota"]
_SCALAR = ops.OPS["scalar"]
_INT = np.dtype(np.int64)
_BOOL = np.dtype(bool)
_LEAST, _MOST = -(2**63), 2**63 - 1
_KNOWN = (0, 1, -1)
_SCALAR_LIMIT = 4096
LARGEST = {char: float(np.finfo(char).max) for char in "efF"}
"""Of the dtypes that a Python float may be beyond."""
# By value, or by text what is zero: 0.0 and -0.0 are one dictionary key.
held_scalars: dict[Any, Node] = {}
# Those of them that loops for two operands of their dtype take: of what is no wider.
weak_scalars: dict[Any, Node] = {}

# Tags of leaves as small numbers: they are hashed with every graph they are in.
_tags: dict[Hashable, int] = {}
_MOST_TAGS = 1 << 16  # shapes; those met again after so many others get new numbers
_numbers = itertools.count(-2, -1)
_views: dict[View, int] = {}
_MOST_VIEWS = 1 << 14  # more than there are plans: those met again get new numbers


def _tag(*facts: Hashable) -> int:
    """Return one number, below those of the ops, for equal facts."""
    found = _tags.get(facts)
    if found is not None:
        return found
    if len(_tags) >= _MOST_TAGS:
        _tags.clear()
    return _tags.setdefault(facts, next(_numbers))


def view_tag(view: View) -> int:
    """Return the tag of nodes that are a view of their operand; the view remembers it."""
    try:
        return view.tag
    except AttributeError:
        pass
    found = _views.get(view)
    if found is None:
        if len(_views) >= _MOST_VIEWS:
            _views.clear()
        found = _views.setdefault(view, next(_numbers))
    view.tag = found
    return found


def leaf(array: Any, where: Where = None) -> Node:
    """Return the leaf that stands for an array, on the host or on a device."""
    shape, dtype = tuple(array.shape), array.dtype
    if dtype.char in DOUBLES:
        dtype = DOUBLES[dtype.char]
    # Plans differ with where it lies: "cpu", or the number of one of CuPy's devices.
    host = issubclass(type(array), (np.ndarray, np.generic))
    facts = ("data", shape, dtype, "cpu" if host else array.data.device_id)
    tag = _tags.get(facts) or _tag(*facts)
    return Node.of(_DATA, (), None, shape, dtype, tag, where, array)


def far_leaf(array: Any, node: Node, where: Where) -> Node:
    """Return the leaf of a node's elements, which a device has computed.

    As `leaf` does, but asks the array for less: its attributes are slow to read.
    """
    shape, dtype = node.shape, node.dtype
    facts = ("data", shape, dtype, array.data.device_id)
    tag = _tags.get(facts) or _tag(*facts)
    return Node.of(_DATA, (), None, shape, dtype, tag, where, array)


far_leaf = compiled.method("node_far", far_leaf, op=_DATA, usual=_tags, other="data")


def scalar(value: Any, dtype: DType) -> Node:
    """Return the 0-d leaf of this value; one node for one value.

    0, 1 and -1 are part of a graph's structure, so that identities may use them;
    other values are bound when the plan runs, and a new one needs no new plan.

    Raises
    ------
    OverflowError
        A Python integer does not fit the dtype.
    """
    # 0.0 and -0.0 are one dictionary key; complex numbers with such parts, too.
    if dtype.char in DOUBLES:
        dtype = DOUBLES[dtype.char]
    key: Any = (value if value else repr(value), type(value), dtype)
    found = held_scalars.get(key)
    if found is not None:
        return found
    # Ufuncs take an array without axes faster than a scalar of any kind.
    if dtype.char in LARGEST and _is_beyond(value, LARGEST[dtype.char]):
        wide = float(value) if isinstance(value, int) else value
        with at_users_line():
            held = np.array(wide).astype(dtype)  # NumPy warns, and does so each time
        key = None
    else:
        held = np.array(dtype.type(value), dtype)
    if dtype.kind == "c" and not issubclass(type(value), (int, float)):
        key = None
    held.flags.writeable = False
    tag: Hashable = _tag("scalar", dtype)
    if value in _KNOWN:
        tag = ("scalar", dtype, held.tobytes())
    node = Node.of(_SCALAR, (), None, (), dtype, tag, None, held)
    if key is not None:
        if len(held_scalars) >= _SCALAR_LIMIT:
            held_scalars.clear()
            weak_scalars.clear()
        held_scalars[key] = node
    return node


def number(x: Any, dtype: DType, alone: bool) -> Node:
    """Return the leaf of a Python number that an op takes as a dtype.

    NumPy asks first whether 64 bits hold an integer, where no array or only its truth
    counts; elsewhere it asks whether the dtype does.

    Raises
    ------
    OverflowError
        It is none that is held.
    """
    if (alone or dtype == _BOOL) and type(x) is int and not _LEAST <= x <= _MOST:
        msg = "Python int too large to convert to C long"
        raise OverflowError(msg)
    return scalar(x, dtype)


def _is_beyond(value: Any, largest: float) -> bool:
    """Whether a finite number is beyond the largest one of a dtype."""
    if isinstance(value, int):
        return not -largest <= value <= largest
    parts = (value.real, value.imag) if issubclass(type(value), complex) else (value,)
    return any(largest < abs(part) < math.inf for part in parts)


def element(value: Any, dtype: DType) -> Node:
    """Return the 0-d leaf of a value of an array: never part of a graph's structure.

    Loops over elements meet 0, 1 and -1 among others, and need one plan for all.
    """
    held = np.array(value, dtype)
    held.flags.writeable = False
    return Node.of(_SCALAR, (), None, (), dtype, _tag("scalar", dtype), None, held)


def known_value(node: Node) -> Any:
    """Return the value of a scalar that is part of the structure, else None."""
    if node.op is _SCALAR and type(node.tag) is tuple:
        return node.value[()]
    return None


def iota(length: int, where: Where = None) -> Node:
    """Return the indices ``0 … length - 1`` as int64."""
    return places((length,), where)


def places(shape: Shape, where: Where = None) -> Node:
    """Return the place of every element of a shape in C order, as int64."""
    return Node.of(_IOTA, (), None, shape, _INT, ("iota", *shape), where)
