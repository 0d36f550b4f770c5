"""Reductions and scans, beside NumPy: values, dtypes, shapes, warnings, errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy, every_path

DTYPES = "?bBhilLefdFD"
SHAPES = [(), (1,), (5,), (0,), (3, 4), (0, 3), (3, 0), (2, 3, 4), (130,), (9, 33)]
AXES = [None, 0, -1, 1, (0, 1), (), 5, (0, 0)]
FOLDS = ["sum", "prod", "min", "max", "mean", "any", "all", "count_nonzero"]


def values(dtype, shape):
    """Return some values of a dtype, none of them special."""
    rng = np.random.default_rng(sum(shape) + 7)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return rng.random(shape) > 0.5
    if kind in "iu":
        low = 0 if kind == "u" else -50
        return rng.integers(low, 99, shape).astype(dtype)
    data = rng.standard_normal(shape) * 3
    if kind == "c":
        data = data + 1j * rng.standard_normal(shape)
    return data.astype(dtype)


@pytest.mark.parametrize("name", FOLDS)
def test_folds(name):
    for dtype in DTYPES:
        for shape in SHAPES:
            data = values(dtype, shape)
            for axis in AXES:
                for keepdims in (False, True):

                    def program(xp, data=data, axis=axis, keepdims=keepdims):
                        function = getattr(xp, name)
                        return function(xp.array(data), axis=axis, keepdims=keepdims)

                    assert_matches_numpy(program)


@pytest.mark.parametrize("name", ["argmin", "argmax"])
def test_places(name):
    for dtype in DTYPES:
        for shape in SHAPES[1:]:
            data = values(dtype, shape)
            for axis in (None, 0, -1, 1, 5):

                def program(xp, data=data, axis=axis):
                    x, function = xp.array(data), getattr(xp, name)
                    return function(x, axis=axis), function(x, axis, keepdims=True)

                assert_matches_numpy(program)


@pytest.mark.parametrize("name", ["var", "std"])
def test_spreads(name):
    for dtype in DTYPES:
        for shape in SHAPES:
            data = values(dtype, shape)
            for axis in (None, 0, -1, (0, 1)):
                for options in ({}, {"correction": 1}, {"ddof": 2.5}, {"ddof": 10}):

                    def program(xp, data=data, axis=axis, options=options):
                        return getattr(xp, name)(xp.array(data), axis=axis, **options)

                    assert_matches_numpy(program, ulp=4)


@pytest.mark.parametrize("small", [0, 1 << 18])
@pytest.mark.parametrize("name", ["mean", "var", "std"])
def test_moments_of_halves_have_numpys_bits(name, small):
    rng = np.random.default_rng(6)
    for scale, middle in ((1, 0), (300, 1000), (0.01, 3)):  # one of them overflows
        data = (rng.normal(size=(60, 4, 50)) * scale + middle).astype(np.float16)
        for axis in (None, 0, -1, (0, 1)):
            for dtype in (None, np.float16):

                def program(xp, data=data, axis=axis, dtype=dtype):
                    return getattr(xp, name)(xp.array(data), axis=axis, dtype=dtype)

                with la.config(small_bytes=small):
                    assert_matches_numpy(program)


def test_the_mean_of_many_halves_divides_by_their_number():
    data = np.full(70_000, 1.0, np.float32)  # which is infinite as a float16
    with np.errstate(over="ignore"):
        assert float(la.mean(la.asarray(data), dtype="f2")) == np.inf


SCANS = ["cumsum", "cumprod", "cumulative_sum", "cumulative_prod"]


@pytest.mark.parametrize("name", SCANS)
def test_scans(name):
    for dtype in DTYPES:
        for shape in SHAPES:
            data = values(dtype, shape)
            for axis in (None, 0, -1, 1, 5):

                def program(xp, data=data, axis=axis):
                    return getattr(xp, name)(xp.array(data), axis=axis)

                assert_matches_numpy(program, warnings=False)


def test_scans_with_an_initial_value():
    for shape, axis in (((4,), None), ((2, 3), 1), ((2, 3), 0), ((0, 3), 0)):

        def program(xp, shape=shape, axis=axis):
            x = xp.array(values("f8", shape))
            return (
                xp.cumulative_sum(x, axis=axis, include_initial=True),
                xp.cumulative_prod(x, axis=axis, include_initial=True),
            )

        assert_matches_numpy(program)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_keyword(dtype):
    data = values(dtype, (9, 33))
    for wanted in ("f4", "f8", "i4", "c8", "?"):

        def program(xp, wanted=wanted):
            x = xp.array(data)
            return xp.sum(x, dtype=wanted), xp.cumsum(x, axis=0, dtype=wanted)

        assert_matches_numpy(program)


SPECIAL = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.0])


@pytest.mark.parametrize(
    "program",
    [
        lambda xp: xp.sum(xp.array(SPECIAL)),
        lambda xp: xp.sum(xp.array([-0.0])),
        lambda xp: xp.sum(xp.array(-0.0)),
        lambda xp: xp.sum(xp.array([[-0.0]]), axis=()),
        lambda xp: xp.mean(xp.array([-0.0, -0.0])),
        lambda xp: xp.max(xp.array(SPECIAL)),
        lambda xp: xp.min(xp.array(SPECIAL[:2])),
        lambda xp: xp.max(xp.array(SPECIAL[1::-1])),
        lambda xp: xp.argmax(xp.array(SPECIAL)),
        lambda xp: xp.argmin(xp.array(SPECIAL)),
        lambda xp: xp.argmax(xp.array([3, 9, 9])),
        lambda xp: xp.any(xp.array(SPECIAL[:2])),
        lambda xp: xp.all(xp.array([np.nan])),
        lambda xp: xp.count_nonzero(xp.array(SPECIAL)),
        lambda xp: xp.prod(xp.array([2.0, np.inf, 0.0])),
        lambda xp: xp.prod(xp.array(complex(np.inf, 0.0))),
        lambda xp: xp.prod(xp.array([[complex(np.inf, 0.0)]]), axis=()),
        lambda xp: xp.ptp(xp.array([np.inf, np.inf])),
        lambda xp: xp.sum(xp.array([127, 1], "i1")),
        lambda xp: xp.sum(xp.array([255, 1], "u1")),
        lambda xp: xp.sum(xp.array([2**63 - 1, 1])),
        lambda xp: xp.prod(xp.array([2**40, 2**40])),
        lambda xp: xp.mean(xp.array([], "f4")),
        lambda xp: xp.mean(xp.zeros((0, 3)), axis=0),
        lambda xp: xp.mean(xp.zeros((3, 0)), axis=0),
        lambda xp: xp.var(xp.array([1.0]), correction=1),
        lambda xp: xp.max(xp.zeros((0, 3))),
        lambda xp: xp.max(xp.zeros((0, 3)), axis=1),
        lambda xp: xp.max(xp.zeros((0, 0)), axis=0),
        lambda xp: xp.min(xp.zeros((3, 0)), axis=0),
        lambda xp: xp.argmax(xp.zeros((0, 0)), axis=1),
        lambda xp: xp.argmax(xp.zeros((0, 3)), axis=0),
        lambda xp: xp.argmax(xp.zeros((0, 3)), axis=1),
        lambda xp: xp.sum(xp.zeros((0, 3)), axis=0),
        lambda xp: xp.ptp(xp.array([3, 9, 1])),
        lambda xp: xp.sum(xp.array([1, 2]), axis=1.0),
        lambda xp: xp.sum(xp.array([1, 2]), axis="a"),
    ],
)
def test_edges(program):
    assert_matches_numpy(program)


def test_reductions_of_layouts():
    data = values("f8", (12, 10, 6))
    for source in (data.T, data[::-1, ::2], data[:, :, ::-3], data.swapaxes(0, 1)):
        for axis in (None, 0, 1, (0, 2), (1, 2)):

            def program(xp, source=source, axis=axis):
                x = xp.asarray(source)
                return xp.sum(x, axis=axis), xp.max(x, axis=axis), xp.mean(x, axis=axis)

            assert_matches_numpy(program, ulp=8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{}, {"rules": False}], ids=str)
def test_folds_of_constants(dtype, options):
    with la.config(**options):
        for shape in ((), (5,), (3, 4), (0, 3)):
            for name in ("sum", "any", "all", "count_nonzero", "mean"):
                for value in (0, 1, 3):

                    def program(xp, shape=shape, name=name, value=value):
                        x = xp.full(shape, value, dtype=dtype)
                        return getattr(xp, name)(x), getattr(xp, name)(x + x)

                    # An empty constant is divided once, as a scalar, and warns.
                    assert_matches_numpy(program, warnings=0 not in shape)


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "prod"])
def test_extremes_of_constants(name):
    for dtype in DTYPES:
        for shape in ((), (5,), (3, 4)):

            def program(xp, dtype=dtype, shape=shape):
                return getattr(xp, name)(xp.full(shape, 2, dtype=dtype) - 0)

            assert_matches_numpy(program)


def test_folds_in_tiles_have_numpys_values():
    data = values("i8", (40, 50))
    with every_path():
        for axis in (None, 0, 1):

            def program(xp, axis=axis):
                x = xp.array(data)
                return (
                    xp.sum(x, axis=axis),
                    xp.max(x, axis=axis),
                    xp.argmin(x, axis=axis),
                    xp.any(x > 98, axis=axis),
                    xp.count_nonzero(x, axis=axis),
                    xp.where(x > 0, x, 0),
                )

            assert_matches_numpy(program)


@pytest.mark.parametrize("dtype", ["i4", "f4", "i8", "u1"])
def test_a_fold_beside_a_map_of_the_same_array(dtype):
    """The cast operand of the sum must outlive the steps of the map behind it."""
    x = la.asarray(np.ones(70, dtype))
    with every_path():
        total, chosen = la.compute(x.sum(), la.where(x > 0, x, 0))
    assert total == 70
    assert np.array_equal(chosen, np.ones(70))


def test_reductions_say_their_shape_before_anything_runs():
    with RaiseIfComputed():
        x = la.ones((4, 5, 6)) * 2
        assert x.sum(axis=(0, -1)).shape == (5,)
        assert x.mean(axis=1, keepdims=True).shape == (4, 1, 6)
        assert x.argmax().shape == ()
        assert x.astype("i1").sum().dtype == np.int64
        assert la.cumulative_sum(x, axis=0, include_initial=True).shape == (5, 5, 6)
        with pytest.raises(la.AxisError):
            x.sum(axis=3)
        with pytest.raises(ValueError, match="zero-size"):
            la.max(la.zeros((0,)))


def test_warnings_of_empty_slices_name_the_users_line():
    with pytest.warns(RuntimeWarning) as caught:
        la.mean(la.zeros(0))
    assert [str(one.message) for one in caught] == [
        "Mean of empty slice",
        "invalid value encountered in scalar divide",
    ]
    assert {one.filename for one in caught} == {__file__}


def told_by(call, module):
    """Return what a call warns of, in NumPy's words."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        np.asarray(call(module))
    return [str(one.message) for one in caught]


