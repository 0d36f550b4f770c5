"""`Opened`: a large array into which a loop writes little by little, at once.

Rows, columns and single elements are read and written in its memory, as those of small
arrays are. Whatever takes all of it finds an array like others: the memory becomes the
leaf of an expression, as long as no view of it is left, and is opened again by the next
write of a part.
"""

from __future__ import annotations

import sys
from operator import getitem
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import handle, indexing, pending, small_methods
from lazyarr.api.array import Array
from lazyarr.api.bounds import LARGE, MADE_BY, small_bytes
from lazyarr.api.element import Element
from lazyarr.api.known import REFUSALS
from lazyarr.api.made import NO_OPTIONS
from lazyarr.api.operators import Operators
from lazyarr.api.small import UNSHARED, Small, picked, references
from lazyarr.watched import marks

if TYPE_CHECKING:
    from lazyarr.ir.node import Node

_frame = sys._getframe
_leaf: Any = Small.__dict__["_node"]


class Opened(Small):
    """A large array that lies in memory of its own, of which parts are taken at once.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.zeros((1000, 1000))
    >>> for k in range(999):
    ...     x[k + 1] = x[k] + 1
    >>> float(x.sum())
    499500000.0
    """

    __slots__ = ()

    @property
    def _node(self) -> Node:
        free = self._value.base is None and self._value.flags.writeable
        if free and references(self) <= UNSHARED:
            self._become(pending.owned(self._value))
            return self._node
        return _leaf.fget(self)  # type: ignore[no-any-return]

    @_node.setter
    def _node(self, node: Node) -> None:
        self._become(node)

    def __getitem__(self, key: Any, /) -> Any:
        if marks and not small_bytes():
            return indexing.getitem(self, key)
        kind = type(key)
        if kind is tuple:
            for part in key:
                one = type(part)
                if one is not int and one is not slice:
                    return picked(self, key, _frame(1))
        elif kind is not int and kind is not slice:
            return picked(self, key, _frame(1))
        held = self._value
        try:
            value = held[key]
        except REFUSALS:
            value = held  # the error is told where every key is looked at
        if type(value) is not np.ndarray:
            return Element._of(value)
        if value.nbytes > LARGE:
            del held, value  # who else needs the memory is counted
            return indexing.getitem(self, key)
        made = Small()
        made._value = value
        made._chain = held
        frame = _frame(1)
        pair = (self, key)
        made._how = (getitem, pair, NO_OPTIONS, frame.f_code, frame.f_lasti)
        made._calls = MADE_BY + 1  # what is made of the part shall not hold all of it
        return made


def _as_others() -> None:
    """Let operators and methods be those of arrays that are not known."""
    for name, method in vars(Operators).items():
        if callable(method):
            setattr(Opened, name, getattr(Array, name))
    for name in (*small_methods.NAMES, "__pow__", "__rpow__", "__ipow__"):
        setattr(Opened, name, getattr(Array, name))
    Opened.__hash__ = Array.__hash__  # type: ignore[method-assign]


_as_others()
handle.OPENED[:] = [Opened]
Opened.__name__ = "Array"  # in what Python says of operands
