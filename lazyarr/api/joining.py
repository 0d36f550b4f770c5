"""Arrays put together, moved round, repeated, and taken apart; differences."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import direct, nested, theirs
from lazyarr.api.broadcasting import broadcast_to
from lazyarr.api.creation import dtype_of, shape_of
from lazyarr.api.handle import WEAK, Handle, copy_in_order, here, new, node_of
from lazyarr.api.interop import evaluated
from lazyarr.api.manipulation import (
    array_like,
    expand_dims,
    ravel,
    reshape,
)
from lazyarr.api.quick import quick
from lazyarr.api.results import finished, laid_out
from lazyarr.api.sizes import settled
from lazyarr.api.subclasses import or_numpys
from lazyarr.api.templates import templated
from lazyarr.errors import DTypeError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.infer import library_node
from lazyarr.ir.node import Node, where_text
from lazyarr.ir.view import Axis, View
from lazyarr.ops.row import promote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node, Shape, Where


@quick(np.concatenate)
def concat(
    arrays: Sequence[Any],
    /,
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Array:
    """Return arrays joined along an existing axis; None flattens them first.

    Raises
    ------
    ShapeError
        Nothing to join, or sides that differ off the axis.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.concat([la.zeros(2), la.ones(1)]).compute()
    array([0., 0., 1.])
    """
    if out is not None or dtype is not None:
        return concatenate(arrays, axis, out, dtype=dtype, casting=casting)
    return _joined(arrays, axis, None)


def _joined(arrays: Sequence[Any], axis: int | None, dtype: Any) -> Array:
    """Return arrays joined along an axis, cast to a dtype if one is given."""
    where = here()
    nodes = [node_of(a) for a in arrays]
    if axis is None:
        if dtype is None and not WEAK.isdisjoint(map(type, arrays)):
            kinds = [type(a) if type(a) in WEAK else None for a in arrays]
            given = zip(kinds, nodes, strict=True)
            dtype = promote(tuple([kind or node.dtype for kind, node in given]))
        nodes = [infer.reshape_node(n, (n.size,), where) for n in nodes]
        axis = 0
    return _one_behind_the_other(nodes, axis, dtype, where)


def _one_behind_the_other(
    nodes: list[Node], axis: int, dtype: Any, where: Where
) -> Array:
    """Return nodes joined along an axis, cast to a dtype if one is given."""
    if not nodes:
        what = "need at least one array to concatenate"
        raise ShapeError.at("concat", what, where_text(where))
    shapes = tuple([n.shape for n in nodes])
    place, shape = _joint_shape(shapes, axis_arguments.integer(axis, "concat"))
    if shape is None:
        what = f"shapes {', '.join(map(str, shapes))} differ off axis {place}"
        raise ShapeError.at("concat", what, where_text(where))
    common = (
        dtype_of(dtype, "concat") if dtype else promote(tuple([n.dtype for n in nodes]))
    )
    args = tuple([infer.astype(n, common, where) for n in nodes])
    return new(library_node(ops.OPS["concat"], args, (place,), shape, common, where))


@lru_cache(maxsize=4096)
def _joint_shape(shapes: tuple[Shape, ...], axis: int) -> tuple[int, Shape | None]:
    """Return the axis and what arrays joined along it come to; None if they differ."""
    first = shapes[0]
    place = axis_arguments.one(axis, len(first), "concat")
    rests = {(*s[:place], *s[place + 1 :]) for s in shapes}
    if len({len(s) for s in shapes}) > 1 or len(rests) > 1:
        return place, None
    length = sum(s[place] for s in shapes)
    return place, (*first[:place], length, *first[place + 1 :])


@quick(np.concatenate)
def concatenate(
    arrays: Sequence[Any],
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Array:
    """Return arrays joined along an axis; NumPy's name for `concat`.

    Raises
    ------
    DTypeError
        The dtypes do not cast to the one asked for by the rule `casting`.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.concatenate([la.zeros(1), la.ones(2)]).compute()
    array([0., 1., 1.])
    """
    np.can_cast(np.bool_, np.bool_, casting)  # NumPy's error of a rule that is none
    if dtype is not None:
        if out is not None:
            msg = (
                "concatenate() only takes `out` or `dtype` as an argument, but both "
                "were provided."
            )
            raise TypeError(msg)
        wanted = dtype_of(dtype, "concat")
        for array in arrays:
            found = node_of(array).dtype
            if not np.can_cast(found, wanted, casting):
                what = f"cannot cast from {found} to {wanted} by the rule {casting!r}"
                raise DTypeError.at("concatenate", what, where_text(here()))
    made = _joined(arrays, axis, dtype)
    if out is None:
        return made
    return finished(made._current(), out, "concatenate", here(), casting)


@quick(direct.stack)
def stack(
    arrays: Sequence[Any],
    axis: int = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Array:
    """Return arrays of one shape joined along a new axis.

    Raises
    ------
    ShapeError
        The shapes differ, or there is no array.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.stack([la.zeros(3), la.ones(3)], axis=1).shape
    (3, 2)
    """
    np.can_cast(np.bool_, np.bool_, casting)  # as in `concatenate`
    listed = [array_like(a) for a in arrays]
    if len({a.shape for a in listed}) > 1:
        what = f"shapes differ: {', '.join(str(a.shape) for a in listed)}"
        raise ShapeError.at("stack", what, where_text(here()))
    if not listed:
        what = "need at least one array to stack"
        raise ShapeError.at("stack", what, where_text(here()))
    if out is not None or dtype is not None:
        parts = [expand_dims(a, axis=axis) for a in listed]
        return concatenate(parts, axis=axis, out=out, dtype=dtype, casting=casting)
    where = here()
    shape = listed[0].shape
    place = axis_arguments.one(axis, len(shape) + 1, "stack")
    view = views.index(shape, (*[slice(None)] * place, None))
    nodes = [infer.view_node(a._current(), view, where) for a in listed]
    return _one_behind_the_other(nodes, place, None, where)


@quick(np.vstack)
@templated
def vstack(
    tup: Sequence[Any], *, dtype: Any = None, casting: Any = "same_kind"
) -> Array:
    """Return arrays joined along the first axis, vectors as rows.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.vstack([la.zeros(2), la.ones(2)]).shape
    (2, 2)
    """
    listed = [_at_least(a, 2) for a in tup]
    return concatenate(listed, axis=0, dtype=dtype, casting=casting)


@quick(np.hstack)
@templated
def hstack(
    tup: Sequence[Any], *, dtype: Any = None, casting: Any = "same_kind"
) -> Array:
    """Return arrays joined along the second axis, vectors along their only one.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.hstack([la.zeros(1), la.ones(2)]).compute()
    array([0., 1., 1.])
    """
    listed = [_at_least(a, 1) for a in tup]
    axis = 0 if listed and listed[0].ndim == 1 else 1
    return concatenate(listed, axis=axis, dtype=dtype, casting=casting)


def _at_least(x: Any, ndim: int) -> Array:
    x = array_like(x)
    missing = ndim - x.ndim
    return expand_dims(x, axis=tuple(range(missing))) if missing > 0 else x


@or_numpys
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Return the slices of an array along an axis; each is a view.

    Examples
    --------
    >>> import lazyarr as la
    >>> [int(x.sum()) for x in la.unstack(la.asarray([[1, 2], [3, 4]]))]
    [3, 7]
    """
    x = array_like(x)
    place = axis_arguments.one(axis, x.ndim, "unstack")
    lead = (slice(None),) * place
    return tuple(x[(*lead, k)] for k in range(x.shape[place]))


