"""What known arrays tell of the calls that made them, long stories and lines included."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import lazyarr as la

A = np.arange(5.0)


def line():
    """The caller's line as plans name it."""
    return f"{__file__.rpartition('/')[2]}:{inspect.currentframe().f_back.f_lineno}"


@pytest.mark.parametrize("factor", [1.0, np.float64(1.0)])
def test_operands_are_told_on_either_side(factor):
    x = la.asarray(A) + 0
    y = (2 - x) / (factor * x[1:4])[0] + x
    text = str(y.explain())
    assert "subtract 2" in text
    assert "divide" in text
    assert "add" in text
    assert np.array_equal(y.compute(), (2 - A) / (factor * A[1:4])[0] + A)


@pytest.mark.parametrize("size", [5, 8000])
def test_every_value_of_a_long_loop_has_its_line(size):
    x = la.asarray(np.ones(size)) + 0
    for k in range(250):
        x, where = x * 1.5, line()
        x, where_last = -x, line()
        if k % 10 == 0:
            assert where_last in str(x.explain())
    assert where != where_last


def test_methods_and_functions_keep_their_line_at_the_end_of_long_stories():
    x = la.asarray(np.ones(5)) + 0
    for _ in range(150):
        x = x.cumsum()
        x, where = la.exp(-x), line()
    assert where in str(x.explain())
    total, where = la.cumsum(x), line()
    assert where in str(total.explain())


def test_parts_of_the_users_arrays_name_the_users_line():
    x = la.asarray(A)
    picked, where = x[A > 2], line()
    assert where in str((picked * 2).explain())


def test_a_part_written_back_is_not_taken_for_another():
    x = la.asarray(A) + 0
    x[2:3] = x[3:4] * 2
    x[1:3] = x[2:4]
    key = slice(0, 2)
    x[key] = x[key]
    x[key] += 1
    want = A.copy()
    want[2] = want[3] * 2
    want[1:3] = want[2:4]
    want[:2] += 1
    assert np.array_equal(x.compute(), want)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x + 0,
        lambda x: x.copy(),
        lambda x: la.concatenate([x, x]),
        lambda x: x.cumsum(),
    ],
)
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
def test_an_operand_that_was_written_is_not_computed_with_again(make, dtype):
    x = la.asarray(np.array([1e-3, 2e-3, 3e4], dtype))
    y = make(x)
    want = y.compute()
    x[0] = 4e-3
    beside = la.zeros((70_000, len(want)), dtype) * 1 + y
    assert np.array_equal(beside.compute("cpu")[0], want)
    assert np.array_equal(beside.persist("cpu").compute()[0], want)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x * 1,
        lambda x: la.concatenate([x, x]),
        lambda x: x.cumsum(),
        lambda x: la.outer(x, x)[2],
        lambda x: x[::-1] * 2,
    ],
)
@pytest.mark.parametrize(("place", "value"), [(0, -0.0), (2, np.nextafter(1, 2))])
def test_no_write_is_too_little_to_be_seen(make, place, value):
    x = la.asarray(np.array([0.0, 0.0, 1.0]))
    y = make(x)
    want = y.compute()
    x[place] = value
    got = (la.ones((70_000, len(want))) * y).compute("cpu")[0]
    assert got.tobytes() == want.tobytes()


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.sum(),
        lambda x: x @ x.T,
        lambda x: la.linalg.norm(x),
        lambda x: (x - x.mean(0)).std(),
        lambda x: la.cumsum(x[1:] * 1.5) / 3,
    ],
)
def test_sums_tell_how_they_were_made(make):
    x = la.asarray(np.random.default_rng(0).normal(size=(7, 9)))
    text = str((la.zeros((100_000, 1, 1)) * make(x)).explain())
    assert "of known" not in text
    assert any(name in text for name in ("sum", "matmul", "mean", "cumulative"))
