"""Reductions: NumPy's values, dtypes, and the same when computed in parts."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyarr import ops
from tests.ops.edges import DTYPES

FOLDS = [op for op in ops.OPS.values() if op.kind is ops.Kind.REDUCE]
RESULT = {
    "sum": {"b": "int64", "i": "int64", "u": "uint64"},
    "prod": {"b": "int64", "i": "int64", "u": "uint64"},
    "any": dict.fromkeys("biufc", "bool"),
    "all": dict.fromkeys("biufc", "bool"),
    "count_nonzero": dict.fromkeys("biufc", "int64"),
    "argmin": dict.fromkeys("biufc", "int64"),
    "argmax": dict.fromkeys("biufc", "int64"),
    "max": {},
    "min": {},
    "sum_squared_deviations": dict.fromkeys("biu", "float64"),
}


def sample(dtype, shape, seed=3):
    rng = np.random.default_rng(seed)
    if dtype.kind in "biu":
        return rng.integers(0, 5, shape).astype(dtype)
    x = rng.uniform(0.6, 1.4, shape)
    return (x + 0.3j * rng.normal(0, 1, shape) if dtype.kind == "c" else x).astype(
        dtype
    )


def eager(op, x, axes):
    """Return what NumPy's own function gives."""
    if op.name.startswith("arg"):
        last = tuple(range(x.ndim - len(axes), x.ndim))
        lined = np.moveaxis(x, axes, last)
        lined = lined.reshape(*lined.shape[: x.ndim - len(axes)], -1)
        return getattr(np, op.name)(lined, axis=-1)
    if op.name == "sum_squared_deviations":
        count = int(np.prod([x.shape[k] for k in axes]))
        return np.var(x, axis=axes) * count
    return getattr(np, op.name)(x, axis=axes)


def close(got, want, dtype):
    if np.asarray(want).dtype.kind in "biu":
        return np.array_equal(got, want)
    eps = np.finfo(np.asarray(want).dtype).eps
    return np.allclose(got, want, rtol=200 * eps, atol=200 * eps)


def in_parts(op, x, axes, cuts):
    """Return the result, folded from tiles along every reduced axis."""
    extent = tuple(x.shape[k] for k in axes)
    spans = [
        list(itertools.pairwise([0, *c, n])) for c, n in zip(cuts, extent, strict=True)
    ]
    states = []
    for tile in itertools.product(*spans):
        key = [slice(None)] * x.ndim
        for axis, (start, stop) in zip(axes, tile, strict=True):
            key[axis] = slice(start, stop)
        start = tuple(a for a, _ in tile)
        states.append(op.fold.partial(x[tuple(key)], axes, start, extent))
        assert len(states[-1]) == op.fold.width
    return op.fold.finish(functools.reduce(op.fold.merge, states))


def test_every_reduction_is_tested():
    assert sorted(RESULT) == sorted(op.name for op in FOLDS)


@pytest.mark.parametrize("op", FOLDS, ids=lambda op: op.name)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_dtypes(op, dtype):
    loop, out = op.resolve((dtype,))
    want = RESULT[op.name].get(dtype.kind, dtype.name)
    if op.name == "sum_squared_deviations" and dtype.kind == "c":
        want = np.empty(0, dtype).real.dtype.name
    assert out.name == want
    x = sample(loop, (3, 4))
    assert op.numpy(x, (1,)).dtype == out
    assert op.resolve((loop,)) == (loop, out)
    if op.name != "sum_squared_deviations":
        assert getattr(np, op.name)(sample(dtype, (3, 4))).dtype == out


@pytest.mark.parametrize("op", FOLDS, ids=lambda op: op.name)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_values_whole_and_in_parts(op, dtype):
    loop, out = op.resolve((dtype,))
    x = sample(loop, (4, 5, 6))
    for axes in [(0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2)]:
        want = eager(op, x, axes)
        whole = op.numpy(x, axes)
        assert np.shape(whole) == np.shape(want)
        assert close(whole, want, out), axes
        place = np.empty(np.shape(want), out)
        assert op.numpy(x, axes, place) is place
        assert np.array_equal(place, whole)
        parts = in_parts(op, x, axes, [(1, 3)] * len(axes))
        assert np.asarray(parts).dtype == out
        assert np.shape(parts) == np.shape(want)
        assert close(parts, want, out), axes


@pytest.mark.parametrize("op", FOLDS, ids=lambda op: op.name)
def test_empty(op):
    x = np.empty((0, 3), op.resolve((np.dtype("d"),))[0])
    if op.start is None:
        with pytest.raises(ValueError, match=r"empty|zero-size"):
            op.numpy(x, (0,))
    else:
        got = op.numpy(x, (0,))
        assert (got == op.start).all()
        assert got.shape == (3,)


@pytest.mark.parametrize("name", ["argmin", "argmax"])
@pytest.mark.parametrize("char", "efdFD")
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_places_of_nans_and_ties(name, char, data):
    few = st.sampled_from([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan])
    x = np.array(data.draw(st.lists(few, min_size=2, max_size=9)), char)
    cut = data.draw(st.integers(1, x.size - 1))
    op = ops.OPS[name]
    got = in_parts(op, x, (0,), [(cut,)])
    assert got == getattr(np, name)(x)


def test_moments_of_far_values_keep_their_digits():
    """A sum of squares less a square of a sum would have none left."""
    x = np.arange(1000.0) % 7 + 1e8
    got = in_parts(ops.SUM_SQUARED_DEVIATIONS, x, (0,), [(3, 400, 999)])
    assert np.isclose(got, np.var(x - 1e8) * 1000, rtol=1e-10)
