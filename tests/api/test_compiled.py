"""The compiled usual case gives what the methods in Python give, and leaks nothing."""

import _thread
import gc
import importlib.machinery
import pickle
import pydoc
import sys
import threading
import warnings
import weakref
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la
from lazyarr import compiled
from lazyarr.api import usual
from lazyarr.compiled.sources import fingerprint
from lazyarr.runtime import floating
from tests.api import interpreters

SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]
THERE = (Path(compiled.__file__).parent / f"methods{SUFFIX}").exists()
needs_c = pytest.mark.skipif(
    compiled.MODULE is None, reason="nothing is compiled, or it is left aside"
)


@needs_c
def test_what_is_compiled_was_made_of_these_sources():
    # Changed C beside what was compiled before would be tested for nothing.
    these = fingerprint(Path(compiled.__file__).parent)
    assert these == compiled.MODULE.SOURCES, "compile again: python hatch_build.py"


def test_a_changed_c_file_has_another_fingerprint(tmp_path):
    for name in ("a.c", "b.h"):
        (tmp_path / name).write_text("int x;\n")
    first = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == first
    (tmp_path / "b.h").write_text("int y;\n")
    assert fingerprint(tmp_path) != first


OPERANDS = {
    "doubles": "la.asarray(np.linspace(-2.0, 3.0, 6)) + 0",
    "others": "la.asarray(np.linspace(1.0, 4.0, 6)) + 0",
    "wrapped": "la.asarray(np.linspace(-1.0, 3.0, 6))",
    "singles": "la.asarray(np.arange(6, dtype='f4')) + np.float32(0)",
    "halves": "la.asarray(np.arange(6, dtype='f2')) + np.float16(0)",
    "ints": "la.asarray(np.arange(-2, 4)) + 0",
    "bytes": "la.asarray(np.arange(6, dtype='u1')) + np.uint8(0)",
    "truths": "la.asarray([True, False, True, True, False, True]) & True",
    "complexes": "la.asarray(np.arange(6) * (1 - 2j)) + 0",
    "matrix": "la.asarray(np.arange(36.0).reshape(6, 6)) + 0",
    "column": "la.asarray(np.arange(6.0).reshape(6, 1)) + 0",
    "wide": "la.asarray(np.arange(400.0).reshape(400, 1)) + 0",
    "row": "la.asarray(np.arange(400.0).reshape(1, 400)) + 0",
    "nothing": "la.asarray(np.zeros(0)) + 0",
    "nulls": "la.asarray(np.zeros(6)) + 0",
    "point": "la.asarray(2.5)[...]",
    "element": "(la.asarray([1.5, 2.5]) + 0)[1]",
    "whole": "(la.asarray([3, 4]) + 0)[0]",
    "told": "(la.asarray([1.5, 2.5]) + 0).sum()",
    "lazy": "la.asarray(np.arange(6.0)).persist() + la.ones(6)",
    "float_": "2.5",
    "negative": "-0.0",
    "int_": "3",
    "large": "2**70",
    "truth": "True",
    "complex_": "1j",
    "scalar": "np.float32(1.5)",
    "array": "np.arange(6.0)",
    "none": "None",
    "text": "'a'",
    "list_": "[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]",
}
PLANNED = OPERANDS["doubles"]  # of which how it was made is compared, too
PAIRS = ["+", "-", "*", "/", "//", "%", "**", "<", "<=", "==", "!=", ">", ">="]
PAIRS += ["&", "|", "^", "<<", ">>"]
SECONDS = "others element whole ints truths column float_ negative int_ large truth "
SECONDS += "complex_ scalar array none text lazy list_ matrix told"
OF_ONE = ["-x", "+x", "~x", "abs(x)", "float(x)", "bool(x)", "x.shape", "x.dtype"]
OF_ONE += ["x.ndim, x.size, x.nbytes", "x.T", "x.real", "x.imag", "la.sqrt(x)"]
OF_ONE += ["la.exp(x)", "la.exp(-1e3 * x)", "la.log(x)", "la.negative(x)", "x ** 2"]
OF_ONE += ["x ** 0.5", "x ** 2.0", "x ** -1", "la.maximum(x, 1)", "la.arctan2(x, x)"]
OF_ONE += ["la.ldexp(x, 2)", "la.maximum(x, x[0])", "x.sum()", "x.sum(0)", "x.max()"]
OF_ONE += ["x.sum(axis=0)", "x.sum(axis=-3)", "x.sum(1.5)", "x.any()", "x.cumsum()"]
OF_ONE += ["x.prod(0, keepdims=True)", "x.mean()", "x.copy()", "x.reshape(2, 3)"]
OF_ONE += ["x.reshape(-1)", "x.ravel()", "x.astype('f4')", "x.astype(int)", "x.std()"]
OF_ONE += ["la.sum(x)", "la.roll(x, 1)", "la.flip(x)", "la.diff(x)", "la.sort(x)"]
OF_ONE += ["la.cumsum(x, axis=0)", "la.cumsum(x, dtype='f4')", "la.squeeze(x)"]
OF_ONE += ["la.sum(x, None, None, None, True)", "la.clip(x, 0, 1)", "la.where(x, x, 0)"]
OF_ONE += ["x @ x", "x @ x.T", "x @ x[::-1]", "x[:2] @ [1, 2]", "x.sum(x)"]
OF_ONE += ["la.concatenate([x, x])", "la.stack((x, x), 1)", "la.hstack([x, 1.0])"]
OF_ONE += ["la.concatenate((x, x), axis=0)", "la.concatenate([[x], [x]])"]
OF_ONE += [
    "la.concatenate([x, x], dtype='f4')",
    "la.stack([x[0], x[1]])",
    "la.sum([x, x])",
]
OF_ONE += ["la.vstack([])", "la.block([x, x])", "la.max([x[0], 1.0])"]
OF_ONE += ["la.sum(np.asarray(x)), la.asarray(np.ones(3))[1:].base is None"]
OF_ONE += [
    "la.reshape(x, (2, 3))",
    "la.transpose(x, (0,))",
    "la.argsort(x, kind='stable')",
]
OF_ONE += [
    "la.sum(x, keepdims=True)",
    "la.roll(x, (1,), (0,))",
    "la.diff(x, prepend=0)",
]
OF_ONE += ["la.argsort(x, stable=True, descending=True)", "la.roll(x, bad=1)"]
OF_ONE += ["la.bincount(x, minlength=3)", "la.cumsum(x, out=x), x", "la.clip(x, max=1)"]
OF_ONE += ["la.sum(x, where=x > 1)", "la.searchsorted(x, x, side='right')"]
OF_ONE += ["la.zeros(3), la.zeros(3)", "[la.zeros((2, 3)), la.ones(2, dtype=int)]"]
OF_ONE += ["[la.full(3, 2.0) for _ in range(3)][2]", "la.zeros(x), la.zeros((x,))"]
OF_ONE += ["[la.arange(4) for _ in range(3)][2]", "[la.zeros(2.0) for _ in 'ab']"]
OF_ONE += ["x ** 3", "x ** 3.0", "x ** -0.5", "x ** 1.5", "x ** -2", "x ** 2**70"]
OF_ONE += ["x ** np.nan", "x ** 0", "x ** -1.0", "la.array(x)", "la.asarray(x)"]
OF_ONE += ["la.array([x[0], 1.0, x[1]])", "la.array([x, x])", "la.asarray([x[0], x])"]
OF_ONE += ["la.array([[1, 2], (3, 4)])", "la.array([])", "la.array([1, 2.5, True])"]
OF_ONE += ["la.array([[x[0], 1.0]])", "la.array([2**70])", "la.array([1, 'a'])"]
OF_ONE += ["la.asarray([[1.0], [2.0, 3.0]])", "la.array([1], 'f4')", "la.array([None])"]
OF_ONE += ["la.asarray(np.arange(3)) is None", "type(la.asarray(np.ones(3))).__name__"]
OF_ONE += [
    "la.asarray(np.ones(3, '>f8'))",
    "la.asarray(np.array(1.0))",
    "la.array(1.0)",
]
OF_ONE += ["la.asarray(np.arange(6)[::2]), la.asarray(np.array(['a']))"]
OF_ONE += ["la.asarray(x) is x, la.array(x) is x"]
INTO = ["la.add(x, y, out=z)", "la.add(x, 2, z)", "la.multiply(2.5, x, out=z)"]
INTO += ["la.sqrt(x, out=z)", "la.exp(x, z)", "la.negative(x, z)", "la.add(x, x, x)"]
INTO += [
    "la.divide(x, 0, out=z)",
    "la.maximum(x, y[0], out=z)",
    "la.power(x, 2, out=z)",
]
INTO += ["la.add(x, y, out=(z,))", "la.add(x, y, out=None)", "la.add(x, y, out=z[1:])"]
INTO += [
    "la.add(x, y, out=z, where=y > 2)",
    "la.add(x, y, None)",
    "la.add(x, y, dtype='f4')",
]
INTO += [
    "la.add(x, y, out=np.ones(6))",
    "la.less(x, y, out=z)",
    "la.add(x, 'a', out=z)",
]
INTO += ["la.sqrt(x, where=y > 2)", "la.floor_divide(x, 2, out=z)", "la.add(x, y, ...)"]
INTO += ["la.add(x[:, None], y, out=z)", "la.sin(x[::-1], out=x)", "x.fill(2.5)"]
INTO += ["x.fill(y[0])", "x.fill(3)", "x.fill(True)", "x.fill(y)", "x.fill('a')"]
OF_ONE += [
    "la.where(x > 1)",
    "la.nonzero(x)",
    "x.nonzero()",
    "la.modf(x)",
    "la.frexp(x)",
]
OF_ONE += [
    "x.astype(float)",
    "x.astype('f4', copy=False)",
    "x.astype(bool)",
    "la.where(x)",
]
OF_ONE += [
    "x.astype('U3')",
    "x.astype(la.float32)",
    "x.astype(None)",
    "x.astype('>f8')",
]
OF_ONE += ["la.unravel_index(3, (2, 3))", "la.broadcast_to(x, (2, 6))", "x.flat[2]"]
OF_ONE += ["la.argmax(x)", "la.searchsorted(x, 1.0)", "la.take(x, 1)", "x.argsort()"]
OF_ONE += (
    """
la.sqrt(2.5) | la.exp(2j) | la.sqrt(2**70) | la.sqrt(-1.0) | la.sqrt(True) | la.log(0)
la.maximum(1, x) | la.maximum(x[0], 2) | la.add(1, 2) | la.power(2, x)
la.maximum(1, 2**70) | la.power(2, -1) | la.add(1, x[0]) | la.hypot(3, 4.0)
la.power(x[0], 2.5) | la.maximum(2, [1, 3]) | la.add(1, None) | la.minimum(2.5, x[:0])
x.argmax(axis=0) | x.argmax(axis=-1, keepdims=True) | x.astype(dtype='f4')
x.cumsum(axis=0, dtype=None) | x.cumsum(axis=5) | x.cumsum(bad=1)
x.sum(axis=(0,)) | x.sum(keepdims=True) | x.sum(0, keepdims=True) | x.sum(axis=(0, 0))
x.max(axis=(), keepdims=False) | x.sum(axis=0, dtype='f4') | x.sum(keepdims=1)
x.sum(0, axis=0) | x.any(axis=(0, -1)) | x.min(axis=(0.5,)) | x[:3].prod(axis=-1)
la.add.reduce(x) | la.add.reduce(x, axis=0, keepdims=True) | la.maximum.reduce([x, x])
la.add.reduce(x, dtype='f4') | la.add.reduce(x, initial=2) | la.add.reduce(x, 0, 'f4')
la.add.reduce(x, where=x > 1) | la.add.reduce(x, out=x) | la.add.reduce(x, 7)
la.logaddexp.reduce(x) | la.bitwise_xor.reduce(x) | la.logical_or.reduce(x)
la.add.accumulate(x) | la.multiply.accumulate(x, 0) | la.subtract.accumulate([x, x])
la.add.reduceat(x, [0, 2]) | la.add.reduceat(x, la.asarray([0, 2]) + 0, axis=0)
la.add.reduceat(x, (0, 9)) | la.multiply.outer(x, x) | la.multiply.outer(x, 2)
la.subtract.outer(x[0], x) | la.add.outer(x, [1, 2]) | la.maximum.outer(x, x, out=None)
la.concatenate(([0], x)) | la.append(x, [1, 2]) | la.concatenate(([x[0]], x))
la.concatenate(([0, 'a'], x)) | la.append(x, [[1], [2, 3]]) | la.stack([[1, 2], (3, 4)])
""".replace("\n", " | ")
    .strip(" |")
    .split(" | ")
)
INTO += (
    """
la.add.at(z, 0, 1) | la.add.at(z, [0, 0], 1) | la.add.at(z, la.asarray([0, 0]) + 0, y[:2])
la.subtract.at(z, (la.asarray([1, 1]) + 0,), 2.5) | la.maximum.at(z, slice(1, 3), 2)
la.add.at(z, la.asarray([9]) + 0, 1) | la.negative.at(z, 0) | la.add.at(z, 0, 1j)
la.divide.at(z, la.asarray([1, 1]) + 0, 0) | la.add.at(z, x > 1, y[0]) | la.add.at(z, 0)
la.multiply.at(z[::-1], la.asarray([0, 0]) + 0, x[:2]) | la.add.at(z, (0, 0), 1)
la.add.at(x, la.asarray([0, 1]) + 0, x[:2]) | la.add.at(z, 'a', 1) | la.exp.at(z, [0, 1])
la.add.at(z, la.asarray(np.arange(600) % 6) + 0, 2) | la.add.at(z, np.arange(600) % 6, 0.1)
""".replace("\n", " | ")
    .strip(" |")
    .split(" | ")
)
KEYS = [
    "0",
    "-1",
    "7",
    "True",
    "None",
    "...",
    "slice(1, None)",
    "slice(None, None, -1)",
]
KEYS += ["(0,)", "(slice(None), None)", "(0, 1)", "(slice(2), slice(1, 3))", "()"]
KEYS += [
    "(0, ...)",
    "(..., 0)",
    "(..., None)",
    "(None, 0)",
    "(..., ...)",
    "[0, 2]",
    "np.array([0, 2])",
    "(la.asarray([0, 2]) + 0)",
]
KEYS += ["(la.asarray([0, 9]) + 0)", "(la.asarray([1, 2]) + 0)[0]", "'a'", "1.5"]
KEYS += ["(0, la.asarray([1, 2])[0] + 0)", "(la.asarray([0, 2]) + 0, slice(None))"]
KEYS += [
    "(x[:2] > 9, None)",
    "((la.asarray([0, 1]) + 0)[1], slice(1, 3))",
    "(1.5, x[0])",
]
KEYS += ["(la.asarray([0, 2]) + 0, la.asarray([1, 2]) + 0)", "(x[0] > -9)"]
KEYS += ["(x > 1)", "(x == x)", "la.asarray(np.arange(6) > 2)"]
KEYS += (
    """
[[0, 2]] | (slice(None), [1]) | ([0, 1], [0, 1]) | [True] * 6 | [] | ([], slice(None))
(0, [0, 1]) | [0.5] | [x[0]] | [-1, 0, -1] | [2**70] | (slice(None), [0, 9]) | [True]
([1], slice(1, 3), None) | ([0, 'a'], 1) | (slice(None), la.asarray([1]) + 0)
""".replace("\n", " | ")
    .strip(" |")
    .split(" | ")
)
KEYS_WRITTEN = [
    "[0, 2]",
    "(slice(None), [0])",
    "0",
    "slice(1, None)",
    "(x > 1)",
    "(la.asarray([0, 2]) + 0)",
    "(0, 1)",
]
KEYS_WRITTEN += ["...", "(None, 0)"]
KEYS_WRITTEN += ["(la.asarray([0, 2]) + 0, slice(None))", "(slice(None), x[:6] > 1)"]
WRITTEN = [
    "1",
    "300",
    "-1",
    "70000",
    "2.5",
    "True",
    "np.nan",
    "2**70",
    "1j",
    "x",
    "x[:1]",
    "y",
    "y[0]",
]
WRITTEN += ["y[::-1]", "ints", "ints[0]", "'a'", "None", "[1, 2]", "np.float32(3)"]
FIRSTS = "doubles wrapped singles halves ints bytes truths complexes matrix nothing "
FIRSTS += "nulls point element whole told"


