"""The CuPy executor on a GPU: launches, determinism, memory, streams, neighbours."""

from __future__ import annotations

import importlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lazyarr as la
from lazyarr.errors import MemoryLimitError
from lazyarr.runtime import device_memory

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def cupy():
    return importlib.import_module("cupy")


def test_the_same_bits_a_hundred_times(cupy):
    x = la.asarray(cupy.random.default_rng(0).random((1000, 3001), np.float32))

    def call():
        z = x * 2 - 1
        parts = la.compute(
            z.sum(), z.mean(axis=0), z.var(axis=1), la.std(z), device="gpu"
        )
        return b"".join(np.asarray(p).tobytes() for p in parts)

    first = call()
    assert all(call() == first for _ in range(99))


def test_sums_are_no_less_accurate_than_numpys():
    x = np.random.default_rng(0).random(10_000_000).astype(np.float32)
    exact = float(x.astype(np.float64).sum())
    ours = abs(float(la.asarray(x).sum().compute(device="gpu")) - exact)
    assert ours <= abs(float(x.sum()) - exact)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_variances_far_from_zero(axis):
    x = 1e20 + 1e15 * np.random.default_rng(1).standard_normal((3000, 700))
    x = x.astype(np.float32)
    want = ((x.astype(np.float64) - 1e20) / 1e15).var(axis=axis)
    got = la.var(la.asarray(x), axis=axis).compute(device="gpu")
    np.testing.assert_allclose(got / np.float64(1e30), want, 2e-2)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_many_reductions_have_room(axis):
    x = np.random.default_rng(1).random((200, 300)) + 1j
    lazy = la.asarray(x)
    made = [la.var(lazy * k, axis=axis) for k in range(1, 80)]
    for k, got in enumerate(la.compute(*made, device="gpu"), 1):
        np.testing.assert_allclose(got, (x * k).var(axis=axis), 1e-10)


def test_many_turned_operands_have_room_in_one_launch():
    x = np.random.default_rng(1).random((10, 500, 300))
    turned = [la.asarray(a.copy()).T for a in x]
    got = sum(turned, la.asarray(x[0].T.copy())).compute(device="gpu")
    np.testing.assert_allclose(got, sum((a.T for a in x), x[0].T), 1e-14)


def test_a_new_scalar_or_shape_compiles_nothing(cupy):
    launch = importlib.import_module("lazyarr.runtime.launch")

    def run(size, scalar):
        x = la.asarray(cupy.ones((size, size), np.float32))
        return float((la.exp(x * scalar) + x.sum(axis=0)).sum().compute(device="gpu"))

    run(1024, 2.5)
    before = len(launch._kernels)
    run(1024, 3.5)
    run(512, 4.5)
    assert len(launch._kernels) == before


def test_persist_keeps_results_on_the_device(cupy):
    x = (la.asarray(np.arange(1000.0)) + 1).persist(device="gpu")
    array = cupy.asarray(x)
    assert isinstance(array, cupy.ndarray)
    assert cupy.asarray(x).data.ptr == array.data.ptr
    np.testing.assert_array_equal((x * 2).compute(), (np.arange(1000.0) + 1) * 2)


def test_leaves_of_any_layout(cupy):
    base = cupy.arange(60.0).reshape(6, 10)
    for leaf in (base.T, base[::2, 1::3], base[::-1], base[:, ::-1], base[1:, 1:]):
        got = (la.asarray(leaf) * 2 + 1).compute(device="gpu")
        np.testing.assert_array_equal(got, leaf.get() * 2 + 1)
        total = la.sum(la.asarray(leaf), axis=0).compute(device="gpu")
        np.testing.assert_array_equal(total, leaf.get().sum(0))


def test_arrays_on_the_device_are_copied_for_a_plan_of_the_cpu(cupy):
    a = np.random.default_rng(0).random((700, 900))
    for leaf, same in ((cupy.asarray(a), a), (cupy.asarray(a).T[1:], a.T[1:])):
        x = la.asarray(leaf)
        for result, expected in ((x, same), (x * 2 + x[0, 0], same * 2 + same[0, 0])):
            got = result.compute(device="cpu")
            assert type(got) is np.ndarray
            np.testing.assert_array_equal(got, expected)
            assert result.persist(device="cpu").device == "cpu"
        np.testing.assert_array_equal(x.compute(), same)


