"""A plan is made once for a structure, and what it binds is not a part of it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate, planning
from lazyarr.api import handle
from lazyarr.ir.node import structure


@pytest.fixture
def plans(monkeypatch):
    """Count the plans that are made."""
    made = []
    make = planning.make_plan

    def counted(*args):
        made.append(args)
        return make(*args)

    monkeypatch.setattr(planning, "make_plan", counted)
    evaluate.clear_cache()
    yield made
    evaluate.clear_cache()


def array(*values, dtype=float):
    return la.asarray(np.array(values, dtype))


def test_other_data_and_scalars_need_no_plan(plans):
    for k in range(5):
        x = array(1.0, 2.0, 3.0 + k)
        got = (x * (2.5 + k) + x.sum()).compute()
        want = np.array([1.0, 2.0, 3.0 + k])
        np.testing.assert_array_equal(got, want * (2.5 + k) + want.sum())
    assert len(plans) == 1


def test_scalars_that_rules_look_at_are_part_of_the_structure(plans):
    x = array(1.0, 2.0)
    results = [(x * s).compute()[1] for s in (2.5, 3.5, 1.0, 0.0, -1.0, 7.5)]
    assert results == [5.0, 7.0, 2.0, 0.0, -2.0, 15.0]
    assert len(plans) == 4


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x[:2] + 1.5,  # the shape
        lambda x: x.astype("f4") + 1.5,  # the dtype
        lambda x: x + x,  # what is shared
        lambda x: x - 1.5,  # the op
        lambda x: (x + 1.5).sum(),  # the rest
    ],
)
def test_another_structure_needs_another_plan(plans, change):
    x = array(1.0, 2.0, 3.0)
    (x + 1.5).compute()
    change(x).compute()
    assert len(plans) == 2


def test_other_axes_and_views_need_other_plans(plans):
    x = la.asarray(np.arange(9.0).reshape(3, 3))
    np.testing.assert_array_equal(x.sum(axis=0).compute(), [9, 12, 15])
    np.testing.assert_array_equal(x.sum(axis=1).compute(), [3, 12, 21])
    np.testing.assert_array_equal((x[1:] + 1).compute()[0], [4, 5, 6])
    np.testing.assert_array_equal((x[:-1] + 1).compute()[0], [1, 2, 3])
    assert len(plans) == 4


def test_counts_that_a_rule_worked_out_belong_to_the_shape(plans):
    assert la.full((4,), 2.5).sum().compute() == 10.0
    assert la.full((4,), 3.5).sum().compute() == 14.0
    assert la.full((6,), 2.5).sum().compute() == 15.0
    assert len(plans) == 2


def test_options_are_part_of_the_key(plans):
    x = array(1.0, 2.0)
    for options in ({}, {"fusion": False}, {"rules": False}, {}):
        with la.config(**options):
            (x * 2.5 + 1.5).compute()
    assert len(plans) == 3


def test_a_root_asked_for_twice_is_not_one_asked_for_once(plans):
    node = (array(1.0, 2.0) * 2.5)._current()
    assert len(evaluate.compute((node,))) == 1
    first, second = evaluate.compute((node, node))
    first[0] = 99.0
    assert second[0] == 2.5
    assert structure((node,))[0] != structure((node, node))[0]


def test_the_order_of_roots_is_part_of_the_structure(plans):
    x = array(1.0, 2.0)
    a, b = x + 1.5, x * 1.5
    np.testing.assert_array_equal(la.compute(a, b)[0], [2.5, 3.5])
    np.testing.assert_array_equal(la.compute(b, a)[0], [1.5, 3.0])
    assert len(plans) == 2


def test_the_cache_forgets_the_oldest(plans):
    with la.config(plan_cache_size=2):
        for n in (2, 3, 4, 4, 2):
            (la.asarray(np.ones(n)) * 2.5).compute()
        assert len(evaluate._cache) == 2
    assert len(plans) == 4


def test_threads_share_plans(plans):
    wrong = []

    def work(k):
        for j in range(20):
            x = array(1.0 + k, 2.0 + j)
            if (x * 2.5).sum().compute() != (3.0 + k + j) * 2.5:
                wrong.append((k, j))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(plans) <= len(threads)


# --- leaves -------------------------------------------------------------------------


def test_computing_an_input_gives_a_copy():
    held = np.arange(3.0)
    x = la.asarray(held)
    for got in (x.compute(), *la.compute(x, x), la.compute(x, x + 1)[0]):
        assert not np.shares_memory(got, held)
        got[0] = 99.0
    assert held[0] == 0.0


def test_computing_a_view_of_an_input_gives_a_copy():
    held = np.arange(6.0)
    for view in (la.asarray(held)[1:], la.asarray(held).reshape(2, 3)):
        assert not np.shares_memory(view.compute(), held)


def test_persisting_what_lies_in_memory_copies_nothing(plans):
    held = np.arange(3.0)
    assert evaluate.persist((la.asarray(held)._current(),))[0] is held
    x = (la.asarray(held) * 2.5).persist()
    again = x.persist()
    assert again._current().value is x._current().value
    assert len(plans) == 1  # of the product


def test_what_was_persisted_is_never_written_to():
    x = (array(1.0, 2.0) * 2.5).persist()
    y = x.persist()
    x[0] = 99.0
    np.testing.assert_array_equal(y.compute(), [2.5, 5.0])
    np.testing.assert_array_equal(x.compute(), [99.0, 5.0])


def test_persisted_scalars_are_scalars():
    assert float(handle.new((array(1.0, 2.0).sum().persist())._current())) == 3.0
