"""Operators of arrays that are not small: the usual case of a node, built on the spot.

These make the methods of `Operators` of the rows of the op table. An operator costs what
a program of few elements feels most: where both operands are arrays of one shape and of
the loop's dtypes, or the second has no axes, or one is a number, its node and its array
are made without a further call. Everything else goes to `lazyarr.api.calls`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from lazyarr import compiled
from lazyarr.api import calls
from lazyarr.api.handle import FINAL, WEAK, new
from lazyarr.ir import infer
from lazyarr.ir.leaves import weak_scalars
from lazyarr.ir.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.api.array import Array
    from lazyarr.ops.row import Op

_frame = sys._getframe
_weak = weak_scalars.get


def binary(op: Op) -> Callable[[Any, Any], Array]:
    """Return the method that gives ``self op other``."""
    usual, number, general = op._usual.get, op.id, calls.binary

    def method(self: Any, other: Any, /) -> Any:
        cls, kind = FINAL[0], type(other)
        if type(self) is not cls:
            return general(op, self, other)
        x = self._node if self._base is None else self._current()
        shape, dtype = x.shape, x.dtype
        result = usual(dtype)
        if kind is cls:
            y = other._node if other._base is None else other._current()
            if y.dtype is not dtype or (y.shape != shape and y.shape):
                result = None
        elif kind in WEAK:
            y = _weak((other if other else repr(other), kind, dtype))
            if y is None:
                result = None
        else:
            return general(op, self, other)
        frame = _frame(1)
        where = (frame.f_code, frame.f_lasti)
        if result is None:
            return new(infer.binary_node(op, x, y if kind is cls else other, where))
        node = Node()
        node.op = op
        node.args = (x, y)
        node.params = node.value = None
        node.shape = shape
        node.dtype = result
        node.tag = number
        node.where = where
        made = cls()
        made._node = node
        made._base = None
        return made

    return _compiled("node_binary", method, op)  # type: ignore[no-any-return]


def reflected(op: Op) -> Callable[[Any, Any], Array]:
    """Return the method that gives ``other op self``, where `other` has no such."""
    usual, number, general = op._usual.get, op.id, calls.binary

    def method(self: Any, other: Any, /) -> Any:
        cls, kind = FINAL[0], type(other)
        if type(self) is not cls or kind not in WEAK:
            return general(op, other, self)
        y = self._node if self._base is None else self._current()
        dtype = y.dtype
        result = usual(dtype)
        x = _weak((other if other else repr(other), kind, dtype))
        if result is None or x is None:
            return general(op, other, self)
        frame = _frame(1)
        node = Node()
        node.op = op
        node.args = (x, y)
        node.params = node.value = None
        node.shape = y.shape
        node.dtype = result
        node.tag = number
        node.where = (frame.f_code, frame.f_lasti)
        made = cls()
        made._node = node
        made._base = None
        return made

    return _compiled("node_binary", method, op, reflected=True)  # type: ignore[no-any-return]


def inplace(op: Op) -> Callable[[Any, Any], Array]:
    """Return the method that gives ``self op= other``."""

    def method(self: Any, other: Any, /) -> Any:
        return calls.inplace(op, self, other)

    return _compiled("node_inplace", method, op)  # type: ignore[no-any-return]


def unary(op: Op) -> Callable[[Any], Array]:
    """Return the method that gives ``op self``."""
    usual, number, general = op._usual.get, op.id, calls.unary

    def method(self: Any, /) -> Any:
        x = self._node if self._base is None else self._current()
        result = usual(x.dtype)
        if result is None:
            return general(op, self)
        frame = _frame(1)
        node = Node()
        node.op = op
        node.args = (x,)
        node.params = node.value = None
        node.shape = x.shape
        node.dtype = result
        node.tag = number
        node.where = (frame.f_code, frame.f_lasti)
        made = FINAL[0]()
        made._node = node
        made._base = None
        return made

    return _compiled("node_unary", method, op)  # type: ignore[no-any-return]


def _compiled(kind: str, method: Any, op: Op, **facts: Any) -> Any:
    """Return a method with its usual case compiled, which makes a node of `op`."""
    return compiled.method(kind, method, op=op, usual=op._usual, tag=op.id, **facts)
