"""NumPy's polynomials, whose functions take lazy arrays for arrays.

NumPy's ask whether the points are of `numpy.ndarray` before they give the coefficients
axes for them. What depends on it is evaluated: coefficients with several axes, grids of
points, and roots. One polynomial of lazy points is theirs, and stays lazy.
"""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial import (
    Chebyshev,
    Hermite,
    HermiteE,
    Laguerre,
    Legendre,
    Polynomial,
    set_default_printstyle,
)

from lazyarr.api.evaluating import evaluating
from lazyarr.api.interop import evaluated

if TYPE_CHECKING:
    from collections.abc import Callable

__path__: list[str] = []
"""Nowhere: `lazyarr.polynomial.chebyshev` can be imported, and is found in here."""
_EVALUATED = ("grid2d", "grid3d", "valfromroots")


class _Polynomials(type):
    """What ``isinstance(p, poly1d)`` asks: NumPy's own are polynomials, too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return issubclass(type(instance), cls)

    def __subclasscheck__(cls, kind: type) -> bool:
        wanted = np.poly1d if cls is poly1d else cls
        return wanted in kind.__mro__


class poly1d(np.poly1d, metaclass=_Polynomials):  # noqa: N801 - NumPy's name
    """NumPy's polynomial of one variable; its coefficients are evaluated.

    Examples
    --------
    >>> import lazyarr as la
    >>> p = la.poly1d(la.asarray([1, 2]))
    >>> p * p
    poly1d([1, 4, 4])
    >>> p(la.arange(3)).compute()
    array([2, 3, 4])
    """

    def __init__(self, c_or_r: Any, r: bool = False, variable: Any = None) -> None:
        super().__init__(evaluated(c_or_r), r, variable)


poly1d.__module__ = "lazyarr"


def _valued(theirs: Callable[..., Any]) -> Callable[..., Any]:
    """Return NumPy's function of points and the coefficients of one or more series."""
    several = evaluating(theirs)

    @functools.wraps(theirs)
    def value(x: Any, c: Any, tensor: bool = True) -> Any:
        c = evaluated(c)  # in all cases; there are few
        return several(x, c, tensor) if np.ndim(c) > 1 else theirs(x, c, tensor)

    return value


def _of_lazy_arrays(theirs: types.ModuleType) -> types.ModuleType:
    """Return one of NumPy's modules, with functions that take lazy arrays for arrays."""
    made = types.ModuleType(theirs.__name__, theirs.__doc__)
    for name, found in vars(theirs).items():
        if isinstance(found, types.FunctionType) and not name.startswith("_"):
            if name.endswith("val"):
                found = _valued(found)
            elif name.endswith(_EVALUATED):
                found = evaluating(found)
            if hasattr(found, "__wrapped__"):  # pickles look for it where it is
                found.__module__ = theirs.__name__.replace("numpy", "lazyarr", 1)
        setattr(made, name, found)
    return made


chebyshev = _of_lazy_arrays(np.polynomial.chebyshev)
hermite = _of_lazy_arrays(np.polynomial.hermite)
hermite_e = _of_lazy_arrays(np.polynomial.hermite_e)
laguerre = _of_lazy_arrays(np.polynomial.laguerre)
legendre = _of_lazy_arrays(np.polynomial.legendre)
polynomial = _of_lazy_arrays(np.polynomial.polynomial)
polyutils = np.polynomial.polyutils

__all__ = [
    "Chebyshev",
    "Hermite",
    "HermiteE",
    "Laguerre",
    "Legendre",
    "Polynomial",
    "chebyshev",
    "hermite",
    "hermite_e",
    "laguerre",
    "legendre",
    "polynomial",
    "polyutils",
    "set_default_printstyle",
]
