"""What a stage on whole arrays needs beside its results, as the executor frees arrays."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir import view as views
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.ops.standard import TAKES_OUT
from lazyarr.plan.geometry import planned
from lazyarr.plan.model import LOOP, ramp_over_loop, stream_places
from lazyarr.plan.quantities import BUFFERED
from lazyarr.plan.scratch import depends_on_layout
from lazyarr.plan.spent import lapsing

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Set

    from lazyarr.plan.model import Instr, Plan, Stage, Value


_LEAST = 1 << 16  # bytes from which an array between two calls lies in scratch
_RESULT = 1 << 19  # bytes from which a result lies in a buffer of the pool
_OTHER = ("library", "view", "scalar", "copy")


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


class Moved(NamedTuple):
    """What calls write into memory that is there before: bytes between two, values."""

    scratch: int
    values: frozenset[int]


def moved(plan: Plan) -> Moved:
    """Return what a plan without tiles computes in scratch, and in results of the pool."""
    stages, values = plan.stages, plan.values
    if not all(_in_order(stage, values) for stage in stages):
        return Moved(0, frozenset())
    slots = Slots()
    ends: dict[int, list[Hashable]] = {}
    fixed = {number for stage in stages for number in _fixed(stage, values)}
    dying = dying_in_calls(plan, frozenset())
    found: set[int] = set()
    for stage in stages:
        nbytes = 16 * stage.size
        if nbytes >= _LEAST and stage.kind not in _OTHER:
            first = Arrays(stage, values)
            Arrays(stage, values, slots, first.stored() | first.fixed())
            over = Arrays(stage, values, dying=dying[stage.id])
            for number in _moved(stage, first.fixed(), over) - fixed:
                value = values[number]
                least = _RESULT if number in plan.outputs else _LEAST
                if value.nbytes < least:
                    continue
                found.add(number)
                if number in plan.outputs:
                    continue
                kind = (value.shape, value.dtype)
                slots.take(kind, value.nbytes)
                last = plan.last_use.get(value.id, stage.id)
                ends.setdefault(last, []).append(kind)
        slots.idle.update(ends.pop(stage.id, ()))
    return Moved(slots.nbytes, frozenset(found))


def in_scratch(stage: Stage, values: tuple[Value, ...], made: Set[int]) -> int:
    """Return how much less a stage's arrays come to where scratch and results are there.

    Those of them that lie in it, or in a result that is `made` in its buffer; beside
    these, the others may be most while another array is computed.
    """
    if 16 * stage.size < _LEAST or stage.kind in _OTHER:
        return 0
    found = Arrays(stage, values)
    stored = sum(values[output.value].nbytes for output in stage.outputs)
    others = {o.register for o in stage.outputs if o.value not in made}
    fixed = found.fixed() | found.lying_in(others)
    gone = frozenset(
        [k for k in found.over if k not in fixed and found.sizes[k] >= _LEAST]
    )
    apart = Arrays(stage, values, gone=gone)
    counted = sum(values[o.value].nbytes for o in stage.outputs if o.value not in made)
    return max(found.peak - stored, 0) - max(apart.peak - counted, 0)


def _moved(stage: Stage, fixed: Set[int], over: Arrays) -> set[int]:
    """Return the values that a stage may compute in memory that is there before.

    Not those that lie where what they are made of did, which `over` tells.
    """
    first = len(stage.inputs)
    return {
        output.value
        for output in stage.outputs
        if stage.region is None
        and output.register >= first
        and output.register not in fixed
        and not any(0 <= k < first for k in over.lying_in({output.register}))
    }


def _fixed(stage: Stage, values: tuple[Value, ...]) -> set[int]:
    """Return the values that a stage reads by other calls than of ufuncs and folds."""
    base = set() if stage.region is None else {stage.region.base}
    plain = set()
    if stage.kind not in _OTHER:
        odd = {
            arg for instr in stage.body if not _is_plain(instr) for arg in instr.args
        }
        plain = {
            entry.value
            for k, entry in enumerate(stage.inputs)
            if k not in odd
            and entry.space == LOOP
            and views.is_identity(entry.view, values[entry.value].shape)
        }
    return base | {entry.value for entry in stage.inputs} - plain


def _is_plain(instr: Instr) -> bool:
    """Whether an instruction is one call of a ufunc, or of a fold, on two arrays at most."""
    folds = instr.op.kind is Kind.REDUCE
    return len(instr.args) < 3 and (folds or _is_into(instr))


def _is_into(instr: Instr) -> bool:
    """Whether an instruction's call may be told where to write."""
    plain = instr.op.kind is Kind.MAP and instr.op.name not in ("astype", "copy")
    return plain and isinstance(instr.op.numpy, TAKES_OUT)


