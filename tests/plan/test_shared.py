"""What threads that share a stage take: bounds, growth, and figures found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.cli.measure_cpu import _falling
from lazyarr.cli.measure_threads import Timed, fitted
from lazyarr.ir.node import structure
from lazyarr.plan.cost import TILE, seconds
from lazyarr.plan.cost import crew as modelled
from lazyarr.plan.lag import narrow
from lazyarr.plan.profile import DeviceProfile
from lazyarr.plan.shared import Ease, Tiles, crew, is_heavy, is_long, together, waited
from lazyarr.plan.work import work_of
from lazyarr.runtime import threads
from tests.plan.quicker import faster

TURNS = ((2.0, 1e-6, 2e-6, 4e-6, 1e-6), (16.0, 5e-6, 2e-6, 40e-6, 8e-6))
CPU = DeviceProfile(
    "a CPU",
    "cpu",
    0,
    1e11,
    1e9,
    0.0,
    measured=True,
    wake=100e-6,
    turns=TURNS,
    threads=((1.0, 1e10), (16.0, 1e11)),
    costs={"add/f8": 2e-10, "multiply/f8": 2e-10, "sum/f8": 2e-10, "sin/f8": 5e-9},
)
LONG = Tiles(1000.0, 100e-6, 2, 0)


def test_one_thread_waits_for_nobody():
    assert together(LONG, 1, CPU) == pytest.approx(1000 * 100e-6)


def test_what_is_over_before_others_start_does_without_them():
    short = Tiles(0.5, 100e-6, 1, 0)
    assert together(short, 16, CPU) == pytest.approx(50e-6)


def test_arithmetic_is_shared_and_waiting_adds_up():
    busy, wait = 1000 * 100e-6 / 16, 1000 * waited(LONG, 16, CPU)
    found = together(LONG, 16, CPU)
    # Some wait while others work; no thread waits for all others each time.
    assert max(busy, wait) < found < busy + wait + 16 * CPU.wake
    free = CPU._replace(turns=(), wake=0.0)
    assert together(LONG, 16, free) == pytest.approx(busy, rel=0.01)


def test_threads_that_wait_are_no_slower_than_one_alone():
    slow = CPU._replace(turns=((2.0, 1.0, 1.0, 1.0, 1.0),))
    alone = together(LONG, 1, CPU)
    # Beside the last tiles, for which all have to get the lock once more.
    assert together(LONG._replace(number=1e6), 16, slow) < 1000 * alone + 16 * 16


def test_memory_bounds_what_threads_gain():
    assert together(LONG._replace(least=50e-6), 16, CPU) >= 1000 * 50e-6


def test_waits_lie_between_those_measured():
    folds = Tiles(10.0, 1e-4, 3, 1)
    assert waited(folds, 2, CPU) == pytest.approx(2e-6 + 1e-6 + 2 * 1e-6 + 4e-6)
    assert waited(folds, 16, CPU) == pytest.approx(2e-6 + 5e-6 + 2 * 8e-6 + 40e-6)
    assert waited(folds, 2, CPU) < waited(folds, 9, CPU) < waited(folds, 16, CPU)
    assert waited(folds, 99, CPU) == waited(folds, 16, CPU)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(1.0, 1e5),
    st.floats(1e-6, 1e-2),
    st.integers(1, 100),
    st.integers(1, 16),
    st.floats(1.0, 20.0),
)
def test_more_tiles_take_longer_and_faster_machines_less(
    number, each, calls, count, times
):
    tiles = Tiles(number, each, calls, 0)
    here = together(tiles, count, CPU)
    assert together(tiles._replace(number=number * 1.5), count, CPU) >= here * 0.999
    assert together(tiles._replace(each=each * 1.5), count, CPU) >= here * 0.999
    quick = faster(CPU, work=times, bandwidth=times, fixed=times)
    quicker = tiles._replace(each=each / times)
    assert together(quicker, count, quick) == pytest.approx(here / times)


def works():
    """Return stages of several kinds and sizes."""
    for tiles in (8, 40):
        x, y = (la.asarray(np.broadcast_to(v, (tiles << 17,))) for v in (1.5, 2.5))
        for made in (x + y, (x * y + y) * x + y, la.sum(x), la.sum(x * y + x)):
            roots = (made._current(),)
            assert structure(roots)
            plan = la.explain(made, device="cpu").plan
            yield work_of(plan.stages[-1], plan.values)


def test_figures_are_found_again():
    timed = [
        Timed(work, count, seconds(work, _with(count)))
        for count in (2, 16)
        for work in works()
    ]
    found = fitted(timed, CPU._replace(wake=0.0, turns=()))
    for each in timed:
        again = found._replace(threads=((float(each.threads), 0.0),))
        assert seconds(each.work, again) == pytest.approx(each.seconds, rel=0.25)
    assert fitted([], CPU) == CPU


def _with(count):
    return CPU._replace(threads=((float(count), 0.0),))


def test_what_is_heavy_is_cut_though_it_is_short():
    assert is_heavy(100_000, 75, Ease(1.0, 1.0))
    assert not is_heavy(100_000, 2, Ease(1.0, 1.0))
    assert not is_heavy(1000, 10**6, Ease(1.0, 1.0))
    # Of calls as short as that, two threads would wait for each other.
    assert not is_heavy(100_000, 75, Ease(1e-4, 1.0))
    x = la.asarray(np.ones(100_000))
    plan = la.explain(la.sin(x), device="cpu").plan
    (work,) = (work_of(stage, plan.values) for stage in plan.stages)
    heavy = work._replace(weight=1000, ease=Ease(1.0, 1.0))
    assert seconds(heavy, CPU) < seconds(heavy._replace(splits=False), CPU)


@pytest.mark.parametrize(
    ("program", "long"),
    [
        (lambda x: x + 1, False),
        (lambda x: x.max(), False),
        (lambda x: x.mean(), False),  # one division in all
        (lambda x: la.concat((x, x, x)).max(), False),  # nothing is stored
        (lambda x: la.concat((x, x, x)).argmax(), False),
        (lambda x: (la.concat((x, x, x)) > 2).any(), False),  # booleans are little
        (lambda x: la.concat((x, x, x)) + 1, True),  # worth another thread
        (lambda x: la.sin(x) * la.cos(x), True),
        (lambda x: x.reshape(-1, 2).max(axis=1), False),
        (lambda x: (x.reshape(-1, 2) + 1).max(axis=1), True),  # and would be stored
        (lambda x: x.astype("f4") + 1, False),
        # Four operations and a store, but three of them on bytes.
        (lambda x: la.concat((x, x)).astype("u1") * 3 + 1, False),
        (lambda x: (la.concat((x, x)) > 1).astype("u1") * 255, False),
    ],
)
def test_what_one_thread_does_soon_is_not_cut(program, long):
    tile = la.config.tile_elements
    made = program(la.asarray(np.arange(2.0 * tile)))
    plan = la.explain(made, device="cpu").plan
    stage = plan.stages[-1]
    assert is_long(stage, plan.values, tile) is long
    assert is_long(stage, plan.values, 64) is True  # who asks for tiles gets them
    value = made.compute(device="cpu")
    assert np.array_equal(value, program(la.asarray(np.arange(2.0 * tile))).compute())


def crew_of(made):
    plan = la.explain(made, device="cpu").plan
    stage, values = plan.stages[-1], plan.values
    return crew(stage, values, TILE * narrow(stage, values))


def test_stages_of_many_short_turns_are_done_by_few_threads():
    x = la.asarray(np.ones((2000, 2000)))
    few = crew_of(la.sum(x * x + 1, axis=1))
    assert 2 <= few < crew_of(x * x + 1) < crew_of(la.sin(x) * la.exp(x))
    assert crew_of(la.sum(x)) < crew_of(la.sum(la.sin(la.sin(la.sin(x)))))
    narrow = la.asarray(np.ones((2000, 2000), "f4"))
    # The same tiles, but half as many: starting a thread is worth less.
    assert crew_of(narrow + narrow) < crew_of(x + x)
    assert crew_of(la.where(x > 1, x, x * 2)) < crew_of(x * 2 + x * 3)  # several calls
    short = la.asarray(np.ones(40))
    assert crew_of(la.sum(short)) == 2  # never one alone


def test_chains_of_short_calls_are_left_to_one_thread(monkeypatch):
    woken = []
    monkeypatch.setattr(
        threads, "run", lambda worker, count, wanted, notes: woken.append(wanted)
    )

    def chain(z, step):
        for _ in range(40):
            z = step(z) + 0.1
        return z

    with la.config(threads=64):
        for dtype in ("f4", "f8"):
            wide = la.asarray(np.full(100_000, 0.1, dtype))
            assert chain(wide, la.square).compute().shape == wide.shape
        assert not woken
        chain(wide, la.sin).compute()
    (count,) = woken
    assert count > 1


def test_no_more_threads_are_woken_than_do_a_stage_soonest(monkeypatch):
    woken = []

    def noted(worker, count, wanted, notes):
        woken.append(wanted)
        worker(iter([*range(count), None]).__next__)

    monkeypatch.setattr(threads, "run", noted)
    x = la.asarray(np.ones(4_000_000))
    made = la.sum(x * x + 1), x * 2.5 + x
    with la.config(threads=64):
        for each in made:
            assert each.compute() is not None
    assert woken == [round(crew_of(each)) for each in made]
    work = _work(made[0])
    assert modelled(work, work.size) == pytest.approx(crew_of(made[0]))
    many = CPU._replace(threads=((1.0, 1e10), (64.0, 1e12)))
    crowd = many._replace(threads=((1.0, 1e10), (crew_of(made[0]), 1e12)))
    assert seconds(work, many) == seconds(work, crowd)


def _work(made):
    plan = la.explain(made, device="cpu").plan
    return work_of(plan.stages[-1], plan.values)


def test_tiles_of_narrow_elements_are_longer():
    x, narrow = (la.asarray(np.ones(4_000_000, kind)) for kind in ("f8", "f4"))
    assert _work(narrow + narrow).tile == 2 * _work(x + x).tile


@pytest.mark.parametrize(
    ("make", "family", "amount"),
    [
        (lambda x: la.sort(x.reshape(-1)), "sort/f8", 4096 * 12),
        (la.sort, "sorts/f8", 4096 * 8),
        (lambda x: la.sort(x, axis=0), "sort/f8", 4096 * 4),
        (la.fft.fft, "transforms/f8", 4096 * 8),
        (lambda x: la.fft.fft(x, axis=0), "transforms/f8", 4096 * 4),
        (la.fft.fft2, "transforms/f8", 4096 * 12),
        (lambda x: la.fft.fft(x.reshape(-1)), "transform/f8", 4096 * 12),
    ],
)
def test_lines_that_threads_share_are_a_family_of_their_own(make, family, amount):
    work = _work(make(la.asarray(np.ones((16, 256)))))
    assert (work.family, work.amount) == (family, amount)
    single = ((1.0, 1e-6), (1e6, 1.0))
    old = CPU._replace(functions={"sort/f8": single, "transform/f8": single})
    assert seconds(work, old) > 0  # by the family next to it


def test_a_gpu_sorts_all_lines_at_once():
    curve = ((1e3, 1e-5), (1e6, 1e-3), (1e9, 1.0))
    gpu = DeviceProfile(
        "a GPU", "gpu", 0, 1e12, 1e12, 0.0, measured=True, functions={"sorts/f8": curve}
    )
    flat = la.asarray(np.ones(1 << 16))
    short, square, long = (
        _work(la.sort(flat.reshape(-1, length))) for length in (1 << 4, 1 << 8, 1 << 12)
    )
    assert seconds(short, gpu) == seconds(square, gpu) == seconds(long, gpu)
    cpu = gpu._replace(kind="cpu")
    assert seconds(short, cpu) < seconds(square, cpu) < seconds(long, cpu)
    assert seconds(square, cpu) == seconds(square, gpu)


def test_large_results_of_numpy_are_new_pages():
    curve = ((1e3, 1e-6), (1e9, 1.0))
    known = CPU._replace(
        functions={f"{name}/f8": curve for name in ("scan", "gather")}, fresh=1e9
    )
    x = la.asarray(np.broadcast_to(1.0, 5 << 20))
    for made, count in (
        (la.cumulative_sum(x), 1),
        (la.take(x, la.asarray(np.broadcast_to(0, x.size))), 16),
    ):
        work = _work(made)
        without = seconds(work, known._replace(fresh=0.0))
        assert seconds(work, known) - without == pytest.approx(0.04 / count, rel=0.05)
        assert seconds(work, known, 0.5) < without  # which a process has
        one = known._replace(threads=())
        assert seconds(work, one) - without == pytest.approx(0.04, rel=0.05)


def test_a_cpu_reads_what_it_writes():
    x = la.asarray(np.ones(1 << 22))
    rate = 1e9  # so slow that nothing else counts
    slow = CPU._replace(turns=(), wake=0.0, spread=((1.0, rate),))
    added, total = _work(x + x + la.asarray(np.ones(1 << 22))), _work(la.sum(x))
    assert seconds(added, slow) == pytest.approx((2 << 25) * 3 / 2 / rate, rel=0.05)
    assert seconds(total, slow) == pytest.approx(0.75 * (1 << 25) / rate, rel=0.05)


def test_rates_do_not_rise_with_size():
    # What is between them takes the mean of both times.
    assert _falling([(1.0, 4.0), (2.0, 8.0), (4.0, 2.0)]) == (
        (1.0, pytest.approx(16 / 3)),
        (2.0, pytest.approx(16 / 3)),
        (4.0, 2.0),
    )
    assert _falling([]) == ()


def test_a_tile_that_spills_from_a_cache_takes_longer():
    small, large = (1e5, 1e11), (1e7, 1e10)
    near = CPU._replace(turns=(), wake=0.0, cached=(small,))
    far = near._replace(cached=(small, large))
    x = la.asarray(np.ones(1 << 22))
    chain = _work(((x * x + x) * x + x) * x + x)
    single = _work(x + x)
    assert seconds(chain, far) / seconds(chain, near) > 1.1
    heavy = chain._replace(scratch=1 << 23)
    assert seconds(heavy, far) > seconds(chain, far)
    assert single.scratch == 0


def test_folds_of_rows_and_of_columns_have_costs_of_their_own():
    x = la.asarray(np.ones((100, 200)))
    for made, terms in (
        (la.max(x, axis=1), {"max/f8": 20_000, "max.row/f8": 100}),
        (la.min(x, axis=0), {"min.0/f8": 20_000}),
        (la.max(x), {"max/f8": 20_000}),
        (x + 1, {"add.1/f8": 20_000}),
    ):
        assert {t.op: t.elements for t in _work(made).terms} == terms
    costs = {"max/f8": 1e-9, "max.row/f8": 7e-6, "max.0/f8": 3e-9, "sum.row/f8": 2e-6}
    measured = CPU._replace(costs=costs, call=0.0)
    for made, expected in (
        (la.max(x, axis=1), 20_000e-9 + 100 * 7e-6),
        (la.min(x, axis=0), 3 * 20_000e-9),  # like the maximum
        (la.max(x), 20_000e-9),
    ):
        assert seconds(_work(made), measured) == pytest.approx(expected)
    whole = CPU._replace(costs={"prod/f8": 1e-9} | costs, call=0.0)
    rows = seconds(_work(la.prod(x, axis=1)), whole)
    assert rows == pytest.approx(
        20_000e-9 + 100 * 2e-6
    )  # like a sum's, not the maximum's


def test_folds_take_calls_beside_those_on_the_tile():
    x = la.asarray(np.ones((100, 200)))
    for made, calls, steps in (
        (la.sum(x), 1, 0),
        (la.argmin(x), 1, 0),
        (la.sum(x, axis=0), 1, 3),
        (la.std(x), 1, 6),
        (la.sum(x * x), 2, 0),
    ):
        work = _work(made)
        assert (work.calls, work.steps, work.folds) == (calls, steps, 1)


def test_what_folds_read_is_fetched_while_they_fold():
    x = la.asarray(np.ones((1000, 1000)))
    costs = {"sum/f8": 1e-9, "add/f8": 24e-11, "multiply/f8": 1e-9}
    one, cached = ((1.0, 8e9),), ((1e5, 8e9),)
    slow = CPU._replace(costs=costs, threads=one, cached=cached)
    direct, made = _work(la.sum(x)), _work(la.sum(x * x))
    assert (direct.direct, made.direct) == (True, False)
    assert seconds(direct, slow) == pytest.approx(1e-3, rel=0.1)
    assert seconds(made, slow) > 2e-3


def test_rows_apart_are_counted():
    x = la.asarray(np.ones((100, 200)))
    for made, rows, apart in (
        (x + 1, 0, 0),
        (x[:, 1:-1] + 1, 0, 8 * 19_800),
        (x[:, 2:] + x[:, :-2] + 1, 0, 2 * 8 * 19_800),
        (x.astype("f4")[:, 1:-1] + 1, 0, 4 * 19_800),
        (x - x.mean(axis=1, keepdims=True), 100, 0),
        (x - la.asarray(np.ones(200)), 100, 0),
        (x[1:-1] * 2, 0, 0),
    ):
        plan = la.explain(made, device="cpu").plan
        work = work_of(plan.stages[-1], plan.values)
        assert (work.rows, work.apart) == (rows, apart)


def test_elements_that_lie_apart_are_counted_for_each_cheap_call():
    x = la.asarray(np.ones((100, 200)))
    for made, stepped in (
        (x + 1, 0),
        (x[:, ::2] + 1, 100 * 100),
        (x[:, ::2] * x[:, 1::2], 100 * 100),  # in one call
        (x[:, ::-1] + x, 0),
        (x[::2] + 1, 0),  # rows lie apart, not their elements
        (x[:100, :100].T + x[:100, :100], 100 * 100),
        (la.sin(x[:, ::2]), 0),  # as long as it takes anyway
        (x - la.asarray(np.ones((100, 1))), 0),
        (la.sum(x[:, ::2] + 1), 100 * 100),
        (la.asarray(2.0) * la.asarray(np.ones(3))[0], 0),
    ):
        assert _work(made).stepped == stepped
    assert _work(x[:, ::-1] + x).reverse == 100 * 200
    marked = CPU._replace(costs={"step/f8": 1e-6})
    plain = CPU._replace(costs={"step/f8": 0.0})
    work = _work(x[:, ::2] + 1)
    more = seconds(work, marked) - seconds(work, plain)
    assert more == pytest.approx(100 * 100 * 1e-6)


def test_what_is_stored_with_gaps_is_stored_one_by_one():
    y = la.asarray(np.ones(1000))
    half = y * 3
    half[::2] = y[:500] * 2
    whole = y * 3
    whole[:500] = y[:500] * 2
    marked = CPU._replace(costs={"step/f8": 1e-6})
    plain = CPU._replace(costs={"step/f8": 0.0})
    apart, near = (_work(made) for made in (half, whole))
    assert (apart.gapped, near.gapped) == (8000, 0)
    more = seconds(apart, marked) - seconds(apart, plain)
    assert more == pytest.approx(500 * 1e-6)
    assert seconds(near, marked) == seconds(near, plain)


def test_what_lies_across_lines_costs_more_where_no_cache_has_it():
    costs = {"step/f8": 0.0, "far/f8": 8e-6}
    cached = ((1e4, 1e11), (1e5, 1e9))
    small, large = (la.asarray(np.ones((n, n))) for n in (30, 300))
    for x, beyond in ((small, 0.0), (large, 1.0)):
        work = _work(x.T + x)
        with_it, without = (
            seconds(work, CPU._replace(costs=each, cached=cached))
            for each in (costs, {"step/f8": 0.0})
        )
        paid = beyond * x.size * 8e-6
        assert with_it - without == pytest.approx(paid, abs=1e-9)


def test_an_operation_of_several_calls_counts_as_these():
    x = la.asarray(np.ones(100))
    assert _work(x + 1).calls == 1
    assert _work(la.where(x > 1, x, x * 2)).calls == 6


def moved(made):
    plan = la.explain(made, device="cpu").plan
    return work_of(plan.stages[-1], plan.values).moved


def test_memory_moves_whole_lines():
    x = la.asarray(np.ones(10_000))
    assert moved(-x[:5000]) == 16 * 5000
    assert moved(-x[::2]) == (16 + 8) * 5000
    assert moved(-x[::-1]) == 16 * 10_000
    wide = la.asarray(np.ones((1000, 100)))
    assert moved(-wide[:, 3]) == (64 + 8) * 1000
    assert moved(-wide[:, ::50]) == (64 + 8) * 2000
    assert moved(-wide[3]) == 16 * 100
    colours = la.asarray(np.ones((1000, 3)))
    assert moved(-colours[:, 1]) == (24 + 8) * 1000
    assert moved(colours[:, 0] + colours[:, 1] * colours[:, 2]) == (24 + 8) * 1000
    assert moved(wide + la.asarray(np.ones((1000, 1)))) == 16 * 100_000 + 8 * 1000


def test_lines_that_are_written_in_part_are_read():
    y = la.asarray(np.ones(10_000))
    whole, half = y * 3, y * 3
    whole[:5000] = -y[:5000]
    half[::2] = -y[:5000]
    assert moved(whole) == (8 + 8) * 5000
    assert moved(half) == 8 * 5000 + 2 * 8 * 10_000


def test_a_matrix_times_a_vector_is_no_matrix_product():
    a = la.asarray(np.ones((300, 200)))
    v = la.asarray(np.ones(200))
    plan = la.explain(a @ v, device="cpu").plan
    work = work_of(plan.stages[-1], plan.values)
    assert work.family == "vector/f8"
    assert (work.amount, work.power) == (60_000.0, 1.0)
    with_it = CPU._replace(functions={"vector/f8": ((1.0, 1e-6), (1e6, 1.0))})
    without = CPU._replace(functions={"product/f8": ((1.0, 1e-6), (1e6, 2.0))})
    assert 2 * seconds(work, with_it) == pytest.approx(seconds(work, without), rel=0.01)
