"""Text of elementwise kernels with operands whose fast axis is not the innermost one.

Such operands go through a square of shared memory: threads read it along the operand's
own fast axis and use it along the loop's. Its rows have one element more, so that both
directions use all memory banks.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lazyarr.codegen import writer
from lazyarr.codegen.indexing import Access, Walk
from lazyarr.codegen.preamble import ctype
from lazyarr.codegen.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazyarr.codegen.structure import Slot, Structure

SIDE = 32
ROWS = 8
# Of the shared memory that a block gets, for all of its squares.
_SHARED = 48 << 10
# Below this a square is mostly empty, and caches do as well.
SHORTEST = 16


def turned_axis(sizes: Sequence[int], walks: Sequence[Walk]) -> int | None:
    """Return the axis along which an operand is contiguous, if not the innermost."""
    last = len(sizes) - 1
    if last < 1 or sizes[last] < SHORTEST:
        return None
    for walk in walks:
        if walk.strides[last] in (0, 1):
            continue
        for k in range(last):
            if walk.strides[k] == 1 and sizes[k] >= SHORTEST:
                return k
    return None


def is_turned(slot: Slot, walk: Walk, axis: int) -> bool:
    """Whether an operand goes through shared memory."""
    return slot.access is Access.STRIDED and walk.strides[axis] == 1


def fitting(slots: Sequence[Slot]) -> tuple[int, ...]:
    """Return the registers of the slots whose squares fit: others are read as they lie."""
    chosen: list[int] = []
    room = _SHARED
    for slot in slots:
        nbytes = SIDE * (SIDE + 1) * slot.dtype.itemsize
        if nbytes <= room:
            chosen.append(slot.register)
            room -= nbytes
    return tuple(chosen)


def extra(structure: Structure) -> list[tuple[str, str]]:
    """Return the arguments that only this kind of kernel has."""
    return [(structure.index_type, "across"), (structure.index_type, "down")]


def render(structure: Structure) -> str:
    """Return the kernel; ``structure.unroll`` names the turned axis."""
    w = Writer(structure)
    index, last = structure.index_type, len(structure.folded) - 1
    axis = structure.unroll
    outer = [k for k in range(last) if k != axis]
    turned = [s for s in structure.loads if s.register in structure.turned]
    w.add(writer.signature(structure, extra(structure)))
    for slot in turned:
        kind = ctype(slot.dtype)
        w.add(f"__shared__ {kind} s{slot.register}[{SIDE}][{SIDE + 1}];")
    writer.constants(w)
    w.add(
        f"const {index} x0 = ({index})(blockIdx.x % across) * {SIDE};",
        f"const {index} rest = ({index})(blockIdx.x / across);",
        f"const {index} y0 = rest % down * {SIDE};",
    )
    if outer:
        w.add(f"const {index} plane = rest / down;")
        writer.coordinates(w, "plane", outer)
    _read(w, turned, axis, outer)
    _fill(w, turned, axis, outer)
    w.add("__syncthreads();")
    _use(w, turned, axis, outer)
    w.add("}")
    return w.text()


@contextmanager
def _square(w: Writer, axis: int, column: str, row: str) -> Iterator[None]:
    """Open the loop over a thread's elements of the square, coordinates set."""
    index, last = w.structure.index_type, len(w.structure.folded) - 1
    w.loop("u", SIDE // ROWS)
    w.add(
        f"const int v = threadIdx.y + u * {ROWS};",
        f"const {index} i{last} = x0 + {column};",
        f"const {index} i{axis} = y0 + {row};",
        f"if (i{last} >= n{last} || i{axis} >= n{axis}) continue;",
    )
    yield
    w.add("}")


def _straight(structure: Structure, turned: Sequence[Slot]) -> list[Slot]:
    loads = structure.loads
    return [s for s in loads if s.access is not Access.ONE and s not in turned]


def _read(w: Writer, turned: Sequence[Slot], axis: int, outer: list[int]) -> None:
    """Load the other operands before the barrier, where they are in flight with it."""
    straight = _straight(w.structure, turned)
    last = len(w.structure.folded) - 1
    axes = sorted([*outer, axis, last])
    for slot in straight:
        w.add(f"{ctype(slot.dtype)} a{slot.register}[{SIDE // ROWS}];")
    if straight:
        with _square(w, axis, "threadIdx.x", "v"):
            for slot in straight:
                place = writer.element(slot, axes, last)
                w.add(f"a{slot.register}[u] = p{slot.register}[{place}];")


def _fill(w: Writer, turned: Sequence[Slot], axis: int, outer: list[int]) -> None:
    last = len(w.structure.folded) - 1
    axes = sorted([*outer, axis, last])
    with _square(w, axis, "v", "threadIdx.x"):
        for slot in turned:
            place = writer.element(slot, axes, last)
            w.add(f"s{slot.register}[v][threadIdx.x] = p{slot.register}[{place}];")


def _use(w: Writer, turned: Sequence[Slot], axis: int, outer: list[int]) -> None:
    structure = w.structure
    last = len(structure.folded) - 1
    axes = sorted([*outer, axis, last])
    with _square(w, axis, "threadIdx.x", "v"):
        for slot in structure.loads:
            if slot.access is Access.ONE:
                continue
            value = f"a{slot.register}[u]"
            if slot in turned:
                value = f"s{slot.register}[threadIdx.x][v]"
            w.add(f"const {ctype(slot.dtype)} r{slot.register} = {value};")
        writer.ramps(w, [k for k in axes if k != last], f"i{last}")
        writer.steps(w, writer.numbered(structure))
        for k, slot in enumerate(structure.stores):
            w.add(f"q{k}[{writer.element(slot, axes, last)}] = r{slot.register};")
