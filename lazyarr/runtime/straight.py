"""Plans of kernels alone: from the leaves to the launches with nothing in between.

What a `DevicePlan` does for any plan is worked out here once, for leaves that lie as
most do: on the plan's device, contiguous, from 16 bytes on. All others go its way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias

from lazyarr import compiled
from lazyarr.named import NamedTuple
from lazyarr.runtime.cuda_device import cupy, thread
from lazyarr.runtime.device_errors import told
from lazyarr.runtime.device_memory import PER_THREAD, emptied, scratch
from lazyarr.runtime.floating import beneath
from lazyarr.runtime.launch import Pack

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Plan
    from lazyarr.runtime.device_stage import Kernels

# CuPy's pool gives no less; how far apart values lie that share it.
_BLOCK, _APART = 512, 128
# Bytes of temporaries of a stage that share a block, and of what is taken ahead.
_SMALL = 1 << 17
_SHARE = 64  # of what is read: results of less get their memory ahead

# Takes the canonical nodes; returns the roots' values, or None: the plan is to run.
Straight: TypeAlias = Callable[[Sequence["Node"]], list[Any] | None]
# Of a block: its number, its bytes, and where the addresses in it are to be written.
_Take: TypeAlias = tuple[int, int, list[tuple[Any, int, int]]]
# What a stage takes, what it launches, and the blocks that nobody reads any more.
_Step: TypeAlias = tuple[list[_Take], list[tuple[Any, ...]], list[int]]


def never(nodes: Sequence[Node]) -> list[Any] | None:
    """Leave everything to the plan."""
    return None


def straight(plan: Plan, stages: Sequence[Kernels], device: int) -> Straight:
    """Return what runs a plan of kernels, if its results are what they make."""
    made = {number for stage in stages for number, _, _ in stage.shown}
    outputs = plan.outputs
    if len(set(outputs)) < len(outputs) or not made.issuperset(outputs):
        return never
    launches = [call.launch for stage in stages for call in stage.calls]
    if any(stage.region is not None for stage in stages) or any(
        Pack(launch).rounds for launch in launches
    ):
        return never
    return _runner(_Program(plan, stages, device))


class _Block(NamedTuple):
    """Memory that values of a stage share."""

    number: int
    stage: int
    last: int
    """The stage after which nobody reads them; -1 for results."""
    nbytes: int


class _Program:
    """What runs of a plan share."""

    def __init__(self, plan: Plan, stages: Sequence[Kernels], device: int) -> None:
        self.stages = stages
        self.device = device
        self.read = sum(v.nbytes for v in plan.values if v.source >= 0)
        self.source_of = {v.id: v.source for v in plan.values if v.source >= 0}
        self.blocks: list[_Block] = []
        self.places: dict[tuple[int, int], tuple[int, int]] = {}
        """By stage and value: a block, and where in it."""
        shapes: dict[int, tuple[Shape, DType]] = {}
        self.maker: dict[int, int] = {}  # the stage that makes a value of the plan
        for k, stage in enumerate(stages):
            shapes.update({n: (shape, dtype) for n, shape, dtype in stage.shown})
            sizes = dict(stage.made)
            self.maker.update(dict.fromkeys(sizes, k))
            results = [number for number in plan.outputs if number in sizes]
            others = [number for number in sizes if number not in results]
            last = {n: self._last(plan, k, n, stage.extra) for n in others}
            self._place(k, results, sizes, dict.fromkeys(results, -1), _BLOCK)
            self._place(k, others, sizes, last, _SMALL)
        where = [self.places[self.maker[number], number] for number in plan.outputs]
        self.shown = [
            (*shapes[number], *place)
            for number, place in zip(plan.outputs, where, strict=True)
        ]

        nbytes = self.blocks[0].nbytes
        small = nbytes <= _BLOCK or nbytes <= min(self.read // _SHARE, _SMALL)
        self.ahead = nbytes if small and len(self.blocks) == 1 else None
        """Bytes of the only block, if they are taken ahead."""

    def _last(self, plan: Plan, at: int, number: int, extra: Sequence[int]) -> int:
        """Return the number of the last stage that reads a value made by stage `at`."""
        if number in extra:
            return at
        last = plan.last_use.get(number)
        found = [k for k, stage in enumerate(self.stages) if stage.stage.id == last]
        return found[0] if found else at

    def _place(
        self,
        stage: int,
        numbers: list[int],
        sizes: dict[int, int],
        last: dict[int, int],
        most: int,
    ) -> None:
        """Give values of a stage blocks; small ones share one."""
        steps = [-(-sizes[number] // _APART) * _APART for number in numbers]
        starts = [0, *accumulate(steps)]
        if len(numbers) > 1 and starts[-1] <= most:
            until = max(last.values())
            self._add(stage, until, starts[-1])
            for number, start in zip(numbers, starts, strict=False):
                self.places[stage, number] = (len(self.blocks) - 1, start)
            return
        for number in numbers:
            self._add(stage, last[number], sizes[number])
            self.places[stage, number] = (len(self.blocks) - 1, 0)

    def _add(self, stage: int, last: int, nbytes: int) -> None:
        self.blocks.append(_Block(len(self.blocks), stage, last, nbytes))


class _Ready:
    """The memory of one run's arguments, and what is written there for every run."""

    __slots__ = (
        "packs",
        "reads",
        "scalars",
        "scratch",
        "spare",
        "steps",
        "stream",
    )

    def __init__(self, program: _Program) -> None:
        self.packs: list[Pack] = []  # whose memory this is
        self.reads: list[tuple[int, Any, int, int]] = []
        self.scalars: list[list[Any]] = []  # places of leaves, of words, what is there
        self.scratch: list[tuple[Any, int, int, int, int]] = []
        self.stream = -1  # whose scratch is in place, and whose memory is to spare
        self.spare: Any = None
        writes: list[list[tuple[Any, int, int]]] = [[] for _ in program.blocks]
        calls = [self._calls(program, k, writes) for k, _ in enumerate(program.stages)]
        blocks = program.blocks
        self.steps: list[_Step] = [
            (
                [
                    (b.number, b.nbytes, writes[b.number])
                    for b in blocks
                    if b.stage == k
                ],
                launches,
                [b.number for b in blocks if b.last == k],
            )
            for k, launches in enumerate(calls)
        ]

    def _calls(
        self, program: _Program, at: int, writes: list[list[tuple[Any, int, int]]]
    ) -> list[tuple[Any, ...]]:
        """Return the launches of a stage; note where their arguments are."""
        found = []
        source_of, places = program.source_of, program.places
        for call in program.stages[at].calls:
            pack = Pack(call.launch)
            self.packs.append(pack)
            words = pack.words
            for slot, value, offset in pack.pointers:
                if value in source_of:
                    self.reads.append((source_of[value], words, slot, offset))
                    continue
                place = places.get((at, value)) or places[program.maker[value], value]
                writes[place[0]].append((words, slot, place[1] + offset))
            self.scalars += [[source_of[v], place, None] for place, v in pack.scalars]
            for slot, which in pack.scratch:
                wanted = (words, slot, which, call.partial, call.tickets)
                self.scratch.append(wanted)
            found.append((call.geometry, pack.address))
        return found

    def share(self, device: int, stream: int) -> None:
        """Let the launches use the scratch of a stream."""
        self.stream, self.spare = stream, None
        for words, slot, which, nbytes, tickets in self.scratch:
            words[slot] = scratch(device, stream, nbytes, tickets)[which]


