"""Floating-point errors of small arrays: told as NumPy tells them, when a call met one.

What is small is computed where every such error is raised. The call that raised one is
made again by `told`, as the user's ``np.errstate`` asks for.
"""

from __future__ import annotations

import contextvars
from typing import Any

import numpy as np

from lazyarr.errors import at_users_line
from lazyarr.runtime import errstate
from lazyarr.runtime.errstate import ASKED, NOTHING

scene = contextvars.Context()
scene.run(np.seterr, all="raise", under="ignore")
lenient = scene.run
"""As `run`, but numbers may become too small to be told from zero, as usually."""


def is_usual() -> bool:
    """Whether it is certain that errors are told as they are unless a user asks."""
    return ASKED is not None and ASKED.get() is NOTHING


def told(function: Any, *values: Any) -> Any:
    """Return what a call gives that meets a floating-point error: as NumPy tells it.

    At the user's line, and as the user's ``np.errstate`` asks for.
    """
    modes: Any = np.geterr()
    try:  # the error may be one that is ignored
        return errstate.scene(modes).run(function, *values)
    except (FloatingPointError, RuntimeError):
        pass
    with at_users_line():
        return function(*values)
