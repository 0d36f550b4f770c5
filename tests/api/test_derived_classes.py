"""What programs derive from `ndarray` and ask of types, and `matrix`."""

import abc
import copy
import pickle
from numbers import Integral, Number, Real

import numpy as np
import pytest

import lazyarr as la

pytestmark = pytest.mark.filterwarnings(
    "ignore:the matrix subclass:PendingDeprecationWarning"
)


def vector(xp):
    """Return a class as NumPy's documentation has users write it."""

    class Vector(xp.ndarray):
        def __new__(cls, data, unit="m"):
            made = xp.asarray(data, dtype=float).view(cls)
            made.unit = unit
            return made

        def __array_finalize__(self, other):
            self.unit = getattr(other, "unit", None)

        def norm(self):
            return xp.sqrt(xp.sum(self**2))

    return Vector


def of_shape(xp):
    """Return a class whose arrays are allocated by `ndarray` itself."""

    class Ones(xp.ndarray):
        def __new__(cls, *shape):
            made = xp.ndarray.__new__(cls, shape)
            made[:] = 1
            return made

        def __array_ufunc__(self, ufunc, method, *inputs, **options):
            plain = [x.view(xp.ndarray) if isinstance(x, Ones) else x for x in inputs]
            return getattr(ufunc, method)(*plain, **options)

    return Ones


def told(x):
    """Return what a test compares: values, the class's own word, or the type."""
    return np.asarray(x).tolist(), getattr(x, "unit", None)


