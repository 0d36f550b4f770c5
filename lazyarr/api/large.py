"""`Opened`: a large array into which a loop writes little by little, at once.

Rows, columns and single elements are read and written in its memory, as those of small
arrays are. Whatever takes all of it finds an array like others: the memory becomes the
leaf of an expression, as long as no view of it is left, and is opened again by the next
write of a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.api import handle, pending, small_methods
from lazyarr.api.array import Array
from lazyarr.api.operators import Operators
from lazyarr.api.small import UNSHARED, Small, references

if TYPE_CHECKING:
    from lazyarr.ir.node import Node

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
