"""The predicted peak of every plan that the programs of the corpus make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path

import lazyarr as la
from lazyarr import evaluate
from lazyarr.plan.beside import scratch_of
from lazyarr.runtime import pool
from tests.corpus.registry import given, load
from tests.corpus.test_programs import read

ROOT = Path(__file__).parents[2]
CORPUS = load()
SMALL = 3 << 17  # bytes of Python's objects, and of NumPy's buffers
# Programs whose plans are many, or take seconds.
LONG = frozenset(
    [
        "burgers",
        "gray_scott",
        "laplace_until_converged",
        "diffusion_in_three_dimensions",
        "mandelbrot",
        "julia",
        "sobel",
        "to_hue_and_value",
        "turns_and_mirrors",
        "game_of_life",
        "game_of_life_in_place",
        "rule_30",
        "sieve",
        "collatz_lengths",
        "flood_fill",
        "pascals_triangle",
        "n_body",
        "lorenz_by_runge_kutta",
        "logistic_map",
        "lotka_volterra",
        "kuramoto",
        "kalman_filter",
        "boids",
        "matrix_exponential",
        "projectiles",
        "gauss_seidel",
        "lu_by_slices",
        "qr_by_householder",
        "floyd_warshall",
        "floyd_warshall_in_place",
        "decompositions",
        "solutions_of_systems",
        "quadrature",
        "bisection",
        "chebyshev",
        "gauss_newton",
        "k_means",
        "perceptron_with_a_hidden_layer",
        "matrix_factorisation",
        "rolling_windows",
        "spectral_derivative",
        "autocorrelation",
        "join_by_key",
        "descriptions",
        "missing_values",
        "knapsack_by_rows",
        "binomial_tree",
        "ray_marcher",
        "bezier",
        "monte_carlo_pi",
        "importance_sampling",
        "ising",
        "mixture_of_gaussians",
        "distances_in_a_maze",
        "note_with_echo",
        "sweeps_of_implicit_diffusion",
        "recursive_edge_filter",
        "levinson_recursion",
        "azimuthal_means",
        "vertical_advection",
        "limited_diffusion",
        "contour_integral",
        "mandelbrot_of_what_is_left",
        "residual_block",
        "fft_by_strides",
    ]
)
# Where the prediction is further off than a tenth, as it is of what values can need.
FURTHER = {
    "sets_of_keys": (
        7,
        "a table of keys is as long as their range, which may be small",
    ),
    "sorting_by_columns": (
        1.3,
        "integers of a small range are narrowed before they are sorted, others copied",
    ),
}
RUNS = 2  # of each plan that are measured


class Measured:
    """What runs a plan, and measures its first runs."""

    def __init__(self, ready):
        self.executable = ready.executable
        self.plan = ready.plan
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


def run(program, size):
    options = {"threads": 1, "result_pool_bytes": 0, "small_path": False}
    with la.config(**options), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inputs = given(la, program.arguments(size))
        read(program.run(la, *inputs))
        for x in inputs:
            read(x)


def survey():
    """Return the measured peak of every plan of every program, and the predicted one."""
    plans, prepare = [], evaluate._prepare

    def noted(*args, **keywords):
        ready = prepare(*args, **keywords)
        plans.append(Measured(ready))
        return ready._replace(executable=plans[-1], direct=None)

    evaluate._prepare = noted
    found = {}
    for name, program in CORPUS.items():
        if not program.loops and name not in LONG:
            plans.clear()
            evaluate.clear_cache()
            run(program, program.large)
            found[name] = [(max(p.peaks), p.predicted) for p in plans if p.peaks]
    return found


def test_predicted_peaks_of_programs_are_near_the_measured_ones():
    # In a process of its own: what ran before is remembered, and may need less.
    command = [sys.executable, "-m", "tests.plan.test_memory_of_programs"]
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
    assert len(found) > 80
    assert all(found.values())
    above = {
        name: [pair for pair in pairs if pair[0] > pair[1]]
        for name, pairs in found.items()
    }
    assert {name: pairs for name, pairs in above.items() if pairs} == {}
    further = {}
    for name, pairs in found.items():
        most, _ = FURTHER.get(name, (1.1, ""))
        further[name] = [(p, f) for p, f in pairs if f > most * p + SMALL]
    assert {name: pairs for name, pairs in further.items() if pairs} == {}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(survey()))
