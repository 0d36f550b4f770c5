"""Methods and attributes of arrays beyond the standard, and what writes in place."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest

import lazyarr as la
from lazyarr.testing import RaiseIfComputed, assert_matches_numpy
from tests.cases import every
from tests.surface.operands import GRID, LINE, OPERANDS

READ = {
    "strides": lambda x: x.strides,
    "C": lambda x: x.flags.c_contiguous,
    "F": lambda x: x.flags["F_CONTIGUOUS"],
    "fnc, forc": lambda x: (x.flags.fnc, x.flags.forc),
    "nbytes": lambda x: (x.nbytes, x.itemsize, x.size, x.ndim),
    "tobytes": lambda x: x.tobytes(),
    "tobytes F": lambda x: x.tobytes("F"),
    "tolist": lambda x: x.tolist(),
    "item": lambda x: x.item(0),
    "item of many": lambda x: x.item(),
    "flat": lambda x: list(x.flat),
    "flat slice": lambda x: x.flat[1::2],
    "flat list": lambda x: x.flat[[0, -1]],
    "flat element": lambda x: x.flat[-1],
    "len flat": lambda x: len(x.flat),
    "flatten F": lambda x: x.flatten("F"),
    "ravel K": lambda x: x.ravel("K"),
    "copy F": lambda x: x.size and x.copy("F").strides,
    "view bytes": lambda x: x.view("u1"),
    "view wide": lambda x: x.view("c16"),
    "view same size": lambda x: x.view(f"u{x.itemsize}"),
    "field": lambda x: x.getfield("i2", x.itemsize - 2),
    "byteswap": lambda x: x.byteswap(),
    "argsort": lambda x: x.argsort(kind="stable"),
    "searchsorted": lambda x: x.searchsorted([1, 2]),
    "nonzero": lambda x: x.nonzero(),
    "compress": lambda x: x.compress([True, False], axis=0),
    "choose": lambda x: x.choose([1, 2, 3]),
    "take wrapped": lambda x: x.take([5, -1], mode="wrap"),
    "dot": lambda x: x.dot(2),
    "trace": lambda x: x.trace(1),
    "clip": lambda x: x.clip(max=2),
    "round": lambda x: x.round(1),
    "repeat": lambda x: x.repeat(2, axis=0),
    "swapaxes": lambda x: x.swapaxes(0, -1),
    "transpose": lambda x: x.transpose(-1, 0),
    "astype F": lambda x: x.size and x.astype("f8", order="F").strides,
    "astype safely": lambda x: x.astype("f4", casting="safe"),
    "sum where": lambda x: x.sum(where=x > 1, initial=2),
    "mean where": lambda x: x.mean(where=x < 100),
    "max": lambda x: x.max(initial=3),
    "ptp": lambda x: x.ptp(),
    "conj": lambda x: x.conj(),
    "real, imag": lambda x: (x.real, x.imag),
    "divmod": lambda x: divmod(x, 2),
    "contains": lambda x: 2 in x,
    "matmul": lambda x: x @ x.T,
    "complex": lambda x: complex(x),
    "index": lambda x: [7, 8, 9, 10][x],
    "format": lambda x: f"{x:.1f}",
    "pickle": lambda x: pickle.loads(x.dumps()),
    "copies": lambda x: (copy.copy(x), copy.deepcopy(x)),
    "base": lambda x: x[:1].base is None,
    "round trip": lambda x: x.__class__.__name__ != "",
}
# Where NumPy's own answer is about its memory: what is wrapped lies elsewhere.
CHANGE = {
    "fill": lambda x: x.fill(3),
    "flat fill": lambda x: x.flat.__setitem__(slice(None), 1),
    "flat few": lambda x: x.flat.__setitem__(slice(None, None, 2), [4, 5]),
    "flat places": lambda x: x.flat.__setitem__([0, -1], [4, 5]),
    "flat one": lambda x: x.flat.__setitem__(-1, 4),
    "flat =": lambda x: setattr(x, "flat", [6, 7]),
    "put": lambda x: x.put([0, -1], [8, 9]),
    "put few": lambda x: x.put([0, 1, 2], 9),
    "put clipped": lambda x: x.put([99], 9, mode="clip"),
    "put wrapped": lambda x: x.put([99, -99], [9, 8], mode="wrap"),
    "put beyond": lambda x: x.put([99], 9),
    "sort": lambda x: x.sort(),
    "sort rows": lambda x: x.sort(axis=0, kind="stable"),
    "partition": lambda x: (x.partition(0), x.sort()),
    "setfield": lambda x: x.setfield(5, "u1", x.itemsize - 1),
    "setflags": lambda x: (x.setflags(write=False), x.__setitem__(..., 1)),
    "byteswap": lambda x: x.byteswap(inplace=True),
    "real": lambda x: setattr(x, "real", 5),
    "imag": lambda x: setattr(x, "imag", 5),
}
OWN = {name: array for name, array in OPERANDS.items() if name != "broadcast"}


# Where the standard's values are others than NumPy's: docs/differences.md.
APART = {("divmod", "infinite")}


@pytest.mark.parametrize("call", READ)
def test_read(call):
    def check(operand):
        array = OPERANDS[operand]
        assert_matches_numpy(
            lambda xp: READ[call](xp.asarray(array)), warnings=False, ulp=4
        )

    every(check, [name for name in OPERANDS if (call, name) not in APART])


@pytest.mark.parametrize("call", CHANGE)
def test_change(call):
    def check(view, operand):
        def program(xp):
            x = xp.array(OWN[operand])
            part = {"whole": x, "part": x[1:] if x.ndim else x, "turned": x.T}[view]
            CHANGE[call](part)
            return x

        assert_matches_numpy(program, warnings=False)

    # Zeros of two signs are equal: which of them NumPy puts first is the processor's.
    names = [name for name in OWN if (call, name) != ("sort", "infinite")]
    every(check, ["whole", "part", "turned"], names)


FUNCTIONS = {
    "copyto": lambda xp, x: xp.copyto(x, 7),
    "copyto where": lambda xp, x: xp.copyto(x, x * 2, where=x > 1, casting="unsafe"),
    "copyto float": lambda xp, x: xp.copyto(x, 1.5),
    "copyto rows": lambda xp, x: xp.copyto(x, x[:1]),
    "putmask": lambda xp, x: xp.putmask(x, x > 1, x * 3),
    "putmask few": lambda xp, x: xp.putmask(x, x > 1, [7, 8]),
    "putmask one": lambda xp, x: xp.putmask(x, x > 1, 7),
    "place": lambda xp, x: xp.place(x, x > 1, [7, 8]),
    "place nothing": lambda xp, x: xp.place(x, x > 1, []),
    "put": lambda xp, x: xp.put(x, [0, 1], [7, 8]),
    "put_along_axis": lambda xp, x: xp.put_along_axis(
        x, xp.argsort(x, axis=-1, kind="stable"), 3, -1
    ),
    "fill_diagonal": lambda xp, x: xp.fill_diagonal(x, 3),
    "fill_diagonal wrapped": lambda xp, x: xp.fill_diagonal(x, [1, 2], wrap=True),
}


@pytest.mark.parametrize("call", FUNCTIONS)
def test_functions_that_write(call):
    def check(operand):
        def program(xp):
            x = xp.array(OWN[operand])
            FUNCTIONS[call](xp, x)
            return x

        assert_matches_numpy(program, warnings=False)

    every(check, OWN)


def test_writes_are_lazy():
    x = la.zeros((4, 4))
    with RaiseIfComputed():
        la.copyto(x, la.ones(4) * 2, where=la.ones(4) > 0)
        la.fill_diagonal(x, 7)
        x.flat[::3] = 1
        x.sort(axis=0)
    assert x.shape == (4, 4)


def test_memory():
    x = la.zeros((4, 6))
    assert la.shares_memory(x, x.T)
    assert la.shares_memory(x[1:], x[:2])
    assert not la.shares_memory(x[::2], x[1::2])
    assert la.may_share_memory(x[::2], x[1::2])
    assert not la.may_share_memory(x[:2], x[2:])
    assert not la.shares_memory(x, x.copy())
    assert np.shares_memory(x, x[0])
    z = la.zeros(3, complex)
    assert not la.shares_memory(z.real, z.imag)


def test_instances():
    x = la.ones((2, 2))
    assert isinstance(x, la.ndarray)
    assert isinstance(la.asarray(3.0), la.ndarray)
    assert isinstance(GRID, la.ndarray)
    assert not isinstance(x.sum(), la.ndarray)
    assert not isinstance([1], la.ndarray)
    assert la.ndarray((2, 3)).shape == (2, 3)
    assert la.isscalar(x.sum())
    assert not la.isscalar(x)


def test_views_of_bytes_are_locked():
    view = la.arange(100_000).view("u8")  # not small: those are NumPy's views
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1


COLUMNS = {
    "new": lambda xp, n: xp.arange(n)[:, None],
    "deferred": lambda xp, n: (xp.arange(n) + 1)[:, None],
    "found": lambda xp, n: xp.unique(xp.arange(n) // 2)[:, None],
    "cut": lambda xp, n: xp.arange(2 * n).reshape(2, n).T[:, :1],
    "apart": lambda xp, n: xp.arange(2 * n).reshape(2, n).T,  # refused by both
}


def test_columns_are_seen_as_smaller_dtypes_whatever_their_steps():
    def check(name, size, dtype):
        assert_matches_numpy(lambda xp: COLUMNS[name](xp, size).view(dtype))

    every(check, COLUMNS, (3, 1, 0, 20_000), ("i1", "i4"))


def test_a_lock_holds_until_it_is_taken_off():
    for size in (3, 300_000):
        x = la.arange(size)
        x.flags.writeable = False
        with pytest.raises(ValueError, match="read-only"):
            x.fill(1)
        assert "WRITEABLE : False" in repr(x.flags)
        assert x.copy().flags.writeable
        x.setflags(write=True)
        x.fill(1)
        assert x.tolist() == [1] * size


@pytest.mark.parametrize("size", [4, 300_000])
def test_flat_is_compared_by_elements(size):
    def compared(xp):
        x = xp.arange(size * 1.0).reshape(2, -1).T
        more = [x.flat <= xp.float64(2), x.flat != list(range(size)), x.flat >= 2]
        return [x.flat > 1.5, x.flat == x.flat, (x - 1).flat < x.flat, *more]

    for found, wanted in zip(compared(la), compared(np), strict=True):
        assert found.dtype == bool
        assert np.array_equal(np.asarray(found), wanted)
    with pytest.raises(TypeError, match="unhashable"):
        hash(la.ones(size).flat)


@pytest.mark.parametrize("known", [True, False])
def test_flat_goes_on_where_it_is(known):
    def program(xp):
        x = (xp.arange(60) * 1.5).reshape(6, -1)
        elements = x.flat
        seen = [next(elements), elements.index]
        for element in elements:
            seen.append(element)
            if elements.index == 5:
                break
        seen += [elements.index, *elements, elements.index, *elements]
        return [float(value) for value in seen]

    with la.config(small_path=known):
        assert program(la) == program(np)


def test_flat_of_a_known_array_sees_what_is_written():
    def program(xp):
        x = xp.arange(6.0)
        for place, element in enumerate(x.flat):
            if place < 5:
                x[place + 1] += element
        return x.tolist()

    assert program(la) == program(np)


def _resized(xp, size, how, shape):
    """Return an array that was resized, what was made of it, and it after writes."""
    x = xp.arange(size) * 1.5
    if how == "written":
        x[1:3] = 7.0
        x += 1
    elif how == "Fortran's":
        x = x.reshape(2, -1).copy("F")
    elif how == "twice":
        x.resize(size // 2, 2)
    elif how == "selected":
        x = x[x < 4]
    elif how == "a number":
        x = xp.array(3.0)
    x.resize(shape, refcheck=False)
    more = x + 1
    first = xp.array(x)
    x[...] += 2
    x *= 2
    return [first, more, x]


HOWS = ["plain", "written", "Fortran's", "twice", "selected", "a number"]


@pytest.mark.parametrize("size", [6, 6000, 300_000])
@pytest.mark.parametrize("how", HOWS)
def test_resize_cuts_or_fills_up_with_zeros(size, how):
    shapes = [(size,), (size // 2, 2), size + 3, (3,), (2, size), 0]

    def check(shape):
        wanted = _resized(np, size, how, shape)
        for x, y in zip(_resized(la, size, how, shape), wanted, strict=True):
            assert x.dtype == y.dtype
            assert np.array_equal(np.asarray(x), y)

    every(check, shapes)


def test_resize_to_the_same_size_keeps_the_memory():
    x = la.asarray(GRID) * 2
    row = x[1]
    x.resize(2, 6)
    x.resize(12)
    row += 100
    assert x[4:8].tolist() == (GRID[1] * 2 + 100).tolist()
    x.resize()
    assert x.shape == (12,)


@pytest.mark.parametrize("size", [8, 300_000])
def test_resize_refuses_what_numpy_refuses(size):
    x = la.arange(size) * 2
    with pytest.raises(ValueError, match="does not own"):
        x[1:].resize(3)
    with pytest.raises(ValueError, match="single-segment"):
        x[::2].resize(3)
    with pytest.raises(ValueError, match="negative"):
        x.resize((2, -3))
    with pytest.raises(TypeError):
        x.resize(2.5)
    for view in (x[:], x.reshape(2, -1), x.reshape(2, -1).T):
        for check in (True, False):  # of as many elements, and yet not their owner
            with pytest.raises(ValueError, match="does not own"):
                view.resize(3, refcheck=check)
    assert x.shape == (size,)


@pytest.mark.parametrize("size", [8, 9000, 300_000])
@pytest.mark.parametrize("own", [False, True], ids=["expression", "memory"])
def test_an_owner_that_is_reshaped_or_resized_stays_one(size, own):
    def program(xp):
        x = xp.ones(size) * 2
        if own:
            x = xp.array(np.ones(size))
            for k in range(40):
                x[k % 7] = x[k % 5] + 1
        told = []
        for sides in ((size // 2, 2), (2, size // 2), (3, size), (size,)):
            x.resize(sides, refcheck=False)
            part = x[1:]
            told += [x.flags.owndata, x.base is None]
            told += [part.flags.owndata, part.base is None]
        x.setflags(write=False)
        x.resize(size + 1, refcheck=False)
        told += [x.flags.writeable, x.flags.owndata]
        with pytest.raises(ValueError, match="read-only"):
            x[0] = 1
        part = x[1:]
        told.append(part.flags.writeable)
        with pytest.raises(ValueError, match="WRITEABLE"):
            part.setflags(write=True)
        x.setflags(write=True)
        part.setflags(write=True)
        part[0] = -1
        return told, x[:size].tolist()

    assert program(la) == program(np)


@pytest.mark.parametrize("size", [8, 300_000])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("how", ["T", "real", "ravel", "row"])
def test_resize_to_the_same_size_keeps_the_views(size, order, how):
    def program(xp):
        x = xp.array(np.arange(size).reshape(2, -1), order=order)
        ways = {"T": x.T, "real": x.real, "row": x[1], "ravel": x.ravel("K")}
        view = ways[how]
        x.resize((size // 2, 2))
        view[1] = -1
        x += 3
        return [x, view, xp.asarray(x.strides)]

    for found, wanted in zip(program(la), program(np), strict=True):
        assert np.array_equal(np.asarray(found), wanted)


@pytest.mark.parametrize("size", [8, 300_000])
def test_resize_beside_views(size):
    x = la.ones(size) + la.ones(size)
    view = x[:3]
    with pytest.raises(ValueError, match="referenced"):
        x.resize(5)
    x.resize((2, size // 2))
    with pytest.raises(ValueError, match="referenced"):
        x.resize(5)
    x.resize(5, refcheck=False)
    x += 1
    assert x.tolist() == [3] * 5
    assert view.tolist() == [2] * 3


def test_ctypes_and_data():
    x = la.asarray(LINE) + 0
    assert bytes(x.data) == LINE.tobytes()
    assert x.data.readonly
    assert x.ctypes.shape[0] == 6


def test_files(tmp_path):
    x = la.asarray(GRID) * 2
    x.tofile(tmp_path / "raw")
    assert np.array_equal(la.fromfile(tmp_path / "raw").reshape(3, 4), GRID * 2)
    la.save(tmp_path / "one.npy", x)
    assert isinstance(la.load(tmp_path / "one.npy"), la.Array)
    la.savez(tmp_path / "two.npz", x, named=x + 1)
    with la.load(tmp_path / "two.npz") as kept:
        assert np.array_equal(kept["named"], GRID * 2 + 1)
    la.savetxt(tmp_path / "text", x)
    assert np.array_equal(la.loadtxt(tmp_path / "text"), GRID * 2)
    mapped = la.memmap(tmp_path / "raw", dtype="f8", mode="r+", shape=(3, 4))
    assert np.array_equal((la.asarray(mapped) / 2).compute(), GRID)
    file = io.BytesIO()
    x.dump(file)
    assert np.array_equal(pickle.loads(file.getvalue()), GRID * 2)


def test_numpys_own_tests_of_arrays():
    x = la.asarray(GRID)
    np.testing.assert_array_equal(x * 2, GRID * 2)
    np.testing.assert_allclose(x + 1e-12, GRID, atol=1e-9)
    np.testing.assert_equal(x, GRID)
    np.testing.assert_almost_equal(x.sum(), GRID.sum())
    np.testing.assert_array_less(x, GRID + 1)
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(x, GRID + 1)


def test_iterators():
    x = la.asarray(GRID)
    assert [float(v) for v in la.nditer(x)] == GRID.ravel().tolist()
    assert [(i, float(v)) for i, v in la.ndenumerate(x)] == list(np.ndenumerate(GRID))
    assert list(la.ndindex(2, 2)) == list(np.ndindex(2, 2))
    pairs = [(int(a), int(b)) for a, b in la.broadcast(la.arange(2), [[5], [6]])]
    assert pairs == [(0, 5), (1, 5), (0, 6), (1, 6)]
    total = la.zeros(4)
    flags = [["readonly"], ["readwrite"]]
    for a, b in la.nditer([x, total], flags=["reduce_ok"], op_flags=flags):
        b += a
    assert np.array_equal(total, GRID.sum(axis=0))


def test_error_states():
    with la.errstate(divide="raise"), pytest.raises(FloatingPointError):
        np.asarray(1.0) / np.asarray(0.0)
    kept = la.seterr(all="ignore")
    assert la.geterr()["divide"] == "ignore"
    la.seterr(**kept)


def test_index_tricks():
    for program in (
        lambda xp: xp.mgrid[0:3, 1:2:4j],
        lambda xp: xp.ogrid[0:3, 1:4],
        lambda xp: xp.r_[1:3, 0, xp.arange(2.0)],
        lambda xp: xp.c_[xp.arange(3), xp.arange(3)],
        lambda xp: xp.arange(9)[xp.s_[1:7:2]],
        lambda xp: xp.arange(9).reshape(3, 3)[xp.ix_([0, 2], [1, 2])],
        lambda xp: xp.fromfunction(lambda i, j: i * j + 1, (3, 2)),
        lambda xp: xp.vectorize(lambda a, b: a if a > b else b)(xp.arange(3), 1),
        lambda xp: xp.vectorize(np.sum, signature="(n)->()")(xp.ones((2, 3))),
    ):
        assert_matches_numpy(program)


def test_creation_takes_numpys_keywords():
    for program in (
        lambda xp: xp.zeros((2, 3), order="F").strides,
        lambda xp: xp.ones(shape=(2, 3), dtype="i2", order="C"),
        lambda xp: xp.array([[1, 2], [3, 4]], order="F").strides,
        lambda xp: xp.asarray(a=[1, 2], dtype=float),
        lambda xp: xp.array([1, 2], ndmin=3),
        lambda xp: xp.zeros_like(xp.ones((2, 3)).T).strides,
        lambda xp: xp.full_like(xp.ones((2, 3)), 2, shape=4, dtype="u1"),
        lambda xp: xp.eye(N=3, M=4, k=1),
        lambda xp: xp.linspace(start=0, stop=1, num=5, retstep=True),
        lambda xp: xp.linspace([0, 1], [1, 5], 4, axis=1),
        lambda xp: xp.zeros(xp.array([2, 3])),
        lambda xp: xp.ones((2, 3)).reshape(xp.array([3, 2])),
        lambda xp: xp.concatenate([[1], [2]], dtype="f4"),
        lambda xp: xp.hstack([[1], [2]], dtype="f4"),
        lambda xp: xp.concatenate([[1], [2]], out=xp.zeros(2)),
        lambda xp: xp.einsum("i,i", [1, 2], [3, 4], dtype=float),
        lambda xp: xp.take(xp.arange(4), indices=[1, 2]),
        lambda xp: xp.tile(A=[1, 2], reps=2),
        lambda xp: xp.zeros(3, order="Q"),
    ):
        assert_matches_numpy(program)


@pytest.mark.parametrize("size", [6, 300_000])
def test_elements_cannot_be_deleted(size):
    for xp in (np, la):
        x = xp.ones(size) * 2
        for key in (0, slice(1, 2), ...):
            with pytest.raises(ValueError, match="cannot delete array elements"):
                del x[key]
        with pytest.raises(TypeError, match="item deletion"):
            del x[0][()]
        assert x.flat[()].tolist() == [2] * size
