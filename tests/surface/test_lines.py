"""Every operation of a plan names the line of the program that asked for it."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la
from lazyarr.ir.node import structure
from tests.surface import examples
from tests.surface.test_every_function import CALLS, NEW

# None of these lines is the program's.
ELSEWHERE = tuple(str(Path(module.__file__).parent) for module in (la, np))


def roots(result):
    """Return the nodes of the arrays in a result."""
    if isinstance(result, la.Array):
        return [result._current()]
    if isinstance(result, (list, tuple)):
        return [node for one in result for node in roots(one)]
    return []


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("planned")
def test_what_a_function_makes_names_the_line_that_calls_it(name):
    if name in NEW and not hasattr(np, name):
        pytest.skip(f"this NumPy has no {name}")
    # The first call may make a template of the others.
    for namespace, _ in itertools.product((la, np), range(3)):
        made = roots(CALLS[name](namespace, examples.lazy(la)))
        places = {node.where for node in structure(tuple(made))[1]} if made else set()
        files = {place[0].co_filename for place in places - {None}}
        found = [file for file in files if file.startswith(ELSEWHERE)]
        assert found == [], namespace.__name__


@pytest.mark.parametrize(
    "call",
    [
        lambda xp, x: xp.trapezoid(x, x),
        lambda xp, x: xp.cov(x),
        lambda xp, x: xp.array_equal(x * 10, x),
    ],
)
@pytest.mark.usefixtures("planned")
def test_a_warning_of_what_it_computes_comes_from_that_line(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        np.asarray(call(la, la.asarray(np.array([1e308, -1e308, 1e308]))))
    assert {one.filename for one in caught} == {__file__}


@pytest.mark.usefixtures("planned")
def test_a_function_leaves_its_operands_the_lines_that_they_have():
    x = la.asarray(np.arange(6.0)) * 2
    before = x._current().where
    y = la.gradient(x)
    assert x._current().where is before
    assert y._current().where[0].co_filename == __file__


@pytest.mark.usefixtures("planned")
def test_what_numpys_own_code_asks_for_names_the_line_that_calls_it():
    x = la.asarray(np.arange(6.0)) * 2
    np.testing.assert_allclose(x, x)
    nodes = structure((la.polyval(x, x)._current(),))[1]
    made = [node for node in nodes if node.args]
    assert {node.where[0].co_filename for node in made} == {__file__}
