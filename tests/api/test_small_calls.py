"""Calls of small known arrays by NumPy's names, of lists of them, and loops over them."""

from __future__ import annotations

import concurrent.futures
import inspect
import operator
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.constants import FLOATS, INTEGERS, WHOLE
from lazyarr.api.small import Small
from tests.counting import calls

A = np.array([1.5, -2.0, 4.0])
B = np.array([3.0, 0.5, -1.0])


def same(ours, theirs):
    found = np.asarray(ours)
    assert found.dtype == theirs.dtype
    assert found.shape == theirs.shape
    assert found.tobytes() == np.ascontiguousarray(theirs).tobytes()


@pytest.mark.parametrize("dtype", [None, np.float32, complex])
def test_arrays_are_made_of_lists_of_what_is_known(dtype):
    x, y = la.asarray(A) + 0, la.asarray(B) * 1
    for make in (
        lambda xp, x, y: xp.array([x[0], x[1] * y[2], x[2]], dtype=dtype),
        lambda xp, x, y: xp.array([x[0], 2, True], dtype=dtype),
        lambda xp, x, y: xp.array([x, y], dtype=dtype),
        lambda xp, x, y: xp.array([[x[0], y[0]], [x[1], 1]], dtype=dtype),
        lambda xp, x, y: xp.array([x[:2], (y[0], 3)], dtype=dtype),
    ):
        made = make(la, x, y)
        assert type(made) is Small
        same(made, make(np, A, B))


def test_an_array_of_elements_has_memory_of_its_own():
    x = la.asarray(A) + 0
    made = la.array([x[0], x[1], 7.0])
    x[0] = 9
    made[1] = 5
    assert made.compute().tolist() == [1.5, 5, 7]
    assert x.compute().tolist() == [9, -2, 4]


def test_lists_of_unequal_rows_are_refused_as_numpy_refuses_them():
    x = la.asarray(A) + 0
    with pytest.raises(ValueError, match="inhomogeneous"):
        la.array([x, x[:2]])
    with pytest.raises(ValueError, match="inhomogeneous"):
        la.array([x[0], x])


@pytest.mark.parametrize("name", ["maximum", "add", "negative", "exp", "floor_divide"])
def test_numpys_functions_compute_with_small_arrays_at_once(name):
    x, y, ufunc = la.asarray(A) + 0, la.asarray(B) * 1, getattr(np, name)
    others = [(A, x)] if ufunc.nin == 1 else [((A, B), (x, y)), ((A, 2), (x, 2))]
    if ufunc.nin == 2:
        others.append(((np.float32(3), A), (np.float32(3), x)))
        others.append(((A, A[1]), (x, x[1])))
    for theirs, ours in others:
        values = theirs if isinstance(theirs, tuple) else (theirs,)
        made = ufunc(*(ours if isinstance(ours, tuple) else (ours,)))
        assert type(made) is Small
        same(made, ufunc(*values))


def test_numpys_functions_tell_of_errors_at_the_users_line():
    x = la.asarray([0.0, 1.0]) * 1
    with pytest.warns(RuntimeWarning, match="divide by zero") as told:
        made = np.log(x)
    assert told[0].filename == __file__
    assert made.compute()[0] == -np.inf


def test_numpys_functions_of_small_arrays_that_are_wide_stay_lazy():
    x = la.arange(20000.0) * 1
    assert type(np.maximum(x[:, None], x[None, :])) is not Small


def test_what_is_repeated_and_stretched_is_as_numpys():
    x, y = la.asarray(A) + 0, la.asarray(B) * 1
    for call in (
        lambda xp, x, y: xp.tile(x, 2),
        lambda xp, x, y: xp.tile(x, (2, 2)),
        lambda xp, x, y: xp.tile(x, [2, 1]),
        lambda xp, x, y: xp.tile(x, np.int64(2)),
        lambda xp, x, y: xp.broadcast_to(x, (2, 3)),
        lambda xp, x, y: xp.broadcast_to(x[0], 4),
        lambda xp, x, y: xp.meshgrid(x, y)[1],
        lambda xp, x, y: xp.meshgrid(x, 3.0)[0],
        lambda xp, x, y: xp.where(x > 1, x[:, None], y),
        lambda xp, x, y: xp.where(x[:, None] > 1, 0, y),
    ):
        same(call(la, x, y), call(np, A, B))


def test_a_loop_over_elements_sees_what_it_writes_and_ends():
    x, y = la.asarray(A) + 0, A.copy()
    for xs in (x, y):
        for k, v in enumerate(xs):
            xs[(k + 1) % 3] = v + 1
    same(x, y)
    a, b, c = x
    assert [float(a), float(b), float(c)] == y.tolist()
    with pytest.raises(ValueError, match="too many values"):
        a, b = x


