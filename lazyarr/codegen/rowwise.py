"""Text of row-wise kernels: fold a row, then use the result on the same row, read once.

The threads of a row hold all of it in registers, ``unroll`` packs each: never more than
needed, so that all but a thread's last pack are whole. The body is cut
in phases: a phase computes what only needs the folds of earlier phases, and ends with
the folds of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen import reduce, writer
from lazyarr.codegen.folds import folds, state, tiles
from lazyarr.codegen.indexing import Access
from lazyarr.codegen.preamble import ctype
from lazyarr.codegen.structure import Step, Structure, is_fold
from lazyarr.codegen.writer import Writer
from lazyarr.plan.model import KEPT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.codegen.folds import Fold


def extra(structure: Structure) -> list[tuple[str, str]]:
    """Return the arguments that only this kind of kernel has."""
    return [(structure.index_type, "rows")]


def phases(structure: Structure) -> list[int]:
    """Return the phase in which each register is known."""
    found = [0] * len(structure.dtypes)
    for step in structure.body:
        phase = max((found[a] for a in step.args), default=0)
        found.append(phase + 1 if is_fold(step) else phase)
    return found


def held(structure: Structure) -> dict[int, tuple[int, int]]:
    """Return the LOOP registers used in later phases: register to (first, last)."""
    phase = phases(structure)
    packed = {s.register for s in reduce.moving(structure)}
    result: dict[int, tuple[int, int]] = {}

    def use(register: int, when: int) -> None:
        first = len(structure.dtypes)
        if register >= first:
            step = structure.body[register - first]
            if step.space == KEPT or step.op.name == "iota":
                return
        elif register not in packed:
            return
        born = phase[register]
        if when > born:
            result[register] = born, max(when, result.get(register, (0, 0))[1])

    for register, step in writer.numbered(structure):
        computed = phase[register] - 1 if is_fold(step) else phase[register]
        for arg in step.args:
            use(arg, computed)
    return result


def row_bytes(structure: Structure) -> int:
    """Return the most bytes of one element that are held from a phase to the next."""
    dtypes = [*structure.dtypes, *(s.dtype for s in structure.body)]
    spans = held(structure)
    most = 0
    for boundary in range(max(phases(structure), default=0)):
        alive = [r for r, (a, b) in spans.items() if a <= boundary < b]
        most = max(most, sum(dtypes[r].itemsize for r in alive))
    return most


def render(structure: Structure) -> str:
    """Return the kernel."""
    w = Writer(structure)
    chosen = folds(structure)
    by_phase = _by_phase(structure, chosen)
    for phase, some in by_phase.items():
        if some:
            w.lines.append(state(some, f"lz_state{phase}"))
    index, unroll = structure.index_type, structure.unroll
    kept = reduce.axes_of(structure, False)
    last = len(structure.folded) - 1
    w.add("// lz_few_registers: the row takes them.")
    w.add(writer.signature(structure, extra(structure)))
    w.add("extern __shared__ __align__(16) char lz_shared[];")
    writer.constants(w)
    w.add(
        f"const {index} line = ({index})blockIdx.x * blockDim.y + threadIdx.y;",
        "const bool mine = line < rows;",
        f"const {index} row = mine ? line : rows - 1;",
    )
    writer.coordinates(w, "row", kept)
    used = reduce.moving(structure) + [s for _, s in reduce.loop_stores(structure)]
    writer.offsets(w, used, kept, "o")
    reduce.declare_packs(w, unroll)
    w.loop("u", unroll)
    _place(w)
    writer.offsets(w, reduce.moving(structure), (), "e")
    shifted = any(s.access is Access.UNIT for s in reduce.moving(structure))
    reduce.load_packs(w, "c", f"n{last} - c" if shifted else _left(structure))
    w.add("}")
    _kept_inputs(w, kept)
    _declare_held(w)
    for phase, some in by_phase.items():
        _phase(w, phase, some, kept)
    w.add("if (!mine || threadIdx.x > 0) return;")
    writer.kept_stores(w, kept)
    w.add("}")
    return w.text()


def _place(w: Writer) -> None:
    """Define where pack ``u`` of a thread starts."""
    index, row = w.structure.index_type, w.structure.row
    # A known count makes places of one thread differ by constants: fewer registers.
    count = str(row) if row else f"({index})blockDim.x"
    w.add(f"const {index} c = (u * {count} + threadIdx.x) * {w.structure.width};")


def _left(structure: Structure) -> str:
    """Return how many elements pack ``u`` of a thread has: all but the last are whole.

    That it is known spares them the code for a part of a pack, and its compilation.
    """
    left = f"n{len(structure.folded) - 1} - c"
    before = structure.unroll - 1
    # In brackets: more may follow.
    return f"(u < {before} ? {structure.width} : {left})" if before else left


def _by_phase(structure: Structure, chosen: Sequence[Fold]) -> dict[int, list[Fold]]:
    phase = phases(structure)
    result: dict[int, list[Fold]] = {p: [] for p in range(max(phase) + 1)}
    for fold in chosen:
        result[phase[fold.register] - 1].append(fold)
    return result


def _kept_inputs(w: Writer, kept: Sequence[int]) -> None:
    phase = phases(w.structure)
    writer.kept_part(w, kept, _kept_steps(w.structure, phase, 0))


def _kept_steps(
    structure: Structure, phase: Sequence[int], wanted: int
) -> list[tuple[int, Step]]:
    return [
        (r, s)
        for r, s in writer.numbered(structure)
        if s.space == KEPT and not is_fold(s) and phase[r] == wanted
    ]


def _declare_held(w: Writer) -> None:
    structure = w.structure
    size = structure.unroll * structure.width
    first = len(structure.dtypes)
    for register in sorted(held(structure)):
        if register >= first:
            kind = ctype(structure.body[register - first].dtype)
            w.add(f"{kind} y{register}[{size}];")


def _phase(w: Writer, phase: int, some: Sequence[Fold], kept: Sequence[int]) -> None:
    """Compute every element's registers of one phase, then fold them."""
    structure = w.structure
    width, unroll = structure.width, structure.unroll
    if some:
        w.add(f"lz_state{phase} state{phase};")
    w.add("{")
    for fold in some:
        w.add(f"{fold.element} {fold.name}[{unroll * width}];")
    w.loop("u", unroll)
    _place(w)
    _lanes(w, phase, some, kept)
    w.add("}")
    if some:
        _fold(w, phase, some)
    w.add("}")
    if some:
        for fold in some:
            kind = ctype(fold.step.dtype)
            value = f"state{phase}.{fold.member}.value()"
            w.add(f"const {kind} r{fold.register} = {value};")
        later = _kept_steps(structure, phases(structure), phase + 1)
        writer.steps(w, later)


