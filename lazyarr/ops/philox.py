"""NumPy's Philox4x64-10 stream, read at any place.

The stream is a sequence of 64-bit words, four to a block; block ``b`` is a function of
``b + 1`` and the key alone. Smaller draws cut words into equal parts, lowest first, as
NumPy's generators do, so that a draw of ``1 / per`` of a word has a place of its own:
``word * per + part``. Wherever places follow one another NumPy's own C code computes
them; scattered ones are computed here.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.named import NamedTuple
from lazyarr.ops.structural import Progression

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import Array

_LOW = 0xFFFFFFFF
_WORD = 0xFFFFFFFFFFFFFFFF
_MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_BUMPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS = 10
ROUNDS: tuple[Array, Array] = tuple(  # type: ignore[assignment]
    np.array([bump * k & _WORD for k in range(_ROUNDS)], np.uint64) for bump in _BUMPS
)
"""What each round adds to the halves of a key, modulo 2**64."""
# Scattered places are computed one by one where that takes less than the words between.
_COVER = 16
_RUN = 256  # places in a row from which it pays to go to them
_PIECE = 1 << 13  # places computed at a time, in a cache


class Source(NamedTuple):
    """A kind of draw: how many there are in a word, and how they are made."""

    dtype: np.dtype[Any]
    per: int
    run: Callable[[_Place, int, int, Array | None], Array]
    """``run(place, skip, n, out)``: draws from a place, but for the first `skip`."""
    of_words: Callable[[Array, Array], Array]
    """``of_words(words, part)``: the draws that are these parts of words."""


# --- runs, by NumPy --------------------------------------------------------------


class _Place(threading.local):
    """A thread's own generator, set to any place of any stream."""

    def __init__(self) -> None:
        self.bits = np.random.Philox(0)
        self.generator = np.random.Generator(self.bits)
        self.state: Any = self.bits.state

    def go(self, word: int, key: tuple[int, int]) -> None:
        """Make `word` of the stream of a key the next one."""
        inner = self.state["state"]
        inner["counter"][0] = word >> 2
        inner["key"][:] = key
        self.bits.state = self.state
        if word & 3:
            self.bits.random_raw(word & 3, False)


_places: list[_Place] = []


def _here() -> _Place:
    """Return this thread's place; NumPy's generators are loaded at the first draw."""
    if not _places:
        _places.append(_Place())
    return _places[0]


def _fits(out: Array | None) -> bool:
    return out is not None and out.flags.c_contiguous and out.flags.aligned


def _run_of_reals(
    dtype: Any, place: _Place, skip: int, n: int, out: Array | None
) -> Array:
    for _ in range(skip):
        place.generator.random(dtype=dtype)
    if _fits(out):
        return place.generator.random(out=out, dtype=dtype)
    return place.generator.random(n, dtype=dtype)


