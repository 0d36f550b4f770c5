"""Plans of one kernel: from the leaves to the launch with nothing in between.

What a `DevicePlan` does for any plan is worked out here once, for leaves that lie as
most do: on the plan's device, contiguous, from 16 bytes on. All others go its way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from lazyarr.runtime.cuda_device import cupy, thread
from lazyarr.runtime.device_memory import emptied, scratch
from lazyarr.runtime.launch import Pack

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Plan
    from lazyarr.runtime.device_stage import Kernels
    from lazyarr.runtime.launch import Call

# CuPy's pool gives no less; how far apart results lie that share it.
_BLOCK, _APART = 512, 128

# Takes the canonical nodes; returns the roots' values, or None: the plan is to run.
Straight: TypeAlias = Callable[[Sequence["Node"]], list[Any] | None]


def never(nodes: Sequence[Node]) -> list[Any] | None:
    """Leave everything to the plan."""
    return None


def straight(plan: Plan, stage: Kernels, device: int) -> Straight:
    """Return what runs a plan of one stage, if that is one launch for the results."""
    if len(stage.calls) != 1 or stage.region is not None:
        return never
    (call,), outputs = stage.calls, [number for number, _ in stage.made]
    pack = Pack(call.launch)
    alike = sorted(plan.outputs) == sorted(outputs) == [n for n, _, _ in stage.shown]
    if pack.rounds or not alike:
        return never
    several = cupy().cuda.runtime.getDeviceCount() > 1
    source_of = {v.id: v.source for v in plan.values if v.source >= 0}
    reads = [
        (slot, source_of[value], offset)
        for slot, value, offset in pack.pointers
        if value not in outputs
    ]
    scalars = [(k, source_of[v]) for k, (_, v) in enumerate(pack.scalars)]
    bound = _binding(call, reads, scalars, stage.array, device if several else -1)
    results = _results(plan, stage, pack)
    return _running(call, bound, _room(stage, results), several)


class _Result(NamedTuple):
    """An array that a launch makes, and where the launch reads its address."""

    nbytes: int
    shape: Shape
    dtype: DType
    writes: list[tuple[int, int]]
    """Slots, and offsets."""


class _Room(NamedTuple):
    """The memory of a launch's results."""

    take: Callable[[Any], Any]
    """Allocates it, writes where they are into a pack's words, and returns it."""
    show: Callable[[Any], list[Any]]
    """Makes arrays of it, in the plan's order."""


def _results(plan: Plan, stage: Kernels, pack: Pack) -> list[_Result]:
    """Return the results in the plan's order."""
    nbytes = dict(stage.made)
    kinds = {number: (shape, dtype) for number, shape, dtype in stage.shown}
    return [
        _Result(
            nbytes[number],
            *kinds[number],
            [(slot, n) for slot, value, n in pack.pointers if value == number],
        )
        for number in plan.outputs
    ]


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


def _room(stage: Kernels, results: list[_Result]) -> _Room:
    """Return how results get memory, and become arrays once the launch is under way.

    Tiny ones share what a pool gives for one.
    """
    alloc, no_memory, name = stage.alloc, stage.no_memory, stage.name
    made = stage.array_of

    def taken(nbytes: int) -> Any:
        try:
            return alloc(nbytes)
        except no_memory:
            return emptied(partial(alloc, nbytes), nbytes, name)

    if len(results) == 1:
        return _alone(results[0], taken, made)
    places = [0, *accumulate(-(-r.nbytes // _APART) * _APART for r in results)]
    if places[-1] <= _BLOCK:
        return _shared(results, places, taken, made)

    def take(words: Any) -> list[Any]:
        blocks = []
        for nbytes, _, _, writes in results:
            block = taken(nbytes)
            blocks.append(block)
            for slot, offset in writes:
                words[slot] = block.ptr + offset
        return blocks

    def show(blocks: Any) -> list[Any]:
        pairs = zip(results, blocks, strict=True)
        return [made(r.shape, r.dtype, block) for r, block in pairs]

    return _Room(take, show)


def _alone(
    result: _Result, taken: Callable[[int], Any], made: Callable[..., Any]
) -> _Room:
    """Return how one result gets memory."""
    nbytes, shape, dtype, writes = result

    def take(words: Any) -> Any:
        block = taken(nbytes)
        for slot, offset in writes:
            words[slot] = block.ptr + offset
        return block

    return _Room(take, lambda block: [made(shape, dtype, block)])


def _shared(
    results: list[_Result],
    places: list[int],
    taken: Callable[[int], Any],
    made: Callable[..., Any],
) -> _Room:
    """Return how results get places in one piece of memory."""
    kinds = [(r.shape, r.dtype, k) for r, k in zip(results, places, strict=False)]
    writes = [
        (slot, place + offset)
        for result, place in zip(results, places, strict=False)
        for slot, offset in result.writes
    ]

    def take(words: Any) -> Any:
        block = taken(_BLOCK)
        start = block.ptr
        for slot, offset in writes:
            words[slot] = start + offset
        return block

    def show(block: Any) -> list[Any]:
        return [made(shape, dtype, block + place) for shape, dtype, place in kinds]

    return _Room(take, show)


def _running(
    call: Call,
    bound: Callable[[Sequence[Node]], Pack | None],
    room: _Room,
    several: bool,
) -> Straight:
    """Return what launches with leaves that are bound, into memory for the results."""
    function, grid, _, _, x, y, _, shared = call.geometry
    device, tickets, idle, start = call.device, call.tickets, call.idle, call.start
    take, show = room
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
        words = pack.words
        memory = take(words)
        stream = stream_of().ptr
        if tickets:
            wanted = scratch(device, stream, call.partial, tickets)
            for slot, which in pack.scratch:
                words[slot] = wanted[which]
        start(function, grid, 1, 1, x, y, 1, shared, stream, pack.address, 0)
        idle.append(pack)
        return show(memory)  # while the kernel runs

    return run
