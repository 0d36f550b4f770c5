"""Text of elementwise kernels that compute longer than they load.

A thread takes packs one after another and loads the next one before it computes: the
arithmetic of one hides the memory of the other, in code of one pack's length. Steps
are written lane by lane, each for the whole pack, so that the same function of several
elements shares its constants.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lazyarr.codegen import writer
from lazyarr.codegen.indexing import Access
from lazyarr.codegen.preamble import ctype, expression
from lazyarr.codegen.structure import ramp_name
from lazyarr.codegen.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lazyarr.codegen.structure import Slot, Step, Structure

# An op of so many multiplications is a function; its lanes are computed together.
FUNCTION = 6
# Functions and divisions of a body from which its arithmetic takes longer than memory.
_LONG = 48


def is_heavy(body: Sequence[Step]) -> bool:
    """Whether a body computes longer than it loads."""
    return sum(step.op.flops for step in body) >= _LONG


def extra(structure: Structure) -> list[tuple[str, str]]:
    """Return the arguments that only this kind of kernel has."""
    index = structure.index_type
    across = [(index, "across")] if len(structure.folded) > 1 else []
    return [*across, (index, "trips")]


def render(structure: Structure) -> str:
    """Return the kernel."""
    w = Writer(structure)
    index, width, unroll = structure.index_type, structure.width, structure.unroll
    last = len(structure.folded) - 1
    w.add(writer.signature(structure, extra(structure)))
    writer.constants(w)
    found = {_divisor(structure, step) for step in structure.body}
    writer.divisors(w, (register for register in found if register is not None))
    if last == 0:
        w.add(
            f"const {index} step = ({index})blockDim.x * {width}, end = n0;",
            f"{index} first = ({index})blockIdx.x * trips * {unroll} * step"
            f" + threadIdx.x * {width};",
        )
    else:
        rows = " * ".join(f"n{k}" for k in range(last))
        w.add(
            f"const {index} c = (({index})(blockIdx.x % across) * blockDim.x"
            f" + threadIdx.x) * {width};",
            f"if (c >= n{last}) return;",
            f"const {index} step = blockDim.y, end = {rows};",
            f"{index} first = ({index})(blockIdx.x / across) * trips * {unroll} * step"
            " + threadIdx.y;",
        )
    for slot in _moving(structure):
        w.add(f"{_kind(w, slot)} a{slot.register}[{unroll}];")
    _load(w, "first")
    w.add(
        "#pragma unroll 1",
        f"for ({index} trip = 0; trip < trips && first < end; ++trip) {{",
        f"const {index} next = first + {unroll} * step;",
    )
    for slot in _moving(structure):
        w.add(f"{_kind(w, slot)} x{slot.register}[{unroll}];")
    if _moving(structure):
        w.loop("u", unroll)
        for slot in _moving(structure):
            w.add(f"x{slot.register}[u] = a{slot.register}[u];")
        w.add("}", "if (trip + 1 < trips) {")
        _load(w, "next")
        w.add("}")
    _compute(w)
    w.add("first = next;", "}", "}")
    return w.text()


def _moving(structure: Structure) -> list[Slot]:
    return [s for s in structure.loads if s.access is not Access.ONE]


def _kind(w: Writer, slot: Slot) -> str:
    kind = ctype(slot.dtype)
    return f"lz_pack<{kind}, {w.structure.width}>" if writer.is_packed(slot) else kind


@contextmanager
def _each(w: Writer, first: str) -> Iterator[list[int]]:
    """Open the loop over a trip's packs; yields the outer axes, coordinates set."""
    index, last = w.structure.index_type, len(w.structure.folded) - 1
    outer = list(range(last))
    w.loop("u", w.structure.unroll)
    place = "c" if last == 0 else "row"
    w.add(f"const {index} {place} = {first} + u * step;")
    if last:
        writer.coordinates(w, "row", outer)
    yield outer
    w.add("}")


def _load(w: Writer, first: str) -> None:
    structure = w.structure
    moving, last = _moving(structure), len(structure.folded) - 1
    if not moving:
        return
    with _each(w, first) as outer:
        left = "end - c" if last == 0 else f"row < end ? n{last} - c : 0"
        w.add(f"const {structure.index_type} left = {left};")
        writer.offsets(w, moving, outer, "o")
        # One branch for all: no load then waits for another.
        reach = structure.width + writer.spare(moving)
        for condition, some in ((f"if (left >= {reach}) {{", ""), ("} else {", "left")):
            w.add(condition)
            for slot in moving:
                at = f"o{slot.group}"
                value = f"p{slot.register}[{at}]"
                if writer.is_packed(slot):
                    value = writer.load(w, slot, at, "c", some)
                elif some:
                    value = f"left > 0 ? {value} : ({ctype(slot.dtype)})0"
                w.add(f"a{slot.register}[u] = {value};")
        w.add("}")


