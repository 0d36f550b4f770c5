"""``out=`` of another dtype than the result's: NumPy computes in both dtypes in turns."""

from __future__ import annotations

import itertools
import warnings
from functools import partial

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import assert_same_bits
from tests.cases import every

DTYPES = "?bilefdFD"
MEANS = ["mean", "var", "std", "nanmean", "nanvar", "nanstd"]
ORDERS = ["median", "nanmedian"]
SHARES = ["quantile", "nanquantile", "percentile", "nanpercentile"]
RNG = np.random.default_rng(3)
DATA = RNG.random((3, 40)) * 50
MISSING = np.where(DATA > 40, np.nan, DATA)
MASK = DATA < 30


def call(xp, name, source, dtype, options):
    """Return what `out` holds, and the warnings; the error's class if there is one."""
    share = (0.3,) if name in SHARES else ()
    out = xp.zeros(3, dtype)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            made = getattr(xp, name)(
                xp.asarray(source), *share, axis=1, out=out, **options
            )
        except (TypeError, ValueError) as error:
            return next(
                c for c in type(error).__mro__ if c.__module__ == "builtins"
            ), []
        assert made is out
        value = np.asarray(out)
    return value, sorted({warning.category.__name__ for warning in told})


def check(name, options, source, taken):
    data = (MISSING if name.startswith("nan") and source in "efdFD" else DATA) % 50
    data = np.nan_to_num(data) if source not in "efdFD" else data
    data = data.astype(source)
    ours, theirs = (call(xp, name, data, taken, options) for xp in (la, np))
    assert ours[1] == theirs[1]
    if isinstance(theirs[0], type):
        assert ours[0] is theirs[0]
    else:
        assert_same_bits(ours[0], theirs[0])


@pytest.mark.parametrize("path", ["small", "planned"])
@pytest.mark.parametrize("name", [*MEANS, *ORDERS, *SHARES])
def test_a_result_is_rounded_as_numpy_rounds_it(name, path, request):
    if path == "planned":
        request.getfixturevalue("planned")
    every(partial(check, name, {}), DTYPES, DTYPES)


@pytest.mark.parametrize("name", MEANS)
def test_of_what_a_mask_leaves(name, planned):
    for pair in itertools.product(DTYPES, DTYPES):
        own = getattr(np, name)(np.ones(2, pair[0])).dtype.char
        if pair[1] != own:  # sums of the result's dtype may differ in their last bits
            check(name, {"where": MASK}, *pair)


@pytest.mark.parametrize("name", ["var", "std", "nanvar", "nanstd"])
def test_about_a_given_mean(name, planned):
    mean = np.full((3, 1), 20.0)
    for ddof in (0, 1):
        options = {"mean": mean, "ddof": ddof}
        for pair in itertools.permutations("efdD", 2):
            check(name, options, *pair)


@pytest.mark.parametrize("keepdims", [1, np.int64(1), 0, True])
@pytest.mark.parametrize("name", MEANS)
def test_a_number_says_whether_axes_are_kept(name, keepdims, planned):
    options = {"axis": 1, "keepdims": keepdims}
    for more in ({}, {"where": MASK}):
        found, wanted = (
            getattr(xp, name)(xp.asarray(DATA), **options, **more) for xp in (la, np)
        )
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted)


def _stretched(xp, name, sides, axis, method):
    out = xp.zeros(sides)
    options = {"method": method} if name in SHARES else {}
    share = (0.3,) if name in SHARES else ()
    try:
        made = getattr(xp, name)(
            xp.asarray(DATA), *share, axis=axis, out=out, **options
        )
    except ValueError:
        return ValueError
    assert made is out
    return np.asarray(out).tolist()


@pytest.mark.parametrize("method", ["linear", "lower", "nearest"])
@pytest.mark.parametrize("name", [*ORDERS, *SHARES])
def test_results_are_stretched_to_what_takes_them_where_numpys_are(name, method):
    def check(sides, axis):
        expected = _stretched(np, name, sides, axis, method)
        assert _stretched(la, name, sides, axis, method) == expected

    every(check, [(), (1,), (3,), (40,), (2, 40), (1, 1)], [None, 0, 1])
