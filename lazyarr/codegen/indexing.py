"""How a loop nest walks its operands: strides, merged axes and the width of accesses.

An operand of a stage is walked with one stride for every axis of the stage's loop, in
elements, and 0 where it is stretched. What a kernel's text depends on is only the
number of axes left after merging and the `Access` of each operand; sizes, strides and
offsets are arguments.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.ir.view import FIXED, View, apply, contiguous_strides
from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.plan.model import Region

VECTOR_BYTES = 16
# A thread's elements of one operand: several 16-byte accesses when types are mixed.
MOST_BYTES = 64
# Room for the elements that the last block counts past the end.
_SLACK = 1 << 22


class Access(Enum):
    """How the elements of a thread lie along the innermost axis."""

    VECTOR = "vector"  # side by side, aligned: 16 bytes at a time
    UNIT = "unit"  # side by side
    STRIDED = "strided"
    SAME = "same"  # one element for the whole row
    ONE = "one"  # one element for everything


class Layout(NamedTuple):
    """Strides of a stored value, in elements, and whether it starts at 16 bytes."""

    strides: Shape
    aligned: bool


class Walk(NamedTuple):
    """Where an operand starts, in elements, and its stride along every loop axis."""

    offset: int
    strides: Shape


class Space(NamedTuple):
    """A loop's axes after merging, innermost last.

    ``folded`` says which of them a reduction folds.
    """

    sizes: Shape
    folded: tuple[bool, ...]


def walk_through(view: View, strides: Shape) -> Walk:
    """Return how a view's index walks a base with these strides."""
    offset = 0
    result = [0] * len(view.shape)
    for (start, step, axis), stride in zip(view.axes, strides, strict=True):
        offset += start * stride
        if axis != FIXED:
            result[axis] += step * stride
    return Walk(offset, tuple(result))


def region_walk(region: Region, base: Shape) -> Walk:
    """Return how the elements of a region lie in a C-contiguous base.

    Raises
    ------
    ValueError
        The region cannot be written without a copy.
    """
    # NumPy itself works out views of views: an array of this shape that is never read.
    strides = contiguous_strides(base)
    start = np.empty(1, np.uint8)
    region_of = np.lib.stride_tricks.as_strided(start, base, strides)
    for link in region.chain:
        if isinstance(link, View):
            region_of = apply(region_of, link)
        else:
            region_of = region_of.reshape(link[1], copy=False)
    offset = region_of.__array_interface__["data"][0] - start.ctypes.data
    return Walk(offset, region_of.strides)


def stretched(walk: Walk, axes: Shape, ndim: int) -> Walk:
    """Return the walk of a folded space over the whole loop: `axes` do not move it."""
    strides = iter(walk.strides)
    return Walk(
        walk.offset, tuple(0 if k in axes else next(strides) for k in range(ndim))
    )


def merge(space: Space, walks: Sequence[Walk]) -> tuple[Space, list[Walk]]:
    """Return the space with axes merged wherever every operand allows it.

    Axes of one element vanish; two neighbours become one when, for every operand, a
    step of the outer one is as long as the whole inner one.
    """
    sizes: list[int] = []
    folded: list[bool] = []
    columns: list[list[int]] = []
    for k, (n, fold) in enumerate(zip(space.sizes, space.folded, strict=True)):
        if n == 1:
            continue
        strides = [walk.strides[k] for walk in walks]
        follows = bool(sizes) and folded[-1] == fold
        if follows and all(
            outer == inner * n
            for outer, inner in zip(columns[-1], strides, strict=True)
        ):
            sizes[-1] *= n
            columns[-1] = strides
        else:
            sizes.append(n)
            folded.append(fold)
            columns.append(strides)
    merged = [
        Walk(walk.offset, tuple(column[j] for column in columns))
        for j, walk in enumerate(walks)
    ]
    return Space(tuple(sizes), tuple(folded)), merged


def reorder(
    space: Space, walks: Sequence[Walk], weights: Sequence[int]
) -> tuple[Space, list[Walk]]:
    """Return the axes sorted so that the closest elements in memory come last.

    `weights` are the bytes of each operand's element; 0 for what is not in memory.
    """
    spread = [
        sum(w * abs(walk.strides[k]) for w, walk in zip(weights, walks, strict=True))
        for k in range(len(space.sizes))
    ]
    order = sorted(range(len(spread)), key=lambda k: -spread[k])
    moved = Space(
        tuple(space.sizes[k] for k in order), tuple(space.folded[k] for k in order)
    )
    return moved, [Walk(w.offset, tuple(w.strides[k] for k in order)) for w in walks]


def lanes(itemsizes: Sequence[int], length: int) -> int:
    """Return how many neighbouring elements a thread takes at once.

    The widest operand uses whole 16-byte accesses; narrower ones get as close to that
    as a thread's registers allow.
    """
    if not itemsizes:
        return 1
    wanted = VECTOR_BYTES // min(itemsizes)
    most = max(MOST_BYTES // max(itemsizes), 1)
    width = max(min(wanted, most), 1)
    while width > 1 and length < width:
        width //= 2
    return width


def access(walk: Walk, itemsize: int, width: int, *, aligned: bool) -> Access:
    """Return how a thread that takes `width` neighbours can reach them."""
    inner = walk.strides[-1]
    if inner == 0:
        return Access.SAME if any(walk.strides) else Access.ONE
    if inner != 1:
        return Access.STRIDED
    step = min(width * itemsize, VECTOR_BYTES)
    apart = (walk.offset, *walk.strides[:-1])
    if aligned and all(stride * itemsize % step == 0 for stride in apart):
        return Access.VECTOR
    return Access.UNIT


def is_wide(space: Space, walks: Sequence[Walk]) -> bool:
    """Whether indices need 64 bits."""
    limit = (1 << 31) - _SLACK
    total = 1
    for n in space.sizes:
        total *= n
    reach = [
        sum((n - 1) * abs(s) for n, s in zip(space.sizes, walk.strides, strict=True))
        for walk in walks
    ]
    return max([total, *reach]) >= limit
