"""The usual cases of operators and functions, built inline, are what the general way gives."""

from __future__ import annotations

import operator
import pickle
import sys

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api import recipes
from lazyarr.ir import infer, leaves
from lazyarr.ir.node import structure, where_text
from lazyarr.testing import assert_same_bits

pytestmark = pytest.mark.usefixtures("planned")

RNG = np.random.default_rng(7)
A = RNG.random((4, 6)) * 8 - 4
DTYPES = "?bBhHiIlLefdFD"
BINARY = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.lt,
    operator.ge,
    operator.eq,
    operator.ne,
    operator.and_,
    operator.lshift,
    operator.pow,
]
NUMBERS = [0, 0.0, -0.0, 1, True, 2, 2.0, -1, -1.0, 0.5, 3, 2.5, 1j, float("nan"), 300]


def outcome(function, *operands):
    """Return the value, or the classes of the error that NumPy's code raises."""
    with np.errstate(all="ignore"):
        try:
            made = function(*operands)
            return made.compute() if isinstance(made, la.Array) else made
        except (TypeError, ValueError, OverflowError) as error:
            return next(c for c in type(error).__mro__ if c.__module__ == "builtins")


def assert_same(function, ours, theirs):
    made, wanted = outcome(function, *ours), outcome(function, *theirs)
    if isinstance(wanted, type) or isinstance(made, type):
        assert made is wanted, (function, theirs)
    else:
        assert_same_bits(np.asarray(made), np.asarray(wanted))


@pytest.mark.parametrize("function", BINARY)
def test_operators_of_every_pair_of_dtypes(function):
    for first in DTYPES:
        for second in DTYPES:
            x = np.arange(1, 7).reshape(2, 3).astype(first)
            y = np.arange(3, 9).reshape(2, 3).astype(second)
            for z in (y, y[0]):  # of one shape, and stretched
                for _ in range(2):
                    assert_same(function, (la.asarray(x), la.asarray(z)), (x, z))


@pytest.mark.parametrize("function", BINARY)
@pytest.mark.parametrize("dtype", DTYPES)
def test_operators_of_numbers_on_either_side(function, dtype):
    x = np.arange(1, 7).reshape(2, 3).astype(dtype)
    for number in NUMBERS:
        for _ in range(3):
            assert_same(function, (la.asarray(x), number), (x, number))
            assert_same(function, (number, la.asarray(x)), (number, x))


def test_a_number_that_was_cast_is_not_taken_for_the_cast_one():
    x = np.arange(6)
    for _ in range(3):
        assert la.full(6, 2.5, dtype=x.dtype).compute().tolist() == [2] * 6
        assert_same(operator.mul, (la.asarray(x), 2.5), (x, 2.5))
        assert_same(operator.sub, (2.5, la.asarray(x)), (2.5, x))


