"""Plans of two devices on a GPU: results, copies and what a run took."""

from __future__ import annotations

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.plan.place import Asked, Machine

pytestmark = pytest.mark.gpu
HOST = la.profiles.h200()
X = np.random.default_rng(0).random((200_000, 20))


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    with la.config(kept_bytes=0, small_bytes=0, learn=False):
        yield


def moments(m):
    centred = m - la.mean(m, axis=0)
    return la.linalg.eigvalsh(la.matmul(centred.T, centred))


def smallest(m):
    return la.sort(la.sum(la.exp(la.sin(m)), axis=0)) * 2 + 1


def two_results(m):
    s = la.sum(la.exp(la.sin(m)), axis=0)
    return la.sort(s) * 2 + 1, s


GRAPHS = [moments, smallest, two_results]


def split(roots, keep):
    """Return a mixed plan of a graph, and the values of its leaves."""
    _, nodes = evaluate.structure(roots)
    asked = Asked({}, len(nodes), keep)
    machine = Machine(HOST.gpu, "", HOST.cpu, host=HOST)
    options = evaluate.current()
    plan = evaluate.make_plan(roots, nodes, options, "auto", machine, asked)
    return plan, [node.value for node in nodes]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("keep", [False, True])
def test_a_mixed_plan_gives_what_numpy_gives(graph, far, keep):
    x = la.asarray(X)
    made = graph(x.to_device("gpu") if far else x)
    made = made if isinstance(made, tuple) else (made,)
    near = graph(x)
    expected = la.compute(*(near if isinstance(near, tuple) else (near,)), device="cpu")
    roots = tuple(one._current() for one in made)
    plan, leaves = split(roots, keep)
    assert plan.is_mixed, plan.reason
    executable = evaluate.prepare(plan, leaves)
    for _ in range(3):
        results = executable.run(leaves, keep=keep)
        for got, want in zip(results, expected, strict=True):
            got = got.get() if hasattr(got, "get") else got
            np.testing.assert_allclose(got, want, rtol=1e-10)


def lengths(np, x):
    return np.hypot.reduce(x, axis=1)


def test_a_function_that_cupy_lacks_is_computed_between_two_copies():
    x = la.asarray(X).to_device("gpu")

    def build():
        return la.exp(lengths(la, la.sin(x))) + 1

    explained = la.explain(build(), device="gpu", analyze=True)
    crossing = [s for s in explained.to_dict()["stages"] if s["kind"] == "copy"]
    assert [s["device"] for s in crossing] == ["cpu", "gpu:0"]
    assert all(s["measured_s"] > 0 and "CuPy has no" in s["reason"] for s in crossing)
    with la.transfers() as copies:
        got = build().compute(device="gpu")
    assert [c.implicit for c in copies] == [True, True, False]
    want = np.exp(lengths(np, np.sin(X))) + 1
    np.testing.assert_allclose(got, want, rtol=1e-12)
    with la.config(transfers="error"), pytest.raises(la.TransferError):
        build().compute(device="gpu")


FUNCTIONS = {
    "median": lambda x: la.median(x, axis=0),
    "quantile": lambda x: la.quantile(x, 0.3, axis=0),
    "quantile by hazen": lambda x: la.quantile(x, 0.3, axis=0, method="hazen"),
    "nanquantile": lambda x: la.nanquantile(x, 0.3, axis=0),
    "lexsort": lambda x: la.lexsort((x[:, 0], x[:, 1])),
    "histogram": lambda x: la.histogram(x, bins=10)[0],
    "histogram of bins": lambda x: la.histogram(x, bins=np.linspace(0, 1, 5))[0],
    "a ufunc's reduction": lambda x: np.logaddexp.reduce(x, axis=0),
    "eigenvalues": lambda x: la.linalg.eigvalsh(x[:20]),
    "a spectrum": lambda x: la.fft.rfft(x[:, 0]),
    "cumulative": lambda x: la.cumulative_sum(x, axis=0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_cupy_lacks_is_known_beforehand(name):
    x = la.asarray(X[:2000]).to_device("gpu")
    result = FUNCTIONS[name](x * 2.0)
    before = result.explain(device="gpu").plan
    with la.transfers() as copies:
        got = FUNCTIONS[name](x * 2.0).compute(device="gpu")
    crossing = sum(s.kind == "copy" for s in before.stages)
    assert sum(c.implicit for c in copies) == crossing
    want = FUNCTIONS[name](la.asarray(X[:2000]) * 2.0).compute(device="cpu")
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