PRODUCTS = [  # of more elements than are small if each meets each
    *(
        "y @ x",
        "x @ y",
        "x.T @ x",
        "z @ z",
        "z @ z[::-1]",
        "z @ x",
        "y @ z",
        "x @ z",
        "z @ 2",
    ),
    *(
        "la.dot(z, z)",
        "z.dot(z[::2])",
        "la.dot(y, x)",
        "la.dot(x, y).sum()",
        "la.matmul(y, x)",
    ),
    *("x[:, :0] @ y[:0]", "z.reshape(20, 20) @ z.reshape(20, 20)", "z.astype(int) @ z"),
    "z.reshape(2, 2, 100) @ z.reshape(2, 100, 2)",
]


def programs():
    """Return what is compared: lines of a program, of which the last is looked at."""
    made = []
    for first in FIRSTS.split():
        start = f"x = {OPERANDS[first]}"
        for second in SECONDS.split():
            y = f"{start}; y = {OPERANDS[second]}"
            made += [(y, f"x {op} y") for op in PAIRS]
            made += [(y, f"y {op} x") for op in ("+", "-", "<", "%")]
            made += [(f"{y}; z = x; z {op}= y", "x, z is x") for op in ("+", "/", "&")]
        made += [(start, expression) for expression in OF_ONE]
        made += [(start, f"x[{key}]") for key in KEYS]
        into = f"{start}; y = {OPERANDS['others']}; z = y * 1"
        made += [(f"{into}; v = {call}", "v, v is z, x, z") for call in INTO]
        more = f"{start}; y = {OPERANDS['others']}; ints = {OPERANDS['ints']}"
        for key in KEYS_WRITTEN:
            made += [(f"{more}; x[{key}] = {value}", "x") for value in WRITTEN]
    made += [(f"x = {OPERANDS['wide']}; y = {OPERANDS['row']}", "la.sum(x + y)")]
    made += [(f"x = {OPERANDS['wide']}; y = {OPERANDS['row']}", "la.maximum(x, y)[1]")]
    start = f"x = {OPERANDS['wide']}; y = {OPERANDS['row']}; z = x[:, 0]"
    made += [(f"{start}; {PLANNED}", product) for product in PRODUCTS]
    return made


