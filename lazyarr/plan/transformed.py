"""What NumPy's Fourier transforms work in, as its library pocketfft plans them."""

from __future__ import annotations

from functools import lru_cache
from math import isqrt, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import thread_count
from lazyarr.ops.transforms import OVER, steps_of
from lazyarr.plan.operands import Operand
from lazyarr.plan.shared import SHARES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Value

_DOUBLE = 16  # bytes of a complex double
WORTHWHILE = 1 << 15
"""Elements from which another thread is worth waking up for a transform."""
SPREAD = ("fft", "ifft", "rfft", "irfft", *OVER)
"""Those whose lines are spread over threads."""
_HALF = ("rfft", "ihfft")
_REAL = (*_HALF, "irfft", "hfft")
_VECTOR = 16  # bytes of the registers in which it takes several lines at once
_FACTOR = 1.1  # times as much work of a prime factor above 5
_CHIRPED = 1.5  # the same of a transform by way of a longer one
_SIMPLE = 50  # elements of a line that is always done by its factors


def transformed(
    name: str,
) -> Callable[[Sequence[Operand], Value, tuple[Any, ...]], int]:
    """Return the rule of a Fourier transform: of its steps along one axis, the most."""

    def work(seen: Sequence[Operand], result: Value, params: tuple[Any, ...]) -> int:
        (x,), (length, axis, norm) = seen, params
        steps = steps_of(name, length, axis) if name in OVER else [(name, length, axis)]
        spread = name in SPREAD and len(x.shape) > 1 and x.size >= WORTHWHILE
        spread = spread and not x.apart and thread_count() > 1
        peak, held, now = 0, 0, x
        for one, n, k in steps:
            then = _made(one, now, n, k)
            beside = (_parts if spread else _beside)(one, now, n, k, norm)
            peak = max(peak, held + beside + then.nbytes)
            held, now = then.nbytes, then
        return max(peak - result.nbytes, 0)

    return work


def _made(name: str, x: Operand, n: int, axis: int) -> Operand:
    """Return what a transform along one axis gives."""
    sides = list(x.shape)
    sides[axis] = n // 2 + 1 if name in _HALF else n
    real, single = name in ("irfft", "hfft"), x.dtype.char in "efF"
    out = np.dtype(("f" if single else "d") if real else ("F" if single else "D"))
    if real and x.dtype.char == "e":
        out = x.dtype
    return Operand(tuple(sides), out, "C")


def _parts(name: str, x: Operand, n: int, axis: int, norm: str) -> int:
    """Return what threads take that transform parts of it, the first before the others."""
    sides = list(x.shape)
    place = axis % len(sides)
    across = max([k for k in range(len(sides)) if k != place], key=sides.__getitem__)
    count = min(SHARES, sides[across])
    if not count:
        return 0
    sides[across] = -(-sides[across] // count)
    part = x._replace(shape=tuple(sides))
    first = _made(name, part, n, axis).nbytes
    busy = max(min(thread_count(), count - 1), 1)
    return max(first, busy * _beside(name, part, n, axis, norm))


def _beside(name: str, x: Operand, n: int, axis: int, norm: str) -> int:
    """Return what a transform along one axis takes beside its operand and its result."""
    then, single = _made(name, x, n, axis), x.dtype.char in "efF"
    exact = ("f", "d") if name in _HALF else ("F", "D")
    # A factor that is 1 makes NumPy take doubles, but where single ones are exact.
    unscaled = (norm == "forward") == (name in ("ifft", "irfft", "ihfft"))
    native = x.dtype.char == exact[1] or (x.dtype.char == exact[0] and not unscaled)
    copied = x.nbytes if name == "hfft" else 0
    lines = prod(x.shape) // max(x.shape[axis], 1)
    apart = axis % len(x.shape) < len(x.shape) - 1
    copied += _lines(n, name in _REAL, 4 if native and single else 8, lines, apart)
    if native:
        return copied
    copied += x.size * (_DOUBLE // 2 if name in _HALF else _DOUBLE)
    wide = _DOUBLE // 2 if name in ("irfft", "hfft") else _DOUBLE
    return copied + (wide * then.size if then.dtype.itemsize < wide else 0)


def _lines(n: int, real: bool, item: int, count: int, apart: bool) -> int:
    """Return the bytes that so many lines of n numbers are transformed in.

    `item` are the bytes of a real one. Of lines as many are done at once as a register
    has room for, from copies of all; else it copies what lies `apart`.
    """
    if not n or not count:
        return 0
    each = item if real else 2 * item
    many = _VECTOR // item
    together = many if count >= many else 1
    buffers = n * each * (together if together > 1 else apart)
    longer = _longer(n, real)
    if not longer:  # roots of one, and as much as a line to turn it in
        return buffers + n * each * (1 + together)
    # The longer transform's own roots, the chirp and its transform; of each line the two
    # that are multiplied, and real numbers as complex ones.
    plan = 2 * item * (longer + n + longer // 2 + 1)
    return buffers + plan + together * 2 * item * (2 * longer + n * real)


@lru_cache(maxsize=1024)
def _longer(n: int, real: bool) -> int:
    """Return the length of the transform that one of n numbers is made by; 0 for its own.

    Bluestein's algorithm, where n has a prime factor that is too large.
    """
    factors = _factors(n)
    largest = max(factors, default=1)
    if n < _SIMPLE or largest * largest <= n:
        return 0
    longer = _smooth(2 * n - 1)
    own = _cost(n) / (2 if real else 1)
    return longer if 2 * _CHIRPED * _cost(longer) < own else 0


def _factors(n: int) -> list[int]:
    found, factor = [], 2
    while factor <= isqrt(n):
        if n % factor:
            factor += 1
        else:
            found.append(factor)
            n //= factor
    return [*found, n] if n > 1 else found


def _cost(n: int) -> float:
    """Return what pocketfft guesses of the work of a transform."""
    return n * sum([f if f <= 5 else _FACTOR * f for f in _factors(n)])


def _smooth(n: int) -> int:
    """Return the least number from n on without prime factors above 11."""
    best = 1 << (n - 1).bit_length()
    odd = [1]
    for prime in (3, 5, 7, 11):
        powers = [prime**k for k in range(best.bit_length())]
        odd = [one * power for one in odd for power in powers if one * power < best]
    for one in odd:
        best = min(best, one << max((-(-n // one) - 1).bit_length(), 0))
    return best
