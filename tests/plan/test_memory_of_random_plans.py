"""No plan of a random program takes more memory than was predicted."""

from __future__ import annotations

import importlib
import warnings
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazyarr as la
from lazyarr import evaluate
from lazyarr.testing import programs
from tests.plan.test_memory_of_programs import Measured

SHAPES = ((300_000,), (512, 520), (64, 65, 66), (1, 270_000), (140_000, 2), (90_000, 3))
DTYPES = ("f8", "f8", "f4", "i8", "i4", "c16", "?")
DRAWN = importlib.import_module("lazyarr.testing.programs")


def reversed_and_written(a):
    b = (a.reshape(-1) + 1j).persist()
    c = b * 2
    b[::-1] *= 0.5
    return b, c


def a_column_that_is_masked(a):
    line = (a.reshape(-1) + 1).persist()
    column = line[:, None]
    column[column > 1.5] = -1
    line[:] = line.astype("i8")
    return column.astype("f4"), line[line > 1]


def rows_within_an_array(a):
    b = la.array(np.ones((512, 520)))
    b[::2] = b[1::2]
    return (b,)


def a_copy_before_results(a):
    line = a.reshape(-1, 2)[:140_000].persist()
    moved = la.roll(line, 1, axis=0)
    ordered = la.sort(moved.T.reshape(-1))
    la.compute(moved, ordered, la.argsort(line, axis=1))
    return ()


PROGRAMS = {
    "a copy that is gone before other results": a_copy_before_results,
    "a fold that is subtracted from lines": lambda a: (
        *[x - x.mean((0, 1)) for x in [la.array(np.ones((64, 65, 66), "c16"))]],
    ),
    "parts of short lines": lambda a: (
        *[x[:, 1:] + x[:, :-1] for x in [(a.reshape(-1, 4)[:90_000] + 1j).persist()]],
    ),
    "deviations of complex numbers": lambda a: (
        *[x.std() for x in [(a[:, :350] + 1j).persist()]],
    ),
    "reversed and written": reversed_and_written,
    "a column that is masked": a_column_that_is_masked,
    "rows within an array": rows_within_an_array,
    "parts of what is let go": lambda a: (la.roll(a > 0.5, 1),),
    "signs of complex numbers": lambda a: (la.sign((a[:600] + 1j).persist()),),
    "what is made of a fold": lambda a: (
        la.sqrt(la.ones((20, 10_000, 20)).persist().mean(axis=(0, 2)) * 2 + 1),
    ),
    "a fold of one": lambda a: ((a[:540] + 1j).persist().reshape(1, -1).max(axis=0),),
    "a part that has no view": lambda a: (a[:, :300].reshape(-1)[::-1] + 1,),
    "the first, of what lies across": lambda a: (la.argmax(a[:, :300].T),),
    "a result that is there while others are folded": lambda a: (
        *[
            la.sqrt(abs(x - x.mean()))
            for x in [a[:600].astype("f2").reshape(-1).persist()]
        ],
    ),
    "a result that is written over twice": lambda a: (
        *[
            la.stack([la.compute(x * x.var() + x, (x * 2).sum())[0]])
            for x in [(a[:132] * 3).astype("i4").reshape(-1).persist()]
        ],
    ),
    "a number of those that are folded": lambda a: (
        *[x * la.count_nonzero(x > 0.5) for x in [a[:600].copy().persist()]],
    ),
    "lines that threads transform": lambda a: (
        *[la.fft.fft2(x) for x in [(a + 1j).persist()]],
    ),
    "many elements that are repaired": lambda a: (
        *[la.expm1(x) for x in [((a.reshape(-1) * 0) * 1j).persist()]],
    ),
    "the first of every third": lambda a: (
        *[la.argmax(x) for x in [a.reshape(-1).persist()[:390_000:3]]],
    ),
    "results of two dtypes": lambda a: (
        *[
            la.stack([la.compute(x - x.sum(), la.exp(x))[1]])
            for x in [(a[:132] * 3).astype("i4").reshape(-1).persist()]
        ],
    ),
}


def plans_of(run, threads):
    """Return the measured plans that a function has made."""
    plans, prepare = [], evaluate._prepare

    def noted(*args, **keywords):
        ready = prepare(*args, **keywords)
        plans.append(Measured(ready))
        return ready._replace(executable=plans[-1], direct=None)

    evaluate.clear_cache()
    options = {"threads": threads, "result_pool_bytes": 0, "small_path": False}
    with (
        la.config(**options),
        warnings.catch_warnings(),
        mock.patch.object(evaluate, "_prepare", noted),
    ):
        warnings.simplefilter("ignore")
        run()
    evaluate.clear_cache()
    return [plan for plan in plans if plan.peaks]


