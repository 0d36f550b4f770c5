"""Parts of what is there are the same compiled and in Python, and leak nothing."""

import numpy as np
import pytest

import lazyarr as la
from lazyarr import compiled
from lazyarr.api import indexing, inside
from tests.api import interpreters

needs_c = pytest.mark.skipif(
    compiled.MODULE is None, reason="nothing is compiled, or it is left aside"
)
# What is the user's, computed, written to in a loop, and views of each.
STARTS = {
    "users": "h = np.arange(90000.0).reshape(300, 300); x = la.asarray(h)",
    "ints": "x = la.asarray(np.arange(90000).reshape(300, 300) % 7 - 3)",
    "singles": "x = la.asarray(np.arange(180000, dtype='f4').reshape(600, 300))",
    "locked": "h = np.ones((300, 300)); h.flags.writeable = False; x = la.asarray(h)",
    "computed": "x = (la.asarray(np.arange(90000.0).reshape(300, 300)) * 2).persist()",
    "opened": "x = la.zeros((300, 300)) + 1; x[0, 1] = 2; x[3] = 4",
    "turned": "b = la.asarray(np.arange(90000.0).reshape(300, 300)); x = b.T",
    "turned opened": "b = la.zeros((300, 300)); b[0, 1] = 2; b[3] = 4; x = b.T",
    "backwards": "x = la.asarray(np.arange(180000.0).reshape(600, 300))[::-2, 5:]",
    "backwards opened": "b = la.ones((600, 300)); b[3] = 4; x = b[::-2, 5:][:, ::-1]",
    "deep": "x = la.asarray(np.arange(90000.0).reshape(30, 30, 100)).T[:, 3]",
    "diagonal": "x = la.asarray(np.arange(90000.0).reshape(300, 300)).diagonal()",
    "wide": "x = la.broadcast_to(la.asarray(np.arange(300.0)), (300, 300))",
    "flat": "x = la.asarray(np.arange(90000.0))",
    "longer": "x = la.asarray(np.arange(90000.0))[None]",
    "longer inside": "x = la.asarray(np.arange(90000.0).reshape(300, 300))[:, None]",
}
PARTS = """
x[3] | x[-1] | x[:, 4] | x[4, 5:] | x[2:6, ::-3] | x[-4:, 0] | x[300] | x[0, 0] | x[1, -1]
x[5:2] | x[:, 999:] | x[1:90:7, -3] | x[0, 0, 0] | x[0, :, 0] | x[True] | x[None, 0]
x[..., 0] | x[2**70] | x[:2**70, 0] | x['a'] | x[1.5] | x[:1.5] | x[np.int64(2)] | x[:]
x[3] * 2.5 | 2 - x[3] | x[3] / x[4] | x[3] + x[:, 4] | x[3] > 1 | x[3] % 0 | x[3] ** 2
x[3] + y | y - x[3] | x[3] * e | e * x[3] | x[3] & 1 | x[3] + 1j | x[3] + np.float32(2)
x[3] + None | x[3] + h3 | h3 + x[3] | -x[3] | abs(x[:, 4]) | x[3] + x[3:5] | x[:9, None]
e < x[3] | x[3] == e
la.sqrt(x[3]) | la.maximum(x[3], 2) | la.maximum(x[3], x[4]) | la.arctan2(1.0, x[3])
la.exp(x[3] * 1e9) | x[3] << 2**70 | x[3] + (x[:, 4] * 2)[:, None] | ~x[3] | x[3] // 2
(y.__setitem__(slice(None), x[3]), y) | (z.__setitem__((slice(None), 2), x[3, :3]), z)
(x.__setitem__(3, 7.0), x[:, 3]) | (x.__setitem__((slice(None), 3), x[3]), x[:, 3])
(x.__setitem__((1, 2), x[3, 4]), x[:3]) | (x.__setitem__(400, 1), x) | (x.__setitem__(1, h3), x)
(x.__setitem__(1, y), x) | (x.__setitem__(1, x[1, ::-1]), x[:3]) | (x.__setitem__(0, 1j), x)
(x.__setitem__(1, x[2:]), x) | (x.__setitem__((0, ...), 3), x[:2]) | x[3].base is not None
(w := x[3], x.__setitem__(3, 5), w)[2] | (w := x[:, 3], x.__iadd__(1), w + w)[2]
(w := x[3], w.__setitem__(2, 9), x[3])[2] | (w := x[3], w * 2, w.flags.writeable)[2]
"""


