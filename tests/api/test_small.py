"""Small arrays whose elements are known: computed at once, and NumPy's in every way."""

from __future__ import annotations

import contextlib
import contextvars
import copy
import itertools
import pickle
import threading
import tracemalloc
import warnings
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate, watched
from lazyarr.api.element import Element
from lazyarr.api.small import Borrowed, Small
from lazyarr.testing import RaiseIfComputed, RecordingBackend

BOTH = pytest.mark.parametrize(
    "options", [{}, {"small_bytes": 0}], ids=["small", "all"]
)

STEPS = {
    "scale": lambda xp, x, v, big: x * 2 + 1,
    "view": lambda xp, x, v, big: x[1:4],
    "reversed": lambda xp, x, v, big: x[::-1],
    "add to the view": lambda xp, x, v, big: v.__iadd__(1),
    "add to it": lambda xp, x, v, big: x.__iadd__(x),
    "double what overlaps": lambda xp, x, v, big: x.__iadd__(x[::-1]),
    "write": lambda xp, x, v, big: x.__setitem__(2, 7.5),
    "write a part": lambda xp, x, v, big: v.__setitem__(slice(0, 2), x[-2:]),
    "write a mask": lambda xp, x, v, big: x.__setitem__(x > 3, 0),
    "write an element": lambda xp, x, v, big: x.__setitem__(0, v[-1]),
    "write a sum": lambda xp, x, v, big: x.__setitem__(1, big[:5].sum()),
    "meet the large": lambda xp, x, v, big: (big[:, None] + x[:2]).sum(axis=0),
    "fold": lambda xp, x, v, big: x.sum() + v.max(),
    "square": lambda xp, x, v, big: x.reshape(2, 3).T ** 2,
    "turned view": lambda xp, x, v, big: x.reshape(2, 3).T.__setitem__((0, 1), 5),
    "join": lambda xp, x, v, big: xp.concatenate([x, v]),
    "copy": lambda xp, x, v, big: x.copy().__iadd__(3),
    "integers": lambda xp, x, v, big: x.astype(int) // 2,
    "sort": lambda xp, x, v, big: xp.sort(x)[::-1],
    "choose": lambda xp, x, v, big: xp.where(x > 2, x, -x),
}


def played(xp, names):
    """Return what steps give, and what they leave."""
    x = xp.array([3.0, 1.0, 4.0, 1.0, 5.0, 9.0])
    v, big, kept = x[1:4], xp.asarray(np.arange(6_000.0)), []
    for name in names:
        made = STEPS[name](xp, x, v, big)
        if made is not None:
            kept.append(made)
    return [np.asarray(one) for one in (*kept, x, v)]


@BOTH
@settings(max_examples=60, deadline=None)
@given(names=st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_programs_with_views_and_writes_give_what_numpy_gives(options, names):
    expected = played(np, names)
    with la.config(**options):
        found = played(la, names)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-12)


def expression(x, y):
    return ((x * 5) ** 2 + np.sqrt(y)).sum(axis=0) / x.mean()


def test_explain_shows_the_plan_of_the_whole_expression():
    plans = []
    for options in ({}, {"small_bytes": 0}):
        with la.config(**options):
            x, y = (
                la.asarray([[1.0, 2.0], [3.0, 4.0]]),
                la.asarray([[2.0, 3.0], [5.0, 7.0]]),
            )
            made = expression(x, y)
            plans.append(str(made.explain()))
    assert plans[0] == plans[1]
    assert "sqrt" in plans[0]


def test_a_graph_shows_what_small_arrays_in_it_were_made_by():
    large = la.asarray(np.ones(70_000))
    made = large * (la.arange(3.0) * 2 + 1).sum()
    ops = [op for stage in made.explain().to_dict()["stages"] for op in stage["ops"]]
    assert {"multiply", "add", "sum"} <= set(ops)


def test_what_an_operand_was_is_no_plan_of_what_it_is():
    x = la.asarray([1.0, 2.0])
    y = x * 2
    x[0] = 9
    assert y.compute().tolist() == [2, 4]
    ops = [op for stage in y.explain().to_dict()["stages"] for op in stage["ops"]]
    assert "multiply" not in ops
    x += x[::-1]
    assert "plan" in str(x.explain())


