"""Text of elementwise kernels that read shifted views of one array.

A thread computes ``unroll`` rows of one pack, one below the other, and loads every row
of its neighbourhood once: in whole packs that lie aligned in the array, of which each
view takes the lanes that it is shifted by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen import indexing, writer
from lazyarr.codegen.indexing import VECTOR_BYTES, Access, Space
from lazyarr.codegen.preamble import ctype
from lazyarr.codegen.structure import Near
from lazyarr.codegen.writer import Writer
from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lazyarr.codegen.indexing import Layout, Walk
    from lazyarr.codegen.structure import Analysis, Slot, Structure
    from lazyarr.plan.model import Stage

# The furthest that views of one neighbourhood are apart, in rows and in columns.
_ROWS, _COLUMNS = 4, 8
# Smaller packs take more instructions than the map kernel's, which shifts large ones.
_LEAST_BYTES = 4


class _Window(NamedTuple):
    """The views of one neighbourhood: rows below the first, packs from `first` on."""

    base: Slot
    rows: int
    first: int
    packs: int


# --- which views are near one another ---------------------------------------------------


def neighbourhoods(
    stage: Stage, found: Analysis, layouts: Mapping[int, Layout | None]
) -> tuple[Near, ...]:
    """Return where each moving operand lies in its neighbourhood.

    Empty where the kernel is not worth it: nothing is read twice, an operand is not
    contiguous along the innermost axis, or packs are not aligned.
    """
    structure = found.structure
    if not _is_possible(stage, found, layouts):
        return ()
    first: list[
        tuple[int, Walk, Near]
    ] = []  # of every neighbourhood: its value and walk
    result: list[Near] = []
    for slot in _moving(structure):
        number = stage.inputs[slot.register].value
        walk = found.walks[f"p{slot.register}"]
        for value, base, near in first:
            if (value, base.strides) != (number, walk.strides):
                continue
            row, column = _apart(walk.offset - base.offset, walk.strides[-2])
            if abs(row) <= _ROWS and abs(column) <= _COLUMNS:
                where = Near(slot.register, near.family, row, near.column + column)
                break
        else:
            phase = walk.offset % structure.width
            where = Near(slot.register, slot.register, 0, phase)
            first.append((number, walk, where))
        result.append(where)
    return tuple(result) if len(first) < len(result) else ()


def _moving(structure: Structure) -> list[Slot]:
    return [s for s in structure.loads if s.access not in (Access.ONE, Access.SAME)]


def _is_possible(
    stage: Stage, found: Analysis, layouts: Mapping[int, Layout | None]
) -> bool:
    """Whether all packs are whole and lie aligned in memory."""
    structure = found.structure
    if len(found.sizes) < 2 or structure.aliased or found.sizes[-1] % structure.width:
        return False
    if structure.draws:  # their packs are larger
        return False
    if not structure.wide and indexing.is_wide(*_around(found)):
        return False
    whole = Access.VECTOR if structure.width > 1 else Access.UNIT
    if any(s.access is not whole for s in structure.stores):
        return False
    for slot in _moving(structure):
        layout = layouts[stage.inputs[slot.register].value]
        strides = found.walks[f"p{slot.register}"].strides
        known = layout is not None and layout.aligned
        small = structure.width * slot.dtype.itemsize < _LEAST_BYTES
        if small or slot.access is Access.STRIDED:
            return False
        if not _is_aligned(slot, strides, structure.width, aligned=known):
            return False
    return True


def _around(found: Analysis) -> tuple[Space, list[Walk]]:
    """Return the loop with all that its views may show around it, and their walks."""
    *planes, rows, columns = found.sizes
    sizes = (*planes, rows + 2 * _ROWS, columns + 2 * _COLUMNS)
    walks = [found.walks[f"p{slot.register}"] for slot in _moving(found.structure)]
    return Space(sizes, found.structure.folded), walks


def _is_aligned(
    slot: Slot, strides: Sequence[int], width: int, *, aligned: bool
) -> bool:
    step = min(width * slot.dtype.itemsize, VECTOR_BYTES)
    if width == 1:
        return True
    return aligned and all(s * slot.dtype.itemsize % step == 0 for s in strides[:-1])


def _apart(distance: int, stride: int) -> tuple[int, int]:
    """Return a distance in memory as rows and the columns that are left."""
    if stride == 0:
        return 0, distance
    row = (distance + abs(stride) // 2) // abs(stride)
    row = row if stride > 0 else -row
    return row, distance - row * stride


# --- the text ---------------------------------------------------------------------------


def extra(structure: Structure) -> list[tuple[str, str]]:
    """Return the arguments that only this kind of kernel has."""
    return [(structure.index_type, "across"), (structure.index_type, "down")]


def render(structure: Structure) -> str:
    """Return the kernel."""
    w = Writer(structure)
    index, width, unroll = structure.index_type, structure.width, structure.unroll
    last = len(structure.folded) - 1
    line, planes = last - 1, list(range(last - 1))
    w.add(writer.signature(structure, extra(structure)))
    writer.constants(w)
    w.add(
        f"const {index} c = (({index})(blockIdx.x % across) * blockDim.x"
        f" + threadIdx.x) * {width};",
        f"const {index} rest = ({index})(blockIdx.x / across);",
        f"const {index} first = (rest % down * ({index})blockDim.y"
        f" + threadIdx.y) * {unroll};",
        f"if (c >= n{last} || first >= n{line}) return;",
    )
    if planes:
        w.add(f"const {index} plane = rest / down;")
        writer.coordinates(w, "plane", planes)
    windows = _windows(structure)
    for family, window in windows.items():
        _load(w, family, window, planes)
    rows = _rows(structure)
    for slot in rows:
        w.add(f"{ctype(slot.dtype)} a{slot.register}[{unroll}];")
        w.loop("u", unroll)
        w.add(f"const {index} i{line} = {_within(line, 'u', 0)};")
        place = writer.offset(slot.group, [*planes, line])
        w.add(f"a{slot.register}[u] = p{slot.register}[{place}];", "}")
    _compute(w, windows, planes)
    w.add("}")
    return w.text()


def _compute(w: Writer, windows: Mapping[int, _Window], planes: list[int]) -> None:
    """Compute and store a thread's rows."""
    structure = w.structure
    index, width, line = structure.index_type, structure.width, len(planes)
    w.loop("u", structure.unroll)
    w.add(f"const {index} i{line} = first + u;")
    for k, slot in enumerate(structure.stores):
        w.add(f"lz_pack<{ctype(slot.dtype)}, {width}> b{k};")
    w.loop("k", width)
    loads = {s.register: s for s in structure.loads}
    for near in structure.near:
        slot, window = loads[near.register], windows[near.family]
        row = near.row - _top(structure, near.family)
        column = near.column - window.first * width
        value = f"w{near.family}[u + {row}][(k + {column}) / {width}]"
        kind = ctype(slot.dtype)
        value += f".lane[(k + {column}) % {width}]"
        w.add(f"const {kind} r{near.register} = {value};")
    for slot in _rows(structure):
        w.add(f"const {ctype(slot.dtype)} r{slot.register} = a{slot.register}[u];")
    writer.ramps(w, [*planes, line], "c + k")
    writer.steps(w, writer.numbered(structure))
    for k, slot in enumerate(structure.stores):
        w.add(f"b{k}.lane[k] = r{slot.register};")
    w.add("}", f"if (i{line} >= n{line}) break;")
    writer.offsets(w, structure.stores, [*planes, line], "o")
    for k, slot in enumerate(structure.stores):
        place = f"q{k} + o{slot.group} + c"
        w.add(f"lz_store<{width}>({place}, b{k}, {width});")
    w.add("}")


