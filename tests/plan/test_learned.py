"""What runs teach: bounded, in the right direction, to the truth, and without swinging."""

from __future__ import annotations

from math import isclose, log
from types import MappingProxyType

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.plan.cost import seconds
from lazyarr.plan.learned import (
    BOUND,
    MARGIN,
    OUTLIER,
    OWN,
    OWN_LEAST,
    PACE,
    PACE_BOUND,
    Correction,
    chosen,
    correction_of,
    learned,
)
from lazyarr.plan.mix import Route
from lazyarr.plan.place import Asked, by_cost
from lazyarr.plan.predict import Task, on_cpu, on_gpu
from lazyarr.plan.profile import bare, from_record, to_record
from lazyarr.plan.work import Work

times = st.floats(1e-9, 1e3)
stages = st.dictionaries(
    st.sampled_from([f"cpu/{c}#{k}" for c in ("map#p", "map#q", "sort") for k in "ab"]),
    times,
    min_size=1,
)
A, B = "cpu/map#a", "cpu/map#b"


def after(runs, predicted=None):
    known = {}
    for measured in runs:
        known |= learned(known, predicted or {A: 1.0}, measured)
    return known


def factor(known, key=A):
    return correction_of(known, key).factor


class Moving(dict):
    """Corrections of which another thread takes one away after each look."""

    def __contains__(self, key):
        found = super().__contains__(key)
        self.pop(key, None)
        return found


def test_a_correction_that_another_thread_moves_is_none():
    known = Moving(after([2.0]))
    assert factor(known) == factor(dict(known)) > 1.0


@given(st.lists(st.tuples(stages, times), max_size=60))
def test_every_factor_is_bounded_and_counts_its_runs(runs):
    known = {}
    for predicted, measured in runs:
        known |= learned(known, predicted, measured)
    met = {key for predicted, _ in runs for key in predicted}
    for key, (value, count) in known.items():
        bound = BOUND if "/" in key else PACE_BOUND
        assert 1 / bound * 0.999 <= value <= bound * 1.001
        if key in met:
            assert count == sum(key in predicted for predicted, _ in runs)
        elif "/" in key:
            assert count == sum(one.startswith(key + OWN) for one in met)
        else:
            assert count == len(runs)


@given(stages, times, st.floats(1.0, 10.0))
def test_a_longer_run_never_lowers_a_factor_more(predicted, measured, times_longer):
    short = learned({}, predicted, measured)
    long = learned({}, predicted, measured * times_longer)
    assert all(factor(short, k) <= factor(long, k) * (1 + 1e-12) for k in predicted)


@given(st.floats(0.21, 4.8))
def test_it_stays_with_the_true_ratio_once_it_met_a_stage(ratio):
    known = {}
    for k in range(200):
        known |= learned(known, {A: 1.0}, ratio)
        # An error counts as so much at most.
        usual = 1 / OUTLIER <= ratio <= OUTLIER
        assert k < (0 if usual else 14) or isclose(factor(known), ratio, rel_tol=0.1)
    assert isclose(factor(known), ratio, rel_tol=0.01)
    assert isclose(known[A].factor, ratio, rel_tol=0.1)  # lasting, not the hour's pace


@given(stages, st.floats(0.1, 10.0))
def test_the_corrected_time_of_a_plan_nears_what_was_measured(predicted, ratio):
    measured = ratio * sum(predicted.values())
    known = learned({}, predicted, measured)
    told = sum(s * factor(known, k) for k, s in predicted.items())
    before = abs(log(ratio))
    assert abs(log(measured / told)) <= before * (1 + 1e-9) + 1e-9


def test_the_first_run_counts_in_full_and_later_ones_as_a_mean():
    assert isclose(factor(after([1.5])), 1.5)
    # Of what the pace leaves, two thirds and a half; what comes now and then, a 16th.
    two = after([1.5, 1.0])
    assert 1.1 < two[A].factor < factor(after([1.5])) < 1.6
    long = after([1.0] * 50)
    moved = learned(long, {A: 1.0}, 2.0)
    assert isclose(
        log(moved[A].factor), OWN_LEAST * (1 - PACE) * log(OUTLIER), rel_tol=1e-6
    )


