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
