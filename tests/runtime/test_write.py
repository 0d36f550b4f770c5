"""Copies of stretched arrays, and reshapes: NumPy's elements, views where they are."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.runtime import pool
from lazyarr.runtime.whole import _copied
from lazyarr.runtime.write import repeat_into, reshaped, stretch_into

CASES = [
    ((126, 4, 126, 4), (None, slice(None), None, slice(None))),
    ((5, 3), (None, slice(None))),
    ((3, 7), (slice(None), None)),
    ((2, 300, 5), (slice(None), None, slice(None))),
    ((3, 1, 4, 2), (slice(None), None, slice(None), None)),
    ((0, 3), (None, slice(None))),
    ((70_000, 3), (None, slice(None))),
    ((4, 500), (None, slice(None))),
    ((6, 5), (None, None)),
    ((900, 3, 2), (None, slice(None), slice(None))),
    ((900, 3, 2), (None, slice(None), None)),
    ((900, 3, 1), (None, slice(None), slice(None))),
    ((90, 30, 2), (slice(None), slice(None), None)),
]


def stretched(shape, key, rng):
    sides = [n for n, part in zip(shape, key, strict=True) if part is not None]
    return np.broadcast_to(rng.random(sides)[key], shape)


@pytest.mark.parametrize(("shape", "key"), CASES)
def test_a_stretched_array_is_copied_whole(shape, key):
    source = stretched(shape, key, np.random.default_rng(0))
    target = np.full(shape, np.nan)
    repeat_into(target, source)
    np.testing.assert_array_equal(target, source)


@pytest.mark.parametrize("row", [np.arange(5.0), np.arange(10.0)[::2]])
@pytest.mark.parametrize("stretched", [False, True])
def test_a_pattern_of_short_rows_is_read_but_once(row, stretched, monkeypatch):
    key = (None, slice(None), None) if stretched else (None, slice(None))
    source = np.broadcast_to(row[key], (9000, *row[key].shape[1:-1], 5))
    target, read = np.empty(source.shape), []
    copyto = np.copyto

    def noted(target, source):
        read.append(source.size)
        copyto(target, source)

    monkeypatch.setattr(np, "copyto", noted)
    repeat_into(target, source)
    np.testing.assert_array_equal(target, source)
    assert sum(read) == source[0].size


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        (np.broadcast_to(np.arange(900.0)[:, None], (900, 3)), 3),
        (np.broadcast_to(np.arange(900.0)[:, None], (900, 6)), 1),
        (np.arange(1800.0).reshape(2, 900).T, 2),
        (np.arange(7200.0).reshape(900, 8)[:, ::2], 1),
    ],
)
def test_short_rows_are_copied_by_columns_where_these_are_nearer(
    source, columns, monkeypatch
):
    copyto, calls, target = np.copyto, [], np.empty(source.shape)
    monkeypatch.setattr(np, "copyto", lambda *a: (calls.append(a), copyto(*a)))
    repeat_into(target, source)
    np.testing.assert_array_equal(target, source)
    assert len(calls) == columns


@pytest.mark.parametrize(
    "source", [7.0, np.float64(7), np.arange(900.0)[:, None], np.ones((900, 3))]
)
def test_numbers_and_arrays_are_stretched(source):
    target = np.empty((900, 3))
    stretch_into(target, source)
    np.testing.assert_array_equal(target, np.broadcast_to(source, (900, 3)))


def test_elements_that_tiles_repeat_are_stored_by_columns(monkeypatch):
    copyto, shapes = np.copyto, []
    monkeypatch.setattr(
        np, "copyto", lambda *a: (shapes.append(a[0].shape), copyto(*a))
    )
    x = np.arange(600_000.0)
    with la.config(threads=1, small_bytes=0):
        found = la.repeat(la.asarray(x), 2).compute()
    monkeypatch.undo()
    np.testing.assert_array_equal(found, np.repeat(x, 2))
    assert shapes
    assert all(len(shape) == 1 or shape[1] == 1 for shape in shapes)


def test_a_reshape_is_a_view_where_it_can_be_and_a_copy_of_the_pool_where_not():
    x = np.arange(float(pool.LARGE)).reshape(-1, 4)
    assert np.shares_memory(reshaped(x, (8, -1)), x)
    turned = reshaped(x.T, (x.size,))
    assert not np.shares_memory(turned, x)
    np.testing.assert_array_equal(turned, x.T.ravel())
    tiled = np.broadcast_to(x[:4, None], (4, 2000, 4))
    np.testing.assert_array_equal(reshaped(tiled, (-1,)), tiled.ravel())


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("reps", [(40, 30), (1, 100), (100, 1)])
def test_tiled_and_repeated_arrays_are_numpys(reps):
    x = np.random.default_rng(1).random((9, 7))
    lazy = la.asarray(x)
    np.testing.assert_array_equal(la.tile(lazy, reps).compute(), np.tile(x, reps))
    for axis in (0, 1):
        np.testing.assert_array_equal(
            la.repeat(lazy, 50, axis=axis).compute(), np.repeat(x, 50, axis=axis)
        )


def test_what_is_assigned_is_not_copied_first():
    x, y = (la.asarray(np.random.default_rng(k).random((90, 400))) for k in (1, 2))
    x = x * 2
    x[:, ::2] = y[:, 200:]
    x[1:] = x[:-1]
    steps = evaluate.prepare(evaluate.plan_of((x._current(),), "cpu")).steps
    assert _copied not in [step[1] for step in steps]
    expected = x.compute()
    z, w = (np.random.default_rng(k).random((90, 400)) for k in (1, 2))
    z *= 2
    z[:, ::2] = w[:, 200:]
    z[1:] = z[:-1]
    np.testing.assert_array_equal(expected, z)
