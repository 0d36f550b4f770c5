"""From runs to predictions, and from one process to the next."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate, profiles
from lazyarr.plan.learned import Correction, correction_of
from lazyarr.profiles import learning

LARGE = 8_000_000


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path):
    """Calibrate this machine in an empty folder; learn nothing beyond the test."""
    monkeypatch.setattr(profiles, "user_file", lambda: tmp_path / "profile.json")
    learning.forget()
    profiles.found.cache_clear()
    evaluate.clear_cache()
    shipped = la.profiles.h200()
    facts = profiles.cpu_facts()
    host = shipped._replace(name="here", gpu=None, facts=facts)
    profiles.write(host, profiles.user_file())
    yield
    learning.forget()
    profiles.found.cache_clear()
    evaluate.clear_cache()


def lessons():
    return learning.lessons_of(profiles.found("auto"))


def runs(size=LARGE, times=5, **options):
    x = la.asarray(np.ones(size))
    with la.config(profile="auto", **options):
        for _ in range(times):
            (la.exp(x) * 2).compute(device="cpu")


class Clock:
    """Counts how often it was looked at."""

    def __init__(self):
        self.looks = 0

    def perf_counter(self):
        self.looks += 1
        return self.looks * 10.0


def test_runs_correct_their_class_but_not_the_first(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(learning, "time", clock)
    runs(learn=True)
    known = lessons().known
    (own,) = (key for key in known if key.count("#") == 2)
    assert known[own].runs == 4  # of 5: the first one does what is done once
    factor = correction_of(known, own).factor
    assert factor > 2.0  # ten seconds each, by that clock
    with la.config(profile="auto", learn=True):
        x = la.asarray(np.ones(LARGE))
        text = str(la.explain(la.exp(x) * 2, device="cpu"))
        other = str(la.explain(la.sin(x) + 3, device="cpu"))
    assert f"corrected by x{factor:.2f} from 4 runs" in text
    factor = known["cpu/map"].factor * known["cpu"].factor
    assert factor > 1.0
    assert f"corrected by x{factor:.2f} from 1 run)" in other


def test_what_ran_before_is_corrected_further_than_what_is_like_it(monkeypatch):
    monkeypatch.setattr(learning, "time", Clock())
    runs(learn=True)
    x = la.asarray(np.ones(LARGE))
    with la.config(profile="auto", learn=True):
        again = la.explain(la.exp(x) * 2, device="cpu").plan.stages[-1].estimate
        other = la.explain(la.sin(x) + 3, device="cpu").plan.stages[-1].estimate
        shorter = la.explain(la.exp(x[:-9]) * 2, device="cpu").plan.stages[-1].estimate
        short = x[: LARGE // 100]
        small = la.explain(la.exp(short) * 2, device="cpu").plan.stages[-1].estimate
    assert again.factor > shorter.factor > other.factor > 1.0
    assert small.factor == other.factor  # that lies in another cache


def test_stages_that_did_not_run_for_long_are_forgotten_first(monkeypatch):
    monkeypatch.setattr(learning, "_STAGES", 3)
    found = lessons()
    for k in range(20):
        found.observe({f"cpu/map#{k}": 1.0}, 2.0)
        found.observe({"cpu/map#0": 1.0}, 2.0)
    assert found.known["cpu"].runs == 40
    assert found.known["cpu/map"].runs == 20
    assert found.known["cpu/map#0"].runs == 21
    assert 3 <= len(found.known) - 2 <= 6
    assert "cpu/map#19" in found.known


def test_short_runs_cost_no_look_at_a_clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(learning, "time", clock)
    runs(1000, learn=True)
    assert clock.looks == 0
    assert not lessons().known


def test_opting_out_learns_nothing_and_uses_nothing(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(learning, "time", clock)
    before = profiles.user_file().read_bytes()
    runs(learn=False)
    with la.config(profile="auto", learn=False):
        x = la.asarray(np.ones(LARGE))
        (x * 2).explain(device="cpu", analyze=True)
        assert not lessons().known
        lessons().observe({"cpu/map#1": 1.0}, 2.0)
        assert "corrected" not in str((x * 2).explain(device="cpu"))
    assert clock.looks == 0
    assert profiles.user_file().read_bytes() == before


def test_an_analysed_run_teaches_stage_by_stage():
    x = la.asarray(np.ones(LARGE))
    with la.config(profile="auto", learn=True):
        (la.exp(x) - la.sum(x)).explain(device="cpu", analyze=True)
    known = lessons().known
    groups = {key: c.runs for key, c in known.items() if "#" not in key}
    assert groups == {"cpu": 2, "cpu/map": 1, "cpu/reduce": 1}
    own = sorted(key.partition("#")[0] for key in known if key.count("#") == 2)
    assert own == ["cpu/map", "cpu/reduce"]


def test_an_analysed_run_teaches_about_stages_of_some_microseconds():
    x = la.asarray(np.ones(100_000))
    with la.config(profile="auto", learn=True):
        plan = (x * 3).explain(device="cpu", analyze=True).plan
        (la.asarray(np.ones(1000)) * 3).explain(device="cpu", analyze=True)
    (stage,) = plan.stages
    assert learning.LEAST <= stage.estimate.seconds < 50e-6
    assert lessons().known[stage.estimate.key].runs == lessons().known["cpu"].runs == 1


def test_what_was_learned_is_there_in_the_next_process():
    lessons().observe({"cpu/map#1": 1.0}, 2.0)
    learned = dict(lessons().known)
    assert learned.pop("cpu").factor > 1.0  # of this hour, and of this process
    learning.save()
    path = Path(learning.path())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir() if p.name.startswith(".")] == []
    learning.forget()
    assert [*lessons().known] == [*learned] == ["cpu/map", "cpu/map#1"]
    for key, (factor, runs) in learned.items():
        assert lessons().known[key].runs == runs
        assert lessons().known[key].factor == pytest.approx(factor, rel=1e-4)


def test_what_is_written_waits_for_who_learns():
    found = lessons()
    found.observe({"cpu/map#1": 1.0}, 2.0)
    writer = threading.Thread(target=learning.save)
    with found.lock:
        writer.start()
        writer.join(0.05)
        found.known["cpu/map#2"] = Correction(2.0, 1)  # in the middle of `observe`
    writer.join()
    stored = json.loads(Path(learning.path()).read_text())["profiles"]
    assert "cpu/map#2" in stored[found.mark]


def test_another_profile_starts_from_nothing():
    lessons().observe({"cpu/map#1": 1.0}, 2.0)
    learning.save()
    learning.forget()
    host = profiles.read(profiles.user_file())
    other = host._replace(cpu=host.cpu._replace(launch=1.0))
    assert learning.lessons_of(other).known == {}
    learning.lessons_of(other).observe({"cpu/map#1": 1.0}, 3.0)
    learning.save()
    assert len(json.loads(Path(learning.path()).read_text())["profiles"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format": 2}',
        '{"format": 2, "profiles": {"x": {"cpu/map": [99, 1]}}}',
        '{"format": 2, "profiles": {"x": {"cpu/map": ["nan", 1]}}}',
        '{"format": 2, "profiles": {"x": 3}}',
    ],
)
def test_a_spoilt_file_is_ignored_aloud(text):
    Path(learning.path()).write_text(text)
    with pytest.warns(RuntimeWarning, match="what was learned in .* is not used"):
        assert lessons().known == {}
    lessons().observe({"cpu/map#1": 1.0}, 2.0)
    learning.save()  # and is written anew
    learning.forget()
    assert lessons().known["cpu/map"].runs == 1


@pytest.mark.parametrize("number", [1, 99])
def test_another_format_is_left_alone_in_silence(number):
    Path(learning.path()).write_text(f'{{"format": {number}}}')
    assert lessons().known == {}


def test_nothing_learned_writes_nothing():
    lessons()
    learning.save()
    assert not Path(learning.path()).exists()


def test_a_folder_that_cannot_be_written_disturbs_nobody(monkeypatch, tmp_path):
    lessons().observe({"cpu/map#1": 1.0}, 2.0)
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(learning, "path", lambda: blocked / "learned.json")
    learning.save()
    assert blocked.read_text() == ""


def test_corrections_show_in_plans_made_later():
    host = profiles.found("auto")
    x = la.asarray(np.ones(LARGE))
    with la.config(profile="auto", learn=True):
        before = la.explain(x * 3, device="cpu").plan.predicted_s
        learning.lessons_of(host).known["cpu/map"] = Correction(2.0, 5)
        after = la.explain(x * 3, device="cpu").plan.predicted_s
    assert after == pytest.approx(2 * before)


class Executable:
    @staticmethod
    def run(leaves):
        return leaves


@pytest.mark.parametrize(("step", "calls"), [(10.0, 2), (2.0, 0), (1.9, 0)])
def test_a_plan_is_looked_at_again_when_runs_say_that_it_takes_otherwise(
    monkeypatch, step, calls
):
    class Steady(Clock):
        def perf_counter(self):
            self.looks += 1
            return self.looks * step

    monkeypatch.setattr(learning, "time", Steady())
    again = []
    predicted = {"cpu/map#1#2": 2.0}
    ran = learning.Observed(Executable, lessons(), predicted, lambda: again.append(1))
    for _ in range(3):
        assert ran.run([5]) == [5]
    assert not again  # it is looked at after 4 runs, 16, 64 …
    for _ in range(13):
        ran.run([5])
    assert len(again) == calls


def test_a_plan_is_not_made_again_before_its_runs_took_as_long_as_that(monkeypatch):
    monkeypatch.setattr(learning, "time", Clock())  # runs of ten seconds
    again = []
    predicted = {"cpu/map#1#2": 2.0}
    facts = (Executable, lessons(), predicted, lambda: again.append(1))
    ran = learning.Observed(*facts, making=100.0)
    for _ in range(15):
        ran.run([5])
    assert not again  # after 4 runs it was too early
    ran.run([5])
    assert len(again) == 1


def test_runs_far_shorter_than_predicted_teach_once_in_a_millisecond(monkeypatch):
    class Quick(Clock):
        def perf_counter(self):
            self.looks += 1
            return self.looks * 3e-4

    monkeypatch.setattr(learning, "time", Quick())
    ran = learning.Observed(Executable, lessons(), {"cpu/map#1#2": 2e-3}, None)
    for _ in range(1 + 3 * 4):  # three runs are 0.9 ms
        ran.run([5])
    assert lessons().known["cpu/map#1#2"].runs == 3


def test_what_runs_teach_sends_a_plan_elsewhere(monkeypatch):
    """A plan of the CPU that takes ten times as long as predicted is made anew."""
    host = la.profiles.h200()._replace(facts=profiles.cpu_facts())
    profiles.write(host, profiles.user_file())
    monkeypatch.setattr(learning, "time", Clock())
    made = []
    prepare = evaluate._prepare
    monkeypatch.setattr(
        evaluate, "_prepare", lambda *a, **k: made.append(1) or prepare(*a, **k)
    )
    x = la.asarray(np.ones(LARGE))
    with la.config(learn=True, profile="auto"):
        plan = la.explain(x + 1).plan
        assert plan.device == "cpu", plan.reason
        for count in (1, 1, 1, 1, 2, 2):
            (x + 1).compute()
            assert len(made) == count
        now = la.explain(x + 1).plan  # on a GPU, if there is one
        assert now.device != "cpu" or now.predicted_s > 2 * plan.predicted_s
