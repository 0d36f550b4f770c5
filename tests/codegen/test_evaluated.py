"""Functions without a lazy form, called on arrays of a GPU: copies, plans, memory."""

from __future__ import annotations

import re

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import pending
from lazyarr.errors import TransferError
from tests.codegen import fake_functions

windows = np.lib.stride_tricks.sliding_window_view
RNG = np.random.default_rng(3)
V = RNG.random(3000)
M = RNG.random((60, 50))


@pytest.fixture
def far(cupy, monkeypatch):
    """Return what puts an array on the fake GPU."""
    fake_functions.equip(monkeypatch, cupy)
    with la.config(learn=False, small_bytes=0):
        yield lambda array: la.asarray(cupy.ndarray.of(array))


def parts(made):
    return made if isinstance(made, tuple) else (made,)


CALLS = {
    "windows": lambda np, x: windows(x.v, 50),
    "windows of an expression": lambda np, x: windows(x.m.T * 2, 3, axis=0),
    "windows of a part": lambda np, x: windows(x.v[10:190:2], 50),
    "view": lambda np, x: x.v.view("i8"),
    "view of bytes": lambda np, x: x.m.view("u1"),
    "where": lambda np, x: np.where(x.m > 0.5),
    "packbits": lambda np, x: np.packbits(x.m > 0.5),
    "unpackbits": lambda np, x: np.unpackbits(x.u),
    "ravel_multi_index": lambda np, x: np.ravel_multi_index((x.i, x.i), (99, 99)),
    "unravel_index": lambda np, x: np.unravel_index(x.i, (11, 9)),
    "take": lambda np, x: np.take(x.v, x.i * 1000 - 5, mode="clip"),
    "lstsq": lambda np, x: np.linalg.lstsq(x.m, x.m[:, 0])[:2],
    "polyfit": lambda np, x: np.polyfit(x.v[:60], x.m[:, 0], 2),
}


class Inputs:
    """The operands, as `made` makes them of NumPy's."""

    def __init__(self, made):
        self.v, self.m = made(V), made(M)
        self.u = made((V * 256).astype(np.uint8))
        self.i = made((V * 99).astype(np.int64))


@pytest.mark.parametrize("name", CALLS)
def test_calls_copy_few_numbers(far, name):
    expected = parts(CALLS[name](np, Inputs(np.asarray)))
    inputs = Inputs(far)
    with la.transfers() as copies:
        made = parts(CALLS[name](la, inputs))
    assert copies.nbytes <= 8 * M.shape[1] + 8  # singular values
    for mine, theirs in zip(made, expected, strict=True):
        assert isinstance(mine, la.Array)
        assert mine.device == "gpu:0"
        assert mine.dtype == theirs.dtype
        np.testing.assert_allclose(mine.compute(), theirs, rtol=1e-12)
        if name != "polyfit":  # which goes on with what it got
            assert "has no lazy form: CuPy computed it" in told(mine)


def told(array):
    """Return all that a plan of an array says of its inputs."""
    (line,) = {str(d) for d in (array + 0).explain().plan.decisions if "lazy" in str(d)}
    return line


def test_windows_are_views(far, cupy):
    x = far(V)
    made = windows(x, 50)
    assert made.strides == (8, 8)
    assert not made.flags.writeable
    held = evaluate.persist((made._current(),))[0]
    assert held.data.mem is x._current().value.data.mem
    with pytest.raises(ValueError, match="read-only"):
        made[0] = 1
    np.testing.assert_array_equal(made.max(axis=1), windows(V, 50).max(axis=1))


def test_windows_of_a_transpose_tell_numpys_strides(far):
    def made(x):
        return windows(x.T * 1, (2, 3)).strides

    assert made(far(M)) == made(M)
    assert windows(far(V), la.asarray(3)).shape == windows(V, 3).shape


def test_views_hold_what_was_there_at_the_call(far):
    for call in (lambda x: windows(x, 5), lambda x: x.view("i8")):
        x, eager = far(V), V.copy()
        for array in (x, eager):
            array[:9] = 3.0
        pending.settle(x)  # in memory of its own
        memory = x._node.value.data.ptr
        made, expected = call(x), call(eager.copy())
        for array in (x, eager):
            array[2:5] = -1.0
        pending.settle(x, donate=True)
        assert x._node.value.data.ptr == memory
        np.testing.assert_array_equal(x, eager)
        np.testing.assert_array_equal(made, expected)


