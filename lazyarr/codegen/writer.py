"""Pieces of text that all kernels share: parameters, coordinates, lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen.indexing import VECTOR_BYTES, Access
from lazyarr.codegen.preamble import ctype, expression
from lazyarr.codegen.structure import (
    PLACE,
    Ramp,
    Slot,
    Step,
    Structure,
    is_fold,
    ramp_name,
    rounds_name,
)
from lazyarr.plan.model import KEPT, LOOP

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lazyarr.ops.row import DType

_NAME_LENGTH = 40


class Writer:
    """Lines of one kernel, indented by the braces that are open."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.lines: list[str] = []
        self.depth = 0

    def add(self, *lines: str) -> None:
        """Append lines; braces at their ends set the indentation."""
        for line in lines:
            if line.startswith("}"):
                self.depth -= 1
            pad = "" if line.startswith("#") else "  " * self.depth
            self.lines.append(pad + line)
            if line.endswith("{"):
                self.depth += 1

    def loop(self, name: str, count: int | str) -> None:
        """Open a loop that the compiler unrolls."""
        self.add(
            "#pragma unroll", f"for (int {name} = 0; {name} < {count}; ++{name}) {{"
        )

    def text(self) -> str:
        """Return the lines as text."""
        return "\n".join(self.lines) + "\n"


def kernel_name(structure: Structure) -> str:
    """Return a name that profilers show: the generator and the ops."""
    ops = [step.op.name for step in structure.body if step.op.name != "iota"]
    name = "_".join(["lazyarr", structure.kind, *ops])
    name = "".join(c if c.isalnum() else "_" for c in name)
    return name[:_NAME_LENGTH].rstrip("_")


def slot_name(structure: Structure, slot: Slot) -> str:
    """Return the name of a slot's pointer."""
    if slot in structure.stores:
        return f"q{structure.stores.index(slot)}"
    return f"p{slot.register}"


def parameters(structure: Structure) -> list[tuple[str, str]]:
    """Return the type and name of every argument that all kinds of kernel have."""
    index = structure.index_type
    restrict = "" if structure.aliased else " __restrict__"
    result = [
        (f"{ctype(slot.dtype)}*{restrict}", f"q{k}")
        for k, slot in enumerate(structure.stores)
    ]
    result += [
        (f"const {ctype(slot.dtype)}*{restrict}", f"p{slot.register}")
        for slot in structure.loads
    ]
    result += [(ctype(s.dtype), f"v{s.register}") for s in structure.scalars]
    keys = dict.fromkeys(step.args[2:] for _, step in drawn_steps(structure))
    result += [("lz_philox_rounds", rounds_name(key)) for key in keys]
    last = len(structure.folded) - 1
    for ramp in structure.ramps:
        name = ramp_name(ramp)
        result.append(("long long", name))
        result += [("long long", f"{name}s{k}") for k in range(last + 1)]
    slots = structure.loads + structure.stores
    for group in sorted({s.group for s in slots if s.access is not Access.ONE}):
        result += [(index, f"g{group}s{k}") for k in range(last)]
        strided = Access.STRIDED, Access.SAME
        if any(s.access in strided for s in slots if s.group == group):
            result.append((index, f"g{group}s{last}"))
    return result + [(index, f"n{k}") for k in range(last + 1)]


def signature(structure: Structure, extra: Sequence[tuple[str, str]]) -> str:
    """Return the first line of a kernel."""
    listed = ", ".join(f"{c} {name}" for c, name in [*parameters(structure), *extra])
    bounds = str(structure.threads)
    if structure.blocks:
        bounds += f", {structure.blocks}"
    return (
        f'extern "C" __global__ void __launch_bounds__({bounds}) '
        f"{kernel_name(structure)}({listed}) {{"
    )


def coordinates(w: Writer, flat: str, axes: Sequence[int]) -> None:
    """Split a flat index over axes into ``i0``, ``i1`` …."""
    index = w.structure.index_type
    if not axes:
        return
    if len(axes) == 1:
        w.add(f"const {index} i{axes[0]} = {flat};")
        return
    rest = flat
    for k in reversed(axes[1:]):
        w.add(f"const {index} i{k} = {rest} % n{k};")
        w.add(f"const {index} d{k} = {rest} / n{k};")
        rest = f"d{k}"
    w.add(f"const {index} i{axes[0]} = {rest};")


