"""What `lazyarr calibrate` measures of the CPU: every figure by the executor that will run."""

from __future__ import annotations

import time
from functools import partial
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from lazyarr.cli import measure_library
from lazyarr.cli.contenders import available_memory
from lazyarr.cli.measure_core import DTYPES, Rounds, operands
from lazyarr.cli.measure_threads import Timed, counts, fitted, stage_seconds, timed
from lazyarr.cli.stopwatch import Step, level, middle, typical, while_time
from lazyarr.ops.row import OPS, Kind
from lazyarr.plan.profile import DeviceProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LARGE = 1 << 25
_SHORTER = 4  # times, at most
_MADE = 2.0  # seconds that a large array may take to make
_BUDGET = 0.02
_CHANCE = 1 << 20
_MIB = 1 << 20
_NEW = 5 << 20  # elements that the C library asks the system for each time
_LINE = 8  # elements
_AT_LEAST = 6  # functions
_SIDES = (8, 64, 320, 1024, 2048)
# The largest results are not yet of pages that the system hands out each time.
_SIZES = (1 << 13, 1 << 17, 1 << 20, 3 << 20)


class Findings(dict[str, Any]):
    """Fields of a `DeviceProfile`, as they are found; and what others follow from.

    Attributes
    ----------
    rounds : Rounds
        What is measured again and again.
    timed : list of Timed
        Stages that threads shared.
    caches : dict of int to list of float
        Rates on working sets, by bytes.
    pair : tuple of Array, optional
        Two arrays that no cache holds, while they are needed.
    page : float
        One thread's seconds for an element of memory that is new.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rounds = Rounds()
        self.timed: list[Timed] = []
        self.caches: dict[int, list[float]] = {}
        self.library: list[tuple[str, str, float, float]] = []
        self.pair: Any = None
        self.page = 0.0


def steps(found: Findings) -> list[Step]:
    """Return what there is to measure, in order.

    What is short is measured at several moments: in between, a machine may be fast or slow.
    """
    cached = Step("caches", 0.5, partial(_caches, found))
    shared = Step("threads together", 1.6, partial(_together, found))
    library = [
        Step(f"whole-array functions of {dtype}", 0.9, partial(_library, found, dtype))
        for dtype in DTYPES
    ]
    memory = Step("memory by threads", 2.0, partial(_threads, found))
    return [cached, memory, shared, *library, shared, cached, *library, shared]


def profile(found: Findings, name: str) -> DeviceProfile:
    """Return the profile that the findings amount to."""
    found.pair = None
    found |= found.rounds.figures()
    found["costs"]["page/f8"] = found.page
    rates = _classes(found["costs"])
    found["functions"] = measure_library.table(found.library)
    found["cached"] = _falling((float(n), level(r)) for n, r in found.caches.items())
    count = found["threads"][-1][0]
    measured = DeviceProfile(
        name,
        "cpu",
        available_memory(),
        bandwidth=found["spread"][-1][1],
        flops=rates["cheap/f8"] * count,
        measured=True,
        rates=rates,
        **found,
    )
    # What threads wait is what their stages take beyond what the model says without.
    return fitted(found.timed, measured)


# --- memory and threads -----------------------------------------------------------------


def _caches(found: Findings) -> None:
    """One thread's rate on working sets of growing size."""
    # A rate can fall to its half where a little more is touched than a cache holds.
    sizes = sorted(n * 2**k * _MIB // 16 for k in range(10) for n in (4, 5, 6, 7))[:-3]
    for size in while_time(sizes, 0 if found.caches else len(sizes) // 2):
        x, y, out = _side_by_side(size // 24)
        time = typical(partial(np.add, x, y, out), _BUDGET / 4)
        found.caches.setdefault(size, []).append(24 * x.size / time)


def _side_by_side(size: int) -> Iterator[Any]:
    """Yield three arrays of so many elements that lie as the executor's scratch does."""
    lines = -(-size // _LINE) * _LINE
    memory = np.ones(3 * lines + _LINE)
    start = (-memory.ctypes.data // memory.itemsize) % _LINE
    for k in range(3):
        yield memory[start + k * lines :][:size]


def _falling(points: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return rates by size, none less than one of more.

    More is never moved faster: what says so is noise, which only slows down.
    """
    curve: list[tuple[float, float]] = []
    for size, rate in sorted(points, reverse=True):
        curve.append((size, max(rate, curve[-1][1] if curve else 0.0)))
    return tuple(reversed(curve))


def _long() -> tuple[Any, Any]:
    """Return two arrays that no cache holds; shorter ones where memory comes slowly."""
    # Drawing so many would take longer than what is measured.
    drawn = operands("f8", _CHANCE)
    size = _LARGE // _SHORTER
    start = time.perf_counter()
    np.resize(drawn[0], size)
    took = time.perf_counter() - start
    while size < _LARGE and 2 * took <= _MADE:
        size, took = 2 * size, 2 * took
    x, y = (la.asarray(np.resize(a, size)) for a in drawn)
    return x, y


def _threads(found: Findings) -> None:
    """Measure what several threads move, and how they get into each other's way."""
    x, y = found.pair = _long()
    large = len(x)
    points = []
    for count in counts():
        with la.config(threads=count):
            _, time = stage_seconds(x + y, 0.1)
        points.append((float(count), 24 * large / time))
    found["threads"] = tuple(points)
    curve = []
    for size in while_time((large // 16, large // 4, large)):
        a, b = (z[:size].persist(device="cpu") for z in (x, y))
        _, time = stage_seconds(a + b, 0.15, 5)
        curve.append((24.0 * size, 24 * size / time))
    found["spread"] = _falling(curve)
    with la.config(result_pool_bytes=0):
        _, new = stage_seconds(x + y, 0.2)
    again = 24 * large / curve[-1][1]  # as fast as the largest that was measured
    found["fresh"] = 8 * large / max(new - again, 1e-3) / points[-1][0]
    found.page = _page()


def _page() -> float:
    """Return one thread's seconds for an element of memory that it is the first to use."""
    times = []
    for size in while_time((_NEW,) * 4):
        start = time.perf_counter()
        made = np.ones(size)
        new = time.perf_counter() - start
        start = time.perf_counter()
        made.fill(2.0)
        times.append((new - (time.perf_counter() - start)) / size)
        del made
    return max(middle(times), 0.0)


def _together(found: Findings) -> None:
    """Time stages that threads share."""
    x, y = found.pair
    found.timed += timed(x, y, len(found.timed))


def _classes(costs: dict[str, float]) -> dict[str, float]:
    """Return multiplications per second of every class, from its operations' costs."""
    work: dict[str, float] = {}
    time: dict[str, float] = {}
    for name, each in costs.items():
        op, _, dtype = name.partition("/")
        row = OPS.get(op)
        if row is None or not row.flops or row.kind is not Kind.MAP or "." in op:
            continue
        key = f"{row.pace}/{dtype}"
        work[key] = work.get(key, 0.0) + row.flops
        time[key] = time.get(key, 0.0) + each
    return {key: work[key] / time[key] for key in work}


# --- whole-array functions --------------------------------------------------------------


def _library(found: Findings, dtype: str) -> None:
    """Time functions: large calls as the executor makes them, some of them in threads.

    Each time goes on behind the last one, for there may not be time for all.
    """
    jobs = list(_jobs(dtype))
    done = sum(key == dtype for _, key, _, _ in found.library)
    place = done % max(len(jobs), 1)
    for family, amount, seconds in while_time(
        jobs[place:] + jobs[:place], 0 if done else _AT_LEAST
    ):
        found.library.append((family, dtype, amount, seconds()))


def _jobs(dtype: str) -> Iterator[tuple[str, float, Callable[[], float]]]:
    """Yield family, amount of work, and what times a function, in turns of both kinds."""
    large = [
        (family, amount, partial(_last, made))
        for family, _, made, amount in measure_library.executed(
            (dtype,), _SIZES, la.asarray
        )
    ]
    calls = chain(
        measure_library.products(np, dtype, _SIDES),
        measure_library.decompositions(np, dtype),
    )
    plain = [
        (family, amount, partial(typical, call, _BUDGET, 3))
        for family, call, amount in (calls if dtype != "i8" else ())
    ]
    for pair in zip_longest(large, plain):
        yield from filter(None, pair)


def _last(made: Any) -> float:
    return stage_seconds(made, _BUDGET)[1]
