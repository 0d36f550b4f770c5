"""Arguments that NumPy takes, or refuses, in rare places: so do our functions."""

from __future__ import annotations

import operator
import warnings

import numpy as np
import pytest

import lazyarr as la


def test_a_given_mean_leaves_numpys_bits():
    x = np.random.default_rng(3).normal(size=(10, 20, 5)) + 0.5
    middle = x.mean(axis=1, keepdims=True)
    for name in ("var", "std"):
        want = getattr(np, name)(x, axis=1, mean=middle)
        for given in (middle, la.asarray(middle), la.mean(x, axis=1, keepdims=True)):
            found = getattr(la, name)(la.array(x), axis=1, mean=given)
            assert np.array_equal(found, want)
        want = getattr(np, name)(x, axis=1, mean=middle, ddof=1, keepdims=True)
        found = getattr(la, name)(la.array(x), 1, mean=middle, ddof=1, keepdims=True)
        assert np.array_equal(found, want)


@pytest.mark.parametrize("name", ["nanmean", "nanvar", "nanstd"])
@pytest.mark.parametrize("size", [3, 70_000])
def test_what_is_not_nan_in_long_doubles(name, size):
    x = np.arange(float(size))
    x[1] = np.nan
    found = getattr(la, name)(la.array(x), dtype=np.longdouble)
    want = getattr(np, name)(x, dtype=np.longdouble)
    assert found.dtype == np.longdouble
    assert found == want


def test_concatenate_takes_out_or_a_dtype():
    parts, out = (la.ones(2), la.zeros(2)), la.empty(4)
    with pytest.raises(TypeError, match="only takes `out` or `dtype`"):
        la.concatenate(parts, out=out, dtype="f8")
    with pytest.raises(TypeError, match="only takes `out` or `dtype`"):
        la.stack(parts, out=la.empty((2, 2)), dtype="f8")


def test_limits_of_numbers():
    assert la.finfo(1.0).max == np.finfo(1.0).max
    assert la.finfo(1j).dtype == np.float64
    assert la.iinfo(10).max == np.iinfo(10).max
    assert la.finfo(la.array([1.0])[0]).bits == 64
    assert la.iinfo(la.array([1], "i1")).bits == 8
    assert la.finfo(float) == la.finfo(np.float64) != la.finfo(np.float32)
    for limits, number in ((la.finfo, 1), (la.iinfo, 1.0), (la.finfo, True)):
        with pytest.raises(ValueError, match="data type"):
            limits(number)


def test_limits_of_long_doubles_are_numpys():
    assert la.finfo(np.longdouble).max == np.finfo(np.longdouble).max
    assert type(la.finfo(np.clongdouble).eps) is np.longdouble


def test_no_dtype_is_none_of_a_cast():
    for given in ((None, "i4"), ("i4", None)):
        with pytest.raises(TypeError, match="None"):
            la.can_cast(*given)


def test_require_unlocks_and_knows_its_words():
    locked = la.broadcast_to(la.ones(3), (2, 3))
    found = la.require(locked, requirements="W")
    found[0, 0] = 5
    assert np.array_equal(found, [[5, 1, 1], [1, 1, 1]])
    assert np.array_equal(locked, np.ones((2, 3)))
    x = la.arange(6.0).reshape(2, 3)
    assert np.shares_memory(x, la.require(x, requirements=["W", "C"]))
    owned = la.require(x.T, requirements=["O"])
    assert owned.flags.owndata
    assert owned.flags.f_contiguous
    with pytest.raises(KeyError, match="Q"):
        la.require(x, None, ["Q"])
    with pytest.raises(ValueError, match="both"):
        la.require(x, None, ["C", "F"])


@pytest.mark.parametrize("make", [la.zeros, la.ones, la.empty])
def test_no_array_has_more_elements_than_a_machine_counts(make):
    for shape in ((975,) * 7, [26244] * 5, (2**40, 2**24)):
        with pytest.raises(ValueError, match="array is too big"):
            make(shape, np.int8)
    assert make((2**40, 0)).size == 0


