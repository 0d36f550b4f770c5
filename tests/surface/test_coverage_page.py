"""The page of NumPy's functions is what calling them shows."""

from __future__ import annotations

from pathlib import Path

import lazyarr as la
from tests.surface import coverage, examples

ROOT = Path(__file__).parents[2]


def test_the_page_is_fresh(request):
    path = ROOT / coverage.PAGE
    text = coverage.page()
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    stale = f"{coverage.PAGE} is stale: pytest tests/surface --update-golden"
    assert path.read_text(encoding="utf-8") == text, stale


def test_forms_are_told_apart():
    calls = examples.FUNCTIONS
    assert coverage.form(calls["add"]).kind == coverage.FUSED
    assert coverage.form(calls["median"]).kind == coverage.LIBRARY
    assert coverage.form(calls["unique"]).kind == coverage.EVALUATED
    assert coverage.form(calls["packbits"]).kind == coverage.EVALUATED
    assert coverage.form(calls["shape"]).kind == coverage.NONE


def test_a_read_of_an_input_is_seen():
    assert (
        coverage.form(lambda np, x: float(x.v.sum()) * x.w).kind == coverage.EVALUATED
    )
    assert (
        coverage.form(lambda np, x: x.v * float(la.ones(3).sum())).kind
        == coverage.FUSED
    )
