"""Functions of whole arrays that `lazyarr calibrate` times, on either device."""

from __future__ import annotations

from functools import lru_cache, partial
from math import isqrt, log2
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from lazyarr.cli.stopwatch import between, rising
from lazyarr.ops.row import OPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_POINTS = 3  # of a curve, at least
_FEWEST = 2  # of one of f8: a single point says nothing of larger arrays


def products(
    xp: Any, dtype: str, sides: tuple[int, ...], most: int = 4096
) -> Iterator[tuple[str, Any, float]]:
    """Yield family, call and amount of work of products, each family at growing sizes.

    Matrices of more than `most` rows are multiplied with vectors alone. The calls are
    those of the op table, for it decides how a library is asked.
    """
    for side in sides:
        a = xp.asarray(_drawn(side * side).reshape(side, side), dtype)
        if side <= most:
            yield "product", partial(OPS["matmul"].numpy, xp, a, a), float(side) ** 3
        yield "vector", partial(OPS["matmul"].numpy, xp, a, a[0]), float(side) ** 2


def decompositions(xp: Any, dtype: str) -> Iterator[tuple[str, Any, float]]:
    """Yield the same of functions that take matrices apart.

    The largest are of as many rows as threads of a BLAS are worth starting for.
    """
    for side in (8, 64, 256):
        drawn = _drawn(side * side).reshape(side, side)
        a = xp.asarray(drawn + drawn.T + np.eye(side), dtype)
        yield "factor", partial(xp.linalg.solve, a, a), 2.0 * side**3
        yield "spectrum", partial(xp.linalg.eigh, a), float(side) ** 3
        yield "singular", partial(xp.linalg.svd, a), float(side) ** 3


_SIDES = (3, 32)  # of matrices of which there are many


def stacks(xp: Any, dtype: str, size: int) -> Iterator[tuple[str, Any, float, int]]:
    """Yield the same of many small matrices, and their number: what each of them takes.

    All matrices of a side have about so many elements.
    """
    for side in _SIDES:
        count = size // side**2
        a = xp.asarray(_drawn(count * side**2).reshape(count, side, side), dtype)
        work = float(side) ** 3
        yield "factors", partial(xp.linalg.solve, a, a), 2 * work, count
        yield "spectrums", partial(xp.linalg.eigh, a), work, count
        yield "singulars", partial(xp.linalg.svd, a), work, count


def multiplied(
    held: Callable[[Any], Any], size: int
) -> Iterator[tuple[str, Any, float, int]]:
    """Yield family, expression, amount of work and number of products of such matrices."""
    for side in _SIDES:
        count = size // side**2
        a = held(_drawn(count * side**2).reshape(count, side, side))
        yield "products", la.matmul(a, a), float(side) ** 3, count


@lru_cache(2)
def _drawn(size: int) -> np.ndarray:
    return np.random.default_rng(1).random(size)


def table(
    times: Iterable[tuple[str, str, float, float]],
) -> dict[str, tuple[tuple[float, float], ...]]:
    """Return the curves of (family, dtype, amount, seconds), by growing amount.

    Of what was timed at several moments the middle time counts, of two what lies between.
    Nothing takes longer than more of it. Of a dtype for which there was little time,
    those of ``f8`` say more.
    """
    table: dict[str, dict[float, list[float]]] = {}
    for family, dtype, amount, seconds in times:
        curve = table.setdefault(f"{family}/{dtype}", {})
        curve.setdefault(amount, []).append(seconds)
    return {
        key: _growing({amount: between(each) for amount, each in curve.items()})
        for key, curve in table.items()
        if len(curve) >= (_FEWEST if key.endswith("/f8") else _POINTS)
    }


def _growing(curve: Mapping[float, float]) -> tuple[tuple[float, float], ...]:
    """Return a curve of which no point takes longer than one of more work.

    Examples
    --------
    >>> _growing({1.0: 1.0, 2.0: 5.0, 3.0: 4.0})
    ((1.0, 1.0), (2.0, 4.5), (3.0, 4.5))
    """
    times = rising(seconds for _, seconds in sorted(curve.items()))
    return tuple(zip(sorted(curve), times, strict=True))


def executed(
    dtypes: tuple[str, ...], sizes: tuple[int, ...], held: Callable[[Any], Any]
) -> Iterator[tuple[str, str, Any, float]]:
    """Yield family, dtype, expression and amount of work, at growing sizes.

    Every family takes its turn at a size with every dtype, so that all curves are as
    long if time is over; transforms, which are the longest, are the last.
    """
    for size in sizes:
        drawn = _drawn(size)
        side = isqrt(size)
        where = held((drawn * size).astype(np.int64))
        arrays = {dtype: held((drawn * size).astype(dtype)) for dtype in dtypes}
        lines = side * side * log2(side)
        whole: tuple[tuple[str, Callable[[Any], Any], float], ...] = (
            ("gather", lambda x: la.take(x, where), float(size)),  # noqa: B023
            ("scan", la.cumulative_sum, float(size)),
            ("sort", la.sort, size * log2(size)),
            ("sorts", lambda x: la.sort(_square(x)), lines),
            ("transforms", lambda x: la.fft.fft(_square(x)), lines),
            ("transform", la.fft.fft, size * log2(size)),
        )
        for family, make, amount in whole:
            for dtype, x in arrays.items():
                if dtype != "i8" or not family.startswith("transform"):
                    yield family, dtype, make(x), amount


def irregular(
    size: int, held: Callable[[Any], Any]
) -> Iterator[tuple[str, Any, float]]:
    """Yield family, expression and amount of work of what NumPy does element by element.

    Where it looks for the next one depends on what it has found.
    """
    drawn, side = _drawn(size), isqrt(size) // 2
    x, table = held(drawn), held(np.sort(drawn))
    written = x.copy()
    written[held((drawn * size).astype(np.int64))] = x
    matrix = x[: side * side].reshape(side, side)
    yield "searches", la.searchsorted(table, x), size * log2(size)
    yield "argsort", la.argsort(x), size * log2(size)
    yield "select", la.median(x), float(size)
    yield "scatter", written, float(size)
    yield "sums", la.einsum("ij,jk->ik", matrix, matrix), float(side) ** 3
    yield "search", la.interp(x, table, x), size * log2(size)


def _square(x: Any) -> Any:
    side = isqrt(x.size)
    return x[: side * side].reshape(side, side)
