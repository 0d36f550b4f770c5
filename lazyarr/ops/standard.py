"""NumPy functions whose values are repaired: for the array API standard, or a defect.

Four functions differ from NumPy at special values: ``floor_divide`` with one infinite
operand, and complex ``expm1``, ``sign`` and ``tanh``. Each computes NumPy's function
and repairs the rare elements, if there are any. What the repair needs of the operands
is read first, so that ``out`` may be one of them. Warnings are NumPy's own.

NumPy 2.4 writes the float tests (``isnan`` and the like) and ``negative`` to wrong places
of an ``out`` that is not contiguous; `Strided` goes through a contiguous one.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Array: TypeAlias = np.ndarray[Any, Any]

_PART = 1024  # elements that are repaired at a time


class Strided:
    """A ufunc of one operand that is right for every layout of ``out``."""

    __slots__ = ("ufunc",)

    def __init__(self, ufunc: np.ufunc) -> None:
        self.ufunc = ufunc

    def __call__(self, x: Array, out: Array | None = None) -> Array:
        """Return the ufunc's result, in `out` if that is given."""
        if out is None or out.flags.forc:
            right: Array = self.ufunc(x, out)
            return right
        np.copyto(out, self.ufunc(x))
        return out


TAKES_OUT = (np.ufunc, Strided)
"""Types of functions whose result may be written over an operand."""


def _is_real(x: Any) -> bool:
    return type(x) is float or getattr(getattr(x, "dtype", None), "kind", "") == "f"


def floor_divide(x: Any, y: Any, out: Array | None = None) -> Any:
    """Return ``x // y``; with exactly one infinite operand it is ``x / y``."""
    if not (_is_real(x) or _is_real(y)):
        return np.floor_divide(x, y, out)
    lanes = np.isinf(x)
    if type(y) not in (int, float) or not -np.inf < y < np.inf:
        lanes = lanes ^ np.isinf(y)
    count = np.count_nonzero(lanes)  # a third of the time of `any`
    if not count:
        return np.floor_divide(x, y, out)
    if count > _PART:
        return _in_parts(floor_divide, np.floor_divide, (x, y), lanes.shape, out)
    lanes = lanes & ~(np.isnan(x) | np.isnan(y))
    a, b = np.broadcast_arrays(x, y)
    # A quotient of a finite and an infinite number raises no flag.
    values = np.divide(a[lanes], b[lanes])
    return _store(np.floor_divide(x, y, out), lanes, values)


def expm1(x: Array, out: Array | None = None) -> Array:
    """Return ``exp(x) - 1``; complex infinities, NaNs and zeros as the standard says."""
    if np.result_type(x).kind != "c":
        return np.expm1(x, out)
    lanes = ~np.isfinite(x) | (x == 0)
    count = np.count_nonzero(lanes)
    if not count:
        return np.expm1(x, out)
    if count > _PART:
        return _in_parts(expm1, np.expm1, (x,), lanes.shape, out)
    z = np.asarray(x)[lanes]
    result = np.expm1(x, out)
    values = np.asarray(result)[lanes]
    _expm1_special(z.real, z.imag, values)
    return _store(result, lanes, values)


def _expm1_special(a: Array, b: Array, values: Array) -> None:
    """Write the standard's values of ``expm1(a + bj)`` over NumPy's, where they differ."""
    up, down, nan = a == np.inf, a == -np.inf, np.isnan(a)
    odd, zero = ~np.isfinite(b), b == 0
    values.real[up & (zero | odd)] = np.inf
    values.real[down & odd] = -1
    values.real[nan & zero] = np.nan
    values.real[(a == 0) & zero] = 0
    keep = zero & (up | nan)
    values.imag[keep] = b[keep]
    values.imag[up & odd] = np.nan
    values.imag[down & odd] = 0


def sign(x: Array, out: Array | None = None) -> Array:
    """Return the sign; a complex zero of any signs gives ``0 + 0j``."""
    result = np.sign(x, out)
    if result.dtype.kind != "c":
        return result
    lanes = np.equal(result, 0)
    return _store(result, lanes, 0) if lanes.any() else result


def tanh(x: Array, out: Array | None = None) -> Array:
    """Return the hyperbolic tangent; at complex infinities the standard's zero."""
    if np.result_type(x).kind != "c":
        return np.tanh(x, out)
    lanes = np.isinf(np.real(x)) & np.isfinite(np.imag(x))
    count = np.count_nonzero(lanes)
    if not count:
        return np.tanh(x, out)
    if count > _PART:
        return _in_parts(tanh, np.tanh, (x,), lanes.shape, out)
    zeros = np.copysign(0.0, np.asarray(np.imag(x))[lanes])
    result = np.tanh(x, out)
    values = np.asarray(result)[lanes]
    values.imag = zeros
    return _store(result, lanes, values)


OF_REALS = {expm1: np.expm1, sign: np.sign, tanh: np.tanh}
"""NumPy's functions, which these are of all but complex numbers."""
OF_INTEGERS = {floor_divide: np.floor_divide}
"""NumPy's functions, which these are of whole numbers."""


def _in_parts(
    function: Callable[..., Any],
    plain: np.ufunc,
    operands: tuple[Any, ...],
    shape: tuple[int, ...],
    out: Array | None,
) -> Array:
    """Return what `function` gives, where many elements are to be repaired.

    Part by part, so that what is read of them first needs little memory.
    """
    result: Array = plain(*operands) if out is None else out  # laid as NumPy lays it
    wide = [x if np.ndim(x) == 0 else np.broadcast_to(x, shape) for x in operands]
    for key in _parts(shape):
        function(*[x if np.ndim(x) == 0 else x[key] for x in wide], result[key])
    return result


def _parts(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Yield what selects the parts of an array, one after the other."""
    sides = [
        range(0, n, max(_PART // prod(shape[k + 1 :]), 1)) for k, n in enumerate(shape)
    ]
    for starts in product(*sides):
        yield tuple([slice(k, k + r.step) for k, r in zip(starts, sides, strict=True)])


def _store(result: Array, lanes: Array, values: Array | int) -> Array:
    """Return `result` with `values` in the given elements."""
    fixed = np.asarray(result)  # NumPy gives a scalar, a copy here, for 0-d operands
    fixed[lanes] = values
    return fixed if fixed is result else fixed[()]
