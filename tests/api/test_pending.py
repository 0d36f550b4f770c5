"""Loops that mutate: when they are evaluated, what is kept, and what may be reused."""

from __future__ import annotations

import gc
import signal
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import looped, pending
from lazyarr.ir.node import structure
from lazyarr.ops.row import Kind
from lazyarr.runtime import direct
from lazyarr.testing import RecordingBackend

pytestmark = pytest.mark.usefixtures("planned")  # it is plans that are looked at

GRID = np.random.default_rng(0).random((40, 50))


@pytest.fixture(autouse=True)
def pending_only(monkeypatch):
    """Let writes be pending, and not be done at once: `test_looped` is about that."""
    monkeypatch.setattr(looped, "LARGE", 0)
    monkeypatch.setattr(pending, "looped", {})
    monkeypatch.setattr(pending, "_LITTLE", -1)


@pytest.fixture
def settled(monkeypatch):
    """Return a list of what was evaluated: leaves that were given, nodes."""
    runs = []
    run = evaluate.settle

    def recorded(roots, owned):
        runs.append((len(owned), len(structure(roots)[1])))
        return run(roots, owned)

    monkeypatch.setattr(evaluate, "settle", recorded)
    return runs


def stencil(xp, steps):
    a = xp.array(GRID)
    for _ in range(steps):
        a[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])
    return a


def test_a_loop_of_writes_keeps_a_bounded_graph(settled):
    a = stencil(la, 1000)
    nodes = len(structure((a._current(),))[1])
    assert nodes < 64 * 14
    assert max(count for _, count in settled) < 64 * 14
    assert np.array_equal(a.compute(), stencil(np, 1000))


def test_whole_arrays_wait_for_their_budget_and_little_parts_for_eight(
    settled, monkeypatch
):
    monkeypatch.setattr(pending, "_LITTLE", 1 << 19)
    whole, parts = la.array(GRID), la.array(GRID)
    for count in range(64):
        whole *= 0.5 + count
    assert len(settled) == 1
    settled.clear()
    for count in range(64):
        parts[1:-1] += count
    assert len(settled) in (7, 8)


@pytest.mark.parametrize("options", [{"pending_writes": 5}, {"pending_bytes": 1 << 16}])
def test_options_bound_what_is_pending(settled, options):
    with la.config(**options):
        a = stencil(la, 30)
    assert len(settled) >= 5
    assert np.array_equal(a.compute(), stencil(np, 30))


def test_a_repeated_body_finds_its_plan():
    with la.config(pending_writes=4, small_path=False), RecordingBackend() as log:
        stencil(la, 60)
    # The first holds another leaf than those that follow.
    assert len(log.plans) <= 2
    assert len(log.runs) == 14  # the last writes wait for the array's next use


def test_rows_are_written_where_they_are(settled):
    x = la.array(np.ones((400, 30)))
    for k in range(1, 400):
        x[k] = 0.5 * x[k - 1] + x[k]
    assert [given for given, _ in settled[1:]] == [1] * (len(settled) - 1)
    expected = np.ones((400, 30))
    for k in range(1, 400):
        expected[k] = 0.5 * expected[k - 1] + expected[k]
    assert np.array_equal(x.compute(), expected)


def test_nothing_that_an_expression_still_needs_is_written_over():
    x, y = la.array(np.ones((300, 4))), np.ones((300, 4))
    kept = []
    for k in range(300):
        if k % 50 == 0:
            kept.append((x * 2, x[:5].copy(), y * 2, y[:5].copy()))
        x[k] += k
        y[k] += k
    for mine, part, theirs, expected in kept:
        assert np.array_equal(mine.compute(), theirs)
        assert np.array_equal(part.compute(), expected)


def test_what_was_handed_out_is_not_written_over():
    x = la.array(np.zeros(5))
    x[0] = 1
    for give in (la.Array.compute, np.asarray, la.Array.persist, la.Array.copy):
        given = give(x)
        before = np.array(given)
        for k in range(5):
            x[k] = x[k] + 1.0
        assert np.array_equal(np.asarray(given), before)


