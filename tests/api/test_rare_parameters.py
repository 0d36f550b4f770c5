"""Parameters, and what reads bytes, that few programs use: as NumPy's, or refused."""

import hashlib
import io
import sys
import warnings

import numpy as np
import pytest

import lazyarr as la

BYTES = pytest.mark.skipif(sys.version_info < (3, 12), reason="Python gives no buffers")


@pytest.fixture(params=["at once", "planned"], autouse=True)
def either(request):
    """Compute small arrays at once, and by plans."""
    with la.config(small_bytes=0 if request.param == "planned" else 1 << 18):
        yield


def same(call):
    for made, wanted in zip(*(as_tuple(call(xp)) for xp in (la, np)), strict=True):
        assert np.asarray(made).dtype == np.asarray(wanted).dtype
        np.testing.assert_array_equal(made, wanted)


def as_tuple(made):
    return made if isinstance(made, tuple) else (made,)


def cube(xp, *sides):
    return xp.arange(np.prod(sides) * 1.0).reshape(sides) + 1


@pytest.mark.parametrize(
    "call",
    [
        lambda xp: xp.matmul(
            cube(xp, 3, 4), cube(xp, 5, 4), axes=[(0, 1), (1, 0), (1, 0)]
        ),
        lambda xp: xp.matmul(cube(xp, 2, 3), cube(xp, 3, 4), dtype="f4"),
        lambda xp: xp.matmul(
            cube(xp, 2, 3),
            cube(xp, 3, 4),
            out=xp.zeros((2, 4), int),
            casting="unsafe",
        ),
        lambda xp: xp.vecdot(cube(xp, 3, 2), cube(xp, 3, 2), keepdims=True),
        lambda xp: xp.vecdot(cube(xp, 3, 2), cube(xp, 3, 2), axes=[0, 0, ()]),
        lambda xp: xp.matvec(cube(xp, 3, 2), cube(xp, 3), axes=[(1, 0), 0, 0]),
        lambda xp: xp.vecmat(cube(xp, 3), cube(xp, 3, 2), axes=[0, (0, 1), 0]),
        lambda xp: xp.add(cube(xp, 3), 1, signature="ff->f", casting="unsafe"),
        lambda xp: xp.add(1, xp.arange(3), sig="dd->d"),
        lambda xp: xp.exp(xp.arange(3), signature=(None, "f8")),
    ],
)
def test_parameters_of_ufuncs(call):
    same(call)


def test_dtypes_of_a_ufunc_s_loop():
    given = (np.dtype("i4"), np.dtype("f4"), None)
    assert la.add.resolve_dtypes(given) == np.add.resolve_dtypes(given)


def test_a_ufunc_s_signature_writes_into_out():
    out = la.zeros(3)
    assert la.add(la.arange(3), 1, out=out, signature="dd->d") is out
    assert out.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "call",
    [
        lambda xp: xp.matmul(xp.ones(3), xp.ones(3), nothing=1),
        lambda xp: xp.sum(xp.ones(3), nothing=1),
        lambda xp: xp.add(xp.ones(3), 1, signature="foo"),
        lambda xp: xp.isin([1], [1], kind="quicksort"),
        lambda xp: xp.isin(xp.asarray([1]), [1.5], kind="table"),
        lambda xp: xp.linalg.pinv(cube(xp, 2, 2), rcond=1e-3, rtol=1e-3),
        lambda xp: xp.linalg.matrix_rank(cube(xp, 2, 2), tol=1e-3, rtol=1e-3),
        lambda xp: xp.nanmean(cube(xp, 2), dtype=int),
        lambda xp: xp.nanvar(cube(xp, 2), dtype=int),
        lambda xp: xp.nanstd(cube(xp, 2), out=xp.zeros((), int)),
        lambda xp: xp.std(cube(xp, 3), ddof=1, correction=1),
        lambda xp: xp.nanvar(cube(xp, 3), ddof=1, correction=1),
        lambda xp: xp.einsum("i%", cube(xp, 2, 3)),
        lambda xp: xp.einsum("i.j", cube(xp, 2, 3)),
        lambda xp: xp.einsum(cube(xp, 2), [60], [60]),
        lambda xp: xp.einsum(cube(xp, 2), [-1]),
    ],
)
def test_what_numpy_refuses(call):
    with pytest.raises((TypeError, ValueError)) as refused:
        call(np)
    with pytest.raises(refused.type):
        call(la)


