"""Known arrays without axes: NumPy's values, types and aliasing."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.small import Borrowed, Small
from tests.cases import every

BOTH = pytest.mark.parametrize(
    "options", [{}, {"small_bytes": 0}], ids=["known", "planned"]
)

MADE = {
    "array": lambda xp: xp.array(2.5),
    "asarray": lambda xp: xp.asarray(2.5),
    "of an integer": lambda xp: xp.array(3),
    "of a boolean": lambda xp: xp.asarray(True),
    "of a dtype": lambda xp: xp.array(1, dtype=np.float32),
    "of a scalar": lambda xp: xp.asarray(xp.array([1.5, 2.5])[1]),
    "of NumPy's": lambda xp: xp.asarray(np.array(1.5 - 2j)),
    "zeros": lambda xp: xp.zeros(()),
    "full": lambda xp: xp.full((), 7),
    "like": lambda xp: xp.ones_like(xp.array(2.5)),
    "all of it": lambda xp: xp.array([1.0, 2.0])[..., 1],
    "squeezed": lambda xp: xp.squeeze(xp.array([[4.0]])),
    "reshaped": lambda xp: xp.array([4]).reshape(()),
    "tiled sum": lambda xp: xp.tile(xp.array([1.0, 2.0]).sum(), ()),
    "looked up": lambda xp: xp.isin(xp.array([1.5, 2.5]).sum(), [4.0]),
    "Bessel's": lambda xp: xp.i0(xp.array([1.5, 2.5]).max()),
    "copied": lambda xp: xp.array(2.5).copy(),
    "cast": lambda xp: xp.array(2.5).astype(int),
    "broadcast element": lambda xp: xp.broadcast_arrays(xp.array([1.5, 2.5])[0])[0],
    "copied element": lambda xp: xp.copy(xp.array([1.5, 2.5])[0]),
}
NOT_KNOWN = {
    "reshaped number": lambda xp: xp.reshape(2.5, ()),
}

USED = {
    "itself": lambda xp, a, x: a,
    "negative": lambda xp, a, x: -(a + 0),
    "twice": lambda xp, a, x: a + a,
    "plus a number": lambda xp, a, x: a + 1,
    "number minus": lambda xp, a, x: 1 - (a + 0),
    "squared": lambda xp, a, x: a**2,
    "compared": lambda xp, a, x: a > 1,
    "times an array": lambda xp, a, x: a * x,
    "array times": lambda xp, a, x: x * a,
    "times an element": lambda xp, a, x: a * x[1],
    "element times": lambda xp, a, x: x[1] * a,
    "NumPy's scalar times": lambda xp, a, x: np.float64(2) * a,
    "floor": lambda xp, a, x: x[2] // (a + 10),
    "function": lambda xp, a, x: xp.sin(a),
    "maximum": lambda xp, a, x: xp.maximum(a.real, 1),
    "sum": lambda xp, a, x: xp.sum(a),
    "mean": lambda xp, a, x: a.mean(),
    "argmax": lambda xp, a, x: a.argmax(),
    "clip": lambda xp, a, x: xp.clip(a.real, 0, 1),
    "where": lambda xp, a, x: xp.where(a.real > 1, a, 0),
    "cumsum": lambda xp, a, x: a.cumsum(),
    "dot": lambda xp, a, x: xp.dot(a, a),
    "element": lambda xp, a, x: a[()],
    "view": lambda xp, a, x: a[...],
    "axis": lambda xp, a, x: a[None],
    "transposed": lambda xp, a, x: a.T,
    "imaginary": lambda xp, a, x: xp.imag(a),
    "flat": lambda xp, a, x: a.ravel(),
    "list": lambda xp, a, x: a.tolist(),
    "item": lambda xp, a, x: a.item(),
    "shape": lambda xp, a, x: (a.shape, a.ndim, a.size, a.nbytes, a.dtype),
    "stacked": lambda xp, a, x: xp.stack([a, a]),
    "listed": lambda xp, a, x: xp.array([a, a + 1]),
    "copied": lambda xp, a, x: copy.copy(a),
    "deeply": lambda xp, a, x: copy.deepcopy(a),
    "pickled": lambda xp, a, x: pickle.loads(pickle.dumps(a)),
    "added in place": lambda xp, a, x: a.__iadd__(a),
    "powers in place": lambda xp, a, x: a.__ipow__(2) if a.dtype != bool else a,
    "scalar": lambda xp, a, x: xp.isscalar(a),
    "reshaped sum": lambda xp, a, x: (x + a).sum().reshape(()),
    "view of a sum": lambda xp, a, x: (x + a).sum().view(),
    "may be written": lambda xp, a, x: (x + a).sum().flags.writeable,
    "length": lambda xp, a, x: len(x[1]),
    "key": lambda xp, a, x: x[a] if a.dtype == int and a < 3 else 0,
    "like": lambda xp, a, x: xp.zeros_like(a),
    "broadcast": lambda xp, a, x: xp.broadcast_to(a, (2,)),
    "at least": lambda xp, a, x: xp.atleast_1d(a),
}


def alike(ours, theirs):
    """Say that a value, and whether it is an array or a scalar, is as NumPy's."""
    if isinstance(theirs, (np.ndarray, np.generic)):
        assert isinstance(ours, la.Array)
        assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
        assert la.isscalar(ours) == np.isscalar(theirs)
        np.testing.assert_array_equal(np.asarray(ours), theirs)
        return
    assert type(ours) is type(theirs)
    assert ours == theirs


