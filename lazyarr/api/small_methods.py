"""The methods of small arrays that are known: those of NumPy's arrays, called at once.

And products by ``@``, and what NumPy asks small arrays when its own functions meet them.
"""

from __future__ import annotations

import operator
import sys
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import direct, known, theirs, ufuncs
from lazyarr.api.array import Array
from lazyarr.api.bounds import MADE_BY, PRODUCT, USUAL, is_wide
from lazyarr.api.brief import is_brief
from lazyarr.api.element import Element
from lazyarr.api.handle import FINAL, SLICED, SMALL, SMALLS, WEAK
from lazyarr.api.known import REFUSALS, Unknown, run, there
from lazyarr.api.looped import shown
from lazyarr.api.made import NO_OPTIONS, SCALARS, Loose, loosely, made_at, result
from lazyarr.api.quick import quick
from lazyarr.api.small import Small
from lazyarr.errors import outside
from lazyarr.errors import theirs as users
from lazyarr.ops.row import BY_FUNCTION, Kind
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import Op

_FLOAT = np.dtype(np.float64)
_frame = sys._getframe
_dot = np.ndarray.dot
_matmul = np.matmul
_PLAIN = SCALARS | WEAK
_FUNCTIONS = (np.ufunc, types.FunctionType)  # that take Python's numbers as ufuncs do

# Methods that are called as those of NumPy's arrays, and give what these give.
_SAME = """
argmax argmin cumsum cumprod reshape ravel flatten transpose
swapaxes squeeze diagonal trace take dot copy nonzero searchsorted
"""
_bounded = theirs.bounded(np.matmul)
_OTHERS = {
    "sum": theirs.total,
    "prod": theirs.product,
    "max": theirs.largest,
    "min": theirs.smallest,
    "any": theirs.some,
    "all": theirs.every,
    "mean": theirs.mean,
    "var": direct.var,
    "std": direct.std,
    "clip": direct.clip,
    "astype": theirs.cast_by_method,
    "repeat": theirs.repeat,
    "view": theirs.viewed,
    "round": theirs.rounded,
    "argsort": theirs.argsort,
    "__matmul__": _bounded,
    "__rmatmul__": lambda x, y: _bounded(y, x),
}


def called(
    self: Small, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
) -> Any:
    """Call a ufunc of NumPy's, as NumPy asks an array that is known."""
    row = BY_FUNCTION.get(ufunc)
    if row is not None and row.kind is Kind.MAP:
        if method == "__call__" and not options:
            if not marks:
                made = _usual(row, inputs)
            else:
                made = known.elementwise(row, inputs, 2)
            if made is not None:
                return made
        elif method != "__call__" and "out" not in options:
            return ufuncs.method(method, row, *inputs, **options)
    return Array.__array_ufunc__(self, ufunc, method, *inputs, **options)


def _usual(op: Op, operands: Any) -> Any:
    """Return ``op`` of small arrays, which NumPy asks, and scalars of NumPy's."""
    numbers = _PLAIN if type(op.numpy) in _FUNCTIONS else SCALARS
    values, count = [], 0
    for x in operands:
        if type(x) is Small:
            values.append(x._value)
            count += x._calls
        elif type(x) in numbers:
            values.append(x)
        else:
            return known.elementwise(op, operands, 3)
    try:
        if len(values) == 2 and is_wide(values):
            return None
        value = known.run(op.numpy, *values)
    except REFUSALS:
        return known.elementwise(op, operands, 3)
    frame = sys._getframe(2)
    if frame.f_code.co_filename not in users:
        frame = outside(frame)
    return result(value, op, operands, count, frame)


def _property(name: str) -> property:
    """Return a property whose value is a view of an array's memory."""
    general: Any = getattr(Array, name)
    ours, theirs_ = general.fget, getattr(np.ndarray, name).__get__
    borrowed = SMALL[1]

    def view(self: Small) -> Any:
        if name == "real" and self._value.dtype.kind != "c":
            return self
        if not marks and type(self) is not borrowed and self._value.nbytes <= USUAL:
            return result(
                theirs_(self._value), ours, (self,), self._calls, sys._getframe(1)
            )
        made = known.call(ours, theirs_, (self,), {})
        return ours(self) if made is None else made

    return property(view, general.fset, doc=general.__doc__)


# --- products by ``@`` ------------------------------------------------------------------


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


# --- what small arrays and elements get -----------------------------------------------

_VIEWS = ("T", "mT", "real", "imag")
NAMES = (*_SAME.split(), *_OTHERS, *_VIEWS, "__array_ufunc__")


# Methods of NumPy's scalars that give scalars, beside those that are Python's operators.
_OF_SCALARS = ("copy", "std", "take", "var", "view")


def _of_scalars() -> None:
    """Let an element's parts and copies be known as it is."""
    for name in _OF_SCALARS:
        setattr(Element, name, quick(getattr(np.generic, name))(getattr(Array, name)))
    general: Any = Array.imag
    imaginary = quick(operator.attrgetter("imag"))(general.fget)
    Element.imag = property(imaginary, general.fset, doc=general.__doc__)  # type: ignore[assignment, method-assign]
    Element.__getitem__ = quick(operator.getitem)(Array.__getitem__)


def _methods() -> None:
    same = {name: getattr(np.ndarray, name) for name in _SAME.split()}
    for name, function in {**same, **_OTHERS}.items():
        method: Any = getattr(Array, name)
        bare = getattr(method, "__wrapped__", method)  # of a function, which is quick
        theirs_: Any = function
        setattr(Small, name, quick(theirs_)(bare))
    for name in _VIEWS:
        setattr(Small, name, _property(name))
    for name, reflected in {"__matmul__": False, "__rmatmul__": True}.items():
        general: Any = getattr(Small, name)
        bare = general.__wrapped__
        setattr(Small, name, product(bare, general, reflected=reflected))
    Small.__array_ufunc__ = called  # type: ignore[assignment, method-assign]


_methods()
_of_scalars()
