"""Loops that mutate arrays, beside eager NumPy: time, and memory of the stencil.

Each program is run with NumPy and with lazyarr in turn, so that whatever else the
machine does meets both; results are compared first, and the best of several runs
counts. Building the graph, planning and evaluating are all in lazyarr's time.

    python -m benchmarks.loops                  # everything, a few minutes
    python -m benchmarks.loops --only stencil   # programs with this in their name
    python -m benchmarks.loops --smoke          # tiny sizes: does it run?
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import lazyarr as la
from benchmarks.cpu import RESULTS, machine

if TYPE_CHECKING:
    from collections.abc import Callable

RNG = np.random.default_rng(0)


class Loop(NamedTuple):
    """A program over a namespace, its size and steps, and what it should reach."""

    name: str
    run: Callable[[Any, np.ndarray, int], Any]
    shape: tuple[int, ...]
    steps: int
    target: float | None = None
    """The most that its time may be, in NumPy's."""


def stencil(xp: Any, start: np.ndarray, steps: int) -> Any:
    a = xp.array(start)
    for _ in range(steps):
        a[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])
    return np.asarray(a)


def swapped(xp: Any, start: np.ndarray, steps: int) -> Any:
    u, v = xp.array(start), xp.array(start)
    for _ in range(steps):
        v[1:-1] = 2 * u[1:-1] - v[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u, v = v, u
    return np.asarray(u)


def euler(xp: Any, start: np.ndarray, steps: int) -> Any:
    u = xp.array(start)
    for _ in range(steps):
        u += 0.01 * (u * (1 - u) - 0.5 * u)
    return np.asarray(u)


def diffusion(xp: Any, start: np.ndarray, steps: int) -> Any:
    u = xp.array(start)
    for _ in range(steps):
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.asarray(u)


def rows(xp: Any, start: np.ndarray, steps: int) -> Any:
    x = xp.array(start)
    for i in range(1, len(start)):
        x[i] = 0.5 * x[i - 1] + x[i]
    return np.asarray(x)


def recurrence(xp: Any, start: np.ndarray, steps: int) -> Any:
    x = xp.array(start)
    for i in range(1, len(start)):
        x[i] = 0.99 * x[i - 1] + 0.1
    return np.asarray(x)


def total(xp: Any, start: np.ndarray, steps: int) -> Any:
    x, s = xp.array(start), 0.0
    for i in range(len(start)):
        s += x[i] * 2.0
    return float(s)


def elimination(xp: Any, start: np.ndarray, steps: int) -> Any:
    a = xp.array(start + len(start) * np.eye(len(start)))
    for k in range(len(start) - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= a[k + 1 :, k, None] * a[k, None, k + 1 :]
    return np.asarray(a)


def floyd(xp: Any, start: np.ndarray, steps: int) -> Any:
    d = xp.array(start)
    for k in range(len(start)):
        d = xp.minimum(d, d[:, k, None] + d[None, k, :])
    return np.asarray(d)


def life(xp: Any, start: np.ndarray, steps: int) -> Any:
    grid = xp.array((start > 0.5).astype(np.int8))
    for _ in range(steps):
        n = xp.zeros(start.shape, dtype=np.int8)
        for di, dj in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)):
            rows, cols = start.shape[0] - 2 + di, start.shape[1] - 2 + dj
            n[1:-1, 1:-1] += grid[di:rows, dj:cols]
        grid = ((n == 3) | ((grid == 1) & (n == 2))).astype(np.int8)
    return np.asarray(grid)


def masked(xp: Any, start: np.ndarray, steps: int) -> Any:
    x = xp.array(start)
    for _ in range(steps):
        m = x > 0.5
        x[m] = x[m] * 0.9 + 0.01
        x[~m] += 0.02
    return np.asarray(x)


def chain(xp: Any, start: np.ndarray, steps: int) -> Any:
    x = xp.array(start)
    x *= 5
    x *= x
    x += x
    return np.asarray(x)