def test_ranges_of_infinities_warn_of_a_function_and_not_of_an_operator():
    def call(xp):
        return xp.ptp(xp.full(3, np.inf))

    assert told_by(call, la) == told_by(call, np)


@pytest.mark.parametrize("small_path", [True, False])
@pytest.mark.parametrize("name", ["mean", "var", "std"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "c16", "i4", "?"])
def test_spreads_of_too_few_warn_of_each_step(name, dtype, small_path):
    for shape, axis in [((0,), None), ((0, 3), 0), ((0, 3), 1), ((0, 3), None)]:
        for options in ({}, {"keepdims": True}, {"dtype": "f4"}):

            def call(xp, shape=shape, axis=axis, options=options):
                return getattr(xp, name)(xp.ones(shape, dtype), axis=axis, **options)

            with la.config(small_path=small_path):
                assert told_by(call, la) == told_by(call, np)


@pytest.mark.parametrize("small_path", [True, False])
@pytest.mark.parametrize("name", ["var", "std"])
def test_spreads_of_one_number_that_is_not_enough(name, small_path):
    def call(xp):
        return getattr(xp, name)(xp.ones(1) + 1, ddof=1)

    with la.config(small_path=small_path):
        assert told_by(call, la) == told_by(call, np)
        assert_matches_numpy(call)


