"""Identities of elementwise ops that hold bit for bit.

The facts that an op has alone stand in its row (`unit`, `inverse`, `identity`); those
that relate several ops stand here, as tables.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import ops
from lazyarr.errors import Listener
from lazyarr.ir import infer
from lazyarr.ir.node import Node
from lazyarr.ops.row import DType, Kind, Op
from lazyarr.rules.engine import Rule
from lazyarr.rules.known import filled, known, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAPS = tuple(op for op in ops.OPS.values() if op.kind is Kind.MAP)
_ASTYPE = ops.OPS["astype"]
_WHERE = ops.OPS["where"]


# --- units, inverses, identities: facts of one row ----------------------------------


def _drop_unit(node: Node) -> Node | None:
    """``x op unit = x``, for the dtype kinds for which the row says it is exact."""
    x, y = node.args
    if node.dtype.kind not in node.op.unit_exact:
        return None
    if _is_unit(y, node.op):
        return _whole(x, node)
    # Floats do not commute where both are NaN, but a unit is not one.
    if node.op.commutative and _is_unit(x, node.op):
        return _whole(y, node)
    return None


def _is_unit(node: Node, op: Op) -> bool:
    value = value_of(node)
    if value is None or value != op.unit:
        return False
    # -0.0 == 0: only a positive zero is the unit of a subtraction.
    return bool(value) or not np.signbit(np.real(value))


def _whole(x: Node, node: Node) -> Node | None:
    """Return `x` in place of the node, stretched if it has to be."""
    if x.dtype != node.dtype:
        return None
    return x if x.shape == node.shape else infer.full_node(x, node.shape, node.where)


def _undo(node: Node) -> Node | None:
    """``inverse(op(x)) = x``."""
    inner = node.args[0]
    if inner.op.name != node.op.inverse:
        return None
    x = inner.args[0]
    return x if x.dtype == node.dtype else None


def _only_operand(node: Node) -> Node | None:
    """``op(x) = x``, for the dtype kinds on which the row says so."""
    (x,) = node.args
    same = x.dtype == node.dtype and x.shape == node.shape
    return x if same and x.dtype.kind in node.op.identity else None


# --- facts of several rows ----------------------------------------------------------

# op, the operand that decides, the result, dtype kinds. NaN * 0 is NaN: no floats.
_ABSORBING: tuple[tuple[str, int, int, str], ...] = (
    ("multiply", 0, 0, "biu"),
    ("bitwise_and", 0, 0, "biu"),
    ("bitwise_or", -1, -1, "i"),
    ("bitwise_or", 1, 1, "b"),
    ("logical_and", 0, 0, "b"),
    ("logical_or", 1, 1, "b"),
)
# op and dtype kinds for which op(x, x) = x.
_SELF: tuple[tuple[str, str], ...] = (
    ("maximum", "biuf"),
    ("minimum", "biuf"),
    ("fmax", "biuf"),
    ("fmin", "biuf"),
    ("bitwise_and", "biu"),
    ("bitwise_or", "biu"),
    ("logical_and", "b"),
    ("logical_or", "b"),
)
# op, result and dtype kinds of x for which op(x, x) is one value: NaN != NaN.
_SETTLED: tuple[tuple[str, int, str], ...] = (
    ("subtract", 0, "iu"),
    ("bitwise_xor", 0, "biu"),
    ("logical_xor", 0, "biu"),
    ("equal", 1, "biu"),
    ("less_equal", 1, "biu"),
    ("greater_equal", 1, "biu"),
    ("not_equal", 0, "biu"),
    ("less", 0, "biu"),
    ("greater", 0, "biu"),
)
_ROUNDINGS = ("floor", "ceil", "trunc", "rint", "round")
# outer op, inner ops it leaves as they are, dtype kinds: outer(inner(x)) = inner(x).
_DONE: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("abs", ("abs", "fabs"), "if"),
    ("fabs", ("abs", "fabs"), "f"),
    ("sign", ("sign",), "iuf"),
    *((name, _ROUNDINGS, "f") for name in _ROUNDINGS),
)
# outer op, inner ops that it makes no difference to: outer(inner(x)) = outer(x).
_BLIND: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("abs", ("negative",), "if"),
    ("fabs", ("negative", "abs"), "f"),
)
# comparison, its opposite, and the dtype kinds of operands that compare at all.
_OPPOSITES: tuple[tuple[str, str, str], ...] = (
    ("equal", "not_equal", "biufc"),
    ("less", "greater_equal", "biu"),
    ("less_equal", "greater", "biu"),
)


def _absorb(node: Node, decides: int, result: int, kinds: str) -> Node | None:
    x, y = node.args
    if node.dtype.kind not in kinds or x.dtype != node.dtype:
        return None
    for operand in (x, y):
        value = value_of(operand)
        if value is not None and value == decides:
            return filled(node, result)
    return None


def _power_zero(node: Node) -> Node | None:
    """``x ** 0 = 1``, NaN included."""
    value = value_of(node.args[1])
    if node.dtype.kind not in "iuf" or value is None or value != 0:
        return None
    return filled(node, 1)


def _self(node: Node, kinds: str) -> Node | None:
    x, y = node.args
    return x if x is y and x.dtype == node.dtype and x.dtype.kind in kinds else None


def _settled(node: Node, result: int, kinds: str) -> Node | None:
    x, y = node.args
    return filled(node, result) if x is y and x.dtype.kind in kinds else None


def _done(node: Node, inner: tuple[str, ...], kinds: str) -> Node | None:
    x = node.args[0]
    same = x.op.name in inner and x.dtype == node.dtype
    return x if same and node.dtype.kind in kinds else None


def _blind(node: Node, inner: tuple[str, ...], kinds: str) -> Node | None:
    x = node.args[0]
    if x.op.name not in inner or x.dtype != node.dtype or x.dtype.kind not in kinds:
        return None
    if x.args[0].dtype != x.dtype:
        return None
    return infer.rebuilt(node, x.args)


def _opposite(node: Node) -> Node | None:
    """``not (x == y) = x != y``, and so for orders where there is no NaN."""
    inner = node.args[0]
    for one, other, kinds in _OPPOSITES:
        for name, instead in ((one, other), (other, one)):
            if inner.op.name == name and inner.args[0].dtype.kind in kinds:
                return infer.map_node(ops.OPS[instead], inner.args, node.where)
    return None


# --- fills and known scalars --------------------------------------------------------


def _fill(node: Node) -> Node | None:
    """``op(fill(a), fill(b)) = fill(op(a, b))``: one element instead of all."""
    if not node.shape:
        return None
    for arg in node.args:
        if arg.shape and (arg.op.kind is not Kind.VIEW or arg.args[0].shape):
            return None
    if not node.size:
        return filled(node, 0)  # where there is no element, none may raise or warn
    inner = tuple(arg.args[0] if arg.shape else arg for arg in node.args)
    if any(not _on_host(arg) for arg in inner):
        return None
    small = Node.of(node.op, inner, node.params, (), node.dtype, node.tag, node.where)
    return infer.full_node(small, node.shape, node.where)


def _on_host(node: Node) -> bool:
    """Whether a 0-d node is arithmetic on scalars, and so costs the host nothing."""
    return node.op.kind is Kind.SOURCE or (node.op.kind is Kind.MAP and not node.shape)


class _Refusing(Listener):
    """Raises what an operation tells of the elements that it meets."""

    def write(self, text: str) -> None:
        raise FloatingPointError(text)


_refusing = _Refusing()


def _known(node: Node) -> Node | None:
    """``op(known, known) = known``; what would warn is left to warn at every run."""
    if node.shape or node.dtype.kind == "c":
        return None
    values = [infer.known_value(arg) for arg in node.args]
    if any(value is None or np.iscomplexobj(value) for value in values):
        return None
    arrays = [np.asarray(value) for value in values]
    try:
        with np.errstate(all="raise", call=_refusing):
            if node.op is _ASTYPE:
                return known(arrays[0].astype(node.dtype), node.dtype)
            return known(node.op.numpy(*arrays), node.dtype)
    except (FloatingPointError, ValueError):
        return None


# --- casts and choices --------------------------------------------------------------


def _cast_cast(node: Node) -> Node | None:
    """``cast(cast(x)) = cast(x)`` where the inner cast loses nothing that counts."""
    inner = node.args[0]
    if inner.op is not _ASTYPE:
        return None
    x = inner.args[0]
    if _wraps(x.dtype, inner.dtype, node.dtype):
        return infer.astype(x, node.dtype, node.where)
    if not is_widening(x.dtype, inner.dtype):
        return None
    if inner.dtype.kind in "fc" and node.dtype.kind not in "fc":
        return None  # out of range, the result depends on the width cast from
    return infer.astype(x, node.dtype, node.where)


def _wraps(first: DType, second: DType, third: DType) -> bool:
    """Whether all are integers, and the bits of the last are kept all the way."""
    kinds = first.kind + second.kind + third.kind
    return set(kinds) <= set("iu") and second.itemsize >= third.itemsize


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
    value = value_of(node.args[0])
    if value is None:
        return None
    return _whole(node.args[1] if value else node.args[2], node)


def _same_choice(node: Node) -> Node | None:
    """``where(c, x, x) = x``, if it need not be stretched."""
    _, x, y = node.args
    return x if x is y and x.shape == node.shape else None


def _chosen_before(node: Node) -> Node | None:
    """``where(c, x, where(c, y, z)) = where(c, x, z)``, and so on the left."""
    condition, x, y = node.args
    if y.op is _WHERE and y.args[0] is condition:
        return infer.rebuilt(node, (condition, x, y.args[2]))
    if x.op is _WHERE and x.args[0] is condition:
        return infer.rebuilt(node, (condition, x.args[1], y))
    return None


# --- the rules ----------------------------------------------------------------------


def _rules_of_rows() -> Iterator[Rule]:
    for op in _MAPS:
        if op.unit is not None:
            formula = f"{op.name}(x, {op.unit}) = x"
            yield Rule(f"{op.name}-unit", formula, (op,), _drop_unit)
        if op.inverse is not None:
            formula = f"{op.name}({op.inverse}(x)) = x"
            yield Rule(f"{op.name}-{op.inverse}", formula, (op,), _undo)
        if op.identity:
            yield Rule(f"{op.name}-identity", f"{op.name}(x) = x", (op,), _only_operand)


def _rule(name: str, formula: str, op: str, rewrite: Any, *facts: Any) -> Rule:
    return Rule(name, formula, (ops.OPS[op],), partial(rewrite, **dict(facts)))


def _rules_of_tables() -> Iterator[Rule]:
    for op, decides, result, kinds in _ABSORBING:
        facts = (("decides", decides), ("result", result), ("kinds", kinds))
        name = f"{op}-absorbs" + ("-true" if (op, decides) == ("bitwise_or", 1) else "")
        yield _rule(name, f"{op}(x, {decides}) = {result}", op, _absorb, *facts)
    for op, kinds in _SELF:
        yield _rule(f"{op}-self", f"{op}(x, x) = x", op, _self, ("kinds", kinds))
    for op, result, kinds in _SETTLED:
        facts2 = (("result", result), ("kinds", kinds))
        yield _rule(f"{op}-self", f"{op}(x, x) = {result}", op, _settled, *facts2)
    for op, inner, kinds in _DONE:
        facts3 = (("inner", inner), ("kinds", kinds))
        formula = f"{op}({inner[0]}(x)) = {inner[0]}(x)"
        yield _rule(f"{op}-done", formula, op, _done, *facts3)
    for op, inner, kinds in _BLIND:
        facts3 = (("inner", inner), ("kinds", kinds))
        formula = f"{op}({inner[0]}(x)) = {op}(x)"
        yield _rule(f"{op}-blind", formula, op, _blind, *facts3)


RULES: tuple[Rule, ...] = (
    *_rules_of_rows(),
    *_rules_of_tables(),
    _rule("pow-zero", "x ** 0 = 1", "pow", _power_zero),
    _rule("not-comparison", "not (x == y) = x != y", "logical_not", _opposite),
    _rule("not-comparison", "not (x == y) = x != y", "bitwise_invert", _opposite),
    Rule("cast-cast", "cast(cast(x)) = cast(x)", (_ASTYPE,), _cast_cast),
    Rule("where-known", "where(True, x, y) = x", (_WHERE,), _known_condition),
    Rule("where-same", "where(c, x, x) = x", (_WHERE,), _same_choice),
    Rule(
        "where-where",
        "where(c, x, where(c, y, z)) = where(c, x, z)",
        (_WHERE,),
        _chosen_before,
    ),
    Rule("known-arithmetic", "op(known, known) = known", _MAPS, _known),
    Rule("map-of-fill", "op(fill(a)) = fill(op(a))", _MAPS, _fill),
)
