"""Elements are computed and written as NumPy's; arrays are objects like others."""

import gc
import operator
import warnings
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lazyarr as la
from tests.api import interpreters

OPERATORS = [getattr(operator, name) for name in ("add", "sub", "mul", "truediv")]
OPERATORS += [getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")]
LEAST = np.finfo(float).tiny  # that is no subnormal one
DOUBLES = (0.0, -0.0, 1.5, -3.0, 1e308, -1e308, 5e-324, 2.3e-308, 1e-200)
DOUBLES += (2.0**53, float("inf"), float("-inf"), float("nan"))
WHOLE = (0, 1, -3, 2**53, 2**53 + 1, -(2**53) - 1, 2**62, 2**63 - 1, -(2**63))
reals = st.sampled_from(DOUBLES) | st.floats()
whole = st.sampled_from(WHOLE) | st.integers(-(2**63), 2**63 - 1)
numbers = reals.map(np.float64) | whole.map(np.int64)
others = numbers | reals | whole | st.sampled_from([2**63, 2**70, True, 2j])


def _told(function, *operands):
    """Return the value, or the type of the error; its dtype, and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            made = function(*operands)
        except Exception as error:  # noqa: BLE001
            return type(error), None, None
    value = made.compute() if isinstance(made, la.Array) else made
    return repr(value), type(value), sorted(str(one.message) for one in told)


@given(st.sampled_from(OPERATORS), numbers, others, st.booleans(), st.booleans())
def test_operators_of_elements_are_those_of_numpys_scalars(
    operation, x, y, is_element, turned
):
    first = la.asarray(np.array([x, x])).copy()[0]
    second = la.asarray(np.array([y, y])).copy()[0] if is_element else y
    if is_element:
        y = np.array([y])[0]
    if turned and not isinstance(y, np.generic):
        first, second, x, y = second, first, y, x
    assert _told(operation, first, second) == _told(operation, x, y)


@pytest.mark.parametrize(
    ("operation", "x"),
    [
        (operator.mul, np.array([LEAST, np.nextafter(1.0, 0.0)])),
        (operator.truediv, np.array([np.nextafter(2 * LEAST, 0.0), 2.0])),
    ],
)
@pytest.mark.parametrize("asked", ["warn", "raise"])
def test_what_is_rounded_up_to_the_least_double_underflows(operation, x, asked):
    made = la.asarray(x).copy()

    def do(first, second):
        with np.errstate(under=asked):
            return operation(first, second)

    assert _told(do, made[0], made[1]) == _told(do, x[0], x[1])


@given(
    st.sampled_from(["f8", "f4", "f2", "c16", "c8", "i8", "i4", "u4", "i1", "u1", "?"]),
    reals | st.floats(-300, 300) | st.floats(width=32),
    st.sampled_from([1, slice(1, 3), (), slice(0, 0)]),
)
def test_numbers_are_written_as_numpy_writes_them(dtype, number, key):
    def write(xp):
        x = xp.zeros(4, dtype=dtype)
        x[key] = number
        return x

    assert _told(write, la) == _told(write, np)


@pytest.mark.parametrize("value", [3, -(2**63), 2**53 + 1, 2.5, True])
def test_an_element_is_a_float_as_numpys_scalar_is(value):
    x = np.array([value])
    made = float((la.asarray(x).copy())[0])
    assert type(made) is float
    assert made == float(x[0])


def test_what_an_element_is_made_of_is_told_by_its_plan():
    x = la.asarray(np.arange(3.0)) + 1
    made = x.sum() * 2 - x[0]
    assert float(made) == 11.0
    ops = {one for stage in made.explain().to_dict()["stages"] for one in stage["ops"]}
    assert {"sum", "multiply", "subtract"} <= ops


def test_references_to_arrays_end_when_the_arrays_do():
    x = la.asarray(np.arange(4.0)).copy()
    ended = []
    kept = weakref.ref(x, ended.append)
    part, node = x[1:], (x + la.ones(4)).sum()
    del x
    assert kept() is not None  # what the part shows
    del part, node
    gc.collect()
    assert kept() is None
    assert ended == [kept]
    again = la.asarray(np.arange(3.0)).copy()  # in the memory that was freed
    assert not weakref.getweakrefcount(again)
    assert again[1:].tolist() == [1.0, 2.0]


def test_a_class_derived_from_an_array_is_freed_as_others_are():
    class Named(la.Array):
        ended = 0

        def __init__(self):
            self.name = "a"

        def __del__(self):
            Named.ended += 1

    made = Named.__new__(Named)
    made.__init__()
    made._node, made._base = la.ones(3)._node, None
    assert made.name == "a"
    assert made.sum().compute() == 3.0
    kept = weakref.ref(made)
    del made
    gc.collect()
    assert kept() is None
    assert Named.ended == 1


def test_classes_derived_from_arrays_have_their_own_parts():
    class Plain(la.Array):
        pass

    class Named(la.Array):
        def __getitem__(self, key):
            return "part", key

        def __delitem__(self, key):
            self.ended = key

    for kind in (Plain, Named):
        made = kind.__new__(kind)
        made._node, made._base = la.asarray(np.arange(3.0)).persist()._node, None
        if kind is Plain:
            made[0] = 5.0
            assert made[:2].tolist() == [5.0, 1.0]
        else:
            del made[1]
            assert made[2] == ("part", 2)
            assert made.ended == 1


@pytest.mark.parametrize("array", ["la.asarray(np.arange(3.0)) + 1", "la.ones(9) * 2"])
def test_elements_are_not_deleted(array):
    x = eval(array)  # noqa: S307
    with pytest.raises(ValueError, match="cannot delete array elements"):
        del np.arange(3.0)[0]
    with pytest.raises(ValueError, match="cannot delete array elements"):
        del x[0]


def test_a_method_that_a_user_replaces_is_called(monkeypatch):
    x = la.asarray(np.arange(3.0)) + 1
    written = []
    monkeypatch.setattr(type(x), "__getitem__", lambda x, key: ("part", key))
    monkeypatch.setattr(type(x), "__setitem__", lambda *given: written.append(given))
    x[1] = 2.0
    assert x[1] == ("part", 1)
    assert written[0][1:] == (1, 2.0)
    monkeypatch.undo()
    x[1] = 7.0
    assert x[1] == 7.0


CHAIN = """
import lazyarr as la, numpy as np
x = None
for _ in range(200_000):
    made = la.asarray(np.arange(4.0)).copy()
    made._found, x = x, made
del x, made
"""


def test_long_chains_of_arrays_are_freed():
    interpreters.survive(CHAIN)


def test_what_is_freed_while_it_is_freed_makes_arrays_of_its_own():
    made = []

    class Ends:
        def __del__(self):
            made.append(la.asarray(np.arange(5.0)).copy() + 1)

    for k in range(200):
        x = la.asarray(np.arange(3.0)).copy()
        x._found = Ends()
        assert (x * k)[1] == k
        del x
    assert len(made) == 200
    assert all(one.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0] for one in made)
