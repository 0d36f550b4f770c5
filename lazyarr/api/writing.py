"""NumPy's functions that write into their first argument, and ``x.flat``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

import numpy as np

from lazyarr.api.assigned import in_numbers
from lazyarr.api.broadcasting import broadcast_to
from lazyarr.api.chains import seen_along
from lazyarr.api.composed import on_lazy_arrays
from lazyarr.api.foreign import is_foreign
from lazyarr.api.handle import (
    ELEMENT,
    OPENED,
    SMALLS,
    WEAK,
    Handle,
    fitted,
    here,
    new,
    node_of,
    operand,
    write,
)
from lazyarr.api.interop import evaluated, through_numpy, written
from lazyarr.api.known import there
from lazyarr.api.manipulation import ravel, reshape
from lazyarr.api.nested import array_like, given
from lazyarr.api.quick import writing
from lazyarr.api.selection import where as chosen
from lazyarr.errors import IndexingError, ShapeError, at_users_line, warn_of_parts
from lazyarr.ir import infer
from lazyarr.ir.node import Node, where_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lazyarr.api.array import Array


def _comparison(name: str) -> Any:
    """Return the method that compares all elements with something."""

    def method(self: Flat, other: Any) -> Any:
        if type(other) is Flat:
            other = ravel(other.base)
        return getattr(ravel(self.base), name)(other)

    return method


class Flat:
    """Elements of an array in C order, to read and to write: ``x.flat``.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.zeros((2, 2))
    >>> x.flat[::3] = 1
    >>> x.compute()
    array([[1., 0.],
           [0., 1.]])
    """

    __slots__ = ("base", "index")

    def __init__(self, base: Array) -> None:
        self.base = base
        self.index = 0  # of the element that is next

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[Any]:
        """Go on from the element that is next; each is what it is then."""
        x: Any = self.base
        while self.index < x.size:
            flat = _in_memory(x).flat
            shown = _shown(x)
            while self.index < len(flat) and _shown(x) is shown:
                self.index += 1
                yield flat[self.index - 1]

    def __next__(self) -> Any:
        if self.index >= self.base.size:
            raise StopIteration
        self.index += 1
        return self[self.index - 1]

    @property
    def coords(self) -> tuple[int, ...]:
        """Indices of the element that is next."""
        return tuple(map(int, np.unravel_index(self.index, self.base.shape)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(ravel(self.base), dtype)

    def __getitem__(self, key: Any) -> Any:
        whole = isinstance(key, tuple) and not key
        made = ravel(self.base)[... if whole else _one_key(key)]
        return made if type(made) is ELEMENT[0] or not made.ndim else made.copy()

    def __setitem__(self, key: Any, value: Any) -> None:
        line = ravel(self.base)
        key = _one_key(key)
        count = line[key].size
        held: Any = value
        if not isinstance(value, Handle) and type(value) not in WEAK:
            held = evaluated(value)
            if not (issubclass(type(held), np.generic) and hasattr(key, "__index__")):
                # Cast, not converted as for one element.
                held = in_numbers(array_like(held), self.base.dtype)
        if np.ndim(held) and held.size != count:
            held = new(node_of(held)).reshape(-1)
            if not held.size:
                if line[key].ndim:
                    return  # of several elements, none is written
                msg = "Error setting single item of array."
                raise ValueError(msg)
            held = held[np.arange(count) % held.size]
        line[key] = held.reshape(-1)[:count] if np.ndim(held) > 1 else held
        owner = self.base if self.base._base is None else self.base._base
        if line._base is not owner and line is not self.base:
            self.base[...] = reshape(line, self.base.shape)

    def copy(self) -> Array:
        """Return the elements in one dimension."""
        return self.base.flatten()

    __lt__ = _comparison("__lt__")
    __le__ = _comparison("__le__")
    __gt__ = _comparison("__gt__")
    __ge__ = _comparison("__ge__")
    __eq__ = _comparison("__eq__")
    __ne__ = _comparison("__ne__")
    __hash__ = None  # type: ignore[assignment]


def _shown(x: Any) -> Any:
    """Return what an array shows: another object after a write, or its own memory."""
    base = x if x._base is None else x._base
    known = type(base) in SMALLS or type(base) in OPENED
    return base._value if known else base._node


def _in_memory(x: Any) -> np.ndarray:
    """Return the elements of an array as NumPy's: in its own memory, where it has that."""
    held: Any = there(x)
    if held is None:
        held = np.asarray(x)  # by which it may become known
        base = x if x._base is None else x._base
        if type(base) in SMALLS or type(base) in OPENED:
            held = base._value if base is x else seen_along(base._value, x._chain)
    return held  # type: ignore[no-any-return]


