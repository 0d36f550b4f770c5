"""What persists expressions without a frame of Python's: runs found by graphs, and their lines."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import lazyarr as la
from lazyarr import compiled, evaluate
from lazyarr.errors import ExecutionError, MemoryLimitError
from lazyarr.ir.node import where_text
from lazyarr.testing import RaiseIfComputed

A = np.random.default_rng(3).random((37, 50))
B = A[::-1].copy()


@pytest.fixture
def held(cupy):
    """Return arrays on the device that hold A and B; all runs are there."""
    evaluate.clear_cache()
    with la.config(device="gpu"):
        yield la.asarray(cupy.ndarray.of(A)), la.asarray(cupy.ndarray.of(B))
    evaluate.clear_cache()


def value(x):
    return x._node.value.host


def poly(x, y, factor=5.0):
    return (x * factor) ** 2 + y * x - 3


@pytest.fixture(params=["method", "function"])
def kept(request):
    """Return what persists one array."""
    return la.Array.persist if request.param == "method" else lambda x: la.persist(x)[0]


def test_runs_find_their_plans(held, cupy, kept):
    x, y = held
    for factor in (5.0, 6.5, 5.0, -1.25):
        for a, b, p, q in ((x, y, A, B), (y, x, B, A)):
            got = kept(poly(a, b, factor))
            assert (got.shape, got.dtype, got._node.tag) == (
                A.shape,
                A.dtype,
                x._node.tag,
            )
            np.testing.assert_array_equal(value(got), poly(p, q, factor))
            again = kept(poly(got, b))
            np.testing.assert_array_equal(value(again), poly(value(got), q))
    assert len(cupy.launches) == 16


def test_graphs_that_differ_have_results_of_their_own(held, kept):
    x, y = held
    programs = (
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: y - x * 1,
        lambda x, y: x + x,
        lambda x, y: (x + y) * (x + y),
        lambda x, y: (x + y) * (y + x),
        lambda x, y: x * 2.0 + y,
        lambda x, y: x * 1.0 + y,
        lambda x, y: x * 0.0 + y,
        lambda x, y: x.sum(),
        lambda x, y: x.sum(axis=0),
        lambda x, y: x.sum(axis=1),
        lambda x, y: x.T + y.T,
        lambda x, y: x[1:] + y[1:],
        lambda x, y: x[:-1] + y[1:],
    )
    for _ in range(4):
        for program in programs:
            got = value(kept(program(x, y)))
            np.testing.assert_allclose(got, program(A, B), rtol=1e-13)


def test_several_results_come_in_their_order(held, cupy):
    x, y = held
    for _ in range(4):
        z = x * 2 - 1
        low, high, mean = la.persist(z.min(), z.max(), z.mean())
        q = A * 2 - 1
        assert (value(low)[()], value(high)[()]) == (q.min(), q.max())
        np.testing.assert_allclose(value(mean), q.mean(), rtol=1e-13)
        high, low = la.persist(z.max(), z.min())
        assert (value(low)[()], value(high)[()]) == (q.min(), q.max())
        total = x + y
        first, second, product = la.persist(total, total, x * y)
        np.testing.assert_array_equal(value(first), A + B)
        np.testing.assert_array_equal(value(second), A + B)
        np.testing.assert_array_equal(value(product), A * B)
        assert first._node.value.data.ptr != second._node.value.data.ptr
        many = la.persist(*[x * float(k) for k in range(2, 9)])
        for k, one in zip(range(2, 9), many, strict=True):
            np.testing.assert_array_equal(value(one), A * k)
    assert la.persist() == ()


def test_what_is_no_expression_goes_another_way(held):
    x, y = held
    for _ in range(3):
        (same,) = la.persist(x)
        assert value(same) is value(x)
        np.testing.assert_array_equal(value(x.T.persist()), A.T)
        np.testing.assert_array_equal(value(x[1:].persist()), A[1:])
        listed, made = la.persist([1.0, 2.0], x + y)
        np.testing.assert_array_equal(np.asarray(listed), [1.0, 2.0])
        np.testing.assert_array_equal(value(made), A + B)
        near = (x + y).persist(device="cpu")
        np.testing.assert_array_equal(near._node.value, A + B)
    with pytest.raises(TypeError):
        (x + y).persist("gpu", 3)
    with pytest.raises(la.errors.DTypeError):
        la.persist("text")


def test_results_without_axes_are_scalars(held, kept):
    x, _ = held
    for _ in range(3):
        total = kept(x.sum())
        before = total
        total += 1  # makes another one, as NumPy's scalars do
        assert before is not total
        np.testing.assert_allclose(float(before), A.sum(), rtol=1e-13)


def test_results_are_of_the_users_lines(held):
    x, y = held
    for _ in range(3):
        made = x + y
        line = sys._getframe().f_lineno - 1
        by_method = made.persist()
        (by_function,) = la.persist(made)
        after = sys._getframe().f_lineno - 1
        name = "test_persisted.py"
        assert where_text(by_method._node.where) == f"{name}:{line}"
        assert where_text(by_function._node.where) == f"{name}:{after}"


def test_options_have_plans_of_their_own(held, kept):
    x, y = held
    expected = np.sum(A * B)
    for _ in range(3):
        kept(la.sum(x * y))
    for arithmetic in ("contracted", "exact"):
        with la.config(gpu_arithmetic=arithmetic):
            before = len(evaluate._cache)
            got = [value(kept(la.sum(x * y)))[()] for _ in range(3)]
            np.testing.assert_allclose(got, expected, rtol=1e-12)
            assert len(evaluate._cache) == before + (arithmetic != "exact")


def test_the_cache_of_plans_is_emptied_for_good(held, cupy, kept):
    x, y = held
    for _ in range(3):
        kept(x + y)
    plans = [
        weakref.ref(ready.executable)
        for ready in evaluate._cache.values()
        if hasattr(ready.executable, "straight")
    ]
    evaluate.clear_cache()
    gc.collect()
    assert [one() for one in plans if one() is not None] == []
    with la.config(plan_cache_size=1):
        for _ in range(3):
            for program in (lambda: x + y, lambda: x * y):
                kept(program())
                kept(program())
            assert len(evaluate._cache) == 1
            assert len(evaluate._runs) <= 1


def test_nothing_runs_where_nothing_may_be_computed(held, kept):
    x, y = held
    with la.config(small_bytes=0):
        for _ in range(3):
            kept(x + y)
    with RaiseIfComputed():
        result = x + y
        with pytest.raises(AssertionError, match="where nothing should be"):
            kept(result)
    np.testing.assert_array_equal(value(kept(result)), A + B)


def test_errors_name_the_line_of_the_graph_that_fails(held, cupy, kept, monkeypatch):
    x, y = held
    errors, launch = [], cupy.cuda.driver.launchKernel

    def refuse(*given):
        if errors:
            raise errors.pop()
        launch(*given)

    monkeypatch.setattr(cupy.cuda.driver, "launchKernel", refuse)
    for _ in range(3):
        kept(x * y)
    result = x * y
    line = sys._getframe().f_lineno - 1
    errors.append(ValueError("refused"))
    with pytest.raises(ExecutionError, match=f"test_persisted.py:{line}"):
        kept(result)
    pool = cupy.get_default_memory_pool()
    cupy.pointer.fail = 1
    with monkeypatch.context() as patch:
        # The second try fails, too.
        patch.setattr(pool, "free_all_blocks", lambda: setattr(cupy.pointer, "fail", 1))
        patch.setattr(cupy, "get_default_memory_pool", lambda: pool)
        with pytest.raises(MemoryLimitError, match=f"test_persisted.py:{line}"):
            kept(result)
    np.testing.assert_array_equal(value(kept(result)), A * B)


def test_threads_run_at_the_same_time(held, kept):
    x, y = held
    device, results = la.config.device, []
    kept(poly(x, y))

    def work(factor):
        with la.config(device=device):
            results.extend((factor, kept(poly(x, y, factor))) for _ in range(30))

    threads = [threading.Thread(target=work, args=(k + 0.5,)) for k in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(results) == 180
    for (
        factor,
        got,
    ) in results:  # streams of the fake do what they are told in one thread
        np.testing.assert_array_equal(value(got), poly(A, B, factor))


@pytest.mark.skipif(compiled.MODULE is None, reason="nothing is compiled")
def test_the_usual_case_runs_no_python(held, monkeypatch):
    x, y = held
    for _ in range(3):
        la.persist(poly(x, y))
        poly(x, y).persist()
    monkeypatch.setattr(evaluate, "persist", None)
    la.persist(poly(x, y))
    poly(x, y).persist()


def test_nothing_leaks(held, cupy, kept, monkeypatch):
    memory = cupy.cuda.alloc(4096)
    monkeypatch.setattr(cupy.cuda, "alloc", lambda nbytes: memory)
    monkeypatch.setattr(cupy.cuda.driver, "launchKernel", lambda *given: None)
    x = la.asarray(cupy.ndarray((9, 4), A.dtype))

    def loop():
        for k in range(100):
            kept(poly(x, x, float(k)))
            kept(x / x.std(axis=0))
            la.persist(x.min(), x.max())
            la.persist(x[1:], x + 1)

    def grown():
        gc.collect()
        before = sys.getallocatedblocks()
        loop()
        gc.collect()
        return sys.getallocatedblocks() - before

    loop()
    assert min(grown() for _ in range(4)) < 60  # what is kept is kept once
