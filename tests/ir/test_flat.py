"""Graphs as flat lists: the same graph comes back, however deep."""

from __future__ import annotations

import numpy as np

import lazyarr as la
from lazyarr.ir import flat
from lazyarr.testing import assert_same_graph

F = np.arange(12.0).reshape(3, 4)


def graphs():
    """Return an expression of every kind of node."""
    x = la.asarray(F)
    x = x * 1.5 - 1
    yield x.T.reshape(-1)[::2]
    yield la.broadcast_to(x.sum(axis=0), (2, 4))
    yield x.astype("i4") + la.arange(4)
    yield x @ x.T
    yield x[[0, 2], 1:]
    yield la.where(x > 0, x, -0.0)
    changed = x.copy()
    changed[1:, ::2] = 7
    changed.reshape(-1)[0] = complex(2).real
    yield changed
    yield la.eye(3) * 2.5


def test_it_comes_back_the_same():
    for made in graphs():
        node = made._current()
        revived = flat.unflatten(flat.flatten(node))
        assert_same_graph(node, revived)
        assert (revived.shape, revived.dtype) == (node.shape, node.dtype)


def test_shared_nodes_stay_shared():
    x = la.asarray(F) + 1
    for _ in range(60):
        x = x * x
    record = flat.flatten(x._current())
    assert len(record) < 100
    assert len(flat.flatten(flat.unflatten(record))) == len(record)


def test_a_snapshot_has_arrays_of_its_own():
    data = F.copy()
    node = flat.snapshot((la.asarray(data) + 1)._current())
    data[:] = 0
    leaf = next(a for a in node.args if a.op.name == "data")
    assert np.array_equal(leaf.value, F)
