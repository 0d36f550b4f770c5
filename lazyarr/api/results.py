"""Results of functions that take ``out=``, and memory orders of new arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.handle import (
    ELEMENT,
    SELECTION,
    SMALLS,
    Handle,
    array_of,
    here,
    new,
    write,
)
from lazyarr.api.order import lies_in, named
from lazyarr.config import current
from lazyarr.errors import ShapeError
from lazyarr.ir import copies, layout
from lazyarr.ir.node import where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ir.node import Node, Where
    from lazyarr.ops.row import DType


_MANY = 16  # elements that a scalar meets before it is computed


def finished(
    result: Node,
    out: Any,
    name: str,
    where: Where,
    casting: Any = "same_kind",
    stretched: bool = False,
    core: int = 0,
) -> Array:
    """Return a result, which is written into `out` if that is given.

    An elementwise result may be stretched to the shape of `out`, that of a fold not,
    and of products not the last `core` axes.

    Raises
    ------
    TypeError
        The result does not cast to the dtype of `out`.
    ShapeError
        `out` has another shape.
    """
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return new(result)
    if out is Ellipsis:  # an array even of no axes
        return array_of(result)
    refuse_unless_array(out)
    last = len(result.shape) - core
    if result.shape[last:] != out.shape[len(out.shape) - core :]:
        stretched = False
    if not stretched and out.shape != result.shape:
        what = f"out= has shape {out.shape}, the result {result.shape}"
        raise ShapeError.at(name, what, where_text(where))
    if isinstance(out, Handle):
        write(out, result, name, casting, where)
    else:
        np.copyto(out, np.asarray(new(result)), casting)
    return out  # type: ignore[no-any-return]


def refuse_unless_array(out: Any) -> None:
    """Raise NumPy's error for an ``out=`` that is no array."""
    if not isinstance(out, (Handle, np.ndarray)) and not hasattr(out, "shape"):
        msg = f"return arrays must be of ArrayType, not {type(out).__name__}"
        raise TypeError(msg)


def refuse_unlike(out: Any, made: Node) -> None:
    """Raise NumPy's error for an ``out=`` of ``dot``, which casts nothing."""
    refuse_unless_array(out)
    fits = out.shape == made.shape and out.dtype == made.dtype
    if not fits or not out.flags.c_contiguous:
        msg = (
            "output array is not acceptable (must have the right datatype, number of "
            "dimensions, and be a C-Array)"
        )
        raise ValueError(msg)


def folding_dtype(dtype: DType, out: Any) -> DType | None:
    """Return the dtype in which NumPy sums what ``out=`` takes; None without one.

    What is summed and what takes it are promoted; only the result is cast.
    """
    if isinstance(out, tuple):
        (out,) = out
    taken = getattr(out, "dtype", None)
    return None if taken is None else np.promote_types(dtype, taken)


def laid_out(x: Array, order: Any, like: Node | None = None) -> Array:
    """Return a new array that lies in memory in an order: C, F, or that of a node.

    Raises
    ------
    ValueError
        There is no such order.
    TypeError
        It is no text.
    """
    order = named(order)
    if x.ndim < 2 or order == "C":
        return x
    if order != "F" and (like is None or len(like.shape) != x.ndim):
        return x
    node = copies.copied(x._node, order, here(), like)
    if type(x) in SMALLS:
        x._lie(layout.strides(node))  # type: ignore[attr-defined]
    else:
        x._node = node
    return x


def in_new_order(made: Array, order: Any) -> Array:
    """Return a new array in C order or Fortran's, the only two for a new shape.

    Raises
    ------
    ValueError
        There is no such order.
    """
    if named(order) not in ("C", "F", None):
        msg = "only 'C' or 'F' order is permitted"
        raise ValueError(msg)
    return laid_out(made, order)


def in_order(made: Any, order: Any, operands: tuple[Any, ...], out: Any) -> Any:
    """Return a ufunc's new array in the order of memory that it was asked for.

    A is Fortran's if all arrays that went in lie in it, that of ``where=`` as well. What
    was written into lies as it does.
    """
    if order == "A":
        order = "F" if all(map(_is_fortrans, operands)) else "C"
    target = out[0] if type(out) is tuple and len(out) == 1 else out
    written = target is not None and target is not Ellipsis
    if written or order not in ("C", "F") or made.ndim < 2:
        return made
    if not isinstance(made, Handle):
        return np.asarray(made, order=order)
    return made if lies_in(made, order) else made.copy(order)  # type: ignore[attr-defined]


def _is_fortrans(x: Any) -> bool:
    handle = isinstance(x, Handle)
    return lies_in(x, "F") if handle else np.asarray(x).flags.f_contiguous


def of_selection(
    x: Any, name: str, axis: Any, keepdims: Any, out: Any, **more: Any
) -> Array | None:
    """Return a fold of what a mask selects, if its size need not be known for it."""
    if out is not None or type(x) is not SELECTION[0]:
        return None
    whole = x._whole()
    return None if whole is None else whole.folded(name, axis, keepdims, **more)


def summed(made: Array, x: Any, y: Any) -> Any:
    """Return what an element gave, computed if it is a scalar and met many by now.

    A loop adds them up, most likely: one plan would be of all that it ever added.
    """
    if made._node.shape:
        return made
    before: Any = y if type(x) is ELEMENT[0] else x
    count = made._elements = getattr(before, "_elements", 0) + 1
    if count < _MANY or not current().small_path:
        return made
    return ELEMENT[0]._of(made._read())
