"""What CuPy's Fourier transforms work in on a GPU, beside operands and results.

A plan of cuFFT has an area to work in, which stays with the plan for transforms of the
same kind: it is counted in every plan of ours, for nobody knows which is the first.
"""

from __future__ import annotations

from functools import lru_cache
from math import inf, prod
from typing import TYPE_CHECKING, Any, TypeAlias

from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lazyarr.plan.model import Value
    from lazyarr.plan.operands import Operand

Rule: TypeAlias = "Callable[[Sequence[Operand], Value, Any], float]"
Keeping: TypeAlias = "Callable[[Sequence[Operand], Value, Any], Area]"

# Lengths, and their prime factors, that cuFFT does without an area.
_WITHIN = ((1024, 13), (4096, 7))
_SMOOTH = 127  # the largest prime factor of lengths that are not filled up
# What is filled up: elements of an area, at least; times those of a line, at most.
_LEAST, _FILLED = 1 << 14, 4.25
_ALONE = 1 << 15  # bytes of a line that is filled up where no area is needed, at most
_BLOCKS = 4096  # elements up to which half as many are done in one step
_SHARE = 1 << 15  # bytes more of an area of real numbers, at most
_HALF = ("rfft", "ihfft")
_FAST = (2, 3, 5, 7)  # prime factors of lengths that CuPy takes for convolutions
_ALONG = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
_OVER = ("fftn", "ifftn", "rfftn", "irfftn")
_REAL = ("irfft", "hfft")
_WHOLE = ("fft", "ifft", "fftn", "ifftn")


class Area(NamedTuple):
    """Memory that stays: of so many bytes, for transforms of a kind, lengths and lines."""

    kind: str
    lengths: tuple[int, ...]
    lines: int
    nbytes: int


def _parts(x: Operand) -> int:
    """Return the bytes of a complex number that a transform makes of an element."""
    return 8 if x.dtype.char in "efF" else 16


def _longest(x: Operand, lengths: Sequence[int], axes: Sequence[int]) -> int:
    """Return the elements of an operand that is filled up to these lengths."""
    sides = list(x.shape)
    for axis, length in zip(axes, lengths, strict=True):
        sides[axis] = max(length, sides[axis])
    return prod(sides)


# --- areas that stay --------------------------------------------------------------------


def _is_smooth(length: int, largest: int) -> bool:
    for prime in range(2, largest + 1):
        while length > 1 and length % prime == 0:
            length //= prime
    return length <= 1


def _elements(length: int, item: int) -> int:
    """Return the complex numbers for which a line of so many has an area.

    As an H200's cuFFT tells of all kinds of lengths up to a million.
    """
    if _is_filled(length):
        if length * item <= _ALONE:
            return 0
        return max(int(_FILLED * length), _LEAST)
    within = any(length <= n and _is_smooth(length, prime) for n, prime in _WITHIN)
    return 0 if within else length


def _area(length: int, lines: int, item: int) -> int:
    return item * lines * _elements(length, item)


def _is_filled(length: int) -> bool:
    """Whether a length is filled up to one that has small prime factors."""
    return not _is_smooth(length, _SMOOTH)


