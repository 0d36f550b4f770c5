"""What README and CONTRIBUTING say that no doctest sees: a plan, and names of files."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_readmes_plan_is_that_of_its_program():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Reading a plan")[2].partition("\n## ")[0]
    program, plan = re.findall(r"```(?:python)?\n(.*?)```", section, re.DOTALL)
    lines = ["import numpy as np", "import lazyarr as la", "", program]
    names = {}
    exec(compile("\n".join(lines), "chain.py", "exec"), names)  # noqa: S102 - ours
    assert f"{names['total'].explain()}\n" == plan


def test_contributing_names_files_that_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+(?:\.py|/))`", text)
    assert len(named) > 20
    for path in named:
        places = (ROOT / folder / path for folder in (".", "lazyarr", "lazyarr/api"))
        assert any(place.exists() for place in places), path
