"""What a subcommand is: a module with these two functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import argparse

# argparse keeps this type private, and its annotation is not one at run time.
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Command(Protocol):
    """A module that is a subcommand."""

    def add_parser(self, subparsers: Subparsers, /) -> argparse.ArgumentParser:
        """Add the subcommand and its arguments, and return its parser."""

    def run(self, args: argparse.Namespace, /) -> int:
        """Do it and return the exit code: 2 for arguments that make no sense."""
