"""``where`` of long arrays goes without branches, and gives NumPy's bits."""

from __future__ import annotations

import numpy as np
import pytest

from lazyarr.ops.row import OPS

WHERE = OPS["where"].numpy
LONG = 20_000


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u2", "i4", "f2", "f4", "f8", "c8", "c16"]
)
def test_bits_are_those_of_numpy(dtype):
    rng = np.random.default_rng(0)
    x, y = (
        np.frombuffer(rng.bytes(LONG * np.dtype(dtype).itemsize), dtype)
        for _ in range(2)
    )
    if dtype == "?":
        x, y = (np.frombuffer(rng.bytes(LONG), "u1") > 99 for _ in range(2))
    mask = rng.random(LONG) > 0.5
    expected = np.where(mask, x, y)
    found = WHERE(mask, x, y)
    assert found.dtype == expected.dtype
    assert found.tobytes() == expected.tobytes()


def test_operands_that_lie_otherwise():
    x = np.arange(4.0 * LONG).reshape(200, -1)
    mask = x % 3 > 1
    for a, b, c in (
        (mask, x.T.copy().T, x),
        (mask[:, ::2], x[:, ::2], -x[:, ::2]),
        (mask, np.float64(1), x),
        (mask, x.astype("f4"), x),
        (np.bool_(True), x, -x),
        (np.arange(200)[:, None] > 3, x, -x),
    ):
        found, expected = WHERE(a, b, c), np.where(a, b, c)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["i1", "f4", "f8", "c16"])
@pytest.mark.parametrize("run", [1, 50, LONG])
@pytest.mark.parametrize("over", ["neither", "x", "y"])
def test_conditions_that_seldom_change(dtype, run, over):
    rng = np.random.default_rng(1)
    mask = np.repeat(rng.random(LONG // run) > 0.5, run)
    x, y = (rng.integers(-9, 9, LONG).astype(dtype) for _ in range(2))
    expected = np.where(mask, x, y)
    out = {"neither": np.empty_like(x), "x": x, "y": y}[over]
    assert WHERE(mask, x, y, out) is out
    assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("rows", ["all", "none", "some"])
@pytest.mark.parametrize("over", ["neither", "x", "y"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "c16"])
def test_a_condition_of_each_row(dtype, rows, over):
    mask = np.array({"all": [1, 1, 1], "none": [0, 0, 0], "some": [1, 0, 1]}[rows])
    mask = mask.astype(bool)[:, None]
    x = np.arange(3.0 * LONG).reshape(3, LONG).astype(dtype)
    y = -x
    expected = np.where(mask, x, y)
    out = {"neither": np.empty_like(x), "x": x, "y": y}[over]
    assert WHERE(mask, x, y, out) is out
    assert out.tobytes() == expected.tobytes()
