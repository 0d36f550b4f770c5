"""What `lazyarr calibrate` measures of the CPU: every figure by the executor that will run."""

from __future__ import annotations

import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import lazyarr as la
from lazyarr.cli import measure_library
from lazyarr.cli.contenders import available_memory
from lazyarr.cli.measure_threads import counts, fitted, stage_seconds, timed
from lazyarr.cli.stopwatch import Step, middle, shortest, typical, while_time
from lazyarr.ops.row import OPS, Kind, Op
from lazyarr.plan.cost import MEASURED
from lazyarr.plan.profile import DeviceProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lazyarr.cli.measure_threads import Timed

DTYPES = ("f8", "f4", "i8")
_SMALL = 16
_SOME = 4096
_ROW = 256
_SHORT = 32
_LARGE = 1 << 25
_SHORTER = 4  # times, at most
_MADE = 2.0  # seconds that a large array may take to make
_BUDGET = 0.02
_SWEEPS = 5
_CHANCE = 1 << 20
_MIB = 1 << 20
_HEAP = 31 * _MIB
_SIDES = (8, 64, 320, 1024, 2048)
_SIZES = (1 << 13, 1 << 17, 1 << 20, 1 << 22)
_TWICE = 2


class Findings(dict[str, Any]):
    """Fields of a `DeviceProfile`, as they are found; and stages that threads shared."""

    timed: Sequence[Timed] = ()


def steps(found: Findings) -> list[Step]:
    """Return what there is to measure, in order."""
    return [
        Step("arithmetic of one core", 0.6, lambda: _arithmetic(found)),
        Step("calls and tiles", 0.4, lambda: _calls(found)),
        Step("caches", 0.8, lambda: _caches(found)),
        Step("memory by threads", 7.0, lambda: _threads(found)),
        Step("whole-array functions", 5.0, lambda: _library(found)),
    ]


def profile(found: Findings, name: str) -> DeviceProfile:
    """Return the profile that the findings amount to."""
    rates = _classes(found["costs"])
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


# --- one core ---------------------------------------------------------------------------


def operands(dtype: str, size: int) -> tuple[Any, Any]:
    """Return two arrays that are in the domain of almost every operation."""
    # In no order: a branch that is always taken costs nothing, and data is not like that.
    rng = np.random.default_rng(1)
    if dtype[0] == "i":
        whole = rng.integers(1, 8, 2 * size, dtype)
        return whole[:size], whole[size:]
    drawn = rng.random(2 * size).astype(dtype)
    return drawn[:size] * 0.9 + 0.05, drawn[size:] * 0.5 + 0.4


def _arithmetic(found: Findings) -> None:
    # Once so much was freed, the C library takes arrays from memory that it has.
    np.empty(_HEAP, np.uint8)
    costs: dict[str, float] = {}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some operations tell what NumPy does
        for dtype in DTYPES:
            times: dict[str, list[float]] = {}
            drawn = operands(dtype, _CHANCE)
            # Sweep after sweep, so that a busy moment does not spoil any operation.
            for sweep in range(_SWEEPS):
                for name, call in _operations(drawn, sweep):
                    times.setdefault(name, []).append(call())
            for name, each in times.items():
                costs[f"{name}/{dtype}"] = middle(each) / MEASURED
            costs[f"astype/{dtype}"] = costs[f"copy/{dtype}"]
            costs[f"near/{dtype}"] = _near(dtype)
    side = int(MEASURED**0.5)
    square = np.ones((side, side))
    apart = np.empty((side, side))
    costs["transposed/f8"] = (
        typical(lambda: np.copyto(apart, square.T), 0.001) / MEASURED
    )
    found["costs"] = costs