def test_what_numpy_computes_is_copied_and_told(far):
    x = far(V)
    with la.transfers() as copies:
        made = np.packbits(la.reshape(x > 0.5, (50, 60)), axis=0)
    assert copies.nbytes == V.size
    np.testing.assert_array_equal(made, np.packbits((V > 0.5).reshape(50, 60), axis=0))
    assert "NumPy computed it when it was called, on copies from gpu:0" in told(made)
    assert "packbits along axis 0 of shape (50, 60)" in told(made)


def test_a_function_that_is_not_listed_is_numpys(far):
    made = np.emath.sqrt(far(V))
    assert "on copies from gpu:0: CuPy's is not known to be NumPy's" in told(made)
    np.testing.assert_array_equal(made, np.sqrt(V))


def test_copies_that_are_forbidden(far):
    x = far(V)
    with la.config(transfers="error"):
        windows(x, 3)
        np.packbits(x > 0.5)
        with pytest.raises(TransferError, match="copied to host"):
            np.emath.sqrt(x)


def test_small_operands_are_copied_to_the_gpu(far):
    x, rows = far(V), la.asarray(np.array([[1, 4000, -3]]))
    with la.transfers() as copies:
        made = np.take(x, rows, mode="wrap")
    (up,) = copies
    assert (up.direction, up.nbytes) == ("to device", 24)
    assert made.device == "gpu:0"
    np.testing.assert_array_equal(made, np.take(V, [[1, 4000, -3]], mode="wrap"))


def test_large_operands_stay_where_they_are(far):
    x, rows = far(V[:10]), la.asarray(np.arange(4000).reshape(40, 100))
    with la.transfers() as copies:
        made = np.take(x, rows, mode="wrap")
    (down,) = copies
    assert (down.direction, down.nbytes) == ("to host", 80)
    assert made.device == "cpu"
    assert "most of what it takes lies on the host" in told(made)


def test_numbers_that_are_read_are_recorded(far):
    with la.config(transfers="error"), la.transfers() as copies:
        la.unravel_index(far((V * 99).astype(int)), (9, 11))
    assert [(one.direction, one.nbytes) for one in copies] == [("to host", 1)]


def test_windows_are_fetched_as_windows(far):
    made = windows(far(M[::-1].copy())[::-1], (4, 5))
    with la.transfers() as copies:
        got = (made + 1).compute(device="cpu")
    assert copies.nbytes == M.nbytes
    np.testing.assert_array_equal(got, windows(M, (4, 5)) + 1)
    backwards = windows(far(V)[::-1], 9)
    np.testing.assert_array_equal(
        (backwards * 2).compute(device="cpu"), windows(V[::-1], 9) * 2
    )


def test_errors_are_numpys(far):
    x, places = far(V), far((V * 99).astype(int))
    with pytest.raises(ValueError, match="window shape cannot be larger"):
        windows(x, 3001)
    with pytest.raises(ValueError, match="is out of bounds for array with size 20"):
        np.unravel_index(places, (4, 5))
    with pytest.raises(ValueError, match="invalid entry in coordinates array"):
        np.ravel_multi_index((places, places), (4, 5))
    with pytest.raises(TypeError):
        np.packbits(x)
    with pytest.raises(np.linalg.LinAlgError, match="SVD did not converge"):
        la.linalg.lstsq(far(np.full((4, 2), np.nan)), x[:4])


def test_an_empty_operand_is_numpys(far):
    made = np.packbits(far(V)[:0] > 1)
    assert (made.shape, made.dtype) == ((0,), np.uint8)


def test_memory_that_does_not_suffice(far, cupy):
    x = far(V)
    np.packbits(x > 0.5)

    def refuse():
        raise cupy.cuda.memory.OutOfMemoryError

    cupy.packbits = lambda *args, **options: refuse()
    made = np.packbits(x > 0.5)
    np.testing.assert_array_equal(made, np.packbits(V > 0.5))
    assert "the GPU has too little memory" in told(made)


def test_arrays_in_a_list_stay_where_they_are(far):
    with la.transfers() as copies:
        made = la.asarray([far(V), far(V) * 2])
        cast = la.asarray((far(V), far(V)), "f4")
    assert not copies.entries
    assert made.device == cast.device == "gpu:0"
    assert cast.dtype == np.float32
    with pytest.raises(ValueError, match="without a copy"):
        la.asarray([far(V)], copy=False)
    np.testing.assert_array_equal(made, [V, V * 2])
    made[0] = 0  # a copy, as of any list
    np.testing.assert_array_equal(made, [V * 0, V * 2])
    np.testing.assert_array_equal(la.asarray([far(V[:2]), [3.0, 4]]), [V[:2], [3, 4]])


