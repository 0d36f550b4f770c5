"""Plans of random graphs: well formed whatever the graph, and the same values."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate
from lazyarr.ops.row import Kind
from lazyarr.plan.model import KEPT, LOOP

ROWS, COLUMNS = 3, 4
LEAVES = [
    np.linspace(-2.0, 2.0, 12).reshape(3, 4),
    np.arange(12).reshape(3, 4) % 5 - 2,
    np.array(
        [[0.0, -0.0, np.inf, 1.5], [np.nan, 2.0, -1.0, 0.5], [3.0, 1.0, 1.0, -2.0]]
    ),
    np.arange(12, dtype="f4").reshape(3, 4) / 3,
]
# What makes an array from one, and from two, with NumPy's and lazyarr's functions.
ONE = [
    lambda xp, x: x * 2.5,
    lambda xp, x: 1 - x,
    lambda xp, x: xp.negative(x),
    lambda xp, x: xp.abs(x),
    lambda xp, x: x[::-1],
    lambda xp, x: xp.maximum(x, 0),
    lambda xp, x: xp.concatenate([x[1:], x[:1]]),
    lambda xp, x: x.reshape(COLUMNS, ROWS).T,
    lambda xp, x: xp.broadcast_to(x[:1], (ROWS, COLUMNS)),
    lambda xp, x: xp.broadcast_to(x[:, 2:3], (ROWS, COLUMNS)),
    lambda xp, x: x + xp.max(x, axis=1, keepdims=True),
    lambda xp, x: x * xp.min(x, axis=0),
    lambda xp, x: x + xp.any(x > 1),
    lambda xp, x: xp.zeros((ROWS, COLUMNS)) + x,
    lambda xp, x: xp.where(x > 0, x, xp.ones_like(x)),
    lambda xp, x: x.astype("f4"),
    lambda xp, x: written(x, (slice(1, None),), 7),
    lambda xp, x: written(x, (slice(None), 1), x[:, 2]),
]
TWO = [
    lambda xp, x, y: x + y,
    lambda xp, x, y: x * y,
    lambda xp, x, y: xp.minimum(x, y[::-1]),
    lambda xp, x, y: xp.where(x < y, x, y),
    lambda xp, x, y: x - xp.max(y),
    lambda xp, x, y: written(x, (slice(0, 2), slice(1, 3)), y[1:, :2]),
]
ENDS = [
    lambda xp, x: x,
    lambda xp, x: xp.max(x, axis=0),
    lambda xp, x: xp.min(x),
    lambda xp, x: xp.argmax(x, axis=1),
    lambda xp, x: xp.count_nonzero(x, axis=0),
    lambda xp, x: x[1, ::2],
    lambda xp, x: x.reshape(-1),
]


def written(x, key, value):
    x = x.copy()
    x[key] = value
    return x


@st.composite
def programs(draw):
    """Draw steps of a program: each a function and the arrays that it is given."""
    steps = []
    for k in range(len(LEAVES), len(LEAVES) + draw(st.integers(1, 12))):
        before = st.integers(0, k - 1)
        if draw(st.booleans()):
            steps.append((draw(st.sampled_from(ONE)), (draw(before),)))
        else:
            steps.append((draw(st.sampled_from(TWO)), (draw(before), draw(before))))
    last = len(LEAVES) + len(steps) - 1
    wanted = draw(st.lists(st.integers(last // 2, last), min_size=1, max_size=4))
    return steps, [(draw(st.sampled_from(ENDS)), k) for k in wanted]


def run(xp, program, leaves):
    steps, wanted = program
    arrays = list(leaves)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for function, places in steps:
            arrays.append(function(xp, *(arrays[k] for k in places)))
        return [end(xp, arrays[k]) for end, k in wanted]


def planned(lazies, **options):
    with la.config(**options):
        return evaluate.plan_of(tuple(x._current() for x in lazies))


def check_well_formed(plan):
    """Assert what executors rely on."""
    known = {v.id for v in plan.values if v.source >= 0}
    sources = [v.source for v in plan.values if v.source >= 0]
    assert len(set(sources)) == len(sources)
    for place, stage in enumerate(plan.stages):
        assert stage.id == place
        reads = {entry.value for entry in stage.inputs}
        writes = [output.value for output in stage.outputs]
        if stage.region is not None:
            reads.add(stage.region.base)
            assert len(writes) == 1
        assert reads <= known, "every value is written before it is read"
        assert not known.intersection(writes), "and written once"
        assert len(set(writes)) == len(writes) > 0
        known.update(writes)
        for value in reads:
            assert plan.last_use[value] >= place
        check_registers(plan, stage)
    assert set(plan.outputs) <= known
    assert len(set(plan.outputs)) == len(plan.outputs)
    check_buffers(plan)


def check_registers(plan, stage):
    spaces = [entry.space for entry in stage.inputs]
    dtypes = [plan.values[entry.value].dtype for entry in stage.inputs]
    for entry in stage.inputs:
        shape = stage.loop if entry.space == LOOP else stage.kept
        if stage.kind not in ("library", "view"):
            assert entry.view.shape == shape
        assert len(entry.view.axes) == len(plan.values[entry.value].shape)
    for instr in stage.body:
        assert all(0 <= arg < len(spaces) for arg in instr.args)
        if instr.op.kind is Kind.REDUCE:
            assert instr.space == KEPT
            assert spaces[instr.args[0]] == LOOP
        elif instr.space == KEPT:
            assert all(spaces[arg] == KEPT for arg in instr.args)
        spaces.append(instr.space)
        dtypes.append(instr.dtype)
    used = {arg for instr in stage.body for arg in instr.args}
    used.update(output.register for output in stage.outputs)
    assert used == set(range(len(spaces))), "what is read or computed is for something"
    for output in stage.outputs:
        value = plan.values[output.value]
        assert dtypes[output.register] == value.dtype
        if stage.region is None and stage.kind != "view":
            kept = spaces[output.register] == KEPT
            assert value.shape == (stage.kept if kept else stage.loop)


def check_buffers(plan):
    """Assert that two values in one buffer never live at once."""
    first = {o.value: s.id for s in plan.stages for o in s.outputs}
    held = {}
    for value, buffer in plan.buffer_of.items():
        assert plan.values[value].nbytes <= plan.buffers[buffer]
        held.setdefault(buffer, []).append((first[value], plan.last_use[value]))
    for spans in held.values():
        spans.sort()
        for (_, end), (start, _) in itertools.pairwise(spans):
            assert end < start
    results = sum(plan.values[v].nbytes for v in plan.outputs)
    assert plan.peak_bytes <= results + sum(plan.buffers) + sum(
        v.nbytes for v in plan.values if v.role == "temporary"
    )


@given(programs())
@settings(max_examples=250, deadline=None)
def test_plans_are_well_formed(program):
    lazies = run(la, program, map(la.asarray, LEAVES))
    for options in ({}, {"fusion": False}, {"rules": False}, {"max_ops_per_kernel": 2}):
        check_well_formed(planned(lazies, **options))


@given(programs())
@settings(max_examples=200, deadline=None)
def test_values_do_not_depend_on_fusion_or_rules_and_are_numpys(program):
    eagers = run(np, program, LEAVES)
    lazies = run(la, program, map(la.asarray, LEAVES))
    for options in ({}, {"fusion": False}, {"rules": False}, {"max_ops_per_kernel": 2}):
        with la.config(**options), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results = la.compute(*lazies)
        for got, want in zip(results, eagers, strict=True):
            got, want = np.asarray(got), np.asarray(want)
            assert (got.dtype, got.shape) == (want.dtype, want.shape)
            assert got.tobytes() == want.tobytes(), (options, got, want)


@given(programs())
# A write that ran too early to be in place, which only a random draw had found.
@example(
    (
        [(ONE[1], (1,)), (ONE[16], (0,)), (TWO[0], (4, 5)), (ONE[16], (4,))],
        [(ENDS[0], 7), (ENDS[5], 6)],
    )
)
@settings(max_examples=60, deadline=None)
def test_fusing_never_moves_more(program):
    lazies = run(la, program, map(la.asarray, LEAVES))
    fused, apart = planned(lazies), planned(lazies, fusion=False)
    # Scalars are read by every stage that uses them: a few bytes, not arrays.
    slack = 8 * sum(len(s.inputs) for s in fused.stages)
    assert len(fused.stages) <= len(apart.stages)
    assert moved(fused) <= moved(apart) + slack


def moved(plan):
    return sum(s.estimate.bytes_read + s.estimate.bytes_written for s in plan.stages)
