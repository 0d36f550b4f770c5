"""Updates in place that read what they overwrite: how far their writing stays behind.

A stencil reads its neighbours' old elements. Its tiles go through memory in order, and
what a tile has computed is stored when the next one has read. That works without a copy
of the array as long as no read reaches back, or ahead, further than one tile.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.config import current
from lazyarr.ir.view import FIXED, View
from lazyarr.named import NamedTuple
from lazyarr.plan.overlap import meets
from lazyarr.plan.scratch import depends_on_layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.plan.model import Stage, Value

_USUAL = 8  # bytes of an element that this and the option ``tile_elements`` think of
_CACHED = 32_768
"""Such elements of a tile: two tiles, and what they read, stay in a core's own cache."""
_LONGER = 4  # times that, where a tile must reach so far; or so many elements
_FAR = 32_768
_FULL = 0.8
_SMALL = 64  # tiles that one thread may keep of the whole, at least


class Lag(NamedTuple):
    """How tiles go through a loop along its outermost axis, in steps along it.

    Attributes
    ----------
    shifts : dict of int to int
        Registers read from where others write, and how many elements behind what is
        written at the same time these lie.
    reach : int
        How many steps before and behind what is written that is, at most.
    tile : int
        Steps of a tile.
    inner : int
        Elements that a step writes.
    row, step : int
        Elements of memory from the first to the last one of these, and to the first
        one of the next step.
    """

    shifts: dict[int, int]
    reach: int
    tile: int
    inner: int
    row: int
    step: int

    @property
    def dense(self) -> bool:
        """Whether there is little between what the steps of a tile write."""
        return self.tile * self.inner > _FULL * self.length(self.tile)

    def length(self, steps: int) -> int:
        """Return the elements from the first to the last one that are written."""
        return (steps - 1) * self.step + self.row


def lag(
    loop: Shape,
    strides: Sequence[int],
    shifts: dict[int, int],
    elements: int,
    narrow: int = 1,
) -> Lag | None:
    """Return how tiles may go through a loop; None if a copy must be made.

    Parameters
    ----------
    loop : tuple of int
        Extents, outermost in memory first.
    strides : sequence of int
        Of what is written, in elements.
    shifts : dict of int to int
        As `Lag` has them.
    elements : int
        Of a tile, usually.
    narrow : int
        How many of them lie where one of eight bytes would.

    Examples
    --------
    >>> found = lag((998, 998), (1000, 1), {0: -1000, 1: 1000}, 131_072)
    >>> found.reach, found.tile, found.dense
    (1, 32, True)
    """
    if not loop or min(loop) < 1 or min(strides) <= 0:
        return None
    step, inner = strides[0], prod(loop[1:])
    pairs = zip(loop[1:], strides[1:], strict=True)
    row = 1 + sum([(n - 1) * s for n, s in pairs])
    if row > step:
        return None
    ahead = max([(row - 1 + shift) // step for shift in shifts.values()], default=0)
    back = max([-(shift // step) for shift in shifts.values()], default=0)
    reach = max(ahead, back, 1)
    usual = min(elements, _CACHED * narrow)
    tile = min(max(usual // inner, reach), loop[0])
    most = max(_LONGER * elements, _FAR, prod(loop) // _SMALL)
    if tile * inner > most:
        return None
    return Lag(shifts, reach, tile, inner, row, step)


def narrow(stage: Stage, values: tuple[Value, ...]) -> int:
    """Return how many elements of a stage lie where one of eight bytes would."""
    sizes = [values[entry.value].dtype.itemsize for entry in stage.inputs]
    sizes += [instr.dtype.itemsize for instr in stage.body]
    return max(1, _USUAL // max(sizes, default=_USUAL))


def lag_of(stage: Stage, values: tuple[Value, ...]) -> Lag | None:
    """Return how the tiles of an update may go through an array that lies as C's do.

    As the executor works it out, but for axes that run as one there.
    """
    region = stage.region
    if region is None or stage.kind != "map" or len(region.chain) != 1:
        return None
    if any(depends_on_layout(stage, values)):
        return None
    place = region.chain[0]
    if not isinstance(place, View):
        return None
    axes = [a.axis for a in place.axes if a.axis != FIXED]
    if axes != list(range(len(stage.loop))) or place.shape != stage.loop:
        return None
    steps = _steps(values[region.base].shape)
    shifts = {}
    for register, entry in enumerate(stage.inputs):
        if entry.value != region.base or not meets(entry.view, region.chain):
            continue
        pairs = list(zip(entry.view.axes, place.axes, strict=True))
        if any((a.axis, a.step) != (b.axis, b.step) for a, b in pairs):
            return None
        starts = [a.start - b.start for a, b in pairs]
        shifts[register] = sum(d * s for d, s in zip(starts, steps, strict=True))
    named = zip(place.axes, steps, strict=True)
    strides = [a.step * s for a, s in named if a.axis != FIXED]
    kept = [k for k, n in enumerate(stage.loop) if n > 1]
    loop = tuple(stage.loop[k] for k in kept)
    many = narrow(stage, values)
    elements = current().tile_elements * many
    return lag(loop, [strides[k] for k in kept], shifts, elements, many)


def stores(stage: Stage, shifts: dict[int, int]) -> bool:
    """Whether the last call of a tile may be the one that stores it.

    It is made when others have stored theirs: it may read but where it writes.
    """
    output, body = stage.outputs[0].register, stage.body
    if output != len(stage.inputs) + len(body) - 1 or not body:
        return False
    return not any(shifts.get(a, 0) for a in body[-1].args)


def _steps(shape: Shape) -> list[int]:
    """Return the elements between neighbours along every axis, in C order."""
    return [prod(shape[k + 1 :]) for k in range(len(shape))]
