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


@pytest.mark.parametrize("name", FOLDS)
@pytest.mark.parametrize("dtype", "?bfeFd")
def test_the_second_reduction_makes_the_graph_of_the_first(name, dtype, monkeypatch):
    x = la.asarray(A.astype(dtype))
    for arguments in ARGUMENTS:
        monkeypatch.setattr(recipes, "_recipes", {})
        function = getattr(la, name)
        first, second = function(x, **arguments), function(x, **arguments)
        assert graph(first) == graph(second)
        # Of a view, and of an expression: the first there, the second elsewhere.
        monkeypatch.setattr(recipes, "_recipes", {})
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


def test_warnings_come_every_time():
    x = la.asarray(np.zeros((0, 3)))
    for _ in range(3):
        with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
            x.mean(axis=0)
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
