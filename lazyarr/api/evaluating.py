"""NumPy's functions that have no lazy form: they evaluate the lazy arrays they get."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from lazyarr.api.borrowed import description
from lazyarr.api.interop import through_numpy

if TYPE_CHECKING:
    from collections.abc import Callable


def evaluating(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy's that takes lazy arrays and returns them.

    Its arguments are evaluated when it is called; plans of what is built on the result
    say so.

    Examples
    --------
    >>> import numpy as np, lazyarr as la
    >>> evaluating(np.packbits)(la.asarray([1, 0, 1], dtype=bool)).compute()
    array([160], dtype=uint8)
    """
    name = function.__name__

    @functools.wraps(function)
    def evaluated(*args: Any, **options: Any) -> Any:
        return through_numpy(function, args, options, name)

    evaluated.__module__ = "lazyarr"
    evaluated.__doc__ = description(function)
    return evaluated