def _rows(structure: Structure) -> list[Slot]:
    """Return the operands with one element for a whole row."""
    return [s for s in structure.loads if s.access is Access.SAME]


def _top(structure: Structure, family: int) -> int:
    return min(n.row for n in structure.near if n.family == family)


def _windows(structure: Structure) -> dict[int, _Window]:
    loads = {s.register: s for s in structure.loads}
    result = {}
    for family in dict.fromkeys(n.family for n in structure.near):
        some = [n for n in structure.near if n.family == family]
        rows = max(n.row for n in some) - min(n.row for n in some)
        first = min(n.column for n in some) // structure.width
        end = (max(n.column for n in some) + structure.width - 1) // structure.width
        result[family] = _Window(loads[family], rows, first, end - first + 1)
    return result


def _within(line: int, row: str, beyond: int) -> str:
    """Return a row of a thread; past the end the last one that there is."""
    most = f"n{line} + {beyond - 1}" if beyond else f"n{line} - 1"
    return f"first + {row} <= {most} ? first + {row} : {most}"


def _load(w: Writer, family: int, window: _Window, planes: list[int]) -> None:
    structure = w.structure
    width, line = structure.width, len(structure.folded) - 2
    index, slot = structure.index_type, window.base
    rows = structure.unroll + window.rows
    w.add(f"lz_pack<{ctype(slot.dtype)}, {width}> w{family}[{rows}][{window.packs}];")
    w.loop("d", rows)
    w.add(f"const {index} at = {_within(line, 'd', window.rows)};")
    terms = [f"i{k} * g{slot.group}s{k}" for k in planes]
    top = _top(structure, family)
    terms += [f"(at + {top}) * g{slot.group}s{line}", "c"]
    phase = next(n.column for n in structure.near if n.register == family)
    shift = window.first * width - phase
    w.add(f"const {index} o = {' + '.join(terms)} + {shift};")
    w.loop("j", window.packs)
    w.add(f"w{family}[d][j] = lz_load<{width}>(p{family} + o + j * {width});")
    w.add("}", "}")
