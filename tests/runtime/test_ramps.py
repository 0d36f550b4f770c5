"""Index ramps that are written down where they are wanted."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.ops.structural import Progression
from lazyarr.runtime.ramps import counted, whole_ramp

STEPS = st.integers(-5, 5).filter(bool)
TYPES = st.sampled_from([np.int64, np.float64])


@given(
    start=st.integers(-(1 << 60), 1 << 60) | st.integers(-9, 9),
    step=STEPS,
    n=st.integers(0, 9000) | st.just(40_000),
    dtype=TYPES,
    gap=st.integers(1, 3),
)
def test_numbers_are_those_of_integers_cast(start, step, n, dtype, gap):
    ramp = Progression(start, (step,), (n,))
    wanted = (start + step * np.arange(n)).astype(dtype)
    out = np.full(gap * n, 7, dtype)[::gap]
    counted(ramp, out, dtype=np.dtype(dtype))
    np.testing.assert_array_equal(out, wanted)
    np.testing.assert_array_equal(whole_ramp(ramp, np.dtype(dtype)), wanted)


@given(n=st.integers(0, 70), m=st.integers(0, 70), step=STEPS, dtype=TYPES)
def test_numbers_along_two_axes(n, m, step, dtype):
    ramp = Progression(3, (1000, step), (n, m))
    out = np.empty((m, n), dtype).T
    counted(ramp, out, dtype=np.dtype(dtype))
    np.testing.assert_array_equal(
        out, 3 + np.add.outer(1000 * np.arange(n), step * np.arange(m))
    )


def written(xp, n, kind):
    x = xp.zeros(2 * n, kind)
    x[::2] = xp.arange(n)
    x[: n // 2] += xp.arange(n // 2).astype(kind)
    return x


@given(
    n=st.integers(0, 3000),
    tile=st.sampled_from([64, 1000, 1 << 17]),
    key=st.sampled_from([slice(None), slice(None, None, -1), slice(5, -3, 2)]),
    kind=st.sampled_from([int, float, complex, np.int8, np.float32]),
)
def test_ranges_are_numpys(n, tile, key, kind):
    with la.config(tile_elements=tile, small_bytes=0):
        for program in (
            lambda xp: xp.arange(n)[key].astype(kind),
            lambda xp: xp.arange(2 * n).reshape(n, 2)[key].astype(kind),
            lambda xp: xp.arange(2 * n).reshape(2, n).T[:, ::-1].astype(kind),
            lambda xp: written(xp, n, kind),
            lambda xp: xp.arange(n) + xp.arange(n).astype(kind),
            lambda xp: xp.arange(n).astype(kind).sum(),
            lambda xp: xp.arange(4 * n).reshape(n, 4).astype(float).sum(axis=1) + 1,
        ):
            found, wanted = program(la).compute(), program(np)
            np.testing.assert_array_equal(found, wanted)
            assert found.dtype == wanted.dtype


def test_places_that_floats_do_not_tell_apart():
    far = la.arange(1 << 61)[(1 << 60) + 1 :: 1 << 58]
    wanted = np.arange(4) * (1 << 58) + (1 << 60) + 1
    np.testing.assert_array_equal(far.astype(float).compute(), wanted.astype(float))
    np.testing.assert_array_equal(far.compute(), wanted)


@pytest.mark.parametrize("kind", [int, float])
def test_a_long_range_is_counted_into_its_result(kind):
    n = 1 << 21
    with la.config(threads=1, result_pool_bytes=0):
        made = la.arange(n).astype(kind)
        made.compute()
        tracemalloc.start()
        made.compute()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * n + (1 << 17)  # no array of a tile's numbers beside it
