"""Profiles on disk: what is read, what is refused and why, and who looks for a GPU."""

from __future__ import annotations

import itertools
import json
import stat
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate, profiles, routing
from lazyarr.cli import (
    calibrate,
    measure_core,
    measure_cpu,
    measure_gpu,
    measure_library,
    measure_threads,
    stopwatch,
)
from lazyarr.cli.main import main
from lazyarr.errors import ConfigError
from lazyarr.ops.row import OPS
from lazyarr.plan.cost import seconds
from lazyarr.plan.profile import DeviceProfile, HostProfile, from_record, to_record
from lazyarr.plan.work import Work, work_of
from lazyarr.runtime import ahead


@pytest.fixture(autouse=True)
def forgotten(monkeypatch, tmp_path):
    """Forget what was found before and after, and look into an empty folder."""
    path = tmp_path / "home" / "profile.json"
    monkeypatch.setattr(profiles, "user_file", lambda: path)
    profiles.found.cache_clear()
    yield
    profiles.found.cache_clear()
    routing._usable.clear()
    evaluate.clear_cache()


def here(**changes):
    facts = profiles.cpu_facts() | changes
    return la.profiles.h200()._replace(name="here", facts=facts)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it is asked there")
@pytest.mark.parametrize("folder", [None, "", " ", "/some/where"])
def test_the_file_of_a_user_is_where_platformdirs_says(folder, monkeypatch):
    monkeypatch.undo()
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    if folder is not None:
        monkeypatch.setenv("XDG_CONFIG_HOME", folder)
    platformdirs = pytest.importorskip("platformdirs")
    wanted = platformdirs.user_config_path("lazyarr") / "profile.json"
    assert profiles.user_file() == str(wanted)
    monkeypatch.setitem(sys.modules, "platformdirs", None)  # not installed
    assert profiles.user_file() == str(wanted)


def test_a_profile_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "new" / "p.json"
    host = la.profiles.h200()
    profiles.write(host, path)
    assert profiles.read(path) == host
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert to_record(from_record(to_record(host))) == to_record(host)


def test_shipped_profiles_are_listed_and_measured():
    for name in la.profiles.names():
        host = getattr(la.profiles, name)()
        assert host.cpu.measured
        assert host.cpu.costs["add/f8"] > 0
        assert host.facts["cores"] == str(int(host.cpu.threads[-1][0]))


def test_the_users_profile_is_used_where_its_facts_are_true():
    profiles.write(here(), profiles.user_file())
    assert profiles.found("auto").name == "here"
    assert profiles.found("none") is None


@pytest.mark.parametrize("fact", ["cpu", "cores", "numpy", "lazyarr"])
def test_a_profile_of_another_machine_is_ignored_aloud(fact):
    profiles.write(here(**{fact: "another"}), profiles.user_file())
    with pytest.warns(RuntimeWarning, match=f"{fact} was another and is"):
        assert profiles.found("auto") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert profiles.found("auto") is None  # said once


def test_one_that_was_named_is_ignored_on_another_machine(tmp_path):
    path = tmp_path / "named.json"
    profiles.write(here(cores="999"), path)
    with pytest.warns(RuntimeWarning, match=r"named\.json is not used: cores was 999"):
        assert profiles.found(str(path)) is None


def test_a_name_of_a_shipped_profile_is_no_file():
    with pytest.raises(ConfigError, match=r"explain\(profile='h200'\)"):
        profiles.found("h200")


def test_a_name_or_a_file_is_planned_for(tmp_path):
    total = (la.arange(10**8) / 3).sum()
    path = tmp_path / "theirs.json"
    profiles.write(la.profiles.h200(), path)
    asked = [la.profiles.h200(), "h200", path, str(path)]
    plans = [total.explain(profile=each).to_dict() for each in asked]
    assert plans[0]["device"] == "gpu:0"
    assert plans[1:] == plans[:1] * 3