@pytest.mark.parametrize("dtype", ["f8", "f4", "i2", "i1", "c16"])
def test_expressions_meet_the_values_of_when_they_were_made(dtype):
    large = la.asarray(np.zeros((3, 29_999), dtype))
    x = la.ones(29_999, dtype)
    made = [(large + x)[0]]
    for value in (0.0, -0.0, 7):
        x[-1] = value
        made += [(large + x)[0], la.divide(1, la.abs(x * 1.0) + 1 + large)[1]]
    ends = [float(one.compute()[-1].real) for one in made]
    assert ends == [1, 0, 1, 0, 1, 7, 0.125]


def test_an_expression_keeps_the_values_that_it_met():
    large, x = la.asarray(np.zeros(70_000)), la.array([1.0, 2.0])
    made = large[:, None] + x
    x[:] = 9
    x += 1
    assert made.compute()[0].tolist() == [1, 2]


def test_a_loop_runs_in_bounded_memory():
    x = la.ones(3)
    tracemalloc.start()
    for k in range(20_000):
        x = x * 0.5 + 1
        if k == 1_000:
            early, _ = tracemalloc.get_traced_memory()
    late, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert late < early + 80_000


def test_the_users_array_is_read_and_never_written():
    data = np.arange(4.0)
    x = la.asarray(data)
    assert type(x) is Borrowed
    view, copied = x[1:], x + 0
    data[1] = 7
    assert view.compute().tolist() == [1, 2, 3]  # read when the view was taken
    assert copied.compute().tolist() == [0, 1, 2, 3]
    x += 1
    view[0] = 5
    assert data.tolist() == [0, 7, 2, 3]
    assert x.compute().tolist() == [1, 5, 3, 4]
    assert type(x) is Small  # what follows is as quick as with any small array
    for change in (la.reshape, la.ravel, la.transpose, la.asarray, la.flip):
        shown = change(
            *(
                (la.asarray(data), (2, 2))
                if change is la.reshape
                else (la.asarray(data),)
            )
        )
        shown[...] = 0
        assert data.tolist() == [0, 7, 2, 3]


def test_an_input_that_was_copied_is_ours_alone():
    data = np.arange(3.0)
    x = la.array(data)
    assert type(x) is Small
    data[:] = 9
    found = x.compute()
    found[:] = 7
    assert x.compute().tolist() == [0, 1, 2]


