"""Reading through every kind of index key, beside NumPy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api.element import Element
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy, assert_same_bits

F = np.arange(12.0).reshape(3, 4)
ix = np.array([0, 2, -1])
m = F > 5

KEYS = [
    lambda xp: xp.array(F)[()],
    lambda xp: xp.array(5.0)[()],
    lambda xp: xp.array(5.0)[...],
    lambda xp: xp.array(F)[True],
    lambda xp: xp.array(F)[False],
    lambda xp: xp.array(F)[None],
    lambda xp: xp.array(F)[np.True_],
    lambda xp: xp.array(F)[..., None, 0],
    lambda xp: xp.array(F)[0, ..., 0, ...],
    lambda xp: xp.array(F)[0, 0, 0],
    lambda xp: xp.array(F)[5],
    lambda xp: xp.array(F)[1.0],
    lambda xp: xp.array(F)["a"],
    lambda xp: xp.array(F)[[]],
    lambda xp: xp.array(F)[[], []],
    lambda xp: xp.array(F)[[0, 1]],
    lambda xp: xp.array(F)[[0, 1], [1, 2]],
    lambda xp: xp.array(F)[[[0, 1]]],
    lambda xp: xp.array(F)[ix],
    lambda xp: xp.array(F)[ix, 1:],
    lambda xp: xp.array(F)[1:, ix],
    lambda xp: xp.array(F)[None, ix, None, :],
    lambda xp: xp.array(F)[ix, None, ix],
    lambda xp: xp.array(F)[0, :, None][ix],
    lambda xp: xp.array(F)[:, None, ix],
    lambda xp: xp.array(F)[0, None, ix],
    lambda xp: xp.array(F)[[True, False, True]],
    lambda xp: xp.array(F)[m],
    lambda xp: xp.array(F)[m[:2]],
    lambda xp: xp.array(F)[m[:, 0]],
    lambda xp: xp.array(F)[:, m[0]],
    lambda xp: xp.array(F)[m[:, 0], [1]],
    lambda xp: xp.array(F)[m[:, 0], [1, 2, 3, 0]],
    lambda xp: xp.array(F)[m[:, 0], m[0]],
    lambda xp: xp.array(F)[ix.astype(float)],
    lambda xp: xp.array(F)[[5]],
    lambda xp: xp.array(F)[[0, 1], [0, 1, 2]],
    lambda xp: xp.array(F)[np.array(1)],
    lambda xp: xp.array(F)[np.array(1, dtype=np.uint8)],
    lambda xp: xp.array(F)[np.array(True)],
    lambda xp: xp.array(F)[np.array(1), ix],
    lambda xp: xp.array(F)[np.int64(1)],
    lambda xp: xp.array(F)[1:2, ::-1],
    lambda xp: xp.array(F)[::0],
    lambda xp: xp.array(F)[10:],
    lambda xp: xp.array(F)[-1:-10:-1],
    lambda xp: xp.array(F)[:, -1],
    lambda xp: xp.array(F)[2**70],
    lambda xp: xp.array(F)[: 2**70],
    lambda xp: xp.array(F)[ix[:0]],
    lambda xp: xp.array(F)[np.zeros(0, bool)],
    lambda xp: xp.array(5.0)[None],
    lambda xp: xp.array(5.0)[True],
    lambda xp: xp.array(5.0)[False],
    lambda xp: xp.array(5.0)[0],
    lambda xp: xp.array(5.0)[np.array(True)],
    lambda xp: xp.array(F)[(slice(None), [0, 1])],
    lambda xp: xp.array(F)[[slice(None), 0]],
    lambda xp: xp.array(F)[[[1]], [[0], [1]]],
    lambda xp: xp.array(F)[xp.array([0, 1])],
    lambda xp: xp.array(F)[xp.array(F) > 3],
    lambda xp: xp.array(F)[xp.array(1)],
    lambda xp: xp.array(F)[xp.array([1]) + 5],
    lambda xp: xp.array(F)[xp.array(2) + 1],
    lambda xp: xp.zeros((0, 3))[[0]],
    lambda xp: xp.zeros((0, 3))[:, [0]],
    lambda xp: xp.zeros((3, 0))[[0, 5]],
    lambda xp: xp.zeros((3, 0))[[0, 1]],
    lambda xp: xp.zeros((3, 4, 5, 6))[:, [0, 1], :, [0, 1]],
    lambda xp: xp.zeros((3, 4, 5, 6))[:, [0, 1], [0, 1]],
    lambda xp: xp.zeros((3, 4, 5, 6))[0, :, [0, 1]],
    lambda xp: xp.zeros((3, 4, 5, 6))[[0], :, 0],
    lambda xp: xp.zeros((3, 4, 5, 6))[..., [0, 1], 0],
    lambda xp: xp.zeros((3, 4, 5, 6))[..., m[:1, :1].repeat(5, 0).repeat(6, 1)],
    lambda xp: xp.zeros((3, 4, 5, 6))[None, [0], None, True],
    lambda xp: xp.zeros((3, 4, 5, 6))[True, :, 0],
    lambda xp: xp.zeros((3, 4, 5, 6))[:, True, 0],
    lambda xp: xp.zeros((3, 4, 5, 6))[:, True, :, [0]],
    lambda xp: xp.array(F)[np.array([1], np.uint64)],
    lambda xp: xp.array(F)[[xp.array(0), 2]],
    lambda xp: xp.arange(5)[xp.arange(5)],
    lambda xp: xp.arange(5)[xp.arange(6)],
    lambda xp: xp.arange(5)[xp.array(1) : xp.array(4)],
    lambda xp: xp.array(F)[..., ...],
    lambda xp: xp.array(F)[[[1], [1, 2]]],
]


@pytest.mark.parametrize("program", KEYS)
def test_a_key_reads_what_numpy_reads(program):
    assert_matches_numpy(program)


@pytest.mark.parametrize("dtype", "?bBhilLefdFD")
def test_every_dtype_is_indexed(dtype):
    data = (np.arange(24) % 5).reshape(4, 6).astype(dtype)
    keys = [(slice(None, None, -2), 1), ([3, 0],), (data[:, 0] != 0,), (..., [1, 2])]
    for key in keys:
        assert_matches_numpy(lambda xp, key=key: xp.array(data)[key])


def test_strides_of_the_source_do_not_matter():
    data = np.arange(60.0).reshape(3, 4, 5)
    for source in (data[::-1, ::2], data.T, data[:, :, ::-3], data[1:1]):
        wrapped = la.asarray(source)
        assert np.array_equal(wrapped[..., 0].compute(), source[..., 0])
        assert np.array_equal(wrapped[..., [1, 0]].compute(), source[..., [1, 0]])


def test_huge_strides():
    base = np.lib.stride_tricks.as_strided(np.arange(9.0), (2, 3), (32, 16))
    far = np.broadcast_to(base, (1000, 2, 3))
    assert np.array_equal(la.asarray(far)[999].compute(), base)


def test_a_basic_key_computes_nothing():
    with RaiseIfComputed():
        x = la.ones((5, 6)) * 2
        assert x[1:, ::-1].T[None, ..., 3].shape == (1, 6)
        assert x[[0, 1]].shape == (2, 6)
        with pytest.raises(IndexError):
            x[7]
        with pytest.raises(IndexError):
            x[[7]]


def test_an_index_array_is_read_when_the_key_is_used():
    x, index = la.arange(5) * 10, np.array([1, 2])
    picked = x[index]
    index[:] = 99
    assert picked.compute().tolist() == [10, 20]


def test_an_index_out_of_bounds_names_the_user_line():
    with pytest.raises(IndexError, match=r"test_indexing.py:\d+"):
        la.arange(5)[[1, 7]]


def test_elements_are_scalars_and_not_views():
    x = la.asarray(np.array([1.0, 2.0]))
    first = x[0]
    x[0], x[1] = x[1], first
    first += 5
    assert x.compute().tolist() == [2, 1]
    assert float(first) == 6
    assert type(x[0].compute()) is np.float64


@pytest.mark.parametrize(
    "key",
    [
        (..., 0),
        (0, ...),
        (..., slice(1, None), None),
        (None, ..., None, 1),
        (None, slice(None, None, -1), None, 2),
        (slice(1, 1), ..., -1),
        (1, ..., 2, 3),
        (1, 2, ..., 3, None),
        (..., None),
        (1, 2, 3, ...),
    ],
)
def test_keys_with_new_axes_and_an_ellipsis_are_views(key):
    source = np.arange(24.0).reshape(2, 3, 4)
    x = la.asarray(source.copy())
    part = x[key]
    assert part.base is not None or not part.shape
    assert part.shape == source[key].shape
    assert np.array_equal(part.compute(), source[key])
    x[key] = 7.0
    source[key] = 7.0
    assert np.array_equal(x.compute(), source)


@pytest.mark.parametrize("key", [(..., ...), (0, 0, 0, 0, ...), (..., 5), (None, 9)])
def test_mistakes_beside_an_ellipsis_raise_at_the_call(key):
    with pytest.raises(IndexError):
        la.ones((2, 3, 4))[key]


def test_what_a_mask_selects_is_computed_with_it_and_the_mask_is_remembered():
    data = np.random.default_rng(5).random((40, 3))
    x = la.asarray(data) * 2
    mask = x[:, 0] > 1
    expected = (data * 2)[data[:, 0] * 2 > 1]
    chosen = x[mask]
    assert np.array_equal(chosen.compute(), expected)
    assert not mask._node.args  # a leaf from now on
    assert np.array_equal(chosen.compute(), expected)
    assert np.array_equal(x[mask].compute(), expected)
    assert chosen.shape == expected.shape


def test_elements_are_indices_as_numpys_scalars_are():
    theirs = np.arange(24.0).reshape(4, 6)
    places, flags = np.array([2, 1, -1]), np.array([True, False])
    ours, lazy_places, lazy_flags = map(la.asarray, (theirs, places, flags))
    x = ours * 1  # known; and an expression that is not:
    with la.config(small_bytes=0):
        y = la.asarray(theirs.copy()) * 1
    for k in range(3):
        i, place = lazy_places[k], places[k]
        assert type(i) is Element
        assert isinstance(i, np.integer)
        for array in (x, y):
            assert_same_bits(array[i].compute(), theirs[place])
            assert_same_bits(array[i, 1:3].compute(), theirs[place, 1:3])
            assert_same_bits(array[:, i].compute(), theirs[:, place])
            assert_same_bits(array[[0, 1], i].compute(), theirs[[0, 1], place])
    for k in range(2):
        b, flag = lazy_flags[k], flags[k]
        assert_same_bits(y[b].compute(), theirs[flag])
        assert_same_bits(y[b, 1].compute(), theirs[flag, 1])
    with la.config(small_bytes=0):
        view = y[lazy_places[0], 1:3]
        view += 100
        y[lazy_places[1], 0] = 7
    theirs[2, 1:3] += 100
    theirs[1, 0] = 7
    assert_same_bits(y.compute(), theirs)


def test_a_diagonal_may_be_named_by_an_element():
    k = la.asarray([1, -2])
    with la.config(small_bytes=0):
        x = la.asarray(np.ones((3, 4))) * 1
    for theirs, ours in ((1, k[0]), (-2, k[1])):
        assert_same_bits(la.triu(x, ours).compute(), np.triu(np.ones((3, 4)), theirs))
    with pytest.raises(TypeError):
        la.eye(300, k=1.5)


@pytest.mark.parametrize(
    "key",
    [
        (slice(None, None, -3), [0, 0], ..., -9),
        (slice(3), 0, ..., [1, 2]),
        (slice(1, 4), True, ..., slice(0, 1), [3, 4]),
        (slice(None), None, [0], ..., [[1], [2]]),
        (slice(2), np.array([True]), ..., 5),
        (slice(None), ..., 0, [1, 2]),  # it keeps nothing apart
        ([3, 4], 0, ..., [1, 2]),
    ],
)
def test_an_ellipsis_of_no_axes_keeps_indices_apart(key):
    y = np.arange(60_000.0).reshape(200, 1, 300)
    x = la.asarray(y) + 0
    expected = y[key]
    assert_same_bits(x[key].compute(), expected)
    values = np.arange(expected.size * 1.0).reshape(expected.shape)
    x[key] = values
    y[key] = values
    la.add.at(x, key, values)
    np.add.at(y, key, values)
    assert_same_bits(x.compute(), y)


def test_an_ellipsis_between_indices_is_left_to_numpy():
    """CuPy overlooks it, and would give another shape."""
    x = la.ones((80_000, 1, 300)) * 3
    for middle, device in (((0, ...), "cpu"), (([0, 0],), "gpu:0")):
        plan = x[slice(3, None), *middle, [1, 2]].explain(profile=la.profiles.h200())
        assert [stage["device"] for stage in plan.to_dict()["stages"]] == [device]


TAKEN = {
    "ellipsis": lambda x, i: x[..., i],
    "transposed": lambda x, i: x.T[i],
    "new axis": lambda x, i: x[i, :, None],
    "backwards": lambda x, i: x[i, ::-1],
    "moved": lambda x, i: np.moveaxis(x, 1, 0)[:, i],
    "broadcast": lambda x, i: np.broadcast_to(x[i, 0], (3, 48)),
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_parts_that_a_loop_hands_out_one_by_one_are_not_planned(take, monkeypatch):
    def planned(*_):
        raise AssertionError("a plan was made of a part")

    held = np.random.default_rng(0).random((40, 30, 48))
    x = la.asarray(held.copy())
    monkeypatch.setattr(evaluate, "_prepare", planned)
    for i in range(20):
        part, wanted = np.asarray(take(x, i)), np.array(take(held, i))
        assert part.tobytes() == wanted.tobytes()
        part[:] = 0  # it is a copy
    monkeypatch.undo()
    assert np.array_equal(x.compute(), held)
    x[...] = 1  # parts are of what is there then
    assert np.asarray(take(x, 0)).min() == 1


class Place(NamedTuple):
    """A key with names, as programs for grids have them."""

    row: object
    column: object


@pytest.mark.parametrize("size", [5, 300])
@pytest.mark.parametrize(
    "key", [(1, 2), ([1, 3], [2, 0]), (slice(1, 3), 2), (..., 1), (None, 1)]
)
def test_a_tuple_with_names_is_a_tuple(key, size):
    found = []
    for xp in (np, la):
        x = xp.arange(size * size * 1.0).reshape(size, size)
        seen = np.array(x[Place(*key)])
        x[Place(*key)] = -1
        x[Place(*key)] += 3
        y = x * 1
        y[Place(*key)] *= 2
        found.append((seen, np.asarray(x), np.asarray(y)))
    for wanted, made in zip(*found, strict=True):
        np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize("size", [5, 100_000])
@pytest.mark.parametrize("index", [2**63, [1, 2**63], -(2**63) - 1])
def test_take_refuses_integers_that_are_no_index_as_numpy_does(size, index):
    for xp in (np, la):
        with pytest.raises(OverflowError, match="too large"):
            xp.take(xp.arange(size) * 2, index)


@pytest.mark.parametrize("size", [5, 100_000])
@pytest.mark.parametrize("index", [[1.7, 2], [], [[True, False]], (3, np.int8(1))])
def test_take_converts_sequences_as_numpy_does(size, index):
    found = np.asarray(la.take(la.arange(size) * 2, index))
    np.testing.assert_array_equal(found, np.take(np.arange(size) * 2, index))


LONG = 70_000  # elements in a row: nothing of them is evaluated at the call
WAYS = {
    "row": lambda x, k: x[k],
    "tuple": lambda x, k: x[(k,)],
    "part of a row": lambda x, k: x[k, 3:],
    "column": lambda x, k: x[:, k],
    "last axis": lambda x, k: x[..., k],
    "new axis": lambda x, k: x[None, k],
    "element with an axis": lambda x, k: x[k, None, k],
    "beside an integer": lambda x, k: x[1, k, None],
    "from the end": lambda x, k: x[-k],
    "row of a view": lambda x, k: x[:, ::-2][k],
    "column of a turned one": lambda x, k: x.T[:, k],
    "beside an index array": lambda x, k: x[k, [0, 2]],
    "an element": lambda x, k: x[k, k],
}
PLACES = {
    "argmax": lambda xp: (xp.arange(2 * LONG) % 2).argmax(),
    "sum": lambda xp: xp.sum(xp.arange(2 * LONG) < 1),
    "count": lambda xp: xp.count_nonzero(xp.arange(2 * LONG) < 1),
    "arithmetic": lambda xp: xp.arange(LONG).max() // (LONG - 1),
    "element": lambda xp: (xp.arange(LONG) * 1)[1],
}


@pytest.mark.parametrize("options", [{}, {"small_path": False}, {"small_bytes": 0}])
@pytest.mark.parametrize("side", [4, LONG])
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_a_number_computed_later_shows_is_written_through(
    way, place, side, options
):
    def program(xp):
        x = xp.arange(3.0 * side).reshape(3, side) * 1
        shown = way(x, place(xp))
        if shown.shape:
            shown[...] = -1
            shown += 2
        x *= 2  # the other way, too
        return x, shown

    with la.config(**options):
        for made, expected in zip(program(la), program(np), strict=True):
            assert_same_bits(made.compute(), np.asarray(expected))


def test_a_number_computed_later_that_is_out_of_bounds_is_told_at_the_call():
    x, place = la.ones((3, LONG)), la.sum(la.ones(LONG, dtype=int))
    with pytest.raises(IndexError, match="out of bounds for axis 0 with size 3"):
        x[place]


def test_elements_and_picks_at_a_place_computed_later_stay_lazy():
    x = la.asarray(np.arange(3.0 * LONG).reshape(3, LONG))
    with RaiseIfComputed():
        element, picked = x[1][(-x[1]).argmin()], x[x[:, 0].argmax(), [0, 2]]
        taken = la.take(x, x[:, 0].argmax(), axis=0)
    assert element == 2.0 * LONG - 1
    assert picked.tolist() == [2.0 * LONG, 2.0 * LONG + 2]
    taken += 1  # a copy
    assert taken[0] == 2.0 * LONG + 1
    assert x[2, 0] == 2.0 * LONG
