"""The ``lazyarr`` command: reads the arguments and calls a subcommand's module."""

from __future__ import annotations

import argparse
import io
import sys
from typing import TYPE_CHECKING

from lazyarr._version import __version__
from lazyarr.cli import calibrate, demo, info
from lazyarr.errors import LazyarrError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.cli.command import Command

# The order is that of ``lazyarr --help``.
COMMANDS: tuple[Command, ...] = (demo, info, calibrate)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="lazyarr",
        description="NumPy, deferred: planned, fused and explained before it runs.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(title="commands", required=True)
    for command in COMMANDS:
        command.add_parser(subparsers).set_defaults(run=command.run)
    args = parser.parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # µ in a terminal of ASCII
    try:
        code: int = args.run(args)
    except LazyarrError as error:
        sys.stderr.write(f"lazyarr: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return code
