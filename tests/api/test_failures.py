"""What fails while arrays are changed in memory: they are old, new, or refused."""

from __future__ import annotations

import gc
import itertools
import pickle
import signal

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.api import pending
from lazyarr.config import current
from lazyarr.ir.kept import Owned
from lazyarr.ir.lost import Lost
from lazyarr.ir.node import structure
from lazyarr.plan.place import Machine
from lazyarr.runtime import around, lane, overwritten, pool
from lazyarr.runtime.device_stage import facts_of

pytestmark = pytest.mark.usefixtures("planned")  # NumPy itself never fails half way

LOST = r"the elements are lost"


class Fault:
    """Lets one call of a function raise an error: the one with this number."""

    def __init__(self, error):
        self.error = error
        self.at = -1
        self.calls = 0

    def of(self, function):
        """Return the function that fails then."""

        def failing(*arguments, **options):
            self.calls += 1
            if self.calls - 1 == self.at:
                raise self.error("none left")
            return function(*arguments, **options)

        return failing


def tiles(monkeypatch, error):
    """Return a fault of what computes tiles."""
    fault = Fault(error)
    for module in (lane, around):
        monkeypatch.setattr(module, "run_steps", fault.of(module.run_steps))
    return fault


def allocations(monkeypatch, error):
    """Return a fault of what allocates."""
    fault = Fault(error)
    for name in ("empty", "scratch"):
        monkeypatch.setattr(pool, name, fault.of(getattr(pool, name)))
    return fault


@pytest.fixture
def written():
    """Let writes be evaluated soon, in tiles, by two threads."""
    with la.config(tile_elements=1024, pending_writes=3, small_path=False, threads=2):
        yield
    gc.collect()  # what frames of errors hold: other tests look at what is pending


def grid(xp):
    return xp.asarray(np.linspace(0, 1, 90 * 80).reshape(90, 80)).copy()


def stencil(xp):
    x = grid(xp)
    yield (x,)
    for _ in range(7):
        x[1:-1, 1:-1] = (x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2]) / 3
        yield (x,)


def rows(xp):
    x = grid(xp)
    yield (x,)
    for k in range(7):
        x[k : k + 40] += xp.sin(x[k + 40 : k + 80])
        yield (x,)
        x[:, 3:] *= 1.5
        yield (x,)


def leapfrog(xp):
    x, v = grid(xp), grid(xp) * 2
    yield x, v
    for _ in range(5):
        v[1:-1] += 0.1 * (x[2:] - 2 * x[1:-1] + x[:-2])
        yield x, v
        x[1:-1] += 0.1 * v[1:-1]
        yield x, v


def joined(xp):
    x = grid(xp)
    yield (x,)
    for _ in range(4):
        x[:40] = xp.exp(-x[:40])
        yield (x,)
        x *= 1.01
        yield (x,)
        x[40:80] = x[:40] * x[5:45] + 2
        yield (x,)


def states(program):
    """Return what all arrays are after each step."""
    return [[a.copy() for a in arrays] for arrays in program(np)]


def outcomes(program, expected):
    """Run a program until it fails; return for each array what became of it."""
    steps = program(la)
    step, arrays = 0, next(steps)
    try:
        for _ in steps:
            step += 1
        for one in arrays:
            one.compute()
    except (MemoryError, KeyboardInterrupt, la.ExecutionError):
        pass
    else:
        return ["done"]
    possible = expected[step : step + 2]
    return [
        became(one, [state[k] for state in possible]) for k, one in enumerate(arrays)
    ]


def became(array, possible):
    """Return whether an array is refused, or what it should be."""
    try:
        found = np.asarray(array)
    except la.ExecutionError:
        with pytest.raises(la.ExecutionError, match=rf"{LOST}.*test_failures.py:"):
            (array + 1).compute()
        return "refused"
    assert any(np.array_equal(found, one) for one in possible)
    assert np.array_equal((array * 1).compute(), found)
    return "kept"


