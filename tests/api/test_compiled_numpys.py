"""NumPy's own arrays and scalars beside ours: compiled as in Python, with NumPy's values."""

import sys

import numpy as np
import pytest

import lazyarr as la
from lazyarr import compiled
from tests.api import interpreters

needs_c = pytest.mark.skipif(
    compiled.MODULE is None, reason="nothing is compiled, or it is left aside"
)
# What a program is given that was not made by lazyarr.
STARTS = {
    "array": "u = np.linspace(-2.0, 3.0, 6)",
    "view": "b = np.linspace(-2.0, 3.0, 12); u = b[::2]",
    "column": "b = np.linspace(-2.0, 3.0, 36).reshape(6, 6); u = b[:, 1]",
    "ints": "u = np.arange(-2, 4)",
    "singles": "u = np.arange(6, dtype='f4')[::-1]",
    "truths": "u = np.arange(6) > 2",
    "complexes": "u = np.arange(6) * (1 - 2j)",
    "swapped": "u = np.arange(6.0).astype('>f8')",
    "times": "u = np.arange(6).astype('m8[s]')",
    "objects": "u = np.arange(6).astype(object)",
    "matrix": "b = np.arange(49.0).reshape(7, 7); u = b[1:, 1:]",
    "locked": "u = np.arange(6.0); u.flags.writeable = False",
    "point": "u = np.array(2.5)",
    "nothing": "u = np.zeros(0)",
    "large": "u = np.arange(600.0).reshape(600, 1)",
    "scalar": "u = np.float64(1.5)",
    "single": "u = np.float32(-1.5)",
    "whole": "u = np.int64(3)",
    "truth": "u = np.bool_(True)",
}
# What lazyarr made: an element and its square that tells how it was made, a sum, arrays.
MINE = "x = np.asarray(np.linspace(1.0, 4.0, 6)) + 0; e = x[1]; t = x.sum(); d = e * t"
MINE += "; w = np.asarray(np.arange(600.0)) + 0; p = np.asarray(b0)[3]"
THEIRS = "import numpy as n; b0 = n.arange(90000.0).reshape(300, 300)"
EXPRESSIONS = """
np.sin(u) | np.exp(u) | np.exp(-1e3 * u) | np.sqrt(u) | np.log(u) | np.tanh(u) | np.abs(u)
np.sign(u) | np.negative(u) | np.isnan(u) | np.logical_not(u) | np.square(u) | np.invert(u)
np.add(u, u) | np.maximum(u, 0) | np.maximum(0, u) | np.minimum(u, u) | np.less(u, 0.5)
np.add(u, x) | np.add(x, u) | np.add(u, e) | np.add(t, u) | np.divide(u, 0) | np.divide(1, u)
np.hypot(u, u) | np.power(u, 2) | np.power(u, u) | np.floor_divide(u, 2) | np.arctan2(u, x)
np.logical_and(u, u) | np.bitwise_and(u, u) | np.add(u, 'a') | np.add(u, None) | np.add(u, 2**70)
np.maximum(u, w) | np.add(u, w).sum() | np.maximum(u, p[:6]) | np.add(u, 1, u) | np.add(x, u, x)
np.sum(u) | np.sum(u, axis=0) | np.max(u) | np.mean(u) | np.std(u, 0) | np.cumsum(u) | np.any(u)
np.dot(u, u) | np.dot(u, x) | np.dot(x, u) | np.vdot(u, u) | np.inner(u, u) | np.matmul(u, u)
np.outer(u, u) | np.outer(u, w).sum() | np.add.outer(u, u) | np.kron(u, u) | np.trace(u)
np.flip(u) | np.transpose(u) | np.reshape(u, -1) | np.ravel(u) | np.squeeze(u) | np.real(u)
np.sort(u) | np.argsort(u) | np.roll(u, 1) | np.diff(u) | np.repeat(u, 2) | np.tile(u, 2)
np.where(u > 0, u, 0) | np.clip(u, 0, 1) | np.concatenate([u, u]) | np.stack([u, x]) | np.copy(u)
(u.__iadd__(x), u) | (u.__imul__(e), u) | (u.__itruediv__(e * 0), u) | (u.__iadd__(w), u)
n.add(x, u, out=u) is u | (n.sqrt(x, out=u), u) | (n.negative(x, u), u) | (n.add(u[::-1], x, out=u), u)
n.add(x * 1j, u, out=u) | n.add(x, p[:6], out=u) | n.multiply(x, u, out=(u,)) | n.divide(x, 0, out=u)
n.add(x, 'a', out=u) | n.add(x, 1, out=u, casting='unsafe') | n.add(x, 1, out=u, where=x > 2)
(x.__setitem__(slice(None), u), x) | (x.__setitem__(1, u[0]), x) | (x.__setitem__(x > 2, u), x)
(x.__setitem__(slice(2), u[:2]), x) | (x.__setitem__((Ellipsis, 0), u), x) | (u.__setitem__(slice(None), x), u)
n.asarray(x) | n.asarray(x, u.dtype) | n.array(x, copy=True) | x.__array__(None, copy=None)
x.__array__(copy=False) | x.__array__(some=None) | x.compute(None) | x.compute(x.dtype) | n.asarray(e)
(z := np.zeros(9) + 0, np.add.at(z, n.arange(600) % 9, 2.5), z) | (z := np.zeros(9, int) + 0, np.add.at(z, n.arange(600) % 9, 2), z)
(z := np.zeros(9) + 0, np.add.at(z, n.arange(600) % 6, n.ones(600)), z) | (z := np.zeros(9) + 0, np.add.at(z, (n.arange(5000) % 6,), 2), z)
(z := np.ones(9) + 0, np.negative.at(z, n.arange(601) % 6), z) | (z := np.zeros((3, 3)) + 0, np.add.at(z, (n.arange(600) % 3, n.arange(600) % 2), 1), z)
(z := n.asarray(x), z.__setitem__(0, 9), x) | (z := x.compute(), z.__setitem__(0, 9), x) | np.asarray(u).compute()
np.add.reduce(u) | np.add.accumulate(u) | np.maximum.reduce(u, axis=0) | np.triu(u) | np.nonzero(u)
np.modf(u) | np.frexp(u) | np.broadcast_to(u, (2, 6)) | np.searchsorted(x, u) | np.take(u, 0)
np.vstack((u, u)) | np.hstack([x, u]) | np.concatenate([u, b0[0]]) | np.concatenate((u, [1]))
np.real(u) | np.atleast_2d(u) | np.swapaxes(u, 0, -1) | np.expand_dims(u, 0) | np.expm1(u)
(z := np.flip(u), u.__setitem__(0, 9), z)[-1] | (z := np.reshape(u, -1), z.__setitem__(0, 9), u, z)
(z := np.transpose(u), u.__setitem__(0, 9), z + 1)[-1] | np.flip(b0[:6, :6]) | np.transpose(b0[::9])
x + u | u + x | x - u | u - x | x * u | u / x | x > u | u <= x | x % u | u ** x | x ** u | x // u
e + u | u + e | e - u | u * e | t * u | u / t | d < u | u > d | e ** u | u ** e | u // t | d @ u
p[:6] + u | u + p[:6] | u - p[0] | u * p[:, None] | x @ u | u @ x | x.dot(u) | w[:, None] * u[:1]
u[0] - t | u[0] * e | e / u[0] | u[-1] > d | u[0] == t | divmod(u, e) | abs(u - t)
(x.__iadd__(u), x) | (x.__setitem__(slice(None), u), x) | (x.__setitem__(0, t * u[0]), x)
(z := np.sin(u), u.__setitem__(0, 9), z)[-1] | (z := x + u, u.__setitem__(0, 9), z)[-1]
(z := np.negative(u), z.__setitem__(0, 9), u)[-1] | (z := np.dot(u, x), z + z)[-1]
(z := np.add(u, u), u.__setitem__(0, 9), z * 2)[-1] | (u.__isub__(x), u) | (u.__imul__(t), u)
"""


