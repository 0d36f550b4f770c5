"""``numpy.random``'s functions and its `RandomState`: evaluated, with NumPy's numbers.

The Mersenne Twister steps from number to number, so that nothing can be drawn later
or elsewhere. NumPy draws when it is called, from its own global state where that is
what a program uses, and the results are lazyarr arrays.
"""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api.generators import drawn, inherit


def function(name: str) -> Any:
    """Return a function of ``numpy.random`` that takes and gives lazy arrays.

    Raises
    ------
    AttributeError
        There is none of this name.
    """
    if name == "mtrand":
        return mtrand()
    public = name in np.random.__all__ and name[0].islower()
    if not public:
        msg = f"module 'lazyarr.random' has no attribute {name!r}"
        raise AttributeError(msg)
    return _drawn(name)


@functools.cache
def _drawn(name: str) -> Any:
    """Return the function of a name: one, which pickles find in ``lazyarr.random``."""
    made = drawn(getattr(np.random, name), name, f"numpy.random.{name}")
    made.__module__ = "lazyarr.random"
    return made


@functools.cache
def mtrand() -> types.ModuleType:
    """Return what stands for ``numpy.random.mtrand``, whose `_rand` programs draw from.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.random.seed(0)
    >>> round(float(la.random.mtrand._rand.rand()), 3)
    0.549
    """
    made = types.ModuleType("lazyarr.random.mtrand", "NumPy's global generator.")
    shared = _over(np.random.mtrand._rand)
    vars(made).update(_rand=shared, RandomState=RandomState, __getattr__=function)
    return made


def _over(theirs: Any) -> RandomState:
    """Return a generator that draws from one of NumPy's."""
    made = RandomState(theirs._bit_generator)
    made._numpy = theirs
    return made


if TYPE_CHECKING:
    NumPys = object
else:
    NumPys = np.random.RandomState


class RandomState(NumPys):
    """NumPy's `RandomState`: its methods and numbers, with results as lazyarr arrays.

    It is one of NumPy's, so that functions of other packages take it.

    Parameters
    ----------
    seed : int, sequence of int, BitGenerator, optional

    Examples
    --------
    >>> import lazyarr as la
    >>> la.random.RandomState(0).rand(3).compute().round(3)
    array([0.549, 0.715, 0.603])
    """

    def __init__(self, seed: Any = None) -> None:
        super().__init__(seed)  # type: ignore[call-arg]
        self._numpy = np.random.RandomState(self._bit_generator)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return f"lazyarr.random.{self}"

    def __str__(self) -> str:
        return str(self._numpy)

    def __reduce__(self) -> tuple[Any, tuple[Any]]:
        return _over, (self._numpy,)


inherit(RandomState, np.random.RandomState)