class Facts(NamedTuple):
    """What runs of a plan use; `lazyarr/compiled/launches.c` has it in this order."""

    device: int
    current: Any
    """What tells the current device; None if there is only one."""
    per_thread: int
    thread: Any
    idle: list[_Ready]
    array: type[Any]
    stream_of: Any
    alloc: Any
    no_room: tuple[type[Exception], ...]
    again: Any
    """Returns memory where there was none, or says so."""
    start: Any
    told: Any
    """Returns what to raise for an error of a launch."""
    made: Any
    shown: list[tuple[Any, ...]]
    """Of results: shape, dtype, the block, and where in it."""
    blocks: list[Any]
    """As many times None as there are blocks."""
    ahead: int | None
    beneath: Any


def _facts(program: _Program) -> Facts:
    first, last = program.stages[0], program.stages[-1]
    cuda, alloc = cupy().cuda, first.alloc

    def again(nbytes: int) -> Any:
        try:
            return emptied(partial(alloc, nbytes), nbytes, last.name, last.place)
        except RuntimeError as error:  # the device has failed
            raise told(error, last.place) from error

    return Facts(
        device=program.device,
        current=cuda.runtime.getDevice if cuda.runtime.getDeviceCount() > 1 else None,
        per_thread=PER_THREAD,
        thread=thread,
        idle=[],
        array=first.array,
        stream_of=cuda.get_current_stream,
        alloc=alloc,
        no_room=(first.no_memory, RuntimeError),
        again=again,
        start=cuda.driver.launchKernel,
        told=partial(told, place=last.place),
        made=first.array_of,
        shown=program.shown,
        blocks=[None] * len(program.blocks),
        ahead=program.ahead,
        beneath=beneath,
    )