NUMBERS = [la.array(-1), la.array(-1)[()], la.array([-1])[0], la.array([-1])]


@pytest.mark.parametrize("power", NUMBERS, ids=["0-d", "scalar", "element", "array"])
def test_negative_powers_of_integers_are_refused_at_the_call(power):
    for base in (la.array([2])[0], la.array(2)[()], la.array([2]), np.int64(2), 2):
        for function in (operator.pow, la.power):
            with pytest.raises(ValueError, match="negative integer powers"):
                function(base, power)


def test_seeds_that_are_elements_of_arrays():
    seeds = la.arange(5, 9)
    wants = {5: seeds[0], (5, 6, 7, 8): seeds, (6, 3): [seeds[1], 3]}
    for want, seed in wants.items():
        want = la.random.default_rng(want).random(3)
        assert np.array_equal(la.random.default_rng(seed).random(3), want)


def test_iterators_go_on_where_they_are_set():
    x = la.arange(6).reshape(2, 3)
    places = la.nditer(x, flags=["multi_index"])
    places.multi_index = (1, 1)
    assert int(places[0]) == 4
    counted = la.nditer(x, flags=["c_index"])
    counted.index = 5
    assert int(counted[0]) == 5
    counted.iterindex = 2
    assert int(counted[0]) == 2
    part = la.nditer(x, ["ranged"])
    part.iterrange = (2, 4)
    assert list(map(int, part)) == [2, 3]


@pytest.mark.parametrize("size", [3, 70_000])
def test_iterators_go_through_memory_forwards(size):
    numbers = np.arange(2 * size).reshape(2, size)
    views = (np.flipud, np.fliplr, np.transpose, lambda x: x[:, ::-1].T[::2])
    for view in views:
        x, y = la.array(numbers), numbers.copy()
        found = [int(n) for n in la.nditer(view(x))]
        assert found == [int(n) for n in np.nditer(view(y))]
        for array, space in ((x, la), (y, np)):
            with space.nditer(view(array), op_flags=["readwrite"]) as elements:
                for k, element in enumerate(elements):
                    element[...] = k
        assert np.array_equal(x, y)


def test_powers_take_the_loop_that_is_named():
    x = la.array([1.5, 2.5])
    for name in ("signature", "sig"):
        loop = {name: (None, None, np.intp), "casting": "unsafe"}
        assert np.array_equal(la.power(x, 2.8, **loop), [1, 4])
        assert np.array_equal(la.pow(1.5, 2.8, **loop), 1)


def _counts(xp):
    return xp.arange(6.0).reshape(2, 3)


def _by_their_places(xp):
    x = _counts(xp)
    for _ in (places := xp.nditer(x, ["multi_index"], [["readwrite"]])):
        x[places.multi_index] += 10
    return x


def _by_places_and_elements(xp):
    x = _counts(xp)
    with xp.nditer(x, ["multi_index"], [["readwrite"]]) as places:
        for element in places:
            x[1, 2] = 30
            if places.multi_index == (0, 1):
                element[...] = -0.0
    return x, xp.signbit(x)


def _step_by_step(xp):
    x = _counts(xp)
    steps = xp.nditer(x, op_flags=["readwrite"])
    while not steps.finished:
        steps[0] = steps[0] * 2
        steps.iternext()
    return x


def _as_far_as_it_goes(xp):
    x = _counts(xp)
    for count, element in enumerate(xp.nditer(x, op_flags=["readwrite"])):
        element[...] = 7
        if count == 2:
            break
    return x


def _nested(xp):
    x, found = xp.arange(12).reshape(2, 3, 2), []
    outer, inner = xp.nested_iters(x, [[1], [0, 2]], op_flags=[["readwrite"]])
    for _ in outer:
        for element in inner:
            found.append(int(element))
            element[...] = -element
    return x, found


@pytest.mark.parametrize(
    "program",
    [
        _by_their_places,
        _by_places_and_elements,
        _step_by_step,
        _as_far_as_it_goes,
        _nested,
    ],
)
@pytest.mark.parametrize("small_bytes", [0, 4096])
def test_nothing_is_lost_that_is_written_while_iterators_go_on(program, small_bytes):
    with la.config(small_bytes=small_bytes):
        found, want = program(la), program(np)
        for one, other in zip(found, want, strict=True):
            assert np.array_equal(one, other)


