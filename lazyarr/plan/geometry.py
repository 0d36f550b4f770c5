"""How a stage's loop runs over these operands: order of axes, collapsed axes, the cut.

A plan knows shapes; strides are a fact of the arrays that a run brings along. What
follows from them is worked out once for every combination of strides. Beforehand, a plan
takes everything to lie in C order.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.named import NamedTuple
from lazyarr.plan.cut import VECTOR, Cut, collapse, cut
from lazyarr.plan.model import LOOP, ramp_over_loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from lazyarr.ir.node import Shape
    from lazyarr.plan.model import Stage, Value

_PLACED = ("argmin", "argmax")


class Geometry(NamedTuple):
    """A loop as it runs.

    Attributes
    ----------
    order : tuple of int
        The loop's axes, outermost first.
    groups : tuple of tuple of int
        Loop axes that run as one axis each, outermost first.
    cut : Cut
        Of the groups.
    ordered : bool
        Whether every operand's strides shrink from axis to axis of that order, so that
        NumPy would run each operation on its own in the same order.
    """

    order: Shape
    groups: tuple[Shape, ...]
    cut: Cut
    ordered: bool

    def shape(self, strides: Shape) -> Shape:
        """Return the collapsed shape of an operand with these strides."""
        return tuple(
            n if any(strides[k] for k in group) else 1
            for n, group in zip(self.cut.loop, self.groups, strict=True)
        )

    def mask(self, axes: Sequence[int]) -> int:
        """Return one bit for every group that has one of the axes."""
        return sum(
            1 << g
            for g, group in enumerate(self.groups)
            if not set(group).isdisjoint(axes)
        )

    def in_place(self, mask: int) -> bool:
        """Whether tiles begin and end where vectors do in one loop over everything.

        `mask` names the groups that the loop goes along. Elements of a tile must follow
        one another in that loop, from a multiple of `VECTOR` on.
        """
        inside, split = 1, False
        for g in reversed(range(len(self.groups))):
            if not mask >> g & 1:
                continue
            extent, tile = self.cut.loop[g], self.cut.tile[g]
            if split and (tile > 1 or inside % VECTOR):
                return False
            if tile < extent and not split:
                split = True
                if tile * inside % VECTOR:
                    return False
            inside *= extent
        return True

    def collapsed(self, array: np.ndarray, shape: Shape) -> np.ndarray:
        """Return an operand, spread over the loop's axes, with the groups as axes."""
        if self.order != tuple(range(len(self.order))):
            array = array.transpose(self.order)
        if array.shape == shape:
            return array
        collapsed: np.ndarray = array.reshape(shape, copy=False)
        return collapsed


def effective(array: np.ndarray) -> Shape:
    """Return the strides of an operand: zero where it has one element for all."""
    return tuple(
        0 if n == 1 else s for n, s in zip(array.shape, array.strides, strict=True)
    )


def squeezed(array: np.ndarray) -> np.ndarray:
    """Return the operand with one element on the axes that it repeats itself on."""
    if 0 not in array.strides:
        return array
    pairs = zip(array.shape, array.strides, strict=True)
    key: tuple[Any, ...] = tuple(
        slice(0, 1) if s == 0 and n > 1 else slice(None) for n, s in pairs
    )
    part: np.ndarray = array[key]
    return part


def geometry_of(
    stage: Stage,
    strides: Sequence[Shape],
    tile: int,
    *,
    straight: bool,
    order: Shape | None = None,
) -> Geometry:
    """Return the geometry of a stage's loop.

    Parameters
    ----------
    stage : Stage
    strides : sequence of tuple of int
        Of every operand along all axes of the loop; zero where it does not go along.
    tile : int
        Elements of a tile.
    straight : bool
        Whether elements of a tile should follow one another in the loop.
    order : tuple of int, optional
        The axes, outermost first, if they are to run in an order of their own.
    """
    ndim = len(stage.loop)
    if order is None:
        # Places of elements are counted in C order.
        fixed = any(instr.op.name in _PLACED for instr in stage.body)
        order = tuple(range(ndim)) if fixed else memory_order(ndim, strides)
    extents = tuple(stage.loop[k] for k in order)
    folded = tuple(k in stage.axes for k in order)
    laid = [tuple(s[k] for k in order) for s in strides]

    def joined(outer: int, inner: int) -> bool:
        return folded[outer] == folded[inner] and all(
            _next(s, extents, outer, inner) for s in laid
        )

    places = collapse(extents, joined)
    split = cut(
        tuple(prod(extents[k] for k in group) for group in places),
        tuple(folded[group[0]] for group in places),
        tile,
        rows=stage.kind == "rowwise",
        straight=straight,
    )
    ordered = all(_shrink(s) for s in laid)
    groups = tuple(tuple(order[k] for k in group) for group in places)
    return Geometry(order, groups, split, ordered)


def _shrink(strides: Shape) -> bool:
    sizes = [abs(s) for s in strides if s]
    return sizes == sorted(sizes, reverse=True)


def _next(strides: Shape, extents: Shape, outer: int, inner: int) -> bool:
    """Whether one step along `outer` is all steps along `inner`."""
    return strides[outer] == strides[inner] * extents[inner]


def memory_order(ndim: int, strides: Sequence[Shape]) -> Shape:
    """Return the axes in the order in which NumPy's iterator runs them, outermost first.

    An insertion sort by strides, in which an axis moves only if no operand wants it
    to stay (``npyiter_find_best_axis_ordering``).
    """
    inward = list(range(ndim - 1, -1, -1))  # innermost first
    for start in range(1, ndim):
        axis = inward[start]
        place = start
        for k in range(start - 1, -1, -1):
            swap = _swap(axis, inward[k], strides)
            if swap is False:
                break
            if swap:
                place = k
        inward.insert(place, inward.pop(start))
    return tuple(reversed(inward))


def _swap(outer: int, inner: int, strides: Sequence[Shape]) -> bool | None:
    """Whether two axes should change places; None when no operand has both."""
    answer: bool | None = None
    for s in strides:
        if s[outer] and s[inner]:
            if abs(s[inner]) <= abs(s[outer]):
                return False
            answer = True
    return answer


def ramps(stage: Stage) -> list[Shape]:
    """Return the strides of every index ramp over the loop."""
    return [
        ramp_over_loop(instr, stage.axes, len(stage.loop))[1]
        for instr in stage.body
        if instr.op.name == "iota"
    ]


def planned(stage: Stage, values: Sequence[Value]) -> list[Shape | None]:
    """Return the strides of every input over the loop as of arrays in C order.

    None stands for scalars. Behind them is what an update writes to, if that is a view.
    """
    found = [_over(stage, e.view, values[e.value].shape, e.space) for e in stage.inputs]
    region = stage.region
    if region is not None and len(region.chain) == 1:
        (place,) = region.chain
        if isinstance(place, View) and place.shape == stage.loop:
            found.append(_over(stage, place, values[region.base].shape, LOOP))
    return found


def _over(stage: Stage, view: View, base: Shape, space: int) -> Shape | None:
    """Return a view's strides along all axes of a loop."""
    if not base:
        return None
    if not view.shape:  # one element
        return (0,) * len(stage.loop)
    _, own = views.strides_of(view, base)
    steps = iter([0 if n == 1 else s for n, s in zip(view.shape, own, strict=True)])
    kept = stage.axes if space != LOOP else ()
    return tuple([0 if k in kept else next(steps) for k in range(len(stage.loop))])
