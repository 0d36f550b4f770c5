"""What the host has free, for plans so large that it matters."""

from __future__ import annotations

import re
from pathlib import Path

from lazyarr.plan.fit import Room
from lazyarr.plan.quantities import bytes_text

_ASKED_FROM = 1 << 28  # looking costs more than a small plan takes
_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def room(need: int) -> Room:
    """Return the room for a plan that needs so many bytes; small ones have any."""
    if need < _ASKED_FROM:
        return Room()
    free = free_bytes()
    if free is None:
        return Room()
    return Room(free, f"{bytes_text(free)} are free on the host")


def free_bytes() -> int | None:
    """Return the bytes that processes may still take, swap included; None if unknown."""
    try:
        text = _MEMINFO.read_text()
    except OSError:
        return None  # no Linux
    found = dict(
        re.findall(r"^(MemAvailable|SwapFree):\s+(\d+) kB", text, re.MULTILINE)
    )
    if "MemAvailable" not in found:
        return None
    free = 1024 * sum(map(int, found.values()))
    return min(free, _group_bytes(free))


def _group_bytes(otherwise: int) -> int:
    """Return what a container's limit leaves; its page cache can be given up."""
    try:
        most = int((_GROUP / "memory.max").read_text())
        used = int((_GROUP / "memory.current").read_text())
        stat = (_GROUP / "memory.stat").read_text()
    except (OSError, ValueError):
        return otherwise  # no container, or one without a limit
    cache = re.search(r"^inactive_file (\d+)", stat, re.MULTILINE)
    return max(0, most - used + (int(cache[1]) if cache else 0))