def test_the_larger_and_the_smaller_are_written_in_memory():
    x, y, out = la.asarray(A) + 0, la.asarray(B) * 1, la.zeros(3)
    view = out[1:]
    assert la.minimum(x, y, out=out) is out
    same(out, np.minimum(A, B))
    assert np.maximum(x, y, out=out) is out
    same(view, np.maximum(A, B)[1:])
    assert la.maximum(out, 2, out=out) is out
    same(view, np.maximum(np.maximum(A, B), 2)[1:])
    with pytest.raises(TypeError):
        la.maximum(x, y, out=la.zeros(3, dtype=int))
    few = la.zeros(3, dtype=np.float32)
    same(la.maximum(x, y, out=few), np.maximum(A, B, out=np.zeros(3, np.float32)))
    with pytest.raises(ValueError, match="broadcast"):
        la.minimum(x, y, out=la.zeros(2))


def test_results_go_into_out_by_its_place_and_of_arrays_of_the_users():
    x, y, theirs = la.asarray(A), la.asarray(B), np.zeros(3)
    out = la.zeros(3) * 1
    view = out[1:]
    for call in (
        lambda xp, x, y, out: xp.add(x, y, out=out),
        lambda xp, x, y, out: xp.multiply(out, x, out),
        lambda xp, x, y, out: xp.sqrt(xp.abs(out, out), out),
        lambda xp, x, y, out: xp.subtract(x, out, out, where=xp.asarray(x > 0)),
        lambda xp, x, y, out: xp.add(x, y, None, where=True) + xp.negative(out, out),
    ):
        same(call(la, x, y, out), call(np, A, B, theirs))
        same(view, theirs[1:])
    same(x, A)
    a, b = x + 0, y + 0
    usual = calls(lambda: la.add(a, b, out=out))
    assert calls(lambda: la.add(a, b, out)) <= usual + 2  # written at once, as well
    assert calls(lambda: la.add(x, y, out=out)) <= usual + 2
    with pytest.raises(TypeError):
        la.add(x, y, out, out=out)
    with pytest.raises(TypeError):
        la.add(x, y, la.zeros(3, dtype=int) * 1)
    with pytest.raises(ValueError, match="broadcast"):
        la.add(x, y, la.zeros(2) * 1)
    with pytest.warns(RuntimeWarning, match="divide by zero") as told:
        la.log(la.asarray([1.0, 0.0, 2.0]), out)
    assert told[0].filename == __file__


def test_keys_of_lists_among_slices():
    y = np.arange(12.0).reshape(3, 4)
    x = la.asarray(y) + 0
    same(x[:, [1, 3]], y[:, [1, 3]])
    same(x[[2], :], y[[2], :])
    same(x[..., la.asarray([0, 2])], y[..., np.array([0, 2])])
    x[:, [0]] = 5
    y[:, [0]] = 5
    same(x, y)


def test_lists_of_planned_arrays_and_known_ones_are_joined():
    big, few = la.arange(100_000.0) * 1, la.asarray(A) + 0
    theirs = np.arange(100_000.0)
    same(la.concatenate([big, few]), np.concatenate([theirs, A]))
    same(la.concatenate([few, big]), np.concatenate([A, theirs]))
    same(la.hstack([big, [1.0, few[0]]]), np.hstack([theirs, [1.0, A[0]]]))
    same(la.vstack([big, big]), np.vstack([theirs, theirs]))


def test_results_are_written_where_a_mask_is_true():
    x, y, out = la.asarray(A) + 0, la.asarray(B) * 1, la.zeros(3) + 7
    assert la.divide(x, y, out=out, where=x > 0) is out
    assert type(out) is Small
    same(out, np.divide(A, B, out=np.full(3, 7.0), where=A > 0))
    with np.errstate(all="raise"):  # nothing is told of what is left out
        la.log(x, out=out, where=x > 0)
    same(
        out,
        np.log(A, out=np.divide(A, B, out=np.full(3, 7.0), where=A > 0), where=A > 0),
    )
    with pytest.raises(ValueError, match="broadcast"):
        la.add(x, y, out=out, where=la.asarray([True, False]) & True)
    with pytest.raises(TypeError, match="where"):
        la.add(x, y, out=out, where=la.arange(3) * 1)


