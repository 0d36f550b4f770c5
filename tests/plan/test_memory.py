"""Liveness, shared buffers, donation, and peaks by hand sums."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.ir.view import View, identity
from lazyarr.ops import OPS
from lazyarr.plan.memory import allocate
from lazyarr.plan.model import LOOP, Input, Instr, Output, Region, Stage, Value

F64 = np.dtype("f8")
KIB = 128  # float64 elements


def stage(number, reads, writes, shapes, kind="map", region=None):
    inputs = tuple(Input(v, identity(shapes[v]), LOOP) for v in reads)
    body = (Instr(OPS["exp"], (0,), F64, LOOP),)
    outputs = tuple(Output(len(inputs), v) for v in writes)
    return Stage(
        number, kind, shapes[writes[0]], (), inputs, body, outputs, region=region
    )


def laid_out(stages, sizes, outputs, inputs=(0,), near=False):
    """Allocate stages ``(reads, writes)`` over values of these sizes in KiB."""
    shapes = [(size * KIB,) for size in sizes]
    made = tuple(
        stage(k, r, w, shapes, *more) for k, (r, w, *more) in enumerate(stages)
    )
    values = tuple(
        Value(
            k,
            shape,
            F64,
            "input" if k in inputs else "output" if k in outputs else "temporary",
        )
        for k, shape in enumerate(shapes)
    )
    return allocate(made, values, outputs, near=near)


def test_a_result_alone():
    found = laid_out([([0], [1])], [4, 4], (1,))
    assert found.peak_bytes == 4096
    assert (found.buffers, found.buffer_of) == ((), {})
    assert found.last_use == {0: 0, 1: 1}


def test_a_chain_takes_two_buffers_in_turn():
    found = laid_out([([k], [k + 1]) for k in range(5)], [4] * 6, (5,))
    assert found.buffers == (4096, 4096)
    assert found.buffer_of == {1: 0, 2: 1, 3: 0, 4: 1}
    assert found.peak_bytes == 2 * 4096  # what is read, and what is written


def test_what_is_read_later_keeps_its_buffer():
    found = laid_out([([0], [1]), ([1], [2]), ([2, 1], [3])], [4] * 4, (3,))
    assert found.buffer_of == {1: 0, 2: 1}
    assert found.peak_bytes == 3 * 4096
    assert found.last_use[1] == 2


def test_a_buffer_much_too_large_is_not_taken():
    found = laid_out(
        [([0], [1]), ([1], [2]), ([2], [3]), ([3], [4])], [1, 9, 1, 3, 1], (4,)
    )
    assert found.buffers == (9 * 1024, 1024, 3 * 1024)
    assert found.peak_bytes == 10 * 1024  # the large one is gone when the third comes


def test_the_host_keeps_no_buffer_between_two_values():
    chain = [([0], [1]), ([1], [2]), ([2], [3]), ([3], [4]), ([4], [5]), ([5], [6])]
    sizes = [1, 8, 1, 9, 5, 1, 1]
    assert laid_out(chain, sizes, (6,)).peak_bytes == (9 + 8 + 1) * 1024
    assert laid_out(chain, sizes, (6,), near=True).peak_bytes == (9 + 5) * 1024


def test_results_stay_until_the_end():
    found = laid_out([([0], [1]), ([0], [2]), ([0], [3])], [4, 4, 5, 6], (1, 2, 3))
    assert found.peak_bytes == 15 * 1024


def test_host_scalars_take_no_memory():
    found = laid_out([([0], [1], "scalar"), ([1], [2])], [1, 1, 4], (2,))
    assert found.peak_bytes == 4096
    assert found.buffer_of == {}


def test_a_reshape_lies_in_its_operands_memory():
    found = laid_out([([0], [1]), ([1], [2], "view"), ([2], [3])], [4] * 4, (3,))
    assert found.buffer_of == {1: 0}
    assert found.last_use[1] == found.last_use[2] == 2
    assert found.peak_bytes == 2 * 4096


def test_a_reshape_that_is_a_result_keeps_its_operand():
    found = laid_out([([0], [1]), ([1], [2], "view")], [4] * 3, (2,))
    assert found.buffer_of == {}
    assert found.peak_bytes == 4096


def updating(base):
    return Region(base, (View((KIB,), ()),))


def test_an_update_takes_over_a_base_that_nobody_reads_again():
    found = laid_out([([0], [1]), ([0], [2], "map", updating(1))], [4] * 3, (2,))
    assert found.stages[1].region.donated
    assert found.peak_bytes == 4096


def test_an_update_of_an_input_or_of_a_result_or_of_what_is_read_later_copies():
    assert (
        not laid_out([([0], [1], "map", updating(0))], [4] * 2, (1,))
        .stages[0]
        .region.donated
    )
    found = laid_out([([0], [1]), ([0], [2], "map", updating(1))], [4] * 3, (1, 2))
    assert not found.stages[1].region.donated
    assert found.peak_bytes == 2 * 4096
    steps = [([0], [1]), ([0], [2], "map", updating(1)), ([1, 2], [3])]
    found = laid_out(steps, [4] * 4, (3,))
    assert not found.stages[1].region.donated
    assert found.peak_bytes == 3 * 4096


def test_updates_one_after_another_are_one_buffer():
    steps = [([0], [1]), *(([0], [k + 1], "map", updating(k)) for k in range(1, 5))]
    found = laid_out(steps, [4] * 6, (5,))
    assert all(s.region.donated for s in found.stages[1:])
    assert found.peak_bytes == 4096


def test_an_update_of_a_reshape_of_an_input_copies():
    steps = [([0], [1], "view"), ([0], [2], "map", updating(1))]
    assert not laid_out(steps, [4] * 3, (2,)).stages[1].region.donated


# --- of whole expressions ---------------------------------------------------------------


def planned(*arrays, **options):
    with la.config(**options):
        return evaluate.plan_of(tuple(a._current() for a in arrays))


def test_peaks_of_expressions_by_hand():
    x = la.asarray(np.ones((100, 1000)))  # 800,000 bytes
    size = 800_000
    assert planned((x * 2 + 1) ** 2).peak_bytes == size
    assert planned((x * 2 + 1).sum()).peak_bytes == 8
    assert planned(x.T @ x).peak_bytes == 8_000_000
    assert planned((x + 1).T @ (x + 2)).peak_bytes == 2 * size + 8_000_000
    chain = la.exp(la.sin(la.cos(x)))
    assert planned(chain, fusion=False).peak_bytes == 2 * size
    both = planned(chain, x + 1)
    assert both.peak_bytes == 2 * size


def test_a_cut_chain_takes_one_buffer_at_a_time():
    x = la.asarray(np.ones(1000))
    for _ in range(50):
        x = x * 1.5
    plan = planned(x, max_ops_per_kernel=5)
    assert len(plan.stages) == 10
    assert plan.buffers == (8000, 8000)
    assert plan.peak_bytes == 16_000


def test_a_loop_of_row_writes_holds_one_array():
    x = la.asarray(np.ones((20, 50)))
    z = la.zeros((20, 50))
    for k in range(20):
        z[k] = x[k] * 2.5
    assert planned(z).peak_bytes == 8000


def test_a_plan_over_the_limit_is_refused_before_it_runs():
    x = la.asarray(np.linspace(0, 1, 10**6))
    with la.config(memory_limit="1MiB"):
        with pytest.raises(
            la.MemoryLimitError, match=r"7\.6 MiB.*stage 0 \(exp\).*1\.0 MiB"
        ) as found:
            np.exp(x).compute()
        assert "test_memory.py" in str(found.value)
        assert np.exp(x).sum().compute() > 1e6  # a fold holds next to nothing
    assert np.exp(x)[0].compute() == 1.0


@pytest.mark.parametrize("backwards", [False, True])
def test_a_view_and_its_base_need_one_copy(backwards):
    def both():
        y = la.asarray(np.arange(120.0).reshape(30, 4)) * 2
        return (y[::-1], y) if backwards else (y, y[::-1])

    with la.config(small_bytes=0):
        plan = la.explain(*both()).plan
        assert plan.peak_bytes == 2 * 120 * 8
        first, second = la.compute(*both())
    np.testing.assert_array_equal(first[::-1], second)
    assert not np.may_share_memory(first, second)


def test_a_reshape_of_what_lies_otherwise_is_an_array_of_its_own_on_a_gpu():
    x = la.asarray(np.ones((300, 200)))
    h200 = la.profiles.h200()

    def need(made):
        return la.explain(made, profile=h200, device="gpu").plan.memory.need

    each = -(-x.nbytes // 512) * 512
    assert need(x.reshape(-1)[::-1] * 2 + 1) == 2 * each
    assert need(x.T.reshape(-1)[::-1] * 2 + 1) == 3 * each
