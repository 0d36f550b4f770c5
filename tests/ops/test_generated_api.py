import subprocess
import sys
from pathlib import Path

import pytest

from tests.ops import generated_api

ROOT = Path(__file__).parents[2]


def formatted(text):
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "x.py", "-"]
    done = subprocess.run(
        ruff, input=text, capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout


@pytest.mark.parametrize("name", sorted(generated_api.FILES))
def test_generated_files_follow_the_table(name, request):
    pytest.importorskip("ruff")
    text = formatted(generated_api.FILES[name]())
    path = ROOT / name
    if request.config.getoption("--update-golden"):
        path.write_text(text)
    assert path.read_text() == text, f"{name} is stale: run with --update-golden"
