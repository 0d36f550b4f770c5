"""What NumPy's ufuncs do beside being called: reduce, accumulate, outer, at, reduceat."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.api import axes as axis_arguments
from lazyarr.api import indexing, interop, scans, statistical
from lazyarr.api.calls import call
from lazyarr.api.handle import WEAK, Handle, here, new, node_of, write
from lazyarr.api.interop import through_numpy, written
from lazyarr.api.keys import Advanced, with_scalars
from lazyarr.api.results import finished
from lazyarr.api.ufuncs import ufunc_of
from lazyarr.errors import IndexingError, ShapeError, called_there
from lazyarr.ir import infer
from lazyarr.ir import view as views
from lazyarr.ir.infer import library_node
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node
    from lazyarr.ops.row import DType, Op

_NONE = np._NoValue
_REDUCTIONS = {
    "add": statistical.sum,
    "multiply": statistical.prod,
    "maximum": statistical.max,
    "minimum": statistical.min,
    "logical_and": statistical.all,
    "logical_or": statistical.any,
}
_SCANS = {"add": scans.cumsum, "multiply": scans.cumprod}


def _ufunc(op: Op) -> np.ufunc:
    found = ufunc_of(op)
    assert found is not None
    return found


def _binary(op: Op, name: str) -> np.ufunc:
    """Return the ufunc, if it has two operands and one result.

    Raises
    ------
    ValueError
        It has not.
    """
    ufunc = _ufunc(op)
    if ufunc.nin != 2:
        msg = f"{name} only supported for binary functions"
        raise ValueError(msg)
    return ufunc


def _loop(ufunc: np.ufunc, node: Node, dtype: Any, out: Any) -> DType:
    """Return the dtype in which NumPy folds, `out` being one operand: it is asked."""
    options: dict[str, Any] = {"casting": "unsafe"}
    if dtype is not None:
        options["signature"] = (np.dtype(dtype), None, None)
    taken = getattr(out, "dtype", None) if dtype is None else None
    operands = (taken, node.dtype, None)
    loop = ufunc.resolve_dtypes(operands, reduction=True, **options)
    if loop[0] != loop[2]:  # comparisons give booleans, which they fold
        loop = ufunc.resolve_dtypes((np.dtype(bool),) * 2 + (None,))
    return loop[0]


def _of_numbers(array: Any) -> Handle:
    """Return an operand as an array of ours.

    Raises
    ------
    DTypeError
        It has objects: NumPy's method gives one that decides, and no truth.
    """
    return array if isinstance(array, Handle) else new(node_of(array))


def reduce(
    op: Op,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = _NONE,
    where: Any = True,
) -> Any:
    """Return the fold of an array over axes, as ``ufunc.reduce``."""
    ufunc = _binary(op, "reduce")
    if isinstance(out, tuple):
        (out,) = out
    array = _of_numbers(array)
    if op.name in _REDUCTIONS:
        options: dict[str, Any] = {"axis": axis, "out": out, "keepdims": keepdims}
        if op.name in ("add", "multiply"):
            options |= {"dtype": dtype, "initial": initial}
        elif op.name in ("maximum", "minimum"):
            options |= {"initial": initial}
        if where is not True:
            options["where"] = where
        starts = initial is _NONE or (initial is not None and "initial" in options)
        if starts and (dtype is None or "dtype" in options):
            fold: Any = _REDUCTIONS[op.name]
            return fold(array, **options)
    node = node_of(array)
    if initial is not _NONE or where is not True or not node.shape or 0 in node.shape:
        options = {"axis": axis, "dtype": dtype, "keepdims": keepdims, "out": out}
        options |= {} if initial is _NONE else {"initial": initial}
        options |= {} if where is True else {"where": where}
        return through_numpy(ufunc.reduce, (array,), options, f"{op.name}.reduce")
    axes = axis_arguments.folded(axis, len(node.shape), op.name)
    wide = _loop(ufunc, node, dtype, out)
    if len(axes) > 1:  # this raises NumPy's error where the order of axes matters
        ufunc.reduce(np.ones((1, 1), wide), axis=(0, 1))
    place = here()
    shape = tuple(n for k, n in enumerate(node.shape) if k not in axes)
    folded = library_node(
        ops.OPS["ufunc_reduce"],
        (infer.astype(node, wide, place),),
        (op.name, axes),
        shape,
        wide,
        place,
    )
    if keepdims:
        folded = infer.view_node(folded, views.add_axes(shape, axes), place)
    return finished(folded, out, op.name, place, "unsafe")


def _only(axis: Any, ndim: int, name: str, op: Op) -> int:
    """Return one axis; None is the only one there is.

    Raises
    ------
    ValueError
        There are several.
    """
    if axis is None and ndim > 1:
        msg = f"{name} does not allow multiple axes"
        raise ValueError(msg)
    return axis_arguments.strict(0 if axis is None else axis, ndim, op.name)


def accumulate(
    op: Op, array: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Array:
    """Return the running folds of an array along an axis, as ``ufunc.accumulate``."""
    ufunc = _binary(op, "accumulate")
    node = node_of(array)
    if not node.shape:
        msg = "cannot accumulate on a scalar"
        raise TypeError(msg)
    if isinstance(out, tuple):
        (out,) = out
    place = _only(axis, len(node.shape), "accumulate", op)
    if op.name in _SCANS:
        return _SCANS[op.name](array, place, dtype, out)
    wide = _loop(ufunc, node, dtype, out)
    made = library_node(
        ops.OPS["ufunc_accumulate"],
        (infer.astype(node, wide, here()),),
        (op.name, place),
        node.shape,
        wide,
        here(),
    )
    return finished(made, out, op.name, here(), "unsafe")


def outer(op: Op, a: Any, b: Any, /, **options: Any) -> Any:
    """Return the function of all pairs of elements, as ``ufunc.outer``."""
    _binary(op, "outer product")
    x, y = new(node_of(a)), new(node_of(b))
    column = x.reshape(x.shape + (1,) * y.ndim)
    out, where = options.get("out"), options.get("where", True)
    casting = options.get("casting", "same_kind")
    dtype, order = options.get("dtype"), options.get("order", "K")
    return call(op, (column, y), out, where, dtype, casting, order)


def reduceat(
    op: Op, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Array:
    """Return folds of slices that begin at indices, as ``ufunc.reduceat``.

    Raises
    ------
    IndexingError
        An index is out of bounds.
    """
    ufunc = _binary(op, "reduceat")
    node = node_of(array)
    if isinstance(out, tuple):
        (out,) = out
    place = _only(axis, len(node.shape), "reduceat", op)
    index = np.asarray(interop.evaluated(indices))
    index = index.astype(np.intp, casting="same_kind" if index.size else "unsafe")
    length = node.shape[place]
    wrong = index[(index < 0) | (index >= length)]
    if wrong.size:
        what = (
            f"index {int(wrong[0])} out-of-bounds in {op.name}.reduceat [0, {length})"
        )
        raise IndexingError.at(op.name, what, where_text(here()))
    wide = _loop(ufunc, node, dtype, out)
    shape = (*node.shape[:place], index.size, *node.shape[place + 1 :])
    args = (infer.astype(node, wide, here()), infer.leaf(index))
    made = library_node(
        ops.OPS["ufunc_reduceat"], args, (op.name, place), shape, wide, here()
    )
    return finished(made, out, op.name, here(), "unsafe")


def _at_users_line(function: Any, *args: Any) -> None:
    called_there(function, args, {})


def at(op: Op, a: Any, indices: Any, b: Any = _NONE, /) -> None:
    """Apply the function where indices say, repeated ones repeatedly: ``ufunc.at``.

    Raises
    ------
    IndexingError
        An index is out of bounds.
    """
    ufunc = _ufunc(op)
    rest = () if b is _NONE else (b,)
    if not isinstance(a, Handle) or len(rest) != ufunc.nin - 1 or ufunc.nin > 2:
        written(ufunc.at, (a, indices, *rest), {})
        return
    node = a._current()
    indices = with_scalars(indices)
    if views.is_basic(indices):
        region = indexing.getitem(a, indices)
        values = [np.asarray(x) if type(x) in WEAK else x for x in rest]  # not weak
        made = call(op, (region, *values), None, True, None)
        if made.dtype.kind != "c":  # cast, where a number that is assigned must fit
            made = made.astype(node.dtype)
        indexing.setitem(a, indices, made)
        return
    index = Advanced(node.shape, indices)
    if not rest:
        written(ufunc.at, (a, indices), {})
        return
    value = node_of(b)
    if value.dtype.kind == "c" != node.dtype.kind:  # NumPy warns of what it drops
        written(functools.partial(_at_users_line, ufunc.at), (a, indices, b), {})
        return
    if (
        infer.broadcast_shapes(op.name, (value.shape, index.shape), here())
        != index.shape
    ):
        what = f"values of shape {value.shape} do not broadcast to {index.shape}"
        raise ShapeError.at(op.name, what, where_text(here()))
    samples = np.zeros(1, node.dtype), np.ones(1, value.dtype)
    with np.errstate(all="ignore"):
        ufunc.at(samples[0], [0], samples[1])  # NumPy's errors about dtypes
    args = (node, value, *index.arrays)
    made_node = library_node(
        ops.OPS["ufunc_at"], args, (op.name, index.template), node.shape, node.dtype
    )
    write(a, made_node, op.name, "same_kind", here())
