"""Index keys made explicit: masks as places, indices in bounds, the shape."""

from __future__ import annotations

import math
import weakref
from typing import Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import pending
from lazyarr.api.handle import ELEMENT, Handle, here, known, new, node_of
from lazyarr.api.known import plain
from lazyarr.api.limits import limits
from lazyarr.api.nested import array_like, read_nested
from lazyarr.api.resident import device_of
from lazyarr.api.sizes import called, found, highest_of, range_of, settled
from lazyarr.errors import IndexingError, ShapeError
from lazyarr.ir import flat, infer
from lazyarr.ir.node import Node, Shape, Where, where_text
from lazyarr.ir.view import View, add_axes, index

_BOOL = np.dtype(bool)
_INTP = np.dtype(np.intp)
_LONGEST = np.dtype(np.uint64)
# What these give are indices of their operand's axis: they stay lazy.
_BOUNDED_OPS = ("argsort", "argmax", "argmin")
_WIDE = 1 << 40  # no axis has as many elements: nothing is known of such numbers
_NO_AXIS = -1  # among the sides of a result
_BASIC = frozenset((int, slice, type(None), type(Ellipsis)))
_INTEGERS = frozenset((int,))
_AXES = _BASIC - _INTEGERS  # what leaves axes of an array in a view, or adds one


def check_mask(mask: Shape, shape: Shape, first: int) -> None:
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
    if type(part) in (bool, np.bool_):
        return bool(part)
    if hasattr(part, "__index__") and not hasattr(part, "shape"):
        return part.__index__()
    if not hasattr(part, "dtype"):
        part = array_like(read_nested(part))
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
    if node.op.name in _BOUNDED_OPS or (node.args and _is_known_far(node)):
        return node
    return settled(part, "by an index, which must be in bounds")


def spelled(key: Any) -> Any:
    """Return a key that is an element or a named tuple as an integer or a tuple."""
    if type(key) is ELEMENT[0] and key._value.dtype.kind in "iu":
        return int(key._value)
    named = isinstance(key, tuple) and type(key) is not tuple
    return tuple(key) if named else key


def _is_known_far(node: Node) -> bool:
    """Whether operations on what lies on a device tell how large integers of theirs are."""
    if not node.shape or not device_of(new(node)):
        return False
    low, high = limits(node)
    return max(-low, high) <= _WIDE


class Advanced:
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
        full: list[Any] = [slice(None)] * (ndim - used)
        before, behind = parts[:place], parts[place + 1 :]
        if not full and any(map(_is_index, before)) and any(map(_is_index, behind)):
            full = [Ellipsis]  # even of no axes, it keeps index arrays apart
        return before + full + behind

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
            elif part is Ellipsis:
                template.append(("apart",))
                sides.append(_NO_AXIS)
            elif type(part) is bool:
                template.append(("mask", part))
                self._joint.append((int(part),))
                sides.append(None)
            elif isinstance(part, Node) and part.dtype == _BOOL:
                check_mask(part.shape, self._source, axis)
                for found in _nonzero(part):
                    template.append(self._add(found))
                    sides.append(None)
                axis += len(part.shape)
            else:
                node = part if isinstance(part, Node) else node_of(part)
                node = bounded(node, self._source[axis], axis)
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
        rest = [n for n in sides if n not in (None, _NO_AXIS)]
        before = [n for n in sides[:first] if n is not None]
        return (*before, *joint, *rest[len(before) :])


def _is_index(part: Any) -> bool:
    """Whether a part of a key takes part in what index arrays select together."""
    return part is not None and type(part) is not slice


