"""Arrays of dtypes that lazyarr does not carry are NumPy's, and functions of them."""

import numpy as np
import pytest

import lazyarr as la

NAMES = np.array(["bob", "ann", "bob", "cy"])
DAYS = np.array(["2020-01-05", "2020-02-01", "2020-01-09", "2020-03-02"], "M8[D]")
OBJECTS = np.array([1, 2.5, 3, 4], object)
LONG = np.array([1, 2, 3, 4], np.longdouble)
RECORDS = np.array(
    [("b", 1, 2.0), ("a", 2, 3.0)], dtype=[("n", "U3"), ("k", "i4"), ("v", "f8")]
)

MADE = {
    "strings": lambda xp: xp.array(["b", "a"]),
    "bytes": lambda xp: xp.array([b"b", b"ab"]),
    "a string": lambda xp: xp.asarray("abc"),
    "rows": lambda xp: xp.array(["b", "a"], ndmin=2),
    "fortran": lambda xp: xp.asfortranarray([["b", "a"], ["c", "d"]]),
    "contiguous": lambda xp: xp.ascontiguousarray([["b", "a"], ["c", "d"]]),
    "dates": lambda xp: xp.array(["2020-01-05", "2020-02-01"], "M8[D]"),
    "records": lambda xp: xp.array([("b", 1)], dtype=[("n", "U3"), ("k", int)]),
    "objects": lambda xp: xp.array([1, None, "a"], dtype=object),
    "long": lambda xp: xp.array([1, 2], np.longdouble),
    "lazy as objects": lambda xp: xp.array(xp.arange(3) * 2, dtype=object),
    "any": lambda xp: xp.asanyarray(["b", "a"]),
    "required": lambda xp: xp.require(["b", "a"], requirements=["C", "O"]),
    "zeros": lambda xp: xp.zeros(3, dtype="U5"),
    "ones": lambda xp: xp.ones((2, 2), dtype=object),
    "empty": lambda xp: xp.empty(2, object),
    "full": lambda xp: xp.full((2, 2), "ab"),
    "full of dates": lambda xp: xp.full(2, np.datetime64("2020-01-01")),
    "zeros like": lambda xp: xp.zeros_like(xp.arange(3), dtype="U2"),
    "zeros like strings": lambda xp: xp.zeros_like(NAMES),
    "full like": lambda xp: xp.full_like(xp.arange(3), None, dtype=object),
    "range": lambda xp: xp.arange("2020-01", "2020-05", dtype="M8[M]"),
    "range of dates": lambda xp: xp.arange(DAYS[0], DAYS[1], np.timedelta64(2, "D")),
    "iterator": lambda xp: xp.fromiter(["a", "b"], dtype="U1"),
    "buffer": lambda xp: xp.frombuffer(b"abcdef", dtype="S2"),
    "text": lambda xp: xp.loadtxt(["a", "b"], dtype=str),
    "names": lambda xp: xp.genfromtxt(
        ["a,1", "b,2"], delimiter=",", dtype=None, names=("n", "v"), encoding="utf8"
    ),
    "cast to text": lambda xp: (xp.arange(3) * 2).astype("U5"),
    "cast to objects": lambda xp: xp.astype(xp.arange(3.0), np.dtype(object)),
    "cast to dates": lambda xp: xp.arange(3).astype("M8[D]"),
}

CALLS = {
    "repeat": lambda xp, x: xp.repeat(NAMES, 2),
    "sort": lambda xp, x: xp.sort(NAMES),
    "sort a list": lambda xp, x: xp.sort(["b", "a"]),
    "sort by a field": lambda xp, x: xp.sort(RECORDS, order="n"),
    "argsort": lambda xp, x: xp.argsort(NAMES),
    "unique": lambda xp, x: xp.unique(NAMES, return_inverse=True, return_counts=True),
    "unique_counts": lambda xp, x: xp.unique_counts(NAMES),
    "concatenate": lambda xp, x: xp.concatenate([NAMES, ["x"]]),
    "concatenate numbers": lambda xp, x: xp.concatenate([x, OBJECTS]),
    "stack": lambda xp, x: xp.stack([x, LONG]),
    "append": lambda xp, x: xp.append(NAMES, "z"),
    "where": lambda xp, x: xp.where(NAMES == "bob", x, 0),
    "where texts": lambda xp, x: xp.where(x > 2, "y", "n"),
    "where strings": lambda xp, x: xp.where(x > 2, NAMES, "n"),
    "where objects": lambda xp, x: xp.where(x > 2, x, None),
    "isin": lambda xp, x: xp.isin(NAMES, ["bob"]),
    "isin of numbers": lambda xp, x: xp.isin(x, ["bob"]),
    "searchsorted": lambda xp, x: xp.searchsorted(np.sort(NAMES), NAMES),
    "equal": lambda xp, x: xp.equal(NAMES, "bob"),
    "equal dates": lambda xp, x: xp.equal(DAYS, DAYS[0]),
    "array_equal": lambda xp, x: xp.array_equal(NAMES, x),
    "reshape": lambda xp, x: xp.reshape(NAMES, (2, 2)),
    "transpose": lambda xp, x: xp.transpose([NAMES, NAMES]),
    "rot90": lambda xp, x: xp.rot90([NAMES, NAMES]),
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(NAMES, [["a"], ["b"]]),
    "unstack": lambda xp, x: xp.unstack(np.stack([NAMES, NAMES])),
    "real": lambda xp, x: xp.real(LONG),
    "diff": lambda xp, x: xp.diff(DAYS),
    "ptp": lambda xp, x: xp.ptp(DAYS),
    "max": lambda xp, x: xp.max(DAYS),
    "mean": lambda xp, x: xp.mean(np.diff(DAYS)),
    "sum of long": lambda xp, x: xp.sum(x, dtype=np.longdouble),
    "maximum": lambda xp, x: xp.maximum(x, LONG),
    "add": lambda xp, x: xp.add(x, OBJECTS),
    "multiply": lambda xp, x: xp.multiply(LONG, x),
    "fft": lambda xp, x: xp.fft.fft(LONG),
    "norm": lambda xp, x: xp.linalg.norm(LONG),
    "upper": lambda xp, x: xp.char.upper(xp.array(["a", "b"])),
    "strings": lambda xp, x: xp.strings.add(xp.array(["a", "b"]), "x"),
    "x == strings": lambda xp, x: x == NAMES,
    "x != list": lambda xp, x: x != ["a", "b", "c", "d"],
    "strings == x": lambda xp, x: NAMES == x,  # noqa: SIM300
    "x + objects": lambda xp, x: x + OBJECTS,
    "objects - x": lambda xp, x: OBJECTS - x,
    "x * long": lambda xp, x: x * LONG,
    "long < x": lambda xp, x: LONG < x,  # noqa: SIM300
    "x @ objects": lambda xp, x: x @ OBJECTS,
    "x ** long": lambda xp, x: x**LONG,
    "days + x": lambda xp, x: DAYS + xp.arange(4),
    "x * day": lambda xp, x: xp.arange(4) * np.timedelta64(1, "D"),
    "indexed": lambda xp, x: xp.array(["a", "b", "c", "d"])[x > 2],
    "ordered": lambda xp, x: NAMES[xp.argsort(NAMES)],
}


