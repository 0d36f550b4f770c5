"""``lazyarr demo``: measured speed, readable plans and a picture, on real input."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

import lazyarr as la
from lazyarr.cli import article, chart, contenders, hillshade
from lazyarr.config import thread_count

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from lazyarr.cli.command import Subparsers
    from lazyarr.cli.contenders import AnyArray

# Seconds for each contender, program and size; and the squares that are shaded.
BUDGET, QUICK_BUDGET = 1.5, 0.1
SIDES = tuple(2**k for k in range(4, 13))
QUICK_SIDES = SIDES[:-2]
LOG_COLUMNS = 132

MEANING = "Compare lazyarr with NumPy, and draw the hillshade of an elevation model."


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Add the subcommand and its arguments."""
    parser = subparsers.add_parser("demo", help=MEANING, description=MEANING)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="smaller sizes: seconds, not minutes",
    )
    parser.add_argument(
        "--input",
        type=Path,
        metavar="FILE.npy",
        help="shade this array of two axes instead of the elevation model",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        default=Path("lazyarr-demo"),
        help="where the pictures go (default: %(default)s)",
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Run both parts; 2 for an input or output that cannot be used."""
    memory = contenders.available_memory()
    try:
        given = args.input and hillshade.read_terrain(args.input, memory)
        chart.new_figure(1, 1)  # fails before minutes are spent
        terrain = given or hillshade.sample_terrain()
        args.output.mkdir(parents=True, exist_ok=True)
        _Demo(args.quick, memory, args.output).run(terrain)
    except hillshade.InputError as error:
        return _complain(str(error), 2)
    except OSError as error:
        what = f"{error.filename or args.output}: {error.strerror or error}"
        return _complain(what, 2)
    except (chart.MissingMatplotlibError, contenders.DisagreementError) as error:
        return _complain(str(error), 1)
    return 0


def _complain(what: str, code: int) -> int:
    sys.stderr.write(f"lazyarr demo: {what}\n")
    return code


class _Demo:
    """One run: where it prints, and how much it may take."""

    def __init__(self, quick: bool, memory: int, output: Path) -> None:
        # A log has no width of its own: a table must not be cut at 80 columns.
        wide = None if sys.stdout.isatty() else LOG_COLUMNS
        self.console = Console(highlight=False, width=wide)
        self.quick = quick
        self.memory = memory
        self.output = output
        self.budget = QUICK_BUDGET if quick else BUDGET
        self.cpu = contenders.cpu_contenders()
        self.contenders = self.cpu + contenders.gpu_contenders()
        # A log gets the finished tables; a bar would be one line for each change.
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        sizes = article.sizes(quick, memory)
        sides = QUICK_SIDES if quick else SIDES
        self.sizes = sizes
        self.sides = [
            side for side in sides if side**2 * hillshade.BYTES_PER_CELL <= memory
        ] or sides[:1]
        steps = len(sizes) * len(article.PROGRAMS) + len(self.sides) + 2
        self.task = self.progress.add_task("", total=steps)

    def run(self, terrain: hillshade.Terrain) -> None:
        """Print and draw everything."""
        self._say(
            f"lazyarr {la.__version__}, NumPy {np.__version__}, "
            f"Python {platform.python_version()}; {thread_count()} CPU threads"
        )
        with self.progress:
            rows = self._article()
            files = self._hillshade(terrain, rows)
        self._say("\nWritten:")
        for path in files:
            self._say(f"  {path}")

    def _say(self, text: object) -> None:
        """Print text as it is: no markup, and no lines broken."""
        self.console.print(str(text), markup=False, soft_wrap=True)

    def _title(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}[/]")

    def _announce(self, text: str) -> None:
        self.progress.update(self.task, description=text, refresh=True)

    def _article(self) -> list[contenders.Row]:
        self._title("1. The same few lines, by NumPy and by lazyarr")
        self._say(
            "Each program is run from its first line to its result in memory. Results\n"
            "are compared with NumPy's, bit for bit, before anything is timed.\n"
        )
        rows = []
        for row in article.rows(
            self.contenders, self.sizes, self.budget, self._announce
        ):
            rows.append(row)
            self.progress.advance(self.task)
        self.console.print(contenders.table(self.contenders, rows))
        largest = self.sizes[-1]
        self._title("Its plan, from ones: arithmetic on one number, then one fill")
        self._say(article.plan_of_ones(largest))
        self._title("Its plan, from data: the operations in one pass over memory")
        self._say(article.plan_of_data(largest))
        return rows

    def _hillshade(
        self, terrain: hillshade.Terrain, rows: list[contenders.Row]
    ) -> list[Path]:
        self._title(f"2. Hillshade: {terrain.name}")
        picture, times = self.output / "hillshade.png", self.output / "times.png"
        self._announce("hillshade")
        shade = self._compared(terrain)
        self._say(
            f"{' x '.join(map(str, terrain.heights.shape))} cells; one expression of "
            "slices, lengths and angles.\n"
            f"Equal to eager NumPy in all {shade.size:,} values, bit for bit. Its plan:\n"
        )
        with np.errstate(all="ignore"):  # a small one is computed where it is built
            lazy = hillshade.shade_of(la, terrain)
        self._say(la.explain(lazy, device="cpu"))
        chart.draw_hillshade(terrain, shade, picture)
        self.progress.advance(self.task)
        shaded = list(self._shaded(terrain))
        panels = [
            _panel(rows, article.PROGRAMS[-1][0], "elements", self.contenders),
            _panel(shaded, "hillshade", "cells", self.cpu),
        ]
        caption = (
            f"{thread_count()} CPU threads; lazyarr {la.__version__}, "
            f"NumPy {np.__version__}; the results are equal, bit for bit"
        )
        chart.draw_times(panels, caption, times)
        self.progress.advance(self.task)
        self._say("")
        self.console.print(contenders.table(self.cpu, shaded))
        return [picture, times]

    def _compared(self, terrain: hillshade.Terrain) -> AnyArray:
        with np.errstate(all="ignore"):  # a user's array may hold NaN and infinity
            eager = hillshade.shade_of(np, terrain)
            shade = hillshade.shade_of(la, terrain).compute(device="cpu")
        if not contenders.same_bits(eager, shade):
            what = "lazyarr and NumPy disagree on the hillshade"
            raise contenders.DisagreementError(what)
        return shade

    def _shaded(self, terrain: hillshade.Terrain) -> Iterator[contenders.Row]:
        def program(xp: ModuleType, heights: AnyArray) -> AnyArray:
            return hillshade.hillshade(xp, heights, terrain.width, terrain.depth)

        for side in self.sides:
            self._announce(f"hillshade, {side} x {side} cells")
            heights = hillshade.tiled(terrain, side)
            with np.errstate(all="ignore"):
                yield contenders.measured(
                    self.cpu, "hillshade", program, side**2, heights, self.budget
                )
            self.progress.advance(self.task)


def _panel(
    rows: Sequence[contenders.Row],
    program: str,
    unit: str,
    compared: Sequence[contenders.Contender],
) -> chart.Panel:
    """Return the lines of a chart: a program's rows, turned."""
    kept = [row for row in rows if row.program == program]
    lines = zip(*(row.seconds for row in kept), strict=True)
    names = [contender.name for contender in compared]
    seconds = dict(zip(names, lines, strict=True))
    return chart.Panel(program, unit, [row.size for row in kept], seconds)
