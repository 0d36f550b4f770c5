"""Rows that choose, bound, take apart, cast or copy."""

from __future__ import annotations

import numpy as np

from lazyarr.errors import tell
from lazyarr.ops.row import Array, DType, Op, Operand, map_op, promote

BOOL: DType = np.dtype(bool)


def _maximum(x: Array, y: Array, out: Array | None = None) -> Array:
    # NumPy 2.4 warns of a positional ``out`` here, and only here.
    return np.maximum(x, y, out=out)


def _minimum(x: Array, y: Array, out: Array | None = None) -> Array:
    return np.minimum(x, y, out=out)


MAXIMUM = map_op(
    "maximum",
    _maximum,
    cuda="lz_maximum({0}, {1})",
    function=np.maximum,
    commutative="biu",
    summary="The larger of two operands; NaN where either is NaN.",
)
MINIMUM = map_op(
    "minimum",
    _minimum,
    cuda="lz_minimum({0}, {1})",
    function=np.minimum,
    commutative="biu",
    summary="The smaller of two operands; NaN where either is NaN.",
)
FMAX = map_op(
    "fmax",
    np.fmax,
    cuda="lz_fmax({0}, {1})",
    commutative="biu",
    summary="The larger of two operands, a number where either is one.",
)
FMIN = map_op(
    "fmin",
    np.fmin,
    cuda="lz_fmin({0}, {1})",
    commutative="biu",
    summary="The smaller of two operands, a number where either is one.",
)


_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


_LONG = 16_384  # elements from which several passes beat one that branches
_LOOK = 4096  # elements from which it pays to see whether the processor foresees them
_CALM = 16  # times as many elements as changes of a condition that it does foresee


def _is_long(condition: Array, x: Array, y: Array) -> bool:
    """Whether operands are long arrays that lie alike, in C order, or numbers."""
    shape = np.shape(condition)
    return (
        getattr(condition, "size", 1) >= _LONG
        and np.shape(x) in ((), shape)
        and np.shape(y) in ((), shape)
        and hasattr(x, "dtype")  # which numbers of Python's have not
        and hasattr(y, "dtype")
        and x.dtype == y.dtype
        and x.itemsize in _BITS
        and condition.flags.c_contiguous
        and x.flags.c_contiguous
        and y.flags.c_contiguous
    )


def _is_calm(condition: Array) -> bool:
    """Whether a condition seldom changes from one element to the next."""
    size = condition.size
    if size < _LOOK:
        return False
    if condition.flags.c_contiguous:
        condition = condition.reshape(-1)  # whose only row is no short one
    changes = np.count_nonzero(condition[..., 1:] != condition[..., :-1])
    return bool(changes * _CALM < size)


def _where(condition: Array, x: Array, y: Array, out: Array | None = None) -> Array:
    if out is None:
        if not _is_long(condition, x, y) or _is_calm(condition):
            return np.where(condition, x, y)
        out = np.empty(condition.shape, x.dtype)
    bits = _BITS.get(out.itemsize)
    on_x, on_y = np.may_share_memory(out, x), np.may_share_memory(out, y)
    fits = x.dtype == y.dtype == out.dtype and condition.dtype == BOOL
    moved = (on_x and out is not x) or (on_y and out is not y) or (on_x and on_y)
    if not fits or moved or np.may_share_memory(out, condition):
        np.copyto(out, np.where(condition, x, y))
        return out
    if (same := _alike(condition)) is not None:  # which few looks tell if it is not
        chosen = x if same else y
        if chosen is not out:
            np.copyto(out, chosen)
        return out
    # NumPy's own loops branch at every element, which costs ten times as much where the
    # processor cannot foresee the condition, and little where it can.
    if bits is not None and not (bits is np.uint64 and _is_calm(condition)):
        _by_bits(condition, x.view(bits), y.view(bits), out.view(bits), on_y)
        return out
    if on_x:
        np.copyto(out, y, where=np.logical_not(condition))
        return out
    if not on_y:
        np.copyto(out, y)
    np.copyto(out, x, where=condition)
    return out


def _alike(condition: Array) -> bool | None:
    """Return what a condition is for all elements; None if it differs."""
    if condition.all():
        return True
    return None if condition.any() else False


def _by_bits(condition: Array, x: Array, y: Array, out: Array, on_y: bool) -> None:
    """Select by ``y ^ ((x ^ y) & mask)``; `out` may lie on `y` if that is said."""
    if _is_zero(y):
        np.multiply(x, condition, out)
        return
    if _is_zero(x):
        np.multiply(y, np.logical_not(condition), out)
        return
    if on_y:  # the differences overwrite it: start from x
        x, y, condition = y, x, np.logical_not(condition)
    np.bitwise_xor(x, y, out)
    np.multiply(out, condition, out)
    np.bitwise_xor(out, y, out)


