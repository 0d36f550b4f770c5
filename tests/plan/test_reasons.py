"""Nothing is decided without a reason, and every reason is printed in every form."""

from __future__ import annotations

import html

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate
from lazyarr.plan.cost import UNMEASURED_GPU
from lazyarr.plan.crossing import Part, crossed, parts
from lazyarr.plan.explanation import Explanation
from lazyarr.plan.memory import allocate
from lazyarr.runtime import cupy_backend, numpy_backend
from lazyarr.runtime.mixed import MixedPlan
from lazyarr.testing import assert_same_bits

from .test_golden_plans import PLANS, both
from .test_random_graphs import LEAVES, check_well_formed, programs, run

PROFILES = (None, la.profiles.h200(), UNMEASURED_GPU)


def check_reasons(plan):
    """Assert that every choice says why, and that all forms of the plan say it."""
    explained = Explanation.of(plan, [None] * 1000)
    text, page, record = explained.text(), explained._repr_html_(), explained.to_dict()
    assert plan.reason
    reasons = [plan.reason]
    reasons += [stage.reason for stage in plan.stages]
    reasons += [copy.reason for copy in plan.copies]
    assert all(reasons), [stage for stage in plan.stages if not stage.reason]
    assert all(decision.reason for decision in plan.decisions)
    flat = " ".join(text.split())
    for reason in reasons:
        assert " ".join(reason.split()) in flat
        assert html.escape(reason) in page
    told = [record["reason"]]
    told += [stage["reason"] for stage in record["stages"]]
    told += [copy["reason"] for copy in record["copies"]]
    assert told == reasons


@pytest.mark.parametrize("device", ["auto", "cpu", "gpu"])
@pytest.mark.parametrize("name", PLANS)
def test_every_choice_of_the_golden_plans_has_a_reason(name, device):
    lazy, _ = both(name)
    for profile in PROFILES if device != "gpu" else PROFILES[1:]:
        plan = la.explain(*lazy, profile=profile, device=device).plan
        check_reasons(plan)
        inputs = {v.id for v in plan.values if v.role == "input"}
        if plan.device != "cpu" and not plan.is_mixed:
            assert {n for c in plan.copies[:-1] for n in c.values} == inputs


@settings(max_examples=60, deadline=None)
@given(programs(), st.booleans())
def test_every_choice_of_random_graphs_has_a_reason(program, fusion):
    arrays = run(la, program, [la.asarray(leaf) for leaf in LEAVES])
    lazies = [x for x in arrays if la.is_lazy(x)]
    with la.config(fusion=fusion):
        for profile in PROFILES:
            for device in ("cpu", "gpu") if profile is not None else ("cpu",):
                check_reasons(la.explain(*lazies, profile=profile, device=device).plan)


# --- random graphs, cut anywhere ------------------------------------------------------


def split(plan, there, keep):
    """Return a plan of the CPU with some stages on a GPU, and what it copies."""
    moved = tuple(
        s._replace(device="gpu:0" if s.id in there else "cpu")
        if s.kind != "scalar"
        else s
        for s in plan.stages
    )
    facts = (moved, plan.values, plan.outputs, keep, UNMEASURED_GPU, {})
    stages, values, outputs, _ = crossed(*facts)
    layout = allocate(stages, values, outputs, plan.owned)
    return plan._replace(
        device="gpu:0",
        stages=layout.stages,
        values=values,
        outputs=outputs,
        buffers=layout.buffers,
        buffer_of=layout.buffer_of,
        last_use=layout.last_use,
    )


class Device(np.ndarray):
    """An array that plays one of a GPU's."""

    __cuda_array_interface__ = None


class KeepingBackend:
    """NumPy in the place of a GPU: it takes and gives that one's arrays only."""

    def __init__(self, plan):
        self.plan = plan
        self.inner = numpy_backend.BACKEND.prepare(plan)

    def run(self, leaves, trace=None, keep=False):
        roles = [v.role for v in sorted(self.plan.values, key=lambda v: v.source)]
        for value in self.plan.values:
            if value.role == "input":
                assert isinstance(leaves[value.source], Device), roles
        near = [np.asarray(x) if isinstance(x, Device) else x for x in leaves]
        results = self.inner.run(near, trace)
        return [np.array(x).view(Device) for x in results] if self.far else results

    far = True


