"""What `lazyarr calibrate` measures of the CPU: every figure by the executor that will run."""

from __future__ import annotations

from functools import lru_cache, partial
from math import ceil, log2
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from lazyarr.cli.measure import available_memory
from lazyarr.cli.stopwatch import shortest, typical
from lazyarr.config import thread_count
from lazyarr.ops.row import OPS, Kind, Op
from lazyarr.plan.cost import MEASURED, TILE
from lazyarr.plan.profile import DeviceProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

DTYPES = ("f8", "f4", "i8")
_SMALL = 16
_LARGE = 1 << 25
_ROUNDS = 4
_BUDGET = 0.02
_MIB = 1 << 20
_SIDES = (8, 64, 320, 1024, 2048)
_SIZES = (64, 1 << 13, 1 << 17, 1 << 20, 1 << 21)


class Findings(dict[str, Any]):
    """Fields of a `DeviceProfile`, as they are found."""


def steps(found: Findings) -> list[tuple[str, Callable[[], None]]]:
    """Return what there is to measure, by name, in order."""
    return [
        ("arithmetic of one core", lambda: _arithmetic(found)),
        ("calls and tiles", lambda: _calls(found)),
        ("caches", lambda: _caches(found)),
        ("memory by threads", lambda: _threads(found)),
        ("whole-array functions", lambda: _library(found)),
    ]


def profile(found: Findings, name: str) -> DeviceProfile:
    """Return the profile that the findings amount to."""
    rates = _classes(found["costs"])
    count = found["threads"][-1][0]
    return DeviceProfile(
        name,
        "cpu",
        available_memory(),
        bandwidth=found["spread"][-1][1],
        flops=rates["cheap/f8"] * count,
        measured=True,
        rates=rates,
        **found,
    )


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
    costs: dict[str, float] = {}
    with np.errstate(all="ignore"):
        for dtype in DTYPES:
            x, y = operands(dtype, MEASURED)
            for op in OPS.values():
                each = _each(op, x, y)
                if each is None:
                    continue
                costs[f"{op.name}/{dtype}"] = each
                if op.kind is Kind.MAP and op.nin > 1:
                    each = _each(op, x, y[:1].reshape(()))
                    if each is not None:
                        costs[f"{op.name}.1/{dtype}"] = each
            costs[f"astype/{dtype}"] = costs[f"copy/{dtype}"]
            costs[f"near/{dtype}"] = _near(dtype)
    side = int(MEASURED**0.5)
    square = np.ones((side, side))
    apart = np.empty((side, side))
    costs["transposed/f8"] = (
        shortest(lambda: np.copyto(apart, square.T), 0.001) / MEASURED
    )
    found["costs"] = costs


