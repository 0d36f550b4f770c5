"""Edges of histograms follow from the extremes: nothing is counted for them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la

RNG = np.random.default_rng(0)
DATA = {
    "f8": RNG.normal(size=1000),
    "f4": RNG.normal(size=1000).astype("f4"),
    "i8": RNG.integers(-9, 9, 1000),
    "u1": RNG.integers(0, 200, 1000).astype("u1"),
    "none": np.empty(0),
    "one": np.ones(7),
}


@pytest.mark.parametrize("density", [None, True])
@pytest.mark.parametrize("span", [None, (-1, 2.5)])
@pytest.mark.parametrize("name", DATA)
def test_edges_are_numpys(planned, name, span, density):
    data = DATA[name]
    with np.errstate(all="ignore"):
        counts, edges = np.histogram(data, 6, span, density)
        found = la.histogram(la.asarray(data), 6, span, density)
        for one, want in zip(found, (counts, edges), strict=True):
            got = one.compute()
            assert got.dtype == want.dtype
            np.testing.assert_array_equal(got, want)


def test_edges_count_nothing(planned, monkeypatch):
    _, edges = la.histogram(la.asarray(DATA["f8"]), 5)

    def refuse(*_, **__):
        msg = "counted"
        raise AssertionError(msg)

    want = np.histogram(DATA["f8"], 5)[1]
    monkeypatch.setattr(np, "histogram", refuse)
    assert np.array_equal(edges.compute(), want)


@pytest.mark.parametrize("data", [[], [3.0], [1.0, 3.0]])
def test_bins_without_width_warn_of_the_elements_alone(data):
    def told(xp):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            x = xp.asarray(np.array(data))
            shares, _ = xp.histogram(x, bins=[1, 1, 1], density=True)
            shares = np.asarray(shares)
        return shares.tobytes(), sorted(str(one.message) for one in caught)

    with la.config(small_bytes=0):
        assert told(la) == told(np)
