"""`Computed`: what operators compute at once in loops that write into arrays.

It holds NumPy's array, which operators take as it is; whatever else is done with it
makes it an array like others, whose elements are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.api import handle, pending
from lazyarr.api.array import Array

if TYPE_CHECKING:
    import numpy as np

    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType

_make = object.__new__


class Computed(Array):
    """An array whose elements are there, and nobody else's.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.ones((100, 5000))
    >>> for k in range(99):
    ...     x[k + 1] = x[k] + 1
    >>> type(x[1] * 2), float((x[1] * 2)[0])
    (<class 'lazyarr.api.computed.Computed'>, 4.0)
    """

    __slots__ = ()
    _base = None

    @classmethod
    def _of(cls, value: np.ndarray) -> Computed:
        """Return the array of a NumPy array."""
        made: Computed = _make(cls)
        made._value = value
        return made

    @property
    def _node(self) -> Node:
        """Leaf of the elements; the array is one like others from now on."""
        value = self._value
        del self._value
        self.__class__ = Array  # type: ignore[assignment]
        self._base = None
        self._node = node = pending.owned(value)
        return node

    @_node.setter
    def _node(self, node: Node) -> None:
        del self._value
        self.__class__ = Array  # type: ignore[assignment]
        self._base = None
        self._node = node

    def _sides(self) -> Shape:
        return self._value.shape  # type: ignore[no-any-return]

    def _kind(self) -> DType:
        return self._value.dtype  # type: ignore[no-any-return]


handle.COMPUTED[:] = [Computed]
Computed.__name__ = "Array"  # in what Python says of operands
