"""What CuPy raises while a plan runs on a GPU: in the form of all errors, with the line."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import lazyarr as la

pytestmark = pytest.mark.gpu

X = np.random.default_rng(4).random(1 << 20)


@pytest.fixture
def pool():
    """Return the memory pool, empty but for what is in use; its limit is taken back."""
    found = importlib.import_module("cupy").get_default_memory_pool()
    found.free_all_blocks()
    yield found
    found.set_limit(size=0)


@pytest.mark.parametrize("kind", [la.ExecutionError, ValueError])
def test_what_a_library_refuses_names_the_line(kind):
    x = la.asarray(np.array([1.0, np.nan, 3.0])).persist("gpu")
    counts = la.histogram(x, 3)[0]
    with pytest.raises(
        kind, match=r"^\[histogram\] .* finite.* \(test_errors.py:\d+\)$"
    ):
        counts.compute(device="gpu")
    np.testing.assert_array_equal((x * 2).compute(), [2, np.nan, 6])


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("inv", "Singular matrix"),
        ("solve", "Singular matrix"),
        ("cholesky", "Matrix is not positive definite"),
    ],
)
def test_matrices_without_a_result_are_refused(name, text, stacked):
    matrices = np.ones((4, 4)) - 2 * np.eye(4, 4, 1)
    matrices[3] = matrices[0]
    if stacked:
        matrices = np.stack([np.eye(4), matrices])
    x = la.asarray(matrices).persist("gpu")
    more = (x[..., :1],) if name == "solve" else ()
    made = getattr(la.linalg, name)(x, *more)
    with pytest.raises(
        np.linalg.LinAlgError, match=rf"^\[{name}\] {text} \(test_errors.py:\d+\)$"
    ):
        made.persist("gpu")
    near = la.linalg.det(x).compute(device="gpu")
    np.testing.assert_allclose(near, np.linalg.det(matrices), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "name"), [(la.sort, "sort"), (lambda x: x + 0.5, "add")]
)
def test_no_memory_names_the_line(pool, call, name):
    # Larger than all that other arrays' blocks have left, which cannot be freed.
    host = np.resize(X, len(X) + pool.free_bytes() // X.itemsize)
    x = la.asarray(host).persist("gpu")
    made = call(x)
    pool.free_all_blocks()
    pool.set_limit(size=pool.total_bytes() + X.nbytes // 2)
    told = (
        rf"^\[{name}\] needs .* on the GPU.* \(test_errors.py:\d+\)\. Hint: Free arrays"
    )
    for _ in range(3):
        with pytest.raises(la.MemoryLimitError, match=told):
            made.persist("gpu")
    pool.set_limit(size=0)
    expected = np.sort(host) if name == "sort" else host + 0.5
    np.testing.assert_array_equal(made.compute(device="gpu"), expected)
