"""NumPy's array API, deferred: build, plan, fuse, place, explain, then run.

``import lazyarr as la``, or ``import lazyarr as np`` for programs written for NumPy.
"""

import typing as _typing
from typing import Any as _Any

import numpy as _numpy
from numpy import (
    bool_,
    complex64,
    complex128,
    e,
    float16,
    float32,
    float64,
    inf,
    int8,
    int16,
    int32,
    int64,
    intp,
    nan,
    newaxis,
    pi,
    uint8,
    uint16,
    uint32,
    uint64,
)
from numpy import bool_ as bool

from lazyarr._version import __version__
from lazyarr.api import arithmetic as _arithmetic  # noqa: F401 - of small arrays
from lazyarr.api import element as _element  # noqa: F401 - x[3] gives its class
from lazyarr.api import large as _large  # noqa: F401 - what loops write into
from lazyarr.api import masked as _masked  # noqa: F401 - x[mask] gives its class
from lazyarr.api import namespace as _namespace
from lazyarr.api import parts as _parts  # noqa: F401 - views of what loops write
from lazyarr.api import small_methods as _small_methods  # noqa: F401 - NumPy's
from lazyarr.api import usual as _usual  # noqa: F401 - for what is compiled
from lazyarr.api.array import Array
from lazyarr.api.creation import (
    array,
    asarray,
    empty,
    from_dlpack,
    full,
    ones,
    zeros,
)
from lazyarr.api.elementwise import (
    abs,
    absolute,
    acos,
    acosh,
    add,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_count,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    cbrt,
    ceil,
    conj,
    conjugate,
    copysign,
    cos,
    cosh,
    deg2rad,
    degrees,
    divide,
    equal,
    exp,
    exp2,
    expm1,
    fabs,
    float_power,
    floor,
    floor_divide,
    fmax,
    fmin,
    fmod,
    gcd,
    greater,
    greater_equal,
    heaviside,
    hypot,
    invert,
    isfinite,
    isinf,
    isnan,
    lcm,
    left_shift,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    mod,
    multiply,
    negative,
    nextafter,
    not_equal,
    positive,
    rad2deg,
    radians,
    reciprocal,
    remainder,
    right_shift,
    rint,
    sign,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    true_divide,
    trunc,
)
from lazyarr.api.indexing import (
    take,
    take_along_axis,
)
from lazyarr.api.manipulation import (
    astype,
    copy,
    diagonal,
    expand_dims,
    flip,
    matrix_transpose,
    moveaxis,
    permute_dims,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    transpose,
)
from lazyarr.api.moments import mean, std, var
from lazyarr.api.scans import (
    cumprod,
    cumsum,
    cumulative_prod,
    cumulative_sum,
)
from lazyarr.api.searching import argmax, argmin, count_nonzero
from lazyarr.api.selection import (
    angle,
    around,
    clip,
    imag,
    pow,
    power,
    real,
    round,
    where,
)
from lazyarr.api.statistical import (
    all,
    amax,
    amin,
    any,
    max,
    min,
    prod,
    sum,
)
from lazyarr.config import config
from lazyarr.errors import (
    AxisError,
    ConfigError,
    DeviceError,
    DTypeError,
    ExecutionError,
    IndexingError,
    InternalError,
    KernelError,
    LazyarrError,
    MemoryLimitError,
    ShapeError,
    TransferError,
    UnsupportedError,
)
from lazyarr.runtime.errstate import errstate

__array_api_version__ = "2025.12"

__all__ = [
    "Array",
    "AxisError",
    "ConfigError",
    "DTypeError",
    "DeviceError",
    "ExecutionError",
    "IndexingError",
    "InternalError",
    "KernelError",
    "LazyarrError",
    "MemoryLimitError",
    "ShapeError",
    "TransferError",
    "UnsupportedError",
    "__array_api_version__",
    "__array_namespace_info__",
    "__version__",
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "all",
    "allclose",
    "amax",
    "amin",
    "angle",
    "any",
    "arange",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "around",
    "array",
    "array_equal",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_count",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "bool_",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "can_cast",
    "cbrt",
    "ceil",
    "clip",
    "complex64",
    "complex128",
    "compute",
    "concat",
    "concatenate",
    "config",
    "conj",
    "conjugate",
    "copy",
    "copysign",
    "cos",
    "cosh",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "deg2rad",
    "degrees",
    "devices",
    "diagonal",
    "diff",
    "divide",
    "dot",
    "e",
    "einsum",
    "elementwise",
    "empty",
    "empty_like",
    "equal",
    "errstate",
    "exp",
    "exp2",
    "expand_dims",
    "explain",
    "expm1",
    "eye",
    "fabs",
    "fft",
    "finfo",
    "flatnonzero",
    "flip",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "from_dlpack",
    "full",
    "full_like",
    "gcd",
    "greater",
    "greater_equal",
    "heaviside",
    "hstack",
    "hypot",
    "identity",
    "iinfo",
    "imag",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "intp",
    "invert",
    "is_lazy",
    "isclose",
    "isdtype",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "lcm",
    "left_shift",
    "less",
    "less_equal",
    "linalg",
    "linspace",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "meshgrid",
    "min",
    "minimum",
    "mod",
    "moveaxis",
    "multiply",
    "nan",
    "nan_to_num",
    "negative",
    "newaxis",
    "nextafter",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "outer",
    "permute_dims",
    "persist",
    "pi",
    "positive",
    "pow",
    "power",
    "prod",
    "profiles",
    "ptp",
    "rad2deg",
    "radians",
    "ravel",
    "real",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "right_shift",
    "rint",
    "roll",
    "round",
    "searchsorted",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "trace",
    "transpose",
    "tril",
    "triu",
    "true_divide",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "var",
    "vecdot",
    "vstack",
    "where",
    "zeros",
    "zeros_like",
]
_OWN = frozenset(__all__)  # what is here without being asked for
# What `from lazyarr import *` has of NumPy's `from numpy import *`.
__all__ += sorted({*_numpy.__all__}.difference(__all__, _namespace.NOT_OFFERED))