def test_other_streams(cupy):
    with cupy.cuda.Stream(non_blocking=True) as stream:
        x = la.asarray(cupy.arange(100_000.0))
        y = (x * 2).persist(device="gpu")
        z = (y.sum() + 1).persist(device="gpu")
        stream.synchronize()
        assert float(cupy.asarray(z)) == 2 * np.arange(100_000.0).sum() + 1


def test_large_arrays_there_and_back():
    x = np.random.default_rng(0).random((3000, 5001))
    np.testing.assert_array_equal((la.asarray(x) + 1).compute(device="gpu"), x + 1)


def test_wide_indices(cupy):
    size = (1 << 31) + 10
    if cupy.cuda.runtime.memGetInfo()[0] < 6 << 30:
        pytest.skip("needs 6 GB")
    x = cupy.zeros(size, np.int8)
    x[-1] = 3
    lazy = la.asarray(x)
    assert int(la.max(lazy + 1).compute(device="gpu")) == 4
    assert int(la.argmax(lazy).compute(device="gpu")) == size - 1


def test_out_of_memory_names_need_and_limit(cupy):
    x = la.asarray(cupy.ones(1000))
    huge = la.broadcast_to(x[0] + 1, (1 << 44,)) + 0.5
    with pytest.raises(MemoryLimitError, match=r"TiB on the host, and .* are free"):
        huge.persist(device="gpu")
    assert float(x.sum().compute(device="gpu")) == 1000


def failing(cupy, monkeypatch):
    """Return a counter: the allocation that it counts down to fails."""
    left = [0]
    plain = cupy.cuda.get_allocator()

    def allocate(nbytes):
        left[0] -= 1
        if left[0] == 0:
            raise cupy.cuda.memory.OutOfMemoryError(nbytes, 0)
        return plain(nbytes)

    monkeypatch.setattr(device_memory, "_scratch", {})
    return left, cupy.cuda.using_allocator(allocate)


def test_out_of_memory_at_every_allocation(cupy, monkeypatch):
    a = np.random.default_rng(0).random((300, 400))
    x = la.asarray(a)

    def call():
        y = x + 0.0
        y[3:7, ::2] = 1.5
        z = (y @ x.T + 1).sum(axis=0) * 2
        return la.compute(z, x.var(), la.cumulative_sum(z), device="gpu")

    expected = call()
    left, counted = failing(cupy, monkeypatch)
    with counted:
        call()
        count = -left[0]
        assert count >= 6
        for fail_at in range(1, count + 1):
            device_memory._scratch.clear()
            left[0] = fail_at
            for got, want in zip(call(), expected, strict=True):
                np.testing.assert_array_equal(got, want)
            assert left[0] <= 0


