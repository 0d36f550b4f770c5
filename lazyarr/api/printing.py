"""What ``str`` and ``print`` show of arrays: NumPy's text of their elements.

NumPy prints the corners alone of an array that is large. Where such an array is an
expression of elementwise functions and views, no more than its corners is computed.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.api import known
from lazyarr.config import current
from lazyarr.ir.node import structure
from lazyarr.ops.row import Kind

if TYPE_CHECKING:
    from lazyarr.api.array import Array

_BY_ELEMENTS = (Kind.SOURCE, Kind.MAP, Kind.VIEW)
_AXES = 4  # of what is printed by its corners: there are two to the power of them


def text(x: Array) -> str:
    """Return NumPy's text of the elements of an array; evaluates those it shows."""
    held = known.there(x)
    if held is not None:
        return str(held)
    edge = np.get_printoptions()["edgeitems"]
    if not (_is_summarised(x, edge) and _has_parts(x)):
        return str(x._read())
    corners = _corners(x, edge)
    with np.printoptions(threshold=0):  # the corners, and dots between them
        return str(corners)


def _is_summarised(x: Array, edge: int) -> bool:
    """Whether NumPy leaves out elements of an array, and few corners are what it shows."""
    if x.size <= np.get_printoptions()["threshold"] or edge < 1:
        return False
    return x.ndim <= _AXES and max(x.shape) > 2 * edge + 1


def _has_parts(x: Array) -> bool:
    """Whether a part of an array takes no more work than its share."""
    nodes = structure((x._current(),))[1]
    return all(node.op.kind in _BY_ELEMENTS for node in nodes)


def _corners(x: Array, edge: int) -> np.ndarray[Any, Any]:
    """Return an array that NumPy prints as it prints `x` where that is summarised.

    One more than NumPy shows is left of each axis that is longer: it stands for the rest.
    """
    short = tuple([min(side, 2 * edge + 1) for side in x.shape])
    cuts = [
        (slice(None),) if side == n else (slice(edge + 1), slice(-edge, None))
        for side, n in zip(short, x.shape, strict=True)
    ]
    found = np.empty(short, x.dtype)
    # One by one, and as asked for: else what several corners need is computed whole.
    device = current().device
    for key in itertools.product(*cuts):
        found[key] = x[key].compute(device)
    return found
