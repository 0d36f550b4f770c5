"""What the docstrings of public functions say is there: parameters, examples."""

from __future__ import annotations

import builtins
import inspect
import re

import lazyarr as la
from tests.cases import every

SECTIONS = ("Parameters", "Returns", "Raises", "Notes", "Examples", "Attributes")
HOMES = {"": la, "linalg.": la.linalg, "fft.": la.fft}
# Of those that load with the module: the words of some others are NumPy's.
FUNCTIONS = {
    f"{home}{name}": getattr(module, name)
    for home, module in HOMES.items()
    for name in getattr(module, "_OWN", module.__all__)
    if inspect.isroutine(getattr(module, name))
}
FUNCTIONS |= {
    f"{name}()": function
    for name, function in vars(la.Array).items()
    if inspect.isroutine(function) and not name.startswith("_")
}

# The lists below only shrink.
WITHOUT_EXAMPLE = {
    "empty_like",
    "fft.ifft2",
    "fft.ifftn",
    "fft.ifftshift",
    "fft.irfft2",
    "fft.irfftn",
    "fft.rfft2",
    "fft.rfftfreq",
    "fft.rfftn",
    "linalg.eigvals",
    "linalg.eigvalsh",
    "linalg.lstsq",
    "linalg.matmul",
    "linalg.outer",
    "linalg.pinv",
    "linalg.slogdet",
    "linalg.svdvals",
    "linalg.tensordot",
    "linalg.tensorinv",
    "ones_like",
    "zeros_like",
}


def sections(function):
    """Return the text of a docstring by section; the summary is under ``''``."""
    found, name = {"": []}, ""
    lines = (inspect.getdoc(function) or "").split("\n")
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line in SECTIONS and set(after) == {"-"}:
            name = line
            found[name] = []
        elif set(line) != {"-"}:
            found[name].append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def documented(text):
    """Return the names of a section of parameters."""
    heads = [line for line in text.split("\n") if line and not line.startswith(" ")]
    listed = [re.split(r" : ", head)[0] for head in heads]
    return {name.strip().lstrip("*") for head in listed for name in head.split(",")}


def test_the_first_line_is_a_sentence():
    def check(name):
        summary = sections(FUNCTIONS[name])[""].split("\n")[0]
        assert summary.rstrip(":").endswith((".", "…")) or ";" in summary, summary

    every(check, FUNCTIONS)


def test_parameters_that_are_described_are_there():
    def check(name):
        text = sections(FUNCTIONS[name]).get("Parameters")
        if text is None:
            return
        taken = set(inspect.signature(FUNCTIONS[name]).parameters) - {"self"}
        assert documented(text) <= taken
        # What has no meaning here need not be described twice.
        missing = taken - documented(text) - {"like", "subok", "where", "out", "axis"}
        rest = " ".join(sections(FUNCTIONS[name]).values())
        assert not {p for p in missing if p not in rest}, missing

    every(check, FUNCTIONS)


def test_there_is_an_example():
    def check(name):
        has = ">>>" in sections(FUNCTIONS[name]).get("Examples", "")
        assert has != (name in WITHOUT_EXAMPLE), "the list of those without is stale"

    every(check, [name for name in FUNCTIONS if not name.endswith("()")])


def test_errors_that_are_named_exist():
    def check(name):
        text = sections(FUNCTIONS[name]).get("Raises", "")
        for line in text.split("\n"):
            if line and not line.startswith(" "):
                homes = (la, la.linalg, la.linalg.LinAlgError, builtins)
                assert any(hasattr(home, line) for home in homes) or "." in line, line

    every(check, FUNCTIONS)
