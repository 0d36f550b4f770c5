"""What `lazyarr calibrate` measures of the CPU: every figure by the executor that will run."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import lazyarr as la
from lazyarr.cli import measure_library
from lazyarr.cli.contenders import available_memory
from lazyarr.cli.measure_core import DTYPES, Rounds, operands
from lazyarr.cli.measure_threads import (
    Timed,
    counts,
    fitted,
    stage_seconds,
    timed,
    unhindered,
    usual,
)
from lazyarr.cli.stopwatch import (
    Step,
    elsewhere,
    level,
    rising,
    typical,
    while_time,
)
from lazyarr.config import thread_count
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
_AT_LEAST = 10  # functions
_SIDES = (8, 64)  # of matrices on which one thread works
_SHARED = (320, 1024, 2048, 3072)
_MULTIPLIED = 2048  # rows of a matrix that is multiplied with another, at most
_ONCE = 0.1
"""Seconds of a function from which it is timed at one moment alone."""
_BRIEF = 0.006
_MOMENTS = 5
_SHORT = 0.003
"""Seconds of a function up to which it is timed again at every moment."""
_SPINNING = 0.15
"""Seconds for which the threads of a BLAS go on after a product: OpenBLAS's for 2**28 ticks."""
# The largest results are not yet of pages that the system hands out each time.
# No powers of two: what lies so far apart falls into few places of a cache.
_SIZES = (90**2, 360**2, 1080**2, 1800**2)
_IRREGULAR = (90**2, 360**2, 720**2)
_STACKED = 1 << 15  # elements of many small matrices
_PRODUCTS = 1 << 17  # of those that threads multiply
_COUNTED = (
    8,
    64,
    200,
)  # sides of matrices of whole numbers, for which there is no BLAS


