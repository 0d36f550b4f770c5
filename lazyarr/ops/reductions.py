"""Rows of reductions, and how each is computed in parts."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazyarr.ops.row import (
    Array,
    DType,
    DTypeRule,
    Fold,
    Op,
    Operand,
    reduce_op,
)
from lazyarr.ops.short import folded, placed

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from lazyarr.ops.row import Facts

Axes: TypeAlias = tuple[int, ...]
State: TypeAlias = tuple[Any, ...]

BOOL: DType = np.dtype(bool)
INDEX: DType = np.dtype(np.intp)


def _ask_reduce(ufunc: np.ufunc) -> DTypeRule:
    """Return the rule of a ufunc's reduction: operand and result have one dtype."""

    def rule(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
        asked = (None, operands[0], None)
        dtypes = ufunc.resolve_dtypes(asked, reduction=True)
        return dtypes[1], dtypes[2]

    return rule


def _fixed(loop: DType | None, result: DType) -> DTypeRule:
    """Return the rule of a reduction with one result dtype, and maybe one operand's."""

    def rule(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
        own = np.dtype(operands[0]).newbyteorder("=")
        return (own if loop is None else loop), result

    return rule


def _reduce(ufunc: np.ufunc) -> Callable[..., Any]:
    """Return ``f(x, axes, out=None)``, the ufunc's reduction in the dtype of ``x``."""

    def reduce(x: Array, axes: Axes | None = None, out: Array | None = None) -> Array:
        result: Array = folded(ufunc, x, axes, out)
        return result

    return reduce


def _simple(ufunc: np.ufunc) -> Fold:
    """Return the fold of a reduction whose state is its result."""

    def partial(tile: Array, axes: Axes, start: Axes, extent: Axes) -> State:
        return (folded(ufunc, tile, axes),)

    def merge(left: State, right: State) -> State:
        return (ufunc(left[0], right[0]),)

    return Fold(1, partial, merge, _first)


def _into(result: Array, out: Array | None) -> Array:
    """Return `result`, in `out` where there is one; a scalar for 0-d, as NumPy does."""
    if out is None:
        return result if np.ndim(result) else result[()]
    np.copyto(out, result)
    return out


def _first(state: State) -> Array:
    result: Array = state[0]
    return result


def _fold_op(name: str, ufunc: np.ufunc, **facts: Unpack[Facts]) -> Op:
    facts.setdefault("dtypes", _ask_reduce(ufunc))
    facts["fold"] = _simple(ufunc)
    return reduce_op(name, _reduce(ufunc), **facts)


SUM = _fold_op("sum", np.add, start=0, summary="Sum of the elements.")
PROD = _fold_op("prod", np.multiply, start=1, summary="Product of the elements.")
MAX = _fold_op("max", np.maximum, alias=("amax",), summary="Largest element.")
MIN = _fold_op("min", np.minimum, alias=("amin",), summary="Smallest element.")
ANY = _fold_op(
    "any",
    np.logical_or,
    start=0,
    dtypes=_fixed(BOOL, BOOL),
    summary="Whether any element is true.",
)
ALL = _fold_op(
    "all",
    np.logical_and,
    start=1,
    dtypes=_fixed(BOOL, BOOL),
    summary="Whether all elements are true.",
)


def _count(x: Array, axes: Axes | None = None, out: Array | None = None) -> Array:
    if axes is not None and len(axes) == x.ndim:
        axes = None  # which is ten times as fast
    return _into(np.asarray(np.count_nonzero(x, axis=axes), INDEX), out)


def _count_partial(tile: Array, axes: Axes, start: Axes, extent: Axes) -> State:
    return (_count(tile, axes),)


def _count_merge(left: State, right: State) -> State:
    return (np.add(left[0], right[0]),)


COUNT_NONZERO = reduce_op(
    "count_nonzero",
    _count,
    start=0,
    dtypes=_fixed(BOOL, INDEX),
    fold=Fold(1, _count_partial, _count_merge, _first),
    summary="Number of elements that are true.",
)


_BETTER = {
    np.argmin: (np.less, np.minimum),
    np.argmax: (np.greater, np.maximum),
}


def _arg(search: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``f(x, axes, out=None)``: the place, in C order over the reduced axes."""

    def reduce(x: Array, axes: Axes | None = None, out: Array | None = None) -> Array:
        return _into(_search(search, x, axes)[0], out)

    return reduce


def _search(
    search: Callable[..., Any], x: Array, axes: Axes | None, *, valued: bool = False
) -> tuple[Array, Any]:
    """Return the places found, and the elements there if these are wanted."""
    if axes is None or len(axes) == x.ndim:
        line = x.reshape(-1)
        place = search(line)
        return place, line[place] if valued else None
    last = tuple(range(x.ndim - len(axes), x.ndim))
    lined = np.moveaxis(x, axes, last)
    kept = lined.shape[: x.ndim - len(axes)]
    lined = lined.reshape(*kept, prod(lined.shape[len(kept) :]))
    found = placed(*_BETTER[search], lined)
    if found is not None:
        return found
    index = np.asarray(search(lined, axis=-1))
    if not valued:
        return index, None
    return index, np.take_along_axis(lined, index[..., None], axis=-1)[..., 0]


def _arg_fold(search: Callable[..., Any], better: np.ufunc, cuda: str) -> Fold:
    """Return the fold over states (index, value): the first of the best, NaN best."""

    def partial(tile: Array, axes: Axes, start: Axes, extent: Axes) -> State:
        sides = tuple([tile.shape[axis] for axis in axes])
        index, values = _search(search, tile, axes, valued=sides != extent)
        if sides == extent:  # there is nothing to be merged with
            return np.asarray(index, INDEX), values
        if tile.ndim == 1 == len(axes):
            return np.asarray(index + start[0], INDEX), values
        place = np.unravel_index(index, sides) if axes else ()
        moved = tuple(p + s for p, s in zip(place, start, strict=True))
        whole = np.ravel_multi_index(moved, extent) if axes else index
        return np.asarray(whole, INDEX), values

    def merge(left: State, right: State) -> State:
        (i, a), (j, b) = left, right
        if not a.ndim:
            equal = a == b or (a != a and b != b)
            take = j < i if equal else b != b or (a == a and better(b, a))
            return right if take else left
        a_nan, b_nan = np.not_equal(a, a), np.not_equal(b, b)
        tie = np.equal(a, b) | (a_nan & b_nan)
        with np.errstate(invalid="ignore"):  # complex NumPy compares NaNs aloud
            wins = better(b, a)
        take = (wins & ~a_nan) | (b_nan & ~a_nan) | (tie & (j < i))
        return np.where(take, j, i), np.where(take, b, a)

    return Fold(2, partial, merge, _first, cuda)


ARGMIN = reduce_op(
    "argmin",
    _arg(np.argmin),
    flops=2,
    dtypes=_fixed(None, INDEX),
    fold=_arg_fold(np.argmin, np.less, "ArgMin"),
    summary="Index of the first smallest element, in C order over the axes.",
)
ARGMAX = reduce_op(
    "argmax",
    _arg(np.argmax),
    flops=2,
    dtypes=_fixed(None, INDEX),
    fold=_arg_fold(np.argmax, np.greater, "ArgMax"),
    summary="Index of the first largest element, in C order over the axes.",
)


@cache
def _is_squared() -> bool:
    return np.lib.NumpyVersion(np.__version__) >= "2.4.0"


def _square(x: Array) -> Array:
    """Return squares by the ufunc that the installed NumPy's ``var`` has: errors name it."""
    made: Array = np.square(x) if _is_squared() else np.multiply(x, x)
    return made


def _squares(x: Array) -> Array:
    """Return ``|x|**2`` as NumPy's ``var`` computes it; real also for complex `x`."""
    if x.dtype.kind == "c":
        squares: Array = _square(x.real)
        squares += _square(x.imag)
        return squares
    return _square(x)


def _deviations(x: Array, axes: Axes | None, mean: Array) -> Array:
    squares = _squares(np.subtract(x, mean))
    total: Array = folded(np.add, squares, axes)
    return total


def _mean(x: Array, axes: Axes | None) -> Array:
    count = prod(x.shape if axes is None else (x.shape[axis] for axis in axes))
    total = np.asarray(folded(np.add, x, axes))
    folds = range(x.ndim) if axes is None else axes
    wide = total.reshape([1 if k in folds else n for k, n in enumerate(x.shape)])
    mean: Array = np.divide(wide, max(count, 1), dtype=x.dtype)
    return mean


def _squared_deviations(
    x: Array, axes: Axes | None = None, out: Array | None = None
) -> Array:
    return _into(_deviations(x, axes, _mean(x, axes)), out)


def _moments(tile: Array, axes: Axes, start: Axes, extent: Axes) -> State:
    """Return (count, mean, sum of squared deviations) of a tile."""
    mean = _mean(tile, axes)
    count = prod(tile.shape[axis] for axis in axes)
    return count, mean.reshape(_kept(tile, axes)), _deviations(tile, axes, mean)


def _kept(tile: Array, axes: Axes) -> tuple[int, ...]:
    return tuple(n for k, n in enumerate(tile.shape) if k not in axes)


def _merge_moments(left: State, right: State) -> State:
    """Merge two states by the formula of Chan, Golub and LeVeque."""
    (n, a, p), (m, b, q) = left, right
    if n == 0 or m == 0:
        return left if m == 0 else right
    total = n + m
    step = np.subtract(b, a)
    # The weights stay Python floats: weak, so that the state keeps its dtype.
    mean = np.add(a, np.multiply(step, m / total))
    between = np.multiply(_squares(np.asarray(step)), n * (m / total))
    return total, mean, np.add(np.add(p, q), between)


def _third(state: State) -> Array:
    result: Array = state[2]
    return result


def _moment_dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    """Integers and booleans are taken as float64; a complex operand gives its real."""
    own = np.dtype(operands[0]).newbyteorder("=")
    own = own if own.kind in "fc" else np.dtype(np.float64)
    return own, np.empty(0, own).real.dtype


SUM_SQUARED_DEVIATIONS = reduce_op(
    "sum_squared_deviations",
    _squared_deviations,
    flops=4,
    passes=4,
    start=0,
    dtypes=_moment_dtypes,
    fold=Fold(3, _moments, _merge_moments, _third, "Moments"),
    summary="Sum of the squared distances from the mean: the core of ``var``.",
)
