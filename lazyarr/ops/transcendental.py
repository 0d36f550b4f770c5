"""Rows of roots, powers, exponentials, logarithms and circular functions."""

from __future__ import annotations

import numpy as np

from lazyarr.ops import standard
from lazyarr.ops.row import map_op

SQRT = map_op(
    "sqrt",
    np.sqrt,
    cuda={"f": "sqrt({0})", "c": "lz_sqrt({0})"},
    ulp_complex=4,
    flops=8,
    summary="Square root.",
)
CBRT = map_op(
    "cbrt",
    np.cbrt,
    cuda="cbrt({0})",
    ulp=5,
    layout_bits="efd",
    flops=20,
    summary="Cube root, real for all reals.",
)
POW = map_op(
    "pow",
    np.power,
    cuda={
        "i": "lz_int_pow({0}, {1})",
        "u": "lz_int_pow({0}, {1})",
        "f": "pow({0}, {1})",
        "c": "lz_pow({0}, {1})",
    },
    ulp=8,
    layout_bits="efd",
    dunder="pow",
    flops=60,
    unit=1,
    unit_exact="iu",
    alias=("power",),
    summary="The first operand raised to the second.",
)
FLOAT_POWER = map_op(
    "float_power",
    np.float_power,
    cuda={"f": "pow({0}, {1})", "c": "lz_pow({0}, {1})"},
    ulp=8,
    flops=60,
    summary="The first operand raised to the second, in float64 or complex128.",
)
HYPOT = map_op(
    "hypot",
    np.hypot,
    cuda="lz_hypot({0}, {1})",
    ulp=4,
    flops=16,
    summary="Length of the hypotenuse over two legs.",
)
EXP = map_op(
    "exp",
    np.exp,
    cuda={"f": "lz_real_exp({0})", "c": "lz_exp({0})"},
    ulp=6,
    layout_bits="ed",
    flops=20,
    summary="Natural exponential of each element.",
)
EXP2 = map_op(
    "exp2",
    np.exp2,
    cuda={"f": "exp2({0})", "c": "lz_exp2({0})"},
    ulp=6,
    layout_bits="efd",
    flops=18,
    summary="Two raised to each element.",
)
EXPM1 = map_op(
    "expm1",
    standard.expm1,
    cuda={"f": "expm1({0})", "c": "lz_expm1({0})"},
    ulp=6,
    layout_bits="efd",
    function=np.expm1,
    flops=24,
    summary="``exp(x) - 1``, accurate near zero.",
)
LOG = map_op(
    "log",
    np.log,
    cuda={"f": "lz_real_log({0})", "c": "lz_log({0})"},
    ulp=5,
    layout_bits="ed",
    flops=20,
    summary="Natural logarithm.",
)
LOG2 = map_op(
    "log2",
    np.log2,
    cuda={"f": "lz_real_log2({0})", "c": "lz_log2({0})"},
    ulp=5,
    layout_bits="efd",
    flops=22,
    summary="Logarithm to the base 2.",
)
LOG10 = map_op(
    "log10",
    np.log10,
    cuda={"f": "lz_real_log10({0})", "c": "lz_log10({0})"},
    ulp=6,
    layout_bits="efd",
    flops=22,
    summary="Logarithm to the base 10.",
)
LOG1P = map_op(
    "log1p",
    np.log1p,
    cuda={"f": "lz_real_log1p({0})", "c": "lz_log1p({0})"},
    ulp=5,
    ulp_scale="c",
    layout_bits="efd",
    flops=24,
    summary="``log(1 + x)``, accurate near zero.",
)
LOGADDEXP = map_op(
    "logaddexp",
    np.logaddexp,
    cuda="lz_logaddexp({0}, {1})",
    ulp=8,
    ulp_scale="f",
    flops=46,
    summary="``log(exp(x1) + exp(x2))`` without overflow.",
)
LOGADDEXP2 = map_op(
    "logaddexp2",
    np.logaddexp2,
    cuda="lz_logaddexp2({0}, {1})",
    ulp=8,
    ulp_scale="f",
    flops=46,
    summary="``log2(2**x1 + 2**x2)`` without overflow.",
)
SIN = map_op(
    "sin",
    np.sin,
    cuda={"f": "lz_real_sin({0})", "c": "lz_sin({0})"},
    ulp=6,
    layout_bits="e",
    flops=25,
    summary="Sine of an angle in radians.",
)
COS = map_op(
    "cos",
    np.cos,
    cuda={"f": "lz_real_cos({0})", "c": "lz_cos({0})"},
    ulp=6,
    layout_bits="e",
    flops=25,
    summary="Cosine of an angle in radians.",
)
TAN = map_op(
    "tan",
    np.tan,
    cuda={"f": "tan({0})", "c": "lz_tan({0})"},
    ulp=10,
    layout_bits="efd",
    flops=35,
    summary="Tangent of an angle in radians.",
)
ASIN = map_op(
    "asin",
    np.arcsin,
    cuda={"f": "asin({0})", "c": "lz_asin({0})"},
    ulp=8,
    layout_bits="efd",
    flops=30,
    alias=("arcsin",),
    summary="Angle of a sine, in radians.",
)
ACOS = map_op(
    "acos",
    np.arccos,
    cuda={"f": "acos({0})", "c": "lz_acos({0})"},
    ulp=8,
    layout_bits="efd",
    flops=30,
    alias=("arccos",),
    summary="Angle of a cosine, in radians.",
)
ATAN = map_op(
    "atan",
    np.arctan,
    cuda={"f": "atan({0})", "c": "lz_atan({0})"},
    ulp=6,
    layout_bits="efd",
    flops=25,
    alias=("arctan",),
    summary="Angle of a tangent, in radians.",
)
ATAN2 = map_op(
    "atan2",
    np.arctan2,
    cuda="atan2({0}, {1})",
    ulp=7,
    layout_bits="efd",
    flops=35,
    alias=("arctan2",),
    summary="Angle of the point (x2, x1), in radians, in its quadrant.",
)
SINH = map_op(
    "sinh",
    np.sinh,
    cuda={"f": "sinh({0})", "c": "lz_sinh({0})"},
    ulp=7,
    layout_bits="efd",
    flops=30,
    summary="Hyperbolic sine.",
)
COSH = map_op(
    "cosh",
    np.cosh,
    cuda={"f": "cosh({0})", "c": "lz_cosh({0})"},
    ulp=6,
    layout_bits="efd",
    flops=30,
    summary="Hyperbolic cosine.",
)
TANH = map_op(
    "tanh",
    standard.tanh,
    cuda={"f": "lz_real_tanh({0})", "c": "lz_tanh({0})"},
    ulp=10,
    layout_bits="e",
    function=np.tanh,
    flops=30,
    summary="Hyperbolic tangent.",
)
ASINH = map_op(
    "asinh",
    np.arcsinh,
    cuda={"f": "asinh({0})", "c": "lz_asinh({0})"},
    ulp=7,
    layout_bits="efd",
    flops=35,
    alias=("arcsinh",),
    summary="Inverse hyperbolic sine.",
)
ACOSH = map_op(
    "acosh",
    np.arccosh,
    cuda={"f": "acosh({0})", "c": "lz_acosh({0})"},
    ulp=8,
    layout_bits="efd",
    flops=35,
    alias=("arccosh",),
    summary="Inverse hyperbolic cosine.",
)
ATANH = map_op(
    "atanh",
    np.arctanh,
    cuda={"f": "atanh({0})", "c": "lz_atanh({0})"},
    ulp=7,
    layout_bits="efd",
    flops=35,
    alias=("arctanh",),
    summary="Inverse hyperbolic tangent.",
)
DEG2RAD = map_op(
    "deg2rad",
    np.deg2rad,
    cuda="lz_deg2rad({0})",
    alias=("radians",),
    summary="Degrees to radians.",
)
RAD2DEG = map_op(
    "rad2deg",
    np.rad2deg,
    cuda="lz_rad2deg({0})",
    alias=("degrees",),
    summary="Radians to degrees.",
)