@quick(direct.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Array:
    """Return an array with elements moved round along axes.

    Parameters
    ----------
    a : array_like
    shift : int or sequence of int
        By how many places; evaluated.
    axis : int or sequence of int, optional
        Each with its shift, or all with one. Default: the flattened array.

    Raises
    ------
    AxisError
        The array has no such axis.
    ValueError
        There are not as many shifts as axes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.roll(la.arange(4), 1).compute()
    array([3, 0, 1, 2])
    """
    a = array_like(a)
    if axis is None and a.ndim == 1:
        axis = 0
    if axis is None:
        return reshape(roll(ravel(a), shift, axis=0), a.shape)
    named = axis_arguments.listed(axis)
    places = [axis_arguments.one(k, a.ndim, "roll") for k in named]
    pairs = np.broadcast(evaluated(shift), places)  # and NumPy's error
    total: dict[int, int] = {}
    for step, place in pairs:
        total[place] = total.get(place, 0) + int(step)
    for place, step in total.items():
        a = _rolled(a, step, place)
    return a  # type: ignore[no-any-return]


def _rolled(x: Array, shift: int, axis: int) -> Array:
    length = x.shape[axis]
    if not length or shift % length == 0:
        return copy_in_order(x._current())
    cut = length - shift % length
    node, where = x._current(), here()
    tail = infer.view_node(node, views.stretch(node.shape, axis, cut, length), where)
    head = infer.view_node(node, views.stretch(node.shape, axis, 0, cut), where)
    return laid_out(_one_behind_the_other([tail, head], axis, None, where), "K", node)


@quick(theirs.repeat)
@templated
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Array:
    """Return an array with each element repeated, all alike or by a count each.

    Counts given as an array are read at the call: they decide the shape.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.repeat(la.asarray([1, 2]), [1, 2]).compute()
    array([1, 2, 2])
    """
    a = array_like(a)
    if axis is None or not a.ndim:
        a, axis = ravel(a), 0 if axis is None else axis
    place = axis_arguments.strict(axis, a.ndim, "repeat")
    leaf, counts = _counts(repeats)
    length = a.shape[place]
    fits = counts.size == 1 or counts.shape == (length,)
    if fits and length and counts.min() < 0:
        msg = "repeats may not contain negative values."
        raise ValueError(msg)
    if counts.size == 1:
        times = max(int(counts.reshape(())), 0)
        stretched = (*a.shape[: place + 1], times, *a.shape[place + 1 :])
        column = expand_dims(a, axis=place + 1)
        shape = (*a.shape[:place], length * times, *a.shape[place + 1 :])
        # Of nothing, and once, it would be a view that is not to be written.
        return reshape(broadcast_to(column, stretched), shape, copy=True)
    if not fits:
        what = f"repeats of shape {counts.shape} for an axis of {length}"
        raise ShapeError.at("repeat", what, where_text(here()))
    shape = (*a.shape[:place], int(counts.sum()), *a.shape[place + 1 :])
    args = (a._current(), leaf or infer.leaf(counts))
    return new(library_node(ops.OPS["repeat"], args, (place,), shape, a.dtype, here()))


def _counts(repeats: Any) -> tuple[Node | None, np.ndarray]:
    """Return how often elements are repeated, and the leaf that has it, if one has."""
    leaf: Node | None = None
    if isinstance(repeats, Handle):
        leaf = settled(repeats, "by repeat, whose size depends on the values")
        near = issubclass(type(leaf.value), (np.ndarray, np.generic))
        given = np.asarray(leaf.value if near else repeats._read())
    else:
        given = np.array(nested.array_like(repeats))
    strict = hasattr(repeats, "dtype")  # NumPy converts sequences, and casts arrays
    counts = given.astype(np.intp, casting="safe" if strict else "unsafe", copy=False)
    return leaf if counts.ndim and counts is given else None, counts


@quick(theirs.tile)
@templated
def tile(A: Any, reps: Any) -> Array:  # noqa: N803 - NumPy's name
    """Return an array put side by side with itself.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.tile(la.arange(2), 2).compute()
    array([0, 1, 0, 1])
    """
    # NumPy multiplies sides by them, which makes integers of booleans.
    times = shape_of([1 * count for count in axis_arguments.listed(reps)], "tile")
    x = _at_least(A, len(times))
    times = (1,) * (x.ndim - len(times)) + times
    if set(times) <= {1}:
        return copy_in_order(x._current())
    stretched: list[int] = []
    for count, n in zip(times, x.shape, strict=True):
        stretched += [count, n]
    axes = tuple(Axis(0, 1, 2 * k + 1) for k in range(x.ndim))
    spread = new(infer.view_node(x._current(), View(tuple(stretched), axes), here()))
    shape = tuple(c * n for c, n in zip(times, x.shape, strict=True))
    return reshape(spread, shape, copy=True)


@quick(direct.difference)
def diff(
    a: Any,
    n: int = 1,
    axis: int = -1,
    prepend: Any = None,
    append: Any = None,
) -> Array:
    """Return the `n`-th differences of neighbours along an axis.

    Parameters
    ----------
    a : array_like
    n : int
        How often differences are taken.
    axis : int
    prepend, append : array_like, optional
        Elements to put before and after those of `a` first.

    Raises
    ------
    ValueError
        `n` is negative.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.diff(la.asarray([1, 4, 9])).compute()
    array([3, 5])
    """
    a = array_like(a)
    if n < 0:
        msg = f"[diff] order must be non-negative, found {n}"
        raise ValueError(msg)
    if not a.ndim:
        what = "needs at least one dimension"
        raise ShapeError.at("diff", what, where_text(here()))
    place = axis_arguments.one(axis, a.ndim, "diff")
    a = _between(prepend, a, append, place)
    name = "not_equal" if a.dtype == np.dtype(bool) else "subtract"
    where = here()
    node = a._current()
    for _ in range(n):
        shape, length = node.shape, node.shape[place]
        after = views.stretch(shape, place, min(1, length), length)
        before = views.stretch(shape, place, 0, max(length - 1, 0))
        pair = infer.view_node(node, after, where), infer.view_node(node, before, where)
        node = infer.binary_node(ops.OPS[name], *pair, where)
    return new(node) if n else a


def _between(before: Any, x: Array, after: Any, axis: int) -> Array:
    """Return an array with others joined to its ends; 0-d ones are stretched."""
    parts = []
    for part in (before, x, after):
        if part is None or part is np._NoValue:
            continue
        joint = array_like(part)
        if not joint.ndim:
            shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
            joint = broadcast_to(joint, shape)
        parts.append(joint)
    return x if len(parts) == 1 else concat(parts, axis=axis)