def too_low(plans):
    return [(max(p.peaks), p.predicted) for p in plans if max(p.peaks) > p.predicted]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_plan_takes_more_than_predicted(name, threads):
    x = np.random.default_rng(0).random((800, 500))

    def run():
        for value in PROGRAMS[name](la.asarray(x)):
            value.compute()

    plans = plans_of(run, threads)
    assert plans
    assert too_low(plans) == []


def test_what_is_flat_in_another_order_is_copied_once():
    x = np.ones((530, 500), "i4")
    plans = plans_of(lambda: la.reshape(la.asarray(x), (-1,), order="F").compute(), 1)
    assert max(plans[-1].peaks) < 1.5 * x.nbytes


# The same programs each time.
ALIKE = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@st.composite
def large(draw):
    """Draw a program of large arrays."""
    with (
        mock.patch.object(DRAWN, "_SHAPES", SHAPES),
        mock.patch.object(DRAWN, "_DTYPES", DTYPES),
    ):
        return draw(programs(6))


@given(large(), st.sampled_from([1, 2]))
@ALIKE
def test_no_plan_of_a_random_program_takes_more_than_predicted(program, threads):
    def run():
        values, _ = program.run(la)
        for value in values.values():
            np.asarray(value)

    assert too_low(plans_of(run, threads)) == [], str(program)


# Steps of chapters that those programs have not: each takes an array and gives another.
STEPS = (
    lambda x: la.sqrt(abs(x - x.mean())),
    lambda x: x - x.mean(axis=-1, keepdims=True),
    lambda x: (x - x.mean(axis=0, keepdims=True)) / (x.std(axis=0, keepdims=True) + 1),
    lambda x: x * la.count_nonzero(x),
    lambda x: x / (la.max(abs(x)) + 1),
    lambda x: la.expm1(-abs(x)),
    lambda x: la.hypot(x.real, x.imag),
    lambda x: la.where(abs(x) > 1, x, x * 2),
    lambda x: la.fft.fft(x, axis=0),
    lambda x: la.fft.rfft(x.real),
    lambda x: la.fft.fftn(x),
    lambda x: la.sort(x, axis=0),
    lambda x: la.argsort(x, axis=-1),
    lambda x: la.cumulative_sum(x.reshape(-1)),
    lambda x: la.diff(x, axis=-1),
    lambda x: la.take(x, la.arange(0, x.shape[0], 2), axis=0),
    lambda x: la.take_along_axis(x, la.argsort(x, axis=-1), axis=-1),
    lambda x: x[abs(x) > 1],
    lambda x: la.concat([x, x[::-1]]),
    lambda x: la.stack([x, x * 2], axis=-1),
    lambda x: la.pad(x, 2),
    lambda x: la.roll(x, 3, axis=-1),
    lambda x: la.repeat(x[: x.shape[0] // 2], 2, axis=0),
    lambda x: x.reshape(x.shape[0], -1) @ x.reshape(x.shape[0], -1)[:40].mT,
    lambda x: la.convolve(x.reshape(-1), la.asarray([1.0, 2.0, 1.0])),
    lambda x: la.gradient(x.reshape(-1)),
    lambda x: la.reshape(x, (-1,), order="F"),
    lambda x: la.tril(x.reshape(x.shape[0], -1)),
    lambda x: written(x, lambda y: y[1:-1]),
    lambda x: written(x, lambda y: y.reshape(-1)[::3]),
    lambda x: written(x, lambda y: y.T[1:]),
)
LENGTHS = (
    *((30_000,), (66_000,), (131_072,), (150_000,), (263_000,), (400_000,)),
    *((300, 400), (900, 500), (3, 90_000), (90_000, 3), (40, 50, 60), (5000, 8, 8)),
)


def written(x, part):
    y = x * 2
    seen = part(y)
    seen += 1
    return y


@given(
    st.sampled_from(LENGTHS),
    st.sampled_from(("f8", "f4", "f2", "c8", "c16", "i8", "i2", "?")),
    st.lists(
        st.tuples(st.sampled_from(range(len(STEPS))), st.integers(1, 2)), max_size=4
    ),
    st.sampled_from([1, 2]),
)
@ALIKE
def test_no_plan_of_random_steps_takes_more_than_predicted(
    shape, dtype, steps, threads
):
    values = (np.random.default_rng(0).random(shape) * 3).astype(dtype)

    def run():
        made = [la.asarray(values) + 0]
        for step, back in steps:
            x = made[-min(back, len(made))]
            if x.ndim and 1000 < x.size < 1_500_000:
                made.append(STEPS[step](x))
        la.compute(*made[-2:])

    assert too_low(plans_of(run, threads)) == []
