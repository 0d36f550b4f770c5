"""Affine views are what NumPy's views are, and two in a row are one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyarr.errors import IndexingError
from lazyarr.ir import view as views


@st.composite
def keys(draw, shape):
    """Draw a basic index key."""
    parts = []
    for n in shape:
        if n and draw(st.booleans()):
            parts.append(draw(st.integers(-n, n - 1)))
        else:
            ends = st.none() | st.integers(-n - 2, n + 2)
            step = draw(st.sampled_from([None, 1, 2, 3, -1, -2, -7]))
            parts.append(slice(draw(ends), draw(ends), step))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), None)
    if draw(st.booleans()):
        parts = [*parts[: draw(st.integers(0, len(parts)))], Ellipsis]
    return tuple(parts)


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_chains_of_views_are_one_view(data):
    shape = data.draw(st.sampled_from([(), (5,), (3, 4), (2, 0, 3), (2, 3, 4)]))
    array = np.arange(np.prod(shape)).reshape(shape)
    expected, view = array, views.identity(shape)
    for _ in range(data.draw(st.integers(1, 4))):
        kind = data.draw(st.sampled_from(["index", "permute", "broadcast", "squeeze"]))
        now = expected.shape
        if kind == "index":
            key = data.draw(keys(now))
            key = key if Ellipsis in key else (*key, ...)
            step, expected = views.index(now, key), expected[key]
        elif kind == "permute":
            order = tuple(data.draw(st.permutations(range(len(now)))))
            step, expected = views.permute(now, order), expected.transpose(order)
        elif kind == "broadcast":
            step = views.broadcast(now, (2, *now))
            expected = np.broadcast_to(expected, (2, *now))
        else:
            ones = tuple(k for k, n in enumerate(now) if n == 1)
            step, expected = views.drop_axes(now, ones), expected.squeeze(ones)
        view = views.compose(step, view)
    shown = views.apply(array, view)
    assert view.shape == shown.shape == expected.shape
    assert np.array_equal(shown, expected)
    assert isinstance(shown, np.ndarray)
    if shown.size:
        assert np.shares_memory(shown, array)
    offset, strides = views.strides_of(view, shape)
    if shown.size and 0 not in shape:
        found = np.lib.stride_tricks.as_strided(
            array.ravel()[offset:], view.shape, [8 * s for s in strides]
        )
        assert np.array_equal(found, expected)


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_key_of_a_view_is_one_of_its_base(data):
    shape = data.draw(st.sampled_from([(), (5,), (3, 4), (2, 0, 3), (2, 3, 4)]))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    order = tuple(data.draw(st.permutations(range(len(shape)))))
    turned = views.permute(shape, order)
    key = data.draw(keys(turned.shape))
    key = key if Ellipsis in key else (*key, ...)
    step = views.index(turned.shape, key)
    view = views.compose(step, turned)
    expected = array.transpose(order)[key]
    parts = data.draw(keys(expected.shape))
    within = views.key_within(view, parts)
    if None in parts or ... in parts[:-1]:
        assert within is None
    elif order == tuple(range(len(shape))) and None not in key:
        assert within is not None
    if within is not None:
        shown = array[within]
        assert np.shape(shown) == np.shape(expected[parts])
        np.testing.assert_array_equal(shown, expected[parts])


@pytest.mark.parametrize(
    ("view", "key"),
    [
        (views.permute((3, 4)), slice(1, 3)),  # turned as its base is not
        (views.diagonal((4, 4), 0), slice(None)),
        (views.broadcast((3, 1), (3, 5)), (1, slice(None))),
        (views.broadcast((4,), (3, 4)), slice(0, 2)),
        (views.identity((3, 4)), (slice(None), 4)),  # out of bounds
        (views.index((4,), (None, ...)), 1),  # of an axis that the base has not
        (views.index((4,), (..., None)), (2, -2)),
        (views.identity((3, 4)), (0, 0, 0)),
        (views.identity((3, 4)), (0, [1])),
        (views.identity((3, 4)), True),
    ],
)
def test_what_no_key_of_the_base_shows(view, key):
    assert views.key_within(view, key) is None


@pytest.mark.parametrize("offset", range(-5, 6))
def test_diagonals(offset):
    array = np.arange(24).reshape(2, 3, 4)
    view = views.diagonal(array.shape, offset)
    expected = np.diagonal(array, offset, 1, 2)
    assert np.array_equal(views.apply(array, view), expected)


def test_the_identity_is_recognised():
    assert views.is_identity(views.identity((3, 4)), (3, 4))
    assert views.is_identity(views.index((3, 4), (slice(None),)), (3, 4))
    assert not views.is_identity(views.permute((3, 3), (1, 0)), (3, 3))
    assert not views.is_identity(views.index((3,), slice(None, None, -1)), (3,))


def test_a_view_of_an_array_without_axes_is_a_view():
    array = np.array(1.0)
    views.apply(array, views.add_axes((), (0,)))[0] = 5
    views.apply(array, views.index((), ...))[...] += 1
    assert array == 6


@pytest.mark.parametrize(
    ("key", "basic"),
    [
        (0, True),
        (np.int8(1), True),
        ((slice(1), None, ..., 2), True),
        (True, False),
        (np.True_, False),
        ([0], False),
        (np.array(0), False),
        ((0, np.array([1])), False),
        ("a", False),
        (1.0, False),
    ],
)
def test_what_is_a_basic_key(key, basic):
    assert views.is_basic(key) is basic


@pytest.mark.parametrize("key", [(0, 0, 0), 3, -4, (..., ...), (None, 0, 9)])
def test_wrong_keys(key):
    with pytest.raises(IndexError):
        np.zeros((3, 4))[key]
    with pytest.raises(IndexingError):
        views.index((3, 4), key)


def test_views_that_go_along_axes_together_or_along_none_lie_as_in_numpy():
    array = np.arange(12.0).reshape(3, 4)
    along = views.View((3,), (views.Axis(0, 1, 0), views.Axis(0, 1, 0)))
    against = views.View((3,), (views.Axis(2, -1, 0), views.Axis(0, 1, 0)))
    lower = views.View((2,), (views.Axis(1, 1, 0), views.Axis(0, 1, 0)))
    aside = views.View((3,), (views.Axis(0, 1, 0), views.Axis(1, 1, 0)))
    none = views.View((0,), (views.Axis(3, 1, 0), views.Axis(0, 1, 0)))
    expected = {
        along: array.diagonal(),
        against: array[::-1].diagonal(),
        lower: array.diagonal(-1),
        aside: array.diagonal(1),
        none: array[3:].diagonal(),
    }
    for view, wanted in expected.items():
        for held in (array, np.asfortranarray(array), array.astype("M8[s]")):
            shown = views.apply(held, view)
            np.testing.assert_array_equal(shown, wanted.astype(held.dtype))
            assert np.shares_memory(shown, held) == bool(shown.size)
            assert shown.flags.writeable
    for row in (array[0], array[:, 1], array[0, ::-1], array[0].astype("M8[s]")):
        view = views.View((2, len(row)), (views.Axis(0, 1, 1),))
        shown = views.apply(row, view)
        np.testing.assert_array_equal(shown, np.broadcast_to(row, view.shape))
        assert shown.strides == (0, *row.strides)
        assert not shown.flags.writeable
    array.flags.writeable = False
    assert not views.apply(array, along).flags.writeable
