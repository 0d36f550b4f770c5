"""What the README shows of a plan is what is printed; its other examples are doctests."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_readmes_plan_is_that_of_its_program():
    text = README.read_text(encoding="utf-8")
    section = text.partition("## Reading a plan")[2].partition("\n## ")[0]
    program, plan = re.findall(r"```(?:python)?\n(.*?)```", section, re.DOTALL)
    lines = ["import numpy as np", "import lazyarr as la", "", program]
    names = {}
    exec(compile("\n".join(lines), "chain.py", "exec"), names)  # noqa: S102 - ours
    assert f"{names['total'].explain()}\n" == plan