LOOPS = (
    Loop("stencil 1000x1000, 1000 steps", stencil, (1000, 1000), 1000, 0.6),
    Loop("stencil 100x100", stencil, (100, 100), 300, 1.5),
    Loop("two arrays swapped, 1000x1000", swapped, (1000, 1000), 50),
    Loop("two arrays swapped, 10^4", swapped, (10_000,), 300, 1.5),
    Loop("u += dt f(u), 10^6", euler, (1_000_000,), 50),
    Loop("u += dt f(u), 10^4", euler, (10_000,), 300, 1.5),
    Loop("u += dt f(u), 10^3", euler, (1_000,), 300, 1.5),
    Loop("u[1:-1] += ..., 10^5", diffusion, (100_000,), 100, 1.5),
    Loop("u[1:-1] += ..., 10^3", diffusion, (1_000,), 300, 1.5),
    Loop("row recurrence 1000x1000", rows, (1000, 1000), 1, 1.5),
    Loop("row recurrence 1000x10^4", rows, (1000, 10_000), 1, 1.5),
    Loop("element recurrence", recurrence, (10_000,), 1, 10),
    Loop("element sum", total, (10_000,), 1, 10),
    Loop("elimination 200x200", elimination, (200, 200), 1, 1.5),
    Loop("Floyd-Warshall 300", floyd, (300, 300), 1, 1.5),
    Loop("life 500x500", life, (500, 500), 50, 1.5),
    Loop("masks 10^6", masked, (1_000_000,), 10),
    Loop("x*=5; x*=x; x+=x, 10^3", chain, (1_000,), 1, 1.5),
    Loop("x*=5; x*=x; x+=x, 10^4", chain, (10_000,), 1, 1.5),
    Loop("x*=5; x*=x; x+=x, 10^5", chain, (100_000,), 1, 1.5),
)


def measured(loop: Loop, repeats: int) -> dict[str, Any]:
    """Return the best times of both sides, after their results were compared."""
    start = RNG.random(loop.shape)
    expected, actual = (loop.run(xp, start, loop.steps) for xp in (np, la))
    np.testing.assert_allclose(actual, expected, rtol=1e-12)
    best = {"numpy": float("inf"), "lazyarr": float("inf")}
    for _ in range(repeats):
        for name, xp in (("numpy", np), ("lazyarr", la)):
            began = time.perf_counter()
            loop.run(xp, start, loop.steps)
            best[name] = min(best[name], time.perf_counter() - began)
    ratio = best["lazyarr"] / best["numpy"]
    return {**best, "ratio": ratio, "target": loop.target}


def smaller(loop: Loop) -> Loop:
    """Return the same loop over little data."""
    shape = tuple(min(n, 12) for n in loop.shape)
    return loop._replace(shape=shape, steps=min(loop.steps, 5))


def grown() -> float:
    """Return by how many arrays memory grows in the stencil's loop."""
    start = RNG.random((1000, 1000))
    a = la.array(start)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(100):
        a[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (after - before) * 1024 / start.nbytes


def report(name: str, row: dict[str, Any]) -> None:
    target = row["target"]
    verdict = "" if target is None else f"target {target:g}"
    print(
        f"{name:32} numpy {row['numpy'] * 1e3:9.3f} ms   "
        f"lazyarr {row['lazyarr'] * 1e3:9.3f} ms   ratio {row['ratio']:6.2f}  {verdict}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a part of the programs' names")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes")
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--save", action="store_true", help="write the results down")
    asked = parser.parse_args()
    if asked.memory:
        print(grown())
        return
    results: dict[str, Any] = {}
    for loop in LOOPS:
        if asked.only in loop.name:
            one = smaller(loop) if asked.smoke else loop
            long = loop.steps >= 1000
            repeats = 1 if asked.smoke else 3 if long else asked.repeats
            results[loop.name] = measured(one, repeats)
            report(loop.name, results[loop.name])
    if asked.only in "stencil memory":
        command = [sys.executable, "-m", "benchmarks.loops", "--memory"]
        text = subprocess.run(command, capture_output=True, check=True, text=True)
        results["stencil memory"] = float(text.stdout)
        print(f"stencil memory: {results['stencil memory']:.1f} arrays more, target 4")
    if asked.save:
        path = RESULTS / "loops.json"
        path.write_text(json.dumps({"machine": machine(), "loops": results}, indent=1))


if __name__ == "__main__":
    main()
