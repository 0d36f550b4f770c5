"""`Element`: an element of an array that is there, as quick as NumPy's own scalar.

Loops over elements meet one at every step, where a node costs more than the arithmetic.
An element holds NumPy's scalar and computes with it at once; a node is made of it when
it meets an array, or a function other than Python's operators.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from lazyarr.api import calls, handle
from lazyarr.api.array import Array
from lazyarr.ir import infer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType, Op

_make = object.__new__


class Element(Array):
    """An array without axes whose value is known; what ``x[3]`` gives if `x` is there.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.asarray([1.5, 2.5])
    >>> float(x[0] * 2 + x[1])
    5.5
    """

    __slots__ = ("_made",)
    _made: Node
    _value: Any  # one of NumPy's scalars
    _base = None

    @classmethod
    def _of(cls, value: Any) -> Element:
        """Return the element of a NumPy scalar."""
        made: Element = _make(cls)
        made._value = value
        return made

    @property
    def _node(self) -> Node:
        try:
            return self._made
        except AttributeError:
            made = self._made = infer.element(self._value, self._value.dtype)
            return made

    @_node.setter
    def _node(self, node: Node) -> None:
        self._made = node

    @property
    def shape(self) -> Shape:
        """Sides: none."""
        return ()

    @property
    def dtype(self) -> DType:
        """Dtype of the value."""
        return self._value.dtype  # type: ignore[no-any-return]

    def _read(self) -> Any:
        return self._value

    def __float__(self) -> float:
        return float(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __int__(self) -> int:
        return int(self._value)

    def __reduce__(self) -> Any:
        return Element._of, (self._value,)


def _operator(name: str, op: Op, function: Callable[[Any, Any], Any]) -> None:
    """Give elements an operator that computes with numbers and elements at once."""
    weak = handle.WEAK
    reflected = name.startswith("__r")

    def method(self: Element, other: Any) -> Any:
        kind = type(other)
        if kind is Element:
            other = other._value
        elif kind not in weak:
            operands = (other, self) if reflected else (self, other)
            return calls.binary(op, *operands)
        made = _make(Element)
        made._value = function(self._value, other)
        return made

    method.__name__ = name
    setattr(Element, name, method)


def _swapped(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: function(b, a)


def _arithmetic() -> None:
    names = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide"}
    # Not // and **: the standard's differ from NumPy's for some floats and integers.
    names |= {"mod": "remainder", "and": "bitwise_and", "or": "bitwise_or"}
    names |= {"xor": "bitwise_xor"}
    for name, row in names.items():
        function = getattr(operator, f"__{name}__")
        op = handle.OPS[row]
        _operator(f"__{name}__", op, function)
        _operator(f"__i{name}__", op, function)  # a new one, as of NumPy's scalars
        _operator(f"__r{name}__", op, _swapped(function))


def _comparisons() -> None:
    names = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
    for name, row in {**names, "eq": "equal", "ne": "not_equal"}.items():
        _operator(f"__{name}__", handle.OPS[row], getattr(operator, name))


_arithmetic()
_comparisons()
handle.ELEMENT[:] = [Element]
