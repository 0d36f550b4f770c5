"""NumPy's protocols and functions on lazy arrays, and Python's own conversions."""

from __future__ import annotations

import copy
import operator
import pickle

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api import namespace
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy

F = np.arange(12.0).reshape(3, 4)
G = np.arange(20.0).reshape(4, 5)
V = np.arange(4.0)
PROGRAMS = []


def case(program):
    """Add a program to those that are run beside NumPy."""
    PROGRAMS.append(program)
    return program


@case
def _(xp):
    x = xp.array(F[:, :3])
    x @= xp.array(F[:, :3])
    return x


@case
def _(xp):
    x = xp.array(V)
    x @= xp.array(G)
    return x


@case
def _(xp):
    x = xp.array(F)
    return np.float64(2) * x


@case
def _(xp):
    x = xp.array(F)
    return np.float32(2) * x


@case
def _(xp):
    x = xp.array(F, dtype="f4")
    return np.float64(2) * x


@case
def _(xp):
    x = xp.array(F, dtype="i1")
    return np.int64(2) - x


@case
def _(xp):
    x = xp.array(F)
    return F * x


@case
def _(xp):
    x = xp.array(F)
    return x * F.tolist()


@case
def _(xp):
    x = xp.array(F)
    return F.tolist() - x


@case
def _(xp):
    x = xp.array(F)
    return x > F


@case
def _(xp):
    x = xp.array(F)
    return np.array(2.0) * x


@case
def _(xp):
    a = F.copy()
    a += xp.array(F)
    return a


@case
def _(xp):
    a = F.copy()
    np.add(a, xp.array(F), out=a)
    return a


@case
def _(xp):
    a = F.astype(int)
    a += xp.array(F)
    return a


@case
def _(xp):
    x = xp.array(F)
    return np.add(x, 1)


@case
def _(xp):
    x = xp.array(F)
    return np.sin(x)


@case
def _(xp):
    x = xp.array(F)
    return (
        np.sum(x),
        np.sum(x, axis=0),
        np.sum(x, 0, keepdims=True),
        np.add.reduce(x),
        np.add.reduce(x, axis=None),
        np.maximum.reduce(x, axis=1),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.mean(x, axis=0),
        np.std(x),
        np.var(x, ddof=1),
        np.max(x),
        np.min(x, axis=1),
        np.prod(x),
        np.any(x),
        np.all(x, 0),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.cumsum(x),
        np.cumsum(x, axis=0),
        np.add.accumulate(x),
        np.multiply.outer(x[0], x[1]),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.where(x > 3, x, 0),
        np.clip(x, 2, 5),
        np.concatenate([x, x]),
        np.stack([x, x]),
        np.reshape(x, (4, 3)),
        np.transpose(x),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.sort(x[:, ::-1]),
        np.argsort(x),
        np.median(x),
        np.percentile(x, 30),
        np.linalg.norm(x),
        np.fft.fft(x),
    )


@case
def _(xp):
    x = xp.array(F)
    return np.linalg.inv(x[:, :3] + np.eye(3)), np.histogram(x)[0], np.unique(x)


@case
def _(xp):
    x = xp.array(F)
    return np.divmod(x, 5), np.modf(x / 3), np.frexp(x)


@case
def _(xp):
    x = xp.array(F)
    return (
        np.einsum("ij->j", x),
        np.dot(x, G),
        np.matmul(x, G),
        np.tensordot(x, G, 1),
        np.outer(V, x[0]),
        np.kron(x, x),
        np.inner(x, x),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.sum(x, where=x > 3),
        np.sum(x, initial=5),
        np.max(x, initial=50),
        np.mean(x, where=x > 3),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.add(x, 1, dtype="f4"),
        np.add(x, 1, casting="no"),
        np.add(x, 1, where=F > 3, out=xp.array(F) * 0),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.zeros_like(x),
        np.ones_like(x, dtype=int),
        np.full_like(x, 3),
        np.empty_like(x).shape,
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.isclose(x, F),
        np.allclose(x, F),
        np.array_equal(x, F),
        np.round(x / 3, 2),
        np.around(x / 7, 1),
        np.nan_to_num(x),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.shape(x),
        np.ndim(x),
        np.size(x),
        np.real(x),
        np.imag(x),
        np.iscomplexobj(x),
        np.result_type(x, np.float32),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.diff(x),
        np.gradient(x),
        np.ediff1d(x),
        np.trapezoid(x),
        np.interp(x, [0, 10], [0, 1]),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.tile(x, 2),
        np.repeat(x, 2),
        np.repeat(x, 2, 0),
        np.roll(x, 1),
        np.flip(x, 0),
        np.pad(x, 1),
        np.rot90(x),
    )


