"""How much work of which family a library function does, and what a profile says of it.

A family is a kind of work: the time of its functions is one curve over an amount that
its rule counts, for each dtype. Rows of the op table name the family.
"""

from __future__ import annotations

from functools import lru_cache
from math import log2, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr.named import NamedTuple
from lazyarr.ops.distinct import few
from lazyarr.plan.contraction import contraction_of
from lazyarr.plan.profile import Curve, between
from lazyarr.plan.shared import SHARES

if TYPE_CHECKING:
    from lazyarr.ops.row import DType
    from lazyarr.plan.model import Instr, Stage, Value
    from lazyarr.plan.profile import DeviceProfile

    Shapes = list[tuple[int, ...]]

_CUBIC = (
    1.5  # of matrices: work grows with the sides' cubes, elements with their squares
)
_MATRICES = ("factor", "spectrum", "singular")
PICKING = ("getitem", "take", "take_along_axis", "part")
"""Functions that read no more of their first operand than they return."""


class Job(NamedTuple):
    """What a library function does.

    Attributes
    ----------
    family : str
        With its dtype, as in ``sort/f8``.
    amount : float
        Of work, as the family's curve counts it.
    power : float
        By which the amount grows with the arrays.
    matrices : float
        How many matrices of that amount there are, one behind the other: more of them
        where arrays grow.
    """

    family: str
    amount: float
    power: float = 1.0
    matrices: float = 1.0


def job_of(stage: Stage, values: tuple[Value, ...]) -> Job:
    """Return what the library function of a stage does."""
    (instr,) = stage.body
    shapes = [entry.view.shape for entry in stage.inputs]
    first = values[stage.inputs[0].value] if stage.inputs else None
    key = letter(instr.dtype if first is None else first.dtype)
    pace, amount, power, count = _counted(instr, shapes, stage.loop, key)
    pace += "s" * (count > 1)
    return Job(f"{pace}/{key}", max(amount, 1.0), power, count)


def letter(dtype: DType) -> str:
    """Return how costs call a dtype: ``f8``, ``f4``, ``i8`` …; booleans are ``i1``."""
    kind = "i" if dtype.kind in "bu" else dtype.kind
    return f"{kind}{dtype.itemsize}"


def _counted(
    instr: Instr, shapes: Shapes, result: tuple[int, ...], key: str
) -> tuple[str, float, float, float]:
    """Return the family without its dtype, amount, power and count."""
    op, pace = instr.op, instr.op.pace
    sizes = [prod(shape) for shape in shapes] or [1]
    amount = float(max(sizes[0], prod(result)))
    if pace in ("product", "sums"):
        return _multiplied(instr, shapes, result)
    if pace in _MATRICES:
        return _taken_apart(instr, shapes, result)
    match pace:
        case "sort" | "argsort" | "transform":
            pace, amount = _lines(instr, shapes, key)
        case "gather" if op.name in PICKING:  # at places of one index, or of several
            pace, amount = ("gather", "scatter")[len(shapes) > 2], float(prod(result))
        case "search" if len(shapes) > 1:
            pace, amount = _searched(op.name, sizes)
        case "vector":  # a filter: all elements with each of the shorter one's
            amount = float(min(prod(sizes), prod(result) * min(sizes)))
        case "scatter" if op.name == "histogram":
            amount = float(sizes[0])
        case "scatter":  # the places are counted, and not what they are in
            places = prod(np.broadcast_shapes(*shapes[2:]))
            amount = float(max([places, *sizes[1:]]))
    return pace, amount, 1.0, 1.0


# --- matrices ---------------------------------------------------------------------------


def _taken_apart(
    instr: Instr, shapes: Shapes, result: tuple[int, ...]
) -> tuple[str, float, float, float]:
    """Return the same of a function of matrices, each as one of all of them has it."""
    *others, rows, columns = shapes[0]
    short = min(rows, columns)
    if instr.op.name == "inv":  # has as many columns to solve for as the matrix has
        short *= 2
    elif instr.op.name == "solve":
        vector = len(shapes[1]) == 1
        short += 1 if vector else shapes[1][-1]
        others = others if vector else [*result[:-2]]
    count = float(max(prod(others), 1))
    power = 1.0 if count > 1 else _CUBIC
    return instr.op.pace, float(rows * columns * short), power, count


