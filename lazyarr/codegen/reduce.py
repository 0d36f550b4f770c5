"""Text of reductions: one launch that maps, folds and finishes.

There are two shapes. ``inner``: the innermost axis is folded, threads of a row share
its elements. ``outer``: the innermost axis is kept, each thread owns columns. Both cut
the folded elements among ``parts`` blocks; a block leaves its state in memory, and the
last one to do so folds the states in a fixed order and computes what follows the
reduction. No result depends on which block comes last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen import writer
from lazyarr.codegen.folds import folds, state, state_bytes, tiles
from lazyarr.codegen.indexing import Access
from lazyarr.codegen.preamble import ctype
from lazyarr.codegen.structure import Slot, Step, Structure, is_fold
from lazyarr.codegen.writer import Writer
from lazyarr.plan.model import KEPT, LOOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.codegen.folds import Fold


# Of the shared memory that a block gets without asking, for the states of its threads.
SHARED = 40_000


def extra(structure: Structure) -> list[tuple[str, str]]:
    """Return the arguments that only this kind of kernel has."""
    index = structure.index_type
    names = {"inner": ("rows", "per", "packs"), "outer": ("across", "depth", "columns")}
    return [
        *((index, name) for name in names[structure.kind]),
        ("unsigned", "parts"),
        ("lz_state*", "partial"),
        ("unsigned*", "tickets"),
    ]


def render(structure: Structure) -> str:
    """Return the kernel."""
    w = Writer(structure)
    chosen = folds(structure)
    w.lines.append(state(chosen))
    w.add(writer.signature(structure, extra(structure)))
    w.add(
        "extern __shared__ __align__(16) char lz_shared[];",
        "lz_state* shared = reinterpret_cast<lz_state*>(lz_shared);",
    )
    writer.constants(w)
    w.add(
        "const unsigned part = blockIdx.x % parts;",
        "const unsigned group = blockIdx.x / parts;",
    )
    if structure.kind == "inner":
        _inner(w, chosen)
    else:
        _outer(w, chosen)
    w.add("}")
    return w.text()


def axes_of(structure: Structure, folded: bool) -> list[int]:
    """Return the axes that are, or are not, folded."""
    return [k for k, fold in enumerate(structure.folded) if fold is folded]


def loop_steps(structure: Structure) -> list[tuple[int, Step]]:
    """Return the steps that are computed for every element."""
    numbered = writer.numbered(structure)
    return [(r, s) for r, s in numbered if s.space == LOOP]


def _kept_steps(structure: Structure) -> list[tuple[int, Step]]:
    numbered = writer.numbered(structure)
    return [(r, s) for r, s in numbered if s.space == KEPT and not is_fold(s)]


def moving(structure: Structure) -> list[Slot]:
    """Return the array operands that are read for every element."""
    loads = structure.loads
    return [s for s in loads if s.access is not Access.ONE and s.space == LOOP]


def declare_packs(w: Writer, unroll: int) -> None:
    """Declare what a thread loads at once."""
    for slot in moving(w.structure):
        kind = ctype(slot.dtype)
        if writer.is_packed(slot):
            kind = f"lz_pack<{kind}, {w.structure.width}>"
        w.add(f"{kind} a{slot.register}[{unroll}];")


def load_packs(w: Writer, inner: str, left: str) -> None:
    """Load one pack of each operand, at the offsets ``o`` + ``e`` of its group.

    Without `left`, whole packs and what is read with them are there.
    """
    for slot in moving(w.structure):
        at = f"o{slot.group} + e{slot.group}"
        if writer.is_packed(slot):
            value = writer.load(w, slot, at, inner, left)
        else:
            value = f"p{slot.register}[{at}]"
            if left:
                value = f"{left} > 0 ? {value} : ({ctype(slot.dtype)})0"
        w.add(f"a{slot.register}[u] = {value};")


def unpack(w: Writer) -> None:
    """Define the LOOP input registers of lane ``k`` of pack ``u``."""
    for slot in moving(w.structure):
        lane = ".lane[k]" if writer.is_packed(slot) else ""
        kind = ctype(slot.dtype)
        w.add(f"const {kind} r{slot.register} = a{slot.register}[u]{lane};")


def loop_stores(structure: Structure) -> list[tuple[int, Slot]]:
    """Return the outputs that have every element, with their places."""
    return [(k, s) for k, s in enumerate(structure.stores) if s.space == LOOP]


def finish(w: Writer, chosen: Sequence[Fold], axes: Sequence[int], states: str) -> None:
    """Compute and store the KEPT registers from finished states."""
    for fold in chosen:
        kind = ctype(fold.step.dtype)
        w.add(f"const {kind} r{fold.register} = {states}.{fold.member}.value();")
    writer.kept_part(w, axes, _kept_steps(w.structure))
    writer.kept_stores(w, axes)


# --- the innermost axis is folded ------------------------------------------------


def _inner(w: Writer, chosen: Sequence[Fold]) -> None:
    structure = w.structure
    index = structure.index_type
    kept = axes_of(structure, False)
    w.add(
        f"const {index} row = ({index})group * blockDim.y + threadIdx.y;",
        "lz_state f;",
        "f.init();",
        "if (row < rows) {",
    )
    writer.coordinates(w, "row", kept)
    used = moving(structure) + [s for _, s in loop_stores(structure)]
    writer.offsets(w, used, kept, "o")
    w.add(
        f"const {index} step = ({index})blockDim.x * parts;",
        f"for ({index} first = ({index})part * blockDim.x + threadIdx.x; "
        f"first < packs; first += step * {structure.unroll}) {{",
    )
    _inner_body(w, chosen, kept)
    w.add("}", "}")
    w.add(
        "#pragma unroll 1",
        "for (bool again = parts > 1;; again = false) {",
        "f = lz_down_row(f, shared);",
        "if (!again) break;",
        f"lz_state* states = partial + ({index})row * parts;",
        "if (row < rows && threadIdx.x == 0) states[part] = f;",
        "if (!lz_is_last(tickets + group, parts)) return;",
        "f.init();",
        "if (row < rows) lz_merge_all(f, states, threadIdx.x, blockDim.x, parts);",
        "}",
        "if (row >= rows || threadIdx.x > 0) return;",
    )
    writer.coordinates(w, "row", kept)
    finish(w, chosen, kept, "f")


def _inner_body(w: Writer, chosen: Sequence[Fold], kept: list[int]) -> None:
    """Load packs, map their lanes, fold the results."""
    structure = w.structure
    index, width, unroll = structure.index_type, structure.width, structure.unroll
    last = len(structure.folded) - 1
    outer = [k for k in axes_of(structure, True) if k != last]
    declare_packs(w, unroll)
    w.add(f"{index} left[{unroll}];", "bool full = true;")
    for fold in chosen:
        w.add(f"{fold.element} {fold.name}[{unroll * width}];")
    w.loop("u", unroll)
    _pack_place(w, outer)
    w.add(
        f"left[u] = pack < packs ? n{last} - c : 0;",
        f"full = full && left[u] >= {width};",
        "}",
    )
    _inner_loads(w, outer)
    w.loop("u", unroll)
    _pack_place(w, outer)
    stores = loop_stores(structure)
    for k, slot in stores:
        w.add(f"lz_pack<{ctype(slot.dtype)}, {width}> b{k};")
    writer.declare_draws(w, 1)
    writer.draw(w, [*kept, *outer], "c", "0")
    w.loop("k", width)
    unpack(w)
    writer.ramps(w, [*kept, *outer], "c + k")
    writer.steps(w, loop_steps(structure))
    for fold in chosen:
        w.add(f"{fold.name}[u * {width} + k] = {fold.value};")
    for k, slot in stores:
        w.add(f"b{k}.lane[k] = r{slot.register};")
    w.add("}")
    writer.offsets(w, [s for _, s in stores], outer, "e")
    for k, slot in stores:
        at = f"o{slot.group} + e{slot.group}"
        w.add(writer.store(w, slot, f"b{k}", at, "c", "left[u]"))
    w.add("}")
    inside = f"k % {width} < left[k / {width}]"
    tiles(w, chosen, "f", unroll * width, "k", inside)


def _inner_loads(w: Writer, outer: list[int]) -> None:
    """Load a thread's packs; one branch for all of them if they are whole."""
    structure = w.structure
    slots = moving(structure)
    spare = writer.spare(slots)
    whole = "full"
    if spare:
        whole = "whole"
        w.add("bool whole = true;")
        w.loop("u", structure.unroll)
        w.add(f"whole = whole && left[u] >= {structure.width + spare};", "}")
    branches = (f"if ({whole}) {{", ""), ("} else {", "left[u]")
    for condition, left in branches if slots else ():
        w.add(condition)
        w.loop("u", structure.unroll)
        _pack_place(w, outer)
        writer.offsets(w, slots, outer, "e")
        load_packs(w, "c", left)
        w.add("}")
    if slots:
        w.add("}")


