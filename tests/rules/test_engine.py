"""The loop that applies rules: shared nodes, checks at every firing, an end."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import lazyarr as la
from lazyarr import ops
from lazyarr.errors import InternalError
from lazyarr.ir import infer
from lazyarr.ir.node import topological
from lazyarr.ir.text import show
from lazyarr.rules import PASSES, Rule, simplify
from lazyarr.rules.engine import by_op, rewrite
from tests.ir.parse import parse

ADD, MULTIPLY, NEGATIVE = (ops.OPS[name] for name in ("add", "multiply", "negative"))
F64, F32 = np.dtype("f8"), np.dtype("f4")


def leaf(*shape, dtype=F64):
    return infer.leaf(np.ones(shape, dtype))


def test_rules_have_a_formula_each_and_names_of_their_own():
    rules = [rule for step in PASSES for rule in step.rules]
    assert all(
        rule.formula and rule.ops and rule.name == rule.name.lower() for rule in rules
    )
    shared = [n for n, times in Counter(r.name for r in rules).items() if times > 1]
    assert shared == ["not-comparison"]  # one identity, of two ops


def test_equal_subexpressions_become_one_node():
    before = """
        %0: f64[3] = data
        %1: f64[3] = exp %0
        %2: f64[3] = exp %0
        %3: f64[3] = add %1 %2
        out %3
    """
    roots, fired = simplify(tuple(parse(before)))
    assert show(roots).splitlines()[1:] == [
        "%1: f64[3] = exp %0",
        "%2: f64[3] = add %1 %1",
        "out %2",
    ]
    assert fired == {"common-subexpression": 1}


def test_equal_parameters_are_part_of_being_equal():
    x = la.asarray(np.arange(6.0).reshape(2, 3))
    roots = tuple(a._current() for a in (x.sum(axis=0), x.sum(axis=1), x[1:], x[:1]))
    after, fired = simplify(roots)
    assert len(set(after)) == 4
    assert "common-subexpression" not in fired


def test_equal_scalars_of_different_dtype_or_sign_stay_apart():
    x = la.asarray(np.ones(3))
    roots = tuple(a._current() for a in (x + 0.0, x + -0.0, x + np.float64(0.0)))
    after, _ = simplify(roots)
    assert after[0] is not after[1]
    got = la.compute(*(la.asarray(np.array([-0.0])) + z for z in (0.0, -0.0)))
    assert [bool(np.signbit(g[0])) for g in got] == [False, True]


def test_a_rule_that_changes_a_shape_is_found_out():
    wrong = Rule("wrong", "-x = x[0]", (NEGATIVE,), lambda node: leaf(1))
    with pytest.raises(InternalError, match="rule wrong"):
        rewrite((infer.map_node(NEGATIVE, (leaf(3),)),), by_op([wrong]), Counter())


def test_a_rule_that_changes_a_dtype_is_found_out():
    wrong = Rule("wrong", "-x = f32(x)", (NEGATIVE,), lambda node: leaf(3, dtype=F32))
    with pytest.raises(InternalError, match="f"):
        rewrite((infer.map_node(NEGATIVE, (leaf(3),)),), by_op([wrong]), Counter())


def test_rules_that_undo_one_another_are_found_out():
    def swapped(node):
        return infer.map_node(MULTIPLY, node.args[::-1])

    rules = [Rule("swap", "x * y = y * x", (MULTIPLY,), swapped)]
    product = infer.map_node(MULTIPLY, (leaf(3), leaf(3)))
    with pytest.raises(InternalError, match="round in circles"):
        rewrite((product,), by_op(rules), Counter())


def test_what_a_rule_makes_is_simplified_too():
    # -(x + 0) for integers: the rule's own operand is settled before it is used.
    inner = Rule(
        "made",
        "x * y = -(-x)",
        (MULTIPLY,),
        lambda n: infer.map_node(NEGATIVE, (infer.map_node(NEGATIVE, (n.args[0],)),)),
    )
    x = leaf(3)
    rules = (*PASSES[0].rules, inner)
    (after,) = rewrite(
        (infer.map_node(MULTIPLY, (x, leaf(3))),), by_op(rules), Counter()
    )
    assert after is x


def test_a_graph_without_anything_to_do_is_returned_as_it_is():
    node = infer.map_node(ADD, (leaf(3), leaf(3)))
    after, fired = simplify((node,))
    assert after == (node,)
    assert fired == {}


def test_long_chains_of_identities_vanish_without_recursion():
    x = la.asarray(np.ones(3, np.int64))
    y = x
    for _ in range(20_000):
        y = -(y + 0)
    (after,), fired = simplify((y._current(),))
    assert after is x._current()
    assert (fired["add-unit"], fired["negative-negative"]) == (20_000, 10_000)


def test_simplifying_never_adds_work():
    x = la.asarray(np.ones((4, 5)))
    z = (x * 2)[1:] + (x * 2)[1:] - la.ones(5) * 3
    before = topological((z._current(),))
    after = topological(simplify((z._current(),))[0])
    elements = [sum(n.size for n in g if n.args) for g in (before, after)]
    assert elements[1] < elements[0]
