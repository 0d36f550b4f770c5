"""Rolls of one array run as views of one copy with wrapped borders."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate


def neighbours(xp, x):
    return (
        xp.roll(x, 1, axis=0)
        + xp.roll(x, -1, axis=0)
        + xp.roll(x, 1, axis=-1)
        + xp.roll(xp.roll(x, -2, axis=0), 1, axis=-1)
        - 4 * x
    )


def ops_of(x):
    return [name for stage in evaluate.plan_of((x._node,)).stages for name in stage.ops]


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i1", "?", "c16"])
@pytest.mark.parametrize("shape", [(160, 131), (17, 40, 50)])
def test_rolls_of_one_array_are_parts_of_one_copy(dtype, shape):
    x = (np.random.default_rng(4).random(shape) * 50).astype(dtype)
    y = neighbours(la, la.asarray(x))
    names = ops_of(y)
    assert names.count("wrapped") == 1
    assert "concat" not in names
    want = neighbours(np, x)
    assert y.dtype == want.dtype
    assert np.array_equal(y.compute(), want)


@pytest.mark.parametrize("order", ["C", "F"])
def test_results_lie_in_memory_as_numpys_do(order):
    x = np.asarray(np.random.default_rng(5).random((140, 150)), order=order)
    got = neighbours(la, la.asarray(x)).compute()
    want = neighbours(np, x)
    assert got.strides == want.strides
    assert np.array_equal(got, want)


def test_steps_of_a_torus_wrap_each_field_once():
    x = np.random.default_rng(6).random((150, 140))

    def steps(xp, u):
        for _ in range(5):
            u = u + 0.1 * neighbours(xp, u)
        return u

    y = steps(la, la.asarray(x))
    names = ops_of(y)
    assert names.count("wrapped") == 5
    assert "concat" not in names
    assert np.array_equal(y.compute(), steps(np, x))


def test_a_line_rolled_both_ways_and_round():
    x = np.random.default_rng(7).random(50_000)

    def ways(xp, x):
        return xp.roll(x, 3) - xp.roll(x, -5) + xp.roll(x, len(x) + 1)

    y = ways(la, la.asarray(x))
    assert ops_of(y).count("wrapped") == 1
    assert np.array_equal(y.compute(), ways(np, x))


@pytest.mark.parametrize(
    "form",
    [
        lambda xp, x: xp.roll(x, 1, 0) + x,
        lambda xp, x: xp.roll(x, 1, 0) - xp.roll(x, 70, 0),
        lambda xp, x: xp.roll(x, 1, 0) @ xp.roll(x, 1, 1).T,
        lambda xp, x: xp.roll(x, 1, 0).sum() + xp.roll(x, 1, 1).max(),
        lambda xp, x: xp.roll(x[:100, :100], 1, 0) + xp.roll(x[50:150, 5:105], 1, 1),
    ],
    ids=["one", "far", "product", "sums", "two"],
)
def test_other_rolls_stay_copies(form):
    x = np.random.default_rng(8).random((150, 140))
    y = form(la, la.asarray(x))
    names = ops_of(y)
    assert "wrapped" not in names
    np.testing.assert_allclose(y.compute(), form(np, x), rtol=1e-12)


def test_a_roll_that_is_asked_for_itself_is_an_array_of_its_own():
    x = np.random.default_rng(9).random((150, 140))
    a = la.asarray(x)
    both = [la.roll(a, 1, 0), la.roll(a, 1, 1), la.roll(a, -1, 0)]
    total = both[0] + both[1] - both[2]
    got, one = la.compute(total, both[0])
    assert np.array_equal(one, np.roll(x, 1, 0))
    want = np.roll(x, 1, 0) + np.roll(x, 1, 1) - np.roll(x, -1, 0)
    assert np.array_equal(got, want)
    one[:] = 0
    assert np.array_equal(total.compute(), want)


def test_unfused_plans_keep_every_roll():
    x = la.asarray(np.random.default_rng(10).random((150, 140)))
    with la.config(fusion=False):
        names = ops_of(neighbours(la, x))
    assert names.count("concat") == 5
