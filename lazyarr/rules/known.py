"""Scalars whose value is part of a graph's structure, so that rules may rest on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.ir.node import Node
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from lazyarr.ops.row import DType

_SCALAR = ops.OPS["scalar"]
_LIMIT = 4096
_made: dict[tuple[DType, bytes], Node] = {}


def value_of(node: Node) -> Any:
    """Return the value of a known scalar, or of a fill with one, else None."""
    if node.op.kind is Kind.VIEW and not node.args[0].shape:
        node = node.args[0]
    return infer.known_value(node)


def known(value: Any, dtype: DType) -> Node:
    """Return the scalar of this value, which is the same in every graph alike."""
    held = np.asarray(value).astype(dtype)
    held.flags.writeable = False
    key = (dtype, held.tobytes())
    found = _made.get(key)
    if found is None:
        if len(_made) >= _LIMIT:
            _made.clear()
        tag = ("scalar", *key)
        found = _made[key] = Node.of(_SCALAR, (), None, (), dtype, tag, None, held)
    return found


def filled(node: Node, value: Any) -> Node:
    """Return a fill of this value with the node's shape and dtype."""
    return infer.full_node(known(value, node.dtype), node.shape, node.where)