def seen(value, *, plans):
    """Return what a user sees of a value: kind, dtype, bits, and how it was made."""
    if isinstance(value, tuple):
        return [seen(one, plans=plans) for one in value]
    if isinstance(value, la.Array):
        held = np.asarray(value.compute())
        told = str(value.explain()).partition("\nout")[0] if plans else ""
        told = "\n".join(line for line in told.splitlines() if "predicted" not in line)
        view = getattr(value, "base", None) is not None
        bits = np.where(held == held, held, 0).tobytes()
        return [
            type(value).__name__,
            str(held.dtype),
            held.shape,
            hash(bits),
            view,
            told,
        ]
    return repr(value)


def outcome(start, expression):
    """Return what a program gives, or its error, and the warnings with their lines."""

    def see(code, space):
        return seen(eval(code, space), plans=PLANNED in start)  # noqa: S307

    return interpreters.observed(start, expression, see)


@needs_c
def test_what_is_compiled_gives_what_python_gives():
    interpreters.assert_the_same_both_ways(__name__, programs())


@pytest.mark.skipif(not THERE, reason="nothing was compiled for this interpreter")
@pytest.mark.skipif(compiled.ASIDE, reason="it is left aside")
def test_what_was_compiled_is_used():
    assert compiled.MODULE is not None
    for function in (la.sqrt, (la.asarray([1.0]) + 0).__add__.__func__):
        assert type(function).__module__ == "lazyarr.compiled.methods"


