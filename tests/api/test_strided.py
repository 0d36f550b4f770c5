"""`as_strided` follows strides in memory that has them, or refuses to; copies have NumPy's."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided

import lazyarr as la

VIEWS = {
    "all": lambda x: x,
    "steps": lambda x: x[::2],
    "backwards": lambda x: x[::-1],
    "turned": lambda x: x.T,
    "cut": lambda x: x[1:-1, 2:],
    "all of these": lambda x: x[-2:0:-2, 1::3].T,
    "row": lambda x: x[1],
    "column": lambda x: x[:, -1],
    "new axis": lambda x: x[:, None, 1:],
    "flat": lambda x: x.reshape(-1)[3::2],
}
MADE = {
    "wrapped": lambda xp, p: xp.asarray(p),
    "turned": lambda xp, p: xp.asarray(p).T,
    "copied": lambda xp, p: xp.array(p),
    "deferred": lambda xp, p: xp.asarray(p) == 1,
    "in its order": lambda xp, p: xp.asarray(p).T * 2,
    "written": lambda xp, p: written(xp.array(p)),
}


def written(x):
    x[1] = 3
    x[2:] *= 2
    return x


def windows(x):
    """Return windows along the first axis, of which each begins in the one before."""
    shape = (max(x.shape[0] - 2, 1), *x.shape[1:], min(3, x.shape[0]))
    return as_strided(x, shape, strides=(*x.strides, x.strides[0]))


def same(found, expected):
    assert type(found) is np.ndarray
    assert found.dtype == expected.dtype
    assert found.strides == expected.strides
    return np.array_equal(found, expected)


def numbers(dtype, rows):
    return (np.arange(rows * 13).reshape(rows, 13) % 101).astype(dtype)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
@pytest.mark.parametrize("rows", [13, 5000, 200_000])
def test_strides_mean_what_they_do_in_numpy(view, made, rows):
    for dtype in ("f8",) if rows > 5000 else ("f8", "i2", "c16", "?"):
        p = numbers(dtype, rows)
        if made is MADE["written"] and dtype == "?":
            continue  # no product of these
        x, expected = view(made(la, p)), view(made(np, p))
        assert x.strides == expected.strides
        assert same(windows(x), windows(expected))
        assert np.array_equal(as_strided(x), expected)


@pytest.mark.parametrize("rows", [13, 5000, 200_000])
def test_what_is_stretched_and_parts_of_complex_numbers(rows):
    for view in (
        lambda xp, p: xp.broadcast_to(xp.asarray(p), (3, *p.shape)),
        lambda xp, p: xp.broadcast_to(xp.asarray(p)[:, :1], p.shape)[::2],
        lambda xp, p: xp.asarray(p).real[::2],
        lambda xp, p: xp.asarray(p).imag[1:, ::-2],
        lambda xp, p: (xp.asarray(p) + 1).imag[1:],
    ):
        p = numbers("c16", rows) * (1 + 2j)
        assert same(windows(view(la, p)), windows(view(np, p)))


def test_what_wraps_a_view_of_memory(planned):
    p = numbers("f8", 5000)[::3, ::2]
    for x in (la.asarray(p), la.asarray(p)[1:]):
        expected = p if x.shape == p.shape else p[1:]
        assert same(windows(x), windows(expected))
        # What the user's memory has in between is there, as it is for NumPy.
        shape, strides = (3, 7), (x.strides[0], x.strides[1] // 2)
        found = as_strided(x, shape, strides)
        assert same(found, as_strided(expected, shape, strides))
        assert not found.flags.writeable


def test_fields_of_records():
    records = np.zeros(9, [("a", "f8"), ("b", "i4")])
    records["a"], records["b"] = np.arange(9), np.arange(9) * 2
    x = la.asarray(records)
    for field in ("a", "b"):
        assert same(windows(x[field][::2]), windows(records[field][::2]))


def blocks(xp, image, side):
    """Return the tiles of an image, as many do."""
    rows, columns = image.shape
    shape = (rows // side, columns // side, side, side)
    strides = (side * image.strides[0], side * image.strides[1], *image.strides)
    return xp.lib.stride_tricks.as_strided(image, shape=shape, strides=strides)


def rolling(xp, series, width):
    """Return the windows of the last axis, as many do."""
    shape = (*series.shape[:-1], series.shape[-1] - width + 1, width)
    strides = (*series.strides, series.strides[-1])
    return xp.lib.stride_tricks.as_strided(series, shape, strides, writeable=False)


def toeplitz(xp, row):
    """Return a matrix of which each row is the one above, moved."""
    values = xp.concatenate([row[::-1], row[1:]])[::-1]
    n, step = len(row), values.strides[0]
    return xp.lib.stride_tricks.as_strided(values[n - 1 :], (n, n), (-step, step))


@pytest.mark.parametrize("n", [8, 400, 2000])
def test_programs_of_users(n):
    p = numbers("f8", n * n // 13 + 1).reshape(-1)[: n * n].reshape(n, n)
    for view in (VIEWS["all"], VIEWS["turned"], lambda x: x[::2, ::-1]):
        x, expected = view((la.asarray(p) * 2).persist()), view(p * 2)
        assert same(blocks(la, x, 2), blocks(np, expected, 2))
        assert same(rolling(la, x, 3), rolling(np, expected, 3))
        assert np.array_equal(
            rolling(la, x, 3).mean(-1), rolling(np, expected, 3).mean(-1)
        )
    assert same(toeplitz(la, la.asarray(p[0])), toeplitz(np, p[0]))


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("rows", [13, 5000])
@pytest.mark.parametrize("made", [MADE["copied"], MADE["written"]])
def test_writes_go_through(view, rows, made):
    p = numbers("f8", rows)
    results = []
    for xp in (la, np):
        x = made(xp, p)
        seen = view(x)
        memory = as_strided(seen, (2, 2), (seen.strides[0], seen.strides[-1]))
        memory[...] = -7
        x[3] += 1
        results.append((x, seen, memory))
    for found, expected in zip(*results, strict=True):
        assert np.array_equal(np.asarray(found), expected)


def test_what_is_wrapped_or_locked_or_large_is_not_written():
    p = numbers("f8", 200_000)
    for x in (la.asarray(p), la.asarray(p)[::2], (la.asarray(p) + 1)[1:]):
        assert not as_strided(x, (2,), (8,)).flags.writeable
    locked = la.ones((30, 4))
    locked.flags.writeable = False
    assert not as_strided(locked, (2,), (8,)).flags.writeable
    assert not as_strided(la.broadcast_to(la.ones(3), (2, 3))).flags.writeable


@pytest.mark.parametrize("rows", [13, 5000, 200_000])
@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
def test_what_reaches_beyond_memory_is_refused(rows, made):
    x = made(la, numbers("f8", rows)).persist()
    size, item = 13 * rows, x.itemsize
    last = size - 1
    assert as_strided(x, (size,), (item,)).shape == (size,)
    assert as_strided(x[::-1], (), ()).shape == ()
    for view, shape, strides in (
        (x, (size + 1,), (item,)),
        (x, (2,), (-item,)),
        (x, (2,), (size * item,)),
        (x, (2,), (last * item + 1,)),
        (x, (2, 1 << 62), (0, 1 << 62)),
        (x, (np.int64(1) << 40, 3), (np.int64(1) << 40, item)),
        (x[1:], (2,), (-x.strides[0] - 1,)),
        (x[::2], (size // 2 + 2,), (2 * item,)),
        (x[:, 0], (size + 1,), (item,)),
        (x.reshape(-1), (size + 1,), None),
    ):
        with pytest.raises(
            ValueError, match=r"as_strided: shape .* reaches bytes -?\d+"
        ):
            as_strided(view, shape, strides)


def test_the_error_tells_what_was_asked_and_what_there_is():
    with pytest.raises(ValueError, match="as_strided") as caught:
        as_strided(la.arange(10.0)[4:], (7,), (8,))
    assert str(caught.value) == (
        "as_strided: shape (7,) with strides (8,) reaches bytes 0 to 56 from the array's "
        "first element; its memory has bytes -32 to 48"
    )


def test_odd_shapes_and_strides_are_numpys_to_refuse():
    for x in (la.arange(6.0), la.arange(60.0)[::2]):
        assert as_strided(x, (0, 5), (8, 8)).shape == (0, 5)
        for shape, strides in (((2, 3), (8,)), ((-1,), (8,)), ((2,), (8, 8))):
            with pytest.raises(ValueError, match=r"strides|dimensions|negative"):
                as_strided(x, shape, strides)
        with pytest.raises(TypeError, match="sequences"):
            as_strided(x, (n for n in (2, 3)), (8, 8))
    assert as_strided(la.zeros(0)[::2]).shape == (0,)
    with pytest.raises(ValueError, match="its memory has bytes"):
        as_strided(la.zeros(0), (1,), (8,))
    assert as_strided(la.arange(6.0).sum()) == 15
    assert np.array_equal(as_strided(la.arange(6.0)[3], (2,), (0,)), [3, 3])


IN_FORTRANS_ORDER = {
    "zeros": lambda xp, a: xp.zeros(a.shape, order="F"),
    "numbers that were filled in": lambda xp, a: xp.full(a.shape, 2.0, order="F") + 1,
    "an array that was written": lambda xp, a: written(xp.zeros(a.shape, order="F")),
    "one like another": lambda xp, a: xp.ones_like(xp.array(a, order="F")),
    "a copy": lambda xp, a: xp.array(a, order="F"),
    "a copy of such an array": lambda xp, a: xp.array(np.asfortranarray(a)),
    "a sum": lambda xp, a: xp.array(a, order="F") + 1,
    "a transpose": lambda xp, a: xp.array(a).T,
    "a part of a transpose": lambda xp, a: xp.array(a).T[::2, 1:],
    "a reversed part": lambda xp, a: xp.array(a)[::2, ::-1],
    "an array of three axes": lambda xp, a: xp.array([a, a]).transpose(1, 0, 2) * 1,
}
COPIES = {
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "np.array": np.array,
    "np.copy": np.copy,
    "persist, np.array": lambda x: np.array(x.persist() if la.is_lazy(x) else x),
    "x.copy": lambda x: x.copy("K"),
}


@pytest.mark.parametrize("size", [6, 300])
@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("make", IN_FORTRANS_ORDER.values(), ids=IN_FORTRANS_ORDER)
def test_copies_lie_in_memory_in_numpys_order(make, copied, options, size):
    a = np.arange(float(size * size)).reshape(size, size)
    wanted = copied(make(np, a))
    with la.config(**options):
        got = copied(make(la, a))
        assert got.strides == wanted.strides
        held = np.asarray(got)
        assert held.strides == wanted.strides
        np.testing.assert_array_equal(held, wanted)
