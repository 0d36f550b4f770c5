"""``lazyarr info``: versions, CPU threads, GPU and options, for a bug report."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lazyarr import evaluate
from lazyarr._version import __version__
from lazyarr.api.machines import devices
from lazyarr.config import MEANINGS, config, thread_count

if TYPE_CHECKING:
    import argparse

    from lazyarr.cli.command import Subparsers

PACKAGES = (
    "numpy",
    "networkx",
    "rich",
    "matplotlib",
    "cupy-cuda12x",
    "cupy-cuda13x",
    "dask",
)


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Add the subcommand; it takes no arguments."""
    meaning = "Show versions, CPU threads, GPU and options."
    return subparsers.add_parser("info", help=meaning, description=meaning)


def package_version(name: str) -> str:
    """Return an installed package's version, or that it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def gpu_state() -> str:
    """Return the GPUs that can be used, or why there is none and what to install."""
    found = devices()
    return "; ".join(found.lines[1:]) if not found.missing else f"none: {found.missing}"


def driver_state() -> str:
    """Return the CUDA version that NVIDIA's driver supports."""
    version = evaluate.gpu_driver()
    if not version:
        return "not installed"
    return f"supports CUDA {version // 1000}.{version % 1000 // 10}"


def rows() -> list[tuple[str, str]]:
    """Return what there is to say about this installation, as name and value."""
    return [
        ("lazyarr", __version__),
        ("python", f"{platform.python_version()} ({platform.platform()})"),
        *((name, package_version(name)) for name in PACKAGES),
        ("CUDA driver", driver_state()),
        ("CPU threads", f"{thread_count()} of {os.cpu_count()} cores"),
        ("GPU", gpu_state()),
    ]


def run(args: argparse.Namespace) -> int:
    """Print the table."""
    console = Console()
    for title, pairs in (
        ("Installation", rows()),
        ("Options", [(name, repr(getattr(config, name))) for name in MEANINGS]),
    ):
        table = Table(title=title, title_justify="left", show_header=False, box=None)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs:
            table.add_row(name, Text(value))  # no markup: pip's brackets
        console.print(table)
    return 0
