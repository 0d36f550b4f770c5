"""What is computed after a block of ``errstate`` does with errors what the block asked."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime import errstate

pytestmark = pytest.mark.usefixtures("planned")


@pytest.fixture
def x():
    return la.asarray(np.arange(4.0))


def silent(y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return np.asarray(y)


def test_it_is_numpys(x):
    assert issubclass(la.errstate, np.errstate)
    with la.errstate(all="ignore", under="raise"):
        assert np.geterr()["divide"] == "ignore"
        assert np.geterr()["under"] == "raise"
    with pytest.raises(TypeError):
        la.errstate(everything="ignore")


def test_what_a_block_ignores_is_ignored_later(x):
    with la.errstate(divide="ignore", invalid="ignore"):
        y = np.log(x) / x
        z = la.where(
            x > 0,
            1 / x,
            0,
        )
    assert silent(y)[1] == 0
    assert silent(z)[1] == 1
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.asarray(1 / x)  # not in the block


def test_other_errors_are_told(x):
    with la.errstate(divide="ignore"):
        y = x / 0
    with pytest.warns(RuntimeWarning, match="invalid value") as told:
        np.asarray(y)
    assert len(told) == 1
    assert told[0].filename == __file__


def test_errors_that_a_block_raises_are_raised_at_the_read(x):
    with la.errstate(all="raise"):
        y = 1 / x
    with pytest.raises(FloatingPointError, match="divide by zero"):
        np.asarray(y)
    with la.errstate(all="ignore"):  # it can be read all the same
        assert silent(y)[0] == np.inf


def test_inner_blocks_come_first(x):
    with la.errstate(all="raise"):
        with la.errstate(all="ignore"):
            y = 1 / x
        z = x / 0
    assert silent(y)[0] == np.inf
    with pytest.raises(FloatingPointError):
        np.asarray(z)


def test_comprehensions_in_a_block(x):
    with la.errstate(all="ignore"):
        made = [x / k for k in (0, 1)]
        make = lambda: x / 0  # noqa: E731
    assert silent(made[0])[1] == np.inf
    assert silent(make())[1] == np.inf
    with pytest.warns(RuntimeWarning):
        la.compute(*[x / k for k in (0, 1)])


def test_decorated_functions(x):
    @la.errstate(all="ignore")
    def inverse(x):
        """Return it."""
        return 1 / x

    assert inverse.__doc__ == "Return it."
    assert silent(inverse(x))[0] == np.inf


def test_a_block_asks_for_what_it_asked_last(x):
    def divided(how):
        with la.errstate(all=how):
            return x / 0

    for how in ("ignore", "raise", "ignore"):
        y = divided(how)
        if how == "raise":
            with pytest.raises(FloatingPointError):
                np.asarray(y)
        else:
            assert silent(y)[1] == np.inf


def test_a_block_that_is_left_by_an_error_ends_there(x):
    for _ in range(2):
        try:
            with la.errstate(all="ignore"):
                y = 1 / x
                raise KeyError  # noqa: TRY301
        except KeyError:
            z = x / 0
        del y
    with pytest.warns(RuntimeWarning):
        np.asarray(z)


def test_callbacks_of_a_block(x):
    calls = []
    old = la.seterrcall(lambda kind, flags: calls.append((kind, flags)))
    try:
        with la.errstate(all="call"):
            y = x / 0
    finally:
        la.seterrcall(old)
    np.asarray(y)
    wanted = []
    with np.errstate(all="call", call=lambda kind, flags: wanted.append((kind, flags))):
        np.arange(4.0) / 0
    assert calls == wanted


def test_what_is_asked_for_everywhere(x):
    old = la.seterr(all="raise")
    try:
        with pytest.raises(FloatingPointError):
            np.asarray(x / 0)
    finally:
        la.seterr(**old)


def test_equal_expressions_are_told_of_where_each_is_written(x):
    with la.errstate(divide="ignore"):
        ignored = np.log(x)
    told = np.log(x)
    with pytest.warns(RuntimeWarning, match="divide by zero") as warned:
        la.compute(ignored, told)
    again = np.log(x)
    assert len(warned) == 1
    with pytest.warns(RuntimeWarning, match="divide by zero") as warned:
        np.asarray(ignored * told - again)
    assert len({one.lineno for one in warned}) == len(warned) == 2
    with la.errstate(divide="raise"):
        raised = np.log(x)
    with (
        pytest.warns(RuntimeWarning, match="divide by zero"),
        pytest.raises(FloatingPointError, match="divide by zero"),
    ):
        la.compute(told, raised)


def test_a_plan_of_other_lines_tells_of_equal_expressions(x):
    for mode in ("ignore", "warn"):
        with la.errstate(divide=mode):
            first = 1 / x
        second = 1 / x
        with pytest.warns(RuntimeWarning, match="divide by zero") as warned:
            la.compute(first * second)
        assert len(warned) == (1 if mode == "ignore" else 2)


def test_a_scene_is_found_only_once_it_is_ready(monkeypatch):
    """Another thread may look for the context while the first one makes it."""
    seen = []
    theirs = np.seterr

    def seterr(**modes):
        seen.append(dict(errstate._scenes))
        return theirs(**modes)

    monkeypatch.setattr(errstate, "_scenes", {})
    monkeypatch.setattr(np, "seterr", seterr)
    errstate.scene({**np.geterr(), "divide": "raise"})
    assert seen == [{}]
    assert len(errstate._scenes) == 1
