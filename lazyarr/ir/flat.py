"""A graph as one flat list: how it is pickled, however deep it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lazyarr.ir import copies, infer
from lazyarr.ir.leaves import view_tag
from lazyarr.ir.node import Node, topological
from lazyarr.ops.row import Kind, named

if TYPE_CHECKING:
    import numpy as np

_LEAVES = ("data", "scalar")
# Entries: op name, places of the operands, params, shape, dtype, value.
Record: TypeAlias = list[tuple[Any, ...]]


def flatten(root: Node) -> Record:
    """Return the graph under a root as a list, operands before their users."""
    place: dict[Node, int] = {}
    record: Record = []
    for node in topological((root,)):
        place[node] = len(record)
        args = tuple(place[arg] for arg in node.args)
        value = node.value
        if hasattr(value, "__cuda_array_interface__"):
            value = value.get()
        params = None if node.op.name in _LEAVES else node.params  # no remarks
        record.append((node.op.name, args, params, node.shape, node.dtype, value))
    return record


def unflatten(record: Record) -> Node:
    """Return the root of a flattened graph."""
    nodes: list[Node] = []
    for name, places, params, shape, dtype, value in record:
        nodes.append(
            _node(name, tuple(nodes[k] for k in places), params, shape, dtype, value)
        )
    return nodes[-1]


def _node(
    name: str,
    args: tuple[Node, ...],
    params: Any,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    value: Any,
) -> Node:
    if name == "data":
        return infer.leaf(value)
    if name == "scalar":
        return infer.scalar(value[()], dtype)
    op = named(name)
    tag: Any = op.id
    if name == "iota":
        tag = (name, *shape)
    elif name == "reshape":
        tag = (op.id, shape)
    elif name == "astype":
        tag = (op.id, dtype)
    elif name == "view":
        tag = view_tag(params)
    elif op.kind is Kind.LIBRARY:
        tag = (op.id, len(args), params)
    elif op.kind is not Kind.MAP or params is not None:  # of a copy: its order
        tag = (op.id, params)
    return Node.of(op, args, params, shape, dtype, tag, None, value)


def snapshot(root: Node) -> Node:
    """Return the graph with copies of its arrays, so that later writes do not show."""
    record = flatten(root)
    made = unflatten(
        [
            (*entry[:5], entry[5].copy("K") if entry[0] == "data" else entry[5])
            for entry in record
        ]
    )
    return copies.copied(made, "K", like=root)


def noted(leaf: Node, note: str) -> Node:
    """Return a leaf that carries a remark for the plan."""
    return Node.of(
        leaf.op,
        (),
        note,
        leaf.shape,
        leaf.dtype,
        (leaf.tag, note),
        leaf.where,
        leaf.value,
    )
