"""Every shape of kernel once, small, for CUDA's compute-sanitizer: draws and windows too.

    PYTHONPATH=. compute-sanitizer --tool memcheck python tests/gpu/sanitize.py

Also with ``--tool racecheck`` and ``--tool initcheck``. Run it once without, first: it
compiles some 400 kernels, which are then found on disk.
"""

from __future__ import annotations

import importlib
import sys

import numpy as np

import lazyarr as la
from tests.codegen.programs import PROGRAMS, several
from tests.codegen.test_random_kernels import KINDS, pair

SHAPES = [(37, 50), (3, 1025), (130, 257), (1, 9999), (3001, 5), (700, 33)]
WINDOWED = ["poly", "two_results", "row_sums", "column_sums", "moments", "softmax"]
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


def drawn():
    """Yield the name of a random program, and its results here and by NumPy."""
    for kind, draw in KINDS.items():
        lazy, numpys = pair()
        for before, shape in enumerate([(3,), (6, 35), (70, 66), (9001,)]):
            lazy.random(before), numpys.random(before)  # a place within a block
            x, y = draw(lazy, shape), draw(numpys, shape)
            yield f"{kind} {shape}", (x,), (y,)
            views = (x[..., ::-2], x.T, x[1:] + x[:-1])
            yield f"{kind} views", views, (y[..., ::-2], y.T, y[1:] + y[:-1])
            if y.dtype.kind in "fiu":
                axes = range(y.ndim)
                lazy_folds = tuple(x.max(axis=a) for a in axes)
                yield f"{kind} folds", lazy_folds, tuple(y.max(axis=a) for a in axes)
    for shape in [(5, 1031), (300, 40)]:
        lazy, _ = pair()
        x, u = lazy.standard_normal(shape), lazy.random(shape)
        rows = u / u.sum(axis=1, keepdims=True), (x * x).sum(axis=0)
        yield f"normal {shape}", rows, tuple(r.compute(device="cpu") for r in rows)


def windowed():
    """Yield programs that run in windows: maps, rows, folds that are carried."""
    rng = np.random.default_rng(1)
    for dtype, rows in (("f8", 4001), ("f4", 8001)):
        a, b = (rng.random((rows, 33)).astype(dtype) for _ in range(2))
        for name, program in ((n, PROGRAMS[n]) for n in WINDOWED):
            made = several(program(la, la.asarray(a), la.asarray(b)))
            yield f"{name} {dtype} in windows", made, several(program(np, a, b))


def crowded():
    """Yield programs that want more shared memory than a block gets."""
    rng = np.random.default_rng(2)
    x = rng.random((70, 300)) + 1j
    lazy = la.asarray(x)
    for axis in (None, 0, 1):
        made = tuple((lazy * k).var(axis=axis) for k in range(1, 60))
        want = tuple((x * k).var(axis=axis) for k in range(1, 60))
        yield f"many variances over {axis}", made, want
    straight, turned = rng.random((300, 200)), rng.random((9, 200, 300))
    lazy = [la.asarray(a.copy()).T for a in turned]
    want = sum((a.T for a in turned), straight)
    yield "many turned", (sum(lazy, la.asarray(straight)),), (want,)


def apart(cupy):
    """Yield programs of arrays that lie apart or start anywhere, and of rows beyond a block."""
    rng = np.random.default_rng(3)
    for dtype in ("f8", "f4", "i1"):
        whole = (rng.random((41, 203)) * 9).astype(dtype)
        there = cupy.asarray(whole)
        for name, key in PARTS.items():
            x, y = la.asarray(there[key]), whole[key]
            made, want = (several(place(xp, a)) for xp, a in ((la, x), (np, y)))
            yield f"{name} {dtype}", made, want
    for dtype in ("f8", "f4"):
        x = rng.random((2, 70_001)).astype(dtype)
        for name in ("softmax", "standardised"):
            made = several(PROGRAMS[name](la, la.asarray(x), la.asarray(x)))
            yield (
                f"{name} of long rows {dtype}",
                made,
                several(PROGRAMS[name](np, x, x)),
            )


PARTS = {
    "off by one": (slice(None), slice(1, None)),
    "every third": (slice(None), slice(None, None, 3)),
    "backwards": (slice(None, None, -1), slice(200, 2, -2)),
    "a row": (slice(5, 6), slice(3, None)),
}


def place(xp, x):
    """Return maps and folds of an array where it lies."""
    folds = tuple(xp.max(x * 2, axis=a) for a in (None, 0, 1))
    return x + x, x[..., 1:] - x[..., :-1], x.T * 3, *folds


def near(got, want, dtype):
    tolerance = {"f2": 2e-2, "f4": 1e-4, "c8": 1e-4}.get(dtype, 1e-6)
    got, want = (np.asarray(a).astype("D") for a in (got, want))
    finite = np.isfinite(want) & (np.abs(want) < 6e4 if dtype == "f2" else True)
    scale = float(np.abs(want[finite]).max(initial=1))
    return np.allclose(got[finite], want[finite], tolerance, tolerance * scale)


def rest(programs, limit):
    """Run programs within so much memory; return how many were wrong, or ran whole."""
    wrong = 0
    for name, lazy, want in programs:
        with la.config(memory_limit=limit):
            plan = la.explain(*lazy, device="gpu").plan
            found = la.compute(*lazy, device="gpu")
        dtype = "f4" if any(np.asarray(w).dtype == "f4" for w in want) else "f8"
        right = all(near(g, w, dtype) for g, w in zip(found, want, strict=True))
        if not right or (limit and not plan.passes):
            wrong += 1
            sys.stdout.write(f"wrong: {name}\n")
    return wrong


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
    wrong += rest(drawn(), None) + rest(windowed(), "600KiB") + rest(crowded(), None)
    wrong += rest(apart(cupy), None)
    sys.stdout.write(f"{wrong} wrong\n")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
