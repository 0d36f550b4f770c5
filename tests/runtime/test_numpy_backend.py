"""The NumPy executor gives NumPy's bits, whatever the tiles and threads."""

import os
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate
from lazyarr.ir.node import structure
from lazyarr.ops import OPS
from lazyarr.plan.whole import in_runs
from lazyarr.runtime import floating
from lazyarr.runtime.base import Trace
from lazyarr.runtime.lane import Run

TILES = [64, 192, 131_072]


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    assert np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()


@pytest.fixture(params=TILES)
def tile(request):
    with la.config(tile_elements=request.param, small_path=False):
        yield request.param


def operands(shape, seed=0, low=-4.0):
    generator = np.random.default_rng(seed)
    return generator.uniform(low, 4, shape), generator.uniform(0.5, 4, shape)


def chain(x, y):
    return (x * 5) ** 2 + y * x - 3


# --- elementwise ------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 500, 1000, 70_001])
def test_a_chain_is_bit_identical(tile, n):
    x, y = operands(n)
    same(chain(la.asarray(x), la.asarray(y)).compute(), chain(x, y))


LAYOUTS = {
    "C": lambda x: x,
    "F": lambda x: np.asfortranarray(x),
    "transposed": lambda x: np.ascontiguousarray(x.T).T,
    "rows skipped": lambda x: np.repeat(x, 2, 0)[::2],
    "columns skipped": lambda x: np.repeat(x, 3, 1)[:, ::3],
    "flipped": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "huge strides": lambda x: np.pad(x, ((0, 0), (0, 5000)))[:, : x.shape[1]],
}


@pytest.mark.parametrize("left", LAYOUTS)
@pytest.mark.parametrize("right", LAYOUTS)
def test_layouts_are_read_as_they_are(tile, left, right):
    x, y = operands((37, 41))
    x, y = LAYOUTS[left](x), LAYOUTS[right](y)
    result = (la.exp(la.asarray(x)) * la.asarray(y) + 1).compute()
    expected = np.exp(x) * y + 1
    same(result, expected)


@pytest.mark.parametrize("layout", ["C", "F", "transposed"])
def test_results_lie_in_memory_as_numpys_do(tile, layout):
    x, y = (LAYOUTS[layout](a) for a in operands((37, 41)))
    result = (la.asarray(x) * 2 + la.asarray(y)).compute()
    assert result.strides == (x * 2 + y).strides


def test_broadcasting_views_and_ramps(tile):
    x, _ = operands((30, 7, 40))
    row, column = x[0, 0], x[:, :1, :1].copy()
    lazy = la.asarray(x)[::-1, :, ::2] * la.asarray(row)[::2] + la.asarray(column)
    same(lazy.compute(), x[::-1, :, ::2] * row[::2] + column)
    ramp = la.arange(40) * la.asarray(x) + la.arange(7, 0, -1)[:, None]
    same(ramp.compute(), np.arange(40) * x + np.arange(7, 0, -1)[:, None])


@pytest.mark.parametrize("rules", [True, False])
@pytest.mark.parametrize("n", [5, 1000])
def test_one_place_of_a_ramp_beside_the_ramp(tile, n, rules):
    with la.config(rules=rules):
        v, x = la.arange(n), np.arange(n)
        results = la.compute(v + v[1], v * 2.0 + v[-1], (v - v[2]).sum(), v[3])
    expected = (x + x[1], x * 2.0 + x[-1], (x - x[2]).sum(), x[3])
    for mine, numpys in zip(results, expected, strict=True):
        same(mine, numpys)


def test_an_operand_beside_its_own_transpose(tile):
    x, _ = operands((53, 53))
    a = la.asarray(x)
    same((a + a.T).compute(), x + x.T)
    same((a * 2 - a[::-1]).compute(), x * 2 - x[::-1])


