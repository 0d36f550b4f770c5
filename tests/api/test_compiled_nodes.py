"""Compiled methods make of arrays that are not small what the methods in Python make."""

import sys
import threading
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr.api import history
from lazyarr.api.history import Made
from lazyarr.ir import node as nodes
from lazyarr.ir.leaves import held_scalars, weak_scalars
from lazyarr.ir.node import Node, structure, topological, where_text
from tests.api import interpreters
from tests.api.test_compiled import needs_c

IN_PYTHON = types.FunctionType(structure.__code__, vars(nodes))

OPERANDS = {
    "doubles": "la.asarray(np.linspace(-2.0, 3.0, 6).reshape(2, 3))",
    "others": "la.asarray(np.linspace(1.0, 4.0, 6).reshape(2, 3))",
    "made": "la.asarray(np.linspace(1.0, 4.0, 6).reshape(2, 3)) * 2",
    "turned": "la.asarray(np.linspace(1.0, 4.0, 6).reshape(3, 2)).T",
    "part": "(la.asarray(np.arange(20.0).reshape(4, 5)) * 2)[1:3, 1:4]",
    "seen": "(la.asarray(np.arange(20.0).reshape(4, 5)) * 2)[1:3, 1:4]; {0} + 1",
    "mask": "(la.asarray(np.arange(6.0)) * 2)[la.asarray(np.arange(6.0)) > 1]",
    "sliced": "la.asarray(np.arange(20.0).reshape(4, 5))[1:3, 1:4]",
    "row": "la.asarray(np.arange(3.0))",
    "column": "la.asarray(np.arange(2.0).reshape(2, 1))",
    "longer": "la.asarray(np.arange(12.0).reshape(2, 2, 3))",
    "wrong": "la.asarray(np.arange(4.0))",
    "total": "la.asarray(np.arange(4.0)).sum()",
    "point": "la.asarray(np.array(2.5))",
    "empty": "la.asarray(np.zeros((0, 3)))",
    "singles": "la.asarray(np.arange(6, dtype='f4').reshape(2, 3))",
    "halves": "la.asarray(np.arange(6, dtype='f2').reshape(2, 3))",
    "ints": "la.asarray(np.arange(-2, 4).reshape(2, 3))",
    "longs": "la.asarray(np.arange(6, dtype='q').reshape(2, 3))",
    "bytes": "la.asarray(np.arange(6, dtype='u1').reshape(2, 3))",
    "truths": "la.asarray(np.arange(6).reshape(2, 3) > 2)",
    "complexes": "la.asarray((np.arange(6) * (1 - 2j)).reshape(2, 3))",
    "zeros": "la.zeros((2, 3))",
    "small": "small([1.0, 2.0, 3.0])",
    "float_": "2.5",
    "again": "0.1 + 0.2",
    "null": "0.0",
    "negative": "-0.0",
    "one": "1",
    "half": "0.5",
    "two": "2",
    "twice": "2.0",
    "below": "-1",
    "nan": "np.nan",
    "int_": "3",
    "large": "2**70",
    "truth": "True",
    "complex_": "1j",
    "nothing": "0j",
    "scalar": "np.float32(1.5)",
    "double": "np.float64(1.5)",
    "array": "np.ones((2, 3))",
    "none": "None",
    "text": "'a'",
    "list_": "[1.0, 2.0, 3.0]",
}
FIRSTS = "doubles made part seen mask sliced row total point empty singles ints "
FIRSTS += "bytes truths complexes zeros"
PAIRS = "x + y, x / y, x // y, x ** y, x < y, x == y, x & y, x << y, y + x, y - x, "
PAIRS += "y > x, x.__radd__(y), la.add(x, y), la.maximum(x, y), la.maximum(y, x), "
PAIRS += "la.power(x, y), la.where(x > 0, x, y), la.where(x, y, x)"
ALONE = "-x, +x, ~x, abs(x), la.sqrt(x), la.exp(x), la.negative(x), np.sin(x), x**2, "
ALONE += "la.isnan(x), x.sum(), la.max(x, axis=0), la.astype(x, la.float32), x[..., 1:]"
ALONE += ", x.T + x.T, x.astype('f4'), x.astype(float), x.astype(bool), x.astype('i1')"
ALONE += ", x[1:], x[::-1, 1:], x[None], x[1], x[0, 1], x[True], x[..., None, :1]"
ALONE += ", x[()], x[0, 0, ...], x[np.int64(1):], x[9], x[::0], x[10**30:], x[...], x[0:0], x[1.5:]"
ALONE += ", x[:, 1:][:1] + x[:, 1:][1:], x[1:].T[1:] * 2, (v := x[:1]) + v, x[[0]]"
ALONE += ", la.sum(x, axis=1, keepdims=True), x.sum(axis=(0, 1)), x.mean(0), x.sum(1.5)"
ALONE += ", la.max(x, initial=0), x.min(None), la.sum(x, True), la.sum(x, keepdims=1)"
ALONE += (
    ", la.sum(x, axis=True), x.sum(0, 'f4'), x.sum(dtype=np.float32), x.any(axis=0)"
)
ALONE += (
    ", x.sum(x), x.std(axis=(0,)), x.sum(axis=(1.0,)), la.prod(x, 0, None, None, 1)"
)
ALONE += ", la.max(x, 7), x.astype(np.float64), (-x).astype('f4'), (x > 1).astype(float), (x > 1).astype(float)"
ALONE += ", x - x.max(axis=1, keepdims=True), x[:, :1] / x, x[:1] < x[1:]"
ALONE += ", (x.sum(1, keepdims=True) * x).T, x.T - x.min(0, keepdims=True).T, x.T.T + x"
ALONE += ", x.T, x.T.T, x[1:].T, x.T[1:]"
ALONE += ", x[0] + x[:, None], x[None][0] + x, x.max(1, keepdims=True)[..., 0]"
DEEPER = {
    "poly": "(x * 5) ** 2 + 3 * x",
    "shared": "(z := x * x + 1) * z - z",
    "softmax": "(e := la.exp(x - la.max(x, axis=1, keepdims=True))) / la.sum(e)",
    "stencil": "(y := x * 2)[1:] + y[:-1] - y[1:]",
    "square": "(s := la.outer(x[0], x[1]) * 2) + s.T - s[::-1] + s[:] * s.T[:, ::-1]",
    "fill": "(f := la.zeros((2, 1))) + x + f.T + la.ones(1)[:, None]",
    "long": "sum((x + k for k in range(90)), x)",
    "cubes": "x ** 3 + x ** 1.5 + x ** 2 + x ** 2",
    "written": "la.asarray(x) * 1 if x.__setitem__(0, 1.0) else x + 1",
}