# --- what the elements decide -------------------------------------------------------------


PLACES = (V * 2999).astype(np.int64)
COUNTED = {
    "nonzero": lambda np, x: np.nonzero(x.m > 0.5),
    "flatnonzero": lambda np, x: np.flatnonzero(x.v > 0.5),
    "a boolean index": lambda np, x: x.m[x.m[:, 0] > 0.5, 3],
    "unique": lambda np, x: np.unique(x.i),
    "bincount": lambda np, x: np.bincount(x.i),
    "bincount of weights": lambda np, x: np.bincount(x.i, x.v, 200),
}


def noting(call, places, device):
    """Return a function that notes which device is the current one when it is called."""

    def noted(*args, **options):
        places.append(device.current)
        return call(*args, **options)

    return noted


@pytest.mark.parametrize("name", COUNTED)
def test_another_device_than_the_current_one_computes(far, cupy, name):
    expected = parts(COUNTED[name](np, Inputs(np.asarray)))
    places = []
    for own in ("nonzero", "flatnonzero", "unique", "bincount", "argsort"):
        setattr(cupy, own, noting(getattr(cupy, own), places, cupy.cuda.Device))
    with cupy.cuda.Device(1):
        inputs = Inputs(far)
    made = parts(COUNTED[name](la, inputs))
    assert set(places) == {1}
    for mine, theirs in zip(made, expected, strict=True):
        assert mine.device == "gpu:1"
        np.testing.assert_allclose(mine, theirs, 1e-13 * (theirs.dtype.kind == "f"))


def test_weights_are_summed_in_one_order(far, cupy, monkeypatch):
    """By folds of neighbours: CuPy's own way is to add each as it comes."""
    counts, given = cupy.bincount, []
    monkeypatch.setattr(
        cupy, "bincount", lambda *args: given.append(1) or counts(*args)
    )
    places, weights = PLACES % 7, np.where(PLACES % 3, V, -0.0)
    with la.transfers() as copies:
        made = la.bincount(far(places), far(weights), 9)
    assert [one.nbytes for one in copies] == [16]  # the least and the largest place
    assert not given
    again = la.bincount(far(places), far(weights), 9)
    np.testing.assert_array_equal(made, again)
    np.testing.assert_allclose(made, np.bincount(places, weights, 9), rtol=1e-14)
    zeros = la.bincount(far(places), far(V * -0.0)).compute()
    assert not np.signbit(zeros).any()
    whole = la.bincount(far(places), far(PLACES.astype("i2")))
    np.testing.assert_array_equal(whole, np.bincount(places, PLACES.astype("i2")))
    for unseen in (V[:0], V[:3], V[:0] * 1j, V[:6].reshape(2, 3)):
        expected = np.bincount(places[:0], unseen, 3)
        empty = la.bincount(far(places[:0]), far(unseen), 3).compute()
        np.testing.assert_array_equal(empty, expected, strict=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, i, v: np.bincount(i - 5),
        lambda np, i, v: np.bincount(i - 5, v),
        lambda np, i, v: np.bincount(i, v[:-1]),
        lambda np, i, v: np.bincount(i, v, -1),
        lambda np, i, v: np.bincount(i.reshape(60, 50)),
        lambda np, i, v: np.bincount(i, v.reshape(60, 50)),
        lambda np, i, v: np.bincount(v),
        lambda np, i, v: np.bincount(i, v * 1j),
    ],
)
def test_counts_that_there_are_not_are_numpys_errors(far, call):
    places = PLACES % 7
    with pytest.raises((ValueError, TypeError)) as theirs:
        call(np, places, V)
    with pytest.raises(type(theirs.value), match=f"^{re.escape(str(theirs.value))}$"):
        call(la, far(places), far(V))


def test_what_the_other_library_has_not_is_numpys(far, cupy):
    def refuse(*args, **options):
        raise TypeError

    cupy.unique = refuse
    x = far(PLACES % 7)
    with la.transfers() as copies:
        made = la.unique_counts(x)
    assert [one.nbytes for one in copies] == [PLACES.nbytes]
    np.testing.assert_array_equal(made.counts, np.bincount(PLACES % 7))


