"""Where the time of a plan goes, by running it; loaded when that is first asked for."""

from __future__ import annotations

import time
from typing import Any

from lazyarr import evaluate
from lazyarr.plan.trace import Trace
from lazyarr.runtime import base


def measured(plan: Any, leaves: list[Any], built: float, planned: float) -> Trace:
    """Run a plan and return where all of the time went.

    The first run compiles kernels and touches memory for the first time; what it took
    longer than the second is a phase of its own, and the second is what is shown.
    """
    clock = time.perf_counter
    start = clock()
    executable = evaluate.prepare(plan, leaves)
    prepared = clock()
    executable.run(leaves)
    warm = clock()
    record = base.Trace()
    executable.run(leaves, record)
    end = clock()
    run = end - warm
    stages = sum(record.seconds.values())
    copies = sum(seconds for _, _, seconds in record.copies)
    phases = {
        "build": built,
        "plan": planned,
        "prepare": prepared - start,
        "compile": max(0.0, warm - prepared - run),
        "copy": copies,
        "idle": max(0.0, run - stages - copies),
    }
    spans = [
        *((f"stage {k}", at, record.seconds[k]) for k, at in record.starts.items()),
        *record.copies,
    ]
    placed = sorted((at - warm, label, seconds) for label, at, seconds in spans)
    return Trace(
        dict(record.seconds),
        stages + sum(phases.values()),
        phases,
        tuple((label, at, seconds) for at, label, seconds in placed),
    )
