"""NumPy's functions without a lazy form that a GPU computes: the list of them.

What is not in it is computed by NumPy wherever arrays lie, on copies. An entry is called
as ``function(xp, read, *args, **options)`` with NumPy's arguments: `xp` is the array
module of its operands, of which none is empty, and `read` returns what a small array holds.
`NotImplementedError` names what `xp` has not, or does otherwise than NumPy, which is called
instead; it also is where arguments are wrong, unless the error is NumPy's.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.named import NamedTuple
from lazyarr.ops.segments import summed

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import DType

    Read = Callable[[Any], Any]

_INT = np.dtype(np.int64)
_BITS = 8
_COUNTED = 2**31 - 1  # elements, as far as CuPy's kernel counts them
_SOLVED = "fdFD"  # the codes of dtypes in which equations are solved


def _refuse(condition: object, what: str) -> None:
    if condition:
        raise NotImplementedError(what)


def _check(function: Callable[..., Any], *examples: Any, **options: Any) -> None:
    """Raise the errors that NumPy has for arguments."""
    function(*examples, **options)


# --- views: they show the memory of their argument ------------------------------------


def bytes_as(array: Any, dtype: DType) -> np.ndarray:
    """Return an array's bytes, in C order, as another dtype."""
    return np.asarray(array, order="C").view(dtype)


def _bytes_as(xp: Any, _: Read, array: Any, dtype: DType) -> Any:
    return xp.ascontiguousarray(array).view(dtype)


def _windows(xp: Any, _: Read, x: Any, *args: Any, **options: Any) -> Any:
    """Return windows, which lie as NumPy's of an array that lies like this one."""
    strided = np.lib.stride_tricks
    like = strided.as_strided(np.empty(1, x.dtype), x.shape, x.strides)
    made = strided.sliding_window_view(like, *args, **options)
    return xp.lib.stride_tricks.as_strided(x, made.shape, made.strides)


# --- places ---------------------------------------------------------------------------


def _nonzero(xp: Any, _: Read, a: Any) -> Any:
    return xp.nonzero(a)


def _take(
    xp: Any, _: Read, a: Any, indices: Any, *, axis: Any = None, mode: str
) -> Any:
    """Return elements at places that are brought within bounds: CuPy knows no modes."""
    _refuse(mode not in ("wrap", "clip"), f"take with mode {mode!r}")
    example = np.zeros((1,) * a.ndim, a.dtype)
    _check(np.take, example, np.zeros(1, indices.dtype), axis, mode=mode)
    count = a.size if axis is None else a.shape[axis]
    places = indices.astype(_INT)
    places = xp.clip(places, 0, count - 1) if mode == "clip" else places % count
    return xp.take(a, places, axis)


def _ravel_multi_index(
    xp: Any,
    read: Read,
    multi_index: Any,
    dims: Any,
    mode: Any = "raise",
    order: str = "C",
) -> Any:
    """Return places in what is flattened; CuPy's function wraps where NumPy's raises."""
    examples = [np.zeros(1, x.dtype) for x in multi_index]
    _check(np.ravel_multi_index, examples, dims, mode, order)
    sides = (int(dims),) if np.ndim(dims) == 0 else tuple(map(int, dims))
    modes = (mode,) * len(sides) if isinstance(mode, str) else mode
    total, beyond = 0, None
    for x, side, step, how in zip(
        multi_index, sides, _steps(sides, order), modes, strict=True
    ):
        places = x.astype(_INT)
        if how == "raise":
            wrong = (places < 0) | (places >= side)
            beyond = wrong if beyond is None else beyond | wrong
        elif how == "clip":
            places = xp.clip(places, 0, side - 1)
        else:
            _refuse(how != "wrap", f"ravel_multi_index with mode {how!r}")
            places = places % side
        total = total + places * step
    if beyond is not None and read(beyond.any()):
        msg = "invalid entry in coordinates array"
        raise ValueError(msg)
    return total


