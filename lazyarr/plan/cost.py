"""How long a device takes for a stage: the model behind every predicted time.

A stage takes what it costs beside its work, plus the longer of moving its bytes and of
its arithmetic. ``docs/routing.md`` has the formulas and how well they hold.
"""

from __future__ import annotations

from functools import lru_cache
from math import log, log2, prod
from typing import TYPE_CHECKING
from zlib import crc32

from lazyarr.options import DEFAULTS
from lazyarr.plan.device_functions import seconds_of
from lazyarr.plan.families import taken
from lazyarr.plan.learned import NOTHING, OWN, Correction, correction_of
from lazyarr.plan.model import DeviceProfile, Estimate, Stage, Value
from lazyarr.plan.profile import along, rate_along
from lazyarr.plan.shared import (
    PARTS,
    Tiles,
    is_brief,
    is_heavy,
    together,
    wanted,
)
from lazyarr.plan.work import Term, Work, amounts_of, work_of

if TYPE_CHECKING:
    from collections.abc import Iterable

# A machine nobody measured. The numbers are round on purpose.
UNMEASURED_CPU = DeviceProfile("unmeasured CPU", "cpu", 0, 10e9, 2e9, 1e-6)
UNMEASURED_GPU = DeviceProfile(
    "unmeasured GPU", "gpu", 0, 1e12, 1e12, 5e-6, link=1e10, link_latency=1e-5
)

TILE = DEFAULTS.tile_elements
_OPERANDS = 2  # arrays that a cheap operation goes through: one is written over
MEASURED = 32_768
"""Elements on which the costs of operations are measured: they lie in a cache."""
_FREE = ("view", "scalar")


def estimate(
    stage: Stage, values: tuple[Value, ...], profile: DeviceProfile
) -> Estimate:
    """Return the traffic, arithmetic and time of a stage on a device."""
    if not (profile.measured or profile.learned):  # how it is done makes no difference
        work = amounts_of(stage, values)
        moved = work.bytes_read, work.bytes_written
        return Estimate(*moved, work.flops, seconds(work, profile))
    work = work_of(stage, values)
    found = correction(work, profile)
    key = learned_as(work, profile) if profile.measured else ""
    key += _mark(work) if key else ""
    return Estimate(
        work.bytes_read,
        work.bytes_written,
        work.flops,
        seconds(work, profile),
        key,
        found.factor,
        found.runs,
    )


def learned_as(work: Work, profile: DeviceProfile) -> str:
    """Return the class of a stage, known by the first runs of its stages; empty for no work."""
    if work.kind in _FREE:
        return ""
    return f"{profile.kind}/{work.family.partition('/')[0] or work.kind}"


@lru_cache(maxsize=1024)
def _mark(work: Work) -> str:
    """Return what tells stages like this one, and itself, from others of its class.

    Like stages have the same operations on about as many elements.
    """
    magnitude = work.size.bit_length() // 3
    alike = magnitude, sorted({term.op.partition("/")[0] for term in work.terms})
    return "".join(f"{OWN}{crc32(repr(each).encode()):08x}" for each in (alike, work))


def correction(work: Work, profile: DeviceProfile) -> Correction:
    """Return what runs taught about a stage, or about others of its class."""
    key = learned_as(work, profile) if profile.learned else ""
    return correction_of(profile.learned, key + _mark(work)) if key else NOTHING


def seconds(work: Work, profile: DeviceProfile, scale: float = 1.0) -> float:
    """Return the seconds of a stage on arrays `scale` times as large."""
    if work.kind in _FREE:
        return profile.view if work.kind == "view" else 0.0
    if not profile.measured:
        moved = work.bytes_read + work.bytes_written
        longer = max(moved / profile.bandwidth, work.flops / profile.flops)
        return profile.launch + longer * scale
    if work.family:
        return _library(work, profile, scale) * correction(work, profile).factor
    if profile.kind == "gpu":
        return _gpu(work, profile, scale)
    return _cpu(work, profile, scale) * correction(work, profile).factor


# --- library functions ------------------------------------------------------------------


