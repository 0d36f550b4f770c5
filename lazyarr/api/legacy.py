"""``numpy.random``'s functions and its `RandomState`: evaluated, with NumPy's numbers.

The Mersenne Twister steps from number to number, so that nothing can be drawn later
or elsewhere. NumPy draws when it is called, from its own global state where that is
what a program uses, and the results are lazyarr arrays.
"""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

from lazyarr.api.borrowed import description
from lazyarr.api.generators import evaluated, shuffled_by


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
    return _wrapped(getattr(np.random, name), name, f"numpy.random.{name}")


def _wrapped(numpys: Any, name: str, said: str) -> Any:
    why = f"{said} draws when it is called"

    def call(*args: Any, **keywords: Any) -> Any:
        if name == "shuffle":
            return shuffled_by(numpys, *args, **keywords)
        return evaluated(numpys, why, args, keywords)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = description(numpys)
    return call


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
    shared = RandomState.__new__(RandomState)
    shared.__setstate__(np.random.mtrand._rand)
    vars(made).update(_rand=shared, RandomState=RandomState, __getattr__=function)
    return made


class RandomState:
    """NumPy's `RandomState`: its methods and numbers, with results as lazyarr arrays.

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
        self._numpy = np.random.RandomState(seed)

    def __getattr__(self, name: str) -> Any:
        """Return a method of NumPy's, whose results become lazyarr's."""
        if name.startswith("_"):
            msg = f"'RandomState' object has no attribute {name!r}"
            raise AttributeError(msg)
        numpys = getattr(self._numpy, name)
        made = _wrapped(numpys, name, f"NumPy's RandomState.{name}")
        self.__dict__[name] = made  # loops draw number after number
        return made

    def __repr__(self) -> str:
        return f"lazyarr.random.{self}"

    def __str__(self) -> str:
        return str(self._numpy)

    def __dir__(self) -> list[str]:
        public = [name for name in dir(np.random.RandomState) if name[0] != "_"]
        return sorted({*object.__dir__(self), *public})

    def __getstate__(self) -> Any:
        return self._numpy

    def __setstate__(self, state: Any) -> None:
        self._numpy = state
