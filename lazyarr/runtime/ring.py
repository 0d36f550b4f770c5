"""Windows that stream through a GPU: copies in, kernels and copies out at the same time.

A window's inputs go through pinned memory of the host to one of two buffers on the
device, on a stream of their own, while the window before is computed on another stream
and the results of the one before that come back on a third.
"""

from __future__ import annotations

import threading
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.plan.passes import RING
from lazyarr.runtime import device_memory, ledger
from lazyarr.runtime.cuda_device import cupy
from lazyarr.runtime.cupy_backend import DevicePlan
from lazyarr.runtime.device_errors import waiting
from lazyarr.runtime.stream import Gather, StreamedPlan, WindowedPass

if TYPE_CHECKING:
    from lazyarr.plan.model import Plan
    from lazyarr.plan.parts import Window
    from lazyarr.runtime.base import Executable, Trace

_UP, _DOWN = 1, 2


def prepare(plan: Plan) -> StreamedPlan:
    """Return a plan with passes, ready to stream through the GPU that it names."""
    return StreamedPlan(plan, DevicePass)


class DevicePass(WindowedPass):
    """One pass on a GPU."""

    def prepare(self, plan: Plan) -> Executable:
        """Return the plan of a window, ready to run on its device."""
        return DevicePlan(plan)

    @waiting("compute")
    def stream(
        self,
        bounds: list[tuple[int, int]],
        held: dict[int, Any],
        gather: Gather,
        trace: Trace | None,
    ) -> None:
        """Run the windows, each while the next arrives and the last leaves."""
        _, _, number = self.cutter.plan.device.partition(":")
        with cupy().cuda.Device(int(number or 0)):
            if not self.one.rows:
                super().stream(bounds, held, gather, trace)
                return
            gather.copy = device_memory.copy_in_parts
            ring = _Ring(self, held)
            try:
                ring.run(bounds, gather, trace)
            finally:
                ring.settle()


def _buffer(nbytes: int) -> Any:
    module = cupy()
    make = partial(module.ndarray, (nbytes,), np.uint8)
    return device_memory.allocating(make, nbytes, "a window")


class _Thread(threading.local):
    streams: dict[int, tuple[Any, Any, Any]]


_thread = _Thread()


def _streams() -> tuple[Any, Any, Any]:
    """Return this thread's streams on the current device; scratch goes with them."""
    module = cupy()
    try:
        known = _thread.streams
    except AttributeError:
        known = _thread.streams = {}
    device = module.cuda.runtime.getDevice()
    if device not in known:
        make = module.cuda.Stream
        known[device] = tuple(make(non_blocking=True) for _ in range(3))
    return known[device]


