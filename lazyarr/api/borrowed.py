"""The docstrings of NumPy's functions, for those of lazyarr that do the same."""

from __future__ import annotations

import inspect
import re
from typing import Any

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