@needs_c
def test_a_compiled_function_is_the_function_otherwise():
    assert la.sqrt.__name__ == "sqrt"
    assert la.sqrt.__module__.startswith("lazyarr")
    assert pickle.loads(pickle.dumps(la.sqrt)) is la.sqrt
    assert la.asarray([4.0]).__add__.__name__ == "__add__"
    assert weakref.ref(la.sqrt)() is la.sqrt
    assert {"__name__", "__wrapped__", "__doc__"} <= set(dir(la.sqrt))
    assert "Square root" in pydoc.plain(pydoc.render_doc(la.sqrt))
    assert "the sum over" in pydoc.plain(pydoc.render_doc(type(la.asarray([1.0])).sum))


@needs_c
def test_functions_that_nobody_has_any_more_are_collected():
    def circle():
        def general(x):
            return general.made(x)

        general.made = compiled.method("array_unary", general)
        return weakref.ref(general)

    gone = circle()
    gc.collect()
    assert gone() is None


@needs_c
def test_methods_of_ufuncs_are_compiled_and_pickled():
    assert type(la.add.reduce).__module__ == "lazyarr.compiled.methods"
    for method in (la.add.reduce, la.maximum.at, la.multiply.outer, la.add.reduceat):
        assert pickle.loads(pickle.dumps(method)) is method