def _pack_place(w: Writer, outer: list[int]) -> None:
    """Define where pack ``u`` of a thread starts."""
    index, width = w.structure.index_type, w.structure.width
    w.add(f"const {index} pack = first + u * step;")
    if outer:
        w.add(
            f"const {index} c = pack % per * {width};",
            f"const {index} deep = pack / per;",
        )
        writer.coordinates(w, "deep", outer)
    else:
        w.add(f"const {index} c = pack * {width};")


# --- the innermost axis is kept --------------------------------------------------


def together(structure: Structure) -> int:
    """Return how many of a thread's columns are combined at once: what has room."""
    room = SHARED // (state_bytes(structure) * structure.threads)
    return next((n for n in (8, 4, 2) if n <= min(room, structure.width)), 1)


def _outer(w: Writer, chosen: Sequence[Fold]) -> None:
    structure = w.structure
    index, width = structure.index_type, structure.width
    last = len(structure.folded) - 1
    kept = [k for k in axes_of(structure, False) if k != last]
    w.add(
        f"const {index} c = "
        f"(({index})(group % across) * blockDim.x + threadIdx.x) * {width};",
        f"const {index} left = n{last} - c;",
        f"const {index} plane = ({index})(group / across);",
        f"lz_state f[{width}];",
    )
    w.loop("k", width)
    w.add("f[k].init();", "}", "if (left > 0) {")
    writer.coordinates(w, "plane", kept)
    used = moving(structure) + [s for _, s in loop_stores(structure)]
    writer.offsets(w, used, kept, "o")
    w.add(
        f"const {index} step = ({index})blockDim.y * parts;",
        f"for ({index} first = ({index})part * blockDim.y + threadIdx.y; "
        f"first < depth; first += step * {structure.unroll}) {{",
    )
    _outer_body(w, chosen, kept)
    counts = f"{width}, {together(structure)}"
    w.add(
        "}",
        "}",
        "#pragma unroll 1",
        "for (bool again = parts > 1;; again = false) {",
        f"lz_across_columns<{counts}>(f, shared);",
        "if (!again) break;",
    )
    w.add(f"lz_state* states = partial + plane * n{last} + c;")
    w.loop("k", width)
    w.add("if (threadIdx.y == 0 && k < left) states[part * columns + k] = f[k];", "}")
    w.add("if (!lz_is_last(tickets + group, parts)) return;")
    w.loop("k", width)
    w.add(
        "f[k].init();",
        "}",
        f"lz_merge_columns<{counts}>(f, states, parts, columns, left);",
        "}",
        "if (threadIdx.y > 0) return;",
    )
    writer.coordinates(w, "plane", kept)
    w.loop("k", width)
    w.add("if (k >= left) break;", f"const {index} i{last} = c + k;")
    finish(w, chosen, [*kept, last], "f[k]")
    w.add("}")


