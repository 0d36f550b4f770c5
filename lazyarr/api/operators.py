"""Python's operators on arrays, one for each row that has one.

Generated from the op table: ``pytest tests/ops --update-golden`` writes this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr import ops
from lazyarr.api.calls import binary, inplace, unary

if TYPE_CHECKING:
    from lazyarr.api.array import Array


class Operators:
    """The operators; mixed into `Array`."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Any, /) -> Array:
        return binary(ops.ADD, self, other)

    def __radd__(self, other: Any, /) -> Array:
        return binary(ops.ADD, other, self)

    def __iadd__(self, other: Any, /) -> Array:
        return inplace(ops.ADD, self, other)  # type: ignore[arg-type]

    def __sub__(self, other: Any, /) -> Array:
        return binary(ops.SUBTRACT, self, other)

    def __rsub__(self, other: Any, /) -> Array:
        return binary(ops.SUBTRACT, other, self)

    def __isub__(self, other: Any, /) -> Array:
        return inplace(ops.SUBTRACT, self, other)  # type: ignore[arg-type]

    def __mul__(self, other: Any, /) -> Array:
        return binary(ops.MULTIPLY, self, other)

    def __rmul__(self, other: Any, /) -> Array:
        return binary(ops.MULTIPLY, other, self)

    def __imul__(self, other: Any, /) -> Array:
        return inplace(ops.MULTIPLY, self, other)  # type: ignore[arg-type]

    def __truediv__(self, other: Any, /) -> Array:
        return binary(ops.DIVIDE, self, other)

    def __rtruediv__(self, other: Any, /) -> Array:
        return binary(ops.DIVIDE, other, self)

    def __itruediv__(self, other: Any, /) -> Array:
        return inplace(ops.DIVIDE, self, other)  # type: ignore[arg-type]

    def __floordiv__(self, other: Any, /) -> Array:
        return binary(ops.FLOOR_DIVIDE, self, other)

    def __rfloordiv__(self, other: Any, /) -> Array:
        return binary(ops.FLOOR_DIVIDE, other, self)

    def __ifloordiv__(self, other: Any, /) -> Array:
        return inplace(ops.FLOOR_DIVIDE, self, other)  # type: ignore[arg-type]

    def __mod__(self, other: Any, /) -> Array:
        return binary(ops.REMAINDER, self, other)

    def __rmod__(self, other: Any, /) -> Array:
        return binary(ops.REMAINDER, other, self)

    def __imod__(self, other: Any, /) -> Array:
        return inplace(ops.REMAINDER, self, other)  # type: ignore[arg-type]

    def __neg__(self) -> Array:
        return unary(ops.NEGATIVE, self)  # type: ignore[arg-type]

    def __pos__(self) -> Array:
        return unary(ops.POSITIVE, self)  # type: ignore[arg-type]

    def __abs__(self) -> Array:
        return unary(ops.ABS, self)  # type: ignore[arg-type]

    def __eq__(self, other: Any, /) -> Array:  # type: ignore[override]
        return binary(ops.EQUAL, self, other)

    def __ne__(self, other: Any, /) -> Array:  # type: ignore[override]
        return binary(ops.NOT_EQUAL, self, other)

    def __lt__(self, other: Any, /) -> Array:
        return binary(ops.LESS, self, other)

    def __le__(self, other: Any, /) -> Array:
        return binary(ops.LESS_EQUAL, self, other)

    def __gt__(self, other: Any, /) -> Array:
        return binary(ops.GREATER, self, other)

    def __ge__(self, other: Any, /) -> Array:
        return binary(ops.GREATER_EQUAL, self, other)

    def __and__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_AND, self, other)

    def __rand__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_AND, other, self)

    def __iand__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_AND, self, other)  # type: ignore[arg-type]

    def __or__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_OR, self, other)

    def __ror__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_OR, other, self)

    def __ior__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_OR, self, other)  # type: ignore[arg-type]

    def __xor__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_XOR, self, other)

    def __rxor__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_XOR, other, self)

    def __ixor__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_XOR, self, other)  # type: ignore[arg-type]

    def __invert__(self) -> Array:
        return unary(ops.BITWISE_INVERT, self)  # type: ignore[arg-type]

    def __lshift__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_LEFT_SHIFT, self, other)

    def __rlshift__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_LEFT_SHIFT, other, self)

    def __ilshift__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_LEFT_SHIFT, self, other)  # type: ignore[arg-type]

    def __rshift__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_RIGHT_SHIFT, self, other)

    def __rrshift__(self, other: Any, /) -> Array:
        return binary(ops.BITWISE_RIGHT_SHIFT, other, self)

    def __irshift__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_RIGHT_SHIFT, self, other)  # type: ignore[arg-type]
