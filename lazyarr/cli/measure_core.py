"""What one core takes for operations, calls and tiles: measured again and again.

Cores are fast or slow for seconds, by whatever else the machine does. A round of short
measurements is made every while between the others, each on another core; a figure is the
mean of the middle half of its rounds.
"""

from __future__ import annotations

import time
import warnings
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

import lazyarr as la
from lazyarr.cli.measure_threads import stage_seconds
from lazyarr.cli.stopwatch import (
    Step,
    elsewhere,
    level,
    middle,
    shortest,
    typical,
    while_time,
)
from lazyarr.ops.draws import HIGH_WORD, NORMAL
from lazyarr.ops.row import OPS, Kind, Op
from lazyarr.plan.cost import MEASURED, TILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Round: TypeAlias = dict[str, float]

DTYPES = ("f8", "f4", "i8")
FLOATING = ("f8", "f4")
_SMALL = 16
_SOME = 4096
# Elements: as most rows, no part of NumPy's buffer.
_ROW = 300
_ROWS = 96
_UNEVEN = (998, 46)
"""Widths that are no whole lines of a cache, as those of most arrays."""
_SHORT = 30
_LINE = 64  # bytes
_PLACES = 4
_SIDE = 1448  # of a matrix that no cache of one core holds, and no multiple of pages
_BUDGET = 0.005
_CHANCE = 1 << 20
_HEAP = 1 << 20
_TWICE = 2
_WORDS = (NORMAL, HIGH_WORD)  # take no signed numbers
_ODD = np.uint64(0x9E3779B97F4A7C15)
_COST = "/"
"""In the names of figures that are the cost of an operation on a dtype."""


class Rounds(list[Round]):
    """Figures of rounds, by name."""

    def step(self) -> Step:
        """Return the measurement of another round."""
        return Step("one core", 0.3, self._measure)

    def _measure(self) -> None:
        # A machine that is late makes no more than the first.
        for _ in while_time((None,), 0 if self else 1):
            elsewhere()
            found: Round = {}
            _arithmetic(found, len(self))
            _calls(found)
            _rows(found)
            _apart(found)
            _without_calls(found)
            self.append(found)

    def figures(self) -> dict[str, Any]:
        """Return fields of a `DeviceProfile`, one of them the costs of operations."""
        names = dict.fromkeys(name for each in self for name in each)
        usual = {n: max(level([r[n] for r in self if n in r]), 0.0) for n in names}
        costs = {n: seconds for n, seconds in usual.items() if _COST in n}
        for dtype in DTYPES:
            # A small array's share of what an element of a larger one takes.
            small, large = (usual[f"{n}.{dtype}"] for n in ("small", "large"))
            costs[f"near/{dtype}"] = min(1.0, small / large)
        fields = ("call", "node", "dispatch", "tile", "fold", "row")
        return {
            **{name: usual[name] for name in fields},
            "launch": max(usual["launch"], 1e-6),
            "costs": costs,
        }


def operands(dtype: str, size: int) -> tuple[Any, Any]:
    """Return two arrays that are in the domain of almost every operation."""
    # In no order: a branch that is always taken costs nothing, and data is not like that.
    rng = np.random.default_rng(1)
    if dtype[0] == "i":
        whole = rng.integers(1, 8, 2 * size, dtype)
        return whole[:size], whole[size:]
    drawn = rng.random(2 * size).astype(dtype)
    return drawn[:size] * 0.9 + 0.05, drawn[size:] * 0.5 + 0.4


