"""Index arrays in even steps: what a slice shows, with NumPy's bits and errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.evaluate import plan_of
from lazyarr.testing import RaiseIfComputed

N = 200_000  # beyond what is computed on the spot
FEW = 400
X = np.random.default_rng(0).integers(-5, 6, 3 * N).cumsum()


def _ops(lazy):
    stages = plan_of((lazy._current(),)).stages
    return {instr.op.name for stage in stages for instr in stage.body}


CASES = {
    "a range": lambda np, x: x[np.arange(N)],
    "every second": lambda np, x: x[np.arange(N) * 2],
    "moved": lambda np, x: x[7 + 2 * np.arange(N)],
    "less": lambda np, x: x[np.arange(10, N) - 10],
    "backwards": lambda np, x: x[N - np.arange(N)],
    "from the end": lambda np, x: x[-1 - np.arange(N)],
    "narrow": lambda np, x: x[np.arange(N, dtype=np.int32) * 3],
    "between": lambda np, x: x[np.arange(3, 2 * N, 2)],
    "of an expression": lambda np, x: (x + 1)[np.arange(N) * 2],
    "of a view": lambda np, x: x[::-2][np.arange(N)],
}


@pytest.mark.parametrize("name", CASES)
def test_numbers_in_even_steps_select_as_a_slice_shows(name):
    made = CASES[name]
    with RaiseIfComputed():
        lazy = made(la, la.asarray(X))
    assert "getitem" not in _ops(lazy)
    wanted, found = made(np, X), lazy.compute()
    assert found.dtype == wanted.dtype
    assert found.strides == wanted.strides
    assert found.tobytes() == wanted.tobytes()


def test_sums_of_ranges_are_one_stage():
    prefix = la.asarray(X) + 0
    queries = la.arange(N)
    ranges = prefix[queries * 2] - prefix[queries]
    assert len(plan_of((ranges._current(),)).stages) == 1
    assert np.array_equal(ranges.compute(), X[: 2 * N : 2] - X[:N])


def test_what_is_selected_is_a_copy():
    x = la.asarray(X) + 0
    part = x[la.arange(N) * 2]
    x[:] = 0
    part += 1
    assert np.array_equal(part.compute(), X[: 2 * N : 2] + 1)
    assert not x.compute().any()


@pytest.mark.parametrize(
    "index",
    [
        lambda np: np.arange(N) * 9,
        lambda np: np.arange(N) - 3 * N - 1,
        lambda np: np.arange(N) * -9,
        lambda np: np.arange(3 * N) + 1,
    ],
)
def test_an_index_out_of_bounds_is_an_error_of_the_call(index):
    with pytest.raises(IndexError, match="out of bounds"):
        X[index(np)]
    with pytest.raises(IndexError, match="out of bounds"):
        la.asarray(X)[index(la)]


def test_what_passes_zero_or_comes_round_is_taken_as_numpy_does():
    x = la.asarray(X)
    around = la.arange(N) - 5
    assert np.array_equal(x[around].compute(), X[np.arange(N) - 5])
    narrow = la.arange(N, dtype=np.uint16) * np.uint16(3)
    wanted = X[np.arange(N, dtype=np.uint16) * np.uint16(3)]
    assert np.array_equal(x[narrow].compute(), wanted)
    same = la.arange(N) * 0
    assert np.array_equal(x[same].compute(), X[np.arange(N) * 0])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-3, 3),
    st.integers(-FEW, 3 * FEW),
    st.integers(1, FEW),
    st.booleans(),
)
def test_any_steps_are_numpys(step, start, count, turned):
    def index(np):
        numbers = np.arange(count) * step
        return start - numbers if turned else numbers + start

    with la.config(small_path=False, small_bytes=0):
        try:
            wanted = X[: 3 * FEW][index(np)]
        except IndexError:
            with pytest.raises(IndexError):
                la.asarray(X[: 3 * FEW])[index(la)]
            return
        found = la.asarray(X[: 3 * FEW])[index(la)].compute()
    assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("known", [False, True])
def test_unsigned_numbers_that_come_round_count_from_the_end(known):
    """NumPy takes 64 bits without a sign as those of a signed number."""

    def index(np):
        return np.uint64(3) - np.arange(N, dtype=np.uint64)

    key = la.asarray(index(np)) if known else index(la)
    assert np.array_equal(la.asarray(X)[key].compute(), X[index(np)])
    written, wanted = la.asarray(X) + 0, X.copy()
    written[key] = 5
    wanted[index(np)] = 5
    assert np.array_equal(written.compute(), wanted)
    with pytest.raises(IndexError, match="out of bounds"):
        la.asarray(X[:9])[key]