@pytest.mark.parametrize("profile", ["h100", 3, {"gpu": 1}, b"h200", ["h200"]])
def test_what_is_no_profile_is_not_planned_for(profile):
    with pytest.raises(ConfigError, match="ships: 'cpu2', 'h200'") as caught:
        la.ones(4).explain(profile=profile)
    assert f"profile={profile!r}" in str(caught.value)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 99}'])
def test_what_is_no_profile_is_ignored_or_refused(content, tmp_path):
    path = profiles.user_file()
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.warns(RuntimeWarning, match="is not used"):
        assert profiles.found("auto") is None
    with pytest.raises(ConfigError, match="cannot be used"):
        profiles.found(str(path))
    with pytest.raises(ConfigError, match="cannot be used"):
        profiles.found(str(tmp_path / "missing.json"))


def test_another_format_is_named():
    record = to_record(la.profiles.h200()) | {"format": 99}
    with pytest.raises(ValueError, match="format is 99"):
        from_record(json.loads(json.dumps(record)))


def test_one_that_ships_is_used_on_the_same_hardware(monkeypatch):
    facts = la.profiles.h200().facts
    monkeypatch.setattr(profiles, "cpu_facts", lambda: dict(facts) | {"numpy": "9"})
    assert profiles.found("auto") is la.profiles.h200()
    profiles.found.cache_clear()
    monkeypatch.setattr(profiles, "cpu_facts", lambda: dict(facts) | {"cores": "3"})
    assert profiles.found("auto") is None


def test_another_gpu_or_driver_is_noticed():
    host = here(gpu="A", driver="12.0")
    assert profiles.fits_gpu(host, {"gpu": "A", "driver": "12.0"})
    other = here(gpu="A", driver="12.0")
    with pytest.warns(RuntimeWarning, match=r"driver was 12\.0 and is 13\.0"):
        assert not profiles.fits_gpu(other, {"gpu": "A", "driver": "13.0"})
    assert not profiles.fits_gpu(other, {"gpu": "A", "driver": "13.0"})


def test_what_is_said_of_another_gpu_names_the_file(tmp_path):
    path = tmp_path / "named.json"
    profiles.write(here(gpu="A"), path)
    host = profiles.found(str(path))
    with pytest.warns(RuntimeWarning, match=r"named\.json is not used: gpu was A"):
        assert not profiles.fits_gpu(host, {"gpu": "B"})


class LoadedError(Exception):
    """Somebody looked for a GPU."""


def _no_backend():
    raise LoadedError


def test_tiny_graphs_look_for_no_gpu(monkeypatch, tmp_path):
    path = tmp_path / "p.json"
    profiles.write(here(), path)
    monkeypatch.setattr(routing, "backend", _no_backend)
    with la.config(profile=str(path)):
        x = la.asarray(np.ones(1000))
        np.testing.assert_array_equal((x * 2 + 1).compute(), np.full(1000, 3.0))
        big = la.asarray(np.ones(10**6))
        with pytest.raises(LoadedError):
            (la.exp(big) * la.sin(big)).sum().compute()


class NoGpu:
    @staticmethod
    def missing():
        return "the GPU is gone"


def test_a_gpu_that_is_gone_is_said(monkeypatch, tmp_path):
    path = tmp_path / "p.json"
    profiles.write(here(), path)
    monkeypatch.setattr(routing, "backend", lambda: NoGpu)
    with la.config(profile=str(path), crossover=1000):
        x = la.asarray(np.ones(10**6))
        plan = la.explain(la.exp(x) * la.sin(x)).plan
        assert plan.device == "cpu"
        assert plan.reason.endswith("but the GPU is gone")


def test_a_plan_is_tried_on_the_cpu_while_its_kernels_are_compiled(monkeypatch):
    forgotten, begun = [], []
    compilation = ahead.Compilation([], 1)

    class Executable:
        def run(self, leaves):
            return leaves

    class Backend:
        @staticmethod
        def compile_ahead(texts, device):
            begun.append((texts, device))
            return compilation

    monkeypatch.setattr(routing, "backend", lambda: Backend)
    first = routing.Trial(routing.asked_of([], False), 3, ["a kernel"], "gpu:1")
    trying = routing.Trying(Executable(), first, lambda: forgotten.append(1))
    for _ in range(2):
        assert trying.run([1]) == [1]
        assert not begun
    for _ in range(3):  # as long as it takes
        assert trying.run([1]) == [1]
        assert begun == [(["a kernel"], "gpu:1")]
        assert not forgotten
    compilation.done = True
    assert trying.run([1]) == [1]
    assert forgotten == [1]
    compilation.error = ValueError("what the compiler says")
    with pytest.raises(ValueError, match="what the compiler says"):
        trying.run([1])
    assert trying.run([1]) == [1]  # it is said once


