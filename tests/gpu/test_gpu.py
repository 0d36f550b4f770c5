"""The CuPy executor on a GPU: values, launches, determinism, memory, streams."""

from __future__ import annotations

import importlib
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate, ops
from lazyarr.errors import MemoryLimitError
from lazyarr.ir import infer
from lazyarr.ops.row import Kind
from tests.codegen.test_ops_values import distance, growth, is_settled, valid
from tests.ops.edges import DTYPES, case_name, cases, crossed

pytestmark = pytest.mark.gpu

CASES = [case for case in cases(ops.OPS) if case[0].name != "astype"]
CASTS = [(x, y) for x in DTYPES for y in DTYPES]
FOLDS = [op for op in ops.OPS.values() if op.kind is Kind.REDUCE]


@pytest.fixture(scope="module")
def cupy():
    return importlib.import_module("cupy")


@pytest.mark.parametrize("case", CASES, ids=map(case_name, CASES))
def test_rows_agree_with_numpy(case):
    op, loop = case
    operands = valid(op, crossed(loop))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = op.numpy(*operands)
        nodes = tuple(infer.leaf(a) for a in operands)
        (got,) = evaluate.compute((infer.map_node(op, nodes),), "gpu")
    assert got.dtype == want.dtype
    if want.dtype.kind in "biu":
        wrong = got != want
    else:
        allowed = op.allowed(loop[-1]) * growth(op, operands)
        wrong = ~(distance(op, operands, got, want) <= allowed)
    far = np.max(distance(op, operands, got, want)) if want.dtype.kind in "fc" else ""
    shown = [(*(a[wrong][:9] for a in operands), got[wrong][:9], want[wrong][:9])]
    assert not wrong.any(), f"{wrong.sum()} of {wrong.size}, {far} ulp: {shown}"


@pytest.mark.parametrize("cast", CASTS, ids=lambda c: f"{c[0].name}-{c[1].name}")
def test_casts_agree_with_numpy(cast):
    source, target = cast
    (values,) = crossed((source,))
    if target.kind in "iu" and source.kind in "fc":
        values = values[is_settled(values, target)]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = values.astype(target)
        got = la.astype(la.asarray(values), target).compute(device="gpu")
    np.testing.assert_array_equal(got, want)


AXES = [None, 0, 1, 2, (0, 1), (0, 2), (1, 2)]
SHAPES = [
    (3, 5, 7),
    (33, 1, 64),
    (2, 70, 129),
    (1, 1, 5000),
    (4000, 3, 2),
    (5, 300, 96),
]


@pytest.mark.parametrize("op", FOLDS, ids=lambda op: op.name)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_reductions_agree_with_numpy(op, dtype):
    rng = np.random.default_rng(11)
    for shape in SHAPES:
        x = (rng.random(shape) * 5 - 2).astype(dtype)
        if op.name == "prod" and dtype.kind in "fc":
            x = (1 + (rng.random(shape) - 0.5) / 100).astype(dtype)
        loops = op.resolve((dtype,))
        for axis in AXES:
            axes = tuple(range(3)) if axis is None else axis
            axes = axes if isinstance(axes, tuple) else (axes,)
            node = infer.astype(infer.leaf(x), loops[0])
            node = infer.reduce_node(op, node, axes, loops[-1])
            (got,) = evaluate.compute((node,), "gpu")
            wide = x.astype(loops[0])
            if loops[0].kind in "fc" and op.name not in ("argmax", "argmin"):
                wide = wide.astype("G" if loops[0].kind == "c" else "g")
            with np.errstate(over="ignore"):  # float16 sums
                expected = np.asarray(op.numpy(wide, axes)).astype(loops[-1])
            if loops[-1].kind in "biu":
                np.testing.assert_array_equal(got, expected)
            else:
                eps = float(np.finfo(loops[-1]).eps)
                scale = np.abs(wide.astype("D")).sum() / max(np.asarray(got).size, 1)
                np.testing.assert_allclose(got, expected, 20 * eps, eps * float(scale))


def test_nan_wins_and_the_first_place_wins():
    x = np.zeros((4, 5000), np.float32)
    x[0, 77] = x[0, 4000] = np.nan
    x[1, 33] = x[1, 4900] = 5
    lazy = la.asarray(x)
    assert la.argmax(lazy, axis=1).compute(device="gpu").tolist() == [77, 33, 0, 0]
    assert np.isnan(la.max(lazy).compute(device="gpu"))
    assert int(la.argmin(lazy[1:]).compute(device="gpu")) == 0


