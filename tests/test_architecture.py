"""The rules of the code base that a machine can hold."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.api.handle import Handle

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lazyarr"
SOURCES = sorted(PACKAGE.rglob("*.py"))
FILE_LINES = 450
FUNCTION_LINES = 60
VAGUE = {"utils", "util", "helpers", "helper", "core", "common", "types", "misc"}
OPTIONAL = (
    "argparse",
    "concurrent.futures",
    "cupy",
    "dask",
    "difflib",
    "distributed",
    "logging",
    "matplotlib",
    "networkx",
    "pathlib",
    "rich",
)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


TEXTS = {named(path): path.read_text(encoding="utf-8") for path in SOURCES}


@cache
def trees() -> dict[str, ast.Module]:
    return {name: ast.parse(text) for name, text in TEXTS.items()}


def generated(text: str) -> bool:
    """Whether the op table writes this file; its length follows the table's."""
    return "generated" in "".join(text.splitlines()[:5]).lower()


def test_a_file_is_short():
    long = {}
    for name, text in TEXTS.items():
        lines = text.count("\n")
        listing = name == "lazyarr/__init__.py"  # public names, a line each
        if lines > FILE_LINES and not listing and not generated(text):
            long[name] = f"{lines} lines: split it"
    assert long == {}


def test_a_function_is_short():
    long = [
        f"{name}:{node.lineno}: {node.name} has more than {FUNCTION_LINES} lines"
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def test_nothing_is_exempt_from_being_simple():
    exempt = r"noqa:[^#\n]*\b(?:C901|PLR0912|PLR0915|BLE001)\b"
    bare = r"# (?:noqa|type: ignore)(?![:\[])"  # it is to name the rule
    found = {name: re.findall(f"{exempt}|{bare}", text) for name, text in TEXTS.items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_a_module_is_named_for_what_it_holds():
    names = {name: set(Path(name).with_suffix("").parts[1:]) for name in TEXTS}
    assert [name for name, parts in names.items() if parts & VAGUE] == []


def test_imports_are_absolute_and_at_the_top():
    found = []
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                found.append(f"{name}:{node.lineno}: a relative import")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found += [
                    f"{name}:{inner.lineno}: an import inside {node.name}"
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.Import | ast.ImportFrom)
                ]
    assert found == []


# What cannot be looked up in a module: classes of exceptions, of code, of CuPy's arrays.
OTHER_CLASSES = {"parent", "kind", "type(code)", "module.ndarray", "cupy().ndarray"}
SCALARS = (np.bool, np.int64, np.float64, np.complex128)


def asked_for(node: ast.AST, module: ModuleType) -> list[type]:
    """Return the classes that an `isinstance`, or a pattern, asks for."""
    if isinstance(node, ast.MatchClass):
        wanted: ast.AST = node.cls
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
        wanted = node.args[1]
    else:
        return []
    text = ast.unparse(wanted)
    if text in OTHER_CLASSES:
        return []
    found = eval(text, vars(module))  # noqa: S307 - it is our own
    return [*found] if isinstance(found, tuple) else [found]


def scalars_asked_for(tree: ast.AST, module: ModuleType) -> list[str]:
    """Return the lines that ask for a class that an element of an array may pass as."""
    return [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if Handle not in (classes := asked_for(node, module))
        and any(issubclass(kind, tuple(classes)) for kind in SCALARS)
    ]


def test_no_isinstance_asks_for_what_elements_say_that_they_are():
    """``isinstance(x[0], float)`` holds for users; the library asks ``type(x)``.

    `issubclass(type(x), np.generic)` says what a value is, not what it says that it is.
    """
    found = {}
    for path in SOURCES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
        if lines := scalars_asked_for(trees()[named(path)], module):
            found[named(path)] = lines
    assert not found
    tree = ast.parse("isinstance(x, (np.integer, str)), isinstance(x, (Handle, float))")
    module = importlib.import_module("lazyarr.api.interop")
    assert scalars_asked_for(tree, module) == [
        "line 1: isinstance(x, (np.integer, str))"
    ]


def test_no_class_is_read_that_a_value_may_invent():
    found = []
    for name, tree in trees().items():
        for node in ast.walk(tree):
            read = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
            if read and node.attr == "__class__":
                found.append(f"{name}:{node.lineno}: type(x) is what it is")
            told = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
            if told == "singledispatch":
                found.append(f"{name}:{node.lineno}: goes by __class__")
            # Only there, so that users' isinstance holds.
            own = isinstance(node, ast.FunctionDef) and node.name == "__class__"
            if own and Path(name).name != "element.py":
                found.append(f"{name}:{node.lineno}: invents a class")
    assert found == []


def test_import_contracts_hold():
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        # The console of the command is told a width, for it wraps what it prints.
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


# Each statement is run in a process that has NumPy, and nothing of another statement's.
AFTER = """
import os, sys
import numpy
for statement in sys.argv[1:]:
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0, statement
        continue
    exec(statement)
    print(*sys.modules, flush=True)
    os._exit(0)
"""


def modules_after(*statements: str) -> list[set[str]]:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", AFTER, *statements],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # what forks has one thread
        capture_output=True,
        text=True,
        check=True,
    )
    return [set(line.split()) for line in result.stdout.splitlines()]


