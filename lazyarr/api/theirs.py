"""NumPy's functions as lazyarr's are called, for what is small and known.

Only where the signatures or the answers differ: an error here, of whatever kind, sends
the call the general way.
"""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.bounds import PRODUCT, WIDE
from lazyarr.api.known import Unknown, alone, check_parts
from lazyarr.ops import short

if TYPE_CHECKING:
    from collections.abc import Callable

_NONE = np._NoValue
_ndarray = np.ndarray
_WHOLE = frozenset((int,))
_tile, _einsum = alone(np.tile), alone(np.einsum)
_broadcast, _meshgrid = alone(np.broadcast_to), alone(np.meshgrid)
LONG = 1 << 10  # elements from which a better algorithm is looked for
_WIDENING = (np.add, np.multiply)  # whose reductions have narrow integers in wide ones
_WIDE_ENOUGH = frozenset("lLqQfdFD")
_ENDS = frozenset((int, float))
_STEPPED = {"retstep": True}
_LEAST = 1e-300  # of a step, so that no multiple of it is next to zero
_WORD = 1 << 63
_SHAPED = 4  # arguments of ``full_like`` before ``shape``


def _kept(keepdims: Any) -> bool:
    return keepdims is not False and keepdims is not _NONE and bool(keepdims)


def _reduced(
    ufunc: Any, a: Any, axis: Any, dtype: Any, keepdims: Any, initial: Any, where: Any
) -> Any:
    """Return ``ufunc.reduce(...)``; where axes are short, in a few long calls."""
    kept = _kept(keepdims)
    plain = type(axis) is int and not kept and initial is _NONE and where is True
    if plain and -a.ndim <= axis < a.ndim:
        own = ufunc not in _WIDENING or (
            # More than a few are not added in NumPy's order.
            a.dtype.char in _WIDE_ENOUGH and a.shape[axis] <= short.FEW
        )
        if own and (dtype is None or dtype == a.dtype):
            return short.folded(ufunc, a, (axis % a.ndim,))
    return ufunc.reduce(a, axis, dtype, None, kept, initial, where)


def _folding(ufunc: Any) -> Callable[..., Any]:
    reduce = ufunc.reduce

    def fold(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = _NONE,
        where: Any = True,
    ) -> Any:
        if dtype is not None and a.dtype.kind == "c":
            check_parts((a,), dtype)
        if a.size >= LONG and min(a.shape) <= short.FEW:
            return _reduced(ufunc, a, axis, dtype, keepdims, initial, where)
        if initial is _NONE and where is True:  # which take NumPy as long as the rest
            return reduce(a, axis, dtype, None, _kept(keepdims))
        return reduce(a, axis, dtype, None, _kept(keepdims), initial, where)

    return fold


total = _folding(np.add)
product = _folding(np.multiply)


def _extreme(ufunc: Any) -> Callable[..., Any]:
    reduce = ufunc.reduce

    def fold(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = _NONE,
        where: Any = True,
    ) -> Any:
        if a.size >= LONG and min(a.shape) <= short.FEW:
            return _reduced(ufunc, a, axis, None, keepdims, initial, where)
        if initial is _NONE and where is True:
            return reduce(a, axis, None, None, _kept(keepdims))
        return reduce(a, axis, None, None, _kept(keepdims), initial, where)

    return fold


largest = _extreme(np.maximum)
smallest = _extreme(np.minimum)


def _truth(ufunc: Any) -> Callable[..., Any]:
    reduce = ufunc.reduce

    def fold(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        where: Any = True,
    ) -> Any:
        if a.size >= LONG and min(a.shape) <= short.FEW and a.dtype == np.bool_:
            return _reduced(ufunc, a, axis, None, keepdims, _NONE, where)
        if where is True:
            return reduce(a, axis, np.bool_, None, _kept(keepdims))
        return reduce(a, axis, np.bool_, None, _kept(keepdims), where=where)

    return fold


some = _truth(np.logical_or)
every = _truth(np.logical_and)


def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    where: Any = True,
) -> Any:
    """Return the mean of what is not empty."""
    if not a.size or where is not True:
        raise Unknown
    if a.dtype.char == "d" and dtype is None and keepdims is False:  # as NumPy's own
        if axis is None:
            return total(a) / a.size
        if type(axis) is int:
            sums = total(a, axis)
            return np.true_divide(sums, a.shape[axis], sums if a.ndim > 1 else None)
    return a.mean(axis, dtype, None, _kept(keepdims))


