"""Creation functions: the standard's chapter, and NumPy's neighbours of it."""

from __future__ import annotations

import math
import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import fresh, resident, theirs
from lazyarr.api.devices import check_device, placed
from lazyarr.api.foreign import is_foreign, is_theirs
from lazyarr.api.handle import (
    OPS,
    WEAK,
    Handle,
    array_of,
    cast_to,
    copy_in_order,
    fitted,
    here,
    new,
    no_numbers,
    node_of,
    operand,
)
from lazyarr.api.nested import array_like, given, read_nested
from lazyarr.api.order import lies_in, named, order_of
from lazyarr.api.results import in_new_order
from lazyarr.api.subclasses import is_derived
from lazyarr.errors import DTypeError, ShapeError
from lazyarr.ir import copies, infer
from lazyarr.ir import view as views
from lazyarr.ir.kept import Owned
from lazyarr.ir.leaves import held_scalars
from lazyarr.ir.node import Node, Shape, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.view import View

_FLOAT = np.dtype(np.float64)
_VIEW = OPS["view"]
_SHAPES = 4096
_CAST = "a cast needs a copy, and copy=False forbids it"
# By shape, dtype as it is given and type of the number: the view, and the dtype.
_fills: dict[tuple[Shape, Any, type], tuple[View, Any]] = {}
FILLING = (_fills, held_scalars)  # and a value, unless it is an argument, and a dtype
_CUDA = (2, 13)  # DLPack's types of device memory, managed memory included


def shape_of(shape: Any, name: str) -> Shape:
    """Return a shape argument as a tuple of Python integers.

    Raises
    ------
    ShapeError
        A side is negative, or beyond what an index can be; or there are too many.
    DTypeError
        A side is not an integer.
    """
    if type(shape) is int and 0 <= shape <= sys.maxsize:
        return (shape,)
    sides = shape if isinstance(shape, (tuple, list)) else (shape,)
    if getattr(shape, "ndim", 0):
        sides = shape.tolist()
    try:
        result = tuple(operator.index(side) for side in sides)
    except TypeError:
        result = ()
    if len(result) != len(sides) or bool in map(type, sides):
        what = f"{shape!r} is not a shape: a shape holds integers"
        raise DTypeError.at(name, what, where_text(here()))
    if any(n < 0 for n in result):
        what = f"negative dimensions are not allowed, found {result}"
        raise ShapeError.at(name, what, where_text(here()))
    if any(n > sys.maxsize for n in (*result, math.prod(filter(None, result)))):
        what = f"array is too big: maximum allowed dimension exceeded, found {result}"
        raise ShapeError.at(name, what, where_text(here()))
    views.refuse_many(len(result))
    return result


def dtype_of(dtype: Any, name: str) -> np.dtype[Any]:
    """Return a dtype argument as a dtype that lazyarr computes with.

    Raises
    ------
    DTypeError
        It is not a number's dtype, or one of more than 64 bits a part.
    """
    found = np.dtype(dtype)
    numbers = not is_foreign(found)
    if numbers and found.isnative:
        return found if found.isbuiltin else np.dtype(found.type)  # type: ignore[no-any-return]
    raise no_numbers(found, name, numbers)


@fresh.of_list()
def asarray(
    a: Any,
    dtype: Any = None,
    order: Any = None,
    *,
    device: Any = None,
    copy: bool | None = None,
    like: Any = None,
) -> Array:
    """Return a lazy array of an array, a scalar or nested sequences.

    A NumPy array is wrapped, not copied: it is read when a plan runs (a small one, option
    ``small_bytes``, at each call), and never written to. ``copy=True`` takes a snapshot.

    Parameters
    ----------
    a : array_like
        What to wrap; a lazy array is returned as it is.
    dtype : dtype, optional
        Cast to this.
    device : str, optional
        ``"cpu"``, ``"gpu"`` …; None leaves the choice to each computation.
    order : {"C", "F", "A", "K"}, optional
        How NumPy's array would lie in memory.
    copy : bool, optional
        True: always a copy. False: never, else an error. None: only if needed.
    like : object
        Has no meaning here.

    Raises
    ------
    DTypeError
        `a` does not hold numbers.
    ValueError
        ``copy=False`` and a copy is needed.

    Examples
    --------
    >>> import lazyarr as la
    >>> (la.asarray([1, 2, 3]) * 2).compute()
    array([2, 4, 6])
    """
    made = fresh.of_derived(a, dtype, order, copy, device)
    if made is None:
        made = fresh.small(asarray, a, dtype, order, copy, device)
    if made is not None:
        return made  # type: ignore[no-any-return]
    check_device(device, "asarray")
    try:
        return _as_array(a, dtype, order, device, copy)
    except DTypeError as error:
        if not error.foreign or device not in (None, "cpu"):
            raise
        return _of_numpy(a, dtype, order, copy)


