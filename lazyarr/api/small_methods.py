"""The methods of small arrays that are known: those of NumPy's arrays, called at once.

And what NumPy asks small arrays when its own functions meet them.
"""

from __future__ import annotations

import operator
import sys
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import direct, known, theirs, ufuncs
from lazyarr.api.array import Array
from lazyarr.api.bounds import USUAL, is_wide
from lazyarr.api.element import Element
from lazyarr.api.handle import SMALL, WEAK
from lazyarr.api.known import REFUSALS
from lazyarr.api.made import SCALARS, result
from lazyarr.api.quick import quick
from lazyarr.api.small import Small
from lazyarr.api.small_products import product
from lazyarr.errors import outside
from lazyarr.errors import theirs as users
from lazyarr.ops.row import BY_FUNCTION, Kind
from lazyarr.watched import marks

if TYPE_CHECKING:
    from lazyarr.ops.row import Op

_PLAIN = SCALARS | WEAK
_FUNCTIONS = (np.ufunc, types.FunctionType)  # that take Python's numbers as ufuncs do

# Methods that are called as those of NumPy's arrays, and give what these give.
_SAME = """
argmax argmin cumsum cumprod reshape ravel flatten transpose
swapaxes squeeze diagonal trace take dot copy nonzero searchsorted
"""
_matmul = theirs.bounded(np.matmul)
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
    "__matmul__": _matmul,
    "__rmatmul__": lambda x, y: _matmul(y, x),
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
        if not marks and type(self) is not borrowed and self._value.nbytes <= USUAL:
            return result(
                theirs_(self._value), ours, (self,), self._calls, sys._getframe(1)
            )
        made = known.call(ours, theirs_, (self,), {})
        return ours(self) if made is None else made

    return property(view, general.fset, doc=general.__doc__)


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