@pytest.mark.parametrize("program", [stencil, rows, leapfrog, joined])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (tiles, MemoryError),
        (tiles, KeyboardInterrupt),
        (allocations, MemoryError),
    ],
)
def test_whatever_fails_no_array_is_wrong(written, monkeypatch, program, kind, error):
    expected = states(program)
    assert outcomes(program, expected) == ["done"]
    fault = kind(monkeypatch, error)
    assert outcomes(program, expected) == ["done"]
    found = set()
    for at in range(0, fault.calls, max(1, fault.calls // 60)):
        fault.at, fault.calls = at, 0
        found.update(outcomes(program, expected))
    assert "kept" in found
    if kind is tiles:
        assert "refused" in found


def spread(x):
    """Write into an array what is made of its elements around, twice."""
    for _ in range(2):
        x[1:-1, 1:-1] = x[:-2, 1:-1] + x[2:, 1:-1] * x[1:-1, 2:]


def changed(fault, x):
    """Let the second tile fail of writes into an array's own memory."""
    pending.settle(x)
    spread(x)
    fault.at, fault.calls = 1, 0
    with pytest.raises(fault.error):
        pending.settle(x, donate=True)
    fault.at = -1


@pytest.fixture
def refused(written, monkeypatch):
    """Return an array of which an evaluation in its memory failed."""
    x = grid(la)
    x[0] = 2
    changed(tiles(monkeypatch, MemoryError), x)
    return x


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x.compute(),
        lambda x: x.persist(),
        lambda x: np.asarray(x),
        lambda x: float(x[3, 3]),
        lambda x: x[2:4, ::-1].compute(),
        lambda x: x.T.compute(),
        lambda x: la.sum(x).item(),
        lambda x: la.compute(x, x + 1),
        lambda x: x.copy().compute(),
        lambda x: x.tolist(),
        lambda x: list(x.flat),
        lambda x: next(iter(x)).compute(),
        lambda x: pickle.dumps(x),
        lambda x: np.from_dlpack(x),
        lambda x: x.explain(),
        lambda x: la.explain(x * 2, analyze=True),
        lambda x: la.linalg.norm(x).compute(),
        lambda x: np.add(x, 1, out=np.empty(x.shape)),
        lambda x: x[x > 1].compute(),
    ],
)
def test_every_read_of_what_is_lost_says_so(refused, read):
    with pytest.raises(la.ExecutionError, match=LOST):
        read(refused)


def test_the_error_names_operation_line_and_remedy(refused):
    with pytest.raises(la.ExecutionError) as caught:
        refused.compute()
    text = str(caught.value)
    assert text.startswith("[update] the elements are lost: MemoryError came when")
    assert "none left" in text
    assert "(test_failures.py:" in text
    assert text.endswith("make the array anew, or write all of it: x[...] = values.")


def test_what_is_lost_is_still_an_array(refused):
    assert refused.shape == (90, 80)
    assert refused.T.strides == (8, 640)
    assert repr(refused) == "<lazyarr.Array update float64[90, 80]>"


def test_writing_all_of_it_mends_an_array(refused):
    view = refused[3:5]
    refused[...] = 3
    refused[4] += 1
    assert np.array_equal(view.compute(), np.repeat([[3], [4]], 80, axis=1))


def test_what_is_lost_is_in_nobodys_way(refused):
    x, expected = grid(la), grid(np)
    for one in (x, expected):
        for k in range(9):
            one[k] += one[k + 1]
    assert np.array_equal(x.compute(), expected)


def test_another_array_of_the_same_evaluation_is_kept(written, monkeypatch):
    x, y = grid(la), grid(la)
    for one in (x, y):
        one[0] = 2
        pending.settle(one)
    before = np.asarray(y)
    spread(x)
    y[1:-1, 1:-1] = x[1:-1, 1:-1] * y[1:-1, 2:]
    fault = tiles(monkeypatch, KeyboardInterrupt)
    fault.at = 1  # of x, which y is made of
    with pytest.raises(KeyboardInterrupt):
        pending.settle(y, donate=True)
    with pytest.raises(la.ExecutionError, match=LOST):
        x.compute()
    with pytest.raises(la.ExecutionError, match=LOST):
        y.compute()  # its last value is made of what is lost
    leaf = y._node
    while leaf.args:
        leaf = leaf.args[0]
    assert np.array_equal(leaf.value, before)