@case
def _(xp):
    x = xp.array(F)
    return np.split(x, 2, axis=1), np.array_split(x, 3), np.hsplit(x, 2), np.unstack(x)


@case
def _(xp):
    x = xp.array(F)
    return (
        np.take(x, [1, 2]),
        np.take_along_axis(x, np.argsort(x, 1), 1),
        np.choose([0, 1], [x[0, :2], x[1, :2]]),
        np.compress([True, False, True], x, axis=0),
        np.extract(F > 3, x),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.nonzero(x),
        np.argwhere(x > 3),
        np.flatnonzero(x),
        np.searchsorted(V, x[0]),
        np.argmax(x),
        np.count_nonzero(x),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        np.asarray(x),
        np.array(x),
        np.asarray(x, dtype="i4"),
        np.asarray(x, "c8"),
        np.array(x, copy=True),
    )


@case
def _(xp):
    x = xp.array(F)
    return (
        x.tolist(),
        x.item(3),
        x[0, 0].item(),
        list(x[0]),
        x.shape,
        len(x),
        x.dtype,
        x.nbytes,
        x.itemsize,
    )


@case
def _(xp):
    x = xp.array(F)
    return [float(v) for v in x[0]], [v for row in x for v in row], 3.0 in x, 99 in x


@case
def _(xp):
    x = xp.array(F)
    return float(x)


@case
def _(xp):
    x = xp.array(F)
    return int(x)


@case
def _(xp):
    x = xp.array(F)
    return bool(x)


@case
def _(xp):
    x = xp.array([])
    return bool(x)


@case
def _(xp):
    x = xp.array([1.5])
    return bool(x)


@case
def _(xp):
    x = xp.array([1.5])
    return float(x)


@case
def _(xp):
    x = xp.array(1.5)
    return float(x), int(x), bool(x), complex(x), f"{x:.2f}"


@case
def _(xp):
    x = xp.array(3)
    return [1, 2, 3, 4][x], range(10)[x], operator.index(x), hex(x)


@case
def _(xp):
    x = xp.array(3.0)
    return operator.index(x)


@case
def _(xp):
    x = xp.array([3])
    return operator.index(x)


@case
def _(xp):
    x = xp.array(5)
    return len(x)


@case
def _(xp):
    x = xp.array(5)
    return iter(x)


@case
def _(xp):
    x = xp.array(1j)
    return float(x)


@case
def _(xp):
    x = xp.array(F)
    return x.item()


@case
def _(xp):
    x = xp.array(F)
    return x.item(99)


@case
def _(xp):
    x = xp.array(F)
    return x.item(1, 2), x.item((1, 2))


@case
def _(xp):
    x = xp.array(F)
    return pickle.loads(pickle.dumps(x + 1)), copy.copy(x), copy.deepcopy(x * 2)


@case
def _(xp):
    x = xp.array(F)
    y = copy.copy(x)
    y[0] = 9
    return x, y


@case
def _(xp):
    x = xp.array(F)
    y = x.copy()
    x[0] = 9
    return x, y


@case
def _(xp):
    x = xp.array(F)
    y = x[0]
    z = copy.deepcopy(y)
    x[0] = 9
    return x, y, z


@case
def _(xp):
    x = xp.array(F)
    return np.from_dlpack(x)


@case
def _(xp):
    x = xp.array(F)
    return memoryview(np.asarray(x)).shape


@case
def _(xp):
    x = xp.array(F)
    return (
        -x,
        +x,
        abs(x),
        ~(x > 3),
        x // 2,
        x % 5,
        divmod(x, 5)[0],
        divmod(7, x + 1)[1],
        x**2,
        2**x,
        x < 3,
        x == F,
        x != 3,
    )


