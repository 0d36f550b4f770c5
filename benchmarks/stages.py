"""Programs of every kind of stage, whose predicted times are measured."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la

if TYPE_CHECKING:
    from collections.abc import Callable


def rows(x: Any) -> Any:
    side = int(x.size**0.5)
    return x[: side * side].reshape(side, side)


def poly(x: Any, y: Any) -> Any:
    return (x * 5) ** 2 + y * x - 3


def deep(x: Any, y: Any) -> Any:
    a, b = x * 0, y * 0
    for _ in range(10):
        a, b = a * a - b * b + x, 2 * a * b + y
    return a * a + b * b


def black_scholes(x: Any, y: Any) -> Any:
    def cdf(d: Any) -> Any:
        return 0.5 * (1 + la.tanh(0.7978845608 * (d + 0.044715 * d * d * d)))

    s, k = x * 50 + 50, y * 50 + 50
    d1 = (la.log(s / k) + 0.07) / 0.2
    return s * cdf(d1) - k * 0.95 * cdf(d1 - 0.2)


def softmax(x: Any, _: Any) -> Any:
    m = rows(x)
    e = la.exp(m - la.max(m, axis=1, keepdims=True))
    return e / la.sum(e, axis=1, keepdims=True)


def stencil(x: Any, _: Any) -> Any:
    m = rows(x)
    around = m[:-2, 1:-1] + m[2:, 1:-1] + m[1:-1, :-2] + m[1:-1, 2:]
    return around - 4 * m[1:-1, 1:-1]


def written(x: Any, y: Any) -> Any:
    z = x + y
    z[10:-10] = y[10:-10] * 2
    return z


def alternating(x: Any, y: Any) -> Any:
    z = x * 3
    z[::2] = y[::2] - 1
    return z


@cache
def positions(n: int, device: str = "cpu") -> Any:
    places = np.random.default_rng(3).integers(0, n, n)
    if device == "cpu":
        return places
    return importlib.import_module("cupy").asarray(places)


# By name: the function, its class, and the largest power of ten.
WORKLOADS: dict[str, tuple[Callable[[Any, Any], Any], str, int]] = {
    "add": (lambda x, y: x + y, "map of memory", 8),
    "copy": (lambda x, _: la.astype(x, "f4") + 1, "map of memory", 8),
    "poly": (poly, "map of memory", 8),
    "where": (lambda x, y: la.where(x > y, x, y * 2), "map of memory", 8),
    "deep": (deep, "map of arithmetic", 7),
    "trans": (
        lambda x, y: la.exp(-x) * la.sin(y) + la.log1p(x),
        "map of arithmetic",
        8,
    ),
    "black-scholes": (black_scholes, "map of arithmetic", 7),
    "sum": (lambda x, _: x.sum(), "reduction", 8),
    "max": (lambda x, _: x.max(), "reduction", 8),
    "sum(poly)": (lambda x, y: poly(x, y).sum(), "reduction", 8),
    "(x-mean)/std": (lambda x, _: (x - x.mean()) / la.std(x), "reduction", 8),
    "column sums": (
        lambda x, _: la.sum(rows(x) * rows(x) + 1, axis=0),
        "reduction",
        8,
    ),
    "row sums": (lambda x, _: la.sum(rows(x) * rows(x) + 1, axis=1), "reduction", 8),
    "softmax": (softmax, "row-wise", 8),
    "centred rows": (
        lambda x, _: rows(x) - rows(x).mean(axis=1, keepdims=True),
        "row-wise",
        8,
    ),
    "stencil": (stencil, "window", 8),
    "differences": (lambda x, _: (x[1:] - x[:-1]) * 2, "window", 8),
    "transposed": (lambda x, _: rows(x).T * 2 + rows(x), "window", 8),
    "written": (written, "update", 8),
    "clipped": (lambda x, y: la.clip(x * 3 - y, x, y), "map of memory", 8),
    "hypot": (lambda x, y: la.hypot(x, y) * 2 + 1, "map of arithmetic", 7),
    "norms": (lambda x, _: la.sqrt(la.sum(rows(x) ** 2, axis=1)), "reduction", 8),
    "argmin": (lambda x, y: la.argmin(x * y), "reduction", 8),
    "alternating": (alternating, "update", 8),
    "matmul": (lambda x, y: rows(x) @ rows(y), "library", 7),
    "matvec": (lambda x, y: rows(x) @ rows(y)[0], "library", 7),
    "sort": (lambda x, _: la.sort(x), "library", 7),
    "cumsum": (lambda x, _: la.cumulative_sum(x), "library", 7),
    "take": (
        lambda x, _: la.take(x, la.asarray(positions(x.size, str(x.device)))),
        "library",
        7,
    ),
    "fft": (lambda x, _: la.fft.fft(x * 1.0), "library", 7),
}


def _cube(x: Any) -> Any:
    side = int(x.size ** (1 / 3) + 1e-9)
    return x[: side**3].reshape(side, side, side)


def laplace(x: Any, _: Any) -> Any:
    c = _cube(x)
    inner = c[1:-1, 1:-1, 1:-1]
    across = c[2:, 1:-1, 1:-1] + c[:-2, 1:-1, 1:-1] + c[1:-1, 2:, 1:-1]
    return across + c[1:-1, :-2, 1:-1] + c[1:-1, 1:-1, 2:] + c[1:-1, 1:-1, :-2] - inner


def log_sum_exp(x: Any, _: Any) -> Any:
    m = rows(x)
    most = la.max(m, axis=1, keepdims=True)
    return la.log(la.sum(la.exp(m - most), axis=1, keepdims=True)) + most


def chain(x: Any, y: Any) -> Any:
    z = x
    for k in range(20):
        z = la.minimum(z + y, x) if k % 2 else z * y - x
    return z


HELD: dict[str, tuple[Callable[[Any, Any], Any], str, int]] = {
    "backwards": (lambda x, y: x[::-1] + y, "window", 8),
    "chain": (chain, "map of arithmetic", 7),
    "column max": (
        lambda x, y: la.max(rows(x) - rows(y), axis=0),
        "reduction",
        8,
    ),
    "log-sum-exp": (log_sum_exp, "row-wise", 8),
    "laplace": (laplace, "window", 8),
    "sorted rows": (lambda x, _: la.sort(rows(x), axis=1), "library", 7),
}
EVERY = WORKLOADS | HELD
