"""Large arrays of one value, made again and again, and facts of arrays that are not small."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.api import creation
from lazyarr.ir.node import where_text
from tests.api.test_compiled import needs_c

SIDE = 70_000  # elements that are not evaluated on the spot
NUMBERS = (
    2.5,
    2,
    True,
    1,
    1.0,
    0,
    0.0,
    -0.0,
    False,
    -1,
    1j,
    0j,
    300,
    2**40,
    2**63,
    2**70,
)
NUMBERS += (np.nan, np.inf, 1e300, np.float32(2.5), np.int8(2), "a", None, [1.0])
DTYPES = (
    None,
    float,
    int,
    "f4",
    np.dtype("f4"),
    np.float32,
    np.uint8,
    bool,
    "c8",
    "nonsense",
)


def outcome(xp, make):
    """Return what a call gives, or the type of its error; and what it warns of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            made = make(xp)
            # All elements are one, which may be no number.
            given = made.dtype, made.shape, np.asarray(made)[:1].tobytes()
        except Exception as error:  # noqa: BLE001 - whatever NumPy raises
            given = next(t for t in type(error).__mro__ if t.__module__ == "builtins")
    return given, [one.category for one in told]


calls = st.one_of(
    st.tuples(
        st.just("full"),
        st.sampled_from(NUMBERS),
        st.sampled_from(DTYPES),
        st.booleans(),
    ),
    st.tuples(
        st.sampled_from(("zeros", "ones")),
        st.none(),
        st.sampled_from(DTYPES),
        st.booleans(),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(calls, min_size=1, max_size=6))
def test_fills_are_numpys_however_often_and_in_what_order(chosen):
    for shape in (SIDE, (SIDE,), (SIDE, 1)):
        for name, number, dtype, by_name in chosen * 3:

            def make(
                xp, shape=shape, name=name, number=number, dtype=dtype, by_name=by_name
            ):
                rest = () if name != "full" else (number,)
                if dtype is None or by_name:
                    return getattr(xp, name)(shape, *rest, dtype=dtype)
                return getattr(xp, name)(shape, *rest, dtype)

            if name == "full" and isinstance(number, int) and abs(number) >= 2**63:
                continue  # an array of objects, or an unsigned one, to NumPy
            assert outcome(la, make) == outcome(np, make)


@pytest.mark.parametrize(
    "shape",
    [(True, SIDE), (-1, SIDE), (SIDE, 1.0), (np.int64(SIDE),), [SIDE], 2.0 * SIDE],
)
def test_shapes_that_equal_others_are_looked_at(shape):
    for plain in (SIDE, (SIDE,), (1, SIDE), (SIDE, 1)):
        for _ in range(3):
            la.full(plain, 2.5)
    for _ in range(2):
        given, _ = outcome(la, lambda xp: xp.full(shape, 2.5))
        expected, _ = outcome(np, lambda xp: xp.full(shape, 2.5))
        assert given == expected


def test_what_is_small_stays_so_whatever_options_were():
    with la.config(small_bytes=0):
        for _ in range(3):
            assert type(la.full(3, 2.5)) is la.Array
    for _ in range(3):
        assert type(la.full(3, 2.5)) is not la.Array


def test_fills_are_of_the_users_lines():
    for _ in range(3):
        made = [la.full(SIDE, 2.5), la.ones(SIDE), la.zeros((SIDE,), "f4")]
        line = sys._getframe().f_lineno - 1
        for one in made:
            assert where_text(one._node.where) == f"test_compiled_fills.py:{line}"


def test_orders_and_devices_are_asked_for_as_before():
    for _ in range(3):
        made = la.full((SIDE, 2), 2.5)
        turned = la.full((SIDE, 2), 2.5, order="F")
        assert (made.strides, turned.strides) == ((16, 8), (8, 8 * SIDE))
        with pytest.raises(la.errors.DeviceError):
            la.full((SIDE, 2), 2.5, device="nowhere")
        with pytest.raises(TypeError):
            la.full((SIDE, 2))
        with pytest.raises(TypeError):
            la.full((SIDE, 2), 2.5, fill=3)


LIKE = {
    "as it is": lambda xp: xp.asarray(np.ones((SIDE, 2), "f4")),
    "turned": lambda xp: xp.asarray(np.ones((2, SIDE), "f4")).T,
    "part": lambda xp: xp.asarray(np.ones((SIDE, 4)))[:, ::2],
    "made": lambda xp: xp.asarray(np.ones((SIDE, 2), "i4")) + 1,
    "sums": lambda xp: xp.asarray(np.ones((3, SIDE), "i1")).sum(axis=0),
    "flat": lambda xp: xp.asarray(np.ones(SIDE, bool)),
    "narrow": lambda xp: xp.asarray(np.ones((1, SIDE, 1), "c8")),
    "small": lambda xp: xp.asarray(np.ones((2, 3))),
    "none": lambda xp: xp.asarray(np.ones((0, 3))),
    "fortran": lambda xp: xp.asarray(np.ones((SIDE, 2), order="F")),
}


@pytest.mark.parametrize("like", LIKE)
def test_fills_like_others_are_numpys(like):
    numbers = (2.5, 2, True, 0.0, -0.0, 0, 1, 300, np.nan, 1j, np.float32(2.5), "a")
    for _ in range(3):
        for number in numbers:

            def make(xp, number=number):
                made = xp.full_like(LIKE[like](xp), number)
                assert made.strides == np.full_like(LIKE[like](np), 0).strides
                return made

            assert outcome(la, make) == outcome(np, make)
        for name in ("zeros_like", "ones_like"):
            for rest in ({}, {"dtype": "f2"}, {"shape": (SIDE,)}):

                def filled(xp, name=name, rest=rest):
                    return getattr(xp, name)(LIKE[like](xp), **rest)

                assert outcome(la, filled) == outcome(np, filled)


def test_fills_like_others_are_of_the_users_lines():
    x = la.asarray(np.ones(SIDE)) + 1
    for _ in range(3):
        made = la.full_like(x, 2.5)
        line = sys._getframe().f_lineno - 1
        assert where_text(made._node.where) == f"test_compiled_fills.py:{line}"
        with pytest.raises(TypeError):
            la.full_like(x)


@needs_c
def test_the_usual_fill_runs_no_python(monkeypatch):
    def make():
        made = [la.full(SIDE, 2.5), la.full((SIDE, 2), 3, dtype="f4"), la.zeros(SIDE)]
        return [*made, la.full_like(x, 7), la.zeros_like(x), la.ones_like(x)]

    x = la.asarray(np.ones((2, SIDE))) + 1

    for _ in range(3):
        make()
    monkeypatch.setattr(creation, "_filled", None)
    for got in make():
        assert type(got) is la.Array


@pytest.mark.parametrize("dtype", ["?", "f4", "f8", "c16"])
def test_shapes_and_dtypes_are_those_of_what_is_shown(dtype):
    x = la.zeros((SIDE, 2), dtype)
    seen = [x, x.T, x[1:], x.real, x.imag, x + x, la.asarray(np.zeros((SIDE, 2)))[:, 0]]
    seen += [la.asarray([1.0, 2.0]), x.sum(), la.asarray(3)]
    for one in seen:
        computed = np.asarray(one.compute())
        assert (one.shape, one.dtype) == (computed.shape, computed.dtype)
    for name in ("shape", "dtype"):
        assert getattr(la.Array, name).__doc__.endswith(".")
