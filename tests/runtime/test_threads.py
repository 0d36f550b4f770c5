"""Work is handed out once, errors end it, and nobody waits for a busy pool."""

import gc
import os
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import pending
from lazyarr.runtime import floating, threads


class BrokenError(Exception):
    """What the work of these tests raises."""


def test_every_piece_is_done_once():
    done = []

    def worker(take):
        while (piece := take()) is not None:
            done.append(piece)

    threads.run(worker, 1000, 4, floating.Notes())
    assert sorted(done) == list(range(1000))


def test_several_threads_take_part():
    names = set()
    together = threading.Barrier(3, timeout=100)

    def worker(take):
        names.add(threading.current_thread().name)
        together.wait()
        while take() is not None:
            pass

    threads.run(worker, 100, 3, floating.Notes())
    assert len(names) == 3


@pytest.mark.parametrize("place", ["here", "there"])
def test_an_error_ends_the_job_and_comes_out(place):
    main = threading.current_thread()
    done = []
    joined = threading.Event()

    def worker(take):
        here = threading.current_thread() is main
        if not here:
            joined.set()
        joined.wait(100)
        while (piece := take()) is not None:
            if here == (place == "here"):
                raise BrokenError
            done.append(piece)
            time.sleep(0.001)

    with pytest.raises(BrokenError):
        threads.run(worker, 10_000, 2, floating.Notes())
    assert len(done) < 10_000
    test_every_piece_is_done_once()


def test_a_busy_pool_does_not_hold_up_others():
    release = threading.Event()

    def slow(take):
        while take() is not None:
            release.wait(100)

    blocked = threading.Thread(
        target=threads.run, args=(slow, 3, 3, floating.Notes()), daemon=True
    )
    blocked.start()
    time.sleep(0.05)
    others = threading.Thread(target=test_every_piece_is_done_once, daemon=True)
    others.start()
    others.join(60)
    held_up = others.is_alive()
    release.set()
    assert not held_up
    blocked.join(10)
    assert not blocked.is_alive()


def test_threads_of_a_job_that_is_over_help_with_the_next(monkeypatch):
    monkeypatch.setattr(threads, "_pool", threads._Pool())
    go, met = threading.Event(), threading.Barrier(2, timeout=100)

    def slow(take):
        while take() is not None:
            go.wait(100)

    first = threading.Thread(
        target=threads.run, args=(slow, 2, 2, floating.Notes()), daemon=True
    )
    first.start()
    while threads._pool.idle or not threads._pool.size:
        time.sleep(0.001)

    def both(take):
        go.set()
        met.wait()
        while take() is not None:
            pass

    # The only thread of the pool is busy when this job is given out.
    threads.run(both, 2, 2, floating.Notes())
    first.join(100)
    assert threads._pool.size == 1
    assert not threads._pool.late


def test_a_job_that_is_over_holds_nothing_while_threads_are_busy(monkeypatch):
    monkeypatch.setattr(threads, "_pool", threads._Pool())
    go = threading.Event()

    def slow(take):
        while take() is not None:
            go.wait(100)

    busy = threading.Thread(
        target=threads.run, args=(slow, 2, 2, floating.Notes()), daemon=True
    )
    busy.start()
    while threads._pool.idle or not threads._pool.size:
        time.sleep(0.001)
    data = np.zeros(3)
    there = weakref.ref(data)

    def short(take, data=data):
        while take() is not None:
            pass

    threads.run(short, 2, 2, floating.Notes())
    assert threads._pool.late
    del data, short
    gc.collect()
    assert there() is None
    go.set()
    busy.join(100)


def test_where_no_thread_can_be_started_one_does_all(monkeypatch):
    monkeypatch.setattr(threads, "_pool", threads._Pool())

    def start(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        test_every_piece_is_done_once()
        assert not threads._pool.idle
        assert not threads._pool.late
    test_several_threads_take_part()


def test_each_thread_waits_at_a_queue_of_its_own(monkeypatch):
    monkeypatch.setattr(threads, "_pool", threads._Pool())
    for _ in range(3):
        test_several_threads_take_part()
        while len(threads._pool.idle) < 2:
            time.sleep(0.001)
    assert threads._pool.size == 2
    assert len({id(queue) for queue in threads._pool.idle}) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # other packages'
@pytest.mark.parametrize("module", [sys.modules["lazyarr.config"], evaluate, pending])
def test_a_lock_that_another_thread_holds_is_free_after_a_fork(module):
    held, done = threading.Event(), threading.Event()

    def hold():
        with module._lock:
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if module._lock.acquire(blocking=False) else 1)
    done.set()
    holder.join()
    assert os.waitpid(pid, 0)[1] == 0


def test_threads_are_woken_for_the_bytes_of_a_stage_not_for_its_elements(monkeypatch):
    woken = []
    run = threads.run

    def noted(worker, count, wanted, notes):
        woken.append(wanted)
        run(worker, count, wanted, notes)

    monkeypatch.setattr(threads, "run", noted)
    wide = np.arange(1_000_000.0)
    narrow = wide % 2 == 0
    with la.config(threads=2):
        found = (la.asarray(narrow)[1:] != la.asarray(narrow)[:-1]).compute()
        assert not woken
        same = (la.asarray(wide)[1:] - la.asarray(wide)[:-1]).compute()
    assert woken == [2]
    assert found.all()
    np.testing.assert_array_equal(same, 1.0)


ALONE = """
import _thread
import threading
from lazyarr import evaluate
from lazyarr.runtime import floating, threads
look, found = threading.enumerate, []
threads.run(lambda take: None, 3, 3, floating.Notes())
assert threads.started() == 2
threading.enumerate = None  # nobody looks at each of the pool's threads
assert evaluate.alone()
threading.enumerate = look
over = threading.Event()
another = threading.Thread(target=over.wait, daemon=True)
another.start()
assert not evaluate.alone()
count = threading.active_count
def growing():  # another thread starts one of the pool's in the middle of a look
    known = count()
    threads.run(lambda take: None, 4, 4, floating.Notes())
    return known
threading.active_count = growing
assert not evaluate.alone()
assert threads.started() == 3
threading.active_count = count
over.set()
another.join()
assert evaluate.alone()
threads.run(lambda take: found.append(evaluate.alone()), 3, 3, floating.Notes())
assert found.count(True) == 1  # of the pool's threads none is, beside the user's
ended = threading.Event()
def foreign():  # as a thread that C has started: Python does not know it yet
    found.append(evaluate.alone())
    ended.set()
found.clear()
_thread.start_new_thread(foreign, ())
ended.wait()
assert found == [False]
"""


def test_whether_the_user_has_other_threads_is_known_without_a_look_at_ours():
    subprocess.run([sys.executable, "-c", ALONE], check=True)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_an_exit_in_another_thread_comes_out_and_leaves_the_thread(error):
    main = threading.current_thread()
    joined = threading.Event()

    def worker(take):
        if threading.current_thread() is not main:
            joined.set()
            take()
            raise error
        joined.wait(100)

    with pytest.raises(error):
        threads.run(worker, 4, 2, floating.Notes())
    assert any(thread.name == "lazyarr-0" for thread in threading.enumerate())
