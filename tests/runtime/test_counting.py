"""Sums of booleans are counted."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la

SHAPE = (300, 1001)
MASKS = {
    "noise": np.random.default_rng(41).random(SHAPE) < 0.3,
    "none": np.zeros(SHAPE, bool),
    "all": np.ones(SHAPE, bool),
    "strided": (np.random.default_rng(42).random((600, 1001)) < 0.5)[::2],
    "transposed": (np.random.default_rng(43).random(SHAPE[::-1]) < 0.5).T,
}


@pytest.mark.parametrize("name", list(MASKS))
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("threads", [1, 2])
def test_sums_means_and_counts(name, axis, threads):
    mask = MASKS[name]
    x = la.asarray(mask)
    with la.config(threads=threads, tile_elements=4096):
        for got, want in (
            (x.sum(axis=axis), mask.sum(axis=axis)),
            (x.mean(axis=axis), mask.mean(axis=axis)),
            (la.count_nonzero(x, axis=axis), np.count_nonzero(mask, axis=axis)),
            ((~x).sum(axis=axis), (~mask).sum(axis=axis)),
            (x.sum(axis=axis, dtype="f4"), mask.sum(axis=axis, dtype="f4")),
        ):
            result = got.compute()
            assert result.dtype == np.asarray(want).dtype
            assert np.array_equal(result, want)


def test_ones_and_zeros_that_are_read_otherwise_stay_numbers():
    mask = MASKS["noise"]
    x = la.asarray(mask)
    with la.config(tile_elements=4096):
        ones = x.astype(np.int64)
        total, largest = la.compute(ones.sum(), ones.max())
        again, itself = la.compute(ones.sum(), ones)
        row, column = la.asarray(mask[:1]), la.asarray(mask[:, :1])
        wide = (row & column).sum().compute()
    assert total == again == mask.sum()
    assert largest == 1
    assert np.array_equal(itself, mask)
    assert wide == (mask[:1] & mask[:, :1]).sum()


def test_several_conditions_of_one_pass():
    """What is counted is not overwritten by what is computed after it."""
    data, weight = np.random.default_rng(44).random((2, 20_000))
    x, w = la.asarray(data), la.asarray(weight)
    edges = (0.2, 0.5, 0.7)
    with la.config(tile_elements=64, small_path=False):
        counts = la.compute(*((x < e).sum() for e in edges))
        means = la.compute(*(w[(x < e) & (w > e)].mean() for e in edges))
    assert counts == tuple((data < e).sum() for e in edges)
    wanted = [weight[(data < e) & (weight > e)].mean() for e in edges]
    np.testing.assert_allclose(means, wanted, rtol=1e-12)
