"""What stands for NumPy's functions on a GPU: by NumPy itself it is what these compute."""

from __future__ import annotations

import numpy as np
import pytest

from lazyarr.ops.evaluated import FUNCTIONS, bytes_as
from tests.cases import every

RNG = np.random.default_rng(5)
M = RNG.random((40, 3))
V = RNG.random(40)
BITS = RNG.random((6, 16)) > 0.5
BYTES = RNG.integers(0, 256, (6, 5)).astype(np.uint8)
PLACES = RNG.integers(0, 4, (2, 3, 50))
FLAT = RNG.permutation(60)[:35].reshape(5, 7)
FLAT[2, 3] = 59
FAR = np.array([[-9, 70, 3], [4, -1, 59]])
windows = np.lib.stride_tricks.sliding_window_view

# Calls that a GPU computes.
CALLS = {
    "windows": (windows, (V, 7), {}),
    "windows of a transpose": (windows, (M.T, (2, 5)), {}),
    "windows along an axis": (windows, (M[::-2], 4), {"axis": 0}),
    "windows along an axis twice": (windows, (V, (3, 2)), {"axis": (0, 0)}),
    "bytes": (bytes_as, (M, np.dtype(np.uint8)), {}),
    "words of bytes": (bytes_as, (BITS.T[::2], np.dtype(np.uint16)), {}),
    "nonzero": (np.nonzero, (BITS,), {}),
    "packbits": (np.packbits, (BITS,), {}),
    "packbits of an axis": (np.packbits, (BITS[0, :11],), {"axis": 0}),
    "packbits little": (np.packbits, (BITS,), {"bitorder": "little"}),
    "packbits of rows": (np.packbits, (BITS,), {"axis": -1}),
    "packbits of integers": (np.packbits, (FLAT, None), {}),
    "unpackbits": (np.unpackbits, (BYTES,), {}),
    "unpackbits of rows": (np.unpackbits, (BYTES, 1), {"bitorder": "little"}),
    "ravel": (np.ravel_multi_index, (tuple(PLACES), (4, 5)), {}),
    "ravel an array": (np.ravel_multi_index, (PLACES, (4, 5)), {"order": "F"}),
    "ravel unsigned": (
        np.ravel_multi_index,
        ((PLACES[0].astype(np.uint64), PLACES[1].astype(np.int8)), (4, 300)),
        {},
    ),
    "ravel one": (np.ravel_multi_index, ((PLACES[0],), 4), {}),
    "ravel stretched": (np.ravel_multi_index, ((FLAT[:, :1], FLAT[:1]), (60, 60)), {}),
    "ravel wrapped": (np.ravel_multi_index, (tuple(FAR), (4, 5), "wrap"), {}),
    "ravel clipped": (
        np.ravel_multi_index,
        (tuple(FAR), (4, 5)),
        {"mode": ("clip", "wrap")},
    ),
    "unravel": (np.unravel_index, (FLAT, (3, 4, 5)), {}),
    "unravel in Fortran's order": (np.unravel_index, (FLAT, (3, 4, 5), "F"), {}),
    "unravel narrow": (np.unravel_index, (FLAT.astype(np.uint8), (3, 300)), {}),
    "unravel one": (np.unravel_index, (FLAT, 60), {}),
    "take clipped": (np.take, (M, FAR), {"axis": None, "mode": "clip"}),
    "take wrapped": (np.take, (M, FAR), {"axis": -1, "mode": "wrap"}),
    "take by bytes": (
        np.take,
        (np.arange(1000.0), BYTES),
        {"axis": 0, "mode": "wrap"},
    ),
    "lstsq": (np.linalg.lstsq, (M, V, None), {}),
    "lstsq of several": (np.linalg.lstsq, (M, M[:, :2], -1), {}),
    "lstsq of few": (np.linalg.lstsq, (M[:2], V[:2], None), {}),
    "lstsq of integers": (np.linalg.lstsq, (FLAT[:, :2], FLAT[:, 3], None), {}),
    "lstsq of two dtypes": (np.linalg.lstsq, (M.astype("f4"), V, None), {}),
    "lstsq of short integers": (
        np.linalg.lstsq,
        (FLAT[:, :2].astype("i1"), V[:5].astype("f4"), None),
        {},
    ),
    "lstsq of lower rank": (np.linalg.lstsq, (np.ones((4, 2)), V[:4], None), {}),
}
# Counts, whose number depends on the values: plans say that in the place of the above.
COUNTS = {
    "counts": (np.bincount, (BYTES[0],), {}),
    "counts of some at least": (np.bincount, (FLAT[0], None, 70), {}),
    "sums of weights": (np.bincount, (FLAT[0] % 3, M[:7, 0] // 0.01, 5), {}),
}
# Calls that are left to NumPy: for what CuPy has not, or for its error.
LEFT = {
    "packbits of columns": (np.packbits, (BITS,), {"axis": 0}),
    "packbits of odd rows": (np.packbits, (BITS[:, :11],), {"axis": 1}),
    "packbits of floats": (np.packbits, (M,), {}),
    "unpackbits of columns": (np.unpackbits, (BYTES,), {"axis": 0}),
    "unpackbits of a count": (np.unpackbits, (BYTES,), {"count": 3}),
    "unpackbits of integers": (np.unpackbits, (FLAT,), {}),
    "unravel beyond": (np.unravel_index, (FLAT + 1, (3, 4, 5)), {}),
    "unravel below": (np.unravel_index, (FLAT - 60, (3, 4, 5)), {}),
    "take out of bounds": (np.take, (M, FAR), {"mode": "raise"}),
    "lstsq of halves": (np.linalg.lstsq, (M.astype("e"), V, None), {}),
    "lstsq of vectors": (np.linalg.lstsq, (V, V, None), {}),
    "lstsq of other lengths": (np.linalg.lstsq, (M, V[1:], None), {}),
}


def called(function, args, options):
    """Return what an entry makes of arrays of NumPy's."""
    return FUNCTIONS[function].function(np, np.asarray, *args, **options)


def same(got, want):
    if isinstance(want, tuple):
        assert len(got) == len(want)
        for mine, theirs in zip(got, want, strict=True):
            same(mine, theirs)
        return
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_entries_are_numpys():
    def check(name):
        function, args, options = (CALLS | COUNTS)[name]
        same(called(function, args, options), function(*args, **options))

    every(check, CALLS | COUNTS)


def test_every_entry_is_called():
    given = CALLS | COUNTS
    assert {function for function, _, _ in given.values()} == set(FUNCTIONS)


def test_views_are_views():
    for name in ("windows", "windows of a transpose", "bytes"):
        function, args, options = CALLS[name]
        made = called(function, args, options)
        assert np.shares_memory(made, args[0])
        assert made.strides == function(*args, **options).strides
        assert FUNCTIONS[function].view


def test_what_is_left_to_numpy():
    def check(name):
        function, args, options = LEFT[name]
        with pytest.raises(NotImplementedError):
            called(function, args, options)

    every(check, LEFT)


def test_mistakes_are_numpys():
    for function, args in (
        (windows, (V, 41)),
        (windows, (V, (2, 2))),
        (np.ravel_multi_index, (tuple(FAR), (4, 5))),
        (np.ravel_multi_index, (tuple(PLACES), (4, 5, 6))),
        (np.ravel_multi_index, ((M, M), (4, 5))),
        (np.unravel_index, (M, (4, 5))),
        (np.unravel_index, (FLAT, (1 << 40, 1 << 40))),
        (np.linalg.lstsq, (np.full((3, 2), np.nan), V[:3], None)),
    ):
        with pytest.raises(Exception, match=r".") as theirs:
            function(*args)
        with pytest.raises(Exception, match=r".") as ours:
            called(function, args, {})
        assert type(ours.value) is type(theirs.value)
        assert str(ours.value) == str(theirs.value)


def test_a_place_beyond_bounds_is_wrong_in_any_index():
    beyond = (PLACES[0], PLACES[1] + 3)
    with pytest.raises(ValueError, match="invalid entry in coordinates array"):
        called(np.ravel_multi_index, (beyond, (4, 5)), {})
    below = (PLACES[0] - 1, PLACES[1])
    with pytest.raises(ValueError, match="invalid entry in coordinates array"):
        called(np.ravel_multi_index, (below, (4, 5)), {})
