"""Who computes the same large expression again and again is told; others are not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate

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


def test_who_computes_again_what_is_too_large_to_keep_is_told():
    evaluate.clear_cache()
    with la.config(kept_bytes=1 << 20, profile="none"):
        x = la.exp(la.asarray(X)) * 2
        for _ in range(2):
            float((x + 1).sum())
        told = r"made at .*test_repeats\.py.*kept_bytes.*persist"
        with pytest.warns(la.PerformanceWarning, match=told) as got:
            float((x + 1).sum())
        assert len(got) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            float((x + 1).sum())  # once is enough
            kept = (la.exp(la.asarray(X)) * 2).persist()
            for _ in range(5):
                float((kept + 1).sum())
            for _ in range(5):  # a new expression every time
                float((la.exp(la.asarray(X)) + 1).sum())


def test_nobody_is_told_to_store_what_no_plan_computes():
    evaluate.clear_cache()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        b = (la.ones((1000, 1000, 1000)) * 5) ** 2  # 8 GB of one number
        for _ in range(3):
            assert float(b.mean()) == 25
            assert b[0, 0, :3].compute().tolist() == [25, 25, 25]
            assert (b.sum() + 1).compute() == 25e9 + 1
        with la.config(kept_bytes=1 << 20, profile="none"):
            x = la.exp(la.asarray(X)) * 2
            for _ in range(5):
                (x[:10] + 1).compute()  # of much, a little is computed


def grown(times, **options):
    """Read a sum of what grows by an operation from read to read."""
    evaluate.clear_cache()  # what has been planned before grows unseen
    x = la.asarray(X)
    with la.config(**options):
        for _ in range(times):
            x = x * 0.5
            float(x.sum())
    return x


def test_an_expression_that_grows_from_read_to_read_warns_once():
    with pytest.warns(la.PerformanceWarning, match=r"grew 50 times.*persist") as got:
        grown(80, kept_bytes=0)
    assert len(got) == 1
    assert got[0].filename == __file__
    assert "test_repeats.py" in str(got[0].message)


def test_it_warns_too_while_another_array_waits_for_its_elements_to_be_written():
    other = la.asarray(X.copy()) + 0
    other[3] = 5
    with pytest.warns(la.PerformanceWarning, match=r"grew 50 times.*persist"):
        grown(80, kept_bytes=0)
    assert other[3] == 5


def test_what_is_kept_or_persisted_or_small_or_asked_for_does_not_grow_aloud():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grown(80)  # what a read computed is kept
        with la.config(kept_bytes=0):
            x = la.asarray(X)
            for k in range(80):
                x = x * 0.5 if k % 20 else (x * 0.5).persist()
                float(x.sum())
            small = la.asarray(X[:100])
            for _ in range(80):
                small = small + 0.5
                float(small.sum())
            y = la.asarray(X)
            for _ in range(60):
                y = y + 0.5
                y.sum().compute()