def _as_array(a: Any, dtype: Any, order: Any, device: Any, copy: bool | None) -> Array:
    """Return what `asarray` does, if lazyarr carries its dtype or is asked for it."""
    if is_theirs(dtype):
        return _of_numpy(a, dtype, order, copy)
    wanted = None if dtype is None else dtype_of(dtype, "asarray")
    a = a if copy else given(a, wanted, copy)
    if named(order) in ("C", "F", "A"):
        return _in_order(a, dtype, named(order), device, copy)
    if isinstance(a, Handle):
        node = a._current()
        if wanted is not None and wanted != node.dtype:
            if copy is False:
                raise ValueError(_CAST)
            return placed(array_of(infer.astype(node, wanted, here())), device)
        if copy or a._is_scalar():
            return placed(copy_in_order(node), device)
        return placed(a, device)  # type: ignore[arg-type]
    node = resident.stacked(a, wanted, copy) or _wrapped(a, wanted, copy)
    return placed(fresh.settled(array_of(node), device), device)


def _wrapped(a: Any, dtype: Any, copy: bool | None) -> Node:
    """Return the node of an array-like that is not lazy."""
    if copy is False and (isinstance(a, (list, tuple)) or type(a) in WEAK):
        msg = f"{type(a).__name__} cannot be wrapped without a copy"
        raise ValueError(msg)
    own = bool(copy) or isinstance(a, (list, tuple))
    if isinstance(a, np.ndarray):
        a = np.array(a) if copy else a
    elif hasattr(a, "__cuda_array_interface__"):
        own = False
    elif dtype is not None or type(a) not in WEAK:
        # NumPy converts Python's numbers, which must fit, and casts arrays.
        a = array_like(read_nested(a), dtype, copy)
    node = node_of(a)
    if own and node.shape:
        node.params = Owned()  # elements may be written into it
    if dtype is None or dtype == node.dtype:
        return node
    if copy is False:
        raise ValueError(_CAST)
    return infer.astype(node, dtype, here())


def _of_numpy(a: Any, dtype: Any, order: Any, copy: bool | None) -> Array:
    """Return an array of NumPy's, of a dtype that lazyarr does not carry."""
    return np.array(read_nested(a), dtype, copy=copy, order=named(order) or "K")  # type: ignore[return-value]


def _in_order(a: Any, dtype: Any, order: str, device: Any, copy: Any) -> Array:
    """Return an array-like as an array that lies in an order, a copy if it does not."""
    if not isinstance(a, Handle):
        given = a if isinstance(a, np.ndarray) else array_like(read_nested(a))
        a = np.array(given, order=order, copy=copy)  # type: ignore[call-overload]
        return asarray(a, dtype, device=device)
    made = asarray(a, dtype, device=device, copy=copy)
    if order == "A" and made is not a:
        order = order_of(a)
    if order == "A" or lies_in(made, order):
        return made
    if copy is False:
        msg = "another order needs a copy, and copy=False forbids it"
        raise ValueError(msg)
    return array_of(copies.copied(made._current(), order, here()))


@fresh.of_list(asarray)
def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 0,
    like: Any = None,
) -> Array:
    """Return a lazy array of a snapshot of `object`; NumPy's name and default.

    Parameters
    ----------
    object : array_like
    dtype : dtype, optional
    copy : bool, optional
        As for `asarray`, and True unless given.
    order : {"K", "A", "C", "F"}
        How NumPy's array would lie in memory.
    subok : bool
        True: masked arrays and others of NumPy's classes stay NumPy's.
    like, ndmax
        Have no meaning here.
    ndmin : int
        Axes of one element are put in front until there are so many.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.array([[1.0, 2.0]]).shape
    (1, 2)
    """
    if subok and is_derived(object := given(object, dtype, copy, subok=True)):
        return np.array(object, dtype, copy=copy, order=order, subok=True, ndmin=ndmin)  # type: ignore[no-any-return]
    if copy and order == "K" and not ndmin:
        made = fresh.taken(asarray, object, dtype, sys._getframe(1))
        if made is not None:
            return made  # type: ignore[no-any-return]
    made = asarray(object, dtype, order, copy=copy)
    missing = ndmin - len(made.shape)
    return made.reshape((1,) * missing + made.shape) if missing > 0 else made


