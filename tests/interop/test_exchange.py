"""Arrays go to other libraries, to other processes, and back."""

from __future__ import annotations

import copy
import operator
import pickle

import numpy as np
import pytest

import lazyarr as la

X = np.arange(12.0).reshape(3, 4)
DTYPES = ["bool", "i1", "i8", "u4", "f4", "f8", "c8", "c16"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", DTYPES)
def test_torch(dtype):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x = la.asarray(X.astype(dtype))
    taken = torch.from_dlpack(x)
    np.testing.assert_array_equal(taken.numpy(), X.astype(dtype))
    back = la.from_dlpack(taken)
    assert isinstance(back, la.Array)
    np.testing.assert_array_equal(back.compute(), X.astype(dtype))
    if (
        dtype == "f8"
    ):  # what is exported is a copy: writing into it changes nothing here
        taken[0] = 9
        assert x[0, 0] == 0
        assert float((la.asarray(torch.ones(3)) * 2).sum()) == 6


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", ["i1", "i4", "u4", "f4", "c8"])
def test_jax(dtype):
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    with jax.default_device(jax.devices("cpu")[0]):
        x = la.asarray(X.astype(dtype)) + la.asarray(1, dtype=dtype)
        taken = jax.dlpack.from_dlpack(x)
        np.testing.assert_array_equal(np.asarray(taken), x.compute())
        back = la.from_dlpack(taken)
        np.testing.assert_array_equal((back + back).compute(), x.compute() * 2)
        np.testing.assert_array_equal(jax.numpy.asarray(x), x.compute())
        np.testing.assert_array_equal(la.asarray(taken), x.compute())


@pytest.mark.parametrize("dtype", DTYPES)
def test_numpy(dtype):
    x = la.asarray(X.astype(dtype))
    np.testing.assert_array_equal(np.from_dlpack(x), X.astype(dtype))
    np.testing.assert_array_equal(la.from_dlpack(X.astype(dtype)), X.astype(dtype))


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", DTYPES)
def test_cupy_takes_what_is_on_the_gpu_without_a_copy(dtype):
    cupy = pytest.importorskip("cupy")
    x = la.asarray(X.astype(dtype)).persist("gpu")
    taken = cupy.from_dlpack(x)
    assert taken.data.ptr == cupy.asarray(x).data.ptr
    np.testing.assert_array_equal(taken.get(), X.astype(dtype))
    back = la.from_dlpack(taken)
    assert back.device == x.device == "gpu:0"
    np.testing.assert_array_equal(back.compute(), X.astype(dtype))


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore")
def test_torch_and_jax_take_what_is_on_the_gpu():
    x = (la.asarray(X.astype("f4")) * 2).persist("gpu")
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    taken = torch.from_dlpack(x)
    assert taken.is_cuda
    np.testing.assert_array_equal(taken.cpu().numpy(), X * 2)
    back = la.from_dlpack(taken)
    assert back.device == "gpu:0"
    assert float((back + 1).sum()) == float((X * 2 + 1).sum())
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    if any(device.platform == "gpu" for device in jax.devices()):
        np.testing.assert_array_equal(np.asarray(jax.dlpack.from_dlpack(x)), X * 2)


def graphs():
    """Return arrays of several kinds of state: leaf, expression, view, scalar."""
    x = la.asarray(X)
    y = la.array(X)
    y[1:] = 7
    return [x, x * 2 + 1, y[1:, ::2], x.sum(), la.exp(x).mean(axis=0), la.asarray(3)]


@pytest.mark.parametrize("module", ["pickle", "cloudpickle"])
def test_pickles(module):
    pickler = pytest.importorskip(module, reason=f"{module} is not installed")
    for x in graphs():
        back = pickle.loads(pickler.dumps(x))
        assert isinstance(back, la.Array)
        np.testing.assert_array_equal(back.compute(), x.compute())


PICKLED = [
    *("random.normal", "random.rand", "random.mtrand.seed", "testing.assert_allclose"),
    *("testing.assert_equal", "polynomial.polynomial.polyval", "sin", "add", "fft.fft"),
]


@pytest.mark.parametrize("path", PICKLED)
def test_functions_are_pickled_by_their_names(path):
    function = operator.attrgetter(path)(la)
    assert operator.attrgetter(path)(la) is function
    assert pickle.loads(pickle.dumps(function)) is function


def test_what_makes_arrays_of_keys_is_pickled():
    for trick in (la.r_, la.c_, la.mgrid, la.ogrid):
        back = pickle.loads(pickle.dumps(trick))[1:4]
        np.testing.assert_array_equal(np.asarray(back), np.asarray(trick[1:4]))


def test_functions_that_hold_arrays_are_pickled():
    cloudpickle = pytest.importorskip("cloudpickle", reason="it is not installed")
    x = la.asarray(X) + 1
    function = pickle.loads(cloudpickle.dumps(lambda t: (x * t).sum()))
    assert float(function(2)) == float((X + 1).sum() * 2)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: x.copy()])
def test_copies_are_apart(copied):
    for x in graphs():
        before = x.compute()
        other = copied(x)
        if other.shape:
            other[...] = -1
        np.testing.assert_array_equal(x.compute(), before)


@pytest.mark.parametrize("shape", [(3,), (300, 300), ()])
def test_operators_of_jax_take_lazy_arrays(shape):
    jnp = pytest.importorskip("jax.numpy", reason="JAX is not installed")
    x, y = la.full(shape, 2.5, dtype="f4"), jnp.full(shape, 2.0)
    for made in (y * x, x * y, y + x + jnp.asarray(x) * 0.2):
        assert isinstance(made, type(y))
        assert np.all(np.asarray(made) == 5)
