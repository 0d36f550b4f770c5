"""What masks select: folds, functions and assignments that never need its size."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import masked
from lazyarr.api.small import Small
from lazyarr.ir import infer
from lazyarr.ir.node import structure
from lazyarr.testing import RaiseIfComputed, RecordingBackend, assert_matches_numpy

X = np.random.default_rng(3).normal(size=(40, 5))
X[3, 2], X[7, 1], X[9] = -np.inf, 1e300, -1.0

FOLDS = [
    lambda s, xp: s.sum(),
    lambda s, xp: s.prod(),
    lambda s, xp: s.min(),
    lambda s, xp: s.max(),
    lambda s, xp: s.any(),
    lambda s, xp: s.all(),
    lambda s, xp: s.mean(),
    lambda s, xp: s.var(),
    lambda s, xp: s.std(ddof=1),
    lambda s, xp: xp.count_nonzero(s),
    lambda s, xp: s.sum(axis=0),
    lambda s, xp: s.max(axis=0),
    lambda s, xp: (s * 2 + 1).sum(),
    lambda s, xp: (1 / s + s * s).sum(),
    lambda s, xp: xp.sqrt(s).mean(),
    lambda s, xp: (s > 0.5).sum(),
    lambda s, xp: (s**2).max(),
    lambda s, xp: (-s).min(),
    lambda s, xp: (3 - s).sum(dtype="f4"),
    lambda s, xp: abs(s - s).sum(),
]
DTYPES = ["f8", "f4", "i8", "i2", "u1", "c16", "?"]


def arrays(xp, dtype):
    with np.errstate(all="ignore"):
        x = xp.array(np.clip(X * 5, -200, 200).astype(dtype))
    return x, xp.array(X > 0.2), xp.array(X[:, 0] > 0)


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [False, True])
def test_folds_are_numpys(fold, dtype, rows):
    results = []
    for xp in (np, la):
        x, m, r = arrays(xp, dtype)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
                results.append(np.asarray(fold(x[r if rows else m], xp)))
        except TypeError:
            results.append(None)
    expected, actual = results
    if expected is None:
        assert actual is None
        return
    assert expected.dtype == actual.dtype
    assert expected.shape == actual.shape
    if dtype in ("f8", "f4", "c16"):
        tolerance = 1e-5 if dtype == "f4" or expected.dtype.char == "f" else 1e-12
        np.testing.assert_allclose(actual, expected, rtol=tolerance)
    elif expected.dtype.kind in "fc":
        np.testing.assert_allclose(
            actual, expected, rtol=1e-12 if dtype != "u1" else 1e-3
        )
    else:
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.usefixtures("planned")
def test_neither_folds_nor_assignments_find_the_size():
    x, m, r = arrays(la, "f8")
    y = x * 2
    with RaiseIfComputed():
        s = x[m]
        kept = [fold(s, la) for fold in FOLDS]
        assert (s.dtype, s.ndim) == (x.dtype, 1)
        assert x[r].ndim == 2
        assert repr(s) == "<lazyarr.Array selection float64[?]>"
        x[m] = 0
        x[m] = y[m]
        x[m] = np.sqrt(abs(x[m]) + 1)
        x[m] += y[m]
        x[r] *= 2
        x[~m] = -1
    assert len(kept) == len(FOLDS)


@pytest.mark.usefixtures("planned")
def test_a_fold_and_what_it_is_made_of_are_one_stage():
    x = la.asarray(np.arange(100.0))
    with RecordingBackend() as log:
        assert float((x[x > 50] * 2).sum()) == np.arange(51, 100).sum() * 2
    (plan,) = log.plans
    assert [stage.kind for stage in plan.stages if stage.kind != "scalar"] == ["reduce"]


@pytest.mark.parametrize("fold", ["sum", "max", "count_nonzero"])
def test_what_is_computed_later_is_folded_without_its_size(fold):
    values = np.arange(100_000.0)
    sine = np.sin(values)
    y = la.sin(la.asarray(values))
    selected = y[y > 0.5]
    result = getattr(la, fold)(selected)
    assert repr(selected) == "<lazyarr.Array selection float64[?]>"
    np.testing.assert_allclose(result.compute(), getattr(np, fold)(sine[sine > 0.5]))


@pytest.mark.usefixtures("planned")
def test_a_selection_names_the_line_that_selects():
    y = la.asarray(X) * 1.5
    selected = y[y > 1]  # this line
    plan = la.explain(la.sort(selected)).to_dict()
    lines = [one for stage in plan["stages"] for one in stage["lines"]]
    (where,) = [one["where"] for one in lines if "getitem" in one["text"]]
    number = int(where.rpartition(":")[2])
    assert "# this line" in Path(__file__).read_text().splitlines()[number - 1]


@pytest.mark.usefixtures("planned")
def test_the_size_is_found_once():
    x = la.asarray(X) * 1.5
    m = x > 1
    s, other = x[m], -x[m]
    with RecordingBackend() as log:
        assert s.shape == (int((X * 1.5 > 1).sum()),)
        assert len(s) == s.size
        assert (x[m] * 2).shape == s.shape
        assert other.shape == s.shape
    assert len(log.runs) == 1
    assert np.array_equal(s.compute(), (X * 1.5)[X * 1.5 > 1])


PROGRAMS = []


def case(program):
    """Add a program to those that are run beside NumPy."""
    PROGRAMS.append(program)
    return program


@case
def _(xp):  # a selection is a copy
    x = xp.array(X)
    m = x > 0
    s, doubled = x[m], x[m] * 2
    x[m] = 5
    s[0] = 7
    m[:] = False
    return x, s, doubled, m


@case
def _(xp):  # and so it is if the mask is NumPy's and changes later
    x = xp.array(X)
    m = X > 0
    s = x[m]
    m[:] = False
    x[m] = 9
    return x, s


@case
def _(xp):  # the same mask of NumPy's in turn and changed
    x = xp.array(X)
    m = X > 0
    x[m] = x[m] * 2
    m[0] = ~m[0]
    x[m] += x[m]
    return x


@case
def _(xp):  # in-place operators change the selection for all who hold it
    x = xp.array(X)
    s = x[x > 0]
    other = s
    s *= 2
    view = s[1:]
    s += 1
    view[0] = -3
    return x, s, other, view


@case
def _(xp):
    x = xp.arange(20)
    s = x[x > 3]
    s += 0.5  # integers do not take it
    return s


@case
def _(xp):
    x = xp.arange(20)
    x[x > 3] = x[x > 3] / 2
    x[x % 2 == 0] //= 3
    return x


@case
def _(xp):  # other masks, other arrays
    x, y = xp.array(X), xp.array(X[::-1])
    m, n = x > 0, y > 0
    total = (x[m] + y[m]).sum() - x[m].sum()
    with np.errstate(all="ignore"):
        x[m] = x[m] * 1
    return x, total.shape, x[m][:3], (x[m] > 1)[:4], x[n[:, 0]] * xp.arange(5)


@case
def _(xp):
    x = xp.array(X)
    return x[x > 0] + xp.array(X)[xp.array(X) > 1]  # lengths differ


@case
def _(xp):
    x = xp.array(X)
    with np.errstate(all="raise"):
        return x[x > 0.1] / 2, xp.log(x[x > 0.1])[:2], (1 / x[x > 0.1])[:2]


@case
def _(xp):
    x = xp.array(X[:4])
    return xp.log(x[x > -2])[:0]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("options", [{}, {"small_path": False}], ids=str)
def test_programs_do_what_they_do_with_numpy(program, options):
    with la.config(**options):
        assert_matches_numpy(program, warnings=False)


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("name", ["min", "max"])
def test_extremes_of_nothing_fail_when_they_are_read(name):
    x = la.asarray(X)
    nothing = getattr(x[x > 1e301], name)()
    with pytest.raises(ValueError, match="zero-size array to reduction operation"):
        nothing.compute()


def test_the_mean_of_nothing_warns_as_numpy_does():
    for xp in (np, la):
        x = xp.array(X)
        with (
            np.errstate(invalid="ignore"),
            pytest.warns(RuntimeWarning, match="Mean of empty slice"),
        ):
            assert np.isnan(float(x[x > 1e301].mean()))
        with (
            np.errstate(all="ignore"),
            pytest.warns(RuntimeWarning, match="Degrees of freedom"),
        ):
            assert np.isnan(float(x[x == 1e300].var(ddof=1)))


def test_sums_are_no_less_accurate_than_numpys():
    data = np.random.default_rng(5).normal(size=200_000) * 1e8 + 1
    m = np.random.default_rng(6).random(200_000) > 0.5
    exact = float(np.sum(data[m].astype(np.longdouble)))
    mine = float(la.asarray(data)[la.asarray(m)].sum())
    assert abs(mine - exact) <= 4 * abs(float(data[m].sum()) - exact) + abs(
        np.spacing(exact)
    )


def test_a_selection_is_used_while_another_thread_settles_it(monkeypatch):
    data = np.arange(-5.0, 5.0)
    x = la.asarray(data)
    with la.config(small_bytes=0):
        selected = x[x > 0]
        of = infer.of

        def settling(*given):
            assert selected.shape == (4,)  # as another thread may ask amid of it
            return of(*given)

        monkeypatch.setattr(masked.infer, "of", settling)
        halves = 1 / selected
        monkeypatch.undo()
        assert np.array_equal(halves.compute(), 1 / data[data > 0])


BEHIND = [
    lambda x, m: (slice(None), m),
    lambda x, m: (Ellipsis, m),
    lambda x, m: (Ellipsis, m[0]),
    lambda x, m: (slice(None), slice(None), m[0]),
    lambda x, m: (Ellipsis, x > 0.2),
]


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("key", BEHIND)
@pytest.mark.parametrize("value", [-np.inf, 3, np.float32(2), np.array(5)])
def test_a_mask_of_the_last_axes_takes_a_number_lazily(key, value):
    data = np.random.default_rng(2).normal(size=(3, 6, 7))
    mask = data[1] > 0.3

    def program(xp):
        x = xp.asarray(data) * 1.0
        x[key(x, xp.asarray(mask))] = value
        return x

    with RaiseIfComputed():
        lazily = program(la)
    np.testing.assert_array_equal(lazily.compute(), program(np))


@pytest.mark.parametrize("mask", [np.ones((7, 6), bool), np.ones(6, bool)])
def test_a_mask_of_the_last_axes_must_fit_them(mask):
    x = la.zeros((3, 6, 7))
    with pytest.raises(IndexError, match="boolean index did not match"):
        x[..., mask] = 1


@pytest.mark.parametrize("key", [lambda m: m, lambda m: (..., m)])
def test_what_a_mask_takes_is_cast_once(key):
    x = la.ones((3, 6, 7))
    mask = np.ones((6, 7) if isinstance(key(0), tuple) else (3, 6), bool)
    with pytest.warns(np.exceptions.ComplexWarning) as told:
        x[key(la.asarray(mask))] = np.array([1 + 1j])
    assert len(told) == 1
    assert x.sum() == x.size


@pytest.mark.usefixtures("planned")
def test_a_selection_is_written_through_a_mask_of_its_own():
    x = la.asarray(np.arange(60.0)) * 1
    picked = x[x > 30] - 1
    small = picked < 50
    for value in (1, 2, 3):
        picked[small] = value
    want = np.arange(60.0)[31:] - 1
    want[want < 50] = 3
    assert np.array_equal(picked.compute(), want)


@pytest.mark.usefixtures("planned")
def test_powers_and_comparisons_of_nothing_say_nothing():
    whole = la.asarray(np.array([2, 3, 5])) * 1
    nothing = whole[whole > 7]
    assert (nothing**-1).compute().shape == (0,)
    with pytest.raises(ValueError, match="negative integer powers"):
        whole[whole > 4] ** -1
    numbers = la.asarray(np.array([1j, np.nan, 2])) * 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert int((numbers[numbers == 2] > 1).sum()) == 1


@pytest.mark.usefixtures("planned")
def test_what_kind_a_selection_is_needs_no_mask():
    with RaiseIfComputed():
        x = la.asarray(np.arange(9.0)) * 1
        picked = x[x > 2]
        assert isinstance(picked, la.ndarray)
        assert not la.isscalar(picked)


@pytest.fixture
def computed(monkeypatch):
    """A list of what is computed by a plan, or as it is done without one."""
    found = []

    def noting(function):
        def run(roots, *how, **rest):
            found.append(roots)
            return function(roots, *how, **rest)

        return run

    for name in ("compute", "persist", "settle"):
        monkeypatch.setattr(evaluate, name, noting(getattr(evaluate, name)))
    return found


def test_what_is_selected_and_the_mask_are_evaluated_together(computed):
    data = np.random.default_rng(5).random(90_000)
    y = np.sin(la.asarray(data)) * 2
    taken = y[y > 1]
    expected = np.sin(data) * 2
    assert len(taken) == (expected > 1).sum()
    np.testing.assert_array_equal(np.asarray(taken) + 0, expected[expected > 1])
    operations = [
        sum(bool(node.args) for node in structure(one)[1]) for one in computed
    ]
    assert operations[0] == 3  # sin, multiply, greater
    assert sum(operations[1:]) == 0


@pytest.mark.parametrize("rows", [False, True])
def test_a_mask_whose_size_was_asked_for_selects_at_once(rows):
    data = np.random.default_rng(6).random((70_000, 2) if rows else 90_000)
    x, y = (la.asarray(data) * k for k in (3, 5))
    m = (x[:, 0] if rows else x) > 1
    expected = data * 3
    mask = (expected[:, 0] if rows else expected) > 1
    kinds = [type(y[m])]
    assert x[m].shape == expected[mask].shape
    kinds += [type(y[m]) for _ in range(2)]
    assert kinds == [masked.Selection, masked.Selection, Small]
    np.testing.assert_array_equal(y[m].compute(), (data * 5)[mask])
    np.logical_not(m, m)  # it is another mask from now on
    np.testing.assert_array_equal(x[m].compute(), expected[~mask])
    x *= 2
    np.testing.assert_array_equal(x[m].compute(), (expected * 2)[~mask])


def test_what_masks_select_may_be_places_in_large_arrays():
    size = 300
    results = []
    for xp in (np, la):
        row, column = (part.reshape(-1) for part in xp.mgrid[0:size, 0:size])
        when = xp.zeros((size, size), dtype=int)
        last = xp.zeros((size, size))
        z = xp.sin(row * 1.0) + column
        for step in range(4):
            gone = z > 280 - 20 * step
            when[row[gone], column[gone]] = step + 1
            last[row[gone], column[gone]] = z[gone]
            xp.logical_not(gone, gone)
            z, row, column = z[gone], row[gone], column[gone]
        with pytest.raises(IndexError, match="out of bounds"):
            when[row[row > 5] + size, 0] = 1
        with pytest.raises(ValueError, match=r"broadcast|shape"):
            last[row[row > 5], 0] = z[z < 9]
        results.append([np.asarray(one) for one in (when, last, z, row)])
    for expected, actual in zip(*results, strict=True):
        assert expected.dtype == actual.dtype
        np.testing.assert_array_equal(actual, expected)


def test_writes_at_known_places_go_into_memory(computed):
    x = la.zeros((400, 300))
    places = la.arange(300)
    x[places, places] = 1.0
    view = x[5]
    for k in range(70):
        x[places + k, places] = k
    assert not computed
    expected = np.zeros((400, 300))
    for k in range(70):
        expected[np.arange(300) + k, np.arange(300)] = k
    np.testing.assert_array_equal(x.compute(), expected)
    np.testing.assert_array_equal(view.compute(), expected[5])


def _written_views(xp, view, rows):
    """Return a selection whose size was asked for, and a view of it, after writes."""
    data = np.random.default_rng(12).random((45_000, 2) if rows else 90_000)
    x = xp.asarray(data) * 2
    taken = (x * 1)[(x[:, 0] if rows else x) > 1.6]
    assert 1000 < len(taken) < 32_000
    seen = view(xp, taken)
    taken[1] = 5
    taken += 1
    seen[...] *= 2
    return np.asarray(taken), np.asarray(seen)


VIEWS = {
    "reshape": lambda xp, x: x.reshape(-1),
    "ravel": lambda xp, x: xp.ravel(x),
    "squeeze": lambda xp, x: xp.squeeze(x),
    "flip": lambda xp, x: xp.flip(x),
    "split": lambda xp, x: xp.split(x, [5])[1],
    "atleast_1d": lambda xp, x: xp.atleast_1d(x),
    "beside others": lambda xp, x: xp.atleast_1d(xp.ones(3), x)[1],
    "astype": lambda xp, x: x.astype(x.dtype, copy=False),
    "a row": lambda xp, x: list(xp.reshape(x, (-1, 1)))[3],
}


@pytest.mark.parametrize("rows", [False, True])
def test_views_of_what_was_selected_lie_in_its_memory(rows):
    for name, view in VIEWS.items():
        expected, actual = (_written_views(xp, view, rows) for xp in (np, la))
        for one, other in zip(expected, actual, strict=True):
            np.testing.assert_array_equal(other, one, err_msg=name)


def test_what_was_selected_lies_in_memory_as_numpys():
    data = np.random.default_rng(13).random((40, 50, 20))
    for order in ("C", "F"):
        x, y = (xp.array(data, order=order) * 2 for xp in (np, la))
        for pick in (lambda a: a[:, 0, 0], lambda a: a[:, :, 0]):
            expected, taken = x[pick(x) > 1], y[pick(y) > 1]
            assert len(taken) == len(expected)
            assert taken.strides == expected.strides
            assert taken.compute().strides == expected.strides
            np.testing.assert_array_equal(taken, expected)
        rows = [xp.zeros((40, 50, 20), order=order) for xp in (np, la)]
        expected, taken = (one[one[:, 0, 0] < 0.5] for one in rows)
        assert len(taken) == len(expected)
        assert taken.strides == expected.strides


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize("small", [0, None])
def test_what_was_selected_is_given_another_shape(small):
    data = np.random.default_rng(14).random(300)
    found = []
    with la.config() if small is None else la.config(small_bytes=small):
        for xp in (np, la):
            x = xp.asarray(data) * 2
            taken = (x * 1)[x * 1 > 1]
            part, other = taken[1:], xp.zeros((400, 300))
            taken.shape = (-1, 1)
            taken += 1
            part[2] = 9
            other[xp.arange(len(part)), 3] = taken[1:, 0]
            other[: len(taken), 5:6] = taken
            found.append(
                [taken.ndim, str(taken.dtype), *map(np.asarray, (taken, other))]
            )
    for expected, actual in zip(*found, strict=True):
        np.testing.assert_array_equal(actual, expected)
