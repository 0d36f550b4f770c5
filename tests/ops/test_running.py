"""Running maxima and minima have NumPy's bits."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.ops.running import is_running, running

LONG = 100_003


def cases():
    rng = np.random.default_rng(11)
    x = rng.random(LONG)
    zeros = rng.choice([0.0, -0.0, -1.0], LONG)
    holes = x.copy()
    holes[rng.integers(0, LONG, 3)] = np.nan
    both = np.where(rng.random(LONG) < 1e-4, [np.nan], -x)
    return {
        "noise": x,
        "walk": np.cumsum(x - 0.5),
        "rising": np.arange(LONG) * 0.5,
        "falling": np.arange(LONG)[::-1] * 1.0,
        "zeros": zeros,
        "zeros_between": np.where(x < 0.5, -x, zeros * 0.0),
        "nan": holes,
        "nan_of_both_signs": np.where(
            np.isnan(holes), -np.copysign(1, zeros) * np.nan, x
        ),
        "nan_among_negative": both,
        "infinite": np.where(x < 1e-4, -np.inf, x),
        "equal": np.ones(LONG),
    }


@pytest.mark.parametrize("name", list(cases()))
@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
def test_floats(name, dtype, ufunc):
    for x in (cases()[name].astype(dtype), cases()[name].astype(dtype)[::-1]):
        assert is_running(ufunc, x, 0)
        kind = f"i{x.itemsize}"
        want = ufunc.accumulate(x)
        assert np.array_equal(running(ufunc, x).view(kind), want.view(kind))


@pytest.mark.parametrize("dtype", ["i1", "u2", "i4", "u4"])
@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum])
def test_integers_along_rows(dtype, ufunc):
    x = np.random.default_rng(12).integers(0, 100, (3, 40_000)).astype(dtype)
    assert is_running(ufunc, x, -1)
    assert np.array_equal(running(ufunc, x), ufunc.accumulate(x, axis=-1))
    assert not is_running(ufunc, x, 0)


def test_others_are_numpys():
    x = np.random.default_rng(13).random(LONG)
    assert not is_running(np.add, x, 0)
    assert not is_running(np.maximum, x[:1000], 0)
    assert not is_running(np.maximum, x.astype(complex), 0)
    assert not is_running(np.maximum, x.astype("f2"), 0)
    assert not is_running(np.maximum, x.astype("i8"), 0)
    assert not is_running(np.minimum, x.astype("u8"), 0)


def test_a_lazy_array_accumulates_so():
    x = np.cumsum(np.random.default_rng(14).random(LONG) - 0.5)
    lazy = la.asarray(x)
    got = np.maximum.accumulate(lazy).compute()
    assert np.array_equal(got, np.maximum.accumulate(x))
    down = np.minimum.accumulate(lazy[::-1])[::-1].compute()
    assert np.array_equal(down, np.minimum.accumulate(x[::-1])[::-1])