def test_iterators_do_not_write_what_is_locked():
    x = la.arange(3.0)
    x.setflags(write=False)
    with pytest.raises(ValueError, match="operand array with iterator write flag"):
        la.nditer(x, op_flags=["readwrite"])


@pytest.mark.parametrize("size", [7, 70_000])
@pytest.mark.parametrize("dtype", ["g", "f4", "c8"])
def test_a_given_mean_beside_a_dtype_leaves_numpys_value(size, dtype):
    x, middle = np.arange(size) / 7, np.array([2.5])
    for name in ("var", "std"):
        for where in (True, x > 0.5):
            facts = {"dtype": dtype, "mean": middle, "where": where}
            found = getattr(la, name)(la.asarray(x), **facts)
            want = getattr(np, name)(x, **facts)
            assert found.dtype == want.dtype
            assert found == want


@pytest.mark.parametrize("name", ["mean", "var", "std"])
def test_long_doubles_of_what_a_mask_is_true_for(name):
    x = np.arange(70_000.0)
    found = getattr(la, name)(la.asarray(x), dtype="g", where=la.asarray(x > 5))
    want = getattr(np, name)(x, dtype="g", where=x > 5)
    assert found.dtype == np.longdouble
    assert found == want


def test_requirements_may_be_told_one_by_one():
    x = la.arange(6.0).reshape(2, 3)
    assert la.require(x, None, iter("FW")).flags.f_contiguous
    assert la.require(x.T, None, (one for one in ["C"])).flags.c_contiguous


def test_no_array_has_sides_that_a_machine_cannot_multiply():
    for shape in ((0, 2**62, 4), (2**40, 2**40, 0)):
        with pytest.raises(ValueError, match="array is too big"):
            la.zeros(shape)


class Says:
    """One that has no operators, but says what NumPy's functions mean."""

    def __array_ufunc__(self, ufunc, method, *operands, **options):
        return ufunc.__name__, method, [operand is self for operand in operands]


class Refuses(Says):
    __array_ufunc__ = None


@pytest.mark.parametrize("shape", [(), (3,), (70_000,)])
def test_operators_ask_what_says_what_functions_mean(shape):
    other, numbers = Says(), np.ones(shape)
    for x in (la.asarray(numbers), la.asarray(numbers) * 2):
        for function in (operator.add, operator.sub, operator.lt, operator.pow):
            assert function(x, other) == function(numbers, other)
            assert function(other, x) == function(other, numbers)
        for function in (operator.add, operator.lt):
            with pytest.raises(TypeError):
                function(x, Refuses())


def test_results_are_written_into_arrays_alone():
    x = la.ones((3, 3))
    calls = (
        (la.add, (x, x)),
        (la.sqrt, (x,)),
        (la.sum, (x, 0)),
        (la.argmax, (x, 0)),
        (la.dot, (x, x)),
    )
    for size in (4096, 0):
        with la.config(small_bytes=size):
            for function, operands in calls:
                with pytest.raises(TypeError, match="arrays must be"):
                    function(*operands, out=[0.0, 0.0, 0.0])


@pytest.mark.parametrize("size", [3, 70_000])
def test_choices_are_one_sequence_or_several_arguments(size):
    places = np.arange(size) % 2
    given = np.arange(size), -np.ones(size)
    want = places.choose(*given)
    assert np.array_equal(la.array(places).choose(*map(la.array, given)), want)
    assert np.array_equal(la.array(places).choose(given), want)
    three = la.array(places).choose([1], [2], 3, mode="wrap")
    assert np.array_equal(three, places + 1)


@pytest.mark.parametrize("size", [3, 70_000])
def test_kinds_of_sorts_go_by_their_first_letter(size):
    x = np.arange(float(size))[::-1]
    for kind in ("quick", "h", "Merge", "stab", b"quicksort"):
        assert np.array_equal(la.sort(la.array(x), kind=kind), x[::-1])
        assert np.array_equal(la.argsort(la.array(x), kind=kind), np.argsort(x))
    with pytest.raises(ValueError, match="sort kind must be one of"):
        la.sort(la.array(x) + 1, kind="bubble")


