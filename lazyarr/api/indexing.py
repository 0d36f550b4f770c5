"""Reading and writing through an index key: basic, integer arrays, masks."""

from __future__ import annotations

from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import evenly, inside, looped, opened, pending
from lazyarr.api.assigned import assigned, is_scalar
from lazyarr.api.chains import joined
from lazyarr.api.handle import (
    ELEMENT,
    FINAL,
    SELECTION,
    SLICED,
    SMALL,
    SMALLS,
    WEAK,
    Handle,
    fitted,
    here,
    new,
    node_of,
)
from lazyarr.api.interop import through_numpy
from lazyarr.api.keys import (
    Advanced,
    basic_view,
    bounded,
    column,
    has_ellipsis,
    mask_behind,
    spelled,
    whole_mask,
    with_integers,
    with_numbers,
    with_scalars,
)
from lazyarr.api.known import keyed, there
from lazyarr.api.nested import array_like, read_nested
from lazyarr.api.quick import quick
from lazyarr.api.taken import is_as_selected, taken
from lazyarr.config import current
from lazyarr.errors import IndexingError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.infer import library_node
from lazyarr.ir.kept import Owned
from lazyarr.ir.leaves import LARGEST
from lazyarr.ir.node import Node, Shape, Where, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.view import View

_LITTLE = 1 << 14  # elements of an array into which slices are written at once
_SEVERAL = 4  # elements: from so many on, a loop is taking them
_MASK_OF_ALL = "[setitem] a mask of the whole array takes a 0-d or 1-d value"


def getitem(x: Handle, key: Any, /) -> Array:
    """Return what ``x[key]`` is: a view for a basic key, a copy otherwise."""
    if pending.due and pending.touch(x):
        return x[key]  # type: ignore[index, no-any-return]
    kind = type(key)
    if kind is int or kind is slice or kind is tuple:
        part = None if x._base is None else inside.part(x, key)
        if part is not None:
            return part  # type: ignore[no-any-return]
        quick = x._base is None and type(x) is FINAL[0]
        if not quick or type(x._node.value) is np.ndarray:
            shown = _sliced(x, key) if quick else _element(x, key)
            if shown is not None:
                return shown
    elif (usual_key := spelled(key)) is not key:
        return getitem(x, usual_key)
    shape = x._sides()
    view = usual(shape, key if kind is tuple else (key,))
    if view is not None and view.shape:
        return keyed(x._view(view), view, key)  # type: ignore[no-any-return]
    return _unusual(x, key, shape)


def _unusual(x: Handle, key: Any, shape: Shape) -> Array:
    """Return what a key shows or selects that holds more than integers and slices."""
    numbered = with_numbers(key, len(shape))
    if numbered is not key:
        return x[numbered]  # type: ignore[index, no-any-return]
    key = with_scalars(key)
    if views.is_basic(key):
        view = basic_view(shape, key)
        if view.shape or has_ellipsis(key):
            return x._view(view)
        return _scalar(x, x._current(), key, view)
    return _selected(x, key)


def _sliced(x: Handle, key: Any) -> Any:
    """Return what integers and slices show of an array that is there; None elsewhere."""
    array = x._node.value
    if not looped.is_of_slices(key):
        return None
    try:
        shown = array[key]
    except IndexError:
        return None  # the error is told where every key is looked at
    if type(shown) is not np.ndarray:
        return ELEMENT[0]._of(shown) if current().small_path else None
    if not shown.ndim:
        return None
    made = SLICED[0]()
    made._node = None
    made._base = x
    x._viewed = True
    made._seen = None
    made._value = shown.shape
    made._whole = key
    return made