def in_runs(plan: Plan, alone: Set[int]) -> Iterator[tuple[Stage, ...]]:
    """Yield the plan's stages in order, as many at once as can be one list of calls.

    Those `alone` are not run so. Nor does one follow the last reader of a large
    temporary, which would be held until all of the calls are done.
    """
    large: dict[int, list[int]] = {}
    for value in plan.values:
        if value.role == "temporary" and value.nbytes >= BUFFERED:
            large.setdefault(plan.last_use.get(value.id, -1), []).append(value.id)
    run: list[Stage] = []
    made: set[int] = set()
    for stage in plan.stages:
        if stage.id in alone:
            if run:
                yield tuple(run)
            run, made = [], set()
            yield (stage,)
            continue
        run.append(stage)
        made.update([output.value for output in stage.outputs])
        if not made.issuperset(large.get(stage.id, ())):
            yield tuple(run)
            run, made = [], set()
    if run:
        yield tuple(run)


def dying_in_calls(plan: Plan, alone: Set[int]) -> dict[int, dict[int, bool]]:
    """Return by stage the inputs that the plan has computed and a list of calls lets go.

    And of each whether a result may lie in its memory. Those `alone` are in no list.
    """
    found, before, lapsed = {}, set[int](), lapsing(plan)
    for run in in_runs(plan, alone):
        made = dict.fromkeys(before & lapsed, True)
        before.update([o.value for stage in run for o in stage.outputs])
        for stage in () if run[0].id in alone else run:
            region = stage.region
            written = -1 if region is None else region.base
            found[stage.id] = {
                k: made[entry.value]
                for k, entry in enumerate(stage.inputs)
                if entry.value in made
                and entry.value != written
                and plan.last_use[entry.value] == stage.id
            }
            if stage.kind == "view":  # what it shows lives as long
                made.pop(stage.inputs[0].value, None)
            elif region is not None and region.in_place:
                if made.pop(written, None) is not None:
                    made[stage.outputs[0].value] = False
            elif stage.kind != "scalar":
                made.update((output.value, True) for output in stage.outputs)
    return found


def _in_order(stage: Stage, values: tuple[Value, ...]) -> bool:
    """Whether all that a stage makes lies in C order if what it reads does.

    That is known of ufuncs, and of what has one axis.
    """
    if stage.kind in ("library", "view"):
        shown = stage.kind == "view" and values[stage.outputs[0].value].role != "output"
        return shown or len(stage.loop) < 2
    ranks: list[int] = []
    for entry in stage.inputs:
        named = [a.axis for a in entry.view.axes if a.axis != views.FIXED]
        ranks.append(len(entry.view.shape) - min(named) if named else 0)
    first, loop, kept = len(stage.inputs), len(stage.loop), len(stage.kept)
    spaces = [entry.space for entry in stage.inputs]
    for instr in stage.body:
        sides = [
            loop if ranks[a] and spaces[a] != instr.space else ranks[a]
            for a in instr.args
        ]
        folds = instr.op.kind is Kind.REDUCE
        rank = kept if folds else max(sides, default=0)
        if instr.op.name == "iota":
            rank = loop if instr.space == LOOP else kept
        if rank > 1 and not folds and not isinstance(instr.op.numpy, TAKES_OUT):
            return False
        ranks.append(rank)
        spaces.append(instr.space)
    if stage.region is not None:
        return len(values[stage.region.base].shape) < 2
    sides = [loop if space == LOOP else kept for space in spaces]
    return all(  # others are copied, or filled
        sides[o.register] < 2
        or (o.register >= first and ranks[o.register] == sides[o.register])
        for o in stage.outputs
    )


