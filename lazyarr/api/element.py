"""`Element`: an element of an array that is there, as quick as NumPy's own scalar.

Loops over elements meet one at every step, where a node costs more than the arithmetic.
An element holds NumPy's scalar and computes with it at once; a node is made of it when
it meets an array, or a function other than Python's operators.
"""

from __future__ import annotations

import math
import operator
import sys
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled, evaluate
from lazyarr.api import calls, handle, history, known, looped, powers, telling
from lazyarr.api.array import Array
from lazyarr.api.bounds import MADE_BY
from lazyarr.api.handle import SMALLS
from lazyarr.api.interop import regained
from lazyarr.api.known import REFUSALS, run
from lazyarr.api.made import NO_OPTIONS, SCALARS, is_told, result
from lazyarr.errors import real_of
from lazyarr.ir import infer
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType, Op

_POW, _FLOOR = handle.OPS["pow"], handle.OPS["floor_divide"]
_MULTIPLY = handle.OPS["multiply"]
OPERATORS: dict[Any, Any] = {}  # Python's, by NumPy's functions
NUMBERS = SCALARS | handle.WEAK
WIDE = frozenset((np.float64, np.int64))
_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "lt": "<", "gt": ">"}
_SIGNS |= {"eq": "=", "ne": "≠", "le": "≤", "ge": "≥"}  # of what is compiled, too
_double = np.float64
_frame = sys._getframe


class Element(Array):
    """An array without axes whose value is known; what ``x[3]`` gives if `x` is there.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.asarray([1.5, 2.5])
    >>> float(x[0] * 2 + x[1])
    5.5
    """

    __slots__ = ()
    _base = None

    @classmethod
    def _of(cls, value: Any) -> Element:
        """Return the element of a NumPy scalar."""
        made = cls()
        made._value = value
        made._how = None
        made._calls = 0
        return made

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """The class that ``isinstance(x[0], float)`` and the like ask: NumPy's scalar's."""
        return type(self._value)

    @property
    def _node(self) -> Node:
        try:
            return self._seen  # type: ignore[return-value]
        except AttributeError:
            made = self._seen = infer.element(self._value, self._value.dtype)
            made.params = history.Made(self._how) if is_told(self._how) else None
            return made

    @_node.setter
    def _node(self, node: Node) -> None:
        """Keep the value: a node stands for the same one."""

    def _is_scalar(self) -> bool:
        return True

    @property  # type: ignore[misc]
    def shape(self) -> Shape:
        """Sides: none."""
        return ()

    @property
    def T(self) -> Element:  # noqa: N802 - NumPy's name
        """The element, as of NumPy's scalars: there are no axes to reverse."""
        return self

    @property
    def dtype(self) -> DType:
        """Dtype of the value."""
        return self._value.dtype  # type: ignore[no-any-return]

    # Of integers; of other numbers there are none.
    numerator = property(attrgetter("_value.numerator"))
    denominator = property(attrgetter("_value.denominator"))
    bit_count = property(attrgetter("_value.bit_count"))

    def __trunc__(self) -> Any:
        return math.trunc(self._value)

    __len__ = __iter__ = __contains__ = None  # type: ignore[assignment] # no collection

    def _read(self) -> Any:
        return self._value

    def compute(self, device: str | None = None) -> Any:
        """Return the value as a NumPy scalar; parameters as for `Array.compute`."""
        if device is None or device == "cpu":
            return self._value
        return evaluate.compute(history.expanded((self._node,)), device)[0]

    def __repr__(self) -> str:
        return f"lazyarr.Array({self._value})"

    def __str__(self) -> str:
        return str(self._value)

    def __floordiv__(self, other: Any, /) -> Any:
        return _floor(self, other, False)

    def __rfloordiv__(self, other: Any, /) -> Any:
        return _floor(self, other, True)

    __ifloordiv__ = __floordiv__  # a new one, as of NumPy's scalars

    def __setitem__(self, key: Any, value: Any, /) -> None:
        self._value[key] = value  # a TypeError of NumPy's: it is no view

    def __float__(self) -> float:
        value = self._value
        return float(value if type(value) is np.float64 else real_of(value))

    def __bool__(self) -> bool:
        return bool(self._value)

    def __int__(self) -> int:
        return int(real_of(self._value))

    def __index__(self) -> int:
        try:
            return operator.index(self._value)
        except TypeError:
            return Array.__index__(self)  # with NumPy's words

    def __reduce__(self) -> Any:
        return regained, (self._value,)

    def __copy__(self) -> Element:
        return self  # it cannot be changed

    def __deepcopy__(self, memo: object) -> Element:
        return self


