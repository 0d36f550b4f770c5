"""What CuPy's functions work in, beside what an H200 was seen to need for them.

`workspaces_h200.json` has a call in each line: the function, its parameters, what it reads
(shape, dtype and order), its result, and the most bytes beside that, of its first calls.
"""

from __future__ import annotations

import ast
import json
from math import prod
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import lazyarr as la
from lazyarr.codegen.indexing import Layout
from lazyarr.codegen.lowering import lower
from lazyarr.codegen.source import machine_for
from lazyarr.ir.view import contiguous_strides
from lazyarr.plan.beside import scratch_of
from lazyarr.plan.device_transforms import AREAS
from lazyarr.plan.device_workspace import RULES
from lazyarr.plan.operands import Operand
from lazyarr.plan.phases import between

CALLS = json.loads((Path(__file__).parent / "workspaces_h200.json").read_text())
NAMES = sorted({call[0] for call in CALLS})
OWN = 16 << 10  # bytes, that every call has for numbers
SMALL = 3 << 17
HOST = la.profiles.h200()


def array(shape, dtype):
    dtype = np.dtype(dtype)
    nbytes = prod(shape) * dtype.itemsize
    return SimpleNamespace(shape=tuple(shape), dtype=dtype, nbytes=nbytes)


def predicted(name, seen, result, params):
    found = RULES[name](seen, result, params) if name in RULES else 0
    kept = AREAS[name](seen, result, params).nbytes if name in AREAS else 0
    return OWN + found, kept


@pytest.mark.parametrize("name", NAMES)
def test_workspaces_are_near_the_measured_ones(name):
    for _, params, seen, made, measured in [call for call in CALLS if call[0] == name]:
        read = [Operand(tuple(s), np.dtype(d), order) for s, d, order in seen]
        result = array(*made)
        work, kept = predicted(name, read, result, ast.literal_eval(params or "()"))
        held = sum(x.nbytes for x in read) + result.nbytes
        call = (name, params, seen, made)
        assert measured <= work + kept, call
        # An area that was there for another call was not needed again.
        assert work <= 1.1 * (measured + held) - held + SMALL, call


def need(made):
    return la.explain(made, profile=HOST, device="gpu").plan.memory.need


def test_a_sort_on_a_gpu_needs_what_thrust_sorts_in():
    x = la.asarray(np.ones(1_000_000))
    rounded = x.nbytes + 512
    # What arrives, the sorted copy, as much again, and counts of digits.
    assert need(la.sort(x)) > 3 * x.nbytes
    assert need(la.sort(x)) < 3.1 * rounded + SMALL


def test_the_area_of_a_transform_stays_for_what_follows_it():
    x = la.asarray(np.ones(200_000) + 0j)
    once = la.fft.fft(x)
    again = la.fft.ifft(once * 2)
    area = 16 * 200_000
    # One plan of cuFFT does both ways.
    assert area <= need(once) - 2 * area <= area + SMALL
    assert need(again) - need(once) < area + SMALL


def test_long_lines_of_a_prime_length_need_more():
    smooth, prime = (la.asarray(np.ones(n) + 0j) for n in (65_536, 65_537))
    assert need(la.fft.fft(prime)) > need(la.fft.fft(smooth)) + 3 * prime.nbytes


# Lines of odd lengths, and what an H200 was seen to keep for their real transforms.
ODD = {
    (1000, 1023): 16_376_640,
    (1000, 1025): 16_409_152,
    (1000, 3075): 49_209_152,
    (1000, 6001): 242_425_408,
    (7, 6001): 1_941_592,
    (7, 65_537): 20_993_368,
}


