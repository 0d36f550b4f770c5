"""Values that a GPU computes, against NumPy: rows, casts, reductions, random graphs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate, ops
from lazyarr.ir import infer
from lazyarr.ops.row import Kind
from tests.cases import every
from tests.codegen.programs import PROGRAMS, STEPS, assert_near, build, several
from tests.codegen.test_ops_values import distance, growth, is_settled, valid
from tests.ops.edges import DTYPES, case_name, cases, crossed

pytestmark = pytest.mark.gpu

CASES = [case for case in cases(ops.OPS) if case[0].name != "astype"]
FOLDS = [op for op in ops.OPS.values() if op.kind is Kind.REDUCE]


def meaningful(op, operands):
    """Leave out complex powers whose angle, or sign of infinity, is rounding error."""
    if op.name not in {"pow", "float_power"} or operands[0].dtype.kind != "c":
        return operands
    base, power = operands
    info = np.finfo(base.dtype)
    with np.errstate(all="ignore"):
        exponent = power.astype("D") * np.log(base.astype("D"))
        keep = ~(np.abs(exponent) * info.eps > 1) & ~(exponent.real > np.log(info.max))
    exact = (power.imag == 0) & (np.abs(power.real) < 100)  # repeated products
    return [a[keep | exact | ~np.isfinite(exponent)] for a in operands]


@pytest.mark.parametrize("name", sorted({op.name for op, _ in CASES}))
def test_rows_agree_with_numpy(name):
    mine = {case_name(case): case for case in CASES if case[0].name == name}
    every(lambda case: check_row(*mine[case]), mine)


def check_row(op, loop):
    operands = meaningful(op, valid(op, crossed(loop)))
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


@pytest.mark.parametrize("source", DTYPES, ids=str)
def test_casts_agree_with_numpy(source):
    every(lambda target: check_cast(source, target), DTYPES)


def check_cast(source, target):
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
def test_reductions_agree_with_numpy(op):
    every(lambda dtype: check_reduction(op, dtype), DTYPES)


def check_reduction(op, dtype):
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


LENGTHS = [1, 2, 31, 32, 33, 255, 1000, 1024, 4097, 9999, 12288, 32768, 40000]


@pytest.mark.parametrize("dtype", ["e", "f", "d"])
def test_softmax_of_every_length(dtype):
    every(lambda rows, length: check_softmax(rows, length, dtype), [1, 3, 70], LENGTHS)


def check_softmax(rows, length, dtype):
    x = np.random.default_rng(0).random((rows, length)).astype(dtype)
    lazy = la.asarray(x)
    e = la.exp(lazy - la.max(lazy, axis=1, keepdims=True))
    got = (e / la.sum(e, axis=1, keepdims=True)).compute(device="gpu")
    wide = np.exp(x.astype("d") - x.max(1, keepdims=True).astype("d"))
    expected = (wide / wide.sum(1, keepdims=True)).astype(dtype)
    rtol = {"e": 1e-2, "f": 2e-6, "d": 1e-14}[dtype]
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=1e-7)


# --- random graphs --------------------------------------------------------------------


@settings(deadline=None, max_examples=100)
@given(
    steps=STEPS,
    shape=st.sampled_from([(3, 4), (17, 65), (64, 64), (5, 3000), (300, 2)]),
    dtype=st.sampled_from(["f", "d"]),
)
def test_random_graphs_agree_with_the_cpu(steps, shape, dtype):
    rng = np.random.default_rng(1)
    x, y = (rng.random(shape).astype(dtype) for _ in range(2))
    lazy = build(steps, [la.asarray(x), la.asarray(y)])
    with np.errstate(all="ignore"):
        assert_near(lazy.compute(device="gpu"), lazy.compute(device="cpu"))


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree_with_numpy(name, dtype):
    rng = np.random.default_rng(3)
    for shape in [(37, 50), (5, 1031), (64, 96), (1000, 1024), (3, 50_001)]:
        x, y = ((rng.random(shape) * 3).astype(dtype) for _ in range(2))
        expected = several(PROGRAMS[name](np, x.copy(), y))
        lazy = several(PROGRAMS[name](la, la.asarray(x), la.asarray(y)))
        for got, want in zip(la.compute(*lazy, device="gpu"), expected, strict=True):
            assert np.asarray(got).dtype == np.asarray(want).dtype
            rtol = 1e-12 if dtype == "f8" and name != "mixed" else 1e-4
            np.testing.assert_allclose(got, want, rtol, rtol)
