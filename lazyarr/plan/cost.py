"""How long a device takes for a stage: the model behind every predicted time.

A stage takes what it costs beside its work, plus the longer of moving its bytes and of
its arithmetic. ``docs/routing.md`` has the formulas and how well they hold.
"""

from __future__ import annotations

from math import hypot, log, prod
from typing import TYPE_CHECKING

from lazyarr.config import DEFAULTS
from lazyarr.plan.learned import NOTHING, Correction
from lazyarr.plan.model import DeviceProfile, Estimate, Plan, Stage, Value
from lazyarr.plan.profile import Curve, along, between, rate_along
from lazyarr.plan.work import Term, Work, work_of

if TYPE_CHECKING:
    from collections.abc import Iterable

# A machine nobody measured. The numbers are round on purpose.
UNMEASURED_CPU = DeviceProfile("unmeasured CPU", "cpu", 0, 10e9, 2e9, 1e-6)
UNMEASURED_GPU = DeviceProfile(
    "unmeasured GPU", "gpu", 0, 1e12, 1e12, 5e-6, link=1e10, link_latency=1e-5
)

TILE = DEFAULTS.tile_elements
MEASURED = 32_768
"""Elements on which the costs of operations are measured: they lie in a cache."""
# As the executor on the CPU counts: seconds of a cheap operation, and of the work from
# which another thread is woken up.
SECONDS_PER_OP = 0.25e-9
WORTHWHILE = 150e-6
_FREE = ("view", "scalar")


def estimate(
    stage: Stage, values: tuple[Value, ...], profile: DeviceProfile
) -> Estimate:
    """Return the traffic, arithmetic and time of a stage on a device."""
    work = work_of(stage, values)
    found = correction(work, profile)
    key = learned_as(work, profile) if profile.measured else ""
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
    """Return the class whose predictions runs correct together; empty for no work."""
    if work.kind in _FREE:
        return ""
    return f"{profile.kind}/{work.family.partition('/')[0] or work.kind}"


def correction(work: Work, profile: DeviceProfile) -> Correction:
    """Return what runs taught about stages like this one."""
    if not profile.learned:
        return NOTHING
    return profile.learned.get(learned_as(work, profile), NOTHING)


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
    curve = _of(profile, work.family)
    moving = work.moved * scale / profile.bandwidth
    if not curve:  # not known: its bytes, several times over
        return profile.launch + 4 * moving
    amount: float = work.amount * scale**work.power
    return max(between(curve, amount), moving)


def _of(profile: DeviceProfile, family: str) -> Curve:
    """Return what is known of a family; of another dtype if not of this one."""
    found = profile.functions.get(family)
    if found is not None:
        return found
    pace, _, dtype = family.partition("/")
    times = 4 if dtype.startswith("c") else 1
    known = profile.functions.get(f"{pace}/f8", ())
    return tuple((amount / times, seconds) for amount, seconds in known)


# --- the CPU ----------------------------------------------------------------------------


def _cpu(work: Work, profile: DeviceProfile, scale: float) -> float:
    size = work.size * scale
    busy = arithmetic(work.terms, profile, _near(min(size, work.tile), profile)) * scale
    busy += work.strided * scale * _cost("transposed/f8", profile) / 8
    busy += _beyond_cache(work, profile, scale)
    if size <= TILE:
        return work.calls * profile.call + busy
    # No whole numbers of tiles and threads, so that no larger array is faster: what the
    # executor rounds down or up is taken on average.
    tiles = size / work.tile
    wanted = size * work.weight * SECONDS_PER_OP / WORTHWHILE
    most = profile.threads[-1][0] if profile.threads else 1.0
    count = max(1.0, min(wanted - 0.5, most, tiles))
    rate, call, fold, among = threaded(profile, count)
    moved = work.moved * scale
    if count == most and profile.spread:
        rate = rate_along(profile.spread, moved)
    # As it was measured, with one call for every tile.
    moving = moved / rate
    # The pool keeps results of this size; larger ones are new pages each time.
    new = work.bytes_written * scale
    if new > DEFAULTS.result_pool_bytes and profile.fresh:
        moving += new / (profile.fresh * count)
    # The thread with the most tiles, and its calls. Between them it waits, while its
    # memory rests: what it waits comes on top.
    each = tiles / count
    rounds = each + min(max(each - 1.0, 0.0), 1.0) / 2  # as rounded up on average
    share = min(rounds * work.tile / size, 1.0)
    own = profile.launch + busy * share + rounds * work.calls * profile.tile
    waits = (work.calls - 1) * (among if work.folds else call) + work.folds * fold
    return hypot(own, moving) + rounds * waits  # the two overlap in part


def _beyond_cache(work: Work, profile: DeviceProfile, scale: float) -> float:
    """Return one thread's seconds for fetching what its fastest cache does not hold."""
    if not profile.cached:
        return 0.0
    moved = work.moved * scale
    share = min(work.tile / max(work.size * scale, 1.0), 1.0)
    held = moved * share + work.scratch * min(work.size * scale / work.tile, 1.0)
    # A cache holds a working set or it does not: nothing lies between two sizes.
    rates = [rate for nbytes, rate in profile.cached if nbytes >= held]
    rate = rates[0] if rates else profile.cached[-1][1]
    return moved * (1 / rate - 1 / max(r for _, r in profile.cached))


def _near(size: float, profile: DeviceProfile) -> float:
    """Return the share of its time that an operation takes on arrays of this size."""
    near = profile.costs.get("near/f8", 1.0)
    small, large = MEASURED / 8, MEASURED
    if size <= small:
        return near
    share: float = near ** max(log(large / size) / log(large / small), 0.0)
    return share


def arithmetic(terms: Iterable[Term], profile: DeviceProfile, near: float) -> float:
    """Return one CPU thread's seconds for operations on data that lies in its cache.

    `near` is the share of its time that a cheap operation takes at the arrays' size.
    """
    return sum(
        term.elements
        * _each(term, profile)
        * (near if term.pace.startswith("cheap") else 1.0)
        for term in terms
    )


def _each(term: Term, profile: DeviceProfile) -> float:
    known = profile.costs.get(term.op) or profile.costs.get(term.op.replace(".1", ""))
    if known is not None:
        return known
    if not term.flops:
        return 0.0
    return term.flops / _rate(term.pace, profile)


def _cost(op: str, profile: DeviceProfile) -> float:
    return profile.costs.get(op, 0.0)


def threaded(profile: DeviceProfile, count: float) -> tuple[float, ...]:
    """Return bandwidth and waits of so many threads: see `DeviceProfile.threads`."""
    if not profile.threads:
        return profile.bandwidth, 0.0, 0.0, 0.0
    points = profile.threads
    if count <= points[0][0]:
        return points[0][1:]
    k = next((k for k, p in enumerate(points) if p[0] >= count), len(points) - 1)
    (low, *before), (high, *after) = points[k - 1], points[k]
    part = min((count - low) / (high - low), 1.0)
    return tuple(a + (b - a) * part for a, b in zip(before, after, strict=True))


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


def touched(plan: Plan) -> int:
    """Return the bytes that a plan reads and writes in all."""
    return sum(s.estimate.bytes_read + s.estimate.bytes_written for s in plan.stages)
