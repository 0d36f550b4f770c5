"""A warning where the same large expression is computed for one read after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.errors import PerformanceWarning as PerformanceWarning
from lazyarr.errors import warn
from lazyarr.ir.kept import LARGE as LARGE
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.ir.node import Node

_OFTEN = 3


def noted(before: tuple[Node, int] | None, node: Node) -> tuple[Node, int]:
    """Return how often a large expression was read by now; warn at the third time.

    Only reads that nobody asked for by name come here: ``np.asarray(x)``, ``float``,
    ``bool``. What is written in between, or computed by ``compute()``, does not count.
    """
    count = 1 if before is None or before[0] is not node else before[1] + 1
    if count == _OFTEN:
        made = where_text(node.where)
        text = (
            f"the same expression of {node.nbytes:,} bytes"
            + (f", made at {made}," if made else "")
            + f" is computed for the {_OFTEN}rd time to be read; "
            "x = x.persist() computes it once"
        )
        warn(text, PerformanceWarning)
    return node, count
