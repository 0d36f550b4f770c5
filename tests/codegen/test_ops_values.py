"""Every op's CUDA expression, compiled as C++ for the CPU, against NumPy."""

import ctypes
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lazyarr import ops
from lazyarr.codegen.preamble import ctype, expression, sections
from tests.cases import every
from tests.ops.edges import DTYPES, case_name, cases, crossed

SHIM = """
#include <math.h>
#include "words.h"
"""
# What this CPU's C library and NumPy may differ by, in units in the last place.
SLACK = 4
# Which of two equal zeros NumPy returns depends on the processor, or on its version.
EITHER_ZERO = {"maximum", "minimum", "fmax", "fmin", "clip", "nextafter"}
CASES = [case for case in cases(ops.OPS) if case[0].name != "astype"]
CASTS = [(x, y) for x in DTYPES for y in DTYPES]


def out_dtype(op, loop):
    return op.resolve(loop)[-1]


def loop_text(number, op, loop, out):
    """Return a C function that computes an op over arrays."""
    names = tuple(f"r{k}" for k in range(len(loop)))
    loads = "".join(
        f"const {ctype(d)} r{k} = (({ctype(d)}*)p[{k}])[i]; "
        for k, d in enumerate(loop)
    )
    value = expression(op, loop, out, names)
    return (
        f'extern "C" void run{number}(void** p, {ctype(out)}* q, long n) {{\n'
        f"  for (long i = 0; i < n; ++i) {{ {loads}\n"
        f"    const {ctype(out)} r = {value}; q[i] = r; }}\n}}\n"
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if shutil.which("g++") is None:
        pytest.skip("expressions are executed only where g++ is")
    folder = tmp_path_factory.mktemp("expressions")
    texts = [
        loop_text(k, op, loop, out_dtype(op, loop))
        for k, (op, loop) in enumerate(CASES)
    ]
    astype = ops.OPS["astype"]
    texts += [
        loop_text(len(CASES) + k, astype, (x,), y) for k, (x, y) in enumerate(CASTS)
    ]
    body = "".join(texts)
    source = folder / "ops.cpp"
    source.write_text(SHIM + sections(body) + body)
    target = folder / "ops.so"
    command = [
        "g++",
        "-std=c++17",
        "-O1",
        "-w",
        "-ffp-contract=off",
        "-shared",
        "-fPIC",
        f"-I{Path(__file__).parent}",
    ]
    command += [str(source), "-o", str(target)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[:4000]
    return ctypes.CDLL(str(target))


def run(library, number, operands, out):
    result = np.empty(operands[0].shape, out)
    pointers = (ctypes.c_void_p * len(operands))(*(a.ctypes.data for a in operands))
    function = library[f"run{number}"]
    function(pointers, ctypes.c_void_p(result.ctypes.data), ctypes.c_long(result.size))
    return result


def ulps(got, want, scale):
    """Return how far apart two arrays of real floats are, in units of `scale`'s last
    place. Equal NaNs and infinities are 0 apart, a NaN and a number infinitely far.
    """
    with np.errstate(all="ignore"):
        unit = np.spacing(np.maximum(scale, np.finfo(scale.dtype).tiny)).astype("d")
        apart = np.abs(got.astype("d") - want.astype("d")) / unit
    same = (got == want) | (np.isnan(got) & np.isnan(want))
    finite = np.isfinite(got) & np.isfinite(want)
    return np.where(same, 0, np.where(finite, apart, np.inf))


def distance(op, operands, got, want):
    """Return the difference of every element in the row's units; see ``Op.ulp``."""
    with np.errstate(all="ignore"):
        scale = np.abs(want)
        if want.dtype.kind in op.ulp_scale:
            sizes = [np.abs(a).astype(scale.dtype) for a in operands]
            for size in (np.ones_like(scale), *sizes):
                scale = np.fmax(scale, np.where(np.isfinite(size), size, 1))
    if want.dtype.kind == "f":
        return ulps(got, want, np.where(np.isfinite(scale), scale, np.abs(want)))
    far = []
    for a, b in ((got.real, want.real), (got.imag, want.imag)):
        near = ulps(a, b, np.abs(b))
        usual = np.isfinite(a) & np.isfinite(b) & np.isfinite(scale)
        far.append(np.where(usual, np.minimum(near, ulps(a, b, scale)), near))
    return np.maximum(*far)


def valid(op, operands):
    """Leave out integers to negative powers, which NumPy refuses, and products whose
    parts overflow: NumPy's are fused or not as the processor and the strides have it.
    """
    dtype = operands[0].dtype
    keep = np.ones(operands[0].shape, bool)
    if op.name == "pow" and dtype.kind == "i":
        keep = operands[1] >= 0
    if op.name in {"multiply", "square"} and dtype.kind == "c":
        for part in (part for a in operands for part in (a.real, a.imag)):
            keep &= ~(np.isfinite(part) & (np.abs(part) > 1e30))
    return [a[keep] for a in operands]


def growth(op, operands):
    """Return how much a complex power enlarges an error of its logarithm."""
    if op.name not in {"pow", "float_power"} or operands[0].dtype.kind != "c":
        return 1
    base, power = operands
    with np.errstate(all="ignore"):
        turns = np.abs(power * np.log(base)).astype("d")
        return np.clip(np.nan_to_num(turns), 1, 1e12)


@pytest.mark.parametrize("name", sorted({op.name for op, _ in CASES}))
def test_expression_has_numpys_values(library, name):
    numbers = {case_name(case): k for k, case in enumerate(CASES)}
    mine = [case_name(case) for case in CASES if case[0].name == name]
    every(lambda case: check_expression(library, numbers[case]), mine)


def check_expression(library, number):
    op, loop = CASES[number]
    operands = valid(op, crossed(loop))
    with np.errstate(all="ignore"):
        want = op.numpy(*operands)
    got = run(library, number, operands, out_dtype(op, loop))
    assert got.dtype == want.dtype
    if want.dtype.kind in "biu":
        wrong = got != want
    else:
        ulp = op.allowed(loop[-1])
        allowed = ulp + SLACK if ulp else 0
        wrong = ~(distance(op, operands, got, want) <= allowed * growth(op, operands))
    if want.dtype.kind == "f" and op.name not in EITHER_ZERO:
        wrong |= (want == 0) & (np.signbit(got) != np.signbit(want))
    shown = [(*(a[wrong][:9] for a in operands), got[wrong][:9], want[wrong][:9])]
    assert not wrong.any(), f"{wrong.sum()} of {wrong.size}: {shown}"


@pytest.mark.parametrize("source", DTYPES, ids=str)
def test_cast_has_numpys_values(library, source):
    targets = [y for x, y in CASTS if x == source]
    every(lambda target: check_cast(library, source, target), targets)


def check_cast(library, source, target):
    (values,) = crossed((source,))
    if source.kind == "f" and target.kind in "iu":
        far = [2.0**k + d for k in (7, 8, 15, 16, 31, 32, 63, 64) for d in (-1, 0, 1)]
        far += [
            -(2.0**k) + d for k in (7, 8, 15, 16, 31, 32, 63, 64) for d in (-1, 0, 1)
        ]
        with np.errstate(over="ignore"):
            values = np.concatenate([values, np.array(far).astype(source)])
    if source.kind == "f" and target.itemsize < source.itemsize and target.kind == "f":
        ties = np.linspace(1, 1 + np.finfo(target).eps * 4, 33, dtype=source)
        values = np.concatenate([values, ties])
    if target.kind in "iu" and source.kind in "fc":
        values = values[is_settled(values, target)]
    with np.errstate(all="ignore"):
        real = values.real if source.kind == "c" and target.kind in "iuf" else values
        want = real.astype(target)
    got = run(library, len(CASES) + CASTS.index((source, target)), [values], target)
    same = (got == want) | ((got != got) & (want != want))
    assert same.all(), (values[~same], got[~same], want[~same])


def is_settled(values, target):
    """Whether C says what a float gives as an integer, or NumPy does on x86-64.

    As uint32 NumPy's vector and scalar loops differ for what does not fit.
    """
    info = np.iinfo(target)
    real = values.real.astype("d")
    if platform.machine() not in {"x86_64", "AMD64"}:
        return (real > info.min - 1.0) & (real < info.max + 1.0)
    if target == np.uint32:
        return (real > -(2.0**31)) & (real < 2.0**32)
    return np.ones(values.shape, bool)
