"""Blocks without the garbage collector, where much is made that stays.

Loading modules and planning large graphs make many objects and next to no garbage: the
collector would look through all of them again and again, a tenth of the time it takes.
"""

from __future__ import annotations

import contextlib
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def kept_away() -> Iterator[None]:
    """Keep the collector away for a block."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """Keep the collector away from a block that loads modules, and from what it made.

    What stays is put beside what outlived collections: else the next object that is made
    would have all of it looked through. So is all else that exists, the user's garbage
    too, which then waits for a full collection: once in a process that does no harm.
    """
    with kept_away():
        yield
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