def test_two_arrays_that_swap_are_evaluated_together(settled):
    results = []
    for xp in (np, la):
        u, v = xp.array(GRID), xp.array(GRID) * 0.5
        for _ in range(200):
            v[1:-1] = 0.5 * (u[:-2] + u[2:]) - 0.1 * v[1:-1]
            u, v = v, u
        results.append((np.asarray(u), np.asarray(v)))
    assert max(count for _, count in settled) < 64 * 24
    for mine, theirs in zip(*results, strict=True):
        assert np.array_equal(mine, theirs)


def test_arrays_that_are_made_of_each_other_are_evaluated_together(monkeypatch):
    evaluated = []
    run = evaluate.settle

    def recorded(roots, owned):
        nodes = structure(roots)[1]
        evaluated.append(sum(node.op.kind is Kind.UPDATE for node in nodes))
        return run(roots, owned)

    monkeypatch.setattr(evaluate, "settle", recorded)

    def step(xp, steps):
        e, h = xp.array(GRID), xp.array(GRID.T)
        for k in range(steps):
            e[0] = k
            e[1:] -= 0.5 * (h.T[1:] - h.T[:-1])
            h[:-1] += 0.25 * (e.T[1:] - e.T[:-1])
        return np.asarray(e), np.asarray(h)

    with la.config(pending_writes=6):
        got = step(la, 30)
    for mine, numpys in zip(got, step(np, 30), strict=True):
        np.testing.assert_array_equal(mine, numpys)
    assert len(evaluated) > 3
    assert sum(evaluated) <= 3 * 30  # each write once


def test_a_read_in_every_step_repeats_nothing(settled):
    a = la.array(GRID)
    for _ in range(40):
        a[1:-1] = 0.5 * (a[:-2] + a[2:])
        float(abs(a).max())
    assert max(count for _, count in settled) < 30
    assert len(settled) >= 38


def test_a_program_that_reads_once_keeps_nothing(settled):
    x = la.array(GRID)
    x *= 5
    x *= x
    assert np.array_equal(x.compute(), (GRID * 5) ** 2)
    assert not settled


def test_the_plan_says_what_was_evaluated():
    x = la.zeros((200, 3))
    for k in range(64):
        x[k] = la.ones(3) * k
    x[3]  # what little was written of it is evaluated when it is indexed
    plan = (x * 2).explain()
    (told,) = [d for d in plan.to_dict()["decisions"] if d["choice"] == "evaluated"]
    assert told["reason"].startswith("64 pending operations, at test_pending.py:")


def test_elements_are_written_at_once():
    x = la.zeros(50)
    x[0] = 1.0
    for k in range(1, 50):
        x[k] = 0.5 * x[k - 1] + 1
    assert not x._current().args
    y = np.zeros(50)
    y[0] = 1.0
    for k in range(1, 50):
        y[k] = 0.5 * y[k - 1] + 1
    assert np.array_equal(x.compute(), y)


def _divide(x):
    for k in range(200):
        x[k % 6 : k % 6 + 2] = x[k % 6 : k % 6 + 2] / (100 - k)
    np.asarray(x)


def test_a_snapshot_is_written_at_once_and_never_what_was_given():
    given = np.arange(5.0)
    x, y = la.array(given), la.asarray(given)
    double = x * 2
    for one in (x, y):
        one[1] = 7.0
        one[1:3] = -1
    z = la.array([1, 2, 3])
    z[0] = 9
    assert not z._current().args
    assert given.tolist() == [0, 1, 2, 3, 4]
    assert double.compute().tolist() == [0, 2, 4, 6, 8]
    assert x.compute().tolist() == y.compute().tolist() == [0, -1, -1, 3, 4]


