"""Operands of NumPy's subclasses keep their meaning; odd arguments get plain errors."""

from __future__ import annotations

import copy
import operator
import pickle
import threading
import weakref
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la
from lazyarr import profiles
from lazyarr.api import keys
from lazyarr.runtime import threads

MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])

USES = {
    "plus": lambda x, m: x + m,
    "reflected": lambda x, m: m + x,
    "less": lambda x, m: x < m,
    "ufunc": np.add,
    "ufunc reflected": lambda x, m: np.subtract(m, x),
}


@pytest.mark.parametrize("name", USES)
def test_a_masked_operand_stays_masked(name):
    plain = np.array([5.0, 6.0, 7.0])
    made, expected = USES[name](la.asarray(plain), MASKED), USES[name](plain, MASKED)
    assert isinstance(made, np.ma.MaskedArray)
    assert made.tolist() == expected.tolist()


def test_a_masked_operand_of_an_in_place_operator_is_its_data():
    x = la.ones(3)
    x += MASKED
    assert isinstance(x, la.Array)
    assert x.compute().tolist() == [2.0, 3.0, 4.0]


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_multiplies_as_one():
    matrix = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    made = la.ones((2, 2)) * matrix
    assert np.asarray(made).tolist() == (np.ones((2, 2)) * matrix).tolist()


def test_mapped_files_are_plain_operands(tmp_path):
    mapped = np.memmap(tmp_path / "x", float, "w+", shape=3)
    mapped[:] = 2
    assert isinstance(la.ones(3) + mapped, la.Array)


@pytest.mark.parametrize("device", ["foo", "GPU", "gpu:x", 0, ""])
def test_what_is_no_device_is_refused(device):
    for run in (la.ones(3).compute, la.ones(3).persist, la.ones(3).explain):
        with pytest.raises(la.DeviceError, match="no device"):
            run(device=device)


def test_a_deep_copy_lies_in_memory_as_the_array():
    x = la.asarray(np.asfortranarray(np.ones((2, 3))))
    assert copy.deepcopy(x).strides == x.strides == (8, 16)


def test_limits_survive_pickle():
    limits = pickle.loads(pickle.dumps(la.finfo("f4")))
    assert limits.eps == la.finfo("f4").eps
    assert limits.dtype == np.float32


@pytest.mark.parametrize("shape", [2**63, (3, 2**64), 10**30])
def test_a_side_beyond_all_indices_is_refused(shape):
    with pytest.raises(la.ShapeError, match="maximum allowed dimension"):
        la.ones(shape)
    with pytest.raises(ValueError, match="maximum allowed size"):
        la.arange(2**63)


@pytest.mark.usefixtures("planned")
def test_the_snapshot_of_a_mask_goes_with_the_mask():
    mask = np.array([True, False, True])
    la.ones(3)[mask].sum().compute()
    leaf = weakref.ref(keys._latest[1].value)
    del mask
    assert keys._latest[1] is None
    assert leaf() is None


def test_a_home_that_may_not_be_looked_at_has_no_profile(monkeypatch):
    def refused(self, **_):
        raise PermissionError(13, "Permission denied", str(self))

    profiles.found.cache_clear()
    monkeypatch.setattr(Path, "is_file", refused)
    try:
        profiles.found("auto")
    finally:
        profiles.found.cache_clear()


def test_an_interrupt_waits_for_those_who_still_write():
    job = threads.Job(lambda take: None, 1)
    job.active = 1
    waits = []

    class Interrupted(threading.Event):
        def wait(self, timeout=None):
            waits.append(timeout)
            if len(waits) == 1:
                raise KeyboardInterrupt
            return True

    job.idle = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        job.finish()
    assert len(waits) == 2
    assert job.take() is None


HIDDEN = np.ma.array([1.0, 1, 1, 2, 3], mask=[0, 0, 1, 0, 1])
MATRIX = np.array([[1.0, 2], [3, 4]]).view(np.matrix)
BY_THEIR_MEANING = {
    "log": lambda xp, x: xp.log(x),
    "add": lambda xp, x: xp.add(x, 1),
    "power": lambda xp, x: xp.power(x, 2),
    "floor_divide": lambda xp, x: xp.floor_divide(x, 2),
    "sign": lambda xp, x: xp.sign(x),
    "sum": lambda xp, x: xp.sum(x),
    "max": lambda xp, x: xp.max(x),
    "var": lambda xp, x: xp.var(x),
    "mean": lambda xp, x: xp.mean(x, axis=0),
    "sort": lambda xp, x: xp.sort(x),
    "average": lambda xp, x: xp.average(x),
    "lazy beside": lambda xp, x: xp.multiply(xp.arange(x.shape[-1]), x),
    "planned beside": lambda xp, x: xp.multiply(x, xp.ones(()) * 2),
}


