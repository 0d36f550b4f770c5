"""Arrays of middle size that are written in parts: they are known from then on."""

from __future__ import annotations

import copy
import gc
import operator
import pickle
import tracemalloc
import weakref

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import history, opened, pending
from lazyarr.api.bounds import LARGE, LARGEST
from lazyarr.api.keys import size_of
from lazyarr.api.large import Opened
from lazyarr.api.small import Small
from lazyarr.ir.node import structure

ROWS, COLUMNS = 200, 240  # 384,000 bytes of doubles
RNG = np.random.default_rng(8)


@pytest.fixture(autouse=True)
def less_is_small():
    """Let what is small end where there is a middle size below what is large."""
    with la.config(small_bytes=LARGE // 2):
        yield


def same(x, expected):
    np.testing.assert_array_equal(np.asarray(x), expected)
    assert (x.shape, x.dtype) == (expected.shape, expected.dtype)


@pytest.mark.parametrize(
    "make",
    [
        lambda xp: xp.zeros((ROWS, COLUMNS)),
        lambda xp: xp.full((ROWS, COLUMNS), 3, dtype="i4"),
        lambda xp: xp.zeros((ROWS, COLUMNS), order="F"),
        lambda xp: xp.array(np.arange(48_000.0).reshape(ROWS, COLUMNS)),
        lambda xp: xp.array(np.arange(48_000.0).reshape(COLUMNS, ROWS).T),
    ],
)
def test_a_loop_over_rows_is_numpys(make):
    x, y = make(la), make(np)
    for a, xp in ((x, la), (y, np)):
        a[0] = np.arange(COLUMNS)
        for k in range(ROWS - 1):
            row = a[k] + 1
            a[k + 1] = xp.maximum(row, a[k + 1])
            a[k + 1, 3:] += row[3:] // 2
            a[:, k] -= a[k, 2]
    assert type(x) is Small
    same(x, y)
    assert x.flags.f_contiguous == y.flags.f_contiguous


@pytest.mark.parametrize(
    "look",
    [
        lambda a: a.T,
        lambda a: a[:, :],
        lambda a: a[::-1, 1:],
        lambda a: a[:, None].transpose(2, 1, 0)[:, 0],
        lambda a: a[None, 2:-2].swapaxes(1, 2)[0],
    ],
)
def test_parts_of_a_large_view_are_of_its_bases_memory(look):
    """At once, as those of the base; the view holds no memory, and nothing is closed."""
    values = RNG.random((500, 400))
    x, y = la.asarray(values), values.copy()
    part, theirs = look(x), look(y)
    for a in (part, theirs):
        a[:, 0] = a[:, -1] = 1.0
        a[2] = 3
        for k in range(1, 40):
            a[1:-1, k] = a[2:, k + 1] * a[:-2, k - 1] + a[1:-1, k]
            a[k] += a[k - 1] / a[k, 5]
            a[5:9, k] -= 2
            a[:, k, ...] = a[::-1, k + 1, ...]
            a[k, ...] = a[k - 1, ...]
            a[k, 5, ...] = a[..., k - 1, 5]
    assert type(x) is Opened
    same(part[3, 4], theirs[3, 4])
    same(part, theirs)
    same(x, y)
    for a in (part, theirs):
        with pytest.raises(IndexError):
            a[999] = 1
        with pytest.raises(ValueError, match="broadcast"):
            a[3] = np.ones(7)
    same(x, y)


@pytest.mark.parametrize("opened", [False, True])
def test_keys_of_new_axes_are_within_their_bounds(opened):
    x = la.asarray(RNG.random(60_000))
    if opened:
        x[:9] = 1
    before = x.compute()
    row, column = x[None], x[:, None]
    for view, key in ((row, 1), (row, (-2, 5)), (column, (5, 1))):
        with pytest.raises(IndexError):
            view[key]
        with pytest.raises(IndexError):
            view[key] = 7.0
    same(x, before)
    same(row[0, 5], before[5])
    same(column[-5:, -1], before[-5:])


def test_a_write_that_fails_is_told_while_another_array_is_of_a_loop():
    x = la.asarray(np.zeros((400, 600)))
    for k in range(9):
        x[k + 1] = x[k] + 1
    assert type(x) is Opened
    with la.config(small_bytes=0):
        another = la.ones((6, 5))
        another[0] = 2
        pending.settle(another)
    assert pending.looped
    for part in (x, x.T):
        with pytest.raises(ValueError, match="broadcast"):
            part[3] = la.arange(7.0)
    same(x[:11, 0], np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]))


