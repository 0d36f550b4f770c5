"""Nodes: scalars that are one, casts, broadcasts, comparisons out of range."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import lazyarr as la
from lazyarr import ops
from lazyarr.errors import DTypeError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import structure

FLOAT, SINGLE, BYTE = np.dtype("f8"), np.dtype("f4"), np.dtype("u1")


def leaf(shape=(3,), dtype=FLOAT):
    """Return a leaf of ones."""
    return infer.leaf(np.ones(shape, dtype))


def key(*nodes):
    """Return the structure of a graph."""
    return structure(nodes)[0]


def test_zeros_of_both_signs_are_two_scalars():
    for value in (0.0, -0.0, 0, False, complex(1, 0.0), complex(1, -0.0)):
        dtype = np.dtype("c16") if isinstance(value, complex) else FLOAT
        made = infer.scalar(value, dtype)
        assert made.value.tobytes() == np.array(value, dtype).tobytes()


def test_a_known_scalar_is_structure_and_others_are_not():
    x = leaf()
    multiply = ops.OPS["multiply"]
    graphs = [key(infer.map_node(multiply, (x, v))) for v in (1, 2, 3, 1.0, 2.5)]
    assert graphs[1] == graphs[2] == graphs[4]
    assert graphs[0] == graphs[3]
    assert graphs[0] != graphs[1]


def test_an_overflowing_scalar_warns_every_time():
    for _ in range(2):
        with pytest.warns(RuntimeWarning, match="overflow encountered in cast"):
            assert np.isinf(infer.scalar(1e300, SINGLE).value)
    with pytest.raises(OverflowError):
        infer.scalar(300, BYTE)


@pytest.mark.parametrize("value", [300, -1, 2**70, -(2**70)])
@pytest.mark.parametrize("name", ["less", "less_equal", "equal", "not_equal"])
def test_comparisons_with_integers_out_of_range_are_known(name, value):
    node = infer.map_node(ops.OPS[name], (leaf(dtype=BYTE), value))
    assert infer.is_fill(node)
    assert node.shape == (3,)
    assert bool(node.args[0].value) == bool(getattr(np, name)(1, value))


def test_operands_are_cast_and_broadcast_by_nodes_of_their_own():
    node = infer.map_node(ops.OPS["add"], (leaf((2, 3), SINGLE), leaf((3,))))
    assert [a.shape for a in node.args] == [(2, 3), (2, 3)]
    assert [a.dtype for a in node.args] == [FLOAT, FLOAT]
    assert [a.op.name for a in node.args] == ["astype", "view"]
    with pytest.raises(ShapeError):
        infer.map_node(ops.OPS["add"], (leaf((2,)), leaf((3,))))
    with pytest.raises(DTypeError):
        infer.map_node(ops.OPS["bitwise_and"], (leaf(), leaf()))


def test_reshapes_that_only_move_ones_are_views():
    x = leaf((2, 1, 3))
    assert infer.reshape_node(x, (2, 3)).op.name == "view"
    assert infer.reshape_node(x, (1, 2, 3, 1)).op.name == "view"
    assert infer.reshape_node(x, (3, 2)).op.name == "reshape"
    assert infer.reshape_node(infer.reshape_node(x, (6,)), (2, 1, 3)) is x
    fill = infer.full_node(infer.scalar(2.5, FLOAT), (4, 6))
    assert infer.is_fill(infer.reshape_node(fill, (24,)))


def test_tags_of_different_leaves_differ_even_if_threads_make_them():
    found = {}
    start = threading.Barrier(8)

    def work(number):
        start.wait()
        for n in range(200):
            shape = (number + 1, n + 1)
            found[shape] = infer.leaf(np.lib.stride_tricks.as_strided(ONE, shape)).tag

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found.values())) == len(found) == 1600


ONE = np.ones(1)


def test_equal_dtypes_of_integers_do_not_mix():
    longs = la.asarray(np.array([1, 2, 3], "q"))
    assert np.array_equal((longs + longs).compute(), [2, 4, 6])
    plain = np.arange(3)
    assert (la.arange(3) + la.arange(3)).dtype.char == plain.dtype.char
    assert repr((la.asarray(plain) + 1).compute()) == repr(plain + 1)
    assert la.asarray(plain).astype("Q").astype("q").dtype == np.int64


def test_views_of_views_are_remembered_by_the_inner_one():
    array = np.arange(60.0).reshape(6, 10)
    base = infer.leaf(array)
    part = infer.view_node(base, views.index((6, 10), (slice(1, None), slice(2, 9))))
    keys = [(slice(k, None, -1), slice(k % 5)) for k in range(40)]
    for key in (*keys, *keys[-3:]):  # more than are remembered
        node = infer.view_node(part, views.index(part.shape, key))
        assert node.args == (base,)
        shown = views.apply(array, node.params)
        np.testing.assert_array_equal(shown, array[1:, 2:9][key])
    assert infer.view_node(part, views.index(part.shape, key)).params is node.params
    assert len(part.params.under) < len(keys)
