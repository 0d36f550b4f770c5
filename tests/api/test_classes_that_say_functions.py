"""Classes that are no arrays and say what NumPy's functions give of them are asked."""

import array

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


def spoken(xp):
    """Return classes that know functions by what the module of arrays calls them."""
    known = {}

    class Loose:
        def __array_ufunc__(self, ufunc, method, *inputs, **options):
            if ufunc is not xp.add and ufunc not in (xp.equal, xp.absolute):
                return NotImplemented
            return ufunc is xp.add, method, len(inputs), sorted(options)

        def __array_function__(self, function, types, args, options):
            if function not in known or not all(issubclass(x, Loose) for x in types):
                return NotImplemented
            return known[function](*args, **options)

        def __eq__(self, other):
            return xp.equal(self, other)

    class Array(xp.ndarray):
        __array_ufunc__ = Loose.__array_ufunc__

        def __array_function__(self, function, types, args, options):
            return "mean" if function is xp.mean else NotImplemented

    class Mixed(Loose, xp.ndarray):
        pass

    known[xp.sum] = lambda x, axis=None: ("sum", axis)
    known[xp.concatenate] = lambda each: ("concatenate", len(each))
    known[xp.linalg.norm] = lambda x: "norm"
    known[xp.fft.fft] = lambda x: "fft"
    return Loose(), xp.arange(3.0).view(Array), xp.arange(3.0).view(Mixed)


SPOKEN = {
    "ufunc": lambda xp, x, y, z: xp.add(x, 1),
    "after an array": lambda xp, x, y, z: xp.add(xp.ones(3)[0], x),
    "written": lambda xp, x, y, z: xp.add(x, 1, out=x),
    "operator": lambda xp, x, y, z: x == x,
    "ufunc that is not known": lambda xp, x, y, z: xp.subtract(x, 1),
    "function": lambda xp, x, y, z: xp.sum(x, axis=0),
    "nested": lambda xp, x, y, z: xp.concatenate([x, x]),
    "norm": lambda xp, x, y, z: xp.linalg.norm(x),
    "fft": lambda xp, x, y, z: xp.fft.fft(x),
    "function that is not known": lambda xp, x, y, z: xp.mean(x),
    "an array's operator": lambda xp, x, y, z: y + 1,
    "operator after an array": lambda xp, x, y, z: xp.ones(3) + y,
    "operator that is not known": lambda xp, x, y, z: y - 1,
    "an array's method": lambda xp, x, y, z: y.sum(),
    "an array's function": lambda xp, x, y, z: xp.mean(y),
    "an array's ufunc": lambda xp, x, y, z: xp.absolute(y),
    "operator of what is mixed in": lambda xp, x, y, z: z + 1,
    "function of what is mixed in": lambda xp, x, y, z: xp.concatenate([z, z]),
    "function of it that is not known": lambda xp, x, y, z: xp.mean(z),
}


@pytest.mark.parametrize("name", SPOKEN)
def test_classes_know_functions_by_the_names_of_the_module_that_they_use(name):
    def said(xp):
        try:
            return SPOKEN[name](xp, *spoken(xp))
        except TypeError as error:
            return "TypeError", str(error)[:60]

    assert said(la) == said(np)


def test_what_is_not_to_be_copied_may_be_what_an_object_gives():
    class Held:
        def __array__(self, dtype=None, copy=None):
            return np.asarray([1.0, 2.0], dtype)

    for x in (Held(), array.array("d", [1.0, 2.0]), memoryview(b"ab")):
        for make in ("array", "asarray"):
            made, expected = (getattr(xp, make)(x, copy=False) for xp in (la, np))
            assert made.dtype == expected.dtype
            assert made.tolist() == expected.tolist()
    for x in ([1.0], (1,), 2, b"a", np.float64(3)):
        with pytest.raises(ValueError, match="copy"):
            la.asarray(x, copy=False)


def answering(*functions, array=None):
    """Return an object that knows functions, and of ufuncs nothing."""

    class Answering:
        def __array_function__(self, function, types, args, options):
            return function.__name__ if function in functions else NotImplemented

        if array is not None:

            def __array__(self, dtype=None, copy=None):
                return np.array(array, dtype)

    return Answering()


@pytest.mark.parametrize("size", [3, 70_000])
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("sum", lambda f, x, y: f(y)),
        ("moveaxis", lambda f, x, y: f(y, 0, 1)),
        ("median", lambda f, x, y: f(y)),
        ("where", lambda f, x, y: f(x > 1, y, 0)),
        ("einsum", lambda f, x, y: f("i,i", x, y)),
        ("broadcast_to", lambda f, x, y: f(y, (2, 3))),
    ],
)
def test_a_class_without_a_word_on_ufuncs_is_asked_of_either_function(name, call, size):
    x = la.arange(size)
    for asked in (getattr(la, name), getattr(np, name)):
        assert call(getattr(la, name), x, answering(asked)) == name
        with pytest.raises(TypeError):
            call(getattr(la, name), x, answering())


@pytest.mark.parametrize(
    "call",
    [
        lambda xp, x, y: x + y,
        lambda xp, x, y: y - x,
        lambda xp, x, y: x < y,
        lambda xp, x, y: xp.add(x, y),
        lambda xp, x, y: xp.exp(y),
        lambda xp, x, y: xp.add.reduce(y),
        lambda xp, x, y: xp.multiply.outer(y, x),
        lambda xp, x, y: xp.asarray(y),
        lambda xp, x, y: xp.array([y, y]),
    ],
)
def test_operators_and_ufuncs_take_its_elements(call):
    held = answering(array=[1.0, 2.0, 3.0])
    ours, theirs = (np.asarray(call(xp, xp.arange(3), held)) for xp in (la, np))
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


class Labelled(np.ndarray):
    """Arrays whose functions give the name of what was asked."""

    def __array_function__(self, function, types, args, options):
        return function.__name__


SECOND = {
    "allclose": "b",
    "append": "values",
    "array_equal": "a2",
    "average": "weights",
    "convolve": "v",
    "cov": "fweights",
    "diff": "prepend",
    "digitize": "bins",
    "histogram": "weights",
    "isin": "test_elements",
    "outer": "b",
    "searchsorted": "v",
    "setdiff1d": "ar2",
    "std": "mean",
    "trapezoid": "x",
    "union1d": "ar2",
}
"""Functions of an array, and the parameter by which another one is given here."""


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", SECOND)
def test_an_argument_by_name_says_what_a_function_means(name, large):
    plain = np.arange(200_000 if large else 5) * 1.0
    labelled = np.ones(plain.size).view(Labelled)
    options = {SECOND[name]: labelled}
    assert getattr(np, name)(plain, **options) == name
    with la.config(small_path=large):
        x = la.asarray(plain) * 1.0
        assert getattr(la, name)(x, **options) == name
        assert getattr(la, name)(plain, **options) == name
        assert getattr(np, name)(x, **options) == name


@pytest.mark.parametrize("name", ["convolve", "outer", "searchsorted", "union1d"])
def test_a_second_argument_says_what_a_function_means(name):
    x = la.asarray(np.arange(200_000.0)) * 1.0
    labelled = np.ones(x.size).view(Labelled)
    assert getattr(la, name)(x, labelled) == name


@pytest.mark.parametrize("name", ["block", "column_stack", "dstack", "hstack", "stack"])
def test_an_item_of_a_list_says_what_a_function_means(name):
    x = la.asarray(np.arange(200_000.0)) * 1.0
    labelled = np.ones(x.size).view(Labelled)
    assert getattr(la, name)([x, labelled]) == name