def _library(work: Work, profile: DeviceProfile, scale: float) -> float:
    traffic = _traffic(work, profile) * scale
    moving = traffic / profile.bandwidth
    if profile.spread:
        moving = traffic / rate_along(profile.spread, traffic)
    several = work.matrices > 1
    amount: float = work.amount * (1.0 if several else scale**work.power)
    if profile.kind == "gpu" and work.family.startswith("sorts/"):
        # CuPy sorts all lines at once: those that are not as many as they are long.
        amount = work.size * scale * log2(max(work.size * scale, 2.0)) / 2
    count = work.matrices * scale if several else 1.0
    if profile.kind == "gpu" and work.parts and profile.functions:
        return max(seconds_of(work.parts, profile, scale), moving)
    took = taken(profile, work.family, amount, count)
    if took is None:  # not known: its bytes, several times over
        return profile.launch + 4 * moving
    return max(took + _new_pages(work, profile, scale), moving)


_HEAP = 32 << 20
"""Bytes of an array that a C library may take from pages that the process has."""
_ALONE = ("scan", "sort", "argsort", "scatter")


def _new_pages(work: Work, profile: DeviceProfile, scale: float) -> float:
    """Return a CPU's seconds for the pages of a result that NumPy asks for."""
    new = work.bytes_written * scale
    if new <= _HEAP or not profile.fresh:
        return 0.0
    if work.family.partition("/")[0] in _ALONE:
        return new * (_cost("page/f8", profile) / 8 or 1 / profile.fresh)
    return new / (profile.fresh * _most(profile))


def _most(profile: DeviceProfile) -> float:
    """Return how many threads a profile knows of."""
    return profile.threads[-1][0] if profile.threads else 1.0


def _traffic(work: Work, profile: DeviceProfile) -> float:
    """Return the bytes that memory moves, in those that its rates count.

    A CPU reads what it writes. Rates are those of adding two arrays into a third, where
    three bytes are counted and four are moved.
    """
    if profile.kind == "gpu":
        return work.moved
    return 0.75 * (work.moved + work.bytes_written)


# --- the CPU ----------------------------------------------------------------------------


def _cpu(work: Work, profile: DeviceProfile, scale: float) -> float:
    size = work.size * scale
    brief = work.plain and is_brief(size, work.weight, work.tile)
    if brief or (size <= TILE and not _is_cut(work, size)):
        calls = work.calls * profile.call + work.folds * _cost("folded/f8", profile)
        return calls + _whole(work, profile, scale)
    tiles, count = shared(work, profile, scale)
    return profile.launch + together(tiles, count, profile)


def shared(
    work: Work, profile: DeviceProfile, scale: float = 1.0
) -> tuple[Tiles, float]:
    """Return the tiles of a large stage on a CPU, and how many threads share them.

    No whole numbers, so that no larger array is faster: what the executor rounds down or
    up is taken on average.
    """
    size = work.size * scale
    number = size / _tile(work, size)
    able = min(_most(profile), crew(work, size), number)
    count = max(1.0, min(wanted(size, work.weight) - 0.5, able))
    moved = _traffic(work, profile) * scale
    own = _busy(work, profile, scale) / number
    calls = work.calls + work.steps
    own += profile.tile + calls * profile.call + work.folds * profile.fold
    rate = rate_along(profile.spread, moved) if profile.spread else profile.bandwidth
    least = moved / rate / number
    if profile.through:
        least = max(least, passed(work, profile) * scale / profile.through / number)
    # The pool keeps results of this size; larger ones are new pages each time.
    new = work.bytes_written * scale
    if new > DEFAULTS.result_pool_bytes and profile.fresh:
        least += new / (profile.fresh * count) / number
    return Tiles(number, own, calls, work.folds, least), count


def crew(work: Work, size: float) -> float:
    """Return how many threads the executor has at a stage of so many elements, at most."""
    tile = size / PARTS if _is_cut(work, size) else max(work.tile, TILE)
    return work.ease.crew(tile, size)


