"""Parts of arrays that several stages of a plan read are looked up once."""

import numpy as np
import pytest

import lazyarr as la
from lazyarr.runtime.whole import Assembler

A = np.random.default_rng(3).normal(size=(60, 60)) + 60 * np.eye(60)
B = np.linspace(1, 2, 60)


def iterated(xp, a, b):
    x = b * 1.0
    for _ in range(6):
        x = (b - a @ x) / a.diagonal()
    return x


@pytest.fixture
def steps(monkeypatch):
    """The calls of every program that is made, by what they are."""
    found = []
    finish = Assembler.finish

    def finished(self, wanted):
        program = finish(self, wanted)
        found.extend(program.steps)
        return program

    monkeypatch.setattr(Assembler, "finish", finished)
    return found


def test_a_diagonal_is_taken_once(steps):
    result = iterated(la, la.asarray(A), la.asarray(B)).compute()
    assert np.array_equal(result, iterated(np, A, B))
    taken = [step for step in steps if "apply" in repr(step[1])]
    assert len(taken) == 1


def test_products_of_two_matrices_are_called_at_once(steps):
    iterated(la, la.asarray(A), la.asarray(B)).compute()
    called = [step for step in steps if "_shared" in repr(step[1])]
    assert not called
    stacks = la.asarray(np.ones((70, 8, 8)))
    ((stacks @ stacks) + 1.0).compute()
    assert [step for step in steps if "_shared" in repr(step[1])]


@pytest.mark.parametrize("n", [20, 700])
def test_writes_between_reads_of_a_part_are_seen(n):
    def program(xp):
        x = xp.asarray(np.arange(1.0, n * n + 1).reshape(n, n))
        found = []
        for k in range(1, 4):
            row = x[k] * 2.0
            x[k + 1] += row
            found.append(x[k + 1] @ x.T + x[k])
            x[:, 1] = x[:, 0] - x[:, 2]
            found.append(x @ x[:, 1])
        return [*found, x]

    wanted, lazy = program(np), program(la)
    for one, other in zip(wanted, la.compute(*lazy), strict=True):
        assert np.allclose(one, other, rtol=1e-13, atol=0)
