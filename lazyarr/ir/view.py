"""Affine views: basic indexing, transposes and broadcasts as one closed value.

A view says, for every axis of the base, where along it an element of the view lies:
``index[k] = start[k] + step[k] * i[axis[k]]``, with ``axis = -1`` for a fixed index.
Axes of the view that no base axis names are broadcast. Two views in a row are again
one view, so chains of slices and transposes never grow. Reshaping is an op of its own.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from lazyarr.errors import IndexingError, ShapeError
from lazyarr.named import NamedTuple

Shape: TypeAlias = tuple[int, ...]
MOST_AXES = 64
"""Of NumPy's arrays."""
FIXED = -1
_ALL, _NONE = slice(None), slice(0, 0)
_MOST = 16  # views of a view that it remembers


class Axis(NamedTuple):
    """Where along one base axis the elements of a view lie."""

    start: int
    step: int
    axis: int


Way: TypeAlias = tuple[Any, list[int] | None, Any, list[int]]
"""How a view is taken of an array: a key, the order of axes, a key that adds others, and
the axes of the view that those of the array go along."""


class _Fields(NamedTuple):
    shape: Shape
    axes: tuple[Axis, ...]


class View(_Fields):
    """The shape of a view, and one :class:`Axis` per axis of its base."""

    # All once they were asked for.
    tag: int  # of nodes that are this view of their operand
    changes: bool  # what a base of its own shape shows
    under: dict[int, View]  # by their tags: views of this one, as views of the base
    way: Way | None  # see `way_of`

    def __reduce__(self) -> tuple[Any, ...]:
        return View, (self.shape, self.axes)  # tags are numbers of this process


# The same few views are made for every array of a program.
_remembered = lru_cache(maxsize=4096)


def identity(shape: Shape) -> View:
    """Return the view of an array of this shape that is the array itself."""
    return View(shape, tuple(Axis(0, 1, k) for k in range(len(shape))))


def is_identity(view: View, base: Shape) -> bool:
    """Whether the view of a base of this shape is the base itself."""
    if view.shape != base:
        return False
    try:
        return not view.changes
    except AttributeError:
        view.changes = not _changes_nothing(view)
        return not view.changes


def _changes_nothing(view: View) -> bool:
    """Whether a view of a base of its own shape is the base itself."""
    return all(
        a.axis == k and ((a.start == 0 and a.step == 1) or n == 0)
        for k, (a, n) in enumerate(zip(view.axes, view.shape, strict=True))
    )


@_remembered
def compose(outer: View, inner: View) -> View:
    """Return the single view equal to `outer` of `inner` of the base."""
    axes = []
    for start, step, axis in inner.axes:
        if axis == FIXED:
            axes.append(Axis(start, 0, FIXED))
            continue
        then = outer.axes[axis]
        moved = start + step * then.start
        axes.append(Axis(moved, step * then.step, then.axis))
    return View(outer.shape, tuple(axes))


def under(view: View, tag: int, inner: View) -> View:
    """Return a view, of this tag, of an inner one as one view; the inner remembers it."""
    try:
        return inner.under[tag]
    except AttributeError:
        inner.under = {}
    except KeyError:
        if len(inner.under) >= _MOST:
            inner.under.clear()
    found = inner.under[tag] = compose(view, inner)
    return found


@_remembered
def permute(shape: Shape, order: Shape | None = None) -> View:
    """Return the view whose axis ``j`` is axis ``order[j]`` of the base, or reversed."""
    order = tuple(range(len(shape)))[::-1] if order is None else order
    place = {k: j for j, k in enumerate(order)}
    axes = tuple(Axis(0, 1, place[k]) for k in range(len(shape)))
    return View(tuple(shape[k] for k in order), axes)


@_remembered
def broadcast(shape: Shape, to: Shape) -> View:
    """Return the view of a base of `shape` stretched to the shape `to`.

    The caller has checked that the two broadcast.
    """
    refuse_many(len(to))
    lead = len(to) - len(shape)
    axes = tuple(
        Axis(0, 1, k + lead) if n == to[k + lead] else Axis(0, 0, FIXED)
        for k, n in enumerate(shape)
    )
    return View(to, axes)


@_remembered
def expand(kept: Shape, reduced: Shape, shape: Shape) -> View:
    """Return the view that stretches a reduction's result over the reduced shape.

    `kept` is the result's shape, `reduced` the axes that were folded, `shape` the
    shape before.
    """
    places = [k for k in range(len(shape)) if k not in reduced]
    axes = tuple(Axis(0, 1, place) for place in places)
    if len(axes) != len(kept):
        msg = f"{kept} is not {shape} without axes {reduced}"
        raise ValueError(msg)
    return View(shape, axes)


@_remembered
def drop_axes(shape: Shape, axes: Shape) -> View:
    """Return the view without the given axes, each of which has one element."""
    kept = [k for k in range(len(shape)) if k not in axes]
    place = {k: j for j, k in enumerate(kept)}
    base = tuple(
        Axis(0, 1, place[k]) if k in place else Axis(0, 0, FIXED)
        for k in range(len(shape))
    )
    return View(tuple(shape[k] for k in kept), base)


