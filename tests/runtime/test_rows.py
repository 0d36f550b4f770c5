"""Library functions that are spread over threads give what one call gives."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import assert_same_bits


def numbers(shape):
    x = np.round(np.random.default_rng(9).standard_normal(shape) * 50) / 4
    x.flat[::31] = np.nan
    x.flat[::37] = -0.0
    return x


@pytest.mark.parametrize("shape", [(2, 50_000), (7, 20_001), (300, 400), (3, 5, 9000)])
@pytest.mark.parametrize("stable", [True, False])
def test_rows_are_sorted_in_threads(shape, stable, runs):
    x = numbers(shape)
    with la.config(threads=2):
        ordered = la.sort(la.asarray(x), axis=-1, stable=stable).compute()
        places = la.argsort(la.asarray(x), axis=-1, stable=stable).compute()
    kind = "stable" if stable else None
    assert np.array_equal(ordered, np.sort(x, axis=-1, kind=kind), equal_nan=True)
    if stable:
        signs = np.signbit(np.sort(x, axis=-1, kind="stable"))
        assert np.array_equal(np.signbit(ordered), signs)
    assert np.array_equal(places, np.argsort(x, axis=-1, kind=kind))
    assert len(runs) == 2


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u4"])
@pytest.mark.parametrize("shape", [(9, 20_000), (300, 400), (90, 64), (4, 30, 70)])
def test_lines_with_equal_elements_keep_their_order(dtype, shape):
    rng = np.random.default_rng(4)
    x = rng.permuted(np.arange(np.prod(shape)).reshape(shape), axis=-1).astype(dtype)
    lines = x.reshape(-1, shape[-1])
    every = rng.integers(0, 9, shape).astype(dtype)
    pairs = x.copy()
    pairs.reshape(lines.shape)[::11, 5] = lines[::11, 50]
    odd = x.copy()
    if x.dtype.kind == "f":
        odd.reshape(lines.shape)[::13, ::7] = np.nan
        odd.reshape(lines.shape)[5::13, 8] = np.nan
        odd.reshape(lines.shape)[2::13, 7:9] = [np.inf, -0.0]
        odd.reshape(lines.shape)[2::13, 3:5] = [0.0, -np.inf]
    for given in (x, every, pairs, odd, np.concatenate([every, pairs])):
        found = la.argsort(la.asarray(given), axis=-1).compute()
        assert np.array_equal(found, np.argsort(given, axis=-1, kind="stable"))


@pytest.mark.parametrize(
    "shape", [(150_000, 2), (600, 500), (3, 90_000, 2), (900, 40, 9)]
)
@pytest.mark.parametrize("axis", [0, 1])
def test_columns_are_sorted_in_threads(shape, axis, runs):
    x = numbers(shape)
    with la.config(threads=2):
        ordered = la.sort(la.asarray(x), axis=axis).compute()
        places = la.argsort(la.asarray(x), axis=axis).compute()
    assert np.array_equal(ordered, np.sort(x, axis=axis), equal_nan=True)
    assert np.array_equal(places, np.argsort(x, axis=axis, kind="stable"))
    assert ordered.strides == places.strides == x.strides
    assert len(runs) == 2


@pytest.mark.parametrize("axis", [0, 1])
def test_small_arrays_and_single_lines_are_sorted_at_once(axis, runs):
    one = numbers((1, 300_000)) if axis else numbers((300_000, 1))
    for x in (numbers((90, 90)), numbers((2, 200_000)).T, one):
        with la.config(threads=2):
            found = la.sort(la.asarray(x), axis=axis).compute()
        assert np.array_equal(found, np.sort(x, axis=axis), equal_nan=True)
    assert not runs


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("threads", [2, 3])
def test_running_extremes_are_found_in_threads(name, threads, runs):
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(600_000)
    holes = np.where(rng.random(600_000) < 2e-6, np.copysign(np.nan, noise), noise)
    zeros = np.where(noise < 0, -0.0, 0.0)
    given = [
        noise,
        np.cumsum(noise),
        holes,
        np.where(np.abs(noise) < 4, zeros, noise),
        np.sort(noise).astype("f4")[::-1],
        np.cumsum(rng.integers(-4, 5, 600_000), dtype="i4"),
    ]
    for x in given:
        with la.config(threads=threads):
            found = getattr(la, name).accumulate(la.asarray(x)).compute()
        assert_same_bits(found, getattr(np, name).accumulate(x))
    assert len(runs) == len(given)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("shape", [(100_000,), (400, 300)])
def test_values_are_looked_up_in_threads(side, shape, runs):
    x = np.random.default_rng(2).permutation(5000) * 0.5
    order = np.argsort(x)
    values = np.random.default_rng(3).random(shape) * 2500
    with la.config(threads=2):
        found = la.searchsorted(la.asarray(x[order]), la.asarray(values), side=side)
        by = la.searchsorted(
            la.asarray(x), la.asarray(values), side=side, sorter=la.asarray(order)
        )
        want = np.searchsorted(x[order], values, side=side)
        assert np.array_equal(found.compute(), want)
        assert np.array_equal(by.compute(), want)
    assert len(runs) == 2


def test_one_thread_sorts_at_once(runs):
    x = numbers((300, 400))
    with la.config(threads=1):
        found = la.sort(la.asarray(x), axis=1).compute()
    assert np.array_equal(found, np.sort(x, axis=1), equal_nan=True)
    assert not runs


@pytest.mark.parametrize("count", [2, 7, 8, 9, 17])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "c16"])
def test_running_sums_along_a_short_axis_have_numpys_bits(count, dtype):
    x = (np.random.default_rng(4).standard_normal((20_000, count)) * 9).astype(dtype)
    for name in ("cumsum", "cumprod"):
        for axis in (0, 1):
            with np.errstate(all="ignore"):
                want = getattr(np, name)(x, axis=axis)
                found = getattr(la, name)(la.asarray(x), axis=axis).compute()
            assert np.array_equal(found, want, equal_nan=True)
            assert found.dtype == want.dtype


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "c16", "i2", "?"])
@pytest.mark.parametrize("name", ["convolve", "correlate"])
def test_vectors_are_filtered_in_threads(name, dtype, mode, runs):
    rng = np.random.default_rng(6)
    x = (rng.standard_normal(200_001) * 9).astype(dtype)
    with la.config(threads=2):
        for count in (1, 2, 11, 12, 900):
            kernel = (rng.standard_normal(count) * 9).astype(dtype)
            for given in (x, x[::-1]):
                runs.clear()
                found = getattr(la, name)(la.asarray(given), la.asarray(kernel), mode)
                assert_same_bits(
                    found.compute(), getattr(np, name)(given, kernel, mode)
                )
                assert bool(runs) is (count > 2)
        runs.clear()
        for long, short in ((kernel, x), (x[:2000], x[:2000]), (x[:20_000], kernel)):
            found = getattr(la, name)(la.asarray(long), la.asarray(short), mode)
            assert_same_bits(found.compute(), getattr(np, name)(long, short, mode))
        assert not runs


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("length", [4, 200_000])
def test_modes_of_filters_are_numbers_too(mode, length):
    x, kernel = np.arange(length * 1.0), np.arange(20.0)
    found = la.convolve(la.asarray(x), kernel, mode).compute()
    assert_same_bits(found, np.convolve(x, kernel, mode))


@pytest.mark.parametrize("shape", [(70_001,), (300, 400)])
def test_values_between_points_are_found_in_threads(shape, runs):
    rng = np.random.default_rng(7)
    x = rng.random(shape) * 1.4 - 0.2
    x.flat[::31] = np.nan
    points, values = np.sort(rng.random(50).round(1)), rng.standard_normal(50)
    with la.config(threads=2):
        for ends in ({}, {"left": 5.0}, {"right": -1}):
            found = la.interp(la.asarray(x), points, la.asarray(values), **ends)
            assert_same_bits(found.compute(), np.interp(x, points, values, **ends))
        assert len(runs) == 3
        for turned, period in ((points[::-1].copy(), None), (points, 0.5)):
            found = la.interp(la.asarray(x), turned, la.asarray(values), period=period)
            want = np.interp(x, turned, values, period=period)
            assert_same_bits(found.compute(), want)
        assert len(runs) == 3


@pytest.mark.parametrize("shape", [(300, 700), (40, 5, 256), (9, 30, 2, 128), (1, 900)])
@pytest.mark.parametrize("dtype", ["f8", "f2", "i4", "c8", "?"])
def test_running_sums_along_outer_axes_have_numpys_bits(shape, dtype):
    x = (np.random.default_rng(5).standard_normal(shape) * 2).astype(dtype)
    for name in ("cumsum", "cumprod"):
        for axis in range(len(shape)):
            with np.errstate(all="ignore"):
                want = getattr(np, name)(x, axis=axis)
                found = getattr(la, name)(la.asarray(x), axis=axis).compute()
            assert_same_bits(found, want)
            assert found.strides == want.strides


@pytest.mark.parametrize("shape", [(300, 700), (30_000, 4)])
def test_an_overflow_of_running_products_is_told_as_numpy_does(shape):
    x = np.full(shape, 1e200)
    axis = int(shape[1] == 4)
    with pytest.warns(RuntimeWarning) as wanted:
        want = np.cumprod(x, axis=axis)
    with la.config(threads=1), pytest.warns(RuntimeWarning) as told:
        found = la.cumprod(la.asarray(x), axis=axis).compute()
    assert [str(one.message) for one in told] == [str(one.message) for one in wanted]
    assert_same_bits(found, want)


@pytest.mark.parametrize("count", [3, 8, 700])
@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_rows_are_added_up_in_threads(count, name, runs):
    x = np.random.default_rng(8).random((280_000 // count, count)) + 0.5
    with la.config(threads=2):
        getattr(la, name)(la.asarray(x[: len(x) // 2]), axis=1).compute()
        assert not runs  # parts cost more than few elements do
        found = getattr(la, name)(la.asarray(x), axis=1).compute()
        assert len(runs) == 1
        beside = getattr(la, name)(la.asarray(x), axis=0).compute()
        assert len(runs) == 1
    assert np.array_equal(found, getattr(np, name)(x, axis=1))
    assert np.array_equal(beside, getattr(np, name)(x, axis=0))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dtype", ["f8", "i2", "c16", "?"])
def test_elements_and_rows_are_taken_part_by_part(threads, dtype):
    rng = np.random.default_rng(21)
    x = (rng.random((500, 3)) * 9).astype(dtype)
    places = rng.integers(-500, 500, (14, 20_011))
    with la.config(threads=threads, tile_elements=4096):
        for source in (x, x[:, 1].copy(), x[::2], x.T.copy().T):
            index = places // 2 if len(source) < 500 else places
            got = la.asarray(source)[la.asarray(index)].compute()
            want = source[index]
            assert got.strides == want.strides
            assert np.array_equal(got, want)


def test_places_are_those_of_the_call():
    x, places = np.arange(9.0), np.arange(100_000) % 9
    lazy = la.array(places)
    kept = la.asarray(x)[lazy + 0], la.asarray(x)[lazy], la.asarray(x)[places]
    want = x[places]
    lazy[:] = 1
    places[:] = 2
    for one in kept:
        assert np.array_equal(one.compute(), want)
    with pytest.raises(IndexError):
        la.asarray(x)[lazy + 8]


@pytest.mark.parametrize("dtype", ["f8", "f4", "c16", "i4"])
def test_stacks_of_small_matrices_are_multiplied_in_threads(dtype, runs):
    rng = np.random.default_rng(22)
    x = (rng.random((20_001, 3, 4)) * 9).astype(dtype)
    y = (rng.random((20_001, 4, 2)) * 9).astype(dtype)
    deep = x.reshape(1, 20_001, 3, 4)
    with la.config(threads=2):
        for a, b, spread in (
            (x, y, True),
            (x, x.swapaxes(-1, -2), False),  # BLAS would make threads wait
            (x, x.swapaxes(-1, -2).copy(), True),
            (x[::-2], y[::2], True),
            (x, y[0], False),
            (deep, y[None], False),
            (x[:100], y[:100], False),
        ):
            runs.clear()
            got = (la.asarray(a) @ la.asarray(b)).compute()
            want = a @ b
            assert bool(runs) is (spread and dtype != "c16")
            assert got.strides == want.strides
            assert np.array_equal(got, want)


WINDOWS = np.lib.stride_tricks.sliding_window_view


@pytest.mark.parametrize("dtype", ["f8", "f4", "c16", "i4"])
@pytest.mark.parametrize(
    ("text", "shapes", "spread"),
    [
        ("ij,ij->i", [(200_001, 3)] * 2, True),
        ("nij,nj->ni", [(40_001, 4, 4), (40_001, 4)], True),
        ("nki,kij,nkj->nk", [(80_001, 2, 2), (2, 2, 2), (80_001, 2, 2)], True),
        ("ijkl,kl->ij", [(304, 303), (5, 4)], True),
        ("ij,jk->ik", [(90, 900), (900, 9)], True),
        ("ij,ij->j", [(3, 200_001)] * 2, False),  # first of none
        ("nji,njk->nik", [(3, 300, 300)] * 2, False),  # too short
        ("ij,kj->ik", [(9, 9), (900, 9)], False),  # few products
        ("...j,...j->...", [(200_001, 3)] * 2, False),
        ("ii,ij->ij", [(300, 300)] * 2, False),
        ("ij,kj->ki", [(300, 30), (400, 30)], True),
    ],
)
def test_products_are_summed_in_threads(text, shapes, spread, dtype, runs):
    rng = np.random.default_rng(24)
    arrays = [(rng.standard_normal(shape) * 50).astype(dtype) for shape in shapes]
    if "ijkl" in text:
        arrays[0] = WINDOWS(arrays[0], (5, 4))
    with la.config(threads=2):
        got = la.einsum(text, *map(la.asarray, arrays)).compute()
        back = la.einsum(text, *[la.asarray(x[::-1]) for x in arrays]).compute()
    assert bool(runs) is spread
    for found, operands in ((got, arrays), (back, [x[::-1] for x in arrays])):
        want = np.einsum(text, *operands)
        assert found.strides == want.strides
        assert found.tobytes() == want.tobytes()


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("dtype", ["f8", "u1"])
def test_large_arrays_are_copied_and_joined_in_threads(axis, dtype, runs):
    x = np.random.default_rng(25).integers(0, 99, (2500, 2001)).astype(dtype)
    with la.config(threads=2):
        kept = la.concat([la.asarray(x), la.asarray(x[:, ::-1])], axis=axis)
        joined = kept.compute()
        assert len(runs) == 2  # either of them
        held = la.asarray(x).persist() if axis else la.asarray(x.T).persist()
        copied = held.compute()
    assert np.array_equal(joined, np.concatenate([x, x[:, ::-1]], axis=axis))
    want = x if axis else x.T
    assert copied.strides == want.strides
    assert np.array_equal(copied, want)


@pytest.mark.parametrize("place", [0, 10_000, -1])
def test_an_error_in_any_part_is_told_at_the_users_line(place):
    x = np.ones((20_001, 3, 3))
    x[place] = 1e200
    with la.config(threads=2), pytest.warns(RuntimeWarning, match="matmul") as seen:
        (la.asarray(x) @ la.asarray(x)).compute()
    assert [one.filename for one in seen] == [__file__]
    refused = pytest.raises(FloatingPointError, match="matmul")
    with la.config(threads=2), np.errstate(over="raise"), refused:
        (la.asarray(x) @ la.asarray(x)).compute()
    with la.config(threads=2), np.errstate(over="ignore"):
        (la.asarray(x) @ la.asarray(x)).compute()
