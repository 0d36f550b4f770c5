"""NumPy's warnings, and lazyarr's own, name the user's line and come once."""

from __future__ import annotations

import operator
import warnings

import numpy as np
import pytest

import lazyarr as la


def put(x, key, value):
    x[key] = value


NARROW = np.array([1.0, 2.0], "f4")
PAIR = np.array([1 + 2j, 3])

WARNING = {
    "a number beyond the dtype": lambda: la.asarray(NARROW) * 1e300,
    "the other way round": lambda: 1e300 * la.asarray(NARROW),
    "an integer beyond it": lambda: la.asarray(NARROW) + 10**40,
    "full": lambda: la.full(3, 1e300, dtype="f4"),
    "full of NaN": lambda: la.full(3, np.nan, dtype="i4"),
    "full of complex": lambda: la.full(3, 1 + 2j, dtype="f4"),
    "a range": lambda: la.arange(0, 1e300, 1e299, dtype="f4"),
    "an element": lambda: put(la.array(NARROW), 0, 1e300),
    "a slice": lambda: put(la.array(NARROW), slice(None), 1e300),
    "a list": lambda: put(la.array(NARROW), slice(None), [1e300, 3]),
    "a complex number": lambda: put(la.zeros(2), 0, np.complex128(1 + 2j)),
    "complex numbers": lambda: put(la.zeros(2), slice(None), PAIR),
    "lazy complex numbers": lambda: put(la.zeros(2), slice(None), la.asarray(PAIR)),
    "a number of an element": lambda: float(la.asarray(PAIR)[0]),
    "an integer of an element": lambda: int(la.asarray(PAIR)[0]),
    "a number of a sum": lambda: float((la.zeros(70_000) + 1j).sum()),
    "an integer of a sum": lambda: int((la.zeros(70_000) + 1j).sum()),
    "a real sum": lambda: la.sum(la.asarray(PAIR), dtype=float).compute(),
    "real sums": lambda: la.cumsum(la.asarray(PAIR), dtype=float).compute(),
    "a real fold": lambda: np.add.reduce(la.asarray(PAIR), dtype=float),
    "real sums at places": lambda: la.add.at(la.zeros(2) + 1, la.asarray([0, 1]), PAIR),
    "those of a view": lambda: la.add.at((la.zeros(2) + 1)[::-1], [0, 1], PAIR),
    "a cast": lambda: la.asarray(PAIR).astype(float),
    "a cast to integers": lambda: la.asarray(PAIR).astype("i2"),
    "nan_to_num": lambda: la.nan_to_num(la.asarray(NARROW), nan=1e300),
    "a mean of nothing": lambda: la.mean(la.zeros(0)),
    "nanmean": lambda: la.nanmean(la.asarray([np.nan])).compute(),
    "nanvar": lambda: la.nanvar(la.asarray([1.0]), ddof=1).compute(),
    "a masked mean": lambda: la.ones(2).mean(where=[False, False]).compute(),
    "division": lambda: (la.asarray([1.0]) / 0).compute(),
    "an iterator": lambda: la.fromiter(iter(PAIR[:1]), float),
    "a real product": lambda: la.matmul(
        la.asarray(PAIR), la.asarray(NARROW), dtype=float, casting="unsafe"
    ),
    "a mean in long doubles": lambda: la.nanmean(la.asarray([np.nan]), dtype="g"),
    "a root of long doubles": lambda: la.sqrt(np.array([-1.0], "g")),
}