@pytest.mark.parametrize("rows", [1, 3, 70])
@pytest.mark.parametrize(
    "length", [1, 2, 31, 32, 33, 255, 1000, 1024, 4097, 9999, 12288, 32768, 40000]
)
@pytest.mark.parametrize("dtype", ["e", "f", "d"])
def test_softmax_of_every_length(rows, length, dtype):
    x = np.random.default_rng(0).random((rows, length)).astype(dtype)
    lazy = la.asarray(x)
    e = la.exp(lazy - la.max(lazy, axis=1, keepdims=True))
    got = (e / la.sum(e, axis=1, keepdims=True)).compute(device="gpu")
    wide = np.exp(x.astype("d") - x.max(1, keepdims=True).astype("d"))
    expected = (wide / wide.sum(1, keepdims=True)).astype(dtype)
    rtol = {"e": 1e-2, "f": 2e-6, "d": 1e-14}[dtype]
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=1e-7)


# --- random graphs --------------------------------------------------------------------

UNARY = [la.exp, la.sin, la.tanh, la.square, la.abs, la.negative]
BINARY = [la.add, la.subtract, la.multiply, la.maximum]


def build(draw, xp, arrays, unary, binary):
    pool = list(arrays)
    for kind, i, j, k in draw:
        a, b = pool[i % len(pool)], pool[j % len(pool)]
        if kind == 0:
            pool.append(unary[k % len(unary)](a))
        elif kind == 1:
            pool.append(binary[k % len(binary)](a, b) * 0.25)
        elif kind == 2:
            pool.append(a - xp.mean(a, axis=k % 2, keepdims=True))
        elif kind == 3:
            pool.append(a[::-1, :] + b[:, ::-1])
        else:
            pool.append(xp.where(a > b, a, xp.max(b, axis=1, keepdims=True)))
    return pool[-1]


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 4), st.integers(0, 99), st.integers(0, 99), st.integers(0, 9)
        ),
        min_size=1,
        max_size=12,
    ),
    shape=st.sampled_from([(3, 4), (17, 65), (64, 64), (5, 3000), (300, 2)]),
    dtype=st.sampled_from(["f", "d"]),
)
def test_random_graphs_agree_with_the_cpu(steps, shape, dtype):
    rng = np.random.default_rng(1)
    x, y = (rng.random(shape).astype(dtype) for _ in range(2))
    lazy = build(steps, la, [la.asarray(x), la.asarray(y)], UNARY, BINARY)
    with np.errstate(all="ignore"):
        got, expected = lazy.compute(device="gpu"), lazy.compute(device="cpu")
    assert got.dtype == expected.dtype
    tolerance = 1e-4 if dtype == "f" else 1e-10
    finite = np.isfinite(expected) & (np.abs(expected) < 1e30)
    scale = float(np.abs(expected[finite]).max(initial=1))
    np.testing.assert_allclose(
        got[finite], expected[finite], tolerance, tolerance * scale
    )


# --- how it runs ----------------------------------------------------------------------


def test_the_same_bits_a_hundred_times(cupy):
    x = la.asarray(cupy.random.default_rng(0).random((1000, 3001), np.float32))

    def call():
        z = x * 2 - 1
        parts = la.compute(
            z.sum(), z.mean(axis=0), z.var(axis=1), la.std(z), device="gpu"
        )
        return b"".join(np.asarray(p).tobytes() for p in parts)

    first = call()
    assert all(call() == first for _ in range(99))


def test_sums_are_no_less_accurate_than_numpys():
    x = np.random.default_rng(0).random(10_000_000).astype(np.float32)
    exact = float(x.astype(np.float64).sum())
    ours = abs(float(la.asarray(x).sum().compute(device="gpu")) - exact)
    assert ours <= abs(float(x.sum()) - exact)


def test_a_new_scalar_or_shape_compiles_nothing(cupy):
    launch = importlib.import_module("lazyarr.runtime.launch")

    def run(size, scalar):
        x = la.asarray(cupy.ones((size, size), np.float32))
        return float((la.exp(x * scalar) + x.sum(axis=0)).sum().compute(device="gpu"))

    run(1024, 2.5)
    before = launch.compiled_kernels()
    run(1024, 3.5)
    run(512, 4.5)
    assert launch.compiled_kernels() == before