def _compute(w: Writer) -> None:
    structure = w.structure
    width, last = structure.width, len(structure.folded) - 1
    with _each(w, "first") as outer:
        w.add("if (c >= end) break;" if last == 0 else "if (row >= end) break;")
        _inputs(w, outer)
        for some in _together(writer.numbered(structure)):
            _steps(w, some, outer)
        for k, slot in enumerate(structure.stores):
            w.add(f"lz_pack<{ctype(slot.dtype)}, {width}> b{k};")
        w.loop("k", width)
        for k, slot in enumerate(structure.stores):
            w.add(f"b{k}.lane[k] = {_lane(structure, slot.register)};")
        w.add("}")
        writer.offsets(w, structure.stores, outer, "o")
        for k, slot in enumerate(structure.stores):
            at, left = f"o{slot.group}", f"n{last} - c"
            w.add(writer.store(w, slot, f"b{k}", at, "c", left))


def _single(structure: Structure) -> set[int]:
    """Return the registers that are the same for all elements."""
    single = {s.register for s in structure.loads if s.access is Access.ONE}
    return single.union(s.register for s in structure.scalars)


def _divisor(structure: Structure, step: Step) -> int | None:
    """Return the register that divides all elements of a step, if one does."""
    if step.op.name != "divide" or structure.arithmetic == "fast":
        return None
    number, divisor = step.args
    single = _single(structure)
    if divisor not in single or number in single:
        return None
    return divisor if step.dtype.kind == "f" and step.dtype.itemsize > 2 else None


def _lane(structure: Structure, register: int) -> str:
    """Return a register's element: those that are the same for all have only one."""
    return f"r{register}" if register in _single(structure) else f"r{register}[k]"


def _inputs(w: Writer, outer: list[int]) -> None:
    """Define the lanes of what is loaded and of indices."""
    structure = w.structure
    moving = _moving(structure)
    for slot in moving:
        w.add(f"{ctype(slot.dtype)} r{slot.register}[{structure.width}];")
    ramps = writer.read_ramps(structure)
    for ramp in ramps:
        w.add(f"long long r{ramp.register}[{structure.width}];")
    if not moving and not ramps:
        return
    w.loop("k", structure.width)
    for slot in moving:
        lane = ".lane[k]" if writer.is_packed(slot) else ""
        w.add(f"r{slot.register}[k] = x{slot.register}[u]{lane};")
    for ramp in ramps:
        value = writer.ramp_value(w, ramp_name(ramp), outer, "c + k")
        w.add(f"r{ramp.register}[k] = {value};")
    w.add("}")


def _together(
    numbered: Sequence[tuple[int, Step]],
) -> Iterator[list[tuple[int, Step]]]:
    """Yield the steps in runs: a function alone, what is between functions together."""
    run: list[tuple[int, Step]] = []
    for register, step in numbered:
        if step.op.name == "iota":
            continue
        if step.op.flops >= FUNCTION:
            if run:
                yield run
            yield [(register, step)]
            run = []
        else:
            run.append((register, step))
    if run:
        yield run


def _steps(w: Writer, some: Sequence[tuple[int, Step]], outer: list[int]) -> None:
    structure = w.structure
    dtypes = [*structure.dtypes, *(step.dtype for step in structure.body)]
    for register, step in some:
        w.add(f"{ctype(step.dtype)} r{register}[{structure.width}];")
        if register in structure.draws:  # a function, and so alone
            w.add(writer.drawn(w, step, outer, "c", f"r{register}"))
            return
    ((register, step), *_) = some
    divisor = _divisor(structure, step)
    w.loop("k", structure.width)
    if divisor is not None:  # a function, and so alone
        w.add(
            f"r{register}[k] = {_lane(structure, step.args[0])};",
            "}",
            f"lz_over<{structure.width}>(r{register}, d{divisor});",
        )
        return
    for register, step in some:
        names = tuple(_lane(structure, a) for a in step.args)
        value = expression(
            step.op, tuple(dtypes[a] for a in step.args), step.dtype, names
        )
        w.add(f"r{register}[k] = {value};")
    w.add("}")
