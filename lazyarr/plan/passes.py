"""Which stages can go through memory window by window, together, and what that needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.plan.device_workspace import staying, workspace
from lazyarr.plan.model import KEPT, Pass, Plan, Stage
from lazyarr.plan.parts import window_plan
from lazyarr.plan.window import Cutter, cutters, made_along

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENOUGH = 64  # windows of an axis this long can be small
_ROWS = 64  # rows are a multiple of this many where there is room for as many
BLOCK = 512
"""Bytes that a GPU's pool rounds up to."""
RING = 2
"""Windows that are on a device at a time: one is computed while the next arrives."""
STREAMED = 64 << 20
"""Bytes of a window on a device: enough to hide what a window costs besides."""
KINDS = ("source", "map", "reduce", "rowwise")


class Sizes(NamedTuple):
    """What passes need: bytes on the device at most, and the stage that needs most."""

    peak: int
    stage: int


def passes_of(plan: Plan) -> tuple[Pass, ...]:
    """Return the passes in which a plan could run, without their number of rows."""
    result: list[Pass] = []
    last: dict[int, int] = {}  # values of the last pass: the axis that is cut
    for stage in plan.stages:
        if result and result[-1].extent:
            axis = _joins(stage, result[-1], last)
            if axis >= 0:
                one = result[-1]
                result[-1] = one._replace(
                    stages=(*one.stages, stage.id), axes=(*one.axes, axis)
                )
                last.update(made_along(stage, axis))
                continue
        axis = _first_axis(stage)
        extent = stage.loop[axis] if axis >= 0 else 0
        alone = Pass((stage.id,), (axis,), extent)
        if (
            result
            and result[-1].extent > extent
            and last.keys().isdisjoint(stage.reads)
        ):
            result.insert(-1, alone)  # it can come before: the larger pass goes on
            continue
        result.append(alone)
        last = made_along(stage, axis)
    return tuple(result)


def _first_axis(stage: Stage) -> int:
    """Return the outermost axis that is worth cutting, -1 if there is none."""
    axes = [k for k in range(len(stage.loop)) if _cuttable(stage, k)]
    long = [k for k in axes if stage.loop[k] >= _ENOUGH]
    if long:
        return long[0]
    return max(axes, key=stage.loop.__getitem__, default=-1)


def _cuttable(stage: Stage, axis: int) -> bool:
    if stage.kind not in KINDS or stage.region is not None or stage.loop[axis] < 2:
        return False
    if axis not in stage.axes:
        return True
    folds = [i for i in stage.body if i.op.kind is Kind.REDUCE]
    return stage.kind == "reduce" and all(i.op.fold is not None for i in folds)


def _joins(stage: Stage, one: Pass, made: dict[int, int]) -> int:
    """Return the axis along which a stage can go with a pass, -1 if it cannot."""
    for axis in range(len(stage.loop)):
        if stage.loop[axis] != one.extent or not _cuttable(stage, axis):
            continue
        if all(_in_step(stage, k, axis, made) for k in range(len(stage.inputs))):
            return axis
    return -1


def _in_step(stage: Stage, place: int, axis: int, made: dict[int, int]) -> bool:
    """Whether row ``k`` of a stage needs of an input only row ``k``."""
    entry = stage.inputs[place]
    if entry.value not in made:
        return True
    if entry.space == KEPT:
        if axis in stage.axes:
            return False
        axis -= sum(k < axis for k in stage.axes)
    cut = made[entry.value]
    if cut < 0:
        return False
    return [(k, a[:2]) for k, a in enumerate(entry.view.axes) if a.axis == axis] == [
        (cut, (0, 1))
    ]


# --- sizes ----------------------------------------------------------------------


