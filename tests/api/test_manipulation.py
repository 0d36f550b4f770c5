"""Shapes and order, joins and choices, beside NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy

F = np.arange(24.0).reshape(2, 3, 4)

PROGRAMS = [
    lambda xp: xp.array(F).reshape(6, 4),
    lambda xp: xp.array(F).reshape(-1),
    lambda xp: xp.array(F).reshape((4, -1), order="F"),
    lambda xp: xp.array(F).reshape(5, -1),
    lambda xp: xp.array(F).reshape(-1, -1),
    lambda xp: xp.array(F).reshape(()),
    lambda xp: xp.zeros((0, 3)).reshape(0, 7),
    lambda xp: xp.zeros((0, 3)).reshape(-1, 0),
    lambda xp: xp.zeros((0, 3)).reshape(-1, 3),
    lambda xp: xp.array(F).reshape(2.0, 12),
    lambda xp: xp.array(F).reshape("a"),
    lambda xp: xp.array(F).T.reshape(-1),
    lambda xp: xp.array(F).T.ravel(),
    lambda xp: xp.array(F).T.ravel("F"),
    lambda xp: xp.array(F).T.ravel("K"),
    lambda xp: xp.array(F).ravel("A"),
    lambda xp: xp.array(F).T.flatten(),
    lambda xp: xp.array(F).flatten("F"),
    lambda xp: xp.reshape(xp.array(F), (3, 8)),
    lambda xp: xp.ravel(xp.array(F)[:, ::2]),
    lambda xp: xp.array(F).transpose(1, 0, 2),
    lambda xp: xp.array(F).transpose((1, 0, 2)),
    lambda xp: xp.array(F).transpose(1, 0),
    lambda xp: xp.array(F).transpose(0, 0, 1),
    lambda xp: xp.array(F).transpose(-1, 0, 1),
    lambda xp: xp.array(F).transpose(None),
    lambda xp: xp.transpose(xp.array(F), (2, 1, 0)),
    lambda xp: xp.permute_dims(xp.array(F), (2, 1, 0)),
    lambda xp: xp.permute_dims(xp.array(F), (3, 1, 0)),
    lambda xp: xp.array(F).mT,
    lambda xp: xp.array([1, 2]).mT,
    lambda xp: xp.array(F).swapaxes(0, -1),
    lambda xp: xp.array(F).swapaxes(0, 3),
    lambda xp: xp.moveaxis(xp.array(F), 0, -1),
    lambda xp: xp.moveaxis(xp.array(F), [0, 1], [-1, 0]),
    lambda xp: xp.moveaxis(xp.array(F), [0, 0], [-1, 0]),
    lambda xp: xp.moveaxis(xp.array(F), [0, 1], [-1]),
    lambda xp: xp.expand_dims(xp.array(F), 0),
    lambda xp: xp.expand_dims(xp.array(F), (0, -1)),
    lambda xp: xp.expand_dims(xp.array(F), 4),
    lambda xp: xp.expand_dims(xp.array(F), (0, 0)),
    lambda xp: xp.squeeze(xp.array(F)[None, :, None]),
    lambda xp: xp.squeeze(xp.array(F)[None], 0),
    lambda xp: xp.squeeze(xp.array(F), 0),
    lambda xp: xp.squeeze(xp.array(F)[None], 5),
    lambda xp: xp.squeeze(xp.array(5.0), 0),
    lambda xp: xp.squeeze(xp.array(5.0)),
    lambda xp: xp.broadcast_to(xp.array([1, 2]), (3, 2)),
    lambda xp: xp.broadcast_to(xp.array([1, 2]), (2, 3)),
    lambda xp: xp.broadcast_to(xp.array(1), 3),
    lambda xp: xp.broadcast_to(xp.array([1, 2]), ()),
    lambda xp: xp.broadcast_to(xp.array([1, 2]), (-1, 2)),
    lambda xp: xp.broadcast_arrays(xp.array([1, 2]), xp.array([[3], [4]])),
    lambda xp: xp.broadcast_arrays(xp.array([1, 2]), xp.array([1, 2, 3])),
    lambda xp: xp.concat([xp.array(F), xp.array(F)[:1]]),
    lambda xp: xp.concat([xp.array(F), xp.array(F)], axis=-1),
    lambda xp: xp.concat([xp.array(F), xp.array(F)], axis=None),
    lambda xp: xp.concat([xp.array(F), xp.array(F)], axis=3),
    lambda xp: xp.concat([]),
    lambda xp: xp.concat([xp.array(1), xp.array(2)]),
    lambda xp: xp.concat([xp.array([1], dtype="i1"), xp.array([1], dtype="u1")]),
    lambda xp: xp.concat([xp.array([1], dtype="i8"), xp.array([1], dtype="u8")]),
    lambda xp: xp.concat([xp.array([1], dtype="f2"), xp.array([1], dtype="i4")]),
    lambda xp: xp.concat([xp.array([True]), xp.array([1j], dtype="c8")]),
    lambda xp: xp.concat([xp.array([1, 2]), [1.5]]),
    lambda xp: xp.concat([xp.array(F), xp.array(F)[:, :, :2]]),
    lambda xp: xp.concat([xp.array(F), xp.array([1])]),
    lambda xp: xp.concatenate(
        [xp.array([1, 2]), xp.array([1.5])], dtype="f4", casting="unsafe"
    ),
    lambda xp: xp.concatenate((xp.array([1, 2]), xp.array([1.5])), axis=0),
    lambda xp: xp.concat([xp.zeros((0,)), xp.array([1, 2])]),
    lambda xp: xp.stack([xp.array(F), xp.array(F)], axis=1),
    lambda xp: xp.stack([xp.array(F), xp.array(F)], axis=-1),
    lambda xp: xp.stack([xp.array(F), xp.array(F)], axis=5),
    lambda xp: xp.stack([xp.array(F), xp.array([1])]),
    lambda xp: xp.stack([]),
    lambda xp: xp.vstack([xp.array([1, 2]), xp.array([3.0, 4])]),
    lambda xp: xp.hstack([xp.array([1, 2]), xp.array([3.0, 4])]),
    lambda xp: xp.hstack([xp.array(F), xp.array(F)]),
    lambda xp: xp.unstack(xp.array(F)),
    lambda xp: xp.unstack(xp.array(F), axis=1),
    lambda xp: xp.unstack(xp.array(F), axis=3),
    lambda xp: xp.unstack(xp.array(1)),
    lambda xp: xp.flip(xp.array(F)),
    lambda xp: xp.flip(xp.array(F), 0),
    lambda xp: xp.flip(xp.array(F), (0, 2)),
    lambda xp: xp.flip(xp.array(F), (0, 0)),
    lambda xp: xp.flip(xp.array(F), 3),
    lambda xp: xp.flip(xp.array(1)),
    lambda xp: xp.flip(xp.array(1), 0),
    lambda xp: xp.roll(xp.array(F), 1),
    lambda xp: xp.roll(xp.array(F), -1, axis=1),
    lambda xp: xp.roll(xp.array(F), (1, 2), axis=(0, 1)),
    lambda xp: xp.roll(xp.array(F), 1, axis=(0, 1)),
    lambda xp: xp.roll(xp.array(F), (1, 2), axis=0),
    lambda xp: xp.roll(xp.array(F), (1, 2, 3), axis=(0, 1)),
    lambda xp: xp.roll(xp.array(F), 100, axis=2),
    lambda xp: xp.roll(xp.array(F), 1, axis=3),
    lambda xp: xp.roll(xp.array(F), (1, 1), axis=(0, 0)),
    lambda xp: xp.roll(xp.zeros((0, 3)), 1, axis=0),
    lambda xp: xp.roll(xp.array(5.0), 1),
    lambda xp: xp.roll(xp.array([1, 2, 3]), xp.array(1)),
    lambda xp: xp.roll(xp.array([1, 2, 3]), 1.5),
    lambda xp: xp.roll(xp.array([1, 2, 3]), (1, 2)),
    lambda xp: xp.repeat(xp.array([1, 2, 3]), 2),
    lambda xp: xp.repeat(xp.array([1, 2, 3]), 0),
    lambda xp: xp.repeat(xp.array([1, 2, 3]), -1),
    lambda xp: xp.repeat(xp.array([]), -1),
    lambda xp: xp.repeat(xp.array(F), 2),
    lambda xp: xp.repeat(xp.array(F), 2, axis=1),
    lambda xp: xp.repeat(xp.array(F), [1, 2], axis=0),
    lambda xp: xp.repeat(xp.array(F), [1, 2, 3], axis=0),
    lambda xp: xp.repeat(xp.array(F), [1, -2], axis=0),
    lambda xp: xp.repeat(xp.array(F), [2], axis=0),
    lambda xp: xp.repeat(xp.array(F), xp.array([1, 2]), axis=0),
    lambda xp: xp.repeat(xp.array(5), 3),
    lambda xp: xp.repeat(xp.array([1, 2, 3]), 1.5),
    lambda xp: xp.repeat(xp.array([1, 2, 3]), [[1, 2, 3]]),
    lambda xp: xp.repeat(xp.array(F), 2, axis=3),
    lambda xp: xp.tile(xp.array([1, 2]), 3),
    lambda xp: xp.tile(xp.array([1, 2]), (2, 2)),
    lambda xp: xp.tile(xp.array(F), 2),
    lambda xp: xp.tile(xp.array(F), (2, 1, 1, 3)),
    lambda xp: xp.tile(xp.array(F), ()),
    lambda xp: xp.tile(xp.array(5), 3),
    lambda xp: xp.tile(xp.array([1, 2]), 0),
    lambda xp: xp.tile(xp.array([1, 2]), -1),
    lambda xp: xp.tile(xp.array([1, 2]), np.array([2, 1])),
    lambda xp: xp.diff(xp.array([1, 4, 9, 16])),
    lambda xp: xp.diff(xp.array([1, 4, 9, 16]), 2),
    lambda xp: xp.diff(xp.array([1, 4, 9, 16]), 0),
    lambda xp: xp.diff(xp.array([1, 4, 9, 16]), -1),
    lambda xp: xp.diff(xp.array([1, 4]), 5),
    lambda xp: xp.diff(xp.array([True, False, False])),
    lambda xp: xp.diff(xp.array([True, False, False]), 2),
    lambda xp: xp.diff(xp.array([1, 4], dtype="u1")),
    lambda xp: xp.diff(xp.array(F), axis=0),
    lambda xp: xp.diff(xp.array(F), axis=3),
    lambda xp: xp.diff(xp.array(1)),
    lambda xp: xp.diff(xp.array([1, 2]), prepend=0),
    lambda xp: xp.diff(xp.array([1, 2]), append=[3, 4]),
    lambda xp: xp.array(F).diagonal(),
    lambda xp: np.asarray(xp.array(F).trace()),
    lambda xp: xp.array(F[0]).trace(),
    lambda xp: xp.array(F[0]).diagonal(1),
    lambda xp: xp.array(F[0]).diagonal(-5),
    lambda xp: xp.array(F)[0].diagonal(0, 1, 0),
    lambda xp: xp.trace(xp.array(F[0]), 1),
    lambda xp: xp.diagonal(xp.array(F), 0, 1, 2),
    lambda xp: xp.array([1]).diagonal(),
    lambda xp: xp.array(F).astype("i4"),
    lambda xp: xp.array(F).astype("i4", copy=False),
    lambda xp: xp.astype(xp.array(F), np.int8),
    lambda xp: xp.array(F).astype(complex),
    lambda xp: xp.array([1 + 2j]).astype(float),
    lambda xp: xp.array([1e20, np.nan, -1]).astype("u1"),
    lambda xp: xp.array([300]).astype(bool),
    lambda xp: xp.array(F).repeat(2, 1),
    lambda xp: xp.array(F).repeat(2, axis=0),
    lambda xp: xp.array(F).take([0, 1], axis=2),
    lambda xp: xp.array(F).take([5, 1]),
    lambda xp: xp.array(F).take([55, 1]),
    lambda xp: xp.array(F).take(3),
    lambda xp: xp.take(xp.array(F), [0, 1], 1),
    lambda xp: xp.take(xp.array(F), [[0, 1]], axis=1),
    lambda xp: xp.take(xp.array(F), xp.array([0, 1]), axis=-1),
    lambda xp: xp.take(xp.array(F), [0, 9], axis=1, mode="clip"),
    lambda xp: xp.take(xp.array(F), [0, 9], axis=1),
    lambda xp: xp.take(xp.array(F), [], axis=1),
    lambda xp: xp.take(xp.array(F), np.zeros(0, int), axis=1),
    lambda xp: xp.take_along_axis(xp.array(F), xp.array([[[0]]]), axis=2),
    lambda xp: xp.take_along_axis(xp.array(F), xp.array([0, 1]), axis=1),
    lambda xp: xp.take_along_axis(xp.array(F), xp.array([[[9]]]), axis=2),
    lambda xp: xp.take_along_axis(xp.array(F), xp.array([[[0.5]]]), axis=2),
    lambda xp: xp.take_along_axis(xp.array([3, 1, 2]), xp.array([0, 2])),
    lambda xp: xp.swapaxes(xp.array(F), 0, 1),
    lambda xp: xp.array(F).squeeze(),
    lambda xp: xp.array(F).squeeze(axis=0),
    lambda xp: xp.where(xp.array([1, 0, 3])),
    lambda xp: xp.where(xp.array([1, 0, 3]), 1, 2),
    lambda xp: xp.where(True, xp.array([1, 2]), 2.5),
    lambda xp: xp.where(np.nan, 1, 0),
    lambda xp: xp.clip(xp.array([1, 5, 9]), 2, 6),
    lambda xp: xp.clip(xp.array([1, 5, 9]), None, 6),
    lambda xp: xp.clip(xp.array([1, 5, 9]), 2, None),
    lambda xp: xp.clip(xp.array([1, 5, 9]), None, None),
    lambda xp: xp.clip(xp.array([1, 5, 9], dtype="u1"), -1, 6),
    lambda xp: xp.clip(xp.array([1, 5, 9], dtype="u1"), 2, 600),
    lambda xp: xp.clip(xp.array([1, 5, 9]), 2.5, 6),
    lambda xp: xp.clip(xp.array([1.0, np.nan, 9]), 2, 6),
    lambda xp: xp.clip(xp.array([1.0, 5, 9]), np.nan, 6),
    lambda xp: xp.clip(xp.array([1, 5, 9]), xp.array([2, 3, 4]), xp.array([[3], [5]])),
    lambda xp: xp.clip(xp.array([1, 5, 9]), 6, 2),
    lambda xp: xp.array([1, 5, 9]).clip(2),
    lambda xp: xp.array([1, 5, 9]).clip(max=2),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_gives_what_numpy_gives(program):
    assert_matches_numpy(program)


@pytest.mark.parametrize("dtype", "?bBhilLefdFD")
def test_every_dtype_moves(dtype):
    data = (np.arange(24) % 7).reshape(4, 6).astype(dtype)

    def program(xp):
        x = xp.array(data)
        return (
            x.T.reshape(3, 8),
            xp.roll(x, 2, axis=1),
            xp.repeat(x, 2, axis=0),
            xp.tile(x, (1, 2)),
            xp.flip(x, 0),
            xp.concatenate([x, x[:1]]),
            xp.where(x > 2, x, 0),
            xp.clip(x, 1, 3),
            xp.diff(x),
        )

    assert_matches_numpy(program)


def test_joins_promote_as_numpy_does():
    kinds = "?bBhilLefdFD"
    for one in kinds:
        for other in kinds:
            pair = np.ones(2, one), np.zeros(3, other)
            assert_matches_numpy(
                lambda xp, pair=pair: xp.concat([xp.array(a) for a in pair])
            )


def test_shapes_are_known_before_anything_runs():
    with RaiseIfComputed():
        x = la.ones((4, 6)) + 1
        assert la.concat([x, x], axis=1).shape == (4, 12)
        assert la.tile(x, (2, 1, 1)).shape == (2, 4, 6)
        assert la.repeat(x, 3, axis=0).shape == (12, 6)
        assert la.roll(x, 1).shape == (4, 6)
        assert x.T.reshape(-1).shape == (24,)
        assert la.broadcast_arrays(x, la.ones(6))[1].shape == (4, 6)


@pytest.mark.parametrize(
    ("function", "verb"), [("stack", "stack"), ("concatenate", "concatenate")]
)
def test_nothing_cannot_be_joined(function, verb):
    message = rf"\[{function[:6]}.*need at least one array to {verb} \(test_manip"
    with pytest.raises(la.ShapeError, match=message):
        getattr(la, function)([])
