"""Deep and wide graphs: no recursion, and work in proportion to the graph."""

from __future__ import annotations

import gc
import pickle

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.ir.node import topological
from tests.counting import calls


def chain(length):
    x = la.asarray(np.ones(10))
    for _ in range(length // 2):
        x = x * 2.5
        x = x - 1.5
    return x


def planning(x):
    return lambda: evaluate.plan_of((x._current(),))


def test_planning_is_linear_in_depth():
    short, long = (calls(planning(chain(n))) for n in (4_000, 16_000))
    assert long < 4.2 * short
    assert long < 100 * 16_000


def alternating(length):
    """Return a chain with reductions, views and updates in it."""
    x = la.asarray(np.ones((4, 4)))
    for k in range(length // 4):
        x = x - x.max(axis=k % 2, keepdims=True)
        x = x[::-1] * 1.5
        x[k % 4] = 2.5
    return x


def fans(width):
    """Return sums of many arrays, many uses of one, and many pieces put together."""
    y = la.asarray(np.ones(4)) * 2.5
    leaves = [la.asarray(np.ones(4)) for _ in range(width)]
    pieces = la.concat([leaf * 1.5 for leaf in leaves])
    total = leaves[0]
    for k, leaf in enumerate(leaves):
        total = total + leaf * y + float(k)
    z = la.zeros((width, 4))
    for k, leaf in enumerate(leaves):
        z[k] = leaf * 2.5
    return pieces.sum() + total.sum() + z.max()


def in_passes(length):
    """Return the planning of windows: one pass of all stages, or a pass of each."""
    x = y = la.asarray(np.ones((4_000, 16)))
    for k in range(length):
        x = la.exp(x * 2.5)
        y = la.sort(y, axis=0) * float(k)

    def work():
        with la.config(fusion=False, memory_limit="900KiB"):
            assert len(x.explain().plan.passes[0].stages) == 2 * length
            y.explain()

    return work


def test_planning_windows_is_linear():
    short, long = (calls(in_passes(n)) for n in (50, 200))
    assert long < 4.4 * short


@pytest.mark.parametrize("make", [alternating, fans])
def test_planning_is_linear_in_reductions_and_in_width(make):
    small, large = (calls(planning(make(n))) for n in (500, 2_000))
    assert large < 4.6 * small


def test_a_long_body_is_split_for_a_gpu_without_recursion():
    x = y = la.asarray(np.ones((64, 1000)))
    for _ in range(600):
        y = y * 1.5 - 0.25
    with la.config(max_ops_per_kernel=2_000):
        rows = y / y.sum(axis=1, keepdims=True)
        h200 = la.profiles.h200()
        told = rows.explain(profile=h200, device="gpu", kernels=True)
    assert [stage.kind for stage in told.plan.stages] == ["rowwise"]
    (text,) = told.kernels.values()
    assert text.count("__global__") == 2
    assert x.shape == rows.shape


@pytest.mark.slow
def test_thirty_thousand_operations():
    x = chain(30_000)
    plan = evaluate.plan_of((x._current(),))
    assert sum(len(s.body) for s in plan.stages) == 30_000
    assert len(plan.stages) == -(-30_000 // 240)
    assert plan.peak_bytes == 160
    assert len(str(la.explain(x)).splitlines()) < 100
    with np.errstate(over="ignore"):
        want = np.ones(10)
        for _ in range(15_000):
            want = want * 2.5 - 1.5
    np.testing.assert_array_equal(x.compute(), want)


@pytest.mark.slow
def test_three_thousand_leaves():
    leaves = [la.asarray(np.full(4, float(k))) for k in range(3_000)]
    joined = la.concat([leaf * 1.5 for leaf in leaves])
    assert float(joined.sum()) == 4 * 1.5 * sum(range(3_000))
    roots = [leaf + 0.5 for leaf in leaves]
    results = la.compute(*roots)
    assert [float(r[0]) for r in results] == [k + 0.5 for k in range(3_000)]


class Bare:
    """A node of which nothing matters but its operands."""

    def __init__(self, args):
        self.args = args


class Watched(tuple):
    """Operands that count how many of them are looked at."""

    __slots__ = ()
    looks = 0

    def __iter__(self):
        for one in super().__iter__():
            Watched.looks += 1
            yield one


def test_each_of_many_operands_is_looked_at_once(monkeypatch):
    monkeypatch.setattr(Watched, "looks", 0)
    pieces = [Bare((Bare(()),)) for _ in range(1_000)]
    joined = Bare(Watched(pieces))
    assert topological([joined])[-1] is joined
    assert Watched.looks == 1_000


@pytest.mark.parametrize("count", [*range(1, 16), 40, 300])
def test_any_number_of_pieces_is_joined(count):
    leaves = [la.asarray(np.full(2, float(k))) for k in range(count)]
    joined = la.concat([leaf * 1.5 for leaf in leaves])
    np.testing.assert_array_equal(joined.compute()[::2], np.arange(count) * 1.5)


def test_deep_graphs_are_freed_without_recursion():
    x = chain(200_000)
    del x
    gc.collect()
    x = alternating(20_000)
    del x
    gc.collect()


def test_deep_graphs_are_pickled_and_explained():
    x = chain(20_000)
    again = pickle.loads(pickle.dumps(x))
    assert "left out" in str(la.explain(x))  # first: what was computed may be kept
    np.testing.assert_array_equal(again.compute(), x.compute())


def test_deep_graphs_with_views_are_pickled():
    x = alternating(2_000)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(x)).compute(), x.compute())
