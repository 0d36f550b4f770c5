"""How long several threads take for the tiles of a stage.

They start one after the other, and only one of them at a time can be between two calls
of NumPy, for that needs the interpreter's lock. So they are customers of one counter:
each works at a tile for itself, then has to be served. As long as the others are at work
it is served at once; when many stand there, what serving takes adds up over all.
"""

from __future__ import annotations

from math import hypot, sqrt
from typing import TYPE_CHECKING

from lazyarr.ir.view import FIXED
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.plan.cut import VECTOR
from lazyarr.plan.lag import narrow
from lazyarr.plan.model import LOOP
from lazyarr.plan.tally import tallied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lazyarr.plan.model import Stage, Value
    from lazyarr.plan.profile import DeviceProfile
    from lazyarr.plan.tally import Alike

# As the executor on the CPU counts: seconds of a cheap operation, of the work from which
# another thread is woken up, and into how many parts it cuts what is heavy but not long.
SECONDS_PER_OP = 0.25e-9
WORTHWHILE = 150e-6
PARTS = 4
LEAST = 1 << 14
# What an operation, each of its multiplications and a byte from memory take one thread;
# what each other thread holds one up that takes its turn at the interpreter's lock, how
# many turns a fold takes, and what it takes to start another thread.
SECONDS_PER_PASS = 0.25e-9
SECONDS_PER_FLOP = 0.12e-9
SECONDS_PER_BYTE = 0.1e-9
TURN = 1e-6
FOLD = 6
WAKE = 80e-6
KEEN = 3  # times as long, where calls are short: who has let the lock go wants it back
FEWEST = 2
SHARES = 16
"""Parts of a library function's result, at most: they depend on the shape alone."""
NEAR = 16  # tiles of what one thread does as soon as it would do one after the other


def parted(axis: int | None, ndim: int) -> int:
    """Return the axis of which several threads sort parts along another one, or -1."""
    if axis is None or ndim < 2:
        return -1
    return 0 if axis % ndim else ndim - 1


class Ease(NamedTuple):
    """How well threads share a stage.

    Attributes
    ----------
    alone : float
        Seconds of an element, on one thread.
    turns : float
        Seconds for which a tile keeps each other thread from the interpreter's lock.
    """

    alone: float
    turns: float

    def crew(self, tile: float, size: float) -> float:
        """Return how many threads do so many elements soonest, in such tiles.

        Of n threads each does a tile in the n-th part of its time, and waits n times as
        long for its turns; the n-th starts when the others have. With more than so many,
        what is waited grows by more than work is saved.
        """
        return max(FEWEST, self.soonest(min(tile, size), size))

    def soonest(self, tile: float, size: float) -> float:
        """Return the same; less than two where two take longer than one."""
        waited = self.turns + WAKE * tile / size
        return sqrt(tile * self.alone / waited)


class Tiles(NamedTuple):
    """The tiles of a stage: how many, and for each of them, on one thread alone, ...

    Attributes
    ----------
    number : float
    each : float
        ... its seconds.
    calls, folds : float
        ... its calls of NumPy, and the folds among the work.
    least : float
        Seconds of a tile with all threads at work, as memory allows.
    """

    number: float
    each: float
    calls: float
    folds: float
    least: float = 0.0


def wanted(size: float, weight: float) -> float:
    """Return how many threads a stage is worth."""
    return size * weight * SECONDS_PER_OP / WORTHWHILE


def wanted_for(stage: Stage, values: tuple[Value, ...]) -> float:
    """Return the same of a stage whose weight is not known."""
    return wanted(stage.size, weight_of(stage, values, tallied(stage, values)))


def weight_of(stage: Stage, values: tuple[Value, ...], tally: Iterable[Alike]) -> float:
    """Return how many cheap operations an element of eight bytes takes.

    What is done with the results of folds is not done for each element, nor are these
    stored. An operation takes as long as the widest of what it reads and makes: of
    booleans, an eighth. So does a store.
    """
    first = len(stage.inputs)
    sizes = [values[entry.value].dtype.itemsize for entry in stage.inputs]
    widest = max(sizes, default=1)
    work = 0
    for op, dtype, space, args, count in tally:
        widest = max(widest, dtype.itemsize)
        read = [arg.dtype.itemsize for arg in args]
        if op.kind is Kind.REDUCE:
            work += count * op.passes * read[0]
        elif space == LOOP:
            work += count * max(1, op.flops) * max([dtype.itemsize, *read])
    for register, _ in stage.outputs:
        instr = stage.body[register - first] if register >= first else None
        if instr is None:
            work += sizes[register]
        elif instr.space == LOOP:
            work += instr.dtype.itemsize
    return work / widest / narrow(stage, values)


def is_brief(size: float, weight: float, tile: float) -> bool:
    """Whether a stage longer than a tile is done sooner without tiles.

    What one thread does in little time gains nothing by them, and they must be made.
    """
    return PARTS * LEAST <= size <= NEAR * tile and wanted(size, weight) < FEWEST


def may_be_brief(stage: Stage) -> bool:
    """Whether tiles are but a matter of time.

    Updates write into place by them. What is folded along some axes may be far larger
    than operands that are stretched, and results: it is never stored as a whole.
    """
    if stage.kind not in ("map", "source", "reduce") or stage.region is not None:
        return False
    some = 0 < len(stage.axes) < len(stage.loop)
    return not some or all(instr.space != LOOP for instr in stage.body)


def is_long(stage: Stage, values: tuple[Value, ...], tile: int) -> bool:
    """Whether a stage is longer than what is done on whole arrays, of `tile` elements."""
    if stage.size <= tile:
        return False
    if not may_be_brief(stage):
        return True
    long = tile * narrow(stage, values)
    weight = weight_of(stage, values, tallied(stage, values))
    return not is_brief(stage.size, weight, long)


