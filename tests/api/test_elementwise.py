"""Elementwise functions and operators, their dtypes, keywords and edges."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import (
    RaiseIfComputed,
    assert_matches_numpy,
    assert_same_bits,
    assert_same_graph,
    outcome,
)

DTYPES = "?bBhilLefdFD"
SCALARS = [0, 1, 2, -1, 300, -300, 2**40, 2**63, 2**64, -(2**63) - 1, 2**70]
SCALARS += [True, False, 0.5, -1.0, 2.0, np.nan, np.inf, 1j, -0.0, 1e300, 1e40]


def edges(dtype):
    """Return the values of a dtype that go wrong first."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        values = [True, False, True, True, False, False, True, True]
    elif kind in "iu":
        limits = np.iinfo(dtype)
        low = limits.min if kind == "i" else limits.max - 1
        values = [0, 1, 2, low, limits.max, 3, 7, 15]
        values[2] = -1 if kind == "i" else 2
    elif kind == "f":
        values = [0.0, -0.0, 1.5, np.nan, np.inf, -np.inf, -3.25, 1e-3]
    else:
        values = [0, -0.0, 1.5 + 2j, complex(np.nan, 1), complex(np.inf, -1)]
        values += [complex(-np.inf, np.nan), -3j, complex(-2.5, 0.5)]
    return np.array(values, dtype=dtype)


OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.mod,
    operator.and_,
    operator.or_,
    operator.xor,
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]


