"""Rows of a float's parts: one for each result of a ufunc that has two, and others.

Users call `modf`, `frexp`, `ldexp` and `spacing` of `lazyarr.api.further`, which cast first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.ops.row import map_op

if TYPE_CHECKING:
    from lazyarr.ops.row import DType, Op, Operand

_BLOCK = 8192  # elements


def _part(name: str, ufunc: np.ufunc, place: int, cuda: str, summary: str) -> Op:
    """Enter one result of a ufunc."""

    def part(x: Any, out: Any = None) -> Any:
        if out is None or x.shape != out.shape or x.size <= _BLOCK:
            given = (None, out) if place else (out, None)
            return ufunc(x, out=given)[place]
        # The other result, of which nobody knows, is small.
        if len(x) == 1:
            part(x[0], out[0])
            return out
        step = max(_BLOCK * len(x) // x.size, 1)
        for start in range(0, len(x), step):
            part(x[start : start + step], out[start : start + step])
        return out

    def dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
        loop = ufunc.resolve_dtypes((*operands, *(None,) * ufunc.nout))
        return loop[0], loop[1 + place]

    return map_op(
        name,
        part,
        cuda=cuda,
        nin=1,
        dtypes=dtypes,
        flops=4,
        passes=2,
        summary=summary,
        public=False,
    )


def _scaled(x: Any, exponent: Any, out: Any = None) -> Any:
    return np.ldexp(x, exponent, out)


def _scaled_dtypes(op: Op, operands: tuple[Operand, ...]) -> tuple[DType, ...]:
    resolved: tuple[DType, ...] = np.ldexp.resolve_dtypes((*operands, None))
    return resolved


PARTS: dict[np.ufunc, tuple[Op, ...]] = {
    np.modf: (
        _part(
            "modf_fraction", np.modf, 0, "lz_fraction({0})", "What is behind the point."
        ),
        _part("modf_whole", np.modf, 1, "trunc({0})", "What is before the point."),
    ),
    np.frexp: (
        _part(
            "frexp_mantissa",
            np.frexp,
            0,
            "lz_mantissa({0})",
            "The number as a part of the power of two above it.",
        ),
        _part(
            "frexp_exponent",
            np.frexp,
            1,
            "lz_exponent({0})",
            "The exponent of the power of two above a number.",
        ),
    ),
    np.spacing: (
        map_op(
            "spacing",
            np.spacing,
            cuda="lz_spacing({0})",
            flops=4,
            summary="Distances to the next numbers away from zero.",
            public=False,
        ),
    ),
    np.ldexp: (
        map_op(
            "ldexp",
            _scaled,
            cuda="lz_ldexp({0}, {1})",
            nin=2,
            dtypes=_scaled_dtypes,
            flops=4,
            summary="Numbers times powers of two.",
            public=False,
        ),
    ),
}
"""The rows of a ufunc, in the order of its results."""
