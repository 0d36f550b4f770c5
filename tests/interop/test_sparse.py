"""Operators between lazy arrays and SciPy's sparse ones give what NumPy's arrays do."""

import operator

import numpy as np
import pytest

import lazyarr as la

sparse = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")


def lazily(given):
    """Return elements as a part of what is not computed yet."""
    return (la.zeros((2, 100_000)) + np.tile(given, (1, 50_000)))[:, :2]


@pytest.mark.parametrize("make", [la.asarray, lazily])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "matmul", "lt", "eq"])
def test_operators_with_sparse_arrays(name, make):
    matrix = sparse.csr_array([[1.0, 0.5], [2.0, 3.0]])
    given = np.asarray([[2.0, 1.0], [4.0, 3.0]])
    x, call = make(given), getattr(operator, name)
    for made, wanted in (
        (call(matrix, x), call(matrix, given)),
        (call(x, matrix), call(given, matrix)),
    ):
        assert sparse.issparse(made) == sparse.issparse(wanted)
        if sparse.issparse(made):
            made, wanted = made.todense(), wanted.todense()
        np.testing.assert_array_equal(made, wanted)