def assert_alike(found, wanted):
    if isinstance(wanted, (tuple, list)):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            assert_alike(one, other)
        return
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    assert found.tolist() == wanted.tolist()


@pytest.fixture(params=[0, 1 << 18], ids=["planned", "small"])
def _sizes(request):
    with la.config(small_bytes=request.param):
        yield


@pytest.mark.usefixtures("_sizes")
@pytest.mark.parametrize("name", MADE)
def test_they_are_made_as_numpys(name):
    found, wanted = MADE[name](la), MADE[name](np)
    assert type(found) is np.ndarray
    assert found.flags.f_contiguous == wanted.flags.f_contiguous
    assert_alike(found, wanted)


@pytest.mark.usefixtures("_sizes")
@pytest.mark.parametrize("name", CALLS)
def test_functions_of_them_are_numpys(name):
    call = CALLS[name]
    found = call(la, la.arange(4.0) + 1)
    assert_alike(found, call(np, np.arange(4.0) + 1))


@pytest.mark.usefixtures("_sizes")
def test_numbers_that_they_give_are_lazyarrs():
    _, places, counts = la.unique(NAMES, return_inverse=True, return_counts=True)
    assert isinstance(places, la.Array)
    assert isinstance(counts, la.Array)
    assert isinstance(la.argsort(["b", "a"]), la.Array)


def test_an_array_that_is_there_is_not_copied():
    assert la.asarray(NAMES) is NAMES
    assert la.array(NAMES) is not NAMES


def test_mistakes_are_numpys_errors():
    for call in (
        lambda xp: xp.add(xp.arange(2), "a"),
        lambda xp: xp.add(DAYS, DAYS),
        lambda xp: xp.concatenate([NAMES, [["a"]]]),
        lambda xp: xp.asarray([1, "a"], dtype=float),
    ):
        with pytest.raises((TypeError, ValueError)) as wanted:
            call(np)
        with pytest.raises(wanted.type):
            call(la)


def test_a_device_takes_none():
    with pytest.raises((la.DTypeError, la.DeviceError)):
        la.asarray(["a"], device="gpu")
    with pytest.raises((la.DTypeError, la.DeviceError)):
        la.zeros(3, dtype=object, device="gpu")


def sales(np):
    """Group amounts by names and by months, and keep them in records."""
    names = np.array(["pear", "fig", "pear", "kiwi", "fig", "pear"])
    days = np.array(
        [
            "2024-01-03",
            "2024-01-20",
            "2024-02-11",
            "2024-02-28",
            "2024-03-01",
            "2024-03-09",
        ],
        dtype="datetime64[D]",
    )
    amounts = np.array([2.5, 1.0, 4.0, 3.5, 2.0, 1.5])
    fruits, which = np.unique(names, return_inverse=True)
    totals = np.bincount(which, weights=amounts)
    months = days.astype("datetime64[M]")
    monthly = np.array([amounts[months == m].sum() for m in np.unique(months)])
    late = np.where(days > np.datetime64("2024-02-15"), "late", "early")
    table = np.zeros(
        len(names), dtype=[("fruit", "U8"), ("day", "M8[D]"), ("sum", "f8")]
    )
    table["fruit"], table["day"], table["sum"] = names, days, np.cumsum(amounts)
    best = np.sort(table, order=["fruit", "sum"])[::-1]
    days_between = np.diff(days) / np.timedelta64(1, "D")
    labels = np.char.add(fruits, np.char.mod("-%d", np.arange(len(fruits))))
    return (
        fruits[np.argsort(-totals)],
        totals / totals.sum(),
        monthly,
        late,
        np.count_nonzero(late == "late"),
        best["sum"],
        best["fruit"],
        np.mean(days_between),
        labels,
        np.isin(names, ["fig", "kiwi"]) & (amounts > 1.5),
    )


@pytest.mark.usefixtures("_sizes")
def test_a_program_of_strings_dates_and_records():
    assert_alike(sales(la), sales(np))
