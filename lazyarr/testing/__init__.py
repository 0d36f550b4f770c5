"""What tests of lazyarr, and of programs that use it, are made of.

`RaiseIfComputed` proves that nothing ran and `RecordingBackend` shows which plans did;
`assert_same_graph` compares expressions; `assert_matches_numpy` runs a function with
NumPy and with lazyarr; `programs` makes random programs for Hypothesis.
"""

import importlib as _importlib
from typing import Any as _Any

from lazyarr.testing.comparing import (
    Outcome,
    assert_matches_numpy,
    assert_same_bits,
    assert_same_graph,
    evaluating,
    outcome,
)
from lazyarr.testing.programs import programs
from lazyarr.testing.recording import RaiseIfComputed, RecordingBackend, every_path
from lazyarr.testing.statements import Program, Statement

# Those of numpy.testing that look at their operands' types, or take scalars.
_COMPARISONS = """
assert_allclose assert_almost_equal assert_approx_equal assert_array_almost_equal
assert_array_almost_equal_nulp assert_array_compare assert_array_equal
assert_array_less assert_array_max_ulp assert_equal
"""

__all__ = [
    "Outcome",
    "Program",
    "RaiseIfComputed",
    "RecordingBackend",
    "Statement",
    "assert_matches_numpy",
    "assert_same_bits",
    "assert_same_graph",
    "every_path",
    "outcome",
    "programs",
]


def __getattr__(name: str) -> _Any:
    """Return what `numpy.testing` has; its comparisons take lazy arrays."""
    if name.startswith("__"):
        msg = f"module 'lazyarr.testing' has no attribute {name!r}"
        raise AttributeError(msg)
    found = getattr(_importlib.import_module("numpy.testing"), name)
    return evaluating(found) if name in _COMPARISONS.split() else found
