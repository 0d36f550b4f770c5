"""Random programs that mutate, step by step beside NumPy: every alias is compared."""

from __future__ import annotations

import operator
import warnings
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import lazyarr as la

DTYPES = ("f8", "f8", "f4", "i8", "u1", "c16", "?")
SHAPES = ((7,), (3, 4), (2, 3, 4), (4, 1), (), (0, 3))
NUMBERS = (0, 1, -2, 3.5, True, 1 + 2j, 300)
INPLACE = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
}
MOST = 12


class Mutation(RuleBasedStateMachine):
    """Arrays and views of them, in pairs: NumPy's and lazyarr's."""

    options: ClassVar[dict[str, object]] = {}

    def __init__(self):
        super().__init__()
        self.pairs: list[tuple[np.ndarray, la.Array]] = []
        self.change = la.config(**self.options)
        self.change.__enter__()
        self.quiet = warnings.catch_warnings()
        self.quiet.__enter__()
        warnings.simplefilter("ignore")

    def teardown(self):
        self.quiet.__exit__(None, None, None)
        self.change.__exit__(None, None, None)
        super().teardown()

    def both(self, program):
        """Run a program on both sides; either both do it, or both raise."""
        results = []
        for xp, side in ((np, 0), (la, 1)):
            try:
                results.append((None, program(xp, side)))
            except Exception as error:  # noqa: BLE001 - whatever NumPy raises
                results.append((error, None))
        (mine, first), (theirs, second) = results
        assert (mine is None) == (theirs is None), (mine, theirs)
        if mine is not None:
            assert isinstance(theirs, type(mine).__mro__[-3]), (mine, theirs)
            return None
        return first, second

    def add(self, made):
        if made is not None and isinstance(made[0], np.ndarray):
            if len(self.pairs) >= MOST:
                self.pairs.pop(0)
            self.pairs.append(made)

    def draw_key(self, data, shape):
        """Draw an index key: basic, with an index array, or a mask."""
        kind = data.draw(st.sampled_from(("basic", "basic", "basic", "array", "mask")))
        if kind == "mask" and shape:
            axes = data.draw(st.integers(1, len(shape)))
            bits = data.draw(st.integers(0, 2**12))
            size = int(np.prod(shape[:axes]))
            flat = [bool(bits >> (k % 12) & 1) for k in range(size)]
            return np.array(flat, bool).reshape(shape[:axes])
        if kind == "array" and shape and shape[0]:
            picks = st.lists(st.integers(-shape[0], shape[0] - 1), max_size=5)
            return np.array(data.draw(picks), np.intp)
        parts = []
        for n in shape[: data.draw(st.integers(0, len(shape)))]:
            end = st.none() | st.integers(-n - 1, n + 1)
            step = st.sampled_from((None, 1, 2, -1, -2))
            cut = st.builds(slice, end, end, step)
            parts.append(data.draw(cut | st.integers(-n, n - 1) if n else cut))
        if data.draw(st.booleans()):
            parts.append(...)
        return parts[0] if len(parts) == 1 else tuple(parts)

    @rule(data=st.data(), dtype=st.sampled_from(DTYPES), shape=st.sampled_from(SHAPES))
    def create(self, data, dtype, shape):
        size = int(np.prod(shape))
        start = data.draw(st.integers(-3, 3))
        values = (np.arange(start, start + size) % 7).reshape(shape).astype(dtype)
        wrap = data.draw(st.sampled_from(("array", "asarray", "zeros")))
        if wrap == "zeros":
            self.add((np.zeros(shape, dtype), la.zeros(shape, dtype=dtype)))
        else:
            self.add((values.copy(), getattr(la, wrap)(values)))

    @precondition(lambda self: self.pairs)
    @rule(data=st.data())
    def view(self, data):
        pair = data.draw(st.sampled_from(self.pairs))
        kind = data.draw(st.sampled_from(("key", "key", "T", "reshape", "part")))
        if kind == "key":
            key = self.draw_key(data, pair[0].shape)
            self.add(self.both(lambda xp, side: pair[side][key]))
        elif kind == "T":
            self.add((pair[0].T, pair[1].T))
        elif kind == "reshape":
            self.add((pair[0].reshape(-1), pair[1].reshape(-1)))
        else:
            name = data.draw(st.sampled_from(("real", "imag")))
            self.add(self.both(lambda xp, side: getattr(pair[side], name)))

    @precondition(lambda self: self.pairs)
    @rule(data=st.data())
    def combine(self, data):
        a, b = (data.draw(st.sampled_from(self.pairs)) for _ in range(2))
        kind = data.draw(st.sampled_from(("+", "*", "neg", "copy", "where")))
        if kind == "+":
            self.add(self.both(lambda xp, side: a[side] + b[side]))
        elif kind == "*":
            number = data.draw(st.sampled_from(NUMBERS))
            self.add(self.both(lambda xp, side: a[side] * number))
        elif kind == "neg":
            self.add(self.both(lambda xp, side: -a[side]))
        elif kind == "copy":
            self.add((a[0].copy(), a[1].copy()))
        else:
            self.add(self.both(lambda xp, side: xp.where(a[side] > 0, b[side], 1)))

    @precondition(lambda self: self.pairs)
    @rule(data=st.data())
    def assign(self, data):
        target = data.draw(st.sampled_from(self.pairs))
        key = self.draw_key(data, target[0].shape)
        if data.draw(st.booleans()):
            number = data.draw(st.sampled_from(NUMBERS))
            values = (number, number)
        else:
            values = data.draw(st.sampled_from(self.pairs))
            if data.draw(st.booleans()):
                cut = self.draw_key(data, values[0].shape)
                made = self.both(lambda xp, side: values[side][cut])
                values = made if made is not None else values

        def program(xp, side):
            target[side][key] = values[side]

        self.both(program)

    @precondition(lambda self: self.pairs)
    @rule(data=st.data(), name=st.sampled_from(sorted(INPLACE)))
    def in_place(self, data, name):
        target = data.draw(st.sampled_from(self.pairs))
        other = data.draw(st.sampled_from(self.pairs))
        if data.draw(st.booleans()):
            number = data.draw(st.sampled_from(NUMBERS))
            other = (number, number)
        # Of an integer element that becomes NaN, NumPy raises at once.
        whole = name == "/=" or data.draw(st.booleans())
        key = ... if whole else self.draw_key(data, target[0].shape)

        def program(xp, side):
            part = target[side][key]
            target[side][key] = INPLACE[name](part, other[side])

        self.both(program)

    @precondition(lambda self: self.pairs)
    @rule(data=st.data())
    def ufunc(self, data):
        a, b, out = (data.draw(st.sampled_from(self.pairs)) for _ in range(3))
        mask = data.draw(st.sampled_from(self.pairs))
        if data.draw(st.booleans()):
            self.both(lambda xp, side: xp.add(a[side], b[side], out=out[side]) is None)
        else:
            self.both(
                lambda xp, side: (
                    xp.multiply(
                        a[side], b[side], out=out[side], where=mask[side].astype(bool)
                    )
                    is None
                )
            )

    @precondition(lambda self: self.pairs)
    @rule(data=st.data())
    def at(self, data):
        target = data.draw(st.sampled_from(self.pairs))
        if target[0].ndim and target[0].shape[0] and target[0].flags.writeable:
            count = target[0].shape[0]
            picks = data.draw(st.lists(st.integers(0, count - 1), max_size=5))
            index = np.array(picks, np.intp)
            self.both(lambda xp, side: np.add.at(target[side], index, 2))

    @precondition(lambda self: self.pairs)
    @rule(
        data=st.data(), how=st.sampled_from(("compute", "item", "persist", "asarray"))
    )
    def read(self, data, how):
        mine, theirs = data.draw(st.sampled_from(self.pairs))
        if how == "compute":
            result = theirs.compute()
            if isinstance(result, np.ndarray) and result.size:
                result[...] = 0  # it is the user's
        elif how == "asarray":
            np.asarray(theirs)
        elif how == "persist":
            theirs.persist()[...] = 0
        elif mine.size:
            place = tuple(data.draw(st.integers(0, n - 1)) for n in mine.shape)
            np.testing.assert_array_equal(theirs[place].compute(), mine[place])

    @invariant()
    def shapes_agree(self):
        for mine, theirs in self.pairs:
            assert mine.shape == theirs.shape
            assert mine.dtype == theirs.dtype

    @precondition(lambda self: self.pairs)
    @rule()
    def look(self):
        for mine, theirs in self.pairs:
            np.testing.assert_array_equal(theirs.compute(), mine)

    def check_end(self):
        if self.pairs:
            self.look()


OPTIONS = [
    {},
    {"pending_writes": 2, "pending_bytes": 0},
    {"pending_writes": 2, "small_path": False, "tile_elements": 4},
    {"small_path": False, "fusion": False},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_alias_is_as_in_numpy_after_every_step(options):
    machine = type("Machine", (Mutation,), {"options": options})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
