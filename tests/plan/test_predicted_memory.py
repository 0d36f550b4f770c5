"""The predicted peak beside what NumPy really allocates, over a corpus of plans."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.runtime import pool

ROWS, COLS = 40_000, 32
A = np.random.default_rng(0).random((ROWS, COLS))  # 9.8 MiB
B = np.random.default_rng(1).random((ROWS, COLS))
# Threads work in tiles beside the arrays: bounded, whatever the arrays' size.
SCRATCH = 4 << 20


def softmax(a, b):
    e = la.exp(a - la.max(a, axis=1, keepdims=True))
    return (e / la.sum(e, axis=1, keepdims=True),)


def updated(a, b):
    z = a * 2
    z[5:9] = b[5:9]
    return (z + z[::-1],)


CORPUS = {
    "map": lambda a, b: (a * 2 + b,),
    "several": lambda a, b: (a + b, a * b, (a - b).sum(axis=0)),
    "softmax": softmax,
    "standardized": lambda a, b: ((a - a.mean(axis=0)) / la.std(a, axis=0) + b,),
    "sorted": lambda a, b: (la.sort(a * 2, axis=0) + b,),
    "product": lambda a, b: ((a * 2) @ la.asarray(B[:COLS]),),
    "updated": updated,
    "narrow": lambda a, b: (la.astype(a * 9, "i2"), (a > b)),
    "joined": lambda a, b: (la.concat([a * 2, b + 1]),),
}
CHAINS = {
    "chain": lambda a, b: (la.exp(a * 2 + b) - 1,),
    "diamond": lambda a, b: (la.exp(a) * la.sin(a) + la.cos(b),),
}


def measured(make, **options):
    """Return the predicted and the measured peak of a plan, beside its inputs."""
    with la.config(threads=1, result_pool_bytes=0, small_path=False, **options):
        made = make(la.asarray(A), la.asarray(B))
        predicted = la.explain(*made).plan.memory.need
        la.compute(*made)  # what is kept for all later runs
        evaluate.clear_cache()
        pool.results.clear()
        tracemalloc.start()
        found = la.compute(*made)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    del found
    return predicted, peak


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {}) for name in CORPUS),
        *((name, {"fusion": False}) for name in CHAINS),
        *((name, {"fusion": False, "memory_limit": "15MiB"}) for name in CHAINS),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_the_predicted_peak_is_near_the_measured_one(name, options):
    predicted, peak = measured({**CORPUS, **CHAINS}[name], **options)
    assert peak <= predicted + SCRATCH
    assert predicted <= 1.1 * peak


@pytest.mark.xfail(reason="a reshape of what lies transposed in memory copies it")
def test_a_reshape_across_the_order_of_memory_is_predicted():
    predicted, peak = measured(lambda a, b: ((a.T * 2).reshape(ROWS, COLS) + b,))
    assert peak <= predicted + SCRATCH
