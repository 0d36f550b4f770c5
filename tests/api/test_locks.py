"""``setflags(write=False)``: who may take the lock off again, as of NumPy's arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lazyarr as la

_PARTS = {
    "rows": lambda x: x[:3],
    "first": lambda x: x[0] if x.ndim > 1 else x[:2],
    "turned": lambda x: x.T,
    "all": lambda x: x[...],
    "line": lambda x: x[:3].reshape(-1),
}
_MADE = {
    "a fill": lambda xp, n: xp.ones((n, n)) * 2,
    "zeros": lambda xp, n: xp.zeros((n, n)),
    "parts": lambda xp, n: (xp.zeros((n, n)) + 1j).imag,
    "a copy": lambda xp, n: xp.array(np.ones((n, n))),
}
_STEPS = st.tuples(
    st.sampled_from(["lock", "unlock", "write", "add", "itself", "look", *_PARTS]),
    st.integers(0, 5),
)


def _written(x, value):
    x[(0,) * x.ndim] = value


def _added(x):
    x += 1


def _itself(x):
    x[:2] = x[:2]


_WRITES = {"add": _added, "itself": _itself}


def _told(function, *args, **options):
    """Return how a call that locks, unlocks or writes ends."""
    try:
        function(*args, **options)
    except ValueError as error:
        return "read-only" if "read-only" in str(error) else "WRITEABLE"
    return "done"


def _locks(xp, kind, side, steps):
    """Return how each step ended, and what the arrays show in the end."""
    arrays, told = [_MADE[kind](xp, side)], []
    for what, k in steps:
        x = arrays[k % len(arrays)]
        if what in _PARTS:
            arrays.append(_PARTS[what](x))
        elif what == "write":
            told.append(_told(_written, x, len(told)))
        elif what in _WRITES:
            told.append(_told(_WRITES[what], x))
        elif what == "look":  # at flags: views may be of another kind from then on
            told.append(_flags(arrays))
        else:
            told.append(_told(x.setflags, write=what == "unlock"))
    return [*told, _flags(arrays)], [np.asarray(x) for x in arrays]


def _flags(arrays):
    return [bool(x.flags.writeable) for x in arrays]


@pytest.mark.parametrize("side", [6, 300, 1500])
@pytest.mark.parametrize("kind", _MADE)
@settings(max_examples=20)
@given(steps=st.lists(_STEPS, max_size=12))
@example(steps=[("first", 0), ("lock", 1), ("lock", 0), ("unlock", 1), ("add", 1)])
@example(steps=[("lock", 0), ("rows", 0), ("unlock", 0), ("unlock", 1), ("add", 1)])
@example(steps=[("rows", 0), ("lock", 1), ("all", 1), ("unlock", 2), ("write", 2)])
@example(steps=[("rows", 0), ("lock", 0), ("write", 1), ("unlock", 1), ("add", 1)])
@example(steps=[("lock", 0), ("rows", 0), ("rows", 0), ("write", 1), ("write", 2)])
def test_whoever_may_take_off_a_lock_is_as_in_numpy(kind, side, steps):
    (told, found), (wanted, arrays) = (_locks(xp, kind, side, steps) for xp in (la, np))
    assert told == wanted
    assert all(map(np.array_equal, found, arrays))


@pytest.mark.parametrize("side", [6, 300, 1500])
def test_an_owner_stays_one_when_it_is_locked(side):
    x = la.ones((side, side)) * 2
    part = x[1:]
    x.setflags(write=False)
    assert x.flags.owndata
    assert x.base is None
    assert part.base is not None


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize("side", [6, 300, 1500])
@pytest.mark.parametrize("kind", _MADE)
def test_a_view_of_a_locked_owner_stays_locked_where_that_gets_other_sides(kind, side):
    told = []
    for xp in (np, la):
        x = _MADE[kind](xp, side)
        x.setflags(write=False)
        part = x[1:].reshape(-1)
        x.shape = (side * side,)
        told.append([_told(one.setflags, write=True) for one in (part, x, part)])
        told[-1] += [one.flags.owndata for one in (part, x)]
        x.setflags(write=False)
        told[-1] += [_told(x[1:].setflags, write=True), _told(_written, part, 1)]
    assert told[0] == told[1]


@pytest.mark.parametrize("side", [6, 300, 1500])
def test_bytes_that_are_read_only_stay_locked(side):
    x = np.frombuffer(bytes(8 * side * side), like=la.ones(1))
    part = x[1:]
    with pytest.raises(ValueError, match="WRITEABLE"):
        x.setflags(write=True)
    with pytest.raises(ValueError, match="WRITEABLE"):
        part.setflags(write=True)


@pytest.mark.parametrize("small", [0, 100_000, 1 << 18])
@pytest.mark.parametrize("size", [1000, 33_000, 70_000])
def test_a_refused_write_into_a_part_unlocks_no_other(size, small):
    def refused(xp):
        x = xp.array(np.arange(float(size)))
        x.flags.writeable = False
        parts = [x[463:563], x[885:886], x[::2], x[7:9]]
        for part in parts:
            with pytest.raises(ValueError, match="read-only"):
                part[:] = 1
            with pytest.raises(ValueError, match="read-only"):
                part[0:1][:] = 1
        assert np.asarray(x).tolist() == list(range(size))

    for xp in (np, la):
        with la.config(small_bytes=small):
            refused(xp)


@pytest.mark.parametrize("small", [0, 1 << 18])
def test_views_older_than_a_lock_are_written_through_after_a_refusal(small):
    for xp in (np, la):
        x = xp.array(np.arange(30_000))  # known, whatever is asked for later
        with la.config(small_bytes=small):
            first = x[11_617:28_118]
            first.flat[0:4] = 9
            second = x[1:]
            x.flags.writeable = False
            with pytest.raises(ValueError, match="read-only"):
                xp.multiply(x, 2, out=x)
            assert second.flags.writeable
            second[0] = 7
            assert int(x[1]) == 7
            assert int(x[11_618]) == 9


@pytest.mark.parametrize("small", [0, 1000, 1 << 18])
@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("size", [10, 5000, 70_000])
def test_what_is_locked_is_not_written_with_itself(size, written, small):
    for xp in (np, la):
        x = xp.array(np.arange(float(size)))
        with la.config(small_bytes=small):
            if written:
                x[3:4] = 1
                x[5] = 2
            x.flags.writeable = False
            for key in (slice(None), slice(2, 4)):
                with pytest.raises(ValueError, match="read-only"):
                    x[key] = x[key]
                with pytest.raises(ValueError, match="read-only"):
                    x[key] = x[key][...]
