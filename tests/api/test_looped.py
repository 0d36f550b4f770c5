"""What loops that write compute at once: values, aliases, errors, and when it stops."""

from __future__ import annotations

import gc
import operator
import threading
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import indexing, looped, opened, pending
from lazyarr.api.large import Opened
from lazyarr.api.parts import Sliced
from lazyarr.api.small import Small
from lazyarr.testing import RaiseIfComputed

pytestmark = pytest.mark.usefixtures("planned")  # larger arrays are stood for

RNG = np.random.default_rng(4)


def of_a_loop(values):
    """Return an array as a loop that writes leaves it, and NumPy's equal of it."""
    x = la.array(values)
    for _ in range(20):
        x[0] = x[0]
        x[-1:] *= 1
    pending.settle(x)
    assert looped._whole(x) is x._node.value
    return x, np.array(values)


@pytest.fixture
def pair():
    return of_a_loop(RNG.random((6, 5)) + 1)


def same(x, expected):
    np.testing.assert_array_equal(np.asarray(x), expected)
    assert x.dtype == expected.dtype


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "lt", "eq"])
def test_operators_compute_at_once(pair, name):
    x, y = pair
    function = getattr(operator, name)
    made = function(x[1:], x[:-1])
    assert type(made) is Small
    same(made, function(y[1:], y[:-1]))
    same(function(2, x[:, 1:3]), function(2, y[:, 1:3]))
    same(function(made, 3), function(function(y[1:], y[:-1]), 3))
    same(function(x[1:, None], x[None, 1:]), function(y[1:, None], y[None, 1:]))


def test_what_is_computed_is_an_array_like_others(pair):
    x, y = pair
    for use in (
        lambda a: a.sum(axis=0),
        lambda a: a.T,
        lambda a: a[1:] * 2,
        lambda a: np.sqrt(a),
        lambda a: a.astype("f4"),
        lambda a: a.copy(),
        lambda a: a.reshape(-1),
        lambda a: a + np.arange(5),
        lambda a: a + 1j,
        lambda a: -a,
        lambda a: a @ np.ones(5),
        lambda a: np.asarray([row.sum() for row in a]),
    ):
        same(use(x[1:] * 2), use(y[1:] * 2))
    made = x[1:] * 2
    assert (made.shape, made.ndim, made.dtype, len(made)) == ((5, 5), 2, y.dtype, 5)
    assert (made.size, made.nbytes) == (25, 200)


def test_what_was_computed_may_be_written_and_viewed(pair):
    x, y = pair
    made, expected = x[1:] * 2, y[1:] * 2
    part, other = made[2], expected[2]
    made += 1
    expected += 1
    made[0] = part
    expected[0] = other
    part *= 3
    other *= 3
    same(made, expected)
    same(part, other)
    same(x, y)


def test_writes_go_into_the_memory_that_is_there(pair):
    x, y = pair
    memory = x._node.value
    for a in (x, y):
        a[1:-1] = a[:-2] + a[2:]
        a[2] -= a[1] * 0.5
        a[1:, 1] /= a[0, 0]
        a *= 3
        a[3] = a[1]
        a[1:4] = a[2]
        a[::2, ::-1][1] = 7
        a[0] = 1.5
    assert x._node.value is memory
    same(x, y)


def test_views_see_writes_and_write_through(pair):
    x, y = pair
    views = x[1:], x.T, x[::2, 1:][1]
    theirs = y[1:], y.T, y[::2, 1:][1]
    for view, other in zip(views, theirs, strict=True):
        view += 1
        other += 1
        view[0] = view[-1] * 2
        other[0] = other[-1] * 2
    for view, other in zip((x, *views), (y, *theirs), strict=True):
        same(view, other)


def test_expressions_keep_the_values_that_they_had(pair):
    x, y = pair
    kept, expected = np.sqrt(x), np.sqrt(y)
    copied, equal = x.copy(), y.copy()
    for a in (x, y):
        a[1:] = a[:-1] * 2
        a += 1
    same(kept, expected)
    same(copied, equal)
    same(x, y)


def test_overlapping_views_are_assigned_as_they_were():
    x, y = of_a_loop(np.arange(146.0))
    x[7:140:3] = x[90:135]
    y[7:140:3] = y[90:135].copy()
    same(x, y)
    x[1:] = x[:-1]
    y[1:] = y[:-1].copy()
    same(x, y)


def test_errors_are_numpys_and_change_nothing(pair):
    x, y = pair
    for change in (
        lambda a: operator.setitem(a, slice(1, 3), a[1:] * 1),
        lambda a: operator.setitem(a, 9, 1.0),
        lambda a: operator.iadd(a[1:], a[:-2] * 1),
        lambda a: a[1:] + a[:-2],
        lambda a: operator.iadd(a, 1j),
        lambda a: operator.setitem(a, 0, 1j),
    ):
        with pytest.raises((ValueError, IndexError, TypeError)) as theirs:
            change(y)
        with pytest.raises(theirs.type.__mro__[-4]):
            change(x)
        same(x, y)