@_remembered
def add_axes(shape: Shape, axes: Shape) -> View:
    """Return the view with axes of one element at the given places of the result."""
    total = len(shape) + len(axes)
    refuse_many(total)
    places = [j for j in range(total) if j not in axes]
    result = [1] * total
    for k, j in enumerate(places):
        result[j] = shape[k]
    return View(tuple(result), tuple(Axis(0, 1, j) for j in places))


def refuse_many(axes: int) -> None:
    """Raise an error of more axes than NumPy's arrays have."""
    if axes > MOST_AXES:
        msg = f"an array has at most {MOST_AXES} axes, not {axes}"
        raise ShapeError(msg)


@_remembered
def stretch(shape: Shape, axis: int, start: int, stop: int) -> View:
    """Return the view of a stretch of an axis; its ends are not checked."""
    axes = tuple([Axis(start if k == axis else 0, 1, k) for k in range(len(shape))])
    return View((*shape[:axis], stop - start, *shape[axis + 1 :]), axes)


def diagonal(shape: Shape, offset: int) -> View:
    """Return the view of the diagonals of the last two axes, as a new last axis."""
    rows, cols = shape[-2:]
    row, col = (-offset, 0) if offset < 0 else (0, offset)
    length = max(0, min(rows - row, cols - col))
    last = len(shape) - 2
    lead = tuple(Axis(0, 1, k) for k in range(last))
    axes = (*lead, Axis(row, 1, last), Axis(col, 1, last))
    return View((*shape[:-2], length), axes)


def is_basic(key: Any) -> bool:
    """Whether an index key holds only integers, slices, ``...`` and ``None``."""
    parts = key if type(key) is tuple else (key,)
    for part in parts:
        kind = type(part)
        if kind is int or kind is slice or part is None or part is Ellipsis:
            continue
        if not issubclass(kind, np.integer) and (
            kind is bool or hasattr(part, "shape") or not hasattr(part, "__index__")
        ):
            return False
    return True


def index(shape: Shape, key: Any) -> View:
    """Return the view that NumPy's basic indexing with `key` gives.

    Raises
    ------
    IndexingError
        Too many indices, an index out of bounds, or more than one ellipsis.
    """
    parts = list(key) if type(key) is tuple else [key]
    parts = _without_ellipsis(parts, len(shape))
    axes: list[Axis] = []
    result: list[int] = []
    for part in parts:
        if part is None:
            result.append(1)
            continue
        size = shape[len(axes)]
        if isinstance(part, slice):
            start, stop, step = part.indices(size)
            length = len(range(start, stop, step))
            axes.append(Axis(start if length else 0, step, len(result)))
            result.append(length)
        else:
            axes.append(Axis(_integer(part, len(axes), size), 0, FIXED))
    if len(result) > MOST_AXES:
        what = (
            f"number of dimensions must be within [0, {MOST_AXES}], indexing result "
            f"would have {len(result)}"
        )
        raise IndexingError.at("getitem", what)
    return View(tuple(result), tuple(axes))


@_remembered
def picked(shape: Shape, *places: int | tuple[int, int, int] | None) -> View | None:
    """Return the view of integers and of slices' bounds; None if one is wrong.

    `places` are of the first axes: integers, what ``slice.indices`` gives, and None for
    a new axis. One is out of bounds, or there are too many axes: those errors are told
    by `index`.
    """
    axes: list[Axis] = []
    result: list[int] = []
    for place in places:
        if place is None:
            result.append(1)
            continue
        size = shape[len(axes)]
        if isinstance(place, tuple):
            start, stop, step = place
            length = len(range(start, stop, step))
            axes.append(Axis(start if length else 0, step, len(result)))
            result.append(length)
        elif -size <= place < size:
            axes.append(Axis(place + size if place < 0 else place, 0, FIXED))
        else:
            return None
    for size in shape[len(axes) :]:
        axes.append(Axis(0, 1, len(result)))
        result.append(size)
    return View(tuple(result), tuple(axes)) if len(result) <= MOST_AXES else None


def _without_ellipsis(parts: list[Any], ndim: int) -> list[Any]:
    ellipses = [k for k, part in enumerate(parts) if part is Ellipsis]
    used = sum(part is not None and part is not Ellipsis for part in parts)
    if len(ellipses) > 1:
        what = "an index can only have a single ellipsis ('...')"
        raise IndexingError.at("getitem", what)
    if used > ndim:
        what = (
            f"too many indices for array: array is {ndim}-dimensional, "
            f"but {used} were indexed"
        )
        raise IndexingError.at("getitem", what)
    place = ellipses[0] if ellipses else len(parts)
    full = [slice(None)] * (ndim - used)
    return parts[:place] + full + parts[place + 1 :]


def _integer(part: Any, axis: int, size: int) -> int:
    number = operator.index(part)
    if not -size <= number < size:
        what = f"index {number} is out of bounds for axis {axis} with size {size}"
        raise IndexingError.at("getitem", what)
    return number + size if number < 0 else number


