"""Whether options may be in force, somewhere, that bear on small arrays.

Operations on small arrays are too short for a look at the options: they look whether
`marks` is empty, and at the options only if it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

marks: list[str] = []
_NAMES = ("small_path", "small_bytes", "device", "memory_limit")
_HERE = ("auto", "cpu")


def settled(options: Any, defaults: Any) -> None:
    """Note the process's options."""
    while "process" in marks:
        marks.remove("process")
    if _bear({name: getattr(options, name) for name in _NAMES}, defaults):
        marks.append("process")


def entered(values: Mapping[str, Any]) -> None:
    """Note that options are set for a block."""
    if _bear(values):
        marks.append("block")


def left(values: Mapping[str, Any]) -> None:
    """Note that such a block ends."""
    if _bear(values):
        marks.remove("block")


def _bear(values: Mapping[str, Any], defaults: Any = None) -> bool:
    """Whether options bear on small arrays, set for a block or other than by default.

    The CPU as the device is none: that is where they are computed.
    """
    for name in _NAMES:
        if name not in values or (name == "device" and values[name] in _HERE):
            continue
        if defaults is None or values[name] != getattr(defaults, name):
            return True
    return False
