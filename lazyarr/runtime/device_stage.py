"""One stage of a plan on a GPU: what is allocated, launched or called for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazyarr.codegen.indexing import Layout, walk_through
from lazyarr.codegen.lowering import lower
from lazyarr.codegen.reach import computed
from lazyarr.codegen.source import machine_for
from lazyarr.errors import ExecutionError, LazyarrError
from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.named import NamedTuple
from lazyarr.ops.family import ElementsError
from lazyarr.ops.matrices import REFUSED
from lazyarr.ops.structural import VIEW
from lazyarr.plan.delegate import note_absent
from lazyarr.plan.needs import borrowed_by
from lazyarr.plan.quantities import VECTOR
from lazyarr.runtime import device_memory, floating, ledger, overwritten
from lazyarr.runtime.cuda_device import array_maker, cupy, cupyx, processors
from lazyarr.runtime.device_errors import told
from lazyarr.runtime.device_memory import allocating, emptied
from lazyarr.runtime.floating import Place
from lazyarr.runtime.launch import Call

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Instr, Plan, Stage, Value
    from lazyarr.runtime.floating import Origin


class Memory(NamedTuple):
    """The values of one run, their addresses, and the stream it runs on."""

    held: list[Any]
    addresses: list[int]
    stream: int


Runner: TypeAlias = Callable[[Memory], None]
# What CuPy raises for what NumPy has and it has not.
_UNSUPPORTED = (TypeError, NotImplementedError, AttributeError)


class Facts(NamedTuple):
    """What stages need to know of their plan, worked out once for all of them."""

    shown: set[int]
    """Values that others than generated kernels see."""
    borrowed: set[int]
    """Leaves that no update may write into, and their views."""
    only: set[int]
    """Leaves that one may write into, and their views: the only copy of elements."""


def facts_of(plan: Plan) -> Facts:
    """Return what the stages of a plan need to know of it."""
    shown = set(plan.outputs)
    only = {v.id for v in plan.values if v.source in plan.owned}
    for stage in plan.stages:
        if stage.kind in ("view", "library"):
            shown.update(entry.value for entry in stage.inputs)
        if stage.region is not None:
            shown.add(stage.region.base)
        if stage.kind == "view" and stage.inputs[0].value in only:
            only.update(o.value for o in stage.outputs)
    return Facts(shown, borrowed_by(plan), only)


def runner(
    plan: Plan,
    stage: Stage,
    layouts: Mapping[int, Layout | None],
    device: int,
    facts: Facts,
) -> Runner:
    """Return what runs a stage whose leaves lie as `layouts` says."""
    match stage.kind:
        case "scalar":
            return _scalars(stage)
        case "view":
            return partial(_reshape, plan, stage)
        case "library":
            return partial(_library, plan, stage)
        case "source" | "map" | "reduce" | "rowwise":
            return Kernels(plan, stage, layouts, device, facts).run
    what = f"stage {stage.id} is of kind {stage.kind!r}, which no GPU runs"
    raise ExecutionError.at("compute", what)


# --- kernels ---------------------------------------------------------------------


class Kernels:
    """A stage's outputs allocated, then the launches that fill them."""

    def __init__(
        self,
        plan: Plan,
        stage: Stage,
        layouts: Mapping[int, Layout | None],
        device: int,
        facts: Facts,
    ) -> None:
        self.stage = stage
        self.region = stage.region
        # Found once: a run looks nothing up.
        self.alloc = cupy().cuda.alloc
        self.array = cupy().ndarray
        self.array_of = array_maker()
        self.no_memory = cupy().cuda.memory.OutOfMemoryError
        self.name = stage.ops[-1] if stage.body else "copy"
        self.place: Origin = stage.body[-1] if stage.body else Place(VIEW)
        region = stage.region
        self.written_in_place = (
            region is not None and region.donated and region.base not in facts.borrowed
        )
        self.only = region is not None and region.base in facts.only
        inner, known = found = computed(stage, plan.values)
        # Then the value is computed apart and copied to the region.
        self.indirect = inner is not stage
        self.calls: list[Call] = []
        extra: tuple[Value, ...] = ()
        if found.nbytes:
            machine = machine_for(plan, stage, processors(device))
            lowered = lower(inner, known, layouts, machine)
            self.calls = [Call(launch, device) for launch in lowered.launches]
            extra = lowered.values
        made = [known[o.value] for o in inner.outputs] + list(extra)
        if self.region is not None and not self.indirect:
            made = list(extra)
        self.made = [(v.id, v.nbytes) for v in made]
        # What only kernels read needs no array around its memory.
        shown = facts.shown
        if self.indirect:
            shown = shown.union(o.value for o in inner.outputs)
        self.shown = [(v.id, v.shape, v.dtype) for v in made if v.id in shown]
        self.room = 1 + max((v.id for v in made), default=0) - len(plan.values)
        self.extra = [v.id for v in made if v.id >= len(plan.values)]

    def run(self, memory: Memory) -> None:
        """Allocate and launch; what a later stage or the user sees becomes an array."""
        held, addresses, _ = memory
        if self.room > 0:
            held.extend([None] * self.room)
            addresses.extend([0] * self.room)
        for number, nbytes in self.made:
            try:
                block = self.alloc(nbytes)
            except self.no_memory:
                make = partial(self.alloc, nbytes)
                block = emptied(make, nbytes, self.name, self.place)
            held[number] = block
            addresses[number] = block.ptr
        only = self._base(memory) if self.region is not None else None
        self._launch(memory, None if self.indirect else only)
        made = self.array_of  # arrays are made while the kernels run
        for number, shape, dtype in self.shown:
            held[number] = made(shape, dtype, held[number])
        if self.indirect:
            assert self.region is not None
            target = held[self.stage.outputs[0].value]
            if only is not None:
                overwritten.note(only)
            _write(target, self.region.chain, held[self.extra[0]])
        if self.room > 0:
            del held[-self.room :], addresses[-self.room :]

    def _launch(self, memory: Memory, only: Any) -> None:
        """Launch the kernels, which write into `only`, if that is an array."""
        held, addresses, stream = memory
        launched = False
        try:
            for call in self.calls:
                call(addresses, held, stream)
                launched = True
        except BaseException as error:
            # What the driver refuses changes nothing; it may be done when we are stopped.
            launched = launched or not isinstance(error, Exception)
            if isinstance(error, Exception):
                raise told(error, self.place) from error
            raise
        finally:
            if launched and only is not None:
                overwritten.note(only)

    def _base(self, memory: Memory) -> Any:
        """Put the array that the region lies in where the output is expected.

        Return it if its elements are the only copy, and are to be written over.
        """
        assert self.region is not None
        base = memory.held[self.region.base]
        if not self.written_in_place:
            array = allocating(
                partial(_empty, base.shape, base.dtype),
                base.nbytes,
                self.name,
                self.place,
            )
            array[...] = base
            base = array
        number = self.stage.outputs[0].value
        memory.held[number] = base
        memory.addresses[number] = base.data.ptr
        return base if self.only and self.written_in_place else None