def _one_key(key: Any) -> Any:
    """Return the key of one axis, the only one that ``x.flat`` has."""
    if isinstance(key, tuple) and len(key) == 1:
        (key,) = key
    if key is None or isinstance(key, tuple):
        what = "x.flat takes one integer, slice, ellipsis or array"
        raise IndexingError.at("flat", what, where_text(here()))
    return key


@writing(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Write values into an array, where a mask is true.

    Raises
    ------
    TypeError
        The values do not cast by the rule `casting`.
    ShapeError
        They do not broadcast to the array.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.zeros(3)
    >>> la.copyto(x, [1, 2, 3], where=[True, False, True])
    >>> x.compute()
    array([1., 0., 3.])
    """
    if not isinstance(dst, Handle):
        np.copyto(dst, evaluated(src), casting, evaluated(where))
        return
    by_value = casting == "same_value"
    if type(src) not in WEAK and not isinstance(src, Handle):
        src = array_like(src)
        by_value = by_value or is_foreign(src.dtype)
    if by_value:
        written(np.copyto, (dst, src, casting, where), {})
        return
    place = here()
    shown = dst._current()
    raw = operand(src)
    sample: Any = np.zeros(1, raw.dtype) if isinstance(raw, Node) else raw
    where = _truths(where)
    mask = operand(where)
    asked: Any = np.zeros(1, mask.dtype) if isinstance(mask, Node) else mask
    with np.errstate(all="ignore"), catch_warnings():  # NumPy's own errors about dtypes
        simplefilter("ignore")
        np.copyto(np.empty(1, shown.dtype), sample, casting, asked)
    if isinstance(raw, Node):
        value = infer.astype(raw, shown.dtype, place)
    else:
        if type(raw) is complex and shown.dtype.kind in "iuf":
            warn_of_parts()
            raw = raw.real
        held = np.empty(1, shown.dtype)
        with at_users_line():
            np.copyto(held, raw, casting)
        value = infer.scalar(held[0], shown.dtype)
    value = fitted(value, shown.shape, "copyto", place)
    if where is not True:
        mask = node_of(where)
        if len(mask.shape) > len(shown.shape):  # values drop axes of 1, masks do not
            what = "could not broadcast where mask"
            what = f"{what} from shape {mask.shape} into shape {shown.shape}"
            raise ShapeError.at("copyto", what, where_text(place))
        mask = fitted(mask, shown.shape, "copyto", place)
        value = chosen(new(mask), new(value), dst)._current()
    write(dst, value, "copyto", "unsafe", place)


def _truths(where: Any) -> Any:
    """Return a mask as an array where it is none: of any objects, those that are true.

    NumPy takes numbers in a list, or one of its scalars, and refuses an array of them.
    """
    where = given(where)
    if isinstance(where, Handle):
        return new(where._current()).astype(bool) if where._is_scalar() else where
    if isinstance(where, np.ndarray) or type(where) in WEAK:
        return where
    if hasattr(where, "__cuda_array_interface__"):
        return where
    mask = np.zeros(np.shape(where), bool)
    np.copyto(mask, True, where=where)
    return mask


@writing(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Write values of the same places into an array where a mask is true.

    Values of another shape are repeated, and the array is evaluated.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.arange(3)
    >>> la.putmask(x, x > 1, 9)
    >>> x.compute()
    array([0, 1, 9])
    """
    shape = np.shape(values)
    if not isinstance(a, Handle) or not _lies_alike(a, mask, values):
        written(np.putmask, (a, mask, values), {})
        return
    if not shape and not isinstance(values, Handle):
        held = np.empty(1, a._current().dtype)
        np.putmask(held, [True], values)  # with NumPy's errors
        values = held.reshape(())
    scalar = isinstance(values, Handle) and values._is_scalar()
    casting = "unsafe" if scalar else "safe"
    copyto(a, values, casting, new(node_of(mask)).astype(bool))


def _lies_alike(a: Handle, mask: Any, values: Any) -> bool:
    """Whether a mask and values have an array's shape, and a dtype that fits."""
    node = a._current()
    if np.shape(mask) != node.shape or np.shape(values) not in ((), node.shape):
        return False
    held: Any = values if isinstance(values, Handle) else array_like(values)
    return not held.ndim or np.can_cast(held.dtype, node.dtype)


@writing(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write values at indices of the flattened array; few values are repeated.

    Raises
    ------
    IndexingError
        An index is out of bounds.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.zeros(4)
    >>> la.put(x, [0, -1], [1, 2])
    >>> x.compute()
    array([1., 0., 0., 2.])
    """
    if not isinstance(a, Handle):
        np.put(a, evaluated(ind), evaluated(v), mode)  # type: ignore[arg-type]
        return
    index = array_like(evaluated(ind))
    index = index.astype(np.intp, casting="safe" if index.size else "unsafe").ravel()
    size = a._current().size
    if mode not in ("raise", "wrap", "clip"):
        msg = f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})"
        raise ValueError(msg)
    if not size and index.size:
        what = "cannot replace elements of an empty array"
        raise IndexingError.at("put", what, where_text(here()))
    if mode == "wrap":
        index = index % size
    elif mode == "clip":
        index = np.clip(index, 0, size - 1)
    if array_like(evaluated(v)).size and index.size:
        Flat(a)[index] = v  # type: ignore[arg-type]


_along = on_lazy_arrays(np.put_along_axis)


@writing(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None = -1) -> None:
    """Write values at indices along an axis; of None, in one row.

    Raises
    ------
    ValueError
        Indices of one row are of several axes.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.zeros((2, 2))
    >>> la.put_along_axis(x, la.asarray([1, 2]), 5, axis=None)
    >>> x.compute()
    array([[0., 5.],
           [5., 0.]])
    """
    if axis is not None or not isinstance(arr, Handle):
        _along(arr, indices, values, axis)
        return
    if len(indices.shape) != 1:
        msg = "when axis=None, `indices` must have a single dimension."
        raise ValueError(msg)
    Flat(arr)[evaluated(indices)] = broadcast_to(values, indices.shape)  # type: ignore[arg-type]


@writing(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Write values, one after the other, where a mask is true; evaluates the array.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.arange(4)
    >>> la.place(x, x > 1, [7, 8])
    >>> x.compute()
    array([0, 1, 7, 8])
    """
    written(np.place, (arr, mask, vals), {})


def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    """Return what a function gives of each part of an array along an axis.

    The array is evaluated, and the function called with NumPy's. What it writes into
    them is written into the array.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.apply_along_axis(sum, 0, la.ones((2, 3))).compute()
    array([2., 2., 2.])
    """
    held = np.array(arr._read()) if isinstance(arr, Handle) else arr
    before = held.tobytes() if isinstance(arr, Handle) else None
    given = (func1d, axis, held, *args)
    made = through_numpy(np.apply_along_axis, given, kwargs, "apply_along_axis")
    if before is not None and held.tobytes() != before:
        arr[...] = held
    return made


__all__ = [
    "Flat",
    "apply_along_axis",
    "copyto",
    "place",
    "put",
    "put_along_axis",
    "putmask",
]
