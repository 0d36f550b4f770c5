"""What is computed twice, because that costs less than to keep it in memory.

A map that a later stage needs again would be stored by the first and loaded by the
later one. Where it is a few cheap operations on leaves that are no larger than itself,
the later stage loads the leaves instead and nothing is stored: less traffic, less
memory, the same bits.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ops.row import Kind
from lazyarr.plan.group import seen
from lazyarr.plan.model import LOOP

if TYPE_CHECKING:
    from lazyarr.ir.node import Node
    from lazyarr.plan.group import Graph, Group

# Storing and loading an element takes a core about as long as so many multiplications.
_WORTH = 8


def repeated(graph: Graph, home: dict[Node, Group]) -> dict[Group, dict[Node, None]]:
    """Return the nodes that groups compute although they belong to another one."""
    result: dict[Group, dict[Node, None]] = {}
    for node in graph.order:
        mine = home.get(node)
        if mine is None or node in graph.asked or node.op.kind is not Kind.MAP:
            continue
        outside = [u for u in graph.users[node] if home.get(u) is not mine]
        if not outside or mine.cut or mine.spaces[node] != LOOP:
            continue
        if not all(_takes(user, node, home) for user in outside):
            continue
        cone = _cone(node, mine, graph)
        for user in outside if cone else ():
            result.setdefault(home[user], {}).update(dict.fromkeys(cone))
    return result


def _takes(user: Node, node: Node, home: dict[Node, Group]) -> bool:
    """Whether a user reads the node's elements where its own stage has its loop."""
    group = home.get(user)
    if group is None or group.cut or (group.sealed and not group.axes):
        return False
    if any(seen(arg)[0] is node and arg is not node for arg in user.args):
        return False
    if user.op.kind is Kind.MAP and group.spaces[user] != LOOP:
        return False
    return group.loop == node.shape


def _cone(node: Node, mine: Group, graph: Graph) -> list[Node]:
    """Return the node and the maps under it, if they are worth repeating."""
    cone = [node]
    leaves: dict[Node, int] = {}
    for top in cone:  # and what is appended meanwhile
        for arg in top.args:
            base, view = seen(arg)
            if arg in mine.spaces and mine.spaces[arg] == LOOP:
                if arg not in cone:
                    cone.append(arg)
            elif base.op.kind is Kind.SOURCE:
                size = arg.size if view is None else prod(view.shape)
                if base.op.name == "data":
                    leaves[arg] = min(size, base.size) * base.dtype.itemsize
            elif base not in graph.scalars:
                return []
        if sum(max(n.op.flops, 1) for n in cone) > _WORTH:
            return []
    return cone if sum(leaves.values()) <= node.nbytes else []
