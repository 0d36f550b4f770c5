"""The strides that NumPy's results would have, and what reshapes alias by them."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.ir import layout

DATA = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x + 1,
        lambda x: x.T + 1,
        lambda x: x.transpose(1, 0, 2) * x.transpose(1, 0, 2),
        lambda x: x.T + x[0, 0, 0],
        lambda x: x[:, ::2] + 1,
        lambda x: x.T[::-1] * 2,
        lambda x: (x.T + 1)[1:],
        lambda x: x.swapaxes(0, 1) + x[:, :1].swapaxes(0, 1),
        lambda x: (x > 3).T | (x.T > 5),
        lambda x: x[None].T - 1,
        lambda x: x[:, [0, 2]],
        lambda x: x[1:, ::-1, [3, 0]],
        lambda x: x.T[[0, 2]],
        lambda x: x[:, [[0, 1], [2, 0]]] + 1,
        lambda x: x[:, np.array([[0, 1], [2, 0], [1, 1]]).T],
        lambda x: x[[0, 1], :, [1, 0]],
        lambda x: x[:, None, [0, 2]],
        lambda x: x[:, DATA[0] > 3],
        lambda x: np.take_along_axis(x, np.zeros((2, 4, 3), int).swapaxes(1, 2), 1),
    ],
)
def test_results_have_numpys_order_of_axes(program):
    eager = program(DATA)
    ghost = layout.ghost(program(la.asarray(DATA))._current())
    assert ghost.shape == eager.shape
    wide = [k for k, n in enumerate(eager.shape) if n > 1]
    for one in wide:
        for other in wide:
            mine = abs(ghost.strides[one]) < abs(ghost.strides[other])
            assert mine == (abs(eager.strides[one]) < abs(eager.strides[other]))


def test_what_indices_take_is_copied_by_a_reshape_as_by_numpys():
    for xp in (np, la):
        x = xp.asarray(DATA)[:, [0, 2]]
        flat = x.ravel()
        flat[...] = 0
        assert np.asarray(x).any()


def test_a_ghost_takes_no_memory():
    x = la.zeros((10**6, 10**6)).T + 1
    assert layout.ghost(x._current()).shape == (10**6, 10**6)


def test_the_order_of_joined_arrays_reads_no_memory():
    x = la.ones((3, 10**12)).T * 2
    assert la.concatenate([x, x]).strides == (8, 16 * 10**12)
    stretched = la.broadcast_to(x, (2, *x.shape))
    assert la.concatenate([stretched, stretched]).strides == (8, 32, 32 * 10**12)


def test_empty_results_can_be_viewed():
    assert (la.zeros((0, 3)).T + 1).reshape(0).shape == (0,)


def test_the_order_of_a_long_expression_is_worked_out_once(monkeypatch):
    asked = []
    inner = layout._strides
    monkeypatch.setattr(
        layout, "_strides", lambda node, steps: asked.append(node) or inner(node, steps)
    )
    for shape, most in (((4, 6), 600), ((24,), 400)):
        x = la.asarray(np.ones(shape)[::-1].T)
        for _ in range(100):
            x = x * 2 + x
            layout.strides(x._current())
        assert len(asked) <= most
        asked.clear()


def test_the_order_of_like_operands_is_asked_of_one_example(monkeypatch):
    made = []
    zeros = layout._zeros
    layout._made.cache_clear()
    monkeypatch.setattr(layout, "_zeros", lambda *of: made.append(of) or zeros(*of))
    x, y = la.asarray(np.ones((7, 3)).T), la.asarray(np.ones((7, 11)))
    for _ in range(2):
        product, both = x @ y, la.concatenate([x, x])
        assert layout.strides(product._node) == (11, 1)
        assert layout.strides(both._node) == (1, 6)
    assert len(made) == 4