@pytest.mark.parametrize(
    "dtype", ["?", "i1", "u2", "i4", "i8", "e", "f", "d", "F", "D"]
)
def test_dtypes_and_casts(tile, dtype):
    x = np.arange(-150, 150).astype(dtype)
    target = np.complex64 if x.dtype.kind == "c" else np.float32
    a = la.asarray(x)
    same((a + a).compute(), x + x)
    same(
        la.where(a > 3, a, 1).astype(target).compute(),
        np.where(x > 3, x, x.dtype.type(1)).astype(target),
    )


@pytest.mark.parametrize("dtype", "fdFD")
def test_ops_whose_bits_depend_on_layout(tile, dtype):
    generator = np.random.default_rng(3)
    real, imag = generator.normal(size=(2, 61, 67))
    x = (real + 1j * imag).astype(dtype) if dtype in "FD" else real.astype(dtype)
    for key in (np.s_[:], np.s_[:, ::2], np.s_[::-1, 3:], np.s_[1:, 5]):
        a, v = la.asarray(x)[key], x[key]
        same(la.abs(a * 3).compute(), np.abs(v * 3))
        if dtype in "fd":
            same(la.hypot(a, a + 1).compute(), np.hypot(v, v + 1))


@pytest.mark.parametrize("name", ["exp", "sin", "cos", "log1p", "tanh", "sqrt", "atan"])
@pytest.mark.parametrize("dtype", ["e", "f", "d"])
def test_functions_of_slices_keep_their_last_bits(name, dtype):
    generator = np.random.default_rng(5)
    x = generator.uniform(0.1, 3, (130, 131)).astype(dtype)
    ours, numpys = getattr(la, name), getattr(np, {"atan": "arctan"}.get(name, name))
    keys = [
        np.s_[:],
        np.s_[1:, :-1],
        np.s_[:, ::2],
        np.s_[::-1],
        np.s_[:, 7],
        np.s_[:120, :128],
    ]
    with la.config(tile_elements=2048, small_path=False):
        for key in keys:
            a, v = la.asarray(x)[key], x[key]
            same(
                (ours(a) * 2 + ours(a * 0.5)).compute(), numpys(v) * 2 + numpys(v * 0.5)
            )
            same((ours(a) + ours(a.T).T).compute(), numpys(v) + numpys(v.T).T)
        row, column = la.asarray(x)[:1], la.asarray(x)[:, :1]
        same((ours(row) * ours(column)).compute(), numpys(x[:1]) * numpys(x[:, :1]))
        base = la.array(np.zeros((130, 300), dtype))
        base[:, 3:265:2] = ours(la.asarray(x) * 2)
        expected = np.zeros((130, 300), dtype)
        expected[:, 3:265:2] = numpys(x * x.dtype.type(2))
        same(base.compute(), expected)


def test_long_chains_use_little_scratch():
    x, _ = operands(200_000)
    with la.config(tile_elements=4096, rules=False):
        a = la.asarray(x)
        for k in range(100):
            a = a * 1.01 + k
        expected = x
        for k in range(100):
            expected = expected * 1.01 + k
        same(a.compute(), expected)


# --- reductions -------------------------------------------------------------

