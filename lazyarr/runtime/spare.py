"""Memory that is used again for what a program of calls has only between two of them.

NumPy takes memory from the system for every array and may give it back at once; of
arrays of some hundred kilobytes, that costs more than the arithmetic. Here such arrays
lie in scratch that stays, and large results in buffers that come back.
"""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from lazyarr.named import NamedTuple
from lazyarr.ops.row import OPS, Kind
from lazyarr.ops.standard import TAKES_OUT
from lazyarr.plan.quantities import aligned
from lazyarr.runtime import pool
from lazyarr.runtime.buffers import Unbuffered
from lazyarr.runtime.operands import keeps_order
from lazyarr.runtime.write import reshaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.runtime.steps import Register, Step

FREE = 0
"""Form of a step that empties its slot."""
INTO = 10
"""Added to a step's form: its result is written into the array that its slot holds."""
MANY = -1
"""Form of a step whose operands are a tuple of slots."""
SCRATCH = 1 << 16
"""Bytes from which what lies between two calls lies in scratch."""
RESULT = 1 << 19
"""Bytes from which a result lies in a buffer of the pool."""
_PLAIN = (1, 2, INTO + 1, INTO + 2)
_WRITERS = (*TAKES_OUT, Unbuffered)
_FOLDS = {op.numpy for op in OPS.values() if op.kind is Kind.REDUCE}
"""What reads an array and keeps nothing of it."""


class Spare(NamedTuple):
    """A program's steps, and the memory that they write into.

    Attributes
    ----------
    segments : list of tuple
        Steps, by stage.
    outputs : list of int
        Slots of the results.
    nbytes : int
        Of the scratch.
    views : list of tuple
        In the scratch: slot, where it begins, dtype, shape.
    results : list of tuple
        In buffers of the pool: slot, shape, dtype.
    arrays : list of int
        Slots of the leaves that must lie in C order, or results would not.
    """

    segments: list[tuple[int, list[Step]]]
    outputs: list[int]
    nbytes: int
    views: list[tuple[int, int, DType, Shape]]
    results: list[tuple[int, Shape, DType]]
    arrays: list[int]

    def fits(self, leaves: Sequence[Any]) -> bool:
        """Whether the leaves lie in memory as the scratch does."""
        return all(leaves[k].flags.c_contiguous for k in self.arrays)


class _Life(NamedTuple):
    """An array in a slot, from the step that makes it to the last one that uses it."""

    register: Register
    steps: list[int]
    outputs: list[int]  # the results that it is: their numbers
    slot: int
    replaces: bool  # whether its slot holds another array before

    @property
    def nbytes(self) -> int:
        dtype = self.register.dtype
        return 0 if dtype is None else prod(self.register.shape) * dtype.itemsize


def spared(
    segments: Sequence[tuple[int, list[Step]]],
    made: Sequence[Register | None],
    outputs: Sequence[int],
    leaves: Sequence[tuple[int, Register]],
    first: int,
) -> Spare | None:
    """Return the steps with memory for what they make, if that is large enough.

    Parameters
    ----------
    segments
        Steps of a program, by stage.
    made
        What each step puts into its slot; None for one that empties it.
    outputs
        Slots of the results.
    leaves
        Slots of the leaves, and what they hold.
    first
        A slot that is not used, nor those behind it.
    """
    steps = [step for _, part in segments for step in part]
    least = min(SCRATCH, RESULT)
    kinds = {(entry.shape, entry.dtype) for entry in made if entry is not None}
    if not any(d and prod(shape) * d.itemsize >= least for shape, d in kinds):
        return None
    lives = [life for life in _lives(steps, made, outputs) if _movable(life, steps)]
    if not lives or not _in_c_order(steps, made):
        return None
    straight = [slot for slot, entry in leaves if len(entry.shape) > 1]
    spare = Spare([], list(outputs), 0, [], [], straight)
    idle: list[tuple[int, int]] = []  # (last step, place among the views)
    slot = first
    for life in lives:
        shape, dtype = life.register.shape, life.register.dtype
        assert dtype is not None
        found = None if life.outputs else _idle(spare, idle, life)
        if life.outputs:
            spare.results.append((slot, shape, dtype))
            for k in life.outputs:
                spare.outputs[k] = slot
        elif found is None:
            idle.append((life.steps[-1], len(spare.views)))
            spare.views.append((slot, spare.nbytes, dtype, shape))
            spare = spare._replace(nbytes=spare.nbytes + aligned(life.nbytes))
        _move(steps, life, slot if found is None else found)
        slot += found is None
    # What lies in the slot that a moved array had is let go all the same.
    slots = {v.steps[0]: v.slot for v in lives if v.replaces}
    spare.segments.extend(_emptying(segments, steps, slots))
    return spare


