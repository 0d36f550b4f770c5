"""Kernels at shapes, strides and places where they are easily wrong, against NumPy."""

from __future__ import annotations

import mmap
from functools import partial
from math import prod

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.codegen import indexing
from lazyarr.codegen.indexing import Space, Walk
from lazyarr.codegen.reach import computed
from lazyarr.runtime import launch as kernels
from tests.cases import every
from tests.codegen.fake_cupy import Pointer
from tests.codegen.programs import several

RNG = np.random.default_rng(11)
# Nothing, one element, fewer than a pack, a pack and a bit, axes of one, many rows.
SHAPES = [(0,), (1,), (3,), (17,), (1, 1), (1, 33), (33, 1), (5, 0), (0, 5), (2, 1, 3)]
SHAPES += [(7, 129), (3, 2, 1, 5), (16, 16), (18, 40, 17)]


def values(shape, dtype):
    numbers = RNG.integers(-60, 60, shape)
    kind = np.dtype(dtype).kind
    if kind in "bu":
        numbers = abs(numbers) % (2 if kind == "b" else 60)
    if kind == "c":
        numbers = numbers + 1j * RNG.integers(-9, 9, shape)
    return (numbers / 4 if kind == "f" else numbers).astype(dtype)


def check(program, *arrays, rtol=0.0):
    """Compare a program's results on the device with NumPy's; 0 and -0 are two."""
    evaluate.clear_cache()
    lazy = several(program(la, *map(la.asarray, arrays)))
    found = la.compute(*lazy, device="gpu")
    with np.errstate(all="ignore"):
        wanted = several(program(np, *(a.copy("K") for a in arrays)))
    for got, want in zip(found, wanted, strict=True):
        assert (got.dtype, got.shape) == (want.dtype, want.shape)
        np.testing.assert_allclose(got, want, rtol, rtol)
        if want.dtype.kind == "f" and not rtol:
            there = ~np.isnan(want)
            np.testing.assert_array_equal(
                np.signbit(got)[there], np.signbit(want)[there]
            )


def chosen(xp, x, y):
    return xp.where(x == y, x, y), x != y


def shifted(xp, x, y):
    return (
        xp.where(x[..., ::-1] == y, x, y),
        xp.where(x[1:] != y[:-1], x[:-1], y[1:]),
        xp.where(x[..., 1:] != y[..., :-1], y[..., 1:], x[..., 1:]),
    )


def stretched(xp, x, y):
    row, column = y[:1], x[..., :1]
    return xp.where(row == column, x, column), xp.where(x == row, row, y)


def turned(xp, x, y):
    return xp.where(x.T[::-1] == y.T, x.T, y.T[::-1]), xp.where(x.T != y.T, x.T, y.T)


MAPS = [(chosen, "bD"), (shifted, "ed"), (stretched, "?f"), (turned, "bq")]


@pytest.mark.parametrize(
    ("program", "dtype"), [(p, c) for p, some in MAPS for c in some]
)
def test_maps_of_any_shape(cupy, program, dtype):
    every(lambda s: check(program, values(s, dtype), values(s, dtype)), SHAPES)


@pytest.mark.parametrize("dtypes", ["bd", "?D", "HF"])
def test_operands_of_several_widths(cupy, dtypes):
    def program(xp, x, y):
        return x + y, x[:, 1:] * y[:, :-1], x[:, ::-1] - y, x[:, :1] + y, x[:1] + y

    def one(shape):
        check(program, values(shape, dtypes[0]), values(shape, dtypes[1]))

    every(one, [(0, 3), (1, 1), (1, 33), (33, 1), (7, 129), (19, 40), (3, 1031)])


@pytest.mark.parametrize("dtype", ["b", "e", "D"])
def test_leaves_that_start_anywhere(cupy, dtype):
    base = values(90, dtype)
    held = cupy.ndarray.of(base)

    def one(first, length):
        part = base[first : first + length]
        x = la.asarray(held[first : first + length])
        y = la.asarray(held[first + 1 : first + 1 + length])
        beside = base[first + 1 : first + 1 + length]
        found = la.compute(x != y, la.count_nonzero(x), la.any(y), device="gpu")
        np.testing.assert_array_equal(found[0], part != beside)
        assert found[1:] == (np.count_nonzero(part), beside.any())

    every(lambda case: one(*case), [(k, n) for k in (1, 2, 3) for n in (1, 15, 16, 67)])


