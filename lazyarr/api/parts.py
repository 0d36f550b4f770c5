"""`Part`: a view of an array that a loop writes into, as quick as NumPy's; `Sliced`.

Operators take what it shows of the memory; the steps that lead to it are found when
somebody asks for them, and it is a view like others from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.api import handle, indexing
from lazyarr.api.array import Array

if TYPE_CHECKING:
    from lazyarr.ir.node import Node, Shape

_slots = handle.Handle.__dict__


class Part(Array):
    """A view of which the key is known, and what it shows.

    Examples
    --------
    >>> import lazyarr as la
    >>> x = la.ones((6, 60_000))
    >>> for k in range(100):
    ...     x[k % 5 + 1] = x[k % 5] + 1
    >>> type(x[1]), float((x[1] * 2)[0])
    (<class 'lazyarr.api.parts.Part'>, 4.0)
    """

    __slots__ = ()

    @property
    def _chain(self) -> Any:
        """Steps from the base; other threads may be asking for them, too."""
        base: Any = self._base
        key = self._whole
        view = indexing.usual(base._sides(), key if type(key) is tuple else (key,))
        _slots["_chain"].__set__(self, (view,))
        self.__class__ = Array  # type: ignore[assignment]
        return (view,)

    def _sides(self) -> Shape:
        return self._value[1].shape  # type: ignore[no-any-return]


class Sliced(Array):
    """A view of an array that is there, by its key; the steps are found when needed.

    Examples
    --------
    >>> import lazyarr as la
    >>> import numpy as np
    >>> x = la.asarray(np.ones((1000, 1000)))
    >>> type(x[1, 2:5]), float((x[1, 2:5] * 2).sum())
    (<class 'lazyarr.api.parts.Sliced'>, 6.0)
    """

    __slots__ = ()

    def __init__(self) -> None:
        """Leave it to whoever makes it what it holds."""

    def _settled(self) -> Any:
        """Be a view like others; other threads may be asking for that, too.

        So it is called as a function of the class: the array may have left it.
        """
        base: Any = self._base
        key = self._whole
        view = indexing.usual(base._sides(), key if type(key) is tuple else (key,))
        _slots["_chain"].__set__(self, (view,))
        self._value = (view, key)
        self.__class__ = Array  # type: ignore[assignment]
        return self

    @property
    def _chain(self) -> Any:
        """Steps from the base."""
        return Sliced._settled(self)._chain

    @_chain.setter
    def _chain(self, chain: Any) -> None:
        Sliced._settled(self)._chain = chain

    def __matmul__(self, other: Any, /) -> Any:
        known = type(other) in handle.SMALL  # then it is the one to say
        return NotImplemented if known else Array.__matmul__(self, other)

    def _current(self) -> Node:
        return Sliced._settled(self)._current()  # type: ignore[no-any-return]

    def _sides(self) -> Shape:
        value = self._value
        usual = not value or type(value[0]) is int
        return value if usual else Array._sides(self)


handle.PART[:] = [Part]
handle.SLICED[:] = [Sliced]
Sliced.__init__ = object.__init__  # type: ignore[method-assign] # quick
Part.__name__ = Sliced.__name__ = "Array"  # in what Python says of operands
