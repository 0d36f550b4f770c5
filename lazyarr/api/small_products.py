"""Products by ``@`` of small arrays that are known: NumPy's, called at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.bounds import MADE_BY, PRODUCT, USUAL
from lazyarr.api.brief import is_brief
from lazyarr.api.element import Element
from lazyarr.api.handle import FINAL, SLICED, SMALLS
from lazyarr.api.known import REFUSALS, Unknown, run, there
from lazyarr.api.looped import shown
from lazyarr.api.made import NO_OPTIONS, Loose, loosely, made_at, result
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.small import Small

_FLOAT = np.dtype(np.float64)
_frame = sys._getframe
_dot = np.ndarray.dot
_matmul = np.matmul


def product(
    ours: Any, general: Callable[..., Any], *, reflected: bool = False
) -> Callable[[Any, Any], Any]:
    """Return ``@`` for small arrays; `general` does what it cannot, `ours` in plans."""

    def method(self: Small, other: Any, /) -> Any:
        if marks:
            return general(self, other)
        x, count, told = self._value, self._calls, other
        if type(other) in SMALLS:
            y, more = other._value, other._calls
        else:
            y, more, told = _there(other)
            if y is None or not y.ndim:
                return general(self, other)
        if y.nbytes > USUAL and not (is_brief(y, x) if reflected else is_brief(x, y)):
            return general(self, other)
        try:
            value = inner(y, x) if reflected else inner(x, y)
        except REFUSALS:
            return general(self, other)
        frame = _frame(1)
        count += more
        if type(value) is np.float64:
            made = Element()
            made._value = value
            if count < MADE_BY:
                pair = (self, told)
                made._how = (ours, pair, NO_OPTIONS, frame.f_code, frame.f_lasti)
                made._calls = count + 1
            else:
                made._how = None
                made._calls = 0
            return made
        if value.nbytes <= USUAL and value.ndim:
            return result(value, ours, (self, told), count, frame)
        return made_at(value, ours, (self, told), NO_OPTIONS, count + 1, frame)

    return method


def _there(x: Any) -> tuple[Any, int, Any]:
    """Return the elements of an operand, the calls it tells of, and what to remember."""
    if type(x) is SLICED[0]:
        return shown(x), MADE_BY, x
    if type(x) is FINAL[0]:
        held = there(x)
        large = held is not None and held.nbytes > USUAL  # no reason to hold it
        return held, 0, Loose(x) if large else loosely(x)
    return None, 0, x


def inner(x: np.ndarray, y: np.ndarray) -> Any:
    """Return what ``np.matmul`` gives.

    Of vectors without negative strides, the method `dot` calls the same routine in a
    third of the time.

    Raises
    ------
    Unknown
        The product is larger than both, and large.
    """
    lines = x.ndim == 1 == y.ndim and x.dtype is _FLOAT and y.dtype is _FLOAT
    if lines and _TELLS and x.strides[0] > 0 < y.strides[0]:
        return run(_dot, x, y)
    if x.ndim > 1 < y.ndim:
        size = x.shape[-2] * y.shape[-1]
        if size > PRODUCT and size > max(x.size, y.size):
            raise Unknown
    return run(_matmul, x, y)


def _tells() -> bool:
    """Whether the method `dot` tells of floating-point errors; releases differ."""
    least = np.full(1, np.finfo(_FLOAT).tiny)
    try:
        run(_dot, least, least)
    except FloatingPointError:
        return True
    return False


_TELLS = _tells()
