"""Rows of the discrete Fourier transforms, computed by NumPy's and CuPy's own.

``op.numpy(xp, x, n, axis, norm)`` computes one along an axis, and
``op.numpy(xp, x, sides, axes, norm)`` one over several axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.ops.family import TRANSFORMS, library_op

if TYPE_CHECKING:
    from collections.abc import Callable


OVER = ("fftn", "ifftn", "rfftn", "irfftn")
ALONG = tuple([name for name in TRANSFORMS if name not in OVER])


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


for _name in TRANSFORMS:
    library_op(_name, _over(_name) if _name in OVER else _along(_name), flops=64)
