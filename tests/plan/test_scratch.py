"""How much memory the tiles of a stage work in."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.evaluate import plan_of
from lazyarr.plan.scratch import MOST, SMALLEST, tile_of


@pytest.mark.parametrize("count", [1 << 20, 1_000_003])
def test_tiles_whose_bits_depend_on_the_layout_are_made_smaller_too(count):
    z = np.random.default_rng(1).standard_normal(count)

    def made(xp, x):
        waves = (xp.sin(x) * xp.cos(x) + xp.exp(x) * xp.tanh(x)) * (x * x + x)
        return waves * (xp.sin(x + 1) * xp.cos(x - 1) + x * (x + 2))

    with la.config(device="cpu"):
        lazy = made(la, la.asarray(z))
        plan = plan_of((lazy._node,))
        (stage,) = plan.stages
        tiling = tile_of(stage, plan.values, 131_072)
        assert tiling.kept
        assert tiling.scratch <= MOST
        assert tiling.elements >= SMALLEST
        assert lazy.compute().tobytes() == made(np, z).tobytes()


def test_a_chain_is_computed_where_its_result_is_stored():
    x = np.random.default_rng(2).standard_normal(300_000)
    chain = (la.asarray(x) * 2 - x) * x + 1
    with la.config(device="cpu"):
        plan = plan_of((chain._node,))
        (stage,) = plan.stages
        assert tile_of(stage, plan.values, 131_072).scratch == 0
        assert chain.compute().tobytes() == ((x * 2 - x) * x + 1).tobytes()


@pytest.mark.parametrize("seed", range(8))
def test_results_that_lend_their_memory_hold_their_own_values(seed):
    """Several results of one stage, of several dtypes, in whatever order they end."""
    rng = np.random.default_rng(seed)
    start = [rng.standard_normal(150_000), rng.standard_normal(150_000)]
    start += [rng.integers(-9, 9, 150_000)]
    steps = [(int(rng.integers(4)), *rng.integers(0, 99, 2)) for _ in range(24)]
    ends = rng.integers(0, 99, 4)

    def made(xp, arrays):
        held = list(arrays)
        for kind, i, j in steps:
            x, y = held[-1 - i % min(5, len(held))], held[-1 - j % min(5, len(held))]
            held.append([x + y, x - y, xp.where(x > y, x, 2 * y), -x][kind])
        return [held[-1 - k % 9] for k in ends]

    with la.config(device="cpu", tile_elements=1 << 15):
        found = la.compute(*made(la, [la.asarray(x) for x in start]))
    for mine, numpys in zip(found, made(np, start), strict=True):
        assert mine.dtype == numpys.dtype
        assert mine.tobytes() == numpys.tobytes()
