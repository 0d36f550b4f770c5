"""Where plans run, and why: tables over devices that are data."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.plan import work
from lazyarr.plan.cost import UNMEASURED_CPU, estimate, seconds
from lazyarr.plan.model import DeviceProfile
from lazyarr.plan.place import Machine, place
from lazyarr.plan.scratch import tile_of
from lazyarr.plan.work import amounts_of, work_of

from .test_golden_plans import PLANS, both

GPU = DeviceProfile("a GPU", "gpu", 1 << 34, 1e12, 1e13, 5e-6, 1e10, 1e-5)
SIZE = 1000


def made(device="auto", crossover=10_000_000, machine=None, size=SIZE):
    x = la.asarray(np.ones(size))
    plan = la.explain(x * 2 + 1).plan
    return place(plan.stages, plan.values, device, crossover, machine or Machine())


WHERE = {
    "below the crossover": (
        {"crossover": SIZE + 1, "machine": Machine(gpu=GPU)},
        "cpu",
        "the largest stage touches 1,000 elements, fewer than the crossover of 1,001",
    ),
    "at the crossover": (
        {"crossover": SIZE, "machine": Machine(gpu=GPU)},
        "gpu:0",
        "the largest stage touches 1,000 elements, at least the crossover of 1,000",
    ),
    "at the crossover without a GPU": (
        {"crossover": SIZE, "machine": Machine(missing="CuPy is not installed")},
        "cpu",
        "the largest stage touches 1,000 elements, at least the crossover of 1,000, "
        "but CuPy is not installed",
    ),
    "asked for a GPU": ({"device": "gpu"}, "gpu:0", "asked for"),
    "asked for another GPU": ({"device": "gpu:3"}, "gpu:3", "asked for"),
    "asked for the CPU": (
        {"device": "cpu", "crossover": 0, "machine": Machine(gpu=GPU)},
        "cpu",
        "asked for",
    ),
    "resident": (
        {"machine": Machine(gpu=GPU, resident="gpu:1")},
        "gpu:1",
        "its inputs are already there",
    ),
    "resident, but asked for the CPU": (
        {"device": "cpu", "machine": Machine(gpu=GPU, resident="gpu:1")},
        "cpu",
        "asked for",
    ),
}


@pytest.mark.parametrize("name", WHERE)
def test_where_and_why(name):
    given, device, reason = WHERE[name]
    found = made(**given)
    assert (found.device, found.reason) == (device, reason)
    assert {s.device for s in found.stages} == {device}


def test_arithmetic_on_scalars_stays_on_the_host():
    x = la.asarray(np.ones(SIZE)) * (la.asarray(np.float64(2.5)) * 2)
    plan = la.explain(x).plan
    placed = place(plan.stages, plan.values, "gpu", 0, Machine(gpu=GPU)).stages
    assert [(s.kind, s.device) for s in placed] == [("scalar", "cpu"), ("map", "gpu:0")]


def test_what_a_library_call_reads_counts_as_touched():
    x = la.asarray(np.ones((1000, 3)))
    plan = la.explain(la.vecdot(x, x, axis=0)).plan
    with la.config(crossover=3000):
        assert la.explain(la.vecdot(x, x, axis=0)).plan.reason.startswith(
            "the largest stage touches 3,000 elements, at least"
        )
    assert plan.device == "cpu"


def test_a_reshape_touches_nothing():
    x = la.asarray(np.ones(SIZE))
    plan = la.explain(x.reshape(10, 100)[0] + 1).plan
    found = place(plan.stages, plan.values, "auto", SIZE, Machine(gpu=GPU))
    assert "touches 100 elements" in found.reason


def test_the_option_decides_for_plans_that_are_made():
    x = la.asarray(np.ones(SIZE)) + 1
    with la.config(crossover=SIZE):
        assert la.explain(x, profile=GPU).plan.device == "gpu:0"
        assert la.explain(x, profile=GPU, device="cpu").plan.device == "cpu"
    with la.config(crossover=SIZE + 1):
        assert la.explain(x, profile=GPU).plan.device == "cpu"


# --- cost ---------------------------------------------------------------------------


def costs(*arrays):
    plan = la.explain(*arrays).plan
    return [estimate(s, plan.values, UNMEASURED_CPU) for s in plan.stages]


def test_estimates_by_hand():
    x, y = la.asarray(np.ones((100, 50))), la.asarray(np.ones(50))
    (map_cost,) = costs((x - y) * 2)
    assert map_cost.bytes_read == 100 * 50 * 8 + 50 * 8 + 8
    assert map_cost.bytes_written == 40_000
    assert map_cost.flops == 2 * 5000
    moved = map_cost.bytes_read + map_cost.bytes_written
    assert map_cost.seconds == pytest.approx(1e-6 + moved / 10e9)

    (fold,) = costs(x.sum(axis=1) * 2)
    assert (fold.bytes_read, fold.bytes_written) == (40_000 + 8, 800)
    assert fold.flops == 5000 + 100

    (part,) = costs(x[::2, :10] + 1)
    assert (part.bytes_read, part.bytes_written) == (50 * 10 * 8 + 8, 4000)

    (stretched,) = costs(la.broadcast_to(y, (100, 50)) + 1)
    assert stretched.bytes_read == 400 + 8


def test_an_update_in_place_writes_its_region_only():
    x = la.asarray(np.ones((100, 50)))
    z = x * 2
    z[10:] = 3.0
    first, second = costs(z)
    assert second.bytes_written == 90 * 50 * 8
    x[10:] = 3.0  # of an input, all has to be copied
    (copied,) = costs(x)
    assert copied.bytes_written == 90 * 50 * 8 + 40_000
    assert copied.bytes_read == 40_000 + 8
    assert first.bytes_read == 40_000 + 8


def test_a_machine_that_nobody_measured_takes_what_the_whole_model_says():
    # Its times follow from amounts alone: how stages are done is not worked out for it.
    for name in PLANS:
        plan = la.explain(*both(name)[0], device="cpu").plan
        for stage in plan.stages:
            told = estimate(stage, plan.values, UNMEASURED_CPU)
            whole = work_of(stage, plan.values)
            moved = (whole.bytes_read, whole.bytes_written, whole.flops)
            assert told[:3] == moved, name
            assert told.seconds == seconds(whole, UNMEASURED_CPU), name
            assert amounts_of(stage, plan.values)[:6] == whole[:6], name


def test_planning_for_a_machine_that_nobody_measured_lays_out_no_tiles(monkeypatch):
    asked = []

    def noted(*rest):
        asked.append(rest)
        return tile_of(*rest)

    monkeypatch.setattr(work, "tile_of", noted)
    x = la.asarray(np.ones(200_000))
    rows = la.reshape(x, (-1, 100))
    for device in ("cpu", "auto"):
        la.compute(la.sin(x) * 2 + x, rows - rows.mean(axis=1)[:, None], device=device)
        assert not asked
    measured = UNMEASURED_CPU._replace(measured=True)
    plan = la.explain(la.sin(x) * 3).plan
    estimate(plan.stages[0], plan.values, measured)
    assert asked


def test_launches_are_counted_on_gpus_only():
    x = la.asarray(np.ones(SIZE))
    y = la.ones(SIZE) * 2.5
    assert la.explain(x + 1, device="cpu").plan.launches == 0
    with la.config(crossover=1):
        assert la.explain(x + 1, y, profile=GPU).plan.launches == 2
