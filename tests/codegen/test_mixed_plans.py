"""Plans of two devices, run for real: the GPU's part by kernels behind the shim."""

from __future__ import annotations

import html

import numpy as np
import pytest

import lazyarr as la
from lazyarr import profiles
from lazyarr.errors import TransferError
from lazyarr.plan import delegate
from lazyarr.plan.profile import DeviceProfile, HostProfile
from lazyarr.runtime import cupy_backend

RNG = np.random.default_rng(7)
A = RNG.random((40, 50))
B = RNG.random((40, 50))
V = RNG.random(50)
BEFORE = tuple(array.copy() for array in (A, B, V))

# On this machine whole-array functions are slow on the GPU and everything else on the CPU.
CPU = DeviceProfile(
    "a CPU",
    "cpu",
    0,
    1e6,
    1e6,
    1e-6,
    measured=True,
    call=1e-3,
    functions={f"{k}/f8": ((1.0, 1e-6),) for k in ("sort", "spectrum", "scan")},
)
GPU = DeviceProfile(
    "a GPU",
    "gpu",
    1 << 34,
    1e12,
    1e12,
    1e-6,
    measured=True,
    upload=((1.0, 1e-6), (1e10, 1.0)),
    download=((1.0, 1e-6), (1e10, 1.0)),
    functions={f"{k}/f8": ((1.0, 1.0),) for k in ("sort", "spectrum", "scan")},
)
HOST = HostProfile("by hand", CPU, GPU)


@pytest.fixture(autouse=True)
def by_hand(monkeypatch):
    delegate._found.clear()
    monkeypatch.setattr(profiles, "found", lambda name: HOST)
    monkeypatch.setattr(profiles, "fits_gpu", lambda host, facts: True)
    monkeypatch.setattr(cupy_backend, "uncompiled", lambda plan: 0)
    monkeypatch.setattr(cupy_backend, "facts", dict)
    # What runs take here says nothing, and every run is to be a run.
    with la.config(learn=False, kept_bytes=0, small_bytes=0):
        yield
    delegate._found.clear()


def reduced(x, y, v):
    return la.sort(la.sum(x * 2 + y, axis=0))


def reduced_twice(x, y, v):
    s = la.sum(x * y, axis=0)
    return s + 1, la.sort(s), la.linalg.eigvalsh(la.reshape(s[:49], (7, 7)))


def both_sides_use_an_input(x, y, v):
    s = la.sum(x * v, axis=1)
    return la.sort(la.sort(s) + la.sum(y[:, :1]) + v[:40])


def a_scalar_on_both_sides(x, y, v):
    k = la.asarray(2.5) * 3.0
    return la.sort(la.sum(x * k, axis=0)) * k, k + 1


def written_into(x, y, v):
    s = la.sum(x * y, axis=0)
    z = la.sort(s)
    z[3:5] = 7.0
    s[1:] += 1.0
    return z, s


def a_number_crosses(x, y, v):
    return la.sort(y[0]) * la.sum(x)


def the_host_first(x, y, v):
    return x * la.sort(v) + la.sum(y, axis=1, keepdims=True)


GRAPHS = [
    reduced,
    reduced_twice,
    both_sides_use_an_input,
    a_scalar_on_both_sides,
    written_into,
    a_number_crosses,
    the_host_first,
]


def built(graph, x, y, v):
    made = graph(x, y, v)
    return made if isinstance(made, tuple) else (made,)


def arrays(cupy, places):
    hosts = (A, B, V)
    return [
        la.asarray(cupy.ndarray.of(a) if far else a)
        for a, far in zip(hosts, places, strict=True)
    ]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("places", [(0, 0, 0), (1, 1, 1), (1, 0, 0), (0, 0, 1)])
