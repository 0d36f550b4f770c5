"""What the planner knows of a machine: measured rates and latencies, as frozen data."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from lazyarr.named import NamedTuple

if TYPE_CHECKING:
    from lazyarr.plan.learned import Correction

# Points of a measured curve, by growing first member.
Curve: TypeAlias = tuple[tuple[float, float], ...]
# (amount of work, seconds of the call) of library functions, by family and dtype.
Library: TypeAlias = Mapping[str, Curve]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class DeviceProfile(NamedTuple):
    """What the planner knows of a device; measured, or one that ships.

    Rates are per second, times are seconds. A profile that nobody measured has the
    first eight fields alone; with `measured`, the rest is known too.

    Attributes
    ----------
    name, kind : str
        ``kind`` is ``cpu`` or ``gpu``.
    memory : int
        Bytes.
    bandwidth, flops : float
        Bytes of large arrays and multiplications per second, with all threads.
    launch : float
        What a stage costs beside its work.
    link, link_latency : float
        GPU: bytes per second of a copy from or to pinned memory of the host, and what a
        plan on the CPU pays for having any operand on the GPU, beside the copies.
    measured : bool
    dispatch, node, view : float
        One ``compute`` of a small graph, what each operation in it adds, and what a
        reshape does.
    call, tile : float
        CPU: one call of NumPy, and what a tile of a large stage costs beside its calls.
        GPU: the shortest time a kernel takes; ``tile`` is not used.
    fold, row : float
        CPU: what a fold costs in every tile beside its arithmetic; and what NumPy pays
        for beginning another row, where an operand is stretched to it.
    wake : float
        CPU: from the start of one thread of a stage to that of the next.
    turns : tuple of (threads, call, tile, fold, among)
        CPU: with so many threads, what a call of NumPy waits for the others, a tile
        beside its calls, a fold, and each further call in a stage that folds. Only one
        thread at a time has the interpreter's lock, so that all of this adds up.
    wait : float
        GPU: from the end of a kernel to the host's knowing of it.
    compile : float
        GPU: seconds of a kernel's first compilation.
    fresh : float
        CPU: bytes per second of memory that the system hands out page by page.
    through : float
        CPU: bytes per second that all threads move between the calls of a tile that is
        larger than the caches of their own.
    threads : tuple of (threads, bytes per second)
        CPU: what so many threads move.
    spread : tuple of (bytes, bytes per second)
        CPU: what all threads move of so many bytes, once all of them are at work.
    cached : tuple of (bytes, bytes per second)
        Rate on a working set of so many bytes; of one thread on a CPU, adding two
        arrays of ``f8`` into a third.
    upload, download : tuple of (bytes, seconds)
        GPU: a copy of a host array there, and of a result to the host.
    rates : mapping
        Multiplications per second by ``class/dtype``, as in ``cheap/f8``; of one
        thread on a CPU.
    costs : mapping
        CPU: seconds per element of one thread by ``op/dtype``, as in ``exp/f8``, in
        its cache, the result written over an operand where that can be;
        ``add.1/f8`` has a scalar as its second operand, ``sum.0/f8`` folds columns,
        ``sum.row/f8`` (seconds) is what each row of a fold takes beside its elements,
        ``apart/f8`` and ``apart.row/f8`` (seconds of a row) are what is paid more for
        an operand in rows that do not follow one another, ``step/f8`` where
        neighbours do not lie side by side, ``far/f8`` where they are in lines that no
        cache of a core holds, ``page/f8`` for memory that nobody has used,
        ``folded/f8`` (seconds) is a fold of nothing, and ``near/f8`` is the share
        of a cheap operation's time that it takes on arrays much smaller than a tile.
    functions : mapping
        (amount of work, seconds of the call) by ``family/dtype``.
    learned : mapping
        Corrections by runs (see `lazyarr.plan.learned`); no part of the profile's file.
    """

    name: str
    kind: str
    memory: int
    bandwidth: float
    flops: float
    launch: float
    link: float = 0.0
    link_latency: float = 0.0
    measured: bool = False
    dispatch: float = 0.0
    node: float = 0.0
    view: float = 0.0
    call: float = 0.0
    tile: float = 0.0
    fold: float = 0.0
    row: float = 0.0
    wake: float = 0.0
    turns: tuple[tuple[float, ...], ...] = ()
    wait: float = 0.0
    compile: float = 0.0
    fresh: float = 0.0
    through: float = 0.0
    threads: Curve = ()
    spread: Curve = ()
    cached: Curve = ()
    upload: Curve = ()
    download: Curve = ()
    rates: Mapping[str, float] = _NOTHING
    costs: Mapping[str, float] = _NOTHING
    functions: Library = _NOTHING
    learned: Mapping[str, Correction] = _NOTHING

    def __eq__(self, other: object) -> bool:
        # What was learned is left out: it is no fact of the device.
        return type(other) is DeviceProfile and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.memory, self.bandwidth, self.launch))

    def __reduce__(self) -> tuple[Any, ...]:
        return _pickled(self)


class HostProfile(NamedTuple):
    """A host: its CPU, its GPU if it has one, and the facts that identify it.

    ``facts`` name the hardware, the driver and the libraries that were measured. Where
    they are no longer true, the profile is not used.
    """

    name: str
    cpu: DeviceProfile
    gpu: DeviceProfile | None = None
    facts: Mapping[str, str] = _NOTHING

    @property
    def memory(self) -> int:
        """Bytes of the GPU, or of the host without one."""
        return (self.gpu or self.cpu).memory

    def __reduce__(self) -> tuple[Any, ...]:
        return _pickled(self)


def _pickled(profile: DeviceProfile | HostProfile) -> tuple[Any, ...]:
    """Return how a profile is made anew; views of mappings cannot be pickled."""
    fields = (getattr(profile, name) for name in profile.__match_args__)
    plain = (dict(f) if isinstance(f, Mapping) else f for f in fields)
    return type(profile), tuple(plain)


def along(curve: Curve, at: float) -> float:
    """Return a curve's value, straight between its points on logarithmic scales.

    Before the first point it is the first value; beyond the last it grows in
    proportion, as times do.
    """
    if at <= curve[0][0]:
        return curve[0][1]
    if at >= curve[-1][0]:
        return curve[-1][1] * at / curve[-1][0]
    k = bisect_left(curve, (at, -math.inf))
    (x0, y0), (x1, y1) = curve[k - 1], curve[k]
    if x0 <= 0 or y0 <= 0:
        return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    share = math.log(at / x0) / math.log(x1 / x0)
    return float(y0 * (y1 / y0) ** share)


def between(curve: Curve, at: float) -> float:
    """Return a curve's value, straight between its points: a fixed cost and a rate.

    Beyond the last point it goes on as between the last two, but in proportion at most: of
    a cache that ends between these, it would end again and again.
    """
    if at <= curve[0][0] or len(curve) == 1:
        return along(curve, at)
    k = min(bisect_left(curve, (at, -math.inf)), len(curve) - 1)
    (x0, y0), (x1, y1) = curve[k - 1], curve[k]
    slope = (y1 - y0) / (x1 - x0)
    if at > x1:  # what seems to cost ever less was measured badly
        return y1 + min(max(slope, 0.5 * y1 / x1), y1 / x1) * (at - x1)
    return y0 + slope * (at - x0)


def rate_along(curve: Curve, at: float) -> float:
    """Return a curve's rate; it stays what it is beyond both ends."""
    return along(curve, min(at, curve[-1][0]))


