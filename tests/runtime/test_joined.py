"""Vectors that are computed where they are joined: values, memory, and when not."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import lazyarr as la
from lazyarr.plan.joined import joined
from lazyarr.plan.spent import spent
from lazyarr.runtime import pool

RNG = np.random.default_rng(4)
LENGTH = 3_000
A, B = RNG.random(LENGTH), RNG.random(LENGTH)
C = np.asfortranarray(RNG.random((LENGTH, 3)))


@pytest.fixture(autouse=True)
def tiles():
    """Run in small tiles what is not small."""
    with la.config(tile_elements=256, small_path=False, small_bytes=0):
        yield


def joints_of(plan):
    over = spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)
    return joined(plan.stages, plan.values, plan.last_use, over)


def stacked(np, a, b, c):
    return [np.stack([a + b, a * b, a - b])]


def used_on(np, a, b, c):
    s = np.stack([a + b, a * b])
    return [s, s.max(axis=1), s * 2]


def one_behind_the_other(np, a, b, c):
    return [np.concatenate([a[1:] - a[:-1], b * 2, np.exp(a[:7] + b[:7])])]


def of_one_loop(np, a, b, c):
    return [np.concatenate([a - b, b * 2, a < b])]


def under_added_axes(np, a, b, c):
    rows = [(a + b)[None, None], (a / b)[None, None]]
    return [np.concatenate(rows, axis=1)]


def written_afterwards(np, a, b, c):
    s = np.stack([a + b, a * b])
    s[0, 5:9] = 3
    s += 1
    return [s, s[1] - s[0]]


def between_borders(np, a, b, c):
    return [np.concatenate([[0], (np.diff(a) > 0).astype(int), [1, 0]])]


def behind_what_another_stage_made(np, a, b, c):
    return [np.concatenate([np.cumsum(a[:30]), a + b, a * b])]


def beside_a_part(np, a, b, c):
    return [np.concatenate([a[:9], a + b])]


def beside_another_dtype(np, a, b, c):
    return [np.concatenate([np.array([1, 2], "f4"), a + b])]


def before_what_needs_it(np, a, b, c):
    return [np.concatenate([a + b, np.cumsum(a + b)[:30]])]


def columns(np, a, b, c):
    return [np.stack([a + b, a * b], axis=1)]


def twice(np, a, b, c):
    d = a + b
    return [np.stack([d, d])]


def asked_for_as_well(np, a, b, c):
    d = a + b
    return [np.stack([d, a * b]), d]


def joined_twice(np, a, b, c):
    d, e = a + b, a * b
    return [np.stack([d, e]), np.concatenate([e, d])]


def beside_an_input(np, a, b, c):
    return [np.stack([a, a + b])]


def matrices(np, a, b, c):
    return [np.stack([c + 1, c * 2])]


def reversed_part(np, a, b, c):
    return [np.stack([(a + b)[::-1], a * b])]


def a_part_of_it(np, a, b, c):
    return [np.concatenate([(a + b)[:9], a * b])]


IN_PLACE = [
    stacked,
    used_on,
    of_one_loop,
    under_added_axes,
    written_afterwards,
    joined_twice,
]
BESIDE = [
    between_borders,
    behind_what_another_stage_made,
    beside_another_dtype,
    a_part_of_it,
]
COPIED = [
    beside_a_part,
    before_what_needs_it,
    one_behind_the_other,
    columns,
    twice,
    asked_for_as_well,
    beside_an_input,
    matrices,
    reversed_part,
]


@pytest.mark.parametrize("program", [*IN_PLACE, *BESIDE, *COPIED])
def test_values_are_those_of_numpy(program):
    expected = program(np, A, B, C)
    arrays = program(la, la.asarray(A), la.asarray(B), la.asarray(C))
    for found, wanted in zip(la.compute(*arrays, la.zeros(1)), expected, strict=False):
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == wanted.dtype
        assert found.flags.c_contiguous == wanted.flags.c_contiguous
        assert found.flags.writeable


@pytest.mark.parametrize("program", IN_PLACE)
def test_what_is_computed_to_be_joined_lies_in_the_result(program):
    arrays = program(la, la.asarray(A), la.asarray(B), la.asarray(C))
    told = la.explain(*arrays)
    (joint,) = joints_of(told.plan).values()
    assert "nothing is copied" in told.plan.stages[joint.stage].reason
    assert told.plan.stages[joint.stage].estimate.bytes_written == 0
    places = {told.plan.buffer_of.get(n) for n in (*joint.keys, joint.result)}
    assert len(places) == 1


@pytest.mark.parametrize("program", BESIDE)
def test_little_that_is_there_before_is_copied_beside_what_is_computed(program):
    arrays = program(la, la.asarray(A), la.asarray(B), la.asarray(C))
    told = la.explain(*arrays)
    (joint,) = joints_of(told.plan).values()
    assert joint.before
    assert "beside copies of the rest" in told.plan.stages[joint.stage].reason


@pytest.mark.parametrize("program", COPIED)
def test_what_is_needed_elsewhere_or_would_lie_scattered_is_copied(program):
    arrays = program(la, la.asarray(A), la.asarray(B), la.asarray(C))
    assert not joints_of(la.explain(*arrays).plan)


def test_what_another_device_computes_is_joined_by_a_copy():
    arrays = stacked(la, la.asarray(A), la.asarray(B), None)
    plan = la.explain(*arrays).plan
    first, *rest = plan.stages
    there = plan._replace(stages=(first._replace(device="gpu:0"), *rest))
    assert joints_of(plan)
    assert not joints_of(there)


def test_results_stay_when_a_plan_runs_again():
    first, second = (
        stacked(la, la.asarray(x), la.asarray(B), None)[0].compute() for x in (A, B)
    )
    np.testing.assert_array_equal(first, stacked(np, A, B, None)[0])
    np.testing.assert_array_equal(second, stacked(np, B, B, None)[0])


def test_the_parts_need_no_memory_beside_the_result():
    a, b = (la.asarray(RNG.random(400_000)) for _ in range(2))
    result = la.stack([a + b, a * b, a - b])
    plan = la.explain(result).plan
    assert plan.peak_bytes == result.nbytes
    pool.results.clear()
    tracemalloc.start()
    try:
        made = result.compute()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert made.nbytes <= peak < 1.5 * made.nbytes
