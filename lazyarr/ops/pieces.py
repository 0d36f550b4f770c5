"""Rows of arrays made of others' pieces, which rules look for in every graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazyarr.ops.family import library_op

if TYPE_CHECKING:
    from lazyarr.ops.row import Op


def _concat(xp: Any, *rest: Any) -> Any:
    *arrays, axis = rest
    return xp.concatenate(arrays, axis=axis)


def _wrapped(xp: Any, x: Any, before: tuple[int, ...], behind: tuple[int, ...]) -> Any:
    """Return an array with so many elements of its other side at each end of an axis."""
    sides = list(zip(before, x.shape, behind, strict=True))
    result = xp.empty_like(x, shape=tuple([sum(side) for side in sides]))
    inside = [slice(first, first + count) for first, count, _ in sides]
    result[tuple(inside)] = x
    for axis, (first, count, last) in enumerate(sides):
        end = first + count
        for start, stop, step in ((0, first, count), (end, end + last, -count)):
            source, target = inside.copy(), inside.copy()
            source[axis] = slice(start + step, stop + step)
            target[axis] = slice(start, stop)
            result[tuple(target)] = result[tuple(source)]
        inside[axis] = slice(None)
    return result


PIECES: tuple[Op, ...] = (
    library_op("concat", _concat),
    library_op("wrapped", _wrapped),
)
