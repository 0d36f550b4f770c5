"""Random draws in kernels, executed behind the shim: NumPy's bits wherever they are."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.codegen import lowering
from lazyarr.ops.draws import normal_of_word
from tests.codegen.programs import launches
from tests.codegen.test_golden_kernels import (
    ARCHITECTURES,
    compile_all,
    compiler,
    joined,
)

__all__ = ["compiler"]  # a fixture


def pair(seed=7):
    return la.random.default_rng(seed), np.random.Generator(np.random.Philox(seed))


def gpu(x):
    return x.compute(device="gpu")


KINDS = {
    "double": lambda rng, size: rng.random(size),
    "float": lambda rng, size: rng.random(size, dtype=np.float32),
    "word": lambda rng, size: rng.integers(0, 2**64, size, dtype=np.uint64),
    "half": lambda rng, size: rng.integers(0, 2**32, size),
    "die": lambda rng, size: rng.integers(-8, 8, size),
    "short": lambda rng, size: rng.integers(0, 2**16, size, dtype=np.uint16),
    "byte": lambda rng, size: rng.integers(0, 64, size, dtype=np.uint8),
    "coin": lambda rng, size: rng.integers(0, 2, size, dtype=bool),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(3,), (6, 350)])
def test_draws_of_every_kind_and_place(cupy, kind, shape):
    lazy, numpys = pair()
    for before in range(4):  # the place in a block that a draw begins at
        lazy.random(before), numpys.random(before)
        got = gpu(KINDS[kind](lazy, shape))
        want = KINDS[kind](numpys, shape)
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("kind", ["double", "half", "coin"])
def test_views_of_draws(cupy, kind):
    lazy, numpys = pair()
    x, y = KINDS[kind](lazy, (37, 66)), KINDS[kind](numpys, (37, 66))
    for key in [
        np.s_[3:, 5:],
        np.s_[::-1, ::-2],
        np.s_[:, 7],
        np.s_[::5, None, 1::3],
    ]:
        np.testing.assert_array_equal(gpu(x[key]), y[key])
    np.testing.assert_array_equal(gpu(x.T), y.T)
    other = la.asarray(np.arange(66 * 37.0).reshape(66, 37))
    np.testing.assert_array_equal(
        gpu(x.T * other), y.T * np.arange(66 * 37.0).reshape(66, 37)
    )


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("shape", [(5, 1031), (300, 40)])
def test_reductions_of_draws_are_one_launch(cupy, shape, axis):
    lazy, numpys = pair()
    x, y = lazy.random(shape), lazy.random(shape)
    u, v = numpys.random(shape), numpys.random(shape)
    got = gpu(((x * x + y * y) < 1).sum(axis=axis))
    np.testing.assert_array_equal(got, ((u * u + v * v) < 1).sum(axis=axis))
    assert len(cupy.launches) == 1


def test_rows_are_normalised_in_one_launch(cupy):
    lazy, numpys = pair()
    x, y = lazy.random((40, 64)), numpys.random((40, 64))
    got = gpu(x / x.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(got, y / y.sum(axis=1, keepdims=True), 1e-15)
    assert len(cupy.launches) == 1


def test_another_seed_place_or_size_compiles_nothing(cupy):
    for seed, before, size in [(1, 0, 1000), (2, 3, 2000), (3, 9, 1001)]:
        lazy, numpys = pair(seed)
        lazy.random(before), numpys.random(before)
        got = gpu((lazy.random(size) < 0.5).sum())
        assert got == (numpys.random(size) < 0.5).sum()
    assert len(cupy.functions) == 1


def test_transforms_of_words_agree_with_the_cpu(cupy):
    lazy, numpys = pair()
    x = lazy.standard_normal(5000)
    words = numpys.integers(0, 2**64, 5000, dtype=np.uint64)
    np.testing.assert_allclose(gpu(x), x.compute(device="cpu"), rtol=1e-15)
    np.testing.assert_allclose(gpu(x), [normal_of_word(int(w)) for w in words], 1e-15)
    i = lazy.integers(-3, 10, 5000)
    np.testing.assert_array_equal(gpu(i), i.compute(device="cpu"))


@pytest.mark.slow
@given(
    seed=st.integers(0, 2**70),
    shape=st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple),
    before=st.integers(0, 9),
    data=st.data(),
)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_slice_of_any_draw(cupy, seed, shape, before, data):
    lazy, numpys = pair(seed)
    kind = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    lazy.random(before), numpys.random(before)
    x, y = kind(lazy, shape), kind(numpys, shape)
    steps = st.sampled_from([-3, -2, -1, 1, 2, 3])
    key = tuple(
        slice(data.draw(st.integers(0, n - 1)), None, data.draw(steps)) for n in shape
    )
    np.testing.assert_array_equal(gpu(x[key]), y[key])


def test_a_block_is_computed_once_for_its_four_words():
    x = la.random.default_rng(1).random(10**6)
    (launch,) = launches((x < 0.5).sum())
    text = lowering.body(launch.structure)
    assert launch.structure.width == 8
    assert "lz_philox_double_run<8>(" in text
    assert "lz_philox_double(" not in text
    (launch,) = launches(x * 2)
    assert "lz_philox_double_run<4>(" in lowering.body(launch.structure)
    (launch,) = launches((x[::2] < 0.5).sum())
    assert "lz_philox_double(" in lowering.body(launch.structure)


def shares(x):
    return x / x.sum(axis=1, keepdims=True)


PROGRAMS = {
    "monte_carlo": lambda rng: (
        rng.random(10**6) ** 2 + rng.random(10**6) ** 2 < 1
    ).sum(),
    "normal_columns": lambda rng: rng.normal(1, 2, (1000, 1000)).sum(axis=0),
    "single_coins": lambda rng: rng.random((1000, 100), np.float32)[:, ::3] < 0.5,
    "dice": lambda rng: rng.integers(1, 7, 10**6),
    "shares_of_rows": lambda rng: shares(rng.random((1000, 64))),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_kernels_text(golden, name):
    (launch,) = launches(PROGRAMS[name](la.random.default_rng(1)))
    golden(f"cuda/random_{name}.cu", lowering.body(launch.structure))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_program_compiles(compiler, architecture):
    bodies = {}
    for make in [*PROGRAMS.values(), *(partial(_drawn, kind) for kind in KINDS)]:
        for launch in launches(make(la.random.default_rng(1))):
            bodies[launch.structure] = launch
    compile_all(compiler, architecture, *joined(bodies.values()))


def _drawn(kind, rng):
    return KINDS[kind](rng, (50, 70)), KINDS[kind](rng, (50, 70))[::-1, ::2]


def test_indices_beyond_32_bits():
    x = la.random.default_rng(1).random(10**10)
    (launch,) = launches((x < 0.5).mean())
    assert launch.structure.wide
