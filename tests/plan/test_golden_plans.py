"""Plans by name of behaviour: exact text, and the same programs' values in NumPy."""

from __future__ import annotations

import re

import numpy as np
import pytest

import lazyarr as la
from lazyarr.plan.model import DeviceProfile

GPU = DeviceProfile("a GPU", "gpu", 16 << 30, 1e12, 1e13, 5e-6, 1e10, 1e-5)
A = np.linspace(-1.0, 2.0, 12).reshape(3, 4)
B = np.linspace(3.0, 4.0, 12).reshape(3, 4)
ROW = np.linspace(0.5, 1.5, 4)


def softmax(xp, x):
    e = xp.exp(x - xp.max(x, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def standardized(xp, x):
    y = x * 2
    return (y - xp.mean(y)) / xp.std(y)


def updated(xp, x, write):
    y = x * 2
    write(y)
    return y


def write_scalar(y):
    y[1:] = 7.0


def write_doubled(y):
    y[1:, ::2] = y[1:, ::2] * 2


def write_shifted(y):
    y[1:] = y[:-1]


def write_mean(y):
    y[1:-1, 1:] = 0.5 * (y[:-2, 1:] + y[2:, :-1])


def zeros_then_rows(xp, x):
    z = xp.zeros((3, 4))
    z[0] = x[1] * 2
    z[1:] = x[:2] + 1
    return z


def long_chain(xp, x):
    for _ in range(200):
        x = x * 1.5 - 0.25
    return x


def mutated(xp):
    z = xp.ones((3, 4))
    z *= 5
    z *= z
    z += z
    return z


LONG = np.linspace(-1.0, 1.0, 2 * 40_000).reshape(2, 40_000)
# name: what to write, with a namespace and then its arrays; the arrays; options.
PLANS = {
    "a_chain_is_one_stage": (lambda xp, x, y: (x * 5) ** 2 + y * x - 3, (A, B)),
    "a_broadcast_fuses": (lambda xp, x, r: (x - r) * 2, (A, ROW)),
    "a_cast_fuses": (lambda xp, x: (x.astype("f4") + 1).astype("i8"), (A,)),
    "a_slice_and_a_transpose_fuse": (lambda xp, x, y: x.T[1:] * y.T[:-1], (A, B)),
    "a_map_before_a_reduction_fuses": (
        lambda xp, x, y: xp.sum(xp.abs(x) * y, axis=0),
        (A, B),
    ),
    "a_map_after_a_reduction_is_its_epilogue": (
        lambda xp, x: xp.sqrt(xp.sum(x * x, axis=1)) + 1,
        (A,),
    ),
    "several_outputs_are_one_stage": (lambda xp, x: (x + 1, (x + 1) * 2, x * x), (A,)),
    "several_reductions_are_one_pass": (
        lambda xp, x: (lambda y: (xp.mean(y), xp.min(y), xp.max(y), xp.var(y)))(x * 3),
        (A,),
    ),
    "a_map_and_its_sum_are_one_pass": (lambda xp, x: (x * 2, xp.sum(x * 2)), (A,)),
    "softmax_is_one_stage": (softmax, (A,)),
    "softmax_of_long_rows_is_three_stages": (softmax, (LONG,)),
    "standardizing_is_one_stage": (standardized, (A,)),
    "standardizing_much_repeats_what_is_cheap": (standardized, (LONG,)),
    "sums_along_two_axes_are_two_stages": (
        lambda xp, x: (xp.sum(x * 2, axis=0), xp.sum(x * 2, axis=1)),
        (A,),
    ),
    "a_costly_map_is_stored_for_a_second_pass": (
        lambda xp, x: (xp.sum(xp.exp(x), axis=0), xp.sum(xp.exp(x), axis=1)),
        (A,),
    ),
    "a_reduction_along_each_axis_of_a_leaf": (
        lambda xp, x: (xp.max(x, axis=0), xp.max(x, axis=1), xp.min(x, axis=0)),
        (A,),
    ),
    "shifted_neighbours_wait_for_the_whole": (
        lambda xp, x: (lambda y: y[1:] - y[:-1])(xp.exp(x)),
        (A,),
    ),
    "shifted_neighbours_of_a_leaf_fuse": (lambda xp, x: x[1:] - x[:-1], (A,)),
    "a_diamond_with_a_library_call_between": (
        lambda xp, x: (lambda y: (y @ y.T) @ y + y)(x + 1),
        (A,),
    ),
    "library_calls_take_whole_arrays": (lambda xp, x, y: (x * 2) @ y.T - 1, (A, B)),
    "a_reshape_moves_nothing": (lambda xp, x: (x + 1).reshape(4, 3), (A,)),
    "a_sum_of_a_reshaped_map_is_one_stage": (
        lambda xp, x: (x * 2 + 1).reshape(-1).sum(),
        (A,),
    ),
    "a_slice_is_computed_alone": (lambda xp, x: (x * 2 + 1)[1:, ::2], (A,)),
    "a_fill_is_a_source": (lambda xp: xp.ones((3, 4)) * 2.5, ()),
    "scalars_are_worked_out_on_the_host": (mutated, ()),
    "a_ramp_reads_nothing": (lambda xp: xp.arange(6) * 2 + 1, ()),
    "a_sum_of_a_constant_is_arithmetic": (lambda xp: xp.full((3, 4), 2.5).sum(), ()),
    "a_scalar_is_written_into_a_region": (
        lambda xp, x: updated(xp, x, write_scalar),
        (A,),
    ),
    "a_region_is_updated_in_place": (lambda xp, x: updated(xp, x, write_doubled), (A,)),
    "an_overlapping_write_is_its_own_stage": (
        lambda xp, x: updated(xp, x, write_shifted),
        (A,),
    ),
    "a_stencil_is_updated_in_place": (
        lambda xp, x: updated(xp, x, write_mean),
        (A,),
    ),
    "rows_are_computed_into_an_array_of_zeros": (zeros_then_rows, (A,)),
    "a_long_chain_is_cut": (long_chain, (A,)),
    "an_input_asked_for_is_copied": (lambda xp, x: (x[::-1], x + 0.5), (A,)),
}
NO_FUSION = ("a_chain_is_one_stage", "softmax_is_one_stage")


def both(name):
    build, arrays = PLANS[name]
    lazy = build(la, *map(la.asarray, arrays))
    eager = build(np, *(a.copy() for a in arrays))
    if not isinstance(lazy, tuple):
        lazy, eager = (lazy,), (eager,)
    return lazy, eager


def without_lines(text):
    """Return a plan's text without the users' lines, which move when this file does."""
    text = re.sub(r" +\(?\w+\.py:\d+\)?", "", text)
    return "\n".join(line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize("name", PLANS)
def test_plan(name, golden):
    lazy, _ = both(name)
    golden(f"plan/{name}.txt", without_lines(str(la.explain(*lazy))))


@pytest.mark.parametrize("name", NO_FUSION)
def test_plan_without_fusion(name, golden):
    with la.config(fusion=False):
        lazy, _ = both(name)
        golden(f"plan/{name}_unless_unfused.txt", without_lines(str(la.explain(*lazy))))


def test_plan_for_a_machine_elsewhere(golden):
    lazy, _ = both("softmax_is_one_stage")
    with la.config(crossover=10):
        text = str(la.explain(*lazy, profile=GPU))
    golden("plan/a_plan_for_a_gpu_elsewhere.txt", without_lines(text))


@pytest.mark.parametrize("fusion", [True, False])
@pytest.mark.parametrize("rules", [True, False])
@pytest.mark.parametrize("name", PLANS)
def test_values(name, rules, fusion):
    lazy, eager = both(name)
    with la.config(rules=rules, fusion=fusion):
        results = la.compute(*lazy)
    for got, want in zip(results, eager, strict=True):
        assert np.asarray(got).dtype == np.asarray(want).dtype
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-300)
    again = la.compute(*lazy)
    for first, second in zip(la.compute(*lazy), again, strict=True):
        np.testing.assert_array_equal(first, second)
