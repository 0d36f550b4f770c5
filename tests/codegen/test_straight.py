"""Plans of kernels alone, kept on the device: their shorter way, and what has the other."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.errors import ExecutionError, MemoryLimitError
from lazyarr.runtime import cuda_device, cupy_backend, straight

A = np.random.default_rng(3).random((37, 50))
B = A[::-1].copy()


@pytest.fixture(params=["compiled", "python"])
def held(cupy, request, monkeypatch):
    """Return arrays on the device that hold A and B; runs are compiled, and in Python."""
    if request.param == "python":
        monkeypatch.setattr(straight.compiled, "MODULE", None)
    elif straight.compiled.MODULE is None:
        pytest.skip("there is no compiled module")
    evaluate.clear_cache()
    yield la.asarray(cupy.ndarray.of(A)), la.asarray(cupy.ndarray.of(B))
    evaluate.clear_cache()


@pytest.fixture
def runs(monkeypatch):
    """Return a list that grows with every run that takes the longer way."""
    found = []
    run = cupy_backend.DevicePlan.run

    def counted(self, *args, **keywords):
        found.append(self)
        return run(self, *args, **keywords)

    monkeypatch.setattr(cupy_backend.DevicePlan, "run", counted)
    return found


def kept(x):
    return x.persist(device="gpu")


def value(x):
    return x._node.value.host


def poly(x, y, factor=5.0):
    return (x * factor) ** 2 + y * x - 3


def test_later_runs_take_the_shorter_way(held, runs, cupy):
    x, y = held
    kept(poly(x, y))
    assert len(runs) == 1
    for factor in (5.0, 6.5, 5.0):
        for a, b, p, q in ((x, y, A, B), (y, x, B, A)):
            got = kept(poly(a, b, factor))
            assert (got.shape, got.dtype, got._node.tag) == (
                A.shape,
                A.dtype,
                x._node.tag,
            )
            np.testing.assert_array_equal(value(got), poly(p, q, factor))
            np.testing.assert_array_equal(
                value(kept(poly(got, b))), poly(value(got), q)
            )
    assert len(runs) == 1
    assert len(cupy.launches) == 13


def test_what_is_usual_is_compiled(held, monkeypatch):
    bound, called = straight._binder, []

    def counted(*given):
        run = bound(*given)
        return lambda nodes: called.append(nodes) or run(nodes)

    monkeypatch.setattr(straight, "_binder", counted)
    x, y = held
    for _ in range(5):
        np.testing.assert_array_equal(value(kept(poly(x, y))), poly(A, B))
    # The first run is that of all plans, and the second makes what runs need.
    assert len(called) == (4 if straight.compiled.MODULE is None else 1)


def test_reductions_share_the_scratch_of_their_stream(held, runs):
    x, _ = held
    for _ in range(3):
        np.testing.assert_allclose(
            value(kept(la.sum(x * x))), np.sum(A * A), rtol=1e-14
        )
    assert len(runs) == 1


def test_leaves_that_lie_otherwise_go_the_way_of_all_plans(held, runs, cupy):
    x, y = held
    for _ in range(2):
        kept(poly(x, y))
    raw = cupy.ndarray.of(np.zeros(A.size + 1))
    shifted = cupy.ndarray(A.shape, A.dtype, raw.data + 8)
    turned = cupy.ndarray(A.shape[::-1], A.dtype)
    turned = cupy.ndarray(A.shape, A.dtype, turned.data, turned.strides[::-1])
    for k, array in enumerate((shifted, turned)):
        array.set(A)
        for _ in range(2):
            got = kept(poly(la.asarray(array), y))
            np.testing.assert_array_equal(value(got), poly(A, B))
        assert len(runs) == 3 + 2 * k
    np.testing.assert_array_equal(value(kept(poly(x, y))), poly(A, B))
    assert len(runs) == 5


def test_leaves_of_the_host_are_copied_each_time(held, runs):
    for _ in range(2):
        got = kept(poly(la.asarray(A), la.asarray(B)))
        np.testing.assert_array_equal(value(got), poly(A, B))
    assert len(runs) == 2


def test_several_results_of_one_launch_take_the_shorter_way(held, runs, cupy):
    x, y = held
    for a, p in ((x, A), (y, B), (x, A)):
        before = cupy.pointer.allocations
        z = a * 2 - 1
        roots = (z.mean(), z.var(), z.min(), z.max())
        low, high, mean, spread = la.persist(*roots[2:], *roots[:2], device="gpu")
        q = p * 2 - 1
        assert (value(low)[()], value(high)[()]) == (q.min(), q.max())
        np.testing.assert_allclose(value(mean), q.mean(), rtol=1e-13)
        np.testing.assert_allclose(value(spread), q.var(), rtol=1e-13)
    # The last four share what a pool gives for one.
    starts = [one._node.value.data.ptr for one in (low, high, mean, spread)]
    assert [start - starts[0] for start in starts] == [0, 128, 256, 384]
    assert cupy.pointer.allocations == before + 1
    assert len(runs) == 1


def test_plans_of_several_kernels_take_the_shorter_way(held, runs, cupy):
    x, y = held
    for axis in (None, 0):
        before = len(runs)
        for a, p in ((x, A), (y, B), (x, A)):
            off = a - a.mean(axis=axis, keepdims=True)
            got = kept(off / a.std(axis=axis, keepdims=True))
            q = (p - p.mean(axis, keepdims=True)) / p.std(axis, keepdims=True)
            np.testing.assert_allclose(value(got), q, rtol=1e-11, atol=1e-13)
        assert len(runs) == before + 1
    names = cupy.launches[-2:]
    assert names[0] != names[1]  # a fold, and what is done with it


def test_what_only_kernels_read_is_let_go_when_the_last_has_read_it(
    held, cupy, monkeypatch
):
    x, _ = held
    memory = []
    alloc = cupy.cuda.alloc

    def counted(nbytes):
        made = alloc(nbytes)
        memory.append(weakref.ref(made))
        return made

    monkeypatch.setattr(cupy.cuda, "alloc", counted)

    def chain():
        off = x - x.mean(axis=0)
        return kept(off / la.sqrt(la.sum(off * off)))

    for _ in range(2):
        chain()
    memory.clear()
    got = chain()
    q = A - A.mean(0)
    np.testing.assert_allclose(value(got), q / np.sqrt(np.sum(q * q)), rtol=1e-12)
    assert len(memory) > 1
    alive = [one() for one in memory if one() is not None]
    assert alive == [got._node.value.data]


def test_results_of_one_element_are_nobody_elses(held, runs, cupy, monkeypatch):
    x, y = held
    stream = cupy.cuda.get_current_stream()
    totals = [kept(la.sum(a)) for a in (x, y, x + y, x, y)]
    for number in (0, 7, 2, 2, 0):  # 2 stands for another stream in every thread
        monkeypatch.setattr(stream, "ptr", number, raising=False)
        totals += [kept(la.sum(a)) for a in (x, y)]
    expected = [np.sum(p) for p in (A, B, A + B, A, B)] + [np.sum(A), np.sum(B)] * 5
    np.testing.assert_allclose([value(one)[()] for one in totals], expected, rtol=1e-13)
    starts = {one._node.value.data.ptr for one in totals}
    assert len(starts) == len(totals)
    assert len(runs) == 2


def test_memory_is_taken_ahead_for_what_is_small_beside_the_operands(held, cupy):
    x, y = held
    wide = np.random.default_rng(5).random((70, 1100))
    array = la.asarray(cupy.ndarray.of(wide))
    kept(la.sum(array, axis=1))
    kept(x + y)
    sums = [kept(la.sum(array * k, axis=1)) for k in (3, 4)]  # a plan of its own
    sums += [kept(la.sum(array, axis=1)) for _ in range(3)]
    for got, k in zip(sums, (3, 4, 1, 1, 1), strict=True):
        np.testing.assert_allclose(value(got), k * wide.sum(1), rtol=1e-13)
    assert len({got._node.value.data.ptr for got in sums}) == len(sums)
    before = cupy.pointer.allocations
    kept(la.sum(array, axis=1))
    assert cupy.pointer.allocations == before + 1  # for the next one
    for _ in range(3):
        np.testing.assert_array_equal(value(kept(x + y)), A + B)
    assert cupy.pointer.allocations == before + 4  # and none for the next one
    cupy.pointer.fail = 1  # of the next one
    np.testing.assert_allclose(value(kept(la.sum(array, 1))), wide.sum(1), rtol=1e-13)
    cupy.pointer.fail = 1
    np.testing.assert_array_equal(value(kept(x + y)), A + B)
    assert cupy.freed == 1  # only what is asked for now empties the pool


def test_no_room_for_the_next_result_is_no_error(held, runs, cupy):
    x, _ = held
    for _ in range(2):
        kept(la.sum(x))
    cupy.pointer.fail = 1  # what is taken beforehand
    for _ in range(2):
        np.testing.assert_allclose(value(kept(la.sum(x))), np.sum(A), rtol=1e-13)
    assert (cupy.freed, len(runs)) == (0, 1)


def test_several_large_results_have_memory_of_their_own(held, runs, cupy):
    x, y = held
    for _ in range(3):
        product, total = la.persist(x * y, x + y, device="gpu")
        np.testing.assert_array_equal(value(product), A * B)
        np.testing.assert_array_equal(value(total), A + B)
        assert product._node.value.data.mem is not total._node.value.data.mem
    assert len(runs) == 1
    cupy.pointer.fail = 2
    product, total = la.persist(x * y, x + y, device="gpu")
    np.testing.assert_array_equal(value(product), A * B)
    np.testing.assert_array_equal(value(total), A + B)
    assert cupy.freed == 1


def test_plans_of_more_than_one_launch_or_result(held, runs):
    x, y = held
    for _ in range(2):
        low, high = la.persist(x.min(), x.max(), device="gpu")
        assert (value(low)[()], value(high)[()]) == (A.min(), A.max())
        got = kept((x + 1) @ la.permute_dims(y, (1, 0)))
        np.testing.assert_allclose(value(got), (A + 1) @ B.T, rtol=1e-14)
        noise = [la.random.default_rng(5).random((40,)) for _ in range(2)]
        np.testing.assert_array_equal(value(kept(noise[0])), noise[1].compute("cpu"))
    assert len(runs) >= 4


def test_a_failed_allocation_is_tried_again(held, runs, cupy):
    x, y = held
    kept(poly(x, y))
    cupy.pointer.fail = 1
    np.testing.assert_array_equal(value(kept(poly(x, y))), poly(A, B))
    assert cupy.freed == 1
    result = poly(x, y)

    cupy.pointer.fail = 1
    with pytest.MonkeyPatch.context() as patch:
        # The second try fails, too.
        pool = cupy.get_default_memory_pool()
        patch.setattr(pool, "free_all_blocks", lambda: setattr(cupy.pointer, "fail", 1))
        patch.setattr(cupy, "get_default_memory_pool", lambda: pool)
        with pytest.raises(MemoryLimitError, match="bytes on the GPU"):
            kept(result)
    for array in (result, poly(x, y)):  # all of them are as they were
        np.testing.assert_array_equal(value(kept(array)), poly(A, B))
    assert len(runs) == 1


def test_a_thread_is_given_a_context_before_its_first_launch(held, runs, monkeypatch):
    x, y = held
    kept(poly(x, y))
    bound = []
    bind = cuda_device.bind_thread
    monkeypatch.setattr(cupy_backend, "bind_thread", lambda: bound.append(1) or bind())
    results = []

    def work():
        results.extend(kept(poly(x, y)) for _ in range(3))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(bound) == 1
    assert len(runs) == 2
    for result in results:
        np.testing.assert_array_equal(value(result), poly(A, B))


def test_another_current_device_is_left_for_the_run(held, runs, cupy, monkeypatch):
    x, y = held
    current = [0]
    runtime = cupy.cuda.runtime
    monkeypatch.setattr(runtime, "getDevice", lambda: current[0])
    monkeypatch.setattr(runtime, "getDeviceCount", lambda: 2)

    class Device(cupy.cuda.Device):
        def __init__(self, number=0):
            self.number = number

        def __enter__(self):
            self.before, current[0] = current[0], self.number
            return self

        def __exit__(self, *error):
            current[0] = self.before

    monkeypatch.setattr(cupy.cuda, "Device", Device)
    for _ in range(2):
        kept(poly(x, y))
    assert len(runs) == 1
    current[0] = 1
    got = kept(poly(x, y))
    assert current == [1]
    assert len(runs) == 3  # once to change the device, once on it
    np.testing.assert_array_equal(value(got), poly(A, B))


def test_leaves_of_another_device_go_the_way_of_all_plans(held, runs, cupy):
    cupy.devices = 2
    x, y = held
    with cupy.cuda.Device(1):
        far = la.asarray(cupy.ndarray.of(A))
    far._node.tag = x._node.tag  # the plan is the one for leaves of the first device
    for k in range(1, 4):
        np.testing.assert_array_equal(value(kept(poly(x, y))), poly(A, B))
        assert len(runs) == k
        np.testing.assert_array_equal(value(kept(poly(far, y))), poly(A, B))
        assert len(runs) == k + 1


@pytest.fixture
def refusing(cupy, monkeypatch):
    """Return a list of errors that the next launches raise, the last one first."""

    class Refusing(list):
        launch = staticmethod(cupy.cuda.driver.launchKernel)

    errors = Refusing()

    def refuse(*given):
        if errors and (error := errors.pop()) is not None:
            raise error
        errors.launch(*given)

    monkeypatch.setattr(cupy.cuda.driver, "launchKernel", refuse)
    return errors


def test_errors_of_launches_are_told_with_their_operation(held, runs, refusing):
    x, y = held
    programs = (lambda: poly(x, y), lambda: x / x.std(axis=0), lambda: la.sum(x * y))
    for program in programs:
        expected = value(kept(program()))
        for wrong in (RuntimeError("refused"), ValueError("no"), KeyboardInterrupt()):
            result = program()
            refusing.append(wrong)
            with pytest.raises(type(wrong)) as found:
                kept(result)
            if isinstance(wrong, Exception):
                assert found.value.__cause__ is wrong
                assert isinstance(found.value, ExecutionError)
                assert "test_straight.py" in str(found.value)
            else:
                assert found.value is wrong
            assert wrong.__traceback__ is not None
            np.testing.assert_array_equal(value(kept(result)), expected)
    assert len(runs) == len(programs)


def test_a_later_launch_of_a_plan_may_be_refused(held, runs, refusing):
    x, _ = held
    expected = value(kept(x / x.std(axis=0)))
    refusing += [ValueError("the second"), None]
    with pytest.raises(ExecutionError, match="the second"):
        kept(x / x.std(axis=0))
    assert not refusing
    np.testing.assert_array_equal(value(kept(x / x.std(axis=0))), expected)


def test_nothing_leaks(held, refusing, cupy, monkeypatch):
    memory, refused = cupy.cuda.alloc(4096), []

    def alloc(nbytes):
        if refused:
            raise refused.pop()
        return memory

    monkeypatch.setattr(cupy.cuda, "alloc", alloc)
    # A device that does nothing, and so keeps nothing of what it was told.
    monkeypatch.setattr(refusing, "launch", lambda *given: None)
    x = la.asarray(cupy.ndarray((9, 4), A.dtype))

    def loop():
        for k in range(100):
            kept(poly(x, x, float(k)))
            kept(x / x.std(axis=0))
            la.persist(x.min(), x.max(), device="gpu")
            refused.append(cupy.cuda.memory.OutOfMemoryError())
            kept(x / x.std(axis=0))
            refusing.append(ValueError())
            with pytest.raises(ExecutionError):
                kept(la.sum(x))

    def grown():
        gc.collect()
        before = sys.getallocatedblocks()
        loop()
        gc.collect()
        return sys.getallocatedblocks() - before

    loop()
    assert min(grown() for _ in range(4)) < 60  # what is kept is kept once
