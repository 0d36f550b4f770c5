"""Who computes the same large expression again and again is told; others are not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la

X = np.ones(200_000)


def test_the_third_read_of_one_large_expression_warns_with_line_and_remedy():
    x = la.asarray(X) * 2
    np.asarray(x)
    np.asarray(x)
    with pytest.warns(la.PerformanceWarning, match=r"test_repeats\.py.*persist") as got:
        np.asarray(x)
    assert got[0].filename == __file__
    np.asarray(x)  # once is enough


def test_sensible_programs_hear_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = la.asarray(X) * 2
        for _ in range(5):
            x.compute()
            float(x.sum())
            np.asarray(x[:10])
        kept = x.persist()
        for _ in range(5):
            np.asarray(kept)
        for _ in range(5):  # a new value every time
            x += 1
            np.asarray(x)
        small = la.asarray(X[:100]) * 2
        for _ in range(5):
            np.asarray(small)
