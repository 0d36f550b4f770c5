"""Plans that run in windows: the same values, within the limit, and refusals that say why."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.plan.fit import Room, fit
from lazyarr.runtime import pool

ROWS, COLS = 3001, 40
RNG = np.random.default_rng(7)
X = RNG.standard_normal((ROWS, COLS))
Y = RNG.standard_normal((ROWS, COLS))
SMALL = RNG.standard_normal(COLS)


def ramped(a):
    return a * la.arange(ROWS, dtype="f8")[:, None] + la.arange(COLS)[::-1]


# Everything is a stage of its own, so that there are temporaries to be cut.
MAPS = {
    "chain": lambda a, b: la.exp(a * 2 + b) - 1,
    "broadcast": lambda a, b: (a + SMALL) * SMALL[None] - a[:1],
    "stencil": lambda a, b: (a[2:] - 2 * a[1:-1] + a[:-2]) * 0.5 + b[1:-1],
    "reversed": lambda a, b: (a[::-1] * 2 + b) * b[::-1],
    "strided": lambda a, b: (a[::2] * 3 + b[::-2]) * 2 - a[::2],
    "ramp": lambda a, b: ramped(a) * 2 + b,
    "rows": lambda a, b: (a * b + 1) / la.sqrt((a * a).sum(axis=1))[:, None],
    "transposed": lambda a, b: (a.T * 2 + b.T) * SMALL[:, None],
}
FOLDS = {
    "sum": lambda a, b: (a * 2 + b).sum(),
    "columns": lambda a, b: (a * b + 1).sum(axis=0),
    "mean": lambda a, b: la.mean(a * b + 1, axis=1),
    "var": lambda a, b: la.var(a * b + 1),
    "std": lambda a, b: la.std(a * b + 1, axis=0) * 2,
    "argmax": lambda a, b: la.argmax(a * b + 1),
    "argmin": lambda a, b: la.argmin(a * b + 1, axis=0),
    "extremes": lambda a, b: la.max(a * b + 1) - la.min(a - b * 2, axis=0),
    "count": lambda a, b: la.count_nonzero((a * b + 1) > 0, axis=0),
    "any": lambda a, b: la.any((a * b + 1) > 9, axis=0),
    "prod": lambda a, b: la.prod(a * 0.01 + 1 + b * 0, axis=0),
    "twice": lambda a, b: ((a - la.mean(a * 2)) ** 2).sum(axis=0),
}


def run(make, limit, operands=(X, Y)):
    """Return the plan and the value under a limit, without fusion."""
    arrays = [la.asarray(x) for x in operands]
    with la.config(fusion=False, memory_limit=limit, small_path=False):
        made = make(*arrays)
        return la.explain(made).plan, made.compute()


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("slack", [0.05, 0.4])
def test_maps_have_the_same_bits_in_windows(name, slack):
    whole, expected = run(MAPS[name], None)
    limit = expected.nbytes + int(slack * X.nbytes)
    plan, found = run(MAPS[name], limit)
    assert any(one.windows > 1 for one in plan.passes), plan.decisions
    assert plan.peak_bytes <= limit < whole.peak_bytes
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype


@pytest.mark.parametrize("name", FOLDS)
@pytest.mark.parametrize("limit", [60_000, 300_000])
def test_reductions_are_carried_from_window_to_window(name, limit):
    _, expected = run(FOLDS[name], None)
    plan, found = run(FOLDS[name], limit)
    assert any(one.windows > 1 for one in plan.passes), plan.decisions
    again = run(FOLDS[name], limit)[1]
    np.testing.assert_array_equal(found, again)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)
    assert type(found) is type(expected)
    if expected.dtype.kind in "bi":
        np.testing.assert_array_equal(found, expected)


def test_several_results_of_one_plan():
    def make(a, b):
        made = la.exp(a * 2 + b)
        return made, made.sum(axis=0), la.argmax(made), (a * 2).sum()

    with la.config(fusion=False):
        expected = la.compute(*make(la.asarray(X), la.asarray(Y)))
        with la.config(memory_limit=X.nbytes + 200_000):
            found = la.compute(*make(la.asarray(X), la.asarray(Y)))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    np.testing.assert_array_equal(found[0], expected[0])


@pytest.mark.parametrize("dtype", ["f4", "i8", "c16", "?", "f2"])
def test_dtypes_survive_windows(dtype):
    data = (X * 3).astype(dtype)
    for make in (lambda a: (a + a) * a, lambda a: la.max((a + a) * a, axis=0)):
        _, expected = run(make, None, (data,))
        plan, found = run(make, expected.nbytes + data.nbytes // 4, (data,))
        assert plan.passes
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_nan_wins_in_windows_as_it_does_whole():
    data = X.copy()
    data[2000, 3] = np.nan
    for make in (lambda a: la.argmax(a * 2 + 1), lambda a: la.max(a * 2 + 1)):
        _, expected = run(make, None, (data,))
        np.testing.assert_array_equal(run(make, 100_000, (data,))[1], expected)


def test_the_plan_says_how_many_windows_and_why():
    plan, _ = run(FOLDS["sum"], 300_000)
    told = [d for d in plan.decisions if d.subject == "memory"]
    assert len(told) == 1
    (one,) = [one for one in plan.passes if one.windows > 1]
    rows = f"{one.windows} windows of {one.rows} rows"
    assert told[0].choice == f"stages 0 to 2 run in {rows}"
    assert "memory_limit is 293.0 KiB" in told[0].reason
    assert "stage 0 (multiply)" in told[0].reason


def test_measured_memory_stays_under_the_limit():
    limit = 2_000_000
    data = RNG.standard_normal((200_000, 8))  # 12.8 MB
    arrays = [la.asarray(data), la.asarray(data + 1)]
    with la.config(fusion=False, memory_limit=limit, threads=1, result_pool_bytes=0):
        made = la.sum(la.exp(arrays[0] * 0.5) + arrays[1], axis=0)
        pool.results.clear()
        tracemalloc.start()
        value = made.compute()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    np.testing.assert_allclose(value, (np.exp(data * 0.5) + data + 1).sum(0))
    assert peak < limit + 1_500_000  # the scratch of a tile comes on top


def test_what_cannot_be_cut_is_refused_and_named():
    x = la.asarray(X)
    with la.config(memory_limit="1MiB"):
        with pytest.raises(la.MemoryLimitError, match=r"sort.* cannot run in windows"):
            la.sort(x * 2, axis=0).compute()
        told = la.explain(la.sort(x * 2, axis=0)).plan.decisions
    assert [d.choice for d in told if d.subject == "memory"] == ["refused"]


def test_explain_does_not_raise_where_compute_would():
    with la.config(memory_limit=1000):
        made = la.asarray(X) * 2
        assert "refused" in str(la.explain(made))
        with pytest.raises(la.MemoryLimitError):
            made.compute()


def test_an_update_is_not_cut_but_may_stand_between_passes():
    def make(a, b):
        z = la.exp(a * 2 + b)
        z[3:5] = 1.0
        return z.sum(axis=0)

    _, expected = run(make, None)
    plan, found = run(make, 2 * X.nbytes + 200_000)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert plan.peak_bytes <= 2 * X.nbytes + 200_000


def test_a_fit_leaves_a_plan_that_fits_alone():
    plan = evaluate.plan_of(((la.asarray(X) * 2)._current(),))
    fitted = fit(plan, lambda need: Room(10 * need, "there is plenty"))
    assert not fitted.refused
    assert not fitted.plan.passes
    assert fitted.plan.memory.need == X.nbytes
