"""A result shows what is written into its operand, and the reverse, as NumPy's does."""

from __future__ import annotations

import operator
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import memory
from lazyarr.testing import assert_matches_numpy

PLACES = {
    "itself": lambda x: x,
    "backwards": lambda x: x[::-1, ::-1],
    "turned": lambda x: x.T,
    "every other column": lambda x: x[:, ::2],
    "a row": lambda x: x[1],
    "a column": lambda x: x[:, 1],
    "every other of a row": lambda x: x[1, ::2],
    "one": lambda x: x[:1, :1],
    "no rows": lambda x: x[:0],
    "a computed one": lambda x: x * 2,
    "a computed one, turned": lambda x: x.T * 2,
    "a stretched one": lambda x: x[1:2, 1:2, None],
    "an array of no axes": lambda x: x[1, 2, ...],
    "rows of complex ones": lambda x: x.astype(complex)[::2],
    "real parts": lambda x: x.astype(complex).real,
}


def square(x):
    n = min(x.shape[:2], default=0)
    return x[:n, :n]  # NumPy's einsum writes outside of one that is not


FUNCTIONS = {
    "ravel": lambda xp, x: x.ravel(),
    "ravel F": lambda xp, x: xp.ravel(x, "F"),
    "ravel A": lambda xp, x: xp.ravel(x, "A"),
    "ravel K": lambda xp, x: xp.ravel(x, "K"),
    "reshape": lambda xp, x: xp.reshape(x, -1),
    "reshape F": lambda xp, x: xp.reshape(x, -1, order="F"),
    "reshape A": lambda xp, x: xp.reshape(x, -1, order="A"),
    "reshape, copied": lambda xp, x: x.reshape(x.shape, copy=True),
    "flatten": lambda xp, x: x.flatten(),
    "squeeze": lambda xp, x: xp.squeeze(x),
    "atleast_1d": lambda xp, x: xp.atleast_1d(x),
    "atleast_3d": lambda xp, x: xp.atleast_3d(x),
    "ascontiguousarray": lambda xp, x: xp.ascontiguousarray(x),
    "asfortranarray": lambda xp, x: xp.asfortranarray(x),
    "require": lambda xp, x: xp.require(x, None, "C"),
    "asarray": lambda xp, x: xp.asarray(x),
    "asarray F": lambda xp, x: xp.asarray(x, order="F"),
    "asarray C": lambda xp, x: xp.asarray(x, order="C"),
    "array": lambda xp, x: xp.array(x),
    "array, copied if needed": lambda xp, x: xp.array(x, copy=None),
    "astype": lambda xp, x: x.astype(x.dtype),
    "astype, copied if needed": lambda xp, x: x.astype(x.dtype, copy=False),
    "astype of another": lambda xp, x: x.astype("c8", copy=False),
    "view": lambda xp, x: x.view(),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, x.shape),
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(x, x)[0],
    "array_split": lambda xp, x: xp.array_split(x, 2)[0],
    "real": lambda xp, x: xp.real(x),
    "imag": lambda xp, x: xp.imag(x),
    "conj": lambda xp, x: x.conj(),
    "rot90 not at all": lambda xp, x: xp.rot90(x, 0),
    "rot90": lambda xp, x: xp.rot90(x),
    "flip": lambda xp, x: xp.flip(x),
    "trim_zeros": lambda xp, x: xp.trim_zeros(x),
    "diagonal": lambda xp, x: xp.diagonal(x),
    "diag": lambda xp, x: xp.diag(x),
    "einsum, turned": lambda xp, x: xp.einsum("ij->ji", x),
    "einsum, itself": lambda xp, x: xp.einsum("...->...", x),
    "einsum, implied": lambda xp, x: xp.einsum("ba", x),
    "einsum, the diagonal": lambda xp, x: xp.einsum("ii->i", square(x)),
    "einsum, a sum": lambda xp, x: xp.einsum("ij->j", x),
    "where": lambda xp, x: xp.where(True, x, x),
    "positive": lambda xp, x: +x,
    "round": lambda xp, x: xp.round(x),
    "clip": lambda xp, x: x.real.clip(-100, 100),
    "roll not at all": lambda xp, x: xp.roll(x, 0),
    "tile once": lambda xp, x: xp.tile(x, 1),
    "repeat once": lambda xp, x: xp.repeat(x, 1),
    "concatenate": lambda xp, x: xp.concatenate([x]),
    "take": lambda xp, x: xp.take(x, [0]),
    "unique": lambda xp, x: xp.unique(x),
    "sum over nothing": lambda xp, x: xp.sum(x, axis=()),
    "pad by nothing": lambda xp, x: xp.pad(x, 0),
    "append nothing": lambda xp, x: xp.append(x, []),
}


