"""Updates in place that read what they overwrite: values, memory, errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api import pending
from lazyarr.runtime import around, tiled
from lazyarr.runtime.write import copy_around

RNG = np.random.default_rng(3)


@pytest.fixture
def counted(monkeypatch):
    """Count the runs of update stages that wrote in place around what they read."""
    found = []
    run = tiled.TiledStage._run_around

    def noted(self, *arguments):
        found.append(run(self, *arguments))
        return found[-1]

    monkeypatch.setattr(tiled.TiledStage, "_run_around", noted)
    with la.config(tile_elements=256, pending_writes=4, small_path=False):
        yield found


def five_points(a):
    a[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])


def in_space(a):
    inner = (slice(1, -1),) * a.ndim
    a[inner] += 0.1 * (a[(slice(2, None), *inner[1:])] - a[inner])


def chosen(a):
    inner = a[1:-1, 1:-1]
    a[1:-1, 1:-1] = np.where(a[:-2, 1:-1] > a[2:, 1:-1], inner, 1.0)


def along_rows(a):
    a[1:-1] += 0.1 * (a[2:] - 2 * a[1:-1] + a[:-2])


def far_ahead(a):
    a[: a.shape[0] - 30] = a[30:] * 0.5


def shifted(a):
    a[1:] = a[:-1] + 1


def skewed(a):
    a[2:, :-3] -= a[:-2, 3:] / 3


def casting(a):
    a[2:, 1:-1] = (a[:-2, 2:] + a[1:-1, :-2].astype(np.float32)) > a[2:, 1:-1]


def with_another(a):
    a[1:, 1:] = (
        a[:-1, :-1] + np.arange(a.shape[1] - 1) * np.ones(a.shape[0] - 1)[:, None]
    )


def from_one_row(a):
    a[2:] = a[1:-1] * 2 - a[0]


def moved(a):
    a[:-1, 2:] = a[1:, :-2]


def along_a_ramp(a):
    a[1:, 1:] += 0.5 * a[:-1, :-1] * np.arange(1, a.shape[1], like=a)


STEPS = (from_one_row, moved, along_a_ramp, chosen)
STEPS += (
    in_space,
    five_points,
    along_rows,
    far_ahead,
    shifted,
    skewed,
    casting,
    with_another,
)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    "shape", [(61, 50), (300, 11), (5, 800), (40, 20, 3), (50, 20, 30)]
)
@pytest.mark.parametrize("step", STEPS)
def test_writes_in_place_what_numpy_would(counted, step, shape, threads):
    if step in (with_another, along_a_ramp) and len(shape) > 2:
        pytest.skip("of matrices")
    if step is far_ahead and shape[0] < 60:
        shape = (shape[0] + 60, *shape[1:])
    if step is in_space and shape[-1] == 3:
        pytest.skip("too short")
    start = RNG.random(shape)
    expected, actual = start.copy(), la.array(start)
    with la.config(threads=threads):
        for _ in range(9):
            step(expected)
            step(actual)
        np.testing.assert_array_equal(actual.compute(), expected)
    assert counted


@pytest.mark.parametrize("step", [five_points, along_rows, shifted, skewed])
def test_stencils_run_in_place(counted, step):
    a = la.array(RNG.random((200, 40)))
    for _ in range(12):
        step(a)
    a.compute()
    assert True in counted
    assert False not in counted


def test_views_that_variables_hold_do_not_make_writes_copy(counted, monkeypatch):
    monkeypatch.setattr(pending, "alone", lambda: True)  # whatever others have started
    copies = []
    monkeypatch.setattr(
        tiled, "copy_around", lambda *given: copies.append(1) or copy_around(*given)
    )
    start = RNG.random((90, 70))
    expected, actual = start.copy(), la.array(start)
    for a in (expected, actual):
        for _ in range(20):
            for first in (1, 2):
                here = a[first:-1:2, 1:-1]
                count = len(here)
                above = a[first - 1 :: 2, 2:][:count]
                below = a[first + 1 :: 2, :-2][:count]
                here[...] = 0.5 * (above + below)
    np.testing.assert_array_equal(actual.compute(), expected)
    assert len(copies) == 1  # of the array as it was created


@pytest.mark.parametrize("step", [five_points, along_rows, moved, skewed])
def test_an_array_in_the_order_of_columns(counted, step):
    start = np.asfortranarray(RNG.random((70, 90)))
    expected, actual = start.copy(), la.array(start, order="F")
    with la.config(threads=2):
        for _ in range(9):
            step(expected)
            step(actual)
        np.testing.assert_array_equal(actual.compute(), expected)
    assert True in counted
    assert False not in counted


@pytest.mark.parametrize("step", [five_points, in_space, chosen])
def test_calls_run_over_lines(counted, monkeypatch, step):
    lines = []
    over = around.BandLane._over_lines
    monkeypatch.setattr(
        around.BandLane, "_over_lines", lambda *given: lines.append(1) or over(*given)
    )
    a = la.array(RNG.random((90, 70)))
    for _ in range(6):
        step(a)
    a.compute()
    assert lines


def test_a_tile_that_warns_is_computed_once(counted):
    start = RNG.random((90, 60)) + 1
    start[::9, 30] = 0
    expected, actual = start.copy(), la.array(start)
    with np.errstate(all="ignore"), la.config(threads=2):
        for a in (expected, actual):
            for _ in range(9):
                a[1:-1, 1:-1] += 1 / (a[:-2, 1:-1] * 3) / a[2:, 1:-1]
        np.testing.assert_array_equal(actual.compute(), expected)


def test_integers_and_single_precision(counted):
    for dtype in ("i4", "f4", "c16", "u1"):
        start = (RNG.random((90, 33)) * 100).astype(dtype)
        expected, actual = start.copy(), la.array(start)
        for a in (expected, actual):
            for _ in range(7):
                a[1:-1, 1:-1] = a[:-2, 2:] + a[2:, :-2] - a[1:-1, 1:-1]
        np.testing.assert_array_equal(actual.compute(), expected)
    assert True in counted


def test_elements_between_lines_raise_no_warnings(counted):
    start = RNG.random((60, 40)) + 1
    start[:, 0] = start[:, -1] = 0  # what lies between the lines divides by zero
    expected, actual = start.copy(), la.array(start)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for a in (expected, actual):
            for _ in range(9):
                a[1:-1, 1:-1] = 2 / (a[:-2, 1:-1] * 3) / a[2:, 1:-1]
        result = actual.compute()
    np.testing.assert_array_equal(result, expected)
    assert True in counted


def divided(a):
    a[1:-1, 1:-1] = 1 / a[:-2, 1:-1] * 2
    for _ in range(6):
        a[1:-1, 1:-1] = a[:-2, 1:-1] * 1.5
    return np.asarray(a)


def test_elements_that_are_stored_warn(counted):
    start = RNG.random((60, 40)) + 1
    start[33, 20] = 0
    actual = la.array(start)
    for _ in range(5):
        actual[1:-1, 1:-1] = actual[1:-1, 1:-1] + 0 * actual[:-2, 1:-1]
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        result = divided(actual)
    with np.errstate(all="ignore"):
        expected = divided(start)
    np.testing.assert_array_equal(result, expected)
    assert True in counted


def test_an_expression_built_before_keeps_its_values(counted):
    start = RNG.random((80, 30))
    expected, actual = start.copy(), la.array(start)
    for _ in range(5):
        five_points(expected)
        five_points(actual)
    kept, values = actual * 2, expected * 2
    for _ in range(9):
        five_points(expected)
        five_points(actual)
    np.testing.assert_array_equal(actual.compute(), expected)
    np.testing.assert_array_equal(kept.compute(), values)


@pytest.mark.parametrize("options", [{}, {"small_path": False}, {"pending_writes": 1}])
def test_views_of_other_steps_are_assigned_as_they_were(options):
    start = np.arange(146.0)
    expected, x = start.copy(), la.array(start)
    with la.config(**options):
        for _ in range(70):
            expected[7:140:3] = expected[90:135].copy()
            x[7:140:3] = x[90:135]
            expected[90:135] += 1
            x[90:135] += 1
        np.testing.assert_array_equal(x.compute(), expected)
