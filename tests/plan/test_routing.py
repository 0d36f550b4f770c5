"""Where the model sends plans: tables for machines that ship, and what must never happen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.ir.node import structure
from lazyarr.plan.cost import largest
from lazyarr.plan.cost import seconds as cost_of
from lazyarr.plan.mix import Route, flows_of
from lazyarr.plan.place import Asked, Machine, by_cost, place, rounded
from lazyarr.plan.predict import crossover, on_cpu, on_gpu, task_of
from lazyarr.plan.profile import DeviceProfile, HostProfile, along
from tests.plan.quicker import faster

EVERY = 9


def poly(x):
    return (x * 5) ** 2 + x * x - 3


def rows(x):
    side = int(x.size**0.5)
    return x[: side * side].reshape(side, side)


GRAPHS = {
    "poly": poly,
    "transcendental": lambda x: la.exp(-x) * la.sin(x) + la.log1p(x),
    "sum(poly)": lambda x: la.sum(poly(x)),
    "softmax": lambda x: (
        la.exp(rows(x)) / la.sum(la.exp(rows(x)), axis=1, keepdims=True)
    ),
    "matmul": lambda x: rows(x) @ rows(x),
    "sort": la.sort,
}


def leaf(size):
    """Return an array of this size that takes no memory."""
    return la.asarray(np.broadcast_to(np.float64(0.5), (size,)))


def asked_for(expression, *, far=False, keep=False):
    """Return stages, values and outputs of an expression, and what is asked of it."""
    _, nodes = structure((expression._current(),))
    plan = la.explain(expression, device="cpu").plan
    inputs = (v.source for v in plan.values if v.role == "input" and far)
    sources = dict.fromkeys(inputs, "gpu:0")
    return plan, Asked(sources, len(nodes), keep)


def task(expression, **where):
    plan, asked = asked_for(expression, **where)
    size = largest(plan.stages, plan.values)
    return task_of(plan.stages, plan.values, plan.outputs, asked, size)


def route(expression, **where):
    plan, asked = asked_for(expression, **where)
    size = largest(plan.stages, plan.values)
    facts = (plan.stages, plan.values, plan.outputs)
    flows = flows_of(*facts, asked.far)
    return Route(task_of(*facts, asked, size), flows)


def test_a_machine_without_a_gpu_needs_no_table():
    for size in (100, 10**9):
        plan = la.explain(poly(leaf(size)), profile=la.profiles.cpu2()).plan
        assert plan.device == "cpu"


@pytest.mark.parametrize("name", ["h200"])
def test_placement_tables(golden, name):
    host = getattr(la.profiles, name)()
    lines = [
        f"The side that a plan is sent to on {host.name}: by elements, for data on",
        "the host (h) or the GPU (g) and a result as NumPy (n) or kept (k).",
        "",
        f"{'graph':16}{'':5}" + "".join(f"10^{p:<4}" for p in range(2, 2 + EVERY - 1)),
    ]
    for graph, build in GRAPHS.items():
        for far in (False, True):
            for keep in (False, True):
                cells = []
                for power in range(2, 2 + EVERY - 1):
                    plan, asked = asked_for(build(leaf(10**power)), far=far, keep=keep)
                    found = place(
                        plan.stages,
                        plan.values,
                        "auto",
                        10_000_000,
                        Machine(host.gpu, "no GPU", host.cpu, host=host),
                        plan.outputs,
                        asked,
                    )
                    cells.append(f"{found.device[:3]:7}")
                sides = f"{'g' if far else 'h'}{'k' if keep else 'n'}"
                lines.append(f"{graph:16}{sides:5}{''.join(cells)}".rstrip())
    golden(f"place/{name}.txt", "\n".join(lines))


# --- what must never happen ---------------------------------------------------------------

HOSTS = [la.profiles.h200()]
graphs = st.sampled_from(sorted(GRAPHS))
powers = st.integers(2, 9)
sides = st.booleans()


@settings(max_examples=60, deadline=None)
@given(
    graphs, powers, sides, sides, st.floats(1.0, 20.0), st.sampled_from(("cpu", "gpu"))
)
def test_a_faster_device_loses_no_plan(graph, power, far, keep, times, kind):
    host = HOSTS[0]
    work = route(GRAPHS[graph](leaf(10**power)), far=far, keep=keep)
    asked = Asked()
    before = by_cost(work, host, "gpu:0", asked)[0]
    quicker = faster(getattr(host, kind), bandwidth=times, work=times, fixed=times)
    after = by_cost(work, host._replace(**{kind: quicker}), "gpu:0", asked)[0]
    assert before[:3] != kind or after == before


@settings(max_examples=40, deadline=None)
@given(graphs, powers, sides, st.floats(1.0, 20.0))
def test_a_faster_device_takes_no_longer(graph, power, far, times):
    host = HOSTS[0]
    work = task(GRAPHS[graph](leaf(10**power)), far=far)
    for name in ("bandwidth", "work", "link", "fixed"):
        quick = faster(host.gpu, **{name: times})
        assert on_gpu(work, quick) <= on_gpu(work, host.gpu) * 1.0001


@settings(max_examples=40, deadline=None)
@given(graphs, powers, sides)
def test_keeping_a_result_costs_no_more_than_fetching_it(graph, power, far):
    gpu = HOSTS[0].gpu
    array = GRAPHS[graph](leaf(10**power))
    kept, fetched = (task(array, far=far, keep=keep) for keep in (True, False))
    assert on_gpu(kept, gpu) <= on_gpu(fetched, gpu)


@settings(max_examples=40, deadline=None)
@given(graphs, powers, sides, sides)
def test_the_crossover_is_where_the_choice_changes(graph, power, far, keep):
    host = HOSTS[0]
    work = task(GRAPHS[graph](leaf(10**power)), far=far, keep=keep)
    size = crossover(work, host)

    def wins(scale):
        return on_gpu(work, host.gpu, scale) < on_cpu(work, host, scale)

    if size is None:
        assert not wins(1.0)
    else:
        assert wins(size * 1.03 / work.size)
        assert size == 1 or not wins(size / 1.03 / work.size)
        assert wins(1.0) is (size <= work.size)


# --- by hand ------------------------------------------------------------------------------

CPU = DeviceProfile(
    "a CPU", "cpu", 0, 1e11, 1e9, 1e-6, measured=True, rates={"cheap/f8": 1e9}
)
GPU = DeviceProfile(
    "a GPU",
    "gpu",
    1 << 34,
    1e12,
    1e13,
    5e-6,
    measured=True,
    wait=1e-6,
    call=2e-6,
    compile=0.1,
    upload=((1.0, 1e-5), (1e4, 1e-5), (1e10, 10.0)),
    download=((1.0, 1e-5), (1e4, 1e-5), (1e10, 10.0)),
    rates={"cheap/f8": 1e13},
)
HAND = HostProfile("by hand", CPU, GPU)


def test_a_plan_by_hand():
    work = task(leaf(1000) + 1.5)
    # 8,000 bytes each way, one kernel that is all latency, and the scalar is no copy.
    assert on_gpu(work, GPU) == pytest.approx(1e-5 + 5e-6 + 2e-6 + 1e-5)
    assert on_cpu(work, HAND) == pytest.approx(1000 / 1e9)
    kept = task(leaf(1000) + 1.5, far=True, keep=True)
    assert on_gpu(kept, GPU) == pytest.approx(5e-6 + 2e-6 + 1e-6)
    assert on_cpu(kept, HAND) == pytest.approx(1000 / 1e9 + 1e-5)


def test_why_names_both_times_and_the_crossover():
    plan = la.explain(leaf(10**6) + 1.5, profile=HAND).plan
    assert plan.device == "cpu"
    assert plan.reason.startswith("cpu 1 ms against gpu:0 ")
    kept = task(leaf(1000) + 1.5, far=True, keep=True)
    assert crossover(kept, HAND) == 1  # the copy alone takes longer
    kept = route(leaf(1000) + 1.5, far=True, keep=True)
    device, reason, size, _ = by_cost(kept, HAND, "gpu:0", Asked(told=True))
    assert (device, size) == ("gpu:0", 1)
    assert reason == (
        "gpu:0 8 µs against cpu 11 µs; crossover for this graph on this machine is "
        "at any size"
    )


def test_a_machine_on_which_the_gpu_never_wins():
    slow = GPU._replace(upload=((1.0, 1.0), (1e10, 1e9)))
    plan = la.explain(leaf(100) + 1, profile=HostProfile("slow", CPU, slow)).plan
    assert (plan.device, plan.crossover) == ("cpu", None)
    assert plan.reason.endswith("no larger size of this graph is faster on gpu:0")


def test_compilation_counts():
    kept = route(leaf(10**6) + 1.5, far=True, keep=True)
    assert by_cost(kept, HAND, "gpu:0", Asked())[0] == "gpu:0"
    device, reason, *_ = by_cost(kept, HAND, "gpu:0", Asked(compiling=0.1))
    assert device == "cpu"
    assert reason.endswith("of which compiling is 0.1 s")


def test_a_device_asked_for_is_obeyed():
    for device in ("cpu", "gpu"):
        plan = la.explain(leaf(10**6) + 1, device=device, profile=HAND).plan
        assert (plan.device[:3], plan.reason) == (device, "asked for")


def test_curves():
    curve = ((1.0, 2.0), (10.0, 2.0), (1000.0, 200.0))
    assert along(curve, 0.5) == 2.0
    assert along(curve, 100.0) == pytest.approx(20.0)
    assert along(curve, 2000.0) == pytest.approx(400.0)
    assert [rounded(n) for n in (None, 1, 20_973, 999)] == [None, 1, 21_000, 1000]


@pytest.mark.parametrize(
    ("known", "name", "seconds"),
    [
        ("singular", "svdvals", 3.0),
        ("spectrum", "svdvals", 3.0),
        ("factor", "svdvals", 3.0),
        ("spectrum", "eigvalsh", 3.0),
        ("factor", "eigvalsh", 3.0),
        ("singular", "eigvalsh", 1e-3),
    ],
)
def test_what_a_profile_does_not_know_takes_as_long_as_what_is_like_it(
    known, name, seconds
):
    gpu = GPU._replace(functions={f"{known}/f8": ((1.0, 3.0), (1e9, 3.1))})
    made = getattr(la.linalg, name)(la.reshape(leaf(400), (20, 20)))
    (stage,) = [s for s in task(made).stages if s.family]
    assert cost_of(stage, gpu) == pytest.approx(seconds, rel=0.1, abs=1e-3)