def _outer_loads(w: Writer, kept: list[int]) -> None:
    """Load or draw a thread's packs; ``full`` says if all of them are there."""
    structure = w.structure
    index, unroll = structure.index_type, structure.unroll
    slots, folded = moving(structure), axes_of(structure, True)
    deep = f"const {index} deep = first + u * step;"
    w.add(f"const bool full = first + {unroll - 1} * step < depth;")
    reach = structure.width + writer.spare(slots)
    branches = (f"if (full && left >= {reach}) {{", ""), ("} else {", "some")
    for condition, left in branches if slots else ():
        w.add(condition)
        w.loop("u", unroll)
        w.add(deep)
        writer.coordinates(w, "deep", folded)
        writer.offsets(w, slots, folded, "e")
        if left:
            w.add(f"const {index} some = deep < depth ? left : 0;")
        load_packs(w, "c", left)
        w.add("}")
    if slots:
        w.add("}")
    writer.declare_draws(w, unroll)
    if structure.draws:
        w.loop("u", unroll)
        w.add(deep)
        writer.coordinates(w, "deep", folded)
        writer.draw(w, [*kept, *folded], "c", "u")
        w.add("}")


def _outer_body(w: Writer, chosen: Sequence[Fold], kept: list[int]) -> None:
    structure = w.structure
    index, width, unroll = structure.index_type, structure.width, structure.unroll
    folded = axes_of(structure, True)
    declare_packs(w, unroll)
    stores = loop_stores(structure)
    for k, slot in stores:
        w.add(f"lz_pack<{ctype(slot.dtype)}, {width}> b{k}[{unroll}];")
    _outer_loads(w, kept)
    w.loop("k", width)
    for fold in chosen:
        w.add(f"{fold.element} {fold.name}[{unroll}];")
    w.loop("u", unroll)
    w.add(f"const {index} deep = first + u * step;")
    writer.coordinates(w, "deep", folded)
    unpack(w)
    writer.ramps(w, [*kept, *folded], "c + k")
    writer.steps(w, loop_steps(structure), "u")
    for fold in chosen:
        w.add(f"{fold.name}[u] = {fold.value};")
    for k, slot in stores:
        w.add(f"b{k}[u].lane[k] = r{slot.register};")
    w.add("}")
    tiles(w, chosen, "f[k]", unroll, "u", "first + u * step < depth")
    w.add("}")
    if not stores:
        return
    w.loop("u", unroll)
    w.add(f"const {index} deep = first + u * step;", "if (deep >= depth) break;")
    writer.coordinates(w, "deep", folded)
    writer.offsets(w, [s for _, s in stores], folded, "e")
    for k, slot in stores:
        at = f"o{slot.group} + e{slot.group}"
        w.add(writer.store(w, slot, f"b{k}[u]", at, "c", "left"))
    w.add("}")
