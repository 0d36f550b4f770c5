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


def lost(stream):
    raise LOST


def test_what_shows_when_results_come_home(cupy, monkeypatch):
    made = la.asarray(A).to_device("gpu") + 4.5
    told = (
        r"^\[compute\] CUDARuntimeError on the GPU: cudaErrorIllegal.* "
        r"\(test_errors_on_gpu.py:\d+\)\. Hint: The GPU is lost"
    )
    for call in (
        made.compute,
        made.persist().compute,
        lambda: np.asarray(made),
        lambda: made.explain(analyze=True),
        lambda: la.compute(made, made.sum()),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(type(cupy.cuda.get_current_stream()), "synchronize", lost)
            with pytest.raises(la.ExecutionError, match=told) as caught:
                call()
        assert caught.value.__cause__ is LOST
    np.testing.assert_array_equal(made.compute(), A + 4.5)


def test_what_shows_when_an_operand_goes_there(cupy, monkeypatch):
    made = la.asarray(A) + 5.5
    told = r"^\[to_device\] CUDARuntimeError on the GPU: .* \(test_errors_on_gpu.py:"
    with monkeypatch.context() as patch:
        patch.setattr(cupy.ndarray, "set", raising(LOST))
        with pytest.raises(la.ExecutionError, match=told):
            made.compute()
    np.testing.assert_array_equal(made.compute(), A + 5.5)


def test_what_shows_between_windows(cupy, monkeypatch):
    x = np.arange(4000.0).reshape(400, 10)
    made = la.asarray(x) * 2 - 1
    told = r"^\[compute\] CUDARuntimeError on the GPU: .* \(test_errors_on_gpu.py:"
    with la.config(memory_limit="16KiB"):
        assert made.explain().plan.passes
        with monkeypatch.context() as patch:
            patch.setattr(cupy.cuda.Event, "synchronize", lost)
            with pytest.raises(la.ExecutionError, match=told):
                made.compute()
        np.testing.assert_array_equal(made.compute(), x * 2 - 1)


def test_what_shows_when_memory_is_asked_for(cupy, monkeypatch):
    def plus():
        return la.asarray(A).to_device("gpu") + 6.5

    made = plus()
    for _ in range(3):  # as a plan, and as launches alone
        with monkeypatch.context() as patch:
            patch.setattr(cupy.pointer, "ahead", staticmethod(raising(LOST)))
            with pytest.raises(la.ExecutionError, match="CUDARuntimeError on the GPU"):
                made.persist()
        np.testing.assert_array_equal((made * 1).compute(), A + 6.5)
        np.testing.assert_array_equal(made.persist().compute(), A + 6.5)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("inv", "Singular matrix"),
        ("cholesky", "Matrix is not positive definite"),
        ("eigvalsh", "Eigenvalues did not converge"),
        ("svdvals", "SVD did not converge"),
    ],
)
def test_matrices_without_a_result_are_refused_as_by_numpy(cupy, name, text):
    def found(x, **options):
        if cupy.extra.linalg == "raise":
            raise np.linalg.LinAlgError("Error reported by getrf in cuSOLVER")
        return x

    theirs = dict.fromkeys(("inv", "cholesky", "eigvalsh", "svd"), found)
    cupy.linalg = type("linalg", (), {n: staticmethod(f) for n, f in theirs.items()})
    function = getattr(la.linalg, name)
    made = function(la.asarray(np.zeros((3, 3))))
    with pytest.raises(
        np.linalg.LinAlgError, match=rf"^\[{name}\] {text} \(test_errors_on_gpu.py:"
    ):
        made.compute()
    assert cupy.extra.linalg == "ignore"


def test_a_determinant_of_zero_is_no_error(cupy):
    def det(x):
        assert cupy.extra.linalg == "ignore"
        return x.later((), x.dtype, lambda: 0.0)

    cupy.linalg = type("linalg", (), {"det": staticmethod(det)})
    assert la.linalg.det(la.asarray(np.zeros((3, 3)))).compute() == 0
