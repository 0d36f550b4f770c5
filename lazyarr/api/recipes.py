"""What functions of one array make, kept: the second call copies the first one's steps.

A reduction is a chain of nodes, each of the one before it and perhaps a constant. The
chain follows from the array's shape and dtype and from the arguments alone, so that
checking and typing it again for every call would give the same chain.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazyarr.api.handle import FINAL
from lazyarr.errors import outside
from lazyarr.errors import theirs as users
from lazyarr.ir.node import Node
from lazyarr.ops import OPS
from lazyarr.ops.row import CHARS, Kind

if TYPE_CHECKING:
    from collections.abc import Hashable


# What a node is made of, without the operand that comes first and without a place.
_Step: TypeAlias = tuple[Any, Node | None, Any, Any, Any, Any]
# By what `key` returns.
Recipes: TypeAlias = "dict[Hashable, tuple[_Step, ...]]"

# What names an axis or a dtype. Neither floats nor booleans: 1.0 and True are no axes,
# and are 1 in a dictionary. Whether something is so, only a keyword says.
PLAIN: frozenset[type] = frozenset((int, str, type, type(None), type(np._NoValue)))
PLAIN |= {type(np.dtype(char)) for char in CHARS}
_REAL = OPS["real"]  # of complex numbers: there is a warning each time
_FEW = 4  # arguments without a name, among which is no ``initial``
_MOST = 4096
_LONGEST = 16


tables: list[Recipes] = []
"""Of all functions whose chains are remembered."""


def table() -> Recipes:
    """Return where what one function makes is remembered."""
    tables.append({})
    return tables[-1]


def key(node: Node, args: tuple[Any, ...], options: dict[str, Any]) -> Hashable:
    """Return what the chain depends on that a call makes; None if that is unusual.

    `node` is what the first argument shows.
    """
    if not options and len(args) == 1:
        return (node.shape, node.dtype)
    if len(args) > _FEW or "initial" in options:  # True is not 1 to start from
        return None
    for value in args[1:]:
        if type(value) not in PLAIN and not _is_axes(value):
            return None
    for name, value in options.items():
        said = type(value) is bool and name != "axis"
        if not said and type(value) not in PLAIN and not _is_axes(value):
            return None
    return (node.shape, node.dtype, args[1:], *options, *options.values())


def _is_axes(value: Any) -> bool:
    if type(value) is tuple:
        return all(type(axis) is int for axis in value)
    return issubclass(type(value), np.integer)


def again(steps: tuple[_Step, ...], node: Node, frame: Any) -> Any:
    """Return an array that shows a chain from a node on; `frame` is that of the call."""
    if frame.f_code.co_filename not in users:
        frame = outside(frame)
    where = (frame.f_code, frame.f_lasti)
    for op, other, params, shape, dtype, tag in steps:
        made = Node()
        made.op = op
        made.args = (node,) if other is None else (node, other)
        made.params = params
        made.shape = shape
        made.dtype = dtype
        made.tag = tag
        made.where = where
        made.value = None
        node = made
    result = FINAL[0]()
    result._node = node
    result._base = None
    return result


def remember(recipes: Recipes, key: Hashable, node: Node, result: Any) -> None:
    """Keep how the result of a call was made of a node, if that holds for others."""
    if key is None or type(result) is not FINAL[0] or result._base is not None:
        return
    steps = _steps(result._node, node) if node.shape and 0 not in node.shape else ()
    if steps:
        if len(recipes) >= _MOST:
            recipes.clear()
        recipes[key] = steps


def _steps(made: Node, node: Node) -> tuple[_Step, ...]:
    """Return the chain that leads from a node to another; nothing if none can be kept."""
    steps: list[_Step] = []
    while made is not node:
        if not made.args or len(steps) > _LONGEST or made.op is _REAL:
            return ()
        other = made.args[1] if len(made.args) > 1 else None
        if len(made.args) > 2 or not (other is None or _is_steady(other)):
            return ()
        steps.append((made.op, other, made.params, made.shape, made.dtype, made.tag))
        made = made.args[0]
    # Views and casts of a node may depend on what the node is: they join its own.
    return tuple(steps[::-1]) if steps and steps[-1][0].kind is not Kind.VIEW else ()


def _is_steady(node: Node) -> bool:
    """Whether a node is a number that no warning belongs to: no divisor of nothing."""
    if node.args or node.op.name != "scalar":
        return False
    value = node.value[()]
    return bool(value) and isfinite(abs(value))
