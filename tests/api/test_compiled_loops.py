"""Loops that are called without NumPy's ufuncs give what these give, bit for bit."""

import operator
import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import lazyarr as la

UFUNCS = [
    one
    for name, one in vars(np).items()
    if isinstance(one, np.ufunc)
    and one.__name__ == name
    and one.signature is None
    and one.nout == 1
    and hasattr(la, name)
    # where the array API standard has another value, or another name for warnings
    and name not in {"expm1", "floor_divide", "isnat", "sign", "tanh"}
]
DTYPES = ["f8", "f8", "i8", "f4", "c16", "?", "u1"]
KEYS = [
    slice(None),
    slice(1, None),
    slice(None, -1),
    slice(None, None, 2),
    slice(None, None, -1),
    slice(0, 1),
]
NUMBERS = [2, 2.5, 0, -3, 1e300, 10**20, True]
IN_PLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv]


@st.composite
def operands(draw, most):
    """Return arrays, and what takes an operand of each: a key, and whether it is turned."""
    shape = tuple(
        draw(st.lists(st.sampled_from([1, 2, 3, 9, 33]), min_size=1, max_size=3))
    )
    seed = np.random.default_rng(draw(st.integers(0, 2**16)))
    made = []
    for _ in range(most):
        sides = shape
        if draw(st.integers(0, 3)) == 0:
            sides = tuple(draw(st.sampled_from([1, side])) for side in shape)
            sides = sides[draw(st.integers(0, len(sides) - 1)) :]
        scale = draw(st.sampled_from([1.0, 3.0, 1e200, 1e-200]))
        values = (
            seed.integers(-3, 4, sides) * scale * seed.choice([1.0, 0.37, -0.5], sides)
        )
        with np.errstate(all="ignore"):
            held = values.astype(draw(st.sampled_from(DTYPES)))
        key = tuple(draw(st.sampled_from(KEYS)) for _ in sides)
        made.append((held, key, draw(st.booleans())))
    return made


def part(x, key, turned):
    """Return a view."""
    return x[key].T if turned else x[key]


def told(call):
    """Return what a call gives, or that it is an error; and the warnings."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            value = call()
        except (ArithmeticError, TypeError, ValueError):
            return "an error", None
        if isinstance(value, la.Array):
            layout = value.strides if value.ndim else None
            value = value.compute()
        else:
            layout = value.strides if np.ndim(value) else None
    words = sorted({str(one.message).split(" in ")[0] for one in found})
    return (value.dtype, value.shape, layout, plain(value)), words


def plain(value):
    """Return the bytes of an array in which all NaNs are one."""
    value = np.array(value, order="C")
    if value.dtype.kind in "fc":
        parts = (
            value.view(value.real.dtype)
            if value.ndim
            else value[None].view(value.real.dtype)
        )
        parts[np.isnan(parts)] = np.nan
    return value.tobytes()


def ours(x):
    """Return an array of lazyarr's own memory."""
    made = la.empty(x.shape, x.dtype)
    made[...] = x
    return made


@given(
    st.sampled_from(UFUNCS),
    operands(2),
    st.sampled_from([None, None, *NUMBERS]),
    st.booleans(),
)
def test_functions_give_numpys_bits_in_numpys_order(ufunc, given_, number, turned):
    sides = [
        (x, lambda x, key=key, turn=turn: part(x, key, turn)) for x, key, turn in given_
    ]
    theirs = [view(x.copy()) for x, view in sides][: ufunc.nin]
    mine = [view(ours(x)) for x, view in sides][: ufunc.nin]
    if number is not None and ufunc.nin == 2:
        theirs[1] = mine[1] = number
    if turned:
        theirs.reverse()
        mine.reverse()
    name = ufunc.__name__
    assert told(lambda: getattr(la, name)(*mine)) == told(lambda: ufunc(*theirs))


@pytest.mark.parametrize("ufunc", [np.fmax, np.fmin, np.power])
@pytest.mark.parametrize("rows", [2, 3, 4, 9])
@pytest.mark.parametrize("columns", [2, 3, 9, 33])
@pytest.mark.parametrize("cut", [None, -1])
def test_loops_go_as_far_at_once_as_in_numpys_iterators(ufunc, rows, columns, cut):
    seed = np.random.default_rng(rows * columns)
    whole = seed.choice([0.0, -0.0, 0.5, 1.0], (2, rows, columns))
    call = getattr(la, ufunc.__name__)

    def parts(x):
        return x[0, :, :cut], x[1, :1, :cut], x[1, :, :1]

    theirs, mine = parts(whole), parts(ours(whole))
    for k, m in [(0, 1), (0, 2), (1, 2), (2, 0)]:
        got, want = call(mine[k], mine[m]), ufunc(theirs[k], theirs[m])
        assert told(lambda got=got: got) == told(lambda want=want: want)


@given(st.sampled_from(IN_PLACE), operands(2), st.sampled_from([None, None, *NUMBERS]))
def test_operators_in_place_write_what_numpys_write(operate, given_, number):
    (x, key, turned), (y, other, turned_too) = given_

    def call(made):
        held, value = made(x), number
        if value is None:
            value = part(made(y), other, turned_too)
        view = part(held, key, turned)
        operate(view, value)
        return held

    assert told(lambda: call(ours)) == told(lambda: call(np.copy))


@given(
    st.sampled_from([one for one in UFUNCS if one.nin < 3]),
    st.sampled_from(["f8", "f4", "c16"]),
    st.integers(1, 70),
    st.lists(st.sampled_from([0, 0, 1, 4]), min_size=3, max_size=3),
)
def test_results_written_over_operands_are_numpys(ufunc, dtype, size, places):
    held = (np.arange(size + 4) - size / 3).astype(dtype)
    *first, last = places[: ufunc.nin + 1]

    def call(xp, x):
        arguments = [x[k : k + size] for k in first]
        getattr(xp, ufunc.__name__)(*arguments, out=x[last : last + size])
        return x

    got, want = told(lambda: call(la, ours(held))), told(lambda: call(np, held.copy()))
    assert got == want


@pytest.mark.parametrize(
    ("ufunc", "dtype", "narrow"),
    [(np.absolute, "c16", "f8"), (np.signbit, "f8", "?"), (np.isfinite, "f8", "?")],
)
def test_narrow_results_in_the_last_wide_operand_are_numpys(ufunc, dtype, narrow):
    size = 41

    def call(take):
        held = (np.arange(-1.0, 2 * size - 1) * -3).astype(dtype)
        first = size * held.itemsize - np.dtype(narrow).itemsize
        out = held.view(np.uint8)[first:].view(narrow)[:size]
        ufunc(take(held[:size]), out=out)
        return out.copy()

    assert told(lambda: call(la.asarray)) == told(lambda: call(lambda x: x))


@pytest.mark.parametrize("size", [5, 4096, 4097])
def test_what_an_error_is_told_of_is_written_once(size):
    x, y = ours(np.ones(size)), ours(np.ones(size))
    y[size // 2] = 0
    with pytest.warns(RuntimeWarning, match="divide by zero") as found:
        x /= y
    assert len(found) == 1
    assert found[0].filename == __file__
    assert x[size // 2] == np.inf
    assert x.sum() == np.inf
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        x / (y * 0)


def test_integers_to_negative_powers_are_refused_and_left_as_they_were():
    x = ours(np.arange(1, 5))
    powers = ours(np.array([1, 2, -1, 3]))
    with pytest.raises(ValueError, match="negative integer powers"):
        x**powers
    with pytest.raises(ValueError, match="negative integer powers"):
        la.power(x, powers)
    assert x.tolist() == [1, 2, 3, 4]