def test_a_plain_import_loads_nothing_optional():
    before, after = modules_after("", "import lazyarr")
    added = after - before
    assert "lazyarr" in added
    assert added.isdisjoint(OPTIONAL), sorted(added.intersection(OPTIONAL))


def test_a_plain_import_leaves_for_later_what_few_programs_use():
    rare = {"linalg", "fft", "random", "testing", "profiles", "planning", "rules"}
    rare |= {"api.sets", "api.sorting", "api.composed", "api.kernels", "plan.model"}
    rare |= {"ops.library", "ops.matrices", "ops.transforms", "ops.draws"}
    rare |= {"ops.evaluated", "api.classes", "api.memory", "api.flags"}
    rare |= {"api.templates", "api.products", "api.joining", "api.formulas"}
    rare |= {"api.closeness", "api.datatypes", "api.explain", "api.printing"}
    (loaded,) = modules_after("import lazyarr")
    assert sorted(name for name in rare if f"lazyarr.{name}" in loaded) == []


def test_a_first_plan_leaves_for_later_what_few_plans_need():
    rare = {"dataclasses", "tempfile"}
    names = "ops.library plan.beside plan.crossing plan.device_workspace plan.window"
    names += " plan.workspace runtime.rows runtime.stream"
    rare |= {f"lazyarr.{name}" for name in names.split()}
    program = "import lazyarr; x = lazyarr.arange(2e6) + 1; float(x.sum()); x.compute()"
    before, after = modules_after("", program)
    assert "lazyarr.planning" in after
    assert sorted((after - before) & rare) == []


def test_what_loads_later_is_found_when_it_is_asked_for():
    refused = "lazyarr.elementwise('matmul', numpy=numpy.sin)"
    modules_after(
        "import lazyarr; assert lazyarr.ops.OPS['fft'].name == 'fft'",
        "import lazyarr; lazyarr.ops.complete()['philox_uint64']",
        f"import lazyarr\ntry: {refused}\nexcept ValueError: pass\nelse: 1 / 0",
        "import lazyarr; x = lazyarr.ones(6); x.shape = 2, 3; assert x[1].base.size == 6",
        "import lazyarr; x = lazyarr.ones(6); x.setflags(write=False); x.flags",
        "import lazyarr; x = lazyarr.ones(2000)[::-1]; lazyarr.sort(x); x.argsort()",
        "import lazyarr; x = lazyarr.ones(3); (x @ x, x.dot(x), x.repeat(2), str(x))",
        "import lazyarr; lazyarr.arange(3).explain(); lazyarr.eye(2).trace()",
        "import lazyarr; assert {'at', 'outer'} <= {*dir(lazyarr.add)}; lazyarr.sin.nin",
        "import lazyarr; assert lazyarr.add.reduce([1, 2]) == 3 and lazyarr.pow.types",
        "import lazyarr; assert not hasattr(lazyarr.add, 'absent')",
        "from lazyarr import *; concatenate, einsum, isclose, finfo, arange, ones_like",
    )


def test_a_plain_import_leaves_the_garbage_collector_as_it_was():
    modules_after(
        "import gc, lazyarr; assert gc.isenabled() and not gc.get_freeze_count()",
        "import gc; gc.disable(); import lazyarr; assert not gc.isenabled()",
        "import gc; gc.freeze(); import lazyarr; assert gc.get_freeze_count()",
    )


def test_a_module_that_loads_later_is_a_module_and_an_attribute():
    ways = ("import lazyarr; lazyarr.{}", "import lazyarr.{}", "from lazyarr import {}")
    names = ("linalg", "fft", "random", "testing", "profiles")
    statements = {way.format(name): f"lazyarr.{name}" for name in names for way in ways}
    found = modules_after(*statements)
    for (statement, name), loaded in zip(statements.items(), found, strict=True):
        assert name in loaded, statement


def test_decisions_are_numbered_once_each():
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("*.md"))
    assert [name[:4] for name in names] == [f"{k + 1:04}" for k in range(len(names))]
    for name in names:
        title = (ROOT / "docs/decisions" / name).read_text(encoding="utf-8")
        assert title.startswith(f"# {int(name[:4])}. ")


def test_files_that_the_guide_for_contributors_names_are_there():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    wanted = {name.split("/")[-1] for name in re.findall(r"`([\w/]+\.py)`", guide)}
    assert len(wanted) > 30
    there = {path.name for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]}
    assert wanted <= there
