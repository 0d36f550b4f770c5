"""A user's program under ``mypy --strict`` gets lazyarr's types."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import lazyarr

PROGRAM = """
from typing import assert_type

import numpy as np

import lazyarr as la


def program(x: la.Array) -> la.Array:
    assert_type(x + 1, la.Array)
    assert_type(2 ** x, la.Array)
    assert_type(x > 1, la.Array)
    assert_type(x == 1, la.Array)
    assert_type(-x @ x, la.Array)
    assert_type(x[0, ...], la.Array)
    assert_type([row for row in x], list[la.Array])
    assert_type(x.sum(axis=0).T, la.Array)
    assert_type(la.sin(x), la.Array)
    assert_type(la.median(x), la.Array)
    assert_type(la.linalg.inv(x), la.Array)
    assert_type(x.shape, tuple[int, ...])
    assert_type(float(x.max()), float)
    assert_type(la.random.default_rng(1), la.random.Generator)
    with la.config(threads=1) as options:
        assert_type(options.fusion, bool)
    x += 1
    x[1:] = np.zeros(3)
    return x * 2
"""


@pytest.mark.slow
def test_a_program_is_typed(tmp_path, monkeypatch):
    api = pytest.importorskip("mypy.api")
    source = tmp_path / "program.py"
    source.write_text(PROGRAM)
    root = str(Path(lazyarr.__file__).parents[1])
    monkeypatch.setenv("MYPYPATH", root)
    monkeypatch.chdir(tmp_path)
    options = ["--strict", "--follow-imports=silent", "--cache-dir", os.devnull]
    said, complaints, code = api.run([*options, str(source)])
    assert code == 0, said + complaints
