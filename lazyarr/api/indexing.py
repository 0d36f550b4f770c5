"""Reading and writing through an index key: basic, integer arrays, masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate, ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api.chains import LOCKED, joined
from lazyarr.api.handle import (
    Handle,
    fitted,
    here,
    known,
    new,
    node_of,
    read_nested,
)
from lazyarr.api.interop import through_numpy
from lazyarr.api.sizes import found, module_of, settled
from lazyarr.config import current
from lazyarr.errors import IndexingError, ShapeError
from lazyarr.ir import flat, infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Shape, Where, where_text
from lazyarr.ir.view import View

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ops.row import DType

_BOOL = np.dtype(bool)
_SEVERAL = 4  # elements: from so many on, a loop is taking them
# What these give are indices of their operand's axis: they stay lazy.
_BOUNDED_OPS = ("argsort", "argmax", "argmin")
_MASK_OF_ALL = "[setitem] a mask of the whole array takes a 0-d or 1-d value"


def getitem(x: Handle, key: Any) -> Array:
    """Return what ``x[key]`` is: a view for a basic key, a copy otherwise."""
    node = x._current()
    whole = len(key) if type(key) is tuple else 1
    if whole == len(node.shape) and current().small_path:
        element = _element(x, node, key)
        if element is not None:
            return new(element)
    if views.is_basic(key):
        view = _basic(node.shape, key)
        if view.shape or _has_ellipsis(key):
            return x._view(view)
        return _scalar(x, node, key, view)
    index = _Advanced(node.shape, key)
    where = here()
    args = (node, *index.arrays)
    return new(
        infer.library_node(
            ops.OPS["getitem"], args, (index.template,), index.shape, node.dtype, where
        )
    )


def _there(x: Handle, node: Node) -> Any:
    """Return the elements that a view of an array in memory shows, else None."""
    if type(node.params) is View and type(node.args[0].value) is np.ndarray:
        return views.apply(node.args[0].value, node.params)
    if x._base is None or type(x._base._node.value) is not np.ndarray:
        return None
    array = x._base._node.value
    for step in x._chain:
        if type(step) is View:
            array = views.apply(array, step)
        elif step[0] == "reshape":
            array = array.reshape(step[1])
        elif step[0] != LOCKED:
            array = getattr(array, step[0])
    return array


def _scalar(x: Handle, node: Node, key: Any, view: View) -> Array:
    """Return an element, which is no view, of an array that is not computed yet.

    A small expression from which several are taken is computed: a loop takes them.
    """
    owner = x if x._base is None else x._base
    seen = owner._node
    made = new(infer.view_node(node, view, here()))
    if not seen.args or not seen.shape:
        return made
    before, count = getattr(owner, "_elements", (None, 0))
    count = count + 1 if before is seen else 1
    owner._elements = (seen, count)
    if count == _SEVERAL and owner._settle_small(seen):
        return getitem(x, key)
    made._whole = (owner, seen, joined(() if x._base is None else x._chain, (view,)))
    return made


def _element(x: Handle, node: Node, key: Any) -> Node | None:
    """Return the element that integers name in an array that is there, read at once."""
    source = node.value
    if type(source) is not np.ndarray and not node.args:
        return None
    for part in key if type(key) is tuple else (key,):
        if type(part) is not int:
            return None
    if node.args:
        source = _there(x, node)
    if type(source) is not np.ndarray:
        return None
    try:
        value = source[key]
    except IndexError:
        return None  # the error is told where every key is looked at
    return infer.element(value, node.dtype)


def setitem(x: Handle, key: Any, value: Any) -> None:
    """Do what ``x[key] = value`` does."""
    where = here()
    node = x._current()
    key = _with_integers(key)
    if views.is_basic(key):
        view = _basic(node.shape, key)
        element = not view.shape and not _has_ellipsis(key)
        if isinstance(value, np.generic):  # converted like a Python number
            element = True
        held = _assigned(value, node.dtype, element, where)
        x._store(fitted(held, view.shape, "setitem", where), (view,), where)
        return
    mask = _whole_mask(key)
    if mask is not None and mask.shape == node.shape[: len(mask.shape)]:
        held = _assigned(value, node.dtype, False, where)
        if not held.shape:
            _store_masked(x, mask, held, where)
            return
        if len(held.shape) > 1 and mask.shape == node.shape:
            raise TypeError(_MASK_OF_ALL)
    index = _Advanced(node.shape, key)
    held = _assigned(value, node.dtype, False, where)
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
    result = infer.library_node(
        row, args, (index.template,), node.shape, node.dtype, where
    )
    x._store(result, (), where)


def _with_integers(key: Any) -> Any:
    """Return a key with NumPy's integer arrays of no axes as integers."""
    if type(key) is tuple:
        return tuple([_with_integers(part) for part in key])
    if isinstance(key, np.ndarray) and not key.shape and key.dtype.kind in "iu":
        return int(key)
    return key


def _has_ellipsis(key: Any) -> bool:
    parts = key if type(key) is tuple else (key,)
    return any(part is Ellipsis for part in parts)