REDUCTIONS = ["sum", "prod", "max", "min", "mean", "var", "any", "all", "count_nonzero"]
AXES = [None, 0, 1, 2, (0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_reductions(tile, name, axis, order):
    x = np.asarray(operands((14, 33, 9), low=3.9)[0], order=order)
    result = getattr(la, name)(la.asarray(x) / 4, axis=axis).compute()
    expected = getattr(np, name)(x / 4, axis=axis)
    assert np.shape(result) == np.shape(expected)
    assert np.asarray(result).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(result, expected, rtol=1e-13)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["sum", "max", "prod", "min", "all"])
def test_one_tile_is_bit_identical(name, axis):
    x = operands((14, 33, 90), low=3.9)[0]
    with la.config(small_path=False):
        result = getattr(la, name)(la.asarray(x) / 4 + 0.01, axis=axis).compute()
    same(result, getattr(np, name)(x / 4 + 0.01, axis=axis))


@pytest.mark.parametrize("name", ["argmin", "argmax"])
@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_first_of_equals_and_nan_is_found(tile, name, axis, order):
    x = np.asarray(
        np.random.default_rng(1).integers(0, 9, (60, 50)), float, order=order
    )
    same(
        getattr(la, name)(la.asarray(x), axis=axis).compute(),
        getattr(np, name)(x, axis=axis),
    )
    x[17, 20] = x[40, 20] = np.nan
    same(
        getattr(la, name)(la.asarray(x), axis=axis).compute(),
        getattr(np, name)(x, axis=axis),
    )


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_pass_nan_on(tile, name):
    x = operands(1000)[0]
    x[777] = np.nan
    assert np.isnan(getattr(la, name)(la.asarray(x)).compute())


def test_sums_are_no_less_accurate_than_numpys(tile):
    x = np.random.default_rng(0).uniform(0, 1, 1_000_003).astype(np.float32)
    exact = x.astype(np.float64).sum()
    ours = abs(float(la.sum(la.asarray(x)).compute()) - exact)
    assert ours <= max(abs(float(x.sum()) - exact), exact * 2**-23)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_the_number_of_threads_changes_no_bit(axis):
    x, y = operands((700, 900))
    found = set()
    for count in (1, 2, 3, 7):
        with la.config(threads=count, tile_elements=2048):
            total = la.sum(chain(la.asarray(x), la.asarray(y)), axis=axis)
            spread = la.var(la.asarray(x) * 3, axis=axis)
            parts = la.compute(total, spread)
        found.add(b"".join(np.asarray(part).tobytes() for part in parts))
    assert len(found) == 1


def test_several_results_of_one_pass(tile):
    x, y = operands((40, 50))
    a = chain(la.asarray(x), la.asarray(y))
    e = chain(x, y)
    whole, total, top, place = la.compute(
        a, a.sum(axis=1), a.max(axis=1), a.argmax(axis=1)
    )
    same(whole, e)
    np.testing.assert_allclose(total, e.sum(1), rtol=1e-13)
    same(top, e.max(1))
    same(place, e.argmax(1))


def test_rows_are_worked_on_whole(tile):
    x, _ = operands((90, 33))
    a = la.asarray(x)
    e = la.exp(a - la.max(a, axis=1, keepdims=True))
    soft = e / la.sum(e, axis=1, keepdims=True)
    expected = np.exp(x - x.max(1, keepdims=True))
    same(soft.compute(), expected / expected.sum(1, keepdims=True))
    columns = (a - la.mean(a, axis=0)) / la.std(a, axis=0)
    np.testing.assert_allclose(
        columns.compute(), (x - x.mean(0)) / x.std(0), rtol=1e-11, atol=1e-13
    )


def test_empty_reductions(tile):
    a = la.asarray(np.empty((0, 300)))
    same(la.sum(a, axis=0).compute(), np.zeros(300))
    same(la.prod(a).compute(), 1.0)
    assert not la.any(a).compute()
    with pytest.raises(ValueError, match="zero-size array"):
        la.max(a).compute()


# --- random programs --------------------------------------------------------


@st.composite
def programs(draw):
    shape = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)))
    steps = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5)), max_size=9))
    return shape, steps, draw(st.sampled_from([1, 7, 64])), draw(st.integers(1, 3))


def play(xp, values, steps):
    held = list(values)
    for action, pick in steps:
        a, b = held[pick % len(held)], held[-1]
        match action:
            case 0:
                new = a + b if a.shape == b.shape else a * 3
            case 1:
                new = a[::-1]
            case 2:
                new = xp.permute_dims(a, tuple(reversed(range(a.ndim))))
            case 3:
                new = a[..., :1] * a
            case 4:
                new = xp.max(a, axis=0, keepdims=True) - a
            case 5:
                new = xp.where(a > b, a, b) if a.shape == b.shape else -a
            case _:
                new = xp.abs(a) + xp.min(a, axis=-1, keepdims=True)
        held.append(new)
    return held


