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
