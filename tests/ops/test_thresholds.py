"""Places among a few sorted values are those that NumPy's search finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.ops import OPS
from lazyarr.ops.thresholds import MOST, are_few, placed

SPECIAL = [-np.inf, -1.0, -0.0, 0.0, 1e-300, 0.5, 1.0, np.inf, np.nan]
DTYPES = ["f8", "f4", "i8", "i4", "i1", "u1", "u8"]
MANY = 5000


def some(dtype, size, seed=0):
    rng = np.random.default_rng(seed)
    if dtype[0] == "f":
        return rng.choice(np.array([*SPECIAL, *rng.normal(size=9)]), size).astype(dtype)
    return rng.integers(-3 if dtype[0] == "i" else 0, 12, size).astype(dtype)


def found(among, values, side):
    return OPS["searchsorted"].numpy(np, among, values, side)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_places_are_those_of_a_search(dtype, side, data):
    count = data.draw(st.integers(0, MOST + 2))
    seed = data.draw(st.integers(0, 99))
    among = np.sort(some(dtype, count, seed))
    values = some(dtype, MANY, seed + 1)[:: data.draw(st.sampled_from([1, -1]))]
    want = np.searchsorted(among, values, side)
    assert are_few(among, values) == (
        0 < count <= MOST and not np.isnan(among[-1:]).any()
    )
    got = found(among, values, side)
    np.testing.assert_array_equal(got, want)
    assert got.dtype == want.dtype


def test_what_a_search_makes_of_other_operands_stays():
    values = some("f8", MANY)
    among = np.array([0.0, 0.5, 1.0])
    large = np.full(MANY, 2**53 + 1)  # as a float it is one less
    for x, y in (
        (among[::-1], values),  # not in order: what a search gives is not said
        (np.array([0.0, np.nan]), values),
        (among.astype("f2"), values.astype("f2")),
        (among.astype(">f8"), values.astype(">f8")),
        (among, values[:10]),
        (np.array([2.0**53]), large),
        (among.astype("f4"), values),
        (among > 0, values > 0),
        (among.astype(str), values.astype(str)),
        (among.astype(complex), values.astype(complex)),
    ):
        assert not are_few(x, y)
        np.testing.assert_array_equal(found(x, y, "right"), x.searchsorted(y, "right"))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("shape", [(MANY,), (50, MANY // 50), (4, 0)])
def test_shapes(shape, side):
    values = some("f8", int(np.prod(shape))).reshape(shape)
    among = np.array([-1.0, 0.0, 0.0, 0.5])
    for y in (values, values.T, values[::2]):
        want = np.searchsorted(among, y, side)
        np.testing.assert_array_equal(found(among, y, side), want)
    want = np.searchsorted(among, values, side)
    np.testing.assert_array_equal(placed(among, values, side), want)


@pytest.mark.parametrize("call", ["digitize", "searchsorted", "histogram2d"])
def test_what_is_made_of_searches(call):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 200_000))
    x[::7] = np.round(x[::7])
    edges = np.arange(-2.0, 3.0)
    if call == "histogram2d":
        got = la.histogram2d(la.asarray(x), la.asarray(y), bins=(edges, 4))
        want = np.histogram2d(x, y, bins=(edges, 4))
    elif call == "digitize":
        got = la.digitize(la.asarray(x), edges), la.digitize(la.asarray(x), edges[::-1])
        want = np.digitize(x, edges), np.digitize(x, edges[::-1])
    else:
        got = (la.searchsorted(edges, la.asarray(x), side="right"),)
        want = (np.searchsorted(edges, x, side="right"),)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_array_equal(np.asarray(one), other)
