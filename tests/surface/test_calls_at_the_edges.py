"""Arguments that programs seldom give: orders, shifts and indices of other kinds."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import assert_matches_numpy

SQUARE = np.array([[1, 2], [3, 4]])

CALLS = [
    lambda xp: xp.reshape(xp.array(SQUARE), -1, order="f"),
    lambda xp: xp.reshape(xp.array(SQUARE), -1, order="K"),
    lambda xp: xp.reshape(xp.array(SQUARE), -1, order="Z"),
    lambda xp: xp.array(SQUARE).reshape(-1, order="f"),
    lambda xp: xp.array(SQUARE).T.reshape(-1, order="a"),
    lambda xp: xp.array(SQUARE).ravel("f"),
    lambda xp: xp.array(SQUARE).T.ravel("k"),
    lambda xp: xp.array(SQUARE).ravel("Z"),
    lambda xp: xp.array(SQUARE).ravel(3),
    lambda xp: xp.array(SQUARE).flatten("f"),
    lambda xp: xp.asarray([[1, 2], [3, 4]], order="f").ravel("K"),
    lambda xp: xp.array([[1, 2], [3, 4]], order="f").strides,
    lambda xp: xp.array(SQUARE).copy("f").strides,
    lambda xp: xp.array(SQUARE).copy("Z"),
    lambda xp: xp.array(SQUARE).astype(float, order="f").strides,
    lambda xp: xp.array(SQUARE).astype(float, order="Z"),
    lambda xp: xp.full((2, 2), 1, order="f").strides,
    lambda xp: xp.full((2, 2), 1, order="K"),
    lambda xp: xp.zeros((2, 2), order="f").strides,
    lambda xp: xp.ones((2, 2), order="A"),
    lambda xp: xp.zeros_like(xp.array(SQUARE).T, order="k").strides,
    lambda xp: xp.take(xp.array([1, 2, 3]), [True, False, True]),
    lambda xp: xp.take(xp.array([1, 2, 3]), xp.array([True, False, True])),
    lambda xp: xp.take(xp.array([1, 2, 3]), [1.0, 2.0]),
    lambda xp: xp.take(xp.array([1, 2, 3]), xp.array([1.0])),
    lambda xp: xp.take(xp.array([1, 2, 3]), 1.0),
    lambda xp: xp.take(xp.array([1, 2, 3]), []),
    lambda xp: xp.repeat(xp.array([1, 2]), 1.5),
    lambda xp: xp.repeat(xp.array([1, 2]), [1.5, 2.5]),
    lambda xp: xp.repeat(xp.array([1, 2]), np.array([1.5, 2.5])),
    lambda xp: xp.repeat(xp.array([1, 2]), np.array(1.5)),
    lambda xp: xp.repeat(xp.array([1, 2]), [True, False]),
    lambda xp: xp.repeat(xp.array([1, 2]), -1),
    lambda xp: xp.roll(xp.array(SQUARE), (1,), (0, 1)),
    lambda xp: xp.roll(xp.array(SQUARE), np.array([1, 1]), (0, 1)),
    lambda xp: xp.roll(xp.array(SQUARE), xp.array([1, 1]), (0, 1)),
    lambda xp: xp.roll(xp.array(SQUARE), (1, 2)),
    lambda xp: xp.roll(xp.array(SQUARE), 1, (0, 0)),
    lambda xp: xp.roll(xp.array(SQUARE), (1, 2, 3), (0, 1)),
    lambda xp: xp.roll(xp.array(SQUARE), 1, 2),
    lambda xp: xp.arange(start=0, stop=4),
    lambda xp: xp.arange(stop=4),
    lambda xp: xp.arange(0, 4, None),
    lambda xp: xp.arange(3, None, 2),
    lambda xp: xp.arange(),
    lambda xp: xp.clip(xp.array([1, 2, 3]), 1, 2, dtype="f4"),
    lambda xp: xp.clip(xp.array([1, 2, 3]), None, 2, dtype="f4"),
    lambda xp: xp.clip(xp.array([1, 2, 3]), 2, None, dtype="i1"),
    lambda xp: xp.array([1, 2, 3]).clip(1, 2, dtype="f4"),
    lambda xp: xp.array([1, 2, 3]).clip(1, 2, casting="safe"),
    lambda xp: xp.array([1, 2, 3]).clip(1, 2, keepdims=True),
    lambda xp: xp.round(xp.array([1.23456789e-24]), 25),
    lambda xp: xp.round(xp.array([123.456]), -25),
    lambda xp: xp.searchsorted(xp.array([1, 2]), 2, sorter=[0.0, 1.0]),
    lambda xp: round(xp.array([1.256, 2.0]).sum(), 2),
    lambda xp: round(xp.array([1.256, 2.0])[0], 2),
    lambda xp: round(xp.array([1.256, 2.0]).sum()),
    lambda xp: round(xp.array([1.256, 2.0])),
    lambda xp: round(xp.array(1.256)),
]


def with_itself(xp, x):
    x[1:] = x[1:]
    return x


def into(xp, name, values, dtype, shape=()):
    out = xp.zeros(shape, dtype=dtype)
    getattr(xp, name)(xp.asarray(values), out=out)
    return out


CALLS += [
    lambda xp: into(xp, "sum", [1.5, 2.5], "i8"),
    lambda xp: into(xp, "prod", [1.5, 2.0], "i8"),
    lambda xp: into(xp, "cumsum", [1.5, 1.5], "i8", 2),
    lambda xp: into(xp, "sum", np.array([0.1] * 7), "f4"),
    lambda xp: into(xp, "sum", np.array([0.1] * 7, "f4"), "f8"),
    lambda xp: into(xp, "sum", np.array([100, 100]), "i1"),
    lambda xp: into(xp, "sum", np.array([100, 100], "i1"), "i1"),
    lambda xp: into(xp, "sum", np.array([100, 100], "i1"), "i8"),
    lambda xp: into(xp, "sum", np.array([True, True]), "?"),
    lambda xp: into(xp, "sum", np.array([1.5, 2.0]), "c16"),
    lambda xp: into(xp, "sum", np.array([1 + 1j, 2.0]), "f8"),
    lambda xp: into(xp, "max", np.array([1.5, 2.0]), "i8"),
    lambda xp: into(xp, "any", np.array([1.5, 2.0]), "f8"),
    lambda xp: into(xp, "ptp", np.array([1.5, 4.0]), "i8"),
    lambda xp: into(xp, "mean", np.array([1.5, 2.0]), "i8"),
    lambda xp: xp.sum(xp.zeros((0, 3)), axis=0),
    lambda xp: xp.sum(xp.zeros((0, 3)), axis=1),
    lambda xp: xp.prod(xp.zeros((0, 3))),
    lambda xp: xp.any(xp.zeros(0)),
    lambda xp: xp.mean(xp.zeros((0, 3)), axis=1),
    lambda xp: xp.zeros((0, 3)) @ xp.zeros((3, 0)),
    lambda xp: xp.zeros((3, 0)) @ xp.zeros((0, 3)),
    lambda xp: xp.sort(xp.zeros((0, 3)), axis=0),
    lambda xp: xp.cumsum(xp.zeros((0, 3)), axis=0),
    lambda xp: with_itself(xp, xp.arange(3).imag),
    lambda xp: with_itself(xp, xp.arange(0).imag),
    lambda xp: with_itself(xp, xp.broadcast_to(xp.arange(3), (2, 3))),
    lambda xp: with_itself(xp, xp.arange(3)),
]


def folded_into(xp, name, shape, **options):
    out = xp.zeros(shape)
    made = getattr(xp, name)(xp.array([[1.5, 2.0, 4.0]]), out=out, **options)
    return made, out


def assigned_flat(xp, key, value):
    x = xp.zeros((2, 3))
    x.flat[key] = value
    return x


def part_changed(xp, name, value):
    total = xp.array(value).sum()
    part = getattr(total, name)
    part += 3
    return part, total


def flipped_then_filled(xp, x):
    turned = xp.flip(x)
    x.fill(2)
    return turned, x


def scalar_changed(xp, function):
    total = xp.array([1.0, 2.0]).sum()
    seen = made = function(total)
    made += 1
    return total, seen, made


def put_masked(xp, dtype, values):
    x = xp.ones((2, 3), dtype=dtype)
    xp.putmask(x, x > 0, values)
    return x


def where_into(xp, function, values, *more):
    out = xp.full(2, 7.0)
    made = function(xp.array(values), *more, out=out, where=xp.array([False, True]))
    return made, out


def part_grown(xp):
    total = xp.array([1.0, 2.0]).sum()
    part = total.real
    part += xp.ones(3)
    return part, total


def put_into(xp, length, places, values):
    x = xp.zeros(length)
    xp.put(x, places, values)
    return x


def ufunc_into(xp, function, outs, *operands):
    out = tuple(xp.zeros(2, dtype=dtype) for dtype in outs)
    arrays = [xp.array(x) if isinstance(x, list) else x for x in operands]
    return function(*arrays, out=out if len(out) > 1 else out[0]), out


FOLDS = ["sum", "prod", "max", "min", "any", "all", "mean", "var", "std", "ptp"]
FOLDS += ["median", "nansum", "nanmax", "nanmin", "nanmean", "argmax", "argmin"]
CALLS += [
    lambda xp, name=name, shape=shape, axis=axis: folded_into(
        xp, name, shape, axis=axis
    )
    for name in FOLDS
    for shape, axis in [((2,), 1), ((2, 1), None), ((1, 1), 1), ((2, 3), 0)]
]
CALLS += [
    lambda xp: folded_into(xp, "take", (2, 1), indices=[0], axis=1),
    lambda xp: xp.concatenate([xp.ones(2), xp.ones(2)], out=xp.zeros((5, 4))),
    lambda xp: xp.compress([True], xp.ones(2), out=xp.zeros(5)),
    lambda xp: xp.add(xp.ones(2), 1, out=xp.zeros((3, 2))),
    lambda xp: xp.matmul(xp.eye(2), xp.eye(2), out=xp.zeros((3, 2, 2))),
    lambda xp: into(xp, "median", np.array([1.5, 4.0]), "i8"),
    lambda xp: ufunc_into(xp, np.modf, "dd", [1.5, -2.0]),
    lambda xp: ufunc_into(xp, np.frexp, "di", [1.5, -2.0]),
    lambda xp: ufunc_into(xp, np.divmod, "dd", [1.5, -2.0], 2),
    lambda xp: ufunc_into(xp, xp.modf, "dd", [1.5, -2.0]),
    lambda xp: ufunc_into(xp, xp.frexp, "di", [1.5, -2.0]),
    lambda xp: ufunc_into(xp, xp.divmod, "dd", [1.5, -2.0], 2),
    lambda xp: ufunc_into(xp, xp.spacing, "d", [1.5, -2.0]),
    lambda xp: ufunc_into(xp, xp.ldexp, "d", [1.5, -2.0], 3),
    lambda xp: ufunc_into(xp, xp.vecdot, "d", [[1.5, -2.0], [1.0, 2.0]], [3.0, 1.0]),
    lambda xp: ufunc_into(xp, xp.modf, "d", [1.5, -2.0]),
    lambda xp: xp.add(
        xp.array(SQUARE), -2.0, out=xp.array(SQUARE), where=True, casting="unsafe"
    ),
    lambda xp: xp.add(
        xp.array(SQUARE),
        -2.5,
        out=xp.array(SQUARE),
        where=xp.array(SQUARE) > 1,
        casting="unsafe",
    ),
    lambda xp: xp.subtract(
        xp.ones(3, dtype="i1"),
        xp.ones(3, dtype="i1"),
        out=xp.ones(3, dtype="i1"),
        dtype="f8",
        where=xp.ones(3) > 0,
        casting="unsafe",
    ),
    lambda xp: xp.minimum(xp.ones(3, dtype="f4"), True, casting="unsafe"),
    lambda xp: xp.add(xp.ones(3, dtype="f4"), True, dtype="f8"),
    lambda xp: part_changed(xp, "real", [1.0, 2.0]),
    lambda xp: part_changed(xp, "imag", [1.0, 2.0]),
    lambda xp: part_changed(xp, "real", [1.0, 2j]),
    lambda xp: part_changed(xp, "imag", [1.0, 2j]),
    lambda xp: flipped_then_filled(xp, xp.array(5)),
    lambda xp: flipped_then_filled(xp, xp.array([5, 6])),
    lambda xp: xp.asfortranarray(xp.array(5)),
    lambda xp: xp.asfortranarray(xp.array([5]).max()),
    lambda xp: xp.invert(xp.array([1.5]), dtype="u1", casting="unsafe"),
    lambda xp: xp.argmax(xp.array([[1.5, 2.0]]), axis=1, out=xp.zeros(1)),
    lambda xp: xp.argmax(xp.array([[1.5, 2.0]]), axis=1, out=xp.zeros(1, dtype="i4")),
    lambda xp: put_masked(xp, "u8", np.array(2)),
    lambda xp: put_masked(xp, "u8", 2),
    lambda xp: put_masked(xp, "i8", xp.array(2)),
    lambda xp: put_masked(xp, "f8", 1 + 2j),
    lambda xp: put_masked(xp, "i8", 1e300),
    lambda xp: put_masked(xp, "i4", [1, 2]),
    lambda xp: xp.add(xp.ones(2), 1, out=xp.zeros(2), where=2.5),
    lambda xp: xp.add(xp.ones(2), 1, out=xp.zeros(2), where=xp.ones(2)),
    lambda xp: where_into(xp, np.spacing, [1.5, 2.0]),
    lambda xp: where_into(xp, np.ldexp, [1.5, 2.0], 3),
    lambda xp: where_into(xp, xp.spacing, [1.5, 2.0]),
    lambda xp: where_into(xp, xp.ldexp, [1.5, 2.0], 3),
    lambda xp: xp.spacing(xp.array([1, 2]), out=xp.array([1, 2]), casting="unsafe"),
    lambda xp: scalar_changed(xp, lambda x: x.copy()),
    lambda xp: scalar_changed(xp, lambda x: x.copy()[...]),
    lambda xp: scalar_changed(xp, xp.squeeze),
    lambda xp: scalar_changed(xp, lambda x: x[...]),
    lambda xp: xp.add(xp.ones(2), 1, out=xp.zeros(2), where=xp.ones(2).sum()),
    lambda xp: xp.add(xp.ones(2), 1, out=xp.zeros(2), where=xp.array(2.5)),
    lambda xp: into(xp, "std", [1.5, 2.5], "i8"),
    lambda xp: into(xp, "nanmax", [1.5, 2.5], "i8"),
    lambda xp: into(xp, "var", [1.5, 2.5], "i8"),
    lambda xp: scalar_changed(
        xp, lambda x: xp.tensordot(xp.ones(2), xp.ones(2), axes=1)
    ),
    part_grown,
    lambda xp: put_into(xp, 0, [0], []),
    lambda xp: put_into(xp, 0, [], [1]),
    lambda xp: put_into(xp, 3, [1], []),
    lambda xp: xp.take_along_axis(xp.array(SQUARE), xp.array([3, 0]), axis=None),
    lambda xp: xp.take_along_axis(xp.array(5), xp.array([0]), axis=None),
    lambda xp: assigned_flat(xp, slice(0, 4), 1j),
    lambda xp: assigned_flat(xp, (0, None), 1),
    lambda xp: assigned_flat(xp, None, 1),
    lambda xp: assigned_flat(xp, (slice(None), ...), 1),
    lambda xp: assigned_flat(xp, (slice(1, None, 2),), 1),
    lambda xp: xp.ones((2, 2)).flat[0, 1],
    lambda xp: float(xp.full(3, 3j).ravel()[0]),
    lambda xp: float((xp.full(3, 3j) * 2).sum()),
    lambda xp: float(xp.full(3, 3j)),
    lambda xp: xp.repeat(xp.ones((0, 3)), 2).flags.writeable,
    lambda xp: xp.repeat(xp.ones((1, 3)), 2, axis=0).flags.writeable,
    lambda xp: xp.repeat(xp.ones((1, 3)), 1, axis=0).flags.writeable,
    lambda xp: np.lib.stride_tricks.sliding_window_view(xp.ones(6), 2).flags.writeable,
]


@pytest.mark.parametrize("small_path", [True, False])
@pytest.mark.parametrize("program", CALLS)
def test_call(program, small_path):
    with la.config(small_path=small_path):
        assert_matches_numpy(program)


def test_flat_is_an_iterator_that_knows_its_place():
    for xp in (np, la):
        flat = xp.arange(6).reshape(2, 3).flat
        assert [int(next(flat)) for _ in range(4)] == [0, 1, 2, 3]
        assert (flat.index, flat.coords) == (4, (1, 1))
        assert [int(next(flat)), int(next(flat)), next(flat, None)] == [4, 5, None]


def test_numbers_have_what_numpys_scalars_have():
    for options in ({}, {"small_bytes": 0}):
        with la.config(**options):
            x = la.asarray([1.0, 2.5])
            assert la.sqrt(x.sum() + 0.5).is_integer()
            assert not x[1].is_integer()
            assert x.sum().as_integer_ratio() == (7, 2)
            assert (x[1] * 2).hex() == (5.0).hex()
            with pytest.raises(AttributeError, match="is_integer"):
                x.is_integer()


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
@pytest.mark.parametrize("size", [8, 70_000])
def test_what_a_mask_selects_takes_locks_and_shapes(size, options):
    results = []
    for xp in (np, la):
        with la.config(**options):
            x = xp.asarray(np.arange(size) * 1.0)
            locked = x[x > 1]
            view = locked[1:]
            locked.setflags(write=False)
            with pytest.raises(ValueError, match="read-only"):
                locked[0] = 3
            view[0] = 9
            square = x[(x > 1) & (x < 6)]
            square.shape = (2, 2)
            square.T[0] = 7
            x[2].setflags(write=False)  # without meaning, as in NumPy
            results.append([np.array(locked[:3]), np.array(square)])
    for numpys, mine in zip(*results, strict=True):
        np.testing.assert_array_equal(mine, numpys)


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
def test_one_element_takes_no_list_and_no_number_that_does_not_fit(options):
    with la.config(**options):
        for xp in (np, la):
            x = xp.asarray(np.zeros(5, "i1"))
            with pytest.raises(ValueError, match="sequence"):
                x[..., 0] = [3]
            for number in (300, np.float64(1e300), np.inf):
                with pytest.raises((ValueError, OverflowError)):
                    x.flat[3] = number
            assert not np.asarray(x).any()
            x.flat[1:3] = np.float64(259)
            assert np.asarray(x).tolist() == [0, 3, 3, 0, 0]
