"""Polynomials of NumPy's modules, at points that are lazy arrays: NumPy's values."""

from __future__ import annotations

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
SIZES = [3, 40_000]


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
    points = np.linspace(-1, 1, 40_000)
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