def test_arrays_survive_a_lack_of_memory(cupy):
    kept = (la.asarray(np.arange(1000.0)) * 2).persist(device="gpu")
    free = cupy.cuda.runtime.memGetInfo()[0]
    big = la.ones((free // 16,)) * kept[3]
    for _ in range(2):
        with pytest.raises(MemoryLimitError):
            la.concat([big, big, big, big]).persist(device="gpu")
        np.testing.assert_array_equal(kept.compute(), np.arange(1000.0) * 2)


# --- other libraries ------------------------------------------------------------------


def test_cupy_arrays_are_wrapped_without_a_copy(cupy):
    held = cupy.arange(1000.0)
    x = la.asarray(held)
    assert x.device == "gpu:0"
    held += 1  # seen: the memory is shared
    assert float((x * 2).sum().compute()) == 2 * held.get().sum()
    assert cupy.asarray(x).data.ptr == held.data.ptr
    assert x.__cuda_array_interface__["data"][0] == held.data.ptr


def test_dlpack_both_ways(cupy):
    held = cupy.arange(12.0).reshape(3, 4)
    x = la.from_dlpack(held)
    assert cupy.asarray(x).data.ptr == held.data.ptr
    assert x.__dlpack_device__() == (2, 0)
    back = cupy.from_dlpack(x)
    assert back.data.ptr == held.data.ptr
    y = x * 2 + 1  # evaluated on the device, once
    first = cupy.from_dlpack(y)
    assert first.data.ptr == cupy.asarray(y).data.ptr
    np.testing.assert_array_equal(first.get(), held.get() * 2 + 1)
    host = la.asarray(np.arange(3.0)) + 1
    assert host.__dlpack_device__() == (1, 0)
    np.testing.assert_array_equal(np.from_dlpack(host), np.arange(3.0) + 1)


def test_torch_tensors_there_and_back(cupy):
    torch = pytest.importorskip("torch")
    tensor = torch.arange(24, dtype=torch.float32, device="cuda").reshape(4, 6)
    x = la.asarray(tensor)
    assert cupy.asarray(x).data.ptr == tensor.data_ptr()
    y = torch.from_dlpack((x * 2).persist())
    assert torch.equal(y, tensor * 2)


def test_streams_of_other_libraries(cupy):
    # The work is queued on another stream; what lazyarr launches must wait for it.
    torch = pytest.importorskip("torch")
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        a = torch.rand(4000, 4000, device="cuda")
        for _ in range(20):
            a = a @ a
            a = a / a.max()
        a.fill_(3.0)
        x = la.from_dlpack(a)
    assert float((x * 2).max().compute(device="gpu")) == 6.0
    assert float((x * 2).min().compute(device="gpu")) == 6.0


def test_streams_take_turns(cupy):
    x = la.asarray(cupy.arange(3_000_000.0))
    streams = [cupy.cuda.Stream(non_blocking=True) for _ in range(4)]
    results = []
    for k in range(40):
        with streams[k % 4]:
            results.append((la.sin(x) * k).sum().persist(device="gpu"))
    for stream in streams:
        stream.synchronize()
    one = float(la.sin(x).sum().compute(device="gpu"))
    got = [float(cupy.asarray(r)) for r in results]
    np.testing.assert_allclose(got, [one * k for k in range(40)], rtol=1e-12, atol=1e-6)


def test_threads_share_a_plan():
    x = la.asarray(np.arange(100_000.0)).persist(device="gpu")
    expected = (np.arange(100_000.0) * 3).sum()
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _: (x * 3).sum().compute(device="gpu"), range(200))
        )
    assert len(set(found)) == 1
    assert found[0] == pytest.approx(expected, rel=1e-15)


# --- several GPUs ---------------------------------------------------------------------


@pytest.fixture
def both(cupy):
    if cupy.cuda.runtime.getDeviceCount() < 2:
        pytest.skip("needs two GPUs")
    return ("gpu:0", "gpu:1")


def test_several_devices(both):
    a = np.arange(10_000.0)
    x = (la.asarray(a) * 2).persist(device="gpu:1")
    assert x.device == "gpu:1"
    y = (x + 1).persist()
    assert y.device == "gpu:1"
    np.testing.assert_array_equal((y * 3).compute(device="gpu:0"), (a * 2 + 1) * 3)
    total = (x.sum() + la.asarray(a).sum()).compute(device="gpu:1")
    assert total == a.sum() * 3


def test_a_plan_of_one_device_is_not_used_on_another(cupy, both):
    a = np.arange(10_000.0)
    for device in (*both, *both[::-1]):
        x = (la.asarray(a) * 2).persist(device=device)
        y = (x * 7 + 1).persist()  # the same expression, with no device named
        z = (y.sum() + y).persist()
        assert x.device == y.device == z.device == device
        with cupy.cuda.Device(int(device[-1])):  # CuPy copies to the current one
            assert cupy.asarray(y).data.ptr == cupy.asarray(y).data.ptr
        np.testing.assert_array_equal(y.compute(), a * 14 + 1)
        assert cupy.cuda.runtime.getDevice() == 0


def test_arrays_move_to_the_device_that_is_asked_for(both):
    a = np.random.default_rng(0).random((700, 900))  # more than one copy's worth
    for here, there in (both, both[::-1]):
        x = la.asarray(a).persist(device=here)
        assert x.device == here
        assert x.persist(device=here).device == here
        assert x.persist().device == here
        moved = x.persist(device=there)
        assert moved.device == there
        assert x.to_device(there).device == there
        np.testing.assert_array_equal(moved.compute(), a)
        turned = (x.T + moved[::-1, ::-1].T).persist(device=there)
        assert turned.device == there
        np.testing.assert_array_equal(turned.compute(), a.T + a[::-1, ::-1].T)
        np.testing.assert_array_equal((x + moved).compute(device="cpu"), a + a)


def test_a_copy_between_devices_waits_and_is_waited_for(cupy, both):
    size = 1 << 25
    for here, there in (both, both[::-1]):
        for k in range(4):
            x = la.full(size, 0.5, dtype=np.float64).persist(device=here)
            for _ in range(10):  # the other device is still at work on it
                x = (la.sqrt(x * x) + 1).persist()
            y = (x + k).persist(device=there)
            del x
            z = la.full(size, -1.0, dtype=np.float64).persist(device=here)
            assert y.device == there
            low, high = la.compute(y.min(), y.max())
            assert low == high == 10.5 + k
            del y, z


