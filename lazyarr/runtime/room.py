"""How much memory a plan may use on its device, asked before it runs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from lazyarr.plan.fit import Room
from lazyarr.plan.quantities import bytes_text
from lazyarr.runtime import host_memory

if TYPE_CHECKING:
    from lazyarr.plan.model import Plan


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
        return host_memory.room(need) if limit is None else asked
    if memory is None:
        backend = importlib.import_module("lazyarr.runtime.cupy_backend")
        memory = backend.free_bytes(plan.device)
    if limit is not None and (limit < memory or not memory):
        return asked
    if not memory:
        return Room()
    return Room(memory, f"{bytes_text(memory)} are free on {plan.device}")