def _unravel_index(
    xp: Any, read: Read, indices: Any, shape: Any, order: str = "C"
) -> tuple[Any, ...]:
    """Return places along axes, as integers of NumPy's dtype for places."""
    _check(np.unravel_index, np.zeros(1, indices.dtype), shape, order)
    sides = (int(shape),) if np.ndim(shape) == 0 else tuple(map(int, shape))
    places = indices.astype(_INT)
    beyond = (places < 0) | (places >= prod(sides))
    _refuse(read(beyond.any()), "unravel_index beyond bounds, which NumPy names")
    steps = _steps(sides, order)
    return tuple(
        [places // step % side for side, step in zip(sides, steps, strict=True)]
    )


def _steps(sides: tuple[int, ...], order: str) -> list[int]:
    """Return how far apart in memory neighbours along axes are."""
    if order == "F":
        return [prod(sides[:k]) for k in range(len(sides))]
    return [prod(sides[k + 1 :]) for k in range(len(sides))]


# --- bits -----------------------------------------------------------------------------


def _packbits(xp: Any, _: Read, a: Any, axis: Any = None, bitorder: str = "big") -> Any:
    """Return bits in bytes; CuPy's function knows no axis, which the last one needs not."""
    _refuse(a.dtype.kind not in "biu" or a.size > _COUNTED, f"packbits of {a.dtype}")
    if axis is None or a.ndim == 1:
        _refuse(axis not in (None, 0, -1), f"packbits along axis {axis}")
        return xp.packbits(a, bitorder=bitorder)
    whole = axis in (-1, a.ndim - 1) and a.shape[-1] % _BITS == 0
    _refuse(not whole, f"packbits along axis {axis} of shape {a.shape}")
    packed = xp.packbits(a, bitorder=bitorder)
    return packed.reshape((*a.shape[:-1], a.shape[-1] // _BITS))


def _unpackbits(
    xp: Any,
    _: Read,
    a: Any,
    axis: Any = None,
    count: Any = None,
    bitorder: str = "big",
) -> Any:
    """Return the bits of bytes; CuPy's function knows no axis and no count."""
    _refuse(count is not None, "unpackbits of a count")
    _refuse(a.dtype != np.uint8, f"unpackbits of {a.dtype}")
    last = axis in (-1, a.ndim - 1)
    _refuse(axis is not None and not last, f"unpackbits along axis {axis}")
    bits = xp.unpackbits(a, bitorder=bitorder)
    return bits.reshape((*a.shape[:-1], a.shape[-1] * _BITS)) if last else bits


# --- counts ---------------------------------------------------------------------------


def _bincount(
    xp: Any, read: Read, x: Any, weights: Any = None, minlength: int = 0
) -> Any:
    """Return counts, or sums of weights, which CuPy would add up in no order at all."""
    if not x.size:  # NumPy does not look at the weights
        _check(np.bincount, np.zeros(x.shape, x.dtype), None, minlength)
        return xp.zeros(minlength, np.intp)
    example = None if weights is None else np.zeros((1,) * weights.ndim, weights.dtype)
    _check(np.bincount, np.zeros((1,) * x.ndim, x.dtype), example, minlength)
    if weights is not None and weights.shape != x.shape:
        msg = "The weights and list don't have the same length."
        raise ValueError(msg)
    places = x.astype(_INT, copy=False)
    wrong = "'list' argument must have no negative elements"
    if weights is None:
        try:  # it looks at the elements itself
            return xp.bincount(places, minlength=minlength)
        except ValueError as error:
            raise ValueError(wrong) from error
    low, high = read(xp.stack((places.min(), places.max())))
    if low < 0:
        raise ValueError(wrong)
    values = weights.astype(np.float64, copy=False)
    return summed(xp, places, values, max(int(high) + 1, minlength))


# --- equations ------------------------------------------------------------------------


def _lstsq(xp: Any, read: Read, a: Any, b: Any, rcond: Any) -> tuple[Any, ...]:
    """Return least-squares solutions in NumPy's dtype for both; the rank is a number.

    Raises
    ------
    LinAlgError
        There is none for what is not finite.
    """
    kinds = ["d" if x.dtype.kind in "biu" else x.dtype.char for x in (a, b)]
    _refuse(not set(kinds) <= set(_SOLVED), f"lstsq of {a.dtype} and {b.dtype}")
    dtype = np.result_type(*kinds)
    fits = a.ndim == 2 and b.ndim in (1, 2) and a.shape[:1] == b.shape[:1]
    _refuse(not fits, "lstsq of such shapes")
    found, rest, rank, values = xp.linalg.lstsq(
        a.astype(dtype), b.astype(dtype), rcond=rcond
    )
    if not np.isfinite(read(values)).all():
        msg = "SVD did not converge in Linear Least Squares"
        raise np.linalg.LinAlgError(msg)
    return found, rest, np.int32(read(rank)), values


class Entry(NamedTuple):
    """What stands for a function of NumPy's.

    Attributes
    ----------
    function : callable
    operands : int
        How many of the first arguments are arrays; others are as NumPy gets them.
    view : bool
        Whether the result shows the memory of an operand.
    """

    function: Callable[..., Any]
    operands: int = 1
    view: bool = False


FUNCTIONS: dict[Any, Entry] = {
    bytes_as: Entry(_bytes_as, view=True),
    np.bincount: Entry(_bincount, operands=2),
    np.lib.stride_tricks.sliding_window_view: Entry(_windows, view=True),
    np.linalg.lstsq: Entry(_lstsq, operands=2),
    np.nonzero: Entry(_nonzero),
    np.packbits: Entry(_packbits),
    np.ravel_multi_index: Entry(_ravel_multi_index),
    np.take: Entry(_take, operands=2),
    np.unpackbits: Entry(_unpackbits),
    np.unravel_index: Entry(_unravel_index),
}
