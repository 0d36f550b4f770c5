"""What recording a run costs: a plan of about a millisecond, with and without a trace.

``python benchmarks/analyze.py [cpu|gpu]``; the best and the median of many runs, taken
in turns.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

import lazyarr as la
from lazyarr import evaluate
from lazyarr.ir.node import structure
from lazyarr.runtime import base

SIZES = {"cpu": 400_000, "gpu": 60_000_000}
TURNS = 300


def main() -> None:
    device = sys.argv[1] if len(sys.argv) > 1 else "cpu"
    x = la.asarray(np.random.default_rng(0).random(SIZES[device]))
    x = x.persist(device=device)
    made = la.exp(x * 2) + x
    roots = ((made - made.mean()).sum()._current(),)
    plan = evaluate.plan_of(roots, device)
    leaves = [node.value for node in structure(roots)[1]]
    executable = evaluate.prepare(plan, leaves)
    for _ in range(20):
        executable.run(leaves)
    plain, traced = [], []
    for _ in range(TURNS):
        start = time.perf_counter()
        executable.run(leaves)
        plain.append(time.perf_counter() - start)
        start = time.perf_counter()
        executable.run(leaves, base.Trace())
        traced.append(time.perf_counter() - start)
    for name, pick in (("best", min), ("median", statistics.median)):
        without, with_ = pick(plain) * 1e3, pick(traced) * 1e3
        more = with_ / without - 1
        print(
            f"{name}: {without:.3f} ms without, {with_:.3f} ms with a trace, {more:+.1%}"
        )


if __name__ == "__main__":
    main()
