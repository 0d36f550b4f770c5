"""Every fact of a row, bit for bit, on the edges of every dtype."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lazyarr import ops
from tests.ops.edges import DTYPES, edges, maps, payloads

ROWS = maps(ops.OPS)


def values(dtype):
    """Return edges, and NaNs of every sign and payload."""
    found = edges(dtype)
    if dtype.kind == "f":
        return np.concatenate([found, payloads(dtype)])
    if dtype.kind == "c":
        nans = payloads(np.empty(0, dtype).real.dtype)
        more = np.zeros(2 * nans.size, dtype)
        more.real[: nans.size] = nans
        more.imag[nans.size :] = nans
        return np.concatenate([found, more])
    return found


def same_bits(x, y):
    return x.dtype == y.dtype and x.tobytes() == y.tobytes()


def kinds_of(op, dtype):
    """Whether the op has a loop for operands of the dtype that gives it back."""
    try:
        return op.resolve((dtype,) * op.nin) == (dtype,) * (op.nin + 1)
    except TypeError:
        return False


def facts(name):
    return [
        pytest.param(op, dtype, id=f"{op.name}-{dtype.name}")
        for op in ROWS
        for dtype in DTYPES
        if dtype.kind in getattr(op, name)
    ]


@pytest.mark.parametrize(("op", "dtype"), facts("unit_exact"))
def test_unit_changes_nothing(op, dtype):
    assert kinds_of(op, dtype)
    x = values(dtype)
    unit = np.array(op.unit).astype(dtype)
    assert same_bits(op.numpy(x, unit), x)
    assert same_bits(op.numpy(x, np.full_like(x, unit)), x)
    if op.commutative:
        assert same_bits(op.numpy(unit, x), x)


@pytest.mark.parametrize(("op", "dtype"), facts("identity"))
def test_identity_returns_its_operand(op, dtype):
    x = values(dtype)
    assert same_bits(op.numpy(x), x)


@pytest.mark.parametrize(("op", "dtype"), facts("commutative"))
def test_operands_change_places(op, dtype):
    x = values(dtype)
    a, b = (g.ravel() for g in np.meshgrid(x, x))
    with np.errstate(all="ignore"):
        assert same_bits(op.numpy(a, b), op.numpy(b, a))


INVERSES = [
    pytest.param(op, dtype, id=f"{op.name}-{dtype.name}")
    for op in ROWS
    for dtype in DTYPES
    if op.inverse and kinds_of(op, dtype) and kinds_of(ops.OPS[op.inverse], dtype)
]


@pytest.mark.parametrize(("op", "dtype"), INVERSES)
def test_inverse_undoes(op, dtype):
    inverse = ops.OPS[op.inverse]
    x = values(dtype)
    assert same_bits(inverse.numpy(op.numpy(x)), x)


def test_facts_name_only_what_holds():
    """What looks like a fact and is not one: it must not be in the table."""
    nan = np.array([np.nan])
    payload = payloads(np.dtype("f8"))[-1:]
    assert same_bits(np.array([-0.0]) + 0, np.array([0.0]))
    assert "f" not in ops.ADD.unit_exact
    assert np.add(nan, payload).tobytes() != np.add(payload, nan).tobytes()
    assert "f" not in ops.ADD.commutative
    with np.errstate(invalid="ignore"):
        infinite = np.array([np.inf + 1j]) * np.array([1 + 0j])
    assert np.isnan(infinite.imag[0])
    assert "c" not in ops.MULTIPLY.unit_exact
    minus_nan = np.copysign(np.float16(np.nan), np.float16(-1))[None]
    assert np.power(minus_nan, np.float16(1)).tobytes() != minus_nan.tobytes()
    assert "f" not in ops.POW.unit_exact
    assert ops.SUBTRACT.unit == 0
    assert np.signbit((np.array([0j]) - np.array([complex(0, -0.0)])).imag[0]) == 0


@given(
    hnp.arrays(np.uint32, st.integers(0, 40)),
    st.sampled_from(["multiply", "divide", "subtract"]),
)
def test_units_are_exact_for_all_bits(bits, name):
    """Signalling NaNs apart, which arithmetic makes quiet."""
    x = bits.view(np.float32)
    loud = np.isnan(x) & (bits & (1 << 22) == 0)
    x = x[~loud]
    op = ops.OPS[name]
    assert same_bits(op.numpy(x, np.float32(op.unit)), x)


@pytest.mark.parametrize("op", [op for op in ROWS if op.nin == 1])
def test_bits_do_not_depend_on_the_layout_unless_the_row_says_so(op):
    rng = np.random.default_rng(7)
    for char in "efdFD":
        dtype = np.dtype(char)
        if op.name == "astype" or char in op.layout_bits:
            continue
        try:
            out = op.resolve((dtype,))[-1]
        except TypeError:
            continue
        x = rng.uniform(-3, 3, 301).astype(dtype)
        if dtype.kind == "c":
            x = (x + 1j * rng.uniform(-3, 3, 301)).astype(dtype)
        with np.errstate(all="ignore"):
            want = op.numpy(x)
            for step in (-1, 2, 5):
                wide = np.zeros(301 * abs(step), dtype)
                view = wide[::step][:301]
                view[:] = x
                place = np.zeros(301 * abs(step), out)[::step][:301]
                op.numpy(x, place)
                for got in (op.numpy(view), place):
                    assert np.array_equal(got, want, equal_nan=True), (char, step)
            for start, stop in ((0, 1), (3, 4), (5, 20), (40, 301)):
                part = op.numpy(x[start:stop])
                assert np.array_equal(part, want[start:stop], equal_nan=True), char


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
def test_bits_do_not_depend_on_the_place_in_the_loop(op):
    """A tile has the bits of the whole: what the executor's cut rests on."""
    rng = np.random.default_rng(11)
    for char in "efdFD":
        dtype = np.dtype(char)
        if op.name == "astype":
            continue
        try:
            loop = op.resolve((dtype,) * op.nin)[:-1]
        except TypeError:
            continue
        operands = [rng.uniform(-2, 2, 517).astype(d) for d in loop]
        with np.errstate(all="ignore"):
            want = op.numpy(*operands)
            for start in (0, 1, 7, 16, 500):
                for size in (1, 3, 8, 17, 64):
                    part = slice(start, start + size)
                    got = op.numpy(*(a[part] for a in operands))
                    assert np.array_equal(got, want[part], equal_nan=True), (char, part)


