"""Reductions where an axis is short: a few calls on strided parts in place of one.

NumPy starts its inner loop anew for every run along the innermost axis. Where that has a
few elements, starting costs ten times what the elements do. Running sums along an outer
axis, NumPy makes column by column: line by line, they read what lies together.
"""

from __future__ import annotations

from contextlib import suppress
from math import prod
from typing import Any, TypeAlias

import numpy as np

Axes: TypeAlias = tuple[int, ...]

FEW = 8
"""Elements of a short axis. NumPy adds as many one after the other, too."""
_MANY = 512  # elements along the other axes, from which several calls pay
_FEW_TRUTHS = 3  # of which NumPy looks at many at once
_CACHED = 1 << 17  # bytes of rows that are gone through column by column
_WIDE = 256  # elements inside of an axis from which whole lines are added
_LONG = 16  # elements of a reduced axis that lies outside of a short one


def folded(ufunc: np.ufunc, x: Any, axes: Axes | None, out: Any = None) -> Any:
    """Return ``ufunc.reduce(x, axes, x.dtype, out)``."""
    if axes is not None and len(axes) == 1 and x.ndim > 1 and x.dtype.char != "e":
        axis = axes[0]
        count = x.shape[axis]
        if count * _MANY <= x.size and 1 < count <= FEW and is_inner(x, axis):
            return in_turn(ufunc, np.moveaxis(x, axis, 0), out)
        if count >= _LONG and (short := _beside(x, axis)) >= 0:
            return _by_columns(ufunc, x, axis, short, out)
    elif axes is not None and 1 < len(axes) < x.ndim and x.dtype.char != "e":
        axis = _first_of(ufunc, x, axes)
        if axis >= 0:
            part = in_turn(ufunc, np.moveaxis(x, axis, 0))
            rest = tuple([k - (k > axis) for k in axes if k != axis])
            return folded(ufunc, part, rest, out)
    return ufunc.reduce(x, axis=axes, dtype=x.dtype, out=out)


def _first_of(ufunc: np.ufunc, x: Any, axes: Axes) -> int:
    """Return the innermost axis, if it is short and one of several reduced ones, or -1.

    Of floats, neighbouring axes are added as one by NumPy, whose order is kept.
    """
    axis = min(axes, key=lambda k: abs(x.strides[k]))
    count = x.shape[axis]
    if count * _MANY > x.size or not 1 < count <= FEW or not is_inner(x, axis):
        return -1
    sums = ufunc in (np.add, np.multiply) and x.dtype.kind in "fc"
    return -1 if sums and (axis - 1 in axes or axis + 1 in axes) else axis


def is_inner(x: Any, axis: int) -> bool:
    """Whether the elements along an axis are as close as those along any other.

    Of windows that overlap, the next one begins as close by as the next element lies.
    """
    steps = x.strides
    step = abs(steps[axis])
    return all(
        step <= abs(s) or n == 1 or k == axis
        for k, (s, n) in enumerate(zip(steps, x.shape, strict=True))
    )


def in_turn(ufunc: np.ufunc, parts: Any, out: Any = None) -> Any:
    """Return the parts taken together, from the first to the last."""
    result = ufunc(parts[0], parts[1], out=out)
    for part in parts[2:]:
        ufunc(result, part, out=result)
    return result


def _beside(x: Any, axis: int) -> int:
    """Return the only axis that lies inside of a reduced one, if it is short, else -1."""
    step = abs(x.strides[axis])
    found = -1
    for k, (s, n) in enumerate(zip(x.strides, x.shape, strict=True)):
        if k == axis or n == 1 or abs(s) >= step:
            continue
        if found >= 0 or n > FEW or s == 0:
            return -1
        found = k
    return found


def _by_columns(ufunc: np.ufunc, x: Any, axis: int, short: int, out: Any) -> Any:
    """Reduce one place of the short axis after the other."""
    if out is None:
        kept = x.shape[:axis] + x.shape[axis + 1 :]
        out = np.empty(kept, x.dtype)
    source = np.moveaxis(x, short, 0)
    target = np.moveaxis(out, short - (short > axis), 0)
    inner = axis - (axis > short)
    for k, part in enumerate(source):
        place = target[k, ...]
        if part.ndim == 1:
            place[...] = ufunc.reduce(part, dtype=x.dtype)
        else:
            ufunc.reduce(part, axis=inner, dtype=x.dtype, out=place)
    return out


def placed(better: np.ufunc, best: np.ufunc, x: Any) -> tuple[Any, Any] | None:
    """Return the first places of the best along a short last axis, and the elements.

    None where there is a NaN, of which the first counts, or the axis is not short.
    """
    count = x.shape[-1]
    few = FEW if x.dtype.kind != "b" else _FEW_TRUTHS
    if not 1 < count <= few or x.size < count * _MANY or x.dtype.kind not in "iufb":
        return None
    values = x[..., 0]
    index = np.zeros(values.shape, np.int8)
    wins = np.empty(values.shape, bool)
    place = wins.view(np.int8)
    kept = None
    for k in range(1, count):
        part = x[..., k]
        better(part, values, out=wins)
        np.multiply(place, np.int8(k), out=place)
        np.maximum(index, place, out=index)
        values = kept = best(part, values, out=kept)
    if x.dtype.kind == "f" and np.isnan(values).any():
        return None
    return index.astype(np.intp), values


def scanned(ufunc: np.ufunc, x: Any, out: Any, axis: int) -> Any:
    """Return ``ufunc.accumulate(x, axis, x.dtype, out)``; the bits are the same."""
    axis = axis % x.ndim
    count, inner = x.shape[axis], prod(x.shape[axis + 1 :])
    few = inner == 1 < count <= FEW and count * _MANY <= x.size
    # Products of complex numbers, NumPy rounds by where they lie.
    alike = ufunc is np.add or x.dtype.kind != "c"
    if x.size and x.flags.c_contiguous and alike and (few or inner >= _WIDE):
        out = np.empty(x.shape, x.dtype) if out is None else out
        lines, made = (a.reshape(-1, count, inner) for a in (x, out))
        step = max(1, _CACHED // (count * inner * x.itemsize))
        # Errors, NumPy's own call tells of.
        with suppress(FloatingPointError), np.errstate(all="raise"):
            for start in range(0, len(lines), step):
                part = slice(start, start + step)
                _in_steps(ufunc, *(a[part].swapaxes(0, 1) for a in (lines, made)))
            return out
    return ufunc.accumulate(x, axis=axis, dtype=x.dtype, out=out)


def _in_steps(ufunc: np.ufunc, lines: Any, made: Any) -> None:
    """Fill what is made of lines with what their first elements are together."""
    before = None
    for line, after in zip(lines, made, strict=True):
        if before is None:
            after[...] = line
        else:
            ufunc(before, line, out=after)
        before = after
