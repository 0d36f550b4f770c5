"""Constants fold through maps and reductions, with NumPy's values."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.rules import simplify

FLOATS = ["f2", "f4", "f8"]
INTEGERS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]
SPECIAL = [0.0, -0.0, 1.0, -2.5, 0.1, np.nan, np.inf, -np.inf]


def stages(x):
    return [(s["kind"], s["ops"]) for s in x.explain().to_dict()["stages"]]


def test_the_articles_program_is_one_fill():
    x = la.ones((1000, 1000, 1000))
    x *= 5
    x *= x
    x += x
    plan = x.explain().to_dict()
    assert stages(x) == [("scalar", ["multiply", "add"]), ("source", ["copy"])]
    assert plan["rules"] == {"map-of-fill": 2, "multiply-unit": 1}
    assert float(x[0, 0, 0]) == 50.0
    assert [s["bytes_read"] for s in plan["stages"]] == [0, 8]


def test_a_plain_fill_is_a_source():
    assert stages(la.full((3,), 2.5)) == [("source", ["copy"])]
    assert stages(la.ones(3) * 2.5) == [("source", ["copy"])]
    assert stages(la.arange(3)) == [("source", ["iota", "copy"])]


def test_known_constants_need_no_arithmetic_at_all():
    total = la.ones((3, 5), dtype="f8").sum() + la.ones(4).prod()
    assert stages(total) == [("scalar", ["copy"])]
    assert float(total) == 16.0
    assert (
        la.ones(7)
        .sum()
        .explain()
        .to_dict()["stages"][0]["lines"][0]["text"]
        .endswith("7.0")
    )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("value", SPECIAL)
@pytest.mark.parametrize("count", [1, 2, 3000, 70_000])
def test_sums_of_float_fills(dtype, value, count):
    full = np.full(count, value, dtype)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        want = full.sum(dtype="f8")
        numpys = full.sum()
        got = la.full((count,), value, dtype=dtype).sum().compute()
        exact = np.asarray(want).astype(dtype)
    assert got.dtype == numpys.dtype
    if np.isfinite(exact):
        spacing = np.spacing(np.abs(exact))
        # The product is rounded once or twice; adding one by one, many times.
        assert abs(got - exact) <= 2 * spacing
        assert abs(got - exact) <= abs(numpys - exact) + 2 * spacing
    else:
        np.testing.assert_equal(got, numpys)
    assert bool(np.signbit(got)) == bool(np.signbit(numpys)) or np.isnan(got)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("count", [1, 3, 300, 70_000])
def test_integer_sums_and_products_wrap_as_numpys_do(dtype, count):
    value = np.iinfo(dtype).max - 1
    full = np.full((count,), value, dtype)
    lazy = la.full((count,), value, dtype=dtype)
    for got, want in [
        (lazy.sum(), full.sum()),
        (lazy.sum(dtype=dtype), full.sum(dtype=dtype)),
        (lazy.prod(), full.prod()),
        (lazy.prod(dtype=dtype), full.prod(dtype=dtype)),
    ]:
        assert got.compute() == want
        assert got.compute().dtype == want.dtype


@pytest.mark.parametrize("value", SPECIAL)
def test_everything_else_of_a_fill_is_numpys(value):
    full, lazy = np.full((2, 3), value), la.full((2, 3), value)
    for name in ("max", "min", "any", "all", "argmax", "argmin", "count_nonzero"):
        for axis in (None, 0, 1):
            got = getattr(la, name)(lazy, axis=axis)
            want = getattr(np, name)(full, axis=axis)
            np.testing.assert_array_equal(got.compute(), want)
            assert np.asarray(got.compute()).dtype == np.asarray(want).dtype
            assert got.explain().to_dict()["rules"]


def test_a_reduction_of_nothing_is_left_alone():
    empty = la.full((0, 3), 2.0)
    assert simplify((empty.sum(axis=0)._current(),))[1] == {}
    np.testing.assert_array_equal(empty.sum(axis=0).compute(), np.zeros(3))
    assert la.full((0,), 2.0).prod().compute() == 1.0


def test_a_fill_of_an_empty_shape_stays_empty():
    z = la.ones((0, 3)) * 5 + 1
    assert z.compute().shape == (0, 3)


def test_what_warns_is_not_settled_while_planning():
    zero = la.zeros(3) / la.zeros(3)
    for _ in range(2):  # at every run, as NumPy would
        with pytest.warns(RuntimeWarning, match="invalid value"):
            assert np.isnan(zero.compute()).all()


def test_a_constant_worked_out_by_rules_is_in_the_plan():
    x = la.full((7,), 2.5)
    assert la.compute(x.sum(), x + 1)[0] == 17.5
    assert x.sum().explain().to_dict()["stages"][0]["ops"] == ["multiply", "add"]
    assert la.full((9,), 2.5).sum().compute() == 22.5  # another count, another plan


def test_a_fill_without_elements_computes_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (la.zeros(0) / 0).compute().shape == (0,)
        assert (la.zeros((3, 0), dtype=int) ** la.full((3, 0), -1)).compute().size == 0


@pytest.mark.parametrize("count", [2**24 - 1, 2**24, 2**24 + 1])
def test_a_count_that_is_rounded_is_no_power(count):
    product = la.full((count,), -1, dtype="f4").prod()
    simple, _ = simplify((product._current(),))  # before a value of it may be kept
    assert (simple[0].op.name == "prod") is (count > 2**24)
    assert product.compute() == (-1.0 if count % 2 else 1.0)
