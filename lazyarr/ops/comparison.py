"""Rows of comparison, logic, tests and bits."""

from __future__ import annotations

import numpy as np

from lazyarr.ops import standard
from lazyarr.ops.row import map_op

EQUAL = map_op(
    "equal",
    np.equal,
    cuda="lz_equal({0}, {1})",
    dunder="eq",
    commutative="biufc",
    summary="Whether the operands are equal.",
)
NOT_EQUAL = map_op(
    "not_equal",
    np.not_equal,
    cuda="lz_not_equal({0}, {1})",
    dunder="ne",
    commutative="biufc",
    summary="Whether the operands differ.",
)
LESS = map_op(
    "less",
    np.less,
    cuda="lz_less({0}, {1})",
    dunder="lt",
    summary="Whether the first operand is smaller.",
)
LESS_EQUAL = map_op(
    "less_equal",
    np.less_equal,
    cuda="lz_less_equal({0}, {1})",
    dunder="le",
    summary="Whether the first operand is smaller or equal.",
)
GREATER = map_op(
    "greater",
    np.greater,
    cuda="lz_greater({0}, {1})",
    dunder="gt",
    summary="Whether the first operand is larger.",
)
GREATER_EQUAL = map_op(
    "greater_equal",
    np.greater_equal,
    cuda="lz_greater_equal({0}, {1})",
    dunder="ge",
    summary="Whether the first operand is larger or equal.",
)
LOGICAL_AND = map_op(
    "logical_and",
    np.logical_and,
    cuda="lz_true({0}) && lz_true({1})",
    commutative="biufc",
    unit=1,
    unit_exact="b",
    summary="Whether both operands are true.",
)
LOGICAL_OR = map_op(
    "logical_or",
    np.logical_or,
    cuda="lz_true({0}) || lz_true({1})",
    commutative="biufc",
    unit=0,
    unit_exact="b",
    summary="Whether either operand is true.",
)
LOGICAL_XOR = map_op(
    "logical_xor",
    np.logical_xor,
    cuda="lz_true({0}) != lz_true({1})",
    commutative="biufc",
    unit=0,
    unit_exact="b",
    summary="Whether exactly one operand is true.",
)
LOGICAL_NOT = map_op(
    "logical_not",
    np.logical_not,
    cuda="!lz_true({0})",
    inverse="logical_not",
    summary="Whether the operand is false.",
)
BITWISE_AND = map_op(
    "bitwise_and",
    np.bitwise_and,
    cuda="{0} & {1}",
    dunder="and",
    commutative="biu",
    unit=-1,
    unit_exact="i",
    summary="Bits set in both operands.",
)
BITWISE_OR = map_op(
    "bitwise_or",
    np.bitwise_or,
    cuda="{0} | {1}",
    dunder="or",
    commutative="biu",
    unit=0,
    unit_exact="biu",
    summary="Bits set in either operand.",
)
BITWISE_XOR = map_op(
    "bitwise_xor",
    np.bitwise_xor,
    cuda="{0} ^ {1}",
    dunder="xor",
    commutative="biu",
    unit=0,
    unit_exact="biu",
    summary="Bits set in exactly one operand.",
)
BITWISE_INVERT = map_op(
    "bitwise_invert",
    np.bitwise_invert,
    cuda={"b": "!{0}", "i": "~{0}", "u": "~{0}"},
    dunder="invert",
    inverse="bitwise_invert",
    alias=("invert", "bitwise_not"),
    summary="Every bit changed.",
)
BITWISE_LEFT_SHIFT = map_op(
    "bitwise_left_shift",
    np.bitwise_left_shift,
    cuda="lz_shift_left({0}, {1})",
    dunder="lshift",
    unit=0,
    unit_exact="iu",
    alias=("left_shift",),
    summary="Bits of the first operand moved up by the second.",
)
BITWISE_RIGHT_SHIFT = map_op(
    "bitwise_right_shift",
    np.bitwise_right_shift,
    cuda="lz_shift_right({0}, {1})",
    dunder="rshift",
    unit=0,
    unit_exact="iu",
    alias=("right_shift",),
    summary="Bits of the first operand moved down by the second, keeping the sign.",
)
BITWISE_COUNT = map_op(
    "bitwise_count",
    np.bitwise_count,
    cuda="lz_bitwise_count({0})",
    summary="Number of bits set in the absolute value.",
)
ISFINITE = map_op(
    "isfinite",
    standard.Strided(np.isfinite),
    function=np.isfinite,
    cuda={
        "b": "true",
        "i": "true",
        "u": "true",
        "f": "{0} - {0} == 0",
        "c": "{0}.re - {0}.re == 0 && {0}.im - {0}.im == 0",
    },
    summary="Whether each element is neither infinite nor NaN.",
)
ISINF = map_op(
    "isinf",
    standard.Strided(np.isinf),
    function=np.isinf,
    cuda={
        "b": "false",
        "i": "false",
        "u": "false",
        "f": "lz_isinf({0})",
        "c": "lz_isinf({0}.re) || lz_isinf({0}.im)",
    },
    summary="Whether each element is infinite.",
)
ISNAN = map_op(
    "isnan",
    standard.Strided(np.isnan),
    function=np.isnan,
    cuda={
        "b": "false",
        "i": "false",
        "u": "false",
        "f": "{0} != {0}",
        "c": "{0} != {0}",
    },
    summary="Whether each element is NaN.",
)
