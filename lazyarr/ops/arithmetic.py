"""Rows of arithmetic: sums, products, quotients, roundings and signs."""

from __future__ import annotations

import numpy as np

from lazyarr.ops import standard
from lazyarr.ops.row import Array, DType, Op, Operand, ask_numpy, map_op

ADD = map_op(
    "add",
    np.add,
    cuda={
        "b": "{0} || {1}",
        "i": "lz_wrap_add({0}, {1})",
        "u": "lz_wrap_add({0}, {1})",
        "f": "{0} + {1}",
        "c": "{0} + {1}",
    },
    dunder="add",
    commutative="biu",
    unit=0,
    unit_exact="biu",
    summary="Sum of two arrays, element by element.",
)
SUBTRACT = map_op(
    "subtract",
    np.subtract,
    cuda={
        "i": "lz_wrap_subtract({0}, {1})",
        "u": "lz_wrap_subtract({0}, {1})",
        "f": "{0} - {1}",
        "c": "{0} - {1}",
    },
    dunder="sub",
    unit=0,
    unit_exact="iuf",
    summary="Difference of two arrays, element by element.",
)
MULTIPLY = map_op(
    "multiply",
    np.multiply,
    cuda={
        "b": "{0} && {1}",
        "i": "lz_wrap_multiply({0}, {1})",
        "u": "lz_wrap_multiply({0}, {1})",
        "f": "{0} * {1}",
        "c": "{0} * {1}",
    },
    ulp_complex=2,
    layout_bits="FD",
    dunder="mul",
    commutative="biu",
    unit=1,
    unit_exact="biuf",
    summary="Product of two arrays, element by element.",
)
DIVIDE = map_op(
    "divide",
    np.divide,
    cuda={"f": "{0} / {1}", "c": "{0} / {1}"},
    dunder="truediv",
    flops=6,
    unit=1,
    unit_exact="f",
    alias=("true_divide",),
    summary="Quotient of two arrays, element by element, never an integer.",
)
FLOOR_DIVIDE = map_op(
    "floor_divide",
    standard.floor_divide,
    cuda={
        "i": "lz_int_floor_divide({0}, {1})",
        "u": "lz_int_floor_divide({0}, {1})",
        "f": "lz_floor_divide({0}, {1})",
    },
    function=np.floor_divide,
    dunder="floordiv",
    flops=12,
    unit=1,
    unit_exact="iu",
    summary="Quotient rounded down, element by element.",
)
REMAINDER = map_op(
    "remainder",
    np.remainder,
    cuda={
        "i": "lz_int_remainder({0}, {1})",
        "u": "lz_int_remainder({0}, {1})",
        "f": "lz_remainder({0}, {1})",
    },
    dunder="mod",
    flops=12,
    alias=("mod",),
    summary="Remainder of the floor division, with the sign of the divisor.",
)
FMOD = map_op(
    "fmod",
    np.fmod,
    cuda={
        "i": "lz_int_fmod({0}, {1})",
        "u": "lz_int_fmod({0}, {1})",
        "f": "fmod({0}, {1})",
    },
    flops=12,
    summary="Remainder of the truncated division, with the sign of the dividend.",
)
NEGATIVE = map_op(
    "negative",
    standard.Strided(np.negative),
    function=np.negative,
    cuda={
        "i": "lz_wrap_negative({0})",
        "u": "lz_wrap_negative({0})",
        "f": "-{0}",
        "c": "-{0}",
    },
    dunder="neg",
    inverse="negative",
    summary="Each element with its sign changed.",
)
POSITIVE = map_op(
    "positive",
    np.positive,
    cuda="{0}",
    dunder="pos",
    identity="iufc",
    summary="Each element as it is.",
)
ABS = map_op(
    "abs",
    np.absolute,
    cuda={
        "b": "{0}",
        "i": "lz_wrap_abs({0})",
        "u": "{0}",
        "f": "fabs({0})",
        "c": "lz_hypot({0}.re, {0}.im)",
    },
    ulp_complex=4,
    layout_bits="FD",
    dunder="abs",
    identity="bu",
    alias=("absolute",),
    summary="Absolute value; the modulus of a complex number.",
)
FABS = map_op(
    "fabs", np.fabs, cuda="fabs({0})", summary="Absolute value, always a real float."
)
SIGN = map_op(
    "sign",
    standard.sign,
    cuda={
        "i": "lz_sign({0})",
        "u": "lz_sign({0})",
        "f": "lz_sign({0})",
        "c": "lz_complex_sign({0})",
    },
    ulp_complex=4,
    function=np.sign,
    summary="-1, 0 or 1 by sign; the direction ``x / abs(x)`` of a complex number.",
)


