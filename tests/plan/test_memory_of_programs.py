"""The predicted peak of every plan that the programs of the corpus make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.plan.beside import scratch_of
from lazyarr.runtime import pool
from tests.corpus.registry import given, load
from tests.corpus.test_programs import read

ROOT = Path(__file__).parents[2]
CORPUS = load()
MOST = 1.1  # times what is measured
SMALL = 3 << 17  # bytes of Python's objects, and of NumPy's buffers
# What is smaller than elsewhere, as it makes many plans, or one of very many stages.
SIZES = {
    "autocorrelation": 3000,
    "binomial_tree": 300,
    "contour_integral": 50,
    "kalman_filter": 40,
    "knapsack_by_rows": 100,
    "levinson_recursion": 40,
    "lorenz_by_runge_kutta": 50,
    "lu_by_slices": 60,
    "pairs_in_a_fold": 10,
    "qr_by_householder": 50,
    "recursive_edge_filter": 200,
    "residual_block": 30,
    "rule_30": 300,
    "sieve": 1_000_000,
    "sweeps_of_implicit_diffusion": 200,
}
# What LAPACK works in for the corpus, with square matrices of so many rows: bytes of which
# NumPy tells from 2.5 on.
AREAS = {
    ("eigh_lo", 200): 980_072,
    ("inv", 400): 2_563_816,
    ("lstsq", 400): 1_671_236,
    ("qr_r_raw", 200): 373_368,
    ("qr_reduced", 200): 693_504,
    ("slogdet", 400): 1_283_936,
    ("solve1", 400): 1_287_048,
    ("svd", 400): 1_523_768,
    ("svd_s", 200): 1_946_744,
}
# What pocketfft works in for the corpus, of which NumPy does not tell, by results' lengths.
LINES = {
    ("fft", 16_384): 525_056,
    ("fft", 500_000): 16_000_720,
    ("ifft", 500_000): 16_000_720,
    ("irfft", 262_144): 4_195_552,
    ("rfft_n_even", 100_001): 3_201_040,
    ("rfft_n_even", 131_073): 4_195_552,
}
RUNS = 2  # of each plan that are measured
ALIKE = 3  # plans of the same operations that are measured
GROUPS = 2  # of programs, each of which is measured in a process of its own


class Measured:
    """What runs a plan, and measures its first runs."""

    def __init__(self, ready):
        self.executable = ready.executable
        self.predicted = ready.plan.memory.need + scratch_of(ready.plan)
        self.peaks = []

    def run(self, leaves, *rest, **keywords):
        if len(self.peaks) == RUNS:
            return self.executable.run(leaves, *rest, **keywords)
        pool.results.clear()
        pool._scratches.clear()
        tracemalloc.start()
        try:
            return self.executable.run(leaves, *rest, **keywords)
        finally:
            self.peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()


def telling(function, area_of):
    """Return a function that holds as much as it works in, but is silent of."""

    def told(*arrays, **options):
        area = bytearray(area_of(*arrays, **options))
        result = function(*arrays, **options)
        del area
        return result

    return told


def turned(keys, axis=-1):
    """Return what places are turned in by digits, or else merged in."""
    digits = any(key.dtype.itemsize < 3 for key in keys)
    return keys[0].shape[axis] * (8 if digits else 4)


def turned_of_one(x, axis=-1, kind=None):
    return turned([x], axis) if kind == "stable" else 0


def tell():
    """Let functions tell of what they work in, if NumPy does not."""
    transforms = np.fft._pocketfft.pfu
    for name in {name for name, _ in LINES}:

        def of_line(x, factor, *, out, name=name, **rest):
            return LINES.get((name, out.size), 0)

        setattr(transforms, name, telling(getattr(transforms, name), of_line))
    if np.lib.NumpyVersion(np.__version__) >= "2.5.0":
        return
    np.lexsort = telling(np.lexsort, turned)
    np.argsort = telling(np.argsort, turned_of_one)
    silent = np.linalg._linalg._umath_linalg
    for name, _ in AREAS:

        def of_matrix(x, *rest, name=name, **options):
            return AREAS.get((name, len(x)), 0)

        setattr(silent, name, telling(getattr(silent, name), of_matrix))


def run(program, size):
    options = {"threads": 1, "result_pool_bytes": 0, "small_path": False}
    with la.config(**options), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = given(la, program.arguments(size))
        read(program.run(la, *inputs))
        for x in inputs:
            read(x)


def survey(group):
    """Return the measured peaks of the plans of a group's programs, and the predicted."""
    tell()
    plans, alike, prepare = [], Counter(), evaluate._prepare

    def noted(*args, **keywords):
        ready = prepare(*args, **keywords)
        kind = tuple([(stage.kind, stage.ops) for stage in ready.plan.stages])
        alike[kind] += 1
        if alike[kind] > ALIKE:
            return ready
        plans.append(Measured(ready))
        return ready._replace(executable=plans[-1], direct=None)

    evaluate._prepare = noted
    found = {}
    for name in names(group):
        plans.clear()
        alike.clear()
        evaluate.clear_cache()
        program = CORPUS[name]
        usual = program.sizes[1] if program.loops else program.large
        run(program, SIZES.get(name, usual))
        found[name] = [(max(p.peaks), p.predicted) for p in plans if p.peaks]
    return found


def names(group):
    """Return the names of every other program."""
    return sorted(CORPUS)[group::GROUPS]


@pytest.mark.parametrize("group", range(GROUPS))
def test_predicted_peaks_of_programs_are_near_the_measured_ones(group):
    # In a process of its own: what ran before is remembered, and may need less.
    command = [sys.executable, "-m", "tests.plan.test_memory_of_programs", str(group)]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    made = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    found = json.loads(made.stdout)
    assert list(found) == names(group)
    assert all(found.values())
    above = {
        name: [pair for pair in pairs if pair[0] > pair[1]]
        for name, pairs in found.items()
    }
    assert {name: pairs for name, pairs in above.items() if pairs} == {}
    further = {
        name: [(p, f) for p, f in pairs if f > MOST * p + SMALL]
        for name, pairs in found.items()
    }
    assert {name: pairs for name, pairs in further.items() if pairs} == {}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(survey(int(sys.argv[1]))))