@pytest.mark.parametrize("small_path", [True, False])
@pytest.mark.parametrize("name", WARNING)
def test_it_names_this_file(name, small_path):
    with (
        la.config(small_path=small_path),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        result = WARNING[name]()
        if isinstance(result, la.Array):
            result.compute()
    assert {one.filename for one in caught} == {__file__}
    assert len(caught) == len({str(one.message) for one in caught})


CASTS = {
    "a start of a fold": lambda: la.asarray(NARROW).sum(initial=1e300),
    "a start of the largest": lambda: la.asarray(NARROW).max(initial=1e300),
    "a number": lambda: la.full((), 1e300).astype("f4"),
    "a complex number": lambda: la.full((), 1 + 2j).astype("f4"),
    "a complex number, to integers": lambda: la.full((), 1 + 2j).astype("i2"),
}


@pytest.mark.parametrize("name", CASTS)
def test_a_number_that_is_cast_for_a_plan_names_this_file(name):
    with la.config(small_bytes=0), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CASTS[name]().compute()
    assert [one.filename for one in caught] == [__file__]


def test_a_selection_of_nothing_names_this_file():
    x = la.asarray([1.0, 2.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        x[x > 3].mean().compute()
    assert {one.filename for one in caught} == {__file__}
    assert len(caught) == 2


AGAIN = {
    "division": lambda x: (x / 0).compute(),
    "a reduction": lambda x: (x.sum() / 0).compute(),
    "fused": lambda x: (x * 1e308 * 10).sum().compute(),
    "a pending write": lambda x: np.divide(x, 0, out=x).compute(),
    "persisted": lambda x: np.sqrt(-x - 1).persist(),
    "read twice": lambda x: la.compute(x / 0, x * 2),
    "nothing": lambda x: la.mean(x[:0]).compute(),
}


def lines(function, x):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(x)
    return {(one.filename, one.lineno) for one in caught}


def same_elsewhere(function):
    """Return a function of the same code that lies a thousand lines further on."""
    code = function.__code__
    return type(function)(
        code.replace(co_firstlineno=code.co_firstlineno + 1000), {"la": la, "np": np}
    )


@pytest.mark.parametrize("size", [4, 300_000])
@pytest.mark.parametrize("small_path", [True, False])
@pytest.mark.parametrize("name", AGAIN)
def test_a_plan_that_is_used_again_names_the_line_of_now(name, small_path, size):
    first = AGAIN[name]
    second = same_elsewhere(first)
    with la.config(small_path=small_path, small_bytes=0, threads=2):
        for _ in range(12):  # until it is planned
            found = lines(first, la.asarray(np.ones(size)))
            assert found == {(__file__, first.__code__.co_firstlineno)}
        found = lines(second, la.asarray(np.ones(size)))
    assert found == {(__file__, second.__code__.co_firstlineno)}


def test_an_error_of_a_plan_that_is_used_again_names_the_line_of_now():
    def first(x):
        return la.linalg.inv(x).compute()

    second = same_elsewhere(first)
    for function in (*[first] * 10, second):
        with pytest.raises(la.ExecutionError) as caught:
            function(la.zeros((3, 3)))
        line = function.__code__.co_firstlineno + 1
        assert f"test_places_of_warnings.py:{line})" in str(caught.value)


def test_what_errstate_asks_for_is_done():
    x = la.asarray(NARROW)
    with np.errstate(over="ignore"):
        assert np.isinf((x * 1e300).compute()).all()
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        x * 1e300
    told = []
    with np.errstate(over="call", call=lambda kind, flag: told.append(kind)):
        x * 1e300
    assert told == ["overflow"]


@pytest.mark.parametrize("dtype", ["f4", "i8", "u1"])
def test_parts_are_dropped_as_numpy_drops_them(dtype):
    z = np.array([1.5 + 2j, 3 - 1j])
    with pytest.warns(np.exceptions.ComplexWarning):
        made = la.asarray(z).astype(dtype)
    with pytest.warns(np.exceptions.ComplexWarning):
        expected = z.astype(dtype)
    result = made.compute()
    assert result.dtype == expected.dtype
    assert result.tolist() == expected.tolist()
    assert la.asarray(z).astype(bool).compute().tolist() == [True, True]


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["known", "planned"])
def test_a_result_that_overflows_in_its_cast_is_told_of_as_numpys(options):
    for xp in (np, la):
        with la.config(**options):
            x, y = xp.array([1, 2], "f4"), xp.array([1e300, 1])
            with pytest.warns(
                RuntimeWarning, match="^overflow encountered in multiply$"
            ):
                np.asarray(xp.multiply(x, y, out=x))
            with pytest.warns(RuntimeWarning, match="^overflow encountered in cast$"):
                np.asarray((y * 2).astype("f4"))


def test_what_is_known_without_elements_is_told_of_at_each_call():
    x = la.asarray(np.arange(12.0).reshape(3, 4))
    with la.config(small_bytes=0):
        for function, text in [(la.mean, "Mean"), (la.var, "Degrees")] * 3:
            with pytest.warns(RuntimeWarning) as told:
                np.asarray(function(x, 1, where=False))
            texts = [str(one.message).partition(" ")[0] for one in told]
            assert texts == [text, "invalid"]


def running(x):
    return la.cumsum(1 / x)


def running_elsewhere(x):
    return la.cumsum(1 / x)


def test_what_is_computed_for_an_array_beside_the_one_that_is_read_names_its_line():
    x = la.asarray(np.zeros(100_000))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.asarray(la.cumsum(1 / x) + 1)  # here nobody holds the sum
    for make in (running, running, running_elsewhere, running_elsewhere, running):
        shown = make(x)
        further = shown + 1
        with pytest.warns(RuntimeWarning, match="divide by zero") as told:
            np.asarray(further)
        assert [one.lineno for one in told] == [make.__code__.co_firstlineno + 1]
        assert float(shown[0]) == np.inf


WRITERS = {
    "copyto": lambda xp, x, v: xp.copyto(x, v, casting="unsafe"),
    "copyto where": lambda xp, x, v: xp.copyto(
        x, v, "unsafe", where=[True, False, True]
    ),
    "put": lambda xp, x, v: xp.put(x, [0, 2], v),
    "putmask": lambda xp, x, v: xp.putmask(x, np.array([True, False, True]), v),
    "place": lambda xp, x, v: xp.place(x, np.array([True, False, True]), v),
    "fill_diagonal": lambda xp, x, v: xp.fill_diagonal(x.reshape(3, 1), v),
}
WRITTEN = (1e300, np.nan, 3, 10**39, 70_000, True, [1, 2], [1.5, 2], 1e300 + 0j)
WRITTEN += tuple(np.array([3, 2, 1], kind) for kind in ("i8", "f4", "?", "c8"))
WRITTEN += (np.array([1e300, np.nan, 2]), np.array([70_000, 1, 2]), np.float64(1e300))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4", "u1", "?", "c8", "c16"])
@pytest.mark.parametrize("name", WRITERS)
def test_writes_warn_as_numpys_do_and_name_this_file(name, dtype):
    def outcome(xp, value):
        x = xp.array(np.ones(3, dtype))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                WRITERS[name](xp, x, value)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
                return x, {type(error).__mro__[-4:]}, told
        return x, {one.category for one in told}, told

    for value in WRITTEN:
        x, want, _ = outcome(np, value)
        y, found, told = outcome(la, value)
        assert found == want, value
        assert all(one.filename == __file__ for one in told), value
        np.testing.assert_array_equal(y, x, err_msg=repr(value))


@pytest.mark.parametrize("size", [3, 100_000])
@pytest.mark.parametrize("name", ["ifloordiv", "imod", "ipow", "iadd", "divmod"])
def test_errors_of_shapes_name_this_file(name, size):
    function = divmod if name == "divmod" else getattr(operator, name)
    with pytest.raises(la.ShapeError, match=r"test_places_of_warnings\.py:"):
        function(la.array(np.ones(size)), la.array(np.ones(2)))


@pytest.mark.parametrize("small_bytes", [0, 1 << 15])
def test_both_parts_of_divmod_name_this_file(small_bytes):
    with (
        la.config(small_bytes=small_bytes),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        x = la.array(np.zeros(3))
        la.compute(*divmod(x, x))
        la.compute(*divmod(0.0, x))
    assert {one.filename for one in caught} == {__file__}