def test_a_condition_of_one_function_is_an_array():
    def call(xp):
        x = xp.asarray(np.array([1.0, 2.0]))
        return xp.piecewise(x, x > 1, [lambda y: y * 3])

    same(call)


def test_rows_seen_as_records():
    def rows(xp):
        x = xp.asarray(np.array([[3, 4], [1, 2], [1, 2]]))
        seen = x.view([("a", int), ("b", int)])
        return np.unique(seen).view(int).reshape(-1, 2), x.view("M8[D]")

    same(rows)
    assert not la.asarray([1, 2]).view("S8").flags.writeable


ARRAYS = [
    lambda xp: xp.arange(3),
    lambda xp: xp.arange(12).reshape(3, 4)[:, ::2],
    lambda xp: xp.ones(300_000) + 1,
    lambda xp: xp.ones((0, 2)),
    lambda xp: xp.asarray([3]),
    lambda xp: xp.array(3, "u1"),
    lambda xp: xp.array(1.5),
]


@pytest.mark.parametrize("make", ARRAYS)
def test_bytes_are_those_of_the_elements(make):
    assert bytes(make(la)) == bytes(make(np))


@BYTES
@pytest.mark.parametrize("make", ARRAYS)
def test_hashes_and_files_read_elements(make):
    x, wanted = make(la), np.ascontiguousarray(make(np))
    assert hashlib.sha1(x).digest() == hashlib.sha1(wanted).digest()
    file = io.BytesIO()
    assert file.write(x) == wanted.nbytes
    assert file.getvalue() == wanted.tobytes()


@BYTES
def test_what_asks_for_more_than_bytes_is_refused():
    x = la.arange(3)
    for reader in (bytearray, memoryview):
        with pytest.raises(BufferError):
            reader(x)
    assert np.asarray(x).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "call",
    [
        lambda xp: xp.divmod(xp.arange(4), 2, dtype="f4"),
        lambda xp: xp.divmod(xp.arange(4), 0, where=[False] * 4, out=outs(xp, 2)),
        lambda xp: xp.modf(xp.arange(4) / 3, where=[True] * 4, out=outs(xp, 2)),
        lambda xp: xp.divmod.outer(xp.arange(1, 3), xp.arange(1, 4)),
        lambda xp: xp.ldexp.outer(xp.ones(2), [1, 2]),
        lambda xp: xp.matmul.resolve_dtypes((np.dtype("i2"), np.dtype("f4"), None)),
        lambda xp: increased(xp, xp.arange(4.0)),
    ],
)
def test_what_ufuncs_can_that_no_row_has(call):
    same(call)


def outs(xp, count):
    return tuple(xp.ones(4) for _ in range(count))


def increased(xp, x):
    xp.spacing.at(x, [1, 3])
    return x