FUNCTIONS = [f for f in vars(np).values() if type(f) is np.ufunc and f.nin == 2]


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_number_that_another_function_took_is_what_the_operator_takes(dtype):
    x = np.arange(1, 7).reshape(2, 3).astype(dtype)
    for function in BINARY:  # the usual loop, of which numbers are looked up, is known
        assert_same(function, (la.asarray(x), la.asarray(x)), (x, x))
    leaves.held_scalars.clear()
    leaves.weak_scalars.clear()
    for number in (1, 2, 3.5, 1j):
        for function in (getattr(la, f.__name__) for f in FUNCTIONS):
            for _ in range(3):
                outcome(function, la.asarray(x), number)
                outcome(function, number, la.asarray(x))
        for function in BINARY:
            assert_same(function, (la.asarray(x), number), (x, number))
            assert_same(function, (number, la.asarray(x)), (number, x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_operators_of_one_element_beside_many(dtype):
    x = np.arange(1, 7).reshape(2, 3).astype(dtype)
    for other in DTYPES:
        y = np.full((), 3, other)
        for _ in range(2):
            made, one = la.asarray(x), la.asarray(y)
            assert_same(operator.mul, (made, one), (x, y))
            assert_same(operator.lt, (one, made), (y, x))


@pytest.mark.parametrize("dtype", DTYPES)
def test_operators_of_one(dtype):
    x = np.arange(-3, 3).reshape(2, 3).astype(dtype)
    for function in (operator.neg, operator.pos, operator.abs, operator.invert):
        for _ in range(2):
            assert_same(function, (la.asarray(x),), (x,))
            assert_same(function, (la.asarray(x)[:, ::2],), (x[:, ::2],))


def test_operators_of_views_and_of_what_has_no_axes():
    x, y = la.asarray(A), la.asarray(A.T.copy())
    for _ in range(2):
        for ours, theirs in (
            (x.T + y, A.T + A.T),
            (x[1:] - x[:-1], A[1:] - A[:-1]),
            (x[:, ::-2] * 2, A[:, ::-2] * 2),
            (x.sum() * x, A.sum() * A),
            (x / x.max(), A / A.max()),
            (x[0, 0] + 1, A[0, 0] + 1),
            (x + x[:, :1] + x[0], A + A[:, :1] + A[0]),
            (x[2:2] + 1, A[2:2] + 1),
        ):
            assert_same_bits(np.asarray(ours.compute()), np.asarray(theirs))


def test_a_view_of_what_was_written_shows_it():
    held = A.copy()
    x = la.array(A)
    part = x[1:]
    before = part + 1
    x[1:] = 5
    held[1:] = 5
    assert_same_bits((part + 1).compute(), held[1:] + 1)
    assert_same_bits(before.compute(), A[1:] + 1)


class _Own(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return "its own"


class _Left:
    __array_ufunc__ = None

    def __radd__(self, other):
        return "its own"

    __rpow__ = __radd__


def test_operands_with_a_say_of_their_own_have_it():
    x = la.asarray(A)
    for _ in range(2):
        assert x + A.view(_Own) == "its own"
        assert x + _Left() == "its own"
        assert x ** _Left() == "its own"
        masked = np.ma.masked_array(A, A > 0)
        assert isinstance(x + masked, np.ma.MaskedArray)
        with pytest.raises(TypeError):
            x + "text"
        with pytest.raises(TypeError):
            x + None
        assert not (x == "text").compute().any()
        assert (x + [1.0] * 6).compute().shape == A.shape
        assert (x * np.float32(3)).dtype == np.float64


def test_integers_that_do_not_fit_are_refused_every_time():
    x = la.asarray(np.arange(6, dtype=np.int8))
    for _ in range(2):
        with pytest.raises(OverflowError):
            x + 300
        with pytest.raises(OverflowError):
            300 - x
        assert (x < 300).compute().all()
        with pytest.raises(ValueError, match="negative integer powers"):
            x**-1


def test_numbers_are_found_again_after_all_were_forgotten():
    x = la.asarray(A)
    first = x * 7.25 + 7.25
    leaves.held_scalars.clear()
    leaves.weak_scalars.clear()
    second = x * 7.25 + 7.25
    assert structure((first._node,))[0] == structure((second._node,))[0]
    assert_same_bits(second.compute(), A * 7.25 + 7.25)


def test_nodes_name_the_line_that_made_them():
    x, y = la.asarray(A), la.asarray(A[0].copy())

    def made():
        yield x + x, sys._getframe().f_lineno
        yield x + y, sys._getframe().f_lineno
        yield 2 * x, sys._getframe().f_lineno
        yield x**2, sys._getframe().f_lineno
        yield x**3.5, sys._getframe().f_lineno
        yield -x, sys._getframe().f_lineno
        yield la.exp(x), sys._getframe().f_lineno
        yield la.maximum(x, 0), sys._getframe().f_lineno
        yield la.hypot(x, y), sys._getframe().f_lineno
        yield la.full((9, 9), 2.5), sys._getframe().f_lineno
        yield la.std(x, axis=0, keepdims=True), sys._getframe().f_lineno
        yield x.mean(axis=0), sys._getframe().f_lineno

    for _ in range(2):
        for result, line in made():
            assert where_text(result._node.where) == f"test_building.py:{line}"


@pytest.mark.parametrize("dtype", "?bilefdFD")
def test_functions_of_one_and_two_operands(dtype):
    x = np.arange(1, 7).reshape(2, 3).astype(dtype)
    y = np.arange(2, 8).reshape(2, 3).astype("f4")
    lazy, other = la.asarray(x), la.asarray(y)
    for name in ("exp", "sqrt", "sign", "square", "isfinite"):
        for _ in range(2):
            function = lambda a, name=name: getattr(  # noqa: E731
                la if isinstance(a, la.Array) else np, name
            )(a)
            assert_same(function, (lazy,), (x,))
    for name in ("add", "maximum", "hypot", "less", "arctan2"):
        for _ in range(2):
            for pair, theirs in (
                ((lazy, other), (x, y)),
                ((lazy, 2), (x, 2)),
                ((2.5, other[0]), (2.5, y[0])),
                ((lazy, y), (x, y)),
                ((lazy, other[:1]), (x, y[:1])),
            ):
                ours = outcome(getattr(la, name), *pair)
                wanted = outcome(getattr(np, name), *theirs)
                if isinstance(wanted, type):
                    assert ours is wanted
                else:
                    assert_same_bits(np.asarray(ours), np.asarray(wanted))


def test_functions_with_more_arguments_go_the_general_way():
    x = la.asarray(A)
    out = la.zeros(A.shape)
    for _ in range(2):
        assert la.exp(x, out=out) is out
        assert la.add(x, 1, out) is out
        assert_same_bits(out.compute(), A + 1)
        assert la.exp(x, dtype=np.float32).dtype == np.float32
        assert la.sqrt(4.0).compute() == 2
        with pytest.raises(TypeError):
            la.exp(x, x, x, x)


def test_shapes_of_what_is_filled():
    big = 1 << 18
    for _ in range(3):
        for shape in (
            big,
            (big,),
            (512, 512),
            (np.int64(512), 512),
            [512, 512],
            (0, 9),
        ):
            for value in (2.5, 2, True, 0, 0.0, -0.0, 3, 1j):
                for dtype in (None, np.float32, "i2", np.dtype("c8"), bool, float):
                    if isinstance(value, complex) and np.dtype(dtype).kind != "c":
                        continue
                    wanted = np.full(shape, value, dtype)
                    made = la.full(shape, value, dtype=dtype)
                    assert (made.shape, made.dtype) == (wanted.shape, wanted.dtype)
                    assert_same_bits(made[:1].compute(), wanted[:1])
        assert la.zeros((512, 512)).dtype == la.ones((512, 512)).dtype == np.float64
        for wrong in ((512.0, 512), (512, -1), "5", (None,)):
            with pytest.raises((TypeError, ValueError)):
                la.full(wrong, 1.0)
            with pytest.raises((TypeError, ValueError)):
                la.zeros(wrong)


def test_numbers_that_a_dtype_does_not_hold_are_told_every_time():
    for _ in range(3):
        with pytest.raises(OverflowError):
            la.full((512, 512), 300, dtype=np.int8)
        with pytest.warns(RuntimeWarning, match="overflow"):
            la.full((512, 512), 1e300, dtype=np.float32)
        assert la.full((512, 512), 2**63).dtype == np.uint64
        assert la.full((512, 512), 5).dtype == np.int64


def test_small_arrays_beside_others_are_what_they_hold():
    with la.config(small_bytes=1 << 17):
        row = RNG.random(500)
        rows = RNG.random((500, 500))
        x, small = la.asarray(rows), la.asarray(row)
        for _ in range(2):
            for ours, theirs in (
                (x * small, rows * row),
                (small - x, row - rows),
                (x + 1 > small, rows + 1 > row),
                (small**2 / x, row**2 / rows),
            ):
                assert type(ours).__name__ == "Array"
                assert_same_bits(ours.compute(), theirs)
        with pytest.raises(ValueError, match="broadcast"):
            x * small[:7]


def test_views_have_one_tag_however_they_were_made():
    x = la.asarray(A)
    first, second = x[1:, ::2], x[1:][:, ::2]
    assert first._current().tag == second._current().tag
    again = pickle.loads(pickle.dumps(first + 1))
    assert structure((again._current(),))[0] == structure(((first + 1)._node,))[0]
    view = first._current().params
    assert pickle.loads(pickle.dumps(view)) == view
    assert not vars(pickle.loads(pickle.dumps(view)))  # tags are of this process
    leaves._views.clear()
    assert infer.view_node(x._node, view).tag == first._current().tag


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(recipes, "_MOST", 4)
    for table in recipes.tables:
        table.clear()
    for n in range(2, 30):
        x = la.ones((n, 3))
        assert la.sum(x, axis=1).compute().tolist() == [3.0] * n
        assert la.sum(x, axis=1).shape == (n,)
    assert all(len(table) <= 4 for table in recipes.tables)
