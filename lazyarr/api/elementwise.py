"""Elementwise functions: one for every row of the op table.

Generated from the op table: ``pytest tests/ops --update-golden`` writes this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr import ops
from lazyarr.api.calls import call
from lazyarr.api.pointwise import pointwise

if TYPE_CHECKING:
    from lazyarr.api.array import Array


@pointwise(ops.ABS)
def abs(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Absolute value; the modulus of a complex number.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.abs(-3).compute().item()
    3
    """
    return call(ops.ABS, (x,), out, where, dtype, casting, order)


absolute = abs


@pointwise(ops.ACOS)
def acos(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Angle of a cosine, in radians.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.acos(1.0).compute().item()
    0.0
    """
    return call(ops.ACOS, (x,), out, where, dtype, casting, order)


arccos = acos


@pointwise(ops.ACOSH)
def acosh(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Inverse hyperbolic cosine.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.acosh(1.0).compute().item()
    0.0
    """
    return call(ops.ACOSH, (x,), out, where, dtype, casting, order)


arccosh = acosh


@pointwise(ops.ADD)
def add(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Sum of two arrays, element by element.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.add(1, 2).compute().item()
    3
    """
    return call(
        ops.ADD,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.ASIN)
def asin(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Angle of a sine, in radians.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.asin(0.0).compute().item()
    0.0
    """
    return call(ops.ASIN, (x,), out, where, dtype, casting, order)


arcsin = asin


@pointwise(ops.ASINH)
def asinh(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Inverse hyperbolic sine.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.asinh(0.0).compute().item()
    0.0
    """
    return call(ops.ASINH, (x,), out, where, dtype, casting, order)


arcsinh = asinh


@pointwise(ops.ATAN)
def atan(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Angle of a tangent, in radians.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.atan(0.0).compute().item()
    0.0
    """
    return call(ops.ATAN, (x,), out, where, dtype, casting, order)


arctan = atan


@pointwise(ops.ATAN2)
def atan2(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Angle of the point (x2, x1), in radians, in its quadrant.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.atan2(0.0, 1.0).compute().item()
    0.0
    """
    return call(
        ops.ATAN2,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


arctan2 = atan2


@pointwise(ops.ATANH)
def atanh(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Inverse hyperbolic tangent.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.atanh(0.0).compute().item()
    0.0
    """
    return call(ops.ATANH, (x,), out, where, dtype, casting, order)


arctanh = atanh


@pointwise(ops.BITWISE_AND)
def bitwise_and(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Bits set in both operands.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.bitwise_and(12, 10).compute().item()
    8
    """
    return call(
        ops.BITWISE_AND,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.BITWISE_COUNT)
def bitwise_count(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Number of bits set in the absolute value.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.bitwise_count(7).compute().item()
    3
    """
    return call(ops.BITWISE_COUNT, (x,), out, where, dtype, casting, order)


@pointwise(ops.BITWISE_INVERT)
def bitwise_invert(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Every bit changed.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.bitwise_invert(5).compute().item()
    -6
    """
    return call(ops.BITWISE_INVERT, (x,), out, where, dtype, casting, order)


invert = bitwise_invert

bitwise_not = bitwise_invert


@pointwise(ops.BITWISE_LEFT_SHIFT)
def bitwise_left_shift(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Bits of the first operand moved up by the second.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.bitwise_left_shift(3, 2).compute().item()
    12
    """
    return call(
        ops.BITWISE_LEFT_SHIFT,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


left_shift = bitwise_left_shift


@pointwise(ops.BITWISE_OR)
def bitwise_or(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Bits set in either operand.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.bitwise_or(12, 10).compute().item()
    14
    """
    return call(
        ops.BITWISE_OR,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.BITWISE_RIGHT_SHIFT)
def bitwise_right_shift(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Bits of the first operand moved down by the second, keeping the sign.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.bitwise_right_shift(12, 2).compute().item()
    3
    """
    return call(
        ops.BITWISE_RIGHT_SHIFT,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


right_shift = bitwise_right_shift


@pointwise(ops.BITWISE_XOR)
def bitwise_xor(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Bits set in exactly one operand.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.bitwise_xor(12, 10).compute().item()
    6
    """
    return call(
        ops.BITWISE_XOR,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.CBRT)
def cbrt(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Cube root, real for all reals.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.cbrt(64.0).compute().item()
    4.0
    """
    return call(ops.CBRT, (x,), out, where, dtype, casting, order)


@pointwise(ops.CEIL)
def ceil(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Smallest integer not below each element.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.ceil(-1.5).compute().item()
    -1.0
    """
    return call(ops.CEIL, (x,), out, where, dtype, casting, order)


@pointwise(ops.CONJ)
def conj(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Complex conjugate.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.conj(1 + 2j).compute().item()
    (1-2j)
    """
    return call(ops.CONJ, (x,), out, where, dtype, casting, order)


conjugate = conj


@pointwise(ops.COPYSIGN)
def copysign(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """The first operand with the second one's sign.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.copysign(3.0, -0.0).compute().item()
    -3.0
    """
    return call(
        ops.COPYSIGN,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.COS)
def cos(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Cosine of an angle in radians.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.cos(0.0).compute().item()
    1.0
    """
    return call(ops.COS, (x,), out, where, dtype, casting, order)


@pointwise(ops.COSH)
def cosh(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Hyperbolic cosine.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.cosh(0.0).compute().item()
    1.0
    """
    return call(ops.COSH, (x,), out, where, dtype, casting, order)


@pointwise(ops.DEG2RAD)
def deg2rad(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Degrees to radians.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.deg2rad(0.0).compute().item()
    0.0
    """
    return call(ops.DEG2RAD, (x,), out, where, dtype, casting, order)


radians = deg2rad


@pointwise(ops.DIVIDE)
def divide(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Quotient of two arrays, element by element, never an integer.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.divide(1, 4).compute().item()
    0.25
    """
    return call(
        ops.DIVIDE,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


true_divide = divide


@pointwise(ops.EQUAL)
def equal(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether the operands are equal.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.equal(2, 2.0).compute().item()
    True
    """
    return call(
        ops.EQUAL,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.EXP)
def exp(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Natural exponential of each element.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.exp(0.0).compute().item()
    1.0
    """
    return call(ops.EXP, (x,), out, where, dtype, casting, order)


@pointwise(ops.EXP2)
def exp2(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Two raised to each element.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.exp2(3.0).compute().item()
    8.0
    """
    return call(ops.EXP2, (x,), out, where, dtype, casting, order)


@pointwise(ops.EXPM1)
def expm1(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """``exp(x) - 1``, accurate near zero.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.expm1(0.0).compute().item()
    0.0
    """
    return call(ops.EXPM1, (x,), out, where, dtype, casting, order)


@pointwise(ops.FABS)
def fabs(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Absolute value, always a real float.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fabs(-3.5).compute().item()
    3.5
    """
    return call(ops.FABS, (x,), out, where, dtype, casting, order)


@pointwise(ops.FLOAT_POWER)
def float_power(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """The first operand raised to the second, in float64 or complex128.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.float_power(2, 3).compute().item()
    8.0
    """
    return call(
        ops.FLOAT_POWER,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.FLOOR)
def floor(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Largest integer not above each element.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.floor(-1.5).compute().item()
    -2.0
    """
    return call(ops.FLOOR, (x,), out, where, dtype, casting, order)


@pointwise(ops.FLOOR_DIVIDE)
def floor_divide(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Quotient rounded down, element by element.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.floor_divide(-7, 2).compute().item()
    -4
    """
    return call(
        ops.FLOOR_DIVIDE,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.FMAX)
def fmax(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """The larger of two operands, a number where either is one.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fmax(2.0, float("nan")).compute().item()
    2.0
    """
    return call(
        ops.FMAX,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.FMIN)
def fmin(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """The smaller of two operands, a number where either is one.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fmin(2.0, float("nan")).compute().item()
    2.0
    """
    return call(
        ops.FMIN,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.FMOD)
def fmod(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Remainder of the truncated division, with the sign of the dividend.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.fmod(-7, 3).compute().item()
    -1
    """
    return call(
        ops.FMOD,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.GCD)
def gcd(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Greatest common divisor of two integers.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.gcd(12, 18).compute().item()
    6
    """
    return call(
        ops.GCD,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.GREATER)
def greater(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether the first operand is larger.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.greater(2, 3).compute().item()
    False
    """
    return call(
        ops.GREATER,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.GREATER_EQUAL)
def greater_equal(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether the first operand is larger or equal.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.greater_equal(3, 3).compute().item()
    True
    """
    return call(
        ops.GREATER_EQUAL,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.HEAVISIDE)
def heaviside(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """0 below zero, 1 above, and the second operand at zero.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.heaviside(0.0, 0.5).compute().item()
    0.5
    """
    return call(
        ops.HEAVISIDE,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.HYPOT)
def hypot(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Length of the hypotenuse over two legs.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.hypot(3.0, 4.0).compute().item()
    5.0
    """
    return call(
        ops.HYPOT,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.ISFINITE)
def isfinite(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether each element is neither infinite nor NaN.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.isfinite(1.0).compute().item()
    True
    """
    return call(ops.ISFINITE, (x,), out, where, dtype, casting, order)


@pointwise(ops.ISINF)
def isinf(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether each element is infinite.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.isinf(1.0).compute().item()
    False
    """
    return call(ops.ISINF, (x,), out, where, dtype, casting, order)


@pointwise(ops.ISNAN)
def isnan(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether each element is NaN.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.isnan(1.0).compute().item()
    False
    """
    return call(ops.ISNAN, (x,), out, where, dtype, casting, order)


@pointwise(ops.LCM)
def lcm(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Least common multiple of two integers.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.lcm(4, 6).compute().item()
    12
    """
    return call(
        ops.LCM,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.LESS)
def less(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether the first operand is smaller.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.less(2, 3).compute().item()
    True
    """
    return call(
        ops.LESS,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.LESS_EQUAL)
def less_equal(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether the first operand is smaller or equal.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.less_equal(3, 3).compute().item()
    True
    """
    return call(
        ops.LESS_EQUAL,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.LOG)
def log(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Natural logarithm.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.log(1.0).compute().item()
    0.0
    """
    return call(ops.LOG, (x,), out, where, dtype, casting, order)


@pointwise(ops.LOG10)
def log10(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Logarithm to the base 10.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.log10(1000.0).compute().item()
    3.0
    """
    return call(ops.LOG10, (x,), out, where, dtype, casting, order)


@pointwise(ops.LOG1P)
def log1p(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """``log(1 + x)``, accurate near zero.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.log1p(0.0).compute().item()
    0.0
    """
    return call(ops.LOG1P, (x,), out, where, dtype, casting, order)


@pointwise(ops.LOG2)
def log2(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Logarithm to the base 2.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.log2(8.0).compute().item()
    3.0
    """
    return call(ops.LOG2, (x,), out, where, dtype, casting, order)


@pointwise(ops.LOGADDEXP)
def logaddexp(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """``log(exp(x1) + exp(x2))`` without overflow.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.logaddexp(0.0, -1e300).compute().item()
    0.0
    """
    return call(
        ops.LOGADDEXP,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.LOGADDEXP2)
def logaddexp2(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """``log2(2**x1 + 2**x2)`` without overflow.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.logaddexp2(1.0, 1.0).compute().item()
    2.0
    """
    return call(
        ops.LOGADDEXP2,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.LOGICAL_AND)
def logical_and(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether both operands are true.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.logical_and(1, 0).compute().item()
    False
    """
    return call(
        ops.LOGICAL_AND,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.LOGICAL_NOT)
def logical_not(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether the operand is false.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.logical_not(False).compute().item()
    True
    """
    return call(ops.LOGICAL_NOT, (x,), out, where, dtype, casting, order)


@pointwise(ops.LOGICAL_OR)
def logical_or(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether either operand is true.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.logical_or(1, 0).compute().item()
    True
    """
    return call(
        ops.LOGICAL_OR,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.LOGICAL_XOR)
def logical_xor(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether exactly one operand is true.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.logical_xor(1, 1).compute().item()
    False
    """
    return call(
        ops.LOGICAL_XOR,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.MAXIMUM)
def maximum(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """The larger of two operands; NaN where either is NaN.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.maximum(1, 2).compute().item()
    2
    """
    return call(
        ops.MAXIMUM,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.MINIMUM)
def minimum(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """The smaller of two operands; NaN where either is NaN.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.minimum(2, 3).compute().item()
    2
    """
    return call(
        ops.MINIMUM,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.MULTIPLY)
def multiply(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Product of two arrays, element by element.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.multiply(2, 3).compute().item()
    6
    """
    return call(
        ops.MULTIPLY,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.NEGATIVE)
def negative(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Each element with its sign changed.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.negative(3).compute().item()
    -3
    """
    return call(ops.NEGATIVE, (x,), out, where, dtype, casting, order)


@pointwise(ops.NEXTAFTER)
def nextafter(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """The next float after the first operand, toward the second.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.nextafter(0.0, 0.0).compute().item()
    0.0
    """
    return call(
        ops.NEXTAFTER,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.NOT_EQUAL)
def not_equal(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether the operands differ.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.not_equal(2, 3).compute().item()
    True
    """
    return call(
        ops.NOT_EQUAL,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.POSITIVE)
def positive(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Each element as it is.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.positive(-3).compute().item()
    -3
    """
    return call(ops.POSITIVE, (x,), out, where, dtype, casting, order)


@pointwise(ops.RAD2DEG)
def rad2deg(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Radians to degrees.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.rad2deg(0.0).compute().item()
    0.0
    """
    return call(ops.RAD2DEG, (x,), out, where, dtype, casting, order)


degrees = rad2deg


@pointwise(ops.RECIPROCAL)
def reciprocal(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """One over each element.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.reciprocal(4.0).compute().item()
    0.25
    """
    return call(ops.RECIPROCAL, (x,), out, where, dtype, casting, order)


@pointwise(ops.REMAINDER)
def remainder(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Remainder of the floor division, with the sign of the divisor.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.remainder(-7, 3).compute().item()
    2
    """
    return call(
        ops.REMAINDER,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


mod = remainder


@pointwise(ops.RINT)
def rint(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Nearest integer, ties to the even one; always a float.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.rint(2.5).compute().item()
    2.0
    """
    return call(ops.RINT, (x,), out, where, dtype, casting, order)


@pointwise(ops.SIGN)
def sign(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """-1, 0 or 1 by sign; the direction ``x / abs(x)`` of a complex number.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.sign(-2.5).compute().item()
    -1.0
    """
    return call(ops.SIGN, (x,), out, where, dtype, casting, order)


@pointwise(ops.SIGNBIT)
def signbit(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Whether the sign bit is set.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.signbit(-0.0).compute().item()
    True
    """
    return call(ops.SIGNBIT, (x,), out, where, dtype, casting, order)


@pointwise(ops.SIN)
def sin(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Sine of an angle in radians.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.sin(0.0).compute().item()
    0.0
    """
    return call(ops.SIN, (x,), out, where, dtype, casting, order)


@pointwise(ops.SINH)
def sinh(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Hyperbolic sine.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.sinh(0.0).compute().item()
    0.0
    """
    return call(ops.SINH, (x,), out, where, dtype, casting, order)


@pointwise(ops.SQRT)
def sqrt(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Square root.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.sqrt(9.0).compute().item()
    3.0
    """
    return call(ops.SQRT, (x,), out, where, dtype, casting, order)


@pointwise(ops.SQUARE)
def square(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Each element times itself.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.square(3).compute().item()
    9
    """
    return call(ops.SQUARE, (x,), out, where, dtype, casting, order)


@pointwise(ops.SUBTRACT)
def subtract(
    x1: Any,
    x2: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Difference of two arrays, element by element.

    Parameters
    ----------
    x1, x2 : array_like
        Broadcast against each other.
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.
    ShapeError
        The operands do not broadcast.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.subtract(2, 3).compute().item()
    -1
    """
    return call(
        ops.SUBTRACT,
        (
            x1,
            x2,
        ),
        out,
        where,
        dtype,
        casting,
        order,
    )


@pointwise(ops.TAN)
def tan(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Tangent of an angle in radians.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.tan(0.0).compute().item()
    0.0
    """
    return call(ops.TAN, (x,), out, where, dtype, casting, order)


@pointwise(ops.TANH)
def tanh(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Hyperbolic tangent.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.tanh(0.0).compute().item()
    0.0
    """
    return call(ops.TANH, (x,), out, where, dtype, casting, order)


@pointwise(ops.TRUNC)
def trunc(
    x: Any,
    /,
    out: Any = None,
    *,
    where: Any = True,
    casting: Any = "same_kind",
    order: Any = "K",
    dtype: Any = None,
    subok: bool = True,
) -> Array:
    """Each element rounded toward zero.

    Parameters
    ----------
    x : array_like
    out : Array, optional
        Is written with the result, and returned.
    where : array_like of bool
        Where to compute; elsewhere `out` keeps its elements.
    casting : str
        The rule by which operands are cast to `dtype`, and the result to `out`.
    order : str
        Of a new array in memory; K is that of the operands.
    dtype : dtype, optional
        Of the computation.
    subok : bool
        Has no meaning here: subclasses of NumPy's say what is made of them.

    Raises
    ------
    DTypeError
        There is no loop for these dtypes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.trunc(-1.5).compute().item()
    -1.0
    """
    return call(ops.TRUNC, (x,), out, where, dtype, casting, order)


__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
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
    "cbrt",
    "ceil",
    "conj",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "divide",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "gcd",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "lcm",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "rad2deg",
    "radians",
    "reciprocal",
    "remainder",
    "right_shift",
    "rint",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
]
