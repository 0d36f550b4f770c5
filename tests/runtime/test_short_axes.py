"""Axes of a few elements: reductions and maps by columns have NumPy's values."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.ops import short
from lazyarr.runtime import columns
from lazyarr.runtime.columns import ByColumn

LONG = 30_000
SHAPES = [(LONG, 2), (LONG, 3), (LONG, 8), (200, 300, 3), (60, 40, 7), (3, LONG)]


def numbers(shape, dtype="f8"):
    rng = np.random.default_rng(5)
    return (rng.standard_normal(shape) * 100).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i1", "c16"])
def test_sums_and_extremes_over_every_axis(shape, dtype):
    x = numbers(shape, dtype)
    tolerance = {"f4": 1e-4, "f2": 2e-2}.get(dtype, 1e-10)
    for axis in range(x.ndim):
        for name in ("sum", "max", "min"):
            found = getattr(la, name)(la.asarray(x), axis=axis).compute()
            want = getattr(np, name)(x, axis=axis)
            assert found.dtype == want.dtype
            if name == "sum":
                scale = np.abs(x).astype("f8" if x.dtype.kind != "c" else "c16")
                bound = tolerance * np.abs(scale).sum(axis=axis)
                with np.errstate(invalid="ignore"):
                    near = np.abs(found - want) <= bound
                assert (near | (found == want)).all()
            else:
                assert np.array_equal(found, want)


@pytest.mark.parametrize("name", ["any", "all"])
def test_booleans_over_every_axis(name):
    x = numbers((9, 70, 1000)) > 150
    for y in (x, ~x, np.moveaxis(x, 0, 2).copy()):
        for axis in range(3):
            found = getattr(la, name)(la.asarray(y), axis=axis).compute()
            assert np.array_equal(found, getattr(np, name)(y, axis=axis))


@pytest.mark.parametrize("name", ["argmin", "argmax"])
@pytest.mark.parametrize("count", [2, 3, 8, 9])
def test_places_are_the_first_and_those_of_nan(name, count):
    x = np.round(numbers((LONG, count)) / 40)  # with ties and zeros of both signs
    assert np.array_equal(
        getattr(la, name)(la.asarray(x), axis=1).compute(), getattr(np, name)(x, axis=1)
    )
    x[::7, count - 1] = np.nan
    x[::21, 0] = np.nan
    assert np.array_equal(
        getattr(la, name)(la.asarray(x), axis=1).compute(), getattr(np, name)(x, axis=1)
    )


@pytest.mark.parametrize("tile", [64, 4096])
@pytest.mark.parametrize("count", [2, 3, 4, 8, 90])
@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f4"])
def test_places_in_rows_that_are_whole_or_cut(tile, count, dtype):
    x = (np.random.default_rng(3).random((1200, count)) * 3).astype(dtype)
    with la.config(tile_elements=tile):
        for name in ("argmin", "argmax"):
            for axis in (0, 1, None):
                found = getattr(la, name)(la.asarray(x), axis=axis).compute()
                assert np.array_equal(found, getattr(np, name)(x, axis=axis))


def test_extremes_over_a_short_axis_hand_on_nan():
    x = numbers((LONG, 3))
    x[::5, 1] = np.nan
    found = la.asarray(x).max(axis=1).compute()
    assert np.array_equal(found, x.max(axis=1), equal_nan=True)


def test_a_few_elements_are_added_in_numpys_order():
    x = numbers((LONG, 7))
    assert np.array_equal(la.asarray(x).sum(axis=1).compute(), x.sum(axis=1))


@pytest.mark.parametrize("count", [2, 4, 7])
@pytest.mark.parametrize("name", ["sum", "max", "mean"])
def test_windows_that_overlap_are_short_axes(monkeypatch, name, count):
    taken, in_turn = [], short.in_turn
    monkeypatch.setattr(
        short, "in_turn", lambda *args: taken.append(1) or in_turn(*args)
    )
    x = numbers(LONG * 10)
    view = np.lib.stride_tricks.sliding_window_view
    windows = la.lib.stride_tricks.sliding_window_view(la.asarray(x), count)
    want = getattr(view(x, count), name)(axis=1)
    assert np.array_equal(getattr(windows, name)(axis=1).compute(), want)
    assert np.array_equal(getattr(windows.T, name)(axis=0).compute(), want)
    assert len(taken) >= 2


def test_columns_are_added_pair_by_pair():
    x = np.full((2**16, 3), 0.1)
    exact = 2**16 * 0.1
    error = np.abs(short.folded(np.add, x, (0,)) - exact)
    assert (error <= np.abs(np.add.reduce(x, axis=0) - exact)).all()


def stretched(np, x, v):
    return (x - v) * (x[:, :1] + 1) / np.maximum(v, 0.5)


def differences(np, x, v):
    return (x[:, 1:] - x[:, :-1]) * x[:, :-1]


def pairs(np, x, v):
    return (x[:150, None, :] - x[None, :150, :]) * 2 + v


def into_a_part(np, x, v):
    out = np.zeros((x.shape[0], 5))
    out[:, 1:4] = x * v - x[:, :1]
    return out


def rows(np, x, v):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def casts(np, x, v):
    return (x.astype(np.float32) - x[:, :1].astype(np.float32)).astype(np.int16) + 1


def transposed(np, x, v):
    return x.T * v[:, None] - x.T[:1]


@pytest.mark.parametrize(
    "program",
    [stretched, differences, pairs, into_a_part, rows, casts, transposed],
    ids=lambda p: p.__name__,
)
@pytest.mark.parametrize("rows_", [700, LONG])
def test_maps_along_a_short_axis_have_numpys_bits(program, rows_):
    x, v = numbers((rows_, 3)), np.array([0.3, -2.0, 7.5])
    with np.errstate(all="ignore"):
        want = program(np, x, v)
        found = program(la, la.asarray(x), la.asarray(v)).compute()
    assert found.dtype == want.dtype
    assert np.array_equal(found, want)


def test_what_depends_on_layout_stays_numpys_call():
    x = numbers((LONG, 3), "f4")
    v = np.array([0.3, -2.0, 7.5], "f4")
    want = np.hypot(x, v)
    assert np.array_equal(la.hypot(la.asarray(x), la.asarray(v)).compute(), want)


def test_calls_are_made_by_column(monkeypatch):
    made = []

    class Counting(ByColumn):
        def __call__(self, *arrays):
            made.append(arrays[-1].shape)
            super().__call__(*arrays)

    monkeypatch.setattr("lazyarr.runtime.tileprogram.ByColumn", Counting)
    x, v = numbers((LONG * 12, 3)), np.array([0.3, -2.0, 7.5])
    result = la.asarray(x) - la.asarray(v)
    assert np.array_equal(result.compute(), x - v)
    assert made
    made.clear()
    assert np.array_equal((la.asarray(x) * 2).compute(), x * 2)
    assert not made


@pytest.mark.parametrize("rows_", [700, LONG * 12])
def test_rows_of_more_than_a_few_elements_are_no_columns(monkeypatch, rows_):
    def refused(*_):
        raise AssertionError

    monkeypatch.setattr(ByColumn, "__call__", refused)
    x, v = numbers((rows_, 5)), np.arange(5.0)
    assert np.array_equal((la.asarray(x) - la.asarray(v)).compute(), x - v)
    assert np.array_equal(la.maximum(la.asarray(x), x[:, :1]), np.maximum(x, x[:, :1]))


def test_warnings_name_the_operation():
    x = numbers((LONG, 3))
    x[17, 2] = 0
    with pytest.warns(RuntimeWarning, match="divide"):
        (la.asarray(np.abs(x[:, :1])) / la.asarray(np.abs(x))).compute()


def test_a_result_in_other_order_keeps_numpys_order():
    x = np.asfortranarray(numbers((1000, 3)))
    call = columns.Columns(np.add, x.dtype)
    result = call(x, np.ones(3))
    assert np.array_equal(result, x + 1)
    assert result.flags.f_contiguous


@pytest.mark.parametrize("axes", [(1, 3), (0, 3), (2, 3), (1, 2, 3), (0, 2)])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "?", "c16"])
def test_blocks_are_reduced_along_their_short_axes_first(axes, dtype):
    x = (np.random.default_rng(31).random((60, 4, 90, 4)) * 9 - 4).astype(dtype)
    y = x[:, :, ::-1].transpose(0, 1, 3, 2)
    with la.config(tile_elements=8192):
        for given in (x, y):
            lazy = la.asarray(given)
            for name in ("sum", "max", "min", "any") if dtype != "c16" else ("sum",):
                got = getattr(la, name)(lazy, axis=axes).compute()
                want = getattr(np, name)(given, axis=axes)
                assert got.dtype == want.dtype
                if name == "sum" and dtype not in ("i4", "?"):
                    eps = 1e-4 if dtype == "f4" else 1e-12
                    np.testing.assert_allclose(got, want, rtol=eps, atol=eps * 99)
                else:
                    assert np.array_equal(got, want)


def test_blocks_hand_on_nan():
    x = np.zeros((40, 4, 40, 4))
    x[3, 2, 7, 1] = np.nan
    got = la.max(la.asarray(x), axis=(1, 3)).compute()
    assert np.isnan(got[3, 7])
    assert np.count_nonzero(np.isnan(got)) == 1
