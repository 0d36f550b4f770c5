"""Random draws on a GPU: NumPy's bits, and what is computed from them."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from tests.codegen.test_random_kernels import KINDS, PROGRAMS, pair

pytestmark = pytest.mark.gpu


def gpu(x):
    return x.compute(device="gpu")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(3,), (6, 35), (7, 4, 50), (1_000_003,)])
def test_draws_of_every_kind_and_place(kind, shape):
    lazy, numpys = pair()
    for before in range(4):
        lazy.random(before), numpys.random(before)
        got = gpu(KINDS[kind](lazy, shape))
        np.testing.assert_array_equal(got, KINDS[kind](numpys, shape))


@pytest.mark.parametrize("kind", KINDS)
def test_views_of_draws(kind):
    lazy, numpys = pair()
    x, y = KINDS[kind](lazy, (370, 66)), KINDS[kind](numpys, (370, 66))
    for key in [np.s_[3:, 5:], np.s_[::-1, ::-2], np.s_[:, 7], np.s_[11]]:
        np.testing.assert_array_equal(gpu(x[key]), y[key])
    np.testing.assert_array_equal(gpu(x.T), y.T)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_reductions_of_draws(axis):
    lazy, numpys = pair()
    x, y = lazy.random((3000, 1001)), lazy.random((3000, 1001))
    u, v = numpys.random((3000, 1001)), numpys.random((3000, 1001))
    got = gpu(((x * x + y * y) < 1).sum(axis=axis))
    np.testing.assert_array_equal(got, ((u * u + v * v) < 1).sum(axis=axis))


def test_transforms_of_words_agree_with_the_cpu():
    x = la.random.default_rng(3).standard_normal(2_000_000)
    one, other = gpu(x), x.compute(device="cpu")
    centre = np.abs(other) < 1.4
    np.testing.assert_array_equal(one[centre], other[centre])
    np.testing.assert_array_max_ulp(one, other, 4)
    for draw in (
        lambda rng: rng.integers(-3, 10, 100_000),
        lambda rng: rng.permutation(100_000),
        lambda rng: rng.choice(10, 1000, p=np.full(10, 0.1)),
        lambda rng: rng.permuted(np.arange(1000).reshape(10, 100), axis=1),
    ):
        x = draw(la.random.default_rng(3))
        np.testing.assert_array_equal(gpu(x), x.compute(device="cpu"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree_with_the_cpu(name):
    x = PROGRAMS[name](la.random.default_rng(5))
    np.testing.assert_allclose(gpu(x), x.compute(device="cpu"), rtol=1e-13)


def test_more_samples_than_32_bits_count():
    x = la.random.default_rng(3).random(5 * 10**9)
    got = gpu((x < 0.25).sum())
    assert abs(got - 1.25e9) < 5 * np.sqrt(5e9 * 0.1875)
    tail = np.random.Philox(3)
    tail.advance((5 * 10**9 - 4) // 4)
    want = np.random.Generator(tail).random(4)
    np.testing.assert_array_equal(gpu(x[-4:]), want)
