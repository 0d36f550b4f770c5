"""The one loop that applies rules: bottom up, iterative, checked at every firing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.errors import InternalError
from lazyarr.ir.infer import rebuilt
from lazyarr.ir.node import Node, topological
from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lazyarr.ops.row import Op

_ROUNDS = 32


class Rule(NamedTuple):
    """An identity: its name, its formula, the ops it may fire on, and how.

    ``rewrite`` returns the simpler node, or None where the identity does not hold.
    """

    name: str
    formula: str
    ops: tuple[Op, ...]
    rewrite: Callable[[Node], Node | None]


def by_op(rules: Iterable[Rule]) -> dict[Op, list[Rule]]:
    """Return the rules that may fire on each op, in order."""
    table: dict[Op, list[Rule]] = {}
    for rule in rules:
        for op in rule.ops:
            table.setdefault(op, []).append(rule)
    return table


def rewrite(
    roots: tuple[Node, ...], table: Mapping[Op, Sequence[Rule]], fired: Counter[str]
) -> tuple[Node, ...]:
    """Return the roots after all rules, with equal subexpressions made one node.

    Raises
    ------
    InternalError
        A rule changed a shape or dtype, or rules undo one another for ever.
    """
    unique: dict[Any, Node] = {}
    settled: dict[Node, Node] = {}
    for node in topological(roots):
        if node.args:
            args = tuple([settled[arg] for arg in node.args])
            new = node if args == node.args else rebuilt(node, args)
            settled[node] = _settle(new, table, unique, fired)
        else:
            settled[node] = node
    return tuple([settled[root] for root in roots])


def _settle(
    node: Node,
    table: Mapping[Op, Sequence[Rule]],
    unique: dict[Any, Node],
    fired: Counter[str],
) -> Node:
    """Apply rules to a node over settled operands until none fires."""
    for _ in range(_ROUNDS):
        for rule in table.get(node.op, ()):
            found = rule.rewrite(node)
            if found is not None:
                break
        else:
            break
        _check(rule, node, found)
        fired[rule.name] += 1
        node = found
        if node.args:  # a rule may have made operands of its own
            args = tuple(
                [
                    _settle(arg, table, unique, fired) if _is_new(arg, unique) else arg
                    for arg in node.args
                ]
            )
            node = rebuilt(node, args)
    else:
        msg = f"rules go round in circles at {node!r}"
        raise InternalError(msg)
    if not node.args:
        return node
    found = unique.setdefault((node.tag, *node.args), node)
    if found is not node:
        fired["common-subexpression"] += 1
    return found


def _is_new(node: Node, unique: dict[Any, Node]) -> bool:
    return bool(node.args) and unique.get((node.tag, *node.args)) is not node


def _check(rule: Rule, node: Node, new: Node) -> None:
    if new.shape != node.shape or new.dtype != node.dtype:
        msg = f"rule {rule.name} turned {node!r} into {new!r}"
        raise InternalError(msg)