def test_views_from_before_the_write_are_of_the_same_memory():
    y = np.zeros((ROWS, COLUMNS))
    x = la.zeros((ROWS, COLUMNS))
    for a in (x, y):
        views = a[2:5], a.T, a.reshape(-1), a[::-1, 4]
        a[3, 3] = 1
        for k, view in enumerate(views):
            view[k] += k
            view[-1:] = view[:1] * 2
            view *= 3
        a[1:] += a[:-1]
        results = [*views, a]
        if a is x:
            kept = results
    for one, other in zip(kept, results, strict=True):
        same(one, other)


def test_what_the_user_wrapped_is_not_written():
    mine = RNG.random((ROWS, COLUMNS))
    before = mine.copy()
    x = la.asarray(mine)
    view = x[1:]
    x[0] = 7
    view[0] = 8
    assert (mine == before).all()
    assert x.compute()[:2, 0].tolist() == [7, 8]


def test_what_was_persisted_and_handed_out_is_not_written():
    x = la.asarray(RNG.random(40_000)).persist()
    y = x.copy()
    held, other = x.compute(), y.persist()
    expected = held.copy()
    x[0] = y[1] = other[2] = -1.0
    assert (held == expected).all()
    assert x.compute()[:3].tolist() == [-1, *expected[1:3]]
    assert y.compute()[:3].tolist() == [expected[0], -1, expected[2]]
    assert other.compute()[:3].tolist() == [*expected[:2], -1]


def test_expressions_keep_the_value_that_they_had():
    x = la.ones(40_000)
    twice = x * 2
    x[:5] = 0
    thrice = x * 3
    x[:] = 7
    assert twice.compute().tolist() == [2] * 40_000
    assert thrice.compute().tolist() == [0] * 5 + [3] * 39_995


def test_unknown_values_are_not_computed():
    x = la.zeros(40_000)
    large = la.asarray(np.ones(100_000))
    x[1] = large.sum()
    assert type(x) is la.Array
    x[2:] = large[:39_998] * 2
    assert type(x) is la.Array
    assert x.compute()[:3].tolist() == [0, 100_000, 2]


def test_brief_expressions_of_arrays_that_are_not_large_are_computed_and_written():
    given = [np.arange(9000.0), np.arange(9000.0)[::-1].copy()]
    (x, y), (a, b) = map(la.asarray, given), (one.copy() for one in given)
    for _ in range(3):
        x[1:] -= 0.5 * (y[1:] - y[:-1])
        y[:-1] += 0.5 * (x[1:] - x[:-1])
        a[1:] -= 0.5 * (b[1:] - b[:-1])
        b[:-1] += 0.5 * (a[1:] - a[:-1])
        assert type(x) is type(y) is Small
    assert np.array_equal(x.compute(), a)
    assert np.array_equal(y.compute(), b)
    assert np.array_equal(given[0], np.arange(9000.0))


def test_errors_leave_the_array_as_it_was():
    x, y = la.zeros((ROWS, COLUMNS)), np.zeros((ROWS, COLUMNS))
    for key, value in (
        (ROWS, 1.0),
        (0, np.ones(3)),
        ((0, 0, 0), 1.0),
        (0, 1j),
        (0, "one"),
    ):
        kinds = []
        for a in (x, y):
            with pytest.raises((IndexError, ValueError, TypeError)) as error:
                operator.setitem(a, key, value)
            kinds.append(error.type.__mro__[-3])
        assert kinds[0] is kinds[1]
    same(x, y)


