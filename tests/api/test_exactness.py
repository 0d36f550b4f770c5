"""Corners in which results, dtypes and warnings have to be NumPy's."""

import operator
import pickle
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.known import PLAIN
from lazyarr.api.made import SCALARS


@pytest.fixture(params=["at once", "planned"])
def either(request):
    """Compute small arrays at once, and by plans."""
    with la.config(small_bytes=0 if request.param == "planned" else 1 << 18):
        yield


def told(call, *args):
    """Return what a call gives, evaluated, and the texts of what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = call(*args)
        made = tuple(map(np.asarray, made if isinstance(made, tuple) else (made,)))
    return made, [str(one.message) for one in caught]


def same(call):
    """Check a call with each of the two array modules in its turn."""
    (ours, our_texts), (theirs, their_texts) = told(call, la), told(call, np)
    # Of several slices NumPy's functions may warn one by one.
    assert set(our_texts) == set(their_texts)
    for made, wanted in zip(ours, theirs, strict=True):
        assert made.dtype == wanted.dtype
        np.testing.assert_array_equal(made, wanted)


HOLES = [[[1.0, np.nan], [np.nan, np.nan]], [[1.0, np.nan], [4.0, np.nan]]]


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("name", ["nanquantile", "nanmedian"])
@pytest.mark.parametrize("q", [0.5, [0.1, 0.2], [[0.1, 0.2], [0.3, 0.5]]])
@pytest.mark.parametrize("axis", [(0, 1), (1, 2), 0, -1, None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_quantiles_of_slices_that_have_nothing(name, q, axis, keepdims):
    given = (q,) if name == "nanquantile" else ()

    def call(xp):
        x = xp.asarray(np.array(HOLES))
        return getattr(xp, name)(x, *given, axis=axis, keepdims=keepdims)

    same(call)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("name", ["fftn", "ifftn"])
@pytest.mark.parametrize("dtype", ["i8", "f4", "f8", "c8"])
def test_transforms_over_no_axes_are_what_they_were(name, dtype):
    same(lambda xp: getattr(xp.fft, name)(xp.asarray(np.ones((2, 2), dtype)), axes=()))


def test_transforms_write_into_arrays_of_numpys():
    out = np.zeros(4, complex)
    assert la.fft.fft(la.arange(4.0), out=out) is out
    np.testing.assert_array_equal(out, np.fft.fft(np.arange(4.0)))
    with pytest.raises(ValueError, match="shape"):
        la.fft.fft(la.arange(4.0), out=np.zeros(3, complex))


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("name", ["mean", "var", "std"])
def test_moments_of_nothing_that_a_mask_leaves_are_told_of(name):
    wheres = [[False, False], [True, True]]

    def call(xp):
        x, where = xp.asarray([[1.0, 2.0], [1.0, 2.0]]), xp.asarray(wheres)
        return getattr(xp, name)(x, where=where, axis=1)

    (ours, our_texts), (theirs, their_texts) = told(call, la), told(call, np)
    np.testing.assert_array_equal(ours, theirs)
    assert set(our_texts) == set(their_texts)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("value", [-1, 2.5, True])
def test_numbers_of_pythons_joined_without_an_axis_are_weak(value):
    bytes_ = np.array([1, 2], np.int8)
    same(lambda xp: xp.union1d(xp.asarray(bytes_), value))
    same(lambda xp: xp.concatenate((xp.asarray(bytes_), value), axis=None))


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("value", [1 - 2.0**-52, 1, 300, 1 + 1j])
@pytest.mark.parametrize("dtype", ["f4", "i1", "f8"])
def test_numbers_of_pythons_are_weak_in_isclose(value, dtype):
    held = np.array([1, 44], dtype)
    same(lambda xp: xp.isclose(xp.asarray(held), value, rtol=0, atol=0))
    same(lambda xp: xp.isclose(value, xp.asarray(held), rtol=0, atol=0))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: -x[3],
        lambda x: abs(x[3]),
        lambda x: x[3] // x[0],
        lambda x: x[3] // 0,
        lambda x: 7 // x[0],
        lambda x: x[3] // -1,
        lambda x: x[3] * x[3],
        lambda x: -x[1].astype(np.uint8),
    ],
)
def test_elements_of_integers_warn_as_scalars_do(function):
    same(lambda xp: function(xp.asarray(np.array([0, 5, -7, -128], np.int8))))


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("name", ["sum", "prod", "mean", "cumsum", "add"])
def test_objects_that_are_asked_for_are_numpys(name):
    more = (1,) if name == "add" else ()
    made = getattr(la, name)(la.asarray([1, 2]), *more, dtype=object)
    wanted = getattr(np, name)(np.asarray([1, 2]), *more, dtype=object)
    np.testing.assert_array_equal(made, wanted)
    assert np.asarray(made).dtype == np.asarray(wanted).dtype


def test_methods_of_ufuncs_take_arrays_that_are_numpys():
    letters, numbers = np.array(["a", "b"]), np.array([1, 2], object)
    np.testing.assert_array_equal(
        la.add.outer(letters, letters), np.add.outer(letters, letters)
    )
    assert la.add.reduce(numbers) == 3
    assert la.add.accumulate(numbers).tolist() == [1, 3]
    assert la.add.reduceat(numbers, [0]).tolist() == [3]
    la.add.at(numbers, [0], 1)
    assert numbers.tolist() == [2, 2]


class Labelled(la.ndarray):
    """An array with a label, as NumPy's documentation has it."""

    def __new__(cls, given, label=None):
        made = la.asarray(given).view(cls)
        made.label = label
        return made

    def __array_finalize__(self, made):
        self.label = getattr(made, "label", None)


