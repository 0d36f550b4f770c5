"""Text of elementwise kernels: one pass, any strides, several outputs.

A thread takes ``width`` neighbours along the innermost axis, ``unroll`` times: further
along the axis when there is only one, in further rows when there are more. All loads
of a thread come before its arithmetic, so that they are in flight together. What is the
same in every row is loaded once.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lazyarr.codegen import writer
from lazyarr.codegen.indexing import Access
from lazyarr.codegen.preamble import ctype
from lazyarr.codegen.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lazyarr.codegen.structure import Structure


def extra(structure: Structure) -> list[tuple[str, str]]:
    """Return the arguments that only this kind of kernel has."""
    return [(structure.index_type, "across")] if len(structure.folded) > 1 else []


def render(structure: Structure) -> str:
    """Return the kernel."""
    w = Writer(structure)
    index, width = structure.index_type, structure.width
    last = len(structure.folded) - 1
    w.add(writer.signature(structure, extra(structure)))
    writer.constants(w)
    block = "blockIdx.x"
    if structure.backwards:  # blocks start in the order of their numbers
        block = "block"
        w.add("const unsigned block = gridDim.x - 1 - blockIdx.x;")
    if last == 0:
        w.add(
            f"const {index} first = "
            f"(({index}){block} * {structure.unroll} * blockDim.x + threadIdx.x)"
            f" * {width};"
        )
    else:
        w.add(
            f"const {index} c = (({index})({block} % across) * blockDim.x"
            f" + threadIdx.x) * {width};",
            f"if (c >= n{last}) return;",
            f"const {index} first = ({index})({block} / across)"
            f" * {structure.unroll} * blockDim.y + threadIdx.y;",
        )
        rows = " * ".join(f"n{k}" for k in range(last))
        w.add(f"const {index} rows = {rows};")
    _loads(w)
    _compute(w)
    w.add("}")
    return w.text()


@contextmanager
def _each(w: Writer, *, whole: bool = False) -> Iterator[list[int]]:
    """Open the loop over a thread's packs; yields the outer axes, coordinates set.

    `whole` promises that all of them are there.
    """
    index, last = w.structure.index_type, len(w.structure.folded) - 1
    outer = list(range(last))
    w.loop("u", w.structure.unroll)
    if last == 0:
        w.add(
            f"const {index} c = first + u * ({index})blockDim.x * {w.structure.width};",
            *([] if whole else ["if (c >= n0) break;"]),
        )
    else:
        w.add(
            f"const {index} row = first + u * ({index})blockDim.y;",
            *([] if whole else ["if (row >= rows) break;"]),
        )
        writer.coordinates(w, "row", outer)
    yield outer
    w.add("}")


def _loads(w: Writer) -> None:
    structure = w.structure
    moving = [s for s in structure.loads if s.access is not Access.ONE]
    last = len(structure.folded) - 1
    for slot in moving:
        kind = ctype(slot.dtype)
        if writer.is_packed(slot):
            kind = f"lz_pack<{kind}, {structure.width}>"
        w.add(f"{kind} a{slot.register}[{1 if slot.fixed else structure.unroll}];")
    if not moving:
        return
    rows = [slot for slot in moving if not slot.fixed]
    # One branch for all: no load then waits for another.
    reach = f"{structure.width + writer.spare(moving)}"
    if last == 0:
        away = f"{structure.unroll - 1} * ({structure.index_type})blockDim.x"
        whole = f"n0 - first - {away} * {structure.width} >= {reach}"
    else:
        away = f"{structure.unroll - 1} * ({structure.index_type})blockDim.y"
        whole = f"n{last} - c >= {reach} && first + {away} < rows"
    for condition, left in ((f"if ({whole}) {{", ""), ("} else {", f"n{last} - c")):
        w.add(condition)
        for slot in moving:
            if slot.fixed:
                value = writer.load(w, slot, "0", "c", left)
                w.add(f"a{slot.register}[0] = {value};")
        with _each(w, whole=not left) as outer:
            writer.offsets(w, rows, outer, "o")
            for slot in rows:
                at = f"o{slot.group}"
                value = f"p{slot.register}[{at}]"
                if writer.is_packed(slot):
                    value = writer.load(w, slot, at, "c", left)
                w.add(f"a{slot.register}[u] = {value};")
    w.add("}")


def _compute(w: Writer) -> None:
    structure = w.structure
    width, last = structure.width, len(structure.folded) - 1
    with _each(w) as outer:
        for k, slot in enumerate(structure.stores):
            w.add(f"lz_pack<{ctype(slot.dtype)}, {width}> b{k};")
        writer.declare_draws(w, 1)
        writer.draw(w, outer, "c", "0")
        w.loop("k", width)
        for slot in structure.loads:
            if slot.access is not Access.ONE:
                lane = ".lane[k]" if writer.is_packed(slot) else ""
                kind, pack = ctype(slot.dtype), 0 if slot.fixed else "u"
                w.add(
                    f"const {kind} r{slot.register} = a{slot.register}[{pack}]{lane};"
                )
        writer.ramps(w, outer, "c + k")
        writer.steps(w, writer.numbered(structure))
        for k, slot in enumerate(structure.stores):
            w.add(f"b{k}.lane[k] = r{slot.register};")
        w.add("}")
        writer.offsets(w, structure.stores, outer, "o")
        for k, slot in enumerate(structure.stores):
            at, left = f"o{slot.group}", f"n{last} - c"
            w.add(writer.store(w, slot, f"b{k}", at, "c", left))