def programs():
    """Return what is compared: a start of a program, and expressions behind it."""
    made = []
    for first in FIRSTS.split():
        start = f"x = {OPERANDS[first].format('x')}"
        for other in OPERANDS.values():
            made += [(f"{start}; y = {other.format('y')}", one) for one in split(PAIRS)]
            for op in "+=", "/=", "&=":
                more = f"{start}; y = {other.format('y')}; z = x * 1; v = x; w = z[:1]"
                made += [(f"{more}{f'; z {op} y' * 3}; v {op} y", "[z, v, x, w]")]
        made += [(start, one) for one in split(ALONE)]
    for program in DEEPER.values():
        made += [(f"x = {OPERANDS['made']}", program)]
    return made


def split(text):
    """Return the expressions of a text, which commas are between."""
    found, depth, start = [], 0, 0
    for k, char in enumerate(f"{text},"):
        depth += (char in "([") - (char in ")]")
        if char == "," and not depth:
            found.append(text[start:k].strip())
            start = k + 1
    return found


def small(values):
    """Return an array that is evaluated at once all the same."""
    with la.config(small_bytes=1 << 18):
        return la.asarray(values) + 0


def facts(value):
    """Return all that there is to say of a node."""
    held = value.value if value.args == () else None
    return [
        value.op.name,
        str(value.dtype),
        repr(value.shape),
        repr(value.params).partition(" object at ")[0],
        repr(value.tag),
        where_text(value.where),
        repr(getattr(value, "steps", None)),
        None
        if held is None
        else [type(held).__name__, np.asarray(held).tobytes().hex()],
    ]


def seen(value, *, plans):
    """Return what a value is: the structure of its graph, its nodes, and its plan."""
    if isinstance(value, list):
        return [seen(one, plans=plans) for one in value]
    if not isinstance(value, la.Array):
        return repr(value)
    key, graph = structure((value._current(),))
    told = str(value.explain()) if plans else ""
    told = "\n".join(line for line in told.splitlines() if "predicted" not in line)
    way = [repr(getattr(value, name, None)) for name in ("_chain", "_value", "_viewed")]
    way = [text.partition(" object at ")[0] for text in way]
    return [type(value).__name__, repr(key), [facts(one) for one in graph], told, way]


def outcome(start, expression):
    """Return what a program makes, or its error, and the warnings with their lines."""

    def see(code, space):
        eval(code, space)  # noqa: S307
        value = eval(code, space)  # noqa: S307 - what is usual has been met by now
        return seen(value, plans=expression in DEEPER.values())

    with la.config(small_bytes=0):
        return interpreters.observed(start, expression, see, small=small)


