"""Random programs give with lazyarr what they give with NumPy, whatever the options."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings

import lazyarr as la
from lazyarr.testing import Program, assert_same_bits, programs

QUICK = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,  # the long ones, which are marked slow, look further
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
OPTIONS = {
    "default": {},
    "tiles": {"small_path": False, "tile_elements": 64},
    "unfused": {"fusion": False},
    "no rules": {"rules": False},
    "bare": {"fusion": False, "rules": False, "small_path": False, "tile_elements": 64},
}


def plain(value):
    """Return a value whose NaN are all one, where a fold may have made them.

    The sign of the NaN that NumPy's folds give follows from strides alone.
    """
    array = np.array(value)
    for part in (array.real, array.imag) if array.dtype.kind == "c" else (array,):
        part[np.isnan(part)] = np.nan
    return array


def check(program: Program, names=OPTIONS, together: bool = True) -> None:
    """Run a program with both, with each of some options; compare all that comes of it."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected, wrong = program.run(np)
        for name in names:
            note(f"options: {name}")
            with la.config(**OPTIONS[name]):
                compare(program, expected, wrong, together)


def compare(program: Program, expected, wrong, together: bool) -> None:
    """Run a program; compare every variable and every error with NumPy's."""
    actual, errors = program.run(la)
    for one, mine, numpys in zip(program.statements, errors, wrong, strict=True):
        assert (mine is None) == (numpys is None), (one.text, mine, numpys)
    assert actual.keys() == expected.keys()
    if together:
        values = dict(zip(actual, la.compute(*actual.values()), strict=True))
    else:
        values = {name: la.compute(value)[0] for name, value in actual.items()}
    folds = any("axis=" in one.text for one in program.statements)
    for name, value in values.items():
        if folds and np.asarray(value).dtype.kind in "fc":
            assert_same_bits(plain(value), plain(expected[name]))
        else:
            assert_same_bits(value, expected[name])


@given(program=programs())
@QUICK
def test_a_program_gives_what_numpy_gives(program):
    check(program)


@given(program=programs())
@QUICK
def test_variables_computed_one_by_one(program):
    check(program, ["default"], together=False)


@pytest.mark.slow
@given(program=programs(most=20))
@settings(QUICK, max_examples=800)
def test_long_programs_give_what_numpy_gives(program):
    check(program)