def reshape(a: Any, shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """Return the array under another shape."""
    return a.reshape(shape, order=order, copy=copy)


def cast(a: Any, dtype: Any, order: Any, casting: Any, copy: Any) -> Any:
    """Return the array cast, if no imaginary parts are lost."""
    wanted = np.dtype(dtype)
    if not wanted.isnative or (a.dtype.kind == "c" and wanted.kind != "c"):
        raise Unknown
    return a.astype(wanted, order, casting, copy=bool(copy))


def astype(a: Any, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
    """Return the array cast: `cast`, on the CPU."""
    if device not in (None, "cpu"):
        raise Unknown
    return cast(a, dtype, "K", "unsafe", copy)


def cast_by_method(
    a: Any,
    dtype: Any,
    order: Any = "K",
    casting: Any = "unsafe",
    subok: Any = True,
    copy: Any = True,
) -> Any:
    """Return what the method ``astype`` does: `cast`."""
    if a.dtype.kind == "c":
        return cast(a, dtype, order, casting, copy)
    return a.astype(dtype, order, casting, True, copy)


def copy(a: Any, order: Any = "K", subok: bool = False) -> Any:
    """Return a copy of an array."""
    if type(a) is np.ndarray:
        return a.copy(order)
    if issubclass(type(a), np.generic):
        return np.array(a)
    raise Unknown


def rounded(a: Any, decimals: int = 0, out: Any = None) -> Any:
    """Return numbers rounded; booleans are no numbers here."""
    if a.dtype.kind not in "fc":
        raise Unknown
    return a.round(decimals)


def _turned(a: Any) -> Any:
    """Return elements that are in ascending order where the given ones descend."""
    return np.negative(a) if a.dtype.kind in "fc" else np.invert(a)


_HOW = {"stable", "descending"}


def sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, **more: Any
) -> Any:
    """Return elements in order."""
    if not more.keys() <= _HOW:
        raise Unknown
    if more.get("descending"):
        return _turned(sort(_turned(a), axis, kind, order))
    if a.size < LONG or kind is not None or order is not None:
        return np.sort(a, axis, kind or "stable", order)
    ordering = importlib.import_module("lazyarr.ops.ordering")
    return ordering.ordered(np, a, axis, "stable")


def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, **more: Any
) -> Any:
    """Return the places of elements in order."""
    if not more.keys() <= _HOW:
        raise Unknown
    if more.get("descending"):
        a = _turned(a)
    return a.argsort(axis, kind or "stable", order)


def nonzero(a: Any) -> Any:
    """Return the places of what is not zero, in what has axes."""
    if not a.ndim:
        raise Unknown
    return a.nonzero()


def viewed(x: np.ndarray, dtype: Any = None) -> np.ndarray:
    """Return a view of the same memory, of a dtype that lies in memory as here."""
    made = x.view() if dtype is None else x.view(dtype)
    if not made.dtype.isnative or (0 in x.strides and x.size):
        raise TypeError  # the latter: what is stretched gets a copy of its own
    return made


def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Return elements repeated, if the result is not large."""
    if type(repeats) is int and a.size * repeats > WIDE:
        raise Unknown
    return np.repeat(a, repeats, axis)


def einsum(subscripts: Any, /, *operands: Any, **options: Any) -> Any:
    """Return sums of products, unless they are a view."""
    made = _einsum(subscripts, *operands, **options)
    if len(operands) == 1 and made.base is not None:
        raise Unknown
    return made


def full(shape: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """Return an array of one value, which has no imaginary part to lose."""
    if dtype is not None and issubclass(
        type(fill_value), (complex, np.complexfloating)
    ):
        raise Unknown
    return np.full(shape, fill_value, dtype, **options)


def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, *args: Any, **more: Any
) -> Any:
    """Return a line: of Python's numbers in NumPy's steps, which it looks at for long."""
    stepped = more == _STEPPED
    usual = endpoint is True and type(num) is int and num > 1 and not args
    usual = usual and (stepped or not more)
    if usual and _ENDS.issuperset((type(start), type(stop))):
        step = (float(stop) - float(start)) / (num - 1)
        if _LEAST < abs(step) < math.inf and max(abs(start), abs(stop)) < _WORD:
            made = np.arange(float(num))
            made *= step
            made += float(start)
            made[-1] = stop
            return (made, np.float64(step)) if stepped else made
    return np.linspace(start, stop, num, endpoint, *args, **more)


def _grows(a: Any, more: Any, shape: Any) -> bool:
    """Whether what is made like something may be larger, or like no array."""
    array = type(a) is np.ndarray and shape is None
    return not array or bool(more and a.size > WIDE)


def like(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return one of NumPy's functions that make arrays like others, if not larger."""

    def made(a: Any, *args: Any, shape: Any = None, **options: Any) -> Any:
        if _grows(a, args or options, shape) or len(args) > _SHAPED:
            raise Unknown
        return function(a, *args, **options)

    return made


