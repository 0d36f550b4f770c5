"""Creation functions: the standard's chapter, and NumPy's neighbours of it."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate, ops
from lazyarr.api.handle import (
    Handle,
    array_of,
    cast_to,
    copy_in_order,
    here,
    new,
    node_of,
    operand,
    read_nested,
)
from lazyarr.api.placing import check_device, placed
from lazyarr.errors import DTypeError, ShapeError
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.node import Node, Shape, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array

_FLOAT = np.dtype(np.float64)
_INT = np.dtype(np.int64)
_KINDS = "biufc"
_CUDA = (2, 13)  # DLPack's types of device memory, managed memory included


def shape_of(shape: Any, name: str) -> Shape:
    """Return a shape argument as a tuple of Python integers.

    Raises
    ------
    ShapeError
        A side is negative.
    DTypeError
        A side is not an integer.
    """
    sides = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    try:
        result = tuple(operator.index(side) for side in sides)
    except TypeError:
        what = f"{shape!r} is not a shape: a shape holds integers"
        raise DTypeError.at(name, what, where_text(here())) from None
    if any(n < 0 for n in result):
        what = f"negative dimensions are not allowed, found {result}"
        raise ShapeError.at(name, what, where_text(here()))
    return result


def dtype_of(dtype: Any, name: str) -> np.dtype[Any]:
    """Return a dtype argument as a dtype that lazyarr computes with.

    Raises
    ------
    DTypeError
        It is not a number's dtype, or one of more than 64 bits a part.
    """
    found = np.dtype(dtype)
    if found.kind not in _KINDS or found.char in "gG":
        what = f"arrays of dtype {found} are not supported"
        hint = "use a boolean, integer, float or complex dtype up to 64 bits a part."
        raise DTypeError.at(name, what, where_text(here()), hint)
    return found.newbyteorder("=")  # type: ignore[no-any-return]


def asarray(
    obj: Any, /, dtype: Any = None, *, device: Any = None, copy: bool | None = None
) -> Array:
    """Return a lazy array of an array, a scalar or nested sequences.

    A NumPy array is wrapped, not copied: it is read when a plan runs, and never
    written to. ``copy=True`` takes a snapshot now.

    Parameters
    ----------
    obj : array_like
        What to wrap; a lazy array is returned as it is.
    dtype : dtype, optional
        Cast to this.
    device : str, optional
        ``"cpu"``, ``"gpu"`` …; None leaves the choice to each computation.
    copy : bool, optional
        True: always a copy. False: never, else an error. None: only if needed.

    Raises
    ------
    DTypeError
        `obj` does not hold numbers.
    ValueError
        ``copy=False`` and a copy is needed.

    Examples
    --------
    >>> import lazyarr as la
    >>> (la.asarray([1, 2, 3]) * 2).compute()
    array([2, 4, 6])
    """
    check_device(device, "asarray")
    wanted = None if dtype is None else dtype_of(dtype, "asarray")
    if isinstance(obj, Handle):
        node = obj._current()
        if wanted is not None and wanted != node.dtype:
            if copy is False:
                msg = "a cast needs a copy, and copy=False forbids it"
                raise ValueError(msg)
            return placed(array_of(infer.astype(node, wanted, here())), device)
        if copy or (obj._base is None and not node.shape):
            return placed(copy_in_order(node), device)
        return placed(obj, device)  # type: ignore[arg-type]
    if copy is False and not hasattr(obj, "__array_interface__"):
        msg = f"{type(obj).__name__} cannot be wrapped without a copy"
        raise ValueError(msg)
    if isinstance(obj, (list, tuple)):
        obj = np.asarray(read_nested(obj), dtype=wanted)
    elif copy and isinstance(obj, np.ndarray):
        obj = np.array(obj)
    node = node_of(obj)
    if wanted is not None and wanted != node.dtype:
        if copy is False:
            msg = "a cast needs a copy, and copy=False forbids it"
            raise ValueError(msg)
        node = infer.astype(node, wanted, here())
    return placed(array_of(node), device)


def array(
    obj: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: Any = "K",
    ndmin: int = 0,
) -> Array:
    """Return a lazy array of a snapshot of `obj`; NumPy's name and default.

    Parameters
    ----------
    obj : array_like
    dtype : dtype, optional
    copy : bool, optional
        As for `asarray`, and True unless given.
    order : {"K", "A", "C", "F"}
        How NumPy's array would lie in memory.
    ndmin : int
        Axes of one element are put in front until there are so many.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.array([[1.0, 2.0]]).shape
    (1, 2)
    """
    if order in ("C", "F") and not isinstance(obj, Handle):
        obj = np.asarray(read_nested(obj), order=order)
    made = asarray(obj, dtype=dtype, copy=copy)
    missing = ndmin - len(made.shape)
    return made.reshape((1,) * missing + made.shape) if missing > 0 else made


def _filled(value: Any, shape: Any, dtype: Any, name: str) -> Array:
    sides = shape_of(shape, name)
    where = here()
    raw = operand(value)
    if dtype is None:
        node = (
            raw if isinstance(raw, Node) else infer.scalar(raw, np.asarray(raw).dtype)
        )
    else:
        node = cast_to(raw, dtype_of(dtype, name), where)
    if node.shape:
        infer.broadcast_shapes(name, (node.shape, sides), where)
        return new(infer.view_node(node, views.broadcast(node.shape, sides), where))
    return array_of(infer.full_node(node, sides, where))


def full(
    shape: Any, fill_value: Any, dtype: Any = None, *, device: Any = None
) -> Array:
    """Return an array of one value; nothing is allocated.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : scalar
    dtype : dtype, optional
        Default: that of the value.
    device : str, optional

    Examples
    --------
    >>> import lazyarr as la
    >>> la.full((2, 2), 7).compute()
    array([[7, 7],
           [7, 7]])
    """
    check_device(device, "full")
    return placed(_filled(fill_value, shape, dtype, "full"), device)


def ones(shape: Any, dtype: Any = None, *, device: Any = None) -> Array:
    """Return an array of ones.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.ones(3).compute()
    array([1., 1., 1.])
    """
    check_device(device, "ones")
    made = _filled(1, shape, _FLOAT if dtype is None else dtype, "ones")
    return placed(made, device)


def zeros(shape: Any, dtype: Any = None, *, device: Any = None) -> Array:
    """Return an array of zeros.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.zeros(3, dtype=int).compute()
    array([0, 0, 0])
    """
    check_device(device, "zeros")
    made = _filled(0, shape, _FLOAT if dtype is None else dtype, "zeros")
    return placed(made, device)


def empty(shape: Any, dtype: Any = None, *, device: Any = None) -> Array:
    """Return an array whose values are not promised; here they are zeros.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.empty((2, 3)).shape
    (2, 3)
    """
    return zeros(shape, dtype=dtype, device=device)


def full_like(
    x: Any, /, fill_value: Any, dtype: Any = None, *, device: Any = None
) -> Array:
    """Return an array of one value with the shape and dtype of another.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.full_like(la.ones(2), 3).compute()
    array([3., 3.])
    """
    node = node_of(x)
    return full(node.shape, fill_value, dtype=dtype or node.dtype, device=device)


def ones_like(x: Any, /, dtype: Any = None, *, device: Any = None) -> Array:
    """Return ones with the shape and dtype of another array."""
    return full_like(x, 1, dtype=dtype, device=device)


def zeros_like(x: Any, /, dtype: Any = None, *, device: Any = None) -> Array:
    """Return zeros with the shape and dtype of another array."""
    return full_like(x, 0, dtype=dtype, device=device)


def empty_like(x: Any, /, dtype: Any = None, *, device: Any = None) -> Array:
    """Return an array of no promised values with another's shape and dtype."""
    return zeros_like(x, dtype=dtype, device=device)