def test_what_is_far_off_counts_as_an_outlier():
    assert isclose(factor(after([1e6])), OUTLIER)
    usual = after([1.0] * 20)
    assert factor(usual | learned(usual, {A: 1.0}, 1e6)) < 1.3


def test_alternating_noise_does_not_swing():
    factors = []
    known = {}
    for k in range(400):
        known |= learned(known, {A: 1.0}, 1.2 if k % 2 else 1 / 1.2)
        factors.append(factor(known))
    assert max(factors[10:]) / min(factors[10:]) < MARGIN
    assert all(chosen(False, f, 1.0) is False for f in factors[1:])


def test_a_class_is_the_mean_of_its_stages():
    known = {}
    for k in range(40):
        known |= learned(known, {f"cpu/map#{k}": 1.0}, 2.0)
    assert isclose(factor(known, "cpu/map#new"), 2.0, rel_tol=0.02)
    group = known["cpu/map"]
    assert group.runs == 40
    for _ in range(500):
        known |= learned(known, {A: 1.0}, 1e6)
    assert known[A].factor <= BOUND * 1.001
    # One stage alone speaks for its class once, wherever it goes.
    assert known["cpu/map"].runs == 41
    assert known["cpu/map"].factor < group.factor * 1.1


def test_a_disturbed_first_run_is_forgotten_by_all_that_heard_of_it():
    known = after([1e6])
    assert factor(known, B) > 1.1
    for _ in range(30):
        known |= learned(known, {A: 1.0}, 1.0)
    assert isclose(factor(known, A), 1.0, rel_tol=0.05)
    assert isclose(factor(known, B), 1.0, rel_tol=0.05)


def test_stages_of_the_same_operations_know_more_of_one_another():
    known = {}
    for k in range(8):
        known |= learned(known, {f"cpu/map#p#{k}": 1.0}, 2.0)
        known |= learned(known, {f"cpu/map#q#{k}": 1.0}, 1.0)
    alike, other, new = (
        factor(known, f"cpu/map#{k}#new") / known["cpu"].factor for k in "pqr"
    )
    assert 1.7 < alike < 2.05
    assert 0.9 < other < 1.1
    assert 1.25 < new < 1.5  # their class, which is between them


def test_one_stage_says_little_about_others():
    known = after([2.0])
    assert 1.0 < factor(known, B) < 1.4
    assert factor(known, "gpu/map#a") == 1.0
    assert A not in learned(known, {B: 1.0}, 1.0)


def test_a_slow_hour_is_met_by_all_that_was_met_before():
    keys = [f"cpu/map#{k}" for k in range(20)]
    known = {}
    for _ in range(5):
        for key in keys:
            known |= learned(known, {key: 1.0}, 1.0)
    for key in keys[:10]:
        known |= learned(known, {key: 1.0}, 1.6)
    assert factor(known, keys[-1]) > 1.2
    for _ in range(3):
        for key in keys:
            known |= learned(known, {key: 1.0}, 1.0)
    assert all(isclose(factor(known, key), 1.0, rel_tol=0.1) for key in keys)


def test_stages_of_a_plan_learn_by_their_share():
    long, short = "cpu/map#1", "cpu/sort#2"
    known = learned({}, {long: 9.0, short: 1.0}, 15.0)
    assert factor(known, long) > factor(known, short) > 1.0
    assert learned(known, {}, 1.0) == {}
    assert learned(known, {A: 0.0}, 1.0) == {}
    assert learned(known, {A: 1.0}, float("inf")) == {}


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
    return HOST._replace(
        cpu=HOST.cpu._replace(learned=view),
        gpu=HOST.gpu._replace(learned=view),
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