def _assigned(value: Any, dtype: DType, element: bool, where: Where) -> Node:
    """Return an assigned value as a node of the array's dtype.

    Python objects are converted here, by NumPy's own assignment: what cannot be
    converted is an error of this call. `element` says that one element is assigned.
    """
    if isinstance(value, Handle):
        node = value._current()
        if element and node.shape:
            np.empty(1, dtype)[0] = np.zeros(node.shape, node.dtype)
            node = infer.reshape_node(node, (), where)
        return infer.astype(node, dtype, where)
    if not element and isinstance(value, (list, tuple)):
        array = np.array(read_nested(value), dtype=dtype)
        return node_of(array if array.shape else array[()])
    if not element and getattr(value, "shape", None):
        return infer.astype(node_of(value), dtype, where)
    held = np.empty(1, dtype)
    if not element and isinstance(value, (np.generic, np.ndarray)):
        value = np.asarray(value).astype(dtype)  # arrays are cast, not converted
    held[0] = value
    return infer.scalar(held[0], dtype)


def _basic(shape: Shape, key: Any) -> View:
    """Return the view of a basic key; its errors name the user's line."""
    try:
        return views.index(shape, key)
    except IndexingError as error:
        msg = f"{error} ({where_text(here())})"
        raise IndexingError(msg) from None


def _whole_mask(key: Any) -> Node | None:
    """Return the mask if the key is nothing but one boolean array."""
    if isinstance(key, tuple) and len(key) == 1:
        key = key[0]
    if isinstance(key, list):
        key = np.asarray(read_nested(key))
    if not isinstance(key, (np.ndarray, Handle)):
        return None
    node = node_of(key) if getattr(key, "dtype", None) == _BOOL else None
    return node if node is not None and node.shape else None


def _store_masked(x: Handle, mask: Node, value: Node, where: Where) -> None:
    """``x[mask] = scalar`` is a ``where``; the size of the mask is never needed."""
    node = x._current()
    missing = tuple(range(len(mask.shape), len(node.shape)))
    column = infer.view_node(mask, views.add_axes(mask.shape, missing), where)
    args = (column, value, node)
    x._store(infer.map_node(ops.OPS["where"], args, where), (), where)


def _check_mask(mask: Shape, shape: Shape, first: int) -> None:
    """Check that a mask fits an array from an axis on."""
    part = shape[first : first + len(mask)]
    if mask == part:
        return
    # NumPy lets some masks of no elements pass; which ones, it is asked.
    array = np.broadcast_to(np.int8(0), shape)
    key: tuple[Any, ...] = (*(slice(None),) * first, np.broadcast_to(False, mask))
    try:
        array[key]
    except IndexError:
        what = (
            f"boolean index did not match indexed array: shape {mask} "
            f"against {part} from axis {first}"
        )
        raise IndexingError.at("getitem", what, where_text(here())) from None


def _part(part: Any) -> Any:
    """Return a slice, None or ``...`` as it is, a 0-d mask as bool, else an index.

    An index is a Python integer, or the node of an integer array or a mask.
    """
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if isinstance(part, (bool, np.bool_)):
        return bool(part)
    if hasattr(part, "__index__") and not hasattr(part, "shape"):
        return part.__index__()
    if not hasattr(part, "dtype"):
        part = np.asarray(read_nested(part))
        if not part.size:  # an empty list is an index, though its dtype is float
            part = part.astype(np.intp)
    if part.dtype.kind not in "biu":
        what = (
            "only integers, slices (`:`), ellipsis (`...`), newaxis (`None`) and "
            f"integer or boolean arrays are valid indices, found dtype {part.dtype}"
        )
        raise IndexingError.at("getitem", what, where_text(here()))
    if part.dtype == _BOOL and not part.shape:
        return bool(part)
    node = node_of(part)
    if node.dtype == _BOOL:
        return settled(part, "by a boolean index, whose size depends on the values")
    if node.op.name in _BOUNDED_OPS:
        return node
    return settled(part, "by an index, which must be in bounds")


