"""How an array would lie in memory as NumPy's: what its views and reshapes depend on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ir import layout
from lazyarr.ir import view as views
from lazyarr.ir.view import View
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from lazyarr.api.handle import Handle
    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType

_ORDERS = ("C", "F", "A", "K")
_FOLLOWING = (Kind.MAP, Kind.UPDATE)  # lie as their operands do
_SPARSE = 8  # bytes around an element, at most, that a copy has too


def named(order: Any) -> Any:
    """Return a memory order in capitals, as NumPy reads it; None stays None.

    Raises
    ------
    ValueError
        There is no such order.
    TypeError
        It is no text.
    """
    if order is None or order in _ORDERS:
        return order
    if isinstance(order, bytes):
        order = order.decode()
    if not isinstance(order, str):
        msg = f"order must be str, not {type(order).__name__}"
        raise TypeError(msg)
    if order.upper() not in _ORDERS:
        msg = f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})"
        raise ValueError(msg)
    return order.upper()


def as_told(x: Handle, result: Any) -> Any:
    """Return the elements of an array in the order of memory that it says it has.

    Rules and kernels keep the order of what is read, where NumPy may have copied to C.
    """
    if type(result) is not np.ndarray or result.ndim < 2 or x._base is not None:
        return result
    if result.flags.c_contiguous and not _is_laid(x._node):
        return result
    return layout.laid(result, layout.strides(x._node))


def _is_laid(node: Node) -> bool:
    """Whether a node's strides are known, or it was made of what is not in C order.

    Numbers that fill an array in Fortran's order are in no order for kernels.
    """
    if hasattr(node, "steps"):
        return True
    while node.args and node.op.kind in _FOLLOWING:
        node = node.args[0]
    if node.shape and hasattr(node, "steps"):
        return node.steps != views.contiguous_strides(node.shape)
    return False


def memory(
    shape: Shape, steps: Shape, dtype: DType, make: Any = np.empty
) -> np.ndarray:
    """Return an array that has its axes in the order of these strides, not filled."""
    order = sorted(range(len(shape)), key=lambda k: -abs(steps[k]))
    if order == sorted(order):
        return make(shape, dtype)  # type: ignore[no-any-return]
    if order == sorted(order, reverse=True):
        return make(shape, dtype, "F")  # type: ignore[no-any-return] # which is no view
    made: np.ndarray = make([shape[k] for k in order], dtype)
    return made.transpose(np.argsort(order))


def keeps_elements(x: Handle, sides: Shape) -> bool:
    """Whether NumPy would give a view of an array under another shape."""
    base = x if x._base is None else x._base
    chain = () if x._base is None else x._chain
    return _keeps_elements(base._sides(), base._steps(), chain, sides)


@lru_cache(maxsize=4096)
def _keeps_elements(
    shape: Shape, steps: Shape, chain: tuple[Any, ...], sides: Shape
) -> bool:
    array = _seen(layout.over_one_byte(shape, steps), chain)
    try:
        array.reshape(sides, copy=False)
    except ValueError:
        return False
    return True


def ghost(x: Handle) -> np.ndarray:
    """Return an array of this one's shape and strides that owns one element.

    NumPy's rules about views depend on strides; asking it about such an array applies
    them without touching memory.
    """
    base = x if x._base is None else x._base
    chain = () if x._base is None else x._chain
    return _seen(layout.over_one_byte(base._sides(), base._steps()), chain)


def order_of(x: Handle) -> str:
    """Return Fortran's order if an array lies so, and not in C's; else C's."""
    return "F" if ghost(x).flags.fnc else "C"


def lies_in(x: Handle, order: str) -> bool:
    """Whether an array lies in memory in one piece, in an order; A is either."""
    flags = ghost(x).flags
    if order == "A":
        return flags.forc
    return flags.c_contiguous if order == "C" else flags.f_contiguous


def _seen(array: np.ndarray, chain: tuple[Any, ...]) -> np.ndarray:
    """Return what a chain of views shows of an array."""
    for step in chain:
        if type(step) is View:
            array = views.apply(array, step)
        elif step[0] == "reshape":
            array = array.reshape(step[1], copy=False)
        elif step[0] in ("real", "imag"):  # elements of half the size
            steps = tuple([2 * step for step in array.strides])
            array = layout.over_one_byte(array.shape, steps)
    return array


def spaced(array: np.ndarray) -> np.ndarray:
    """Return a copy with an array's strides: what is a view of it depends on them."""
    steps, sides = array.strides, array.shape
    spans = [step * (n - 1) for step, n in zip(steps, sides, strict=True)]
    span = sum(map(abs, spans)) + array.itemsize
    if array.flags.forc or not array.size or span > _SPARSE * array.nbytes:
        return array.copy("K")
    start = -sum(s for s in spans if s < 0)
    made = np.ndarray(sides, array.dtype, bytearray(span), start, steps)
    made[...] = array
    # Elements that share memory are one each in a copy.
    return made if _is_apart(steps, sides, array.itemsize) else array.copy("K")


def _is_apart(steps: Shape, sides: Shape, itemsize: int) -> bool:
    """Whether no two elements of an array with these strides share memory."""
    reach = itemsize
    for step, n in sorted((abs(s), n) for s, n in zip(steps, sides, strict=True)):
        if n > 1 and step < reach:
            return False
        reach += step * (n - 1)
    return True