def test_views_that_must_not_be_written_still_must_not():
    x = la.zeros((ROWS, ROWS))
    line = x.diagonal()
    x[3] = 1
    with pytest.raises(ValueError, match="read-only"):
        line[0] = 1
    assert line.compute()[:4].tolist() == [0, 0, 0, 1]


def test_whole_writes_and_those_of_the_compiler_stay_expressions():
    x = la.zeros(LARGE // 8 + 1)
    x[1:] = 1
    assert type(x) is la.Array
    x = la.zeros(LARGEST // 8 + 1)
    x[3] = 1
    assert type(x) is la.Array
    with la.config(small_bytes=0):
        x = la.zeros(40_000)
        x[3] = 1
        assert type(x) is la.Array


def test_the_plan_shows_what_was_written_as_data():
    x = la.zeros(40_000)
    x[3] = 1
    y = x + la.asarray(np.ones(90_000))[:40_000]
    assert "evaluated (at once, in a loop that writes)" in str(y.explain())
    assert y.compute()[2:5].tolist() == [1, 2, 1]


def test_stencils_of_middle_size_are_known_once_they_were_evaluated():
    y = RNG.random((ROWS, COLUMNS))
    x = la.array(y)
    inner = x[1:-1, 1:-1]
    for _ in range(20):
        for a in (x, y):
            a[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2])
    assert type(x) is Small
    same(inner, y[1:-1, 1:-1])
    same(inner + 1, y[1:-1, 1:-1] + 1)
    assert type(inner) is Small
    inner *= 2
    y[1:-1, 1:-1] *= 2
    same(x, y)


def written(values):
    """Return an array of middle size that is known, and NumPy's equal of it."""
    x, y = la.array(values), np.array(values)
    x[0] = y[0]
    assert type(x) is Small
    return x, y


def test_in_place_operators_write_into_the_memory_that_is_there():
    x, y = written(RNG.random((ROWS, COLUMNS)))
    memory = x._value
    wide = RNG.random((ROWS, COLUMNS))
    lines = la.asarray(wide)
    for a, other in ((x, lines), (y, wide)):
        a *= 2
        a += other
        a[1:, 2] /= a[0, 0]
        a[1:, 1:] -= np.outer(a[1:, 0], a[0, 1:])
        a[1:, 1:] -= a[1:, 0, None] * a[0, None, 1:]
        a[::-1] += a
        a.T[3] -= [1] * ROWS
        a[5] **= 2
        a[6] //= 2
    assert x._value is memory
    same(x, y)


def test_in_place_operators_fail_as_numpys_do():
    x, y = written(np.arange(40_000).reshape(100, 400))
    for change in (
        lambda a: operator.iadd(a[1:], 0.5),
        lambda a: operator.iadd(a[1:], np.ones((3, 4), int)),
        lambda a: operator.itruediv(a[1:], 2),
        lambda a: operator.iadd(a[:, :1], np.ones((100, 2), int)),
    ):
        kinds = []
        for a in (x, y):
            with pytest.raises((TypeError, ValueError)) as error:
                change(a)
            kinds.append(issubclass(error.type, TypeError))
        assert kinds[0] == kinds[1]
    same(x, y)


def test_floating_point_errors_are_told_at_the_users_line():
    x, y = written(RNG.random((ROWS, COLUMNS)))
    with pytest.warns(RuntimeWarning, match="divide by zero") as told:
        x[1:] /= 0
    assert told[0].filename == __file__
    with np.errstate(all="ignore"):
        x[2:] /= 0
        y[1:] /= 0
    same(x, y)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        x[:1] /= 0


def test_memory_of_what_was_written_is_not_remembered_by_what_is_made_of_it():
    x, _ = written(RNG.random((ROWS, COLUMNS)))
    held = weakref.ref(x._value)
    rows = [x[k] * 2 + 1 for k in range(5)] + [la.sqrt(x[3]), (x + 1)[0] * 2]
    del x
    gc.collect()
    assert held() is None
    assert all(row._value.base is None for row in rows)


def test_what_is_not_small_any_more_is_not_computed_at_once():
    x, _ = written(RNG.random((400, 100)))
    assert type(x[:, 0, None] + x[None, :200, 0]) is la.Array
    assert type(x[:100, 0, None] + x[None, :100, 0]) is Small


def test_out_is_written_in_the_memory_that_is_there():
    x, y = written(RNG.random((ROWS, COLUMNS)))
    memory = x._value
    for a, xp in ((x, la), (y, np)):
        xp.minimum(a, 0.5, out=a)
        xp.multiply(a[1:], a[:-1], out=a[1:])
        np.add(a, 1, out=a)
        np.subtract(a[0], a, a)
        np.exp(a[2:4], out=(a[3:5],))
        xp.add(a, a, out=a, where=a > 0.2)
    assert x._value is memory
    same(x, y)
    for a in (x, y):
        with pytest.raises(TypeError):
            np.add(a, 1j, out=a)
        with pytest.raises(ValueError, match="broadcast"):
            np.add(a, a, out=a[:1])


def test_two_arrays_that_take_turns_are_both_known():
    start = RNG.random(40_000)
    u, v = la.array(start), la.array(start)
    y, z = start.copy(), start.copy()
    for _ in range(20):
        v[1:-1] = 2 * u[1:-1] - v[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        z[1:-1] = 2 * y[1:-1] - z[1:-1] + 0.1 * (y[2:] - 2 * y[1:-1] + y[:-2])
        u, v, y, z = v, u, z, y
    assert type(u) is type(v) is Small
    same(u, y)
    same(v, z)


def test_truth_values_are_written_at_once_in_large_arrays_of_a_loop():
    x = la.ones(LARGE + 1, dtype=bool)
    memories = set()
    for k in range(2, 30):
        if x[k]:
            x[k * k :: k] = False
            memories.add(id(x._node.value))
    assert len(memories - {id(None)}) <= 2
    assert np.flatnonzero(x.compute()[:20]).tolist()[2:] == [2, 3, 5, 7, 11, 13, 17, 19]


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "mod", "lt", "ge"])
def test_elements_compute_with_small_arrays_as_numpys_do(name):
    function = getattr(operator, name)
    for dtype in ("f8", "f4", "i4", "u1"):
        y = np.arange(1, 7).astype(dtype)
        x = la.asarray(y) * 1
        for a, b in ((x[2], y[2]), (np.sqrt(x[1]), np.sqrt(y[1]))):
            made = function(a, x)
            assert type(made) is Small
            same(made, function(b, y * 1))
            same(function(x, a), function(y * 1, b))
    coefficient = la.exp(la.asarray([2.0])).sum()
    text = str((coefficient * x).explain())
    assert "exp" in text
    assert "multiply" in text


