"""The shim itself: it stops what a GPU would, and takes threads in any order."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from tests.codegen.fake_cupy import aligned
from tests.codegen.programs import PROGRAMS, several

THREADS = 64
KERNEL = """
extern "C" __global__ void wrong(int what, float* q, int n) {
  const int t = threadIdx.x;
  float* shared = reinterpret_cast<float*>(lz_shared);
  switch (what) {
    case 0: q[t] = t; break;
    case 1: q[n + t] = 1.0f; break;
    case 2: q[t] = q[n + 3]; break;
    case 3: q[t] = lz_load<4>(q + t).lane[0]; break;
    case 4: q[t] = lz_load<2>(q + 1).lane[0]; break;
    case 5: shared[64 + t] = q[t]; break;
    case 6: q[t] = t / (n - n); break;
    case 7: q[t] = t << n; break;
    case 8: q[t] = (float)(int)(1e10f * n); break;
    case 9: if (t < 16) __syncthreads(); else __shfl_sync(~0u, 1u, 0, 32); break;
    case 10: if (t != 3) __shfl_sync(~0u, 1u, 0, 32); break;
    case 11: shared[t] = t; q[t] = shared[63 - t]; break;
    case 12: shared[t] = t; __syncthreads(); q[t] = shared[63 - t]; break;
  }
}
"""


@pytest.fixture(scope="module")
def run(cpu):
    """Return what runs a case of the kernel: what was wrong, and the array."""
    function = cpu.compile("wrong", KERNEL)

    def call(what):
        q = aligned(4 * THREADS).view(np.float32)
        given = np.array([what, 0, THREADS], np.int64)
        given[1] = q.ctypes.data
        arguments = (ctypes.c_void_p * 3)(
            *(given.ctypes.data + 8 * k for k in range(3))
        )
        said = function(arguments, 1, THREADS, 1, 4 * THREADS)
        return said and said.decode(), q

    return call


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (1, "beyond the memory of an array"),
        (2, "beyond the memory of an array"),
        (3, "misaligned"),
        (4, "misaligned"),
        (5, "beyond the shared memory"),
        (6, "leaves undefined"),
        (7, "leaves undefined"),
        (8, "leaves undefined"),
        (9, "wait for others at different places"),
        (10, "wait for others at different places"),
    ],
)
def test_what_a_gpu_would_not_do_is_said(run, what, said):
    assert said in run(what)[0]
    assert run(0)[0] is None  # the next launch is as if nothing had been


@pytest.mark.parametrize("order", [0, 1])
def test_a_missing_barrier_shows(run, cpu, monkeypatch, order):
    monkeypatch.setattr(cpu.order, "value", order)
    turned = np.arange(THREADS, dtype=np.float32)[::-1]
    np.testing.assert_array_equal(run(12)[1], turned)
    assert (run(11)[1] != turned).any()


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_bit_depends_on_the_order_of_threads_and_blocks(cupy, monkeypatch, name):
    rng = np.random.default_rng(3)
    for shape in [(5, 1031), (130, 66)]:
        x, y = (rng.random(shape) for _ in range(2))
        found = []
        for order in range(2):
            evaluate.clear_cache()
            monkeypatch.setattr(cupy.cpu.order, "value", order)
            lazy = several(PROGRAMS[name](la, la.asarray(x), la.asarray(y)))
            found.append(la.compute(*lazy, device="gpu"))
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)
    assert len(cupy.launches) > 3