def test_errors_of_a_step_leave_the_array_as_numpy_does():
    for xp in (np, la):
        x = xp.array(np.ones(6))
        with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
            _divide(x)
        assert np.asarray(x).shape == (6,)


def test_memory_of_a_loop_is_a_few_arrays():
    start = np.ones((1000, 1000))
    a = la.asarray(start)
    with la.config(result_pool_bytes=0, threads=1):
        gc.collect()
        tracemalloc.start()
        for _ in range(12):
            a[1:-1, 1:-1] = 0.25 * (
                a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]
            )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * start.nbytes


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "c16", "?"])
def test_elements_compute_as_numpys_scalars(dtype):
    data = np.array([3, 1, 0], dtype)
    x = la.asarray(data)
    for name in ("add", "mul", "truediv", "lt", "eq", "ne"):
        method = f"__{name}__"
        for mine, theirs in ((x[1], data[1]), (2, 2), (0.5, 0.5)):
            ours = getattr(x[0], method)(mine)
            expected = getattr(data[0], method)(theirs)
            assert ours.dtype == expected.dtype, (name, mine)
            assert ours.compute() == expected
    assert isinstance(x[0], la.Array)
    assert (x[0] + x).compute().tolist() == (data[0] + data).tolist()
    assert (x[0] == None) is not True  # noqa: E711


def test_what_is_assigned_is_what_it_was_then():
    results = []
    for xp in (np, la):
        x, row = xp.zeros((4, 3)), np.empty(3)
        for k in range(4):
            row[:] = k
            x[k] = row
        results.append(np.asarray(x))
    assert np.array_equal(*results)


def test_a_loop_that_reads_does_not_compute_what_it_read_before(settled):
    free = GRID > 0.3
    filled, wanted = la.zeros((40, 50), dtype=bool), np.zeros((40, 50), bool)
    filled[0], wanted[0] = True, True
    for _ in range(60):
        for xp, cells in ((la, filled), (np, wanted)):
            grown = xp.where(xp.asarray(free), cells, False).copy()
            grown[1:] |= cells[:-1]
            grown[:-1] |= cells[1:]
            grown &= xp.asarray(free)
            assert bool((grown == cells).all()) in (True, False)
            filled, wanted = (grown, wanted) if xp is la else (filled, grown)
    assert np.array_equal(filled.compute(), wanted)
    assert max(count for _, count in settled) < 100


