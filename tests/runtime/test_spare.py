"""Scratch for what lies only between two calls: never seen in a result."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate
from lazyarr.ir.node import structure
from lazyarr.runtime import spare
from lazyarr.runtime.base import Trace
from lazyarr.testing import assert_same_bits

N = 70_000


def chain(x, y):
    return (x * 5) ** 2 + y * x - 3


def spare_of(*arrays):
    plan = evaluate.plan_of(tuple(a._current() for a in arrays), "cpu")
    return getattr(evaluate.prepare(plan), "spare", None)


@pytest.fixture
def data():
    generator = np.random.default_rng(3)
    return generator.uniform(-4, 4, N), generator.uniform(0.5, 4, N)


def test_what_is_between_two_calls_lies_in_scratch(data):
    x, y = map(la.asarray, data)
    found = spare_of(chain(x, y))
    assert [view[2:] for view in found.views] == [(np.dtype(float), (N,))]
    assert found.nbytes == 8 * N
    assert spare_of(chain(x[:100], y[:100])) is None


def test_what_is_traced_runs_as_ever(data):
    x, y = (la.asarray(part[:60_000]) for part in data)
    a = chain(x, y)
    plan = evaluate.plan_of((a._current(),), "cpu")
    executable = evaluate.prepare(plan)
    executable.other = None  # runs with memory from the system
    leaves = [node.value for node in structure((a._current(),))[1]]
    trace = Trace()
    (result,) = executable.run(leaves, trace)
    (again,) = executable.run(leaves)
    assert_same_bits(result, again)
    assert set(trace.seconds) == {stage.id for stage in plan.stages}


def test_the_same_scratch_serves_one_after_the_other(data):
    x, y = (la.asarray(part[:60_000]) for part in data)  # too few to be cut
    total = chain(x, y)
    for k in range(5):
        total = total + la.exp(x * k) * y
    assert len(spare_of(total).views) <= 2


def test_results_keep_their_memory(data):
    x, y = map(la.asarray, data)
    first = chain(x, y).compute()
    before = first.copy()
    second = chain(y, x).compute()
    assert not np.may_share_memory(first, second)
    assert_same_bits(first, before)
    both = la.compute(la.exp(x) + y, la.exp(x) * 2, la.exp(x))
    for result, other in itertools.pairwise(both):
        assert not np.may_share_memory(result, other)
    e = np.exp(data[0])
    for result, expected in zip(both, (e + data[1], e * 2, e), strict=True):
        assert_same_bits(result, expected)


@pytest.mark.parametrize("lay", [np.ascontiguousarray, np.asfortranarray])
def test_results_lie_as_numpys_do(data, lay):
    a, b = (lay(x.reshape(250, -1)) for x in data)
    result = chain(la.asarray(a), la.asarray(b)).compute()
    expected = chain(a, b)
    assert_same_bits(result, expected)
    assert result.strides == expected.strides


def around(x, y):
    return x[:-2, 1:-1] + x[2:, 1:-1] + y[1:-1, ::2][:, :1] - 4 * x[1:-1, 1:-1]


def test_views_of_operands_leave_the_order_as_it_is(data):
    a, b = (np.resize(x, (250, 350)) for x in data)
    lazy = around(la.asarray(a), la.asarray(b))
    assert spare_of(lazy).results
    result, expected = lazy.compute(), around(a, b)
    assert_same_bits(result, expected)
    assert result.strides == expected.strides
    assert result.ctypes.data % 64 == 0  # stores across lines take longer


def test_what_a_transposed_operand_makes_lies_as_numpys_does(data):
    a, b = (x[:62_500].reshape(250, 250) for x in data)
    lazy = la.asarray(a).T * 2 - la.asarray(b).T
    assert spare_of(lazy + la.exp(lazy)) is None
    expected = a.T * 2 - b.T
    assert_same_bits(lazy.compute(), expected)
    assert lazy.compute().strides == expected.strides


def test_what_lay_where_a_result_would_is_let_go():
    x = la.asarray(np.arange(N, dtype="i4") % 9)

    def run():
        evaluate.clear_cache()
        la.compute(la.exp(x), x - x.sum())

    with la.config(result_pool_bytes=0, small_path=False, threads=1):
        run()
        tracemalloc.start()
        run()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2.5 * 8 * N  # both results, and a little


def test_folds_read_scratch(data):
    x, y = data
    lazy = la.argmin(la.asarray(x) * la.asarray(y))
    assert [view[3] for view in spare_of(lazy).views] == [(N,)]
    assert lazy.compute() == np.argmin(x * y)


def test_a_call_writes_over_scratch_that_it_reads_last(data):
    a = la.asarray(data[0].reshape(250, -1))
    found = spare_of(la.exp(abs(a[1:, :]) - a[:-1, :]) * a[1:, :] + 1)
    assert len(found.views) == 1


CALLS = [
    lambda xp, x, y: x + y,
    lambda xp, x, y: x * y,
    lambda xp, x, y: xp.maximum(x, y),
    lambda xp, x, y: x * 3,
    lambda xp, x, y: xp.exp(-abs(x)),
    lambda xp, x, y: xp.where(x < y, x, y),
    lambda xp, x, y: x - xp.max(y),
    lambda xp, x, y: x[::-1],
    lambda xp, x, y: x[..., ::-1] * y,
    lambda xp, x, y: x * y.T.reshape(y.shape),
    lambda xp, x, y: xp.sum(y, axis=0) - x,
    lambda xp, x, y: x + xp.argmin(x * y),
    lambda xp, x, y: (x > y).astype("f8"),
]


@given(
    st.lists(
        st.tuples(st.sampled_from(CALLS), st.integers(0, 99), st.integers(0, 99)),
        min_size=3,
        max_size=14,
    ),
    st.lists(st.integers(0, 99), min_size=1, max_size=3),
    st.sampled_from([(24,), (4, 6)]),
)
@settings(max_examples=200, deadline=None)
def test_programs_whose_every_array_may_lie_in_scratch(calls, wanted, shape):
    def run(xp, *arrays):
        arrays = list(arrays)
        for call, j, k in calls:
            n = len(arrays)
            arrays.append(call(xp, arrays[-1 - j % min(n, 4)], arrays[k % n]))
        return [arrays[-1 - k % min(len(calls), 3)] for k in wanted]

    x = np.linspace(-2, 3, 24).reshape(shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spare, "SCRATCH", 1)
        patch.setattr(spare, "RESULT", 1)
        evaluate.clear_cache()
        results = la.compute(*run(la, la.asarray(x), la.asarray(x * x)))
    evaluate.clear_cache()
    for result, expected in zip(results, run(np, x, x * x), strict=True):
        assert_same_bits(result, expected)
