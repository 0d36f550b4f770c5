"""Stages run on whole arrays: a flat list of calls over numbered registers.

This is how small arrays are computed, where every microsecond beside NumPy's own is
felt, and how anything is computed that cannot be cut. The calls are those that eager
NumPy would make, so that the bits are the same.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple, TypeAlias, TYPE_CHECKING

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ir.view import FIXED, View
from lazyarr.ops.row import DType, Kind, Op
from lazyarr.plan.model import KEPT, LOOP, Input, Instr, Stage, Value
from lazyarr.runtime import floating, pool
from lazyarr.runtime.floating import Place
from lazyarr.runtime.write import update

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape

# (arity or form, function, up to three operands, result, place)
Step: TypeAlias = tuple[int, Callable[..., Any], Any, int, int, int, int]

_INTO = 10  # added to the arity: the result is a register that holds an array already
_MANY = -1  # operands are a tuple of registers
_FREE = 0
_FREED_BYTES = 1 << 16
_NEVER = 1 << 60
_SCALAR = operator.itemgetter(())


@floating.loop
def run_steps(steps: Sequence[Step], r: list[Any], places: Sequence[Place]) -> None:
    """Run the calls over the registers."""
    at = 0
    try:
        for form, f, a, b, c, o, at in steps:
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
            elif form == _FREE:
                r[o] = None
            else:
                r[o] = f(*[r[k] for k in a])
    except Exception as error:
        raise floating.failure(error, places[at]) from error


def applies_layout(op: Op, dtypes: Sequence[DType]) -> bool:
    """Whether NumPy's bits of an op depend on how its operands lie in memory."""
    return any(dtype.char in op.layout_bits for dtype in dtypes)


def loader(view: View, base: Shape) -> tuple[Callable[[Any], Any] | None, Shape]:
    """Return what takes an array to a view of it, and the shape that comes out.

    Axes that are broadcast have one element, and are left out in front: ufuncs stretch
    them again. None stands for the array itself.
    """
    named = [a.axis for a in view.axes if a.axis != FIXED]
    shape = tuple(n if j in named else 1 for j, n in enumerate(view.shape))
    lead = 0
    while lead < len(shape) and lead not in named:
        lead += 1
    trimmed = shape[lead:]
    if len(set(named)) < len(named):
        return partial(_applied, view=view), view.shape
    plain = all(
        a.axis != FIXED and a.start == 0 and a.step == 1 and view.shape[a.axis] == n
        for a, n in zip(view.axes, base, strict=True)
    )
    fixed_ones = all(a.axis == FIXED for a in view.axes) and prod(base) == 1
    if fixed_ones and not base:
        return None, ()
    if plain and named == list(range(lead, len(shape))):
        return None, trimmed
    return _Loader(view, base, named, lead), trimmed


def _applied(array: Any, view: View) -> Any:
    return views.apply(array, view)


class _Loader:
    """Index, transpose and index again, with everything worked out before."""

    __slots__ = ("key", "order", "spread")

    def __init__(self, view: View, base: Shape, named: list[int], lead: int) -> None:
        key = tuple(
            views._key(a, view.shape)  # noqa: SLF001 - the same rule, once
            for a in view.axes
        )
        whole = all(part == slice(0, n, 1) for part, n in zip(key, base, strict=True))
        self.key: Any = None if whole else (*key, Ellipsis)
        order = sorted(range(len(named)), key=named.__getitem__)
        self.order = None if order == list(range(len(order))) else order
        spread = tuple(
            slice(None) if j in named else None for j in range(lead, len(view.shape))
        )
        self.spread: Any = spread if None in spread else None

    def __call__(self, array: Any) -> Any:
        if self.key is not None:
            array = array[self.key]
        if self.order is not None:
            array = array.transpose(self.order)
        return array if self.spread is None else array[self.spread]


class _Call(NamedTuple):
    """A step before registers are assigned."""

    function: Callable[..., Any]
    args: tuple[int, ...]
    result: int
    at: int
    reuse: bool  # whether the result may be written over an operand


