"""Known arrays with a short axis are reduced and sorted by the better algorithm, too."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.ops import short

RNG = np.random.default_rng(12)
FOLDS = ("sum", "prod", "max", "min", "any", "all", "mean")


@pytest.fixture
def turns(monkeypatch):
    """Count reductions that were done in a few long calls."""
    found = []
    for name in ("in_turn", "_by_columns"):
        function = getattr(short, name)

        def noted(*arguments, function=function):
            found.append(1)
            return function(*arguments)

        monkeypatch.setattr(short, name, noted)
    return found


def same(found, expected):
    found = found.compute() if isinstance(found, la.Array) else found
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    assert np.asarray(found).strides == np.asarray(expected).strides
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i2", "u1", "?", "c16", "f2"])
@pytest.mark.parametrize("name", FOLDS)
@np.errstate(all="ignore")
def test_folds_of_short_axes_are_numpys(name, dtype):
    x = (RNG.standard_normal((40, 60, 3)) * 9).astype(dtype)
    y = la.asarray(x) + la.zeros((), dtype)
    for axis in (-1, 2, 0, 1, None, (0, 1)):
        same(getattr(y, name)(axis=axis), getattr(x, name)(axis=axis))
        same(getattr(la, name)(y, axis=axis), getattr(np, name)(x, axis=axis))
    same(getattr(y, name)(-1, keepdims=True), getattr(x, name)(-1, keepdims=True))
    tall = np.ascontiguousarray(x.reshape(-1, 3))
    same(getattr(la.asarray(tall) + 0, name)(0), getattr(tall + 0, name)(0))
    turned = la.asarray(x).T[:, ::2] + la.zeros((), dtype)
    same(getattr(turned, name)(axis=0), getattr(x.T[:, ::2], name)(axis=0))


def test_they_are_done_in_a_few_calls(turns):
    x = la.asarray(RNG.random((40, 60, 3))) + 0
    x.max(axis=-1)
    la.sum(x, axis=2)
    assert len(turns) == 2
    x.max(axis=0)
    (la.asarray(RNG.random((4, 3))) + 0).sum(axis=1)
    assert len(turns) == 2


def test_axes_that_are_not_there_are_told():
    x = la.asarray(RNG.random((400, 3))) + 0
    for axis in (2, -3):
        with pytest.raises(IndexError):
            x.max(axis=axis)


def test_nan_counts():
    x = RNG.random((400, 3))
    x[::7, 1] = np.nan
    y = la.asarray(x) + 0
    same(y.max(axis=1), x.max(axis=1))
    same(y.sum(axis=1), x.sum(axis=1))


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("axis", [-1, 0, None])
def test_what_is_sorted_is_in_the_order_of_a_stable_sort(axis, zeros):
    x = np.round(RNG.standard_normal((95, 9, 9)), 1)
    x[x == 0] = 0.0
    if zeros:
        x[::3] *= 0.0
    y = la.asarray(x) + (-0.0)
    expected = np.sort(x, axis=axis, kind="stable")
    same(la.sort(y, axis=axis), expected)
    found = la.sort(y, axis=axis).compute()
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
    if axis is not None:
        y.sort(axis=axis)
        same(y, expected)
