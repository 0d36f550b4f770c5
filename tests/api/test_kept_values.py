"""What was computed and is still shown by an array is not computed again."""

from __future__ import annotations

import gc
import threading
import types

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.ir import kept
from lazyarr.ir.node import topological
from lazyarr.ops import OPS
from lazyarr.ops.row import Kind
from lazyarr.runtime import numpy_backend, write
from lazyarr.testing import assert_same_bits

N = 80_000  # of which four columns are more than stays near


def is_leaf(x):
    return x._node.op.kind is Kind.SOURCE


def fraction(x):
    return x / (x * x + 1) - 1 / (x + 1)


def logistic(x):
    for _ in range(4):
        x = (1 - x) * x + x
    return x


@pytest.fixture
def data():
    return np.random.default_rng(3).random((N, 4))


def test_a_reduction_that_an_array_shows_is_kept_with_what_needs_it(data):
    x = la.asarray(data)
    label = (x * 3).argmin(axis=1)
    assert (label == 1).any()
    assert is_leaf(label)
    assert label.compute().tolist() == (data * 3).argmin(axis=1).tolist()


def test_a_library_result_that_an_array_shows_is_kept(data):
    x = la.asarray(data)
    ordered = la.sort(x, axis=0)
    float(ordered[N // 2].sum())
    assert is_leaf(ordered)
    assert np.array_equal(ordered.compute(), np.sort(data, axis=0))


@pytest.mark.parametrize(
    ("make", "read", "is_kept"),
    [
        (fraction, lambda y: la.einsum("ij,ij->i", y, y), True),
        (fraction, lambda y: la.sort(y, axis=0), True),
        (fraction, lambda y: y[1:], False),
        (lambda x: x * 2 + 1, lambda y: la.sort(y, axis=0), False),
    ],
)
def test_a_map_that_a_library_function_reads_is_kept_unless_a_copy_is_dearer(
    data, make, read, is_kept
):
    y = make(la.asarray(data))
    read(y).max().compute()
    assert is_leaf(y) == is_kept
    assert_same_bits(y.compute(), make(data))


@pytest.mark.parametrize(
    ("rows", "make", "is_kept"),
    [
        (30_000, fraction, True),
        (N, fraction, False),
        (30_000, lambda x: x * 2 + 1, False),
    ],
)
def test_a_map_is_kept_at_once_if_it_stays_in_a_cache(data, rows, make, is_kept):
    y = make(la.asarray(data[:rows]))
    before, after = y[1:] - y[:-1], y[:, 1:] - y[:, :-1]
    expected = make(data[:rows])
    assert_same_bits(before.compute(), expected[1:] - expected[:-1])
    assert is_leaf(y) == is_kept
    assert ("kept from an earlier evaluation" in str(after.explain())) == is_kept
    assert_same_bits(after.compute(), expected[:, 1:] - expected[:, :-1])


def test_what_no_array_shows_is_not_kept(data):
    x = la.asarray(data)
    total = la.sort(x * 2, axis=0).max()
    operands = total._node.args
    float(total)
    assert operands[0].op.kind is not Kind.SOURCE


def test_a_cheap_map_is_kept_when_it_is_computed_for_the_second_time(data):
    x = la.asarray(data)
    y = x * 2 + 1
    float(y.sum())
    assert not is_leaf(y)
    float(y.max())
    assert is_leaf(y)
    assert np.array_equal(y.compute(), data * 2 + 1)


def test_what_a_function_of_numpys_reads_is_kept(data):
    bits = la.asarray(data) > 0.5
    packed = la.packbits(bits, axis=0)
    assert is_leaf(bits)
    assert np.array_equal(packed.compute(), np.packbits(data > 0.5, axis=0))
    assert "read by packbits" in str((~bits).explain())
    bits[0] = True
    assert np.array_equal(packed.compute(), np.packbits(data > 0.5, axis=0))


def test_what_a_function_of_numpys_reads_is_computed_in_one_plan(data, monkeypatch):
    asked = []

    def noted(roots, *rest, **options):
        asked.append(len(roots))
        return compute(roots, *rest, **options)

    compute = evaluate.compute
    monkeypatch.setattr(evaluate, "compute", noted)
    x = la.asarray(data) + 3
    a, b = x * 2, x[:, 0] + 1
    found, *_ = la.linalg.lstsq(a, b, rcond=None)
    want, *_ = np.linalg.lstsq((data + 3) * 2, data[:, 0] + 3 + 1, rcond=None)
    assert asked == [2]
    # Of LAPACK's results the last bits depend on where its operands lie.
    np.testing.assert_allclose(found.compute(), want, 1e-12)


def test_what_a_function_of_the_users_changes_was_computed_before(data):
    x = la.asarray(data) + 1
    later = x * 2

    def clear(row):
        row[:] = 0
        return row.sum()

    assert not la.apply_along_axis(clear, 0, x).compute().any()
    assert np.array_equal(later.compute(), (data + 1) * 2)
    assert not x.compute().any()  # the function wrote into it, as with NumPy


def dear(x):
    for _ in range(10):
        x = x * x - 0.5
    return x


@pytest.fixture
def sine():
    """Return a dear function, with the number of elements that it has computed."""
    counted = []

    def computed(x):
        counted.append(x.size)
        return np.sin(x)

    made = la.elementwise("counted_sine", numpy=computed, dtypes=np.sin, flops=32)
    return made, lambda: sum(counted)


@pytest.mark.parametrize(
    "read",
    [
        lambda y: y[:10].compute(),
        lambda y: float(y[5:8].sum()),
        lambda y: float((y[100] * 2 + 1).max()),
        lambda y: y.sum(axis=1)[:10].compute(),
        lambda y: y.T[:, 3].compute(),
    ],
)
@pytest.mark.parametrize("chain", [1, 20])
def test_a_slice_of_a_dear_map_computes_no_more_than_the_slice(data, sine, read, chain):
    function, elements = sine
    y = la.asarray(data)
    for _ in range(chain):
        y = function(y)
    read(y)
    assert elements() <= 40 * chain


def test_a_dear_map_is_kept_when_its_slices_are_read_again_and_again(data, sine):
    function, elements = sine
    y = function(la.asarray(data))
    for k in range(100):
        y[k].compute()
    assert elements() <= data.size + 4
    assert is_leaf(y)


@pytest.mark.parametrize(
    "read",
    [
        lambda y: (y[1:] - y[:-1]).compute(),
        lambda y: float((y[1:] * y[:-1]).sum()),
        lambda y: la.sort(y, axis=0)[:3].compute(),
    ],
)
def test_a_dear_map_of_which_most_is_read_is_kept_the_first_time(data, sine, read):
    y = sine[0](la.asarray(data))
    read(y)
    assert is_leaf(y)


def test_a_dear_map_that_is_needed_once_takes_no_memory(data):
    x = dear(la.asarray(data))
    float(x.sum())
    assert not is_leaf(x)
    float(x.max())
    assert is_leaf(x)


def test_a_dear_map_is_kept_at_once_in_a_loop_that_computes_its_history(data):
    x = dear(la.asarray(data))
    float(x.sum())
    x = dear(x)
    float(x.sum())
    assert is_leaf(x)


def test_results_that_are_read_one_by_one_share_what_they_are_made_of(data):
    x = y = la.asarray(data)
    for _ in range(40):
        x, y = x * y * 0.5 - x * 0.25, x * 0.5 - y * y * 0.5
    before = [arg for arg in y._node.args if arg.op.kind is not Kind.SOURCE]
    x.compute()
    assert before
    assert not is_leaf(y)
    depth = len(evaluate.plan_of((y._node,)).stages[0].body)
    assert depth <= 8
    a = b = data
    for _ in range(40):
        a, b = a * b * 0.5 - a * 0.25, a * 0.5 - b * b * 0.5
    assert np.array_equal(y.compute(), b)


def test_a_very_dear_root_that_others_are_made_of_is_kept_as_a_copy(data):
    x = la.asarray(data)
    for _ in range(20):
        x = la.sin(x)
    y = x + 1
    first = x.compute()
    assert is_leaf(x)
    want = first + 1
    first[:] = 7
    assert np.array_equal(y.compute(), want)


def test_a_root_that_others_are_made_of_is_kept_if_a_copy_is_cheaper(data):
    x = la.asarray(data)
    cheap, dear = x + 1, x / la.sqrt(x * x + x) + x * 0.5 - 2
    for one, kept_as_a_copy in ((cheap, False), (dear, True)):
        other = one * 2
        first = one.compute()
        assert is_leaf(one) is kept_as_a_copy
        want = first * 2
        first[:] = 7
        assert np.array_equal(other.compute(), want)


def test_a_root_that_stays_in_a_cache_is_copied_if_it_took_four_operations(data):
    x = la.asarray(data[: N // 4])  # 640 kB
    for operations, kept_as_a_copy in ((3, False), (4, True)):
        one = x
        for k in range(operations):
            one = one * 3 if k % 2 else one + 1
        expected = one.compute()
        assert not is_leaf(one)  # nothing else is made of it
        other = one - 1
        one.compute()[:] = 0  # what is handed out is the reader's
        assert is_leaf(one) is kept_as_a_copy
        assert_same_bits(other.compute(), expected - 1)
        assert_same_bits(one.compute(), expected)


@pytest.mark.parametrize(
    "view",
    [lambda y: y.T, lambda y: y.reshape(-1), lambda y: y[::-1], lambda y: y[:, None]],
)
def test_what_is_read_through_a_view_is_kept_if_others_are_made_of_it(data, view):
    y = logistic(la.asarray(data))
    shown = view(y)
    rest = shown[1:] - shown[:-1]
    want = view(logistic(data))
    assert_same_bits(shown.compute(), want)
    assert is_leaf(y)
    assert_same_bits(rest.compute(), want[1:] - want[:-1])


@pytest.mark.parametrize("cheap", [False, True])
def test_what_is_read_through_a_view_alone_or_is_cheap_is_not_kept(data, cheap):
    x = la.asarray(data)
    y = x * 2 if cheap else logistic(x)
    shown = y.T
    rest = [shown[1:] - shown[:-1]] if cheap else []
    shown.compute()
    assert not is_leaf(y)
    assert len(rest) == cheap


def test_no_memory_for_a_copy_is_no_error(data, monkeypatch):
    def copied(result):
        raise MemoryError

    monkeypatch.setattr(write, "copied", copied)
    x = la.asarray(data)
    dear = x / la.sqrt(x * x + x) + x * 0.5 - 2
    other = dear * 2
    assert np.array_equal(dear.compute() * 2, other.compute())
    assert not is_leaf(dear)


def test_a_mean_and_a_deviation_of_draws_are_of_what_is_computed_once():
    draws = la.random.default_rng(5).random(100_000)
    weight = la.exp(-la.log1p(-draws)) / la.sqrt(1 + draws)
    mean, deviation = weight.mean(), weight.std()
    del draws
    float(mean)
    assert is_leaf(weight)
    assert float(deviation) == np.std(weight.compute())


def test_draws_that_are_needed_once_take_no_memory():
    rng = la.random.default_rng(5)
    x, y = rng.random(200_000), rng.random(200_000)
    inside = x * x + y * y <= 1
    assert abs(4 * float(inside.mean()) - np.pi) < 0.1
    assert not any(is_leaf(one) for one in (x, y, inside))


def test_nothing_larger_than_the_option_is_kept(data):
    for most, kept_at_all in ((data.nbytes - 1, False), (data.nbytes, True)):
        ordered = la.sort(la.asarray(data), axis=0)
        with la.config(kept_bytes=most):
            float(ordered.max())
        assert is_leaf(ordered) is kept_at_all


def test_nothing_is_kept_under_a_memory_limit(data):
    ordered = la.sort(la.asarray(data), axis=0)
    with la.config(memory_limit="1GiB"):
        float(ordered.max())
    assert not is_leaf(ordered)


def test_a_root_stays_an_expression_that_can_be_explained(data):
    x = la.asarray(data)
    for _ in range(40):
        x = la.sin(x)
    x.compute()
    x.compute()
    assert not is_leaf(x)
    float((x + 1).sum())
    float((x + 1).sum())
    assert is_leaf(x)


def test_small_graphs_keep_nothing():
    x = la.asarray(np.arange(50.0))
    with la.config(small_path=False):
        y = x.sum(keepdims=True)
        float((y + 1)[0])
    assert not is_leaf(y)


def test_kept_values_let_go_of_what_they_were_made_of(data):
    x = la.array(data)
    leaf = x._node
    total = x.sum(axis=1)
    float(total.max())
    del x
    gc.collect()
    assert not [r for r in gc.get_referrers(leaf) if r is total._node.args]
    assert total._node.args == ()


def test_a_kept_value_is_its_arrays_own(data):
    x = la.asarray(data)
    first = x.sum(axis=1)
    second = first
    assert float(first.max()) > 0
    before = first.compute()
    first += 1
    third = second * 1
    assert np.array_equal(third.compute(), before + 1)
    before[:] = 0
    assert float(first.max()) > 1


def test_an_expression_built_before_a_write_keeps_what_it_had(data):
    x = la.asarray(data)
    rows = x.sum(axis=1)
    plus = rows + 1
    assert float(rows.max()) == data.sum(axis=1).max()
    want = rows.compute() + 1
    rows[:] = 0
    assert np.array_equal(plus.compute(), want)


def test_strides_are_those_of_the_expression(data):
    y = la.sort(la.asarray(data).T, axis=1)
    before = la.sort(la.asarray(data).T, axis=1).strides
    float(y.max())
    assert is_leaf(y)
    assert y.strides == before


def test_kept_numbers_are_bound_like_any_other(data):
    x = la.asarray(data)
    mean = x.mean()
    assert bool(mean > 0.1)
    assert is_leaf(mean)
    assert float(mean * 2) == 2 * float(mean)


def test_plans_say_what_was_kept(data):
    label = la.asarray(data).argmin(axis=1)
    assert bool((label == 1).any())
    assert "kept from an earlier evaluation" in str((label + 1).explain())


def test_nothing_becomes_a_leaf_beside_other_threads(data):
    x = la.asarray(data)
    label = x.argmin(axis=1)
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    try:
        assert bool((label == 1).any())
        assert not is_leaf(label)
    finally:
        stop.set()
        other.join()


def test_loops_that_read_do_not_compute_their_history_again(data):
    seen = []

    def count(plan):
        seen.append(len(plan.stages))

    x = la.asarray(data)
    for _ in range(6):
        x = la.sort(x, axis=0) * 0.5
        float(x.max())
        count(evaluate.plan_of((x.sum()._node,)))
    assert max(seen) == seen[0]


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
def test_numbers_of_a_loop_do_not_compute_their_history_again(options, monkeypatch):
    # As in LSQR: every step's numbers are made of those of the last.
    compute = evaluate.compute
    met = []

    def counted(roots, *args, **options):
        met.append(len(topological(roots)))
        return compute(roots, *args, **options)

    monkeypatch.setattr(evaluate, "compute", counted)

    def loop(xp, steps):
        x, rho, total = xp.ones(4 * N), xp.sqrt(xp.ones(4 * N).sum()), 0.0
        for _ in range(steps):
            x = x * 0.99 + 0.01
            beta = xp.sqrt((x * x).sum())
            rho = xp.sqrt(rho**2 + beta**2) * (beta / rho)
            total = total + (rho / beta) ** 2
            if total < 0:
                break
        return total

    with la.config(**options):
        assert float(loop(la, 60)) == float(loop(np, 60))
    assert max(met) < 2 * kept.LONG


def test_a_failure_keeps_nothing(data, monkeypatch):
    x = la.asarray(data)
    label = x.argmin(axis=1)
    with monkeypatch.context() as patch:
        patch.setattr(kept, "become", None)
        with pytest.raises(TypeError):
            bool((label == 1).any())
    assert bool((label == 1).any())


def count(monkeypatch, roots):
    """Return how many cumulative sums it takes to read arrays one by one."""
    ran = []
    run = numpy_backend._StagedPlan.run

    def counted(executable, leaves, trace=None):
        ran.extend(executable.plan.stages)
        return run(executable, leaves, trace)

    with monkeypatch.context() as patch:
        patch.setattr(numpy_backend._StagedPlan, "run", counted)
        with la.config(tile_elements=4096):
            values = [root.compute() for root in roots()]
    return sum("cumulative_sum" in stage.ops for stage in ran), values


def test_a_scan_below_a_cheap_map_that_is_needed_again_runs_once(data, monkeypatch):
    x = data.ravel()

    def roots():
        level = 100 + la.cumulative_sum(la.asarray(x))
        return la.sqrt(level), level.max(), level * 2

    scans, (root, top, double) = count(monkeypatch, roots)
    level = 100 + np.cumsum(x)
    assert scans == 1
    assert np.array_equal(root, np.sqrt(level))
    assert top == level.max()
    assert np.array_equal(double, level * 2)


def test_a_scan_that_is_read_and_that_others_are_made_of_runs_once(data, monkeypatch):
    x = data.ravel()

    def roots():
        prefix = la.concat([la.asarray([0.0]), la.cumulative_sum(la.asarray(x))])
        return prefix, prefix[1:].max()

    scans, (prefix, top) = count(monkeypatch, roots)
    assert scans == 1
    assert top == np.cumsum(x).max()
    assert np.array_equal(prefix, np.concatenate([[0], np.cumsum(x)]))


def test_counts_that_decide_a_size_are_computed_once(data):
    counts = (la.asarray(data.ravel()) * 3).astype(la.int64)
    repeated = la.repeat(la.asarray(data.ravel()), counts)
    assert is_leaf(counts)
    assert "by repeat" in str((counts + 1).explain())
    want = np.repeat(data.ravel(), (data.ravel() * 3).astype(np.int64))
    assert np.array_equal(repeated.compute(), want)


def test_counts_are_those_of_the_call(data):
    x = la.asarray(data.ravel())
    counts = np.arange(x.size) % 3
    lazy = la.array(counts) + 0
    want = np.repeat(data.ravel(), counts)
    first, second = la.repeat(x, counts), la.repeat(x, lazy)
    counts[:] = 1
    lazy[:] = 1
    assert np.array_equal(first.compute(), want)
    assert np.array_equal(second.compute(), want)


def test_repeats_by_a_library_that_takes_no_counts():
    names = ("arange", "cumsum", "searchsorted", "take")
    other = types.SimpleNamespace(**{name: getattr(np, name) for name in names})
    x = np.arange(12.0).reshape(4, 3)
    for counts in ([1, 0, 2, 3], [0, 0, 0, 0]):
        got = OPS["repeat"].numpy(other, x, np.array(counts), 0)
        assert np.array_equal(got, np.repeat(x, counts, axis=0))


def same_step(data, order):
    """Return what is read of a step, and what it keeps, for NumPy and for lazyarr."""
    results = []
    for xp in (np, la):
        x = xp.asarray(np.array(data, order=order))
        ordered = xp.sort(x, axis=0)
        total = (ordered * 2).sum()
        results.append((float(total), ordered))
    return results


def test_strides_are_right_when_a_step_comes_again(data):
    for order in "CFCFFCC":
        (theirs, kept_there), (ours, kept_here) = same_step(data, order)
        assert ours == theirs
        assert is_leaf(kept_here)
        assert kept_here.flags.c_contiguous == kept_there.flags.c_contiguous
        assert np.array_equal(kept_here.compute(), kept_there)


def test_a_step_that_comes_again_walks_its_graph_once(data, monkeypatch):
    walks = []
    walk = evaluate.structure
    monkeypatch.setattr(
        evaluate, "structure", lambda roots: walks.append(roots) or walk(roots)
    )
    for _ in range(3):
        walks.clear()
        same_step(data, "C")
    assert len(walks) == 1


def test_a_failure_in_a_step_that_comes_again_keeps_nothing(data, monkeypatch):
    same_step(data, "C")
    same_step(data, "C")
    x = la.asarray(data)
    ordered = la.sort(x, axis=0)

    def failing(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(evaluate, "_run", failing)
        with pytest.raises(ZeroDivisionError):
            float((ordered * 2).sum())
    assert not is_leaf(ordered)
    assert float((ordered * 2).sum()) == float((np.sort(data, axis=0) * 2).sum())
    assert is_leaf(ordered)


def test_indices_are_computed_once_for_what_was_built_on_them_before(data):
    x = la.asarray(data.ravel())
    index = (x * 1000).astype(la.int64)
    after = la.diff(index) + 1
    taken = x[index]
    again = x[index]
    assert is_leaf(index)
    names = [n for s in evaluate.plan_of((after._node,)).stages for n in s.ops]
    assert "multiply" not in names
    assert "by an index" in str(after.explain())
    want = (data.ravel() * 1000).astype(np.int64)
    index += 1
    assert np.array_equal(index.compute(), want + 1)
    assert np.array_equal(after.compute(), np.diff(want) + 1)
    assert np.array_equal(taken.compute(), data.ravel()[want])
    assert np.array_equal(again.compute(), data.ravel()[want])


def test_a_window_below_what_is_written_runs_once(data, monkeypatch):
    x = data.ravel()

    def roots():
        filled = la.full(x.shape, np.nan)
        filled[4:] = la.cumulative_sum(la.asarray(x[:-4]))
        return filled.sum(), la.isnan(filled).sum(), filled[4:].max()

    scans, (_, empty, top) = count(monkeypatch, roots)
    assert scans == 1
    assert empty == 4
    assert top == np.cumsum(x[:-4]).max()


def test_updates_alone_are_nothing_to_keep(data):
    x = la.array(data)
    x[1:] = 0
    evaluate.clear_cache()
    float(x.sum())
    worth = [one for ready in evaluate._cache.values() for one in ready.worth]
    assert [one for one in worth if one.place] == []  # the sum itself is the first