def _floor(x: Element, y: Any, reflected: bool) -> Any:
    """Return ``x // y``, or ``y // x``: of finite numbers NumPy's, else the row's."""
    if _is_finite(x._value) and _is_finite(y._value if type(y) is Element else y):
        return _told(_FLOOR, operator.floordiv, x, y, reflected, _frame(2))
    operands = (y, x) if reflected else (x, y)
    made = known.elementwise(_FLOOR, operands, 3)
    return calls.binary(_FLOOR, operands[0], operands[1], 3) if made is None else made


def _is_finite(value: Any) -> bool:
    """Whether a value is a finite real number, but no truth."""
    kind = type(value)
    if kind in SCALARS:
        return value.dtype.kind in "iuf" and math.isfinite(value)
    return kind is int or (kind is float and math.isfinite(value))


def _operator(name: str, op: Op, function: Callable[[Any, Any], Any]) -> None:
    """Give elements an operator that computes with numbers and elements at once."""
    reflected = name.startswith("__r") and name != "__rshift__"

    def method(self: Element, other: Any) -> Any:
        kind, how = type(other), self._how
        if kind is Element:
            value = other._value
            how = how or other._how
        elif kind is float or kind is int or kind in NUMBERS:
            value = other
        elif kind in SMALLS and not marks:
            return _with_array(op, self, other, other._value, reflected, _frame(1))
        else:
            return _with_others(op, self, other, reflected, _frame(1))
        try:
            if reflected:
                value = run(function, value, self._value)
                if type(value) is complex:
                    return value  # for a float64 is one of Python's: `1j * x[0]`
            else:
                value = run(function, self._value, value)
        except REFUSALS:
            return _told(op, function, self, other, reflected, _frame(1))
        made = Element()
        made._value = value
        made._how = None
        made._calls = 0
        if how is not None:
            count = self._calls + 1 + (other._calls if kind is Element else 0)
            frame = _frame(1)
            if count <= MADE_BY:
                made._how = (
                    (op, other, self, frame.f_code, frame.f_lasti)
                    if reflected
                    else (op, self, other, frame.f_code, frame.f_lasti)
                )
                made._calls = count
        return made

    method.__name__ = name
    made = compiled.method(
        "element_binary",
        method,
        op=op,
        function=function,
        other=op.numpy if type(op.numpy) is np.ufunc else None,
        tag=_SIGNS.get(function.__name__),
        reflected=reflected,
    )
    setattr(Element, name, made)


def _comparison(name: str, op: Op, function: Callable[[Any, Any], Any]) -> None:
    """Give elements a comparison. NumPy warns of numbers that a dtype is too narrow for."""

    def method(self: Element, other: Any) -> Any:
        x, kind, how = self._value, type(other), self._how
        if kind is Element:
            value = other._value
            how = how or other._how
        elif ((kind is float or kind is int) and type(x) is _double) or kind in (
            NUMBERS if type(x) in WIDE else SCALARS
        ):
            value = other
        elif kind in SMALLS and not marks:
            return _with_array(op, self, other, other._value, False, _frame(1))
        else:
            return _with_others(op, self, other, False, _frame(1))
        try:
            value = function(x, value)
        except REFUSALS:
            return _told(op, function, self, other, False, _frame(1))
        made = Element()
        made._value = value
        if how is None:
            made._how = None
            made._calls = 0
        else:
            _remember(made, op, (self, other), _frame(1))
        return made

    method.__name__ = name
    made = compiled.method(
        "element_comparison",
        method,
        op=op,
        function=function,
        other=op.numpy,
        tag=_SIGNS[function.__name__],
    )
    setattr(Element, name, made)


def _remember(made: Element, op: Op, operands: Any, frame: FrameType) -> None:
    """Let an element remember the operator that made it, if an operand does."""
    count = 1
    for x in operands:
        count += x._calls if type(x) is Element else 0
    if count <= MADE_BY:
        made._how = (op, operands, NO_OPTIONS, frame.f_code, frame.f_lasti)
        made._calls = count
    else:
        made._how = None
        made._calls = 0


def _told(
    op: Op, function: Any, x: Element, y: Any, reflected: bool, frame: FrameType
) -> Any:
    """Return ``x op y`` where NumPy has something to say of it, at the user's line."""
    operands = (y, x) if reflected else (x, y)
    values = [one._value if type(one) is Element else one for one in operands]
    try:
        value = run(function, *values)
    except FloatingPointError:
        value = telling.told(function, *values)
    except REFUSALS as error:
        divided = isinstance(error, ArithmeticError) and type(y) is complex
        if (reflected and divided) or (op is _POW and type(error) is ValueError):
            raise  # as Python does: `1j / x[0]` of a zero; integers to negative powers
        return _lazily(op, *operands)
    made = Element._of(value)
    if any(type(one) is Element and one._how is not None for one in operands):
        _remember(made, op, operands, frame)
    return made


