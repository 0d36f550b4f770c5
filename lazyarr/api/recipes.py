"""What functions of one array make, kept: the second call copies the first one's steps.

A reduction is a chain of nodes, each of the one before it and perhaps a constant. The
chain follows from the array's shape and dtype and from the arguments alone, so that
checking and typing it again for every call would give the same chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazyarr.ir.node import Node, Where
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from collections.abc import Hashable

# What a node is made of, without the operand that comes first and without a place.
_Step: TypeAlias = tuple[Any, tuple[Node, ...], Any, Any, Any, Any]

_NONE = np._NoValue  # an argument that is not given
_MOST = 4096
_LONGEST = 16
_recipes: dict[Hashable, tuple[_Step, ...]] = {}


def reduction(
    name: str, node: Node, axis: Any, keepdims: Any, more: Hashable = None
) -> Hashable:
    """Return the key of a reduction; None if its arguments are unusual.

    Numbers of several types are one in a dictionary, and not all are axes.
    """
    if axis is not None and type(axis) is not int:
        return None
    if keepdims is not False and keepdims is not True:
        if keepdims is not _NONE:
            return None
        keepdims = False
    return (name, node.shape, node.dtype, axis, keepdims, more)


def again(key: Hashable, node: Node, where: Where) -> Node | None:
    """Return what `remember` was given for this key, of another node; None if nothing.

    `key` holds all that the result depends on, the node's shape and dtype included.
    """
    if key is None:
        return None
    steps = _recipes.get(key)
    if steps is None:
        return None
    for op, others, params, shape, dtype, tag in steps:
        node = Node(op, (node, *others), params, shape, dtype, tag, where)
    return node


def remember(key: Hashable, node: Node, result: Node) -> None:
    """Keep how `result` was made of `node`, if that is a chain that holds for others."""
    if key is None:
        return
    steps: list[_Step] = []
    made = result
    while made is not node:
        if not made.args or len(steps) > _LONGEST:
            return
        first, others = made.args[0], made.args[1:]
        if any(other.args or other.op.name != "scalar" for other in others):
            return
        steps.append((made.op, others, made.params, made.shape, made.dtype, made.tag))
        made = first
    # Views and casts of a node may depend on what the node is: they join its own.
    if not steps or not node.shape or steps[-1][0].kind is Kind.VIEW:
        return
    if len(_recipes) >= _MOST:
        _recipes.clear()
    _recipes[key] = tuple(steps[::-1])
