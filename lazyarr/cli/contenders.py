"""Who runs the demo's programs, how long each takes, and whether they agree."""

from __future__ import annotations

import importlib
import itertools
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np
from rich.table import Table

import lazyarr as la
from lazyarr import evaluate

# An array of NumPy, lazyarr or CuPy: the programs of the demo are written for all.
AnyArray: TypeAlias = Any
Program: TypeAlias = Callable[[ModuleType, AnyArray], AnyArray]

FEWEST_RUNS, MOST_RUNS = 3, 300


@dataclass(frozen=True, slots=True)
class Contender:
    """A library on a device, and how a program is run with it to the very end.

    Attributes
    ----------
    name : str
        Heads the column of its times.
    module : module
        What the program calls its array functions of.
    take : callable
        Turns a NumPy array into an input of the program; not timed.
    finish : callable
        Turns what the program returns into a result that is in memory.
    wait : callable
        Returns when the device has finished; kernels are launched asynchronously.
    bring : callable
        Turns a result into a NumPy array; not timed.
    """

    name: str
    module: ModuleType
    take: Callable[[AnyArray], AnyArray]
    finish: Callable[[AnyArray], AnyArray]
    wait: Callable[[], object]
    bring: Callable[[AnyArray], AnyArray]

    def run(self, program: Program, given: AnyArray) -> AnyArray:
        """Return the program's result, complete."""
        result = self.finish(program(self.module, given))
        self.wait()
        return result


@dataclass(frozen=True, slots=True)
class Row:
    """The times of one program at one size, in the order of the contenders."""

    program: str
    size: int
    seconds: tuple[float, ...]


class DisagreementError(Exception):
    """A contender returned other numbers than NumPy; nothing was timed."""


def _as_is(array: AnyArray) -> AnyArray:
    return array


def _nothing() -> None:
    return None


def cpu_contenders() -> list[Contender]:
    """Return NumPy and lazyarr on the CPU, in this order."""
    return [
        Contender("NumPy", np, _as_is, _as_is, _nothing, _as_is),
        Contender(
            "lazyarr",
            la,
            moving(la.asarray),
            lambda array: array.compute(device="cpu"),
            _nothing,
            _as_is,
        ),
    ]


def moving(move: Callable[[AnyArray], AnyArray]) -> Callable[[AnyArray], AnyArray]:
    """Return what moves or wraps arrays, and hands sizes on as they are."""

    def take(given: AnyArray) -> AnyArray:
        return move(given) if np.ndim(given) else given

    return take


def gpu_contenders() -> list[Contender]:
    """Return CuPy and lazyarr on the GPU, or nobody where there is no usable GPU."""
    try:
        cupy = importlib.import_module("cupy")
    except ImportError:
        return []
    try:
        if not cupy.cuda.runtime.getDeviceCount() or evaluate.gpu_missing():
            return []
    except (cupy.cuda.runtime.CUDARuntimeError, ImportError):
        return []
    wait = cupy.cuda.Device().synchronize
    return [
        Contender("CuPy", cupy, moving(cupy.asarray), _as_is, wait, cupy.asnumpy),
        Contender(
            "lazyarr GPU",
            la,
            moving(lambda array: la.asarray(array).persist(device="gpu")),
            lambda array: array.persist(device="gpu"),
            wait,
            lambda array: array.compute(),
        ),
    ]


def same_bits(one: AnyArray, other: AnyArray) -> bool:
    """Whether two NumPy arrays are equal in dtype, shape and every bit."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    bits = np.dtype(f"u{one.dtype.itemsize}")
    return np.array_equal(
        np.ascontiguousarray(one).view(bits), np.ascontiguousarray(other).view(bits)
    )


def disagreeing(
    contenders: Sequence[Contender], program: Program, given: AnyArray
) -> list[str]:
    """Return the names of those whose result is not the first one's, bit for bit."""
    first, *others = contenders
    expected = first.bring(first.run(program, first.take(given)))
    return [
        other.name
        for other in others
        if not same_bits(expected, other.bring(other.run(program, other.take(given))))
    ]