def program(function, place, make=lambda xp: xp.asarray):
    def run(xp):
        x = make(xp)(np.arange(12.0).reshape(3, 4).copy())
        shown = place(x)
        made = function(xp, shown)
        writeable = bool(made.ndim and made.flags.writeable)
        if writeable:
            made[...] = made + 50
        if shown.ndim and shown.size:
            shown[(0,) * shown.ndim] = 99
        return x, shown, made, writeable

    return run


@pytest.mark.parametrize("small_bytes", [0, 1 << 15])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_memory_is_shared_where_numpys_is(name, small_bytes):
    with la.config(small_bytes=small_bytes), warnings.catch_warnings():
        # NumPy's diagonals, and parts of an empty array, tell of changes to come.
        warnings.simplefilter("ignore")
        for place in PLACES.values():
            assert_matches_numpy(program(FUNCTIONS[name], place), warnings=False)
            owned = program(FUNCTIONS[name], place, lambda xp: xp.array)
            assert_matches_numpy(owned, warnings=False)


SPACED = {
    "every other row": lambda x: x[::2],
    "columns": lambda x: x[:, 1:3],
    "backwards": lambda x: x[::-1, ::2],
    "turned": lambda x: x.T[::2],
    "stretched": lambda x: np.broadcast_to(x[:1], (2, 4)),
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=0),
}


@pytest.mark.parametrize("small_bytes", [0, 1 << 15])
@pytest.mark.parametrize("name", SPACED)
def test_a_wrapped_array_keeps_its_gaps_when_it_is_written(name, small_bytes):
    def run(xp):
        given = SPACED[name](np.arange(12.0).reshape(3, 4).copy())
        x = xp.asarray(given) if given.flags.writeable else xp.array(given)
        x[0] = 7
        made = xp.ascontiguousarray(x)
        flat = x.ravel()
        x *= 2
        return x, made, flat

    with la.config(small_bytes=small_bytes):
        assert_matches_numpy(run)


@pytest.mark.parametrize("small_bytes", [0, 200, 1 << 15])
@pytest.mark.parametrize("shape", [(20, 30), (70, 90)])
def test_views_of_what_a_loop_writes_are_written_through(shape, small_bytes):
    def run(xp):
        x = xp.ones(shape)
        for _ in range(4):
            x[1:] = x[:-1]
        for _ in range(4):
            x.T[...] = x.T + 1
        flat = x.reshape(-1)
        flat[::3] += flat[1::3]
        return x, flat

    with la.config(small_bytes=small_bytes):
        assert_matches_numpy(run)


STRETCHED = {
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (3, *x.shape)),
    "NumPy's broadcast_to": lambda xp, x: np.broadcast_to(x, (3, *x.shape)),
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(x, xp.ones((3, 1)))[0],
}


@pytest.mark.parametrize("length", [5, 3000, 70_000])
@pytest.mark.parametrize("name", STRETCHED)
def test_what_is_stretched_shows_later_writes(name, length):
    def run(xp):
        x = xp.array(np.arange(float(length)))
        made = STRETCHED[name](xp, x)
        x[1] = 99
        return made, made.flags.writeable if name != "broadcast_arrays" else None

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, of broadcast_arrays
        assert_matches_numpy(run, warnings=False)


@pytest.mark.parametrize("small_bytes", [0, 1 << 15])
def test_a_wrapped_line_with_gaps_is_copied_by_ravel(small_bytes):
    def run(xp):
        x = xp.asarray(np.arange(10.0)[::2])
        flat = x.ravel()
        flat -= 5
        return x, flat

    with la.config(small_bytes=small_bytes):
        assert_matches_numpy(run)


