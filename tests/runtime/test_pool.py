"""Large results come from buffers that return once, when nobody sees them any more."""

import gc
import sys
import threading

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime import pool

BYTES = 1 << 20
DOUBLE = np.dtype(np.float64)


@pytest.fixture
def buffers():
    return pool.Buffers()


def taken(buffers, nbytes):
    return buffers.array((nbytes,), np.dtype(np.uint8))


def address(array):
    return array.__array_interface__["data"][0]


def test_a_buffer_returns_when_the_array_and_its_views_are_gone(buffers):
    array = taken(buffers, BYTES)
    place = address(array)
    view = array[::2].reshape(-1, 4)[1:]
    del array
    gc.collect()
    assert buffers.nbytes == 0
    del view
    assert buffers.nbytes >= BYTES
    assert address(taken(buffers, BYTES)) == place


@pytest.mark.parametrize("start", [0, 8, 24, 63])
def test_arrays_begin_with_a_line_of_the_cache(buffers, monkeypatch, start):
    real = np.empty

    def empty(size, dtype):  # of an allocator that aligns to nothing
        raw = real(size + 128, dtype)
        first = -address(raw) % 64 + start
        return raw[first : first + size]

    monkeypatch.setattr(np, "empty", empty)
    array = taken(buffers, BYTES)
    assert address(array) % 64 == 0
    assert array.nbytes == BYTES


def test_two_arrays_never_share_a_buffer(buffers):
    for _ in range(5):
        arrays = [taken(buffers, BYTES) for _ in range(4)]
        assert len({address(a) for a in arrays}) == 4
        del arrays
    assert buffers.nbytes < 5 * BYTES + BYTES


def test_the_bytes_at_rest_are_bounded(buffers):
    with la.config(result_pool_bytes=3 * BYTES):
        arrays = [taken(buffers, BYTES) for _ in range(8)]
        del arrays
        assert buffers.nbytes <= 3 * BYTES
    with la.config(result_pool_bytes=0):
        array = taken(buffers, BYTES)
        del array
        assert buffers.nbytes == 0


def test_a_much_larger_buffer_is_left_for_a_better_use(buffers):
    large = taken(buffers, 4 * BYTES)
    place = address(large)
    del large
    assert address(taken(buffers, BYTES)) != place


def test_many_threads_take_and_return(buffers):
    wrong = []

    def one(number):
        for k in range(200):
            array = taken(buffers, BYTES // 16)
            array[:8] = number
            if k % 3 == 0:
                gc.collect(0)
            if (array[:8] != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=one, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("order", [None, (0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("sides", [(3, 4, 5), (30, 40, 50)])
def test_arrays_lie_in_the_order_asked_for(order, sides):
    array = pool.empty(sides, DOUBLE, order)
    assert array.shape == sides
    found = tuple(sorted(range(3), key=lambda k: -array.strides[k]))
    assert found == (order or (0, 1, 2))
    assert min(array.strides) == 8
    array[...] = 1
    assert array.flags.writeable


def test_results_can_be_written_to_and_outlive_the_next_run():
    x = np.arange(300_000.0)
    a = la.asarray(x) + 1
    first = a.compute()
    first[0] = -7
    second = a.compute()
    assert second[0] == 1
    assert first[0] == -7
    assert first[1] == second[1]
    assert not np.shares_memory(first, second)


def test_memory_at_rest_is_given_up_before_giving_up(buffers, monkeypatch):
    kept = taken(buffers, BYTES)
    del kept
    assert buffers.nbytes
    calls = []
    real = np.empty

    def scarce(*args, **options):
        calls.append(args)
        if len(calls) == 1:
            raise MemoryError
        return real(*args, **options)

    monkeypatch.setattr(pool.np, "empty", scarce)
    array = taken(buffers, 8 * BYTES)
    monkeypatch.undo()
    assert array.nbytes == 8 * BYTES
    assert buffers.nbytes == 0


def test_scratch_is_aligned_and_used_again():
    first = pool.scratch(1000)
    assert address(first) % 64 == 0
    assert first.nbytes >= 1000
    place = address(first)
    pool.release(first)
    again = pool.scratch(500)
    assert address(again) == place


def test_an_interrupt_leaves_no_lock_behind(buffers):
    code = pool.Buffers.give_back.__code__
    lines = sorted({line for *_, line in code.co_lines() if line})[1:]

    def interrupted(at):
        def traced(frame, event, _):
            if frame.f_code is code and event == "line" and frame.f_lineno == at:
                raise KeyboardInterrupt
            return traced

        return traced

    tracer = sys.gettrace()
    for at in lines:
        buffer = np.empty(BYTES, np.uint8).view(pool._Buffer)
        try:
            sys.settrace(interrupted(at))
            buffers.give_back(buffer)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(tracer)
        assert not buffers._lock.locked()
    assert len(lines) > 2