@settings(deadline=None, max_examples=80)
@given(programs())
def test_random_programs_equal_numpy(program):
    shape, steps, tile, count = program
    values = [np.random.default_rng(k).integers(-9, 9, shape) / 4 for k in range(2)]
    expected = play(np, values, steps)
    with la.config(tile_elements=tile, threads=count, small_path=False):
        found = la.compute(*play(la, [la.asarray(v) for v in values], steps))
    for ours, eager in zip(found, expected, strict=True):
        same(ours, eager)


# --- what a result may share ------------------------------------------------


@pytest.mark.parametrize("n", [10, 300_000])
def test_results_alias_neither_inputs_nor_one_another(n):
    x = np.arange(float(n))
    a = la.asarray(x)
    results = la.compute(a, a, a[::2], a + 0, a.reshape(2, -1), -a, -a)
    for k, one in enumerate(results):
        assert not np.shares_memory(one, x)
        assert one.flags.writeable
        for other in results[:k]:
            assert not np.shares_memory(one, other)


@pytest.mark.parametrize("n", [10, 100_000, 350_000, 1_000_000])
def test_numbers_that_count_on_are_anothers_each_time(n):
    x = la.arange(n)
    with la.config(small_path=False):
        results = *la.compute(x, x, x + 0), x.compute()
    for k, one in enumerate(results):
        assert np.array_equal(one, np.arange(n))
        one[:] = -k  # of nobody else's


def test_a_scalar_result_is_a_numpy_scalar(tile):
    x, _ = operands(1000)
    assert type(la.sum(la.asarray(x)).compute()) is np.float64
    assert type((la.sum(la.asarray(x)) * 2).compute()) is np.float64


# --- updates ----------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [np.s_[:], np.s_[3], np.s_[::2, 5:], np.s_[::-1], np.s_[..., 4], np.s_[2:7, ::-3]],
)
def test_updates_write_one_region(tile, key):
    x, y = operands((40, 30))
    a = la.array(x)
    a[key] = la.asarray(y)[key] * 2
    expected = x.copy()
    expected[key] = y[key] * 2
    same(a.compute(), expected)
    same(x, operands((40, 30))[0])


def test_updates_that_read_what_they_write(tile):
    x, _ = operands((40, 30))
    a = la.array(x)
    a[1:] += a[:-1]
    a[:, ::-1] -= a * 2
    a.T[3:5] = 7
    a.reshape(-1)[::11] = la.asarray(np.float64(9))
    e = x.copy()
    e[1:] += e[:-1].copy()
    e[:, ::-1] -= e * 2
    e.T[3:5] = 7
    e.reshape(-1)[::11] = 9
    same(a.compute(), e)


# --- errors and warnings ----------------------------------------------------


def divided(n):
    a = la.asarray(np.arange(float(n)) % 7)
    return a / (a - a)


@pytest.mark.parametrize("n", [10, 200_000])
def test_warnings_come_once_and_name_this_file(n):
    with (
        warnings.catch_warnings(record=True) as caught,
        la.config(small_path=False, threads=3),
    ):
        warnings.simplefilter("always")
        divided(n).compute()
    texts = sorted(str(w.message) for w in caught)
    assert texts == [
        "divide by zero encountered in divide",
        "invalid value encountered in divide",
    ]
    assert {w.filename for w in caught} == {__file__}


