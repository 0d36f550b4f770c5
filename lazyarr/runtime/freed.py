"""What NumPy frees is kept by the process, for the next array.

The C library gives memory at the end of its heap back to the system as soon as more
than a few arrays of it are free, and takes it anew, page by page, for the next ones. A
program over arrays of 100 KB may spend several times as long on that as on arithmetic.
Once a larger block has been freed, glibc keeps that much: as in any program that has
had a large array. Other C libraries have rules of their own.
"""

from __future__ import annotations

import numpy as np

_KEPT = 8 << 20
"""Bytes of a block; twice as much is kept. Its pages are never touched."""


def keep() -> None:
    """Let the process keep what is freed, up to a few megabytes."""
    np.empty(_KEPT, np.uint8)