def bounded(node: Node, size: int, axis: int) -> Node:
    """Return an index array as a leaf whose values are known to be in bounds.

    Lazy indices are evaluated: an index out of bounds is an error of this call. Those on
    a device stay there: the largest tells of them, and the least where some are negative,
    unless the operations do that make them.
    """
    if node.op.name in _BOUNDED_OPS and node.args[0].shape[node.params[0]] <= size:
        return node
    values, fresh = node.value, node.op.name not in ("data", "scalar")
    if fresh and _is_known_far(node) and _is_told(node, size):
        return node
    if fresh:
        (values,) = (evaluate.persist if node.shape else evaluate.compute)((node,))
    if not issubclass(type(values), (np.ndarray, np.generic)):
        if values.size and not _is_told(node, size) and highest_of(values) >= size:
            _check_bounds(*range_of(values), size, axis)
        return infer.leaf(values, node.where) if fresh else node
    if values.shape and values.dtype == _LONGEST:
        values = values.view(_INTP)  # the largest ones count from the end, as in NumPy
    note = node.params
    if values.size and not _is_within(values, size):
        _check_bounds(int(values.min()), int(values.max()), size, axis)
    if not values.shape:
        return known(values.astype(np.intp), node.where)
    if node.value is not None and note is not None and node.dtype == np.intp:
        return node  # it lies in memory that the user cannot write to
    # Narrow ones stay so: what takes the elements widens them part by part.
    kind = values.dtype if values.itemsize < _INTP.itemsize else _INTP
    made = pending.owned(values.astype(kind, copy=not fresh), 0, node.where)
    return flat.noted(made, note) if type(note) is str and made.shape else made


def _is_told(node: Node, size: int) -> bool:
    """Whether the operations that make an index, or its dtype, say that it is in bounds."""
    low, high = limits(node)
    return -size <= low and high < size


def _check_bounds(low: int, high: int, size: int, axis: int) -> None:
    if low < -size or high >= size:
        wrong = low if low < -size else high
        what = f"index {wrong} is out of bounds for axis {axis} with size {size}"
        raise IndexingError.at("getitem", what, where_text(here()))


def _is_within(values: Any, size: int) -> bool:
    """Whether places are within an axis, counted from its start.

    One look at the largest one tells: what is negative has the largest number then.
    """
    if values.dtype != np.intp or not values.shape:
        return False
    return bool(values.view(np.uintp).max() < size)


def _plain(part: slice) -> tuple[Any, ...]:
    return tuple(
        None if v is None else v.__index__() for v in (part.start, part.stop, part.step)
    )


def _nonzero(mask: Node) -> list[Node]:
    """Return the places of a settled mask's true elements: they decide a shape."""
    places = called("nonzero", mask.value)
    return [found(place, "a boolean index")._current() for place in places]


# --- masks of the user's -----------------------------------------------------------


def whole_mask(key: Any) -> Node | None:
    """Return the mask if the key is nothing but one boolean array."""
    if isinstance(key, tuple) and len(key) == 1:
        key = key[0]
    if isinstance(key, list):
        key = np.asarray(read_nested(key))
    if not isinstance(key, (np.ndarray, Handle)):
        return None
    if isinstance(key, np.ndarray):
        return _snapshot(key) if key.dtype == _BOOL and key.shape else None
    node = key._current() if key._kind() == _BOOL else None
    return node if node is not None and node.shape else None


def mask_behind(key: Any, shape: Shape) -> Node | None:
    """Return the mask of the last axes if the key takes all along those before them."""
    if type(key) is not tuple or len(key) < 2:
        return None
    *before, last = key
    rest = before[0] is Ellipsis and len(before) == 1
    if not rest and not all(map(_is_all, before)):
        return None
    mask = whole_mask(last)
    if mask is None or len(mask.shape) > len(shape):
        return None
    lead = len(shape) - len(mask.shape)
    fits = (rest or len(before) == lead) and mask.shape == shape[lead:]
    return mask if fits else None


def column(mask: Node, node: Node, where: Where) -> Node:
    """Return the mask of the first axes of a node, to be stretched along the others."""
    missing = tuple(range(len(mask.shape), len(node.shape)))
    return infer.view_node(mask, add_axes(mask.shape, missing), where)


def _is_all(part: Any) -> bool:
    return type(part) is slice and part.start is part.stop is part.step is None


def _nobody() -> None:
    """Stand for a reference to a mask that is gone."""


_latest: list[Any] = [_nobody, None]  # a mask of the user's, and its snapshot


