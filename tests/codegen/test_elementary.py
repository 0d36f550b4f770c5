"""The device functions of their own, on a CPU, against the C library in 80 bits."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lazyarr.codegen.preamble import sections

# The most units in the last place that a function may be off, for each dtype.
WORST = {
    ("exp", "f8"): 1.1,
    ("log", "f8"): 0.85,
    ("log1p", "f8"): 1.4,
    ("sin", "f8"): 1.9,
    ("cos", "f8"): 2.0,
    ("tanh", "f8"): 2.5,
    ("tanh", "f4"): 6.5,
}
EDGES = [0.0, 5e-324, 1e-310, 2.3e-308, 1e-45, 1e-17, 2.0**-54, 2.0**-53, 0.5, 1.0]
EDGES += [1 - 2.0**-53, 1 + 2.0**-52, 9.0, 9.02, 22.0, 22.1, 99_999.99, 100_001.0]
EDGES += [708.5, 709.78, 709.79, 745.1, 745.2, 746.0, 1e22, 1e300, np.inf, np.nan]
EDGES += [np.pi / 2, np.pi, 3 * np.pi, 1e4 * np.pi, 1.5707963267948966 * 33333]
RNG = np.random.default_rng(5)
COUNT = 200_000


def loop_text(name, dtype):
    kind = {"f8": "double", "f4": "float"}[dtype]
    return (
        f'extern "C" void {name}_{dtype}({kind}* q, const {kind}* p, long n) {{\n'
        f"  for (long i = 0; i < n; ++i) q[i] = lz_real_{name}(p[i]);\n}}\n"
    )


def over_text(dtype):
    kind = {"f8": "double", "f4": "float"}[dtype]
    return (
        f'extern "C" void over_{dtype}({kind}* q, const {kind}* b, long n) {{\n'
        f"  const lz_divisor<{kind}> d(*b);\n"
        "  for (long i = 0; i < n; i += 4) lz_over<4>(q + i, d);\n}\n"
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if shutil.which("g++") is None:
        pytest.skip("device functions are executed only where g++ is")
    folder = tmp_path_factory.mktemp("elementary")
    body = "".join(loop_text(*key) for key in WORST)
    body += over_text("f4") + over_text("f8")
    text = '#include <math.h>\n#include "words.h"\n' + sections(body) + body
    (folder / "f.cpp").write_text(text, encoding="utf-8")
    command = ["g++", "-std=c++17", "-O1", "-ffp-contract=off", "-fwrapv", "-w"]
    command += ["-shared", "-fPIC", f"-I{Path(__file__).parent}"]
    subprocess.run([*command, folder / "f.cpp", "-o", folder / "f.so"], check=True)
    return ctypes.CDLL(str(folder / "f.so"))


def samples(dtype):
    """Return every edge, random bits, and numbers of the sizes that functions differ in."""
    unsigned = {"f8": np.uint64, "f4": np.uint32}[dtype]
    bits = RNG.integers(0, np.iinfo(unsigned).max, COUNT, unsigned, endpoint=True)
    parts = [np.array(EDGES), -np.array(EDGES)]
    parts += [RNG.uniform(-size, size, COUNT) for size in (1, 25, 760, 1e5)]
    parts += [np.exp(RNG.uniform(-40, 0, COUNT)) * RNG.choice([-1, 1], COUNT)]
    parts += [1 + RNG.normal(size=COUNT) * 1e-3]
    parts += [np.round(RNG.uniform(-3e4, 3e4, COUNT)) * np.pi / 2]
    with np.errstate(all="ignore"):
        return np.concatenate([np.concatenate(parts).astype(dtype), bits.view(dtype)])


@pytest.mark.parametrize(("name", "dtype"), WORST)
def test_a_function_is_as_near_as_stated(library, name, dtype):
    x = samples(dtype)
    got = np.empty_like(x)
    function = library[f"{name}_{dtype}"]
    function(
        ctypes.c_void_p(got.ctypes.data),
        ctypes.c_void_p(x.ctypes.data),
        ctypes.c_long(x.size),
    )
    with np.errstate(all="ignore"):
        exact = getattr(np, name)(x.astype(np.longdouble))
        near = exact.astype(dtype)
        unit = np.spacing(np.abs(near)).astype(np.longdouble)
        off = np.abs(got.astype(np.longdouble) - exact) / unit
    ends = ~np.isfinite(near)
    np.testing.assert_array_equal(got[ends], near[ends])
    zero = near == 0
    np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(near[zero]))
    assert np.isfinite(got[~ends]).all()
    worst = np.argmax(np.where(ends, 0, off))
    assert off[worst] <= WORST[name, dtype], (x[worst], got[worst], near[worst])


def test_sines_and_hyperbolic_tangents_are_never_beyond_one(library):
    for name, dtype in WORST:
        if name in ("sin", "cos", "tanh"):
            x = samples(dtype)
            got = np.empty_like(x)
            library[f"{name}_{dtype}"](
                ctypes.c_void_p(got.ctypes.data),
                ctypes.c_void_p(x.ctypes.data),
                ctypes.c_long(x.size),
            )
            assert np.nanmax(np.abs(got)) == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_numbers_over_one_are_their_quotients(library, dtype):
    info = np.finfo(dtype)
    unsigned = np.dtype(f"u{info.bits // 8}").type
    top = np.iinfo(unsigned).max
    bits = RNG.integers(0, top, 20_000, unsigned, endpoint=True).view(dtype)
    likely = RNG.uniform(-1e3, 1e3, 20_000).astype(dtype)
    with np.errstate(all="ignore"):
        powers = np.exp2(
            np.arange(info.minexp - info.nmant, info.maxexp, 3), dtype=dtype
        )
        ends = np.array([*EDGES, 1 - info.epsneg], dtype)
    beside = [np.nextafter(powers, dtype(end)) for end in (0, np.inf)]
    numbers = np.concatenate([bits, likely, ends, -ends, powers, -powers, *beside])
    numbers = numbers[len(numbers) % 4 :]
    some = powers[::7], -powers[::13], beside[0][::7], beside[1][::7]
    divisors = [ends, -ends, RNG.choice(bits, 150), likely[:50], *some]
    call = getattr(library, f"over_{np.dtype(dtype).str[1:]}")
    for divisor in np.concatenate(divisors):
        got, over = numbers.copy(), np.full(1, divisor)
        call(
            ctypes.c_void_p(got.ctypes.data),
            ctypes.c_void_p(over.ctypes.data),
            ctypes.c_long(len(got)),
        )
        with np.errstate(all="ignore"):
            expected = numbers / over
        np.testing.assert_array_equal(got, expected, err_msg=repr(divisor))
        there = ~np.isnan(expected)
        np.testing.assert_array_equal(
            np.signbit(got[there]), np.signbit(expected[there])
        )
