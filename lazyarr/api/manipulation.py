"""Shapes and order: reshape, transpose, broadcast, join, flip, roll, repeat."""

from __future__ import annotations

import operator
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api.creation import asarray, dtype_of, shape_of
from lazyarr.api.handle import LOCKED, Handle, array_of, ghost, here, new, node_of
from lazyarr.api.placing import placed
from lazyarr.errors import AxisError, DTypeError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Shape, where_text
from lazyarr.ir.view import Axis, View
from lazyarr.ops.row import promote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lazyarr.api.array import Array


def _array(x: Any) -> Array:
    return x if isinstance(x, Handle) else asarray(x)  # type: ignore[return-value]


def reshape(
    x: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None
) -> Array:
    """Return the elements in C order under another shape.

    A view where NumPy's would be one: writes to either are seen in both.

    Parameters
    ----------
    x : array_like
    shape : int or tuple of int
        One side may be -1: what is left.
    order : {"C", "F", "A"}
        A: F where NumPy's array would lie so in memory, else C.
    copy : bool, optional
        True: never a view. False: a view or an error.

    Raises
    ------
    ShapeError
        The sizes differ.
    ValueError
        ``copy=False`` where a copy is needed.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.arange(6).reshape((2, -1)).shape
    (2, 3)
    """
    x = _array(x)
    if order == "A":
        order = _order_of(x)
    if order == "F":
        turned = reshape(permute(x), _sides(x.size, shape)[::-1], copy=copy)
        return permute(turned)
    sides = _sides(x.size, shape)
    current = x._current()
    if copy is not True and _keeps_elements(x, sides):
        return x._view(("reshape", sides))  # type: ignore[no-any-return]
    if copy is False:
        msg = "[reshape] these strides need a copy, and copy=False forbids it"
        raise ValueError(msg)
    return array_of(infer.reshape_node(current, sides, here()))


def _order_of(x: Handle) -> str:
    flags = ghost(x).flags
    return "F" if flags.f_contiguous and not flags.c_contiguous else "C"


def _sides(size: int, shape: Any) -> Shape:
    listed = list(shape) if isinstance(shape, (tuple, list)) else [shape]
    given = [operator.index(n) for n in listed]
    open_places = [k for k, n in enumerate(given) if n == -1]
    known = prod(n for n in given if n != -1)
    fits = len(open_places) <= 1 and (
        (known and size % known == 0) if open_places else known == size
    )
    if not fits or any(n < -1 for n in given):
        what = f"cannot reshape array of size {size} into shape {tuple(given)}"
        raise ShapeError.at("reshape", what, where_text(here()))
    for k in open_places:
        given[k] = size // known
    return tuple(given)


def _keeps_elements(x: Handle, sides: Shape) -> bool:
    try:
        ghost(x).reshape(sides, copy=False)
    except ValueError:
        return False
    return True


def ravel(x: Any, order: str = "C") -> Array:
    """Return the elements in one dimension; a view where NumPy's is one.

    Order K is that in which NumPy's array would lie in memory.
    """
    if order != "K":
        return reshape(x, (-1,), order=order)
    x = _array(x)
    steps = ghost(x).strides
    axes = sorted(range(x.ndim), key=lambda k: -abs(steps[k]))
    return reshape(permute(x, tuple(axes)), (-1,))


def permute(x: Handle, order: Shape | None = None) -> Array:
    """Return a view with the axes in this order; None reverses them."""
    shape = x._current().shape
    if not shape and x._base is None:
        return new(x._node)  # a scalar stays one
    order = tuple(range(len(shape)))[::-1] if order is None else order
    return x._view(views.permute(shape, order))


def permute_dims(x: Any, /, axes: Any) -> Array:
    """Return a view with the axes in another order.

    Raises
    ------
    ShapeError
        `axes` is not a permutation.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.permute_dims(la.ones((2, 3)), (1, 0)).shape
    (3, 2)
    """
    x = _array(x)
    order = tuple(axis_arguments.one(a, x.ndim, "permute_dims") for a in axes)
    if sorted(order) != list(range(x.ndim)):
        what = f"axes {tuple(axes)} are not a permutation of {x.ndim} axes"
        raise ShapeError.at("permute_dims", what, where_text(here()))
    return permute(x, order)


def transpose(x: Any, axes: Any = None) -> Array:
    """Return a view with the axes reversed, or in the given order."""
    return permute(_array(x)) if axes is None else permute_dims(x, axes)


