"""Calls of elementwise functions, with the keywords of NumPy's ufuncs."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.handle import (
    OPS,
    Handle,
    cast_to,
    here,
    new,
    node_of,
    operand,
    refuse_cast,
    refuse_negative,
    unsupported,
    write,
)
from lazyarr.errors import DTypeError
from lazyarr.ir import infer
from lazyarr.ir.node import Node, Where, where_text

if TYPE_CHECKING:
    from lazyarr.api.array import Array
    from lazyarr.ops.row import DType, Op

_FLOAT = np.dtype(np.float64)


def elementwise(op: Op, *operands: Any) -> Array:
    """Return ``op`` of array-likes, lazily; what every public function calls."""
    raw = tuple([operand(x) for x in operands])
    return new(infer.of(op, raw, here()))


def call(op: Op, operands: tuple[Any, ...], out: Any, where: Any, dtype: Any) -> Array:
    """Return ``op`` of array-likes with a ufunc's keywords."""
    place = here()
    raw = tuple([operand(x) for x in operands])
    if out is None and where is True and dtype is None and op is not OPS["pow"]:
        return new(infer.of(op, raw, place))
    if dtype is not None:
        raw = _of_dtype(op, raw, np.dtype(dtype), place)
    if op is OPS["pow"]:
        refuse_negative(*raw)
    node = infer.map_node(op, raw, place)
    if isinstance(out, tuple):
        (out,) = out
    if where is not True:
        node = _where(node, where, out, op.name, place)
    if out is None:
        return new(node)
    if not isinstance(out, Handle):
        raise unsupported(op.name, "out= must be a lazyarr array", "use compute().")
    write(out, node, op.name, "same_kind", place)
    return out  # type: ignore[return-value]


def _of_dtype(
    op: Op, raw: tuple[infer.Raw, ...], dtype: DType, where: Where
) -> tuple[infer.Raw, ...]:
    """Return operands cast to the inputs of the loop whose output has a dtype."""
    ufunc = op.function or op.numpy
    if not isinstance(ufunc, np.ufunc):
        return tuple(cast_to(x, dtype, where) for x in raw)
    kinds = tuple(x.dtype if isinstance(x, Node) else type(x) for x in raw)
    signature = (None,) * ufunc.nin + (dtype,)
    loop = ufunc.resolve_dtypes(
        (*kinds, None),
        signature=signature,
        casting="same_kind",
    )
    return tuple(
        cast_to(x, wanted, where) for x, wanted in zip(raw, loop, strict=False)
    )


def _where(node: Node, where: Any, out: Any, name: str, place: Where) -> Node:
    """Return the node where a mask is true, and what `out` holds elsewhere."""
    mask = node_of(where)
    if mask.dtype != np.dtype(bool):
        what = f"where= takes booleans, found dtype {mask.dtype}"
        raise DTypeError.at(name, what, where_text(place))
    if out is None:
        other = infer.full_node(infer.scalar(0, node.dtype), node.shape)
    else:
        other = out._current()
        if not np.can_cast(node.dtype, other.dtype, "same_kind"):
            refuse_cast(node, other.dtype, name, "same_kind")
    node = infer.astype(_quiet(node, mask, place), other.dtype, place)
    return infer.map_node(OPS["where"], (mask, node, other), place)


def _quiet(node: Node, mask: Node, place: Where) -> Node:
    """Return a node that meets harmless operands, and warns of none, off a mask."""
    safe = infer.scalar(_harmless(node.op, tuple(a.dtype for a in node.args)), _FLOAT)
    args = tuple(
        infer.map_node(OPS["where"], (mask, arg, infer.astype(safe, arg.dtype)), place)
        for arg in node.args
    )
    return infer.map_node(node.op, args, place)


@functools.cache
def _harmless(op: Op, dtypes: tuple[DType, ...]) -> float:
    """Return a value that an op takes for all of its operands without a warning."""
    for value in (1.0, 0.5):
        try:
            with np.errstate(all="raise"):
                op.numpy(*(np.full(1, value).astype(dtype) for dtype in dtypes))
        except FloatingPointError:
            continue
        return value
    return 1.0
