"""Rows of the discrete Fourier transforms, computed by NumPy's and CuPy's own.

``op.numpy(xp, x, n, axis, norm)`` computes one along an axis, and
``op.numpy(xp, x, sides, axes, norm)`` one over several axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.ops.family import library_op

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.ops.row import Op

ALONG = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
OVER = ("fftn", "ifftn", "rfftn", "irfftn")


def steps_of(name: str, sides: Any, axes: Any) -> list[tuple[str, int, int]]:
    """Return the transforms along one axis, in NumPy's order."""
    pairs = list(zip(sides, axes, strict=True))
    if name in ("fftn", "ifftn"):
        return [(name[:-1], *pair) for pair in reversed(pairs)]
    if name == "rfftn":
        inner = [("fft", *pair) for pair in reversed(pairs[:-1])]
        return [("rfft", *pairs[-1]), *inner]
    return [*[("ifft", *pair) for pair in pairs[:-1]], ("irfft", *pairs[-1])]


def _along(name: str) -> Callable[..., Any]:
    def transform(xp: Any, x: Any, n: int, axis: int, norm: str) -> Any:
        return getattr(xp.fft, name)(x, n=n, axis=axis, norm=norm)

    return transform


def _over(name: str) -> Callable[..., Any]:
    def transform(xp: Any, x: Any, s: Any, axes: Any, norm: str) -> Any:
        return getattr(xp.fft, name)(x, s=s, axes=axes, norm=norm)

    return transform


TRANSFORMS: tuple[Op, ...] = (
    *(library_op(name, _along(name), flops=64) for name in ALONG),
    *(library_op(name, _over(name), flops=64) for name in OVER),
)
