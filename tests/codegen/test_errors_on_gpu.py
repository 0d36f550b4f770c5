"""What CuPy and the driver raise is told as our own errors are: operation, line, remedy."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from tests.codegen import fake_functions

A = np.random.default_rng(3).random((30, 30))
HERE = r" \(test_errors_on_gpu.py:{}\)\. Hint: "


def of_cuda(name, text, module="cupy_backends.cuda.libs.cublas"):
    """Return an error as one of CUDA's libraries, or CUDA itself, raises it."""
    return type(name, (RuntimeError,), {"__module__": module})(text)


EXECUTION = of_cuda("CUBLASError", "CUBLAS_STATUS_EXECUTION_FAILED")
NO_MEMORY = of_cuda("CUSOLVERError", "CUSOLVER_STATUS_ALLOC_FAILED")
LOST = of_cuda(
    "CUDARuntimeError",
    "cudaErrorIllegalAddress: an illegal memory access was encountered",
    "cupy_backends.cuda.api.runtime",
)
DRIVER = of_cuda(
    "CUDADriverError",
    "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES: too many resources requested",
    "cupy_backends.cuda.api.driver",
)


@pytest.fixture(autouse=True)
def _on_the_gpu():
    with la.config(device="gpu", learn=False, small_bytes=0):
        yield


def raising(error, times=1 << 30):
    """Return a function that raises an error, so many times."""
    left = [times]

    def call(*args, **options):
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return args[0]

    return call


def line_of(function):
    return function.__code__.co_firstlineno + 1


def product():
    return la.asarray(A) @ la.asarray(A)


@pytest.mark.parametrize(
    ("error", "text", "remedy"),
    [
        (EXECUTION, "CUBLASError on the GPU: CUBLAS_STATUS_EXEC", r"device='cpu'\)"),
        (LOST, "CUDARuntimeError on the GPU: cudaErrorIllegal", "started again"),
    ],
)
def test_a_library_of_cudas_fails(cupy, error, text, remedy):
    cupy.matmul = raising(error)
    made = product()
    told = rf"^\[matmul\] {text}.*{HERE.format(line_of(product))}.*{remedy}"
    with pytest.raises(la.ExecutionError, match=told) as caught:
        made.compute()
    assert caught.value.__cause__ is error
    np.testing.assert_array_equal(made.compute(device="cpu"), A @ A)


@pytest.mark.parametrize("kind", [ValueError, IndexError, np.linalg.LinAlgError])
def test_an_error_of_arguments_is_also_numpys(cupy, kind):
    cupy.matmul = raising(kind("they do not fit"))
    told = rf"^\[matmul\] they do not fit \(test_errors_on_gpu.py:{line_of(product)}\)$"
    with pytest.raises(la.ExecutionError, match=told) as caught:
        product().compute()
    assert isinstance(caught.value, kind)


def test_the_line_is_that_of_this_run_and_not_of_the_plan(cupy):
    def other():
        return la.asarray(A) @ la.asarray(A)

    product().compute()
    cupy.matmul = raising(EXECUTION)
    with pytest.raises(la.ExecutionError, match=HERE.format(line_of(other))):
        other().compute()


def test_numpys_error_of_copies_is_also_numpys(cupy):
    made = la.linalg.inv(la.asarray(np.zeros((3, 3))))
    with pytest.raises(
        np.linalg.LinAlgError, match=r"^\[inv\] Singular matrix \(test_"
    ):
        made.compute()


# As cuSOLVER says it, and as Thrust's sorts do.
@pytest.mark.parametrize("error", [NO_MEMORY, MemoryError("std::bad_alloc")])
def test_a_library_that_has_no_memory_is_called_again(cupy, error):
    matmul = cupy.matmul
    fail = raising(error, 1)
    cupy.matmul = lambda x, y: matmul(fail(x), y)
    np.testing.assert_array_equal(product().compute(), A @ A)
    assert cupy.freed == 1
    cupy.matmul = raising(error)
    told = rf"^\[matmul\] needs 7,200 bytes on the GPU.*{HERE.format(line_of(product))}"
    with pytest.raises(la.MemoryLimitError, match=told):
        product().compute()


def test_no_memory_for_a_kernel_names_the_line(cupy, monkeypatch):
    def plus():
        return la.asarray(A).to_device("gpu") + 2.5

    made = plus()
    failing = raising(cupy.cuda.memory.OutOfMemoryError())
    told = rf"^\[add\] needs .*{HERE.format(line_of(plus))}"
    for run in (made.compute, made.persist):
        for _ in range(3):  # as a plan, and as launches alone
            monkeypatch.setattr(cupy.pointer, "ahead", staticmethod(failing))
            with pytest.raises(la.MemoryLimitError, match=told):
                run()
            monkeypatch.setattr(cupy.pointer, "ahead", staticmethod(lambda: None))
            np.testing.assert_array_equal((made * 1).compute(), A + 2.5)


def test_a_kernel_that_the_driver_refuses(cupy, monkeypatch):
    launch, refused = cupy.cuda.driver.launchKernel, [False]

    def launching(*arguments):
        if refused[0]:
            raise DRIVER
        launch(*arguments)

    def plus(k):
        return (la.asarray(A).to_device("gpu") + 3.5) * k

    monkeypatch.setattr(cupy.cuda.driver, "launchKernel", launching)
    told = rf"^\[multiply\] CUDADriverError on the GPU: .*{HERE.format(line_of(plus))}"
    for k in (2, 3, 4):  # as a plan, and as launches alone
        made = plus(k)
        refused[0] = True
        with pytest.raises(la.ExecutionError, match=told):
            made.persist()
        refused[0] = False
        np.testing.assert_array_equal(made.persist(), (A + 3.5) * k)


def test_a_function_that_is_called_at_once(cupy, monkeypatch):
    fake_functions.equip(monkeypatch, cupy)
    x = la.asarray(cupy.ndarray.of(A)) > 0.5
    cupy.packbits = raising(LOST)
    told = r"^\[packbits\] CUDARuntimeError on the GPU: .* \(test_errors_on_gpu.py:"
    with pytest.raises(la.ExecutionError, match=told):
        np.packbits(x)