def test_a_mixed_plan_gives_what_numpy_gives(cupy, graph, places):
    built(graph, *arrays(cupy, places))
    expected = la.compute(*built(graph, *map(la.asarray, (A, B, V))), device="cpu")
    for _ in range(3):
        results = built(graph, *arrays(cupy, places))
        plan = la.explain(*results).plan
        assert plan.is_mixed, plan.reason
        got = la.compute(*results)
        for mine, theirs in zip(got, expected, strict=True):
            assert type(mine) is type(theirs)
            np.testing.assert_allclose(mine, theirs, rtol=1e-13)
        kept = la.persist(*built(graph, *arrays(cupy, places)))
        for mine, theirs in zip(kept, expected, strict=True):
            np.testing.assert_allclose(mine.compute(), theirs, rtol=1e-13)
    assert cupy.launches
    for array, before in zip((A, B, V), BEFORE, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_copy_of_a_mixed_plan_is_counted(cupy, graph):
    results = built(graph, *map(la.asarray, (A, B, V)))
    plan = la.explain(*results).plan
    with la.transfers() as copies:
        la.compute(*results)
    planned = [s for s in plan.stages if s.kind == "copy"]
    assert planned
    told = sorted(
        [(plan.values[s.inputs[0].value].nbytes, s.device == "cpu") for s in planned]
        + [(c.nbytes, c.target == "cpu") for c in plan.copies]
    )
    assert told == sorted((c.nbytes, c.direction == "to host") for c in copies)
    assert all(s.reason for s in plan.stages)
    assert all(c.reason for c in plan.copies)


# --- functions that CuPy lacks ------------------------------------------------------------


def lengths(np, x):
    return np.hypot.reduce(x, axis=1)


def lacking(x):
    return la.exp(lengths(la, la.sin(x) + 1)) * 2


def test_a_function_that_cupy_lacks_runs_on_the_host_by_plan(cupy):
    x = la.asarray(A)
    explained = lacking(x).explain(device="gpu")
    plan = explained.plan
    assert [(s.kind, s.device) for s in plan.stages if s.kind != "map"] == [
        ("copy", "cpu"),
        ("library", "cpu"),
        ("copy", "gpu:0"),
    ]
    why = "CuPy has no hypot.reduce for dtype float64"
    assert any(d.choice == "on cpu" and d.reason == why for d in plan.decisions)
    for text in (str(explained), explained._repr_html_(), str(explained.to_dict())):
        assert why in html.unescape(text)
    expected = np.exp(lengths(np, np.sin(A) + 1)) * 2
    with la.transfers() as copies:
        got = lacking(x).compute(device="gpu")
    np.testing.assert_allclose(got, expected, rtol=1e-13)
    assert [c.direction for c in copies] == [
        "to device",
        "to host",
        "to device",
        "to host",
    ]
    assert [c.implicit for c in copies] == [False, True, True, False]
    assert "test_mixed_plans.py" in copies.entries[1].where


def test_what_the_host_computes_is_kept_where_it_was_asked_to_be(cupy):
    x = la.asarray(A)
    for build in (
        lambda: lengths(la, x),
        lambda: lengths(la, la.sin(x)),
    ):
        kept = build().persist(device="gpu")
        assert str(kept.device).startswith("gpu")
        np.testing.assert_allclose(
            kept.compute(), build().compute(device="cpu"), rtol=1e-13
        )


def test_nobody_asked_for_the_copies_of_what_cupy_lacks(cupy):
    x = la.asarray(A).to_device("gpu")
    with la.config(transfers="error"):
        with pytest.raises(TransferError, match="on another device than what is"):
            lacking(x).compute(device="gpu")
        # Whoever leaves the choice open gets the CPU, and is told why.
        plan = lacking(x).explain().plan
        assert {s.device for s in plan.stages} == {"cpu"}
        assert "hypot" in plan.reason
        assert lacking(x).compute().shape == (40,)


def test_what_only_a_call_shows_to_be_missing_is_learned(cupy):
    x = la.asarray(A)

    def build():
        return la.cumulative_sum(x * 2, axis=1) + 1  # the fake has no cumsum

    before = build().explain(device="gpu").plan
    assert not before.is_mixed
    with la.transfers() as copies:
        got = build().compute(device="gpu")
    np.testing.assert_array_equal(got, np.cumsum(A * 2, axis=1) + 1)
    assert [c.implicit for c in copies] == [False, True, True, False]
    after = build().explain(device="gpu")
    assert after.plan.is_mixed
    assert "CuPy has no cumulative_sum for dtype float64, as a call has shown" in str(
        after
    )
    np.testing.assert_array_equal(build().compute(device="gpu"), got)
    other = la.cumulative_sum(la.asarray(A.astype(np.float32)), axis=1)
    assert not other.explain(device="gpu").plan.is_mixed


def test_what_only_a_call_shows_to_be_missing_is_not_copied_if_forbidden(cupy):
    x = la.asarray(A).to_device("gpu")
    with la.config(transfers="error"), pytest.raises(TransferError):
        la.cumulative_sum(x * 2, axis=1).compute(device="gpu")


def test_an_error_of_numpys_teaches_nothing(cupy):
    x = la.asarray(np.zeros((3, 3)))
    result = la.linalg.inv(x)
    for _ in range(2):
        with pytest.raises(la.errors.ExecutionError, match="Singular"):
            result.compute(device="gpu")
        assert not result.explain(device="gpu").plan.is_mixed


def test_operations_of_ones_own_without_a_kernel_are_left_to_numpy(cupy):
    twice = la.elementwise("twice", numpy=lambda x: x * 2)
    x = la.asarray(A)
    explained = (twice(la.sin(x)) + 1).explain(device="gpu")
    assert explained.plan.is_mixed
    assert "CuPy has no twice for dtype float64" in str(explained)
    got = (twice(la.sin(x)) + 1).compute(device="gpu")
    np.testing.assert_allclose(got, np.sin(A) * 2 + 1, rtol=1e-14)


# --- what a run took ----------------------------------------------------------------------


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("places", [(0, 0, 0), (1, 1, 1)])
def test_the_timeline_accounts_for_stages_and_copies(cupy, graph, places):
    results = built(graph, *arrays(cupy, places))
    explained = la.explain(*results, analyze=True)
    record = explained.to_dict()
    crossing = [s for s in record["stages"] if s["kind"] == "copy"]
    assert crossing
    for stage in record["stages"]:
        assert stage["reason"]
        if stage["kind"] != "scalar":
            assert stage["measured_s"] > 0
    labels = [label for label, _, _ in record["spans"]]
    for stage in crossing:
        assert f"stage {stage['id']}" in labels
    ends = [c["target"] == "cpu" for c in record["copies"]]
    assert labels.count("to host") == sum(ends)
    assert labels.count("to device") == len(ends) - sum(ends)
    total = record["measured_s"] + sum(record["phases"].values())
    assert record["wall_s"] == pytest.approx(total, rel=1e-9)
    page = explained._repr_html_()
    for stage in crossing:
        assert stage["reason"] in page