def test_threads_may_read_what_is_pending():
    a = stencil(la, 40)
    b = a * 2
    expected = stencil(np, 40)
    with ThreadPoolExecutor(6) as pool:
        jobs = [
            pool.submit(x.compute) for x in (a, b, a[3:], b.T, a, b) for _ in range(5)
        ]
        results = [job.result() for job in jobs]
    wanted = [expected, expected * 2, expected[3:], (expected * 2).T, expected]
    for k, result in enumerate(results):
        assert np.array_equal(result, [*wanted, expected * 2][k // 5])


@pytest.mark.parametrize("dtype", ["i8", "u1", "i4", "f8", "f4", "?"])
def test_operators_of_elements_are_numpys(dtype):
    data = np.array([1, 7, 3, 0], dtype)
    operators = ["+", "-", "*", "/", "%", "&", "|", "^", "<", "=="]
    for sign in operators:
        for text in (f"x[1] {sign} x[2]", f"x[1] {sign} 3", f"5 {sign} x[2]"):
            try:
                wanted = eval(text, {"x": data})  # noqa: S307 - as above
            except TypeError:
                with pytest.raises(TypeError):
                    eval(text, {"x": la.array(data)})  # noqa: S307 - as above
                continue
            found = eval(text, {"x": la.array(data)})  # noqa: S307 - as above
            assert found.dtype == wanted.dtype, text
            assert found.compute() == wanted, text


def test_a_recurrence_with_a_remainder_is_computed_at_once(settled):
    f = la.zeros(300, dtype="i8")
    f[1] = 1
    for k in range(2, 300):
        f[k] = (f[k - 1] + f[k - 2]) % 1_000_003
    assert len(settled) < 10
    a, b = 0, 1
    for _ in range(298):
        a, b = b, (a + b) % 1_000_003
    assert int(f[-1]) == b


def owned_rows():
    """Return an array that nobody else holds, as a loop leaves one."""
    x = la.array(np.ones((300, 4)))
    for k in range(200):
        x[k] += 1
    pending.settle(x)
    return x


def first_row(x, times, once=lambda: None):
    """Write to a row, and do something in the midst of it; then index the array."""
    for k in range(times):
        x[0] += 1
        if k == times // 2:
            once()
    return x[2]


def test_an_error_in_a_write_leaves_earlier_writes_done_once(monkeypatch):
    failures = [MemoryError("none left")]
    inverse = np.linalg.inv

    def sometimes(matrix):
        if failures:
            raise failures.pop()
        return inverse(matrix)

    monkeypatch.setattr(np.linalg, "inv", sometimes)
    x, expected = owned_rows(), np.asarray(owned_rows())

    def inverted():
        x[1:5] = la.linalg.inv(la.eye(4) * x[299, 0])

    with la.config(pending_writes=9):
        with pytest.raises(MemoryError):
            first_row(x, 8, inverted)
        expected[0] += 8
        expected[1:5] = np.eye(4) / expected[299, 0]
        assert np.array_equal(x.compute(), expected)


def test_integer_powers_that_fail_leave_the_array_as_it_was():
    x = la.array(np.full((300, 4), 2))
    for k in range(200):
        x[k] += 1
    pending.settle(x)
    array = x._node.value
    values = array.copy()
    exponents = la.asarray(np.array([1, 1, 1, -1]))

    def raised():
        x[1] = x[1] ** exponents

    with (
        la.config(pending_writes=9),
        pytest.raises(ValueError, match="negative integer powers"),
    ):
        first_row(x, 8, raised)
    assert np.array_equal(array, values)


@pytest.fixture
def interruptible():
    """Let interrupts raise, also where the tests run in the background of a shell."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)


def test_an_interrupt_waits_for_a_write_in_place(monkeypatch, interruptible):
    update = direct.update

    def interrupted(*arguments):
        result = update(*arguments)
        signal.raise_signal(signal.SIGINT)
        return result

    x, expected = owned_rows(), np.asarray(owned_rows())
    with la.config(pending_writes=4), monkeypatch.context() as changed:
        changed.setattr(direct, "update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            first_row(x, 4)
    expected[0] += 4
    assert np.array_equal(x.compute(), expected)


def test_computing_several_arrays_keeps_what_was_written(settled):
    def loop(xp, steps):
        a, b = xp.array(GRID), xp.array(GRID)
        for _ in range(steps):
            a[1:-1] = a[:-2] * 0.5 + a[2:] * 0.5
            b[1:] += a[:-1]
            if xp is la:
                values = la.compute(a, b, a)
                values[0][0] = values[1][0] = 7  # the caller's own
        return a, b

    mine, theirs = loop(la, 20), loop(np, 20)
    assert len(structure(tuple(one._node for one in mine))[1]) < 24
    assert max(count for _, count in settled) < 48
    for a, b in zip(mine, theirs, strict=True):
        assert np.array_equal(a.compute(), b)


def test_elements_of_what_was_filled_can_be_read_one_by_one():
    x = la.array(np.ones(100)) * 2
    x[:] = 3
    x[::2] = 3
    x[:] = 4
    assert [float(x[k] * 1) for k in range(10)] == [4] * 10
    for k in range(10):
        x[k] = x[k] * 2
    assert x.compute()[:11].tolist() == [8] * 10 + [4]


def test_the_plan_of_a_read_has_what_the_read_keeps():
    with la.config(small_bytes=0):
        y = la.asarray(np.arange(1200.0).reshape(30, 40)) * 2
        y[3:5] = 7
        part = y[::-1]
        plan = part.explain().plan
        assert len(plan.outputs) == 2
        (told,) = [d for d in plan.decisions if d.choice == "kept"]
        assert told.subject == "output 1"
        assert "test_pending.py" in told.reason
        assert len(la.explain(part, device="cpu").plan.outputs) == 1
        part.compute()
        assert len(part.explain().plan.outputs) == 1
        assert [s.ops for s in la.explain(y).plan.stages] == [("copy",)]


def test_a_large_array_that_was_written_is_evaluated_once_for_all_its_readers():
    start = np.random.default_rng(3).random((300, 400))
    x, y = la.array(start), start.copy()
    for a in (x, y):
        for k in range(3):
            a[1:-1] = a[:-2] + a[2:] * k
    before = x + 1
    with RecordingBackend() as record:
        first = x.compute()
        second = x.compute()
    np.testing.assert_array_equal(first, y)
    np.testing.assert_array_equal(second, y)
    ops = [i.op.name for plan in record.plans for s in plan.stages for i in s.body]
    assert ops.count("add") == 3
    first[:] = 0
    np.testing.assert_array_equal(x, y)
    np.testing.assert_array_equal(before, y + 1)


def test_a_sum_has_the_same_bits_before_and_after_writes_are_evaluated():
    data = np.random.default_rng(5).random((4, 70_000))
    x = la.zeros(data.shape)
    sums = []
    for _ in range(12):
        x[1:] = data[1:]
        sums += [float(x.sum()), float(x.sum())]
        x[0] = data[0]
        sums += [float((x * 2).mean()), float((x * 2).mean())]
    alone = la.asarray(data)
    zeroed = la.concat([la.zeros((1, 70_000)), alone[1:]])
    assert set(sums[2::4]) == set(sums[3::4]) == {float((alone * 2).mean())}
    assert {sums[0], sums[1]} == {float(zeroed.sum())}


def fields(xp):
    """Two fields that are written in turn, and what is made of them before any read."""
    a, b = xp.array(GRID), xp.array(GRID[::-1])
    a[1:-1] -= 0.5 * (b[2:] - b[:-2])
    a *= 0.5
    b[:, 1:-1] -= 0.1 * (a[:, 2:] - a[:, :-2])
    b *= 0.9
    return a, b, b.max() - b.min(), a + 1


def test_what_lies_in_memory_for_a_read_is_kept_for_the_others(settled):
    (a, b, spread, later), expected = fields(la), fields(np)
    assert np.array_equal(b.compute(), expected[1])
    with RecordingBackend() as log:
        assert np.array_equal(a.compute(), expected[0])
        assert float(spread) == expected[2]
        assert np.array_equal(later.compute(), expected[3])
    done = {op for plan in log.plans for stage in plan.stages for op in stage.ops}
    assert "multiply" not in done
    assert "max" in done


def test_what_a_read_has_kept_is_not_written_over_for_those_who_wait(settled):
    (a, b, spread, later), expected = fields(la), fields(np)
    handed = b.compute()
    a[1:] = 7
    b *= 3
    handed[:] = 0
    assert float(spread) == expected[2]
    assert np.array_equal(later.compute(), expected[3])
    assert np.array_equal(b.compute(), expected[1] * 3)
    assert np.array_equal(a[0].compute(), expected[0][0])
    assert (a[1:] == 7).all()


def test_an_array_that_is_kept_when_it_is_read_again_is_read_in_its_order(monkeypatch):
    monkeypatch.setattr(pending, "alone", lambda: True)  # as without other threads
    start = np.array(np.random.default_rng(3).random((90, 401)), order="F")
    with la.config(small_bytes=1 << 18):
        x = la.array(start) * 1
        x[:] = x[3].copy()
        for read in (x.compute, x.__array__, x.__array__):
            found = read()
            np.testing.assert_array_equal(found, np.repeat(start[3:4], 90, axis=0))
            assert found.strides == x.strides == start.strides
