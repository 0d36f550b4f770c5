"""Views of all that a library function made are handed out without a copy."""

import numpy as np
import pytest

import lazyarr as la

SHOWN = {
    "sorted the other way": lambda xp, x: xp.sort(x, axis=None)[::-1],
    "summed from the end": lambda xp, x: xp.cumsum(x[:, 0][::-1])[::-1],
    "turned": lambda xp, x: xp.sort(x, axis=1).T,
    "turned and mirrored": lambda xp, x: xp.sort(x, axis=1)[::-1].T[::-1],
    "without an axis": lambda xp, x: (x[:, :, None].swapaxes(1, 2) @ x[..., None])[
        ..., 0, 0
    ],
    "with one more": lambda xp, x: xp.sort(x, axis=1)[:, None],
}
PARTS = {
    "a part": lambda xp, x: xp.sort(x, axis=1)[1:],
    "every other one": lambda xp, x: xp.sort(x, axis=1)[::2],
    "stretched": lambda xp, x: xp.broadcast_to(xp.sort(x, axis=1)[:1], x.shape),
    "stretched to as many": lambda xp, x: xp.broadcast_to(
        xp.sort(x, axis=1)[: len(x) // 2, None], (len(x) // 2, 2, x.shape[1])
    ),
    "of an input": lambda xp, x: x.T,
}


@pytest.fixture(params=[(6, 4), (50_000, 4)], ids=["few", "many"])
def x(request):
    return np.random.default_rng(3).random(request.param)


def kinds(array):
    return [stage["kind"] for stage in array.explain().to_dict()["stages"]]


@pytest.mark.parametrize("name", [*SHOWN, *PARTS])
def test_elements_are_numpys(name, x):
    build = {**SHOWN, **PARTS}[name]
    np.testing.assert_array_equal(build(la, la.asarray(x)).compute(), build(np, x))


@pytest.mark.parametrize("name", SHOWN)
def test_what_one_view_shows_lies_as_numpys_does(name):
    x = np.random.default_rng(3).random((50_000, 4))
    lazy = SHOWN[name](la, la.asarray(x))
    assert kinds(lazy)[-1] == "view"
    strides = SHOWN[name](np, x).strides
    assert lazy.strides == strides
    assert lazy.compute().strides == strides


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_a_result_does_not_hold_all_of_it(name, x):
    assert kinds(PARTS[name](la, la.asarray(x)))[-1] != "view"


def test_results_are_the_users_own(x):
    ordered = la.sort(la.asarray(x), axis=None)
    mirrored = ordered[::-1]
    for array, expected in ((mirrored, np.sort(x, axis=None)[::-1]),) * 2:
        result = array.compute()
        np.testing.assert_array_equal(result, expected)
        result[...] = -1.0
    np.testing.assert_array_equal(ordered.compute(), np.sort(x, axis=None))
    np.testing.assert_array_equal((mirrored + 1).compute(), expected + 1)


def test_views_of_one_result_share_no_memory(x):
    ordered = la.sort(la.asarray(x), axis=None)
    results = la.compute(ordered[::-1], ordered.reshape(-1, 2).T, ordered, ordered[:])
    for k, one in enumerate(results):
        assert not any(np.shares_memory(one, other) for other in results[:k])


def test_what_an_array_shows_besides_is_kept():
    x = np.random.default_rng(3).random(200_000)
    places = la.argsort(la.asarray(x))
    np.testing.assert_array_equal(places[::-1].compute(), np.argsort(x)[::-1])
    assert "kept" in str((places + 1).explain())


def test_a_persisted_view_is_an_array_of_its_own(x):
    mirrored = la.sort(la.asarray(x), axis=None)[::-1].persist()
    expected = np.sort(x, axis=None)[::-1].copy()
    mirrored[0] = expected[0] = -5.0
    np.testing.assert_array_equal(mirrored.compute(), expected)
    np.testing.assert_array_equal((mirrored * 2).compute(), expected * 2)