@needs_c
def test_nodes_are_those_that_python_makes():
    interpreters.assert_the_same_both_ways(__name__, programs())


@needs_c
def test_the_usual_case_is_made_without_python(monkeypatch):
    def usual():
        made = [x + y, x * 2.5, 2.5 - x, -x, x < y, x**2, x**3, x + 2.5]
        return [*made, w - la.max(w, axis=1, keepdims=True), w + w.T, s * 2.5]

    with la.config(small_bytes=0):
        x, y = la.asarray(np.arange(6.0)), la.asarray(np.ones(6))
        w = la.asarray(np.arange(9.0).reshape(3, 3)) * 2
        s = w.sum(axis=0, keepdims=True)[:, 1:]
        usual()
        met = usual()
        s = w.sum(axis=0, keepdims=True)[:, 1:]  # which shows nothing yet
        monkeypatch.setattr(Node, "__init__", None)  # which Python code would call
        made = usual()
        monkeypatch.undo()
    for one, other in zip(made, met, strict=True):
        assert structure((one._node,))[0] == structure((other._node,))[0]
        assert one.compute().tolist() == other.compute().tolist()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_structures_are_those_of_python(data):
    graph = [
        la.asarray(np.ones(5))._current() for _ in range(data.draw(st.integers(1, 4)))
    ]
    some = st.lists(st.integers(0, 200), max_size=5)
    for number in range(data.draw(st.integers(0, 120))):
        args = tuple(graph[k % len(graph)] for k in data.draw(some))
        first = graph[0]
        tag = data.draw(st.sampled_from([number, 7, ("scalar", 1.5), -(2**40)]))
        graph.append(Node.of(first.op, args, None, first.shape, first.dtype, tag, None))
    roots = tuple(graph[-1 - k % len(graph)] for k in data.draw(some))
    key, found = structure(roots)
    expected, order = IN_PYTHON(roots)
    assert key == expected
    assert [*map(type, key)] == [*map(type, expected)]
    assert len(found) == len(order)
    assert all(one is other for one, other in zip(found, order, strict=True))