SIGNBIT = map_op(
    "signbit",
    standard.Strided(np.signbit),
    function=np.signbit,
    cuda="signbit({0})",
    summary="Whether the sign bit is set.",
)
COPYSIGN = map_op(
    "copysign",
    np.copysign,
    cuda="copysign({0}, {1})",
    summary="The first operand with the second one's sign.",
)
NEXTAFTER = map_op(
    "nextafter",
    np.nextafter,
    cuda="lz_nextafter({0}, {1})",
    flops=4,
    summary="The next float after the first operand, toward the second.",
)
RECIPROCAL = map_op(
    "reciprocal",
    np.reciprocal,
    cuda={
        "i": "lz_int_reciprocal({0})",
        "u": "lz_int_reciprocal({0})",
        "f": "1 / {0}",
        "c": "lz_complex_reciprocal({0})",
    },
    flops=6,
    summary="One over each element.",
)
SQUARE = map_op(
    "square",
    np.square,
    cuda={
        "i": "lz_wrap_multiply({0}, {0})",
        "u": "lz_wrap_multiply({0}, {0})",
        "f": "{0} * {0}",
        "c": "{0} * {0}",
    },
    ulp_complex=2,
    layout_bits="FD",
    summary="Each element times itself.",
)
HEAVISIDE = map_op(
    "heaviside",
    np.heaviside,
    cuda="lz_heaviside({0}, {1})",
    summary="0 below zero, 1 above, and the second operand at zero.",
)
FLOOR = map_op(
    "floor",
    np.floor,
    cuda={"b": "{0}", "i": "{0}", "u": "{0}", "f": "floor({0})"},
    identity="biu",
    summary="Largest integer not above each element.",
)
CEIL = map_op(
    "ceil",
    np.ceil,
    cuda={"b": "{0}", "i": "{0}", "u": "{0}", "f": "ceil({0})"},
    identity="biu",
    summary="Smallest integer not below each element.",
)
TRUNC = map_op(
    "trunc",
    np.trunc,
    cuda={"b": "{0}", "i": "{0}", "u": "{0}", "f": "trunc({0})"},
    identity="biu",
    summary="Each element rounded toward zero.",
)
RINT = map_op(
    "rint",
    np.rint,
    cuda={"f": "rint({0})", "c": "{out}(rint({0}.re), rint({0}.im))"},
    summary="Nearest integer, ties to the even one; always a float.",
)


def _round(x: Array, out: Array | None = None) -> Array:
    return np.round(x, 0, out)


def _round_dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    """Integers stay as they are; everything else rounds as ``rint`` does."""
    (operand,) = operands
    if operand is int:
        operand = np.dtype(int)
    if isinstance(operand, np.dtype) and operand.kind in "iu":
        native = operand.newbyteorder("=")
        return native, native
    return ask_numpy(RINT, operands)


ROUND = map_op(
    "round",
    _round,
    cuda={
        "i": "{0}",
        "u": "{0}",
        "f": "rint({0})",
        "c": "{out}(rint({0}.re), rint({0}.im))",
    },
    nin=1,
    dtypes=_round_dtypes,
    identity="iu",
    summary="Nearest integer, ties to the even one; integers stay integers.",
)
GCD = map_op(
    "gcd",
    np.gcd,
    cuda="lz_gcd({0}, {1})",
    flops=60,
    commutative="iu",
    summary="Greatest common divisor of two integers.",
)
LCM = map_op(
    "lcm",
    np.lcm,
    cuda="lz_lcm({0}, {1})",
    flops=70,
    commutative="iu",
    summary="Least common multiple of two integers.",
)
