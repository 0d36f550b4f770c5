"""What operations tell of how large integers are: never less than there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.api.limits import limits

SIZE = 40
STEPS = [
    lambda m, x, y, k: x % (abs(k) + 1),
    lambda m, x, y, k: x % y,
    lambda m, x, y, k: m.clip(x, 0, abs(k)),
    lambda m, x, y, k: m.clip(x, abs(k), 3),
    lambda m, x, y, k: m.clip(x, y, k),
    lambda m, x, y, k: m.clip(x, k, y),
    lambda m, x, y, k: x & abs(k),
    lambda m, x, y, k: x & y,
    lambda m, x, y, k: m.minimum(x, y),
    lambda m, x, y, k: m.maximum(x, y),
    lambda m, x, y, k: x + y,
    lambda m, x, y, k: x - y,
    lambda m, x, y, k: x * y,
    lambda m, x, y, k: m.where(x > 3, x, y),
    lambda m, x, y, k: m.concatenate([x, y])[k % 30 : SIZE + k % 30][::-1],
    lambda m, x, y, k: x.reshape(4, -1).T.reshape(-1),
    lambda m, x, y, k: x.astype("i2").astype("i8"),
    lambda m, x, y, k: x.astype("u1").astype("i8"),
    lambda m, x, y, k: x[m.argsort(y)],
    lambda m, x, y, k: m.sort(x),
    lambda m, x, y, k: m.argmax(x.reshape(4, -1), axis=0)[:1] + y,
    lambda m, x, y, k: m.asarray(x > y) + x,
]
LEAVES = [
    lambda m, a: m.asarray(a),
    lambda m, a: m.asarray(a.astype("u1")).astype("i8"),
    lambda m, a: m.asarray(a.astype("i1")).astype("i8"),
    lambda m, a: m.arange(SIZE),
    lambda m, a: m.argsort(m.asarray(a), kind="stable"),
]


@given(
    st.lists(st.integers(-(2**62), 2**62), min_size=SIZE, max_size=SIZE),
    st.tuples(st.sampled_from(LEAVES), st.sampled_from(LEAVES)),
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(-300, 300)), max_size=5),
)
@settings(max_examples=300, deadline=None)
def test_no_element_is_beyond(values, leaves, steps):
    array = np.array(values)

    def made(m):
        x, y = (leaf(m, array) for leaf in leaves)
        for step, k in steps:
            x, y = step(m, x, y, k), x
        return x

    with np.errstate(all="ignore"), la.config(small_bytes=0, small_path=False):
        elements = made(np)
        low, high = limits(made(la)._current())
    assert low <= int(elements.min())
    assert int(elements.max()) <= high


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: x % 7, (0, 6)),
        (lambda x: x % -7, (-6, 0)),
        (lambda x: la.clip(x, 2, 9), (2, 9)),
        (lambda x: la.clip(x % 30, 2, x % 9 - 4), (-4, 4)),
        (lambda x: x & 255, (0, 255)),
        (lambda x: x % 10 - 3, (-3, 6)),
        (lambda x: (x % 3) * (x % 5), (0, 8)),
        (lambda x: la.where(x > 0, x % 3, 8), (0, 8)),
        (lambda x: (x % 9).reshape(4, 10)[1:, ::2].T, (0, 8)),
        (lambda x: la.argsort(x)[:5], (0, 39)),
        (lambda x: la.argmax(x.reshape(4, 10), axis=1), (0, 9)),
        (lambda x: la.concatenate([x % 3, 5 - x % 2]), (0, 5)),
        (lambda x: la.maximum(x % 3, 1) + la.minimum(x % 9, 4), (1, 6)),
        (lambda x: x * 2, (-(2**63), 2**63 - 1)),
        (lambda x: x.astype("u1"), (0, 255)),
        (lambda x: x, (-(2**63), 2**63 - 1)),
    ],
)
def test_what_operations_tell(call, expected):
    with la.config(small_bytes=0, small_path=False):
        assert limits(call(la.asarray(np.arange(SIZE)))._current()) == expected
