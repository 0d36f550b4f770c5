"""The values that the array API standard asks for where NumPy has others."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lazyarr.ops import standard
from tests.ops.edges import edges

inf, nan = np.inf, np.nan
FLOATS = [np.dtype(c) for c in "efd"]
COMPLEX = [np.dtype(c) for c in "FD"]

# The standard's special cases of floor_divide with one infinite operand.
QUOTIENTS = [
    (inf, 2.0, inf),
    (inf, -2.0, -inf),
    (-inf, 2.0, -inf),
    (-inf, -2.0, inf),
    (2.0, inf, 0.0),
    (2.0, -inf, -0.0),
    (-2.0, inf, -0.0),
    (-2.0, -inf, 0.0),
    (0.0, inf, 0.0),
    (-0.0, inf, -0.0),
    (0.0, -inf, -0.0),
    (-0.0, -inf, 0.0),
    (inf, inf, nan),
    (-inf, inf, nan),
    (nan, inf, nan),
    (inf, nan, nan),
    (inf, 0.0, inf),
    (-inf, 0.0, -inf),
    (inf, -0.0, -inf),
]
EXPM1 = [
    (complex(0.0, 0.0), complex(0.0, 0.0)),
    (complex(-0.0, 0.0), complex(0.0, 0.0)),
    (complex(0.0, -0.0), complex(0.0, -0.0)),
    (complex(-0.0, -0.0), complex(0.0, -0.0)),
    (complex(1.0, inf), complex(nan, nan)),
    (complex(1.0, nan), complex(nan, nan)),
    (complex(inf, 0.0), complex(inf, 0.0)),
    (complex(inf, -0.0), complex(inf, -0.0)),
    (complex(-inf, 1.0), complex(-1.0, 0.0)),
    (complex(inf, 1.0), complex(inf, inf)),
    (complex(-inf, inf), complex(-1.0, 0.0)),
    (complex(inf, inf), complex(inf, nan)),
    (complex(-inf, nan), complex(-1.0, 0.0)),
    (complex(inf, nan), complex(inf, nan)),
    (complex(nan, 0.0), complex(nan, 0.0)),
    (complex(nan, -0.0), complex(nan, -0.0)),
    (complex(nan, 1.0), complex(nan, nan)),
    (complex(nan, nan), complex(nan, nan)),
]
TANH = [
    (complex(inf, 2.0), complex(1.0, 0.0)),
    (complex(inf, -2.0), complex(1.0, -0.0)),
    (complex(inf, 0.0), complex(1.0, 0.0)),
    (complex(inf, inf), complex(1.0, 0.0)),
    (complex(nan, 0.0), complex(nan, 0.0)),
]
REPAIRED = {"expm1": EXPM1, "tanh": TANH}


def agree(got, want):
    """Whether two floats are equal, the sign of zero and NaN included."""
    return (np.isnan(got) and np.isnan(want)) or (
        got == want and np.signbit(got) == np.signbit(want)
    )


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize(("x", "y", "want"), QUOTIENTS)
def test_floor_divide(dtype, x, y, want):
    with np.errstate(all="ignore"):
        (got,) = standard.floor_divide(np.array([x], dtype), np.array([y], dtype))
        scalar = standard.floor_divide(np.array(x, dtype), np.array(y, dtype))
    assert agree(got, want)
    assert agree(scalar, want)
    assert type(scalar) is dtype.type


@pytest.mark.parametrize("dtype", COMPLEX, ids=str)
@pytest.mark.parametrize(
    ("name", "z", "want"), [(n, *row) for n, rows in REPAIRED.items() for row in rows]
)
def test_complex_function(dtype, name, z, want):
    function = getattr(standard, name)
    with np.errstate(all="ignore"):
        (got,) = function(np.array([z], dtype))
        scalar = function(np.array(z, dtype))
    ignored = not np.isnan(want.imag) and np.isinf(z.real) and z.imag in {inf, -inf}
    for result in (got, scalar):
        assert agree(result.real, want.real)
        assert agree(result.imag, want.imag) or (ignored and result.imag == want.imag)


@pytest.mark.parametrize("dtype", COMPLEX, ids=str)
def test_sign_of_zeros(dtype):
    zeros = np.array([0j, complex(-0.0, 0.0), complex(0, -0.0), complex(-0.0, -0.0)])
    got = standard.sign(zeros.astype(dtype))
    assert not np.signbit(got.real).any()
    assert not np.signbit(got.imag).any()
    assert not got.any()
    assert standard.sign(dtype.type(-3 + 0j)) == -1


def repaired_lanes(name, x, y=None):
    match name:
        case "floor_divide":
            return (np.isinf(x) != np.isinf(y)) & ~np.isnan(x) & ~np.isnan(y)
        case "expm1":
            return ~np.isfinite(x) | (x == 0)
        case "sign":
            return x == 0
        case _:
            return np.isinf(x.real) & np.isfinite(x.imag)


@pytest.mark.parametrize("name", ["floor_divide", "expm1", "sign", "tanh"])
@pytest.mark.parametrize("dtype", [*FLOATS, *COMPLEX, np.dtype("i4")], ids=str)
def test_everything_else_is_numpys(name, dtype):
    x = edges(dtype)
    operands = [x]
    if name == "floor_divide":
        if dtype.kind == "c":
            with pytest.raises(TypeError):
                standard.floor_divide(x, x)
            return
        operands = [g.ravel() for g in np.meshgrid(x, x)]
    with np.errstate(all="ignore"):
        got = getattr(standard, name)(*operands)
        want = getattr(np, name)(*operands)
    special = name == "floor_divide" and dtype.kind == "f"
    keep = np.ones(want.shape, bool)
    if special or dtype.kind == "c":
        keep = ~repaired_lanes(name, *operands)
    assert got.dtype == want.dtype
    assert got[keep].tobytes() == want[keep].tobytes()


@pytest.mark.parametrize("name", ["floor_divide", "expm1", "sign", "tanh"])
def test_out_may_be_an_operand(name):
    dtype = np.dtype("d" if name == "floor_divide" else "D")
    operands = [edges(dtype)]
    if name == "floor_divide":
        operands = [g.ravel() for g in np.meshgrid(*operands * 2)]
    function = getattr(standard, name)
    with np.errstate(all="ignore"):
        want = function(*operands)
        for k in range(len(operands)):
            given = [a.copy() for a in operands]
            assert function(*given, given[k]) is given[k]
            assert given[k].tobytes() == want.tobytes()


def caught(function, *operands):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function(*operands)
    return sorted(str(w.message) for w in found)


@pytest.mark.parametrize("name", ["floor_divide", "expm1", "sign", "tanh"])
def test_warnings_are_numpys(name):
    dtype = np.dtype("d" if name == "floor_divide" else "D")
    values = edges(dtype)
    for x in values:
        pairs = [(x, y) for y in values] if name == "floor_divide" else [(x,)]
        for operands in pairs:
            arrays = [np.array([v]) for v in operands]
            want = caught(getattr(np, name), *arrays)
            assert caught(getattr(standard, name), *arrays) == want


@given(
    hnp.arrays(np.float64, st.integers(0, 9)), st.sampled_from([inf, -inf, 2.0, nan])
)
def test_floor_divide_broadcasts(x, y):
    with np.errstate(all="ignore"):
        whole = standard.floor_divide(x, np.full_like(x, y))
        assert whole.tobytes() == standard.floor_divide(x, np.float64(y)).tobytes()


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite", "signbit"])
@pytest.mark.parametrize("char", "hiqefdFD")
def test_tests_write_to_any_layout(name, char):
    dtype = np.dtype(char)
    x = np.resize(edges(dtype), 301)
    if name == "signbit" and dtype.kind == "c":
        return
    want = getattr(np, name)(x)
    for step in (-1, 2, 3):
        out = np.zeros(301 * abs(step), bool)[::step][:301]
        assert standard.Strided(getattr(np, name))(x, out) is out
        assert (out == want).all()
