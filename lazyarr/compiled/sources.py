"""The fingerprint of the C files here, which what is compiled of them carries."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def fingerprint(folder: Path) -> str:
    """Return what tells the C files of a folder from others.

    Examples
    --------
    >>> from pathlib import Path
    >>> from lazyarr.compiled.sources import fingerprint
    >>> len(fingerprint(Path()))
    8
    """
    found = 0
    for file in sorted(folder.glob("*.[ch]")):
        found = zlib.crc32(file.name.encode() + b"\0" + file.read_bytes(), found)
    return f"{found:08x}"
