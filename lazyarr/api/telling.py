"""Floating-point errors of small arrays: told as NumPy tells them, when a call met one.

What is small is computed where every such error is raised. The call that raised one is
made again by `told`, as the user's ``np.errstate`` asks for.
"""

from __future__ import annotations

import contextvars
import importlib
from typing import Any

import numpy as np

from lazyarr.errors import at_users_line

scene = contextvars.Context()
scene.run(np.seterr, all="raise", under="ignore")
lenient = scene.run
"""As `run`, but numbers may become too small to be told from zero, as usually."""
# Where NumPy keeps what a user asked for; and what is there unless that was something.
ASKED = getattr(
    importlib.import_module("numpy._core.umath"), "_extobj_contextvar", None
)
NOTHING = None if ASKED is None else contextvars.Context().run(ASKED.get)
_silence: tuple[Any, bool] = (None, False)  # what was asked for last, and if it is that


def is_usual() -> bool:
    """Whether it is certain that errors are told as they are unless a user asks."""
    return ASKED is not None and ASKED.get() is NOTHING


def _is_silent() -> bool:
    """Whether the user asked to be told of no floating-point error.

    A loop asks again and again under one ``np.errstate``, for which NumPy keeps one
    object.
    """
    global _silence
    asked = None if ASKED is None else ASKED.get()
    found, silent = _silence
    if found is not asked or asked is None:
        silent = {"ignore"}.issuperset(np.geterr().values())
        _silence = (asked, silent)
    return silent


def told(function: Any, *values: Any) -> Any:
    """Return what a call gives that meets a floating-point error: as NumPy tells it.

    At the user's line, and as the user's ``np.errstate`` asks for.
    """
    if _is_silent():
        return function(*values)
    # The error may be one that nobody is told of.
    if is_usual() or np.geterr()["under"] == "ignore":
        try:
            return lenient(function, *values)
        except (FloatingPointError, RuntimeError):
            pass
    with at_users_line():
        return function(*values)
