"""What a program of the corpus is: NumPy code of a module that is passed in.

A program is an ordinary function whose first parameter is named ``np``. It is run with
NumPy and with lazyarr on copies of the same inputs; what it returns and what it leaves
in its inputs must agree.
"""

from __future__ import annotations

import importlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy

if TYPE_CHECKING:
    from collections.abc import Callable

SUMS = "sums are folded in another order than NumPy's"
MATRICES = "sums are folded in another order, and a factorisation carries it on"

THEMES = (
    "grids",
    "images",
    "games",
    "dynamics",
    "matrices",
    "fits",
    "learning",
    "series",
    "tables",
    "loops",
    "finance",
    "geometry",
    "randomness",
    "chains",
    "puzzles",
    "kernels",
)


@dataclass(frozen=True)
class Stream:
    """An input that stands for a generator of Philox's bits with this seed."""

    seed: int


@dataclass(frozen=True)
class Program:
    """A program, how its inputs are made, and how equal its results must be."""

    name: str
    run: Callable[..., Any]
    inputs: Callable[[int, numpy.random.Generator], tuple[Any, ...]]
    sizes: tuple[int, int]
    """What the tests run it at."""
    large: int
    """What the benchmark runs it at, beside the smaller of `sizes`."""
    rtol: float
    """0: bit for bit."""
    reason: str
    loops: bool
    """Whether it goes through its arrays element by element."""

    def arguments(self, size: int) -> tuple[Any, ...]:
        """Return inputs, the same at each call."""
        seed = zlib.crc32(self.name.encode())
        return self.inputs(size, numpy.random.default_rng(seed))


PROGRAMS: dict[str, Program] = {}


def program(
    inputs: Callable[[int, numpy.random.Generator], tuple[Any, ...]],
    *,
    sizes: tuple[int, int],
    large: int,
    rtol: float = 0.0,
    reason: str = "",
    loops: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add a function to the corpus; a tolerance needs a reason."""
    assert (rtol > 0) == bool(reason), "a tolerance has a reason"

    def add(run: Callable[..., Any]) -> Callable[..., Any]:
        name = run.__name__
        assert name not in PROGRAMS, name
        PROGRAMS[name] = Program(name, run, inputs, sizes, large, rtol, reason, loops)
        return run

    return add


def load() -> dict[str, Program]:
    """Return all programs by name."""
    for theme in THEMES:
        importlib.import_module(f"tests.corpus.{theme}")
    return PROGRAMS


def given(module: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the inputs as arrays of a module of its own."""
    return tuple(_given(module, value) for value in arguments)


def _given(module: Any, value: Any) -> Any:
    if isinstance(value, numpy.ndarray):
        return module.array(value)
    if not isinstance(value, Stream):
        return value
    if module is numpy:
        return numpy.random.Generator(numpy.random.Philox(value.seed))
    return module.random.default_rng(value.seed)
