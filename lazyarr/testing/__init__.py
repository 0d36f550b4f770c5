"""What tests of lazyarr, and of programs that use it, are made of.

`RaiseIfComputed` proves that nothing ran and `RecordingBackend` shows which plans did;
`assert_same_graph` compares expressions; `assert_matches_numpy` runs a function with
NumPy and with lazyarr; `programs` makes random programs for Hypothesis.
"""

from lazyarr.testing.comparing import (
    Outcome,
    assert_matches_numpy,
    assert_same_bits,
    assert_same_graph,
    outcome,
)
from lazyarr.testing.programs import programs
from lazyarr.testing.recording import RaiseIfComputed, RecordingBackend, every_path
from lazyarr.testing.statements import Program, Statement

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