def _binder(
    program: _Program, facts: Facts
) -> Callable[[Sequence[Node]], _Ready | None]:
    """Return what writes addresses and scalars of leaves where launches read them.

    It gives None where the plan is to run instead.
    """
    device, current, array, idle = facts.device, facts.current, facts.array, facts.idle
    stream_of = facts.stream_of

    def bound(nodes: Sequence[Node]) -> _Ready | None:
        if not hasattr(thread, "bound") or (current and current() != device):
            return None
        try:  # one is one run's at a time
            ready = idle.pop()
        except IndexError:
            ready = _Ready(program)
        for source, words, slot, offset in ready.reads:
            leaf = nodes[source].value
            if type(leaf) is array and leaf._c_contiguous:
                data = leaf.data
                address = data.ptr
                if not address & 15 and (not current or data.device_id == device):
                    words[slot] = address + offset
                    continue
            idle.append(ready)
            return None
        for entry in ready.scalars:
            source, place, last = entry
            scalar = nodes[source].value
            if scalar is not last:  # no scalar that is held changes
                place[0] = entry[2] = scalar
        stream = stream_of().ptr
        if stream != ready.stream or stream == PER_THREAD:  # each thread has its own
            ready.share(device, stream)
        return ready

    return bound


def _memory(facts: Facts, ready: _Ready, nbytes: int) -> Any:
    """Return memory: what was taken ahead, or the pool's, which is emptied if it has none."""
    spare, ready.spare = ready.spare, None
    if spare is not None:
        return spare
    try:
        return facts.alloc(nbytes)
    except facts.no_room:
        return facts.again(nbytes)


def _launched(facts: Facts, ready: _Ready) -> list[Any]:
    """Launch what is bound, and return the memory of the blocks."""
    start, stream = facts.start, ready.stream
    blocks = facts.blocks.copy()
    for takes, launches, drops in ready.steps:
        for number, nbytes, writes in takes:
            blocks[number] = _memory(facts, ready, nbytes)
            address = blocks[number].ptr
            for words, slot, offset in writes:
                words[slot] = address + offset
        try:
            for geometry, arguments in launches:
                start(*geometry, stream, arguments, 0)
        except Exception as error:
            raise facts.told(error) from error
        for number in drops:
            blocks[number] = None
    return blocks


def _runner(program: _Program) -> Straight:
    """Return what runs a plan."""
    facts = _facts(program)
    made, bound = facts.made, _binder(program, facts)

    def run(nodes: Sequence[Node]) -> list[Any] | None:
        ready = bound(nodes)
        if ready is None:
            return None
        blocks = _launched(facts, ready)
        # Another thread's own stream is another one; the next run is told of no room.
        if facts.ahead is not None and ready.stream != PER_THREAD:
            with suppress(*facts.no_room):
                ready.spare = facts.alloc(facts.ahead)
        facts.idle.append(ready)
        return [  # while the kernels run
            made(shape, dtype, blocks[number] + offset if offset else blocks[number])
            for shape, dtype, number, offset in facts.shown
        ]

    return compiled.method("plan_run", run, other=facts)  # type: ignore[no-any-return]