SEVERAL = {
    "array_split": lambda xp, x: xp.array_split(x, 2),
    "hsplit": lambda xp, x: xp.hsplit(x, 2),
    "unstack": lambda xp, x: xp.unstack(x),
    "broadcast_arrays": lambda xp, x: xp.broadcast_arrays(x, x),
    "atleast_2d": lambda xp, x: xp.atleast_2d(x, x),
    "rows": lambda xp, x: list(x),
    "meshgrid": lambda xp, x: xp.meshgrid(x, x),
    "NumPy's array_split": lambda xp, x: np.array_split(x, 2),
    "NumPy's unstack": lambda xp, x: np.unstack(x),
    "views": lambda xp, x: [x.T, x[1:], x.reshape(-1), x.view(), xp.rot90(x)],
}


@pytest.mark.parametrize("small_bytes", [0, 1 << 15])
@pytest.mark.parametrize("name", SEVERAL)
def test_what_is_wrapped_is_never_written(name, small_bytes):
    given = np.arange(12.0).reshape(3, 4)
    with la.config(small_bytes=small_bytes):
        x = la.asarray(given)
        for part in SEVERAL[name](la, x):
            if part.flags.writeable:
                part[...] = 77
                part += 1
        x[0, 0] = 5
    assert np.array_equal(given, np.arange(12.0).reshape(3, 4))


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize("rows", [4, 100_000])
def test_a_shape_is_set_in_place_and_views_keep_theirs(rows):
    x = la.zeros((rows, 6)) + 1.0
    part, turned = x[1:, ::2], x.T
    x[0, 1] = 2
    x.shape = 6 * rows
    x[7] = 9
    part[0, 1] = 5
    assert (x.shape, part.shape, turned.shape) == (
        (6 * rows,),
        (rows - 1, 3),
        (6, rows),
    )
    assert np.asarray(x[:9]).tolist() == [1, 2, 1, 1, 1, 1, 1, 9, 5]
    assert float(turned[1, 1]) == 9
    x.shape = -1, 3
    assert x.shape == (2 * rows, 3)
    turned.shape = 6, rows, 1
    assert turned.shape == (6, rows, 1)
    with pytest.raises(AttributeError, match="Incompatible shape"):
        turned.shape = -1
    with pytest.raises(ValueError, match="cannot reshape array of size"):
        x.shape = 5


@pytest.mark.parametrize("rows", [4, 100_000])
def test_a_locked_array_shows_what_earlier_views_write(rows):
    x = la.zeros((rows, 2)) + 1.0
    part = x[1:]
    x.setflags(write=False)
    part[0, 1] = 5
    assert float(x[1, 1]) == 5
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
def test_parts_of_large_arrays_that_are_there_follow_their_base():
    held = np.arange(300_000).reshape(500, 600)  # sums are exact
    kept = held.copy()

    def program(xp):
        x = xp.asarray(held if xp is la else held.copy())
        row, column, block = x[3], x[:, 5], x[10:12, 20:23]
        late, flat = x[7, 1:4], x[-1].reshape(20, 30)
        inner = block[0, 1:]
        x[3] = 5
        x[10:12] *= 2
        late += 1
        inner[...] = 7
        x += 1
        column[2] = -1.0
        seen = [row.sum(), row * 2, 2 - late, row @ x[4]]
        x.shape = (600, 500)
        return [row, column, block, late, flat, inner, x[2, 3], x, *seen]

    for ours, theirs in zip(program(la), program(np), strict=True):
        assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()
    assert (held == kept).all()


def test_parts_of_large_arrays_meet_what_is_known():
    held = np.arange(1.0, 300_001.0).reshape(500, 600)
    x, few = la.asarray(held), la.asarray(held[0, :7]) * 1
    for key in [(3, slice(1, 8)), (slice(5, 12), 4), (-1, slice(-7, None))]:
        part, wanted = x[key], held[key]
        for name in ("add", "sub", "mul", "truediv", "lt", "matmul"):
            function = getattr(operator, name)
            for a, b in [(part, few), (few, part), (part, 2.0), (part, few[1])]:
                if name == "matmul" and not np.ndim(b):
                    continue
                expected = function(np.asarray(a), np.asarray(b)[()])
                found = np.asarray(function(x[key] if a is part else a, b))
                assert found.tobytes() == np.asarray(expected).tobytes()
        assert (np.asarray(x[key]) == wanted).all()
    with pytest.raises(IndexError):
        x[3, 600]
    with pytest.raises(IndexError):
        x[500, 1:3]
    assert len(list(x[:3])) == 3
    assert repr(x[3, :4]) == "<lazyarr.Array view float64[4]>"


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize("rows", [9, 100_000])
@pytest.mark.parametrize("written", [False, True])
def test_a_part_of_one_element_may_lose_its_axes(rows, written):
    x = la.array(np.arange(rows * 5.0).reshape(rows, 5))
    if written:
        x[1:] += 0.0
        x.sum().compute()
    part = x[3:4, 2]
    part.shape = ()
    assert float(part) == 17
    x[3, 2] = 5
    assert float(part * 2) == 10


