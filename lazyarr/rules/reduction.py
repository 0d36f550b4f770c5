"""Reductions of a constant are arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.rules.engine import Rule

if TYPE_CHECKING:
    from lazyarr.ir.node import Node
    from lazyarr.ops.row import DType

_HALF = np.dtype(np.float16)
_SINGLE = np.dtype(np.float32)
_INT = np.dtype(np.int64)


def _filled(node: Node) -> tuple[Node, int] | None:
    """Return the value that a reduction folds and how often, if it is one value."""
    operand = node.args[0]
    if not operand.shape or not infer.is_fill(operand):
        return None
    if operand.args[0].op.kind.value not in ("source", "map"):
        return None  # the result of another stage: leave it where it is
    count = 1
    for axis in node.params:
        count *= operand.shape[axis]
    return (operand.args[0], count) if count else None


def _result(node: Node, value: Node) -> Node:
    return infer.full_node(value, node.shape, node.where)


def _number(count: int, dtype: DType) -> Node | None:
    """Return the count as a scalar of the dtype, if the dtype can hold it."""
    if dtype.kind in "iu" and count > np.iinfo(dtype).max:
        return None
    return infer.scalar(count if dtype.kind in "iu" else float(count), dtype)


def _sum(node: Node) -> Node | None:
    """``sum(fill(c)) = c * n``."""
    found = _filled(node)
    if found is None or node.dtype.kind not in "iuf":
        return None
    value, count = found
    # Half precision cannot hold large counts: multiply in single, as NumPy adds.
    wide = _SINGLE if node.dtype == _HALF else node.dtype
    number = _number(count, wide)
    if number is None:
        return None
    value = infer.astype(value, wide, node.where)
    product = infer.map_node(ops.OPS["multiply"], (value, number), node.where)
    return _result(node, infer.astype(product, node.dtype, node.where))


def _prod(node: Node) -> Node | None:
    """``prod(fill(c)) = c ** n``, for floats, where it is not less accurate."""
    found = _filled(node)
    if found is None or node.dtype.kind != "f" or node.dtype == _HALF:
        return None
    value, count = found
    power = infer.scalar(float(count), node.dtype)
    return _result(node, infer.map_node(ops.OPS["pow"], (value, power), node.where))


def _same(node: Node) -> Node | None:
    """``max(fill(c)) = c``, and so for min, any and all."""
    found = _filled(node)
    if found is None:
        return None
    return _result(node, infer.astype(found[0], node.dtype, node.where))


def _first(node: Node) -> Node | None:
    """``argmax(fill(c)) = 0``: the first of equal elements."""
    found = _filled(node)
    return None if found is None else _result(node, infer.scalar(0, node.dtype))


def _count(node: Node) -> Node | None:
    """``count_nonzero(fill(c)) = n * (c != 0)``."""
    found = _filled(node)
    if found is None:
        return None
    value, count = found
    some = infer.astype(value, np.dtype(bool), node.where)
    some = infer.astype(some, _INT, node.where)
    number = infer.scalar(count, _INT)
    return _result(node, infer.map_node(ops.OPS["multiply"], (some, number)))


def _named(*names: str) -> tuple[ops.Op, ...]:
    return tuple(ops.OPS[name] for name in names)


RULES: tuple[Rule, ...] = (
    Rule("sum-of-fill", "sum(fill(c)) = c * n", _named("sum"), _sum),
    Rule("prod-of-fill", "prod(fill(c)) = c ** n", _named("prod"), _prod),
    Rule("extreme-of-fill", "max(fill(c)) = c", _named("max", "min"), _same),
    Rule("truth-of-fill", "all(fill(c)) = c", _named("any", "all"), _same),
    Rule("place-of-fill", "argmax(fill(c)) = 0", _named("argmax", "argmin"), _first),
    Rule("count-of-fill", "count(fill(c)) = n", _named("count_nonzero"), _count),
)
