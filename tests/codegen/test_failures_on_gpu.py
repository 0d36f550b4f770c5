"""What fails while arrays are changed on a GPU: they are old, new, or refused."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import pending
from lazyarr.ir.kept import Owned
from lazyarr.runtime import overwritten

LOST = r"the elements are lost.*test_failures_on_gpu.py:"
A = np.random.default_rng(3).random((37, 50))
ERRORS = (RuntimeError, KeyboardInterrupt, la.ExecutionError, la.MemoryLimitError)


class Numbers:
    """NumPy, as programs here use it."""

    exp, matmul, sum = np.exp, np.matmul, np.sum

    @staticmethod
    def array(values):
        return values.copy()


class Device:
    """lazyarr, its arrays on the fake GPU."""

    exp, matmul, sum = la.exp, la.matmul, la.sum

    @staticmethod
    def array(values):
        x = la.asarray(values).persist(device="gpu")
        x[...] = x * 1
        pending.settle(x)
        assert type(x._node.params) is Owned
        assert hasattr(x._node.value, "__cuda_array_interface__")
        return x


def regions(xp):
    x = xp.array(A)
    yield (x,)
    for k in range(6):
        x[k] = 1.5 * k
        yield (x,)
        x[10:20, ::2] *= 1.25
        yield (x,)
        x[20:30] = xp.exp(-x[20:30]) + xp.sum(x[:20])
        yield (x,)


def coupled(xp):
    x, v = xp.array(A), xp.array(A * 2)
    yield x, v
    for _ in range(5):
        v[1:5] += x[1:5] * 0.5
        yield x, v
        v[5:9] *= 1.5
        yield x, v
        x[7:] -= xp.sum(v, axis=0)
        yield x, v


def turned(xp):
    x = xp.array(A)
    yield (x,)
    for k in range(6):
        x.reshape(50, 37)[k] = k
        yield (x,)
        x.T[3:9] += xp.sum(x[:, 9:], axis=1)
        yield (x,)


def products(xp):
    x, y = xp.array(A), xp.array(A[::-1])
    yield x, y
    for _ in range(4):
        x[:9] *= 0.5
        yield x, y
        x[9:] += xp.sum(y, axis=0)
        yield x, y
        y[:2] = xp.matmul(y[:2, :37], x[:, :50])
        yield x, y


PROGRAMS = [regions, coupled, turned, products]


class Fault:
    """Lets a step on the device fail: the one with this number."""

    def __init__(self):
        self.at = -1
        self.calls = 0
        self.error = RuntimeError

    def of(self, function, error=None, times=1):
        """Return the function, which fails then, and the next few times it is called."""

        def failing(*arguments, **options):
            self.calls += 1
            if self.at < self.calls <= self.at + times and self.at >= 0:
                raise (error or self.error)("none left")
            return function(*arguments, **options)

        return failing


def allocations(cupy, monkeypatch, error):
    """Return a fault of the pool: tried twice, there is no memory."""
    fault = Fault()
    refused = cupy.cuda.memory.OutOfMemoryError if error is None else error
    times = 2 if error is None else 1
    failing = fault.of(lambda: None, refused, times)
    monkeypatch.setattr(cupy.pointer, "ahead", staticmethod(failing))
    return fault


def launches(cupy, monkeypatch, error):
    """Return a fault of the driver: a kernel is not launched."""
    fault = Fault()
    failing = fault.of(cupy.cuda.driver.launchKernel, error)
    monkeypatch.setattr(cupy.cuda.driver, "launchKernel", failing)
    return fault


@pytest.fixture
def notes(monkeypatch):
    """Return the device arrays that were noted before a kernel wrote into them."""
    found, note = [], overwritten.note

    def noting(array):
        assert hasattr(array, "__cuda_array_interface__")
        found.append(array)
        note(array)

    monkeypatch.setattr(overwritten, "note", noting)
    return found


@pytest.fixture(autouse=True)
def written(cupy):
    """Let writes be evaluated soon, on the GPU."""
    evaluate.clear_cache()
    with la.config(device="gpu", pending_writes=3, learn=False):
        yield
    gc.collect()  # what frames of errors hold: other tests look at what is pending
    evaluate.clear_cache()


def states(program):
    """Return what all arrays are after each step."""
    return [[a.copy() for a in arrays] for arrays in program(Numbers)]


def outcomes(program, expected, fault=None, at=-1):
    """Run a program until it fails; return for each array what became of it."""
    steps = program(Device)
    step, arrays = 0, next(steps)
    if fault is not None:
        fault.at, fault.calls = at, 0
    try:
        for _ in steps:
            step += 1
    except ERRORS:
        done = False
    else:
        done = True
    if fault is not None:
        fault.at = -1  # whatever is read from now on can be
    possible = expected[step : step + 1 if done else step + 2]
    found = {became(one, [s[k] for s in possible]) for k, one in enumerate(arrays)}
    return {"done"} if done and found == {"kept"} else found


def became(array, possible):
    """Return whether an array is refused, or what it should be."""
    try:
        found = np.asarray(array)
    except la.ExecutionError:
        with pytest.raises(la.ExecutionError, match=LOST):
            (array + 1).compute()
        return "refused"
    near = [np.allclose(found, one, rtol=1e-12) for one in possible]
    assert any(near)
    assert np.array_equal((array * 1).compute(), found)
    return "kept"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (allocations, None),
        (launches, RuntimeError),
        (launches, KeyboardInterrupt),
    ],
)
def test_whatever_fails_no_array_is_wrong(
    cupy, notes, monkeypatch, program, kind, error
):
    expected = states(program)
    assert outcomes(program, expected) == {"done"}
    assert len(notes) > 1  # device memory that was the only copy was written into
    fault = kind(cupy, monkeypatch, error)
    evaluate.clear_cache()
    assert outcomes(program, expected, fault) == {"done"}
    found, count = set(), fault.calls
    for at in range(count):
        found |= outcomes(program, expected, fault, at)
    assert "refused" in found
    if program is not regions:  # of one array, which its first stage writes into
        assert "kept" in found


@pytest.mark.parametrize("program", PROGRAMS)
def test_these_programs_would_show_what_is_wrong(cupy, monkeypatch, program):
    monkeypatch.setattr(overwritten, "note", lambda array: None)
    expected = states(program)
    fault = launches(cupy, monkeypatch, RuntimeError)
    assert outcomes(program, expected, fault) == {"done"}
    wrong = 0
    for at in range(fault.calls):
        try:
            outcomes(program, expected, fault, at)
        except AssertionError:
            wrong += 1
    assert wrong


def test_what_is_wrapped_is_never_written(cupy, notes, monkeypatch):
    wrapped = cupy.ndarray.of(A)
    fault = launches(cupy, monkeypatch, RuntimeError)
    for at in range(4):
        x = la.asarray(wrapped)
        x[:20] *= 2
        fault.at, fault.calls = at, 0
        try:
            pending.settle(x, donate=True)
            x[30] = x[0] + 1
            pending.settle(x, donate=True)
        except RuntimeError:
            pass
        fault.at = -1
        assert np.array_equal(wrapped.get(), A)
        assert np.array_equal(la.asarray(wrapped).compute(), A)
    assert notes


def test_a_first_launch_that_fails_changes_nothing(cupy, notes, monkeypatch):
    x = Device.array(A)
    notes.clear()
    x[3:9] += 1
    fault = launches(cupy, monkeypatch, RuntimeError)
    evaluate.clear_cache()
    fault.at = 0
    with pytest.raises(RuntimeError, match="none left"):
        pending.settle(x, donate=True)
    fault.at = -1
    assert not notes
    expected = A.copy()
    expected[3:9] += 1
    assert np.array_equal(x.compute(), expected)
    pending.settle(x, donate=True)
    assert notes  # its own memory was written into
    assert np.array_equal(x.compute(), expected)


def test_an_interrupt_behind_the_first_launch_loses_the_elements(cupy, monkeypatch):
    x = Device.array(A)
    x[3:9] += 1
    launch = cupy.cuda.driver.launchKernel

    def interrupted(*arguments):
        launch(*arguments)
        raise KeyboardInterrupt  # as Python does when the driver has returned

    with monkeypatch.context() as patch:
        patch.setattr(cupy.cuda.driver, "launchKernel", interrupted)
        evaluate.clear_cache()
        with pytest.raises(KeyboardInterrupt):
            pending.settle(x, donate=True)
    evaluate.clear_cache()
    with pytest.raises(la.ExecutionError, match=LOST):
        x.compute()


def test_the_error_names_the_write_and_a_remedy(cupy, notes, monkeypatch):
    x = Device.array(A)
    x[0] = 1
    x[3:9] += la.sum(x[12:])
    fault = launches(cupy, monkeypatch, RuntimeError)
    evaluate.clear_cache()
    fault.at = 2
    with pytest.raises(RuntimeError, match="none left"):
        pending.settle(x, donate=True)
    fault.at = -1
    assert notes
    with pytest.raises(la.ExecutionError) as caught:
        x.compute()
    text = str(caught.value)
    assert text.startswith("[update] the elements are lost: ExecutionError came")
    assert "(test_failures_on_gpu.py:" in text
    assert text.endswith("make the array anew, or write all of it: x[...] = values.")
    x[...] = 3
    assert np.array_equal(x.compute(), np.full(A.shape, 3.0))
