"""Bytes and seconds as texts say them, and the memory that large results get."""

from __future__ import annotations

BUFFERED = 1 << 18
"""Bytes from which a result on the CPU lies in a buffer of the pool, ..."""
PAGE, ALIGNMENT = 1 << 16, 64
"""... of so many bytes, or a multiple of that, and a little more to begin at a line."""
VECTOR = 16
"""Bytes that kernels read at once: arrays on a device begin at a multiple of them."""


def aligned(nbytes: int) -> int:
    """Return bytes in whole lines of a cache, at which all arrays of a block begin."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


def bytes_text(count: int) -> str:
    """Return a number of bytes in binary units.

    Examples
    --------
    >>> bytes_text(8), bytes_text(8_000), bytes_text(80_000_000)
    ('8 B', '7.8 KiB', '76.3 MiB')
    """
    if count < 1024:
        return f"{count} B"
    amount, units = count / 1024, ["KiB", "MiB", "GiB", "TiB", "PiB"]
    while amount >= 1023.95 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.1f} {units[0]}"


def seconds_text(seconds: float) -> str:
    """Return a time to three digits.

    Examples
    --------
    >>> seconds_text(0.00123), seconds_text(4.2e-05), seconds_text(12)
    ('1.23 ms', '42 µs', '12 s')
    """
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds >= 0.9995 * scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