@pytest.mark.parametrize(
    "name",
    [
        "divmod",
        "frexp",
        "ldexp",
        "matmul",
        "matvec",
        "modf",
        "spacing",
        "vecdot",
        "vecmat",
    ],
)
def test_attributes_of_ufuncs_that_no_row_has(name):
    ours, theirs = getattr(la, name), getattr(np, name)
    for attribute in ("nin", "nout", "nargs", "ntypes", "types", "identity"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert ours.signature == theirs.signature
    with pytest.raises((ValueError, RuntimeError, TypeError)):
        ours.reduce(np.ones((2, 2)))


@pytest.mark.parametrize("dtype", [">i4", "<i4", "u1", ">c8"])
def test_bytes_are_read_in_the_order_asked_for(dtype):
    same(lambda xp: xp.frombuffer(bytes(range(16)), dtype))


def test_what_is_no_whole_number_is_no_diagonal():
    with pytest.raises(TypeError):
        la.eye(3, k=1.0)


def test_tricks_have_the_lengths_of_numpys():
    assert len(la.r_) == len(np.r_)
    for name in ("mgrid", "ogrid"):
        with pytest.raises(TypeError):
            len(getattr(la, name))


@pytest.mark.parametrize(
    "call",
    [
        lambda xp, *out: xp.spacing(xp.arange(4.0), *out),
        lambda xp, *out: xp.ldexp(xp.arange(4.0), 2, *out),
        lambda xp, *out: xp.vecdot(xp.ones((4, 2)), xp.ones(2), *out),
        lambda xp, *out: xp.spacing(xp.ones(4), *out, where=[True, False] * 2),
        lambda xp, *out: xp.modf(xp.arange(4) / 3, *out, where=[True, False] * 2),
        lambda xp, *out: xp.frexp(xp.ones(4), *out, None, where=[True, False] * 2),
        lambda xp, *out: xp.add.reduce(xp.ones((3, 4)), 0, None, *out),
        lambda xp, *out: xp.maximum.accumulate(xp.arange(4.0), 0, None, *out),
        lambda xp, *out: xp.add.reduceat(xp.ones(4), range(4), 0, None, *out),
    ],
)
@pytest.mark.parametrize("borrowed", [False, True])
def test_what_is_written_into_by_its_place(call, borrowed):
    users, wanted = np.full(4, 9.0), np.full(4, 9.0)
    out = la.asarray(users) if borrowed else la.full(4, 9.0)
    made, expected = call(la, out), call(np, wanted)
    np.testing.assert_array_equal(out, wanted)
    assert users.tolist() == [9] * 4
    if isinstance(made, tuple):
        made, expected = made[0], expected[0]
    assert (made is out) == (expected is wanted)
    made[0] = -1
    assert out[0] == -1


def test_what_is_written_into_is_named_once():
    out = la.ones(2)
    with pytest.raises(TypeError, match="positional"):
        la.spacing(la.ones(2), out, out=out)


def test_isnat_has_the_attributes_of_numpys():
    for name in ("nin", "nout", "nargs", "ntypes", "types", "identity", "signature"):
        assert getattr(la.isnat, name) == getattr(np.isnat, name)
    with pytest.raises(ValueError, match="binary"):
        la.isnat.reduce(np.array(["NaT"], "M8[D]"))


@pytest.mark.parametrize("name", ["percentile", "quantile"])
@pytest.mark.parametrize("dtype", [bool, float])
def test_quantiles_of_nothing_are_refused_as_by_numpy(name, dtype):
    for xp in (la, np):
        with pytest.raises(IndexError):
            getattr(xp, name)(xp.zeros(0, dtype), 0.5)


@pytest.mark.parametrize("name", ["cov", "corrcoef"])
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((2, 1), {}),
        ((1, 2), {"rowvar": False}),
        ((2, 0), {}),
        ((2, 3), {}),
        ((2, 1), {"dtype": np.float32}),
    ],
)
def test_what_is_observed_too_rarely_is_warned_of_once(name, shape, options):
    made = []
    for xp in (la, np):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            values = xp.arange(np.prod(shape) * 1.0).reshape(shape)
            value = np.asarray(getattr(xp, name)(values, **options))
        made.append((value, sorted(str(x.message) for x in told)))
    np.testing.assert_array_equal(made[0][0], made[1][0])
    assert made[0][1] == made[1][1]


@pytest.mark.parametrize("options", [{}, {"keepdims": False}])
def test_masked_arrays_are_folded_into_what_is_given_by_place(options):
    masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    out, wanted = la.zeros(()), np.zeros(())
    assert la.add.reduce(masked, 0, None, out, **options) is out
    np.add.reduce(masked, 0, None, wanted, **options)
    np.testing.assert_array_equal(out, wanted)
    with pytest.raises(TypeError):
        la.add.reduce(masked, 0, None, out, out=out)


def test_objects_are_written_by_the_rule_of_casting_that_is_asked_for():
    objects = np.array([1, 2, 3], object)
    out = la.zeros(3)
    assert la.add(objects, 1, out, casting="unsafe") is out
    assert out.tolist() == [2, 3, 4]
    assert la.add(objects, 1, casting="no").dtype == object
    with pytest.raises(TypeError):
        la.add(objects, 1, out)


