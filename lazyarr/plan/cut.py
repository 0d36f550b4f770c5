"""The one way a stage is split: its loop in parts, and how the parts come together.

Nothing here knows arrays, threads or devices. A loop is given as its extents, outermost
first, with a mark for every axis that the stage folds. It is split on two levels:

- a *tile* is what is worked on at once, so small that it stays in a cache;
- a *part* is one or more tiles, handed out whole. Parts that differ along a folded
  axis hold partial results of the same elements, to be combined; all others lie side by
  side, and their results concatenate.

The split follows from the extents and the size of a tile alone. Whoever works on the
parts, in whatever order, therefore gets the same bits.
"""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, TypeAlias

from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lazyarr.ir.node import Shape

Ranges: TypeAlias = tuple[tuple[int, int], ...]

VECTOR = 64
"""Tiles start at multiples of this many elements, so that the bodies and the tails of
vector loops fall where they would fall in one long loop."""
RUN = 4096
"""Elements of an unfolded innermost axis that a tile of a reduction takes at most."""
PARTS = 256
"""Parts that a reduction is aimed at being split in."""
PARTIALS = 1 << 20
"""Elements that all partial results together may have."""
_UNEVEN = 4  # a share of a tile by which the last one may be shorter than the others


class Cut(NamedTuple):
    """A loop in parts, and every part in tiles.

    Attributes
    ----------
    loop : tuple of int
        Extents, outermost first.
    folded : tuple of bool
        Which axes are reduced.
    part, tile : tuple of int
        Extents of a part and of a tile; those at an end may be smaller.
    """

    loop: Shape
    folded: tuple[bool, ...]
    part: Shape
    tile: Shape

    @property
    def grid(self) -> Shape:
        """Number of parts along every axis."""
        return tuple(-(-n // p) for n, p in zip(self.loop, self.part, strict=True))

    @property
    def parts(self) -> int:
        """Number of parts."""
        return prod(self.grid)

    @property
    def blocks(self) -> int:
        """Number of parts that differ in their results' place, not in what they fold."""
        pairs = zip(self.grid, self.folded, strict=True)
        return prod(n for n, fold in pairs if not fold)

    @property
    def pieces(self) -> int:
        """Number of parts whose partial results combine to one."""
        pairs = zip(self.grid, self.folded, strict=True)
        return prod(n for n, fold in pairs if fold)

    def ranges(self, block: int, piece: int = 0) -> Ranges:
        """Return start and stop along every axis of one part.

        `block` counts places of results, `piece` the partial results of one place;
        both go through the axes in order, the last one fastest.
        """
        result: list[tuple[int, int]] = []
        axes = zip(self.loop, self.folded, self.part, self.grid, strict=True)
        for n, fold, extent, count in reversed(list(axes)):
            if fold:
                piece, place = divmod(piece, count)
            else:
                block, place = divmod(block, count)
            result.append((place * extent, min(n, (place + 1) * extent)))
        return tuple(reversed(result))

    def tiles(self, part: Ranges) -> Iterator[Ranges]:
        """Yield start and stop along every axis of the tiles of a part, in order."""
        tile = self.tile
        places = [start for start, _ in part]
        last = len(part) - 1
        while True:
            yield tuple(
                (place, min(stop, place + extent))
                for place, (_, stop), extent in zip(places, part, tile, strict=True)
            )
            axis = last
            while axis >= 0:
                places[axis] += tile[axis]
                if places[axis] < part[axis][1]:
                    break
                places[axis] = part[axis][0]
                axis -= 1
            if axis < 0:
                return


def cut(
    loop: Shape,
    folded: tuple[bool, ...],
    tile_elements: int,
    *,
    rows: bool = False,
    straight: bool = False,
) -> Cut:
    """Return the split of a loop into tiles of about so many elements.

    Parameters
    ----------
    loop : tuple of int
        Extents, outermost first; collapsed (see `collapse`) as far as they go.
    folded : tuple of bool
        Which axes are reduced.
    tile_elements : int
        Elements of a tile.
    rows : bool
        Row-wise stages: folded axes stay whole, whatever their length.
    straight : bool
        A tile takes all it can of the inner axes, so that its elements follow one
        another in the loop.

    Examples
    --------
    >>> split = cut((1000, 1000), (False, True), 65_536)
    >>> split.tile, split.part, split.pieces
    ((64, 1000), (64, 1000), 1)
    """
    elements = max(1, tile_elements)
    if rows:
        extents = _row_tile(loop, folded, elements)
    else:
        extents = _tile(loop, folded, elements, straight)
    part = extents if rows else _part(loop, folded, extents)
    return Cut(loop, folded, part, extents)


def collapse(
    loop: Shape, joined: Callable[[int, int], bool]
) -> tuple[tuple[int, ...], ...]:
    """Return the axes of a loop in groups that can run as one axis each.

    `joined(outer, inner)` says whether two neighbouring axes are one for every
    operand. Axes of one element disappear.

    Examples
    --------
    >>> collapse((4, 1, 5, 6), lambda outer, inner: inner == 3)
    ((0,), (2, 3))
    """
    groups: list[list[int]] = []
    for axis, extent in enumerate(loop):
        if extent == 1:
            continue
        if groups and joined(groups[-1][-1], axis):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    return tuple(map(tuple, groups))


def _balanced(
    extent: int, most: int, inside: int, *, pairs: bool = False, even: bool = False
) -> int:
    """Return an extent of at most `most` that splits `extent` evenly.

    `inside` elements lie in one step along the axis. The result is a multiple of what
    makes a tile a whole number of vectors, if that is not too long. With `pairs` there
    is an even number of pieces: of three, one thread of two would do two. With `even`
    no piece is much shorter than another, though vectors be cut for it: 192, 192, 192
    and 23 rows are as slow as three tiles.
    """
    pieces = -(-extent // most)
    pieces += pairs and pieces % 2
    share = -(-extent // pieces)
    step = VECTOR // gcd(VECTOR, inside)
    while even and step > 1 and pieces * (-share % step) > share // _UNEVEN:
        step //= 2
    if step > most:
        return share
    up = -(-share // step) * step
    if even and up > most:
        return share
    return min(extent, up if up <= most else most // step * step)


def _tile(
    loop: Shape, folded: tuple[bool, ...], elements: int, straight: bool
) -> Shape:
    """Fill a tile from the innermost axis outwards."""
    tile = [1] * len(loop)
    left, inside = elements, 1
    folds = any(folded) and not straight
    for axis in reversed(range(len(loop))):
        most = left
        if folds and axis == len(loop) - 1 and not folded[axis]:
            # A tile that folds nothing would only move the work to the combination;
            # one that folds all there is may be as wide as it likes.
            whole = prod(n for n, fold in zip(loop, folded, strict=True) if fold)
            most = min(left, max(RUN, elements // whole))
        extent = loop[axis]
        if extent > most:
            pairs = not any(folded)
            even = pairs and inside > 1 and not straight
            extent = _balanced(extent, most, inside, pairs=pairs, even=even)
        tile[axis] = extent
        inside *= extent
        left = max(1, left // extent)
    return tuple(tile)


def _row_tile(loop: Shape, folded: tuple[bool, ...], elements: int) -> Shape:
    """Keep folded axes whole and cut the others to fit."""
    row = prod(n for n, fold in zip(loop, folded, strict=True) if fold)
    tile = list(loop)
    left = max(1, elements // max(1, row))
    inside = row
    for axis in reversed(range(len(loop))):
        if folded[axis]:
            continue
        if loop[axis] > left:
            tile[axis] = _balanced(loop[axis], left, inside)
        inside *= tile[axis]
        left = max(1, left // tile[axis])
    return tuple(tile)


def _part(loop: Shape, folded: tuple[bool, ...], tile: Shape) -> Shape:
    """Give folded axes as many parts as there is work and room for partial results."""
    if not any(folded):
        return tile
    axes = list(zip(loop, folded, tile, strict=True))
    kept = prod(n for n, fold, _ in axes if not fold)
    blocks = prod(-(-n // t) for n, fold, t in axes if not fold)
    tiles = prod(-(-n // t) for n, fold, t in axes if fold)
    wanted = max(1, min(tiles, PARTIALS // max(1, kept)))
    if kept > 1:
        wanted = min(wanted, max(1, PARTS // blocks))
    part = []
    for n, fold, t in axes:
        if not fold:
            part.append(t)
            continue
        count = -(-n // t)
        pieces = min(count, wanted)
        part.append(min(n, -(-count // pieces) * t))
        wanted = max(1, wanted // pieces)
    return tuple(part)
