"""Rows with gaps between them: NumPy runs them where they lie, and copies none."""

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.runtime import lane, tileprogram
from lazyarr.runtime.buffers import Unbuffered
from lazyarr.runtime.spare import FREE


@pytest.fixture
def sizes(monkeypatch):
    """The sizes of NumPy's buffers in tiles."""
    found = []

    def run_steps(*arguments):
        found.append(np.getbufsize())
        tileprogram.run_steps(*arguments)

    monkeypatch.setattr(lane, "run_steps", run_steps)
    return found


def given(rows, columns, dtype=float):
    x = np.random.default_rng(rows).normal(0, 50, (rows, columns)).astype(dtype)
    return x, la.asarray(x)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("columns", [260, 700, 3000])
def test_long_rows_are_run_where_they_lie(sizes, threads, columns):
    x, lazy = given(600_000 // columns, columns)
    with la.config(threads=threads):
        result = ((lazy[1:, 1:] - lazy[:-1, :-1]) * 0.5).compute()
    assert np.array_equal(result, (x[1:, 1:] - x[:-1, :-1]) * 0.5)
    assert set(sizes) == {1 << (columns - 1).bit_length()}


@pytest.mark.parametrize(
    ("columns", "dtype"), [(100, float), (5000, float), (700, "?")]
)
def test_others_are_buffered_as_usual(sizes, columns, dtype):
    x, lazy = given(2_000_000 // columns, columns, dtype)
    result = (lazy[:, 1:] * lazy[:, :-1] + 0.5).compute()
    assert np.array_equal(result, x[:, 1:] * x[:, :-1] + 0.5)
    assert set(sizes) == {8192}


def test_sums_are_folded_as_usual(sizes):
    x, lazy = given(1000, 700)
    result = (lazy[:, 1:] - lazy[:, :-1]).sum(0).compute()
    assert np.allclose(result, (x[:, 1:] - x[:, :-1]).sum(0))
    assert set(sizes) == {8192}


def test_buffers_are_the_users_afterwards(sizes):
    _, lazy = given(1000, 700)
    before = np.setbufsize(4096)
    try:
        (lazy[:, 1:] - lazy[:, :-1]).compute()
        assert np.getbufsize() == 4096
        (lazy[0] - lazy[1]).compute()
    finally:
        np.setbufsize(before)
    assert set(sizes[:1]) == {1024}


def test_buffers_are_as_usual_after_an_error(sizes):
    _, lazy = given(1000, 700)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        (lazy[:, 1:] / (lazy[:, :-1] * 0)).compute()
    (lazy * 2.0).compute()
    assert sizes[-1] == 8192


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "c16"])
@pytest.mark.parametrize("columns", [600, 2500])
def test_bits_are_numpys(dtype, columns):
    x, lazy = given(400, columns, dtype)
    for function in (
        lambda x: x[:, 1:] - x[:, :-1],
        lambda x: abs(x[1:, ::2] * x[:-1, ::2]) + x[1:, 1::2],
        lambda x: x[:, 1:] ** 2 + x[:1, 1:] + x[:, :1],
        lambda x: x[:, 3:].real.astype("f4") + x[:, :-3],
    ):
        assert function(lazy).compute().tobytes() == function(x).tobytes()


# --- of whole arrays --------------------------------------------------------------


def counts(lazy):
    """The sizes of buffers for the calls of a plan; None where they are as usual."""
    plan = evaluate.plan_of((lazy._current(),), "cpu")
    steps = evaluate.prepare(plan).steps
    called = [step[1] for step in steps if step[0] != FREE]
    calls = [f for f in called if isinstance(f, (np.ufunc, Unbuffered))]
    return [getattr(function, "count", None) for function in calls]


def test_whole_arrays_run_long_rows_where_they_lie():
    _, lazy = given(120, 700)
    assert counts(lazy[1:, 1:] - lazy[:-1, :-1]) == [1024]
    assert counts(lazy[:, :1] * lazy[1] + lazy) == [1024, None]
    assert counts(lazy * 2.0 + lazy) == [None, None]
    assert counts(lazy[:20, 1:] - lazy[:20, :-1]) == [None]  # few
    planes = la.asarray(np.ones((120, 350, 2)))
    assert counts(planes[1:, 1:] - planes[:-1, :-1]) == [1024]  # 349 pairs


def test_functions_whose_bits_depend_on_it_are_called_as_usual():
    x, lazy = given(120, 700)
    assert counts(la.exp(lazy[1:, 1:])) == [None]
    assert counts(lazy[1:, 1:].sum(0) + lazy[0, 1:]) == [None]
    result = (lazy[1:, 1:] - lazy[:-1, :-1]).sum(0).compute()
    assert result.tobytes() == (x[1:, 1:] - x[:-1, :-1]).sum(0).tobytes()


def test_whole_arrays_leave_buffers_as_they_were():
    _, lazy = given(120, 700)
    before = np.setbufsize(4096)
    try:
        (lazy[:, 1:] - lazy[:, :-1]).compute()
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            (lazy[:, 1:] / (lazy[:, :-1] * 0)).compute()
        assert np.getbufsize() == 4096
    finally:
        np.setbufsize(before)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "c16", "u1", "?"])
def test_bits_of_whole_arrays_are_numpys(dtype):
    x, lazy = given(110, 601, dtype)
    for function in (
        lambda x: x[1:, 1:] * x[:-1, :-1],
        lambda x: abs(x[1:, :-1] * x[:-1, 1:]) + x[1:, 1:],
        lambda x: x[:, 1:] ** 2 + x[:1, 1:] + x[:, :1],
        lambda x: (x[:, 3:] != x[:, :-3]) & (x[:, :1] == x[0, 3:]),
        lambda x: (x.T[1:, 1:] + x.T[:-1, :-1]) * 3,
    ):
        result, expected = function(lazy).compute(), function(x)
        assert result.tobytes() == expected.tobytes()
        assert result.strides == expected.strides