@pytest.mark.parametrize("small_path", [True, False])
@pytest.mark.parametrize("dtype", ["f8", "f4", "c16"])
def test_spreads_that_overflow_name_the_ufunc_that_numpy_has(dtype, small_path):
    def call(xp):
        return xp.std(xp.asarray([1e30, -1e30], "f4") * xp.asarray(1, dtype))

    def large(xp):
        return xp.var(xp.asarray([1e300, -1e300]) * xp.asarray(1, dtype))

    with la.config(small_path=small_path):
        for one in (call, large):
            assert set(told_by(one, la)) == set(told_by(one, np))


def test_out():
    def program(xp):
        x, target = xp.array(values("f8", (3, 4))), xp.zeros((2, 4))
        xp.sum(x, axis=0, out=target[0])
        xp.mean(x, axis=0, out=target[1])
        return target

    assert_matches_numpy(program)


def test_the_two_names_of_the_correction():
    x = la.asarray([1.0, 2.0, 4.0])
    wanted = np.var([1.0, 2.0, 4.0], ddof=1)
    for options in ({"ddof": 1}, {"correction": 1}, {"correction": 1.0, "ddof": 0}):
        assert x.var(**options).compute() == la.var(x, **options).compute() == wanted
    with pytest.raises(ValueError, match="simultaneously"):
        la.std(x, ddof=1, correction=1)


