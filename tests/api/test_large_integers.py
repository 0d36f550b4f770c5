"""Integers that 64 bits do not hold, and other objects, in every ufunc: as in NumPy."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import lazyarr as la

SLOW = {"power", "pow", "float_power", "left_shift", "bitwise_left_shift"}
MATRICES = {"matmul", "matvec", "vecmat", "vecdot"}
UFUNCS = sorted(
    name
    for name in dir(np)
    if isinstance(getattr(np, name), np.ufunc) and name not in SLOW | MATRICES
)
VALUES = (2**63, 2**64, -(2**63) - 1, 2**70, [1, 2**70], [2**63])
OBJECTS = (Fraction(1, 3), Decimal("1.5"), None, "a")


def _outcome(function, operands):
    """Return what a call gives, as NumPy's, or the builtin class of its error."""
    try:
        made = function(*operands)
    except (ArithmeticError, AttributeError, TypeError, ValueError, Warning) as error:
        return next(k for k in type(error).__mro__ if k.__module__ == "builtins")
    made = made if isinstance(made, tuple) else (made,)
    read = [x.compute() if isinstance(x, la.Array) else x for x in made]
    return [(np.asarray(x).dtype, np.shape(x), np.asarray(x).tolist()) for x in read]


def _operands(module, value, number):
    if number == 1:
        return [(value,)]
    arrays = [module.arange(1, 3, dtype=kind) for kind in (float, np.int8, bool)]
    beside = [1, 2.5, *arrays]
    return [(value, x) for x in beside] + [(x, value) for x in beside]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("small_path", [True, False])
@pytest.mark.parametrize("name", UFUNCS)
def test_a_ufunc_of_what_64_bits_do_not_hold(name, small_path):
    theirs, ours = getattr(np, name), getattr(la, name)
    for value in (*VALUES, *OBJECTS):
        with la.config(small_path=small_path):
            pairs = zip(
                _operands(np, value, theirs.nin),
                _operands(la, value, theirs.nin),
                strict=True,
            )
            for expected, given in pairs:
                shown = f"{name}{expected}"
                wanted, found = _outcome(theirs, expected), _outcome(ours, given)
                np.testing.assert_equal(found, wanted, shown)


def test_a_number_that_one_ufunc_took_is_refused_by_another():
    with la.config(small_path=False):
        x = la.asarray(np.ones(3))
        for _ in range(3):  # from when on the number is held
            assert (x + 2**63).tolist() == [2.0**63 + 1] * 3
        for name in ("logical_and", "logical_or", "logical_xor"):
            function = getattr(la, name)
            assert function(x, x).tolist() == getattr(np, name)([1.0] * 3, 1.0).tolist()
            for args in ((x, 2**63), (2**63, x)):
                with pytest.raises(OverflowError):
                    function(*args)
