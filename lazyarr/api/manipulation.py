"""Shapes and order: reshape, transpose, broadcast, flip, squeeze, cast."""

from __future__ import annotations

import operator
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import axes as axis_arguments
from lazyarr.api import theirs
from lazyarr.api.chains import LOCKED
from lazyarr.api.creation import asarray, dtype_of
from lazyarr.api.devices import placed
from lazyarr.api.foreign import called, is_theirs
from lazyarr.api.handle import (
    SLICED,
    Handle,
    array_of,
    copy_in_order,
    here,
    new,
    no_numbers,
    node_of,
)
from lazyarr.api.order import ghost, keeps_elements, lies_in, named, order_of
from lazyarr.api.quick import quick
from lazyarr.errors import AxisError, ShapeError
from lazyarr.ir import copies, infer, layout
from lazyarr.ir import view as views
from lazyarr.ir.node import Shape, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array


def array_like(x: Any) -> Array:
    """Return an array as it is, anything else wrapped."""
    made = x if isinstance(x, Handle) else asarray(x)
    if isinstance(made, np.ndarray):  # of a dtype that lazyarr does not carry
        raise no_numbers(made.dtype, "asarray")
    return made  # type: ignore[return-value]


@quick(theirs.reshape)
def reshape(a: Any, shape: Any, order: str = "C", *, copy: bool | None = None) -> Array:
    """Return the elements in C order under another shape.

    A view where NumPy's would be one: writes to either are seen in both.

    Parameters
    ----------
    a : array_like
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
    x = array_like(a)
    if order != "C":
        order = named(order)
    if order == "K":
        msg = "order 'K' is not permitted for reshaping"
        raise ValueError(msg)
    if order == "A":
        order = order_of(x)
    if order == "F":
        turned = reshape(permute(x), sides_of(x.size, shape)[::-1], copy=copy)
        return permute(turned)
    sides = sides_of(x.size, shape)
    if not sides and x._is_scalar():
        return new(x._current())  # a scalar stays one
    if copy is not True and keeps_elements(x, sides):
        return x._view(("reshape", sides))
    if copy is False:
        msg = "[reshape] these strides need a copy, and copy=False forbids it"
        raise ValueError(msg)
    made = copies.copied(x._current(), "C", here())
    return array_of(copies.copied(infer.reshape_node(made, sides, here()), "C", here()))


def sides_of(size: int, shape: Any) -> Shape:
    """Return the sides of an array of so many elements, of which -1 is what is left.

    Raises
    ------
    ShapeError
        The sizes differ.
    """
    listed = axis_arguments.listed(shape)
    given = tuple([axis_arguments.integer(n, "reshape") for n in listed])
    sides = _fitting(size, given)
    if sides is None:
        what = f"cannot reshape array of size {size} into shape {given}"
        raise ShapeError.at("reshape", what, where_text(here()))
    return sides


@lru_cache(maxsize=4096)
def _fitting(size: int, given: Shape) -> Shape | None:
    """Return the sides of a shape in which -1 is what is left; None if none fit.

    To NumPy any other negative number says so, too.
    """
    known = prod(n for n in given if n >= 0)
    left = sum(n < 0 for n in given)
    fits = (known and size % known == 0) if left else known == size
    if not fits or left > 1:
        return None
    return tuple(size // known if n < 0 else n for n in given)


@quick(np.ravel)
def ravel(a: Any, order: str = "C") -> Array:
    """Return the elements in one dimension; a view where NumPy's is one.

    Order K is that in which NumPy's array would lie in memory.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.ravel(la.ones((2, 3))).shape
    (6,)
    """
    a, order = array_like(a), named(order)
    if order == "K":
        steps = layout.kept_order(a.shape, [ghost(a).strides])
        a = permute(a, tuple(sorted(range(a.ndim), key=lambda k: -steps[k])))
        order = "C"
    made = reshape(a, (-1,), order=order)
    # Reshaping goes around gaps and against the order, where NumPy's ravel copies.
    flags = ghost(a).flags
    fortran = order == "F" or (order == "A" and flags.fnc)
    kept = flags.f_contiguous if fortran else flags.c_contiguous
    return made if kept else copy(made, "C")


def turned(x: Handle, order: Shape | None = None) -> Array:
    """Return a view with the axes in this order; None reverses them."""
    # A part of what is there stays one; other views may be known from now on.
    shape = x._sides() if type(x) is SLICED[0] else x._current().shape
    if x._is_scalar():
        return new(x._node)  # a scalar stays one
    return x._view(views.permute(shape, order))


permute = quick(np.transpose)(turned)


@quick(np.transpose)
def permute_dims(a: Any, axes: Any = None) -> Array:
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
    x = array_like(a)
    if axes is None:
        return permute(x)
    order = tuple(
        axis_arguments.strict(k, x.ndim, "permute_dims")
        for k in axis_arguments.listed(axes)
    )
    if sorted(order) != list(range(x.ndim)):
        what = f"axes {tuple(axes)} are not a permutation of {x.ndim} axes"
        raise ShapeError.at("permute_dims", what, where_text(here()))
    return permute(x, order)


@quick(np.transpose)
def transpose(a: Any, axes: Any = None) -> Array:
    """Return a view with the axes reversed, or in the given order.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.transpose(la.ones((2, 3))).shape
    (3, 2)
    """
    return permute(array_like(a)) if axes is None else permute_dims(a, axes)


@quick(np.matrix_transpose)
def matrix_transpose(x: Any, /) -> Array:
    """Return a view with the last two axes exchanged.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.matrix_transpose(la.ones((4, 2, 3))).shape
    (4, 3, 2)
    """
    x = array_like(x)
    if x.ndim < 2:
        what = f"needs two dimensions, found shape {x.shape}"
        raise ShapeError.at("matrix_transpose", what, where_text(here()))
    return permute(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


@quick(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Array:
    """Return a view with two axes exchanged.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.swapaxes(la.ones((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    x = array_like(a)
    order = list(range(x.ndim))
    j, k = (axis_arguments.one(k, x.ndim, "swapaxes") for k in (axis1, axis2))
    order[j], order[k] = order[k], order[j]
    return permute(x, tuple(order))


@quick(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Array:
    """Return a view with axes moved to other places, the rest in order.

    Raises
    ------
    ShapeError
        As many sources as destinations are needed.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.moveaxis(la.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    a = array_like(a)
    froms = _axis_list(source, a.ndim)
    tos = _axis_list(destination, a.ndim)
    if len(froms) != len(tos):
        what = "`source` and `destination` must have the same number of axes"
        raise ShapeError.at("moveaxis", what, where_text(here()))
    rest = [k for k in range(a.ndim) if k not in froms]
    for to, axis in sorted(zip(tos, froms, strict=True)):
        rest.insert(to, axis)
    return permute(a, tuple(rest))


def _axis_list(axis: Any, ndim: int) -> list[int]:
    listed = axis_arguments.listed(axis)
    found = [axis_arguments.one(a, ndim, "moveaxis") for a in listed]
    if len(set(found)) < len(found):
        what = f"repeated axis in {tuple(listed)}"
        raise AxisError.at("moveaxis", what, where_text(here()))
    return found


@quick(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Array:
    """Return a view with new axes of one element at these places of the result.

    Raises
    ------
    AxisError
        A place the result does not have, or one named twice.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.expand_dims(la.ones(3), 0).shape
    (1, 3)
    """
    a = array_like(a)
    listed = axis_arguments.listed(axis)
    places = axis_arguments.several(tuple(listed), a.ndim + len(listed), "expand_dims")
    return a._view(views.add_axes(a.shape, places))  # type: ignore[no-any-return]


@quick(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Array:
    """Return a view without axes of one element.

    Raises
    ------
    ShapeError
        A named axis has more than one element.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.squeeze(la.ones((1, 3, 1))).shape
    (3,)
    """
    a = array_like(a)
    if axis is None:
        places = tuple(k for k, n in enumerate(a.shape) if n == 1)
    else:
        places = axis_arguments.folded(axis, a.ndim, "squeeze")
    if any(a.shape[k] != 1 for k in places):
        what = f"axis {axis} of shape {a.shape} is not one element long"
        raise ShapeError.at("squeeze", what, where_text(here()))
    if not places:
        return a  # type: ignore[no-any-return]
    return a._view(views.drop_axes(a.shape, places))  # type: ignore[no-any-return]


@quick(np.flip)
def flip(m: Any, axis: Any = None) -> Array:
    """Return a view with the order along axes reversed.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.flip(la.arange(3)).compute()
    array([2, 1, 0])
    """
    m = array_like(m)
    turned = axis_arguments.several(axis, m.ndim, "flip")
    parts = tuple(slice(None, None, -1 if k in turned else 1) for k in range(m.ndim))
    if not m.ndim:  # an element, of which there is no view
        return new(m._current())
    return m._view(views.index(m.shape, parts))  # type: ignore[no-any-return]


@quick(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Return a view of the diagonals of two axes as a last one, not to be written.

    Raises
    ------
    ShapeError
        There are less than two axes, or the two are one.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.diagonal(la.asarray([[1, 2], [3, 4]])).compute()
    array([1, 4])
    """
    a = array_like(a)
    if a.ndim < 2:
        what = f"needs two dimensions, found shape {a.shape}"
        raise ShapeError.at("diagonal", what, where_text(here()))
    pair = [axis_arguments.one(k, a.ndim, "diagonal") for k in (axis1, axis2)]
    if pair[0] == pair[1]:
        what = f"axis1 and axis2 are both {pair[0]}"
        raise ShapeError.at("diagonal", what, where_text(here()))
    a = permute(a, (*(k for k in range(a.ndim) if k not in pair), *pair))
    return a._view(views.diagonal(a.shape, operator.index(offset)), (LOCKED,))  # type: ignore[no-any-return]


@quick(theirs.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:
    """Return an array cast to a dtype, as NumPy's ``astype`` casts.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.astype(la.asarray([1.7]), int).compute()
    array([1])
    """
    if is_theirs(dtype):
        return np.asarray(x).astype(dtype)  # type: ignore[return-value]
    node = node_of(x)
    wanted = dtype_of(dtype, "astype")
    if node.dtype == wanted and not copy and isinstance(x, Handle):
        return x  # type: ignore[return-value]
    place = here()
    made = infer.astype(node, wanted, place)
    if isinstance(x, Handle) and x._is_scalar():
        return placed(new(made), device)
    return placed(copy_in_order(made, place), device)


@quick(theirs.cast)
def cast(x: Any, dtype: Any, order: Any, casting: Any, copy: Any) -> Array:
    """Return what NumPy's method ``astype`` does.

    Raises
    ------
    TypeError
        The dtypes do not cast by the rule `casting`.
    ValueError
        The values do not, by the rule ``"same_value"``.
    """
    if casting == "same_value" and not np.can_cast(x.dtype, dtype):
        return called(_cast_to_same_values, (x, dtype, order), {})  # type: ignore[no-any-return]
    if casting != "unsafe":
        np.zeros(1, x.dtype).astype(dtype, casting=casting)  # NumPy's error
    order = named(order)
    if is_theirs(dtype):
        return np.asarray(x).astype(dtype, order)  # type: ignore[return-value]
    made = astype(x, dtype, copy=bool(copy))
    if made.ndim < 2 or order == "K" or (made is x and lies_in(x, order)):
        return made
    order = order_of(x) if order == "A" else order
    return array_of(copies.copied(made._current(), order, here()))


def _cast_to_same_values(x: Any, dtype: Any, order: Any) -> Any:
    return x.astype(dtype, order, "same_value")


@quick(theirs.copy)
def copy(a: Any, order: Any = "K", subok: bool = False) -> Array:
    """Return an array of its own: later writes to either are not seen in the other.

    It lies in memory in the order given; K is that of the array.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.copy(la.ones(2)).compute()
    array([1., 1.])
    """
    if not isinstance(a, Handle):  # its memory is another's
        return asarray(a, order=order, copy=True)
    order = named(order)
    if order == "A":
        order = order_of(a)
    return array_of(copies.copied(a._current(), order, here()))
