"""Every call that the standard writes is one of ours, with the same defaults.

A parameter is the standard's own (name, kind, place, default), or NumPy's of the same
name at the same place, for a NumPy program may pass it by that name or at that place.
There is no third way. What NumPy has beyond the standard comes after it, and has a
default, so that a call as the standard writes it means the same.
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

KEYWORD, PLACE = Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_ONLY
EITHER = Parameter.POSITIONAL_OR_KEYWORD
# The standard leaves these open, or asks for them; NumPy does not.
OPTIONAL = {
    ("linspace", "num"): 50,
    ("permute_dims", "axes"): None,
    ("squeeze", "axis"): None,
}
# What NumPy takes in C, where signatures do not say all: arange takes a dtype by place,
# and its start by name or not at all; where takes one operand, and may leave out two.
BUILT_IN = {"arange": ("dtype", "start"), "where": ("x1", "x2")}


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


def parameters_of(module, name):
    """Return the parameters of a function, or none where Python cannot tell."""
    try:
        return list(
            inspect.signature(operator.attrgetter(name)(module)).parameters.values()
        )
    except (AttributeError, ValueError):
        return []


def is_numpys(parameter, place, theirs):
    """Whether NumPy has a parameter of this name there, passed by place or by name."""
    if parameter.kind not in (EITHER, PLACE):
        return parameter.kind in {
            p.kind for p in theirs if p.kind not in (EITHER, PLACE)
        }
    return place < len(theirs) and theirs[place].name == parameter.name


def compare(name, ours, standard, theirs=()):
    """Check parameters of ours against the standard's, or NumPy's in their place."""
    by_name = {p.name: p for p in ours}
    taken = set()
    for place, (what, kind, default) in enumerate(standard):
        if kind in (PLACE, EITHER, Parameter.VAR_POSITIONAL):
            found = ours[place]
            same = (found.name, found.kind) == (what, kind)
            same = same or what in BUILT_IN.get(name, ())
            assert same or is_numpys(found, place, theirs), (
                f"{name}: {found} for {what}"
            )
        else:
            found = by_name.get(what)
            assert found is not None, f"{name} takes no {what}="
            at = ours.index(found)
            allowed = found.kind is KEYWORD or is_numpys(found, at, theirs)
            assert allowed or what in BUILT_IN.get(name, ()), f"{name}: {found}"
        taken.add(found.name)
        if what in BUILT_IN.get(name, ()):
            continue
        wanted = OPTIONAL.get((name, what), default)
        assert found.default == wanted, f"{name}: {found}, the standard has {default}"
    for place, parameter in enumerate(ours):
        if parameter.name in taken:
            continue
        assert parameter.kind is KEYWORD or is_numpys(parameter, place, theirs), (
            f"{name}: {parameter} is neither the standard's nor NumPy's"
        )
        if parameter.kind in (KEYWORD, EITHER, PLACE):
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
    compare(name, parameters_of(la, name), standard, parameters_of(np, name))


@pytest.mark.parametrize("line", METHODS, ids=lambda line: line.partition("(")[0])
def test_methods(line):
    name, standard = written(line)
    signature = inspect.signature(getattr(la.ones(1), name))
    compare(name, list(signature.parameters.values()), standard)


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
