"""Polynomials of NumPy's modules, at points that are lazy arrays: NumPy's values."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest

import lazyarr as la

SERIES = [
    ("polynomial", "poly"),
    ("chebyshev", "cheb"),
    ("legendre", "leg"),
    ("laguerre", "lag"),
    ("hermite", "herm"),
    ("hermite_e", "herme"),
]
SIZES = [3, 70_000]


def both(module, name):
    return (getattr(getattr(space.polynomial, module), name) for space in (la, np))


def same(found, want):
    assert np.shape(found) == want.shape
    assert np.array_equal(np.asarray(found), want)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("module", "short"), SERIES)
def test_several_series_at_lazy_points(module, short, size):
    ours, theirs = both(module, f"{short}val")
    points = np.linspace(-1, 1, size)
    for series in (np.arange(12.0).reshape(4, 3), np.arange(24.0).reshape(2, 3, 4)):
        same(ours(la.asarray(points), series), theirs(points, series))
        same(ours(la.asarray(points), la.asarray(series)), theirs(points, series))
    one_each = np.arange(4.0 * size).reshape(4, size)
    found = ours(la.asarray(points), one_each, tensor=False)
    same(found, theirs(points, one_each, tensor=False))


@pytest.mark.parametrize(("module", "short"), SERIES)
def test_one_series_at_lazy_points_stays_lazy(module, short):
    ours, theirs = both(module, f"{short}val")
    points = np.linspace(-1, 1, 70_000)
    found = ours(la.asarray(points), [1.0, -2.0, 0.5, 3.0])
    assert isinstance(found, la.Array)
    same(found, theirs(points, [1.0, -2.0, 0.5, 3.0]))


@pytest.mark.parametrize(("module", "short"), SERIES)
def test_series_on_grids_of_lazy_points(module, short):
    x, y, z = np.linspace(-1, 1, 3), np.linspace(0, 1, 5), np.linspace(0, 2, 4)
    ours, theirs = both(module, f"{short}grid2d")
    series = np.arange(6.0).reshape(2, 3)
    same(ours(la.asarray(x), la.asarray(y), series), theirs(x, y, series))
    ours, theirs = both(module, f"{short}grid3d")
    series = np.arange(24.0).reshape(2, 3, 4)
    same(ours(*map(la.asarray, (x, y, z)), series), theirs(x, y, z, series))


@pytest.mark.parametrize("size", SIZES)
def test_values_from_roots_at_lazy_points(size):
    ours, theirs = both("polynomial", "polyvalfromroots")
    points, roots = np.linspace(-1, 1, size), np.array([-0.5, 0.0, 1.5])
    same(ours(la.asarray(points), roots), theirs(points, roots))
    columns = np.arange(6.0).reshape(3, 2)
    same(ours(la.asarray(points), columns), theirs(points, columns))


def test_the_module_is_numpys_else():
    assert la.polynomial.Polynomial is np.polynomial.Polynomial
    for name in ("chebyshev", "polynomial"):
        ours, theirs = getattr(la.polynomial, name), getattr(np.polynomial, name)
        assert set(dir(theirs)) <= set(dir(ours))
    assert set(np.polynomial.__all__) <= set(dir(la.polynomial))


@pytest.mark.parametrize("name", ["chebval", "chebgrid2d", "chebadd"])
def test_functions_can_be_pickled(name):
    function = getattr(la.polynomial.chebyshev, name)
    assert pickle.loads(pickle.dumps(function)) is function


def as_told(made):
    """Return whether results are polynomials, and their coefficients."""
    parts = made if isinstance(made, tuple) else (made,)
    kinds = [isinstance(x, np.poly1d) for x in parts]
    return kinds, [np.asarray(x).tolist() for x in parts]


@pytest.mark.parametrize("name", ["polyadd", "polysub", "polymul", "polydiv"])
def test_what_is_made_of_a_polynomial_is_one(name):
    def operands(xp):
        p = xp.poly1d([1.0, 2.0, 3.0])
        return p, xp.poly1d([2.0, 1.0]), [1.0, 2.0], xp.asarray([3.0, 1.0]), 2.0

    for left, right in itertools.product(range(5), repeat=2):
        ours, theirs = (
            as_told(getattr(xp, name)(operands(xp)[left], operands(xp)[right]))
            for xp in (la, np)
        )
        assert ours == theirs


@pytest.mark.parametrize("name", ["polyder", "polyint"])
def test_derivatives_and_integrals_of_polynomials_are_some(name):
    for p, order in itertools.product(([1.0, 2.0, 3.0], [4.0]), range(3)):
        ours, theirs = (
            as_told(getattr(xp, name)(xp.poly1d(p), order)) for xp in (la, np)
        )
        assert ours == theirs


def test_a_polynomial_of_a_polynomial():
    p, q = np.poly1d([1, 2, 3]), np.poly1d([1, 1])
    for outer in (
        p,
        la.poly1d(la.asarray([1, 2, 3])),
        [1, 2, 3],
        la.asarray([1, 2, 3]),
    ):
        made = la.polyval(outer, q)
        assert isinstance(made, la.poly1d)
        assert np.asarray(made).tolist() == p(q).coeffs.tolist()


def test_coefficients_of_a_polynomial_are_evaluated():
    lazy = (la.arange(100_000.0)[1:4]).copy()
    p = la.poly1d(lazy)
    assert repr(p) == repr(np.poly1d([1.0, 2.0, 3.0]))
    assert repr(p.deriv()) == "poly1d([2., 2.])"
    assert repr(la.poly1d(lazy[1:], True)) == repr(np.poly1d([2.0, 3.0], True))
    assert repr(pickle.loads(pickle.dumps(p))) == repr(p)
    assert p(la.asarray([0, 1])).compute().tolist() == [3.0, 6.0]
    assert str(la.poly1d(lazy, variable="z")) == str(np.poly1d([1, 2, 3], variable="z"))


def test_classes_of_polynomials():
    class Own(la.poly1d):
        pass

    assert isinstance(np.poly1d([1]), la.poly1d)
    assert isinstance(la.poly1d([1]), np.poly1d)
    assert isinstance(Own([1]), la.poly1d)
    assert issubclass(np.poly1d, la.poly1d)
    assert not isinstance(la.poly1d([1]), Own)
    assert not isinstance([1], la.poly1d)
