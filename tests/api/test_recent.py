"""Results remember the calls that made them, but not for ever."""

import os
import subprocess
import sys

import numpy as np
import pytest

import lazyarr as la
from lazyarr.api.bounds import TURNS
from tests.api import interpreters

LOOPS = """
import tracemalloc
import numpy as n, lazyarr as np

def losses(steps):
    x, w = np.asarray(n.linspace(0.0, 1.0, 1000)), np.zeros(1000) + 0.5
    for _ in range(steps):
        r = x * w - 1
        w = w - 1e-3 * r * x
        yield ((r**2).sum())

def rows(steps):
    x = np.ones((40, 25))
    for _ in range(steps):
        x = np.sqrt(x * x[::-1] + 1) * 0.7
        yield x.mean(axis=0)

def firsts(steps):
    x = np.ones(900)
    for k in range(steps):
        yield (x * k)[0]

def mixed(steps):
    x = np.ones(900)
    for k in range(steps):
        yield n.sqrt(n.sum(n.concatenate([x, x * k])))

def orbit(steps):
    y = np.asarray([1.0, 1.0, 1.0])
    for _ in range(steps):
        for _ in range(9):
            y = y + 1e-3 * np.stack([y[1] - y[0], y[0] * y[2], y[1] / y[2]])
        yield y

for gathered in losses, rows, firsts, mixed, orbit:
    list(gathered(50))
    tracemalloc.start()
    found = list(gathered(2500))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 12 << 20, (gathered, held)
    assert len(found) == 2500
"""


@pytest.mark.parametrize("switch", ["0", "1"])
def test_what_a_loop_gathers_does_not_keep_all_that_it_computed(switch):
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOPS],
        cwd=interpreters.ROOT,
        env={**os.environ, "LAZYARR_COMPILED": switch, "LAZYARR_LEARN": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr


def told(x):
    return str(x.explain())


def test_what_was_computed_last_tells_how():
    x = la.asarray(np.linspace(0.0, 1.0, 600))
    y = ((x * 3 + 1) ** 2).sum()
    others = [x * k for k in range(50)]
    assert "multiply" in told(y)
    assert "multiply" in told(others[0])


def test_what_was_computed_long_ago_is_a_value():
    x = la.asarray(np.linspace(0.0, 1.0, 600))
    y = ((x * 3 + 1) ** 2).sum()
    z = la.exp(x * 3)[::-1]
    w = x
    for _ in range(6):
        w = la.sqrt(w + 1)
    expected = [np.asarray(one).copy() for one in (y, z, w)]
    others = [(x * k).sum() for k in range(3 * TURNS)]
    assert "multiply" not in told(y)
    assert "sqrt" not in told(w)
    for one, value in zip((y, z, w), expected, strict=True):
        np.testing.assert_array_equal(np.asarray(one), value)
        np.testing.assert_array_equal(np.asarray(one * 2 + y), value * 2 + expected[0])
    assert float(others[-1]) == float(
        (np.linspace(0.0, 1.0, 600) * (3 * TURNS - 1)).sum()
    )
    assert "sum" in told(others[-1])


def test_what_goes_on_being_written_to_keeps_its_turns():
    x = la.ones(600)
    for _ in range(2 * TURNS):
        x += 1
        y = x * 2
    assert "multiply" in told(y)
    assert (np.asarray(y) == 4 * TURNS + 2).all()


CIRCLES = """
import gc, weakref
import numpy as n, lazyarr as np

class Holder:
    pass

x = np.ones(600)
for turn in range(40):
    for k in range(30):
        one = Holder()
        one.itself, one.y = one, x * k
        one.z, one.e = np.sqrt(one.y + 1), one.y.sum()
        ring = [one.z + 1, (one.y - 1)[3]]
        ring.append(ring)
    del one, ring
    gc.collect()
    kept = [(x * k).sum() for k in range(40)]

def again():
    for k in range(700):
        (np.ones(600) * k).sum()

for turn in range(4):
    held = []
    for k in range(300):
        own = n.ones(600)
        weakref.finalize(own, again if k % 50 == 7 else len, *([] if k % 50 == 7 else ["a"]))
        held.append((np.asarray(own) * 2).max())
    del own
    for k in range(1200):
        (x * k).max()
    assert all(float(one) == 2 for one in held)
"""


def test_what_is_freed_has_no_turn_any_more():
    interpreters.survive(CIRCLES)


COLLECTED = f"""
import gc
import lazyarr as np

def lengthy():
    x = np.ones(6)
    for _ in range(12):
        x = x + 1
    return x

class Holder:
    pass

gc.disable()
for later in range(16):
    kept = few = y = None
    gc.collect()  # which leaves no spare tuple
    x = lengthy()
    one = Holder()
    one.itself, one.y = one, x + 1
    kept = [x + 1 for _ in range({TURNS // 2})]
    x = lengthy()
    while (one.y._turn - x._turn) % {TURNS} > 1:  # the next turn is the one of y
        x = lengthy() if len(kept) % 50 == 0 else x + 1
        kept.append(x)
    few = [tuple(range(k, k + 5)) for k in range(3000)]
    del one
    gc.set_threshold(gc.get_count()[0] + later, 1000, 1000)
    gc.enable()
    y = x + 1
    gc.disable()
    assert (y == x + 1).all()
"""


def test_an_array_may_be_collected_while_it_forgets():
    interpreters.survive(COLLECTED)