def test_powers_of_what_is_known_are_known():
    b = A + B
    made = la.vander(la.asarray(b) + 0, 4, increasing=True)
    assert type(made) is Small
    same(made, np.vander(b, 4, increasing=True))
    assert type(la.vander(la.arange(1000.0) * 1)) is not Small


def test_zeros_like_many_narrow_elements_are_known():
    x = la.asarray(np.zeros((300, 300), bool)) | False
    assert type(la.zeros_like(x)) is type(la.ones_like(x)) is Small
    assert type(la.zeros_like(x, dtype=complex)) is not Small


@pytest.mark.parametrize("y", [2, 2.5, -np.inf, np.nan, np.float32(np.inf), B])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_quotients_rounded_down_are_those_of_plans(y, dtype):
    a = np.array([1.5, -np.inf, np.nan], dtype)
    divisor = la.asarray(y) * 1 if type(y) is np.ndarray else y
    with np.errstate(invalid="ignore"):
        made = la.asarray(a) * 1 // divisor
        with la.config(small_bytes=0):
            planned = (la.asarray(a) * 1 // divisor).compute()
    same(made, planned)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: x + y,
        lambda x, y: x @ y,
        lambda x, y: x[0] * y,
        lambda x, y: la.exp(x),
        lambda x, y: la.maximum(x, y),
    ],
)
def test_wrapped_arrays_take_no_more_steps_than_our_own(call):
    own, wrapped = (la.array(A), la.array(B)), (la.asarray(A), la.asarray(B))
    for given in (own, wrapped):
        call(*given)  # what is loaded with the first use
    assert calls(lambda: call(*wrapped)) <= calls(lambda: call(*own)) + 2


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: x.sum(),
        lambda x, y: x.sum(axis=0),
        lambda x, y: la.where(x > 1, x, y),
        lambda x, y: la.concatenate([x, y]),
        lambda x, y: la.clip(x, 0, 1),
        lambda x, y: la.dot(x, y),
        lambda x, y: x[x > 1],
        lambda x, y: la.array([x, y]),
    ],
)
def test_functions_of_wrapped_arrays_take_few_more_steps(call):
    own, wrapped = (la.array(A), la.array(B)), (la.asarray(A), la.asarray(B))
    for given in (own, wrapped):
        call(*given)  # what is loaded with the first use
    assert calls(lambda: call(*wrapped)) <= calls(lambda: call(*own)) + 8
    same(call(*wrapped), np.asarray(call(A, B)))


@pytest.mark.parametrize(
    "views",
    [
        lambda x: la.split(x, 3),
        lambda x: la.atleast_1d(x, x),
        lambda x: la.broadcast_arrays(x, x),
        lambda x: [la.squeeze(x)],
        lambda x: [la.reshape(x, shape=(3, 1))],
        lambda x: [la.ravel(a=x)],
        lambda x: [la.real(x), la.flip(x), x[..., None], x[:, None]],
    ],
)
def test_what_functions_show_of_wrapped_arrays_is_no_memory_of_the_users(views):
    given = A.copy()
    for part in views(la.asarray(given)):
        if part.flags.writeable:
            part[...] = -7.0
    assert np.array_equal(given, A)


def test_small_least_squares_are_known():
    x = la.asarray(np.vander(A, 2)) + 0
    found = la.linalg.lstsq(x, B)
    want = np.linalg.lstsq(np.vander(A, 2), B)
    for got, expected in zip(found, want, strict=True):
        same(got, expected)
    assert type(found[0]) is Small
    assert isinstance(found[2], np.integer)
    with pytest.raises(np.linalg.LinAlgError, match="Incompatible"):
        la.linalg.lstsq(x, B[1:])


NUMBERS = [0, 3, -1, 2**53 + 1, -(2**63), 2**63, 10**400, 0.0, -0.0, 2.5, 1e308]
NUMBERS += [5e-324, np.inf, np.nan, -np.nan, True, 1j]


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "u8", "u1", "?", "c16"])
@pytest.mark.parametrize("sides", [(4,), ()])
def test_numbers_beside_arrays_are_what_they_are_to_numpy(dtype, sides):
    a = np.arange(4).astype(dtype) if sides else np.array(2, dtype)
    x = la.array(a)
    for name in ("add", "sub", "mul", "truediv", "mod", "lt", "eq", "and_", "lshift"):
        function = getattr(operator, name)
        for number in NUMBERS:
            for _ in range(2):  # its first time, and others
                for swap in (False, True):
                    want = outcome(function, *((number, a) if swap else (a, number)))
                    got = outcome(function, *((number, x) if swap else (x, number)))
                    assert got == want, (name, number, swap)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "u1", "?", "c16"])
