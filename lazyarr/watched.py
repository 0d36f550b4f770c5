"""Whether options may be in force, somewhere, that bear on small arrays.

Operations on small arrays are too short for a look at the options: they look whether
`marks` is empty, and at the options only if it is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

marks: list[str] = []
_NAMES = ("small_path", "small_bytes", "device", "memory_limit")


def settled(options: Any, defaults: Any) -> None:
    """Note the process's options."""
    while "process" in marks:
        marks.remove("process")
    if any(getattr(options, name) != getattr(defaults, name) for name in _NAMES):
        marks.append("process")


def entered(names: Iterable[str]) -> None:
    """Note that options of these names are set for a block."""
    if not set(_NAMES).isdisjoint(names):
        marks.append("block")


def left(names: Iterable[str]) -> None:
    """Note that such a block ends."""
    if not set(_NAMES).isdisjoint(names):
        marks.remove("block")