def test_errors_of_elements_beside_small_arrays_are_told_at_the_users_line():
    x = la.asarray(np.array([0.0, 1.0])) * 1
    with pytest.warns(RuntimeWarning, match="divide by zero") as told:
        made = x[1] / x
    assert told[0].filename == __file__
    assert made.compute().tolist() == [np.inf, 1]


def escapes(xp, n, steps=14):
    """Count steps by masks that are written in place, until nothing is left."""
    y, x = xp.ogrid[-1.4 : 1.4 : n * 1j, -2 : 0.8 : n * 1j]
    c = x + y * 1j
    z = xp.zeros_like(c)
    times = xp.full(c.shape, steps, dtype=int)
    alive = xp.ones(c.shape, dtype=bool)
    for k in range(steps):
        z[alive] = z[alive] ** 2 + c[alive]
        gone = alive & (z.real**2 + z.imag**2 > 4)
        times[gone] = k
        alive &= ~gone
    return z, times, alive


@pytest.mark.parametrize("n", [20, 150, 300])
def test_masks_that_a_loop_writes_select_at_once(n):
    escapes(la, 200)  # the lines that make masks are known from here on
    z, times, alive = escapes(la, n)
    for ours, theirs in zip((z, times, alive), escapes(np, n), strict=True):
        same(ours, theirs)
    assert type(alive) is Small