def _empty(shape: Shape, dtype: DType) -> Any:
    return cupy().ndarray(shape, dtype)


def _write(array: Any, chain: Sequence[Any], value: Any) -> None:
    """Write a value into the region that `chain` leads to, through a copy if need be."""
    for k, link in enumerate(chain):
        if isinstance(link, View):
            array = seen(array, link)
            continue
        reshaped = array.reshape(link[1])
        if reshaped.data.mem is not array.data.mem:
            _write(reshaped, chain[k + 1 :], value)
            array[...] = reshaped.reshape(array.shape)
            return
        array = reshaped
    array[...] = value


# --- views, scalars and whole-array functions --------------------------------------


def seen(array: Any, view: View) -> Any:
    """Return the view of a device array, without a copy."""
    if views.is_identity(view, array.shape):
        return array
    size = array.itemsize
    walk = walk_through(view, tuple(s // size for s in array.strides))
    strides = tuple(s * size for s in walk.strides)
    start = array.data + walk.offset * size
    return cupy().ndarray(view.shape, array.dtype, memptr=start, strides=strides)


def _scalars(stage: Stage) -> Runner:
    """Return what computes a stage of scalars on the host."""
    reads = [entry.value for entry in stage.inputs]
    calls = [
        (i.op.numpy if i.op.name != "astype" else i.dtype.type, i.args)
        for i in stage.body
    ]
    writes = [(o.register, o.value) for o in stage.outputs]

    def run(memory: Memory) -> None:
        r = [memory.held[number] for number in reads]
        with np.errstate(all="ignore"):
            for function, args in calls:
                r.append(function(*[r[k] for k in args]))
        for register, number in writes:
            memory.held[number] = r[register]

    return run


def _put(memory: Memory, number: int, array: Any) -> None:
    memory.held[number] = array
    memory.addresses[number] = array.data.ptr


def _lies_well(array: Any) -> bool:
    """Whether kernels may take an array as they take what they allocate themselves.

    A library function may return a part of its result, which starts anywhere.
    """
    return bool(array.flags.c_contiguous) and array.data.ptr % VECTOR == 0


def _reshape(plan: Plan, stage: Stage, memory: Memory) -> None:
    entry, (output,) = stage.inputs[0], stage.outputs
    base = memory.held[entry.value]
    array = seen(base, entry.view)
    result = allocating(lambda: array.reshape(stage.loop), array.nbytes, "reshape")
    if not _lies_well(result) or (
        plan.values[output.value].role == "output" and result.data.mem is base.data.mem
    ):
        result = allocating(lambda: result.copy(order="C"), array.nbytes, "reshape")
    _put(memory, output.value, result)


def _library(plan: Plan, stage: Stage, memory: Memory) -> None:
    """Call a function of CuPy's; NumPy's, with copies, where CuPy has none."""
    (instr,), (output,) = stage.body, stage.outputs
    value = plan.values[output.value]
    call = partial(_called, plan, stage, memory)
    try:
        result = allocating(call, value.nbytes, instr.op.name, instr)
    except LazyarrError:
        raise
    except Exception as error:
        raise told(error, instr) from error
    _put(memory, value.id, result)


def _called(plan: Plan, stage: Stage, memory: Memory) -> Any:
    """Return a library function's result, contiguous and in memory of its own."""
    (instr,), (output,) = stage.body, stage.outputs
    value = plan.values[output.value]
    module = cupy()
    arrays = [_operand(memory.held[i.value], i.view) for i in stage.inputs]
    params = instr.params if isinstance(instr.params, tuple) else ()
    given = [*arrays]
    for k in instr.op.numbers:
        given[k] = _number(arrays[k], instr)
    make = partial(instr.op.numpy, module, *given, *params)
    refused = REFUSED.get(instr.op.name)
    try:
        result = make() if refused is None else _looked_at(make, refused)
    except _UNSUPPORTED as error:
        result = _on_host(stage, arrays, params)
        if not isinstance(error, ElementsError):
            note_absent(stage, plan.values)
    result = module.asarray(result, dtype=value.dtype).reshape(value.shape)
    held = {id(array.data.mem) for array in arrays}
    if not _lies_well(result) or id(result.data.mem) in held:
        result = result.copy(order="C")
    return result


def _looked_at(make: Callable[[], Any], refused: str) -> Any:
    """Return what `make` gives; raise as NumPy does of matrices that have no result.

    CuPy then waits for what CUDA's libraries tell, 30 to 120 microseconds: it does not by
    itself, and nothing in a result shows that it is none.
    """
    try:
        with cupyx().errstate(linalg="raise"):
            return make()
    except np.linalg.LinAlgError as error:
        raise np.linalg.LinAlgError(refused) from error


def _number(array: Any, instr: Instr) -> Any:
    """Return the value of one element; it is recorded like a copy, and never refused."""
    with ledger.within(floating.line(instr)), ledger.timed(ledger.DOWN, array.nbytes):
        return array.get()[()]


def _on_host(stage: Stage, arrays: list[Any], params: tuple[Any, ...]) -> Any:
    """Return what NumPy makes of copies: only the call showed that CuPy has no such."""
    (instr,) = stage.body
    with ledger.within(floating.line(instr)):
        near = device_memory.download(arrays)
        result = instr.op.numpy(np, *near, *params)
        return device_memory.upload(np.asarray(result), instr.op.name)


def _operand(array: Any, view: View) -> Any:
    if not isinstance(array, cupy().ndarray):
        array = cupy().asarray(array)
    return seen(array, view)
