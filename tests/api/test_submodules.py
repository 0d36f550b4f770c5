"""NumPy's submodules, imported by lazyarr's name."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys

import lazyarr.polynomial as polynomials
import numpy as np
import pytest
from lazyarr.lib.stride_tricks import sliding_window_view
from lazyarr.polynomial import chebyshev
from lazyarr.polynomial.polynomial import polyval

import lazyarr as la

SAME = [
    "char",
    "dtypes",
    "exceptions",
    "lib",
    "lib.recfunctions",
    "lib.scimath",
    "lib.stride_tricks",
    "ma",
    "ma.extras",
    "rec",
    "strings",
    "typing",
]


@pytest.mark.parametrize("name", SAME)
def test_what_lazyarr_has_no_file_of_is_numpys(name):
    theirs = importlib.import_module(f"numpy.{name}")
    assert importlib.import_module(f"lazyarr.{name}") is theirs
    assert theirs.__spec__.name == f"numpy.{name}"  # as before


def test_windows_by_their_usual_import_are_lazy():
    x = np.arange(300_000.0)
    windows = sliding_window_view(la.asarray(x), 5)
    assert isinstance(windows, la.Array)
    expected = np.lib.stride_tricks.sliding_window_view(x, 5).max(axis=1)
    np.testing.assert_array_equal(windows.max(axis=1), expected)


def test_polynomials_take_lazy_points():
    assert polynomials is la.polynomial
    assert chebyshev is la.polynomial.chebyshev
    points, coefficients = np.linspace(0, 1, 100_000), [1.0, 2.0, 3.0]
    lazy = polyval(la.asarray(points), coefficients)
    assert isinstance(lazy, la.Array)
    expected = np.polynomial.polynomial.polyval(points, coefficients)
    np.testing.assert_array_equal(lazy, expected)


def test_lazyarrs_own_modules_stay():
    for name in ("fft", "linalg", "random", "testing"):
        found = importlib.import_module(f"lazyarr.{name}")
        assert found.__name__ == f"lazyarr.{name}"


@pytest.mark.parametrize(
    "name", ["lazyarr.lib.nothing", "lazyarr.core", "lazyarr.nothing"]
)
def test_what_there_is_not_is_told_by_its_name(name):
    with pytest.raises(ModuleNotFoundError, match=name) as told:
        importlib.import_module(name)
    assert told.value.name == name


def test_no_module_of_numpys_is_loaded_by_importing_lazyarr():
    text = "import lazyarr, sys; print([m for m in sys.modules if m.startswith('lazyarr.ma')])"
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_there_is_not_is_not_found():
    for name in ("lib.nothing", "ma.nothing", "polynomial.nothing"):
        assert importlib.util.find_spec(f"lazyarr.{name}") is None
    assert importlib.util.find_spec("lazyarr.ma.core") is not None


def test_no_thread_meets_an_empty_module(monkeypatch):
    for name in ("ma", "lib.recfunctions", "polynomial"):
        meant = importlib.import_module(f"lazyarr.{name}")
        before = meant.__spec__
        monkeypatch.delitem(sys.modules, f"lazyarr.{name}")
        spec = importlib.util.find_spec(f"lazyarr.{name}")
        assert importlib.util.module_from_spec(spec) is meant
        spec.loader.exec_module(meant)
        assert meant.__spec__ is before


@pytest.mark.parametrize("name", ["ma", "lib", "polynomial"])
def test_what_cannot_be_run_says_so_in_one_line(name):
    command = [sys.executable, "-m", f"lazyarr.{name}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
