"""How large what is evaluated on the spot may be, and how much of it remembers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lazyarr.config import current
from lazyarr.options import DEFAULTS

MADE_BY = 200
"""Calls that a value remembers, those of its operands included.

Turns to remember (`recent.py`) bound what all values keep together. This bounds what one
keeps of arrays that programs soon need the memory of, while it lies in a cache; what is
made of a part of much, which tells of as many, remembers nothing that would hold all.
"""
TOLD = 1 << 15  # bytes of an array of which parts do not tell by what it was made
KEPT = 13  # a value of about 2**13 bytes counts as one call more,
_HALF = 1 << KEPT - 1
HEAVIEST = 25  # and one of however many as no more than these
TURNS = 512  # of values that tell of their calls, those of more bytes with several
A_TURN = 14  # of up to 2**14 bytes that go into a call there is one turn
LARGE = 1 << 19  # bytes of parts that are worth a plan: tiles in a cache, and threads
LARGEST = 1 << 24  # bytes of an array of which a little is written
WIDE = 1 << 16  # elements to which small arrays of different shapes may broadcast
PRODUCT = 1 << 17  # elements of a product of matrices that BLAS makes at once
TAKEN = 1 << 17  # elements from which NumPy takes what a mask selects
USUAL = DEFAULTS.small_bytes


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


def weight(value: Any) -> int:
    """Return as how many calls the one counts that made a value."""
    calls = 1 + (value.nbytes + _HALF >> KEPT)
    return calls if calls < HEAVIEST else HEAVIEST  # sooner than `min`


def untold(value: Any) -> int:
    """Return how many calls a value tells of that remembers none.

    What is made of it shall not remember it, if that kept much memory.
    """
    held = value if value.base is None else value.base
    ours = issubclass(type(held), (np.ndarray, np.generic))
    return 0 if ours and held.nbytes <= TOLD else MADE_BY


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
