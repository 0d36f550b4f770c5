"""Booleans as axes, sides and counts: NumPy's C functions refuse them, others do not.

What the installed NumPy does is what lazyarr does, of known arrays and of planned ones,
also where the same call with an integer was made before.
"""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la

REDUCTIONS = (
    "sum prod max min any all mean std var median argmax argmin count_nonzero ptp "
    "nansum nanmax nanmean nanstd nanmedian nanargmax cumsum cumprod cumulative_sum "
    "diff sort argsort flip expand_dims unwrap trapezoid gradient average unstack"
)

CASES = {
    **{
        name: lambda xp, x, one, name=name: getattr(xp, name)(x, axis=one)
        for name in REDUCTIONS.split()
    },
    "sum by place": lambda xp, x, one: xp.sum(x, one),
    "the method by place": lambda xp, x, one: x.sum(one),
    "sum that keeps": lambda xp, x, one: xp.sum(x, axis=one, keepdims=True),
    "a tuple to sum": lambda xp, x, one: xp.sum(x, axis=(one, 2)),
    "a tuple to flip": lambda xp, x, one: xp.flip(x, axis=(one, 2)),
    "a tuple to median": lambda xp, x, one: xp.median(x, axis=(one, 2)),
    "quantile": lambda xp, x, one: xp.quantile(x, 0.3, axis=one),
    "variance of some": lambda xp, x, one: xp.var(x, axis=one, where=x > 0),
    "squeeze": lambda xp, x, one: xp.squeeze(x[:, :1], axis=one),
    "concatenate": lambda xp, x, one: xp.concatenate([x, x], axis=one),
    "stack": lambda xp, x, one: xp.stack([x, x], axis=one),
    "repeat": lambda xp, x, one: xp.repeat(x, 2, axis=one),
    "tile": lambda xp, x, one: xp.tile(x, one),
    "tile of two": lambda xp, x, one: xp.tile(x, (one, 2)),
    "roll": lambda xp, x, one: xp.roll(x, 2, axis=one),
    "roll of two": lambda xp, x, one: xp.roll(x, (1, 2), axis=(one, 2)),
    "moveaxis": lambda xp, x, one: xp.moveaxis(x, one, 2),
    "swapaxes": lambda xp, x, one: xp.swapaxes(x, one, 2),
    "transpose": lambda xp, x, one: xp.transpose(x, (2, one, 0)),
    "transposed": lambda xp, x, one: x.transpose(2, one, 0),
    "diagonal": lambda xp, x, one: xp.diagonal(x, 0, one, 2),
    "a diagonal's offset": lambda xp, x, one: xp.diagonal(x, one),
    "take": lambda xp, x, one: xp.take(x, [0], axis=one),
    "take_along_axis": lambda xp, x, one: xp.take_along_axis(
        x, xp.zeros((2, 3, 4), dtype=int), axis=one
    ),
    "partition": lambda xp, x, one: xp.partition(x, 1, axis=one),
    "partition at": lambda xp, x, one: xp.partition(x, one),
    "partitioned at": lambda xp, x, one: x.copy().partition(one),
    "argpartition at": lambda xp, x, one: xp.argpartition(x, one),
    "tensordot": lambda xp, x, one: xp.tensordot(x[:2, :2, :2], x[:2, :2, :2], one),
    "tensordot over": lambda xp, x, one: xp.tensordot(x, x, (one, one)),
    "vecdot": lambda xp, x, one: xp.vecdot(x, x, axis=one),
    "reshape": lambda xp, x, one: xp.reshape(x, (one, 24)),
    "reshaped": lambda xp, x, one: x.reshape(one, 24),
    "reshaped to one": lambda xp, x, one: x[0, 0, :1].reshape(one),
    "fft": lambda xp, x, one: xp.fft.fft(x, axis=one),
    "lexsort": lambda xp, x, one: xp.lexsort((x, x), axis=one),
    "add.reduce": lambda xp, x, one: np.add.reduce(x, axis=one),
    "add.accumulate": lambda xp, x, one: np.add.accumulate(x, axis=one),
    "hypot.reduce": lambda xp, x, one: np.hypot.reduce(x, axis=one),
    "subtract.accumulate": lambda xp, x, one: np.subtract.accumulate(x, axis=one),
}


def answer(case, xp, one):
    x = xp.asarray(np.arange(24.0).reshape(2, 3, 4))
    try:
        made = case(xp, x, one)
    except (TypeError, ValueError) as error:
        return (TypeError, ValueError)[isinstance(error, ValueError)]
    return np.asarray(made)


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["known", "planned"])
@pytest.mark.parametrize("one", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_a_boolean_is_what_it_is_to_numpy(name, one, options):
    case = CASES[name]
    expected = answer(case, np, one)
    with la.config(**options):
        answer(case, la, int(one))
        found = answer(case, la, one)
    if isinstance(expected, type):
        assert found is expected
    else:
        np.testing.assert_array_equal(found, expected, strict=True)


NUMBERS = [
    np.int64(1),
    np.array(1),
    (np.int64(1), 0),
    np.array([[2], [2]]),
]


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["known", "planned"])
@pytest.mark.parametrize("axes", NUMBERS, ids=str)
def test_tensordot_takes_axes_of_numpys_types(axes, options):
    a = np.arange(27.0).reshape(3, 3, 3)
    with la.config(**options):
        found = la.tensordot(la.asarray(a), la.asarray(a), axes)
    np.testing.assert_array_equal(found.compute(), np.tensordot(a, a, axes))


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["known", "planned"])
def test_tensordot_refuses_more_axes_than_there_are(options):
    a = la.ones((2, 2))
    with la.config(**options), pytest.raises(IndexError):
        la.tensordot(a, a, 3)


@pytest.mark.parametrize("kth", [[], [1.0], 1.0, True])
def test_partition_refuses_what_numpy_refuses(kth):
    a = np.arange(6.0)
    try:
        np.partition(a, kth)
        refused = None
    except (TypeError, ValueError) as error:
        refused = type(error)
    with la.config(small_bytes=0):
        if refused is None:
            np.testing.assert_array_equal(la.partition(la.asarray(a), kth), a)
        else:
            with pytest.raises(refused):
                la.partition(la.asarray(a), kth)
