"""The operators of small arrays that are known: NumPy's, called at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import (
    bounds,
    calls,
    handle,
    looped,
    opened,
    powers,
    telling,
)
from lazyarr.api.array import Array
from lazyarr.api.bounds import (
    MADE_BY,
    USUAL,
    broadens,
    small_bytes,
)
from lazyarr.api.constants import DOUBLE, FLOATS, INTEGER, INTEGERS, WHOLE, beside
from lazyarr.api.element import Element
from lazyarr.api.handle import FINAL, WEAK, Handle, new
from lazyarr.api.known import REFUSALS, Unknown, plain, run
from lazyarr.api.looped import noted
from lazyarr.api.made import NO_OPTIONS, SCALARS, calls_of, loosely, remembered, result
from lazyarr.api.recent import OF_PART
from lazyarr.api.small import Borrowed, Small
from lazyarr.ir import infer
from lazyarr.ops.standard import OF_INTEGERS
from lazyarr.runtime import floating
from lazyarr.watched import marks

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from lazyarr.ops.row import Op

_POW = handle.OPS["pow"]
_SQUARE = handle.OPS["square"]
_ROOT = handle.OPS["sqrt"]
_frame = sys._getframe
_ndarray = np.ndarray
_KEEPING = {bool: "iufc", int: "iufc", float: "fc", complex: "c"}
"""Kinds of dtypes that results have beside numbers of Python's."""
_OPERANDS = (Handle, list, tuple, np.generic, int, float, complex)


def _operator(name: str, op: Op) -> None:
    """Give small arrays an operator that computes with what is known at once."""
    function = op.numpy
    double, integer = _dtypes(op)

    def method(self: Small, other: Any, /) -> Any:
        x, kind = self._value, type(other)
        y, count = other, self._calls
        if kind is Small or kind is Element or kind is Borrowed:
            y = other._value
            count += other._calls
            if (x.ndim > 1 or y.ndim > 1) and broadens(x, y):
                return calls.binary(op, self, other)
        elif kind is float:
            y = FLOATS[other] if other and x.dtype is double else other
        elif kind is int:
            dtype = x.dtype
            y = WHOLE[other] if dtype is double else other
            y = INTEGERS[other] if dtype is integer else y
        elif kind not in SCALARS:
            return _beside(op, self, other, _frame(1))
        if marks:
            return _beside(op, self, other, _frame(1))
        try:
            value = run(function, x, y)
        except REFUSALS as error:
            return _refused(op, (self, other), (x, y), error, _frame(1))
        made = Small() if type(value) is _ndarray else Element()
        made._value = value
        frame = _frame(1)
        how = (op, self, other, frame.f_code, frame.f_lasti)
        return remembered(made, how, count)

    method.__name__ = name
    made = compiled.method(
        "array_binary",
        method,
        op=op,
        function=function,
        other=OF_INTEGERS.get(function),
        flag=double is not None,
    )
    setattr(Small, name, made)


def _reflected(name: str, op: Op) -> None:
    """Give small arrays an operator that they are the second operand of."""
    function = op.numpy
    double, integer = _dtypes(op)

    def method(self: Small, other: Any, /) -> Any:
        x, kind, y = self._value, type(other), other
        if kind is float:
            y = FLOATS[other] if other and x.dtype is double else other
        elif kind is int:
            dtype = x.dtype
            y = WHOLE[other] if dtype is double else other
            y = INTEGERS[other] if dtype is integer else y
        else:
            return _beside(op, self, other, _frame(1), reflected=True)
        if marks:
            return _beside(op, self, other, _frame(1), reflected=True)
        try:
            value = run(function, y, x)
        except REFUSALS as error:
            return _refused(op, (other, self), (y, x), error, _frame(1))
        made = Small() if type(value) is _ndarray else Element()
        made._value = value
        frame = _frame(1)
        how = (op, other, self, frame.f_code, frame.f_lasti)
        return remembered(made, how, self._calls)

    method.__name__ = name
    made = compiled.method(
        "array_binary",
        method,
        op=op,
        function=function,
        other=OF_INTEGERS.get(function),
        flag=double is not None,
        reflected=True,
    )
    setattr(Small, name, made)


def _dtypes(op: Op) -> tuple[Any, Any]:
    """Return the dtypes beside which numbers are `constants` for what computes a row."""
    return (DOUBLE, INTEGER) if type(op.numpy) is np.ufunc else (None, None)


