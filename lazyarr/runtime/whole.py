"""Stages run on whole arrays: a flat list of calls over numbered registers.

This is how small arrays are computed, where every microsecond beside NumPy's own is
felt, and how anything is computed that cannot be cut. The calls are those that eager
NumPy would make, so that the bits are the same.
"""

from __future__ import annotations

import importlib
import operator
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir import view as views
from lazyarr.ops import VIEW
from lazyarr.ops.row import DType, Kind
from lazyarr.ops.standard import TAKES_OUT
from lazyarr.ops.structural import Progression
from lazyarr.plan.model import LOOP, Input, Instr, Stage, Value, stream_places
from lazyarr.plan.scratch import applies_layout
from lazyarr.runtime import copying, pool
from lazyarr.runtime.buffers import unbuffered
from lazyarr.runtime.columns import Columns, pays, takes_columns
from lazyarr.runtime.floating import Place
from lazyarr.runtime.operands import loader, together
from lazyarr.runtime.ramps import counted, whole_ramp
from lazyarr.runtime.steps import Assigner, Call, Draft, Program, Register
from lazyarr.runtime.write import copied, repeat_into, reshaped, update

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence, Set

    from lazyarr.ir.node import Shape
    from lazyarr.ir.view import View

# What loads a stage's operands, in the words of the op table.
_LOAD = Place(VIEW)
_SCALAR = operator.itemgetter(())
_made = tuple.__new__  # as the named tuples themselves, in a third of the time


