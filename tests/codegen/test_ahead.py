"""Kernels compiled beside the CPU's runs, after which a GPU runs the plan."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import lazyarr as la
from lazyarr import profiles
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


def test_a_thread_compiles_them(cupy):
    calls(lambda: cupy.launches)
    assert len(cupy.functions) == 1
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("lazyarr-compiler") == 1


def test_a_kernel_that_does_not_compile_is_told_of_by_a_run(cupy, monkeypatch):
    def load(*arguments):
        raise launch.CompileError("kernel.cu(1): error: no")

    monkeypatch.setattr(launch, "load", load)
    with pytest.raises(la.ExecutionError, match="does not compile"):
        calls(lambda: cupy.launches)


def test_at_the_end_of_a_process_one_kernel_is_waited_for(cupy, monkeypatch):
    begun, go_on, made = threading.Event(), threading.Event(), []

    def compile_ahead(one, device):
        begun.set()
        assert go_on.wait(10)
        made.append(one)

    monkeypatch.setattr(launch, "compile_ahead", compile_ahead)
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


def test_what_was_asked_for_last_is_compiled_first(cupy, monkeypatch):
    begun, go_on, made = threading.Event(), threading.Event(), []

    def compile_ahead(one, device):
        begun.set()
        assert go_on.wait(10)
        made.append(one)

    monkeypatch.setattr(launch, "compile_ahead", compile_ahead)
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