def in_time(spare: Spare) -> list[tuple[int, list[Step]]]:
    """Return the segments, with calls that take the buffers of results when these begin.

    Where other stages come before and after, memory for all at once would be too much.
    """
    waiting = {slot: (shape, dtype) for slot, shape, dtype in spare.results}
    segments = []
    for number, before in spare.segments:
        part: list[Step] = []
        for step in before:
            *_, out, at = step
            if step[0] > INTO and out in waiting:
                call = partial(pool.empty, *waiting.pop(out))
                part.append((MANY, call, (), 0, 0, out, at))
            part.append(step)
        segments.append((number, part))
    return segments


def _emptying(
    segments: Sequence[tuple[int, list[Step]]],
    steps: Sequence[Step],
    slots: Mapping[int, int],
) -> Iterator[tuple[int, list[Step]]]:
    """Yield the steps by stage, and behind some of them one that empties a slot."""
    first = 0
    for number, before in segments:
        part: list[Step] = []
        for k in range(first, first + len(before)):
            part.append(steps[k])
            if k in slots:
                _, function, *_, at = steps[k]
                part.append((FREE, function, 0, 0, 0, slots[k], at))
        first += len(before)
        yield number, part


def _idle(spare: Spare, idle: list[tuple[int, int]], life: _Life) -> int | None:
    """Return the slot of scratch that nobody uses any more and that fits."""
    for place, (until, k) in enumerate(idle):
        slot, _, dtype, shape = spare.views[k]
        fits = (shape, dtype) == (life.register.shape, life.register.dtype)
        if fits and until <= life.steps[0]:  # a call may write over what it reads
            idle[place] = (life.steps[-1], k)
            return slot
    return None


def _lives(
    steps: Sequence[Step], made: Sequence[Register | None], outputs: Sequence[int]
) -> list[_Life]:
    """Return the arrays that steps make, in order."""
    lives: list[_Life] = []
    here: dict[int, _Life] = {}
    for k, (step, entry) in enumerate(zip(steps, made, strict=True)):
        form, _, a, b, c, out, _ = step
        if entry is None:
            here.pop(out, None)
            continue
        read = a if isinstance(a, tuple) else (a, b, c)[: form % INTO]
        for slot in read:
            if slot in here:
                here[slot].steps.append(k)
        if form < INTO and not (isinstance(a, tuple) and out in a):
            here[out] = _Life(entry, [k], [], out, out in here)
            lives.append(here[out])
    for number, slot in enumerate(outputs):
        if slot in here:
            here[slot].outputs.append(number)
    return lives


def _in_c_order(steps: Sequence[Step], made: Sequence[Register | None]) -> bool:
    """Whether every result lies in C order if the leaves do."""
    return all(
        entry is None
        or len(entry.shape) < 2
        or isinstance(step[1], _WRITERS)
        or (isinstance(step[1], partial) and step[1].func is reshaped)
        or keeps_order(step[1])
        for step, entry in zip(steps, made, strict=True)
    )


def _movable(life: _Life, steps: Sequence[Step]) -> bool:
    """Whether a ufunc makes an array, large enough to matter, and no view of it is taken.

    Folds may read it.
    """
    if life.nbytes < (RESULT if life.outputs else SCRATCH):
        return False
    calls = [steps[k] for k in life.steps]
    return isinstance(calls[0][1], _WRITERS) and all(
        call[0] in _PLAIN and (isinstance(call[1], _WRITERS) or call[1] in _FOLDS)
        for call in calls
    )


def _move(steps: list[Step], life: _Life, slot: int) -> None:
    """Let an array's steps find it in another slot."""
    old = life.slot
    for place, k in enumerate(life.steps):
        form, function, a, b, c, out, at = steps[k]
        if place == 0:
            steps[k] = (form + INTO, function, a, b, c, slot, at)
            continue
        binary = form % INTO == 2
        a, b = slot if a == old else a, slot if binary and b == old else b
        out = slot if form > INTO and out == old else out
        steps[k] = (form, function, a, b, c, out, at)
