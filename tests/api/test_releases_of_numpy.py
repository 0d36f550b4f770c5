"""What NumPy's releases changed: lazyarr does as the one that is installed."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import assert_matches_numpy, outcome

OPTIONS = [{}, {"small_bytes": 0}]
DTYPES = "?bBhHiIlLqQefdFD"


def assigning(part, dtype, value):
    """Return a program that assigns to the parts of numbers."""

    def program(xp):
        x = xp.ones((2, 3), dtype)
        setattr(x, part, value)
        return x

    return program


# Since NumPy 2.5 they must fit; they were cast before.
PARTS = [
    2**40,
    -1,
    1e30,
    2.5,
    1 + 2j,
    True,
    np.int64(2**40),
    np.float64(1e30),
    np.complex64(1j),
    np.array(2**40),
    np.array([1j]),
    [2**40, 1, 2],
    [[1, 2, 3], [4.5, 5, 6]],
    [[1], [2, 3]],
    [1, 2],
]


@pytest.mark.parametrize("options", OPTIONS, ids=["small", "all"])
@pytest.mark.parametrize("dtype", ["i2", "u1", "f8", "f4", "c8", "?"])
@pytest.mark.parametrize("value", PARTS, ids=str)
def test_what_becomes_parts_of_numbers(value, dtype, options):
    with la.config(**options):
        for part in ("real", "imag"):
            assert_matches_numpy(assigning(part, dtype, value))


def into(name, dtype, given, **how):
    """Return a program that calls a function with ``out``."""

    def program(xp):
        first = [True, False, True] if name == "compress" else xp.ones(3, dtype) * 2
        second = xp.ones(3, dtype) * 2 if name == "compress" else [0, 2]
        out = xp.zeros(2, given)
        result = getattr(xp, name)(first, second, out=out, **how)
        return out, result is out

    return program


PROGRAMS = {
    "a shape is set": lambda xp: reshaped(xp, (2, 3)),
    "a shape of another size is set": lambda xp: reshaped(xp, (2, 4)),
    **{
        f"{name} into {given} from {dtype} {how}": into(name, dtype, given, **how)
        for name, how in (("take", {}), ("take", {"mode": "clip"}), ("compress", {}))
        for dtype, given in (
            ("f8", "i4"),
            ("i4", "f8"),
            ("f8", "f4"),
            ("f8", "c16"),
            ("f4", "f8"),
        )
    },
    "choose among what is out of range": lambda xp: xp.where(
        xp.asarray([True, False]), xp.ones(2, "i1"), 300
    ),
    "choose among what is negative": lambda xp: xp.where(
        xp.asarray([False, False]), -1, xp.ones(2, "u1")
    ),
    "filled by an array": lambda xp: xp.ones(3).fill(xp.ones(3)),
    "filled by a list": lambda xp: xp.ones(3).fill([1, 2]),
    "filled by an array of one": lambda xp: xp.ones(3, "i2").fill(xp.ones(1)),
    "fix": lambda xp: xp.fix(xp.asarray([-1.5, 2.5]) * 1),
    "typename": lambda xp: xp.typename("d"),
    "tri of floats": lambda xp: xp.tri(2.0, 3.0, 0.5),
    "tril by floats": lambda xp: xp.tril(xp.ones((3, 3)) * 2, 1.0),
    "triu by floats": lambda xp: xp.triu(xp.ones((3, 3)) * 2, 0.5),
    "triu by integers of NumPy's": lambda xp: xp.triu(xp.ones((3, 3)), np.int8(1)),
    "indices by floats": lambda xp: xp.tril_indices(3.0),
    "indices by unsigned integers": lambda xp: xp.triu_indices(
        np.uint8(3), np.uint8(1)
    ),
    "indices from an array by floats": lambda xp: xp.triu_indices_from(
        xp.ones((3, 3)), 1.0
    ),
    "cross of two": lambda xp: xp.cross(xp.asarray([1, 2]), xp.asarray([3, 4])),
    "cross of two and three": lambda xp: xp.cross(xp.ones(2), xp.ones(3)),
    "counts of floats": lambda xp: xp.bincount(xp.asarray([1.0, 2.0])),
    "a name of bytes": lambda xp: xp.dtype("a"),
    "rows stacked by a name that is gone": lambda xp: xp.row_stack([[1], [2]]),
    "a trapezoid by a name that is gone": lambda xp: xp.trapz([1, 2]),
}


def reshaped(xp, shape):
    x = xp.ones(6)
    x.shape = shape
    return x


@pytest.mark.parametrize("options", OPTIONS, ids=["small", "all"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_as_in_this_release(name, options):
    with la.config(**options):
        assert_matches_numpy(PROGRAMS[name])


TOLD = {
    "to an integer": (lambda xp: xp.tri(2.0), lambda xp: xp.tril(xp.ones((9, 9)), 1.0)),
    "the shape": (lambda xp: reshaped(xp, (2, 3)),),
}


@pytest.mark.parametrize("options", OPTIONS, ids=["small", "all"])
@pytest.mark.parametrize("text", TOLD)
def test_a_deprecation_names_the_users_line(text, options):
    for program in TOLD[text]:
        if outcome(program, np).warnings:
            with (
                la.config(**options),
                pytest.warns(DeprecationWarning, match=text) as w,
            ):
                program(la)
            assert {one.filename for one in w} == {__file__}


def test_a_shape_may_be_set():
    assert outcome(lambda xp: reshaped(xp, (2, 3)).shape, la).values == (2, 3)


def test_what_is_no_dtype_has_no_limits():
    theirs = outcome(lambda xp: xp.finfo(None).bits, np)
    ours = outcome(lambda xp: xp.finfo(None).bits, la)
    assert type(ours.error) is type(theirs.error)
    assert ours[::2] == theirs[::2]


# --- descending --------------------------------------------------------------------


def special(dtype, size):
    """Return numbers with equal ones, zeros of both signs, infinities and NaN.

    All NaN are one: NumPy's fastest algorithm does not keep their signs.
    """
    rng = np.random.default_rng(size)
    data = rng.integers(0, 5, size).astype(dtype)
    if data.dtype.kind in "fc":
        for number in (np.nan, -0.0, np.inf, -1.0, -np.inf):
            data[rng.random(size) < 0.1] = number
    if data.dtype.kind == "c":
        for number in (np.nan, -0.0, -1.0):
            data.imag[rng.random(size) < 0.2] = number
    return data


def assert_same_numbers(found, wanted):
    for parts in ((found, wanted), (np.imag(found), np.imag(wanted))):
        np.testing.assert_array_equal(*parts)
        np.testing.assert_array_equal(*map(signs, parts))


def signs(x):
    """Return which numbers are negative, or negative zeros."""
    real = np.real(x)
    return np.signbit(real) & ~np.isnan(real) if real.dtype.kind == "f" else real < 0


@pytest.mark.parametrize("options", OPTIONS, ids=["small", "all"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_descending_nan_is_last_as_it_is_ascending(dtype, options):
    turn = np.negative if np.dtype(dtype).kind in "fc" else np.invert
    with la.config(**options):
        for size in (1, 7, 60, 3_000):
            data = special(dtype, size)
            places = np.argsort(turn(data), kind="stable")
            x = la.asarray(data)
            assert np.array_equal(la.argsort(x, descending=True), places)
            assert np.array_equal(x.argsort(descending=True, stable=True), places)
            held = la.sort(x, descending=True).compute()
            assert_same_numbers(held, data[places])
            mutable = la.array(data)
            mutable.sort(descending=True, stable=True)
            assert_same_numbers(mutable.compute(), data[places])


def test_descending_is_numpys_where_numpy_has_it():
    names = ("sort", "argsort")
    if outcome(lambda xp: xp.sort([1.0], descending=True), np).error is not None:
        with pytest.raises(TypeError):  # this release of NumPy passes nothing on
            np.sort(la.ones(3), descending=True)
        return
    for dtype in DTYPES:
        data = special(dtype, 60).reshape(6, 10)
        for name in names:
            for axis in (0, 1, None):
                for owner in (np, la):
                    call = functools.partial(
                        getattr(owner, name), axis=axis, descending=True, stable=True
                    )
                    theirs = getattr(np, name)(
                        data, axis=axis, descending=True, stable=True
                    )
                    ours = np.asarray(call(la.asarray(data) if owner is np else data))
                    assert_same_numbers(ours, theirs)
