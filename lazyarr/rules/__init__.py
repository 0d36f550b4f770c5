"""Rewrites of the graph that change neither shape, dtype nor bits.

``PASSES`` says what runs, in which order, and why there.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple
from lazyarr.rules import algebra, movement, reduction, shape
from lazyarr.rules.engine import Rule, by_op, rewrite

if TYPE_CHECKING:
    from lazyarr.ir.node import Node
    from lazyarr.ops.row import Op


class Pass(NamedTuple):
    """A named set of rules, and why it stands where it does."""

    name: str
    rules: tuple[Rule, ...]
    why: str


PASSES: tuple[Pass, ...] = (
    Pass(
        "identities",
        algebra.RULES + reduction.RULES + shape.RULES,
        "first, so that what costs nothing is never moved, fused or placed; and again "
        "where views have moved, for they may have been in between",
    ),
)


@cache
def _tables() -> dict[str, dict[Op, list[Rule]]]:
    """Return the rules of each pass by op."""
    return {step.name: by_op(step.rules) for step in PASSES}


def simplify(roots: tuple[Node, ...]) -> tuple[tuple[Node, ...], dict[str, int]]:
    """Return roots of an equal graph that costs no more, and the rules that fired.

    Common subexpressions become one node, identities are taken out, and views move
    towards the sources so that only what is looked at is computed.
    """
    fired: Counter[str] = Counter()
    for step in PASSES:
        roots = rewrite(roots, _tables()[step.name], fired)
    before = roots
    roots = movement.push_views(roots, fired)
    if roots != before:
        for step in PASSES:
            roots = rewrite(roots, _tables()[step.name], fired)
    return roots, dict(sorted(fired.items()))


__all__ = ["PASSES", "Pass", "Rule", "simplify"]
