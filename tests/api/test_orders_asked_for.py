"""``order=`` of ufuncs: how the new array that they return lies in memory."""

import numpy as np
import pytest

import lazyarr as la

SIDES = [(3, 4), (300, 400), (2, 3, 4), (5,), (0, 3)]
LYING = {
    "C": lambda x: x,
    "F": np.asfortranarray,
    "T": lambda x: np.ascontiguousarray(x.T).T,
    "apart": lambda x: np.repeat(x, 2, axis=0)[::2],
}


@pytest.fixture(params=["at once", "planned"], autouse=True)
def either(request):
    """Compute small arrays at once, and by plans."""
    with la.config(small_bytes=0 if request.param == "planned" else 1 << 18):
        yield


def contiguous(x):
    return x.flags.c_contiguous, x.flags.f_contiguous


def compare(made, wanted):
    assert contiguous(made) == contiguous(np.asarray(made)) == contiguous(wanted)
    np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize("order", ["C", "F", "A", "K", "f", None])
@pytest.mark.parametrize("first", LYING)
@pytest.mark.parametrize("sides", SIDES)
def test_a_ufunc_returns_the_order_that_it_is_asked_for(sides, first, order):
    x = LYING[first](np.linspace(1.0, 9.0, np.prod(sides)).reshape(sides))
    lazy = la.asarray(x)
    for name in ("add", "power", "maximum"):
        ours, theirs = getattr(la, name), getattr(np, name)
        compare(ours(lazy, 2.0, order=order), theirs(x, 2.0, order=order))
        compare(theirs(lazy, 2.0, order=order), theirs(x, 2.0, order=order))
        for second in LYING:
            y = LYING[second](x * 2)
            made = ours(lazy, la.asarray(y), order=order)
            compare(made, theirs(x, y, order=order))
    compare(la.sqrt(lazy, order=order), np.sqrt(x, order=order))
    made = la.clip(lazy, 2, 5, order=order)
    compare(made, np.clip(x, 2, 5, order=order))


@pytest.mark.parametrize("function", ["add", "power", "multiply"])
def test_an_order_that_is_none_is_refused_before_anything_is_written(function):
    for xp in (np, la):
        out = xp.zeros((2, 3))
        ufunc = getattr(xp, function)
        with pytest.raises(ValueError, match="order must be one of"):
            ufunc(xp.ones((2, 3)), 2.0, out=out, order="Q")
        with pytest.raises(TypeError):
            ufunc(xp.ones((2, 3)), 2.0, order=1)
        assert not np.asarray(out).any()


def test_what_is_written_into_lies_as_it_does():
    out = la.zeros((3, 4))
    assert la.add(la.ones((3, 4)), 1, out=out, order="F") is out
    assert out.flags.c_contiguous
    assert np.asarray(out).tolist() == [[2.0] * 4] * 3


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_what_is_written_into_may_be_none_and_a_mask_goes_in(order):
    held = np.arange(12.0).reshape(3, 4)
    for x in (held, np.asfortranarray(held)):
        lazy = la.asarray(x)
        for out in (None, (None,), ...):
            made = la.square(lazy, out=out, order=order)
            compare(made, np.square(x, order=order))
        for mask in (np.ones((3, 4), bool), np.ones((3, 4), bool, order="F")):
            made = la.add(lazy, 1, where=la.asarray(mask), order=order)
            assert np.array_equal(made, x + 1)
            if order != "K":
                wanted = np.add(x, 1, where=mask, out=None, order=order)
                assert contiguous(made) == contiguous(wanted)
    made = la.add.outer(la.asarray(held), la.asarray(held[0]), order=order)
    compare(made, np.add.outer(held, held[0], order=order))


def test_numbers_and_what_is_numpys_alone_take_an_order_too():
    assert la.add(1, 2, order="F").compute() == 3
    made = la.add(np.array([["a"]], object), "b", order="F")
    assert made.tolist() == [["ab"]]
    assert la.add([[1, 2], [3, 4]], 1, order="F").flags.f_contiguous
    assert la.add([[1, 2], [3, 4]], 1, order="A").flags.c_contiguous


@pytest.mark.parametrize(
    "call",
    [
        lambda xp, x: xp.ones((2, 3), order=b"F"),
        lambda xp, x: x.copy(order=b"F"),
        lambda xp, x: xp.add(x, 1, order=b"F"),
        lambda xp, x: x.astype("f4", order=b"f"),
        lambda xp, x: xp.asarray(x, order=b"F"),
        lambda xp, x: xp.reshape(x, (3, 2), order=b"F"),
    ],
)
def test_an_order_may_be_bytes(call):
    x = np.arange(6.0).reshape(2, 3)
    compare(call(la, la.asarray(x) + 1), call(np, x + 1))


def test_bytes_that_are_no_order():
    for order in (b"no", b"\xff"):
        with pytest.raises(ValueError, match=r"order|decode"):
            la.ones((2, 3), order=order)