class HostBackend(KeepingBackend):
    far = False

    def run(self, leaves, trace=None):
        assert not any(isinstance(x, Device) for x in leaves)
        return self.inner.run(leaves, trace)


def prepared(plan):
    return (HostBackend if plan.device == "cpu" else KeepingBackend)(plan)


def fetched(array):
    assert isinstance(array, Device)
    return np.array(array)


def sent(array, device, what):
    assert not isinstance(array, Device)
    return np.array(array).view(Device)


def test_an_update_behind_a_cut_spares_what_lies_in_the_same_memory():
    def program(xp):
        x = xp.exp(xp.asarray(np.arange(24.0).reshape(4, 6))) * 2
        y = xp.reshape(x, (24,), copy=True)
        steps = xp.cumulative_sum(y)
        y[3:9] = steps[:6]
        return y, x[::-1] * xp.reshape(y, (4, 6))

    want = program(np)
    with la.config(small_bytes=0):
        roots = tuple(x._current() for x in program(la))
        plan = evaluate.plan_of(roots, "cpu")
        (middle,) = [s.id for s in plan.stages if s.ops == ("cumulative_sum",)]
        plan = split(plan, {middle}, False)
        _, nodes = evaluate.structure(roots)
        found = run_split(plan, [*(n.value for n in nodes), *plan.constants], False)
    for got, expected in zip(found, want, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)


def run_split(plan, values, keep):
    """Run a plan of two devices; NumPy plays the GPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cupy_backend, "fetched", fetched)
        patch.setattr(cupy_backend, "sent", sent)
        home = lambda results, device: [np.asarray(x)[()] for x in results]  # noqa: E731
        patch.setattr(cupy_backend, "at_home", home)
        with np.errstate(all="ignore"):
            return MixedPlan(plan, prepared).run(values, keep=keep)


def with_one_nan(value):
    """Return an array whose NaN are all one: their sign goes by how much NumPy folds.

    `np.min` keeps the sign of one among less than eight numbers, and drops it of more.
    """
    array = np.asarray(value)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), array.dtype.type(np.nan), array)
    return array


@settings(max_examples=150, deadline=None)
@given(programs(), st.data())
def test_a_plan_cut_anywhere_gives_the_same_bits(program, data):
    expected = run(np, program, [leaf.copy() for leaf in LEAVES])
    leaves = [leaf.copy() for leaf in LEAVES]
    lazies = run(la, program, [la.asarray(leaf) for leaf in leaves])
    # Asked once: a view of what was written shows a node of its own each time.
    shown = [x._current() for x in lazies]
    roots = tuple(dict.fromkeys(shown))
    with la.config(fusion=data.draw(st.booleans())):
        plan = evaluate.plan_of(roots, "cpu")
    there = data.draw(st.sets(st.sampled_from(range(len(plan.stages)))))
    keep = data.draw(st.booleans())
    plan = split(plan, there, keep)
    if not plan.is_mixed or plan.devices == ("gpu:0",):
        return
    check_well_formed(plan)
    made = {o.value: s for s in plan.stages for o in s.outputs}
    for stage in plan.stages:
        if stage.kind == "scalar":
            continue
        for value in stage.reads:
            maker = made.get(value)
            if maker is None or maker.kind == "scalar":
                continue
            assert (maker.device == stage.device) is (stage.kind != "copy")
    numbers = [
        number
        for one in parts(plan)
        for number in (one.stages if isinstance(one, Part) else [one.id])
    ]
    scalars = {s.id for s in plan.stages if s.kind == "scalar"}
    assert sorted(n for n in numbers if n not in scalars) == [
        s.id for s in plan.stages if s.id not in scalars
    ]
    _, nodes = evaluate.structure(roots)
    values = [*(node.value for node in nodes), *plan.constants]
    results = run_split(plan, values, keep)
    found = dict(zip(roots, results, strict=True))
    for node, want in zip(shown, expected, strict=True):
        assert_same_bits(with_one_nan(found[node]), with_one_nan(want))
    for leaf, before in zip(leaves, LEAVES, strict=True):
        np.testing.assert_array_equal(leaf, before)
