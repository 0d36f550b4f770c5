"""What waits for what: streams that do nothing before somebody waits, and two devices."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime import device_memory
from tests.codegen import fake_cupy
from tests.codegen.test_streaming import MAPS, run

RNG = np.random.default_rng(3)
A, B = RNG.random((61, 50)), RNG.random((61, 50))


def test_a_stream_does_nothing_before_somebody_waits(cupy):
    x = cupy.ndarray.of(A)
    assert (x.there.view(np.uint8) == 0xAB).all()
    kept = (la.asarray(x) + 1).persist(device="gpu")._node.value
    assert (kept.there.view(np.uint8) == 0xAB).all()
    cupy.cuda.get_current_stream().synchronize()
    np.testing.assert_array_equal(kept.there, A + 1)


@pytest.mark.parametrize("lost", ["wait_event", "synchronize"])
def test_windows_are_wrong_where_nothing_waits(cupy, monkeypatch, lost):
    _, expected = run(MAPS["map"])
    place = fake_cupy.Event if lost == "synchronize" else fake_cupy.Stream
    monkeypatch.setattr(place, lost, lambda *arguments: None)
    plan, found = run(MAPS["map"], 200_000)
    assert plan.passes
    assert (found != expected).any()


@pytest.fixture
def pieces(monkeypatch):
    """Let arrays of a few kilobytes go through pinned memory piece by piece."""
    monkeypatch.setattr(device_memory, "_SMALL", 1 << 9)
    monkeypatch.setattr(device_memory, "_PIECE", 1 << 12)
    monkeypatch.setattr(device_memory, "_LARGEST_PINNED", 1 << 13)


@pytest.mark.parametrize("lost", [False, True])
def test_large_arrays_are_copied_in_pieces(cupy, pieces, monkeypatch, lost):
    if lost:  # then a piece is overwritten before it has left
        monkeypatch.setattr(fake_cupy.Event, "synchronize", lambda event: None)
    first, second = la.asarray(A), la.asarray(B[:, ::-1])
    found = la.compute(first, second, first[::2] * 2, first.sum(axis=1), device="gpu")
    wanted = A, B[:, ::-1], A[::2] * 2, A.sum(axis=1)
    near = [np.allclose(*pair, rtol=1e-13) for pair in zip(found, wanted, strict=True)]
    assert all(near) is not lost


def test_an_array_that_changes_after_a_copy_began(cupy):
    x = A.copy()
    kept = la.asarray(x).persist(device="gpu")
    x[...] = 0
    np.testing.assert_array_equal(kept.compute(), A)


@pytest.fixture
def both(cupy):
    cupy.devices = 2
    return cupy


def test_two_devices(both):
    x = (la.asarray(A) * 2).persist(device="gpu:1")
    y = (x + 1).persist()
    assert (str(x.device), str(y.device)) == ("gpu:1", "gpu:1")
    np.testing.assert_array_equal((y * 3).compute(device="gpu:0"), (A * 2 + 1) * 3)
    np.testing.assert_array_equal(
        (y[:, ::2] * 3).compute(device="gpu:0"), (A * 2 + 1)[:, ::2] * 3
    )
    total = (x.sum() + la.asarray(A).sum()).compute(device="gpu:1")
    np.testing.assert_allclose(total, A.sum() * 3, rtol=1e-13)
    assert fake_cupy.Device.current == 0


@pytest.mark.parametrize("lost", [False, True])
def test_a_copy_between_devices_waits_for_both(both, monkeypatch, lost):
    with both.cuda.Device(1):
        there = both.ndarray.of(A)
        turned = both.ndarray(A.shape[::-1], A.dtype, there.data, there.strides[::-1])
    if lost:
        monkeypatch.setattr(fake_cupy.Stream, "wait_event", lambda *arguments: None)
    copies = [device_memory.from_other_device(one, "x") for one in (there, turned)]
    with both.cuda.Device(1):
        there[...] = B  # its memory is used again
        both.cuda.get_current_stream().synchronize()
    both.cuda.get_current_stream().synchronize()
    assert copies[0].data.device_id == 0
    right = [np.array_equal(c.there, a) for c, a in zip(copies, (A, A.T), strict=True)]
    assert right == [not lost, True]  # the second was put together before
