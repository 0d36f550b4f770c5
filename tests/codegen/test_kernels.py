"""Generated kernels, executed on the CPU behind a shim, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.codegen import indexing
from tests.codegen.fake_cupy import MOST_SHARED
from tests.codegen.programs import (
    PROGRAMS,
    STEPS,
    assert_near,
    build,
    launches,
    several,
)

SHAPES = [(37, 50), (5, 1031), (64, 96)]
RNG = np.random.default_rng(3)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree_with_numpy(cupy, name, dtype):
    program = PROGRAMS[name]
    for shape in SHAPES:
        x, y = ((RNG.random(shape) * 3).astype(dtype) for _ in range(2))
        expected = several(program(np, x.copy(), y))
        lazy = several(program(la, la.asarray(x), la.asarray(y)))
        for got, want in zip(la.compute(*lazy, device="gpu"), expected, strict=True):
            assert np.asarray(got).dtype == np.asarray(want).dtype
            rtol = 1e-12 if dtype == "f8" and name != "mixed" else 1e-5
            np.testing.assert_allclose(got, want, rtol, rtol)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree_with_numpy_where_indices_are_wide(cupy, name, monkeypatch):
    monkeypatch.setattr(indexing, "is_wide", lambda space, walks: True)
    x, y = (RNG.random((37, 50)) * 3 for _ in range(2))
    lazy = several(PROGRAMS[name](la, la.asarray(x), la.asarray(y)))
    expected = several(PROGRAMS[name](np, x.copy(), y))
    for got, want in zip(la.compute(*lazy, device="gpu"), expected, strict=True):
        rtol = 1e-5 if name == "mixed" else 1e-12
        np.testing.assert_allclose(got, want, rtol, rtol)


@pytest.mark.parametrize("dtype", ["e", "F", "D", "b", "H", "q", "?"])
def test_sums_of_every_kind_of_dtype(cupy, dtype):
    x = (RNG.random((30, 70)) * 9).astype(dtype)
    for axis in (None, 0, 1):
        got = la.sum(la.asarray(x), axis=axis).compute(device="gpu")
        want = np.sum(x.astype("f8") if dtype == "e" else x, axis=axis)
        assert got.dtype == np.sum(x).dtype
        rtol = {"e": 1e-3, "F": 1e-5}.get(dtype, 1e-13)
        np.testing.assert_allclose(got, want.astype(got.dtype), rtol)


@pytest.mark.parametrize("dtype", ["e", "F", "D", "b", "H", "I", "q", "Q", "?", "d"])
def test_reductions_of_elements_that_lie_apart(cupy, dtype):
    x = (RNG.random((31, 70)) * 3).astype(dtype)

    def program(xp, x):
        for view in (x[:, ::3], x[::2, ::-1], x.T):
            yield xp.any(view == 0)
            yield xp.count_nonzero(view)
            yield xp.count_nonzero(view, axis=0)
        yield xp.count_nonzero(x == x[:, :1])  # one for all of a row
        yield xp.all((x[:, :1] == x) != (x != x[:, :1]), axis=1)

    got = la.compute(*program(la, la.asarray(x)), device="gpu")
    for one, other in zip(got, program(np, x), strict=True):
        np.testing.assert_array_equal(one, other)


FOLDED = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]


@pytest.mark.parametrize("axes", FOLDED, ids=str)
def test_reductions_over_any_axes(cupy, axes):
    x = RNG.random((6, 35, 34))
    d = la.asarray(x)
    parts = la.compute(
        la.sum(d * 2, axis=axes),
        la.var(d, axis=axes),
        la.max(d, axis=axes),
        la.prod(1 + d / 100, axis=axes),
        device="gpu",
    )
    expected = (
        (x * 2).sum(axes),
        x.var(axes),
        x.max(axes),
        (1 + x / 100).prod(axes),
    )
    for got, want in zip(parts, expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


def test_complex_variances_have_room(cupy):
    x = RNG.random((40, 3, 9)) + 1j * RNG.random((40, 3, 9))
    for axis in (0, 1, 2, None):
        got = la.var(la.asarray(x), axis=axis).compute(device="gpu")
        np.testing.assert_allclose(got, x.var(axis=axis), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_variances_far_from_zero_are_no_squares_of_it(cupy, dtype):
    far, near = {"f4": (1e20, 1e15), "f8": (1e160, 1e150)}[dtype]
    x = (far + near * RNG.standard_normal((3000, 70))).astype(dtype)
    apart = (x.astype(np.longdouble) - np.longdouble(far)) / np.longdouble(near)
    for axis in (None, 0, 1):
        got = la.var(la.asarray(x), axis=axis).compute(device="gpu")
        unit = np.longdouble(near) ** 2
        np.testing.assert_allclose(got / unit, apart.var(axis=axis), 2e-2)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c16"])
def test_variances_of_numbers_whose_squares_are_infinite(cupy, dtype):
    size = 1e30 if dtype == "f4" else 1e200
    x = (RNG.choice([-size, size], (3000, 70))).astype(dtype)
    for axis in (None, 0, 1):
        got = la.var(la.asarray(x), axis=axis).compute(device="gpu")
        assert np.isposinf(got).all()


def test_many_reductions_of_one_array_are_several_launches(cupy):
    x = RNG.random((300, 70))
    d = la.asarray(x)

    def made(xp, x):
        z = x * 3
        for k in range(9):
            y = z + k
            yield from (xp.var(y, axis=0), xp.mean(y, axis=0), xp.max(z * k, axis=0))
            yield xp.sum(y, axis=0) / xp.var(z, axis=0)

    found = la.compute(*made(la, d), device="gpu")
    for got, want in zip(found, made(np, x), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10)
    assert 1 < len(cupy.launches) < 9
    assert len(cupy.functions) <= 3  # those that are alike share a kernel


def test_a_result_of_many_reductions_is_one_launch(cupy):
    x = RNG.random((300, 70)) + 1j
    d = la.asarray(x)
    got = sum(la.var(d * k, axis=0) for k in range(1, 11)).compute(device="gpu")
    want = sum((x * k).var(axis=0) for k in range(1, 11))
    np.testing.assert_allclose(got, want, rtol=1e-10)
    assert len(cupy.launches) == 1


def many(xp, x, axis, rows):
    """Return the variances of many arrays; with rows, what all rows are over them."""
    spread = [xp.var(x * k, axis=axis, keepdims=rows) for k in range(1, 100)]
    return [x / sum(spread)] if rows else spread


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_however_many_reductions_a_launch_has_the_shared_memory(axis, rows):
    x = la.asarray(np.zeros((64, 40_000), "c16"))
    for launch in launches(tuple(many(la, x, axis, rows))):
        assert launch.shared <= MOST_SHARED


@pytest.mark.parametrize("length", [1, 5, 31, 64, 100, 700, 2500, 5000, 30000])
def test_softmax_of_every_length(cupy, length):
    x = RNG.random((9, length))
    got = PROGRAMS["softmax"](la, la.asarray(x), None).compute(device="gpu")
    np.testing.assert_allclose(got, PROGRAMS["softmax"](np, x, None), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["e", "f", "d"])
def test_rows_that_fill_a_part_of_what_threads_have_room_for(cupy, dtype):
    for length in (1, 2, 3, 4, 5, 7, 8, 9, 16, 17):
        x, y = (RNG.random((3, length)).astype(dtype) for _ in range(2))
        with la.config(small_bytes=0):
            a, b = la.asarray(x), la.asarray(y)
            apart = a - la.mean(a, axis=1, keepdims=True)
            most = la.max(apart[::-1] + a[:, ::-1], axis=1, keepdims=True)
            made = la.where(a > b, a, most)
        got, expected = made.compute(device="gpu"), made.compute(device="cpu")
        np.testing.assert_allclose(got, expected, rtol=2e-3 if dtype == "e" else 1e-6)


@pytest.mark.parametrize("dtype", ["?", "b", "H", "i", "Q", "e", "f", "d", "D"])
def test_largest_and_smallest_of_every_kind_of_dtype(cupy, dtype):
    x = (RNG.random((7, 75)) * 200 - 100).astype(dtype)
    if dtype in "efdD":
        x[2] = -np.inf
        x[3, 40] = x[6, 1] = np.nan
    for axis in (None, 0, 1):
        for f, expected in ((la.max, np.max), (la.min, np.min)):
            got = f(la.asarray(x), axis=axis).compute(device="gpu")
            np.testing.assert_array_equal(got, expected(x, axis=axis))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("length", [3, 700, 5003])
def test_maps_with_much_arithmetic(cupy, dtype, length):
    def f(xp, x, v):
        y = xp.exp(-x) * xp.sin(v) + xp.log1p(x) / xp.tanh(x + 1)
        return y + xp.arange(length, dtype=x.dtype) * xp.cos(x) * xp.log(x + 2)

    x, v = RNG.random((9, length)).astype(dtype), RNG.random(length).astype(dtype)
    for a, b in ((x, v), (x[::2], v), (x[0], v[::-1]), (x, x[:, :1])):
        got = f(la, la.asarray(a), la.asarray(b)).compute(device="gpu")
        rtol = 1e-5 if dtype == "f4" else 1e-13
        np.testing.assert_allclose(got, f(np, a, b), rtol, rtol)
    assert any("heavy" in name for name in cupy.launches)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_much_arithmetic_over_one_number_rounds_as_division(cupy, dtype):
    x = RNG.uniform(-9, 9, 4001).astype(dtype)
    x[::7], x[1::50], x[2::50], x[3::50] = 0, -0.0, np.inf, np.nan
    x[4::50], x[5::50] = np.finfo(dtype).max, np.finfo(dtype).tiny / 3
    for divisor in (3.0, -0.7, 1e30, 1e-38, 0.0, np.inf):
        lazy = la.asarray(x) / divisor
        rest = la.tanh(la.sin(la.exp(la.asarray(x)))) + la.log1p(la.cos(la.asarray(x)))
        got, _ = la.compute(lazy, rest * la.tanh(lazy), device="gpu")
        with np.errstate(all="ignore"):
            expected = x / divisor
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))
    assert all("heavy" in name for name in cupy.launches)


def test_places_of_equal_elements(cupy):
    x = RNG.integers(0, 5, (6, 35, 34))
    for axis in (0, 1, 2, None):
        got = la.argmax(la.asarray(x), axis=axis).compute(device="gpu")
        np.testing.assert_array_equal(got, x.argmax(axis=axis))


def test_a_users_kernel(cupy):
    f = la.elementwise(
        "leaky",
        numpy=lambda x, slope: np.where(x > 0, x, x * slope),
        cuda="if (x > 0) { return x; }\nreturn x * slope;",
    )
    x = RNG.normal(0, 1, (20, 30))
    got = (f(la.asarray(x) * 2, 0.25) + 1).compute(device="gpu")
    np.testing.assert_array_equal(got, np.where(x > 0, x * 2, x * 2 * 0.25) + 1)
    assert len(cupy.launches) == 1


def test_what_has_no_kernel_runs_on_the_host(cupy):
    f = la.elementwise("third", numpy=lambda x: x / 3)
    x = RNG.normal(0, 1, (20, 30))
    got = la.sum(f(la.asarray(x) * 2)[::-1] + 1, axis=0).compute(device="gpu")
    np.testing.assert_allclose(got, (x * 2 / 3 + 1).sum(0), rtol=1e-13)


def check_random(cupy, steps, shape, dtype):
    rng = np.random.default_rng(1)
    x, y = (rng.random(shape).astype(dtype) for _ in range(2))
    lazy = build(steps, [la.asarray(x), la.asarray(y)])
    with np.errstate(all="ignore"):
        assert_near(lazy.compute(device="gpu"), lazy.compute(device="cpu"))


GRAPHS = {
    "steps": STEPS,
    "shape": st.sampled_from([(3, 4), (17, 65), (32, 64), (5, 300)]),
    "dtype": st.sampled_from(["f", "d"]),
}
CALM = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}


@settings(max_examples=12, **CALM)
@given(**GRAPHS)
def test_random_graphs_agree_with_numpy(cupy, steps, shape, dtype):
    check_random(cupy, steps, shape, dtype)


@pytest.mark.slow
@settings(max_examples=300, **CALM)
@given(**GRAPHS)
def test_many_random_graphs_agree_with_numpy(cupy, steps, shape, dtype):
    check_random(cupy, steps, shape, dtype)