def _beside(
    op: Op, self: Small, other: Any, frame: FrameType, *, reflected: bool = False
) -> Any:
    """Return ``self op other``, or ``other op self``, of whatever else there is."""
    x, count = self._value, self._calls
    y, told = other, other
    operands: Any = (other, self) if reflected else (self, other)
    try:
        if type(other) not in WEAK:
            if type(other) is FINAL[0] and _is_planned(other, x):
                a, b = operands
                return new(infer.binary_node(op, a._node, b._node, looped.place(frame)))
            y, more = _other(other, x)
            count += more
            told = loosely(other)
        if marks and not small_bytes():
            raise Unknown
        value = run(op.numpy, *((y, x) if reflected else (x, y)))
    except FloatingPointError:
        value = telling.told(op.numpy, *((y, x) if reflected else (x, y)))
    except REFUSALS:
        return calls.binary(op, operands[0], operands[1], 3)
    return result(value, op, (told, self) if reflected else (self, told), count, frame)


def _refused(op: Op, operands: Any, values: Any, error: Any, frame: FrameType) -> Any:
    """Return ``op`` of what raised an error where floating-point errors do."""
    if type(error) is not FloatingPointError:
        return calls.binary(op, operands[0], operands[1], 3)
    count = calls_of(operands)
    return result(telling.told(op.numpy, *values), op, operands, count, frame)


def _is_planned(other: Handle, x: np.ndarray) -> bool:
    """Whether an array is certain not to be known, or larger than what is small."""
    if other._base is not None or marks:
        return False
    node = other._node
    if node.args or type(node.value) is not np.ndarray:
        return True
    nbytes = node.value.nbytes
    return nbytes > USUAL and nbytes > x.nbytes


def _other(other: Any, x: np.ndarray) -> tuple[Any, int]:
    """Return the other operand of an operator, and how many calls that tells of."""
    kind = type(other)
    if kind is Element:
        return other._value, 0 if other._how is None else other._calls
    if kind in SCALARS:
        return other, 0
    if kind in handle.SMALLS:
        y, count = other._value, other._calls
    elif kind is handle.SLICED[0]:
        y, count = looped.shown(other), MADE_BY
        if y is None:
            raise Unknown
    else:
        y, count = _operand(other, x.nbytes), 0
    if bounds.is_wide((x, y)):
        raise Unknown
    return y, count


def _operand(other: Any, most: int) -> Any:
    """Return the other operand of an operator, which may have a say of its own.

    It is no larger than the first one, or small.
    """
    if not _is_operand(other):
        raise Unknown
    return plain(other, most)


def _is_operand(other: Any) -> bool:
    """Whether an operand has no say of its own in what an operator does."""
    return issubclass(type(other), _OPERANDS) or type(other) is np.ndarray


def _unary(name: str, op: Op) -> None:
    function, general = looped.without_out(op), op

    def method(self: Small) -> Any:
        x = self._value
        try:
            if marks and not small_bytes():
                raise Unknown
            value = run(function, x)
        except FloatingPointError:
            value = telling.told(function, x)
        except REFUSALS:
            return calls.unary(general, self)
        return result(value, general, (self,), self._calls, _frame(1))

    method.__name__ = name
    made = compiled.method("array_unary", method, op=op, function=function)
    setattr(Small, name, made)


def _power(self: Small, other: Any, /) -> Any:
    """Return ``x ** y``."""
    x, kind = self._value, type(other)
    count, op = self._calls, _POW
    operands: tuple[Any, ...] = (self, other)
    try:
        if marks:
            raise Unknown
        if kind is Small and x.shape == other._value.shape:
            value = run(np.power, x, other._value)
            count += other._calls
        elif kind is int or kind is float:
            square = kind is int and other == 2  # of whatever dtype
            found = _SQUARE if square else powers.shortcut(x.dtype, other)
            if found is None:
                value = run(np.power, x, other)
            else:
                value, op, operands = run(found.numpy, x), found, (self,)
        else:
            raise Unknown
    except REFUSALS:
        made = powers.at_once(self, other)
        return powers.power(self, other) if made is None else made
    return result(value, op, operands, count, _frame(1))


