"""`reduce`, `accumulate`, `outer`, `at`, `reduceat` and the attributes of ufuncs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy
from tests.cases import every
from tests.surface.operands import OPERANDS

BINARY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "hypot",
    "logical_and",
    "logical_or",
    "logical_xor",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "gcd",
    "lcm",
    "float_power",
    "equal",
    "less",
    "logaddexp",
    "arctan2",
    "remainder",
    "left_shift",
]
UNARY = ["negative", "sqrt", "isnan", "floor"]
SOME = [
    "bool",
    "int8",
    "int64",
    "float32",
    "float64",
    "complex128",
    "transposed",
    "NaN",
]
EDGES = [*SOME, "no axes", "empty", "empty rows", "one", "cube", "backwards", "uint8"]
LAZY_HERE = [
    "add",
    "multiply",
    "maximum",
    "minimum",
    "subtract",
    "hypot",
    "fmax",
    "bitwise_xor",
    "logaddexp",
]


def both(call, *operands, ulp=8):
    def check(operand):
        array = OPERANDS[operand]
        with np.errstate(all="ignore"):
            assert_matches_numpy(
                lambda xp: call(xp, xp.array(array)), warnings=False, ulp=ulp
            )

    every(check, operands)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.filterwarnings("ignore")
def test_reduce(name):
    both(lambda xp, x: getattr(xp, name).reduce(x), *EDGES)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.filterwarnings("ignore")
def test_reduce_of_all_axes(name):
    both(lambda xp, x: getattr(xp, name).reduce(x, axis=None, keepdims=True), *SOME)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.filterwarnings("ignore")
def test_accumulate(name):
    both(lambda xp, x: getattr(xp, name).accumulate(x, axis=-1), *EDGES)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.filterwarnings("ignore")
def test_outer(name):
    both(lambda xp, x: getattr(xp, name).outer(x, x), *SOME, ulp=0)


def test_the_outer_product_of_small_arrays_that_is_large_is_deferred():
    x = la.asarray(np.ones(10_000)) + 0
    product = la.multiply.outer(x, x)
    assert "multiply" in str(product.explain())
    assert float(product[3, 4]) == 1.0


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.filterwarnings("ignore")
def test_reduceat(name):
    both(lambda xp, x: getattr(xp, name).reduceat(x, [0, 2, 1], axis=0), *SOME)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.filterwarnings("ignore")
def test_at(name):
    def call(xp, x):
        getattr(xp, name).at(x, [0, 1, 0, -1], 2)
        return x

    both(call, *SOME, ulp=0)


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.filterwarnings("ignore")
def test_at_of_one_operand(name):
    def call(xp, x):
        getattr(xp, name).at(x, [0, 1, 0])
        return x

    both(call, *SOME, ulp=0)


@pytest.mark.parametrize("mode", ["raise", "warn", "ignore"])
def test_at_that_meets_an_error_writes_once(mode):
    x = np.array([16.0, -1.0, 16.0])
    y = la.array(x)
    found = []
    for array in (x, y):
        with np.errstate(invalid=mode), warnings.catch_warnings(record=True) as got:
            warnings.simplefilter("always")
            try:
                np.sqrt.at(array, [0, 1, 0])
            except FloatingPointError as error:
                found.append(str(error))
            found.append([str(one.message) for one in got])
    np.testing.assert_array_equal(y, x)
    assert found[: len(found) // 2] == found[len(found) // 2 :]
    if mode == "warn":
        assert got[0].filename == __file__


def test_at_with_a_slice():
    def call(xp):
        x = xp.arange(6)
        xp.add.at(x, slice(1, 4), 10)
        xp.multiply.at(x[::2], (slice(None),), 3)
        return x

    assert_matches_numpy(call)


def test_at_writes_through_views():
    def call(xp):
        x = xp.zeros((3, 4))
        xp.add.at(x[1], [0, 0, 2], [1.0, 2.0, 3.0])
        return x

    assert_matches_numpy(call)


@pytest.mark.parametrize(
    "call",
    [
        lambda xp: xp.add.at(xp.zeros(3), [3], 1),
        lambda xp: xp.add.at(xp.zeros(3, int), [0], 1.5),
        lambda xp: xp.add.reduce(xp.ones((2, 2)), axis=2),
        lambda xp: xp.sqrt.reduce(xp.ones(3)),
        lambda xp: xp.add.accumulate(xp.ones(3), axis=1),
        lambda xp: xp.add.reduceat(xp.ones(3), [3]),
        lambda xp: xp.subtract.reduce(xp.ones((2, 2)), axis=(0, 1)),
        lambda xp: xp.maximum.reduce(xp.ones(0)),
    ],
)
def test_mistakes(call):
    assert_matches_numpy(call)


@pytest.mark.parametrize(
    "options",
    [
        {"dtype": "f4"},
        {"initial": 3},
        {"keepdims": True},
        {"where": np.array([[True, False, True, True]])},
        {"axis": 1},
        {"axis": (0, 1), "initial": 2},
    ],
)
def test_keywords_of_reduce(options):
    both(lambda xp, x: xp.add.reduce(x, **options), "float64")
    both(lambda xp, x: np.add.reduce(x, **options), "float64")


@pytest.mark.parametrize("name", ["fmax", "fmin", "gcd", "hypot", "bitwise_xor"])
def test_folds_over_several_axes_are_lazy(name):
    dtype = float if name in ("fmax", "fmin", "hypot") else int
    values = np.arange(-30, 30).reshape(3, 4, 5).astype(dtype)
    if dtype is float:
        values[::2, 1] = np.nan if name != "hypot" else -0.0
    ufunc = getattr(np, name)
    for axis in ((0, 2), (1, 2), (-1, 0), None):
        with RaiseIfComputed(), la.config(small_path=False):
            made = ufunc.reduce(la.asarray(values) * 1, axis=axis, keepdims=True)
        expected = ufunc.reduce(values, axis=axis, keepdims=True)
        assert made.dtype == expected.dtype
        np.testing.assert_allclose(made, expected, 1e-14 * (name == "hypot"))


@pytest.mark.parametrize("name", LAZY_HERE)
def test_folds_are_lazy(name):
    x = la.arange(12).reshape(3, 4) * 2
    with RaiseIfComputed():
        function = getattr(la, name)
        results = [
            function.reduce(x),
            function.accumulate(x),
            function.outer(x, x),
            function.reduceat(x, [0, 2]),
            getattr(np, name).reduce(x),
        ]
    for result in results:
        assert isinstance(result, la.Array)


@pytest.mark.parametrize("name", [*BINARY, *UNARY])
def test_attributes(name):
    ours, theirs = getattr(la, name), getattr(np, name)
    for attribute in ("nin", "nout", "nargs", "ntypes", "types", "identity"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert ours.signature is None


@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
def test_casting(casting):
    def call(xp):
        return xp.add(xp.ones(3), xp.ones(3), dtype="f4", casting=casting)

    assert_matches_numpy(call)
    assert_matches_numpy(
        lambda xp: xp.add(xp.ones(3), 1.5, out=xp.zeros(3, int), casting=casting)
    )
    assert_matches_numpy(
        lambda xp: xp.add(xp.ones(3, "i4"), xp.ones(3), casting=casting)
    )


def test_an_ellipsis_asks_for_an_array():
    made = la.add(la.asarray(1), 2, out=...)
    made += 1
    assert made.compute() == 4


INTO = {
    "reduce": lambda xp, x, out: xp.logaddexp.reduce(x, out=out[0]),
    "accumulate": lambda xp, x, out: xp.hypot.accumulate(x, out=(out,)),
    "reduceat": lambda xp, x, out: xp.add.reduceat(x, [0, 3], out=out[:2]),
    "mean": lambda xp, x, out: xp.mean(x, axis=0, out=out[0]),
    "std": lambda xp, x, out: xp.std(x, axis=0, out=out[0]),
}


@pytest.mark.parametrize("into", INTO)
@pytest.mark.parametrize("small_bytes", [0, 1 << 18])
@pytest.mark.parametrize(
    ("dtype", "taken"), [("f4", "f8"), ("i4", "f8"), ("f4", "f4"), ("f8", "c16")]
)
def test_folds_are_computed_as_precisely_as_what_takes_them(
    into, dtype, taken, small_bytes
):
    x = (np.random.default_rng(3).random((9, 4)) * 9).astype(dtype)
    found = []
    for xp in (np, la):
        with la.config(small_bytes=small_bytes):
            out = xp.asarray(np.zeros((9, 4), taken))
            try:
                INTO[into](xp, xp.asarray(x), out)
            except TypeError:
                found.append(None)
            else:
                found.append(np.asarray(out))
    assert (found[0] is None) == (found[1] is None)
    if found[0] is not None:
        rough = taken == "f4" or into == "std"  # NumPy rounds some of its steps
        np.testing.assert_allclose(found[1], found[0], rtol=1e-6 if rough else 1e-12)


@pytest.mark.parametrize("casting", ["no", "safe", "same_kind", "unsafe"])
@pytest.mark.parametrize("dtype", [None, "f4"])
def test_outer_minds_the_rule_for_casts(casting, dtype):
    for x, y in ((np.arange(3), np.arange(2.0)), (np.arange(3.0), np.arange(3.0) * 1j)):
        made = []
        for xp in (np, la):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    options = {"casting": casting, "dtype": dtype}
                    made.append(
                        xp.maximum.outer(xp.asarray(x), xp.asarray(y), **options)
                    )
            except TypeError:
                made.append(None)
        assert (made[0] is None) == (made[1] is None)
        assert made[0] is None or np.array_equal(np.asarray(made[1]), made[0])


def test_no_slices_have_no_folds():
    assert_matches_numpy(lambda xp: xp.hypot.reduceat(xp.asarray([1.0, 2.0]), []))


@pytest.mark.parametrize("name", ["divide", "hypot", "logical_and", "less", "power"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "?"])
def test_accumulated_functions_that_take_no_integers_tell_their_strides(name, dtype):
    x = (np.arange(24) % 5).reshape(2, 3, 4).transpose(1, 2, 0).astype(dtype)
    found = []
    for xp in (np, la):
        with np.errstate(all="ignore"):
            try:
                made = getattr(xp, name).accumulate(xp.asarray(x), axis=1)
            except TypeError:
                found.append(None)
            else:
                found.append((made.strides, np.asarray(made)))
    assert (found[0] is None) == (found[1] is None)
    if found[0] is not None:
        assert found[0][0] == found[1][0]
        np.testing.assert_array_equal(found[1][1], found[0][1])


@pytest.mark.parametrize("name", ["add", "maximum"])
@pytest.mark.parametrize("size", [6, 70_000])
def test_no_axis_is_the_only_one(name, size):
    x = np.arange(size)[::-1]
    ours, theirs = getattr(la, name), getattr(np, name)
    found = ours.accumulate(la.array(x) + 0, axis=None)
    assert np.array_equal(found, theirs.accumulate(x))
    found = ours.reduceat(la.array(x) + 0, [1, 3], axis=None)
    assert np.array_equal(found, theirs.reduceat(x, [1, 3]))
    square = la.array(x.reshape(2, -1)) + 0
    for method, args in ((ours.accumulate, ()), (ours.reduceat, ([1],))):
        with pytest.raises(ValueError, match="does not allow multiple axes"):
            method(square, *args, axis=None)


@pytest.mark.parametrize(
    "call",
    [
        lambda xp: xp.floor_divide.reduce(xp.asarray([1, 0])),
        lambda xp: xp.divide.accumulate(xp.asarray([1.0, 0.0])),
        lambda xp: xp.add.reduceat(xp.asarray([1e308] * 3), [0]),
        lambda xp: xp.multiply.outer(xp.asarray([1e308]), xp.asarray([1e308])),
    ],
)
def test_methods_of_what_is_known_raise_at_the_call(call):
    for xp in (np, la):
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            call(xp)
    with np.errstate(all="ignore"):
        assert np.array_equal(call(la), call(np))
    for xp in (np, la):
        with pytest.warns(RuntimeWarning, match="encountered in"):
            call(xp)


@pytest.mark.parametrize("name", ["logical_or", "logical_and"])
def test_folds_of_objects_are_the_objects_that_decide(name):
    for given in ([3, None, "", 0, 5.0], [0, 7], [1, 2]):
        objects = np.array(given, object)
        found = getattr(la, name).reduce(objects)
        wanted = getattr(np, name).reduce(objects)
        assert (found, type(found)) == (wanted, type(wanted))
        assert getattr(la, name).reduce([True, False]) == (name == "logical_or")