def zeros_like(
    a: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: Any = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> Any:
    """Return zeros like an array, on the CPU, if they are not much larger."""
    if device not in (None, "cpu") or _grows(a, dtype is not None, shape):
        raise Unknown
    if order == "K" and (a.ndim == 1 or a.flags.c_contiguous):
        return np.zeros(a.shape, a.dtype if dtype is None else dtype)
    return np.zeros_like(a, dtype, order)


def numbers(x: Any, copy: bool = True, *args: Any, **options: Any) -> Any:
    """Return a copy with numbers in the place of nan and of infinities."""
    if copy is not True:
        raise Unknown
    return np.nan_to_num(x, True, *args, **options)


def _as_number(function: Callable[..., bool]) -> Callable[..., Any]:
    return lambda *args, **options: np.bool_(function(*args, **options))


are_close, are_equal = _as_number(np.allclose), _as_number(np.array_equal)


def tile(A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    """Return an array repeated, if the result is not large."""
    if _elements(A) * _product(reps) > WIDE:
        raise Unknown
    return _tile(A, reps)


def _elements(x: Any) -> Any:
    return x.size if type(x) is _ndarray else np.size(x)


def _product(sides: Any) -> Any:
    if type(sides) is int:
        return sides
    whole = type(sides) is list and _WHOLE.issuperset(map(type, sides))
    return math.prod(sides) if whole or type(sides) is tuple else np.prod(sides)


def bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a product of NumPy's that refuses matrices whose product is large.

    It is ``of_few`` where that cannot be, as small as both are.
    """
    function = alone(function)

    def bounded(x: Any, y: Any) -> Any:
        try:
            of_matrices = x.ndim > 1 < y.ndim
        except AttributeError:  # a list
            x, y = np.asarray(x), np.asarray(y)
            of_matrices = x.ndim > 1 < y.ndim
        if of_matrices:
            size = x.shape[-2] * y.shape[-1]
            if size > PRODUCT and size > max(x.size, y.size):
                raise Unknown
        return function(x, y)

    bounded.of_few = function  # type: ignore[attr-defined]
    return bounded


def diag(v: Any, k: int = 0) -> Any:
    """Return a diagonal, or a matrix with one, if that is not large."""
    if v.ndim == 1 and (v.size + abs(k)) ** 2 > WIDE:
        raise Unknown
    return np.diag(v, k)


def vander(x: Any, N: Any = None, *order: Any, **options: Any) -> Any:  # noqa: N803
    """Return a matrix of powers, if it is not large."""
    if x.size * (x.size if N is None else N) > WIDE:
        raise Unknown
    return np.vander(x, N, *order, **options)


def outer(a: Any, b: Any, out: None = None) -> Any:
    """Return all products of two arrays' elements, if they are not many."""
    a, b = np.asarray(a), np.asarray(b)
    if a.size * b.size > WIDE:
        raise Unknown
    return np.multiply(a.ravel()[:, None], b.ravel())


def broadcast(array: Any, shape: Any, subok: bool = False) -> Any:
    """Return an array broadcast to a shape, if that is not large."""
    if _product(shape) > WIDE:
        raise Unknown
    return _broadcast(array, shape)


def meshgrid(*xi: Any, copy: bool = True, **options: Any) -> Any:
    """Return coordinate matrices of coordinate vectors, if they are not large."""
    if not copy or math.prod([_elements(x) for x in xi]) > WIDE:
        raise Unknown
    return _meshgrid(*xi, copy=True, **options)


def named(function: Callable[..., Any], kind: Any) -> Callable[..., Any]:
    """Return a function of NumPy's whose results have names of ours."""

    def function_(*args: Any, **options: Any) -> Any:
        found = function(*args, **options)
        return kind(*found) if isinstance(found, tuple) else found

    return function_


def _complex(x: Any) -> Any:
    if x.dtype.kind == "c":
        return x
    return x.astype(np.result_type(x.dtype, np.complex64), copy=False)


def eigvals(a: Any) -> Any:
    """Return the eigenvalues of matrices, always complex."""
    return _complex(np.linalg.eigvals(a))


def eig(a: Any) -> tuple[Any, ...]:
    """Return the eigenvalues and the eigenvectors of matrices, always complex."""
    return tuple(map(_complex, np.linalg.eig(a)))


def pseudoinverse(a: Any, *args: Any, **options: Any) -> Any:
    """Return pseudoinverses of what is not exact, whose tolerance NumPy knows."""
    if a.dtype.kind not in "fc":
        raise Unknown
    return np.linalg.pinv(a, *args, **options)
