"""Plans on a GPU: generated kernels on CuPy's current stream, memory from its pool.

Everything that depends on shapes and strides is worked out at the first run with
leaves of some layout, and kept; later runs allocate, fill in addresses and launch.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.codegen.indexing import Layout
from lazyarr.codegen.lowering import lower
from lazyarr.codegen.reach import computed
from lazyarr.codegen.source import machine_for
from lazyarr.ir import view as views
from lazyarr.plan.quantities import VECTOR
from lazyarr.runtime import ahead, cuda_device, device_memory
from lazyarr.runtime.base import moved
from lazyarr.runtime.cuda_device import (
    available,
    bind_thread,
    cupy,
    driver,
    facts,
    imported,
    missing,
    profile,
    thread,
)
from lazyarr.runtime.device_errors import waiting
from lazyarr.runtime.device_stage import Kernels, Memory, Runner, facts_of, runner
from lazyarr.runtime.evaluated import called
from lazyarr.runtime.launch import unknown
from lazyarr.runtime.straight import Straight, never, straight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Plan, Stage
    from lazyarr.runtime.base import Trace
    from lazyarr.runtime.launch import Text

__all__ = [
    "DevicePlan",
    "available",
    "called",
    "driver",
    "facts",
    "fetched",
    "imported",
    "missing",
    "prepare",
    "profile",
]

_COMPILED = ("source", "map", "reduce", "rowwise")
_memory: Callable[..., Memory] = tuple.__new__  # what a named tuple ends up with


class DevicePlan:
    """A plan, and its stages made ready for each layout of leaves met so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        _, _, number = plan.device.partition(":")
        self.device = int(number or 0)
        self.host = plan.host_values
        leaves = [(v.id, v.source) for v in plan.values if v.source >= 0]
        self.scalars = [one for one in leaves if one[0] in self.host]
        self.leaves = [one for one in leaves if one[0] not in self.host]
        self.blank: list[Any] = [None] * len(plan.values)
        self.zeros = [0] * len(plan.values)
        self.straight: Straight = never
        self.programs: dict[tuple[Any, ...], list[Runner]] = {}
        # Found once: a run looks nothing up.
        module = cupy()
        self.array = module.ndarray
        self.current = module.cuda.runtime.getDevice
        self.stream = module.cuda.get_current_stream

    @waiting("compute")
    def run(
        self, leaves: Sequence[Any], trace: Trace | None = None, keep: bool = False
    ) -> list[Any]:
        """Return the values of the roots.

        Parameters
        ----------
        leaves : sequence
            Values of the canonical node list.
        trace : Trace, optional
            Is filled with what every stage took.
        keep : bool, default False
            Whether results stay on the device, and the call returns before they are
            there; otherwise they are NumPy arrays.
        """
        try:
            thread.bound  # noqa: B018 - whether it is there
        except AttributeError:
            bind_thread()
        if self.current() != self.device:
            with cupy().cuda.Device(self.device):
                return self.run(leaves, trace, keep)
        start = (self.blank.copy(), self.zeros.copy(), self.stream().ptr)
        memory = _memory(Memory, start)
        if trace is not None:
            return self._run_traced(leaves, memory, trace, keep)
        layout = self._bind(leaves, memory)
        program = self.programs.get(layout)
        if program is None:
            program = self.programs[layout] = self._program(memory, layout)
        for run in program:
            run(memory)
        held = memory[0]
        results = [held[number] for number in self.plan.outputs]
        if keep:
            for k, result in enumerate(results):
                if type(result) is not self.array:
                    results[k] = cupy().asarray(result)
            return results
        return device_memory.download(results)

    def _run_traced(
        self, leaves: Sequence[Any], memory: Memory, trace: Trace, keep: bool
    ) -> list[Any]:
        """Return the values of the roots; what it took is in the trace."""
        near = [*leaves]
        for number, source in self.leaves:
            leaf = leaves[source]
            if type(leaf) is not self.array or leaf.data.device_id != self.device:
                moved = self._clocked("to device", trace, self._moved, leaf, number)
                near[source] = moved
        layout = self._bind(near, memory)
        program = self.programs.get(layout)
        if program is None:
            program = self.programs[layout] = self._program(memory, layout)
        self._traced(program, memory, trace)
        results = [memory.held[number] for number in self.plan.outputs]
        if keep:
            return [cupy().asarray(result) for result in results]
        home: list[Any] = []
        self._clocked(
            "to host", trace, lambda: home.extend(device_memory.download(results))
        )
        return home

    def _clocked(self, what: str, trace: Trace, call: Any, *args: Any) -> Any:
        """Return what a call that copies returns, with its time in the trace."""
        start = time.perf_counter()
        result = call(*args)
        self.stream().synchronize()
        trace.copies.append((what, start, time.perf_counter() - start))
        return result

    def _bind(self, leaves: Sequence[Any], memory: Memory) -> tuple[Any, ...]:
        """Put the leaves in place; return what the launches depend on of them."""
        held, addresses, _ = memory
        array, device = self.array, self.device
        for number, source in self.scalars:
            held[number] = leaves[source]
        unusual: tuple[Any, ...] = ()
        for number, source in self.leaves:
            leaf = leaves[source]
            if type(leaf) is not array or leaf.data.device_id != device:
                leaf = self._moved(leaf, number)
            held[number] = leaf
            address = addresses[number] = leaf.data.ptr
            if address % VECTOR or not leaf._c_contiguous:
                place = (number, leaf.strides, address % VECTOR == 0)
                unusual = (*unusual, place)
        return unusual

    def _moved(self, leaf: Any, number: int) -> Any:
        """Return a leaf as an array of this device: the plan's copies, if any."""
        what = f"input {number}"
        if issubclass(type(leaf), (np.ndarray, np.generic)):
            return device_memory.upload(np.asarray(leaf), what)
        array = cupy().asarray(leaf)
        if array.data.device_id != self.device:
            array = device_memory.from_other_device(array, what)
        return array

    def _program(self, memory: Memory, unusual: tuple[Any, ...]) -> list[Runner]:
        """Return the stages made ready for leaves that lie as these do."""
        layouts: dict[int, Layout | None] = {}
        for value in self.plan.values:
            array = memory.held[value.id]
            if value.id in self.host:
                layouts[value.id] = None
            elif array is None:
                strides = views.contiguous_strides(value.shape)
                layouts[value.id] = Layout(strides, aligned=True)
            else:
                # Bytes that are no multiple of an element cannot be walked: not met
                # in arrays that CuPy makes.
                strides = tuple(s // array.itemsize for s in array.strides)
                layouts[value.id] = Layout(strides, array.data.ptr % VECTOR == 0)
        facts = facts_of(self.plan)
        runners = [
            runner(self.plan, s, layouts, self.device, facts) for s in self.plan.stages
        ]
        owners = [getattr(run, "__self__", None) for run in runners]
        kernels = [one for one in owners if isinstance(one, Kernels)]
        if not unusual and len(kernels) == len(runners):
            self.straight = straight(self.plan, kernels, self.device)
        return [
            self._dropping(stage, run)
            for stage, run in zip(self.plan.stages, runners, strict=True)
        ]

    def _dropping(self, stage: Stage, run: Runner) -> Runner:
        """Return a stage's runner, which lets go what no later stage reads."""
        last = self.plan.last_use
        drops = [
            v.id
            for v in self.plan.values
            if v.role == "temporary" and last.get(v.id) == stage.id
        ]
        if not drops:
            return run

        def run_and_drop(memory: Memory) -> None:
            run(memory)
            held = memory.held
            for number in drops:
                held[number] = None

        return run_and_drop

    def _traced(self, program: list[Runner], memory: Memory, trace: Trace) -> None:
        """Run the stages with an event of the device between every two.

        Nothing waits for a stage before the next is launched, so that the times are
        those of a run without a trace.
        """
        module = cupy()
        stream = module.cuda.get_current_stream()
        stream.synchronize()
        start = time.perf_counter()
        events = [module.cuda.Event() for _ in range(len(program) + 1)]
        events[0].record(stream)
        for event, run in zip(events[1:], program, strict=True):
            run(memory)
            event.record(stream)
        stream.synchronize()
        elapsed = module.cuda.get_elapsed_time
        for k, stage in enumerate(self.plan.stages):
            trace.seconds[stage.id] = elapsed(events[k], events[k + 1]) / 1e3
            trace.starts[stage.id] = start + elapsed(events[0], events[k]) / 1e3
            trace.nbytes[stage.id] = moved(self.plan, stage)


def free_bytes(device: str) -> int:
    """Return what a device has free, with what its pool holds and nobody uses."""
    module = cupy()
    _, _, number = device.partition(":")
    with module.cuda.Device(int(number or 0)):
        free: int = module.cuda.runtime.memGetInfo()[0]
        return free + int(module.get_default_memory_pool().free_bytes())


def prepare(plan: Plan) -> DevicePlan:
    """Return a plan ready to run on the GPU that it names."""
    return DevicePlan(plan)


def fetched(array: Any) -> np.ndarray:
    """Return a copy of a device's array on the host."""
    with cupy().cuda.Device(array.data.device_id):
        return device_memory.fetched(array)


def sent(array: Any, device: str, what: str) -> Any:
    """Return a copy of a host array on a device; what is on one already stays."""
    with _device(device):
        if isinstance(array, cupy().ndarray):
            return array
        return device_memory.upload(np.asarray(array), what)


@waiting("compute")
def finish(array: Any) -> None:
    """Wait for everything that an array's device was told to do."""
    with cupy().cuda.Device(array.data.device_id):
        cupy().cuda.get_current_stream().synchronize()


def at_home(results: list[Any], device: str) -> list[Any]:
    """Return results on the host, those of a device copied together."""
    with _device(device):
        return device_memory.download(results)


def _device(name: str) -> Any:
    return cupy().cuda.Device(int(name.partition(":")[2] or 0))


def uncompiled(plan: Plan) -> list[Text]:
    """Return the kernels of a plan that nobody has compiled, here or elsewhere.

    Leaves are taken to be contiguous.
    """
    host = plan.host_values
    layouts: dict[int, Layout | None] = {
        value.id: None
        if value.id in host
        else Layout(views.contiguous_strides(value.shape), aligned=True)
        for value in plan.values
    }
    number = int(plan.device.partition(":")[2] or 0)
    processors = cuda_device.processors(number)
    launches = (
        launch
        for stage in plan.stages
        if stage.kind in _COMPILED and stage.device != "cpu"
        for found in [computed(stage, plan.values)]
        if found.nbytes
        for launch in lower(
            *found, layouts, machine_for(plan, stage, processors)
        ).launches
    )
    with _device(plan.device):
        return unknown(launches, number)


def compile_ahead(texts: Sequence[Text], device: str) -> ahead.Compilation:
    """Begin to compile kernels for a device, beside whatever runs."""
    return ahead.start(texts, int(device.partition(":")[2] or 0))


def devices() -> tuple[str, ...]:
    """Return a line for each usable device."""
    return cuda_device.available()
