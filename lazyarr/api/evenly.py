"""Index arrays of numbers in even steps: what they select is what a slice shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.handle import FINAL, Handle, here, new
from lazyarr.ir import infer
from lazyarr.ir import view as views

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Node

_DEEP = 8  # operations, one of the other


def selected(x: Handle, key: Any) -> Any:
    """Return what an index array in even steps selects of one axis; else None.

    Neither is the index computed for it, nor are its elements looked at: the first and
    the last one tell whether all are in bounds.
    """
    if type(key) is not FINAL[0] or len(x._sides()) != 1:
        return None
    node = key._current()
    numbers = progression(node) if node.args or node.op.name == "iota" else None
    if not numbers:
        return None
    (size,) = x._sides()
    low, high = sorted((numbers[0], numbers[-1]))
    start, stop, step = numbers.start, numbers.stop, numbers.step
    if -size <= low and high < 0:
        start, stop = start + size, stop + size
    elif low < 0 or high >= size:
        return None
    view = views.picked((size,), (start, stop, step))
    return None if view is None else new(infer.view_node(x._current(), view, here()))


def progression(node: Node, deep: int = _DEEP) -> range | None:
    """Return the numbers of a node as a range; None unless it is known to be one.

    Examples
    --------
    >>> import lazyarr as la
    >>> progression((la.arange(10**6) * 2 - 5)._current())
    range(-5, 1999995, 2)
    """
    if node.dtype.kind not in "iu" or len(node.shape) != 1 or not deep:
        return None
    if node.op.name == "iota":
        return range(node.shape[0])
    rule = _RULES.get(node.op.name)
    numbers = rule(node, deep - 1) if rule is not None else None
    if not numbers or len(numbers) != node.shape[0]:
        return None
    limits = np.iinfo(node.dtype)  # what does not fit comes round
    low, high = sorted((numbers[0], numbers[-1]))
    return numbers if limits.min <= low and high <= limits.max else None


def _number(node: Node) -> int | None:
    whole = node.op.name == "scalar" and node.dtype.kind in "iu"
    return int(node.value) if whole else None


def _moved(node: Node, deep: int) -> range | None:
    """Return a progression to which a number is added."""
    for x, y in (node.args, node.args[::-1]):
        by = _number(y)
        numbers = progression(x, deep) if by is not None else None
        if numbers and by is not None:
            return range(numbers.start + by, numbers.stop + by, numbers.step)
    return None


def _lessened(node: Node, deep: int) -> range | None:
    """Return a progression less a number, or a number less a progression."""
    x, y = node.args
    by, of = _number(y), _number(x)
    numbers = progression(x if of is None else y, deep)
    if not numbers or (by is None) is (of is None):
        return None
    start, stop, step = numbers.start, numbers.stop, numbers.step
    if of is not None:
        return range(of - start, of - stop, -step)
    return None if by is None else range(start - by, stop - by, step)


def _stretched(node: Node, deep: int) -> range | None:
    """Return a progression times a number, which is not 0."""
    for x, y in (node.args, node.args[::-1]):
        by = _number(y)
        numbers = progression(x, deep) if by else None
        if numbers and by:
            return range(numbers.start * by, numbers.stop * by, numbers.step * by)
    return None


def _cast(node: Node, deep: int) -> range | None:
    return progression(node.args[0], deep)


_RULES: dict[str, Callable[[Node, int], range | None]] = {
    "add": _moved,
    "astype": _cast,
    "multiply": _stretched,
    "subtract": _lessened,
}
