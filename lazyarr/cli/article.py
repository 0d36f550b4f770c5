"""The demo's first part: a few in-place operations, on arrays of many sizes.

The program is the one of a well-known comparison of NumPy with CuPy. Each line of it
ran alone there, and the GPU's time was that of an asynchronous launch; here every
program starts from nothing and ends with its result in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import lazyarr as la
from lazyarr.cli.contenders import AnyArray, Contender, Program, Row, measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

# The input, the results of two contenders, and a temporary of the comparison.
BYTES_PER_ELEMENT = 4 * 8
SIZES = tuple(10**k for k in range(3, 9))
QUICK_SIZES = SIZES[:-1]


def only_ones(xp: ModuleType, n: int) -> AnyArray:
    """Create an array."""
    return xp.ones(n)


def one_product(xp: ModuleType, n: int) -> AnyArray:
    """Create an array and scale it."""
    x = xp.ones(n)
    x *= 5
    return x


def three_operations(xp: ModuleType, n: int) -> AnyArray:
    """Create an array and work on it in place, three times."""
    x = xp.ones(n)
    x *= 5
    x *= x
    x += x
    return x


def three_on_data(_: ModuleType, data: AnyArray) -> AnyArray:
    """Do the same to data, which no planner can know beforehand."""
    x = data * 5
    x *= x
    x += x
    return x


# What the table calls a program, the program, and whether it takes data.
PROGRAMS: tuple[tuple[str, Program, bool], ...] = (
    ("x = ones(n)", only_ones, False),
    ("x = ones(n); x *= 5", one_product, False),
    ("x = ones(n); x *= 5; x *= x; x += x", three_operations, False),
    ("x = data * 5; x *= x; x += x", three_on_data, True),
)


def sizes(quick: bool, memory: int) -> tuple[int, ...]:
    """Return the sizes to run that fit into this many bytes."""
    wanted = QUICK_SIZES if quick else SIZES
    return tuple(n for n in wanted if n * BYTES_PER_ELEMENT <= memory) or wanted[:1]


def rows(
    contenders: Sequence[Contender],
    chosen: Sequence[int],
    budget: float,
    announce: Callable[[str], None],
) -> Iterator[Row]:
    """Compare, then time, every program at every size."""
    data = np.random.default_rng(2026).random(max(chosen))
    for name, program, on_data in PROGRAMS:
        for n in chosen:
            announce(f"{name}, n = {n:,}")
            given = data[:n] if on_data else n
            yield measured(contenders, name, program, n, given, budget)


def plan_of_ones(n: int) -> object:
    """Return the plan of the last program that starts from ones."""
    return la.explain(three_operations(la, n), device="cpu")


def plan_of_data(n: int) -> object:
    """Return the plan of the program that starts from data."""
    return la.explain(three_on_data(la, la.asarray(np.ones(n))), device="cpu")