def result(xp, made, used):
    """Return what is done with an array, or the class of the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return used(xp, made(xp), xp.array([1.0, 2.0, 3.0]))
        except (TypeError, ValueError) as error:
            return type(error).__mro__[-3].__name__  # ours are subclasses


@BOTH
@pytest.mark.parametrize("made", MADE | NOT_KNOWN)
def test_values_and_types_are_those_of_numpy(made, options):
    make = (MADE | NOT_KNOWN)[made]

    def check(used):
        ours = result(la, make, USED[used])
        alike(ours, result(np, make, USED[used]))

    with la.config(**options):
        every(check, USED)


@pytest.mark.parametrize("made", MADE)
def test_they_are_known(made):
    assert type(MADE[made](la)) in (Small, Borrowed)


def test_results_are_the_numbers_that_numpys_are():
    a = la.array(2.0)
    for value in (-a, a * a, a + 1, la.sin(a), a.sum(), np.float64(1) * a, a**2):
        assert isinstance(value, float)
    assert not isinstance(a, float)
    assert isinstance(a == 2, np.bool_)


VIEWS = {
    "by dots": lambda xp, x: x[..., 1],
    "dots behind": lambda xp, x: x[1, ...],
    "squeezed": lambda xp, x: xp.squeeze(x[1:2]),
    "by a method": lambda xp, x: x[1:2].squeeze(),
    "reshaped": lambda xp, x: x[1:2].reshape(()),
    "of a view": lambda xp, x: x[1:][..., 0][...],
    "of an axis": lambda xp, x: x[..., 1][None][..., 0],
    "transposed": lambda xp, x: x[..., 1].T,
}


def shared(xp, view):
    """Write into an array and a view without axes of it; return what both show."""
    x = xp.array([1.0, 2.0, 3.0])
    seen = view(xp, x)
    told = [seen.tolist()]
    x[1] = 7
    told.append(seen.tolist())
    seen[...] = 8
    told += [x.tolist(), seen.tolist()]
    seen[()] = x[2]
    told += [x.tolist(), seen.tolist()]
    before = seen
    seen += 1
    told += [x.tolist(), seen is before]
    seen *= x[0] + x[1]
    told.append(x.tolist())
    seen **= 2
    told += [x.tolist(), seen is before]
    x += seen
    told += [seen.tolist(), bool(xp.shares_memory(x, seen))]
    kept = seen + 0
    seen.fill(-1)
    return [*told, x.tolist(), kept.tolist()]


@BOTH
@pytest.mark.parametrize("view", VIEWS)
def test_views_share_memory(view, options):
    with la.config(**options):
        assert shared(la, VIEWS[view]) == shared(np, VIEWS[view])


@BOTH
def test_what_is_made_of_an_array_does_not_see_its_later_writes(options):
    with la.config(**options):
        a, large = la.array(2.0), la.ones(100_000)
        made, beside = a * 3, large * a
        alone = a.copy()
        a[...] = 5
        assert (float(made), float(alone), float(a)) == (6, 2, 5)
        assert beside[0] == 2
        assert (large * a)[0] == 5


def test_what_is_not_known_is_written():
    large = la.arange(100_000, dtype=float)
    total, x = la.zeros(()), la.zeros(3)
    seen = x[..., 1]
    same = total
    for _ in range(3):
        total += large.sum()
        seen += large[:10].sum()
    assert total is same
    assert float(total) == 3 * float(np.arange(100_000.0).sum())
    assert x.tolist() == [0, 135, 0]
    total[...] = large.max()
    assert float(same) == 99_999


def test_an_array_of_the_users_is_read_when_it_is_used_and_not_written():
    given = np.array(2.0)
    a = la.asarray(given)
    large = la.ones(100_000)
    assert float(a + 1) == 3
    assert (large * a)[0] == 2
    given[...] = 5
    assert float(a + 1) == 6
    assert (large * a)[0] == 5
    view = a[...]
    view += 1
    assert (float(a), float(given)) == (6, 5)
    a += 1
    assert (float(view), float(given)) == (7, 5)


def test_errors_are_those_of_numpy():
    a = la.array(2.0)
    with pytest.raises(TypeError, match="iteration over a 0-d array"):
        iter(a)
    with pytest.raises(TypeError, match="unsized"):
        len(a)
    with pytest.raises(TypeError, match="unhashable"):
        hash(a)
    with pytest.raises(IndexError):
        a[0]
    with pytest.raises(ValueError, match="broadcast"):
        a += la.ones(2)
    with pytest.raises(ValueError, match="sequence"):
        a[...] = [1, 2]
    a.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        a[...] = 1
    assert float(a) == 2


def test_floating_point_errors_are_told_as_numpy_tells_them():
    a = la.array(0.0)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        assert np.isinf(float(1 / a))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        la.array(1.0) / a
    with pytest.warns(RuntimeWarning, match="invalid"):
        a /= 0.0
    assert np.isnan(float(a))


def test_plans_show_by_what_they_were_made():
    x = la.array([1.0, 2.0])
    a = la.array(2.0)
    text = str((la.ones(100_000) * (la.sin(a) * x[..., 1])).explain())
    assert "sin 2.0" in text
    assert "%0[1]" in text
    assert float((a * 3).persist()) == 6


@pytest.mark.parametrize("writing", [{}, {"small_bytes": 0}])
@pytest.mark.parametrize("viewing", [{}, {"small_bytes": 0}])
def test_views_under_other_options_share_memory(viewing, writing):
    a = la.array(2.0)
    with la.config(**viewing):
        same, flat, turned = a[...], a.reshape(1), a.T
    with la.config(**writing):
        a += 1
        same *= 2
        flat[0] += 1
        turned -= la.ones(100_000).sum()
    assert [float(one) for one in (a, same, turned)] == [-99_993] * 3
    assert flat.tolist() == [-99_993]


@BOTH
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "?", "c8"])
def test_numbers_are_formatted_as_numpys(options, dtype):
    data = np.array([0.1, 6e4]).astype(dtype)
    with la.config(**options):
        x = la.asarray(data)
        for mine, theirs in [(x[0], data[0]), (x[1:].sum(), data[1:].sum())]:
            assert f"{mine}" == f"{theirs}"
        assert f"{la.array(data[0])}" == f"{np.array(data[0])}"


@BOTH
def test_parts_of_a_scalar_are_scalars(options):
    with la.config(**options):
        part = la.asarray([1 + 2j, 3])[0].imag
        same = part
        part += 1
    assert (float(same), float(part)) == (2, 3)


OUTS = {
    "add": lambda xp, x, s: xp.add(x[0], 1, out=s),
    "by place": lambda xp, x, s: xp.add(x[0], 1, s),
    "sum": lambda xp, x, s: x.sum(out=s),
    "reduce": lambda xp, x, s: xp.add.reduce(x, 0, None, s),
    "copyto": lambda xp, x, s: xp.copyto(s, 3),
}


@BOTH
@pytest.mark.parametrize("into", OUTS.values(), ids=OUTS)
@pytest.mark.parametrize("taken", [lambda x: x[1], lambda x: x.max()])
def test_nothing_is_written_into_a_scalar(options, into, taken):
    for xp in (np, la):
        with la.config(**options):
            x = xp.asarray([1.0, 2.0]) * 1
            scalar = taken(x)
            with pytest.raises(TypeError):
                into(xp, x, scalar)
            assert float(scalar) == 2


@BOTH
def test_a_complex_number_that_is_none_is_no_integer(options):
    for xp in (np, la):
        with la.config(**options):
            x, y = xp.zeros(3, int), xp.asarray([1.0 + 1j, np.nan]).sum()
            with (
                pytest.warns(np.exceptions.ComplexWarning),
                pytest.raises(ValueError, match="NaN"),
            ):
                x[1] = y


@BOTH
def test_what_is_persisted_stays_an_array(options):
    with la.config(**options):
        a = la.array(2.0)
        for held in (a.persist(), *la.persist(a, a[...])):
            same = held
            held += 1
            held[...] *= 2
            assert (float(same), float(a)) == (6, 2)
        assert la.isscalar(la.arange(3).sum().persist())


OF_AN_ELEMENT = {
    "floor of a float": lambda xp, e: e // 2,
    "floor of a number": lambda xp, e: 7.5 // e,
    "of an integer and a float": lambda xp, e: xp.arange(9)[7] // 2.5,
    "of single precision": lambda xp, e: xp.array([7.5], "f4")[0] // 0.1,
    "by nothing": lambda xp, e: e // np.float64(1e-300) // 1e300,
    "quotient and rest": lambda xp, e: divmod(e, 2)[0],
    "floor_divide": lambda xp, e: xp.floor_divide(e, 0.3),
    "std": lambda xp, e: e.std(),
    "var": lambda xp, e: xp.var(e),
    "copy": lambda xp, e: e.copy(),
    "imag": lambda xp, e: e.imag,
    "imag of complex": lambda xp, e: (e + 2j).imag,
    "bits": lambda xp, e: e.view("i8"),
    "take": lambda xp, e: e.take(0),
    "nothing's key": lambda xp, e: e[()],
    "all": lambda xp, e: e[...],
    "axis": lambda xp, e: e[None],
    "sine of a broadcast one": lambda xp, e: xp.sin(xp.broadcast_arrays(e, 2.0)[0]),
    "broadcast as it is": lambda xp, e: xp.broadcast_arrays(xp.arange(3), e)[0] + 1,
}


@pytest.mark.parametrize("case", OF_AN_ELEMENT)
def test_what_is_made_of_an_element_is_known(case):
    """And is a scalar of NumPy's where NumPy's is: programs ask ``isinstance``."""
    call = OF_AN_ELEMENT[case]
    made, expected = [call(xp, xp.array([1.5, 2.5])[1]) for xp in (la, np)]
    assert type(made) is not la.Array
    assert isinstance(made, float) == isinstance(expected, float)
    assert (made.shape, made.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_array_equal(made.compute(), expected)


@pytest.mark.parametrize("number", [np.inf, -np.inf, 0.0, -0.0, np.nan])
def test_floors_of_rare_quotients_of_elements_are_those_of_arrays(number):
    with np.errstate(all="ignore"):
        x = la.array([2.5, -2.5, np.inf, 0.0])
        expected = (x // number).tolist(), (number // x).tolist()
        made = [float(e // number) for e in x], [float(number // e) for e in x]
    np.testing.assert_array_equal(made, expected)
