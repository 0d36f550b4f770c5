"""Elements taken one after the other: by loops over arrays, and by their places."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.ir.node import structure
from lazyarr.testing import RaiseIfComputed
from tests.counting import calls

N = 72_000  # elements: no small array
ARRAYS = {
    "array": lambda a: a,
    "part": lambda a: a[3:-2],
    "backwards": lambda a: a[::-1],
    "column": lambda a: a.reshape(-1, 4)[:, 1],
    "row": lambda a: a.reshape(2, -1)[1],
    "transposed": lambda a: a.reshape(2, -1).T[:, 0],
    "expression": lambda a: a * 2,
    "part of an expression": lambda a: (a * 2)[1::2],
    "complex": lambda a: (a + 1j).real,
    "integers": lambda a: a.astype(np.int32),
    "booleans": lambda a: a > 5,
    "rows": lambda a: a.reshape(-1, 9_000),
    "selected": lambda a: a[a > 7],
}


def source(size=N):
    return np.arange(float(size)) % 11


@pytest.mark.parametrize("name", ARRAYS)
def test_a_loop_over_a_large_array_meets_its_elements(name):
    x, expected = (ARRAYS[name](f(source())) for f in (la.asarray, np.asarray))
    met = list(x)
    assert len(met) == len(expected)
    for one, other in zip(met, expected, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert other.shape or isinstance(one, type(other))
    np.testing.assert_array_equal(la.array(met), expected)


def next_one(x):
    for k, value in enumerate(x):
        x[(k + 1) % len(x)] = value + k


def all_of_it(x):
    met = []
    for k, value in enumerate(x):
        met.append(float(value))
        if k in (5, 9):
            x += 1
    return met


def through_a_view(x):
    met, view = [], x[::2]
    for k, value in enumerate(view):
        met.append(float(value))
        if k % (len(view) // 4) == 1:
            x[2 * k + 2 :] = k
    return met


def under_a_mask(x):
    met = []
    for k, value in enumerate(x[1:]):
        met.append(float(value))
        if k == 7:
            x[x > 5] = -1
    return met


def with_a_shape(x):
    met = []
    for value in x:
        met.append(np.asarray(value).tolist())
        if len(met) == 3:
            x.shape = (-1, 4)
    return met


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize(
    "loop", [next_one, all_of_it, through_a_view, under_a_mask, with_a_shape]
)
@pytest.mark.parametrize("own", [False, True], ids=["wrapped", "own"])
@pytest.mark.parametrize("size", [N, 24])
def test_a_loop_meets_what_it_has_written(loop, own, size):
    held, expected = source(size), source(size)
    x = la.array(held) if own else la.asarray(held)
    assert loop(x) == loop(expected)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("size", [0, 1, 24])
def test_two_loops_over_one_small_array_go_on_by_themselves(size):
    x, expected = la.array(source(size)), source(size)
    assert list(zip(x, x[::-1], x, strict=True)) == list(
        zip(expected, expected[::-1], expected, strict=True)
    )
    one = iter(x)
    assert iter(one) is one
    assert [float(value) for value in one] == expected.tolist()
    assert list(one) == []
    assert [type(value) for value in x] == [type(x[k]) for k in range(size)]


def test_a_small_array_that_becomes_an_expression_goes_on_in_a_loop():
    x, met = la.array(source(6)), []
    for value in x:
        met.append(float(value))
        if len(met) == 2:
            x[3:] = la.ones(10**6)[:3] * 7
    assert met == [0, 1, 2, 7, 7, 7]


def test_a_wrapped_array_shows_what_its_owner_writes_during_a_loop():
    mine = source()
    met = []
    for value in la.asarray(mine):
        mine[len(met) + 1 :] = len(met)
        met.append(value)
    np.testing.assert_array_equal(met[1:], np.arange(N - 1))


def test_a_loop_over_a_large_array_looks_at_no_key():
    x = la.asarray(source())
    assert calls(lambda: list(x)) < 4 * N


# --- of what is not computed yet -------------------------------------------------------


@pytest.fixture
def evaluated(monkeypatch):
    """Return the roots that were evaluated, as they come."""
    roots = []
    for name in ("compute", "persist", "settle"):
        before = getattr(evaluate, name)

        def noted(asked, *args, before=before, **options):
            roots.extend(asked)
            return before(asked, *args, **options)

        monkeypatch.setattr(evaluate, name, noted)
    return roots


@pytest.mark.parametrize("view", [lambda x: x, lambda x: x[1:], lambda x: x[::-1]])
def test_elements_of_a_large_expression_need_few_plans(evaluated, view):
    x = view(la.asarray(source()) * 2 + 1)
    expected = view(source() * 2 + 1)
    values = [float(x[k]) for k in range(200)]
    assert values == expected[:200].tolist()
    assert len(evaluated) < 12


def test_elements_that_are_taken_before_they_are_read_need_few_plans(evaluated):
    x = la.asarray(source()) * 2 + 1
    taken = [x[k] for k in range(200)]
    assert [float(one) for one in taken] == (source() * 2 + 1)[:200].tolist()
    assert len(evaluated) < 12


def test_one_element_of_a_large_expression_is_computed_alone(evaluated):
    x = la.asarray(source()) * 2 + 1
    assert float(x[7]) == 15
    assert [root.shape for root in evaluated] == [()]


def test_what_is_larger_than_what_is_kept_is_not_computed_for_its_elements(evaluated):
    x = la.asarray(source()) * 2 + 1
    with la.config(kept_bytes=1 << 17):
        for k in range(20):
            float(x[k])
    assert {root.shape for root in evaluated} == {()}


def test_elements_are_those_of_before_a_write():
    x = la.asarray(source()) * 2
    taken = [x[k] for k in range(3)]
    x[:] = -1
    taken += [x[k] for k in range(6)]
    assert [float(one) for one in taken] == [0, 2, 4, -1, -1, -1, -1, -1, -1]


def added(x, start):
    total = start
    for k in range(300):
        total = total + x[k]
    return total


def added_in_place(x, start):
    total = start
    for k in range(300):
        total += x[k] * 2
    return total


def on_the_left(x, start):
    total = start
    for k in range(300):
        total = x[k] - total
    return total


@pytest.mark.parametrize("loop", [added, added_in_place, on_the_left])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int8])
def test_a_sum_of_elements_is_no_long_expression(evaluated, loop, kind):
    held = source().astype(kind)
    x = la.asarray(held) * kind(1)
    total, expected = loop(x, x[:3].sum()), loop(held, held[:3].sum())
    assert total.dtype == expected.dtype
    assert len(structure((total._node,))[1]) < 40
    assert float(total) == float(expected)
    assert len(evaluated) < 40


def test_some_elements_leave_a_scalar_lazy():
    w = la.asarray([1.5, 2.5])
    x = la.asarray(source())
    with RaiseIfComputed():
        total = x.sum() + w[0] - w[1] * x.max()
    expected = source().sum() + 1.5 - 2.5 * source().max()
    assert float(total) == expected


FLAT = {
    "small": lambda xp: xp.arange(6.0).reshape(2, 3),
    "a user's": lambda xp: xp.asarray(np.arange(6.0)),
    "an expression": lambda xp: xp.arange(float(N)).reshape(4, -1) * 2,
    "a large one": lambda xp: xp.ones((N, 4)),
    "transposed": lambda xp: (xp.arange(float(N)).reshape(4, -1) + 1).T,
    "a part": lambda xp: (xp.ones((N, 4)) * 2)[::-1, 1:],
    "a real part": lambda xp: (xp.ones((4, N)) * 1j + 2).real,
    "written by a ufunc": lambda xp: xp.copysign(
        x := xp.ones(5), 0.5, out=x, casting="unsafe"
    ),
}


def in_place(xp, x, k, e):
    x += e


def into_itself(xp, x, k, e):
    xp.add(x, 1, out=x)


FLAT_WRITES = {
    "all": lambda xp, x, k, e: x.__setitem__(..., e + 1),
    "rows": lambda xp, x, k, e: x.__setitem__(0, e + 3),
    "columns": lambda xp, x, k, e: x[..., 1:].__iadd__(1),
    "the next one": lambda xp, x, k, e: x.flat.__setitem__((k + 1) % x.size, e * 2),
    "in place": in_place,
    "out": into_itself,
    "in another shape": lambda xp, x, k, e: x.reshape(-1).__setitem__(k + 1, e + 7),
    "none": lambda xp, x, k, e: None,
}


@pytest.mark.parametrize("write", FLAT_WRITES)
@pytest.mark.parametrize("kind", FLAT)
def test_a_loop_over_flat_elements_meets_what_it_has_written(kind, write):
    def met(xp):
        x = FLAT[kind](xp)
        found = []
        for k, e in enumerate(x.flat):
            found.append((e.dtype, float(e)))
            if len(found) == min(x.size, 12):
                break
            FLAT_WRITES[write](xp, x, k, e)
        return found, np.asarray(x).tolist()

    assert met(la) == met(np)


def test_flat_elements_go_on_where_they_were_left():
    for x in (la.arange(6.0), la.arange(float(N)) * 2):
        flat = x.flat
        assert float(next(flat)) == 0
        first = next(iter(flat))
        x[2:] = 7
        assert float(first) == float(np.asarray(x)[1])
        assert [float(e) for _, e in zip(range(3), flat, strict=False)] == [7, 7, 7]
        assert flat.index == 5


def test_a_loop_over_flat_elements_skips_what_is_taken_inside():
    def met(xp, n):
        flat = (xp.arange(float(n)) * 2).flat
        return [
            (float(e), float(next(flat))) for _, e in zip(range(3), flat, strict=False)
        ]

    assert met(la, 8) == met(la, N) == met(np, 8) == [(0, 2), (4, 6), (8, 10)]