USES = {
    "norm": lambda xp, v, x: v.norm(),
    "plus": lambda xp, v, x: v + x,
    "reflected": lambda xp, v, x: x - v,
    "function": lambda xp, v, x: xp.add(x, v),
    "unary": lambda xp, v, x: xp.sin(v),
    "part": lambda xp, v, x: v[:1],
    "element": lambda xp, v, x: v[0],
    "base": lambda xp, v, x: v.view(xp.ndarray),
    "product": lambda xp, v, x: xp.dot(v, x),
    "matmul": lambda xp, v, x: x @ v,
    "joined": lambda xp, v, x: xp.concatenate([v, x]),
    "chosen": lambda xp, v, x: xp.where(v > 3, v, x),
    "unbound": lambda xp, v, x: xp.ndarray.sum(v),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_derived_arrays_do_what_they_do_in_numpy(use):
    given, wanted = (
        told(use(xp, vector(xp)([3.0, 4.0]), xp.asarray([1.0, 2.0]))) for xp in (la, np)
    )
    assert given == wanted


def test_derived_arrays_are_written_through_and_into():
    def program(xp):
        v, x = vector(xp)([3.0, 4.0]), xp.ones(2)
        v[0] = 7
        v += x
        x += v
        return told(v), told(x)

    assert program(la) == program(np)


def test_a_derived_class_may_say_itself_what_ufuncs_do():
    def program(xp):
        ones, x = of_shape(xp)(3), xp.arange(3.0)
        return [told(y) for y in (ones, ones + x, x * ones, xp.sqrt(ones))]

    assert program(la) == program(np)


def test_types_are_equal_to_the_class_of_arrays():
    derived = vector(la)
    x, element = la.ones(3), la.ones(3)[0]
    assert type(x) == la.ndarray  # noqa: E721 - what programs write
    assert type(x) in (list, la.ndarray)
    assert type(np.ones(3)) == la.ndarray  # noqa: E721
    assert type(element) != la.ndarray  # noqa: E721
    assert derived != la.ndarray
    assert issubclass(type(x), la.ndarray)
    assert not issubclass(type(element), la.ndarray)
    assert not issubclass(int, la.ndarray)
    assert issubclass(derived, np.ndarray)
    assert isinstance(derived([1]), la.ndarray)
    assert not isinstance(x, derived)


def test_the_class_of_arrays_makes_arrays():
    assert isinstance(la.ndarray((2, 3)), la.Array)
    assert la.ndarray(shape=2, dtype=int).dtype == np.dtype(int)
    assert la.ndarray((2,), "i2", buffer=b"\1\0\2\0").compute().tolist() == [1, 2]


UNBOUND = {
    "sum": lambda xp, x: xp.ndarray.sum(x, axis=0),
    "reshape": lambda xp, x: xp.ndarray.reshape(x, -1),
    "add": lambda xp, x: xp.ndarray.__add__(x, 1),
    "equal": lambda xp, x: xp.ndarray.__eq__(x, x),
    "in place": lambda xp, x: [xp.ndarray.__imul__(x, x) is x, x],
    "write": lambda xp, x: [xp.ndarray.__setitem__(x, 0, 9.0), x],
    "view": lambda xp, x: xp.ndarray.view(x, "i8"),
    "map": lambda xp, x: list(map(xp.ndarray.mean, [x, x + 1])),
}


@pytest.mark.parametrize("size", [6, 300_000])
@pytest.mark.parametrize("use", UNBOUND)
def test_methods_of_the_class_of_arrays_are_functions(size, use):
    wanted = UNBOUND[use](np, np.arange(size) / 2)
    found = UNBOUND[use](la, la.arange(size) / 2)
    parts = (
        zip(found, wanted, strict=True) if type(wanted) is list else [(found, wanted)]
    )
    for x, y in parts:
        assert np.array_equal(np.asarray(x), y)
    assert la.ndarray.sum(np.ones(3)) == 3
    assert la.ndarray.sum.__name__ == "sum"


@pytest.mark.parametrize("name", ["add", "fmin", "matmul", "isnan", "pow", "divmod"])
def test_functions_are_ufuncs_where_numpys_are(name):
    assert isinstance(getattr(la, name), la.ufunc)
    assert isinstance(getattr(np, name), la.ufunc)


@pytest.mark.parametrize("x", [la.sum, sum, la.linalg.norm, "add", None])
def test_other_functions_are_no_ufuncs(x):
    assert not isinstance(x, la.ufunc)


MATRICES = {
    "times": lambda xp, a, x: a * x,
    "reflected": lambda xp, a, x: x * a,
    "of matrices": lambda xp, a, x: a.T * a.I,
    "a column": lambda xp, a, x: a * xp.asmatrix(x[0]).T,
    "a reshaped row": lambda xp, a, x: a * x[0].reshape(2, 1),
    "power": lambda xp, a, x: a**2,
    "blocks": lambda xp, a, x: xp.bmat([[a, x], [x, a]]),
    "named blocks": lambda xp, a, x: xp.bmat("a, x; x, a"),
    "sum": lambda xp, a, x: xp.sum(a, axis=0),
    "inverse": lambda xp, a, x: xp.linalg.inv(a),
    "minus": lambda xp, a, x: x - a,
    "of an array": lambda xp, a, x: xp.matrix(x + 1),
}


@pytest.mark.parametrize("use", MATRICES.values(), ids=MATRICES)
def test_matrices_are_numpys(use):
    made, wanted = (
        use(xp, xp.matrix([[1.0, 2], [3, 4]]), xp.asarray([[1.0, 5], [2, 3]]))
        for xp in (la, np)
    )
    assert type(made) is type(wanted) is np.matrix
    assert made.tolist() == wanted.tolist()


def test_matrices_are_written_into_arrays():
    def program(xp):
        a, x = xp.matrix([[1.0, 2], [3, 4]]), xp.zeros((2, 2))
        x[:] = a
        x += a
        a[0] = x[1]
        return x.tolist(), a.tolist()

    assert program(la) == program(np)


SCALARS = {
    "product": lambda xp: xp.prod([1, 3]),
    "element": lambda xp: xp.asarray([3, 2])[0],
    "unsigned": lambda xp: xp.asarray([3, 2], dtype="uint8")[0],
    "later": lambda xp: xp.full((600, 600), 3).max(),
}


@pytest.mark.parametrize("few", ["small", "planned"])
@pytest.mark.parametrize("scalar", SCALARS.values(), ids=SCALARS)
@pytest.mark.parametrize("listed", [[0, 1], (0, 1), "ab", b"ab", []], ids=repr)
def test_python_repeats_sequences_as_often_as_a_scalar_says(listed, scalar, few):
    with la.config(small_bytes=0 if few == "planned" else 1 << 18):
        count = scalar(la)
        assert listed * count == listed * 3
        assert count * listed == listed * 3


def test_sequences_are_not_repeated_by_what_is_no_whole_number():
    for scalar in (la.asarray([1.5])[0], la.ones((600, 600)).max()):
        with pytest.raises(TypeError):
            [1, 2] * scalar


def test_an_array_without_axes_multiplies_a_list():
    assert (la.asarray(3) * [1, 2]).tolist() == [3, 6]
    assert ([1, 2] * la.asarray(3)).tolist() == [3, 6]


def test_the_module_of_the_global_generator_draws_from_it():
    def program(xp):
        xp.random.seed(3)
        shared = xp.random.mtrand._rand
        assert isinstance(shared, xp.random.RandomState)
        return [*shared.rand(2).tolist(), *xp.random.rand(2).tolist()]

    assert program(la) == program(np)


KINDS = (float, int, complex, bool, np.floating, np.integer, np.bool_, np.generic)
KNOWN = {
    "real": lambda xp: xp.asarray([1.5, 2])[0],
    "narrow": lambda xp: xp.asarray([1.5, 2], dtype="f4").max(),
    "integer": lambda xp: xp.sum([1, 2]),
    "bool": lambda xp: xp.asarray([1, 2])[0] > 0,
    "complex": lambda xp: xp.asarray([1j])[0],
    "function": lambda xp: xp.sqrt(2),
    "loop": lambda xp: next(iter(xp.arange(3.0))),
}


@pytest.mark.parametrize("scalar", KNOWN.values(), ids=KNOWN)
def test_known_scalars_are_of_the_kinds_that_numpys_are(scalar):
    made, wanted = scalar(la), scalar(np)
    kinds = (*KINDS, Number, Real, Integral)
    assert isinstance(made, la.Array)
    assert [isinstance(made, k) for k in kinds] == [
        isinstance(wanted, k) for k in kinds
    ]
    for copied in (copy.copy(made), pickle.loads(pickle.dumps(made))):
        assert copied == made
        assert type(copied) is type(made)


VIEWED = {
    "dot": lambda xp, v: xp.dot(v, [1.0, 2.0]),
    "dot with an array": lambda xp, v: xp.dot(v, xp.ones(2)),
    "matmul": lambda xp, v: xp.ones((2, 2)) @ v,
    "times": lambda xp, v: v * xp.ones(2),
    "kron": lambda xp, v: xp.kron(v, v),
    "norm": lambda xp, v: xp.linalg.norm(v),
    "solve": lambda xp, v: xp.linalg.solve(xp.eye(2), v),
    "einsum": lambda xp, v: xp.einsum("ij,jk", v, xp.ones((2, 2))),
    "mask": lambda xp, v: xp.ones((2, 2))[v > 1],
    "key": lambda xp, v: xp.arange(5)[v.astype(int).view(xp.ndarray)],
    "inner": lambda xp, v: xp.inner(v, v),
    "sum": lambda xp, v: xp.sum(v, axis=0),
}


@pytest.mark.parametrize("few", [0, 1 << 18])
@pytest.mark.parametrize("use", VIEWED)
def test_arrays_that_are_viewed_as_the_class_of_arrays_are_plain(use, few):
    given = np.array([[1.0, 2.0], [3.0, 4.0]])
    with la.config(small_bytes=few):
        made = VIEWED[use](la, given.view(la.ndarray))
        np.testing.assert_array_equal(made, VIEWED[use](np, given))
        assert type(made) is not la.ndarray


def test_classes_in_a_list_are_objects():
    kinds = np.hstack([[object], [la.ndarray]])
    assert la.hstack([[object], [type(la.ones(2))]]).shape == kinds.shape


@pytest.mark.parametrize("name", ["real", "imag"])
@pytest.mark.parametrize("dtype", ["f8", "c16"])
def test_parts_of_masked_arrays_are_masked(name, dtype):
    x = np.ma.array([1, 2, 3], mask=[0, 1, 0], dtype=dtype)
    made = getattr(la, name)(x)
    assert type(made) is np.ma.MaskedArray
    assert made.tolist() == getattr(np, name)(x).tolist()


class Image:
    """What gives an array when it is asked for one, as images in files are."""

    def __init__(self, held):
        self.held, self.asked = held, 0

    def __array__(self, dtype=None, copy=None):
        self.asked += 1
        return self.held


CONVERSIONS = {
    "asanyarray": lambda xp, a: xp.asanyarray(a),
    "of a dtype": lambda xp, a: xp.asanyarray(a, np.float32, "F"),
    "copied": lambda xp, a: xp.asanyarray(a, copy=True),
    "array": lambda xp, a: xp.array(a, subok=True, ndmin=3),
    "require": lambda xp, a: xp.require(a, np.float32, ["C", "O"]),
}


@pytest.mark.parametrize("convert", CONVERSIONS.values(), ids=CONVERSIONS)
@pytest.mark.parametrize("large", [False, True])
def test_conversions_that_keep_classes_keep_masks(convert, large):
    values = np.arange(100_000.0 if large else 6).reshape(2, -1)
    for made in (np.ma.array(values, mask=values % 2 == 0), np.asmatrix(values)):
        ours, theirs = convert(la, made), convert(np, made)
        assert type(ours) is type(theirs)
        assert (ours.dtype, ours.flags.f_contiguous) == (
            theirs.dtype,
            theirs.flags.f_contiguous,
        )
        assert np.array_equal(np.ma.getmaskarray(ours), np.ma.getmaskarray(theirs))
        assert np.array_equal(np.ma.getdata(ours), np.ma.getdata(theirs))


@pytest.mark.parametrize("convert", CONVERSIONS.values(), ids=CONVERSIONS)
def test_conversions_that_keep_classes_ask_objects_for_theirs(convert):
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    for held in (masked, np.asmatrix([1.0, 2.0]), np.ones(2), np.array(["a", "b"])):
        image = Image(held)
        ours = convert(la, image) if held.dtype.kind == "f" else la.asanyarray(image)
        theirs = convert(np, held) if held.dtype.kind == "f" else np.asanyarray(held)
        assert image.asked == 1
        lazy = type(held) is np.ndarray and held.dtype.kind == "f"
        assert isinstance(ours, la.Array if lazy else type(theirs))
        assert np.array_equal(np.ma.getmaskarray(ours), np.ma.getmaskarray(theirs))
        assert ours.tolist() == theirs.tolist()
    assert isinstance(convert(la, Image(la.ones(2))), la.Array)


def test_other_conversions_take_the_elements_alone():
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    for convert in (
        lambda xp: xp.asarray(masked),
        lambda xp: xp.array(masked),
        lambda xp: xp.require(masked, requirements="E"),
    ):
        assert type(convert(np)) is np.ndarray
        assert isinstance(convert(la), la.Array)
        assert convert(la).tolist() == convert(np).tolist() == [1, 2]


def of_metaclass(xp):
    """Return an array of a class that a factory makes of one that a program derives."""

    class Made(type):
        def __new__(cls, name, base, own):
            return super().__new__(cls, name, (base,), own)

    kind = Made("Individual", vector(xp), {"fitness": 3})
    made = kind([3.0, 4.0])
    return kind, made


def test_a_derived_class_may_have_a_metaclass_of_its_own():
    def program(xp):
        kind, made = of_metaclass(xp)
        twice = xp.ones(2) + made * 2
        asked = isinstance(made, xp.ndarray), issubclass(kind, xp.ndarray)
        plain = type(made.view(xp.ndarray)) is np.ndarray
        types = type(kind).__name__, type(vector(xp)) is type, type(twice) is kind
        return told(twice), made.fitness, asked, plain, types

    assert program(la) == program(np)


def test_a_derived_class_may_be_abstract():
    def program(xp):
        class Shaped(abc.ABC):
            @abc.abstractmethod
            def area(self): ...

        class Square(xp.ndarray, Shaped):
            def area(self):
                return float(self[0] ** 2)

        class Bare(vector(xp), Shaped):
            pass

        square = xp.asarray([3.0]).view(Square)
        return square.area(), isinstance(square, Shaped), Bare.__abstractmethods__

    assert program(la) == program(np)


def test_a_class_hears_of_those_derived_from_it():
    def program(xp):
        heard = []

        class Unit(xp.ndarray):
            def __init_subclass__(cls, unit, **options):
                super().__init_subclass__(**options)
                heard.append((cls.__name__, unit))

        class Metres(Unit, unit="m"):
            pass

        return heard, issubclass(Metres, Unit), issubclass(Metres, xp.ndarray)

    assert program(la) == program(np)


@pytest.mark.parametrize("name", ["T", "shape", "dtype", "ndim", "real", "strides"])
def test_an_attribute_is_asked_of_a_lazy_array_by_its_descriptor(name):
    for shape in ((2, 3), (600, 700)):
        x, y = np.ones(shape) * 2, la.ones(shape) * 2
        wanted = getattr(np.ndarray, name).__get__(x)
        found = getattr(la.ndarray, name).__get__(y)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))
        assert getattr(la.ndarray, name).__get__(x) is not None
    assert getattr(la.ndarray, name).__name__ == name


