"""The predicted peak of every plan that the programs of the corpus make on a GPU."""

from __future__ import annotations

import warnings

import pytest

import lazyarr as la
from lazyarr import evaluate
from tests.corpus.registry import given, load
from tests.corpus.test_programs import read

pytestmark = pytest.mark.gpu
CORPUS = load()
ARRAYS = sorted(name for name, program in CORPUS.items() if not program.loops)
# At their large sizes these take a GPU, which is asked for each small step, many seconds.
SMALLER = frozenset(
    [
        "distances_in_a_maze",
        "kalman_filter",
        "levinson_recursion",
        "residual_block",
        "rule_30",
        "sorting_by_columns",
    ]
)
SIZES = {
    "knapsack_by_rows": 100,
    "lorenz_by_runge_kutta": 50,
    "lu_by_slices": 60,
    "recursive_edge_filter": 200,
    "sieve": 100_000,
    "sweeps_of_implicit_diffusion": 200,
}
SMALL = 1 << 19  # bytes
MOST = 1.1  # times what is measured
RUNS = 3  # of each plan that are measured


class Measured:
    """What runs a plan, and measures its first runs."""

    def __init__(self, ready):
        self.executable = ready.executable
        self.plan = ready.plan
        self.peaks = []

    def run(self, leaves, *rest, **keywords):
        if len(self.peaks) == RUNS:
            return self.executable.run(leaves, *rest, **keywords)
        cupy = pytest.importorskip("cupy")
        cupy.fft.config.get_plan_cache().clear()  # areas that stay are needed, too
        pool = cupy.get_default_memory_pool()
        before = pool.used_bytes()

        class Peak(cupy.cuda.MemoryHook):
            name = "peak"
            bytes = before

            def malloc_postprocess(self, **allocation):
                self.bytes = max(self.bytes, pool.used_bytes())

        with Peak() as peak:
            try:
                return self.executable.run(leaves, *rest, **keywords)
            finally:
                self.peaks.append(peak.bytes - before)


@pytest.fixture
def plans(monkeypatch):
    """Note the plans that are made for a GPU."""
    found, prepare = [], evaluate._prepare

    def noted(*args, **keywords):
        ready = prepare(*args, **keywords)
        if ready.plan.device == "cpu":
            return ready
        found.append(Measured(ready))
        return ready._replace(executable=found[-1], direct=None)

    monkeypatch.setattr(evaluate, "_prepare", noted)
    evaluate.clear_cache()
    yield found
    evaluate.clear_cache()


def folded():
    """Reduce so much that the memory for partial results, which stays, is there."""
    x = la.arange(3_000_000, dtype="f8").reshape(1000, 3000)
    parts = (x.sum(axis=0), x.sum(axis=1), x.var(), x.argmax(axis=0))
    la.compute(*parts, device="gpu")


@pytest.mark.parametrize("name", ARRAYS)
def test_predicted_peaks_of_programs_are_near_the_measured_ones(name, plans):
    program = CORPUS[name]
    size = program.sizes[1] if name in SMALLER else program.large
    size = SIZES.get(name, size)
    folded()
    plans.clear()
    options = {"device": "gpu", "small_path": False, "learn": False}
    with la.config(**options), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = given(la, program.arguments(size))
        read(program.run(la, *inputs))
    pairs = [(max(p.peaks), p.plan.memory.need) for p in plans if p.peaks]
    assert [pair for pair in pairs if pair[0] > pair[1]] == []
    assert [(p, f) for p, f in pairs if f > MOST * p + SMALL] == []
