"""When things run: compute, persist, explain, and all that must not run."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, RecordingBackend, assert_same_bits

pytestmark = pytest.mark.usefixtures("planned")  # it is plans that are looked at

F = np.arange(12.0).reshape(3, 4)


def test_looking_computes_nothing():
    with RaiseIfComputed():
        x = (la.asarray(F) + 1) * la.arange(4)
        x += x.sum(axis=1, keepdims=True)
        y = x.T[::2].reshape(-1)
        repr(y)
        assert (y.shape, y.ndim, y.size, y.dtype) == ((6,), 1, 6, np.float64)
        assert (y.nbytes, y.itemsize, len(y)) == (48, 8, 6)
        assert la.is_lazy(y)
        text = str(la.explain(y, x.mean()))
        assert text.startswith("plan")
        assert la.explain(y, stage="graph")
        assert la.explain(y, stage="simplified")
        x.explain().to_dict()


@pytest.mark.parametrize(
    "asks",
    [
        lambda x: x.compute(),
        lambda x: x.persist(),
        np.asarray,
        lambda x: x.tolist(),
        str,
        lambda x: f"{x}",
        lambda x: float(x[0, 0]),
        lambda x: bool(x.any()),
        lambda x: x[0, 1].item(),
        list,
        lambda x: x[x > 3].shape,
        lambda x: np.from_dlpack(x),
        lambda x: la.compute(x),
        lambda x: 3.0 in x,
    ],
)
def test_what_asks_for_values_computes(asks):
    x = la.asarray(F) * 2
    with pytest.raises(AssertionError, match="multiply"), RaiseIfComputed():
        asks(x)
    asks(x)


def test_compute_returns_arrays_and_scalars():
    x = la.asarray(F)
    assert type((x + 1).compute()) is np.ndarray
    for dtype in "?bBhilLefdFD":
        result = x.astype(dtype).max().compute()
        assert isinstance(result, np.generic)
        assert result.dtype == np.dtype(dtype)
    assert type(la.asarray(3).compute()) is np.int64


def test_compute_of_several_shares_their_work():
    with RecordingBackend() as recorded:
        x = la.exp(la.asarray(F))
        total, top, double, again = la.compute(x.sum(), x.max(), x * 2, x * 2)
    assert len(recorded.runs) == 1
    used = [i.op.name for stage in recorded.plans[0].stages for i in stage.body]
    assert used.count("exp") == 1
    assert_same_bits(total, np.exp(F).sum())
    assert_same_bits(top, np.exp(F).max())
    assert_same_bits(double, np.exp(F) * 2)
    again[:] = 0
    assert_same_bits(double, np.exp(F) * 2)


def test_compute_of_nothing_and_of_what_is_not_lazy():
    assert la.compute() == ()
    (array, scalar) = la.compute(F, 2.5)
    assert np.array_equal(array, F)
    assert scalar == 2.5


def test_results_are_the_callers_own():
    x = la.asarray(F)
    for made in (x, x + 0, x.T, x[1:], x.reshape(4, 3), x.persist()):
        before = made.compute()
        handed = made.compute()
        handed[...] = -1
        assert np.array_equal(made.compute(), before)
    assert F.sum() == 66


def test_persist_holds_the_value():
    x = (la.asarray(F) * 2).persist()
    assert la.is_lazy(x)
    with RecordingBackend() as recorded:
        result = (x + 1).compute()
    used = [i.op.name for stage in recorded.plans[0].stages for i in stage.body]
    assert "multiply" not in used
    assert np.array_equal(result, F * 2 + 1)
    pair = la.persist(x, x + 1)
    assert [la.is_lazy(p) for p in pair] == [True, True]


def test_a_changed_scalar_needs_no_new_plan():
    x = la.asarray(F)
    with RecordingBackend() as recorded:
        for rate in (0.1, 0.25, 3.5):
            assert np.array_equal((x * rate + 2.5).compute(), F * rate + 2.5)
    assert len(recorded.plans) == 1
    assert len(recorded.runs) == 3


def test_scalars_that_compare_equal_are_not_mixed_up():
    x = la.asarray(np.array([1.0, -1.0]))
    for value in (0.0, -0.0, 1, 1.0, True, -1, np.float64(-0.0), 2, 2.0):
        assert_same_bits((x * value).compute(), x.compute() * value)
        assert_same_bits(la.copysign(x, value).compute(), np.copysign([1, -1.0], value))
    z = la.asarray(np.array([1j, 2.0]))
    for value in (complex(1, 0.0), complex(1, -0.0), complex(-0.0, 2), complex(0.0, 2)):
        assert_same_bits((z * value).compute(), np.array([1j, 2.0]) * value)


def test_explain_analyze_measures():
    made = la.exp(la.asarray(F)).sum()
    report = made.explain(analyze=True).to_dict()
    assert report["measured_s"] > 0
    assert all(stage["measured_s"] is not None for stage in report["stages"])


def test_explain_refuses_a_stage_it_does_not_know():
    with pytest.raises(la.ConfigError, match="graph"):
        la.ones(2).explain(stage="fused")


def test_a_gpu_that_is_not_there_is_an_error_that_says_so():
    with pytest.raises(la.DeviceError, match="gpu:63"):
        la.ones(3).compute(device="gpu:63")


def test_iteration_computes_once():
    x = la.asarray(F) * 2
    with RecordingBackend() as recorded:
        rows = [row.sum().compute() for row in x]
    names = [i.op.name for p in recorded.plans for s in p.stages for i in s.body]
    assert names.count("multiply") == 1
    assert rows == list((F * 2).sum(axis=1))


def test_a_failure_while_running_names_the_line():
    made = la.asarray([1, 2]) ** la.asarray([-1, 2])
    with pytest.raises(la.ExecutionError, match=r"pow.*test_evaluation.py:\d+") as info:
        made.compute()
    assert isinstance(info.value.__cause__, ValueError)
    assert (la.asarray([1, 2]) * 2).compute().tolist() == [2, 4]


def test_print_computes_nothing_of_what_is_in_memory():
    data = np.arange(90_000.0).reshape(300, 300)
    x, y = la.asarray(data), la.zeros((300, 300))
    y[:] = x * 2
    float(y[0, 0])
    with RaiseIfComputed():
        assert str(x) == str(data)
        assert f"{x[:2, ::50].T}" == str(data[:2, ::50].T)
        for lazy in (x + 1, (x + 1)[0], x[x > 3], x.sum(), la.ones((300, 300))):
            assert repr(lazy).startswith("<lazyarr.Array ")
    assert str((x + 1).persist()) == str(data + 1)


@pytest.mark.parametrize(
    "shape",
    [
        (),
        (5,),
        (7,),
        (70_000,),
        (3, 70_000),
        (400, 300),
        (5, 20, 400),
        (2, 3, 4, 7, 99),
    ],
)
def test_print_shows_elements_as_numpy_does(shape):
    data = np.linspace(-2, 3, math.prod(shape)).reshape(shape)
    data.flat[-1:] = 1e-7
    data.flat[:1] = np.nan
    none = {"edgeitems": 0} if data.size < 100 else {"edgeitems": 12}
    for options in ({}, {"edgeitems": 1, "precision": 3}, none):
        with np.printoptions(**options), la.config(small_bytes=0):
            x = la.asarray(data)
            for lazy, known in (
                (x + 1, data + 1),
                ((x * 1j).T, (data * 1j).T),
                (x > 0, data > 0),
                (x.sum(), data.sum()),
                (x[x > 0], data[data > 0]),
            ):
                assert str(lazy) == str(known)
                assert f"{lazy}" == f"{known}"


def test_print_computes_no_more_than_the_corners_that_it_shows():
    counted = []

    def numpy_doubled(x):
        counted.append(x.size)
        return x * 2

    doubled = la.elementwise("doubled_and_counted", numpy=numpy_doubled)
    data = np.arange(3_000_000.0).reshape(2000, 1500)
    x = doubled(la.asarray(data))
    assert str(x) == str(data * 2)
    assert sum(n for n in counted if n > 1) == 7 * 7  # it is asked for its dtype, too


def test_print_shows_small_known_arrays_and_their_elements():
    with la.config(small_bytes=1 << 15):
        x = la.asarray([1.5, 2.5])
        assert f"{x * 2} {x.sum()} {x[0]} {x.mean():.2f}" == "[3. 5.] 4.0 1.5 2.00"
        assert repr(x * 2).startswith("<lazyarr.Array multiply")
        assert repr(x.sum()) == "lazyarr.Array(4.0)"
    assert str(la.asarray(3)) == "3"


def test_numbers_that_make_an_array_are_computed_in_one_plan():
    x = la.zeros(300_000)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        made = la.array([(1 / x).max(), (1 / x).min(), 2.0])  # two divisions
        assert np.array_equal(made, [np.inf, np.inf, 2.0])
        assert len(told) == 2
        told.clear()
        y = 1 / x
        made = la.asarray([[y.max(), y.min(), y.sum()], [1, 2, 3]])
        assert np.array_equal(made, [[np.inf] * 3, [1, 2, 3]])
        # One for each stage that divides, of which a plan may make two; not for each number.
        assert {str(one.message) for one in told} == {
            "divide by zero encountered in divide"
        }
        assert len(told) < 3
