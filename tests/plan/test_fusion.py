"""What runs together and what does not, and the reasons that plans give."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.errors import InternalError
from lazyarr.ir.view import identity
from lazyarr.ops import OPS
from lazyarr.plan.model import LOOP, Input, Instr, Output, Stage
from lazyarr.plan.order import run_order

F64 = np.dtype("f8")


def array(*shape):
    return la.asarray(np.arange(float(np.prod(shape))).reshape(shape) + 1)


def plan(*arrays, **options):
    with la.config(**options):
        return la.explain(*arrays).to_dict()


def kinds(*arrays, **options):
    return [stage["kind"] for stage in plan(*arrays, **options)["stages"]]


def reasons(*arrays, **options):
    return [stage["reason"] for stage in plan(*arrays, **options)["stages"]]


def same(lazies, eagers):
    for got, want in zip(la.compute(*lazies), eagers, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13)


def test_two_folds_of_joined_maps_over_different_axes_stay_apart():
    x, y = array(3, 4), array(3, 4)
    p, q = x * 2, y * 3
    lazies = (p.sum(axis=0), q.sum(axis=1), p + q)
    a, b = np.asarray(x) * 2, np.asarray(y) * 3
    same(lazies, (a.sum(axis=0), b.sum(axis=1), a + b))
    assert {tuple(s["axes"]) for s in plan(*lazies)["stages"]} == {(0,), (1,)}


def test_readers_of_one_array_with_the_same_axes_share_a_pass():
    x = array(3, 4)
    folds = (x.sum(axis=0), x.max(axis=1), x.min(axis=1), x.prod(axis=0), x + 1)
    stages = plan(*folds)["stages"]
    assert sorted((s["axes"], sorted(s["ops"])) for s in stages) == [
        ([0], ["add", "prod", "sum"]),
        ([1], ["max", "min"]),
    ]


def test_a_chain_of_folds_is_as_many_stages():
    x = array(3, 4, 5)
    y = (x.sum(axis=2) * 2).max(axis=1)
    assert kinds(y) == ["reduce", "reduce"]
    assert reasons(y)[0].startswith("sum must end before multiply starts")
    same((y,), ((np.asarray(x).sum(axis=2) * 2).max(axis=1),))


def test_cosine_similarity_is_one_pass():
    x, y = array(50), array(50)
    z = (x * y).sum() / la.sqrt((x * x).sum() * (y * y).sum())
    assert kinds(z) == ["reduce"]


def test_an_epilogue_may_read_other_arrays():
    x, bias = array(3, 4), array(3)
    assert kinds(la.exp(x.sum(axis=1) + bias)) == ["reduce"]


def test_a_diamond_around_a_reduction_does_not_close_a_circle():
    x = array(40_000)
    e = la.exp(x / 40_000)
    total = e.sum()
    z = la.sqrt(e) / total + total
    assert kinds(z) == ["reduce", "map"]
    stage = plan(z)["stages"][0]
    assert stage["reason"].startswith(
        "sum must end before divide starts: rows of 40,000"
    )
    eager = np.exp(np.asarray(x) / 40_000)
    same((z,), (np.sqrt(eager) / eager.sum() + eager.sum(),))


def test_cheap_maps_are_repeated_and_costly_ones_stored():
    x = array(2, 40_000)

    def stored(y):
        found = plan((y - y.mean()) / y.std())
        return found["values"], found["decisions"]

    values, decisions = stored(x * 2 + 1)
    assert not [v for v in values if v["role"] == "temporary" and v["shape"]]
    assert [d["choice"] for d in decisions if d["choice"] == "repeats"] == ["repeats"]
    values, decisions = stored(la.exp(x))
    assert [v["shape"] for v in values if v["role"] == "temporary" and v["shape"]]
    assert not [d for d in decisions if d["choice"] == "repeats"]


def test_what_must_be_stored_anyway_is_not_repeated():
    x = array(2, 40_000)
    y = x * 2
    assert "repeats" not in str(plan(y, (y - y.mean()) / y.std())["decisions"])


def test_a_map_of_two_leaves_is_not_repeated_for_it_would_read_more():
    x, z = array(2, 40_000), array(2, 40_000)
    y = x * z
    assert "repeats" not in str(plan((y - y.mean()) / y.std())["decisions"])


def test_long_chains_are_cut_where_the_option_says():
    x = array(3)
    for _ in range(25):
        x = x * 2.0
    found = plan(x, max_ops_per_kernel=10)["stages"]
    assert [len(s["ops"]) for s in found] == [10, 10, 5]
    assert found[0]["reason"] == "cut after 10 operations, the most of one kernel"


def test_stages_with_many_arrays_are_cut_at_a_kernels_arguments():
    leaves = [array(2, 3, 4) for _ in range(300)]
    total = leaves[0]
    for leaf in leaves[1:]:
        total = total + leaf
    stages = plan(total)["stages"]
    for stage in stages:
        arrays = {*stage["inputs"], *stage["outputs"]}
        assert len(arrays) * 8 * 4 <= 3584
    assert "fill a kernel's arguments" in stages[0]["reason"]
    same((total,), (sum(np.asarray(leaf) for leaf in leaves),))


def test_without_fusion_every_operation_is_a_stage():
    x = array(3, 4)
    y = la.sqrt((x * 2 + x).sum(axis=0))
    assert kinds(y) == ["reduce"]
    assert kinds(y, fusion=False) == ["map", "map", "reduce", "map"]
    assert "fusion is switched off" in reasons(y, fusion=False)[0]


def test_scalars_are_worked_out_on_the_host():
    x = array(3)
    a = la.asarray(np.float64(2.5))
    found = plan(x * (a * a + 3))
    assert [s["kind"] for s in found["stages"]] == ["scalar", "map"]
    assert found["stages"][0]["reason"] == "arithmetic on scalars, on the host"
    assert found["peak_bytes"] == 24  # the result alone


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda x: la.ones(3), "source"),
        (lambda x: la.arange(3) * 2, "source"),
        (lambda x: x + 1, "map"),
        (lambda x: x.copy(), "map"),
        (lambda x: x.sum(), "reduce"),
        (lambda x: x - x.mean(), "rowwise"),
        (lambda x: x @ x, "library"),
        (lambda x: la.asarray(np.float64(3)) + 1, "scalar"),
    ],
)
def test_kinds(make, kind):
    assert kinds(make(array(3)))[-1] == kind


def standardised(x, module):
    return (x - module.mean(x, axis=0)) / module.std(x, axis=0)


@pytest.mark.parametrize(
    ("rows", "expected"), [(30, ["rowwise"]), (3000, ["reduce", "map"])]
)
def test_long_rows_across_memory_are_folded_first_on_a_cpu(rows, expected):
    x = np.random.default_rng(1).random((rows, 70))
    lazy = standardised(la.asarray(x), la)
    found = plan(lazy, device="cpu", small_bytes=0)["stages"]
    assert [s["kind"] for s in found] == expected
    np.testing.assert_allclose(
        lazy.compute(device="cpu"), standardised(x, np), 0, 1e-12
    )


def test_a_plan_says_why_rows_across_memory_are_not_kept():
    x = la.asarray(np.ones((3000, 70)))
    first, _ = plan(standardised(x, la), device="cpu")["stages"]
    assert "rows of 3,000 across memory are too long for a tile" in first["reason"]


def test_a_gpu_keeps_rows_across_memory_in_one_stage():
    x = la.asarray(np.ones((3000, 70)))
    made = la.explain(standardised(x, la), profile=la.profiles.h200(), device="gpu")
    assert [s.kind for s in made.plan.stages] == ["rowwise"]


def test_rows_along_memory_stay_in_one_stage():
    x = la.asarray(np.ones((70, 3000)))
    lazy = x - x.mean(axis=1, keepdims=True)
    assert [s["kind"] for s in plan(lazy, device="cpu")["stages"]] == ["rowwise"]


# --- updates --------------------------------------------------------------------------


def test_an_update_is_in_place_when_nobody_else_needs_the_base():
    x = array(4, 5)
    y = x * 2
    y[1:] = y[1:] + 1
    found = plan(y)["stages"]
    assert [s["kind"] for s in found] == ["map", "map"]
    assert "in-place" in found[1]["lines"][-1]["text"]
    assert found[1]["bytes_written"] == 3 * 5 * 8


def test_an_update_copies_what_is_needed_later():
    x = array(4, 5)
    y = x * 2
    before = y + 0.0
    old = la.exp(y)
    y[1:] = 7.0
    found = plan(y, old, before)["stages"]
    eager = np.asarray(x) * 2
    after = eager.copy()
    after[1:] = 7
    same((y, old, before), (after, np.exp(eager), eager))
    assert len(found) >= 2


def test_an_input_is_never_written_to():
    held = np.ones((3, 4))
    x = la.asarray(held)
    x[1] = 5.0
    assert "in-place" not in str(la.explain(x))
    assert x.compute()[1, 0] == 5.0
    assert held[1, 0] == 1.0


@pytest.mark.parametrize("step", [1, 2, -1])
def test_overlapping_regions_read_before_they_write(step):
    eager = np.arange(12.0)
    lazy = la.asarray(eager) * 2
    eager = eager * 2
    eager[1::step] = eager[1::step][::-1] * 3
    lazy[1::step] = lazy[1::step][::-1] * 3
    eager[1:] = eager[:-1]
    lazy[1:] = lazy[:-1]
    np.testing.assert_array_equal(lazy.compute(), eager)
    with la.config(rules=False, fusion=False):
        np.testing.assert_array_equal(lazy.compute(), eager)


def test_row_writes_are_in_place_one_after_another():
    x = array(6, 4)
    z = la.zeros((6, 4))
    for k in range(6):
        z[k] = x[k] * (k + 2)
    found = plan(z)["stages"]
    assert len(found) == 7
    assert all("in-place" in s["lines"][-1]["text"] for s in found[1:])
    np.testing.assert_array_equal(z.compute(), np.asarray(x) * np.arange(2, 8)[:, None])


@pytest.mark.parametrize(
    "base",
    [
        lambda: la.zeros((3, 4)),
        lambda: la.asarray(np.ones((4, 3))).T,
        lambda: la.reshape(la.arange(12), (3, 4)) * 1.0,
        lambda: la.broadcast_to(la.asarray(np.ones(4)), (3, 4)).copy(),
        lambda: la.asarray(np.ones((3, 4)))[::-1].copy(),
        lambda: la.reshape(la.asarray(np.ones(12)), (3, 4)).copy(),
    ],
)
def test_a_base_that_is_only_a_view_is_written_to_as_a_copy(base):
    z = base()
    want = np.array(z)
    z[1:, 2] = 9.0
    want[1:, 2] = 9.0
    np.testing.assert_array_equal(z.compute(), want)
    with la.config(rules=False, fusion=False):
        np.testing.assert_array_equal(z.compute(), want)


def test_ramps_become_arrays_where_they_must():
    z = la.arange(6)
    z[1:3] = 9
    got = la.compute(z, la.reshape(la.arange(6), (2, 3)), la.arange(3) @ la.arange(3))
    np.testing.assert_array_equal(got[0], [0, 9, 9, 3, 4, 5])
    np.testing.assert_array_equal(got[1], [[0, 1, 2], [3, 4, 5]])
    assert got[2] == 5


def test_what_is_written_into_regions_is_computed_there():
    x = array(4)
    z = la.zeros((2, 4))
    z[0] = x * 2
    z[1] = x * 3  # reads the same elements, but a pass of both would store them first
    found = plan(z)["stages"]
    assert [s["ops"] for s in found] == [["copy"], ["multiply"], ["multiply"]]
    same((z,), (np.stack([np.asarray(x) * 2, np.asarray(x) * 3]),))


# --- order ------------------------------------------------------------------------------


def test_stages_that_wait_for_one_another_are_found_out():
    def stage(read, written):
        entry = Input(read, identity((3,)), LOOP)
        body = (Instr(OPS["exp"], (0,), F64, LOOP),)
        return Stage(0, "map", (3,), (), (entry,), body, (Output(1, written),))

    assert run_order([stage(1, 2), stage(0, 1)], [0, 1]) == [1, 0]
    with pytest.raises(InternalError, match="wait for one another"):
        run_order([stage(1, 2), stage(2, 1)], [0, 1])


def test_a_stage_that_repeats_a_node_loads_a_view_of_it():
    """What is repeated is the element at hand; its view shows another one."""
    x = np.linspace(-2.0, 3.0, 24)

    def run(a):
        double = a + a
        triple = double + a
        both = triple + a
        return both + double[::-1] + a + a, both + a

    with la.config(small_bytes=0):
        lazy = run(la.asarray(x))
        plan = la.explain(*lazy, device="cpu").plan
        results = la.compute(*lazy, device="cpu")
    assert any("repeats" in decision.choice for decision in plan.decisions)
    for result, expected in zip(results, run(x), strict=True):
        np.testing.assert_array_equal(result, expected)
