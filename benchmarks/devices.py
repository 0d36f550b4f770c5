"""The programs of the corpus on the CPU, on a GPU, and where lazyarr chooses.

Wall time of one run of a program over arrays at its large size, inputs made anew on the
host and results read there. A GPU's first run compiles and is not counted, nor is any
first run of another side: `auto` then finds all kernels, as in a second process. The
least of the others counts. A side that takes longer than its limit, or that CuPy lacks a
function for, is left out. The results of `auto` are compared with NumPy's first.

    python -m lazyarr calibrate
    python -m benchmarks.devices --out benchmarks/results/devices-h200.json
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import statistics
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import lazyarr as la
from benchmarks.cpu import machine
from benchmarks.programs import limited, read, sizes, timed
from tests.corpus.registry import Program, given, load
from tests.corpus.test_programs import assert_alike

RUNS = {"gpu": 2, "auto": 5, "cpu": 3}
LIMITS = {"gpu": 6.0, "auto": 10.0, "cpu": 10.0}
BY_ULPS = 1e-6  # functions on a GPU differ by ulp, which steps in time amplify
NEAR = 1.3


def outcome(program: Program, module: Any, size: int) -> Any:
    """Return what a program gives, and what it leaves in its inputs."""
    inputs = given(module, program.arguments(size))
    result = program.run(module, *inputs)
    return read(result), [read(x) for x in inputs if hasattr(x, "dtype")]


def side(program: Program, size: int, device: str) -> dict[str, Any]:
    """Return the runs on one side, or why there are none."""
    try:
        with limited(LIMITS[device]), la.config(device=device):
            times = [timed(program, la, size) for _ in range(RUNS[device])]
    except Exception as error:  # noqa: BLE001 - the other sides are measured all the same
        return {f"{device}_error": f"{type(error).__name__}: {error}"[:200]}
    return {f"{device}_first_s": times[0], f"{device}_s": min(times[1:])}


def measure(program: Program) -> dict[str, Any]:
    """Return a row of the report."""
    size = sizes(program, small=False)[-1][0]
    row: dict[str, Any] = {"program": program.name, "size": size}
    row["numpy_s"] = min(timed(program, np, size) for _ in range(2))
    for device in RUNS:
        row |= side(program, size, device)
    if "auto_s" in row:
        wanted = outcome(program, np, size)
        try:
            assert_alike(outcome(program, la, size), wanted, max(program.rtol, BY_ULPS))
        except AssertionError as error:
            row["differs"] = str(error)[:200]
    return row


def line(row: dict[str, Any]) -> str:
    """Return one line of the report."""
    names = ("numpy", "cpu", "gpu", "auto")
    times = (f"{n} {row[f'{n}_s'] * 1e3:9.2f}" for n in names if f"{n}_s" in row)
    rest = [str(v) for k, v in row.items() if k.endswith("_error") or k == "differs"]
    return (
        f"{row['program'][:30]:<30} {row['size']:>9,}  {'  '.join(times)}  {rest or ''}"
    )


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how near `auto` comes to the better side, and how far it is from NumPy."""
    whole = [row for row in rows if "auto_s" in row and "cpu_s" in row]
    best = [min(row["cpu_s"], row.get("gpu_s", math.inf)) for row in whole]
    regret = [row["auto_s"] / least for row, least in zip(whole, best, strict=True)]
    return {
        "programs": len(whole),
        "on_gpu_faster": sum(
            row.get("gpu_s", math.inf) < row["cpu_s"] for row in whole
        ),
        "regret": statistics.geometric_mean(regret),
        "near": sum(each <= NEAR for each in regret) / len(regret),
        "of_numpy": statistics.median(row["auto_s"] / row["numpy_s"] for row in whole),
        "differ": [row["program"] for row in whole if "differs" in row],
    }


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", help="a program; may be repeated")
    parser.add_argument("--budget", type=float, default=600.0, help="seconds in all")
    parser.add_argument("--commit", default="")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    end = time.perf_counter() + options.budget
    rows = []
    for name, program in load().items():
        wanted = not options.only or name in options.only
        if wanted and not program.loops and time.perf_counter() < end:
            rows.append(measure(program))
            print(line(rows[-1]), flush=True)
    found = summary(rows)
    print(found)
    if options.out:
        today = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        facts = {"commit": options.commit, "date": today, "machine": machine()}
        facts["machine"].pop("commit")
        report = facts | {"devices": la.devices(), "summary": found, "rows": rows}
        text = json.dumps(report, indent=1)
        options.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
