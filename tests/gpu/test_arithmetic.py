"""Arithmetic that a GPU was asked for: what changes, and by how much."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la

pytestmark = pytest.mark.gpu


def on_gpu(make, arithmetic, *arrays):
    with la.config(gpu_arithmetic=arithmetic):
        return make(*map(la.asarray, arrays)).compute(device="gpu")


def test_a_product_that_is_added_to_rounds_once():
    x = np.full(1000, 1 + 2.0**-27)
    for arithmetic, rest in (("exact", 0.0), ("contracted", 2.0**-54)):
        got = on_gpu(lambda x: x * x - (1 + 2.0**-26), arithmetic, x)
        np.testing.assert_array_equal(got, rest)


def test_contracted_results_are_no_further_from_the_truth():
    x, y = np.random.default_rng(1).random((2, 100_000))

    def poly(x, y):
        return (x * 5) ** 2 + y * x + 3

    wide = poly(*(a.astype(np.longdouble) for a in (x, y)))
    off = [
        np.abs(on_gpu(poly, arithmetic, x, y) - wide).max()
        for arithmetic in ("exact", "contracted")
    ]
    assert off[1] <= off[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fast_functions_are_near(dtype):
    x = np.random.default_rng(2).random(100_000).astype(dtype) * 3 + 0.1

    def make(x):
        xp = la if isinstance(x, la.Array) else np
        return xp.exp(-x) * xp.sin(x) / xp.sqrt(x) + xp.log(x)

    got = on_gpu(make, "fast", x)
    near = 4e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(got, make(x.astype("f8")), rtol=near, atol=near)


def test_fast_kernels_know_nan_and_infinity():
    x = np.array([np.nan, np.inf, -np.inf, 1.0, 0.0], np.float32)
    got = on_gpu(lambda x: la.isnan(x) | la.isinf(x), "fast", x)
    np.testing.assert_array_equal(got, [True, True, True, False, False])
    assert np.isnan(on_gpu(lambda x: x.max(), "fast", x))


def test_sums_stay_accurate():
    x = np.random.default_rng(0).random(10_000_000).astype(np.float32)
    exact = float(x.astype(np.float64).sum())
    for arithmetic in ("contracted", "fast"):
        got = on_gpu(lambda x: x.sum(), arithmetic, x)
        assert abs(float(got) - exact) <= abs(float(x.sum()) - exact)
