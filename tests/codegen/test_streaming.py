"""Windows through a GPU, and the ledger of copies, with a CuPy whose kernels run here."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr.plan import passes

RNG = np.random.default_rng(3)
A = RNG.random((997, 30))
B = RNG.random((997, 30))
SMALL = RNG.random(30)


def softmax(a, b):
    e = la.exp(a - la.max(a, axis=1, keepdims=True))
    return e / la.sum(e, axis=1, keepdims=True) + b * 0


MAPS = {
    "map": lambda a, b: (a * 5) ** 2 + b * a - SMALL,
    "stencil": lambda a, b: a[2:] - 2 * a[1:-1] + a[:-2] + b[1:-1],
    "ramp": lambda a, b: a * la.arange(997.0)[:, None] + b,
    "softmax": softmax,
    "rows": lambda a, b: (a * b).sum(axis=1) * 2,
}
FOLDS = {
    "sum": lambda a, b: (a * 2 + b).sum(),
    "columns": lambda a, b: (a * b).sum(axis=0) / 3,
    "var": lambda a, b: la.var(a * b, axis=0),
    "argmax": lambda a, b: la.argmax(a * b),
}


def run(make, limit=None, operands=(A, B)):
    a, b = (la.asarray(x) for x in operands)
    with la.config(memory_limit=limit, device="gpu"):
        made = make(a, b)
        return la.explain(made).plan, made.compute()


@pytest.mark.parametrize("name", MAPS)
def test_maps_have_the_same_bits_in_windows(cupy, name):
    whole, expected = run(MAPS[name])
    plan, found = run(MAPS[name], 200_000)
    assert not whole.passes
    assert max(one.windows for one in plan.passes) > 3
    assert plan.peak_bytes <= 200_000 < whole.memory.need
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", FOLDS)
def test_reductions_are_carried(cupy, name):
    _, expected = run(FOLDS[name])
    plan, found = run(FOLDS[name], 200_000)
    assert max(one.windows for one in plan.passes) > 3
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_array_equal(run(FOLDS[name], 200_000)[1], found)


def test_windows_read_one_element_of_what_another_pass_made(cupy):
    def make(a, b):
        y = (a * 2 + b) * 1
        return y * y[0, 0]

    _, expected = run(make)
    plan, found = run(make, 3 * A.nbytes // 2)
    assert max(one.windows for one in plan.passes) > 1
    np.testing.assert_array_equal(found, expected)


def test_a_window_is_no_larger_than_hides_its_latency(cupy, monkeypatch):
    monkeypatch.setattr(passes, "STREAMED", 100_000)
    plan, _ = run(MAPS["map"], 400_000)
    assert plan.peak_bytes <= 100_000


def test_what_does_not_fit_goes_to_the_cpu_if_nobody_asked_for_the_gpu(cupy):
    with la.config(memory_limit=100_000, crossover=1):
        made = la.sort(la.asarray(A), axis=0).sum()
        plan = la.explain(made).plan
    assert plan.device == "cpu"
    assert "gpu:0 has not enough memory, even in windows" in plan.reason


def test_inputs_on_the_device_are_not_copied_in_windows(cupy):
    held = la.asarray(cupy.ndarray.of(A))
    with la.config(memory_limit=130_000), la.transfers() as copies:
        made = held * 2 + 1
        assert la.explain(made).plan.passes
        np.testing.assert_array_equal(made.compute(device="gpu"), A * 2 + 1)
    assert {one.direction for one in copies} == {"to host"}


# --- the ledger -------------------------------------------------------------------------


def test_every_copy_is_in_the_ledger_with_its_line(cupy):
    x = la.asarray(A)
    with la.transfers() as copies:
        (x * 2).compute(device="gpu")
    up, down = copies
    assert (up.direction, up.nbytes) == ("to device", A.nbytes)
    assert (down.direction, down.nbytes) == ("to host", A.nbytes)
    assert not up.implicit
    assert not down.implicit
    assert "test_streaming.py:" in up.where
    assert up.where == down.where
    assert copies.nbytes == 2 * A.nbytes
    table = str(copies)
    assert "to device" in table
    assert "2 copies" in table
    assert [one["nbytes"] for one in copies.to_dict()] == [A.nbytes] * 2


def test_a_read_is_implicit_and_a_second_upload_is_marked(cupy):
    x = la.asarray(A)
    with la.config(device="gpu"), la.transfers() as copies:
        np.asarray(x + 1)
        float((x + 2).sum())
    told = [(one.direction, one.implicit, one.again) for one in copies]
    assert told == [
        ("to device", True, False),
        ("to host", True, False),
        ("to device", True, True),
        ("to host", True, False),
    ]
    assert "again: persist it" in str(copies)


def test_nothing_is_recorded_outside_the_block(cupy):
    with la.transfers() as copies:
        pass
    (la.asarray(A) * 2).compute(device="gpu")
    assert len(copies) == 0


def test_implicit_copies_can_be_forbidden(cupy):
    held = la.asarray(A).persist(device="gpu")
    with la.config(transfers="error"):
        made = held * 2
        with pytest.raises(la.TransferError, match=r"to host.*test_streaming\.py"):
            np.asarray(made)
        with pytest.raises(la.TransferError):
            float(made.sum())
        np.testing.assert_array_equal(made.compute(), A * 2)  # asked for
        kept = (la.asarray(B) + held).persist(device="gpu")  # and so is this
        with pytest.raises(la.TransferError, match="to device"):
            (la.asarray(B) + kept).compute()
    np.testing.assert_array_equal(np.asarray(made), A * 2)


# --- measured ---------------------------------------------------------------------------


def test_analyze_tells_stages_by_events_and_copies_apart(cupy):
    made = (la.asarray(A) * 2).sum(axis=1)
    record = la.explain(made, device="gpu", analyze=True).to_dict()
    labels = [label for label, _, _ in record["spans"]]
    assert labels == ["to device", "stage 0", "to host"]
    assert record["phases"]["copy"] > 0
    assert record["stages"][0]["measured_s"] > 0


def test_a_number_that_a_stage_made_goes_whole_to_every_window(cupy):
    def program(a, b):
        return a * 2 + (b[0, 0] + 1)

    _, expected = run(program)
    plan, found = run(program, 200_000)
    assert plan.passes
    np.testing.assert_array_equal(found, expected)


def test_results_that_the_host_cannot_hold_are_refused(cupy):
    huge = la.broadcast_to(la.asarray(SMALL)[0] + 1, (1 << 45,)) + 0.5
    with (
        la.config(device="gpu", memory_limit="1GiB"),
        pytest.raises(la.MemoryLimitError, match=r"iB on the host, and .* are free"),
    ):
        huge.persist()
