"""Kernels compiled beside the CPU's runs, after which a GPU runs the plan."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from types import MappingProxyType

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate, profiles, routing
from lazyarr.api import pending
from lazyarr.plan.learned import Correction
from lazyarr.plan.profile import DeviceProfile, HostProfile
from lazyarr.runtime import ahead, cupy_backend, launch

A = np.random.default_rng(3).random((40, 50))

# A run on the CPU takes a millisecond or two more, and a kernel ten to be compiled.
CPU = DeviceProfile("a CPU", "cpu", 0, 1e6, 1e6, 1e-6, measured=True)
GPU = DeviceProfile(
    *("a GPU", "gpu", 1 << 34, 1e12, 1e12, 1e-6),
    measured=True,
    compile=0.1,
    upload=((1.0, 1e-6), (1e10, 1.0)),
    download=((1.0, 1e-6), (1e10, 1.0)),
)

_COPIES = ((1.0, 1e-6), (1e10, 1e-6))
NEAR = GPU._replace(upload=_COPIES, download=_COPIES)


@pytest.fixture(autouse=True)
def by_hand(monkeypatch):
    monkeypatch.setattr(profiles, "found", lambda name: HostProfile("h", CPU, GPU))
    monkeypatch.setattr(profiles, "fits_gpu", lambda host, facts: True)
    monkeypatch.setattr(cupy_backend, "facts", dict)
    monkeypatch.setattr(launch, "is_stored", lambda *arguments: False)
    with la.config(learn=False, small_bytes=0, threads=2):
        yield


def call():
    return (la.asarray(A) * 2.5 + 1).compute()


def calls(until):
    """Call until something holds; say how often that was."""
    for count in range(1, 2000):
        np.testing.assert_array_equal(call(), A * 2.5 + 1)
        if until():
            return count
        time.sleep(0.005)
    raise AssertionError


def test_the_cpu_runs_a_plan_until_its_kernels_are_compiled(cupy, monkeypatch):
    asked = []

    def start(texts, device):
        asked.append(ahead.Compilation(texts, device))
        return asked[-1]

    with monkeypatch.context() as held:
        held.setattr(ahead, "start", start)
        count = calls(lambda: asked)
        assert 2 < count < 100
        for _ in range(5):
            call()
        assert len(asked) == 1
        assert not cupy.functions
    ahead.start(asked[0].texts, asked[0].device)
    calls(lambda: len(cupy.functions) == 1)
    asked[0].done = True
    assert not cupy.launches
    call()  # which finds that it is done
    for number in range(1, 4):
        np.testing.assert_array_equal(call(), A * 2.5 + 1)
        assert len(cupy.launches) == number
    assert len(cupy.functions) == 1  # nothing was compiled twice


def ended():
    """Wait until no thread compiles any more."""
    for _ in range(1000):
        if all(one.name != "lazyarr-compiler" for one in threading.enumerate()):
            return
        time.sleep(0.005)
    raise AssertionError


def test_a_thread_compiles_them_and_ends(cupy, monkeypatch):
    names = []

    def load(*arguments):
        names.append(threading.current_thread().name)
        return cupy.load(*arguments)

    monkeypatch.setattr(launch, "load", load)
    calls(lambda: cupy.launches)
    assert names == ["lazyarr-compiler"]
    ended()
    other = np.sqrt(A)
    for _ in range(2000):  # another one does it
        np.testing.assert_array_equal(la.sqrt(la.asarray(A)).compute(), other)
        if len(cupy.launches) > 1:
            break
        time.sleep(0.005)
    assert names == ["lazyarr-compiler"] * 2
    ended()


def test_where_no_thread_starts_the_cpu_goes_on(cupy, monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as held, la.config(threads=1):
        held.setattr(threading.Thread, "start", start)
        for _ in range(100):
            call()
        assert len(ahead._compiler.waiting) == 1
    ahead.start([], 0)  # now that one does, it finds what was asked for before
    with la.config(threads=1):
        calls(lambda: cupy.launches)
    assert len(cupy.functions) == 1


def test_a_kernel_that_does_not_compile_is_told_of_by_a_run(cupy, monkeypatch):
    def load(*arguments):
        raise launch.CompileError("kernel.cu(1): error: no")

    monkeypatch.setattr(launch, "load", load)
    with pytest.raises(la.ExecutionError, match="does not compile"):
        calls(lambda: cupy.launches)


WRITTEN = A.copy()
WRITTEN[1:-1] = A[1:-1] * 0.5 + 1.0


def updated():
    """Return an array that was written, where its elements lie."""
    x = la.array(A)
    x[1:-1] = x[1:-1] * 0.5 + 1.0
    pending.settle(x, donate=True)
    return x


def test_kernels_of_writes_are_compiled_beside_the_runs_too(cupy, monkeypatch):
    names = []

    def load(*arguments):
        names.append(threading.current_thread().name)
        return cupy.load(*arguments)

    monkeypatch.setattr(launch, "load", load)
    for _ in range(2000):
        np.testing.assert_array_equal(updated().compute(device="cpu"), WRITTEN)
        if cupy.launches:
            break
        time.sleep(0.005)
    assert set(names) == {"lazyarr-compiler"}


def test_what_does_not_compile_is_told_of_before_anything_is_written(cupy, monkeypatch):
    def load(*arguments):
        raise launch.CompileError("kernel.cu(1): error: no")

    monkeypatch.setattr(launch, "load", load)
    for _ in range(2000):
        x = la.array(A)
        x[1:-1] = x[1:-1] * 0.5 + 1.0
        try:
            pending.settle(x, donate=True)
        except la.ExecutionError as error:
            assert "does not compile" in str(error)  # noqa: PT017
            break
        time.sleep(0.005)
    else:
        raise AssertionError
    np.testing.assert_array_equal(x.compute(device="cpu"), WRITTEN)


class Held(np.ndarray):
    """One that weak references may be to."""


def test_the_error_of_a_kernel_holds_no_array_of_a_run(cupy, monkeypatch):
    def load(*arguments):
        raise launch.CompileError("kernel.cu(1): error: no")

    def run():
        held = A.view(Held)
        with pytest.raises(la.ExecutionError, match="does not compile"):
            calls(lambda: held is None)
        return weakref.ref(held)

    monkeypatch.setattr(launch, "load", load)
    found = run()
    gc.collect()
    assert found() is None


def planned(monkeypatch, host):
    """Return the first plan of a call; a slow run of it may bring about another one."""
    made, prepare = [], evaluate._prepare

    def noted(*args, **keywords):
        made.append(prepare(*args, **keywords))
        return made[-1]

    monkeypatch.setattr(profiles, "found", lambda name: host)
    with monkeypatch.context() as held:
        held.setattr(evaluate, "_prepare", noted)
        call()
    return made[0]


def taught():
    """Return a CPU that is faster than its profile, and the seconds of a call by that."""
    plan = la.explain(la.asarray(A) * 2.5 + 1, device="cpu").plan
    (stage,) = plan.stages
    known = MappingProxyType({stage.estimate.key: Correction(0.9, 5)})
    return CPU._replace(learned=known), stage.estimate.seconds


def test_what_gains_nothing_on_a_gpu_waits_for_no_compiler(cupy, monkeypatch):
    cpu, seconds = taught()
    # Runs say that the CPU is faster, but not by enough to change what the profile says.
    gpu = NEAR._replace(dispatch=0.95 * seconds)
    ready = planned(monkeypatch, HostProfile("h", cpu, gpu))
    assert ready.plan.device == "cpu"
    assert not cupy.launches
    calls(lambda: cupy.launches)


def test_a_gpus_plan_is_not_tried(cupy, monkeypatch):
    cpu, seconds = taught()
    monkeypatch.setattr(routing, "effort", lambda source: 1.0)
    # More than runs gain, by what they say, and less by the profile.
    gpu = NEAR._replace(compile=0.95 * seconds)
    ready = planned(monkeypatch, HostProfile("h", cpu, gpu))
    assert ready.plan.device == "gpu:0"
    assert type(ready.executable) is cupy_backend.DevicePlan


def test_what_is_stored_is_asked_of_the_device_that_it_is_for(cupy, monkeypatch):
    asked = []

    def is_stored(*arguments):
        asked.append(cupy.cuda.Device.current)
        return False

    monkeypatch.setattr(launch, "is_stored", is_stored)
    with cupy.cuda.Device(1):
        there = cupy.asarray(A)
    la.explain(la.asarray(there) * 2.5 + 1)
    assert asked == [1]


@pytest.fixture
def held_up(cupy, monkeypatch):
    """Events: a kernel is being compiled, and may be; and what has been compiled."""
    begun, go_on, made = threading.Event(), threading.Event(), []

    def compile_ahead(one, device):
        begun.set()
        assert go_on.wait(10)
        made.append(one)

    monkeypatch.setattr(launch, "compile_ahead", compile_ahead)
    return begun, go_on, made


def test_at_the_end_of_a_process_one_kernel_is_waited_for(held_up):
    begun, go_on, made = held_up
    compiler = ahead._Compiler()
    compilation = ahead.Compilation(["a", "b"], 0)
    compiler.take(compilation)
    assert begun.wait(10)
    end = threading.Thread(target=compiler.end)
    end.start()
    end.join(0.05)
    assert end.is_alive()
    go_on.set()
    end.join(10)
    assert not end.is_alive()
    assert made == ["a"]
    assert not compiler.thread.is_alive()


def test_what_was_asked_for_last_is_compiled_first(held_up):
    begun, go_on, made = held_up
    compiler = ahead._Compiler()
    compiler.take(ahead.Compilation(["a", "b"], 0))
    assert begun.wait(10)
    last = ahead.Compilation(["c"], 0)
    compiler.take(last)
    compiler.take(ahead.Compilation(["d", "e"], 0))
    go_on.set()
    for _ in range(1000):
        if last.done:
            break
        time.sleep(0.005)
    compiler.end()
    assert made == ["a", "b", "d", "e", "c"]
