"""Floating-point errors of small arrays: told as NumPy tells them, when a call met one.

What is small is computed where every such error is raised. The call that raised one is
made again by `told`, as the user's ``np.errstate`` asks for.
"""

from __future__ import annotations

import contextvars
import importlib
from typing import Any

import numpy as np

from lazyarr import compiled
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
_chosen: tuple[Any, Any] = (None, None)  # what was asked for last, and its context


def is_usual() -> bool:
    """Whether it is certain that errors are told as they are unless a user asks."""
    return ASKED is not None and ASKED.get() is NOTHING


def _scene() -> Any:
    """Return a context where errors are raised, but those that the user ignores.

    A loop asks again and again under one ``np.errstate``, for which NumPy keeps one
    object. Until there is another one, what is compiled computes there as well.
    """
    global _chosen
    asked = None if ASKED is None else ASKED.get()
    found, context = _chosen
    if found is not asked or asked is None:
        modes: Any = np.geterr()
        context = contextvars.Context()
        context.run(
            np.seterr,
            **{
                kind: "ignore" if mode == "ignore" else "raise"
                for kind, mode in modes.items()
            },
        )
        _chosen = (asked, context)
    if asked is not None and asked is not NOTHING and compiled.MODULE is not None:
        compiled.MODULE.choose(asked, context)
    return context


def told(function: Any, *values: Any) -> Any:
    """Return what a call gives that meets a floating-point error: as NumPy tells it.

    At the user's line, and as the user's ``np.errstate`` asks for.
    """
    try:
        return _scene().run(function, *values)  # the error may be one that is ignored
    except (FloatingPointError, RuntimeError):
        pass
    with at_users_line():
        return function(*values)
