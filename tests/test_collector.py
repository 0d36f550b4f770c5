"""What plans keep the garbage collector away from is not the user's garbage."""

from __future__ import annotations

import gc
import weakref

import numpy as np

import lazyarr as la
from lazyarr import evaluate


class Ring:
    """What refers to itself, and goes when it is collected."""

    def __init__(self):
        self.own = self


def test_garbage_stays_young_when_a_large_graph_is_planned(monkeypatch):
    monkeypatch.setattr(evaluate, "_LARGE", 2)
    evaluate._planning()
    evaluate.clear_cache()
    thresholds = gc.get_threshold()
    gc.set_threshold(10**8)  # nothing is collected but what is asked for
    try:
        gone = weakref.ref(Ring())
        x = la.asarray(np.ones(100_000))
        assert (x * 2 + 1).compute()[0] == 3
        assert gc.isenabled()
        assert gone() is not None
        gc.collect(1)
        assert gone() is None
    finally:
        gc.set_threshold(*thresholds)
