"""Stages run tile by tile: each thread takes parts, each part is worked on in tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import thread_count
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.plan.geometry import (
    Geometry,
    effective,
    geometry_of,
    memory_order,
    ramps,
    squeezed,
)
from lazyarr.plan.lag import lag, narrow
from lazyarr.plan.model import LOOP, Plan, Stage
from lazyarr.plan.overlap import meets
from lazyarr.plan.scratch import depends_on_layout, fitting, keeps_bits
from lazyarr.plan.shared import crew, longest, wanted_for
from lazyarr.runtime import around, buffers, overwritten, pool
from lazyarr.runtime.columns import is_short, scattered
from lazyarr.runtime.lane import Run
from lazyarr.runtime.operands import loader, longest_first
from lazyarr.runtime.tileprogram import TileProgram, one_on
from lazyarr.runtime.write import copy_around, region

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Shape
    from lazyarr.plan.joined import Joint

_GEOMETRIES = 64


def is_tileable(stage: Stage) -> bool:
    """Whether a stage can be run in tiles at all."""
    if stage.kind in ("library", "view", "scalar") or not stage.loop:
        return False
    for instr in stage.body:
        if instr.op.kind is Kind.REDUCE and (instr.op.fold is None or not stage.axes):
            return False
    return True


class _Setting(NamedTuple):
    """What follows from the operands' strides."""

    program: TileProgram
    shapes: list[Any]
    """Collapsed shapes of the inputs, then of the outputs; None: as they are."""
    orders: list[Shape | None]
    around: around.Layout | None = None


