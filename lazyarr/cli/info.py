"""``lazyarr info``: versions, CPU threads, GPU and options, for a bug report."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lazyarr import compiled, evaluate, profiles
from lazyarr._version import __version__
from lazyarr.api.devices import devices
from lazyarr.compiled.sources import fingerprint
from lazyarr.config import config, thread_count
from lazyarr.options import COMPILED, MEANINGS
from lazyarr.plan.quantities import bytes_text, seconds_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from lazyarr.cli.command import Subparsers
    from lazyarr.plan.profile import Curve

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


def compiled_state() -> str:
    """Return whether operations on small arrays are compiled."""
    if compiled.MODULE is not None:
        sources = getattr(compiled.MODULE, "SOURCES", None)
        if sources == fingerprint(Path(compiled.__file__).parent):
            return "compiled"
        return "compiled, of other C files than these: run hatch_build.py"
    if compiled.ASIDE:
        return f"not compiled: {COMPILED} leaves it aside"
    return "not compiled: lazyarr was installed without a C compiler"


def driver_state() -> str:
    """Return the CUDA version that NVIDIA's driver supports."""
    version = evaluate.gpu_driver()
    if not version:
        return "not installed"
    return f"supports CUDA {version // 1000}.{version % 1000 // 10}"


def profile_state() -> str:
    """Return the profile in force, or what to do without one."""
    host = profiles.found(config.profile)
    if host is None:
        return "none: run lazyarr calibrate to measure this machine"
    return f"{host.name} ({host.cpu.name})"


def profile_rows() -> list[tuple[str, str]]:
    """Return what the profile in force says, as name and value."""
    host = profiles.found(config.profile)
    if host is None:
        return []
    cpu, gpu = host.cpu, host.gpu
    found = [
        ("CPU bandwidth", ", ".join(_rate(t, b) for t, b, *_ in cpu.threads)),
        ("CPU call of NumPy", seconds_text(cpu.call)),
        ("CPU arithmetic", _rates(cpu.rates)),
        ("dispatch", f"{seconds_text(cpu.dispatch)}, {seconds_text(cpu.node)} an op"),
    ]
    if gpu is not None:
        found += [
            ("GPU bandwidth", f"{gpu.bandwidth / 1e9:,.0f} GB/s"),
            ("GPU launch", seconds_text(gpu.launch)),
            ("GPU arithmetic", _rates(gpu.rates)),
            ("GPU compilation", seconds_text(gpu.compile)),
            ("pinned copies", f"{gpu.link / 1e9:.0f} GB/s"),
            ("uploads", _copies(gpu.upload)),
            ("downloads", _copies(gpu.download)),
        ]
    return found


def _rate(threads: float, rate: float) -> str:
    return f"{rate / 1e9:.0f} GB/s with {int(threads)}"


def _rates(rates: Mapping[str, float]) -> str:
    each = (f"{name} {rate / 1e9:,.0f}" for name, rate in sorted(rates.items()))
    return ", ".join(each) + " (10^9 multiplications a second)"


def _copies(curve: Curve) -> str:
    points = [point for point in curve if point[0] >= 1]
    shown = (points[0], points[len(points) // 2], points[-1])
    return ", ".join(f"{bytes_text(int(n))} in {seconds_text(t)}" for n, t in shown)


def rows() -> list[tuple[str, str]]:
    """Return what there is to say about this installation, as name and value."""
    return [
        ("lazyarr", __version__),
        ("python", f"{platform.python_version()} ({platform.platform()})"),
        ("small arrays", compiled_state()),
        *((name, package_version(name)) for name in PACKAGES),
        ("CUDA driver", driver_state()),
        ("CPU threads", f"{thread_count()} of {os.cpu_count()} cores"),
        ("GPU", gpu_state()),
        ("profile", profile_state()),
    ]


def run(args: argparse.Namespace) -> int:
    """Print the table."""
    console = Console()
    for title, pairs in (
        ("Installation", rows()),
        ("Profile", profile_rows()),
        ("Options", [(name, repr(getattr(config, name))) for name in MEANINGS]),
    ):
        if not pairs:
            continue
        table = Table(title=title, title_justify="left", show_header=False, box=None)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs:
            table.add_row(name, Text(value))  # no markup: pip's brackets
        console.print(table)
    return 0
