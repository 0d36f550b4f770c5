"""Functions of small arrays without NumPy's wrappers: bit for bit what NumPy gives."""

from __future__ import annotations

import itertools
import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import lazyarr as la
from lazyarr.api.small import Small

A = np.array([1.5, 2.5, 4.0])
AXES = (None, 0, 1, -1, 2)
SHAPES = [(3,), (1,), (100,), (5, 7), (40, 50), (4, 5, 6), (0,), (3, 0)]
CALLS = {
    **{
        f"{name} {axis} {less}": lambda xp, a, n=name, k=axis, d=less: getattr(xp, n)(
            a, axis=k, ddof=d
        )
        for name, axis, less in itertools.product(
            ("std", "var"), (*AXES, (0,), (0, 1), ()), (0, 1.5)
        )
    },
    **{
        f"{name} {axis}": lambda xp, a, n=name, k=axis: getattr(xp, n)(a, axis=k)
        for name, axis in itertools.product(
            ("mean", "argmax", "argmin", "cumsum", "cumprod", "squeeze"), AXES
        )
    },
    **{
        f"roll {shift} {axis}": lambda xp, a, s=shift, k=axis: xp.roll(a, s, axis=k)
        for shift, axis in itertools.product((0, 1, -13, [2], (1, 2)), (*AXES, (0, 1)))
    },
    **{
        f"stack {axis}": lambda xp, a, k=axis: xp.stack([a, a], axis=k)
        for axis in (0, 1, -1, 3, -3)
    },
    "stack of unequal": lambda xp, a: xp.stack([a, a[:1]]),
    "stack of a number": lambda xp, a: xp.stack([a, 1]),
    "diff": lambda xp, a: xp.diff(a),
    "diff twice": lambda xp, a: xp.diff(a, n=2),
    "diff of rows": lambda xp, a: xp.diff(a, axis=0),
    "clip": lambda xp, a: xp.clip(a, -0.5, 1),
    "clip above": lambda xp, a: xp.clip(a, None, 1),
    "clip by name": lambda xp, a: xp.clip(a, min=0, max=1),
    "clip by arrays": lambda xp, a: xp.clip(a, a[:1], a + 1),
    "method": lambda xp, a: a.clip(0, 1),
    "keepdims": lambda xp, a: a.std(axis=0, keepdims=True),
    "take": lambda xp, a: xp.take(a, [0, -1], axis=0),
    "diagonal": lambda xp, a: xp.diagonal(a),
    "trace": lambda xp, a: xp.trace(a),
    "where": lambda xp, a: xp.where(a > 1, a, 0),
    "where of elements": lambda xp, a: xp.where(a > 1, a.ravel()[0], 2),
    "where of arrays": lambda xp, a: xp.where(a > 1, a[:1], xp.asarray(3)),
    "names in order": lambda xp, a: xp.cumsum(a, axis=0, dtype=a.dtype),
    "names in another order": lambda xp, a: xp.argsort(a, kind="stable", axis=0),
    "names with a gap": lambda xp, a: xp.sum(a, axis=0, keepdims=True),
    "names and places": lambda xp, a: xp.searchsorted(
        xp.ravel(a)[:1], a, side="right", sorter=[0]
    ),
    "a name that is none": lambda xp, a: xp.cumsum(a, axis=0, along=1),
    "one place too many": lambda xp, a: xp.cumprod(a, 0, None, None, None),
    "an axis twice": lambda xp, a: xp.argmax(a, 0, axis=0),
    "join": lambda xp, a: xp.concatenate([a, a, a[:1]], axis=-1),
    "join what is no array": lambda xp, a: xp.concatenate((a, [[1]]), axis=0),
    "searchsorted": lambda xp, a: xp.searchsorted(xp.sort(xp.ravel(a)), 0.3),
}


def outcome(call, xp, a):
    try:
        return np.asarray(call(xp, a))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
        return error


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?", "c16"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_results_and_errors_are_numpys(shape, dtype):
    a = np.random.default_rng(5).uniform(0, 9, shape).astype(dtype)
    for name, call in CALLS.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            want, found = outcome(call, np, a), outcome(call, la, la.array(a))
        if isinstance(want, Exception):
            assert isinstance(found, type(want)), name
            continue
        assert not isinstance(found, Exception), (name, found)
        assert (found.dtype, found.shape) == (want.dtype, want.shape), name
        assert found.tobytes() == np.ascontiguousarray(want).tobytes(), name


def test_what_is_small_stays_small():
    x = la.asarray(np.ones((4, 5))) * 2
    for made in (
        la.roll(x, 1, axis=0),
        x.std(axis=0),
        la.stack([x, x]),
        la.clip(x, 0, 1),
    ):
        assert type(made) is Small


@given(
    st.floats() | st.integers(-(2**70), 2**70),
    st.floats() | st.integers(-(2**70), 2**70),
    st.integers(0, 60),
)
def test_lines_between_numbers_are_numpys(start, stop, num):
    def line(xp, _):
        return xp.linspace(start, stop, num)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want, found = outcome(line, np, None), outcome(line, la, None)
    if isinstance(want, Exception):
        assert isinstance(found, type(want))
        return
    assert found.dtype == want.dtype
    np.testing.assert_array_equal(found, want)
    assert not want.dtype.hasobject or type(found) is np.ndarray
    if want.dtype == float:
        assert (np.signbit(found) == np.signbit(want))[~np.isnan(want)].all()


@pytest.mark.parametrize("name", ["eigh", "slogdet", "svd", "qr", "eig"])
def test_results_with_names_are_known_and_keep_them(name):
    held = np.eye(3) + 0.1
    found, want = (
        getattr(la.linalg, name)(la.array(held)),
        getattr(np.linalg, name)(held),
    )
    assert found._fields == want._fields
    assert type(found).__name__ == type(want).__name__
    for got, expected in zip(found, want, strict=True):
        assert la.explain(got)
        np.testing.assert_array_equal(got, expected)
        assert np.isscalar(expected) or type(got) is Small


def test_powers_and_functions_of_numbers_are_numpys():
    x = la.array(A)
    assert np.array_equal(la.power(x, 2), np.power(A, 2))
    assert np.array_equal(la.power(x, x), np.power(A, A))
    assert np.array_equal(la.power(2.0, x), np.power(2.0, A))
    assert type(la.power(x, 2)) is Small
    with pytest.raises(ValueError, match="negative integer powers"):
        la.power(la.array([1, 2]), -1)
    with pytest.warns(RuntimeWarning, match="divide by zero") as told:
        found = la.log(0.0)
    assert told[0].filename == __file__
    assert found == -np.inf
    with pytest.raises(OverflowError):
        la.add(2**70, 1)
    for value in (0.5, 3, True, 1j):
        assert la.add(value, 1) == np.add(value, 1)


def test_nested_lists_of_elements_are_arrays():
    x = la.array(A)
    e = x[0]
    for make in (
        lambda xp, e: xp.array([[e, -e], [e, 1.0]]),
        lambda xp, e: xp.array([[1, e], [e, 2]]),
        lambda xp, e: xp.array([[[e]], [[2]]]),
        lambda xp, e: xp.array([(e, 2), [e, e]]),
    ):
        assert np.array_equal(make(la, e), make(np, A[0]))
        assert type(make(la, e)) is Small
    with pytest.raises(ValueError, match="inhomogeneous"):
        la.array([[e, e], [e]])
