"""The methods of small arrays that are known: those of NumPy's arrays, called at once.

And products by ``@``, and what NumPy asks small arrays when its own functions meet them.
"""

from __future__ import annotations

import functools
import operator
import sys
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import direct, interop, known, theirs, ufuncs
from lazyarr.api.array import Array
from lazyarr.api.bounds import MADE_BY, PRODUCT, USUAL, is_wide
from lazyarr.api.brief import is_brief, planned
from lazyarr.api.element import OPERATORS, Element
from lazyarr.api.handle import FINAL, SLICED, SMALLS, WEAK
from lazyarr.api.known import PLAIN, REFUSALS, Unknown, run, there
from lazyarr.api.looped import shown
from lazyarr.api.made import (
    NO_OPTIONS,
    SCALARS,
    Loose,
    loosely,
    made_at,
    remembered,
    result,
)
from lazyarr.api.quick import quick
from lazyarr.api.small import Borrowed, Small
from lazyarr.api.theirs import LONG
from lazyarr.errors import outside
from lazyarr.errors import theirs as users
from lazyarr.ops.row import BY_FUNCTION, Kind
from lazyarr.ops.short import FEW
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import Op

_FLOAT = np.dtype(np.float64)
_frame = sys._getframe
_ndarray = np.ndarray
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
_PRODUCTS = {"__matmul__": False, "__rmatmul__": True}  # reflected?
_OF_ARRAYS = {"dot", "take", "searchsorted", *_PRODUCTS}  # beside the first
_FOLDS = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "any": np.logical_or,
    "all": np.logical_and,
}

# Types of arguments with which a method is NumPy's: of those that hold no arrays, and
# are no dtype of a result, into which complex numbers may be cast.
_NUMBERS: frozenset[Any] = frozenset((int, float, bool, type(None)))
_SIDES = _NUMBERS | {tuple}
_USUAL: dict[str, frozenset[Any]] = {
    "reshape": _SIDES,
    "transpose": _SIDES,
    "squeeze": _SIDES,
    "argsort": _NUMBERS | {str},
    "astype": PLAIN,
    "view": PLAIN,
}


def _called(
    self: Small, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
) -> Any:
    """Call a ufunc of NumPy's, as NumPy asks an array that is known."""
    row = BY_FUNCTION.get(ufunc)
    if row is not None and row.kind is Kind.MAP:
        if method == "__call__" and not options:
            made = known.elementwise(row, inputs, 2) if marks else _usual(row, inputs)
            if made is not None:
                return made
        elif method != "__call__" and "out" not in options:
            return ufuncs.method(method, row, *inputs, **options)
    return Array.__array_ufunc__(self, ufunc, method, *inputs, **options)


def _usual(op: Op, operands: Any) -> Any:
    """Return ``op`` of known arrays and elements, which NumPy asks, and scalars."""
    numbers = _PLAIN if type(op.numpy) in _FUNCTIONS else SCALARS
    values, count, arrays, bare = [], 0, False, True
    for x in operands:
        kind = type(x)
        if kind is Small or kind is Element:
            values.append(x._value)
            count += x._calls
            arrays = arrays or kind is Small
            bare = bare and x._how is None
        elif kind in numbers:
            values.append(x)
        else:
            return known.elementwise(op, operands, 3)
    if not arrays and type(op.numpy) is not np.ufunc:
        return known.elementwise(op, operands, 3)
    try:
        if len(values) == 2 and is_wide(values):
            return None
        own = not arrays and complex not in map(type, values)  # `1j * x` is Python's
        theirs = OPERATORS.get(op.numpy, op.numpy) if own else op.numpy
        value = known.run(theirs, *values)
    except REFUSALS:
        return known.elementwise(op, operands, 3)
    if bare and not arrays:
        return Element._of(value)
    frame = sys._getframe(2)
    if frame.f_code.co_filename not in users:
        frame = outside(frame)
    return result(value, op, operands, count, frame)


called = compiled.method(
    "array_ufunc",
    _called,
    function=OPERATORS,
    other={
        theirs: row
        for theirs, row in BY_FUNCTION.items()
        if row.kind is Kind.MAP and theirs is row.numpy and type(theirs) is np.ufunc
    },
)


def _property(name: str) -> property:
    """Return a property whose value is a view of an array's memory."""
    general: Any = getattr(Array, name)
    ours, own = general.fget, operator.attrgetter(name)

    def view(self: Small) -> Any:
        if name == "real" and self._value.dtype.kind != "c":
            return self
        if marks or type(self) is not Small:
            made = known.call(ours, own, (self,), {})
            return ours(self) if made is None else made
        return result(own(self._value), ours, (self,), self._calls, _frame(1))

    made = compiled.method("array_view", view, op=ours, other=name)
    return property(made, general.fset, doc=general.__doc__)


def _method(own: Any, bare: Any, general: Any, usual: frozenset[Any]) -> Any:
    """Return a method that is NumPy's, of an array of ours and arguments as usual."""

    @functools.wraps(general)
    def method(self: Small, *args: Any, **options: Any) -> Any:
        if marks or type(self) is not Small:
            return general(self, *args, **options)
        if (args and not usual.issuperset(map(type, args))) or (
            options and not usual.issuperset(map(type, options.values()))
        ):
            return general(self, *args, **options)
        try:
            if options:
                value = run(own, self._value, *args, **options)
            else:
                value = run(own, self._value, *args) if args else run(own, self._value)
        except REFUSALS:
            return general(self, *args, **options)
        if value is self._value:
            return self
        found = made_at(value, bare, (self, *args), options, self._calls, _frame(1))
        return general(self, *args, **options) if found is None else found

    cast = own is theirs.cast_by_method
    return compiled.method(
        "array_method",
        method,
        op=bare,
        function=np.ndarray.astype if cast else own,
        other=usual,
        flag=cast,
    )


