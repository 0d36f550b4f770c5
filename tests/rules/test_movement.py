"""Views move to the sources: what is looked at is computed, once, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.api.handle import array_of
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import topological
from lazyarr.ir.text import show
from lazyarr.ir.view import Axis, View
from lazyarr.rules import simplify
from lazyarr.rules.movement import _box, _core, _spread, _within
from lazyarr.rules.reduction import blocks_of
from tests.ir.parse import parse

# Before, after: the text of the graph without blanks.
CASES = {
    "a slice goes through a map": (
        """%0: f64[8,9] = data
           %1: f64[8,9] = multiply %0 2.0
           %2: f64[7,5] = view %1[1:, ::2]
           out %2""",
        """%0: f64[8,9] = data
           %1: f64[7,5] = view %0[1:, ::2]
           %2: f64[7,5] = multiply %1 2.0
           out %2""",
    ),
    "a slice goes through a chain and both operands": (
        """%0: f64[8] = data
           %1: f64[8] = data
           %2: f64[8] = exp %0
           %3: f64[8] = add %2 %1
           %4: f64[3] = view %3[2:5]
           out %4""",
        """%0: f64[8] = data
           %1: f64[3] = view %0[2:5]
           %2: f64[3] = exp %1
           %3: f64[8] = data
           %4: f64[3] = view %3[2:5]
           %5: f64[3] = add %2 %4
           out %5""",
    ),
    "one element is arithmetic on one element": (
        """%0: f64[8] = data
           %1: f64[8] = multiply %0 %0
           %2: f64[] = view %1[3]
           out %2""",
        """%0: f64[8] = data
           %1: f64[] = view %0[3]
           %2: f64[] = multiply %1 %1
           out %2""",
    ),
    "a slice goes through a reduction": (
        """%0: f64[8,9] = data
           %1: f64[8] = sum %0 axis=1
           %2: f64[2] = view %1[:2]
           out %2""",
        """%0: f64[8,9] = data
           %1: f64[2,9] = view %0[:2]
           %2: f64[2] = sum %1 axis=1
           out %2""",
    ),
    "a transpose does not go through a reduction": (
        """%0: f64[4,5,6] = data
           %1: f64[4,5] = sum %0 axis=2
           %2: f64[5,4] = view %1.T
           out %2""",
        """%0: f64[4,5,6] = data
           %1: f64[4,5] = sum %0 axis=2
           %2: f64[5,4] = view %1.T
           out %2""",
    ),
    "a broadcast repeats no work": (
        """%0: f64[1,4] = data
           %1: f64[1,4] = exp %0
           %2: f64[3,4] = view %1.broadcast
           out %2""",
        """%0: f64[1,4] = data
           %1: f64[4] = view %0[0]
           %2: f64[4] = exp %1
           %3: f64[3,4] = view %2.broadcast
           out %3""",
    ),
    "of a slice that is broadcast only the slice moves": (
        """%0: f64[4] = data
           %1: f64[4] = exp %0
           %2: f64[4] = view %1[:1].broadcast
           out %2""",
        """%0: f64[4] = data
           %1: f64[] = view %0[0]
           %2: f64[] = exp %1
           %3: f64[4] = fill %2
           out %3""",
    ),
    "two users of one slice compute it once": (
        """%0: f64[8] = data
           %1: f64[8] = multiply %0 2.0
           %2: f64[4] = view %1[:4]
           %3: f64[4] = sin %2
           %4: f64[4] = exp %2
           %5: f64[4] = add %3 %4
           out %5""",
        """%0: f64[8] = data
           %1: f64[4] = view %0[:4]
           %2: f64[4] = multiply %1 2.0
           %3: f64[4] = sin %2
           %4: f64[4] = exp %2
           %5: f64[4] = add %3 %4
           out %5""",
    ),
    "two slices of most of it leave it whole": (
        """%0: f64[8] = data
           %1: f64[8] = multiply %0 2.0
           %2: f64[7] = view %1[1:]
           %3: f64[7] = view %1[:-1]
           %4: f64[7] = subtract %2 %3
           out %4""",
        """%0: f64[8] = data
           %1: f64[8] = multiply %0 2.0
           %2: f64[7] = view %1[1:]
           %3: f64[7] = view %1[:-1]
           %4: f64[7] = subtract %2 %3
           out %4""",
    ),
    "two small slices compute the part that holds both": (
        """%0: f64[90] = data
           %1: f64[90] = exp %0
           %2: f64[4] = view %1[20:24]
           %3: f64[4] = view %1[22:26]
           %4: f64[4] = subtract %2 %3
           out %4""",
        """%0: f64[90] = data
           %1: f64[6] = view %0[20:26]
           %2: f64[6] = exp %1
           %3: f64[4] = view %2[:-2]
           %4: f64[4] = view %2[2:]
           %5: f64[4] = subtract %3 %4
           out %5""",
    ),
    "what is asked for whole is computed whole": (
        """%0: f64[8] = data
           %1: f64[8] = multiply %0 2.0
           %2: f64[2] = view %1[:2]
           out %1 %2""",
        """%0: f64[8] = data
           %1: f64[8] = multiply %0 2.0
           %2: f64[2] = view %1[:2]
           out %1 %2""",
    ),
    "a step stays behind an op whose bits depend on strides": (
        """%0: f64[8] = data
           %1: f64[8] = exp %0
           %2: f64[8] = view %1[::-1]
           out %2""",
        """%0: f64[8] = data
           %1: f64[8] = exp %0
           %2: f64[8] = view %1[::-1]
           out %2""",
    ),
    "a look at what an update wrote is what it wrote": (
        """%0: f64[8] = data
           %1: f64[3] = data
           %2: f64[3] = exp %1
           %3: f64[8] = update %0[2:5] %2
           %4: f64[3] = view %3[2:5]
           out %4""",
        """%0: f64[3] = data
           %1: f64[3] = exp %0
           out %1""",
    ),
    "what is written over what was written there is the one write": (
        """%0: f64[8] = data
           %1: f64[3] = data
           %2: f64[3] = exp %1
           %3: f64[8] = update %0[2:5] %2
           %4: f64[3] = view %3[2:5]
           %5: f64[3] = multiply %4 2.0
           %6: f64[8] = update %3[2:5] %5
           %7: f64[3] = view %6[2:5]
           %8: f64[3] = add %7 1.0
           %9: f64[8] = update %6[2:5] %8
           out %9""",
        """%0: f64[8] = data
           %1: f64[3] = data
           %2: f64[3] = exp %1
           %3: f64[3] = multiply %2 2.0
           %4: f64[3] = add %3 1.0
           %5: f64[8] = update %0[2:5] %4
           out %5""",
    ),
    "what is written over what nobody reads may tell of errors": (
        """%0: f64[8] = data
           %1: f64[3] = data
           %2: f64[3] = exp %1
           %3: f64[8] = update %0[2:5] %2
           %4: f64[8] = update %3[2:5] %1
           out %4""",
        """%0: f64[8] = data
           %1: f64[3] = data
           %2: f64[3] = exp %1
           %3: f64[8] = update %0[2:5] %2
           %4: f64[8] = update %3[2:5] %1
           out %4""",
    ),
    "a look beside an update is at what was there": (
        """%0: f64[8] = data
           %1: f64[8] = update %0[2:5] 7.0
           %2: f64[2] = view %1[:2]
           out %2""",
        """%0: f64[8] = data
           %1: f64[2] = view %0[:2]
           out %1""",
    ),
    "a look across an update needs it": (
        """%0: f64[8] = data
           %1: f64[8] = update %0[2:5] 7.0
           %2: f64[3] = view %1[:3]
           out %2""",
        """%0: f64[8] = data
           %1: f64[8] = update %0[2:5] 7.0
           %2: f64[3] = view %1[:3]
           out %2""",
    ),
    "a slice of one operand passes a concat": (
        """%0: f64[2,8] = data
           %1: f64[2,5] = data
           %2: f64[2,13] = concat %0 %1 1
           %3: f64[2,2] = view %2[:, 9:11]
           out %3""",
        """%0: f64[2,5] = data
           %1: f64[2,2] = view %0[:, 1:3]
           out %1""",
    ),
    "a slice across two operands does not": (
        """%0: f64[8] = data
           %1: f64[5] = data
           %2: f64[13] = concat %0 %1 0
           %3: f64[3] = view %2[6:9]
           out %3""",
        """%0: f64[8] = data
           %1: f64[5] = data
           %2: f64[13] = concat %0 %1 0
           %3: f64[3] = view %2[6:9]
           out %3""",
    ),
    "a fold of a reshape of a map is a fold of the map": (
        """%0: f64[4,6] = data
           %1: f64[4,6] = multiply %0 2.0
           %2: f64[24] = reshape %1 (24,)
           %3: f64[24] = add %2 1.0
           %4: f64[] = sum %3 axis=0
           out %4""",
        """%0: f64[4,6] = data
           %1: f64[4,6] = multiply %0 2.0
           %2: f64[4,6] = add %1 1.0
           %3: f64[] = sum %2 axis=(0, 1)
           out %3""",
    ),
    "a fold of a part of what a reshape joined is left": (
        """%0: f64[24] = data
           %1: f64[4,6] = reshape %0 (4, 6)
           %2: f64[4] = sum %1 axis=1
           out %2""",
        """%0: f64[24] = data
           %1: f64[4,6] = reshape %0 (4, 6)
           %2: f64[4] = sum %1 axis=1
           out %2""",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_graph_before_and_after(name):
    before, after = CASES[name]
    roots, _ = simplify(tuple(parse(before)))
    assert show(roots) == show(parse(after))


@st.composite
def looks(draw, shape):
    """Draw a view of a base of this shape: slices, fixed indices, an order, stretches."""
    axes, out = [], []
    for n in shape:
        if draw(st.booleans()) and draw(st.booleans()):
            axes.append((draw(st.integers(0, n - 1)), 0, -1))
            continue
        length = draw(st.integers(1, n))
        step = draw(st.sampled_from([1, 1, -1, 2]))
        span = (length - 1) * abs(step)
        if span >= n:
            length, step, span = n, 1, n - 1
        start = draw(st.integers(0, n - 1 - span))
        axes.append((start if step > 0 else start + span, step, length))
        out.append(length)
    places = draw(st.permutations(range(len(out))))
    sides = [0] * len(out)
    final, k = [], 0
    for start, step, length in axes:
        if length == -1:
            final.append(Axis(start, 0, -1))
            continue
        sides[places[k]] = length
        final.append(Axis(start, step, places[k]))
        k += 1
    if draw(st.booleans()):
        sides.insert(0, draw(st.integers(1, 3)))
        final = [a if a.axis < 0 else a._replace(axis=a.axis + 1) for a in final]
    return View(tuple(sides), tuple(final))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_look_is_its_spread_over_its_core(data):
    look = data.draw(looks((4, 5, 3)))
    core = _core(look)
    named = {a.axis for a in core.axes if a.axis >= 0}
    assert named == set(range(len(core.shape)))
    assert views.compose(_spread(look), core) == look


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_looks_within_their_box_see_what_they_saw(data):
    seen = [data.draw(looks((6, 5))) for _ in range(3)]
    box = _box(seen, (6, 5))
    base = np.arange(30).reshape(6, 5)
    held = views.apply(base, box)
    for look in seen:
        within = _within(look, box)
        assert views.compose(within, box) == look
        np.testing.assert_array_equal(
            views.apply(held, within), views.apply(base, look)
        )


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_views_of_anything_have_the_same_bits_with_and_without_rules(data):
    base = np.arange(30.0).reshape(6, 5) - 11.5
    x = la.asarray(base)
    made = data.draw(st.sampled_from(["map", "sum", "update", "concat", "reshape"]))
    part = data.draw(looks((6, 5) if made != "sum" else (6,)))
    if made == "map":
        lazy, eager = x * 3 - x, base * 3 - base
    elif made == "sum":
        lazy, eager = (x * 2).sum(axis=1), (base * 2).sum(axis=1)
    elif made == "update":
        first, last = sorted(data.draw(st.tuples(st.integers(0, 6), st.integers(0, 6))))
        lazy, eager = x + 1, base + 1
        lazy[first:last] = x[first:last] * 5
        eager[first:last] = base[first:last] * 5
    elif made == "concat":
        lazy = la.concat([x[:2] * 2, x[2:] + 1])
        eager = np.concatenate([base[:2] * 2, base[2:] + 1])
    else:
        lazy, eager = ((x + 1).reshape(5, 6) * 2).reshape(6, 5), (base + 1) * 2
    node = lazy._current()
    from_view = la.asarray(views.apply(np.asarray(eager), part))
    seen = array_of(infer.view_node(node, part))
    want = from_view.compute()
    np.testing.assert_array_equal(seen.compute(), want)
    with la.config(rules=False):
        np.testing.assert_array_equal(seen.compute(), want)
    # Twice, through different views: the part that is shared is computed once.
    again = array_of(infer.view_node(node, data.draw(looks(node.shape))))
    with la.config(rules=False):
        plainly = la.compute(seen, again)
    for got, expected in zip(la.compute(seen, again), plainly, strict=True):
        np.testing.assert_array_equal(got, expected)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_blocks_of_two_shapes_hold_the_same_elements(data):
    sides = data.draw(
        st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=1, max_size=4)
    )
    size = int(np.prod(sides))
    other = []
    left = size
    while left > 1 and len(other) < 4:
        other.append(
            data.draw(st.sampled_from([n for n in range(2, left + 1) if not left % n]))
        )
        left //= other[-1]
    other.append(left)
    blocks = blocks_of(tuple(sides), tuple(other))
    assert [k for ours, _ in blocks for k in ours] == list(range(len(sides)))
    assert [k for _, theirs in blocks for k in theirs] == list(range(len(other)))
    for ours, theirs in blocks:
        assert np.prod([sides[k] for k in ours]) == np.prod([other[k] for k in theirs])


APART = {
    "column": lambda x: x[:, 1],
    "narrow": lambda x: x[:, 1:2],
    "diagonal": lambda x: x.diagonal(),
    "every other": lambda x: x[:, ::2],
    "two of a column": lambda x: x[2, 3] + x[5, 3],
}
TOGETHER = {
    "rows": lambda x: x[2:5],
    "middle": lambda x: x[:, 2:6],
    "row": lambda x: x[3],
    "swapped": lambda x: x.T,
}


@pytest.mark.parametrize("op", ["log10", "asin", "acos", "cbrt"])
@pytest.mark.parametrize("look", [*APART, *TOGETHER])
def test_where_bits_depend_on_layout_no_element_loses_its_neighbours(op, look):
    base = (np.arange(-40, 41).reshape(9, 9) / 16).astype("f2")
    key = (APART | TOGETHER)[look]
    lazy = key(getattr(la, op)(la.asarray(base)))
    with np.errstate(all="ignore"):
        want = np.asarray(key(getattr(np, op)(base)))
        got = np.asarray(lazy.compute())
    # Not a number, too, has a sign, and the loops of NumPy give it another one.
    assert np.ascontiguousarray(got).tobytes() == np.ascontiguousarray(want).tobytes()
    (root,), _ = simplify((lazy._current(),))
    sizes = {node.size for node in topological((root,)) if node.op.name == op}
    assert (sizes == {81}) is (look in APART or look == "swapped")
