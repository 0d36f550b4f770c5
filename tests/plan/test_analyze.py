"""``explain(analyze=True)``: all of the time is accounted for, in every form."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import lazyarr as la
from lazyarr.plan.explanation import Explanation
from lazyarr.plan.model import Estimate, Plan, Stage
from lazyarr.plan.trace import Trace

X = np.random.default_rng(0).random((300, 200))


def analyzed(**options):
    x = la.asarray(X)
    e = la.exp(x - la.max(x, axis=1, keepdims=True))
    with la.config(small_path=False, **options):
        return la.explain(e / la.sum(e, axis=1, keepdims=True) @ x.T, analyze=True)


@pytest.mark.parametrize("options", [{}, {"tile_elements": 64}, {"fusion": False}])
def test_stages_and_phases_add_up_to_the_wall_time(options):
    record = analyzed(**options).to_dict()
    phases = record["phases"]
    assert set(phases) == {"build", "plan", "prepare", "compile", "copy", "idle"}
    assert all(seconds >= 0 for seconds in phases.values())
    total = record["measured_s"] + sum(phases.values())
    assert record["wall_s"] == pytest.approx(total, rel=1e-9)
    assert all(stage["measured_s"] > 0 for stage in record["stages"])
    assert all(stage["limit_share"] > 0 for stage in record["stages"])


def test_the_timeline_has_a_bar_for_every_stage_in_order():
    explained = analyzed()
    spans = explained.to_dict()["spans"]
    assert [label for label, _, _ in spans] == [
        f"stage {stage.id}" for stage in explained.plan.stages
    ]
    for (_, start, seconds), (_, after, _) in itertools.pairwise(spans):
        assert start + seconds <= after
    page = explained._repr_html_()
    assert "timeline" in page
    assert page.count("<rect") >= 2 * len(spans)


def test_a_plan_in_windows_can_be_analyzed():
    x = la.asarray(X)
    with la.config(fusion=False, memory_limit=100_000):
        explained = la.explain((x * 2 + x).sum(), analyze=True)
    assert explained.plan.passes
    record = explained.to_dict()
    assert record["passes"][0]["windows"] > 1
    assert all(stage["measured_s"] > 0 for stage in record["stages"])
    assert "windows of" in str(explained)


def test_nothing_is_measured_that_was_not_run():
    record = la.explain(la.asarray(X) * 2).to_dict()
    assert record["spans"] == []
    assert record["stages"][0]["limit_share"] is None


def test_the_text_has_all_of_a_stages_times_and_parts_no_number_from_its_unit():
    stage = Stage(0, "map", (9,), (), (), (), ())
    guess = Estimate(72, 72, 9, 0.0126, "map", 2.65, 973)
    plan = Plan(
        (stage._replace(estimate=guess),), (), (), "cpu", "", 9, (), {}, {}, 0, (), {}
    )
    phases = {"build": 5.2e-6, "plan": 3.3e-3, "prepare": 4e-4, "compile": 0.0}
    phases |= {"copy": 1e-3, "idle": 5.9e-5}
    text = str(Explanation(plan, Trace({0: 0.0162}, 0.0199, phases)))
    assert "78% of the predicted rate" in " ".join(text.split())
    assert "…" not in text
    assert "build 5.2 µs + plan 3.3 ms + prepare 400 µs + copy 1 ms" in " ".join(
        text.split()
    )
    assert "compile" not in text
    assert max(map(len, text.splitlines())) <= 100
    assert not [x for x in text.splitlines() if x.split()[:1] in (["ms"], ["µs"])]