class _Register(NamedTuple):
    shape: Shape
    dtype: DType | None
    fresh: bool  # computed by a call, in memory of its own
    root: int  # the register whose memory it shares


class Program:
    """Calls over registers: the blank ones first, then the leaves."""

    __slots__ = ("blank", "outputs", "places", "segments", "steps")

    def __init__(
        self,
        blank: list[Any],
        segments: list[tuple[int, list[Step]]],
        outputs: list[int],
        places: list[Place],
    ) -> None:
        self.blank = blank
        self.segments = segments
        self.steps = [step for _, steps in segments for step in steps]
        self.outputs = outputs
        self.places = places

    def registers(self, leaves: Sequence[Any]) -> list[Any]:
        """Return the registers at the start."""
        return [*self.blank, *leaves]

    def results(self, r: list[Any]) -> list[Any]:
        """Return the results from the registers at the end."""
        return [r[k] for k in self.outputs]


class Assembler:
    """Writes a `Program`, stage by stage.

    Parameters
    ----------
    values : sequence of Value
    sources : dict of int to int
        For values that exist before: their place among the leaves.
    owned : set of int
        Those of them that a donated update may write to.
    """

    def __init__(
        self,
        values: Sequence[Value],
        sources: dict[int, int],
        owned: frozenset[int] = frozenset(),
    ) -> None:
        self.values = values
        self.sources = sources
        self.owned = owned
        self.registers: list[_Register] = []
        self.constants: dict[int, Any] = {}
        self.leaves: dict[int, int] = {}  # register: place among the leaves
        self.held: dict[int, int] = {}  # value: register
        self.calls: list[tuple[int, list[_Call]]] = []
        self.places: list[Place] = []

    # --- registers ----------------------------------------------------------

    def _register(
        self, shape: Shape, dtype: DType | None, fresh: bool, root: int = -1
    ) -> int:
        number = len(self.registers)
        self.registers.append(
            _Register(shape, dtype, fresh, number if root < 0 else root)
        )
        return number

    def _constant(self, value: Any) -> int:
        number = self._register((), None, False)
        self.constants[number] = value
        return number

    def _value(self, number: int) -> int:
        found = self.held.get(number)
        if found is None:
            value = self.values[number]
            found = self._register(value.shape, value.dtype, False)
            self.leaves[found] = self.sources[number]
            self.held[number] = found
        return found

    def _emit(
        self,
        function: Callable[..., Any],
        args: tuple[int, ...],
        shape: Shape,
        dtype: DType,
        *,
        reuse: bool = False,
        root: int = -1,
    ) -> int:
        result = self._register(shape, dtype, root < 0, root)
        at = len(self.places) - 1
        self.calls[-1][1].append(_Call(function, args, result, at, reuse))
        return result

    # --- stages -------------------------------------------------------------

    def add(self, stage: Stage) -> None:
        """Append a stage's calls."""
        self.calls.append((stage.id, []))
        self.places.append(Place(stage.kind, None))
        inputs = [self._load(entry, stage) for entry in stage.inputs]
        if stage.kind in ("library", "view"):
            self._whole(stage, inputs)
            return
        writer = _Body(self, stage, inputs)
        for instr in stage.body:
            self.places.append(Place(instr.op.name, instr.where))
            writer.instruction(instr)
        taken: set[int] = set(inputs)
        for output in stage.outputs:
            register = writer.stored(output.register, output.value, taken)
            taken.add(register)
            if stage.region is not None:
                register = self._update(stage, register)
            self.held[output.value] = register

    def _load(self, entry: Input, stage: Stage) -> int:
        base = self._value(entry.value)
        value = self.values[entry.value]
        call, shape = loader(entry.view, value.shape)
        if stage.kind in ("library", "view") and shape != entry.view.shape:
            call, shape = partial(_applied, view=entry.view), entry.view.shape
        if call is None:
            return base
        root = self.registers[base].root
        return self._emit(call, (base,), shape, value.dtype, root=root)

    def _whole(self, stage: Stage, inputs: list[int]) -> None:
        (instr,) = stage.body
        self.places.append(Place(instr.op.name, instr.where))
        (output,) = stage.outputs
        value = self.values[output.value]
        args = tuple(inputs)
        if instr.op.name == "reshape":
            root = self.registers[args[0]].root
            call: Callable[..., Any] = partial(np.reshape, shape=stage.loop)
            leaf = not self.registers[root].fresh
            if leaf and value.role == "output":
                root, call = -1, partial(_reshaped_copy, shape=stage.loop)
            result = self._emit(call, args, stage.loop, instr.dtype, root=root)
        else:
            params = instr.params if isinstance(instr.params, tuple) else ()
            call = partial(_library, instr.op.numpy, params, value.shape, value.dtype)
            result = self._emit(call, args, stage.loop, instr.dtype)
        self.held[output.value] = result

    def _update(self, stage: Stage, register: int) -> int:
        region = stage.region
        assert region is not None
        base = self._value(region.base)
        value = self.values[region.base]
        owned = self.registers[self.registers[base].root].fresh
        donated = region.donated and (owned or region.base in self.owned)
        call = partial(update, chain=region.chain, donated=donated)
        root = self.registers[base].root if donated else -1
        return self._emit(call, (base, register), value.shape, value.dtype, root=root)

    # --- the end ------------------------------------------------------------

    def finish(self, wanted: Sequence[int]) -> Program:
        """Return the program that leaves the wanted values."""
        outputs = []
        for number in wanted:
            register = self._value(number)
            value = self.values[number]
            if not value.shape:  # a NumPy scalar, as NumPy would give
                register = self._emit(_SCALAR, (register,), (), value.dtype)
            outputs.append(register)
        return _Assigner(self, outputs).program()


