"""The whole way to a GPU and back, with a CuPy whose kernels run on the CPU."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

import lazyarr as la
from lazyarr.errors import MemoryLimitError
from lazyarr.ir import kept
from lazyarr.runtime import device_memory
from tests.codegen import fake_functions

RNG = np.random.default_rng(7)
A = RNG.random((37, 50))
B = RNG.random((37, 50))


def gpu(x):
    return x.compute(device="gpu")


def test_a_map_is_one_launch(cupy):
    x, y = la.asarray(A), la.asarray(B)
    result = gpu((x * 5) ** 2 + y * x - 3)
    np.testing.assert_array_equal(result, (A * 5) ** 2 + B * A - 3)
    assert len(cupy.launches) == 1


def test_a_new_scalar_or_shape_compiles_nothing(cupy):
    gpu(la.asarray(A) * 2.5)
    gpu(la.asarray(A) * 3.5)
    gpu(la.asarray(A[:, :20].copy()) * 4.5)
    assert len(cupy.functions) == 1
    assert len(cupy.launches) == 3


def test_a_number_that_is_kept_stays_on_the_device(cupy):
    x = la.asarray(A)
    total = la.sum(x)
    kept.become(total._node, cupy.ndarray.of(np.float64(3.0)))
    np.testing.assert_array_equal(gpu(x * total), A * 3.0)
    assert total.device == "gpu:0"
    assert float(total) == 3.0


def test_softmax_is_one_launch(cupy):
    x = la.asarray(A)
    e = la.exp(x - la.max(x, axis=1, keepdims=True))
    result = gpu(e / la.sum(e, axis=1, keepdims=True))
    expected = np.exp(A - A.max(1, keepdims=True))
    expected /= expected.sum(1, keepdims=True)
    np.testing.assert_allclose(result, expected, rtol=1e-14)
    assert len(cupy.launches) == 1


def test_scalars_views_and_reshapes(cupy):
    x = la.asarray(A)
    np.testing.assert_allclose(gpu(x.sum() * 2 + 1), A.sum() * 2 + 1, rtol=1e-14)
    np.testing.assert_array_equal(gpu(x[::-1, 3:] + 1), A[::-1, 3:] + 1)
    np.testing.assert_array_equal(
        gpu(la.reshape(x + 1, (50, 37)) * 2), (A + 1).reshape(50, 37) * 2
    )
    np.testing.assert_array_equal(gpu(la.arange(10) * 2), np.arange(10) * 2)
    np.testing.assert_array_equal(gpu(la.eye(5, 7) + 0), np.eye(5, 7))


def test_strided_leaves(cupy):
    for view in (A[:, ::2], A[::-1], A.T, A[1:, 1:]):
        leaf = cupy.ndarray(A.shape, A.dtype)
        leaf.set(A)
        key = la.asarray(view)
        np.testing.assert_array_equal(gpu(key * 2), view * 2)


def test_updates(cupy):
    x = la.asarray(A) + 0.0
    x[3:5, ::2] = 7.0
    x[0] += 1
    expected = A + 0.0
    expected[3:5, ::2] = 7.0
    expected[0] += 1
    np.testing.assert_array_equal(gpu(x), expected)
    leaf = la.asarray(A)
    before = A.copy()
    leaf[2:] *= 3
    assert gpu(leaf)[2, 0] == before[2, 0] * 3
    np.testing.assert_array_equal(A, before)


def test_library_stages(cupy):
    x, y = la.asarray(A), la.asarray(B)
    result = gpu((x + 1) @ la.permute_dims(y, (1, 0)))
    np.testing.assert_allclose(result, (A + 1) @ B.T, rtol=1e-14)
    # The fake has no cumsum: the stage runs on the host.
    summed = gpu(la.cumulative_sum(x * 2, axis=1))
    np.testing.assert_array_equal(summed, np.cumsum(A * 2, axis=1))


def test_zero_sizes(cupy):
    x = la.asarray(np.zeros((0, 4)))
    assert gpu(x * 2).shape == (0, 4)
    np.testing.assert_array_equal(gpu(x.sum(axis=0)), np.zeros(4))
    assert gpu(la.sum(x * 2)) == 0
    assert gpu(la.prod(x * 2)) == 1


def test_several_outputs_and_shared_reads(cupy):
    x = la.asarray(A)
    mean, var, low, high = la.compute(x.mean(), x.var(), x.min(), x.max(), device="gpu")
    np.testing.assert_allclose([mean, var], [A.mean(), A.var()], rtol=1e-14)
    assert (low, high) == (A.min(), A.max())
    assert len(cupy.launches) == 1


def test_out_of_memory_at_every_allocation(cupy):
    def build():
        return la.sum((la.asarray(A) @ la.asarray(B.T.copy())) ** 2, axis=0) + 1

    expected = gpu(build())
    cupy.pointer.allocations = 0
    gpu(build())
    count = cupy.pointer.allocations
    assert count >= 4
    for k in range(1, count + 1):
        cupy.pointer.fail = k  # the second try succeeds
        np.testing.assert_array_equal(gpu(build()), expected)
    assert cupy.freed == count


def test_memory_that_never_suffices(cupy, monkeypatch):
    def refuse(*args, **kwargs):
        raise cupy.cuda.memory.OutOfMemoryError

    x = la.asarray(A) * 2
    monkeypatch.setattr(cupy, "ndarray", refuse)
    monkeypatch.setattr("lazyarr.runtime.device_stage._empty", refuse)
    with pytest.raises(MemoryLimitError, match="bytes on the GPU"):
        gpu(x)
    monkeypatch.undo()
    np.testing.assert_array_equal(x.compute(device="cpu"), A * 2)


def test_trace_and_persist(cupy):
    x = (la.asarray(A) + 1).persist(device="gpu")
    y = x * 2
    np.testing.assert_array_equal(gpu(y), (A + 1) * 2)


def test_an_element_of_what_is_on_the_device(cupy):
    x = la.asarray(A)
    held = (x[2] * 2).persist(device="gpu")
    np.testing.assert_array_equal(gpu(held[3] * x), A[2, 3] * 2 * A)
    wanted = A[:, 0] - A[2, 3] * 2
    np.testing.assert_array_equal(gpu(x[:, 0] - held[3]), wanted)
    got = gpu(la.max(x - held[3], axis=1))
    np.testing.assert_array_equal(got, (A - A[2, 3] * 2).max(axis=1))


def test_arrays_on_the_device_are_copied_for_a_plan_of_the_cpu(cupy):
    held = cupy.ndarray.of(A)
    turned = cupy.ndarray((50, 37), A.dtype, held.data, held.strides[::-1])
    for array, same in ((held, A), (turned, A.T)):
        x = la.asarray(array)
        for result, expected in (
            (x, same),
            (x * 2 + 1, same * 2 + 1),
            (x.sum(axis=0), same.sum(axis=0)),
            (x[::2, 3] + x[0, 0], same[::2, 3] + same[0, 0]),
            (la.sort(x + x, axis=0), np.sort(same + same, axis=0)),
        ):
            got = result.compute(device="cpu")
            assert type(got) is np.ndarray
            np.testing.assert_allclose(got, expected, rtol=1e-14)
            kept = result.persist(device="cpu")
            assert kept.device == "cpu"
            np.testing.assert_allclose(kept.compute(), expected, rtol=1e-14)
            assert result.explain(device="cpu", analyze=True).to_dict()["wall_s"] > 0
    assert not cupy.launches
    np.testing.assert_array_equal(gpu(la.asarray(turned)), A.T)


def test_every_run_binds_the_scalars_it_is_given(cupy):
    x = la.asarray(A)
    for scalar in (2.5, 3.5, 3.5, 2.5):
        np.testing.assert_array_equal(gpu(x * scalar + 7), A * scalar + 7)
        total = la.asarray(A[0] * scalar).sum()
        np.testing.assert_allclose(gpu(x * total), A * (A[0] * scalar).sum())
    assert len(cupy.functions) == 3


def test_scratch_that_grows_keeps_what_a_launch_may_be_about_to_use(cupy, monkeypatch):
    monkeypatch.setattr(device_memory, "_FIRST_SCRATCH", 1 << 16)
    first = device_memory.scratch(0, 0, 100, 10)
    assert device_memory.scratch(0, 0, 200, 20) == first
    held = weakref.ref(device_memory._scratch[0, 0, 0].keep[0])
    sizes = [1 << 20, 1 << 21, 1 << 22]
    for nbytes in sizes:
        assert device_memory.scratch(0, 0, nbytes, 10) != first
    assert held() is not None
    assert device_memory._scratch[0, 0, 0].partial == sizes[-1]
    assert device_memory.scratch(0, 3, 100, 10) != device_memory.scratch(0, 4, 100, 10)


def _with_part_written(x, rows):
    y = x + 0.0
    la.reshape(y[:, ::2], (-1,))[rows] = 7.0
    return y


LAUNCHED = {
    "a map": lambda x: x * 2 + 1,
    "a ramp": lambda x: la.arange(100) * 2,
    "a fill": lambda x: la.ones((30, 40)),
    "sums of rows": lambda x: la.sum(x * x, axis=1),
    "softmax": lambda x: la.exp(x) / la.sum(la.exp(x), axis=1, keepdims=True),
    "softmax of long rows": lambda x: (
        la.exp(la.broadcast_to(x[:1, :1], (2, 90_000)) - la.arange(90_000.0))
        / la.sum(
            la.exp(la.broadcast_to(x[:1, :1], (2, 90_000)) - la.arange(90_000.0)),
            axis=1,
            keepdims=True,
        )
    ),
    "standardised": lambda x: (x - x.mean()) / x.std(),
    "standardised columns": lambda x: (x - x.mean(axis=0)) / x.std(axis=0),
    "nothing": lambda x: x[:0] * 2,
    "a region": lambda x: _with_part_written(x, slice(None)),
    "an element": lambda x: _with_part_written(x, slice(3, 9)),
    "scalars": lambda x: x * (la.asarray(2.0) + 3.0),
}


@pytest.mark.parametrize("name", LAUNCHED)
def test_the_plan_counts_what_is_launched(cupy, name):
    result = LAUNCHED[name](la.asarray(A))
    planned = result.explain(device="gpu").to_dict()["launches"]
    assert not cupy.launches
    expected = result.compute(device="cpu")
    np.testing.assert_allclose(gpu(result), expected, rtol=1e-12)
    assert len(cupy.launches) == planned


def test_functions_of_a_library_count_as_one_launch(cupy):
    x = la.asarray(A)
    result = (x + 1) @ la.permute_dims(x * 2, (1, 0)) - 3
    planned = result.explain(device="gpu").to_dict()["launches"]
    gpu(result)
    assert planned == len(cupy.launches) + 1


def test_the_number_that_decides_whether_to_warn_is_in_the_ledger(cupy):
    with la.config(small_bytes=0, kept_bytes=0):
        x = la.asarray(A).to_device("gpu")
        with la.transfers() as copies:
            mean = x[x > 0.5].mean().persist()
        (one,) = copies
        assert (one.direction, one.nbytes, one.implicit) == ("to host", 8, True)
        np.testing.assert_allclose(mean.compute(), A[A > 0.5].mean(), rtol=1e-13)
        with la.config(transfers="error"):  # no array is copied
            largest = x[x > 0.5].max().persist()
        assert largest.compute() == A.max()
        with pytest.raises(ValueError, match="zero-size array"):
            x[x > 2].max().persist()


def test_weights_of_a_histogram_go_where_its_numbers_are(cupy, monkeypatch):
    fake_functions.equip(monkeypatch, cupy)
    numbers, weights = np.array([0, 2, 2]), np.array([0.5, 1.0, 4.0])
    x = la.asarray(cupy.asarray(numbers))
    for given in (weights, la.asarray(weights), [0.5, 1.0, 4.0]):
        found = la.bincount(x, given, 4)
        assert found.device == "gpu:0"
        np.testing.assert_array_equal(found.compute(), [0.5, 0.0, 5.0, 0.0])