def strides_of(view: View, base: Shape) -> tuple[int, Shape]:
    """Return offset and strides, in elements, of the view of a C-contiguous base."""
    strides = contiguous_strides(base)
    offset = 0
    result = [0] * len(view.shape)
    for (start, step, axis), stride in zip(view.axes, strides, strict=True):
        offset += start * stride
        if axis != FIXED:
            result[axis] += step * stride
    return offset, tuple(result)


@_remembered
def contiguous_strides(shape: Shape) -> Shape:
    """Return the strides, in elements, of a C-contiguous array of this shape."""
    strides = [1] * len(shape)
    for k in range(len(shape) - 2, -1, -1):
        strides[k] = strides[k + 1] * max(shape[k + 1], 1)
    return tuple(strides)


def apply(array: np.ndarray, view: View) -> np.ndarray:
    """Return the view of a NumPy (or CuPy) array, without a copy."""
    shape, way = view.shape, way_of(view)
    if way is None:
        return _strided(array, view)
    picked = picked_along(array, way)
    if picked.shape == shape:
        return picked
    strides = tuple([s if j in way[3] else 0 for j, s in enumerate(picked.strides)])
    # A part without elements is of what may be written.
    return _laid(picked, shape, strides, writeable=0 in shape)


def picked_along(array: np.ndarray, way: Way) -> np.ndarray:
    """Return a view of an array, with one element along the axes that are broadcast."""
    key, order, spread, _ = way
    picked = array[key]
    if order is not None:
        picked = picked.transpose(order)
    return picked if spread is None else picked[spread]


def way_of(view: View) -> Way | None:
    """Return how to take a view; None if it goes along one of its axes more than once."""
    try:
        return view.way
    except AttributeError:
        view.way = _way(view)
        return view.way


def _way(view: View) -> Way | None:
    shape, axes = view
    named = [a.axis for a in axes if a.axis != FIXED]
    if len(set(named)) < len(named):
        return None
    key: tuple[Any, ...] = tuple([_key(a, shape) for a in axes])
    if not named or len(named) < len(axes):
        # Without the ellipsis, a key of integers alone would give a scalar, not a view.
        key = (*key, ...)
    order = sorted(range(len(named)), key=named.__getitem__)
    moved = None if order == list(range(len(order))) else order
    spread = tuple([slice(None) if j in named else None for j in range(len(shape))])
    return key, moved, None if len(named) == len(shape) else spread, named


def key_within(view: View, key: Any) -> tuple[Any, ...] | None:
    """Return the key of the base that shows what integers and slices show of a view.

    An ellipsis may be behind them. None if there is no such key, or another one or an
    index out of bounds was given.
    """
    shape, axes = view
    parts = key if type(key) is tuple else (key,)
    rest: tuple[Any, ...] = ()
    if parts and parts[-1] is Ellipsis:
        parts, rest = parts[:-1], (Ellipsis,)
    left = ndim = len(shape)
    if len(parts) > ndim:
        return None
    for part, size in zip(parts, shape, strict=False):
        if type(part) is int and -size <= part < size:
            left -= 1
        elif type(part) is not slice:
            return None
    found: list[int | slice] = []
    last = -1
    for start, step, axis in axes:
        if axis == FIXED:
            found.append(start)
            continue
        part = parts[axis] if axis < len(parts) else _ALL
        size = shape[axis]
        if type(part) is int:
            found.append(start + step * (part + size if part < 0 else part))
            continue
        if axis <= last or not step:
            return None  # the base has its axes in another order
        last = axis
        left -= 1
        first, stop, stride = part.indices(size)
        length = len(range(first, stop, stride))
        first, stride = start + step * first, step * stride
        end = first + stride * length
        whole = slice(first, None if end < 0 else end, stride)
        found.append(whole if length else _NONE)
    return None if left else (*found, *rest)


def _key(a: Axis, shape: Shape) -> int | slice:
    if a.axis == FIXED:
        return a.start
    length = shape[a.axis]
    if length == 0:
        return slice(0, 0)
    if a.step == 0:
        return slice(a.start, a.start + 1)
    stop = a.start + a.step * length
    return slice(a.start, None if stop < 0 else stop, a.step)


def _laid(
    array: np.ndarray, shape: Shape, strides: Shape, *, writeable: bool = True
) -> np.ndarray:
    """Return what lies with these strides from an array's first element on."""
    plain = type(array) is np.ndarray and array.dtype.kind in "biufc"
    within = array.flags.c_contiguous and min(strides) >= 0 and 0 not in shape
    if not (plain and within):
        return np.lib.stride_tricks.as_strided(
            array, shape, strides, writeable=writeable
        )
    made = np.ndarray(shape, array.dtype, array, 0, strides)  # in a tenth of the time
    if not writeable:
        made.flags.writeable = False
    return made


def _strided(array: np.ndarray, view: View) -> np.ndarray:
    shape, axes = view
    strides = [0] * len(shape)
    if any(a.start for a in axes):
        array = array[tuple([slice(a.start, None) for a in axes])]
    for (_, step, axis), stride in zip(axes, array.strides, strict=True):
        if axis != FIXED:
            strides[axis] += step * stride
    return _laid(array, shape, tuple(strides))
