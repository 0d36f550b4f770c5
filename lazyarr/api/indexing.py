"""Reading and writing through an index key: basic, integer arrays, masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate, ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api.handle import (
    Handle,
    cast_to,
    fitted,
    here,
    known,
    new,
    node_of,
    operand,
)
from lazyarr.errors import IndexingError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Shape, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array

_BOOL = np.dtype(bool)
_INT = np.dtype(np.int64)


def getitem(x: Handle, key: Any) -> Array:
    """Return what ``x[key]`` is: a view for a basic key, a copy otherwise."""
    if views.is_basic(key):
        return x._view(views.index(x._current().shape, key))
    node = x._current()
    index = _Advanced(node.shape, key)
    where = here()
    args = (node, *index.arrays)
    return new(
        infer.library_node(
            ops.OPS["getitem"], args, (index.template,), index.shape, node.dtype, where
        )
    )


def setitem(x: Handle, key: Any, value: Any) -> None:
    """Do what ``x[key] = value`` does."""
    where = here()
    node = x._current()
    raw = operand(value if not isinstance(value, (list, tuple)) else np.asarray(value))
    new_value = cast_to(raw, node.dtype, where)
    if views.is_basic(key):
        view = views.index(node.shape, key)
        x._store(fitted(new_value, view.shape, "setitem", where), (view,), where)
        return
    mask = _whole_mask(key)
    if mask is not None and not new_value.shape:
        _store_masked(x, mask, new_value, where)
        return
    index = _Advanced(node.shape, key)
    held = fitted(new_value, index.shape, "setitem", where)
    args = (node, held, *index.arrays)
    row = ops.OPS["setitem"]
    result = infer.library_node(
        row, args, (index.template,), node.shape, node.dtype, where
    )
    x._store(result, (), where)


def _whole_mask(key: Any) -> Node | None:
    """Return the mask if the key is nothing but one boolean array."""
    if isinstance(key, tuple) and len(key) == 1:
        key = key[0]
    if isinstance(key, (bool, tuple)) or key is None or key is Ellipsis:
        return None
    node = node_of(np.asarray(key) if isinstance(key, list) else key)
    return node if node.dtype == _BOOL and node.shape else None


def _store_masked(x: Handle, mask: Node, value: Node, where: Any) -> None:
    """``x[mask] = scalar`` is a ``where``; the size of the mask is never needed."""
    node = x._current()
    _check_mask(mask.shape, node.shape, 0)
    missing = tuple(range(len(mask.shape), len(node.shape)))
    column = infer.view_node(mask, views.add_axes(mask.shape, missing), where)
    args = (column, value, node)
    x._store(infer.map_node(ops.OPS["where"], args, where), (), where)


def _check_mask(mask: Shape, shape: Shape, first: int) -> None:
    part = shape[first : first + len(mask)]
    if mask != part:
        what = (
            f"boolean index did not match indexed array: shape {mask} "
            f"against {part} from axis {first}"
        )
        raise IndexingError.at("getitem", what, where_text(here()))


class _Advanced:
    """An advanced key made explicit: index arrays, a hashable template, the shape."""

    def __init__(self, shape: Shape, key: Any) -> None:
        parts = list(key) if type(key) is tuple else [key]
        parts = [self._array(p) for p in parts]
        self.arrays: list[Node] = []
        self.template: tuple[Any, ...] = ()
        self._source = shape
        parts = self._without_ellipsis(parts)
        self._build(parts)

    @staticmethod
    def _array(part: Any) -> Any:
        """Return a part as a slice, None, an integer, or the node of an index array."""
        if part is None or part is Ellipsis or isinstance(part, slice):
            return part
        if isinstance(part, bool):
            return node_of(np.asarray(part))
        if hasattr(part, "__index__") and not getattr(part, "shape", ()):
            if getattr(part, "dtype", None) != _BOOL:
                return part.__index__()
        node = node_of(np.empty(0, np.intp) if isinstance(part, list) and not part else part)
        if node.dtype.kind not in "biu":
            what = (
                "only integers, slices, ellipsis, newaxis and integer or boolean "
                f"arrays are valid indices, found dtype {node.dtype}"
            )
            raise IndexingError.at("getitem", what, where_text(here()))
        return node

    def _without_ellipsis(self, parts: list[Any]) -> list[Any]:
        used = 0
        for part in parts:
            if isinstance(part, Node) and part.dtype == _BOOL:
                used += len(part.shape)
            elif part is not None and part is not Ellipsis:
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
                start, stop, step = part.indices(self._source[axis])
                length = len(range(start, stop, step))
                template.append(("slice", part.start, part.stop, part.step))
                template[-1] = ("slice", *_plain(part))
                sides.append(length)
                axis += 1
            elif isinstance(part, Node) and part.dtype == _BOOL:
                _check_mask(part.shape, self._source, axis)
                for found in _nonzero(part):
                    template.append(("array", self._add(found)))
                    sides.append(None)
                if not part.shape:  # a 0-d mask adds an axis of 0 or 1 elements
                    template.append(("array", self._add(_zero_d_mask(part))))
                    sides.append(None)
                axis += len(part.shape)
            else:
                node = part if isinstance(part, Node) else node_of(np.asarray(part))
                template.append(("array", self._add(self._bounded(node, axis))))
                sides.append(None)
                axis += 1
        self.template = tuple(template)
        self.shape = self._result(sides)

    def _add(self, node: Node) -> int:
        self.arrays.append(node)
        return len(self.arrays) - 1

    def _bounded(self, node: Node, axis: int) -> Node:
        """Return an index array whose values are known to be in bounds.

        Indices that are themselves lazy are evaluated: an index out of bounds is an
        error of this call.
        """
        size = self._source[axis]
        values = node.value
        if node.args:
            (values,) = evaluate.compute((node,))
            node = known(np.asarray(values), node.where)
        if isinstance(values, np.ndarray | np.generic) and values.size:
            low, high = int(values.min()), int(values.max())
            if low < -size or high >= size:
                wrong = low if low < -size else high
                what = (
                    f"index {wrong} is out of bounds for axis {axis} with size {size}"
                )
                raise IndexingError.at("getitem", what, where_text(here()))
        return node

    def _result(self, sides: list[int | None]) -> Shape:
        shapes = tuple(node.shape for node in self.arrays)
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


def _plain(part: slice) -> tuple[Any, ...]:
    return tuple(
        None if v is None else v.__index__() for v in (part.start, part.stop, part.step)
    )


def _nonzero(mask: Node) -> list[Node]:
    """Return the places of a mask's true elements, found now: they decide a shape."""
    if not mask.shape:
        return []
    (values,) = evaluate.compute((mask,))
    return [infer.leaf(found, here()) for found in np.nonzero(values)]


def _zero_d_mask(mask: Node) -> Node:
    (value,) = evaluate.compute((mask,))
    return infer.leaf(np.zeros(int(bool(value)), np.intp), here())


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Array:
    """Return elements at indices along an axis; negative ones count from the end.

    Parameters
    ----------
    x : array_like
    indices : array_like of int
    axis : int, optional
        Default: the only axis, or the flattened array.

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
    node = node_of(x)
    if axis is None:
        node = infer.reshape_node(node, (node.size,), here())
        axis = 0
    place = axis_arguments.one(axis, len(node.shape), "take")
    chosen = new(node)
    key = (
        *(slice(None),) * place,
        indices if isinstance(indices, Handle) else np.asarray(indices),
    )
    return getitem(chosen, key)


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Array:
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
    common = list(infer.broadcast_shapes("take_along_axis", (off[0], off[1]), where))
    common.insert(place, index.shape[place])
    row = ops.OPS["take_along_axis"]
    return new(
        infer.library_node(
            row, (node, index), (place,), tuple(common), node.dtype, where
        )
    )
