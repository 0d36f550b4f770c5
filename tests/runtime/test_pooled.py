"""Large products and joins lie in memory that comes back, as NumPy's lie in theirs."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime import pool

A = np.random.default_rng(8).standard_normal((300, 260))
WIDE = np.random.default_rng(9).standard_normal((3, 90, 700))


def made(function, *arrays):
    result = function(la, *map(la.asarray, arrays))
    found = result.compute()
    expected = function(np, *arrays)
    assert found.dtype == expected.dtype
    assert found.strides == expected.strides
    np.testing.assert_array_equal(found, expected)
    return found


PRODUCTS = [
    lambda xp, a: a @ a.T,
    lambda xp, a: a.T @ a,
    lambda xp, a: a[::-1] @ a[::2].T,
    lambda xp, a: xp.concatenate([a, a[:, ::-1]], axis=1),
    lambda xp, a: xp.concatenate([a[::3], a]),
    lambda xp, a: xp.stack([a, a]),
]


@pytest.mark.parametrize("function", PRODUCTS)
def test_large_results_lie_in_the_pool(function):
    pool.results.clear()
    found = made(function, A)
    nbytes = found.nbytes
    del found
    assert pool.results.nbytes >= nbytes


@pytest.mark.parametrize(
    "function",
    [
        lambda xp, a: xp.concatenate([a.T, a.T]),
        lambda xp, a: xp.concatenate([a.transpose(2, 0, 1), a.transpose(2, 0, 1)]),
        lambda xp, a: xp.stack([a[..., 0], a[..., 1]], axis=-1),
        lambda xp, a: xp.concatenate([xp.broadcast_to(a[:1], a.shape), a]),
        lambda xp, a: a @ a.transpose(0, 2, 1),
    ],
)
def test_joins_of_turned_arrays_lie_in_memory_as_numpys_do(function):
    made(function, WIDE)


def test_results_in_the_pool_are_nobody_elses():
    x = la.asarray(A)
    first, second = (x @ x.T).compute(), (x @ x.T).compute()
    assert not np.may_share_memory(first, second)
    first[:] = 0
    np.testing.assert_array_equal(second, A @ A.T)


@pytest.mark.parametrize("kind", ["i8", "i4", "u2"])
def test_elements_at_places_lie_in_the_pool(kind):
    rng = np.random.default_rng(7)
    x, places = rng.random(50_000), rng.integers(0, 50_000, 150_000).astype(kind)
    pool.results.clear()
    with la.config(threads=1):
        found = made(lambda xp, x, k: x[k], x, places)
        nbytes = found.nbytes
        del found
        made(lambda xp, x, k: x[k], x[::-1], places)
        made(lambda xp, x, k: x[k], x, places.reshape(300, 500).T)
    assert pool.results.nbytes >= nbytes > 0
