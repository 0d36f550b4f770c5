"""Functions that repair many elements do so part by part, to the same bits."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from lazyarr.ops import standard
from lazyarr.testing import assert_same_bits

SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1.5)
SHAPES = ((5000,), (3, 4000), (4000, 3), (20, 30, 40), (7, 1, 900))


def drawn(shape, seed, choices=SPECIAL):
    return np.random.default_rng(seed).choice(choices, shape)


def both(monkeypatch, function, *operands):
    """Return what a function gives in parts, and what it gives at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = function(*operands)
        monkeypatch.setattr(standard, "_PART", 1 << 40)
        return parts, function(*operands)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["c8", "c16"])
@pytest.mark.parametrize("name", ["expm1", "tanh"])
def test_complex_numbers(name, dtype, shape, monkeypatch):
    x = drawn(shape, 0).astype(dtype)
    x.imag = drawn(shape, 1)
    parts, once = both(monkeypatch, getattr(standard, name), np.asfortranarray(x))
    assert_same_bits(parts, once)
    assert parts.strides == once.strides


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("divisor", ["array", "row", 2.0, np.float32(np.inf)])
def test_quotients(divisor, shape, monkeypatch):
    x = drawn(shape, 0).astype("f4")
    y = drawn(shape, 1, (2, -np.inf, np.inf, 3)).astype("f4")
    given = {"array": y, "row": y[:1]}.get(divisor, divisor)
    assert_same_bits(*both(monkeypatch, standard.floor_divide, x, given))


def test_what_is_written_over_is_read_before():
    x = np.zeros((300, 40), complex)
    x[::7] = np.inf
    with np.errstate(all="ignore"):
        expected = standard.expm1(x)
        assert standard.expm1(x, x) is x
    assert_same_bits(x, expected)