def offset(group: int, axes: Iterable[int]) -> str:
    """Return the sum of the coordinates along axes times a group's strides."""
    return " + ".join(f"i{k} * g{group}s{k}" for k in axes) or "0"


def offsets(w: Writer, slots: Iterable[Slot], axes: Sequence[int], name: str) -> None:
    """Define ``name`` + group for the slots: where they are at the coordinates."""
    groups = {s.group for s in slots if s.access is not Access.ONE}
    for group in sorted(groups):
        w.add(f"const {w.structure.index_type} {name}{group} = {offset(group, axes)};")


def load(w: Writer, slot: Slot, at: str, inner: str, left: str = "") -> str:
    """Return the pack of a thread's lanes: `at` the row, from `inner` on.

    `left` elements are to go; without it there are `spare` more than a pack.
    """
    width, last = w.structure.width, len(w.structure.folded) - 1
    p = slot_name(w.structure, slot)
    rest = f", {left}" if left else ""
    match slot.access:
        case Access.VECTOR:
            return f"lz_load<{width}>({p} + {at} + {inner}{rest})"
        case Access.UNIT:
            return f"lz_near<{width}>({p} + {at} + {inner}{rest})"
        case Access.STRIDED:
            stride = f"g{slot.group}s{last}"
            place = f"{p} + {at} + {inner} * {stride}"
            return f"lz_gather<{width}>({place}, {stride}, {left or width})"
    raise AssertionError(slot)


