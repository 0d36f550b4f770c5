"""Plans of two devices: what they cost, when they are chosen, and how they are split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate
from lazyarr.config import current
from lazyarr.plan.beside import scratch_of
from lazyarr.plan.cost import copied, on_device, seconds
from lazyarr.plan.fit import Fitted, Room, at_home, fit
from lazyarr.plan.mix import MARGIN, Flow, Route, _Prices, offers, sides
from lazyarr.plan.model import Copy
from lazyarr.plan.place import Asked, Machine, by_cost
from lazyarr.plan.predict import Task
from lazyarr.plan.profile import DeviceProfile, HostProfile
from lazyarr.plan.work import Term, Work
from tests.plan.quicker import faster

H200 = la.profiles.h200()
GOLDEN_SIZES = range(3, 10)


def leaf(size):
    """Return an array of this size that takes no memory."""
    return la.asarray(np.broadcast_to(np.float64(0.5), (size,)))


def matrix(size):
    return la.reshape(leaf(size), (size // 20, 20))


def moments(m):
    """The spectrum of the second moments of rows."""
    centred = m - la.mean(m, axis=0)
    return la.linalg.eigvalsh(la.matmul(centred.T, centred))


GRAPHS = {
    "eigvalsh(m.T @ m)": lambda n: moments(matrix(n)),
    "sort(sum(m))": lambda n: la.sort(la.sum(la.exp(matrix(n)), axis=1)),
    "sums of sums": lambda n: la.sort(la.sum(la.sin(matrix(n)), axis=0)) * 2 + 1,
    "x * sum(e**sin(x))": lambda n: leaf(n) * la.sum(la.exp(la.sin(leaf(n)))),
}


@pytest.mark.parametrize("far", [False, True])
def test_placement_tables(golden, far):
    lines = [
        f"How many of its stages a plan runs on the GPU of {H200.name}, by elements:",
        "data on the host (h) or the GPU (g), a result as NumPy (n) or kept (k).",
        "",
        f"{'graph':20}{'':5}" + "".join(f"10^{p:<5}" for p in GOLDEN_SIZES),
    ]
    for graph, build in GRAPHS.items():
        for keep in (False, True):
            cells = []
            for power in GOLDEN_SIZES:
                plan = planned(build(10**power), far, keep)
                stages = [s for s in plan.stages if s.kind not in ("copy", "scalar")]
                there = sum(s.device != "cpu" for s in stages)
                cells.append(f"{f'{there}/{len(stages)}':8}")
            ends = f"{'g' if far else 'h'}{'k' if keep else 'n'}"
            lines.append(f"{graph:20}{ends:5}{''.join(cells)}".rstrip())
    golden(f"place/mixed_{'device' if far else 'host'}.txt", "\n".join(lines))


def planned(expression, far, keep, told=False, whole=False):
    root = expression._current()
    _, nodes = evaluate.structure((root,))
    inputs = (k for k, n in enumerate(nodes) if far and n.op.name == "data")
    places = dict.fromkeys(inputs, "gpu:0")
    asked = Asked(places, len(nodes), keep, 0.0, told, whole)
    machine = Machine(H200.gpu, "no GPU", H200.cpu, host=H200)
    return evaluate.make_plan((root,), nodes, current(), "auto", machine, asked)


def test_a_mixed_plan_says_where_why_and_by_how_much():
    plan = planned(moments(matrix(10**8)), far=True, keep=False, told=True)
    assert plan.is_mixed
    assert plan.devices == ("gpu:0", "cpu")
    for words in ("on gpu:0, the rest on cpu", "alone", "it had to win by", "25%"):
        assert words in plan.reason
    assert plan.crossover is not None
    assert f"{plan.crossover:,} elements" in plan.reason


def test_a_plan_that_is_not_mixed_says_what_mixing_would_take():
    plan = planned(GRAPHS["sort(sum(m))"](10**7), far=False, keep=False, told=True)
    assert not plan.is_mixed
    assert "mixed at best" in plan.reason


def test_nothing_is_split_where_no_copy_is_allowed():
    expression = moments(matrix(10**8))
    assert planned(expression, far=True, keep=False).is_mixed
    assert not planned(expression, far=True, keep=False, whole=True).is_mixed
    assert not la.explain(expression, profile=H200, device="gpu").plan.is_mixed
    assert not la.explain(expression, profile=H200, device="cpu").plan.is_mixed


def test_a_mixed_plan_needs_room_on_both_devices():
    expression = moments(matrix(10**8))
    assert la.explain(expression, profile=H200).plan.is_mixed
    tiny = H200.gpu._replace(memory=1 << 20)
    plan = la.explain(expression, profile=H200._replace(gpu=tiny)).plan
    assert not plan.is_mixed
    assert "the plan needs" in plan.reason


def test_what_the_host_needs_for_its_part_is_predicted():
    plan = planned(GRAPHS["x * sum(e**sin(x))"](10**9), far=False, keep=False)
    assert [(s.kind, s.device) for s in plan.stages] == [
        ("reduce", "gpu:0"),
        ("copy", "cpu"),
        ("map", "cpu"),
    ]
    assert 8 * 10**9 < scratch_of(plan) < 8.1 * 10**9  # the result, and tiles
    far = planned(moments(matrix(10**8)), far=True, keep=False)
    spectrum = 20 * 20 * 8
    assert 2 * spectrum < scratch_of(far) < 2 * spectrum + (1 << 18)
    assert scratch_of(la.explain(leaf(9), profile=H200, device="gpu").plan) == 0


def test_a_mixed_plan_is_refused_where_the_host_has_no_room():
    plan = planned(GRAPHS["x * sum(e**sin(x))"](10**9), far=False, keep=False)
    need = scratch_of(plan)
    for room, fits in ((need, True), (need - 1, False)):
        found = at_home(Fitted(plan), lambda _, room=room: Room(room, "that is all"))
        assert (not found.refused) is fits
    tight = fit(plan, lambda _: Room(1000, "1000 bytes are free"))
    assert "plans of two devices do not run in windows" in tight.refused


def test_inputs_that_the_host_fetches_are_counted_there():
    plan = planned(leaf(10**6) + 1, far=False, keep=False)
    stage = plan.stages[0]._replace(device="gpu:0")
    plan = plan._replace(device="gpu:0", stages=(stage, *plan.stages))
    (value,) = [v.id for v in plan.values if v.role == "input"]
    before = scratch_of(plan)
    fetched = Copy((value,), "gpu:0", "cpu", 8 * 10**6, 1e-3, "it lies there")
    after = scratch_of(plan._replace(copies=(fetched,)))
    assert after == before + 8 * 10**6


def test_inputs_on_another_gpu_are_copied_and_listed():
    x, y = leaf(10**6), leaf(10**6 + 1)
    roots = ((x + y[1:])._current(),)
    _, nodes = evaluate.structure(roots)
    first, second = (k for k, n in enumerate(nodes) if n.op.name == "data")
    asked = Asked({first: "gpu:0", second: "gpu:1"}, len(nodes), keep=True)
    machine = Machine(H200.gpu, "", H200.cpu, resident="gpu:0", host=H200)
    makes = {}
    for target in ("gpu:0", "gpu:1", "cpu"):
        plan = evaluate.make_plan(roots, nodes, current(), target, machine, asked)
        makes[target] = [(c.source, c.target) for c in plan.copies]
        assert all(c.source in c.reason for c in plan.copies)
        assert all(0 < c.seconds < 1 for c in plan.copies)
    assert makes == {
        "gpu:0": [("gpu:1", "gpu:0")],
        "gpu:1": [("gpu:0", "gpu:1")],
        "cpu": [("gpu:0", "cpu"), ("gpu:1", "cpu")],
    }


# --- prices against a simulation of every cut -----------------------------------------

BASE_CPU = DeviceProfile(
    "a CPU", "cpu", 0, 1e10, 1e9, 1e-6, measured=True, dispatch=3e-6, node=1e-7
)
BASE_GPU = DeviceProfile(
    "a GPU",
    "gpu",
    1 << 34,
    1e12,
    1e12,
    4e-6,
    measured=True,
    dispatch=1e-5,
    node=2e-7,
    wait=5e-6,
    link_latency=7e-6,
    call=2e-6,
    upload=((1.0, 1e-5), (1e5, 2e-5), (1e10, 1.0)),
    download=((1.0, 8e-6), (1e5, 2e-5), (1e10, 1.0)),
    functions={"sort/f8": ((1.0, 1e-5), (1e9, 1.0))},
)
HOST = HostProfile(
    "by hand",
    BASE_CPU._replace(functions={"sort/f8": ((1.0, 1e-6), (1e9, 2.0))}),
    BASE_GPU,
)


@st.composite
def works(draw):
    size = 10 ** draw(st.integers(0, 8))
    kind = draw(st.sampled_from(["map", "map", "reduce", "library", "view", "scalar"]))
    if kind in ("view", "scalar"):
        return Work(kind)
    if kind == "library":
        amount = float(size)
        return Work(kind, size, family="sort/f8", amount=amount, moved=8 * size)
    flops = draw(st.integers(1, 40))
    terms = (Term("add/f8", "cheap/f8", flops, size),)
    return Work(
        kind,
        size,
        8 * size,
        8 * size,
        flops * size,
        terms,
        1,
        0,
        flops,
        moved=16 * size,
    )


@st.composite
def routes(draw):
    stages = tuple(draw(st.lists(works(), min_size=1, max_size=7)))
    count = len(stages)
    flows = []
    for made in [-1] * draw(st.integers(1, 3)) + list(range(count)):
        if made == count - 1:
            first, last, result = count, -1, True
        else:
            first = draw(st.integers(made + 1, count - 1))
            last, result = draw(st.integers(first, count - 1)), False
            if made >= 0:
                result = draw(st.booleans())
        far = made < 0 and draw(st.booleans())
        nbytes = 8 * 10 ** draw(st.integers(0, 8))
        flows.append(Flow(nbytes, made, first, last, far, result))
    inputs = tuple((f.nbytes, f.far) for f in flows if f.made < 0)
    results = tuple(f.nbytes for f in flows if f.result)
    keep = draw(st.booleans())
    task = Task(stages, inputs, results, draw(st.integers(1, 20)), 1, keep)
    bound = frozenset(k for k in range(count) if draw(st.integers(0, 9)) == 0)
    return Route(task, tuple(flows), bound if draw(st.booleans()) else frozenset())


def simulated(route, host, place, near_first):
    """Return what one cut costs, from scratch."""
    task, gpu, count = route.task, host.gpu, len(route.task.stages)
    near = set(range(place)) if near_first else set(range(place, count))
    total = host.cpu.dispatch + task.nodes * host.cpu.node + gpu.link_latency
    total += sum(seconds(task.stages[k], host.cpu) for k in near)
    clock = free = 0.0
    for k in range(count):
        if k in near or task.stages[k].kind in ("view", "scalar"):
            continue
        if task.stages[k].family:
            clock = free = max(clock, free) + seconds(task.stages[k], gpu)
        else:
            clock += gpu.launch
            free = max(free, clock) + on_device(task.stages[k], gpu)
    total += gpu.dispatch + max(clock, free)
    waits = task.keep and near_first
    for flow in route.flows:
        down = copied(gpu.download, flow.nbytes)
        up = copied(gpu.upload, flow.nbytes)
        if flow.made < 0:
            # One who reads first and one who reads last are all that is known.
            ends = {k in near for k in (flow.first, flow.last)}
            total += down if flow.far and True in ends else 0.0
            total += up if not flow.far and False in ends else 0.0
        elif flow.made in near:
            total += up if flow.last >= 0 and flow.last not in near else 0.0
        elif (flow.result and not task.keep) or (flow.last >= 0 and flow.last in near):
            total += down
    return total + (gpu.wait if waits else 0.0)


@settings(max_examples=150, deadline=None)
@given(routes())
def test_every_cut_is_priced_as_if_it_were_the_only_one(route):
    route = route._replace(bound=frozenset())
    prices = _Prices(route, HOST, HOST.gpu, 1.0, 0.0)
    for place in range(1, len(route.task.stages)):
        for cut in (prices.far_first(place), prices.near_first(place)):
            expected = simulated(route, HOST, place, cut.near_first)
            assert cut.seconds == pytest.approx(expected, rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(routes())
def test_a_mixed_plan_is_chosen_only_if_it_wins_by_its_margin(route):
    offer = offers(route, HOST)
    assert offer.best <= min(offer.cpu, offer.gpu)
    found = by_cost(route, HOST, "gpu:0", Asked())
    where = sides(offer, found.device, len(route.task.stages), "gpu:0")
    if offer.is_mixed:
        assert offer.mixed.seconds + offer.mixed.margin < min(offer.cpu, offer.gpu)
        assert offer.mixed.margin >= 0
        assert set(where) == {"cpu", "gpu:0"}
        assert where == sorted(where, reverse=where[0] != "cpu")
    else:
        assert set(where) == {found.device}
    assert MARGIN < 1


# --- more work on a faster device never moves a plan the other way --------------------


def amount(offer, route, kind):
    """Return the seconds that a device works under a choice, on the machine as it was."""
    count = len(route.task.stages)
    device = "gpu:0" if offer.gpu < offer.cpu else "cpu"
    where = sides(offer, device, count, "gpu:0")
    prices = _Prices(route, HOST, HOST.gpu, 1.0, 0.0)
    place = offer.mixed.place if offer.is_mixed else count
    if kind == "cpu":
        return sum(
            seconds(work, HOST.cpu)
            for work, side in zip(route.task.stages, where, strict=True)
            if side == "cpu"
        )
    if set(where) == {"cpu"}:
        return 0.0
    if where[0] == "cpu":
        return prices.rest[place]
    return prices.ready[place]


@settings(max_examples=300, deadline=None)
@given(routes(), st.floats(1.0, 20.0), st.sampled_from(("cpu", "gpu")))
def test_a_faster_device_works_no_less(route, times, kind):
    route = route._replace(bound=frozenset())
    quicker = faster(getattr(HOST, kind), bandwidth=times, work=times, fixed=times)
    before = offers(route, HOST)
    after = offers(route, HOST._replace(**{kind: quicker}))
    least = amount(before, route, kind)
    assert amount(after, route, kind) >= least * (1 - 1e-9)


@settings(max_examples=100, deadline=None)
@given(routes(), st.floats(1.0, 20.0), st.sampled_from(("cpu", "gpu")))
def test_a_faster_device_loses_no_plan(route, times, kind):
    quicker = faster(getattr(HOST, kind), bandwidth=times, work=times, fixed=times)
    host = HOST._replace(**{kind: quicker})
    before = by_cost(route, HOST, "gpu:0", Asked())
    after = by_cost(route, host, "gpu:0", Asked())
    if before.device[:3] == kind and not before.offer.is_mixed:
        assert (after.device, after.offer.is_mixed) == (before.device, False)
    if before.offer.is_mixed:
        other = "cpu" if kind == "gpu" else "gpu:0"
        assert after.offer.is_mixed or after.device != other


def sorted_here(size):
    return Work("library", size, family="sort/f8", amount=float(size), moved=8 * size)


def added_there(size):
    terms = (Term("add/f8", "cheap/f8", 1, size),)
    return Work("map", size, 8 * size, 8 * size, size, terms, 1, 0, 1, moved=16 * size)


def test_a_faster_gpu_keeps_a_plan_that_is_interrupted_by_the_host():
    sizes = (1, 10_000_000, 1, 1_000_000, 1, 1, 1)
    makers = (*([sorted_here] * 2), *([added_there] * 3), *([sorted_here] * 2))
    stages = tuple(make(size) for make, size in zip(makers, sizes, strict=True))
    ends = ((8, 0), (8, 1), (8, 2), (8, 3), (8_000_000, 6), (800_000, 5), (8, 6))
    flows = [Flow(n, k - 1, max(last, k), last) for k, (n, last) in enumerate(ends)]
    flows[4] = flows[4]._replace(first=6)
    flows.append(Flow(8, 6, 7, -1, result=True))
    task = Task(stages, ((8, False),), (8,), 1, 1, keep=False)
    route = Route(task, tuple(flows), frozenset({0, 2, 4, 5, 6}))
    mixed = []
    for times in (1.0, 2.0, 4.0, 9.0, 20.0):
        gpu = faster(HOST.gpu, bandwidth=times, work=times, fixed=times)
        offer = offers(route, HOST._replace(gpu=gpu))
        assert offer.gpu < offer.cpu
        mixed.append(offer.is_mixed)
    assert mixed == sorted(mixed, reverse=True)
