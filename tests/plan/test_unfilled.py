"""Arrays that a program fills part by part are not filled with zeros before."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.evaluate import plan_of
from lazyarr.plan.unfilled import unfilled

N = 200_000  # more than a tile


def columns(xp, x):
    made = xp.empty((N, 3))
    for k in range(3):
        made[:, k] = x[:, 2 - k] * k
    return made


def halves(xp, x):
    made = xp.zeros((3, N))
    made[:, ::2] = x.T[:, ::2] + 1
    made[:, 1::2] = x.T[:, 1::2] - 1
    return made


def gaps(xp, x):
    made = xp.zeros((N, 3))
    made[:, 0] = x[:, 0] + 1
    made[:, 2] = x[:, 2] - 1
    return made


def twice(xp, x):
    made = xp.ones((N, 3))
    made[:, 0] = x[:, 0] + 1
    made[:-1, 0] = x[1:, 0] * 2
    made[:, 2] = x[:, 2] - 1
    return made


def read_between(xp, x):
    made = xp.ones((N, 3))
    made[:, :1] = x[:, :1] + 1
    made[:, 1:] = made[:, 1:] * x[:, 1:]
    return made


def thirds(xp, x):
    made = xp.zeros((9, 3))
    made[:, :1] = x[:, :1] * 2
    made[:, 1:] = x[:, 1:] + 1
    return made


@pytest.mark.parametrize(
    ("program", "fills"),
    [
        (columns, False),
        (halves, False),
        (gaps, True),
        (twice, True),
        (read_between, True),
    ],
)
def test_only_what_is_read_is_filled(program, fills):
    x = np.random.default_rng(0).random((N, 3))
    made = program(la, la.asarray(x))
    plan = plan_of((made._current(),), "cpu")
    assert bool(unfilled(plan.stages, plan.values, plan.outputs)) is not fills
    assert ("not filled" in str(made.explain(device="cpu"))) is not fills
    for _ in range(2):  # again in memory that was used before
        made = program(la, la.asarray(x))
        np.testing.assert_array_equal(made.compute(device="cpu"), program(np, x))


def test_short_arrays_are_not_filled_either(planned):
    for start in (1, 5):  # again in memory that was used before
        x = np.arange(start, start + 27.0).reshape(9, 3)
        made = thirds(la, la.asarray(x))
        assert "not filled" in str(made.explain(device="cpu"))
        np.testing.assert_array_equal(made.compute(device="cpu"), thirds(np, x))


def test_a_short_fill_that_is_read_is_made(planned):
    x = np.ones((9, 3))
    made = la.zeros((9, 3))
    made[:, :2] = la.asarray(x)[:, :2] * 2
    assert "not filled" not in str(made.explain(device="cpu"))
    np.testing.assert_array_equal(made.compute(device="cpu"), x * [2, 2, 0])


def test_a_fill_that_is_asked_for_is_made():
    base = la.zeros((N, 2))
    made = base.copy()
    made[:, 0] = la.ones(N)
    made[:, 1] = la.ones(N)
    before, after = la.compute(base, made)
    assert not before.any()
    assert after.all()