def _busy(
    work: Work, profile: DeviceProfile, scale: float, beside: float = 0.0
) -> float:
    """Return one thread's seconds for a stage's arithmetic, and for fetching its data.

    Results of so many bytes are computed beside where they belong.
    """
    tile = _tile(work, max(work.size * scale, 1.0))
    low = [term for term in work.terms if term.pace.startswith("cheap")]
    dear = [term for term in work.terms if not term.pace.startswith("cheap")]
    busy = arithmetic(low, profile) * _near(tile, profile) + arithmetic(dear, profile)
    busy += _spilt(work, low, tile, profile)
    stored = work.size if work.gapped and not beside else 0
    busy += max(work.stepped, stored) * _step(work, profile)
    busy += work.strided * _far(work.strided * scale, profile)
    busy += work.apart * _cost("apart/f8", profile) / 8
    busy += work.parted * _cost("apart.row/f8", profile)
    busy += work.buffered * _cost("buffered/f8", profile) / 8
    busy += work.rows * profile.row
    moved = _fetched(work) * scale
    held = moved + beside + work.scratch * tile / work.tile
    # While it folds elements, or takes them one by one, memory brings others.
    if work.direct and profile.cached:
        return max(busy * scale, moved / rate_along(profile.cached, held))
    alone = work.reverse * scale * _step(work, profile)
    return busy * scale + max(moved * _beyond_cache(held, profile), alone)


def _step(work: Work, profile: DeviceProfile) -> float:
    """Return what is paid more for an element whose neighbours do not lie beside it."""
    keys = [term.pace.rpartition("/")[2] for term in work.terms]
    steps = [_cost(f"step/{key}", profile) for key in keys]
    return max(steps, default=0.0) or _cost("step/f8", profile)


def _far(held: float, profile: DeviceProfile) -> float:
    """Return a thread's seconds for a byte of so many, gone through across their lines.

    As long as a cache has them they are taken one by one, and that is all.
    """
    if "step/f8" not in profile.costs:  # it was not told apart
        return _cost("transposed/f8", profile) / 8
    own = own_cache(profile)
    beyond = min(max(log2(held / own), 0.0), 1.0) if own and held else 0.0
    return beyond * _cost("far/f8", profile) / 8


def _whole(work: Work, profile: DeviceProfile, scale: float) -> float:
    """Return a thread's seconds for a stage's work, done on whole arrays.

    What belongs into a region is computed beside it and then copied there.
    """
    if not work.stored:
        return _busy(work, profile, scale)
    copied = work.stored * scale
    each = 2 * _beyond_cache(_fetched(work) * scale + copied, profile)
    copying = copied * (_cost("copy/f8", profile) / 8 + each)
    if work.gapped:
        copying += work.size * scale * _step(work, profile)
    return _busy(work, profile, scale, copied) + copying


def _fetched(work: Work) -> float:
    """Return the bytes that are fetched; all that is written is, and rates count it once."""
    return work.moved - work.gapped


def _tile(work: Work, size: float) -> float:
    """Return the elements that a thread works on at once, of so many."""
    return min(work.tile, size / PARTS if _is_cut(work, size) else size)


def _is_cut(work: Work, size: float) -> bool:
    """Whether so many elements, a tile at most, are cut for several threads."""
    return work.splits and size <= TILE and is_heavy(size, work.weight, work.ease)


def passed(work: Work, profile: DeviceProfile) -> float:
    """Return the bytes that calls hand to one another by way of caches that threads share.

    There lie tiles that are too large for a core's own.
    """
    held = work.tile * work.moved / max(work.size, 1) + work.scratch
    if held <= own_cache(profile):
        return 0.0
    return sum(_OPERANDS * _itemsize(t) * t.elements * t.passes for t in work.terms)


def own_cache(profile: DeviceProfile) -> float:
    """Return the bytes that a core goes through at half of its fastest rate at least."""
    fastest = max((rate for _, rate in profile.cached), default=0.0)
    return max((n for n, rate in profile.cached if 2 * rate >= fastest), default=0.0)


def _spilt(work: Work, terms: list[Term], tile: float, profile: DeviceProfile) -> float:
    """Return what cheap operations take longer where a tile's data is in a larger cache.

    Each goes through about half of what a tile does. What is fetched from farther away
    is counted where it is.
    """
    if not profile.cached:
        return 0.0
    held = tile * (work.moved / max(work.size, 1) + work.scratch / work.tile) / 2
    touched = sum(_OPERANDS * _itemsize(t) * t.elements * t.passes for t in terms)
    most = max((_OPERANDS * _itemsize(t) * MEASURED for t in terms), default=0)
    least = rate_along(profile.cached, min(most, held))
    slower = 1 / rate_along(profile.cached, held) - 1 / least
    return max(touched - work.moved, 0.0) * max(slower, 0.0)


