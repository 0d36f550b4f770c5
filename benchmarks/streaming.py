"""How fast an expression larger than the device's memory streams through it.

Run on a machine with a GPU: ``python benchmarks/streaming.py``. The rate is that of the
host's bytes read and written, beside what one pinned copy each way reaches.
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING

import numpy as np

import lazyarr as la

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 1 << 28  # float64: 2 GiB


def best(call: Callable[[], object], times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def link() -> float:
    """Return bytes per second of a pinned copy to the device."""
    cupy = importlib.import_module("cupy")
    nbytes = 1 << 28
    pinned = np.frombuffer(cupy.cuda.alloc_pinned_memory(nbytes), np.uint8, nbytes)
    target = cupy.empty(nbytes, np.uint8)

    def copy() -> None:
        target.set(pinned)
        cupy.cuda.Device().synchronize()

    return nbytes / best(copy, 5)


def main() -> None:
    x = np.ones(SIZE)
    rate = link()
    print(f"link, pinned, one way: {rate / 1e9:.1f} GB/s")
    for name, make, moved in (
        ("sum of a map", lambda a: (a * 2 + 1).sum(), x.nbytes),
        ("map", lambda a: a * 2 + 1, 2 * x.nbytes),
    ):
        for limit in (None, "512MiB"):
            with la.config(device="gpu", memory_limit=limit):
                made = make(la.asarray(x))
                made.compute()
                seconds = best(lambda made=made: made.compute())
            how = "windows" if limit else "whole"
            print(f"{name}, {how}: {seconds:.3f} s, {moved / seconds / 1e9:.1f} GB/s")


if __name__ == "__main__":
    main()
