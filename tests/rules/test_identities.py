"""Every rule: on which dtypes it fires, its text before and after, and its bits."""

from __future__ import annotations

import itertools
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api import handle
from lazyarr.ir import infer
from lazyarr.ir.node import topological
from lazyarr.ir.text import show
from lazyarr.ops import OPS
from lazyarr.rules import PASSES, simplify
from tests.cases import every
from tests.ir.parse import parse

DTYPES = [np.dtype(c) for c in "?bhilqBHILQefdFD"]


def edges(dtype, shape=None):
    """Return an array of edge values, in an order that pairs them with one another."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        values = [True, False, True, True, False, False]
    elif dtype.kind in "iu":
        info = np.iinfo(dtype)
        values = [0, 1, info.max, info.min, info.max - 1, 2, 7, info.max // 2, 100]
        values += [-1, -2, -100] if dtype.kind == "i" else []
    else:
        real = np.empty(0, dtype).real.dtype
        info = np.finfo(real)
        values = [0.0, -0.0, 1.0, -1.0, 0.5, 1.5, -2.5, np.pi, info.max, info.min]
        values += [info.tiny, info.smallest_subnormal, np.inf, -np.inf, np.nan, -np.nan]
        values = [real.type(v) for v in values]
        if dtype.kind == "c":
            pairs = itertools.product(values[::3], values[1::2])
            values = [join(dtype, a, b) for a, b in pairs]
    array = np.array(values, dtype)
    if shape is None:
        return array
    size = int(np.prod(shape))
    return np.resize(np.roll(array, size), shape)


def join(dtype, real, imag):
    """Return a complex number of these parts; 1j * inf would make a NaN."""
    number = np.empty((), dtype)
    number.real, number.imag = real, imag
    return number[()]


def assert_same_bits(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    if ours.tobytes() != theirs.tobytes():
        pytest.fail(f"{ours!r} is not {theirs!r} bit for bit")


ALL = "biufc"


# Where the size decides and not the kind: names of dtypes.
EXACT_AS_DOUBLE = (
    *("bool", "int8", "int16", "int32", "uint8", "uint16", "uint32"),
    *("float16", "float32", "float64", "complex64"),
)
NOT_HALF = (
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64"),
)


def other(x):
    """Return an array beside `x`, of its dtype and shape, whose elements differ."""
    return (
        x[::-1] if isinstance(x, np.ndarray) else la.asarray(x.compute()[::-1].copy())
    )


def cast(x, dtype):
    return x.astype(dtype)


def node(xp, name, x):
    """Return an op that the functions of this name leave out where they can."""
    if xp is np:
        return getattr(np, name)(x)
    return handle.new(infer.map_node(OPS[name], (x._current(),)))


def fires(dtype, kinds):
    return (dtype.kind if isinstance(kinds, str) else dtype.name) in kinds


# Rule, the kinds of dtype that it fires on, and what to write for it to fire.
PATTERNS = [
    ("add-unit", "biu", lambda xp, x: x + xp.zeros_like(x)),
    ("add-unit", "biu", lambda xp, x: 0 + x),
    ("subtract-unit", "iuf", lambda xp, x: x - xp.zeros_like(x)),
    ("subtract-unit", "", lambda xp, x: xp.zeros_like(x) - x),
    ("multiply-unit", "biuf", lambda xp, x: x * xp.ones_like(x)),
    ("multiply-unit", "biuf", lambda xp, x: 1 * x),
    ("divide-unit", "biuf", lambda xp, x: x / 1),
    ("divide-unit", "", lambda xp, x: 1 / x),
    ("floor_divide-unit", "biu", lambda xp, x: x // 1),
    ("negative-negative", "iufc", lambda xp, x: xp.negative(-x)),
    ("positive-identity", "iufc", lambda xp, x: +x),
    ("abs-identity", "bu", lambda xp, x: xp.abs(x)),
    ("floor-identity", "biu", lambda xp, x: xp.floor(x)),
    ("ceil-identity", "biu", lambda xp, x: xp.ceil(x)),
    ("trunc-identity", "biu", lambda xp, x: xp.trunc(x)),
    ("round-identity", "iu", lambda xp, x: node(xp, "round", x)),
    ("logical_and-unit", "b", lambda xp, x: xp.logical_and(x, xp.ones_like(x))),
    ("logical_or-unit", "b", lambda xp, x: xp.logical_or(x, xp.zeros_like(x))),
    ("logical_xor-unit", "b", lambda xp, x: xp.logical_xor(x, xp.zeros_like(x))),
    (
        "logical_not-logical_not",
        "b",
        lambda xp, x: xp.logical_not(xp.logical_not(x)),
    ),
    ("bitwise_and-unit", "i", lambda xp, x: x & xp.full_like(x, -1)),
    ("bitwise_or-unit", "biu", lambda xp, x: x | xp.zeros_like(x)),
    ("bitwise_xor-unit", "biu", lambda xp, x: x ^ xp.zeros_like(x)),
    ("bitwise_invert-bitwise_invert", "biu", lambda xp, x: ~~x),
    ("bitwise_left_shift-unit", "biu", lambda xp, x: x << 0),
    ("bitwise_right_shift-unit", "biu", lambda xp, x: x >> 0),
    ("copy-identity", ALL, lambda xp, x: node(xp, "copy", x)),
    ("real-identity", "biuf", lambda xp, x: node(xp, "real", x)),
    ("conj-conj", "c", lambda xp, x: xp.conj(xp.conj(x))),
    ("conj-identity", "biuf", lambda xp, x: xp.conj(x)),
    ("pow-unit", "biu", lambda xp, x: x**1),
    ("multiply-absorbs", "biu", lambda xp, x: x * xp.zeros_like(x)),
    ("multiply-absorbs", "biu", lambda xp, x: 0 * x),
    ("bitwise_and-absorbs", "biu", lambda xp, x: x & xp.zeros_like(x)),
    ("bitwise_or-absorbs", "i", lambda xp, x: x | xp.full_like(x, -1)),
    ("bitwise_or-absorbs-true", "b", lambda xp, x: x | xp.ones_like(x)),
    ("logical_and-absorbs", "b", lambda xp, x: xp.logical_and(x, xp.zeros_like(x))),
    ("logical_or-absorbs", "b", lambda xp, x: xp.logical_or(xp.ones_like(x), x)),
    ("maximum-self", "biuf", lambda xp, x: xp.maximum(x, x)),
    ("minimum-self", "biuf", lambda xp, x: xp.minimum(x, x)),
    ("fmax-self", "biuf", lambda xp, x: xp.fmax(x, x)),
    ("fmin-self", "biuf", lambda xp, x: xp.fmin(x, x)),
    ("bitwise_and-self", "biu", lambda xp, x: x & x),
    ("bitwise_or-self", "biu", lambda xp, x: x | x),
    ("logical_and-self", "b", lambda xp, x: xp.logical_and(x, x)),
    ("logical_or-self", "b", lambda xp, x: xp.logical_or(x, x)),
    ("subtract-self", "iu", lambda xp, x: x - x),
    ("bitwise_xor-self", "biu", lambda xp, x: x ^ x),
    ("logical_xor-self", "biu", lambda xp, x: xp.logical_xor(x, x)),
    ("equal-self", "biu", lambda xp, x: x == x),
    ("less_equal-self", "biu", lambda xp, x: x <= x),
    ("greater_equal-self", "biu", lambda xp, x: x >= x),
    ("not_equal-self", "biu", lambda xp, x: x != x),
    ("less-self", "biu", lambda xp, x: x < x),
    ("greater-self", "biu", lambda xp, x: x > x),
    ("abs-done", "ifc", lambda xp, x: xp.abs(xp.abs(x))),
    ("fabs-done", "iufb", lambda xp, x: xp.fabs(xp.fabs(x))),
    ("sign-done", "iuf", lambda xp, x: xp.sign(xp.sign(x))),
    ("floor-done", "f", lambda xp, x: xp.floor(xp.ceil(x))),
    ("ceil-done", "f", lambda xp, x: xp.ceil(xp.trunc(x))),
    ("trunc-done", "f", lambda xp, x: xp.trunc(xp.floor(x))),
    ("rint-done", "f", lambda xp, x: xp.rint(xp.floor(x))),
    ("round-done", "f", lambda xp, x: xp.round(xp.floor(x))),
    ("abs-blind", "if", lambda xp, x: xp.abs(-x)),
    ("fabs-blind", "f", lambda xp, x: xp.fabs(-x)),
    ("pow-zero", "biuf", lambda xp, x: x**0),
    ("not-comparison", ALL, lambda xp, x: xp.logical_not(x == other(x))),
    ("not-comparison", "biu", lambda xp, x: ~(x < other(x))),
    ("not-comparison", "biu", lambda xp, x: xp.logical_not(x >= other(x))),
    ("cast-cast", EXACT_AS_DOUBLE, lambda xp, x: cast(cast(x, "D"), "F")),
    ("where-known", "biuf", lambda xp, x: xp.where(xp.ones_like(x) == 1, x, other(x))),
    ("where-same", ALL, lambda xp, x: xp.where(x != other(x), x, x)),
    (
        "where-where",
        ALL,
        lambda xp, x: (lambda c: xp.where(c, x, xp.where(c, -1.0, other(x))))(x != 0),
    ),
    ("known-arithmetic", "biuf", lambda xp, x: x + (xp.ones_like(x) + 1)),
    ("map-of-fill", ALL, lambda xp, x: xp.sqrt(xp.full_like(x, 2)) * xp.ones_like(x)),
    ("sum-of-fill", "", lambda xp, x: xp.sum(x)),
    ("sum-of-fill", "iuf", lambda xp, x: xp.sum(xp.full_like(x, 3), dtype=x.dtype)),
    (
        "prod-of-fill",
        NOT_HALF,
        lambda xp, x: xp.prod(xp.full_like(x, 3), dtype=x.dtype),
    ),
    ("extreme-of-fill", ALL, lambda xp, x: xp.max(xp.full_like(x, 3))),
    ("extreme-of-fill", ALL, lambda xp, x: xp.min(xp.full_like(x, 3))),
    ("truth-of-fill", ALL, lambda xp, x: xp.all(xp.full_like(x, 3))),
    ("truth-of-fill", ALL, lambda xp, x: xp.any(xp.full_like(x, 0))),
    ("place-of-fill", ALL, lambda xp, x: xp.argmax(xp.full_like(x, 3))),
    ("count-of-fill", ALL, lambda xp, x: xp.count_nonzero(xp.full_like(x, 3))),
    ("fold-of-fold", "biu", lambda xp, x: xp.max(xp.max(grid(xp, x), axis=1), axis=0)),
    ("fold-of-fold", "", lambda xp, x: xp.max(xp.min(grid(xp, x), axis=1), axis=0)),
    (
        "fold-of-stretch",
        ALL,
        lambda xp, x: xp.max(xp.broadcast_to(x, (3, *x.shape)), axis=0),
    ),
    ("fold-of-stack", ALL, lambda xp, x: xp.max(xp.stack([x, other(x)]), axis=0)),
    ("fold-of-stack", ALL, lambda xp, x: xp.any(xp.stack([x, other(x)]), axis=0)),
    ("fold-of-stack", "biu", lambda xp, x: xp.min(xp.stack([x, -x, x], 1), axis=1)),
    ("fold-of-stack", "", lambda xp, x: xp.max(xp.stack([x, other(x)]), axis=1)),
    ("fold-of-reshape", ALL, lambda xp, x: xp.max(xp.reshape(grid(xp, x), (-1,)))),
    (
        "map-of-reshape",
        ALL,
        lambda xp, x: -xp.reshape(xp.conj(grid(xp, x)) * grid(xp, x), (-1,)),
    ),
    ("slice-of-concat", ALL, lambda xp, x: xp.concatenate([x, other(x)])[1:3]),
]
RULES = {rule.name: rule for step in PASSES for rule in step.rules}
_UNSUPPORTED = (TypeError, ValueError, OverflowError)
# Where NumPy disagrees with the array API standard on a value.
NOT_NUMPYS = ("floor_divide-unit",)


def grid(xp, x):
    """Return the first elements of `x` as two rows."""
    half = x.shape[0] // 2
    return xp.stack([x[:half], x[half : 2 * half]])


def written(xp, pattern, x):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return pattern(xp, x)


def named(case):
    return case[0]


def test_every_rule_has_a_pattern():
    assert {name for name, _, _ in PATTERNS} == set(RULES)


@pytest.mark.parametrize("case", PATTERNS, ids=named)
def test_a_rule_fires_on_its_dtypes_and_changes_no_bit(case):
    every(lambda dtype: check_rule(*case, edges(dtype)), DTYPES)


def check_rule(name, kinds, pattern, x):
    try:
        want = written(np, pattern, x)
    except _UNSUPPORTED:  # NumPy has no such function of this dtype
        return
    lazy = written(la, pattern, la.asarray(x))
    _, fired = simplify((lazy._current(),))
    assert (name in fired) == fires(x.dtype, kinds), (show([lazy._current()]), fired)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = lazy.compute()
        with la.config(rules=False):
            plain = lazy.compute()
    assert_same_bits(got, plain)
    if name not in NOT_NUMPYS:
        assert_same_bits(got, want)


def test_patterns_before_and_after(golden):
    """The text of each rule's first pattern, on the first dtype that it fires on."""
    sections = []
    seen = set()
    for name, kinds, pattern in PATTERNS:
        if name in seen or not kinds:
            continue
        seen.add(name)
        dtype = next(d for d in map(np.dtype, "dq?QD") if fires(d, kinds))
        lazy = written(la, pattern, la.asarray(edges(dtype)))
        roots = (lazy._current(),)
        after, _ = simplify(roots)
        sections.append(
            f"{name}   {RULES[name].formula}\n{show(roots)}\n->\n{show(after)}"
        )
    golden("rules.txt", "\n\n".join(sections))


def test_the_text_of_a_pattern_is_read_back_and_simplifies_alike():
    text = (Path(__file__).parents[1] / "golden" / "rules.txt").read_text()
    for section in re.split(r"\n\n", text.strip()):
        head, rest = section.split("\n", 1)
        before, after = rest.split("\n->\n")
        roots, _ = simplify(tuple(parse(before)))
        assert show(roots) == after, head


@pytest.mark.parametrize("case", PATTERNS, ids=named)
def test_rules_end_and_what_they_leave_is_left_alone(case):
    pattern = case[2]
    for dtype in map(np.dtype, "dq?D"):
        try:
            written(np, pattern, edges(dtype))
        except _UNSUPPORTED:
            continue
        roots, _ = simplify(
            (written(la, pattern, la.asarray(edges(dtype)))._current(),)
        )
        again, fired = simplify(roots)
        assert not fired
        assert show(again) == show(roots)
        assert len(topological(again)) == len(topological(roots))