@pytest.mark.usefixtures("either")
def test_subclasses_of_ndarray_are_numpys():
    x = Labelled(la.arange(5.0), "time")
    assert isinstance(x, np.ndarray)
    assert isinstance(x, la.ndarray)
    assert issubclass(Labelled, la.ndarray)
    for made in (x + 1, x[1:], la.sin(x), la.ones(5) + x, x * la.ones(5)):
        assert type(made) is Labelled
        assert made.label == "time"
    np.testing.assert_array_equal(la.ones(5) + x, np.arange(5.0) + 1)
    assert la.ndarray.__new__(Labelled, (2, 3)).shape == (2, 3)
    assert isinstance(la.ones(3).view(la.ndarray), la.Array)
    assert la.ndarray((1,), float, b"\0" * 8).tolist() == [0.0]
    assert issubclass(la.Array, la.ndarray)
    assert not issubclass(int, la.ndarray)


def test_matrices_are_numpys():
    m = la.matrix(la.asarray([[1, 2], [3, 4]]))
    assert type(m) is type(la.asmatrix(la.ones((2, 2)))) is np.matrix
    assert (m * m).tolist() == [[7, 10], [15, 22]]
    assert type(la.ones((2, 2)) @ m) is np.matrix
    assert la.bmat([[la.ones((1, 1)), la.zeros((1, 1))]]).tolist() == [[1.0, 0.0]]


def test_flags_are_compared():
    x = la.ones((3, 4))
    assert x.flags == la.zeros((3, 4)).flags
    assert x.flags != x.T.flags


@pytest.mark.parametrize("function", [operator.floordiv, operator.mod, np.divmod])
def test_quotients_by_zeros_in_place(function):
    def call(xp):
        x = xp.asarray(np.array([0, 1, -3]))
        if function is operator.floordiv:
            x //= x
        elif function is operator.mod:
            x %= x
        else:
            x, _ = xp.divmod(x, 2)
        return x

    same(call)


@pytest.mark.parametrize("dtype", ["u1", "i4", "f4", "f8", "c16", "?"])
@pytest.mark.parametrize("change", [operator.ifloordiv, operator.ipow])
def test_quotients_and_powers_in_place_warn_as_numpys_do(change, dtype):
    values = np.array([[0, 1, 2], [3, 4, 5]])
    others = [np.array([0, 1, 0]).astype(kind) for kind in ("u1", "i4", "f8", "?")]
    others += [values.astype(dtype), values.T, 0, 0.0, -0.5, 1j, np.float32(0)]

    def changed(xp, other, writeable):
        x, found = xp.array(values, dtype=dtype), None
        x.setflags(write=writeable)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                x = change(x, xp.array(other) if type(other) is np.ndarray else other)
                found = np.asarray(x).astype(str).tolist()
            except (TypeError, ValueError):
                pass
        return found, sorted(str(one.message) for one in told)

    for other in others:
        for writeable in (True, False):
            ours, numpys = (changed(xp, other, writeable) for xp in (la, np))
            assert ours == numpys, (other, writeable)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
@pytest.mark.parametrize("dtype", ["i8", "f4", "f8", object])
@pytest.mark.parametrize("function", ["add", "equal"])
def test_casting_rules_of_numbers_of_pythons(function, dtype, casting):
    def call(xp):
        try:
            return getattr(xp, function)(3.0, 4.0, dtype=dtype, casting=casting)
        except TypeError:
            return -1

    assert np.asarray(call(la)) == np.asarray(call(np))