def _lanes(w: Writer, phase: int, some: Sequence[Fold], kept: Sequence[int]) -> None:
    structure = w.structure
    width = structure.width
    when = phases(structure)
    spans = held(structure)
    steps = [(r, s) for r, s in reduce.loop_steps(structure) if not is_fold(s)]
    stores = [
        (k, s) for k, s in reduce.loop_stores(structure) if when[s.register] == phase
    ]
    for k, slot in stores:
        w.add(f"lz_pack<{ctype(slot.dtype)}, {width}> b{k};")
    if phase == 0:
        writer.declare_draws(w, 1)
        writer.draw(w, list(kept), "c", "0")
    w.loop("k", width)
    reduce.unpack(w)
    writer.ramps(w, list(kept), "c + k")
    for register, step in steps:
        if register in spans and when[register] < phase <= spans[register][1]:
            kind = ctype(step.dtype)
            w.add(f"const {kind} r{register} = y{register}[u * {width} + k];")
    writer.steps(w, [(r, s) for r, s in steps if when[r] == phase])
    for register, _ in steps:
        if register in spans and when[register] == phase:
            w.add(f"y{register}[u * {width} + k] = r{register};")
    for fold in some:
        w.add(f"{fold.name}[u * {width} + k] = {fold.value};")
    for k, slot in stores:
        w.add(f"b{k}.lane[k] = r{slot.register};")
    w.add("}")
    left = f"mine ? {_left(structure)} : 0"
    for k, slot in stores:
        w.add(writer.store(w, slot, f"b{k}", f"o{slot.group}", "c", left))


def _fold(w: Writer, phase: int, some: Sequence[Fold]) -> None:
    """Fold a thread's elements: only its last pack may lack any."""
    structure = w.structure
    index, width, unroll = structure.index_type, structure.width, structure.unroll
    last = len(structure.folded) - 1
    name, before = f"state{phase}", (unroll - 1) * width
    w.add(f"{name}.init();")
    if before:
        w.add(*(f"{name}.{f.member}.tile<{before}>({f.name});" for f in some))
    w.add(f"const int u = {unroll - 1};")
    _place(w)
    w.add(
        f"const {index} left = n{last} - c;",
        "if (left > 0) {",
        f"const bool full = left >= {width};",
    )
    tiles(w, some, name, width, "k", "k < left", before)
    w.add("}")
    kind = f"lz_state{phase}"
    w.add(f"{name} = lz_across_row({name}, reinterpret_cast<{kind}*>(lz_shared));")