def programs():
    """Return what is compared: starts of programs, and an expression behind each."""
    return [
        (start, one) for start in STARTS.values() for one in interpreters.split(PARTS)
    ]


def seen(value):
    """Return the elements of results, and what tells of them."""
    if isinstance(value, (tuple, list)):
        return [seen(one) for one in value]
    if not isinstance(value, la.Array):
        return repr(value)
    kind, calls = type(value).__name__, getattr(value, "_calls", None)
    held = np.asarray(value)
    told = [kind, type(value).__module__, calls, str(value.dtype), repr(value.shape)]
    return [*told, repr(held.strides), held.tobytes().hex()[:8000]]


def outcome(start, expression):
    """Return what a program makes, or its error, and the warnings with their lines."""

    def see(code, space):
        return seen(eval(code, space))  # noqa: S307

    rest = "; y = la.asarray(np.ones(300)) * 2; z = la.zeros((3, 4)) + 1; e = y[0] * 1"
    more = f"{start}{rest}; h3 = np.ones(300)"
    return interpreters.observed(more, expression, see)


@needs_c
def test_parts_are_those_that_python_shows():
    interpreters.assert_the_same_both_ways(__name__, programs())


@needs_c
@pytest.mark.parametrize("start", ["users", "turned", "backwards", "turned opened"])
def test_parts_are_shown_without_python(start, monkeypatch):
    space = {"la": la, "np": np}
    exec(STARTS[start], space)  # noqa: S102
    x = space["x"]
    expected = np.asarray(x).copy()
    y = la.asarray(np.ones(x.shape[1])) * 2
    if start == "turned opened":
        x[7] = expected[7] = 0.0  # what has been read is not known any more
    for function in ("_sliced", "usual"):
        monkeypatch.setattr(indexing, function, None)
    monkeypatch.setattr(inside, "part", None)
    monkeypatch.setattr(inside, "put_part", None)
    made = 0.5 * x[3] + x[-1] - y * x[4, :]
    y[:] = x[5]
    if start == "turned opened":
        x[7] = y
        expected[7] = expected[5]
    monkeypatch.undo()
    want = 0.5 * expected[3] + expected[-1] - 2.0 * expected[4]
    np.testing.assert_array_equal(np.asarray(made), want)
    np.testing.assert_array_equal(np.asarray(y), expected[5])
    np.testing.assert_array_equal(np.asarray(x), expected)


MEANWHILE = """
import gc
import numpy as np
import lazyarr as la

class Gone:
    def __init__(self):
        self.cycle = self

    def __del__(self):
        y[2, 3] = 4.0  # it may be open no more, or another array's memory
        np.asarray(y)

class Place:
    def __index__(self):
        y[3, 2] = 5.0
        np.asarray(y)
        return 3

gc.set_threshold(1)
for start in "la.zeros((300, 300))", "la.asarray(np.ones((300, 300)))":
    for view in "y", "y.T", "y[::-1]":
        for _ in range(5):
            y = eval(start)
            y[1] = 2.0
            v = eval(view)
            Gone()
            part = v[Place():, 2]
            assert (part + part).shape == (297,)
            v[Place():, 2] = part
            Gone()
            v[:, 4] = v[:, 3] + y[3]
            v[2] = v[:, 3]
"""


def test_arrays_may_be_written_by_what_runs_meanwhile():
    interpreters.survive(MEANWHILE)


def loops():
    x = la.asarray(np.arange(90000.0).reshape(300, 300))
    t, y = x.T, la.asarray(np.ones(300)) * 2
    b = la.zeros((300, 300))
    b[0] = 1.0
    u = b.T
    for k in range(100):
        made = [x[k], x[:, k], t[k], t[2:, k], u[k], u[k, 3], x[k, k], t[k, k]]
        made += [2.5 * x[k], x[k] - y, y + t[k], -x[k], y[0] * x[k], la.sqrt(t[k])]
        y[:] = x[k]
        u[k] = x[k]
        u[k, 2] = y[0]
        u[k] = y
        for wrong in ("x[300]", "t[0, 0, 0]", "u[k] + x[:, :2]", "x[k] + None"):
            with pytest.raises((TypeError, ValueError, IndexError)):
                eval(wrong, {"x": x, "t": t, "u": u, "k": k})  # noqa: S307
    del made


def test_nothing_leaks():
    interpreters.assert_nothing_leaks(loops)