def _filled(value: Any, shape: Any, dtype: Any, name: str) -> Array:
    if type(shape) is tuple or type(shape) is int:
        again: Array | None = _filled_again(value, shape, dtype)
        if again is not None:
            return again
    sides = shape_of(shape, name)
    where = here()
    raw = operand(value)
    if dtype is None:
        node = raw if type(raw) is Node else infer.scalar(raw, np.asarray(raw).dtype)
    else:
        node = cast_to(raw, dtype_of(dtype, name), where)
    node = fitted(node, sides, name, where)
    if node.shape:
        return new(node)
    made = infer.full_node(node, sides, where)
    if type(value) in WEAK and made.args == (node,):
        _remember(value, sides, dtype, made)
    return array_of(made)


def _filled_again(value: Any, shape: Any, dtype: Any) -> Any:
    """Return an array as `_filled` made one of another value; None if it made none."""
    if type(shape) is int:
        shape = (shape,)
    for n in shape:
        if type(n) is not int:
            return None
    try:
        view, exact = _fills[shape, dtype, type(value)]
        leaf = held_scalars[value if value else repr(value), type(value), exact]
    except (KeyError, TypeError):
        return None
    node = Node()
    node.op = _VIEW
    node.args = (leaf,)
    node.params = view
    node.shape, _ = view
    node.dtype = exact
    node.tag = view.tag
    node.where = here(5)  # the function that is named, what wraps it, and its user
    node.value = None
    return new(node)


def _remember(value: Any, shape: Shape, dtype: Any, made: Node) -> None:
    """Keep how a number was stretched to a shape, if that holds for other numbers."""
    key = value if value else repr(value), type(value), made.dtype
    alone = dtype is None and made.dtype.kind == "u"  # what int64 does not hold
    if alone or held_scalars.get(key) is not made.args[0]:
        return  # a cast that warns, or loses something
    if len(_fills) >= _SHAPES:
        _fills.clear()
    _fills[shape, dtype, type(value)] = made.params, made.dtype


@fresh.fresh(theirs.full, fresh.of_shape, (*FILLING, None, None))
def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Return an array of one value; nothing is allocated.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : scalar
    dtype : dtype, optional
        Default: that of the value.
    order : {"C", "F"}
        How NumPy's array would lie in memory.
    device : str, optional
    like : object
        Has no meaning here: the result is a lazy array.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.full((2, 2), 7).compute()
    array([[7, 7],
           [7, 7]])
    """
    if device is not None:
        check_device(device, "full")
    made = _filled(fill_value, shape, dtype, "full")
    made = made if order == "C" else in_new_order(made, order)
    return made if device is None else placed(made, device)


@fresh.fresh(np.ones, fresh.of_shape, (*FILLING, 1, _FLOAT))
def ones(
    shape: Any,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Return an array of ones.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.ones(3).compute()
    array([1., 1., 1.])
    """
    if device is not None:
        check_device(device, "ones")
    made = _filled(1, shape, _FLOAT if dtype is None else dtype, "ones")
    made = made if order == "C" else in_new_order(made, order)
    return made if device is None else placed(made, device)


@fresh.fresh(np.zeros, fresh.of_shape, (*FILLING, 0, _FLOAT))
def zeros(
    shape: Any,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Return an array of zeros.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.zeros(3, dtype=int).compute()
    array([0, 0, 0])
    """
    if device is not None:
        check_device(device, "zeros")
    made = _filled(0, shape, _FLOAT if dtype is None else dtype, "zeros")
    made = made if order == "C" else in_new_order(made, order)
    return made if device is None else placed(made, device)


@fresh.fresh(np.zeros, fresh.of_shape, (*FILLING, 0, _FLOAT))
def empty(
    shape: Any,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Return an array whose values are not promised; here they are zeros.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.empty((2, 3)).shape
    (2, 3)
    """
    return zeros.__wrapped__(shape, dtype, order, device=device)  # type: ignore[attr-defined,no-any-return]


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
    """Return a lazy array of what another library exports through DLPack.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> la.from_dlpack(np.arange(3)).compute()
    array([0, 1, 2])
    """
    check_device(device, "from_dlpack")
    if isinstance(x, Handle):
        return asarray(x, device=device, copy=copy)
    kind, _ = x.__dlpack_device__()
    if int(kind) in _CUDA:
        held = array_of(node_of(evaluate.gpu_backend().imported(x)))
        return placed(held, device)
    return asarray(np.from_dlpack(x), device=device, copy=copy or None)
