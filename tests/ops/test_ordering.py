"""Long lines sorted by NumPy's fastest algorithm, as a stable one sorts them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyarr.ops.ordering import BLOCK, argsorted, ordered

DTYPES = ("f4", "f8", "i4", "u4", "i8", "u8")
SPECIAL = (np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0)


@st.composite
def lines(draw):
    """Draw long lines: of few or many values, in runs that are short or long."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(st.sampled_from((4096, 5000, BLOCK, 3 * BLOCK + 7)))
    most = draw(st.sampled_from((1, 2, 50, size, 2**31 - 1)))
    run = draw(st.sampled_from((1, 1, 3, BLOCK + 1)))
    dtype = draw(st.sampled_from(DTYPES))
    x = np.repeat(rng.integers(0, most, size // run + 1), run)[:size].astype(dtype)
    if dtype != "u4" and dtype != "u8":
        x -= x.max() // 2
    if dtype.startswith("f"):
        share = draw(st.sampled_from((0, 0.001, 0.5)))
        x[rng.random(size) < share] = draw(st.sampled_from(SPECIAL))
        x[rng.random(size) < share] = draw(st.sampled_from(SPECIAL))
    return rng.permutation(x) if draw(st.booleans()) else x


@settings(max_examples=60, deadline=None)
@given(x=lines(), steps=st.sampled_from((1, -1, 2)))
def test_long_lines_are_in_a_stable_order(x, steps):
    x = np.repeat(x, abs(steps))[::steps]
    places = argsorted(np, x, 0, "stable")
    assert places.dtype == np.intp
    np.testing.assert_array_equal(places, np.argsort(x, kind="stable"))
    found, expected = ordered(np, x, 0, "stable"), np.sort(x, kind="stable")
    np.testing.assert_array_equal(found, expected)
    numbers = expected == expected
    assert (np.signbit(found) == np.signbit(expected))[numbers].all()


@pytest.mark.parametrize("axis", [0, 1, -1, None])
@pytest.mark.parametrize("turned", [False, True])
def test_zeros_of_several_lines_keep_their_signs(axis, turned):
    rng = np.random.default_rng(0)
    x = np.where(rng.random((2, BLOCK + 9)) < 0.5, -0.0, rng.integers(-2, 3, BLOCK + 9))
    x = x.T if turned else x
    found, expected = ordered(np, x, axis, "stable"), np.sort(x, axis, kind="stable")
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
    assert found.strides == expected.strides
