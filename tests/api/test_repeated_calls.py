"""What is kept of one call for the next gives what the call itself would."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api import recipes
from lazyarr.ir.node import structure, where_text

A = np.random.default_rng(3).random((4, 5, 6)).astype(np.float32)
FOLDS = ["sum", "prod", "max", "min", "any", "all", "mean", "var", "std"]
ARGUMENTS = [
    {},
    {"axis": 1},
    {"axis": -1, "keepdims": True},
    {"axis": (0, 2)},
    {"keepdims": True},
]


def graph(x):
    return structure((x._current(),))[0]


def forget():
    for table in recipes.tables:
        table.clear()


def kept():
    return sum(map(len, recipes.tables))


@pytest.mark.parametrize("name", FOLDS)
@pytest.mark.parametrize("dtype", "?bfeFd")
def test_the_second_reduction_makes_the_graph_of_the_first(name, dtype, planned):
    x = la.asarray(A.astype(dtype))
    for arguments in ARGUMENTS:
        forget()
        function = getattr(la, name)
        first, second = function(x, **arguments), function(x, **arguments)
        # What deviates from a mean is no chain of steps.
        assert kept() == (0 if dtype == "e" and name in ("var", "std") else 1)
        assert graph(first) == graph(second)
        # Of a view, and of an expression: the first there, the second elsewhere.
        forget()
        direct = function(x[::-1], **arguments), function(x + x, **arguments)
        function(x, **arguments)
        after = function(x[::-1], **arguments), function(x + x, **arguments)
        assert [graph(a) for a in direct] == [graph(a) for a in after]


def test_a_node_of_a_second_call_names_its_own_line():
    x = la.asarray(A)
    first = la.mean(x, axis=0)
    second = la.mean(x, axis=0)
    places = [where_text(y._current().where) for y in (first, second)]
    assert places[0] != places[1]
    assert all("test_repeated_calls.py" in place for place in places)
    assert where_text(x.mean(axis=0)._current().where) not in places


def test_arguments_that_are_alike_are_not_one():
    x = la.asarray(A)
    assert x.sum(axis=1).shape == (4, 6)
    with pytest.raises(TypeError):
        x.sum(axis=1.0)
    assert x.sum(axis=1, keepdims=True).shape == (4, 1, 6)
    assert x.sum(axis=1, keepdims=1).shape == (4, 1, 6)
    assert x.sum(axis=1, dtype=np.float64).dtype == np.float64
    assert x.sum(axis=1).dtype == np.float32
    assert x.var(axis=1, ddof=1).compute()[0, 0] != x.var(axis=1).compute()[0, 0]
    assert x[1:].shape == (3, 5, 6)
    with pytest.raises(TypeError):
        x[1.0:]
    assert x[1].shape == (5, 6)
    assert x[True].shape == (1, 4, 5, 6)
    with pytest.raises(IndexError):
        x[4]


def test_arguments_that_are_alike_are_not_one_of_what_is_planned(planned):
    test_arguments_that_are_alike_are_not_one()


def test_axes_may_be_named_in_several_ways(planned):
    x = la.asarray(A)
    ways = [1, -2, np.int64(1), np.int8(-2), (1,), (-2,)]
    for _ in range(2):
        for axis in ways:
            for keepdims in (0, 1, False, True, np._NoValue):
                shape = (4, 1, 6) if keepdims in (1, True) else (4, 6)
                assert la.sum(x, axis, keepdims=keepdims).shape == shape
                assert x.max(axis=axis, keepdims=keepdims).shape == shape
        assert np.array_equal(la.mean(x, (0, -1)).compute(), A.mean((0, -1)))
        for wrong in (1.0, True, (0, True), (0, 1.0), "1", 3, (1, 1), (0, -3)):
            with pytest.raises((TypeError, ValueError)):
                la.std(x, axis=wrong)
            with pytest.raises((TypeError, ValueError)):
                x.sum(wrong)


def test_dtypes_may_be_named_in_several_ways(planned):
    x = la.asarray(np.array([[100, 100], [3, 4]], np.int8))
    ways = ["f4", np.float32, np.dtype("f4"), float, np.float64, None, np.int8]
    for _ in range(2):
        for dtype in ways:
            wanted = x.compute().sum(axis=0, dtype=dtype)
            for made in (la.sum(x, axis=0, dtype=dtype), x.sum(0, dtype)):
                assert made.dtype == wanted.dtype
                assert made.compute().tobytes() == wanted.astype(made.dtype).tobytes()


def test_what_a_fold_starts_from_is_told_from_its_likes(planned):
    x = la.asarray(np.array([False, False, True]))
    for start in (True, 1, 1.0, True, 1):
        made = la.max(x, initial=start)
        wanted = x.compute().max(initial=start)
        assert made.compute() == wanted
        assert made.dtype == wanted.dtype
        assert x.sum(initial=start).compute() == x.compute().sum(initial=start)


def test_results_go_where_they_are_asked_to_every_time(planned):
    x = la.asarray(A)
    for _ in range(3):
        out = la.zeros((4, 6), np.float32)
        assert la.sum(x, axis=1, out=out) is out
        assert x.sum(1, None, out) is out
        assert np.array_equal(out.compute(), A.sum(axis=1))
        assert isinstance(la.sum(x, out=...), la.Array)


def test_warnings_of_casts_come_every_time(planned):
    x = la.asarray(A.astype(np.complex64))
    for _ in range(3):
        with pytest.warns(np.exceptions.ComplexWarning):
            la.sum(x, axis=0, dtype=np.float32)
    assert la.sum(la.asarray(np.ones((2, 3), np.float16)), axis=0).dtype == np.float16


def test_warnings_come_every_time(planned):
    x = la.asarray(np.zeros((0, 3)))
    for _ in range(3):
        with pytest.warns(RuntimeWarning) as told:
            x.mean(axis=0)
        assert [str(one.message) for one in told] == [
            "Mean of empty slice",
            "invalid value encountered in divide",
        ]
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
            la.asarray(A).std(axis=0, ddof=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        la.asarray(A).std(axis=0, ddof=3)


def test_zeros_of_both_signs_are_two():
    x = la.asarray(np.array([0.0, -0.0]))
    for _ in range(2):
        for zero in (0.0, -0.0):
            made = (x + zero, zero + x, la.multiply(x, zero))
            numpy = (x.compute() + zero, zero + x.compute(), x.compute() * zero)
            for ours, theirs in zip(made, numpy, strict=True):
                assert ours.compute().tobytes() == theirs.tobytes()


def test_shapes_that_do_not_meet_are_refused_every_time():
    x, y = la.asarray(A), la.asarray(A[:, :, :5].copy())
    for _ in range(2):
        with pytest.raises(ValueError, match=r"\(4, 5, 6\) and \(4, 5, 5\)"):
            x + y
        with pytest.raises(ValueError, match="do not broadcast"):
            la.where(x > 1, y, 0.0)


def test_a_shape_is_large_or_small_for_good_reasons():
    small = type(la.zeros((32, 32)))
    assert small is not la.Array
    for _ in range(2):
        assert type(la.zeros((32, 32), device="auto")) is la.Array
        assert type(la.zeros((1024, 1024))) is la.Array
        assert type(la.zeros(shape=(1024, 1024))) is la.Array
        assert type(la.zeros((32, 32))) is small
    with la.config(small_bytes=0):
        assert type(la.zeros((32, 32))) is la.Array
    assert type(la.zeros((32, 32))) is small
    with la.config(small_bytes=1 << 25):
        la.zeros((1024, 1024))
    assert type(la.zeros((1024, 1024))) is la.Array
