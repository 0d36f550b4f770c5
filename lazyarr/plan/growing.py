"""A word about expressions that grow from read to read, and are computed anew each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.errors import PerformanceWarning, warn
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Node, Where

LARGE = 1 << 20
"""Bytes of an array from which computing it again is worth a word."""
OFTEN = 50
"""Reads, each of a larger expression than the one before."""
_LINES = 256

_seen: dict[Where, tuple[int, int]] = {}  # operations at the last read, and growths


def noted(root: Node, nodes: Sequence[Node]) -> None:
    """Note that a read met an expression for the first time; warn if they only grow."""
    count, times = _seen.get(root.where, (0, 0))
    if len(_seen) > _LINES:
        _seen.clear()
    times = times + 1 if len(nodes) > count else 0
    _seen[root.where] = (len(nodes), times)
    if times != OFTEN or max(node.nbytes for node in nodes) < LARGE:
        return
    made = where_text(root.where)
    text = (
        f"an expression grew {OFTEN} times from one read to the next"
        + (f", at {made}," if made else "")
        + f" and has {len(nodes):,} operations by now, which every read computes again; "
        "x = x.persist() once in a while computes them once"
    )
    warn(text, PerformanceWarning)