LENGTHS = [
    (0,),
    (1,),
    (3,),
    (0, 5),
    (5, 0),
    (1, 1),
    (1, 33),
    (33, 1),
    (4, 31),
    (2, 1025),
]
LENGTHS += [(300, 3), (3, 4, 5), (2, 9001), (700, 9), (9, 700)]


def folds(xp, x, axis):
    return tuple(_folds(xp, x, axis))


def _folds(xp, x, axis):
    yield from (
        xp.any(x, axis=axis),
        xp.all(x, axis=axis),
        xp.count_nonzero(x, axis=axis),
    )
    if x.dtype.kind in "biu":
        yield from (xp.sum(x, axis=axis), xp.prod(x, axis=axis))
    if 0 not in x.shape:
        yield from (xp.max(x, axis=axis), xp.min(x, axis=axis))
        yield from (xp.argmax(x, axis=axis), xp.argmin(x, axis=axis))


@pytest.mark.parametrize("dtype", ["b", "d"])
def test_folds_of_any_shape(cupy, dtype):
    def one(shape):
        x = values(shape, dtype)
        if x.dtype.kind == "f" and x.size > 3:
            x.flat[x.size // 2] = np.nan
        for axis in (None, *range(x.ndim)):
            check(partial(folds, axis=axis), x)

    every(one, LENGTHS)


def test_sums_of_any_shape(cupy):
    def program(xp, x, axis):
        return xp.sum(x, axis=axis), xp.prod(x / 32, axis=axis)

    def one(shape):
        x = values(shape, "D")
        for axis in (None, *range(x.ndim)):
            check(partial(program, axis=axis), x, rtol=1e-11)

    every(one, LENGTHS)


def test_rows_of_any_length(cupy):
    def program(xp, x):
        off = x - xp.mean(x, axis=1, keepdims=True)
        place = x + xp.argmin(x, axis=1, keepdims=True)
        return off / (xp.sum(abs(off), axis=1, keepdims=True) + 1), place

    def one(length):
        for rows in (1, 5):
            x = values((rows, length), "d")
            check(program, x, rtol=1e-11)
            check(program, x[:, 1:] if length > 1 else x[:, ::-1], rtol=1e-11)

    every(one, [1, 2, 31, 33, 1025, 8193])


V, W, U = values(37, "d"), values(3, "d"), values(50, "d")
BESIDE = {
    "a number for every sum": lambda xp, x: xp.sum(x, axis=1) * V + xp.arange(37.0),
    "a row for sums of columns": lambda xp, x: xp.sum(x, axis=0) * U,
    "elements and their sums": lambda xp, x: (x * 2 + 1, xp.sum(x * 2 + 1, axis=0)),
    "elements and sums of rows": lambda xp, x: (x * 2, xp.max(x * 2, axis=1)),
    "rows over numbers": lambda xp, x: (
        x
        / (
            xp.sum(abs(x), axis=1, keepdims=True) * V[:, None]
            + xp.arange(37.0)[:, None]
        )
    ),
    "a row beside rows": lambda xp, x: x[:, 1:] * U[1:] - x[:, :-1] * U[:-1],
    "many variances of rows": lambda xp, x: (
        x / sum(xp.var(x * k, axis=1, keepdims=True) for k in range(1, 13))
    ),
    "sums of rows alone": lambda xp, x: xp.sum(
        x - xp.mean(x, axis=1, keepdims=True), axis=1
    ),
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_folds(cupy, name):
    check(BESIDE[name], RNG.random((37, 50)) + 1, rtol=1e-12)


def test_rows_that_no_block_holds_with_numbers_of_their_own(cupy):
    def program(xp, x):
        most = xp.max(x, axis=1, keepdims=True) * W[:, None]
        over = xp.sum(x - most, axis=1, keepdims=True) + xp.arange(3.0)[:, None]
        return x / over + xp.arange(3.0)[:, None], over

    check(program, RNG.random((3, 60_000)), rtol=1e-11)


def test_squares_in_planes_with_an_element_of_the_device(cupy):
    x, y = RNG.random((3, 40, 48)), RNG.random((3, 48, 40))
    one = (la.asarray(W) * 2).persist(device="gpu")
    got = la.permute_dims(la.asarray(x), (0, 2, 1)) * one[1] + la.asarray(y)
    np.testing.assert_array_equal(
        got.compute(device="gpu"), x.transpose(0, 2, 1) * (W[1] * 2) + y
    )


def test_numbers_on_the_device(cupy):
    x = RNG.random((21, 50))
    total = la.sum(la.asarray(x)).persist(device="gpu")
    programs = (total + 1, la.asarray(x) * total, la.max(total - la.asarray(x), axis=1))
    one = total.compute()
    wanted = one + 1, x * one, (one - x).max(axis=1)
    for got, want in zip(la.compute(*programs, device="gpu"), wanted, strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("make", [lambda x: x.T, lambda x: x[:, :7].T])
def test_a_region_that_no_stride_reaches(cupy, make):
    fortran = np.asfortranarray(RNG.random((11, 9)))
    wanted = fortran.copy("K")
    x = la.asarray(fortran, copy=True)
    for array in (x, wanted):
        make(array).reshape(-1)[3:29:2] = 7.0
        make(array).reshape(-1)[5:9] *= 2.0
    plan = la.explain(x, device="gpu").plan
    regions = [s for s in plan.stages if s.region is not None]
    assert regions
    assert all(computed(s, plan.values).stage is not s for s in regions)
    np.testing.assert_array_equal(x.compute(device="gpu"), wanted)


# --- scalars, and functions of one's own ----------------------------------------------

SCALARS = [True, 3, -2, 2.5, -0.0, 1j, float("nan"), float("inf"), 2**40]
SCALARS += [np.float32(2), np.int8(3), np.uint64(7), np.float16(0.5), np.bool_(True)]


@pytest.mark.parametrize("dtype", ["?", "b", "D"])
def test_scalars_of_every_type(cupy, dtype):
    x = values((3, 35), dtype)

    def one(scalar):
        try:
            x + scalar
        except (OverflowError, TypeError):
            return
        check(lambda xp, a: (a + scalar, scalar * a, a != scalar), x)

    with np.errstate(all="ignore"):
        every(one, SCALARS)


def test_a_function_of_ones_own_in_every_dtype(cupy):
    between = la.elementwise(
        "between",
        numpy=lambda x, low, high: np.minimum(np.maximum(x, low), high),
        cuda="x < low ? low : x > high ? high : x",
    )

    def one(dtype):
        for shape in [(0,), (17,), (5, 33)]:
            x = values(shape, dtype)
            got = between(la.asarray(x)[::-1], -3, 5).compute(device="gpu")
            low, high = x.dtype.type(-3), x.dtype.type(5)
            np.testing.assert_array_equal(got, np.clip(x[::-1], low, high))

    every(one, "qed")


# --- indices beyond 32 bits -----------------------------------------------------------

LIMIT = (1 << 31) - indexing._SLACK


@pytest.mark.parametrize("sizes", [(LIMIT - 1,), (2, LIMIT // 2)])
def test_indices_are_narrow_up_to_a_limit(sizes):
    walk = Walk(0, (0,) * len(sizes))
    space = Space(sizes, (False,) * len(sizes))
    assert indexing.is_wide(space, [walk]) is (prod(sizes) >= LIMIT)
    larger = Space((*sizes[:-1], sizes[-1] + 1), space.folded)
    assert indexing.is_wide(larger, [walk])


@pytest.mark.parametrize("sign", [1, -1])
def test_so_are_they_by_what_strides_reach(sign):
    space = Space((3, 5), (False, False))
    assert not indexing.is_wide(space, [Walk(0, (sign * ((LIMIT - 5) // 2), 1))])
    assert indexing.is_wide(space, [Walk(0, (sign * ((LIMIT - 1) // 2), 1))])


@pytest.mark.parametrize(
    ("step", "wide"), [((LIMIT - 1) // 2, False), ((1 << 31) + 7, True)]
)
def test_elements_far_apart_in_memory(cupy, step, wide):
    try:  # memory that is never touched but in three places
        whole = mmap.mmap(-1, 2 * step + 64, mmap.MAP_PRIVATE | 0x4000)
    except OSError:
        pytest.skip("this system promises no memory that it does not have")
    raw = np.frombuffer(whole, np.uint8)
    pointer = Pointer(raw, raw.ctypes.data, 0)
    raw[: 2 * step + 1 : step] = 3, 5, 7
    x = la.asarray(cupy.ndarray((3,), np.uint8, pointer, (step,)))
    y = la.asarray(cupy.ndarray((3,), np.uint8, pointer + 2 * step, (-step,)))
    np.testing.assert_array_equal((x * 2 + y).compute(device="gpu"), [13, 15, 17])
    assert la.sum(x * y).compute(device="gpu") == 21 + 25 + 21
    assert {structure.wide for structure, _ in kernels._kernels} == {wide}