def test_a_part_is_put_in_order_along_an_axis():
    x = la.array([[3, 1], [2, 0]])
    with pytest.raises(TypeError, match="integer"):
        x.partition(1, axis=None)
    assert np.array_equal(x, [[3, 1], [2, 0]])


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_nothing_has_no_place_to_put(mode):
    with pytest.raises(IndexError, match="cannot replace elements of an empty"):
        la.put(la.asarray([]), 1, 1, mode=mode)


@pytest.mark.parametrize("size", [3, 70_000])
def test_what_is_put_along_one_row_is_seen(size):
    ours, theirs = la.zeros((2, size)) + 1, np.ones((2, size))
    for xp, x in ((la, ours), (np, theirs)):
        places = xp.asarray([1, -1, 2])
        xp.put_along_axis(x, places, xp.asarray([5.0, 6, 7]), axis=None)
        xp.put_along_axis(x, places[:1], -4, axis=None)
    assert np.array_equal(ours, theirs)
    for wrong in (la.asarray([[1]]), np.asarray(1)):
        with pytest.raises(ValueError, match="single dimension"):
            la.put_along_axis(ours, wrong, 3, axis=None)


@pytest.mark.parametrize("limit", ["e", "f", "d", "i8"])
@pytest.mark.parametrize("dtype", ["e", "f", "d"])
def test_limits_of_bins_are_of_their_dtype(dtype, limit):
    x = (np.random.default_rng(0).random(200_000) * 100).astype(dtype)
    limits = np.dtype(limit).type(3.3), np.dtype(limit).type(77.7)
    want = np.histogram(x, 17, limits)
    for ours, theirs in zip(la.histogram(la.array(x), 17, limits), want, strict=True):
        assert np.asarray(ours).tobytes() == theirs.tobytes()


@pytest.mark.parametrize("name", ["partition", "argpartition"])
@pytest.mark.parametrize("of", [np.array, la.array])
def test_partition_at_no_place(name, of):
    x = np.random.default_rng(0).random((3, 200_000))
    found = getattr(la, name)(la.array(x) + 0, of([0])[1:], axis=0)
    assert np.array_equal(found, getattr(np, name)(x, np.array([], int), axis=0))


@pytest.mark.parametrize("size", [2, 200_000])
def test_a_number_times_an_array_is_cast_into_what_dot_writes(size):
    def products(xp):
        x = xp.arange(size, dtype="i4")
        made = [xp.dot(x, 2, out=x * 0), xp.dot(3, x, out=xp.zeros(size, "f4"))]
        for one, other, out in ((x, 2.5, x * 1.0), (x, 2.5, x), (x, x, xp.zeros(()))):
            with pytest.raises(ValueError, match="not acceptable"):
                xp.dot(
                    one, other, out=out if out.dtype == x.dtype else out.astype("f4")
                )
        return made

    for ours, theirs in zip(products(la), products(np), strict=True):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["e", "f"])
@pytest.mark.parametrize("size", [3, 300_000])
def test_limits_of_bins_are_as_precise_as_they_are(dtype, size):
    x = np.ones(size, dtype)
    for limits in ([0.0, 1 - 2.3e-16], [1 + 2.3e-16, 2.0], [0, 0.9999999]):
        for given in (np.array(limits), tuple(np.array(limits)), tuple(limits)):
            want = np.histogram(x, 3, given)
            found = la.histogram(la.array(x), 3, given)
            for ours, theirs in zip(found, want, strict=True):
                assert np.array_equal(ours, theirs)
                assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("size", [6, 70_000])
