"""The memory of this process, as the system counts it: also what no allocator tells of."""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

_OWN = Path("/proc/self")
IS_KNOWN = sys.platform == "linux" and (_OWN / "clear_refs").exists()
_HUGE_PAGES_OFF = 41  # of prctl
_MAPPED_FROM = -3  # of mallopt

NOISE = 1 << 22
"""Bytes that allocators may take for what is small: more in a process of many tests."""


def peak(call):
    """Return by how many bytes the process grows while a call runs, at most.

    What is free is given back before, and at once from then on. Pages are small ones
    meanwhile: huge ones would be counted whole where a part of them is touched. Those of
    libraries, which systems take from a process that does not use them for a while, are
    not counted when they come back.
    """
    system = ctypes.CDLL(None)
    system.mallopt(_MAPPED_FROM, 1 << 16)
    system.malloc_trim(0)
    system.prctl(_HUGE_PAGES_OFF, 1, 0, 0, 0)
    try:
        (_OWN / "clear_refs").write_text("5")  # begins to look for the most anew
        before, files = _bytes("VmRSS"), _bytes("RssFile")
        call()
        most = _bytes("VmHWM") - before
        return most - max(0, _bytes("RssFile") - files)
    finally:
        system.prctl(_HUGE_PAGES_OFF, 0, 0, 0, 0)


def _bytes(field):
    found = re.search(rf"{field}:\s+(\d+) kB", (_OWN / "status").read_text())
    return int(found[1]) << 10