class TiledStage:
    """A stage, with everything known that does not depend on strides.

    Parameters
    ----------
    plan, stage
    tile : int
        Elements of a tile.
    whole : callable
        Runs the stage on whole arrays; for operands on which tiles would change bits.
    owned : bool
        Whether the base of an update may be written to, if it is donated.
    spent : dict of int to int
        By outputs: inputs whose memory these may have.
    joint : Joint, optional
        What the outputs are parts of.
    only : frozenset of int
        Values that are the only copy of the user's elements, if they are owned.
    """

    def __init__(
        self,
        plan: Plan,
        stage: Stage,
        tile: int,
        whole: Callable[[list[Any]], None],
        owned: bool,
        spent: dict[int, int] | None = None,
        joint: Joint | None = None,
        *,
        only: frozenset[int],
    ) -> None:
        self.joint = joint
        self.changed = self._changed(stage, spent or {}, only)
        self.plan = plan
        self.stage = stage
        self.order = stage.order
        self.narrow = narrow(stage, plan.values)
        self.tile = longest(stage, plan.values, tile)
        self.whole = whole
        self.spent = spent or {}
        depends = depends_on_layout(stage, plan.values)
        self.layout = [k for k, yes in enumerate(depends) if yes]
        self.donated = stage.region is not None and stage.region.donated and owned
        self.around = (
            stage.region is not None
            and stage.region.around
            and owned
            and not self.layout
        )
        self.scalar = [not plan.values[e.value].shape for e in stage.inputs]
        self.truths = frozenset(
            k for k, e in enumerate(stage.inputs) if plan.values[e.value].dtype == bool
        )
        sizes = [plan.values[e.value].dtype.itemsize for e in stage.inputs]
        arrays = [n for n, scalar in zip(sizes, self.scalar, strict=True) if not scalar]
        # Sums, and what depends on how operands lie, need NumPy's buffers as they are.
        fixed = self.layout or any(i.op.kind is Kind.REDUCE for i in stage.body)
        self.itemsize = 0 if fixed else min(arrays, default=0)
        self.spread = [self._spread(k) for k in range(len(stage.inputs))]
        count = wanted_for(stage, plan.values)
        self.wanted = min(int(count), round(crew(stage, plan.values, self.tile)))
        self.known: dict[Any, _Setting | None] = {}
        wide = tuple(
            None if k in stage.axes else slice(None) for k in range(len(stage.loop))
        )
        self.kept_space = [self._space(o.register) != LOOP for o in stage.outputs]
        self.widen = [wide if kept else None for kept in self.kept_space]

    @staticmethod
    def _changed(
        stage: Stage, spent: dict[int, int], only: frozenset[int]
    ) -> tuple[int, ...]:
        """Return the outputs that may be written over the only copy of elements."""
        if not only:
            return ()
        if stage.region is not None:
            return (0,) if stage.region.base in only else ()
        return tuple([k for k, e in spent.items() if stage.inputs[e].value in only])

    def _spread(self, number: int) -> tuple[Callable[[Any], Any] | None, Any]:
        """Return what makes an input an array with all axes of the loop."""
        stage = self.stage
        entry = stage.inputs[number]
        call, shape = loader(entry.view, self.plan.values[entry.value].shape)
        space = stage.loop if entry.space == LOOP else stage.kept
        axes = [
            k
            for k in range(len(stage.loop))
            if entry.space == LOOP or k not in stage.axes
        ]
        present = axes[len(space) - len(shape) :]
        if len(present) == len(stage.loop):
            return call, None
        key = tuple(
            slice(None) if k in present else None for k in range(len(stage.loop))
        )
        return call, key

    # --- a run ----------------------------------------------------------------

    def run(self, held: list[Any]) -> None:
        """Compute the stage's outputs into the list of held values."""
        arrays = [self._operand(k, held) for k in range(len(self.scalar))]
        if self.around and self._run_around(held, arrays):
            return
        target = self._target(held)
        if target is _UNVIEWABLE:
            self.whole(held)
            return
        setting = self._known(arrays, target, None)
        if setting is None:
            self.whole(held)
            return
        self._run(held, setting, arrays, target)

    def _run_around(self, held: list[Any], arrays: list[Any]) -> bool:
        """Write in place though what is overwritten is read, if tiles can; say whether."""
        stage = self.stage
        assert stage.region is not None
        base = held[stage.region.base]
        place = region(base, stage.region.chain)
        if place is None or place.shape != stage.loop or 0 in place.strides:
            return False
        setting = self._known(arrays, (base, place), base)
        if setting is None or setting.around is None:
            return False
        self._run(held, setting, arrays, (base, place))
        return True

    def _known(self, arrays: list[Any], target: Any, base: Any) -> _Setting | None:
        """Return what follows from the operands' strides; worked out once for each."""
        shaped = [a for a, s in zip(arrays, self.scalar, strict=True) if not s]
        if target is not None:
            shaped.append(target[1])
        key = (base is None, *[(a.shape, a.strides) for a in shaped])
        try:
            return self.known[key]
        except KeyError:
            pass
        if base is None:
            setting = self._setting(arrays, shaped)
        else:
            setting = self._around(arrays, shaped, base)
        if len(self.known) >= _GEOMETRIES:
            self.known.clear()
        self.known[key] = setting
        return setting

    def _around(
        self, arrays: list[Any], shaped: list[Any], base: np.ndarray
    ) -> _Setting | None:
        """Return what follows from the strides if tiles write around what they read."""
        stage = self.stage
        region = stage.region
        if region is None or around.flat(base) is None:
            return None
        strides = [effective(a) for a in shaped] + ramps(self.stage)
        order = longest_first(shaped[-1].strides)
        geometry = self._geometry(strides, self.tile, order)
        loop = geometry.cut.loop
        place = geometry.collapsed(shaped[-1], loop)
        seen = [
            (k, geometry.collapsed(arrays[k], geometry.shape(effective(arrays[k]))))
            for k, entry in enumerate(stage.inputs)
            if entry.value == region.base
            and (meets(entry.view, region.chain) or (entry.view,) == region.chain)
        ]
        moved = around.shifts(place, seen)
        if moved is None:
            return None
        steps = [s // base.itemsize for s in place.strides]
        found = lag(loop, steps, moved, self.tile, self.narrow)
        if found is None:
            return None
        program = self._program(arrays, around.tiled(geometry, found))
        made = around.layout(base, place, program, found)
        return self._settled(program, arrays)._replace(around=made)

    def _run(
        self,
        held: list[Any],
        setting: _Setting,
        arrays: list[Any],
        target: Any,
    ) -> None:
        program, shapes, orders, made = setting
        outputs = (
            [target[1]] if target is not None else self._outputs(orders, arrays, held)
        )
        operands = [
            array if shape is None else program.geometry.collapsed(array, shape)
            for array, shape in zip(arrays, shapes, strict=False)
        ]
        places = []
        for k, array in enumerate(outputs):
            widen = self.widen[k]
            wide = array if widen is None else array[widen]
            shape = shapes[len(operands) + k]
            places.append(
                wide if shape is None else program.geometry.collapsed(wide, shape)
            )
        count = min(self.wanted, thread_count()) if self.wanted > 1 else 1
        if self.changed:  # from here on
            if made is None:
                pool.provide(program.nbytes, min(count, program.parts))
            else:
                pool.provide(made.most, made.sets(count))
            for k in self.changed:
                overwritten.note(outputs[k])
        if made is None:
            Run(program, operands, places).run(count)
        else:
            around.AroundRun(made, target[0], operands, places).run(count)
        for k, output in enumerate(self.stage.outputs):
            result = outputs[k] if target is None else target[0]
            held[output.value] = result if result.ndim else result[()]

    def _operand(self, number: int, held: list[Any]) -> Any:
        array = held[self.stage.inputs[number].value]
        if self.scalar[number]:
            return array
        call, wide = self.spread[number]
        if call is not None:
            array = call(array)
        return squeezed(array if wide is None else array[wide])

    def _target(self, held: list[Any]) -> Any:
        """Return an update's result and the region of it to write to."""
        update = self.stage.region
        if update is None:
            return self._in_order()
        base = held[update.base]
        if region(np.asarray(base), update.chain) is None:
            return _UNVIEWABLE
        result = base if self.donated else copy_around(base, update.chain)
        place = region(result, update.chain)
        if place is None or place.shape != self.stage.loop or _repeats(place):
            return _UNVIEWABLE
        return result, place

    def _in_order(self) -> Any:
        """Return memory for a copy whose axes are to lie in it in another order."""
        order = self.order
        if order is None:
            return None
        value = self.plan.values[self.stage.outputs[0].value]
        made = pool.empty(value.shape, value.dtype, order)
        return made, made

    def _setting(self, arrays: list[Any], shaped: list[Any]) -> _Setting | None:
        strides = [effective(a) for a in shaped] + ramps(self.stage)
        order = None
        if self.order is not None:  # as it reads: less pages of memory in a tile
            order = memory_order(len(self.stage.loop), strides[: len(shaped) - 1])

        def tried(tile: int) -> tuple[TileProgram, int, bool]:
            program = self._program(arrays, self._geometry(strides, tile, order))
            geometry, masks = program.geometry, program.masks
            kept = keeps_bits(self.stage, geometry, masks, self.layout)
            return program, program.nbytes, kept

        _, program, kept = fitting(self.tile, self.layout, tried)
        return self._settled(program, arrays) if kept else None

    def _geometry(
        self, strides: list[Shape], tile: int, order: Shape | None = None
    ) -> Geometry:
        straight = bool(self.layout)
        return geometry_of(self.stage, strides, tile, straight=straight, order=order)

    def _program(self, arrays: list[Any], geometry: Geometry) -> TileProgram:
        masks = [
            0 if scalar else geometry.mask(_present(array))
            for array, scalar in zip(arrays, self.scalar, strict=True)
        ]
        loose: set[int] = set()
        if is_short(geometry):
            extent = geometry.cut.loop[-1]
            loose.update(
                k
                for k, (array, scalar) in enumerate(
                    zip(arrays, self.scalar, strict=True)
                )
                if not scalar and scattered(geometry, effective(array), extent)
            )
        facts = (masks, self.layout, frozenset(loose), self.truths)
        buffer = buffers.elements(geometry, self.itemsize)
        return TileProgram(self.stage, geometry, *facts, frozenset(self.spent), buffer)

    def _settled(self, program: TileProgram, arrays: list[Any]) -> _Setting:
        geometry = program.geometry
        loop = geometry.cut.loop
        plain = geometry.order == (0,) and len(loop) == 1
        shapes = [
            None if scalar or plain else geometry.shape(effective(array))
            for array, scalar in zip(arrays, self.scalar, strict=True)
        ]
        folded = [g for g, yes in enumerate(geometry.cut.folded) if yes]
        shapes += [
            None if plain else one_on(loop, folded) if kept else loop
            for kept in self.kept_space
        ]
        return _Setting(program, shapes, self._orders(geometry))

    def _orders(self, geometry: Geometry) -> list[Shape | None]:
        """Return for every output its axes as they lie in memory, outermost first."""
        stage = self.stage
        result: list[Shape | None] = []
        for kept in self.kept_space:
            axes = [
                k for k in range(len(stage.loop)) if not kept or k not in stage.axes
            ]
            place = {axis: j for j, axis in enumerate(axes)}
            order = tuple(place[k] for k in geometry.order if k in place)
            result.append(None if order == tuple(range(len(order))) else order)
        return result

    def _outputs(
        self, orders: list[Shape | None], arrays: list[Any], held: list[Any]
    ) -> list[np.ndarray]:
        values = self.plan.values
        outputs = []
        parts: dict[int, Any] = {}
        if self.joint is not None:
            whole = values[self.joint.result]
            made = held[whole.id] = pool.empty(whole.shape, whole.dtype)
            parts = {part: made[key] for part, key in self.joint.keys.items()}
            for number, key in self.joint.before.items():
                made[key] = held[number]
        for k, (o, order) in enumerate(zip(self.stage.outputs, orders, strict=True)):
            over = self.spent.get(k)
            if o.value in parts:
                outputs.append(parts[o.value])
            elif over is not None and _may_hold(arrays[over], order):
                outputs.append(arrays[over])
            else:
                value = values[o.value]
                outputs.append(pool.empty(value.shape, value.dtype, order))
        return outputs

    def _space(self, register: int) -> int:
        first = len(self.stage.inputs)
        if register < first:
            return self.stage.inputs[register].space
        return self.stage.body[register - first].space


_UNVIEWABLE = object()


def _may_hold(array: np.ndarray, order: Shape | None) -> bool:
    """Whether an array lies in memory as a result would, in its order of axes."""
    laid = array if order is None else array.transpose(order)
    return laid.flags.c_contiguous and laid.flags.writeable


def _repeats(array: np.ndarray) -> bool:
    """Whether one element stands for several of an array."""
    return any(n > 1 and not s for n, s in zip(array.shape, array.strides, strict=True))


def _present(array: np.ndarray) -> list[int]:
    """Return the axes that an operand goes along."""
    return [k for k, s in enumerate(effective(array)) if s]
