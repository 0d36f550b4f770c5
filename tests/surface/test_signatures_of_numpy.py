"""Every way in which NumPy's functions are called is a way to call ours."""

from __future__ import annotations

import inspect
from inspect import Parameter

import numpy as np

import lazyarr as la
from tests.cases import every

NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
PLACED = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
PAIRS = {
    f"{home}{name}": (getattr(ours, name), getattr(theirs, name))
    for home, ours, theirs in (
        ("", la, np),
        ("linalg.", la.linalg, np.linalg),
        ("fft.", la.fft, np.fft),
    )
    for name in sorted(set(dir(theirs)) & set(dir(ours)))
    if inspect.isroutine(getattr(ours, name)) and not name.startswith("_")
    if not isinstance(getattr(theirs, name), (np.ufunc, type))
}
# Parameters of the standard's that stand between NumPy's.
OTHERS = {"fft.fftfreq", "fft.rfftfreq", "clip", "where"}
# Deprecated, and gone from newer releases.
GONE = {"interpolation", "newshape"}
# Rows of the op table: as NumPy's ufuncs, they take their operands by place.
ROWS = {"real", "imag"}


def parameters(function):
    try:
        return inspect.signature(function).parameters
    except ValueError:
        return None


def test_names_of_parameters():
    def check(name):
        ours, theirs = map(parameters, PAIRS[name])
        if theirs is None or ours is None:
            return  # NumPy's signature cannot be read
        if any(p.kind is Parameter.VAR_KEYWORD for p in ours.values()):
            return
        if name in ROWS:
            return
        wanted = {key for key, p in theirs.items() if p.kind in NAMED} - GONE
        given = {key for key, p in ours.items() if p.kind in NAMED}
        assert wanted <= given, f"{name} takes no {sorted(wanted - given)}"

    every(check, PAIRS)


def test_places_of_parameters():
    def check(name):
        ours, theirs = map(parameters, PAIRS[name])
        if theirs is None or ours is None or name in OTHERS:
            return  # NumPy's signature cannot be read, or the standard's is another
        wanted = [key for key, p in theirs.items() if p.kind in PLACED]
        given = [key for key, p in ours.items() if p.kind in PLACED]
        assert len(given) >= len(wanted)
        assert given[1 : len(wanted)] == wanted[1:]

    every(check, PAIRS)
