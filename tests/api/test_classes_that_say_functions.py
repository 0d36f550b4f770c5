"""Classes that are no arrays and say what NumPy's functions give of them are asked."""

import numpy as np
import pytest

import lazyarr as la


class Length:
    """Numbers in metres, as packages for units have them."""

    __array_priority__ = 20
    __dask_graph__ = None  # as Pint's have it
    dtype = property(lambda self: self.numbers.dtype)
    shape = property(lambda self: self.numbers.shape)
    ndim = property(lambda self: self.numbers.ndim)
    size = property(lambda self: self.numbers.size)

    def __init__(self, numbers):
        self.numbers = np.asarray(numbers)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numbers, dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return ufunc.__name__, [type(x) for x in inputs]

    def __array_function__(self, function, types, args, options):
        return function.__name__, len(args), sorted(options)


class Derived(np.ndarray):
    """The same of an array."""

    __array_ufunc__ = Length.__array_ufunc__
    __array_function__ = Length.__array_function__


def derived(numbers):
    return np.asarray(numbers).view(Derived)


CALLS = {
    "sum": lambda xp, x: xp.sum(x, axis=0),
    "mean": lambda xp, x: xp.mean(x),
    "linspace": lambda xp, x: xp.linspace(x, x, 3),
    "linspace beside a number": lambda xp, x: xp.linspace(0, x, 3),
    "concatenate": lambda xp, x: xp.concatenate([x, x]),
    "concatenate beside an array": lambda xp, x: xp.concatenate([np.ones(2), x]),
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(x, x),
    "unstack": lambda xp, x: xp.unstack(x),
    "atleast_2d": lambda xp, x: xp.atleast_2d(x, x),
    "dstack": lambda xp, x: xp.dstack([x, x]),
    "block": lambda xp, x: xp.block([x, x]),
    "pad": lambda xp, x: xp.pad(x, 1),
    "insert": lambda xp, x: xp.insert(x, 0, x),
    "unwrap": lambda xp, x: xp.unwrap(x),
    "common_type": lambda xp, x: xp.common_type(x),
    "polyval": lambda xp, x: xp.polyval(x, x),
    "piecewise": lambda xp, x: xp.piecewise(x, [x], [1]),
    "norm": lambda xp, x: xp.linalg.norm(x),
    "fft": lambda xp, x: xp.fft.fft(x),
    "where": lambda xp, x: xp.where(x, x, 0),
    "einsum": lambda xp, x: xp.einsum("i,i", x, x),
    "zeros_like": lambda xp, x: xp.zeros_like(x),
    "exp": lambda xp, x: xp.exp(x),
    "matmul": lambda xp, x: xp.matmul(x, x),
    "shape": lambda xp, x: xp.shape(x),
}


@pytest.mark.parametrize("few", [0, 1 << 18])
@pytest.mark.parametrize("make", [Length, derived])
@pytest.mark.parametrize("name", CALLS)
def test_the_class_says_what_a_function_gives(name, make, few):
    x = make([1.0, 2.0])
    with la.config(small_bytes=few):
        assert CALLS[name](la, x) == CALLS[name](np, x)


def test_arrays_of_elements_alone_are_taken():
    class Elements(Length):
        __module__ = "dask.array"

    assert float(la.sum(Elements([1.0, 2.0]))) == 3.0
