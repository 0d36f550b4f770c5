"""Every call that the standard writes is one of ours, with the same defaults.

NumPy's programs pass by position what the standard passes by keyword, and have further
parameters: these are allowed, if a call as the standard writes it means the same.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import operator
from inspect import Parameter
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la

_PATH = Path(__file__).with_name("signatures.py")
_SPEC = importlib.util.spec_from_file_location("standard_signatures", _PATH)
table = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(table)

# Where the standard leaves a default open, or writes one number for another.
_SAME = {("linspace", "num"), ("expand_dims", "axis"), ("squeeze", "axis")}
_ZERO = {("std", "correction"), ("var", "correction")}


def written(line):
    """Return the parameters of a line of the table: name, kind, default."""
    name, _, rest = line.partition("(")
    arguments = ast.parse(f"def f({rest}: pass").body[0].args
    found = []
    plain = [*arguments.posonlyargs, *arguments.args]
    missing = [Parameter.empty] * (len(plain) - len(arguments.defaults))
    defaults = [*missing, *map(ast.literal_eval, arguments.defaults)]
    for k, (argument, default) in enumerate(zip(plain, defaults, strict=True)):
        only = k < len(arguments.posonlyargs)
        kind = Parameter.POSITIONAL_ONLY if only else Parameter.POSITIONAL_OR_KEYWORD
        found.append((argument.arg, kind, default))
    if arguments.vararg is not None:
        found.append((arguments.vararg.arg, Parameter.VAR_POSITIONAL, Parameter.empty))
    for argument, default in zip(
        arguments.kwonlyargs, arguments.kw_defaults, strict=True
    ):
        found.append((argument.arg, Parameter.KEYWORD_ONLY, ast.literal_eval(default)))
    return name, found


def compare(name, ours, standard):
    """Check parameters of ours against the standard's."""
    ordered = list(ours.values())
    taken = set()
    for k, (what, kind, default) in enumerate(standard):
        if kind is Parameter.KEYWORD_ONLY:
            parameter = ours.get(what)
            assert parameter is not None, f"{name} takes no {what}="
            named = (Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
            assert parameter.kind in named, f"{name}: {what} is {parameter.kind}"
        else:
            parameter = ordered[k]
            # NumPy's programs may pass by name what the standard passes by place.
            kinds = (kind, Parameter.POSITIONAL_OR_KEYWORD)
            assert parameter.kind in kinds, f"{name}: {what} is {parameter.kind}"
            if kind is Parameter.POSITIONAL_OR_KEYWORD:
                assert parameter.name == what
        taken.add(parameter.name)
        if (name, what) in _SAME:
            continue
        if (name, what) in _ZERO:  # one of two names of the same, the other being 0
            assert parameter.default is None
            assert ours["ddof"].default == default
            continue
        if default is not Parameter.empty:
            assert parameter.default == default, f"{name}: {what}={parameter!r}"
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    for parameter in ordered:
        if parameter.name not in taken and parameter.kind not in variable:
            assert parameter.default is not Parameter.empty, f"{name}: {parameter}"


LINES = [
    *(f"{name}(x, /)" for name in table.ONE_ARRAY.split()),
    *(f"{name}(x1, x2, /)" for name in table.TWO_ARRAYS.split()),
    *table.FUNCTIONS.strip().splitlines(),
]
METHODS = [
    *table.METHODS.split(),
    *(f"__{name}__(other, /)" for name in table.OPERATORS.split()),
    *(f"__r{name}__(other, /)" for name in table.OPERATORS.split()),
    *(f"__i{name}__(other, /)" for name in table.OPERATORS.split()),
    *(f"__{name}__(other, /)" for name in table.COMPARISONS.split()),
    *table.OTHER_METHODS.strip().splitlines(),
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.partition("(")[0])
def test_functions(line):
    name, standard = written(line)
    function = operator.attrgetter(name)(la)
    compare(name, inspect.signature(function).parameters, standard)


@pytest.mark.parametrize("line", METHODS, ids=lambda line: line.partition("(")[0])
def test_methods(line):
    name, standard = written(line)
    signature = inspect.signature(getattr(la.ones(1), name))
    # A parameter of an operator is passed by Python itself: its kind does not matter.
    parameters = {
        key: p.replace(kind=Parameter.POSITIONAL_ONLY)
        if name.startswith("__") and p.kind is Parameter.POSITIONAL_OR_KEYWORD
        else p
        for key, p in signature.parameters.items()
    }
    compare(name, parameters, standard)


def test_the_table_is_whole():
    names = {line.partition("(")[0] for line in LINES}
    assert len(names) == len(LINES)
    main = {name for name in names if "." not in name}
    assert (len(main), len(names - main)) == (136, 39)


def test_names():
    for name in (*table.CONSTANTS.split(), *table.DTYPES.split()):
        assert hasattr(la, name)
    for name in table.ATTRIBUTES.split():
        assert hasattr(la.ones((2, 2)), name)
    assert la.__array_api_version__ == "2025.12"
    assert la.ones(1).__array_namespace__(api_version="2025.12") is la
    with pytest.raises(ValueError, match="2031"):
        la.ones(1).__array_namespace__(api_version="2031.12")
    assert (la.e, la.inf, la.pi, la.newaxis) == (np.e, np.inf, np.pi, None)
