"""The text of graphs and views, and reading it back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.kept import Owned
from lazyarr.ir.node import structure
from lazyarr.ir.text import chain_text, dtype_text, param_text, show, view_text
from tests.counting import calls
from tests.ir.parse import dtype_of, parse, parse_view

F64 = np.dtype(np.float64)
OPS = ops.OPS


@st.composite
def shapes_and_views(draw):
    """Return the shape of a base and a chain of views of it, composed."""
    base = tuple(draw(st.lists(st.integers(0, 20), max_size=4)))
    view = views.identity(base)
    for _ in range(draw(st.integers(0, 4))):
        view = views.compose(draw(steps(view.shape)), view)
    return base, view


@st.composite
def steps(draw, shape):
    kind = draw(st.sampled_from(["index", "permute", "broadcast", "diagonal"]))
    if kind == "permute":
        return views.permute(shape, tuple(draw(st.permutations(range(len(shape))))))
    if kind == "broadcast" and len(shape) < 5:
        lead = draw(st.lists(st.integers(1, 3), max_size=2))
        tail = [draw(st.integers(1, 3)) if n == 1 else n for n in shape]
        return views.broadcast(shape, (*lead, *tail))
    if kind == "diagonal" and len(shape) >= 2:
        return views.diagonal(shape, draw(st.integers(-3, 3)))
    ends = st.none() | st.integers(-22, 22)
    strides = st.none() | st.integers(1, 5) | st.integers(-5, -1)
    key = []
    for n in shape:
        if draw(st.integers(0, 5)) == 0 and len(key) < 5:
            key.append(None)
        if n and draw(st.integers(0, 3)) == 0:
            key.append(draw(st.integers(-n, n - 1)))
        else:
            key.append(slice(draw(ends), draw(ends), draw(strides)))
    return views.index(shape, tuple(key))


@given(shapes_and_views())
def test_a_view_read_back_sees_the_same_elements(case):
    base, view = case
    text = view_text(view, base)
    again = parse_view(text, base, view.shape)
    array = np.arange(np.prod(base, dtype=int)).reshape(base)
    assert again.shape == view.shape, text
    np.testing.assert_array_equal(views.apply(array, again), views.apply(array, view))


@given(shapes_and_views())
def test_the_text_of_a_view_is_numpy(case):
    base, view = case
    array = np.arange(np.prod(base, dtype=int)).reshape(base)
    text = view_text(view, base).replace(".diagonal(", ".diagonal(0, ")
    stretched = text.endswith(".broadcast")
    seen = eval("array" + text.removesuffix(".broadcast"))  # noqa: S307
    if stretched:
        seen = np.broadcast_to(seen, view.shape)
    assert seen.shape == view.shape
    np.testing.assert_array_equal(seen, views.apply(array, view))


S = np.s_


@pytest.mark.parametrize(
    ("shape", "key", "text"),
    [
        ((8, 9), S[1:-1, ::2], "[1:-1, ::2]"),
        ((8, 9), S[::-1], "[::-1]"),
        ((8, 9), S[:, 3], "[:, 3]"),
        ((8, 9), S[-1], "[-1]"),
        ((8, 9), S[None], "[None]"),
        ((8, 9), S[:, None, 1:], "[:, None, 1:]"),
        ((100,), S[20:70:5], "[20:70:5]"),
        ((8,), S[:0], "[:0]"),
        ((8,), S[...], ""),
    ],
)
def test_indices_are_written_as_people_write_them(shape, key, text):
    assert view_text(views.index(shape, key), shape) == text


def test_transposes_diagonals_and_stretches_have_names():
    assert view_text(views.permute((2, 3), (1, 0)), (2, 3)) == ".T"
    assert view_text(views.permute((2, 3, 4), (1, 2, 0)), (2, 3, 4)) == (
        ".transpose(1, 2, 0)"
    )
    assert view_text(views.diagonal((4, 4), 0), (4, 4)) == ".diagonal(0, 1)"
    assert view_text(views.diagonal((4, 5), 1), (4, 5)) == "[:, 1:].diagonal(0, 1)"
    assert view_text(views.broadcast((1, 3), (2, 5, 3)), (1, 3)) == ".broadcast"
    column = views.expand((4,), (1,), (4, 6))
    assert view_text(column, (4,)) == "[:, None].broadcast"


@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        ("bool", "b"),
        ("uint8", "u8"),
        ("int32", "i32"),
        ("float16", "f16"),
        ("float64", "f64"),
        ("complex128", "c128"),
    ],
)
def test_dtypes_have_short_names(dtype, text):
    assert dtype_text(np.dtype(dtype)) == text
    assert dtype_of(text) == np.dtype(dtype)


def test_other_byte_orders_are_told_apart():
    other = np.dtype(np.int32).newbyteorder()
    assert dtype_text(other) in (">i32", "<i32")
    assert dtype_of(dtype_text(other)) == other


def test_no_address_gets_into_a_parameter():
    class Odd:
        __slots__ = ()

    assert "0x" not in param_text((Odd(), 1))
    assert param_text((np.mean, np.float32, np.dtype("u1"), (1,), "a")) == (
        "(mean, float32, u8, (1,), 'a')"
    )


def graph():
    """Return roots that use every form of line, and share nodes."""
    x = infer.leaf(np.zeros((4, 6)))
    y = infer.leaf(np.zeros(6, np.float32))
    product = infer.map_node(OPS["multiply"], (x, 0.1))
    inner = infer.view_node(product, views.index((4, 6), S[1:-1, ::2]))
    wide = infer.map_node(OPS["add"], (product, y))
    total = infer.reduce_node(OPS["sum"], wide, (0, 1), F64)
    flat = infer.reshape_node(inner, (6,))
    where = infer.map_node(OPS["where"], (infer.map_node(OPS["isnan"], (y,)), flat, 0))
    region = views.index((4, 6), S[:, 0])
    fresh = infer.update_node(wide, infer.scalar(float("-inf"), F64), (region,))
    deep = (("reshape", (24,)), views.index((24,), S[3:9]))
    twice = infer.update_node(fresh, where, deep)
    ones = infer.full_node(infer.scalar(1, F64), (3,))
    ramp = infer.map_node(OPS["subtract"], (infer.iota(3), ones))
    rows = infer.reduce_node(OPS["max"], wide, (1,), F64)
    return [total, twice, ramp, rows, infer.scalar(2.5, F64)]


GRAPH = """\
%0: f64[4,6] = data
%1: f64[4,6] = multiply %0 0.1
%2: f32[6] = data
"""


def test_a_graph_is_written_in_order_and_read_back():
    roots = graph()
    text = show(roots)
    assert text.startswith(GRAPH)
    again = parse(text)
    assert show(again) == text
    assert structure(again)[0] == structure(parse(text))[0]


def test_every_form_of_line_is_there():
    text = show(graph())
    for part in (
        "= view %1[1:-1, ::2]",
        "axis=(0, 1)",
        "axis=1",
        "= update %5[:, 0] -inf",
        ".reshape(24,)[3:9] %",
        "= fill 1.0",
        "= iota",
        "= scalar 2.5",
        "= astype %2",
        "= reshape %",
    ):
        assert part in text, text


def test_regions_of_updates_are_readable():
    chain = (views.index((4, 6), S[1:]), ("reshape", (18,)), views.index((18,), S[::2]))
    assert chain_text(chain, (4, 6)) == "[1:].reshape(18,)[::2]"


def test_a_wrong_type_or_a_line_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not what is written"):
        parse("%0: f64[3] = data\n%1: f32[3] = multiply %0 2.0\nout %1")
    with pytest.raises(ValueError, match="not a line"):
        parse("%0 = data")


def test_text_of_a_deep_graph_takes_linear_time():
    def work(depth):
        node = infer.leaf(np.zeros(3))
        for _ in range(depth):
            node = infer.map_node(OPS["add"], (node, node))
        assert show([node]).count("\n") == depth + 1
        return calls(lambda: show([node]))

    assert work(40_000) < 4.5 * work(10_000)


def test_a_leafs_remark_is_words():
    found = str((la.unique(la.arange(9000.0) % 7) + 1).explain(stage="graph"))
    assert "data 'by unique" in found
    owned = infer.leaf(np.ones(3))
    owned.params = Owned()
    assert show([owned]) == "%0: f64[3] = data\nout %0"
    owned.params = Owned(2)
    assert show([owned]) == "%0: f64[3] = data '2 pending operations'\nout %0"