class _Body:
    """Writes the instructions of one stage; knows its registers by stage number."""

    def __init__(self, out: Assembler, stage: Stage, inputs: list[int]) -> None:
        self.out = out
        self.stage = stage
        self.numbers = list(inputs)
        self.spaces = [entry.space for entry in stage.inputs]
        self.stretched: dict[int, int] = {}

    def instruction(self, instr: Instr) -> None:
        """Append the calls of one instruction."""
        if instr.op.kind is Kind.REDUCE:
            result = self._reduce(instr)
        elif instr.op.name == "iota":
            result = self._iota(instr)
        else:
            result = self._map(instr)
        self.numbers.append(result)
        self.spaces.append(instr.space)

    def stored(self, register: int, number: int, taken: set[int]) -> int:
        """Return a full array of its own that holds a register."""
        out = self.out
        space = self.spaces[register]
        shape = self.stage.loop if space == LOOP else self.stage.kept
        held = self.numbers[register]
        entry = out.registers[held]
        dtype = out.values[number].dtype
        if entry.shape != shape:
            call = partial(_filled, shape=shape, dtype=dtype)
            return out._emit(call, (held,), shape, dtype)
        if held in taken or not entry.fresh:
            return out._emit(_copied, (held,), shape, dtype)
        return held

    def _operand(self, register: int, space: int) -> int:
        """Return a register as an instruction of this space reads it."""
        held = self.numbers[register]
        shape = self.out.registers[held].shape
        if self.spaces[register] == space or not shape:
            return held
        found = self.stretched.get(register)
        if found is None:
            key = self._stretch(len(shape))
            entry = self.out.registers[held]
            sides = iter(shape)
            wide = tuple(1 if k is None else next(sides) for k in key)
            call = operator.itemgetter(key)
            found = self.out._emit(call, (held,), wide, entry.dtype, root=entry.root)  # type: ignore[arg-type]
            self.stretched[register] = found
        return found

    def _stretch(self, ndim: int) -> tuple[slice | None, ...]:
        """Return the index that puts the reduced axes back into a kept array."""
        key: list[slice | None] = []
        for axis in reversed(range(len(self.stage.loop))):
            if axis in self.stage.axes:
                key.append(None)
            elif ndim:
                key.append(slice(None))
                ndim -= 1
        return tuple(reversed(key))

    def _map(self, instr: Instr) -> int:
        args = tuple([self._operand(a, instr.space) for a in instr.args])
        entries = [self.out.registers[a] for a in args]
        shape = together([e.shape for e in entries])
        function: Callable[..., Any] = instr.op.numpy
        if instr.op.name == "astype":
            function = operator.methodcaller("astype", instr.dtype)
        elif instr.op.name == "copy":
            function = _copied
        dtypes = [e.dtype for e in entries if e.dtype is not None]
        reuse = isinstance(function, np.ufunc) and not applies_layout(
            instr.op, [*dtypes, instr.dtype]
        )
        return self.out._emit(function, args, shape, instr.dtype, reuse=reuse)

    def _reduce(self, instr: Instr) -> int:
        out = self.out
        (arg,) = instr.args
        held = self.numbers[arg]
        entry = out.registers[held]
        assert entry.dtype is not None
        if entry.shape != self.stage.loop:
            call = partial(np.broadcast_to, shape=self.stage.loop)
            held = out._emit(
                call, (held,), self.stage.loop, entry.dtype, root=entry.root
            )
        axes = out._constant(self.stage.axes)
        return out._emit(instr.op.numpy, (held, axes), self.stage.kept, instr.dtype)

    def _iota(self, instr: Instr) -> int:
        axis, start, step = instr.params
        space = self.stage.loop if instr.space == LOOP else self.stage.kept
        if axis < 0:
            ramp: Any = instr.dtype.type(start)
            shape: Shape = ()
        else:
            n = space[axis]
            shape = (n, *(1,) * (len(space) - axis - 1))
            call = partial(ramp_of, start, step, n, instr.dtype, shape)
            return self.out._emit(call, (), shape, instr.dtype)
        number = self.out._constant(ramp)
        self.out.registers[number] = _Register(shape, instr.dtype, False, number)
        return number