def test_ignored_errors_are_not_told_of_and_others_are():
    """In a block, in another one within it, and after it: as NumPy, again and again."""

    def program(xp, state):
        x = xp.asarray(np.array([-1.0, 0.0, 1e308])) + 0
        found = []
        for _ in range(3):
            found += [xp.sqrt(x), x / 0, x[2] * 1e10]
            with state(invalid="ignore"):
                found += [xp.sqrt(x), x / 0, xp.log(x), x[0] ** 0.5, -(x * 1e10)]
                with state(divide="ignore", over="ignore"):
                    found += [xp.sqrt(x), x / 0, x * x, xp.log(x), 1 / x[1]]
                    x[:2] = x[:2] / 2
                with state(under="raise"):
                    try:
                        found += [xp.exp(-1e3 + x[:2])]
                    except FloatingPointError as error:
                        found += [str(error)]
                found += [xp.sqrt(x), x / 0, xp.add.reduce(x[2:] * 4)]
        return found

    def told(xp, state):
        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            made = program(xp, state)
        values = [x if isinstance(x, str) else np.asarray(x).tobytes() for x in made]
        return values, [(str(one.message), one.lineno) for one in noted]

    expected = told(np, np.errstate)
    for state in (np.errstate, la.errstate):
        assert told(la, state) == expected