def aligned(x: Any) -> Any:
    """Return a copy that begins with a line of the cache, as the executor's arrays do."""
    memory = np.empty(x.nbytes + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    copy = memory[start : start + x.nbytes].view(x.dtype).reshape(x.shape)
    np.copyto(copy, x)
    return copy


def _arithmetic(found: Round, number: int) -> None:
    """Time every operation once, on arrays of a cache."""
    # Once so much was freed, the C library takes arrays from memory that it has. Once
    # much more was, it would keep what transforms work in as well, as in no other process.
    np.empty(_HEAP, np.uint8)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some operations tell what NumPy does
        for dtype in DTYPES:
            for name, call in _operations(_drawn(dtype), number):
                found[f"{name}/{dtype}"] = call() / MEASURED
            for name, size in (("small", MEASURED // 8), ("large", MEASURED)):
                x, y = (aligned(a[:size]) for a in _drawn(dtype))
                took = typical(partial(np.add, x, y, x), 0.0005)
                found[f"{name}.{dtype}"] = took / size
            found[f"astype/{dtype}"] = _casting(dtype) / MEASURED


def _casting(dtype: str) -> float:
    """Return the seconds of a cast to a floating dtype, the mean of all."""
    x = aligned(_drawn(dtype)[0][:MEASURED])
    others = [aligned(x.astype(to)) for to in FLOATING if to != dtype]
    times = [typical(partial(_cast, out, x), 0.0005) for out in others]
    return sum(times) / len(times)


def _cast(out: Any, x: Any) -> None:
    np.copyto(out, x, casting="unsafe")


@cache
def _drawn(dtype: str) -> tuple[Any, Any]:
    return operands(dtype, _CHANCE)


def _operations(
    drawn: tuple[Any, Any], sweep: int
) -> Iterator[tuple[str, Callable[[], float]]]:
    """Yield names of operations, and calls that time each on data it has not seen.

    What branches on its operands is faster the second time: processors remember.
    """
    size = len(drawn[0])
    x, y = (a[:MEASURED].copy() for a in drawn)  # some have no loop for any number
    place = sweep * MEASURED * len(OPS) % size
    for op in list(OPS.values()):  # rows may be entered meanwhile
        run = _each(op, x, y)
        for name, one in ((op.name, run), (f"{op.name}.1", _by_scalar(op, x, y))):
            if one is None:
                continue
            new = []
            for _ in range(_TWICE):
                place = (place + MEASURED) % (size - MEASURED)
                new.append(tuple(a[place : place + MEASURED] for a in drawn))
            yield name, partial(_timed, one, (x, y), new)


class _Each(NamedTuple):
    """An operation on arrays of a cache, and what has to be done before it is timed."""

    call: Callable[[], object]
    before: Callable[[], object] | None = None


def _timed(one: _Each, held: tuple[Any, Any], new: Any) -> float:
    """Return the seconds of the last run on new data in old places, which a cache has.

    The first has the processor know the code, as it does from one tile to the next.
    """
    took = 0.0
    for values in new:
        for into, some in zip(held, values, strict=True):
            np.copyto(into, some)
        if one.before is not None:
            one.before()
        start = time.perf_counter()
        one.call()
        took = time.perf_counter() - start
    return took


def _words(arrays: tuple[Any, ...]) -> tuple[tuple[Any, ...], Callable[[], object]]:
    """Return operands of which the first has all of its bits, and what fills that."""
    drawn, *others = (a.view(np.uint64) for a in arrays)
    words = drawn * _ODD
    return (words, *others), lambda: np.multiply(drawn, _ODD, words)


def _by_scalar(op: Op, x: Any, y: Any) -> _Each | None:
    if op.kind is not Kind.MAP or op.nin < 2:
        return None
    return _each(op, x, y[:1].reshape(()))


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
        if x.dtype.kind == "i" and op in _WORDS:
            arrays, before = _words(arrays)
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


# --- what is paid beside the work -------------------------------------------------------


def _chain(x: Any, length: int) -> Any:
    for k in range(length):
        x = x + 1.5 if k % 2 else x * 1.25
    return x


def _run(x: Any, length: int) -> Any:
    return _chain(x, length).compute(device="cpu")


def _calls(found: Round) -> None:
    x, y = operands("f8", _SMALL)
    out = np.empty_like(x)
    found["call"] = shortest(partial(np.add, x, y, out), _BUDGET)
    lazy = la.asarray(x)
    one, nine = (typical(partial(_run, lazy, k), 2 * _BUDGET) for k in (1, 9))
    found["node"] = (nine - one) / 8 - found["call"]
    found["dispatch"] = one - found["node"] - found["call"]
    # What a tile costs is the difference between many small ones and few.
    some = la.asarray(operands("f8", _SOME)[0])
    made = {"one": _chain(some, 1), "nine": _chain(some, 9), "fold": la.sum(some)}
    times = {}
    for tiles in (2, _SOME // _SMALL):
        with la.config(threads=1, tile_elements=_SOME // tiles):
            for name, each in made.items():
                times[name, tiles > 2] = stage_seconds(each, _BUDGET)[1]
    more = _SOME // _SMALL - 2
    one, nine, fold = ((times[k, True] - times[k, False]) / more for k in made)
    found["tile"] = one - (nine - one) / 8
    found["fold"] = fold - one
    work = 2 * (found["tile"] + found["call"]) + found["multiply/f8"] * _SOME
    found["launch"] = times["one", False] - work


def _without_calls(found: Round) -> None:
    """Take from the cost of each operation what its call costs, whatever it works on.

    A tile is four times as long, and its calls are counted apart.
    """
    x, _ = operands("f8", _SMALL)
    fold = shortest(partial(OPS["max"].numpy, x, (0,)), _BUDGET / 4)
    found["folded/f8"] = fold
    for op in list(OPS.values()):  # rows may be entered meanwhile
        beside = fold if op.kind is Kind.REDUCE else found["call"]
        for name in (f"{op.name}/{d}" for d in DTYPES):
            if name in found:
                found[name] = max(found[name] - beside / MEASURED, found[name] / 4)


def _rows(found: Round) -> None:
    """Measure rows that do not lie right behind one another, or are begun anew."""
    long, short = map(_behind_gaps, _UNEVEN)
    found["apart/f8"] = long
    found["apart.row/f8"] = max(short - long, 0.0) * _UNEVEN[1]
    x, y = (aligned(a).reshape(_ROWS, -1) for a in operands("f8", _ROWS * _ROW))
    into = aligned(x)
    near = typical(partial(np.add, x, y, into), 0.002)
    # NumPy copies rows into its buffer where an operand is stretched to them.
    stretched = typical(partial(np.add, x, y[:, :1], into), 0.002)
    found["buffered/f8"] = max(stretched - near, 0.0) / x.size
    # Short ones, so that little is left of the time of their elements.
    short = x.reshape(-1, _SHORT)
    sums = y.reshape(-1, _SHORT), into.reshape(-1, _SHORT)
    each = typical(partial(np.add, short, sums[0][:, :1], sums[1]), 0.002)
    found["row"] = max(each - stretched, 0.0) / (len(short) - _ROWS)
    for dtype in DTYPES:
        _along_axes(found, dtype)


def _along_axes(found: Round, dtype: str) -> None:
    """Measure folds that give several results: of columns, and what a row takes beside."""
    x = aligned(_drawn(dtype)[0][: _ROWS * _ROW])
    short, wide = x.reshape(-1, _SHORT), x.reshape(_ROWS, -1)
    for name, ufunc in (("sum", np.add), ("max", np.maximum)):
        whole, rows, columns = (
            typical(partial(ufunc.reduce, *each), 0.0007)
            for each in ((x,), (short, 1), (wide, 0))
        )
        found[f"{name}.row/{dtype}"] = max(rows - whole, 0.0) / len(short)
        found[f"{name}.0/{dtype}"] = columns / x.size


def _behind_gaps(width: int) -> float:
    """Return the seconds more for an element, and operand, of rows that lie apart."""
    rows = MEASURED // width
    drawn = operands("f8", rows * (width + 2))
    first, second = (aligned(a).reshape(rows, -1) for a in drawn)
    x, y = (aligned(a[:, 1:-1]) for a in (first, second))
    into = aligned(x)
    near = typical(partial(np.add, x, y, into), 0.001)
    one, two = (first[:, 2:], y, into), (first[:, 2:], second[:, :-2], into)
    more = sum(typical(partial(np.add, *each), 0.001) - near for each in (one, two))
    return max(more, 0.0) / 3 / (rows * width)  # operands in all


def _apart(found: Round) -> None:
    """Measure elements that do not lie side by side, in a cache and beyond."""
    for dtype in DTYPES:
        x, y = (aligned(a[:MEASURED]) for a in _drawn(dtype))
        into = aligned(x)
        near, stepped = (
            typical(partial(np.add, each, y, into), 0.001) for each in (x, x[::-1])
        )
        found[f"step/{dtype}"] = max(stepped - near, 0.0) / MEASURED
    side = int(MEASURED**0.5)
    square, small = (aligned(np.ones((side, side))) for _ in range(2))
    took = typical(partial(np.copyto, small, square.T), 0.0005)
    found["transposed/f8"] = took / small.size
    matrix, rows = _matrix(), TILE // _SIDE
    out = aligned(matrix[:rows])
    times: dict[bool, list[float]] = {True: [], False: []}
    for place in range(0, _PLACES * rows, rows):
        for across in (False, True):
            part = (matrix.T if across else matrix)[place : place + rows]
            start = time.perf_counter()
            np.copyto(out, part)
            times[across].append(time.perf_counter() - start)
    beyond = (middle(times[True]) - middle(times[False])) / out.size
    in_cache = found["transposed/f8"] - found["copy/f8"]
    found["far/f8"] = max(beyond - in_cache, 0.0)


@cache
def _matrix() -> Any:
    return np.ones((_SIDE, _SIDE))