@case
def _(xp):
    x = xp.array(F) > 3
    return x & True, x | False, x ^ x, ~x


@case
def _(xp):
    x = xp.array(F) > 3
    return x - x


@case
def _(xp):
    x = xp.array(F) > 3
    return -x


@case
def _(xp):
    x = xp.array(F) > 3
    return +x


@case
def _(xp):
    x = xp.array(F)
    return x & 1


@case
def _(xp):
    x = xp.array(F)
    return x + "a"


@case
def _(xp):
    x = xp.array(F)
    return x + None


@case
def _(xp):
    x = xp.array(F)
    return x + object()


@case
def _(xp):
    x = xp.array(F)
    return x == "a"


@case
def _(xp):
    x = xp.array(F)
    return operator.eq(x, None)


@case
def _(xp):
    x = xp.array(F)
    return operator.ne(x, None)


@case
def _(xp):
    x = xp.array(F)
    return x == [1, 2, 3, 4]


@case
def _(xp):
    x = xp.array(F)
    return x == np.arange(3)


@case
def _(xp):
    x = xp.array(F)
    return x < None


@case
def _(xp):
    x = xp.array(F)
    return x + np.arange(5)


@case
def _(xp):
    x = xp.array(F)
    x += np.ones((2, 3, 4))
    return x


@case
def _(xp):
    x = xp.array(F[0])
    x += F
    return x


@case
def _(xp):
    x = xp.array(F[:1])
    x += F
    return x


@case
def _(xp):
    x = xp.array(F, dtype=int)
    x += 1.5
    return x


@case
def _(xp):
    x = xp.array(F, dtype=int)
    x /= 2
    return x


@case
def _(xp):
    x = xp.array(F, dtype="u1")
    x -= 300
    return x


@case
def _(xp):
    x = xp.array(F, dtype="u1")
    x += np.int64(3)
    return x


@case
def _(xp):
    x = xp.array(F, dtype="f4")
    x += np.float64(3)
    return x


@case
def _(xp):
    x = xp.array(F, dtype="f4")
    x += 1j
    return x


@case
def _(xp):
    x = xp.array(F)
    return x.sum(axis=0, out=xp.zeros(4)), x.max(axis=0, out=xp.zeros(4, "f4"))


@case
def _(xp):
    x = xp.array(F)
    o = xp.zeros(4)
    x.sum(axis=0, out=o)
    return o


@case
def _(xp):
    x = xp.array(F)
    o = xp.zeros(3)
    return x.sum(axis=0, out=o)


@case
def _(xp):
    x = xp.array(F)
    o = xp.zeros(4, int)
    return x.mean(axis=0, out=o)


@case
def _(xp):
    x = xp.array(F)
    o = xp.zeros((3, 4))
    np.sin(x, out=o)
    return o


@case
def _(xp):
    x = xp.array(F)
    o = xp.zeros((3, 4))
    v = o[0]
    np.sin(x, out=o)
    return v


@case
def _(xp):
    x = xp.array(F)
    o = xp.zeros((2, 3, 4))
    xp.sin(x, out=o[1])
    return o


@case
def _(xp):
    x = xp.array(F)
    o = xp.zeros((2, 3, 4))
    xp.sin(x, out=o)
    return o


@case
def _(xp):
    x = xp.array(F)
    o = np.zeros((3, 4))
    np.sin(x, out=o)
    return o


@case
def _(xp):
    x = xp.array(F)
    return x.conj(), x.conjugate(), (x * 1j).conj(), x.astype(int).conj()


@case
def _(xp):
    x = xp.array(F)
    return (
        x.round(1),
        x.clip(1, 3),
        x.swapaxes(0, 1),
        x.squeeze(),
        x.std(ddof=1),
        x.var(axis=0),
        x.dot(G),
    )


@case
def _(xp):
    x = xp.array(F)
    return np.lib.stride_tricks.sliding_window_view(x, 2, axis=1)