class Measure:
    """Bytes that the passes of a plan need, on a device or beside NumPy's arrays.

    Parameters
    ----------
    plan : Plan
    passes : sequence of Pass
    resident : set of int
        Values that lie on the device already.
    """

    def __init__(
        self, plan: Plan, passes: Sequence[Pass], resident: frozenset[int]
    ) -> None:
        self.plan = plan
        self.device = plan.device != "cpu"
        self.resident = resident
        self.cutters = cutters(plan, passes)
        self.between = self._between()

    def _between(self) -> list[int]:
        """Return for every pass the bytes of whole values that are alive beside it.

        On a device there are none: what outlives a pass goes to the host.
        """
        if self.device:
            return [0] * len(self.cutters)
        last: dict[int, int] = {}
        for k, cutter in enumerate(self.cutters):
            for stage in cutter.stages:
                last.update(dict.fromkeys(stage.reads, k))
        last.update(dict.fromkeys(self.plan.outputs, len(self.cutters)))
        totals = [0] * len(self.cutters)
        for k, cutter in enumerate(self.cutters):
            for number in cutter.wanted:
                if cutter.stages[0].kind == "scalar" or self._shares(cutter, number):
                    continue
                for j in range(k, min(last[number], len(totals) - 1) + 1):
                    totals[j] += self.plan.values[number].nbytes
        return totals

    def _shares(self, cutter: Cutter, number: int) -> bool:
        """Whether a value lies in the memory of another."""
        role = self.plan.values[number].role
        return cutter.stages[0].kind == "view" and role != "output"

    def of(self, place: int, rows: int) -> int:
        """Return the bytes that a pass needs beside what lies between passes."""
        cutter = self.cutters[place]
        kind = cutter.stages[0].kind
        if kind in ("scalar", "view") or (not self.device and not rows):
            return 0
        window = window_plan(cutter, 0, rows).plan
        made = window.peak_bytes
        wanted = sum(cutter.made_bytes(v, rows) for v in cutter.wanted)
        if not self.device:
            return made
        arriving = whole = 0
        for slot in cutter.slots:
            if slot.value in self.resident or slot.value in cutter.host:
                continue
            if slot.walks:
                arriving += cutter.slot_bytes(slot, rows)
            else:
                whole += cutter.slot_bytes(slot, rows)
        more = (RING - 1) * (arriving + wanted) if rows else 0
        gaps = RING * BLOCK * len(window.values)
        return whole + arriving + made + more + gaps + self._beside(cutter)

    def _beside(self, cutter: Cutter) -> int:
        """Return the bytes that library functions work in on a device."""
        values = self.plan.values
        found = [stage for stage in cutter.stages if stage.kind == "library"]
        kept = {area for stage in found for area in staying(stage, values)}
        work = sum(workspace(stage, values) for stage in found)
        return work + sum(area.nbytes for area in kept)

    def rows(self, place: int, room: int) -> int:
        """Return how many rows of a pass fit; 0 if not even one does."""
        cutter = self.cutters[place]
        extent = cutter.one.extent
        low, high = 0, extent
        if self.device:
            room = min(room, max(STREAMED, self.of(place, 1)))
        while low < high:
            middle = (low + high + 1) // 2
            if self.of(place, middle) <= room:
                low = middle
            else:
                high = middle - 1
        return low if low < _ROWS or low == extent else low // _ROWS * _ROWS


def sized(
    plan: Plan, room: int, resident: frozenset[int]
) -> tuple[tuple[Pass, ...], Sizes]:
    """Return the passes of a plan with windows that fit, and what they need.

    What they need is more than the room where they do not fit.
    """
    passes = passes_of(plan)
    measure = Measure(plan, passes, resident)
    result = []
    most = Sizes(0, 0)
    for k, one in enumerate(passes):
        left = room - measure.between[k]
        rows = 0
        if one.extent:
            rows = max(1, measure.rows(k, left))
        need = measure.between[k] + measure.of(k, rows)
        if need > most.peak:
            most = Sizes(need, one.stages[0])
        result.append(one._replace(rows=rows))
    return tuple(result), most
