"""Functions of whole arrays that `lazyarr calibrate` times, on either device."""

from __future__ import annotations

from functools import lru_cache, partial
from math import isqrt, log2
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la
from lazyarr.ops.row import OPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_POINTS = 3  # of a curve, at least


def calls(
    xp: Any, dtype: str, sides: tuple[int, ...]
) -> Iterator[tuple[str, Any, float]]:
    """Yield family, call and amount of work of matrices, each family at growing sizes.

    The calls are those of the op table, for it decides how a library is asked.
    """
    for side in sides:
        a = xp.asarray(_drawn(side * side).reshape(side, side), dtype)
        yield "product", partial(OPS["matmul"].numpy, xp, a, a), float(side) ** 3
        yield "vector", partial(OPS["matmul"].numpy, xp, a, a[0]), float(side) ** 2
    for side in (8, 64, 256):
        a = xp.eye(side, dtype=dtype) * 4 + 0.01
        yield "factor", partial(xp.linalg.solve, a, a), 2.0 * side**3
        if side <= 128:
            yield "spectrum", partial(xp.linalg.eigh, a), float(side) ** 3


@lru_cache(2)
def _drawn(size: int) -> np.ndarray:
    return np.random.default_rng(1).random(size)


def table(
    times: Iterable[tuple[str, str, float, float]],
) -> dict[str, tuple[tuple[float, float], ...]]:
    """Return the curves of (family, dtype, amount, seconds), by growing amount.

    Of a dtype for which there was little time, those of ``f8`` say more.
    """
    table: dict[str, tuple[tuple[float, float], ...]] = {}
    for family, dtype, amount, seconds in times:
        key = f"{family}/{dtype}"
        table[key] = (*table.get(key, ()), (amount, seconds))
    return {
        key: tuple(sorted(curve))
        for key, curve in table.items()
        if len(curve) >= _POINTS or key.endswith("/f8")
    }


def executed(
    dtype: str, sizes: tuple[int, ...], held: Callable[[Any], Any]
) -> Iterator[tuple[str, Any, float]]:
    """Yield family, expression and amount of work, each family at growing sizes."""
    for size in sizes:
        drawn = _drawn(size)
        x = held((drawn * size).astype(dtype))
        where = held((drawn * size).astype(np.int64))
        yield "gather", la.take(x, where), float(size)
        yield "scan", la.cumulative_sum(x), float(size)
        side = isqrt(size)
        square = x[: side * side].reshape(side, side)
        lines = side * side * log2(side)
        yield "sort", la.sort(x), size * log2(size)
        yield "sorts", la.sort(square), lines
        if dtype != "i8":
            yield "transform", la.fft.fft(x), size * log2(size)
            yield "transforms", la.fft.fft(square), lines
