"""Dask's arrays beside lazy ones, and with lazy ones in them."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed

da = pytest.importorskip("dask.array", reason="Dask is not installed")

X = np.arange(12.0).reshape(3, 4) - 3

TOGETHER = {
    "sum": lambda x, d: x + d,
    "reflected": lambda x, d: d - x,
    "product": lambda x, d: (x * d).sum(axis=0),
    "comparison": lambda x, d: x > d,
    "matmul": lambda x, d: d @ x.T,
    "element": lambda x, d: x[0, 1] * d,
    "where": lambda x, d: da.where(x > 3, d, 0),
}


@pytest.fixture(autouse=True, scope="module")
def _chunks():
    """Let Dask know lazy arrays, as docs/differences.md tells users to."""
    da.register_chunk_type(la.Array)


@pytest.mark.parametrize("name", TOGETHER)
@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
def test_arrays_of_both_kinds_make_arrays_of_dask(name, options):
    d = da.from_array(X, chunks=2)
    with la.config(**options):
        made = TOGETHER[name](la.asarray(X) * 2, d)
        assert isinstance(made, da.Array)
        expected = TOGETHER[name](X * 2, d).compute()
        np.testing.assert_array_equal(np.asarray(made), expected)


def test_an_array_of_dask_is_computed_where_a_lazy_one_is_made_of_it():
    made = la.asarray(da.from_array(X, chunks=2)) + 1
    assert isinstance(made, la.Array)
    np.testing.assert_array_equal(made.compute(), X + 1)


@pytest.mark.usefixtures("planned")
def test_chunks_stay_lazy_until_dask_computes():
    with RaiseIfComputed():
        d = da.from_array(la.asarray(X) * 2, chunks=2, meta=X[:0, :0])
        made = (d + 1).sum(axis=0)
    np.testing.assert_allclose(np.asarray(made), (X * 2 + 1).sum(axis=0))


def test_lazy_expressions_are_computed_in_chunks():
    d = da.from_array(X, chunks=2).map_blocks(lambda b: (la.asarray(b) ** 2).compute())
    np.testing.assert_array_equal(d.compute(), X**2)
    target = la.zeros(X.shape)
    da.store(d, target)
    np.testing.assert_array_equal(target.compute(), X**2)
