"""Operands stretched to rows give NumPy's bits and errors; results are aligned."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime import pool
from lazyarr.testing import assert_same_bits

OPERATIONS = (np.subtract, np.multiply, np.minimum, np.greater, np.divide)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8"])
@pytest.mark.parametrize("columns", [40, 300, 1001, 9000])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_stretched_operands_give_numpys_bits(planned, operation, columns, dtype):
    rng = np.random.default_rng(1)
    x = (rng.random((1_200_000 // columns, columns)) * 100 - 50).astype(dtype)
    x[3, 5:20] = 0
    if dtype != "i8":
        x[7, ::3] = np.nan
    for other in (x[:, :1] + 1, x[:1] + 1):
        with np.errstate(all="ignore"):
            expected = operation(x, other)
            made = operation(la.asarray(x), la.asarray(other)).compute()
        assert made.dtype == expected.dtype
        assert made.tobytes() == expected.tobytes()


def test_errors_of_stretched_operands_are_told_at_the_users_line(planned):
    x = la.asarray(np.full((400, 1000), 1e308))
    with pytest.warns(RuntimeWarning, match="overflow encountered in multiply"):
        (x * x[:, :1]).compute()


def test_results_begin_with_a_line_of_the_cache(planned):
    x = la.asarray(np.ones(1 << 18))
    held = [pool.empty((n,), np.dtype("f4")) for n in (1 << 17, 100_001)]
    held.append((x * 2 + x).compute())
    assert not any(each.ctypes.data % 64 for each in held)


@pytest.mark.parametrize("axis", [0, 1, None])
@pytest.mark.parametrize("tile", [7, 64, 4096])
def test_results_of_rows_are_folded_as_often_as_they_are_stretched(axis, tile):
    x = np.random.default_rng(3).integers(0, 9, (40, 30)).astype("f8")

    def folds(xp, x):
        total = x.sum(axis=axis, keepdims=True)
        wide = xp.broadcast_to(total, x.shape)
        alone = wide.sum(axis=axis)
        return alone, x - total, (x - total).max(axis=axis), wide.argmax(axis=axis)

    with la.config(small_path=False, tile_elements=tile, threads=2):
        (first,) = la.compute(folds(la, la.asarray(x))[0])
        found = la.compute(*folds(la, la.asarray(x)))
    for ours, eager in zip(
        (first, *found), (folds(np, x)[0], *folds(np, x)), strict=True
    ):
        assert_same_bits(ours, eager)