@pytest.mark.usefixtures("either")
def test_a_mask_of_python_s_numbers():
    def call(xp):
        x = xp.arange(4).reshape(2, 2) + 2
        xp.power(x, [2, 3], out=x, where=[[0, 1], [1, 0]])
        return x, x.sum(where=[[1, 0], [0, 2]])

    same(call)


def test_bytes_of_an_array_without_elements_are_a_view():
    x = la.empty((0, 2), complex)
    x.view(np.uint32).fill(7)
    assert x.view(np.uint32).shape == (0, 8)


def test_views_of_views_of_a_large_array_that_a_loop_shortens():
    def swapped(xp):
        d = x = xp.arange(70_000)
        while x.size > 39_000:
            middle = x.size // 2
            x[middle], x[-2] = x[-2], x[middle]
            x = x[:-2]
        return d

    same(swapped)


@pytest.mark.parametrize("side", [4, 70_000, 400_000])
@pytest.mark.parametrize("given", ["list", "expression", "asarray", "filled"])
def test_views_of_another_dtype_are_views(side, given):
    def call(xp):
        x = xp.zeros([side], "f4")
        if given == "expression":
            x = xp.arange(side).astype("f4") + 1
        elif given == "asarray":
            x = xp.array(np.arange(side, dtype="f4"))
        elif given == "filled":
            x = xp.full((side,), 2, "f4")
        bits = x.view("i4")
        bits[:] = 0x5F3759DF - (bits >> 1)
        y = x * 2
        x[1] = 7
        bits[0] = 3
        x += 1
        return x, bits, y, x.sum()

    (ours, _), (theirs, _) = told(call, la), told(call, np)
    for made, wanted in zip(ours[:3], theirs[:3], strict=True):
        np.testing.assert_array_equal(made, wanted)
    np.testing.assert_allclose(ours[3], theirs[3], rtol=1e-5)


@pytest.mark.usefixtures("either")
def test_fractions_make_objects():
    half = Fraction(1, 2)
    for made in (la.asarray([1, 2]) * half, half * la.asarray([1, 2])):
        assert made.tolist() == [half, Fraction(1)]
    with pytest.raises(TypeError):
        la.asarray([1.5]) * Decimal(1)
    assert la.ones((2, 2)).flags.fortran is False


def test_arrays_of_every_kind_have_the_public_name():
    for x in (la.ones(3), la.ones(3)[1], la.ones(400_000), la.ones([3]) + 1):
        assert repr(type(x)) == "<class 'lazyarr.Array'>"
        again = pickle.loads(pickle.dumps(x))
        assert type(again) is type(x)
        assert bool((again == x).all())
    assert pickle.loads(pickle.dumps(la.Array)) is la.Array
    for name in ("ndarray", "errstate", "nditer", "broadcast", "vectorize"):
        assert getattr(la, name).__module__ == "lazyarr"


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    "call",
    [
        lambda xp: xp.zeros(3, ">f4"),
        lambda xp: xp.ones((3,), dtype=">i2"),
        lambda xp: xp.full(3, 2, ">f4"),
        lambda xp: xp.arange(3, dtype=">f8"),
        lambda xp: xp.eye(3, dtype=">c8"),
        lambda xp: xp.zeros_like(xp.ones(3), dtype=">f4"),
        lambda xp: xp.concatenate((xp.ones(3), xp.zeros(2)), dtype=">f4"),
        lambda xp: xp.ones(3).view(">f8"),
        lambda xp: xp.ones(3, bool).view("u1"),
    ],
)
def test_bytes_in_the_other_order(call):
    made, wanted = call(la), call(np)
    assert made.tobytes() == wanted.tobytes()
    assert made.shape == wanted.shape


def test_named_tuples_are_read():
    found = la.linalg.slogdet(la.asarray(np.eye(2) + 0))
    la.testing.assert_equal(found, np.linalg.slogdet(np.eye(2)))


@pytest.mark.parametrize("char", "?bBhHiIlLqQefdFD")
def test_scalars_of_every_dtype_are_known(char):
    scalar = np.dtype(char).type(1)
    assert type(scalar) in SCALARS
    assert {type(scalar), type(np.dtype(char))} <= PLAIN
    x = la.asarray([1, 2])
    assert type(x * scalar) is type(x)


@pytest.mark.usefixtures("either")
def test_methods_take_numpys_parameters():
    x, out = la.asarray([1 - 1j, 2j]), la.empty(2, complex)
    assert x.conj(out) is out
    assert out.tolist() == [1 + 1j, -2j]
    assert complex(x.dot(b=[1, 1])) == 1 + 1j
