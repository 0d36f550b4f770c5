"""Which arrays have been written into while that may still end in an error.

Writes that are evaluated in the memory of an array change the only copy of its elements.
What does so notes the array before it begins, or with the first kernel that is launched.
When the evaluation fails, the arrays that were noted are refused from then on, and all
others are what they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir import lost
from lazyarr.ir.node import structure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from lazyarr.ir.node import Node

_noted: list[set[int]] = []  # by each evaluation under way: the memory that it changed


def note(array: Any) -> None:
    """Note that an array is written into."""
    if _noted:
        _noted[-1].add(_memory(array))


def _memory(array: Any) -> int:
    """Return what tells the memory of an array from that of others that are alive."""
    if not isinstance(array, np.ndarray):
        return id(array.data.mem)
    while isinstance(array.base, np.ndarray):  # up to the buffer that it lies in
        array = array.base
    return id(array)


class Guarded:
    """A block that loses the leaves that it has written into, if it ends in an error.

    `roots` are what it computes of them. One block at a time.
    """

    __slots__ = ("leaves", "roots")

    def __init__(self, leaves: Iterable[Node], roots: Sequence[Node]) -> None:
        self.leaves = leaves
        self.roots = roots

    def __enter__(self) -> None:
        _noted.append(set())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        noted = _noted.pop()
        if error is None:
            return
        for leaf in self.leaves:
            if _memory(leaf.value) in noted:
                lost.lose(leaf, _last(leaf, self.roots), error)


def _last(leaf: Node, roots: Sequence[Node]) -> Node:
    """Return the root that is made of a leaf."""
    return next((root for root in roots if leaf in structure((root,))[1]), leaf)
