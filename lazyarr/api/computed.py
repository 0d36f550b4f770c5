"""`Computed`: what operators compute at once in loops that write into arrays.

It holds NumPy's array, which operators take as it is; whatever else is done with it
makes it an array like others, whose elements are there.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from lazyarr.api import handle, pending
from lazyarr.api.array import Array

if TYPE_CHECKING:
    import numpy as np

    from lazyarr.ir.node import Node, Shape
    from lazyarr.ops.row import DType

_make = object.__new__
_slots = handle.Handle.__dict__
_lock = threading.Lock()
if hasattr(os, "register_at_fork"):  # another thread may have held it
    os.register_at_fork(after_in_child=lambda: globals().update(_lock=threading.Lock()))


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
        with _lock:
            if type(self) is Computed:
                self._turn(pending.owned(self._value))
        return self._node

    @_node.setter
    def _node(self, node: Node) -> None:
        self._turn(node)

    def _turn(self, node: Node) -> None:
        """Be an array like others; another thread may be using this one meanwhile."""
        _slots["_node"].__set__(self, node)
        _slots["_base"].__set__(self, None)
        self.__class__ = Array  # type: ignore[assignment]
        self._value = None

    def _sides(self) -> Shape:
        value = self._value
        return self._node.shape if value is None else value.shape

    def _kind(self) -> DType:
        value = self._value
        return self._node.dtype if value is None else value.dtype


handle.COMPUTED[:] = [Computed]
Computed.__name__ = "Array"  # in what Python says of operands