class _Ring:
    """The buffers and streams of one run of a pass."""

    def __init__(self, one: DevicePass, held: dict[int, Any]) -> None:
        module = cupy()
        self.one = one
        self.arriving, self.running, self.leaving = _streams()
        event = module.cuda.Event
        self.arrived = [event(disable_timing=True) for _ in range(RING)]
        self.computed = [event(disable_timing=True) for _ in range(RING)]
        self.left = [event(disable_timing=True) for _ in range(RING)]
        self.parts: list[Any] = []  # of every slot: an array, or its buffers
        self.pinned: dict[tuple[int, int], np.ndarray] = {}
        cutter, rows = one.cutter, one.one.rows
        self.sources = [held[slot.value] for slot in cutter.slots]
        for slot, source in zip(cutter.slots, self.sources, strict=True):
            value = cutter.plan.values[slot.value]
            if slot.value in cutter.host or isinstance(source, module.ndarray):
                self.parts.append(source)
            elif not slot.walks:
                self.parts.append(
                    device_memory.upload(np.asarray(source), f"input {slot.value}")
                )
            else:
                nbytes = prod(slot.shape(value.shape, rows)) * value.dtype.itemsize
                ledger.allowed(ledger.UP, nbytes)
                self.parts.append([_buffer(nbytes) for _ in range(RING)])
        module.cuda.get_current_stream().synchronize()  # what came whole is there

    def run(
        self, bounds: list[tuple[int, int]], gather: Gather, trace: Trace | None
    ) -> None:
        """Send all windows through."""
        pending: tuple[int, Window, int, int, list[Any]] | None = None
        for k, (lo, hi) in enumerate(bounds):
            leaves = self._bring(k, lo, hi)
            window, executable = self.one.window(lo, hi)
            with self.running:
                self.running.wait_event(self.arrived[k % RING])
                results = self._compute(executable, leaves, trace)
                self.computed[k % RING].record(self.running)
            if pending is not None:
                self._take(pending, gather)
            pending = (k, window, lo, hi, self._fetch(k, results))
        if pending is not None:
            self._take(pending, gather)

    def _compute(
        self, executable: Any, leaves: list[Any], trace: Trace | None
    ) -> list[Any]:
        if trace is None:
            results: list[Any] = executable.run(leaves, keep=True)
            return results
        inner = type(trace)()
        results = executable.run(leaves, inner, keep=True)
        self.one.record(trace, inner)
        return results

    def _bring(self, k: int, lo: int, hi: int) -> list[Any]:
        """Start the copies of a window's inputs; return them as device arrays."""
        module = cupy()
        place = k % RING
        self.arrived[place].synchronize()  # the pinned memory is free again
        self.arriving.wait_event(self.computed[place])  # and so is the buffer
        leaves = []
        for number, (slot, part) in enumerate(
            zip(self.one.cutter.slots, self.parts, strict=True)
        ):
            if not slot.walks or not isinstance(part, list):
                leaves.append(part[slot.key(lo, hi, part.ndim)] if slot.walks else part)
                continue
            source = self.sources[number]
            seen = source[slot.key(lo, hi, source.ndim)]
            stage = self._pinned(number, place, seen.shape, seen.dtype)
            with ledger.timed(ledger.UP, seen.nbytes):
                device_memory.copy_in_parts(stage, seen)
                module.cuda.runtime.memcpyAsync(
                    part[place].data.ptr,
                    stage.ctypes.data,
                    seen.nbytes,
                    _UP,
                    self.arriving.ptr,
                )
            leaves.append(module.ndarray(seen.shape, seen.dtype, part[place].data))
        self.arrived[place].record(self.arriving)
        return leaves

    def _fetch(self, k: int, results: list[Any]) -> list[Any]:
        """Start the copies of a window's results; return device and host arrays."""
        module = cupy()
        place = k % RING
        self.leaving.wait_event(self.computed[place])
        pairs = []
        for number, array in enumerate(results):
            stage = self._pinned(-1 - number, place, array.shape, array.dtype)
            module.cuda.runtime.memcpyAsync(
                stage.ctypes.data,
                array.data.ptr,
                array.nbytes,
                _DOWN,
                self.leaving.ptr,
            )
            pairs.append((array, stage))
        self.left[place].record(self.leaving)
        return pairs

    def _take(
        self, pending: tuple[int, Window, int, int, list[Any]], gather: Gather
    ) -> None:
        k, window, lo, hi, pairs = pending
        with ledger.timed(ledger.DOWN, sum(a.nbytes for a, _ in pairs)):
            self.left[k % RING].synchronize()
            gather.take(window, lo, hi, [stage for _, stage in pairs])

    def _pinned(
        self, number: int, place: int, shape: tuple[int, ...], dtype: Any
    ) -> np.ndarray:
        """Return pinned memory for an input or a result of a window, used again."""
        nbytes = prod(shape) * dtype.itemsize
        found = self.pinned.get((number, place))
        if found is None or found.nbytes < nbytes:
            memory = cupy().cuda.alloc_pinned_memory(max(nbytes, 1))
            found = np.frombuffer(memory, np.uint8, max(nbytes, 1))
            self.pinned[number, place] = found
        part: np.ndarray = found[:nbytes].view(dtype).reshape(shape)
        return part

    def settle(self) -> None:
        """Wait until nothing is on its way."""
        for stream in (self.arriving, self.running, self.leaving):
            stream.synchronize()