# --- plain data -----------------------------------------------------------------------

FORMAT = 3
_CURVES = ("turns", "threads", "spread", "cached", "upload", "download")
_TABLES = ("rates", "costs")


def to_record(host: HostProfile) -> dict[str, Any]:
    """Return a profile as dictionaries, lists and numbers."""
    return {
        "format": FORMAT,
        "name": host.name,
        "facts": dict(host.facts),
        "cpu": _device_record(host.cpu),
        "gpu": None if host.gpu is None else _device_record(host.gpu),
    }


def _device_record(device: DeviceProfile) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name in DeviceProfile.__match_args__[:-1]:  # not what was learned
        value = getattr(device, name)
        if name in _CURVES:
            value = [[_short(x) for x in point] for point in value]
        elif name == "functions":
            value = {
                key: [[_short(x) for x in point] for point in curve]
                for key, curve in sorted(value.items())
            }
        elif name in _TABLES:
            value = {key: _short(entry) for key, entry in sorted(value.items())}
        else:
            value = _short(value)
        record[name] = value
    return record


def _short(value: Any) -> Any:
    """Return a number with the digits that a measurement can have."""
    return float(f"{value:.4g}") if issubclass(type(value), float) else value


def from_record(record: Mapping[str, Any]) -> HostProfile:
    """Return the profile that a record holds.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is no profile, or one of another format.
    """
    if record.get("format") != FORMAT:
        msg = f"its format is {record.get('format')!r}, and {FORMAT} is read"
        raise ValueError(msg)
    gpu = record["gpu"]
    return HostProfile(
        str(record["name"]),
        _device(record["cpu"]),
        None if gpu is None else _device(gpu),
        MappingProxyType({str(k): str(v) for k, v in record["facts"].items()}),
    )


def _device(record: Mapping[str, Any]) -> DeviceProfile:
    fields = dict(record)
    for name in _CURVES:
        fields[name] = _curve(fields[name])
    for name in ("rates", "costs"):
        fields[name] = MappingProxyType({k: float(v) for k, v in fields[name].items()})
    table = fields["functions"].items()
    fields["functions"] = MappingProxyType({k: _curve(points) for k, points in table})
    return DeviceProfile(**fields)


def _curve(points: Any) -> Any:
    return tuple(tuple(map(float, point)) for point in points)


def bare(host: HostProfile) -> HostProfile:
    """Return a profile as it was measured, without what was learned since."""
    gpu = None if host.gpu is None else host.gpu._replace(learned=_NOTHING)
    return host._replace(cpu=host.cpu._replace(learned=_NOTHING), gpu=gpu)