def test_nothing_is_lost_before_the_first_write(written, monkeypatch):
    fault, noted = allocations(monkeypatch, MemoryError), []
    note = overwritten.note
    monkeypatch.setattr(overwritten, "note", lambda a: (noted.append(1), note(a)))
    found = set()
    for at in itertools.count():
        x = grid(la)
        x[0] = 2
        pending.settle(x)
        spread(x)
        monkeypatch.setattr(pool, "_scratches", [])
        fault.at, fault.calls = at, 0
        noted.clear()
        try:
            pending.settle(x, donate=True)
        except MemoryError:
            leaf = x._node.args[0].args[0]
            assert (type(leaf.value) is Lost) == bool(noted)
            found.add(bool(noted))
        else:
            assert noted
            break
        finally:
            fault.at = -1
    assert found == {False, True}


def test_memory_is_asked_for_before_an_array_is_changed(written, monkeypatch):
    x, expected = la.ones((1500, 1500)), np.ones((1500, 1500))
    x[0] = expected[0] = 2
    pending.settle(x)
    for one, xp in ((x, la), (expected, np)):
        one[1:-1] = one[:-2] + one[2:]
        one[:, ::2] = xp.sort(one[:, 1::2], axis=0) + xp.cumsum(one, axis=1)[:, ::2]
    reserve, refusals = pool.reserve, ["Unable to allocate"]

    def refusing(nbytes):
        assert nbytes > 1 << 24
        if refusals:
            raise MemoryError(refusals.pop())
        reserve(nbytes)

    monkeypatch.setattr(pool, "reserve", refusing)
    monkeypatch.setattr(pending, "_SAFE", ("sort", "cumulative_sum"))
    with pytest.raises(MemoryError, match=r"Unable to allocate .*test_failures.py"):
        pending.settle(x, donate=True)
    pending.settle(x, donate=True)
    assert np.array_equal(x.compute(), expected)


def test_what_is_reserved_is_what_there_is():
    pool.reserve(1 << 24)
    with pytest.raises(MemoryError, match="Unable to allocate"):
        pool.reserve(1 << 62)


def test_an_interrupt_of_the_users_waits_for_tiles_in_place(written, monkeypatch):
    x, expected = grid(la), grid(np)
    x[0] = expected[0] = 2
    pending.settle(x)
    for one in (x, expected):
        spread(one)

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        run(*arguments)

    run = lane.run_steps
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as changed:
            for module in (lane, around):
                changed.setattr(module, "run_steps", interrupted)
            with pytest.raises(KeyboardInterrupt):
                pending.settle(x, donate=True)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert np.array_equal(x.compute(), expected)


def test_small_graphs_without_a_plan_are_refused_as_well(monkeypatch):
    x = la.array(np.ones((30, 4)))
    x[0] = 2
    pending.settle(x)
    x[1] = x[0] + 1
    x[2:5] = x[7:10] * 2
    calls = []

    def failing(base):
        calls.append(overwritten.note)
        note(base)
        raise MemoryError("none left")

    note = overwritten.note
    monkeypatch.setattr(overwritten, "note", failing)
    with pytest.raises(MemoryError):
        pending.settle(x, donate=True)
    assert len(calls) == 1
    with pytest.raises(la.ExecutionError, match=LOST):
        x.compute()


def test_a_gpu_knows_the_only_copy_of_elements():
    x = la.ones((30, 4))
    x[0] = 2
    pending.settle(x)
    x.reshape(4, 30)[1] = 5
    _, nodes = structure((x._node,))
    (owned,) = [k for k, node in enumerate(nodes) if type(node.params) is Owned]
    given = ((x._node,), nodes, current(), "cpu", Machine(), None)
    plan = evaluate.make_plan(*given, frozenset({owned}))
    only = facts_of(plan).only
    sources = {v.id for v in plan.values if v.source == owned}
    views = {
        s.outputs[0].value
        for s in plan.stages
        if s.kind == "view" and s.inputs[0].value in sources
    }
    assert only == sources | views
    assert facts_of(evaluate.make_plan(*given)).only == set()