def _fold(ufunc: Any, general: Any, bare: Any) -> Any:
    """Return a method that folds an array by a ufunc, with no more than an axis."""
    reduce = ufunc.reduce
    dtype = np.bool_ if ufunc in (np.logical_and, np.logical_or) else None

    @functools.wraps(general)
    def method(
        self: Small, axis: Any = None, *args: Any, keepdims: Any = False, **options: Any
    ) -> Any:
        named = NO_OPTIONS if keepdims is False else {"keepdims": keepdims}
        plain = not (args or options or marks) and type(self) in SMALLS
        if not plain or (axis is not None and type(axis) is not int):
            return general(self, axis, *args, **named, **options)
        x = self._value
        if type(keepdims) is not bool or (x.size >= LONG and min(x.shape) <= FEW):
            return general(self, axis, **named)
        try:
            value = run(reduce, x, axis, dtype, None, keepdims)
        except REFUSALS:
            return general(self, axis, **named)
        made = Small() if type(value) is _ndarray else Element()
        made._value = value
        frame = _frame(1)
        if frame.f_code.co_filename not in users:
            frame = outside(frame)
        how = (bare, (self, axis), named, frame.f_code, frame.f_lasti)
        return remembered(made, how, self._calls)

    return compiled.method(
        "array_fold",
        method,
        op=bare,
        function=reduce,
        other=dtype,
    )


# --- products by ``@`` ------------------------------------------------------------------


def product(ours: Any, general: Callable[..., Any], *, reflected: bool = False) -> Any:
    """Return ``@`` for small arrays; `general` does what it cannot, `ours` in plans."""

    def method(self: Small, other: Any, /) -> Any:
        if marks:
            return general(self, other)
        x, count, told = self._value, self._calls, other
        if type(other) in SMALLS:
            y, more = other._value, other._calls
        else:
            y, more, told = _there(other)
            if y is None:
                made = planned(
                    "matmul", *((other, self) if reflected else (self, other))
                )
                return general(self, other) if made is None else made
            if not y.ndim:
                return general(self, other)
        if y.nbytes > USUAL and not (is_brief(y, x) if reflected else is_brief(x, y)):
            return general(self, other)
        try:
            value = inner(y, x) if reflected else inner(x, y)
        except REFUSALS:
            return general(self, other)
        frame = _frame(1)
        count += more
        if type(value) is not np.float64 and (value.nbytes > USUAL or not value.ndim):
            return made_at(value, ours, (self, told), NO_OPTIONS, count, frame)
        return result(value, ours, (self, told), count, frame)

    return compiled.method(
        "array_product",
        method,
        op=ours,
        function=_dot,
        other=_matmul,
        reflected=reflected,
        flag=_TELLS,
    )


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

    Of doubles that lie one after the other the method `dot` calls the same routine of
    BLAS with the same arguments, in half the time; and of vectors with other positive
    strides.

    Raises
    ------
    Unknown
        The product is larger than both, and large.
    """
    doubles = x.dtype is _FLOAT and y.dtype is _FLOAT and _TELLS
    first, second = x.ndim, y.ndim
    if doubles and first == 1 == second:
        return run(_dot if x.strides[0] > 0 < y.strides[0] else _matmul, x, y)
    if x.size * y.size > PRODUCT and first > 1 < second:
        size = x.shape[-2] * y.shape[-1]
        if size > PRODUCT and size > max(x.size, y.size):
            raise Unknown
    # BLAS takes a matrix or a vector as it lies, without a copy, if it has no gaps.
    even = (
        doubles
        and 0 < first < 3 > second > 0
        and (x.flags.forc or (first == 1 and x.strides[0] > 0))
        and (y.flags.forc or (second == 1 and y.strides[0] > 0))
    )
    return run(_dot if even else _matmul, x, y)


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
    for name, own in {**same, **_OTHERS}.items():
        method: Any = getattr(Array, name)
        bare = getattr(method, "__wrapped__", method)  # of a function, which is quick
        made: Any = quick(own)(bare)
        if name not in _OF_ARRAYS:
            made = _method(own, bare, made, _USUAL.get(name, _NUMBERS))
        if name in _FOLDS:
            made = _fold(_FOLDS[name], made, bare)
        elif name in _PRODUCTS:
            made = product(bare, made, reflected=_PRODUCTS[name])
        setattr(Small, name, made)
    for name in _VIEWS:
        setattr(Small, name, _property(name))
    Small.__array_ufunc__ = Element.__array_ufunc__ = called  # type: ignore[method-assign]


def _compiled() -> None:
    """Let the usual case of keys and attributes be compiled, too."""
    for one in (Small, Borrowed):
        one.__getitem__ = compiled.method("array_getitem", one.__getitem__)  # type: ignore[method-assign]
    Small.__iter__ = compiled.method("array_iter", Small.__iter__)  # type: ignore[method-assign]
    Small.__len__ = compiled.method("array_length", Small.__len__)  # type: ignore[method-assign]
    Small.__setitem__ = compiled.method("array_setitem", Small.__setitem__)  # type: ignore[method-assign]
    Small.compute = compiled.method("array_copied", Small.compute)  # type: ignore[method-assign]
    facts = {"other": interop.AS_STRIDED}
    Small.__array__ = compiled.method("array_copied", Small.__array__, **facts)  # type: ignore[method-assign]
    for name in ("shape", "dtype", "ndim", "size", "nbytes"):
        plain: Any = Small.__dict__[name]
        get = compiled.method("array_attribute", plain.fget, other=name)
        setattr(Small, name, property(get, plain.fset, doc=plain.__doc__))


_methods()
_of_scalars()
_compiled()