def _itemsize(term: Term) -> int:
    return int(term.pace.rpartition("/")[2][1:])


def _beyond_cache(held: float, profile: DeviceProfile) -> float:
    """Return one thread's seconds for fetching a byte of so many from where they are.

    Less those that are in an operation's cost, which is measured in a cache.
    """
    if not profile.cached:
        return 0.0
    here = _cost("add/f8", profile) / 24 or 1 / profile.cached[0][1]
    return max(1 / rate_along(profile.cached, held) - here, 0.0)


def _near(size: float, profile: DeviceProfile) -> float:
    """Return the share of its time that an operation takes on arrays of this size."""
    near = profile.costs.get("near/f8", 1.0)
    small, large = MEASURED / 8, MEASURED
    if size <= small:
        return near
    share: float = near ** max(log(large / size) / log(large / small), 0.0)
    return share


def arithmetic(terms: Iterable[Term], profile: DeviceProfile) -> float:
    """Return one CPU thread's seconds for operations on data that lies in its cache."""
    return sum(term.elements * _each(term, profile) for term in terms)


def _each(term: Term, profile: DeviceProfile) -> float:
    costs = profile.costs
    name, _, dtype = term.op.partition("/")
    op, _, how = name.partition(".")
    like = _LIKE.get(op, op)
    if how == "row":
        rows = (f"{like}.row/{dtype}", f"sum.row/{dtype}", "sum.row/f8")
        return next((costs[row] for row in rows if row in costs), 0.0)
    known = costs.get(f"{like}.0/{dtype}") if how == "0" else costs.get(term.op)
    known = known or costs.get(f"{op}/{dtype}")
    if known is not None:
        return known
    if not term.flops:
        return 0.0
    return term.flops / _rate(term.pace, profile)


_LIKE = {"min": "max"}  # of folds along some axes sums are measured, and these


def _cost(op: str, profile: DeviceProfile) -> float:
    return profile.costs.get(op, 0.0)


# --- a GPU ------------------------------------------------------------------------------


def _gpu(work: Work, profile: DeviceProfile, scale: float) -> float:
    return profile.launch + on_device(work, profile, scale)


def on_device(work: Work, profile: DeviceProfile, scale: float = 1.0) -> float:
    """Return the seconds a kernel keeps a GPU busy."""
    moved = work.moved * scale
    rate = rate_along(profile.cached, moved) if profile.cached else profile.bandwidth
    busy = sum(t.flops * t.elements / _rate(t.pace, profile) for t in work.terms)
    longest = max(profile.call, moved / rate, busy * scale)
    return longest * correction(work, profile).factor


def _rate(pace: str, profile: DeviceProfile) -> float:
    """Return multiplications per second of a class of operations on a dtype."""
    known = profile.rates.get(pace)
    if known is not None:
        return known
    kind, _, dtype = pace.partition("/")
    size = int(dtype[1:])
    nearest = "f4" if size <= 4 and dtype[0] == "f" else "f8"
    if dtype[0] in "iu":
        nearest = "i8"
    found = profile.rates.get(f"{kind}/{nearest}", profile.flops)
    if dtype[0] == "c":  # a multiplication of complex numbers is four of real ones
        nearest = "f4" if size == 8 else "f8"
        return profile.rates.get(f"{kind}/{nearest}", profile.flops) / 4
    if profile.kind == "cpu" and dtype[0] == "i":
        return found * 8 / size
    return found / 16 if dtype == "f2" and profile.kind == "cpu" else found


# --- whole plans ------------------------------------------------------------------------


def copied(curve: tuple[tuple[float, float], ...], nbytes: float) -> float:
    """Return the seconds of a copy between host and device."""
    return along(curve, nbytes) if curve and nbytes > 0 else 0.0


def largest(stages: tuple[Stage, ...], values: tuple[Value, ...]) -> int:
    """Return the elements that the largest stage touches."""
    sizes = [0]
    for stage in stages:
        if stage.kind in _FREE:
            continue
        sizes.append(prod(stage.loop))
        if stage.kind == "library":
            sizes += [prod(values[i.value].shape) for i in stage.inputs]
    return max(sizes)