def test_compilation_is_worth_it_when_a_quarter_was_lost(monkeypatch):
    cpu = DeviceProfile("c", "cpu", 0, 1e12, 1e9, 0.0, measured=True)
    gpu = DeviceProfile("g", "gpu", 0, 1e12, 1e12, 0.0, measured=True, compile=0.1)
    kernel = SimpleNamespace(source="." * routing._TYPICAL)

    class Backend:
        waiting = (kernel, kernel)

        @classmethod
        def uncompiled(cls, plan):
            return cls.waiting

    monkeypatch.setattr(routing, "backend", lambda: Backend)
    x = la.asarray(np.ones(10**6))
    plan = la.explain(x + 1, device="cpu").plan
    host = HostProfile("h", cpu, gpu)
    found = routing.trial(plan, routing.asked_of([], False), host)
    assert found is not None
    # 10^6 additions: 1 ms there, nothing here; a quarter of 0.2 s is lost after 50 runs.
    assert found.runs == pytest.approx(50, rel=0.05)
    assert found.asked.compiling == pytest.approx(0.2)
    Backend.waiting = ()
    assert routing.trial(plan, routing.asked_of([], False), host) is None
    Backend.waiting = (kernel,)
    short = HostProfile("h", cpu, gpu._replace(compile=1e-4))
    assert routing.trial(plan, routing.asked_of([], False), short) is None


def test_long_kernels_take_longer_to_compile():
    assert routing.effort("." * routing._TYPICAL) == pytest.approx(1.0)
    assert routing.effort("." * 1000) == pytest.approx(1 / 3, rel=0.1)
    assert routing.effort("." * 33_000) == pytest.approx(10.0, rel=0.1)


