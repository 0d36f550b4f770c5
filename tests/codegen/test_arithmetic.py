"""Kernels that may contract or approximate: asked for, said, and never by default."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime.compile import OPTIONS
from tests.codegen.test_golden_kernels import compiler  # noqa: F401 - a fixture

A = np.random.default_rng(3).random((30, 40))


def programs(x):
    """Return a map, a reduction, a row-wise stage and one that is split."""
    e = la.exp(x - la.max(x, axis=1, keepdims=True))
    return (
        x * x + 1,
        la.sum(x * x + 1),
        e / la.sum(e, axis=1, keepdims=True),
        x - x.mean(),
    )


def test_kernels_are_exact_unless_asked(cupy):
    la.compute(*programs(la.asarray(A)), device="gpu")
    assert set(cupy.arithmetic) == {"exact"}


@pytest.mark.parametrize("arithmetic", ["contracted", "fast"])
def test_every_kernel_of_a_plan_is_compiled_as_asked(cupy, arithmetic):
    with la.config(gpu_arithmetic=arithmetic):
        la.compute(*programs(la.asarray(A)), device="gpu")
    assert set(cupy.arithmetic) == {arithmetic}


def test_plans_and_kernels_of_one_program_are_apart(cupy):
    x = la.asarray(A)
    for arithmetic in ("exact", "contracted", "exact", "fast", "contracted"):
        with la.config(gpu_arithmetic=arithmetic):
            (x * x + 1).compute(device="gpu")
    assert cupy.arithmetic == ["exact", "contracted", "fast"]
    assert len(cupy.launches) == 5


def test_a_plan_in_windows_keeps_its_arithmetic(cupy):
    x = la.asarray(np.random.default_rng(0).random(200_000))
    with la.config(gpu_arithmetic="contracted", memory_limit=800_000):
        z = (x * x + 1).sum()
        assert la.explain(z, device="gpu").to_dict()["passes"]
        z.compute(device="gpu")
    assert set(cupy.arithmetic) == {"contracted"}


def test_explain_says_it(cupy):
    x = la.asarray(A)
    assert "contracted" not in str(la.explain(x * x + 1, device="gpu", kernels=True))
    with la.config(gpu_arithmetic="contracted"):
        told = la.explain(x * x + 1, device="gpu", kernels=True)
        decision = {d["subject"]: d["choice"] for d in told.to_dict()["decisions"]}
        assert decision["arithmetic"] == "contracted"
        assert "arithmetic: contracted (asked for by gpu_arithmetic" in str(told)
        (kernel,) = told.to_dict()["kernels"].values()
        assert "// Compiled with contracted arithmetic." in kernel
        assert not la.explain(x * x + 1, device="cpu").to_dict()["decisions"]


def test_a_cpu_stays_exact():
    with la.config(gpu_arithmetic="fast"):
        got = (la.asarray(A) * A + 1).compute(device="cpu")
    np.testing.assert_array_equal(got, A * A + 1)


@pytest.mark.parametrize(
    ("arithmetic", "fused", "approximate"),
    [("exact", False, False), ("contracted", True, False), ("fast", True, True)],
)
def test_the_compiler_does_as_asked(compiler, cupy, arithmetic, fused, approximate):  # noqa: F811
    x = la.asarray(A.astype(np.float32))
    with la.config(gpu_arithmetic=arithmetic):
        z = la.sqrt(x * x + 1) / x
        (kernel,) = (
            la.explain(z, device="gpu", kernels=True).to_dict()["kernels"].values()
        )
    nvrtc = importlib.import_module("cuda.bindings.nvrtc")
    _, program = nvrtc.nvrtcCreateProgram(kernel.encode(), b"kernel.cu", 0, [], [])
    options = [o.encode() for o in (*OPTIONS[arithmetic], "-arch=compute_90")]
    (status,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
    assert status == nvrtc.nvrtcResult.NVRTC_SUCCESS
    _, size = nvrtc.nvrtcGetPTXSize(program)
    text = b" " * size
    nvrtc.nvrtcGetPTX(program, text)
    nvrtc.nvrtcDestroyProgram(program)
    assert (b"fma.rn" in text) is fused
    assert (b"div.approx" in text or b"div.full" in text) is approximate
    assert (b".ftz" in text) is approximate