def _is_zero(bits: Array) -> bool:
    """Whether this is a number of which no bit is set: no negative zero."""
    return not bits.shape and not bits


def _where_dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    result = promote(operands[1:])
    return BOOL, result, result, result


WHERE = map_op(
    "where",
    _where,
    cuda="{0} ? {1} : {2}",
    function=np.where,
    nin=3,
    dtypes=_where_dtypes,
    passes=4,
    summary="The second operand where the first is true, else the third.",
)


def _warned(name: str, text: str, summary: str) -> Op:
    """Return the row `where`, of which a condition that is true is told of."""

    def chosen(condition: Array, x: Array, y: Array, out: Array | None = None) -> Array:
        if np.any(condition):
            tell(text)
        return _where(condition, x, y, out)

    return map_op(
        name,
        chosen,
        cuda="{0} ? {1} : {2}",
        nin=3,
        dtypes=_where_dtypes,
        public=False,
        summary=summary,
    )


EMPTY_MEAN = _warned(
    "empty_mean", "Mean of empty slice", "What stands for means of no elements."
)
NO_FREEDOM = _warned(
    "no_freedom",
    "Degrees of freedom <= 0 for slice.",
    "What stands for variances of too few elements.",
)
FEW_LEFT = _warned(
    "few_left",
    "Degrees of freedom <= 0 for slice",
    "What stands for counts of elements of which some are too small.",
)
ALL_NAN = _warned(
    "all_nan",
    "All-NaN slice encountered",
    "What stands for extremes of nothing but NaN.",
)


def _clip_dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    result = promote(operands)
    return result, result, result, result


CLIP = map_op(
    "clip",
    np.clip,
    cuda={
        "b": "lz_clip({0}, {1}, {2})",
        "i": "lz_clip({0}, {1}, {2})",
        "u": "lz_clip({0}, {1}, {2})",
        "f": "lz_clip({0}, {1}, {2})",
        "c": "lz_complex_clip({0}, {1}, {2})",
    },
    nin=3,
    dtypes=_clip_dtypes,
    flops=2,
    summary="Each element, no smaller than the second operand, no larger than the third.",
)


def _astype(x: Array, out: Array | None = None, dtype: DType | None = None) -> Array:
    if out is None:
        return np.asarray(x).astype(dtype, copy=True)[()]
    np.copyto(out, x, casting="unsafe")
    return out


def _astype_dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    source, target = operands
    return np.dtype(source), np.dtype(target)


ASTYPE = map_op(
    "astype",
    _astype,
    cuda="lz_cast<{out}>({0})",
    nin=1,
    dtypes=_astype_dtypes,
    summary="Each element converted to another dtype, as C converts it.",
)


def _copy(x: Array, out: Array | None = None) -> Array:
    if out is None:
        return np.array(x, copy=True)[()]
    np.copyto(out, x)
    return out


def _same(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    native = np.dtype(operands[0]).newbyteorder("=")
    return native, native


COPY = map_op(
    "copy",
    _copy,
    cuda="{0}",
    nin=1,
    dtypes=_same,
    identity="biufc",
    summary="Each element as it is, in memory of its own.",
)


def _part_dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    """Return floats for a complex number; anything else keeps its dtype."""
    native, _ = _same(op, operands)
    return native, np.empty(0, native).real.dtype


def _real(x: Array, out: Array | None = None) -> Array:
    return _copy(np.asarray(x).real, out)


def _imag(x: Array, out: Array | None = None) -> Array:
    return _copy(np.asarray(x).imag, out)


REAL = map_op(
    "real",
    _real,
    cuda={"b": "{0}", "i": "{0}", "u": "{0}", "f": "{0}", "c": "{0}.re"},
    function=np.real,
    nin=1,
    dtypes=_part_dtypes,
    identity="biuf",
    summary="Real part.",
)
IMAG = map_op(
    "imag",
    _imag,
    cuda={
        "b": "false",
        "i": "({out})0",
        "u": "({out})0",
        "f": "({out})0",
        "c": "{0}.im",
    },
    function=np.imag,
    nin=1,
    dtypes=_part_dtypes,
    summary="Imaginary part; zero for real numbers.",
)
CONJ = map_op(
    "conj",
    np.conjugate,
    cuda={"i": "{0}", "u": "{0}", "f": "{0}", "c": "{out}({0}.re, -{0}.im)"},
    identity="iuf",
    inverse="conj",
    alias=("conjugate",),
    summary="Complex conjugate.",
)