def spare(slots: Iterable[Slot]) -> int:
    """Return how many elements after a pack are read with it, to be shifted away."""
    unaligned = (s.dtype.itemsize for s in slots if s.access is Access.UNIT)
    return max((VECTOR_BYTES // size for size in unaligned), default=0)


def store(w: Writer, slot: Slot, pack: str, at: str, inner: str, left: str) -> str:
    """Return the statement that stores a pack."""
    width, last = w.structure.width, len(w.structure.folded) - 1
    q = slot_name(w.structure, slot)
    if slot.access is Access.VECTOR:
        return f"lz_store<{width}>({q} + {at} + {inner}, {pack}, {left});"
    if slot.access is Access.UNIT:
        return f"lz_put<{width}>({q} + {at} + {inner}, {pack}, {left});"
    stride = f"g{slot.group}s{last}"  # no output has one element for several places
    place = f"{q} + {at} + {inner} * {stride}"
    return f"lz_scatter<{width}>({place}, {stride}, {pack}, {left});"


def is_packed(slot: Slot) -> bool:
    """Whether a slot has an element of its own for each lane."""
    return slot.access in (Access.VECTOR, Access.UNIT, Access.STRIDED)


def constants(w: Writer) -> None:
    """Define the registers that are the same for every element."""
    structure = w.structure
    for slot in structure.loads:
        if slot.access is Access.ONE:
            w.add(f"const {ctype(slot.dtype)} r{slot.register} = p{slot.register}[0];")
    for s in structure.scalars:
        w.add(f"const {ctype(s.dtype)} r{s.register} = v{s.register};")


def divisors(w: Writer, registers: Iterable[int]) -> None:
    """Define what divides by registers that many elements are divided by."""
    for register in sorted(registers):
        w.add(
            f"const lz_divisor<{ctype(_dtypes(w)[register])}> d{register}(r{register});"
        )


def _dtypes(w: Writer) -> list[DType]:
    structure = w.structure
    return [*structure.dtypes, *(step.dtype for step in structure.body)]


def ramp_value(w: Writer, name: str, axes: Iterable[int], inner: str | None) -> str:
    """Return an index register at the coordinates; `inner` is the innermost one."""
    terms = [name, *(f"i{k} * {name}s{k}" for k in axes)]
    if inner is not None:
        terms.append(f"({inner}) * {name}s{len(w.structure.folded) - 1}")
    return " + ".join(terms)


def ramps(w: Writer, axes: Sequence[int], inner: str | None, space: int = LOOP) -> None:
    """Define the index registers of one space at the coordinates."""
    for ramp in read_ramps(w.structure):
        if ramp.space != space:
            continue
        target = "at" if ramp.register == PLACE else f"r{ramp.register}"
        value = ramp_value(w, ramp_name(ramp), axes, inner)
        w.add(f"const long long {target} = {value};")


def drawn_steps(structure: Structure) -> list[tuple[int, Step]]:
    """Return the draws that are made a pack at a time, with their registers."""
    return [(r, s) for r, s in numbered(structure) if r in structure.draws]


def read_ramps(structure: Structure) -> list[Ramp]:
    """Return the index registers, but for those that draws of whole packs begin at."""
    hidden = {step.args[0] for _, step in drawn_steps(structure)}
    return [ramp for ramp in structure.ramps if ramp.register not in hidden]


def declare_draws(w: Writer, count: int) -> None:
    """Declare the random draws of so many packs."""
    for register, step in drawn_steps(w.structure):
        w.add(f"{ctype(step.dtype)} h{register}[{count}][{w.structure.width}];")


def draw(w: Writer, axes: Sequence[int], inner: str, place: str) -> None:
    """Make the random draws of the pack that begins at `inner`."""
    for register, step in drawn_steps(w.structure):
        w.add(drawn(w, step, axes, inner, f"h{register}[{place}]"))


def drawn(w: Writer, step: Step, axes: Sequence[int], inner: str, into: str) -> str:
    """Return the statement that makes a pack's random draws, every lane's at once.

    Their blocks hold several draws, which so are not computed for each anew.
    """
    structure = w.structure
    index, start, *key = step.args
    (name,) = [ramp_name(x) for x in structure.ramps if x.register == index]
    first = ramp_value(w, name, axes, inner)
    run = f"lz_{step.op.name}_run<{structure.width}>"
    return f"{run}({first}, r{start}, {rounds_name(key)}, {into});"


def steps(w: Writer, chosen: Iterable[tuple[int, Step]], place: str = "0") -> None:
    """Define the registers of these steps; folds and ramps are defined elsewhere.

    `place` is that of the pack among those drawn.
    """
    structure, dtypes = w.structure, _dtypes(w)
    for register, step in chosen:
        if step.op.name == "iota" or is_fold(step):
            continue
        if register in structure.draws:
            kind = ctype(step.dtype)
            w.add(f"const {kind} r{register} = h{register}[{place}][k];")
            continue
        names = tuple(f"r{arg}" for arg in step.args)
        value = expression(
            step.op, tuple(dtypes[a] for a in step.args), step.dtype, names
        )
        w.add(f"const {ctype(step.dtype)} r{register} = {value};")


def numbered(structure: Structure) -> list[tuple[int, Step]]:
    """Return the steps with the registers they define."""
    first = len(structure.dtypes)
    return [(first + k, step) for k, step in enumerate(structure.body)]


def element(slot: Slot, axes: Sequence[int], last: int) -> str:
    """Return the index of a slot's element at the coordinates along axes."""
    if slot.access is Access.ONE:
        return "0"
    terms = [f"i{k} * g{slot.group}s{k}" for k in axes if k != last]
    if last in axes:
        beside = slot.access in (Access.VECTOR, Access.UNIT)
        terms.append(f"i{last}" if beside else f"i{last} * g{slot.group}s{last}")
    return " + ".join(terms) or "0"


def kept_part(
    w: Writer, axes: Sequence[int], chosen: Iterable[tuple[int, Step]]
) -> None:
    """Load KEPT registers at kept coordinates and compute the steps that follow."""
    last = len(w.structure.folded) - 1
    for slot in w.structure.loads:
        if slot.space == KEPT and slot.access is not Access.ONE:
            place = element(slot, axes, last)
            kind = ctype(slot.dtype)
            w.add(f"const {kind} r{slot.register} = p{slot.register}[{place}];")
    ramps(w, axes, None, KEPT)
    steps(w, chosen)


def kept_stores(w: Writer, axes: Sequence[int]) -> None:
    """Store the KEPT registers that are asked for."""
    last = len(w.structure.folded) - 1
    for k, slot in enumerate(w.structure.stores):
        if slot.space == KEPT:
            w.add(f"q{k}[{element(slot, axes, last)}] = r{slot.register};")