class _Advanced:
    """An advanced key made explicit: index arrays, a hashable template, the shape."""

    def __init__(self, shape: Shape, key: Any) -> None:
        parts = list(key) if type(key) is tuple else [key]
        parts = [_part(p) for p in parts]
        self.arrays: list[Node] = []
        self._joint: list[Shape] = []
        self._source = shape
        self._build(self._without_ellipsis(parts))

    def _without_ellipsis(self, parts: list[Any]) -> list[Any]:
        used = 0
        for part in parts:
            if isinstance(part, Node) and part.dtype == _BOOL:
                used += len(part.shape)
            elif part is not None and part is not Ellipsis and type(part) is not bool:
                used += 1
        ndim = len(self._source)
        if used > ndim:
            what = (
                f"too many indices for array: array is {ndim}-dimensional, "
                f"but {used} were indexed"
            )
            raise IndexingError.at("getitem", what, where_text(here()))
        places = [k for k, part in enumerate(parts) if part is Ellipsis]
        if len(places) > 1:
            what = "an index can only have a single ellipsis ('...')"
            raise IndexingError.at("getitem", what, where_text(here()))
        place = places[0] if places else len(parts)
        full = [slice(None)] * (ndim - used)
        return parts[:place] + full + parts[place + 1 :]

    def _build(self, parts: list[Any]) -> None:
        axis = 0
        template: list[Any] = []
        sides: list[int | None] = []  # result side; None marks an advanced index
        for part in parts:
            if part is None:
                template.append(("new",))
                sides.append(1)
            elif isinstance(part, slice):
                template.append(("slice", *_plain(part)))
                sides.append(len(range(*part.indices(self._source[axis]))))
                axis += 1
            elif type(part) is bool:
                template.append(("mask", part))
                self._joint.append((int(part),))
                sides.append(None)
            elif isinstance(part, Node) and part.dtype == _BOOL:
                _check_mask(part.shape, self._source, axis)
                for found in _nonzero(part):
                    template.append(self._add(found))
                    sides.append(None)
                axis += len(part.shape)
            else:
                node = part if isinstance(part, Node) else node_of(part)
                node = _bounded(node, self._source[axis], axis)
                template.append(self._add(node))
                sides.append(None)
                axis += 1
        self.template = tuple(template)
        self.shape = self._result(sides)

    def _add(self, node: Node) -> tuple[str, int]:
        self.arrays.append(node)
        self._joint.append(node.shape)
        return ("array", len(self.arrays) - 1)

    def _result(self, sides: list[int | None]) -> Shape:
        shapes = tuple(self._joint)
        try:
            joint = infer.broadcast_shapes("getitem", shapes, here())
        except ShapeError as error:
            listed = " ".join(map(str, shapes))
            what = f"shape mismatch: indexing arrays could not be broadcast: {listed}"
            raise IndexingError.at("getitem", what, where_text(here())) from error
        places = [k for k, n in enumerate(sides) if n is None]
        together = places == list(range(places[0], places[0] + len(places)))
        first = places[0] if together else 0
        rest = [n for n in sides if n is not None]
        before = [n for n in sides[:first] if n is not None]
        return (*before, *joint, *rest[len(before) :])


def _bounded(node: Node, size: int, axis: int) -> Node:
    """Return an index array as a leaf whose values are known to be in bounds.

    Lazy indices are evaluated: an index out of bounds is an error of this call. A
    device's array is taken as it is.
    """
    if node.op.name in _BOUNDED_OPS and node.args[0].shape[node.params[0]] <= size:
        return node
    values = node.value
    if node.op.name not in ("data", "scalar"):
        (values,) = evaluate.compute((node,))
    if not isinstance(values, np.ndarray | np.generic):
        return node
    note = node.params
    if values.size:
        low, high = int(values.min()), int(values.max())
        if low < -size or high >= size:
            wrong = low if low < -size else high
            what = f"index {wrong} is out of bounds for axis {axis} with size {size}"
            raise IndexingError.at("getitem", what, where_text(here()))
    made = known(values.astype(np.intp), node.where)
    return flat.noted(made, note) if type(note) is str and made.shape else made


def _plain(part: slice) -> tuple[Any, ...]:
    return tuple(
        None if v is None else v.__index__() for v in (part.start, part.stop, part.step)
    )


def _nonzero(mask: Node) -> list[Node]:
    """Return the places of a mask's true elements, found now: they decide a shape."""
    values = mask.value
    if mask.op.name != "data":
        (values,) = evaluate.compute((mask,))
    places = module_of(values).nonzero(values)
    return [found(place, "a boolean index")._current() for place in places]


def take(
    x: Any,
    indices: Any,
    /,
    axis: int | None = None,
    out: Any = None,
    mode: str = "raise",
) -> Array:
    """Return elements at indices along an axis; negative ones count from the end.

    Parameters
    ----------
    x : array_like
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
        return through_numpy(np.take, (x, indices), options, "take")  # type: ignore[no-any-return]
    node = node_of(x)
    if axis is None:
        node = infer.reshape_node(node, (node.size,), here())
        axis = 0
    place = axis_arguments.one(axis, len(node.shape), "take")
    chosen = new(node)
    if not hasattr(indices, "dtype"):
        indices = np.asarray(read_nested(indices))
        indices = indices if indices.size else indices.astype(np.intp)
    return getitem(chosen, (*(slice(None),) * place, indices))


def take_along_axis(x: Any, indices: Any, /, axis: int = -1) -> Array:
    """Return one element for each index, chosen along an axis.

    Raises
    ------
    ShapeError
        The shapes do not match off the axis.
    """
    where = here()
    node, index = node_of(x), node_of(indices)
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
    index = _bounded(index, node.shape[place], place)
    common = list(infer.broadcast_shapes("take_along_axis", (off[0], off[1]), where))
    common.insert(place, index.shape[place])
    row = ops.OPS["take_along_axis"]
    return new(
        infer.library_node(
            row, (node, index), (place,), tuple(common), node.dtype, where
        )
    )