@pytest.mark.parametrize("x", [HIDDEN, MATRIX], ids=["masked", "matrix"])
@pytest.mark.parametrize("name", BY_THEIR_MEANING)
@pytest.mark.parametrize("small_bytes", [0, 1 << 18])
def test_functions_of_subclasses_are_numpys(name, x, small_bytes):
    function = BY_THEIR_MEANING[name]
    want = function(np, x)
    with la.config(small_bytes=small_bytes):
        got = function(la, x)
    assert type(got) is type(want)
    assert str(got) == str(want)


class Doubt:
    """A number of a library's own: it knows numbers, and arrays not at all."""

    def __init__(self, value):
        self.value = value

    def __mul__(self, other):
        if getattr(other, "shape", ()):
            return NotImplemented
        return Doubt(self.value * float(other))

    __rmul__ = __mul__

    def __eq__(self, other):
        return isinstance(other, Doubt) and other.value == self.value

    __hash__ = None


class Apart:
    """An array of the standard's, of another library."""

    def __array_namespace__(self):
        return None

    def __mul__(self, other):
        return "its own"

    __rmul__ = __mul__


OBJECTS = {
    "fraction": Fraction(1, 2),
    "decimal": Decimal(2),
    "a library's": Doubt(2.0),
    "a set": {1, 2},
    "a function": len,
    "a class": object,
    "a slice": slice(3),
    "a range": range(3),
}
OPERATORS = [operator.mul, operator.add, operator.eq, operator.ne, operator.lt]


@pytest.mark.parametrize("few", [0, 1 << 18])
@pytest.mark.parametrize("operand", ["array", "element", "without axes"])
@pytest.mark.parametrize("other", OBJECTS.values(), ids=OBJECTS)
def test_objects_meet_every_element_as_in_numpy(other, operand, few):
    def call(xp, function, reflected):
        x = xp.asarray([1.0, 2, 3])
        x = {"array": x, "element": x[1], "without axes": xp.asarray(3)}[operand]
        try:
            return np.asarray(function(other, x) if reflected else function(x, other))
        except TypeError:
            return np.asarray("a TypeError")

    with la.config(small_bytes=few):
        for function in OPERATORS:
            for reflected in (False, True):
                made, wanted = (call(xp, function, reflected) for xp in (la, np))
                assert made.dtype == wanted.dtype
                assert np.array_equal(made, wanted)


def test_arrays_of_other_libraries_say_what_operators_mean():
    assert la.ones(3) * Apart() == Apart() * la.ones(3) == "its own"


class Told:
    """What says itself what ufuncs give of it."""

    def __init__(self, held):
        self.held = held

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        plain = [x.held if type(x) is Told else np.asarray(x) for x in inputs]
        return Told(getattr(ufunc, method)(*plain, **options))


class Counted(np.ndarray):
    """An array that counts the ufuncs that write into it."""

    calls = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out, **options):
        type(self).calls += 1
        out = tuple([x.view(np.ndarray) for x in out])
        return getattr(ufunc, method)(*map(np.asarray, inputs), out=out, **options)