class Assembler(Draft):
    """Writes a `Program`, stage by stage.

    Parameters
    ----------
    values : sequence of Value
    sources : dict of int to int
        For values that exist before: their place among the leaves.
    owned : set of int
        Those of them that a donated update may write to.
    only : set of int
        Values that are the only copy of the user's elements, if they are owned.
    dying : set of int
        Those that exist before, in memory that nobody needs once they have been read.
    """

    def __init__(
        self,
        values: Sequence[Value],
        sources: dict[int, int],
        owned: frozenset[int] = frozenset(),
        only: frozenset[int] = frozenset(),
        dying: Set[int] = frozenset(),
    ) -> None:
        super().__init__()
        self.only = only
        self.dying = dying
        self.values = values
        self.sources = sources
        self.owned = owned
        self.mine: set[int] = set()  # registers of owned values that were written
        self.held: dict[int, int] = {}  # value: register
        self.seen: dict[tuple[int, View, bool], int] = {}
        """Registers of views: by what they are views of, and whether they are full."""

    # --- registers ----------------------------------------------------------

    def _register(
        self, shape: Shape, dtype: DType | None, fresh: bool, root: int = -1
    ) -> int:
        number = len(self.registers)
        entry = (shape, dtype, fresh, number if root < 0 else root)
        self.registers.append(_made(Register, entry))
        return number

    def _constant(self, value: Any) -> int:
        number = self._register((), None, False)
        self.constants[number] = value
        return number

    def _value(self, number: int) -> int:
        found = self.held.get(number)
        if found is None:
            value = self.values[number]
            spent = number in self.dying
            found = self._register(value.shape, value.dtype, spent)
            self.leaves[found] = self.sources[number]
            if spent:
                self.spent.add(found)
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
        call = (function, args, result, len(self.places) - 1, reuse)
        self.calls[-1][1].append(_made(Call, call))
        return result

    # --- stages -------------------------------------------------------------

    def add(self, stage: Stage) -> None:
        """Append a stage's calls."""
        self.calls.append((stage.id, []))
        self.places.append(_LOAD)
        inputs = [self._load(entry, stage) for entry in stage.inputs]
        if stage.kind in ("library", "view"):
            self._whole(stage, inputs)
            return
        writer = _Body(self, stage, inputs)
        for instr in stage.body:
            self.places.append(instr)
            writer.instruction(instr)
        taken: set[int] = set(inputs)
        for output in stage.outputs:
            if stage.region is not None and not stage.axes:
                # Assigning copies what needs it, and stretches.
                register = self._update(stage, writer.numbers[output.register])
            else:
                register = writer.stored(output.register, output.value, taken)
                taken.add(register)
                if stage.region is not None:
                    register = self._update(stage, register)
            self.held[output.value] = register

    def leave(self, stage: Stage) -> None:
        """Append memory for what a stage fills and the next ones write all of."""
        self.calls.append((stage.id, []))
        self.places.append(_LOAD)
        (output,) = stage.outputs
        value = self.values[output.value]
        shape, dtype = value.shape, value.dtype
        call = partial(pool.empty, shape, dtype)
        self.held[output.value] = self._emit(call, (), shape, dtype)

    def _load(self, entry: Input, stage: Stage) -> int:
        """Return the register of what a stage reads; views are taken once."""
        base = self._value(entry.value)
        full = stage.kind in ("library", "view")
        key = base, entry.view, full
        found = self.seen.get(key)
        if found is None:
            found = self.seen[key] = self._seen(base, entry, full)
        return found

    def _seen(self, base: int, entry: Input, full: bool) -> int:
        value = self.values[entry.value]
        call, shape = loader(entry.view, value.shape, full)
        if full and shape != entry.view.shape:
            call, shape = partial(views.apply, view=entry.view), entry.view.shape
        if call is None:
            return base
        root = self.registers[base].root
        return self._emit(call, (base,), shape, value.dtype, root=root)

    def _whole(self, stage: Stage, inputs: list[int]) -> None:
        (instr,) = stage.body
        self.places.append(instr)
        (output,) = stage.outputs
        value = self.values[output.value]
        args = tuple(inputs)
        if instr.op.name == "reshape":
            root = self.registers[args[0]].root
            call: Callable[..., Any] = partial(reshaped, shape=stage.loop)
            mine = stage.inputs[0].value in self.owned
            leaf = not mine and not self.registers[root].fresh
            if leaf and value.role == "output":
                root, call = -1, partial(_reshaped_copy, shape=stage.loop)
            result = self._emit(call, args, stage.loop, instr.dtype, root=root)
        else:
            axes = max([len(self.registers[a].shape) for a in args], default=0)
            rest = importlib.import_module("lazyarr.runtime.delegated")
            call = rest.delegated(instr, stage.loop, axes)
            result = self._emit(call, args, stage.loop, instr.dtype)
        self.held[output.value] = result

    def _update(self, stage: Stage, register: int) -> int:
        region = stage.region
        assert region is not None
        base = self._value(region.base)
        value = self.values[region.base]
        origin = self.registers[base].root
        if region.base in self.owned:
            self.mine.add(origin)
        owned = self.registers[origin].fresh or origin in self.mine
        # The value is complete before any of it is written.
        donated = owned and (region.donated or region.last)
        only = donated and region.base in self.only
        call = partial(update, chain=region.chain, donated=donated, only=only)
        root = origin if donated else -1
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
        return Assigner(self, outputs).program()