@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "imod", "iand"])
def test_numbers_in_place_are_what_they_are_to_numpy(name, dtype):
    function = getattr(operator, name)
    for number in NUMBERS:
        a = np.arange(4).astype(dtype)
        x = la.array(a)
        for _ in range(2):
            assert outcome(function, x, number) == outcome(function, a, number)
            assert outcome(np.asarray, x) == outcome(np.asarray, a)


def outcome(function, *args):
    """What a call gives, bit for bit, or the type of what it raises, and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = np.asarray(function(*args))
        except Exception as error:  # noqa: BLE001 - compared with NumPy's
            return next(base for base in type(error).__mro__ if base.__module__ in OWN)
    told = sorted((w.category.__name__, str(w.message)) for w in caught)
    return found.dtype, found.shape, found.tobytes(), told


OWN = ("builtins", "numpy.exceptions")


def test_many_numbers_beside_an_array_are_not_all_kept():
    x = la.array(A)
    for k in range(3000):
        same(x * (k + 0.5), A * (k + 0.5))
    assert max(map(len, (FLOATS, INTEGERS, WHOLE))) < 1000


@pytest.mark.parametrize("kept", [FLOATS, INTEGERS, WHOLE])
def test_numbers_are_kept_when_they_are_met_again(kept):
    kind = float if kept is FLOATS else int
    x = la.arange(4) if kept is INTEGERS else la.arange(4.0)
    new = [kind(k) for k in range(10**9, 10**9 + 3000)]
    for number in new:
        x * number
    assert not kept.keys() & set(new)
    x * new[-1]
    assert new[-1] in kept
    assert len(kept.met) < 1000


@pytest.mark.parametrize("told", range(1, 9))
def test_a_loop_that_adds_what_tells_of_calls_keeps_little(told):
    first = np.ones(1 << 13)
    x = la.array(first) + 0
    for _ in range(60):
        y = la.array(first)
        for _ in range(told):
            y = y * 0.5
        x = x + y
        assert kept(x) < 3 << 20


def test_what_is_made_of_an_array_that_a_loop_writes_tells_of_its_call():
    x, y = la.array(A) + 0, la.array(B)
    for _ in range(300):
        x *= 1.0
    assert "add" in str((x + y).explain())
    x += y
    assert "multiply" in str((x * 3.0 + 1).explain())


def kept(x):
    """The bytes of an array and of what it remembers."""
    waiting, seen, held = [x], set(), 0
    while waiting:
        one = waiting.pop()
        if type(one) is tuple:
            waiting += one
        elif hasattr(one, "_how") and id(one) not in seen:
            seen.add(id(one))
            held += one.nbytes
            waiting += one._how or ()
    return held


ON_THE_CPU = {
    "asarray": lambda xp, x: xp.asarray([1.5, 2.5], device="cpu"),
    "asarray of an array": lambda xp, x: xp.asarray(x, dtype="f4", device="cpu"),
    "astype": lambda xp, x: xp.astype(x, np.float32, device="cpu"),
    "ones": lambda xp, x: xp.ones(3, device="cpu"),
    "zeros": lambda xp, x: xp.zeros((2, 3), dtype=np.int64, device="cpu"),
    "full": lambda xp, x: xp.full(3, 2.5, device="cpu"),
    "eye": lambda xp, x: xp.eye(3, dtype=np.float32, device="cpu"),
    "arange": lambda xp, x: xp.arange(1, 7, 2, device="cpu"),
    "linspace": lambda xp, x: xp.linspace(0, 1, 5, device="cpu"),
    "zeros_like": lambda xp, x: xp.zeros_like(x, device="cpu"),
    "ones_like": lambda xp, x: xp.ones_like(x, dtype=np.int64, device="cpu"),
    "full_like": lambda xp, x: xp.full_like(x, 3, device="cpu"),
    "fftfreq": lambda xp, x: xp.fft.fftfreq(4, device="cpu"),
}


@pytest.mark.parametrize("make", ON_THE_CPU.values(), ids=ON_THE_CPU)
def test_what_is_asked_for_on_the_cpu_is_known(make):
    """Code for the array API makes its arrays with ``device=x.device``."""
    x = la.asarray(A) + 0
    assert x.device == "cpu"
    made = make(la, x)
    assert type(made) is Small
    same(made, make(np, A))
    assert type(made * 2) is Small
    with la.config(device="gpu"):
        assert type(make(la, la.asarray(A))) is not Small


@pytest.mark.parametrize("name", ["ones", "arange", "eye", "zeros_like", "astype"])
def test_devices_that_there_are_none_of_are_refused_for_small_arrays(name):
    args = {"zeros_like": (la.asarray(A),), "astype": (la.asarray(A), "f4")}
    with pytest.raises(la.DeviceError, match="abacus"):
        getattr(la, name)(*args.get(name, (3,)), device="abacus")


M = np.array([[1.0, -2.0, 3.0], [4.0, 0.5, -6.0]])
METHODS = [
    lambda x: x.sum(),
    lambda x: x.sum(axis=0),
    lambda x: x.sum(1, keepdims=True),
    lambda x: x.sum(axis=(0, 1)),
    lambda x: x.sum(None, "f4"),
    lambda x: x.sum(0, None, None, True),
    lambda x: x.sum(where=[True, False, True]),
    lambda x: x.sum(0, initial=2.5),
    lambda x: x.prod(axis=-1),
    lambda x: x.max(),
    lambda x: x.min(1),
    lambda x: x.any(axis=0),
    lambda x: x.all(0, keepdims=True),
    lambda x: x.argmax(),
    lambda x: x.argmin(axis=1),
    lambda x: x.cumsum(),
    lambda x: x.cumsum(1, float),
    lambda x: x.mean(axis=0),
    lambda x: x.std(0, ddof=1),
    lambda x: x.reshape(3, -1),
    lambda x: x.reshape((3, 2), order="F"),
    lambda x: x.ravel(),
    lambda x: x.ravel("F"),
    lambda x: x.copy(),
    lambda x: x.copy("F"),
    lambda x: x.transpose(1, 0),
    lambda x: x.transpose((0, 1)),
    lambda x: x.T,
    lambda x: x.real,
    lambda x: x.imag,
    lambda x: x.squeeze(),
    lambda x: x.astype(bool),
    lambda x: x.astype("f4", copy=False),
    lambda x: x.clip(0, 2),
    lambda x: x.swapaxes(0, 1),
    lambda x: x.diagonal(),
    lambda x: x.take([0, 1], axis=1),
    lambda x: x.repeat(2, axis=0),
    lambda x: x.sum(7),
    lambda x: x.reshape(5, 5),
    lambda x: x.argmax(axis="0"),
    lambda x: x.max(unknown=1),
    lambda x: x[:0].max(),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i1", "?", "c16"])
def test_methods_are_those_of_numpys_arrays(method, dtype):
    a = M.astype(dtype) if dtype != "c16" else M + 1j
    want = outcome(method, a)
    assert outcome(method, la.array(a)) == want
    assert outcome(method, la.asarray(a)) == want


@pytest.mark.parametrize("method", METHODS[:2] + METHODS[8:11])
def test_a_method_of_a_small_array_is_one_call(method):
    x = la.array(M) + 0
    method(x)
    assert calls(lambda: method(x)) <= 3


def test_methods_tell_their_line_to_the_end_of_long_stories():
    x, m = la.array(A) + 0, la.array(M) + 0
    for _ in range(250):
        x = x.copy()
        m = m.T
        y = x.sum()
    here = inspect.currentframe().f_lineno
    for made, line in ((x, here - 3), (m, here - 2), (y, here - 1)):
        assert f"test_small_calls.py:{line}" in str((made * 1.5).explain())


def test_a_float_that_a_method_meets_is_told_at_the_users_line():
    x = la.array([1e308, 1e308]) + 0
    with pytest.warns(RuntimeWarning, match="overflow") as caught:
        assert x.sum() == np.inf
    assert caught[0].filename == __file__
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        x.sum()


def test_blocks_that_ignore_the_same_compute_in_threads_at_once():
    def ignored(_):
        for _ in range(300):
            with la.errstate(invalid="ignore"), la.errstate(over="ignore"):
                x = la.sqrt(la.asarray([-1.0, 4.0]))
                y = la.exp(x * 1000.0)
            assert la.isnan(x[0])
            assert np.isinf(float(y[1]))
            with pytest.raises(FloatingPointError), la.errstate(invalid="raise"):
                la.sqrt(la.asarray([-1.0, 4.0]))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(ignored, range(4)))


def test_after_a_block_errors_are_told_again():
    x = la.asarray([-1.0, 4.0])
    for _ in range(3):
        with la.errstate(invalid="ignore"):
            assert float(la.sqrt(x)[1]) == 2.0
            with la.errstate(invalid="warn"), pytest.warns(RuntimeWarning):
                la.sqrt(x)
            assert float(la.sqrt(x)[1]) == 2.0
        with pytest.warns(RuntimeWarning, match="invalid value encountered in sqrt"):
            la.sqrt(x)
