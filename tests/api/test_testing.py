"""The tools of lazyarr.testing fail where they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

import lazyarr as la
from lazyarr.testing import (
    RaiseIfComputed,
    RecordingBackend,
    assert_matches_numpy,
    assert_same_bits,
    assert_same_graph,
    outcome,
    programs,
)

pytestmark = pytest.mark.usefixtures("planned")  # it is plans that are looked at


def test_computing_under_raise_if_computed_fails_and_shows_the_graph():
    x = la.asarray([1.0, 2.0]) * 3
    with pytest.raises(AssertionError, match="multiply"), RaiseIfComputed():
        x.compute()
    with pytest.raises(AssertionError), RaiseIfComputed():
        x.persist()
    assert x.compute().tolist() == [3, 6]


def test_a_recording_ends_with_its_block():
    with RecordingBackend() as recorded:
        la.compute(la.asarray([1, 2]) + 1)
    la.compute(la.asarray([1, 2]) + 1)
    assert len(recorded.runs) == 1
    assert recorded.plans[0].device == "cpu"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda x: x + 1, lambda x: x + 2.5),
        (lambda x: x + x, lambda x: x + (x * 1)),
        (lambda x: x.T, lambda x: x),
        (lambda x: x.sum(axis=0), lambda x: x.sum(axis=1)),
        (lambda x: x.astype("f4"), lambda x: x.astype("f8")),
    ],
)
def test_graphs_that_differ(first, second):
    x = la.asarray(np.ones((2, 2)))
    assert_same_graph(first(x), first(x))
    with pytest.raises(AssertionError, match="differ"):
        assert_same_graph(first(x), second(x))


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (np.float64(0.0), np.float64(-0.0)),
        (np.float32(1), np.float64(1)),
        (np.ones(2), np.ones((2, 1))),
        (1, 1.0),
        (np.array([1.0, np.nan]), np.array([1.0, 2.0])),
    ],
)
def test_bits_that_differ(actual, expected):
    with pytest.raises(AssertionError):
        assert_same_bits(actual, expected)


def test_units_in_the_last_place():
    near = np.nextafter(np.float64(1), 2)
    assert_same_bits(near, np.float64(1), ulp=1)
    with pytest.raises(AssertionError):
        assert_same_bits(np.float64(1 + 1e-9), np.float64(1), ulp=4)


@pytest.mark.parametrize(
    "program",
    [
        lambda xp: xp.ones(2) if xp is np else xp.zeros(2),
        lambda xp: xp.ones(2) if xp is np else xp.ones(3) + xp.ones(2),
        lambda xp: np.ones(2) + np.ones(3) if xp is np else xp.ones(2),
        lambda xp: xp.array([1]) / 0 if xp is np else xp.array([np.inf]),
        lambda xp: (xp.ones(1), 1) if xp is np else xp.ones(1),
    ],
)
def test_programs_that_differ(program):
    with pytest.raises(AssertionError):
        assert_matches_numpy(program)


def test_an_outcome_has_values_warnings_or_the_error():
    found = outcome(lambda xp: [xp.array([1.0]) / 0, 5], la)
    assert [type(v) for v in found.values] == [np.ndarray, int]
    assert found.warnings == {(RuntimeWarning, "divide by zero encountered in divide")}
    assert isinstance(outcome(lambda xp: xp.ones(-1), la).error, ValueError)


@given(program=programs(most=3))
@settings(max_examples=10, deadline=None)
def test_a_program_is_written_as_a_person_would(program):
    lines = repr(program).strip().splitlines()
    assert len(lines) == len(program.statements)
    assert lines[0].startswith("v0 = xp.array(")


def test_what_numpy_testing_has_compares_lazy_arrays():
    x = la.arange(6.0)
    la.testing.assert_allclose(x * (1 + 1e-12), np.arange(6.0))
    la.testing.assert_equal(x.sum(), 15.0)
    la.testing.assert_equal([x[1], x], [1.0, x])
    for mistake in (
        lambda: la.testing.assert_array_equal(x, x + 1),
        lambda: la.testing.assert_equal(x.sum(), 16.0),
        lambda: la.testing.assert_array_less(x, x),
    ):
        with pytest.raises(AssertionError):
            mistake()
    with la.testing.assert_raises(ValueError):
        la.ones(3) + la.ones(4)
    with pytest.raises(AttributeError):
        _ = la.testing.nothing_of_this_name


class Wrapped:
    """What holds an array and gives it as it is, as labelled arrays do."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def test_objects_whose_arrays_are_lazy_are_compared():
    tested = la.testing
    tested.assert_array_equal(Wrapped(la.arange(3)), [0, 1, 2])
    tested.assert_allclose(actual=la.ones(3), desired=Wrapped(la.ones(60_000)[:3]))
    with pytest.raises(AssertionError):
        tested.assert_array_equal(Wrapped(la.arange(3)), Wrapped(la.ones(3)))