def _near(dtype: str) -> float:
    """Return a cheap operation's time on small arrays, as a share of that on tiles."""
    rates = []
    for size in (MEASURED // 8, MEASURED):
        x, y = operands(dtype, size)
        call = np.add(x, y)
        small = shortest(partial(np.add, x, y, call), 0.002)
        rates.append(small / size)
    return min(1.0, rates[0] / rates[1])


def _each(op: Op, x: Any, y: Any) -> float | None:
    """Return seconds per element of an op in a cache, or None where it has no loop."""
    call: Callable[[], object]
    if op.kind is Kind.MAP and op.name not in ("astype", "where", "clip"):
        arrays = (x, y, x)[: op.nin]
        if op.name in ("left_shift", "bitwise_left_shift", "bitwise_right_shift"):
            arrays = (x, y % 3)
        try:
            out = np.asarray(op.numpy(*arrays))
        except TypeError:
            return None
        call = lambda: op.numpy(*arrays, out)  # noqa: E731 - one of three kinds of call
    elif op.name == "where":
        mask, into = x > y, np.empty_like(x)
        call = lambda: op.numpy(mask, x, y, into)  # noqa: E731
    elif op.name == "clip":
        into = np.empty_like(x)
        call = lambda: op.numpy(x, y, x, into)  # noqa: E731
    elif op.kind is Kind.REDUCE and op.fold is not None:
        call = lambda: op.numpy(x, (0,))  # noqa: E731
    else:
        return None
    try:
        return shortest(call, 0.0) / len(x)
    except (TypeError, ValueError):
        return None


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
    # What a tile costs is the difference between many small ones and a few large ones.
    shaped = typical(lambda: (lazy.reshape(4, 4) + 1.5).compute(device="cpu"), 0.05)
    found["view"] = max(shaped - one, 0.0)
    big = la.asarray(operands("f8", 1 << 20)[0])
    length, small = 8, TILE // 16
    times = {}
    for tile in (small, TILE):
        with la.config(threads=1, tile_elements=tile):
            times[tile] = shortest(
                lambda: _chain(big, length).compute(device="cpu"), 0.05
            )
    tiles = (1 << 20) / small - (1 << 20) / TILE
    found["tile"] = max(times[small] - times[TILE], 0.0) / (tiles * length)
    with la.config(threads=1):
        flat = shortest(lambda: _chain(big, 1).compute(device="cpu"), 0.05)
        work = found["costs"]["multiply/f8"] * (1 << 20)
    found["launch"] = min(max(flat - work - one, 2e-6), 30e-6)


def _caches(found: Findings) -> None:
    """One thread's rate on working sets of growing size."""
    curve = []
    for size in (2**k * _MIB // 4 for k in range(10)):
        x, y = operands("f8", size // 24)
        out = np.ones_like(x)
        time = shortest(partial(np.add, x, y, out), _BUDGET)
        curve.append((float(size), 24 * x.size / time))
    # A larger working set is never faster: what says so is noise.
    least = float("inf")
    steady = []
    for size, rate in curve:
        least = min(least, rate)
        steady.append((size, least))
    found["cached"] = tuple(steady)


def counts() -> Iterator[int]:
    """Yield the numbers of threads to measure: powers of two, and all."""
    most = thread_count()
    count = 1
    while count < most:
        yield count
        count *= 2
    yield most


def _threads(found: Findings) -> None:
    """Measure what several threads move, and what they wait for one another.

    NumPy needs the interpreter's lock around every call, and threads wait for it. Few
    threads are taken for what is few tiles long: each is given one. All threads are
    measured on more.
    """
    x, y = (la.asarray(a) for a in operands("f8", _LARGE))
    most = thread_count()
    each = 0.0
    points = []
    for count in counts():
        size = min(TILE * (count if count < most else _ROUNDS * count), _LARGE)
        a, b = (z[: max(size, 2 * TILE)].persist(device="cpu") for z in (x, y))
        with la.config(threads=count):
            time = {name: typical(run, 0.1) for name, run in _runs(a, b).items()}
        rounds = ceil(a.size / TILE / count)
        spent = (time["twelve"] - time["two"]) / 10 / rounds
        each = each or spent  # of a call of one thread, which waits for nobody
        fold = (time["fold"] - time["move"] / 3) / rounds if count > 1 else 0.0
        among = (time["folded"] - time["fold"]) / 6 / rounds - each
        waits = (spent - each, fold, among if count > 1 else 0.0)
        rate = 24 * a.size / time["move"]
        points.append((float(count), rate, *(max(w, 0.0) for w in waits)))
    found["threads"] = tuple(points)
    curve = []
    for size in (_LARGE // 16, _LARGE // 4, _LARGE):
        a, b = (z[:size].persist(device="cpu") for z in (x, y))
        moving = typical(_runs(a, b)["move"], 0.15)
        curve.append((24.0 * size, 24 * size / moving))
    found["spread"] = tuple(curve)
    with la.config(result_pool_bytes=0):
        new = typical(_runs(x, y)["move"], 0.2)
    again = 24 * _LARGE / curve[-1][1]
    found["fresh"] = 8 * _LARGE / max(new - again, 1e-3) / most


def _runs(x: Any, y: Any) -> dict[str, Callable[[], Any]]:
    """Return stages by name: from how long they take follows what threads wait."""
    return {
        "move": lambda: (x + y).compute(device="cpu"),
        "two": lambda: _mixed(x, y, 2).compute(device="cpu"),
        "twelve": lambda: _mixed(x, y, 12).compute(device="cpu"),
        "fold": lambda: la.sum(x).compute(device="cpu"),
        "folded": lambda: la.sum(_mixed(x, y, 6)).compute(device="cpu"),
    }


def _mixed(x: Any, y: Any, length: int) -> Any:
    """Return what so many operations of two arrays give, as programs have them."""
    z = x
    for k in range(length):
        z = z + y if k % 2 else z * x
    return z


# --- whole-array functions --------------------------------------------------------------


def library_calls(
    xp: Any, dtype: str, sides: tuple[int, ...], sizes: tuple[int, ...]
) -> Iterator[tuple[str, Any, float]]:
    """Yield family, call and amount of work, each family at growing sizes.

    The calls are those of the op table, for it decides how a library is asked.
    """
    for side in sides:
        a = xp.asarray(_drawn(side * side).reshape(side, side), dtype)
        yield "product", partial(OPS["matmul"].numpy, xp, a, a), float(side) ** 3
    for side in (8, 64, 256):
        a = xp.eye(side, dtype=dtype) * 4 + 0.01
        yield "factor", partial(xp.linalg.solve, a, a), 2.0 * side**3
        if side <= 128:
            yield "spectrum", partial(xp.linalg.eigh, a), float(side) ** 3
    for size in (8 * sizes[-1],) if xp is np else ():
        # A table that no cache holds.
        x, where = _drawn(size).astype(dtype), (_drawn(size) * size).astype(np.int64)
        yield "gather", partial(OPS["take"].numpy, xp, x, where, 0), float(size)
    for size in sizes:
        x = xp.asarray(_drawn(size), dtype)
        where = xp.asarray((_drawn(size) * size).astype(np.int64))
        yield (
            "sort",
            partial(OPS["sort"].numpy, xp, x, -1, "stable"),
            size * log2(size),
        )
        yield "transform", partial(xp.fft.fft, x), size * log2(size)
        yield "gather", partial(OPS["take"].numpy, xp, x, where, 0), float(size)
        yield "scan", partial(OPS["cumulative_sum"].numpy, xp, x, 0), float(size)


@lru_cache(2)
def _drawn(size: int) -> np.ndarray:
    return np.random.default_rng(1).random(size)


def library_table(
    times: Iterable[tuple[str, str, float, float]],
) -> dict[str, tuple[tuple[float, float], ...]]:
    """Return the curves of (family, dtype, amount, seconds), by growing amount."""
    table: dict[str, tuple[tuple[float, float], ...]] = {}
    for family, dtype, amount, seconds in times:
        key = f"{family}/{dtype}"
        table[key] = (*table.get(key, ()), (amount, seconds))
    return {key: tuple(sorted(curve)) for key, curve in table.items()}


def _library(found: Findings) -> None:
    found["functions"] = library_table(
        (family, dtype, amount, typical(call, _BUDGET, 3))
        for dtype in ("f8", "f4")
        for family, call, amount in library_calls(np, dtype, _SIDES, _SIZES)
    )
