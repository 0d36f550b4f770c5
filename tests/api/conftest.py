"""Programs as parameters are named by the line they stand in."""

from __future__ import annotations

import warnings
from types import FunctionType

import numpy as np
import pytest

import lazyarr as la


def pytest_make_parametrize_id(val: object) -> str | None:
    if isinstance(val, FunctionType):
        return f"line-{val.__code__.co_firstlineno}"
    return None


def value(x):
    if isinstance(x, (tuple, list)):
        return [value(item) for item in x]
    return np.asarray(x) if isinstance(x, (la.Array, np.ndarray, np.generic)) else x


def outcome(case, xp):
    """Return what a case gives, or its error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return value(case(xp)), None
        except Exception as error:  # noqa: BLE001 - compared with NumPy's
            return None, error


def same(x, y):
    if isinstance(x, list):
        return (
            isinstance(y, list)
            and len(x) == len(y)
            and all(same(*p) for p in zip(x, y, strict=True))
        )
    if isinstance(x, np.ndarray):
        alike = isinstance(y, np.ndarray) and (x.dtype, x.shape) == (y.dtype, y.shape)
        return alike and np.allclose(x, y, rtol=1e-13, atol=0, equal_nan=True)
    return x == y


# Of lazyarr's own: each is a kind of NumPy's error, or of what that is a kind of.
PARENTS = (TypeError, ValueError, IndexError, KeyError, AttributeError)


@pytest.fixture
def does_what_numpys_does():
    """Return a check of a case: a function of a namespace, with NumPy and with ours.

    Known small arrays are computed at once, or all arrays in plans.
    """

    def check(case, small):
        wanted, refusal = outcome(case, np)
        with la.config(**({} if small else {"small_bytes": 0})):
            got, error = outcome(case, la)
        if refusal is None:
            assert error is None
            assert same(wanted, got)
        else:
            kinds = [kind for kind in PARENTS if isinstance(refusal, kind)]
            assert kinds
            assert isinstance(error, tuple(kinds))

    return check