def _snapshot(mask: np.ndarray) -> Node:
    """Return the leaf of a mask as it is now; one leaf as long as it stays the same."""
    source, leaf = _latest
    if source() is mask and np.array_equal(leaf.value, mask):
        return leaf  # type: ignore[no-any-return]
    leaf = node_of(mask.copy())
    _latest[:] = [weakref.ref(mask, _forgotten), leaf]
    return leaf


def _forgotten(source: Any) -> None:
    """Let go of the snapshot of a mask that is gone."""
    if _latest[0] is source:
        _latest[:] = [_nobody, None]


def with_scalars(key: Any) -> Any:
    """Return a key with the scalars that elements hold in their places."""
    if type(key) is tuple:
        return tuple([with_scalars(part) for part in key])
    return key._value if type(key) is ELEMENT[0] else key


def with_numbers(key: Any, ndim: int) -> Any:
    """Return a key of a view with the numbers that are computed later as integers.

    They are scalars in NumPy: what they show is a view, which is written through. No
    view, and so lazy, are an element of an array of `ndim` axes and what arrays pick.
    """
    parts = key if type(key) is tuple else (key,)
    if not any(map(_is_later, parts)):
        return key
    if not all(_is_place(part) or type(part) in _AXES for part in parts):
        return key
    if len(parts) >= ndim and all(map(_is_place, parts)):
        return key
    return tuple([part.__index__() if _is_later(part) else part for part in parts])


def _is_place(part: Any) -> bool:
    """Whether a part of a key is one place of an axis, known or not."""
    kind = type(part)
    known = kind is int or kind is ELEMENT[0] or issubclass(kind, np.integer)
    return known or _is_later(part)


def _is_later(part: Any) -> bool:
    """Whether a part of a key is an integer, no array of no axes, to be computed."""
    if not isinstance(part, Handle) or type(part) is ELEMENT[0]:
        return False
    return part._kind().kind in "iu" and part._is_scalar()


def with_integers(key: Any) -> Any:
    """Return a key with NumPy's integer arrays of no axes as integers."""
    if type(key) is tuple:
        return tuple([with_integers(part) for part in key])
    key = with_scalars(key)
    if isinstance(key, np.ndarray) and not key.shape and key.dtype.kind in "iu":
        return int(key)
    return key


def basic_view(shape: Shape, key: Any) -> View:
    """Return the view of a basic key; its errors name the user's line."""
    try:
        return index(shape, key)
    except IndexingError as error:
        msg = f"{error} ({where_text(here())})"
        raise IndexingError(msg) from None


def has_ellipsis(key: Any) -> bool:
    """Whether an ellipsis is in a key."""
    parts = key if type(key) is tuple else (key,)
    return any(part is Ellipsis for part in parts)


# --- of arrays that are known ---------------------------------------------------------


def keyed(key: tuple[Any, ...]) -> Any:
    """Return an index with the known arrays in it as NumPy's.

    Raises
    ------
    Unknown
        There is something in it that is not known.
    """
    for part in key:
        kind = type(part)
        if kind is not int and kind is not slice and kind not in _BASIC:
            break
    else:
        return key
    parts = []
    for part in key:
        kind = type(part)
        if kind in _BASIC or (kind is list and _INTEGERS.issuperset(map(type, part))):
            parts.append(part)
        else:
            parts.append(plain(part))
    return tuple(parts)


def size_of(held: np.ndarray, key: Any) -> int:
    """Return how many elements an index leads to, none of which are taken for that."""
    taken, shapes = [], []
    for part in key if type(key) is tuple else (key,):
        if type(part) in _BASIC:
            taken.append(part)
            continue
        places = np.asarray(part)
        mask = places.dtype.kind == "b"
        taken += [slice(1)] * (places.ndim if mask else 1)
        shapes.append((np.count_nonzero(places),) if mask else places.shape)
    if not any(part is Ellipsis for part in taken):
        taken.append(
            ...
        )  # a view, also of one element: there may be no memory behind it
    return int(held[tuple(taken)].size * math.prod(np.broadcast_shapes(*shapes)))