BESIDE = {
    "masked": lambda held: np.ma.array(held, mask=held > 3),
    "matrix": np.asmatrix,
    "what says it itself": Told,
}
INTO = {
    "by name": lambda xp, x, y: xp.multiply(x, y, out=x),
    "by place": lambda xp, x, y: xp.multiply(x, y, x),
    "NumPy's": lambda xp, x, y: np.multiply(x, y, out=x),
    "some": lambda xp, x, y: np.add(x, y, out=x, where=[True, False, True]),
    "a view": lambda xp, x, y: np.add(y, x, out=x[::-1]),
    "one of two": lambda xp, x, y: np.divmod(y, 2, out=(x, None)),
    "a root": lambda xp, x, y: xp.sqrt(y, out=x),
    "a fold": lambda xp, x, y: np.add.reduce(y, axis=0, out=x[0]),
    "sums": lambda xp, x, y: np.add.accumulate(y, axis=0, out=x),
    "at places": lambda xp, x, y: np.add.at(x, [0, 2, 0], y),
    "beside an array": lambda xp, x, y: np.divmod(y, 2, out=(np.zeros((3, 3)), x)),
}


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["known", "planned"])
@pytest.mark.parametrize("name", INTO)
@pytest.mark.parametrize("kind", BESIDE)
def test_what_is_written_beside_such_operands_is_in_the_array(kind, name, options):
    held = np.arange(9.0).reshape(3, 3) % 5 + 1
    found = []
    for xp in (np, la):
        with la.config(**options):
            x = xp.asarray(held) * 2
            made = INTO[name](xp, x, BESIDE[kind](held.copy()))
            found.append((made is x, np.asarray(x).tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["known", "planned"])
def test_results_go_into_arrays_of_numpys_and_lazy_ones_at_once(options):
    for swapped in (1, -1):
        with la.config(**options):
            whole, rest = np.zeros(3), la.arange(3.0) * 2
            out = (whole, rest)[::swapped]
            made = np.divmod(rest + 1, 2, out=out)
        assert all(one is place for one, place in zip(made, out, strict=True))
        found = [np.asarray(one).tolist() for one in out]
        assert found == [[0, 1, 2], [1, 1, 1]]


@pytest.mark.parametrize("options", [{}, {"small_bytes": 0}], ids=["known", "planned"])
def test_a_derived_class_is_told_of_what_is_written_into_it(options):
    out = np.zeros(3).view(Counted)
    with la.config(**options):
        la.add(la.arange(3.0) * 1, 1, out=out)
    assert Counted.calls == 1
    assert out.tolist() == [1, 2, 3]
    Counted.calls = 0


class Wrapping:
    """An object with elements, to which NumPy hands what it makes of them."""

    def __init__(self, elements, *, source=None):
        self.elements, self.source = np.asarray(elements), source

    def __array__(self, dtype=None, copy=None):
        return self.elements

    def __array_wrap__(self, array, context=None, return_scalar=False):
        name = None if context is None else context[0].__name__
        return type(self)(array, source=name)


class Prior(Wrapping):
    __array_priority__ = 10


class Posterior(Wrapping):
    __array_priority__ = -1


WRAPPED = {
    "sin": lambda xp, w, x: xp.sin(w),
    "beside": lambda xp, w, x: xp.add(x, w),
    "ahead": lambda xp, w, x: xp.add(w, x),
    "number": lambda xp, w, x: xp.add(2, w),
    "operator": lambda xp, w, x: x + w,
    "reflected": lambda xp, w, x: w * x,
    "power": lambda xp, w, x: x**w,
    "compared": lambda xp, w, x: w < x,
    "equal": lambda xp, w, x: x == w,
    "two": lambda xp, w, x: xp.modf(w)[1],
    "divmod": lambda xp, w, x: xp.divmod(w, 2)[0],
    "matmul": lambda xp, w, x: xp.matmul(w, x),
    "sum": lambda xp, w, x: xp.sum(w),
    "cumsum": lambda xp, w, x: xp.cumsum(w),
    "reduce": lambda xp, w, x: xp.add.reduce(w),
    "outer": lambda xp, w, x: xp.add.outer(w, x),
    "clip": lambda xp, w, x: xp.clip(w, 0, 1),
    "round": lambda xp, w, x: xp.round(w),
    "out": lambda xp, w, x: xp.add(w, 1, out=x),
    "concatenate": lambda xp, w, x: xp.concatenate([w, x]),
    "where": lambda xp, w, x: xp.where(w, x, 1),
    "asarray": lambda xp, w, x: xp.asarray(w),
    "inv": lambda xp, w, x: xp.linalg.inv(type(w)([[2.0, 0.0], [0.0, 4.0]])),
    "add in place": lambda xp, w, x: _added(x, w),
}


def _added(x, w):
    x += w
    return x


def _wrapped_outcome(program, xp, kind, x):
    try:
        made = program(xp, kind([1.0, 2.0]), x)
    except TypeError:
        return TypeError
    elements = made.elements if isinstance(made, Wrapping) else made
    kind = type(made) if isinstance(made, Wrapping) else np.ndarray
    return kind, getattr(made, "source", None), np.asarray(elements).tolist()


@pytest.mark.parametrize("kind", [Wrapping, Prior, Posterior])
@pytest.mark.parametrize("program", WRAPPED.values(), ids=WRAPPED)
def test_what_is_made_of_an_object_is_wrapped_by_it(program, kind):
    expected = _wrapped_outcome(program, np, kind, np.ones(2))
    assert _wrapped_outcome(program, la, kind, la.ones(2)) == expected
    lazy = la.ones(400_000)[:2] * 1
    assert _wrapped_outcome(program, la, kind, lazy) == expected
