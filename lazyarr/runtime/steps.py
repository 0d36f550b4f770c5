"""Calls over numbered registers, and which slot each register gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

from lazyarr.named import NamedTuple
from lazyarr.runtime import floating
from lazyarr.runtime.spare import FREE, INTO, MANY, Spare, spared

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.runtime.floating import Origin

# (arity or form, function, up to three operands, result, place)
Step: TypeAlias = tuple[int, Callable[..., Any], Any, int, int, int, int]

_FREED_BYTES = 1 << 12
_UNREAD = -1
_NEVER = 1 << 60


@floating.loop
def run_steps(steps: Sequence[Step], r: list[Any], places: Sequence[Origin]) -> None:
    """Run the calls over the registers."""
    at = 0
    try:
        for form, f, a, b, c, o, at in steps:  # noqa: B007 - Notes reads it
            if form == 2:
                r[o] = f(r[a], r[b])
            elif form == 12:
                f(r[a], r[b], r[o])
            elif form == 1:
                r[o] = f(r[a])
            elif form == 11:
                f(r[a], r[o])
            elif form == 3:
                r[o] = f(r[a], r[b], r[c])
            elif form == FREE:
                r[o] = None
            else:
                r[o] = f(*[r[k] for k in a])
    except Exception as error:
        raise floating.failure(error, places[at]) from error


class Call(NamedTuple):
    """A step before registers are assigned."""

    function: Callable[..., Any]
    args: tuple[int, ...]
    result: int
    at: int
    reuse: bool  # whether the result may be written over an operand


class Register(NamedTuple):
    """What is known of a register."""

    shape: Shape
    dtype: DType | None
    fresh: bool  # computed by a call, in memory of its own
    root: int  # the register whose memory it shares


class Draft:
    """Calls in order, with the registers they read and write."""

    def __init__(self) -> None:
        self.registers: list[Register] = []
        self.constants: dict[int, Any] = {}
        self.leaves: dict[int, int] = {}  # register: place among the leaves
        self.spent: set[int] = set()  # leaves whose memory nobody needs afterwards
        self.calls: list[tuple[int, list[Call]]] = []  # by stage
        self.places: list[Origin] = []


class Program:
    """Calls over registers: the leaves first, then blank ones and constants."""

    __slots__ = ("blank", "outputs", "places", "segments", "spare", "steps", "taken")

    def __init__(
        self,
        taken: int,
        blank: list[Any],
        segments: list[tuple[int, list[Step]]],
        outputs: list[int],
        places: list[Origin],
        spare: Spare | None,
    ) -> None:
        self.taken = taken
        self.blank = blank
        self.segments = segments
        self.steps = [step for _, steps in segments for step in steps]
        self.outputs = outputs
        self.places = places
        self.spare = spare

    def registers(self, leaves: Sequence[Any]) -> list[Any]:
        """Return the registers at the start."""
        return [*leaves[: self.taken], *self.blank]

    def results(self, r: list[Any]) -> list[Any]:
        """Return the results from the registers at the end."""
        return [r[k] for k in self.outputs]


class Assigner:
    """Gives registers their slots: a slot is free again after its last reader."""

    def __init__(self, source: Draft, outputs: list[int]) -> None:
        self.source = source
        self.outputs = outputs
        self.registers = source.registers
        count = len(source.registers)
        self.last = [_UNREAD] * count  # call that reads a register
        self.ends = [_UNREAD] * count  # and that reads what shares its memory
        self._look()
        self.lasting = {*source.leaves, *source.constants} - source.spent
        # Leaves keep their places; slots come behind the last that is used.
        self.taken = max(source.leaves.values(), default=-1) + 1
        self.slot = dict(source.leaves)  # of every register
        self.free: list[int] = []
        self.blank: list[Any] = []
        self.made: list[Register | None] = []  # by each step in its slot

    def _look(self) -> None:
        """See which calls are the last ones."""
        last, ends = self.last, self.ends
        roots = [entry.root for entry in self.registers]
        moment = 0
        for _, calls in self.source.calls:
            for _, args, result, _, _ in calls:
                for arg in args:
                    last[arg] = ends[roots[arg]] = moment
                if last[result] == _UNREAD:
                    last[result] = moment
                moment += 1
        for output in self.outputs:
            last[output] = ends[roots[output]] = _NEVER

    def program(self) -> Program:
        """Return the calls with their slots."""
        for number, value in self.source.constants.items():
            self.slot[number] = self._new()
            self.blank[-1] = value
        segments: list[tuple[int, list[Step]]] = []
        moment = 0
        for stage, calls in self.source.calls:
            steps: list[Step] = []
            for call in calls:
                steps += self._steps(call, moment)
                moment += 1
            segments.append((stage, steps))
        outputs = [self.slot[k] for k in self.outputs]
        spare = self._spare(segments, outputs)
        places = self.source.places
        return Program(self.taken, self.blank, segments, outputs, places, spare)

    def _spare(
        self, segments: list[tuple[int, list[Step]]], outputs: list[int]
    ) -> Spare | None:
        """Return the calls with scratch; its slots come behind all others."""
        leaves = [(k, self.registers[n]) for n, k in self.source.leaves.items()]
        first = self.taken + len(self.blank)
        spare = spared(segments, self.made, outputs, leaves, first)
        if spare is not None:
            self.blank += [None] * (len(spare.views) + len(spare.results))
        return spare

    def _new(self) -> int:
        self.blank.append(None)
        return self.taken + len(self.blank) - 1

    def _dying(self, args: tuple[int, ...], moment: int) -> list[int]:
        """Return the operands that nobody reads again."""
        last, lasting = self.last, self.lasting
        dying: list[int] = []
        # A view holds the array that it is one of.
        for a in args:
            if last[a] == moment and a not in lasting and a not in dying:
                dying.append(a)
        return dying

    def _steps(self, call: Call, moment: int) -> list[Step]:
        function, args, made, at, reuse = call
        slot, free = self.slot, self.free
        slots = [slot[a] for a in args]
        form = len(slots) if len(slots) < INTO else MANY
        dying = self._dying(args, moment)
        target = self._overwritten(args, made, dying) if reuse and dying else None
        if target is not None:
            dying.remove(target)
            form += INTO
        free += [slot[register] for register in dying]
        if target is not None:
            result = slot[target]
        else:
            result = free.pop() if free else self._new()
        slot[made] = result
        if form in (2, 12):
            a, b = slots
            step: Step = (form, function, a, b, 0, result, at)
        elif form in (1, 11):
            step = (form, function, slots[0], 0, 0, result, at)
        elif form == 3:
            step = (form, function, *slots, result, at)  # type: ignore[assignment]
        else:
            many = tuple(slots) if target is None else (*slots, result)
            step = (MANY, function, many, 0, 0, result, at)
        self.made.append(self.registers[made])
        steps = [step]
        for register in dying:
            if slot[register] != result and self._heavy(register):
                steps.append((FREE, function, 0, 0, 0, slot[register], at))
                self.made.append(None)
        if self.last[made] == moment:  # nobody reads it
            free.append(result)
        return steps

    def _heavy(self, register: int) -> bool:
        """Whether a slot holds much: an array, or a part of one that would else be gone."""
        root = self.registers[register].root
        return self._is_large(register) or (
            root not in self.lasting and self._is_large(root)
        )

    def _is_large(self, register: int) -> bool:
        entry = self.registers[register]
        itemsize = entry.dtype.itemsize if entry.dtype is not None else 0
        return prod(entry.shape) * itemsize >= _FREED_BYTES

    def _overwritten(
        self, args: tuple[int, ...], made: int, dying: list[int]
    ) -> int | None:
        """Return a dying operand, in memory of its own, that the result may replace."""
        result = self.registers[made]
        for a in dying:
            shape, dtype, fresh, root = self.registers[a]
            if (
                fresh
                and shape == result.shape != ()
                and dtype == result.dtype
                and self.ends[root] == self.last[a]
                and self._alike(args, a, shape)
            ):
                return a
        return None

    def _alike(self, args: tuple[int, ...], target: int, shape: Shape) -> bool:
        """Whether the result would lie in memory as the operand does."""
        if sum([n > 1 for n in shape]) < 2:
            return True
        return all(b == target or not self.registers[b].shape for b in args)