INDEXED = {
    "take": lambda np, x, i: np.take(x, i),
    "getitem": lambda np, x, i: x[i],
    "of rows": lambda np, x, i: x.reshape(60, 50)[i // 50, 3],
    "along an axis": lambda np, x, i: np.take_along_axis(x, i - 3000, 0),
}


@pytest.mark.parametrize("name", INDEXED)
def test_places_on_a_device_stay_there(far, name):
    expected = INDEXED[name](np, V, PLACES + 0)
    x, index = far(V), far(PLACES)
    with la.transfers() as copies:
        made = INDEXED[name](la, x, index + 0).persist("gpu")
    # The largest one says that all are within bounds; of negative ones, the least, too.
    looks = 3 if name == "along an axis" else 1
    assert [(one.direction, one.nbytes) for one in copies] == [("to host", 8)] * looks
    np.testing.assert_array_equal(made, expected)


TOLD = {
    "remainder": lambda np, x, i: x[i * 7 % x.size],
    "remainder beyond": lambda np, x, i: x[i % 4000 - 2000],
    "clip": lambda np, x, i: x[np.clip(i - 5, 0, 2999)],
    "bits": lambda np, x, i: np.take(x, i & 255),
    "a part of an order": lambda np, x, i: x[np.argsort(i)[5:500]],
    "narrow": lambda np, x, i: x[i.astype("u1")],
    "of rows": lambda np, x, i: x.reshape(60, 50)[i % 60, i % 50],
    "a write": lambda np, x, i: written(x, i % 60),
}


def written(x, places):
    x = x.copy()
    x[places] = 1.5
    return x


@pytest.mark.parametrize("name", TOLD)
def test_places_that_operations_tell_to_be_within_bounds_are_not_looked_at(far, name):
    expected = TOLD[name](np, V, PLACES)
    x, index = far(V), far(PLACES)
    with la.transfers() as copies:
        made = TOLD[name](la, x, index)
    assert [one.nbytes for one in copies] == []
    np.testing.assert_array_equal(made, expected)


def test_places_that_may_be_beyond_are_looked_at(far):
    x, index = far(V), far(PLACES)
    with la.transfers() as copies:
        made = x[index % 4000]
    assert [one.nbytes for one in copies] == [8]  # none is negative: one number tells
    np.testing.assert_array_equal(made, V[PLACES % 4000])
    for beyond in ((index + 3000) % 4000, (index % 9) * 1000, index % 8 - 3004):
        with pytest.raises(
            IndexError, match=r"out of bounds for axis 0 with size 3000"
        ):
            x[beyond]


@pytest.mark.parametrize("name", INDEXED)
@pytest.mark.parametrize("shift", [6000, -6001])
def test_places_on_a_device_are_within_bounds(far, name, shift):
    x, index = far(V), far(PLACES) + shift
    with pytest.raises(
        IndexError, match=r"out of bounds for axis 0 with size (3000|60)"
    ):
        INDEXED[name](la, x, index)
    with pytest.raises(IndexError):
        x[far(PLACES + shift)] = 1.0
    with pytest.raises(IndexError):
        np.add.at(x, far(PLACES + shift), 1.0)


def test_no_places_are_within_no_bounds(far):
    assert far(V)[far(PLACES[:0])].shape == (0,)


def test_histograms_are_counted_there(far):
    x = far(V)
    for options in ({"bins": 20}, {"bins": 7, "range": (0.1, 0.6)}, {"density": True}):
        with la.transfers() as copies:
            counts, edges = (part.persist("gpu") for part in la.histogram(x, **options))
        assert sum(one.nbytes for one in copies) < 500  # edges
        theirs = np.histogram(V, **options)
        np.testing.assert_array_equal(counts, theirs[0])
        np.testing.assert_array_equal(edges, theirs[1])


def test_bins_as_narrow_as_roundings_are_left_to_numpy_this_once(far):
    narrow, wide = far(1 + 1e-15 * np.arange(20)), far(V)
    made = la.histogram(narrow, 8)[0].compute(device="gpu")
    np.testing.assert_array_equal(made, np.histogram(1 + 1e-15 * np.arange(20), 8)[0])
    explained = la.histogram(wide, 8)[0].explain(device="gpu")
    assert not explained.plan.is_mixed
