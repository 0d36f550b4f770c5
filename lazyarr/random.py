"""Random arrays, in the place of ``numpy.random``.

`default_rng` gives a generator whose draws are lazy, fuse with what uses them, and are
the same on every device. The functions of NumPy's global generator (`seed`, `rand`,
`randn` …) are there as well, with NumPy's numbers; they draw when they are called.
``docs/random.md`` says more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import BitGenerator

from lazyarr.api import legacy
from lazyarr.api.generators import Generator
from lazyarr.api.legacy import RandomState
from lazyarr.api.random import default_rng
from lazyarr.api.seeds import (
    MT19937,
    PCG64,
    PCG64DXSM,
    SFC64,
    Philox,
    SeedSequence,
)

__all__ = [
    "MT19937",
    "PCG64",
    "PCG64DXSM",
    "SFC64",
    "BitGenerator",
    "Generator",
    "Philox",
    "RandomState",
    "SeedSequence",
    "default_rng",
]


def __getattr__(name: str) -> Any:
    """Return a function of NumPy's global generator."""
    found = globals()[name] = legacy.function(name)
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *np.random.__all__})
