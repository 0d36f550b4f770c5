"""How large what is evaluated on the spot may be, and how much of it remembers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lazyarr.config import current
from lazyarr.options import DEFAULTS

MADE_BY = 200  # calls that a value remembers, those of its operands included
TOLD = 1 << 15  # bytes of an array of which parts do not tell by what it was made
KEPT = 13  # a value of 2**13 bytes counts as one call more
_EIGHT = 8  # calls of which one has its bytes looked at, for all eight
TURNS = 512  # of values that tell of their calls, those of more bytes with several
A_TURN = 14  # of up to 2**14 bytes that go into a call there is one turn
LARGE = 1 << 19  # bytes of parts that are worth a plan: tiles in a cache, and threads
LARGEST = 1 << 24  # bytes of an array of which a little is written
WIDE = 1 << 16  # elements to which small arrays of different shapes may broadcast
PRODUCT = 1 << 17  # elements of a product of matrices that BLAS makes at once
TAKEN = 1 << 17  # elements from which NumPy takes what a mask selects
USUAL = DEFAULTS.small_bytes


def _next() -> tuple[int, ...]:
    """Return of how many calls a result tells, by its operands'; 0 where it is weighed.

    One of each eight counts is, at another place in each: that of no eight would be passed
    over by a loop that adds the same number of calls again and again.
    """
    counts = [*range(1, MADE_BY + 1), *[0] * (3 * MADE_BY)]
    for eight in range(MADE_BY // _EIGHT):
        counts[_EIGHT * eight + (3 * eight + _EIGHT - 1) % _EIGHT] = 0
    return tuple(counts)


NEXT = _next()
"""Of how many calls an operator's result tells: see `_next`."""


def small_bytes() -> int:
    """Return up to how many bytes an array is small; 0 where none is."""
    options = current()
    if not options.small_path or options.device not in ("auto", "cpu"):
        return 0
    return 0 if options.memory_limit is not None else options.small_bytes


def is_middle(value: np.ndarray) -> bool:
    """Whether a known array is larger than small ones, or a part of such a one."""
    least = min(USUAL, small_bytes()) or USUAL
    # A part of the user's may be one of bytes, or of a file.
    return value.nbytes > least or getattr(value.base, "nbytes", 0) > least


def untold(value: Any) -> int:
    """Return how many calls a value tells of that remembers none.

    What is made of it shall not remember it, if that kept more memory than its own. Of
    few bytes it counts as one: what is made of it need not be the eighth that is weighed.
    """
    nbytes = value.nbytes
    held = value if value.base is None else value.base
    if not issubclass(type(held), (np.ndarray, np.generic)) or held.nbytes > TOLD:
        return MADE_BY
    return 0 if nbytes >> KEPT else 1


def is_wide(values: Any) -> bool:
    """Whether values of small operands may broadcast to what is not small."""
    x, y = values[0], values[1]
    if type(x) is np.ndarray and type(y) is np.ndarray and len(values) == 2:
        return broadens(x, y)
    sizes = [x.size for x in values if type(x) is np.ndarray]
    return math.prod(sizes) > WIDE and np.broadcast(*values).size > max(WIDE, *sizes)


def broadens(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether two known arrays broadcast to one that is larger than both, and large."""
    if x.size * y.size <= WIDE:
        return False
    if x.ndim == 2 == y.ndim and len(x) == len(y):
        return False  # of as many rows, and no more columns than one of them has
    if x.shape == y.shape:
        return False
    size = np.broadcast(x, y).size
    if size <= max(WIDE, x.size, y.size):
        return False
    most = LARGE if is_middle(x) or is_middle(y) else 0
    return bool(size * max(x.itemsize, y.itemsize) > most)