def test_two_threads_may_look_at_a_part_of_an_array():
    part = la.asarray(np.arange(600_000.0).reshape(600, 1000))[1:3]
    late = type(part)  # as a thread sees it that another one is ahead of
    assert part._current().shape == (2, 1000)
    assert type(part) is not late
    assert late._current(part).shape == (2, 1000)
    assert late._chain.fget(part) == part._chain


APART = {
    "ravel": lambda xp, x: x.ravel(),
    "ravel in F": lambda xp, x: xp.ravel(x, "F"),
    "roll": lambda xp, x: xp.roll(x, 0),
    "repeat": lambda xp, x: xp.repeat(x, 1),
    "tile": lambda xp, x: xp.tile(x, 1),
    "astype": lambda xp, x: x.astype(x.dtype),
    "array": lambda xp, x: xp.array(x),
    "reshape": lambda xp, x: xp.reshape(x, x.shape, copy=True),
}


@pytest.mark.parametrize("make", APART.values(), ids=APART)
@pytest.mark.parametrize("size", [6, 100_000])
@pytest.mark.parametrize("step", [2, -1])
@pytest.mark.parametrize("small", [0, 1 << 18])
def test_a_copy_of_what_lies_apart_is_in_one_piece(make, size, step, small):
    def program(xp):
        x = xp.asarray(np.arange(2.0 * size)[::step])
        copied = make(xp, x)
        flat = xp.ravel(copied[...], "F")
        flat[::2] -= 3
        return copied.strides, np.asarray(copied)[:4].tolist(), float(x[0])

    with la.config(small_bytes=small):
        assert program(la) == program(np)


@pytest.mark.parametrize("step", [2, -1])
def test_what_lies_apart_does_so_when_it_has_been_written(step):
    def program(xp):
        x = xp.asarray(np.arange(80_000.0)[::step])
        x[...] = 0
        x[0] = 1
        flat = x.ravel()
        flat[:] = 5
        return x.strides, float(x[0]), float(x[1])

    def owned(xp):  # as `asarray` of lazyarr's never writes into an array
        return program(xp)

    assert owned(la) == program(np)


PIECES = {
    "taken": lambda np, x: np.take(x, [1, 2, 0], 1),
    "taken by the method": lambda np, x: x.take([0, 1], axis=1),
    "under another shape": lambda np, x: x.reshape(-1, 3, 2) * 2,
    "under one more axis": lambda np, x: x.reshape(2, -1, 6) + 1,
    "a cast of what is stretched": lambda np, x: np.broadcast_to(
        x, (2, *x.shape)
    ).astype("f4"),
    "a copy of what is stretched": lambda np, x: np.broadcast_to(
        x, (2, *x.shape)
    ).astype("f8"),
    "stretched and joined": lambda np, x: np.concatenate(
        [np.broadcast_to(x, (2, *x.shape))] * 2
    ),
    "stretched and sorted": lambda np, x: np.sort(np.broadcast_to(x, (2, *x.shape))),
}


@pytest.mark.parametrize("rows", [6, 30_000])
@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("made", PIECES.values(), ids=PIECES)
def test_whether_a_line_of_all_elements_is_a_view(made, order, rows):
    def run(np, x):
        pieces = made(np, x)
        for line in (pieces.ravel(), pieces.reshape(-1)):
            line[1:3] = 7
        return pieces

    data = np.array(np.arange(rows * 6.0).reshape(rows, 6), order=order)
    found = run(la, la.asarray(data))
    expected = run(np, data)
    assert found.strides == expected.strides
    assert np.array_equal(found.compute(), expected)


COPIES = {
    "ascontiguousarray": lambda np, x: np.ascontiguousarray(x),
    "asfortranarray": lambda np, x: np.asfortranarray(x),
    "copy C": lambda np, x: x.copy("C"),
    "copy F": lambda np, x: (x + 1).copy("F"),
    "copy of backwards": lambda np, x: x[::-1].copy(),
    "array": lambda np, x: np.array(x, order="C"),
    "zeros": lambda np, x: np.zeros(x.shape, order="F"),
    "astype": lambda np, x: x.astype("f4", order="F"),
}


