"""Why a stage ends where it does, or has nothing to do, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.ir.node import where_text
from lazyarr.ops.row import Kind
from lazyarr.plan.group import seen
from lazyarr.plan.model import KEPT, Estimate

if TYPE_CHECKING:
    from collections.abc import Collection

    from lazyarr.ir.node import Node
    from lazyarr.plan.group import Graph, Group
    from lazyarr.plan.model import Plan


def reason_of(
    ends: list[Node], one: Group | None, graph: Graph, *, fusion: bool
) -> str:
    """Say why the nodes that a stage stores, its ends, must be stored.

    `one` is the group that became the stage, or None for an update on its own.
    """
    if one is not None and one.cut:
        return one.cut
    kept = [node for node in ends if node not in graph.asked]
    if not kept:
        return "asked for"
    node = kept[-1]
    user = graph.users[node][0]
    line = where_text(user.where)
    return _why(node, user, one, graph, fusion) + (f" ({line})" if line else "")


def _why(node: Node, user: Node, one: Group | None, graph: Graph, fusion: bool) -> str:
    name = user.op.name
    if user.op.kind is Kind.LIBRARY:
        return f"{name} needs its operands whole"
    if user.op.kind is Kind.UPDATE:
        return "written into a region of another array"
    if user.op.kind is Kind.VIEW:
        return "reshaped"
    if not fusion:
        return f"{name} is a stage of its own, for fusion is switched off"
    if one is not None and one.axes and one.spaces.get(node) == KEPT:
        folds = [n.op.name for n in one.spaces if n.op.kind is Kind.REDUCE]
        return f"{folds[-1]} must end before {name} starts{one.long}"
    if any(arg is not node and seen(arg)[0] is node for arg in user.args):
        grows = user.size > node.size or len(graph.users[node]) > 1
        why = "would repeat it" if grows else "reads it elsewhere"
        return f"{name} sees it through a view and {why}"
    if user.op.kind is Kind.REDUCE:
        return f"{name} folds other axes"
    return f"{name} also waits for another stage"


def idle(plan: Plan, numbers: Collection[int], reason: str) -> Plan:
    """Return a plan that says why some of its stages have nothing to do."""
    if not numbers:
        return plan
    stages = [
        s._replace(reason=reason, estimate=Estimate()) if s.id in numbers else s
        for s in plan.stages
    ]
    subjects = {f"stage {number}" for number in numbers}
    decisions = [
        d._replace(reason=reason) if d.subject in subjects and d.choice == "ends" else d
        for d in plan.decisions
    ]
    return plan._replace(stages=tuple(stages), decisions=tuple(decisions))