class Unhashable(type):
    def __eq__(cls, other):
        return cls is other


class Odd(metaclass=Unhashable):
    pass


@pytest.mark.parametrize(
    "program",
    [
        "x + odd",
        "x[0] + odd",
        "x[0] < odd",
        "x.sum() * odd",
        "x.cumsum(odd)",
        "la.roll(x, odd)",
        "la.maximum(x, odd)",
    ],
)
def test_a_class_without_a_hash_is_an_error(program):
    x = la.asarray([1.0, 2.0]) + 0
    with pytest.raises(TypeError):
        eval(program, {"la": la, "x": x, "odd": Odd()})  # noqa: S307


def test_what_no_python_code_called_fails_as_python_does(monkeypatch):
    found, told = [], threading.Event()

    def hook(one):
        found.append(one.exc_type)
        told.set()

    monkeypatch.setattr(sys, "unraisablehook", hook)
    for size in (3, 6000):
        x = la.asarray(np.arange(float(size))) + 0
        for method in (x.cumsum, x.sum, x.__add__):
            told.clear()
            _thread.start_new_thread(method, (x,) if method == x.__add__ else ())
            assert told.wait(60)
    assert set(found) == {ValueError}


@pytest.mark.parametrize(
    "program",
    [
        "x /= 0.0",
        "np.divide(x, 0.0, out=x)",
        "la.divide(x, 0.0, out=x)",
        "big[0] /= 0.0",
    ],
)
def test_errors_are_told_to_the_thread_that_met_them(monkeypatch, program):
    y = la.asarray([1.0]) + 0
    big = la.zeros((300, 300))
    big[0] = 1.0

    def let_another_write(kind):
        write = kind.write

        def meanwhile(self, text):
            write(self, text)
            other = threading.Thread(target=y.__iadd__, args=(1.0,))
            other.start()
            other.join()

        monkeypatch.setattr(kind, "write", meanwhile)

    let_another_write(usual._Notes)  # of what is compiled
    let_another_write(floating.Notes)
    x = la.asarray([1.0]) + 0
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        exec(program, {"x": x, "big": big, "la": la, "np": np})  # noqa: S102
    assert y[0] == 2.0


