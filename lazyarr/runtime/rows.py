"""Library functions of independent rows, or of independent values, spread over threads."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.config import thread_count
from lazyarr.errors import Listener
from lazyarr.ops.library import FIRST, is_plain
from lazyarr.ops.running import carry, is_running, running
from lazyarr.ops.short import scanned
from lazyarr.plan.shared import SHARES, parted
from lazyarr.plan.transformed import SPREAD
from lazyarr.runtime import floating, pool, threads
from lazyarr.runtime.transforms import transformed

if TYPE_CHECKING:
    from collections.abc import Callable

_WORTHWHILE = 1 << 16  # elements from which another thread is worth waking up
_TAKEN = 1 << 18  # elements from which it is where these are only taken, or added
_FILTERED = 1 << 21  # products of elements from which a filter's parts are worth it
_SUMMED = 1 << 19  # products from which their sums are
_LINES = 4 * SHARES  # along an axis of which parts are summed
_EACH = 4  # parts that every thread takes elements for
_SCANS = {"cumulative_sum": np.add, "cumulative_prod": np.multiply}
_MATRIX = 32  # rows and columns of a small matrix, at most
_STACKED = 3  # axes of stacks of matrices


def sharing(
    name: str, function: Callable[..., Any], axes: int
) -> Callable[..., Any] | None:
    """Return ``f(params, *arrays)``, which spreads a library function, where that can be.

    It returns None where that gains nothing. Options are those now in force; `axes` are
    those of the operand that has most. Single products are BLAS's, with its own threads.
    """
    wanted = thread_count()
    if wanted < 2 or (name == "matmul" and axes < _STACKED):
        return None
    if name in _SCANS:
        return partial(_by_rows, _TAKEN, partial(scanned, _SCANS[name]), wanted)
    if name in SPREAD:
        return partial(transformed, name, wanted)
    if name in _CALLED:
        return partial(_CALLED[name], function, wanted)
    return partial(_ALONE[name], wanted) if name in _ALONE else None


def _by_rows(
    least: int,
    function: Callable[..., Any],
    wanted: int,
    params: tuple[Any, ...],
    x: Any,
) -> Any:
    """Call a function of a last axis, ``f(x, out, axis, ...)``, on parts of the first."""
    last = x.ndim > 1 and params[0] in (-1, x.ndim - 1)
    if not last or x.size < least or not x.flags.c_contiguous:
        return None
    wanted = min(wanted, 1 + x.size // least)
    return _together(wanted, len(x), lambda part, out: function(x[part], out, *params))


def _by_runs(wanted: int, params: tuple[Any, ...], x: Any) -> Any:
    """Find running extremes of parts of a vector, then what earlier parts change."""
    ufunc = getattr(np, params[0])
    if x.ndim != 1 or x.size < _TAKEN or not is_running(ufunc, x, 0):
        return None
    wanted = min(wanted, 1 + x.size // _TAKEN)
    bounds = [x.size * k // wanted for k in range(wanted + 1)]
    parts = [slice(*pair) for pair in pairwise(bounds)]
    result = pool.empty(x.shape, x.dtype)

    def work(take: Callable[[], int | None]) -> None:
        while (k := take()) is not None:
            running(ufunc, x[parts[k]], result[parts[k]])

    threads.run(work, wanted, wanted, floating.Notes())
    for part in parts[1:]:
        carry(ufunc, result[part.start - 1], x[part], result[part])
    return result


def _by_lines(
    function: Callable[..., Any], wanted: int, params: tuple[Any, ...], x: Any
) -> Any:
    """Sort along an axis, in parts of another one."""
    axis = parted(params[0], x.ndim)
    rows = params[0] in (-1, x.ndim - 1)
    least = _WORTHWHILE if rows else _TAKEN  # lines that lie apart are copied once more
    if axis < 0 or x.size < least or not x.flags.c_contiguous:
        return None
    wanted = min(wanted, 1 + x.size // least)
    lead = (slice(None),) * axis

    def of(part: slice, _: Any) -> Any:
        return function(np, x[(*lead, part)], *params)

    return _together(wanted, x.shape[axis], of, axis)


def _by_values(
    function: Callable[..., Any],
    wanted: int,
    params: tuple[Any, ...],
    x: Any,
    values: Any,
    *rest: Any,
) -> Any:
    """Look values up in sorted ones, part by part."""
    if values.size < _WORTHWHILE or not values.flags.c_contiguous:
        return None
    wanted = min(wanted, 1 + values.size // _WORTHWHILE)

    def found(part: slice, _: Any) -> Any:
        return function(np, x, values[part], *rest, *params)

    return _together(wanted, len(values), found)


def _by_points(
    function: Callable[..., Any],
    wanted: int,
    params: tuple[Any, ...],
    x: Any,
    points: Any,
    values: Any,
) -> Any:
    """Interpolate at parts of what is asked for, between points that ascend."""
    few = x.size < max(_WORTHWHILE, SHARES * len(points))
    if few or not x.flags.c_contiguous or dict(params[0])["period"] is not None:
        return None
    if not (points[1:] >= points[:-1]).all():  # what is found depends on neighbours
        return None

    def found(part: slice, _: Any) -> Any:
        return function(np, x[part], points, values, *params)

    return _together(wanted, len(x), found)


def _by_windows(
    function: Callable[..., Any],
    wanted: int,
    params: tuple[Any, ...],
    x: Any,
    kernel: Any,
) -> Any:
    """Filter a long vector part by part: every result is a fold of neighbours."""
    n = len(kernel)
    first, length = {
        "f": (0, len(x) + n - 1),
        "s": (n - 1 - n // 2, len(x)),
        "v": (n - 1, len(x) - n + 1),
    }[str(dict(params[0])["mode"])[0]]
    if length < 2 * SHARES * n or length * n < _FILTERED:
        return None

    def filtered(part: slice, _: Any) -> Any:
        start, stop = part.start + first, part.stop + first  # in the full result
        low, high = max(0, start - n + 1), min(len(x), stop)
        inner = start >= n - 1 and stop <= len(x)
        mode = "valid" if inner else "full"
        made = function(np, x[low:high], kernel, (("mode", mode),))
        return made if inner else made[start - low : stop - low]

    return _together(wanted, length, filtered)


def _by_stacks(wanted: int, _: tuple[Any, ...], x: Any, y: Any) -> Any:
    """Multiply stacks of small matrices, which NumPy does one after the other."""
    if x.ndim < 3 or x.ndim != y.ndim or len(x) != len(y) or x.size < _WORTHWHILE:
        return None
    # What is larger is left to the library's own threads.
    small = max(*x.shape[-2:], *y.shape[-2:]) <= _MATRIX
    outermost = all(abs(a.strides[0]) == max(map(abs, a.strides)) for a in (x, y))
    # Threads would wait for one another where BLAS takes memory from a lock: of complex
    # matrices, and of those that are multiplied by themselves, transposed.
    turned = x.strides[-2:] == y.strides[:-3:-1] and np.may_share_memory(x, y)
    if not small or not outermost or turned or x.dtype.kind == "c":
        return None
    return _together(
        wanted, len(x), lambda part, out: np.matmul(x[part], y[part], out=out)
    )


def _by_letter(wanted: int, params: tuple[Any, ...], *arrays: Any) -> Any:
    """Sum products for parts of the result's first axis, if it is first of all it is in.

    NumPy goes through the others in the same order then.
    """
    text, optimize = params
    terms, _, output = text.partition("->")
    named = list(zip(terms.split(","), arrays, strict=True))
    letter = output[:1]
    within = [letter in term for term, _ in named]
    whole = optimize is not False or len(arrays) < 2 or "." in text
    if whole or not letter.isalpha():
        return None
    lengths = {
        x.shape[0] for (_, x), inside in zip(named, within, strict=True) if inside
    }
    sides = dict(side for t, x in named for side in zip(t, x.shape, strict=False))
    few = prod(sides.values()) < _SUMMED or len(lengths) > 1 or sides[letter] < _LINES
    if few or not all(_leads(letter, *one) for one in named):
        return None
    if len({x.dtype for x in arrays}) > 1:  # NumPy would cast stretches of all axes
        return None

    def of(part: slice) -> list[Any]:
        return [
            x[part] if inside else x for x, inside in zip(arrays, within, strict=True)
        ]

    if not np.einsum(text, *of(slice(2))).flags.c_contiguous:
        return None
    return _together(
        wanted, sides[letter], lambda part, out: np.einsum(text, *of(part), out=out)
    )


def _leads(letter: str, term: str, x: Any) -> bool:
    """Whether steps along an operand's first axis are longest, and no other has a letter."""
    steps = x.strides
    first = bool(steps) and min(steps) >= 0 and steps[0] == max(steps)
    return first and letter not in term[1:]