class Findings(dict[str, Any]):
    """Fields of a `DeviceProfile`, as they are found; and what others follow from.

    Attributes
    ----------
    rounds : Rounds
        What is measured again and again.
    timed : list of Timed
        Stages that threads shared.
    moved : list of Timed
        Stages that do little but move memory, with all threads.
    jobs : dict of str to deque of _Job
        Functions of whole arrays to time, by dtype, the next one first.
    untimed : dict of str to int
        How many of them, in front, were not timed yet.
    short : dict of str to list of _Job
        Those that take little time: they are timed at every moment.
    caches : dict of int to list of float
        Rates on working sets, by bytes.
    pair : tuple of Array, optional
        Two arrays that no cache holds, while they are needed.
    pages : list of float
        One thread's seconds for an element of memory that is new.
    new : float
        Seconds of a stage with such a result, as long as the pair.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rounds = Rounds()
        self.timed: list[Timed] = []
        self.moved: list[Timed] = []
        self.caches: dict[int, list[float]] = {}
        self.library: list[tuple[str, str, float, float]] = []
        self.jobs: dict[str, deque[_Job]] = {}
        self.untimed: dict[str, int] = {}
        self.short: dict[str, list[_Job]] = {}
        self.pair: Any = None
        self.pages: list[float] = []
        self.new = 0.0


def steps(found: Findings) -> list[Step]:
    """Return what there is to measure, in order.

    Almost all is measured at several moments: in between, a machine may be fast or slow.
    """
    moment = [
        Step("caches", 0.25, partial(_caches, found)),
        Step("memory", 0.25, partial(_moving, found)),
        Step("threads together", 0.9, partial(_together, found)),
    ]
    for dtype, wanted in zip(DTYPES, (1.3, 0.8, 0.5), strict=True):
        name = f"whole-array functions of {dtype}"
        moment.append(Step(name, wanted, partial(_library, found, dtype)))
    return [
        Step("memory by threads", 1.5, partial(_threads, found)),
        *(_MOMENTS * moment),
    ]


def profile(found: Findings, name: str) -> DeviceProfile:
    """Return the profile that the findings amount to."""
    found |= found.rounds.figures()
    found["costs"]["page/f8"] = max(level(found.pages), 0.0)
    rates = _classes(found["costs"])
    found["functions"] = measure_library.table(found.library)
    found["cached"] = _falling((float(n), level(r)) for n, r in found.caches.items())
    moved = [(24.0 * t.work.size, t.seconds) for t in usual(found.moved)]
    found["spread"] = _falling((nbytes, nbytes / took) for nbytes, took in moved)
    found["fresh"] = _fresh(found, max(moved))
    found.pair, found.jobs, found.short = None, {}, {}
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
    return unhindered(found.moved, fitted(found.timed, measured))


# --- memory and threads -----------------------------------------------------------------


def _caches(found: Findings) -> None:
    """One thread's rate on working sets of growing size."""
    # A rate can fall to its half where a little more is touched than a cache holds.
    steps = (8, 9, 10, 12, 14)
    sizes = sorted(n * 2**k * _MIB // 32 for k in range(10) for n in steps)[:-4]
    elsewhere()
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
    """Return rates by size, none less than one of more: more is never moved faster.

    Examples
    --------
    >>> _falling([(1.0, 8.0), (2.0, 2.0), (3.0, 4.0), (4.0, 1.0)])
    ((1.0, 8.0), (2.0, 2.6666666666666665), (3.0, 2.6666666666666665), (4.0, 1.0))
    """
    curve = sorted(points)
    times = rising(1 / rate for _, rate in curve)
    return tuple((size, 1 / took) for (size, _), took in zip(curve, times, strict=True))


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
    with la.config(result_pool_bytes=0):
        _, found.new = stage_seconds(x + y, 0.1)


def _moving(found: Findings) -> None:
    """Measure what all threads move, of arrays beyond the caches."""
    found.pages += _pages()
    x, y = found.pair
    large = len(x)
    sizes = (large // 16, large // 4, large)
    for size in while_time(sizes, 0 if found.moved else 1):
        elsewhere()
        a, b = (z[:size].persist(device="cpu") for z in (x, y))
        work, time = stage_seconds(a + b, 0.04, 3)
        found.moved.append(Timed(work, thread_count(), time))


def _fresh(found: Findings, moved: tuple[float, float]) -> float:
    """Return the bytes per second of new pages: what a stage takes longer with them.

    It takes as long as the largest that was `moved` without, bytes and seconds.
    """
    nbytes = 24.0 * len(found.pair[0])
    again = moved[1] * nbytes / moved[0]
    count = float(found["threads"][-1][0])
    return nbytes / 3 / max(found.new - again, 1e-3) / count


def _pages() -> Iterator[float]:
    """Yield one thread's seconds for an element of memory that it is the first to use."""
    for size in while_time((_NEW,) * 2):
        start = time.perf_counter()
        made = np.ones(size)
        new = time.perf_counter() - start
        start = time.perf_counter()
        made.fill(2.0)
        yield (new - (time.perf_counter() - start)) / size
        del made


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

    What was not timed yet comes first, then what takes little time, at every moment:
    cores are fast at one and slow at the next. The others take turns behind these, for
    there may not be time for all.
    """
    first = dtype not in found.jobs
    jobs = found.jobs.setdefault(dtype, deque(_jobs(dtype) if first else ()))
    short = found.short.setdefault(dtype, [])
    new = found.untimed.get(dtype, len(jobs))
    repeated = range(new, new + len(short))
    turns = [*islice(jobs, new), *short, *islice(jobs, new, None)]
    spinning = False
    for k, job in enumerate(while_time(turns, _AT_LEAST if first else 0)):
        if spinning and not job.spins:
            time.sleep(_SPINNING)
        spinning = job.spins
        if not spinning:  # there may be a thread of the library, which goes on
            elsewhere()
        took = job.seconds()
        found.library.append((job.family, dtype, job.amount, took / job.matrices))
        found.untimed[dtype] = max(new - k - 1, 0)
        if k in repeated:
            continue
        jobs.popleft()
        if took <= _SHORT and not spinning:
            short.append(job)
        elif took < _ONCE:
            jobs.append(job)
    time.sleep(_SPINNING * spinning)


class _Job(NamedTuple):
    """A function to time; whether threads of its library go on when it has returned.

    What it takes is noted for each of its matrices.
    """

    family: str
    amount: float
    seconds: Callable[[], float]
    spins: bool = False
    matrices: int = 1


def _jobs(dtype: str) -> list[_Job]:
    """Return functions to time: what the executor does, and what a BLAS does.

    The largest that the executor does are the last. Families that are measured of ``f8``
    alone come when the others have two points.
    """
    executed = [
        _Job(family, amount, partial(_last, made))
        for family, _, made, amount in measure_library.executed(
            (dtype,), _SIZES, la.asarray
        )
    ]
    if dtype == "i8":
        return [*_plain(measure_library.products(np, dtype, _COUNTED)), *executed]
    few = _plain(measure_library.products(np, dtype, _SIDES))
    others = chain(
        measure_library.products(np, dtype, _SHARED, _MULTIPLIED),
        measure_library.decompositions(np, dtype),
    )
    each = len(executed) // len(_SIZES)
    small, large, last = (
        executed[: 2 * each],
        executed[2 * each : -each],
        executed[-each:],
    )
    irregular = _irregular() if dtype == "f8" else []
    stacks = _stacks() if dtype == "f8" else []
    spinning = [*_plain(others, spins=True), *stacks]
    return [*few, *small, *irregular, *large, *spinning, *last]


def _irregular() -> list[_Job]:
    return [
        _Job(family, amount, partial(_last, made))
        for size in _IRREGULAR
        for family, made, amount in measure_library.irregular(size, la.asarray)
    ]


def _stacks() -> Iterator[_Job]:
    """Yield what times many small matrices, for each of them."""
    several = measure_library.stacks(np, "f8", _STACKED)
    for family, call, amount, count in several:
        yield _Job(family, amount, partial(typical, call, _BUDGET, 3), True, count)
    products = measure_library.multiplied(la.asarray, _PRODUCTS)
    for family, made, amount, count in products:
        yield _Job(family, amount, partial(_last, made), matrices=count)


def _plain(
    calls: Iterable[tuple[str, Callable[[], object], float]], *, spins: bool = False
) -> Iterator[_Job]:
    """Yield what times functions of a BLAS."""
    for family, call, amount in calls:
        yield _Job(family, amount, partial(typical, call, _BUDGET, 3), spins)


def _last(made: Any) -> float:
    return stage_seconds(made, _BRIEF, 1)[1]
