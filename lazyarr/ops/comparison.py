"""Rows of comparison, logic, tests and bits."""

from __future__ import annotations

import numpy as np

from lazyarr.ops.row import map_op

EQUAL = map_op(
    "equal",
    np.equal,
    dunder="eq",
    commutative="biufc",
    summary="Whether the operands are equal.",
)
NOT_EQUAL = map_op(
    "not_equal",
    np.not_equal,
    dunder="ne",
    commutative="biufc",
    summary="Whether the operands differ.",
)
LESS = map_op(
    "less", np.less, dunder="lt", summary="Whether the first operand is smaller."
)
LESS_EQUAL = map_op(
    "less_equal",
    np.less_equal,
    dunder="le",
    summary="Whether the first operand is smaller or equal.",
)
GREATER = map_op(
    "greater", np.greater, dunder="gt", summary="Whether the first operand is larger."
)
GREATER_EQUAL = map_op(
    "greater_equal",
    np.greater_equal,
    dunder="ge",
    summary="Whether the first operand is larger or equal.",
)
LOGICAL_AND = map_op(
    "logical_and",
    np.logical_and,
    commutative="biufc",
    unit=1,
    unit_exact="b",
    summary="Whether both operands are true.",
)
LOGICAL_OR = map_op(
    "logical_or",
    np.logical_or,
    commutative="biufc",
    unit=0,
    unit_exact="b",
    summary="Whether either operand is true.",
)
LOGICAL_XOR = map_op(
    "logical_xor",
    np.logical_xor,
    commutative="biufc",
    unit=0,
    unit_exact="b",
    summary="Whether exactly one operand is true.",
)
LOGICAL_NOT = map_op(
    "logical_not",
    np.logical_not,
    inverse="logical_not",
    summary="Whether the operand is false.",
)
BITWISE_AND = map_op(
    "bitwise_and",
    np.bitwise_and,
    dunder="and",
    commutative="biu",
    unit=-1,
    unit_exact="i",
    summary="Bits set in both operands.",
)
BITWISE_OR = map_op(
    "bitwise_or",
    np.bitwise_or,
    dunder="or",
    commutative="biu",
    unit=0,
    unit_exact="biu",
    summary="Bits set in either operand.",
)
BITWISE_XOR = map_op(
    "bitwise_xor",
    np.bitwise_xor,
    dunder="xor",
    commutative="biu",
    unit=0,
    unit_exact="biu",
    summary="Bits set in exactly one operand.",
)
BITWISE_INVERT = map_op(
    "bitwise_invert",
    np.bitwise_invert,
    dunder="invert",
    inverse="bitwise_invert",
    alias=("invert", "bitwise_not"),
    summary="Every bit changed.",
)
BITWISE_LEFT_SHIFT = map_op(
    "bitwise_left_shift",
    np.bitwise_left_shift,
    dunder="lshift",
    unit=0,
    unit_exact="iu",
    alias=("left_shift",),
    summary="Bits of the first operand moved up by the second.",
)
BITWISE_RIGHT_SHIFT = map_op(
    "bitwise_right_shift",
    np.bitwise_right_shift,
    dunder="rshift",
    unit=0,
    unit_exact="iu",
    alias=("right_shift",),
    summary="Bits of the first operand moved down by the second, keeping the sign.",
)
BITWISE_COUNT = map_op(
    "bitwise_count",
    np.bitwise_count,
    summary="Number of bits set in the absolute value.",
)
ISFINITE = map_op(
    "isfinite", np.isfinite, summary="Whether each element is neither infinite nor NaN."
)
ISINF = map_op("isinf", np.isinf, summary="Whether each element is infinite.")
ISNAN = map_op("isnan", np.isnan, summary="Whether each element is NaN.")
