"""How much memory a plan may use on its device, asked before it runs."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

from lazyarr.plan.fit import Room
from lazyarr.plan.quantities import bytes_text

if TYPE_CHECKING:
    from lazyarr.plan.model import Plan

_ASKED_FROM = 1 << 28  # looking costs more than a small plan takes
_MEMINFO = "/proc/meminfo"
_GROUP = "/sys/fs/cgroup"


def room_of(plan: Plan, need: int, limit: int | None, memory: int | None) -> Room:
    """Return the room for a plan that needs so many bytes.

    Parameters
    ----------
    plan : Plan
    need : int
    limit : int or None
        The option ``memory_limit``.
    memory : int or None
        Of a device that is planned for and is not there.
    """
    asked = Room()
    if limit is not None:
        asked = Room(limit, f"memory_limit is {bytes_text(limit)}")
    if plan.device == "cpu":
        return on_host(need) if limit is None else asked
    if memory is None:
        backend = importlib.import_module("lazyarr.runtime.cupy_backend")
        memory = backend.free_bytes(plan.device)
    if limit is not None and (limit < memory or not memory):
        return asked
    if not memory:
        return Room()
    return Room(memory, f"{bytes_text(memory)} are free on {plan.device}")


def on_host(need: int) -> Room:
    """Return the host's room for a plan that needs so many bytes; small ones have any."""
    if need < _ASKED_FROM:
        return Room()
    free = free_bytes()
    if free is None:
        return Room()
    return Room(free, f"{bytes_text(free)} are free on the host")


def free_bytes() -> int | None:
    """Return the bytes that processes may still take, swap included; None if unknown."""
    try:
        text = _text(_MEMINFO)
    except OSError:
        return None  # no Linux
    found = dict(
        re.findall(r"^(MemAvailable|SwapFree):\s+(\d+) kB", text, re.MULTILINE)
    )
    if "MemAvailable" not in found:
        return None
    free = 1024 * sum(map(int, found.values()))
    return min(free, _group_bytes(free))


def _text(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()


def _group_bytes(otherwise: int) -> int:
    """Return what a container's limit leaves; its page cache can be given up."""
    try:
        most = int(_text(f"{_GROUP}/memory.max"))
        used = int(_text(f"{_GROUP}/memory.current"))
        stat = _text(f"{_GROUP}/memory.stat")
    except (OSError, ValueError):
        return otherwise  # no container, or one without a limit
    cache = re.search(r"^inactive_file (\d+)", stat, re.MULTILINE)
    return max(0, most - used + (int(cache[1]) if cache else 0))