STACKED = [
    lambda xp, x, y: xp.max([x, y, x * 2], axis=0),
    lambda xp, x, y: xp.logical_and.reduce([x > 0.5, y > 0.3, x < y]),
    lambda xp, x, y: xp.minimum.reduce([x, y]),
    lambda xp, x, y: xp.mean((x, y), axis=0),
    lambda xp, x, y: xp.sum([x, y], axis=0),
    lambda xp, x, y: xp.median([x, y, x + y], axis=0),
    lambda xp, x, y: xp.sqrt([x, y]),
    lambda xp, x, y: xp.any([x > 0.5, x], axis=0),
]


@pytest.mark.parametrize("program", STACKED)
@pytest.mark.usefixtures("planned")
def test_a_list_of_arrays_is_one_array_that_is_not_computed_for_it(program):
    x, y = np.random.default_rng(5).random((2, 30, 20))
    with RaiseIfComputed():
        made = program(la, la.asarray(x), la.asarray(y))
    got, want = made.compute(), program(np, x, y)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def test_lists_of_arrays_of_several_shapes_or_of_scalars_are_numpys():
    x = la.asarray(np.arange(6.0).reshape(2, 3))
    assert la.max([x.sum(), x[0, 1], 3], axis=0).compute() == 15
    with pytest.raises(ValueError, match="inhomogeneous"):
        la.max([x, x[0]], axis=0)


def test_a_fold_of_a_list_is_no_join():
    x = la.asarray(np.random.default_rng(5).random((300, 300)))
    text = str(la.minimum.reduce([x, x * 2, x + 1]).explain())
    assert "concat" not in text
    assert "minimum" in text


@pytest.mark.parametrize("into", ["f2", "f4", "f8", "c16", "i8", "i4", "u1", "u8", "?"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "u8", "i4", "u1", "?"])
def test_ranges_written_into_an_array_are_computed_in_its_dtype(dtype, into):
    rows = np.random.default_rng(3).integers(0, 9, (4, 200)) / 7
    for x in (rows[:, :5].astype(dtype), np.tile(rows, (1, 90)).astype(dtype)):
        made = []
        for xp in (la, np):
            out = xp.zeros(4, dtype=into)
            try:
                assert xp.ptp(xp.asarray(x), axis=1, out=out) is out
                made.append((out.dtype, np.asarray(out).tolist()))
            except TypeError:
                made.append(TypeError)
        assert made[0] == made[1]