def test_threads_on_two_devices(both):
    a = np.random.default_rng(1).random((300, 2000))

    def call(k):
        x = la.asarray(a).persist(device=both[k % 2])
        e = la.exp(x - x.max(axis=1, keepdims=True))
        return (e / e.sum(axis=1, keepdims=True)).sum(), (x * k).sum(axis=0).persist()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(call, range(64)))
    for k, (total, columns) in enumerate(found):
        assert columns.device == both[k % 2]
        assert float(total) == pytest.approx(300, rel=1e-12)
        np.testing.assert_allclose(columns.compute(), a.sum(axis=0) * k, rtol=1e-12)


def test_the_current_device_is_no_matter(cupy, both):
    a = np.arange(200_000.0)
    with cupy.cuda.Device(1):
        x = la.asarray(cupy.asarray(a))
        y = (x * 2 + x.sum()).persist()
        assert y.device == "gpu:1"
        z = (y + 1).persist(device="gpu:0")
        assert cupy.cuda.runtime.getDevice() == 1
    np.testing.assert_array_equal(z.compute(), a * 2 + a.sum() + 1)
    np.testing.assert_array_equal(y.compute(device="cpu"), a * 2 + a.sum())


# --- users' kernels -------------------------------------------------------------------


def test_a_users_kernel_fuses():
    f = la.elementwise(
        "gpu_leaky",
        numpy=lambda x, slope: np.where(x > 0, x, x * slope),
        cuda="if (x > 0) { return x; }\nreturn x * slope;",
    )
    a = np.random.default_rng(0).normal(0, 1, (300, 40))
    y = f(la.asarray(a) * 2, 0.25) + 1
    assert y.explain(device="gpu").to_dict()["launches"] == 1
    expected = np.where(a > 0, a * 2, a * 2 * 0.25) + 1
    np.testing.assert_array_equal(y.compute(device="gpu"), expected)
    for dtype in ("f4", "f2", "i4", "?"):
        x = (a * 5).astype(dtype)
        got = f(x, x).compute(device="gpu")
        np.testing.assert_array_equal(got, f(x, x).compute(device="cpu"))


def test_what_has_no_kernel_runs_on_the_host():
    f = la.elementwise("gpu_third", numpy=lambda x: x / 3)
    a = np.random.default_rng(0).normal(0, 1, (300, 40))
    got = la.sum(f(la.asarray(a) * 2)[::-1] + 1, axis=0).compute(device="gpu")
    np.testing.assert_allclose(got, (a * 2 / 3 + 1).sum(0), rtol=1e-12)


def test_devices_names_them(cupy):
    found = la.devices()
    assert found[:2] == ("cpu", "gpu:0")
    assert len(found) == 1 + cupy.cuda.runtime.getDeviceCount()
    assert found.missing == ""


def test_updates_and_views():
    a = np.random.default_rng(0).random((40, 50))
    x, y = la.asarray(a) + 0.0, a + 0.0
    for z in (x, y):
        z[3:7, ::2] = 1.5
        z[::-1, 4] += 2
        z[10] *= z[11]
        z.reshape(-1)[::7] = 0
    np.testing.assert_array_equal(x.compute(device="gpu"), y)


def test_library_functions():
    a = np.random.default_rng(0).random((40, 50))
    x = la.asarray(a)
    for lazy, expected in (
        ((x + 1) @ x.T, (a + 1) @ a.T),
        (la.cumulative_sum(x * 2, axis=1), np.cumsum(a * 2, axis=1)),
        (la.concat([x, x + 1]), np.concatenate([a, a + 1])),
        (la.take(x, la.asarray([3, 1]), axis=1), a[:, [3, 1]]),
    ):
        np.testing.assert_allclose(lazy.compute(device="gpu"), expected, rtol=1e-13)


def test_sizes_that_depend_on_a_number_on_the_device(cupy):
    x = la.asarray(cupy.asarray(3.0))
    assert la.unique_values(x).compute().tolist() == [3.0]
    assert la.unique_counts(x * 2).counts.compute().tolist() == [1]
    assert la.repeat(la.arange(3), la.asarray(cupy.asarray(2))).shape == (6,)