def test_an_attribute_is_set_by_its_descriptor():
    y = la.arange(6)
    la.ndarray.real.__set__(y, 7)
    assert y.tolist() == [7] * 6
    x = np.arange(6)
    la.ndarray.real.__set__(x, 7)
    assert x.tolist() == [7] * 6


def test_an_attribute_of_a_derived_class_asks_the_one_above():
    class Odd(la.ndarray):
        @property
        def real(self):
            return super().real + 1

    assert la.ones((2, 3)).view(Odd).real.tolist() == [[2, 2, 2]] * 2


def write_through(xp, x, s):
    s[0] = 7
    x[1] += 5
    return x, s


def in_buffer(xp):
    """Return a class whose arrays are made in the memory of others."""

    class Quaternions(xp.ndarray):
        def __new__(cls, data):
            data = xp.asarray(data)
            return super().__new__(cls, data.shape, float, data)

    return Quaternions


SHARED = {
    "an array": lambda xp, make: write_through(xp, x := xp.zeros(4), make(x)),
    "a large one": lambda xp, make: write_through(xp, x := xp.zeros(70_000), make(x)),
    "a very large one": lambda xp, make: write_through(
        xp, x := xp.zeros((3000, 1000)), make(x)
    ),
    "an expression": lambda xp, make: write_through(
        xp, x := xp.arange(70_000.0) * 2, make(x)
    ),
    "a part": lambda xp, make: write_through(xp, x := xp.arange(9.0) + 1, make(x[1:4])),
    "a transpose": lambda xp, make: write_through(
        xp, x := xp.ones((3, 4)) * 2, make(x.T)
    ),
    "another shape": lambda xp, make: write_through(
        xp, x := xp.ones((3, 4)) * 2, make(x.reshape(4, 3))
    ),
    "NumPy's": lambda xp, make: write_through(xp, x := np.zeros(4), make(x)),
    "a large one of NumPy's": lambda xp, make: write_through(
        xp, x := np.zeros(70_000), make(x[::2])
    ),
    "one of the class": lambda xp, make: write_through(
        xp, x := make(xp.zeros((3, 4))), make(x[:, 1])
    ),
    "its elements": lambda xp, make: write_through(
        xp, s := make(np.zeros(4)), xp.asarray(s)
    ),
    "elements of a part": lambda xp, make: write_through(
        xp, s := make(xp.zeros((300, 400))), xp.asarray(s[::2, 1:])
    ),
    "elements of many": lambda xp, make: write_through(
        xp, s := make(xp.zeros(70_000)), xp.asarray(s, dtype=float)
    ),
    "a matrix": lambda xp, make: write_through(
        xp, x := xp.zeros(4), x.view(xp.matrix).T
    ),
    "another dtype": lambda xp, make: write_through(
        xp, x := xp.zeros(4), x.view("i8", type(make(x)))
    ),
}


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("count", [4, 70_000])
def test_arrays_of_a_class_are_made_in_the_memory_of_others(count, named):
    shown = []
    for xp in (la, np):
        x = xp.arange(float(count)) + 1
        if named:
            kind = vector(xp)
            made = xp.ndarray.__new__(kind, (2, 2), dtype="f4", buffer=x, offset=8)
        else:
            made = in_buffer(xp)(x)
        made[0] = 7
        x[3] += 5
        shown.append((np.asarray(x), np.asarray(made), made.flags.owndata))
    for one, other in zip(*shown, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", SHARED)
def test_arrays_of_a_class_share_memory_with_what_they_are_made_of(name):
    actual, expected = (SHARED[name](xp, vector(xp)) for xp in (la, np))
    for x, y in zip(actual, expected, strict=True):
        assert type(x).__name__ in (type(y).__name__, "Array")
        np.testing.assert_array_equal(np.asarray(x), np.asarray(y))


def test_arrays_of_a_class_are_locked_where_what_they_are_made_of_is():
    x = la.zeros(3)
    x.setflags(write=False)
    assert not x.view(vector(la)).flags.writeable
    assert not vector(la)(la.broadcast_to(la.ones(3), (2, 3))).flags.writeable
    a = np.zeros(3)
    a.setflags(write=False)
    assert not vector(la)(a).flags.writeable