class Arrays:
    """The arrays of a stage, one after the other.

    Parameters
    ----------
    stage : Stage
    values : tuple of Value
    slots : Slots, optional
        Which they lie in, but for those that are `stored`.
    dying : dict of int to bool, optional
        Inputs that nobody reads afterwards, and whether results may lie in the memory of
        one that is read whole, once: what the stage lets go of them counts against what
        it makes.
    gone : set of int
        Registers that are not counted.
    """

    def __init__(
        self,
        stage: Stage,
        values: tuple[Value, ...],
        slots: Slots | None = None,
        stored: Set[int] = frozenset(),
        dying: Mapping[int, bool] | None = None,
        gone: Set[int] = frozenset(),
    ) -> None:
        self.stage = stage
        self.gone = gone
        self.slots = slots
        self.apart = stored
        self.inside: set[int] = set()  # registers that lie in slots
        self.over: dict[int, int] = {}
        self.first = len(stage.inputs)
        self.kept = {output.register for output in stage.outputs}
        self.last = self._last_readers()
        self.axes: list[frozenset[int]] = [
            frozenset(k for k, step in enumerate(laid or ()) if step)
            for laid in planned(stage, values)[: self.first]
        ]
        self.dtypes = [values[entry.value].dtype for entry in stage.inputs]
        self.dying = self._last_of(dying or {})
        self.sizes = [
            values[entry.value].nbytes if k in self.dying else 0
            for k, entry in enumerate(stage.inputs)
        ]
        self.entire = self._entire(values, dying or {})
        self.fussy = depends_on_layout(stage, values)
        self.streams = stream_places(stage)
        self.alive = self.peak = 0
        for number, instr in enumerate(stage.body):
            self._make(number, instr)
        if stage.region is None:
            self._complete(values)

    def _complete(self, values: tuple[Value, ...]) -> None:
        """Count the results that are no arrays yet, or copies of another one."""
        done: set[int] = set()
        for output in self.stage.outputs:
            nbytes, register = values[output.value].nbytes, output.register
            own = register >= self.first and self.sizes[register] == nbytes
            if not own or register in done:
                self.alive += nbytes
            done.add(register)
        self.peak = max(self.peak, self.alive)

    def _last_readers(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for number, instr in enumerate(self.stage.body):
            found.update(dict.fromkeys(instr.args, number))
        return found

    def _last_of(self, dying: Mapping[int, bool]) -> set[int]:
        """Return of the inputs that show the same array the one that is read last."""
        found: dict[int, int] = {}
        for k in sorted(dying, key=lambda k: self.last.get(k, len(self.stage.body))):
            found[self.stage.inputs[k].value] = k
        return set(found.values())

    def _entire(self, values: tuple[Value, ...], dying: Mapping[int, bool]) -> set[int]:
        """Return the dying inputs that are whole arrays, and read as no other input."""
        times = Counter([entry.value for entry in self.stage.inputs])
        return {
            k
            for k, entry in enumerate(self.stage.inputs)
            if k in self.dying
            and dying[k]
            and times[entry.value] == 1
            and entry.space == LOOP
            and views.is_identity(entry.view, values[entry.value].shape)
        }

    def _make(self, number: int, instr: Instr) -> None:
        """Count the array of an instruction; let go of those that it is the last to read."""
        register = self.first + number
        self.axes.append(self._axes_of(instr))
        self.dtypes.append(instr.dtype)
        nbytes = prod(self.stage.loop[k] for k in self.axes[-1]) * instr.dtype.itemsize
        if instr.op.name == "iota" and (
            not self.axes[-1] or register in self.streams
        ):  # a number, or numbers that nobody writes down
            nbytes = 0
        self.sizes.append(nbytes)
        ending = {
            arg
            for arg in instr.args
            if (arg >= self.first or arg in self.dying)
            and arg not in self.kept
            and self.last[arg] == number
        }
        alike = self._alike(instr, ending)
        over = alike[0] if self._is_over(number, instr, alike) else -1
        self.alive += 0 if over >= 0 or register in self.gone else nbytes
        self.peak = max(self.peak, self.alive)
        ending.discard(over)
        self.over[register] = over
        self.alive -= sum(self.sizes[arg] for arg in ending - self.gone)
        if over in self.inside:
            self.inside.add(register)
        if self.slots is not None:
            self.slots.idle.update(self.kind(arg) for arg in ending & self.inside)
            if over < 0 and register not in self.apart and nbytes >= _LEAST:
                self.slots.take(self.kind(register), nbytes)
                self.inside.add(register)

    def stored(self) -> set[int]:
        """Return the registers that lie where a result will."""
        return self.lying_in(self.kept)

    def lying_in(self, registers: Set[int]) -> set[int]:
        """Return these registers, and those that they are written over."""
        found = set(registers)
        for register, before in reversed(self.over.items()):
            if register in found:
                found.add(before)
        return found

    def fixed(self) -> set[int]:
        """Return the registers that lie in no scratch, as other calls use them, too."""
        odd = {
            arg
            for instr in self.stage.body
            if not _is_plain(instr)
            for arg in instr.args
        }
        if self.stage.region is not None:
            odd |= self.kept
        odd.update(
            register
            for register, instr in enumerate(self.stage.body, self.first)
            if self.over[register] < 0 and not _is_into(instr)
        )
        for register, before in self.over.items():
            if before in odd:
                odd.add(register)
        for register, before in reversed(self.over.items()):
            if register in odd:
                odd.add(before)
        return odd

    def kind(self, register: int) -> Hashable:
        """Return what tells which arrays may lie where another one has lain."""
        sides = tuple([self.stage.loop[k] for k in sorted(self.axes[register])])
        return sides, self.dtypes[register]

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
        """Return the operands in whose memory the result may lie, in their order."""
        return [
            arg
            for arg in dict.fromkeys(instr.args)
            if arg in ending
            and self.dtypes[arg] == instr.dtype
            and self.axes[arg] == self.axes[-1]
            and self._is_own(arg, instr)
        ]

    def _is_own(self, register: int, instr: Instr) -> bool:
        """Whether an operand is an array, seen as it was made."""
        if register < self.first:
            return register in self.entire
        before = self.stage.body[register - self.first]
        return before.space == instr.space and self.sizes[register] > 0

    def _is_over(self, number: int, instr: Instr, alike: list[int]) -> bool:
        if instr.op.name == "copy" and len(self.stage.loop) == 1:
            made = [self.stage.body[a - self.first] for a in alike if a >= self.first]
            return any(one.op.name == "iota" for one in made)  # an array of its own
        if instr.op.kind is not Kind.MAP or not isinstance(instr.op.numpy, TAKES_OUT):
            return False
        if instr.op.name in ("astype", "copy") or self.fussy[number]:
            return False
        if len(self.axes[-1]) < 2:
            return bool(alike)
        return any(
            all(arg == one or not self.axes[arg] for arg in instr.args) for one in alike
        )
