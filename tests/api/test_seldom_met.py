"""Small expressions that are read, and seldom met, are computed without a plan."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate

SIZE = 40_000  # more than is computed at the call


def _error(x, start, stop):
    return x[start:stop].var() * (stop - start)


def _best(x, step):
    """Return where two parts vary least, of all places: each read is of other shapes."""
    size = len(x)
    whole = _error(x, 0, size)
    gains = [
        (whole - _error(x, 0, k) - _error(x, k, size), k)
        for k in range(step, size - step, step)
    ]
    return max(gains)[1]


@pytest.fixture(autouse=True)
def less_is_small():
    with la.config(small_bytes=1 << 18):
        yield


@pytest.fixture
def no_plans(monkeypatch):
    evaluate.clear_cache()

    def refused(*args):
        msg = "planned"
        raise AssertionError(msg)

    monkeypatch.setattr(evaluate, "_prepare", refused)


@pytest.fixture
def values():
    made = np.sin(np.arange(SIZE) / 100)
    made[SIZE // 3 :] += 3
    return made


def test_scalars_of_many_shapes_are_read_without_a_plan_of_each(values, monkeypatch):
    evaluate.clear_cache()
    prepare, plans = evaluate._prepare, []

    def counted(key, *rest):
        plans.append(key)
        return prepare(key, *rest)

    monkeypatch.setattr(evaluate, "_prepare", counted)
    assert _best(la.asarray(values), SIZE // 40) == _best(values, SIZE // 40)
    assert len(plans) < 4  # of what was kept, all shapes are one


def test_a_plan_gives_what_was_read_before_there_was_one(values):
    evaluate.clear_cache()
    for k in range(12):
        for function in (np.sum, np.std, lambda x: np.sqrt(x * x + 1).max()):
            found = float(function(la.asarray(values + k)[3:] * 2))
            assert found == pytest.approx(float(function((values + k)[3:] * 2)), 1e-14)
            assert found == float(function((la.asarray(values + k)[3:] * 2).persist()))


@pytest.mark.usefixtures("no_plans")
def test_what_is_dear_is_kept_beside_what_is_read(values):
    dear = la.asarray(values)
    for _ in range(9):
        dear = np.sin(dear)
    total = float((dear + 1).sum())
    assert not dear._node.args
    wanted = values
    for _ in range(9):
        wanted = np.sin(wanted)
    assert total == pytest.approx((wanted + 1).sum(), 1e-13)
    assert np.array_equal(np.asarray(dear), wanted)


@pytest.mark.usefixtures("no_plans")
def test_what_a_function_of_numpys_reads_is_kept_without_a_plan(values):
    bits = la.asarray(values) > 0.5
    packed = la.packbits(bits)
    assert not bits._node.args
    assert np.array_equal(np.asarray(packed), np.packbits(values > 0.5))


@pytest.mark.usefixtures("no_plans")
def test_warnings_name_the_lines_of_what_was_not_planned(values):
    x = la.asarray(values * 0)
    first = 1 / x
    second = np.log(x)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        np.asarray(first + second)
    line = test_warnings_name_the_lines_of_what_was_not_planned.__code__.co_firstlineno
    found = [(one.lineno - line, str(one.message)) for one in told]
    assert found == [
        (3, "divide by zero encountered in divide"),
        (4, "divide by zero encountered in log"),
        (7, "invalid value encountered in add"),
    ]


def test_little_of_what_is_dear_is_all_that_is_computed(values):
    with la.errstate(divide="raise"):
        y = 1 / la.asarray(np.arange(float(SIZE)))
        assert float(y[5:9].sum()) == (1 / np.arange(5.0, 9)).sum()