def test_warnings_come_once_and_name_the_line():
    x = la.array([1.0, 0.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = 1 / x
        assert y.compute().tolist() == [1, np.inf]
    assert [one.filename for one in caught] == [__file__]
    with np.errstate(divide="ignore"):
        assert (1 / x).compute()[1] == np.inf
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        1 / x
    with np.errstate(under="raise"), pytest.raises(FloatingPointError):
        la.array([1e-300]) * 1e-300


@pytest.mark.parametrize(
    "mistake",
    [
        lambda x: x + la.ones(4),
        lambda x: x.sum(axis=3),
        lambda x: x[7],
        lambda x: x.reshape(5),
        lambda x: x & 1,
        lambda x: x.__setitem__(slice(0, 2), [1, 2, 3]),
    ],
)
def test_errors_are_those_of_large_arrays(mistake):
    found = []
    for options in ({}, {"small_bytes": 0}):
        with (
            la.config(**options),
            pytest.raises((ValueError, TypeError, IndexError)) as e,
        ):
            mistake(la.array([1.0, 2.0, 3.0]))
        found.append((type(e.value), str(e.value)))
    assert found[0] == found[1]


def test_threads_compute_with_small_arrays_at_once():
    wrong = []

    def work(k):
        x = la.full(50, float(k))
        sums = [float((x * 2 - x).sum()) for _ in range(300)]
        wrong.extend(one for one in sums if one != 50.0 * k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_are_of_their_own(copied):
    x = la.array([1.0, 2.0]) * 2
    made = copied(x)
    made[0] = 9
    x[1] = 7
    assert made.compute().tolist() == [9, 4]
    assert x.compute().tolist() == [2, 7]


def test_a_locked_array_is_not_written():
    x = la.array([1.0, 2.0])
    x.setflags(write=False)
    for change in (
        lambda: x.__setitem__(0, 1),
        lambda: x.__iadd__(1),
        lambda: x.sort(),
    ):
        with pytest.raises(ValueError, match="read-only"):
            change()
    assert x.compute().tolist() == [1, 2]


def test_a_lock_is_taken_off_again():
    found = []
    for xp in (la, np):
        x = xp.arange(6.0)
        early = x[2:]
        x.setflags(write=False)
        late = x[1:]
        early[0] = 9
        x.flags.writeable = True
        x[3] = 8
        with pytest.raises(ValueError, match="read-only"):
            late[0] = 1
        late.setflags(write=True)
        late[0] = 7
        square = xp.ones((3, 3))
        line = square.diagonal()
        line.setflags(write=True)
        line[1] = 5
        found.append([np.asarray(one).tolist() for one in (x, early, late, square)])
    assert found[0] == found[1]


def test_a_view_that_is_written_back_is_written_where_that_may_be():
    y = np.arange(8.0)
    x = la.array(y)
    for a in (x, y):
        a[1:-1] += 1
        a[::2] *= a[1::2]
        key = slice(2, 6)
        part = a[key]
        a[key] = part[::-1]
        a[key] = part
    assert x.compute().tolist() == y.tolist()
    inner = x[key]
    x.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        x[key] = inner
    assert x.compute().tolist() == y.tolist()


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
def test_a_view_of_what_had_another_shape_is_written():
    x, y = la.array([[0, 1, 2], [3, 4, 5]]), np.array([[0, 1, 2], [3, 4, 5]])
    corner = (slice(0, 2), slice(0, 2))
    shown, expected = x[corner], y[corner]
    x.shape = (3, 2)
    y = y.reshape(3, 2)
    x[corner] = shown
    y[corner] = expected
    assert x.compute().tolist() == y.tolist()


@pytest.mark.parametrize("change", ["raise", "warn", "ignore"])
def test_what_meets_an_error_in_place_is_written_once(change):
    y = np.array([3.0, 0.0, 1e300])
    x = la.array(y)
    for a in (x, y):
        with np.errstate(all=change), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for operand in (0.0, a, 1e10):
                with contextlib.suppress(FloatingPointError):
                    a /= operand
                with contextlib.suppress(FloatingPointError):
                    a += operand
        assert all(one.filename == __file__ for one in told)
        assert bool(told) == (change == "warn")
    np.testing.assert_array_equal(x.compute(), y)


def test_a_loop_is_told_of_errors_as_each_of_its_turns_asks():
    x = la.array([1e200, 0.0, -1.0]) * 1.0
    y = x.compute()
    for mode in ("ignore", "warn", "ignore", "raise", "ignore", "warn"):
        with np.errstate(all=mode), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for call in (lambda a: a * a, lambda a: 1.0 / a, np.sqrt):
                if mode == "raise":
                    with pytest.raises(FloatingPointError):
                        call(x)
                else:
                    np.testing.assert_array_equal(call(x).compute(), call(y))
        ours = [str(one.message) for one in told[::2]]
        assert ours == [str(one.message) for one in told[1::2]]
        assert len(ours) == (3 if mode == "warn" else 0)
        assert all(one.filename == __file__ for one in told)


def test_only_the_context_that_asked_for_it_is_told_of_no_error():
    x = la.array([1.0, 0.0]) * 1.0
    context = contextvars.copy_context()
    with np.errstate(all="ignore"):
        assert (1.0 / x).compute()[1] == np.inf
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            context.run(lambda: 1.0 / x)
        assert (1.0 / x).compute()[1] == np.inf


def test_explain_shows_operators_in_place():
    x = la.array(np.arange(3.0))
    x *= 5
    x *= x
    x += x
    ops = [op for stage in x.explain().to_dict()["stages"] for op in stage["ops"]]
    assert sorted(ops) == ["add", "multiply", "multiply"]
    assert x.compute().tolist() == [0, 50, 200]


def test_few_values_are_held_by_what_was_made_of_them():
    held, kept, x = [], [], la.zeros(8192)
    for _ in range(100):
        x = x * 0.5 + 1
        held.append(weakref.ref(x._value))
        kept.append(sum(one() is not None for one in held) * x.nbytes)
    assert 5 * x.nbytes < max(kept) < 1 << 21
    assert kept[-1] < 1 << 21


def test_what_is_not_known_stays_an_expression():
    x, large = la.zeros(3), la.asarray(np.ones(70_000))
    x[1] = large.sum()
    assert type(x) is la.Array
    assert x.compute().tolist() == [0, 70_000, 0]
    assert (x + 1).compute().tolist() == [1, 70_001, 1]


def test_what_a_small_array_is_changed_by_stays_an_expression():
    large = la.asarray(np.arange(70_000.0)).reshape(2, 35_000)
    x, shared = la.zeros(2), la.zeros(2)
    view = shared[:1]
    x += (large * 2).sum(axis=1)
    shared -= (large * 2).sum(axis=1)
    assert (type(x), type(shared)) == (la.Array, Small)
    expected = (np.arange(70_000.0).reshape(2, 35_000) * 2).sum(axis=1)
    np.testing.assert_allclose(x.compute(), expected)
    np.testing.assert_allclose(view.compute(), -expected[:1])


AT_ONCE = {
    "fft": lambda xp, a, m: xp.fft.fft(a),
    "irfft of the rest": lambda xp, a, m: xp.fft.irfft(xp.fft.rfft(m, axis=0)[1:]),
    "eigh": lambda xp, a, m: xp.linalg.eigh(m @ m.T)[0],
    "svd": lambda xp, a, m: xp.linalg.svd(m, compute_uv=False),
    "cholesky": lambda xp, a, m: xp.linalg.cholesky(m @ m.T + xp.eye(3)),
    "cross": lambda xp, a, m: xp.cross(m, m[::-1]),
    "pad": lambda xp, a, m: xp.pad(a, 2, mode="edge"),
    "tile": lambda xp, a, m: xp.tile(m, (2, 1)),
    "unique": lambda xp, a, m: xp.unique(xp.round(a)),
    "numbers": lambda xp, a, m: xp.nan_to_num(a / 0.0, posinf=3.0),
    "accumulate": lambda xp, a, m: xp.maximum.accumulate(a),
    "NumPy's reduce": lambda xp, a, m: np.add.reduce(m, axis=1),
    "NumPy's sine": lambda xp, a, m: np.sin(a),
    "NumPy's mean": lambda xp, a, m: np.mean(m, axis=0),
    "grid": lambda xp, a, m: xp.mgrid[0:2, 0:3],
    "joined": lambda xp, a, m: xp.r_[a, 0.5, a[:2]],
    "piecewise": lambda xp, a, m: xp.piecewise(a, [a < 0, a > 1], [0, lambda x: x * 2]),
    "split": lambda xp, a, m: xp.split(a, 2)[1],
    "parts of complex numbers": lambda xp, a, m: (a * 1j).imag + (a + 2j).real,
    "line": lambda xp, a, m: xp.linspace(0, 1, 5, retstep=True)[0],
    "sine of a number": lambda xp, a, m: xp.sin(0.5) * a,
    "of NumPy's array": lambda xp, a, m: xp.sort(np.array([3.0, 1.0, 2.0])),
}


@pytest.mark.parametrize("name", AT_ONCE)
def test_functions_are_evaluated_at_once_and_give_what_numpy_gives(name):
    function = AT_ONCE[name]
    a = np.random.default_rng(7).standard_normal(6)
    m = np.random.default_rng(8).standard_normal((3, 3))
    with np.errstate(all="ignore"):
        made = function(la, la.array(a), la.array(m))
        expected = function(np, a, m)
    assert type(made) is Small
    assert made.dtype == expected.dtype
    np.testing.assert_array_equal(made.compute(), expected)


@pytest.mark.parametrize("name", ["eigh", "cross", "accumulate", "NumPy's sine"])
def test_explain_shows_the_plan_of_functions_that_were_evaluated_at_once(name):
    ops = []
    for options in ({}, {"small_bytes": 0}):
        with la.config(**options):
            a, m = la.array(np.arange(6.0) + 1), la.array(np.eye(3) + 1)
            stages = (AT_ONCE[name](la, a, m) * 2).explain().to_dict()["stages"]
            ops.append(sorted({op for stage in stages for op in stage["ops"]}))
    assert ops[0] == ops[1]


def test_what_writes_into_small_arrays_keeps_them_small():
    x, y = la.array(np.zeros((3, 3))), np.zeros((3, 3))
    view, other = x[1], y[1]
    for xp, a in ((la, x), (np, y)):
        xp.fill_diagonal(a, 2)
        xp.copyto(a[2], [1, 2, 3])
        xp.put(a, [1, 3], [7, 8])
        xp.maximum(a, 1, out=a)
        np.add.at(a, (np.array([0, 0]), np.array([2, 2])), 5)
    assert type(x) is Small
    np.testing.assert_array_equal(x.compute(), y)
    np.testing.assert_array_equal(view.compute(), other)


def test_writers_leave_the_users_array_alone():
    data = np.zeros((2, 2))
    x = la.asarray(data)
    la.fill_diagonal(x, 1)
    la.add(x, 1, out=x)
    assert data.sum() == 0
    assert x.compute().tolist() == [[2, 1], [1, 2]]


def test_parts_of_the_users_array_are_not_written():
    data = np.arange(6.0)
    for part in la.split(la.asarray(data), 2):
        part[:] = 9
    assert data.tolist() == [0, 1, 2, 3, 4, 5]


def test_an_output_that_cannot_be_written_is_refused():
    x = la.array([1.0, 2.0])
    whole = la.array([1, 2])
    with pytest.raises(TypeError, match="same_kind"):
        la.add(x, 0.5, out=whole)
    x.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        la.add(x, 1, out=x)
    assert x.compute().tolist() == [1, 2]


def test_parts_of_small_complex_arrays_are_views():
    x = la.array([1 + 2j, 3 + 4j])
    part = x.imag
    x.real = 5
    part[0] = 9
    assert type(x) is Small
    assert x.compute().tolist() == [5 + 9j, 5 + 4j]


LOOKED_AT = {
    "sort": lambda x: la.sort(x),
    "unique": lambda x: la.unique(x),
    "getitem": lambda x: x[x > 2],
    "nonzero": lambda x: la.nonzero(x)[0],
    "add": lambda x: x + 1,
    "reduced": lambda x: la.add.reduce(x.reshape(2, 2)),
    "draw": lambda x: la.random.default_rng(1).random(3),
}


@pytest.mark.parametrize("made", LOOKED_AT.values(), ids=LOOKED_AT)
def test_to_look_at_a_known_array_computes_nothing(made):
    x = made(la.asarray([3.0, 1.0, 2.0, 5.0]))
    total = x.sum()
    assert type(x) is Small
    with RecordingBackend() as log:
        text = f"{x!r} {x} {total!r}"
    assert not log.runs
    assert text.count("<lazyarr.Array ") == 1
    assert str(x.compute()) in text
    assert f"{x.dtype}[{x.size}]" in text
    assert f"lazyarr.Array({x.compute().sum()})" in text


def test_pythons_errors_call_every_array_by_one_name():
    x = la.asarray([1.0, 2.0])
    looped = la.ones((100, 5000))
    for k in range(99):
        looped[k + 1] = looped[k] + 1
    for one in (x, x + 1, x[0], looped, looped[1], looped[1] * 2, la.ones(9_999) + 1):
        with pytest.raises(TypeError, match="'Array' and 'str'"):
            one + "a"
        with pytest.raises(AttributeError, match="'Array' object has no attribute"):
            one.nowhere  # noqa: B018


def test_loops_over_elements_need_no_plan(monkeypatch):
    x = la.array([3, 200, 255], dtype="u1")
    for name in ("compute", "settle", "persist"):
        monkeypatch.setattr(evaluate, name, None)
    for part, value in zip(x, [3, 200, 255], strict=True):
        byte = 0xFF & part
        byte >>= 1
        byte <<= 1
        byte //= 2
        assert int(byte) == value // 2
        assert int(~part) == 255 - value
        assert float(la.tanh(x[0] * 0.5)) == np.tanh(np.float64(1.5))
        assert int(2**part) == int(2 ** np.uint8(value))


@pytest.mark.parametrize("name", ["lshift", "rshift", "sub", "truediv", "mod", "xor"])
def test_operators_of_elements_keep_the_order_of_operands(name):
    for reflected in ("", "r"):
        method = f"__{reflected}{name}__"
        x, y = np.asarray([1000, 2], dtype="i8"), np.asarray(3, dtype="i8")
        others = [y, y[()], np.full(2, 3), 3]
        lazy = [la.asarray(y), la.array(y)[...], la.asarray(np.full(2, 3)), 3]
        with la.config(small_bytes=0):
            lazy.append(la.asarray(np.full(2, 3)) + 0)
        for ours, theirs in zip(lazy, [*others, np.full(2, 3)], strict=True):
            got = getattr(la.array(x)[0], method)(ours)
            expected = getattr(x[0], method)(theirs)
            if expected is NotImplemented:
                expected = getattr(np.asarray(x[0]), method)(theirs)
            np.testing.assert_array_equal(np.asarray(got), expected)


def test_errors_of_values_are_those_of_the_call():
    singular = la.zeros((2, 2))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        la.linalg.inv(singular)
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        la.linalg.cholesky(singular - 1)
    with pytest.raises(ValueError, match="negative integer powers"):
        la.asarray([2, 3]) ** la.asarray([1, -1])


def test_views_of_another_dtype_are_numpys_views():
    x = la.asarray([1.5, 2.5], dtype="f4") * 2
    bits = x.view(np.int32)
    bits[:] = x
    assert bits.tolist() == [3, 5]
    assert x.view("i4").tolist() == [3, 5]
    held = np.arange(3.0)
    seen = la.asarray(held).view("i8")
    seen[0] = 1
    assert held.tolist() == [0, 1, 2]
    other = la.arange(2).view(np.dtype(np.int64).newbyteorder())
    assert (other.dtype, other.tolist()) == (np.dtype(">i8"), [0, 1 << 56])
    assert la.ndarray[tuple[int], float].__origin__ is la.ndarray


def test_new_arrays_are_small_by_the_width_that_their_elements_have():
    assert type(la.eye(150)) is Small
    assert type(la.zeros((250, 250))) is Small
    assert type(la.zeros((250, 250), dtype=complex)) is not Small
    assert type(la.zeros((250, 250))) is Small  # what the last had is not kept in mind
    assert type(la.zeros((257, 257))) is not Small


def test_products_of_views_are_as_small_as_what_they_are_of():
    x = la.asarray(np.arange(22_500.0).reshape(150, 150)) * 1
    assert type(la.outer(x[1:, 0], x[0, 1:])) is Small
    assert type(la.outer(la.ones(300), la.ones(300))) is not Small


VIEWS = {
    "view": lambda xp, x: x.view(),
    "reshape": lambda xp, x: x.reshape(-1),
    "ravel": lambda xp, x: x.ravel(),
    "transposed": lambda xp, x: x.T,
    "swapped": lambda xp, x: xp.swapaxes(x, 0, 1),
    "moved": lambda xp, x: xp.moveaxis(x, 0, -1),
    "expanded": lambda xp, x: xp.expand_dims(x, 0),
    "flipped": lambda xp, x: xp.flip(x),
    "diagonal": lambda xp, x: xp.diagonal(x),
    "split": lambda xp, x: xp.split(x, 2)[1],
    "part": lambda xp, x: x[1:, ::-2],
    "real": lambda xp, x: x.real,
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_of_known_arrays_that_are_not_small_are_views(name):
    def grown(xp):
        return xp.array(np.zeros((400, 600), dtype=bool)) << 3  # eight times the bytes

    def lowered(xp):
        x = xp.array(np.zeros((60, 80)))
        if xp is la:
            stack.enter_context(la.config(small_bytes=64))
        return x

    for make in (grown, lowered):
        with contextlib.ExitStack() as stack:
            results = []
            for xp in (np, la):
                x = make(xp)
                view = VIEWS[name](xp, x)
                x[...] = 1
                seen = np.array(view)
                if name != "diagonal":
                    view[..., :3] = 2
                results.append((seen, np.array(x)))
            for mine, numpys in zip(results[1], results[0], strict=True):
                np.testing.assert_array_equal(mine, numpys)


def test_the_cpu_as_the_device_is_no_option_that_is_looked_at():
    before = list(watched.marks)
    with la.config(device="cpu", threads=2):
        assert watched.marks == before
        assert str(la.arange(3) * 2) == "[0 2 4]"
        with la.config(device="auto"):
            assert watched.marks == before
    with la.config(device="cpu", small_bytes=0):
        assert len(watched.marks) == len(before) + 1
        assert "multiply" in repr(la.arange(3) * 2)
    assert watched.marks == before


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.unpackbits(np.packbits(x > 2)),
        lambda np, x: np.ravel_multi_index((x.astype(int), x.astype(int)), (9, 9)),
        lambda np, x: np.diag(x),
        lambda np, x: np.diag(np.diag(x), -1),
        lambda np, x: np.hstack([x, x * 2]),
        lambda np, x: np.vstack((x, [1.0, 2.0, 3.0, 4.0, 5.0])),
        lambda np, x: np.linalg.norm(np.outer(x, x), axis=1),
        lambda np, x: np.max(np.outer(x, x), axis=0, keepdims=True),
        lambda np, x: np.sqrt((x * x).sum()),
        lambda np, x: np.maximum(x.sum(), 3),
        lambda np, x: np.maximum(3, x),
        lambda np, x: np.add(x.max(), x),
        lambda np, x: np.exp(-((x * 40) ** 2)),
        lambda np, x: np.nonzero(x > 2)[0],
        lambda np, x: np.where(x > 2, x, 0),
        lambda np, x: np.where(x[:, None] > x, x, x[:, None]),
        lambda np, x: np.zeros_like(np.outer(x, x).T, dtype=int),
        lambda np, x: np.zeros(len(x), dtype=bool),
        lambda np, x: np.arange(0, 6, 2) + np.arange(0.0, 6, 2),
        lambda np, x: np.linspace(0, 1, 5, retstep=True)[0],
        lambda np, x: np.array([[1, 2], (3, 4.5)]),
        lambda np, x: np.array(x, copy=True),
        lambda np, x: np.diff(x * x, prepend=x[2], append=[1, 2]),
        lambda np, x: np.bincount(np.array([0, 1, 1, 0, 3]), weights=x),
        lambda np, x: np.array([1, 2.5], dtype=int),
    ],
)
def test_calls_of_small_arrays_give_what_numpys_give(call):
    """Twice, for what is known of the first call is used in the second."""
    for _ in range(2):
        made = call(la, la.arange(5.0) * 1.0)
        wanted = call(np, np.arange(5.0))
        assert isinstance(made, la.Array)
        assert made.dtype == wanted.dtype
        assert made.shape == wanted.shape
        assert made.compute().tobytes() == wanted.tobytes()


def test_out_takes_what_numpy_writes_into_it():
    x, out = la.arange(4.0) * 1, la.zeros(4) * 1
    view = out[1:]
    assert la.add(x, 1, out=out) is out
    assert view.compute().tolist() == [2, 3, 4]
    la.multiply(out, out, out=out)
    assert out.compute().tolist() == [1, 4, 9, 16]
    with pytest.raises(TypeError, match="cast"):
        la.add(x, 1, out=la.zeros(4, dtype=int) * 1)
    with pytest.raises(ValueError, match="broadcast"):
        la.add(x, 1, out=la.zeros(3) * 1)


def test_out_warns_and_raises_as_numpy_does():
    x, out = la.asarray([1.0, 0.0]) * 1, la.zeros(2) * 1
    with pytest.warns(RuntimeWarning, match="divide by zero") as told:
        la.log(x, out=out)
    assert told[0].filename == __file__
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        la.log(x, out=out)
    with np.errstate(divide="ignore"):
        assert la.log(x, out=out).compute().tolist() == [0, -np.inf]


def test_windows_of_small_arrays_are_views_that_are_not_written():
    x = la.arange(6.0) * 1
    windows = np.lib.stride_tricks.sliding_window_view(x, 3)
    x[2] = 9
    assert windows[0].compute().tolist() == [0, 1, 9]
    with pytest.raises(ValueError, match="read-only"):
        windows[0] = 1
    many = np.lib.stride_tricks.sliding_window_view(la.arange(20000.0) * 1, 1000)
    assert type(many) is not Small


def test_underflow_is_told_where_it_is_asked_for():
    x = la.asarray([-1000.0, 0.0]) * 1
    assert la.exp(x).compute().tolist() == [0, 1]
    with np.errstate(under="raise"), pytest.raises(FloatingPointError):
        la.exp(x)
    with np.errstate(under="warn"), pytest.warns(RuntimeWarning, match="underflow"):
        la.exp(x)


def test_products_and_choices_of_small_arrays_that_are_large_stay_lazy():
    x = la.arange(20000.0) * 1
    few = x[:300]
    assert not (few[:, None] @ few[None, :])._node.args  # BLAS makes it, done or later
    with RaiseIfComputed():
        la.dot(x[:, None], x[None, :])
        la.where(x[:, None] > x, x, 0)
        la.matmul(x[:, None], x[None, :])
        x[:, None] @ x[None, :]


@pytest.mark.parametrize("wrap", [la.asarray, lambda x: x], ids=["lazy", "numpy"])
@pytest.mark.parametrize(
    "make",
    [
        lambda few, part: few * part,
        lambda few, part: part - few,
        lambda few, part: few @ part,
        lambda few, part: la.maximum(part, few),
        lambda few, part: la.where(few > 1, part, few),
        lambda few, part: la.concatenate([few, part]),
        lambda few, part: la.sort(la.stack([few, part]), axis=0),
    ],
)
def test_what_is_made_of_a_part_does_not_hold_all_of_it(make, wrap):
    held = np.arange(300_000.0)
    few = la.asarray([1.0, 2.0, 3.0])
    expected = np.asarray(make(np.asarray(few), held[2:5]))
    alive = weakref.ref(held)
    part = wrap(held)[2:5]
    del held
    made = make(few, part)
    assert alive() is not None
    del part
    assert alive() is None
    np.testing.assert_array_equal(made, expected)
    np.testing.assert_array_equal(la.compute(made * 1)[0], expected)


SIZES = {
    "a list": lambda la: la.zeros([2, 3]),
    "a list with a dtype": lambda la: la.full([2, 3], 4, dtype="u1"),
    "a list without sides": lambda la: la.ones([0, 3]),
    "an element": lambda la: la.zeros(la.prod([2, 3])),
    "elements": lambda la: la.ones((la.prod([2, 3]), 2)),
    "numbers of NumPy's": lambda la: la.empty([np.int32(4), np.uint8(2)], "i4") * 0,
    "an array": lambda la: la.zeros(la.asarray([2, 3])),
    "an array of NumPy's": lambda la: la.zeros(np.array([2, 3])),
    "a range": lambda la: la.arange(la.asarray([3, 5])[1]),
    "a range of reals": lambda la: la.arange(np.float32(3), la.asarray([9.5])[0]),
    "a line": lambda la: la.linspace(la.asarray([0.5])[0], 2, np.int16(7)),
    "a square": lambda la: la.eye(la.prod([2, 3]), np.int64(2)),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_new_arrays_are_small_however_their_size_is_given(size):
    made, wanted = size(la), size(np)
    assert type(made) is Small
    assert (made.dtype, made.shape) == (wanted.dtype, wanted.shape)
    assert made.tolist() == wanted.tolist()


@pytest.mark.parametrize("shape", [[2, -1], [2.0], [[2]], "ab", -3, np.float64(2)])
def test_what_is_no_shape_is_told_as_ever(shape):
    with pytest.raises((TypeError, ValueError), match=r"\[zeros\]"):
        la.zeros(shape)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_of_small_arrays_are_small_and_of_the_same_layout(copied):
    x = la.arange(6).reshape(2, 3).T * 1
    assert type(copied(x)) is Small
    assert copied(x).strides == copied(np.arange(6).reshape(2, 3).T * 1).strides


def test_a_list_of_sides_is_not_looked_at_again():
    sides = [2, 3]
    made = la.zeros(sides) + 1
    sides.append(9)
    assert "[2,3]" in str(made.explain())
    assert made.sum().compute() == 6


def test_choices_of_all_shapes_are_known_as_numpys():
    shapes = [(), (1,), (4,), (3, 1), (3, 4)]
    for sides in itertools.product(shapes, repeat=3):
        mask, x, y = (np.arange(float(np.prod(side))).reshape(side) for side in sides)
        wanted = np.where(mask % 2 == 0, x, -y)
        found = la.where(la.asarray(mask % 2 == 0), la.asarray(x), -la.asarray(y))
        assert type(found) in (Small, Element)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found.compute(), wanted, strict=True)


def test_a_choice_between_a_row_and_a_column_of_much_waits():
    column, row = la.ones((30_000, 1)) * 2.0, la.ones(30_000) * 3.0
    for mask in (column > 0, row > 0):
        chosen = la.where(mask, column, row)
        assert chosen.shape == (30_000, 30_000)
        assert type(chosen) is la.Array


@pytest.mark.parametrize("kind", ["stable", "quicksort", None, "upside"])
def test_places_of_small_arrays_in_order_by_the_method(kind):
    x = np.array([[3.0, 1.0, 1.0], [2.0, 2.0, 0.0]])
    if kind == "upside":
        with pytest.raises(ValueError, match="upside"):
            la.asarray(x).argsort(kind=kind)
        return
    for options in ({"kind": kind}, {"kind": kind, "axis": 0}, {"axis": None}):
        found = la.asarray(x).argsort(**options)
        wanted = np.argsort(x, options.get("axis", -1), stable=True)
        np.testing.assert_array_equal(found.compute(), wanted, strict=True)