@pytest.fixture
def computed(monkeypatch):
    """Return a list of how many operations each evaluation computes with arrays."""
    counts = []

    def counted(name):
        function = getattr(evaluate, name)

        def run(roots, *args, **options):
            nodes = structure(roots)[1]
            counts.append(sum([1 for node in nodes if node.args and node.shape]))
            return function(roots, *args, **options)

        monkeypatch.setattr(evaluate, name, run)

    for name in ("compute", "persist", "settle"):
        counted(name)
    return counts


def orbits(xp, n, steps):
    """Write two arrays through masks that are made of one of them."""
    c = xp.linspace(-2, 0.5, n) + xp.linspace(-1, 1, n)[:, None] * 1j
    times = xp.zeros(c.shape, dtype=int)
    z = xp.zeros(c.shape, dtype=complex)
    masks = []
    for k in range(steps):
        near = xp.less(abs(z), 2)
        times[near] = k
        z[near] = z[near] ** 2 + c[near]
        masks.append(near)
    times[times == steps - 1] = 0
    return z, times, *masks


@pytest.mark.parametrize("n", [200, 300, 1000])
def test_masks_that_a_loop_writes_through_are_computed_once(n, computed):
    steps = 12
    found = orbits(la, n, steps)
    assert len(computed) <= 2 * steps
    assert sum(computed[-steps // 2 :]) <= 4 * steps // 2  # nothing of earlier steps
    assert {type(mask) for mask in found[-steps // 2 :]} == {Small}
    for ours, theirs in zip(found, orbits(np, n, steps), strict=True):
        same(ours, theirs)


def single_writes(xp, n, steps):
    """Write two arrays, each through a mask of its own that has no other use."""
    c = xp.linspace(-2, 0.5, n) + xp.linspace(-1, 1, n)[:, None] * 1j
    times, z = xp.zeros(c.shape, dtype=int), xp.zeros(c.shape, dtype=complex)
    for k in range(steps):
        z = z * z + c
        far = abs(z) > 2
        times[far] = k
        z[abs(z) > 3] = 3
    return z, times


def test_masks_of_one_write_each_stay_a_part_of_its_expression(computed):
    found = single_writes(la, 300, 6)
    assert not computed
    for ours, theirs in zip(found, single_writes(np, 300, 6), strict=True):
        same(ours, theirs)


def test_masks_of_a_loop_keep_expressions_views_and_errors_as_they_are():
    x, y = la.zeros((300, 300)), np.zeros((300, 300))
    seen = []
    for a, xp in ((x, la), (y, np)):
        noise = xp.asarray(np.random.default_rng(3).random((300, 300)))
        kept = [a[3:5], a.T]
        for k in range(4):
            kept += [a + 1, a.sum()]
            mask = a + noise > k / 4
            kept += [a[mask], ~mask]
            a[mask] = k
            with pytest.raises((ValueError, IndexError)):
                a[mask] = [1.0, 2.0]
            with pytest.raises(IndexError):
                a[mask[1:]] = 1
            a[mask] += 1
            mask[k] = False
            a[mask] = a[mask] * 2
            kept += [a[mask].copy(), mask]
        seen.append([*kept, a])
    for ours, theirs in zip(*seen, strict=True):
        assert np.array_equal(np.asarray(ours), theirs)


@pytest.mark.parametrize("options", [{"device": "gpu"}, {"small_bytes": 0}])
def test_writes_through_masks_stay_expressions_where_nothing_is_done_at_once(
    options, computed
):
    with la.config(**options):
        x = la.zeros((300, 300))
        for k in range(6):
            x[x < k] = k
    assert not computed


def test_clipping_a_large_array_that_is_written_in_parts_stays_an_expression(computed):
    x = la.zeros((400, 300))
    for _ in range(3):
        x[1:-1] += x[2:] + 1
        x[x > 3] = 3
    assert not computed


def test_a_known_mask_takes_of_what_is_ours_and_reads_the_users_array_later():
    source = RNG.random((ROWS, COLUMNS))
    mask = la.asarray(source[:, 0] > 0.5)
    wrapped = la.asarray(source)
    later = wrapped[mask]  # read when it is computed
    computed = la.array(source * 2)  # a copy, which is the array's own
    taken = computed[mask]
    assert type(taken) is Small
    same(taken, source[source[:, 0] > 0.5] * 2)
    taken += 1
    same(computed, source * 2)
    source[:] = 7
    assert later.compute().max() == 7
    with pytest.raises(IndexError):
        computed[la.asarray(source[0] > 0)]


def test_views_and_expressions_from_before_a_mask_was_met_keep_their_elements():
    x, y = la.zeros((ROWS, COLUMNS)), np.zeros((ROWS, COLUMNS))
    seen = []
    for a, xp in ((x, la), (y, np)):
        mask = xp.ones((ROWS, COLUMNS), dtype=bool)
        mask &= a == 0
        before, view = a + 1, a[3:5]
        for k in range(3):
            a[mask] = a[mask] + k
            mask &= a < 3
        seen.append((a, before, view, mask))
    for ours, theirs in zip(*seen, strict=True):
        same(ours, theirs)


def test_parts_of_large_arrays_are_written_at_once_and_all_of_one_is_an_expression():
    x, y = la.zeros((1000, 200)), np.zeros((1000, 200))
    for a in (x, y):
        a[0] = 1
        for k in range(999):
            a[k + 1] = a[k] * 0.5 + 1
    assert type(x) is Opened
    assert type(x[3]) is Small
    line, expected = x[5], y[5]
    twice, before = x * 2, y * 2
    total = x.sum(axis=0)
    assert type(twice) is type(total) is la.Array
    for a, part in ((x, line), (y, expected)):
        a[7] = 5
        part[3] = 9
    assert np.array_equal(twice.compute(), before)
    assert np.array_equal(total.compute(), before.sum(axis=0) / 2)
    same(x, y)
    same(line, expected)
    x *= 2
    y *= 2
    same(x, y)
    same(line, expected)
    del line, expected
    x[3] = 1
    y[3] = 1
    assert type(x) is Opened
    total = x.sum()
    assert type(x) is la.Array  # its memory is a leaf's: there is no view of it
    assert float(total) == y.sum()
    x[3] = 2
    y[3] = 2
    assert type(x) is Opened
    rest, others = x[1:], y[1:]
    for a, part in ((x, rest), (y, others)):
        a[2] = 8
        part[0] = 3
        part += 1
    same(x, y)
    same(rest, others)
    same(pickle.loads(pickle.dumps(x)), y)
    same(copy.copy(x), y)


@pytest.mark.parametrize(
    "make",
    [
        lambda xp: xp.zeros((2200, 1000)),
        lambda xp: xp.full((2200, 1000), 2.0),
        lambda xp: xp.asarray(np.arange(2.2e6).reshape(2200, 1000)),
    ],
)
def test_what_is_larger_still_is_opened_once_its_first_writes_were_evaluated(make):
    found = []
    for xp in (la, np):
        a = make(xp)
        for k in range(200):
            a[k + 1] = a[k] * 0.5 + 1
        row, kept = a[5], a * 2
        for k in range(300):
            a[:, k] -= a[5, k]
        row[3] = 7
        found.append((a, row, kept))
    assert type(found[0][0]) is Opened
    for ours, theirs in zip(*found, strict=True):
        same(ours, theirs)
    assert la.zeros((2200, 1000))[3].sum() == 0


def test_columns_of_large_arrays_in_fortrans_order_are_written_at_once():
    x, y = (xp.zeros((300, 400), order="F") for xp in (la, np))
    for a in (x, y):
        a[:, 0] = np.arange(300)
        for k in range(399):
            a[:, k + 1] = a[:, k] * 0.5 + 1
    assert type(x) is Opened
    assert x._value.strides == y.strides
    held = x._value
    address = held.ctypes.data
    del held
    total = x.sum(axis=0)
    assert x._node.value.ctypes.data == address  # a leaf, with no copy
    same(total, y.sum(axis=0))
    same(x, y)


@pytest.mark.parametrize("turned", [False, True])
def test_loops_of_little_writes_go_on_in_memory_that_lies_as_numpys(
    turned, monkeypatch
):
    monkeypatch.setattr(evaluate, "alone", lambda: True)  # whatever others have started
    made = []
    for xp in (la, np):
        a = xp.zeros((300, 400))
        for k in range(399):
            a[:, k + 1] = a[:, k] + k
        image = (a + 1).T if turned else a + 1
        b = xp.empty_like(image)
        b[:, 0] = 0.5 * image[:, 0]
        for k in range(1, image.shape[1]):
            b[:, k] = 0.5 * image[:, k] + 0.25 * b[:, k - 1]
        made.append(b)
    ours, theirs = made
    assert type(ours) is Opened
    assert ours._value.strides == theirs.strides
    for x, y in ((ours * 2, theirs * 2), (ours[1:-1, 3], theirs[1:-1, 3]), made):
        same(x, y)


def test_a_large_wrapped_array_is_copied_before_a_part_of_it_is_written():
    given = np.arange(200_000.0).reshape(1000, 200)
    x = la.asarray(given)
    for k in range(999):
        x[k + 1] -= x[k]
    assert type(x) is Opened
    assert np.array_equal(given, np.arange(200_000.0).reshape(1000, 200))
    expected = given.copy()
    for k in range(999):
        expected[k + 1] -= expected[k]
    same(x, expected)


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
def test_shapes_and_locks_of_large_arrays_that_a_loop_wrote():
    x, y = la.zeros((1000, 200)), np.zeros((1000, 200))
    for a in (x, y):
        a[0] = 1
        for k in range(99):
            a[k + 1] = a[k] + 1
    line, expected = x[5], y[5]
    assert type(x) is Opened
    x.shape = 200_000
    y = y.reshape(200_000)
    for a, part in ((x, line), (y, expected)):
        part[3] = 9
        a[7] = 8
    same(x, y)
    same(line, expected)
    del line
    x = la.zeros((1000, 200))
    x[3] = 1
    assert type(x) is Opened
    x.setflags(write=False)
    assert float(x.sum()) == 200
    with pytest.raises(ValueError, match="read-only"):
        x[3] = 2
    with pytest.raises(ValueError, match="read-only"):
        x += 1
    assert float(x.sum()) == 200


def test_a_copy_of_a_few_elements_does_not_hold_the_array():
    for shape in ((200, 120), (1000, 200)):
        x = la.zeros(shape)
        x[0] = 1
        held = weakref.ref(x._value)
        few, line = x[[1, 2]], x[3]
        del x
        assert held() is not None  # for the line, which is a view
        del line
        assert held() is None
        assert few.shape == (2, shape[1])


def test_two_threads_may_look_at_a_view_when_its_base_has_become_known(monkeypatch):
    x = la.zeros((200, 300))
    view = x[1:4]
    x[1] = 7
    assert type(x) is Small
    inner, others = opened.views.apply, [view]

    def apply(held, step):
        while others:  # another thread comes first
            opened.see(others.pop())
        return inner(held, step)

    monkeypatch.setattr(opened.views, "apply", apply)
    assert float((view * 2).sum()) == 7 * 2 * 300
    view[1] = 1
    assert float(x.sum()) == 8 * 300


@pytest.mark.parametrize("name", ["multiply", "add", "hypot", "maximum", "less_equal"])
def test_a_view_that_becomes_known_may_be_both_operands(name):
    x = la.zeros((200, 300))
    view = x[1:4]
    x[1] = 7
    y = np.zeros((200, 300))
    y[1] = 7
    same(getattr(la, name)(view, view), getattr(np, name)(y[1:4], y[1:4]))


@pytest.mark.parametrize("places", ["cross", "rows", "mask"])
def test_how_much_is_written_at_places_is_known_without_a_look_at_them(places):
    x = la.zeros((1200, 1000))
    rows, columns = np.arange(1200), np.arange(1000)
    key = {
        "cross": (rows[:, None], columns),
        "rows": rows[::-1],
        "mask": (slice(None), columns > 3),
    }[places]
    tracemalloc.start()
    try:
        x[key] = 1.0
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < x.size // 2
    expected = np.zeros((1200, 1000))
    expected[key] = 1.0
    same(x, expected)


def test_a_little_that_is_written_at_places_opens_a_large_array():
    at = np.arange(0, 400, 5)
    mask = np.arange(300) % 50 == 3
    for key in ((at, 3), (Ellipsis, [2, 5]), (at[:, None], mask), (at, None, at // 2)):
        x, expected = (xp.zeros((400, 300)) for xp in (la, np))
        for value in (1, 7.5):
            x[key] = expected[key] = value
        assert type(x) is Opened, key
        same(x, expected)
    x = la.zeros((400, 300))
    with pytest.raises(IndexError, match="out of bounds"):
        x[at + 500] = 1
    with pytest.raises(IndexError, match="too many indices"):
        x[at, at, at] = 1
    same(x, np.zeros((400, 300)))


def _swapped_rows(x):
    for k in range(40):
        x[k], x[k + 60] = x[k + 60].copy(), x[k].copy()


def _swapped_by_lists(x):
    for k in range(40):
        x[[k, k + 60]] = x[[k + 60, k]]


def _swapped_elements(x):
    line = x[2] if x.ndim > 1 else x
    for k in range(40):
        line[k], line[k + 60] = line[k + 60], line[k]


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x,
        lambda x: x[10:],
        lambda x: x[:, 3:],
        lambda x: x.T,
        lambda x: x.reshape(-1),
        lambda x: x.reshape(-1)[5:],
        lambda x: x.reshape(800, -1)[::2],
    ],
)
@pytest.mark.parametrize("swap", [_swapped_rows, _swapped_by_lists, _swapped_elements])
def test_swaps_in_views_of_what_is_large(view, swap, monkeypatch):
    data = RNG.random((400, 500))
    found, wanted = la.array(data), data.copy()
    first, second = view(found), view(wanted)
    found[0, 0] = wanted[0, 0] = 3  # from here on there is memory of its own
    swap(first)
    copied, copies = history.copied, []

    def counted(held, *rest):
        copies.append(held.nbytes)
        return copied(held, *rest)

    monkeypatch.setattr(history, "copied", counted)
    swap(first)
    swap(second)
    swap(second)
    assert sum(nbytes >= LARGE for nbytes in copies) < 3  # not one for each swap
    same(first, second)
    same(found, wanted)


def test_parts_of_views_alias_them():
    data = RNG.random((400, 500))
    results = []
    for xp in (np, la):
        x = xp.array(data)
        line = x.reshape(-1)[7:]
        line[1:5] = line[:4]
        part = line[10:20]
        part += 1
        line[12] = -1
        with pytest.raises(IndexError):
            line[x.size]
        with pytest.raises(IndexError):
            line[x.size] = 1
        line[[3, 4]] = line[[4, 3]] * 2
        x.setflags(write=False)
        line[0] = 5  # made before
        with pytest.raises(ValueError, match="read-only"):
            x.reshape(-1)[3:][0] = 1
        results.append([np.asarray(one) for one in (x, line, part)])
    for found, wanted in zip(*results, strict=True):
        same(found, wanted)


def test_where_an_element_lies_is_not_read_to_tell_how_many_are_written():
    held = np.lib.stride_tricks.as_strided(
        np.empty(1, "i1"), (1 << 20, 3), (1 << 22, 1)
    )
    keys = [(1 << 19, 2), (5, ...), (..., 1 << 18, 2), ([1, 2], 0)]
    assert [size_of(held, key) for key in keys] == [1, 3, 1, 2]
    x = la.asarray(np.zeros((3000, 3000), "i1"))
    column = x[:, 3]
    column[-2] = 1
    assert int(x.sum()) == 1
