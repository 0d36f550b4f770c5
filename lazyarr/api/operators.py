"""Python's operators on arrays, one for each row that has one.

Generated from the op table: ``pytest tests/ops --update-golden`` writes this file.
"""

from __future__ import annotations

from lazyarr import ops
from lazyarr.api.building import binary, inplace, reflected, unary


class Operators:
    """The operators; mixed into `Array`."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    __add__ = binary(ops.ADD)
    __radd__ = reflected(ops.ADD)
    __iadd__ = inplace(ops.ADD)

    __sub__ = binary(ops.SUBTRACT)
    __rsub__ = reflected(ops.SUBTRACT)
    __isub__ = inplace(ops.SUBTRACT)

    __mul__ = binary(ops.MULTIPLY)
    __rmul__ = reflected(ops.MULTIPLY)
    __imul__ = inplace(ops.MULTIPLY)

    __truediv__ = binary(ops.DIVIDE)
    __rtruediv__ = reflected(ops.DIVIDE)
    __itruediv__ = inplace(ops.DIVIDE)

    __floordiv__ = binary(ops.FLOOR_DIVIDE)
    __rfloordiv__ = reflected(ops.FLOOR_DIVIDE)
    __ifloordiv__ = inplace(ops.FLOOR_DIVIDE)

    __mod__ = binary(ops.REMAINDER)
    __rmod__ = reflected(ops.REMAINDER)
    __imod__ = inplace(ops.REMAINDER)

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
    __iand__ = inplace(ops.BITWISE_AND)

    __or__ = binary(ops.BITWISE_OR)
    __ror__ = reflected(ops.BITWISE_OR)
    __ior__ = inplace(ops.BITWISE_OR)

    __xor__ = binary(ops.BITWISE_XOR)
    __rxor__ = reflected(ops.BITWISE_XOR)
    __ixor__ = inplace(ops.BITWISE_XOR)

    __invert__ = unary(ops.BITWISE_INVERT)

    __lshift__ = binary(ops.BITWISE_LEFT_SHIFT)
    __rlshift__ = reflected(ops.BITWISE_LEFT_SHIFT)
    __ilshift__ = inplace(ops.BITWISE_LEFT_SHIFT)

    __rshift__ = binary(ops.BITWISE_RIGHT_SHIFT)
    __rrshift__ = reflected(ops.BITWISE_RIGHT_SHIFT)
    __irshift__ = inplace(ops.BITWISE_RIGHT_SHIFT)