def programs():
    """Return what is compared: starts of programs, and an expression behind each."""
    return [
        (start, one)
        for start in STARTS.values()
        for one in interpreters.split(EXPRESSIONS)
    ]


def seen(value):
    """Return the elements of results, and how they were made."""
    if isinstance(value, (tuple, list)):
        return [seen(one) for one in value]
    held, told = value, type(value).__name__
    if isinstance(value, la.Array):
        held = value.compute()
        plan = str(value.explain()).partition("\nout")[0].splitlines()
        told += "\n".join(line for line in plan if "predicted" not in line)
        told += str(getattr(value, "base", None) is not None)
    if not isinstance(held, (np.ndarray, np.generic)):
        return repr(held)
    held = np.asarray(held)
    if held.dtype.kind in "Om":
        return [str(held.dtype), repr(held.tolist()), told]
    return [str(held.dtype), held.shape, np.where(held == held, held, 0).tolist(), told]


def outcome(start, expression):
    """Return what a program gives, or its error, and the warnings with their lines."""
    space = {}
    exec(f"import numpy as np; {THEIRS}; {start}", space)  # noqa: S102
    names = {"np": la, "b0": space["b0"], "u": space["u"]}

    def see(code, space):
        return repr(seen(eval(code, space)))  # noqa: S307

    return interpreters.observed(MINE, expression, see, **names)


