"""Functions of several steps run seldom for like arguments, with the same results."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.composed import making_little
from lazyarr.api.small import Small
from lazyarr.api.templates import templated
from lazyarr.ir.node import where_text

pytestmark = pytest.mark.usefixtures("planned")
RNG = np.random.default_rng(7)
M = [RNG.normal(size=(6, 5)) for _ in range(5)]
V = [RNG.normal(size=(4, 3)) for _ in range(5)]
X = [RNG.normal(size=9) for _ in range(5)]

CALLS = {
    "pad": lambda xp, k: xp.pad(xp.asarray(M[k]), 1),
    "pad by edges": lambda xp, k: xp.pad(xp.asarray(M[k]), ((1, 2), (0, 1)), "edge"),
    "pad with a number": lambda xp, k: xp.pad(xp.asarray(X[k]), 2, constant_values=k),
    "pad of columns": lambda xp, k: xp.pad(xp.asarray(M[k]).T, 1),
    "cross": lambda xp, k: xp.cross(xp.asarray(V[k]), xp.asarray(V[k - 1])),
    "cross of views": lambda xp, k: xp.cross(xp.asarray(V[k])[1:], xp.asarray(V[k])[0]),
    "cov": lambda xp, k: xp.cov(xp.asarray(V[k]).T),
    "cov with ddof": lambda xp, k: xp.cov(xp.asarray(V[k]), ddof=k % 2),
    "rot90": lambda xp, k: xp.rot90(xp.asarray(M[k]) * 2),
    "rot90 by a number": lambda xp, k: xp.rot90(xp.asarray(M[k]), k),
    "insert": lambda xp, k: xp.insert(xp.asarray(X[k]), 3, 1.5),
    "insert another": lambda xp, k: xp.insert(xp.asarray(X[k]), k, k),
    "delete": lambda xp, k: xp.delete(xp.asarray(X[k]), 2),
    "trapezoid": lambda xp, k: xp.trapezoid(xp.asarray(X[k]), dx=0.5),
    "select": lambda xp, k: xp.select(
        [xp.asarray(X[k]) > 1, xp.asarray(X[k]) < 0], [xp.asarray(X[k]), 2.0], k
    ),
    "average": lambda xp, k: xp.average(xp.asarray(M[k]), 0, xp.asarray(abs(M[k]))),
    "column_stack": lambda xp, k: xp.column_stack([xp.asarray(X[k])] * 2),
    "column_stack of two sizes": lambda xp, k: xp.column_stack(
        [xp.asarray(M[k]), xp.asarray(M[k][:, 0])]
    ),
    "block": lambda xp, k: xp.block(
        [[xp.asarray(M[k]), xp.asarray(M[k][:, :1])], [xp.zeros((1, 5)), k]]
    ),
    "kron": lambda xp, k: xp.kron(xp.asarray(V[k]), xp.asarray(X[k])),
    "a window": lambda xp, k: xp.hanning(7 + k % 2),
    "indices": lambda xp, k: xp.indices((3, 4)),
    "zeros of two signs": lambda xp, k: xp.pad(
        xp.asarray(X[k]), 1, constant_values=-0.0 if k % 2 else 0.0
    ),
    "numbers of two types": lambda xp, k: xp.insert(
        xp.asarray([1, 2]), 0, True if k % 2 else 1
    ),
    "signs decide": lambda xp, k: xp.gradient(xp.asarray(X[k]), xp.asarray(X[k])),
}


@pytest.mark.parametrize("small_bytes", [0, 1 << 15, 100])
@pytest.mark.parametrize("name", CALLS)
def test_each_call_gives_what_numpy_gives(name, small_bytes):
    for k in (0, 1, 2, 3, 4, 0, 1):
        with la.config(small_bytes=small_bytes):
            ours, theirs = (CALLS[name](xp, k) for xp in (la, np))
            found = ours.compute()
        assert found.dtype == theirs.dtype
        assert found.tobytes() == theirs.tobytes()
        assert found.shape == theirs.shape


def counted(function):
    """Return the templated function, and a list of its calls."""
    calls = []

    def program(*args, **options):
        calls.append(args)
        return function(*args, **options)

    return templated(program), calls


def test_a_program_runs_twice():
    program, calls = counted(lambda x, n: x[1:] * n - x[:-1])
    for k in range(5):
        expected = X[k][1:] * 2 - X[k][:-1]
        assert np.array_equal(program(la.asarray(X[k]), 2).compute(), expected)
    assert len(calls) == 2
    program(la.asarray(X[0]), 3)
    program(la.asarray(X[0][1:]), 2)
    program(la.asarray(X[0].astype("f4")), 2)
    assert len(calls) == 5


@pytest.mark.parametrize("name", ["diag", "diagflat"])
def test_diagonals_are_made_from_templates(name):
    program, calls = counted(lambda x: getattr(la, name)(x))
    shape = {"diag": (6, 6), "diagflat": (5,)}[name]
    with la.config(small_bytes=0):
        for k in range(4):
            x = np.arange(float(np.prod(shape))).reshape(shape) + k
            made = program(la.asarray(x))
            assert np.array_equal(made.compute(), getattr(np, name)(x))
            if name == "diag":
                with pytest.raises(ValueError, match="read-only"):
                    made[0] = 1
            else:
                made[0, 0] = 7
    assert len(calls) == 2


def test_what_reads_elements_runs_each_time():
    program, calls = counted(lambda x: x + 1 if x[0] > 0 else x - 1)
    for k in range(5):
        program(la.asarray(X[k]))
    assert len(calls) == 6  # once with a stand-in
    for k in range(5):
        sign = 1 if X[k][0] > 0 else -1
        assert np.array_equal(program(la.asarray(X[k])).compute(), X[k] + sign)


def test_what_hides_that_it_reads_runs_each_time():
    def hiding(x):
        try:
            return x + float(x.sum())
        except (TypeError, ValueError, RuntimeError):
            return x

    program, calls = counted(hiding)
    for k in range(5):
        found = program(la.asarray(X[k])).compute()
        assert np.array_equal(found, X[k] + X[k].sum())
    assert len(calls) == 6


def test_what_writes_into_its_arguments_runs_each_time():
    def filling(x):
        x[0] = 5.0
        return x * 2

    program, _ = counted(filling)
    for k in range(4):
        x = la.array(X[k])
        assert program(x).compute()[0] == 10
        assert x.compute()[0] == 5


def test_views_of_arguments_are_views():
    for k in range(4):
        x = la.array(M[k])
        turned = la.rot90(x)
        turned[0, 0] = 7
        assert x.compute()[0, 4] == 7
        x[1, 4] = 8
        assert turned.compute()[0, 1] == 8
        assert la.atleast_1d(x) is x


def test_results_of_one_call_share_their_memory():
    def program(x):
        base = x * 2
        return base, base[1:], [base]

    function = templated(program)
    for k in range(4):
        base, rest, (again,) = function(la.asarray(X[k]))
        assert again is base
        rest[0] = 100
        assert base.compute()[1] == 100


def test_results_of_two_calls_share_none():
    for _ in range(4):
        window = la.hanning(8)
        assert window.compute()[0] == 0
        window[0] = 3
        made = la.pad(la.asarray(X[0]), 1)
        assert made.compute()[0] == 0
        made[0] = 3
        assert made.compute()[0] == 3


def test_results_lie_as_numpys_do():
    for k in range(4):
        ours, theirs = (xp.pad(xp.asarray(M[k]).T, 1) for xp in (la, np))
        assert ours.flags.f_contiguous == theirs.flags.f_contiguous
        flat = ours.reshape(-1)
        flat[0] = 9
        base = theirs.reshape(-1)
        base[0] = 9
        assert ours.compute()[0, 0] == theirs[0, 0]


def test_nodes_name_the_line_of_the_call():
    lines = []
    for _ in range(4):
        x = la.pad(la.asarray(X[0]), 1)
        lines.append(where_text(x._current().where))
    y = la.pad(la.asarray(X[0]), 1)
    here = sys._getframe().f_lineno - 1
    assert len(set(lines)) == 1
    assert where_text(y._current().where) == f"test_templates.py:{here}"


def test_warnings_come_each_time_at_the_users_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for k in range(4):
            la.cov(la.asarray(X[k][:1]).reshape(1, 1)).compute()
    told = [one for one in caught if "Degrees of freedom" in str(one.message)]
    assert len(told) == 4
    assert {one.filename for one in told} == {__file__}


def test_warnings_about_known_arrays_name_the_users_line():
    with la.config(small_bytes=1 << 15), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        x = la.cov(la.asarray([[1.0]]))
    told = [one for one in caught if "Degrees of freedom" in str(one.message)]
    assert {one.filename for one in told} == {__file__}
    assert np.isnan(x.compute())


def test_known_arrays_are_worked_on_at_once_and_can_be_explained():
    with la.config(small_bytes=1 << 15):
        x = la.pad(la.asarray([1.0, 2.0]), 1)
        assert type(x) is Small
        assert x.compute().tolist() == [0, 1, 2, 0]
        assert "update" in str(x.explain()) or "where" in str(x.explain())


def test_what_grows_is_made_at_once_only_while_it_is_small():
    with la.config(small_bytes=1 << 15):
        x, y = la.asarray(X[0]), la.arange(200)
        assert type(la.diagflat(x)) is type(la.kron(x, x)) is Small
        assert np.array_equal(la.diagflat(x).compute(), np.diagflat(X[0]))
        assert np.array_equal(la.kron(x, x).compute(), np.kron(X[0], X[0]))
        assert la.kron(y, y).shape == (40_000,)
    refusing = making_little(np.kron)
    for arguments in ((np.arange(300),), (np.arange(300), np.arange(300)), (X[0], 3)):
        with pytest.raises(TypeError, match="small"):
            refusing(*arguments)
    with la.config(small_bytes=1 << 15):
        assert la.diagflat(x, 3000).shape == (3009, 3009)


def test_large_and_known_arrays_meet():
    program, calls = counted(lambda x, y: x * y + y)
    with la.config(small_bytes=100):
        for k in range(4):
            x, y = la.asarray(M[k]), la.asarray(M[k][0])
            assert type(y) is not type(x)
            expected = M[k] * M[k][0] + M[k][0]
            assert np.array_equal(program(x, y).compute(), expected)
    assert len(calls) == 2


@pytest.mark.parametrize("kind", [list, tuple])
def test_they_meet_in_a_sequence(kind):
    program, calls = counted(lambda rows: la.concatenate(list(rows[0])) * rows[1][0])
    with la.config(small_bytes=100):
        for k in range(4):
            x, y = la.asarray(M[k]), la.asarray(M[k][:1])
            found = program(kind([kind([y, x]), kind([y])])).compute()
            expected = np.concatenate([M[k][:1], M[k]]) * M[k][:1]
            assert found.tobytes() == expected.tobytes()
        assert len(calls) == 2
        program(kind([kind([y, y]), kind([y])]))
    assert len(calls) == 3  # all are known: it is not looked up


def test_errors_come_each_time():
    for _ in range(4):
        with pytest.raises(ValueError, match="negative"):
            la.pad(la.asarray(X[0]), -1)


def test_options_are_respected():
    program, _ = counted(lambda n: la.arange(n) + 1)
    kinds = []
    for small in (0, 1 << 15) * 4:
        with la.config(small_bytes=small):
            made = program(9)
            made[0] += 1
            kinds.append(type(made))
            assert made.compute().tolist() == [2, 2, 3, 4, 5, 6, 7, 8, 9]
    assert kinds == [la.Array, Small] * 4


def with_holes(k):
    return la.asarray(np.where(M[k] > 1, np.nan, M[k]))


OURS = {
    "isclose": lambda f, k: f(la.asarray(X[k]), la.asarray(X[k - 1]), atol=0.5),
    "allclose": lambda f, k: f(la.asarray(X[k]), la.asarray(X[k])),
    "sinc": lambda f, k: f(la.asarray(X[k])),
    "nan_to_num": lambda f, k: f(with_holes(k), nan=-1.0),
    "nanmean": lambda f, k: f(with_holes(k), axis=0),
    "nanstd": lambda f, k: f(with_holes(k), ddof=1),
    "nanvar": lambda f, k: f(with_holes(k), axis=1, keepdims=True),
    "linalg.norm": lambda f, k: f(la.asarray(M[k]), axis=k % 2),
    "linalg.vector_norm": lambda f, k: f(la.asarray(M[k]), ord=3),
    "linalg.matrix_norm": lambda f, k: f(la.asarray(M[k])),
    "tile": lambda f, k: f(la.asarray(X[k]), (2, 2)),
    "vstack": lambda f, k: f([la.asarray(X[k]), la.asarray(X[k - 1])]),
    "hstack": lambda f, k: f((la.asarray(X[k]), la.asarray(X[k - 1]))),
    "trace": lambda f, k: f(la.asarray(M[k])),
    "outer": lambda f, k: f(la.asarray(X[k]), la.asarray(X[k - 1])),
    "einsum": lambda f, k: f("ij,kj->ik", la.asarray(M[k]), la.asarray(M[k - 1])),
    "fft.fftshift": lambda f, k: f(la.asarray(M[k])),
    "fft.ifftshift": lambda f, k: f(la.asarray(X[k])),
    "median": lambda f, k: f(la.asarray(M[k]), axis=0),
    "percentile": lambda f, k: f(la.asarray(X[k]), 30),
    "quantile": lambda f, k: f(la.asarray(X[k]), [0.5, 0.75]),
    "interp": lambda f, k: f(*[la.asarray(np.sort(X[j])) for j in (k, k - 1, k - 2)]),
    "convolve": lambda f, k: f(la.asarray(X[k]), la.asarray(X[k - 1][:3]), "same"),
    "correlate": lambda f, k: f(la.asarray(X[k]), la.asarray(X[k - 1][:3])),
    "ptp": lambda f, k: f(la.asarray(M[k]), axis=1),
    "tril": lambda f, k: f(la.asarray(M[k]), -1),
    "triu": lambda f, k: f(la.asarray(M[k]), k % 2),
    "histogram": lambda f, k: f(la.asarray(X[k]), bins=4),
    "meshgrid": lambda f, k: f(la.asarray(X[k]), la.asarray(X[k - 1][:2])),
}


def read(result):
    if isinstance(result, (tuple, list)):
        return [read(item) for item in result]
    return np.asarray(result).tobytes(), result.shape, result.dtype


@pytest.mark.parametrize("name", OURS)
def test_functions_of_several_steps_give_what_they_gave(name):
    function = la
    for part in name.split("."):
        function = getattr(function, part)
    assert hasattr(function, "__wrapped__")
    for k in (0, 1, 2, 3, 4, 0, 1, 2):
        found, expected = (OURS[name](f, k) for f in (function, function.__wrapped__))
        assert type(found) is type(expected)
        assert read(found) == read(expected)


def test_out_is_written_each_time():
    for k in range(4):
        out = la.zeros(6)
        made = la.ptp(la.asarray(M[k]), axis=1, out=out)
        assert made is out
        assert np.array_equal(out.compute(), np.ptp(M[k], axis=1))


def test_nan_to_num_in_place_writes_each_time():
    for k in range(4):
        x = la.array(np.where(M[k] > 1, np.nan, M[k]))
        la.nan_to_num(x, copy=False)
        assert not np.isnan(x.compute()).any()


@pytest.mark.parametrize("axis", [None, 0])
def test_what_is_full_of_one_number_goes_the_way_of_others(axis):
    for value in (3, 3, 4, 5):
        x = la.full((300, 400), value)
        part = la.delete(x, 0, axis) + 1
        assert np.array_equal(
            part.compute(), np.delete(np.full((300, 400), value), 0, axis) + 1
        )