class _Body:
    """Writes the instructions of one stage; knows its registers by stage number."""

    def __init__(self, out: Assembler, stage: Stage, inputs: list[int]) -> None:
        self.out = out
        self.stage = stage
        self.numbers = list(inputs)
        self.spaces = [entry.space for entry in stage.inputs]
        self.stretched: dict[int, int] = {}
        self.places = stream_places(stage)
        self.assigns = stage.region is not None and not stage.axes

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
            alike = prod(entry.shape) == prod(shape) and entry.dtype == dtype
            if alike and entry.fresh and held not in taken:
                taken.add(held)
                call = partial(reshaped, shape=shape)
                return out._emit(call, (held,), shape, dtype, root=entry.root)
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
        op, read, dtype, space, _, _ = instr
        out, numbers, spaces = self.out, self.numbers, self.spaces
        args = tuple(
            [
                numbers[a] if spaces[a] == space else self._operand(a, space)
                for a in read
            ]
        )
        of_ramp = self.places and not (op.draws or self.places.isdisjoint(read))
        if of_ramp:
            shape = together([out.registers[a].shape for a in args])
            call = partial(counted, dtype=dtype)
            return out._emit(call, args, shape, dtype)
        if op.name == "copy":
            return self._copy(instr, args[0])
        entries = [out.registers[a] for a in args]
        shape = together([e.shape for e in entries])
        function: Callable[..., Any] = op.numpy
        if op.name == "astype":
            function = operator.methodcaller("astype", dtype)
            return out._emit(function, args, shape, dtype)
        laid = bool(op.layout_bits) and applies_layout(
            op, [dtype, *[e.dtype for e in entries if e.dtype is not None]]
        )
        short = len(shape) > 1 and pays(shape, [e.shape for e in entries])
        if short and not laid and takes_columns(op):
            function = Columns(function, dtype)
        reuse = not laid and isinstance(function, TAKES_OUT)
        if reuse and len(shape) > 1:
            function = unbuffered(function, shape, self._bases(args, shape))
        return out._emit(function, args, shape, dtype, reuse=reuse)

    def _copy(self, instr: Instr, held: int) -> int:
        """Return a register of its own with what another one holds."""
        if self.assigns:
            return held  # assigning copies, and nothing is written before
        entry = self.out.registers[held]
        asked = entry.shape == self.stage.loop and len(entry.shape) > 1
        order = instr.params if asked else None
        if entry.fresh and not order:
            return held  # a copy already, of which nobody knows
        call = partial(_laid, order=order) if order else _copied
        return self.out._emit(call, (held,), entry.shape, instr.dtype)

    def _bases(self, args: Sequence[int], shape: Shape) -> list[tuple[DType, Shape]]:
        """Return the dtypes of operands, and the shapes of what these are views of."""
        found = []
        for number in args:
            entry = self.out.registers[number]
            if entry.dtype is not None and entry.shape:
                alike = entry.shape == shape  # others are stretched
                base = self.out.registers[entry.root].shape if alike else entry.shape
                found.append((entry.dtype, base))
        return found

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
        start, strides = instr.params
        space = self.stage.loop if instr.space == LOOP else self.stage.kept
        shape = tuple([n if s else 1 for n, s in zip(space, strides, strict=True)])
        lead = 0
        while lead < len(shape) and not strides[lead]:
            lead += 1
        ramp = Progression(start, strides[lead:], shape[lead:])
        if len(self.numbers) in self.places:
            held: Any = ramp
        elif ramp.shape:
            call = partial(whole_ramp, ramp, instr.dtype)
            return self.out._emit(call, (), ramp.shape, instr.dtype)
        else:
            held = instr.dtype.type(start)
        number = self.out._constant(held)
        self.out.registers[number] = Register(ramp.shape, instr.dtype, False, number)
        return number


def _copied(x: Any) -> Any:
    """Return a copy, laid out alike."""
    large = isinstance(x, np.ndarray) and x.nbytes >= pool.LARGE
    return copied(x) if large else np.array(x)


def _laid(x: Any, order: Shape) -> Any:
    """Return a copy, with its axes in this order in memory."""
    result = pool.empty(x.shape, x.dtype, order)
    copying.copy(result, x)
    return result


def _reshaped_copy(x: Any, shape: Shape) -> Any:
    result = reshaped(x, shape)
    return result.copy() if np.may_share_memory(result, x) else result


def _filled(x: Any, shape: Shape, dtype: DType) -> Any:
    result = pool.empty(shape, dtype)
    if isinstance(x, np.ndarray) and x.dtype == dtype:
        repeat_into(result, np.broadcast_to(x, shape))
    else:
        result[...] = x
    return result


def library(
    function: Callable[..., Any],
    params: tuple[Any, ...],
    *arrays: Any,
) -> Any:
    """Call a whole-array function; what comes out shares no memory with the operands."""
    result = function(np, *arrays, *params)
    if not isinstance(result, np.ndarray):
        return result
    if result.base is None:  # it has memory of its own, if it is not an operand
        for array in arrays:
            if array is result:
                return result.copy()
        return result
    if any(np.may_share_memory(result, array) for array in arrays):
        result = result.copy()
    return result
