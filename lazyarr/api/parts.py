"""`Part`: a view of an array that a loop writes into, as quick as NumPy's.

Operators take what it shows of the memory; the steps that lead to it are found when
somebody asks for them, and it is a view like others from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.api import handle, indexing
from lazyarr.api.array import Array

if TYPE_CHECKING:
    from lazyarr.ir.node import Shape

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


handle.PART[:] = [Part]
Part.__name__ = "Array"  # in what Python says of operands
