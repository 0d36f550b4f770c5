"""Python's operators on arrays, one for each row that has one.

Generated from the op table: ``pytest tests/ops --update-golden`` writes this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr import ops
from lazyarr.api.building import binary, reflected, unary
from lazyarr.api.calls import inplace

if TYPE_CHECKING:
    from lazyarr.api.array import Array


class Operators:
    """The operators; mixed into `Array`."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    __add__ = binary(ops.ADD)
    __radd__ = reflected(ops.ADD)

    def __iadd__(self, other: Any, /) -> Array:
        return inplace(ops.ADD, self, other)  # type: ignore[arg-type]

    __sub__ = binary(ops.SUBTRACT)
    __rsub__ = reflected(ops.SUBTRACT)

    def __isub__(self, other: Any, /) -> Array:
        return inplace(ops.SUBTRACT, self, other)  # type: ignore[arg-type]

    __mul__ = binary(ops.MULTIPLY)
    __rmul__ = reflected(ops.MULTIPLY)

    def __imul__(self, other: Any, /) -> Array:
        return inplace(ops.MULTIPLY, self, other)  # type: ignore[arg-type]

    __truediv__ = binary(ops.DIVIDE)
    __rtruediv__ = reflected(ops.DIVIDE)

    def __itruediv__(self, other: Any, /) -> Array:
        return inplace(ops.DIVIDE, self, other)  # type: ignore[arg-type]

    __floordiv__ = binary(ops.FLOOR_DIVIDE)
    __rfloordiv__ = reflected(ops.FLOOR_DIVIDE)

    def __ifloordiv__(self, other: Any, /) -> Array:
        return inplace(ops.FLOOR_DIVIDE, self, other)  # type: ignore[arg-type]

    __mod__ = binary(ops.REMAINDER)
    __rmod__ = reflected(ops.REMAINDER)

    def __imod__(self, other: Any, /) -> Array:
        return inplace(ops.REMAINDER, self, other)  # type: ignore[arg-type]

    __neg__ = unary(ops.NEGATIVE)

    __pos__ = unary(ops.POSITIVE)

    __abs__ = unary(ops.ABS)

    __eq__ = binary(ops.EQUAL)  # type: ignore[assignment]

    __ne__ = binary(ops.NOT_EQUAL)  # type: ignore[assignment]

    __lt__ = binary(ops.LESS)

    __le__ = binary(ops.LESS_EQUAL)

    __gt__ = binary(ops.GREATER)

    __ge__ = binary(ops.GREATER_EQUAL)

    __and__ = binary(ops.BITWISE_AND)
    __rand__ = reflected(ops.BITWISE_AND)

    def __iand__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_AND, self, other)  # type: ignore[arg-type]

    __or__ = binary(ops.BITWISE_OR)
    __ror__ = reflected(ops.BITWISE_OR)

    def __ior__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_OR, self, other)  # type: ignore[arg-type]

    __xor__ = binary(ops.BITWISE_XOR)
    __rxor__ = reflected(ops.BITWISE_XOR)

    def __ixor__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_XOR, self, other)  # type: ignore[arg-type]

    __invert__ = unary(ops.BITWISE_INVERT)

    __lshift__ = binary(ops.BITWISE_LEFT_SHIFT)
    __rlshift__ = reflected(ops.BITWISE_LEFT_SHIFT)

    def __ilshift__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_LEFT_SHIFT, self, other)  # type: ignore[arg-type]

    __rshift__ = binary(ops.BITWISE_RIGHT_SHIFT)
    __rrshift__ = reflected(ops.BITWISE_RIGHT_SHIFT)

    def __irshift__(self, other: Any, /) -> Array:
        return inplace(ops.BITWISE_RIGHT_SHIFT, self, other)  # type: ignore[arg-type]
