"""Calls that are made in a process of their own, whose environment they depend on.

SciPy and scikit-learn read ``SCIPY_ARRAY_API`` when they are imported. A module of
calls prints one line of JSON for each, of how its result compares with NumPy's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import lazyarr as la

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def compared(call: str, evaluated: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Return whether a call gives for lazy arrays what it gives for NumPy's."""
    try:
        wanted = evaluated(call, np)
        found = evaluated(call, la)
        return {
            "kind": "Array" if isinstance(found, la.Array) else type(found).__name__,
            "dtype": np.asarray(found).dtype == np.asarray(wanted).dtype,
            "close": bool(np.allclose(np.asarray(found), wanted, equal_nan=True)),
        }
    except Exception as error:  # noqa: BLE001 - the report says which
        return {"error": f"{type(error).__name__}: {error}"}


def main(calls: Iterable[str], evaluated: Callable[[str, Any], Any]) -> None:
    """Print a line for each call."""
    assert os.environ.get("SCIPY_ARRAY_API") == "1"
    warnings.simplefilter("ignore")
    for call in calls:
        line = {"call": call, **compared(call, evaluated)}
        sys.stdout.write(json.dumps(line) + "\n")


def report(module: str) -> dict[str, dict[str, Any]]:
    """Return what a process that runs a module of calls finds, by call."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"SCIPY_ARRAY_API": "1"},
    )
    lines = map(json.loads, done.stdout.splitlines())
    return {line.pop("call"): line for line in lines}
