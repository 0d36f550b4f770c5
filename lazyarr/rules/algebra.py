"""Identities of elementwise ops that hold bit for bit.

The facts stand in the op table (`unit`, `inverse`); here they become rules.
"""

from __future__ import annotations

import numpy as np

from lazyarr import ops
from lazyarr.ir import infer
from lazyarr.ir.node import Node
from lazyarr.ops.row import DType, Kind, Op
from lazyarr.rules.engine import Rule

_MAPS = tuple(op for op in ops.OPS.values() if op.kind is Kind.MAP)
_ASTYPE = ops.OPS["astype"]
_WHERE = ops.OPS["where"]


def _constant(node: Node) -> object:
    """Return the value of a known scalar, or of a fill with one, else None."""
    if node.op.kind is Kind.VIEW and not node.args[0].shape:
        node = node.args[0] if node.args else node
    return infer.known_value(node)


def _drop_unit(node: Node) -> Node | None:
    """``x op unit = x``, for the dtype kinds for which the row says it is exact."""
    op = node.op
    x, y = node.args
    if node.dtype.kind not in op.unit_exact:
        return None
    if x.dtype == node.dtype and x.shape == node.shape:
        value = _constant(y)
        if value is not None and _is_unit(value, op):
            return x
    if (
        node.dtype.kind in op.commutative
        and y.dtype == node.dtype
        and y.shape == node.shape
    ):
        value = _constant(x)
        if value is not None and _is_unit(value, op):
            return y
    return None


def _is_unit(value: object, op: Op) -> bool:
    # -0.0 == 0: only a positive zero is the unit of a subtraction.
    return bool(value == op.unit) and not np.signbit(np.real(value))  # type: ignore[call-overload]


def _undo(node: Node) -> Node | None:
    """``inverse(op(x)) = x``."""
    inner = node.args[0]
    if inner.op.name != node.op.inverse:
        return None
    x = inner.args[0]
    return x if x.dtype == node.dtype else None


def _fill(node: Node) -> Node | None:
    """``op(fill(a), fill(b)) = fill(op(a, b))``: one element instead of all."""
    if not node.shape:
        return None
    for arg in node.args:
        if arg.shape and (arg.op.kind is not Kind.VIEW or arg.args[0].shape):
            return None
    inner = tuple(arg.args[0] if arg.shape else arg for arg in node.args)
    if any(not _on_host(arg) for arg in inner):
        return None
    small = Node(node.op, inner, node.params, (), node.dtype, node.tag, node.where)
    return infer.full_node(small, node.shape, node.where)


def _on_host(node: Node) -> bool:
    """Whether a 0-d node is arithmetic on scalars, and so costs the host nothing."""
    return node.op.kind is Kind.SOURCE or (node.op.kind is Kind.MAP and not node.shape)


def _cast_cast(node: Node) -> Node | None:
    """``cast(cast(x)) = cast(x)`` where the inner cast keeps every value."""
    inner = node.args[0]
    if inner.op is not _ASTYPE:
        return None
    x = inner.args[0]
    if not is_widening(x.dtype, inner.dtype):
        return None
    if inner.dtype.kind in "fc" and node.dtype.kind not in "fc":
        return None  # out of range, the result depends on the width cast from
    return infer.astype(x, node.dtype, node.where)


def is_widening(old: DType, new: DType) -> bool:
    """Whether every value of `old` is a value of `new`.

    NumPy's "safe" is not enough: it lets int64 become float64.
    """
    if old == new or old.kind == "b":
        return True
    if new.kind in "fc" and old.kind in "iu":
        real = np.empty(0, new).real.dtype
        bits = old.itemsize * 8 - (old.kind == "i")
        return bits <= np.finfo(real).nmant + 1 and _fits_range(bits, real)
    return bool(np.can_cast(old, new, "safe"))


def _fits_range(bits: int, real: DType) -> bool:
    return bits < np.finfo(real).maxexp


def _known_condition(node: Node) -> Node | None:
    """``where(True, x, y) = x``."""
    value = _constant(node.args[0])
    if value is None:
        return None
    chosen = node.args[1] if value else node.args[2]
    return chosen if chosen.shape == node.shape else None


def _only_operand(node: Node) -> Node | None:
    """``op(x) = x``, for the dtype kinds on which the row says so."""
    (x,) = node.args
    same = x.dtype == node.dtype and x.shape == node.shape
    return x if same and x.dtype.kind in node.op.identity else None


_UNITS = tuple(
    Rule(f"{op.name}-unit", f"{op.name}(x, {op.unit}) = x", (op,), _drop_unit)
    for op in _MAPS
    if op.unit is not None
)
_INVERSES = tuple(
    Rule(f"{op.name}-{op.inverse}", f"{op.name}({op.inverse}(x)) = x", (op,), _undo)
    for op in _MAPS
    if op.inverse is not None
)
_IDENTITIES = tuple(
    Rule(f"{op.name}-identity", f"{op.name}(x) = x", (op,), _only_operand)
    for op in _MAPS
    if op.identity
)

RULES: tuple[Rule, ...] = (
    *_UNITS,
    *_INVERSES,
    *_IDENTITIES,
    Rule("cast-cast", "cast(cast(x)) = cast(x)", (_ASTYPE,), _cast_cast),
    Rule("where-known", "where(True, x, y) = x", (_WHERE,), _known_condition),
    Rule("map-of-fill", "op(fill(a)) = fill(op(a))", _MAPS, _fill),
)
