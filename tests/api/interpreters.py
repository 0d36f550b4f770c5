"""What tests of the compiled module share: fresh interpreters, above all."""

import gc
import importlib
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

import lazyarr as la
from lazyarr import compiled

ROOT = Path(__file__).parents[2]


def observed(start, expression, see, **names):
    """Return what ``see(code, space)`` gives of a program, or its error, and warnings."""
    space = {"la": la, "np": np, **names}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            exec(compile(start, "<start>", "exec"), space)  # noqa: S102
            found = see(compile(expression, "<program>", "eval"), space)
        except Exception as error:  # noqa: BLE001
            found = [type(error).__name__, str(error)]
    return [found, [[str(one.message), one.filename, one.lineno] for one in told]]


def split(text):
    """Return the expressions of a text, which bars and ends of lines are between."""
    return [one.strip() for one in text.strip().replace("\n", " | ").split(" | ")]


def write(module):
    """Write what the programs of a test module give as JSON."""
    tests = importlib.import_module(module)
    found = [tests.outcome(*program) for program in tests.programs()]
    json.dump([compiled.MODULE is None, found], sys.stdout)


def read(module, switch):
    """Return what the programs of a test module give, compiled or not."""
    wanted = {"LAZYARR_COMPILED": switch, "LAZYARR_LEARN": "0", "PYTHONHASHSEED": "0"}
    found = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-c"),
            f"from {__name__} import write; write({module!r})",
        ],
        cwd=ROOT,
        env={**os.environ, **wanted},
        capture_output=True,
        text=True,
        check=True,
    )
    aside, found = json.loads(found.stdout)
    assert aside is (switch == "0")
    return found


def assert_the_same_both_ways(module, programs):
    """Assert that the programs of a test module give the same compiled and not."""
    for program, found, expected in zip(
        programs, read(module, "1"), read(module, "0"), strict=True
    ):
        assert found == expected, program


def survive(program):
    """Assert that a program ends well where memory that is freed is overwritten."""
    found = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "ignore", "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONMALLOC": "debug", "LAZYARR_LEARN": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr


def assert_nothing_leaks(loops):
    """Assert that calls which were made before keep no more memory when made again."""
    loops()
    loops()
    gc.collect()
    before = sys.getallocatedblocks()
    loops()
    gc.collect()
    assert sys.getallocatedblocks() - before < 200
