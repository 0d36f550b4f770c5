"""Windows on a real device: bits, memory, copies."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate

pytestmark = pytest.mark.gpu

RNG = np.random.default_rng(5)
A = RNG.standard_normal((400_000, 32))  # 98 MiB
B = RNG.standard_normal((400_000, 32))


def softmax(a, b):
    e = la.exp(a - la.max(a, axis=1, keepdims=True))
    return e / la.sum(e, axis=1, keepdims=True) + b


MAPS = {
    "map": lambda a, b: (a * 5) ** 2 + b * a - 3,
    "stencil": lambda a, b: a[2:] - 2 * a[1:-1] + a[:-2] + b[1:-1],
    "ramp": lambda a, b: a * la.arange(400_000.0)[:, None] + b,
    "softmax": softmax,
}
FOLDS = {
    "sum": lambda a, b: (a * 2 + b).sum(),
    "columns": lambda a, b: (a * b).sum(axis=0) / 3,
    "std": lambda a, b: la.std(a * b),
    "argmax": lambda a, b: la.argmax(a * b),
}
CORPUS = {
    **MAPS,
    **FOLDS,
    "chain": lambda a, b: la.exp(la.sort(a * 2, axis=1) + b).sum(axis=0),
    "several": lambda a, b: (a + b, a * b, (a - b).sum()),
}


def run(make, limit=None):
    evaluate.clear_cache()
    with la.config(memory_limit=limit, device="gpu"):
        made = make(la.asarray(A), la.asarray(B))
        return la.explain(made).plan, made.compute()


@pytest.mark.parametrize("name", MAPS)
def test_maps_have_the_same_bits_in_windows(name):
    _, expected = run(MAPS[name])
    plan, found = run(MAPS[name], "32MiB")
    assert max(one.windows for one in plan.passes) > 3
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", FOLDS)
def test_reductions_are_carried_and_the_same_every_time(name):
    _, expected = run(FOLDS[name])
    _, found = run(FOLDS[name], "32MiB")
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_array_equal(run(FOLDS[name], "32MiB")[1], found)


@pytest.mark.parametrize("limit", [None, "32MiB"])
@pytest.mark.parametrize("name", ["map", "softmax", "several", "sum"])
def test_the_predicted_peak_is_not_below_the_measured_one(name, limit):
    cupy = pytest.importorskip("cupy")
    pool = cupy.get_default_memory_pool()

    class Peak(cupy.cuda.MemoryHook):
        name = "peak"
        bytes = 0

        def malloc_postprocess(self, **allocation):
            self.bytes = max(self.bytes, pool.used_bytes())

    make = CORPUS[name]
    with la.config(device="gpu", memory_limit=limit):
        made = make(la.asarray(A), la.asarray(B))
        made = made if isinstance(made, tuple) else (made,)
        la.compute(*made)  # scratch that stays
        predicted = la.explain(*made).plan.memory.need
        before = pool.used_bytes()
        with Peak() as peak:
            la.compute(*made)
    measured = peak.bytes - before
    assert measured <= predicted
    assert predicted <= 1.1 * measured + (1 << 20)


def test_the_ledger_counts_what_streams():
    with la.config(memory_limit="32MiB", device="gpu"), la.transfers() as copies:
        (la.asarray(A) * 2 + 1).compute()
    up = sum(one.nbytes for one in copies if one.direction == "to device")
    down = sum(one.nbytes for one in copies if one.direction == "to host")
    assert (up, down) == (A.nbytes, A.nbytes)
