"""NumPy's index tricks: `mgrid`, `ogrid`, `r_` and `c_`, over lazy arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lazyarr import compiled
from lazyarr.api import bounds, known
from lazyarr.api.composed import on_lazy_arrays
from lazyarr.api.handle import WEAK


class Trick:
    """An object that builds an array of the key it is indexed with.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.r_[1:3, 0, la.arange(2)].compute()
    array([1, 2, 0, 0, 1])
    >>> la.mgrid[0:2, 0:3].shape
    (2, 2, 3)
    """

    def __init__(self, theirs: Any) -> None:
        self._theirs = theirs
        self._getitem = on_lazy_arrays(type(theirs).__getitem__)
        self._at_once = compiled.method(
            "function_of_several",
            self._known,
            op=self._general,
            function=theirs.__getitem__,
            other=("key",),
        )

    def __getitem__(self, key: Any) -> Any:
        return self._at_once(key) if _extent(key) <= bounds.WIDE else self._general(key)

    def _known(self, key: Any) -> Any:
        made = known.call(self._general, self._theirs.__getitem__, (key,), {})
        return self._general(key) if made is None else made

    def _general(self, key: Any) -> Any:
        return self._getitem(self._theirs, key)

    def __len__(self) -> int:
        return len(self._theirs)

    def __reduce__(self) -> tuple[Any, ...]:
        return Trick, (self._theirs,)


def _extent(key: Any) -> float:
    """Return how many elements the slices of a key make, all together."""
    if type(key) is tuple:
        return math.prod(map(_extent, key))
    if type(key) is not slice:
        return 1
    ends = (key.start or 0, key.stop, key.step or 1)
    if any(type(x) not in WEAK for x in ends):
        return math.inf
    low, high, step = ends
    return abs(step) if type(step) is complex else abs((high - low) / step)


mgrid = Trick(np.mgrid)
ogrid = Trick(np.ogrid)
r_ = Trick(np.r_)
c_ = Trick(np.c_)

__all__ = ["Trick", "c_", "mgrid", "ogrid", "r_"]
