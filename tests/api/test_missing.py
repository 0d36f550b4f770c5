"""Reductions that pass over NaN give NumPy's values, and its warnings at the user's line."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la

NAN = np.nan
DATA = {
    "nothing": np.full(3, NAN),
    "a column": np.array([[NAN, 1.0], [NAN, 2.0]]),
    "halves": np.array([[NAN, 1.0], [NAN, 2.0]], np.float16),
    "complex": np.array([[NAN, 1.0 + 2j], [NAN, 2.0]]),
    "some": np.array([[NAN, 1.0], [3.0, 2.0]]),
    "empty": np.empty((0, 3)),
    "integers": np.arange(6).reshape(2, 3),
}
REDUCTIONS = ("nanmean", "nanvar", "nanstd", "nanmax", "nanmin", "nanmedian")
QUANTILES = ("nanquantile", "nanpercentile")


def outcome(function, *args, **options):
    """Return what a call gives, its warnings, and whether they name this file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made = np.asarray(function(*args, **options))
        except ValueError as error:
            return str(error).partition(" which")[0].rpartition("] ")[2], [], True
    told = [(str(one.message), one.category) for one in caught]
    return made, told, all(one.filename == __file__ for one in caught)


def check(name, *args, **options):
    x, *rest = args
    wanted, warned, _ = outcome(getattr(np, name), x, *rest, **options)
    found, told, placed = outcome(getattr(la, name), la.asarray(x), *rest, **options)
    if isinstance(wanted, str):
        assert isinstance(found, str)
        return
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_allclose(found, wanted, rtol=1e-3 if x.itemsize == 2 else 1e-15)
    assert told == warned
    assert placed or x.dtype.kind == "c"


@pytest.mark.parametrize("small", [0, 1 << 18])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("name", REDUCTIONS)
def test_warnings_of_reductions(name, data, small):
    with la.config(small_bytes=small):
        check(name, DATA[data])
        check(name, DATA[data], axis=0)
        check(name, DATA[data], axis=0, keepdims=True)


@pytest.mark.parametrize("small", [0, 1 << 18])
@pytest.mark.parametrize("data", [k for k in DATA if k not in ("complex", "halves")])
@pytest.mark.parametrize("name", QUANTILES)
def test_warnings_of_quantiles(name, data, small):
    with la.config(small_bytes=small):
        check(name, DATA[data], 0.5)
        check(name, DATA[data], [0.25, 0.5], axis=0)


@pytest.mark.parametrize("small", [0, 1 << 18])
@pytest.mark.parametrize("name", ["nanvar", "nanstd"])
def test_too_few_degrees_of_freedom(name, small):
    with la.config(small_bytes=small):
        check(name, DATA["some"], ddof=5)
        check(name, DATA["some"], axis=0, ddof=1)


def test_the_median_of_nothing_warns_once():
    x = la.asarray(np.empty(0))
    with pytest.warns(RuntimeWarning) as told, np.errstate(invalid="ignore"):
        assert np.isnan(float(la.median(x)))
    assert [str(one.message) for one in told] == ["Mean of empty slice"]


def test_known_arrays_warn_at_the_call():
    x = la.asarray(DATA["nothing"])
    for name in REDUCTIONS:
        with pytest.warns(RuntimeWarning):
            getattr(la, name)(x)


@pytest.mark.usefixtures("planned")
def test_others_warn_when_they_are_computed():
    mean = la.nanmean(la.asarray(DATA["a column"]), axis=0)
    with pytest.warns(RuntimeWarning, match="Mean of empty slice") as told:
        np.testing.assert_array_equal(mean, [NAN, 1.5])
    assert [one.filename for one in told] == [__file__]


def test_arithmetic_errors_of_known_arrays_are_raised_at_the_call():
    x = la.asarray(np.full(4, 3e38, np.float32))
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        la.sum(x)


def test_many_tiles_warn_once():
    data = np.full((200_000, 2), NAN)
    data[:, 1] = 1.0
    with pytest.warns(RuntimeWarning, match="All-NaN slice encountered") as told:
        np.testing.assert_array_equal(la.nanmax(la.asarray(data.T), axis=1), [NAN, 1])
    assert len(told) == 1


def _extreme_of_complex():
    return la.nanmax(la.asarray([[NAN, NAN], [1j, 2]]), axis=1)


def _mean_where():
    x = la.asarray([[1.0, NAN], [3.0, 4.0]])
    return la.nanmean(x, axis=1, where=np.array([[False], [True]]))


def _average():
    return la.average(la.asarray([]))


@pytest.mark.parametrize("program", [_extreme_of_complex, _mean_where, _average])
def test_what_numpy_warns_of_is_told_once_of_each_at_the_users_line(program):
    with pytest.warns(RuntimeWarning) as told:
        program().compute()
    assert {one.filename for one in told} == {__file__}
    texts = [str(one.message) for one in told]
    assert len(texts) == len(set(texts))
