"""A word about expressions that are computed again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.errors import PerformanceWarning, warn
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Node, Where

LARGE = 1 << 20
"""Bytes of an array from which computing it again is worth a word."""
_OFTEN = 3
_GROWN = 50  # reads, each of a larger expression than the one before
_LINES = 256

_seen: dict[Where, tuple[int, int]] = {}  # operations at the last read, and growths


def note_read(before: tuple[Node, int] | None, node: Node) -> tuple[Node, int]:
    """Return how often a large expression was read by now; warn at the third time.

    Only reads that nobody asked for by name come here: ``np.asarray(x)``, ``float``,
    ``bool``. What is written in between, or computed by ``compute()``, does not count.
    """
    count = 1 if before is None or before[0] is not node else before[1] + 1
    if count == _OFTEN:
        _warn_of(node, " to be read")
    return node, count


def note_computed(node: Node) -> None:
    """Count how often a node too large to be kept was computed; warn the third time."""
    node.met = getattr(node, "met", 0) + 1
    if node.met == _OFTEN:
        _warn_of(node, ", and is larger than what is kept by itself (kept_bytes)")


def note_growth(root: Node, nodes: Sequence[Node]) -> None:
    """Note that a read met an expression for the first time; warn if they only grow."""
    count, times = _seen.get(root.where, (0, 0))
    if len(_seen) > _LINES:
        _seen.clear()
    times = times + 1 if len(nodes) > count else 0
    _seen[root.where] = (len(nodes), times)
    if times != _GROWN or max(node.nbytes for node in nodes) < LARGE:
        return
    text = (
        f"an expression grew {_GROWN} times from one read to the next{_made(root)}"
        f" and has {len(nodes):,} operations by now, which every read computes again; "
        "x = x.persist() once in a while computes them once"
    )
    warn(text, PerformanceWarning)


def _warn_of(node: Node, how: str) -> None:
    text = (
        f"the same expression of {node.nbytes:,} bytes{_made(node)}"
        f" is computed for the {_OFTEN}rd time{how}; x = x.persist() computes it once"
    )
    warn(text, PerformanceWarning)


def _made(node: Node) -> str:
    made = where_text(node.where)
    return f", made at {made}," if made else ""
