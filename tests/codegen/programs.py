"""Small programs, one for every shape of kernel, and random ones.

Each takes a namespace and two arrays of one shape, so that NumPy and lazyarr run it.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate
from lazyarr.codegen.lowering import lower
from lazyarr.codegen.source import KERNELS, machine_for, plain_layout
from lazyarr.config import current
from lazyarr.ir.node import structure
from lazyarr.plan.cost import UNMEASURED_GPU
from lazyarr.plan.place import Machine


def poly(xp, x, y):
    return (x * 5) ** 2 + y * x - 3


def two_results(xp, x, y):
    z = x * y
    return z + 1, xp.sqrt(xp.abs(z))


def row_scale(xp, x, y):
    return x * y[0] + y[:, :1]


def stencil(xp, x, y):
    inner = x[1:-1, 1:-1]
    return inner * 4 - x[:-2, 1:-1] - x[2:, 1:-1] - x[1:-1, :-2] - x[1:-1, 2:]


def turned(xp, x, y):
    side = min(x.shape)
    return x[:side, :side] + y[:side, :side].T


def backwards(xp, x, y):
    return x[::-1, ::-2] * 2 + y[::-1, ::-2]


def mixed(xp, x, y):
    return xp.where(x > y, xp.astype(x, xp.float32), 0) + xp.astype(y * 9, xp.int8)


def ramp(xp, x, y):
    return xp.arange(1000) * 3 + xp.linspace(0, 1, 1000)


def total(xp, x, y):
    return xp.sum(poly(xp, x, y))


def row_sums(xp, x, y):
    return xp.sqrt(xp.sum(x * x + 1, axis=1))


def column_sums(xp, x, y):
    return xp.sum(x * x + 1, axis=0) / 2


def moments(xp, x, y):
    z = x - y
    return xp.mean(z), xp.var(z), xp.min(z), xp.max(z)


def places(xp, x, y):
    return xp.argmax(x * y, axis=1), xp.argmin(x, axis=1)


def tests(xp, x, y):
    return xp.any(x > 2.9, axis=0), xp.all(x > -1, axis=0), xp.count_nonzero(x > 1)


def softmax(xp, x, y):
    e = xp.exp(x - xp.max(x, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def standardised(xp, x, y):
    return (x - xp.mean(x, axis=0)) / (xp.std(x, axis=0) + 1)


def written(xp, x, y):
    z = x + 0
    z[1:3, ::2] = 7
    z[-1] = y[0] * 2
    return z


def waves(xp, x, y):
    z = x / 3
    return xp.exp(-xp.abs(z)) * xp.sin(y) + xp.tanh(z)


PROGRAMS = {
    f.__name__: f
    for f in (
        poly,
        two_results,
        row_scale,
        stencil,
        turned,
        backwards,
        mixed,
        ramp,
        total,
        row_sums,
        column_sums,
        moments,
        places,
        tests,
        softmax,
        standardised,
        written,
        waves,
    )
}


def several(results):
    return results if isinstance(results, tuple) else (results,)


def launches(results, processors=132):
    """Return what a GPU would be asked to launch for lazy arrays."""
    roots = tuple(a._current() for a in several(results))
    _, nodes = structure(roots)
    machine = Machine(gpu=UNMEASURED_GPU)
    plan = evaluate.make_plan(roots, nodes, current(), "gpu", machine)
    host = plan.host_values
    layouts = {v.id: None if v.id in host else plain_layout(v) for v in plan.values}
    return [
        launch
        for stage in plan.stages
        if stage.kind in KERNELS and stage.size
        for launch in lower(
            stage, plan.values, layouts, machine_for(plan, stage, processors)
        ).launches
    ]


# --- random ones --------------------------------------------------------------------


def wave(a):
    """Return sines of what is little: those of 10**6 differ by its own rounding error."""
    return la.sin(la.tanh(a) * 3)


UNARY = [la.exp, wave, la.tanh, la.square, la.abs, la.negative]
BINARY = [la.add, la.subtract, la.multiply, la.maximum]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 5), st.integers(0, 99), st.integers(0, 99), st.integers(0, 9)
    ),
    min_size=1,
    max_size=12,
)


def build(steps, arrays):
    """Return the last of the lazy arrays that steps make of each other."""
    pool = list(arrays)
    for kind, i, j, k in steps:
        a, b = pool[i % len(pool)], pool[j % len(pool)]
        match kind:
            case 0:
                new = UNARY[k % len(UNARY)](a)
            case 1:
                new = BINARY[k % len(BINARY)](a, b) * 0.25
            case 2:
                new = a - la.mean(a, axis=k % 2, keepdims=True)
            case 3:
                new = a[::-1, :] + b[:, ::-1]
            case 4:
                # Which of two that are equal but for rounding is larger, is chance.
                leaves = pool[0] > pool[1]
                new = la.where(leaves, a, la.max(b, axis=1, keepdims=True))
            case _:
                new = a + 0.0
                new[k % 3 :, ::2] = b[k % 3 :, ::2] * 0.5
        pool.append(new)
    return pool[-1]


def assert_near(got, expected):
    """Compare values that may overflow; where they do, anything is right."""
    assert got.dtype == expected.dtype
    tolerance = 1e-4 if got.dtype == np.float32 else 1e-10
    finite = np.isfinite(expected) & (np.abs(expected) < 1e30)
    scale = float(np.abs(expected[finite]).max(initial=1))
    near = {"rtol": tolerance, "atol": tolerance * scale}
    np.testing.assert_allclose(got[finite], expected[finite], **near)