def test_where_chooses_from_pythons_numbers():
    condition, x = np.arange(20_000) % 3 == 0, np.linspace(-1, 1, 20_000)
    pick = ops.WHERE.numpy
    assert same_bits(pick(condition, 0.0, x), np.where(condition, 0.0, x))
    assert same_bits(pick(condition, x, 2), np.where(condition, x, 2))


SIDES = [(20_000,), (10_000, 2), (70, 100, 3)]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("often", [0.5, 0.01, 0.0, 1.0])
def test_where_chooses_from_long_arrays_and_numbers(dtype, often):
    rng = np.random.default_rng(5)
    pick = ops.WHERE.numpy
    given = values(dtype)
    zero, nought = np.zeros((), dtype), np.array(-0.0).astype(dtype)[()]
    for shape in SIDES:
        x, y = (rng.permutation(np.resize(given, shape)) for _ in range(2))
        calm = np.arange(x.size).reshape(shape) < x.size * often
        for condition in (rng.random(shape) < often, calm):
            numbers = [x, zero, nought, given[-1]]
            for one, other in [(a, b) for a in numbers for b in (y, *numbers[1:])]:
                want = np.where(condition, one, other)
                result = pick(condition, one, other)
                assert same_bits(result, want)
                assert result.dtype == want.dtype
                out = np.empty_like(x)
                pick(condition, one, other, out)
                assert same_bits(out, want)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_where_writes_any_output(dtype):
    x = values(dtype)
    y = x[::-1].copy()
    condition = np.arange(x.size) % 3 == 0
    want = np.where(condition, x, y)
    pick = ops.WHERE.numpy
    assert same_bits(pick(condition, x, y), want)
    for make in (np.empty_like, lambda a: np.empty(2 * a.size, a.dtype)[::2]):
        out = make(x)
        assert pick(condition, x, y, out) is out
        assert same_bits(np.ascontiguousarray(out), want)
    out = x.copy()
    assert same_bits(pick(condition, out, y, out), want)
    out = y.copy()
    assert same_bits(pick(condition, x, out, out), want)
    out = x.copy()
    assert same_bits(pick(condition, out, out, out), x)
    wide = np.concatenate([x, x[:1]])
    want = np.where(condition, wide[1:], y)
    assert same_bits(pick(condition, wide[1:], y, wide[:-1]), want)
    scalar = x[0:1].reshape(())
    out = np.empty_like(y)
    assert same_bits(pick(condition, scalar, y, out), np.where(condition, scalar, y))
    out = np.empty_like(y)
    pick(np.array(True), scalar, y, out)
    assert same_bits(out, np.full_like(y, scalar))
    if dtype.kind == "b":
        out = condition.copy()
        assert same_bits(pick(out, x[0], y[0], out), np.where(condition, x[0], y[0]))
