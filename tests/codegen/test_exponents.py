"""The parts of floats, and numbers times powers of two: kernels with NumPy's bits."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import assert_same_bits

RNG = np.random.default_rng(2)


def floats(char):
    """Return numbers of all magnitudes, with those at which parts are special."""
    dtype = np.dtype(char)
    bits = RNG.integers(0, 1 << 62, 4000) << 1
    some = bits.view(np.uint8).reshape(-1, 8)[:, 8 - dtype.itemsize :].copy()
    limits = np.finfo(dtype)
    edges = [0, 0.5, 1, 1.5, 3.25, 1e3, np.inf, limits.max, limits.tiny]
    edges += [limits.smallest_subnormal, 5 * limits.smallest_subnormal]
    random = some.view(dtype).ravel()
    finite = random[np.isfinite(random)]
    whole = np.concatenate([np.array(edges, dtype), finite])
    return np.concatenate([whole, -whole, np.array([np.nan], dtype)])


@pytest.mark.parametrize("char", "efd")
@pytest.mark.parametrize("name", ["modf", "frexp"])
def test_parts_are_numpys(cupy, char, name):
    x = floats(char)
    made, expected = getattr(la, name)(la.asarray(x)), getattr(np, name)(x)
    explained = la.explain(*made, device="gpu")
    assert not explained.plan.is_mixed
    assert {stage.kind for stage in explained.plan.stages} == {"map"}
    for device in ("gpu", "cpu"):
        for mine, theirs in zip(
            la.compute(*made, device=device), expected, strict=True
        ):
            assert mine.dtype == theirs.dtype
            assert_same_bits(mine, theirs)
    assert len(cupy.launches) == 1


@pytest.mark.parametrize("char", "efd")
@pytest.mark.parametrize("power", ["i", "l", "b"])
def test_powers_are_numpys(cupy, char, power):
    x = floats(char)
    n = RNG.integers(-100, 100, x.size).astype(power)
    if power != "b":
        n[::3] *= 25
        n[:2] = np.iinfo(power).min, np.iinfo(power).max
    with np.errstate(all="ignore"):
        expected = np.ldexp(x, n)
    made = la.ldexp(la.asarray(x), la.asarray(n))
    assert {stage.kind for stage in made.explain(device="gpu").plan.stages} == {"map"}
    got = made.compute(device="gpu")
    assert got.dtype == expected.dtype
    assert_same_bits(got, expected)


def test_parts_are_fused_with_what_is_beside_them(cupy):
    x = floats("d")[:100]
    fraction, _ = la.modf(la.asarray(x) * 0.5)
    with np.errstate(invalid="ignore"):
        expected = np.modf(x * 0.5)[0] * 2
    np.testing.assert_array_equal((fraction * 2).compute(device="gpu"), expected)
    assert len(cupy.launches) == 1


def test_numbers_take_the_dtypes_of_numpys(cupy):
    whole = la.asarray(np.arange(5, dtype="i2"))
    for name in ("modf", "frexp"):
        for mine, theirs in zip(
            getattr(la, name)(whole),
            getattr(np, name)(np.arange(5, dtype="i2")),
            strict=True,
        ):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine.compute(device="gpu"), theirs)
    made = la.ldexp(0.5, whole)
    np.testing.assert_array_equal(made, np.ldexp(0.5, np.arange(5)))
    with pytest.raises(TypeError):
        la.modf(la.asarray(np.ones(3, complex)))
    with pytest.raises(TypeError):
        la.ldexp(la.asarray(np.ones(3)), la.asarray(np.ones(3)))


@pytest.mark.parametrize("tile", [1000, 1 << 16])
def test_tiles_and_threads_have_the_same_bits(tile):
    x = floats("d")[:15_000]
    with np.errstate(all="ignore"):
        expected = (*np.modf(x * 3), *np.frexp(x * 3), np.ldexp(x * 3, -7))
        with la.config(tile_elements=tile, small_bytes=0):
            y = la.asarray(x) * 3
            made = (*la.modf(y), *la.frexp(y), la.ldexp(y, -7))
            got = la.compute(*made, device="cpu")
            alone = [one.compute(device="cpu") for one in made]
    for mine, single, theirs in zip(got, alone, expected, strict=True):
        assert mine.dtype == theirs.dtype
        assert_same_bits(mine, theirs)
        assert_same_bits(single, theirs)


@pytest.mark.parametrize("char", "efd")
def test_spacings_are_numpys(cupy, char):
    x = floats(char)
    with np.errstate(all="ignore"):
        expected = np.spacing(x)
        made = la.spacing(la.asarray(x))
        explained = made.explain(device="gpu")
        assert {stage.kind for stage in explained.plan.stages} == {"map"}
        for device in ("gpu", "cpu"):
            got = made.compute(device=device)
            assert got.dtype == expected.dtype
            lost = np.isnan(expected)  # of which NumPy says no sign
            np.testing.assert_array_equal(np.isnan(got), lost)
            assert_same_bits(got[~lost], expected[~lost])