def test_persist_keeps_results_on_the_device(cupy):
    x = (la.asarray(np.arange(1000.0)) + 1).persist(device="gpu")
    array = cupy.asarray(x)
    assert isinstance(array, cupy.ndarray)
    assert cupy.asarray(x).data.ptr == array.data.ptr
    np.testing.assert_array_equal((x * 2).compute(), (np.arange(1000.0) + 1) * 2)


def test_leaves_of_any_layout(cupy):
    base = cupy.arange(60.0).reshape(6, 10)
    for leaf in (base.T, base[::2, 1::3], base[::-1], base[:, ::-1], base[1:, 1:]):
        got = (la.asarray(leaf) * 2 + 1).compute(device="gpu")
        np.testing.assert_array_equal(got, leaf.get() * 2 + 1)
        total = la.sum(la.asarray(leaf), axis=0).compute(device="gpu")
        np.testing.assert_array_equal(total, leaf.get().sum(0))


def test_other_streams(cupy):
    with cupy.cuda.Stream(non_blocking=True) as stream:
        x = la.asarray(cupy.arange(100_000.0))
        y = (x * 2).persist(device="gpu")
        z = (y.sum() + 1).persist(device="gpu")
        stream.synchronize()
        assert float(cupy.asarray(z)) == 2 * np.arange(100_000.0).sum() + 1


def test_large_arrays_there_and_back():
    x = np.random.default_rng(0).random((3000, 5001))
    np.testing.assert_array_equal((la.asarray(x) + 1).compute(device="gpu"), x + 1)


def test_wide_indices(cupy):
    size = (1 << 31) + 10
    if cupy.cuda.runtime.memGetInfo()[0] < 6 << 30:
        pytest.skip("needs 6 GB")
    x = cupy.zeros(size, np.int8)
    x[-1] = 3
    lazy = la.asarray(x)
    assert int(la.max(lazy + 1).compute(device="gpu")) == 4
    assert int(la.argmax(lazy).compute(device="gpu")) == size - 1


def test_out_of_memory_names_need_and_limit(cupy):
    free = cupy.cuda.runtime.memGetInfo()[0]
    x = la.asarray(cupy.ones(1000))
    huge = la.broadcast_to(x[0] + 1, (free // 4,)) + 0.5
    with pytest.raises(MemoryLimitError, match="bytes on the GPU"):
        huge.persist(device="gpu")
    assert float(x.sum().compute(device="gpu")) == 1000


def test_out_of_memory_at_every_allocation(cupy, monkeypatch):
    x = la.asarray(np.ones((100, 100)))
    stage = importlib.import_module("lazyarr.runtime.device_stage")
    plain = stage._empty

    def call():
        return ((x @ x + 1).sum(axis=0) * 2).compute(device="gpu")

    expected = call()
    for fail_at in range(1, 6):
        left = [fail_at]

        def empty(shape, dtype, left=left):
            left[0] -= 1
            if left[0] == 0:
                raise cupy.cuda.memory.OutOfMemoryError(1, 1)
            return plain(shape, dtype)

        monkeypatch.setattr(stage, "_empty", empty)
        np.testing.assert_array_equal(call(), expected)


def test_updates_and_views():
    a = np.random.default_rng(0).random((40, 50))
    x, y = la.asarray(a) + 0.0, a + 0.0
    for z in (x, y):
        z[3:7, ::2] = 1.5
        z[::-1, 4] += 2
        z[10] *= z[11]
        z.reshape(-1)[::7] = 0
    np.testing.assert_array_equal(x.compute(device="gpu"), y)


def test_library_functions():
    a = np.random.default_rng(0).random((40, 50))
    x = la.asarray(a)
    for lazy, expected in (
        ((x + 1) @ x.T, (a + 1) @ a.T),
        (la.cumulative_sum(x * 2, axis=1), np.cumsum(a * 2, axis=1)),
        (la.concat([x, x + 1]), np.concatenate([a, a + 1])),
        (la.take(x, la.asarray([3, 1]), axis=1), a[:, [3, 1]]),
    ):
        np.testing.assert_allclose(lazy.compute(device="gpu"), expected, rtol=1e-13)