def _with_others(op: Op, x: Element, y: Any, reflected: bool, frame: FrameType) -> Any:
    """Return ``x op y``, or ``y op x``, of an element and what is no number."""
    kind = type(y)
    if op is _MULTIPLY and isinstance(y, (list, tuple)):
        return NotImplemented  # Python repeats it
    if not marks:
        held = looped.shown(y) if kind is handle.SLICED[0] else None
        if held is not None:
            return _with_array(op, x, y, held, reflected, frame)
    operands = (y, x) if reflected else (x, y)
    made = known.elementwise(op, operands, 3)
    return _lazily(op, *operands) if made is None else made


def _lazily(op: Op, x: Any, y: Any) -> Any:
    """Return ``x op y`` as for arrays that are not known."""
    return powers.power(x, y, 4) if op is _POW else calls.binary(op, x, y, 4)


def _with_array(
    op: Op, x: Element, y: Any, held: np.ndarray, reflected: bool, frame: Any
) -> Any:
    """Return ``x op y``, or ``y op x``, of an element and a known array that is held."""
    operands = (y, x) if reflected else (x, y)
    try:
        value = (
            run(op.numpy, held, x._value)
            if reflected
            else run(op.numpy, x._value, held)
        )
    except FloatingPointError:
        values = (held, x._value) if reflected else (x._value, held)
        value = telling.told(op.numpy, *values)
    except REFUSALS as error:
        if op is _POW and type(error) is ValueError:
            raise  # an integer to a negative power
        return calls.binary(op, operands[0], operands[1], 3)
    return result(value, op, operands, x._calls + y._calls, frame)


def _unary(name: str, op: Op, function: Callable[[Any], Any]) -> None:
    """Give elements an operator of their own value."""

    def method(self: Element) -> Any:
        try:
            value = run(function, self._value)
        except FloatingPointError:  # integers overflow
            value = telling.told(function, self._value)
        except REFUSALS:
            made = known.elementwise(op, (self,), 2)
            return calls.unary(op, self) if made is None else made
        made = Element()
        made._value = value
        if self._how is None:
            made._how = None
            made._calls = 0
        else:
            _remember(made, op, (self,), _frame(1))
        return made

    method.__name__ = name
    made = compiled.method("element_unary", method, op=op, function=function)
    setattr(Element, name, made)


def operators() -> Iterator[tuple[str, Op, Any]]:
    """Yield the names of operators of two operands, their rows, and Python's functions."""
    names = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}
    # Not //: the standard's differs from NumPy's for some floats.
    names |= {"mod": "remainder", "and": "bitwise_and", "or": "bitwise_or"}
    names |= {"xor": "bitwise_xor", "pow": "pow"}
    names |= {"lshift": "bitwise_left_shift", "rshift": "bitwise_right_shift"}
    for name, row in names.items():
        for kind in ("", "i", "r"):
            function = getattr(operator, f"__{name}__")
            yield f"__{kind}{name}__", handle.OPS[row], function


def comparisons() -> Iterator[tuple[str, Op, Any]]:
    """Yield the names of comparisons, their rows, and Python's functions."""
    names = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
    for name, row in {**names, "eq": "equal", "ne": "not_equal"}.items():
        yield f"__{name}__", handle.OPS[row], getattr(operator, name)


def _methods() -> None:
    for name, op, function in operators():
        _operator(name, op, function)
        if op is not _POW:
            OPERATORS[op.numpy] = function
    for name, op, function in comparisons():
        _comparison(name, op, function)
        OPERATORS[op.numpy] = function
    _unary("__neg__", handle.OPS["negative"], operator.neg)
    _unary("__pos__", handle.OPS["positive"], operator.pos)
    _unary("__invert__", handle.OPS["bitwise_invert"], operator.invert)
    _unary("__abs__", handle.OPS["abs"], operator.abs)


_methods()
Element.__float__ = compiled.method("element_number", Element.__float__)  # type: ignore[method-assign]
Element.__bool__ = compiled.method("element_number", Element.__bool__, flag=True)  # type: ignore[method-assign]
Element.__int__ = compiled.method("element_integer", Element.__int__)  # type: ignore[method-assign]
Element.__index__ = compiled.method("element_integer", Element.__index__, flag=True)  # type: ignore[method-assign]
handle.ELEMENT[:] = [Element]
known.ARRAYS[Element] = False
known.HOLDERS.add(Element)
