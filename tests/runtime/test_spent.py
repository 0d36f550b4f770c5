"""Results that lie in the memory of an operand: values, memory, and where they may not."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.plan.spent import spent
from lazyarr.runtime import tiled

RNG = np.random.default_rng(8)
A, B = RNG.random((300, 40)), RNG.random((300, 40))


@pytest.fixture(autouse=True)
def tiles():
    """Run in small tiles what is not small, one stage for each operation."""
    with la.config(tile_elements=256, fusion=False, small_path=False, small_bytes=0):
        yield


@pytest.fixture
def taken(monkeypatch):
    """Note which results were given the memory of an operand."""
    found = []
    outputs = tiled.TiledStage._outputs

    def noted(self, orders, arrays, held):
        made = outputs(self, orders, arrays, held)
        there = [a for a in arrays if isinstance(a, np.ndarray)]
        found.append(any(x is a for x in made for a in there))
        return made

    monkeypatch.setattr(tiled.TiledStage, "_outputs", noted)
    return found


def plan_of(*arrays):
    plan = la.explain(*arrays).plan
    return spent(plan.stages, plan.values, plan.outputs, plan.last_use, plan.owned)


def chain(np, a, b):
    return [np.sqrt(a + b) * 2 - 1]


def read_again(np, a, b):
    c = a + b
    return [np.exp(c) - c]


def shown(np, a, b):
    c = a + b
    return [c, c * 2, (c * 2) - b]


def shifted(np, a, b):
    c = a + b
    return [c[1:] - c[:-1], (c * 3)[::-1] + a]


def turned(np, a, b):
    return [(a.T * 2 + b.T) * 3, (a.T + 1).reshape(40, 300) * b.reshape(40, 300)]


def of_other_types(np, a, b):
    c = (a * 9).astype("i4")
    return [c * 2.5, (c > 3) & (c < 7), np.abs(c + 1j)]


def written(np, a, b):
    c = a * 2
    c[1:-1] -= b[2:] * 0.5
    c *= 0.999
    c[:, 1:-1] += b[:, 2:] - b[:, :-2]
    return [c * b]


PROGRAMS = (chain, read_again, shown, shifted, turned, of_other_types, written)


@pytest.mark.parametrize("fusion", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("program", PROGRAMS)
def test_results_are_numpys(program, threads, fusion):
    expected = program(np, A, B)
    with la.config(threads=threads, fusion=fusion):
        found = la.compute(*program(la, la.asarray(A), la.asarray(B)))
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y)


def test_a_chain_needs_the_memory_of_one_array(taken):
    la.compute(*chain(la, la.asarray(A), la.asarray(B)))
    assert taken == [False, True, True, True]


def test_inputs_stay_as_they_are(taken):
    before = A.copy()
    (la.asarray(A) * 2).compute()
    np.testing.assert_array_equal(A, before)
    assert not any(taken)


def test_what_is_still_read_stays():
    a = la.asarray(A)
    c = a + 1
    stages = list(plan_of(la.exp(c), c * 2))
    assert len(stages) == 1  # the last of the two to read it
    assert plan_of(c, c * 2) == {}


def test_neighbours_that_are_read_stay(taken):
    c = la.asarray(A) + 1
    (c[1:] - c[:-1]).compute()
    (c * 2 + c[::-1]).compute()
    assert taken[1] is False


def test_memory_in_another_order_is_not_taken(taken):
    x = la.asarray(A).T * 2
    result = (x + la.asarray(np.ascontiguousarray(B.T))).compute()
    np.testing.assert_array_equal(result, A.T * 2 + B.T)
    assert taken == [False, False]


def test_operands_read_after_a_result_is_written_stay():
    with la.config(fusion=True):
        c = la.sort(la.asarray(A), axis=0)
        d = c * 2
        expected = np.sort(A, axis=0)
        found = la.compute(d, la.exp(d) - c)
    np.testing.assert_array_equal(found[0], expected * 2)
    np.testing.assert_array_equal(found[1], np.exp(expected * 2) - expected)