@pytest.mark.parametrize("n", [10, 200_000])
def test_the_users_errstate_is_honoured(n, capfd):
    with la.config(small_path=False, threads=3):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error")
            divided(n).compute()
        with (
            np.errstate(all="raise"),
            pytest.raises(FloatingPointError, match="divide by zero"),
        ):
            divided(n).compute()
        calls = []
        with np.errstate(all="call", call=lambda *args: calls.append(args)):
            divided(n).compute()
        assert [kind for kind, _ in calls] == ["divide by zero", "invalid value"]

        class Log:
            def __init__(self):
                self.lines = []

            def write(self, text):
                self.lines.append(text)

        log = Log()
        with np.errstate(all="log", call=log):
            divided(n).compute()
        assert len(log.lines) == 2
        with np.errstate(all="print"):
            divided(n).compute()
    assert "divide by zero encountered" in capfd.readouterr().err


def test_casts_and_reductions_warn_as_numpy_does():
    x = np.full(200_000, 1e308)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        la.sum(la.asarray(x)).compute()
        la.asarray(x * np.inf).astype(np.int32).compute()
    texts = [str(w.message) for w in caught]
    assert any("overflow encountered in" in text for text in texts)
    assert any("invalid value encountered in cast" in text for text in texts)


class BoomError(Exception):
    """Raised by a row that the test breaks."""


@pytest.mark.parametrize("n", [10, 500_000])
def test_an_error_names_the_line_and_leaves_the_executor_usable(n):
    def broken(*_):
        raise BoomError("no")

    a = la.asarray(np.arange(float(n)))
    good = a + 1
    bad = la.maximum(a * 2, 3)
    evaluate.clear_cache()
    with la.config(small_path=False, threads=3):
        row = OPS["maximum"]
        original = row.numpy
        object.__setattr__(row, "numpy", broken)
        try:
            with pytest.raises(
                la.ExecutionError, match=r"test_numpy_backend\.py"
            ) as info:
                bad.compute()
        finally:
            object.__setattr__(row, "numpy", original)
            evaluate.clear_cache()
        assert isinstance(info.value.__cause__, BoomError)
        same(good.compute(), np.arange(float(n)) + 1)
        same(bad.compute(), np.maximum(np.arange(float(n)) * 2, 3))


def test_failures_keep_numpys_type():
    place = floating.Place(OPS["abs"])
    wrapped = floating.failure(IndexError("out of bounds"), place)
    assert isinstance(wrapped, IndexError)
    assert isinstance(wrapped, la.ExecutionError)
    assert isinstance(floating.failure(MemoryError("no room"), place), MemoryError)
    user = FloatingPointError("asked for")
    assert floating.failure(user, place) is user


# --- threads ----------------------------------------------------------------


def test_many_threads_compute_at_once():
    x, y = operands(150_000)
    expected = chain(x, y)
    total = la.sum(chain(la.asarray(x), la.asarray(y))).compute()
    failures = []

    def one():
        try:
            a = chain(la.asarray(x), la.asarray(y))
            for _ in range(3):
                with la.config(tile_elements=8192, threads=4):
                    whole, summed = la.compute(a, la.sum(a))
                same(whole, expected)
                assert np.isclose(summed, total, rtol=1e-12)
        except BaseException as error:  # noqa: BLE001 - shown by the main thread
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # JAX's, if it is loaded
def test_a_forked_child_starts_threads_of_its_own():
    x, y = operands(500_000)
    with la.config(threads=3):
        expected = chain(la.asarray(x), la.asarray(y)).compute()
        pid = os.fork()
        if pid == 0:
            try:
                again = chain(la.asarray(x), la.asarray(y)).compute()
                os._exit(0 if np.array_equal(again, expected) else 1)
            except BaseException:  # noqa: BLE001 - nothing may leave the child
                os._exit(2)
        _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


# --- measuring --------------------------------------------------------------