@pytest.mark.parametrize("rows", [6, 30_000])
@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("made", COPIES.values(), ids=COPIES)
def test_copies_lie_in_memory_as_they_say(made, order, rows):
    data = np.array(np.arange(rows * 3.0).reshape(rows, 3), order=order)
    expected = made(np, data)
    reads = {
        "compute": lambda x: x.compute(),
        "asarray": np.asarray,
        "together": lambda x: la.compute(x, x.sum())[0],
        "written": lambda x: (x.__setitem__(0, x[0]), x.compute())[1],
    }
    for name, read in reads.items():
        lazy = made(la, la.asarray(data))
        found = read(lazy)
        assert found.strides == lazy.strides == expected.strides, name
        assert np.array_equal(found, expected), name


@pytest.mark.parametrize("length", [6, 100_000])
@pytest.mark.parametrize("options", [{"sparse": True}, {"indexing": "ij"}, {}], ids=str)
def test_a_grid_that_is_no_copy_shows_later_writes(options, length):
    for copied in (False, True):
        shown = []
        for xp in (np, la):
            x, y = xp.arange(length) * 1.0, xp.arange(3) * 1.0
            grid = xp.meshgrid(x, y, copy=copied, **options)
            x[1], y[2] = 50, 60
            if options.get("sparse"):
                grid[0][0, 0] = 70
            shown.append([np.asarray(one) for one in (x, y, *grid)])
        for theirs, ours in zip(*shown, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("length", [6, 100_000])
@pytest.mark.parametrize("axis", [0, 1])
def test_what_a_function_writes_into_parts_is_written(axis, length):
    def kept(part):
        part += 1
        return part.sum()

    shown = []
    for xp in (np, la):
        x = (xp.arange(length) * 1.0).reshape(2, -1)[:, :20]
        sums = xp.apply_along_axis(kept, axis, x)
        shown.append([np.asarray(sums), np.asarray(x)])
        plain = np.zeros((2, 3))
        xp.apply_along_axis(kept, axis, plain)
        assert plain.all()
    for theirs, ours in zip(*shown, strict=True):
        np.testing.assert_array_equal(ours, theirs)


LAID = {
    "cast": lambda np, x: x.astype("f4") * x,
    "copied": lambda np, x: np.copy(x) + 1,
    "rolled": lambda np, x: np.roll(x, 1, 0),
    "rolled by nothing": lambda np, x: np.roll(x * 2, 0) * 1,
    "parted": lambda np, x: np.partition(x, 0, -1),
    "rounded": lambda np, x: np.round(x.astype(int)),
    "complex and rounded": lambda np, x: np.round(x * 1j),
    "imaginary parts": lambda np, x: x.imag,
    "of real parts": lambda np, x: np.copy((x * 1j).real),
    "chosen": lambda np, x: np.choose((x > 2) * 1, [x, x]),
    "with numbers": lambda np, x: np.nan_to_num(x),
    "multiplied": lambda np, x: x @ x.swapaxes(-1, -2),
    "accumulated": lambda np, x: np.maximum.accumulate(x, axis=1),
    "median": lambda np, x: np.median(x, axis=-1),
    "transformed": lambda np, x: np.fft.fft(x),
    "like A": lambda np, x: np.full_like(x, 3, order="A"),
    "array A": lambda np, x: np.array(x, order="A"),
    "cast in C": lambda np, x: x.astype(x.dtype, order="C", copy=False),
    "cast in F": lambda np, x: x.astype(x.dtype, order="F", copy=False),
    "copied into lines": lambda np, x: (x * 2).ravel().reshape(x.shape) + x,
    "of zeros": lambda np, x: np.zeros(x.shape[-1]) + x,
    "joined": lambda np, x: np.concatenate([x.astype("f4"), x]),
}


def written(np, x):
    made = np.ones(x.shape).T.copy("K").T
    made[...] = x
    made += x
    return np.copy(made) * x


LAID["written"] = written


@pytest.mark.parametrize("order", ["C", "F", "CF", "stretched", "backwards"])
@pytest.mark.parametrize("made", LAID.values(), ids=LAID)
def test_results_have_the_strides_of_numpys(made, order):
    data = np.arange(60.0).reshape(3, 4, 5)
    data = {
        "C": data,
        "F": np.asfortranarray(data),
        "CF": data.transpose(0, 2, 1),
        "stretched": np.broadcast_to(data[:, :1], (3, 4, 5)),
        "backwards": data[::-1, :, ::-1].swapaxes(0, 1),
    }[order]
    with la.config(small_bytes=0):
        found = made(la, la.asarray(data))
        expected = made(np, data)
        assert found.strides == expected.strides
        assert found.flags.forc == expected.flags.forc
        assert np.array_equal(found.compute(), expected)


IN_ORDER = {
    "F": lambda np, x: x.copy("F"),
    "F of what is computed": lambda np, x: (x + 1).copy("F"),
    "F of a cast": lambda np, x: x.astype("f4", order="F"),
    "C": lambda np, x: np.ascontiguousarray(x.T),
    "a line": lambda np, x: x.T.reshape(-1),
    "a line of what is computed": lambda np, x: (x.T * 2).ravel(),
    "other axes": lambda np, x: np.ascontiguousarray(
        x.reshape(-1, 10, 6).transpose(2, 0, 1)
    ),
    "stretched": lambda np, x: np.broadcast_to(x[:, :1], x.shape).copy("F"),
}


@pytest.mark.parametrize("rows", [30, 3000])
@pytest.mark.parametrize("made", IN_ORDER.values(), ids=IN_ORDER)
def test_a_copy_is_written_in_its_order_at_once(made, rows):
    data = np.random.default_rng(1).random((rows, 60))
    with la.config(small_bytes=0, tile_elements=512):
        lazy = made(la, la.asarray(data))
        (found,) = evaluate.compute((lazy._current(),))
        expected = made(np, data)
        assert np.array_equal(found, expected)
        if rows > 30:  # in tiles; few elements are laid out afterwards
            assert found.strides == expected.strides
            stages = la.explain(lazy).plan.stages
            assert sum(s.kind == "map" for s in stages) == 1


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
def test_an_array_that_never_had_a_view_is_shaped_without_looking_for_one(monkeypatch):
    def looked(*objects):
        raise AssertionError(objects)

    monkeypatch.setattr(memory.gc, "get_referrers", looked)
    x = la.arange(100_000) * 2
    x.shape = 100, 1000
    y = la.arange(6) * 2
    y.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        y[0] = 1
    assert int(x[2, 3]) == 4006


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
def test_views_stay_views_when_what_is_behind_an_array_is_shaped():
    x = la.arange(100_000) * 1
    part = x[5:]
    x.shape = 100, 1000
    behind = part.base
    behind.shape = 1000, 100
    other = behind[0]
    behind.shape = -1
    part[0] = 7
    other[6] = 8
    x[0, 7] = 9
    assert [int(k) for k in x[0, 4:9]] == [4, 7, 8, 9, 8]
    assert [int(k) for k in part[:4]] == [7, 8, 9, 8]
    assert [int(k) for k in behind[4:9]] == [4, 7, 8, 9, 8]


class _Held:
    """An object that holds an array, and lets others write into it."""

    def __init__(self, xp, size):
        self.xp, self.array = xp, xp.zeros((size, size))

    def __array__(self, dtype=None, copy=None):
        return self.xp.array(self.array, dtype=dtype, copy=copy)

    def __setitem__(self, key, value):
        self.xp.asarray(self)[key] = value


@pytest.mark.parametrize("size", [3, 1000])
def test_what_asarray_makes_of_an_object_is_the_array_that_it_holds(size):
    def program(xp):
        held = _Held(xp, size)
        held[:] = 2.0
        held[1] = xp.arange(size)
        apart = [
            xp.array(held),
            xp.asarray(held, dtype="f4"),
            xp.asarray(held, copy=True),
        ]
        for copy in apart:
            copy[0] = 9
        return [held.array, *apart]

    for found, wanted in zip(program(la), program(np), strict=True):
        assert found.dtype == wanted.dtype
        assert np.array_equal(np.asarray(found), wanted)


@pytest.mark.parametrize("size", [3, 1000])
@pytest.mark.parametrize("options", [{"dtype": "f8"}, {"copy": False}, {"order": "C"}])
def test_what_needs_no_copy_of_an_object_is_the_array_that_it_holds(size, options):
    def program(xp):
        held = _Held(xp, size)
        xp.asarray(held, **options)[1] = 5
        return held.array

    assert np.array_equal(np.asarray(program(la)), program(np))


@pytest.mark.parametrize("size", [3, 1000])
@pytest.mark.parametrize(
    "name",
    ["asanyarray", "require", "real", "atleast_1d", "atleast_2d", "atleast_3d"],
)
def test_what_other_functions_make_of_an_object_is_the_array_that_it_holds(size, name):
    def program(xp):
        held = _Held(xp, size)
        getattr(xp, name)(held)[1] = 5
        return held.array

    assert np.array_equal(np.asarray(program(la)), program(np))


@pytest.mark.parametrize("size", [64, 400_000])
@pytest.mark.parametrize("kind", ["u1", "i2", "f4", "f8"])
@pytest.mark.parametrize("start", [0, 8, 3])
def test_views_of_views_under_another_dtype_are_written_through(size, kind, start):
    def program(xp):
        memory = xp.zeros(size, dtype=xp.int8)
        part = memory[start : start + size // 2]
        numbers = part.view(kind)
        numbers[1::2] = 3
        part[:8] = 1
        rows = part.reshape(2, -1)[1].view(kind)
        rows += 2
        memory[-1] = 7
        return [np.asarray(x) for x in (memory, part, numbers, rows)]

    for wanted, found in zip(program(np), program(la), strict=True):
        assert wanted.dtype == found.dtype
        assert wanted.tobytes() == found.tobytes()


def _beside(xp, size, change):
    x = xp.arange(size) % 7
    numbers = x.view("i4")
    views = [numbers[2:], numbers.T, numbers[::3]]
    change(numbers)
    views.append(numbers.reshape(-1)[1:])
    for k, view in enumerate(views[:3]):
        view[1:2] = k + 5
    told = [view.flags.writeable for view in (numbers, *views)]
    return told, [np.asarray(view) for view in (x, numbers, *views)]


BESIDE = {
    "shape": lambda x: setattr(x, "shape", (2, -1)),
    "resize": lambda x: x.resize((x.size // 4, 4)),
    "flags": lambda x: setattr(x.flags, "writeable", False),
    "setflags": lambda x: x.setflags(write=False),
}


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")
@pytest.mark.parametrize("size", [24, 9000, 120_000])
@pytest.mark.parametrize("change", BESIDE)
def test_views_stay_as_they_are_beside_an_array_that_changes_its_kind(size, change):
    wanted = _beside(np, size, BESIDE[change])
    told, found = _beside(la, size, BESIDE[change])
    assert told == wanted[0]
    for x, y in zip(found, wanted[1], strict=True):
        assert x.shape == y.shape
        assert np.array_equal(x, y)


@pytest.mark.parametrize("size", [24, 9000, 120_000])
def test_an_array_that_was_written_into_is_locked_but_not_views_that_there_were(size):
    def program(xp):
        x = xp.zeros(size) + 1
        view = x[3:]
        x[0] = 5
        x.flags.writeable = False
        view[0] = 7
        told = [x.flags.writeable, view.flags.writeable, x[1:].flags.writeable]
        return told, np.asarray(x), np.asarray(view)

    (told, *found), (wanted, *arrays) = program(la), program(np)
    assert told == wanted
    assert all(map(np.array_equal, found, arrays))


def _unlocked(xp, side):
    x = xp.ones((side, side)) * 2
    first = x[0]
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        x[0, 0] = 1
    second = x[1]
    with pytest.raises(ValueError, match="WRITEABLE"):
        second.flags.writeable = True
    first[1] = 8
    x.flags.writeable = True
    x[0, 0] = 5
    x.T[3, 0] = 11
    return x[:2, :5].tolist(), first[:5].tolist(), float(x.sum())


def _unlocked_views(xp, side):
    x = xp.ones((side, side)) * 2
    column = x[:, 1]
    column.setflags(write=False)
    column.setflags(write=True)
    column[0] = 3
    diagonal = xp.diagonal(x)
    diagonal.setflags(write=True)
    diagonal[1] = 4
    return x[:3, :3].tolist(), diagonal[:3].tolist()


@pytest.mark.parametrize("program", [_unlocked, _unlocked_views])
@pytest.mark.parametrize("side", [20, 1200])
def test_a_lock_is_taken_off_again(program, side):
    assert program(la, side) == program(np, side)


@pytest.mark.parametrize("side", [20, 1200])
def test_what_shares_no_memory_stays_locked(side):
    windows = np.lib.stride_tricks.sliding_window_view(la.ones(side * side) * 2, 3)
    with pytest.raises(ValueError, match="WRITEABLE"):
        windows.setflags(write=True)


ITSELF = {
    "squeeze": lambda xp, x: xp.squeeze(x),
    "squeeze no axes": lambda xp, x: xp.squeeze(x, axis=()),
    "x.squeeze": lambda xp, x: x.squeeze(),
    "real_if_close": lambda xp, x: xp.real_if_close(x),
    "asarray_chkfinite": lambda xp, x: xp.asarray_chkfinite(x),
    "atleast_1d": lambda xp, x: xp.atleast_1d(x),
    "atleast_2d": lambda xp, x: xp.atleast_2d(x),
    "NumPy's atleast_2d": lambda xp, x: np.atleast_2d(x),
    "atleast_3d": lambda xp, x: xp.atleast_3d(x),
    "astype": lambda xp, x: x.astype(x.dtype, copy=False),
    "astype in Fortran's order": lambda xp, x: x.astype(x.dtype, order="F", copy=False),
    "astype, copied": lambda xp, x: x.astype(x.dtype),
    "ravel": lambda xp, x: xp.ravel(x),
    "reshape": lambda xp, x: x.reshape(x.shape),
    "copy": lambda xp, x: xp.copy(x),
    "positive": lambda xp, x: xp.positive(x),
}


@pytest.mark.parametrize("size", [2, 200])
@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["small", "all"])
@pytest.mark.parametrize("shape", [(), (1,), (4,), (1, 4), (4, 3), (2, 1, 2)])
@pytest.mark.parametrize("function", ITSELF.values(), ids=ITSELF)
def test_an_operand_is_returned_itself_where_numpy_returns_it(
    function, shape, options, size
):
    x = np.ones([n * size if n > 1 else n for n in shape])
    with la.config(**options):
        for y in (la.array(x), la.asarray(x)):
            assert (function(la, y) is y) == (function(np, x) is x)
        part = la.array(np.stack([x, x]))[1, ...]
        assert (function(la, part) is part) == (function(np, x) is x)


@pytest.mark.parametrize("size", [12, 90_000])
def test_the_base_of_views_is_the_array_itself(size):
    for xp in (np, la):
        x = xp.arange(float(size))
        x += 1
        part = x[1:]
        assert part.base is part[1:].base is x.reshape(-1, 2).T.base is x
        assert x.base is x.copy().base is (x + 1).base is part.copy().base is None
        x[5] = 3  # from now on a large one may lie open
        part = x[1 : size // 2]
        assert part.base is part[1:].base is x[::2].base is x


def test_the_base_of_views_that_outlive_it():
    x = la.arange(10.0)
    part = x[2:]
    del x
    base = part.base
    assert base.shape == (10,)
    base[2] = 7
    assert float(part[0]) == 7
    assert part.base is base


@pytest.mark.parametrize("small", [0, 1 << 18])
def test_views_without_axes_are_no_owners(small):
    with la.config(small_bytes=small):
        for xp in (np, la):
            x = xp.arange(160.0) * 2
            part = x[..., 0]
            assert part.base is part[...].base is x
            assert not part.flags.owndata
            for whole in (x[0], x.sum(), xp.array(3.0)):
                assert whole.base is None
                assert whole.flags.owndata


@pytest.mark.parametrize("sides", [(20, 20), (300, 300), (600, 600)])
def test_bytes_of_what_was_computed_in_another_order_are_a_view(sides):
    numbers = np.arange(np.prod(sides)).reshape(sides)
    for xp in (np, la):
        x = xp.zeros(sides, dtype=int) + xp.asarray(numbers)
        flat = x.ravel()
        xp.copyto(x[::-1], x)
        flat -= 3
        flat[1:] = flat[:-1]
        flat[:] = flat[::-1]  # computed, it is a view with its axis reversed
        octets = x.view("u1")
        x[13] = 2
        assert np.asarray(octets).tobytes() == np.asarray(x).tobytes()
        octets[0, :8] = 0
        assert int(x[0, 0]) == 0
