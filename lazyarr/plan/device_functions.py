"""What functions of whole arrays are made of on a GPU, where they are not one of a family.

CuPy computes some in another way than NumPy does, those of the op table that it has not
are composed of several of its functions, and of stacks of matrices it takes some one by
one: by the text of CuPy 14 and of the rows.
"""

from __future__ import annotations

from math import ceil, log2, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.named import NamedTuple
from lazyarr.ops.segments import PIECE, key_dtype
from lazyarr.plan.families import letter, taken
from lazyarr.plan.operands import Operand, operands_of
from lazyarr.plan.profile import rate_along

if TYPE_CHECKING:
    from collections.abc import Callable

    from lazyarr.plan.model import Instr, Stage, Value
    from lazyarr.plan.profile import DeviceProfile

_PASS = ""  # elements that a call goes through: the amount is their bytes
_PLACE = 8  # bytes of a place
_COMPLEX = 16
_SPREAD = 4  # times as long as the mean: the longest of some segments
_JACOBI = 32  # sides of matrices that CuPy takes apart all at once, and those it solves
_SOLVED = 256


class Part(NamedTuple):
    """A family with its dtype, the amount of work, and how often that is done.

    Larger arrays are more work each time, or the same ``more`` often.
    """

    family: str
    amount: float
    times: float = 1.0
    more: bool = False


def parts_of(stage: Stage, values: tuple[Value, ...]) -> tuple[Part, ...]:
    """Return what a library function does on a GPU; nothing, if its family says that."""
    (instr,) = stage.body
    rule = _RULES.get(instr.op.name)
    if rule is None:
        return ()
    result = Operand(stage.loop, instr.dtype, "C")
    return tuple(rule(operands_of(stage, values), result, instr))


def seconds_of(parts: tuple[Part, ...], profile: DeviceProfile, scale: float) -> float:
    """Return how long a GPU takes for parts, of arrays `scale` times as large."""
    total = 0.0
    for part in parts:
        times = part.times * (scale if part.more else 1.0)
        amount = part.amount * (1.0 if part.more else scale)
        if part.family == _PASS:
            rate = profile.bandwidth
            rate = rate_along(profile.spread, amount) if profile.spread else rate
            each = max(profile.dispatch + profile.launch, amount / rate)
        else:
            each = taken(profile, part.family, max(amount, 1.0), 1.0) or 0.0
        total += times * each
    return total


def _sorting(size: float) -> float:
    return size * log2(max(size, 2.0))


