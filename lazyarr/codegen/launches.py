"""Kernel calls: the numbers of a device, the text of a kernel, and its arguments."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from lazyarr.codegen import heavy, reduce, rowwise, stencil, tile, writer
from lazyarr.codegen import map as map_kernel
from lazyarr.codegen.preamble import sections
from lazyarr.codegen.structure import (
    Analysis,
    Argument,
    Number,
    Scratch,
    Structure,
)
from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from lazyarr.plan.model import Stage, Value


class Device(NamedTuple):
    """What a launch depends on beside its stage; the defaults are those of an H200.

    Attributes
    ----------
    processors : int
        Multiprocessors.
    resident : int
        Blocks of 256 threads that a reduction keeps on each of them.
    unroll : int
        16-byte accesses of a thread that are in flight together.
    trips : int
        Packs that a thread of a kernel with much arithmetic takes one after another.
    row_packs : int
        Packs of a row that a thread of a row-wise kernel holds if the row is short.
    row_bytes : int
        Bytes of a row that a thread may hold.
    row_registers : int
        What a thread of a row-wise kernel needs beside what it holds.
    arithmetic : str
        How kernels round: ``exact``, ``contracted`` or ``fast``.
    backwards : bool
        Whether a map goes from its end: the kernel before read what it reads, and the
        cache still has what was read last.
    """

    processors: int
    resident: int = 4
    unroll: int = 4
    trips: int = 8
    row_packs: int = 4
    row_bytes: int = 320
    row_registers: int = 40
    arithmetic: str = "exact"
    backwards: bool = False


class Launch(NamedTuple):
    """One kernel call.

    ``arguments`` are in the order of the kernel's parameters. ``scratch`` and
    ``tickets`` are the bytes of partial results and the zeroed counters it needs.
    """

    stage: int
    structure: Structure
    arguments: tuple[Argument, ...]
    grid: int
    block: tuple[int, int]
    shared: int = 0
    scratch: int = 0
    tickets: int = 0

    @property
    def name(self) -> str:
        """The kernel's name."""
        return writer.kernel_name(self.structure)

    @property
    def source(self) -> str:
        """The kernel's text, whole."""
        return source(self.structure)


class Lowered(NamedTuple):
    """The launches of a stage, in order, and the values that exist only among them."""

    launches: tuple[Launch, ...]
    values: tuple[Value, ...] = ()


class Geometry(NamedTuple):
    """Blocks and threads of a launch, the arguments that follow, and its memory."""

    grid: int
    block: tuple[int, int]
    numbers: dict[str, int]
    shared: int = 0
    scratch: int = 0
    tickets: int = 0


GENERATORS = {
    "map": map_kernel,
    "heavy": heavy,
    "stencil": stencil,
    "tile": tile,
    "inner": reduce,
    "outer": reduce,
    "rowwise": rowwise,
}


@lru_cache(maxsize=4096)
def source(structure: Structure) -> str:
    """Return the text of a kernel with everything it needs."""
    text = body(structure)
    if structure.arithmetic != "exact":
        text = f"// Compiled with {structure.arithmetic} arithmetic.\n{text}"
    return sections(text) + "\n" + text


def body(structure: Structure) -> str:
    """Return the text of a kernel alone."""
    text: str = GENERATORS[structure.kind].render(structure)
    return text


def call(stage: Stage, found: Analysis, geometry: Geometry) -> Launch:
    """Return the launch of an analysed stage."""
    structure = found.structure
    size = 8 if structure.wide else 4
    binding = dict(found.binding)
    for name, number in geometry.numbers.items():
        binding[name] = Number(number, 4 if name == "parts" else size)
    binding["partial"] = Scratch("partial")
    binding["tickets"] = Scratch("tickets")
    extra = GENERATORS[structure.kind].extra(structure)
    names = [name for _, name in [*writer.parameters(structure), *extra]]
    return Launch(
        stage.id,
        structure,
        tuple(binding[name] for name in names),
        geometry.grid,
        geometry.block,
        geometry.shared,
        geometry.scratch,
        geometry.tickets,
    )