def _operations(
    drawn: tuple[Any, Any], sweep: int
) -> Iterator[tuple[str, Callable[[], float]]]:
    """Yield names of operations, and calls that time each on data it has not seen.

    What branches on its operands is faster the second time: processors remember.
    """
    size = len(drawn[0])
    x, y = (np.empty_like(a[:MEASURED]) for a in drawn)
    place = sweep * MEASURED * len(OPS) % size
    for op in OPS.values():
        run = _each(op, x, y)
        for name, one in ((op.name, run), (f"{op.name}.1", _by_scalar(op, x, y))):
            if one is None:
                continue
            place = (place + MEASURED) % (size - MEASURED)
            new = tuple(a[place : place + MEASURED] for a in drawn)
            yield name, partial(_timed, one, (x, y), new)


class _Each(NamedTuple):
    """An operation on arrays of a cache, and what has to be done before it is timed."""

    call: Callable[[], object]
    before: Callable[[], object] | None = None


def _timed(one: _Each, held: tuple[Any, Any], new: Any) -> float:
    """Return the seconds of one run on new data in old places, where a cache has them."""
    for into, values in zip(held, new, strict=True):
        np.copyto(into, values)
    if one.before is not None:
        one.before()
    start = time.perf_counter()
    one.call()
    return time.perf_counter() - start


def _by_scalar(op: Op, x: Any, y: Any) -> _Each | None:
    if op.kind is not Kind.MAP or op.nin < 2:
        return None
    return _each(op, x, y[:1].reshape(()))


