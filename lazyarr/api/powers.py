"""``x ** y``, with the shortcuts that NumPy's operator takes."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import compiled
from lazyarr.api.calls import binary
from lazyarr.api.handle import FINAL, OPS, Handle, here, new, refuse_negative
from lazyarr.api.known import elementwise
from lazyarr.ir import infer
from lazyarr.ir.node import Node

if TYPE_CHECKING:
    from lazyarr.ops.row import DType, Op

_POW = OPS["pow"]
_SQUARE = OPS["square"]
_RECIPROCAL = OPS["reciprocal"]
_SHORTCUTS: dict[tuple[type, float], Op] = {
    (int, 2): _SQUARE,
    (int, -1): _RECIPROCAL,
    (float, 0.5): OPS["sqrt"],
    (float, 2.0): _SQUARE,
    (float, -1.0): _RECIPROCAL,
}
_SHORT = frozenset((2, 0.5, -1))  # exponents for which another op may be run
_usual: dict[tuple[DType, type, float], tuple[Op, DType, int]] = {}
"""By dtype and exponent: the op that is run, the dtype of its result, and its tag."""


def shortcut(dtype: DType, y: float) -> Op | None:
    """Return the op that NumPy's ``**`` runs for a Python scalar, if not ``pow``."""
    kind = dtype.kind
    if kind in "fc":
        found = _SHORTCUTS.get((type(y), y))
        return found if type(y) is int or y == 0.5 or _float_shortcuts() else None
    return _SQUARE if type(y) is int and y == 2 else None


@functools.cache
def _float_shortcuts() -> bool:
    """Whether this NumPy takes 2.0 and -1.0 as it takes 2 and -1; releases differ."""
    z = np.array([complex(-0.0, 0.0)] * 2)
    with np.errstate(all="ignore"):
        return bool((z**-1.0).tobytes() == np.reciprocal(z).tobytes())


def operator(self: Handle, other: Any, /) -> Any:
    """Return ``self ** other``: `power`, with the usual case ahead of it."""
    kind = type(other)
    if kind is not int and kind is not float:
        return power(self, other)
    x = self._node if self._base is None else self._current()
    found = _usual.get((x.dtype, kind, other))
    if found is None:
        if other in _SHORT or x.dtype.kind not in "fc":
            return power(self, other)
        return new(infer.binary_node(_POW, x, other, here(2)))
    frame = sys._getframe(1)
    node = Node()
    node.op, node.dtype, node.tag = found
    node.args = (x,)
    node.params = node.value = None
    node.shape = x.shape
    node.where = (frame.f_code, frame.f_lasti)
    made: Any = FINAL[0]()
    made._node = node
    made._base = None
    return made


operator = compiled.method(
    "node_power", operator, op=_POW, usual=_POW._usual, tag=_POW.id, other=_usual
)


def at_once(x: Any, y: Any) -> Any:
    """Return ``x ** y`` of what is known, at once; None for the general way."""
    if type(y) in (int, float):
        found = shortcut(x._value.dtype, y)
        if found is not None:
            return elementwise(found, (x,))
    return elementwise(_POW, (x, y))


def power(x: Any, y: Any, depth: int = 2) -> Any:
    """Return ``x ** y``, with NumPy's shortcuts for some Python scalars."""
    if type(y) in (int, float) and isinstance(x, Handle):
        node = x._current()
        op = shortcut(node.dtype, y)
        if op is not None:
            frame = sys._getframe(depth)
            where = (frame.f_code, frame.f_lasti)
            made = infer.unary_node(op, node, where)
            if made.args[0] is node:  # the op's loop is of this dtype
                _usual[node.dtype, type(y), y] = op, made.dtype, op.id
            return new(made)
        if node.dtype.kind not in "fc":
            refuse_negative(node, y)
    return binary(_POW, x, y, depth + 1)
