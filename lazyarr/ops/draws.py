"""Rows of random streams: the draws themselves, and what turns words into variates.

A draw's operands are the index of each element, the place in the stream that index 0
has, and the two halves of the key. All but the index are scalars, bound when a plan
runs: another seed or place finds the plan that is there.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from lazyarr.ops.philox import SOURCES, draw
from lazyarr.ops.row import Array, DType, Op, Operand, map_op

_INT = np.dtype(np.int64)
_WORD = np.dtype(np.uint64)
_DOUBLE = np.dtype(np.float64)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_FEW = 32  # words that are sooner transformed one by one
_PIECE = 1 << 15
"""Elements of the temporaries of a transform: they fit a cache, and calls are long.

Between short ones threads wait for each other: sixteen took twice as long as one.
"""


def _draw_op(name: str, dtype: DType) -> Op:
    def dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
        if operands != (_INT, _WORD, _WORD, _WORD):
            msg = f"{op.name} takes an int64 index and three uint64 scalars"
            raise TypeError(msg)
        return _INT, _WORD, _WORD, _WORD, dtype

    return map_op(
        f"philox_{name}",
        partial(draw, SOURCES[name]),
        cuda=f"lz_philox_{name}({{0}}, {{1}}, {{2}}, {{3}})",
        nin=4,
        dtypes=dtypes,
        flops=16,
        public=False,
        draws=True,
        summary=f"The draws of a Philox stream, each as {dtype}.",
    )


DRAWS: dict[str, Op] = {
    name: _draw_op(name, source.dtype) for name, source in SOURCES.items()
}
"""By the name of the type that a draw has in C."""


# --- integers ---------------------------------------------------------------------


def _high_word(x: Array, y: Array, out: Array | None = None) -> Any:
    """Return the high 64 bits of products, so that words become numbers below `y`."""
    if out is not None and out.size > _PIECE:
        return _in_pieces(x, y, out)
    if out is None and np.ndim(y) == 0 and np.size(x) <= _FEW:
        by = int(y)
        each = [word * by >> 64 for word in x.ravel().tolist()]
        return np.array(each, np.uint64).reshape(x.shape)
    high, low = x >> _HALF, x & _LOW
    if np.ndim(y) == 0 and y <= _LOW:  # nothing overflows: the usual case
        result = (high * y + ((low * y) >> _HALF)) >> _HALF
    else:
        a, b = y >> _HALF, y & _LOW
        middle = high * b + ((low * b) >> _HALF)
        cross = low * a + (middle & _LOW)
        result = high * a + (middle >> _HALF) + (cross >> _HALF)
    if out is None:
        return result
    out[...] = result
    return out


def _in_pieces(x: Array, y: Array, out: Array) -> Array:
    """Write high words part by part, so that what is between them stays in a cache."""
    x = np.broadcast_to(x, out.shape)
    y = np.broadcast_to(y, out.shape) if np.ndim(y) else y
    longest = max(range(out.ndim), key=out.shape.__getitem__)
    length, before = out.shape[longest], (slice(None),) * longest
    step = max(length * _PIECE // out.size, 1)
    for first in range(0, length, step):
        part = (*before, slice(first, first + step))
        _high_word(x[part], y[part] if np.ndim(y) else y, out[part])
    return out


def _words(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    if set(operands) != {_WORD}:
        msg = f"{op.name} takes words, of dtype uint64"
        raise TypeError(msg)
    return (_WORD,) * (len(operands) + 1)


HIGH_WORD = map_op(
    "high_word",
    _high_word,
    cuda="lz_high_word({0}, {1})",
    nin=2,
    dtypes=_words,
    flops=8,
    passes=8,
    public=False,
    summary="The high 64 bits of the product of two words.",
)


# --- normal variates ----------------------------------------------------------------

# Wichura's algorithm AS 241 (PPND16), highest powers first: numerator, denominator.
_CENTRE = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852545925,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_TAIL = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_FAR = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784293,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)


def _ratio(r: Any, coefficients: Any) -> Any:
    above, below = coefficients
    numerator, denominator = r * above[0], r * below[0]
    for a, b in zip(above[1:-1], below[1:-1], strict=True):
        numerator += a
        numerator *= r
        denominator += b
        denominator *= r
    numerator += above[-1]
    denominator += below[-1]
    numerator /= denominator
    return numerator


def _ratio_of_one(r: float, coefficients: Any) -> float:
    """Return what `_ratio` does of one number, by the same steps."""
    (a, b, c, d, e, f, g, h), (i, j, k, m, n, o, p, q) = coefficients
    above = ((((((r * a + b) * r + c) * r + d) * r + e) * r + f) * r + g) * r + h
    below = ((((((r * i + j) * r + k) * r + m) * r + n) * r + o) * r + p) * r + q
    return above / below  # type: ignore[no-any-return]


def _tails(q: Any) -> Any:
    r = np.sqrt(-np.log(0.5 - np.abs(q)))
    result = _ratio(r - 1.6, _TAIL)
    far = r > 5.0
    if far.any():
        result = np.where(far, _ratio(r - 5.0, _FAR), result)
    return np.copysign(result, q)


def _quantiles(words: Array) -> Array:
    # The middle of one of 2**53 intervals of (0, 1), less 0.5: no step rounds.
    whole = (words >> np.uint64(11)).view(np.int64) - (1 << 52)
    q = (whole + 0.5) * 2.0**-53
    r = 0.180625 - q * q
    result: Array = _ratio(r, _CENTRE)
    result *= q
    out_there = np.flatnonzero(r < 0.0)
    if out_there.size:
        result[out_there] = _tails(q[out_there])
    return result


def _normal(words: Any, out: Array | None = None) -> Any:
    """Return the standard normal quantile of each word."""
    given = np.asarray(words)
    if given.size <= _FEW:
        each = np.array([normal_of_word(word) for word in given.ravel().tolist()])
        if out is None:
            return each.reshape(given.shape)
        out[...] = each.reshape(given.shape)
        return out
    result = np.empty(given.shape, _DOUBLE) if out is None else out
    if given.size <= _PIECE or not (given.ndim == result.ndim == 1):
        result[...] = _quantiles(given.ravel()).reshape(given.shape)
        return result
    for first in range(0, given.size, _PIECE):
        piece = slice(first, first + _PIECE)
        result[piece] = _quantiles(given[piece])
    return result


def normal_of_word(word: int) -> float:
    """Return the standard normal quantile of one word: the bits of the arrays'."""
    q = ((word >> 11) - (1 << 52) + 0.5) * 2.0**-53
    r = 0.180625 - q * q
    if r >= 0.0:
        return _ratio_of_one(r, _CENTRE) * q
    r = math.sqrt(-float(np.log(0.5 - abs(q))))
    far = r > 5.0
    value = _ratio_of_one(r - 5.0, _FAR) if far else _ratio_of_one(r - 1.6, _TAIL)
    return math.copysign(value, q)


def _to_double(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    return *_words(op, operands)[:1], _DOUBLE


NORMAL = map_op(
    "normal_quantile",
    _normal,
    cuda="lz_normal_quantile({0})",
    nin=1,
    dtypes=_to_double,
    flops=40,
    passes=40,
    ulp=4,
    public=False,
    summary="The quantile of the standard normal distribution that a word stands for.",
)
