"""What programs do most with arrays, compiled where there is a compiler.

The C files here have the usual case of operators, of ``x[key]`` and of functions: of small
arrays that are known, and of others, of which graphs are built. What is not usual is done
by the methods in Python in whose place theirs stand. There is no compiled module where
lazyarr was installed without a C compiler, or is used from its sources, and nothing is
different then but the time that operations take. ``LAZYARR_COMPILED=0`` leaves it aside.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from lazyarr.options import is_aside

if TYPE_CHECKING:
    from types import ModuleType

_INTERFACE = 14  # of `module.c` as lazyarr uses it


def _found() -> ModuleType | None:
    """Return the compiled module; None where there is none of this interface."""
    if ASIDE:
        return None
    try:
        module = importlib.import_module("lazyarr.compiled.methods")
    except ImportError:
        return None
    return module if module.INTERFACE == _INTERFACE else None


ASIDE = is_aside(os.environ)
"""Whether a user leaves the compiled module aside."""
MODULE: Any = _found()
"""The compiled module; None where there is none, or it is left aside."""


def method(kind: str, general: Any, **facts: Any) -> Any:
    """Return a method or function with its usual case compiled, if that can be.

    `kind` names a function of the C files; `general` is the method in Python.
    """
    return general if MODULE is None else MODULE.method(kind, general, **facts)
