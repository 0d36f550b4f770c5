"""Plans of one kernel: from the leaves to the launch with nothing in between.

What a `DevicePlan` does for any plan is worked out here once, for leaves that lie as
most do: on the plan's device, contiguous, from 16 bytes on. All others go its way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from lazyarr.runtime.cuda_device import cupy, thread
from lazyarr.runtime.device_memory import emptied, scratch
from lazyarr.runtime.launch import Pack

if TYPE_CHECKING:
    from lazyarr.ir.node import Node
    from lazyarr.plan.model import Plan
    from lazyarr.runtime.device_stage import Kernels
    from lazyarr.runtime.launch import Call

# Takes the canonical nodes; returns the roots' values, or None: the plan is to run.
Straight: TypeAlias = Callable[[Sequence["Node"]], list[Any] | None]


def never(nodes: Sequence[Node]) -> list[Any] | None:
    """Leave everything to the plan."""
    return None


def straight(plan: Plan, stage: Kernels, device: int) -> Straight:
    """Return what runs a plan of one stage, if that is one launch with one result."""
    if len(stage.calls) != 1 or len(stage.made) != 1 or stage.region is not None:
        return never
    (call,), ((output, _),) = stage.calls, stage.made
    pack = Pack(call.launch)
    if pack.rounds or plan.outputs != (output,):
        return never
    several = cupy().cuda.runtime.getDeviceCount() > 1
    source_of = {v.id: v.source for v in plan.values if v.source >= 0}
    reads = [
        (slot, source_of[value], offset)
        for slot, value, offset in pack.pointers
        if value != output
    ]
    writes = [(slot, n) for slot, value, n in pack.pointers if value == output]
    scalars = [(k, source_of[v]) for k, (_, v) in enumerate(pack.scalars)]
    bound = _binding(call, reads, scalars, stage.array, device if several else -1)
    return _running(stage, call, bound, writes, several)


def _binding(
    call: Call,
    reads: list[tuple[int, int, int]],
    scalars: list[tuple[int, int]],
    array: type[Any],
    device: int,
) -> Callable[[Sequence[Node]], Pack | None]:
    """Return what writes addresses and scalars of leaves where a launch reads them.

    `reads` are slots, places of leaves and offsets, `scalars` numbers of slots and
    places of leaves. With the device -1 there is only one.
    """
    launch, idle = call.launch, call.idle

    def bound(nodes: Sequence[Node]) -> Pack | None:
        try:  # a pack is one run's at a time
            pack = idle.pop()
        except IndexError:
            pack = Pack(launch)
        words = pack.words
        for slot, source, offset in reads:
            leaf = nodes[source].value
            if type(leaf) is array and leaf._c_contiguous:
                data = leaf.data
                address = data.ptr
                if not address & 15 and (device < 0 or data.device_id == device):
                    words[slot] = address + offset
                    continue
            idle.append(pack)
            return None
        last = pack.last
        for k, source in scalars:
            scalar = nodes[source].value
            if scalar is not last[k]:  # no scalar that is held changes
                pack.scalars[k][0][0] = last[k] = scalar
        return pack

    return bound


def _running(
    stage: Kernels,
    call: Call,
    bound: Callable[[Sequence[Node]], Pack | None],
    writes: list[tuple[int, int]],
    several: bool,
) -> Straight:
    """Return what allocates the result and launches; `writes` are slots and offsets."""
    ((_, nbytes),), ((_, shape, dtype),) = stage.made, stage.shown
    alloc, no_memory, made = stage.alloc, stage.no_memory, stage.array_of
    function, grid, _, _, x, y, _, shared = call.geometry
    device, tickets, idle, start = call.device, call.tickets, call.idle, call.start
    cuda = cupy().cuda
    current, stream_of = cuda.runtime.getDevice, cuda.get_current_stream

    def run(nodes: Sequence[Node]) -> list[Any] | None:
        try:
            thread.bound  # noqa: B018 - whether it is there
        except AttributeError:
            return None
        if several and current() != device:
            return None
        pack = bound(nodes)
        if pack is None:
            return None
        try:
            block = alloc(nbytes)
        except no_memory:
            block = emptied(partial(alloc, nbytes), nbytes, stage.name)
        words, stream = pack.words, stream_of().ptr
        for slot, offset in writes:
            words[slot] = block.ptr + offset
        if tickets:
            wanted = scratch(device, stream, call.partial, tickets)
            for slot, which in pack.scratch:
                words[slot] = wanted[which]
        start(function, grid, 1, 1, x, y, 1, shared, stream, pack.address, 0)
        idle.append(pack)
        return [made(shape, dtype, block)]  # while the kernel runs

    return run