def _near(dtype: str) -> float:
    """Return a cheap operation's time on small arrays, as a share of that on tiles."""
    rates = []
    for size in (MEASURED // 8, MEASURED):
        x, y = operands(dtype, size)
        small = typical(partial(np.add, x, y, x), 0.002)
        rates.append(small / size)
    return min(1.0, rates[0] / rates[1])


def _each(op: Op, x: Any, y: Any) -> _Each | None:
    """Return an op on arrays of a cache, or None where it has no loop for them.

    The result is written over an operand where the executor does so.
    """
    call: Callable[[], object]
    before: Callable[[], object] | None = None
    if op.kind is Kind.MAP and op.name not in ("astype", "where", "clip"):
        arrays = (x, y, x)[: op.nin]
        if op.name in ("left_shift", "bitwise_left_shift", "bitwise_right_shift"):
            arrays = (x, y % 3)
        try:
            out = np.asarray(op.numpy(*arrays))
        except TypeError:
            return None
        if isinstance(op.numpy, np.ufunc) and out.dtype == x.dtype:
            out = x
        call = lambda: op.numpy(*arrays, out)  # noqa: E731 - one of three kinds of call
    elif op.name == "where":
        into = np.empty_like(x)
        mask = np.greater(x, y)
        before = lambda: np.greater(x, y, mask)  # noqa: E731
        call = lambda: op.numpy(mask, x, y, into)  # noqa: E731
    elif op.name == "clip":
        into = np.empty_like(x)
        call = lambda: op.numpy(x, y, x, into)  # noqa: E731
    elif op.kind is Kind.REDUCE and op.fold is not None:
        call = lambda: op.numpy(x, (0,))  # noqa: E731
    else:
        return None
    try:
        call()
    except (TypeError, ValueError):
        return None
    return _Each(call, before)


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


# --- what is paid beside the work -------------------------------------------------------


def _chain(x: Any, length: int) -> Any:
    for k in range(length):
        x = x + 1.5 if k % 2 else x * 1.25
    return x


def _run(x: Any, length: int) -> Any:
    return _chain(x, length).compute(device="cpu")


def _calls(found: Findings) -> None:
    x, y = operands("f8", _SMALL)
    out = np.empty_like(x)
    found["call"] = shortest(lambda: np.add(x, y, out), _BUDGET)
    lazy = la.asarray(x)
    one, nine = (typical(partial(_run, lazy, k), 0.05) for k in (1, 9))
    node = max((nine - one) / 8 - found["call"], 0.0)
    found["node"] = node
    found["dispatch"] = max(one - node - found["call"], 0.0)
    # What a tile costs is the difference between many small ones and few.
    some = la.asarray(operands("f8", _SOME)[0])
    times = {}
    for tiles in (2, _SOME // _SMALL):
        with la.config(threads=1, tile_elements=_SOME // tiles):
            for name, made in (
                ("one", _chain(some, 1)),
                ("nine", _chain(some, 9)),
                ("fold", la.sum(some)),
            ):
                times[name, tiles > 2] = stage_seconds(made, 0.03)[1]
    more = _SOME // _SMALL - 2
    each = {
        k: (times[k, True] - times[k, False]) / more for k in ("one", "nine", "fold")
    }
    among = max((each["nine"] - each["one"]) / 8, 0.0)
    found["tile"] = max(each["one"] - among, 0.0)
    found["fold"] = max(each["fold"] - each["one"], 0.0)
    work = 2 * (found["tile"] + found["call"]) + found["costs"]["multiply/f8"] * _SOME
    found["launch"] = max(times["one", False] - work, 1e-6)
    _rows(found)


def _rows(found: Findings) -> None:
    """Measure rows that do not lie right behind one another, or are begun anew."""
    rows, inner = MEASURED // _ROW, _ROW
    wide = tuple(a.reshape(rows, -1) for a in operands("f8", rows * (inner + 2)))
    x, y = (np.ascontiguousarray(a[:, 1:-1]) for a in wide)
    out, into = np.empty_like(wide[0]), np.empty_like(x)
    near = typical(lambda: np.add(x, y, into), 0.01)
    apart = typical(lambda: np.add(wide[0][:, 2:], wide[1][:, :-2], out[:, 1:-1]), 0.01)
    found["costs"]["apart/f8"] = max(apart - near, 0.0) / x.size
    # Short ones, so that little is left of the time of their elements.
    short, long = x.reshape(-1, _SHORT), x.reshape(-1)
    sums = y.reshape(-1, _SHORT), into.reshape(-1, _SHORT)
    each = typical(lambda: np.add(short, sums[0][:, :1], sums[1]), 0.01)
    found["row"] = max(each - near, 0.0) / len(short)
    lines = 0.0
    for fold in (np.add, np.maximum):
        lines += typical(lambda: fold.reduce(short, axis=1), 0.01)  # noqa: B023
        lines -= typical(lambda: fold.reduce(long), 0.01)  # noqa: B023
    found["costs"]["line/f8"] = max(lines, 0.0) / 2 / len(short)


def _caches(found: Findings) -> None:
    """One thread's rate on working sets of growing size."""
    sizes = sorted(n * 2**k * _MIB // 8 for k in range(10) for n in (2, 3))[:-1]
    best: dict[int, float] = {}
    for _ in range(_TWICE):
        for size in while_time(sizes, len(sizes) // 2):
            x, y = operands("f8", size // 24)
            out = np.ones_like(x)
            time = typical(partial(np.add, x, y, out), _BUDGET / _TWICE)
            best[size] = max(best.get(size, 0.0), 24 * x.size / time)
    found["cached"] = _falling((float(size), best[size]) for size in sorted(best))


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
    x, y = _long()
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
    found.timed = timed(x, y)


# --- whole-array functions --------------------------------------------------------------


def _library(found: Findings) -> None:
    """Time functions: large calls as the executor makes them, some of them in threads."""
    times: list[tuple[str, str, float, float]] = []
    for dtype in ("f8", "f4"):
        for some in (
            measure_library.products(np, dtype, _SIDES),
            measure_library.decompositions(np, dtype),
        ):
            times += (
                (family, dtype, amount, typical(call, _BUDGET, 3))
                for family, call, amount in while_time(some, 3)
            )
    large = measure_library.executed(DTYPES, _SIZES, la.asarray)
    times += (
        (family, dtype, amount, stage_seconds(made, _BUDGET)[1])
        for family, dtype, made, amount in while_time(large, 3)
    )
    found["functions"] = measure_library.table(times)
