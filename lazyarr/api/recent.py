"""Of which calls results tell: of the last ones.

A small array remembers the call that made it, and holds what went into that. A list in
which a loop gathers what it computed, a number of each step, would hold by that all the
arrays which the steps made. So arrays take turns to remember, more of them if much went
into a call: whoever had a turn before tells no longer what went into his.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np

from lazyarr.api.bounds import A_TURN, TURNS, untold

OF_PART = 2
"""Length of what tells of a part: the array and the key. Of calls more is to be told."""


class _Lost:
    """What stands for operands of which nothing is told any more."""

    __slots__ = ()


LOST = _Lost()
"""In the place of what went into a call: the story would be too long, or is too old."""


def rest(how: Any) -> Any:
    """Return what is left of a story: the function, and the line that it stands in."""
    return (how[0], LOST, LOST, *how[3:]) if len(how) > OF_PART else None


def _kept_by(x: Any) -> int:
    """Return how many bytes an operand keeps."""
    if type(x) in (tuple, list):
        return sum(map(_kept_by, x))
    held: Any = x if issubclass(type(x), np.ndarray) else getattr(x, "_value", None)
    if not issubclass(type(held), np.ndarray):
        return 0
    base: Any = held.base
    return int((base if issubclass(type(base), np.ndarray) else held).nbytes)


class Story:
    """The attribute of arrays that is the call which made them, for a while."""

    __slots__ = ("_next", "_ring")

    def __init__(self) -> None:
        self._ring: list[Any] = [None] * TURNS
        self._next = 0

    def __get__(self, x: Any, owner: Any = None) -> Any:
        return self if x is None else x._story

    def __set__(self, x: Any, how: Any) -> None:
        x._story = how
        if how is not None and how[1] is not LOST:
            self._take_turns(
                x, sum(map(_kept_by, how[len(how) > OF_PART : 3])) >> A_TURN
            )

    def _take_turns(self, x: Any, more: int) -> None:
        for left in range(min(more, TURNS // 2), -1, -1):
            turn = self._next = (self._next + 1) % TURNS
            before, self._ring[turn] = self._ring[turn], None
            if not left:
                x._turn = turn
                self._ring[turn] = ref(x)
            if before is not None:
                self._forget(before(), turn)

    def _forget(self, x: Any, turn: int) -> None:
        """Let an array that had a turn tell no longer, unless it has taken one since."""
        if x is None or x._turn != turn or x._story is None:
            return
        value = getattr(x, "_value", None)
        if issubclass(type(value), np.generic):
            x._story, x._calls = None, 0
            if hasattr(x, "_seen"):
                del x._seen  # a leaf, which tells of the call too
            return
        x._story = rest(x._story)
        if value is not None:
            x._calls, x._seen = untold(value), None
