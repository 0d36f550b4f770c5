"""NumPy's functions that have no lazy form: they evaluate the lazy arrays they get.

And NumPy's docstrings, for all of lazyarr's functions that do what NumPy's do.
"""

from __future__ import annotations

import functools
import inspect
import re
from typing import TYPE_CHECKING, Any

from lazyarr.api.interop import through_numpy

if TYPE_CHECKING:
    from collections.abc import Callable

_EXAMPLES = "\nExamples\n--------\n"
_SESSION = re.compile(r"^ *>>>.*(\n.*\S.*)*\n*", re.MULTILINE)


def description(function: Any) -> str:
    """Return NumPy's docstring of a function, without the examples.

    Those show arrays that have been computed.

    Examples
    --------
    >>> import numpy as np
    >>> description(np.pad)[:13]
    'Pad an array.'
    >>> ">>>" in description(np.pad)
    False
    """
    text = inspect.getdoc(function) or ""
    return _SESSION.sub("", text.partition(_EXAMPLES)[0]).rstrip()


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