def test_large_graphs_have_the_structure_of_python():
    x = la.asarray(np.ones(5))._current()
    graph = [x]
    for k in range(30_000):
        args = (graph[k], graph[k // 2])
        graph.append(Node.of(x.op, args, None, x.shape, x.dtype, k % 9, None))
    key, found = structure((graph[-1],))
    expected, order = IN_PYTHON((graph[-1],))
    assert key == expected
    assert all(one is other for one, other in zip(found, order, strict=True))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_remarks_are_found_where_they_are(data):
    x = la.asarray(np.ones(5))._current()
    some = st.lists(st.integers(0, 200), max_size=5)
    graph = [x]
    for _ in range(data.draw(st.integers(0, 90))):
        args = tuple(graph[k % len(graph)] for k in data.draw(some))
        told = not args and data.draw(st.integers(0, 9)) == 0
        remark = Made(None) if told else None
        graph.append(Node.of(x.op, args, remark, x.shape, x.dtype, 7, None))
    roots = tuple(graph[-1 - k % len(graph)] for k in data.draw(some))
    under = topological(roots)
    assert history._is_remarked(roots) is any(type(n.params) is Made for n in under)


@pytest.mark.parametrize("wrong", [(1,), ("a", "b"), ([],), None, ((),)])
def test_what_is_no_graph_has_no_remarks(wrong):
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever it is
        topological(wrong)
    with pytest.raises(type(expected.value)) as found:
        history._is_remarked(wrong)
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("wrong", [(1,), ("a", "b"), ([],), [], None, ((),)])
def test_errors_of_what_is_no_graph_are_those_of_python(wrong):
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever it is
        IN_PYTHON(wrong)[2]
    with pytest.raises(type(expected.value)) as found:
        structure(wrong)[2]
    assert str(found.value) == str(expected.value)
    with pytest.raises(AttributeError):
        structure((Node(),))


def test_lines_are_those_of_the_caller_in_functions_of_others():
    def add(x, y):
        return x + y

    with la.config(small_bytes=0):
        x = la.asarray(np.ones(4))
        made = [add(x, x), x * 2, next(one - 1 for one in [x]), max([-x], key=id)]
        names = [one._node.where[0].co_name for one in made]
        texts = [where_text(one._node.where) for one in made]
    here = sys._getframe().f_code
    line = here.co_firstlineno
    assert names == ["add", here.co_name, "<genexpr>", here.co_name]
    assert texts == [f"test_compiled_nodes.py:{line + k}" for k in (2, 6, 6, 6)]


MEANWHILE = """
import gc
import numpy as np
import lazyarr as la
from lazyarr.ir.leaves import held_scalars, weak_scalars
from lazyarr.ir.node import structure

class Gone:
    def __init__(self):
        self.me = self
    def __del__(self):
        x[...] = y * 3
        held_scalars.clear()
        weak_scalars.clear()

PROGRAMS = '''x + (k + 0.5)
x + y
(k + 0.5) - x
-x
x ** 2
x ** (k + 3)
x += y
x *= 2.0
(x + y).astype("f4")
x < y
v + v
la.sqrt(x)
la.maximum(x, y)
la.maximum(x, 0.5)
la.where(x > 1, x, y)
x[1:]
structure((x._node, z._node))'''.splitlines()
PROGRAMS = [compile(one, one, "exec") for one in PROGRAMS]
gc.set_threshold(1)
with la.config(small_bytes=0):
    for k in range(60):
        for program in PROGRAMS:
            x = la.asarray(np.arange(6.0)) + 0
            y = la.asarray(np.arange(6.0)) + 0
            z = sum([x * k for k in range(40)], y)
            v = x[1:]
            v + 1
            for _ in range(3):
                Gone()
                exec(program)
"""


def test_arrays_may_be_written_by_what_runs_meanwhile():
    interpreters.survive(MEANWHILE)


def loops():
    with la.config(small_bytes=0):
        x, y = la.asarray(np.arange(6.0)), la.asarray(np.ones(6))
        z = (x * 2)[1:]
        for _ in range(200):
            made = [x + y, x * 2.5, 2.5 - x, x > 0.0, -x, x**2, x**3, z + z, x + y[:1]]
            made += [
                la.sqrt(x),
                la.maximum(x, y),
                la.maximum(0.5, x),
                la.where(x > 1, x, y),
            ]
            x += 1.0
            x *= y
            made += [x.astype("f4"), z[1:], x[2:], x + 10**30]
            w = (x * 2)[None]
            made += [w - la.max(w, axis=1, keepdims=True), w.T + w.T, w.T * w]
            made += [w.T.T, (x.sum() + x[0]).T]
            structure(tuple(one._current() for one in made))
            structure((made[0]._node, made[0]._node))
            for wrong in ("x + None", "x + y[1:]", "structure((1,))", "-x[7]"):
                with pytest.raises((TypeError, ValueError, IndexError, AttributeError)):
                    eval(wrong, {"x": x, "y": y, "structure": structure})  # noqa: S307
            del made


def test_nothing_leaks():
    interpreters.assert_nothing_leaks(loops)


def test_threads_build_at_the_same_time():
    wrong = []

    def work(number):
        for k in range(300):
            z = sum((x + number + j for j in range(k % 40)), x)
            key, graph = structure((z._node,))
            if (key, graph) != IN_PYTHON((z._node,)):
                wrong.append((number, k))

    with la.config(small_bytes=0):
        x = la.asarray(np.ones(5))
    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []


def test_numbers_that_were_forgotten_are_made_again():
    with la.config(small_bytes=0):
        x = la.asarray(np.ones(5))
        first = x + 7.25
        held_scalars.clear()
        weak_scalars.clear()
        second = x + 7.25
    assert first._node.args[1] is not second._node.args[1]
    assert structure((first._node,))[0] == structure((second._node,))[0]
    assert second.compute().tolist() == first.compute().tolist() == [8.25] * 5


REPLACED = """
import gc
import numpy as np
import lazyarr as la

many = la.asarray(np.zeros(200_000)) * 1

class Gone:
    def __init__(self, x):
        self.x, self.me = x, self
    def __del__(self):
        self.x[...] = many[:300] * 0 + 5  # no small array, whose memory is let go of

def write(x):
    x[key] = 3

def write_element(x):
    x[key] = e

def take(x):
    assert x[key].shape == (2, *[1] * 22)

def add(x):
    la.add.at(x, key, 1.0)

e = la.array([0.5, 1.0])[0]
key = ([0, 1], *[None] * 22)  # so long that what is made of it lets a collection begin
for program in (write, write_element, take, add):
    for _ in range(20):
        x = la.array(np.arange(300.0))
        Gone(x)
        gc.set_threshold(1, 1, 1)
        program(x)
        gc.set_threshold(700, 10, 10)
        gc.collect()
        assert x[2] == 5
"""


def test_an_array_may_be_one_no_more_when_its_key_has_been_read():
    interpreters.survive(REPLACED)
