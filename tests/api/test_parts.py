"""Parts of large arrays that are there: computed with at once, views all the same."""

from __future__ import annotations

import operator
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.large import Opened
from lazyarr.api.parts import Sliced
from lazyarr.api.small import Small
from lazyarr.testing import RaiseIfComputed

RNG = np.random.default_rng(11)
KEYS = [
    3,
    (slice(None), 4),
    (5, slice(1, -1)),
    (slice(2, 6), slice(None, None, -3)),
    (slice(-4, None), 0),
]


@pytest.fixture
def pair():
    values = RNG.random((500, 300)) + 1
    return la.asarray(values), values.copy(), values


def same(x, expected):
    np.testing.assert_array_equal(np.asarray(x), expected)
    assert x.dtype == expected.dtype


@pytest.mark.parametrize("key", KEYS, ids=str)
@pytest.mark.parametrize("name", ["add", "sub", "truediv", "mod", "pow", "lt", "ne"])
def test_operators_compute_at_once(pair, name, key):
    x, y, _ = pair
    function = getattr(operator, name)
    part, expected = x[key], y[key]
    assert type(part) is Sliced
    few = la.asarray(np.full(expected.shape, 1.5))
    for other in (2, 0.5, x[key], few, x[1, 1], np.float64(3)):
        theirs = np.asarray(other) if isinstance(other, la.Array) else other
        made = function(part, other)
        same(made, function(expected, theirs))
        same(function(other, part), function(theirs, expected))
        if name != "pow":
            assert type(made) is Small
    same(-part, -expected)
    assert type(-part) is Small
    assert type(part) is Sliced


def test_functions_and_methods_compute_at_once(pair):
    x, y, _ = pair
    for use in (
        lambda xp, a: a[2].sum(),
        lambda xp, a: a[:, 3].copy(),
        lambda xp, a: a[1:4, 1:-1].max(axis=0),
        lambda xp, a: xp.maximum(a[3, 1:], a[2, :-1] + 0.1),
        lambda xp, a: xp.where(a[2] > 1.5, a[3], 0),
        lambda xp, a: a[4] @ a[5],
        lambda xp, a: a[:3] @ a[5],
        lambda xp, a: xp.dot(a[:, 2], a[:, 1]),
        lambda xp, a: xp.sqrt(a[2]),
        lambda xp, a: xp.concatenate([a[2], a[1]]),
        lambda xp, a: a[2] ** 2,
    ):
        made = use(la, x)
        assert not hasattr(made, "_node") or not made._node.args
        same(made, np.asarray(use(np, y)))


def test_views_of_parts_write_through_and_not_into_the_users_array(pair):
    x, y, given = pair
    before = given.copy()
    for a in (x, y):
        part = a[3]
        turned = a[2:5].T
        row = a[2:5].reshape(-1)
        part += a[4]
        turned[0] = 7
        row[1] = a[9, 9]
        a[6] = part[::-1]
        part *= a[6]
        np.squeeze(a[7:8])[3] = 2
    same(x, y)
    same(part, y[3])
    same(turned, y[2:5].T)
    np.testing.assert_array_equal(given, before)


def test_a_part_taken_before_the_array_is_opened_shows_what_is_written(pair):
    x, y, _ = pair
    for a in (x, y):
        a_part = a[3]
        a[2] = 1.0
        a[3] -= 0.25 * a_part
        made = a_part + a_part
        a[3, 1:] = a_part[:-1]
        if a is x:
            part, ours = a_part, made
    assert type(x) is Opened
    same(x, y)
    same(part, y[3])
    same(ours, made)


def test_errors_and_warnings_name_the_line(pair):
    x, y, _ = pair
    with pytest.raises(ValueError, match="broadcast"):
        x[3] + x[:, 2]
    with pytest.raises(TypeError):
        x[3] & x[4]
    with pytest.raises(IndexError):
        x[500]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        made = x[3] / (x[4] - x[4])
    assert [(w.category, w.filename) for w in told] == [(RuntimeWarning, __file__)]
    assert np.isinf(made.compute()).all()
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        x[3] / (x[4] - x[4])
    same(x, y)


def test_what_is_large_or_forbidden_waits(pair):
    x, _, _ = pair
    wide = la.asarray(np.ones((2000, 2000)))
    with RaiseIfComputed():
        assert type(wide[:1000] * 2) is la.Array
        assert type(wide[0, :][:, None] * wide[0]) is la.Array
        for options in ({"small_path": False}, {"small_bytes": 0}):
            with la.config(**options):
                for made in (x[3] * 2, 2 - x[3], -x[3], x[3] + x[4], x[3] ** 2):
                    assert type(made) is la.Array
    with la.config(small_bytes=2400):
        assert type(x[3] * 2) is Small
        assert type(x[3:5] * 2) is la.Array


VIEWS = {
    "diagonal": lambda x: x.diagonal(),
    "transpose": lambda x: x.T,
    "new axis": lambda x: x[:, None, 1:],
    "flip": lambda x: x[::-1].T,
    "moveaxis": lambda x: x[None].swapaxes(0, 2),
    "a part of a view": lambda x: x.T[None][0, 2:4],
}


@pytest.mark.parametrize("look", VIEWS.values(), ids=VIEWS)
def test_views_of_parts_compute_at_once(pair, look):
    x, y, _ = pair
    part, theirs = x[2:9, 3:10], y[2:9, 3:10]
    view, shown = look(part), look(theirs)
    assert view.shape == shown.shape
    assert type(view * 2) is Small
    assert type(view + view) is Small
    assert isinstance(view.sum(), float)  # what is computed later is none
    assert isinstance(part.sum(), float)
    assert float(view.sum()) == float(shown.sum())
    same(view - 1, shown - 1)
    same(view, shown)
    assert view.strides == shown.strides
    x[4] = y[4] = -1.5
    same(view * 2, shown * 2)
    if shown.flags.writeable:
        view[1:] = shown[1:] = 7.0
        view += 1
        shown += 1
        same(x, y)
        same(view, shown)
    else:
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 1.0


def test_views_of_parts_are_not_written_into_the_users_memory(pair):
    x, y, values = pair
    view = x[2:9, 3:10].T
    view[0] = 3.0
    view *= 2
    y[2:9, 3:10].T[0] = 3.0
    y[2:9, 3:10] *= 2
    same(x, y)
    assert not np.array_equal(values, y)


@pytest.mark.parametrize("key", [[1, 3], ([0, 2], [1, 1]), (slice(None), [4, -1])])
def test_places_and_masks_select_of_parts_at_once(pair, key):
    x, y, _ = pair
    part, theirs = x[2:9, 3:10], y[2:9, 3:10]
    assert type(part[key]) is Small
    assert type(part[part > 1.5]) is Small
    same(part[key], theirs[key])
    same(part[part > 1.5], theirs[theirs > 1.5])
    assert type(part) is Sliced
    with pytest.raises(IndexError, match="out of bounds"):
        part[[1, 99]]
