"""What a stage on whole arrays needs beside its results, as the executor frees arrays."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import TYPE_CHECKING

from lazyarr.ops.row import Kind
from lazyarr.ops.standard import TAKES_OUT
from lazyarr.plan.geometry import planned
from lazyarr.plan.model import ramp_over_loop, stream_places
from lazyarr.plan.scratch import depends_on_layout

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence, Set

    from lazyarr.plan.model import Instr, Stage, Value


_LEAST = 1 << 16  # bytes from which an array between two calls lies in scratch


class Slots:
    """Scratch for arrays between two calls, which those of one kind use in turn."""

    def __init__(self) -> None:
        self.nbytes = 0
        self.idle: Counter[Hashable] = Counter()

    def take(self, kind: Hashable, nbytes: int) -> None:
        """Use scratch of this kind that is idle, or more of it."""
        if self.idle[kind]:
            self.idle[kind] -= 1
        else:
            self.nbytes += nbytes


def scratch_for(
    stages: Sequence[Stage],
    values: tuple[Value, ...],
    outputs: Sequence[int],
    last_use: dict[int, int],
) -> int:
    """Return the bytes of scratch of a plan without tiles: 0 if it uses none."""
    if any(len(stage.loop) > 1 and not _in_order(stage) for stage in stages):
        return 0
    slots = Slots()
    ends: dict[int, list[Hashable]] = {}
    for stage in stages:
        nbytes = 16 * stage.size
        if nbytes >= _LEAST and stage.kind not in ("library", "view", "scalar", "copy"):
            Arrays(stage, values, slots, Arrays(stage, values).stored())
            for output in stage.outputs:
                value = values[output.value]
                if output.value in outputs or value.nbytes < _LEAST:
                    continue
                kind = (value.shape, value.dtype)
                slots.take(kind, value.nbytes)
                ends.setdefault(last_use.get(value.id, stage.id), []).append(kind)
        slots.idle.update(ends.pop(stage.id, ()))
    return slots.nbytes


def _in_order(stage: Stage) -> bool:
    """Whether all that a stage makes lies in C order if what it reads does."""
    maps = [i for i in stage.body if i.op.kind is not Kind.REDUCE]
    return all(isinstance(instr.op.numpy, TAKES_OUT) for instr in maps)


class Arrays:
    """The arrays of a stage, one after the other.

    Parameters
    ----------
    stage : Stage
    values : tuple of Value
    slots : Slots, optional
        Which they lie in, but for those that are `stored`.
    """

    def __init__(
        self,
        stage: Stage,
        values: tuple[Value, ...],
        slots: Slots | None = None,
        stored: Set[int] = frozenset(),
    ) -> None:
        self.stage = stage
        self.slots = slots
        self.apart = stored
        self.over: dict[int, int] = {}
        self.first = len(stage.inputs)
        self.kept = {output.register for output in stage.outputs}
        self.last = self._last_readers()
        self.axes: list[frozenset[int]] = [
            frozenset(k for k, step in enumerate(laid or ()) if step)
            for laid in planned(stage, values)[: self.first]
        ]
        self.sizes = [0] * self.first
        self.fussy = depends_on_layout(stage, values)
        self.streams = stream_places(stage)
        self.alive = self.peak = 0
        for number, instr in enumerate(stage.body):
            self._make(number, instr)

    def _last_readers(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for number, instr in enumerate(self.stage.body):
            found.update(dict.fromkeys(instr.args, number))
        return found

    def _make(self, number: int, instr: Instr) -> None:
        """Count the array of an instruction; let go of those that it is the last to read."""
        register = self.first + number
        self.axes.append(self._axes_of(instr))
        nbytes = prod(self.stage.loop[k] for k in self.axes[-1]) * instr.dtype.itemsize
        if instr.op.name == "iota" and (
            not self.axes[-1] or register in self.streams
        ):  # a number, or numbers that nobody writes down
            nbytes = 0
        self.sizes.append(nbytes)
        ending = {
            arg
            for arg in instr.args
            if arg >= self.first and arg not in self.kept and self.last[arg] == number
        }
        over = (
            min(self._alike(instr, ending))
            if self._is_over(number, instr, ending)
            else -1
        )
        self.alive += 0 if over >= 0 else nbytes
        self.peak = max(self.peak, self.alive)
        ending.discard(over)
        self.over[register] = over
        self.alive -= sum(self.sizes[arg] for arg in ending)
        if self.slots is not None:
            self.slots.idle.update(self._kind(arg) for arg in ending)
            if over < 0 and register not in self.apart and nbytes >= _LEAST:
                self.slots.take(self._kind(register), nbytes)

    def stored(self) -> set[int]:
        """Return the registers that lie where a result will."""
        found = set(self.kept)
        for register, before in reversed(self.over.items()):
            if register in found:
                found.add(before)
        return found

    def _kind(self, register: int) -> Hashable:
        """Return what tells which arrays may lie where another one has lain."""
        sides = tuple([self.stage.loop[k] for k in sorted(self.axes[register])])
        return sides, self.stage.body[register - self.first].dtype

    def _axes_of(self, instr: Instr) -> frozenset[int]:
        """Return the axes of the loop that an array goes along."""
        if instr.op.name == "iota":
            _, strides = ramp_over_loop(instr, self.stage.axes, len(self.stage.loop))
            return frozenset(k for k, step in enumerate(strides) if step)
        found = frozenset[int]().union(*[self.axes[arg] for arg in instr.args])
        if instr.op.kind is Kind.REDUCE:
            every = range(len(self.stage.loop))
            return frozenset(k for k in every if k not in self.stage.axes)
        return found

    def _alike(self, instr: Instr, ending: set[int]) -> list[int]:
        """Return the operands in whose memory the result may lie."""
        body = self.stage.body
        return [
            arg
            for arg in ending
            if body[arg - self.first].dtype == instr.dtype
            and self.axes[arg] == self.axes[-1]
            and body[arg - self.first].op.kind is Kind.MAP
        ]

    def _is_over(self, number: int, instr: Instr, ending: set[int]) -> bool:
        if instr.op.kind is not Kind.MAP or not isinstance(instr.op.numpy, TAKES_OUT):
            return False
        if instr.op.name in ("astype", "copy") or self.fussy[number]:
            return False
        alike = self._alike(instr, ending)
        if len(self.axes[-1]) < 2:
            return bool(alike)
        return any(
            all(arg == one or not self.axes[arg] for arg in instr.args) for one in alike
        )