def _selected(x: Handle, key: Any) -> Array:
    """Return what a mask or integer arrays select."""
    held = (
        looped.shown(x) if type(x) is SLICED[0] and type(key) is not FINAL[0] else None
    )
    if held is not None:
        return SMALL[0]._of(held)[key]  # type: ignore[no-any-return]
    arrays = type(key) in SMALLS or type(key) is FINAL[0]
    taken = opened.selected(x, key) if arrays else None
    taken = inside.picked(x, key) if taken is None else taken
    taken = evenly.selected(x, key) if taken is None else taken
    if taken is not None:
        return taken  # type: ignore[no-any-return]
    node = x._current()
    mask = whole_mask(key)
    if mask is not None and mask.shape == node.shape[: len(mask.shape)]:
        return SELECTION[0]._of(node, mask, key, here())  # type: ignore[no-any-return]
    index = Advanced(node.shape, key)
    where = here()
    args = (node, *index.arrays)
    return new(
        library_node(
            ops.OPS["getitem"], args, (index.template,), index.shape, node.dtype, where
        )
    )


def usual(shape: Shape, parts: tuple[Any, ...]) -> View | None:
    """Return the view of a basic key without mistakes; None for other keys."""
    places: list[Any] = []
    axis, ndim = 0, len(shape)
    for part in parts:
        kind = type(part)
        if kind is slice and axis < ndim:
            places.append(part.indices(shape[axis]))
            axis += 1
            continue
        if part is None:
            places.append(None)
            continue
        if part is Ellipsis:
            spread = _spread(parts, ndim)
            return None if spread is None else usual(shape, spread)
        if axis == ndim or kind is not int:
            return None
        places.append(part)
        axis += 1
    return views.picked(shape, *places)


def _spread(parts: tuple[Any, ...], ndim: int) -> tuple[Any, ...] | None:
    """Return a key with slices for its only ellipsis, if it has only one."""
    places = [k for k, part in enumerate(parts) if part is Ellipsis]
    missing = ndim + 1 - sum([part is not None for part in parts])
    if len(places) > 1 or missing < 0:
        return None
    first = places[0]
    return (*parts[:first], *(slice(None),) * missing, *parts[first + 1 :])


def _element(x: Handle, key: Any) -> Array | None:
    """Return the element that integers name in an array that is there, read at once."""
    if type(key) is tuple:
        for part in key:
            if type(part) is not int:
                return None
        ndim = len(key)
    elif type(key) is slice:
        return None
    else:
        ndim = 1
    array = x._node.value if x._base is None else there(x)
    if type(array) is not np.ndarray or array.ndim != ndim:
        return None
    try:
        value = array[key]
    except IndexError:
        return None  # the error is told where every key is looked at
    return ELEMENT[0]._of(value) if current().small_path else None


def _scalar(x: Handle, node: Node, key: Any, view: View) -> Array:
    """Return an element, which is no view, of an array that is not computed yet.

    An expression from which several are taken is computed: a loop takes them.
    """
    owner = x if x._base is None else x._base
    seen = owner._node
    made = new(infer.view_node(node, view, here()))
    if not seen.args or not seen.shape:
        return made
    if _is_looped(owner) and owner._settle_small(seen, owner._elements):
        return getitem(x, key)
    made._whole = (owner, seen, joined(() if x._base is None else x._chain, (view,)))
    return made


def _is_looped(owner: Handle) -> bool:
    """Whether elements of a base are taken or written so often that a loop does it."""
    count = owner._elements = getattr(owner, "_elements", 0) + 1
    return count >= _SEVERAL


def setitem(x: Handle, key: Any, value: Any, /) -> None:
    """Do what ``x[key] = value`` does."""
    if type(key) is not tuple and type(key) is not int:
        key = spelled(key)
    if pending.due and pending.touch(x):
        x[key] = value  # type: ignore[index]
        return
    if x._base is not None and inside.put_part(x, key, value):
        return
    if (pending.looped and looped.write(x, key, value)) or opened.write(x, key, value):
        return
    number = type(value) in WEAK
    if type(value) is ELEMENT[0]:
        value, number = value._value, True
    if number and x._base is None and _written_now(x, key, value):
        return
    try:
        _assign(x, key, value)
    except IndexingError as error:  # its text is that of reading
        raise IndexingError(str(error).replace("[get", "[set", 1)) from error.__cause__