def _inplace_power(self: Small, other: Any, /) -> Any:
    """Replace ``x`` by ``x ** y`` in its memory."""
    if not marks and _keeps(self._value, other) and _put(self, _power(self, other)):
        return self
    return Array.__ipow__(self, other)


def _keeps(x: np.ndarray, other: Any) -> bool:
    """Whether ``x op other`` has an array's dtype and shape, and may be written there.

    What is not certain goes the general way, before an error is told of the result.
    """
    kind = type(other)
    if kind in WEAK:
        return x.dtype.kind in _KEEPING[kind] and x.flags.writeable
    y = other._value if kind in (Small, Element, Borrowed) else other
    if type(y) is not _ndarray and type(y) not in SCALARS:
        return False
    alike = y.dtype == x.dtype and x.dtype.kind != "b"  # of which integers are made
    rows = y.ndim <= x.ndim and y.shape == x.shape[x.ndim - y.ndim :]
    return bool(alike and rows) and x.flags.writeable


def _put(x: Small, made: Any) -> bool:
    """Write what an operator gave into the memory of its operand, if that may be."""
    if type(made) not in (Small, Element) or not _fits(made._value, x._value):
        return False
    if type(x) is Borrowed:
        x._own()
    x._value[...] = made._value
    x._how = None
    return True


def _inplace(name: str, op: Op, plainly: Callable[[Any, Any], Any]) -> None:
    """Give small arrays an in-place operator, which writes into their memory."""
    function, general, is_plain = op.numpy, op, looped.is_plain(op)

    @floating.loop
    def method(self: Small, other: Any, /) -> Any:
        kind, at = type(other), 0  # noqa: F841 - Notes reads it
        usual = kind is Small or kind is Element or kind in WEAK
        if usual and is_plain and type(self) is Small and not marks:
            held = self._value
            given = beside(held.dtype, other) if kind in WEAK else other._value
            try:
                found = noted(function, held, given, held)[1]
            except looped.ERRORS:
                del held, given  # who else needs the memory is counted
                return calls.inplace(general, self, other)
            if found:
                looped.tell(found, general, looped.place(_frame(1)))
            how = self._how
            if how is not None and len(how) > OF_PART:
                remember(self, general, other, _frame(1))
            return self
        if _is_operand(other) and not (marks and not small_bytes()):
            if opened.into(general, self, other, looped.place(_frame(1))):
                return self
            keeps = not is_plain and _keeps(self._value, other)
            if keeps and _put(self, plainly(self, other)):
                return self
        return calls.inplace(general, self, other)

    method.__name__ = name
    made = method
    if is_plain:
        made = compiled.method("array_inplace", method, op=op, function=function)
    setattr(Small, name, made)


def remember(x: Small, op: Op, other: Any, frame: FrameType) -> None:
    """Let an array remember an in-place operator that has been applied to it.

    What it was is known by how it was made. What else there is to the operator may
    have been made of the array itself, and is not told then; but of a view it stays
    true that it is one.
    """
    how = x._how
    count = x._calls + bounds.weight(x._value)
    if count > MADE_BY or not (type(other) in WEAK or other is x):
        x._how, x._calls = None, bounds.untold(x._value)
        return
    before = Small._of(x._value)
    before._how = how
    pair = (before, before if other is x else other)
    x._how, x._calls = (op, pair, NO_OPTIONS, frame.f_code, frame.f_lasti), count


def _fits(value: np.ndarray, held: np.ndarray) -> bool:
    return (
        value.dtype == held.dtype
        and value.shape == held.shape
        and value.strides == held.strides
        and held.flags.writeable
    )


for _name, _op, _is_reflected in calls.operators():
    if _op.nin == 1:
        _unary(_name, _op)
        continue
    if not _is_reflected:
        _operator(_name, _op)
    else:  # what has an operator in place, too
        _reflected(_name, _op)
        _inplace(f"__i{_op.dunder}__", _op, getattr(Small, f"__{_op.dunder}__"))
Small.__pow__ = compiled.method(
    "array_power",
    _power,
    op=_SQUARE,
    function=_SQUARE.numpy,
    other=(_ROOT, _ROOT.numpy, _POW, _POW.numpy),
)
Small.__ipow__ = _inplace_power  # type: ignore[assignment, method-assign]
Small.__hash__ = Array.__hash__  # type: ignore[method-assign]
