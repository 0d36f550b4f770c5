"""Products of matrices and tensors, beside NumPy."""

from __future__ import annotations

import itertools
import operator
import re
import weakref

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.element import Element
from lazyarr.api.small import Small
from lazyarr.ir.node import structure
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy

F = np.arange(12.0).reshape(3, 4)
G = np.arange(20.0).reshape(4, 5)
V = np.arange(4.0)

PROGRAMS = [
    lambda xp: xp.matmul(xp.array(F), xp.array(G)),
    lambda xp: xp.array(F) @ xp.array(G),
    lambda xp: xp.array(F) @ V,
    lambda xp: V @ xp.array(G),
    lambda xp: xp.array(V) @ V,
    lambda xp: F @ xp.array(G),
    lambda xp: xp.array(F) @ xp.array(F),
    lambda xp: xp.array(F) @ 3,
    lambda xp: xp.array(F) @ xp.array(3),
    lambda xp: xp.matmul(xp.array(np.arange(24).reshape(2, 3, 4)), xp.array(G)),
    lambda xp: xp.matmul(
        xp.array(np.arange(24).reshape(2, 3, 4)),
        xp.array(np.arange(40).reshape(2, 4, 5)),
    ),
    lambda xp: xp.matmul(
        xp.array(np.arange(24).reshape(2, 3, 4)),
        xp.array(np.arange(60).reshape(3, 4, 5)),
    ),
    lambda xp: xp.matmul(xp.array(F, dtype="i1"), xp.array(G, dtype="u1")),
    lambda xp: xp.matmul(xp.array(F > 3), xp.array(G > 3)),
    lambda xp: xp.matmul(xp.array(F, dtype="f2"), xp.array(G, dtype="i2")),
    lambda xp: xp.matmul(xp.array(F)[:0], xp.array(G)),
    lambda xp: xp.matmul(xp.array(F)[:, :0], xp.array(G)[:0]),
    lambda xp: xp.matmul(xp.array(F).T, xp.array(F)),
    lambda xp: xp.matmul(xp.array(F)[::-1, ::2], xp.array(G)[::2]),
    lambda xp: xp.array(F).dot(xp.array(G)),
    lambda xp: xp.dot(xp.array(V), xp.array(V)),
    lambda xp: xp.dot(xp.array(F), 3),
    lambda xp: xp.dot(xp.array(np.arange(24).reshape(2, 3, 4)), xp.array(G)),
    lambda xp: xp.dot(
        xp.array(np.arange(24).reshape(2, 3, 4)),
        xp.array(np.arange(40).reshape(2, 4, 5)),
    ),
    lambda xp: xp.dot(xp.array(np.arange(24).reshape(2, 3, 4)), xp.array(V)),
    lambda xp: xp.dot(xp.array(V), xp.array(np.arange(40).reshape(2, 4, 5))),
    lambda xp: xp.dot(xp.array(F), xp.array(F)),
    lambda xp: xp.tensordot(xp.array(F), xp.array(G), 1),
    lambda xp: xp.tensordot(xp.array(F), xp.array(G), axes=1),
    lambda xp: xp.tensordot(xp.array(F), xp.array(F), axes=2),
    lambda xp: xp.tensordot(xp.array(F), xp.array(F), axes=0),
    lambda xp: xp.tensordot(xp.array(F), xp.array(F), axes=([0], [0])),
    lambda xp: xp.tensordot(xp.array(F), xp.array(F), axes=([0, 1], [0, 1])),
    lambda xp: xp.tensordot(xp.array(F), xp.array(F), axes=(0, 0)),
    lambda xp: xp.tensordot(xp.array(F), xp.array(F), axes=([0], [1])),
    lambda xp: xp.tensordot(xp.array(F), xp.array(F), axes=3),
    lambda xp: xp.tensordot(xp.array(F), xp.array(F), axes=([5], [0])),
    lambda xp: xp.tensordot(xp.array(F > 2), xp.array(F > 3), axes=2),
    lambda xp: xp.vecdot(xp.array(F), xp.array(F)),
    lambda xp: xp.vecdot(xp.array(F), xp.array(V)),
    lambda xp: xp.vecdot(xp.array(F), xp.array(F), axis=0),
    lambda xp: xp.vecdot(xp.array(F) * 1j, xp.array(F) * (2 + 1j)),
    lambda xp: xp.vecdot(xp.array(F), xp.array(G)),
    lambda xp: xp.vecdot(xp.array(F > 3), xp.array(F > 2)),
    lambda xp: xp.outer(xp.array(V), xp.array(V)),
    lambda xp: xp.outer(xp.array(F), xp.array(V)),
    lambda xp: xp.outer(xp.array(V), 3),
    lambda xp: xp.trace(xp.array(F)),
    lambda xp: xp.trace(xp.array(F, dtype="i1")),
    lambda xp: xp.trace(xp.array(np.arange(24).reshape(2, 3, 4))),
    lambda xp: xp.einsum("ij->", xp.array(F)),
    lambda xp: xp.einsum("ij->j", xp.array(F)),
    lambda xp: xp.einsum("ij->ji", xp.array(F)),
    lambda xp: xp.einsum("ij", xp.array(F)),
    lambda xp: xp.einsum("ji", xp.array(F)),
    lambda xp: xp.einsum("ij,jk", xp.array(F), xp.array(G)),
    lambda xp: xp.einsum("ij,jk->ik", xp.array(F), xp.array(G)),
    lambda xp: xp.einsum("ii", xp.array(F[:, :3])),
    lambda xp: xp.einsum("ii->i", xp.array(F[:, :3])),
    lambda xp: xp.einsum("...j,j", xp.array(F), xp.array(V)),
    lambda xp: xp.einsum("...j->...", xp.array(F)),
    lambda xp: xp.einsum("i...->...", xp.array(F)),
    lambda xp: xp.einsum("ij,kl->ijkl", xp.array(F), xp.array(F)),
    lambda xp: xp.einsum("i,i", xp.array(V), xp.array(V, dtype=int)),
    lambda xp: xp.einsum("i,j", xp.array(V), xp.array(V[:3])),
    lambda xp: xp.einsum("ij,ij->i", xp.array(F), xp.array(F)),
    lambda xp: xp.einsum("ij,jk->iz", xp.array(F), xp.array(G)),
    lambda xp: xp.einsum("ij,jk", xp.array(F), xp.array(F)),
    lambda xp: xp.einsum("ijk", xp.array(F)),
    lambda xp: xp.einsum("i", xp.array(F)),
    lambda xp: xp.einsum("i->ii", xp.array(V)),
    lambda xp: xp.einsum("i,", xp.array(V), xp.array(3.0)),
    lambda xp: xp.einsum(",", xp.array(2.0), xp.array(3.0)),
    lambda xp: xp.einsum("i,i->i", xp.array(V), xp.array([2.0])),
    lambda xp: xp.einsum(" i j , j k -> i k ", xp.array(F), xp.array(G)),
    lambda xp: xp.einsum("Ba,aB->B", xp.array(F), xp.array(F.T)),
    lambda xp: xp.einsum("ba", xp.array(F)),
    lambda xp: xp.einsum("aB", xp.array(F)),
    lambda xp: xp.einsum("Ba", xp.array(F)),
    lambda xp: xp.einsum(xp.array(F), [0, 1], [1]),
    lambda xp: xp.einsum(
        "ij,jk,kl", xp.array(F), xp.array(G), xp.array(G.T), optimize=True
    ),
    lambda xp: xp.einsum(
        "...ij,...jk->...ik", xp.array(np.arange(24.0).reshape(2, 3, 4)), xp.array(G)
    ),
    lambda xp: xp.einsum("i", xp.array(F > 2)[0]),
    lambda xp: xp.einsum("ij->i", xp.array(F > 2)),
    lambda xp: xp.einsum("ij->i", xp.array(F, dtype="i1")),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_gives_what_numpy_gives(program):
    assert_matches_numpy(program)


@pytest.mark.parametrize("dtype", "?bBhilLfdFD")
def test_every_dtype_multiplies(dtype):
    x, y = (F % 5).astype(dtype), (G % 3).astype(dtype)

    def program(xp):
        a, b = xp.array(x), xp.array(y)
        return a @ b, xp.tensordot(a, b, 1), xp.vecdot(a, a), xp.outer(a[0], b[0])

    assert_matches_numpy(program)


def test_shapes_are_known_before_anything_runs():
    with RaiseIfComputed():
        x = la.ones((2, 3, 4)) + 1
        assert (x @ la.ones((4, 5))).shape == (2, 3, 5)
        assert la.einsum("bij,jk->ibk", x, la.ones((4, 2))).shape == (3, 2, 2)
        assert la.tensordot(x, x, axes=((0, 2), (0, 2))).shape == (3, 3)
        with pytest.raises(la.ShapeError):
            x @ x


def test_a_product_in_place():
    def program(xp):
        x = xp.array(V)
        view = x[1:]
        x @= xp.array(np.eye(4) * 2)
        return x, view

    assert_matches_numpy(program)


LARGE = np.random.default_rng(3).random((400, 90))


@pytest.fixture
def less_is_small():
    """Let `LARGE` be of middle size: known, and larger than what is small."""
    with la.config(small_bytes=1 << 18):
        yield


SMALL_PRODUCTS = [
    lambda xp, a: a @ xp.arange(90.0),
    lambda xp, a: xp.ones(400) @ a,
    lambda xp, a: xp.dot(a.T, xp.arange(400.0)),
    lambda xp, a: a[::2, 3:7].T @ a[::2, 3:7],
    lambda xp, a: a[:, 1].dot(a[:, 0]),
]


@pytest.mark.usefixtures("less_is_small")
@pytest.mark.parametrize("product", SMALL_PRODUCTS)
def test_small_products_of_known_matrices_are_known(product):
    a = la.array(LARGE)
    made = product(la, a)
    assert type(made) in (Small, Element)
    expected = product(np, LARGE)
    np.testing.assert_array_equal(made.compute(), expected)
    a[...] = 0
    np.testing.assert_array_equal(made.compute(), expected)
    with la.config(small_bytes=0):
        later = product(la, la.array(LARGE))
        assert type(later) is la.Array
        np.testing.assert_allclose(later.compute(), expected)


@pytest.mark.usefixtures("less_is_small")
def test_products_of_what_is_pending_or_long_are_expressions():
    a, long = la.array(LARGE), la.array(np.ones((40, 1_000_000)))
    for made in ((a + 1) @ la.ones(90), a @ a.T, long @ long[0]):
        assert type(made) is la.Array
    with pytest.raises(la.ShapeError):
        a @ la.ones(89)


@pytest.mark.usefixtures("less_is_small")
def test_a_small_product_shows_the_plan_that_made_it_and_holds_no_matrix():
    a = la.array(LARGE)
    made = a.T @ la.ones(400) * 2
    assert "matmul" in str(made.explain())
    held = weakref.ref(a)
    del a
    assert held() is None
    assert "matmul" not in str(made.explain())
    np.testing.assert_array_equal(made.compute(), LARGE.T @ np.ones(400) * 2)


@pytest.mark.usefixtures("less_is_small")
def test_infinities_in_a_small_product_warn_as_numpys_do():
    a = la.array(LARGE)
    a[0, 0], a[0, 1] = np.inf, -np.inf
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        (a @ la.ones(90)).compute()
    with np.errstate(invalid="ignore"):
        assert np.isnan((a @ la.ones(90)).compute()[0])


@pytest.mark.parametrize("size", [500, 20_000])
def test_dot_adds_up_as_numpys_whatever_the_strides(size):
    rng = np.random.default_rng(3)
    x, y = rng.random(size), rng.random(size)
    for k in range(size - 9, size):
        expected = np.dot(np.flip(x[:k]), y[:k])
        assert float(la.dot(la.flip(la.array(x)[:k]), la.array(y)[:k])) == expected
        assert float(la.dot(x[:k][::-1], la.array(y)[:k])) == expected


def test_einsum_sums_over_no_axes_without_a_name():
    for xp in (np, la):
        with pytest.raises(ValueError, match="output"):
            xp.einsum("...i->i", xp.ones((3, 4)))
        assert xp.einsum("...i->i", xp.ones(4)).shape == (4,)


@pytest.mark.parametrize(
    "path",
    [(), 5, ("greedy",), ["einsum_path", (0,)], ["einsum_path", (0, 1, 2)]],
    ids=str,
)
def test_einsum_refuses_what_is_no_path_when_it_is_called(path):
    x = np.ones((3, 3))
    with pytest.raises((TypeError, RuntimeError, IndexError)) as theirs:
        np.einsum("ij,jk", x, x, optimize=path)
    y = la.asarray(x) * 2
    with pytest.raises(theirs.type, match=re.escape(str(theirs.value))):
        la.einsum("ij,jk", y, y, optimize=path)


@pytest.mark.usefixtures("planned")
def test_einsum_names_no_index_that_is_summed():
    for xp in (np, la):
        square = xp.asarray(np.arange(9.0).reshape(3, 3))
        assert float(xp.einsum("ii", square)) == 12
        assert xp.einsum("iij", xp.ones((2, 2, 5))).shape == (5,)


_LINES = {
    "whole": lambda x: x[:9],
    "from the second": lambda x: x[1:10],
    "every third": lambda x: x[:27:3],
    "backwards": lambda x: x[9:0:-1],
    "a column": lambda x: x[:36].reshape(9, 4)[:, 1],
    "one": lambda x: x[:1],
    "none": lambda x: x[:0],
    "narrow": lambda x: x[:9].astype("f4"),
    "integers": lambda x: (x[:9] * 8).astype(int),
    "complex": lambda x: x[:9] * 1j,
}


@pytest.mark.parametrize("first", _LINES)
@pytest.mark.parametrize("second", _LINES)
def test_products_of_small_vectors_have_numpys_bits(first, second):
    x = np.random.default_rng(5).normal(size=40)
    y = la.asarray(x) * 1
    a, b = _LINES[first](x), _LINES[second](x)
    p, q = _LINES[first](y), _LINES[second](y)
    if a.shape != b.shape:
        with pytest.raises(ValueError, match="match"):
            p @ q
        return
    wanted, found = a @ b, (p @ q).compute()
    assert type(wanted) is type(found)
    assert wanted.tobytes() == found.tobytes()


@pytest.mark.parametrize("error", ["over", "invalid", "under"])
def test_errors_in_products_of_small_vectors_are_told(error):
    value = {"over": 1e300, "invalid": np.inf, "under": 1e-300}[error]
    x = la.asarray([value, 0.0, value]) * 1.0
    y = la.asarray([value, 1.0, -value if error == "invalid" else value]) * 1.0
    with np.errstate(**{error: "raise"}), pytest.raises(FloatingPointError):
        (x @ y).compute()
    with np.errstate(all="ignore"):
        wanted = x.compute() @ y.compute()
        assert (x @ y).compute().tobytes() == wanted.tobytes()
    if error != "under":
        with pytest.warns(RuntimeWarning) as told:
            (x @ y).compute()
        assert all(one.filename == __file__ for one in told)


def test_a_small_product_of_vectors_shows_its_plan():
    x = la.asarray([1.0, 2.0]) * 2
    assert "matmul" in str((x @ x).explain())


LAYOUTS = {
    "C": lambda x: x,
    "F": np.asfortranarray,
    "rows apart": lambda x: np.repeat(x, 2, axis=0)[::2],
    "columns apart": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "upside down": lambda x: x[::-1].copy()[::-1],
    "unaligned": lambda x: (
        np.frombuffer(b"." + x.tobytes(), "u1")[1:].view("f8").reshape(x.shape)
    ),
}


@pytest.mark.parametrize("second", LAYOUTS)
@pytest.mark.parametrize("first", LAYOUTS)
def test_small_products_have_numpys_bits_however_their_operands_lie(first, second):
    random = np.random.default_rng(5)
    sides = [0, 1, 2, 3, 5, 8, 17]
    for rows, inner, columns in itertools.product(sides, repeat=3):
        x = LAYOUTS[first](random.standard_normal((rows, inner)))
        y = LAYOUTS[second](random.standard_normal((inner, columns)))
        v = LAYOUTS[first](random.standard_normal(inner))
        w = LAYOUTS[second](random.standard_normal(inner))
        for a, b in [(x, y), (x, w), (v, y), (v, w)]:
            wanted, found = a @ b, la.asarray(a) @ la.asarray(b)
            assert found.shape == wanted.shape
            assert found.compute().tobytes() == wanted.tobytes()
            if "unaligned" in (first, second):
                continue  # a view of what is another's is one of a copy that is aligned
            turned = la.asarray(b).T @ la.asarray(a).T
            assert turned.compute().tobytes() == (b.T @ a.T).tobytes()


@pytest.mark.parametrize("error", ["over", "invalid", "under"])
def test_errors_in_products_of_small_matrices_are_told(error):
    value = {"over": 1e300, "invalid": np.inf, "under": 1e-300}[error]
    x = la.asarray([[value, 0.0], [0.0, value]]) * 1.0
    with np.errstate(**{error: "raise"}), pytest.raises(FloatingPointError):
        (x @ x).compute()
    with np.errstate(all="ignore"):
        wanted = x.compute() @ x.compute()
        assert (x @ x).compute().tobytes() == wanted.tobytes()
    if error != "under":
        with pytest.warns(RuntimeWarning) as told:
            (x @ x).compute()
        assert all(one.filename == __file__ for one in told)
        assert {str(one.message).rpartition(" ")[2] for one in told} == {"matmul"}


@pytest.mark.parametrize(
    "program",
    [
        lambda xp, x: x[0] @ 2,
        lambda xp, x: 2.5 @ x[0],
        lambda xp, x: x[0] @ x[1],
        lambda xp, x: x.sum() @ x.sum(),
        lambda xp, x: np.float64(2) @ x[0],
        lambda xp, x: x[0] @ np.float64(2),
        lambda xp, x: x[0] @ x,
        lambda xp, x: x @ x[0],
        lambda xp, x: x @ 2,
        lambda xp, x: xp.asarray(2.0) @ 2,
        lambda xp, x: operator.imatmul(x[0], 2),
        lambda xp, x: operator.imatmul(x[0], x),
        lambda xp, x: operator.imatmul(x, x[0]),
    ],
)
def test_scalars_have_no_product_of_matrices(program):
    for count in (4, 100_000):  # known, and an expression
        with pytest.raises((TypeError, ValueError)) as caught:
            program(np, np.arange(float(count)) + 1)
        with pytest.raises(caught.type):
            program(la, la.arange(float(count)) + 1)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("kinds", ["dd", "ff", "df", "ll", "DD", "dD"])
@pytest.mark.parametrize(
    "sides", [((3, 4), (4, 5)), ((3, 4), (4,)), ((4,), (4, 5)), ((4,), (4,))]
)
def test_an_operator_makes_the_graph_that_the_function_makes(kinds, sides, known):
    # `known`: of the second, a small array, the elements are there.
    a, b = (np.ones(side, kind) for side, kind in zip(sides, kinds, strict=True))
    x, y = la.asarray(a).persist("cpu"), la.asarray(b)
    with la.config(small_path=False):
        x, y = x + 1, y if known else y + 1
        by_operator, by_function = x @ y, la.matmul(x, y)
        graphs = [structure((made._node,))[0] for made in (by_operator, by_function)]
        assert graphs[0] == graphs[1]
    expected = (a + 1) @ (b if known else b + 1)
    np.testing.assert_array_equal(by_operator.compute(), expected, strict=True)


@pytest.mark.parametrize(
    "sides", [((3, 4), (3, 4)), ((3,), (4,)), ((), (3,)), ((3,), ())]
)
def test_an_operator_on_expressions_refuses_what_numpy_refuses(sides):
    a, b = (np.ones(side) for side in sides)
    with la.config(small_path=False):
        x, y = la.asarray(a) + 1, la.asarray(b) + 1
        for one, other in ((a, b), (x, y)):
            with pytest.raises(ValueError, match="matmul"):
                one @ other


@pytest.mark.parametrize("kind", [float, np.float32, complex, int])
@pytest.mark.parametrize("size", [30, 7, 900])
@pytest.mark.parametrize(
    "product",
    [
        lambda xp, a, b: a @ b,
        lambda xp, a, b: b @ a.T,
        lambda xp, a, b: b @ a,
        lambda xp, a, b: xp.matmul(a, b),
        lambda xp, a, b: xp.dot(b, a.T),
        lambda xp, a, b: xp.dot(a, b, None),
    ],
)
def test_a_pending_array_times_a_known_one(kind, size, product):
    x = np.arange(150_000).reshape(5000, 30).astype(kind)
    y = (np.arange(size) % 5).astype(kind)
    y = y.reshape(30, 30) if size == 900 else y
    assert_matches_numpy(lambda xp: product(xp, xp.asarray(x) + 1, xp.array(y)))


def test_a_pending_array_times_a_known_one_is_put_off():
    x = la.ones((2000, 2000)) * 3.0
    y = la.asarray(np.arange(2000.0)) + 1
    assert type(y) is Small
    with RaiseIfComputed():
        made = [x @ y, y @ x, la.dot(x, y), la.matmul(y, x), x @ x]
    assert [one.shape for one in made] == [(2000,)] * 4 + [(2000, 2000)]


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float16, complex])
def test_a_vector_times_a_matrix_is_of_their_dtype(kind):
    rows = (np.arange(6.0).reshape(3, 2) % 2).astype(kind)
    other = (rows[:, 0] * (1 + 2j)).astype(kind) if kind is complex else rows[:, 0]
    assert_matches_numpy(lambda xp: xp.vecmat(xp.asarray(other), xp.asarray(rows)))
    assert_matches_numpy(lambda xp: xp.vecmat(other, xp.asarray(rows) == 1))