def _band(rows: int, cols: int, k: int, compare: str) -> Node:
    """Return the mask ``compare(column, row + k)`` of a matrix."""
    where = here()
    k = min(max(k, -rows), cols)  # what is further out is no different
    row = infer.view_node(infer.iota(rows), views.add_axes((rows,), (1,)))
    shifted = infer.map_node(ops.OPS["add"], (row, k), where)
    return infer.map_node(ops.OPS[compare], (infer.iota(cols), shifted), where)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    k: int = 0,
    dtype: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Return ones on the `k`-th diagonal and zeros elsewhere.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.eye(2).compute()
    array([[1., 0.],
           [0., 1.]])
    """
    check_device(device, "eye")
    rows, cols = shape_of((n_rows, n_rows if n_cols is None else n_cols), "eye")
    mask = _band(rows, cols, k, "equal")
    made = new(infer.astype(mask, dtype_of(dtype or _FLOAT, "eye"), here()))
    return placed(made, device)


def identity(n: int, dtype: Any = None) -> Array:
    """Return the square identity matrix; NumPy's name for ``eye(n)``."""
    return eye(n, dtype=dtype)


def _triangle(x: Any, k: int, compare: str, name: str) -> Array:
    node = node_of(x)
    if not node.shape:
        what = f"needs a matrix or a stack of them, found shape {node.shape}"
        raise ShapeError.at(name, what, where_text(here()))
    rows, cols = (node.shape * 2)[-2:]  # a vector is taken as all rows
    mask = _band(rows, cols, k, compare)
    zero = infer.scalar(0, node.dtype)
    return new(infer.map_node(ops.OPS["where"], (mask, node, zero), here()))


def tril(x: Any, /, k: int = 0) -> Array:
    """Return the lower triangle of matrices, up to the `k`-th diagonal.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.tril(la.ones((2, 2))).compute()
    array([[1., 0.],
           [1., 1.]])
    """
    return _triangle(x, k, "less_equal", "tril")


def triu(x: Any, /, k: int = 0) -> Array:
    """Return the upper triangle of matrices, from the `k`-th diagonal.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.triu(la.ones((2, 2))).compute()
    array([[1., 1.],
           [0., 1.]])
    """
    return _triangle(x, k, "greater_equal", "triu")


def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Array, ...]:
    """Return coordinate matrices of coordinate vectors; all of them are views.

    Raises
    ------
    ValueError
        `indexing` is neither ``"xy"`` nor ``"ij"``.

    Examples
    --------
    >>> import lazyarr as la
    >>> x, y = la.meshgrid(la.arange(2), la.arange(3))
    >>> x.shape
    (3, 2)
    """
    if indexing not in ("xy", "ij"):
        msg = f"[meshgrid] indexing={indexing!r}. Hint: use 'xy' or 'ij'."
        raise ValueError(msg)
    nodes = [infer.reshape_node(n, (n.size,)) for n in map(node_of, arrays)]
    shape = [n.size for n in nodes]
    places = list(range(len(nodes)))
    if indexing == "xy" and len(nodes) > 1:
        places[:2] = [1, 0]
        shape[:2] = [shape[1], shape[0]]
    result = []
    for node, place in zip(nodes, places, strict=True):
        axes = tuple(k for k in range(len(nodes)) if k != place)
        column = infer.view_node(node, views.add_axes(node.shape, axes), here())
        view = views.broadcast(column.shape, tuple(shape))
        result.append(new(infer.view_node(column, view, here())))
    return tuple(result)


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
