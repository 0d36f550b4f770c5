"""Functions without a lazy form on arrays of a GPU: CuPy's, with NumPy's results."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api import pending
from tests.ops.test_evaluated import CALLS, LEFT, windows

pytestmark = pytest.mark.gpu

RNG = np.random.default_rng(9)
LONG = RNG.random(1_000_000)
GRID = RNG.random((1200, 900))


def far(x):
    return la.asarray(x).persist("gpu")


def operand(x):
    """Return an argument with its arrays on the GPU."""
    if isinstance(x, tuple) and any(isinstance(item, np.ndarray) for item in x):
        return tuple(map(operand, x))
    return far(x) if isinstance(x, np.ndarray) else x


def ours(function):
    """Return what users call; of an array's bytes as another dtype, its method."""
    if function.__name__ == "bytes_as":
        return lambda x, dtype: x.view(dtype)
    name, module = function.__name__, function.__module__
    if function is np.nonzero:
        return la.where  # with one argument it has no lazy form
    if function is windows:
        return windows
    return getattr(la.linalg if module == "numpy.linalg" else la, name)


def told(array):
    """Return what a plan of an array says of its inputs."""
    return " ".join(str(one) for one in (array + 0).explain().plan.decisions)


def parts(made):
    return made if isinstance(made, tuple) else (made,)


def same(mine, theirs, name):
    assert mine.dtype == theirs.dtype
    assert mine.shape == theirs.shape
    if "lstsq" in name:
        np.testing.assert_allclose(mine, theirs, 1e-4 if "f4" in name else 1e-9, 1e-9)
    else:
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("name", [k for k in CALLS if k != "words of bytes"])
def test_cupys_functions_are_numpys(name):
    function, args, options = CALLS[name]
    expected = function(*args, **options)
    given = tuple(map(operand, args))
    with la.config(small_bytes=0):
        made = ours(function)(*given, **options)
    for mine, theirs in zip(parts(made), parts(expected), strict=True):
        if theirs.size and np.ndim(theirs):
            assert mine.device == "gpu:0"
            assert "has no lazy form: CuPy computed it when it was called" in told(mine)
        same(np.asarray(mine), theirs, name)


@pytest.mark.parametrize("name", LEFT)
def test_the_rest_is_left_to_numpy(name):
    function, args, options = LEFT[name]
    given = tuple(map(operand, args))
    try:
        expected = function(*args, **options)
    except Exception as error:  # noqa: BLE001 - the same is expected of lazyarr
        with pytest.raises(type(error)):
            ours(function)(*given, **options)
        return
    made = ours(function)(*given, **options)
    np.testing.assert_array_equal(made, expected)


def test_windows_take_the_time_of_their_array():
    x = far(LONG)
    made = windows(x, 50)
    assert made.device == "gpu:0"
    with la.transfers() as copies:
        again = windows(x, 50).max(axis=1).persist("gpu")
        wide = windows(far(GRID), (7, 7)).sum(axis=(2, 3)).persist("gpu")
    assert copies.nbytes <= GRID.nbytes  # which `far` brought there
    np.testing.assert_array_equal(again, windows(LONG, 50).max(axis=1))
    np.testing.assert_allclose(wide, windows(GRID, (7, 7)).sum(axis=(2, 3)), 1e-12)
    np.testing.assert_array_equal(made[::5000], windows(LONG, 50)[::5000])
    np.testing.assert_array_equal(
        (made * 2)[:, 3].compute(device="cpu"), windows(LONG, 50)[:, 3] * 2
    )


def test_views_hold_what_was_there_at_the_call():
    for call in (lambda x: windows(x, 5), lambda x: x.view("i8")):
        x, eager = far(LONG), LONG.copy()
        for array in (x, eager):
            array[:9] = 3.0
        pending.settle(x)  # in memory of its own
        made, expected = call(x), call(eager.copy())
        for array in (x, eager):
            array[2:5] = -1.0
        pending.settle(x, donate=True)
        np.testing.assert_array_equal(x, eager)
        np.testing.assert_array_equal(made, expected)


def test_polynomials_are_fitted_there():
    x = np.linspace(-1, 1, 500_000)
    y = 3 * x**3 - x + 0.25
    with la.transfers() as copies:
        fit = la.polyfit(far(x), far(y), 3)
    assert copies.nbytes < 2 * x.nbytes + 1000
    np.testing.assert_allclose(fit, np.polyfit(x, y, 3), atol=1e-10)


def test_histograms_of_two_variables_stay_there():
    x, y = far(LONG), far(RNG.permutation(LONG))
    with la.transfers() as copies:
        counts, _, _ = la.histogram2d(x, y, bins=20)
    assert copies.nbytes < 10_000
    expected = np.histogram2d(x.compute(), y.compute(), bins=20)[0]
    np.testing.assert_array_equal(counts, expected)


@pytest.mark.parametrize("bins", [3, 300, 100_000, 900_000])
@pytest.mark.parametrize("char", "bfd")
def test_weights_are_summed_there_in_one_order(bins, char):
    places, weights = RNG.integers(0, bins, LONG.size), (LONG * 100).astype(char)
    places[: LONG.size // 4] = bins - 1
    x, w = far(places), far(weights)
    with la.transfers() as copies:
        first, again = (la.bincount(x, w, bins + 5) for _ in "12")
    assert first.device == "gpu:0"
    assert copies.nbytes <= 32
    np.testing.assert_array_equal(first, again)
    expected = np.bincount(places, weights, bins + 5)
    np.testing.assert_allclose(first, expected, rtol=1e-12)
    if char == "b":
        np.testing.assert_array_equal(first, expected)


def test_where_finds_places_there():
    x = far(GRID)
    made = la.where(x > 0.999)
    assert made[0].device == "gpu:0"
    for mine, theirs in zip(made, np.where(GRID > 0.999), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_bits_of_many_elements():
    made = la.packbits(far(GRID) > 0.5, axis=1)  # 900 is no multiple of 8
    assert "NumPy computed it when it was called, on copies from gpu:0" in told(made)
    np.testing.assert_array_equal(made, np.packbits(GRID > 0.5, axis=1))
    packed = la.packbits(far(GRID) > 0.5)
    assert packed.device == "gpu:0"
    np.testing.assert_array_equal(packed, np.packbits(GRID > 0.5))
    np.testing.assert_array_equal(
        la.unpackbits(packed), np.unpackbits(np.packbits(GRID > 0.5))
    )
