"""One workload under several launch geometries: how the defaults were chosen.

    PYTHONPATH=. python benchmarks/gpu_probe.py "softmax rows" float64 \\
        row_registers=24,40,64 row_bytes=160,320
"""

from __future__ import annotations

import importlib
import itertools
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

import lazyarr as la
from lazyarr import evaluate
from lazyarr.codegen import source
from lazyarr.codegen.launches import Device

sys.path.insert(0, str(Path(__file__).parent))
gpu = importlib.import_module("gpu")


def main() -> None:
    name, dtype, *knobs = sys.argv[1:]
    cupy = importlib.import_module("cupy")
    rate = gpu.copy_rate(cupy)
    peers = gpu.runners([], cupy)
    names = [knob.partition("=")[0] for knob in knobs]
    choices = [[int(n) for n in k.partition("=")[2].split(",")] for k in knobs]
    for chosen in itertools.product(*choices):
        setting = dict(zip(names, chosen, strict=True))
        source.Device = partial(Device, **setting)
        evaluate.clear_cache()
        for workload in name.split(";"):
            for one in dtype.split(","):
                end = time.perf_counter() + 60
                kind = np.dtype(one).type
                row = gpu.measure(workload, kind, peers, cupy, rate, end)
                ms, share = row["ms"].get("lazyarr"), row.get("share")
                text = f"{ms:.4f} ms  share {share:.3f}" if ms else row["failed"]
                print(f"{workload:<22} {one:<8} {setting}  {text}", flush=True)


if __name__ == "__main__":
    assert la.__name__
    main()