@pytest.mark.parametrize("n", [100, 200_000])
def test_a_trace_has_every_stage(n):
    x, y = operands(n)
    a = chain(la.asarray(x), la.asarray(y))
    plan = evaluate.plan_of((a._node,), "cpu")
    trace = Trace()
    _, nodes = structure((a._node,))
    (result,) = evaluate.prepare(plan).run([node.value for node in nodes], trace)
    same(result, chain(x, y))
    assert set(trace.seconds) == {stage.id for stage in plan.stages}
    assert all(seconds >= 0 for seconds in trace.seconds.values())
    assert trace.nbytes[plan.stages[-1].id] >= 3 * n * 8


@pytest.mark.parametrize(("size", "parts"), [(100_000, 4), (40_000, 1), (131_072, 4)])
def test_what_is_heavy_is_cut_though_it_is_not_long(monkeypatch, size, parts):
    found = []
    run = Run.run

    def noted(self, count):
        found.append(self.program.parts)
        run(self, count)

    monkeypatch.setattr(Run, "run", noted)
    x = np.linspace(0.5, 3, size)
    heavy = la.asarray(x)
    np.testing.assert_array_equal(
        (la.sin(heavy) * la.exp(heavy)).compute(), np.sin(x) * np.exp(x)
    )
    assert found == ([parts] if parts > 1 else [])
    np.testing.assert_array_equal((heavy * 2 + 1).compute(), x * 2 + 1)
    assert la.sin(heavy).sum().compute() == np.sin(x).sum()
    assert len(found) == (parts > 1)


def test_a_reshape_that_is_a_result_shares_nothing_that_others_hold():
    x = la.asarray(np.arange(400_000.0))
    made = (x * 2).reshape(800, 500)
    (first,) = la.compute(made)
    np.testing.assert_array_equal(first, (np.arange(400_000.0) * 2).reshape(800, 500))
    plain = x.reshape(800, 500)
    assert not np.may_share_memory(plain.compute(), np.asarray(x))
    both = la.compute(x * 2, (x * 2).reshape(800, 500))
    assert not np.may_share_memory(*both)


# --- stages on whole arrays that follow one another ----------------------------


def descent(xp, a, b, rounds=4):
    """A loop over data: products of matrices, and little arithmetic between them."""
    w = xp.zeros(3)
    for _ in range(rounds):
        w = w - 0.1 * ((a.T @ (a @ w - b)) / len(b))
    return w


@pytest.mark.usefixtures("planned")
def test_stages_on_whole_arrays_are_one_list_of_calls(monkeypatch):
    data, b = operands((900, 3))
    b = b[:, 0]
    opened = []
    noted = floating.noted

    def counted(places):
        opened.append(len(places))
        return noted(places)

    with la.config(tile_elements=2048):
        found = descent(la, la.asarray(data) * 2, la.asarray(b))
        found.compute()
        monkeypatch.setattr(floating, "noted", counted)
        result = found.compute()
        stages = len(found.explain().to_dict()["stages"])
    np.testing.assert_allclose(result, descent(np, data * 2, b), rtol=1e-12)
    assert stages >= 9
    assert len(opened) <= 3


@pytest.mark.usefixtures("planned")
def test_large_temporaries_do_not_wait_for_the_calls_after_their_last_reader():
    x = la.asarray(np.random.default_rng(1).random((400, 400)))
    with la.config(tile_elements=4096, small_path=False):
        large = (x * 2 + 1) / 3
        made = large @ la.ones(400)
        for _ in range(3):
            made = (la.cumulative_sum(made) - 1) @ la.ones((400, 400))
        plan = evaluate.plan_of((made._current(),))
    dying = [v.id for v in plan.values if v.role == "temporary" and v.nbytes > 1 << 18]
    assert dying
    runs = list(in_runs(plan, {s.id for s in plan.stages if s.kind == "map"}))
    assert [s.id for run in runs for s in run] == [s.id for s in plan.stages]
    for run in runs:
        made = {o.value for s in run for o in s.outputs}
        for stage in run[:-1]:
            ends = [v for v in dying if plan.last_use[v] == stage.id]
            assert made.issuperset(ends)
    assert max(map(len, runs)) > 1
