"""Numbers of Python's as arrays of NumPy's, which ufuncs take in a third of the time.

Beside an array, a ufunc takes a number of Python's for one of the array's dtype. To look
at it and to make an array of it takes as long as the arithmetic on a small array. The
numbers in a program are few, so the arrays are kept, of numbers that are met twice: one
that a loop computes anew each time is not worth an array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lazyarr.ops.row import DType

_MOST = 1 << 9  # numbers that are kept of each type
_EXACT = 1 << 53  # up to which whole numbers are doubles
DOUBLE, INTEGER = np.dtype(np.float64), np.dtype(np.int64)


class Constants(dict[float, np.ndarray | float]):
    """Arrays of one dtype without axes, by the numbers that they hold."""

    def __init__(self, dtype: type[np.generic]) -> None:
        super().__init__()
        self.dtype = dtype
        self.met: set[float] = set()

    def __missing__(self, number: float) -> np.ndarray | float:
        """Return the array of a number that was met once before.

        Or the number: the first time; of the two zeros, which are one key; and of what
        only NumPy's rules turn into a double.
        """
        met = self.met
        known = len(met)
        met.add(number)
        if len(met) > known:
            if known >= _MOST:
                met.clear()
            return number
        if not number if type(number) is float else abs(number) > _EXACT:
            return number
        if len(self) >= _MOST:
            self.clear()
        made = self[number] = np.array(number, self.dtype)
        made.flags.writeable = False
        return made


FLOATS = Constants(np.float64)
"""Of Python's floats, beside doubles."""
WHOLE = Constants(np.float64)
"""Of Python's integers, beside doubles."""
INTEGERS = Constants(np.int64)
"""Of Python's integers, beside integers of 64 bits."""


def beside(dtype: DType, number: Any) -> Any:
    """Return a number of Python's as what a ufunc takes beside an array of a dtype."""
    kind = type(number)
    if kind is float:
        return FLOATS[number] if number and dtype is DOUBLE else number
    if kind is int and (dtype is DOUBLE or dtype is INTEGER):
        return (WHOLE if dtype is DOUBLE else INTEGERS)[number]
    return number