def matrix_transpose(x: Any, /) -> Array:
    """Return a view with the last two axes exchanged."""
    x = _array(x)
    if x.ndim < 2:
        what = f"needs two dimensions, found shape {x.shape}"
        raise ShapeError.at("matrix_transpose", what, where_text(here()))
    return permute(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def swapaxes(x: Any, axis1: int, axis2: int) -> Array:
    """Return a view with two axes exchanged."""
    x = _array(x)
    order = list(range(x.ndim))
    a, b = (axis_arguments.one(k, x.ndim, "swapaxes") for k in (axis1, axis2))
    order[a], order[b] = order[b], order[a]
    return permute(x, tuple(order))


def moveaxis(x: Any, source: Any, destination: Any, /) -> Array:
    """Return a view with axes moved to other places, the rest in order.

    Raises
    ------
    ShapeError
        As many sources as destinations are needed.
    """
    x = _array(x)
    froms = _axis_list(source, x.ndim)
    tos = _axis_list(destination, x.ndim)
    if len(froms) != len(tos):
        what = "`source` and `destination` must have the same number of axes"
        raise ShapeError.at("moveaxis", what, where_text(here()))
    rest = [k for k in range(x.ndim) if k not in froms]
    for to, axis in sorted(zip(tos, froms, strict=True)):
        rest.insert(to, axis)
    return permute(x, tuple(rest))


def _axis_list(axis: Any, ndim: int) -> list[int]:
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    found = [axis_arguments.one(a, ndim, "moveaxis") for a in listed]
    if len(set(found)) < len(found):
        what = f"repeated axis in {tuple(listed)}"
        raise AxisError.at("moveaxis", what, where_text(here()))
    return found


def expand_dims(x: Any, /, axis: Any = 0) -> Array:
    """Return a view with new axes of one element at these places of the result.

    Raises
    ------
    AxisError
        A place the result does not have, or one named twice.
    """
    x = _array(x)
    listed = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = axis_arguments.several(tuple(listed), x.ndim + len(listed), "expand_dims")
    return x._view(views.add_axes(x.shape, places))  # type: ignore[no-any-return]


def squeeze(x: Any, /, axis: Any = None) -> Array:
    """Return a view without axes of one element.

    Raises
    ------
    ShapeError
        A named axis has more than one element.
    """
    x = _array(x)
    if axis is None:
        places = tuple(k for k, n in enumerate(x.shape) if n == 1)
    else:
        places = axis_arguments.folded(axis, x.ndim, "squeeze")
    if any(x.shape[k] != 1 for k in places):
        what = f"axis {axis} of shape {x.shape} is not one element long"
        raise ShapeError.at("squeeze", what, where_text(here()))
    return x._view(views.drop_axes(x.shape, places))  # type: ignore[no-any-return]


def broadcast_to(x: Any, /, shape: Any) -> Array:
    """Return a view stretched to a shape, not to be written.

    Raises
    ------
    ShapeError
        The array does not broadcast to it.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.broadcast_to(la.arange(3), (2, 3)).shape
    (2, 3)
    """
    x = _array(x)
    sides = shape_of(shape, "broadcast_to")
    where = here()
    both = infer.broadcast_shapes("broadcast_to", (x.shape, sides), where)
    if both != sides:
        what = f"shape {x.shape} does not broadcast to {sides}"
        raise ShapeError.at("broadcast_to", what, where_text(where))
    return x._view(views.broadcast(x.shape, sides), (LOCKED,))  # type: ignore[no-any-return]


def broadcast_shapes(*shapes: Any) -> Shape:
    """Return the shape that arrays of these shapes broadcast to.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    listed = tuple(shape_of(s, "broadcast_shapes") for s in shapes)
    return infer.broadcast_shapes("broadcast_shapes", listed, here())


def broadcast_arrays(*arrays: Any) -> tuple[Array, ...]:
    """Return the arrays stretched to their common shape."""
    shapes = tuple(node_of(a).shape for a in arrays)
    common = infer.broadcast_shapes("broadcast_arrays", shapes, here())
    return tuple(broadcast_to(a, common) for a in arrays)


def concat(
    arrays: Sequence[Any], /, axis: int | None = 0, *, dtype: Any = None
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
    where = here()
    nodes = [node_of(a) for a in arrays]
    if not nodes:
        raise ShapeError.at("concat", "need at least one array", where_text(where))
    if axis is None:
        nodes = [infer.reshape_node(n, (n.size,), where) for n in nodes]
        axis = 0
    place = axis_arguments.one(axis, len(nodes[0].shape), "concat")
    rests = {(*n.shape[:place], *n.shape[place + 1 :]) for n in nodes}
    if len({len(n.shape) for n in nodes}) > 1 or len(rests) > 1:
        listed = ", ".join(str(n.shape) for n in nodes)
        what = f"shapes {listed} differ off axis {place}"
        raise ShapeError.at("concat", what, where_text(where))
    common = (
        dtype_of(dtype, "concat") if dtype else promote(tuple(n.dtype for n in nodes))
    )
    nodes = [infer.astype(n, common, where) for n in nodes]
    length = sum(n.shape[place] for n in nodes)
    shape = (*nodes[0].shape[:place], length, *nodes[0].shape[place + 1 :])
    row = ops.OPS["concat"]
    return new(infer.library_node(row, tuple(nodes), (place,), shape, common, where))


def concatenate(
    arrays: Sequence[Any],
    axis: int | None = 0,
    *,
    dtype: Any = None,
    casting: Any = "same_kind",
) -> Array:
    """Return arrays joined along an axis; NumPy's name for `concat`.

    Raises
    ------
    DTypeError
        The dtypes do not cast to the one asked for by the rule `casting`.
    """
    if dtype is not None:
        wanted = dtype_of(dtype, "concat")
        for array in arrays:
            found = node_of(array).dtype
            if not np.can_cast(found, wanted, casting):
                what = f"cannot cast from {found} to {wanted} by the rule {casting!r}"
                raise DTypeError.at("concatenate", what, where_text(here()))
    return concat(arrays, axis=axis, dtype=dtype)


def stack(arrays: Sequence[Any], /, axis: int = 0) -> Array:
    """Return arrays of one shape joined along a new axis.

    Raises
    ------
    ShapeError
        The shapes differ.
    """
    listed = [_array(a) for a in arrays]
    if len({a.shape for a in listed}) > 1:
        what = f"shapes differ: {', '.join(str(a.shape) for a in listed)}"
        raise ShapeError.at("stack", what, where_text(here()))
    return concat([expand_dims(a, axis=axis) for a in listed], axis=axis)


def vstack(arrays: Sequence[Any]) -> Array:
    """Return arrays joined along the first axis, vectors as rows."""
    return concat([_at_least(a, 2) for a in arrays], axis=0)


def hstack(arrays: Sequence[Any]) -> Array:
    """Return arrays joined along the second axis, vectors along their only one."""
    listed = [_at_least(a, 1) for a in arrays]
    return concat(listed, axis=0 if listed and listed[0].ndim == 1 else 1)


def _at_least(x: Any, ndim: int) -> Array:
    x = _array(x)
    missing = ndim - x.ndim
    return expand_dims(x, axis=tuple(range(missing))) if missing > 0 else x


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Return the slices of an array along an axis; each is a view."""
    x = _array(x)
    place = axis_arguments.one(axis, x.ndim, "unstack")
    lead = (slice(None),) * place
    return tuple(x[(*lead, k)] for k in range(x.shape[place]))


def flip(x: Any, /, axis: Any = None) -> Array:
    """Return a view with the order along axes reversed."""
    x = _array(x)
    turned = axis_arguments.several(axis, x.ndim, "flip")
    parts = tuple(slice(None, None, -1 if k in turned else 1) for k in range(x.ndim))
    return x._view(views.index(x.shape, parts))  # type: ignore[no-any-return]


def roll(x: Any, /, shift: Any, axis: Any = None) -> Array:
    """Return an array with elements moved round along axes.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.roll(la.arange(4), 1).compute()
    array([3, 0, 1, 2])
    """
    x = _array(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, axis=0), x.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    if len(axes) == 1:
        axes = axes * len(shifts)
    for step, one in zip(shifts, axes, strict=True):
        x = _rolled(x, int(step), axis_arguments.one(one, x.ndim, "roll"))
    return x  # type: ignore[no-any-return]


def _rolled(x: Array, shift: int, axis: int) -> Array:
    length = x.shape[axis]
    if not length or shift % length == 0:
        return new(x._current())
    lead = (slice(None),) * axis
    cut = length - shift % length
    tail = x._view(views.index(x.shape, (*lead, slice(cut, None))))
    head = x._view(views.index(x.shape, (*lead, slice(None, cut))))
    return concat([tail, head], axis=axis)


def repeat(x: Any, repeats: Any, /, axis: int | None = None) -> Array:
    """Return an array with each element repeated, all alike or by a count each.

    Counts given as an array are read at the call: they decide the shape.
    """
    x = _array(x)
    if axis is None:
        x, axis = ravel(x), 0
    place = axis_arguments.one(axis, x.ndim, "repeat")
    counts = np.asarray(repeats._read() if isinstance(repeats, Handle) else repeats)
    length = x.shape[place]
    if counts.size == 1:
        times = int(counts.reshape(()))
        stretched = (*x.shape[: place + 1], times, *x.shape[place + 1 :])
        column = expand_dims(x, axis=place + 1)
        shape = (*x.shape[:place], length * times, *x.shape[place + 1 :])
        return reshape(broadcast_to(column, stretched), shape)
    if counts.shape != (length,):
        what = f"repeats of shape {counts.shape} for an axis of {length}"
        raise ShapeError.at("repeat", what, where_text(here()))
    index = np.repeat(np.arange(length), counts)
    shape = (*x.shape[:place], index.size, *x.shape[place + 1 :])
    args = (x._current(), infer.leaf(index))
    return new(
        infer.library_node(ops.OPS["take"], args, (place,), shape, x.dtype, here())
    )


def tile(x: Any, repetitions: Any, /) -> Array:
    """Return an array put side by side with itself.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.tile(la.arange(2), 2).compute()
    array([0, 1, 0, 1])
    """
    if isinstance(repetitions, (Handle, np.ndarray)):
        repetitions = np.atleast_1d(np.asarray(repetitions)).tolist()
    times = shape_of(repetitions, "tile")
    x = _at_least(x, len(times))
    times = (1,) * (x.ndim - len(times)) + times
    stretched: list[int] = []
    for count, n in zip(times, x.shape, strict=True):
        stretched += [count, n]
    axes = tuple(Axis(0, 1, 2 * k + 1) for k in range(x.ndim))
    spread = new(infer.view_node(x._current(), View(tuple(stretched), axes), here()))
    shape = tuple(c * n for c, n in zip(times, x.shape, strict=True))
    return reshape(spread, shape, copy=True)


def diff(
    x: Any, /, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None
) -> Array:
    """Return the `n`-th differences of neighbours along an axis.

    Parameters
    ----------
    x : array_like
    n : int
        How often differences are taken.
    axis : int
    prepend, append : array_like, optional
        Elements to put before and after those of `x` first.

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
    x = _array(x)
    if n < 0:
        msg = f"[diff] order must be non-negative, found {n}"
        raise ValueError(msg)
    if not x.ndim:
        what = "needs at least one dimension"
        raise ShapeError.at("diff", what, where_text(here()))
    place = axis_arguments.one(axis, x.ndim, "diff")
    x = _between(prepend, x, append, place)
    name = "not_equal" if x.dtype == np.dtype(bool) else "subtract"
    lead = (slice(None),) * place
    for _ in range(n):
        after = x._view(views.index(x.shape, (*lead, slice(1, None))))
        before = x._view(views.index(x.shape, (*lead, slice(None, -1))))
        pair = (after._current(), before._current())
        x = new(infer.map_node(ops.OPS[name], pair, here()))
    return x  # type: ignore[no-any-return]


def _between(before: Any, x: Array, after: Any, axis: int) -> Array:
    """Return an array with others joined to its ends; 0-d ones are stretched."""
    parts = []
    for part in (before, x, after):
        if part is None:
            continue
        joint = _array(part)
        if not joint.ndim:
            shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
            joint = broadcast_to(joint, shape)
        parts.append(joint)
    return x if len(parts) == 1 else concat(parts, axis=axis)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return a view of the diagonals of two axes as a last one, not to be written.

    Raises
    ------
    ShapeError
        There are less than two axes, or the two are one.
    """
    x = _array(x)
    if x.ndim < 2:
        what = f"needs two dimensions, found shape {x.shape}"
        raise ShapeError.at("diagonal", what, where_text(here()))
    pair = [axis_arguments.one(k, x.ndim, "diagonal") for k in (axis1, axis2)]
    if pair[0] == pair[1]:
        what = f"axis1 and axis2 are both {pair[0]}"
        raise ShapeError.at("diagonal", what, where_text(here()))
    x = permute(x, (*(k for k in range(x.ndim) if k not in pair), *pair))
    return x._view(views.diagonal(x.shape, offset), (LOCKED,))  # type: ignore[no-any-return]


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:
    """Return an array cast to a dtype, as NumPy's ``astype`` casts.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.astype(la.asarray([1.7]), int).compute()
    array([1])
    """
    node = node_of(x)
    wanted = dtype_of(dtype, "astype")
    if node.dtype == wanted and not copy and isinstance(x, Handle):
        return x  # type: ignore[return-value]
    made = infer.astype(node, wanted, here())
    scalar = isinstance(x, Handle) and x._base is None
    return placed(new(made) if scalar else array_of(made), device)


def copy(x: Any) -> Array:
    """Return an array of its own: later writes to either are not seen in the other."""
    return array_of(node_of(x))