def _run_of_parts(
    dtype: Any, per: int, place: _Place, skip: int, n: int, out: Array | None
) -> Array:
    if not _fits(out):
        words = place.bits.random_raw(-(-(skip + n) // per))
        result: Array = np.asarray(words).view(dtype)[skip : skip + n]
        return result
    filled: Array = np.asarray(out).reshape(-1)  # in pieces: all words at once are much
    for first in range(-skip, n, _PIECE):
        piece = filled[max(first, 0) : first + _PIECE]
        piece[...] = _run_of_parts(dtype, per, place, max(-first, 0), piece.size, None)
    return filled


def _run_of_bits(place: _Place, skip: int, n: int, out: Array | None) -> Array:
    words = np.asarray(place.bits.random_raw(-(-(skip + n) // 64)))
    bits = np.unpackbits(words.view(np.uint8), bitorder="little")
    return bits[skip : skip + n].view(bool)


# --- scattered places, here ------------------------------------------------------


def _product(x: Array, by: int) -> tuple[Array, Array]:
    """Return the high and the low word of products with a word."""
    a, b = np.uint64(by >> 32), np.uint64(by & _LOW)
    high, low = x >> np.uint64(32), x & np.uint64(_LOW)
    middle = high * b + ((low * b) >> np.uint64(32))
    cross = low * a + (middle & np.uint64(_LOW))
    top = high * a + (middle >> np.uint64(32)) + (cross >> np.uint64(32))
    return top, x * np.uint64(by)


def words(places: Array, key: tuple[int, int]) -> Array:
    """Return the words at these places (uint64, one dimension) of a key's stream."""
    nothing = np.zeros_like(places)
    c0, c1, c2, c3 = (places >> np.uint64(2)) + np.uint64(1), nothing, nothing, nothing
    k0, k1 = key
    for _ in range(_ROUNDS):
        high0, low0 = _product(c0, _MULTIPLIERS[0])
        high1, low1 = _product(c2, _MULTIPLIERS[1])
        c0, c2 = high1 ^ c1 ^ np.uint64(k0), high0 ^ c3 ^ np.uint64(k1)
        c1, c3 = low1, low0
        k0, k1 = (k0 + _BUMPS[0]) & _WORD, (k1 + _BUMPS[1]) & _WORD
    part = places & np.uint64(3)
    return np.choose(part.astype(np.int8), (c0, c1, c2, c3))


def _doubles(words: Array, part: Array) -> Array:
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _floats(words: Array, part: Array) -> Array:
    half = _parts(np.dtype(np.uint32), 2, words, part)
    return (half >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def _parts(dtype: Any, per: int, words: Array, part: Array) -> Array:
    width = np.uint64(64 // per)
    return (words >> (part * width)).astype(dtype)


def _whole_words(words: Array, part: Array) -> Array:
    return words


def _bits(words: Array, part: Array) -> Array:
    return ((words >> part) & np.uint64(1)).astype(bool)


# --- any places --------------------------------------------------------------------


def _scattered(
    source: Source, places: Array, key: tuple[int, int], out: Array | None
) -> Array:
    flat = np.ascontiguousarray(places).astype(np.uint64).ravel()
    result = np.empty(flat.shape, source.dtype)
    per = np.uint64(source.per)
    for first in range(0, flat.size, _PIECE):
        piece = flat[first : first + _PIECE]
        found = words(piece // per, key)
        result[first : first + _PIECE] = source.of_words(found, piece % per)
    shaped = result.reshape(places.shape)
    if out is None:
        return shaped
    out[...] = shaped
    return out


def _run(
    source: Source, first: int, n: int, key: tuple[int, int], out: Array | None
) -> Array:
    word, skip = divmod(first, source.per)
    place = _here()
    place.go(word, key)
    return source.run(place, skip, n, out)


def _fill(
    source: Source, first: int, strides: tuple[int, ...], key: Any, out: Array
) -> None:
    """Fill an array with the draws at a progression of places."""
    steps = [s * (n - 1) for s, n in zip(strides, out.shape, strict=True)]
    span = 1 + sum(map(abs, steps))
    lowest = first + sum(step for step in steps if step < 0)
    itemsize = source.dtype.itemsize
    if span == out.size and _counts_on(strides, out.shape):
        made = _run(source, lowest, span, key, out)
        if made is not out:
            out[...] = made.reshape(out.shape)
    elif span <= _COVER * out.size:
        cover = _run(source, lowest, span, key, None)
        out[...] = np.lib.stride_tricks.as_strided(
            cover[first - lowest :], out.shape, tuple(s * itemsize for s in strides)
        )
    else:
        axis = max(range(out.ndim), key=lambda k: abs(steps[k]))
        inner = strides[:axis] + strides[axis + 1 :]
        if out.size // out.shape[axis] < _RUN:
            ramp = Progression(first, strides, out.shape).indices()
            _scattered(source, ramp, key, out)
            return
        for k, part in enumerate(np.moveaxis(out, axis, 0)):
            _fill(source, first + k * strides[axis], inner, key, part)


def _counts_on(strides: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether the places follow one another in C order."""
    step = 1
    for stride, n in zip(reversed(strides), reversed(shape), strict=True):
        if n > 1 and stride != step:
            return False
        step *= n
    return True


def draw(
    source: Source,
    index: Any,
    start: Any,
    key0: Any,
    key1: Any,
    out: Array | None = None,
) -> Any:
    """Return the draws at ``start + index`` of a key's stream."""
    if not isinstance(index, Progression):
        key = int(key0), int(key1)
        places = np.asarray(index).astype(np.uint64) + np.asarray(start)
        made = _scattered(source, np.atleast_1d(places), key, out)
        return made if out is not None else made.reshape(places.shape)
    result = np.empty(index.shape, source.dtype) if out is None else out
    if result.size:
        key = int(key0), int(key1)
        _fill(source, int(start) + index.start, index.strides, key, result)
    return result


def _source_of_parts(dtype: Any) -> Source:
    dtype = np.dtype(dtype)
    per = 8 // dtype.itemsize
    run = partial(_run_of_parts, dtype, per)
    return Source(dtype, per, run, partial(_parts, dtype, per))


SOURCES: dict[str, Source] = {
    "double": Source(
        np.dtype(np.float64), 1, partial(_run_of_reals, np.float64), _doubles
    ),
    "float": Source(
        np.dtype(np.float32), 2, partial(_run_of_reals, np.float32), _floats
    ),
    "uint64": _source_of_parts(np.uint64)._replace(of_words=_whole_words),
    "uint32": _source_of_parts(np.uint32),
    "uint16": _source_of_parts(np.uint16),
    "uint8": _source_of_parts(np.uint8),
    "bool": Source(np.dtype(bool), 64, _run_of_bits, _bits),
}
"""By the name of the type that a draw has in C."""