def crew(stage: Stage, values: tuple[Value, ...], tile: int) -> float:
    """Return with how many threads the tiles of a stage are done soonest."""
    return ease_of(stage, values, tallied(stage, values)).crew(tile, stage.size)


def ease_of(stage: Stage, values: tuple[Value, ...], tally: Iterable[Alike]) -> Ease:
    """Return how well threads share a stage."""
    read = {
        entry.value: values[entry.value].dtype.itemsize
        for entry in stage.inputs
        if len({a.axis for a in entry.view.axes} - {FIXED}) == len(stage.loop)
    }
    whole = not stage.axes or stage.kind == "rowwise"
    written = [values[o.value].dtype.itemsize for o in stage.outputs if whole]
    nbytes = sum(read.values()) + sum(written)
    folds = passes = flops = 0
    for op, _, space, _, count in tally:
        if op.kind is Kind.REDUCE:
            folds += count
            flops += count * op.flops
        if space == LOOP:
            passes += count * op.passes
            flops += count * op.flops
    work = (passes + folds) * SECONDS_PER_PASS + flops * SECONDS_PER_FLOP
    alone = work / narrow(stage, values) + nbytes * SECONDS_PER_BYTE
    return Ease(alone, (1 + passes + FOLD * folds) * TURN)


def is_heavy(size: float, weight: float, ease: Ease) -> bool:
    """Whether a stage that is not long is cut for several threads all the same.

    Not one of which two threads would wait for each other longer than they work.
    """
    if size < PARTS * LEAST or wanted(size, weight) < PARTS / 2:
        return False
    keen = ease._replace(turns=KEEN * ease.turns)
    return keen.soonest(size / PARTS, size) >= FEWEST


def is_cut(stage: Stage, values: tuple[Value, ...]) -> bool:
    """Whether a stage is worth cutting for several threads, if it is not long.

    Not one that folds: NumPy's order of additions is kept where all fits into a tile.
    """
    if stage.kind != "map" or stage.axes or stage.region is not None:
        return False
    if stage.size < PARTS * LEAST:  # as `is_heavy`, which asks what it weighs
        return False
    tally = tallied(stage, values)
    weight, ease = weight_of(stage, values, tally), ease_of(stage, values, tally)
    return is_heavy(stage.size, weight, ease)


def longest(stage: Stage, values: tuple[Value, ...], tile: int) -> int:
    """Return the elements of a stage's tiles, where those of others have `tile`."""
    usual = tile * narrow(stage, values)
    if not is_cut(stage, values):
        return usual
    return min(usual, -(-stage.size // (PARTS * VECTOR)) * VECTOR)


def in_tiles(stages: Iterable[Stage], values: tuple[Value, ...], tile: int) -> set[int]:
    """Return which stages are too much for whole arrays; without one all are one list."""
    return {s.id for s in stages if is_long(s, values, tile) or is_cut(s, values)}


def together(tiles: Tiles, count: float, profile: DeviceProfile) -> float:
    """Return the seconds of so many threads, from the first one's start to the last's end.

    A stage that is over before all have started does without the others.

    Examples
    --------
    >>> from lazyarr.plan.profile import DeviceProfile
    >>> cpu = DeviceProfile("a CPU", "cpu", 0, 1e10, 1e9, 0.0)
    >>> [together(Tiles(8, 1.0, 1, 0), count, cpu) for count in (1, 4)]
    [8.0, 2.375]
    """
    clock = done = 0.0
    others, shared = 0.0, 0.0
    while True:
        # Who waits lets others work: all together are no slower than one.
        cycle = served(tiles.each, shared, others + 1.0)
        mine = min(cycle / (others + 1.0), tiles.each)
        # Memory is not as fast beside arithmetic as alone, and neither is arithmetic.
        rate = 1.0 / max(hypot(mine, tiles.least), 1e-12)
        left = tiles.number - done
        if others + 1.0 >= count or left <= rate * profile.wake:
            break
        done += rate * profile.wake
        clock += profile.wake
        others = min(others + 1.0, count - 1.0)
        shared = waited(tiles, others + 1.0, profile)
    # When all tiles are taken, the last ones are half done on average.
    return clock + left / rate + cycle / 2 * others / (others + 1.0)


def served(work: float, serving: float, count: float) -> float:
    """Return a thread's seconds from one tile to the next, waiting for others included.

    It comes to the counter when of the others as many stand there as do on average
    (Schweitzer's approximation of a closed queue), and each is served before it.

    Examples
    --------
    >>> served(9.0, 1.0, 1), served(100.0, 1.0, 2) < 101.1, served(0.0, 1.0, 8)
    (10.0, True, 8.0)
    """
    queue = count * serving - work
    return work + (queue + sqrt(queue * queue + 4 * serving * work)) / 2


def waited(tiles: Tiles, count: float, profile: DeviceProfile) -> float:
    """Return what a tile waits with so many threads, between two that were measured."""
    if not profile.turns:
        return 0.0
    before = after = profile.turns[0]
    for after in profile.turns:
        if after[0] >= count:
            break
        before = after
    low, high = before[0], after[0]
    part = min((count - low) / (high - low), 1.0) if high > low else 0.0
    first, second = _wait(tiles, before), _wait(tiles, after)
    return first + (second - first) * max(part, 0.0)


def _wait(tiles: Tiles, turns: tuple[float, ...]) -> float:
    _, call, tile, fold, among = turns
    if not tiles.folds:
        return tile + tiles.calls * call
    return tile + call + (tiles.calls - 1) * among + tiles.folds * fold