@needs_c
def test_numpys_own_operands_are_the_same_compiled_and_in_python():
    interpreters.assert_the_same_both_ways(__name__, programs())


@needs_c
@pytest.mark.parametrize(
    "expression",
    [
        *("np.sin(u)", "np.maximum(u, 0)", "np.add(u, u)", "np.dot(u, u)", "u[0] - t"),
        *(
            "u * e",
            "t * u",
            "u - x",
            "x - u",
            "np.sqrt(u[1])",
            "np.flip(u)",
            "np.tanh(u[1])",
            "np.concatenate([u, x])",
        ),
        *("np.add.outer(u, u)", "e * u", "np.power(u, x)", "x @ u", "np.less(x, u)"),
    ],
)
def test_the_usual_case_of_numpys_own_operands_needs_no_frame_of_python(expression):
    names = {"np": la, "u": np.linspace(0.5, 3.0, 6), "x": la.asarray([1.5] * 6) + 0}
    names |= {"t": names["x"].sum(), "e": names["x"][1]}
    code, frames = compile(expression, "<program>", "eval"), []
    for _ in range(2):  # what is found at the first call is kept
        frames.clear()
        sys.setprofile(lambda frame, event, _: frames.append((event, frame.f_code)))
        try:
            eval(code, names)  # noqa: S307
        finally:
            sys.setprofile(None)
    ours = [one.co_filename for event, one in frames if event == "call"]
    assert not [name for name in ours if "lazyarr/api" in name], ours


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "divide", "equal"])
@pytest.mark.parametrize("tells", [False, True])
def test_numpys_functions_of_pythons_complex_numbers_and_elements_are_numpys(
    name, tells
):
    x, function = la.asarray(np.array([1.5, 2.0])) + 0, getattr(np, name)
    one = x.sum() if tells else x[1]
    for operands in ((1j, one), (one, 1j), (2, one), (1.5, one), (one, 2)):
        made = function(*operands)
        expected = function(*(getattr(x, "_value", x) for x in operands))
        assert type(made.compute()) is type(expected)
        assert made.dtype == expected.dtype
        assert made == expected


# A finalizer that empties a list while what was made of it is being remembered.
EMPTIED = """
import gc
import numpy as np
import lazyarr as la

class Empties:
    def __init__(self, emptied):
        self.me, self.emptied = self, emptied

    def __del__(self):
        self.emptied.clear()

gc.disable()
for k in range(120):
    parts = [np.arange(50.0 + n)[1:] for n in range(4)]
    gc.collect()
    made = Empties(parts)
    del made
    gc.set_threshold(1 + k % 40)
    gc.enable()
    try:
        la.concatenate(parts)
    except ValueError:
        pass  # it was empty before
    gc.disable()
"""


def test_a_list_of_views_may_be_emptied_while_it_is_remembered():
    interpreters.survive(EMPTIED)


def test_errors_of_a_write_into_numpys_memory_name_the_line_that_wrote():
    u, x = np.ones(3), la.asarray([0.0, 1.0, 2.0]) * 1
    with pytest.warns(RuntimeWarning, match="divide by zero") as found:
        u /= x
    assert [one.filename for one in found] == [__file__]
    assert u.tolist() == [np.inf, 1.0, 0.5]
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        np.divide(1.0, x, out=u)