def _assign(x: Handle, key: Any, value: Any) -> None:
    where = here()
    shape = x._sides()
    dtype = x._kind()
    view = usual(shape, key if type(key) is tuple else (key,))
    if view is None:
        key = with_integers(key)
        view = basic_view(shape, key) if views.is_basic(key) else None
    if view is not None:
        if isinstance(value, Handle) and _is_there(x, view, value):
            return
        # What is a scalar is converted like a Python number.
        element = is_scalar(value) or not (view.shape or has_ellipsis(key))
        if not (view.shape or element) and isinstance(value, (list, tuple)):
            np.empty((), dtype)[...] = read_nested(value)  # with NumPy's error
        held = assigned(value, dtype, element, where)
        x._store(fitted(held, view.shape, "setitem", where), (view,), where)
        return
    _store_advanced(x, key, value, where)


def _is_there(x: Handle, view: View, value: Handle) -> bool:
    """Whether a value is what is shown there, as after ``x[1:] += y``."""
    base, chain = (x, ()) if x._base is None else (x._base, x._chain)
    there = value._base is base and value._chain == joined(chain, (view,))
    # What must not be written is not, not even with itself.
    return there and x.flags.writeable  # type: ignore[attr-defined]


def _written_now(x: Handle, key: Any, value: Any) -> bool:
    """Write a number into an array that nobody else holds, if this is one; say so."""
    node = x._node
    if type(node.params) is not Owned:
        if type(key) is int and node.args and _is_looped(x):
            x._settle_small(node)
        return False
    array = node.value
    # The base, this call's name for the node and the argument: nobody else.
    if type(array) is not np.ndarray or getrefcount(node) > looped.UNSHARED:
        return False
    largest = LARGEST.get(array.dtype.char)
    if largest is not None and not abs(value) <= largest:
        return False  # what NumPy says of it names the user's line elsewhere
    if type(key) is not int:
        usual = {int} if node.size > _LITTLE else {int, slice}
        if not usual.issuperset(map(type, key if type(key) is tuple else (key,))):
            return False
    if not current().small_path:
        return False
    try:
        array[key] = value
    except IndexError:
        return False  # the error is told where every key is looked at
    return True


def _store_advanced(x: Handle, key: Any, value: Any, where: Where) -> None:
    """Write through a mask or integer arrays."""
    node = x._current()
    mask, held = whole_mask(key), None
    if mask is not None and mask.shape == node.shape[: len(mask.shape)]:
        picked = _picked(value, mask, node)
        if picked is not None:
            picked = infer.astype(picked, node.dtype, where)
            _store_masked(x, column(mask, node, where), picked, where)
            return
        held = assigned(value, node.dtype, False, where)
        if not held.shape:
            _store_masked(x, column(mask, node, where), held, where)
            return
        if len(held.shape) > 1 and mask.shape == node.shape:
            raise TypeError(_MASK_OF_ALL)
    behind = mask_behind(key, node.shape)
    if behind is not None:
        held = assigned(value, node.dtype, False, where)
        if not held.shape:
            _store_masked(x, behind, held, where)
            return
    index = Advanced(node.shape, key)
    held = assigned(value, node.dtype, False, where) if held is None else held
    if not node.shape and len(held.shape) > 1:
        raise TypeError(_MASK_OF_ALL)
    longer = len(held.shape) > len(index.shape) > 0 and not held.size
    ends = zip(held.shape[::-1], index.shape[::-1], strict=False)
    if (
        longer
        and 0 in index.shape
        and held.shape[-1] == index.shape[-1]
        and all(n in (1, m) for n, m in ends)
    ):
        # Nothing goes into nothing: NumPy minds no further axes here.
        held = infer.full_node(infer.scalar(0, node.dtype), index.shape, where)
    held = fitted(held, index.shape, "setitem", where)
    args = (node, held, *index.arrays)
    row = ops.OPS["setitem"]
    result = library_node(row, args, (index.template,), node.shape, node.dtype, where)
    x._store(result, (), where)