def outcome(call):
    """Return what a call gives, or the type of its error, and its warnings."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            made = np.asarray(call())
        except (TypeError, ValueError) as error:
            return type(error), [x.category for x in told]
    return made.dtype, made.tolist(), [x.category for x in told]


@pytest.mark.parametrize("size", [3, 70_000])
@pytest.mark.parametrize(
    ("dtype", "value", "wanted"),
    [
        ("u1", 200, "i1"),
        ("f8", 2.0, "i4"),
        ("f8", 1.5, "i4"),
        ("f8", 2.0**31, "i4"),
        ("f8", 1e300, "f4"),
        ("i8", 2**53 + 1, "f4"),
        ("i4", 7, "f8"),
        ("c16", 1 + 1j, "c8"),
        ("c16", 3.0, "f8"),
        ("c16", 1 + 1j, "f8"),
    ],
)
def test_a_cast_to_the_same_values(size, dtype, value, wanted):
    numbers = np.zeros(size, dtype)
    numbers[1] = value

    def casts(xp):
        x, target = xp.asarray(numbers), xp.zeros(size, wanted)
        yield outcome(lambda: x.astype(wanted, casting="same_value"))
        yield outcome(lambda: x[1].astype(wanted, casting="same_value"))
        yield outcome(lambda: xp.copyto(target, x, casting="same_value") or target)

    assert list(casts(la)) == list(casts(np))


def test_errors_of_casts_by_other_rules_do_not_depend_on_values():
    x = la.arange(100_000) * 0.5
    for casting, dtype in (("same_kind", "f4"), ("safe", "f8"), ("equiv", "f8")):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert x.astype(dtype, casting=casting).dtype == dtype
    with pytest.raises(TypeError):
        x.astype(int, casting="same_kind")


def test_parameters_that_go_by_place_alone():
    x = la.asarray([True, False])
    for xp in (np, la):
        with pytest.raises(TypeError):
            xp.where(xp.asarray(np.asarray(x)), x=1, y=2)
        with pytest.raises(TypeError):
            xp.add(1, 2, ...)
        with pytest.raises(TypeError):
            xp.sin(xp.ones(3), ...)
        with pytest.raises(TypeError):
            xp.divmod(xp.ones(3), 2, ...)
        with pytest.raises(TypeError):
            xp.modf(xp.ones(3), ...)


@pytest.mark.parametrize(
    "call",
    [
        lambda xp, x: x[None],
        lambda xp, x: x[..., None],
        lambda xp, x: xp.stack([x, x]),
        lambda xp, x: xp.stack([x, x], axis=-1),
        lambda xp, x: xp.stack([np.asarray(x)] * 2, axis=3),
    ],
)
def test_one_axis_more_than_an_array_has(call):
    for xp in (np, la):
        with pytest.raises(IndexError, match="would have 65"):
            call(xp, xp.zeros((1,) * 64))
    made = call(la, la.zeros((1,) * 63))
    assert made.ndim == 64


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.Philox])
@pytest.mark.parametrize(
    "method", ["random", "standard_normal", "standard_exponential"]
)
def test_draws_into_memory_are_in_the_order_of_it(bits, method):
    for sides in ((2, 3), (300, 300)):
        flat = getattr(la.random.Generator(bits(3)), method)(out=la.empty(sides))
        out = la.empty(sides[::-1], order="F")
        assert getattr(la.random.Generator(bits(3)), method)(out=out) is out
        np.testing.assert_array_equal(out.T, flat)
        assert out.flags.fnc


def test_draws_into_what_numpy_does_not_write_draw_nothing():
    wrong = [la.empty((2, 6))[:, ::2], la.empty((2, 3), order="F"), la.empty((2, 3))]
    wrong[-1].flags.writeable = False
    for out in wrong:
        rng = la.random.Generator(la.random.PCG64(3))
        with pytest.raises(ValueError, match="contiguous"):
            rng.standard_gamma(2.0, out=out)
        assert float(rng.random()) == np.random.Generator(np.random.PCG64(3)).random()


def test_parts_of_integers_of_many_bits_are_pythons():
    for xp in (np, la):
        assert [xp.real(2**70), xp.imag(2**70)] == [2**70, 0]
        assert type(xp.real(2**70)) is type(xp.imag(2**64)) is int


@pytest.mark.parametrize("name", ["argmax", "argmin", "nanargmax", "nanargmin"])
@pytest.mark.parametrize("dtype", ["i8", "i4", "f8", "u8", "?"])
@pytest.mark.parametrize("axis", [None, 0])
def test_places_are_written_into_integers_alone(name, dtype, axis):
    values = np.array([[3.0, np.nan, 7.0], [9.0, 1.0, 2.0]])

    def call(xp):
        out = xp.zeros(() if axis is None else 3, dtype=dtype)
        try:
            return np.asarray(getattr(xp, name)(xp.asarray(values), axis, out)).tolist()
        except TypeError:
            return TypeError

    assert call(la) == call(np)
