"""Sizes that depend on values: found once, kept, and named in the plan."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, RecordingBackend


def decisions(array):
    """Return what the plan says of its inputs."""
    return [
        line["why"] if isinstance(line, dict) and "why" in line else str(line)
        for line in array.explain().to_dict()["decisions"]
    ]


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("nonzero", lambda x: la.nonzero(x)[0]),
        ("flatnonzero", la.flatnonzero),
        ("argwhere", la.argwhere),
        ("unique_all", lambda x: la.unique_all(x).counts),
        ("unique_values", la.unique_values),
        ("unique_inverse", lambda x: la.unique_inverse(x).values),
        ("unique_counts", lambda x: la.unique_counts(x).values),
        ("a boolean index", lambda x: la.arange(6)[x > 2]),
    ],
)
def test_the_plan_names_the_place(name, use):
    x = la.asarray(np.array([0, 3, 4, 0, 3, 0])) * 1
    result = use(x) + 1
    said = " ".join(decisions(result))
    expected = "nonzero" if name == "argwhere" else name
    assert f"by {expected}" in said
    assert "test_standard_sizes.py:" in said
    with RaiseIfComputed():
        assert isinstance(result.shape[0], int)


@pytest.mark.usefixtures("planned")
def test_what_decides_a_size_is_computed_once():
    x = la.asarray(np.arange(100.0)) * 2
    with RecordingBackend() as log:
        first = la.nonzero(x)
        second = la.unique_values(x)
    assert len(log.runs) == 1
    assert (first[0].shape, second.shape) == ((99,), (100,))
    with RaiseIfComputed():
        la.nonzero(x)
    assert "by nonzero, whose size depends on the values" in " ".join(decisions(x + 1))


@pytest.mark.usefixtures("planned")
def test_a_mask_is_computed_once():
    x = la.asarray(np.arange(100.0))
    mask = (x > 10) & (x < 90)
    with RecordingBackend() as log:
        first, second = x[mask], (x * 2)[mask]
        assert not log.runs
        assert first.shape == second.shape == (79,)
    assert len(log.runs) == 1
    assert np.array_equal(second.compute(), first.compute() * 2)


@pytest.mark.usefixtures("planned")
def test_an_index_is_checked_once():
    x, index = la.asarray(np.arange(5.0)), la.asarray([3, 1]) + 1
    with RecordingBackend() as log:
        first, second = x[index], x[index]
    assert len(log.runs) == 1
    assert np.array_equal(first.compute(), second.compute())
    with pytest.raises(IndexError, match="out of bounds"):
        x[la.asarray([4]) + 1]


def test_later_writes_do_not_change_what_was_found():
    x = la.asarray(np.array([1, 0, 2])).copy()
    (places,) = la.nonzero(x)
    x[1] = 5
    assert places.compute().tolist() == [0, 2]
    assert la.nonzero(x)[0].compute().tolist() == [0, 1, 2]
    view = x[1:] + 0
    view[0] = 0
    assert la.nonzero(view)[0].compute().tolist() == [1]


def test_a_view_is_evaluated_alone():
    base = la.ones(1000) * 2
    view = base[3:6]
    assert la.nonzero(view)[0].shape == (3,)
    base[4] = 0
    assert la.nonzero(view)[0].compute().tolist() == [0, 2]


def test_an_assignment_through_a_mask_needs_no_size():
    x = la.ones((4, 5)) * 2
    with RaiseIfComputed():
        x[x > 1] = 0
        x[x == 0] = 3
    assert np.array_equal(x.compute(), np.full((4, 5), 3.0))


def test_elements_are_read_where_they_lie():
    data = np.array([[0, 1], [5, 1]])
    x = la.asarray(data)
    with RaiseIfComputed():
        assert int(x[1, 0]) == 5
        assert (x[-1, -2] * 1).dtype == data.dtype
        for key in ((2, 0), (0, -3), (0, 0, 0)):
            with pytest.raises(IndexError):
                x[key]
    with la.config(small_path=False):
        assert int(x[1, 0]) == 5
    first, second = la.add(x[0, 0], 1.5), la.add(x[0, 1], 1.5)
    a = first.explain(stage="graph")
    assert a.replace("0", "1") == second.explain(stage="graph").replace("0", "1")
    assert (float(first), float(second)) == (1.5, 2.5)


def test_an_element_is_a_copy():
    x = la.asarray(np.array([1, 2])).copy()
    x[0], x[1] = x[1], x[0]
    assert x.compute().tolist() == [2, 1]


@pytest.mark.usefixtures("planned")
def test_elements_of_a_small_expression_share_one_plan():
    data = np.arange(12.0).reshape(3, 4)
    y = la.asarray(data) * 2 + 1
    view = y[1:, ::2].T
    with RecordingBackend() as log:
        assert [float(y[i, j]) for i in range(3) for j in range(4)] == (
            (data * 2 + 1).ravel().tolist()
        )
        assert float(view[1, 1]) == data[2, 2] * 2 + 1
    assert len(log.runs) == 1


def test_elements_keep_their_values_when_the_array_is_written():
    y = la.asarray(np.arange(4.0)) * 2
    before = y[1]
    y[1] = 7
    assert (float(before), float(y[1])) == (2.0, 7.0)
    square = y.reshape(2, 2)
    square[1, 1] = -1
    assert (float(y[3]), float(square[1, 1])) == (-1.0, -1.0)


def test_an_element_of_a_large_expression_is_computed_alone():
    y = la.ones((1000, 1000)) * 2
    with RecordingBackend() as log:
        assert float(y[3, 4]) == 2.0
    (plan,) = log.runs
    assert all(stage.size <= 1 for stage in plan.stages)


def test_elements_of_parts_and_reshaped_arrays():
    data = np.arange(12.0).reshape(3, 4) * (1 + 2j)
    x = la.asarray(data)
    parts = [(x.real, data.real), (x.imag, data.imag), (x.T, data.T)]
    parts += [(x.reshape(4, 3), data.reshape(4, 3)), (x[::-1, 1:], data[::-1, 1:])]
    parts += [(la.broadcast_to(x[0], (2, 4)), np.broadcast_to(data[0], (2, 4)))]
    with RaiseIfComputed():
        for ours, numpys in parts:
            assert complex(ours[1, 2]) == numpys[1, 2]
            assert ours[1, 2].dtype == numpys.dtype


@pytest.mark.usefixtures("planned")
def test_a_loop_over_elements_computes_a_small_expression_once():
    y = la.asarray(np.arange(30.0)) * 2
    with RaiseIfComputed():
        first = [y[k] == 2 * k for k in range(3)]
    with RecordingBackend() as log:
        rest = [y[k] == 2 * k for k in range(3, 30)]
    assert len(log.runs) == 1
    assert all(first)
    assert all(rest)
    large = la.ones(10**6) * 2
    with RaiseIfComputed():
        assert sum(large[k] for k in range(20)).shape == ()
