"""``lazyarr calibrate``: measures this machine, so that ``device="auto"`` need not guess."""

from __future__ import annotations

import sys
import time
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import lazyarr as la
from lazyarr import evaluate, profiles, routing
from lazyarr.cli import measure_cpu, measure_gpu, stopwatch
from lazyarr.cli.measure_cpu import Findings
from lazyarr.plan.profile import HostProfile

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from lazyarr.cli.command import Subparsers
    from lazyarr.cli.stopwatch import Step


def add_parser(subparsers: Subparsers) -> argparse.ArgumentParser:
    """Add the subcommand and its arguments."""
    meaning = "Measure this machine, so that device='auto' picks the faster side."
    parser = subparsers.add_parser("calibrate", help=meaning, description=meaning)
    where = "file to write (default: where lazyarr looks for it)"
    parser.add_argument("--output", type=Path, default=None, help=where)
    return parser


DEADLINE = 26.0
"""Seconds that measuring takes at most, about: a slow machine is measured less often."""
_BORROWED = 0.5
"""The part of the time of the steps behind it that one may take, if it must."""
_OFTEN = 1.2
"""Seconds that other steps want, between two rounds of what one core takes."""


class Calibration:
    """The measurements of a machine, one step after the other.

    Attributes
    ----------
    steps : list of (name, callable)
        To be called in this order. Together they keep to a deadline, which counts from
        when this is made: what one takes too long, those behind it do without.
    """

    def __init__(self) -> None:
        self.end = time.perf_counter() + DEADLINE
        self.cpu, self.gpu = Findings(), Findings()
        self.has_gpu = not evaluate.gpu_missing()
        others = measure_cpu.steps(self.cpu)
        if self.has_gpu:
            others = spread(others, measure_gpu.steps(self.gpu))
        steps = list(_between(self.cpu.rounds.step(), others))
        self.steps: list[tuple[str, Callable[[], None]]] = []
        left = sum(wanted for _, wanted, _ in steps)
        for name, wanted, step in steps:
            self.steps.append((name, partial(self._step, step, wanted, left)))
            left -= wanted

    def _step(self, step: Callable[[], None], wanted: float, left: float) -> None:
        """Measure in the step's part of the time, every operation planned."""
        there = max(self.end - time.perf_counter(), 0.0)
        part = there * wanted / left
        most = part + (there - part) * _BORROWED
        with la.config(small_bytes=0), stopwatch.within(part, wanted, most):
            step()

    def profile(self) -> HostProfile:
        """Return what all steps together found."""
        facts = profiles.cpu_facts()
        cpu = measure_cpu.profile(self.cpu, facts["cpu"])
        if not self.has_gpu:
            return HostProfile(f"{facts['cores']} cores", cpu, None, facts)
        facts |= routing.backend().facts()
        gpu = measure_gpu.profile(self.gpu)
        return HostProfile(f"{gpu.name} and {facts['cores']} cores", cpu, gpu, facts)


def spread(first: Sequence[Step], second: Sequence[Step]) -> list[Step]:
    """Return the steps of both, each in its order, over all of the time.

    A machine is fast or slow for seconds: what is measured at several moments should
    not be measured in one half of them.

    Examples
    --------
    >>> from lazyarr.cli.stopwatch import Step
    >>> few, many = [Step("a", 2.0, print)] * 2, [Step("b", 1.0, print)] * 4
    >>> [step.name for step in spread(few, many)]
    ['b', 'a', 'b', 'b', 'a', 'b']
    """
    placed = []
    for place, steps in enumerate((first, second)):
        ends = accumulate(step.wanted for step in steps)
        whole = sum(step.wanted for step in steps)
        middles = (end - step.wanted / 2 for end, step in zip(ends, steps, strict=True))
        placed += [(at / whole, place, k) for k, at in enumerate(middles)]
    return [(first, second)[place][k] for _, place, k in sorted(placed)]


def _between(one: Step, others: Sequence[Step]) -> Iterator[Step]:
    """Yield a step first and last, and every while between others."""
    yield one
    since = 0.0
    for left, other in zip(reversed(range(len(others))), others, strict=True):
        yield other
        since += other.wanted
        if since >= _OFTEN or not left:
            yield one
            since = 0.0


def run(args: argparse.Namespace) -> int:
    """Measure, with a bar, and write the profile."""
    console = Console()
    target = args.output or Path(profiles.user_file())
    try:  # fails before minutes are spent
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a", encoding="utf-8"):
            pass
        if not target.stat().st_size:
            target.unlink()
    except OSError as error:
        what = f"{target} cannot be written: {error.strerror or error}"
        sys.stderr.write(f"lazyarr calibrate: {what}; give --output FILE\n")
        return 2
    columns = (TextColumn("{task.description:32}"), BarColumn(), TimeElapsedColumn())
    with la.config(profile="none"), Progress(*columns, console=console) as progress:
        calibration = Calibration()
        bar = progress.add_task("", total=len(calibration.steps))
        for name, step in calibration.steps:
            progress.update(bar, description=name)
            step()
            progress.advance(bar)
        progress.update(bar, description="measured")
    host = calibration.profile()
    profiles.write(host, target)
    console.print(f"{host.name}: written to {target}", soft_wrap=True)
    return 0
