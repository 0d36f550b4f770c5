"""Functions that CuPy has not, or has otherwise: computed on a GPU with NumPy's results."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la

pytestmark = pytest.mark.gpu

RNG = np.random.default_rng(17)
SIZES = (100, 70_000)


def far(x):
    return la.asarray(x).persist("gpu")


def drawn(size, char, scale=100):
    return (RNG.standard_normal(size) * scale).astype(char)


def near(mine, theirs):
    """Check a result that was computed where its operands are."""
    assert mine.device == "gpu:0"
    assert "CuPy has no" not in str(mine.explain(device="gpu"))
    with la.transfers() as copies:
        got = mine.persist("gpu")
    assert sum(one.nbytes for one in copies) < 2000
    got = got.compute()
    assert got.dtype == theirs.dtype
    assert got.shape == theirs.shape
    if theirs.dtype.kind in "fc":
        tolerance = {"e": 1e-3, "f": 1e-5}.get(theirs.dtype.char, 1e-12)
        scale = np.abs(theirs[np.isfinite(theirs)]).max(initial=1e-300)
        np.testing.assert_allclose(got, theirs, tolerance, tolerance * scale)
    else:
        np.testing.assert_array_equal(got, theirs)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("char", "bHfd")
def test_histograms(char, size):
    x = drawn(size, char)
    weights = RNG.random(size)
    for options in (
        {},
        {"bins": 333},
        {"bins": 7, "range": (-20, 35.5), "density": True},
        {"bins": np.array([-50.0, 0, 0.5, 100])},
        {"bins": 20, "weights": weights},
        {"bins": 20, "weights": drawn(size, "i"), "density": True},
    ):
        theirs = np.histogram(x, **options)
        given = {k: far(v) if k == "weights" else v for k, v in options.items()}
        counts, edges = la.histogram(far(x), **given)
        near(counts, theirs[0])
        np.testing.assert_array_equal(edges, theirs[1])


def test_histograms_of_what_floats_cannot_tell_apart():
    x = np.array([1.0, 2.0**24, 2.0**25, 2.0**25], "f4")
    np.testing.assert_array_equal(la.histogram(far(x), 4)[0], np.histogram(x, 4)[0])
    ends = np.array([-1, -0.5, 0, 0], "f4")
    np.testing.assert_array_equal(la.histogram(far(ends), 2)[0], [1, 3])
    lost = np.array([1.0, np.nan])
    with pytest.raises(ValueError, match="is not finite"):
        la.histogram(far(lost), 3)[0].compute()


def test_equal_sums_have_equal_bits():
    x, weights = far(drawn(300_000, "d")), far(RNG.random(300_000))
    index = far(RNG.integers(0, 50, 300_000))
    first, again = (la.histogram(x, 9, weights=weights)[0].compute() for _ in "12")
    np.testing.assert_array_equal(first, again)
    made = []
    for _ in "12":
        sums = far(np.zeros(50))
        np.add.at(sums, index, weights)
        made.append(sums.compute())
    np.testing.assert_array_equal(*made)


@pytest.mark.parametrize("shape", [(1000,), (300, 70), (7, 20, 30)])
def test_orders_by_several_keys(shape):
    keys = [drawn(shape, char, 2) for char in "bdf"]
    keys[1].reshape(-1)[::9] = np.nan
    for axis in (0, -1):
        made = la.lexsort([far(key) for key in keys], axis=axis)
        near(made, np.lexsort(keys, axis=axis))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("char", "lfd")
@pytest.mark.parametrize(
    "name", ["quantile", "nanquantile", "percentile", "nanpercentile"]
)
def test_quantiles(name, char):
    x = drawn((60, 90, 3), char)
    if char != "l":
        x[RNG.random(x.shape) < 0.1] = np.nan
        x[1, :5] = np.inf
    shares = (0.25, 1, np.array([0, 0.1, 0.97]))
    for share in shares:
        q = share * 100 if "percentile" in name else share
        for options in (
            {},
            {"axis": 0},
            {"axis": (0, 2), "keepdims": True},
            {"axis": 1, "method": "nearest"},
            {"axis": -1, "method": "midpoint"},
            {"axis": 1, "method": "inverted_cdf"},
            {"axis": 0, "method": "averaged_inverted_cdf"},
            {"axis": 1, "method": "closest_observation"},
            {"axis": None, "method": "hazen"},
            {"axis": 0, "method": "median_unbiased"},
            {"axis": 2, "method": "weibull"},
        ):
            theirs = np.asarray(getattr(np, name)(x, q, **options))
            near(getattr(la, name)(far(x), q, **options), theirs)


def test_a_slice_of_nan_is_told():
    x = far(np.array([[np.nan, np.nan], [1, np.nan]]))
    with pytest.warns(RuntimeWarning, match="All-NaN slice"):
        made = la.nanquantile(x, 0.5, axis=1).compute()
    np.testing.assert_array_equal(made, [np.nan, 1])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["maximum", "fmin", "logical_or", "bitwise_xor"])
def test_running_folds(name, size):
    whole = name.startswith("bitwise")
    x = drawn(size, "i" if whole else "d")
    if not whole:
        x[size // 2] = np.nan
    ufunc = getattr(np, name)
    near(ufunc.accumulate(far(x)), ufunc.accumulate(x))
    rows = x.reshape(-1, 10)
    for axis in (0, 1):
        near(ufunc.accumulate(far(rows), axis=axis), ufunc.accumulate(rows, axis=axis))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["fmax", "fmin", "bitwise_xor", "gcd", "logical_xor"])
def test_folds_over_axes(name, size):
    x = drawn(size, "?" if name == "logical_xor" else "d" if name[0] == "f" else "i")
    if name[0] == "f":
        x[::7] = np.nan
    ufunc = getattr(np, name)
    rows = x.reshape(-1, 5, 10)
    for axis in (0, 1, 2, (0, 2), (0, 1, 2)):
        theirs = ufunc.reduce(rows, axis=axis)
        near(ufunc.reduce(far(rows), axis=axis), np.asarray(theirs))


@pytest.mark.parametrize("char", "blfD")
@pytest.mark.parametrize("name", ["add", "maximum", "multiply"])
def test_folds_of_slices(name, char):
    scale = 1 if (name, char) in (("multiply", "f"), ("multiply", "D")) else 100
    ufunc, x = getattr(np, name), drawn((5000, 4), char, scale)
    if char in "fD":
        x[::50] = 1
    starts = np.sort(RNG.integers(0, 5000, 60))
    for index in (starts, np.array([0, 40, 3, 3, 4999])):
        near(ufunc.reduceat(far(x), index), ufunc.reduceat(x, index))
        near(
            ufunc.reduceat(far(x.T), index, axis=1), ufunc.reduceat(x.T, index, axis=1)
        )


@pytest.mark.parametrize("char", "blfdD")
@pytest.mark.parametrize("name", ["add", "subtract", "maximum", "fmin"])
def test_ufuncs_at_places(name, char):
    ufunc = getattr(np, name)
    for shape in ((1000,), (40, 25)):
        for key in (
            (RNG.integers(-shape[0], shape[0], 5000),),
            (slice(3, -2, 2), RNG.integers(0, shape[-1], 17))[-len(shape) :],
        ):
            x = drawn(shape, char)
            values = drawn(x[key].shape, char)
            made = far(x)
            ufunc.at(x, key, values)
            ufunc.at(made, tuple(map(placed, key)), far(values))
            near(made, x)
            near(far(x) + 0, x)


def placed(part):
    return far(part) if isinstance(part, np.ndarray) else part


@pytest.mark.parametrize("char", "bBl")
def test_places_on_the_gpu(char):
    x, index = drawn((100, 30), "d"), RNG.integers(0, 100, 5000).astype(char)
    made = far(x)[far(index) * 1]
    assert made.device == "gpu:0"
    near(made, x[index])
    near(far(x)[-far(index.astype("l"))], x[-index.astype("l")])
    near(
        la.take_along_axis(far(x), far(index[:30])[None] * 1, 0),
        x[index[None, :30], np.arange(30)],
    )
    with la.transfers() as copies:
        far(x)[:, 0][far(index) * 1].persist("gpu")
    assert sum(one.nbytes for one in copies if one.direction == "to host") <= 16
    for wrong in (100, -101):
        beyond = far(np.append(index.astype("l"), wrong))
        for call in (
            lambda beyond=beyond: far(x)[beyond],
            lambda beyond=beyond: far(x)[beyond + 0],
            lambda beyond=beyond: la.take(far(x), beyond, axis=0),
            lambda beyond=beyond: la.take_along_axis(
                far(x[:, :1]), beyond[:, None] + 0, 0
            ),
        ):
            with pytest.raises(IndexError, match=f"index {wrong} is out of bounds"):
                call()


def test_places_that_are_told_to_be_within_bounds():
    x, index = drawn(3000, "d"), RNG.integers(0, 10**6, 70_000)
    y, places = far(x), far(index)
    table, image = drawn(256, "f"), RNG.integers(0, 256, (300, 400)).astype("u1")
    small, grey = far(table), far(image)
    with la.transfers() as copies:
        made = [
            y[places * 7 % 3000],
            y[np.clip(places - 9, 0, 2999)],
            y[(places % 3000 - 1) % 3000] - y[places % 3000],
            y[np.argsort(y)[5:500]],
            small[grey],
        ]
        made = [one.persist("gpu") for one in made]
    assert not copies.entries
    for mine, theirs in zip(
        made,
        [
            x[index * 7 % 3000],
            x[np.clip(index - 9, 0, 2999)],
            x[(index % 3000 - 1) % 3000] - x[index % 3000],
            x[np.argsort(x)[5:500]],
            table[image],
        ],
        strict=True,
    ):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(IndexError, match="out of bounds for axis 0 with size 3000"):
        y[places % 3001 + 2999]


@pytest.mark.parametrize("char", "efd")
def test_parts_of_floats(char):
    limits = np.finfo(char)
    edges = [0, -0.0, 0.5, -1.5, np.inf, -np.inf, np.nan, limits.max, limits.tiny]
    edges += [limits.smallest_subnormal, -5 * limits.smallest_subnormal]
    x = np.concatenate([np.array(edges, char), drawn(5000, char)])
    n = RNG.integers(-30, 30, x.size)
    n[100:200] *= 100
    with np.errstate(all="ignore"):
        expected = (*np.modf(x), *np.frexp(x), np.ldexp(x, n), np.ldexp(x, 3))
        expected += (np.spacing(x),)
    y = far(x)
    made = (*la.modf(y), *la.frexp(y), la.ldexp(y, far(n)), la.ldexp(y, 3))
    made += (la.spacing(y),)
    for mine, theirs in zip(made, expected, strict=True):
        assert {s.kind for s in mine.explain(device="gpu").plan.stages} == {"map"}
        got = mine.compute(device="gpu")
        assert got.dtype == theirs.dtype
        np.testing.assert_array_equal(got, theirs)
        there = ~np.isnan(theirs) if theirs.dtype.kind == "f" else slice(None)
        np.testing.assert_array_equal(np.signbit(got)[there], np.signbit(theirs)[there])
