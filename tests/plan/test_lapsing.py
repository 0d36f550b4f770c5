"""Stages on whole arrays that write over what nobody needs any more."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime.whole_stages import WholeStages

SIDE = 600  # rows of what is longer than a tile, and soon done


@pytest.fixture
def over(monkeypatch):
    """Return of each result of calls on whole arrays whether it lies where another lay."""
    found = []
    run = WholeStages.run

    def noted(self, held, trace=None):
        before = {id(held[number]) for number in self.reads}
        run(self, held, trace)
        found.extend(id(held[number]) in before for number in self.writes)

    monkeypatch.setattr(WholeStages, "run", noted)
    return found


def decaying(xp, h):
    u = xp.zeros((SIDE + 1, SIDE))
    for _ in range(3):
        u[1:-1, :] -= 0.5 * (h[1:] - h[:-1])
        u *= 0.999
    return (u,)


def shown(xp, h):
    """What a view shows is read after the array has been."""
    u = xp.zeros((SIDE + 1, SIDE))
    u[1:-1, :] -= h[1:] - h[:-1]
    half = u[: SIDE // 2]
    u = u * 0.5
    u[1:-1, :] += h[1:]
    return u, half + 1


def kept(xp, h):
    """What is read is a result, too."""
    u = xp.zeros((SIDE + 1, SIDE))
    u[1:-1, :] -= h[1:] - h[:-1]
    return u, u * 0.5


@pytest.mark.parametrize(("program", "count"), [(decaying, 3), (shown, 0), (kept, 0)])
def test_calls_write_over_what_dies(over, program, count):
    h = np.random.default_rng(1).random((SIDE, SIDE))
    found = la.compute(*program(la, la.asarray(h)))
    for ours, theirs in zip(found, program(np, h), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert over.count(True) == count
