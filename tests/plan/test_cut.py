"""The parts of a cut cover the loop once, and what they are follows from shape and tile."""

import itertools
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazyarr.plan.cut import PARTIALS, RUN, VECTOR, collapse, cut

loops = st.lists(st.integers(1, 12), min_size=1, max_size=4).map(tuple)


@st.composite
def cases(draw):
    loop = draw(loops)
    folded = tuple(draw(st.booleans()) for _ in loop)
    return loop, folded, draw(st.integers(1, 700)), draw(st.booleans())


def boxes(split):
    for block, piece in itertools.product(range(split.blocks), range(split.pieces)):
        yield split.ranges(block, piece)


@settings(deadline=None)
@given(cases())
def test_parts_and_their_tiles_cover_every_element_once(case):
    loop, folded, tile, rows = case
    split = cut(loop, folded, tile, rows=rows)
    seen = np.zeros(loop, int)
    for part in boxes(split):
        inside = np.zeros(loop, int)
        for box in split.tiles(part):
            inside[tuple(slice(*r) for r in box)] += 1
        expected = np.zeros(loop, int)
        expected[tuple(slice(*r) for r in part)] = 1
        assert np.array_equal(inside, expected)
        seen += inside
    assert (seen == 1).all()
    assert split.parts == split.blocks * split.pieces


@settings(deadline=None)
@given(cases())
def test_parts_of_one_block_differ_along_folded_axes_only(case):
    loop, folded, tile, rows = case
    split = cut(loop, folded, tile, rows=rows)
    places = set()
    for block in range(split.blocks):
        kept = {
            tuple(
                r
                for r, fold in zip(split.ranges(block, p), folded, strict=True)
                if not fold
            )
            for p in range(split.pieces)
        }
        assert len(kept) == 1
        places |= kept
    assert len(places) == split.blocks


@settings(deadline=None)
@given(cases())
def test_tiles_are_no_larger_than_asked_unless_rows_are(case):
    loop, folded, tile, _ = case
    split = cut(loop, folded, tile)
    assert prod(split.tile) <= max(tile, VECTOR)
    rows = cut(loop, folded, tile, rows=True)
    assert all(
        t == n for t, n, fold in zip(rows.tile, loop, folded, strict=True) if fold
    )
    assert rows.pieces == 1


@given(st.integers(1, 10**9), st.integers(VECTOR, 10**6))
def test_flat_tiles_begin_at_whole_vectors(n, tile):
    split = cut((n,), (False,), tile)
    assert split.tile == (n,) or split.tile[0] % VECTOR == 0
    assert split.tile[0] <= tile


def test_rows_of_odd_length_are_cut_where_vectors_end():
    split = cut((10_000, 33), (False, False), 65_536)
    assert split.tile[1] == 33
    assert split.tile[0] * 33 % VECTOR == 0


def test_tiles_of_one_loop_are_about_equal():
    # Two threads are done at once: 65 536 and 34 464 would keep one waiting.
    assert cut((100_000,), (False,), 65_536).tile == (50_048,)


@given(st.integers(600, 3000), st.integers(2, 600), st.integers(1 << 16, 1 << 17))
def test_tiles_of_rows_are_about_equal(rows, row, tile):
    split = cut((rows, row), (False, False), tile)
    height = split.tile[0]
    assert split.tile[1] == row
    assert split.parts == 1 or split.parts % 2 == 0
    last = rows - (split.parts - 1) * height
    assert last >= height * 3 // 4 - split.parts


@pytest.mark.parametrize(
    ("loop", "folded", "combines"),
    [
        ((1000, 1000), (False, True), False),
        ((10_000_000,), (True,), True),
        ((100_000, 300), (True, False), True),
        ((300, 2_000_000), (True, False), False),
    ],
)
def test_kept_axes_are_cut_first(loop, folded, combines):
    split = cut(loop, folded, 65_536)
    assert (split.pieces > 1) is combines


def test_a_folded_first_axis_keeps_long_runs_and_folds_in_the_tile():
    split = cut((10_000, 10_000), (True, False), 65_536)
    assert split.tile[1] <= RUN
    assert split.tile[1] >= RUN // 2
    assert split.tile[0] > 8


@settings(deadline=None)
@given(cases())
def test_partial_results_are_bounded(case):
    loop, folded, tile, _ = case
    split = cut(loop, folded, tile)
    kept = prod(n for n, fold in zip(loop, folded, strict=True) if not fold)
    assert split.pieces == 1 or split.pieces * kept <= 2 * PARTIALS


def test_collapse_joins_neighbours_and_drops_single_axes():
    assert collapse((2, 3, 4), lambda a, b: True) == ((0, 1, 2),)
    assert collapse((2, 3, 4), lambda a, b: False) == ((0,), (1,), (2,))
    assert collapse((2, 1, 4), lambda a, b: (a, b) == (0, 2)) == ((0, 2),)
    assert collapse((1, 1), lambda a, b: True) == ()


def test_a_loop_without_axes_is_one_part():
    split = cut((), (), 10)
    assert split.parts == 1
    assert list(split.tiles(split.ranges(0))) == [()]
