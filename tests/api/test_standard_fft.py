"""Fourier transforms beside NumPy: lengths, axes, scaling, dtypes, errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr import fft
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy, every_path

ALONG = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
OVER = ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"]
NORMS = ["backward", "ortho", "forward", None]


def signal(shape, dtype):
    """Return values of a dtype."""
    rng = np.random.default_rng(sum(shape))
    data = rng.integers(-9, 9, shape)
    if np.dtype(dtype).kind == "c":
        return (data + 1j * rng.integers(-9, 9, shape)).astype(dtype)
    return data.astype(dtype)


@pytest.mark.parametrize("name", ALONG)
@pytest.mark.parametrize("dtype", "?bHldfeDF")
def test_transforms_along_an_axis(name, dtype):
    for shape in ((6,), (1,), (2, 5), (3, 4, 2), (0, 4)):
        data = signal(shape, dtype)
        for n in (None, 1, 4, 7):
            for axis in (-1, 0):
                if not shape[axis] and name in ("irfft", "hfft"):
                    continue  # NumPy reads memory that is not its own
                assert_matches_numpy(
                    lambda xp, data=data, n=n, axis=axis: getattr(xp.fft, name)(
                        xp.asarray(data), n=n, axis=axis
                    )
                )


@pytest.mark.parametrize("name", OVER)
@pytest.mark.parametrize("dtype", "ldfDF")
def test_transforms_over_axes(name, dtype):
    data = signal((3, 4, 5), dtype)
    for axes in ((0, 1), (-1, 0), (2, 1)):
        for s in (None, (4, 6), (2, 3), (-1, 5), (5, -1)):
            assert_matches_numpy(
                lambda xp, s=s, axes=axes: getattr(xp.fft, name)(
                    xp.asarray(data), s=s, axes=axes
                )
            )
    assert_matches_numpy(lambda xp: getattr(xp.fft, name)(xp.asarray(data)))


@pytest.mark.parametrize("norm", NORMS)
def test_scaling(norm):
    data = signal((4, 6), "D")
    for name in ("fft", "ifft", "irfft", "hfft", "fftn", "ifftn", "irfftn"):
        assert_matches_numpy(
            lambda xp, name=name: getattr(xp.fft, name)(xp.asarray(data), norm=norm)
        )


def test_frequencies():
    for n in (1, 2, 5, 8):
        for d in (1.0, 0.25, 3):
            assert_matches_numpy(lambda xp, n=n, d=d: xp.fft.fftfreq(n, d))
            assert_matches_numpy(lambda xp, n=n, d=d: xp.fft.rfftfreq(n, d=d))
    single = la.fft.fftfreq(4, dtype=la.float32)
    assert single.dtype == np.float32
    assert np.array_equal(single.compute(), np.fft.fftfreq(4).astype("f4"))
    with pytest.raises(ValueError, match="integer"):
        la.fft.fftfreq(2.5)


def test_shifts():
    data = signal((3, 4, 5), "d")
    for axes in (None, 0, (0, 2), -1):
        for name in ("fftshift", "ifftshift"):
            assert_matches_numpy(
                lambda xp, name=name, axes=axes: getattr(xp.fft, name)(
                    xp.asarray(data), axes=axes
                )
            )


def test_mistakes_are_errors_of_the_call():
    with RaiseIfComputed():
        for call in (
            lambda xp: xp.fft.fft(xp.ones(4), n=0),
            lambda xp: xp.fft.fft(xp.ones((2, 0))),
            lambda xp: xp.fft.fft(xp.ones(4), axis=1),
            lambda xp: xp.fft.rfft(xp.ones(4, dtype=complex)),
            lambda xp: xp.fft.fft(xp.ones(4), norm="half"),
            lambda xp: xp.fft.fftn(xp.ones((4, 4)), s=(2,), axes=(0, 1)),
            lambda xp: xp.fft.irfft(xp.ones(1)),
        ):
            with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever it is
                call(np)
            with pytest.raises(expected.type):
                call(la)


def test_transforms_are_lazy_and_fuse_with_what_is_around():
    with RaiseIfComputed():
        x = la.asarray(signal((4, 6), "d"))
        y = la.fft.irfft(la.fft.rfft(x * 2) * 3)
        assert (y.shape, y.dtype) == ((4, 6), np.float64)
    with every_path():
        assert np.allclose(y.compute(), x.compute() * 6)


def test_no_points_filled_up_are_zeros():
    for name in ("irfft", "hfft"):
        found = getattr(la.fft, name)(la.ones((0, 4)), n=7, axis=0)
        assert np.array_equal(found.compute(), np.zeros((7, 4)))
        at_once = fft._doubled(name)(np.ones((0, 4)), n=7, axis=0)
        assert np.array_equal(at_once, np.zeros((7, 4)))


def test_out_takes_the_result():
    x, out = la.ones(4), la.zeros(4, dtype=complex)
    assert la.fft.fft(x, out=out) is out
    assert np.array_equal(out.compute(), [4, 0, 0, 0])


def told(call):
    """Return what a call gives, and the kinds of its warnings."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        made = np.asarray(call())
    return made, [x.category for x in found]


@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
@pytest.mark.parametrize(
    "options",
    [
        {"axes": (0, 0, 1), "s": (10, 20, 8)},
        {"axes": (1, 1), "s": (3, 4)},
        {"axes": (0, -3)},
        {"axes": (2, 0, 2), "s": (4, -1, 6)},
        {"axes": (0, 1), "s": (5, None)},
        {"axes": (1, 0), "s": (None, None)},
        {"s": (3, 4)},
        {"s": (None, 3)},
    ],
)
@pytest.mark.parametrize("small_bytes", [0, 1 << 18])
def test_axes_that_come_twice_and_sides_that_are_none(name, options, small_bytes):
    numbers = np.random.default_rng(5).random((6, 5, 7))
    if name == "irfftn":
        numbers = numbers + 1j
    wanted, warned = told(lambda: getattr(np.fft, name)(numbers, **options))
    with la.config(small_bytes=small_bytes):
        x = la.asarray(numbers)
        made, heard = told(lambda: getattr(la.fft, name)(x, **options))
    assert made.dtype == wanted.dtype
    np.testing.assert_allclose(made, wanted, rtol=1e-12, atol=1e-12)
    assert heard == warned


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
@pytest.mark.parametrize("n", [np.int64(5), np.int32(4)], ids=repr)
def test_frequencies_of_a_number_of_points_from_an_array(name, n):
    shape = np.asarray([n, 7])
    assert_matches_numpy(lambda xp: getattr(xp.fft, name)(n, d=0.5))
    assert_matches_numpy(lambda xp: getattr(xp.fft, name)(xp.asarray(shape)[0]))
    assert_matches_numpy(lambda xp: getattr(xp.fft, name)(xp.asarray(shape)[0] + 0.5))
    assert_matches_numpy(lambda xp: getattr(xp.fft, name)(xp.asarray(shape)))