@pytest.mark.parametrize("name", ["var", "std", "nanvar", "nanstd"])
def test_ddof_and_correction_are_two_names_of_one_number(name, size):
    for xp in (np, la):
        function, x = getattr(xp, name), xp.arange(float(size))
        with pytest.raises(ValueError, match="simultaneously"):
            function(x, ddof=1, correction=0)
        with pytest.raises(ValueError, match="simultaneously"):
            function(x, ddof=0.5, correction=0.5)
    wanted = getattr(np, name)(np.arange(float(size)), ddof=0, correction=0)
    found = getattr(la, name)(la.arange(float(size)), ddof=0, correction=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-15)


@pytest.mark.parametrize("size", [4, 70_000])
@pytest.mark.parametrize(
    "tolerance", [{"atol": np.nan}, {"rtol": np.inf}, {"rtol": [-np.inf]}]
)
def test_tolerances_that_are_not_finite_are_warned_of(tolerance, size):
    wanted = []
    for xp in (np, la):
        x = xp.linspace(-1.0, 1.0, size)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            close = np.asarray(xp.isclose(x, xp.flip(x), **tolerance)).tolist()
            all_close = bool(xp.allclose(x, x, **tolerance))
        wanted.append((close, all_close, [str(one.message) for one in told]))
        assert len(told) == 2
    assert wanted[0] == wanted[1]


@pytest.mark.parametrize("name", ["nanargmin", "nanargmax"])
def test_places_of_what_is_not_nan_keep_axes_of_integers_too(name):
    x = np.arange(80_000).reshape(2, -1) % 7
    for axis in (None, 0, 1):
        wanted = getattr(np, name)(x, axis=axis, keepdims=True)
        found = getattr(la, name)(la.asarray(x) + 0, axis=axis, keepdims=True)
        assert found.shape == wanted.shape
        assert np.array_equal(found, wanted)
    for xp in (np, la):
        with pytest.raises(ValueError, match=r"empty sequence|zero-size"):
            getattr(xp, name)(xp.zeros((0, 70_000)), axis=0)
    assert getattr(la, name)(la.zeros((0, 4)), axis=1).shape == (0,)


def test_an_axis_that_is_summed_over_twice_is_refused():
    x, y = la.ones((2, 3, 3)), la.ones((3, 3, 4))
    for axes in (([1, 1], [0, 0]), ([1, -2], [0, 1]), ([1, 2], [0, -3])):
        for given in ((np.ones((2, 3, 3)), np.ones((3, 3, 4))), (x, y)):
            with pytest.raises(ValueError, match=r"duplicate|twice|match"):
                (np if given[0] is not x else la).tensordot(*given, axes=axes)


@pytest.mark.parametrize("name", ["ones_like", "zeros_like", "empty_like"])
def test_arrays_of_another_shape_lie_as_the_one_that_they_are_like(name):
    for order in "KACF":
        for shape in ((4, 5, 2), (7, 3), (2, 2, 2, 2)):
            strides = []
            for xp in (np, la):
                like = xp.ones((3, 4, 2)).transpose(1, 0, 2)
                made = getattr(xp, name)(like, order=order, shape=shape)
                strides.append(made.strides)
                assert np.asarray(made).strides == made.strides
            assert strides[0] == strides[1], (order, shape)


@pytest.mark.parametrize("number", [2**64 - 1, 2**70, -(2**70)])
@pytest.mark.parametrize("name", ["negative", "absolute", "square", "sign"])
def test_integers_of_python_are_as_large_as_they_are(name, number):
    wanted, found = getattr(np, name)(number), getattr(la, name)(number)
    assert int(found) == int(wanted)
    assert getattr(found, "dtype", int) == getattr(wanted, "dtype", int)
    assert not la.isnan(2**64 - 1)


@pytest.mark.parametrize("size", [20, 80_000])
def test_any_negative_side_is_what_is_left(size):
    for shape in (-10, (-5, 2), (2, -7), (1, -3, 4)):
        x, y = np.arange(size), la.arange(size)
        assert np.array_equal(y.reshape(shape), x.reshape(shape))
        assert np.array_equal((y + 1).reshape(shape), (x + 1).reshape(shape))
    for shape in ((-1, -2), (-3, 7)):
        for z in (np.arange(size), la.arange(size), la.arange(size) + 1):
            with pytest.raises(ValueError, match=r"reshape|unknown"):
                z.reshape(shape)
