"""What a stage does, in numbers: bytes, operations by kind, calls. No machine is known here.

All numbers grow in proportion to the arrays but those of library functions, which have
a power of their own; that is how a plan is priced at other sizes than its own.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from lazyarr.ir.view import FIXED, View
from lazyarr.named import NamedTuple
from lazyarr.ops.row import Kind
from lazyarr.options import DEFAULTS
from lazyarr.plan.device_functions import Part, parts_of
from lazyarr.plan.families import PICKING, Job, job_of, letter
from lazyarr.plan.lag import narrow
from lazyarr.plan.model import KEPT, LOOP, Input, Instr, Stage, Value
from lazyarr.plan.scratch import tile_of
from lazyarr.plan.shared import Ease, ease_of, may_be_brief, weight_of
from lazyarr.plan.tally import tallied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazyarr.ops.row import DType
    from lazyarr.plan.tally import Alike, Operand


_LINE = 64  # bytes that memory hands out at once
_BUFFER = 8192  # elements; NumPy copies shorter rows if an operand is stretched to them
_STORING = 3  # calls: results are an array, have their shape, are copied
_LEAST = 4  # smaller parts of a tile lie in any cache


class Term(NamedTuple):
    """One operation of a stage: its cost's key, its class's key, and how often it is done."""

    op: str
    pace: str
    flops: int
    elements: int
    passes: int = 1


class Work(NamedTuple):
    """What a stage moves and computes.

    ``family``, ``amount``, ``power`` and ``matrices`` are those of a library function's `Job`.
    """

    kind: str
    size: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    flops: int = 0
    terms: tuple[Term, ...] = ()
    calls: int = 0
    folds: int = 0
    weight: float = 0
    family: str = ""
    amount: float = 0.0
    power: float = 1.0
    matrices: float = 1.0
    strided: float = 0.0
    moved: int = 0
    """Bytes that memory has to move: what several views see is read once."""
    tile: int = DEFAULTS.tile_elements
    """Elements that one thread works on at once, where there are more."""
    scratch: int = 0
    """Bytes that it needs for them beside operands and results."""
    rows: int = 0
    """Rows that calls begin anew, because an operand is stretched to them."""
    buffered: int = 0
    """Bytes of calls with such an operand whose rows NumPy copies into a buffer."""
    apart: int = 0
    """Bytes of operands that calls see in rows of which one is not behind the other."""
    parted: int = 0
    """Those rows."""
    stored: int = 0
    """Bytes of a region that results are copied to, where that takes a call more."""
    splits: bool = False
    """Whether it may be cut for several threads though it is not long."""
    ease: Ease = Ease(1.0, 0.0)
    """How well threads share it."""
    stepped: int = 0
    """Elements that cheap calls take one by one, for not all lie side by side."""
    reverse: int = 0
    """Those that do lie side by side, the last one first."""
    direct: bool = False
    """Whether folds see operands as they lie: nothing is computed for them."""
    steps: int = 0
    """Calls of folds in each of several tiles, beside `calls`."""
    gapped: int = 0
    """Bytes of lines among those moved that are read because they are written in part."""
    parts: tuple[Part, ...] = ()
    """What a library function does on a GPU, where that is not one of its family."""
    plain: bool = False
    """Whether it may be done on whole arrays though it is long."""


def amounts_of(stage: Stage, values: tuple[Value, ...]) -> Work:
    """Return how much a stage moves and calculates, and nothing of how."""
    return _amounts(stage, values, _reads(stage, values), tallied(stage, values))


def _reads(stage: Stage, values: tuple[Value, ...]) -> dict[Input, int]:
    """Return the bytes that are read through each input."""
    reads = {i: _read(i, values[i.value]) for i in set(stage.inputs)}
    if stage.kind == "library" and stage.body[0].op.name in PICKING:
        first = stage.inputs[0]
        written = sum(values[o.value].nbytes for o in stage.outputs)
        reads[first] = min(reads[first], written)
    return reads


def _amounts(
    stage: Stage,
    values: tuple[Value, ...],
    reads: dict[Input, int],
    tally: Sequence[Alike],
) -> Work:
    if stage.kind == "view":
        return Work("view", calls=1)
    written = sum(values[o.value].nbytes for o in stage.outputs)
    read = sum(reads.values())
    if stage.region is not None:
        written = stage.size * values[stage.outputs[0].value].dtype.itemsize
        if not stage.region.in_place:
            base = values[stage.region.base].nbytes
            read, written = read + base, written + base
    terms = tuple(_terms(stage, values, tally))
    flops = sum(term.flops * term.elements for term in terms)
    if stage.region is not None and not stage.region.in_place:
        copied = values[stage.region.base]
        key = letter(copied.dtype)
        terms += (Term(f"copy/{key}", f"cheap/{key}", 1, prod(copied.shape)),)
    if stage.kind == "scalar":
        return Work("scalar", flops=flops)
    return Work(stage.kind, prod(stage.loop), read, written, flops, terms)


def work_of(stage: Stage, values: tuple[Value, ...]) -> Work:
    """Return what a stage does."""
    reads = _reads(stage, values)
    tally = tallied(stage, values)
    plain = _amounts(stage, values, reads, tally)
    if stage.kind in ("view", "scalar"):
        return plain
    written, size = plain.bytes_written, plain.size
    splits = stage.kind == "map" and not stage.axes and stage.region is None
    job = job_of(stage, values) if stage.kind == "library" else Job("", 0.0)
    wider = narrow(stage, values)
    calls = sum([some.calls for some in tally]) or 1
    folds = sum([some.times for some in tally if some.folds])
    far = sum(nbytes for i, nbytes in reads.items() if _far(i))
    stored, gapped = _stored(stage, written, values)
    tile, scratch = DEFAULTS.tile_elements * wider, 0
    if size > tile // _LEAST and stage.kind != "library":
        tile, _, scratch, *_ = tile_of(stage, values, tile)
    return Work(
        *plain[:6],
        calls,
        folds,
        weight_of(stage, values, tally),
        *job,
        far,
        _distinct(stage, reads, values) + stored + gapped,
        tile,
        scratch,
        *_rows(stage, values),
        written if stage.region is not None else 0,
        splits,
        ease_of(stage, values, tally),
        *_stepped(stage, tally),
        all(some.folds or some.space == KEPT for some in tally),
        _steps(stage, tally),
        gapped,
        parts_of(stage, values) if stage.kind == "library" else (),
        may_be_brief(stage),
    )


def _rows(stage: Stage, values: tuple[Value, ...]) -> tuple[int, int, int, int]:
    """Return how many rows calls begin anew, bytes that are buffered, and what is apart."""
    if len(stage.loop) < 2:
        return 0, 0, 0, 0
    inner, size = stage.loop[-1], prod(stage.loop)
    folded = prod(stage.kept) > 1
    stretched, apart = [], []
    for entry in stage.inputs:
        value = values[entry.value]
        whole = entry.space == LOOP and bool(value.shape) and not _far(entry)
        along = len({a.axis for a in entry.view.axes} - {FIXED})
        stretched.append(bool(value.shape) and along < len(stage.loop))
        apart.append(whole and not stretched[-1] and value.shape[-1] != inner)
    stretched += [folded and (_folds(i) or i.space == KEPT) for i in stage.body]
    apart += [False] * len(stage.body)
    calls = [i for i in stage.body if i.space == LOOP]
    parts = sum(apart[arg] for i in calls for arg in {*i.args})
    rows = sum(any(stretched[arg] for arg in i.args) for i in calls)
    parts += stage.region is not None
    widths = [values[o.value].dtype.itemsize for o in stage.outputs]
    number = size // max(inner, 1)
    width = max(widths, default=8)
    buffered = rows * size * width if inner < _BUFFER else 0
    return rows * number, buffered, parts * size * width, parts * number


def _read(entry: Input, value: Value) -> int:
    """Return the bytes of a value that a view touches, each counted once."""
    if not value.shape:
        return value.dtype.itemsize
    touched = prod(n for j, n in enumerate(entry.view.shape) if _moves(entry, j))
    return min(touched, prod(value.shape)) * value.dtype.itemsize


def _distinct(stage: Stage, reads: dict[Input, int], values: tuple[Value, ...]) -> int:
    """Return the bytes read; what several views see at about the same time, once."""
    each: dict[tuple[int, bool], int] = {}
    for entry, seen in reads.items():
        way = (entry.value, _far(entry))
        lines = seen * _gaps(entry.view, values[entry.value])
        each[way] = each.get(way, 0) + lines
    found = sum(min(seen, values[k].nbytes) for (k, _), seen in each.items())
    if stage.region is not None and not stage.region.in_place:
        found += values[stage.region.base].nbytes
    return found


def _stored(stage: Stage, written: int, values: tuple[Value, ...]) -> tuple[int, int]:
    """Return the bytes that memory moves for what a stage writes, and reads before.

    Lines that are written in part are read.
    """
    if stage.region is None or len(stage.region.chain) > 1:
        return written, 0
    base = values[stage.region.base]
    (view,) = stage.region.chain
    gaps = _gaps(view, base) if isinstance(view, View) else 1
    lines = min(written * gaps, base.nbytes)
    return (written, 0) if gaps == 1 else (lines, lines)


def _stepped(stage: Stage, tally: Sequence[Alike]) -> tuple[int, int]:
    """Return how many elements cheap calls take one by one: apart, and side by side.

    NumPy's loops take several at once only from the first one on.
    """
    if not stage.loop:
        return 0, 0
    apart = reverse = 0
    for some in tally:
        if some.space == LOOP and some.op.pace == "cheap":
            steps = {arg.step for arg in some.args} - {0, 1}
            apart += some.times * (bool(steps) and steps != {-1})
            reverse += some.times * (steps == {-1})
    return apart * stage.size, reverse * stage.size


def _gaps(view: View, value: Value) -> int:
    """Return how many times its elements' bytes a view fetches: memory comes in lines."""
    step = 1
    if len(view.axes) == len(value.shape):
        for axis, extent in zip(
            reversed(view.axes), reversed(value.shape), strict=True
        ):
            if axis.axis != FIXED:
                step *= max(abs(axis.step), 1)
                break
            step *= extent
    return max(min(step, _LINE // value.dtype.itemsize), 1)


def _moves(entry: Input, axis: int) -> bool:
    return any(a.axis == axis for a in entry.view.axes)


def _far(entry: Input) -> bool:
    """Whether neighbours in the loop are far apart in memory: a transposed operand."""
    order = [a.axis for a in entry.view.axes]
    return len(order) > 1 and order != sorted(order)


def _folds(instr: Instr) -> bool:
    return instr.op.kind is Kind.REDUCE


def _steps(stage: Stage, tally: Sequence[Alike]) -> int:
    """Return how many more calls of NumPy the folds of each tile are.

    Between two that go through the tile lies one that makes the next one's operand.
    Results of its own are given their shape, and are put where they belong.
    """
    storing = _STORING if prod(stage.kept) > 1 else 0
    each = [f.times * (2 * (f.op.passes - 1) + storing) for f in tally if f.folds]
    return sum(each)


def _terms(
    stage: Stage, values: tuple[Value, ...], tally: Sequence[Alike]
) -> list[Term]:
    """Return the operations of a stage, alike ones together."""
    size, kept = prod(stage.loop), prod(stage.kept)
    alike: dict[tuple[str, str, int, int], int] = {}
    for op, made, space, args, times in tally:
        if op.kind is Kind.REDUCE and kept > 1:
            continue
        beside = space == KEPT and op.kind is not Kind.REDUCE
        often = kept if beside else size
        plain = len(args) > 1 and any(arg.single for arg in args)
        key = letter(_loop_dtype(op.name, made, args))
        name = f"{op.name}.1/{key}" if plain else f"{op.name}/{key}"
        one = (name, f"{op.pace}/{key}", op.flops, op.passes)
        alike[one] = alike.get(one, 0) + often * times
    terms = [Term(*key[:3], often, key[3]) for key, often in alike.items()]
    if kept < 2:
        return terms
    dtypes = [values[entry.value].dtype for entry in stage.inputs]
    dtypes += [instr.dtype for instr in stage.body]
    folds = [i for i in stage.body if _folds(i)]
    return terms + [
        t for i in folds for t in _along(stage, i, letter(dtypes[i.args[0]]))
    ]


def _loop_dtype(name: str, made: DType, args: Sequence[Operand]) -> DType:
    """Return the dtype of an operation's loop: that of its operands.

    A comparison gives booleans.
    """
    return args[0].dtype if args and name != "where" else made


def _along(stage: Stage, instr: Instr, key: str) -> Iterator[Term]:
    """Yield what a fold along some axes does: it begins anew for each of its rows."""
    op, size, inner = instr.op, stage.size, len(stage.loop) - 1
    by_row = inner in stage.axes
    name, pace = f"{op.name}{'' if by_row else '.0'}", f"{op.pace}/{key}"
    yield Term(f"{name}/{key}", pace, op.flops, size, op.passes)
    if by_row:
        rows = size // max(stage.loop[inner], 1)
        yield Term(f"{op.name}.row/{key}", pace, 0, rows, 0)
