import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from lazyarr._version import __version__
from lazyarr.cli import info, main
from lazyarr.errors import ShapeError


def test_info_prints_versions_threads_and_options(capsys):
    assert main.main(["info"]) == 0
    shown = capsys.readouterr().out
    for word in (__version__, np.__version__, "CPU threads", "GPU", "crossover"):
        assert word in shown


def test_info_names_what_is_missing():
    assert info.package_version("no-such-package-of-lazyarr") == "not installed"


def test_no_command_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as caught:
        main.main([])
    assert caught.value.code == 2
    assert "info" in capsys.readouterr().err


def test_an_error_of_lazyarr_is_one_line(monkeypatch, capsys):
    def fail(args):
        raise ShapeError.at("add", "no")

    monkeypatch.setattr(info, "run", fail)
    assert main.main(["info"]) == 1
    assert capsys.readouterr().err == "lazyarr: [add] no\n"


def test_info_prints_to_a_terminal_of_ascii():
    result = subprocess.run(
        [sys.executable, "-m", "lazyarr", "info"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "crossover" in result.stdout


@pytest.mark.parametrize("word", ["0", "off", " False "])
def test_info_says_that_what_is_compiled_is_left_aside(word):
    result = subprocess.run(
        [sys.executable, "-m", "lazyarr", "info"],
        env={**os.environ, "LAZYARR_COMPILED": word, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "not compiled: LAZYARR_COMPILED leaves it aside" in result.stdout


def test_info_says_that_the_c_files_have_changed(monkeypatch):
    monkeypatch.setattr(info.compiled, "MODULE", SimpleNamespace(SOURCES="others"))
    assert info.compiled_state().startswith("compiled, of other C files")


def test_calibrate_says_at_once_that_it_cannot_write(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    target = str(blocked / "profile.json")
    assert main.main(["calibrate", "--output", target]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_python_dash_m():
    result = subprocess.run(
        [sys.executable, "-m", "lazyarr", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == __version__
