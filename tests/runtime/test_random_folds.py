"""Random expressions whose intermediate arrays nobody holds: what threads and tiles share.

Their values are small whole numbers or quarters, so that sums are exact in any order.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.testing import assert_same_bits

SHAPES = ((300,), (20, 33), (7, 5, 9), (1, 130), (130, 1))
DTYPES = ("f8", "f4", "i8", "i2", "u1", "?", "c16")
MAPS = {
    "x + 1": lambda xp, x, y: x + 1,
    "x * 0.5": lambda xp, x, y: x * 0.5,
    "abs(x)": lambda xp, x, y: xp.abs(x),
    "x < y": lambda xp, x, y: x.real < y.real,
    "x < 2": lambda xp, x, y: x.real < 2,
    "x > 0": lambda xp, x, y: x.real > 0,
    "x == y": lambda xp, x, y: x == y,
    "x < 1 and y > 0": lambda xp, x, y: (x.real < 1) & (y.real > 0),
    "not x": lambda xp, x, y: xp.logical_not(x),
    "x + y": lambda xp, x, y: x + y,
    "where": lambda xp, x, y: xp.where(x == 1, x, y),
    "f8": lambda xp, x, y: x.real.astype("f8"),
    "f4": lambda xp, x, y: x.real.astype("f4"),
    "i8": lambda xp, x, y: x.real.astype("i8"),
    "bool": lambda xp, x, y: x.astype("?"),
    "backwards": lambda xp, x, y: x[::-1],
    "first": lambda xp, x, y: x[:1] + y,
}
FOLDS = ("sum", "mean", "min", "max", "any", "all", "argmax", "argmin", "count_nonzero")
OPTIONS = {
    "default": {},
    "tiles": {"tile_elements": 64},
    "small tiles, threads": {"tile_elements": 7, "threads": 3},
    "cut": {"tile_elements": 64, "max_ops_per_kernel": 3},
    "unfused": {"fusion": False, "tile_elements": 64},
}


def folded(xp, name, x, axis, keepdims):
    """Return a fold, and nothing where it would not be exact or has no meaning."""
    if name in ("argmax", "argmin", "min", "max") and x.dtype.kind == "c":
        x = x.real
    if name == "mean":  # of a power of two of quarters it is exact in the end
        return xp.sum(x, axis=axis, keepdims=keepdims) * 0.125
    return getattr(xp, name)(x, axis=axis, keepdims=keepdims)


@st.composite
def expressions(draw):
    """Draw steps: functions, and the places of what they are given."""
    shape, dtypes = draw(st.sampled_from(SHAPES)), st.sampled_from(DTYPES)
    leaves = draw(st.lists(dtypes, min_size=1, max_size=3))
    axes = st.sampled_from((None, *range(-len(shape), len(shape))))
    count, steps = len(leaves), []
    for k in range(count, count + draw(st.integers(1, 9))):
        places = tuple(draw(st.integers(0, k - 1)) for _ in range(2))
        kind = draw(st.sampled_from("mmmfs"))
        if kind == "m":
            steps.append((draw(st.sampled_from(sorted(MAPS))), places))
        else:
            fold = draw(st.sampled_from(FOLDS))
            steps.append(((kind, fold, draw(axes)), places))
    ends = st.tuples(
        st.integers(0, count + len(steps) - 1), st.sampled_from(FOLDS), axes
    )
    return (
        shape,
        tuple(leaves),
        tuple(steps),
        draw(st.lists(ends, min_size=1, max_size=5)),
    )


def data(shape, dtypes):
    """Return the leaves: few different values, in no order."""
    made = []
    for k, dtype in enumerate(dtypes):
        values = np.random.default_rng(k).integers(0, 4, shape)
        made.append(
            (values / 2 if dtype in ("f8", "f4", "c16") else values).astype(dtype)
        )
    return made


def run(xp, expression, leaves):
    """Return the folds in the end; everything else is nobody's."""
    _, _, steps, ends = expression
    held = list(leaves)
    for how, (one, other) in steps:
        x, y = held[one], held[other]
        if isinstance(how, str):
            held.append(MAPS[how](xp, x, y))
            continue
        kind, fold, axis = how
        kept = folded(xp, fold, x, axis, True)
        held.append(kept + y if kind == "f" else xp.where(x > kept, x, y))
    return [folded(xp, fold, held[k], axis, False) for k, fold, axis in ends]


def check(expression, options):
    leaves = data(*expression[:2])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = run(np, expression, leaves)
        with la.config(small_path=False, **options):
            found = la.compute(*run(la, expression, map(la.asarray, leaves)))
    for ours, eager in zip(found, expected, strict=True):
        assert_same_bits(ours, eager)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@given(expression=expressions())
# Others repeat what a stage then computed for nobody, over a result of its own.
@example(
    (
        (1, 130),
        ("f8",),
        (
            ("abs(x)", (0, 0)),
            ("first", (0, 1)),
            ("where", (0, 1)),
            (("f", "argmax", None), (2, 0)),
        ),
        [(2, "sum", None), (3, "sum", -2), (4, "sum", None)],
    )
)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_folds_of_what_nobody_holds_are_numpys(options, expression):
    check(expression, options)