@pytest.mark.parametrize("dtype", DTYPES)
def test_operators_with_python_scalars(dtype):
    data = edges(dtype)
    for op in OPERATORS:
        for value in SCALARS:
            assert_matches_numpy(lambda xp, op=op, v=value: op(xp.array(data), v))
            assert_matches_numpy(lambda xp, op=op, v=value: op(v, xp.array(data)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_operators_between_dtypes(dtype):
    data = edges(dtype)
    for other in DTYPES:
        right = edges(other)[::-1]
        for op in OPERATORS:

            def program(xp, op=op, right=right):
                return op(xp.array(data), xp.array(right))

            assert_matches_numpy(program)


@pytest.mark.parametrize("dtype", DTYPES)
def test_powers(dtype):
    data = edges(dtype)
    for power in (0, 1, 2, 3, -1, 0.5, 2.0, -1.0, 1.5, True, 1j, 300, -300, 10.0):
        if np.dtype(dtype).kind in "iu" and power == 300:
            continue
        assert_matches_numpy(lambda xp, p=power: xp.array(data) ** p)
        assert_matches_numpy(lambda xp, p=power: xp.power(xp.array(data), p))


def test_a_negative_power_of_no_integers_is_no_error():
    assert_matches_numpy(lambda xp: xp.array(np.zeros(0, int)) ** -1)


def test_negative_powers_of_integers_fail_when_they_run():
    # Whether an array holds a negative number is not known before.
    with la.config(small_bytes=0):
        made = 2 ** la.asarray([1, -1])
    with pytest.raises(ValueError, match="negative integer powers"):
        2 ** la.asarray([1, -1])
    with pytest.raises(la.ExecutionError, match="negative integer powers"):
        made.compute()


@pytest.mark.parametrize("dtype", DTYPES)
def test_shifts(dtype):
    if np.dtype(dtype).kind not in "iub":
        for op in (operator.lshift, operator.rshift):
            assert_matches_numpy(lambda xp, op=op: op(xp.array(edges(dtype)), 1))
        return
    for op in (operator.lshift, operator.rshift):
        for by in (0, 1, 5, 63, 64, 100, 2**40):
            assert_matches_numpy(lambda xp, op=op, n=by: op(xp.array(edges(dtype)), n))
            assert_matches_numpy(lambda xp, op=op, n=by: op(n, xp.array(edges(dtype))))


COMPOSED = [
    lambda xp, x: xp.sinc(x),
    lambda xp, x: xp.nan_to_num(x),
    lambda xp, x: xp.nan_to_num(x, nan=7, posinf=1, neginf=-1),
    lambda xp, x: xp.angle(x),
    lambda xp, x: xp.angle(x, deg=True),
    lambda xp, x: xp.isclose(x, x),
    lambda xp, x: xp.isclose(x, 1),
    lambda xp, x: xp.isclose(1, x),
    lambda xp, x: xp.allclose(x, x, equal_nan=True),
    lambda xp, x: xp.array_equal(x, x),
    lambda xp, x: xp.array_equal(x, x[1:]),
    lambda xp, x: xp.clip(x, 0, 2),
    lambda xp, x: xp.where(x == x, x, 0),
    *[lambda xp, x, d=d: xp.round(x, d) for d in (0, 1, 2, 5, -1, -3)],
]


@pytest.mark.parametrize("function", COMPOSED)
def test_composed_functions(function):
    for dtype in DTYPES:
        data = edges(dtype)

        def program(xp, data=data):
            return function(xp, xp.array(data))

        # Warnings of parts that NumPy computes under errstate differ by release.
        assert_matches_numpy(program, warnings=False)


def test_isclose_between_dtypes():
    for first in DTYPES:
        for second in DTYPES:
            x, y = edges(first), edges(second)

            def program(xp, x=x, y=y):
                x, y = xp.array(x), xp.array(y)
                return xp.isclose(x, y), xp.isclose(x, y, 0.5, 0.5, equal_nan=True)

            assert_matches_numpy(program)


# --- keywords ----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_keyword(dtype):
    data = edges(dtype)
    for wanted in ("f2", "f4", "f8", "c8", "i2", "u1", "?"):
        for name in ("add", "multiply", "sqrt", "equal"):

            def program(xp, name=name, wanted=wanted):
                x = xp.array(data)
                args = (x,) if name == "sqrt" else (x, x)
                return getattr(xp, name)(*args, dtype=wanted)

            assert_matches_numpy(program)


@pytest.mark.parametrize("dtype", DTYPES)
def test_out_keyword_and_in_place_operators(dtype):
    data = edges(dtype)
    for wanted in DTYPES:

        def out(xp, wanted=wanted):
            target = xp.array(np.arange(8).astype(wanted))
            result = xp.add(xp.array(data), 1, out=target)
            assert result is target
            return target

        def inplace(xp, op, wanted=wanted):
            target = xp.array(np.arange(8).astype(wanted))
            view = target[::2]
            op(target, xp.array(data))
            return target, view

        assert_matches_numpy(out, warnings=False)
        for op in (operator.iadd, operator.isub, operator.imul, operator.itruediv):
            assert_matches_numpy(lambda xp, op=op: inplace(xp, op), warnings=False)


def test_out_may_be_a_view_or_an_operand():
    def program(xp):
        x = xp.array(np.arange(12.0).reshape(3, 4))
        xp.add(x, 1, out=x)
        xp.multiply(x[0], x[1], out=x[2])
        xp.negative(x.T, out=x.T)
        xp.subtract(x[:, 1:], x[:, :-1], out=x[:, 1:])
        return x

    assert_matches_numpy(program)


def test_out_of_another_shape():
    for shape in ((3,), (2, 4), (4, 1), (1, 2, 4), ()):
        assert_matches_numpy(
            lambda xp, s=shape: xp.add(xp.ones((2, 4)), 1, out=xp.zeros(s))
        )


def test_out_may_be_an_array_of_numpy():
    target = np.zeros(2)
    assert la.add(la.ones(2), 1, out=target) is target
    assert target.tolist() == [2.0, 2.0]


def test_where_keyword_leaves_the_rest():
    mask = np.array([1, 0, 1, 1, 0, 0, 1, 0], bool)

    def program(xp):
        x = xp.array(np.array([1.0, 0, 4, -0.0, np.inf, np.nan, -1, 2]))
        target = xp.array(np.arange(8.0))
        xp.sqrt(x, out=target, where=xp.array(mask))
        xp.multiply(x, 2, out=target, where=mask[:1])
        return target

    assert_matches_numpy(program)


def test_where_computes_nothing_harmful_elsewhere():
    """``divide(a, b, where=b != 0)`` is how NumPy programs avoid the warning."""
    programs = [
        lambda xp, x, o: xp.divide(1, x, out=o, where=x != 0),
        lambda xp, x, o: xp.log(x, out=o, where=x > 0),
        lambda xp, x, o: xp.atanh(x, out=o, where=x < 1),
        lambda xp, x, o: xp.floor_divide(x, 0, out=o, where=x > 99),
    ]
    for one in programs:

        def program(xp, one=one):
            x = xp.array(np.array([0.0, -1, 2, 0.5]))
            return _into(one, xp, x)

        expected = outcome(program, np)
        assert outcome(program, la).warnings == expected.warnings
        assert_matches_numpy(program)


@pytest.mark.parametrize("kind", ["f8", "i8"])
@pytest.mark.parametrize(
    "name", ["divide", "floor_divide", "subtract", "add", "multiply", "pow", "atan2"]
)
@pytest.mark.parametrize("rows", [4, 50_000])
def test_where_of_rows_and_their_lengths(rows, name, kind):
    line = np.arange(3.0 * rows).reshape(rows, 3) % 5
    line[1] = 0, -0.0, 0
    line[2, 0] = np.nan if kind == "f8" else 3

    def program(xp):
        x = xp.array(line.astype(kind))
        length = abs(x).sum(axis=1, keepdims=True)
        by, same = getattr(xp, name), xp.full_like(x, 7)
        rest = {"casting": "unsafe"}
        apart = by(x, length, out=same, where=length > 0, **rest)
        each = by(x[0], x, out=xp.full_like(x, 7), where=(x > 1) & (length > 0), **rest)
        two = by(x[:1], length, out=xp.zeros_like(x), where=length > 2, **rest)
        return apart, each, two

    expected = outcome(program, np)
    assert outcome(program, la).warnings == expected.warnings
    assert_matches_numpy(program)


@pytest.mark.parametrize("name", ["divide", "multiply", "subtract"])
@pytest.mark.parametrize("dtype", ["f4", "i4"])
@pytest.mark.parametrize("size", [4, 100_000])
def test_nothing_is_cast_off_a_mask(size, dtype, name):
    large = np.resize([1e308, 1.5, np.nan, 3.0], size)

    def program(xp):
        x, by = xp.array(large), xp.array(np.resize([1.0, 2.0, 3.0, 0.5], size))
        out = xp.full(size, 7, dtype=dtype)
        return getattr(xp, name)(x, by, out=out, where=x < 9, casting="unsafe")

    assert not outcome(program, np).warnings
    assert not outcome(program, la).warnings
    assert_matches_numpy(program)


def test_where_guards_a_quotient_by_one_choice_a_row():
    x = la.asarray(np.ones((50_000, 3)))
    length = x.sum(axis=1, keepdims=True)
    made = la.divide(x, length, out=la.zeros_like(x), where=length > 0)
    (stage,) = made.explain().to_dict()["stages"]
    assert stage["ops"].count("where") == 2
    assert "f64[50000] = where" in str(made.explain())


def _into(one, xp, x):
    target = xp.zeros(4)
    one(xp, x, target)
    return target


def test_where_must_be_boolean():
    with pytest.raises(TypeError):
        la.add(la.ones(2), 1, out=la.zeros(2), where=la.asarray([1, 0]))


# --- shapes and layouts ----------------------------------------------------------------


LAYOUTS = {
    "contiguous": lambda a: a,
    "transposed": lambda a: a.T,
    "reversed": lambda a: a[::-1, ::-1],
    "strided": lambda a: a[::2, ::3],
    "column": lambda a: a[:, :1],
    "stretched": lambda a: np.broadcast_to(a[0], a.shape),
    "empty": lambda a: a[:0],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts_change_no_bit(layout):
    rng = np.random.default_rng(3)
    for dtype in "fdFD":
        data = rng.standard_normal((12, 12)).astype(dtype)

        def program(xp, data=data):
            # No copy here: the layout of the operands is what is tested.
            x = xp.asarray(layout(data))
            return xp.exp(x), abs(x), x * x - x, xp.hypot(x.real, 3) + x.T[:1, :1]

        assert_matches_numpy(program)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((3, 4), (4,)),
        ((3, 1), (1, 4)),
        ((), (2, 3)),
        ((2, 1, 3), (5, 1)),
        ((0, 3), (1, 3)),
        ((1,), (0,)),
        ((3,), (4,)),
        ((2, 3), (3, 2)),
        ((), ()),
    ],
)
def test_broadcasting(first, second):
    def program(xp):
        x = xp.array(np.ones(first)) * 3
        y = xp.array(np.ones(second, "i4")) + 1
        return x + y, x < y, xp.where(x > y, x, y)

    assert_matches_numpy(program)


def test_lists_and_tuples_are_operands():
    assert_matches_numpy(lambda xp: xp.add([1, 2], (3, 4.5)))
    assert_matches_numpy(lambda xp: [1, 2] * xp.array([3, 4]))
    assert_matches_numpy(lambda xp: xp.maximum(xp.array([1, 5]), [[2], [3]]))


# --- errors and laziness --------------------------------------------------------------


@pytest.mark.parametrize(
    "program",
    [
        lambda xp: xp.array([True]) - xp.array([True]),
        lambda xp: -xp.array([True]),
        lambda xp: xp.array([1.0]) & 1,
        lambda xp: ~xp.array([1.0]),
        lambda xp: xp.floor(xp.array([1j])),
        lambda xp: xp.array([1], "u1") + 256,
        lambda xp: xp.array([1], "i1") * -129,
        lambda xp: xp.add(xp.array([1]), "a"),
        lambda xp: xp.array([1]) + None,
        lambda xp: xp.array([1, 2]) + xp.array([1, 2, 3]),
        lambda xp: xp.gcd(xp.array([1.0]), 2),
        lambda xp: xp.array([1j]) % 2,
    ],
)
def test_mistakes_are_errors_of_the_call(program):
    with RaiseIfComputed():
        assert outcome(program, la).error is not None
    assert_matches_numpy(program)


def test_errors_name_the_line():
    with pytest.raises(la.ShapeError, match=r"\[add\].*\(test_elementwise.py:\d+\)"):
        la.ones(3) + la.ones(4)


def test_scalars_on_the_left_are_deferred():
    x = la.asarray(np.arange(3.0))
    for value in (2, 2.0, 2j, np.float64(2), np.float32(2), np.int8(2), np.array(2)):
        assert la.is_lazy(value * x)
        assert_same_bits((value * x).compute(), value * np.arange(3.0))


def test_functions_and_operators_make_one_graph():
    x = la.asarray(np.arange(3.0))
    pairs = [
        (x + x, la.add(x, x)),
        (x * 2.5, np.multiply(x, 2.5)),
        (-x, la.negative(x)),
        (x < 3, np.less(x, 3)),
        (abs(x), la.abs(x)),
    ]
    for first, second in pairs:
        assert_same_graph(first, second)


def test_floor_division_follows_the_standard():
    """Where NumPy and the standard disagree: one infinite operand."""
    inf = np.inf
    x, y = np.array([inf, inf, 1, -1, 7.5]), np.array([2, -2, -inf, inf, 2])
    expected = np.array([inf, -inf, -0.0, -0.0, 3.0])
    with np.errstate(invalid="ignore"):
        operated = (la.asarray(x) // y).compute()
        called = np.floor_divide(la.asarray(x), y).compute()
    assert_same_bits(operated, expected)
    assert_same_bits(called, expected)


def test_parts_of_complex_numbers_are_views():
    def program(xp):
        z = xp.array([1 + 2j, 3 - 1j])
        xp.real(z)[0] = 9
        xp.imag(z)[...] *= 2
        x = xp.array([1.0, 2.0])
        xp.real(x)[1] = 7
        return z, x, xp.imag(x), xp.real(z) + 1, xp.imag([1j]), xp.real(2 - 1j)

    assert_matches_numpy(program)


@pytest.mark.parametrize("shape", [(0, 5), (2, 3), (300, 300)])
def test_a_comparison_known_beforehand_takes_a_mask(shape):
    # No int8 is 300. NumPy 2.4 crashes on this where there are elements.
    mask = np.arange(np.prod(shape)).reshape(shape) % 2 == 0
    for options in ({}, {"small_bytes": 0}):
        with la.config(**options):
            out = la.zeros(shape, dtype="i1")
            la.not_equal(la.ones(shape, dtype="i1"), 300, out=out, where=mask)
            np.testing.assert_array_equal(out.compute(), mask.astype("i1"))


def test_operators_that_booleans_lack_say_what_to_use():
    x = la.asarray([True, False])
    with pytest.raises(TypeError, match="Hint: use the bitwise_xor"):
        x - x
    with pytest.raises(TypeError, match="Hint: use the `~` operator"):
        la.negative(x)
    with pytest.raises(TypeError, match=r"\.py:\d+\)$"):  # nothing to say
        x.astype(float) << 1
