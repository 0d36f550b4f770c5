"""The copies between host and device: recorded when asked, refused when forbidden.

Nothing is looked at unless somebody records or forbids: the user's line, and whether
the copy was asked for by name, are then found on the call stack.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from lazyarr.config import current
from lazyarr.errors import TransferError
from lazyarr.ir.node import where_text
from lazyarr.plan.quantities import bytes_text, seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

UP, DOWN = "to device", "to host"
# What the user calls to have something computed, or held somewhere.
_CALLS = ("compute", "persist", "to_device", "explain")


class Transfer(NamedTuple):
    """One copy.

    Attributes
    ----------
    direction : str
        ``to device`` or ``to host``.
    nbytes : int
    seconds : float
        Until the copy was done, or handed over where copies overlap.
    where : str
        The user's file and line.
    implicit : bool
        Whether no call named the device, or asked for the value.
    again : bool
        Whether the same host memory was copied to a device before.
    """

    direction: str
    nbytes: int
    seconds: float
    where: str
    implicit: bool
    again: bool = False


class Transfers:
    """The copies made while a ``with lazyarr.transfers()`` block ran, in any thread.

    Attributes
    ----------
    entries : list of Transfer
        In the order in which they were made.
    """

    def __init__(self) -> None:
        self.entries: list[Transfer] = []
        self._met: set[tuple[int, int]] = set()

    def __enter__(self) -> Transfers:
        _active.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _active.remove(self)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Transfer]:
        return iter(self.entries)

    @property
    def nbytes(self) -> int:
        """Bytes of all copies."""
        return sum(entry.nbytes for entry in self.entries)

    @property
    def seconds(self) -> float:
        """Seconds of all copies."""
        return sum(entry.seconds for entry in self.entries)

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the entries as dictionaries."""
        return [entry._asdict() for entry in self.entries]

    def __str__(self) -> str:
        if not self.entries:
            return "no copies between host and device"
        rows: list[tuple[str, ...]] = [
            ("direction", "bytes", "time", "GB/s", "why", "where")
        ]
        rows += [_row(entry) for entry in self.entries]
        widths = [max(len(row[k]) for row in rows) for k in range(6)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        total = f"{bytes_text(self.nbytes)} in {seconds_text(self.seconds)}"
        return "\n".join([*lines, f"{len(self.entries):,} copies, {total}"])

    def __repr__(self) -> str:
        return str(self)

    def _note(self, entry: Transfer, address: int) -> None:
        key = (address, entry.nbytes)
        if address and key in self._met:
            entry = entry._replace(again=True)
        self._met.add(key)
        self.entries.append(entry)


def _row(entry: Transfer) -> tuple[str, ...]:
    rate = f"{entry.nbytes / entry.seconds / 1e9:.2f}" if entry.seconds > 0 else ""
    why = "implicit" if entry.implicit else "asked for"
    if entry.again:
        why += ", again: persist it"
    size, taken = bytes_text(entry.nbytes), seconds_text(entry.seconds)
    return (entry.direction, size, taken, rate, why, entry.where)


_active: list[Transfers] = []


class _Within(threading.local):
    """The user's line of an operation that copies because of where it runs, or None."""

    where: str | None = None


_within = _Within()


@contextmanager
def within(where: str) -> Iterator[None]:
    """Tell of copies in the block that the operation at this line needs them.

    Nobody asked for these by name: a plan has them for its own reasons.
    """
    before, _within.where = _within.where, where
    try:
        yield
    finally:
        _within.where = before


def transfers() -> Transfers:
    """Return a list of the copies between host and device that a block makes.

    Returns
    -------
    Transfers
        For ``with``; ``print`` shows a table with bytes, time and your line of each.

    Examples
    --------
    >>> import lazyarr as la
    >>> with la.transfers() as copies:
    ...     value = (la.arange(3) * 2).compute(device="cpu")
    >>> print(copies)
    no copies between host and device
    """
    return Transfers()


def recording() -> bool:
    """Whether somebody records copies now."""
    return bool(_active)


def allowed(direction: str, nbytes: int) -> None:
    """Refuse a copy that nobody asked for, if the option ``transfers`` says so.

    Raises
    ------
    TransferError
    """
    if current().transfers == "allow":
        return
    where, implicit = _origin(direction)
    if not implicit:
        return
    what = f"{nbytes:,} bytes would be copied {direction} without being asked for"
    if _within.where is not None:
        hint = (
            "that operation runs on another device than what is around it: name one "
            "device that has it, or allow copies: la.config(transfers='allow')."
        )
    elif direction == DOWN:
        hint = "call compute(), or allow copies: la.config(transfers='allow')."
    else:
        hint = "name the device, or hold the input there: x.to_device('gpu')."
    raise TransferError.at("transfers", what, where, hint)


@contextmanager
def timed(direction: str, nbytes: int, address: int = 0) -> Iterator[None]:
    """Record a copy that is made in the block, if somebody wants to know."""
    if not _active:
        yield
        return
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    where, implicit = _origin(direction)
    for one in _active:
        one._note(Transfer(direction, nbytes, seconds, where, implicit), address)


def _origin(direction: str) -> tuple[str, bool]:
    """Return the user's line, and whether nothing there asked for a copy."""
    if _within.where is not None:
        return _within.where, True
    frame: Any = sys._getframe(1)
    inner: Any = None
    while frame is not None and _is_ours(frame.f_globals.get("__name__", "")):
        inner, frame = frame, frame.f_back
    where = "" if frame is None else where_text((frame.f_code, frame.f_lasti))
    if inner is None or inner.f_code.co_name not in _CALLS:
        return where, True
    if direction == DOWN:
        return where, False
    named = inner.f_locals.get("device") or current().device
    return where, named == "auto"


def _is_ours(module: str) -> bool:
    """Whether a frame is on the way from the user's line to a copy."""
    ours = module.startswith("lazyarr.") and not module.startswith("lazyarr.cli")
    return ours or module == "contextlib"


Transfers.__module__ = "lazyarr"