def test_casts_and_integers():
    x, y = of_a_loop(np.arange(20, dtype="i4"))
    for a in (x, y):
        a[1:] = a[:-1] / 2
        a[3] = 7.9
        a[5:9] += a[0:4]
        a[5:9] = a[5:9] * 2 + np.arange(4)
    same(x, y)
    for a in (x, y):
        with pytest.raises(TypeError):
            a /= 2
        with pytest.raises(OverflowError):
            a[1] = 2**40
    same(x, y)


def test_warnings_name_the_line(pair):
    x, _ = pair
    x[0] = 0
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        made = 1 / x[:2]
    assert [(w.category, w.filename) for w in told] == [(RuntimeWarning, __file__)]
    assert np.isinf(made.compute()[0]).all()
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        x[1] / x[0]


def test_an_in_place_error_that_raises_leaves_the_whole_write(pair):
    x, y = pair
    x[0, 0] = y[0, 0] = 0
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        x[1] /= x[0]
    with np.errstate(all="ignore"):
        y[1] /= y[0]
    same(x, y)


def test_large_parts_and_other_devices_wait():
    x, _ = of_a_loop(np.ones((300, 300)))
    assert type(x * 2) is not Small
    assert type(x[:5] * 2) is Small
    assert type(x[0, :, None] * x[None, 0]) is not Small
    with la.config(small_path=False), RaiseIfComputed():
        assert type(x[:5] * 2) is not Small
        x[0] = x[1] + 1


def test_what_no_loop_wrote_waits():
    x = la.array(np.ones((30, 3)))
    x[0] = 5
    x[1] = x[0] * 2
    with RaiseIfComputed():
        assert type(x[1:] * 2) is not Small
        assert type(la.asarray(np.ones(5)) * 2) is not Small


def test_locked_views_are_not_written(pair):
    x, y = pair
    view = x[1:]
    view.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        view += 1
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    same(x, y)


def test_arrays_that_are_gone_are_forgotten():
    gc.collect()
    before = len(pending.looped)
    x, _ = of_a_loop(np.ones((6, 5)))
    made = x[1:] * 2
    assert len(pending.looped) == before + 1
    del x
    assert len(pending.looped) == before
    same(made + 1, np.full((5, 5), 3.0))


def test_other_threads_use_what_becomes_a_view_like_others(monkeypatch):
    x = la.ones((100, 5000))
    for k in range(99):
        x[k + 1] = x[k] * 1.0
    part, seen = x[1], []
    assert type(part) is Sliced
    usual = indexing.usual

    def watched(*arguments):
        one = threading.Thread(target=lambda: seen.append((part + 1, part.shape)))
        if not seen:
            seen.append(None)
            one.start()
            one.join()
        return usual(*arguments)

    monkeypatch.setattr(indexing, "usual", watched)
    total = la.sum(part)
    monkeypatch.undo()
    _, (more, shape) = seen
    assert (float(total), float(more[0]), shape) == (5_000, 2, (5000,))
    assert type(part) is la.Array
    part[0] = 7
    assert float(x[1, 0]) == 7


def test_views_of_what_a_loop_wrote_see_later_writes():
    x, y = of_a_loop(RNG.random((300, 300)))
    for a in (x, y):
        row, block = a[3], a[2:5, ::2]
        a[3] = 1.0
        row[1:3] += 2
        a[2:5, ::2] *= 3
        block -= row[:150]
        a[...] = a[::-1] + 1
        row *= 2
        a[4] = block[0, 0]
        a[3] = row
    same(x, y)
    same(row, y[3])
    same(block, y[2:5, ::2])
    assert x[3].base is x[4].base


@pytest.mark.parametrize("columns", [200, 20_000])
def test_a_loop_that_slices_an_expression_computes_it_once(columns, monkeypatch):
    """Rows of what is not computed yet, written into one of its operands."""
    a, b = RNG.random((2, 90, columns)) + 1
    y, z = la.array(a), la.array(b)
    total, wanted = y + z, a + b
    plans = []
    prepare = evaluate._prepare
    monkeypatch.setattr(
        evaluate, "_prepare", lambda *args: plans.append(args) or prepare(*args)
    )
    for k in range(2, 90):
        y[k] = 0.2 * total[k] + 0.3 * total[k - 1] - 0.4 * y[k - 1]
        a[k] = 0.2 * wanted[k] + 0.3 * wanted[k - 1] - 0.4 * a[k - 1]
    assert not total._node.args
    assert len(plans) <= 3
    assert pending.looped
    assert not y._pending.writes
    same(y, a)
    same(total, wanted)


def test_a_large_value_is_not_computed_for_a_write(pair):
    x, y = pair
    wide = la.asarray(RNG.random((5, 70_000)))
    with RaiseIfComputed():
        x[0] = (wide * 2 + 1)[:, 3]
    y[0] = (np.asarray(wide) * 2 + 1)[:, 3]
    same(x, y)


def test_a_look_at_a_view_of_an_opened_array_does_not_close_it():
    """Writing a locked view opened it again, then looked at the view again, for ever."""
    rows = RNG.random((90, 3000))
    x = la.array(rows)
    stretched = la.broadcast_to(x[0], rows.shape)
    column = stretched[:, 1500]
    opened._let_know(x, rows.copy())
    assert type(x) is Opened
    looped.known(column)
    assert type(x) is Opened
    x[:, 0] = column
    rows[:, 0] = rows[0, 1500]
    same(x, rows)
