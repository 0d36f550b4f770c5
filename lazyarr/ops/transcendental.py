"""Rows of roots, powers, exponentials, logarithms and circular functions."""

from __future__ import annotations

import numpy as np

from lazyarr.ops import standard
from lazyarr.ops.row import map_op

SQRT = map_op("sqrt", np.sqrt, flops=8, summary="Square root.")
CBRT = map_op("cbrt", np.cbrt, flops=20, summary="Cube root, real for all reals.")
POW = map_op(
    "pow",
    np.power,
    dunder="pow",
    flops=60,
    unit=1,
    unit_exact="iuf",
    alias=("power",),
    summary="The first operand raised to the second.",
)
FLOAT_POWER = map_op(
    "float_power",
    np.float_power,
    flops=60,
    unit=1,
    unit_exact="f",
    summary="The first operand raised to the second, in float64 or complex128.",
)
HYPOT = map_op(
    "hypot", np.hypot, flops=16, summary="Length of the hypotenuse over two legs."
)
EXP = map_op("exp", np.exp, flops=20, summary="e raised to each element.")
EXP2 = map_op("exp2", np.exp2, flops=18, summary="Two raised to each element.")
EXPM1 = map_op(
    "expm1",
    standard.expm1,
    function=np.expm1,
    flops=24,
    summary="``exp(x) - 1``, accurate near zero.",
)
LOG = map_op("log", np.log, flops=20, summary="Natural logarithm.")
LOG2 = map_op("log2", np.log2, flops=22, summary="Logarithm to the base 2.")
LOG10 = map_op("log10", np.log10, flops=22, summary="Logarithm to the base 10.")
LOG1P = map_op(
    "log1p", np.log1p, flops=24, summary="``log(1 + x)``, accurate near zero."
)
LOGADDEXP = map_op(
    "logaddexp",
    np.logaddexp,
    flops=46,
    summary="``log(exp(x1) + exp(x2))`` without overflow.",
)
LOGADDEXP2 = map_op(
    "logaddexp2",
    np.logaddexp2,
    flops=46,
    summary="``log2(2**x1 + 2**x2)`` without overflow.",
)
SIN = map_op("sin", np.sin, flops=25, summary="Sine of an angle in radians.")
COS = map_op("cos", np.cos, flops=25, summary="Cosine of an angle in radians.")
TAN = map_op("tan", np.tan, flops=35, summary="Tangent of an angle in radians.")
ASIN = map_op(
    "asin",
    np.arcsin,
    flops=30,
    alias=("arcsin",),
    summary="Angle of a sine, in radians.",
)
ACOS = map_op(
    "acos",
    np.arccos,
    flops=30,
    alias=("arccos",),
    summary="Angle of a cosine, in radians.",
)
ATAN = map_op(
    "atan",
    np.arctan,
    flops=25,
    alias=("arctan",),
    summary="Angle of a tangent, in radians.",
)
ATAN2 = map_op(
    "atan2",
    np.arctan2,
    flops=35,
    alias=("arctan2",),
    summary="Angle of the point (x2, x1), in radians, in its quadrant.",
)
SINH = map_op("sinh", np.sinh, flops=30, summary="Hyperbolic sine.")
COSH = map_op("cosh", np.cosh, flops=30, summary="Hyperbolic cosine.")
TANH = map_op(
    "tanh",
    standard.tanh,
    function=np.tanh,
    flops=30,
    summary="Hyperbolic tangent.",
)
ASINH = map_op(
    "asinh",
    np.arcsinh,
    flops=35,
    alias=("arcsinh",),
    summary="Inverse hyperbolic sine.",
)
ACOSH = map_op(
    "acosh",
    np.arccosh,
    flops=35,
    alias=("arccosh",),
    summary="Inverse hyperbolic cosine.",
)
ATANH = map_op(
    "atanh",
    np.arctanh,
    flops=35,
    alias=("arctanh",),
    summary="Inverse hyperbolic tangent.",
)
DEG2RAD = map_op(
    "deg2rad", np.deg2rad, alias=("radians",), summary="Degrees to radians."
)
RAD2DEG = map_op(
    "rad2deg", np.rad2deg, alias=("degrees",), summary="Radians to degrees."
)
