"""Copies of narrow rows: by columns, a cache full of rows at a time."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime import copying

ROWS = 9000  # of which a cache does not hold all


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dtype", ["f8", "f4", "u1", "c16", "M8[s]"])
@pytest.mark.parametrize(
    ("shape", "part"),
    [
        ((ROWS, 4), np.s_[:, 1:]),
        ((ROWS, 4), np.s_[::-1, 1:3]),
        ((ROWS, 9), np.s_[:, 2:8:2]),
        ((3, ROWS, 4), np.s_[:, :, :3]),
        ((ROWS, 3, 3), np.s_[:, 1:, :2]),
        ((0, 4), np.s_[:, 1:]),
        ((300_000, 4), np.s_[:, 1:]),
    ],
)
def test_narrow_rows_are_copied_and_what_lies_between_stays(
    shape, part, dtype, threads
):
    rng = np.random.default_rng(1)
    base, before = rng.integers(0, 99, (2, *shape)).astype(dtype)
    found, expected = before.copy(), before.copy()
    expected[part] = base[part]
    with la.config(threads=threads):
        copying.copy(found[part], base[part])
    np.testing.assert_array_equal(found, expected)


def test_only_columns_of_narrow_rows_are_copied(monkeypatch):
    sizes = []
    copyto = np.copyto

    def noted(target, source):
        sizes.append(target.ndim)
        copyto(target, source)

    monkeypatch.setattr(np, "copyto", noted)
    whole = np.zeros((ROWS, 4))
    copying.copy(whole[:, 1:], np.ones((ROWS, 3)))
    assert set(sizes) == {1}
    sizes.clear()
    copying.copy(whole, np.ones((ROWS, 4)))
    copying.copy(np.zeros((ROWS, 9))[:, 1:8], np.ones((ROWS, 7)))
    assert sizes == [2, 2]


@pytest.mark.parametrize("rows", [40, ROWS, 200_000])
def test_columns_beside_narrow_rows_are_numpys(rows):
    x = np.random.default_rng(2).random((rows, 3))
    one, lazy = np.ones(rows), la.asarray(x)
    found = la.column_stack([la.ones(rows), lazy, lazy[:, ::-1]]).compute()
    np.testing.assert_array_equal(found, np.column_stack([one, x, x[:, ::-1]]))
    found = la.concat([lazy[..., None], lazy[..., None] * 2], axis=-1).compute()
    np.testing.assert_array_equal(found, np.stack([x, x * 2], axis=-1))