def together(shapes: Sequence[Shape]) -> Shape:
    """Return the shape that these broadcast to."""
    different = set(shapes) - {()}
    if len(different) > 1:
        return np.broadcast_shapes(*different)
    return different.pop() if different else ()


def ramp_of(start: int, step: int, n: int, dtype: DType, shape: Shape) -> np.ndarray:
    """Return ``start + step * index`` for `n` indices."""
    if step == 0:
        return np.full(shape, start, dtype)
    return np.arange(start, start + step * n, step, dtype).reshape(shape)


def _copied(x: Any) -> Any:
    """Return a copy, laid out alike."""
    if isinstance(x, np.ndarray) and x.nbytes >= pool.LARGE:
        copy = pool.empty(x.shape, x.dtype, memory_order(x.strides))
        np.copyto(copy, x)
        return copy
    return np.array(x)


def memory_order(strides: Shape) -> Shape:
    """Return the axes of an array, the longest strides first."""
    return tuple(sorted(range(len(strides)), key=lambda k: -abs(strides[k])))


def _reshaped_copy(x: Any, shape: Shape) -> Any:
    result = np.reshape(x, shape)
    return result.copy() if np.may_share_memory(result, x) else result


def _filled(x: Any, shape: Shape, dtype: DType) -> Any:
    result = pool.empty(shape, dtype)
    result[...] = x
    return result


def _library(
    function: Callable[..., Any],
    params: tuple[Any, ...],
    shape: Shape,
    dtype: DType,
    *arrays: Any,
) -> Any:
    """Call a whole-array function; what comes out shares no memory with the operands."""
    result = function(np, *arrays, *params)
    if not isinstance(result, np.ndarray):
        return result
    if any(np.may_share_memory(result, array) for array in arrays):
        result = result.copy()
    return result


