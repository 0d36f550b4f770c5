"""What functions that are composed on a GPU work in: their steps, taken with NumPy."""

from __future__ import annotations

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from lazyarr.ops import bins, quantiles, segments
from lazyarr.plan.device_order import places_of
from lazyarr.plan.device_workspace import RULES
from lazyarr.plan.operands import Operand

SIZE = 300_000
SMALL = 64 << 10
RNG = np.random.default_rng(7)
KEYS = {
    "few": RNG.integers(0, 1000, SIZE),
    "as many as elements": np.append(RNG.permutation(SIZE - 1), 3),  # but for one pair
}


def peak(call):
    """Return the most bytes of a call, its result included, and the result."""
    call()
    tracemalloc.start()
    result = call()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most, result


def predicted(name, arrays, result, params):
    seen = [Operand(x.shape, x.dtype, "C") for x in arrays]
    made = SimpleNamespace(shape=result.shape, dtype=result.dtype, nbytes=result.nbytes)
    return RULES[name](seen, made, params) + result.nbytes


def near(name, arrays, params, call, hidden=0):
    """Check a prediction; `hidden` are bytes that a GPU's sort takes, and NumPy's does not."""
    most, result = peak(call)
    need = predicted(name, arrays, result, params)
    assert most <= need + SMALL
    assert need <= 1.1 * most + hidden + SMALL


def sort_of(count):
    """Return what Thrust sorts places below a number in."""
    return places_of(Operand((SIZE,), segments.key_dtype(count), "C"))


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4"])
@pytest.mark.parametrize("keys", KEYS)
def test_folds_at_places(keys, dtype):
    key, value = KEYS[keys], RNG.random(SIZE).astype(dtype)
    x = np.zeros(key.max() + 1, dtype)
    params = ("maximum", (0,))
    call = lambda: segments.applied(np, x, value, (key,), "maximum")  # noqa: E731
    near("ufunc_at", (x, value, key), params, call, sort_of(len(x)))


@pytest.mark.parametrize("dtype", ["f8", "f4", "i4"])
@pytest.mark.parametrize("keys", KEYS)
def test_folds_of_segments(keys, dtype):
    key, x = np.sort(KEYS[keys]), RNG.random(SIZE).astype(dtype)
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    call = lambda: segments.reduced(np, x, starts, "maximum", 0)  # noqa: E731
    near("ufunc_reduceat", (x, starts), ("maximum", 0), call)


@pytest.mark.parametrize("shape", [(SIZE,), (3, SIZE // 3), (SIZE // 3, 3)])
def test_running_folds(shape):
    x = RNG.random(shape)
    call = lambda: segments.accumulated(np, x, "maximum", 0)  # noqa: E731
    near("ufunc_accumulate", (x,), ("maximum", 0), call)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_weights_of_a_histogram(dtype):
    x, weights = RNG.random(SIZE), RNG.random(SIZE).astype(dtype)
    given = {"bins": np.linspace(0, 1, 51), "weights": weights}
    call = lambda: bins.histogram(np, x, 0, given)  # noqa: E731
    params = (0, ("bins", "weights"))
    near("histogram", (x, given["bins"], weights), params, call, sort_of(52))


@pytest.mark.parametrize("shape", [(SIZE,), (3, SIZE // 3), (SIZE // 3, 3)])
def test_whole_folds(shape):
    x = RNG.random(shape)
    axes = tuple(range(len(shape)))
    call = lambda: segments.whole(np, x, "fmax", axes)  # noqa: E731
    near("ufunc_reduce", (x,), ("fmax", axes), call)


@pytest.mark.parametrize("method", ["linear", "hazen", "averaged_inverted_cdf"])
@pytest.mark.parametrize("count", [1, 3])
def test_quantiles_of_short_lines(method, count):
    x, q = RNG.random((SIZE // 3, 3)), np.linspace(0.1, 0.9, count)
    options = {"axis": (1,), "method": method}
    call = lambda: quantiles.quantiles(np, "quantile", x, q, options)  # noqa: E731
    near("quantile", (x, q), (tuple(options.items()),), call)