def _of_real(length: int, lines: int, item: int) -> int:
    """Return the area for real numbers, or of what becomes such, of a length.

    Two of an even length are done as one complex number; of an odd length two lines are,
    and a line alone takes as much as two.
    """
    within, prime = _WITHIN[0]
    if length <= within and _is_smooth(length, prime):
        return 0
    half = length // 2
    if length % 2 == 0:
        filled = _elements(half, item) if _is_filled(half) else 0
        least = half if _is_filled(half) and length > _BLOCKS else 0
        return item * lines * (max(filled, least) + half)
    filled = _elements(length, item) if _is_filled(length) else 0
    return item * -(-lines // 2) * (max(filled, length) + length)


def _area_along(name: str) -> Keeping:
    def area(seen: Sequence[Operand], result: Value, params: Any) -> Area:
        (x,), (length, axis, _) = seen, params
        lines = x.size // max(x.shape[axis], 1)
        if name in _WHOLE:
            return Area("", (length,), lines, _area(length, lines, _parts(x)))
        found = _of_real(length, lines, _parts(x))
        return Area(name, (length,), lines, found + (_SHARE if found else 0))

    return area


def _area_over(name: str) -> Keeping:
    def area(seen: Sequence[Operand], result: Value, params: Any) -> Area:
        (x,), (lengths, axes, _) = seen, params
        whole = _longest(x, lengths, axes)
        areas = [_area(n, whole // max(n, 1), _parts(x)) for n in lengths]
        found = max(_parts(x) * whole, *areas)
        if name in _WHOLE:
            return Area("", tuple(lengths), whole // max(prod(lengths), 1), found)
        return Area(name, tuple(lengths), whole // max(prod(lengths), 1), found // 2)

    return area


def _areas_of_spectra(seen: Sequence[Operand], result: Value, params: Any) -> Area:
    """Return the same of a convolution: to the spectra and back."""
    kind, length = result.dtype.kind, _spectra(seen)
    if kind not in "fc":
        return Area("spectra", (0,), 1, 0)
    each = result.dtype.itemsize * length + (_SHARE if kind == "f" else 0)
    return Area("spectra", (length,), 1, 2 * each)


# --- what is let go ---------------------------------------------------------------------


def _along(name: str) -> Rule:
    def work(seen: Sequence[Operand], result: Value, params: Any) -> int:
        (x,), (length, axis, _) = seen, params
        given = length // 2 + 1 if name in _REAL else length
        whole = _parts(x) * _longest(x, (given,), (axis,))
        moved = axis % len(x.shape) != len(x.shape) - 1 or x.order != "C"
        if name in _HALF:
            native = x.dtype.char in "fd" and length <= x.shape[axis]
            turned = max(whole // 2, result.nbytes) if moved else 0
            return turned + (0 if native else whole // 2)
        if name in _REAL:
            return whole * (2 if name == "hfft" or x.dtype.kind != "c" else 1)
        cast = whole if x.dtype.kind != "c" or length != x.shape[axis] else 0
        return cast + (whole if moved and (len(x.shape) > 1 or not cast) else 0)

    return work


def _over(name: str) -> Rule:
    def work(seen: Sequence[Operand], result: Value, params: Any) -> int:
        (x,), (lengths, axes, _) = seen, params
        if name == "irfftn":  # of what is half as long
            lengths = (*lengths[:-1], lengths[-1] // 2 + 1)
        whole = _parts(x) * _longest(x, lengths, axes)
        # All axes at once; some of them are done one after the other.
        others = 0 if len(axes) == len(x.shape) else whole
        if name == "rfftn":
            plain = x.order == "C" and x.dtype.char in "fd"
            return others + (0 if plain else whole // 2)
        if name == "irfftn":
            return others + whole * (1 if x.dtype.kind == "c" else 2)
        return others + (0 if x.order == "C" and x.dtype.kind == "c" else whole)

    return work


@lru_cache(maxsize=4096)
def fast_length(least: int, primes: tuple[int, ...] = _FAST) -> float:
    """Return the least length from here on that has no other prime factors.

    Examples
    --------
    >>> fast_length(1_000_004), fast_length(1_000_019)
    (1000188, 1000188)
    """
    if least <= 1 or not primes:
        return 1 if least <= 1 else inf
    prime, *rest = primes
    shorter = fast_length(-(-least // prime), primes) * prime
    return min(shorter, fast_length(least, tuple(rest)))


def _spectra(seen: Sequence[Operand]) -> int:
    return int(fast_length(sum(x.size for x in seen) - 1))


def _convolved(seen: Sequence[Operand], result: Value, params: Any) -> int:
    item = result.dtype.itemsize
    if result.dtype.kind in "biu":
        cast = sum(x.size * item for x in seen if x.dtype != result.dtype)
        padded = dict(params[0]).get("mode") != "valid"
        return cast + item * (sum(x.size for x in seen) - 1) * padded
    # Spectra of both, their product, and what it is turned back to, which the result
    # is a part of; of real numbers a copy of the product, too.
    arrays = 4 if result.dtype.kind == "c" else 5
    return arrays * item * _spectra(seen) - prod(result.shape) * item


AREAS: dict[str, Keeping] = {
    **{name: _area_along(name) for name in _ALONG},
    **{name: _area_over(name) for name in _OVER},
    **dict.fromkeys(("convolve", "correlate"), _areas_of_spectra),
}
TRANSFORMS: dict[str, Rule] = {
    **{name: _along(name) for name in _ALONG},
    **{name: _over(name) for name in _OVER},
    **dict.fromkeys(("convolve", "correlate"), _convolved),
}