def _multiplied(
    instr: Instr, shapes: Shapes, result: tuple[int, ...]
) -> tuple[str, float, float, float]:
    """Return the same of a product of matrices, by its multiplications."""
    name, size, sizes = instr.op.name, prod(result), [prod(s) for s in shapes]
    amount, count = _multiplications(instr, shapes, size), 1.0
    cubic = amount > max(size, *sizes)  # no element is used once alone
    loops = name == "einsum" and instr.params[-1] is False
    if loops or name == "vecdot":  # of NumPy's own, no BLAS
        return "sums", amount, _CUBIC if cubic else 1.0, 1.0
    if len(shapes) > 1 and min(map(len, shapes)) == 1:  # each of the other is used once
        return "vector", amount, 1.0, 1.0
    if name == "matmul" and max(map(len, shapes)) > 2:
        count = float(max(size // max(prod(result[-2:]), 1), 1))
    power = _CUBIC if cubic and count == 1 else 1.0
    return "product", amount / count, power, count


def _multiplications(instr: Instr, shapes: Shapes, size: int) -> float:
    match instr.op.name:
        case "einsum":
            text, optimize = instr.params
            one = contraction_of(text, tuple(shapes), optimize)
            return float(one.multiplications)
        case "tensordot":
            ((folded, _),) = instr.params
            return float(size * prod(shapes[0][axis] for axis in folded))
    return float(size * shapes[0][-1])


# --- lines and lists --------------------------------------------------------------------


def _lines(instr: Instr, shapes: Shapes, key: str) -> tuple[str, float]:
    """Return family and amount of what is done line by line along axes.

    Several lines that lie as threads take them are a family of their own. Several keys
    are sorted by, one after the other; what is looked for is sorted with what it is
    looked for in.
    """
    pace, name = instr.op.pace, instr.op.name
    shape = shapes[0] if shapes else ()
    if name == "isin":
        count, others = map(prod, shapes)
        if key[0] != "i" and others < few(count):  # compared with each of them
            return "sums", float(count * max(others, 1))
        size = count + others
        # Whole numbers are looked up in a table, where they are close to one another.
        return "sort" if key[0] == "i" else pace, size * log2(max(size, 2))
    if not shape:
        return pace, 1.0
    if pace == "transform":
        return pace + "s" * (len(shape) > 1), _transformed(shape, *instr.params[:2])
    axis = instr.params[-1 if name == "lexsort" else 0]
    shared = pace == "sort" and axis in (-1, len(shape) - 1)
    amount = sum(map(prod, shapes)) * log2(max(shape[axis], 2))
    return pace + "s" * (shared and len(shape) > 1), amount


def _transformed(shape: tuple[int, ...], lengths: Any, axes: Any) -> float:
    """Return the amount of transforms along one or several axes, cut or filled up."""
    several = isinstance(axes, tuple)
    pairs = zip(axes, lengths, strict=True) if several else [(axes, lengths)]
    sides, done = [*shape], 0.0
    for axis, length in pairs:
        sides[axis] = length
        done += rounds(length)
    return prod(sides) * done


@lru_cache(maxsize=256)
def rounds(length: int) -> float:
    """Return how often a transform goes through a line of a length.

    By every prime factor it does so half as often as that is large: by powers of two as
    often as the logarithm says. A line with a large one is transformed as a convolution,
    by three lines that are twice as long.

    Examples
    --------
    >>> rounds(1 << 20), rounds(10**6)
    (20.0, 21.0)
    >>> rounds(999_983) > 5 * rounds(10**6)
    True
    """
    convolved = 6 * log2(max(2 * length, 2))
    total, rest, factor = 0, length, 2
    while rest > 1 and factor < 2 * convolved:
        while rest % factor == 0:
            total, rest = total + factor, rest // factor
        factor += 1
    return max(min((total + (rest if rest > 1 else 0)) / 2, convolved), 1.0)


def _searched(name: str, sizes: list[int]) -> tuple[str, float]:
    """Return family and amount of looking values up in a table, by halves of it.

    Those that threads share, in parts, are a family of their own.
    """
    values, table = sizes[:2] if name == "interp" else sizes[1::-1]
    alone = name == "interp" and values < SHARES * table
    return "search" if alone else "searches", values * log2(max(table, 2))


# --- what a profile says ----------------------------------------------------------------

# What says least wrong how long a family takes that a profile does not know.
_NEXT = {
    "vector": "product",
    "sums": "product",
    "factor": "product",
    "sorts": "sort",
    "argsort": "sort",
    "searches": "search",
    "search": "sort",
    "select": "scan",
    "scatter": "scan",
    "transforms": "transform",
    "singular": "spectrum",
    "spectrum": "factor",
}
_HALF = 16  # times as long as a double takes a number of half its precision
_CALLS = 10  # of NumPy, that take no longer than a function of nothing
_FROM_SMALL = ("product", "vector", *_MATRICES)  # are measured of small ones, too
_MULTIPLIED = ("product", "vector", "sums", *_MATRICES)
_PLURAL = {f"{one}s": one for one in ("product", *_MATRICES)}


def curve_of(profile: DeviceProfile, family: str) -> Curve:
    """Return what is known of a family; of another dtype if not of this one."""
    pace, _, dtype = family.partition("/")
    while f"{pace}/f8" not in profile.functions and pace in _NEXT:
        pace = _NEXT[pace]
    found = profile.functions.get(f"{pace}/{dtype}")
    if found is None and dtype.startswith("i"):
        found = profile.functions.get(f"{pace}/i8")
    if found is not None:
        return _longer(found, profile.functions.get(f"{pace}/f8", ()))
    found = _by_numpy(profile, pace, dtype)
    if found is not None:
        return found
    times = 1
    if dtype.startswith("c"):  # a transform's results are complex in any case
        times = 4 if pace in _MULTIPLIED else 1 if "transform" in pace else 2
    known = profile.functions.get(f"{pace}/f8", ())
    return tuple((amount / times, seconds) for amount, seconds in known)


def _longer(curve: Curve, known: Curve) -> Curve:
    """Return a curve that goes on, beyond its last point, as one that is known for more.

    Examples
    --------
    >>> _longer(((1.0, 1.0), (2.0, 3.0)), ((1.0, 2.0), (2.0, 4.0), (4.0, 12.0)))
    ((1.0, 1.0), (2.0, 3.0), (4.0, 9.0))
    """
    last, took = curve[-1]
    beyond = [(amount, seconds) for amount, seconds in known if amount > last]
    if not beyond or last < known[0][0]:
        return curve
    times = took / between(known, last)
    return curve + tuple([(amount, seconds * times) for amount, seconds in beyond])


def _by_numpy(profile: DeviceProfile, pace: str, dtype: str) -> Curve | None:
    """Return what multiplying whole or half numbers takes a CPU: no BLAS does it."""
    if profile.kind == "gpu":
        return None
    rate = 0.0
    if dtype == "f2" and pace in ("product", "vector", "sums"):
        rate = profile.rates.get("cheap/f8", 0.0) / _HALF
    elif pace == "product" and dtype.startswith("i"):
        rate = profile.rates.get("cheap/i8", 0.0)
    return ((1.0, 1 / rate),) if rate else None


def taken(
    profile: DeviceProfile, family: str, amount: float, count: float
) -> float | None:
    """Return the seconds of so much work, as often as there are matrices; None: not known.

    Of several matrices the first takes what one alone does, each of the others what one
    among many does. A GPU does all of them at once: small ones take what they were seen to
    take, and those that keep it busy as long as one of all their work.
    """
    pace, _, key = family.partition("/")
    single = curve_of(profile, f"{_PLURAL.get(pace, pace)}/{key}")
    if not single:
        return None
    if pace not in _PLURAL:
        found = between(single, amount)
        if profile.kind == "gpu" or pace in _FROM_SMALL:
            return found
        # Calibration may begin with long arrays: nothing is known of shorter ones.
        least = min(found, _CALLS * profile.call)
        return max(found * min(amount / single[0][0], 1.0), least)
    alone = between(single, amount)
    known = f"{pace}/f8" in profile.functions
    many = curve_of(profile, family) if known else ()
    if profile.kind == "gpu":
        if not many or amount > many[-1][0]:
            return between(single, amount * count)
        return max(alone, count * between(many, amount))
    # Else without what the call takes, which is most of the first point.
    each = between(many, amount) if known else single[0][1] * amount / single[0][0]
    return alone + max(count - 1, 0.0) * min(each, alone)
