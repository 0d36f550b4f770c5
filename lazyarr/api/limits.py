"""Between which numbers integers lie, as far as the operations tell that make them.

An index of a GPU's that is so known to be within bounds need not be looked at: that
would wait for all that the device was told to do.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Node
    from lazyarr.ops.row import DType

    Limits = tuple[int, int]

_DEEP = 8  # operations, one of the other: whoever asks is about to launch a kernel
# What returns elements of its first operand, or of all of them.
_FIRST = ("reshape", "getitem", "take", "take_along_axis", "sort", "partition")
_ALL = ("concat", "where", "update", "setitem")


def limits(node: Node, deep: int = _DEEP) -> Limits:
    """Return the least and the largest number that elements of a node can be.

    Examples
    --------
    >>> import lazyarr as la
    >>> limits((la.arange(10**6) * 7 % 90 - 5)._current())
    (-5, 84)
    """
    whole = _of_dtype(node.dtype)
    if node.op.name == "scalar":
        return int(node.value), int(node.value)
    if node.op.name == "iota":
        return 0, max(prod(node.shape) - 1, 0)
    rule = _RULES.get(node.op.name)
    if not deep or (rule is None and node.op.kind is not Kind.VIEW):
        return whole
    if any(arg.dtype.kind not in "biu" for arg in node.args) and rule not in _PLACES:
        return whole
    low, high = _first(node, deep) if rule is None else rule(node, deep)
    # What does not fit comes round, to anything.
    return (low, high) if whole[0] <= low <= high <= whole[1] else whole


def _of_dtype(dtype: DType) -> Limits:
    if dtype.kind == "b":
        return 0, 1
    found = np.iinfo(dtype)
    return int(found.min), int(found.max)


def _first(node: Node, deep: int) -> Limits:
    return limits(node.args[0], deep - 1)


def _joined(node: Node, deep: int) -> Limits:
    lows, highs = zip(*[limits(x, deep - 1) for x in _values(node)], strict=True)
    return min(lows), max(highs)


def _values(node: Node) -> tuple[Node, ...]:
    """Return the operands whose elements a result has."""
    if node.op.name == "where":
        return node.args[1:]
    return node.args[:2] if node.op.name == "setitem" else node.args


def _sorted(node: Node, deep: int) -> Limits:
    return 0, max(node.args[0].shape[node.params[0]] - 1, 0)


def _found(node: Node, deep: int) -> Limits:
    """Return the same of places in what is folded."""
    x = node.args[0]
    return 0, max(prod(x.shape) // max(prod(node.shape), 1) - 1, 0)


def _remainder(node: Node, deep: int) -> Limits:
    low, high = limits(node.args[1], deep - 1)
    if low <= 0 <= high:  # of nothing, it is 0
        return min(low + 1, 0), max(high - 1, 0)
    return (0, high - 1) if low > 0 else (low + 1, 0)


def _both(node: Node, deep: int) -> Limits:
    """Return the same of bits that two numbers share, of which one is not negative."""
    whole = _of_dtype(node.dtype)
    highs = [high for low, high in _operands(node, deep) if low >= 0]
    return (0, min(highs)) if highs else whole


def _clipped(node: Node, deep: int) -> Limits:
    x, least, most = _operands(node, deep)
    low, high = (min(max(x[k], least[k]), most[k]) for k in (0, 1))
    return low, high


def _operands(node: Node, deep: int) -> list[Limits]:
    return [limits(x, deep - 1) for x in node.args]


def _paired(
    low: Callable[[Limits, Limits], int], high: Callable[[Limits, Limits], int]
) -> Callable[[Node, int], Limits]:
    def rule(node: Node, deep: int) -> Limits:
        x, y = _operands(node, deep)
        return low(x, y), high(x, y)

    return rule


def _products(node: Node, deep: int) -> Limits:
    x, y = _operands(node, deep)
    corners = [a * b for a in x for b in y]
    return min(corners), max(corners)


_RULES: dict[str, Callable[[Node, int], Limits]] = {
    **dict.fromkeys(_FIRST, _first),
    **dict.fromkeys(_ALL, _joined),
    "astype": _first,
    "add": _paired(lambda x, y: x[0] + y[0], lambda x, y: x[1] + y[1]),
    "argmax": _found,
    "argmin": _found,
    "argsort": _sorted,
    "bitwise_and": _both,
    "clip": _clipped,
    "maximum": _paired(lambda x, y: max(x[0], y[0]), lambda x, y: max(x[1], y[1])),
    "minimum": _paired(lambda x, y: min(x[0], y[0]), lambda x, y: min(x[1], y[1])),
    "multiply": _products,
    "remainder": _remainder,
    "subtract": _paired(lambda x, y: x[0] - y[1], lambda x, y: x[1] - y[0]),
}
_PLACES: tuple[Any, ...] = (_sorted, _found)
