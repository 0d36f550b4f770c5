"""From a stage to launches: which generator, which text, how many blocks and threads.

`lower` is pure: it knows a device only as the numbers in `Device`. The text of a kernel
is written once per structure; everything that depends on shapes is in the launch.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.codegen import heavy, reduce, rowwise, stencil, tile
from lazyarr.codegen.folds import folds, state_bytes
from lazyarr.codegen.indexing import Access, Layout
from lazyarr.codegen.launches import (
    Device,
    Geometry,
    Launch,
    Lowered,
    body,
    call,
    source,
)
from lazyarr.codegen.split import apart, split
from lazyarr.codegen.structure import Analysis, Slot, Step, Structure, analyse
from lazyarr.ir import view as views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lazyarr.ir.node import Shape
    from lazyarr.plan.model import Instr, Stage, Value

__all__ = ["Device", "Launch", "Lowered", "body", "lower", "source"]

# What a thread's unrolled body may come to, in instructions; compilation time follows.
_BODY = 1024
_THREADS = 256
_MOST_THREADS = 1024
# Threads along a row of a kernel that reads shifted views, and rows of a thread: few
# of what a block reads is read by another too.
_NEAR, _NEAR_ROWS = 128, 4
# How many threads there may be for each one that a row needs.
_IDLE = 1.03
# Threads that share the columns of a block, and fewer that do so if more blocks run at
# once for it: that much of what could run otherwise idles.
_DEEP, _LESS_DEEP, _FULL = 8, 4, 0.85
# Bytes of the states of a reduction's folds: more would neither stay in registers nor
# compile in seconds, and are computed by several launches.
_STATES = 384
# Of a multiprocessor, 32 bits each.
_REGISTERS = 65_536


def lower(
    stage: Stage,
    values: tuple[Value, ...],
    layouts: Mapping[int, Layout | None],
    device: Device,
) -> Lowered:
    """Return the launches that compute a map, reduce or row-wise stage.

    Parameters
    ----------
    stage : Stage
        Its loop has at least one element.
    values : tuple of Value
        By id.
    layouts : mapping of int to Layout or None
        How each value that the stage reads lies in memory; None for host scalars.
    device : Device
    """
    made = _lower(stage, values, layouts, device)
    if device.arithmetic == "exact" and not device.backwards:
        return made
    return made._replace(launches=tuple(_asked(x, device) for x in made.launches))


def _asked(launch: Launch, device: Device) -> Launch:
    """Return a launch as a device is to run it."""
    structure = launch.structure._replace(arithmetic=device.arithmetic)
    if device.backwards and structure.kind == "map":
        structure = structure._replace(backwards=True)
    return launch._replace(structure=structure)


def _lower(
    stage: Stage,
    values: tuple[Value, ...],
    layouts: Mapping[int, Layout | None],
    device: Device,
) -> Lowered:
    if stage.kind == "rowwise":
        launch = _row(stage, values, layouts, device)
        if launch is not None:
            return Lowered((launch,))
        stages, extra = split(stage, values)
        more = dict(layouts)
        known = values + extra
        for one in stages:
            for _, number in one.outputs:
                strides = views.contiguous_strides(known[number].shape)
                more[number] = Layout(strides, aligned=True)
        again = device._replace(backwards=True)
        parts = [lower(one, known, more, again).launches for one in stages]
        return Lowered(tuple(x for some in parts for x in some), extra)
    most = _power_below(max(_BODY // _weight(stage.body), 1))
    found = analyse(stage, values, layouts, min(most, 16))
    if any(found.structure.folded) or stage.axes:
        sizes = {fold.register: fold.nbytes for fold in folds(found.structure)}
        stages = apart(stage, sizes, _STATES)
        if len(stages) == 1:
            return Lowered((_reduction(stage, found, device),))
        lowered = [_lower(one, values, layouts, device) for one in stages]
        return Lowered(tuple([launch for one in lowered for launch in one.launches]))
    axis = tile.turned_axis(
        found.sizes, [found.walks[f"p{s.register}"] for s in found.structure.loads]
    )
    if axis is not None:
        return Lowered((_tile(stage, found, axis),))
    near = _stencil(stage, values, layouts, found)
    return Lowered((near or _map(stage, found, device),))


def _moving(slots: Sequence[Slot]) -> int:
    return sum(s.access is not Access.ONE for s in slots)


def _weight(body: Sequence[Instr | Step]) -> int:
    """Return the length of a body's code: a function is as long as several ops."""
    return max(sum(max(one.op.flops // 5, 1) for one in body), 1)


def _unroll(structure: Structure, moving: int, most: int) -> int:
    """Return how many packs of each operand a thread loads before it computes.

    `moving` operands have others in each pack.
    """
    if structure.draws and not moving:
        return 1  # there is nothing to wait for
    room = _BODY // (_weight(structure.body) * structure.width)
    return max(1, min(most // max(moving, 1), room))


# --- maps ------------------------------------------------------------------------


def _map(stage: Stage, found: Analysis, device: Device) -> Launch:
    rows = [s for s in found.structure.loads if not s.fixed]
    unroll = _unroll(found.structure, _moving(rows), device.unroll)
    structure = found.structure._replace(kind="map", unroll=unroll, threads=_THREADS)
    if heavy.is_heavy(structure.body):
        unroll = 2 if _moving(structure.loads) == 1 else 1
        structure = structure._replace(kind="heavy", unroll=unroll)
    found = found._replace(structure=structure)
    width = structure.width
    sizes = found.sizes
    packs = -(-sizes[-1] // width)
    x = _THREADS if len(sizes) == 1 else _row_threads(packs)
    y, across = _THREADS // x, -(-packs // x)
    numbers = {"across": across}
    each = unroll * (x if len(sizes) == 1 else y)
    length = packs if len(sizes) == 1 else prod(sizes[:-1])
    if structure.kind == "heavy":
        fair = packs * prod(sizes[:-1]) // (_THREADS * unroll * device.processors * 32)
        numbers["trips"] = max(min(fair, device.trips), 1)
        each *= numbers["trips"]
    down = -(-length // each)
    grid = down if len(sizes) == 1 else across * down
    return call(stage, found, Geometry(grid, (x, y), numbers))


def _row_threads(packs: int) -> int:
    """Return the threads along a row: many, and few of them idle."""
    if packs <= _THREADS:
        return _power_above(packs)
    few = (n for n in (256, 128, 64, 32) if -(-packs // n) * n <= _IDLE * packs)
    return next(few, 16)


def _stencil(
    stage: Stage,
    values: tuple[Value, ...],
    layouts: Mapping[int, Layout | None],
    found: Analysis,
) -> Launch | None:
    """Return the launch of a stage that reads shifted views, in packs that are aligned."""
    width = found.structure.width
    while width and not (near := stencil.neighbourhoods(stage, found, layouts)):
        width //= 2
        found = analyse(stage, values, layouts, width) if width else found
    if not width:
        return None
    rows = min(_NEAR_ROWS, max(_BODY // (_weight(stage.body) * width), 1))
    structure = found.structure._replace(
        kind="stencil", unroll=rows, threads=_THREADS, near=near
    )
    packs = found.sizes[-1] // structure.width
    x = min(_power_above(packs), _NEAR)
    y = _THREADS // x
    across, down = -(-packs // x), -(-found.sizes[-2] // (y * rows))
    grid = across * down * prod(found.sizes[:-2])
    geometry = Geometry(grid, (x, y), {"across": across, "down": down})
    return call(stage, found._replace(structure=structure), geometry)


def _tile(stage: Stage, found: Analysis, axis: int) -> Launch:
    loads = found.structure.loads
    turned = [
        s for s in loads if tile.is_turned(s, found.walks[f"p{s.register}"], axis)
    ]
    structure = found.structure._replace(
        kind="tile",
        unroll=axis,
        threads=tile.SIDE * tile.ROWS,
        turned=tile.fitting(turned),
        draws=(),  # threads take single elements
    )
    sizes = found.sizes
    across, down = -(-sizes[-1] // tile.SIDE), -(-sizes[axis] // tile.SIDE)
    planes = prod(n for k, n in enumerate(sizes[:-1]) if k != axis)
    geometry = Geometry(
        across * down * planes,
        (tile.SIDE, tile.ROWS),
        {"across": across, "down": down},
    )
    return call(stage, found._replace(structure=structure), geometry)


# --- reductions ------------------------------------------------------------------


def _reduction(stage: Stage, found: Analysis, device: Device) -> Launch:
    inner = found.structure.folded[-1]
    structure = found.structure._replace(
        kind="inner" if inner else "outer",
        unroll=_unroll(found.structure, _moving(found.structure.loads), device.unroll),
        threads=_THREADS,
        # Large states, and the blocks of random streams, need more registers than that
        # many blocks leave them.
        blocks=max(_blocks(found.structure, device), 1),
    )
    found = found._replace(structure=structure)
    return call(stage, found, (_inner if inner else _outer)(found, device))


def _blocks(structure: Structure, device: Device) -> int:
    if structure.draws:
        return device.resident // 2
    return device.resident - (state_bytes(structure) > 48)


def _sizes(found: Analysis, folded: bool) -> Shape:
    pairs = zip(found.sizes, found.structure.folded, strict=True)
    return tuple(n for n, fold in pairs if fold is folded)


def _inner(found: Analysis, device: Device) -> Geometry:
    structure = found.structure
    rows = prod(_sizes(found, False))
    per = -(-found.sizes[-1] // structure.width)
    packs = per * prod(_sizes(found, True)[:-1])
    trips = -(-packs // structure.unroll)
    x = min(_power_above(trips), _row_share(trips))
    y = max(min(_THREADS // x, _power_above(rows)), max(32 // x, 1))
    state = state_bytes(structure)
    while x > 32 and state * y * (x // 32) > reduce.SHARED:
        x //= 2
    groups = -(-rows // y)
    parts = 1
    wanted = device.processors * structure.blocks
    if y == 1 and groups < wanted:
        parts = max(min(wanted // groups, trips // _THREADS), 1)
    numbers = {"rows": rows, "per": per, "packs": packs, "parts": parts}
    scratch = state * rows * parts if parts > 1 else 0
    shared = state * y * (x // 32) if x > 32 else 0
    tickets = groups if parts > 1 else 0
    return Geometry(groups * parts, (x, y), numbers, shared, scratch, tickets)


def _row_share(trips: int) -> int:
    """Return the most threads of a row: fewer if more would idle in its last trip."""
    if trips > 8 * _THREADS:
        return _THREADS
    choices = (_THREADS, _THREADS // 2)
    return min(choices, key=lambda n: (-(-trips // n) * n, -n))


def _outer(found: Analysis, device: Device) -> Geometry:
    structure = found.structure
    kept = _sizes(found, False)
    depth = prod(_sizes(found, True))
    packs = -(-kept[-1] // structure.width)
    trips = -(-depth // structure.unroll)
    state = state_bytes(structure)
    wanted = device.processors * structure.blocks
    x, y = _columns(packs, trips, _DEEP)
    share = _running(packs, x, prod(kept[:-1]), wanted)
    if share < _FULL:
        fewer = _columns(packs, trips, _LESS_DEEP)
        if _running(packs, fewer[0], prod(kept[:-1]), wanted) > share:
            x, y = fewer
    while x * y * state > reduce.SHARED and x * y > 1:
        x, y = (x, y // 2) if y > 1 else (x // 2, y)
    across = -(-packs // x)
    groups = across * prod(kept[:-1])
    parts = 1
    if groups < wanted:  # rounded down: one block more would wait for a whole wave
        parts = max(min(wanted // groups, trips // y), 1)
    columns = prod(kept)
    numbers = {"across": across, "depth": depth, "columns": columns, "parts": parts}
    scratch = state * columns * parts if parts > 1 else 0
    tickets = groups if parts > 1 else 0
    shared = state * x * y * reduce.together(structure)
    return Geometry(groups * parts, (x, y), numbers, shared, scratch, tickets)


def _columns(packs: int, trips: int, deep: int) -> tuple[int, int]:
    """Return the columns of a block and the threads that share each, about `deep`."""
    y = min(_power_above(trips), deep)
    x = min(_power_above(packs), _THREADS // y)
    while y < trips and x * y < _THREADS:
        y *= 2
    return x, y


def _running(packs: int, x: int, planes: int, wanted: int) -> float:
    """Return the share of the blocks that could run at once that there are."""
    groups = -(-packs // x) * planes
    return max(wanted // groups, 1) * groups / wanted


def _row(
    stage: Stage,
    values: tuple[Value, ...],
    layouts: Mapping[int, Layout | None],
    device: Device,
) -> Launch | None:
    """Return the row-wise launch, or None when a row is not at hand in one piece."""
    found = analyse(stage, values, layouts, 8)
    folded = found.structure.folded
    if not folded[-1] or sum(folded) != 1:
        return None
    width = found.structure.width
    packs = -(-found.sizes[-1] // width)
    nbytes = max(rowwise.row_bytes(found.structure), 1) * width
    threads = _row_block(packs, nbytes, device)
    unroll = max(-(-packs // threads), 1)
    held = nbytes * unroll
    room = _BODY * 2 // _weight(stage.body)
    most = min(device.row_bytes, 4 * (_REGISTERS // threads - device.row_registers))
    if held > most or unroll * width > max(room, width):
        return None
    rows = prod(_sizes(found, False))
    y = max(_THREADS // threads, 1)
    state = state_bytes(found.structure)
    if state > _STATES:
        return None
    shared = state * y * (threads // 32) if threads > 32 else 0
    bound = max(threads, _THREADS)
    registers = held // 4 + device.row_registers
    structure = found.structure._replace(
        kind="rowwise",
        unroll=unroll,
        threads=bound,
        row=threads if threads >= _THREADS else 0,
        blocks=max(min(_REGISTERS // (bound * registers), 2048 // bound), 1),
    )
    geometry = Geometry(-(-rows // y), (threads, y), {"rows": rows}, shared)
    return call(stage, found._replace(structure=structure), geometry)


def _row_block(packs: int, nbytes: int, device: Device) -> int:
    """Return the threads of a row: few of them, with as much of it as they can hold.

    `nbytes` are held of a pack. Rows of few packs share a block.
    """
    wanted = -(-packs // device.row_packs)
    if wanted <= _THREADS:
        return _power_above(wanted)
    most = max(device.row_bytes // max(nbytes, 1), 1)
    wanted = min(max(-(-packs // most), _THREADS), _MOST_THREADS)
    return -(-wanted // 128) * 128


def _power_above(n: int) -> int:
    """Return the smallest power of two that is at least `n`."""
    return 1 << max(n - 1, 0).bit_length()


def _power_below(n: int) -> int:
    return 1 << (n.bit_length() - 1)