def test_info_prints_the_profile(tmp_path, capsys):
    path = tmp_path / "p.json"
    profiles.write(here(), path)
    with la.config(profile=str(path)):
        assert main(["info"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "profile here" in shown
    assert f"GPU launch {here().gpu.launch * 1e6:.3g} µs" in shown


def test_functions_take_what_they_usually_take_at_several_moments():
    # Of two neither is usual, unless one is a hiccup.
    moments = {10.0: (2.88, 2.0), 15.0: (9.0, 4.0), 20.0: (9.0, 4.0, 5.0)}
    found = measure_library.table(
        [("sort", "f8", amount, s) for amount, each in moments.items() for s in each]
    )
    assert found == {"sort/f8": ((10.0, 2.4), (15.0, 4.0), (20.0, 5.0))}


def test_functions_are_timed_where_the_last_time_ended(monkeypatch):
    times = [(0.01, 0.001)[k % 2] for k in range(20)]
    jobs = [
        measure_cpu._Job("sort", float(k), lambda took=took: took)
        for k, took in enumerate(times)
    ]
    monkeypatch.setattr(measure_cpu, "_jobs", lambda dtype: iter(jobs))
    found = measure_cpu.Findings()
    with stopwatch.within(0.0, wanted=1.0):
        measure_cpu._library(found, "f8")
    first = len(found.library)
    assert 0 < first < 20
    measure_cpu._library(found, "f8")
    amounts = [amount for _, _, amount, _ in found.library]
    new = [*range(first, 20)]  # each once, before any is timed again
    short = [*range(1, first, 2)]
    others = [*range(0, first, 2)]
    assert amounts[first:] == new + short + others
    measure_cpu._library(found, "f8")
    assert amounts == [amount for _, _, amount, _ in found.library][: len(amounts)]
    again = [amount for _, _, amount, _ in found.library][len(amounts) :]
    assert sorted(again) == [*range(20)]
    assert [k for k in again if k % 2] == again[:10]


def test_a_function_that_takes_long_is_timed_once(monkeypatch):
    jobs = [measure_cpu._Job("sort", s, lambda s=s: s) for s in (0.001, 0.2, 0.01)]
    monkeypatch.setattr(measure_cpu, "_jobs", lambda dtype: iter(jobs))
    found = measure_cpu.Findings()
    for _ in range(2):
        measure_cpu._library(found, "f8")
    assert [took for *_, took in found.library] == [0.001, 0.2, 0.01, 0.001, 0.01]


def test_nothing_is_timed_while_threads_of_a_library_go_on(monkeypatch):
    order: list[str] = []
    jobs = [
        measure_cpu._Job(name, 1.0, lambda name=name: order.append(name) or 1.0, spins)
        for name, spins in (("a", False), ("p", True), ("q", True), ("b", False))
    ]
    monkeypatch.setattr(measure_cpu, "_jobs", lambda dtype: jobs)
    monkeypatch.setattr(measure_cpu.time, "sleep", lambda s: order.append(f"{s:.2f}"))
    monkeypatch.setattr(measure_cpu, "elsewhere", lambda: order.append("moved"))
    measure_cpu._library(measure_cpu.Findings(), "f8")
    # Where this thread went, one of the library's could be at work.
    assert order == ["moved", "a", "p", "q", "0.15", "moved", "b", "0.00"]


def test_what_first_calls_take_leaves_no_function_of_a_gpu_out(monkeypatch):
    # Loading libraries and compiling kernels takes the time of the whole step.
    card = SimpleNamespace(cupy=np, held=la.asarray, device="cpu", wait=lambda: None)
    monkeypatch.setattr(measure_gpu, "_SIDES", (4, 8, 16))
    monkeypatch.setattr(measure_gpu, "_LENGTHS", (64, 256, 1024))
    found = measure_cpu.Findings()
    with stopwatch.within(0.0, wanted=1.0, most=60.0):
        measure_gpu._library(found, card)
    curves = {key: len(curve) for key, curve in found["functions"].items()}
    floats = ("gather", "product", "scan", "sort", "sorts", "transform", "transforms")
    whole = {f"{name}/{key}": 3 for name in floats for key in ("f8", "f4")}
    vectors = {"vector/f8": 3, "vector/f4": 3}
    apart = dict.fromkeys(("factor/f8", "singular/f8", "spectrum/f8"), 3)
    assert curves == whole | vectors | apart


def test_a_function_takes_no_longer_than_on_more():
    times = [("sort", "f8", k, s) for k, s in ((1.0, 1.0), (2.0, 5.0), (3.0, 4.0))]
    found = measure_library.table(times)
    assert found == {"sort/f8": ((1.0, 1.0), (2.0, 4.5), (3.0, 4.5))}
    times[1] = ("sort", "f8", 2.0, 90.0)  # says nothing of any other
    found = measure_library.table(times)
    assert found == {"sort/f8": ((1.0, 1.0), (2.0, 4.0), (3.0, 4.0))}


def test_noise_makes_memory_neither_faster_nor_slower():
    # Of twenty sizes that are moved alike, the fastest says nothing of the others.
    drawn = np.random.default_rng(1).normal(10.0, 1.0, 20)
    points = [(2.0**k, float(1 / took)) for k, took in enumerate(drawn)]
    curve = measure_cpu._falling([(0.5, 0.5), *points, (2.0**20, 0.03)])
    assert [size for size, _ in curve] == [0.5, *(2.0**k for k in range(21))]
    rates = [rate for _, rate in curve]
    assert rates == sorted(rates, reverse=True)
    assert (rates[0], rates[-1]) == pytest.approx((0.5, 0.03))
    assert np.mean([1 / rate for rate in rates[1:-1]]) == pytest.approx(drawn.mean())


def test_of_a_stage_timed_a_few_times_one_may_be_disturbed():
    work = Work("map", size=1)
    found = [measure_threads.Timed(work, 2, s) for s in (1.0, 30.0)]
    assert measure_threads.usual(found) == [measure_threads.Timed(work, 2, 1.0)]


def test_of_two_moments_the_faster_one_is_not_the_usual_one():
    # With the shorter of two, a stage would seem faster than its median by half the noise.
    drawn = np.random.default_rng(1).lognormal(0.0, 0.1, (1000, 2))
    found = [stopwatch.between(list(pair)) for pair in drawn.tolist()]
    assert np.mean(np.log(found)) == pytest.approx(0.0, abs=0.01)


def test_memory_is_as_fast_as_the_model_needs_it_to_be():
    # Threads start one after the other: that is not the memory's time.
    x, y = (la.asarray(np.ones(1 << 21)) for _ in range(2))
    with la.config(threads=4):
        plan = la.explain(x + y, device="cpu").plan
    work = work_of(plan.stages[-1], plan.values)
    bytes_ = 24.0 * work.size
    cpu = here().cpu._replace(
        threads=((4.0, 1e10),), wake=2e-4, spread=((bytes_, 6e10),)
    )
    took = seconds(work, cpu)
    seems = cpu._replace(spread=((bytes_, bytes_ / took),))
    timed = measure_threads.Timed(work, 4, took)
    ((_, rate),) = measure_threads.unhindered([timed], seems).spread
    assert bytes_ / took < 0.9 * rate
    assert rate == pytest.approx(6e10, rel=0.05)
    assert measure_threads.unhindered([], seems).spread == seems.spread


def test_stages_of_threads_are_timed_where_the_last_time_ended(monkeypatch):
    asked = []

    def timed(made, budget, least):
        asked.append((made.size, la.config.threads))
        return Work("map", tile=10, scratch=0), 1.0

    monkeypatch.setattr(measure_threads, "stage_seconds", timed)
    monkeypatch.setattr(measure_threads, "TILE", 1024)
    x = la.asarray(np.ones(80 * 1024 * 4))
    with la.config(threads=4):
        every = measure_threads.timed(x, x)
        counts = [count for _, count in asked]
        # Of whatever is left out, no number of threads has all.
        assert set(counts[:4]) == set(counts)
        del asked[:]
        measure_threads.timed(x, x, done=3)
    again = [count for _, count in asked]
    assert again == counts[3:] + counts[:3]
    assert len(every) == len(again)


def test_what_memory_moves_is_what_it_usually_moves():
    work = Work("map", size=1 << 20)
    seems = here().cpu._replace(
        threads=((4.0, 1e10),), spread=((24.0 * work.size, 1e9),)
    )
    moments = [measure_threads.Timed(work, 4, s) for s in (1.0, 1e-9, 1.0)]
    assert measure_threads.unhindered(moments, seems) == measure_threads.unhindered(
        moments[:1], seems
    )
    disturbed = measure_threads.unhindered(moments[1:2], seems)
    assert disturbed != measure_threads.unhindered(moments[:1], seems)


def test_measuring_goes_from_core_to_core_and_is_bound_to_none(monkeypatch):
    bound = [{2, 5, 7}]
    monkeypatch.setattr(
        stopwatch.os, "sched_getaffinity", lambda _: bound[-1], raising=False
    )
    monkeypatch.setattr(
        stopwatch.os,
        "sched_setaffinity",
        lambda _, cores: bound.append(set(cores)),
        raising=False,
    )
    for _ in range(3):
        stopwatch.elsewhere()
    assert set(map(frozenset, bound[1::2])) == {frozenset({k}) for k in (2, 5, 7)}
    assert bound[2::2] == 3 * [{2, 5, 7}]
    monkeypatch.delattr(stopwatch.os, "sched_setaffinity")
    stopwatch.elsewhere()  # not every system has it
    assert len(bound) == 7


def test_steps_of_either_device_are_spread_over_the_time():
    def some(name, *wanted):
        return [stopwatch.Step(f"{name}{k}", w, print) for k, w in enumerate(wanted)]

    found = calibrate.spread(some("cpu", 1.0, 1.0, 1.0, 1.0), some("gpu", 9.0, 9.0))
    assert [s.name for s in found] == ["cpu0", "gpu0", "cpu1", "cpu2", "gpu1", "cpu3"]
    assert calibrate.spread(found, []) == found


def test_what_one_core_takes_is_measured_every_while():
    one, short = (stopwatch.Step(*each, print) for each in (("one", 0.2), ("o", 0.5)))
    found = [s.name for s in calibrate._between(one, 4 * [short])]
    assert found == ["one", "o", "o", "o", "one", "o", "one"]


def test_arrays_are_timed_where_lines_begin():
    x = np.arange(10.0)[1:].reshape(3, 3)
    copy = measure_core.aligned(x.T)
    assert copy.ctypes.data % 64 == 0
    assert copy.flags.c_contiguous
    assert np.array_equal(copy, x.T)


def test_calibrate_writes_a_profile_that_is_used(monkeypatch, capsys, tmp_path):
    # Every step runs, each figure from as few runs as it takes.
    for module in (measure_core, measure_cpu, measure_gpu):
        monkeypatch.setattr(module, "_BUDGET", 0.0)
    monkeypatch.setattr(measure_cpu, "_LARGE", 1 << 18)
    monkeypatch.setattr(stopwatch, "_MOST", 2)
    for name in ("products", "decompositions", "stacks", "multiplied", "irregular"):
        monkeypatch.setattr(measure_library, name, lambda *_: iter(()))
    monkeypatch.setattr(evaluate, "gpu_missing", lambda: "no GPU in this test")
    path = tmp_path / "measured.json"
    monkeypatch.setattr(measure_library, "executed", lambda *_: iter(()))
    assert main(["calibrate", "--output", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    host = profiles.found(str(path))
    assert host is not None
    assert host.gpu is None
    assert host.facts == profiles.cpu_facts()
    assert host.cpu.costs["exp/f8"] > 0
    assert host.cpu.bandwidth > 0
    with la.config(profile=str(path)):
        plan = la.explain(la.asarray(np.ones(10**5)) + 1, device="cpu").plan
        assert 0 < plan.predicted_s < 1


def test_a_slow_moment_does_not_count_where_launches_are_measured(monkeypatch):
    moments = iter([3e-6, 1e-6, 1.2e-6])
    monkeypatch.setattr(measure_gpu, "_launch_costs", lambda _: {"node": next(moments)})
    card = SimpleNamespace(rounds=[])
    found = measure_cpu.Findings()
    seen = []
    for _ in range(3):
        measure_gpu._launches(found, card)
        seen.append(found["node"])
    assert seen == [3e-6, 1e-6, 1.2e-6]


def test_functions_are_timed_with_every_dtype_before_they_are_on_larger_arrays():
    dtypes = ("f8", "f4", "i8")
    found = [*measure_library.executed(dtypes, (64, 256), la.asarray)]
    keys = [(family, dtype) for family, dtype, _, _ in found]
    half = len(keys) // 2
    assert keys[:half] == keys[half:]
    assert len(set(keys)) == half == 16  # whole numbers are not transformed
    for (*_, made, small), (*_, large) in zip(found[:half], found[half:], strict=True):
        assert small < large
        assert made.compute(device="cpu").size == 64


def test_measuring_keeps_to_a_deadline(monkeypatch):
    """What one step takes too long, the steps behind it do without."""
    clock = [0.0]
    seen = []

    def step(name, takes):
        def run():
            seen.append((name, *stopwatch.limits(1.0, 8)))
            clock[0] += takes

        return stopwatch.Step(name, 4.0, run)

    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: clock[0] + 1.0)
    monkeypatch.setattr(evaluate, "gpu_missing", lambda: "no GPU in this test")
    monkeypatch.setattr(calibrate, "DEADLINE", 12.0)
    steps = [step("quick", 2.0), step("slow", 9.0), step("late", 1.0)]
    monkeypatch.setattr(measure_cpu, "steps", lambda _: steps)
    # What is measured between every two of them takes next to nothing here.
    between = []
    short = stopwatch.Step("one core", 2.0**-30, lambda: between.append(clock[0]))
    monkeypatch.setattr(measure_core.Rounds, "step", lambda _: short)
    for _, run in calibrate.Calibration().steps:
        run()
    assert [(name, runs) for name, _, runs in seen] == [
        ("quick", 8),
        ("slow", 8),
        ("late", 2),
    ]
    assert [share for _, share, _ in seen] == pytest.approx([1.0, 1.0, 0.25])
    assert between == [0.0, 2.0, 11.0, 12.0]
    assert stopwatch.limits(1.0, 8) == (1.0, 8)


def test_growing_sizes_end_with_the_time(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: clock[0])
    found = []
    with stopwatch.within(2.5, wanted=10.0):
        for size in stopwatch.while_time(range(100), least=2):
            found.append(size)
            clock[0] += 1.0
    assert found == [0, 1, 2]
    assert list(stopwatch.while_time(range(3))) == [0, 1, 2]


def test_a_step_that_takes_far_too_long_ends_with_one_figure(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: clock[0])
    with stopwatch.within(2.0, wanted=2.0, most=5.0):
        assert stopwatch.limits(1.0, 8) == (1.0, 8)
        clock[0] = 3.0
        assert stopwatch.limits(1.0, 8) == (0.0, 2)
        assert list(stopwatch.while_time(range(9), least=4)) == [0, 1, 2, 3]
        clock[0] = 6.0
        assert stopwatch.limits(1.0, 8) == (0.0, 1)
        assert list(stopwatch.while_time(range(9), least=4)) == [0]
    assert stopwatch.limits(1.0, 8) == (1.0, 8)
    assert list(stopwatch.while_time(range(3))) == [0, 1, 2]


def test_the_deadline_counts_from_when_measuring_is_prepared(monkeypatch):
    """To ask whether there is a GPU takes seconds on some machines."""
    clock = [5.0]
    seen = []

    def missing():
        clock[0] += 9.0
        return "no GPU in this test"

    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(evaluate, "gpu_missing", missing)
    monkeypatch.setattr(calibrate, "DEADLINE", 12.0)
    step = stopwatch.Step("only", 6.0, lambda: seen.append(stopwatch.limits(1.0, 8)))
    monkeypatch.setattr(measure_cpu, "steps", lambda _: [step])
    short = stopwatch.Step("one core", 2.0**-30, lambda: None)
    monkeypatch.setattr(measure_core.Rounds, "step", lambda _: short)
    for _, run in calibrate.Calibration().steps:
        run()
    assert seen == [(pytest.approx(0.5), 4)]


def test_every_kind_of_decomposition_is_timed_at_two_sizes_first():
    first = list(itertools.islice(measure_library.decompositions(np, "f8"), 6))
    families = [family for family, _, _ in first]
    assert sorted(families) == sorted(2 * ["factor", "spectrum", "singular"])
    for _, call, _ in first:
        call()
    table = measure_library.table((f, "f8", n, n) for f, _, n in first)
    assert sorted(table) == ["factor/f8", "singular/f8", "spectrum/f8"]


def test_operations_are_tried_on_numbers_that_were_drawn(monkeypatch):
    # What memory held before may be negative, which no integer power takes.
    monkeypatch.setattr(np, "empty_like", lambda a: np.full_like(a, -1))
    drawn = tuple(np.arange(1, measure_core.MEASURED * 4).astype("i8") for _ in "xy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what some operations make of these
        assert "pow" in dict(measure_core._operations(drawn, 0))


def test_what_is_done_with_words_of_random_numbers_is_measured():
    """Words of all values: of small ones every quantile would lie in a tail."""
    drawn = tuple(np.arange(1, measure_core.MEASURED * 80).astype("i8") for _ in "xy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what other operations make of these
        named = dict(measure_core._operations(drawn, 0))
    assert named["normal_quantile"]() > 0 < named["high_word.1"]()
    x = drawn[0][: measure_core.MEASURED]
    (words,), fill = measure_core._words((x,))
    fill()
    quantiles = OPS["normal_quantile"].numpy(words)
    assert abs(quantiles.mean()) < 0.05
    assert 0.9 < quantiles.std() < 1.1