def _convolved(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    """Return three transforms, of both and back; of whole numbers, each with each."""
    x, y = seen
    if any(one.dtype.kind in "biu" for one in seen):
        whole = result.size * min(x.size, y.size) * result.dtype.itemsize
        return [Part(_PASS, whole), Part(_PASS, x.nbytes)]
    length = x.size + y.size - 1
    half = 1.0 if result.dtype.kind == "c" else 0.5
    # CuPy takes a length that is done soon.
    amount = half * length * log2(max(length, 2))
    key = letter(result.dtype)
    return [Part(f"transform/{key}", amount, 3), Part(_PASS, 3 * _COMPLEX * length)]


def _repeated(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    """Return a search for where each element comes from, and what fetches it."""
    x, counts = seen
    (axis,) = instr.params
    total = result.shape[axis]
    return [
        Part("scan/i8", counts.size),
        Part(_PASS, 2 * _PLACE * total, 2),
        Part("searches/i8", total * log2(max(counts.size, 2))),
        Part(f"gather/{letter(x.dtype)}", result.size),
    ]


# --- folds ------------------------------------------------------------------------------


def _steps(longest: float) -> int:
    return ceil(log2(max(longest, 1.0)))


def _pieced(size: float, item: int, segments: int) -> list[Part]:
    """Return what folds pieces of segments until the longest of these is one fold."""
    longest = min(_SPREAD * size / max(segments, 1) + 1, size)
    parts = []
    while longest > 1:
        width = min(PIECE, 1 << _steps(longest))
        size, longest = max(size / width, segments), longest / width
        parts += [
            Part("searches/i8", size * log2(max(segments, 2))),
            Part(_PASS, 2 * _PLACE * size, 8 + 3 * width),
            Part(_PASS, 3 * item * size, 3 * width),
        ]
    return parts


def _placed(size: int, bins: int, item: int) -> list[Part]:
    """Return what folds values that belong to places, brought into their order."""
    key = key_dtype(bins).itemsize
    return [
        Part(f"argsort/i{key}", _sorting(size)),
        Part("gather/i8", size, 2),
        Part(_PASS, (item + key) * size, 4),
        *_pieced(size, item, min(bins, size)),
    ]


def _accumulated(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    _, axis = instr.params
    steps = _steps(result.shape[axis])
    return [Part(_PASS, 2.5 * result.nbytes, 2 * steps), Part(_PASS, 2 * result.nbytes)]


def _whole(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    """Return what folds halves of an array with one another, axis by axis."""
    x, (_, axes) = seen[0], instr.params
    parts, nbytes = [], 1.5 * x.nbytes
    for axis in axes:
        for _ in range(_steps(x.shape[axis])):
            parts.append(Part(_PASS, nbytes))
            nbytes /= 2
    return parts


def _cut(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    x, indices = seen
    _, axis = instr.params
    length = x.shape[axis]
    return _pieced(length, x.nbytes // max(length, 1), indices.size)


def _applied(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    x, value, *places = seen
    name, _ = instr.params
    joint = prod(np.broadcast_shapes(*[one.shape for one in places]))
    size = max(joint, value.size)
    copy = Part(_PASS, 2 * x.nbytes)
    if name == "add" and x.dtype.kind in "iu" and x.dtype.itemsize >= _PLACE // 2:
        return [copy, Part(f"scatter/{letter(x.dtype)}", size)]
    return [copy, *_placed(size, x.size, x.dtype.itemsize)]


def _binned(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    """Return what finds edges, and among them the bins of elements, which it counts."""
    x = seen[0]
    part, given, named = instr.params
    parts: list[Part] = []
    if "bins" not in given and dict(named).get("range") is None:
        parts = [Part(_PASS, x.nbytes, 2)]
    if part:
        return parts
    parts += [
        Part(f"searches/{letter(x.dtype)}", x.size * log2(result.size + 2)),
        Part(_PASS, 2 * _PLACE * x.size, 2),
    ]
    if "weights" in given:
        return parts + _placed(x.size, result.size, seen[-1].dtype.itemsize)
    return [*parts, Part("scatter/i8", x.size)]


# --- order ------------------------------------------------------------------------------


def _ordered(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    """Return a sort for each key, and what brings the next one into that order."""
    parts = [Part(f"argsort/{letter(x.dtype)}", _sorting(x.size)) for x in seen]
    return [*parts, Part("gather/i8", result.size, 2 * (len(seen) - 1))]


def _ranked(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
    """Return a sort of lines, and the calls that find what lies between their places."""
    x = seen[0]
    return [
        Part(f"sort/{letter(x.dtype)}", _sorting(x.size)),
        Part(_PASS, 2 * x.nbytes, 2),
        Part(_PASS, 2 * result.nbytes, 20),
    ]


# --- matrices ---------------------------------------------------------------------------


def _looped(family: str, most: int) -> Callable[..., list[Part]]:
    """Return the rule of stacks that CuPy goes through one by one, if sides are larger."""

    def rule(seen: list[Operand], result: Operand, instr: Instr) -> list[Part]:
        *others, rows, columns = seen[0].shape
        count = prod(others)
        if count < 2 or max(rows, columns) <= most:
            return []
        short = min(rows, columns)
        if instr.op.name == "solve":
            short += seen[1].shape[-1] if len(seen[1].shape) > 1 else 1
        amount = float(rows * columns * short)
        return [Part(f"{family}/{letter(seen[0].dtype)}", amount, count, more=True)]

    return rule


_RULES: dict[str, Callable[[list[Operand], Operand, Any], list[Part]]] = {
    **dict.fromkeys(("convolve", "correlate"), _convolved),
    **dict.fromkeys(
        ("quantile", "percentile", "nanquantile", "nanpercentile"), _ranked
    ),
    **dict.fromkeys(("svd", "svdvals", "pinv"), _looped("singular", _JACOBI)),
    **dict.fromkeys(("eig", "eigvals"), _looped("singular", 0)),
    **dict.fromkeys(("qr", "triangular_factor"), _looped("factor", 0)),
    "histogram": _binned,
    "lexsort": _ordered,
    "repeat": _repeated,
    "solve": _looped("factor", _SOLVED),
    "ufunc_accumulate": _accumulated,
    "ufunc_at": _applied,
    "ufunc_reduce": _whole,
    "ufunc_reduceat": _cut,
}
