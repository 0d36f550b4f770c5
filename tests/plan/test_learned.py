"""What runs teach: bounded, in the right direction, to the truth, and without swinging."""

from __future__ import annotations

import dataclasses
from math import exp, isclose, log
from types import MappingProxyType

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.plan.cost import seconds
from lazyarr.plan.learned import (
    BOUND,
    GAIN,
    MARGIN,
    OWN_BOUND,
    Correction,
    chosen,
    learned,
)
from lazyarr.plan.mix import Route
from lazyarr.plan.place import Asked, by_cost
from lazyarr.plan.predict import Task, on_cpu, on_gpu
from lazyarr.plan.profile import bare, faster, from_record, to_record
from lazyarr.plan.work import Work

times = st.floats(1e-9, 1e3)
classes = st.dictionaries(st.sampled_from("abcd"), times, min_size=1)


def after(runs, predicted=None):
    known = {}
    for measured in runs:
        known = learned(known, predicted or {"map": 1.0}, measured)
    return known


@given(st.lists(st.tuples(classes, times), max_size=60))
def test_every_factor_is_bounded_and_counts_its_runs(runs):
    known = {}
    for predicted, measured in runs:
        known = learned(known, predicted, measured)
    for key, (factor, count) in known.items():
        assert 1 / BOUND * 0.999 <= factor <= BOUND * 1.001
        assert count == sum(key in predicted for predicted, _ in runs)


@given(classes, times, st.floats(1.0, 10.0))
def test_a_longer_run_never_lowers_a_factor_more(predicted, measured, times_longer):
    short = learned({}, predicted, measured)
    long = learned({}, predicted, measured * times_longer)
    assert all(short[k].factor <= long[k].factor * (1 + 1e-12) for k in predicted)


@given(st.floats(0.3, 3.0))
def test_it_converges_to_the_true_ratio_from_one_side(ratio):
    known, gap = {}, abs(log(ratio))
    for _ in range(150):
        known = learned(known, {"map": 1.0}, ratio)
        left = abs(log(ratio) - log(known["map"].factor))
        assert left <= gap  # never past it, never back
        gap = left
    bounded = min(max(ratio, 1 / BOUND), BOUND)
    assert isclose(known["map"].factor, bounded, rel_tol=0.01)


def test_one_run_moves_little_even_if_it_is_far_off():
    known = learned({}, {"map": 1.0}, 1e6)
    assert 1.0 < known["map"].factor < 1.1


def test_alternating_noise_does_not_swing():
    factors = []
    known = {}
    for k in range(400):
        known = learned(known, {"map": 1.0}, 2.0 if k % 2 else 0.5)
        factors.append(known["map"].factor)
    assert max(factors[100:]) / min(factors[100:]) < exp(GAIN * 2 * log(2))
    assert 0.95 < factors[-1] < 1.05


def test_a_stage_learns_faster_than_its_class_and_is_bounded():
    known = {}
    for _ in range(12):
        known = learned(known, {"map#a": 1.0}, 2.0)
    group, own = known["map"].factor, known["map#a"].factor
    assert 1.0 < group < own
    assert 1.8 < group * own <= 2.0  # never past it
    for _ in range(500):
        known = learned(known, {"map#a": 1.0}, 1e6)
    assert known["map#a"].factor <= OWN_BOUND * 1.001
    assert known["map"].factor <= BOUND * 1.001
    # What another stage of the class was taught is not this one's.
    other = learned(known, {"map#b": 1.0}, known["map"].factor)
    assert other["map#a"] == known["map#a"]
    assert isclose(other["map#b"].factor, 1.0)


def test_classes_learn_by_their_share():
    known = learned({}, {"map": 9.0, "reduce": 1.0}, 20.0)
    assert known["map"].factor > known["reduce"].factor > 1.0
    assert learned(known, {}, 1.0) == known
    assert learned(known, {"map": 0.0}, 1.0) == known
    assert learned(known, {"map": 1.0}, float("inf")) == known


@given(st.floats(1e-6, 1.0), st.floats(1e-6, 1.0))
def test_small_corrections_change_no_decision(here, there):
    first = there < here
    for a, b in ((1.0, 1.05), (1.05, 1.0), (0.95, 1.05)):
        assert chosen(first, here * a, there * b) == first or not (
            1 / MARGIN < (there * b) / (here * a) < MARGIN
        )
    assert chosen(False, here, there) == (there * MARGIN < here)


# --- in the model -------------------------------------------------------------------------

HOST = la.profiles.h200()
WORK = Work("map", 10**7, 8 * 10**7, 8 * 10**7, calls=1, weight=2, moved=16 * 10**7)


def taught(**factors):
    view = MappingProxyType(
        {k.replace("_", "/"): Correction(f, 37) for k, f in factors.items()}
    )
    return dataclasses.replace(
        HOST,
        cpu=dataclasses.replace(HOST.cpu, learned=view),
        gpu=dataclasses.replace(HOST.gpu, learned=view),
    )


def test_a_correction_multiplies_predictions_of_its_class():
    host = taught(cpu_map=2.0)
    assert isclose(seconds(WORK, host.cpu), 2 * seconds(WORK, HOST.cpu))
    other = WORK._replace(kind="reduce")
    assert seconds(other, host.cpu) == seconds(other, HOST.cpu)
    assert seconds(WORK, host.gpu) == seconds(WORK, HOST.gpu)


def test_the_profile_itself_stays_as_it_was_measured():
    host = taught(cpu_map=2.0, gpu_map=0.5)
    assert host == HOST
    assert to_record(host) == to_record(HOST)
    assert not from_record(to_record(host)).cpu.learned
    assert bare(host).cpu.learned == {}
    assert faster(host.cpu, work=2.0).learned == host.cpu.learned


def test_a_plan_moves_when_the_corrected_model_is_sure():
    task = Task((WORK,), ((2 * 10**7, False),), (10**7,), 2, 10**7)
    route = Route(task, (), whole=True)
    ratio = on_gpu(task, HOST.gpu) / on_cpu(task, HOST)
    assert 0.5 < ratio < 2  # nearly as fast on both sides
    side = by_cost(route, HOST, "gpu:0", Asked())[0]
    # By so much would the other side be predicted to be 5 % faster.
    slight = taught(cpu_map=ratio * (1.05 if side == "cpu" else 1 / 1.05))
    assert by_cost(route, slight, "gpu:0", Asked())[0] == side
    assert by_cost(route, taught(cpu_map=3.0), "gpu:0", Asked())[0] == "gpu:0"
    assert by_cost(route, taught(cpu_map=1 / 3), "gpu:0", Asked())[0] == "cpu"


def test_explain_says_what_was_corrected():
    x = la.asarray(np.broadcast_to(0.5, 10**6))
    plan = la.explain(x + 1, device="cpu", profile=taught(cpu_map=1.123))
    assert "(corrected by x1.12 from 37 runs)" in str(plan)
    (stage,) = plan.to_dict()["stages"]
    assert stage["corrected"] == [1.123, 37]
    assert "corrected" not in str(la.explain(x + 1, device="cpu", profile=HOST))
