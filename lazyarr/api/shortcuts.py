"""The ops that NumPy's ``**`` runs for some Python scalars in place of ``power``."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from lazyarr.api.handle import OPS

if TYPE_CHECKING:
    from lazyarr.ops.row import DType, Op

_SQUARE = OPS["square"]
_RECIPROCAL = OPS["reciprocal"]
_SHORTCUTS: dict[tuple[type, float], Op] = {
    (int, 2): _SQUARE,
    (int, -1): _RECIPROCAL,
    (float, 0.5): OPS["sqrt"],
    (float, 2.0): _SQUARE,
    (float, -1.0): _RECIPROCAL,
}


def shortcut(dtype: DType, y: float) -> Op | None:
    """Return the op that NumPy's ``**`` runs for a Python scalar, if not ``pow``."""
    kind = dtype.kind
    if kind in "fc":
        found = _SHORTCUTS.get((type(y), y))
        return found if type(y) is int or y == 0.5 or _float_shortcuts() else None
    return _SQUARE if type(y) is int and y == 2 else None


@functools.cache
def _float_shortcuts() -> bool:
    """Whether this NumPy takes 2.0 and -1.0 as it takes 2 and -1; releases differ."""
    z = np.array([complex(-0.0, 0.0)] * 2)
    with np.errstate(all="ignore"):
        return bool((z**-1.0).tobytes() == np.reciprocal(z).tobytes())