if _typing.TYPE_CHECKING:  # what `__getattr__` loads, for editors and type checkers
    from lazyarr import fft as fft
    from lazyarr import linalg as linalg
    from lazyarr import profiles as profiles
    from lazyarr import random as random
    from lazyarr import testing as testing
    from lazyarr.api.alike import empty_like as empty_like
    from lazyarr.api.alike import full_like as full_like
    from lazyarr.api.alike import ones_like as ones_like
    from lazyarr.api.alike import zeros_like as zeros_like
    from lazyarr.api.bins import bincount as bincount
    from lazyarr.api.bins import histogram as histogram
    from lazyarr.api.broadcasting import broadcast_arrays as broadcast_arrays
    from lazyarr.api.broadcasting import broadcast_shapes as broadcast_shapes
    from lazyarr.api.broadcasting import broadcast_to as broadcast_to
    from lazyarr.api.choosing import choose as choose
    from lazyarr.api.choosing import compress as compress
    from lazyarr.api.closeness import allclose as allclose
    from lazyarr.api.closeness import array_equal as array_equal
    from lazyarr.api.closeness import isclose as isclose
    from lazyarr.api.conversions import ascontiguousarray as ascontiguousarray
    from lazyarr.api.datatypes import can_cast as can_cast
    from lazyarr.api.datatypes import finfo as finfo
    from lazyarr.api.datatypes import iinfo as iinfo
    from lazyarr.api.datatypes import isdtype as isdtype
    from lazyarr.api.datatypes import result_type as result_type
    from lazyarr.api.devices import devices as devices
    from lazyarr.api.explain import compute as compute
    from lazyarr.api.explain import explain as explain
    from lazyarr.api.explain import is_lazy as is_lazy
    from lazyarr.api.explain import persist as persist
    from lazyarr.api.formulas import nan_to_num as nan_to_num
    from lazyarr.api.formulas import ptp as ptp
    from lazyarr.api.formulas import sinc as sinc
    from lazyarr.api.further import divmod as divmod
    from lazyarr.api.further import inner as inner
    from lazyarr.api.further import matvec as matvec
    from lazyarr.api.inspection import (
        __array_namespace_info__ as __array_namespace_info__,
    )
    from lazyarr.api.joining import concat as concat
    from lazyarr.api.joining import concatenate as concatenate
    from lazyarr.api.joining import diff as diff
    from lazyarr.api.joining import hstack as hstack
    from lazyarr.api.joining import repeat as repeat
    from lazyarr.api.joining import roll as roll
    from lazyarr.api.joining import stack as stack
    from lazyarr.api.joining import tile as tile
    from lazyarr.api.joining import unstack as unstack
    from lazyarr.api.joining import vstack as vstack
    from lazyarr.api.kernels import elementwise as elementwise
    from lazyarr.api.nan_reductions import nanmax as nanmax
    from lazyarr.api.nan_reductions import nanmean as nanmean
    from lazyarr.api.nan_reductions import nanmin as nanmin
    from lazyarr.api.nan_reductions import nanstd as nanstd
    from lazyarr.api.nan_reductions import nanvar as nanvar
    from lazyarr.api.patterns import eye as eye
    from lazyarr.api.patterns import identity as identity
    from lazyarr.api.patterns import meshgrid as meshgrid
    from lazyarr.api.patterns import tril as tril
    from lazyarr.api.patterns import triu as triu
    from lazyarr.api.products import dot as dot
    from lazyarr.api.products import einsum as einsum
    from lazyarr.api.products import matmul as matmul
    from lazyarr.api.products import outer as outer
    from lazyarr.api.products import tensordot as tensordot
    from lazyarr.api.products import trace as trace
    from lazyarr.api.products import vecdot as vecdot
    from lazyarr.api.ranges import arange as arange
    from lazyarr.api.ranges import linspace as linspace
    from lazyarr.api.searching import argwhere as argwhere
    from lazyarr.api.searching import flatnonzero as flatnonzero
    from lazyarr.api.searching import nonzero as nonzero
    from lazyarr.api.searching import searchsorted as searchsorted
    from lazyarr.api.sets import isin as isin
    from lazyarr.api.sets import unique as unique
    from lazyarr.api.sets import unique_all as unique_all
    from lazyarr.api.sets import unique_counts as unique_counts
    from lazyarr.api.sets import unique_inverse as unique_inverse
    from lazyarr.api.sets import unique_values as unique_values
    from lazyarr.api.sorting import argsort as argsort
    from lazyarr.api.sorting import sort as sort
    from lazyarr.api.splitting import array_split as array_split
    from lazyarr.api.splitting import split as split
    from lazyarr.api.stages import convolve as convolve
    from lazyarr.api.stages import interp as interp
    from lazyarr.api.stages import lexsort as lexsort
    from lazyarr.api.stages import median as median
    from lazyarr.api.stages import percentile as percentile
    from lazyarr.api.stages import quantile as quantile


def __getattr__(name: str) -> _Any:
    """Return a public name that loads when it is first used."""
    found = globals()[name] = _namespace.find(name)
    return found


def __dir__() -> list[str]:
    """Return the public names, those that are not loaded yet among them."""
    return sorted({*globals(), *_namespace.names()})
