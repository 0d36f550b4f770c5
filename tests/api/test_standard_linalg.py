"""Linear algebra beside NumPy: values, dtypes, stacks, sides of no elements, errors."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy, every_path

SQUARES = [(1, 1), (3, 3), (4, 2, 2), (2, 3, 4, 4), (0, 0), (0, 3, 3), (5, 0, 0)]
MATRICES = [*SQUARES, (3, 5), (5, 3), (2, 4, 3), (0, 4), (4, 0), (2, 0, 3), (0, 3, 2)]
DTYPES = ["f4", "f8", "c8", "c16", "i4", "u1", "?"]
ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


def matrices(shape, dtype="f8"):
    """Return matrices with which every function here is well conditioned."""
    rng = np.random.default_rng(sum(shape))
    data = rng.integers(-4, 5, shape) if dtype != "u1" else rng.integers(0, 9, shape)
    data = data.astype(dtype)
    if dtype.startswith("c"):
        data = data + 1j * rng.integers(-4, 5, shape).astype(dtype)
    if shape[-1] == shape[-2] and dtype != "?":
        data = data + 20 * np.eye(shape[-1], dtype=data.dtype)
    return data.astype(dtype)


def hermitian(shape, dtype):
    """Return positive definite matrices."""
    data = matrices(shape, dtype)
    return (data + np.conj(np.swapaxes(data, -1, -2))).astype(data.dtype)


@pytest.mark.parametrize("name", ["det", "inv", "slogdet", "matrix_norm", "eigvalsh"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SQUARES)
def test_functions_of_square_matrices(name, dtype, shape):
    data = hermitian(shape, dtype)
    if dtype == "?":
        data = np.broadcast_to(np.eye(shape[-1], dtype=bool), shape)
    ulp = 4 if name == "matrix_norm" else 0
    program = lambda xp: getattr(xp.linalg, name)(xp.asarray(data))  # noqa: E731
    assert_matches_numpy(program, ulp=ulp)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", MATRICES)
def test_decompositions(dtype, shape):
    data = matrices(shape, dtype)
    for program in (
        lambda xp: xp.linalg.svd(xp.asarray(data)),
        lambda xp: xp.linalg.svd(xp.asarray(data), full_matrices=False),
        lambda xp: xp.linalg.svdvals(xp.asarray(data)),
        lambda xp: xp.linalg.qr(xp.asarray(data)),
        lambda xp: xp.linalg.qr(xp.asarray(data), mode="complete"),
        lambda xp: xp.linalg.qr(xp.asarray(data), mode="r"),
    ):
        assert_matches_numpy(program)
    exact = data.dtype.kind in "iub"  # NumPy does not take the default with these
    wide = data.astype(float) if exact else data
    for rtol in (None, 0.01):
        found = la.linalg.pinv(data, rtol=rtol).compute()
        assert np.array_equal(found, np.linalg.pinv(wide, rtol=rtol))
        assert found.dtype == wide.dtype


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("shape", SQUARES)
def test_eigenvalues_of_hermitian_matrices(dtype, shape):
    data = hermitian(shape, dtype)
    assert_matches_numpy(lambda xp: xp.linalg.eigh(xp.asarray(data)))
    assert_matches_numpy(lambda xp: xp.linalg.eigh(xp.asarray(data), UPLO="U"))
    assert_matches_numpy(lambda xp: xp.linalg.cholesky(xp.asarray(data)))
    assert_matches_numpy(lambda xp: xp.linalg.cholesky(xp.asarray(data), upper=True))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SQUARES)
def test_eigenvalues_are_always_complex(dtype, shape):
    data = matrices(shape, dtype)
    expected = np.linalg.eig(data)
    values, vectors = la.compute(*la.linalg.eig(data))
    wide = np.result_type(expected.eigenvalues.dtype, np.complex64)
    assert values.dtype == vectors.dtype == wide
    assert np.array_equal(values, expected.eigenvalues)
    assert np.array_equal(vectors, expected.eigenvectors)
    only = la.linalg.eigvals(data).compute()
    assert only.dtype == wide
    assert np.array_equal(only, np.linalg.eigvals(data))


@pytest.mark.parametrize("left", ["f4", "f8", "c8", "i2"])
@pytest.mark.parametrize("right", ["f4", "f8", "c8", "i2"])
def test_solve(left, right):
    for shape, other in [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((2, 3, 3), (3, 4)),
        ((2, 1, 3, 3), (4, 3, 1)),
        ((2, 3, 3), (3,)),
        ((0, 0), (0,)),
        ((0, 3, 3), (0, 3, 2)),
    ]:
        x, y = matrices(shape, left), matrices((1, *other), right)[0]
        assert_matches_numpy(
            lambda xp, x=x, y=y: xp.linalg.solve(xp.asarray(x), xp.asarray(y))
        )


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "i4"])
@pytest.mark.parametrize("power", [0, 1, 2, 3, 4, 5, 6, 11, -1, -3])
def test_matrix_power(dtype, power):
    for shape in SQUARES:
        data = matrices(shape, dtype)
        assert_matches_numpy(
            lambda xp, data=data: xp.linalg.matrix_power(xp.asarray(data), power)
        )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", MATRICES)
def test_norms_of_matrices(order, shape):
    for dtype in ("f4", "f8", "c8", "i4"):
        data = matrices(shape, dtype)
        for keepdims in (False, True):
            assert_matches_numpy(
                lambda xp, data=data, keepdims=keepdims: xp.linalg.matrix_norm(
                    xp.asarray(data), ord=order, keepdims=keepdims
                ),
                ulp=4,
                warnings=False,
            )


@pytest.mark.parametrize("order", [2, 1, 0, 3, 0.5, -1, -2, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1), (2, 0)])
def test_norms_of_vectors(order, axis):
    for dtype in ("f4", "f8", "c8", "i4"):
        data = matrices((2, 3, 4), dtype)
        data[data == 0] = 1
        for keepdims in (False, True):
            assert_matches_numpy(
                lambda xp, data=data, keepdims=keepdims: xp.linalg.vector_norm(
                    xp.asarray(data), ord=order, axis=axis, keepdims=keepdims
                ),
                ulp=8,
            )


def test_norm_is_of_vectors_or_matrices():
    data = matrices((2, 3, 4))
    for options in (
        {},
        {"axis": 1},
        {"axis": 1, "ord": 3},
        {"axis": (0, 2)},
        {"axis": (2, 0), "ord": 1},
        {"axis": (0, 2), "ord": "nuc", "keepdims": True},
        {"keepdims": True},
        {"axis": (0, 1, 2)},
        {"axis": (1, 1)},
        {"axis": 3},
        {"ord": 2},
        {"axis": 0, "ord": "fro"},
        {"axis": (0, 1), "ord": 7},
    ):
        assert_matches_numpy(
            lambda xp, options=options: xp.linalg.norm(xp.asarray(data), **options),
            ulp=4,
        )


def test_rank():
    data = np.array([[1.0, 2.0], [2.0, 4.0]])
    stack = np.stack([data, np.eye(2), np.zeros((2, 2)), np.diag([1.0, 1e-3])])
    for options in ({}, {"rtol": 0.1}, {"rtol": np.full(4, 1e-4)}, {"tol": 1e-4}):
        assert_matches_numpy(
            lambda xp, options=options: xp.linalg.matrix_rank(
                xp.asarray(stack), **options
            )
        )
    for shape in ((0, 3), (2, 0, 0), (0, 2, 2)):
        assert_matches_numpy(
            lambda xp, shape=shape: xp.linalg.matrix_rank(xp.zeros(shape))
        )
    assert_matches_numpy(lambda xp: xp.linalg.matrix_rank(xp.asarray([0.0, 0.0])))


@pytest.mark.parametrize("dtype", ["f4", "i4", "c16", "u1"])
def test_cross(dtype):
    x, y = matrices((4, 3), dtype), matrices((2, 1, 3), dtype)
    assert_matches_numpy(lambda xp: xp.linalg.cross(xp.asarray(x), xp.asarray(y)))
    x, y = matrices((3, 4), dtype), matrices((3, 4), dtype)
    assert_matches_numpy(
        lambda xp: xp.linalg.cross(xp.asarray(x), xp.asarray(y), axis=0)
    )


def test_diagonals_are_of_the_last_axes():
    data = matrices((2, 3, 4))
    for offset in (-3, -1, 0, 1, 4):
        for program in (
            lambda xp, k=offset: xp.linalg.diagonal(xp.asarray(data), offset=k),
            lambda xp, k=offset: xp.linalg.trace(xp.asarray(data), offset=k),
            lambda xp, k=offset: xp.trace(xp.asarray(data), k),
        ):
            assert_matches_numpy(program)
    small = matrices((3, 3), "i4").astype("i1")
    assert_matches_numpy(lambda xp: xp.linalg.trace(xp.asarray(small)))
    assert_matches_numpy(lambda xp: xp.linalg.trace(xp.asarray(small), dtype=xp.int8))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *((name, (3,)) for name in ("inv", "det", "svd", "qr", "eigh", "pinv")),
        *((name, (2, 3)) for name in ("inv", "det", "eigh", "eig", "cholesky")),
    ],
)
def test_shapes_are_checked_at_the_call(name, shape):
    with RaiseIfComputed(), pytest.raises(np.linalg.LinAlgError) as caught:
        getattr(la.linalg, name)(la.ones(shape))
    assert isinstance(caught.value, la.ShapeError)
    assert name in str(caught.value)


def test_what_does_not_fit_is_an_error_of_the_call():
    with RaiseIfComputed():
        with pytest.raises(ValueError, match="system"):
            la.linalg.solve(la.ones((3, 3)), la.ones(2))
        with pytest.raises(ValueError, match="3 long"):
            la.linalg.cross(la.ones(2), la.ones(2))
        with pytest.raises(ValueError, match="one-dimensional"):
            la.linalg.outer(la.ones((2, 2)), la.ones(2))
        with pytest.raises(TypeError, match="float16"):
            la.linalg.inv(la.ones((2, 2), dtype=la.float16))
        with pytest.raises(ValueError, match="mode"):
            la.linalg.qr(la.ones((2, 2)), mode="half")
        with pytest.raises(ValueError, match="UPLO"):
            la.linalg.eigh(la.ones((2, 2)), UPLO="X")


def test_a_singular_matrix_is_found_when_it_is_inverted():
    with la.config(small_bytes=0):
        inverse = la.linalg.inv(la.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError, match=r"inv.*test_standard_linalg"):
        inverse.compute()
    with pytest.raises(np.linalg.LinAlgError, match=r"inv.*test_standard_linalg"):
        la.linalg.inv(la.zeros((2, 2)))
    assert issubclass(la.linalg.LinAlgError, Exception)


def test_decompositions_are_lazy_and_run_once():
    with RaiseIfComputed():
        u, s, vh = la.linalg.svd(la.ones((4, 3)) * 2, full_matrices=False)
        again = (u * s) @ vh
        assert again.shape == (4, 3)
    ops = [stage["ops"] for stage in again.explain().to_dict()["stages"]]
    assert sum("svd" in names for names in ops) == 1
    assert sum("part" in names for names in ops) == 3
    with every_path():
        assert np.allclose(again.compute(), 2)


@pytest.mark.usefixtures("planned")
def test_numpy_functions_find_ours():
    x = la.asarray(matrices((3, 3)))
    with RaiseIfComputed():
        assert type(np.linalg.inv(x)) is la.Array
        assert type(np.linalg.svd(x).S) is la.Array
        assert type(np.linalg.norm(x, axis=0)) is la.Array
    assert np.array_equal(np.linalg.inv(x).compute(), np.linalg.inv(x.compute()))


def test_what_numpy_computes_is_noted():
    a, b = matrices((4, 2)), matrices((1, 4))[0]
    found = la.linalg.lstsq(la.asarray(a), la.asarray(b))
    expected = np.linalg.lstsq(a, b, None)
    assert np.array_equal(found[0].compute(), expected[0])
    assert "linalg.lstsq" in str((found[0] + 1).explain().to_dict()["decisions"])
    assert_matches_numpy(lambda xp: xp.linalg.cond(xp.asarray(matrices((3, 3)))))
    assert_matches_numpy(
        lambda xp: xp.linalg.multi_dot([xp.asarray(a), xp.asarray(a.T), xp.asarray(a)])
    )
    tensor = matrices((6, 6)).reshape(2, 3, 6)
    assert_matches_numpy(lambda xp: xp.linalg.tensorinv(xp.asarray(tensor)))
    side = matrices((2, 3))
    assert_matches_numpy(
        lambda xp: xp.linalg.tensorsolve(xp.asarray(tensor), xp.asarray(side))
    )
