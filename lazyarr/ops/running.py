"""Running maxima and minima of long arrays.

NumPy's ``accumulate`` waits for every element before it looks at the next one, but for
integers of eight bytes, of which compilers keep the best one in a register. Most
stretches of most arrays hold nothing that beats what came before, which their maximum
tells at a tenth of the cost; only the others are gone through one by one.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

_STRETCH = 8192  # elements
_LEAST = 4 * _STRETCH
_AGAIN = 2048  # elements of which copies are gone through
_WORD = 8  # bytes
_MOST = 16  # stretches that are gone through without a look at them, at most
_BEATS: dict[np.ufunc, np.ufunc] = {np.maximum: np.greater, np.minimum: np.less}


def is_running(ufunc: np.ufunc, x: Any, axis: int) -> bool:
    """Whether `running` computes ``ufunc.accumulate(x, axis)``, and is faster."""
    rows = x.ndim > 0 and axis % x.ndim == x.ndim - 1 and x.shape[-1] >= _LEAST
    waits = x.dtype.kind == "f" or (x.dtype.kind in "iu" and x.dtype.itemsize < _WORD)
    return rows and ufunc in _BEATS and waits and x.dtype.char != "e"


def running(ufunc: np.ufunc, x: Any, out: Any = None) -> Any:
    """Return ``ufunc.accumulate(x, axis=-1)``; the bits are the same."""
    result = np.empty(x.shape, x.dtype) if out is None else out
    for row in np.ndindex(x.shape[:-1]):
        _along(ufunc, x[row], result[row])
    return result


def carry(ufunc: np.ufunc, best: Any, x: Any, out: Any) -> None:
    """Let `out`, the running bests of one row `x` alone, be those behind another best."""
    if x.dtype.kind == "f" and (best == 0 or best != best):  # zeros and NaNs have signs
        for start in range(0, len(out), _AGAIN):
            part = slice(start, start + _AGAIN)
            made = ufunc.accumulate(np.concatenate(([best], x[part])))[1:]
            best, alone = made[-1], out[part][-1]
            out[part] = made
            if best.tobytes() == alone.tobytes():
                return  # and so goes all that follows
        return
    beats = _BEATS[ufunc]

    def is_kept(k: int) -> bool:  # as all behind it are
        return bool(beats(out[k], best)) or out[k] != out[k]

    out[: bisect_left(range(len(out)), True, key=is_kept)] = best


def _along(ufunc: np.ufunc, x: Any, out: Any) -> None:
    """Go along one row, stretch by stretch."""
    length, beats = len(x), _BEATS[ufunc]
    ufunc.accumulate(x[:_STRETCH], out=out[:_STRETCH])
    start, count = _STRETCH, 1
    while start < length:
        best = out[start - 1]
        stop = min(start + _STRETCH, length)
        top = ufunc.reduce(x[start:stop])
        # Zeros are equal and have signs; a NaN neither beats anything nor is beaten.
        if beats(best, top) or (best == top and best != 0):
            out[start:stop] = best
            count = 1
        else:
            stop = min(start + count * _STRETCH, length)
            count = min(2 * count, _MOST)
            part, made = x[start:stop], out[start:stop]
            ufunc.accumulate(part, out=made)
            carry(ufunc, best, part, made)
        start = stop
