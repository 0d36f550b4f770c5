"""Every shape of kernel once, small, for CUDA's compute-sanitizer.

    PYTHONPATH=. compute-sanitizer --tool memcheck python tests/gpu/sanitize.py

Also with ``--tool racecheck`` and ``--tool initcheck``. Run it once without, first: it
compiles some 500 kernels, which are then found on disk.
"""

from __future__ import annotations

import importlib
import sys

import numpy as np

import lazyarr as la
from tests.codegen.programs import PROGRAMS, several

SHAPES = [(37, 50), (3, 1025), (130, 257), (1, 9999), (3001, 5), (700, 33)]
DTYPES = ["f8", "f4", "f2", "c16", "c8", "i8", "i1"]


def folds(xp, x, y):
    """Return reductions of one array over every choice of axes."""
    axes = (None, 0, 1)
    result = [xp.sum(x + x, axis=a) for a in axes]
    if x.dtype.kind != "c":
        result += [xp.max(x, axis=a) for a in axes]
        result += [xp.argmax(x, axis=a) for a in axes]
    if x.dtype.kind in "fc":
        result += [xp.var(x, axis=a) for a in axes]
    return tuple(result)


def views(xp, x, y):
    """Return maps whose operands are reached in every way."""
    return (
        x[..., ::-1] + y,
        x[..., 1:] * y[..., :-1],
        x[1:, 1:-1] + x[:-1, 2:],
        x.T + y.T * x.T,
    )


def chosen(dtype):
    real = PROGRAMS if dtype in ("f8", "f4") else {}
    return {**real, "folds": folds, "views": views}


def near(got, want, dtype):
    tolerance = {"f2": 2e-2, "f4": 1e-4, "c8": 1e-4}.get(dtype, 1e-6)
    got, want = (np.asarray(a).astype("D") for a in (got, want))
    finite = np.isfinite(want) & (np.abs(want) < 6e4 if dtype == "f2" else True)
    scale = float(np.abs(want[finite]).max(initial=1))
    return np.allclose(got[finite], want[finite], tolerance, tolerance * scale)


def main():
    cupy = importlib.import_module("cupy")
    cupy.cuda.set_allocator(None)  # an allocation each: what runs over is seen
    rng = np.random.default_rng(0)
    wrong = 0
    for dtype in DTYPES:
        for shape in SHAPES:
            x, y = ((rng.random(shape) * 3).astype(dtype) for _ in range(2))
            for name, program in chosen(dtype).items():
                if name == "stencil" and min(shape) < 3:
                    continue
                lazy = several(program(la, la.asarray(x), la.asarray(y)))
                wide = [a.astype("f4") if dtype == "f2" else a for a in (x.copy(), y)]
                want = several(program(np, *wide))
                found = la.compute(*lazy, device="gpu")
                if not all(near(g, w, dtype) for g, w in zip(found, want, strict=True)):
                    wrong += 1
                    sys.stdout.write(f"wrong: {name} {dtype} {shape}\n")
    sys.stdout.write(f"{wrong} wrong\n")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