@pytest.mark.parametrize("sides", ODD)
@pytest.mark.parametrize("name", ["rfft", "irfft"])
def test_lines_of_odd_lengths_are_made_complex(name, sides):
    lines, length = sides
    half = (lines, length // 2 + 1)
    dtypes = {sides: np.dtype("f8"), half: np.dtype("c16")}
    given, made = (sides, half) if name == "rfft" else (half, sides)
    seen = [Operand(given, dtypes[given], "C")]
    kept = AREAS[name](seen, array(made, dtypes[made]), (length, 1, None)).nbytes
    assert ODD[sides] <= kept + OWN
    assert kept <= 1.25 * ODD[sides]


# Functions, dtypes, lines and their lengths, and the areas of which an H200's cuFFT told.
TOLD = {
    ("fft", "c16", 16, 1366): 0,
    ("fft", "c16", 1000, 1536): 0,
    ("fft", "c16", 100, 2018): 0,
    ("fft", "c16", 16, 2047): 524_288,
    ("fft", "c8", 1000, 2049): 0,
    ("fft", "c16", 1000, 2049): 262_144_000,
    ("fft", "c16", 16, 2500): 0,
    ("fft", "c16", 16, 2731): 4_194_304,
    ("fft", "c16", 3, 4093): 786_432,
    ("fft", "c8", 1000, 4097): 138_240_000,
    ("fft", "c16", 1, 5003): 325_632,
    ("fft", "c8", 100, 10007): 32_401_408,
    ("fft", "c16", 1, 1000003): 64_800_768,
    ("rfft", "f8", 16, 1042): 133_632,
    ("rfft", "f8", 1000, 1022): 8_192_000,
    ("rfft", "f4", 1000, 2049): 16_392_192,
    ("rfft", "f8", 1, 2049): 297_472,
    ("rfft", "f8", 1000, 2049): 147_480_576,
    ("rfft", "f8", 3, 2053): 592_384,
    ("rfft", "f8", 1000, 3003): 48_056_320,
    ("rfft", "f4", 1000, 4098): 32_784_384,
    ("rfft", "f8", 1000, 4098): 294_961_152,
    ("rfft", "f8", 16, 5006): 4_837_376,
    ("rfft", "f8", 100, 7002): 31_820_288,
    ("rfft", "f8", 1, 10007): 809_472,
    ("rfft", "f8", 3, 10007): 1_616_896,
    ("rfft", "f8", 1, 999999): 32_000_000,
    ("rfft", "f8", 3, 1000000): 24_000_512,
}


@pytest.mark.parametrize("call", TOLD, ids=str)
def test_areas_are_what_cufft_tells(call):
    name, dtype, lines, length = call
    seen = [Operand((lines, length), np.dtype(dtype), "C")]
    made = array((lines, length), dtype)  # which areas do not depend on
    kept = AREAS[name](seen, made, (length, 1, None)).nbytes
    assert TOLD[call] <= kept + OWN
    assert kept <= 1.1 * TOLD[call] + SMALL


def test_an_update_that_writes_in_place_makes_no_array():
    x = la.zeros(1_000_000) + 1
    x[10:-10] = 2.0
    rounded = -(-8_000_000 // 512) * 512
    assert rounded <= need(x * 1) <= rounded + SMALL


def test_a_limit_counts_what_functions_work_in():
    # The sort alone needs three times its operand, and no window makes that less.
    v, x = la.asarray(np.ones(500_000)), la.asarray(np.ones((16, 500_000)))
    for made in (la.sort(v), x * 2 + la.sort(v)):
        with la.config(memory_limit=int(2.5 * v.nbytes)):
            plan = la.explain(made, profile=HOST, device="gpu").plan
            chosen = la.explain(made, profile=HOST, device="auto").plan
        assert plan.memory.need > plan.memory.room
        assert chosen.device == "cpu"
        assert "memory" in chosen.reason
    with la.config(memory_limit=int(3.5 * v.nbytes)):
        windowed = la.explain(x * 2 + la.sort(v), profile=HOST, device="gpu").plan
    assert windowed.memory.need <= windowed.memory.room


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_an_einsum_needs_the_same_without_its_output(device):
    def most(text):
        made = la.einsum(text, x, y, optimize=True)
        plan = la.explain(made, profile=HOST, device=device).plan
        return plan.memory.need + scratch_of(plan)

    x, y = (la.asarray(np.ones(shape)) for shape in ((300, 200), (300, 400)))
    copied = 300 * 600 if device == "gpu" else 200 * 400  # operands, or the result
    assert most("ji,jk") == most("ji,jk->ik") > 8 * (copied + 200 * 400)


def test_a_triangular_factor_needs_what_reflections_take():
    x = la.asarray(np.ones((300, 200)))
    triangle, both = (la.linalg.qr(x, mode=mode) for mode in ("r", "reduced"))
    assert need(triangle) >= need(both[1]) - 2 * x.nbytes


def softmax(x, axis):
    e = la.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


ROWWISE = {
    "softmax": softmax,
    "deviations": lambda x, axis: x - x.mean(axis, keepdims=True),
    "standardized": lambda x, axis: (
        (x - x.mean(axis, keepdims=True)) / x.std(axis, keepdims=True)
    ),
    "standardized, turned": lambda x, axis: standardized_of(x.T, 1 - axis),
    "shares of two": lambda x, axis: (
        x / x.sum(axis, keepdims=True) + la.sin(x) / x.max(axis, keepdims=True)
    ),
}


def standardized_of(x, axis):
    return (x - x.mean(axis, keepdims=True)) / x.std(axis, keepdims=True)


@pytest.mark.parametrize("shape", [(30, 70), (2, 9000), (3000, 700), (700, 3)])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", ROWWISE)
def test_what_lies_between_launches_of_rows_is_counted(name, axis, shape):
    x = la.asarray(np.ones(shape))
    plan = la.explain(ROWWISE[name](x, axis), profile=HOST, device="gpu").plan
    strides = {v.id: contiguous_strides(v.shape) for v in plan.values}
    layouts = {k: Layout(s, aligned=True) for k, s in strides.items()}
    layouts |= dict.fromkeys(plan.host_values)
    rows = [stage for stage in plan.stages if stage.kind == "rowwise"]
    assert rows
    for stage in rows:
        made = lower(stage, plan.values, layouts, machine_for(plan, stage, 132)).values
        counted = between(stage, plan.values)
        assert sum(v.nbytes for v in made) <= sum(counted)
        assert len(made) == len(counted) or sum(counted) < 0.02 * x.nbytes + 512


def test_a_value_that_no_stride_takes_where_it_belongs_is_counted():
    x = la.array(np.ones((300, 600)).T)  # lies turned on the host, but not on a GPU
    x.T.reshape(-1)[::3] = la.arange(60_000) * 2.0
    rounded = x.nbytes + 512
    # What arrives, the result, the value, and the part of the result that is copied.
    assert need(x) > 3 * x.nbytes + x.nbytes // 3
    assert need(x) < 3 * rounded + rounded // 3 + SMALL


def test_areas_of_short_real_transforms_are_counted():
    x = la.asarray(np.ones(3000))
    z = x - x.mean()
    # An H200 was seen to need 418,816 bytes for more than this.
    assert need(la.correlate(z, z, "full")) > 418_000


def test_filters_of_one_fast_length_share_an_area():
    n = 1_000_000
    x = la.asarray(np.ones(n))
    filters = [la.convolve(x, np.ones(k), "same") for k in (5, 20, 2000)]

    def need(*ones):
        plan = la.explain(*ones, device="gpu", profile=la.profiles.h200()).plan
        return plan.memory.need

    length = 1_000_188  # the least from 1,000,004 and from 1,000,019 on: 7-smooth
    area, result = 2 * 8 * length, 8 * n
    one, two = need(filters[0]), need(*filters[:2])
    assert one == pytest.approx(8 * n + area + 5 * 8 * length, abs=SMALL)
    assert two - one == pytest.approx(result, abs=SMALL)
    assert need(filters[0], filters[2]) - one > area