@case
def _(xp):
    x = xp.array(F)
    return np.apply_along_axis(np.sum, 0, x)


@case
def _(xp):
    x = xp.array(F)
    np.copyto(x, 7)
    return x


@case
def _(xp):
    x = xp.array(F)
    np.put(x, [0], [9])
    return x


@case
def _(xp):
    x = xp.array(F)
    np.fill_diagonal(x, 9)
    return x


@case
def _(xp):
    x = xp.array(F)
    np.place(x, F > 3, [9])
    return x


@case
def _(xp):
    x = xp.array(F)
    np.putmask(x, F > 3, 9)
    return x


@case
def _(xp):
    x = xp.array(F)
    np.add.at(x, [0, 0], 1)
    return x


@case
def _(xp):
    x = xp.array(F)
    return np.add.reduceat(x, [0, 1])


@case
def _(xp):
    x = xp.array(F)
    return np.vectorize(lambda v: v + 1)(x)


@case
def _(xp):
    x = xp.array(F)
    return (
        np.linalg.svd(x)[1],
        np.linalg.det(x[:, :3]),
        np.linalg.solve(x[:, :3] + 3 * np.eye(3), [1, 2, 3]),
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_gives_what_numpy_gives(program):
    assert_matches_numpy(program)


def test_numpy_functions_stay_lazy_where_there_is_a_lazy_form():
    with RaiseIfComputed():
        x = la.asarray(F) + 1
        for made in (
            np.add(x, 1),
            np.sin(x),
            np.sum(x, axis=0),
            np.add.reduce(x),
            np.concatenate([x, x]),
            np.where(x > 3, x, 0),
            np.reshape(x, (4, 3)),
            np.matmul(x, G),
            np.float64(2) * x,
            F * x,
            np.mean(x, axis=1, keepdims=True),
            np.clip(x, 1, 2),
            np.zeros_like(x),
        ):
            assert la.is_lazy(made)


def test_the_plan_says_what_numpy_had_to_compute():
    made = np.packbits(la.asarray(F) > 2)
    assert la.is_lazy(made)
    text = str((made + 1).explain())
    assert "numpy.packbits has no lazy form" in text


def test_numpys_keywords_of_reductions_are_lazy():
    x = la.asarray(F)
    with RaiseIfComputed():
        some = np.sum(x, where=F > 3)
        more = np.sum(x, axis=0, initial=2.0)
    assert float(some) == float(np.sum(F, where=F > 3))
    assert np.array_equal(more, np.sum(F, axis=0, initial=2.0))


def test_writing_functions_write_into_lazy_arrays():
    for function, rest in (
        (np.copyto, (7,)),
        (np.put, ([0, 5], [9, 8])),
        (np.fill_diagonal, (9,)),
        (np.place, (F > 3, [9])),
        (np.putmask, (F > 3, 9)),
        (np.add.at, ([0, 0], 1)),
    ):
        eager, lazy = F.copy(), la.asarray(F, copy=True)
        view = lazy[1]
        function(eager, *rest)
        function(lazy, *rest)
        assert np.array_equal(lazy.compute(), eager)
        assert np.array_equal(view.compute(), eager[1])


def test_numpy_arrays_are_written_by_lazy_operands():
    array = F.copy()
    array += la.asarray(F)
    assert type(array) is np.ndarray
    assert np.array_equal(array, F * 2)
    np.multiply(la.asarray(F), 3, out=array)
    assert np.array_equal(array, F * 3)


def test_a_deep_chain_is_pickled():
    x = la.asarray(F)
    for _ in range(10_000):
        x = x + 1.5
    revived = pickle.loads(pickle.dumps(x))
    assert la.is_lazy(revived)
    assert np.array_equal(revived.compute(), x.compute())


def test_pickles_keep_every_kind_of_node():
    x = la.asarray(F)
    x[1, ::2] = la.arange(2) * 7
    x[x > 8] = -1
    parts = (x.T.reshape(-1), x.sum(axis=0), x @ G, x[[0, 2]], x.real, x > 2, la.eye(3))
    for made in parts:
        revived = pickle.loads(pickle.dumps(made))
        assert np.array_equal(revived.compute(), made.compute())


def test_copies_are_apart():
    x = la.asarray(F, copy=True)
    shallow, deep, method = copy.copy(x), copy.deepcopy(x), x.copy()
    x[0] = 99
    for made in (shallow, deep, method):
        assert np.array_equal(made.compute(), F)


def test_a_deep_copy_does_not_see_the_wrapped_array_change():
    data = F.copy()
    deep, shallow = copy.deepcopy(la.asarray(data)), copy.copy(la.asarray(data))
    data[:] = 0
    assert np.array_equal(deep.compute(), F)
    assert float(shallow.sum()) == 0


def test_dlpack_goes_both_ways():
    x = la.asarray(F) * 2
    assert np.array_equal(np.from_dlpack(x), F * 2)
    assert np.array_equal(la.from_dlpack(F).compute(), F)
    assert np.array_equal(la.from_dlpack(x).compute(), F * 2)
    assert x.__dlpack_device__() == (1, 0)


def test_asarray_with_copy():
    assert np.asarray(la.asarray(F), dtype="f4").dtype == np.float32
    with pytest.raises(ValueError, match="copy"):
        np.asarray(la.asarray(F), copy=False)
    handed = np.array(la.asarray(F))
    handed[:] = 0
    assert F.sum() == 66


def test_the_namespace_of_the_standard():
    x = la.ones(2)
    assert x.__array_namespace__() is la
    assert x.__array_namespace__(api_version="2025.12") is la
    with pytest.raises(ValueError, match="1999"):
        x.__array_namespace__(api_version="1999.01")


def test_arrays_are_not_hashable():
    for x in (la.ones(2), la.asarray(1), la.ones((1, 1))[0]):
        with pytest.raises(TypeError, match="unhashable"):
            hash(x)


def test_elements_are_keys_as_numpys_scalars_are():
    x = la.asarray([2, 5, 2, 7])
    assert {x[0]: "two"}[2] == "two"
    assert len(set(x)) == 3
    assert hash(x.sum()) == hash(16)
    seen = {}
    for value in x:
        seen[value] = seen.get(value, 0) + 1
    assert seen == {2: 2, 5: 1, 7: 1}


def test_functions_of_arrays_that_are_no_numbers_are_numpys():
    x = la.asarray([1.0, 2.0])
    sides = np.broadcast_arrays(x, np.array(None), np.array("text"))
    assert [type(side) for side in sides] == [la.Array, np.ndarray, np.ndarray]
    assert sides[1].tolist() == [None, None]
    joined = la.concatenate([x, ["a", "b"]])
    assert type(joined) is np.ndarray
    assert joined.tolist() == ["1.0", "2.0", "a", "b"]


def test_to_numpy():
    x = la.asarray([1.0, 2.0]) * 2
    np.testing.assert_array_equal(x.to_numpy(), [2.0, 4.0])
    assert type(x.sum().to_numpy()) is np.ndarray


def test_foreign_operands_get_their_own_try():
    class Unit:
        __array_ufunc__ = None

        def __radd__(self, other):
            return "added"

    assert la.ones(2) + Unit() == "added"
    with pytest.raises(TypeError):
        la.ones(2) + object()


def test_a_failure_leaves_arrays_as_they_were():
    x = la.asarray(F, copy=True)
    view = x[0]
    for wrong in (
        lambda: operator.iadd(x, np.ones((2, 3, 4))),
        lambda: operator.setitem(x, [9], 1),
        lambda: x.reshape(5, 5),
        lambda: np.add(x, 1, out=la.zeros(3)),
    ):
        with pytest.raises((ValueError, IndexError)):
            wrong()
    assert np.array_equal(x.compute(), F)
    assert np.array_equal(view.compute(), F[0])


@pytest.mark.parametrize("name", ["divmod", "modf", "matvec", "vecmat"])
def test_numpys_ufuncs_that_are_no_rows_are_ours_where_we_have_them(name):
    x = la.asarray(F) + 1.0
    operands = {"modf": (x,), "vecmat": (x[:, 0], x)}.get(name, (x, x[0]))
    with RaiseIfComputed():
        made = getattr(np, name)(*operands)
    want = getattr(np, name)(*(one.compute() for one in operands))
    assert np.array_equal(np.asarray(made), np.asarray(want))


def test_numpys_function_of_a_name_is_ours_wherever_it_is_defined():
    missing = []
    for name in dir(np):
        theirs, ours = getattr(np, name), vars(la).get(name)
        if isinstance(theirs, (type, np.ufunc)) or not callable(theirs):
            continue
        if getattr(ours, "__module__", "").startswith("lazyarr."):
            found = namespace.function(name)
            missing += [] if found else [name]
    assert missing == []


def test_what_numpy_had_to_compute_is_known_where_it_is_small():
    table = la.loadtxt(["1 2", "3 4"])
    assert str(table * 2) == "[[2. 4.]\n [6. 8.]]"  # no plan had to run
    assert "loadtxt has no lazy form" in str((table * 2).explain())
    held = np.arange(3.0)
    same = la.require(held)
    same[0] = 7
    assert held.tolist() == [0, 1, 2]


@pytest.mark.parametrize("count", [3, 100_000])
def test_numpy_casts_complex_numbers_and_warns_at_the_line(count):
    z = la.arange(count) * 1j
    target = np.ones(count)
    with pytest.warns(np.exceptions.ComplexWarning) as told:
        target[:] = z
    with pytest.warns(np.exceptions.ComplexWarning) as more:
        assert np.asarray(z, float).sum() == target.sum() == 0
    assert [one.filename for one in (*told, *more)] == [__file__, __file__]
    for xp in (np, la):  # where casts are to be safe, it refuses
        with pytest.raises(TypeError, match="according to the rule 'safe'"):
            xp.digitize(xp.arange(3.0), xp.arange(count) * 1j)


@pytest.mark.parametrize("count", [3, 1_000_000])
def test_bytes_are_never_to_be_written(count):
    for xp in (np, la):
        x = xp.frombuffer(bytes(count), np.uint8)
        assert not x.flags.writeable
        for unlock in (
            lambda x: x.setflags(write=True),
            lambda x: x[1:].setflags(write=True),
            lambda x: setattr(x.flags, "writeable", True),
            lambda x: x.__setitem__(0, 1),
        ):
            with pytest.raises(ValueError, match=r"WRITEABLE|read-only"):
                unlock(x)
        assert x.sum() == 0


@pytest.mark.parametrize("count", [6, 100_000])
def test_what_is_written_into_a_mapped_file_reaches_it(count, tmp_path):
    file = tmp_path / "x.npy"
    la.save(file, la.arange(count) * 1.0)
    held = la.load(file, mmap_mode="r+")
    held[2:4] = 50
    held[0] -= 1
    held.flush()
    assert np.load(file)[:5].tolist() == [-1, 1, 50, 50, 4]
    for mode in ("r", "c", None):  # which no write reaches
        read = la.load(file, mmap_mode=mode)
        assert isinstance(read, la.Array)
        assert (read * 2)[:3].tolist() == [-2, 2, 100]


class Pair(tuple):
    """A tuple that is made of two arguments."""

    __slots__ = ()

    def __new__(cls, x, y):
        return tuple.__new__(cls, (x, y))


def test_results_of_scipy_are_passed_on():
    """Their classes are tuples that cannot be made of what these tuples hold."""
    stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")
    x = la.asarray(np.random.default_rng(3).random(100_000))
    result = stats.ttest_ind(x, x * 2)
    assert type(result) is not tuple
    for pair in (result, Pair(2.0, 3.0), Pair(x.sum(), 3.0)):
        wanted = tuple(float(item) for item in pair)
        np.testing.assert_array_equal(
            np.asarray(la.einsum("i,i", x[:2], pair)),
            np.einsum("i,i", np.asarray(x[:2]), wanted),
        )
        seen = np.apply_along_axis(lambda row, other: row + other[1], 0, x[:4], pair)
        np.testing.assert_array_equal(np.asarray(seen), np.asarray(x[:4]) + wanted[1])
    kept = []
    np.apply_along_axis(lambda row, other: kept.append(other) or row, 0, x[:4], result)
    assert kept[0] is result
