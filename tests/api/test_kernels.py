"""Functions of the user's own: values, dtypes, fusion, names and refused texts."""

from __future__ import annotations

import importlib.util
import pickle

import numpy as np
import pytest

import lazyarr as la
from lazyarr import ops
from lazyarr.api import kernels
from lazyarr.config import current
from lazyarr.evaluate import make_plan
from lazyarr.ir.node import structure
from lazyarr.ops import row
from lazyarr.plan.cost import UNMEASURED_GPU
from lazyarr.plan.place import Machine

A = np.random.default_rng(5).random((40, 30)) * 4 - 2


@pytest.fixture(autouse=True)
def forgotten():
    """Take the rows that a test makes out of the table again."""
    yield
    for op in kernels._mine.values():
        row.withdraw(op)
    kernels._mine.clear()


def swish(x):
    return x / (1 + np.exp(-x))


def on_gpu(array):
    """Return the plan for a GPU that nobody has."""
    roots = (array._current(),)
    _, nodes = structure(roots)
    machine = Machine(gpu=UNMEASURED_GPU)
    return make_plan(roots, nodes, current(), "gpu", machine)


@pytest.mark.usefixtures("planned")
def test_it_fuses_with_its_neighbours():
    f = la.elementwise("swish", numpy=swish, cuda="x / (1 + exp(-x))", doc="Swish.")
    y = f(la.asarray(A) * 2) + 1
    np.testing.assert_array_equal(y.compute(), swish(A * 2) + 1)
    (stage,) = on_gpu(y).stages
    assert stage.ops == ("multiply", "swish", "add")
    assert f.__name__ == "swish"
    assert f.__doc__ == "Swish."


@pytest.mark.usefixtures("planned")
def test_the_source_has_the_users_text():
    f = la.elementwise("swish", numpy=swish, cuda="x / (1 + exp(-x))")
    (source,) = (
        importlib.import_module("lazyarr.codegen.source")
        .sources(on_gpu(f(la.asarray(A))))
        .values()
    )
    assert "x / (1 + exp(-x))" in source


def test_operands_broadcast_and_scalars_are_weak():
    f = la.elementwise("blend", numpy=lambda a, b, t: a + (b - a) * t)
    x = np.arange(3, dtype=np.float32)
    got = f(x[:, None], x, 0.5)
    assert got.dtype == np.float32
    assert f(la.array(x), 1, 0.5).dtype == np.float32
    np.testing.assert_array_equal(
        got.compute(), x[:, None] + (x - x[:, None]) * np.float32(0.5)
    )


def test_keywords_of_a_ufunc():
    f = la.elementwise("half", numpy=lambda x: x / 2)
    target = la.zeros(4)
    assert f(np.arange(4), out=target) is target
    np.testing.assert_array_equal(target.compute(), [0, 0.5, 1, 1.5])
    mask = np.array([True, False, True, False])
    masked = f(np.arange(4.0), out=la.ones(4), where=mask)
    np.testing.assert_array_equal(masked.compute(), [0, 1, 1, 1])


@pytest.mark.parametrize(
    ("dtypes", "given", "result"),
    [
        (None, "i4", "f8"),
        (None, "f4", "f4"),
        (np.sqrt, "i2", "f4"),
        (bool, "f8", "?"),
        ("int16", "f8", "i2"),
        (lambda x: x, "u1", "u1"),
        (lambda x: (np.float64, np.float32), "i4", "f4"),
    ],
)
def test_dtypes_follow_the_rule(dtypes, given, result):
    f = la.elementwise("root", numpy=np.vectorize(np.sqrt), dtypes=dtypes, nin=1)
    y = f(la.ones(5, dtype=given))
    assert y.dtype == np.dtype(result)
    assert y.compute().dtype == np.dtype(result)


def test_a_ufunc_is_found_by_numpy():
    ufunc = np.frompyfunc(lambda x: x * 3, 1, 1)
    la.elementwise("triple", numpy=ufunc, dtypes=np.positive)
    y = ufunc(la.arange(4.0))
    assert isinstance(y, la.Array)
    assert ops.OPS["triple"].numpy is ufunc


def test_redefined_by_name():
    first = la.elementwise("mine", numpy=lambda x: x + 1)
    old = first(la.arange(3))
    second = la.elementwise("mine", numpy=lambda x: x + 2)
    np.testing.assert_array_equal(old.compute(), [1, 2, 3])
    np.testing.assert_array_equal(second(la.arange(3)).compute(), [2, 3, 4])
    again = pickle.loads(pickle.dumps(second(la.arange(3))))
    np.testing.assert_array_equal(again.compute(), [2, 3, 4])


def test_mistakes_are_refused():
    with pytest.raises(ValueError, match="already an op named 'exp'"):
        la.elementwise("exp", numpy=np.exp)
    with pytest.raises(ValueError, match="identifier"):
        la.elementwise("a b", numpy=np.exp)
    with pytest.raises(ValueError, match="Give nin="):
        la.elementwise("mine", numpy=lambda *x: x)
    f = la.elementwise("mine", numpy=lambda x, y: x)
    with pytest.raises(TypeError, match="takes 2 operands, got 1"):
        f(1)
    with pytest.raises(la.DTypeError, match="fails for"):
        la.elementwise("mine", numpy=lambda x: x + None)(la.ones(3))
    g = la.elementwise("mine", numpy=lambda x: np.ones(7), dtypes=lambda x: x)
    with pytest.raises(la.LazyarrError, match="element by element"):
        g(la.ones(3)).compute()


def nvrtc():
    try:
        if importlib.util.find_spec("nvidia.cuda_nvrtc") is None:
            return False
        # And what calls it: CuPy does too, but need not find the library.
        return importlib.util.find_spec("cuda.bindings") is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.skipif(not nvrtc(), reason="nvidia-cuda-nvrtc-cu12 is not installed")
def test_a_text_that_does_not_compile_is_marked():
    text = """
    T t = x * 2;
    t += nothing;
    return t;
    """
    with pytest.raises(la.KernelError) as caught:
        la.elementwise("broken", numpy=lambda x: x, cuda=text)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("[broken] the CUDA text does not compile for (float64)")
    assert "test_kernels.py" in lines[0]
    assert lines[2].startswith(">   2 |     t += nothing;")
    assert 'identifier "nothing" is undefined' in lines[3]
    assert not lines[4].startswith(">")
    assert "broken" not in ops.OPS


@pytest.mark.usefixtures("planned")
def test_without_cuda_numpy_computes_it_and_the_plan_says_so():
    f = la.elementwise("slow", numpy=lambda x: x + 1)
    plan = on_gpu(la.sum(f(la.asarray(A) * 2) * 3, axis=0))
    kinds = [s.kind for s in plan.stages]
    assert kinds == ["map", "copy", "library", "copy", "reduce"]
    assert "slow" in plan.stages[1].reason
    # For the CPU nothing is cut.
    got = la.sum(f(la.asarray(A) * 2) * 3, axis=0)
    assert len(got.explain(device="cpu").to_dict()["stages"]) == 1


@pytest.mark.parametrize("n", [6, 300_000])
def test_a_fold_is_no_elementwise_function_and_a_constant_is(n):
    x = la.arange(n, dtype=float)
    folds = la.elementwise("folds", numpy=lambda x: x.sum())
    with pytest.raises(la.ExecutionError, match=r"^\[folds\] the.*gave shape \(\)"):
        folds(x).compute()
    same = la.elementwise("same", numpy=lambda x: np.nan)
    assert np.isnan(same(x).compute()).all()
    assert same(x).shape == (n,)