MEANWHILE = """
import gc
import numpy as np
import lazyarr as la

class Gone:
    def __init__(self):
        self.me = self
    def __del__(self):
        items[:] = items[:k % 3]
        x.resize((500,), refcheck=False)
        x.resize((6,), refcheck=False)

PROGRAMS = '''x + (k + 0.5)
x += k + 0.5
x += y
x - y
x[1:]
x[ix]
x[mask]
x.shape
x.T
x.sum()
x.cumsum()
x @ y
la.sqrt(x)
la.maximum(x, k + 0.25)
la.roll(x, 1)
la.array(items)
la.concatenate([items, items])
la.concatenate(items)
la.stack(items)
x[1:] = y[1:]
x[mask] = 2.0'''.splitlines()
PROGRAMS = [compile(one, one, "exec") for one in PROGRAMS]
mask, ix = la.asarray(np.arange(6) > 2) & True, la.asarray([0, 2]) + 0
gc.set_threshold(1)
for k in range(120):
    for program in PROGRAMS:
        x = la.asarray(np.arange(6.0)) + 0
        y = la.asarray(np.arange(6.0)) + 0
        items = [x[0], y[1], x[2], y[3]]
        for _ in range(3):  # numbers that are met twice are kept
            Gone()
            try:
                exec(program)
            except (ValueError, TypeError):
                pass
"""


def test_arrays_may_be_changed_by_what_runs_meanwhile():
    interpreters.survive(MEANWHILE)


WRONG = ("la.array([x, 'a'])", "la.add(x, x, out=x[1:])", "la.asarray(['a', x])")


def loops():
    x, y = la.asarray([1.0, 2.0, 3.0]) + 0, la.asarray([3.0, 1.0, 2.0]) + 0
    m, ix, e = x > 1, la.asarray([0, 2]) + 0, x[0]
    for _ in range(200):
        z = x + y
        z += 1.25
        z *= y
        z[1:] = y[:2]
        z[0] = e
        z[m] = 2.0
        values = [x * 2, 2 - x, x < y, x**2, -x, x[0] + 1.5, e * e, e < 2, x[m], x[ix]]
        values += [x**0.5, x**3, la.array([x[0], 2]), la.asarray(np.ones(3))]
        la.add(x, y, out=z), la.sqrt(y, z), z.fill(2.0)
        values += [la.nonzero(x), x.astype(int), la.where(x > 7)]
        values += [list(x), next(iter(x))]
        values += [x.T, x.sum(), x.sum(0), x.cumsum(), la.sqrt(x), la.maximum(x, 1)]
        values += [
            la.roll(x, 1),
            la.diff(x),
            x.shape,
            float(e),
            bool(e),
            x.copy(),
            x[::-1],
        ]
        for wrong in (
            "x + (1, 2)",
            "x[7]",
            "x + None",
            "la.sqrt('a')",
            "x.sum(7)",
            *WRONG,
        ):
            with pytest.raises((TypeError, ValueError, IndexError)):
                eval(wrong, {"x": x, "la": la})  # noqa: S307
        del values, z


@needs_c
def test_nothing_leaks():
    interpreters.assert_nothing_leaks(loops)


def test_threads_compute_at_the_same_time():
    x = la.asarray(np.arange(30000.0)) + 0
    wrong = []

    def work(number):
        for k in range(200):
            z = (x * number + k)[x > 29990]
            z += number
            if z[0].compute() != 29991.0 * number + k + number:
                wrong.append((number, k))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