def medians(
    contenders: Sequence[Contender], program: Program, given: AnyArray, budget: float
) -> list[float]:
    """Return the median time of the program with each contender, in seconds.

    They take turns, so that a busy moment of the machine is shared by all. Results are
    freed before the next run starts.

    Parameters
    ----------
    contenders : sequence of Contender
    program : callable
    given : ndarray or int
        What the program gets after the module.
    budget : float
        Seconds for each contender, roughly: three runs are made in any case.
    """
    inputs = [contender.take(given) for contender in contenders]
    for contender, mine in zip(contenders, inputs, strict=True):
        contender.run(program, mine)  # plans, kernels and pages of the first run
    times: list[list[float]] = [[] for _ in contenders]
    stop = time.perf_counter() + budget * len(contenders)
    while len(times[0]) < FEWEST_RUNS or (
        time.perf_counter() < stop and len(times[0]) < MOST_RUNS
    ):
        for contender, mine, mine_times in zip(contenders, inputs, times, strict=True):
            start = time.perf_counter()
            result = contender.run(program, mine)
            mine_times.append(time.perf_counter() - start)
            del result
    return [statistics.median(each) for each in times]


def measured(
    contenders: Sequence[Contender],
    name: str,
    program: Program,
    size: int,
    given: AnyArray,
    budget: float,
) -> Row:
    """Compare the contenders' results, then time them.

    Raises
    ------
    DisagreementError
        A result is not NumPy's, bit for bit.
    """
    wrong = disagreeing(contenders, program, given)
    if wrong:
        what = f"{', '.join(wrong)} and NumPy disagree on {name!r} at {size:,} elements"
        raise DisagreementError(what)
    return Row(name, size, tuple(medians(contenders, program, given, budget)))


def shown_time(seconds: float) -> str:
    """Return a time with three digits and its unit, such as ``4.12 ms``."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale * 0.9995:
            value = seconds / scale
            digits = max(0, 2 - len(str(int(value))) + 1)
            return f"{value:.{digits}f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def table(contenders: Sequence[Contender], rows: Sequence[Row]) -> Table:
    """Return the table of the medians; a program's lines stand beside its sizes."""
    shown = Table(title="Median times (x: times as fast as NumPy)", show_edge=False)
    shown.add_column("program", no_wrap=True)
    shown.add_column("n", justify="right", no_wrap=True)
    for contender in contenders:
        shown.add_column(contender.name, justify="right", no_wrap=True)
        if contender is not contenders[0]:
            shown.add_column("x", justify="right", no_wrap=True)
    for name, group in itertools.groupby(rows, key=lambda row: row.program):
        shown.add_section()
        lines = name.split("; ")
        for line, row in itertools.zip_longest(lines, group):
            shown.add_row(line or "", *(_cells(row) if row else ()))
    return shown


def _cells(row: Row) -> list[str]:
    cells = [f"{row.size:,}", shown_time(row.seconds[0])]
    for seconds in row.seconds[1:]:
        ratio = row.seconds[0] / seconds
        colour = "green" if ratio >= 1 else "default"
        cells += [shown_time(seconds), f"[{colour}]{ratio:.1f}[/]"]
    return cells


def _number(path: str) -> int | None:
    """Return the integer that a file of the kernel holds, or None."""
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _memory_of_machine() -> int:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        for line in lines:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        # Half of what is installed: macOS does not say what is free.
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return 2 << 30


def available_memory() -> int:
    """Return the bytes this process may still take: the machine's or its container's."""
    free = [_memory_of_machine()]
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        most, now = (_number(f"/sys/fs/cgroup/{name}") for name in (limit, used))
        if most is not None and now is not None:
            free.append(max(0, most - now))
    return min(free)