def _by_places(wanted: int, params: tuple[Any, ...], x: Any, *arrays: Any) -> Any:
    """Take the elements, or the rows, at the places of one array, part by part."""
    if params != (FIRST,) or arrays[0].size < _TAKEN or not is_plain(x, arrays[0]):
        return None
    places = arrays[0].reshape(-1)
    result = pool.empty((*arrays[0].shape, *x.shape[1:]), x.dtype)
    flat = result.reshape(len(places), *x.shape[1:])
    parts = min(SHARES, _EACH * wanted)

    def work(take: Callable[[], int | None]) -> None:
        while (k := take()) is not None:
            part = slice(len(places) * k // parts, len(places) * (k + 1) // parts)
            # In bounds they are: that was checked when the key was given.
            np.take(x, places[part], axis=0, out=flat[part], mode="wrap")

    threads.run(work, parts, wanted, floating.Notes())
    return result


def _together(
    wanted: int, length: int, function: Callable[[slice, Any], Any], axis: int = 0
) -> Any:
    """Return the function's results of the parts of a length, side by side along an axis.

    It may write the result of a part to where that belongs, its second argument.
    """
    count = min(SHARES, length)
    if count < 2:
        return None
    bounds = [length * k // count for k in range(count + 1)]
    first = function(slice(0, bounds[1]), None)
    shape = (*first.shape[:axis], length, *first.shape[axis + 1 :])
    result, lead = pool.empty(shape, first.dtype), (slice(None),) * axis
    result[(*lead, slice(0, bounds[1]))] = first
    del first

    heard = _Heard()

    def work(take: Callable[[], int | None]) -> None:
        with np.errstate(all="log", call=heard):
            while (k := take()) is not None:
                part = slice(bounds[k + 1], bounds[k + 2])
                place = result[(*lead, part)]
                made = function(part, place)
                if made is not place:
                    place[...] = made
                del made  # before the next is

    threads.run(work, count - 1, wanted, floating.Notes())
    told: Any = np.geterrcall()
    for text in heard.texts if told else ():
        told.write(text)  # where the function was called, as NumPy would
    return result


class _Heard(Listener):
    """What NumPy tells of its errors in any of the threads."""

    def __init__(self) -> None:
        self.texts: set[str] = set()

    def write(self, text: str) -> None:
        """Keep one error; called by NumPy."""
        self.texts.add(text)


_CALLED: dict[str, Callable[..., Any]] = {
    "sort": _by_lines,
    "argsort": _by_lines,
    "searchsorted": _by_values,
    "interp": _by_points,
    "convolve": _by_windows,
    "correlate": _by_windows,
}
"""What calls a function on parts; `_ALONE` has what needs none beside its name."""
_ALONE: dict[str, Callable[..., Any]] = {
    "ufunc_accumulate": _by_runs,
    "matmul": _by_stacks,
    "einsum": _by_letter,
    "getitem": _by_places,
}