def _picked(value: Any, mask: Node, node: Node) -> Node | None:
    """Return all of an array of which the mask selects what is assigned, if it does."""
    whole = value._whole() if type(value) is SELECTION[0] else None
    if whole is None or whole.mask is not mask or whole.picked.shape != node.shape:
        return None
    return whole.cleaned(0)._current()  # type: ignore[no-any-return]


def _store_masked(x: Handle, mask: Node, value: Node, where: Where) -> None:
    """``x[mask] = scalar`` is a ``where``; the size of the mask is never needed."""
    args = (mask, value, x._current())
    x._store(infer.map_node(ops.OPS["where"], args, where), (), where)


@quick(np.take)
def take(
    a: Any,
    indices: Any,
    axis: int | None = None,
    out: Any = None,
    mode: str = "raise",
) -> Array:
    """Return elements at indices along an axis; negative ones count from the end.

    Parameters
    ----------
    a : array_like
    indices : array_like of int
    axis : int, optional
        Default: the only axis, or the flattened array.
    out : Array, optional
    mode : {"raise", "wrap", "clip"}
        What to do about an index out of bounds.

    Raises
    ------
    IndexingError
        An index is out of bounds.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.take(la.asarray([3, 4, 5]), la.asarray([2, 0])).compute()
    array([5, 3])
    """
    if mode != "raise" or out is not None:
        options = {"axis": axis, "mode": mode, "out": out}
        return through_numpy(np.take, (a, indices), options, "take")  # type: ignore[no-any-return]
    node = node_of(a)
    if axis is None or not node.shape:
        node = infer.reshape_node(node, (node.size,), here())
        axis = 0 if axis is None else axis
    place = axis_arguments.strict(axis, len(node.shape), "take")
    if not hasattr(indices, "dtype"):
        # NumPy converts sequences, and casts arrays.
        indices = array_like(np.asarray(read_nested(indices), np.intp))
    if indices.dtype.kind not in "iu":  # NumPy counts booleans: no mask is meant
        sample = np.zeros(1, indices.dtype).astype(np.intp, casting="same_kind")
        indices = new(infer.astype(node_of(indices), sample.dtype, here()))
    if is_as_selected(node, place):
        return _selected(new(node), (*(slice(None),) * place, indices))
    index = bounded(node_of(indices), node.shape[place], place)
    return new(taken(node, index, place, here()))


@quick(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Array:
    """Return one element for each index, chosen along an axis; of None in one row.

    Raises
    ------
    ShapeError
        The shapes do not match off the axis.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.take_along_axis(la.asarray([[3, 1]]), [[1, 0]], axis=1).compute().tolist()
    [[1, 3]]
    """
    where = here()
    node, index = node_of(arr), node_of(indices)
    if axis is None:
        node, axis = infer.reshape_node(node, (node.size,), where), 0
    place = axis_arguments.one(axis, len(node.shape), "take_along_axis")
    if len(index.shape) != len(node.shape):
        what = f"indices of shape {index.shape} for an array of shape {node.shape}"
        raise ShapeError.at("take_along_axis", what, where_text(where))
    off = [
        tuple(n for k, n in enumerate(s) if k != place)
        for s in (node.shape, index.shape)
    ]
    if index.dtype.kind not in "iu":
        what = f"indices must be integers, found dtype {index.dtype}"
        raise IndexingError.at("take_along_axis", what, where_text(where))
    index = bounded(index, node.shape[place], place)
    common = list(infer.broadcast_shapes("take_along_axis", (off[0], off[1]), where))
    common.insert(place, index.shape[place])
    row = ops.OPS["take_along_axis"]
    return new(
        library_node(row, (node, index), (place,), tuple(common), node.dtype, where)
    )