class _Assigner:
    """Gives registers their slots: a slot is free again after its last reader."""

    def __init__(self, source: Assembler, outputs: list[int]) -> None:
        self.source = source
        self.outputs = outputs
        self.registers = source.registers
        self.last = self._last_uses()
        self.slot: dict[int, int] = {}
        self.free: list[int] = []
        self.blank: list[Any] = []

    def _last_uses(self) -> dict[int, int]:
        last: dict[int, int] = {}
        moment = 0
        for _, calls in self.source.calls:
            for call in calls:
                for arg in call.args:
                    last[self.registers[arg].root] = moment
                    last[arg] = moment
                last.setdefault(call.result, moment)
                moment += 1
        for output in self.outputs:
            last[output] = last[self.registers[output].root] = _NEVER
        return last

    def program(self) -> Program:
        for number, value in self.source.constants.items():
            self.slot[number] = self._new()
            self.blank[self.slot[number]] = value
        segments: list[tuple[int, list[Step]]] = []
        moment = 0
        for stage, calls in self.source.calls:
            steps: list[Step] = []
            for call in calls:
                steps += self._steps(call, moment)
                moment += 1
            segments.append((stage, steps))
        size = len(self.blank)
        leaves = self.source.leaves

        def place(register: int) -> int:
            # Leaves come after the blank registers; they were numbered from -1 down.
            return register if register >= 0 else size - 1 - register

        for register, source in leaves.items():
            self.slot.setdefault(register, -1 - source)
        shifted = [
            (stage, [_placed(step, place) for step in steps])
            for stage, steps in segments
        ]
        outputs = [place(self.slot[k]) for k in self.outputs]
        return Program(self.blank, shifted, outputs, self.source.places)

    def _new(self) -> int:
        self.blank.append(None)
        return len(self.blank) - 1

    def _slot(self, register: int) -> int:
        if register in self.source.leaves:
            return -1 - self.source.leaves[register]
        return self.slot[register]

    def _dies(self, register: int, moment: int) -> bool:
        """Whether a register has its last reader now and may be used again."""
        if register in self.source.leaves or register in self.source.constants:
            return False
        return self.last[register] == moment

    def _steps(self, call: _Call, moment: int) -> list[Step]:
        slots = [self._slot(a) for a in call.args]
        target = self._overwritten(call, moment)
        form = len(slots)
        dying = {a for a in call.args if self._dies(a, moment)}
        if target is not None:
            self.slot[call.result] = self.slot[target]
            dying.discard(target)
            form += _INTO
        for register in dying:
            self.free.append(self.slot[register])
        if target is None:
            self.slot[call.result] = self.free.pop() if self.free else self._new()
        result = self.slot[call.result]
        steps: list[Step] = []
        if form in (1, 2, 3, 11, 12):
            a, b, c = (*slots, 0, 0)[:3]
            steps.append((form, call.function, a, b, c, result, call.at))
        else:
            many = tuple(slots) if form < _INTO else (*slots, result)
            steps.append((_MANY, call.function, many, 0, 0, result, call.at))
        steps += [
            (_FREE, _copied, 0, 0, 0, self.slot[register], call.at)
            for register in dying
            if self.slot[register] != result and self._heavy(register)
        ]
        if self.last[call.result] == moment:  # nobody reads it
            self.free.append(result)
        return steps

    def _heavy(self, register: int) -> bool:
        entry = self.registers[register]
        itemsize = entry.dtype.itemsize if entry.dtype is not None else 0
        return prod(entry.shape) * itemsize >= _FREED_BYTES

    def _overwritten(self, call: _Call, moment: int) -> int | None:
        """Return an operand that nobody needs any more and the result may replace."""
        if not call.reuse:
            return None
        result = self.registers[call.result]
        for a in call.args:
            entry = self.registers[a]
            if (
                entry.fresh
                and entry.shape == result.shape != ()
                and entry.dtype == result.dtype
                and self._dies(a, moment)
                and self.last[entry.root] == moment
                and self._alike(call, a, entry.shape)
            ):
                return a
        return None

    def _alike(self, call: _Call, target: int, shape: Shape) -> bool:
        """Whether the result would lie in memory as the operand does."""
        if len(shape) == 1:
            return True
        return all(b == target or not self.registers[b].shape for b in call.args)


def _placed(step: Step, place: Callable[[int], int]) -> Step:
    form, function, a, b, c, result, at = step
    if form == _MANY:
        a = tuple([place(k) for k in a])
    elif form != _FREE:
        a, b, c = place(a), place(b), place(c)
    return form, function, a, b, c, place(result), at


__all__ = ["KEPT", "Assembler", "Program", "applies_layout", "loader", "run_steps"]
